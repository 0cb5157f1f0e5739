// SPDX-License-Identifier: EUPL-1.2

package overview

import (
	"cmp"
	"slices"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/approval"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/followup"
	"github.com/insegel/insegel/internal/procurement"
	"github.com/insegel/insegel/internal/risk"
)

// Brief is what a manager needs to know in two minutes: three questions with their answers, what waits to be decided, and the largest risk.
type Brief struct {
	Today civil.Date
	// Whole says that it is of the whole organisation; only then is there a past to compare with.
	Whole   bool
	Figures []Figure
	Waits   []Wait
	// Waiting is how many decisions there are, in all.
	Waiting int
	// Risk is the largest that nobody has accepted; nil when there is none. Risks is how many there are, Unweighed included.
	Risk  *risk.Listed
	Risks int
}

// Figure is an indicator now, and as it was.
type Figure struct {
	Indicator *catalogue.Indicator
	Now       [followup.NumSeries]followup.Count
	// Was are the values of the day Since, by the same definition; nothing where there is none.
	Was   [followup.NumSeries]followup.Count
	Since civil.Date
}

// Change is by how many percentage points a series has risen; false when it cannot be said.
func (f *Figure) Change(s followup.Series) (float64, bool) {
	if f.Since.IsZero() || !f.Was[s].Known() || !f.Now[s].Known() {
		return 0, false
	}
	return f.Now[s].Percent() - f.Was[s].Percent(), true
}

// WaitKind is what a decision is about.
type WaitKind string

// The kinds of decision, the most pressing first.
const (
	WaitIncident WaitKind = "incident" // something that has happened, and whose clock may run
	WaitApproval WaitKind = "approval" // a change that takes two people
	WaitRuling   WaitKind = "ruling"   // an impact assessment that is to be decided
	WaitOpinion  WaitKind = "opinion"  // an impact assessment that the data protection officer is to give an opinion of
	WaitRenew    WaitKind = "renew"    // a classification has ended or ends soon
	WaitDecide   WaitKind = "decide"   // a draft of a classification
	WaitReplies  WaitKind = "replies"  // an annex has come back with answers to accept
	WaitOpen     WaitKind = "open"     // bids are to be opened
	WaitAward    WaitKind = "award"    // one of several bids is to be chosen
	WaitRisk     WaitKind = "risk"     // a risk that nobody has decided how to treat
)

// waitKinds lists them in that order.
var waitKinds = []WaitKind{WaitIncident, WaitApproval, WaitRuling, WaitOpinion, WaitRenew, WaitDecide, WaitReplies, WaitOpen, WaitAward, WaitRisk}

// Wait is a decision that waits.
type Wait struct {
	Kind             WaitKind
	Name, Unit, Href string
	// Owner is who it waits for, when that is not the reader.
	Owner string
	// Mine says that the reader may decide it.
	Mine bool
	// Due is when it should be decided, or since when it has waited; zero when neither is known.
	Due civil.Date
	// By is the moment that the law has set, with what it asks by then in Duty; of an incident.
	By   time.Time
	Duty catalogue.Text
	// Rank is how large a risk is, and Count how many answers there are to accept.
	Rank, Count int
}

// The numbers of a page that is read in two minutes.
const (
	briefFigures = 3
	briefWaits   = 2
)

// figures are the first indicators, in the catalogue's order for managers, that have something to count.
func figures(e *followup.Engine, now followup.Tallies, was []followup.Point) []Figure {
	var out []Figure
	for i, ind := range e.Indicators {
		if ind.Brief == 0 {
			continue
		}
		f := Figure{Indicator: ind}
		for s := range followup.Series(followup.NumSeries) {
			f.Now[s] = now[i][s].Count(ind.Answer)
		}
		if !f.Now[followup.Measured].Known() {
			continue
		}
		for _, p := range was {
			if p.Indicator == ind.ID && p.Definition == ind.Definition {
				f.Was[p.Series], f.Since = p.Count, p.On
			}
		}
		out = append(out, f)
	}
	slices.SortStableFunc(out, func(a, b Figure) int { return a.Indicator.Brief - b.Indicator.Brief })
	return out[:min(len(out), briefFigures)]
}

// quarter is the first day of the quarter that a day is in.
func quarter(d civil.Date) civil.Date {
	return civil.Date{Year: d.Year, Month: (d.Month-1)/3*3 + 1, Day: 1}
}

// waitElsewhere are the decisions that other slices say wait: of incidents and impact assessments, which come as tasks, and of annexes.
func waitElsewhere(tasks []Task, annexes []procurement.Waiting) []Wait {
	var out []Wait
	kinds := map[TaskKind]WaitKind{TaskIncident: WaitIncident, TaskRuling: WaitRuling, TaskOpinion: WaitOpinion}
	for i := range tasks {
		t := &tasks[i]
		kind, ok := kinds[t.Kind]
		if !ok {
			continue // to look something over again is work, and no decision
		}
		w := Wait{Kind: kind, Name: t.Name, Unit: t.Unit, Href: t.Path, Due: t.Due, By: t.By, Duty: t.Duty, Mine: true}
		if w.Href == "" {
			w.Href = systemPath(t.Slug) + "/konsekvensbedomning"
		}
		out = append(out, w)
	}
	for i := range annexes {
		a := &annexes[i]
		out = append(out, Wait{Kind: WaitKind(a.Kind), Name: a.Name, Unit: a.Unit, Href: a.Path, Mine: a.Mine, Due: a.Since, Count: a.Count})
	}
	return out
}

// deciding is what decisions are found in.
type deciding struct {
	Systems []Sum
	Risks   []risk.Listed
	// Changes wait for a second person, and Others are what other slices say waits.
	Changes []approval.Told
	Others  []Wait
}

// waits lists the decisions that wait: the reader's own first, then the most pressing kind, the earliest day and the largest risk.
func waits(d *deciding, who access.Actor, today civil.Date) []Wait {
	out := slices.Clone(d.Others)
	for i := range d.Changes {
		if x := &d.Changes[i]; x.Why == nil {
			out = append(out, Wait{Kind: WaitApproval, Name: x.What, Href: approval.Path, Mine: true, Due: civil.Of(x.Expires)})
		}
	}
	for i := range d.Systems {
		s := &d.Systems[i]
		w := Wait{Name: s.Name, Unit: s.Unit, Href: systemPath(s.Slug) + "/klassning", Owner: s.Owner, Mine: access.AllowedAt(who, "classification.Decide", s.UnitID)}
		switch {
		case s.ends(today):
			w.Kind, w.Due = WaitRenew, s.ValidUntil
		case s.Standing == Draft:
			w.Kind, w.Due = WaitDecide, civil.Of(s.Drafted)
		default:
			continue
		}
		out = append(out, w)
	}
	for i := range d.Risks {
		r := &d.Risks[i]
		if r.Treatment == risk.Untreated && r.Rank > 0 {
			out = append(out, Wait{
				Kind: WaitRisk, Name: r.Name + ", " + r.System, Unit: r.Unit, Href: r.Path(), Rank: r.Rank, Mine: access.AllowedAt(who, "risk.Save", r.UnitID),
			})
		}
	}
	slices.SortStableFunc(out, func(a, b Wait) int {
		if a.Mine != b.Mine {
			if a.Mine {
				return -1
			}
			return 1
		}
		return cmp.Or(slices.Index(waitKinds, a.Kind)-slices.Index(waitKinds, b.Kind), cmp.Compare(a.by(), b.by()), b.Rank-a.Rank)
	})
	return out
}

// by is when it should be decided, for sorting: what has no day comes after what has one.
func (w *Wait) by() string {
	if w.Due.IsZero() {
		return "later"
	}
	return w.Due.String()
}

// few are the first two decisions, of different kinds when there are more than one kind: two of the same tell less.
func few(all []Wait) []Wait {
	if len(all) <= briefWaits {
		return all
	}
	out := all[:1:1]
	if i := slices.IndexFunc(all[1:], func(w Wait) bool { return w.Kind != all[0].Kind && w.Mine == all[0].Mine }); i >= 0 {
		return append(out, all[1+i])
	}
	return append(out, all[1])
}

// worst is the largest risk that nobody has accepted, of a list with the largest first.
func worst(list []risk.Listed) *risk.Listed {
	for i := range list {
		if list[i].Treatment != risk.Accept && list[i].Rank > 0 {
			return &list[i]
		}
	}
	return nil
}
