// SPDX-License-Identifier: EUPL-1.2

// Package incident holds what has happened that should not have (Swedish: incident): personal-data breaches and cyber incidents, from the
// first signal to what was learned, with the clocks of the law, decisions with reasons, and drafts of what the authorities are told. It is
// secret by default (OSL 18 kap. 8 b §): its texts lie encrypted, and of those concerned only numbers and kinds are kept, never their data.
package incident

import (
	"errors"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/supplier"
	"github.com/insegel/insegel/internal/system"
)

// Answer is yes, no, or that nobody knows.
type Answer string

// The answers.
const (
	Yes     Answer = "yes"
	No      Answer = "no"
	Unknown Answer = "unknown"
)

// The risk to people that an incident means.
const (
	RiskUnknown  = "unknown"
	RiskUnlikely = "unlikely" // a risk to people is unlikely: the breach need not be notified
	RiskLikely   = "risk"
	RiskHigh     = "high"
)

// Risks lists them.
var Risks = []string{RiskUnknown, RiskUnlikely, RiskLikely, RiskHigh}

// The steps of the flow, in their order.
const (
	Discovered = "discovered"
	Assessed   = "assessed"
	Decided    = "decided"
	Informed   = "informed"
	Remedied   = "measures"
	Learned    = "lessons"
)

// Steps lists them.
var Steps = []string{Discovered, Assessed, Decided, Informed, Remedied, Learned}

// What has been decided about a duty.
const (
	Open      = ""           // nothing yet
	Planned   = "planned"    // it is to be done
	Done      = "done"       // it has been done
	NotNeeded = "not-needed" // it need not be done, and why is said
)

var (
	// ErrTitle says that an incident has no heading.
	ErrTitle = errors.New("an incident needs a heading")
	// ErrValue says that a field cannot have the value.
	ErrValue = errors.New("not one of the values that the field can have")
	// ErrReason says that a decision lacks its reason.
	ErrReason = errors.New("a decision needs a reason")
	// ErrPersonal says that a text seems to have a national number in it.
	ErrPersonal = errors.New("the text seems to have a national number in it: write only numbers and kinds")
	// ErrFuture says that a moment lies ahead.
	ErrFuture = errors.New("the moment lies ahead of now")
	// ErrOrder says that something is said to have been found before it happened.
	ErrOrder = errors.New("it cannot have been found before it happened")
	// ErrRule says that there is no such duty.
	ErrRule = errors.New("there is no such duty")
	// ErrProtected says that nothing more may be written here, since the matter concerns protective security.
	ErrProtected = errors.New("the matter concerns protective security: it is handled in another order and nothing more is written here")
	// ErrOrigin says that what an incident came from has already become one.
	ErrOrigin = errors.New("that has already become an incident")
)

// Origin is what an incident came from, so that it can point back: a finding, a measurement, a supplier, or nothing.
type Origin struct {
	// Kind is "finding", "probe", "supplier" or empty, Ref its id and Path where it is shown.
	Kind, Ref, Path string
}

// Of reports whether an incident came from what has the id, so that what became one leads to it.
func (o Origin) Of(ref string) bool { return ref != "" && o.Ref == ref }

// Text is one of the texts of an incident, by the name of its column.
type Text string

// The texts, all of which lie encrypted.
const (
	Title        Text = "title"
	Happened     Text = "happened"
	AwareWhy     Text = "aware_why"
	RiskWhy      Text = "risk_why"
	SignWhy      Text = "significant_why"
	Consequences Text = "consequences"
	Taken        Text = "taken"
	Cause        Text = "cause"
	Message      Text = "message"
	Lessons      Text = "lessons"
	Categories   Text = "categories"
)

// Texts lists them in the order of their columns.
var Texts = []Text{Title, Happened, AwareWhy, RiskWhy, SignWhy, Consequences, Taken, Cause, Message, Lessons, Categories}

// Incident is something that has happened (Swedish: incident).
type Incident struct {
	ID ids.ID[Incident]
	// Number counts the organisation's incidents; people know them by it.
	Number int64
	UnitID access.UnitID
	Unit   string
	Texts  map[Text]string

	// Drill is the scenario that it is a drill on; empty for what is real.
	Drill      string
	Origin     Origin
	SupplierID ids.ID[supplier.Supplier]
	Supplier   string

	// BeganAt is when it began to happen, FoundAt the first signal, AwareAt when the organisation knew: the clocks count from it.
	BeganAt, FoundAt, AwareAt time.Time
	// NotifiedAt is when the incident notification under the Cyber Security Act was made, HandledAt when it was over.
	NotifiedAt, HandledAt time.Time
	// LimitedHours and FallbackHours are how long the activity has been limited and fallback routines used; nothing is not known.
	LimitedHours, FallbackHours *int64

	Risk string
	// Answers are to the questions of the rules, by their ids; what is not there is not answered.
	Answers map[string]Answer
	// Persons and Records are approximate numbers; nothing is not known.
	Persons, Records *int64
	// InformedAt is when those concerned were told, InformedHow by what.
	InformedAt  time.Time
	InformedHow string
	ClosedAt    time.Time

	Systems  []Hit
	Reports  map[string]Report
	Measures []Measure

	Version              int64
	CreatedAt, UpdatedAt time.Time
	CreatedBy            string
}

// Hit is a system that an incident has hit.
type Hit struct {
	ID   ids.ID[system.System]
	Name string
}

// Report is what has been decided and done about one duty.
type Report struct {
	Rule, Status string
	Reason       string
	// Reference is the number that the receiver gave, or that the diary has.
	Reference string
	At        time.Time
	By        string
}

// Measure is what is done about an incident.
type Measure struct {
	ID        ids.ID[Measure]
	Text      string
	OwnerRole string
	DueOn     civil.Date
	DoneOn    civil.Date
}

// ReportOn gives what has been decided about a duty.
func (x *Incident) ReportOn(rule string) Report {
	r := x.Reports[rule]
	r.Rule = rule
	return r
}

// notifying are the duties that are the incident notification under the Cyber Security Act (2 kap. 6 §), also that of a trust service, for which there is
// less time. The month of the final report is counted from it.
var notifying = []string{"inc-csl-72h", "inc-csl-72h-betrodd"}

// notified gives when the notification was made first, as has been decided; zero when it has not been.
func (x *Incident) notified() time.Time {
	var first time.Time
	for _, id := range notifying {
		if r := x.ReportOn(id); r.Status == Done && (first.IsZero() || r.At.Before(first)) {
			first = r.At
		}
	}
	return first
}

// since gives when what a period is counted from happened; zero when it has not.
func (x *Incident) since(from string) time.Time {
	switch from {
	case FromAwareness:
		return x.AwareAt
	case FromNotification:
		return x.NotifiedAt
	case FromHandled:
		return x.HandledAt
	default:
		return time.Time{}
	}
}

// Step tells how far the flow has come: the first step that is not done.
func (x *Incident) Step(duties []Duty) string {
	for _, s := range Steps {
		if !x.Did(s, duties) {
			return s
		}
	}
	return ""
}

// Did reports whether a step of the flow is done.
func (x *Incident) Did(step string, duties []Duty) bool {
	switch step {
	case Discovered:
		return !x.AwareAt.IsZero()
	case Assessed:
		return x.assessed()
	case Decided:
		return x.assessed() && !slices.ContainsFunc(duties, func(d Duty) bool {
			return d.Kind == KindDuty && d.Applies == Yes && d.Report.Status == Open
		})
	case Informed:
		return !x.InformedAt.IsZero() || x.Did(Decided, duties) && !slices.ContainsFunc(duties, func(d Duty) bool {
			return d.ID == informRule && d.Applies == Yes && d.Report.Status != NotNeeded
		})
	case Remedied:
		return len(x.Measures) > 0 && !slices.ContainsFunc(x.Measures, func(m Measure) bool { return m.DoneOn.IsZero() })
	default:
		return !x.ClosedAt.IsZero()
	}
}

// informRule is the duty to inform those concerned.
const informRule = "inc-gdpr-34"

// assessed reports whether the two assessments have been made, as far as they are asked for.
func (x *Incident) assessed() bool {
	breach, cyber := x.Answers["breach"], x.Answers["cyber"]
	data := breach == No || breach == Yes && x.Risk != RiskUnknown
	net := cyber == No
	if cyber == Yes {
		net = true
		for _, id := range significance {
			if x.Answers[id] == Yes {
				net = true
				break
			}
			net = net && x.Answers[id] == No
		}
	}
	return data && net
}

// Check says what is wrong with an incident, if anything.
func (x *Incident) Check(now time.Time) error {
	if strings.TrimSpace(x.Texts[Title]) == "" {
		return ErrTitle
	}
	if !slices.Contains(Risks, x.Risk) {
		return ErrValue
	}
	for id, a := range x.Answers {
		if a != Yes && a != No && a != Unknown || id == "" {
			return ErrValue
		}
	}
	if err := x.checkTimes(now); err != nil {
		return err
	}
	for _, n := range []*int64{x.Persons, x.Records, x.LimitedHours, x.FallbackHours} {
		if n != nil && *n < 0 {
			return ErrValue
		}
	}
	for _, text := range x.Texts {
		if Personal(text) {
			return ErrPersonal
		}
	}
	return nil
}

// checkTimes says what is wrong with the moments: none lies ahead, and they come in their order.
func (x *Incident) checkTimes(now time.Time) error {
	for _, at := range []time.Time{x.BeganAt, x.FoundAt, x.AwareAt, x.NotifiedAt, x.HandledAt, x.InformedAt} {
		if at.After(now.Add(time.Minute)) { // the clocks of two machines may differ a little
			return ErrFuture
		}
	}
	if before(x.FoundAt, x.BeganAt) || before(x.AwareAt, x.FoundAt) {
		return ErrOrder
	}
	return nil
}

// before reports whether one moment comes before another; one that is not known does not.
func before(a, b time.Time) bool { return !a.IsZero() && !b.IsZero() && a.Before(b) }

// Personal reports whether a text seems to have a Swedish national number in it: of those concerned only numbers and kinds are kept.
func Personal(text string) bool {
	r := []rune(text)
	for i := 0; i < len(r); i++ {
		if !unicode.IsDigit(r[i]) || i > 0 && unicode.IsDigit(r[i-1]) {
			continue
		}
		digits, end := digitsFrom(r[i:])
		if end < len(r)-i && unicode.IsDigit(r[i+end]) {
			continue
		}
		if len(digits) == 12 {
			digits = digits[2:]
		}
		if len(digits) == 10 && national(digits) {
			return true
		}
	}
	return false
}

// digitsFrom reads up to twelve digits from the beginning, with at most one sign before the last four, and tells how far it read.
func digitsFrom(r []rune) (digits []int, end int) {
	signed := false
	for end < len(r) && len(digits) < 12 {
		switch c := r[end]; {
		case c >= '0' && c <= '9':
			digits = append(digits, int(c-'0'))
		case (c == '-' || c == '+' || c == ' ') && !signed && (len(digits) == 6 || len(digits) == 8):
			signed = true
		default:
			return digits, end
		}
		end++
	}
	return digits, end
}

// national reports whether ten digits can be a personal or co-ordination number: a day that can be, and the right last digit.
func national(d []int) bool {
	month, day := d[2]*10+d[3], d[4]*10+d[5]
	if day > 60 {
		day -= 60
	}
	sum := 0
	for i, n := range d {
		if i%2 == 0 {
			n *= 2
		}
		sum += n/10 + n%10
	}
	return month >= 1 && month <= 12 && day >= 1 && day <= 31 && sum%10 == 0
}
