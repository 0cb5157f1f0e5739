// SPDX-License-Identifier: EUPL-1.2

package alarm

import (
	"errors"
	"net/http"

	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/web"
)

// API is the alarms for programs.
type API struct{ Service *Service }

// Routes registers the operations.
func (p *API) Routes(a *web.API) {
	const tag = "alarm.api"
	web.Operate(a, web.Op{Method: "GET", Path: "/alarms", Action: "alarm.List", ID: "list-alarms", Tag: tag, Text: "alarm.api-list"}, p.list)
	web.Operate(a, web.Op{Method: "POST", Path: "/alarms/{alarm}/acknowledgement", Action: "alarm.Acknowledge", ID: "acknowledge-alarm", Tag: tag, Text: "alarm.api-acknowledge", Status: http.StatusNoContent}, p.acknowledge)
}

// apiAlarm is what has happened.
type apiAlarm struct {
	ID           string            `json:"id"`
	Kind         string            `json:"kind"`
	Text         string            `json:"text" doc:"What it is, in the language that was asked for"`
	Data         map[string]string `json:"data" doc:"What else is known"`
	Times        int               `json:"times"`
	First        string            `json:"first" format:"date-time"`
	Last         string            `json:"last" format:"date-time"`
	Acknowledged string            `json:"acknowledged,omitempty" format:"date-time" doc:"When somebody took care of it; none while it stands"`
	Note         string            `json:"note,omitempty"`
}

type apiListOut struct {
	Body struct {
		Items []apiAlarm `json:"items" nullable:"false" doc:"Those that stand, and the latest that were taken care of"`
		web.APIPage
	}
}

// apiTime is how a moment is written.
const apiTime = "2006-01-02T15:04:05.000Z"

func (p *API) list(c *web.Context, _ *web.APIPaging) (*apiListOut, error) {
	all, err := p.Service.List(c.Context(), c.Actor)
	if err != nil {
		return nil, err
	}
	out := &apiListOut{}
	out.Body.Items = []apiAlarm{}
	for i := range all {
		r := &all[i]
		x := apiAlarm{
			ID: r.ID.String(), Kind: string(r.Kind), Text: rowOf(c.L, r, nil).Title, Data: map[string]string{}, Times: r.Times,
			First: r.First.UTC().Format(apiTime), Last: r.Last.UTC().Format(apiTime), Note: r.Note,
		}
		for k, v := range r.Data {
			x.Data[k] = v
		}
		if !r.Open() {
			x.Acknowledged = r.Acknowledged.UTC().Format(apiTime)
		}
		out.Body.Items = append(out.Body.Items, x)
	}
	return out, nil
}

func (p *API) acknowledge(c *web.Context, in *struct {
	Alarm string `path:"alarm" maxLength:"100"`
	Body  struct {
		Note string `json:"note,omitempty" maxLength:"500"`
	}
},
) (*struct{}, error) {
	id, err := ids.Parse[Alarm](in.Alarm)
	if err != nil {
		return nil, &web.Error{Status: http.StatusNotFound, Err: err}
	}
	err = p.Service.Acknowledge(c.Context(), c.Actor, id, in.Body.Note)
	if errors.Is(err, ErrNote) {
		return nil, &web.Error{Status: http.StatusUnprocessableEntity, Key: "alarm.note-long", Args: []any{"Max", mostNote}, Err: err}
	}
	return nil, err
}
