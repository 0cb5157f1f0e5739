// SPDX-License-Identifier: EUPL-1.2

package provider

import (
	"errors"
	"slices"
	"sync"

	"github.com/insegel/insegel/internal/access"
)

// Level is what a role asks of a sign-in (Swedish: godtagen nivå).
type Level struct {
	// Factors is how many factors it must have, never fewer than two, and LoA the reviewed identity assurance; 0 asks for none.
	Factors, LoA int
}

// ErrRole says that a level was set for a role that a person cannot hold.
var ErrRole = errors.New("no person can hold that role")

// ErrLevelValue says that a level is not one that can be asked for.
var ErrLevelValue = errors.New("a level is two factors, and identity assurance 3 or 4, or none")

// Met reports whether what was shown is enough. What is not known is 0, and never enough.
func (l Level) Met(s Strength) bool {
	return s.Factors >= max(2, l.Factors) && s.LoA >= l.LoA
}

// Check tells whether the level can be asked for.
func (l Level) Check() error {
	if l.Factors != 2 || l.LoA != 0 && l.LoA != 3 && l.LoA != 4 {
		return ErrLevelValue
	}
	return nil
}

// The level that a role asks for by default, where an identity provider has been connected: two factors for all, and a reviewed
// identity for those who see where the organisation is weak.
var (
	twoFactors = Level{Factors: 2}
	reviewed   = Level{Factors: 2, LoA: 3}
)

// seesWeakness lists the roles that some action lets see where the organisation is weak.
var seesWeakness = sync.OnceValue(func() map[access.Role]bool {
	out := map[access.Role]bool{}
	for _, action := range access.Actions() {
		p := access.PolicyOf(action)
		if !p.Weakness {
			continue
		}
		for _, g := range p.By {
			out[g.Role] = out[g.Role] || g.Place > access.Nowhere
		}
	}
	return out
})

// DefaultLevel is what a role asks for when the organisation has not said otherwise.
func DefaultLevel(r access.Role) Level {
	if seesWeakness()[r] {
		return reviewed
	}
	return twoFactors
}

// Levels are what the roles of an organisation ask for.
type Levels struct {
	// On is false until the organisation has switched on its first provider: till then two factors are enough for every role, because
	// nobody could show more. It stays true when the last provider is switched off: stopping one makes nothing weaker.
	On bool
	// Chosen are the levels that the organisation has chosen itself.
	Chosen map[access.Role]Level
}

// demand is what a role asks for where there is a provider.
func (l Levels) demand(r access.Role) Level {
	if chosen, ok := l.Chosen[r]; ok {
		return chosen
	}
	return DefaultLevel(r)
}

// Of gives what a role asks for.
func (l Levels) Of(r access.Role) Level {
	if !l.On {
		return twoFactors
	}
	return l.demand(r)
}

// Limit leaves the actor those of the roles that what was shown is enough for, and tells which it took away.
func (l Levels) Limit(a access.Actor, s Strength) (access.Actor, []access.Role) {
	var lost []access.Role
	weak := func(r access.Role) bool {
		if l.Of(r).Met(s) {
			return false
		}
		lost = append(lost, r)
		return true
	}
	a.Roles = slices.DeleteFunc(slices.Clone(a.Roles), weak)
	a.Held = slices.DeleteFunc(slices.Clone(a.Held), func(h access.Held) bool { return weak(h.Role) })
	slices.Sort(lost)
	return a, slices.Compact(lost)
}

// Contexts gives the accepted contexts that are enough for at least one role, the strongest first: those are what a sign-in asks for.
func (l Levels) Contexts(p *Provider, known *Contexts) []string {
	type one struct {
		value string
		s     Strength
	}
	var all []one
	for _, a := range p.Settings.Accepted {
		s := known.Strength(a)
		if slices.ContainsFunc(access.Roles(), func(r access.Role) bool { return l.Of(r).Met(s) }) {
			all = append(all, one{a.Value, s})
		}
	}
	slices.SortStableFunc(all, func(x, y one) int {
		if x.s.LoA != y.s.LoA {
			return y.s.LoA - x.s.LoA
		}
		return y.s.Factors - x.s.Factors
	})
	out := make([]string, len(all))
	for i, x := range all {
		out[i] = x.value
	}
	return out
}
