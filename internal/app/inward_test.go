// SPDX-License-Identifier: EUPL-1.2

package app

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"math/big"
	"net"
	"net/netip"
	"testing"
	"time"
)

// from is a connection from somewhere.
type from struct {
	net.Conn
	addr net.Addr
}

func (f from) RemoteAddr() net.Addr { return f.addr }

// A certificate from an authority that is nobody else's is shown within the organisation's networks, and to nobody on the internet.
func TestInnerCertificatesStayInside(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	own := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "insegel.test"}, DNSNames: []string{"insegel.test"},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, own, own, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	pair := &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
	i := &inward{
		get: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return pair, nil }, now: time.Now, inner: []netip.Prefix{netip.MustParsePrefix("198.51.100.0/24")},
		proxy: func(remote string) bool { return remote == "203.0.113.80:443" },
	}
	tcp := func(s string) net.Addr { return net.TCPAddrFromAddrPort(netip.MustParseAddrPort(s)) }
	for name, c := range map[string]struct {
		addr net.Addr
		want bool
	}{
		"this machine": {tcp("127.0.0.1:1"), true}, "a private network": {tcp("10.1.2.3:1"), true}, "the same in IPv6": {tcp("[fd00::1]:1"), true},
		"mapped": {tcp("[::ffff:192.168.1.1]:1"), true}, "a socket": {&net.UnixAddr{Name: "@", Net: "unix"}, true}, "a named network": {tcp("198.51.100.9:1"), true},
		"a proxy": {tcp("203.0.113.80:443"), true}, "the internet": {tcp("203.0.113.9:1"), false}, "the same in IPv6 outside": {tcp("[2001:db8::1]:1"), false},
		"mapped outside": {tcp("[::ffff:203.0.113.9]:1"), false}, "nobody knows": {&net.IPAddr{}, false},
	} {
		got, err := i.show(&tls.ClientHelloInfo{Conn: from{addr: c.addr}})
		if (got != nil) != c.want || (err == nil) != c.want || err != nil && !errors.Is(err, ErrInward) {
			t.Errorf("%s: %v, %v", name, got != nil, err)
		}
	}
	i.last, i.public = pair, true // as one that the machine's authorities lead to
	if got, err := i.show(&tls.ClientHelloInfo{Conn: from{addr: tcp("203.0.113.9:1")}}); got == nil || err != nil {
		t.Errorf("a public certificate to the internet: %v", err)
	}
}
