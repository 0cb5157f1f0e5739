// SPDX-License-Identifier: EUPL-1.2

package provider

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/auth"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/locale"
)

// Group is a group of roles that asks for a passkey which cannot be copied.
type Group string

// The groups: nobody, administrators, and those too who see where the organisation is weak.
const (
	Nobody         Group = ""
	Administrators Group = "administrator"
	Weakness       Group = "weakness"
)

// groups lists them, the strictest last.
var groups = []Group{Nobody, Administrators, Weakness}

// Guard is what an organisation asks of the device and the network that people sign in with (Swedish: inloggningsskydd), beside the level
// that each role asks for.
type Guard struct {
	// Bound is the group of roles that asks for a passkey which cannot be copied between devices.
	Bound Group `json:"bound"`
	// Networks are those that the administrator's role is given in; none is all.
	Networks []netip.Prefix `json:"networks"`
}

// KindGuard is a weaker guard, which takes two people.
const KindGuard = "provider-guard"

// mostNetworks is how many networks can be named.
const mostNetworks = 20

// What can be wrong with a guard.
var (
	ErrGuard = errors.New("write at most 20 networks, each as 192.0.2.0/24 or 2001:db8::/48, and not the whole internet")
	// ErrOutside says that whoever sets a guard would lock themselves out.
	ErrOutside = errors.New("your own address is in none of the networks, so you would lose the role: add it, or make the change from there")
	// ErrCopied says the same of a passkey that can be copied.
	ErrCopied = errors.New("you have signed in with a passkey that can be copied, so you would lose the role: sign in with a security key first")
)

// Asks reports whether a role asks for a passkey which cannot be copied.
func (g *Guard) Asks(r access.Role) bool {
	return g.Bound != Nobody && r == access.Administrator || g.Bound == Weakness && seesWeakness()[r]
}

// Within reports whether an address is in the networks that the administrator's role is given in. One that is not known is not.
func (g *Guard) Within(from string) bool {
	if len(g.Networks) == 0 {
		return true
	}
	a, err := netip.ParseAddr(from)
	if err != nil {
		return false
	}
	a = a.Unmap().WithZone("")
	return slices.ContainsFunc(g.Networks, func(n netip.Prefix) bool { return n.Contains(a) })
}

// withholds says why a sign-in is not enough for a role; empty when it is.
func (g *Guard) withholds(r access.Role, s auth.Shown) string {
	switch {
	case s.Synced && g.Asks(r):
		return "bound"
	case r == access.Administrator && !g.Within(s.From):
		return "network"
	default:
		return ""
	}
}

// ParseNetworks reads networks with spaces, commas or line breaks between. A single address is a network of one.
func ParseNetworks(text string) ([]netip.Prefix, error) {
	var out []netip.Prefix
	for _, word := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" ,;\t\r\n", r) }) {
		n, err := netip.ParsePrefix(word)
		if a, e := netip.ParseAddr(word); err != nil && e == nil && a.Zone() == "" {
			n, err = netip.PrefixFrom(a, a.BitLen()), nil
		}
		if err != nil || n.Bits() == 0 || n.Addr().Is4In6() {
			return nil, ErrGuard
		}
		if n = n.Masked(); !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	if len(out) > mostNetworks {
		return nil, ErrGuard
	}
	return out, nil
}

// text writes networks as they are read.
func (g *Guard) text(between string) string {
	words := make([]string, len(g.Networks))
	for i, n := range g.Networks {
		words[i] = n.String()
	}
	return strings.Join(words, between)
}

func (g *Guard) same(o *Guard) bool {
	return g.Bound == o.Bound && slices.Equal(g.Networks, o.Networks)
}

// weakerThan reports whether the guard lets in somebody whom another did not.
func (g *Guard) weakerThan(o *Guard) bool {
	if slices.Index(groups, g.Bound) < slices.Index(groups, o.Bound) {
		return true
	}
	if len(o.Networks) == 0 {
		return false
	}
	return len(g.Networks) == 0 || slices.ContainsFunc(g.Networks, func(n netip.Prefix) bool {
		return !slices.ContainsFunc(o.Networks, func(m netip.Prefix) bool { return m.Bits() <= n.Bits() && m.Contains(n.Addr()) })
	})
}

// Guard gives what the organisation asks of devices and networks.
func (s *Service) Guard(ctx context.Context, actor access.Actor) (Guard, error) {
	if err := access.Check(actor, "provider.Guard"); err != nil {
		return Guard{}, err
	}
	var g Guard
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) (err error) {
		g, err = GuardOf(ctx, tx, actor.Organisation)
		return err
	})
	return g, err
}

// SetGuard says what the organisation asks of devices and networks. What becomes stricter is saved at once, unless whoever asks would lose
// their own way in, and what becomes weaker takes two people.
func (s *Service) SetGuard(ctx context.Context, actor access.Actor, to Guard, reason string) (Wait, error) {
	if err := access.Check(actor, "provider.SetGuard"); err != nil {
		return Wait{}, err
	}
	if !slices.Contains(groups, to.Bound) || len(to.Networks) > mostNetworks || slices.ContainsFunc(to.Networks, func(n netip.Prefix) bool { return !n.IsValid() || n.Bits() == 0 }) {
		return Wait{}, ErrGuard
	}
	if !actor.Console() && !to.Within(actor.From) {
		return Wait{}, ErrOutside
	}
	if me, ok := auth.Current(ctx); ok && me.Synced && to.Asks(access.Administrator) {
		return Wait{}, ErrCopied
	}
	var w Wait
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		from, err := GuardOf(ctx, tx, actor.Organisation)
		if err != nil || from.same(&to) {
			return err
		}
		if !to.weakerThan(&from) {
			return s.setGuard(ctx, tx, actor, guardChange{from, to})
		}
		w, err = Decide(ctx, tx, actor, s.Two, Question{
			Kind: KindGuard, ObjectKind: "signin_guard", ObjectID: actor.Organisation.String(), Payload: guardChange{from, to}, Reason: reason,
		}, s.loosen())
		return err
	})
	if err != nil {
		return Wait{}, fmt.Errorf("set guard: %w", err)
	}
	return w, nil
}

// BeginGuard gives a new organisation the strictest guard: nobody who sees where it is weak signs in with a passkey that can be copied. Where
// its first person has one, and has no other way in, it begins without and they are reminded. It runs in the caller's transaction.
func BeginGuard(ctx context.Context, tx *db.Tx, actor access.Actor, copied bool) error {
	g, err := GuardOf(ctx, tx, actor.Organisation)
	if err != nil || copied || g.Bound != Nobody {
		return err
	}
	to := Guard{Bound: Weakness, Networks: g.Networks}
	return (&Service{}).setGuard(ctx, tx, actor, guardChange{g, to})
}

// guardChange is a change of a guard.
type guardChange struct {
	From Guard `json:"from"`
	To   Guard `json:"to"`
}

func (s *Service) setGuard(ctx context.Context, tx *db.Tx, actor access.Actor, c guardChange) error {
	if err := saveGuard(ctx, tx, actor.Organisation, &c.To); err != nil {
		return err
	}
	return audit.Append(ctx, tx, actor, audit.Entry{
		Action: "provider.SetGuard", ObjectKind: "signin_guard", ObjectID: actor.Organisation.String(),
		Data: map[string]any{"from": map[string]string{"bound": string(c.From.Bound), "networks": c.From.text(" ")}, "to": map[string]string{"bound": string(c.To.Bound), "networks": c.To.text(" ")}},
	})
}

func (s *Service) loosen() Decision {
	return Decision{Kind: KindGuard, Label: "provider.decide-guard", Apply: s.applyGuard, Describe: describeGuard}
}

func (s *Service) applyGuard(ctx context.Context, tx *db.Tx, actor access.Actor, payload json.RawMessage) error {
	c, err := read[guardChange](payload)
	if err != nil {
		return err
	}
	now, err := GuardOf(ctx, tx, actor.Organisation)
	if err != nil {
		return err
	}
	if !now.same(&c.From) {
		return ErrStale
	}
	return s.setGuard(ctx, tx, actor, c)
}

func describeGuard(l *locale.Localizer, payload json.RawMessage) (Told, error) {
	c, err := read[guardChange](payload)
	if err != nil {
		return Told{}, err
	}
	return Told{What: l.T("provider.guard"), From: c.From.words(l), To: c.To.words(l), Href: Path}, nil
}

// words tells a guard.
func (g *Guard) words(l *locale.Localizer) string {
	networks := l.T("provider.guard-anywhere")
	if len(g.Networks) > 0 {
		networks = g.text(", ")
	}
	return text([]line{
		{l.T("provider.field-bound"), l.T("provider.bound-" + groupWord(g.Bound))},
		{l.T("provider.field-networks"), networks},
	})
}

// groupWord names a group in keys of messages.
func groupWord(g Group) string {
	if g == Nobody {
		return "nobody"
	}
	return string(g)
}

// DeviceBound reports whether an account may have no passkey that can be copied: it has a role of the group, or belongs to nobody, as a
// sealed passkey does.
func DeviceBound(ctx context.Context, tx *db.Tx, org access.OrganisationID, account ids.ID[auth.Account]) (bool, error) {
	g, err := GuardOf(ctx, tx, org)
	if err != nil || g.Bound == Nobody {
		return false, err
	}
	roles, known, err := rolesOf(ctx, tx, org, account)
	return !known || slices.ContainsFunc(roles, g.Asks), err
}
