// SPDX-License-Identifier: EUPL-1.2

package organisation

import (
	"errors"
	"slices"

	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/locale"
)

// What somebody can be responsible for, and how.
const (
	ObjectSystem      = "system"
	ObjectInformation = "information"
	ObjectAction      = "action"

	Owner            = "owner"
	Manager          = "manager"
	InformationOwner = "information-owner"
	Assignee         = "assignee"
)

var (
	// ErrResponsibility says that nobody can be responsible in that way for that.
	ErrResponsibility = errors.New("nobody can be responsible in that way for that")
	// ErrReceiver says that what somebody is responsible for was handed to nobody who can take it.
	ErrReceiver = errors.New("choose somebody else, who has not left, to take over")
	// ErrNobody says that nobody in the organisation is called so.
	ErrNobody = errors.New("nobody is called so: choose a name from the list, or write the e-mail address")
	// ErrNamesakes says that several are called so.
	ErrNamesakes = errors.New("several are called so: write the e-mail address")
)

// ResponsibilityKinds lists how somebody can be responsible for a kind of object.
func ResponsibilityKinds(objectKind string) []string {
	switch objectKind {
	case ObjectSystem:
		return []string{Owner, Manager, InformationOwner}
	case ObjectInformation:
		return []string{InformationOwner}
	case ObjectAction:
		return []string{Assignee}
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
	// Gone says that the person has left.
	Gone bool
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

// Call finds the person who is called so, by name or by e-mail address, as Labels writes them. An empty text is nobody.
func Call(everybody []Person, text string) (ids.ID[Person], error) {
	wanted := locale.Fold(text)
	if wanted == "" {
		return "", nil
	}
	var named []ids.ID[Person]
	for i := range everybody {
		p := &everybody[i]
		if p.Email != "" && (wanted == locale.Fold(p.Email) || wanted == locale.Fold(p.full())) {
			return p.ID, nil
		}
		if wanted == locale.Fold(p.Name) {
			named = append(named, p.ID)
		}
	}
	switch len(named) {
	case 0:
		return "", ErrNobody
	case 1:
		return named[0], nil
	default:
		return "", ErrNamesakes
	}
}

// full is a person's name and address, which tell two of the same name apart.
func (p *Person) full() string {
	if p.Email == "" {
		return p.Name
	}
	return p.Name + ", " + p.Email
}

// Labels gives what people are called in a list to choose from: the name, with the address when another has the same name.
func Labels(everybody []Person) map[ids.ID[Person]]string {
	count := map[string]int{}
	for i := range everybody {
		count[locale.Fold(everybody[i].Name)]++
	}
	out := make(map[ids.ID[Person]]string, len(everybody))
	for i := range everybody {
		p := &everybody[i]
		out[p.ID] = p.Name
		if count[locale.Fold(p.Name)] > 1 {
			out[p.ID] = p.full()
		}
	}
	return out
}

// maxOffered is how many people a list to choose from offers; the others are found by writing their names.
const maxOffered = 500

// Offered gives the names of a list to choose from.
func Offered(everybody []Person) []string {
	labels := Labels(everybody)
	var out []string
	for i := range everybody[:min(len(everybody), maxOffered)] {
		out = append(out, labels[everybody[i].ID])
	}
	return out
}
