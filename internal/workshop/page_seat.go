// SPDX-License-Identifier: EUPL-1.2

package workshop

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"github.com/insegel/insegel/internal/auth"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/web"
)

func (p *Pages) cookieName() string {
	if p.TLS {
		return "__Host-insegel-seat"
	}
	return "insegel-seat"
}

// setCookie keeps the browser's secret until it is closed.
func (p *Pages) setCookie(c *web.Context, value string) {
	http.SetCookie(c.Writer, &http.Cookie{
		Name: p.cookieName(), Value: value, Path: "/", Secure: p.TLS, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

// find finds the seat of the browser.
func (p *Pages) find(c *web.Context) (Seat, error) {
	k, err := c.Request.Cookie(p.cookieName())
	if err != nil {
		return Seat{}, ErrGone
	}
	return p.Service.Door.Seat(c.Context(), k.Value)
}

type doorPage struct {
	web.Page
	Name web.Field
}

func (p *Pages) door(c *web.Context) error {
	if seat, err := p.find(c); err == nil {
		if _, err := p.Service.Poll(c.Context(), seat.Actor(web.ClientAddress(c.Request)), seat); err == nil {
			return c.Redirect(seatPath)
		}
	}
	return p.doorForm(c, nil)
}

func (p *Pages) doorForm(c *web.Context, faults []web.FieldError) error {
	return c.Render(templates, "door.html", doorPage{
		Page: web.Page{Title: c.L.T("workshop.join"), Layout: web.Plain, Errors: faults},
		Name: web.Field{Name: "namn", Label: c.L.T("workshop.in-nick"), Hint: c.L.T("workshop.in-nick-hint"), Value: c.Form("namn"), Autocomplete: "off"},
	})
}

// join takes a seat by a code. Every try is counted, and a wrong one counts as failed.
func (p *Pages) join(c *web.Context) error {
	from := web.ClientAddress(c.Request)
	try := auth.Attempt{Kind: auth.Joining, From: from}
	if left, err := p.Limits.Wait(c.Context(), try); errors.Is(err, auth.ErrWait) {
		return auth.TooMany(c, left)
	} else if err != nil {
		return err
	}
	seat, err := p.Service.Door.Find(c.Context(), c.Form("kod"))
	if errors.Is(err, ErrGone) {
		if _, err := p.Limits.Failed(c.Context(), try); err != nil {
			return err
		}
		return p.doorForm(c, []web.FieldError{{Field: "kod", Key: "workshop.fault-code"}})
	}
	if err != nil {
		return err
	}
	secret, err := p.Service.Join(c.Context(), seat.Actor(from), seat, c.Form("namn"))
	switch {
	case errors.Is(err, ErrGone):
		return p.doorForm(c, []web.FieldError{{Field: "kod", Key: "workshop.fault-code"}})
	case errors.Is(err, ErrName):
		return p.doorForm(c, []web.FieldError{{Field: "namn", Key: "workshop.fault-nick", Args: []any{"Max", maxName}}})
	case errors.Is(err, ErrTaken):
		return p.doorForm(c, []web.FieldError{{Field: "namn", Key: "workshop.fault-taken"}})
	case errors.Is(err, ErrFull):
		return p.doorForm(c, []web.FieldError{{Field: "kod", Key: "workshop.fault-full", Args: []any{"Max", MaxSeats}}})
	case err != nil:
		return err
	}
	p.setCookie(c, secret)
	return c.Redirect(seatPath)
}

type seatPage struct {
	web.Page
	Workshop string
	Mark     string
	Scene    *Scenario
	Asks     []web.Choices
	Voted    bool
	Asked    bool
	Done     bool
	At       string
}

// markOf changes when the participant is asked something else than before.
func (x *Poll) mark() string {
	if x.Scenario == nil {
		return "-"
	}
	return fmt.Sprint(x.Scenario.ID, " ", x.Scenario.Stage, " ", x.Scenario.Round)
}

func (p *Pages) seat(c *web.Context) error {
	seat, err := p.find(c)
	var x Poll
	if err == nil {
		x, err = p.Service.Poll(c.Context(), seat.Actor(web.ClientAddress(c.Request)), seat)
	}
	if c.Part() {
		if errors.Is(err, ErrGone) {
			return c.JSON(live{Mark: "gone"})
		}
		if err != nil {
			return err
		}
		return c.JSON(live{Mark: x.mark()})
	}
	if err != nil {
		return refuse(err)
	}
	return p.seatForm(c, &x, nil)
}

func (p *Pages) seatForm(c *web.Context, x *Poll, faults []web.FieldError) error {
	t := c.L.T
	d := seatPage{
		Page:     web.Page{Title: t("workshop.vote"), Layout: web.Plain, Errors: faults},
		Workshop: x.Workshop, Mark: x.mark(), Scene: x.Scenario, Voted: x.Voted, At: seatPath,
	}
	if x.Scenario != nil {
		d.Page.Title, d.Asked, d.Done = x.Scenario.Name, x.Scenario.Stage == Voting, x.Scenario.Stage == Decided
	}
	if d.Asked {
		for q := range catalogue.Perspective(catalogue.NumPerspectives) {
			d.Asks = append(d.Asks, p.choices(c, p.consequence(c, q, t("workshop.dont-know")), x, int(x.Own.Consequences[q])))
		}
		d.Asks = append(d.Asks, p.choices(c, p.likelihood(c, t("workshop.dont-know")), x, x.Own.Likelihood))
	}
	return c.Render(templates, "seat.html", d)
}

// choices asks a question as large areas to tap, with what the participant has answered already.
func (p *Pages) choices(c *web.Context, f web.Field, x *Poll, own int) web.Choices {
	out := web.Choices{Name: f.Name, Legend: f.Label}
	for _, o := range f.Options {
		checked := x.Voted && o.Value == strconv.Itoa(own)
		if c.Request.Method == http.MethodPost {
			checked = o.Value == c.Form(f.Name)
		}
		out.Options = append(out.Options, web.Choice{Value: o.Value, Label: o.Label, Checked: checked})
	}
	return out
}

func (p *Pages) vote(c *web.Context) error {
	seat, err := p.find(c)
	if err != nil {
		return refuse(err)
	}
	actor := seat.Actor(web.ClientAddress(c.Request))
	b, faults := p.readBallot(c)
	if len(faults) > 0 {
		x, err := p.Service.Poll(c.Context(), actor, seat)
		if err != nil {
			return refuse(err)
		}
		return p.seatForm(c, &x, faults)
	}
	err = p.Service.Vote(c.Context(), actor, seat, ids.ID[Scenario](c.Form("scenario")), b)
	if errors.Is(err, ErrState) {
		return c.Redirect(seatPath, "workshop.too-late")
	}
	if err != nil {
		return refuse(err)
	}
	return c.Redirect(seatPath, "workshop.voted-thanks")
}
