// SPDX-License-Identifier: EUPL-1.2

package report

import (
	"context"
	"strings"

	"github.com/insegel/insegel/internal/action"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/document"
	"github.com/insegel/insegel/internal/requirement"
	"github.com/insegel/insegel/internal/system"
)

// planReport is what is to be done about the requirements that are not shown to be met.
type planReport struct {
	head
	// Tally is over every system but those that were stopped.
	Tally   tally        `json:"tally"`
	Systems []planSystem `json:"systems"`
}

type planSystem struct {
	subject
	// Tally is over every requirement that applies, met or not; null for a stopped system.
	Tally *tally    `json:"tally"`
	Rows  []planRow `json:"rows"`
}

// planRow is one requirement that is not shown to be met, and what is done about it.
type planRow struct {
	Requirement string `json:"requirement"`
	Version     int    `json:"version"`
	Is          string `json:"is"`
	Kind        string `json:"kind"`
	// Topic is the id of what it is about.
	Topic string `json:"topic"`
	// Priority is now, begun, settle, ask, wish or confirm.
	Priority string `json:"priority"`
	Must     bool   `json:"must"`
	// Conditional says that it hangs on a question that nobody has settled.
	Conditional bool                `json:"conditional"`
	Because     []catalogue.Because `json:"because"`
	Laws        []law               `json:"laws"`
	// Status is met, partly, not-met, not-applicable, dont-know or unanswered.
	Status string `json:"status"`
	// KnownBy is measured, attested, self-assessed or unanswered.
	KnownBy    string     `json:"known_by"`
	KnownOn    civil.Date `json:"known_on"`
	Outdated   bool       `json:"outdated"`
	AnswerNote string     `json:"answer_note"`
	// Step is the highest level that makes the requirement apply; empty when it applies at any level.
	Step      string `json:"step"`
	OwnerRole string `json:"owner_role"`
	// Person has taken it on; empty when it is a role alone, or nobody.
	Person string `json:"person"`
	// Proposed says that the catalogue proposes the role and nobody has taken it on.
	Proposed bool       `json:"proposed"`
	DueOn    civil.Date `json:"due_on"`
	Late     bool       `json:"late"`
	// Action is new, planned, ongoing, done, or none while nobody has taken it on.
	Action string `json:"action"`
	Note   string `json:"note"`
}

// noAction is the status of a row that nobody has taken on.
const noAction = "none"

func (s *Service) plan(ctx context.Context, tx *db.Tx, f *frame, systems []system.System) (report, error) {
	views, err := s.Requirements.Views(ctx, tx, f.reach, systems, f.l)
	if err != nil {
		return nil, err
	}
	actions, err := action.All(ctx, tx, f.organisation.ID, f.only(systems))
	if err != nil {
		return nil, err
	}
	out := &planReport{Systems: make([]planSystem, len(views))}
	var sum requirement.Tally
	anyDraft := false
	for i := range views {
		v := &views[i]
		p := planSystem{subject: f.subject(v), Rows: []planRow{}}
		if !p.Stop {
			t := tallyOf(v.Tally)
			p.Tally = &t
			sum.Add(v.Tally)
			for _, r := range action.Plan(v, actions[v.System.ID]) {
				p.Rows = append(p.Rows, f.planRow(&r))
			}
		}
		anyDraft = anyDraft || p.Draft
		out.Systems[i] = p
		views[i] = requirement.View{} // a whole municipality's reasons are large: each view goes when it has been told
	}
	out.head, out.Tally = f.head(anyDraft), tallyOf(sum)
	return out, nil
}

func (f *frame) planRow(r *action.Row) planRow {
	a := &r.Requirement.Answer
	out := planRow{
		Requirement: r.Requirement.ID, Version: r.Requirement.Version, Is: r.Requirement.Is(f.lang), Kind: r.Requirement.Kind,
		Topic: r.Requirement.Topic, Priority: string(r.Priority()),
		Must: r.Requirement.Must, Conditional: r.Requirement.Conditional, Because: list(r.Requirement.Because),
		Laws: f.laws(r.Requirement.Laws), Status: string(a.Status), KnownBy: a.KnownBy, KnownOn: a.KnownOn,
		Outdated: r.Requirement.Outdated, AnswerNote: a.Note, Step: r.Step.String(),
		OwnerRole: r.OwnerRole, Proposed: r.Proposed, Action: noAction,
	}
	if out.KnownBy == "" {
		out.KnownBy = string(requirement.Unanswered)
	}
	if r.Action != nil {
		out.Action, out.DueOn, out.Note = string(r.Action.Status), r.Action.DueOn, r.Action.Note
		out.Late, out.Person = r.Action.Late(f.today), r.Action.PersonName
		if r.Action.PersonGone {
			out.Person = f.t("person-gone", "Name", r.Action.PersonName)
		}
	}
	return out
}

func (p *planReport) subjects() []*subject {
	out := make([]*subject, len(p.Systems))
	for i := range p.Systems {
		out[i] = &p.Systems[i].subject
	}
	return out
}

func (p *planReport) split() (any, int, func(int) any) {
	top := *p
	top.Systems = []planSystem{}
	return top, len(p.Systems), func(i int) any { return &p.Systems[i] }
}

func (p *planReport) document(f *frame) *document.Document {
	subjects := p.subjects()
	d := f.begin("plan", subjects)
	if f.single() && subjects[0].Stop {
		if f.request.Format == document.CSV { // a CSV file holds nothing but tables
			d.Sections = append(d.Sections, p.table(f))
		}
		return d
	}
	rows := 0
	for i := range p.Systems {
		rows += len(p.Systems[i].Rows)
	}
	if f.flat() || rows == 0 { // on paper the summary tells
		f.tally(d, &p.Tally)
		f.property(d, "rows", f.l.Number(int64(rows)))
	}
	if f.single() {
		f.levels(d, subjects[0])
	}
	p.sections(d, f, rows)
	return f.finish(d, subjects)
}

// sections adds what the document tells, as it suits the format: every row to sort and filter, or what somebody reads on paper.
func (p *planReport) sections(d *document.Document, f *frame, rows int) {
	guide := document.Section{Heading: f.t("plan-guide-heading"), Level: 1, Paragraphs: []string{f.t("plan-guide")}}
	if f.single() {
		guide.Paragraphs = append(f.suspicion(&p.Systems[0].subject), guide.Paragraphs...)
	}
	whole := f.flat() || f.request.Reasons
	if whole {
		guide.Paragraphs = append(guide.Paragraphs, f.t("known-guide"), f.t("law-guide"))
	}
	if f.flat() || rows == 0 {
		d.Sections = append(d.Sections, guide)
	}
	// A program that reads the CSV file expects one table in it.
	if f.request.Format != document.CSV && !f.single() {
		d.Sections = append(d.Sections, p.overview(f))
	}
	switch {
	case f.flat():
		d.Sections = append(d.Sections, p.table(f))
	case rows > 0:
		p.print(d, f)
		d.Sections = append(d.Sections, guide)
	}
}

// flat reports whether the format is one to sort and filter in.
func (f *frame) flat() bool {
	return f.request.Format == document.XLSX || f.request.Format == document.ODS || f.request.Format == document.CSV
}

// tally puts on the cover how many requirements apply and how well they are met. What nobody knows is counted.
func (f *frame) tally(d *document.Document, t *tally) {
	f.property(d, "applies", f.l.Number(int64(t.Applies)))
	f.property(d, "met", f.l.Number(int64(t.Met)))
	f.property(d, "partly", f.l.Number(int64(t.Partly)))
	f.property(d, "not-met", f.l.Number(int64(t.NotMet)))
	f.property(d, "not-applicable", f.l.Number(int64(t.NotApplicable)))
	f.property(d, "unknown", f.t("unknown-count", "Count", t.Unknown, "DontKnow", t.DontKnow, "Unanswered", t.Unanswered))
}

// overview has one row per system: its levels, how sure they are, and how its requirements are met.
func (p *planReport) overview(f *frame) document.Section {
	t := &document.Table{Name: f.t("overview-heading"), Columns: f.overviewColumns()}
	for i := range p.Systems {
		t.Rows = append(t.Rows, f.overviewRow(&p.Systems[i].subject, p.Systems[i].Tally))
	}
	return document.Section{Heading: f.t("overview-heading"), Level: 1, Paragraphs: []string{f.t("overview-text")}, Table: t}
}

func (f *frame) overviewColumns() []document.Column {
	out := append([]document.Column{f.column("system", document.Plain, 20)}, f.aspectColumns()...)
	out = append(out, f.column("classification", document.Plain, 17))
	for _, c := range tallyColumns {
		out = append(out, f.column(c.key, document.Number, 9))
	}
	return out
}

func (f *frame) overviewRow(s *subject, t *tally) []document.Cell {
	row := []document.Cell{s.cell()}
	for a := range catalogue.Aspect(catalogue.NumAspects) {
		row = append(row, f.levelCell(s, a))
	}
	row = append(row, document.T(f.mark(s)))
	for _, c := range tallyColumns {
		row = append(row, count(t, c.of))
	}
	return row
}

// tallyColumns are the figures that a table shows of a tally.
var tallyColumns = []struct {
	key string
	of  func(*tally) int
}{
	{"applies", func(t *tally) int { return t.Applies }},
	{"met", func(t *tally) int { return t.Met }},
	{"partly", func(t *tally) int { return t.Partly }},
	{"not-met", func(t *tally) int { return t.NotMet }},
	{"not-applicable", func(t *tally) int { return t.NotApplicable }},
	{"unknown", func(t *tally) int { return t.Unknown }},
}

// table has every row of every system's plan.
func (p *planReport) table(f *frame) document.Section {
	t := &document.Table{Name: f.t("plan-heading"), Columns: []document.Column{
		f.column("system", document.Plain, 13), f.column("requirement-id", document.Plain, 14), f.column("requirement", document.Long, 28),
		f.column("why", document.Long, 36), f.column("status", document.Plain, 13), f.column("known-by", document.Plain, 14),
		f.column("known-on", document.Date, 12), f.column("level", document.Plain, 11), f.column("owner-role", document.Plain, 16),
		f.column("due-on", document.Date, 12), f.column("action", document.Plain, 12), f.column("note", document.Long, 15),
	}}
	// Each row of a file to sort and filter says how sure it is; a page says it on the cover and in the overview.
	flat := f.flat()
	if flat {
		t.Columns = append(t.Columns, f.column("classification", document.Plain, 14), f.column("priority", document.Plain, 14),
			f.column("topic", document.Plain, 18), f.column("person", document.Plain, 14))
	}
	for i := range p.Systems {
		s := &p.Systems[i]
		if s.Stop && f.request.Format == document.CSV {
			t.Rows = append(t.Rows, []document.Cell{s.cell(), {}, document.T(f.t("stop"))})
		}
		for j := range s.Rows {
			row := f.planCells(&s.subject, &s.Rows[j])
			if flat {
				r := &s.Rows[j]
				row = append(row, document.T(f.mark(&s.subject)), document.T(f.t("priority-"+r.Priority)), document.T(f.topic(r.Topic)), document.T(r.Person))
			}
			t.Rows = append(t.Rows, row)
		}
	}
	return document.Section{Heading: f.t("plan-heading"), Level: 1, Table: t}
}

func (f *frame) planCells(s *subject, r *planRow) []document.Cell {
	step := f.t("any-level")
	if r.Step != "" {
		step = f.l.T("requirement.step-" + r.Step)
	}
	owner := f.role(r.OwnerRole)
	if r.Proposed {
		owner = f.t("proposed-role", "Role", owner)
	}
	known := f.word("known", r.KnownBy)
	if r.Outdated {
		known += " (" + f.t("outdated") + ")"
	}
	due := f.l.ShortDate(r.DueOn)
	state := f.word("action", r.Action)
	if r.Late {
		state += " (" + f.t("late") + ")"
	}
	var notes []string
	if r.Note != "" {
		notes = append(notes, r.Note)
	}
	if r.AnswerNote != "" {
		notes = append(notes, f.t("answer-note", "Note", r.AnswerNote))
	}
	return []document.Cell{
		s.cell(), document.T(r.Requirement), document.T(r.Is), document.T(f.why(r.Because, r.Laws, r.Conditional)),
		document.T(f.word("status", r.Status)), document.T(known), document.T(f.l.ShortDate(r.KnownOn)), document.T(step),
		document.T(owner), document.T(due), document.T(state), document.T(strings.Join(notes, "\n")),
	}
}
