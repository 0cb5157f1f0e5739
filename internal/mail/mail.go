// SPDX-License-Identifier: EUPL-1.2

// Package mail sends mail (Swedish: e-post): queued in the transaction of what calls for it, and handed to the organisation's own mail
// server by a job. A mail says that something waits, and where; what it is about stands behind the sign-in, so nothing that a template
// can hold tells it.
package mail

import (
	"errors"
	"fmt"
	"net"
	netmail "net/mail"
	"net/netip"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/locale"
)

// Template names a mail's text.
type Template string

// The templates.
const (
	Trial       Template = "trial"        // that the settings work
	Code        Template = "code"         // a code for a link that the reader has opened
	Question    Template = "question"     // a link to answer one question
	Supplier    Template = "supplier"     // a link to answer a system's requirements
	SupplierDue Template = "supplier-due" // a new link to the same, because the last day to answer is near
	Receipt     Template = "receipt"      // a link to take back that answers are shared with other organisations
	Bidder      Template = "bidder"       // a link to answer the requirements of a tender
	Colleague   Template = "colleague"    // a link to answer a part of what a colleague was asked
	AlarmRaised Template = "alarm"        // that alarms wait
	Reminder    Template = "reminder"     // that something waits
	Checkpoint  Template = "checkpoint"   // a signed checkpoint of a log, to keep

	// What is mailed of a campaign of questions.
	Round         Template = "round"          // a link to what somebody is asked
	RoundReminder Template = "round-reminder" // the same, to somebody who has not answered
	RoundLate     Template = "round-late"     // that answers are late, to those who lead it

	// What somebody is told of their own account.
	MethodAdded   Template = "method-added"
	MethodRemoved Template = "method-removed"
	CodesMade     Template = "codes-made"
	CodeUsed      Template = "code-used"
	Tied          Template = "tied"
	Ended         Template = "ended"
	Roles         Template = "roles"
	Address       Template = "address"
	Refused       Template = "refused"
	Late          Template = "late"

	// SealedUsed tells those who run the program that a sealed passkey has been used.
	SealedUsed Template = "sealed-used"
)

// holds is what a template may hold besides the organisation's name. Nothing else reaches a text: no name of a system or of a person,
// no level, and nothing that anybody has written.
type holds struct{ link, code, count, note bool }

var templates = map[Template]holds{
	Trial:         {},
	Code:          {code: true},
	Question:      {link: true},
	Supplier:      {link: true},
	SupplierDue:   {link: true},
	Receipt:       {link: true},
	Bidder:        {link: true},
	Colleague:     {link: true},
	AlarmRaised:   {link: true},
	Reminder:      {link: true, count: true},
	Round:         {link: true},
	RoundReminder: {link: true},
	RoundLate:     {link: true},
	Checkpoint:    {note: true},
	MethodAdded:   {link: true},
	MethodRemoved: {link: true},
	CodesMade:     {link: true},
	CodeUsed:      {link: true},
	Tied:          {link: true},
	Ended:         {}, // there is nothing to sign in to any more
	Roles:         {link: true},
	Address:       {}, // it may be read by somebody whose address it is no longer
	Refused:       {link: true},
	Late:          {link: true},
	SealedUsed:    {link: true},
}

// Templates lists them, for tests.
func Templates() []Template {
	return []Template{
		Trial, Code, Question, Supplier, SupplierDue, Receipt, Bidder, Colleague, AlarmRaised, Reminder, Round, RoundReminder, RoundLate, Checkpoint, MethodAdded,
		MethodRemoved, CodesMade, CodeUsed, Tied, Ended, Roles, Address,
		Refused, Late, SealedUsed,
	}
}

// Message is a mail to be sent.
type Message struct {
	Template Template
	// To is the address, alone and without a name.
	To string
	// Lang is the language of the text.
	Lang string
	// Path leads to a page of this site; the mail holds the whole address.
	Path string
	// Code is digits for the reader to type.
	Code string
	// Count is how many things it is about.
	Count int
	// Note is a signed checkpoint, which is attached as a file.
	Note string
	// Once leaves it out when the reader has got, or is about to get, one of the same template since then. Zero sends it in any case.
	Once time.Duration
	// Expires is when it is worth nothing any more; it is then not sent.
	Expires time.Time
}

// State is how far a mail has come.
type State string

// The states.
const (
	Queued  State = "queued"
	Sent    State = "sent"
	Failed  State = "failed"  // the last attempt failed
	Expired State = "expired" // it had become worthless before it could be sent
)

// Outgoing marks the type of a mail's id.
type Outgoing struct{}

// Logged is a mail as it is listed: that there was one, and nothing of what it said.
type Logged struct {
	ID       ids.ID[Outgoing]
	Template Template
	// Recipient is the address with all but the first letter before the @ left out.
	Recipient string
	State     State
	Attempts  int
	Fault     string
	At        time.Time
}

var (
	// ErrAddress says that an address cannot be written to.
	ErrAddress = errors.New("not an address that mail can be sent to")
	// ErrContent says that a mail would hold what its template must not.
	ErrContent = errors.New("the mail holds something else than its template allows")
	// ErrTooMany says that too much has been sent, to the address or in all.
	ErrTooMany = errors.New("too many mails have been sent in the last hour")
	// ErrNotSet says that no mail server has been set up.
	ErrNotSet = errors.New("no mail server has been set up")
	// ErrNoKey says that the program runs without the key that settings and mails are encrypted with.
	ErrNoKey = errors.New("mail needs the root key: give --key-file")
	// ErrServer says that the settings of the mail server cannot be used.
	ErrServer = errors.New("the mail server cannot be used")
)

// Fault says which setting is wrong.
type Fault struct{ Field, Key string }

// Error names the field.
func (f Fault) Error() string { return "mail setting " + f.Field + ": " + ErrServer.Error() }

// Unwrap is ErrServer.
func (f Fault) Unwrap() error { return ErrServer }

// digits is what a code is.
var digits = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[0-9]{6,10}$`) })

// ourPath is what a link in a mail leads to: a page of ours, without anything that ends the address.
var ourPath = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^/[A-Za-z0-9/_-]*(#[A-Za-z0-9_-]+)?$`) })

// longestNote is more than a checkpoint with the lines of a dozen witnesses.
const longestNote = 4096

// ourNote is a checkpoint's signed note: our origin, a size, a root, and lines of signatures.
var ourNote = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^insegel/[A-Za-z0-9._-]+/[0-9]+\n[0-9]+\n[A-Za-z0-9+/]{43}=\n\n(— [^\s+]+ [A-Za-z0-9+/=]+\n)+$`)
})

// check refuses a mail that could tell more than its template says, or be sent elsewhere than it says.
func (m *Message) check() error {
	h, ok := templates[m.Template]
	if !ok {
		return fmt.Errorf("template %q: %w", m.Template, ErrContent)
	}
	if err := CheckAddress(m.To); err != nil {
		return err
	}
	if (m.Path != "") != h.link || (m.Code != "") != h.code || (m.Count != 0) != h.count || (m.Note != "") != h.note {
		return fmt.Errorf("template %s: %w", m.Template, ErrContent)
	}
	if h.link && !ourPath().MatchString(m.Path) || h.code && !digits().MatchString(m.Code) || h.note && (len(m.Note) > longestNote || !ourNote().MatchString(m.Note)) {
		return fmt.Errorf("template %s: %w", m.Template, ErrContent)
	}
	return nil
}

// longestAddress is what SMTP lets an address be (RFC 5321).
const longestAddress = 254

// addressForm is stricter than the standard: what it leaves out is not in use, and is what addresses are smuggled with.
var addressForm = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^[\p{L}0-9!#$%&'*+/=?^_{|}~.-]{1,64}@[\p{L}0-9]([\p{L}0-9.-]*[\p{L}0-9])?$`)
})

// CheckAddress refuses what is not one plain address: no name, no list, no line break, no percent-route.
func CheckAddress(text string) error {
	a, err := netmail.ParseAddress(text)
	if err != nil || a.Address != text || len(text) > longestAddress || !addressForm().MatchString(text) || strings.Contains(text, "..") {
		return ErrAddress
	}
	return nil
}

// Masked gives an address that tells which organisation, and not who.
func Masked(address string) string {
	local, domain, _ := strings.Cut(address, "@")
	first := []rune(local)
	return string(first[0]) + "…@" + domain
}

// Security is how the connection to a mail server is protected.
type Security string

// The ways. Plain is for a server on this machine alone.
const (
	StartTLS Security = "starttls" // begins in clear, and sends nothing before it is encrypted
	Implicit Security = "tls"
	Plain    Security = "plain"
)

// Settings say where mail is handed over.
type Settings struct {
	Host     string
	Port     int
	Security Security
	// Account is who signs in there, with Password; both are empty where the server asks nobody.
	Account, Password string
	// Sender is the address that mail comes from.
	Sender  string
	Version int
	// HasPassword says that one is stored; it is never shown.
	HasPassword bool
}

var hostForm = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$`) })

// check refuses settings that cannot work or that would send in clear over a network.
func (s *Settings) check() error {
	_, literal := netip.ParseAddr(s.Host)
	switch {
	case literal != nil && !hostForm().MatchString(s.Host):
		return Fault{"host", "mail.fault-host"}
	case s.Port < 1 || s.Port > 65535:
		return Fault{"port", "mail.fault-port"}
	case s.Security != StartTLS && s.Security != Implicit && s.Security != Plain:
		return Fault{"security", "mail.fault-security"}
	case s.Security == Plain && !isThisMachine(s.Host):
		return Fault{"security", "mail.fault-plain"}
	case CheckAddress(s.Sender) != nil:
		return Fault{"sender", "mail.fault-sender"}
	case strings.ContainsAny(s.Account+s.Password, "\r\n\x00") || len(s.Account) > 200 || len(s.Password) > 500:
		return Fault{"account", "mail.fault-account"}
	}
	return nil
}

// isThisMachine reports whether a host can only be the machine that the program runs on.
func isThisMachine(host string) bool {
	if host == "localhost" {
		return true
	}
	a, err := netip.ParseAddr(host)
	return err == nil && a.Unmap().IsLoopback()
}

func (s *Settings) address() string { return net.JoinHostPort(s.Host, fmt.Sprint(s.Port)) }

// Text writes a mail's subject and text. base is the site's address.
func (m *Message) Text(l *locale.Localizer, organisation, base string) (subject, body string) {
	args := []any{"Organisation", oneLine(organisation)}
	h := templates[m.Template]
	if h.link {
		args = append(args, "Link", strings.TrimSuffix(base, "/")+m.Path)
	}
	if h.code {
		args = append(args, "Code", m.Code)
	}
	if h.count {
		args = append(args, "Count", m.Count)
	}
	return oneLine(l.T("mail.subject-"+string(m.Template), args...)), l.T("mail.body-"+string(m.Template), args...) + "\n\n-- \n" + l.T("mail.footer", args...) + "\n"
}

// oneLine keeps a text from becoming a header of its own.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// Limits of what is sent.
const (
	// mostPerRecipient is how many mails one address gets in an hour, mostPerHour how many an organisation sends.
	mostPerRecipient, mostPerHour = 10, 1000
	// mostAttempts is how many times a mail is tried: with the queue's growing pauses that is about two and a half hours.
	mostAttempts = 8
	// keptFor is how long it is told that a mail was sent.
	keptFor = 90 * 24 * time.Hour
	// lifetime is how long a mail that says nothing else is tried.
	lifetime = 24 * time.Hour
)

// SendArgs is the job that sends one mail.
type SendArgs struct {
	Organisation access.OrganisationID `json:"organisation"`
	Message      ids.ID[Outgoing]      `json:"message"`
}

// Kind names the job.
func (SendArgs) Kind() string { return "mail.send" }
