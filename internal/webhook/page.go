// SPDX-License-Identifier: EUPL-1.2

package webhook

import (
	"embed"
	"net/http"
	"slices"
	"strconv"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/web"
)

//go:embed *.html
var pageFiles embed.FS

var pages = web.Parse(pageFiles)

// Path is where the receivers are shown.
const Path = "/administration/handelser"

// pageSize is how many deliveries a page shows.
const pageSize = 50

// Pages are the pages of events to programs.
type Pages struct{ Service *Service }

// Routes registers the pages.
func (p *Pages) Routes(s *web.Site) {
	s.Handle("GET "+Path, "webhook.List", func(c *web.Context) error { return p.list(c) })
	s.Handle("POST "+Path, "webhook.Add", p.add)
	s.Handle("GET "+Path+"/{id}", "webhook.Open", func(c *web.Context) error { return p.open(c, "") })
	s.Handle("POST "+Path+"/{id}", "webhook.Change", p.change)
	s.Handle("POST "+Path+"/{id}/hemlighet", "webhook.Rotate", p.rotate)
	s.Handle("POST "+Path+"/{id}/ta-bort", "webhook.Remove", p.remove)
	s.Handle("POST "+Path+"/{id}/prova", "webhook.Try", p.try)
	s.Handle("POST "+Path+"/{id}/leverans/{delivery}", "webhook.Redeliver", p.redeliver)
}

type listPage struct {
	web.Page
	Rows   []row
	CanAdd bool
	Form   form
}

type row struct {
	Name, Href, Address string
	Count               int
	State               web.Tag
}

// form are the fields of a target.
type form struct {
	Name, Address web.Field
	Events        web.Choices
	On            web.Choices
}

func (p *Pages) list(c *web.Context, faults ...web.FieldError) error {
	all, err := p.Service.List(c.Context(), c.Actor)
	if err != nil {
		return err
	}
	out := listPage{
		Page: web.Page{Title: c.L.T("webhook.title"), Active: "webhook", Errors: faults}, CanAdd: access.Allowed(c.Actor, "webhook.Add"),
		Form: formOf(c, &Target{Name: c.Form("namn"), Address: c.Form("adress"), Events: c.Forms("handelse")}),
	}
	for i := range all {
		t := &all[i]
		out.Rows = append(out.Rows, row{t.Name, Path + "/" + t.ID.String(), t.Address, len(t.Events), stateTag(c, t.State)})
	}
	return c.Render(pages, "list.html", out)
}

func stateTag(c *web.Context, s State) web.Tag {
	word := c.L.T("webhook.state-" + string(s))
	switch s {
	case On:
		return web.OK(word)
	case Gone:
		return web.Bad(word)
	case Off:
	}
	return web.Neutral(word)
}

func formOf(c *web.Context, t *Target) form {
	f := form{
		Name:    web.Field{Name: "namn", Label: c.L.T("webhook.name"), Hint: c.L.T("webhook.name-hint"), Value: t.Name},
		Address: web.Field{Name: "adress", Type: "url", Label: c.L.T("webhook.address"), Hint: c.L.T("webhook.address-hint"), Value: t.Address, Autocomplete: "off"},
		Events:  web.Choices{Name: "handelse", Legend: c.L.T("webhook.events"), Hint: c.L.T("webhook.events-hint"), Several: true},
		On:      web.Choices{Name: "lage", Legend: c.L.T("webhook.state")},
	}
	for _, e := range Events {
		f.Events.Options = append(f.Events.Options, web.Choice{Value: e, Label: c.L.T("webhook.event-" + e), Checked: slices.Contains(t.Events, e)})
	}
	for _, s := range []State{On, Off} {
		f.On.Options = append(f.On.Options, web.Choice{Value: string(s), Label: c.L.T("webhook.state-" + string(s)), Checked: s == t.State || s == Off && t.State == Gone})
	}
	return f
}

// fields are where each fault is shown.
var fields = map[string]string{"webhook.fault-name": "namn", "webhook.fault-address": "adress", "webhook.fault-events": "handelse"}

// sorry turns an error that no field can show into a page for the reader.
func sorry(err error) error {
	if key := faultKey(err); key != "" {
		return &web.Error{Status: http.StatusUnprocessableEntity, Key: key, Err: err}
	}
	return err
}

func (p *Pages) add(c *web.Context) error {
	t, secret, err := p.Service.Add(c.Context(), c.Actor, Target{Name: c.Form("namn"), Address: c.Form("adress"), Events: c.Forms("handelse")})
	if err != nil {
		if field := fields[faultKey(err)]; field != "" {
			return p.list(c, web.FieldError{Field: field, Key: faultKey(err)})
		}
		return sorry(err)
	}
	return p.openOf(c, t.ID, secret)
}

type openPage struct {
	web.Page
	// Secret was just made; it is shown on this page and never again.
	Secret     string
	Path       string
	Version    int64
	State      web.Tag
	OldUntil   string
	Form       form
	CanChange  bool
	CanSend    bool
	Deliveries []deliveryRow
	Paging     web.Paging
}

type deliveryRow struct {
	ID, What, About, When, Answer string
	Number                        int64
	State                         web.Tag
	Again                         bool
}

// open shows one receiver, with a secret that was just made if there is one.
func (p *Pages) open(c *web.Context, secret string, faults ...web.FieldError) error {
	return p.openOf(c, ids.ID[Target](c.Path("id")), secret, faults...)
}

func (p *Pages) openOf(c *web.Context, id ids.ID[Target], secret string, faults ...web.FieldError) error {
	t, err := p.Service.Open(c.Context(), c.Actor, id)
	if err != nil {
		return err
	}
	page, _ := strconv.Atoi(c.Query("sida")) // what is no number is the first
	page = max(page, 1)
	list, total, err := p.Service.Deliveries(c.Context(), c.Actor, id, Paged{page, pageSize})
	if err != nil {
		return err
	}
	shown := t
	if len(faults) > 0 {
		shown.Name, shown.Address, shown.Events, shown.State = c.Form("namn"), c.Form("adress"), c.Forms("handelse"), State(c.Form("lage"))
	}
	out := openPage{
		Page: web.Page{Title: t.Name, Active: "webhook", Errors: faults, Crumbs: []web.Crumb{{Label: c.L.T("webhook.title"), Href: Path}, {Label: t.Name}}},
		Path: Path + "/" + id.String(), Secret: secret, Version: t.Version, State: stateTag(c, t.State), Form: formOf(c, &shown),
		CanChange: access.Allowed(c.Actor, "webhook.Change"), CanSend: t.State == On && access.Allowed(c.Actor, "webhook.Try"),
	}
	if !t.OldUntil.IsZero() && p.Service.DB.Now().Before(t.OldUntil) {
		out.OldUntil = c.L.Moment(t.OldUntil)
	}
	out.Paging = web.Paging{Page: page, Size: pageSize, Total: total, Path: out.Path}
	for i := range list {
		out.Deliveries = append(out.Deliveries, deliveryRowOf(c, &list[i], out.CanSend))
	}
	return c.Render(pages, "open.html", out)
}

func deliveryRowOf(c *web.Context, d *Delivery, canSend bool) deliveryRow {
	r := deliveryRow{
		ID: d.ID.String(), What: c.L.T("webhook.event-" + d.Kind), About: d.ObjectID, When: c.L.Moment(d.Happened), Number: d.Seq, Again: canSend && d.State != Waits,
	}
	word := c.L.T("webhook.outcome-" + string(d.State))
	switch d.State {
	case Delivered:
		r.State = web.OK(word)
	case Failed:
		r.State = web.Bad(word)
	case Waits:
		r.State = web.Info(word)
	}
	if d.Attempts > 0 {
		r.Answer = c.L.T("webhook.attempts", "Count", d.Attempts, "Moment", c.L.Moment(d.Tried))
	}
	if d.Status > 0 {
		r.Answer += " HTTP " + strconv.Itoa(d.Status)
	}
	return r
}

func (p *Pages) change(c *web.Context) error {
	version, err := strconv.ParseInt(c.Form("version"), 10, 64)
	state := State(c.Form("lage"))
	if err != nil || state != On && state != Off {
		return &web.Error{Status: http.StatusBadRequest, Err: err}
	}
	id := ids.ID[Target](c.Path("id"))
	err = p.Service.Change(c.Context(), c.Actor, Target{ID: id, Name: c.Form("namn"), Address: c.Form("adress"), Events: c.Forms("handelse"), State: state, Version: version})
	if err != nil {
		if field := fields[faultKey(err)]; field != "" {
			return p.open(c, "", web.FieldError{Field: field, Key: faultKey(err)})
		}
		return sorry(err)
	}
	return c.Redirect(Path+"/"+id.String(), "webhook.saved")
}

// rotate makes a new secret and shows it on the page that answers: it stands in no address and no cookie.
func (p *Pages) rotate(c *web.Context) error {
	secret, err := p.Service.Rotate(c.Context(), c.Actor, ids.ID[Target](c.Path("id")))
	if err != nil {
		return sorry(err)
	}
	return p.open(c, secret)
}

func (p *Pages) remove(c *web.Context) error {
	if err := p.Service.Remove(c.Context(), c.Actor, ids.ID[Target](c.Path("id"))); err != nil {
		return err
	}
	return c.Redirect(Path, "webhook.removed")
}

func (p *Pages) try(c *web.Context) error {
	if err := p.Service.Try(c.Context(), c.Actor, ids.ID[Target](c.Path("id"))); err != nil {
		return sorry(err)
	}
	return c.Redirect(Path+"/"+c.Path("id")+"#leveranser", "webhook.tried")
}

func (p *Pages) redeliver(c *web.Context) error {
	if err := p.Service.Redeliver(c.Context(), c.Actor, ids.ID[Target](c.Path("id")), ids.ID[Delivery](c.Path("delivery"))); err != nil {
		return sorry(err)
	}
	return c.Redirect(Path+"/"+c.Path("id")+"#leveranser", "webhook.sent-again")
}
