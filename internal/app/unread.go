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
	reasonTLS    = "no encrypted connection came about"
)

// counts are a connection's requests: begun, and seen by a page; and since when it stands. Of HTTP/2 begun is how often the connection has
// been put to work, and before how many pages had seen something then.
type counts struct {
	begun, seen, before atomic.Int64
	since               time.Time
}

type countsKey struct{}

// connect lets the requests of a connection be counted.
func (u *unread) connect(ctx context.Context, c net.Conn) context.Context {
	n := &counts{since: u.now()}
	u.conns.Store(c, n)
	return context.WithValue(ctx, countsKey{}, n)
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
	v, ok := u.conns.Load(c)
	if !ok {
		return
	}
	n, ok := v.(*counts)
	if !ok {
		return
	}
	if t, ok := c.(*tls.Conn); ok && t.ConnectionState().NegotiatedProtocol == "h2" {
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
// overlap: when no page has seen any of them, they were answered or reset before. One that overlaps a request that a page has seen is not
// noticed, nor is a field whose name or value cannot be one at all: net/http resets that without a word to anybody.
func (u *unread) state2(c net.Conn, n *counts, s http.ConnState) {
	switch s {
	case http.StateActive:
		n.begun.Add(1)
		n.before.Store(n.seen.Load())
	case http.StateIdle, http.StateClosed:
		if n.begun.Load() > 1 && n.before.Swap(-1) == n.seen.Load() {
			u.sighted(unreadHTTP2, c.RemoteAddr().String(), reasonUnseen)
			u.log.Warn("request refused before any page", slog.String("from", c.RemoteAddr().String()), slog.Int64("answered_before", n.seen.Load()))
		}
		if s == http.StateClosed {
			u.conns.Delete(c)
		}
	case http.StateNew, http.StateHijacked:
	}
}

// misframed is told of what is wrong with a message of HTTP/2. Whose it was is not known here.
func (u *unread) misframed(kind string) {
	u.sighted(unreadHTTP2, "", kind)
	u.log.Warn("message of HTTP/2 refused before any page", slog.String("kind", kind))
}

func (u *unread) sighted(where, remote, reason string) {
	from := remote
	if host, _, err := net.SplitHostPort(remote); err == nil {
		from = host
	}
	u.saw(context.Background(), audit.Sighting{Actor: access.Actor{From: from}, Event: audit.ActionRefused, Pattern: where, Reason: reason})
}

// handshake is how net/http begins a line about an encrypted connection that did not come about; the address follows.
var handshake = []byte("http: TLS handshake error from ")

// lines gives on what net/http says of itself, and tells of handshakes that failed. Somebody who only connects and leaves, as a balancer does
// to see that the program is there, has tried nothing.
func (u *unread) lines(to io.Writer) io.Writer { return &unreadLines{u: u, to: to} }

type unreadLines struct {
	u  *unread
	to io.Writer
}

// Write takes one line.
func (l *unreadLines) Write(b []byte) (int, error) {
	if rest, ok := bytes.CutPrefix(b, handshake); ok {
		remote, why, found := bytes.Cut(rest, []byte(": "))
		if found && !bytes.Equal(bytes.TrimSpace(why), []byte("EOF")) {
			l.u.sighted(unreadTLS, string(remote), reasonTLS)
		}
	}
	return l.to.Write(b)
}
