// SPDX-License-Identifier: EUPL-1.2

package report

import (
	"slices"
	"strings"

	"github.com/insegel/insegel/internal/document"
)

// weaknesses says on the cover whether what is weak is named, and marks the whole document when it is.
func (f *frame) weaknesses(d *document.Document) {
	if !f.request.Weaknesses {
		f.property(d, "weaknesses", f.t("weaknesses-out"))
		return
	}
	f.property(d, "weaknesses", f.t("weaknesses-in"))
	if d.Status != "" {
		d.Status = ". " + d.Status
	}
	d.Status = f.t("secrecy") + d.Status
}

func (r *dossierReport) document(f *frame) *document.Document {
	x := &r.Systems[0]
	d := f.begin("dossier", []*subject{&x.subject})
	if !x.Stop {
		f.decision(d, &r.classified.Systems[0])
	}
	f.weaknesses(d)
	f.property(d, "must-write", f.l.Number(int64(x.Unwritten)))
	d.Sections = append(d.Sections, x.fieldSection(f))
	if x.Stop {
		return f.finish(d, []*subject{&x.subject})
	}
	d.Sections = append(d.Sections, document.Section{Heading: f.t("dossier-classification"), Level: 1})
	d.Sections = append(d.Sections, f.classificationSections(&r.classified.Systems[0], 2)...)
	d.Sections = append(d.Sections, document.Section{Heading: f.t("dossier-evidence"), Level: 1, Paragraphs: []string{f.t("dossier-evidence-guide")}})
	d.Sections = append(d.Sections, x.shownSection(f), x.evidenceSection(f))
	d.Sections = append(d.Sections, x.planSections(f, r.planned)...)
	d.Sections = append(d.Sections, x.riskSection(f))
	return f.finish(d, []*subject{&x.subject})
}

// fieldSection has every field of the register with where it stands. What nobody knows says that somebody must write it.
func (x *dossierSystem) fieldSection(f *frame) document.Section {
	t := &document.Table{Name: f.t("dossier-register"), Columns: []document.Column{
		f.column("field", document.Plain, 26), f.column("value", document.Long, 50), f.column("source", document.Plain, 24),
	}}
	for i := range x.Fields {
		d := &x.Fields[i]
		value := document.T(d.Value)
		switch {
		case d.MustWrite:
			value = document.Cell{Text: f.t("must-write"), Strong: true}
		case d.Value == "":
			value.Text = dash
		}
		t.Rows = append(t.Rows, []document.Cell{{Text: d.Label, Strong: true}, value, document.L(d.Source, f.address(d.Path))})
	}
	return document.Section{Heading: t.Name, Level: 1, Paragraphs: []string{f.t("dossier-fields-guide", "Count", x.Unwritten)}, Table: t}
}

// address is a page of the program; empty when its own address is not known.
func (f *frame) address(path string) string {
	if f.request.Link == "" {
		return ""
	}
	return strings.TrimRight(f.request.Link, "/") + path
}

// shownSection counts the requirements by what is shown of them. What is not named is counted too.
func (x *dossierSystem) shownSection(f *frame) document.Section {
	t := &document.Table{Name: f.t("dossier-shown"), Columns: []document.Column{f.column("shown", document.Plain, 60), f.column("rows", document.Number, 20)}}
	for _, s := range x.Shown {
		t.Rows = append(t.Rows, []document.Cell{document.T(f.t("shown-" + s.Shown)), document.N(s.Count)})
	}
	out := document.Section{Heading: t.Name, Level: 2, Table: t}
	if n := x.Withheld.Requirements; n > 0 {
		out.Paragraphs = []string{f.t("dossier-withheld-requirements", "Count", n)}
	}
	return out
}

// evidenceSection has each requirement's evidence, a row for each thing that it is judged by. On paper a requirement of which nothing is
// known is only counted: the plan names it.
func (x *dossierSystem) evidenceSection(f *frame) document.Section {
	t := &document.Table{Name: f.t("dossier-evidence-rows"), Columns: f.evidenceColumns()}
	bare := 0
	for i := range x.Requirements {
		q := &x.Requirements[i]
		first := []document.Cell{document.L(q.Is, f.address(q.Path)), document.T(f.t("shown-" + q.Shown))}
		if len(q.Evidence) == 0 {
			if bare++; f.flat() {
				t.Rows = append(t.Rows, append(first, document.Cell{}, document.T(f.word("known", "unanswered"))))
			}
			continue
		}
		for n := range q.Evidence {
			t.Rows = append(t.Rows, append(first[:2:2], f.evidenceCells(&q.Evidence[n])...))
		}
	}
	out := document.Section{Heading: t.Name, Level: 2}
	if bare > 0 {
		out.Paragraphs = append(out.Paragraphs, f.t("dossier-bare", "Count", bare))
	}
	if len(t.Rows) == 0 {
		out.Paragraphs = append(out.Paragraphs, f.t("dossier-no-evidence"))
		return out
	}
	out.Table = t
	return out
}

// evidenceColumns has a column for everything where rows are sorted and filtered; on paper what belongs together stands together.
func (f *frame) evidenceColumns() []document.Column {
	out := []document.Column{f.column("requirement", document.Long, 34), f.column("shown", document.Plain, 14), f.column("proof", document.Long, 28)}
	if !f.flat() {
		return append(out, f.column("known-by", document.Plain, 17), f.column("evidence-days", document.Plain, 20))
	}
	return append(out, f.column("known-by", document.Plain, 14), f.column("says", document.Plain, 20), f.column("known-on", document.Date, 12),
		f.column("valid-until", document.Date, 12), f.column("strength", document.Plain, 10))
}

func (f *frame) evidenceCells(e *dossierEvidence) []document.Cell {
	says := f.t("says-" + e.Outcome)
	switch {
	case e.Old:
		says += ", " + f.t("says-old")
	case e.Weak && e.Outcome == "for":
		says += ", " + f.t("says-weak")
	}
	lines := slices.DeleteFunc([]string{e.Name, e.Title, e.Way}, func(s string) bool { return s == "" })
	strength := dash
	if e.Strength != nil {
		strength = f.t("strength-of", "Strength", max(*e.Strength, -*e.Strength))
	}
	known, on, until := f.word("known", e.KnownBy), f.l.ShortDate(e.On), f.l.ShortDate(e.ValidUntil)
	if f.flat() {
		name := document.L(strings.Join(lines, "\n"), f.address(e.Path))
		return []document.Cell{name, document.T(known), document.T(says), document.T(on), document.T(until), document.T(strength)}
	}
	if e.Strength != nil {
		known += "\n" + f.t("strength-is", "Strength", strength)
	}
	if until != "" {
		on += "\n" + f.t("until", "Day", until)
	}
	return []document.Cell{document.L(strings.Join(append(lines, says), "\n"), f.address(e.Path)), document.T(known), document.T(on)}
}

// planSections lay the plan out as the report of its own does, or count it.
func (x *dossierSystem) planSections(f *frame, p *planReport) []document.Section {
	t := x.Tally
	out := []document.Section{{Heading: f.t("dossier-plan"), Level: 1}}
	if !f.request.Weaknesses {
		out[0].Paragraphs = []string{
			f.t("plan-summary-text", "Applies", t.Applies, "Met", t.Met, "Partly", t.Partly, "NotMet", t.NotMet, "Unknown", t.Unknown, "NotApplicable", t.NotApplicable),
			f.t("dossier-actions", "Count", x.Actions.Open, "Late", x.Actions.Late), f.t("dossier-withheld-plan"),
		}
		return out
	}
	var d document.Document
	p.sections(&d, f, len(x.Rows))
	for _, s := range d.Sections {
		s.ID, s.Level = "", min(s.Level+1, 3)
		out = append(out, s)
	}
	return out
}

// riskSection names the risks, or counts them by level.
func (x *dossierSystem) riskSection(f *frame) document.Section {
	total := 0
	counts := &document.Table{Name: f.t("dossier-risks"), Columns: []document.Column{f.column("risk-level", document.Plain, 60), f.column("count", document.Number, 20)}}
	for _, l := range x.RiskLevels {
		total += l.Count
		counts.Rows = append(counts.Rows, []document.Cell{document.T(l.Level), document.N(l.Count)})
	}
	out := document.Section{Heading: f.t("dossier-risks"), Level: 1, Paragraphs: []string{f.t("dossier-risks-text", "Count", total)}}
	switch {
	case total == 0:
		return out
	case !f.request.Weaknesses:
		out.Table, out.Paragraphs = counts, append(out.Paragraphs, f.t("committee-risks-counts"))
		return out
	}
	t := &document.Table{Name: out.Heading, Upright: true, Columns: []document.Column{
		f.column("risk", document.Long, 28), f.column("risk-level", document.Plain, 13), f.column("risk-left", document.Plain, 13),
		f.column("treatment", document.Plain, 14), f.column("owner-role", document.Plain, 18), f.column("due-on", document.Date, 14),
	}}
	for i := range x.Risks {
		r := &x.Risks[i]
		t.Rows = append(t.Rows, []document.Cell{
			document.L(r.Name, f.address(r.Path)), document.T(r.Level), document.T(r.Left), document.T(r.Treatment), document.T(r.OwnerRole), document.T(f.l.ShortDate(r.DueOn)),
		})
	}
	out.Table = t
	return out
}
