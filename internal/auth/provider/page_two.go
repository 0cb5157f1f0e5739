// SPDX-License-Identifier: EUPL-1.2

package provider

import (
	"errors"
	"net/http"

	"github.com/insegel/insegel/internal/web"
)

// ApprovalsPath is where changes that take two people are decided.
const ApprovalsPath = "/administration/beslut"

// TwoBlock is what a page tells about changes that take two people: what waits, and when a change that is asked for now would be made.
type TwoBlock struct {
	Waiting []WaitLine
	// Next says who decides a change that is asked for now, and when it is made.
	Next string
	// Why is the field for the reason.
	Why web.Field
}

// WaitLine is one change that waits.
type WaitLine struct{ What, By, When string }

// TwoBlockOf makes the block. of tells apart the reasons of several forms on a page.
func TwoBlockOf(c *web.Context, p Pending, of string) TwoBlock {
	out := TwoBlock{Next: waitWords(c, p.Next), Why: WhyField(c, of)}
	for _, w := range p.Waiting {
		out.Waiting = append(out.Waiting, WaitLine{What: w.What, By: w.By, When: waitWords(c, w.Wait)})
	}
	return out
}

func waitWords(c *web.Context, w Wait) string {
	switch {
	case !w.Asked:
		return ""
	case w.Alone:
		return c.L.T("provider.two-alone", "Moment", c.L.Moment(w.Until))
	default:
		return c.L.T("provider.two-other", "Moment", c.L.Moment(w.Until))
	}
}

// WhyField is where whoever asks for a change says why; of tells apart those of several forms.
func WhyField(c *web.Context, of string) web.Field {
	f := web.Field{Name: "skal" + of, Type: "textarea", Rows: 2, Label: c.L.T("provider.why-change"), Hint: c.L.T("provider.why-change-hint")}
	f.Value = c.Form(f.Name)
	return f
}

// FaultOfTwo tells what is wrong with a change that was asked for, where the page can say it: a fault of the field, or a refusal.
func FaultOfTwo(err error, field string) (*web.FieldError, error) {
	switch {
	case errors.Is(err, ErrReason):
		return &web.FieldError{Field: field, Key: "provider.fault-why"}, nil
	case errors.Is(err, ErrAsked):
		return nil, &web.Error{Status: http.StatusConflict, Key: "provider.asked-already", Err: err}
	default:
		return nil, err
	}
}

// Done is the message after a change: made, or waiting.
func (w Wait) Done(made string) string {
	if w.Asked {
		return "provider.asked"
	}
	return made
}
