// SPDX-License-Identifier: EUPL-1.2

package risk

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"time"

	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/system"
)

// The kinds of rules of the impact assessment.
const (
	RuleSufficient = "sufficient" // enough by itself
	RuleCriterion  = "criterion"  // two different ones are enough
	RuleExemption  = "exemption"
	RuleProcess    = "process"
	RuleAfter      = "after"
)

// Answer is yes, no, or that nobody knows.
type Answer string

// The answers.
const (
	Yes     Answer = "yes"
	No      Answer = "no"
	Unknown Answer = "unknown"
)

// The outcomes of the screening.
const (
	Required    = "required"     // at least two criteria, or one that is enough
	MayBe       = "may-be"       // it hangs on what nobody has answered
	Consider    = "consider"     // one criterion: write down why the risk is not likely to be high
	NotRequired = "not-required" // none
	Exempt      = "exempt"       // required, but an exemption is claimed, with its reason
	NoData      = "no-data"      // no personal data
)

// Rule is one rule of when an impact assessment is required.
type Rule struct {
	ID        string         `yaml:"id"`
	Kind      string         `yaml:"kind"`
	Criterion string         `yaml:"criterion"`
	When      string         `yaml:"when"`
	Name      catalogue.Text `yaml:"name"`
	Question  catalogue.Text `yaml:"question"`
	Source    string         `yaml:"source"`
	Verified  bool           `yaml:"verified"`

	condition catalogue.Condition
}

// Asked reports whether people answer the rule; the others follow from facts.
func (r *Rule) Asked() bool { return r.When == "" }

// DPIARules are when an impact assessment is required. They never change once they are loaded.
type DPIARules struct {
	Version string `yaml:"version"`
	Rules   []Rule `yaml:"rules"`

	personal catalogue.Condition
}

// ErrRules says that the rules are not written as they should be.
var ErrRules = errors.New("the rules of impact assessments are not written as they should be")

// LoadDPIA reads the rules from the data that come with the program.
func LoadDPIA(fsys fs.FS, c *catalogue.Catalogue) (*DPIARules, error) {
	b, err := fs.ReadFile(fsys, dpiaFile)
	if err != nil {
		return nil, fmt.Errorf("read rules of impact assessments: %w", err)
	}
	var r struct {
		Catalogue string
		DPIARules `yaml:",inline"`
	}
	if err := catalogue.Decode(b, &r); err != nil {
		return nil, fmt.Errorf("read %s: %w", dpiaFile, err)
	}
	out := r.DPIARules
	return &out, out.check(c)
}

func (d *DPIARules) check(c *catalogue.Catalogue) error {
	var err error
	if d.personal, err = c.Vocabulary.Parse("personal_data"); err != nil {
		return fmt.Errorf("%w: %w", ErrRules, err)
	}
	seen := map[string]bool{}
	kinds := []string{RuleSufficient, RuleCriterion, RuleExemption, RuleProcess, RuleAfter}
	for i := range d.Rules {
		r := &d.Rules[i]
		if r.ID == "" || seen[r.ID] || !slices.Contains(kinds, r.Kind) || r.Question.SV == "" || r.Source == "" || (r.Kind == RuleCriterion) != (r.Criterion != "") {
			return fmt.Errorf("rule %q: %w", r.ID, ErrRules)
		}
		seen[r.ID] = true
		if r.condition, err = c.Vocabulary.Parse(r.When); err != nil {
			return fmt.Errorf("rule %q: %w: %w", r.ID, ErrRules, err)
		}
	}
	return nil
}

// Rule finds a rule by its id.
func (d *DPIARules) Rule(id string) (*Rule, bool) {
	i := slices.IndexFunc(d.Rules, func(r Rule) bool { return r.ID == id })
	if i < 0 {
		return nil, false
	}
	return &d.Rules[i], true
}

// Hit is a rule that holds, or that may.
type Hit struct {
	*Rule
	Truth catalogue.Truth
	// Because is why it holds, when facts make it; Answered says that people did.
	Because  []catalogue.Because
	Answered bool
}

// Screening is whether an impact assessment is required, and why (Swedish: behövs konsekvensbedömning?).
type Screening struct {
	Outcome string
	// Hits are the sufficient rules and criteria that hold or may hold, Exemptions those that are claimed.
	Hits, Exemptions []Hit
	// Steps are the rules of how an assessment is made that hold or may hold. They decide nothing about whether it is required.
	Steps []Hit
	// Criteria is how many different criteria hold for certain, Possible how many more may.
	Criteria, Possible int
	Open               []*Rule // questions that nobody has answered
}

// Known is what the screening is made from: facts with where they come from, and what people have answered by rule.
type Known struct {
	Facts   *catalogue.Facts
	Origins []catalogue.Origin
	Answers map[string]Answer
	Reasons map[string]string
	Lang    catalogue.Lang
}

// Judge works out whether an impact assessment is required. It is a pure function of what is known, so the outcome changes when facts do.
func (d *DPIARules) Judge(v *catalogue.Vocabulary, k *Known) Screening {
	var s Screening
	if d.personal.Holds(k.Facts) == catalogue.No {
		s.Outcome = NoData
		return s
	}
	sure, may := map[string]bool{}, map[string]bool{}
	enough, mayEnough := false, d.personal.Holds(k.Facts) == catalogue.Maybe
	for i := range d.Rules {
		r := &d.Rules[i]
		h := d.weigh(r, v, k, &s)
		if h.Truth == catalogue.No {
			continue
		}
		yes := h.Truth == catalogue.Yes
		switch r.Kind {
		case RuleSufficient:
			enough, mayEnough = enough || yes, mayEnough || !yes
			s.Hits = append(s.Hits, h)
		case RuleCriterion:
			if yes {
				sure[r.Criterion] = true
			} else {
				may[r.Criterion] = true
			}
			s.Hits = append(s.Hits, h)
		case RuleExemption:
			if yes && k.Reasons[r.ID] != "" { // an exemption without its reason is none
				s.Exemptions = append(s.Exemptions, h)
			}
		case RuleProcess:
			s.Steps = append(s.Steps, h)
		}
	}
	for c := range may {
		if !sure[c] {
			s.Possible++
		}
	}
	s.Criteria = len(sure)
	s.Outcome = s.outcome(enough, mayEnough)
	return s
}

// weigh tells whether a rule holds: by facts, or by what people have answered. An answer wins over facts that only may hold.
func (d *DPIARules) weigh(r *Rule, v *catalogue.Vocabulary, k *Known, s *Screening) Hit {
	h := Hit{Rule: r}
	a := k.Answers[r.ID]
	if !r.Asked() {
		h.Truth = r.condition.Holds(k.Facts)
		if h.Truth != catalogue.No {
			h.Because = v.Explain(r.condition, k.Facts, k.Origins, k.Lang)
		}
		if h.Truth != catalogue.Maybe || a == "" || a == Unknown {
			return h
		}
	}
	switch a {
	case Yes:
		h.Truth, h.Answered = catalogue.Yes, true
	case No:
		h.Truth, h.Answered = catalogue.No, true
	default:
		h.Truth = catalogue.Maybe
		if r.Kind == RuleSufficient || r.Kind == RuleCriterion {
			s.Open = append(s.Open, r)
		} else {
			h.Truth = catalogue.No // what is not claimed is not so
		}
	}
	return h
}

// needed is how many different criteria make an assessment required (WP 248 rev.01; IMY's list).
const needed = 2

func (s *Screening) outcome(enough, mayEnough bool) string {
	required := enough || s.Criteria >= needed
	switch {
	case required && len(s.Exemptions) > 0:
		return Exempt
	case required:
		return Required
	case mayEnough || s.Criteria+s.Possible >= needed:
		return MayBe
	case s.Criteria == 1:
		return Consider
	default:
		return NotRequired
	}
}

// The states of an impact assessment, in their order.
const (
	StateDraft    = "draft"    // somebody describes
	StateOpinion  = "opinion"  // the data protection officer gives an opinion
	StateDecision = "decision" // who answers for it decides
	StateDecided  = "decided"
)

// The outcomes of a decision.
const (
	Go      = "go"      // the processing may start or go on
	NotGo   = "not"     // it may not
	Consult = "consult" // IMY is consulted first (article 36)
)

var (
	// ErrState says that an assessment is not where it can be handed on from.
	ErrState = errors.New("the assessment cannot be handed on from where it is")
	// ErrContent says that something that an assessment must have is missing (article 35.7).
	ErrContent = errors.New("an assessment needs a description, necessity, risks and measures before it is handed on")
	// ErrOpinion says that an opinion has no text.
	ErrOpinion = errors.New("an opinion needs a text")
	// ErrDecision says that a decision lacks its outcome, its reason or its day of review.
	ErrDecision = errors.New("a decision needs an outcome, a reason and a day of review")
	// ErrConsult says that the residual risk to people is high, so that IMY is to be consulted before the start.
	ErrConsult = errors.New("the residual risk to people is high: IMY is to be consulted before the processing starts")
)

// DPIA is the assessment of what processing in a system means to people (Swedish: konsekvensbedömning).
type DPIA struct {
	ID     ids.ID[DPIA]
	System ids.ID[system.System]
	State  string
	// The parts that article 35.7 asks for, and the views of those concerned (35.9).
	Description, Necessity, Risks, Measures, Views string
	Opinion, OpinionBy                             string
	OpinionAt                                      time.Time
	Decision, Outcome, DecidedBy                   string
	DecidedAt                                      time.Time
	ReviewOn                                       civil.Date
	// Required is what the screening said when it was last saved.
	Required string
	Version  int64
	Updated  time.Time
}

// Whole reports whether the parts that article 35.7 asks for are there.
func (d *DPIA) Whole() bool {
	return d.Description != "" && d.Necessity != "" && d.Risks != "" && d.Measures != ""
}

// Due reports whether the assessment is to be looked over: its day has come, or the screening says something else than it did.
func (d *DPIA) Due(today civil.Date, screening string) bool {
	return d.State == StateDecided && (!d.ReviewOn.IsZero() && !today.Before(d.ReviewOn) || d.Required != screening)
}
