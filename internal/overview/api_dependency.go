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
