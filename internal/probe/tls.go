// SPDX-License-Identifier: EUPL-1.2

package probe

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/insegel/insegel/internal/probe/hello"
	"github.com/insegel/insegel/internal/probe/verdict"
)

// TLSSchema is the name of the form of a record of encryption.
const TLSSchema = "insegel.probe.tls/1"

// TLSRecord is what was found of a host's encryption. Lists in it are never null.
type TLSRecord struct {
	Schema string `json:"schema"`
	Host   string `json:"host"`
	Port   int    `json:"port"`
	// Grade is good, sufficient, phase_out, insufficient or unknown: that of the worst of the host's addresses.
	Grade     string       `json:"grade"`
	Addresses []TLSAddress `json:"addresses"`
	Limits    []string     `json:"limits"`
	Target    Target       `json:"target"`
	Vantage   Vantage      `json:"vantage"`
	Started   string       `json:"started"`
	Ended     string       `json:"ended"`
	Version   string       `json:"version"`
	Ruleset   string       `json:"ruleset"`
	// ApprovalID is what approves the measurement, inside the product.
	ApprovalID *string `json:"approval_id,omitempty"`
}

// TLSAddress is what was found at one address.
type TLSAddress struct {
	IP    string `json:"ip"`
	Grade string `json:"grade"`
	// Versions and Families say of each that was asked for whether the server takes it. What got no clear answer is not there.
	Versions map[string]bool  `json:"versions"`
	Families map[string]bool  `json:"families"`
	Aspects  []verdict.Aspect `json:"aspects"`
	TLS      TLS              `json:"tls"`
	// HSTSDays is for how long browsers are told to insist on encryption; null is not known.
	HSTSDays *int `json:"hsts_days"`
	Stapled  bool `json:"ocsp_stapled"`
}

// The most addresses of a host that are measured in full, and how many failures in a row end it. A full measurement takes less than
// twenty connections.
const (
	maxFull           = 2
	encryptionTimeout = 4 * time.Minute
	maxFailures       = 2
)

// versionNames are the versions that are asked for.
var versionNames = []struct {
	name string
	is   uint16
}{{"TLS 1.3", hello.TLS13}, {"TLS 1.2", hello.TLS12}, {"TLS 1.1", hello.TLS11}, {"TLS 1.0", hello.TLS10}, {"SSL 3.0", hello.SSL30}}

// ParseHost reads HOST or HOST:PORT; the port is 443 when it is left out.
func ParseHost(text string) (host string, port int, err error) {
	a, err := ParseAllow(text)
	if err != nil {
		return "", 0, fmt.Errorf("%w: %q", ErrHost, text)
	}
	if a.port == "" {
		return a.host, 443, nil
	}
	port, err = strconv.Atoi(a.port)
	return a.host, port, err
}

// ErrHost says that a host to measure is written wrongly.
var ErrHost = errors.New("write the host as HOST or HOST:PORT")

// Encryption measures how good the encryption of a host is, and always gives a record.
func Encryption(ctx context.Context, o Options, scale *verdict.Scale, at HostPort) *TLSRecord {
	o.defaults()
	ctx, cancel := context.WithTimeout(ctx, encryptionTimeout)
	defer cancel()
	rec := &TLSRecord{
		Schema: TLSSchema, Host: at.Host, Port: at.Port, Grade: string(verdict.Unmeasured), Addresses: []TLSAddress{}, Limits: []string{}, Target: Target{IPs: []IP{}},
		Vantage: o.Vantage, Started: o.Clock.Now().UTC().Format(time.RFC3339), Version: o.Version, Ruleset: scale.Version,
	}
	port := strconv.Itoa(at.Port)
	g := &guard{allows: o.Allow, own: plainHost(at.Host), ownPorts: map[string]bool{port: true}, loopback: o.Loopback, resolver: o.Resolver, never: o.Never, ranges: o.Ranges}
	addrs, err := g.addresses(ctx, at.Host, port)
	if errors.Is(err, ErrAddress) {
		rec.limit("address_refused")
		o.Log.Warn("refused", "host", at.Host, "why", err.Error())
	} else if err != nil {
		rec.limit("name_not_found")
	}
	worst := -1
	order := []string{"good", "sufficient", "unknown", "phase_out", "insufficient"}
	p := &pace{clock: o.Clock}
	for i, a := range addrs {
		rec.Target.IPs = append(rec.Target.IPs, IP{IP: a.String(), DNSSEC: "unknown"})
		if i >= maxFull {
			rec.limit("addresses_not_measured")
			continue
		}
		m := &measurement{guard: g, pace: p, options: &o, host: at.Host, at: netip.AddrPortFrom(a, uint16(at.Port)), limit: rec.limit} //nolint:gosec // a port
		found := m.run(ctx, scale)
		rec.Addresses = append(rec.Addresses, found)
		if n := slices.Index(order, found.Grade); n > worst {
			worst, rec.Grade = n, found.Grade
		}
		if slices.Contains(rec.Limits, stoppedByServer) {
			break
		}
	}
	rec.Ended = o.Clock.Now().UTC().Format(time.RFC3339)
	return rec
}

// HostPort is a host and a port.
type HostPort struct {
	Host string
	Port int
}

func (r *TLSRecord) limit(code string) {
	if !slices.Contains(r.Limits, code) {
		r.Limits = append(r.Limits, code)
	}
}

// measurement is that of one address.
type measurement struct {
	guard    *guard
	pace     *pace
	options  *Options
	host     string
	at       netip.AddrPort
	limit    func(string)
	failures int

	seen  verdict.Encryption
	chain []*x509.Certificate
}

func (m *measurement) run(ctx context.Context, scale *verdict.Scale) TLSAddress {
	out := TLSAddress{IP: m.at.Addr().String(), TLS: TLS{IP: m.at.Addr().String(), Chain: []string{}, Verify: "error", Certificate: CertificateRequest{Asked: "no", CANames: []string{}}}}
	m.seen = verdict.Encryption{Versions: map[string]bool{}, Families: map[string]bool{}, HSTS: -1}
	if h := m.handshake(ctx); h != nil {
		out.TLS = h.record()
		m.chain = h.state.PeerCertificates
		out.Stapled = len(h.state.OCSPResponse) > 0
	}
	best := uint16(0)
	for _, v := range versionNames {
		suites := hello.All()
		if v.is == hello.TLS13 {
			suites = hello.Modern
		}
		if a, clear := m.ask(ctx, v.is, suites); clear {
			m.seen.Versions[v.name] = a.Taken
			if a.Taken && v.is < hello.TLS13 && best == 0 {
				best = v.is
			}
		}
	}
	if best != 0 {
		for _, f := range hello.Families {
			if a, clear := m.ask(ctx, best, f.Suites); clear {
				m.seen.Families[f.Name] = a.Taken
			}
		}
	}
	m.judgeChain()
	grade, aspects := scale.Judge(&m.seen)
	out.Grade, out.Aspects, out.Versions, out.Families = string(grade), append([]verdict.Aspect{}, aspects...), m.seen.Versions, m.seen.Families
	if m.seen.HSTS >= 0 {
		out.HSTSDays = &m.seen.HSTS
	}
	return out
}

// connect opens one connection, at its turn. After failures in a row nothing more is tried.
func (m *measurement) connect(ctx context.Context) net.Conn {
	if m.failures >= maxFailures {
		return nil
	}
	if err := m.pace.wait(ctx, m.at.Addr().String()); err != nil {
		m.limit("no_clear_answer") // the time is out, or somebody has stopped it
		return nil
	}
	c, err := m.guard.dial(ctx, m.host, m.at)
	if err != nil {
		m.failures++
		m.limit("not_reached")
		return nil
	}
	m.failures = 0
	return c
}

// handshake speaks TLS as a browser does, and asks for the start page to see whether browsers are told to insist on encryption.
func (m *measurement) handshake(ctx context.Context) *handshake {
	c := m.connect(ctx)
	if c == nil {
		return nil
	}
	defer func() { _ = c.Close() }() // only read from
	t, h, err := shake(ctx, c, m.host, m.options, false)
	if err != nil {
		return h
	}
	days, status := hsts(t, m.host, m.options)
	if status != 0 {
		m.seen.HSTS = days
	}
	if status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable {
		m.limit(stoppedByServer)
		m.failures = maxFailures
	}
	return h
}

// stoppedByServer says that the server has asked to be left alone.
const stoppedByServer = "stopped_by_server"

// hsts asks for the start page and reads one header of the answer. status is 0 when there was none.
func hsts(t *tls.Conn, host string, o *Options) (days, status int) {
	if t.SetDeadline(time.Now().Add(o.answerTimeout())) != nil {
		return 0, 0
	}
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	if _, err := fmt.Fprintf(t, "GET / HTTP/1.1\r\nHost: %s\r\nUser-Agent: %s\r\nAccept: text/html\r\nConnection: close\r\n\r\n", host, o.agent()); err != nil {
		return 0, 0
	}
	res, err := http.ReadResponse(bufio.NewReaderSize(&limited{t, maxHeader}, 4096), nil)
	if err != nil {
		return 0, 0
	}
	_ = res.Body.Close() // the page is not read
	for part := range strings.SplitSeq(res.Header.Get("Strict-Transport-Security"), ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		if n, err := strconv.ParseUint(strings.Trim(value, `"`), 10, 32); err == nil && strings.EqualFold(name, "max-age") {
			return int(n / (24 * 60 * 60)), res.StatusCode //nolint:gosec // below 2^32
		}
	}
	return 0, res.StatusCode
}

// limited reads a number of bytes and no more.
type limited struct {
	conn net.Conn
	left int
}

func (l *limited) Read(b []byte) (int, error) {
	if l.left <= 0 {
		return 0, errEncoding
	}
	n, err := l.conn.Read(b[:min(len(b), l.left)])
	l.left -= n
	return n, err
}

// ask asks a server for a version and suites. It is clear when the server took them, refused them, or broke the connection; silence
// and nonsense are not.
func (m *measurement) ask(ctx context.Context, version uint16, suites []uint16) (a hello.Answer, clear bool) {
	c := m.connect(ctx)
	if c == nil {
		return a, false
	}
	defer func() { _ = c.Close() }() // only read from
	q := hello.Question{Name: m.host, Version: version, Suites: suites}
	b, err := q.Bytes()
	if err != nil || c.SetDeadline(time.Now().Add(m.options.answerTimeout())) != nil {
		return a, false
	}
	if _, err := c.Write(b); err != nil {
		return a, errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
	}
	a, err = q.Read(c)
	if err != nil {
		if errors.Is(err, syscall.ECONNRESET) {
			return a, true
		}
		m.limit("no_clear_answer")
		return a, false
	}
	m.learn(&a)
	return a, true
}

// learn keeps what an answer shows beside yes and no.
func (m *measurement) learn(a *hello.Answer) {
	m.seen.Compressed = m.seen.Compressed || a.Compression != 0
	if k := (verdict.Key{Kind: "DH", Bits: a.DHBits}); a.DHBits > 0 && !slices.Contains(m.seen.Keys, k) {
		m.seen.Keys = append(m.seen.Keys, k)
	}
	if len(m.chain) > 0 {
		return
	}
	for _, der := range a.Certificates {
		if c, err := x509.ParseCertificate(der); err == nil && !oversized(c) {
			m.chain = append(m.chain, c)
		}
	}
}

// judgeChain says what is wrong with the certificates, and how large their keys are.
func (m *measurement) judgeChain() {
	if len(m.chain) == 0 {
		return
	}
	m.seen.Judged = true
	leaf, now := m.chain[0], m.options.Clock.Now()
	if now.After(leaf.NotAfter) {
		m.seen.Faults = append(m.seen.Faults, "expired")
	}
	if now.Before(leaf.NotBefore) {
		m.seen.Faults = append(m.seen.Faults, "not yet valid")
	}
	if leaf.VerifyHostname(m.host) != nil {
		m.seen.Faults = append(m.seen.Faults, "another name")
	}
	if len(m.seen.Faults) == 0 && trusted(m.chain, m.host, m.options) != nil {
		m.seen.Faults = append(m.seen.Faults, "not trusted")
	}
	for i, c := range m.chain {
		if k, ok := keyOf(c); ok && !slices.Contains(m.seen.Keys, k) {
			m.seen.Keys = append(m.seen.Keys, k)
		}
		if root := i > 0 && c.CheckSignatureFrom(c) == nil; root {
			continue // nobody relies on a root's own signature
		}
		if h := hashOf(c.SignatureAlgorithm); !slices.Contains(m.seen.Signatures, h) {
			m.seen.Signatures = append(m.seen.Signatures, h)
		}
	}
}

func keyOf(c *x509.Certificate) (verdict.Key, bool) {
	switch key := c.PublicKey.(type) {
	case *rsa.PublicKey:
		return verdict.Key{Kind: "RSA", Bits: key.N.BitLen()}, true
	case *ecdsa.PublicKey:
		return verdict.Key{Kind: "ECDSA", Bits: key.Curve.Params().BitSize}, true
	case ed25519.PublicKey:
		return verdict.Key{Kind: "Ed25519", Bits: 256}, true
	}
	return verdict.Key{}, false
}

// hashOf is the hash of a signature's algorithm, as the scale names it.
func hashOf(a x509.SignatureAlgorithm) string {
	for _, name := range []string{"MD5", "SHA1", "SHA256", "SHA384", "SHA512"} {
		if strings.Contains(a.String(), name) {
			return name
		}
	}
	return a.String()
}
