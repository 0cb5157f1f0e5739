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
	reasonTLS  = "no encrypted connection came about"
)

// counts are a connection's requests: begun, and seen by a page; and since when it stands.
type counts struct {
	begun, seen atomic.Int64
	since       time.Time
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
	switch s {
	case http.StateActive:
		n.begun.Add(1)
	case http.StateClosed, http.StateHijacked:
		u.conns.Delete(c)
		if t, ok := c.(*tls.Conn); ok && t.ConnectionState().NegotiatedProtocol == "h2" {
			return // it is active once, whatever it asks; what is malformed there ends a stream and is told of by count
		}
		if n.begun.Load() > n.seen.Load() {
			u.log.Warn("request refused before any page", slog.String("from", c.RemoteAddr().String()), slog.Int64("answered_before", n.seen.Load()))
			reason := reasonHead
			if patience := u.server.ReadHeaderTimeout; n.seen.Load() == 0 && u.now().Sub(n.since) >= patience-patience/10 {
				reason = reasonSlow
			}
			u.sighted(unreadHead, c.RemoteAddr().String(), reason)
		}
	case http.StateNew, http.StateIdle:
	}
}

// misframed is told of what is wrong with a message of HTTP/2. Whose it was is not known here.
func (u *unread) misframed(kind string) {
	u.log.Warn("message of HTTP/2 refused before any page", slog.String("kind", kind))
	u.sighted(unreadHTTP2, "", kind)
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
