// SPDX-License-Identifier: EUPL-1.2

package requirement

import (
	"unicode/utf8"

	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/locale"
)

// Force tells whether a law is in force on a day.
type Force string

// The four answers. Unchecked says that nobody has checked when the law begins: it is shown as applying, and as unchecked.
const (
	Current   Force = "current"
	NotYet    Force = "not-yet"
	Ended     Force = "ended"
	Unchecked Force = "unchecked"
)

// InForce tells whether a law is in force on a day.
func InForce(l *catalogue.Law, day civil.Date) Force {
	switch {
	case !l.To.IsZero() && l.To.Before(day):
		return Ended
	case l.From.IsZero():
		return Unchecked
	case day.Before(l.From):
		return NotYet
	default:
		return Current
	}
}

// AppliedLaw is a law that concerns a subject, and why.
type AppliedLaw struct {
	*catalogue.Law
	Force Force
	// Conditional says that it hangs on a question that nobody has settled ("kan förekomma").
	Conditional bool
	Because     []catalogue.Because
}

// Kinds of reasons that this package gives.
const (
	BecauseRule      = "rule"
	BecauseLevel     = "level"
	becauseCondition = "condition"
)

// BecauseAlways is what a condition refers to when the requirement applies to every system.
const BecauseAlways = "any"

// Subject is what a derivation is explained from.
type Subject struct {
	Facts   catalogue.Facts
	Origins []catalogue.Origin
	Steps   [catalogue.NumAspects]catalogue.Step
	// Model gives the levels' names; nil when no level is set.
	Model *catalogue.Model
	// Levels are the model's own values of Steps.
	Levels [catalogue.NumAspects]catalogue.Level
	// Inherited are the needs that are higher than the subject's own because of what depends on it, by aspect. Steps have them already.
	Inherited [catalogue.NumAspects]Inherited
	// Demands are what the subject is to meet for other reasons.
	Demands []Demand
}

// own is what the subject needs of an aspect by itself.
func (s *Subject) own(a catalogue.Aspect) catalogue.Step {
	if s.Inherited[a].Need != catalogue.Unset {
		return s.Levels[a].Step
	}
	return s.Steps[a]
}

// Laws explains the laws of an outcome, in the catalogue's order.
func (e *Engine) Laws(s *Subject, day *Day, out *Outcome, l *locale.Localizer) []AppliedLaw {
	var list []AppliedLaw
	for i := range e.Catalogue.Laws {
		if out.Laws.Has(i) {
			list = append(list, e.explainLaw(i, s, day, out, l))
		}
	}
	return list
}

func (e *Engine) explainLaw(i int, s *Subject, day *Day, out *Outcome, l *locale.Localizer) AppliedLaw {
	law := &e.Catalogue.Laws[i]
	a := AppliedLaw{Law: law, Force: InForce(law, day.Date), Conditional: !out.CertainLaws.Has(i)}
	a.Because = e.Catalogue.Vocabulary.Explain(law.When, &s.Facts, s.Origins, catalogue.Lang(l.Lang))
	if law.When.Always() {
		a.Because = append(a.Because, catalogue.Because{Kind: BecauseRule, Ref: law.ID, Text: l.T("requirement.because-always-law", "Law", lawName(law, l))})
	}
	key := ""
	switch a.Force {
	case NotYet:
		key = "requirement.because-not-yet"
	case Ended:
		key = "requirement.because-ended"
	case Unchecked:
		key = "requirement.because-unchecked"
	default:
		return a
	}
	text := l.T(key, "Law", lawName(law, l), "From", l.Date(law.From), "To", l.Date(law.To), "Day", l.Date(day.Date))
	a.Because = append(a.Because, catalogue.Because{Kind: BecauseRule, Ref: law.ID, Text: text})
	return a
}

// longSections is how long a law's sections may be and still stand in the middle of a sentence.
const longSections = 40

// lawName writes a law as a reader would speak of it: with its sections, or with what it is about when they are many.
func lawName(law *catalogue.Law, l *locale.Localizer) string {
	lang := catalogue.Lang(l.Lang)
	if n := utf8.RuneCountInString(law.Sections); n > 1 && n <= longSections {
		return law.Name.In(lang) + " " + law.Sections
	}
	return law.Name.In(lang) + " (" + law.Topic.In(lang) + ")"
}
