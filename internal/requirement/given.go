// SPDX-License-Identifier: EUPL-1.2

package requirement

import (
	"slices"

	"github.com/insegel/insegel/internal/evidence"
	"github.com/insegel/insegel/internal/ids"
)

// Given are a system's answers as they are judged: side by side, and no more of each than judging asks. A nation has millions of answers, and
// looking each requirement up by its id would take as long as all the rest. Make one with Proof.Given.
type Given struct {
	list []given
	// all are the answers in full, for what is explained.
	all map[string]Answer
}

// given is an answer.
type given struct {
	// index is the requirement's place in the catalogue, and on the day's number.
	index, on int32
	source    int8 // its place in evidence.Sources, and -1 of what is none
	says      says
}

// attestedIndex is the place of what is attested among the sources.
var attestedIndex = int8(evidence.Attested.Index()) //nolint:gosec // one of three

// says is what an answer says of its requirement.
type says uint8

const (
	saysNothing says = iota
	saysMet
	saysUnmet
	saysExcepted
)

// Given makes a system's answers, by requirement, ready to be judged. What the catalogue does not have is left out.
func (p *Proof) Given(answers map[string]Answer) Given {
	g := Given{all: answers}
	if len(answers) == 0 {
		return g
	}
	g.list = make([]given, 0, len(answers))
	for id := range answers {
		a := answers[id]
		i, ok := p.catalogue.RequirementIndex(id)
		if !ok {
			continue
		}
		x := given{index: int32(i), on: int32(a.KnownOn.Number()), source: int8(evidence.Source(a.KnownBy).Index())} //nolint:gosec // thousands, days, and three
		switch a.Status {
		case NotApplicable:
			x.says = saysExcepted
		case Met:
			x.says = saysMet
		case NotMet, Partly:
			x.says = saysUnmet
		}
		g.list = append(g.list, x)
	}
	return g
}

// Contradicts reports whether a record speaks against a requirement that applies to a system, and that something measured speaks for.
func (p *Proof) Contradicts(v *View, record ids.ID[evidence.Record]) bool {
	all, one := p.NewJudging(), p.NewJudging()
	c := Case{Logins: v.System.Logins, Records: v.Records, Answers: p.Given(v.Answers), Figures: v.Figures, On: v.Today}
	all.Judge(&c)
	for i := range p.catalogue.Requirements {
		if len(v.applies) == 0 || !v.applies.Has(i) || all.Of(i) != Contradicted {
			continue
		}
		side := func(g Ground) bool {
			return g.Record != nil && g.Record.ID == record && g.Outcome == evidence.Against && !g.Old
		}
		if slices.ContainsFunc(one.Explain(&c, i).Grounds, side) {
			return true
		}
	}
	return false
}

// weighGiven counts the self-assessments.
func (j *Judging) weighGiven(c *Case) {
	for n := range c.Answers.list {
		a := &c.Answers.list[n]
		i := int(a.index)
		old := a.source < 0 || j.aged[a.source].Number() >= int(a.on)
		proof := a.source == attestedIndex && j.p.attests.Has(i)
		switch a.says {
		case saysExcepted:
			j.excepted.set(i)
		case saysMet:
			if old {
				j.weak.set(i)
				break
			}
			j.wordFor.set(i)
			if proof {
				j.strong.set(i)
			}
		case saysUnmet:
			j.word(i, false, int(a.on))
		}
		if j.ground != nil {
			j.tellAnswer(c, i, old, proof)
		}
	}
}

// tellAnswer tells of an answer as something that a judgement rests on, when it is of the requirement that is explained.
func (j *Judging) tellAnswer(c *Case, i int, old, proof bool) {
	if i != j.only {
		return
	}
	a := c.Answers.all[j.p.catalogue.Requirements[i].ID]
	if a.Status != DontKnow {
		j.tell(i, a.ground(old, proof))
	}
}

// ground is an answer as something that a judgement rests on.
func (a *Answer) ground(old, proof bool) Ground {
	g := Ground{Answer: a, Old: old && a.Status == Met, Weak: a.Status == Met && !proof, Outcome: evidence.Unclear}
	switch a.Status {
	case Met:
		g.Outcome = evidence.For
	case NotMet, Partly:
		g.Outcome = evidence.Against
	}
	return g
}
