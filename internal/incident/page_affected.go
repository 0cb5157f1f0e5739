// SPDX-License-Identifier: EUPL-1.2

package incident

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/document"
	"github.com/insegel/insegel/internal/organisation"
	"github.com/insegel/insegel/internal/requirement"
	"github.com/insegel/insegel/internal/supplier"
	"github.com/insegel/insegel/internal/system"
	"github.com/insegel/insegel/internal/web"
)

// affectedPart is what is hit, as both a supplier's page and an incident's show it.
type affectedPart struct {
	Sum, Persons, Beyond string
	Highest              []cell
	Systems              []hitRow
	Information          []informationRow
	Dependents           []dependentRow
	DependentsMore       string
	Weaknesses           []weakRow
	Unknown              string
	Tell                 []tellRow
	Processings          []web.Link
}

type hitRow struct {
	Name, Href, Unit, Persons string
	Stopped                   bool
	Levels                    []cell
	Agreed                    web.Tag
	Dossier                   string
}

type informationRow struct {
	Name    string
	Systems int
	Tags    []web.Tag
}

type dependentRow struct{ Name, Href, Unit, Over string }

type weakRow struct {
	System, Text, Href string
	Tag                web.Tag
}

// tellRow is somebody who must be told.
type tellRow struct {
	Who, How string
	Unknown  bool
}

// hit draws what is hit.
func (p *Pages) hit(c *web.Context, a *Affected) affectedPart {
	t := c.L.T
	d := affectedPart{
		Sum:     t("incident.hit-sum", "Systems", len(a.Hits)+a.Beyond, "Units", len(a.Units), "Information", len(a.Information), "Dependents", a.DependentCount),
		Persons: registerPersons(c, a), Highest: levels(c, a.Model, a.Highest), Tell: tell(c, a),
	}
	if a.Beyond > 0 {
		d.Beyond = t("incident.beyond", "Count", a.Beyond)
	}
	for i := range a.Hits {
		d.Systems = append(d.Systems, hitOf(c, &a.Hits[i]))
	}
	for i := range a.Information {
		x := &a.Information[i]
		row := informationRow{Name: x.Name, Systems: x.Systems}
		for _, m := range x.Marks {
			row.Tags = append(row.Tags, web.Tag{Kind: "warn", Icon: "warn", Word: t("incident.mark-" + dashed(m))})
		}
		if x.Suggested {
			row.Tags = append(row.Tags, web.Tag{Icon: "q", Word: t("incident.not-confirmed")})
		}
		d.Information = append(d.Information, row)
	}
	for i := range a.Dependents {
		x := &a.Dependents[i]
		row := dependentRow{Name: x.Name, Unit: x.Unit, Over: x.Over}
		if access.Allowed(c.Actor, "overview.Dependencies") {
			row.Href = "/system/" + x.Slug + "/beroenden"
		}
		d.Dependents = append(d.Dependents, row)
	}
	if more := a.DependentCount - len(a.Dependents); more > 0 {
		d.DependentsMore = t("incident.and-more", "Count", more)
	}
	for i := range a.Weaknesses {
		x := &a.Weaknesses[i]
		row := weakRow{System: x.System, Text: x.Text, Href: "/system/" + x.Slug + "/krav", Tag: requirement.PageStatus(c.L, x.Status)}
		if x.Shown == requirement.Contradicted {
			row.Tag = web.Tag{Kind: "warn", Icon: "warn", Word: t("incident.contradicted")} // either side can be right
		}
		d.Weaknesses = append(d.Weaknesses, row)
	}
	if a.Unknown > 0 {
		d.Unknown = t("incident.unknown-requirements", "Count", a.Unknown)
	}
	for i := range a.Processings {
		x := &a.Processings[i]
		d.Processings = append(d.Processings, web.Link{Label: x.Name, Href: x.Path()})
	}
	return d
}

func hitOf(c *web.Context, h *AffectedSystem) hitRow {
	s := &h.System
	row := hitRow{Name: s.Name, Href: "/system/" + s.Slug, Unit: s.Unit, Stopped: h.Need.Stop, Agreed: web.OK(c.L.T("incident.agreed"))}
	if s.DataSubjects != nil {
		row.Persons = c.L.Number(*s.DataSubjects)
	}
	if !h.Agreed {
		row.Agreed = web.Tag{Kind: "warn", Icon: "warn", Word: c.L.T("incident.not-agreed")}
	}
	if !h.Need.Stop {
		row.Levels = levels(c, h.Need.Model, h.Need.Steps())
	}
	if access.AllowedAt(c.Actor, "incident.SystemPack", s.UnitID) {
		row.Dossier = "/system/" + s.Slug + "/underlag?format=docx"
	}
	return row
}

// tell lists whom to tell: those who answer for the systems, the data protection officer and the supplier.
func tell(c *web.Context, a *Affected) []tellRow {
	t := c.L.T
	out := []tellRow{{Who: t("incident.tell-dpo"), How: a.Common.DPO, Unknown: a.Common.DPO == ""}}
	if a.Supplier != nil {
		out = append(out, tellRow{Who: t("incident.tell-supplier", "Name", a.Supplier.Name), How: a.Supplier.IncidentContact, Unknown: a.Supplier.IncidentContact == ""})
	}
	for i := range a.Hits {
		h := &a.Hits[i]
		row := tellRow{Who: t("incident.tell-owner", "Name", h.System.Name), How: h.System.OwnerRole}
		if r, ok := h.Answering[organisation.Owner]; ok && !r.Gone {
			row.How = strings.TrimPrefix(row.How+", "+r.Left, ", ")
		}
		row.Unknown = row.How == ""
		out = append(out, row)
	}
	return out
}

type affectedPage struct {
	web.Page
	Lead    string
	Actions []web.Link
	Hit     affectedPart
	Duties  []dutyRow
	Outside []string
}

// affected is the page for the morning after: who is hit, what the law asks and by when, and the first report.
func (p *Pages) affected(c *web.Context) error {
	a, duties, err := p.Service.Affected(c.Context(), c.Actor, c.Path("id"), c.L)
	if err != nil {
		return err
	}
	t, path := c.L.T, a.Supplier.Path()
	d := affectedPage{
		Page: web.Page{Title: t("incident.affected", "Name", a.Supplier.Name), Active: supplier.Menu, Crumbs: []web.Crumb{
			{Label: t("incident.suppliers"), Href: supplier.Place}, {Label: a.Supplier.Name, Href: path}, {Label: t("incident.affected-short")},
		}},
		Hit: p.hit(c, &a),
	}
	// Who comes here asks who is hit, so the answer stands first, and not a second time further down.
	d.Lead = t("incident.affected-lead") + " " + d.Hit.Sum + " " + d.Hit.Persons
	d.Hit.Sum, d.Hit.Persons = "", ""
	for _, f := range a.Facilities {
		d.Outside = append(d.Outside, f.Name)
	}
	if access.Allowed(c.Actor, "incident.SupplierPack") {
		d.Actions = append(d.Actions, web.Link{Label: t("incident.first-report-docx"), Href: path + affectedPath + "/underlag?format=docx", Icon: "dl"})
	}
	if access.Allowed(c.Actor, "incident.Report") {
		d.Actions = append(d.Actions, web.Link{Label: t("incident.new-from-supplier"), Href: Place + "/ny?leverantor=" + a.Supplier.ID.String(), Icon: "warn", Primary: true})
	}
	v := View{Facts: Facts{"security_protection": Yes}} // no decision is made here
	for i := range duties {
		if duties[i].Kind != KindDuty || !duties[i].period.Fixed() && duties[i].Applies != Yes {
			continue
		}
		row := p.dutyRow(c, &v, &duties[i])
		row.Clock.When = duties[i].Time.In(lang(c))
		if duties[i].period.Fixed() {
			row.Clock.When = t("incident.within", "Span", within(c, duties[i].period), "From", t("incident.from-"+duties[i].From))
		}
		d.Duties = append(d.Duties, row)
	}
	return c.Render(templates, "affected.html", d)
}

// within writes a period in words.
func within(c *web.Context, p Period) string {
	if p.Months > 0 {
		return c.L.T("incident.months", "Count", p.Months)
	}
	return c.L.T("incident.hours", "Count", p.Hours)
}

func (p *Pages) supplierPack(c *web.Context) error {
	pack, err := p.Service.SupplierPack(c.Context(), c.Actor, c.Path("id"), c.L)
	if err != nil {
		return err
	}
	return p.send(c, &pack, "incidentrapport-leverantor")
}

func (p *Pages) dossier(c *web.Context) error {
	pack, err := p.Service.SystemPack(c.Context(), c.Actor, c.Path("slug"), c.L)
	if err != nil {
		return err
	}
	return p.send(c, &pack, "underlag-"+system.Slug(c.Path("slug")))
}

func (p *Pages) pack(c *web.Context) error {
	pack, err := p.Service.Pack(c.Context(), c.Actor, c.Path("id"), c.Path("sort"), c.L)
	if err != nil {
		return err
	}
	return p.send(c, &pack, "incident-"+system.Slug(c.Path("id"))+"-"+pack.ID)
}

// send writes a pack as a document for people, or as JSON.
func (p *Pages) send(c *web.Context, pack *Pack, name string) error {
	name += "-" + day(pack.Made)
	if c.Query("format") == "json" {
		b, err := json.MarshalIndent(pack, "", "  ")
		if err != nil {
			return err
		}
		return c.Attachment(name+".json", "application/json", b)
	}
	format, err := document.ParseFormat(c.Query("format"))
	if err != nil || format != document.DOCX && format != document.HTML {
		return &web.Error{Status: http.StatusBadRequest, Key: "incident.fault-format", Err: err}
	}
	var b bytes.Buffer
	if err := pack.document(c, p.Link).Write(&b, format); err != nil {
		return err
	}
	return c.Attachment(name+format.Extension(), format.MediaType(), b.Bytes())
}

// document lays a pack out: what it is, and every field with where it comes from and what somebody must write.
func (p *Pack) document(c *web.Context, link string) *document.Document {
	t := c.L.T
	d := &document.Document{
		Lang: c.L.Lang, Title: p.Name, Subtitle: p.Organisation, Created: p.Made.In(civil.Location()), Author: p.Organisation, Status: t("incident.pack-draft"),
		Properties: []document.Property{{Name: t("incident.pack-made"), Value: c.L.Moment(p.Made)}},
	}
	property := func(key, value string) {
		if value != "" {
			d.Properties = append(d.Properties, document.Property{Name: t("incident.pack-" + key), Value: value})
		}
	}
	property("receiver", p.Receiver)
	property("due", p.Due)
	if p.Law != "" && !p.Verified {
		property("law", p.Law+" ("+t("incident.unverified")+")")
	} else {
		property("law", p.Law)
	}
	intro := []string{t("incident.secrecy"), t("incident.pack-whole")}
	if n := p.Missing(); n > 0 {
		intro[1] = t("incident.pack-intro", "Count", n)
	}
	if p.Drill {
		intro = append([]string{t("incident.pack-drill")}, intro...)
	}
	table := &document.Table{Name: t("incident.pack-sheet"), Columns: []document.Column{
		{Key: "field", Header: t("incident.pack-field"), Width: 37, Kind: document.Long},
		{Key: "value", Header: t("incident.pack-value"), Width: 56, Kind: document.Long},
		{Key: "source", Header: t("incident.pack-source"), Width: 22, Kind: document.Long},
	}}
	for i := range p.Fields {
		f := &p.Fields[i]
		value, source := document.T(f.Value), document.T(f.Source)
		if f.MustWrite {
			value = document.Cell{Text: strings.TrimSpace(t("incident.pack-write") + " " + f.Help), Strong: true}
		}
		if link != "" && f.Path != "" {
			source = document.L(f.Source, link+f.Path)
		}
		table.Rows = append(table.Rows, []document.Cell{{Text: f.Label, Strong: true}, value, source})
	}
	d.Sections = []document.Section{{ID: "underlag", Heading: t("incident.pack-heading"), Level: 1, Paragraphs: intro, Table: table}}
	return d
}

type drillReportPage struct {
	web.Page
	Lead   string
	Lacks  []textRow
	Back   string
	Export string
}

func (p *Pages) drillReport(c *web.Context) error {
	r, err := p.Service.DrillReport(c.Context(), c.Actor, c.Path("id"), c.L)
	if err != nil {
		return err
	}
	t := c.L.T
	lacks := make([]textRow, len(r.Lacks))
	for i, l := range r.Lacks {
		args := l.Args
		if l.About != "" {
			args = append(args, "What", p.about(c, l.About))
		}
		lacks[i] = textRow{t("incident.lack-" + l.Kind + "-short"), t("incident.lack-"+l.Kind, args...)}
	}
	if c.Query("format") != "" {
		return sendDrill(c, &r, lacks)
	}
	d := drillReportPage{
		Page: base(c, t("incident.drill-report"), web.Crumb{Label: r.Texts[Title], Href: r.Path()}, web.Crumb{Label: t("incident.drill-report")}),
		Lead: t("incident.drill-report-lead", "Count", len(lacks)), Lacks: lacks, Back: r.Path(), Export: r.Path() + "/lardomar?format=docx",
	}
	return c.Render(templates, "drill.html", d)
}

// about names a question or a duty.
func (p *Pages) about(c *web.Context, id string) string {
	if r, ok := p.Service.Rules.Rule(id); ok && r.Kind != KindCriterion {
		return "”" + r.Trigger.In(lang(c)) + "”"
	}
	return p.factName(c, id)
}

func sendDrill(c *web.Context, r *Drilled, lacks []textRow) error {
	t := c.L.T
	table := &document.Table{Name: t("incident.pack-sheet"), Columns: []document.Column{
		{Key: "what", Header: t("incident.drill-what"), Width: 30, Kind: document.Long}, {Key: "lack", Header: t("incident.drill-lack"), Width: 80, Kind: document.Long},
	}}
	for _, l := range lacks {
		table.Rows = append(table.Rows, []document.Cell{{Text: l.Label, Strong: true}, document.T(l.Text)})
	}
	d := &document.Document{
		Lang: c.L.Lang, Title: t("incident.drill-report"), Subtitle: r.Texts[Title], Created: r.Now.In(civil.Location()), Author: r.Affected.Organisation.Name,
		Properties: []document.Property{
			{Name: t("incident.drill-organisation"), Value: r.Affected.Organisation.Name},
			{Name: t("incident.drill-began"), Value: c.L.Moment(r.CreatedAt)},
			{Name: t("incident.pack-made"), Value: c.L.Moment(r.Now)},
		},
		Sections: []document.Section{{
			ID: "brister", Heading: t("incident.drill-missing"), Level: 1, Paragraphs: []string{t("incident.drill-report-lead", "Count", len(lacks)), took(c, r)}, Table: table,
		}},
	}
	var b bytes.Buffer
	if err := d.Write(&b, document.DOCX); err != nil {
		return err
	}
	return c.Attachment("ovning-"+day(r.Now)+".docx", document.DOCX.MediaType(), b.Bytes())
}

// took tells how long it took until the organisation said that it knew.
func took(c *web.Context, r *Drilled) string {
	if r.AwareAt.IsZero() {
		return c.L.T("incident.drill-never-aware")
	}
	return c.L.T("incident.drill-aware-after", "Span", span(c, max(time.Duration(0), r.AwareAt.Sub(r.CreatedAt))))
}
