// SPDX-License-Identifier: EUPL-1.2

// Package risk weighs what could happen (Swedish: riskbedömning): scenarios as cause, event and consequence, for the individual, the
// organisation and society; what protects already, and what is to be done. It also holds the impact assessment of data protection
// (konsekvensbedömning).
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
	"github.com/insegel/insegel/internal/requirement"
	"github.com/insegel/insegel/internal/system"
)

// The treatments of a risk.
const (
	Untreated = ""
	Accept    = "accept" // godta
	Reduce    = "reduce" // minska
	Share     = "share"  // dela
	Avoid     = "avoid"  // undvik
)

// Treatments lists those that can be chosen.
var Treatments = []string{Accept, Reduce, Share, Avoid}

var (
	// ErrName says that a risk has no name.
	ErrName = errors.New("a risk needs a name")
	// ErrValue says that a field cannot have the value.
	ErrValue = errors.New("not one of the values that the field can have")
	// ErrLowered says that a consequence is lower than the classification says, without a reason.
	ErrLowered = errors.New("a consequence lower than the classification's needs a reason")
	// ErrMotive says that a treatment has no reason.
	ErrMotive = errors.New("a treatment needs a reason")
	// ErrMeasures says that a risk is to be reduced by nothing.
	ErrMeasures = errors.New("say which requirements are to reduce the risk")
	// ErrRequirement says that a requirement is not in the catalogue.
	ErrRequirement = errors.New("the catalogue has no such requirement")
	// ErrThreat says that the catalogue has no such threat.
	ErrThreat = errors.New("the catalogue has no such threat")
	// ErrOwner says that a decided risk has nobody who answers for it.
	ErrOwner = errors.New("a risk that is treated needs somebody who answers for it")
)

// Likelihood is one step of how likely something is.
type Likelihood struct {
	Value int            `yaml:"value"`
	Label catalogue.Text `yaml:"label"`
	Hint  catalogue.Text `yaml:"hint"`
}

// Consequence is what a step of harm is called and counted as.
type Consequence struct {
	Step  string         `yaml:"step"`
	Value int            `yaml:"value"`
	Label catalogue.Text `yaml:"label"`

	step catalogue.Step
}

// Level is how large a risk is.
type Level struct {
	ID    string         `yaml:"id"`
	Rank  int            `yaml:"rank"`
	Label catalogue.Text `yaml:"label"`
}

// Scale is how risks are measured (Swedish: riskmatris). It never changes once it is loaded.
type Scale struct {
	Version      string        `yaml:"version"`
	Likelihoods  []Likelihood  `yaml:"likelihoods"`
	Consequences []Consequence `yaml:"consequences"`
	Levels       []Level       `yaml:"levels"`
	Matrix       [][]string    `yaml:"matrix"`
	// Consult is the level from which a residual risk to people means that IMY is consulted first.
	Consult string `yaml:"consult"`

	ranks   [][]int
	consult int
}

const (
	scaleFile = "risk/scale.yaml"
	dpiaFile  = "risk/dpia.yaml"
)

// ErrScale says that the scale is not written as it should be.
var ErrScale = errors.New("the scale of risks is not written as it should be")

// LoadScale reads the scale from the data that come with the program.
func LoadScale(fsys fs.FS) (*Scale, error) {
	b, err := fs.ReadFile(fsys, scaleFile)
	if err != nil {
		return nil, fmt.Errorf("read scale of risks: %w", err)
	}
	var s struct {
		Catalogue string
		Scale     `yaml:",inline"`
	}
	if err := catalogue.Decode(b, &s); err != nil {
		return nil, fmt.Errorf("read %s: %w", scaleFile, err)
	}
	out := s.Scale
	return &out, out.check()
}

func (s *Scale) check() error {
	if len(s.Matrix) != len(s.Likelihoods) || len(s.Consequences) != catalogue.NumSteps-1 || len(s.Levels) == 0 {
		return fmt.Errorf("the matrix has %d rows: %w", len(s.Matrix), ErrScale)
	}
	if err := s.checkSteps(); err != nil {
		return err
	}
	ranks := map[string]int{}
	for i := range s.Levels {
		if s.Levels[i].Rank != i+1 {
			return fmt.Errorf("level %q: %w", s.Levels[i].ID, ErrScale)
		}
		ranks[s.Levels[i].ID] = i + 1
	}
	if err := s.checkMatrix(ranks); err != nil {
		return err
	}
	if s.consult = ranks[s.Consult]; s.consult == 0 {
		return fmt.Errorf("consult %q: %w", s.Consult, ErrScale)
	}
	return nil
}

// checkSteps holds likelihoods and consequences to their order.
func (s *Scale) checkSteps() error {
	for i := range s.Likelihoods {
		if s.Likelihoods[i].Value != i+1 {
			return fmt.Errorf("likelihood %d: %w", i, ErrScale)
		}
	}
	for i := range s.Consequences {
		c := &s.Consequences[i]
		step, ok := catalogue.ParseStep(c.Step)
		if !ok || int(step) != i+1 || c.Value != i+1 {
			return fmt.Errorf("consequence %q: %w", c.Step, ErrScale)
		}
		c.step = step
	}
	return nil
}

// checkMatrix holds the matrix to growing along both its sides.
func (s *Scale) checkMatrix(ranks map[string]int) error {
	for l, row := range s.Matrix {
		if len(row) != len(s.Consequences) {
			return fmt.Errorf("row %d of the matrix: %w", l, ErrScale)
		}
		s.ranks = append(s.ranks, make([]int, len(row)))
		for c, id := range row {
			if ranks[id] == 0 || c > 0 && ranks[id] < s.ranks[l][c-1] || l > 0 && ranks[id] < s.ranks[l-1][c] {
				return fmt.Errorf("row %d, column %d of the matrix is %q, which is none, or lower than one before: %w", l, c, id, ErrScale)
			}
			s.ranks[l][c] = ranks[id]
		}
	}
	return nil
}

// Rank gives how large a risk is: 0 when its likelihood or its consequence is not known.
func (s *Scale) Rank(likelihood int, consequence catalogue.Step) int {
	if likelihood < 1 || likelihood > len(s.ranks) || consequence == catalogue.Unset {
		return 0
	}
	return s.ranks[likelihood-1][consequence-1]
}

// Level gives the level of a rank; false for one that is not known.
func (s *Scale) Level(rank int) (Level, bool) {
	if rank < 1 || rank > len(s.Levels) {
		return Level{}, false
	}
	return s.Levels[rank-1], true
}

// Impact is how bad it is for somebody when one aspect is lost.
type Impact struct {
	Aspect      catalogue.Aspect
	Perspective catalogue.Perspective
	Step        catalogue.Step
}

// Impacts are the consequences by aspect and perspective; Unset is not weighed.
type Impacts [catalogue.NumAspects][catalogue.NumPerspectives]catalogue.Step

// Highest is the worst of the consequences. It is what counts, never a mean.
func (i *Impacts) Highest() catalogue.Step {
	top := catalogue.Unset
	for a := range i {
		for p := range i[a] {
			top = max(top, i[a][p])
		}
	}
	return top
}

// Of is the worst of the consequences for one perspective.
func (i *Impacts) Of(p catalogue.Perspective) catalogue.Step {
	top := catalogue.Unset
	for a := range i {
		top = max(top, i[a][p])
	}
	return top
}

// Below reports whether some consequence that has been weighed is lower than the classification says.
func (i *Impacts) Below(classified *Impacts) bool {
	for a := range i {
		for p := range i[a] {
			if i[a][p] != catalogue.Unset && i[a][p] < classified[a][p] {
				return true
			}
		}
	}
	return false
}

// Measure is a requirement that is to reduce a risk, and how many steps it is thought to take away when it is met.
type Measure struct {
	Requirement                 string
	OnLikelihood, OnConsequence int
	// Text is what it says when it is no requirement of the catalogue but the organisation's own, and Version how many times that has been
	// written.
	Text    string
	Version int
}

// Risk is a scenario as it has been weighed for one system (Swedish: risk).
type Risk struct {
	ID     ids.ID[Risk]
	System ids.ID[system.System]
	// ThreatID and ThreatVersion name the catalogue's scenario that it was made from; empty for the organisation's own.
	ThreatID      string
	ThreatVersion int
	Name          string
	// Cause, Event and what follows for each perspective, in the organisation's own words.
	Cause, Event string
	Follows      [catalogue.NumPerspectives]string

	Impacts    Impacts
	Likelihood int // 0 is not weighed
	// Lowered is why a consequence is lower than the classification says.
	Lowered   string
	Treatment string
	// Motive is why it is treated so.
	Motive    string
	Measures  []Measure
	OwnerRole string
	DueOn     civil.Date
	DecidedBy string
	DecidedAt time.Time

	Version   int64
	CreatedAt time.Time
}

// maxEffect is how many steps one measure can be thought to take away.
const maxEffect = 3

// Check says what is wrong with a risk, if anything. classified is what the classification says.
func (r *Risk) Check(s *Scale, c *catalogue.Catalogue, classified *Impacts) error {
	switch {
	case r.Name == "":
		return ErrName
	case r.Likelihood < 0 || r.Likelihood > len(s.Likelihoods):
		return ErrValue
	case r.Lowered == "" && r.Impacts.Below(classified):
		return ErrLowered
	}
	if err := r.checkTreatment(); err != nil {
		return err
	}
	for _, m := range r.Measures {
		if _, ok := c.Requirement(m.Requirement); !ok && m.Text == "" {
			return fmt.Errorf("%s: %w", m.Requirement, ErrRequirement)
		}
		if m.OnLikelihood < 0 || m.OnLikelihood > maxEffect || m.OnConsequence < 0 || m.OnConsequence > maxEffect {
			return ErrValue
		}
	}
	return nil
}

// number gives the organisation's own requirements their ids: one that the risk had before keeps its own, and is another version when its text has
// changed. One that is named without its text is as it was.
func (r *Risk) number(before []Measure) {
	for i := range r.Measures {
		m := &r.Measures[i]
		at := slices.IndexFunc(before, func(b Measure) bool { return b.Text != "" && b.Requirement == m.Requirement })
		switch {
		case at >= 0 && (m.Text == "" || m.Text == before[at].Text):
			m.Text, m.Version = before[at].Text, before[at].Version
		case at >= 0:
			m.Version = before[at].Version + 1
		case m.Text != "":
			m.Requirement, m.Version = requirement.OwnPrefix+ids.New[Measure]().String(), 1
		}
	}
}

// checkTreatment says what is missing in a decision about a risk.
func (r *Risk) checkTreatment() error {
	switch {
	case r.Treatment == Untreated:
		return nil
	case !slices.Contains(Treatments, r.Treatment):
		return ErrValue
	case r.Motive == "":
		return ErrMotive
	case r.OwnerRole == "":
		return ErrOwner
	case r.Treatment == Reduce && len(r.Measures) == 0:
		return ErrMeasures
	default:
		return nil
	}
}

// Value is how large a risk is, with what it comes from.
type Value struct {
	Likelihood  int
	Consequence catalogue.Step
	// Rank is 0 when the risk has not been weighed.
	Rank int
}

// Now is how large a risk is as it has been weighed.
func (r *Risk) Now(s *Scale) Value {
	v := Value{Likelihood: r.Likelihood, Consequence: r.Impacts.Highest()}
	v.Rank = s.Rank(v.Likelihood, v.Consequence)
	return v
}

// If is how large a risk would be with the measures that count: each takes away what it is thought to, but nothing is ever less than the lowest
// step. A measure that does not count takes nothing away.
func (r *Risk) If(s *Scale, counts func(requirement string) bool) Value {
	v := r.Now(s)
	if v.Rank == 0 {
		return v
	}
	for _, m := range r.Measures {
		if counts(m.Requirement) {
			v.Likelihood = max(1, v.Likelihood-m.OnLikelihood)
			v.Consequence = max(catalogue.Negligible, v.Consequence-min(v.Consequence, catalogue.Step(m.OnConsequence))) //nolint:gosec // Check keeps it small
		}
	}
	v.Rank = s.Rank(v.Likelihood, v.Consequence)
	return v
}

// Protection is what protects against a scenario already, as far as anybody has shown.
type Protection struct {
	Met, Partly, NotMet, Unknown int
	Requirements                 []requirement.Applied
}

// Protects gathers the requirements of the topics that work against a threat. Only what is met counts as protection: what is partly met, not
// met, contradicted or unknown does not.
func Protects(v *requirement.View, topics []string) Protection {
	var p Protection
	for i := range v.Requirements {
		r := &v.Requirements[i]
		if !slices.Contains(topics, r.Topic) {
			continue
		}
		switch {
		case Counts(r):
			p.Met++
		case r.Answer.Status == requirement.Partly:
			p.Partly++
		case r.Answer.Status == requirement.NotMet || r.Answer.Status == requirement.Met:
			p.NotMet++
		case r.Answer.Status == requirement.NotApplicable:
			continue
		default:
			p.Unknown++
		}
		p.Requirements = append(p.Requirements, *r)
	}
	return p
}

// Counts reports whether a requirement counts as protection: it is said or shown to be met, and nothing that was seen speaks against it. A
// control that evidence contradicts counts as absent, whatever anybody says.
func Counts(r *requirement.Applied) bool {
	switch r.Shown.Status {
	case requirement.Contradicted, requirement.ShownUnmet:
		return false
	case requirement.ShownMet:
		return true
	default:
		return r.Answer.Status == requirement.Met
	}
}

// FromThreat makes a risk from a scenario of the catalogue, with what the classification says of the consequences.
func FromThreat(t *catalogue.Threat, lang catalogue.Lang, classified *Impacts) Risk {
	r := Risk{ThreatID: t.ID, ThreatVersion: t.Version, Name: t.Name.In(lang), Cause: t.Cause.In(lang), Event: t.Event.In(lang)}
	for p := range r.Follows {
		r.Follows[p] = t.Consequence[p].In(lang)
	}
	for _, a := range t.Aspects {
		r.Impacts[a] = classified[a]
		for p, typical := range t.Typical {
			if r.Impacts[a][p] == catalogue.Unset {
				r.Impacts[a][p] = typical // what is usual, where nobody has classified
			}
		}
	}
	return r
}
