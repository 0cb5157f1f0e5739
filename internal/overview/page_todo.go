// SPDX-License-Identifier: EUPL-1.2

package overview

import (
	"errors"
	"net/http"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/auth/rotation"
	"github.com/insegel/insegel/internal/campaign"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/finding"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/procurement"
	"github.com/insegel/insegel/internal/supplier"
	"github.com/insegel/insegel/internal/web"
)

// TodoPath is the reader's own list of what there is to do.
const TodoPath = "/att-gora"

// MenuTodo is its menu entry.
const MenuTodo = "att-gora"

type todoPage struct {
	web.Page
	Lead   string
	Tabs   web.Tabs
	Groups []taskGroup
	Empty  string
	Left   string
	Scope  string
	// Weeks are the days that a task can be put off to.
	Weeks []option
}

type taskGroup struct {
	ID, Title string
	Rows      []taskRow
}

type taskRow struct {
	Key, Title, Href, System, Unit string
	Tag                            web.Tag
	When                           string
	Button                         string
	PutOff                         bool
}

// taskTexts are how a kind of task is told: what there is to do, and what the button says.
var taskTexts = map[TaskKind]struct{ title, button, path string }{
	TaskAction:   {"overview.task-action", "overview.do-action", "/atgarder?visa=tagna#r-"},
	TaskAnswer:   {"overview.task-answer", "overview.do-answer", "/klassning"},
	TaskWaiting:  {"overview.task-waiting", "overview.do-waiting", "/klassning"},
	TaskRenew:    {"overview.task-renew", "overview.do-renew", "/klassning"},
	TaskDecide:   {"overview.task-decide", "overview.do-decide", "/klassning"},
	TaskClassify: {"overview.task-classify", "overview.do-classify", "/klassning"},
	TaskOwn:      {"overview.task-own", "overview.do-own", "/atgarder?visa=otagna"},
	TaskOwner:    {"overview.task-owner", "overview.do-owner", "/ansvariga"},

	TaskContradicted: {"overview.task-contradicted", "overview.do-contradicted", "/bevis#motsagelser"},
	TaskWorse:        {"overview.task-worse", "overview.do-worse", "/bevis#forandringar"},
	TaskSaid:         {"overview.task-said", "overview.do-worse", "/bevis#forandringar"},
	TaskBetter:       {"overview.task-better", "overview.do-better", "/bevis#forandringar"},
	TaskProve:        {"overview.task-prove", "overview.do-prove", "/bevis#bevisen"},
	TaskSettle:       {"overview.task-settle", "overview.do-settle", "/bevis#bestridda"},

	TaskReask:  {"overview.task-reask", "overview.do-reask", "/leverantorssvar"},
	TaskShared: {"overview.task-shared", "overview.do-shared", procurement.DifferencesAt},

	TaskDiffers: {"overview.task-differs", "overview.do-shared", ""},

	TaskContract:    {"overview.task-contract", "overview.do-paper", ""},
	TaskAgreement:   {"overview.task-agreement", "overview.do-paper", ""},
	TaskCertificate: {"overview.task-certificate", "overview.do-paper", ""},
	TaskAssessment:  {"overview.task-assessment", "overview.do-paper", ""},
	TaskRegister:    {"overview.task-register", "overview.do-register", "/redigera"},
	TaskFinding:     {"overview.task-finding", "overview.do-finding", ""},
	TaskDelete:      {"overview.task-delete", "overview.do-delete", ""},
	TaskIncident:    {"overview.task-incident", "overview.do-incident", ""},
	TaskOpinion:     {"overview.task-opinion", "overview.do-opinion", "/konsekvensbedomning"},
	TaskRuling:      {"overview.task-ruling", "overview.do-ruling", "/konsekvensbedomning"},
	TaskReview:      {"overview.task-review", "overview.do-review", "/konsekvensbedomning"},
	TaskRound:       {"overview.task-round", "overview.do-round", ""},
	TaskRounds:      {"overview.task-rounds", "overview.do-rounds", ""},
	TaskYear:        {"", "overview.do-year", ""},
	TaskKey:         {"overview.task-key", "overview.do-key", ""},
	TaskGuard:       {"overview.task-guard", "overview.do-key", ""},
}

// taskGroups are how the groups in time are called.
var taskGroups = map[TaskGroup]string{
	TasksLate: "overview.tasks-late", TasksWeek: "overview.tasks-week", TasksLater: "overview.tasks-later", TasksPutOff: "overview.tasks-snoozed",
}

func (p *Pages) todo(c *web.Context) error {
	scope := oneOf(c.Query("visa"), TodoMine, TodoUnit, TodoDelegated)
	if scope == "" {
		scope = TodoMine
	}
	if access.Allowed(c.Actor, "overview.Todo") {
		c.As("overview.Todo")
	}
	list, err := p.Overview.Chores(c.Context(), c.Actor, scope)
	if err != nil {
		return err
	}
	t := c.L.T
	d := todoPage{
		Page: web.Page{Title: t("overview.todo"), Active: MenuTodo}, Scope: scope,
		Tabs: web.Tabs{Label: t("overview.todo-tabs")},
	}
	if n := list.Counts[TodoMine]; n > 0 {
		d.Lead = t("overview.todo-lead", "Count", n)
	}
	for _, tab := range []struct{ scope, key string }{{TodoMine, "overview.todo-mine"}, {TodoUnit, "overview.todo-unit"}, {TodoDelegated, "overview.todo-delegated"}} {
		d.Tabs.Items = append(d.Tabs.Items, web.Tab{
			Label: t(tab.key), Href: address(TodoPath, "visa", tab.scope), Count: list.Counts[tab.scope], Current: tab.scope == scope,
		})
	}
	for _, days := range []int{1, 7, 14, 30} {
		day := list.Today.AddDays(days)
		d.Weeks = append(d.Weeks, option{Value: day.String(), Label: t("overview.snooze-days", "Count", days, "Day", c.L.ShortDate(day)), Selected: days == 7})
	}
	d.Groups = p.taskRows(c, &list)
	if len(d.Groups) == 0 {
		d.Empty = t("overview.todo-empty")
		if !list.Next.IsZero() {
			d.Empty = t("overview.todo-empty-next", "Day", c.L.Date(list.Next))
		}
	}
	if list.Left > 0 {
		d.Left = t("overview.todo-left", "Count", list.Left)
	}
	return c.Render(templates, "todo.html", d)
}

// taskRows puts the tasks in their groups, the groups that have none left out.
func (p *Pages) taskRows(c *web.Context, list *Todo) []taskGroup {
	by := map[TaskGroup][]taskRow{}
	for i := range list.Tasks {
		task := &list.Tasks[i]
		g := task.Group(list.Today)
		by[g] = append(by[g], p.taskRow(c, task, list.Today))
	}
	var out []taskGroup
	for _, g := range TaskGroups {
		if len(by[g]) > 0 {
			out = append(out, taskGroup{ID: "g-" + string(g), Title: c.L.T(taskGroups[g]), Rows: by[g]})
		}
	}
	return out
}

func (p *Pages) taskRow(c *web.Context, task *Task, today civil.Date) taskRow {
	text := taskTexts[task.Kind]
	r := taskRow{Key: task.Key, System: task.Name, Unit: task.Unit, Href: systemPath(task.Slug) + text.path, Button: c.L.T(text.button)}
	r.Title = taskTitle(c.L, task)
	if task.Path != "" {
		r.Href = task.Path
	}
	if task.Supplier != "" {
		r.Href = (&supplier.Supplier{ID: task.Supplier}).Path()
	}
	if task.Kind == TaskAction {
		r.Href += task.Requirement
		r.Title = task.Requirement // one that the catalogue no longer has is told by its id
		if q, ok := p.Overview.catalogue().Requirement(task.Requirement); ok {
			r.Title = catalogue.Fill(q.Is.In(lang(c)), q.Settings, nil)
		} else if task.Own != "" {
			r.Title = task.Own
		}
	}
	if task.Kind == TaskIncident {
		r.Href = task.Path
		if !task.By.IsZero() {
			r.Title = c.L.T("overview.task-incident-by", "Duty", task.Duty.In(lang(c)), "By", c.L.Moment(task.By))
		}
	}
	if task.Against != nil {
		r.Title = finding.Sentence(c.L, task.Against)
	}
	if task.Place != nil {
		r.Title, r.Href = c.L.T(text.title, "What", finding.Title(c.L, task.Place)), task.Place.PagePath()
	}
	switch g := task.Group(today); g {
	case TasksPutOff:
		r.PutOff, r.When = true, c.L.T("overview.snoozed-until", "Day", c.L.ShortDate(task.Until))
	case TasksLate:
		r.Tag = alarm(c.L.T("overview.task-late"))
	}
	if r.When == "" && !task.Due.IsZero() {
		r.When = c.L.ShortDate(task.Due)
	}
	return r
}

// taskTitle tells what there is to do, as far as the task's own kind does.
func taskTitle(l *locale.Localizer, task *Task) string {
	switch {
	case task.Year != nil:
		return campaign.Title(l, task.Year)
	case task.Change != nil:
		return l.T(taskTexts[task.Kind].title, "What", rotation.Title(l, &task.Change.Secret))
	default:
		return l.T(taskTexts[task.Kind].title, "System", task.Name, "To", task.To, "Count", task.Count, "Paper", task.Paper)
	}
}

// putOff puts a task off, or takes it back.
func (p *Pages) putOff(c *web.Context) error {
	var until civil.Date
	if text := c.Form("till"); text != "" && c.Form("ater") == "" {
		var err error
		if until, err = civil.Parse(text); err != nil {
			return &web.Error{Status: http.StatusUnprocessableEntity, Key: "overview.snooze-wrong", Err: err}
		}
	}
	err := p.Overview.Snooze(c.Context(), c.Actor, c.Form("sak"), until)
	if errors.Is(err, ErrSnooze) || errors.Is(err, ErrTask) {
		return &web.Error{Status: http.StatusUnprocessableEntity, Key: "overview.snooze-wrong", Err: err}
	}
	if err != nil {
		return err
	}
	to := address(TodoPath, "visa", oneOf(c.Form("visa"), TodoMine, TodoUnit, TodoDelegated))
	if until.IsZero() {
		return c.Redirect(to, "overview.snooze-back")
	}
	return c.Redirect(to, "overview.snooze-done", "Day", until.String())
}
