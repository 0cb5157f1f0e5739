// SPDX-License-Identifier: EUPL-1.2

package classification

import (
	"errors"
	"net/http"
	"path"
	"strings"

	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/system"
	"github.com/insegel/insegel/internal/web"
)

// routesOfWork registers what a person does with a draft besides answering: programs have no key for it.
func (p *API) routesOfWork(a *web.API) {
	const tag, one = "classification.api", "/systems/{system}/classification"
	op := func(method, path, action, id string) web.Op {
		return web.Op{Method: method, Path: path, Action: action, ID: id, Tag: tag}
	}
	says := func(o web.Op, text string) web.Op { o.Text = text; return o }
	web.Operate(a, says(op("POST", one+"/draft", "classification.Restart", "restart-classification"), "classification.api-restart"), p.restart)
	web.Operate(a, says(op("POST", one+"/reopening", "classification.Reopen", "reopen-classification"), "classification.api-reopen"), p.reopen)
	web.Operate(a, says(op("PUT", one+"/adjustments/{aspect}", "classification.Adjust", "adjust-classification"), "classification.api-adjust"), p.raise)
	web.Operate(a, says(op("DELETE", one+"/adjustments/{aspect}", "classification.Adjust", "remove-adjustment"), "classification.api-unadjust"), p.unadjust)
	web.Operate(a, says(op("GET", one+"/questions", "classification.Open", "list-questions"), "classification.api-questions"), func(c *web.Context, in *struct {
		system.APIRef
		web.APIPaging
	},
	) (*apiQuestionsOut, error) {
		return p.questions(c, &in.APIRef)
	})
	web.Operate(a, says(op("POST", one+"/questions", "classification.Delegate", "ask-colleague"), "classification.api-delegate"), p.delegate)
	web.Operate(a, says(op("DELETE", one+"/questions/{question}", "classification.Recall", "recall-question"), "classification.api-recall"), p.recall)
	web.Operate(a, says(op("PUT", "/models/chosen", "classification.ChooseModel", "choose-model"), "classification.api-choose-model"), p.chooseModel)
	add := says(op("POST", "/models", "classification.AddModel", "add-model"), "classification.api-add-model")
	add.Status = http.StatusCreated
	web.Operate(a, add, p.addModel)
}

func (p *API) restart(c *web.Context, in *system.APIRef) (*apiClassificationOut, error) {
	if err := p.Service.Restart(c.Context(), c.Actor, in.System); err != nil {
		return nil, sorry(err)
	}
	return p.open(c, in)
}

func (p *API) reopen(c *web.Context, in *system.APIRef) (*apiClassificationOut, error) {
	if err := p.Service.Reopen(c.Context(), c.Actor, in.System); err != nil {
		return nil, sorry(err)
	}
	return p.open(c, in)
}

// APIAspect names an aspect of a system's draft.
type APIAspect struct {
	system.APIRef
	Aspect string `path:"aspect" enum:"confidentiality,integrity,availability,traceability"`
}

// unadjusted refuses a change of an aspect's adjustment that was made from another state of it than the one that there is now.
func (p *API) unadjusted(c *web.Context, in *APIAspect, m web.APIMatch) (catalogue.Aspect, error) {
	aspect, _ := catalogue.ParseAspect(in.Aspect) // one of those that there are
	return aspect, c.Unchanged(m, func() (string, error) {
		w, err := p.Service.Open(c.Context(), c.Actor, in.System, nil)
		if err != nil {
			return "", err
		}
		return adjustedTag(w.State.Draft, aspect)
	})
}

func (p *API) raise(c *web.Context, in *struct {
	APIAspect
	web.APIMatch
	Body struct {
		Level    int    `json:"level" minimum:"0" maximum:"99"`
		Cause    string `json:"cause" enum:"accumulation,aggregation,integration,lowered"`
		Reason   string `json:"reason" minLength:"1" maxLength:"4000"`
		Approver string `json:"approver,omitempty" maxLength:"200" doc:"The role that took the decision on the risk; needed to lower"`
	}
},
) (*apiClassificationOut, error) {
	aspect, err := p.unadjusted(c, &in.APIAspect, in.APIMatch)
	if err != nil {
		return nil, err
	}
	a := Adjustment{Aspect: aspect, Level: in.Body.Level, Cause: in.Body.Cause, Reason: strings.TrimSpace(in.Body.Reason), Approver: in.Body.Approver}
	if err := p.Service.Adjust(c.Context(), c.Actor, in.System, a, false); err != nil {
		return nil, sorry(err)
	}
	return p.open(c, &in.APIRef)
}

func (p *API) unadjust(c *web.Context, in *struct {
	APIAspect
	web.APIMatch
},
) (*apiClassificationOut, error) {
	aspect, err := p.unadjusted(c, &in.APIAspect, in.APIMatch)
	if err != nil {
		return nil, err
	}
	if err := p.Service.Adjust(c.Context(), c.Actor, in.System, Adjustment{Aspect: aspect}, true); err != nil {
		return nil, sorry(err)
	}
	return p.open(c, &in.APIRef)
}

// apiQuestion is a question that a colleague has been asked.
type apiQuestion struct {
	ID          string `json:"id"`
	Aspect      string `json:"aspect"`
	Perspective string `json:"perspective"`
	Asked       string `json:"asked" doc:"The address, with most of the name left out"`
	At          string `json:"at" format:"date-time"`
	Answered    string `json:"answered,omitempty" format:"date-time" doc:"None while they have not"`
	Level       *int   `json:"level,omitempty" doc:"What they suggest"`
	Motivation  string `json:"motivation,omitempty"`
}

type apiQuestionsOut struct {
	Body struct {
		Items []apiQuestion `json:"items" nullable:"false"`
		web.APIPage
	}
}

func (p *API) questions(c *web.Context, in *system.APIRef) (*apiQuestionsOut, error) {
	w, err := p.Service.Open(c.Context(), c.Actor, in.System, c.L)
	if err != nil {
		return nil, err
	}
	out := &apiQuestionsOut{}
	out.Body.Items = []apiQuestion{}
	for _, d := range w.Asked {
		q := apiQuestion{ID: d.ID.String(), Aspect: d.Aspect.String(), Perspective: d.Perspective, Asked: d.Asked, At: d.At.UTC().Format(apiTime)}
		if !d.Answered.IsZero() {
			level := d.Level
			q.Answered, q.Level, q.Motivation = d.Answered.UTC().Format(apiTime), &level, d.Motivation
		}
		out.Body.Items = append(out.Body.Items, q)
	}
	return out, nil
}

func (p *API) delegate(c *web.Context, in *struct {
	system.APIRef
	Body struct {
		Aspect      string `json:"aspect" enum:"confidentiality,integrity,availability,traceability"`
		Perspective string `json:"perspective" enum:"individual,organisation,society"`
		To          string `json:"to" maxLength:"254" doc:"The colleague's address"`
		Lang        string `json:"lang,omitempty" enum:"sv,en" default:"sv"`
	}
},
) (*apiQuestionsOut, error) {
	aspect, _ := catalogue.ParseAspect(in.Body.Aspect)
	err := p.Service.Delegate(c.Context(), c.Actor, in.System, Ask{aspect, in.Body.Perspective, in.Body.To, in.Body.Lang})
	for _, f := range faultsOfAsking {
		if errors.Is(err, f.err) {
			return nil, &web.Error{Status: http.StatusUnprocessableEntity, Key: f.key, Err: err}
		}
	}
	if err != nil {
		return nil, sorry(err)
	}
	return p.questions(c, &in.APIRef)
}

func (p *API) recall(c *web.Context, in *struct {
	system.APIRef
	Question string `path:"question" maxLength:"100"`
},
) (*apiQuestionsOut, error) {
	id, err := ids.Parse[Delegation](in.Question)
	if err != nil {
		return nil, &web.Error{Status: http.StatusNotFound, Err: err}
	}
	if err := p.Service.Recall(c.Context(), c.Actor, in.System, id); err != nil {
		return nil, sorry(err)
	}
	return p.questions(c, &in.APIRef)
}

func (p *API) chooseModel(c *web.Context, in *struct {
	web.APIMatch
	Body struct {
		Model string `json:"model" minLength:"1" maxLength:"200" doc:"A model's id, or a bare scale such as 0-3"`
	}
},
) (*apiModelsOut, error) {
	if err := c.Unchanged(in.APIMatch, func() (string, error) {
		now, err := p.models(c, nil)
		if err != nil {
			return "", err
		}
		return now.ETag, nil
	}); err != nil {
		return nil, err
	}
	_, err := p.Service.ChooseModel(c.Context(), c.Actor, in.Body.Model)
	if errors.Is(err, ErrModel) {
		return nil, &web.Error{Status: http.StatusUnprocessableEntity, Key: "classification.fault-choose-model", Err: err}
	}
	if err != nil {
		return nil, err
	}
	return p.models(c, nil)
}

func (p *API) addModel(c *web.Context, in *struct {
	Body struct {
		File   string `json:"file" minLength:"1" maxLength:"200" doc:"The name of the file, for the faults"`
		Source string `json:"source" maxLength:"1000000" doc:"The model, as YAML"`
	}
},
) (*apiModelsOut, error) {
	name := path.Base(strings.ReplaceAll(in.Body.File, `\`, "/"))
	_, err := p.Service.AddModel(c.Context(), c.Actor, name, []byte(in.Body.Source))
	var problems catalogue.Problems
	switch {
	case errors.As(err, &problems):
		return nil, &web.Error{Status: http.StatusUnprocessableEntity, Key: "classification.fault-model", Args: []any{"Count", len(problems), "File", name}, Err: err}
	case errors.Is(err, ErrModelTaken):
		return nil, &web.Error{Status: http.StatusUnprocessableEntity, Key: "classification.fault-model-taken", Err: err}
	case err != nil:
		return nil, err
	}
	return p.models(c, nil)
}
