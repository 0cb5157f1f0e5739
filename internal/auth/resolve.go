// SPDX-License-Identifier: EUPL-1.2

package auth

import (
	"context"
	"net/netip"
	"slices"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/web"
)

// sealedName is what whoever uses a sealed passkey is called: it belongs to no person.
const sealedName = "Nödinloggning"

// resolve tells who a session is today. ErrNotFound says that it is nobody.
func (s *Sessions) resolve(ctx context.Context, tx *db.Tx, l *loaded, now time.Time) (*who, error) {
	rows, err := findSession(ctx, tx, l.org, hash(l.token), db.Millis(now))
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, db.ErrNotFound
	}
	accepted := Accepted(nil)
	if s.levels != nil {
		if accepted, err = s.levels(ctx, tx, l.org); err != nil {
			return nil, err
		}
	}
	first := &rows[0]
	w := &who{session: first.session, person: first.person}
	w.actor = access.Actor{
		ID: first.person.String(), Name: first.name, Organisation: l.org, From: l.from,
		// The demonstration has no way to show it again, and nothing that is worth it.
		Fresh: now.Sub(first.session.Proved) <= FreshFor && !first.session.moved(l) || first.session.Method == MethodDemo,
	}
	if first.session.Method == MethodBreakGlass && !first.session.otherDevice(l) {
		w.actor.Emergency = true
		w.actor.ID, w.actor.Name, w.actor.Roles = first.session.Account.String(), sealedName, []access.Role{access.Administrator}
	} else {
		w.roles(rows, l, accepted)
	}
	w.viewer = web.Viewer{
		Organisation: first.orgName, OrganisationCode: first.orgCode, Example: first.example, Name: w.actor.Name, How: HowKey(w.session.Shown()),
	}
	for _, r := range access.Roles() {
		if slices.Contains(w.actor.Roles, r) || slices.ContainsFunc(w.actor.Held, func(h access.Held) bool { return h.Role == r }) {
			w.viewer.Roles = append(w.viewer.Roles, string(r))
		}
	}
	if len(w.viewer.Roles) > 0 {
		w.viewer.Role = w.viewer.Roles[0]
	}
	for _, m := range w.withheld {
		w.viewer.Withheld = append(w.viewer.Withheld, web.Withheld{Role: string(m.Role), Key: "auth.withheld-" + m.Why})
	}
	return w, nil
}

// moved reports whether a request comes from another network, or another browser, than the one where the person last showed who they are.
// A step-up makes the new ones the session's.
func (s *Session) moved(l *loaded) bool { return s.otherDevice(l) || otherNetwork(s.Address, l.from) }

// otherDevice reports whether the request's browser or system is of another kind than the session's. Within a session neither changes, so its
// cookie is in somebody else's hands; new versions do not count.
func (s *Session) otherDevice(l *loaded) bool {
	return s.Browser != "" && l.browser != "" && BrowserName(s.Browser) != BrowserName(l.browser)
}

// How many bits of an address tell its network here: wide enough for the addresses that one mobile operator or office changes among.
const (
	networkBits4 = 16
	networkBits6 = 32
)

// otherNetwork reports whether two addresses lie in different networks. Which of its IPv4 and IPv6 addresses a machine uses may change by
// itself, so that alone is no sign; and what is not known is none.
func otherNetwork(before, now string) bool {
	a, err1 := netip.ParseAddr(before)
	b, err2 := netip.ParseAddr(now)
	a, b = a.Unmap(), b.Unmap()
	if err1 != nil || err2 != nil || a.Is4() != b.Is4() {
		return false
	}
	bits := networkBits6
	if a.Is4() {
		bits = networkBits4
	}
	n, err := a.WithZone("").Prefix(bits)
	return err != nil || !n.Contains(b.WithZone(""))
}

// roles gives the actor the roles of the rows, but those that the session is not enough for.
func (w *who) roles(rows []found, l *loaded, accepted Accepted) {
	shown := w.session.Shown()
	shown.From = l.from
	other := w.session.otherDevice(l) && w.session.Method != MethodDemo
	for i := range rows {
		f := &rows[i]
		role, ok := known(f.role)
		if !ok {
			continue
		}
		why := ""
		switch {
		case other:
			why = "device"
		case role == access.Administrator && f.stronger:
			why = "synced"
		case accepted != nil:
			why = accepted(role, shown)
		}
		if why != "" {
			if m := (Withheld{Role: role, Why: why}); !slices.Contains(w.withheld, m) {
				w.withheld = append(w.withheld, m)
			}
			continue
		}
		w.give(role, f.unit, f.below)
	}
	order := access.Roles() // the database gives them in any order
	slices.SortFunc(w.actor.Roles, func(a, b access.Role) int { return slices.Index(order, a) - slices.Index(order, b) })
}

// give adds a role, held in the whole organisation or in a unit with what is below it.
func (w *who) give(role access.Role, unit, below access.UnitID) {
	if unit.IsZero() {
		if !slices.Contains(w.actor.Roles, role) {
			w.actor.Roles = append(w.actor.Roles, role)
		}
		return
	}
	i := slices.IndexFunc(w.actor.Held, func(h access.Held) bool { return h.Role == role && h.Unit == unit })
	if i < 0 {
		w.actor.Held = append(w.actor.Held, access.Held{Role: role, Unit: unit})
		i = len(w.actor.Held) - 1
	}
	if below.IsZero() || below == unit {
		return
	}
	h := &w.actor.Held[i]
	if at, found := slices.BinarySearch(h.Below, below); !found { // access looks for a unit in order
		h.Below = slices.Insert(h.Below, at, below)
	}
}

// HowKey is the message that tells how somebody showed who they are.
func HowKey(s Shown) string {
	switch {
	case s.Method == MethodDemo:
		return "auth.how-demo"
	case s.Method == MethodBreakGlass:
		return "auth.how-break-glass"
	case s.Method == MethodPasskey && s.Synced:
		return "auth.how-passkey-synced"
	case s.Method == MethodPasskey:
		return "auth.how-passkey"
	case s.LoA == 2:
		return "auth.how-loa2"
	case s.LoA == 3:
		return "auth.how-loa3"
	case s.LoA == 4:
		return "auth.how-loa4"
	default:
		return "auth.how-provider"
	}
}
