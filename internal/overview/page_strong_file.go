// SPDX-License-Identifier: EUPL-1.2

package overview

import (
	"bytes"

	"github.com/insegel/insegel/internal/document"
	"github.com/insegel/insegel/internal/requirement"
	"github.com/insegel/insegel/internal/web"
)

// strongFilePath is where the numbers behind the bars of StrongPath are a file.
const strongFilePath = StrongPath + "/tabell"

// strongListPath is where the table of systems is a file.
const strongListPath = StrongPath + "/lista"

// strongFile answers with what the page's two charts draw: how many systems meet the goal, by how it is known and by unit. No system is named: a
// list of which of them are weak is taken out by itself, which is logged.
func (p *Pages) strongFile(c *web.Context) error {
	goal := strongGoal(c)
	x, err := p.Overview.Strong(c.Context(), c.Actor, goal, c.Query("forvaltning"))
	if err != nil {
		return err
	}
	d := strongPage{Goal: goalNames[goal]}
	d.series(c, &x)
	d.units(c, &x)
	table := func(first string) *document.Table {
		t := c.L.T
		return &document.Table{Name: first, Columns: []document.Column{
			{Key: "of", Header: first},
			{Key: "met", Header: t("overview.strong-met"), Kind: document.Number},
			{Key: "not-met", Header: t("overview.strong-not"), Kind: document.Number},
			{Key: "unknown", Header: t("overview.strong-unknown"), Kind: document.Number},
			{Key: "share", Header: t("overview.share")},
		}}
	}
	row := func(name string, n requirement.Count, share string) []document.Cell {
		return []document.Cell{document.T(name), document.N(n.Met), document.N(n.NotMet), document.N(n.NotShown), document.T(share)}
	}
	known, units := table(c.L.T("overview.known")), table(c.L.T("overview.unit"))
	for i := range d.Series {
		known.Rows = append(known.Rows, row(d.Series[i].Name, d.Series[i].Count, d.Series[i].Share))
	}
	for i := range d.Units {
		units.Rows = append(units.Rows, row(d.Units[i].Name, d.Units[i].Count, d.Units[i].Share))
	}
	doc := document.Document{Lang: c.L.Lang, Title: c.L.T("overview.strong"), Created: x.Today.Time(), Sections: []document.Section{{ID: "spread", Heading: d.Heading, Level: 1, Table: known}}}
	if len(units.Rows) > 0 {
		doc.Sections = append(doc.Sections, document.Section{ID: "units", Heading: d.UnitsHead, Level: 1, Table: units})
	}
	var b bytes.Buffer
	if err := doc.Write(&b, document.CSV); err != nil {
		return err
	}
	return c.Attachment(c.L.T("overview.strong-file")+"-"+d.Goal+"-"+x.Today.String()+document.CSV.Extension(), document.CSV.MediaType(), b.Bytes())
}

// strongList answers with the page's table, every page of it. Like the list of systems it tells what is weak: whoever takes it out shows again who they
// are, and it is logged.
func (p *Pages) strongList(c *web.Context) error {
	format, err := listFormat(c)
	if err != nil {
		return err
	}
	goal := strongGoal(c)
	x, err := p.Overview.ExportStrong(c.Context(), c.Actor, goal, c.Query("forvaltning"))
	if err != nil {
		return err
	}
	t := c.L.T
	table := &document.Table{Name: t("overview.systems"), Caption: t("overview.strong-caption"), Columns: []document.Column{
		{Key: "system", Header: t("overview.system"), Width: 3},
		{Key: "unit", Header: t("overview.unit"), Width: 2},
		{Key: "need", Header: t("overview.need"), Width: 2},
		{Key: "status", Header: t("overview.strong-column")},
		{Key: "way", Header: t("overview.strong-weakest")},
		{Key: "address", Header: t("overview.strong-address"), Width: 2},
		{Key: "method", Header: t("overview.strong-method"), Width: 2},
		{Key: "factors", Header: t("overview.strong-factors")},
		{Key: "loa", Header: t("overview.strong-loa")},
		{Key: "source", Header: t("overview.strong-evidence")},
		{Key: "detail", Header: t("overview.strong-detail"), Width: 2},
		{Key: "seen", Header: t("overview.strong-seen"), Kind: document.Date},
	}}
	for i := range x.Rows {
		r, v := &x.Rows[i], p.strongRow(c, &x, &x.Rows[i])
		seen := ""
		if r.Way != nil && r.Way.By != nil {
			seen = r.Way.By.SeenOn.String()
		}
		row := []document.Cell{}
		for _, text := range []string{v.Name, r.Unit, v.Need, v.Status.Word, v.Way, v.Address, v.Method, v.Factors, v.LoA, t(v.Source.Key()), v.Source.Detail, seen} {
			row = append(row, document.T(text))
		}
		table.Rows = append(table.Rows, row)
	}
	goalName := t("overview.goal-" + goalNames[goal])
	doc := document.Document{
		Lang: c.L.Lang, Title: t("overview.strong"), Subtitle: goalName, Created: x.Today.Time(),
		Properties: []document.Property{{Name: t("overview.export-day"), Value: x.Today.String()}, {Name: t("overview.export-count"), Value: c.L.Number(int64(len(x.Rows)))}},
		Sections:   []document.Section{{ID: "system", Heading: t("overview.strong-table"), Level: 1, Table: table}},
	}
	if c.Query("sekretess") == "1" {
		doc.Status = t("overview.export-secrecy")
	}
	var b bytes.Buffer
	if err := doc.Write(&b, format); err != nil {
		return err
	}
	return c.Attachment(t("overview.strong-list-file")+"-"+goalNames[goal]+"-"+x.Today.String()+format.Extension(), format.MediaType(), b.Bytes())
}
