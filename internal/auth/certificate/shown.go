// SPDX-License-Identifier: EUPL-1.2

package certificate

import (
	"crypto/sha256"
	"crypto/subtle"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"net"
	"net/http"
	"net/url"
	"strings"
)

// The headers in which a proxy hands on the reader's certificate.
const (
	// HeaderClientCert is RFC 9440: the DER of the certificate as base64 between colons. Its chain stands in Client-Cert-Chain.
	HeaderClientCert = "Client-Cert"
	// HeaderXSSL is what nginx and others send: the PEM, percent-encoded.
	HeaderXSSL = "X-SSL-Client-Cert"

	headerChain = "Client-Cert-Chain"
)

// Proxy is a proxy that hands on the reader's certificate in a header. The header is read only over a channel on which the proxy has
// shown who it is; on every other it is as if it were not there.
type Proxy struct {
	// Header is HeaderClientCert or HeaderXSSL; the other is never read. Empty reads none.
	Header string
	// Socket says that what comes over a unix socket is from the proxy.
	Socket bool
	// Pins are the SHA-256 of the proxy's own certificates, which it shows at our TLS listener.
	Pins [][sha256.Size]byte
}

// vouched reports whether a request comes from the proxy.
func (p *Proxy) vouched(r *http.Request) bool {
	if p.Socket {
		if a, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr); ok && a.Network() == "unix" {
			return true
		}
	}
	return p.pinned(r)
}

// pinned reports whether the other end of the connection has shown one of the proxy's certificates.
func (p *Proxy) pinned(r *http.Request) bool {
	if r.TLS == nil || len(r.TLS.PeerCertificates) == 0 {
		return false
	}
	sum := sha256.Sum256(r.TLS.PeerCertificates[0].Raw)
	for i := range p.Pins {
		if subtle.ConstantTimeCompare(sum[:], p.Pins[i][:]) == 1 {
			return true
		}
	}
	return false
}

// shown gives the certificate that the reader has shown, first, and those that came with it. A proxy's own certificate is never the
// reader's.
func (p *Proxy) shown(r *http.Request) []*x509.Certificate {
	if p.Header != "" && p.vouched(r) {
		return p.handedOn(r.Header)
	}
	if r.TLS == nil || p.pinned(r) {
		return nil
	}
	return r.TLS.PeerCertificates
}

// maxHeader is how long a certificate in a header may be.
const maxHeader = 16 << 10

func (p *Proxy) handedOn(h http.Header) []*x509.Certificate {
	values := h.Values(p.Header)
	if len(values) != 1 || len(values[0]) > maxHeader {
		return nil // twice is from two, of which one is not the proxy
	}
	if p.Header == HeaderXSSL {
		return fromPEM(values[0])
	}
	leaf := fromBytes(values[0])
	if leaf == nil {
		return nil
	}
	out := []*x509.Certificate{leaf}
	for _, part := range strings.Split(strings.Join(h.Values(headerChain), ","), ",") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		c := fromBytes(part)
		if c == nil || len(out) > 10 {
			return nil
		}
		out = append(out, c)
	}
	return out
}

// fromBytes reads a byte sequence of a structured field (RFC 8941): base64 between colons.
func fromBytes(s string) *x509.Certificate {
	inner, begins := strings.CutPrefix(s, ":")
	inner, ends := strings.CutSuffix(inner, ":")
	if !begins || !ends {
		return nil
	}
	der, err := base64.StdEncoding.DecodeString(inner)
	if err != nil {
		return nil
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		return nil
	}
	return c
}

func fromPEM(s string) []*x509.Certificate {
	text, err := url.PathUnescape(s)
	if err != nil {
		return nil
	}
	var out []*x509.Certificate
	for rest := []byte(text); len(out) < 10; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil
		}
		out = append(out, c)
	}
	return out
}
