// SPDX-License-Identifier: EUPL-1.2

// Package organisation holds the organisations that use the system and their units (Swedish: organisation, förvaltning, enhet).
package organisation

import (
	"errors"
	"fmt"
	"regexp"
	"sync"

	"github.com/insegel/insegel/internal/access"
)

// Organisation is a municipality, or another body, with data of its own that no other organisation sees.
type Organisation struct {
	ID   access.OrganisationID
	Code string // short name for the command line, for example "norrsjo"
	Name string
	// Example is true for the invented municipality that the demonstration starts with.
	Example bool
}

// Unit is a part of an organisation as its own lists name it (Swedish: förvaltning, avdelning, enhet).
type Unit struct {
	ID   access.UnitID
	Name string
	// Parent is the unit that it is a part of; zero for one right below the organisation.
	Parent access.UnitID
}

var (
	// ErrSeveral says that the database holds more than one organisation and none was chosen.
	ErrSeveral = errors.New("the database holds several organisations: choose one with --org CODE")
	// ErrUnknown says that no organisation has the code.
	ErrUnknown = errors.New("no organisation has that code")
	// ErrCycle says that a unit would be below itself.
	ErrCycle = errors.New("a unit cannot be a part of itself, or of a unit that is below it")
	// ErrCode says that a code cannot be used.
	ErrCode = errors.New("an organisation's code is 1 to 40 of the letters a-z, digits and hyphen")
)

// DefaultCode and DefaultName are what the first organisation is called when nobody said otherwise.
const (
	DefaultCode = "local"
	DefaultName = "Egen organisation"
)

var codeForm = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,39}$`) })

// CheckCode refuses a code that could not stand in an address or a command.
func CheckCode(code string) error {
	if !codeForm().MatchString(code) {
		return fmt.Errorf("%q: %w", code, ErrCode)
	}
	return nil
}
