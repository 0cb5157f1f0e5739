// SPDX-License-Identifier: EUPL-1.2

package campaign

import (
	"slices"
	"strings"

	"github.com/insegel/insegel/internal/action"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/classification"
	"github.com/insegel/insegel/internal/evidence"
	"github.com/insegel/insegel/internal/requirement"
	"github.com/insegel/insegel/internal/system"
)

// Because is why a question is not asked: the fact that answers it, how that is known, and since when.
type Because struct {
	Fact  string     `json:"fact"`
	By    string     `json:"by"`
	On    civil.Date `json:"on,omitzero"`
	About string     `json:"about,omitempty"`
}

// Known is an answer that nobody needs to be asked for.
type Known struct {
	Value   string
	Day     civil.Date
	Because Because
}

// Material is what is known of one unit or one system before anybody is asked.
type Material struct {
	Today civil.Date
	// The following are of a system. Agreed says that a paper of its supplier covers it.
	System  *system.System
	Facts   catalogue.Facts
	Records []evidence.Record
	Answers map[string]requirement.Answer
	Decided *classification.Classification
	Agreed  civil.Date
	Signed  bool
	Actions map[string]*action.Action
	// Drill is when the unit last practised an incident.
	Drill civil.Date
	// Earlier are the answers of earlier campaigns about the same.
	Earlier map[string]Earlier
}

// Earlier is an answer of an earlier campaign.
type Earlier struct {
	Value, Note string
	Day         civil.Date
	On          civil.Date
	Number      int64
}

// fact answers a question from what is known; ok is false when it does not.
type fact func(q *Question, m *Material) (Known, bool)

// requirementFact begins the facts that are what was answered about a requirement.
const requirementFact = "requirement:"

var facts = map[string]fact{
	"sign-in":           measuredSignIn,
	"accounts-compared": subjectFact("accounts-compared", evidence.SubjectAccessList),
	"role-model":        either(subjectFact("role-model", evidence.SubjectRoleModel), roleModel),
	"access-reviewed":   either(subjectFact("access-reviewed", evidence.SubjectAccessReview), accessReviewed),
	"access-log":        subjectFact("access-log", evidence.SubjectAccessLog),
	"log-reviewed":      either(subjectFact("log-reviewed", evidence.SubjectLogReview), logReviewed),
	"agreement":         agreement,
	"classified-lately": classifiedLately,
	"not-classified":    notClassified,
	"no-actions":        noActions,
	"no-late-actions":   noLateActions,
	"drill":             drilled,
}

// factOf finds a fact by its name.
func factOf(name string) (fact, bool) {
	if id, ok := strings.CutPrefix(name, requirementFact); ok {
		return requirementAnswered(id), true
	}
	f, ok := facts[name]
	return f, ok
}

// Answered answers a question without asking anybody, and says why. It is pure: the same is known of the same material.
func (q *Question) Answered(m *Material) (Known, bool) {
	for _, name := range q.Known {
		f, _ := factOf(name)
		if k, ok := f(q, m); ok {
			return k, true
		}
	}
	if e, ok := m.Earlier[q.ID]; ok && q.Months > 0 && m.Today.Before(e.On.AddMonths(q.Months)) {
		return Known{e.Value, e.Day, Because{Fact: "earlier", By: string(evidence.SelfAssessed), On: e.On}}, true
	}
	return Known{}, false
}

// verdict makes what is known into the question's own answer.
func (q *Question) verdict(good bool, on civil.Date, b Because) (Known, bool) {
	m := Bad
	if good {
		m = Good
	}
	k := Known{Value: q.with(m), Because: b}
	if q.Dated() {
		k.Day = on
	}
	k.Because.On = on
	return k, k.Value != ""
}

func either(list ...fact) fact {
	return func(q *Question, m *Material) (Known, bool) {
		for _, f := range list {
			if k, ok := f(q, m); ok {
				return k, true
			}
		}
		return Known{}, false
	}
}

// subjectFact is what the latest evidence about a subject says, the most certain source first. What somebody only believes answers nothing:
// that is what is asked.
func subjectFact(name, subject string) fact {
	return func(q *Question, m *Material) (Known, bool) {
		for _, source := range []evidence.Source{evidence.Measured, evidence.Attested} {
			for i := range slices.Backward(m.Records) {
				r := &m.Records[i]
				if r.Subject != subject || r.Source != source || !r.Valid(m.Today) || r.Outcome == evidence.Unclear {
					continue
				}
				if r.Disputed() {
					return Known{}, false // what is said to be wrong answers nothing, and neither does what is older
				}
				return q.verdict(r.Outcome == evidence.For, r.SeenOn, Because{Fact: name, By: string(source)})
			}
		}
		return Known{}, false
	}
}

// measuredSignIn holds when every way in has been measured: how strong it is stands beside, and one weak way in is enough for a no.
func measuredSignIn(q *Question, m *Material) (Known, bool) {
	if m.System == nil {
		return Known{}, false
	}
	list := evidence.Standings(m.System.Logins, m.Records, evidence.Measured, m.Today)
	if len(list) == 0 {
		return Known{}, false
	}
	strong, oldest := true, m.Today
	for i := range list {
		by := list[i].By
		if by == nil || list[i].Disputed != nil || by.Outcome == evidence.Unclear {
			return Known{}, false
		}
		strong = strong && by.Outcome == evidence.For
		if by.SeenOn.Before(oldest) {
			oldest = by.SeenOn
		}
	}
	return q.verdict(strong, oldest, Because{Fact: "sign-in", By: string(evidence.Measured)})
}

// registered is what a field of the register says: the word of whoever filled it in.
func registered(name string) Because { return Because{Fact: name, By: string(evidence.SelfAssessed)} }

func roleModel(q *Question, m *Material) (Known, bool) {
	if m.System == nil || m.System.RoleModel != "yes" || m.System.RoleModelOn.IsZero() || !m.within(m.System.RoleModelOn, year) {
		return Known{}, false
	}
	return q.verdict(true, m.System.RoleModelOn, registered("role-model"))
}

// year and halfYear are how long the register's words count here, in months.
const year, halfYear = 12, 6

func (m *Material) within(day civil.Date, months int) bool {
	return !day.IsZero() && !day.AddMonths(months).Before(m.Today)
}

func accessReviewed(q *Question, m *Material) (Known, bool) {
	if m.System == nil || !m.within(m.System.AccessReviewOn, halfYear) {
		return Known{}, false
	}
	return q.verdict(true, m.System.AccessReviewOn, registered("access-reviewed"))
}

func logReviewed(q *Question, m *Material) (Known, bool) {
	if m.System == nil || m.System.LogReviewMonths == nil || !m.within(m.System.LogReviewOn, int(*m.System.LogReviewMonths)) {
		return Known{}, false
	}
	return q.verdict(true, m.System.LogReviewOn, registered("log-reviewed"))
}

func agreement(q *Question, m *Material) (Known, bool) {
	if m.System == nil {
		return Known{}, false
	}
	if m.Signed {
		return q.verdict(true, m.Agreed, Because{Fact: "agreement", By: string(evidence.Attested)})
	}
	if m.System.ProcessorAgreement == "not-needed" {
		return Known{Value: NotRelevant, Because: registered("agreement-not-needed")}, true
	}
	return Known{}, false
}

// lately is how many days after a decision nobody is asked whether anything has changed since.
const lately = 90

func classifiedLately(q *Question, m *Material) (Known, bool) {
	if m.Decided == nil || m.Decided.DecidedOn.AddDays(lately).Before(m.Today) {
		return Known{}, false
	}
	return q.verdict(true, m.Decided.DecidedOn, Because{Fact: "classified-lately", By: string(evidence.Measured)})
}

func notClassified(_ *Question, m *Material) (Known, bool) {
	if m.System == nil || m.Decided != nil {
		return Known{}, false
	}
	return Known{Value: NotRelevant, Because: Because{Fact: "not-classified", By: string(evidence.Measured)}}, true
}

func noActions(_ *Question, m *Material) (Known, bool) {
	if m.System == nil || len(m.Actions) > 0 {
		return Known{}, false
	}
	return Known{Value: NotRelevant, Because: Because{Fact: "no-actions", By: string(evidence.Measured)}}, true
}

func noLateActions(_ *Question, m *Material) (Known, bool) {
	if m.System == nil {
		return Known{}, false
	}
	for _, a := range m.Actions {
		if a.Late(m.Today) {
			return Known{}, false
		}
	}
	return Known{Value: NotRelevant, Because: Because{Fact: "no-late-actions", By: string(evidence.Measured)}}, true
}

func drilled(q *Question, m *Material) (Known, bool) {
	if !m.within(m.Drill, year) {
		return Known{}, false
	}
	return q.verdict(true, m.Drill, Because{Fact: "drill", By: string(evidence.Measured)})
}

// requirementAnswered is what was answered within a year about a requirement, as sure as that answer was.
func requirementAnswered(id string) fact {
	return func(q *Question, m *Material) (Known, bool) {
		a, ok := m.Answers[id]
		on := civil.Of(a.At)
		if ok && !a.KnownOn.IsZero() {
			on = a.KnownOn
		}
		if !ok || !m.within(on, year) {
			return Known{}, false
		}
		b := Because{Fact: "requirement", By: a.KnownBy, About: id}
		switch a.Status {
		case requirement.Met:
			return q.verdict(true, on, b)
		case requirement.NotMet:
			return q.verdict(false, on, b)
		case requirement.NotApplicable:
			return Known{Value: NotRelevant, Because: b}, true
		default:
			return Known{}, false
		}
	}
}
