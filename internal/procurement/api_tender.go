// SPDX-License-Identifier: EUPL-1.2

package procurement

import (
	"errors"
	"net/http"

	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/system"
	"github.com/insegel/insegel/internal/web"
)

func (p *API) routesOfTenders(a *web.API) {
	const tag, one = "procurement.api", "/purchases/{purchase}/tender"
	op := func(method, path, action, id, text string) web.Op {
		return web.Op{Method: method, Path: path, Action: action, ID: id, Tag: tag, Text: text}
	}
	web.Operate(a, op("POST", "/systems/{system}/supplier-answers/accept", "procurement.AcceptReplies", "accept-supplier-answers", "procurement.api-accept"), p.accept)
	web.Operate(a, op("GET", one, "procurement.Tender", "get-tender", "procurement.api-tender"), p.tender)
	web.Operate(a, op("POST", one, "procurement.StartTender", "start-tender", "procurement.api-start"), p.start)
	web.Operate(a, op("PUT", one+"/weights", "procurement.WeighTender", "weigh-tender", "procurement.api-weigh"), p.weigh)
	web.Operate(a, op("POST", one+"/freeze", "procurement.FreezeTender", "freeze-tender", "procurement.api-freeze"), p.freeze)
	web.Operate(a, op("POST", one+"/bids", "procurement.InviteBidder", "invite-bidder", "procurement.api-invite"), p.invite)
	web.Operate(a, op("DELETE", one+"/bids/{bid}", "procurement.RecallBidder", "recall-bidder", "procurement.api-recall-bidder"), p.recallBidder)
	web.Operate(a, op("POST", one+"/open", "procurement.OpenBids", "open-bids", "procurement.api-open"), p.open)
	web.Operate(a, op("POST", one+"/award", "procurement.AwardBid", "award-bid", "procurement.api-award"), p.award)
}

// apiRefusal tells what was wrong in the words that the pages have for it.
func apiRefusal(err error) error {
	for _, f := range faultsOfTenders {
		if errors.Is(err, f.err) {
			return &web.Error{Status: http.StatusUnprocessableEntity, Key: f.key, Args: []any{"Max", mostBids}, Err: err}
		}
	}
	for _, f := range faultsOfAccepting {
		if errors.Is(err, f.err) {
			return &web.Error{Status: http.StatusUnprocessableEntity, Key: f.key, Err: err}
		}
	}
	switch {
	case errors.Is(err, ErrWeight):
		return &web.Error{Status: http.StatusUnprocessableEntity, Key: "procurement.fault-weight", Args: []any{"Max", MaxWeight}, Err: err}
	case errors.Is(err, ErrUnknown):
		return &web.Error{Status: http.StatusUnprocessableEntity, Key: "procurement.page-gone", Err: err}
	case errors.Is(err, ErrBought):
		return &web.Error{Status: http.StatusConflict, Key: "procurement.fault-bought", Err: err}
	}
	return err
}

func (p *API) accept(c *web.Context, in *struct {
	system.APIRef
	Body struct {
		Requirements []string   `json:"requirements,omitempty" nullable:"false" maxItems:"1000" doc:"Whose answers are accepted"`
		Clear        bool       `json:"clear,omitempty" doc:"Besides, all that do not deviate and that nothing known contradicts"`
		Starts       civil.Date `json:"starts,omitzero" format:"date" doc:"When the contract begins; left out: today"`
		OwnerRole    string     `json:"owner_role,omitempty" maxLength:"100" doc:"Who does something about what is no or partly"`
		Due          civil.Date `json:"due,omitzero" format:"date" doc:"By when"`
	}
},
) (*apiSuppliedOut, error) {
	b := &in.Body
	_, err := p.Service.AcceptReplies(c.Context(), c.Actor, in.System, c.L, Accept{Requirements: b.Requirements, Clear: b.Clear, Starts: b.Starts, Owner: b.OwnerRole, Due: b.Due})
	if err != nil {
		return nil, apiRefusal(err)
	}
	return p.supplied(c, &in.APIRef)
}

type apiBid struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Asked    string `json:"asked" doc:"The address, with most of the name left out"`
	Finished string `json:"finished,omitempty" format:"date-time" doc:"When the answers were sent; told when they have been opened"`
}

type apiScore struct {
	Bid     string  `json:"bid"`
	Met     int     `json:"met" doc:"How many that shall be met are"`
	Short   int     `json:"short" doc:"Answered otherwise"`
	Missing int     `json:"missing" doc:"Not answered"`
	Points  float64 `json:"points"`
}

type apiHeld struct {
	Bid    string  `json:"bid"`
	Held   string  `json:"held" enum:"met,partly,later,not-met,not-applicable,unanswered"`
	How    string  `json:"how,omitempty"`
	Points float64 `json:"points"`
}

type apiTenderLine struct {
	Requirement string    `json:"requirement"`
	Must        bool      `json:"must"`
	Text        string    `json:"text"`
	Weight      int       `json:"weight" doc:"Of what should be met"`
	Answers     []apiHeld `json:"answers" nullable:"false" doc:"None while they are sealed"`
}

type apiTenderOut struct {
	ETag string `header:"ETag"`
	Body struct {
		Purchase string          `json:"purchase"`
		Started  bool            `json:"started"`
		Hash     string          `json:"hash,omitempty"`
		Deadline string          `json:"deadline,omitempty" format:"date-time"`
		Frozen   string          `json:"frozen,omitempty" format:"date-time"`
		Opened   string          `json:"opened,omitempty" format:"date-time"`
		Waits    bool            `json:"waits,omitempty" doc:"Somebody has asked to open the answers, and one more person must"`
		Winner   string          `json:"winner,omitempty"`
		Bids     []apiBid        `json:"bids" nullable:"false"`
		Scores   []apiScore      `json:"scores" nullable:"false"`
		Lines    []apiTenderLine `json:"lines" nullable:"false"`
	}
}

func (p *API) tender(c *web.Context, in *APIPurchaseRef) (*apiTenderOut, error) {
	v, err := p.Service.Tender(c.Context(), c.Actor, in.id(), c.L)
	if err != nil {
		return nil, err
	}
	out := &apiTenderOut{}
	b := &out.Body
	b.Purchase, b.Bids, b.Scores, b.Lines = v.Purchase.ID.String(), []apiBid{}, []apiScore{}, []apiTenderLine{}
	t := v.Tender
	if out.ETag, err = tenderTag(t); err != nil || t == nil {
		return out, err
	}
	b.Started, b.Hash, b.Deadline, b.Winner = true, t.Hash, t.Deadline.UTC().Format(apiTime), t.Winner.String()
	b.Waits = t.Opened.IsZero() && t.OpeningBy != ""
	if !t.Frozen.IsZero() {
		b.Frozen = t.Frozen.UTC().Format(apiTime)
	}
	for i := range v.Bids {
		x := apiBid{ID: v.Bids[i].ID.String(), Name: v.Bids[i].Name, Asked: v.Bids[i].Asked}
		if !v.Bids[i].Finished.IsZero() {
			x.Finished = v.Bids[i].Finished.UTC().Format(apiTime)
		}
		b.Bids = append(b.Bids, x)
	}
	if v.Comparison == nil {
		for i := range t.Lines {
			l := &t.Lines[i]
			b.Lines = append(b.Lines, apiTenderLine{l.ID, l.Must, l.Text.In(catalogue.Lang(c.L.Lang)), t.Weights[l.ID], []apiHeld{}})
		}
		return out, nil
	}
	b.Opened = t.Opened.UTC().Format(apiTime)
	for i := range v.Comparison.Scores {
		s := &v.Comparison.Scores[i]
		b.Scores = append(b.Scores, apiScore{s.ID.String(), s.Met, s.Short, s.Missing, s.Points})
	}
	for i := range v.Comparison.Lines {
		l := &v.Comparison.Lines[i]
		x := apiTenderLine{l.ID, l.Must, l.Text.In(catalogue.Lang(c.L.Lang)), l.Weight, []apiHeld{}}
		for n := range l.Cells {
			x.Answers = append(x.Answers, apiHeld{v.Comparison.Scores[n].ID.String(), string(l.Cells[n].Held), l.Cells[n].How, l.Cells[n].Points})
		}
		b.Lines = append(b.Lines, x)
	}
	return out, nil
}

// tenderTag is the ETag of what can be changed of a tender: its weights.
func tenderTag(t *Tender) (string, error) {
	if t == nil {
		return web.ETag(0), nil
	}
	return web.StateTag([]any{t.ID, t.Weights, t.Frozen.IsZero()})
}

// after gives the tender as it is when something has been done to it.
func (p *API) after(c *web.Context, in *APIPurchaseRef, err error) (*apiTenderOut, error) {
	if err != nil {
		return nil, apiRefusal(err)
	}
	return p.tender(c, in)
}

func (p *API) start(c *web.Context, in *struct {
	APIPurchaseRef
	Body struct {
		Until civil.Date `json:"until" format:"date" doc:"The last day to answer"`
	}
},
) (*apiTenderOut, error) {
	return p.after(c, &in.APIPurchaseRef, p.Service.StartTender(c.Context(), c.Actor, in.id(), c.L, in.Body.Until))
}

func (p *API) weigh(c *web.Context, in *struct {
	APIPurchaseRef
	web.APIMatch
	Body struct {
		Weights map[string]int `json:"weights" nullable:"false" doc:"By requirement, 0 to 100"`
	}
},
) (*apiTenderOut, error) {
	if err := c.Unchanged(in.APIMatch, func() (string, error) {
		v, err := p.Service.Tender(c.Context(), c.Actor, in.id(), c.L)
		if err != nil {
			return "", err
		}
		return tenderTag(v.Tender)
	}); err != nil {
		return nil, err
	}
	return p.after(c, &in.APIPurchaseRef, p.Service.WeighTender(c.Context(), c.Actor, in.id(), in.Body.Weights))
}

func (p *API) freeze(c *web.Context, in *APIPurchaseRef) (*apiTenderOut, error) {
	return p.after(c, in, p.Service.FreezeTender(c.Context(), c.Actor, in.id()))
}

func (p *API) invite(c *web.Context, in *struct {
	APIPurchaseRef
	Body struct {
		Name     string `json:"name,omitempty" maxLength:"200"`
		To       string `json:"to" maxLength:"254" doc:"The bidder's address"`
		Lang     string `json:"lang,omitempty" enum:"sv,en" default:"sv"`
		Continue string `json:"continue,omitempty" maxLength:"100" doc:"A bid whose answers the new link goes on with"`
	}
},
) (*apiTenderOut, error) {
	b := &in.Body
	return p.after(c, &in.APIPurchaseRef, p.Service.InviteBidder(c.Context(), c.Actor, in.id(), Invite{b.Name, b.To, b.Lang, ids.ID[Bid](b.Continue)}))
}

func (p *API) recallBidder(c *web.Context, in *struct {
	APIPurchaseRef
	Bid string `path:"bid" maxLength:"100"`
},
) (*apiTenderOut, error) {
	return p.after(c, &in.APIPurchaseRef, p.Service.RecallBidder(c.Context(), c.Actor, in.id(), ids.ID[Bid](in.Bid)))
}

func (p *API) open(c *web.Context, in *APIPurchaseRef) (*apiTenderOut, error) {
	return p.after(c, in, p.Service.OpenBids(c.Context(), c.Actor, in.id()))
}

func (p *API) award(c *web.Context, in *struct {
	APIPurchaseRef
	Body struct {
		Bid    string     `json:"bid" maxLength:"100"`
		Starts civil.Date `json:"starts,omitzero" format:"date" doc:"When the contract begins; left out: today"`
	}
},
) (*apiTenderOut, error) {
	return p.after(c, &in.APIPurchaseRef, p.Service.AwardBid(c.Context(), c.Actor, in.id(), ids.ID[Bid](in.Body.Bid), in.Body.Starts))
}
