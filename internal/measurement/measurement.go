// SPDX-License-Identifier: EUPL-1.2

// Package measurement measures how strong sign-in is, from outside and from the logs that there are, and turns what it finds into
// evidence (Swedish: mätning). What is measured two people have approved, until a day, and it is measured slowly, at night.
package measurement

import (
	"errors"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/evidence"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/probe"
	"github.com/insegel/insegel/internal/probe/child"
	"github.com/insegel/insegel/internal/probe/verdict"
	"github.com/insegel/insegel/internal/system"
)

// The zones that can be measured from.
const (
	Internet = "internet"
	LAN      = "lan"
	DMZ      = "dmz"
)

// Zones lists them.
var Zones = []string{Internet, LAN, DMZ}

const (
	// longest is how long an approval may stand, and usual how long it does.
	longest = 12 // months
	// every is how long it is between two measurements of a target.
	every = 30 * 24 * time.Hour
	// perDay is how many connections a host gets in a day, and perRun the most that one measurement takes. All of them are counted before
	// it begins, so that one that is cut off has not been for nothing.
	perDay, perRun = 40, 20
	// busyFor is how long a host is kept for one measurement.
	busyFor = 10 * time.Minute
	// pausedFor is how long a host is left alone that has asked for it.
	pausedFor = 24 * time.Hour
	// taskLife is how long an agent has to measure what it was told to.
	taskLife = 24 * time.Hour
	// skew is how much an agent's clock may differ.
	skew = 5 * time.Minute
	// maxHosts is how many other hosts a target may have.
	maxHosts = 10
	// maxTasks is how many tasks an agent is given at once.
	maxTasks = 2500
)

var (
	// ErrURL says that an address cannot be measured.
	ErrURL = errors.New("write the address as https://HOST/PATH, without a user name")
	// ErrKind says that a target is to be measured for nothing there is.
	ErrKind = errors.New("say what is measured: login or tls")
	// ErrEncrypted says that a page without encryption is to have its encryption measured.
	ErrEncrypted = errors.New("encryption is measured of an address that begins with https")
	// ErrHosts says that the other hosts are not written right.
	ErrHosts = errors.New("write each other host as HOST or HOST:PORT, at most ten")
	// ErrLoopback says that a target is on the server itself.
	ErrLoopback = errors.New("the machine that measures is never measured itself")
	// ErrZone says that no such zone can be measured from.
	ErrZone = errors.New("say from which zone it is measured: internet, lan or dmz")
	// ErrExpires says that an approval would stand too long, or not at all.
	ErrExpires = errors.New("an approval ends at least a day and at most a year ahead")
	// ErrPath says that the system has no such way in.
	ErrPath = errors.New("the system has no such way in")
	// ErrNotApproved says that a target is not approved, or not any more.
	ErrNotApproved = errors.New("the target is not approved: two people approve what is measured, until a day")
	// ErrStopped says that all measuring is stopped.
	ErrStopped = errors.New("all measuring is stopped")
	// ErrManners says that a host must be left alone for now.
	ErrManners = errors.New("the host is being measured, has had its connections of the day, or has asked for a pause: try tomorrow")
	// ErrElsewhere says that an agent measures the target, and not the server.
	ErrElsewhere = errors.New("an agent measures this target, the next time that it asks")
	// ErrNothing says that a log has no sign-in that could be read.
	ErrNothing = errors.New("the log has no sign-ins that could be read: check its form, and that it was exported whole, with its dates")
	// ErrAhead says that a log has days that have not come.
	ErrAhead = errors.New("the log has sign-ins on days that have not come: correct the clock or the export, and take it in again")
	// ErrAgent says that an agent's name or key is wrong.
	ErrAgent = errors.New("write a name, and the public key as insegel agent key shows it")
	// ErrRefused says that an agent's call or result is not taken.
	ErrRefused = errors.New("refused")
	// ErrName says that a mapping has no name, or too long a one.
	ErrName = errors.New("give the mapping a name of at most 60 characters")
)

// What a target is measured for.
const (
	Login      = child.Login
	Encryption = child.Encryption
)

// Kinds lists them.
var Kinds = []string{Login, Encryption}

// Target is a page of a system that is measured.
type Target struct {
	ID ids.ID[Target]
	// Kind is what it is measured for: how one signs in there, or how good its encryption is.
	Kind   string
	System ids.ID[system.System]
	// Path is the way in that the page belongs to; empty for the system as a whole.
	Path ids.ID[system.LoginPath]
	URL  string
	// Host is the address's own host and port, which manners go by.
	Host string
	// Hosts are other hosts that may be followed to.
	Hosts []string
	// Private says that the address's own host may have a private address.
	Private bool
	Zone    string
	// Agent measures it; empty is the server.
	Agent ids.ID[Agent]
	// SecondStep says that the owner has declared that a second step follows the password.
	SecondStep bool

	AskedBy    string
	AskedAt    time.Time
	ApprovedBy string
	ApprovedAt time.Time // zero until it is approved
	Expires    civil.Date
	Due        time.Time
	Ended      time.Time // zero while it stands
}

// State is how a target stands on a day.
type State string

// The states.
const (
	Waiting  State = "waiting"
	Approved State = "approved"
	Expired  State = "expired"
	Ended    State = "ended"
)

// State tells how the target stands on a day.
func (t *Target) State(on civil.Date) State { return standing(t.Ended, t.ApprovedAt, t.Expires, on) }

// check completes a target and says what is wrong with it.
func (t *Target) check(today civil.Date) error {
	u, err := probe.ParseURL(t.URL)
	if err != nil || u.User != nil || u.Fragment != "" || len(t.URL) > 500 {
		return ErrURL
	}
	if u, err = t.checkKind(u); err != nil {
		return err
	}
	t.URL = u.String()
	if t.Host = hostOf(u); t.Host == "" {
		return ErrURL
	}
	if local(u.Hostname()) {
		return ErrLoopback
	}
	if !slices.Contains(Zones, t.Zone) {
		return ErrZone
	}
	if err := checkHosts(t.Hosts); err != nil {
		return err
	}
	if !today.Before(t.Expires) || today.AddMonths(longest).Before(t.Expires) {
		return ErrExpires
	}
	return nil
}

// checkKind gives the address that a target of its kind has.
func (t *Target) checkKind(u *url.URL) (*url.URL, error) {
	if t.Kind == "" {
		t.Kind = Login
	}
	switch {
	case !slices.Contains(Kinds, t.Kind):
		return nil, ErrKind
	case t.Kind == Login:
		return u, nil
	case u.Scheme != "https":
		return nil, ErrEncrypted
	}
	t.Hosts, t.SecondStep = nil, false // it is the host that is measured, and nothing is followed
	return &url.URL{Scheme: u.Scheme, Host: u.Host, Path: "/"}, nil
}

func checkHosts(hosts []string) error {
	if len(hosts) > maxHosts {
		return ErrHosts
	}
	for _, h := range hosts {
		if _, err := probe.ParseAllow(h); err != nil {
			return ErrHosts
		}
		if local(strings.Split(h, ":")[0]) {
			return ErrLoopback
		}
	}
	return nil
}

// hostOf is the host and port of an address.
func hostOf(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"https": "443", "http": "80"}[u.Scheme]
	}
	if u.Hostname() == "" || port == "" {
		return ""
	}
	return strings.ToLower(strings.TrimSuffix(u.Hostname(), ".")) + ":" + port
}

// local reports whether a name is the machine's own. Addresses are looked at again where the connection is made.
func local(host string) bool {
	h := strings.ToLower(strings.Trim(strings.TrimSuffix(host, "."), "[]"))
	return h == "localhost" || strings.HasSuffix(h, ".localhost") || strings.HasPrefix(h, "127.") || h == "::1" || h == "0.0.0.0" || h == "::"
}

// connections is how many connections a measurement of the target may take. Encryption takes its host's whole day, and so does a page that
// may be shown to a browser.
func (t *Target) connections(scripts bool) int {
	if t.Kind == Encryption || scripts {
		return perDay
	}
	return perRun
}

// allow are the hosts that the prober is told are approved.
func (t *Target) allow() []string {
	out := slices.Clone(t.Hosts)
	if t.Private {
		out = append(out, t.Host)
	}
	return out
}

// Result is what one measurement of a target found.
type Result struct {
	ID         ids.ID[Result]
	Target     ids.ID[Target]
	System     ids.ID[system.System]
	At         time.Time
	Agent      ids.ID[Agent]
	Verdict    verdict.Verdict
	Factors    int
	LoA        int
	Confidence verdict.Confidence
	// Quality is how good encryption is; empty for sign-in.
	Quality  verdict.Quality
	Hash     string
	Evidence ids.ID[evidence.Record]
	// Found is the record as it came, when it has been opened.
	Found *child.Found
}

// found is what a record says as evidence about a target.
func found(t *Target, rec *probe.Record, hash string, zone string, at time.Time) evidence.New {
	p := weakest(rec)
	n := evidence.New{
		System: t.System, Path: t.Path, Kind: kindOf(rec, p), Source: evidence.Measured, Subject: evidence.SubjectLogin, Scope: zone,
		Observed: at, Hash: hash, Verdict: verdict.Verdict(rec.Verdict), Factors: value(rec.Factors), LoA: value(rec.LoA), Confidence: verdict.Confidence(rec.Confidence),
		Detail: evidence.Detail{Method: p.Kind, Covers: rec.URL, Because: evidence.Told(rec.Reasons, rec.ReasonsEN), Limits: rec.Limits},
	}
	if n.Grade = verdict.Grade(rec.Grade); n.Grade != verdict.Metadata { // a page that is seen shows no more than that
		n.Grade = verdict.Seen
	}
	switch n.Verdict {
	case verdict.ClientCertificate:
		n.Refused = refused(rec)
		n.Outcome = evidence.Unclear
		if n.Refused && n.Factors >= 2 {
			n.Outcome = evidence.For
		}
	case verdict.PasswordOnly, verdict.StrongOffered:
		n.Outcome = evidence.Against
	default:
		n.Outcome = evidence.Unclear
	}
	return n
}

func weakest(rec *probe.Record) probe.Path {
	if rec.WeakestPath >= 0 && rec.WeakestPath < len(rec.Paths) {
		return rec.Paths[rec.WeakestPath]
	}
	return probe.Path{}
}

// refused reports whether a connection without a certificate was seen to be refused.
func refused(rec *probe.Record) bool {
	return weakest(rec).Kind == "certificate" || slices.ContainsFunc(rec.TLS, func(t probe.TLS) bool { return t.Certificate.Refused })
}

// kindOf is the kind of evidence that a way in is.
func kindOf(rec *probe.Record, p probe.Path) string {
	switch {
	case rec.Verdict == string(verdict.ClientCertificate):
		return "EV_MTLS"
	case p.Kind == "saml" && p.Context != nil:
		return "EV_AUTHNREQ"
	case p.Kind == "oidc" && p.Essential:
		return "EV_OIDC_ESSENTIAL"
	case p.Kind == "oidc" && len(p.ACRValues) > 0:
		return "EV_OIDC_ACR"
	case slices.Contains([]string{"form", "basic", "digest", "ntlm"}, p.Kind):
		return "EV_PWFORM"
	}
	return "EV_REDIRECT"
}

func value(n *int) int {
	if n == nil {
		return 0
	}
	return *n
}
