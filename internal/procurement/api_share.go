// SPDX-License-Identifier: EUPL-1.2

package procurement

import (
	"errors"
	"net/http"
	"time"

	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/system"
	"github.com/insegel/insegel/internal/web"
)

// routesOfSharing registers what suppliers let others see. The consent itself is the supplier's, who gives it on the page of its link.
func (p *API) routesOfSharing(a *web.API) {
	const tag, of = "procurement.api", "/systems/{system}/shared-answers"
	op := func(method, path, action, id, text string) web.Op {
		return web.Op{Method: method, Path: path, Action: action, ID: id, Tag: tag, Text: text}
	}
	end := op("DELETE", of+"/consents/{domain}", "procurement.EndSharing", "end-sharing", "procurement.api-end-sharing")
	end.Status = http.StatusNoContent
	web.Operate(a, op("GET", of, "procurement.Supplied", "list-shared-answers", "procurement.api-shared"), p.shared)
	web.Operate(a, end, p.endSharing)
	web.Operate(a, op("POST", of+"/note", "procurement.SeeShared", "note-shared-answers", "procurement.api-see-shared"), p.seeShared)
}

// apiSaid is an answer as its supplier lets others see it.
type apiSaid struct {
	Status string     `json:"status"`
	How    string     `json:"how,omitempty"`
	From   civil.Date `json:"from,omitzero" format:"date" doc:"The day from which it holds"`
	SentOn civil.Date `json:"sent_on" format:"date"`
}

func apiSaidOf(s *Said) apiSaid { return apiSaid{string(s.Status), s.How, s.From, s.On} }

// apiShared is what the supplier of a system has answered another organisation. It is no answer to one's own question.
type apiShared struct {
	Requirement string     `json:"requirement"`
	Must        bool       `json:"must" doc:"Shall in one's own annex; false is should"`
	Own         string     `json:"own,omitempty" doc:"What it has answered oneself; none when it has not"`
	Said        *apiSaid   `json:"said,omitempty" doc:"What it has answered another; none when that is shared no longer"`
	Before      *apiSaid   `json:"before,omitempty" doc:"What that was before it changed, until somebody has noted that"`
	ChangedAt   *time.Time `json:"changed_at,omitempty"`
	EndedAt     *time.Time `json:"ended_at,omitempty" doc:"When it ceased to be shared, until somebody has noted that"`
	PausedAt    *time.Time `json:"paused_at,omitempty" doc:"Since when the organisation that it comes from cannot be read; nothing of it is told meanwhile"`
}

func apiSharedOf(b *Beside, x *Shared) apiShared {
	out := apiShared{Requirement: b.ID, Must: b.Must, Own: string(b.Own)}
	if !x.Ended.IsZero() {
		at := x.Ended.UTC()
		out.EndedAt = &at
		return out
	}
	if !x.Paused.IsZero() {
		at := x.Paused.UTC()
		out.PausedAt = &at
		return out
	}
	said := apiSaidOf(&x.Said)
	out.Said = &said
	if x.Before != nil {
		before, at := apiSaidOf(x.Before), x.Changed.UTC()
		out.Before, out.ChangedAt = &before, &at
	}
	return out
}

// apiConsent is a supplier that lets its answers about the system be seen by others.
type apiConsent struct {
	Domain string    `json:"domain" doc:"Of the address that was asked"`
	Since  time.Time `json:"since"`
}

type apiSharedOut struct {
	Body struct {
		System   string       `json:"system"`
		Items    []apiShared  `json:"items" nullable:"false" doc:"In the order of the annex"`
		News     int          `json:"news" doc:"How many have changed or ended without anybody having noted it"`
		Consents []apiConsent `json:"consents" nullable:"false" doc:"Whose answers about this system others may see"`
		web.APIPage
	}
}

func (p *API) shared(c *web.Context, in *struct {
	system.APIRef
	web.APIPaging
},
) (*apiSharedOut, error) {
	return p.sharedOf(c, &in.APIRef)
}

// sharedOf reads everything that is shared about a system, in both directions.
func (p *API) sharedOf(c *web.Context, in *system.APIRef) (*apiSharedOut, error) {
	s, err := p.Service.Supplied(c.Context(), c.Actor, in.System, c.L)
	if err != nil {
		return nil, err
	}
	out := &apiSharedOut{}
	b := &out.Body
	b.System, b.Items, b.Consents = s.System.ID.String(), []apiShared{}, []apiConsent{}
	for i := range s.Others {
		for n := range s.Others[i].Shared {
			x := &s.Others[i].Shared[n]
			b.Items = append(b.Items, apiSharedOf(&s.Others[i], x))
			if x.News() {
				b.News++
			}
		}
	}
	for _, x := range s.Consents {
		b.Consents = append(b.Consents, apiConsent{x.Domain, x.At.UTC()})
	}
	return out, nil
}

func (p *API) endSharing(c *web.Context, in *struct {
	system.APIRef
	Domain string `path:"domain" maxLength:"254" doc:"As the consent has it"`
},
) (*struct{}, error) {
	return nil, sharingFault(p.Service.EndSharing(c.Context(), c.Actor, in.System, in.Domain))
}

func (p *API) seeShared(c *web.Context, in *system.APIRef) (*apiSharedOut, error) {
	if err := p.Service.SeeShared(c.Context(), c.Actor, in.System); err != nil {
		return nil, sharingFault(err)
	}
	return p.sharedOf(c, in)
}

// sharingFault says that there was nothing to end or to note.
func sharingFault(err error) error {
	if errors.Is(err, ErrNotShared) {
		return &web.Error{Status: http.StatusNotFound, Key: "procurement.api-not-shared", Err: err}
	}
	return err
}
