// SPDX-License-Identifier: EUPL-1.2

package risk

import (
	"errors"

	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/system"
	"github.com/insegel/insegel/internal/web"
)

func (p *API) routesOfAssessments(a *web.API) {
	const tag, one = "risk.api", "/systems/{system}/impact-assessment"
	op := func(method, path, action, id, text string) web.Op {
		return web.Op{Method: method, Path: path, Action: action, ID: id, Tag: tag, Text: text}
	}
	web.Operate(a, op("GET", one, "risk.Open", "get-impact-assessment", "risk.api-dpia"), p.assessment)
	web.Operate(a, op("PUT", one+"/answers", "risk.Screen", "answer-impact-screening", "risk.api-screen"), p.screen)
	web.Operate(a, op("PUT", one, "risk.Describe", "describe-impact-assessment", "risk.api-describe"), p.describe)
	web.Operate(a, op("POST", one+"/opinion", "risk.GiveOpinion", "give-opinion", "risk.api-opinion"), p.opinion)
	web.Operate(a, op("POST", one+"/decision", "risk.Rule", "decide-impact-assessment", "risk.api-rule"), p.rule)
}

type apiHit struct {
	Rule     string   `json:"rule"`
	Name     string   `json:"name"`
	Source   string   `json:"source" doc:"Where the rule stands"`
	Verified bool     `json:"verified" doc:"The rule has been checked against its source"`
	Certain  bool     `json:"certain" doc:"False hangs on what nobody has answered"`
	Because  []string `json:"because" nullable:"false"`
}

// APIScreening is what somebody has answered about whether an impact assessment is needed.
type APIScreening struct {
	Answers map[string]string `json:"answers" nullable:"false" doc:"By rule: yes, no or unknown"`
	Reasons map[string]string `json:"reasons,omitempty" doc:"By rule; an exemption is none without one"`
}

// APIParts are the parts of an impact assessment that article 35.7 asks for, and the views of those concerned (35.9).
type APIParts struct {
	Description string `json:"description,omitempty" maxLength:"20000"`
	Necessity   string `json:"necessity,omitempty" maxLength:"20000"`
	Risks       string `json:"risks,omitempty" maxLength:"20000"`
	Measures    string `json:"measures,omitempty" maxLength:"20000"`
	Views       string `json:"views,omitempty" maxLength:"20000"`
}

type apiDPIAOut struct {
	ETag string `header:"ETag"`
	Body struct {
		System    string   `json:"system"`
		Screening string   `json:"screening" enum:"required,may-be,consider,not-required,exempt,no-data" doc:"Whether one is required, as facts and answers are today"`
		Hits      []apiHit `json:"hits" nullable:"false"`
		Open      []string `json:"open" nullable:"false" doc:"Rules whose question nobody has answered"`
		APIScreening
		Answered string `json:"answers_etag" doc:"For If-Match when the questions are answered"`
		State    string `json:"state,omitempty" doc:"draft, opinion, decision or decided; empty before it is begun"`
		APIParts
		Opinion  string     `json:"opinion,omitempty"`
		Outcome  string     `json:"outcome,omitempty" doc:"go, not or consult"`
		Decision string     `json:"decision,omitempty"`
		ReviewOn civil.Date `json:"review_on,omitzero" format:"date"`
		Residual int        `json:"residual" doc:"The largest level that is left for people, with the measures that are met"`
	}
}

func (p *API) assessment(c *web.Context, in *system.APIRef) (*apiDPIAOut, error) {
	v, err := p.Service.Open(c.Context(), c.Actor, in.System, c.L)
	if err != nil {
		return nil, err
	}
	if v.Need.Stop {
		return nil, db.ErrNotFound
	}
	d := &v.DPIA
	out := &apiDPIAOut{ETag: web.ETag(d.Version)}
	b := &out.Body
	b.System, b.Screening, b.Hits, b.Open, b.State = v.View.System.ID.String(), v.Screening.Outcome, []apiHit{}, []string{}, d.State
	b.APIParts = APIParts{d.Description, d.Necessity, d.Risks, d.Measures, d.Views}
	b.Opinion, b.Outcome, b.Decision, b.ReviewOn, b.Residual = d.Opinion, d.Outcome, d.Decision, d.ReviewOn, p.Service.ResidualForPeople(&v)
	for i := range v.Screening.Hits {
		h := &v.Screening.Hits[i]
		x := apiHit{Rule: h.ID, Name: h.Name.In(v.Known.Lang), Source: h.Source, Verified: h.Verified, Certain: h.Truth == catalogue.Yes, Because: []string{}}
		for _, why := range h.Because {
			x.Because = append(x.Because, why.Text)
		}
		b.Hits = append(b.Hits, x)
	}
	for _, r := range v.Screening.Open {
		b.Open = append(b.Open, r.ID)
	}
	b.Answers, b.Reasons = map[string]string{}, v.Known.Reasons
	for rule, a := range v.Known.Answers {
		b.Answers[rule] = string(a)
	}
	b.Answered, err = web.StateTag(b.APIScreening)
	return out, err
}

// assessed gives the assessment as it is when it has been changed, or tells why it was not.
func (p *API) assessed(c *web.Context, in *system.APIRef, err error) (*apiDPIAOut, error) {
	if err != nil && !errors.Is(err, db.ErrConflict) {
		return nil, apiRefusal(err)
	}
	now, failed := p.assessment(c, in)
	if failed != nil {
		return nil, failed
	}
	if err != nil {
		return nil, &web.Stale{Current: now.ETag}
	}
	return now, nil
}

func (p *API) screen(c *web.Context, in *struct {
	system.APIRef
	web.APIMatch
	Body APIScreening
},
) (*apiDPIAOut, error) {
	if err := c.Unchanged(in.APIMatch, func() (string, error) {
		now, err := p.assessment(c, &in.APIRef)
		if err != nil {
			return "", err
		}
		return now.Body.Answered, nil
	}); err != nil {
		return nil, err
	}
	answers := map[string]Answer{}
	for rule, a := range in.Body.Answers {
		answers[rule] = Answer(a)
	}
	reasons := in.Body.Reasons
	if reasons == nil {
		reasons = map[string]string{}
	}
	return p.assessed(c, &in.APIRef, p.Service.Screen(c.Context(), c.Actor, in.System, answers, reasons))
}

func (p *API) describe(c *web.Context, in *struct {
	system.APIRef
	IfMatch string `header:"If-Match" doc:"The assessment's ETag; \"0\" before it is begun"`
	Body    struct {
		APIParts
		HandOn bool `json:"hand_on,omitempty" doc:"To the data protection officer, for an opinion"`
	}
},
) (*apiDPIAOut, error) {
	version, err := web.Match(in.IfMatch)
	if err != nil {
		return nil, err
	}
	b := &in.Body
	d := DPIA{Version: version, Description: b.Description, Necessity: b.Necessity, Risks: b.Risks, Measures: b.Measures, Views: b.Views, State: StateDraft}
	if b.HandOn {
		d.State = StateOpinion
	}
	return p.assessed(c, &in.APIRef, p.Service.Describe(c.Context(), c.Actor, in.System, d, c.L))
}

func (p *API) opinion(c *web.Context, in *struct {
	system.APIRef
	IfMatch string `header:"If-Match" doc:"The assessment's ETag"`
	Body    struct {
		Text string `json:"text" minLength:"1" maxLength:"20000"`
	}
},
) (*apiDPIAOut, error) {
	version, err := web.Match(in.IfMatch)
	if err != nil {
		return nil, err
	}
	return p.assessed(c, &in.APIRef, p.Service.GiveOpinion(c.Context(), c.Actor, in.System, version, in.Body.Text, c.L))
}

func (p *API) rule(c *web.Context, in *struct {
	system.APIRef
	IfMatch string `header:"If-Match" doc:"The assessment's ETag"`
	Body    struct {
		Outcome  string     `json:"outcome" enum:"go,not,consult"`
		Reason   string     `json:"reason" minLength:"1" maxLength:"20000"`
		ReviewOn civil.Date `json:"review_on" format:"date"`
	}
},
) (*apiDPIAOut, error) {
	version, err := web.Match(in.IfMatch)
	if err != nil {
		return nil, err
	}
	r := Ruling{Outcome: in.Body.Outcome, Reason: in.Body.Reason, ReviewOn: in.Body.ReviewOn}
	return p.assessed(c, &in.APIRef, p.Service.Rule(c.Context(), c.Actor, in.System, version, r, c.L))
}
