// SPDX-License-Identifier: EUPL-1.2

package probe

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"time"
)

// Limits of one run.
const (
	maxHops      = 10
	maxBody      = 2 << 20
	maxHeader    = 64 << 10
	maxCookies   = 50 // of one answer
	fetchTimeout = 15 * time.Second
)

// answer is what one page said.
type answer struct {
	status    int
	header    http.Header
	body      []byte
	hash      string
	truncated bool
	conn      *handshake // nil without encryption
}

// session fetches pages within one run: GET only, no credential, one connection with a host at a time.
type session struct {
	guard   *guard
	pace    *pace
	options *Options
	jar     *cookiejar.Jar // for the run alone

	mu     sync.Mutex
	conns  []*handshake
	latest *handshake
	oldTLS map[string]bool // hosts that are to be spoken to in TLS 1.2, where a question for a single page can be seen
	http   *http.Transport
	most   int64 // bytes of a page that are read
}

func newSession(g *guard, o *Options) *session {
	jar, _ := cookiejar.New(nil) // it has no way to fail
	s := &session{guard: g, pace: &pace{clock: o.Clock}, options: o, jar: jar, oldTLS: map[string]bool{}, most: maxBody}
	s.http = &http.Transport{
		DialContext: s.dialPlain, DialTLSContext: s.dialTLS, MaxConnsPerHost: 1, MaxIdleConnsPerHost: 1, DisableCompression: true,
		MaxResponseHeaderBytes: maxHeader, IdleConnTimeout: fetchTimeout,
	}
	return s
}

// last is the latest connection with encryption; nil when the latest was without.
func (s *session) last() *handshake {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.latest
}

// shaken are the connections with encryption so far. One that was given up may still be under way, and come later.
func (s *session) shaken() []*handshake {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.conns)
}

// keep notes a connection with encryption.
func (s *session) keep(h *handshake) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.conns = append(s.conns, h)
}

func (s *session) close() { s.http.CloseIdleConnections() }

// connect opens a connection to the first address of a host that answers.
func (s *session) connect(ctx context.Context, address string) (net.Conn, string, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, "", fmt.Errorf("connect to %s: %w", address, ErrNotApproved)
	}
	addrs, err := s.guard.addresses(ctx, host, port)
	if err != nil {
		return nil, "", err
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return nil, "", fmt.Errorf("connect to %s: %w", address, ErrNotApproved)
	}
	var last error
	for _, a := range addrs {
		if err := s.pace.wait(ctx, a.String()); err != nil {
			return nil, "", err
		}
		c, err := s.guard.dial(ctx, host, netip.AddrPortFrom(a, uint16(n)))
		if err == nil {
			return c, host, nil
		}
		last = err
	}
	return nil, "", last
}

func (s *session) dialPlain(ctx context.Context, _, address string) (net.Conn, error) {
	c, _, err := s.connect(ctx, address)
	return c, err
}

func (s *session) dialTLS(ctx context.Context, _, address string) (net.Conn, error) {
	c, host, err := s.connect(ctx, address)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	old := s.oldTLS[address]
	s.mu.Unlock()
	t, h, err := shake(ctx, c, host, s.options, old)
	s.mu.Lock()
	s.conns, s.latest = append(s.conns, h), h
	s.mu.Unlock()
	if err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return t, nil
}

// get fetches a page. It follows nothing.
func (s *session) get(ctx context.Context, u *url.URL) (*answer, error) {
	ctx, cancel := context.WithTimeout(ctx, s.options.Timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, fmt.Errorf("fetch: %w", err)
	}
	req.Header.Set("User-Agent", s.options.agent())
	req.Header.Set("Accept", "text/html,application/xhtml+xml;q=0.9,*/*;q=0.1") // some servers answer 401 to whoever does not want a page
	req.Header.Set("Accept-Language", "sv,en;q=0.8")
	for _, c := range s.jar.Cookies(u) {
		req.AddCookie(c)
	}
	s.mu.Lock()
	if u.Scheme == "http" {
		s.latest = nil
	}
	s.mu.Unlock()
	res, err := s.http.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = res.Body.Close() }() // a body that was cut short closes the connection, which is wanted
	cookies := res.Cookies()
	s.jar.SetCookies(u, cookies[:min(len(cookies), maxCookies)])
	a := &answer{status: res.StatusCode, header: res.Header}
	if u.Scheme == "https" {
		a.conn = s.last()
	}
	if err := a.read(res.Body, res.Header.Get("Content-Encoding"), s.most); err != nil {
		return nil, err
	}
	return a, nil
}

// read takes the beginning of a body. What is longer is cut off, and what is packed is unpacked within the same limit.
func (a *answer) read(body io.Reader, encoding string, most int64) error {
	b, err := io.ReadAll(io.LimitReader(body, most+1))
	if err != nil {
		return fmt.Errorf("read the page: %w", err)
	}
	if int64(len(b)) > most {
		b, a.truncated = b[:most], true
	}
	sum := sha256.Sum256(b)
	a.hash = hex.EncodeToString(sum[:])
	if encoding == "gzip" || encoding == "x-gzip" {
		z, err := gzip.NewReader(bytes.NewReader(b))
		if err != nil {
			return fmt.Errorf("read the page: %w", err)
		}
		b, err = io.ReadAll(io.LimitReader(z, most+1))
		if err != nil && !a.truncated {
			return fmt.Errorf("read the page: %w", err)
		}
		if int64(len(b)) > most {
			b, a.truncated = b[:most], true
		}
	} else if encoding != "" && encoding != "identity" {
		return fmt.Errorf("read the page: %w %q", errEncoding, encoding)
	}
	a.body = b
	return nil
}

var errEncoding = errors.New("it is packed in a way that was not asked for")

// again speaks to a host in TLS 1.2 from now on.
func (s *session) again(u *url.URL) {
	port := u.Port()
	if port == "" {
		port = "443"
	}
	s.mu.Lock()
	s.oldTLS[net.JoinHostPort(lookedUp(u.Hostname()), port)] = true
	s.mu.Unlock()
	s.http.CloseIdleConnections()
}

// version is the version of TLS that was agreed on; 0 without.
func (h *handshake) version() uint16 {
	if h == nil || !h.done {
		return 0
	}
	return h.state.Version
}

// rest speaks TLS with the addresses of a host that no page was fetched from: they may be other machines.
func (s *session) rest(ctx context.Context, target *url.URL) {
	if target.Scheme != "https" {
		return
	}
	host, port := lookedUp(target.Hostname()), portOf(target)
	addrs, err := s.guard.addresses(ctx, host, port)
	n, bad := strconv.ParseUint(port, 10, 16)
	if err != nil || bad != nil || len(s.shaken()) == 0 {
		return
	}
	for _, a := range addrs {
		if slices.ContainsFunc(s.shaken(), func(h *handshake) bool { return h.ip == a.String() }) || s.pace.wait(ctx, a.String()) != nil {
			continue
		}
		c, err := s.guard.dial(ctx, host, netip.AddrPortFrom(a, uint16(n)))
		if err != nil {
			continue
		}
		_, h, _ := shake(ctx, c, host, s.options, false) // what went wrong stands in what was seen
		s.keep(h)
		_ = c.Close()
	}
}
