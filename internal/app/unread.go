// SPDX-License-Identifier: EUPL-1.2

package app

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
)

// unread tells the operating log of requests that net/http answers by itself, before any page has seen them: a head that is malformed, too
// long, too slow or cut short. They are what somebody sends who looks for a way past the pages.
type unread struct {
	log   *slog.Logger
	conns sync.Map // net.Conn to *counts
}

// counts are a connection's requests: begun, and seen by a page.
type counts struct{ begun, seen atomic.Int64 }

type countsKey struct{}

// connect lets the requests of a connection be counted.
func (u *unread) connect(ctx context.Context, c net.Conn) context.Context {
	n := &counts{}
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
			return // it is active once, whatever it asks; what is malformed there ends a stream and no connection
		}
		if n.begun.Load() > n.seen.Load() {
			u.log.Warn("request refused before any page", slog.String("from", c.RemoteAddr().String()), slog.Int64("answered_before", n.seen.Load()))
		}
	case http.StateNew, http.StateIdle:
	}
}
