// SPDX-License-Identifier: EUPL-1.2

package saml

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/beevik/etree"

	"github.com/insegel/insegel/data"
	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/alarm"
	"github.com/insegel/insegel/internal/approval"
	"github.com/insegel/insegel/internal/auth"
	"github.com/insegel/insegel/internal/auth/provider"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/key"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/outbound"
	"github.com/insegel/insegel/internal/web"
	"github.com/insegel/insegel/internal/webtest"
)

// house is a site with one organisation that has a connection by SAML.
type house struct {
	t        *testing.T
	db       *db.DB
	service  *Service
	settings *provider.Service
	pages    *Pages
	server   *httptest.Server
	admin    access.Actor
	now      time.Time
	provider provider.Provider
	// known are the subjects that have an account.
	known []string
	// everybody says that every subject has one.
	everybody bool
	tried     []provider.Trial
	// mark is how much of the log is older than what is looked at.
	mark int
}

const code = "norrsjo"

func newHouse(t *testing.T, d *db.DB) *house {
	t.Helper()
	root, err := key.Create(t.TempDir() + "/root.key")
	if err != nil {
		t.Fatal(err)
	}
	contexts, err := provider.LoadContexts(data.Files)
	if err != nil {
		t.Fatal(err)
	}
	h := &house{t: t, db: d, admin: dbtest.Organisation(t, d, code), now: testNow, known: []string{alice}}
	d.Now = func() time.Time { return h.now }
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	h.settings = &provider.Service{DB: d, Vault: provider.Vault{Root: root}, Known: contexts}
	h.service = NewService(d, h.settings, outbound.Policy{Networks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}, log)
	sessions := auth.New(d, auth.Options{Arrive: h.arrive})
	bundle, err := locale.NewBundle(map[string]string{"web": web.Messages, "auth": auth.Messages, "provider": provider.Messages, "saml": Messages})
	if err != nil {
		t.Fatal(err)
	}
	h.pages = &Pages{Service: h.service, Sessions: sessions, Limits: sessions.Limits(), Tried: func(c *web.Context, x provider.Trial) error {
		h.tried = append(h.tried, x)
		return c.Text(http.StatusOK, "tried")
	}}
	site := web.NewSite(bundle, log, web.Options{ActorFunc: sessions.Actor, Session: sessions.Load, FormAction: h.pages.FormAction})
	h.pages.Mount(site)
	auth.Pages{Sessions: sessions, Leave: h.pages.Leave}.Mount(site)
	site.Handle("GET /who", "", func(c *web.Context) error { return c.Text(http.StatusOK, c.Actor.Name) })
	site.Handle("GET /{$}", "", func(c *web.Context) error { return c.Text(http.StatusOK, "start: "+c.Actor.Name) })
	h.server = httptest.NewServer(site)
	t.Cleanup(h.server.Close)
	h.pages.Site = h.server.URL
	return h
}

// twoPeople lets the service ask for what takes two people, where the named are administrators.
func (h *house) twoPeople(administrators ...string) *approval.Service {
	a := &approval.Service{DB: h.db, Log: slog.New(slog.DiscardHandler), Administrators: func(context.Context, *db.Tx, access.OrganisationID) ([]string, error) {
		return administrators, nil
	}}
	a.HandleSignIn(h.service.Decisions())
	h.service.two = approval.SignIn{Service: a}
	return a
}

// approve approves all that waits, as bo.
func (h *house) approve(a *approval.Service) {
	h.t.Helper()
	bo := access.Actor{ID: "bo", Organisation: h.admin.Organisation, Roles: []access.Role{access.Administrator}, Fresh: true}
	bundle, err := locale.NewBundle(map[string]string{"saml": Messages})
	if err != nil {
		h.t.Fatal(err)
	}
	l, err := a.List(h.t.Context(), bo, bundle.In("sv"))
	if err != nil || len(l.Waiting) != 1 || l.Waiting[0].To == "" {
		h.t.Fatalf("%+v %v", l.Waiting, err)
	}
	if err := a.Approve(h.t.Context(), bo, l.Waiting[0].ID, ""); err != nil {
		h.t.Fatal(err)
	}
}

// arrive knows the subjects that are listed, and nobody else.
func (h *house) arrive(ctx context.Context, tx *db.Tx, p auth.Proof) (access.Actor, web.Viewer, error) {
	if !h.everybody && !slices.Contains(h.known, p.Subject) {
		return access.Actor{}, web.Viewer{}, auth.ErrUnknownPerson
	}
	var n int
	row := tx.QueryRow(ctx, `SELECT count(*) FROM account_identity WHERE organisation_id = $1 AND issuer = $2 AND subject = $3`, p.Organisation, p.Issuer, p.Subject)
	if err := db.One(row, &n); err != nil || n > 0 {
		return access.Actor{}, web.Viewer{}, err
	}
	_, err := auth.AddPerson(ctx, tx, auth.NewPerson{
		Organisation: p.Organisation, Name: p.Name, Folded: strings.ToLower(p.Name), Origin: "invited", Issuer: p.Issuer, Subject: p.Subject,
		Roles: []access.Role{access.Administrator},
	})
	return access.Actor{}, web.Viewer{}, err
}

// connect adds a connection and switches it on. change sees its draft before.
func (h *house) connect(change func(*provider.Draft, *Settings), metadata []byte) {
	h.t.Helper()
	ctx := h.t.Context()
	s := Settings{Pinned: []string{string(pemOf(testKey(h.t, "other")))}}
	d := provider.Draft{Provider: provider.Provider{
		Kind: provider.SAML, NameSV: "Kommunens inloggning", NameEN: "The municipality's sign-in", Issuer: testIdP,
		// The keys of most tests have 2048 bits; TestOlderKeysAndCiphers says what comes of one for which that is not allowed.
		Settings: provider.Settings{Accepted: []provider.Accepted{{Value: loa3}}, OlderUntil: civil.Of(h.now).AddMonths(12)},
	}}
	if change != nil {
		change(&d, &s)
	}
	if s.Metadata == "" {
		s.Document, metadata = string(metadata), nil
	}
	d.Own = must(json.Marshal(s))
	if err := s.Check(d.Settings.Claims); err != nil {
		h.t.Fatal(err)
	}
	p, err := h.settings.Add(ctx, h.admin, d)
	if err == nil {
		_, err = h.settings.Enable(ctx, h.admin, p.ID, "")
	}
	if err != nil {
		h.t.Fatal(err)
	}
	h.provider = p
}

// log lists the entries of the organisation's log about signing in, as action and reason.
func (h *house) log() []string {
	h.t.Helper()
	var out []string
	err := h.db.Read(h.t.Context(), h.admin.Organisation, func(tx *db.Tx) (err error) {
		out, err = db.All(h.t.Context(), tx, func(scan func(...any) error) (string, error) {
			var action, what string
			err := scan(&action, &what)
			return action + " " + what, err
		}, `
			SELECT e.action, COALESCE(p.what, '') FROM audit_entry e JOIN audit_private p ON p.organisation_id = e.organisation_id AND p.seq = e.seq
			WHERE e.organisation_id = $1 ORDER BY e.seq`, h.admin.Organisation)
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return out
}

// refused fails unless the log says that a sign-in was refused for this reason, and says nothing about the person.
func (h *house) refused(want Reason) {
	h.t.Helper()
	for _, e := range h.log()[h.mark:] {
		if strings.Contains(e, alice) || strings.Contains(e, "Alva") {
			h.t.Errorf("the log says who it was: %s", e)
		}
		if strings.HasPrefix(e, "auth.SignInRefused ") && strings.Contains(e, `"reason":"`+string(want)+`"`) {
			return
		}
	}
	var short []string
	for _, e := range h.log()[h.mark:] {
		short = append(short, e[:min(len(e), 120)])
	}
	h.t.Errorf("no refusal for %s in the log: %q", want, short)
}

// begun is what the site has sent to the provider.
type begun struct {
	request AuthnRequest
	state   string
}

// begin opens the sign-in and reads what is sent to the provider.
func (h *house) begin(c *webtest.Client, query string) begun {
	h.t.Helper()
	location := h.location(c, Path(h.provider.ID)+query)
	u := must(url.Parse(location))
	r, err := DecodeRedirect(u.RawQuery)
	if err != nil {
		h.t.Fatalf("%s: %v", location, err)
	}
	return begun{r, u.Query().Get("RelayState")}
}

// location is where an address sends the browser.
func (h *house) location(c *webtest.Client, path string) string {
	h.t.Helper()
	to := c.Away(path)
	if to == "" {
		h.t.Fatalf("%s did not lead away: %s", path, c.Get(path).Body)
	}
	return to
}

// answer makes the provider's good answer to a question, changed by f.
func (h *house) answer(b begun, f forge) string {
	h.t.Helper()
	return encode(h.forge(b, f).build(h.t))
}

// forge is how the provider answers a question, changed by f.
func (h *house) forge(b begun, f forge) forge {
	h.t.Helper()
	us := addressesOf(h.pages.Site, code)
	moments := func(el *etree.Element) {
		el.CreateAttr("IssueInstant", h.now.Format(wireTime))
	}
	ours := forge{
		assertion: func(a *etree.Element) {
			moments(a)
			a.CreateAttr("ID", "_"+messageID())
			d := a.FindElement(confirmationData)
			d.CreateAttr("Recipient", us.acs)
			d.CreateAttr("InResponseTo", b.request.ID)
			d.CreateAttr("NotOnOrAfter", h.now.Add(5*time.Minute).Format(wireTime))
			c := a.FindElement("./Conditions")
			c.CreateAttr("NotBefore", h.now.Format(wireTime))
			c.CreateAttr("NotOnOrAfter", h.now.Add(5*time.Minute).Format(wireTime))
			c.FindElement("./AudienceRestriction/Audience").SetText(us.entityID)
			a.FindElement("./AuthnStatement").CreateAttr("AuthnInstant", h.now.Format(wireTime))
			if f.assertion != nil {
				f.assertion(a)
			}
		},
		response: func(r *etree.Element) {
			moments(r)
			r.CreateAttr("Destination", us.acs)
			r.CreateAttr("InResponseTo", b.request.ID)
			if f.response != nil {
				f.response(r)
			}
		},
		key: f.key, unsigned: f.unsigned, plain: f.plain, assertionSigned: f.assertionSigned, signed: f.signed, crypt: f.crypt,
	}
	own, err := h.service.readKeys(h.t.Context(), organisation{id: h.admin.Organisation, code: code})
	if err != nil {
		h.t.Fatal(err)
	}
	ours.to = own[0].Certificate
	return ours
}

// post sends the answer as the provider's page would: from another site.
func (h *house) post(c *webtest.Client, response, state string) *webtest.Page {
	h.t.Helper()
	c.Site = "cross-site"
	defer func() { c.Site = "same-origin" }()
	return c.Post("/saml/"+code+"/acs", url.Values{"SAMLResponse": {response}, "RelayState": {state}})
}

func (h *house) alarms() []alarm.Kind {
	h.t.Helper()
	var out []alarm.Kind
	err := h.db.Read(h.t.Context(), h.admin.Organisation, func(tx *db.Tx) error {
		rows, err := db.All(h.t.Context(), tx, func(scan func(...any) error) (alarm.Kind, error) {
			var k alarm.Kind
			return k, scan(&k)
		}, `SELECT kind FROM alarm WHERE organisation_id = $1 AND acknowledged_at IS NULL AND kind <> 'sign-in-changed' ORDER BY kind`, h.admin.Organisation)
		out = rows
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return out
}

func TestSignIn(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		h.connect(nil, federation{}.build(t))
		c := webtest.Open(t, h.server.URL)
		b := h.begin(c, "?till=/who")
		us := addressesOf(h.pages.Site, code)
		if b.request.Issuer != us.entityID || b.request.ACS != us.acs || b.request.Destination != testSSO || b.request.ForceAuthn != "false" ||
			!slices.Equal(b.request.Contexts, []string{loa3}) || b.request.Comparison != "exact" || !b.request.Signed || len(b.state) > 80 {
			t.Errorf("asked %+v with the state %q", b.request, b.state)
		}
		response := h.answer(b, forge{})
		if p := h.post(c, response, b.state); p.Body != "Alva Exempel" || p.URL != "/who" {
			t.Fatalf("%d %s %q", p.Status, p.URL, p.Body)
		}
		// The same answer once more, as somebody who has seen it would send it.
		if p := h.post(webtest.Open(t, h.server.URL), response, b.state); p.Status != http.StatusBadRequest {
			t.Errorf("the same answer again: %d", p.Status)
		}
		h.refused(WrongBrowser)
	})
}

func TestSignInRefused(t *testing.T) {
	h := newHouse(t, dbtest.SQLite(t))
	h.connect(nil, federation{}.build(t))
	type try struct {
		do     func(c *webtest.Client, b begun) *webtest.Page
		want   Reason
		status int
	}
	with := func(f forge) func(*webtest.Client, begun) *webtest.Page {
		return func(c *webtest.Client, b begun) *webtest.Page { return h.post(c, h.answer(b, f), b.state) }
	}
	for name, tc := range map[string]try{
		"a lower level":              {with(forge{assertion: say(contextClass, loa2)}), WrongLevel, http.StatusForbidden},
		"a password":                 {with(forge{assertion: say(contextClass, password)}), WrongLevel, http.StatusForbidden},
		"not signed":                 {with(forge{unsigned: true}), Unsigned, http.StatusForbidden},
		"not encrypted":              {with(forge{plain: true}), NotEncrypted, http.StatusForbidden},
		"a transient name":           {with(forge{assertion: set("./Subject/NameID", "Format", formatTransient)}), NoSubject, http.StatusForbidden},
		"an e-mail address as name":  {with(forge{assertion: set("./Subject/NameID", "Format", "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress")}), NoSubject, http.StatusForbidden},
		"a name for another service": {with(forge{assertion: set("./Subject/NameID", "SPNameQualifier", "https://other.example.se")}), NoSubject, http.StatusForbidden},
		"the provider says no": {with(forge{response: func(r *etree.Element) {
			r.FindElement("./Status/StatusCode").CreateAttr("Value", "urn:oasis:names:tc:SAML:2.0:status:Responder")
			r.RemoveChild(r.FindElement("./EncryptedAssertion"))
		}}), ProviderSaidNo, http.StatusForbidden},
		"no state": {func(c *webtest.Client, b begun) *webtest.Page { return h.post(c, h.answer(b, forge{}), "") }, Unsolicited, http.StatusBadRequest},
		"another browser's": {func(c *webtest.Client, b begun) *webtest.Page {
			other := webtest.Open(t, h.server.URL)
			mine := h.begin(other, "")
			return h.post(other, h.answer(b, forge{}), strings.Split(mine.state, ".")[0]+"."+strings.Split(b.state, ".")[1])
		}, NoRequest, http.StatusBadRequest},
		"an answer to another of one's own questions": {func(c *webtest.Client, b begun) *webtest.Page {
			second := h.begin(c, "")
			return h.post(c, h.answer(b, forge{}), second.state)
		}, WrongRequest, http.StatusForbidden},
		"too late": {func(c *webtest.Client, b begun) *webtest.Page {
			h.now = h.now.Add(provider.RequestLife + time.Second)
			return h.post(c, h.answer(b, forge{}), b.state)
		}, NoRequest, http.StatusBadRequest},
		"the same assertion in a new question": {func(c *webtest.Client, b begun) *webtest.Page {
			fixed := forge{assertion: set(".", "ID", "_fixed")}
			other := webtest.Open(t, h.server.URL)
			first := h.begin(other, "")
			if p := h.post(other, h.answer(first, fixed), first.state); p.Status != http.StatusOK {
				t.Errorf("the first time: %d", p.Status)
			}
			return h.post(c, h.answer(b, fixed), b.state)
		}, Replayed, http.StatusForbidden},
		"two answers": {func(c *webtest.Client, b begun) *webtest.Page {
			c.Site = "cross-site"
			return c.Post("/saml/"+code+"/acs", url.Values{"SAMLResponse": {h.answer(b, forge{}), "x"}, "RelayState": {b.state}})
		}, WrongShape, http.StatusForbidden},
		"a bomb": {func(c *webtest.Client, b begun) *webtest.Page {
			return h.post(c, encode(deflate(make([]byte, 32<<20))), b.state)
		}, BadEncoding, http.StatusForbidden},
	} {
		t.Run(name, func(t *testing.T) {
			h.mark = len(h.log())
			c := webtest.Open(t, h.server.URL)
			p := tc.do(c, h.begin(c, ""))
			if p.Status != tc.status {
				t.Errorf("status %d, want %d: %s", p.Status, tc.status, p.Text("h1"))
			}
			webtest.CheckDOM(t, p.Doc)
			h.refused(tc.want)
			if c.Get("/who").Body == "Alva Exempel" {
				t.Error("somebody is signed in all the same")
			}
		})
	}
	if !slices.Contains(h.alarms(), alarm.LevelLowered) {
		t.Errorf("no alarm about the level: %v", h.alarms())
	}
}

// TestAttacksAtTheDoor sends each wrapping attack, made of what the provider has just signed for this very question, from the browser that
// asked it: nobody is let in, the log tells of every one, and the good answer that the attack was made of is let in.
func TestAttacksAtTheDoor(t *testing.T) {
	h := newHouse(t, dbtest.SQLite(t))
	h.connect(func(_ *provider.Draft, s *Settings) { s.Protection = Signed }, federation{}.build(t))
	h.known = append(h.known, mallory)
	for n := 1; n <= 8; n++ {
		h.mark = len(h.log())
		c := webtest.Open(t, h.server.URL)
		b := h.begin(c, "?till=/who")
		p := h.post(c, encode(wrap(n, "_evil", h.forge(b, forge{}))(t)), b.state)
		if p.Status != http.StatusForbidden {
			t.Errorf("attack %d: status %d, want 403: %s", n, p.Status, p.Text("h1"))
		}
		h.refused(WrongShape)
		if p := c.Get("/who"); p.Body == "Alva Exempel" || p.Status == http.StatusOK && !strings.HasPrefix(p.URL, web.SignInPath) {
			t.Errorf("attack %d let somebody in: %d %s", n, p.Status, p.Body)
		}
	}
	for name, f := range map[string]forge{"the answer signed": {plain: true}, "the assertion signed too": {plain: true, assertionSigned: true}} {
		c := webtest.Open(t, h.server.URL)
		b := h.begin(c, "?till=/who")
		if p := h.post(c, h.answer(b, f), b.state); p.Body != "Alva Exempel" {
			t.Errorf("a good answer, %s: %d %s", name, p.Status, p.Body)
		}
	}
}

func TestUnknownPersonIsNotLetIn(t *testing.T) {
	h := newHouse(t, dbtest.SQLite(t))
	h.connect(nil, federation{}.build(t))
	h.known = nil
	c := webtest.Open(t, h.server.URL)
	b := h.begin(c, "")
	if p := h.post(c, h.answer(b, forge{}), b.state); p.Status != http.StatusForbidden || p.Text("h1") != "Du har inget konto här" {
		t.Errorf("%d %s", p.Status, p.Text("h1"))
	}
}

// A step-up asks for a new sign-in, and is answered by the same person in the same browser.
func TestStepUp(t *testing.T) {
	h := newHouse(t, dbtest.SQLite(t))
	h.connect(nil, federation{}.build(t))
	h.known = append(h.known, mallory)
	signIn := func(f forge) *webtest.Client {
		c := webtest.Open(t, h.server.URL)
		b := h.begin(c, "")
		h.post(c, h.answer(b, f), b.state)
		return c
	}
	c := signIn(forge{})
	again := h.begin(c, "?igen=1&till=/who")
	if again.request.ForceAuthn != "true" {
		t.Errorf("ForceAuthn is %q", again.request.ForceAuthn)
	}
	stale := forge{assertion: set("./AuthnStatement", "AuthnInstant", h.now.Add(-5*time.Minute).Format(wireTime))}
	if p := h.post(c, h.answer(again, stale), again.state); p.Status != http.StatusForbidden {
		t.Errorf("a sign-in from before: %d", p.Status)
	}
	h.refused(TooOld)
	again = h.begin(c, "?igen=1&till=/who")
	if p := h.post(c, h.answer(again, forge{assertion: say("./Subject/NameID", mallory)}), again.state); p.Status != http.StatusForbidden || p.Text("h1") != "Någon annan svarade" {
		t.Errorf("somebody else: %d %s", p.Status, p.Text("h1"))
	}
	again = h.begin(c, "?igen=1&till=/who")
	p := h.post(c, h.answer(again, forge{}), again.state)
	if p.URL != "/who" || p.Body != "Alva Exempel" {
		t.Errorf("%d %s %q", p.Status, p.URL, p.Body)
	}
	if !slices.ContainsFunc(h.log(), func(e string) bool { return strings.HasPrefix(e, "auth.StepUp ") }) {
		t.Error("the step-up is not in the log")
	}
	if p := webtest.Open(t, h.server.URL).Get(Path(h.provider.ID) + "?igen=1"); p.URL != "/logga-in" {
		t.Errorf("a step-up of nobody: %s", p.URL)
	}
}

// Metadata that have run out close the provider; those who are in stay in, and nothing weaker opens.
func TestExpiredMetadata(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		h.connect(nil, federation{root: `ID="_m1" validUntil="2026-11-28T16:00:00Z"`}.build(t))
		c := webtest.Open(t, h.server.URL)
		b := h.begin(c, "")
		h.post(c, h.answer(b, forge{}), b.state)
		watch := func() {
			if err := h.service.refresh(t.Context(), Refresh{}); err != nil {
				t.Fatal(err)
			}
		}
		watch()
		if len(h.alarms()) != 0 {
			t.Errorf("alarms at once: %v", h.alarms())
		}
		stay := func(step time.Duration) { // a session lives while it is used
			for end := h.now.Add(step); h.now.Before(end); h.now = h.now.Add(10 * time.Minute) {
				c.Get("/who")
			}
		}
		stay(4*time.Hour + time.Minute)
		watch()
		if !slices.Equal(h.alarms(), []alarm.Kind{alarm.MetadataHalfLife}) {
			t.Errorf("alarms at half time: %v", h.alarms())
		}
		pending := webtest.Open(t, h.server.URL)
		stay(3*time.Hour + 40*time.Minute)
		h.now = h.now.Add(5 * time.Minute)
		waits := h.begin(pending, "")
		h.now = h.now.Add(6 * time.Minute)
		watch()
		if !slices.Contains(h.alarms(), alarm.MetadataExpired) {
			t.Errorf("alarms afterwards: %v", h.alarms())
		}
		if p := webtest.Open(t, h.server.URL).Get(Path(h.provider.ID)); p.Status != http.StatusServiceUnavailable {
			t.Errorf("a new sign-in: %d", p.Status)
		}
		if p := h.post(pending, h.answer(waits, forge{}), waits.state); p.Status != http.StatusServiceUnavailable {
			t.Errorf("one that had begun: %d %s", p.Status, p.Text("h1"))
		}
		h.refused(NoMetadata)
		if p := c.Get("/who"); p.Body != "Alva Exempel" {
			t.Errorf("who was in is out: %d", p.Status)
		}
		if err := h.service.SetMetadata(t.Context(), h.admin, h.provider.ID, federation{root: `ID="_m1" validUntil="2026-11-28T15:00:00Z"`}.build(t)); err == nil {
			t.Error("older metadata are taken")
		}
		if err := h.service.SetMetadata(t.Context(), h.admin, h.provider.ID, federation{}.build(t)); err != nil {
			t.Fatal(err)
		}
		if len(h.alarms()) != 0 {
			t.Errorf("alarms are left: %v", h.alarms())
		}
	})
}

// Metadata are fetched in their turn, from the configured host only; what is bad is not kept and what is good stays.
func TestFetch(t *testing.T) {
	h := newHouse(t, dbtest.SQLite(t))
	var body []byte
	status, asked := http.StatusOK, 0
	feed := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		if status == http.StatusFound {
			http.Redirect(w, r, strings.Replace(h.server.URL, "127.0.0.1", "localhost", 1), status)
			return
		}
		w.WriteHeader(status)
		_, _ = w.Write(body)
	}))
	defer feed.Close()
	body = federation{}.build(t)
	h.connect(func(_ *provider.Draft, s *Settings) { s.Metadata = feed.URL + "/md.xml" }, nil)
	run := func() {
		t.Helper()
		if err := h.service.refresh(t.Context(), Refresh{}); err != nil {
			t.Fatal(err)
		}
	}
	run()
	c := webtest.Open(t, h.server.URL)
	b := h.begin(c, "?till=/who")
	if p := h.post(c, h.answer(b, forge{}), b.state); p.Body != "Alva Exempel" {
		t.Fatalf("%d %q", p.Status, p.Body)
	}
	run()
	if asked != 1 {
		t.Errorf("fetched %d times within the hour", asked)
	}
	state := func() State {
		t.Helper()
		s, err := h.service.State(t.Context(), h.admin, h.provider.ID)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	for name, bad := range map[string]func(){
		"down":           func() { status = http.StatusInternalServerError },
		"elsewhere":      func() { status = http.StatusFound },
		"another key":    func() { body = federation{key: "idp"}.build(t) },
		"older":          func() { body = federation{root: `ID="_m1" validUntil="2026-12-04T08:00:00Z"`}.build(t) },
		"not metadata":   func() { body = []byte("<html/>") },
		"very much":      func() { body = make([]byte, maxMetadata+10) },
		"of the past":    func() { body = federation{root: `ID="_m1" validUntil="2026-11-27T08:00:00Z"`}.build(t) },
		"without an end": func() { body = federation{root: `ID="_m1"`}.build(t) },
	} {
		status = http.StatusOK
		body = federation{}.build(t)
		bad()
		h.now = h.now.Add(2 * time.Hour)
		run()
		s := state()
		if s.Fault == "" || len(s.Providers) != 1 || !s.Until.Equal(testNow.AddDate(0, 0, 7)) {
			t.Errorf("%s: %+v", name, s)
		}
		h.begin(webtest.Open(t, h.server.URL), "")
	}
	status, body = http.StatusOK, federation{root: `ID="_m1" validUntil="2026-12-06T08:00:00Z"`}.build(t)
	h.now = h.now.Add(2 * time.Hour)
	run()
	if s := state(); s.Fault != "" || !s.Until.Equal(testNow.AddDate(0, 0, 8)) {
		t.Errorf("a newer one: %+v", s)
	}
}

// A federation: the reader chooses among those that are let in, and no other can be asked.
func TestFederation(t *testing.T) {
	h := newHouse(t, dbtest.SQLite(t))
	h.connect(func(d *provider.Draft, s *Settings) {
		d.Issuer = testFederation
		s.Providers = []string{testIdP, "https://loa2.example.se", "https://nowhere.example.se"}
	}, federation{}.build(t))
	c := webtest.Open(t, h.server.URL)
	p := c.Get(Path(h.provider.ID) + "?till=/who")
	webtest.CheckDOM(t, p.Doc)
	links := p.All("ul.bl a")
	if len(links) != 2 || !strings.Contains(p.Body, "Kommunens legitimering") {
		t.Fatalf("%d to choose among: %s", len(links), p.Body)
	}
	if p := c.Get(Path(h.provider.ID) + "?idp=" + url.QueryEscape("https://evil.example")); p.Status != http.StatusServiceUnavailable {
		t.Errorf("another one: %d", p.Status)
	}
	b := h.begin(c, "?till=/who&idp="+url.QueryEscape(testIdP))
	if p := h.post(c, h.answer(b, forge{}), b.state); p.Body != "Alva Exempel" {
		t.Fatalf("%d %q", p.Status, p.Body)
	}
	b = h.begin(c, "?till=/who&idp="+url.QueryEscape(testIdP))
	other := say("./Issuer", "https://loa2.example.se")
	if p := h.post(c, h.answer(b, forge{assertion: other, response: other}), b.state); p.Status != http.StatusForbidden {
		t.Errorf("an answer of another of the federation's: %d", p.Status)
	}
	h.refused(WrongIssuer)
}

func TestTry(t *testing.T) {
	h := newHouse(t, dbtest.SQLite(t))
	h.connect(nil, federation{}.build(t))
	c := webtest.Open(t, h.server.URL)
	b := h.begin(c, "")
	h.post(c, h.answer(b, forge{}), b.state)
	if p := webtest.Open(t, h.server.URL).Get(Path(h.provider.ID) + "?prova=1"); p.Status == http.StatusOK {
		t.Errorf("a stranger tries: %d", p.Status)
	}
	for _, f := range []forge{{}, {assertion: say(contextClass, loa2)}} {
		b = h.begin(c, "?prova=1")
		if p := h.post(c, h.answer(b, f), b.state); p.Body != "tried" {
			t.Fatalf("%d %s", p.Status, p.Text("h1"))
		}
	}
	if len(h.tried) != 2 || h.tried[0].Err != nil || h.tried[0].Strength.LoA != 3 || h.tried[1].Reason != string(WrongLevel) {
		t.Errorf("%+v", h.tried)
	}
}

// Only the patterns of the protocol may be posted to from another site.
func TestCrossSiteIsExact(t *testing.T) {
	h := newHouse(t, dbtest.SQLite(t))
	h.connect(nil, federation{}.build(t))
	c := webtest.Open(t, h.server.URL)
	c.Site = "cross-site"
	for _, path := range []string{"/logga-ut", "/sprak", "/saml/" + code + "/acs/", "/saml/" + code, "/mina/avsluta"} {
		if p := c.Post(path, url.Values{"SAMLResponse": {"x"}}); p.Status == http.StatusOK || p.Status == http.StatusSeeOther {
			t.Errorf("%s: %d", path, p.Status)
		}
	}
}

func TestCookie(t *testing.T) {
	plain, tls := (&Pages{}).cookie(), (&Pages{TLS: true}).cookie()
	if plain.SameSite != http.SameSiteLaxMode || plain.Secure || !plain.HttpOnly {
		t.Errorf("on this machine: %+v", plain)
	}
	if tls.SameSite != http.SameSiteNoneMode || !tls.Secure || !tls.HttpOnly || tls.Name != "__Host-insegel-saml" || tls.Path != "/" {
		t.Errorf("over HTTPS: %+v", tls)
	}
}

func TestMetadataPage(t *testing.T) {
	h := newHouse(t, dbtest.SQLite(t))
	c := webtest.Open(t, h.server.URL)
	if p := c.Get("/saml/" + code); p.Status != http.StatusNotFound {
		t.Errorf("without a connection: %d", p.Status)
	}
	h.connect(nil, federation{}.build(t))
	p := c.Get("/saml/" + code)
	if p.Status != http.StatusOK || p.Header.Get("Content-Type") != "application/samlmetadata+xml" || strings.Count(p.Body, `use="signing"`) != 1 {
		t.Fatalf("%d %s", p.Status, p.Body)
	}
	if _, err := h.service.NewKey(t.Context(), h.admin, ""); err != nil {
		t.Fatal(err)
	}
	if _, err := h.service.NewKey(t.Context(), h.admin, ""); !errors.Is(err, ErrHasNext) {
		t.Errorf("a second new key: %v", err)
	}
	if got := strings.Count(c.Get("/saml/"+code).Body, `use="signing"`); got != 2 {
		t.Errorf("%d keys while we change", got)
	}
	before, err := h.service.Keys(t.Context(), h.admin)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.service.UseKey(t.Context(), h.admin, ""); err != nil {
		t.Fatal(err)
	}
	after, err := h.service.Keys(t.Context(), h.admin)
	if err != nil || after[0].ID != before[1].ID || after[1].State != Old {
		t.Errorf("%+v: %v", after, err)
	}
	if _, err := h.service.RemoveKey(t.Context(), h.admin, after[0].ID, ""); !errors.Is(err, db.ErrNotFound) {
		t.Errorf("the key in use is removed: %v", err)
	}
	if _, err := h.service.RemoveKey(t.Context(), h.admin, after[1].ID, ""); err != nil {
		t.Error(err)
	}
	if _, err := h.service.UseKey(t.Context(), h.admin, ""); !errors.Is(err, ErrNoNext) {
		t.Errorf("no new key: %v", err)
	}
	if !slices.Contains(h.alarms(), alarm.KeyChanged) {
		t.Error("no alarm about the key")
	}
}
