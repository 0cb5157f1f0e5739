// SPDX-License-Identifier: EUPL-1.2

package procurement

import (
	"errors"
	"net/http"

	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/system"
	"github.com/insegel/insegel/internal/web"
)

func (p *API) routesOfSuppliers(a *web.API) {
	const tag, path = "procurement.api", "/systems/{system}/supplier-answers"
	web.Operate(a, web.Op{Method: "GET", Path: path, Action: "procurement.Supplied", ID: "get-supplier-answers", Tag: tag, Text: "procurement.api-supplied"}, p.supplied)
	web.Operate(a, web.Op{Method: "POST", Path: path, Action: "procurement.AskSupplier", ID: "ask-supplier", Tag: tag, Text: "procurement.api-ask"}, p.ask)
	web.Operate(a, web.Op{Method: "DELETE", Path: path + "/{request}", Action: "procurement.RecallSupplier", ID: "recall-supplier", Tag: tag, Text: "procurement.api-recall"}, p.recall)
}

// apiRequest is a link that a supplier has been mailed.
type apiRequest struct {
	ID       string `json:"id"`
	Asked    string `json:"asked" doc:"The address, with most of the name left out"`
	At       string `json:"at" format:"date-time"`
	Expires  string `json:"expires" format:"date-time"`
	Finished string `json:"finished,omitempty" format:"date-time" doc:"When the answers were sent; none while they have not been"`
	Total    int    `json:"total"`
	Answered int    `json:"answered"`
}

// apiReply is what a supplier attests about one requirement.
type apiReply struct {
	Requirement string     `json:"requirement"`
	Status      string     `json:"status"`
	How         string     `json:"how,omitempty"`
	From        civil.Date `json:"from,omitzero" format:"date" doc:"The day from which it holds"`
	Who         string     `json:"who" doc:"The address, with most of the name left out"`
	Sent        string     `json:"sent" format:"date-time"`
	Differs     bool       `json:"differs" doc:"From the organisation's own answer"`
}

type apiSuppliedOut struct {
	Body struct {
		Requests []apiRequest `json:"requests" nullable:"false"`
		Replies  []apiReply   `json:"replies" nullable:"false"`
	}
}

// apiTime is how a moment is written.
const apiTime = "2006-01-02T15:04:05.000Z"

func (p *API) supplied(c *web.Context, in *system.APIRef) (*apiSuppliedOut, error) {
	s, err := p.Service.Supplied(c.Context(), c.Actor, in.System, c.L)
	if err != nil {
		return nil, err
	}
	out := &apiSuppliedOut{}
	out.Body.Requests, out.Body.Replies = []apiRequest{}, []apiReply{}
	for i := range s.Requests {
		r := &s.Requests[i]
		x := apiRequest{ID: r.ID.String(), Asked: r.Asked, At: r.At.UTC().Format(apiTime), Expires: r.Expires.UTC().Format(apiTime), Total: r.Total, Answered: r.Answered}
		if !r.Finished.IsZero() {
			x.Finished = r.Finished.UTC().Format(apiTime)
		}
		out.Body.Requests = append(out.Body.Requests, x)
	}
	for i := range s.Annex.Rows {
		r := &s.Annex.Rows[i]
		reply, ok := s.Replies[r.ID]
		if !ok {
			continue
		}
		out.Body.Replies = append(out.Body.Replies, apiReply{
			r.ID, string(reply.Status), reply.How, reply.From, reply.Who, reply.Sent.UTC().Format(apiTime), reply.Differs(r.Answer.Status),
		})
	}
	return out, nil
}

func (p *API) ask(c *web.Context, in *struct {
	system.APIRef
	Body struct {
		To       string `json:"to" maxLength:"254" doc:"The supplier's address"`
		Lang     string `json:"lang,omitempty" enum:"sv,en" default:"sv"`
		Continue string `json:"continue,omitempty" maxLength:"100" doc:"A request whose answers the new link goes on with"`
	}
},
) (*apiSuppliedOut, error) {
	ask := Ask{To: in.Body.To, Lang: in.Body.Lang, Continue: ids.ID[Request](in.Body.Continue)}
	err := p.Service.AskSupplier(c.Context(), c.Actor, in.System, c.L, ask)
	for _, f := range faultsOfAsking {
		if errors.Is(err, f.err) {
			return nil, &web.Error{Status: http.StatusUnprocessableEntity, Key: f.key, Args: []any{"Max", mostRequests}, Err: err}
		}
	}
	if err != nil {
		return nil, err
	}
	return p.supplied(c, &in.APIRef)
}

func (p *API) recall(c *web.Context, in *struct {
	system.APIRef
	Request string `path:"request" maxLength:"100"`
},
) (*apiSuppliedOut, error) {
	if err := p.Service.RecallSupplier(c.Context(), c.Actor, in.System, ids.ID[Request](in.Request)); err != nil {
		return nil, err
	}
	return p.supplied(c, &in.APIRef)
}
