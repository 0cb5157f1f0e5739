// SPDX-License-Identifier: EUPL-1.2

package app

import (
	"bytes"
	"context"
	"crypto/tls"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/net/http2"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/audit"
)

// unread tells both logs, the operating one and the one that nobody can rewrite, of what net/http answers by itself, before any page has seen
// it: a head that is malformed, too long, too slow or cut short, an encrypted connection that never came about, and messages of HTTP/2 that are
// none. They are what somebody sends who looks for a way past the pages. The watch counts what comes again from the same network, so that
// nobody can fill the log with them.
type unread struct {
	log    *slog.Logger
	saw    func(context.Context, audit.Sighting)
	now    func() time.Time
	server *http.Server
	conns  sync.Map // net.Conn to *counts
}

// Where in the program such a refusal belongs, as the log names it, and why it was made.
const (
	unreadHead  = "connection"
	unreadTLS   = "tls"
	unreadHTTP2 = "http2"

	reasonHead = "no request that can be read: malformed, too long or cut short"
	reasonSlow = "no request in time"
	// Fields that HTTP/2 forbids, a head that is too long, or a request that was taken back before anybody could look at it.
	reasonUnseen = "a request that no page has seen"
	// A message, or a field, that HTTP/2 does not have; the name of its code follows.
	reasonMisframed = "what HTTP/2 does not allow: "
	reasonGreeting  = "no HTTP/2 at all"
	reasonTLS       = "no encrypted connection came about"
)

// counts are a connection's requests: begun, and seen by a page; and since when it stands. Of HTTP/2 begun is how often the connection has
// been put to work, before how many pages had seen something then, and back whether it has come to rest and none has seen anything since.
type counts struct {
	begun, seen, before atomic.Int64
	back                atomic.Bool
	since               time.Time
}

type countsKey struct{}

// connect lets the requests of a connection be counted.
func (u *unread) connect(ctx context.Context, c net.Conn) context.Context {
	n := &counts{since: u.now()}
	u.conns.Store(c, n)
	return context.WithValue(ctx, countsKey{}, n)
}

// of gives a connection's counts, or nil when it has none.
func (u *unread) of(c net.Conn) *counts {
	v, _ := u.conns.Load(c)
	n, _ := v.(*counts)
	return n
}

// handler counts the requests that come to a page.
func (u *unread) handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if n, ok := r.Context().Value(countsKey{}).(*counts); ok {
			n.seen.Add(1)
		}
		next.ServeHTTP(w, r)
	})
}

// state follows a connection. It becomes active with each request whose first byte has come.
func (u *unread) state(c net.Conn, s http.ConnState) {
	if a, ok := c.(*answers); ok {
		u.state2(a.Conn, a.n, s)
		return
	}
	n := u.of(c)
	if n == nil {
		return
	}
	if t, ok := c.(*tls.Conn); ok && t.ConnectionState().NegotiatedProtocol == http2.NextProtoTLS {
		u.state2(c, n, s)
		return
	}
	switch s {
	case http.StateActive:
		n.begun.Add(1)
	case http.StateClosed, http.StateHijacked:
		u.conns.Delete(c)
		if n.begun.Load() > n.seen.Load() {
			reason := reasonHead
			if patience := u.server.ReadHeaderTimeout; n.seen.Load() == 0 && u.now().Sub(n.since) >= patience-patience/10 {
				reason = reasonSlow
			}
			// First the log that nobody can rewrite: whoever reads the line knows that it has been counted there.
			u.sighted(unreadHead, c.RemoteAddr().String(), reason)
			u.log.Warn("request refused before any page", slog.String("from", c.RemoteAddr().String()), slog.Int64("answered_before", n.seen.Load()))
		}
	case http.StateNew, http.StateIdle:
	}
}

// state2 follows a connection of HTTP/2. It is active once when it begins, and then from the first request under way to the last of those that
// overlap: when no page has seen any of them, they were taken back before anybody could look, or answered by the library. The answer may leave
// after the connection has come to rest, so that is told when the next begins or the connection ends, and only if the answer was not.
func (u *unread) state2(c net.Conn, n *counts, s http.ConnState) {
	switch s {
	case http.StateActive:
		u.takenBack(c, n)
		n.begun.Add(1)
		n.before.Store(n.seen.Load())
	case http.StateIdle:
		n.rest()
	case http.StateClosed:
		n.rest()
		u.takenBack(c, n)
		u.conns.Delete(c)
	case http.StateNew, http.StateHijacked:
	}
}

// rest notes, at the end of requests that overlap, whether no page has seen any of them. The first time the connection rests it has only begun.
func (n *counts) rest() {
	if n.begun.Load() > 1 && n.before.Swap(-1) == n.seen.Load() {
		n.back.Store(true)
	}
}

func (u *unread) takenBack(c net.Conn, n *counts) {
	if n.back.Swap(false) {
		u.refusedHTTP2(c, n, reasonUnseen)
	}
}

func (u *unread) sighted(where, remote, reason string) {
	from := remote
	if host, _, err := net.SplitHostPort(remote); err == nil {
		from = host
	}
	u.saw(context.Background(), audit.Sighting{Actor: access.Actor{From: from}, Event: audit.ActionRefused, Pattern: where, Reason: reason})
}

// knocks are how net/http and HTTP/2 begin a line about an encrypted connection that did not come about, or on which something else was
// spoken; the address follows.
var knocks = []struct {
	begins        []byte
	where, reason string
}{
	{[]byte("http: TLS handshake error from "), unreadTLS, reasonTLS},
	{[]byte("http2: server: error reading preface from client "), unreadHTTP2, reasonGreeting},
}

// lines gives on what net/http says of itself, and tells of knocks. Somebody who only connects and leaves, as a balancer does
// to see that the program is there, has tried nothing.
func (u *unread) lines(to io.Writer) io.Writer { return &unreadLines{u: u, to: to} }

type unreadLines struct {
	u  *unread
	to io.Writer
}

// Write takes one line.
func (l *unreadLines) Write(b []byte) (int, error) {
	for _, k := range knocks {
		rest, ok := bytes.CutPrefix(b, k.begins)
		if !ok {
			continue
		}
		remote, why, found := bytes.Cut(rest, []byte(": "))
		if found && !bytes.Equal(bytes.TrimSpace(why), []byte("EOF")) {
			l.u.sighted(k.where, string(remote), k.reason)
		}
	}
	return l.to.Write(b)
}
