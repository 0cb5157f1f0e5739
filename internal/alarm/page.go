// SPDX-License-Identifier: EUPL-1.2

package alarm

import (
	"context"
	"embed"
	"errors"
	"maps"
	"slices"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/web"
)

//go:embed *.html
var pageFiles embed.FS

var pages = web.Parse(pageFiles)

// Path is where the alarms are shown.
const Path = "/larm"

// Pages are the page of alarms, and the notice about them on every other page.
type Pages struct {
	Service *Service
	// Names gives the names of actors by their ids. An id without a name is shown as it is.
	Names func(ctx context.Context, actor access.Actor) (map[string]string, error)
	// About names what an alarm is about, and where it is shown; both are empty for one that says it itself. It may be nil.
	About func(ctx context.Context, actor access.Actor, l *locale.Localizer, a *Alarm) (text, href string, err error)
}

// Routes registers the page.
func (p *Pages) Routes(s *web.Site) {
	s.Handle("GET "+Path, "alarm.List", p.list)
	s.Handle("POST "+Path+"/{id}", "alarm.Acknowledge", p.acknowledge)
}

// Notice gives how many alarms the reader is to be told about on every page. It is web.Options.Alarms.
func (p *Pages) Notice(c *web.Context) (int, error) {
	if !access.Allowed(c.Actor, "alarm.Count") {
		return 0, nil
	}
	return p.Service.Count(c.Context(), c.Actor)
}

type listPage struct {
	web.Page
	Open, Closed []row
	CanClose     bool
}

// row is one alarm as the page shows it.
type row struct {
	ID, Title, What, Do string
	Times               int
	First, Last         string
	Data                []fact
	Closed, By, Note    string
	Field               web.Field
}

type fact struct{ Label, Value, Href string }

func (p *Pages) list(c *web.Context) error { return p.render(c, "", "") }

// render draws the list. A note that was too long is shown again where it was typed.
func (p *Pages) render(c *web.Context, id, note string) error {
	all, err := p.Service.List(c.Context(), c.Actor)
	if err != nil {
		return err
	}
	names := map[string]string{}
	if p.Names != nil {
		if names, err = p.Names(c.Context(), c.Actor); err != nil {
			return err
		}
	}
	out := listPage{Page: web.Page{Title: c.L.T("alarm.title"), Active: "alarm"}, CanClose: access.Allowed(c.Actor, "alarm.Acknowledge")}
	for i := range all {
		r := rowOf(c.L, &all[i], names)
		if err := p.about(c, &all[i], &r); err != nil {
			return err
		}
		if r.ID == id {
			r.Field.Value = note
			out.Errors = append(out.Errors, web.FieldError{Field: r.Field.Name, Key: "alarm.note-long", Args: []any{"Max", mostNote}})
		}
		if all[i].Open() {
			out.Open = append(out.Open, r)
		} else {
			out.Closed = append(out.Closed, r)
		}
	}
	return c.Render(pages, "alarm.html", out)
}

// about names on a row what the alarm is about.
func (p *Pages) about(c *web.Context, a *Raised, r *row) error {
	if p.About == nil {
		return nil
	}
	text, href, err := p.About(c.Context(), c.Actor, c.L, &a.Alarm)
	if err != nil || text == "" {
		return err
	}
	label := c.L.T("alarm.data-change")
	r.Data = slices.DeleteFunc(r.Data, func(f fact) bool { return f.Label == label })
	r.Data = append(r.Data, fact{label, text, href})
	return nil
}

func rowOf(l *locale.Localizer, r *Raised, names map[string]string) row {
	kind := string(r.Kind)
	if !l.Has("alarm.title-" + kind) {
		kind = "other"
	}
	out := row{
		ID: r.ID.String(), Title: l.T("alarm.title-" + kind), What: l.T("alarm.what-" + kind), Do: l.T("alarm.do-" + kind),
		Times: r.Times, First: l.Moment(r.First), Last: l.Moment(r.Last), Note: r.Note,
		Field: web.Field{Name: "note-" + r.ID.String(), Label: l.T("alarm.note"), Hint: l.T("alarm.note-hint"), Optional: true},
	}
	if kind == "other" {
		out.Data = append(out.Data, fact{Label: l.T("alarm.data-kind"), Value: string(r.Kind)})
	}
	for _, k := range slices.Sorted(maps.Keys(r.Data)) {
		label := k
		if l.Has("alarm.data-" + k) {
			label = l.T("alarm.data-" + k)
		}
		out.Data = append(out.Data, fact{Label: label, Value: valueOf(l, k, r.Data[k])})
	}
	if !r.Open() {
		out.Closed, out.By = l.Moment(r.Acknowledged), r.By
		if name := names[r.By]; name != "" {
			out.By = name
		}
	}
	return out
}

// valueOf writes a fact of an alarm in the reader's language. When something was last done is a day or never; names and reasons stand as
// they were written.
func valueOf(l *locale.Localizer, name, value string) string {
	if name == "change" && l.Has(value) {
		return l.T(value) // the message key of a kind of change
	}
	if name != "backup" && name != "drill" {
		return value
	}
	if day, err := civil.Parse(value); err == nil {
		return l.Date(day)
	}
	if value == "never" {
		return l.T("alarm.never")
	}
	return value
}

func (p *Pages) acknowledge(c *web.Context) error {
	id, err := ids.Parse[Alarm](c.Path("id"))
	if err != nil {
		return &web.Error{Status: 404, Err: err}
	}
	note := c.Form("note-" + id.String())
	err = p.Service.Acknowledge(c.Context(), c.Actor, id, note)
	if errors.Is(err, ErrNote) {
		return p.render(c, id.String(), note)
	}
	if err != nil {
		return err
	}
	return c.Redirect(Path, "alarm.acknowledged")
}
