// SPDX-License-Identifier: EUPL-1.2

package organisation

import (
	"errors"
	"slices"

	"github.com/insegel/insegel/internal/ids"
)

// What somebody can be responsible for, and how.
const (
	ObjectSystem      = "system"
	ObjectInformation = "information"

	Owner            = "owner"
	Manager          = "manager"
	InformationOwner = "information-owner"
)

var (
	// ErrResponsibility says that nobody can be responsible in that way for that.
	ErrResponsibility = errors.New("nobody can be responsible in that way for that")
	// ErrReceiver says that what somebody is responsible for was handed to nobody who can take it.
	ErrReceiver = errors.New("choose somebody else, who has not left, to take over")
)

// ResponsibilityKinds lists how somebody can be responsible for a kind of object.
func ResponsibilityKinds(objectKind string) []string {
	switch objectKind {
	case ObjectSystem:
		return []string{Owner, Manager, InformationOwner}
	case ObjectInformation:
		return []string{InformationOwner}
	default:
		return nil
	}
}

// Responsibility is what a person is named for (Swedish: ansvar).
type Responsibility struct {
	ObjectKind, ObjectID, Kind string
	Person                     ids.ID[Person]
	// Name and Href are the object's, as shown. Left is the person's name.
	Name, Href, Left string
}

// Check says whether somebody can be responsible so.
func (r *Responsibility) Check() error {
	if r.ObjectID == "" || !slices.Contains(ResponsibilityKinds(r.ObjectKind), r.Kind) {
		return ErrResponsibility
	}
	return nil
}

// Load is everything that a person is named for.
type Load struct {
	Responsibilities []Responsibility
	// Roles are those that they hold, or held when they left.
	Roles []Place
	// Asked is how many changes they have asked for that wait; they are taken back when the person leaves.
	Asked int
}

// Empty reports whether there is nothing to hand over.
func (l *Load) Empty() bool { return len(l.Responsibilities) == 0 && len(l.Roles) == 0 && l.Asked == 0 }

// HandOver is what is to be handed over, and to whom.
type HandOver struct {
	From ids.ID[Person]
	// To takes over; zero leaves what is named to the role that stands on the object, which is said in the log.
	To ids.ID[Person]
	// Roles asks for the roles of From for To, which takes two people.
	Roles  bool
	Reason string
}
