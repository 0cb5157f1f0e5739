// SPDX-License-Identifier: EUPL-1.2

package app_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/insegel/insegel/internal/app"
	"github.com/insegel/insegel/internal/auth"
	"github.com/insegel/insegel/internal/auth/rotation"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/web"
)

func parsed(t *testing.T, text string) *url.URL {
	t.Helper()
	u, err := url.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// What passes between machines is encrypted, here or by a proxy that somebody has named; without either the server does not start.
func TestExposedAddressesAreRefused(t *testing.T) {
	https, plain := parsed(t, "https://insegel.example"), parsed(t, "http://insegel.example")
	proxy := web.Proxies{Networks: []netip.Prefix{netip.MustParsePrefix("10.0.0.5/32")}}
	certificate := &app.TLS{Certificate: "c", Key: "k"}
	for _, tc := range []struct {
		name string
		o    app.ServerOptions
		want error
	}{
		{"this machine", app.ServerOptions{Address: "127.0.0.1:8080"}, nil},
		{"this machine, IPv6", app.ServerOptions{Address: "[::1]:8080"}, nil},
		{"this machine by name", app.ServerOptions{Address: "localhost:8080"}, nil},
		{"a socket", app.ServerOptions{Address: "unix:/run/insegel.sock"}, nil},
		{"everywhere", app.ServerOptions{Address: ":8080"}, app.ErrExposed},
		{"everywhere, IPv4", app.ServerOptions{Address: "0.0.0.0:8080"}, app.ErrExposed},
		{"everywhere, IPv6", app.ServerOptions{Address: "[::]:8080"}, app.ErrExposed},
		{"an address", app.ServerOptions{Address: "192.0.2.1:8080", URL: https}, app.ErrExposed},
		{"a name", app.ServerOptions{Address: "insegel.example:8080", URL: https}, app.ErrExposed},
		{"a name that begins like this machine's", app.ServerOptions{Address: "localhost.example:8080"}, app.ErrExposed},
		{"no port", app.ServerOptions{Address: "127.0.0.1"}, app.ErrExposed},
		{"a socket as the proxy of an address", app.ServerOptions{Address: ":8080", Proxies: web.Proxies{Socket: true}, URL: https}, app.ErrExposed},
		{"behind a proxy", app.ServerOptions{Address: ":8080", Proxies: proxy, URL: https}, app.ErrClear},
		{"behind a proxy in clear", app.ServerOptions{Address: ":8080", Proxies: proxy, URL: https, Clear: true}, nil},
		{"behind a proxy, both with TLS", app.ServerOptions{Address: ":8443", Proxies: proxy, URL: https, TLS: certificate}, nil},
		{"in clear without a proxy", app.ServerOptions{Address: ":8080", URL: https, Clear: true}, app.ErrExposed},
		{"behind a proxy, address unknown", app.ServerOptions{Address: ":8080", Proxies: proxy}, app.ErrNoURL},
		{"behind a proxy without TLS", app.ServerOptions{Address: ":8080", Proxies: proxy, URL: plain}, app.ErrNoURL},
		{"behind everybody", app.ServerOptions{Address: ":8080", URL: https, Proxies: web.Proxies{Networks: []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0")}}}, app.ErrProxies},
		{"with TLS", app.ServerOptions{Address: ":443", TLS: certificate, URL: https}, nil},
		{"with TLS, address unknown", app.ServerOptions{Address: ":443", TLS: certificate}, app.ErrNoURL},
		{"with TLS for http", app.ServerOptions{Address: ":443", TLS: certificate, URL: plain}, app.ErrNoURL},
	} {
		if err := tc.o.Check(); !errors.Is(err, tc.want) {
			t.Errorf("%s: %v, want %v", tc.name, err, tc.want)
		}
	}
	a := open(t, "sqlite:"+filepath.Join(t.TempDir(), "a.db"))
	if err := a.Serve(t.Context(), app.ServerOptions{Address: "0.0.0.0:0"}); !errors.Is(err, app.ErrExposed) {
		t.Errorf("the server started: %v", err)
	}
}

// authority issues certificates for tests.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	pool *x509.CertPool
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Test CA"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	a := &authority{key: key, pool: x509.NewCertPool()}
	if a.cert, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	a.pool.AddCert(a.cert)
	return a
}

// issue writes a certificate with its chain, and its key, into two files of dir. change may spoil it.
func (a *authority) issue(t *testing.T, dir string, change func(*x509.Certificate), keys ...any) (cert, key string) {
	t.Helper()
	var private any
	if len(keys) > 0 {
		private = keys[0]
	} else {
		k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		private = k
	}
	serial, err := rand.Int(rand.Reader, big.NewInt(1<<62))
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: "insegel"}, DNSNames: []string{"insegel.test"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	if change != nil {
		change(template)
	}
	public := private.(crypto.Signer)
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, public.Public(), a.key)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	write(t, cert, append(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.cert.Raw})...))
	write(t, key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8}))
	return cert, key
}

func write(t *testing.T, path string, b []byte) {
	t.Helper()
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

// started serves the program until the test ends and gives the address that it listens on.
func started(t *testing.T, o app.ServerOptions) string {
	t.Helper()
	a := open(t, "sqlite:"+filepath.Join(t.TempDir(), "a.db"))
	ctx, stop := context.WithCancel(context.Background())
	ready, ended := make(chan string, 1), make(chan error, 1)
	o.Ready = func(at net.Addr) { ready <- at.String() }
	go func() { ended <- a.Serve(ctx, o) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	select {
	case at := <-ready:
		return at
	case err := <-ended:
		ended <- nil
		t.Fatal(err)
		return ""
	}
}

// client is a browser that trusts the authority and finds insegel.test at the address.
func (a *authority) client(address string, change func(*tls.Config)) *http.Client {
	c := &tls.Config{RootCAs: a.pool}
	if change != nil {
		change(c)
	}
	return &http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{TLSClientConfig: c, ForceAttemptHTTP2: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "tcp", address)
		}},
	}
}

func fetch(t *testing.T, c *http.Client, address string) (*http.Response, error) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), "GET", address, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := c.Do(r)
	if err != nil {
		return nil, err
	}
	_, _ = io.Copy(io.Discard, res.Body)
	return res, res.Body.Close()
}

func TestTLS(t *testing.T) {
	ca := newAuthority(t)
	dir := t.TempDir()
	cert, key := ca.issue(t, dir, nil)
	at := started(t, app.ServerOptions{Address: "127.0.0.1:0", URL: parsed(t, "https://insegel.test"), TLS: &app.TLS{Certificate: cert, Key: key}})
	c := ca.client(at, nil)
	res, err := fetch(t, c, "https://insegel.test/logga-in")
	if err != nil || res.StatusCode != 200 || res.ProtoMajor != 2 || res.TLS.Version != tls.VersionTLS13 {
		t.Fatalf("%+v, %v", res, err)
	}
	if res.Header.Get("Strict-Transport-Security") == "" {
		t.Error("no HSTS")
	}
	if res, err := fetch(t, ca.client(at, nil), "https://127.0.0.1/logga-in"); err != nil || res.StatusCode != http.StatusMisdirectedRequest {
		t.Errorf("another name: %v, %v", res, err)
	}
	for name, change := range map[string]func(*tls.Config){
		"TLS 1.1": func(c *tls.Config) { c.MaxVersion = tls.VersionTLS11; c.MinVersion = tls.VersionTLS10 },
		"no forward secrecy": func(c *tls.Config) {
			c.MaxVersion, c.CipherSuites = tls.VersionTLS12, []uint16{tls.TLS_RSA_WITH_AES_128_GCM_SHA256}
		},
		"CBC": func(c *tls.Config) {
			c.MaxVersion, c.CipherSuites = tls.VersionTLS12, []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA}
		},
	} {
		if _, err := fetch(t, ca.client(at, change), "https://insegel.test/halsa"); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
	if res, err := fetch(t, ca.client(at, func(c *tls.Config) { c.MaxVersion = tls.VersionTLS12 }), "https://insegel.test/halsa"); err != nil || res.StatusCode != 200 {
		t.Errorf("TLS 1.2 with a good suite: %v, %v", res, err)
	}
	// Plain HTTP gets no page.
	if res, err := fetch(t, http.DefaultClient, "http://"+at+"/halsa"); err == nil && res.StatusCode == 200 {
		t.Error("plain HTTP was answered")
	}
}

// A certificate that is replaced is used for what comes after, what is open goes on, and half a replacement changes nothing.
func TestCertificateIsReadAnew(t *testing.T) {
	ca := newAuthority(t)
	dir := t.TempDir()
	cert, key := ca.issue(t, dir, nil)
	at := started(t, app.ServerOptions{Address: "127.0.0.1:0", URL: parsed(t, "https://insegel.test"), TLS: &app.TLS{Certificate: cert, Key: key}})
	serial := func(c *http.Client) string {
		t.Helper()
		res, err := fetch(t, c, "https://insegel.test/halsa")
		if err != nil || res.StatusCode != 200 {
			t.Fatalf("%v, %v", res, err)
		}
		return res.TLS.PeerCertificates[0].SerialNumber.String()
	}
	kept := ca.client(at, nil)
	first := serial(kept)

	elsewhere := t.TempDir()
	newCert, newKey := ca.issue(t, elsewhere, nil)
	move(t, newCert, cert) // the key is still the old one's
	if got := serial(ca.client(at, nil)); got != first {
		t.Error("a certificate without its key was taken into use")
	}
	move(t, newKey, key)
	second := serial(ca.client(at, nil))
	if second == first {
		t.Error("the new certificate is not used")
	}
	if got := serial(kept); got != first {
		t.Error("the open connection was dropped")
	}
	badCert, badKey := ca.issue(t, t.TempDir(), func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) })
	move(t, badKey, key)
	move(t, badCert, cert)
	if got := serial(ca.client(at, nil)); got != second {
		t.Error("an expired certificate was taken into use")
	}
	if err := os.Remove(cert); err != nil {
		t.Fatal(err)
	}
	if got := serial(ca.client(at, nil)); got != second {
		t.Error("a lost file stopped the server")
	}
}

func move(t *testing.T, from, to string) {
	t.Helper()
	if err := os.Rename(from, to); err != nil {
		t.Fatal(err)
	}
}

// What readers' browsers would refuse stops the start, with the reason.
func TestCertificatesThatAreRefused(t *testing.T) {
	ca, other := newAuthority(t), newAuthority(t)
	short, err := rsa.GenerateKey(rand.Reader, 1024) //nolint:gosec // that it is too short is the point
	if err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		spoil func(dir string) (cert, key string)
		want  string
	}{
		"expired": {func(dir string) (string, string) {
			return ca.issue(t, dir, func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) })
		}, "it holds from"},
		"not yet": {func(dir string) (string, string) {
			return ca.issue(t, dir, func(c *x509.Certificate) { c.NotBefore = time.Now().Add(time.Minute) })
		}, "it holds from"},
		"another name": {func(dir string) (string, string) {
			return ca.issue(t, dir, func(c *x509.Certificate) { c.DNSNames = []string{"other.test"} })
		}, "insegel.test"},
		"not a server's": {func(dir string) (string, string) {
			return ca.issue(t, dir, func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth} })
		}, "not for a server"},
		"another key": {func(dir string) (string, string) {
			cert, _ := ca.issue(t, dir, nil)
			_, key := ca.issue(t, t.TempDir(), nil)
			return cert, key
		}, "private key does not match"},
		"another authority in the chain": {func(dir string) (string, string) {
			cert, key := ca.issue(t, dir, nil)
			b, err := os.ReadFile(cert)
			if err != nil {
				t.Fatal(err)
			}
			leaf, _ := pem.Decode(b)
			write(t, cert, append(pem.EncodeToMemory(leaf), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: other.cert.Raw})...))
			return cert, key
		}, "not issued by the one after it"},
		"a short key":       {func(dir string) (string, string) { return ca.issue(t, dir, nil, short) }, "at least 2048"},
		"a key of 112 bits": {func(dir string) (string, string) { return ca.issue(t, dir, nil, shortRSA()) }, app.ErrShortKey.Error()},
		"a key that others can read": {func(dir string) (string, string) {
			cert, key := ca.issue(t, dir, nil)
			if err := os.Chmod(key, 0o644); err != nil { //nolint:gosec // that it is readable is the point
				t.Fatal(err)
			}
			return cert, key
		}, app.ErrReadable.Error()},
		"no file": {func(dir string) (string, string) { return filepath.Join(dir, "a"), filepath.Join(dir, "b") }, "no such file"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			cert, key := tc.spoil(dir)
			a := open(t, "sqlite:"+filepath.Join(dir, "a.db"))
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			err := a.Serve(ctx, app.ServerOptions{
				Address: "127.0.0.1:0", URL: parsed(t, "https://insegel.test"), TLS: &app.TLS{Certificate: cert, Key: key}, Ready: func(net.Addr) { stop() },
			})
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v, want %q", err, tc.want)
			}
		})
	}
}

var shortRSA = sync.OnceValue(func() *rsa.PrivateKey {
	k, _ := rsa.GenerateKey(rand.Reader, 2048) // it fails for impossible lengths only
	return k
})

// A certificate with a short key is shown only until the day that the operator has named, and stands among what is to be changed. So do
// certificates with longer keys, by the day that they end.
func TestShortKeysHaveADay(t *testing.T) {
	ca, weak := newAuthority(t), newAuthority(t)
	today, end := civil.Of(time.Now()), time.Now().Add(50*24*time.Hour)
	template := *weak.cert
	template.SignatureAlgorithm, template.PublicKey = x509.UnknownSignatureAlgorithm, nil // the short key is of another kind
	der, err := x509.CreateCertificate(rand.Reader, &template, &template, shortRSA().Public(), shortRSA())
	if err != nil {
		t.Fatal(err)
	}
	people, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		keys        []any
		until       civil.Date
		authorities []*x509.Certificate
		want        error
		due         civil.Date
	}{
		"a short key until a day":       {keys: []any{shortRSA()}, until: today.AddDays(20), due: today.AddDays(20)},
		"its last day":                  {keys: []any{shortRSA()}, until: today, due: today},
		"a day that has been":           {keys: []any{shortRSA()}, until: today.AddDays(-1), want: app.ErrWeakUntil},
		"for years":                     {keys: []any{shortRSA()}, until: today.AddDays(400), want: app.ErrWeakUntil},
		"a good key":                    {due: civil.Of(end)},
		"a short authority":             {authorities: []*x509.Certificate{people}, want: app.ErrShortKey},
		"a short authority until a day": {authorities: []*x509.Certificate{people}, until: today.AddDays(1), due: civil.Of(end)},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			cert, key := ca.issue(t, dir, func(c *x509.Certificate) { c.NotAfter = end }, tc.keys...)
			a := open(t, "sqlite:"+filepath.Join(dir, "a.db"))
			actor := fillWithCanary(t, a)
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			var due civil.Date
			err := a.Serve(ctx, app.ServerOptions{
				Address: "127.0.0.1:0", URL: parsed(t, "https://insegel.test"),
				TLS: &app.TLS{Certificate: cert, Key: key, ClientAuthorities: tc.authorities, WeakUntil: tc.until},
				Ready: func(net.Addr) {
					for _, c := range must(app.Rotations(a).List(ctx, actor))(t).Changes {
						if c.Kind != rotation.Certificate {
							continue
						}
						if due = c.Due; c.Weak != (tc.keys != nil) {
							t.Errorf("the certificate is told of as weak: %t", c.Weak)
						}
					}
					stop()
				},
			})
			if !errors.Is(err, tc.want) || tc.want == nil && due != tc.due {
				t.Errorf("got %v, due %s; want %v, %s", err, due, tc.want, tc.due)
			}
		})
	}
}

// A personal certificate is asked for under one name alone, and only those of the chosen authorities are let in.
func TestPersonalCertificates(t *testing.T) {
	ca, people, strangers := newAuthority(t), newAuthority(t), newAuthority(t)
	dir := t.TempDir()
	cert, key := ca.issue(t, dir, func(c *x509.Certificate) { c.DNSNames = []string{"insegel.test", "kort.insegel.test"} })
	at := started(t, app.ServerOptions{
		Address: "127.0.0.1:0", URL: parsed(t, "https://insegel.test"),
		TLS: &app.TLS{Certificate: cert, Key: key, ClientCAs: people.pool, ClientHost: "kort.insegel.test"},
	})
	card := func(from *authority) tls.Certificate {
		cert, key := from.issue(t, t.TempDir(), func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth} })
		pair, err := tls.LoadX509KeyPair(cert, key)
		if err != nil {
			t.Fatal(err)
		}
		return pair
	}
	for name, tc := range map[string]struct {
		host        string
		from        *authority
		asked, good bool
	}{
		"the ordinary name":          {"insegel.test", people, false, true},
		"the name for cards":         {"kort.insegel.test", people, true, true},
		"a stranger's card":          {"kort.insegel.test", strangers, true, false},
		"a stranger's card, no need": {"insegel.test", strangers, false, true},
	} {
		asked := false
		c := ca.client(at, func(c *tls.Config) {
			c.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
				asked = true
				pair := card(tc.from)
				return &pair, nil
			}
		})
		res, err := fetch(t, c, "https://"+tc.host+"/logga-in")
		if asked != tc.asked || (err == nil && res.StatusCode == 200) != tc.good {
			t.Errorf("%s: asked %v, %v, %v", name, asked, res, err)
		}
	}
	// A request over a connection that was opened for the other name is refused, and the browser opens one of its own.
	r, err := http.NewRequestWithContext(t.Context(), "GET", "https://insegel.test/logga-in", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Host = "kort.insegel.test"
	res, err := ca.client(at, nil).Do(r)
	if err != nil || res.StatusCode != http.StatusMisdirectedRequest {
		t.Errorf("one connection for two names: %v, %v", res, err)
	}
	if err == nil {
		_ = res.Body.Close()
	}
}

func TestRedirectToTLS(t *testing.T) {
	ca := newAuthority(t)
	cert, key := ca.issue(t, t.TempDir(), nil)
	free := freePort(t)
	started(t, app.ServerOptions{
		Address: "127.0.0.1:0", URL: parsed(t, "https://insegel.test"), TLS: &app.TLS{Certificate: cert, Key: key}, Redirect: free,
	})
	c := ca.client(free, nil)
	res, err := fetch(t, c, "http://evil.example/system?q=1")
	if err != nil || res.StatusCode != http.StatusPermanentRedirect || res.Header.Get("Location") != "https://insegel.test/system?q=1" {
		t.Errorf("%v, %v", res, err)
	}
	if len(res.Cookies()) > 0 {
		t.Error("a cookie was set in clear")
	}
	program, err := http.NewRequestWithContext(t.Context(), "GET", "http://insegel.test/scim/v2/Users", nil)
	if err != nil {
		t.Fatal(err)
	}
	program.Header.Set("Authorization", "Bearer x")
	told, err := c.Do(program)
	if err != nil || told.StatusCode != http.StatusForbidden || told.Header.Get("Location") != "" {
		t.Errorf("a program in clear: %v, %v", told, err)
	}
	if err == nil {
		_ = told.Body.Close()
	}
	r, err := http.NewRequestWithContext(t.Context(), "POST", "http://insegel.test/logga-ut", nil)
	if err != nil {
		t.Fatal(err)
	}
	post, err := c.Do(r)
	if err != nil || post.StatusCode != http.StatusForbidden || post.Header.Get("Location") != "" {
		t.Errorf("a form in clear: %v, %v", post, err)
	}
	if err == nil {
		_ = post.Body.Close()
	}
}

// freePort gives an address that was free a moment ago.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

func TestUnixSocket(t *testing.T) {
	dir, err := os.MkdirTemp("", "insegel") // t.TempDir is too long for a socket's path
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	path := filepath.Join(dir, "s")
	// A socket that a server before it left behind.
	old, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	old.(*net.UnixListener).SetUnlinkOnClose(false)
	a := open(t, "sqlite:"+filepath.Join(t.TempDir(), "a.db"))
	if err := a.Serve(t.Context(), app.ServerOptions{Address: "unix:" + path}); err == nil {
		t.Error("a socket that somebody listens on was taken over")
	}
	if err := old.Close(); err != nil {
		t.Fatal(err)
	}
	started(t, app.ServerOptions{Address: "unix:" + path, URL: parsed(t, "https://insegel.test"), Proxies: web.Proxies{Socket: true}})
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o660 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	c := &http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "unix", path)
		}},
	}
	r, err := http.NewRequestWithContext(t.Context(), "GET", "http://x/logga-in", nil)
	if err != nil {
		t.Fatal(err)
	}
	for proto, want := range map[string]int{"https": 200, "http": 308} {
		r.Header.Set("X-Forwarded-Proto", proto)
		r.Header.Set("X-Forwarded-Host", "insegel.test")
		res, err := c.Do(r)
		if err != nil || res.StatusCode != want {
			t.Fatalf("%s: %v, %v", proto, res, err)
		}
		_ = res.Body.Close()
	}
}

// Without TLS nobody but the proxy may connect, and one machine cannot take all connections.
func TestWhoMayConnect(t *testing.T) {
	proxy := web.Proxies{Networks: []netip.Prefix{netip.MustParsePrefix("127.0.0.2/32")}}
	for name, tc := range map[string]struct {
		from        string
		onlyProxies bool
		count, want int
	}{
		"the proxy":          {"127.0.0.2", true, 1, 1},
		"somebody else":      {"127.0.0.3", true, 1, 0},
		"with TLS, anybody":  {"127.0.0.3", false, 1, 1},
		"many from one":      {"127.0.0.3", false, app.MaxConnectionsPerPeer + 3, app.MaxConnectionsPerPeer},
		"many from a proxy":  {"127.0.0.2", false, app.MaxConnectionsPerPeer + 3, app.MaxConnectionsPerPeer + 3},
		"many, but one left": {"127.0.0.3", false, -1, app.MaxConnectionsPerPeer + 1},
	} {
		t.Run(name, func(t *testing.T) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			g := app.Guard(l, proxy, tc.onlyProxies)
			accepted := make(chan net.Conn, 2*app.MaxConnectionsPerPeer)
			go func() {
				for {
					c, err := g.Accept()
					if err != nil {
						close(accepted)
						return
					}
					accepted <- c
				}
			}()
			dial := func() net.Conn {
				t.Helper()
				c, err := (&net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(tc.from)}}).DialContext(t.Context(), "tcp", l.Addr().String())
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { _ = c.Close() })
				return c
			}
			n, leaves := tc.count, false
			if n < 0 {
				n, leaves = app.MaxConnectionsPerPeer, true
			}
			got := 0
			for range n {
				dial()
			}
			if leaves {
				c := <-accepted
				_ = c.Close()
				got++
				dial()
			}
			// One more from the other side of the limit tells that all before it have been looked at.
			last, err := (&net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP("127.0.0.2")}}).DialContext(t.Context(), "tcp", l.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			for c := range accepted {
				if c.RemoteAddr().String() == last.LocalAddr().String() {
					break
				}
				got++
			}
			_, _ = last.Close(), l.Close()
			if got != tc.want {
				t.Errorf("%d connections were let in, want %d", got, tc.want)
			}
		})
	}
}

// A connection that says nothing, or only half, is closed by the server.
func TestSlowReadersAreNotWaitedFor(t *testing.T) {
	t.Parallel()
	at := started(t, app.ServerOptions{Address: "127.0.0.1:0"})
	for _, half := range []string{"", "GET / HTTP/1.1\r\nHost: x\r\nX-Slow: "} {
		c, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", at)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(c, half); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadAll(c); err != nil { // returns when the server has closed
			t.Error(err)
		}
		_ = c.Close()
	}
}

// The demonstration never leaves the machine.
func TestDemonstrationStaysHere(t *testing.T) {
	for _, address := range []string{":8080", "0.0.0.0:8080", "192.0.2.1:8080", "insegel.example:80"} {
		if _, err := auth.NewDemoLink(address); !errors.Is(err, auth.ErrNotLoopback) {
			t.Errorf("%s: %v", address, err)
		}
	}
}
