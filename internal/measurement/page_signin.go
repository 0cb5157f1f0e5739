// SPDX-License-Identifier: EUPL-1.2

package measurement

import (
	"errors"
	"net/http"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/evidence"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/signin"
	"github.com/insegel/insegel/internal/system"
	"github.com/insegel/insegel/internal/web"
)

type logPage struct {
	web.Page
	Tabs             web.Tabs
	Form, File       web.Field
	Name, Text       web.Field
	CanTake, CanSave bool
	Applications     []applicationRow
	Imports          []importRow
	// Place is where how far a file has come is asked for, and Reading the file that is being taken in, from another tab or before a reload.
	Place, Reading, Far string
}

// pulse is how far a file has come, for the page's script. A page whose mark is another is loaded anew.
type pulse struct {
	Mark  string            `json:"mark"`
	Texts map[string]string `json:"texts"`
}

type applicationRow struct {
	Name, Kind, Told, More, System, SystemHref string
	// ID is a number on the page, for labels.
	ID    int
	Value string
	Pick  web.Field
	Match bool
}

type importRow struct {
	When, Form, Period       string
	SignIns, Records, Unread int64
}

// The forms that a file can have, as the page offers them.
var logForms = []string{"", "entra", "keycloak", "keycloak-log", "adfs", "shibboleth", "simplesamlphp", "conditional-access", "saml-metadata"}

func (p *Pages) logs(c *web.Context) error {
	if c.Part() {
		return c.JSON(p.pulse(c))
	}
	return p.logList(c, "", "")
}

// pulse tells how far the file that somebody hands in has come. The page that hands it in has no mark: it must not be loaded anew, as that would
// end the reading.
func (p *Pages) pulse(c *web.Context) pulse {
	out := pulse{Texts: map[string]string{}}
	r := p.Service.readings.of(c.Actor)
	if r == nil {
		return out
	}
	if c.Query("pagar") != "" {
		out.Mark = r.id.String()
	}
	out.Texts["far"] = farOf(c.L, r)
	return out
}

// farOf says how far a file has come.
func farOf(l *locale.Localizer, r *reading) string {
	const mega = 1_000_000
	done := r.far()
	switch {
	case r.size <= 0:
		return l.T("measurement.reading-done", "Done", l.Number(done/mega))
	case done >= r.size:
		return l.T("measurement.reading-all", "Total", l.Number(r.size/mega))
	}
	return l.T("measurement.reading-far", "Done", l.Number(done/mega), "Total", l.Number(r.size/mega), "Percent", l.Number(done*100/r.size))
}

func (p *Pages) logList(c *web.Context, name, text string, faults ...web.FieldError) error {
	all, err := p.Service.SignInLogs(c.Context(), c.Actor)
	if err != nil {
		return err
	}
	l := c.L
	out := logPage{
		Page: web.Page{Title: l.T("measurement.logs"), Active: Menu, Crumbs: crumbs(l), Errors: faults}, Tabs: tabs(c, logPlace),
		Form:    web.Field{Name: "form", Type: "select", Label: l.T("measurement.log-form"), Hint: l.T("measurement.log-form-hint")},
		File:    web.Field{Name: "file", Type: "file", Label: l.T("measurement.log-file"), Hint: l.T("measurement.log-file-hint")},
		Name:    web.Field{Name: "namn", Label: l.T("measurement.mapping-name"), Value: name},
		Text:    web.Field{Name: "beskrivning", Type: "textarea", Rows: 8, Label: l.T("measurement.mapping-text"), Hint: l.T("measurement.mapping-hint"), Value: text},
		CanTake: access.Allowed(c.Actor, "measurement.TakeLog"), CanSave: access.Allowed(c.Actor, "measurement.SaveMapping"),
	}
	out.Place = logPlace
	if r := p.Service.readings.of(c.Actor); r != nil {
		out.Reading, out.Far = r.id.String(), farOf(l, r)
	}
	for _, f := range logForms {
		key := "measurement.form-" + f
		if f == "" {
			key = "measurement.form-any"
		}
		out.Form.Options = append(out.Form.Options, web.Option{Value: f, Label: l.T(key)})
	}
	for _, m := range all.Mappings {
		out.Form.Options = append(out.Form.Options, web.Option{Value: "mapping:" + m, Label: l.T("measurement.form-mapping", "Name", m)})
	}
	choices := ways(l, all.Systems)
	for i := range all.Applications {
		out.Applications = append(out.Applications, applicationOf(c, &all.Applications[i], all.Systems, choices, i))
	}
	for _, x := range all.Imports {
		row := importRow{When: l.Moment(x.At), Form: formName(l, x.Format), SignIns: x.SignIns, Records: x.Records, Unread: x.Unread}
		if x.From != "" {
			row.Period = x.From + " – " + x.To
		}
		out.Imports = append(out.Imports, row)
	}
	return c.Render(templates, "logs.html", out)
}

// formName is what a form is called; a saved mapping is called what somebody named it.
func formName(l *locale.Localizer, form string) string {
	for _, f := range logForms[1:] {
		if f == form {
			return l.T("measurement.form-" + f)
		}
	}
	return l.T("measurement.form-own")
}

func applicationOf(c *web.Context, a *Application, systems []system.System, choices []web.Option, i int) applicationRow {
	l := c.L
	row := applicationRow{
		Name: a.Name, Kind: l.T("measurement.kind-" + a.Kind), ID: i, Value: a.Kind + ":" + a.Name, Match: access.Allowed(c.Actor, "measurement.Match"),
		Pick: web.Field{Name: "system", Options: choices},
	}
	switch {
	case a.Log != nil:
		row.tell(l, logBecause(a.Log))
	case a.Policy != nil:
		row.tell(l, policyBecause(a.Policy))
	case a.Entity != nil:
		row.tell(l, entityBecause(a.Entity))
	}
	for k := range systems {
		if systems[k].ID == a.System {
			row.System, row.SystemHref = systems[k].Name, "/system/"+systems[k].Slug
			row.Pick.Value = wayOf(a.System, a.Path)
		}
	}
	return row
}

// tell writes reasons: the first by itself, and what follows beside it.
func (r *applicationRow) tell(l *locale.Localizer, because []evidence.Because) {
	for i := range because {
		text := because[i].In(l)
		switch {
		case i == 0:
			r.Told = text
		case r.More == "":
			r.More = text
		default:
			r.More += " " + text
		}
	}
}

// take reads a log as it comes. Its name is not looked at: it may be somebody's.
func (p *Pages) take(c *web.Context) error {
	in, form, err := c.Stream("file")
	if errors.Is(err, web.ErrNoFile) {
		return p.logList(c, "", "", web.FieldError{Field: "file", Key: "measurement.error-no-file"})
	}
	if err != nil {
		return err
	}
	f := LogFile{Format: form.Get("form"), Size: c.Request.ContentLength}
	if name, ok := cutMapping(f.Format); ok {
		f.Format, f.Mapping = "", name
	}
	x, err := p.Service.TakeLog(c.Context(), c.Actor, in, f)
	var people *signin.PersonalError
	if errors.As(err, &people) {
		return p.logList(c, "", "", web.FieldError{Field: "file", Key: peopleKeys[people.Fact]})
	}
	for _, fault := range []struct {
		err error
		key string
	}{
		{signin.ErrFormat, "measurement.error-format"},
		{signin.ErrMapping, "measurement.error-mapping"},
		{signin.ErrPolicy, "measurement.error-policy"},
		{signin.ErrMetadata, "measurement.error-metadata"},
		{ErrOld, "measurement.error-old"},
		{ErrNothing, "measurement.error-nothing"},
		{ErrAhead, "measurement.error-ahead"},
		{db.ErrNotFound, "measurement.error-mapping"},
	} {
		if errors.Is(err, fault.err) {
			return p.logList(c, "", "", web.FieldError{Field: "file", Key: fault.key})
		}
	}
	if err != nil {
		return err
	}
	return c.Redirect(logPlace, "measurement.taken", "Records", c.L.Number(x.Records))
}

// peopleKeys say that what a mapping calls a fact looks like people, and what to change.
var peopleKeys = map[string]string{
	"application": "measurement.error-people-application", "path": "measurement.error-people-path", "context": "measurement.error-people-context",
	"methods": "measurement.error-people-methods",
}

func cutMapping(text string) (string, bool) {
	const mark = "mapping:"
	if len(text) > len(mark) && text[:len(mark)] == mark {
		return text[len(mark):], true
	}
	return "", false
}

func (p *Pages) match(c *web.Context) error {
	kind, name := parseKey(c.Form("program"))
	ref, path := parseWay(c.Form("system"))
	if ref == "" {
		return &web.Error{Status: http.StatusUnprocessableEntity, Key: "measurement.error-system"}
	}
	if err := p.Service.Match(c.Context(), c.Actor, kind, name, ref, path); err != nil {
		return err
	}
	return c.Redirect(logPlace, "measurement.matched", "Name", name)
}

func parseKey(text string) (kind, name string) {
	for _, k := range []string{KindLog, KindPolicy, KindMetadata} {
		if len(text) > len(k) && text[:len(k)+1] == k+":" {
			return k, text[len(k)+1:]
		}
	}
	return "", ""
}

func (p *Pages) saveMapping(c *web.Context) error {
	name, text := c.Form("namn"), c.Form("beskrivning")
	err := p.Service.SaveMapping(c.Context(), c.Actor, name, text)
	var people *signin.PersonalError
	switch {
	case errors.As(err, &people):
		return p.logList(c, name, text, web.FieldError{Field: "beskrivning", Key: peopleKeys[people.Fact]})
	case errors.Is(err, ErrName):
		return p.logList(c, name, text, web.FieldError{Field: "namn", Key: "measurement.error-name"})
	case errors.Is(err, signin.ErrMapping):
		return p.logList(c, name, text, web.FieldError{Field: "beskrivning", Key: "measurement.error-mapping"})
	case err != nil:
		return err
	}
	return c.Redirect(logPlace, "measurement.mapping-saved")
}
