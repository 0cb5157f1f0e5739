// SPDX-License-Identifier: EUPL-1.2

package system

import (
	"net/http"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/organisation"
	"github.com/insegel/insegel/internal/web"
)

func (p *API) routesOfBulk(a *web.API) {
	const tag = "system.api"
	web.Operate(a, web.Op{Method: "GET", Path: "/bulk-changes", Action: "system.Bulks", ID: "list-bulk-changes", Tag: tag, Text: "system.api-bulks"}, p.bulks)
	web.Operate(a, web.Op{Method: "POST", Path: "/bulk-changes", Action: "system.Bulk", ID: "change-systems", Tag: tag, Text: "system.api-bulk", Status: http.StatusCreated}, p.bulk)
	web.Operate(a, web.Op{Method: "POST", Path: "/bulk-changes/{bulk}/undo", Action: "system.UndoBulk", ID: "undo-bulk-change", Tag: tag, Text: "system.api-undo-bulk"}, p.undoBulk)
}

// apiBulk is a change of many systems.
type apiBulk struct {
	ID      string `json:"id"`
	Systems int    `json:"systems" doc:"How many were changed"`
	At      string `json:"at" format:"date-time"`
	CanUndo bool   `json:"can_undo"`
	Undone  string `json:"undone,omitempty" format:"date-time"`
}

// apiTime is how a moment is written.
const apiTime = "2006-01-02T15:04:05.000Z"

func (p *API) bulkOf(b *Bulk) apiBulk {
	out := apiBulk{ID: b.ID.String(), Systems: b.Systems, At: b.At.UTC().Format(apiTime), CanUndo: b.CanUndo(p.Service.DB.Now())}
	if !b.Undone.IsZero() {
		out.Undone = b.Undone.UTC().Format(apiTime)
	}
	return out
}

type apiBulksOut struct {
	Body struct {
		Items []apiBulk `json:"items" nullable:"false" doc:"Those of the last 30 days"`
		web.APIPage
	}
}

func (p *API) bulks(c *web.Context, _ *web.APIPaging) (*apiBulksOut, error) {
	list, err := p.Service.Bulks(c.Context(), c.Actor)
	if err != nil {
		return nil, err
	}
	out := &apiBulksOut{}
	out.Body.Items = []apiBulk{}
	for i := range list {
		out.Body.Items = append(out.Body.Items, p.bulkOf(&list[i]))
	}
	return out, nil
}

func (p *API) bulk(c *web.Context, in *struct {
	Body struct {
		Systems   []string `json:"systems" nullable:"false" minItems:"1" maxItems:"1000" doc:"By id. All are changed, or none"`
		Unit      *string  `json:"unit,omitempty" maxLength:"100" doc:"The id of the unit that they are to belong to; empty is none"`
		OwnerRole *string  `json:"owner_role,omitempty" maxLength:"200" doc:"The role that is to own them"`
		Owner     *string  `json:"owner,omitempty" maxLength:"100" doc:"The id of the person who is to own them; empty is nobody"`
	}
},
) (*struct{ Body apiBulk }, error) {
	var systems []ids.ID[System]
	for _, id := range in.Body.Systems {
		systems = append(systems, ids.ID[System](id))
	}
	change := Change{OwnerRole: in.Body.OwnerRole}
	if in.Body.Unit != nil {
		unit := access.UnitID(*in.Body.Unit)
		change.Unit = &unit
	}
	if in.Body.Owner != nil {
		owner := ids.ID[organisation.Person](*in.Body.Owner)
		change.Owner = &owner
	}
	b, err := p.Service.Bulk(c.Context(), c.Actor, systems, change)
	if err != nil {
		return nil, apiBulkFault(err)
	}
	return &struct{ Body apiBulk }{p.bulkOf(&b)}, nil
}

// apiBulkFault tells why a change cannot be made, in the words of the page.
func apiBulkFault(err error) error {
	if key := bulkFault(err); key != "" {
		return &web.Error{Status: http.StatusUnprocessableEntity, Key: key, Err: err}
	}
	return err
}

type apiUndoneOut struct {
	Body struct {
		Back int `json:"back" doc:"How many got what they had before"`
		Kept int `json:"kept" doc:"How many stay as they are: they have been changed since, or are gone"`
	}
}

func (p *API) undoBulk(c *web.Context, in *struct {
	Bulk string `path:"bulk" maxLength:"100"`
},
) (*apiUndoneOut, error) {
	u, err := p.Service.UndoBulk(c.Context(), c.Actor, ids.ID[Bulk](in.Bulk))
	if err != nil {
		return nil, apiBulkFault(err)
	}
	out := &apiUndoneOut{}
	out.Body.Back, out.Body.Kept = u.Back, u.Kept
	return out, nil
}
