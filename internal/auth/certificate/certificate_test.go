// SPDX-License-Identifier: EUPL-1.2

package certificate_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/insegel/insegel/data"
	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/auth"
	"github.com/insegel/insegel/internal/auth/certificate"
	"github.com/insegel/insegel/internal/auth/provider"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/key"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/web"
)

const (
	level3 = "urn:oid:1.2.752.999.1.3" // invented, below an arc of nobody's
	hsa    = "SE2120002999-E000000000001"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// authority is a CA whose names imitate those of SITHS.
type authority struct {
	cert *x509.Certificate
	key  crypto.Signer
}

func newAuthority(t *testing.T, name string, parent *authority) *authority {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	tmpl := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{Country: []string{"SE"}, Organization: []string{"Inera AB (prov)"}, CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	a := &authority{key: k}
	if parent == nil {
		parent = &authority{tmpl, k}
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, parent.cert, k.Public(), parent.key)
	must(t, err)
	a.cert, err = x509.ParseCertificate(der)
	must(t, err)
	return a
}

// issue makes a card's certificate.
func (a *authority) issue(t *testing.T, change func(c *x509.Certificate)) tls.Certificate {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	oid, err := x509.ParseOID(strings.TrimPrefix(level3, "urn:oid:"))
	must(t, err)
	tmpl := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: "Anna Exempel", SerialNumber: hsa, Organization: []string{"Norrsjö kommun"}},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}, Policies: []x509.OID{oid},
	}
	if change != nil {
		change(tmpl)
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, a.cert, k.Public(), a.key)
	must(t, err)
	return tls.Certificate{Certificate: [][]byte{der, a.cert.Raw}, PrivateKey: k}
}

func (a *authority) pem() string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.cert.Raw}))
}

// revoke writes a list of revoked certificates.
func (a *authority) revoke(t *testing.T, file string, next time.Duration, serials ...*big.Int) {
	t.Helper()
	tmpl := &x509.RevocationList{Number: big.NewInt(time.Now().UnixNano()), ThisUpdate: time.Now().Add(-time.Hour), NextUpdate: time.Now().Add(next)}
	for _, s := range serials {
		tmpl.RevokedCertificateEntries = append(tmpl.RevokedCertificateEntries, x509.RevocationListEntry{SerialNumber: s, RevocationTime: time.Now().Add(-time.Minute)})
	}
	der, err := x509.CreateRevocationList(rand.Reader, tmpl, a.cert, a.key)
	must(t, err)
	must(t, os.WriteFile(file, der, 0o600))
}

// house is a site at a real TLS listener that asks for certificates.
type house struct {
	t        *testing.T
	db       *db.DB
	admin    access.Actor
	provider provider.Provider
	pages    *certificate.Pages
	server   *httptest.Server
	site     *web.Site
	proofs   []auth.Proof
}

func newHouse(t *testing.T, d *db.DB, s certificate.Settings, change func(p *certificate.Pages)) *house {
	t.Helper()
	root, err := key.Create(t.TempDir() + "/root.key")
	must(t, err)
	known, err := provider.LoadContexts(data.Files)
	must(t, err)
	h := &house{t: t, db: d, admin: dbtest.Organisation(t, d, "norrsjo")}
	providers := &provider.Service{DB: d, Vault: provider.Vault{Root: root}, Known: known}
	sessions := auth.New(d, auth.Options{TLS: true, Arrive: h.arrive, Levels: provider.Accept})
	bundle, err := locale.NewBundle(map[string]string{"web": web.Messages, "auth": auth.Messages, "certificate": certificate.Messages})
	must(t, err)
	h.site = web.NewSite(bundle, slog.New(slog.DiscardHandler), web.Options{ActorFunc: sessions.Actor, Session: sessions.Load, TLS: true})
	h.server = httptest.NewUnstartedServer(h.site)
	h.server.TLS = &tls.Config{ClientAuth: tls.RequestClientCert}
	h.server.StartTLS()
	t.Cleanup(h.server.Close)
	h.pages = &certificate.Pages{
		DB: d, Known: known, Sessions: sessions, Limits: sessions.Limits(), Cookies: provider.Cookies{TLS: true}, Site: h.server.URL, Client: h.server.URL,
	}
	if change != nil {
		change(h.pages)
	}
	h.pages.Mount(h.site)
	h.site.Handle("GET /who", "", func(c *web.Context) error { return c.Text(200, fmt.Sprintf("in: %s %v", c.Actor.Name, c.Actor.Roles)) })
	own, err := json.Marshal(s)
	must(t, err)
	h.provider, err = providers.Add(t.Context(), h.admin, provider.Draft{Provider: provider.Provider{
		Kind: provider.Certificate, NameSV: "SITHS-kort", NameEN: "SITHS card", Issuer: "urn:norrsjo:kort", Own: own,
		Settings: provider.Settings{Accepted: []provider.Accepted{{Value: level3, Factors: 2, LoA: 3}}},
	}})
	must(t, err)
	_, err = providers.Enable(t.Context(), h.admin, h.provider.ID, "")
	must(t, err)
	return h
}

func (h *house) arrive(ctx context.Context, tx *db.Tx, p auth.Proof) (access.Actor, web.Viewer, error) {
	h.proofs = append(h.proofs, p)
	var n int
	row := tx.QueryRow(ctx, `SELECT COUNT(*) FROM account_identity WHERE organisation_id = $1 AND subject = $2`, p.Organisation, p.Subject)
	if err := db.One(row, &n); err != nil || n > 0 {
		return access.Actor{}, web.Viewer{}, err
	}
	now, account, person := db.Millis(tx.Now), ids.New[auth.Account](), ids.New[auth.Person]()
	for _, s := range []struct {
		sql  string
		args []any
	}{
		{`INSERT INTO account (id, organisation_id, created_at) VALUES ($1, $2, $3)`, []any{account, p.Organisation, now}},
		{`INSERT INTO account_identity (organisation_id, issuer, subject, account_id, created_at, last_used_at) VALUES ($1, $2, $3, $4, $5, $5)`, []any{p.Organisation, p.Issuer, p.Subject, account, now}},
		{`INSERT INTO person (id, organisation_id, account_id, name, folded, origin, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, 'provider', $6, $6)`, []any{person, p.Organisation, account, p.Name, p.Name, now}},
		{`INSERT INTO assignment (id, organisation_id, person_id, role, granted_by, granted_at) VALUES ($1, $2, $3, $4, 'test', $5)`, []any{ids.New[auth.Proof](), p.Organisation, person, access.Coordinator, now}},
	} {
		if _, err := tx.Exec(ctx, s.sql, s.args...); err != nil {
			return access.Actor{}, web.Viewer{}, err
		}
	}
	return access.Actor{}, web.Viewer{}, nil
}

// browser shows a certificate, when it has one, and sends headers.
func (h *house) browser(card *tls.Certificate, header http.Header) *http.Client {
	h.t.Helper()
	jar, err := cookiejar.New(nil)
	must(h.t, err)
	config := &tls.Config{RootCAs: h.server.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs}
	if card != nil {
		config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return card, nil }
	}
	return &http.Client{Jar: jar, Transport: with{header, &http.Transport{TLSClientConfig: config}}}
}

// with adds headers to every request.
type with struct {
	header http.Header
	next   http.RoundTripper
}

// RoundTrip does one request.
func (w with) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	for k, v := range w.header {
		r.Header[k] = v
	}
	return w.next.RoundTrip(r)
}

// open gives the status and the end of where a sign-in leads.
func (h *house) open(c *http.Client, path string) (int, string) {
	h.t.Helper()
	res, err := c.Get(h.server.URL + path)
	must(h.t, err)
	defer func() { _ = res.Body.Close() }()
	return res.StatusCode, res.Request.URL.Path
}

func (h *house) begin() string { return certificate.Path(h.provider.ID) + "?till=%2Fwho" }

func (h *house) want(c *http.Client, reason string) {
	h.t.Helper()
	status, at := h.open(c, h.begin())
	if reason == "" {
		if at != "/who" {
			h.t.Errorf("refused: %d at %s", status, at)
		}
		return
	}
	if at == "/who" || status < 400 {
		h.t.Errorf("let in: %d at %s", status, at)
	}
	var log []audit.Logged
	err := h.db.Read(h.t.Context(), h.admin.Organisation, func(tx *db.Tx) (err error) {
		log, err = audit.History(h.t.Context(), tx, h.admin.Organisation, "provider", h.provider.ID.String(), 1)
		return err
	})
	must(h.t, err)
	if log[0].Action != "certificate.Refuse" || !strings.Contains(log[0].Record, `"reason":"`+reason+`"`) {
		h.t.Errorf("logged %s %s, want the reason %s", log[0].Action, log[0].Record, reason)
	}
}

func TestCardAtOurListener(t *testing.T) {
	root := newAuthority(t, "SITHS e-id Root CA v2 (prov)", nil)
	ca := newAuthority(t, "SITHS e-id Person HSA-id 3 CA v1 (prov)", root)
	look := newAuthority(t, "SITHS e-id Person HSA-id 3 CA v1 (prov)", nil) // the same name, and nobody's
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d, certificate.Settings{Authorities: root.pem()}, nil)
		for name, tc := range map[string]struct {
			card tls.Certificate
			want string
		}{
			"as it should be":            {ca.issue(t, nil), ""},
			"an issuer of the same name": {look.issue(t, nil), "untrusted"},
			"expired":                    {ca.issue(t, func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) }), "untrusted"},
			"not yet in force":           {ca.issue(t, func(c *x509.Certificate) { c.NotBefore = time.Now().Add(time.Minute) }), "untrusted"},
			"for servers":                {ca.issue(t, func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth} }), "untrusted"},
			"for anything":               {ca.issue(t, func(c *x509.Certificate) { c.ExtKeyUsage = nil }), "untrusted"},
			"for documents":              {ca.issue(t, func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageContentCommitment }), "untrusted"},
			"an authority's own":         {ca.issue(t, func(c *x509.Certificate) { c.IsCA, c.BasicConstraintsValid = true, true }), "untrusted"},
			"a lower level":              {ca.issue(t, func(c *x509.Certificate) { c.Policies[0] = oid(t, "1.2.752.999.1.2") }), "level"},
			"no level":                   {ca.issue(t, func(c *x509.Certificate) { c.Policies = nil }), "level"},
			"nobody's":                   {ca.issue(t, func(c *x509.Certificate) { c.Subject.SerialNumber = "" }), "subject"},
			"two persons'": {ca.issue(t, func(c *x509.Certificate) {
				c.Subject.ExtraNames = []pkix.AttributeTypeAndValue{{Type: []int{2, 5, 4, 5}, Value: hsa}, {Type: []int{2, 5, 4, 5}, Value: "SE2120002999-E000000000002"}}
			}), "subject"},
		} {
			t.Run(name, func(t *testing.T) {
				h.t = t
				h.want(h.browser(&tc.card, nil), tc.want)
			})
		}
		h.t = t
		h.want(h.browser(nil, nil), "none")
		if len(h.proofs) != 1 {
			t.Fatalf("%d proofs", len(h.proofs))
		}
		if p := h.proofs[0]; !strings.HasSuffix(p.Subject, "/"+hsa) || !strings.Contains(p.Subject, "SITHS e-id Person HSA-id 3 CA v1") || p.LoA != 3 || p.Factors != 2 || p.Name != "Anna Exempel" {
			t.Errorf("proof %+v", p)
		}
	})
}

func oid(t *testing.T, s string) x509.OID {
	t.Helper()
	o, err := x509.ParseOID(s)
	must(t, err)
	return o
}

func TestRevocation(t *testing.T) {
	root := newAuthority(t, "SITHS e-id Root CA v2 (prov)", nil)
	ca := newAuthority(t, "SITHS e-id Person HSA-id 3 CA v1 (prov)", root)
	other := newAuthority(t, "SITHS e-id Person HSA-id 3 CA v1 (prov)", nil)
	dir := t.TempDir()
	lists := &certificate.Lists{Files: []string{filepath.Join(dir, "root.crl"), filepath.Join(dir, "ca.crl")}}
	h := newHouse(t, dbtest.SQLite(t), certificate.Settings{Authorities: root.pem(), Revocation: true}, func(p *certificate.Pages) { p.Lists = lists })
	card := ca.issue(t, nil)
	leaf, err := x509.ParseCertificate(card.Certificate[0])
	must(t, err)
	h.want(h.browser(&card, nil), "revocation") // there are no lists
	root.revoke(t, lists.Files[0], time.Hour)
	ca.revoke(t, lists.Files[1], time.Hour)
	h.want(h.browser(&card, nil), "")
	ca.revoke(t, lists.Files[1], -time.Minute)
	h.want(h.browser(&card, nil), "revocation") // too old
	other.revoke(t, lists.Files[1], time.Hour)
	h.want(h.browser(&card, nil), "revocation") // signed by another of the same name
	ca.revoke(t, lists.Files[1], time.Hour, big.NewInt(1), leaf.SerialNumber)
	h.want(h.browser(&card, nil), "revoked")
	ca.revoke(t, lists.Files[1], time.Hour, big.NewInt(1))
	root.revoke(t, lists.Files[0], time.Hour, ca.cert.SerialNumber)
	h.want(h.browser(&card, nil), "revoked") // its issuer is
	must(t, os.Remove(lists.Files[0]))
	h.want(h.browser(&card, nil), "revocation")
}

// A header is believed over a channel on which the proxy has shown who it is, and over no other.
func TestHeaders(t *testing.T) {
	root := newAuthority(t, "SITHS e-id Root CA v2 (prov)", nil)
	ca := newAuthority(t, "SITHS e-id Person HSA-id 3 CA v1 (prov)", root)
	card, proxy, stranger := ca.issue(t, nil), ca.issue(t, nil), newAuthority(t, "Annan CA", nil).issue(t, nil)
	b64 := func(der []byte) string { return ":" + base64.StdEncoding.EncodeToString(der) + ":" }
	rfc := http.Header{"Client-Cert": {b64(card.Certificate[0])}, "Client-Cert-Chain": {b64(card.Certificate[1])}}
	both := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: card.Certificate[0]})
	both = append(both, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: ca.cert.Raw})...)
	xssl := http.Header{"X-Ssl-Client-Cert": {url.PathEscape(string(both))}}
	pins := [][sha256.Size]byte{sha256.Sum256(proxy.Certificate[0])}
	for name, tc := range map[string]struct {
		form   string
		shows  *tls.Certificate
		header http.Header
		want   string
	}{
		"the pinned proxy, RFC 9440":        {certificate.HeaderClientCert, &proxy, rfc, ""},
		"the pinned proxy, X-SSL":           {certificate.HeaderXSSL, &proxy, xssl, ""},
		"nobody shows anything":             {certificate.HeaderClientCert, nil, rfc, "none"},
		"a stranger":                        {certificate.HeaderClientCert, &stranger, rfc, "untrusted"},
		"another form than the one chosen":  {certificate.HeaderClientCert, &proxy, xssl, "none"},
		"no form is chosen":                 {"", &proxy, rfc, "none"},
		"the proxy sends none":              {certificate.HeaderClientCert, &proxy, nil, "none"},
		"twice":                             {certificate.HeaderClientCert, &proxy, http.Header{"Client-Cert": {rfc["Client-Cert"][0], b64(proxy.Certificate[0])}}, "none"},
		"something else in it":              {certificate.HeaderClientCert, &proxy, http.Header{"Client-Cert": {"anna"}}, "none"},
		"not between colons":                {certificate.HeaderClientCert, &proxy, http.Header{"Client-Cert": {strings.Trim(rfc["Client-Cert"][0], ":")}}, "none"},
		"a reader with a card adds another": {certificate.HeaderClientCert, &card, http.Header{"Client-Cert": {b64(stranger.Certificate[0])}}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t, dbtest.SQLite(t), certificate.Settings{Authorities: root.pem()}, func(p *certificate.Pages) { p.Proxy = certificate.Proxy{Header: tc.form, Pins: pins} })
			h.want(h.browser(tc.shows, tc.header), tc.want)
		})
	}
}

// Over a unix socket the proxy is the one that may open it.
func TestHeaderOverSocket(t *testing.T) {
	root := newAuthority(t, "SITHS e-id Root CA v2 (prov)", nil)
	card := root.issue(t, nil)
	header := http.Header{"Client-Cert": {":" + base64.StdEncoding.EncodeToString(card.Certificate[0]) + ":"}}
	for _, believed := range []bool{true, false} {
		h := newHouse(t, dbtest.SQLite(t), certificate.Settings{Authorities: root.pem()}, func(p *certificate.Pages) {
			p.Proxy = certificate.Proxy{Header: certificate.HeaderClientCert, Socket: believed}
		})
		path := filepath.Join(t.TempDir(), "s")
		l, err := (&net.ListenConfig{}).Listen(t.Context(), "unix", path)
		must(t, err)
		server := &http.Server{Handler: h.site, ReadHeaderTimeout: time.Second}
		go func() { _ = server.Serve(l) }()
		t.Cleanup(func() { _ = server.Close() })
		c := h.browser(nil, header)
		c.Transport = with{header, plainly{&http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "unix", path)
		}}}}
		if believed {
			h.want(c, "")
		} else {
			h.want(c, "none")
		}
	}
}

// plainly sends what is for https without TLS, as a proxy does over its socket.
type plainly struct{ next http.RoundTripper }

// RoundTrip does one request.
func (p plainly) RoundTrip(r *http.Request) (*http.Response, error) {
	r.URL.Scheme = "http"
	res, err := p.next.RoundTrip(r)
	if res != nil {
		r.URL.Scheme = "https"
	}
	return res, err
}

// Whoever lures somebody to show their card in a sign-in that they have begun themselves gets nothing, and neither half alone is enough.
func TestCardInAnothersSignIn(t *testing.T) {
	root := newAuthority(t, "SITHS e-id Root CA v2 (prov)", nil)
	card := root.issue(t, nil)
	h := newHouse(t, dbtest.SQLite(t), certificate.Settings{Authorities: root.pem()}, nil)
	thief := h.browser(nil, nil)
	thief.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	res, err := thief.Get(h.server.URL + h.begin())
	must(t, err)
	must(t, res.Body.Close())
	lure := res.Header.Get("Location")
	victim := h.browser(&card, nil)
	victim.CheckRedirect = thief.CheckRedirect
	shown, err := victim.Get(lure)
	must(t, err)
	must(t, shown.Body.Close())
	answer, err := url.Parse(shown.Header.Get("Location"))
	must(t, err)
	if answer.Query().Get("code") == "" {
		t.Fatalf("the card was not taken: %d", shown.StatusCode)
	}
	for name, try := range map[string]struct {
		c    *http.Client
		path string
	}{
		"the victim's browser did not begin":  {victim, answer.RequestURI()},
		"the thief's browser has no code":     {thief, answer.Path + "?state=" + url.QueryEscape(answer.Query().Get("state"))},
		"the thief's browser guesses":         {thief, answer.Path + "?code=x&state=" + url.QueryEscape(answer.Query().Get("state"))},
		"the thief's browser shows the state": {thief, strings.TrimPrefix(lure, h.server.URL)},
	} {
		if status, at := h.open(try.c, try.path); status < 400 {
			t.Errorf("%s: %d at %s", name, status, at)
		}
	}
	if len(h.proofs) != 0 {
		t.Error("somebody came in")
	}
}
