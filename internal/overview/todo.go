// SPDX-License-Identifier: EUPL-1.2

package overview

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/auth/rotation"
	"github.com/insegel/insegel/internal/campaign"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/evidence"
	"github.com/insegel/insegel/internal/finding"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/supplier"
	"github.com/insegel/insegel/internal/system"
)

// TaskKind is what there is to do.
type TaskKind string

// The kinds of tasks. They are derived: nobody makes or ends them, what they are about does.
const (
	TaskAction   TaskKind = "action"   // an action that somebody has taken on
	TaskAnswer   TaskKind = "answer"   // a colleague has answered a question of a classification
	TaskWaiting  TaskKind = "waiting"  // a colleague has been asked, and not answered
	TaskRenew    TaskKind = "renew"    // a classification has ended or ends soon
	TaskDecide   TaskKind = "decide"   // a draft waits for a decision
	TaskClassify TaskKind = "classify" // nobody has classified the system
	TaskOwn      TaskKind = "own"      // shortcomings that nobody has taken on
	TaskOwner    TaskKind = "owner"    // the system has no owner

	TaskContradicted TaskKind = "contradicted" // what is measured and what somebody says do not agree
	TaskWorse        TaskKind = "worse"        // something measured has become worse
	TaskSaid         TaskKind = "said"         // somebody says less than was said before
	TaskBetter       TaskKind = "better"       // something measured has become better, and may end actions
	TaskProve        TaskKind = "prove"        // evidence ends soon or has ended
	TaskSettle       TaskKind = "settle"       // somebody says that a measurement is wrong, and nobody has settled it

	TaskReask  TaskKind = "reask"  // what a supplier's accepted answers show ends soon: the supplier is to be asked again
	TaskShared TaskKind = "shared" // what a supplier has answered others on the installation has changed or ended
	// TaskDiffers is the same, for who keeps the contract and does not see where the organisation is weak.
	TaskDiffers TaskKind = "differs"

	TaskContract    TaskKind = "contract"    // a contract ends, or notice of it must be given
	TaskAgreement   TaskKind = "agreement"   // a processor agreement ends
	TaskCertificate TaskKind = "certificate" // a supplier's certificate ends
	TaskAssessment  TaskKind = "assessment"  // an assessment of a supplier is to be done again
	TaskRegister    TaskKind = "register"    // the register does not say what was found in what belongs to the system
	TaskFinding     TaskKind = "finding"     // a colleague has asked the reader to look at a finding
	TaskDelete      TaskKind = "delete"      // the reader is to delete what was found
	TaskIncident    TaskKind = "incident"    // an incident is open, and the law may ask for something by a moment
	TaskOpinion     TaskKind = "opinion"     // an impact assessment waits for the data protection officer
	TaskRuling      TaskKind = "ruling"      // an impact assessment waits for a decision
	TaskReview      TaskKind = "review"      // an impact assessment is to be looked at again
	TaskRound       TaskKind = "round"       // the reader is asked in a follow-up
	TaskRounds      TaskKind = "rounds"      // a follow-up that the reader leads lacks answers after its last day, or has all of them
	TaskYear        TaskKind = "year"        // something of the year is to be done
	TaskKey         TaskKind = "key"         // a key or a secret has stood for long enough
	TaskGuard       TaskKind = "guard"       // passkeys that can be copied are accepted for every role
)

// Task is one thing to do.
type Task struct {
	Kind TaskKind
	// Key names the task for as long as it stands: its kind and the id of what it is about.
	Key string
	// Slug and Name are the system's, Unit its unit's name.
	Slug, Name, Unit string
	// Requirement is the one that an action is about.
	Requirement string
	// Own is what it says when no catalogue has it.
	Own string
	// Supplier is whose paper the task is about and Paper what that is called; Slug is then empty and Name the supplier's.
	Supplier ids.ID[supplier.Supplier]
	Paper    string
	// Against is what the register does not say, and Place what was found.
	Against *finding.Contradiction
	Place   *finding.Place
	// Path is where an incident is, or a follow-up is answered or led. Duty is what the law asks first of an incident and By the moment; Slug is then empty and Name the incident's.
	Path string
	Duty catalogue.Text
	By   time.Time
	// Year is what is to be done this year, and Change the key or secret that is to be changed.
	Year   *campaign.Item
	Change *rotation.Change
	// To is whom a question was sent to, with most of the address left out.
	To string
	// Count is how many shortcomings there are.
	Count int
	// Due is the day that it should be done; zero when there is none.
	Due civil.Date
	// Until is the day that the reader has put it off to; zero when they have not.
	Until civil.Date
}

// Scopes of the list of things to do.
const (
	TodoMine      = "mina"
	TodoUnit      = "enhet"
	TodoDelegated = "delegerade"
)

// longestSnooze is how far ahead a task can be put off. What is put off longer is better planned.
const longestSnooze = 90

// maxTasks is how many tasks of a list are shown; the lists that they come from have them all.
const maxTasks = 200

var (
	// ErrSnooze says that a task cannot be put off to that day.
	ErrSnooze = errors.New("a task can be put off to a day within 90 days from now")
	// ErrTask says that there is no such task.
	ErrTask = errors.New("no such task")
)

// checkSnooze says whether a task can be put off to a day.
func checkSnooze(key string, until, today civil.Date) error {
	kind, id, ok := strings.Cut(key, ":")
	if !ok || len(key) > 100 || id == "" || kind == "" {
		return ErrTask
	}
	if !today.Before(until) || today.AddDays(longestSnooze).Before(until) {
		return ErrSnooze
	}
	return nil
}

// doer tells what somebody may do to a system of a unit.
type doer func(action string, unit access.UnitID) bool

// tasksOf lists what there is to do about a system, for somebody who may do it.
func tasksOf(s *Sum, today civil.Date, may doer) []Task {
	if s.Standing == Stopped {
		return nil
	}
	var out []Task
	add := func(kind TaskKind, action string, due civil.Date, count int) {
		if may(action, s.UnitID) {
			out = append(out, Task{Kind: kind, Key: taskKey(kind, s.ID), Slug: s.Slug, Name: s.Name, Unit: s.Unit, Due: due, Count: count})
		}
	}
	switch {
	case s.ends(today):
		add(TaskRenew, "classification.Decide", s.ValidUntil, 0)
	case s.Standing == Draft:
		add(TaskDecide, "classification.Decide", civil.Date{}, 0)
	case s.Standing == Suggested || s.Standing == Unclassified:
		add(TaskClassify, "classification.Answer", civil.Date{}, 0)
	}
	if s.Unowned > 0 {
		add(TaskOwn, "action.Save", civil.Date{}, s.Unowned)
	}
	if s.ownerless() {
		add(TaskOwner, "system.SetResponsible", civil.Date{}, 0)
	}
	return append(out, evidenceTasks(s, today, may)...)
}

// evidenceTasks lists what there is to do about a system's evidence. A change for the worse is to be looked at the same day.
func evidenceTasks(s *Sum, today civil.Date, may doer) []Task {
	var out []Task
	add := func(kind TaskKind, action string, t Task) {
		if may(action, s.UnitID) {
			t.Kind, t.Slug, t.Name, t.Unit = kind, s.Slug, s.Name, s.Unit
			if t.Key == "" {
				t.Key = taskKey(kind, s.ID)
			}
			out = append(out, t)
		}
	}
	for i := range s.Shifts {
		x := &s.Shifts[i]
		t := Task{Key: string(TaskWorse) + ":" + x.ID.String(), Due: civil.Of(x.Seen), Path: changePath(s.Slug, x)}
		kind := TaskWorse
		if x.Source != evidence.Measured {
			kind, t.Key = TaskSaid, string(TaskSaid)+":"+x.ID.String()
		}
		if x.Direction == evidence.Better {
			kind, t.Key, t.Due = TaskBetter, string(TaskBetter)+":"+x.ID.String(), civil.Date{}
		}
		add(kind, "evidence.Note", t)
	}
	if s.Contradicted > 0 {
		add(TaskContradicted, "requirement.Answer", Task{Count: s.Contradicted, Due: today})
	}
	if s.Disputed > 0 {
		add(TaskSettle, "evidence.Settle", Task{Count: s.Disputed, Due: s.DisputedOn.AddDays(7)})
	}
	if s.Renew > 0 {
		add(TaskProve, "evidence.Record", Task{Count: s.Renew, Due: s.RenewBy})
	}
	return out
}

// paperTasks lists the papers of suppliers that somebody must decide about soon, the nearest first.
func paperTasks(all []supplier.Supplier, today civil.Date) []Task {
	kinds := map[string]TaskKind{
		supplier.Contract: TaskContract, supplier.Agreement: TaskAgreement, supplier.Certificate: TaskCertificate, supplier.Transfer: TaskAssessment,
		supplier.Suitability: TaskAssessment,
	}
	var out []Task
	for i := range all {
		s := &all[i]
		for _, p := range s.Reminders(today) {
			due := p.EndsOn
			if p.Standing(today) == supplier.Notice {
				due = p.Decide()
			}
			out = append(out, Task{Kind: kinds[p.Kind], Key: "paper:" + p.ID.String(), Supplier: s.ID, Name: s.Name, Paper: p.Name, Due: due})
		}
	}
	slices.SortStableFunc(out, func(a, b Task) int { return strings.Compare(a.Due.String(), b.Due.String()) })
	return out
}

// byDay puts the tasks that have a day more than a week ahead in the order of their days. All others keep their places: what they are about
// says more of how much they matter.
func byDay(list []Task, today civil.Date) {
	var places []int
	var dated []Task
	for i := range list {
		if !list[i].Due.IsZero() && list[i].Group(today) == TasksLater {
			places, dated = append(places, i), append(dated, list[i])
		}
	}
	slices.SortStableFunc(dated, func(a, b Task) int { return strings.Compare(a.Due.String(), b.Due.String()) })
	for i, at := range places {
		list[at] = dated[i]
	}
}

func taskKey(kind TaskKind, id ids.ID[system.System]) string { return string(kind) + ":" + id.String() }

// TaskGroup is where a task stands in time.
type TaskGroup string

// The groups, in the order that they are shown.
const (
	TasksLate   TaskGroup = "late"
	TasksWeek   TaskGroup = "week"
	TasksLater  TaskGroup = "later"
	TasksPutOff TaskGroup = "snoozed"
)

// TaskGroups lists them in order.
var TaskGroups = []TaskGroup{TasksLate, TasksWeek, TasksLater, TasksPutOff}

// Group tells where the task stands on a day. Without a day of its own it is for later.
func (t *Task) Group(today civil.Date) TaskGroup {
	switch {
	case today.Before(t.Until):
		return TasksPutOff
	case t.Due.IsZero():
		return TasksLater
	case t.Due.Before(today):
		return TasksLate
	case t.Due.Before(today.AddDays(7)):
		return TasksWeek
	default:
		return TasksLater
	}
}
