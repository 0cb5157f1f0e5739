// SPDX-License-Identifier: EUPL-1.2

package overview

import (
	"bytes"
	"errors"
	"net/http"
	"net/url"

	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/document"
	"github.com/insegel/insegel/internal/evidence"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/system"
	"github.com/insegel/insegel/internal/web"
)

// routesOfOwn registers what a signed-in reader has of their own: saved views, and what there is to do.
func (p *API) routesOfOwn(a *web.API) {
	const tag = "overview.api-own"
	web.Operate(a, web.Op{Method: "GET", Path: "/views", Action: "overview.Views", ID: "list-views", Tag: tag, Text: "overview.api-views"}, p.views)
	web.Operate(a, web.Op{Method: "POST", Path: "/views", Action: "overview.SaveView", ID: "save-view", Tag: tag, Text: "overview.api-save-view", Status: http.StatusCreated}, p.saveView)
	web.Operate(a, web.Op{Method: "DELETE", Path: "/views/{view}", Action: "overview.RemoveView", ID: "remove-view", Tag: tag, Text: "overview.api-remove-view", Status: http.StatusNoContent}, p.removeView)
	web.Operate(a, web.Op{Method: "GET", Path: "/tasks", Action: "overview.Todo", ID: "list-tasks", Tag: tag, Text: "overview.api-tasks"}, p.tasks)
	web.Operate(a, web.Op{Method: "PUT", Path: "/tasks/{task}/snooze", Action: "overview.Snooze", ID: "put-off-task", Tag: tag, Text: "overview.api-snooze"}, p.snooze)
	web.Operate(a, web.Op{
		Method: "POST", Path: "/systems/{system}/evidence-changes/{change}/confirmation", Action: "overview.Confirm", ID: "confirm-evidence-change", Tag: "evidence.api",
		Text: "overview.api-confirm",
	}, p.confirm)
	web.Operate(a, web.Op{Method: "GET", Path: "/search", Action: "overview.Search", ID: "search", Tag: tag, Text: "overview.api-search"}, p.search)
	web.Operate(a, web.Op{Method: "GET", Path: "/systems-file", Action: "overview.ExportList", ID: "export-systems", Tag: "system.api", Text: "overview.api-export-list"}, p.exportList)
}

// apiView is a saved view. What it asks for stands as the address of the list, the same as a person's browser shows.
type apiView struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Address string `json:"address" doc:"The list's address, with its filter"`
}

type apiViewsOut struct {
	Body struct {
		Items []apiView `json:"items" nullable:"false"`
		web.APIPage
	}
}

func (p *API) views(c *web.Context, _ *web.APIPaging) (*apiViewsOut, error) {
	list, err := p.Overview.Views(c.Context(), c.Actor)
	if err != nil {
		return nil, err
	}
	out := &apiViewsOut{}
	out.Body.Items = []apiView{}
	for _, v := range list {
		out.Body.Items = append(out.Body.Items, apiView{v.ID.String(), v.Name, v.Address})
	}
	return out, nil
}

func (p *API) saveView(c *web.Context, in *struct {
	Body struct {
		Name    string `json:"name" minLength:"1" maxLength:"60"`
		Address string `json:"address" maxLength:"2000" doc:"The list's address, with its filter: /system?..."`
	}
},
) (*apiViewsOut, error) {
	u, err := url.Parse(web.Local(in.Body.Address))
	if err != nil || u.Path != "/system" {
		return nil, &web.Error{Status: http.StatusUnprocessableEntity, Key: "overview.view-wrong", Err: err}
	}
	if err := p.Overview.SaveView(c.Context(), c.Actor, in.Body.Name, filterOf(u.Query().Get)); err != nil {
		return nil, viewFault(err)
	}
	return p.views(c, nil)
}

func (p *API) removeView(c *web.Context, in *struct {
	View string `path:"view" maxLength:"100"`
},
) (*struct{}, error) {
	return nil, p.Overview.RemoveView(c.Context(), c.Actor, ids.ID[View](in.View))
}

// apiTask is one thing to do.
type apiTask struct {
	Key         string     `json:"key" doc:"Names the task for as long as it stands"`
	Kind        string     `json:"kind"`
	System      string     `json:"system" doc:"The system's slug"`
	SystemName  string     `json:"system_name"`
	Unit        string     `json:"unit,omitempty"`
	Requirement string     `json:"requirement,omitempty"`
	Count       int        `json:"count,omitempty" doc:"How many shortcomings there are"`
	DueOn       civil.Date `json:"due_on,omitzero" format:"date"`
	PutOffUntil civil.Date `json:"put_off_until,omitzero" format:"date"`
}

type apiTasksOut struct {
	Body struct {
		Items  []apiTask      `json:"items" nullable:"false"`
		Counts map[string]int `json:"counts" doc:"How many each scope has; what is put off is not counted"`
		web.APIPage
	}
}

// apiScopes are the API's words for the lists.
var apiScopes = map[string]string{"mine": TodoMine, "unit": TodoUnit, "delegated": TodoDelegated}

func (p *API) tasks(c *web.Context, in *struct {
	Scope string `query:"scope" enum:"mine,unit,delegated" default:"mine"`
	web.APIPaging
},
) (*apiTasksOut, error) {
	list, err := p.Overview.Todo(c.Context(), c.Actor, apiScopes[in.Scope])
	if err != nil {
		return nil, err
	}
	out := &apiTasksOut{}
	b := &out.Body
	b.Items, b.Counts = []apiTask{}, map[string]int{}
	for word, scope := range apiScopes {
		b.Counts[word] = list.Counts[scope]
	}
	for i := range list.All {
		t := &list.All[i]
		b.Items = append(b.Items, apiTask{t.Key, string(t.Kind), t.Slug, t.Name, t.Unit, t.Requirement, t.Count, t.Due, t.Until})
	}
	return out, nil
}

func (p *API) snooze(c *web.Context, in *struct {
	Task string `path:"task" maxLength:"200" doc:"The task's key"`
	Body struct {
		Until civil.Date `json:"until,omitzero" format:"date" doc:"Left out: it is taken back"`
	}
},
) (*struct{}, error) {
	err := p.Overview.Snooze(c.Context(), c.Actor, in.Task, in.Body.Until)
	if errors.Is(err, ErrSnooze) || errors.Is(err, ErrTask) {
		return nil, &web.Error{Status: http.StatusUnprocessableEntity, Key: "overview.snooze-wrong", Err: err}
	}
	return nil, err
}

func (p *API) exportList(c *web.Context, in *struct {
	APIFilter
	Format string `query:"format" enum:"csv,xlsx,ods,html" default:"csv"`
},
) (*apiFile, error) {
	format, err := document.ParseFormat(in.Format)
	if err != nil {
		return nil, err
	}
	x, err := p.Overview.ExportList(c.Context(), c.Actor, in.filter(1))
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := listDocument(c, &x).Write(&b, format); err != nil {
		return nil, err
	}
	return &apiFile{format.MediaType(), b.Bytes()}, nil
}

type apiConfirmOut struct {
	Body struct {
		Answers int `json:"answers" doc:"How many requirements were answered"`
	}
}

// confirm answers what a measurement has shown, as the page's button does.
func (p *API) confirm(c *web.Context, in *struct {
	system.APIRef
	Change string `path:"change" maxLength:"100" doc:"The change's id"`
},
) (*apiConfirmOut, error) {
	n, err := p.Overview.Confirm(c.Context(), c.Actor, in.System, ids.ID[evidence.Shift](in.Change))
	if err != nil {
		return nil, err
	}
	out := &apiConfirmOut{}
	out.Body.Answers = n
	return out, nil
}

// apiMatch is one thing that a search found.
type apiMatch struct {
	Ref  string `json:"ref" doc:"Its slug or id, as in its address"`
	Name string `json:"name"`
	Note string `json:"note,omitempty"`
}

// apiGroup is what a search found of one kind.
type apiGroup struct {
	Kind    string     `json:"kind" enum:"system,information,requirement,law"`
	Matches []apiMatch `json:"matches" nullable:"false" doc:"The best first"`
	Total   int        `json:"total" doc:"How many there are, with those that are not among the matches"`
}

type apiSearchOut struct {
	Body struct {
		Groups []apiGroup `json:"groups" nullable:"false"`
	}
}

func (p *API) search(c *web.Context, in *struct {
	Text string `query:"q" minLength:"1" maxLength:"200" required:"true" doc:"Words that must all be found"`
},
) (*apiSearchOut, error) {
	found, err := p.Overview.Search(c.Context(), c.Actor, in.Text, c.L)
	if err != nil {
		return nil, err
	}
	out := &apiSearchOut{}
	out.Body.Groups = []apiGroup{}
	for i := range found {
		g := apiGroup{Kind: string(found[i].Kind), Matches: []apiMatch{}, Total: found[i].Total}
		for _, m := range found[i].Matches {
			g.Matches = append(g.Matches, apiMatch{m.Ref, m.Name, m.Sub})
		}
		out.Body.Groups = append(out.Body.Groups, g)
	}
	return out, nil
}
