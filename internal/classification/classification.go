// SPDX-License-Identifier: EUPL-1.2

// Package classification says how much protection information and systems need (Swedish: klassning): answers to a model's
// questions, levels with the reasons for them, and who decided.
package classification

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/system"
)

// Status tells how far a classification has come.
type Status string

// The statuses. A system has at most one draft and one decided classification.
const (
	Draft      Status = "draft"
	Decided    Status = "decided"
	Superseded Status = "superseded"
	// Stopped says that somebody indicated the stopping level. No details are stored.
	Stopped Status = "stopped"
)

// The two ways a classification comes about.
const (
	FromImport = "import"
	Guided     = "guided"
)

// Why a level differs from what the answers give (Swedish: ackumulering, aggregering, integration, sänkning).
const (
	Accumulation = "accumulation"
	Aggregation  = "aggregation"
	Integration  = "integration"
	Lowered      = "lowered"
)

// validMonths is how long a decision stands before it is to be made again. The figure is ours, after the practice of a yearly
// review.
const validMonths = 12

var (
	// ErrLevel says that a level is not on the model's scale.
	ErrLevel = errors.New("the level is not on the model's scale")
	// ErrAspect says that the model does not classify the aspect.
	ErrAspect = errors.New("the model does not have the aspect")
	// ErrPerspective says that the model does not ask about the perspective.
	ErrPerspective = errors.New("the model does not have the perspective")
	// ErrCause says that an adjustment has no cause that there is, or goes the other way.
	ErrCause = errors.New("an adjustment raises for accumulation, aggregation or integration, or lowers by a risk decision")
	// ErrDecider says that a decision has nobody who made it.
	ErrDecider = errors.New("say who decides")
	// ErrMotivation says that a decision lacks a motivation for an aspect.
	ErrMotivation = errors.New("every aspect needs a motivation before the classification can be decided")
	// ErrIncomplete says that an aspect lacks an answer from a perspective that the model does not mark optional.
	ErrIncomplete = errors.New("every aspect needs an answer from every perspective that is not optional before the classification can be decided")
	// ErrLower says that the level is below what the information suggests, and why that cannot be.
	ErrLower = errors.New("the level is lower than the information needs")
	// ErrApprover says that a lowering lacks a risk decision or somebody who approved it.
	ErrApprover = errors.New("a lowered level needs a reason and the one who approved the risk")
	// ErrStopped says that the system is with the security protection manager.
	ErrStopped = errors.New("the classification was stopped: contact the security protection manager (säkerhetsskyddschef)")
	// ErrStops says that it was this answer that stopped it: what was asked for is done. It is an ErrStopped.
	ErrStops = fmt.Errorf("the answer is at the stopping level: %w", ErrStopped)
	// ErrNoDraft says that there is nothing to decide.
	ErrNoDraft = errors.New("there is no draft to decide")
)

// Unspecified is the perspective of an answer that came without one, from a register.
const Unspecified = ""

// Answer is one level that somebody gave.
type Answer struct {
	Aspect catalogue.Aspect
	// Perspective is "individual", "organisation" or "society", or Unspecified.
	Perspective string
	Level       int
	Motivation  string
	By          string
	At          time.Time
	// Over is when the answer was given that this one is written over, in milliseconds, and 0 when there was none; nil does not ask. When
	// somebody has answered since, the new one is refused.
	Over *int64
}

// Adjustment moves an aspect's level away from what the answers give.
type Adjustment struct {
	Aspect   catalogue.Aspect
	Level    int
	Cause    string // Accumulation, Aggregation, Integration or Lowered
	Reason   string
	Approver string // the role that took the risk decision; only for Lowered
}

// Classification is one classification of one system.
type Classification struct {
	ID                    ids.ID[Classification]
	System                ids.ID[system.System]
	ModelID, ModelVersion string
	Status                Status
	Origin                string
	Decider               string
	DecidedOn, ValidUntil civil.Date
	Version               int64
	CreatedBy             string
	CreatedAt, UpdatedAt  time.Time
	Answers               []Answer
	Adjustments           []Adjustment
}

// Answered gives the level of an aspect and a perspective, if somebody has answered it.
func (c *Classification) Answered(a catalogue.Aspect, perspective string) (Answer, bool) {
	for _, x := range c.Answers {
		if x.Aspect == a && x.Perspective == perspective {
			return x, true
		}
	}
	return Answer{}, false
}

// Worst gives the highest of an aspect's answers: the worst perspective decides.
func Worst(answers []Answer, a catalogue.Aspect) (Answer, bool) {
	var worst Answer
	found := false
	for _, x := range answers {
		if x.Aspect == a && (!found || x.Level > worst.Level) {
			worst, found = x, true
		}
	}
	return worst, found
}

// adjusted gives the adjustment of an aspect.
func adjusted(list []Adjustment, a catalogue.Aspect) (Adjustment, bool) {
	for _, x := range list {
		if x.Aspect == a {
			return x, true
		}
	}
	return Adjustment{}, false
}

// Expired reports whether a decision has stood longer than it may.
func (c *Classification) Expired(today civil.Date) bool {
	return c.Status == Decided && !c.ValidUntil.IsZero() && c.ValidUntil.Before(today)
}

// CheckAnswer says whether the model allows the answer.
func CheckAnswer(m *catalogue.Model, a Answer) error {
	aspect, ok := m.Aspect(a.Aspect)
	if !ok {
		return ErrAspect
	}
	if _, ok := aspect.Level(a.Level); !ok {
		return ErrLevel
	}
	known := func(p catalogue.ModelPerspective) bool { return p.Perspective.String() == a.Perspective }
	if a.Perspective != Unspecified && !slices.ContainsFunc(m.Perspectives, known) {
		return ErrPerspective
	}
	return nil
}
