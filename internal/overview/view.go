// SPDX-License-Identifier: EUPL-1.2

package overview

import (
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/insegel/insegel/internal/ids"
)

// View is a list of systems that somebody has saved for themselves (Swedish: sparad vy).
type View struct {
	ID   ids.ID[View]
	Name string
	// Address is the list's, with its filter.
	Address string
}

// The limits of saved views: more would not fit beside each other.
const (
	MaxViews    = 20
	MaxViewName = 60 // characters
)

var (
	// ErrViewName says that a view has no name, or one that is too long.
	ErrViewName = errors.New("give the view a name of at most 60 characters")
	// ErrViews says that there is no room for another.
	ErrViews = errors.New("at most 20 views can be saved; remove one first")
	// ErrViewWhole says that the list is not narrowed, so that there is nothing to save.
	ErrViewWhole = errors.New("choose a filter before the view is saved")
)

// newView makes a view of a filter, or says why it cannot be one.
func newView(name string, f Filter) (View, error) {
	name = strings.TrimSpace(name)
	if name == "" || utf8.RuneCountInString(name) > MaxViewName {
		return View{}, ErrViewName
	}
	f.Page = 0
	if !f.Narrowed() && !f.ByLevel {
		return View{}, ErrViewWhole
	}
	return View{ID: ids.New[View](), Name: name, Address: f.href()}, nil
}
