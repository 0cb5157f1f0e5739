// SPDX-License-Identifier: EUPL-1.2

package whatif

import (
	"embed"
	"errors"
	"io"
	"net/http"
	"strconv"
	"unicode"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/web"
)

//go:embed *.html
var pageFiles embed.FS

var templates = web.Parse(pageFiles)

// Place is where drafts are looked at. It has no entry of its own in the menu: menu is that of the rules, which it is reached from.
const (
	Place = "/utkast"
	menu  = "regler"
)

// Pages are the pages of drafts.
type Pages struct{ Service *Service }

// Routes registers the pages.
func (p *Pages) Routes(s *web.Site) {
	s.Handle("GET "+Place, "whatif.List", p.list)
	s.Handle("POST "+Place, "whatif.Load", p.load)
	s.Handle("GET "+Place+"/{id}", "whatif.Open", p.open)
	s.Handle("GET "+Place+"/{id}/tabell", "whatif.Open", p.table)
	s.Handle("GET "+Place+"/{id}/krav/{krav}", "whatif.Requirement", p.requirement)
	s.Handle("GET "+Place+"/{id}/krav/{krav}/tabell", "whatif.Requirement", p.requirementTable)
	s.Handle("GET "+Place+"/{id}/nationen", "whatif.Nation", p.nation)
	s.Handle("GET "+Place+"/{id}/nationen/tabell", "whatif.Nation", p.nationTable)
	s.Handle("POST "+Place+"/{id}/ta-bort", "whatif.Remove", p.remove)
}

func lang(l *locale.Localizer) catalogue.Lang { return catalogue.Lang(l.Lang) }

func pathOf(id ids.ID[Draft]) string { return Place + "/" + id.String() }

// endings are those of the files that a draft is taken from.
var endings = []string{".yaml", ".yml", ".zip"}

// listPage lists drafts and takes in another.
type listPage struct {
	web.Page
	Drafts   []draftRow
	CanLoad  bool
	Fields   []web.Field
	Problems catalogue.Problems
	Empty    web.Empty
}

type draftRow struct{ Name, Href, Edition, When string }

func (p *Pages) list(c *web.Context) error { return p.showList(c, Draft{}, nil, nil) }

func (p *Pages) showList(c *web.Context, d Draft, problems catalogue.Problems, faults []web.FieldError) error {
	all, err := p.Service.List(c.Context(), c.Actor)
	if err != nil {
		return err
	}
	out := listPage{
		Page: web.Page{
			Title: c.L.T("whatif.title"), Active: menu, Errors: faults, Crumbs: []web.Crumb{{Label: c.L.T("whatif.rules"), Href: "/regler"}},
		},
		CanLoad: access.Allowed(c.Actor, "whatif.Load"), Problems: problems, Empty: web.Empty{Title: c.L.T("whatif.none"), Text: c.L.T("whatif.none-text")},
	}
	day := ""
	if !d.On.IsZero() {
		day = d.On.String()
	}
	out.Fields = []web.Field{
		{Name: "namn", Label: c.L.T("whatif.name"), Value: d.Name},
		{Name: "fil", Type: "file", Label: c.L.T("whatif.file"), Hint: c.L.T("whatif.file-hint"), Accept: ".yaml,.yml,.zip"},
		{Name: "dag", Type: "date", Label: c.L.T("whatif.day"), Hint: c.L.T("whatif.day-hint"), Value: day, Optional: true},
	}
	for i := range all {
		out.Drafts = append(out.Drafts, draftRow{all[i].Name, pathOf(all[i].ID), all[i].Edition, c.L.Moment(all[i].At)})
	}
	return c.Render(templates, "list.html", out)
}

func (p *Pages) load(c *web.Context) error {
	d := Draft{Name: c.Form("namn")}
	fault := func(field, key string, args ...any) error {
		return p.showList(c, d, nil, []web.FieldError{{Field: field, Key: key, Args: args}})
	}
	if day := c.Form("dag"); day != "" {
		on, err := civil.Parse(day)
		if err != nil {
			return fault("dag", "whatif.fault-day")
		}
		d.On = on
	}
	files, err := taken(c)
	var refused *web.Error
	switch {
	case errors.As(err, &refused) && refused.Status == http.StatusRequestEntityTooLarge, errors.Is(err, ErrLarge):
		return fault("fil", "whatif.fault-large")
	case errors.Is(err, web.ErrEnding):
		return fault("fil", "whatif.fault-ending")
	case errors.Is(err, web.ErrNoFile):
		return fault("fil", "whatif.fault-no-file")
	case errors.Is(err, ErrZip):
		return fault("fil", "whatif.fault-zip")
	case err != nil:
		return err
	}
	d.Files = files
	made, err := p.Service.Load(c.Context(), c.Actor, d)
	var problems catalogue.Problems
	switch {
	case errors.Is(err, ErrName):
		return fault("namn", "whatif.fault-name")
	case errors.Is(err, ErrTooMany):
		return fault("namn", "whatif.fault-many")
	case errors.As(err, &problems):
		return p.showList(c, d, problems, []web.FieldError{{Field: "fil", Key: "whatif.fault-file", Args: []any{"Count", len(problems)}}})
	case err != nil:
		return err
	}
	return c.Redirect(pathOf(made.ID), c.L.T("whatif.loaded"))
}

// taken reads the files of the form.
func taken(c *web.Context) ([]catalogue.DraftFile, error) {
	if c.Request.MultipartForm == nil {
		return nil, web.ErrNoFile
	}
	f, head, err := c.Upload("fil", catalogue.MaxDraftBytes, endings...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // it was only read
	b, err := io.ReadAll(f)
	if err != nil {
		return nil, err
	}
	return Unpack(head.Filename, b)
}

func (p *Pages) remove(c *web.Context) error {
	if err := p.Service.Remove(c.Context(), c.Actor, ids.ID[Draft](c.Path("id"))); err != nil {
		return gone(err)
	}
	return c.Redirect(Place, c.L.T("whatif.removed"))
}

// gone answers for what is not there.
func gone(err error) error {
	if errors.Is(err, db.ErrNotFound) {
		return &web.Error{Status: http.StatusNotFound, Key: "whatif.not-found", Err: err}
	}
	return err
}

// base is what the pages of one draft have in common.
func base(c *web.Context, d *Draft, title string, more ...web.Crumb) web.Page {
	crumbs := []web.Crumb{{Label: c.L.T("whatif.rules"), Href: "/regler"}, {Label: c.L.T("whatif.title"), Href: Place}}
	return web.Page{Title: title, Active: menu, Crumbs: append(crumbs, more...)}
}

// mark says that what is shown is a draft. It stands on every page and in every file.
func mark(l *locale.Localizer, o *Outcome) web.Note {
	return web.Note{ID: "utkast", Kind: "warn", Title: l.T("whatif.mark"), Text: l.T("whatif.mark-text", "Edition", catalogue.DraftOf(o.Edition), "Base", o.Base, "Day", l.Date(o.On))}
}

// openPage is what a draft changes for the organisation.
type openPage struct {
	web.Page
	Draft                 web.Tag
	Mark                  web.Note
	Lead                  string
	Facts                 [2][]factRow // of the draft, and of the systems
	Requirements, Laws    []changeRow
	Others                []otherRow
	Actions               []web.Link
	Path, Stopped         string
	CanRemove, HasNothing bool
	// Nation says that the systems are invented, and Municipalities are theirs.
	Nation         bool
	Municipalities []municipalityRow
}

type (
	factRow   struct{ Value, Text string }
	changeRow struct {
		Name, Topic, Href, Effect, Reach, Municipalities string
		What                                             web.Tag
		Gap                                              []string
		Because                                          []string
		Example                                          web.Link
	}
	otherRow        struct{ Kind, ID, What, Effect string }
	municipalityRow struct{ Name, Systems, Affected, Gained, Lost, Changed, Open string }
)

// tagOf says what happens to a row.
func tagOf(l *locale.Localizer, what string) web.Tag {
	word := l.T("whatif.what-" + what)
	switch what {
	case catalogue.Added:
		return web.Info(word)
	case catalogue.Removed, catalogue.Replaced:
		return web.Neutral(word)
	default:
		return web.Warn(word)
	}
}

func (p *Pages) open(c *web.Context) error {
	v, err := p.Service.Open(c.Context(), c.Actor, ids.ID[Draft](c.Path("id")), c.L)
	if err != nil {
		return gone(err)
	}
	out := openPage{Page: base(c, &v.Draft, v.Name), Path: pathOf(v.ID), CanRemove: access.Allowed(c.Actor, "whatif.Remove")}
	out.fill(c.L, v.Compared, &v.Outcome)
	for i := range out.Requirements {
		out.Requirements[i].Href = out.Path + "/krav/" + v.Outcome.Requirements[i].ID
	}
	if v.Stopped > 0 {
		out.Stopped = c.L.T("whatif.stopped", "Count", v.Stopped)
	}
	if access.Allowed(c.Actor, "whatif.Nation") {
		out.Actions = append(out.Actions, web.Link{Label: c.L.T("whatif.nation"), Href: out.Path + "/nationen", Icon: "grid"})
	}
	out.files(c.L, out.Path)
	return c.Render(templates, "open.html", out)
}

// files are the links to what the page shows as files.
func (o *openPage) files(l *locale.Localizer, at string) {
	o.Actions = append(o.Actions, web.Link{Label: l.T("whatif.csv"), Href: at + "/tabell", Icon: "dl"},
		web.Link{Label: l.T("whatif.xlsx"), Href: at + "/tabell?format=xlsx", Icon: "dl"})
}

// fill writes what changes.
func (o *openPage) fill(l *locale.Localizer, c *Comparison, x *Outcome) {
	o.Mark, o.HasNothing = mark(l, x), len(x.Requirements)+len(x.Laws)+len(x.Others) == 0
	o.Lead = l.T("whatif.lead", "Affected", x.Affected, "Systems", x.Systems)
	n := map[string]int{}
	for i := range x.Requirements {
		n[x.Requirements[i].What]++
	}
	number := func(n int) string { return l.Number(int64(n)) }
	o.Facts[0] = []factRow{
		{number(n[catalogue.Added]), l.T("whatif.fact-added")},
		{number(n[catalogue.Changed]), l.T("whatif.fact-changed")},
		{number(n[catalogue.Removed] + n[catalogue.Replaced]), l.T("whatif.fact-removed")},
	}
	o.Facts[1] = []factRow{
		{number(x.Affected), l.T("whatif.fact-systems")},
		{number(x.Gap.Unmet), l.T("whatif.fact-unmet")},
		{number(x.Gap.Unproven + x.Gap.Unknown), l.T("whatif.fact-unproven")},
	}
	for i := range x.Requirements {
		r := &x.Requirements[i]
		row := changeOf(l, r)
		row.Name, row.Topic = c.requirementText(l, r.ID)
		if r.Gained+r.Kept > 0 {
			row.Gap = gapOf(l, &r.Gap)
		}
		o.Requirements = append(o.Requirements, row)
	}
	for i := range x.Laws {
		row := changeOf(l, &x.Laws[i])
		row.Name, row.Topic = c.lawText(l, x.Laws[i].ID)
		o.Laws = append(o.Laws, row)
	}
	for _, ch := range x.Others {
		o.Others = append(o.Others, otherRow{l.T("whatif.kind-" + ch.Kind), ch.ID, l.T("whatif.what-" + ch.What), ch.Effect.In(lang(l))})
	}
}

func changeOf(l *locale.Localizer, r *Row) changeRow {
	out := changeRow{What: tagOf(l, r.What), Effect: r.Effect.In(lang(l)), Reach: reachOf(l, r), Municipalities: l.Number(int64(r.Municipalities))}
	for _, b := range r.Because {
		out.Because = append(out.Because, b.Text)
	}
	if r.Example != "" {
		out.Example = web.Link{Label: r.Example, Href: "/system/" + r.Slug}
	}
	return out
}

// reachOf says in words how many systems a row means something new to.
func reachOf(l *locale.Localizer, r *Row) string {
	var parts []string
	for _, x := range []struct {
		n   int
		key string
	}{{r.Gained, "whatif.gained"}, {r.Kept, "whatif.kept"}, {r.Lost, "whatif.lost"}} {
		if x.n > 0 {
			parts = append(parts, l.T(x.key, "Count", x.n))
		}
	}
	if len(parts) == 0 {
		return l.T("whatif.nobody")
	}
	words := []rune(l.List(parts))
	return string(unicode.ToUpper(words[0])) + string(words[1:])
}

func gapOf(l *locale.Localizer, g *Gap) []string {
	var out []string
	for _, x := range []struct {
		n   int
		key string
	}{{g.Unmet, "whatif.gap-unmet"}, {g.Unproven, "whatif.gap-unproven"}, {g.Unknown, "whatif.gap-unknown"}, {g.Met, "whatif.gap-met"}} {
		if x.n > 0 {
			out = append(out, l.T(x.key, "Count", x.n))
		}
	}
	return out
}

// requirementText gives what a requirement says in the draft, or did in the catalogue, and what it is about.
func (c *Comparison) requirementText(l *locale.Localizer, id string) (text, topic string) {
	for _, from := range []*catalogue.Catalogue{c.Draft.Catalogue, c.Base.Catalogue} {
		if r, ok := from.Requirement(id); ok {
			if t, ok := from.Topic(r.Topic); ok {
				topic = t.Name.In(lang(l))
			}
			return catalogue.Fill(r.Is.In(lang(l)), r.Settings, nil), topic
		}
	}
	return id, ""
}

// lawText gives a law's name and what it is about.
func (c *Comparison) lawText(l *locale.Localizer, id string) (name, topic string) {
	for _, from := range []*catalogue.Catalogue{c.Draft.Catalogue, c.Base.Catalogue} {
		if x, ok := from.Law(id); ok {
			return x.Name.In(lang(l)) + " " + x.Sections, x.Topic.In(lang(l))
		}
	}
	return id, ""
}

// requirementPage is one requirement of a draft.
type requirementPage struct {
	web.Page
	Mark                  web.Note
	What                  web.Tag
	Before, After, Effect string
	Reach                 string
	Gap                   []string
	Systems               []systemRow
	Rest                  string
	CSV, ID               string
}

type systemRow struct {
	Name, Href, Unit string
	What, Shown      web.Tag
	HasShown         bool
	Because          []string
}

// mostShown is how many systems a page lists; the file has all.
const mostShown = 200

func (p *Pages) requirement(c *web.Context) error {
	v, err := p.Service.Requirement(c.Context(), c.Actor, ids.ID[Draft](c.Path("id")), c.Path("krav"), c.L)
	if err != nil {
		return gone(err)
	}
	at := pathOf(v.Draft.ID)
	text, _ := v.Compared.requirementText(c.L, v.Row.ID)
	out := requirementPage{
		Page: base(c, &v.Draft, v.Row.ID, web.Crumb{Label: v.Name, Href: at}), What: tagOf(c.L, v.What), Effect: v.Effect.In(lang(c.L)),
		Reach: reachOf(c.L, &v.Row), Gap: gapOf(c.L, &v.Gap), CSV: at + "/krav/" + v.Row.ID + "/tabell", ID: v.Row.ID,
		Mark: mark(c.L, &Outcome{Base: v.Compared.Base.Catalogue.Edition, Edition: v.Compared.Draft.Catalogue.Edition, On: v.Compared.On}),
	}
	out.Title = text
	if v.Before != nil && v.After != nil {
		out.Before = catalogue.Fill(v.Before.Is.In(lang(c.L)), v.Before.Settings, nil)
		if out.Before == text {
			out.Before = ""
		}
	}
	for i := range v.Systems {
		if i == mostShown {
			out.Rest = c.L.T("whatif.rest", "Count", len(v.Systems)-mostShown)
			break
		}
		out.Systems = append(out.Systems, rowOf(c.L, &v.Systems[i]))
	}
	return c.Render(templates, "requirement.html", out)
}

func rowOf(l *locale.Localizer, s *AffectedSystem) systemRow {
	row := systemRow{Name: s.Name, Href: "/system/" + s.Slug, Unit: s.Unit, HasShown: s.What != Lost}
	switch word := l.T("whatif.system-" + s.What); s.What {
	case Gained:
		row.What = web.Info(word)
	case Lost:
		row.What = web.Neutral(word)
	default:
		row.What = web.Warn(word)
	}
	row.Shown = shownTag(l, s)
	for _, b := range s.Because {
		row.Because = append(row.Because, b.Text)
	}
	return row
}

// shownTag says how well a system meets the requirement, as it is in the draft.
func shownTag(l *locale.Localizer, s *AffectedSystem) web.Tag {
	var g Gap
	g.count(s.Shown, s.Outdated, 1)
	switch {
	case g.Unmet > 0:
		return web.Bad(l.T("whatif.shown-unmet"))
	case s.Outdated && g.Unproven > 0:
		return web.Warn(l.T("whatif.shown-outdated"))
	case g.Unproven > 0:
		return web.Warn(l.T("whatif.shown-unproven"))
	case g.Unknown > 0:
		return web.Neutral(l.T("whatif.shown-unknown"))
	default:
		return web.OK(l.T("whatif.shown-met"))
	}
}

func (p *Pages) nation(c *web.Context) error {
	v, err := p.Service.Nation(c.Context(), c.Actor, ids.ID[Draft](c.Path("id")), c.L)
	if err != nil {
		return gone(err)
	}
	at := pathOf(v.ID)
	out := openPage{Page: base(c, &v.Draft, c.L.T("whatif.nation-title", "Name", v.Name), web.Crumb{Label: v.Name, Href: at}), Path: at, Nation: true}
	out.fill(c.L, v.Compared, &v.Outcome)
	out.Lead = c.L.T("whatif.nation-lead", "Affected", v.Affected, "Systems", v.Systems, "Municipalities", len(v.Municipalities))
	for i := range v.Municipalities {
		m := &v.Municipalities[i]
		n := func(n int) string { return c.L.Number(int64(n)) }
		out.Municipalities = append(out.Municipalities, municipalityRow{m.Name, n(m.Systems), n(m.Affected), n(m.Gained), n(m.Lost), n(m.Changed), n(m.Gap.Open())})
	}
	if v.Kept {
		out.Stopped = c.L.T("whatif.nation-held")
	} else {
		out.Stopped = c.L.T("whatif.nation-drawn", "Seed", strconv.FormatUint(v.Seed, 10))
	}
	out.files(c.L, at+"/nationen")
	return c.Render(templates, "open.html", out)
}
