// SPDX-License-Identifier: EUPL-1.2

package incident

import (
	"time"
)

// Lack is something that a drill shows was missing: what is to be mended before it happens in earnest.
type Lack struct {
	// Kind is the message that says it, Args what it says it about.
	Kind string
	Args []any
	// About is the question or the duty that it is about.
	About string
}

// Judge compares how a group has run a drill with its scenario, and with what the registers should have told them.
func (d *Drill) Judge(r *Rules, v *View) []Lack {
	var out []Lack
	add := func(kind, about string, args ...any) { out = append(out, Lack{kind, args, about}) }
	for i := range r.Questions {
		id := r.Questions[i].ID
		want, asked := d.Answers[id]
		switch got := v.Answers[id]; {
		case !asked || string(got) == want:
		case got == "" || got == Unknown:
			add("unanswered", id)
		default:
			add("answer", id)
		}
	}
	switch {
	case v.Risk == RiskUnknown:
		add("risk", "")
	case v.Risk != d.Risk:
		add("other-risk", "")
	}
	if v.Texts[AwareWhy] == "" {
		add("aware", "")
	}
	for _, duty := range d.duties(r, v) {
		switch {
		case duty.Kind != KindDuty || duty.Applies != Yes:
		case duty.Report.Status == Open:
			add("undecided", duty.ID)
		case duty.DoneLate():
			add("late", duty.ID)
		}
	}
	return append(out, registerLacks(v)...)
}

// duties are what the law would ask if everything in the scenario were as it is.
func (d *Drill) duties(r *Rules, v *View) []Duty {
	x := v.Incident
	x.Risk = d.Risk
	x.Answers = map[string]Answer{}
	for id, a := range d.Answers {
		x.Answers[id] = Answer(a)
	}
	return r.Duties(&x, r.Facts(&x, nil))
}

// registerLacks are what the registers could not tell about the systems that were hit.
func registerLacks(v *View) []Lack {
	var out []Lack
	count := func(kind string, n int) {
		if n > 0 {
			out = append(out, Lack{Kind: kind, Args: []any{"Count", n}})
		}
	}
	owners, agreements := 0, 0
	for i := range v.Affected.Hits {
		h := &v.Affected.Hits[i]
		if h.System.OwnerRole == "" && len(h.Answering) == 0 {
			owners++
		}
		if !h.Agreed && h.System.SupplierID != "" {
			agreements++
		}
	}
	count("persons", v.Affected.Uncounted)
	count("owners", owners)
	count("agreements", agreements)
	if v.Affected.Common.DPO == "" {
		out = append(out, Lack{Kind: "dpo"})
	}
	if s := v.Affected.Supplier; s != nil && s.IncidentContact == "" {
		out = append(out, Lack{Kind: "contact", Args: []any{"Name", s.Name}})
	}
	if len(v.Affected.Hits) == 0 {
		out = append(out, Lack{Kind: "systems"})
	}
	return out
}

// Come are the events of a drill that its clock has reached.
func (d *Drill) Come(began, now time.Time) (come []DrillEvent, next time.Time) {
	for _, e := range d.Events {
		at := began.Add(e.after)
		if at.After(now) {
			return come, at
		}
		come = append(come, e)
	}
	return come, time.Time{}
}
