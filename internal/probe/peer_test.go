// SPDX-License-Identifier: EUPL-1.2

package probe_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/insegel/insegel/data"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/peertest"
	"github.com/insegel/insegel/internal/probe"
	"github.com/insegel/insegel/internal/probe/verdict"
)

const loa3 = "http://id.elegnamnden.se/loa/1.0/loa3"

// authority makes certificates for tests.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(t testing.TB, name pkix.Name) *authority {
	t.Helper()
	a := &authority{}
	a.cert, a.key = issue(t, &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: name, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}, nil)
	return a
}

func issue(t testing.TB, template *x509.Certificate, by *authority) (*x509.Certificate, *ecdsa.PrivateKey) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	parent, signer := template, key
	if by != nil {
		parent, signer = by.cert, by.key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cert, key
}

// server makes a certificate for 127.0.0.1.
func (a *authority) server(t testing.TB) (certPEM, keyPEM string) {
	t.Helper()
	cert, key := issue(t, &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "127.0.0.1"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(12 * time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, DNSNames: []string{"localhost"}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}, a)
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return pemText("CERTIFICATE", cert.Raw), pemText("PRIVATE KEY", der)
}

func (a *authority) pool() *x509.CertPool {
	p := x509.NewCertPool()
	p.AddCert(a.cert)
	return p
}

func pemText(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

// quick is a clock that does not wait.
func quick() probe.Clock {
	return probe.Clock{Now: time.Now, Sleep: func(ctx context.Context, _ time.Duration) error { return ctx.Err() }}
}

func testRules(t testing.TB) *verdict.Rules {
	t.Helper()
	r, err := verdict.Load(data.Files)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// options measure loopback, which is approved by name.
func options(t testing.TB, allow ...string) probe.Options {
	t.Helper()
	o := probe.Options{Rules: testRules(t), Loopback: true, Clock: quick(), Version: "test", Lang: "en"}
	for _, text := range allow {
		a, err := probe.ParseAllow(text)
		if err != nil {
			t.Fatal(err)
		}
		o.Allow = append(o.Allow, a)
	}
	return o
}

func login(t testing.TB, o probe.Options, address string) *probe.Record {
	t.Helper()
	u, err := probe.ParseURL(address)
	if err != nil {
		t.Fatal(err)
	}
	return probe.Login(t.Context(), o, u)
}

// stand is where the servers of a test keep their files. Servers that give up being root must be able to read it.
type stand struct {
	t       *testing.T
	dir     string
	servers *authority // issues the servers' certificates
	people  *authority // issues people's, and imitates SITHS
	cert    string
	key     string
}

func newStand(t *testing.T) *stand {
	t.Helper()
	dir, err := os.MkdirTemp("", "probe")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	s := &stand{
		t: t, dir: dir, servers: newAuthority(t, pkix.Name{CommonName: "Servrar i prov"}),
		people: newAuthority(t, pkix.Name{CommonName: "SITHS e-id Person ID 3 CA v1", Organization: []string{"Inera AB"}, Country: []string{"SE"}}),
	}
	s.cert, s.key = s.servers.server(t)
	s.write("server.crt", s.cert)
	s.write("server.key", s.key)
	s.write("server.pem", s.cert+pemText("CERTIFICATE", s.servers.cert.Raw)+s.key)
	s.write("people.crt", pemText("CERTIFICATE", s.people.cert.Raw))
	return s
}

func (s *stand) path(name string) string { return filepath.Join(s.dir, name) }

func (s *stand) write(name, content string) string {
	s.t.Helper()
	path := s.path(name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		s.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil { //nolint:gosec // for a server that is not root
		s.t.Fatal(err)
	}
	return path
}

// need skips the test where a file of a package is missing.
func need(t *testing.T, pkg string, paths ...string) {
	t.Helper()
	for _, p := range paths {
		if _, err := os.Stat(p); err != nil {
			dbtest.Missing(t, pkg+": run scripts/test-deps")
		}
	}
}

// endpoint is a page of a real server, and the truth about it.
type endpoint struct {
	name    string
	url     string
	verdict verdict.Verdict
	rule    int
	factors int
	loa     int
	check   func(t *testing.T, r *probe.Record)
}

// TestRealServers points the probe at servers that nobody here wrote. docs/probe.md lists them.
func TestRealServers(t *testing.T) {
	s := newStand(t)
	seen := map[string]int{}
	for _, program := range []struct {
		name  string
		start func(*testing.T, *stand) []endpoint
	}{
		{"apache", apache},
		{"nginx", nginx},
		{"lighttpd", lighttpd},
		{"haproxy", haproxy},
		{"caddy", caddy},
		{"mini_httpd", miniHTTPD},
		{"webfsd", webfsd},
		{"busybox", busybox},
		{"openssl", opensslServer},
		{"simplesamlphp", simpleSAML},
		{"adminer", adminer},
		{"oidc-provider", oidcProvider},
		{"node", nodeServer},
		{"mailpit", mailpit},
	} {
		t.Run(program.name, func(t *testing.T) {
			own := *s
			own.t = t
			for _, e := range program.start(t, &own) {
				t.Run(e.name, func(t *testing.T) { e.try(t, s) })
				seen[program.name]++
			}
		})
	}
	total := 0
	for _, n := range seen {
		total += n
	}
	t.Logf("%d pages of %d programs", total, len(seen))
}

func (e *endpoint) try(t *testing.T, s *stand) {
	o := options(t, "127.0.0.1")
	o.Roots = s.servers.pool()
	r := login(t, o, e.url)
	factors, loa := 0, 0
	if r.Factors != nil {
		factors = *r.Factors
	}
	if r.LoA != nil {
		loa = *r.LoA
	}
	if r.Verdict != string(e.verdict) || r.Paths[0].Rule != e.rule || factors != e.factors || loa != e.loa || len(r.Reasons) == 0 {
		t.Errorf("got %s by rule %d, factors %d, loa %d, want %s by rule %d, factors %d, loa %d\n%+v",
			r.Verdict, r.Paths[0].Rule, factors, loa, e.verdict, e.rule, e.factors, e.loa, *r)
	}
	if e.check != nil && !t.Failed() {
		e.check(t, r)
	}
}

const apacheModules = "/usr/lib/apache2/modules"

// page is a small page.
func page(head, body string) string {
	return "<!DOCTYPE html><html lang=sv><head><title>Prov</title>" + head + "</head><body>" + body + "</body></html>"
}

const formHTML = `<form method="post" action="/in"><label>Namn <input name="username"></label><label>Lösenord <input type="password" name="p"></label><button>Logga in</button></form>`

// apache is one Apache with every way to sign in that its modules have.
func apache(t *testing.T, s *stand) []endpoint {
	need(t, "apache2-bin, libapache2-mod-auth-mellon, -openidc and -gssapi", apacheModules+"/mod_auth_mellon.so", apacheModules+"/mod_auth_openidc.so", apacheModules+"/mod_auth_gssapi.so")
	port := map[string]int{}
	at := func(name string) int {
		if port[name] == 0 {
			port[name] = peertest.FreePort(t)
		}
		return port[name]
	}
	s.apachePages()
	s.write("htpasswd", "anna:$apr1$4Nqjfw5J$K6yRkKgMHqIoJ4ZQmQ2cA/\n")
	s.write("htdigest", "anna:prov:0123456789abcdef0123456789abcdef\n")
	s.write("keytab", "\x05\x02")
	s.samlFiles()
	conf := s.apacheConf(s.apacheHosts(), at)
	peertest.Start(t, peertest.Command{Path: "/usr/sbin/apache2", Args: []string{"-f", s.write("apache.conf", conf), "-DFOREGROUND"}, Address: fmt.Sprintf("127.0.0.1:%d", at("static"))})
	plain := func(name, path string) string { return fmt.Sprintf("http://127.0.0.1:%d%s", at(name), path) }
	tls := func(name, path string) string { return fmt.Sprintf("https://127.0.0.1:%d%s", at(name), path) }
	return []endpoint{
		{"open page", plain("static", "/"), verdict.Unknown, 20, 0, 0, nil},
		{"meta refresh to a form", plain("static", "/meta/"), verdict.PasswordOnly, 16, 1, 0, via("meta")},
		{"Refresh header to a form", plain("static", "/refresh/"), verdict.PasswordOnly, 16, 1, 0, via("meta")},
		{"literal script to a form", plain("static", "/script/"), verdict.PasswordOnly, 16, 1, 0, via("script")},
		{"JavaScript shell", plain("static", "/shell/"), verdict.Unknown, 19, 0, 0, limited("js_not_run")},
		{"password and BankID", plain("static", "/mixed/"), verdict.StrongOffered, 17, 1, 0, nil},
		{"password and help with BankID", plain("static", "/help/"), verdict.PasswordOnly, 16, 1, 0, nil},
		{"passkey", plain("static", "/passkey/"), verdict.StrongOffered, 17, 0, 0, nil},
		{"name first", plain("static", "/name/"), verdict.Unknown, 18, 0, 0, nil},
		{"Basic", plain("basic", "/"), verdict.PasswordOnly, 15, 1, 0, limited("password_without_encryption")},
		{"Digest", plain("digest", "/"), verdict.PasswordOnly, 15, 1, 0, nil},
		{"Negotiate", plain("negotiate", "/"), verdict.Unknown, 14, 0, 0, limited("workstation_sign_in")},
		{"Negotiate and Basic", plain("fallback", "/"), verdict.PasswordOnly, 15, 1, 0, nil},
		{"mellon LoA3", plain("loa3", "/"), verdict.StrongDemanded, 4, 2, 3, demands(loa3)},
		{"mellon nothing", plain("silent", "/"), verdict.Unknown, 8, 0, 0, nil},
		{"mellon password", plain("ppt", "/"), verdict.PasswordOnly, 6, 1, 0, nil},
		{"mellon minimum", plain("minimum", "/"), verdict.StrongDemanded, 5, 2, 3, nil},
		{"mellon POST binding", plain("post", "/"), verdict.StrongDemanded, 4, 2, 3, posted},
		{"openidc nothing", plain("oidc", "/"), verdict.Unknown, 8, 0, 0, nil},
		{"openidc acr_values", plain("oidc-acr", "/"), verdict.StrongOffered, 10, 0, 0, nil},
		{"openidc essential claim", plain("oidc-demand", "/"), verdict.StrongDemanded, 9, 2, 3, essential},
		{"openidc request object", plain("oidc-object", "/"), verdict.StrongDemanded, 9, 2, 3, essential},
		{"certificate required", tls("tls-required", "/"), verdict.ClientCertificate, 1, 2, 3, asked("handshake", true)},
		{"certificate required, TLS 1.2", tls("tls-old", "/"), verdict.ClientCertificate, 1, 2, 3, asked("handshake", true)},
		{"certificate optional", tls("tls-optional", "/form/"), verdict.StrongOffered, 2, 1, 0, asked("handshake", false)},
		{"certificate for a path", tls("tls-path", "/kort/"), verdict.ClientCertificate, 3, 2, 3, asked("after_request", true)},
		{"certificate for another path", tls("tls-path", "/form/"), verdict.PasswordOnly, 16, 1, 0, asked("no", false)},
		{"certificate for a path, TLS 1.3 only", tls("tls-path-13", "/kort/"), verdict.Unknown, 3, 0, 0, limited("tls13_only")},
	}
}

// apachePages are the pages that the Apache shows.
func (s *stand) apachePages() {
	s.t.Helper()
	s.write("web/index.html", page("", "<p>Välkommen</p>"))
	s.write("web/meta/index.html", page(`<meta http-equiv="refresh" content="0; url=/form/">`, "Vänta"))
	s.write("web/form/index.html", page("", formHTML))
	s.write("web/mixed/index.html", page("", formHTML+`<a href="/bankid"><img src="b.png" alt="Mobilt BankID"></a><a href="https://support.example.se/">Hjälp med BankID</a>`))
	s.write("web/help/index.html", page("", formHTML+`<a href="https://support.example.se/">Hjälp med BankID</a><a href="/om">Läs mer om e-legitimation</a>`))
	s.write("web/shell/index.html", page(`<script type="module" src="/app.js"></script>`, `<div id="root"></div><noscript>You need to enable JavaScript to run this app.</noscript>`))
	s.write("web/script/index.html", page(`<script>window.location.href = "\/form\/";</script>`, ""))
	s.write("web/passkey/index.html", page("", `<h1>Logga in</h1><form><input name="username" autocomplete="username webauthn"><button>Nästa</button></form>`))
	s.write("web/name/index.html", page("", `<h1>Logga in</h1><form method="post"><input name="loginfmt" type="email"><input type="submit" value="Nästa"></form>`))
}

// apacheHosts are the Apache's virtual hosts, each with its way to sign in.
func (s *stand) apacheHosts() map[string]string {
	oidc := func(more string) string {
		return `OIDCProviderIssuer https://op.example.se
OIDCProviderAuthorizationEndpoint https://op.example.se/auth
OIDCProviderTokenEndpoint https://op.example.se/token
OIDCProviderJwksUri https://op.example.se/jwks
OIDCClientID insegel
OIDCClientSecret a-secret-for-tests-a-secret-for-tests
OIDCRedirectURI /back
OIDCCryptoPassphrase for-tests-only
` + more + `
<Location />
  AuthType openid-connect
  Require valid-user
</Location>`
	}
	mellon := func(more string) string {
		return `<Location />
  AuthType Mellon
  MellonEnable auth
  Require valid-user
  MellonEndpointPath /mellon
  MellonSPPrivateKeyFile ` + s.path("sp.key") + `
  MellonSPCertFile ` + s.path("sp.crt") + `
  MellonIdPMetadataFile ` + s.path("idp.xml") + `
  MellonSecureCookie Off
  MellonSignatureMethod rsa-sha256
` + more + `
</Location>`
	}
	basic := "AuthType Basic\nAuthName prov\nAuthUserFile " + s.path("htpasswd") + "\nRequire valid-user"
	ssl := "SSLEngine on\nSSLCertificateFile " + s.path("server.crt") + "\nSSLCertificateKeyFile " + s.path("server.key") + "\nSSLCACertificateFile " + s.path("people.crt") + "\n"
	return map[string]string{
		"static":       "Alias /refresh " + s.path("web/shell") + "\n<Location /refresh>\nHeader set Refresh \"0; url=/form/\"\n</Location>",
		"basic":        "<Location />\n" + basic + "\n</Location>",
		"digest":       "<Location />\nAuthType Digest\nAuthName prov\nAuthDigestProvider file\nAuthUserFile " + s.path("htdigest") + "\nRequire valid-user\n</Location>",
		"negotiate":    "<Location />\nAuthType GSSAPI\nGssapiCredStore keytab:" + s.path("keytab") + "\nRequire valid-user\n</Location>",
		"fallback":     "<Location />\nAuthType GSSAPI\nGssapiBasicAuth On\nGssapiCredStore keytab:" + s.path("keytab") + "\nRequire valid-user\n</Location>",
		"loa3":         mellon("MellonAuthnContextClassRef " + loa3),
		"silent":       mellon(""),
		"ppt":          mellon("MellonAuthnContextClassRef urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport"),
		"minimum":      mellon("MellonAuthnContextClassRef " + loa3 + "\nMellonAuthnContextComparisonType minimum"),
		"post":         mellon("MellonAuthnContextClassRef " + loa3 + "\nMellonIdPMetadataFile " + s.path("idp-post.xml")),
		"oidc":         oidc(""),
		"oidc-acr":     oidc("OIDCAuthRequestParams acr_values=http%3A%2F%2Fid.elegnamnden.se%2Floa%2F1.0%2Floa3"),
		"oidc-demand":  oidc("OIDCAuthRequestParams claims=%7B%22id_token%22%3A%7B%22acr%22%3A%7B%22essential%22%3Atrue%2C%22value%22%3A%22http%3A%2F%2Fid.sambi.se%2Floa%2Floa3%22%7D%7D%7D"),
		"oidc-object":  oidc(`OIDCRequestObject '{"request_object_type":"request","crypto":{"sign_alg":"HS256"},"static":{"claims":{"id_token":{"acr":{"essential":true,"values":["http://id.elegnamnden.se/loa/1.0/loa3"]}}}}}'`),
		"tls-required": ssl + "SSLVerifyClient require",
		"tls-optional": ssl + "SSLVerifyClient optional",
		"tls-path":     ssl + "<Location /kort>\nSSLVerifyClient require\n</Location>",
		"tls-path-13":  ssl + "SSLProtocol TLSv1.3\n<Location /kort>\nSSLVerifyClient require\n</Location>",
		"tls-old":      ssl + "SSLProtocol TLSv1.2\nSSLVerifyClient require",
	}
}

// apacheConf writes the configuration of an Apache with a virtual host for each.
func (s *stand) apacheConf(hosts map[string]string, at func(string) int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "ServerRoot %s\nServerName 127.0.0.1\nPidFile %s\nErrorLog /dev/stderr\nMutex sem\nDocumentRoot %s\n", s.dir, s.path("apache.pid"), s.path("web"))
	if os.Getuid() == 0 {
		b.WriteString("User nobody\nGroup nogroup\n")
	}
	for _, m := range strings.Fields("mpm_event authn_core authz_core authz_user authn_file auth_basic auth_digest auth_gssapi auth_mellon auth_openidc dir alias headers ssl socache_shmcb") {
		fmt.Fprintf(&b, "LoadModule %s_module %s/mod_%s.so\n", m, apacheModules, m)
	}
	fmt.Fprintf(&b, "DirectoryIndex index.html\nStartServers 1\nMellonLockFile %s\n", s.path("mellon.lock"))
	for name, more := range hosts {
		fmt.Fprintf(&b, "Listen 127.0.0.1:%d\n<VirtualHost 127.0.0.1:%d>\n%s\n</VirtualHost>\n", at(name), at(name), more)
	}
	return b.String()
}

// samlFiles makes a system's key, and describes an identity provider that is never reached.
func (s *stand) samlFiles() {
	s.t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		s.t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(3), Subject: pkix.Name{CommonName: "sp"}, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		s.t.Fatal(err)
	}
	s.write("sp.crt", pemText("CERTIFICATE", der))
	s.write("sp.key", pemText("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(key)))
	for name, binding := range map[string]string{"idp.xml": "HTTP-Redirect", "idp-post.xml": "HTTP-POST"} {
		s.write(name, `<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="https://idp.example.se/`+name+`"><IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">`+
			`<KeyDescriptor use="signing"><KeyInfo xmlns="http://www.w3.org/2000/09/xmldsig#"><X509Data><X509Certificate>`+base64.StdEncoding.EncodeToString(s.servers.cert.Raw)+
			`</X509Certificate></X509Data></KeyInfo></KeyDescriptor><SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:`+binding+`" Location="https://idp.example.se/sso"/></IDPSSODescriptor></EntityDescriptor>`)
	}
}

func via(how string) func(*testing.T, *probe.Record) {
	return func(t *testing.T, r *probe.Record) {
		if got := r.Hops[len(r.Hops)-1].Via; got != how {
			t.Errorf("the last page was reached by %q, want %q", got, how)
		}
	}
}

func limited(code string) func(*testing.T, *probe.Record) {
	return func(t *testing.T, r *probe.Record) {
		if !strings.Contains(strings.Join(r.Limits, " "), code) {
			t.Errorf("limits %q lack %s", r.Limits, code)
		}
	}
}

func demands(level string) func(*testing.T, *probe.Record) {
	return func(t *testing.T, r *probe.Record) {
		p := r.Paths[0]
		if p.Context == nil || p.Context.Comparison != "exact" || strings.Join(p.Context.Classes, " ") != level || p.IDPHost != "idp.example.se" || p.Kind != "saml" || p.Binding != "redirect" {
			t.Errorf("path = %+v", p)
		}
		if !p.Signed || r.Confidence != "high" {
			t.Errorf("signed %v, confidence %s: the signature was not verified with the metadata of the system", p.Signed, r.Confidence)
		}
	}
}

func posted(t *testing.T, r *probe.Record) {
	if p := r.Paths[0]; p.Binding != "post" || p.IDPHost != "idp.example.se" {
		t.Errorf("path = %+v", p)
	}
}

func essential(t *testing.T, r *probe.Record) {
	if p := r.Paths[0]; !p.Essential || len(p.ACRValues) != 1 || p.Issuer != "insegel" {
		t.Errorf("path = %+v", p)
	}
}

func asked(when string, refused bool) func(*testing.T, *probe.Record) {
	return func(t *testing.T, r *probe.Record) {
		c := r.TLS[len(r.TLS)-1].Certificate
		if c.Asked != when || c.Refused != refused || when != "no" && (len(c.CANames) != 1 || !strings.Contains(c.CANames[0], "SITHS")) {
			t.Errorf("asked %s, refused %v, for %q", c.Asked, c.Refused, c.CANames)
		}
	}
}
