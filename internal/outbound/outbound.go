// SPDX-License-Identifier: EUPL-1.2

// Package outbound is the only way out of the program to other machines (Swedish: utgående anrop). A request goes to a place that
// somebody has configured, at an address that the one who runs the installation lets it reach, and nowhere else: not where an answer
// points, not to this machine's own services, and not to what a name suddenly resolves to.
package outbound

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"syscall"
	"time"
)

var (
	// ErrTarget says that a request was about to go where nobody has configured it to.
	ErrTarget = errors.New("not a configured host")
	// ErrAddress says that a host has an address that must not be reached.
	ErrAddress = errors.New("the host's address is not allowed: approve its network with --outbound-network, if it is right")
	// ErrTooLong says that a request was about to be longer than others take: its address, or what stands before its body.
	ErrTooLong = errors.New("the request's address or headers are too long")
	// ErrTooLarge says that an answer was longer than what is read.
	ErrTooLarge = errors.New("the answer is too large")
)

// Limits of one request. A metadata file of a whole federation is the largest answer that is expected.
const (
	// DefaultTimeout is how long a request may take in all.
	DefaultTimeout = 15 * time.Second
	// DefaultMax is how many bytes of an answer are read.
	DefaultMax = 4 << 20
	// maxHops is how many redirects are followed.
	maxHops = 5
	// longestAddress and longestHeaders are how many bytes of them are sent. What is longer would be refused there, or cut, or stop a server.
	longestAddress, longestHeaders = 8000, 16 << 10

	dialTimeout      = 5 * time.Second
	keepAlive        = 30 * time.Second
	maxHeader        = 64 << 10
	maxIdlePerTarget = 2
	idleTimeout      = 30 * time.Second
)

// Policy says what the installation may reach. Its zero value reaches public addresses only.
type Policy struct {
	// Networks are the private networks, and loopback, that are approved: an identity provider in the municipality's own network stands
	// in one of them.
	Networks []netip.Prefix
	// Never are single addresses that stay closed whatever Networks says: the program's own database.
	Never []netip.AddrPort
	// Roots are the certificate authorities that are trusted; nil is the machine's.
	Roots *x509.CertPool
	// Proxy is the proxy that requests go through, if any. The environment is not asked for one. The proxy then resolves the names, so
	// that only the names, and not the addresses, are checked here.
	Proxy *url.URL
	// Refused, when set, is told of every connection and request that is refused: somebody may be trying what can be reached from here.
	Refused func(target string, why error)
}

// tell tells of a refusal and gives it on.
func (p *Policy) tell(target string, why error) error {
	if why != nil && p.Refused != nil {
		p.Refused(target, why)
	}
	return why
}

// Request says what one client may do.
type Request struct {
	// Targets are the places it may go to: "https://idp.example.se", with a port unless it is the scheme's own. Plain http is for
	// loopback alone.
	Targets []string
	// Timeout and Max cap a request's time and its answer's length; zero takes the defaults.
	Timeout time.Duration
	Max     int64
	// Certificate is shown to a server that asks for one.
	Certificate *tls.Certificate
}

// Client makes a client that goes to the targets and nowhere else.
func (p Policy) Client(r Request) (*http.Client, error) {
	targets, err := parseTargets(r.Targets)
	if err != nil {
		return nil, err
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: p.Roots}
	if r.Certificate != nil {
		config.Certificates = []tls.Certificate{*r.Certificate}
	}
	transport := &http.Transport{
		DialContext: p.dial, TLSClientConfig: config, ForceAttemptHTTP2: true, TLSHandshakeTimeout: dialTimeout,
		MaxResponseHeaderBytes: maxHeader, MaxIdleConnsPerHost: maxIdlePerTarget, IdleConnTimeout: idleTimeout,
	}
	if p.Proxy != nil {
		transport.Proxy = http.ProxyURL(p.Proxy)
		transport.DialContext = p.dialProxy
	}
	g := &gate{policy: p, targets: targets, next: transport, max: r.Max}
	if g.max <= 0 {
		g.max = DefaultMax
	}
	c := &http.Client{Transport: g, Timeout: r.Timeout, CheckRedirect: g.redirect}
	if c.Timeout <= 0 {
		c.Timeout = DefaultTimeout
	}
	return c, nil
}

// Dial connects to one host and port, for what is not HTTP: mail, a log collector. Of the addresses of the host only those that the
// policy allows are tried.
func (p Policy) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	return p.dial(ctx, network, address)
}

// DialTLS is Dial with TLS, and gives the connection once the host has shown that it is the one that was named.
func (p Policy) DialTLS(ctx context.Context, address string) (net.Conn, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("connect to %s: %w", address, ErrTarget)
	}
	c, err := p.dial(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	t := tls.Client(c, &tls.Config{MinVersion: tls.VersionTLS12, ServerName: host, RootCAs: p.Roots})
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	if err := t.HandshakeContext(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("connect to %s: %w", address, err), c.Close())
	}
	return t, nil
}

func (p Policy) dial(ctx context.Context, network, address string) (net.Conn, error) {
	d := &net.Dialer{Timeout: dialTimeout, KeepAlive: keepAlive, Control: func(_, resolved string, _ syscall.RawConn) error {
		return p.tell(resolved, p.check(resolved))
	}}
	return d.DialContext(ctx, network, address)
}

// dialProxy reaches the proxy, which the one who runs the installation has named, and nothing else.
func (p Policy) dialProxy(ctx context.Context, network, address string) (net.Conn, error) {
	want := p.Proxy.Host
	if p.Proxy.Port() == "" {
		want = net.JoinHostPort(p.Proxy.Hostname(), ports[p.Proxy.Scheme])
	}
	if address != want {
		return nil, fmt.Errorf("connect to %s: %w", address, ErrTarget)
	}
	return (&net.Dialer{Timeout: dialTimeout, KeepAlive: keepAlive}).DialContext(ctx, network, address)
}

// check refuses an address, as it was resolved, at the moment when it is connected to.
func (p Policy) check(resolved string) error {
	at, err := netip.ParseAddrPort(resolved)
	if err != nil {
		return fmt.Errorf("connect to %s: %w", resolved, ErrAddress)
	}
	addr := plain(at.Addr())
	if slices.ContainsFunc(p.Never, func(n netip.AddrPort) bool { return plain(n.Addr()) == addr && n.Port() == at.Port() }) || never(addr) {
		return fmt.Errorf("connect to %s: %w", resolved, ErrAddress)
	}
	if !reserved(addr) || slices.ContainsFunc(p.Networks, func(n netip.Prefix) bool { return n.Contains(addr) }) {
		return nil
	}
	return fmt.Errorf("connect to %s: %w", resolved, ErrAddress)
}

// embeds are the IPv6 networks whose last four bytes are an IPv4 address.
var embeds = []netip.Prefix{netip.MustParsePrefix("64:ff9b::/96"), netip.MustParsePrefix("::/96")}

// plain gives the address that a packet in the end goes to: an IPv4 address written as an IPv6 one is the IPv4 address.
func plain(a netip.Addr) netip.Addr {
	a = a.Unmap().WithZone("")
	for _, n := range embeds {
		if b := a.As16(); n.Contains(a) && !a.IsLoopback() && !a.IsUnspecified() {
			return netip.AddrFrom4([4]byte(b[12:]))
		}
	}
	return a
}

// closed are never reached, approved or not: what a cloud tells its machines about themselves stands there.
var closed = []netip.Prefix{
	netip.MustParsePrefix("169.254.0.0/16"), netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("240.0.0.0/4"),
	netip.MustParsePrefix("fd00:ec2::/32"), netip.MustParsePrefix("100.100.100.200/32"), netip.MustParsePrefix("168.63.129.16/32"),
	netip.MustParsePrefix("64:ff9b:1::/48"), netip.MustParsePrefix("2001::/32"), netip.MustParsePrefix("2002::/16"),
}

func never(a netip.Addr) bool {
	return a.IsUnspecified() || a.IsMulticast() || a.IsLinkLocalUnicast() || a.IsInterfaceLocalMulticast() ||
		slices.ContainsFunc(closed, func(n netip.Prefix) bool { return n.Contains(a) })
}

// inside are the networks that are not on the public internet and that IsPrivate does not know.
var inside = []netip.Prefix{
	netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("192.0.0.0/24"), netip.MustParsePrefix("192.0.2.0/24"),
	netip.MustParsePrefix("198.18.0.0/15"), netip.MustParsePrefix("198.51.100.0/24"), netip.MustParsePrefix("203.0.113.0/24"),
	netip.MustParsePrefix("2001:db8::/32"), netip.MustParsePrefix("fec0::/10"),
}

// public6 is all of IPv6 that is handed out for the public internet; what lies outside it may be somebody's way round to an inner address.
var public6 = netip.MustParsePrefix("2000::/3")

// reserved reports whether an address is not one on the public internet.
func reserved(a netip.Addr) bool {
	return a.Is6() && !public6.Contains(a) || a.IsLoopback() || a.IsPrivate() || slices.ContainsFunc(inside, func(n netip.Prefix) bool { return n.Contains(a) })
}

// target is a place as requests name it.
type target struct{ scheme, host, port string }

var ports = map[string]string{"https": "443", "http": "80"}

// targetOf gives the place of an address.
func targetOf(u *url.URL) target {
	t := target{scheme: u.Scheme, host: strings.ToLower(strings.TrimSuffix(u.Hostname(), ".")), port: u.Port()}
	if t.port == "" {
		t.port = ports[t.scheme]
	}
	return t
}

func parseTargets(texts []string) ([]target, error) {
	out := make([]target, 0, len(texts))
	for _, text := range texts {
		u, err := url.Parse(text)
		if err != nil || u.Host == "" || u.User != nil || ports[u.Scheme] == "" {
			return nil, fmt.Errorf("read target: %w: write it as https://HOST", ErrTarget)
		}
		if t := targetOf(u); t.scheme == "https" || isLoopback(t.host) {
			out = append(out, t)
			continue
		}
		return nil, fmt.Errorf("read target %s: %w: plain http is for this machine alone; write https", u.Host, ErrTarget)
	}
	return out, nil
}

// isLoopback reports whether the name of a host can only mean this machine.
func isLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	a, err := netip.ParseAddr(host)
	return err == nil && a.Unmap().IsLoopback()
}

// gate lets a request through to its target only, and an answer only up to a length.
type gate struct {
	policy  Policy
	targets []target
	next    http.RoundTripper
	max     int64
}

func (g *gate) allowed(u *url.URL) error {
	t := targetOf(u)
	if u.User != nil || !slices.Contains(g.targets, t) {
		return g.policy.tell(u.Host, fmt.Errorf("request to %s: %w", u.Host, ErrTarget))
	}
	// Through a proxy nothing is resolved here, but an address is an address.
	if a, err := netip.ParseAddr(t.host); err == nil && g.policy.Proxy != nil {
		return g.policy.tell(u.Host, g.policy.check(net.JoinHostPort(a.String(), t.port)))
	}
	return nil
}

// RoundTrip does one request.
func (g *gate) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := g.allowed(r.URL); err != nil {
		return nil, err
	}
	if tooLong(r) {
		return nil, fmt.Errorf("request to %s: %w", r.URL.Host, ErrTooLong)
	}
	res, err := g.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	if res.ContentLength > g.max {
		return nil, errors.Join(fmt.Errorf("request to %s: %w", r.URL.Host, ErrTooLarge), res.Body.Close())
	}
	res.Body = &capped{body: res.Body, left: g.max}
	return res, nil
}

// tooLong reports whether a request is longer than servers can be counted on to take.
func tooLong(r *http.Request) bool {
	n := 0
	for name, values := range r.Header {
		for _, v := range values {
			n += len(name) + len(v) + len(": \r\n")
		}
	}
	return len(r.URL.String()) > longestAddress || n > longestHeaders
}

func (g *gate) redirect(r *http.Request, via []*http.Request) error {
	if len(via) > maxHops {
		return fmt.Errorf("request to %s: more than %d redirects", r.URL.Host, maxHops)
	}
	if via[len(via)-1].URL.Scheme == "https" && r.URL.Scheme != "https" {
		return fmt.Errorf("redirect to %s: %w: from https to http", r.URL.Host, ErrTarget)
	}
	return g.allowed(r.URL)
}

// capped is an answer that fails, rather than ends, where it is too long: half an answer must not pass for a whole one.
type capped struct {
	body io.ReadCloser
	left int64
}

// Read reads a part.
func (c *capped) Read(b []byte) (int, error) {
	if c.left < 0 {
		return 0, ErrTooLarge
	}
	if int64(len(b)) > c.left+1 {
		b = b[:c.left+1]
	}
	n, err := c.body.Read(b)
	if c.left -= int64(n); c.left < 0 {
		return 0, ErrTooLarge
	}
	return n, err
}

// Close closes the answer.
func (c *capped) Close() error { return c.body.Close() }
