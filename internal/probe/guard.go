// SPDX-License-Identifier: EUPL-1.2

package probe

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
	"unicode"

	"golang.org/x/net/idna"
)

var (
	// ErrNotApproved says that a host, or a port of it, has not been approved to be measured.
	ErrNotApproved = errors.New("the host is not approved to be measured")
	// ErrAddress says that a host has an address that is not approved, or that is never reached.
	ErrAddress = errors.New("the host's address is not approved to be measured")
	// ErrAllow says that an approval is written wrongly.
	ErrAllow = errors.New("write an approved host as HOST or HOST:PORT")
)

// Allow approves a host: at any port, or at one.
type Allow struct {
	host string
	addr netip.Addr // when the host is written as an address
	port string     // empty is any
}

// ParseAllow reads HOST or HOST:PORT. An IPv6 address with a port stands in brackets.
func ParseAllow(text string) (Allow, error) {
	host, port := text, ""
	if _, err := netip.ParseAddr(strings.Trim(text, "[]")); err != nil && strings.Contains(text, ":") {
		var err error
		if host, port, err = net.SplitHostPort(text); err != nil {
			return Allow{}, fmt.Errorf("%w: %q", ErrAllow, text)
		}
		if n, err := strconv.Atoi(port); err != nil || n < 1 || n > 65535 || strconv.Itoa(n) != port {
			return Allow{}, fmt.Errorf("%w: %q has no such port", ErrAllow, text)
		}
	}
	a := Allow{host: plainHost(host), port: port}
	a.addr, _ = netip.ParseAddr(a.host) // a name otherwise
	if a.host == "" || strings.ContainsAny(a.host, "/@?#*% \\") || !a.addr.IsValid() && strings.Contains(a.host, ":") {
		return Allow{}, fmt.Errorf("%w: %q", ErrAllow, text)
	}
	return a, nil
}

// plainHost is a host as it is compared: in small letters, without brackets and the dot at the end, and as names are looked up.
func plainHost(host string) string {
	return strings.TrimSuffix(strings.ToLower(strings.TrimSuffix(strings.TrimPrefix(lookedUp(host), "["), "]")), ".")
}

// lookedUp is a name with letters beyond ASCII as it is looked up: xn--malm-8qa.se for malmö.se. One that cannot be written so stays as it is, and
// is then no host that anybody has approved.
func lookedUp(host string) string {
	if strings.IndexFunc(host, func(r rune) bool { return r > unicode.MaxASCII }) < 0 {
		return host
	}
	if name, err := idna.Lookup.ToASCII(host); err == nil {
		return name
	}
	return host
}

func (a Allow) names(host, port string) bool {
	return a.host == host && (a.port == "" || a.port == port)
}

func (a Allow) isAddress(addr netip.Addr, port string) bool {
	return a.addr.IsValid() && a.addr == addr && (a.port == "" || a.port == port)
}

// Resolver finds the addresses of a name.
type Resolver interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// guard decides where a run may connect. It resolves a name once, and what it then finds is what is connected to for the whole run.
type guard struct {
	allows   []Allow
	own      string          // the host that the run is about
	ownPorts map[string]bool // the ports of it that need no approval of their own
	loopback bool            // loopback may be approved: on a machine where somebody types the command
	resolver Resolver
	never    []netip.AddrPort
	ranges   []netip.Prefix // the private networks that may be reached; nil is any

	mu    sync.Mutex
	cache map[string]found
}

type found struct {
	addrs []netip.Addr
	err   error
}

// approved reports whether a host may be measured at a port, before its addresses are known.
func (g *guard) approved(host, port string) bool {
	host = plainHost(host)
	return host == g.own && g.ownPorts[port] || slices.ContainsFunc(g.allows, func(a Allow) bool { return a.names(host, port) })
}

// addresses are what a host may be reached at. One address that must not be reached closes the whole host: a name that points both
// outwards and inwards is a trap.
func (g *guard) addresses(ctx context.Context, host, port string) ([]netip.Addr, error) {
	host = plainHost(host)
	if !g.approved(host, port) {
		return nil, fmt.Errorf("%w: %s", ErrNotApproved, net.JoinHostPort(host, port))
	}
	addrs, err := g.resolve(ctx, host)
	if err != nil {
		return nil, err
	}
	for _, a := range addrs {
		if err := g.check(host, a, port); err != nil {
			return nil, err
		}
	}
	return addrs, nil
}

func (g *guard) resolve(ctx context.Context, host string) ([]netip.Addr, error) {
	if a, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{a}, nil
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if f, ok := g.cache[host]; ok {
		return f.addrs, f.err
	}
	var f found
	v4, err4 := g.resolver.LookupNetIP(ctx, "ip4", host)
	v6, err6 := g.resolver.LookupNetIP(ctx, "ip6", host)
	for _, a := range v4 {
		f.addrs = append(f.addrs, a.Unmap()) // an answer of IPv4 is one, however it is kept
	}
	f.addrs = append(f.addrs, v6...)
	if len(f.addrs) == 0 {
		f.err = fmt.Errorf("look up %s: %w", host, errors.Join(err4, err6, errNoAddress))
	}
	if len(f.addrs) > maxAddresses {
		f.addrs = f.addrs[:maxAddresses]
	}
	if g.cache == nil {
		g.cache = map[string]found{}
	}
	g.cache[host] = f
	return f.addrs, f.err
}

var errNoAddress = errors.New("the name has no address")

// maxAddresses is how many addresses of a host are looked at.
const maxAddresses = 8

// check decides about one address.
func (g *guard) check(host string, a netip.Addr, port string) error {
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil || a.Zone() != "" || never(a) || slices.Contains(g.never, netip.AddrPortFrom(a, uint16(n))) {
		return fmt.Errorf("%w: %s is never reached", ErrAddress, a)
	}
	if a.IsLoopback() {
		if g.loopback && slices.ContainsFunc(g.allows, func(w Allow) bool { return w.isAddress(a, port) }) {
			return nil
		}
		return fmt.Errorf("%w: %s is this machine itself, which is measured only when --allow %s names it", ErrAddress, a, a)
	}
	if inside(a) && g.ranges != nil && !slices.ContainsFunc(g.ranges, func(p netip.Prefix) bool { return p.Contains(a) }) {
		return fmt.Errorf("%w: %s stands in a private network that is not approved", ErrAddress, a)
	}
	if !inside(a) || slices.ContainsFunc(g.allows, func(w Allow) bool { return w.names(host, port) || w.isAddress(a, port) }) {
		return nil
	}
	return fmt.Errorf("%w: %s stands in a private network: approve it with --allow %s", ErrAddress, a, host)
}

// closed are never reached, approved or not: what clouds tell their machines about themselves stands there, or an IPv4 address that
// is written in another way.
var closed = prefixes(
	"0.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4", "240.0.0.0/4", "100.100.100.200/32", "168.63.129.16/32", "192.0.0.192/32",
	"::ffff:0:0/96", "::ffff:0:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "2001::/32", "2002::/16", "fe80::/10", "ff00::/8", "fd00:ec2::/32",
)

// notPublic are the networks that are not on the public internet and that IsPrivate does not know.
var notPublic = prefixes(
	"100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
	"100::/64", "2001:2::/48", "2001:10::/28", "2001:20::/28", "2001:db8::/32", "3fff::/20", "5f00::/16", "fec0::/10",
)

func prefixes(texts ...string) []netip.Prefix {
	out := make([]netip.Prefix, len(texts))
	for i, t := range texts {
		out[i] = netip.MustParsePrefix(t)
	}
	return out
}

func never(a netip.Addr) bool {
	compatible := a.Is6() && !a.IsLoopback() && netip.MustParsePrefix("::/96").Contains(a)
	return !a.IsValid() || a.Is4In6() || compatible || a.IsUnspecified() || a.IsMulticast() || a.IsLinkLocalUnicast() ||
		slices.ContainsFunc(closed, func(p netip.Prefix) bool { return p.Contains(a) })
}

// inside reports whether an address is not one on the public internet.
func inside(a netip.Addr) bool {
	return a.IsLoopback() || a.IsPrivate() || slices.ContainsFunc(notPublic, func(p netip.Prefix) bool { return p.Contains(a) })
}

// dialTimeout is how long a connection may take to come about.
const dialTimeout = 5 * time.Second

// dial connects to one address that has been checked, and to nothing else.
func (g *guard) dial(ctx context.Context, host string, at netip.AddrPort) (net.Conn, error) {
	port := strconv.Itoa(int(at.Port()))
	d := &net.Dialer{Timeout: dialTimeout, KeepAlive: -1, Control: func(_, resolved string, _ syscall.RawConn) error {
		to, err := netip.ParseAddrPort(resolved)
		if err != nil || to != at {
			return fmt.Errorf("%w: %s", ErrAddress, resolved)
		}
		return g.check(plainHost(host), to.Addr(), port)
	}}
	return d.DialContext(ctx, "tcp", at.String())
}
