// SPDX-License-Identifier: EUPL-1.2

package app_test

import (
	"encoding/pem"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/app"
	"github.com/insegel/insegel/internal/auth/provider"
	"github.com/insegel/insegel/internal/mail"
	"github.com/insegel/insegel/internal/webtest"
)

// inner is a service that only this machine reaches, and that counts who comes.
func inner(t *testing.T) (port string, came *atomic.Int64) {
	t.Helper()
	came = &atomic.Int64{}
	l := must(net.Listen("tcp", "127.0.0.1:0"))(t)
	s := &httptest.Server{Listener: &counting{l, came}, Config: &http.Server{Handler: http.NotFoundHandler()}} //nolint:gosec // a test's own
	s.Start()
	t.Cleanup(s.Close)
	_, port, err := net.SplitHostPort(l.Addr().String())
	ok(t, err)
	return port, came
}

type counting struct {
	net.Listener
	came *atomic.Int64
}

func (c *counting) Accept() (net.Conn, error) {
	conn, err := c.Listener.Accept()
	if err == nil {
		c.came.Add(1)
	}
	return conn, err
}

// oidcForm and samlForm are what an administrator writes about a provider.
func oidcForm(issuer, hosts string) url.Values {
	return url.Values{
		"name-sv": {"Tjänst"}, "name-en": {"Service"}, "issuer": {issuer}, "hosts": {hosts}, "client-id": {"insegel"}, "method": {"private_key_jwt"},
		"context-claim": {"acr"}, "accepted": {"http://id.elegnamnden.se/loa/1.0/loa3"},
	}
}

func samlForm(metadata, pinned string) url.Values {
	return url.Values{
		"name-sv": {"Tjänst"}, "name-en": {"Service"}, "issuer": {"https://idp.example"}, "metadata": {metadata}, "pinned": {pinned},
		"protection": {"encrypted"}, "format": {"urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"}, "accepted": {"http://id.elegnamnden.se/loa/1.0/loa3"},
	}
}

// A hostile administrator, who may write any address in the settings, makes the program fetch nothing from the machine that it runs on or
// from what a cloud tells its machines, however the address is written and whatever it resolves to; and the program's log tells of it.
func TestAttackInnerServices(t *testing.T) {
	f := besieged(t, sqliteFile(t), app.ServerOptions{})
	port, came := inner(t)
	c := f.enter(f.person(f.org, "Adam Administratör", access.Administrator))
	pinned := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: newAuthority(t).cert.Raw}))
	for _, host := range []string{
		"127.0.0.1:P", "localhost:P", "LOCALHOST.:P", "[::1]:P", "[::ffff:127.0.0.1]:P", "[::127.0.0.1]:P", "[64:ff9b::7f00:1]:P", "[::ffff:0:7f00:1]:P",
		"127.1:P", "2130706433:P", "0x7f000001:P", "0177.0.0.1:P", "0:P", "0.0.0.0:P", "[::]:P", "169.254.169.254", "[fd00:ec2::254]", "[fe80::1]",
		"100.100.100.200", "10.0.0.1", "192.168.0.1", "evil.example@127.0.0.1:P", "127.0.0.1:P#.example.se", "127.0.0.1:P/.example.se", "127.0.0.1:P\\.example.se",
	} {
		host = strings.ReplaceAll(host, "P", port)
		for _, scheme := range []string{"https://", "http://"} {
			for what, p := range map[string]*webtest.Page{
				"issuer":   c.Post(provider.Path+"/ny/oidc", oidcForm(scheme+host, "")),
				"metadata": c.Post(provider.Path+"/ny/saml", samlForm(scheme+host+"/metadata", pinned)),
			} {
				if p.Status != http.StatusUnprocessableEntity && p.Status != http.StatusBadRequest {
					t.Errorf("%s %s%s: %d, %s", what, scheme, host, p.Status, p.Header.Get("Location"))
				}
			}
		}
	}
	if n := came.Load(); n > 0 {
		t.Errorf("the inner service was reached %d times", n)
	}
	if !strings.Contains(f.out.String(), "outgoing call refused") {
		t.Errorf("the log tells nothing of it:\n%s", f.out.String())
	}
}

// Where the inner network is approved, since the provider stands there, an approved provider still leads to no other place: neither by
// what it says of itself nor by where it sends the question.
func TestAttackLeadingElsewhere(t *testing.T) {
	f := besieged(t, sqliteFile(t), app.ServerOptions{}, func(o *app.Options) {
		o.Outbound.Networks = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	})
	port, came := inner(t)
	var say atomic.Value
	hostile := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text := strings.NewReplacer("SELF", "http://"+r.Host, "INNER", "http://127.0.0.1:"+port).Replace(say.Load().(string))
		if to, ok := strings.CutPrefix(text, "to "); ok {
			http.Redirect(w, r, to, http.StatusFound)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprint(w, text)
	}))
	t.Cleanup(hostile.Close)
	c := f.enter(f.person(f.org, "Adam Administratör", access.Administrator))
	good := `{"issuer":"SELF","authorization_endpoint":"SELF/a","token_endpoint":"SELF/t","jwks_uri":"SELF/k","response_types_supported":["code"],
		"code_challenge_methods_supported":["S256"],"id_token_signing_alg_values_supported":["RS256"]}`
	for name, text := range map[string]string{
		"its keys elsewhere":      strings.Replace(good, "SELF/k", "INNER/k", 1),
		"its tokens elsewhere":    strings.Replace(good, "SELF/t", "INNER/t", 1),
		"its sign-in elsewhere":   strings.Replace(good, "SELF/a", "javascript:alert(1)", 1),
		"another issuer":          strings.Replace(good, `"issuer":"SELF"`, `"issuer":"https://idp.example"`, 1),
		"a redirect to inside":    "to INNER/",
		"a redirect to the cloud": "to http://169.254.169.254/latest/meta-data/",
		"a redirect to a file":    "to file:///etc/passwd",
		"a long answer":           good + strings.Repeat(" ", 8<<20),
	} {
		say.Store(text)
		if p := c.Post(provider.Path+"/ny/oidc", oidcForm(hostile.URL, "")); p.Status != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d, %s", name, p.Status, p.Header.Get("Location"))
		}
	}
	say.Store(good)
	if p := c.Post(provider.Path+"/ny/oidc", oidcForm(hostile.URL, "")); p.Status != http.StatusSeeOther {
		t.Errorf("one that leads nowhere else: %d: %s", p.Status, p.Text("main"))
	}
	if n := came.Load(); n > 0 {
		t.Errorf("the inner service was reached %d times", n)
	}
}

// A mail server that is inside is not spoken to, and what it answered is not told.
func TestAttackInnerMail(t *testing.T) {
	f := besieged(t, sqliteFile(t), app.ServerOptions{})
	port, came := inner(t)
	c := f.enter(f.person(f.org, "Adam Administratör", access.Administrator))
	p := c.Post(mail.PagePath, url.Values{"host": {"localhost"}, "port": {port}, "security": {"starttls"}, "sender": {"a@b.example"}, "version": {"0"}})
	if p.Status != http.StatusSeeOther {
		t.Fatalf("%d: the settings: %s", p.Status, p.Text("main"))
	}
	c.Post(mail.PagePath+"/prova", url.Values{"to": {"a@b.example"}})
	for range 200 {
		if strings.Contains(f.out.String(), "outgoing call refused") {
			break
		}
		time.Sleep(50 * time.Millisecond) // until the job has run
	}
	if !strings.Contains(f.out.String(), "outgoing call refused") || came.Load() > 0 {
		t.Errorf("reached %d times; the log says\n%s", came.Load(), f.out.String())
	}
}
