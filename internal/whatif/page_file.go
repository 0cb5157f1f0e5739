// SPDX-License-Identifier: EUPL-1.2

package whatif

import (
	"bytes"
	"strings"

	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/document"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/web"
)

func (p *Pages) table(c *web.Context) error {
	v, err := p.Service.Open(c.Context(), c.Actor, ids.ID[Draft](c.Path("id")), c.L)
	if err != nil {
		return gone(err)
	}
	return p.file(c, Document(c.L, v.Compared, v.Name, &v.Outcome, nil))
}

func (p *Pages) nationTable(c *web.Context) error {
	v, err := p.Service.Nation(c.Context(), c.Actor, ids.ID[Draft](c.Path("id")), c.L)
	if err != nil {
		return gone(err)
	}
	return p.file(c, Document(c.L, v.Compared, v.Name, &v.Outcome, v.Nation))
}

func (p *Pages) requirementTable(c *web.Context) error {
	v, err := p.Service.Requirement(c.Context(), c.Actor, ids.ID[Draft](c.Path("id")), c.Path("krav"), c.L)
	if err != nil {
		return gone(err)
	}
	t := c.L.T
	table := &document.Table{Name: t("whatif.systems"), Columns: columnsOf(c.L, "draft", "requirement", "system", "unit", "what", "shown", "because")}
	for i := range v.Systems {
		s := rowOf(c.L, &v.Systems[i])
		shown := ""
		if s.HasShown {
			shown = s.Shown.Word
		}
		table.Rows = append(table.Rows, []document.Cell{
			document.T(v.Edition), document.T(v.Row.ID), document.T(s.Name), document.T(s.Unit), document.T(s.What.Word), document.T(shown),
			document.T(strings.Join(s.Because, "\n")),
		})
	}
	x := Outcome{Base: v.Compared.Base.Catalogue.Edition, Edition: v.Compared.Draft.Catalogue.Edition, On: v.Compared.On}
	return p.file(c, &document.Document{
		Lang: c.L.Lang, Title: v.Row.ID, Status: t("whatif.mark"), Properties: properties(c.L, v.Name, &x),
		Sections: []document.Section{{ID: "system", Heading: t("whatif.systems"), Level: 1, Table: table}},
	})
}

// file gives a document as a workbook or as CSV.
func (p *Pages) file(c *web.Context, doc *document.Document) error {
	format := document.CSV
	if c.Query("format") == string(document.XLSX) {
		format = document.XLSX
	}
	doc.Created = p.Service.DB.Now()
	var b bytes.Buffer
	if err := doc.Write(&b, format); err != nil {
		return err
	}
	return c.Attachment(c.L.T("whatif.file-name")+format.Extension(), format.MediaType(), b.Bytes())
}

func properties(l *locale.Localizer, name string, x *Outcome) []document.Property {
	return []document.Property{
		{Name: l.T("whatif.draft"), Value: name},
		{Name: l.T("whatif.col-draft"), Value: catalogue.DraftOf(x.Edition)},
		{Name: l.T("whatif.base"), Value: x.Base},
		{Name: l.T("whatif.law-of"), Value: x.On.String()},
	}
}

// columnsOf makes columns. The draft's own version stands first on every row, so that no row can be taken for what is in force.
func columnsOf(l *locale.Localizer, keys ...string) []document.Column {
	out := make([]document.Column, len(keys))
	for i, k := range keys {
		out[i] = document.Column{Key: k, Header: l.T("whatif.col-" + k)}
		switch k {
		case "gained", "kept", "lost", "unmet", "unproven", "unknown", "met", "municipalities", "systems", "affected", "changed":
			out[i].Kind = document.Number
		case "because", "text":
			out[i].Kind = document.Long
		}
	}
	return out
}

// Document is what a draft changes, as a document: its rows, and the municipalities of a nation.
func Document(l *locale.Localizer, c *Comparison, name string, x *Outcome, n *Nation) *document.Document {
	keys := []string{"draft", "kind", "id", "text", "what", "gained", "kept", "lost", "unmet", "unproven", "unknown", "met", "because"}
	if n != nil {
		keys = append(keys, "municipalities")
	}
	table := &document.Table{Name: l.T("whatif.changes"), Columns: columnsOf(l, keys...)}
	edition := catalogue.DraftOf(x.Edition)
	add := func(kind, text string, r *Row) {
		because := make([]string, len(r.Because))
		for i, b := range r.Because {
			because[i] = b.Text
		}
		g := &r.Gap
		row := []document.Cell{
			document.T(edition), document.T(l.T("whatif.kind-" + kind)), document.T(r.ID), document.T(text), document.T(l.T("whatif.what-" + r.What)),
			document.N(r.Gained), document.N(r.Kept), document.N(r.Lost), document.N(g.Unmet), document.N(g.Unproven), document.N(g.Unknown), document.N(g.Met),
			document.T(strings.Join(because, "\n")),
		}
		if n != nil {
			row = append(row, document.N(r.Municipalities))
		}
		table.Rows = append(table.Rows, row)
	}
	for i := range x.Requirements {
		text, _ := c.requirementText(l, x.Requirements[i].ID)
		add("requirement", text, &x.Requirements[i])
	}
	for i := range x.Laws {
		text, _ := c.lawText(l, x.Laws[i].ID)
		add("law", text, &x.Laws[i])
	}
	doc := &document.Document{
		Lang: l.Lang, Title: l.T("whatif.title"), Subtitle: name, Status: l.T("whatif.mark"), Properties: properties(l, name, x),
		Sections: []document.Section{{ID: "andringar", Heading: l.T("whatif.changes"), Level: 1, Table: table}},
	}
	if n != nil {
		doc.Sections = append(doc.Sections, document.Section{ID: "kommuner", Heading: l.T("whatif.municipalities"), Level: 1, Table: municipalityTable(l, edition, n)})
	}
	return doc
}

func municipalityTable(l *locale.Localizer, edition string, n *Nation) *document.Table {
	t := &document.Table{
		Name:    l.T("whatif.municipalities"),
		Columns: columnsOf(l, "draft", "code", "municipality", "systems", "affected", "gained", "lost", "changed", "unmet", "unproven", "unknown", "met"),
	}
	for i := range n.Municipalities {
		m := &n.Municipalities[i]
		t.Rows = append(t.Rows, []document.Cell{
			document.T(edition), document.T(m.Code), document.T(m.Name), document.N(m.Systems), document.N(m.Affected), document.N(m.Gained), document.N(m.Lost),
			document.N(m.Changed), document.N(m.Gap.Unmet), document.N(m.Gap.Unproven), document.N(m.Gap.Unknown), document.N(m.Gap.Met),
		})
	}
	return t
}
