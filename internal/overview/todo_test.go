// SPDX-License-Identifier: EUPL-1.2

package overview

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/insegel/insegel/data"
	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/action"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/incident"
	"github.com/insegel/insegel/internal/organisation"
)

func TestTasksOf(t *testing.T) {
	day := day0()
	may := func(string, access.UnitID) bool { return true }
	for name, c := range map[string]struct {
		sum  Sum
		want []TaskKind
	}{
		"nothing":      {Sum{Standing: Classified, OwnerRole: "Chef", ValidUntil: day.AddDays(300)}, nil},
		"ends soon":    {Sum{Standing: Classified, OwnerRole: "Chef", ValidUntil: day.AddDays(30)}, []TaskKind{TaskRenew}},
		"has ended":    {Sum{Standing: Expired, OwnerRole: "Chef", ValidUntil: day.AddDays(-1)}, []TaskKind{TaskRenew}},
		"draft":        {Sum{Standing: Draft, OwnerRole: "Chef"}, []TaskKind{TaskDecide}},
		"suggested":    {Sum{Standing: Suggested, OwnerRole: "Chef"}, []TaskKind{TaskClassify}},
		"shortcomings": {Sum{Standing: Unclassified, Unowned: 3}, []TaskKind{TaskClassify, TaskOwn, TaskOwner}},
		"owner left":   {Sum{Standing: Classified, ValidUntil: day.AddDays(300), Owner: "Kim", OwnerLeft: true}, []TaskKind{TaskOwner}},
		"stopped":      {Sum{Standing: Stopped, Unowned: 3}, nil},
	} {
		var got []TaskKind
		for _, task := range tasksOf(&c.sum, day, may) {
			got = append(got, task.Kind)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
	if got := tasksOf(&Sum{Standing: Draft, Unowned: 1}, day, func(action string, _ access.UnitID) bool { return action == "action.Save" }); len(got) != 1 || got[0].Kind != TaskOwn {
		t.Errorf("somebody who may only plan actions is asked for %v", got)
	}
}

func TestTaskGroup(t *testing.T) {
	day := day0()
	for want, task := range map[TaskGroup]Task{
		TasksLate: {Due: day.AddDays(-1)}, TasksWeek: {Due: day}, TasksLater: {Due: day.AddDays(7)}, TasksPutOff: {Due: day.AddDays(-9), Until: day.AddDays(1)},
	} {
		if got := task.Group(day); got != want {
			t.Errorf("%+v is %s, want %s", task, got, want)
		}
	}
	if back := (&Task{Due: day.AddDays(-9), Until: day}).Group(day); back != TasksLate {
		t.Errorf("on its day a task that was put off is %s", back)
	}
}

// TestTodo gives a person a system and an action, and puts one of them off.
func TestTodo(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := start(t, d)
		w.NoRedirects()
		systems := seed(t, d, w.s, w.actor, 12)
		me, other := w.actor, w.actor
		me.ID, other.ID = "acc-1", "acc-2"
		w.actors["me"], w.actors["other"] = me, other
		must(t, d.Write(ctx, me.Organisation, func(tx *db.Tx) error {
			for _, q := range []string{
				`INSERT INTO account (id, organisation_id, created_at) VALUES ('acc-1', $1, 0)`,
				`INSERT INTO person (id, organisation_id, account_id, name, folded, origin, created_at, updated_at) VALUES ('kim', $1, 'acc-1', 'Kim', 'kim', 'csv', 0, 0)`,
			} {
				if _, err := tx.Exec(ctx, q, me.Organisation); err != nil {
					return err
				}
			}
			return organisation.SetResponsible(ctx, tx, me, organisation.Responsibility{
				ObjectKind: organisation.ObjectSystem, ObjectID: systems[0].ID.String(), Kind: organisation.Owner, Person: "kim",
			})
		}))
		plan := &action.Service{DB: d, Requirements: w.s.requirements}
		must(t, plan.Save(ctx, me, systems[3].Slug, action.Action{
			Requirement: applying(t, w, systems[3].Slug)[0], Status: action.Planned, Person: "kim", DueOn: day0().AddDays(-2),
		}))
		mine, err := w.s.Todo(ctx, me, TodoMine)
		must(t, err)
		if len(mine.Tasks) == 0 || mine.Tasks[0].Kind != TaskAction || mine.Tasks[0].Group(mine.Today) != TasksLate {
			t.Fatalf("the late action is not first: %+v", mine.Tasks)
		}
		for _, task := range mine.Tasks[1:] {
			if task.Slug != systems[0].Slug {
				t.Errorf("a task of somebody else's system is mine: %+v", task)
			}
		}
		unit, err := w.s.Todo(ctx, me, TodoUnit)
		must(t, err)
		if slices.ContainsFunc(unit.Tasks, func(x Task) bool { return x.Slug == systems[0].Slug }) || unit.Counts[TodoUnit] != len(unit.Tasks)+unit.Left {
			t.Errorf("my own system stands among the others, or the counts differ: %v", unit.Counts)
		}

		w.become("me")
		page := w.open(t, TodoPath)
		form := "section form"
		if got := w.Submit(page, form, url.Values{"till": {day0().AddDays(7).String()}}); got.Status != http.StatusSeeOther {
			t.Fatalf("%d %s", got.Status, got.Text("main"))
		}
		after, err := w.s.Todo(ctx, me, TodoMine)
		must(t, err)
		if after.Counts[TodoMine] != mine.Counts[TodoMine]-1 || after.Tasks[0].Group(after.Today) != TasksPutOff {
			t.Errorf("the action was not put off: %v, %+v", after.Counts, after.Tasks[0])
		}
		for key, until := range map[string]civil.Date{"classify:x": day0(), "action:x": day0().AddDays(longestSnooze + 1)} {
			if err := w.s.Snooze(ctx, me, key, until); !errors.Is(err, ErrSnooze) {
				t.Errorf("%s could be put off to %s: %v", key, until, err)
			}
		}
		if err := w.s.Snooze(ctx, me, "nothing", day0().AddDays(1)); !errors.Is(err, ErrTask) {
			t.Errorf("what is no task was put off: %v", err)
		}
		if err := w.s.Snooze(ctx, other, mine.Tasks[0].Key, day0().AddDays(1)); !errors.Is(err, ErrTask) {
			t.Errorf("somebody else's task was put off: %v", err)
		}
		must(t, w.s.Snooze(ctx, me, mine.Tasks[0].Key, civil.Date{}))
		back, err := w.s.Todo(ctx, me, TodoMine)
		must(t, err)
		if back.Counts[TodoMine] != mine.Counts[TodoMine] {
			t.Error("the action did not come back")
		}
		theirs, err := w.s.Todo(ctx, other, TodoMine)
		must(t, err)
		if len(theirs.Tasks) > 0 {
			t.Errorf("somebody else has my tasks: %+v", theirs.Tasks)
		}
	})
}

// TestTodoTellsOfClocks sees the moment that the law has set for an incident, and an impact assessment that waits, among what there is to do.
func TestTodoTellsOfClocks(t *testing.T) {
	d := dbtest.SQLite(t)
	w := start(t, d)
	systems := seed(t, d, w.s, w.actor, 3)
	rules, err := incident.Load(data.Files, w.s.catalogue())
	must(t, err)
	w.s.Incidents = &incident.Service{DB: d, Requirements: w.s.requirements, Rules: rules}
	x, err := w.s.Incidents.Report(ctx, w.actor, incident.New{Title: "Fel mottagare", Happened: "x", Systems: []string{systems[0].ID.String()}})
	must(t, err)
	must(t, w.s.Incidents.Save(ctx, w.actor, x.ID.String(), x.Version, func(x *incident.Incident) {
		x.AwareAt, x.Risk = x.FoundAt, incident.RiskLikely
		x.Answers["breach"] = incident.Yes
	}))
	must(t, d.Write(ctx, w.actor.Organisation, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO dpia (id, organisation_id, system_id, state, review_on, created_at, updated_at) VALUES ('a', $1, $2, 'decided', $3, 0, 0),
			('b', $1, $4, 'decided', '2099-01-01', 0, 0)`, w.actor.Organisation, systems[1].ID, day0().AddDays(20), systems[2].ID)
		return err
	}))
	todo, err := w.s.Todo(ctx, w.actor, TodoMine)
	must(t, err)
	kinds := map[TaskKind]int{}
	for _, task := range todo.Tasks {
		kinds[task.Kind]++
		if task.Kind == TaskIncident && (task.By.IsZero() || task.Duty.SV == "" || task.Path != "/incidenter/1") {
			t.Errorf("the incident has no clock: %+v", task)
		}
	}
	if kinds[TaskIncident] != 1 || kinds[TaskReview] != 1 {
		t.Errorf("what there is to do: %v", kinds)
	}
	if got := w.open(t, TodoPath).Text("main"); !strings.Contains(got, "Fel mottagare") || !strings.Contains(got, "Ompröva konsekvensbedömningen") {
		t.Errorf("the page: %s", got)
	}
}

// What has a day further ahead stands in the order of days, and the rest where it stood.
func TestByDay(t *testing.T) {
	day := day0()
	list := []Task{{Key: "later", Due: day.AddDays(40)}, {Key: "undated"}, {Key: "soon", Due: day.AddDays(3)}, {Key: "first", Due: day.AddDays(8)}, {Key: "between", Due: day.AddDays(20)}}
	byDay(list, day)
	var got []string
	for i := range list {
		got = append(got, list[i].Key)
	}
	if want := []string{"first", "undated", "soon", "between", "later"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
