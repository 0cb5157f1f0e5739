// SPDX-License-Identifier: EUPL-1.2

package procurement

import (
	"errors"
	"net/http"
	"strings"

	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/system"
	"github.com/insegel/insegel/internal/web"
)

// API is the tender annex for programs.
type API struct{ Service *Service }

// Routes registers the operations.
func (p *API) Routes(a *web.API) {
	const tag = "procurement.api"
	web.Operate(a, web.Op{Method: "GET", Path: "/systems/{system}/annex", Action: "procurement.Annex", ID: "get-annex", Tag: tag, Text: "procurement.api-annex"}, p.annex)
	web.Operate(a, web.Op{Method: "POST", Path: "/systems/{system}/annex/choices", Action: "procurement.Choose", ID: "choose-requirements", Tag: tag, Text: "procurement.api-choose"}, p.choose)
	p.routesOfSuppliers(a)
	p.routesOfTenders(a)
	p.routesOfPurchases(a)
	p.routesOfSharing(a)
}

type apiRow struct {
	Requirement string `json:"requirement"`
	Version     int    `json:"version"`
	Topic       string `json:"topic"`
	Shall       string `json:"shall" doc:"The tender text"`
	Verify      string `json:"verify,omitempty" doc:"How a tender is checked"`
	Must        bool   `json:"must" doc:"Shall; false is should"`
	Included    bool   `json:"included"`
	Proposed    bool   `json:"proposed" doc:"It would be included if nobody had chosen"`
	Reason      string `json:"reason,omitempty" doc:"Why somebody left it out, or took it in"`
}

type apiAnnexOut struct {
	Body struct {
		System string   `json:"system"`
		Shall  int      `json:"shall"`
		Should int      `json:"should"`
		Left   int      `json:"left" doc:"How many are not included"`
		Hash   string   `json:"hash" doc:"Names exactly this selection of these texts"`
		Rows   []apiRow `json:"rows" nullable:"false"`
	}
}

func (p *API) annex(c *web.Context, in *system.APIRef) (*apiAnnexOut, error) {
	v, annex, err := p.Service.Annex(c.Context(), c.Actor, in.System, c.L)
	if err != nil {
		return nil, err
	}
	lang := catalogue.Lang(c.L.Lang)
	out := &apiAnnexOut{}
	b := &out.Body
	b.System, b.Shall, b.Should, b.Left, b.Hash, b.Rows = v.System.ID.String(), annex.Shall, annex.Should, annex.Left, annex.Hash(lang), []apiRow{}
	for i := range annex.Rows {
		r := &annex.Rows[i]
		row := apiRow{
			Requirement: r.Requirement.ID, Version: r.Version, Topic: r.Requirement.Topic, Shall: r.Shall(lang), Verify: r.Verify(lang), Must: r.Mandatory(),
			Included: r.Included, Proposed: r.Proposed,
		}
		if r.Choice != nil {
			row.Reason = r.Choice.Reason
		}
		b.Rows = append(b.Rows, row)
	}
	return out, nil
}

type apiChoice struct {
	Requirement string `json:"requirement" maxLength:"200"`
	Included    bool   `json:"included"`
	Weight      string `json:"weight,omitempty" enum:"shall,should" doc:"Left out: as the requirement has it"`
	Reason      string `json:"reason,omitempty" maxLength:"2000" doc:"Needed to leave out what was proposed"`
}

func (p *API) choose(c *web.Context, in *struct {
	system.APIRef
	Body struct {
		Choices []apiChoice `json:"choices" nullable:"false" minItems:"1" maxItems:"1000"`
	}
},
) (*apiAnnexOut, error) {
	return p.chooseOf(c, in.System, in.Body.Choices)
}

// chooseOf takes in what was chosen of an annex, and gives the annex as it is then.
func (p *API) chooseOf(c *web.Context, ref string, choices []apiChoice) (*apiAnnexOut, error) {
	list := make([]Choice, len(choices))
	for i, x := range choices {
		list[i] = Choice{Requirement: x.Requirement, Included: x.Included, Weight: x.Weight, Reason: x.Reason}
	}
	err := p.Service.Choose(c.Context(), c.Actor, ref, c.L, list)
	var bare *ReasonError
	switch {
	case errors.As(err, &bare):
		return nil, &web.Error{Status: http.StatusUnprocessableEntity, Key: "procurement.api-reason", Args: []any{"Requirements", strings.Join(bare.Requirements, ", ")}, Err: err}
	case errors.Is(err, ErrUnknown):
		return nil, &web.Error{Status: http.StatusUnprocessableEntity, Key: "procurement.page-gone", Err: err}
	case err != nil:
		return nil, err
	}
	return p.annex(c, &system.APIRef{System: ref})
}
