// SPDX-License-Identifier: EUPL-1.2

package outbound_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/insegel/insegel/internal/outbound"
)

// loopback lets tests reach what they start themselves.
var loopback = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}

func get(t *testing.T, p outbound.Policy, r outbound.Request, address string) (string, error) {
	t.Helper()
	c, err := p.Client(r)
	if err != nil {
		t.Fatal(err)
	}
	res, err := c.Get(address)
	if err != nil {
		return "", err
	}
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	return string(b), err
}

func server(t *testing.T, h http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s
}

func TestOnlyToTargets(t *testing.T) {
	reached := 0
	s := server(t, func(w http.ResponseWriter, _ *http.Request) { reached++; _, _ = io.WriteString(w, "ok") })
	other := server(t, func(http.ResponseWriter, *http.Request) { t.Error("another server on the same machine was reached") })
	p := outbound.Policy{Networks: loopback}
	r := outbound.Request{Targets: []string{s.URL + "/path/does/not/matter"}}
	if got, err := get(t, p, r, s.URL+"/a?b=c"); err != nil || got != "ok" {
		t.Errorf("the target: %q, %v", got, err)
	}
	port := s.URL[strings.LastIndex(s.URL, ":"):]
	for name, address := range map[string]string{
		"another port":        other.URL,
		"another name for it": "http://localhost" + port,
		"another scheme":      "https://127.0.0.1" + port,
		"a user in front":     "http://a:b@127.0.0.1" + port,
		"a user as the host":  "http://127.0.0.1" + port + "@" + strings.TrimPrefix(other.URL, "http://"),
		"a number as address": "http://2130706433" + port,
		"no host":             "http:///",
	} {
		if _, err := get(t, p, r, address); !errors.Is(err, outbound.ErrTarget) {
			t.Errorf("%s (%s): %v, want ErrTarget", name, address, err)
		}
	}
	if reached != 1 {
		t.Errorf("the target was reached %d times, want once", reached)
	}
}

// A request that is longer than servers take is not sent.
func TestRequestsAreShort(t *testing.T) {
	reached := 0
	s := server(t, func(w http.ResponseWriter, _ *http.Request) { reached++; _, _ = io.WriteString(w, "ok") })
	p := outbound.Policy{Networks: loopback}
	r := outbound.Request{Targets: []string{s.URL}}
	if _, err := get(t, p, r, s.URL+"/"+strings.Repeat("a", 7900)); err != nil {
		t.Errorf("a long address: %v", err)
	}
	if _, err := get(t, p, r, s.URL+"/?"+strings.Repeat("a", 8000)); !errors.Is(err, outbound.ErrTooLong) {
		t.Errorf("an address that is too long: %v", err)
	}
	c, err := p.Client(r)
	if err != nil {
		t.Fatal(err)
	}
	q, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	q.Header.Set("Authorization", "Bearer "+strings.Repeat("a", 17_000))
	if res, err := c.Do(q); !errors.Is(err, outbound.ErrTooLong) {
		t.Errorf("headers that are too long: %v", err)
		if err == nil {
			_ = res.Body.Close()
		}
	}
	if reached != 1 {
		t.Errorf("the server was reached %d times, want once", reached)
	}
}

func TestRedirectsAreChecked(t *testing.T) {
	other := server(t, func(http.ResponseWriter, *http.Request) { t.Error("a redirect led to where nobody configured it to") })
	var s *httptest.Server
	s = server(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/away":
			http.Redirect(w, r, other.URL, http.StatusFound)
		case "/metadata":
			http.Redirect(w, r, "http://169.254.169.254/latest/", http.StatusFound)
		case "/round":
			http.Redirect(w, r, "/round", http.StatusFound)
		case "/here":
			http.Redirect(w, r, s.URL+"/ok", http.StatusFound)
		default:
			_, _ = io.WriteString(w, "ok")
		}
	})
	p, r := outbound.Policy{Networks: loopback}, outbound.Request{Targets: []string{s.URL}}
	for _, path := range []string{"/away", "/metadata"} {
		if _, err := get(t, p, r, s.URL+path); !errors.Is(err, outbound.ErrTarget) {
			t.Errorf("%s: %v, want ErrTarget", path, err)
		}
	}
	if _, err := get(t, p, r, s.URL+"/round"); err == nil {
		t.Error("redirects without end were followed")
	}
	if got, err := get(t, p, r, s.URL+"/here"); err != nil || got != "ok" {
		t.Errorf("a redirect to the target itself: %q, %v", got, err)
	}
}

func TestNoRedirectFromHTTPS(t *testing.T) {
	plain := server(t, func(http.ResponseWriter, *http.Request) { t.Error("a redirect led from https to http") })
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, plain.URL, http.StatusFound) }))
	defer s.Close()
	p := outbound.Policy{Networks: loopback, Roots: s.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs}
	if _, err := get(t, p, outbound.Request{Targets: []string{s.URL, plain.URL}}, s.URL); !errors.Is(err, outbound.ErrTarget) {
		t.Errorf("%v, want ErrTarget", err)
	}
	// And a certificate that nobody trusts is refused.
	if _, err := get(t, outbound.Policy{Networks: loopback}, outbound.Request{Targets: []string{s.URL}}, s.URL); err == nil {
		t.Error("an unknown certificate was accepted")
	}
}

func TestAddresses(t *testing.T) {
	lan := []netip.Prefix{netip.MustParsePrefix("10.1.0.0/16"), netip.MustParsePrefix("fd12::/16")}
	wide := []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0")}
	for _, tc := range []struct {
		address string
		allowed []netip.Prefix
		want    bool
	}{
		{"[2a00:1450:400f:80c::2003]:443", nil, true},
		{"192.0.46.8:443", nil, true},
		{"10.1.2.3:443", nil, false},
		{"10.1.2.3:443", lan, true},
		{"10.2.2.3:443", lan, false},
		{"[fd12::1]:443", lan, true},
		{"[fd13::1]:443", lan, false},
		{"192.168.0.1:443", nil, false},
		{"127.0.0.1:443", nil, false},
		{"127.0.0.1:443", lan, false},
		{"[::1]:443", nil, false},
		{"[::1]:443", wide, true},
		{"100.64.0.1:443", nil, false},
		{"[::ffff:127.0.0.1]:443", nil, false},
		{"[::ffff:10.1.2.3]:443", nil, false},
		{"[::ffff:10.1.2.3]:443", lan, true},
		{"[64:ff9b::7f00:1]:443", nil, false},     // NAT64 of loopback
		{"[64:ff9b::a9fe:a9fe]:443", wide, false}, // NAT64 of the metadata address
		{"[2002:7f00:1::]:443", wide, false},      // 6to4
		{"169.254.169.254:80", wide, false},       // what a cloud tells its machines
		{"[fd00:ec2::254]:80", wide, false},       // the same
		{"[fe80::1]:443", wide, false},            // link-local
		{"0.0.0.0:443", wide, false},              // this machine, by another name
		{"[::]:443", wide, false},                 // the same
		{"224.0.0.1:443", wide, false},            // many machines
		{"255.255.255.255:443", wide, false},      // all of them
		{"10.1.0.5:5432", lan, false},             // the program's own database
		{"[::ffff:10.1.0.5]:5432", lan, false},    // the same
		{"10.1.0.5:443", lan, true},               // another port of that machine
		{"[::ffff:0:7f00:1]:443", nil, false},     // an inner address in another IPv6 dress
		{"[100::1]:443", nil, false},              // not handed out
		{"no address", wide, false},               //
		{"[fd12::1%eth0]:443", lan, true},         // a zone changes nothing
	} {
		p := outbound.Policy{Networks: tc.allowed, Never: []netip.AddrPort{netip.MustParseAddrPort("10.1.0.5:5432")}}
		if err := outbound.Check(p, tc.address); (err == nil) != tc.want || err != nil && !errors.Is(err, outbound.ErrAddress) {
			t.Errorf("%s with %v: %v, want allowed %v", tc.address, tc.allowed, err, tc.want)
		}
	}
}

// The address is looked at when it is connected to, so that a name that has changed what it means leads nowhere.
func TestNameThatMeansThisMachine(t *testing.T) {
	s := server(t, func(http.ResponseWriter, *http.Request) { t.Error("this machine was reached by a name") })
	address := "http://localhost" + s.URL[strings.LastIndex(s.URL, ":"):]
	if _, err := get(t, outbound.Policy{}, outbound.Request{Targets: []string{address}}, address); !errors.Is(err, outbound.ErrAddress) {
		t.Errorf("%v, want ErrAddress", err)
	}
	proxied := outbound.Policy{Proxy: &url.URL{Scheme: "http", Host: strings.TrimPrefix(s.URL, "http://")}}
	for _, target := range []string{"https://169.254.169.254", "https://10.0.0.1", "https://[::1]"} {
		if _, err := get(t, proxied, outbound.Request{Targets: []string{target}}, target+"/x"); !errors.Is(err, outbound.ErrAddress) {
			t.Errorf("%s by a proxy: %v, want ErrAddress", target, err)
		}
	}
	var told []string
	p := outbound.Policy{Refused: func(target string, _ error) { told = append(told, target) }}
	if _, err := get(t, p, outbound.Request{Targets: []string{address}}, address); err == nil || len(told) != 1 {
		t.Errorf("%v, and told of %v", err, told)
	}
	if c, err := (outbound.Policy{}).Dial(t.Context(), "tcp", strings.TrimPrefix(s.URL, "http://")); !errors.Is(err, outbound.ErrAddress) {
		t.Errorf("dial: %v, %v, want ErrAddress", c, err)
	}
}

func TestEnvironmentNamesNoProxy(t *testing.T) {
	proxy := server(t, func(http.ResponseWriter, *http.Request) { t.Error("a request went to the proxy of the environment") })
	t.Setenv("HTTP_PROXY", proxy.URL)
	t.Setenv("HTTPS_PROXY", proxy.URL)
	target := "https://idp.invalid"
	if _, err := get(t, outbound.Policy{}, outbound.Request{Targets: []string{target}}, target); err == nil {
		t.Error("a host that does not exist answered")
	}
}

func TestThroughTheConfiguredProxy(t *testing.T) {
	asked := ""
	proxy := server(t, func(w http.ResponseWriter, r *http.Request) {
		asked = r.Method + " " + r.Host
		w.WriteHeader(http.StatusTeapot)
	})
	u, err := url.Parse(proxy.URL)
	if err != nil {
		t.Fatal(err)
	}
	p := outbound.Policy{Proxy: u}
	_, _ = get(t, p, outbound.Request{Targets: []string{"https://idp.invalid"}}, "https://idp.invalid/x")
	if asked != "CONNECT idp.invalid:443" {
		t.Errorf("the proxy was asked for %q", asked)
	}
	asked = ""
	if _, err := get(t, p, outbound.Request{Targets: []string{"https://idp.invalid"}}, "https://other.invalid/"); !errors.Is(err, outbound.ErrTarget) || asked != "" {
		t.Errorf("another host by the proxy: %v, asked %q", err, asked)
	}
}

func TestAnswersAreCapped(t *testing.T) {
	s := server(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/told" {
			w.Header().Set("Content-Length", "11")
		} else {
			w.(http.Flusher).Flush()
		}
		_, _ = io.WriteString(w, strings.Repeat("a", 11)[:11-len(strings.TrimPrefix(r.URL.Path, "/told"))/100])
	})
	p := outbound.Policy{Networks: loopback}
	for _, path := range []string{"/told", "/long"} {
		if got, err := get(t, p, outbound.Request{Targets: []string{s.URL}, Max: 10}, s.URL+path); !errors.Is(err, outbound.ErrTooLarge) {
			t.Errorf("%s: %q, %v, want ErrTooLarge", path, got, err)
		}
		if got, err := get(t, p, outbound.Request{Targets: []string{s.URL}, Max: 11}, s.URL+path); err != nil || len(got) != 11 {
			t.Errorf("%s of just the length: %q, %v", path, got, err)
		}
	}
}

// A server that never answers is not waited for.
func TestTimeIsCapped(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	address := "http://" + l.Addr().String()
	_, err = get(t, outbound.Policy{Networks: loopback}, outbound.Request{Targets: []string{address}, Timeout: time.Millisecond}, address)
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v, want DeadlineExceeded", err)
	}
}

// What is not HTTP is encrypted as well, to a server that has shown that it is the right one.
func TestDialTLS(t *testing.T) {
	s := httptest.NewTLSServer(http.NotFoundHandler())
	defer s.Close()
	address := strings.TrimPrefix(s.URL, "https://")
	trusts := outbound.Policy{Networks: loopback, Roots: s.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs}
	c, err := trusts.DialTLS(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	_, port, _ := strings.Cut(address, ":")
	plain := server(t, func(http.ResponseWriter, *http.Request) {})
	for name, tc := range map[string]struct {
		p       outbound.Policy
		address string
	}{
		"an authority that nobody trusts": {outbound.Policy{Networks: loopback}, address},
		"another name":                    {trusts, "localhost:" + port},
		"in clear":                        {trusts, strings.TrimPrefix(plain.URL, "http://")},
		"a network that is not approved":  {outbound.Policy{Roots: trusts.Roots}, address},
		"no port":                         {trusts, "127.0.0.1"},
	} {
		if c, err := tc.p.DialTLS(t.Context(), tc.address); err == nil {
			_ = c.Close()
			t.Errorf("%s: connected", name)
		}
	}
}

func TestTargetsThatAreRefused(t *testing.T) {
	for _, text := range []string{
		"", "idp.example.se", "ftp://idp.example.se", "file:///etc/passwd", "http://idp.example.se", "https://a@idp.example.se", "https://", ":",
		"http://127.0.0.1.example.se", "gopher://127.0.0.1",
	} {
		if _, err := (outbound.Policy{}).Client(outbound.Request{Targets: []string{text}}); !errors.Is(err, outbound.ErrTarget) {
			t.Errorf("%q: %v, want ErrTarget", text, err)
		}
	}
}
