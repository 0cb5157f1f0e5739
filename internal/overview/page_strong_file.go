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

// strongFile answers with what the page's two charts draw: how many systems meet the goal, by how it is known and by unit. No system is named: a list of
// which of them are weak is taken out with the list of systems, which is logged.
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
