// SPDX-License-Identifier: EUPL-1.2

package procurement_test

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/catalogue/cataloguetest"
	"github.com/insegel/insegel/internal/classification"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/job"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/procurement"
	"github.com/insegel/insegel/internal/requirement"
	"github.com/insegel/insegel/internal/system"
)

var bundle = sync.OnceValues(func() (*locale.Bundle, error) {
	return locale.NewBundle(map[string]string{"classification": classification.Messages, "requirement": requirement.Messages})
})

// texts gives the texts that reasons are made of.
func texts(t *testing.T) *locale.Localizer {
	t.Helper()
	b, err := bundle()
	if err != nil {
		t.Fatal(err)
	}
	return b.In("sv")
}

// desk is the slice with an organisation that has one system, classified K3 R3 T2.
type desk struct {
	*procurement.Service
	t     *testing.T
	actor access.Actor
	sys   system.System
}

func newDesk(t *testing.T, d *db.DB, facts ...catalogue.Statement) *desk {
	t.Helper()
	q, err := job.New(d, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	c := cataloguetest.Load(t)
	f := &desk{t: t, actor: dbtest.Organisation(t, d, "norrsjo")}
	f.Service = &procurement.Service{DB: d, Requirements: &requirement.Service{DB: d, Engine: requirement.NewEngine(c)}}
	sys := system.New("Ekonomiskt bistånd")
	sys.Hosting, sys.State, sys.Facts = "cloud-eu", "planned", facts
	if f.sys, err = (&system.Service{DB: d}).Create(t.Context(), f.actor, sys); err != nil {
		t.Fatal(err)
	}
	s := &classification.Service{DB: d, Catalogue: c, Jobs: q}
	for a, level := range map[catalogue.Aspect]int{catalogue.Confidentiality: 3, catalogue.Integrity: 3, catalogue.Availability: 2} {
		for _, p := range []string{"individual", "organisation"} {
			err := s.Answer(t.Context(), f.actor, f.sys.Slug, classification.Answer{Aspect: a, Perspective: p, Level: level, Motivation: "x"})
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	return f
}

// social are the facts of a system for social services that is bought as a service on an open network.
func social(more ...catalogue.Statement) []catalogue.Statement {
	return append([]catalogue.Statement{
		{Fact: "area", Value: "socialtjanst"}, {Fact: "supplier", Value: "yes"}, {Fact: "open_network", Value: "yes"},
	}, more...)
}

func (f *desk) annex() *procurement.Annex {
	f.t.Helper()
	_, a, err := f.Annex(f.t.Context(), f.actor, f.sys.Slug, texts(f.t))
	if err != nil {
		f.t.Fatal(err)
	}
	return &a
}

func (f *desk) choose(list ...procurement.Choice) error {
	return f.Choose(f.t.Context(), f.actor, f.sys.Slug, texts(f.t), list)
}

func wants(t *testing.T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("got %v, want %v", err, want)
	}
}

// What an annex begins with: in proportion, complete, and nothing that is the organisation's own duty.
func TestAnnexBegins(t *testing.T) {
	for name, facts := range map[string][]catalogue.Statement{
		"social services":              social(),
		"social services, e-service":   social(catalogue.Statement{Fact: "e_service", Value: "yes"}),
		"social services, much unsaid": social(catalogue.Statement{Fact: "ai", Value: "unknown"}),
		"health care":                  {{Fact: "area", Value: "hsl"}, {Fact: "supplier", Value: "yes"}, {Fact: "open_network", Value: "yes"}},
	} {
		t.Run(name, func(t *testing.T) {
			dbtest.Run(t, func(t *testing.T, d *db.DB) {
				a := newDesk(t, d, facts...).annex()
				included := a.Included()
				if len(included) == 0 || len(included) > 90 {
					t.Errorf("the annex begins with %d rows", len(included))
				}
				if a.Shall+a.Should != len(included) || a.Left != len(a.Rows)-len(included) {
					t.Errorf("counts %d shall, %d should, %d left of %d rows with %d included", a.Shall, a.Should, a.Left, len(a.Rows), len(included))
				}
				covered := map[string]bool{}
				for _, r := range included {
					for _, topic := range r.Covers {
						covered[topic] = true
					}
				}
				for _, topic := range cataloguetest.Load(t).TenderTopics {
					if !covered[topic.ID] {
						t.Errorf("nothing that is included covers %s (%s)", topic.ID, topic.Name.SV)
					}
				}
				for i := range a.Rows {
					r := &a.Rows[i]
					switch {
					case r.Shall(catalogue.SV) == "" || r.Shall(catalogue.EN) == "" || r.Topic == nil:
						t.Errorf("%s is not for a supplier", r.ID)
					case r.Included && r.Conditional:
						t.Errorf("%s is demanded though nobody has settled whether it applies", r.ID)
					case r.Core && !r.Conditional && !r.Included:
						t.Errorf("%s is core and is left out", r.ID)
					}
				}
			})
		})
	}
}

// fake makes a row that a supplier can be asked for.
func fake(id string, change func(a *requirement.Applied)) requirement.Applied {
	a := requirement.Applied{Requirement: &catalogue.Requirement{ID: id, Must: true, Shall: catalogue.Text{SV: "Ska.", EN: "Shall."}}}
	change(&a)
	return a
}

// The core comes first, then explicit law, and what is over the limit is offered.
func TestSelectOrder(t *testing.T) {
	c := cataloguetest.Load(t)
	condition, err := c.Vocabulary.Parse("supplier")
	if err != nil {
		t.Fatal(err)
	}
	particular := func(a *requirement.Applied) { a.When = condition }
	explicit := func(a *requirement.Applied) {
		particular(a)
		a.Laws = []*catalogue.Law{{Basis: catalogue.BasisExplicit}}
	}
	core := func(a *requirement.Applied) { a.Core = true }
	common := func(*requirement.Applied) {}
	var v requirement.View
	add := func(kind string, n int, change func(a *requirement.Applied)) {
		for i := range n {
			v.Requirements = append(v.Requirements, fake(fmt.Sprintf("%s-%02d", kind, i), change))
		}
	}
	add("common", 10, common)
	add("particular", 10, particular)
	add("explicit", 50, explicit)
	add("core", 25, core)
	add("should", 1, func(a *requirement.Applied) { a.Must = false })
	add("unsettled", 1, func(a *requirement.Applied) { core(a); a.Conditional = true })
	add("own", 1, func(a *requirement.Applied) { core(a); a.Requirement.Shall = catalogue.Text{} })
	count := func(a procurement.Annex) map[string]int {
		n := map[string]int{}
		for _, r := range a.Included() {
			kind, _, _ := strings.Cut(r.ID, "-")
			n[kind]++
		}
		return n
	}
	a := procurement.Select(c, &v, nil)
	if got := count(a); got["core"] != 25 || got["explicit"] != 50 || got["particular"] != 10 || got["common"] != 5 || len(got) != 4 {
		t.Errorf("got %v, want the 90 that matter most", got)
	}
	if len(a.Rows) != 97 || a.Left != 7 || a.Shall != 90 {
		t.Errorf("%d rows, %d left, %d shall", len(a.Rows), a.Left, a.Shall)
	}
	add("core2", 30, core)
	if got := count(procurement.Select(c, &v, nil)); got["core"] != 25 || got["core2"] != 30 || got["explicit"] != 35 || got["particular"] != 0 {
		t.Errorf("got %v: the core comes before explicit law", got)
	}
	chosen := map[string]*procurement.Choice{"core-00": {Included: false, Reason: "x"}, "should-00": {Included: true}}
	a = procurement.Select(c, &v, chosen)
	for _, r := range a.Rows {
		if want, ok := chosen[r.ID]; ok && (r.Included != want.Included || r.Choice != want) {
			t.Errorf("%s is included %v, which is not what was chosen", r.ID, r.Included)
		}
	}
	if a.Should != 1 || a.Shall != 89 {
		t.Errorf("%d shall and %d should", a.Shall, a.Should)
	}
}

func TestChoose(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		f := newDesk(t, d, social()...)
		before := f.annex()
		in := before.Included()[0]
		out := before.Rows[slices.IndexFunc(before.Rows, func(r procurement.Row) bool { return !r.Proposed })]
		reader := f.actor
		reader.Roles = []access.Role{access.SystemManager}
		own := ""
		for _, r := range cataloguetest.Load(t).Requirements {
			if !r.Supplier() && own == "" {
				own = r.ID
			}
		}
		for name, tc := range map[string]struct {
			actor  access.Actor
			choice procurement.Choice
			want   error
		}{
			"left out without a reason":     {f.actor, procurement.Choice{Requirement: in.ID}, procurement.ErrReason},
			"the organisation's own duty":   {f.actor, procurement.Choice{Requirement: own, Included: true}, procurement.ErrUnknown},
			"no such requirement":           {f.actor, procurement.Choice{Requirement: "nowhere", Included: true}, procurement.ErrUnknown},
			"may not":                       {reader, procurement.Choice{Requirement: in.ID, Reason: "x"}, access.ErrDenied},
			"another organisation's system": {dbtest.Organisation(t, d, "soderby"), procurement.Choice{Requirement: in.ID, Reason: "x"}, db.ErrNotFound},
			"offered, and left out still":   {f.actor, procurement.Choice{Requirement: out.ID}, nil},
		} {
			t.Run(name, func(t *testing.T) {
				wants(t, f.Choose(t.Context(), tc.actor, f.sys.ID.String(), texts(t), []procurement.Choice{tc.choice}), tc.want)
			})
		}
		// One faulty choice refuses them all, and the ones without a reason are named together.
		second := before.Included()[1]
		err := f.choose(procurement.Choice{Requirement: out.ID, Included: true}, procurement.Choice{Requirement: in.ID}, procurement.Choice{Requirement: second.ID})
		var reasons *procurement.ReasonError
		if !errors.As(err, &reasons) || !slices.Equal(reasons.Requirements, []string{in.ID, second.ID}) {
			t.Errorf("got %v, want both named", err)
		}
		if got := f.annex(); got.Hash(catalogue.SV) != before.Hash(catalogue.SV) {
			t.Error("what was refused changed the annex")
		}
		if err := f.choose(procurement.Choice{Requirement: in.ID, Reason: "Köps inte"}, procurement.Choice{Requirement: out.ID, Included: true}); err != nil {
			t.Fatal(err)
		}
		after := f.annex()
		for _, r := range after.Rows {
			switch {
			case r.ID == in.ID && (r.Included || r.Choice == nil || r.Choice.Reason != "Köps inte" || r.Choice.By != "local" || r.Choice.At.IsZero()):
				t.Errorf("got %+v", r.Choice)
			case r.ID == out.ID && !r.Included:
				t.Errorf("%s is still left out", r.ID)
			}
		}
		if err := f.choose(procurement.Choice{Requirement: in.ID, Included: true}, procurement.Choice{Requirement: out.ID}); err != nil {
			t.Fatal(err)
		}
		if got := f.annex(); got.Hash(catalogue.SV) != before.Hash(catalogue.SV) {
			t.Error("what was chosen cannot be taken back")
		}
		err = d.Read(t.Context(), db.Installation, func(tx *db.Tx) error {
			log, err := audit.History(t.Context(), tx, f.actor.Organisation, "system", f.sys.ID.String(), 100)
			log = slices.DeleteFunc(log, func(l audit.Logged) bool { return l.Action != "procurement.Choose" })
			for i := range log {
				if strings.Contains(log[i].Record, `"reason":`) {
					t.Errorf("the log holds somebody's words: %s", log[i].Record)
				}
			}
			if len(log) != 5 {
				t.Errorf("%d choices are logged, want the five that went through", len(log))
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

// The hash names a selection of texts: it is the same for the same, and another as soon as anything differs.
func TestHash(t *testing.T) {
	v := requirement.View{Requirements: []requirement.Applied{
		fake("a", func(*requirement.Applied) {}), fake("b", func(*requirement.Applied) {}), fake("c", func(a *requirement.Applied) { a.Must = false }),
	}}
	c := cataloguetest.Load(t)
	hash := func(choices map[string]*procurement.Choice) string {
		a := procurement.Select(c, &v, choices)
		return a.Hash(catalogue.SV)
	}
	before := hash(nil)
	if again := hash(nil); again != before || len(before) != 16 {
		t.Errorf("one selection has the hashes %s and %s", before, again)
	}
	seen := map[string]string{before: "the beginning"}
	note := func(what, h string) {
		if other, ok := seen[h]; ok {
			t.Errorf("%s has the hash of %s", what, other)
		}
		seen[h] = what
	}
	note("one left out", hash(map[string]*procurement.Choice{"a": {}}))
	note("another left out", hash(map[string]*procurement.Choice{"b": {}}))
	note("one taken in", hash(map[string]*procurement.Choice{"c": {Included: true}}))
	first := procurement.Select(c, &v, nil)
	note("in English", first.Hash(catalogue.EN))
	v.Requirements[0].Version = 2
	note("a new version", hash(nil))
	v.Requirements[0].Requirement.Shall.SV = "Ska nu."
	note("a new text", hash(nil))
}

func TestAnnexAfterAStop(t *testing.T) {
	d := dbtest.SQLite(t)
	f := newDesk(t, d, social()...)
	q, err := job.New(d, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	s := &classification.Service{DB: d, Catalogue: cataloguetest.Load(t), Jobs: q}
	wants(t, s.Answer(t.Context(), f.actor, f.sys.Slug, classification.Answer{Aspect: catalogue.Integrity, Level: 4}), classification.ErrStopped)
	if a := f.annex(); len(a.Rows) != 0 {
		t.Errorf("a stopped system gives %d rows", len(a.Rows))
	}
}

func TestSystems(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		f := newDesk(t, d, social()...)
		for i := range procurement.PageSize {
			if _, err := (&system.Service{DB: d}).Create(t.Context(), f.actor, system.New(fmt.Sprintf("Åsystem %02d", i))); err != nil {
				t.Fatal(err)
			}
		}
		if err := f.choose(procurement.Choice{Requirement: f.annex().Included()[0].ID, Included: true}); err != nil {
			t.Fatal(err)
		}
		for name, tc := range map[string]struct {
			text            string
			planned         bool
			page            int
			rows, at, total int
		}{
			"the first page":   {"", false, 0, procurement.PageSize, 1, procurement.PageSize + 1},
			"the last page":    {"", false, 2, 1, 2, procurement.PageSize + 1},
			"a page too far":   {"", false, 99, 1, 2, procurement.PageSize + 1},
			"only the planned": {"", true, 1, 1, 1, 1},
			"by name":          {"ekonomiskt", false, 1, 1, 1, 1},
			"nothing found":    {"finns inte", false, 3, 0, 1, 0},
		} {
			t.Run(name, func(t *testing.T) {
				got, err := f.Systems(t.Context(), f.actor, procurement.Filter{Text: tc.text, Planned: tc.planned, Page: tc.page})
				if err != nil || len(got.Systems) != tc.rows || got.Page != tc.at || got.Total != tc.total || got.Planned != 1 {
					t.Errorf("got %d rows, page %d, total %d, planned %d (%v)", len(got.Systems), got.Page, got.Total, got.Planned, err)
				}
				for _, s := range got.Systems {
					if s.Chosen != (s.System.ID == f.sys.ID) {
						t.Errorf("%s is chosen for: %v", s.System.Name, s.Chosen)
					}
				}
			})
		}
	})
}

func TestRemove(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		f := newDesk(t, d, social()...)
		in := f.annex().Included()[0]
		if err := f.choose(procurement.Choice{Requirement: in.ID, Reason: "x"}); err != nil {
			t.Fatal(err)
		}
		for _, tc := range []struct {
			org  access.OrganisationID
			want bool
		}{{dbtest.Organisation(t, d, "soderby").Organisation, false}, {f.actor.Organisation, true}} {
			err := d.Write(t.Context(), db.Installation, func(tx *db.Tx) error {
				return procurement.Remove(t.Context(), tx, tc.org, []ids.ID[system.System]{f.sys.ID})
			})
			got := slices.ContainsFunc(f.annex().Included(), func(r procurement.Row) bool { return r.ID == in.ID })
			if err != nil || got != tc.want {
				t.Errorf("the choice is gone: %v (%v), want %v", got, err, tc.want)
			}
		}
	})
}
