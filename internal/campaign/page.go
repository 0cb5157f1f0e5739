// SPDX-License-Identifier: EUPL-1.2

package campaign

import (
	"embed"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/mail"
	"github.com/insegel/insegel/internal/web"
)

//go:embed *.html
var pageFiles embed.FS

var templates = web.Parse(pageFiles)

// Menu is the entry in the menu that campaigns and the year wheel are found below.
const Menu = "campaign"

// Pages are the pages of campaigns and of the year wheel.
type Pages struct{ Service *Service }

// Routes registers the pages.
func (p *Pages) Routes(s *web.Site) {
	s.Handle("GET "+Place, "campaign.List", p.list)
	s.Handle("GET "+Place+"/ny", "campaign.Choose", p.form)
	s.Handle("POST "+Place+"/ny", "campaign.Begin", p.begin)
	s.Handle("GET "+Place+"/{id}", "campaign.Open", p.open)
	s.Handle("GET "+Place+"/{id}/tabell", "campaign.Open", p.table)
	s.Handle("POST "+Place+"/{id}/skicka", "campaign.Dispatch", p.dispatch)
	s.Handle("POST "+Place+"/{id}/paminn", "campaign.Remind", p.remind)
	s.Handle("POST "+Place+"/{id}/las", "campaign.Freeze", p.freeze)
	s.Handle("POST "+Place+"/{id}/ratta", "campaign.Correct", p.correct)
	s.Handle("POST "+Place+"/{id}/blad/{blad}/lank", "campaign.Assign", p.assign)
	s.Handle("POST "+Place+"/{id}/blad/{blad}/oppna", "campaign.Reopen", p.reopen)
	s.Handle("GET "+Place+"/{id}/blad/{blad}", "campaign.Sheet", p.sheet)
	s.Handle("POST "+Place+"/{id}/blad/{blad}", "campaign.Answer", p.answer)
	s.Handle("POST "+Place+"/{id}/blad/{blad}/lamna", "campaign.HandIn", p.handIn)
	s.Handle("POST "+Place+"/{id}/blad/{blad}/fraga", "campaign.Delegate", p.delegate)
	s.Handle("POST "+Place+"/{id}/blad/{blad}/anvand", "campaign.Take", p.take)
	s.Handle("GET "+WheelPlace, "campaign.Wheel", p.wheel)
	s.Handle("GET "+WheelPlace+"/tabell", "campaign.Wheel", p.wheelTable)
	s.Handle("POST "+WheelPlace, "campaign.SaveActivity", p.addActivity)
	s.Handle("POST "+WheelPlace+"/gjort", "campaign.Done", p.tick)
	s.Handle("POST "+WheelPlace+"/avsluta", "campaign.EndActivity", p.endActivity)
}

func lang(c *web.Context) catalogue.Lang { return catalogue.Lang(c.L.Lang) }

// faults are the errors of what people write, with the field and the message of each.
var faults = []struct {
	err        error
	field, key string
}{
	{ErrName, "namn", "campaign.fault-name"},
	{ErrRound, "ar", "campaign.fault-round"},
	{ErrDeadline, "sista", "campaign.fault-deadline"},
	{ErrNobody, "", "campaign.fault-nobody"},
	{mail.ErrAddress, "", "campaign.fault-address"},
	{mail.ErrTooMany, "", "campaign.fault-many"},
	{ErrNoMail, "", "campaign.fault-mail"},
	{ErrAsked, "", "campaign.fault-asked"},
	{ErrUnanswered, "", "campaign.fault-unanswered"},
	{ErrValue, "", "campaign.fault-value"},
	{ErrDay, "", "campaign.fault-day"},
	{ErrNote, "", "campaign.fault-note"},
	{ErrActivity, "titel", "campaign.fault-activity"},
}

// fault finds what is wrong with what was written; ok is false for what is not of that kind.
func fault(err error) (web.FieldError, bool) {
	for _, f := range faults {
		if errors.Is(err, f.err) {
			return web.FieldError{Field: f.field, Key: f.key}, true
		}
	}
	return web.FieldError{}, false
}

// sorry gives what came too late its own words.
func sorry(err error) error {
	switch {
	case errors.Is(err, ErrFrozen), errors.Is(err, ErrSent), errors.Is(err, ErrOpen), errors.Is(err, ErrNotSent):
		return &web.Error{Status: http.StatusConflict, Key: "campaign.frozen-since", Err: err}
	case errors.Is(err, ErrHandedIn):
		return &web.Error{Status: http.StatusConflict, Key: "campaign.handed-in-since", Err: err}
	case errors.Is(err, ErrYear):
		return &web.Error{Status: http.StatusNotFound, Err: err}
	}
	if f, ok := fault(err); ok {
		return &web.Error{Status: http.StatusUnprocessableEntity, Key: f.Key, Err: err}
	}
	return err
}

// period is the time that a campaign is about.
func period(l *locale.Localizer, c *Campaign) string {
	if c.Round == Quarterly {
		return l.T("campaign.period-quarter", "Quarter", c.Quarter, "Year", strconv.FormatInt(c.Year, 10))
	}
	return l.T("campaign.period-year", "Year", strconv.FormatInt(c.Year, 10))
}

// state is how a campaign stands.
func state(l *locale.Localizer, c *Campaign, today civil.Date, replaced bool) web.Tag {
	switch {
	case replaced:
		return web.Neutral(l.T("campaign.state-replaced"))
	case !c.Frozen.IsZero():
		return web.OK(l.T("campaign.state-frozen"))
	case c.Sent.IsZero():
		return web.Neutral(l.T("campaign.state-prepared"))
	case c.Deadline.Before(today):
		return web.Warn(l.T("campaign.state-late"))
	default:
		return web.Info(l.T("campaign.state-open"))
	}
}

type listRow struct {
	Name, Href, Period, Last, Answered string
	State                              web.Tag
}

type listPage struct {
	web.Page
	Actions []web.Link
	Open    []listRow
	Frozen  []listRow
	Empty   web.Empty
}

func (p *Pages) list(c *web.Context) error {
	all, err := p.Service.List(c.Context(), c.Actor)
	if err != nil {
		return err
	}
	t := c.L.T
	d := listPage{Page: web.Page{Title: t("campaign.title"), Active: Menu}, Actions: []web.Link{{Label: t("campaign.wheel"), Href: WheelPlace, Icon: "clock"}}}
	begin := web.Link{Label: t("campaign.begin"), Href: Place + "/ny", Primary: true}
	d.Empty = web.Empty{Title: t("campaign.none"), Text: t("campaign.none-text")}
	if access.Allowed(c.Actor, "campaign.Begin") {
		d.Actions = append(d.Actions, begin)
	}
	for i := range all.Rows {
		x := &all.Rows[i]
		row := listRow{
			Name: x.Name, Href: x.Path(), Period: period(c.L, &x.Campaign), Last: t("campaign.last-day", "Day", c.L.Date(x.Deadline)),
			Answered: t("campaign.handed-in-of", "Done", x.HandedIn, "Total", x.Sheets), State: state(c.L, &x.Campaign, all.Today, x.Old),
		}
		if x.Version > 1 || x.Old {
			row.Period += ", " + t("campaign.version", "Version", x.Version)
		}
		if x.Old {
			row.Href = Place + "/" + x.ID.String()
		}
		if x.Frozen.IsZero() {
			d.Open = append(d.Open, row)
		} else {
			d.Frozen = append(d.Frozen, row)
		}
	}
	return c.Render(templates, "list.html", d)
}

type formPage struct {
	web.Page
	Fields       []web.Field
	Kinds, Areas web.Choices
	Units        web.Choices
}

func (p *Pages) form(c *web.Context) error { return p.drawForm(c, nil) }

func (p *Pages) drawForm(c *web.Context, wrong []web.FieldError) error {
	ch, err := p.Service.Choose(c.Context(), c.Actor)
	if err != nil {
		return err
	}
	t := c.L.T
	posted := len(wrong) > 0
	value := func(name, otherwise string) string {
		if posted {
			return c.Form(name)
		}
		return otherwise
	}
	thisYear := strconv.Itoa(ch.Today.Year)
	d := formPage{Page: web.Page{
		Title: t("campaign.new-title"), Active: Menu, Errors: wrong, Crumbs: []web.Crumb{{Label: t("campaign.title"), Href: Place}, {Label: t("campaign.begin")}},
	}}
	d.Fields = []web.Field{
		{Name: "namn", Label: t("campaign.in-namn"), Value: value("namn", t("campaign.round-yearly")+" "+thisYear)},
		{Name: "omgang", Type: "select", Label: t("campaign.in-omgang"), Value: value("omgang", string(Yearly)), Options: []web.Option{
			{Value: string(Yearly), Label: t("campaign.round-yearly")}, {Value: string(Quarterly), Label: t("campaign.round-quarterly")},
		}},
		{Name: "ar", Label: t("campaign.in-ar"), Value: value("ar", thisYear)},
		{Name: "kvartal", Type: "select", Label: t("campaign.in-kvartal"), Hint: t("campaign.in-kvartal-hint"), Value: value("kvartal", "0"), Options: []web.Option{
			{Value: "0", Label: t("campaign.no-quarter")}, {Value: "1", Label: "1"}, {Value: "2", Label: "2"}, {Value: "3", Label: "3"}, {Value: "4", Label: "4"},
		}},
		{Name: "sista", Label: t("campaign.in-sista"), Value: value("sista", ch.Today.AddDays(21).String())},
		{Name: "paminn", Label: t("campaign.in-paminn"), Value: value("paminn", "7")},
	}
	d.Kinds = web.Choices{Name: "till", Legend: t("campaign.in-till"), Several: true}
	for _, k := range []Kind{OfUnit, OfSystem} {
		d.Kinds.Options = append(d.Kinds.Options, web.Choice{Value: string(k), Label: t("campaign.kind-" + string(k)), Checked: !posted || chosen(c, "till", string(k))})
	}
	d.Units = web.Choices{Name: "enhet", Legend: t("campaign.in-enheter"), Hint: t("campaign.in-enheter-hint"), Several: true}
	for _, u := range ch.Units {
		d.Units.Options = append(d.Units.Options, web.Choice{Value: u.ID.String(), Label: u.Name, Checked: chosen(c, "enhet", u.ID.String())})
	}
	d.Areas = web.Choices{Name: "omrade", Legend: t("campaign.in-omraden"), Hint: t("campaign.in-omraden-hint"), Several: true}
	for _, a := range p.Service.Set.Areas(Yearly) {
		d.Areas.Options = append(d.Areas.Options, web.Choice{Value: a, Label: t("campaign.area-" + a), Checked: chosen(c, "omrade", a)})
	}
	return c.Render(templates, "form.html", d)
}

func chosen(c *web.Context, name, value string) bool {
	for _, v := range c.Forms(name) {
		if v == value {
			return true
		}
	}
	return false
}

func (p *Pages) begin(c *web.Context) error {
	n := New{Name: strings.TrimSpace(c.Form("namn")), Round: Round(c.Form("omgang")), Areas: c.Forms("omrade")}
	n.Year, n.Quarter, n.Remind = number(c.Form("ar")), number(c.Form("kvartal")), number(c.Form("paminn"))
	n.Deadline, _ = civil.ParseLoose(c.Form("sista")) // an unreadable day is none, which Begin refuses
	for _, k := range c.Forms("till") {
		n.Kinds = append(n.Kinds, Kind(k))
	}
	for _, u := range c.Forms("enhet") {
		n.Units = append(n.Units, access.UnitID(u))
	}
	made, err := p.Service.Begin(c.Context(), c.Actor, n)
	if f, ok := fault(err); ok {
		return p.drawForm(c, []web.FieldError{f})
	}
	if err != nil {
		return err
	}
	return c.Redirect(made.Path(), "campaign.prepared")
}

// number reads a whole number; what is none is -1, which no check lets by.
func number(text string) int64 {
	n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 32)
	if err != nil {
		return -1
	}
	return n
}
