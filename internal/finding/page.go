// SPDX-License-Identifier: EUPL-1.2

package finding

import (
	"embed"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/information"
	"github.com/insegel/insegel/internal/organisation"
	"github.com/insegel/insegel/internal/system"
	"github.com/insegel/insegel/internal/web"
)

//go:embed *.html
var templateFiles embed.FS

var templates = web.Parse(templateFiles)

// Menu is the name of the menu entry that the pages belong to.
const Menu = "finding"

// InboxPath is the inbox, SourcesPath the list of sources, and RulesPath that of rules for false findings.
const (
	InboxPath   = "/bevis"
	SourcesPath = "/bevis/kallor"
	RulesPath   = "/bevis/regler"
	placePath   = "/bevis/fynd/"
	incidentsOf = "/incidenter?av=" // leads to the incident that a place has become
	lookPath    = "/bevis/innehall/"
)

// Item is something else that has come to light and that the inbox shows beside what searches have found: a measurement that has changed, or
// contradicts what somebody has said.
type Item struct {
	Title, Text, Href, Button string
	Tag                       web.Tag
	When                      string
}

// Pages are the pages of findings.
type Pages struct {
	Service *Service
	// Evidence gives what else there is to look at, and may be nil.
	Evidence func(c *web.Context) ([]Item, error)
}

// Routes registers the pages.
func (p *Pages) Routes(s *web.Site) {
	s.Handle("GET "+InboxPath, "finding.Inbox", p.inbox)
	s.Handle("POST "+InboxPath, "finding.Decide", p.decideMany)
	s.Handle("GET "+placePath+"{id}", "finding.Place", p.place)
	s.Handle("POST "+placePath+"{id}", "finding.Decide", p.decideOne)
	s.Handle("POST "+placePath+"{id}/stammer-inte", "finding.Dispute", p.dispute)
	s.Handle("POST "+placePath+"{id}/ge", "finding.Give", p.give)
	s.Handle("GET "+lookPath+"{id}", "finding.Look", p.look)
	s.Handle("GET "+RulesPath, "finding.FalseRules", p.rules)
	s.Handle("POST "+RulesPath+"/{id}", "finding.EndRule", p.endRule)
	s.Handle("GET "+SourcesPath, "finding.List", p.sources)
	s.Handle("GET "+SourcesPath+"/ny", "finding.Add", p.newSource)
	s.Handle("POST "+SourcesPath+"/ny", "finding.Add", p.addSource)
	s.Handle("GET "+SourcesPath+"/{id}", "finding.Open", p.source)
	s.Handle("GET "+SourcesPath+"/{id}/andra", "finding.Change", p.editSource)
	s.Handle("POST "+SourcesPath+"/{id}/andra", "finding.Change", p.changeSource)
	s.Handle("POST "+SourcesPath+"/{id}/sok", "finding.Start", p.start)
	s.Handle("POST "+SourcesPath+"/{id}/stoppa", "finding.Stop", p.stop)
	s.Handle("POST "+SourcesPath+"/{id}/pausa", "finding.Pause", p.pause)
	s.Handle("GET "+SourcesPath+"/{id}/olast", "finding.Unread", p.unread)
}

// PagePath is the address of a place's page.
func (p *Place) PagePath() string { return placePath + p.ID.String() }

// views are the lists of the inbox as they stand in addresses.
var views = map[string]string{"": "", "alla": "all", "hanterade": "done", "gallras": string(ToDelete), "incident": string(Incident)}

func viewName(view string) string {
	for name, v := range views {
		if v == view {
			return name
		}
	}
	return ""
}

type inboxPage struct {
	web.Page
	Lead, State string
	Tabs        web.Tabs
	Selects     []web.Field
	View        string
	// Filters is false where there is nothing to choose among.
	Filters bool
	Shown   string
	First   *placeView
	Rows    []row
	Bulk    bool
	Form    decisionForm
	Items   []Item
	Paging  web.Paging
	Empty   web.Empty
	Links   []web.Link
}

// row is a place in a list.
type row struct {
	ID, Href, Title, Where, Source, Kinds, When string
	Version                                     int64
	Tag                                         web.Tag
	May                                         bool
}

func (p *Pages) inbox(c *web.Context) error {
	f := Filter{View: views[c.Query("visa")], Source: c.Query("kalla"), Detector: c.Query("slag")}
	f.Page, _ = strconv.Atoi(c.Query("sida")) // what is no number is the first page
	in, err := p.Service.Inbox(c.Context(), c.Actor, f)
	if err != nil {
		return err
	}
	d := inboxPage{
		Page: web.Page{Title: c.L.T("finding.title"), Active: Menu},
		Lead: c.L.T("finding.lead", "Count", in.Waiting), View: viewName(f.View), Bulk: access.Allowed(c.Actor, "finding.Decide"),
		Tabs: tabs(c, &in), Selects: p.selects(c, &in), Shown: c.L.T("finding.shown", "Count", in.Matching),
		Paging:  web.Paging{Page: in.Page, Size: PageSize, Total: in.Matching, Path: InboxPath, Query: query(&in.Filter)},
		Filters: in.All > 0 || in.Done > 0 || in.Filter.chosen(),
		State:   c.L.T("finding.sources-state", "Count", len(in.Sources)),
		Links:   links(c),
	}
	if in.Running > 0 {
		d.State = c.L.T("finding.running", "Count", in.Running)
	}
	if in.Waiting == 0 && in.All == 0 {
		d.Lead = c.L.T("finding.lead-none")
	}
	list := in.Places
	if f.View == "" && in.Page == 1 && len(list) > 0 {
		v := p.view(c, &list[0])
		v.HeadingTag = true
		d.First, list = &v, list[1:]
	}
	for i := range list {
		d.Rows = append(d.Rows, rowOf(c, &list[i]))
	}
	d.Form = p.form(c, &in.Systems, in.Today)
	d.Empty = empty(c, &in)
	if p.Evidence != nil && f.View == "" {
		if d.Items, err = p.Evidence(c); err != nil {
			return err
		}
	}
	return c.Render(templates, "inbox.html", d)
}

func links(c *web.Context) []web.Link {
	var out []web.Link
	for _, l := range []struct{ action, key, href string }{{"finding.List", "finding.sources", SourcesPath}, {"finding.FalseRules", "finding.rules", RulesPath}} {
		if access.Allowed(c.Actor, l.action) {
			out = append(out, web.Link{Label: c.L.T(l.key), Href: l.href})
		}
	}
	return out
}

// chosen reports whether the reader has chosen among the places.
func (f *Filter) chosen() bool { return f.View != "" || f.Source != "" || f.Detector != "" }

func empty(c *web.Context, in *Inbox) web.Empty {
	switch {
	case len(in.Sources) == 0:
		e := web.Empty{Title: c.L.T("finding.empty-first"), Text: c.L.T("finding.empty-first-text")}
		if access.Allowed(c.Actor, "finding.Add") {
			e.Actions = []web.Link{{Label: c.L.T("finding.new-source"), Href: SourcesPath + "/ny", Primary: true}}
		}
		return e
	case in.Filter.chosen():
		return web.Empty{Title: c.L.T("finding.empty-match"), Text: c.L.T("finding.empty-match-text"), Actions: []web.Link{{Label: c.L.T("finding.view-new"), Href: InboxPath}}}
	default:
		return web.Empty{Title: c.L.T("finding.empty"), Text: c.L.T("finding.empty-text")}
	}
}

func query(f *Filter) url.Values {
	q := url.Values{}
	for name, value := range map[string]string{"visa": viewName(f.View), "kalla": f.Source, "slag": f.Detector} {
		if value != "" {
			q.Set(name, value)
		}
	}
	return q
}

func tabs(c *web.Context, in *Inbox) web.Tabs {
	out := web.Tabs{Label: c.L.T("finding.title")}
	for _, v := range []struct {
		name, key string
		count     int
	}{
		{"", "finding.view-new", in.Waiting},
		{"alla", "finding.view-all", in.All},
		{"gallras", "finding.view-delete", 0},
		{"incident", "finding.view-incident", 0},
		{"hanterade", "finding.view-done", in.Done},
	} {
		href := InboxPath
		if v.name != "" {
			href += "?visa=" + v.name
		}
		out.Items = append(out.Items, web.Tab{Label: c.L.T(v.key), Href: href, Count: v.count, Current: views[v.name] == in.Filter.View})
	}
	return out
}

func (p *Pages) selects(c *web.Context, in *Inbox) []web.Field {
	source := web.Field{Name: "kalla", Label: c.L.T("finding.source"), Value: in.Source, Options: []web.Option{{Label: c.L.T("finding.any")}}}
	for i := range in.Sources {
		source.Options = append(source.Options, web.Option{Value: in.Sources[i].ID.String(), Label: in.Sources[i].Name})
	}
	kind := web.Field{Name: "slag", Label: c.L.T("finding.kind"), Value: in.Detector, Options: []web.Option{{Label: c.L.T("finding.any")}}}
	for _, id := range p.Service.Rules.IDs() {
		kind.Options = append(kind.Options, web.Option{Value: id, Label: kindName(c.L, id)})
	}
	return []web.Field{source, kind}
}

func rowOf(c *web.Context, p *Place) row {
	r := row{
		ID: p.ID.String(), Href: p.PagePath(), Title: Title(c.L, p), Where: p.Path, Source: p.Source, Version: p.Version,
		When: c.L.Moment(p.Found), Tag: stateTag(c, p), May: access.AllowedAt(c.Actor, "finding.Decide", p.Unit),
	}
	var rest []string
	for i, t := range p.Tallies {
		if i > 0 && i < 5 && t.Total > 0 {
			rest = append(rest, counted(c.L, t))
		}
	}
	r.Kinds = strings.Join(rest, ", ")
	if !p.Decided.IsZero() && p.State != New {
		r.When = c.L.Moment(p.Decided)
	}
	return r
}

func stateTag(c *web.Context, p *Place) web.Tag {
	word := c.L.T("finding.state-" + string(p.State))
	switch {
	case !p.Disputed.IsZero():
		return web.Warn(c.L.T("finding.disputed"))
	case p.State == New && p.Moved:
		return web.Warn(c.L.T("finding.moved"))
	case p.State == New:
		return web.Info(word)
	case p.State == Incident:
		return web.Bad(word)
	case p.State == ToDelete:
		return web.Warn(word)
	case p.State == Gone || p.State == OfSystem || p.State == Information:
		return web.OK(word)
	default:
		return web.Neutral(word)
	}
}

// fact is one line about a place.
type fact struct {
	Label, Value string
	Mask         string
	Hidden       string
}

// placeView is a place with its facts, as the inbox and its own page show it.
type placeView struct {
	ID, Title, Text, Href string
	Version               int64
	Facts                 []fact
	HeadingTag            bool
	Note                  string
	Tag                   web.Tag
	Open                  bool
	May                   bool
}

// masks are how values are hidden, by what they are. What has no form of its own is counted only.
var masks = map[string]string{"personnummer": "••••••••-••••", "samordningsnummer": "••••••••-••••", "card": "•••• •••• •••• ••••", "organisationsnummer": "••••••-••••"}

func (p *Pages) view(c *web.Context, x *Place) placeView {
	v := placeView{
		ID: x.ID.String(), Title: Title(c.L, x), Href: x.PagePath(), Version: x.Version, Tag: stateTag(c, x), Open: x.Open(),
		May: access.AllowedAt(c.Actor, "finding.Decide", x.Unit),
	}
	v.Text = c.L.T("finding.not-registered")
	if x.SystemName != "" {
		v.Text = c.L.T("finding.belongs-to", "Name", x.SystemName)
	}
	where := "finding.fact-directory"
	if x.Kind != Files {
		where = "finding.fact-table"
	}
	add := func(key, value string) {
		if value != "" {
			v.Facts = append(v.Facts, fact{Label: c.L.T(key), Value: value})
		}
	}
	name := x.Path
	if name == "." {
		name = x.Source
	}
	add(where, name)
	add("finding.source", x.Source)
	add("finding.fact-found", c.L.Moment(x.Found))
	add("finding.fact-extent", c.L.T("finding.extent", "Count", x.Containers))
	var all []string
	for _, t := range x.Tallies {
		if t.Total > 0 {
			all = append(all, counted(c.L, t))
		}
	}
	add("finding.fact-kinds", strings.Join(all, ", "))
	if len(x.Tallies) > 0 && masks[x.Tallies[0].Detector] != "" {
		v.Facts = append(v.Facts, fact{
			Label: c.L.T("finding.fact-mask"), Mask: masks[x.Tallies[0].Detector], Hidden: c.L.T("finding.hidden", "Kind", c.L.T("finding.noun-"+dashed(x.Tallies[0].Detector))),
		})
	}
	if x.Low > 0 {
		add("finding.fact-low", c.L.T("finding.low", "Count", x.Low))
	}
	return v
}

// decisionForm is what there is to choose when deciding.
type decisionForm struct {
	Outcomes []web.Choice
	System   web.Field
	Name     web.Field
	Person   web.Field
	Due      web.Field
	Ends     web.Field
	Note     web.Field
	Kinds    []web.Choice
	Clock    string
}

func (p *Pages) form(c *web.Context, systems *[]Named, today civil.Date) decisionForm {
	var d decisionForm
	for _, o := range Outcomes {
		d.Outcomes = append(d.Outcomes, web.Choice{Value: string(o), Label: c.L.T("finding.outcome-" + string(o)), Hint: c.L.T("finding.outcome-hint-" + string(o))})
	}
	d.System = web.Field{Name: "system", Type: "select", Label: c.L.T("finding.field-system"), Hint: c.L.T("finding.hint-system"), Options: []web.Option{{Label: c.L.T("finding.choose")}}}
	for _, s := range *systems {
		d.System.Options = append(d.System.Options, web.Option{Value: s.ID, Label: s.Name})
	}
	d.Name = web.Field{Name: "namn", Label: c.L.T("finding.field-name"), Hint: c.L.T("finding.hint-name"), Optional: true}
	d.Due = web.Field{Name: "klart", Label: c.L.T("finding.field-due"), Hint: c.L.T("finding.hint-due"), Value: c.L.ShortDate(today.AddDays(deleteWithin))}
	d.Ends = web.Field{Name: "galler", Label: c.L.T("finding.field-ends"), Hint: c.L.T("finding.hint-ends"), Value: c.L.ShortDate(today.AddMonths(6))}
	d.Note = web.Field{Name: "anteckning", Type: "textarea", Rows: 3, Label: c.L.T("finding.field-note"), Hint: c.L.T("finding.hint-note")}
	d.Clock = c.L.T("finding.clock")
	return d
}

// decision reads the form.
func decision(c *web.Context) Decision {
	d := Decision{
		Outcome: State(c.Form("utfall")), System: ids.ID[system.System](c.Form("system")), Name: c.Form("namn"), Person: ids.ID[organisation.Person](c.Form("person")),
		Detectors: c.Forms("slag"), Below: c.Form("under") == "1", Note: c.Form("anteckning"),
	}
	d.Due, _ = civil.ParseLoose(c.Form("klart"))   // a day that cannot be read is the usual one
	d.Ends, _ = civil.ParseLoose(c.Form("galler")) // and a rule without an end is refused
	return d
}

// faults are what somebody can do wrong in the form, by the field that it is about.
var faults = []struct {
	err        error
	field, key string
}{
	{ErrOutcome, "utfall", "finding.error-outcome"},
	{ErrSystem, "system", "finding.error-system"},
	{ErrReason, "anteckning", "finding.error-reason"},
	{ErrNote, "anteckning", "finding.error-note"},
	{ErrEnds, "galler", "finding.error-ends"},
	{ErrName, "namn", "finding.error-name"},
	{ErrOwner, "person", "finding.error-person"},
	{information.ErrNameTaken, "namn", "finding.error-name-taken"},
}

func faultOf(err error) (web.FieldError, bool) {
	for _, f := range faults {
		if errors.Is(err, f.err) {
			return web.FieldError{Field: f.field, Key: f.key}, true
		}
	}
	return web.FieldError{}, false
}

// decideMany decides about the places that are ticked in the list.
func (p *Pages) decideMany(c *web.Context) error {
	var chosen []Chosen
	for _, v := range c.Forms("fynd") {
		id, version, _ := strings.Cut(v, ":")
		n, err := strconv.ParseInt(version, 10, 64)
		if err != nil {
			return &web.Error{Status: http.StatusBadRequest, Err: err}
		}
		chosen = append(chosen, Chosen{ids.ID[Place](id), n})
	}
	d := decision(c)
	err := p.Service.Decide(c.Context(), c.Actor, chosen, d)
	if f, ok := faultOf(err); ok {
		return &web.Error{Status: http.StatusUnprocessableEntity, Key: f.Key, Err: err}
	}
	if errors.Is(err, ErrNothing) {
		return &web.Error{Status: http.StatusUnprocessableEntity, Key: "finding.error-nothing", Err: err}
	}
	if errors.Is(err, db.ErrConflict) {
		return &web.Error{Status: http.StatusConflict, Key: "finding.error-conflict", Err: err}
	}
	if err != nil {
		return err
	}
	return c.Redirect(InboxPath, "finding.decided-many", "Count", strconv.Itoa(len(chosen)))
}

// decideOne decides about one place.
func (p *Pages) decideOne(c *web.Context) error {
	id := ids.ID[Place](c.Path("id"))
	version, err := strconv.ParseInt(c.Form("version"), 10, 64)
	if err != nil {
		return &web.Error{Status: http.StatusBadRequest, Err: err}
	}
	d := decision(c)
	err = p.Service.Decide(c.Context(), c.Actor, []Chosen{{id, version}}, d)
	if f, ok := faultOf(err); ok {
		return p.showPlace(c, 1, f)
	}
	if errors.Is(err, db.ErrConflict) {
		return &web.Error{Status: http.StatusConflict, Key: "finding.error-conflict", Err: err}
	}
	if err != nil {
		return err
	}
	return c.Redirect(InboxPath, "finding.decided-"+string(d.Outcome))
}

func (p *Pages) dispute(c *web.Context) error {
	id := ids.ID[Place](c.Path("id"))
	err := p.Service.Dispute(c.Context(), c.Actor, id, c.Form("varfor"))
	if errors.Is(err, ErrReason) {
		return p.showPlace(c, 1, web.FieldError{Field: "varfor", Key: "finding.error-reason"})
	}
	if err != nil {
		return err
	}
	return c.Redirect(placePath+id.String(), "finding.dispute-saved")
}

func (p *Pages) give(c *web.Context) error {
	id := ids.ID[Place](c.Path("id"))
	err := p.Service.Give(c.Context(), c.Actor, id, ids.ID[organisation.Person](c.Form("person")))
	if f, ok := faultOf(err); ok {
		return p.showPlace(c, 1, f)
	}
	if err != nil {
		return err
	}
	return c.Redirect(placePath+id.String(), "finding.given")
}

// heldRow is what one detector found in one container.
type heldRow struct {
	Where, Kind, Count, Low, Different, Mask string
	Reasons                                  []string
	Tag                                      web.Tag
	Look                                     string
}

type placePage struct {
	web.Page
	View      placeView
	Form      decisionForm
	Give      web.Field
	Rows      []heldRow
	LooksLike []string
	Register  []string
	Rules     []ruleRow
	Decided   string
	DecidedBy string
	// Begun leads to the incident that the place has become.
	Begun    string
	Dispute  string
	Disputes web.Field
	MayGive  bool
	MayTell  bool
	Paging   web.Paging
}

func (p *Pages) place(c *web.Context) error {
	page, _ := strconv.Atoi(c.Query("sida")) // what is no number is the first page
	return p.showPlace(c, page)
}

func (p *Pages) showPlace(c *web.Context, page int, faults ...web.FieldError) error {
	s, err := p.Service.Place(c.Context(), c.Actor, ids.ID[Place](c.Path("id")), page)
	if err != nil {
		return err
	}
	x := &s.Place
	d := placePage{
		Page: web.Page{Title: Title(c.L, x), Active: Menu, Errors: faults, Crumbs: []web.Crumb{{Label: c.L.T("finding.title"), Href: InboxPath}, {Label: x.name()}}},
		View: p.view(c, x), Form: p.form(c, &s.Systems, s.Today), Dispute: x.Dispute,
		MayGive: access.AllowedAt(c.Actor, "finding.Give", x.Unit), MayTell: access.AllowedAt(c.Actor, "finding.Dispute", x.Unit),
		Paging:   web.Paging{Page: s.Page, Size: PageSize, Total: s.Total, Path: x.PagePath()},
		Disputes: web.Field{Name: "varfor", Type: "textarea", Rows: 3, Label: c.L.T("finding.dispute-why"), Hint: c.L.T("finding.hint-note")},
	}
	if len(faults) > 0 {
		d.keep(c)
	}
	for _, t := range x.Tallies {
		d.Form.Kinds = append(d.Form.Kinds, web.Choice{Value: t.Detector, Label: kindName(c.L, t.Detector)})
	}
	d.Give = web.Field{Name: "person", Type: "select", Label: c.L.T("finding.give-to"), Value: x.Person.String(), Options: []web.Option{{Label: c.L.T("finding.choose")}}}
	for i := range s.People {
		d.Give.Options = append(d.Give.Options, web.Option{Value: s.People[i].ID.String(), Label: s.People[i].Name})
	}
	for i := range s.Held {
		d.Rows = append(d.Rows, heldRowOf(c, x, &s.Held[i]))
	}
	for i := range s.LooksLike {
		d.LooksLike = append(d.LooksLike, p.looksLike(c, &s.LooksLike[i]))
	}
	for i := range s.Register {
		d.Register = append(d.Register, Sentence(c.L, &s.Register[i]))
	}
	for i := range s.Rules {
		d.Rules = append(d.Rules, ruleRowOf(c, &s.Rules[i]))
	}
	if !x.Decided.IsZero() {
		d.DecidedBy = c.L.T("finding.decided-by", "Who", who(c, x.DeciderName), "At", c.L.Moment(x.Decided), "What", c.L.T("finding.state-"+string(x.State)))
		d.Decided = x.Note
		if x.State == Incident {
			d.Form.Clock = c.L.T("finding.clock-runs", "At", c.L.Moment(x.ReportBy(x.Decided)))
			if access.Allowed(c.Actor, "incident.List") {
				d.Begun = incidentsOf + x.ID.String()
			}
		}
	}
	return c.Render(templates, "place.html", d)
}

// keep fills in the form as it was sent.
func (d *placePage) keep(c *web.Context) {
	for i := range d.Form.Outcomes {
		d.Form.Outcomes[i].Checked = d.Form.Outcomes[i].Value == c.Form("utfall")
	}
	for _, f := range []*web.Field{&d.Form.System, &d.Form.Name, &d.Form.Due, &d.Form.Ends, &d.Form.Note, &d.Disputes} {
		f.Value = c.Form(f.Name)
	}
}

func who(c *web.Context, name string) string {
	if name == "" {
		return c.L.T("finding.somebody")
	}
	return name
}

// heldRowOf is a finding in words.
func heldRowOf(c *web.Context, p *Place, h *Held) heldRow {
	r := heldRow{Where: whereOf(c.L, h), Kind: kindName(c.L, h.Detector), Count: c.L.Number(h.Total)}
	if h.Low > 0 {
		r.Low = c.L.T("finding.low", "Count", h.Low)
	}
	if h.Different > 0 {
		r.Different = c.L.T("finding.different", "Count", h.Different)
	}
	if len(h.Masked) > 0 && !Sensitive(h.Detector) {
		r.Mask = strings.Join(h.Masked, " · ")
	}
	for i := range len(reasons) {
		if h.Why&(1<<i) != 0 {
			r.Reasons = append(r.Reasons, c.L.T("finding.why-"+reasons[i]))
		}
	}
	if h.Column && h.Share > 0 {
		r.Reasons = append(r.Reasons, c.L.T("finding.why-column", "Share", c.L.Percent(int(h.Share*1000), 1000)))
	}
	switch {
	case !h.Rule.IsZero():
		r.Tag = web.Neutral(c.L.T("finding.state-false"))
	case h.Total == 0:
		r.Tag = web.Neutral(c.L.T("finding.probably-not"))
	case h.High:
		r.Tag = web.Info(c.L.T("finding.sure"))
	default:
		r.Tag = web.Info(c.L.T("finding.likely"))
	}
	if p.Kind == Files && h.Total > 0 && access.AllowedAt(c.Actor, "finding.Look", p.Unit) {
		r.Look = lookPath + h.ID.String()
	}
	return r
}

// reasons name the bits of detect.Why, in their order.
var reasons = []string{
	"checksum", "date", "separator", "century", "words", "heading", "share", "known", "form",
	"against-words", "against-heading", "against-share", "neighbours", "future", "ambiguous",
}

// looksLike says what documents look like, and why: "Ser ut som utredningar enligt LVM: 214 personnummer, 1 870 ord om missbruk".
func (p *Pages) looksLike(c *web.Context, l *LooksLike) string {
	name := l.Type
	if t, ok := p.Service.Catalogue.InformationType(l.Type); ok {
		name = strings.ToLower(t.Name.SV[:1]) + t.Name.SV[1:]
		if c.L.Lang == "en" {
			name = t.Name.EN
		}
	}
	i := slices.IndexFunc(p.Service.Rules.Documents, func(d docRule) bool { return d.ID == l.Type })
	if i >= 0 && p.Service.Rules.Documents[i].Name[c.L.Lang] != "" {
		name = p.Service.Rules.Documents[i].Name[c.L.Lang]
	}
	var parts []Tally
	for d, n := range l.Counts {
		if n > 0 {
			parts = append(parts, Tally{Detector: d, Total: n})
		}
	}
	slices.SortFunc(parts, func(a, b Tally) int { return strings.Compare(a.Detector, b.Detector) })
	words := make([]string, len(parts))
	for i, t := range parts {
		words[i] = counted(c.L, t)
	}
	return c.L.T("finding.looks-like", "Count", l.Objects, "Name", name, "What", strings.Join(words, ", "))
}

type lookPage struct {
	web.Page
	Text, Back string
	Excerpts   []Excerpt
	Where      []string
}

func (p *Pages) look(c *web.Context) error {
	l, err := p.Service.Look(c.Context(), c.Actor, ids.ID[Held](c.Path("id")))
	for _, f := range []struct {
		err error
		key string
	}{{ErrNoLook, "finding.error-no-look"}, {ErrChanged, "finding.error-changed"}, {ErrRoot, "finding.error-root"}, {ErrNotApproved, "finding.error-not-approved"}} {
		if errors.Is(err, f.err) {
			return &web.Error{Status: http.StatusConflict, Key: f.key, Err: err}
		}
	}
	if err != nil {
		return err
	}
	d := lookPage{
		Page: web.Page{Title: c.L.T("finding.look-title"), Active: Menu, Crumbs: []web.Crumb{
			{Label: c.L.T("finding.title"), Href: InboxPath}, {Label: c.L.T("finding.place"), Href: placePath + l.Place.String()}, {Label: c.L.T("finding.look-title")},
		}},
		Text: c.L.T("finding.look-text", "Where", folderOf(&l.Held)+whereOf(c.L, &l.Held), "Kind", c.L.T("finding.noun-"+dashed(l.Detector))), Back: placePath + l.Place.String(), Excerpts: l.Excerpts,
	}
	for _, e := range l.Excerpts {
		d.Where = append(d.Where, spotText(c, e.Spot))
	}
	return c.Render(templates, "look.html", d)
}

func spotText(c *web.Context, s Spot) string {
	switch {
	case s.Cell != "":
		return c.L.T("finding.at-cell", "Cell", s.Cell)
	case s.Page > 0:
		return c.L.T("finding.at-page", "Page", s.Page)
	case s.Line > 0:
		return c.L.T("finding.at-line", "Line", s.Line)
	default:
		return c.L.T("finding.at-byte", "Byte", s.Offset)
	}
}

type ruleRow struct {
	ID, Place, Href, Source, Kinds, Reason, Who, Ends, Below string
	May                                                      bool
}

func ruleRowOf(c *web.Context, r *Rule) ruleRow {
	out := ruleRow{
		ID: r.ID.String(), Place: r.Path, Href: placePath + r.PlaceID.String(), Source: r.Source, Reason: r.Reason,
		Who: who(c, r.ByName), Ends: c.L.Date(r.Ends), Kinds: c.L.T("finding.all-kinds"), May: access.AllowedAt(c.Actor, "finding.EndRule", r.Unit),
	}
	if r.Below {
		out.Below = c.L.T("finding.and-below")
	}
	if len(r.Detectors) > 0 {
		names := make([]string, len(r.Detectors))
		for i, d := range r.Detectors {
			names[i] = kindName(c.L, d)
		}
		out.Kinds = strings.Join(names, ", ")
	}
	return out
}

type rulesPage struct {
	web.Page
	Rows  []ruleRow
	Empty web.Empty
}

func (p *Pages) rules(c *web.Context) error {
	list, err := p.Service.FalseRules(c.Context(), c.Actor)
	if err != nil {
		return err
	}
	d := rulesPage{
		Page:  web.Page{Title: c.L.T("finding.rules"), Active: Menu, Crumbs: []web.Crumb{{Label: c.L.T("finding.title"), Href: InboxPath}, {Label: c.L.T("finding.rules")}}},
		Empty: web.Empty{Title: c.L.T("finding.rules-none"), Text: c.L.T("finding.rules-none-text")},
	}
	for i := range list {
		d.Rows = append(d.Rows, ruleRowOf(c, &list[i]))
	}
	return c.Render(templates, "rules.html", d)
}

func (p *Pages) endRule(c *web.Context) error {
	if err := p.Service.EndRule(c.Context(), c.Actor, ids.ID[Rule](c.Path("id"))); err != nil {
		return err
	}
	return c.Redirect(RulesPath, "finding.rule-ended")
}
