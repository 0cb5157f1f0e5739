// SPDX-License-Identifier: EUPL-1.2

package incident

import (
	"embed"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/evidence"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/supplier"
	"github.com/insegel/insegel/internal/web"
)

//go:embed *.html
var pageFiles embed.FS

var templates = web.Parse(pageFiles)

// Menu is the menu entry of the incidents.
const Menu = "incident"

// Pages are the pages of incidents.
type Pages struct {
	Service *Service
	// Link is the address of the program, for links in documents; it may be empty.
	Link string
}

// Routes registers the pages.
func (p *Pages) Routes(s *web.Site) {
	s.Handle("GET "+Place, "incident.List", p.list)
	s.Handle("GET "+Place+"/ny", "incident.Report", p.begin)
	s.Handle("POST "+Place+"/ny", "incident.Report", p.report)
	s.Handle("GET "+Place+"/ovning", "incident.Report", p.beginDrill)
	s.Handle("POST "+Place+"/ovning", "incident.Report", p.drill)
	s.Handle("GET "+Place+"/{id}", "incident.Open", p.open)
	s.Handle("GET "+Place+"/{id}/handelse", "incident.Save", p.part)
	s.Handle("POST "+Place+"/{id}/handelse", "incident.Save", p.savePart)
	s.Handle("GET "+Place+"/{id}/bedomning", "incident.Save", p.part)
	s.Handle("POST "+Place+"/{id}/bedomning", "incident.Save", p.savePart)
	s.Handle("GET "+Place+"/{id}/information", "incident.Save", p.part)
	s.Handle("POST "+Place+"/{id}/information", "incident.Save", p.savePart)
	s.Handle("GET "+Place+"/{id}/larande", "incident.Save", p.part)
	s.Handle("POST "+Place+"/{id}/larande", "incident.Save", p.savePart)
	s.Handle("GET "+Place+"/{id}/system", "incident.SetSystems", p.systems)
	s.Handle("POST "+Place+"/{id}/system", "incident.SetSystems", p.setSystems)
	s.Handle("GET "+Place+"/{id}/beslut/{regel}", "incident.Decide", p.decision)
	s.Handle("POST "+Place+"/{id}/beslut/{regel}", "incident.Decide", p.decide)
	s.Handle("GET "+Place+"/{id}/atgarder", "incident.SaveMeasure", p.measures)
	s.Handle("POST "+Place+"/{id}/atgarder", "incident.SaveMeasure", p.saveMeasure)
	s.Handle("GET "+Place+"/{id}/underlag/{sort}", "incident.Pack", p.pack)
	s.Handle("GET "+Place+"/{id}/lardomar", "incident.DrillReport", p.drillReport)
	s.Handle("GET "+supplier.Place+"/{id}"+affectedPath, "incident.Affected", p.affected)
	s.Handle("GET "+supplier.Place+"/{id}"+affectedPath+"/underlag", "incident.SupplierPack", p.supplierPack)
	s.Handle("GET /system/{slug}/underlag", "incident.SystemPack", p.dossier)
}

func lang(c *web.Context) catalogue.Lang { return catalogue.Lang(c.L.Lang) }

// base is what the pages have in common.
func base(c *web.Context, title string, more ...web.Crumb) web.Page {
	return web.Page{Title: title, Active: Menu, Crumbs: append([]web.Crumb{{Label: c.L.T("incident.incidents"), Href: Place}}, more...)}
}

type listRow struct {
	Number, Title, Href, Unit, Found string
	Tags                             []web.Tag
	Clock                            clock
}

// clock is how long there is left.
type clock struct {
	Label, When, Left string
	Tag               web.Tag
}

type listPage struct {
	web.Page
	Lead    string
	Actions []web.Link
	Open    []listRow
	Closed  []listRow
	Drills  []listRow
	Empty   web.Empty
}

func (p *Pages) list(c *web.Context) error {
	l, err := p.Service.List(c.Context(), c.Actor)
	if err != nil {
		return err
	}
	if i := slices.IndexFunc(l.Rows, func(r Row) bool { return r.Origin.Of(c.Query("av")) }); i >= 0 {
		return c.Redirect(l.Rows[i].Path())
	}
	t := c.L.T
	d := listPage{
		Page: web.Page{Title: t("incident.incidents"), Active: Menu}, Lead: t("incident.lead", "Open", l.Open, "Total", l.Real),
		Empty: web.Empty{Title: t("incident.none"), Text: t("incident.none-text")},
	}
	if access.Allowed(c.Actor, "incident.Report") {
		d.Actions = []web.Link{{Label: t("incident.practise"), Href: Place + "/ovning", Icon: "clock"}, {Label: t("incident.new"), Href: Place + "/ny", Icon: "plus", Primary: true}}
		d.Empty.Actions = d.Actions
	}
	for i := range l.Rows {
		r := &l.Rows[i]
		row := listRow{
			Number: strconv.FormatInt(r.Number, 10), Title: r.Texts[Title], Href: r.Path(), Unit: r.Unit, Found: c.L.Moment(r.FoundAt),
			Tags: stateTags(c, &r.Incident, r.Duties), Clock: nextClock(c, r, l.Now),
		}
		switch {
		case r.Incident.Drill != "":
			d.Drills = append(d.Drills, row)
		case r.ClosedAt.IsZero():
			d.Open = append(d.Open, row)
		default:
			d.Closed = append(d.Closed, row)
		}
	}
	return c.Render(templates, "list.html", d)
}

// stateTags tell how far an incident has come.
func stateTags(c *web.Context, x *Incident, duties []Duty) []web.Tag {
	t := c.L.T
	if x.Answers["security_protection"] == Yes {
		return []web.Tag{{Kind: "bad", Icon: "lock", Word: t("incident.protected")}}
	}
	step := x.Step(duties)
	if step == "" || !x.ClosedAt.IsZero() {
		return []web.Tag{web.OK(t("incident.closed"))}
	}
	out := []web.Tag{web.Info(t("incident.waits-" + step))}
	if x.Risk == RiskHigh {
		out = append(out, web.Bad(t("incident.risk-high")))
	}
	return out
}

func nextClock(c *web.Context, r *Row, now time.Time) clock {
	for i := range r.Duties {
		d := &r.Duties[i]
		if d.Kind == KindDuty && !r.Next.IsZero() && d.Deadline.At.Equal(r.Next) && !d.Settled() {
			return dutyClock(c, d, now)
		}
	}
	return clock{}
}

// dutyClock tells how long there is left for a duty, or how long ago its moment was.
func dutyClock(c *web.Context, d *Duty, now time.Time) clock {
	t := c.L.T
	out := clock{Label: d.Receiver.In(lang(c))}
	switch {
	case d.Report.Status == Done:
		out.Tag = web.OK(t("incident.done-at", "At", c.L.Moment(d.Report.At)))
		if d.DoneLate() {
			out.Tag = web.Warn(t("incident.done-late", "At", c.L.Moment(d.Report.At)))
		}
		return out
	case d.Report.Status == NotNeeded:
		out.Tag = web.Tag{Word: t("incident.status-not-needed")}
		return out
	case d.Deadline.At.IsZero():
		out.When = d.Time.In(lang(c))
		if d.period.Fixed() {
			out.When = t("incident.clock-not-begun")
		}
		return out
	}
	out.When = t("incident.by", "At", c.L.Moment(d.Deadline.At))
	if !d.Deadline.Moved.IsZero() {
		out.When += " " + t("incident.moved", "At", c.L.Moment(d.Deadline.Moved))
	}
	left := d.Deadline.At.Sub(now)
	word := span(c, left)
	switch {
	case left < 0:
		out.Tag = web.Bad(t("incident.passed", "Span", span(c, -left)))
	case left < 12*time.Hour:
		out.Tag = web.Warn(t("incident.left", "Span", word))
	default:
		out.Tag = web.Tag{Kind: "info", Icon: "clock", Word: t("incident.left", "Span", word)}
	}
	return out
}

// span writes how long something is: in minutes below an hour, in hours below four days, else in days.
func span(c *web.Context, d time.Duration) string {
	const hours, days = time.Hour, 24 * time.Hour
	switch {
	case d < hours:
		return c.L.T("incident.minutes", "Count", int(d/time.Minute))
	case d < 4*days:
		return c.L.T("incident.hours", "Count", int(d/hours))
	default:
		return c.L.T("incident.days", "Count", int(d/days))
	}
}

type formPage struct {
	web.Page
	Lead, Action, Back, Save string
	Version                  int64
	Secrecy                  string
	Fields                   []web.Field
	Groups                   []questionGroup
	Hidden                   []web.Hidden
	Facts                    []string
}

// questionGroup is a group of questions that are answered with yes, no or unknown.
type questionGroup struct {
	ID, Legend, Hint string
	Questions        []web.Field
}

func (p *Pages) begin(c *web.Context) error { return p.beginForm(c, nil) }

func (p *Pages) beginForm(c *web.Context, faults []web.FieldError) error {
	t := c.L.T
	get := c.Form
	if c.Request.Method == http.MethodGet {
		get = func(name string) string { return c.Query(name) }
	}
	d := formPage{
		Page: base(c, t("incident.new"), web.Crumb{Label: t("incident.new")}), Lead: t("incident.new-lead"), Action: Place + "/ny", Back: Place,
		Save: t("incident.begin"), Secrecy: t("incident.secrecy"),
	}
	d.Errors = faults
	title := get("rubrik")
	if id := get("leverantor"); id != "" {
		d.Hidden = append(d.Hidden, web.Hidden{Name: "leverantor", Value: id})
		if title == "" {
			title = t("incident.title-supplier")
		}
	}
	if slug := get("system"); slug != "" {
		d.Hidden = append(d.Hidden, web.Hidden{Name: "system", Value: slug})
	}
	d.Fields = []web.Field{
		{Name: "rubrik", Label: t("incident.field-title"), Hint: t("incident.hint-title"), Value: title},
		{Name: "handelse", Type: "textarea", Rows: 4, Label: t("incident.field-happened"), Hint: t("incident.hint-personal"), Value: get("handelse"), Optional: true},
		{Name: "upptackt", Type: "datetime-local", Label: t("incident.field-found"), Hint: t("incident.hint-found"), Value: get("upptackt"), Optional: true},
	}
	return c.Render(templates, "form.html", d)
}

func (p *Pages) report(c *web.Context) error {
	at, ok := parseTime(c.Form("upptackt"))
	if !ok && c.Form("upptackt") != "" {
		return p.beginForm(c, []web.FieldError{{Field: "upptackt", Key: "incident.fault-time"}})
	}
	n := New{
		Title: c.Form("rubrik"), Happened: c.Form("handelse"), FoundAt: at, Supplier: ids.ID[supplier.Supplier](c.Form("leverantor")),
		Measured: ids.ID[evidence.Record](c.Form("matning")),
	}
	if n.Supplier != "" {
		n.Origin = Origin{Kind: "supplier", Path: supplier.Place + "/" + url.PathEscape(n.Supplier.String())}
	}
	if slug := c.Form("system"); slug != "" {
		n.Systems = []string{slug}
	}
	x, err := p.Service.Report(c.Context(), c.Actor, n)
	if errors.Is(err, ErrOrigin) {
		if x.Number == 0 { // somebody began it in the same moment
			return c.Redirect(Place, "incident.begun-already")
		}
		return c.Redirect(x.Path(), "incident.begun-already")
	}
	if fault, ok := faultOf(err, "rubrik", "upptackt", "handelse"); ok {
		return p.beginForm(c, []web.FieldError{fault})
	}
	if err != nil {
		return err
	}
	return c.Redirect(x.Path(), "incident.begun")
}

// faultOf says what is wrong with what was sent, beside one of three fields: for a heading, a moment and a text.
func faultOf(err error, title, at, text string) (web.FieldError, bool) {
	for _, f := range []struct {
		is         error
		field, key string
	}{
		{ErrTitle, title, "incident.fault-title"},
		{ErrPersonal, text, "incident.fault-personal"},
		{ErrFuture, at, "incident.fault-future"},
		{ErrOrder, at, "incident.fault-order"},
		{ErrReason, text, "incident.fault-reason"},
		{ErrValue, title, "incident.fault-value"},
	} {
		if errors.Is(err, f.is) {
			return web.FieldError{Field: f.field, Key: f.key}, true
		}
	}
	return web.FieldError{}, false
}

// localLayout is how browsers write a moment in a form.
const localLayout = "2006-01-02T15:04"

// localTime writes a moment for a form, in Swedish time; none is empty.
func localTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(civil.Location()).Format(localLayout)
}

// parseTime reads a moment in Swedish time as browsers and people write it.
func parseTime(s string) (time.Time, bool) {
	for _, layout := range []string{localLayout, "2006-01-02T15:04:05", "2006-01-02 15:04", "2006-01-02 15.04"} {
		if t, err := time.ParseInLocation(layout, s, civil.Location()); err == nil {
			return t.UTC(), true
		}
	}
	return time.Time{}, false
}

func (p *Pages) beginDrill(c *web.Context) error {
	t := c.L.T
	d := drillChoicePage{Page: base(c, t("incident.practise"), web.Crumb{Label: t("incident.practise")})}
	for i := range p.Service.Rules.Drills {
		x := &p.Service.Rules.Drills[i]
		d.Drills = append(d.Drills, drillChoice{ID: x.ID, Name: x.Name.In(lang(c)), Text: x.Text.In(lang(c))})
	}
	return c.Render(templates, "drills.html", d)
}

type drillChoicePage struct {
	web.Page
	Drills []drillChoice
}

type drillChoice struct{ ID, Name, Text string }

func (p *Pages) drill(c *web.Context) error {
	d, ok := p.Service.Rules.Drill(c.Form("ovning"))
	if !ok {
		return &web.Error{Status: http.StatusBadRequest, Err: ErrValue}
	}
	x, err := p.Service.Report(c.Context(), c.Actor, New{Drill: d.ID, Title: d.Name.In(lang(c)), Happened: d.Text.In(lang(c))})
	if err != nil {
		return err
	}
	return c.Redirect(x.Path(), "incident.drill-begun")
}
