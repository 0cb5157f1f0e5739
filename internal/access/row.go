// SPDX-License-Identifier: EUPL-1.2

package access

import (
	"fmt"
	"slices"
	"sync"
)

// row is a policy made ready for decisions: how far each role reaches, by the role's number, and the answers, made once so that a
// decision makes nothing.
type row struct {
	Policy
	places                          [numRoles]Place
	nowhere, denied, stepUp, beyond error
}

// numRoles is how many roles there may be, and one for those that there are not.
const numRoles = 25

// numbers are the places of the roles that number does not know by heart: those that some policy names. A test sees that there is room.
var numbers = sync.OnceValue(func() map[Role]int {
	out := map[Role]int{}
	for _, p := range policies {
		for _, g := range p.By {
			if _, ok := out[g.Role]; !ok && g.Role.number() == numRoles-1 {
				out[g.Role] = known + len(out)
			}
		}
	}
	return out
})

// known is how many roles number knows by heart, which is quicker than looking them up.
const known = 12

// number gives each role its place in a row. One that there is not has the last, which reaches nowhere.
func (r Role) number() int {
	switch r {
	case Administrator:
		return 0
	case Coordinator:
		return 1
	case SystemOwner:
		return 2
	case SystemManager:
		return 3
	case InformationOwner:
		return 4
	case Procurer:
		return 5
	case DataProtection:
		return 6
	case Executive:
		return 7
	case Auditor:
		return 8
	case Operations:
		return 9
	case Analyst:
		return 10
	case System:
		return 11
	default:
		return numRoles - 1
	}
}

// rows are the policies made ready, by their actions. They are made when somebody first asks: no command of the program is to wait for them
// that decides nothing.
var rows = sync.OnceValue(func() map[string]*row {
	out := make(map[string]*row, len(policies))
	for action, p := range policies {
		r := &row{
			Policy:  p,
			nowhere: fmt.Errorf("%s: %w: no organisation chosen", action, ErrDenied),
			denied:  fmt.Errorf("%s: %w", action, ErrDenied),
			stepUp:  fmt.Errorf("%s: %w", action, ErrStepUp),
			beyond:  fmt.Errorf("%s: %w: the unit is outside the actor's reach", action, ErrDenied),
		}
		for _, g := range p.By {
			if n := g.Role.place(); n < numRoles-1 {
				r.places[n] = g.Place
			}
		}
		out[action] = r
	}
	return out
})

// place is number, also for roles that it does not know by heart.
func (r Role) place() int {
	n := r.number()
	if n == numRoles-1 {
		if other, ok := numbers()[r]; ok {
			return min(other, numRoles-1)
		}
	}
	return n
}

// place is how far a role reaches.
func (p *row) place(r Role) Place { return p.places[r.place()] }

// widest is how far the actor reaches at most: All, or some part of the organisation, or nowhere.
func (p *row) widest(a *Actor) Place {
	for _, r := range a.Roles {
		if p.place(r) > Nowhere {
			return All // who holds it in the whole organisation
		}
	}
	widest := Nowhere
	for i := range a.Held {
		if widest = max(widest, p.place(a.Held[i].Role)); widest == All {
			break
		}
	}
	return widest
}

// holds reports whether a unit is within what roles that are held in units reach.
func (p *row) holds(held []Held, unit UnitID) bool {
	if unit.IsZero() {
		return false
	}
	for i := range held {
		h := &held[i]
		place := p.place(h.Role)
		if place >= Own && h.Unit == unit || place == Below && h.below(unit) {
			return true
		}
	}
	return false
}

// below reports whether a unit is among those below, which stand in order.
func (h *Held) below(unit UnitID) bool {
	if n := len(h.Below); n == 0 || unit < h.Below[0] || unit > h.Below[n-1] {
		return false
	}
	_, found := slices.BinarySearch(h.Below, unit)
	return found
}
