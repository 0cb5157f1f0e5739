// SPDX-License-Identifier: EUPL-1.2

package procurement

import (
	"errors"
	"time"

	"github.com/insegel/insegel/internal/action"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/evidence"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/organisation"
	"github.com/insegel/insegel/internal/requirement"
)

// Contrast is how what somebody answers stands to what else is known (Swedish: skillnad). It says that two things differ, and never
// which of them is right: a measurement may have been made where the answer does not reach.
type Contrast string

// The differences.
const (
	NoContrast    Contrast = "none"     // what is known says the same
	NothingKnown  Contrast = "nothing"  // there is nothing to hold it against
	MeasuredOther Contrast = "measured" // a measurement shows something else
	SaidOther     Contrast = "said"     // somebody has said something else
)

var (
	// ErrNoReply says that there is no such answer to accept, or that it is accepted already.
	ErrNoReply = errors.New("there is no such answer to accept")
	// ErrDoer says that what deviates has nobody to do something about it, or no day.
	ErrDoer = errors.New("what is answered with no or partly needs a role that does something about it, and a day")
	// ErrStarts says that the contract begins so late that the answers will have ended before.
	ErrStarts = errors.New("the answers will have grown too old by the day that they are to count from")
)

// The states of an accepted answer.
const (
	acceptWaits   = "waiting" // it counts from a day that has not come
	acceptCounted = "counted" // it has become evidence
	acceptNoted   = "noted"   // there is no evidence to make of it
)

// Acceptance is that somebody has accepted an answer (Swedish: godtaget svar).
type Acceptance struct {
	Request     ids.ID[Request]
	Requirement string
	// Counts is the day that it becomes evidence.
	Counts civil.Date
	State  string
	Record ids.ID[evidence.Record]
	// Ends is the first day that it no longer counts; zero while it is no evidence.
	Ends civil.Date
	By   string
	At   time.Time
}

// Compared is one answer beside what else is known (Swedish: svar, bevis, skillnad).
type Compared struct {
	ID        string
	Must, Own bool
	// Form is how it was asked.
	Form  Form
	Text  catalogue.Text
	Reply Reply
	Files []Attached
	// Grounds are what is known besides, the answer's own evidence left out.
	Grounds  []requirement.Ground
	Shown    requirement.Judged
	Contrast Contrast
	// Accepted is nil until somebody has accepted the answer, and Action what is done about the requirement; nil when nothing is.
	Accepted *Acceptance
	Action   *action.Action
	// Role is who the catalogue proposes to do something about it.
	Role string
}

// Deviates reports whether the answer is no or partly.
func (c *Compared) Deviates() bool { return deviates(c.Reply.Status) }

// Clear reports whether the answer can be accepted with the others at once: nobody has, it does not deviate, and nothing known says
// something else.
func (c *Compared) Clear() bool {
	return c.Accepted == nil && !c.Deviates() && (c.Contrast == NoContrast || c.Contrast == NothingKnown)
}

// differs holds an answer against what else is known. A measurement comes first.
func differs(status requirement.Status, grounds []requirement.Ground) Contrast {
	out := NothingKnown
	for i := range grounds {
		g := &grounds[i]
		if g.Old || g.Disputed() || g.Outcome == evidence.Unclear || status == requirement.NotApplicable && !g.Measured() {
			continue
		}
		switch {
		case status == requirement.Met && g.Outcome == evidence.For, deviates(status) && g.Outcome == evidence.Against:
			if out == NothingKnown {
				out = NoContrast
			}
		case g.Measured():
			return MeasuredOther
		default:
			out = SaidOther
		}
	}
	return out
}

// besides are the grounds without the evidence that an answer itself became.
func besides(grounds []requirement.Ground, accepted *Acceptance) []requirement.Ground {
	var out []requirement.Ground
	for i := range grounds {
		if g := &grounds[i]; accepted == nil || g.Record == nil || g.Record.ID != accepted.Record {
			out = append(out, *g)
		}
	}
	return out
}

// Accept is what somebody accepts.
type Accept struct {
	Requirements []string
	// Clear takes all that can be accepted at once besides.
	Clear bool
	// Starts is when the contract begins; zero is today.
	Starts civil.Date
	// Owner, Person and Due say who does something about what deviates, and by when.
	Owner  string
	Person ids.ID[organisation.Person]
	Due    civil.Date

	// carried says that a tender's winner is accepted: then what deviates waits for somebody to take it on.
	carried bool
}

// counts is the day that an answer becomes evidence: the latest of when the contract begins, when it was sent, and when it says to hold.
func (r *Reply) counts(starts civil.Date) civil.Date {
	day := civil.Of(r.Sent)
	for _, d := range []civil.Date{starts, r.From} {
		if day.Before(d) {
			day = d
		}
	}
	return day
}

// evidenceOf is what an accepted answer shows; false when it shows nothing: that something does not apply is decided by who answers for the
// system, and what only the organisation asks is in no catalogue.
func evidenceOf(c *Compared) bool { return !c.Own && c.Reply.Status != requirement.NotApplicable }

// record is the evidence of an accepted answer. What an own unit says of itself is self-assessed.
func (c *Compared) record(counts civil.Date, ends civil.Date) evidence.New {
	n := evidence.New{
		Kind: attestKind, Source: evidence.Attested, Subject: evidence.SubjectOther, Outcome: evidence.For, About: []string{c.ID},
		Observed: counts.Time(), Expires: ends, Scope: "supplier", Detail: evidence.Detail{Covers: c.Reply.How},
	}
	if c.Form == ToUnit {
		n.Source, n.Scope = evidence.SelfAssessed, "unit"
	}
	if c.Deviates() {
		n.Outcome = evidence.Against
	}
	return n
}

// attestKind is the kind of evidence that an answer is.
const attestKind = "EV_ATTEST"
