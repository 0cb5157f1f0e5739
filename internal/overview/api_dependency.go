// SPDX-License-Identifier: EUPL-1.2

package overview

import (
	"errors"
	"net/http"

	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/system"
	"github.com/insegel/insegel/internal/web"
)

func (p *API) routesOfDependencies(a *web.API) {
	const tag, of = "system.api", "/systems/{system}/dependencies"
	web.Operate(a, web.Op{Method: "GET", Path: of, Action: "overview.Dependencies", ID: "list-dependencies", Tag: tag, Text: "overview.api-dependencies"}, p.dependencies)
	web.Operate(a, web.Op{Method: "GET", Path: "/dependencies", Action: "overview.DependencyList", ID: "list-all-dependencies", Tag: tag, Text: "overview.api-all-dependencies"}, p.allDependencies)
	web.Operate(a, web.Op{
		Method: "POST", Path: of, Action: "system.AddDependency", ID: "add-dependency", Tag: tag, Text: "overview.api-add-dependency", Status: http.StatusCreated,
	}, p.addDependency)
	web.Operate(a, web.Op{
		Method: "DELETE", Path: of + "/{dependency}", Action: "system.RemoveDependency", ID: "remove-dependency", Tag: tag, Text: "overview.api-remove-dependency",
		Status: http.StatusNoContent,
	}, p.removeDependency)
}

// apiDependency is something that a system needs, or that needs it.
type apiDependency struct {
	ID       string `json:"id,omitempty" doc:"Of what is stated directly of the system; what follows over others has none"`
	System   string `json:"system,omitempty" doc:"The id of the system; empty when it is a service outside the register"`
	Name     string `json:"name"`
	Supplier string `json:"supplier,omitempty" doc:"Of a service outside the register: who delivers it"`
	Carries  string `json:"carries,omitempty" doc:"What passes along: information, function or unknown"`
	Distance int    `json:"distance" doc:"How many steps away it is; 1 is direct"`
}

type apiDependencies struct {
	Needs    []apiDependency `json:"needs" nullable:"false" doc:"What the system needs, the nearest first"`
	NeededBy []apiDependency `json:"needed_by" nullable:"false" doc:"What needs the system, the nearest first"`
	Hidden   int             `json:"hidden" doc:"How many there are beyond these, outside the caller's reach"`
}

type apiDependenciesOut struct{ Body apiDependencies }

func (p *API) dependencies(c *web.Context, in *system.APIRef) (*apiDependenciesOut, error) {
	d, err := p.Overview.Dependencies(c.Context(), c.Actor, in.System, c.L)
	if err != nil {
		return nil, err
	}
	out := &apiDependenciesOut{}
	b := &out.Body
	needed := 0
	b.Needs, b.Hidden = apiNear(d.Needs)
	b.NeededBy, needed = apiNear(d.NeededBy)
	b.Hidden += needed
	return out, nil
}

// apiNear tells of what is within reach, and how many more there are.
func apiNear(list []Near) (rows []apiDependency, hidden int) {
	rows = []apiDependency{}
	for i := range list {
		n := &list[i]
		if n.Hidden() {
			hidden++
			continue
		}
		row := apiDependency{Name: n.Name(), Distance: n.Distance}
		if n.Sum != nil {
			row.System = n.Sum.ID.String()
		} else {
			row.Supplier = n.Facility.Supplier
		}
		if n.Direct != nil {
			row.ID, row.Carries = n.Direct.ID.String(), n.Direct.Carries
		}
		rows = append(rows, row)
	}
	return rows, hidden
}

// addDependency answers with everything that the system needs now, since one dependency may bring others along.
func (p *API) addDependency(c *web.Context, in *struct {
	system.APIRef
	Body struct {
		System   string `json:"system,omitempty" maxLength:"200" doc:"The name of a system in the register; leave it out for a service outside it"`
		Facility string `json:"facility,omitempty" maxLength:"200" doc:"The name of a service outside the register, which is made when it is new"`
		Supplier string `json:"supplier,omitempty" maxLength:"200" doc:"The name of who delivers the service"`
		Carries  string `json:"carries,omitempty" default:"unknown" enum:"information,function,unknown" doc:"What passes along: information takes every need along, function those of integrity and availability"`
	}
},
) (*apiDependenciesOut, error) {
	b := &in.Body
	n := system.Needing{System: b.System, Facility: b.Facility, Supplier: b.Supplier, Carries: b.Carries}
	if err := p.Systems.AddDependency(c.Context(), c.Actor, in.System, n); err != nil {
		_, key, ok := dependencyFault(err, &n)
		if !ok {
			return nil, err
		}
		status := http.StatusUnprocessableEntity
		if errors.Is(err, system.ErrDepends) {
			status = http.StatusConflict
		}
		return nil, &web.Error{Status: status, Key: key, Err: err}
	}
	return p.dependencies(c, &in.APIRef)
}

func (p *API) removeDependency(c *web.Context, in *struct {
	system.APIRef
	Dependency string `path:"dependency" maxLength:"100" doc:"The dependency's id"`
},
) (*struct{}, error) {
	return nil, p.Systems.RemoveDependency(c.Context(), c.Actor, in.System, ids.ID[system.Dependency](in.Dependency))
}

// apiPlace is a system or a service outside the register. One outside the caller's reach has neither id nor name.
type apiPlace struct {
	System string `json:"system,omitempty" doc:"The id of the system; none for a service outside the register"`
	Name   string `json:"name,omitempty"`
	Hidden bool   `json:"hidden,omitempty" doc:"Outside the caller's reach"`
}

func apiPlaceOf(p *Place) apiPlace {
	out := apiPlace{Name: p.Name(), Hidden: p.Hidden()}
	if p.Sum != nil {
		out.System = p.Sum.ID.String()
	}
	return out
}

// apiRaised is a need that comes from what depends on a system.
type apiRaised struct {
	Aspect string     `json:"aspect"`
	Own    string     `json:"own" doc:"The step that the system needs by itself; unknown when nobody has said"`
	Need   string     `json:"need" doc:"The step that it needs when what depends on it is counted"`
	Path   []apiPlace `json:"path" nullable:"false" doc:"From where the need is its own to the system"`
}

// apiRow is one row of the list. Which of its parts it has follows from what was asked for.
type apiRow struct {
	From      *apiPlace   `json:"from,omitempty" doc:"What needs something"`
	Needs     *apiPlace   `json:"needs,omitempty" doc:"What it needs"`
	Carries   string      `json:"carries,omitempty" doc:"What passes along: information, function or unknown"`
	Inherited []apiRaised `json:"inherited,omitempty" nullable:"false" doc:"With show=raised: the needs that are higher than the system's own"`
	Loop      []apiPlace  `json:"loop,omitempty" nullable:"false" doc:"With show=loops: what needs itself over others"`
}

type apiAllDependenciesOut struct {
	Body struct {
		Items []apiRow `json:"items" nullable:"false"`
		web.APIPage
	}
}

func (p *API) allDependencies(c *web.Context, in *struct {
	Show string `query:"show" enum:"all,raised,loops" default:"all" doc:"raised is the systems that inherit a higher need than their own"`
	web.APIPaging
},
) (*apiAllDependenciesOut, error) {
	f := DependencyFilter{Show: map[string]string{"raised": DependenciesRaised, "loops": DependenciesLoops}[in.Show], Page: in.Page}
	l, err := p.Overview.DependencyList(c.Context(), c.Actor, f)
	if err != nil {
		return nil, err
	}
	out := &apiAllDependenciesOut{}
	out.Body.Items, out.Body.APIPage = []apiRow{}, web.PageOf(l.Filter.Page, PageSize, l.Matching)
	for i := range l.Rows {
		from, needs := apiPlaceOf(&l.Rows[i].System), apiPlaceOf(&l.Rows[i].Needs)
		out.Body.Items = append(out.Body.Items, apiRow{From: &from, Needs: &needs, Carries: l.Rows[i].Carries})
	}
	for i := range l.Raised {
		from := apiPlaceOf(&l.Raised[i].Place)
		row := apiRow{From: &from}
		for k := range l.Raised[i].Inherited {
			in := &l.Raised[i].Inherited[k]
			row.Inherited = append(row.Inherited, apiRaised{in.Aspect.String(), in.Own.String(), in.Need.String(), apiPlaces(in.Path)})
		}
		out.Body.Items = append(out.Body.Items, row)
	}
	if f.Show == DependenciesLoops {
		for _, loop := range l.Loops {
			out.Body.Items = append(out.Body.Items, apiRow{Loop: apiPlaces(loop)})
		}
	}
	return out, nil
}

func apiPlaces(list []Place) []apiPlace {
	out := []apiPlace{}
	for i := range list {
		out = append(out, apiPlaceOf(&list[i]))
	}
	return out
}
