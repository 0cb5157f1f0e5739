// SPDX-License-Identifier: EUPL-1.2

// Package requirement derives which rules and requirements follow for a system, and why, and judges how well each is met
// (Swedish: krav, regel, självskattning, gap).
package requirement

import (
	"errors"
	"slices"
	"time"

	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/locale"
)

// Status is how well a requirement is met.
type Status string

// The answers of a self-assessment. Unanswered is not an answer but the lack of one; like DontKnow it is always counted.
const (
	Met           Status = "met"
	Partly        Status = "partly"
	NotMet        Status = "not-met"
	NotApplicable Status = "not-applicable"
	DontKnow      Status = "dont-know"
	Unanswered    Status = "unanswered"
)

// Statuses are the answers that can be given, in the order they are shown.
var Statuses = []Status{Met, Partly, NotMet, NotApplicable, DontKnow}

// How a fact is known.
const (
	Measured     = "measured"
	Attested     = "attested"
	SelfAssessed = "self-assessed"
)

var (
	// ErrStatus says that an answer is not one of those that can be given.
	ErrStatus = errors.New("the answer must be one of met, partly, not-met, not-applicable, dont-know")
	// ErrKnownBy says that how the answer is known is missing.
	ErrKnownBy = errors.New("say how it is known: measured, attested or self-assessed")
	// ErrReason says that "not applicable" lacks a reason.
	ErrReason = errors.New("an answer that the requirement is not applicable needs a reason")
	// ErrUnknown says that the catalogue has no such requirement.
	ErrUnknown = errors.New("the catalogue has no such requirement")
	// ErrFigure says that a figure lies outside what the requirement allows.
	ErrFigure = errors.New("the figure is outside what the requirement allows")
	// ErrFuture says that an answer is dated later than today.
	ErrFuture = errors.New("the answer's date lies ahead of today")
)

// Answer is what somebody said about one requirement of one system.
type Answer struct {
	Requirement string
	// Version is the requirement's version that was answered.
	Version int
	Status  Status
	KnownBy string
	KnownOn civil.Date
	Note    string // for NotApplicable it is the reason
	By      string
	At      time.Time
	// Over is when the answer was given that this one is written over, in milliseconds, and 0 when there was none; nil does not ask. When
	// somebody has answered since, the new one is refused.
	Over *int64
}

// Check says what is wrong with an answer.
func (a *Answer) Check(c *catalogue.Catalogue, today civil.Date) error {
	if _, ok := c.Requirement(a.Requirement); !ok {
		return ErrUnknown
	}
	return a.checkValues(today)
}

// checkValues is Check for a requirement that is known to be there.
func (a *Answer) checkValues(today civil.Date) error {
	switch {
	case !slices.Contains(Statuses, a.Status):
		return ErrStatus
	case !slices.Contains([]string{Measured, Attested, SelfAssessed}, a.KnownBy):
		return ErrKnownBy
	case a.Status == NotApplicable && a.Note == "":
		return ErrReason
	case today.Before(a.KnownOn):
		return ErrFuture
	}
	return nil
}

// Applied is a requirement that applies to a system: why, and how well it is met.
type Applied struct {
	*catalogue.Requirement
	// Conditional says that it hangs on a question that nobody has settled.
	Conditional bool
	Because     []catalogue.Because
	// Laws are those of the requirement's laws that concern the system and are in force.
	Laws []*catalogue.Law
	// Answer is the self-assessment; Status is Unanswered when there is none.
	Answer Answer
	// Outdated says that the requirement's text has changed since it was answered.
	Outdated bool
	// Figures are the organisation's own figures in the text.
	Figures map[string]int
	// Shown is what answers and evidence show together, with what it rests on.
	Shown Judgement
}

// Is gives the wanted state in the language, with the organisation's figures.
func (a *Applied) Is(lang catalogue.Lang) string {
	return catalogue.Fill(a.Requirement.Is.In(lang), a.Settings, a.Figures)
}

// Shall gives the tender text in the language, with the organisation's figures.
func (a *Applied) Shall(lang catalogue.Lang) string {
	return catalogue.Fill(a.Requirement.Shall.In(lang), a.Settings, a.Figures)
}

// Verify gives how a tender is checked, in the language, with the organisation's figures.
func (a *Applied) Verify(lang catalogue.Lang) string {
	return catalogue.Fill(a.Requirement.Verify.In(lang), a.Settings, a.Figures)
}

// Gap reports whether the requirement is not shown to be met, so that the plan must say what to do. What is not known is a gap.
func (a *Applied) Gap() bool {
	return a.Answer.Status != Met && a.Answer.Status != NotApplicable
}

// Tally counts requirements by how well they are met. Every requirement is in exactly one of the fields.
type Tally struct{ Met, Partly, NotMet, NotApplicable, DontKnow, Unanswered int }

// Count adds one requirement.
func (t *Tally) Count(s Status) {
	switch s {
	case Met:
		t.Met++
	case Partly:
		t.Partly++
	case NotMet:
		t.NotMet++
	case NotApplicable:
		t.NotApplicable++
	case DontKnow:
		t.DontKnow++
	default:
		t.Unanswered++
	}
}

// Total is how many requirements were counted.
func (t Tally) Total() int {
	return t.Met + t.Partly + t.NotMet + t.NotApplicable + t.DontKnow + t.Unanswered
}

// Unknown is how many nobody knows about.
func (t Tally) Unknown() int { return t.DontKnow + t.Unanswered }

// Add adds another tally.
func (t *Tally) Add(o Tally) {
	t.Met += o.Met
	t.Partly += o.Partly
	t.NotMet += o.NotMet
	t.NotApplicable += o.NotApplicable
	t.DontKnow += o.DontKnow
	t.Unanswered += o.Unanswered
}

// Requirements explains the requirements of an outcome, in the catalogue's order.
func (e *Engine) Requirements(s *Subject, day *Day, out *Outcome, l *locale.Localizer) []Applied {
	var list []Applied
	for i := range e.Catalogue.Requirements {
		if out.Requirements.Has(i) {
			list = append(list, e.explain(i, s, day, out, l))
		}
	}
	return list
}

// Because gives the reasons of one requirement of an outcome; ok is false when it does not apply.
func (e *Engine) Because(id string, s *Subject, day *Day, out *Outcome, l *locale.Localizer) (because []catalogue.Because, ok bool) {
	i, ok := e.Catalogue.RequirementIndex(id)
	if !ok || !out.Requirements.Has(i) {
		return nil, false
	}
	a := e.explain(i, s, day, out, l)
	return a.Because, true
}

// explain gives a requirement its reasons: what makes its condition hold, the level it follows from, and the laws it rests on.
func (e *Engine) explain(i int, s *Subject, day *Day, out *Outcome, l *locale.Localizer) Applied {
	r := &e.Catalogue.Requirements[i]
	a := Applied{Requirement: r, Conditional: !out.Certain.Has(i), Answer: Answer{Requirement: r.ID, Status: Unanswered}}
	a.Because = e.Catalogue.Vocabulary.Explain(r.When, &s.Facts, s.Origins, catalogue.Lang(l.Lang))
	for aspect := range catalogue.Aspect(catalogue.NumAspects) {
		if b, ok := becauseOfLevel(r, aspect, s, l); ok {
			a.Because = append(a.Because, b)
		}
		if b, ok := becauseInherited(r, aspect, s, l); ok {
			a.Because = append(a.Because, b)
		}
	}
	a.Because = append(a.Because, becauseOfDemands(r, s, l)...)
	for _, id := range r.Laws {
		n, ok := e.lawIndex[id]
		if !ok || !out.Laws.Has(n) || !day.inForce.Has(n) {
			continue
		}
		law := &e.Catalogue.Laws[n]
		a.Laws = append(a.Laws, law)
		key := "requirement.because-law-" + law.Basis
		if !law.Verified {
			key = "requirement.because-law-unverified"
		}
		a.Because = append(a.Because, catalogue.Because{Kind: BecauseRule, Ref: id, Text: l.T(key, "Law", lawName(law, l))})
	}
	if len(a.Because) == 0 {
		a.Because = []catalogue.Because{{Kind: becauseCondition, Ref: BecauseAlways, Text: l.T("requirement.because-always")}}
	}
	return a
}

// becauseOfLevel tells that an aspect's level reaches what the requirement asks.
func becauseOfLevel(r *catalogue.Requirement, a catalogue.Aspect, s *Subject, l *locale.Localizer) (catalogue.Because, bool) {
	least := r.Trigger[a]
	if least == catalogue.Unset || s.own(a) < least || s.Model == nil {
		return catalogue.Because{}, false
	}
	aspect, ok := s.Model.Aspect(a)
	if !ok {
		return catalogue.Because{}, false
	}
	lang := catalogue.Lang(l.Lang)
	text := l.T("requirement.because-level", "Aspect", aspect.Name.In(lang),
		"Level", s.Levels[a].Value, "Label", s.Levels[a].Label.In(lang), "Least", l.T("requirement.step-"+least.String()))
	return catalogue.Because{Kind: BecauseLevel, Ref: a.String(), Text: text}, true
}
