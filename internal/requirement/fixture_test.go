// SPDX-License-Identifier: EUPL-1.2

package requirement_test

import (
	"errors"
	"log/slog"
	"regexp"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/catalogue/cataloguetest"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/classification"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/job"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/organisation"
	"github.com/insegel/insegel/internal/requirement"
	"github.com/insegel/insegel/internal/system"
)

var bundle = sync.OnceValues(func() (*locale.Bundle, error) {
	return locale.NewBundle(map[string]string{"classification": classification.Messages, "requirement": requirement.Messages})
})

// texts gives the texts that reasons are made of.
func texts(t testing.TB, lang string) *locale.Localizer {
	t.Helper()
	b, err := bundle()
	if err != nil {
		t.Fatal(err)
	}
	return b.In(lang)
}

var shipped struct {
	once   sync.Once
	engine *requirement.Engine
}

// engine gives an engine over the catalogue that ships with the program, compiled once for all tests.
func engine(t testing.TB) *requirement.Engine {
	t.Helper()
	shipped.once.Do(func() { shipped.engine = requirement.NewEngine(cataloguetest.Load(t)) })
	return shipped.engine
}

func day(t testing.TB, s string) civil.Date {
	t.Helper()
	d, err := civil.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// statements makes facts of names and values in turn.
func statements(pairs ...string) []catalogue.Statement {
	var out []catalogue.Statement
	for i := 0; i+1 < len(pairs); i += 2 {
		out = append(out, catalogue.Statement{Fact: pairs[i], Value: pairs[i+1]})
	}
	return out
}

// subject is a system of which some facts are stated, with every aspect at one step.
func subject(t testing.TB, step catalogue.Step, pairs ...string) *requirement.Subject {
	t.Helper()
	s := &requirement.Subject{Model: cataloguetest.Model(t, "klassa")}
	for i := range s.Steps {
		s.Steps[i] = step
		if aspect, ok := s.Model.Aspect(catalogue.Aspect(i)); ok && step != catalogue.Unset {
			s.Levels[i] = aspect.ForStep(step)
		}
	}
	source := catalogue.Source{Kind: catalogue.SourceSubject, Ref: "x", Statements: statements(pairs...)}
	s.Facts, s.Origins = cataloguetest.Load(t).Vocabulary.Resolve(source, nil)
	return s
}

// derived explains what follows for a subject on a day.
func derived(t testing.TB, s *requirement.Subject, date string) ([]requirement.AppliedLaw, []requirement.Applied) {
	t.Helper()
	e := engine(t)
	on, out, l := e.At(day(t, date)), e.NewOutcome(), texts(t, "sv")
	e.Derive(&s.Facts, s.Steps, on, out)
	return e.Laws(s, on, out, l), e.Requirements(s, on, out, l)
}

func findLaw(list []requirement.AppliedLaw, id string) *requirement.AppliedLaw {
	i := slices.IndexFunc(list, func(l requirement.AppliedLaw) bool { return l.ID == id })
	if i < 0 {
		return nil
	}
	return &list[i]
}

func findRequirement(list []requirement.Applied, id string) *requirement.Applied {
	i := slices.IndexFunc(list, func(r requirement.Applied) bool { return r.ID == id })
	if i < 0 {
		return nil
	}
	return &list[i]
}

// desk is the slice with an organisation that has one system.
type desk struct {
	*requirement.Service
	t               *testing.T
	actor           access.Actor
	sys             system.System
	now             time.Time
	classifications *classification.Service
	systems         *system.Service
	settings        *organisation.Service
}

// newDesk makes a desk with a system for social assistance, run by a supplier on an open network. The clock stands still.
func newDesk(t *testing.T, d *db.DB) *desk {
	t.Helper()
	q, err := job.New(d, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	f := &desk{t: t, now: time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)}
	d.Now = func() time.Time { return f.now }
	f.Service = &requirement.Service{DB: d, Engine: engine(t)}
	f.classifications = &classification.Service{DB: d, Catalogue: cataloguetest.Load(t), Jobs: q}
	f.systems, f.settings = &system.Service{DB: d}, &organisation.Service{DB: d}
	f.actor = dbtest.Organisation(t, d, "norrsjo")
	sys := system.New("Ekonomiskt bistånd")
	sys.Hosting = "cloud-eu"
	sys.Facts = statements("area", "socialtjanst", "open_network", "yes", "supplier", "yes")
	if f.sys, err = f.systems.Create(t.Context(), f.actor, sys); err != nil {
		t.Fatal(err)
	}
	return f
}

// classify answers every obligatory aspect with one level.
func (f *desk) classify(level int) error {
	var failed error
	for _, a := range []catalogue.Aspect{catalogue.Confidentiality, catalogue.Integrity, catalogue.Availability} {
		for _, p := range []string{"individual", "organisation"} {
			failed = errors.Join(failed, f.classifications.Answer(f.t.Context(), f.actor, f.sys.Slug,
				classification.Answer{Aspect: a, Perspective: p, Level: level, Motivation: "x"}))
		}
	}
	return failed
}

func (f *desk) view() requirement.View {
	f.t.Helper()
	v, err := f.View(f.t.Context(), f.actor, f.sys.Slug, texts(f.t, "sv"))
	if err != nil {
		f.t.Fatal(err)
	}
	return v
}

func (f *desk) give(list ...requirement.Answer) error {
	return f.Answer(f.t.Context(), f.actor, f.sys.Slug, list)
}

// oneSentence begins with a capital, a figure or a quote and ends with a full stop, with no other sentence inside.
var (
	oneSentence = regexp.MustCompile(`^[\p{Lu}\d”“][^\n]*[^.!?\s]\.$`)
	unfilled    = regexp.MustCompile(`\{|<no value>|\[[a-z]+\.|  | \.$|%!`)
)

func checkReasons(t *testing.T, what string, list []catalogue.Because) {
	t.Helper()
	if len(list) == 0 {
		t.Errorf("%s applies without a reason", what)
	}
	for _, b := range list {
		if !oneSentence.MatchString(b.Text) || unfilled.MatchString(b.Text) || b.Ref == "" {
			t.Errorf("%s: not one plain sentence with a ref: %+v", what, b)
		}
		if !slices.Contains([]string{"information", "rule", "level", "condition", "evidence", "risk", "dependency"}, b.Kind) {
			t.Errorf("%s: there is no reason of the kind %q", what, b.Kind)
		}
	}
}
