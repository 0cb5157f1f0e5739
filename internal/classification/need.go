// SPDX-License-Identifier: EUPL-1.2

package classification

import (
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/information"
	"github.com/insegel/insegel/internal/locale"
)

// Basis tells what a level rests on.
type Basis string

// What a level may rest on, strongest first. None is unknown, and is shown and counted as that.
const (
	ByDecision   Basis = "decided"
	ByAnswer     Basis = "answer"
	BySuggestion Basis = "suggestion"
	None         Basis = "none"
)

// Level is the need of one aspect and where it came from.
type Level struct {
	Aspect  catalogue.Aspect
	Level   catalogue.Level // of the model's scale; empty when Basis is None
	Basis   Basis
	Because []catalogue.Because
}

// Need is how much protection something needs (Swedish: skyddsbehov).
type Need struct {
	Model *catalogue.Model
	// Stop says that the stopping level was indicated: nothing more is derived, and the security protection manager takes over.
	Stop   bool
	Levels []Level // one per aspect of the model, in the fixed order
	// Suspected says that the information points at security protection, as a question to settle.
	Suspected bool
	// ValidUntil and Expired concern a decision.
	ValidUntil civil.Date
	Expired    bool
}

// Steps gives the need on the one scale that requirements speak of.
func (n *Need) Steps() [catalogue.NumAspects]catalogue.Step {
	var out [catalogue.NumAspects]catalogue.Step
	for _, l := range n.Levels {
		out[l.Aspect] = l.Level.Step
	}
	return out
}

// Basis gives the weakest basis of the levels: a need is only decided when all of it is.
func (n *Need) Basis() Basis {
	weakest := ByDecision
	rank := map[Basis]int{ByDecision: 0, ByAnswer: 1, BySuggestion: 2, None: 3}
	for _, l := range n.Levels {
		if rank[l.Basis] > rank[weakest] {
			weakest = l.Basis
		}
	}
	if len(n.Levels) == 0 {
		return None
	}
	return weakest
}

// Input is what a need is assessed from.
type Input struct {
	Model *catalogue.Model
	// Information is what the system holds.
	Information []information.Held
	// Classification is the decided one, or else the draft; nil when there is none.
	Classification *Classification
	Catalogue      *catalogue.Catalogue
	Today          civil.Date
	// Texts is the language of the reasons. Nil leaves them out, for sums that nobody reads the reasons of.
	Texts *locale.Localizer
}

// Assess works out the need: a decision stands; else an answer; else the highest that the information's types suggest. The worst
// perspective decides an aspect, and an adjustment moves it.
func Assess(in Input) Need {
	n := Need{Model: in.Model}
	if c := in.Classification; c != nil {
		n.ValidUntil, n.Expired = c.ValidUntil, c.Expired(in.Today)
		n.Stop = c.Status == Stopped
	}
	for i := range in.Model.Aspects {
		l := in.level(&in.Model.Aspects[i])
		n.Stop = n.Stop || l.Level.Stop
		n.Levels = append(n.Levels, l)
	}
	if n.Stop { // the levels themselves could tell what must not be told
		n.Levels = nil
	}
	return n
}

func (in *Input) level(a *catalogue.ModelAspect) Level {
	suggested, from := in.suggestion(a.Aspect)
	out := Level{Aspect: a.Aspect, Basis: None}
	if c := in.Classification; c != nil {
		if worst, ok := Worst(c.Answers, a.Aspect); ok {
			if lv, ok := a.Level(worst.Level); ok {
				out.Level, out.Basis = lv, ByAnswer
				if c.Status == Decided {
					out.Basis = ByDecision
				}
				out.Because = in.becauseAnswer(a, c, worst, lv)
			}
		}
	}
	if out.Basis == None && suggested != catalogue.Unset {
		out.Level, out.Basis = a.ForStep(suggested), BySuggestion
		out.Because = in.becauseSuggested(a, from)
	}
	in.adjust(a, &out)
	if out.Basis == ByAnswer && !out.Level.Stop && a.ForStep(suggested).Step > out.Level.Step {
		out.Because = append(out.Because, in.becauseBelow(a, from)...)
	}
	return out
}

// adjust moves a level the way its adjustment says and no other: an answer that has been raised since is not lowered by what once
// raised it, and the stopping level is never moved.
func (in *Input) adjust(a *catalogue.ModelAspect, out *Level) {
	if in.Classification == nil || out.Level.Stop {
		return
	}
	adj, ok := adjusted(in.Classification.Adjustments, a.Aspect)
	if !ok {
		return
	}
	lv, ok := a.Level(adj.Level)
	switch {
	case !ok:
		return
	case out.Basis == None:
		out.Basis = ByAnswer
	case adj.Cause == Lowered && lv.Value > out.Level.Value, adj.Cause != Lowered && lv.Value <= out.Level.Value:
		return
	}
	out.Level = lv
	out.Because = append(out.Because, in.becauseAdjusted(adj, lv)...)
}

// suggestion gives the highest step that the information suggests for an aspect, and the types that suggest it.
func (in *Input) suggestion(a catalogue.Aspect) (catalogue.Step, []*catalogue.InformationType) {
	highest := catalogue.Unset
	var from []*catalogue.InformationType
	for i := range in.Information {
		t, ok := in.Information[i].Type(in.Catalogue)
		if !ok {
			continue
		}
		switch s := t.Levels[a].Step; {
		case s == catalogue.Unset || s < highest:
		case s > highest:
			highest, from = s, []*catalogue.InformationType{t}
		default:
			from = append(from, t)
		}
	}
	return highest, from
}

// Suggested gives what the information alone would give for an aspect, with the reasons.
func (in *Input) Suggested(a *catalogue.ModelAspect) (catalogue.Level, []catalogue.Because, bool) {
	step, from := in.suggestion(a.Aspect)
	if step == catalogue.Unset {
		return catalogue.Level{}, nil, false
	}
	return a.ForStep(step), in.becauseSuggested(a, from), true
}

// Obstacle is what stands in the way of deciding one aspect of a draft.
type Obstacle struct {
	Aspect catalogue.Aspect
	// Perspective is the one that lacks an answer when Err is ErrIncomplete, else Unspecified.
	Perspective string
	// Err is ErrIncomplete, ErrMotivation, ErrLevel, ErrStopped, ErrLower or ErrApprover.
	Err error
}

// Obstacles lists what stands in the way of deciding a draft, aspect by aspect: each perspective without an answer, no motivation,
// or a level below what the information needs without a risk decision. A type may forbid lowering altogether.
func (in *Input) Obstacles() []Obstacle {
	var out []Obstacle
	for i := range in.Model.Aspects {
		a := &in.Model.Aspects[i]
		missing := in.missing(a)
		for _, p := range missing {
			out = append(out, Obstacle{a.Aspect, p, ErrIncomplete})
		}
		if len(missing) > 0 {
			continue
		}
		if err := in.obstacle(a); err != nil {
			out = append(out, Obstacle{a.Aspect, Unspecified, err})
		}
	}
	return out
}

func (in *Input) obstacle(a *catalogue.ModelAspect) error {
	c := in.Classification
	if c == nil {
		return ErrNoDraft
	}
	worst, ok := Worst(c.Answers, a.Aspect)
	switch {
	case !ok && a.Optional:
		return nil
	case worst.Motivation == "" && !anyMotivation(c.Answers, a.Aspect):
		return ErrMotivation
	}
	return in.checkLowering(a, c, worst)
}

// missing lists the perspectives that lack an answer for an aspect: those that the model does not mark optional. An answer that came
// without a perspective, from a register, stands for all of them, and an optional aspect that nobody has answered lacks none.
func (in *Input) missing(a *catalogue.ModelAspect) []string {
	c := in.Classification
	if c == nil {
		return nil
	}
	if _, ok := Worst(c.Answers, a.Aspect); !ok && a.Optional {
		return nil
	}
	if _, ok := c.Answered(a.Aspect, Unspecified); ok {
		return nil
	}
	var out []string
	for _, p := range in.Model.Perspectives {
		if _, ok := c.Answered(a.Aspect, p.Perspective.String()); !ok && !p.Optional {
			out = append(out, p.Perspective.String())
		}
	}
	return out
}

// CheckDecision says what stands in the way of deciding a draft, the first thing first.
func CheckDecision(in Input) error {
	c := in.Classification
	if c == nil {
		return ErrNoDraft
	}
	if c.Status == Stopped {
		return ErrStopped
	}
	if obstacles := in.Obstacles(); len(obstacles) > 0 {
		return obstacles[0].Err
	}
	return nil
}

func anyMotivation(answers []Answer, a catalogue.Aspect) bool {
	for _, x := range answers {
		if x.Aspect == a && x.Motivation != "" {
			return true
		}
	}
	return false
}

func (in *Input) checkLowering(a *catalogue.ModelAspect, c *Classification, worst Answer) error {
	if _, ok := a.Level(worst.Level); !ok {
		return ErrLevel
	}
	adj, isAdjusted := adjusted(c.Adjustments, a.Aspect)
	if _, ok := a.Level(adj.Level); isAdjusted && !ok {
		return ErrLevel
	}
	level := in.level(a).Level
	if level.Stop {
		return ErrStopped
	}
	below := in.above(a, level.Step)
	if len(below) == 0 {
		return nil
	}
	for _, t := range below {
		if !t.Lower {
			return ErrLower
		}
	}
	if !isAdjusted || adj.Cause != Lowered || adj.Reason == "" || adj.Approver == "" {
		return ErrApprover
	}
	return nil
}

// above gives the types that suggest a higher level than a step. A scale without the step that a type suggests has no lower level
// to be wrong about.
func (in *Input) above(a *catalogue.ModelAspect, step catalogue.Step) []*catalogue.InformationType {
	var out []*catalogue.InformationType
	for i := range in.Information {
		t, ok := in.Information[i].Type(in.Catalogue)
		if !ok {
			continue
		}
		if s := t.Levels[a.Aspect].Step; s != catalogue.Unset && a.ForStep(s).Step > step {
			out = append(out, t)
		}
	}
	return out
}

// Forbids lists the information types that do not let an aspect be set to a level, because it is lower than they need.
func (in *Input) Forbids(a *catalogue.ModelAspect, level catalogue.Level) []*catalogue.InformationType {
	var out []*catalogue.InformationType
	for _, t := range in.above(a, level.Step) {
		if !t.Lower {
			out = append(out, t)
		}
	}
	return out
}
