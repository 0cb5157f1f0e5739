// SPDX-License-Identifier: EUPL-1.2

// Package supplier holds those who deliver or run systems for the organisation (Swedish: leverantör): contracts, processor agreements,
// certificates and sub-processors, and which days are near.
package supplier

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/locale"
)

// Unknown is the value of every choice that nobody has made.
const Unknown = "unknown"

// Answers are what can be said of a transfer to a third country.
var Answers = []string{"yes", "no", Unknown}

var (
	// ErrName says that a supplier, a paper or a sub-processor has no name.
	ErrName = errors.New("a name is needed")
	// ErrTaken says that there is another supplier with the name.
	ErrTaken = errors.New("there is another supplier with that name: merge the two instead")
	// ErrValue says that a field cannot have the value.
	ErrValue = errors.New("not one of the values that the field can have")
	// ErrOrder says that something ends before it begins.
	ErrOrder = errors.New("the last day comes before the first")
	// ErrReasons says that an assessment has come to something without reasons, or without the days when it was decided and is to be done again.
	ErrReasons = errors.New("an assessment needs its reasons, the day that it was decided, and the day that it is to be done again")
	// ErrSame says that a supplier cannot be merged with itself.
	ErrSame = errors.New("a supplier cannot be merged with itself")
)

// Supplier is a company or a body that delivers or runs systems.
type Supplier struct {
	ID     ids.ID[Supplier]
	Name   string
	Number string // organisationsnummer

	// Country is where the supplier handles the data, Transfer whether that, or its help, is outside the EU and EEA.
	Country, Transfer, TransferNote string
	// Contact is how the supplier is reached, IncidentContact at any hour when something has happened.
	Contact, IncidentContact string
	Note                     string

	Papers        []Paper
	SubProcessors []SubProcessor
	Version       int64
}

// The kinds of papers.
const (
	Contract    = "contract"    // avtal
	Agreement   = "agreement"   // personuppgiftsbiträdesavtal
	Certificate = "certificate" // certifikat
	// Assessments: whether data may be transferred to a third country, and whether it is suitable to disclose what is secret (OSL 10 kap. 2 a §).
	Transfer    = "transfer"    // bedömning av överföring till tredjeland
	Suitability = "suitability" // lämplighetsbedömning
)

// Kinds lists the kinds of papers in the order of the page.
var Kinds = []string{Contract, Agreement, Transfer, Suitability, Certificate}

// Laws are the rules that assessments are made by, as the catalogue knows them.
var Laws = map[string]string{Transfer: "GDPR-44-46", Suitability: "OSL-10:2a"}

// Conditions is the outcome of an assessment that allows something on conditions.
const Conditions = "conditions"

// Outcomes are what an assessment can come to. Unknown is one that is not decided.
var Outcomes = []string{"yes", Conditions, "no", Unknown}

// Paper is a contract, a processor agreement or a certificate: something with a number, and days when it begins and ends.
type Paper struct {
	ID       ids.ID[Paper]
	Supplier ids.ID[Supplier]
	Kind     string
	Name     string
	// Number is the contract's or the certificate's number, or the version of an agreement.
	Number string
	// Reference is where the document is, such as a number in the diary.
	Reference string
	// Issuer is who issued a certificate.
	Issuer string
	// StartsOn is when it begins or was signed, EndsOn when it ends; no day is until further notice.
	StartsOn, EndsOn civil.Date
	// NoticeMonths is how long before its end notice must be given.
	NoticeMonths *int64
	// Value is in kronor for the whole contract; nothing is not stated.
	Value *int64
	// Note is a note; of an assessment its reasons. Outcome is what an assessment has come to.
	Note    string
	Outcome string
	// Covers are the systems and processings that it is about; none is all that the supplier delivers.
	Covers  []Covered
	Version int64
}

// The kinds of what a paper can cover.
const (
	CoversSystem     = "system"
	CoversProcessing = "processing"
)

// Covered is a system or a processing that a paper is about. Later slices know what it is called.
type Covered struct{ Kind, ID string }

// SubProcessor is somebody that the supplier lets handle the data (Swedish: underbiträde).
type SubProcessor struct {
	ID                  ids.ID[SubProcessor]
	Supplier            ids.ID[Supplier]
	Name, Country, Task string
	Version             int64
}

// soonMonths is how long before a day its reminder is shown. The figure is ours: it leaves time to decide and to ask.
const soonMonths = 3

// The ways a paper can stand in time.
const (
	Open    = "open"    // until further notice
	Running = "running" // nothing is to be done yet
	Notice  = "notice"  // the last day to give notice is near, or has gone by
	Ending  = "ending"  // it ends soon
	Ended   = "ended"
)

// Decide is the day before which somebody must have decided: the last day to give notice, or the last day.
func (p *Paper) Decide() civil.Date {
	if p.EndsOn.IsZero() || p.NoticeMonths == nil {
		return p.EndsOn
	}
	return p.EndsOn.AddMonths(-int(*p.NoticeMonths))
}

// Standing says how a paper stands on a day.
func (p *Paper) Standing(today civil.Date) string {
	near := func(d civil.Date) bool { return d.Before(today.AddMonths(soonMonths)) }
	switch {
	case p.EndsOn.IsZero():
		return Open
	case p.EndsOn.Before(today):
		return Ended
	case near(p.EndsOn):
		return Ending
	case near(p.Decide()):
		return Notice
	default:
		return Running
	}
}

// Near reports whether a reminder of the paper is due: it has ended, or a day of it comes within three months.
func (p *Paper) Near(today civil.Date) bool {
	s := p.Standing(today)
	return s == Notice || s == Ending || s == Ended
}

// Reminders are the papers that a reminder is due of, the nearest first. A paper that has ended is left out when a later one of the same
// kind covers what it covered.
func (s *Supplier) Reminders(today civil.Date) []Paper {
	var out []Paper
	for i := range s.Papers {
		p := &s.Papers[i]
		if p.Near(today) && !s.replaced(p, today) {
			out = append(out, *p)
		}
	}
	slices.SortStableFunc(out, func(a, b Paper) int { return strings.Compare(a.Decide().String(), b.Decide().String()) })
	return out
}

// replaced reports whether something that has ended has a successor.
func (s *Supplier) replaced(p *Paper, today civil.Date) bool {
	if p.Standing(today) != Ended {
		return false
	}
	return slices.ContainsFunc(s.Papers, func(o Paper) bool {
		return o.ID != p.ID && o.Kind == p.Kind && o.Standing(today) != Ended && (len(o.Covers) == 0 || covers(&o, p.Covers))
	})
}

func covers(p *Paper, all []Covered) bool {
	for _, c := range all {
		if !slices.Contains(p.Covers, c) {
			return false
		}
	}
	return len(all) > 0
}

// Agreed reports whether a processor agreement that has not ended covers one of the objects. One that names nothing covers all.
func (s *Supplier) Agreed(today civil.Date, objects ...Covered) bool {
	return slices.ContainsFunc(s.Papers, func(p Paper) bool {
		if p.Kind != Agreement || p.Standing(today) == Ended {
			return false
		}
		return len(p.Covers) == 0 || slices.ContainsFunc(objects, func(o Covered) bool { return slices.Contains(p.Covers, o) })
	})
}

// Check says what is wrong with the fields, if anything.
func (s *Supplier) Check() error {
	if locale.Fold(s.Name) == "" {
		return ErrName
	}
	if !slices.Contains(Answers, s.Transfer) {
		return fmt.Errorf("transfer %q: %w: %s", s.Transfer, ErrValue, strings.Join(Answers, ", "))
	}
	return nil
}

// Check says what is wrong with the fields, if anything.
func (p *Paper) Check() error {
	switch {
	case locale.Fold(p.Name) == "":
		return ErrName
	case !slices.Contains(Kinds, p.Kind):
		return fmt.Errorf("kind %q: %w: %s", p.Kind, ErrValue, strings.Join(Kinds, ", "))
	case !p.EndsOn.IsZero() && p.EndsOn.Before(p.StartsOn):
		return ErrOrder
	case p.NoticeMonths != nil && (*p.NoticeMonths < 0 || *p.NoticeMonths > maxNotice), p.Value != nil && *p.Value < 0:
		return ErrValue
	}
	if err := p.checkOutcome(); err != nil {
		return err
	}
	for _, c := range p.Covers {
		if c.Kind != CoversSystem && c.Kind != CoversProcessing || c.ID == "" {
			return fmt.Errorf("covers %q: %w", c.Kind, ErrValue)
		}
	}
	return nil
}

// Assesses reports whether the paper is an assessment.
func (p *Paper) Assesses() bool { return Laws[p.Kind] != "" }

// checkOutcome says what is wrong with what an assessment has come to. Only assessments come to something.
func (p *Paper) checkOutcome() error {
	switch {
	case !p.Assesses():
		if p.Outcome != "" {
			return ErrValue
		}
	case !slices.Contains(Outcomes, p.Outcome):
		return fmt.Errorf("outcome %q: %w: %s", p.Outcome, ErrValue, strings.Join(Outcomes, ", "))
	case p.Outcome != Unknown && (p.Note == "" || p.StartsOn.IsZero() || p.EndsOn.IsZero()):
		return ErrReasons
	}
	return nil
}

// Assessed gives the assessment of a kind that holds on a day for an object, or for all that the supplier delivers when the object is empty:
// the latest decided one. It is nil when there is none.
func (s *Supplier) Assessed(kind string, today civil.Date, of Covered) *Paper {
	var out *Paper
	for i := range s.Papers {
		p := &s.Papers[i]
		holds := p.Kind == kind && p.Outcome != Unknown && !today.Before(p.StartsOn) && p.Standing(today) != Ended
		if holds && (len(p.Covers) == 0 || slices.Contains(p.Covers, of)) && (out == nil || out.StartsOn.Before(p.StartsOn)) {
			out = p
		}
	}
	return out
}

// maxNotice is the longest notice that is believed, in months.
const maxNotice = 120

// absorb takes in what another supplier says where nothing is said.
func (s *Supplier) absorb(o *Supplier) {
	for _, f := range []struct {
		mine   *string
		theirs string
		empty  string
	}{
		{&s.Number, o.Number, ""},
		{&s.Country, o.Country, ""},
		{&s.Transfer, o.Transfer, Unknown},
		{&s.TransferNote, o.TransferNote, ""},
		{&s.Contact, o.Contact, ""},
		{&s.IncidentContact, o.IncidentContact, ""},
	} {
		if *f.mine == f.empty {
			*f.mine = f.theirs
		}
	}
	if o.Note != "" && o.Note != s.Note {
		s.Note = strings.TrimPrefix(s.Note+"\n"+o.Note, "\n")
	}
}

// CompanyNumber is the organisation number that a text is, as ten digits; empty when it is none. A number whose last digit does not fit the others is
// mistyped, and may be somebody else's.
func CompanyNumber(text string) string {
	digits := strings.Map(func(r rune) rune {
		if r == '-' || r == ' ' {
			return -1
		}
		return r
	}, text)
	if len(digits) == 12 && strings.HasPrefix(digits, "16") {
		digits = digits[2:]
	}
	if len(digits) != 10 {
		return ""
	}
	sum := 0
	for i, c := range []byte(digits) {
		n := int(c - '0')
		if c < '0' || c > '9' {
			return ""
		}
		if i%2 == 0 {
			n = n*2/10 + n*2%10
		}
		sum += n
	}
	if sum%10 != 0 || digits[2] < '2' { // what is below is a person's number
		return ""
	}
	return digits
}
