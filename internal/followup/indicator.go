// SPDX-License-Identifier: EUPL-1.2

// Package followup follows the work over the years (Swedish: uppföljning): indicators, counted by rules that are data, from rows that say
// what is known about each thing and how it is known.
package followup

import (
	"github.com/insegel/insegel/internal/catalogue"
)

// Series is how something is known. Values of different series are never mixed.
type Series uint8

// The series, the strongest first.
const (
	Measured Series = iota
	Attested
	SelfAssessed
	NumSeries = 3
)

// SeriesNames are the series as files and addresses name them.
var SeriesNames = [NumSeries]string{"measured", "attested", "self-assessed"}

// String gives the series as files name it.
func (s Series) String() string { return SeriesNames[s] }

// ParseSeries finds a series by its name.
func ParseSeries(name string) (Series, bool) {
	for s, n := range SeriesNames {
		if n == name {
			return Series(s), true
		}
	}
	return 0, false
}

// Kind is what a row is about: its number in catalogue.RowKinds.
type Kind uint8

// The kinds of row, in the catalogue's order.
const (
	System Kind = iota
	Processing
	Requirement
	Action
	Supplier
	Unit
)

// Facts are a set of the facts that rules speak of, one bit each.
type Facts uint64

// Row is one thing that is counted, or N that are alike. What is neither yes nor no is unknown.
type Row struct {
	Kind    Kind
	N       uint32
	Yes, No [NumSeries]Facts
}

// Say says one fact in one series, in the place of what was said before. Maybe says nothing.
func (r *Row) Say(fact int, s Series, t catalogue.Truth) {
	switch bit := Facts(1) << fact; t {
	case catalogue.Yes:
		r.Yes[s], r.No[s] = r.Yes[s]|bit, r.No[s]&^bit
	case catalogue.No:
		r.Yes[s], r.No[s] = r.Yes[s]&^bit, r.No[s]|bit
	default:
	}
}

// SayAll says one fact in every series: what a thing is, in contrast to what somebody has shown about it.
func (r *Row) SayAll(fact int, t catalogue.Truth) {
	for s := range Series(NumSeries) {
		r.Say(fact, s, t)
	}
}

// Count is a value: how many of how many, and about how many nothing is known. The unknown are among the denominator and not the
// numerator.
type Count struct{ Numerator, Denominator, Unknown int64 }

// Add adds another count.
func (c *Count) Add(o Count) {
	c.Numerator += o.Numerator
	c.Denominator += o.Denominator
	c.Unknown += o.Unknown
}

// Known reports whether there is anything to show: a share of nothing is no value.
func (c Count) Known() bool { return c.Denominator > 0 }

// Shown reports whether something is known about at least one of what is counted.
func (c Count) Shown() bool { return c.Denominator > c.Unknown }

// Percent is the share that is met, of all that is counted.
func (c Count) Percent() float64 {
	if c.Denominator == 0 {
		return 0
	}
	return 100 * float64(c.Numerator) / float64(c.Denominator)
}

// OfKnown is the share that is met, of all that something is known about. It is what organisations that know differently much are compared by,
// with what is unknown beside it.
func (c Count) OfKnown() float64 {
	if !c.Shown() {
		return 0
	}
	return 100 * float64(c.Numerator) / float64(c.Denominator-c.Unknown)
}

// Answer is what one organisation's rows say, in the words of the questionnaire.
type Answer string

// The answers.
const (
	Yes      Answer = "yes"
	Partly   Answer = "partly"
	No       Answer = "no"
	NotShown Answer = "not-shown"
	Nothing  Answer = "nothing"
)

// Tally is how an indicator's rows fell out: how many there are of its kind, and how the counted ones are.
type Tally struct{ Rows, Yes, No, Unknown int64 }

// Counted is how many rows are counted.
func (t Tally) Counted() int64 { return t.Yes + t.No + t.Unknown }

// Answer gives the answer of the questionnaire.
func (t Tally) Answer() Answer {
	switch {
	case t.Counted() == 0:
		return Nothing
	case t.Yes == t.Counted():
		return Yes
	case t.Yes > 0:
		return Partly
	case t.Unknown > 0:
		return NotShown
	default:
		return No
	}
}

// AnswerTo gives the answer to an indicator's own question: where one is enough, or none is asked for, there is no partly.
func (t Tally) AnswerTo(ind *catalogue.Indicator) Answer {
	if ind.Answer != catalogue.AnswerAny && ind.Answer != catalogue.AnswerNone {
		return t.Answer()
	}
	switch c := t.Count(ind.Answer); {
	case !c.Known():
		return Nothing
	case c.Unknown > 0:
		return NotShown
	case c.Numerator > 0:
		return Yes
	default:
		return No
	}
}

// Count gives the value of an indicator that is answered in the given way. Where the municipality counts once, what is unknown makes the
// answer unknown unless the rest settles it.
func (t Tally) Count(answer string) Count {
	one := func(settled bool, truth bool) Count {
		switch {
		case settled && truth:
			return Count{Numerator: 1, Denominator: 1}
		case settled:
			return Count{Denominator: 1}
		default:
			return Count{Denominator: 1, Unknown: 1}
		}
	}
	switch {
	case answer == catalogue.AnswerShare:
		return Count{t.Yes, t.Counted(), t.Unknown}
	case answer == catalogue.AnswerEvery && t.Counted() > 0:
		return one(t.No > 0 || t.Unknown == 0, t.No == 0)
	case answer == catalogue.AnswerAny && t.Rows > 0:
		return one(t.Yes > 0 || t.Unknown == 0, t.Yes > 0)
	case answer == catalogue.AnswerNone && t.Rows > 0:
		return one(t.Yes > 0 || t.Unknown == 0, t.Yes == 0)
	default:
		return Count{}
	}
}
