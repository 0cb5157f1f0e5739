// SPDX-License-Identifier: EUPL-1.2

package auth

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync/atomic"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/web"
)

// ErrNotLoopback says that the demonstration was asked to listen where other machines can reach it.
var ErrNotLoopback = errors.New("the demonstration's link works on this machine only: listen on 127.0.0.1 or [::1]")

// DemoLink is an address that signs in once, for the demonstration on one's own machine. Nothing else may register it: whoever
// has the address is in, without showing who they are.
type DemoLink struct {
	addr  string
	token string
	used  atomic.Bool
}

// NewDemoLink draws the link for a server that listens on addr, which must be a loopback address with its port.
func NewDemoLink(addr string) (*DemoLink, error) {
	if !loopback(addr) {
		return nil, fmt.Errorf("make sign-in link for %s: %w", addr, ErrNotLoopback)
	}
	b := make([]byte, 32)
	if _, err := rand.Read(b); err != nil {
		return nil, fmt.Errorf("draw sign-in link: %w", err)
	}
	return &DemoLink{addr: addr, token: base64.RawURLEncoding.EncodeToString(b)}, nil
}

// URL is the address to open in a browser.
func (d *DemoLink) URL() string { return "http://" + d.addr + "/demo/" + d.token }

// Hosts are the names that the demonstration answers to: those of this machine. A page elsewhere whose name has been made to lead
// here is then not taken for ours.
func (d *DemoLink) Hosts() []string { return []string{d.addr, "localhost", "127.0.0.1", "[::1]"} }

// Who tells whom the demonstration signs in as.
type Who func(ctx context.Context) (access.Actor, web.Viewer, error)

// DemoPerson gives the person whom the demonstration signs in as, and makes them when they are not there.
func DemoPerson(ctx context.Context, tx *db.Tx, n NewPerson) (ids.ID[Person], error) {
	n.Issuer, n.Subject = DemoIssuer, "demo"
	account, err := accountOf(ctx, tx, Proof{Organisation: n.Organisation, Issuer: n.Issuer, Subject: n.Subject})
	if err == nil {
		n.Person, err = personOf(ctx, tx, n.Organisation, account)
	} else if errors.Is(err, db.ErrNotFound) {
		n, err = AddPerson(ctx, tx, n)
	}
	if err != nil {
		return "", fmt.Errorf("find the demonstration's person: %w", err)
	}
	return n.Person, nil
}

// Mount registers the link on a site.
func (d *DemoLink) Mount(site *web.Site, s *Sessions, who Who) {
	site.Public("GET /demo/{token}", func(c *web.Context) error {
		if err := d.check(c.Request, c.Path("token")); err != nil {
			return err
		}
		actor, _, err := who(c.Context())
		if err != nil {
			return fmt.Errorf("find whom to sign in: %w", err)
		}
		if !d.used.CompareAndSwap(false, true) {
			return &web.Error{Status: http.StatusGone, Key: "auth.link-used"}
		}
		if err := s.SignIn(c.Context(), actor); err != nil {
			return err
		}
		return c.Redirect("/")
	})
}

// check refuses everything but the right token, asked for by a person on this machine.
func (d *DemoLink) check(r *http.Request, token string) error {
	// The hashes are compared, so that neither the content nor the length of a guess changes how long the answer takes.
	got, want := sha256.Sum256([]byte(token)), sha256.Sum256([]byte(d.token))
	if !loopback(r.RemoteAddr) || forwarded(r) || subtle.ConstantTimeCompare(got[:], want[:]) != 1 {
		return &web.Error{Status: http.StatusNotFound, Key: "auth.link-wrong"}
	}
	// A browser that fetches ahead, and whatever asks for the head only, must not use up the link.
	if r.Method != http.MethodGet || strings.Contains(r.Header.Get("Sec-Purpose"), "prefetch") {
		return &web.Error{Status: http.StatusMethodNotAllowed}
	}
	if d.used.Load() {
		return &web.Error{Status: http.StatusGone, Key: "auth.link-used"}
	}
	return nil
}

// loopback reports whether an address with a port can be reached from this machine only.
func loopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return false
	}
	if host == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}

// forwarded reports whether a proxy stands between: the request then only seems to come from this machine.
func forwarded(r *http.Request) bool {
	return r.Header.Get("Forwarded") != "" || r.Header.Get("X-Forwarded-For") != "" || r.Header.Get("X-Real-Ip") != ""
}
