// SPDX-License-Identifier: EUPL-1.2

package measurement

import (
	"net/http"

	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/web"
)

// networkRoutes registers the operations on private networks.
func (p *TargetAPI) networkRoutes(a *web.API, tag string) {
	const all = "/measurement-networks"
	web.Operate(a, web.Op{Method: "GET", Path: all, Action: "measurement.Networks", ID: "list-networks", Tag: tag, Text: "measurement.api-list-networks"}, p.networks)
	web.Operate(a, web.Op{Method: "POST", Path: all, Action: "measurement.AskNetwork", ID: "ask-network", Tag: tag, Text: "measurement.api-ask-network", Status: http.StatusAccepted}, p.askNetwork)
	web.Operate(a, web.Op{Method: "DELETE", Path: all + "/{network}", Action: "measurement.EndNetwork", ID: "end-network", Tag: tag, Text: "measurement.api-end-network", Status: http.StatusNoContent}, p.endNetwork)
}

type apiNetwork struct {
	ID        string     `json:"id"`
	Network   string     `json:"network" doc:"As 10.20.0.0/16"`
	State     string     `json:"state" enum:"waiting,approved,expired,ended"`
	ExpiresOn civil.Date `json:"expires_on" format:"date"`
}

func apiNetworkOf(r *Range, today civil.Date) apiNetwork {
	return apiNetwork{r.ID.String(), r.CIDR.String(), string(r.State(today)), r.Expires}
}

type apiNetworksOut struct {
	Body struct {
		Items []apiNetwork `json:"items" nullable:"false"`
		web.APIPage
	}
}

func (p *TargetAPI) networks(c *web.Context, _ *web.APIPaging) (*apiNetworksOut, error) {
	list, err := p.Service.Networks(c.Context(), c.Actor)
	if err != nil {
		return nil, err
	}
	out := &apiNetworksOut{}
	out.Body.Items = []apiNetwork{}
	for i := range list.Ranges {
		out.Body.Items = append(out.Body.Items, apiNetworkOf(&list.Ranges[i], list.Today))
	}
	return out, nil
}

type apiNetworkOut struct{ Body apiNetwork }

// askNetwork asks for a private network to be approved. A second person decides.
func (p *TargetAPI) askNetwork(c *web.Context, in *struct {
	Body struct {
		Network   string     `json:"network" maxLength:"60" doc:"Such as 10.20.0.0/16, and no wider; for IPv6 no wider than /48"`
		ExpiresOn civil.Date `json:"expires_on" format:"date"`
		Reason    string     `json:"reason" maxLength:"1000" doc:"For the other person, who decides"`
	}
},
) (*apiNetworkOut, error) {
	cidr, err := ParseRange(in.Body.Network)
	if err != nil {
		return nil, apiFault(err)
	}
	r, err := p.Service.AskNetwork(c.Context(), c.Actor, Range{CIDR: cidr, Expires: in.Body.ExpiresOn}, in.Body.Reason)
	if err != nil {
		return nil, apiFault(err)
	}
	return &apiNetworkOut{apiNetworkOf(&r, civil.Of(r.AskedAt))}, nil
}

func (p *TargetAPI) endNetwork(c *web.Context, in *struct {
	Network string `path:"network" maxLength:"100" doc:"The network's id"`
},
) (*struct{}, error) {
	return nil, apiFault(p.Service.EndNetwork(c.Context(), c.Actor, ids.ID[Range](in.Network)))
}
