// SPDX-License-Identifier: EUPL-1.2

package overview

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/insegel/insegel/internal/action"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/evidence"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/probe/verdict"
	"github.com/insegel/insegel/internal/system"
)

// taskOf is the task of a kind about a system, when the list has one.
func (w *world) taskOf(t *testing.T, kind TaskKind, sys *system.System) (Task, bool) {
	t.Helper()
	todo, err := w.s.Todo(ctx, w.actor, TodoUnit)
	must(t, err)
	i := slices.IndexFunc(todo.Tasks, func(x Task) bool { return x.Kind == kind && x.Slug == sys.Slug })
	if i < 0 {
		return Task{}, false
	}
	return todo.Tasks[i], true
}

// TestReviewsAreRemindedOf has a role model, a review of accounts and one of the log in systems of their own, on both engines: each is a task
// from its day on, before it ends, with the day that it ends; and is none once it has been made anew.
func TestReviewsAreRemindedOf(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := start(t, d)
		s := prover(t, w)
		systems := seed(t, d, w.s, w.actor, 3)
		for i, c := range []struct {
			subject, kind string
			months        int
		}{{evidence.SubjectRoleModel, "EV_DOC", 0}, {evidence.SubjectAccessReview, "EV_REVIEW", 0}, {evidence.SubjectLogReview, "EV_REVIEW", 1}} {
			d.Now = func() time.Time { return clock }
			sys := &systems[i]
			n := evidence.New{
				System: sys.ID, Kind: c.kind, Source: evidence.Attested, Subject: c.subject, Outcome: evidence.For, Detail: evidence.Detail{Months: c.months},
			}
			r, err := s.Record(ctx, w.actor, n)
			must(t, err)
			from := s.Life.Renew(&r)
			if !from.Before(r.Expires) || !day0().Before(from) {
				t.Fatalf("%s: is asked for on %s, and ends on %s", c.subject, from, r.Expires)
			}
			for day, want := range map[civil.Date]bool{day0(): false, from.AddDays(-1): false, from: true, r.Expires.AddDays(-1): true, r.Expires: true} {
				d.Now = func() time.Time { return day.Time().Add(9 * time.Hour) }
				task, is := w.taskOf(t, TaskProve, sys)
				if is != want || is && (task.Count != 1 || task.Due != r.Expires) {
					t.Errorf("%s on %s: a task %v, want %v: %+v", c.subject, day, is, want, task)
				}
			}
			d.Now = func() time.Time { return from.Time().Add(9 * time.Hour) }
			_, err = s.Record(ctx, w.actor, n)
			must(t, err)
			if _, is := w.taskOf(t, TaskProve, sys); is {
				t.Errorf("%s: what has been made anew is still asked for", c.subject)
			}
		}
	})
}

// oneWay gives a system one way in, and its id.
func oneWay(t *testing.T, w *world, sys *system.System) ids.ID[system.LoginPath] {
	t.Helper()
	systems := &system.Service{DB: w.s.db}
	change, err := systems.Edit(ctx, w.actor, sys.ID.String())
	must(t, err)
	change.System.Logins = []system.LoginPath{{Audience: "staff", Address: "https://x.example/", Zone: "internet"}}
	must(t, systems.Update(ctx, w.actor, change.System))
	change, err = systems.Edit(ctx, w.actor, sys.ID.String())
	must(t, err)
	return change.System.Logins[0].ID
}

// TestWorseIsATaskAndBetterWaits measures a way in on both engines. What became worse is a task of the same day. What became better ends no
// action by itself: it does when somebody confirms it.
func TestWorseIsATaskAndBetterWaits(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := start(t, d)
		s := prover(t, w)
		sys := seed(t, d, w.s, w.actor, 2)[0]
		way := oneWay(t, w, &sys)
		record := func(kind string, v verdict.Verdict, factors int, ago time.Duration) {
			t.Helper()
			_, err := s.Record(ctx, w.actor, evidence.New{
				System: sys.ID, Path: way, Kind: kind, Source: evidence.Measured, Subject: evidence.SubjectLogin, Outcome: evidence.Unclear,
				Verdict: v, Factors: factors, Observed: clock.Add(-ago), Detail: evidence.Detail{Because: evidence.Told([]string{"Skäl"}, nil)},
			})
			must(t, err)
		}
		record("EV_AUTHNREQ", verdict.StrongDemanded, 2, 3*time.Hour)
		if _, is := w.taskOf(t, TaskWorse, &sys); is {
			t.Error("the first measurement is a change for the worse")
		}
		record("EV_PWFORM", verdict.PasswordOnly, 1, 2*time.Hour)
		if task, is := w.taskOf(t, TaskWorse, &sys); !is || task.Due != day0() || task.Group(day0()) != TasksWeek {
			t.Errorf("the change for the worse is a task of the same day: %v, %+v", is, task)
		}
		const asked = "inloggning-personal-oavsett-nat"
		must(t, d.Write(ctx, w.actor.Organisation, func(tx *db.Tx) error {
			_, err := tx.Exec(ctx, `INSERT INTO action (id, organisation_id, system_id, requirement_id, owner_role, status, created_at, updated_at)
				VALUES ($1, $2, $3, $4, 'Förvaltaren', 'planned', 1, 1)`, ids.New[action.Action](), w.actor.Organisation, sys.ID, asked)
			return err
		}))
		status := func() (now action.Status) {
			t.Helper()
			must(t, d.Read(ctx, w.actor.Organisation, func(tx *db.Tx) error {
				return db.One(tx.QueryRow(ctx, `SELECT status FROM action WHERE organisation_id = $1 AND system_id = $2 AND requirement_id = $3`, w.actor.Organisation, sys.ID, asked), &now)
			}))
			return now
		}
		record("EV_SIGNIN_LOG", "", 2, time.Hour)
		if _, is := w.taskOf(t, TaskBetter, &sys); !is || status() != action.Planned {
			t.Errorf("before it is confirmed: a task to confirm %v, the action is %s", is, status())
		}
		shown, err := w.s.Evidence(ctx, w.actor, sys.Slug, bundle(t).In("sv"))
		must(t, err)
		i := slices.IndexFunc(shown.Shifts, func(x evidence.Shift) bool { return x.Direction == evidence.Better })
		if i < 0 {
			t.Fatalf("no change for the better among %+v", shown.Shifts)
		}
		closed, err := w.s.Confirm(ctx, w.actor, sys.Slug, shown.Shifts[i].ID)
		must(t, err)
		if closed != 1 || status() != action.Done {
			t.Errorf("%d actions were closed, and it is %s", closed, status())
		}
		if _, is := w.taskOf(t, TaskBetter, &sys); is {
			t.Error("what has been confirmed is still to be confirmed")
		}
	})
}

// TestAWordTakenBackIsATask has somebody say no where the answer was yes, on both engines: it is a task of the same day, in words of its own, until
// somebody takes note of it. Where a measurement says yes, the contradiction is the task, and the only one.
func TestAWordTakenBackIsATask(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := start(t, d)
		s := prover(t, w)
		systems := seed(t, d, w.s, w.actor, 3)
		say := func(sys *system.System, source evidence.Source, kind string, o evidence.Outcome, ago time.Duration) {
			t.Helper()
			_, err := s.Record(ctx, w.actor, evidence.New{
				System: sys.ID, Kind: kind, Source: source, Subject: evidence.SubjectAccessReview, Outcome: o, Observed: clock.Add(-ago),
			})
			must(t, err)
		}
		alone, beside := &systems[0], &systems[1]
		say(alone, evidence.Attested, "EV_REVIEW", evidence.For, 72*time.Hour)
		if _, is := w.taskOf(t, TaskSaid, alone); is {
			t.Error("the first word is a change")
		}
		say(alone, evidence.SelfAssessed, "EV_ATTEST", evidence.Against, time.Hour)
		task, is := w.taskOf(t, TaskSaid, alone)
		if !is || task.Due != day0() || task.Group(day0()) != TasksWeek {
			t.Errorf("no after yes is a task of the same day: %v, %+v", is, task)
		}
		if _, is := w.taskOf(t, TaskWorse, alone); is {
			t.Error("what is said is told as measured")
		}
		shown, err := w.s.Evidence(ctx, w.actor, alone.Slug, bundle(t).In("sv"))
		must(t, err)
		if len(shown.Shifts) != 1 || shown.Shifts[0].Source != evidence.SelfAssessed {
			t.Fatalf("changes %+v", shown.Shifts)
		}
		changed, err := w.s.Change(ctx, w.actor, alone.Slug, shown.Shifts[0].ID, bundle(t).In("sv"))
		must(t, err)
		if changed.Before == nil || changed.Before.Outcome != evidence.For || changed.Now == nil || changed.Now.Outcome != evidence.Against {
			t.Errorf("both sides: %+v, %+v", changed.Before, changed.Now)
		}
		for path, want := range map[string]string{
			changePath(alone.Slug, &shown.Shifts[0]): "ett besked har ändrats", evidence.Path(alone.Slug): "Ett nytt besked är svagare",
		} {
			if body := w.open(t, path).Body; !strings.Contains(body, want) || strings.Contains(body, "/bestrid") {
				t.Errorf("%s does not say %q, or lets a word be disputed as a measurement", path, want)
			}
		}
		must(t, s.Note(ctx, w.actor, shown.Shifts[0].ID))
		if _, is := w.taskOf(t, TaskSaid, alone); is {
			t.Error("what has been taken note of is still a task")
		}

		way := oneWay(t, w, beside)
		login := func(source evidence.Source, kind string, v verdict.Verdict, factors int, ago time.Duration) {
			t.Helper()
			_, err := s.Record(ctx, w.actor, evidence.New{
				System: beside.ID, Path: way, Kind: kind, Source: source, Subject: evidence.SubjectLogin, Outcome: evidence.Unclear, Verdict: v, Factors: factors,
				Observed: clock.Add(-ago), Detail: evidence.Detail{Title: "Intyg", Because: evidence.Told([]string{"Skäl"}, nil)},
			})
			must(t, err)
		}
		login(evidence.Attested, "EV_ATTEST", verdict.StrongDemanded, 2, 72*time.Hour)
		login(evidence.Measured, "EV_SIGNIN_LOG", "", 2, 48*time.Hour)
		login(evidence.SelfAssessed, "EV_ATTEST", verdict.PasswordOnly, 1, time.Hour)
		if _, is := w.taskOf(t, TaskContradicted, beside); !is {
			t.Error("a word against a measurement is no contradiction")
		}
		if _, is := w.taskOf(t, TaskSaid, beside); is {
			t.Error("the contradiction is told twice")
		}
	})
}
