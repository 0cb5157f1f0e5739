// SPDX-License-Identifier: EUPL-1.2

// Package access says who may do what, and where in the organisation (Swedish: behörighet). The policy is one Go table, readable by
// an auditor, and what is not in it is refused.
package access

import (
	"errors"
	"fmt"
	"slices"

	"github.com/insegel/insegel/internal/ids"
)

// Tenant marks the type of an organisation's id. The organisation slice owns the type's meaning; it lives here so that an
// actor can carry it.
type Tenant struct{}

// OrganisationID identifies the organisation that an actor acts for. Every statement on its data names it.
type OrganisationID = ids.ID[Tenant]

// Part marks the type of the id of a part of an organisation. Like Tenant it lives here so that an actor can carry it.
type Part struct{}

// UnitID identifies a unit of an organisation (Swedish: förvaltning, enhet).
type UnitID = ids.ID[Part]

// Role is what a person is in the organisation (Swedish: roll).
type Role string

// The roles. A person may hold several.
const (
	Administrator    Role = "administrator"           // sets up the program; sees no content by that role alone
	Coordinator      Role = "coordinator"             // informationssäkerhetssamordnare
	SystemOwner      Role = "system-owner"            // systemägare
	SystemManager    Role = "system-manager"          // systemförvaltare
	InformationOwner Role = "information-owner"       // informationsägare
	Procurer         Role = "procurer"                // upphandlare
	DataProtection   Role = "data-protection-officer" // dataskyddsombud
	Executive        Role = "executive"               // chef, nämnd
	Auditor          Role = "auditor"                 // revisor
	Operations       Role = "operations"              // it-drift
	Analyst          Role = "national-analyst"        // nationell analytiker: sums of many organisations, nobody's content
	System           Role = "system"                  // the program itself, in background jobs
)

// The roles of keys for programs. No person holds one.
const (
	Directory Role = "directory"  // tells of people and groups (SCIM)
	Agent     Role = "agent"      // measures, in a zone of its own
	Reader    Role = "api-reader" // reads over the API
	Writer    Role = "api-writer" // reads and changes over the API
	LogReader Role = "api-log"    // fetches the log over the API
)

// KeyRoles lists the roles that keys for programs have.
func KeyRoles() []Role { return []Role{Directory, Agent, Reader, Writer, LogReader} }

// Roles lists every role that a person can hold, in the order that they are shown.
func Roles() []Role {
	return []Role{
		Coordinator, SystemOwner, SystemManager, InformationOwner, Procurer, DataProtection, Executive, Auditor, Operations, Analyst, Administrator,
	}
}

// Place is how far from the unit that a role is held in its rights reach.
type Place uint8

// The places, each wider than the one before it.
const (
	Nowhere Place = iota
	Own           // the unit itself
	Below         // the unit and those below it
	All           // the whole organisation
)

// String names the place, as the golden table and pages write it.
func (p Place) String() string { return [...]string{"-", "own", "below", "all"}[p] }

// Held is a role that somebody holds in one unit.
type Held struct {
	Role Role
	Unit UnitID
	// Below are all the units below it, sorted by id: one that stands out of order is not found, and so is refused.
	Below []UnitID
}

// Actor is somebody who acts: a person, the command line, or the program itself. It is an explicit parameter of every use case.
type Actor struct {
	// ID is stable for the person; it stands in the audit log.
	ID string
	// Name is shown on pages.
	Name string
	// Organisation is the one that the actor acts for.
	Organisation OrganisationID
	// Roles are what the actor is in the whole organisation.
	Roles []Role
	// Held are the roles that the actor has in a part of it.
	Held []Held
	// Fresh says that the actor has just shown again who they are. Use cases that ask for it are refused without (ErrStepUp).
	Fresh bool
	// Emergency says that the actor signed in with a sealed passkey. It belongs to nobody, so whoever holds it may also be any of the
	// organisation's people, and is no second person beside one of them.
	Emergency bool
	// From is where the request came from: a network address, or "" for the program itself and its command line.
	From string
}

// ErrDenied says that the actor's roles do not allow the action.
var ErrDenied = errors.New("not allowed")

// ErrStepUp says that the actor may do the action, but must first show again who they are.
var ErrStepUp = errors.New("show again who you are")

// localID is what the log calls whoever runs the command line.
const localID = "local"

// LocalAdministrator is the one who runs the command line on the machine that holds the database, and so can read it anyway.
func LocalAdministrator(org OrganisationID) Actor {
	return Actor{ID: localID, Name: "Lokal administratör", Organisation: org, Roles: []Role{Administrator, Coordinator}, Fresh: true}
}

// Console reports whether the actor runs the command line on the machine that holds the database and the root key. Whoever does so can
// do anything there, with or without this program.
func (a Actor) Console() bool { return a.ID == localID && a.From == "" }

// SystemActor is the program itself, acting for an organisation in a background job.
func SystemActor(org OrganisationID) Actor {
	return Actor{ID: "system", Name: "Insegel", Organisation: org, Roles: []Role{System}, Fresh: true}
}

// Check says yes (nil) when one of the actor's roles may do the action somewhere in the organisation. The action is the use case's
// name, "package.Method". A use case about something that belongs to a unit asks CheckAt too, once it knows the unit.
func Check(a Actor, action string) error {
	p := rows()[action]
	if p == nil {
		return fmt.Errorf("%s: %w", action, ErrDenied)
	}
	return p.check(&a)
}

func (p *row) check(a *Actor) error {
	switch {
	case a.Organisation.IsZero():
		return p.nowhere
	case p.widest(a) == Nowhere:
		return p.denied
	case p.StepUp && !a.Fresh:
		return p.stepUp
	}
	return nil
}

// CheckAt says yes (nil) when the actor may do the action to something that belongs to a unit; a zero unit is what belongs to none,
// and then only those who reach the whole organisation may.
func CheckAt(a Actor, action string, unit UnitID) error {
	p := rows()[action]
	if p == nil {
		return fmt.Errorf("%s: %w", action, ErrDenied)
	}
	if err := p.check(&a); err != nil {
		return err
	}
	if p.widest(&a) != All && !p.holds(a.Held, unit) {
		return p.beyond
	}
	return nil
}

// Allowed is Check as a yes or no, for pages that hide what the reader may not do. What needs step-up is not hidden.
func Allowed(a Actor, action string) bool {
	p := rows()[action]
	return p != nil && !a.Organisation.IsZero() && p.widest(&a) > Nowhere
}

// AllowedAt is Allowed for something that belongs to a unit.
func AllowedAt(a Actor, action string, unit UnitID) bool { return ReachOf(a, action).Holds(unit) }

// Beyond gives an error that reads as what is shown to the reader, who is not to learn that the object exists, and is the cause too, which
// the log tells.
func Beyond(shown, cause error) error { return beyond{shown, cause} }

type beyond struct{ shown, cause error }

// Error is the text of what is not found.
func (b beyond) Error() string { return b.shown.Error() }

// Unwrap gives both errors.
func (b beyond) Unwrap() []error { return []error{b.shown, b.cause} }

// Reach is where in the organisation an actor may do something. Lists are filtered by it. Its zero value is nowhere.
type Reach struct {
	held   []Held
	policy *row
	// All says that the whole organisation is within reach.
	All bool
}

// Everywhere is the reach of the program itself, when it makes what is filtered by somebody's reach afterwards.
func Everywhere() Reach { return Reach{All: true} }

// ReachOf tells where in the organisation the actor may do the action.
func ReachOf(a Actor, action string) Reach {
	p := rows()[action]
	if p == nil || a.Organisation.IsZero() {
		return Reach{}
	}
	if p.widest(&a) == All {
		return Reach{All: true}
	}
	return Reach{held: a.Held, policy: p}
}

// Holds reports whether what belongs to the unit is within reach; a zero unit is what belongs to none.
func (r Reach) Holds(unit UnitID) bool {
	return r.All || r.policy != nil && r.policy.holds(r.held, unit)
}

// Units lists the units within reach, for a query; it is empty when All is true, which needs no list.
func (r Reach) Units() []UnitID {
	if r.All {
		return nil
	}
	var out []UnitID
	for _, h := range r.held {
		if p := r.policy.place(h.Role); p >= Own {
			out = append(out, h.Unit)
			if p == Below {
				out = append(out, h.Below...)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Known reports whether the action has a policy. A test asks for every use case.
func Known(action string) bool {
	_, ok := policies[action]
	return ok
}

// PolicyOf gives the policy of an action, for pages and tests that show it.
func PolicyOf(action string) Policy { return policies[action] }

// Actions lists every action that has a policy, sorted.
func Actions() []string {
	out := make([]string, 0, len(policies))
	for a := range policies {
		out = append(out, a)
	}
	slices.Sort(out)
	return out
}
