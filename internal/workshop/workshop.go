// SPDX-License-Identifier: EUPL-1.2

// Package workshop lets several people weigh risks together (Swedish: riskverkstad): one leads it on a large screen, the others vote on
// their telephones by a code and without an account. Nobody sees a vote before all are shown; what is then decided becomes the risk's
// assessment.
package workshop

import (
	"errors"
	"slices"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/risk"
	"github.com/insegel/insegel/internal/system"
)

const (
	// life is how long a workshop is open at most: a day's work, and not the night after.
	life = 12 * time.Hour
	// MaxSeats is how many can take part.
	MaxSeats = 60
	// maxScenarios is how many scenarios one workshop can have.
	maxScenarios = 30
	// maxName and maxText are how long names and texts may be.
	maxName, maxText = 40, 2000
)

var (
	// ErrGone says that a workshop cannot be taken part in: it never existed, is closed or has run out. Which of them is told to nobody.
	ErrGone = errors.New("the workshop is not open")
	// ErrName says that a name is missing or too long.
	ErrName = errors.New("choose a name")
	// ErrTaken says that another participant has chosen the name.
	ErrTaken = errors.New("another participant has the name")
	// ErrFull says that the workshop has no seat left.
	ErrFull = errors.New("the workshop is full")
	// ErrValue says that a field cannot have the value.
	ErrValue = errors.New("not one of the values that the field can have")
	// ErrAnswers says that a vote does not answer every question.
	ErrAnswers = errors.New("answer every question; that you do not know is an answer")
	// ErrScenarios says that a workshop has no scenario, or too many.
	ErrScenarios = errors.New("choose at least one scenario")
	// ErrState says that something is not done at this stage: a decision before the votes are shown, a vote after.
	ErrState = errors.New("that is not done at this stage of the workshop")
	// ErrMotive says that a decision has no reason.
	ErrMotive = errors.New("write why you decide so")
	// ErrWeighed says that a decision leaves out how bad or how likely it is.
	ErrWeighed = errors.New("decide how bad it is for the individual and the organisation, and how likely")
)

// Workshop is one meeting about the risks of a system (Swedish: riskverkstad).
type Workshop struct {
	ID     ids.ID[Workshop]
	System ids.ID[system.System]
	Name   string
	// Code is what stands on the screen and lets participants in. It changes with each period, and is empty when the workshop is closed.
	Code string
	// secret is what the codes follow from, with the root key.
	secret string
	// Current is the scenario that is on the screen; empty before the first.
	Current   ids.ID[Scenario]
	CreatedBy string
	CreatedAt time.Time
	Expires   time.Time
	Closed    time.Time
}

// Open reports whether the workshop can be taken part in.
func (w *Workshop) Open(now time.Time) bool { return w.Closed.IsZero() && now.Before(w.Expires) }

// Stage is how far a scenario has come.
type Stage string

// The stages.
const (
	Waiting Stage = "waiting"
	Voting  Stage = "voting"
	Shown   Stage = "shown"
	Decided Stage = "decided"
)

// Scenario is what is weighed.
type Scenario struct {
	ID       ids.ID[Scenario]
	Position int
	// Risk is the risk that it is about, or became when it was decided; Threat the catalogue's scenario.
	Risk               ids.ID[risk.Risk]
	Threat             string
	Name, Cause, Event string
	// Aspects are those that the scenario hits.
	Aspects []catalogue.Aspect
	Stage   Stage
	// Round counts how many times it has been voted on.
	Round     int
	Decision  Decision
	DecidedBy string
	DecidedAt time.Time
}

// Decision is what the workshop decided about a scenario, and why.
type Decision struct {
	Ballot
	Motive, Treatment, OwnerRole string
	DueOn                        civil.Date
	// Measures are what is to reduce the risk. They are kept by the risk, and not here.
	Measures []risk.Measure
}

// Check says what is wrong with a decision.
func (d *Decision) Check(s *risk.Scale) error {
	switch {
	case d.Motive == "":
		return ErrMotive
	case d.Consequences[catalogue.Individual] == catalogue.Unset || d.Consequences[catalogue.Organisation] == catalogue.Unset || d.Likelihood == 0:
		return ErrWeighed
	default:
		return d.Ballot.Check(s)
	}
}

// apply makes the decision a risk's assessment. The worst that was decided for somebody is the worst of the risk: an aspect that was thought
// worse comes down to it, and when none reaches it, those that the scenario hits rise to it.
func (d *Decision) apply(r *risk.Risk, hits []catalogue.Aspect, classified *risk.Impacts) {
	for p, step := range d.Consequences {
		reached := false
		for a := range r.Impacts {
			r.Impacts[a][p] = min(r.Impacts[a][p], step)
			reached = reached || r.Impacts[a][p] == step
		}
		for _, a := range hits {
			if !reached {
				r.Impacts[a][p] = step
			}
		}
	}
	if r.Impacts.Below(classified) {
		r.Lowered = d.Motive
	}
	r.Likelihood, r.Treatment, r.Motive, r.OwnerRole, r.DueOn = d.Likelihood, d.Treatment, d.Motive, d.OwnerRole, d.DueOn
	if len(d.Measures) > 0 {
		r.Measures = d.Measures
	}
}

// Ballot is one vote: how bad it is for each, and how likely. Unset and 0 say that the voter does not know.
type Ballot struct {
	Consequences [catalogue.NumPerspectives]catalogue.Step
	Likelihood   int
}

// Check says what is wrong with a vote.
func (b *Ballot) Check(s *risk.Scale) error {
	if b.Likelihood < 0 || b.Likelihood > len(s.Likelihoods) {
		return ErrValue
	}
	return nil
}

// Spread is how votes on one question fell. It is shown whole: a mean of a room that is torn in two is what nobody in it thinks.
type Spread struct {
	// Counts are the votes on each value, from the lowest.
	Counts []int
	// Unknown are those who do not know.
	Unknown int
}

// Highest is the highest value that somebody has voted for; 0 when nobody knows.
func (s *Spread) Highest() int {
	for i, n := range slices.Backward(s.Counts) {
		if n > 0 {
			return i + 1
		}
	}
	return 0
}

// Lowest is the lowest value that somebody has voted for; 0 when nobody knows.
func (s *Spread) Lowest() int {
	return slices.IndexFunc(s.Counts, func(n int) bool { return n > 0 }) + 1
}

func (s *Spread) add(value int) {
	if value == 0 {
		s.Unknown++
	} else {
		s.Counts[value-1]++
	}
}

// Tally is how the votes of one round fell.
type Tally struct {
	Round, Votes int
	Consequences [catalogue.NumPerspectives]Spread
	Likelihood   Spread
}

// Count counts the votes of a round.
func Count(s *risk.Scale, round int, ballots []Ballot) Tally {
	t := Tally{Round: round, Votes: len(ballots), Likelihood: Spread{Counts: make([]int, len(s.Likelihoods))}}
	for p := range t.Consequences {
		t.Consequences[p].Counts = make([]int, len(s.Consequences))
		for i := range ballots {
			t.Consequences[p].add(int(ballots[i].Consequences[p]))
		}
	}
	for i := range ballots {
		t.Likelihood.add(ballots[i].Likelihood)
	}
	return t
}

// Participant is somebody who takes part. Of them nothing is known but the name that they have chosen.
type Participant struct {
	ID       ids.ID[Participant]
	Name     string
	JoinedAt time.Time
}

// Seat is one participant's place in one workshop.
type Seat struct {
	Organisation access.OrganisationID
	Workshop     ids.ID[Workshop]
	Participant  ids.ID[Participant]
}

// Actor is the participant, as the log knows them. The use cases that take it are the workshop's own and give nothing but the vote.
func (s *Seat) Actor(from string) access.Actor {
	return access.Actor{
		ID: "workshop:" + s.Participant.String(), Name: "Deltagare", Organisation: s.Organisation, Roles: []access.Role{access.System}, Fresh: true, From: from,
	}
}
