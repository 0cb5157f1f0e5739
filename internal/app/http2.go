// SPDX-License-Identifier: EUPL-1.2

package app

//lint:file-ignore SA1019 net/http's own HTTP/2 takes no connection but its own; decision 077 says why and what it costs.

import (
	"context"
	"crypto/tls"
	"encoding/binary"
	"fmt"
	"log/slog"
	"net"
	"net/http"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// serveHTTP2 has a server speak HTTP/2 so that what is refused before any page is told, whose it was and why. The library resets a field that
// cannot be one without a word to anybody, so each connection is followed by what is answered on it (decision 077).
func (u *unread) serveHTTP2(s *http.Server) error {
	h2 := &http2.Server{}
	if err := http2.ConfigureServer(s, h2); err != nil {
		return fmt.Errorf("set up HTTP/2: %w", err)
	}
	s.TLSConfig = nil // who serves gives it, if it encrypts at all
	s.TLSNextProto = map[string]func(*http.Server, *tls.Conn, http.Handler){http2.NextProtoTLS: func(hs *http.Server, c *tls.Conn, h http.Handler) {
		n := u.of(c)
		if n == nil {
			n = &counts{since: u.now()}
		}
		ctx := context.WithValue(context.Background(), countsKey{}, n)
		h2.ServeConn(newAnswers(c, u, n), &http2.ServeConnOpts{Context: ctx, BaseConfig: hs, Handler: h})
	}}
	return nil
}

// answers is a connection of HTTP/2 that looks at what the server writes: which requests the library answers by itself, which it resets and
// why. No page's text is looked at. One goroutine at a time writes, as the library needs it too.
type answers struct {
	*tls.Conn
	u      *unread
	n      *counts
	head   []byte // of a message whose head, with the code after it where it has one, has come in part
	left   uint32 // bytes left of a message
	fields bool   // that those are fields of an answer,
	last   bool   // the last ones,
	read   *hpack.Decoder
	status string // what they have said so far
	policy bool
}

// A message's head: its length, kind, flags and request (RFC 9113, 4.1), with the code that ends a request (6.4) or, after another
// number, a connection (6.8). No more than tableSize bytes of fields are remembered, as the server's own side does (4.3.1).
const (
	frameHead = 9
	resetHead = frameHead + 4
	goneHead  = frameHead + 8
	tableSize = 4096
)

func newAnswers(c *tls.Conn, u *unread, n *counts) *answers {
	a := &answers{Conn: c, u: u, n: n}
	a.read = hpack.NewDecoder(tableSize, func(f hpack.HeaderField) {
		switch f.Name {
		case ":status":
			a.status = f.Value
		case "content-security-policy":
			a.policy = true
		}
	})
	return a
}

// Write follows what is written, and then writes it.
func (c *answers) Write(b []byte) (int, error) {
	c.follow(b)
	return c.Conn.Write(b) //nolint:wrapcheck // it is the connection's own
}

// follow takes messages as they come, in parts or several at once.
func (c *answers) follow(b []byte) {
	for len(b) > 0 {
		if c.left > 0 {
			n := int(min(int64(c.left), int64(len(b))))
			c.more(b[:n])
			b = b[n:]
			continue
		}
		n := min(headOf(c.head)-len(c.head), len(b))
		c.head, b = append(c.head, b[:n]...), b[n:]
		if len(c.head) == headOf(c.head) {
			c.begin(c.head)
			c.head = c.head[:0]
		}
	}
}

// headOf is how many bytes of a message are looked at first, as far as can be told from those that have come.
func headOf(head []byte) int {
	if len(head) < frameHead {
		return frameHead
	}
	switch http2.FrameType(head[3]) {
	case http2.FrameRSTStream:
		return resetHead
	case http2.FrameGoAway:
		return goneHead
	default:
		return frameHead
	}
}

// begin notes what the head of a message says.
func (c *answers) begin(head []byte) {
	length := uint32(head[0])<<16 | uint32(head[1])<<8 | uint32(head[2])
	c.left = length - min(length, uint32(len(head)-frameHead)) //nolint:gosec // a head has 9 to 17 bytes
	c.fields, c.last = false, false
	switch http2.FrameType(head[3]) {
	case http2.FrameHeaders, http2.FrameContinuation:
		c.fields, c.last = true, http2.Flags(head[4]).Has(http2.FlagHeadersEndHeaders)
	case http2.FrameRSTStream, http2.FrameGoAway:
		switch code := http2.ErrCode(binary.BigEndian.Uint32(head[len(head)-4:])); code {
		case http2.ErrCodeNo, http2.ErrCodeCancel, http2.ErrCodeInternal: // an answer before all was sent, an end, or our own fault
		default:
			c.tell(reasonMisframed + code.String())
		}
	default:
	}
}

// more takes a part of a message that is not looked at but for the fields of an answer. Every page of ours says what scripts it may run, also
// when it refuses; an answer that something is wrong with the request and that does not say so is the library's.
func (c *answers) more(part []byte) {
	c.left -= uint32(len(part)) //nolint:gosec // a part is never longer than what is left
	if !c.fields {
		return
	}
	_, _ = c.read.Write(part) // our own server has written them
	if c.left > 0 || !c.last {
		return
	}
	_ = c.read.Close()
	if (c.status == "400" || c.status == "431") && !c.policy {
		c.tell(reasonUnseen)
	}
	c.status, c.policy = "", false
}

// tell tells of something that no page has seen; the connection need not be told of once more when it rests.
func (c *answers) tell(reason string) {
	c.n.before.Store(-1)
	c.n.back.Store(false)
	c.u.refusedHTTP2(c.Conn, c.n, reason)
}

// refusedHTTP2 tells of something that was sent on a connection of HTTP/2 and that no page has seen.
func (u *unread) refusedHTTP2(c net.Conn, n *counts, reason string) {
	u.sighted(unreadHTTP2, c.RemoteAddr().String(), reason)
	u.log.Warn("request refused before any page", slog.String("from", c.RemoteAddr().String()), slog.String("why", reason), slog.Int64("answered_before", n.seen.Load()))
}
