// SPDX-License-Identifier: EUPL-1.2

// Package action holds what is to be done, by whom and when (Swedish: åtgärd, handlingsplan). The plan's rows are the requirements
// that are not shown to be met; an action says who has taken one on.
package action

import (
	"errors"
	"slices"
	"time"

	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/organisation"
	"github.com/insegel/insegel/internal/requirement"
	"github.com/insegel/insegel/internal/system"
)

// Status is how far an action has come.
type Status string

// The statuses, in order.
const (
	New     Status = "new"
	Planned Status = "planned"
	Ongoing Status = "ongoing"
	Done    Status = "done"
)

// Statuses lists them in order.
var Statuses = []Status{New, Planned, Ongoing, Done}

var (
	// ErrStatus says that a status is not one of those there are.
	ErrStatus = errors.New("the status must be one of new, planned, ongoing, done")
	// ErrOwner says that a planned action has nobody to do it.
	ErrOwner = errors.New("say which role or person does it before the action is planned or begun")
	// ErrRequirement says that the requirement does not apply to the system.
	ErrRequirement = errors.New("the requirement does not apply to the system")
)

// Action is what somebody has taken on to do about one requirement of one system.
type Action struct {
	ID          ids.ID[Action]
	System      ids.ID[system.System]
	Requirement string
	OwnerRole   string
	// Person does it, when somebody is named beside the role.
	Person     ids.ID[organisation.Person]
	PersonName string
	// PersonGone says that the person has left.
	PersonGone bool
	DueOn      civil.Date
	Status     Status
	Note       string
	// Obsolete says that the requirement no longer applies. The action is kept, out of the plan.
	Obsolete bool
	Version  int64
	Updated  time.Time
}

// Check says what is wrong with an action.
func (a *Action) Check() error {
	if !slices.Contains(Statuses, a.Status) {
		return ErrStatus
	}
	if (a.Status == Planned || a.Status == Ongoing) && !a.Owned() {
		return ErrOwner
	}
	return nil
}

// Owned reports whether a role or a person has taken the action on.
func (a *Action) Owned() bool { return a.OwnerRole != "" || !a.Person.IsZero() }

// Late reports whether the action's day has passed without it being done.
func (a *Action) Late(today civil.Date) bool {
	return a.Status != Done && !a.DueOn.IsZero() && a.DueOn.Before(today)
}

// Group is where an action stands in time. Every action is in exactly one.
type Group string

// The groups, in the order they are shown.
const (
	Late    Group = "late"
	Week    Group = "week"
	Later   Group = "later"
	Undated Group = "undated"
	Closed  Group = "done"
)

// Groups lists them in order.
var Groups = []Group{Late, Week, Later, Undated, Closed}

// weekEnd is the Sunday of a day's week.
func weekEnd(today civil.Date) civil.Date {
	return today.AddDays((7 - int(today.Time().Weekday())) % 7)
}

// Group tells where the action stands in time on a day.
func (a *Action) Group(today civil.Date) Group {
	switch {
	case a.Status == Done:
		return Closed
	case a.DueOn.IsZero():
		return Undated
	case a.Late(today):
		return Late
	case !weekEnd(today).Before(a.DueOn):
		return Week
	default:
		return Later
	}
}

// Filter narrows the actions of an organisation. The zero value is all of them, the first page.
type Filter struct {
	Group  Group
	Status Status
	// Owner is a role, a person's id after PersonPrefix, or Nobody.
	Owner string
	// Unit is a unit's id.
	Unit string
	// Page is a page of the actions and SystemPage one of the systems, from 1.
	Page, SystemPage int
}

// Nobody is the filter value for actions without an owner, PersonPrefix stands before a person's id in it.
const (
	Nobody       = "-"
	PersonPrefix = "person:"
)

// Narrowed reports whether the filter leaves anything out.
func (f Filter) Narrowed() bool {
	return f.Group != "" || f.Status != "" || f.Owner != "" || f.Unit != ""
}

// Row is one row of the plan: a requirement that is not shown to be met, and what is done about it.
type Row struct {
	System      *system.System
	Requirement *requirement.Applied
	// Action is nil while nobody has taken it on.
	Action *Action
	// Step is the highest level that makes the requirement apply; it orders the plan.
	Step catalogue.Step
	// OwnerRole is the action's, or else the role that the catalogue proposes.
	OwnerRole string
	Proposed  bool
}

// Plan makes the rows of one system: every gap, the most serious first, shall before should.
func Plan(v *requirement.View, actions map[string]*Action) []Row {
	var rows []Row
	for i := range v.Requirements {
		r := &v.Requirements[i]
		a := actions[r.ID]
		if !r.Gap() && (a == nil || a.Status == Done) {
			continue
		}
		row := Row{System: &v.System, Requirement: r, Action: a, Step: heaviest(r, v.Subject.Steps), OwnerRole: r.Role, Proposed: true}
		if a != nil && a.Owned() {
			row.OwnerRole, row.Proposed = a.OwnerRole, false
		}
		rows = append(rows, row)
	}
	slices.SortStableFunc(rows, func(a, b Row) int { return b.weight() - a.weight() })
	return rows
}

// Priority is how soon a row of the plan is to be dealt with.
type Priority string

// The priorities, in the order that they are dealt with.
const (
	// Now is what is known to be lacking, wholly or in part.
	Now Priority = "now"
	// Begun is what nobody knows about, and somebody has taken on.
	Begun Priority = "begun"
	// Settle is what nobody knows about and is among the most basic.
	Settle Priority = "settle"
	// Ask is what else nobody knows about that shall be met.
	Ask Priority = "ask"
	// Wish is what nobody knows about that should be met.
	Wish Priority = "wish"
	// Confirm is what somebody has taken on although nothing is lacking any longer.
	Confirm Priority = "confirm"
)

// Priorities lists them in order.
var Priorities = []Priority{Now, Begun, Settle, Ask, Wish, Confirm}

// Priority tells how soon the row is to be dealt with. Every row has exactly one.
func (r *Row) Priority() Priority {
	switch {
	case r.Requirement.Answer.Status == requirement.NotMet, r.Requirement.Answer.Status == requirement.Partly:
		return Now
	case !r.Requirement.Gap():
		return Confirm
	case r.Action != nil:
		return Begun
	case r.Requirement.Core && r.Requirement.Must && !r.Requirement.Conditional:
		return Settle
	case r.Requirement.Must:
		return Ask
	default:
		return Wish
	}
}

// weight orders the plan: what is known not to be met, then what law explicitly demands, then the level, shall before should.
func (r *Row) weight() int {
	w := int(r.Step) * 2
	switch r.Requirement.Answer.Status {
	case requirement.NotMet:
		w += 40
	case requirement.Partly:
		w += 20
	default:
	}
	for _, l := range r.Requirement.Laws {
		if l.Basis == catalogue.BasisExplicit {
			w += 10
			break
		}
	}
	if r.Requirement.Must {
		w++
	}
	return w
}

func heaviest(r *requirement.Applied, steps [catalogue.NumAspects]catalogue.Step) catalogue.Step {
	highest := catalogue.Unset
	for a, least := range r.Trigger {
		if least != catalogue.Unset && steps[a] >= least && steps[a] > highest {
			highest = steps[a]
		}
	}
	return highest
}

// Cause is why an action may no longer have a requirement that applies, as the log tells it.
type Cause string

// The causes.
const (
	Classified Cause = "classification" // the classification has changed
	Parted     Cause = "dependency"     // a system is no longer needed by another, and inherits less
)
