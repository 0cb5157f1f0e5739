// SPDX-License-Identifier: EUPL-1.2

package overview

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/action"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/campaign"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/classification"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/finding"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/organisation"
	"github.com/insegel/insegel/internal/procurement"
	"github.com/insegel/insegel/internal/requirement"
	"github.com/insegel/insegel/internal/supplier"
	"github.com/insegel/insegel/internal/system"
)

// Todo is what somebody has to do.
type Todo struct {
	Scope string
	Tasks []Task
	// Counts says how many tasks each scope has; what is put off is not counted.
	Counts map[string]int
	// All are the tasks of the scope, and Left is how many of them are not among Tasks.
	All  []Task
	Left int
	// Next is when the first of the reader's own classifications ends; zero when none does.
	Next  civil.Date
	Today civil.Date
}

// Todo reads what the actor has to do: their own actions and systems, what waits in the units that they reach, or what they have sent
// to colleagues.
func (s *Service) Todo(ctx context.Context, actor access.Actor, scope string) (Todo, error) {
	if err := access.Check(actor, "overview.Todo"); err != nil {
		return Todo{}, err
	}
	return s.todo(ctx, actor, "overview.Todo", scope)
}

// Chores is Todo for everybody who has such a list: an administrator, who sees nothing of what the others work with, is reminded of the keys
// and secrets that are to be changed.
func (s *Service) Chores(ctx context.Context, actor access.Actor, scope string) (Todo, error) {
	if err := access.Check(actor, "overview.Chores"); err != nil {
		return Todo{}, err
	}
	return s.todo(ctx, actor, "overview.Chores", scope)
}

// todo reads the list for a use case, as far as the actor reaches by it.
func (s *Service) todo(ctx context.Context, actor access.Actor, action, scope string) (Todo, error) {
	out := Todo{Scope: scope, Counts: map[string]int{}}
	err := s.db.Read(ctx, actor.Organisation, func(tx *db.Tx) error {
		out.Today = civil.Of(tx.Now)
		lists, err := s.tasks(ctx, tx, doing{actor, access.ReachOf(actor, action)}, &out)
		if err != nil {
			return err
		}
		put, err := snoozed(ctx, tx, actor)
		if err != nil {
			return err
		}
		for name, list := range lists {
			for i := range list {
				list[i].Until = put[list[i].Key]
				if list[i].Group(out.Today) != TasksPutOff {
					out.Counts[name]++
				}
			}
		}
		list := lists[scope]
		byDay(list, out.Today)
		out.All, out.Tasks, out.Left = list, list[:min(len(list), maxTasks)], max(0, len(list)-maxTasks)
		return nil
	})
	if err != nil {
		return Todo{}, fmt.Errorf("read what is to be done: %w", err)
	}
	return out, nil
}

// doing is somebody with the part of the organisation whose tasks they see.
type doing struct {
	actor access.Actor
	reach access.Reach
}

// tasks reads the lists of every scope, by its name.
func (s *Service) tasks(ctx context.Context, tx *db.Tx, who doing, out *Todo) (map[string][]Task, error) {
	actor := who.actor
	if !access.Allowed(actor, "overview.Todo") {
		few, err := s.fewTasks(ctx, tx, actor)
		return map[string][]Task{TodoMine: few}, err
	}
	all, err := s.index(ctx, tx, actor.Organisation)
	if err != nil {
		return nil, err
	}
	lists := map[string][]Task{}
	mine, answers, err := s.ownTasks(ctx, tx, actor)
	if err != nil {
		return nil, err
	}
	led, err := s.ledTasks(ctx, tx, actor, out.Today)
	if err != nil {
		return nil, err
	}
	lists[TodoMine] = append(mine, led...)
	x := all.within(who.reach)
	for i := range x.Systems {
		sum := &x.Systems[i]
		scope := TodoUnit
		if answers[sum.ID.String()] {
			scope = TodoMine
			if !sum.ValidUntil.IsZero() && (out.Next.IsZero() || sum.ValidUntil.Before(out.Next)) {
				out.Next = sum.ValidUntil
			}
		}
		lists[scope] = append(lists[scope], tasksOf(sum, out.Today, func(action string, unit access.UnitID) bool { return access.AllowedAt(actor, action, unit) })...)
	}
	against, err := s.registerTasks(ctx, tx, actor, out.Today)
	if err != nil {
		return nil, err
	}
	for id, tasks := range against {
		scope := TodoUnit
		if answers[id.String()] {
			scope = TodoMine
		}
		lists[scope] = append(tasks, lists[scope]...) // a register that says too little misleads everything that follows from it
	}
	tell := func(id ids.ID[system.System], t Task) {
		scope := TodoUnit
		if answers[id.String()] {
			scope = TodoMine
		}
		lists[scope] = append(lists[scope], t)
	}
	if err := errors.Join(reaskTasks(ctx, tx, actor, out.Today, tell), sharedTasks(ctx, tx, actor, answers, tell)); err != nil {
		return nil, err
	}
	return lists, s.lastTasks(ctx, tx, actor, out.Today, lists)
}

// reaskTasks tells of the systems whose suppliers are to be asked again, for those who may ask them.
func reaskTasks(ctx context.Context, tx *db.Tx, actor access.Actor, today civil.Date, tell func(id ids.ID[system.System], t Task)) error {
	again, err := procurement.Reasks(ctx, tx, today)
	if err != nil {
		return err
	}
	for i := range again {
		x := &again[i]
		if access.AllowedAt(actor, "procurement.AskSupplier", x.UnitID) {
			tell(x.System, Task{Kind: TaskReask, Key: taskKey(TaskReask, x.System), Slug: x.Slug, Name: x.Name, Unit: x.Unit, Count: x.Count, Due: x.By})
		}
	}
	return nil
}

// sharedWithin is within how many days somebody should have looked at what a supplier has answered otherwise.
const sharedWithin = 14

// sharedTasks tells those who may note it of what suppliers have answered others otherwise: once for each supplier, at a system that the actor answers
// for if there is one.
func sharedTasks(ctx context.Context, tx *db.Tx, actor access.Actor, answers map[string]bool, tell func(id ids.ID[system.System], t Task)) error {
	list, err := procurement.Differences(ctx, tx)
	if err != nil {
		return err
	}
	slices.SortStableFunc(list, func(a, b procurement.OtherAnswer) int {
		switch own := answers[a.System.String()]; {
		case own == answers[b.System.String()]:
			return 0
		case own:
			return -1
		}
		return 1
	})
	told := map[ids.ID[supplier.Supplier]]bool{}
	for i := range list {
		x := &list[i]
		if told[x.Supplier] || !access.AllowedAt(actor, "procurement.SeeShared", x.UnitID) {
			continue
		}
		told[x.Supplier] = true
		tell(x.System, Task{
			Kind: TaskShared, Key: string(TaskShared) + ":" + x.Supplier.String() + x.Since.String(), Slug: x.Slug, Name: x.Name, Unit: x.Unit, Count: x.Count, Due: x.Since.AddDays(sharedWithin),
		})
	}
	return nil
}

// fewTasks are the tasks of who does not see where the organisation is weak.
func (s *Service) fewTasks(ctx context.Context, tx *db.Tx, actor access.Actor) ([]Task, error) {
	keys, err := s.keyTasks(ctx, tx, actor)
	if err != nil {
		return nil, err
	}
	told, err := supplierTasks(ctx, tx, actor)
	return append(told, keys...), err
}

// supplierTasks tell who keeps contracts, and does not see where the organisation is weak, of what suppliers have answered others otherwise: once for
// each supplier, where it can be read without that.
func supplierTasks(ctx context.Context, tx *db.Tx, actor access.Actor) ([]Task, error) {
	if !access.Allowed(actor, "procurement.Differences") {
		return nil, nil
	}
	list, err := procurement.Differences(ctx, tx)
	if err != nil {
		return nil, err
	}
	var out []Task
	told := map[ids.ID[supplier.Supplier]]bool{}
	for i := range list {
		x := &list[i]
		if told[x.Supplier] {
			continue
		}
		told[x.Supplier] = true
		out = append(out, Task{
			Kind: TaskDiffers, Key: string(TaskDiffers) + ":" + x.Supplier.String() + x.Since.String(), Name: x.Deliverer, Count: x.Count, Due: x.Since.AddDays(sharedWithin),
			Path: procurement.DifferencesPath(x.Supplier),
		})
	}
	return out, nil
}

// ownTasks are the tasks of the person who the actor is, and the systems that they answer for.
func (s *Service) ownTasks(ctx context.Context, tx *db.Tx, actor access.Actor) (out []Task, answers map[string]bool, err error) {
	answers = map[string]bool{}
	me, err := organisation.PersonOf(ctx, tx, actor.Organisation, actor.ID)
	if errors.Is(err, db.ErrNotFound) { // nobody's account, as in the demonstration, owns nothing
		return nil, answers, nil
	}
	if err != nil {
		return nil, nil, err
	}
	if out, err = actionTasks(ctx, tx, &me); err != nil {
		return nil, nil, err
	}
	found, err := s.findingTasks(ctx, tx, actor, &me)
	if err != nil {
		return nil, nil, err
	}
	asked, err := roundTasks(ctx, tx, &me)
	if err != nil {
		return nil, nil, err
	}
	out = append(out, asked...)
	named, err := organisation.AnswersFor(ctx, tx, actor.Organisation, me.ID)
	for _, r := range named {
		answers[r.ObjectID] = answers[r.ObjectID] || r.ObjectKind == organisation.ObjectSystem
	}
	return append(out, found...), answers, err
}

// roundTasks are the sheets of follow-ups that a person is to answer.
func roundTasks(ctx context.Context, tx *db.Tx, me *organisation.Person) ([]Task, error) {
	list, err := campaign.OfPerson(ctx, tx, tx.Scope, me.ID)
	var out []Task
	for i := range list {
		w := &list[i]
		out = append(out, Task{
			Kind: TaskRound, Key: string(TaskRound) + ":" + w.Sheet.String(), Name: w.Name, Due: w.Campaign.Deadline, Path: w.Campaign.Path() + "/blad/" + w.Sheet.String(),
		})
	}
	return out, err
}

// ledTasks are, for whoever leads them, suppliers' papers, the follow-ups that are to be looked at and what is to be done in the year.
func (s *Service) ledTasks(ctx context.Context, tx *db.Tx, actor access.Actor, today civil.Date) ([]Task, error) {
	var out []Task
	if access.Allowed(actor, "supplier.SavePaper") {
		suppliers, err := supplier.Whole(ctx, tx, actor.Organisation)
		if err != nil {
			return nil, err
		}
		out = paperTasks(suppliers, today)
	}
	if s.Campaigns == nil || !access.Allowed(actor, "campaign.Done") {
		return out, nil
	}
	waits, err := s.Campaigns.Waiting(ctx, tx, today)
	if err != nil {
		return nil, err
	}
	for i := range waits {
		c := &waits[i]
		out = append(out, Task{Kind: TaskRounds, Key: string(TaskRounds) + ":" + c.ID.String(), Name: c.Name, Due: c.Deadline, Path: c.Path()})
	}
	due, err := s.Campaigns.Due(ctx, tx, today)
	for i := range due {
		it := &due[i]
		out = append(out, Task{
			Kind: TaskYear, Key: string(TaskYear) + ":" + it.Key + "." + strconv.Itoa(it.Due.Year), Due: it.Due, Path: campaign.WheelPlace + "#a-" + it.Key, Year: it,
		})
	}
	return out, err
}

// findingTasks are the findings that somebody is to look at, or to delete. Who may not see findings any more has none.
func (s *Service) findingTasks(ctx context.Context, tx *db.Tx, actor access.Actor, me *organisation.Person) ([]Task, error) {
	reach := access.ReachOf(actor, "finding.Place")
	list, err := finding.OfPerson(ctx, tx, tx.Scope, me.ID, s.Detectors)
	if err != nil {
		return nil, err
	}
	var out []Task
	for i := range list {
		p := &list[i]
		if !reach.Holds(p.Unit) {
			continue
		}
		t := Task{Kind: TaskFinding, Name: p.Source, Place: p}
		if p.State == finding.ToDelete {
			t.Kind, t.Due = TaskDelete, p.Due
		}
		t.Key = string(t.Kind) + ":" + p.ID.String()
		out = append(out, t)
	}
	return out, nil
}

// registerTasks are what the register does not say of systems, and was found in what belongs to them, for those who may change the register
// and see findings.
func (s *Service) registerTasks(ctx context.Context, tx *db.Tx, actor access.Actor, today civil.Date) (map[ids.ID[system.System]][]Task, error) {
	out := map[ids.ID[system.System]][]Task{}
	if !access.Allowed(actor, "system.Update") || !access.Allowed(actor, "finding.Inbox") {
		return out, nil
	}
	found, err := finding.OfSystems(ctx, tx, actor.Organisation)
	if err != nil {
		return nil, err
	}
	for _, id := range slices.Sorted(maps.Keys(found)) {
		sys, err := system.Get(ctx, tx, actor.Organisation, id.String())
		if err != nil {
			return nil, err
		}
		if !access.AllowedAt(actor, "system.Update", sys.UnitID) || !access.AllowedAt(actor, "finding.Inbox", sys.UnitID) {
			continue
		}
		list, err := finding.Contradict(&sys, s.catalogue(), today, found[id])
		if err != nil {
			return nil, err
		}
		for i := range list {
			out[id] = append(out[id], Task{
				Kind: TaskRegister, Key: string(TaskRegister) + ":" + id.String() + "." + list[i].Fact, Slug: sys.Slug, Name: sys.Name, Unit: sys.Unit, Against: &list[i],
			})
		}
	}
	return out, nil
}

// actionTasks are the actions that a person has taken on.
func actionTasks(ctx context.Context, tx *db.Tx, me *organisation.Person) ([]Task, error) {
	list, err := action.OfPerson(ctx, tx, tx.Scope, me.ID)
	if err != nil {
		return nil, err
	}
	own, err := requirement.OwnTexts(ctx, tx, tx.Scope)
	if err != nil {
		return nil, err
	}
	var out []Task
	for i := range list {
		a := &list[i]
		out = append(out, Task{
			Kind: TaskAction, Key: string(TaskAction) + ":" + a.ID.String(), Slug: a.Slug, Name: a.Name, Unit: a.Unit, Requirement: a.Requirement, Due: a.DueOn,
			Own: own[a.Requirement],
		})
	}
	return out, nil
}

// askedTasks are the questions that the actor has sent to colleagues.
func askedTasks(ctx context.Context, tx *db.Tx, actor access.Actor) ([]Task, error) {
	list, err := classification.AskedBy(ctx, tx, actor.Organisation, actor.ID)
	if err != nil {
		return nil, err
	}
	var out []Task
	for _, a := range list {
		t := Task{Kind: TaskWaiting, Slug: a.Slug, Name: a.Name, To: a.To}
		if !a.Answered.IsZero() {
			t.Kind, t.Due = TaskAnswer, civil.Of(a.Answered)
		}
		t.Key = string(t.Kind) + ":" + a.ID.String()
		out = append(out, t)
	}
	return out, nil
}

// Snooze puts a task off to a day, on the actor's own list and nobody else's. A zero day takes it back.
func (s *Service) Snooze(ctx context.Context, actor access.Actor, key string, until civil.Date) error {
	if err := access.Check(actor, "overview.Snooze"); err != nil {
		return err
	}
	err := s.db.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		today := civil.Of(tx.Now)
		if !until.IsZero() {
			if err := checkSnooze(key, until, today); err != nil {
				return err
			}
			lists, err := s.tasks(ctx, tx, doing{actor, access.ReachOf(actor, "overview.Snooze")}, &Todo{Today: today})
			if err != nil {
				return err
			}
			if !slices.ContainsFunc(slices.Collect(maps.Values(lists)), func(l []Task) bool {
				return slices.ContainsFunc(l, func(t Task) bool { return t.Key == key })
			}) {
				return ErrTask // it is done, or somebody else's
			}
		}
		if err := snooze(ctx, tx, actor, key, until); err != nil {
			return err
		}
		return audit.Append(ctx, tx, actor, audit.Entry{
			Action: "overview.Snooze", ObjectKind: "task", ObjectID: key, Data: map[string]string{"until": until.String()},
		})
	})
	if err != nil {
		return fmt.Errorf("put off task: %w", err)
	}
	return nil
}
