// SPDX-License-Identifier: EUPL-1.2

package approval

import (
	"context"
	"embed"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/web"
)

//go:embed *.html
var pageFiles embed.FS

var pages = web.Parse(pageFiles)

// Path is where the changes that take two people are shown.
const Path = "/administration/beslut"

// Pages are the page of changes that take two people.
type Pages struct {
	Service *Service
	// Names gives the names of actors by their ids. An id without a name is shown as it is.
	Names func(ctx context.Context, actor access.Actor) (map[string]string, error)
	// Exceptions are the changes that were made without a second person, when the organisation began.
	Exceptions func(ctx context.Context, actor access.Actor, l *locale.Localizer) ([]Exception, error)
}

// Routes registers the page.
func (p *Pages) Routes(s *web.Site) {
	s.Handle("GET "+Path, "approval.List", p.list)
	s.Handle("POST "+Path+"/{id}", "approval.Refuse", p.decide)
}

type listPage struct {
	web.Page
	Waiting, Decided []row
	Alone            bool
	Exceptions       []Exception
}

// row is one change as the page shows it.
type row struct {
	ID, Label, What, Href string
	From, To              []string
	Reason, By, At        string
	// Wait says how long it waits, and for what.
	Wait web.Tag
	// May is true when the reader may approve it, Mine when they asked for it; Why is the message key of why they may not.
	May, Mine bool
	Why       string
	Note      web.Field
	Status    web.Tag
	Decided   string
	NoteText  string
}

func (p *Pages) list(c *web.Context) error { return p.render(c, "", "", "") }

// render draws the page. A decision that could not be made is shown again, with its fault, where it was made.
func (p *Pages) render(c *web.Context, id, note, fault string) error {
	all, err := p.Service.List(c.Context(), c.Actor, c.L)
	if err != nil {
		return err
	}
	names := map[string]string{}
	if p.Names != nil {
		if names, err = p.Names(c.Context(), c.Actor); err != nil {
			return err
		}
	}
	out := listPage{Page: web.Page{Title: c.L.T("approval.title"), Active: "approval"}, Alone: all.Alone}
	if p.Exceptions != nil {
		if out.Exceptions, err = p.Exceptions(c.Context(), c.Actor, c.L); err != nil {
			return err
		}
	}
	for i := range all.Waiting {
		r := rowOf(c, &all.Waiting[i], names)
		if r.ID == id && fault != "" {
			r.Note.Value = note
			out.Errors = append(out.Errors, web.FieldError{Field: r.Note.Name, Key: fault})
		}
		out.Waiting = append(out.Waiting, r)
	}
	for i := range all.Decided {
		out.Decided = append(out.Decided, rowOf(c, &all.Decided[i], names))
	}
	return c.Render(pages, "approval.html", out)
}

func rowOf(c *web.Context, t *Told, names map[string]string) row {
	l := c.L
	name := func(id string) string {
		if n := names[id]; n != "" {
			return n
		}
		return id
	}
	r := row{
		ID: t.ID.String(), Label: t.Kind, What: t.What, From: linesOf(t.From), To: linesOf(t.To), Href: t.Href, Reason: t.Reason, By: name(t.By), At: l.Moment(t.At),
		Mine: t.By == c.Actor.ID, NoteText: t.Note,
		Note: web.Field{Name: "note-" + t.ID.String(), Type: "textarea", Rows: 2, Label: l.T("approval.note"), Hint: l.T("approval.note-hint"), Optional: true},
	}
	if r.Mine {
		r.Note.Hint = l.T("approval.note-hint-own")
	}
	if t.Label != "" {
		r.Label = l.T(t.Label)
	}
	switch {
	case t.Status != Waiting:
		r.Status = web.Tag{Word: l.T("approval.status-" + string(t.Status))}
		if t.Status == Applied {
			r.Status = web.OK(r.Status.Word)
		}
		r.Decided = l.T("approval.decided", "Moment", l.Moment(t.When), "Name", name(t.Decider))
	case t.Alone:
		r.Wait = web.Warn(l.T("approval.waits-alone", "Count", int((t.Left()+time.Hour-1)/time.Hour)))
	default:
		r.Wait = web.Info(l.T("approval.waits", "Moment", l.Moment(t.Expires)))
	}
	switch {
	case t.Emergency:
		r.Why = "approval.why-emergency"
	case t.Alone:
		r.Why = "approval.why-alone"
	case errors.Is(t.Why, ErrOwn):
		r.Why = "approval.why-own"
	case errors.Is(t.Why, ErrConcerned):
		r.Why = "approval.why-concerned"
	default:
		r.May = access.Allowed(c.Actor, "approval.Approve")
	}
	return r
}

// linesOf splits a description of several lines.
func linesOf(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, "\n")
}

// decide approves or refuses, as the button says.
func (p *Pages) decide(c *web.Context) error {
	id, err := ids.Parse[Request](c.Path("id"))
	if err != nil {
		return &web.Error{Status: http.StatusNotFound, Err: err}
	}
	note := c.Form("note-" + id.String())
	done := "approval.was-refused"
	switch c.Form("decision") {
	case "approve":
		done = "approval.was-approved"
		err = p.Service.Approve(c.Context(), c.Actor, id, note)
	case "refuse":
		err = p.Service.Refuse(c.Context(), c.Actor, id, note)
	default:
		return &web.Error{Status: http.StatusBadRequest}
	}
	switch {
	case errors.Is(err, ErrReason):
		return p.render(c, id.String(), note, "approval.fault-reason")
	case errors.Is(err, ErrOwn):
		return &web.Error{Status: http.StatusForbidden, Key: "approval.why-own", Err: err}
	case errors.Is(err, ErrConcerned):
		return &web.Error{Status: http.StatusForbidden, Key: "approval.why-concerned", Err: err}
	case errors.Is(err, ErrEmergency):
		return &web.Error{Status: http.StatusForbidden, Key: "approval.why-emergency", Err: err}
	case errors.Is(err, ErrNotAdministrator):
		return &web.Error{Status: http.StatusForbidden, Key: "approval.not-administrator", Err: err}
	case errors.Is(err, ErrChanged):
		return &web.Error{Status: http.StatusConflict, Key: "approval.changed-since", Err: err}
	case errors.Is(err, ErrDecided):
		return &web.Error{Status: http.StatusConflict, Key: "approval.decided-already", Err: err}
	case err != nil:
		return err
	}
	return c.Redirect(Path, done)
}
