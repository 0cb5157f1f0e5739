// SPDX-License-Identifier: EUPL-1.2

package requirement

import (
	"slices"
	"strconv"
	"strings"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/classification"
	"github.com/insegel/insegel/internal/evidence"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/system"
)

// settingPrefix begins the names of the organisation's own figures: "requirement.<id>.<key>".
const settingPrefix = "requirement."

// View is a system with everything that follows from what is known about it.
type View struct {
	System       system.System
	State        classification.State
	Need         classification.Need
	Subject      Subject
	Laws         []AppliedLaw
	Requirements []Applied
	Tally        Tally
	// Shown counts the requirements by what is shown about them, from answers and evidence together.
	Shown Shown
	// Records is the evidence that it was judged from, oldest first, without words.
	Records []evidence.Record
	// Answers are the self-assessment, by requirement.
	Answers map[string]Answer
	// Figures are the organisation's own figures in the texts, by requirement and key.
	Figures map[string]map[string]int
	// applies are the requirements that apply, by their place in the catalogue.
	applies Bits
	Today   civil.Date
}

// material is what views are made of: everything that was read, for one system or for many.
type material struct {
	engine  *Engine
	day     *Day
	figures map[string]map[string]int // by requirement and key
	demands map[ids.ID[system.System]][]Demand
	today   civil.Date
	judging *Judging // nil judges nothing
	records evidence.BySystem
	// texts are for the reasons, and reach says which other systems they may name. Without texts there are no reasons.
	texts *locale.Localizer
	reach access.Reach
	// needs are the systems' own, in their order, and inherited what they need besides because of what depends on them; nil is nothing.
	needs     []classification.Need
	inherited *inheritance
	// web is every dependency, when they have been read already.
	web *system.Graph
}

// known is what is known about one system before anything is derived.
type known struct {
	system  system.System
	state   classification.State
	need    classification.Need
	answers map[string]Answer
}

// view derives one system. Without texts the reasons are left out, and only the tally of requirements is made.
func (m *material) view(k known, out *Outcome) View {
	l, answers := m.texts, k.answers
	v := View{System: k.system, State: k.state, Need: k.need, Today: m.today, Figures: m.figures}
	s := &v.System
	v.Subject = m.subject(s, &v.Need)
	v.Subject.Demands = m.demands[s.ID]
	if v.Need.Stop {
		return v
	}
	v.Need.Suspected = Suspected(&v.Subject)
	m.engine.DeriveSubject(&v.Subject, m.day, out)
	v.Records, v.Answers, v.applies = m.records[s.ID], answers, slices.Clone(out.Requirements)
	judged := Case{Logins: s.Logins, Records: v.Records, Figures: m.figures, On: m.today}
	if m.judging != nil {
		judged.Answers = m.judging.p.Given(answers)
		m.judging.Judge(&judged)
		m.judging.sum(out.Requirements, &v.Shown)
	}
	if l == nil {
		v.Tally = m.tally(out, answers)
		v.addOwn(m.judging != nil, nil)
		return v
	}
	v.Laws = m.engine.Laws(&v.Subject, m.day, out, l)
	v.Requirements = m.engine.Requirements(&v.Subject, m.day, out, l)
	for i := range v.Requirements {
		r := &v.Requirements[i]
		r.Figures = m.figures[r.ID]
		if a, ok := answers[r.ID]; ok {
			r.Answer, r.Outdated = a, a.Version != r.Version
		}
		v.Tally.Count(r.Answer.Status)
		if i, ok := m.engine.Catalogue.RequirementIndex(r.ID); ok && m.judging != nil {
			r.Shown = m.judging.Explain(&judged, i)
		}
	}
	v.addOwn(m.judging != nil, l)
	return v
}

// EachShown tells what is shown about every requirement that applies to the systems of views, also of those that were made without texts.
// Without a Proof there is nothing to show it by: then what has been answered counts.
func (s *Service) EachShown(views []*View, tell func(v *View, r *catalogue.Requirement, shown Judged)) {
	var j *Judging
	if s.Proof != nil {
		j = s.Proof.NewJudging()
	}
	for _, v := range views {
		if j != nil {
			j.Judge(&Case{Logins: v.System.Logins, Records: v.Records, Answers: s.Proof.Given(v.Answers), Figures: v.Figures, On: v.Today})
		}
		for i := range s.Engine.Catalogue.Requirements {
			r := &s.Engine.Catalogue.Requirements[i]
			switch {
			case len(v.applies) == 0 || !v.applies.Has(i):
			case j != nil:
				tell(v, r, j.Of(i))
			default:
				tell(v, r, answered[v.Answers[r.ID].Status])
			}
		}
	}
}

// answered is what an answer alone shows; every other says nothing.
var answered = map[Status]Judged{Met: ShownMet, Partly: ShownUnmet, NotMet: ShownUnmet, NotApplicable: Excepted}

func (m *material) subject(s *system.System, need *classification.Need) Subject {
	sub := Subject{Steps: need.Steps(), Model: need.Model}
	sub.Facts, sub.Origins = m.engine.Catalogue.Vocabulary.Resolve(s.Source(m.today), s.Sources(m.engine.Catalogue))
	for _, l := range need.Levels {
		sub.Levels[l.Aspect] = l.Level
	}
	if need.Stop {
		return sub
	}
	sub.Inherited = m.inherited.of(s.ID)
	for a := range sub.Inherited {
		sub.Steps[a] = max(sub.Steps[a], sub.Inherited[a].Need)
	}
	return sub
}

// Suspected reports whether what is known points at security protection.
func Suspected(s *Subject) bool {
	for _, o := range s.Origins {
		if o.Fact == "security_sensitive" && o.Truth != catalogue.No {
			return true
		}
	}
	return false
}

func (m *material) tally(out *Outcome, answers map[string]Answer) Tally {
	var t Tally
	for i := range m.engine.Catalogue.Requirements {
		if !out.Requirements.Has(i) {
			continue
		}
		if a, ok := answers[m.engine.Catalogue.Requirements[i].ID]; ok {
			t.Count(a.Status)
		} else {
			t.Count(Unanswered)
		}
	}
	return t
}

// parseFigures reads the organisation's own figures from its settings. A figure outside what the requirement allows is left
// out: the catalogue's own stands.
func parseFigures(c *catalogue.Catalogue, settings map[string]string) map[string]map[string]int {
	out := map[string]map[string]int{}
	for name, value := range settings {
		rest := strings.TrimPrefix(name, settingPrefix)
		i := strings.LastIndexByte(rest, '.')
		n, err := strconv.Atoi(value)
		if i < 0 || err != nil {
			continue
		}
		id, key := rest[:i], rest[i+1:]
		r, ok := c.Requirement(id)
		if !ok {
			continue
		}
		for _, s := range r.Settings {
			if s.Key == key && n >= s.Min && n <= s.Max {
				if out[id] == nil {
					out[id] = map[string]int{}
				}
				out[id][key] = n
			}
		}
	}
	return out
}
