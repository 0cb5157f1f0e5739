// SPDX-License-Identifier: EUPL-1.2

// Package access says who may do what (Swedish: behörighet). The policy is one Go table, readable by an auditor, and what is not
// in it is refused.
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

// Role is what a person is in the organisation (Swedish: roll).
type Role string

// The roles. A person may hold several.
const (
	Administrator  Role = "administrator"  // sets up the system; sees no content by that role alone
	Coordinator    Role = "coordinator"    // informationssäkerhetssamordnare
	SystemOwner    Role = "system-owner"   // systemägare
	SystemManager  Role = "system-manager" // systemförvaltare
	Procurer       Role = "procurer"       // upphandlare
	DataProtection Role = "data-protection-officer"
	Executive      Role = "executive" // chef, nämnd
	Auditor        Role = "auditor"   // revisor
	Operations     Role = "operations"
	System         Role = "system" // the program itself, in background jobs
)

// Actor is somebody who acts: a person, the command line, or the program itself. It is an explicit parameter of every use case.
type Actor struct {
	// ID is stable for the person; it stands in the audit log.
	ID string
	// Name is shown on pages.
	Name string
	// Organisation is the one that the actor acts for.
	Organisation OrganisationID
	// Roles are what the actor is in that organisation.
	Roles []Role
}

// ErrDenied says that the actor's roles do not allow the action.
var ErrDenied = errors.New("not allowed")

// LocalAdministrator is the one who runs the command line on the machine that holds the database, and so can read it anyway.
func LocalAdministrator(org OrganisationID) Actor {
	return Actor{ID: "local", Name: "Lokal administratör", Organisation: org, Roles: []Role{Administrator, Coordinator}}
}

// SystemActor is the program itself, acting for an organisation in a background job.
func SystemActor(org OrganisationID) Actor {
	return Actor{ID: "system", Name: "Insegel", Organisation: org, Roles: []Role{System}}
}

// Check says yes (nil) when one of the actor's roles may do the action. The action is the use case's name, "package.Method".
func Check(a Actor, action string) error {
	if a.Organisation.IsZero() {
		return fmt.Errorf("%s: %w: no organisation chosen", action, ErrDenied)
	}
	for _, r := range policies[action] {
		if slices.Contains(a.Roles, r) {
			return nil
		}
	}
	return fmt.Errorf("%s: %w", action, ErrDenied)
}

// Allowed is Check as a yes or no, for pages that hide what the reader may not do.
func Allowed(a Actor, action string) bool { return Check(a, action) == nil }

// Known reports whether the action has a policy. A test asks for every use case.
func Known(action string) bool {
	_, ok := policies[action]
	return ok
}

// Actions lists every action that has a policy, sorted.
func Actions() []string {
	out := make([]string, 0, len(policies))
	for a := range policies {
		out = append(out, a)
	}
	slices.Sort(out)
	return out
}
