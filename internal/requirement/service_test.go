// SPDX-License-Identifier: EUPL-1.2

package requirement_test

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/catalogue/cataloguetest"
	"github.com/insegel/insegel/internal/classification"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/requirement"
	"github.com/insegel/insegel/internal/system"
)

// known is a requirement that every system for social services has.
const known = "inloggning-socialtjanst-alla-system"

func met(id string) requirement.Answer {
	return requirement.Answer{Requirement: id, Status: requirement.Met, KnownBy: requirement.SelfAssessed}
}

func wants(t *testing.T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("got %v, want %v", err, want)
	}
}

func TestView(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		f := newDesk(t, d)
		unclassified := f.view()
		if findLaw(unclassified.Laws, "SOLPUL-10") == nil || findRequirement(unclassified.Requirements, known) == nil {
			t.Error("law that needs no level does not follow before the classification")
		}
		if unclassified.Need.Basis() != classification.None {
			t.Errorf("the need rests on %s", unclassified.Need.Basis())
		}
		if err := f.classify(3); err != nil {
			t.Fatal(err)
		}
		v := f.view()
		if len(v.Requirements) <= len(unclassified.Requirements) {
			t.Errorf("%d requirements at the highest level, %d without any", len(v.Requirements), len(unclassified.Requirements))
		}
		if v.Tally.Total() != len(v.Requirements) || v.Tally.Unanswered != len(v.Requirements) {
			t.Errorf("tally %+v of %d", v.Tally, len(v.Requirements))
		}
		for _, l := range v.Laws {
			checkReasons(t, l.ID, l.Because)
		}
		for _, r := range v.Requirements {
			checkReasons(t, r.ID, r.Because)
		}
		_, err := f.View(t.Context(), dbtest.Organisation(t, d, "soderby"), f.sys.ID.String(), texts(t, "sv"))
		wants(t, err, db.ErrNotFound)
		nobody := f.actor
		nobody.Roles = nil
		_, err = f.View(t.Context(), nobody, f.sys.Slug, texts(t, "sv"))
		wants(t, err, access.ErrDenied)
	})
}

func TestStopYieldsNothing(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		f := newDesk(t, d)
		wants(t, f.classify(4), classification.ErrStopped)
		v := f.view()
		if !v.Need.Stop || v.Requirements != nil || v.Laws != nil || v.Tally.Total() != 0 {
			t.Errorf("stop %v gives %d laws, %d requirements and %+v", v.Need.Stop, len(v.Laws), len(v.Requirements), v.Tally)
		}
		if got := f.applying(); len(got) != 0 {
			t.Errorf("%d requirements apply after a stop", len(got))
		}
	})
}

// applying lists what applies without reasons, sorted.
func (f *desk) applying() []string {
	f.t.Helper()
	var out []string
	err := f.DB.Read(f.t.Context(), f.actor.Organisation, func(tx *db.Tx) error {
		sys, err := system.Get(f.t.Context(), tx, f.actor.Organisation, f.sys.Slug)
		if err != nil {
			return err
		}
		applies, err := f.Applying(f.t.Context(), tx, sys)
		for id := range applies {
			out = append(out, id)
		}
		return err
	})
	if err != nil {
		f.t.Fatal(err)
	}
	slices.Sort(out)
	return out
}

// What is counted over thousands without reasons is what is shown for one with them.
func TestSumsEqualViews(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		f := newDesk(t, d)
		if err := f.classify(2); err != nil {
			t.Fatal(err)
		}
		v := f.view()
		var list []requirement.Answer
		for i, status := range requirement.Statuses {
			a := met(v.Requirements[i].ID)
			a.Status, a.Note = status, "skäl"
			list = append(list, a)
		}
		if err := f.give(list...); err != nil {
			t.Fatal(err)
		}
		v = f.view()
		bare, err := f.View(t.Context(), f.actor, f.sys.Slug, nil)
		if err != nil {
			t.Fatal(err)
		}
		if v.Tally != bare.Tally || v.Tally.Total() != len(v.Requirements) {
			t.Errorf("with reasons %+v, without %+v, of %d", v.Tally, bare.Tally, len(v.Requirements))
		}
		if bare.Requirements != nil || bare.Need.Levels[0].Because != nil {
			t.Error("a view without texts has reasons")
		}
		want := requirement.Tally{Met: 1, Partly: 1, NotMet: 1, NotApplicable: 1, DontKnow: 1, Unanswered: len(v.Requirements) - 5}
		if v.Tally != want || v.Tally.Unknown() != want.Unanswered+1 {
			t.Errorf("got %+v, want %+v: nobody knows is always counted", v.Tally, want)
		}
		var shown []string
		for _, r := range v.Requirements {
			shown = append(shown, r.ID)
		}
		slices.Sort(shown)
		if diff := cmp.Diff(shown, f.applying()); diff != "" {
			t.Errorf("what applies and what is shown differ: %s", diff)
		}
	})
}

func TestTallyAdds(t *testing.T) {
	var a, b requirement.Tally
	for _, s := range append(slices.Clone(requirement.Statuses), requirement.Unanswered) {
		a.Count(s)
		b.Count(s)
	}
	a.Add(b)
	if want := (requirement.Tally{2, 2, 2, 2, 2, 2}); a != want || a.Total() != 12 || a.Unknown() != 4 {
		t.Errorf("got %+v", a)
	}
}

func TestCheckAnswer(t *testing.T) {
	c := cataloguetest.Load(t)
	today := day(t, "2026-11-23")
	type answer = requirement.Answer
	for name, tc := range map[string]struct {
		a    answer
		want error
	}{
		"met":                               {answer{known, 1, requirement.Met, requirement.Measured, today, "", "", time.Time{}, nil}, nil},
		"partly":                            {answer{known, 1, requirement.Partly, requirement.Attested, today, "", "", time.Time{}, nil}, nil},
		"not met":                           {answer{known, 1, requirement.NotMet, requirement.SelfAssessed, today, "", "", time.Time{}, nil}, nil},
		"nobody knows":                      {answer{known, 1, requirement.DontKnow, requirement.SelfAssessed, today, "", "", time.Time{}, nil}, nil},
		"not applicable with a reason":      {answer{known, 1, requirement.NotApplicable, requirement.SelfAssessed, today, "skäl", "", time.Time{}, nil}, nil},
		"not applicable without a reason":   {answer{known, 1, requirement.NotApplicable, requirement.SelfAssessed, today, "", "", time.Time{}, nil}, requirement.ErrReason},
		"no answer is not an answer":        {answer{known, 1, requirement.Unanswered, requirement.SelfAssessed, today, "", "", time.Time{}, nil}, requirement.ErrStatus},
		"a status of its own":               {answer{known, 1, "maybe", requirement.SelfAssessed, today, "", "", time.Time{}, nil}, requirement.ErrStatus},
		"nobody says how it is known":       {answer{known, 1, requirement.Met, "", today, "", "", time.Time{}, nil}, requirement.ErrKnownBy},
		"known in a way of its own":         {answer{known, 1, requirement.Met, "felt", today, "", "", time.Time{}, nil}, requirement.ErrKnownBy},
		"known tomorrow":                    {answer{known, 1, requirement.Met, requirement.Measured, today.AddDays(1), "", "", time.Time{}, nil}, requirement.ErrFuture},
		"known long ago":                    {answer{known, 1, requirement.Met, requirement.Measured, today.AddMonths(-60), "", "", time.Time{}, nil}, nil},
		"a requirement that does not exist": {answer{"nowhere", 1, requirement.Met, requirement.Measured, today, "", "", time.Time{}, nil}, requirement.ErrUnknown},
	} {
		t.Run(name, func(t *testing.T) { wants(t, tc.a.Check(c, today), tc.want) })
	}
}

func TestAnswer(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		f := newDesk(t, d)
		for name, tc := range map[string]struct {
			change func(a *requirement.Answer)
			gap    bool
		}{
			"met":            {func(*requirement.Answer) {}, false},
			"partly":         {func(a *requirement.Answer) { a.Status = requirement.Partly }, true},
			"not met":        {func(a *requirement.Answer) { a.Status = requirement.NotMet }, true},
			"not applicable": {func(a *requirement.Answer) { a.Status, a.Note = requirement.NotApplicable, "skäl" }, false},
			"nobody knows":   {func(a *requirement.Answer) { a.Status = requirement.DontKnow }, true},
			"measured": {func(a *requirement.Answer) {
				a.KnownBy, a.KnownOn, a.Note = requirement.Measured, day(t, "2026-01-02"), "Mätt"
			}, false},
		} {
			t.Run(name, func(t *testing.T) {
				want := met(known)
				tc.change(&want)
				if err := f.give(want); err != nil {
					t.Fatal(err)
				}
				got := findRequirement(f.view().Requirements, known)
				if want.KnownOn.IsZero() {
					want.KnownOn = day(t, "2026-11-23")
				}
				want.Version, want.By, want.At = got.Version, "local", f.now
				if diff := cmp.Diff(want, got.Answer); diff != "" {
					t.Error(diff)
				}
				if got.Gap() != tc.gap || got.Outdated {
					t.Errorf("gap %v, outdated %v", got.Gap(), got.Outdated)
				}
			})
		}
		if n := f.count(`SELECT COUNT(*) FROM requirement_answer`); n != 6 {
			t.Errorf("%d answers are kept, want all 6 as history", n)
		}
		if n := f.count(`SELECT COUNT(*) FROM requirement_answer WHERE superseded_at IS NULL`); n != 1 {
			t.Errorf("%d answers are current, want 1", n)
		}
		if n := f.count(`SELECT COUNT(*) FROM audit_entry WHERE action = 'requirement.Answer'`); n != 6 {
			t.Errorf("%d answers are logged, want 6", n)
		}
	})
}

func (f *desk) count(query string) (n int) {
	f.t.Helper()
	err := f.DB.Read(f.t.Context(), db.Installation, func(tx *db.Tx) error { return db.One(tx.QueryRow(f.t.Context(), query), &n) })
	if err != nil {
		f.t.Fatal(err)
	}
	return n
}

// Several answers are one change: when one is refused, none is stored.
func TestAnswerAllOrNothing(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		f := newDesk(t, d)
		err := f.give(met(known), met("nowhere"))
		wants(t, err, requirement.ErrUnknown)
		if err == nil || !strings.Contains(err.Error(), "nowhere") {
			t.Errorf("%v does not tell which one", err)
		}
		reader := f.actor
		reader.Roles = []access.Role{access.Executive}
		wants(t, f.Answer(t.Context(), reader, f.sys.Slug, []requirement.Answer{met(known)}), access.ErrDenied)
		wants(t, f.Answer(t.Context(), dbtest.Organisation(t, d, "soderby"), f.sys.ID.String(), []requirement.Answer{met(known)}), db.ErrNotFound)
		if n := f.count(`SELECT COUNT(*) FROM requirement_answer`); n != 0 {
			t.Errorf("%d answers were stored", n)
		}
		if n := f.count(`SELECT COUNT(*) FROM audit_entry WHERE action = 'requirement.Answer'`); n != 0 {
			t.Errorf("%d answers were logged", n)
		}
	})
}

// An answer to an earlier text is shown as that.
func TestOutdatedAnswer(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		f := newDesk(t, d)
		if err := f.give(met(known)); err != nil {
			t.Fatal(err)
		}
		err := d.Write(t.Context(), db.Installation, func(tx *db.Tx) error {
			_, err := tx.Exec(t.Context(), `UPDATE requirement_answer SET requirement_version = requirement_version - 1`)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if r := findRequirement(f.view().Requirements, known); !r.Outdated || r.Answer.Status != requirement.Met {
			t.Errorf("got outdated %v, %s", r.Outdated, r.Answer.Status)
		}
	})
}

// figure finds a requirement that applies to the desk's system and has a figure of its own in its text.
func (f *desk) figure() (*requirement.Applied, catalogue.Setting) {
	f.t.Helper()
	if err := f.classify(3); err != nil {
		f.t.Fatal(err)
	}
	v := f.view()
	for i := range v.Requirements {
		r := &v.Requirements[i]
		for _, s := range r.Settings {
			if strings.Contains(r.Requirement.Is.SV, "{"+s.Key+"}") && s.Min < s.Value {
				return r, s
			}
		}
	}
	f.t.Fatal("no requirement has a figure")
	return nil, catalogue.Setting{}
}

func TestSetFigure(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		f := newDesk(t, d)
		r, s := f.figure()
		set := func(actor access.Actor, id, key string, value int) error {
			return f.SetFigure(t.Context(), actor, f.settings, id, key, value)
		}
		shown := func() string { return findRequirement(f.view().Requirements, r.ID).Is(catalogue.SV) }
		if text := shown(); strings.Contains(text, "{") || !strings.Contains(text, strconv.Itoa(s.Value)) {
			t.Errorf("the catalogue's own figure is not in %q", text)
		}
		owner := f.actor
		owner.Roles = []access.Role{access.SystemOwner}
		for name, tc := range map[string]struct {
			actor   access.Actor
			id, key string
			value   int
			want    error
		}{
			"below the least":        {f.actor, r.ID, s.Key, s.Min - 1, requirement.ErrFigure},
			"above the most":         {f.actor, r.ID, s.Key, s.Max + 1, requirement.ErrFigure},
			"no such figure":         {f.actor, r.ID, "colour", s.Min, requirement.ErrUnknown},
			"no such requirement":    {f.actor, "nowhere", s.Key, s.Min, requirement.ErrUnknown},
			"may not":                {owner, r.ID, s.Key, s.Min, access.ErrDenied},
			"the most":               {f.actor, r.ID, s.Key, s.Max, nil},
			"the least":              {f.actor, r.ID, s.Key, s.Min, nil},
			"another organisation's": {dbtest.Organisation(t, d, "soderby"), r.ID, s.Key, s.Max, nil},
		} {
			t.Run(name, func(t *testing.T) { wants(t, set(tc.actor, tc.id, tc.key, tc.value), tc.want) })
		}
		if err := set(f.actor, r.ID, s.Key, s.Min); err != nil {
			t.Fatal(err)
		}
		if want, got := catalogue.Fill(r.Requirement.Is.SV, r.Settings, map[string]int{s.Key: s.Min}), shown(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		// A figure that a later catalogue no longer allows gives way to the catalogue's own.
		for _, value := range []string{strconv.Itoa(s.Max + 1), "many", ""} {
			if err := f.settings.Set(t.Context(), f.actor, "requirement."+r.ID+"."+s.Key, value); err != nil {
				t.Fatal(err)
			}
			if want, got := catalogue.Fill(r.Requirement.Is.SV, r.Settings, nil), shown(); got != want {
				t.Errorf("%q: got %q, want %q", value, got, want)
			}
		}
	})
}

func TestConstantNumberOfStatements(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		f := newDesk(t, d)
		if err := f.classify(2); err != nil {
			t.Fatal(err)
		}
		if err := f.give(met(known)); err != nil {
			t.Fatal(err)
		}
		statements := func(systems []system.System) int64 {
			before := d.Statements()
			err := d.Read(t.Context(), f.actor.Organisation, func(tx *db.Tx) error {
				views, err := f.Views(t.Context(), tx, access.Reach{}, systems, nil)
				if len(views) != len(systems) {
					t.Errorf("%d views of %d systems", len(views), len(systems))
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			return d.Statements() - before
		}
		many := make([]system.System, 1000)
		for i := range many {
			many[i] = system.New(fmt.Sprint("System ", i))
		}
		one, all := statements([]system.System{f.sys}), statements(append(many, f.sys))
		if one != all {
			t.Errorf("one system takes %d statements, %d systems take %d", one, len(many)+1, all)
		}
	})
}

func TestRemove(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		f := newDesk(t, d)
		if err := f.give(met(known)); err != nil {
			t.Fatal(err)
		}
		for _, tc := range []struct {
			org  access.OrganisationID
			left int
		}{{dbtest.Organisation(t, d, "soderby").Organisation, 1}, {f.actor.Organisation, 0}} {
			err := d.Write(t.Context(), db.Installation, func(tx *db.Tx) error {
				return requirement.Remove(t.Context(), tx, tc.org, []ids.ID[system.System]{f.sys.ID})
			})
			if n := f.count(`SELECT COUNT(*) FROM requirement_answer`); err != nil || n != tc.left {
				t.Errorf("%d answers are left (%v), want %d", n, err, tc.left)
			}
		}
	})
}

// The log tells what was answered, never the note, which may say anything.
func TestAnswerIsLoggedWithoutItsNote(t *testing.T) {
	f := newDesk(t, dbtest.SQLite(t))
	a := met(known)
	a.Note = "Anna Andersson sköter det"
	if err := f.give(a); err != nil {
		t.Fatal(err)
	}
	err := f.DB.Read(t.Context(), db.Installation, func(tx *db.Tx) error {
		log, err := audit.History(t.Context(), tx, f.actor.Organisation, "system", f.sys.ID.String(), 1)
		if len(log) != 1 || strings.Contains(log[0].Record, "Anna") || !strings.Contains(log[0].Record, known) {
			t.Errorf("the log says %+v", log)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// What is known to point at protective security is told, as a question to settle.
func TestSuspected(t *testing.T) {
	d := dbtest.SQLite(t)
	f := newDesk(t, d)
	if f.view().Need.Suspected {
		t.Error("an ordinary system is suspected")
	}
	err := f.classifications.SetInformation(t.Context(), f.actor, f.sys.Slug, []classification.Chosen{{TypeID: "sakerhetsskydd-hanvisning"}})
	if err != nil {
		t.Fatal(err)
	}
	if !f.view().Need.Suspected {
		t.Error("information that may be under protective security raises no question")
	}
}
