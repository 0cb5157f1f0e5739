// SPDX-License-Identifier: EUPL-1.2

package app

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

	"golang.org/x/crypto/acme"
)

// ErrInward says that a reader from outside was about to be shown a certificate that only the organisation's own machines trust.
var ErrInward = errors.New("the certificate is not from a publicly trusted authority, and the reader is not within the organisation's networks: use a public " +
	"certificate, or name the network with --inner-network")

// inward shows a certificate from the organisation's own authority within its own networks only. Whoever reads from outside has no way of
// telling such a certificate from a false one, and learns to click warnings away. Which authorities are public is what the machine's own list
// says.
type inward struct {
	get   func(*tls.ClientHelloInfo) (*tls.Certificate, error)
	now   func() time.Time
	proxy func(remote string) bool
	inner []netip.Prefix
	// challenged says that an ACME authority may ask for a certificate that it has told of, which nobody trusts.
	challenged bool

	mu     sync.Mutex
	last   *tls.Certificate
	public bool
}

// show gives the certificate of a connection.
func (i *inward) show(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	c, err := i.get(hello)
	switch {
	case err != nil || hello.Conn == nil || i.challenged && slices.Contains(hello.SupportedProtos, acme.ALPNProto):
		return c, err
	case i.within(hello.Conn.RemoteAddr()) || i.isPublic(c):
		return c, nil
	default:
		return nil, ErrInward
	}
}

// carrier is the network that operators share among customers (RFC 6598): nobody comes from it but through one's own.
var carrier = netip.MustParsePrefix("100.64.0.0/10")

// within reports whether a reader is on the organisation's own networks, as far as an address tells. One that is not known is not.
func (i *inward) within(remote net.Addr) bool {
	if remote.Network() == "unix" || i.proxy != nil && i.proxy(remote.String()) {
		return true
	}
	at, err := netip.ParseAddrPort(remote.String())
	if err != nil {
		return false
	}
	a := at.Addr().Unmap().WithZone("")
	return a.IsLoopback() || a.IsPrivate() || a.IsLinkLocalUnicast() || carrier.Contains(a) ||
		slices.ContainsFunc(i.inner, func(n netip.Prefix) bool { return n.Contains(a) })
}

// isPublic reports whether the machine's list of authorities leads to the certificate. What was found holds until another certificate comes.
func (i *inward) isPublic(c *tls.Certificate) bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	if c != i.last {
		i.last, i.public = c, leadsToPublic(c, i.now())
	}
	return i.public
}

func leadsToPublic(c *tls.Certificate, now time.Time) bool {
	between := x509.NewCertPool()
	var leaf *x509.Certificate
	for n, der := range c.Certificate {
		x, err := x509.ParseCertificate(der)
		switch {
		case err != nil:
			return false
		case n == 0:
			leaf = x
		default:
			between.AddCert(x)
		}
	}
	if leaf == nil {
		return false
	}
	_, err := leaf.Verify(x509.VerifyOptions{Intermediates: between, CurrentTime: now})
	return err == nil
}
