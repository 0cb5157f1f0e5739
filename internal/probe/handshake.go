// SPDX-License-Identifier: EUPL-1.2

package probe

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/hex"
	"errors"
	"net"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/insegel/insegel/internal/probe/decode"
)

// handshake is what was seen of one connection with encryption.
type handshake struct {
	ip    string
	state tls.ConnectionState
	done  bool
	trust error // why the server's certificate cannot be trusted

	mu       sync.Mutex
	finished bool
	asked    string
	names    []string
	refused  bool
}

// maxCANames is how many authorities of a server are kept, and maxChain how many of its certificates.
const (
	maxCANames = 64
	maxChain   = 16
)

// shake speaks TLS as a browser without any certificate, and keeps what the server asked for. The server's certificate is judged and
// not enforced here: what may be concluded from a server that cannot be trusted is decided by the rules. Nothing secret is ever sent.
func shake(ctx context.Context, c net.Conn, host string, o *Options, old bool) (*tls.Conn, *handshake, error) {
	h := &handshake{asked: "no"}
	if at, err := netip.ParseAddrPort(c.RemoteAddr().String()); err == nil {
		h.ip = at.Addr().String()
	}
	config := &tls.Config{
		ServerName: host, MinVersion: tls.VersionTLS10, NextProtos: []string{"http/1.1"}, Renegotiation: tls.RenegotiateOnceAsClient,
		InsecureSkipVerify: true, //nolint:gosec // judged below, by trusted
		GetClientCertificate: func(r *tls.CertificateRequestInfo) (*tls.Certificate, error) {
			h.question(r)
			return &tls.Certificate{}, nil
		},
	}
	if old {
		config.MaxVersion = tls.VersionTLS12
	}
	t := tls.Client(c, config)
	ctx, cancel := context.WithTimeout(ctx, o.answerTimeout())
	defer cancel()
	err := t.HandshakeContext(ctx)
	h.mu.Lock()
	h.finished = true
	h.mu.Unlock()
	if err != nil {
		h.broke(err)
		return nil, h, err
	}
	h.state, h.done = t.ConnectionState(), true
	h.trust = trusted(h.state.PeerCertificates, host, o)
	return t, h, nil
}

func (h *handshake) question(r *tls.CertificateRequestInfo) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.asked = "handshake"; h.finished {
		h.asked = "after_request"
	}
	h.names = nil
	for _, raw := range r.AcceptableCAs {
		var rdn pkix.RDNSequence
		if rest, err := asn1.Unmarshal(raw, &rdn); err == nil && len(rest) == 0 && len(h.names) < maxCANames {
			var n pkix.Name
			n.FillFromRDNSequence(&rdn)
			h.names = append(h.names, decode.Clip(n.String()))
		}
	}
}

// noCertificate are the alerts by which servers turn away whoever shows no certificate.
var noCertificate = []string{"handshake failure", "certificate required", "bad certificate", "unknown certificate", "access denied", "no certificate"}

// broke notes that the server broke the connection. It is a refusal only when the server had asked for a certificate and says by an
// alert that it wants one: a connection that merely ends may have ended for any reason.
func (h *handshake) broke(err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.asked == "no" || err == nil {
		return
	}
	text := err.Error()
	for _, alert := range noCertificate {
		if strings.Contains(text, "remote error: tls: "+alert) {
			h.refused = true
		}
	}
}

// denied notes that the server answered that it lets nobody in without a certificate.
func (h *handshake) denied() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.refused = true
}

// ask is what the server asked for, and whether it refused because nothing was shown.
func (h *handshake) ask() (asked string, refused bool, names []string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.asked, h.refused, h.names
}

// trusted judges a server's certificates as a browser on this machine would.
func trusted(chain []*x509.Certificate, host string, o *Options) error {
	if len(chain) == 0 {
		return errors.New("the server showed no certificate")
	}
	between := x509.NewCertPool()
	for _, c := range chain[1:] {
		between.AddCert(c)
	}
	_, err := chain[0].Verify(x509.VerifyOptions{DNSName: host, Roots: o.Roots, Intermediates: between, CurrentTime: o.Clock.Now()})
	return err
}

// unknownIssuer reports whether the only thing wrong with a certificate is that nobody here knows who issued it. Names and dates are
// judged apart, as the chain is what fails first.
func unknownIssuer(chain []*x509.Certificate, host string, trust error, now time.Time) bool {
	var unknown x509.UnknownAuthorityError
	if len(chain) == 0 || !errors.As(trust, &unknown) {
		return false
	}
	return chain[0].VerifyHostname(host) == nil && now.After(chain[0].NotBefore) && now.Before(chain[0].NotAfter)
}

// record is the handshake as records have it.
func (h *handshake) record() TLS {
	asked, refused, names := h.ask()
	t := TLS{IP: h.ip, Chain: []string{}, Verify: "error", Certificate: CertificateRequest{Asked: asked, Refused: refused, CANames: append([]string{}, names...)}}
	if !h.done {
		return t
	}
	t.Version, t.Suite, t.ALPN = tls.VersionName(h.state.Version), tls.CipherSuiteName(h.state.CipherSuite), h.state.NegotiatedProtocol
	if h.trust == nil {
		t.Verify = "ok"
	}
	for _, c := range h.state.PeerCertificates[:min(len(h.state.PeerCertificates), maxChain)] {
		sum := sha256.Sum256(c.Raw)
		t.Chain = append(t.Chain, hex.EncodeToString(sum[:]))
	}
	if len(h.state.PeerCertificates) > 0 {
		t.NotAfter = h.state.PeerCertificates[0].NotAfter.UTC().Format(time.RFC3339)
	}
	return t
}
