// SPDX-License-Identifier: EUPL-1.2

package classification

import (
	"errors"
	"net/http"
	"strings"

	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/information"
	"github.com/insegel/insegel/internal/system"
	"github.com/insegel/insegel/internal/web"
)

// API is classification for programs.
type API struct{ Service *Service }

// Routes registers the operations.
func (p *API) Routes(a *web.API) {
	const tag = "classification.api"
	const answer = "/systems/{system}/classification/answers/{aspect}/{perspective}"
	web.Operate(a, web.Op{Method: "GET", Path: "/systems/{system}/classification", Action: "classification.Open", ID: "get-classification", Tag: tag, Text: "classification.api-open"}, p.open)
	web.Operate(a, web.Op{Method: "PUT", Path: answer, Action: "classification.Answer", ID: "answer-classification", Tag: tag, Text: "classification.api-answer"}, p.answer)
	web.Operate(a, web.Op{Method: "DELETE", Path: answer, Action: "classification.Unanswer", ID: "take-back-answer", Tag: tag, Text: "classification.api-unanswer"}, p.unanswer)
	web.Operate(a, web.Op{Method: "POST", Path: "/systems/{system}/classification/decision", Action: "classification.Decide", ID: "decide-classification", Tag: tag, Text: "classification.api-decide"}, p.decide)
	web.Operate(a, web.Op{Method: "PUT", Path: "/systems/{system}/information", Action: "classification.SetInformation", ID: "set-system-information", Tag: tag, Text: "classification.api-information"}, p.information)
	web.Operate(a, web.Op{Method: "GET", Path: "/systems/{system}/information", Action: "classification.Open", ID: "get-system-information", Tag: tag, Text: "classification.api-held"}, func(c *web.Context, in *struct {
		system.APIRef
		web.APIPaging
	},
	) (*apiHeldOut, error) {
		return p.held(c, &in.APIRef)
	})
	web.Operate(a, web.Op{Method: "GET", Path: "/models", Action: "classification.Models", ID: "list-models", Tag: "overview.api-catalogue", Text: "classification.api-models"}, p.models)
	p.routesOfWork(a)
}

type apiBecause struct {
	Kind string `json:"kind" doc:"information or condition"`
	Ref  string `json:"ref" doc:"The information type, or the fact that holds"`
	Text string `json:"text"`
}

func apiBecauseOf(list []catalogue.Because) []apiBecause {
	out := make([]apiBecause, len(list))
	for i, b := range list {
		out[i] = apiBecause(b)
	}
	return out
}

type apiLevel struct {
	Aspect  string       `json:"aspect"`
	Level   *int         `json:"level,omitempty" doc:"None when nobody knows"`
	Label   string       `json:"label,omitempty"`
	Basis   string       `json:"basis" doc:"decided, answer, suggestion or none"`
	Because []apiBecause `json:"because" nullable:"false"`
}

type apiAnswer struct {
	Aspect      string `json:"aspect"`
	Perspective string `json:"perspective" doc:"individual, organisation or society; empty from a register"`
	Level       int    `json:"level"`
	Motivation  string `json:"motivation,omitempty"`
	At          string `json:"at" format:"date-time"`
	ETag        string `json:"etag" doc:"For If-Match when the answer is changed or taken back"`
}

type apiObstacle struct {
	Aspect      string `json:"aspect"`
	Perspective string `json:"perspective,omitempty"`
	Code        string `json:"code"`
	Text        string `json:"text"`
}

type apiClassification struct {
	System       string        `json:"system"`
	Model        string        `json:"model"`
	ModelVersion string        `json:"model_version"`
	Decided      bool          `json:"decided"`
	Draft        bool          `json:"draft" doc:"There is a draft that can be decided, or answered on"`
	Stopped      bool          `json:"stopped" doc:"With the security protection manager: nothing follows"`
	Decider      string        `json:"decider,omitempty"`
	DecidedOn    civil.Date    `json:"decided_on,omitzero" format:"date"`
	ValidUntil   civil.Date    `json:"valid_until,omitzero" format:"date"`
	Levels       []apiLevel    `json:"levels" nullable:"false" doc:"What counts"`
	DraftLevels  []apiLevel    `json:"draft_levels" nullable:"false" doc:"What the draft would give"`
	Answers      []apiAnswer   `json:"answers" nullable:"false" doc:"Of the draft, else of what is decided"`
	Adjustments  []apiAdjusted `json:"adjustments" nullable:"false" doc:"Where somebody has moved a level from what the answers give; as answers"`
	Obstacles    []apiObstacle `json:"obstacles" nullable:"false" doc:"What stands in the way of deciding the draft"`
}

// apiAdjusted is a level that was moved.
type apiAdjusted struct {
	Aspect   string `json:"aspect"`
	Level    int    `json:"level"`
	Cause    string `json:"cause"`
	Reason   string `json:"reason"`
	Approver string `json:"approver,omitempty" doc:"The role that took the decision on the risk"`
	ETag     string `json:"etag" doc:"For If-Match when it is changed or removed"`
}

type apiClassificationOut struct{ Body apiClassification }

func apiLevels(c *web.Context, n *Need) []apiLevel {
	out := []apiLevel{}
	for _, l := range n.Levels {
		x := apiLevel{Aspect: l.Aspect.String(), Basis: string(l.Basis), Because: apiBecauseOf(l.Because)}
		if l.Basis != None {
			value := l.Level.Value
			x.Level, x.Label = &value, l.Level.Label.In(catalogue.Lang(c.L.Lang))
		}
		out = append(out, x)
	}
	return out
}

func (p *API) open(c *web.Context, in *system.APIRef) (*apiClassificationOut, error) {
	w, err := p.Service.Open(c.Context(), c.Actor, in.System, c.L)
	if err != nil {
		return nil, err
	}
	b := apiClassification{
		System: w.System.ID.String(), Model: w.Model.ID, ModelVersion: w.Model.Version, Decided: w.State.Decided != nil, Draft: w.State.Draft != nil,
		Stopped: w.State.Stopped != nil, Levels: apiLevels(c, &w.Need), DraftLevels: []apiLevel{}, Answers: []apiAnswer{}, Adjustments: []apiAdjusted{}, Obstacles: []apiObstacle{},
	}
	if d := w.State.Decided; d != nil {
		b.Decider, b.DecidedOn, b.ValidUntil = d.Decider, d.DecidedOn, d.ValidUntil
	}
	of := w.State.Decided
	if w.State.Draft != nil {
		of = w.State.Draft
		b.DraftLevels = apiLevels(c, &w.Draft)
		for _, o := range w.Input.Obstacles() {
			key := faultKey(o.Err)
			b.Obstacles = append(b.Obstacles, apiObstacle{o.Aspect.String(), o.Perspective, key, c.L.T(key)})
		}
	}
	if of != nil {
		for _, a := range of.Answers {
			b.Answers = append(b.Answers, apiAnswer{a.Aspect.String(), a.Perspective, a.Level, a.Motivation, a.At.UTC().Format(apiTime), web.ETag(db.Millis(a.At))})
		}
		for _, a := range of.Adjustments {
			tag, err := adjustedTag(of, a.Aspect)
			if err != nil {
				return nil, err
			}
			b.Adjustments = append(b.Adjustments, apiAdjusted{a.Aspect.String(), a.Level, a.Cause, a.Reason, a.Approver, tag})
		}
	}
	return &apiClassificationOut{Body: b}, nil
}

// apiTime is how a moment is written.
const apiTime = "2006-01-02T15:04:05.000Z"

// APIAnswerRef names one question about a system.
type APIAnswerRef struct {
	system.APIRef
	Aspect      string `path:"aspect" enum:"confidentiality,integrity,availability,traceability"`
	Perspective string `path:"perspective" enum:"individual,organisation,society"`
}

type apiAnswerIn struct {
	APIAnswerRef
	IfMatch string `header:"If-Match" doc:"The answer's etag; \"0\" when there is none"`
	Body    struct {
		Level      int    `json:"level" minimum:"0" maximum:"99"`
		Motivation string `json:"motivation,omitempty" maxLength:"4000"`
	}
}

// answer stores one answer. The version of an answer is when it was given.
func (p *API) answer(c *web.Context, in *apiAnswerIn) (*apiClassificationOut, error) {
	over, err := web.Match(in.IfMatch)
	if err != nil {
		return nil, err
	}
	aspect, _ := catalogue.ParseAspect(in.Aspect) // one of those that there are
	err = p.Service.Answer(c.Context(), c.Actor, in.System, Answer{
		Aspect: aspect, Perspective: in.Perspective, Level: in.Body.Level, Motivation: in.Body.Motivation, Over: &over,
	})
	if errors.Is(err, db.ErrConflict) {
		return nil, p.stale(c, in, aspect)
	}
	if err != nil && !errors.Is(err, ErrStops) { // a stop is what the answer gave rise to: the reply says so
		return nil, sorry(err)
	}
	return p.open(c, &in.APIRef)
}

func (p *API) stale(c *web.Context, in *apiAnswerIn, aspect catalogue.Aspect) error {
	current, err := p.answeredTag(c, &in.APIAnswerRef, aspect)
	if err != nil {
		return err
	}
	return &web.Stale{Current: current}
}

// answeredTag is the ETag of an answer of the draft as it is now; "0" when there is none.
func (p *API) answeredTag(c *web.Context, in *APIAnswerRef, aspect catalogue.Aspect) (string, error) {
	w, err := p.Service.Open(c.Context(), c.Actor, in.System, nil)
	if err != nil {
		return "", err
	}
	if w.State.Draft != nil {
		if a, ok := w.State.Draft.Answered(aspect, in.Perspective); ok {
			return web.ETag(db.Millis(a.At)), nil
		}
	}
	return web.ETag(0), nil
}

// adjustedTag is the ETag of an aspect's adjustment; "0" when there is none.
func adjustedTag(of *Classification, aspect catalogue.Aspect) (string, error) {
	if of != nil {
		for i := range of.Adjustments {
			if of.Adjustments[i].Aspect == aspect {
				return web.StateTag(of.Adjustments[i])
			}
		}
	}
	return web.ETag(0), nil
}

func (p *API) unanswer(c *web.Context, in *struct {
	APIAnswerRef
	web.APIMatch
},
) (*apiClassificationOut, error) {
	aspect, _ := catalogue.ParseAspect(in.Aspect)
	if err := c.Unchanged(in.APIMatch, func() (string, error) { return p.answeredTag(c, &in.APIAnswerRef, aspect) }); err != nil {
		return nil, err
	}
	if err := p.Service.Unanswer(c.Context(), c.Actor, in.System, aspect, in.Perspective); err != nil {
		return nil, sorry(err)
	}
	return p.open(c, &in.APIRef)
}

func (p *API) decide(c *web.Context, in *struct {
	system.APIRef
	Body struct {
		Decider string `json:"decider" minLength:"1" maxLength:"200" doc:"The role that decides"`
	}
},
) (*apiClassificationOut, error) {
	if strings.TrimSpace(in.Body.Decider) == "" {
		return nil, &web.Error{Status: http.StatusUnprocessableEntity, Key: "classification.api-decider"}
	}
	if err := p.Service.Decide(c.Context(), c.Actor, in.System, in.Body.Decider); err != nil {
		return nil, sorry(err)
	}
	return p.open(c, &in.APIRef)
}

type apiOwn struct {
	Name string `json:"name" minLength:"1" maxLength:"200"`
	Note string `json:"note,omitempty" maxLength:"2000"`
}

// apiHeld is information that a system holds.
type apiHeld struct {
	ID        string `json:"id"`
	Name      string `json:"name"`
	Type      string `json:"type,omitempty" doc:"The type of the catalogue; none for the organisation's own"`
	Note      string `json:"note,omitempty"`
	Confirmed bool   `json:"confirmed" doc:"False while it is only suggested"`
}

type apiHeldOut struct {
	ETag string `header:"ETag"`
	Body struct {
		Items []apiHeld `json:"items" nullable:"false"`
		web.APIPage
	}
}

// held reads what information a system holds.
func (p *API) held(c *web.Context, in *system.APIRef) (*apiHeldOut, error) {
	w, err := p.Service.Open(c.Context(), c.Actor, in.System, c.L)
	if err != nil {
		return nil, err
	}
	out := &apiHeldOut{}
	out.Body.Items = []apiHeld{}
	for i := range w.System.Information {
		h := &w.System.Information[i]
		out.Body.Items = append(out.Body.Items, apiHeld{h.ID.String(), h.Name, h.TypeID, h.Note, h.Confirmed})
	}
	out.ETag, err = web.StateTag(out.Body.Items)
	return out, err
}

func (p *API) information(c *web.Context, in *struct {
	system.APIRef
	web.APIMatch
	Body struct {
		Types []string `json:"types" nullable:"false" maxItems:"500" doc:"Types of the catalogue, by id"`
		Own   []apiOwn `json:"own,omitempty" nullable:"false" maxItems:"500" doc:"The organisation's own, by name; one that does not exist is made"`
	}
},
) (*apiClassificationOut, error) {
	if err := c.Unchanged(in.APIMatch, func() (string, error) {
		now, err := p.held(c, &in.APIRef)
		if err != nil {
			return "", err
		}
		return now.ETag, nil
	}); err != nil {
		return nil, err
	}
	var chosen []Chosen
	for _, id := range in.Body.Types {
		chosen = append(chosen, Chosen{TypeID: id})
	}
	for _, o := range in.Body.Own {
		chosen = append(chosen, Chosen{Own: &information.Information{Name: o.Name, Note: o.Note}})
	}
	for _, id := range in.Body.Types {
		if _, ok := p.Service.Catalogue.InformationType(id); !ok {
			return nil, &web.Error{Status: http.StatusUnprocessableEntity, Key: "classification.api-type", Args: []any{"Type", id}}
		}
	}
	err := p.Service.SetInformation(c.Context(), c.Actor, in.System, chosen)
	if errors.Is(err, information.ErrNameTaken) {
		return nil, &web.Error{Status: http.StatusUnprocessableEntity, Key: "classification.fault-own-other", Err: err}
	}
	if err != nil {
		return nil, sorry(err)
	}
	return p.open(c, &in.APIRef)
}

type apiModel struct {
	ID      string `json:"id"`
	Version string `json:"version"`
	Name    string `json:"name"`
	Own     bool   `json:"own" doc:"Added by the organisation"`
	Chosen  bool   `json:"chosen" doc:"The one that the organisation classifies by"`
}

type apiModelsOut struct {
	ETag string `header:"ETag"`
	Body struct {
		Items []apiModel `json:"items" nullable:"false"`
		web.APIPage
	}
}

func (p *API) models(c *web.Context, _ *web.APIPaging) (*apiModelsOut, error) {
	all, err := p.Service.Models(c.Context(), c.Actor)
	if err != nil {
		return nil, err
	}
	out := &apiModelsOut{}
	out.Body.Items = []apiModel{}
	for _, m := range all {
		out.Body.Items = append(out.Body.Items, apiModel{m.Model.ID, m.Model.Version, m.Model.Name.In(catalogue.Lang(c.L.Lang)), m.Own, m.Chosen})
		if m.Chosen {
			if out.ETag, err = web.StateTag(m.Model.ID); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}
