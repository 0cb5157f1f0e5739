// SPDX-License-Identifier: EUPL-1.2

package requirement

import (
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/classification"
	"github.com/insegel/insegel/internal/information"
	"github.com/insegel/insegel/internal/locale"
)

// Classified is what follows for a case: the levels, the rules and the requirements, each with its reasons. It is the shape that
// the command line writes as JSON.
type Classified struct {
	Model ClassifiedModel `json:"model"`
	// Stop says that the stopping level was given, or that the information is or may be under protective security: nothing more is
	// said, and the security protection manager takes over.
	Stop         bool                    `json:"stop"`
	Levels       []ClassifiedLevel       `json:"levels"`
	Rules        []ClassifiedRule        `json:"rules"`
	Requirements []ClassifiedRequirement `json:"requirements"`
}

// ClassifiedModel names the model that a case was classified by.
type ClassifiedModel struct {
	ID      string `json:"id"`
	Version string `json:"version"`
}

// ClassifiedLevel is one aspect's level. An aspect that nobody has answered and no information suggests is not among them.
type ClassifiedLevel struct {
	Aspect  string              `json:"aspect"`
	Level   int                 `json:"level"`
	Label   string              `json:"label"`
	Source  string              `json:"source"` // answer or suggestion
	Because []catalogue.Because `json:"because"`
}

// ClassifiedRule is one law that concerns the case.
type ClassifiedRule struct {
	ID       string              `json:"id"`
	Name     string              `json:"name"`
	Sections string              `json:"sections"`
	Basis    string              `json:"basis"` // explicit or derived
	Verified bool                `json:"verified"`
	Because  []catalogue.Because `json:"because"`
}

// ClassifiedRequirement is one requirement that applies. Shall is empty when it is the organisation's own duty.
type ClassifiedRequirement struct {
	ID      string              `json:"id"`
	Is      string              `json:"is"`
	Shall   string              `json:"shall"`
	Must    bool                `json:"must"`
	Role    string              `json:"role"`
	Kind    string              `json:"kind"`
	Because []catalogue.Because `json:"because"`
}

// securityRule is the law that a stop refers to.
const securityRule = "SSL"

// Classify works out what follows for a case on a day.
func (e *Engine) Classify(c *catalogue.Case, date civil.Date, l *locale.Localizer) Classified {
	out := Classified{
		Model:  ClassifiedModel{ID: c.Model.ID, Version: c.Model.Version},
		Levels: []ClassifiedLevel{}, Rules: []ClassifiedRule{}, Requirements: []ClassifiedRequirement{},
	}
	need := classification.Assess(caseInput(e.Catalogue, c, date, l))
	sub := Subject{Steps: need.Steps(), Model: c.Model}
	sources := make([]catalogue.Source, len(c.Information))
	for i := range c.Information {
		sources[i] = c.Information[i].Source
	}
	sub.Facts, sub.Origins = e.Catalogue.Vocabulary.Resolve(c.Subject, sources)
	if out.Stop = need.Stop || Suspected(&sub); out.Stop {
		out.Rules = e.stopRules(&sub, l)
		return out
	}
	lang := catalogue.Lang(l.Lang)
	for _, lv := range need.Levels {
		sub.Levels[lv.Aspect] = lv.Level
		if lv.Basis == classification.None {
			continue
		}
		out.Levels = append(out.Levels, ClassifiedLevel{
			Aspect: lv.Aspect.String(), Level: lv.Level.Value, Label: lv.Level.Label.In(lang), Source: string(lv.Basis), Because: reasons(lv.Because),
		})
	}
	day, res := e.At(date), e.NewOutcome()
	e.Derive(&sub.Facts, sub.Steps, day, res)
	for _, a := range e.Laws(&sub, day, res, l) {
		out.Rules = append(out.Rules, ClassifiedRule{a.ID, a.Name.In(lang), a.Sections, a.Basis, a.Verified, reasons(a.Because)})
	}
	for _, a := range e.Requirements(&sub, day, res, l) {
		out.Requirements = append(out.Requirements, ClassifiedRequirement{
			ID: a.ID, Is: a.Is(lang), Shall: a.Shall(lang), Must: a.Must, Role: a.Role, Kind: a.Kind, Because: reasons(a.Because),
		})
	}
	return out
}

func caseInput(c *catalogue.Catalogue, cs *catalogue.Case, date civil.Date, l *locale.Localizer) classification.Input {
	in := classification.Input{Model: cs.Model, Catalogue: c, Today: date, Texts: l}
	for _, i := range cs.Information {
		held := information.Held{Information: information.Information{Name: i.Source.Name.SV}, Confirmed: true}
		if i.Type != nil {
			held.TypeID = i.Type.ID
		}
		in.Information = append(in.Information, held)
	}
	if len(cs.Answers) > 0 {
		cl := &classification.Classification{
			Status: classification.Draft, Origin: classification.Guided, ModelID: cs.Model.ID, ModelVersion: cs.Model.Version,
		}
		for _, a := range cs.Answers {
			cl.Answers = append(cl.Answers, classification.Answer{Aspect: a.Aspect, Perspective: a.Perspective, Level: a.Level})
		}
		in.Classification = cl
	}
	return in
}

// stopRules gives the one rule that a stop refers to.
func (e *Engine) stopRules(s *Subject, l *locale.Localizer) []ClassifiedRule {
	law, ok := e.Catalogue.Law(securityRule)
	if !ok {
		return []ClassifiedRule{}
	}
	because := e.Catalogue.Vocabulary.Explain(law.When, &s.Facts, s.Origins, catalogue.Lang(l.Lang))
	because = append(because, catalogue.Because{Kind: BecauseLevel, Ref: "stop", Text: l.T("requirement.because-stop")})
	return []ClassifiedRule{{law.ID, law.Name.In(catalogue.Lang(l.Lang)), law.Sections, law.Basis, law.Verified, because}}
}

// reasons makes an empty list of what was nil, so that the JSON has a list.
func reasons(b []catalogue.Because) []catalogue.Because {
	if b == nil {
		return []catalogue.Because{}
	}
	return b
}
