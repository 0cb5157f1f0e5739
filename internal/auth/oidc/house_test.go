// SPDX-License-Identifier: EUPL-1.2

package oidc_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/insegel/insegel/data"
	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/auth"
	"github.com/insegel/insegel/internal/auth/oidc"
	"github.com/insegel/insegel/internal/auth/provider"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/key"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/outbound"
	"github.com/insegel/insegel/internal/web"
	"github.com/insegel/insegel/internal/webtest"
)

const (
	loa2 = "http://id.elegnamnden.se/loa/1.0/loa2"
	loa3 = "http://id.elegnamnden.se/loa/1.0/loa3"
	mfa  = "https://refeds.org/profile/mfa"

	clientID     = "insegel"
	clientSecret = "a-secret-that-is-long-enough-for-tests"
)

// house is a site with one organisation, in which whoever an identity provider vouches for gets an account.
type house struct {
	t         *testing.T
	db        *db.DB
	org       access.OrganisationID
	admin     access.Actor
	providers *provider.Service
	service   *oidc.Service
	sessions  *auth.Sessions
	url       string
	provider  provider.Provider
	// strangers are turned away when closed is set.
	closed bool
	// proofs are those that arrived.
	proofs []auth.Proof
	trials []provider.Trial
	log    bytes.Buffer
}

// newHouse starts a site with a provider that has the issuer and is switched on.
func newHouse(t *testing.T, d *db.DB, issuer string, change func(d *provider.Draft, s *oidc.Settings)) *house {
	t.Helper()
	root, err := key.Create(t.TempDir() + "/root.key")
	must(t, err)
	known, err := provider.LoadContexts(data.Files)
	must(t, err)
	h := &house{t: t, db: d, admin: dbtest.Organisation(t, d, "norrsjo")}
	h.org = h.admin.Organisation
	h.providers = &provider.Service{DB: d, Vault: provider.Vault{Root: root}, Known: known}
	h.service = oidc.NewService(d, h.providers, outbound.Policy{Networks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
	h.sessions = auth.New(d, auth.Options{Arrive: h.arrive, Levels: provider.Accept})
	bundle, err := locale.NewBundle(map[string]string{"web": web.Messages, "auth": auth.Messages, "oidc": oidc.Messages, "provider": provider.Messages})
	must(t, err)
	site := web.NewSite(bundle, slog.New(slog.NewTextHandler(&h.log, nil)), web.Options{ActorFunc: h.sessions.Actor, Session: h.sessions.Load})
	server := httptest.NewServer(site)
	t.Cleanup(server.Close)
	h.url = server.URL
	pages := &oidc.Pages{
		Service: h.service, Sessions: h.sessions, Limits: h.sessions.Limits(), Site: h.url,
		Tried: func(c *web.Context, t provider.Trial) error {
			h.trials = append(h.trials, t)
			return c.Text(200, "tried")
		},
	}
	pages.Mount(site)
	auth.Pages{Sessions: h.sessions, Leave: pages.Leave}.Mount(site)
	site.Handle("GET /{$}", "", func(c *web.Context) error { return c.Text(200, "start") })
	site.Handle("GET /who", "", func(c *web.Context) error {
		return c.Text(200, fmt.Sprintf("%s %v fresh=%v", c.Actor.Name, c.Actor.Roles, c.Actor.Fresh))
	})
	h.add(issuer, change)
	return h
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (h *house) add(issuer string, change func(d *provider.Draft, s *oidc.Settings)) {
	h.t.Helper()
	s := oidc.Settings{ClientID: clientID, Method: oidc.ClientSecret, Scopes: []string{"profile", "email"}}
	draft := provider.Draft{
		Provider: provider.Provider{
			Kind: provider.OIDC, NameSV: "Kommunens inloggning", NameEN: "The municipality's sign-in", Issuer: issuer,
			Settings: provider.Settings{Accepted: []provider.Accepted{{Value: loa3}}, Claims: provider.ClaimNames{Roles: "groups"}},
		},
		Secrets: map[string][]byte{"client-secret": []byte(clientSecret)},
	}
	if change != nil {
		change(&draft, &s)
	}
	own, err := json.Marshal(s)
	must(h.t, err)
	draft.Own = own
	h.provider, err = h.providers.Add(h.t.Context(), h.admin, draft)
	must(h.t, err)
	_, err = h.providers.Enable(h.t.Context(), h.admin, h.provider.ID, "")
	must(h.t, err)
}

// arrive gives everybody an account, and the role of a coordinator and an administrator.
func (h *house) arrive(ctx context.Context, tx *db.Tx, p auth.Proof) (access.Actor, web.Viewer, error) {
	h.proofs = append(h.proofs, p)
	if h.closed {
		return access.Actor{}, web.Viewer{}, auth.ErrUnknownPerson
	}
	var n int
	row := tx.QueryRow(ctx, `SELECT COUNT(*) FROM account_identity WHERE organisation_id = $1 AND issuer = $2 AND subject = $3`, p.Organisation, p.Issuer, p.Subject)
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
		{`INSERT INTO person (id, organisation_id, account_id, name, folded, origin, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, 'provider', $6, $6)`, []any{person, p.Organisation, account, p.Name, strings.ToLower(p.Name), now}},
		{`INSERT INTO assignment (id, organisation_id, person_id, role, granted_by, granted_at) VALUES ($1, $2, $3, $4, 'test', $5)`, []any{ids.New[auth.Proof](), p.Organisation, person, access.Coordinator, now}},
		{`INSERT INTO assignment (id, organisation_id, person_id, role, granted_by, granted_at) VALUES ($1, $2, $3, $4, 'test', $5)`, []any{ids.New[auth.Proof](), p.Organisation, person, access.Administrator, now}},
	} {
		if _, err := tx.Exec(ctx, s.sql, s.args...); err != nil {
			return access.Actor{}, web.Viewer{}, err
		}
	}
	return access.Actor{}, web.Viewer{}, nil
}

// logged gives the log's entries about the provider, the latest first.
func (h *house) logged() []audit.Logged {
	h.t.Helper()
	var out []audit.Logged
	err := h.db.Read(h.t.Context(), h.org, func(tx *db.Tx) (err error) {
		out, err = audit.History(h.t.Context(), tx, h.org, "provider", h.provider.ID.String(), 50)
		return err
	})
	must(h.t, err)
	return out
}

// latest is the latest entry about the provider.
func (h *house) latest() audit.Logged {
	h.t.Helper()
	all := h.logged()
	if len(all) == 0 {
		h.t.Fatal("nothing is logged about the provider")
	}
	return all[0]
}

// wantRefused asks for a refusal in the log with the reason, and for a browser that is not let in.
func (h *house) wantRefused(c *webtest.Client, p *webtest.Page, status int, reason string) {
	h.t.Helper()
	if p.Status != status {
		h.t.Errorf("answered with %d at %s, want %d", p.Status, p.URL, status)
	}
	if p.Doc != nil {
		webtest.CheckDOM(h.t, p.Doc)
	}
	if in := c.Get("/who"); strings.Contains(in.Body, "fresh=") {
		h.t.Errorf("somebody is in: %s", in.Body)
	}
	if e := h.latest(); e.Action != "oidc.Refuse" || !strings.Contains(e.Record, `"reason":"`+reason+`"`) {
		h.t.Errorf("logged %s %s, want oidc.Refuse for %s", e.Action, e.Record, reason)
	}
}

func (h *house) begin() string { return oidc.Path(h.provider.ID) + "?till=%2Fwho" }

func (h *house) open() *webtest.Client { return webtest.Open(h.t, h.url) }

// path is an address of the house without scheme and host, for a client of it.
func (h *house) path(address string) string {
	h.t.Helper()
	if !strings.HasPrefix(address, h.url) {
		h.t.Fatalf("%s is not ours", address)
	}
	return strings.TrimPrefix(address, h.url)
}

func port(t *testing.T, address string) string {
	t.Helper()
	u, err := url.Parse(address)
	must(t, err)
	_, p, err := net.SplitHostPort(u.Host)
	must(t, err)
	return p
}

func post(t *testing.T, address, contentType, body string) int {
	t.Helper()
	res, err := http.Post(address, contentType, strings.NewReader(body))
	must(t, err)
	must(t, res.Body.Close())
	return res.StatusCode
}

const soon = 10 * time.Second

// absolute makes a request to any address, with the client's cookies.
func absolute(t *testing.T, c *webtest.Client, method, address string, body *strings.Reader) *http.Request {
	t.Helper()
	r := c.Request(method, "/", nil)
	if body != nil {
		r = c.Request(method, "/", body)
	}
	u, err := url.Parse(address)
	must(t, err)
	r.URL, r.Host = u, u.Host
	return r
}
