// SPDX-License-Identifier: EUPL-1.2

package incident

import (
	"slices"

	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/organisation"
	"github.com/insegel/insegel/internal/processing"
	"github.com/insegel/insegel/internal/requirement"
	"github.com/insegel/insegel/internal/supplier"
	"github.com/insegel/insegel/internal/system"
)

// Contact is how a supplier is reached when something has happened; How is empty when the register does not say.
type Contact struct{ Supplier, How string }

// Affected is what is hit when some systems are (Swedish: berörda system), as the registers know it at the moment.
type Affected struct {
	// Supplier is whose systems they are, when that is how they were found; Facilities what it delivers outside the register.
	Supplier   *supplier.Supplier
	Facilities []system.Facility
	Hits       []AffectedSystem
	// Contacts are how the suppliers of the systems are reached when something has happened.
	Contacts []Contact
	// Beyond is how many systems that are hit the reader does not reach.
	Beyond int
	// Dependents are the nearest of the systems that depend on those, DependentCount how many there are in all.
	Dependents     []DependentSystem
	DependentCount int
	Information    []AffectedInformation
	// Persons is the sum of what is stated; the same person may stand in several systems. Uncounted are the systems where nobody has said.
	Persons   int64
	Uncounted int
	// Highest is the highest need of each aspect.
	Highest    [catalogue.NumAspects]catalogue.Step
	Weaknesses []Weakness
	// Unknown is how many requirements of the systems nothing shows, for or against.
	Unknown     int
	Processings []processing.Processing
	Common      processing.Common
	Units       []string
	// Facts are what is known about any of the systems.
	Facts        catalogue.Facts
	Model        *catalogue.Model
	Today        civil.Date
	Organisation organisation.Organisation
}

// AffectedSystem is a system that is hit.
type AffectedSystem struct {
	requirement.View
	// Answering are those who answer for it in person, by how.
	Answering map[string]organisation.Responsibility
	// Agreed says that a processor agreement is stated for it.
	Agreed bool
}

// DependentSystem is a system that depends on one that is hit.
type DependentSystem struct {
	system.Dependent
	Name, Slug, Unit string
	// Over is what it depends on that is hit, or that depends on what is.
	Over string
}

// AffectedInformation is information that is in some of the systems.
type AffectedInformation struct {
	Name    string
	Systems int
	// Marks are the facts that make it sensitive: see Sensitive.
	Marks []string
	// Suggested says that nobody has confirmed that the systems hold it.
	Suggested bool
}

// Sensitive are the facts about information that those who assess an incident must see, in the words of the vocabulary.
var Sensitive = []string{"special_category", "criminal_data", "children", "protected_identity"}

// Weakness is a requirement that a system is shown not to meet, or only partly, or of which answers and measurements do not agree.
type Weakness struct {
	System, Slug string
	Requirement  string
	Text         string
	// Status is how far it is met. Shown tells what is shown, which for Contradicted is neither.
	Status requirement.Status
	Shown  requirement.Judged
}

// shownDependents and shownWeaknesses are how many are read with their names: a page with thousands of them helps nobody.
const (
	shownDependents = 200
	shownWeaknesses = 200
)

// judged is what is needed to judge the systems that are hit.
type judged struct {
	requirements *requirement.Service
	texts        *locale.Localizer
}

// sum fills in what follows from the systems: information, people, needs, weaknesses, units and facts. Of a system whose classification
// was stopped nothing is told but that it is hit.
func (a *Affected) sum(j *judged) {
	at := map[string]int{}
	c := j.requirements.Engine.Catalogue
	conditions := sensitive(c)
	var views []*requirement.View
	for i := range a.Hits {
		h := &a.Hits[i]
		if h.System.Unit != "" && !slices.Contains(a.Units, h.System.Unit) {
			a.Units = append(a.Units, h.System.Unit)
		}
		if n := h.System.DataSubjects; n != nil {
			a.Persons += *n
		} else {
			a.Uncounted++
		}
		if h.Need.Stop {
			continue
		}
		for w := range h.Subject.Facts.True {
			a.Facts.True[w] |= h.Subject.Facts.True[w]
			a.Facts.Possible[w] |= h.Subject.Facts.Possible[w]
		}
		for aspect, step := range h.Need.Steps() {
			a.Highest[aspect] = max(a.Highest[aspect], step)
		}
		a.addInformation(h, c, conditions, at)
		views = append(views, &h.View)
	}
	j.requirements.EachShown(views, func(v *requirement.View, r *catalogue.Requirement, shown requirement.Judged) {
		a.addShown(v, r, shown, j.texts)
	})
	slices.SortStableFunc(a.Hits, func(x, y AffectedSystem) int { return weight(&y) - weight(&x) })
	slices.SortStableFunc(a.Information, func(x, y AffectedInformation) int { return len(y.Marks) - len(x.Marks) })
	locale.Sort(a.Units, func(u string) string { return u })
}

// weight orders systems by how much is at stake.
func weight(h *AffectedSystem) int {
	w := 0
	for _, step := range h.Need.Steps() {
		w += 1 << (3 * int(step))
	}
	return w
}

func sensitive(c *catalogue.Catalogue) map[string]catalogue.Condition {
	out := map[string]catalogue.Condition{}
	for _, f := range Sensitive {
		if cond, err := c.Vocabulary.Parse(f); err == nil { // a catalogue without the fact marks nothing with it
			out[f] = cond
		}
	}
	return out
}

// addInformation counts what a system holds.
func (a *Affected) addInformation(h *AffectedSystem, c *catalogue.Catalogue, conditions map[string]catalogue.Condition, at map[string]int) {
	for i := range h.System.Information {
		held := &h.System.Information[i]
		n, ok := at[held.Name]
		if !ok {
			n = len(a.Information)
			at[held.Name] = n
			one := AffectedInformation{Name: held.Name, Suggested: true}
			facts, _ := c.Vocabulary.Resolve(held.Source(c), nil)
			for _, f := range Sensitive {
				if cond := conditions[f]; !cond.Always() && cond.Holds(&facts) == catalogue.Yes {
					one.Marks = append(one.Marks, f)
				}
			}
			a.Information = append(a.Information, one)
		}
		a.Information[n].Systems++
		a.Information[n].Suggested = a.Information[n].Suggested && !held.Confirmed
	}
}

// addShown notes a requirement that applies to a system and is shown not to be met, or not to be agreed on, and counts it when nothing shows
// it either way.
func (a *Affected) addShown(v *requirement.View, r *catalogue.Requirement, shown requirement.Judged, l *locale.Localizer) {
	switch shown {
	case requirement.NothingKnown, requirement.Unproven:
		a.Unknown++
		return
	case requirement.ShownUnmet, requirement.Contradicted:
	default:
		return
	}
	if len(a.Weaknesses) == shownWeaknesses {
		return
	}
	w := Weakness{
		System: v.System.Name, Slug: v.System.Slug, Requirement: r.ID, Status: requirement.NotMet, Shown: shown,
		Text: catalogue.Fill(r.Is.In(catalogue.Lang(l.Lang)), r.Settings, v.Figures[r.ID]),
	}
	if v.Answers[r.ID].Status == requirement.Partly {
		w.Status = requirement.Partly
	}
	a.Weaknesses = append(a.Weaknesses, w)
}

// Proposed makes an incident of which only what the register knows is known, for what the law may ask.
func (a *Affected) Proposed() *Incident {
	x := &Incident{Risk: RiskUnknown}
	if a.Supplier != nil {
		x.SupplierID, x.Supplier = a.Supplier.ID, a.Supplier.Name
	}
	for i := range a.Hits {
		x.Systems = append(x.Systems, Hit{ID: a.Hits[i].System.ID, Name: a.Hits[i].System.Name})
	}
	return x
}
