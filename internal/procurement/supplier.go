// SPDX-License-Identifier: EUPL-1.2

package procurement

import (
	"errors"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/insegel/insegel/internal/auth/link"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/organisation"
	"github.com/insegel/insegel/internal/requirement"
	"github.com/insegel/insegel/internal/system"
)

// SupplierTask names the links that let a supplier answer a system's requirements.
const SupplierTask = "procurement.supplier"

// ReceiptTask names the links that let a supplier take back that its answers are shared, when they have been sent.
const ReceiptTask = "procurement.receipt"

// Limits of what a supplier is asked. The browser that has given the code may go on for a working day, and the link can be opened for two
// weeks; whoever needs longer is sent a new link, and goes on with the answers that are there.
const (
	supplierLife = 14 * 24 * time.Hour
	supplierStay = 12 * time.Hour
	// longestDays is how many days ahead the last day to answer can be: a link lives no longer.
	longestDays = 29
	// MaxHow is how long a supplier's description of one requirement may be.
	MaxHow = 2000
	// mostRequests is how many suppliers of one system are asked at once.
	mostRequests = 10
)

// SupplierStatuses are the answers that a supplier can give, in the order they are shown.
var SupplierStatuses = []requirement.Status{requirement.Met, requirement.Partly, requirement.NotMet, requirement.NotApplicable}

var (
	// ErrNoMail says that nobody can be asked, because the organisation sends no mail.
	ErrNoMail = errors.New("nobody can be asked: the organisation sends no mail")
	// ErrNothing says that the annex has nothing to ask about.
	ErrNothing = errors.New("the annex has no requirement to ask a supplier about")
	// ErrRequests says that enough suppliers have been asked.
	ErrRequests = errors.New("enough suppliers of this system have been asked: take one back first")
	// ErrHow says that a description is too long, or that one is missing.
	ErrHow = errors.New("describe how, in at most 2 000 characters: it is needed for partly, no and not applicable")
	// ErrStatus says that an answer is not one that a supplier can give.
	ErrStatus = errors.New("the answer must be one of met, partly, not-met, not-applicable")
	// ErrUntil says that the last day to answer is none that a link can have.
	ErrUntil = errors.New("the last day to answer must be within 30 days from now")
	// ErrUnanswered says that a supplier has answered nothing yet.
	ErrUnanswered = errors.New("answer at least one requirement before sending")
)

// Request is a system's requirements sent to a supplier (Swedish: fråga till leverantör).
type Request struct {
	ID     ids.ID[Request]
	System ids.ID[system.System]
	Link   ids.ID[link.Link]
	// Asked is the address with most of the name left out.
	Asked   string
	By      string
	At      time.Time
	Expires time.Time
	// Form is how it is asked.
	Form Form
	// Finished is when the supplier sent the answers; zero while they have not. Only then do others see them.
	Finished time.Time
	// Total is how many requirements it asks about, Answered how many have an answer.
	Total, Answered int
}

// Reply is what a supplier attests about one requirement (Swedish: leverantörens svar). It stands beside one's own answer and never
// becomes it.
type Reply struct {
	Request     ids.ID[Request]
	Requirement string
	// Version is the requirement's version that was asked about.
	Version int
	// Status is empty while nothing is answered.
	Status requirement.Status
	How    string
	// From is the day from which it holds; zero when it holds already.
	From civil.Date
	At   time.Time
	// Who is the masked address of whoever was asked, Sent when the answers were sent.
	Who  string
	Sent time.Time
}

// Check says what is wrong with a reply.
func (r *Reply) Check() error {
	switch {
	case !slices.Contains(SupplierStatuses, r.Status):
		return ErrStatus
	case utf8.RuneCountInString(r.How) > MaxHow, r.How == "" && r.Status != requirement.Met:
		return ErrHow
	}
	return nil
}

// Differs reports whether the supplier says that a requirement is met and one's own answer that it is not, or the other way round.
func (r *Reply) Differs(own requirement.Status) bool {
	no := func(s requirement.Status) bool { return s == requirement.NotMet || s == requirement.Partly }
	return r.Status == requirement.Met && no(own) || own == requirement.Met && no(r.Status)
}

// Form is how a system's requirements are asked.
type Form string

// The forms. A supplier is asked what is to hold, in the words of the tender; an own unit what holds (Swedish: ska, är).
const (
	ToSupplier Form = "supplier"
	ToUnit     Form = "unit"
)

// Ask is a question to a supplier, or to an own unit.
type Ask struct {
	To, Lang string
	Form     Form
	// Until is the last day to answer; zero gives two weeks.
	Until civil.Date
	// Continue is a request whose answers the new link goes on with; its old link is shut. Zero begins anew.
	Continue ids.ID[Request]
}

// Supplied is what suppliers have answered about a system.
type Supplied struct {
	requirement.View
	Annex    Annex
	Requests []Request
	// Replies are the latest that were sent, by requirement, and Answers the same beside what else is known, in the annex's order.
	Replies map[string]Reply
	Answers []Compared
	// Starts is when the contract about the system begins, so far as the register says; People can be named for what is to be done.
	Starts civil.Date
	People []organisation.Person
	// Consents are who lets their answers about the system be shared with other organisations, and Others what its supplier has answered those.
	Consents []Consent
	Others   []Beside
	// Differs are the differences of those that nobody has noted, whatever the annex asks.
	Differs []Differing
	Today   civil.Date
	// Mails says that the organisation can send mail.
	Mails bool
}
