// SPDX-License-Identifier: EUPL-1.2

package action_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/action"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/catalogue/cataloguetest"
	"github.com/insegel/insegel/internal/classification"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/job"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/requirement"
	"github.com/insegel/insegel/internal/system"
)

// Requirements of the desk's system: one that holds whatever the level, and one from the serious level.
const (
	always  = "inloggning-socialtjanst-alla-system"
	serious = "inloggning-personal-oavsett-nat"
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

// desk is the slice with an organisation that has one system for social services.
type desk struct {
	*action.Service
	t               *testing.T
	actor           access.Actor
	sys             system.System
	queue           *job.Queue
	classifications *classification.Service
}

func newDesk(t *testing.T, d *db.DB) *desk {
	t.Helper()
	f := &desk{t: t}
	var err error
	if f.queue, err = job.New(d, slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	c := cataloguetest.Load(t)
	f.Service = &action.Service{DB: d, Requirements: &requirement.Service{DB: d, Engine: requirement.NewEngine(c)}}
	f.classifications = &classification.Service{DB: d, Catalogue: c, Jobs: f.queue}
	f.actor = dbtest.Organisation(t, d, "norrsjo")
	sys := system.New("Ekonomiskt bistånd")
	sys.Facts = []catalogue.Statement{{Fact: "area", Value: "socialtjanst"}}
	if f.sys, err = (&system.Service{DB: d}).Create(t.Context(), f.actor, sys); err != nil {
		t.Fatal(err)
	}
	return f
}

// decide classifies every obligatory aspect at one level and decides it.
func (f *desk) decide(level int) {
	f.t.Helper()
	var failed error
	for _, a := range []catalogue.Aspect{catalogue.Confidentiality, catalogue.Integrity, catalogue.Availability} {
		for _, p := range []string{"individual", "organisation"} {
			failed = errors.Join(failed, f.classifications.Answer(f.t.Context(), f.actor, f.sys.Slug,
				classification.Answer{Aspect: a, Perspective: p, Level: level, Motivation: "x"}))
		}
	}
	failed = errors.Join(failed, f.classifications.Decide(f.t.Context(), f.actor, f.sys.Slug, "Socialchef"))
	if failed != nil {
		f.t.Fatal(failed)
	}
}

func (f *desk) save(a action.Action) error { return f.Save(f.t.Context(), f.actor, f.sys.Slug, a) }

// row reads one row of the plan; nil when the plan does not have it.
func (f *desk) row(id string) *action.Row {
	f.t.Helper()
	_, rows, err := f.Plan(f.t.Context(), f.actor, f.sys.Slug, texts(f.t))
	if err != nil {
		f.t.Fatal(err)
	}
	i := slices.IndexFunc(rows, func(r action.Row) bool { return r.Requirement.ID == id })
	if i < 0 {
		return nil
	}
	return &rows[i]
}

// startJobs lets what is added to the queue be done until the test ends.
func (f *desk) startJobs() {
	f.t.Helper()
	action.Register(f.queue, f.Service)
	if err := f.queue.Start(context.WithoutCancel(f.t.Context())); err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(func() {
		if err := f.queue.Stop(context.Background()); err != nil {
			f.t.Error(err)
		}
	})
}

// awaitObsolete waits until some action is obsolete.
func (f *desk) awaitObsolete() {
	f.t.Helper()
	for limit := time.Now().Add(time.Minute); len(f.obsolete()) == 0; {
		if time.Now().After(limit) { // only ends a test that would never end
			f.t.Fatal("the job has not come")
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// obsolete lists the requirements whose actions are obsolete.
func (f *desk) obsolete() []string {
	f.t.Helper()
	var out []string
	err := f.DB.Read(f.t.Context(), db.Installation, func(tx *db.Tx) (err error) {
		out, err = db.All(f.t.Context(), tx, func(scan func(...any) error) (string, error) {
			var s string
			err := scan(&s)
			return s, err
		}, `SELECT requirement_id FROM action WHERE obsolete_at IS NOT NULL ORDER BY requirement_id`)
		return err
	})
	if err != nil {
		f.t.Fatal(err)
	}
	return out
}

func TestSave(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		f := newDesk(t, d)
		first := action.Action{Requirement: always, OwnerRole: "it-drift", DueOn: day(t, "2027-01-31"), Status: action.Planned, Note: "Beställ"}
		if err := f.save(first); err != nil {
			t.Fatal(err)
		}
		got := f.row(always)
		if got == nil || got.Action == nil {
			t.Fatalf("got %+v", got)
		}
		want := first
		want.ID, want.System, want.Version, want.Updated = got.Action.ID, f.sys.ID, 1, got.Action.Updated
		if diff := cmp.Diff(want, *got.Action); diff != "" {
			t.Error(diff)
		}
		wants(t, f.save(first), db.ErrConflict) // as new, over one that is there
		change := *got.Action
		change.Status, change.DueOn = action.Ongoing, day(t, "2027-02-28")
		if err := f.save(change); err != nil {
			t.Fatalf("an action that was read cannot be changed: %v", err)
		}
		wants(t, f.save(change), db.ErrConflict) // the version that was read is no longer there
		if got := f.row(always).Action; got.Status != action.Ongoing || got.Version != 2 || got.DueOn != change.DueOn {
			t.Errorf("got %+v", got)
		}
		err := d.Read(t.Context(), db.Installation, func(tx *db.Tx) error {
			log, err := audit.History(t.Context(), tx, f.actor.Organisation, "system", f.sys.ID.String(), 10)
			saved := slices.DeleteFunc(log, func(l audit.Logged) bool { return l.Action != "action.Save" })
			if len(saved) != 2 {
				t.Errorf("%d changes are logged, want the two that went through", len(saved))
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

func TestSaveRefuses(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		f := newDesk(t, d)
		f.decide(1)
		reader := f.actor
		reader.Roles = []access.Role{access.Auditor}
		other := dbtest.Organisation(t, d, "soderby")
		for name, tc := range map[string]struct {
			actor access.Actor
			a     action.Action
			want  error
		}{
			"no such requirement":               {f.actor, action.Action{Requirement: "nowhere", Status: action.New}, requirement.ErrUnknown},
			"a requirement that does not apply": {f.actor, action.Action{Requirement: serious, Status: action.New}, action.ErrRequirement},
			"planned by nobody":                 {f.actor, action.Action{Requirement: always, Status: action.Planned}, action.ErrOwner},
			"may not":                           {reader, action.Action{Requirement: always, Status: action.New}, access.ErrDenied},
			"another organisation's system":     {other, action.Action{Requirement: always, Status: action.New}, db.ErrNotFound},
		} {
			t.Run(name, func(t *testing.T) {
				wants(t, f.Save(t.Context(), tc.actor, f.sys.ID.String(), tc.a), tc.want)
			})
		}
		if got := f.row(always); got == nil || got.Action != nil {
			t.Errorf("something was stored: %+v", got)
		}
	})
}

// A new classification makes actions obsolete in the background, and a requirement that comes back finds its action again.
func TestObsoleteThroughTheJob(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		f := newDesk(t, d)
		f.decide(3)
		for _, id := range []string{always, serious} {
			if err := f.save(action.Action{Requirement: id, Status: action.New}); err != nil {
				t.Fatal(err)
			}
		}
		f.startJobs()
		f.decide(1)
		f.awaitObsolete()
		if diff := cmp.Diff([]string{serious}, f.obsolete()); diff != "" {
			t.Error(diff)
		}
		if f.row(serious) != nil || f.row(always).Action == nil {
			t.Error("the plan has the wrong rows")
		}
		f.decide(3)
		if r := f.row(serious); r == nil || r.Action != nil {
			t.Errorf("the obsolete action is in the plan: %+v", r)
		}
		if err := f.save(action.Action{Requirement: serious, Status: action.New}); err != nil {
			t.Fatalf("the requirement cannot be taken on again: %v", err)
		}
		if r := f.row(serious); r == nil || r.Action == nil || len(f.obsolete()) != 0 {
			t.Errorf("got %+v", r)
		}
	})
}

// What an import has changed is told of many systems at once, and each of them has its actions reviewed.
func TestObsoleteThroughTheJobForMany(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		f := newDesk(t, d)
		f.decide(3)
		if err := f.save(action.Action{Requirement: serious, Status: action.New}); err != nil {
			t.Fatal(err)
		}
		f.decide(1)
		gone := ids.New[system.System]() // removed since the job was added
		err := d.Write(t.Context(), f.actor.Organisation, func(tx *db.Tx) error {
			if _, err := tx.Exec(t.Context(), `DELETE FROM river_job`); err != nil { // what the decision itself has asked for
				return err
			}
			return classification.TellChanged(t.Context(), tx, f.queue, []ids.ID[system.System]{gone, f.sys.ID})
		})
		if err != nil {
			t.Fatal(err)
		}
		f.startJobs()
		f.awaitObsolete()
		if diff := cmp.Diff([]string{serious}, f.obsolete()); diff != "" {
			t.Error(diff)
		}
	})
}

// A dependency that is taken away takes the inherited need with it, and the action that was made because of it is marked at once.
func TestObsoleteWhenNoLongerNeeded(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		f := newDesk(t, d)
		systems := &system.Service{DB: d, Jobs: f.queue}
		needed := system.New("Databasen")
		needed.Facts = f.sys.Facts
		var err error
		if needed, err = systems.Create(t.Context(), f.actor, needed); err != nil {
			t.Fatal(err)
		}
		f.decide(3)
		if err := systems.AddDependency(t.Context(), f.actor, f.sys.Slug, system.Needing{System: needed.Name, Carries: "information"}); err != nil {
			t.Fatal(err)
		}
		if err := f.Save(t.Context(), f.actor, needed.Slug, action.Action{Requirement: serious, Status: action.New}); err != nil {
			t.Fatalf("the need is not inherited: %v", err)
		}
		action.Register(f.queue, f.Service)
		if err := f.queue.Start(context.WithoutCancel(t.Context())); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := f.queue.Stop(context.Background()); err != nil {
				t.Error(err)
			}
		})
		var list []system.Dependency
		if err := d.Read(t.Context(), f.actor.Organisation, func(tx *db.Tx) (err error) {
			list, err = system.Dependencies(t.Context(), tx, f.actor.Organisation)
			return err
		}); err != nil || len(list) != 1 {
			t.Fatalf("%d dependencies: %v", len(list), err)
		}
		if err := systems.RemoveDependency(t.Context(), f.actor, f.sys.Slug, list[0].ID); err != nil {
			t.Fatal(err)
		}
		for limit := time.Now().Add(time.Minute); len(f.obsolete()) == 0; {
			if time.Now().After(limit) { // only ends a test that would never end
				t.Fatal("the job has not come")
			}
			time.Sleep(50 * time.Millisecond)
		}
		if diff := cmp.Diff([]string{serious}, f.obsolete()); diff != "" {
			t.Error(diff)
		}
	})
}

func TestReview(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		f := newDesk(t, d)
		if err := f.save(action.Action{Requirement: always, Status: action.New}); err != nil {
			t.Fatal(err)
		}
		program := access.SystemActor(f.actor.Organisation)
		wants(t, f.Review(t.Context(), f.actor, f.sys.ID, action.Classified), access.ErrDenied)
		wants(t, f.Review(t.Context(), program, ids.New[system.System](), action.Classified), nil) // a system that was removed meanwhile
		if err := f.Review(t.Context(), program, f.sys.ID, action.Classified); err != nil {
			t.Fatal(err)
		}
		if got := f.obsolete(); got != nil {
			t.Errorf("%q became obsolete without a reason", got)
		}
		wants(t, f.classifications.Answer(t.Context(), f.actor, f.sys.Slug,
			classification.Answer{Aspect: catalogue.Integrity, Level: 4}), classification.ErrStopped)
		if err := f.Review(t.Context(), program, f.sys.ID, action.Classified); err != nil {
			t.Fatal(err)
		}
		if got := f.obsolete(); len(got) != 1 {
			t.Errorf("after a stop %q is obsolete", got)
		}
	})
}

func TestList(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		now := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC) // a Monday
		f := newDesk(t, d)
		d.Now = func() time.Time { return now }
		f.decide(3)
		_, rows, err := f.Plan(t.Context(), f.actor, f.sys.Slug, texts(t))
		if err != nil {
			t.Fatal(err)
		}
		for i, a := range []action.Action{
			{Status: action.New},
			{Status: action.Planned, OwnerRole: "it-drift", DueOn: day(t, "2026-11-22")},
			{Status: action.Planned, OwnerRole: "it-drift", DueOn: day(t, "2026-11-29")},
			{Status: action.Ongoing, OwnerRole: "chef", DueOn: day(t, "2026-11-30")},
			{Status: action.Done, OwnerRole: "chef", DueOn: day(t, "2026-11-01")},
		} {
			a.Requirement = rows[i].Requirement.ID
			if err := f.save(a); err != nil {
				t.Fatal(err)
			}
		}
		for name, tc := range map[string]struct {
			f    action.Filter
			want []action.Group
		}{
			"all, in time":     {action.Filter{}, []action.Group{action.Late, action.Week, action.Later, action.Undated, action.Closed}},
			"late":             {action.Filter{Group: action.Late}, []action.Group{action.Late}},
			"by role":          {action.Filter{Owner: "it-drift"}, []action.Group{action.Late, action.Week}},
			"by nobody":        {action.Filter{Owner: action.Nobody}, []action.Group{action.Undated}},
			"by status":        {action.Filter{Status: action.Done}, []action.Group{action.Closed}},
			"of another unit":  {action.Filter{Unit: "none"}, nil},
			"a page too far":   {action.Filter{Page: 99, Group: action.Week}, []action.Group{action.Week}},
			"role and group":   {action.Filter{Owner: "chef", Group: action.Late}, nil},
			"what is not done": {action.Filter{Status: action.Ongoing}, []action.Group{action.Later}},
		} {
			t.Run(name, func(t *testing.T) {
				got, err := f.List(t.Context(), f.actor, tc.f)
				if err != nil {
					t.Fatal(err)
				}
				var groups []action.Group
				for i := range got.Rows {
					groups = append(groups, got.Rows[i].Group(got.Today))
				}
				if diff := cmp.Diff(tc.want, groups); diff != "" || got.Total != len(tc.want) {
					t.Errorf("of %d: %s", got.Total, diff)
				}
			})
		}
		got, err := f.List(t.Context(), f.actor, action.Filter{})
		if err != nil || len(got.Systems) != 1 || got.Systems[0].Taken != 4 {
			t.Fatalf("got %d systems (%v)", len(got.Systems), err)
		}
		if n := got.Systems[0].NotMet + got.Systems[0].Unknown; n != len(rows)-5 {
			t.Errorf("nobody has taken on %d, want %d", n, len(rows)-5)
		}
		theirs, err := f.List(t.Context(), dbtest.Organisation(t, d, "soderby"), action.Filter{})
		if err != nil || theirs.Total != 0 || theirs.SystemTotal != 0 || theirs.Owners != nil {
			t.Errorf("another organisation sees %+v (%v)", theirs, err)
		}
	})
}

func TestRemove(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		f := newDesk(t, d)
		if err := f.save(action.Action{Requirement: always, Status: action.New}); err != nil {
			t.Fatal(err)
		}
		for _, tc := range []struct {
			org  access.OrganisationID
			left bool
		}{{dbtest.Organisation(t, d, "soderby").Organisation, true}, {f.actor.Organisation, false}} {
			err := d.Write(t.Context(), db.Installation, func(tx *db.Tx) error {
				return action.Remove(t.Context(), tx, tc.org, []ids.ID[system.System]{f.sys.ID})
			})
			if err != nil || (f.row(always).Action != nil) != tc.left {
				t.Errorf("left is %v (%v), want %v", !tc.left, err, tc.left)
			}
		}
	})
}
