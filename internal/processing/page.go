// SPDX-License-Identifier: EUPL-1.2

package processing

import (
	"context"
	"embed"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/web"
)

//go:embed *.html
var templateFiles embed.FS

var templates = web.Parse(templateFiles)

// Menu is the name of the menu entry that the pages belong to.
const Menu = "processing"

// Place is where the record stands.
const Place = "/behandlingar"

// Measure is a protection that a linked system is known to have, and how it is known.
type Measure struct {
	System, Text, Href string
	Source             web.Source
}

// Pages are the pages of the record.
type Pages struct {
	Service *Service
	// Measures gives the protections that systems are known to have; a later slice knows. It may be nil.
	Measures func(ctx context.Context, c *web.Context, systems []string) ([]Measure, error)
	// Export is the address of the record as a file, without its format; empty hides the buttons.
	Export string
}

// Routes registers the pages.
func (p *Pages) Routes(s *web.Site) {
	s.Handle("GET "+Place, "processing.List", p.list)
	s.Handle("GET "+Place+"/ny", "processing.Create", p.add)
	s.Handle("POST "+Place+"/ny", "processing.Create", p.create)
	s.Handle("GET "+Place+"/gemensamt", "processing.SetCommon", p.common)
	s.Handle("POST "+Place+"/gemensamt", "processing.SetCommon", p.setCommon)
	s.Handle("GET "+Place+"/{slug}", "processing.Open", p.open)
	s.Handle("POST "+Place+"/{slug}/hamta", "processing.Prefill", p.prefill)
	s.Handle("GET "+Place+"/{slug}/andra/{group}", "processing.Save", p.edit)
	s.Handle("POST "+Place+"/{slug}/andra/{group}", "processing.Save", p.save)
	s.Handle("GET "+Place+"/{slug}/kopplingar", "processing.Link", p.links)
	s.Handle("POST "+Place+"/{slug}/kopplingar", "processing.Link", p.saveLinks)
	s.Handle("GET "+Place+"/{slug}/ta-bort", "processing.Delete", p.askDelete)
	s.Handle("POST "+Place+"/{slug}/ta-bort", "processing.Delete", p.remove)
}

// Path is the address of a processing's page.
func (p *Processing) Path() string { return Place + "/" + p.Slug }

// groupNames are the groups as they stand in addresses.
var groupNames = map[Group]string{
	What: "grunduppgifter", Why: "andamal", Whose: "uppgifter", Sharing: "mottagare", Keeping: "bevarande", Links: "kopplingar",
}

// groupPath is where a group is changed.
func (p *Processing) groupPath(g Group) string {
	if g == Links {
		return p.Path() + "/kopplingar"
	}
	return p.Path() + "/andra/" + groupNames[g]
}

// shownGroups are the groups that a processing of the role has: a processor answers for no purposes or grounds.
func shownGroups(role string) []Group {
	if role == Processor {
		return []Group{What, Whose, Sharing, Keeping}
	}
	return []Group{What, Why, Whose, Sharing, Keeping}
}

// line is one fact of an entry.
type line struct {
	Label, Value string
	// Items are the values of a list, each on a line of its own.
	Items []string
	// Missing is where it is filled in, when it lacks; empty when the reader may not.
	Unknown bool
}

// section is one group of an entry.
type section struct {
	ID, Title, Edit string
	Lines           []line
}

// gapRow is one thing that lacks.
type gapRow struct {
	Text, Article, Href string
	Systems             []web.Link
}

type openPage struct {
	web.Page
	P          *Entry
	Tags       []web.Tag
	Actions    []web.Link
	Gaps       []gapRow
	Sections   []section
	Systems    []systemRow
	Info       []web.Link
	EditLinks  string
	Beyond     int
	Fills      bool
	Prefill    string
	Measures   []Measure
	HasSystems bool
	Delete     string
	Common     string
}

type systemRow struct {
	Name, Href, Supplier, SupplierHref string
	Tag                                web.Tag
}

func (p *Pages) open(c *web.Context) error {
	v, err := p.Service.Open(c.Context(), c.Actor, c.Path("slug"))
	if err != nil {
		return err
	}
	e := &v.Entry
	may := func(action string) bool { return access.AllowedAt(c.Actor, action, e.UnitID) }
	d := openPage{
		Page: web.Page{Title: e.Name, Active: Menu, Crumbs: []web.Crumb{{Label: c.L.T("processing.title"), Href: Place}, {Label: e.Name}}},
		P:    e, Tags: tags(c, e), Beyond: e.Beyond, HasSystems: len(e.Systems)+e.Beyond > 0,
	}
	for i := range e.Gaps {
		d.Gaps = append(d.Gaps, gap(c, e, &e.Gaps[i]))
	}
	for _, g := range shownGroups(e.Role) {
		s := section{ID: string(g), Title: c.L.T("processing.group-" + string(g)), Lines: lines(c, &v, g)}
		if may("processing.Save") {
			s.Edit = e.groupPath(g)
		}
		d.Sections = append(d.Sections, s)
	}
	d.links(c, e)
	if may("processing.Link") {
		d.EditLinks = e.groupPath(Links)
	}
	if v.Fills && may("processing.Prefill") {
		d.Fills, d.Prefill = true, e.Path()+"/hamta"
	}
	if may("processing.Delete") {
		d.Delete = e.Path() + "/ta-bort"
	}
	d.Actions = []web.Link{{Label: c.L.T("processing.history"), Href: e.Path() + "/historik", Icon: "clock"}}
	if !access.Allowed(c.Actor, "overview.ProcessingHistory") {
		d.Actions = nil
	}
	if p.Measures != nil && len(e.Systems) > 0 {
		var slugs []string
		for i := range e.Systems {
			slugs = append(slugs, e.Systems[i].ID.String())
		}
		if d.Measures, err = p.Measures(c.Context(), c, slugs); err != nil {
			return err
		}
	}
	return c.Render(templates, "open.html", d)
}

func (d *openPage) links(c *web.Context, e *Entry) {
	for i := range e.Systems {
		l := &e.Systems[i]
		r := systemRow{Name: l.Name, Href: "/system/" + l.Slug, Supplier: l.Supplier}
		if l.SupplierID != "" && access.Allowed(c.Actor, "overview.Supplier") {
			r.SupplierHref = "/leverantorer/" + l.SupplierID
		}
		switch {
		case l.SupplierID == "":
			r.Tag = web.Tag{}
		case !l.agreed():
			r.Tag = web.Tag{Kind: "warn", Icon: "warn", Word: c.L.T("processing.no-agreement")}
		case l.ProcessorAgreement == "not-needed":
			r.Tag = web.Tag{Word: c.L.T("processing.agreement-not-needed")}
		default:
			r.Tag = web.OK(c.L.T("processing.has-agreement"))
		}
		d.Systems = append(d.Systems, r)
	}
	for i := range e.Information {
		x := &e.Information[i]
		id := x.TypeID
		if id == "" {
			id = x.ID.String()
		}
		d.Info = append(d.Info, web.Link{Label: x.Name, Href: "/information/" + id})
	}
}

// tags say what is to be seen at once about an entry.
func tags(c *web.Context, e *Entry) []web.Tag {
	out := []web.Tag{{Icon: "doc", Word: c.L.T("processing.role-" + e.Role)}}
	if e.State != Unknown {
		out = append(out, web.Tag{Icon: "clock", Word: c.L.T("processing.state-" + e.State)})
	}
	if e.Special == "yes" {
		out = append(out, web.Tag{Kind: "info", Icon: "lock", Word: c.L.T("processing.tag-special")})
	}
	if e.Criminal == "yes" {
		out = append(out, web.Tag{Kind: "info", Icon: "lock", Word: c.L.T("processing.tag-criminal")})
	}
	if e.Transfer == "yes" {
		out = append(out, web.Tag{Kind: "warn", Icon: "out", Word: c.L.T("processing.tag-transfer")})
	}
	return out
}

// gap says what lacks, and where it is mended.
func gap(c *web.Context, e *Entry, g *Gap) gapRow {
	r := gapRow{Text: g.text(c.L), Article: c.L.T("processing.article", "Article", g.Article)}
	switch {
	case g.Group == Links && access.AllowedAt(c.Actor, "processing.Link", e.UnitID):
		r.Href = e.groupPath(Links)
	case g.Group != "" && access.AllowedAt(c.Actor, "processing.Save", e.UnitID):
		r.Href = e.groupPath(g.Group) + "#" + inputName(g.Field)
	case (g.Kind == "contact" || g.Kind == "dpo") && access.Allowed(c.Actor, "processing.SetCommon"):
		r.Href = Place + "/gemensamt"
	}
	if g.Kind == "dpo" && access.Allowed(c.Actor, "processing.SetCommon") {
		r.Href = Place + "/gemensamt"
	}
	for i := range g.Systems {
		r.Systems = append(r.Systems, web.Link{Label: g.Systems[i].Name, Href: "/system/" + g.Systems[i].Slug})
	}
	return r
}

// lines are the facts of one group. What lacks is said as not stated.
func lines(c *web.Context, v *View, g Group) []line {
	var out []line
	add := func(l line) {
		l.Unknown = l.Value == "" && len(l.Items) == 0
		out = append(out, l)
	}
	for i := range inputs {
		in := &inputs[i]
		if in.group != g || in.column == "name" || !in.isFor(v.Role) || in.optional && in.value(&v.Processing) == "" {
			continue
		}
		add(in.line(c, &v.Processing))
		if in.column == "state" {
			add(line{Label: c.L.T("processing.field-enhet"), Value: v.Unit})
		}
	}
	if g != What {
		return out
	}
	add(line{Label: c.L.T("processing.common-contact"), Value: v.Common.Contact})
	if v.Common.Representative != "" {
		add(line{Label: c.L.T("processing.common-representative"), Value: v.Common.Representative})
	}
	if v.DPO == "" {
		add(line{Label: c.L.T("processing.common-dpo"), Value: v.Common.DPO})
	}
	return out
}

func (p *Pages) prefill(c *web.Context) error {
	v, err := p.Service.Open(c.Context(), c.Actor, c.Path("slug"))
	if err != nil {
		return err
	}
	groups, err := p.Service.Prefill(c.Context(), c.Actor, c.Path("slug"))
	switch {
	case errors.Is(err, db.ErrConflict):
		return c.Redirect(v.Path(), "processing.prefill-conflict")
	case err != nil:
		return err
	case len(groups) == 0:
		return c.Redirect(v.Path(), "processing.prefilled-nothing")
	}
	return c.Redirect(v.Path(), "processing.prefilled")
}

// askPage asks before an entry is taken away for good.
type askPage struct {
	web.Page
	Name, Action, Back, Version string
}

func (p *Pages) askDelete(c *web.Context) error {
	v, err := p.Service.Open(c.Context(), c.Actor, c.Path("slug"))
	if err != nil {
		return err
	}
	return c.Render(templates, "delete.html", askPage{
		Page: web.Page{Title: c.L.T("processing.delete-title", "Name", v.Name), Active: Menu, Crumbs: []web.Crumb{
			{Label: c.L.T("processing.title"), Href: Place}, {Label: v.Name, Href: v.Path()}, {Label: c.L.T("processing.delete")},
		}},
		Name: v.Name, Action: v.Path() + "/ta-bort", Back: v.Path(), Version: strconv.FormatInt(v.Versions[What], 10),
	})
}

func (p *Pages) remove(c *web.Context) error {
	v, err := p.Service.Open(c.Context(), c.Actor, c.Path("slug"))
	if err != nil {
		return err
	}
	version, err := strconv.ParseInt(c.Form("version"), 10, 64)
	if err != nil {
		return &web.Error{Status: http.StatusBadRequest, Err: err}
	}
	err = p.Service.Delete(c.Context(), c.Actor, c.Path("slug"), version)
	switch {
	case errors.Is(err, db.ErrConflict):
		return c.Redirect(v.Path(), "processing.delete-conflict")
	case err != nil:
		return err
	}
	return c.Redirect(Place, "processing.deleted", "Name", v.Name)
}

// commonPage is the form of what the whole record says at its top.
type commonPage struct {
	web.Page
	Fields   []web.Field
	Version  int64
	Conflict bool
	Theirs   []line
}

func (p *Pages) common(c *web.Context) error {
	now, err := p.Service.Common(c.Context(), c.Actor)
	if err != nil {
		return err
	}
	return p.renderCommon(c, now, commonPage{})
}

func (p *Pages) renderCommon(c *web.Context, now Common, d commonPage) error {
	d.Page.Title, d.Page.Active = c.L.T("processing.common"), Menu
	d.Page.Crumbs = []web.Crumb{{Label: c.L.T("processing.title"), Href: Place}, {Label: d.Page.Title}}
	d.Version = now.Version
	for _, f := range []struct{ name, value string }{{"contact", now.Contact}, {"representative", now.Representative}, {"dpo", now.DPO}} {
		d.Fields = append(d.Fields, web.Field{
			Name: f.name, Type: kindTextarea, Label: c.L.T("processing.common-" + f.name), Hint: c.L.T("processing.common-" + f.name + "-hint"),
			Value: f.value, Optional: f.name == "representative", Rows: 4,
		})
	}
	return c.Render(templates, "common.html", d)
}

func (p *Pages) setCommon(c *web.Context) error {
	sent := Common{Contact: c.Form("contact"), Representative: c.Form("representative"), DPO: c.Form("dpo")}
	var err error
	if sent.Version, err = strconv.ParseInt(c.Form("version"), 10, 64); err != nil {
		return &web.Error{Status: http.StatusBadRequest, Err: err}
	}
	d := commonPage{}
	for _, f := range []struct{ name, value string }{{"contact", sent.Contact}, {"representative", sent.Representative}, {"dpo", sent.DPO}} {
		if len([]rune(f.value)) > maxText {
			d.Errors = append(d.Errors, web.FieldError{Field: f.name, Key: "processing.error-long", Args: []any{"Max", maxText}})
		}
	}
	if len(d.Errors) > 0 {
		return p.renderCommon(c, sent, d)
	}
	err = p.Service.SetCommon(c.Context(), c.Actor, sent)
	if errors.Is(err, db.ErrConflict) {
		now, err := p.Service.Common(c.Context(), c.Actor)
		if err != nil {
			return err
		}
		d.Conflict, d.Status = true, http.StatusConflict
		d.Theirs = []line{
			{Label: c.L.T("processing.common-contact"), Value: now.Contact},
			{Label: c.L.T("processing.common-representative"), Value: now.Representative},
			{Label: c.L.T("processing.common-dpo"), Value: now.DPO},
		}
		sent.Version = now.Version
		return p.renderCommon(c, sent, d)
	}
	if err != nil {
		return err
	}
	return c.Redirect(Place, "processing.common-saved")
}

// splitLines gives the lines of a text that say something.
func splitLines(v string) []string {
	var out []string
	for _, l := range strings.Split(v, "\n") {
		if l = strings.TrimSpace(l); l != "" {
			out = append(out, l)
		}
	}
	return out
}
