// SPDX-License-Identifier: EUPL-1.2

// Package information holds the organisation's information (Swedish: informationsmängd): what is known about it, taken from the
// library of common types or the organisation's own.
package information

import (
	"errors"
	"strings"

	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/ids"
)

// ErrNameTaken says that the organisation has information with the name already, of which it has said other things.
var ErrNameTaken = errors.New("there is already information with that name and other facts: choose another name, or state the same facts")

// Information is a set of information that belongs together, such as applications for social assistance.
type Information struct {
	ID   ids.ID[Information]
	Name string
	// TypeID and TypeVersion name the library's type it was made from; empty for the organisation's own.
	TypeID      string
	TypeVersion int
	Note        string
	// Facts are what the organisation says itself. They add to, or replace, what the library's type says.
	Facts []catalogue.Statement
}

// Held is information as one system holds it.
type Held struct {
	Information
	// Confirmed is false while the link is only a suggestion.
	Confirmed bool
	// Reason says why a suggested link was made.
	Reason string
}

// Type finds the library's type that the information was made from.
func (i *Information) Type(c *catalogue.Catalogue) (*catalogue.InformationType, bool) {
	if i.TypeID == "" {
		return nil, false
	}
	return c.InformationType(i.TypeID)
}

// Source gives what is known about the information as a source of facts. What the organisation says replaces what the library
// says about the same fact.
func (i *Information) Source(c *catalogue.Catalogue) catalogue.Source {
	s := catalogue.Source{Kind: catalogue.SourceInformation, Ref: i.ID.String(), Name: catalogue.Text{SV: i.Name, EN: i.Name}}
	own := map[string]bool{}
	for _, f := range i.Facts {
		own[f.Fact] = true
	}
	if t, ok := i.Type(c); ok {
		s.Ref = t.ID
		if i.Name == t.Name.SV {
			s.Name = t.Name
		}
		for _, f := range t.Source().Statements {
			if !own[f.Fact] {
				s.Statements = append(s.Statements, f)
			}
		}
	}
	s.Statements = append(s.Statements, i.Facts...)
	return s
}

// Suggestion is a type of the library that a system probably holds.
type Suggestion struct {
	Type *catalogue.InformationType
	// Word is what in the register's text pointed at it.
	Word string
}

// maxSuggestions is how many types are suggested for one system: more would be noise to weed out.
const maxSuggestions = 5

// Suggest finds the library's types that a system's name and description point at, best first. Only types of the given areas
// are looked at, unless no area is known.
func Suggest(index *Index, areas []string, texts ...string) []Suggestion {
	return index.suggest(areas, strings.Join(texts, " "))
}
