// SPDX-License-Identifier: EUPL-1.2

package measurement

import (
	"errors"
	"net/http"
	"time"

	"github.com/insegel/insegel/internal/approval"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/signin"
	"github.com/insegel/insegel/internal/system"
	"github.com/insegel/insegel/internal/web"
)

// TargetAPI is measuring for programs. What agents call is API.
type TargetAPI struct{ Service *Service }

// Routes registers the operations.
func (p *TargetAPI) Routes(a *web.API) {
	const tag = "measurement.api"
	const one = "/measurement-targets/{target}"
	web.Operate(a, web.Op{Method: "GET", Path: "/measurement-targets", Action: "measurement.List", ID: "list-targets", Tag: tag, Text: "measurement.api-list-targets"}, p.list)
	web.Operate(a, web.Op{Method: "POST", Path: "/measurement-targets", Action: "measurement.Ask", ID: "ask-target", Tag: tag, Text: "measurement.api-ask-target", Status: http.StatusAccepted}, p.ask)
	web.Operate(a, web.Op{Method: "POST", Path: one + "/measurement", Action: "measurement.Measure", ID: "measure-target", Tag: tag, Text: "measurement.api-measure-target", Status: http.StatusAccepted}, p.measure)
	web.Operate(a, web.Op{Method: "DELETE", Path: one, Action: "measurement.End", ID: "end-target", Tag: tag, Text: "measurement.api-end-target", Status: http.StatusNoContent}, p.end)
	web.Operate(a, web.Op{Method: "POST", Path: "/measuring/stop", Action: "measurement.Stop", ID: "stop-measuring", Tag: tag, Text: "measurement.api-stop-measuring", Status: http.StatusNoContent}, func(c *web.Context, _ *struct{}) (*struct{}, error) {
		return nil, p.Service.Stop(c.Context(), c.Actor)
	})
	web.Operate(a, web.Op{Method: "POST", Path: "/measuring/resumption", Action: "measurement.Resume", ID: "resume-measuring", Tag: tag, Text: "measurement.api-resume-measuring", Status: http.StatusNoContent}, func(c *web.Context, _ *struct{}) (*struct{}, error) {
		return nil, p.Service.Resume(c.Context(), c.Actor)
	})
	web.Operate(a, web.Op{Method: "POST", Path: "/measuring/scripts", Action: "measurement.AllowScripts", ID: "allow-scripts", Tag: tag, Text: "measurement.api-allow-scripts", Status: http.StatusNoContent}, func(c *web.Context, _ *struct{}) (*struct{}, error) {
		return nil, p.Service.AllowScripts(c.Context(), c.Actor)
	})
	web.Operate(a, web.Op{Method: "DELETE", Path: "/measuring/scripts", Action: "measurement.ForbidScripts", ID: "forbid-scripts", Tag: tag, Text: "measurement.api-forbid-scripts", Status: http.StatusNoContent}, func(c *web.Context, _ *struct{}) (*struct{}, error) {
		return nil, p.Service.ForbidScripts(c.Context(), c.Actor)
	})
	p.networkRoutes(a, tag)
	web.Operate(a, web.Op{Method: "GET", Path: "/agents", Action: "measurement.Agents", ID: "list-agents", Tag: tag, Text: "measurement.api-list-agents"}, p.agents)
	web.Operate(a, web.Op{Method: "POST", Path: "/agents", Action: "measurement.AddAgent", ID: "add-agent", Tag: tag, Text: "measurement.api-add-agent", Status: http.StatusCreated}, p.addAgent)
	web.Operate(a, web.Op{Method: "DELETE", Path: "/agents/{agent}", Action: "measurement.RevokeAgent", ID: "revoke-agent", Tag: tag, Text: "measurement.api-revoke-agent", Status: http.StatusNoContent}, p.revokeAgent)
	p.signInRoutes(a, tag)
}

type apiTarget struct {
	ID         string     `json:"id"`
	System     string     `json:"system" doc:"The system's id"`
	SystemName string     `json:"system_name,omitempty"`
	Path       string     `json:"path,omitempty" doc:"The id of the way in"`
	Kind       string     `json:"kind" enum:"login,tls" doc:"What it is measured for"`
	URL        string     `json:"url"`
	Hosts      []string   `json:"hosts" nullable:"false" doc:"Other hosts that pages may lead to"`
	Zone       string     `json:"zone"`
	Agent      string     `json:"agent,omitempty" doc:"The id of the agent that measures; the server when left out"`
	State      string     `json:"state" enum:"waiting,approved,expired,ended"`
	ExpiresOn  civil.Date `json:"expires_on" format:"date"`
	Verdict    string     `json:"verdict,omitempty" doc:"Of the last measurement of sign-in"`
	Quality    string     `json:"quality,omitempty" doc:"Of the last measurement of encryption: good, sufficient, phase_out, insufficient or unknown"`
	MeasuredAt time.Time  `json:"measured_at,omitzero"`
}

func apiTargetOf(t *Target, today civil.Date) apiTarget {
	return apiTarget{
		ID: t.ID.String(), Kind: t.Kind, System: t.System.String(), Path: t.Path.String(), URL: t.URL, Hosts: append([]string{}, t.Hosts...), Zone: t.Zone,
		Agent: t.Agent.String(), State: string(t.State(today)), ExpiresOn: t.Expires,
	}
}

type apiTargetsOut struct {
	Body struct {
		Items   []apiTarget `json:"items" nullable:"false"`
		Stopped bool        `json:"stopped" doc:"All measuring is stopped"`
		web.APIPage
	}
}

// apiPageSize is how many targets a page has.
const apiPageSize = 100

func (p *TargetAPI) list(c *web.Context, in *struct {
	System string `query:"system" maxLength:"200" doc:"A system's id or slug"`
	State  string `query:"state" enum:"waiting,approved,expired,ended"`
	web.APIPaging
},
) (*apiTargetsOut, error) {
	l, err := p.Service.List(c.Context(), c.Actor)
	if err != nil {
		return nil, err
	}
	var kept []*Shown
	for i := range l.Targets {
		t := &l.Targets[i]
		if in.System != "" && in.System != t.Slug && in.System != t.System.String() || in.State != "" && in.State != string(t.State(l.Today)) {
			continue
		}
		kept = append(kept, t)
	}
	out := &apiTargetsOut{}
	b := &out.Body
	b.Items, b.Stopped, b.APIPage = []apiTarget{}, l.Stopped, web.PageOf(in.Page, apiPageSize, len(kept))
	from, to := b.Span()
	for _, t := range kept[from:to] {
		x := apiTargetOf(&t.Target, l.Today)
		if x.SystemName = t.SystemName; t.Last != nil {
			x.Verdict, x.Quality, x.MeasuredAt = string(t.Last.Verdict), string(t.Last.Quality), t.Last.At.UTC()
		}
		b.Items = append(b.Items, x)
	}
	return out, nil
}

type apiAskIn struct {
	Body struct {
		System     string     `json:"system" minLength:"1" maxLength:"200" doc:"The system's id"`
		Path       string     `json:"path,omitempty" maxLength:"100" doc:"The id of the way in; the system as a whole when left out"`
		Kind       string     `json:"kind,omitempty" enum:"login,tls" default:"login" doc:"What it is measured for"`
		URL        string     `json:"url" maxLength:"500"`
		Hosts      []string   `json:"hosts,omitempty" nullable:"false" maxItems:"20"`
		Private    bool       `json:"private,omitempty" doc:"The address's own host may have a private address"`
		Zone       string     `json:"zone,omitempty" maxLength:"40"`
		Agent      string     `json:"agent,omitempty" maxLength:"100"`
		SecondStep bool       `json:"second_step,omitempty" doc:"The owner declares that a second step follows the password"`
		ExpiresOn  civil.Date `json:"expires_on" format:"date"`
		Reason     string     `json:"reason" maxLength:"1000" doc:"For the other person, who decides"`
	}
}

type apiTargetOut struct{ Body apiTarget }

// ask asks for a target to be approved. A second person decides, so nothing is measured when it has answered.
func (p *TargetAPI) ask(c *web.Context, in *apiAskIn) (*apiTargetOut, error) {
	b := &in.Body
	t, err := p.Service.Ask(c.Context(), c.Actor, Target{
		Kind: b.Kind, System: ids.ID[system.System](b.System), Path: ids.ID[system.LoginPath](b.Path), URL: b.URL, Hosts: b.Hosts, Private: b.Private, Zone: b.Zone,
		Agent: ids.ID[Agent](b.Agent), SecondStep: b.SecondStep, Expires: b.ExpiresOn,
	}, b.Reason)
	if err != nil {
		return nil, apiFault(err)
	}
	return &apiTargetOut{apiTargetOf(&t, civil.Of(t.AskedAt))}, nil
}

// apiFaults are what can be wrong with what somebody asks for, in words.
var apiFaults = []struct {
	err    error
	status int
	key    string
}{
	{ErrKind, http.StatusUnprocessableEntity, "measurement.error-kind"},
	{ErrEncrypted, http.StatusUnprocessableEntity, "measurement.error-encrypted"},
	{ErrRange, http.StatusUnprocessableEntity, "measurement.error-network"},
	{ErrRangeStands, http.StatusConflict, "measurement.error-network-stands"},
	{ErrURL, http.StatusUnprocessableEntity, "measurement.error-url"},
	{ErrLoopback, http.StatusUnprocessableEntity, "measurement.error-loopback"},
	{ErrHosts, http.StatusUnprocessableEntity, "measurement.error-hosts"},
	{ErrZone, http.StatusUnprocessableEntity, "measurement.error-zone"},
	{ErrExpires, http.StatusUnprocessableEntity, "measurement.error-expires"},
	{ErrPath, http.StatusUnprocessableEntity, "measurement.error-system"},
	{ErrAgent, http.StatusUnprocessableEntity, "measurement.error-agent"},
	{approval.ErrReason, http.StatusUnprocessableEntity, "measurement.error-reason"},
	{approval.ErrTooMany, http.StatusConflict, "measurement.error-many"},
	{ErrStopped, http.StatusConflict, "measurement.error-stopped"},
	{ErrNotApproved, http.StatusConflict, "measurement.error-not-approved"},
	{signin.ErrFormat, http.StatusUnprocessableEntity, "measurement.error-format"},
	{signin.ErrMapping, http.StatusUnprocessableEntity, "measurement.error-mapping"},
	{signin.ErrPersonal, http.StatusUnprocessableEntity, "measurement.error-personal"},
	{signin.ErrPolicy, http.StatusUnprocessableEntity, "measurement.error-policy"},
	{signin.ErrMetadata, http.StatusUnprocessableEntity, "measurement.error-metadata"},
	{ErrOld, http.StatusUnprocessableEntity, "measurement.error-old"},
	{ErrNothing, http.StatusUnprocessableEntity, "measurement.error-nothing"},
	{ErrAhead, http.StatusUnprocessableEntity, "measurement.error-ahead"},
	{ErrName, http.StatusUnprocessableEntity, "measurement.error-name"},
}

func apiFault(err error) error {
	for _, f := range apiFaults {
		if errors.Is(err, f.err) {
			return &web.Error{Status: f.status, Key: f.key, Err: err}
		}
	}
	return err
}

// APITargetRef names a target in an address.
type APITargetRef struct {
	Target string `path:"target" maxLength:"100" doc:"The target's id"`
}

func (p *TargetAPI) measure(c *web.Context, in *APITargetRef) (*struct{}, error) {
	return nil, apiFault(p.Service.Measure(c.Context(), c.Actor, ids.ID[Target](in.Target)))
}

func (p *TargetAPI) end(c *web.Context, in *APITargetRef) (*struct{}, error) {
	return nil, apiFault(p.Service.End(c.Context(), c.Actor, ids.ID[Target](in.Target)))
}

type apiAgent struct {
	ID        string    `json:"id"`
	Name      string    `json:"name"`
	Zone      string    `json:"zone"`
	PublicKey string    `json:"public_key"`
	SeenAt    time.Time `json:"seen_at,omitzero"`
	RevokedAt time.Time `json:"revoked_at,omitzero"`
}

func apiAgentOf(a *Agent) apiAgent {
	return apiAgent{a.ID.String(), a.Name, a.Zone, a.PublicKey, a.Seen, a.Revoked}
}

type apiAgentsOut struct {
	Body struct {
		Items []apiAgent `json:"items" nullable:"false"`
		web.APIPage
	}
}

func (p *TargetAPI) agents(c *web.Context, _ *web.APIPaging) (*apiAgentsOut, error) {
	list, err := p.Service.Agents(c.Context(), c.Actor)
	if err != nil {
		return nil, err
	}
	out := &apiAgentsOut{}
	out.Body.Items = []apiAgent{}
	for i := range list {
		out.Body.Items = append(out.Body.Items, apiAgentOf(&list[i]))
	}
	return out, nil
}

type apiAgentOut struct{ Body apiAgent }

func (p *TargetAPI) addAgent(c *web.Context, in *struct {
	Body struct {
		Name      string `json:"name" minLength:"1" maxLength:"200"`
		Zone      string `json:"zone" maxLength:"40"`
		PublicKey string `json:"public_key" maxLength:"400" doc:"As printed by insegel agent key"`
	}
},
) (*apiAgentOut, error) {
	a, err := p.Service.AddAgent(c.Context(), c.Actor, Agent{Name: in.Body.Name, Zone: in.Body.Zone, PublicKey: in.Body.PublicKey})
	if err != nil {
		return nil, apiFault(err)
	}
	return &apiAgentOut{apiAgentOf(&a)}, nil
}

func (p *TargetAPI) revokeAgent(c *web.Context, in *struct {
	Agent string `path:"agent" maxLength:"100" doc:"The agent's id"`
},
) (*struct{}, error) {
	return nil, apiFault(p.Service.RevokeAgent(c.Context(), c.Actor, ids.ID[Agent](in.Agent)))
}
