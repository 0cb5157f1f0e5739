// SPDX-License-Identifier: EUPL-1.2

package report

import (
	"cmp"
	"slices"
	"strings"

	"github.com/insegel/insegel/internal/action"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/document"
	"github.com/insegel/insegel/internal/requirement"
)

// entry is one row of one system's plan, when rows of many systems stand together.
type entry struct {
	of  *planSystem
	row *planRow
}

// byPriority sorts the rows of every system into priorities. The order within each is the plan's own.
func (p *planReport) byPriority() map[action.Priority][]entry {
	out := map[action.Priority][]entry{}
	for i := range p.Systems {
		s := &p.Systems[i]
		for j := range s.Rows {
			at := action.Priority(s.Rows[j].Priority)
			out[at] = append(out[at], entry{s, &s.Rows[j]})
		}
	}
	return out
}

// print adds what somebody reads on paper: a summary, what is lacking and what is begun row by row, and what nobody knows by topic. Each
// row has its reason on one line; every reason stands in an appendix when it is asked for, and always in the files to sort and filter.
func (p *planReport) print(d *document.Document, f *frame) {
	rows := p.byPriority()
	d.Sections = append(d.Sections, p.summary(f, rows))
	listed := []action.Priority{action.Now, action.Begun, action.Settle, action.Confirm}
	if !f.single() { // a whole municipality's basic requirements are many: what is known to lack goes first, the rest is counted
		listed = []action.Priority{action.Now, action.Begun, action.Confirm}
	}
	for _, at := range listed {
		if len(rows[at]) > 0 {
			d.Sections = append(d.Sections, f.priority(at, rows[at]))
		}
	}
	var open []entry
	for _, at := range action.Priorities {
		if !slices.Contains(listed, at) {
			open = append(open, rows[at]...)
		}
	}
	if len(open) > 0 {
		d.Sections = append(d.Sections, f.topics(open))
	}
	if f.request.Reasons {
		t := p.table(f)
		t.Heading = f.t("plan-appendix")
		t.Table.Name = t.Heading
		d.Sections = append(d.Sections, t)
	}
}

// summary counts the rows by priority: what there is, what somebody has taken on, and what is late.
func (p *planReport) summary(f *frame, rows map[action.Priority][]entry) document.Section {
	t := &document.Table{Name: f.t("plan-summary"), Columns: []document.Column{
		f.column("priority", document.Plain, 22), f.column("meaning", document.Long, 42), f.column("rows", document.Number, 8),
		f.column("taken", document.Number, 14), f.column("late", document.Number, 14),
	}}
	for _, at := range action.Priorities {
		taken, late := 0, 0
		for _, e := range rows[at] {
			if e.row.Action != noAction {
				taken++
			}
			if e.row.Late {
				late++
			}
		}
		if (at == action.Confirm || at == action.Begun) && len(rows[at]) == 0 {
			continue
		}
		t.Rows = append(t.Rows, []document.Cell{
			{Text: f.t("priority-" + string(at)), Strong: at == action.Now},
			document.T(f.t("priority-text-" + string(at))),
			document.N(len(rows[at])), document.N(taken), document.N(late),
		})
	}
	y := &p.Tally
	text := f.t("plan-summary-text", "Applies", y.Applies, "Met", y.Met, "Partly", y.Partly, "NotMet", y.NotMet, "Unknown", y.Unknown, "NotApplicable", y.NotApplicable)
	where := f.t("plan-where")
	switch {
	case f.request.Kind == Dossier:
		where = f.t("plan-where-dossier")
	case f.request.Reasons:
		where = f.t("plan-where-appendix")
	}
	return document.Section{Heading: f.t("plan-summary"), Level: 1, Paragraphs: []string{text, where}, Table: t}
}

// priority lists the rows of one priority. Of many systems each row says which. Of what nobody has taken on and nobody knows there is only
// who is proposed to.
func (f *frame) priority(at action.Priority, rows []entry) document.Section {
	name := f.t("priority-" + string(at))
	t := &document.Table{Name: name, Columns: []document.Column{
		f.column("requirement", document.Long, 34), f.column("why-short", document.Long, 27), f.column("status", document.Plain, 12),
		f.column("owner", document.Plain, 15), f.column("due-on", document.Plain, 12),
	}}
	if at == action.Settle {
		t.Columns = []document.Column{f.column("requirement", document.Long, 44), f.column("why-short", document.Long, 36), f.column("proposed", document.Plain, 20)}
	}
	for _, e := range rows {
		is := e.row.Is
		if !f.single() {
			is = e.of.System + ": " + is
		}
		cells := []document.Cell{document.T(is), document.T(f.brief(&e.of.subject, e.row))}
		if at == action.Settle {
			cells = append(cells, document.T(f.role(e.row.OwnerRole)))
		} else {
			cells = append(cells, document.T(f.state(e.row)), document.T(f.who(e.row)), document.T(f.when(e.row)))
		}
		t.Rows = append(t.Rows, cells)
	}
	return document.Section{Heading: name, Level: 1, Paragraphs: []string{f.t("priority-text-" + string(at))}, Table: t}
}

// topics counts what is left by what it is about, most first.
func (f *frame) topics(rows []entry) document.Section {
	type group struct {
		name        string
		laws        []string
		roles       map[string]int
		total, must int
	}
	groups := map[string]*group{}
	for _, e := range rows {
		g := groups[e.row.Topic]
		if g == nil {
			g = &group{name: f.topic(e.row.Topic), roles: map[string]int{}}
			groups[e.row.Topic] = g
		}
		g.total++
		if e.row.Must {
			g.must++
		}
		g.roles[e.row.OwnerRole]++
		g.laws = append(g.laws, lawNames(e.row.Laws)...)
	}
	t := &document.Table{Name: f.t("plan-topics"), Columns: []document.Column{
		f.column("topic", document.Plain, 30), f.column("rows", document.Number, 9), f.column("shall", document.Number, 9),
		f.column("why-short", document.Long, 34), f.column("proposed", document.Plain, 22),
	}}
	list := make([]*group, 0, len(groups))
	for _, g := range groups {
		list = append(list, g)
	}
	slices.SortFunc(list, func(a, b *group) int {
		return cmp.Or(cmp.Compare(b.must, a.must), cmp.Compare(b.total, a.total), strings.Compare(a.name, b.name))
	})
	for _, g := range list {
		t.Rows = append(t.Rows, []document.Cell{
			document.T(g.name), document.N(g.total), document.N(g.must), document.T(f.commonest(g.laws)), document.T(f.mostly(g.roles)),
		})
	}
	return document.Section{Heading: f.t("plan-topics"), Level: 1, Paragraphs: []string{f.t("plan-topics-text", "Count", len(rows))}, Table: t}
}

// topic gives the name of a topic of requirements.
func (f *frame) topic(id string) string {
	if t, ok := f.catalogue.Topic(id); ok {
		return t.Name.In(f.lang)
	}
	return id
}

// maxLaws is how many rules a reason on one line names.
const maxLaws = 2

// brief gives the reason of a row on one line: what there is about the system, the levels that call for it, and the rules.
func (f *frame) brief(s *subject, r *planRow) string {
	var parts, levels []string
	if r.Conditional {
		parts = append(parts, f.t("may-apply"))
	}
	about := ""
	for _, b := range r.Because {
		switch b.Kind {
		case requirement.BecauseLevel:
			if l, ok := s.byName(b.Ref); ok && l.Level != nil {
				levels = append(levels, f.letter(b.Ref)+" "+f.l.Number(int64(*l.Level)))
			}
		case requirement.BecauseRule: // the laws below
		default:
			if about == "" && b.Ref != requirement.BecauseAlways {
				about = strings.TrimSuffix(b.Text, ".")
			}
		}
	}
	if about != "" {
		parts = append(parts, about)
	}
	if len(levels) > 0 {
		parts = append(parts, strings.Join(levels, ", "))
	}
	if laws := f.commonest(lawNames(r.Laws)); laws != "" {
		parts = append(parts, laws)
	}
	if len(parts) == 0 {
		return f.t("good-practice")
	}
	return strings.Join(parts, "; ")
}

// byName finds a level by its aspect's name.
func (s *subject) byName(aspect string) (*level, bool) {
	i := slices.IndexFunc(s.Levels, func(l level) bool { return l.Aspect == aspect })
	if i < 0 {
		return nil, false
	}
	return &s.Levels[i], true
}

// letter is the letter of an aspect.
func (f *frame) letter(aspect string) string {
	for a := range catalogue.Aspect(catalogue.NumAspects) {
		if a.String() == aspect {
			return a.Letter(f.lang)
		}
	}
	return aspect
}

// lawNames are the names of laws, those that demand it in so many words first.
func lawNames(laws []law) []string {
	var out, derived []string
	for _, l := range laws {
		if l.Basis == catalogue.BasisExplicit {
			out = append(out, l.Name)
		} else {
			derived = append(derived, l.Name)
		}
	}
	return append(out, derived...)
}

// commonest names the laws that are named most, and says how many more there are. Among equals the first goes first.
func (f *frame) commonest(names []string) string {
	counts, order := map[string]int{}, []string(nil)
	for _, n := range names {
		if counts[n] == 0 {
			order = append(order, n)
		}
		counts[n]++
	}
	slices.SortStableFunc(order, func(a, b string) int { return cmp.Compare(counts[b], counts[a]) })
	if len(order) > maxLaws {
		return f.t("laws-more", "Laws", strings.Join(order[:maxLaws], ", "))
	}
	return strings.Join(order, ", ")
}

// mostly names the role that most rows are proposed for, and says that there are others.
func (f *frame) mostly(roles map[string]int) string {
	best := ""
	for r, n := range roles {
		if best == "" || n > roles[best] || n == roles[best] && r < best {
			best = r
		}
	}
	if len(roles) > 1 {
		return f.t("roles-more", "Role", f.role(best))
	}
	return f.role(best)
}

// state tells how a row stands, how that is known, and since when.
func (f *frame) state(r *planRow) string {
	out := f.word("status", r.Status)
	if r.KnownOn.IsZero() {
		return out
	}
	out += "\n" + f.word("known", r.KnownBy) + " " + f.l.ShortDate(r.KnownOn)
	if r.Outdated {
		out += "\n" + f.t("outdated")
	}
	return out
}

// who tells who has taken a row on, or who is proposed to.
func (f *frame) who(r *planRow) string {
	switch role := f.role(r.OwnerRole); {
	case r.Proposed:
		return f.t("proposed-role", "Role", role)
	case r.Person == "":
		return role
	case r.OwnerRole == "":
		return r.Person
	default:
		return r.Person + " (" + role + ")"
	}
}

// when tells by when a row is to be done, and how far it has come.
func (f *frame) when(r *planRow) string {
	if r.Action == noAction {
		return dash
	}
	out := f.word("action", r.Action)
	if !r.DueOn.IsZero() {
		out = f.l.ShortDate(r.DueOn) + "\n" + out
	}
	if r.Late {
		out += " (" + f.t("late") + ")"
	}
	return out
}
