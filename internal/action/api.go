// SPDX-License-Identifier: EUPL-1.2

package action

import (
	"errors"
	"net/http"

	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/organisation"
	"github.com/insegel/insegel/internal/requirement"
	"github.com/insegel/insegel/internal/system"
	"github.com/insegel/insegel/internal/web"
)

// API is the plan for programs.
type API struct{ Service *Service }

// Routes registers the operations.
func (p *API) Routes(a *web.API) {
	const tag = "action.api"
	web.Operate(a, web.Op{Method: "GET", Path: "/actions", Action: "action.List", ID: "list-actions", Tag: tag, Text: "action.api-list"}, p.list)
	web.Operate(a, web.Op{Method: "GET", Path: "/systems/{system}/actions", Action: "action.Plan", ID: "get-system-plan", Tag: tag, Text: "action.api-plan"}, p.plan)
	web.Operate(a, web.Op{Method: "PUT", Path: "/systems/{system}/actions/{requirement}", Action: "action.Save", ID: "save-action", Tag: tag, Text: "action.api-save"}, p.save)
	web.Operate(a, web.Op{Method: "PUT", Path: "/actions/{action}/status", Action: "action.Move", ID: "move-action", Tag: tag, Text: "action.api-move"}, p.move)
}

// apiAction is what somebody has taken on.
type apiAction struct {
	ID          string     `json:"id,omitempty"`
	System      string     `json:"system"`
	SystemName  string     `json:"system_name,omitempty"`
	Requirement string     `json:"requirement"`
	OwnerRole   string     `json:"owner_role,omitempty"`
	Person      string     `json:"person,omitempty" doc:"The person's id"`
	PersonName  string     `json:"person_name,omitempty"`
	PersonGone  bool       `json:"person_gone,omitempty"`
	DueOn       civil.Date `json:"due_on,omitzero" format:"date"`
	Status      string     `json:"status,omitempty" doc:"Empty while nobody has taken it on"`
	Note        string     `json:"note,omitempty"`
	Late        bool       `json:"late"`
	ETag        string     `json:"etag" doc:"For If-Match when it is changed"`
}

func apiOf(a *Action, today civil.Date) apiAction {
	return apiAction{
		ID: a.ID.String(), System: a.System.String(), Requirement: a.Requirement, OwnerRole: a.OwnerRole, Person: a.Person.String(), PersonName: a.PersonName,
		PersonGone: a.PersonGone, DueOn: a.DueOn, Status: string(a.Status), Note: a.Note, Late: a.Late(today), ETag: web.ETag(a.Version),
	}
}

type apiListOut struct {
	Body struct {
		Items []apiAction `json:"items" nullable:"false"`
		web.APIPage
	}
}

func (p *API) list(c *web.Context, in *struct {
	Group  string `query:"group" enum:"late,week,later,undated,done"`
	Status string `query:"status" enum:"new,planned,ongoing,done"`
	Owner  string `query:"owner" maxLength:"200" doc:"A role; person: and a person's id; - for none"`
	Unit   string `query:"unit" maxLength:"100" doc:"The id of a unit"`
	web.APIPaging
},
) (*apiListOut, error) {
	l, err := p.Service.List(c.Context(), c.Actor, Filter{Group: Group(in.Group), Status: Status(in.Status), Owner: in.Owner, Unit: in.Unit, Page: in.Page})
	if err != nil {
		return nil, err
	}
	out := &apiListOut{}
	out.Body.Items, out.Body.APIPage = []apiAction{}, web.PageOf(l.Filter.Page, PageSize, l.Total)
	for i := range l.Rows {
		x := apiOf(&l.Rows[i].Action, l.Today)
		x.SystemName = l.Rows[i].Name
		out.Body.Items = append(out.Body.Items, x)
	}
	return out, nil
}

type apiPlanOut struct {
	Body struct {
		Items []apiAction `json:"items" nullable:"false" doc:"One for each requirement that is not shown to be met, the most serious first"`
		web.APIPage
		Stopped bool `json:"stopped" doc:"With the security protection manager: nothing follows"`
	}
}

// apiShows are the API's words for the parts of a plan.
var apiShows = map[string]string{"all": showAll, "open": showOpen, "taken": showTaken, "late": showLate}

func (p *API) plan(c *web.Context, in *struct {
	system.APIRef
	Show string `query:"show" enum:"all,open,taken,late" default:"all" doc:"open is what nobody has taken on, late what should have been done"`
	web.APIPaging
},
) (*apiPlanOut, error) {
	v, rows, err := p.Service.Plan(c.Context(), c.Actor, in.System, c.L)
	if err != nil {
		return nil, err
	}
	out := &apiPlanOut{}
	out.Body.Items, out.Body.Stopped = []apiAction{}, v.Need.Stop
	for i := range rows {
		if !shown(&rows[i], apiShows[in.Show], v.Today) {
			continue
		}
		x := apiAction{System: v.System.ID.String(), Requirement: rows[i].Requirement.ID, ETag: web.ETag(0)}
		if rows[i].Action != nil {
			x = apiOf(rows[i].Action, v.Today)
		}
		out.Body.Items = append(out.Body.Items, x)
	}
	return out, nil
}

type apiSaveIn struct {
	system.APIRef
	Requirement string `path:"requirement" maxLength:"200"`
	IfMatch     string `header:"If-Match" doc:"The action's etag; \"0\" for a new one"`
	Body        struct {
		OwnerRole string     `json:"owner_role,omitempty" maxLength:"200"`
		Person    string     `json:"person,omitempty" maxLength:"100" doc:"The person's id"`
		DueOn     civil.Date `json:"due_on,omitzero" format:"date"`
		Status    string     `json:"status" enum:"new,planned,ongoing,done"`
		Note      string     `json:"note,omitempty" maxLength:"2000"`
	}
}

type apiSaveOut struct {
	ETag string `header:"ETag"`
	Body apiAction
}

// one reads the action about a requirement as it is now; db.ErrConflict says that it is in no plan, because the requirement is met.
func (p *API) one(c *web.Context, in *apiSaveIn) (*apiSaveOut, error) {
	v, rows, err := p.Service.Plan(c.Context(), c.Actor, in.System, c.L)
	if err != nil {
		return nil, err
	}
	for i := range rows {
		if rows[i].Requirement.ID != in.Requirement {
			continue
		}
		if a := rows[i].Action; a != nil {
			return &apiSaveOut{ETag: web.ETag(a.Version), Body: apiOf(a, v.Today)}, nil
		}
		return &apiSaveOut{ETag: web.ETag(0), Body: apiAction{System: v.System.ID.String(), Requirement: in.Requirement, ETag: web.ETag(0)}}, nil
	}
	return nil, db.ErrConflict
}

func (p *API) save(c *web.Context, in *apiSaveIn) (*apiSaveOut, error) {
	version, err := web.Match(in.IfMatch)
	if err != nil {
		return nil, err
	}
	if _, err := p.one(c, in); err != nil {
		return nil, err // of what is met there is nothing to plan
	}
	err = p.Service.Save(c.Context(), c.Actor, in.System, Action{
		Requirement: in.Requirement, OwnerRole: in.Body.OwnerRole, Person: ids.ID[organisation.Person](in.Body.Person), DueOn: in.Body.DueOn,
		Status: Status(in.Body.Status), Note: in.Body.Note, Version: version,
	})
	switch {
	case err == nil:
		return p.one(c, in)
	case errors.Is(err, db.ErrConflict):
		now, err := p.one(c, in)
		if err != nil {
			return nil, err
		}
		return nil, &web.Stale{Current: now.ETag}
	case errors.Is(err, requirement.ErrUnknown), errors.Is(err, ErrRequirement):
		return nil, db.ErrNotFound
	case errors.Is(err, ErrOwner):
		return nil, &web.Error{Status: http.StatusUnprocessableEntity, Key: "action.page-fault-owner", Err: err}
	case errors.Is(err, organisation.ErrNobody), errors.Is(err, organisation.ErrEnded):
		return nil, &web.Error{Status: http.StatusUnprocessableEntity, Key: "organisation.fault-nobody", Err: err}
	default:
		return nil, err
	}
}

type apiMoveIn struct {
	Action  string `path:"action" maxLength:"100" doc:"The action's id"`
	IfMatch string `header:"If-Match" doc:"The action's etag"`
	Body    struct {
		Status string `json:"status" enum:"new,planned,ongoing,done"`
	}
}

type apiMoveOut struct {
	ETag string `header:"ETag"`
	Body struct {
		Status string `json:"status"`
		From   string `json:"from" doc:"Where it stood before"`
		ETag   string `json:"etag"`
	}
}

// move gives an action another status, and nothing else of it.
func (p *API) move(c *web.Context, in *apiMoveIn) (*apiMoveOut, error) {
	version, err := web.Match(in.IfMatch)
	if err != nil {
		return nil, err
	}
	moved, err := p.Service.Move(c.Context(), c.Actor, Move{Action: ids.ID[Action](in.Action), To: Status(in.Body.Status), Version: version})
	var clash *Clash
	switch {
	case errors.As(err, &clash):
		return nil, &web.Stale{Current: web.ETag(clash.Now.Version)}
	case errors.Is(err, ErrOwner):
		return nil, &web.Error{Status: http.StatusUnprocessableEntity, Key: "action.page-fault-move-owner", Err: err}
	case err != nil:
		return nil, err
	}
	out := &apiMoveOut{ETag: web.ETag(moved.Version)}
	out.Body.Status, out.Body.From, out.Body.ETag = in.Body.Status, string(moved.From), out.ETag
	return out, nil
}
