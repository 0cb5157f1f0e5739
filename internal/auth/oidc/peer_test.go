// SPDX-License-Identifier: EUPL-1.2

package oidc_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/insegel/insegel/internal/auth/oidc"
	"github.com/insegel/insegel/internal/auth/provider"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/peertest"
	"github.com/insegel/insegel/internal/webtest"
)

// op is the npm package oidc-provider, which runs with a robot in the place of the person.
type op struct {
	*peertest.Process
	url    string
	config map[string]any
}

// startOP starts it for a house. change alters what it knows of the client.
func startOP(t *testing.T, h *house, address string, change func(client, config map[string]any)) *op {
	t.Helper()
	self := h.url + oidc.Path(h.provider.ID)
	client := map[string]any{
		"client_id": clientID, "client_secret": clientSecret, "redirect_uris": []string{self + "/svar"}, "backchannel_logout_uri": self + "/utloggning",
		"post_logout_redirect_uris": []string{h.url + "/logga-in"}, "backchannel_logout_session_required": true,
	}
	config := map[string]any{"port": json.Number(port(t, "http://"+address)), "clients": []any{client}, "acrValues": []string{loa3, loa2}}
	if change != nil {
		change(client, config)
	}
	o := &op{url: "http://" + address, config: config}
	o.run(t)
	return o
}

func (o *op) run(t *testing.T) {
	t.Helper()
	b, err := json.Marshal(o.config)
	must(t, err)
	o.Process = peertest.Start(t, peertest.Command{
		Path: peertest.Node(t), Args: []string{"op.mjs"}, Dir: peertest.Packages(t, "oidc"), Env: []string{"INSEGEL_OP=" + string(b)},
		Address: strings.TrimPrefix(o.url, "http://"), Says: "answers on",
	})
}

// robot says how the person in front of the provider answers.
func (o *op) robot(t *testing.T, how map[string]any) {
	t.Helper()
	b, err := json.Marshal(how)
	must(t, err)
	if got := post(t, o.url+"/control", "application/json", string(b)); got != http.StatusOK {
		t.Fatalf("the robot answered %d", got)
	}
}

// asked is the latest question that came to the provider.
func (o *op) asked(t *testing.T) map[string]string {
	t.Helper()
	res, err := http.Get(o.url + "/control")
	must(t, err)
	defer func() { _ = res.Body.Close() }()
	out := map[string]string{}
	must(t, json.NewDecoder(res.Body).Decode(&out))
	return out
}

// withOP starts a house and the provider that it trusts.
func withOP(t *testing.T, d *db.DB, change func(d *provider.Draft, s *oidc.Settings), client func(client, config map[string]any)) (*house, *op) {
	t.Helper()
	address := fmt.Sprintf("127.0.0.1:%d", peertest.FreePort(t))
	h := newHouse(t, d, "http://"+address, change)
	return h, startOP(t, h, address, client)
}

const inAsAnna = "anna Exempel [coordinator administrator] fresh=true"

func TestPeerLetsInWhoIsStrongEnough(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		h, o := withOP(t, d, nil, nil)
		o.robot(t, map[string]any{"sub": "anna", "acr": loa3, "amr": []string{"sc"}})
		c := h.open()
		p := c.Get(h.begin())
		if p.URL != "/who" || p.Body != inAsAnna {
			t.Fatalf("at %s: %s", p.URL, p.Body)
		}
		asked := o.asked(t)
		var claims struct {
			IDToken map[string]struct {
				Essential bool     `json:"essential"`
				Values    []string `json:"values"`
			} `json:"id_token"`
		}
		must(t, json.Unmarshal([]byte(asked["claims"]), &claims))
		if acr := claims.IDToken["acr"]; !acr.Essential || len(acr.Values) != 1 || acr.Values[0] != loa3 {
			t.Errorf("the level was not demanded: %s", asked["claims"])
		}
		if asked["acr_values"] != "" || asked["code_challenge_method"] != "S256" || len(asked["nonce"]) != 43 || len(asked["state"]) != 43 || asked["response_type"] != "code" {
			t.Errorf("asked %v", asked)
		}
		got := h.proofs[0]
		if got.Issuer != o.url || got.Subject != "anna" || got.LoA != 3 || got.Factors != 2 || got.Context != loa3 || got.Method != "oidc" || got.ProviderSession == "" {
			t.Errorf("proof %+v", got)
		}
		if time.Since(got.At) > soon {
			t.Errorf("signed in at %v", got.At)
		}
	})
}

func TestPeerUserinfoAndClaims(t *testing.T) {
	h, o := withOP(t, dbtest.SQLite(t), func(_ *provider.Draft, s *oidc.Settings) { s.Userinfo = true },
		func(_, config map[string]any) { config["conform"] = true })
	o.robot(t, map[string]any{"sub": "anna", "acr": loa3})
	h.open().Get(h.begin())
	got := h.proofs[0]
	if got.Name != "anna Exempel" || got.Email != "anna@example.se" || strings.Join(got.Claims[provider.ClaimRoles], " ") != "samordnare handlaggare" {
		t.Errorf("proof %+v", got)
	}
}

func TestPeerAnswersAnotherLevel(t *testing.T) {
	h, o := withOP(t, dbtest.SQLite(t), nil, nil)
	for name, how := range map[string]map[string]any{
		"lower":               {"sub": "anna", "acr": loa2},
		"absent":              {"sub": "anna"},
		"looks like it":       {"sub": "anna", "acr": loa3 + "/"},
		"higher and unasked":  {"sub": "anna", "acr": "http://id.elegnamnden.se/loa/1.0/loa4"},
		"two in one":          {"sub": "anna", "acr": loa3 + " " + loa2},
		"in capital letters":  {"sub": "anna", "acr": strings.ToUpper(loa3)},
		"an empty one":        {"sub": "anna", "acr": ""},
		"with spaces around":  {"sub": "anna", "acr": " " + loa3},
		"another kind at all": {"sub": "anna", "acr": mfa},
	} {
		t.Run(name, func(t *testing.T) {
			h.t = t
			o.robot(t, how)
			c := h.open()
			h.wantRefused(c, c.Get(h.begin()), http.StatusForbidden, "level")
			if acr, _ := how["acr"].(string); !strings.Contains(h.latest().Record, `"asked":["`+loa3+`"]`) || !strings.Contains(h.latest().Record, `"answered":"`+acr+`"`) {
				t.Errorf("the log does not say what was asked and answered: %s", h.latest().Record)
			}
		})
	}
	if len(h.proofs) != 0 {
		t.Errorf("%d came as far as to the door", len(h.proofs))
	}
}

func TestPeerContradictsItself(t *testing.T) {
	h, o := withOP(t, dbtest.SQLite(t), nil, nil)
	o.robot(t, map[string]any{"sub": "anna", "acr": loa3, "amr": []string{"pwd"}})
	c := h.open()
	h.wantRefused(c, c.Get(h.begin()), http.StatusForbidden, "methods")
}

// A provider that keeps to the standard itself holds to an essential demand: the question that it got was one.
func TestPeerHoldsToEssentialClaim(t *testing.T) {
	h, o := withOP(t, dbtest.SQLite(t), nil, func(_, config map[string]any) { config["honest"] = true })
	o.robot(t, map[string]any{"sub": "anna", "acr": loa2})
	c := h.open()
	c.NoRedirects()
	at := c.Get(h.begin()).Header.Get("Location")
	jar := webtest.Open(t, o.url)
	jar.NoRedirects()
	for range 12 { // it asks the person again and again, and never gives a code
		next := jar.Get(strings.TrimPrefix(at, o.url)).Header.Get("Location")
		if next == "" {
			break
		}
		if strings.HasPrefix(next, h.url) {
			u, err := url.Parse(next)
			must(t, err)
			if u.Query().Get("code") != "" {
				t.Fatalf("a code was given for less than what was demanded: %s", next)
			}
			break
		}
		if strings.HasPrefix(next, "/") {
			next = o.url + next
		}
		at = next
	}
}

func TestPeerChangesKeys(t *testing.T) {
	h, o := withOP(t, dbtest.SQLite(t), nil, nil)
	now := time.Now()
	h.db.Now = func() time.Time { return now }
	o.robot(t, map[string]any{"sub": "anna", "acr": loa3})
	if p := h.open().Get(h.begin()); p.Body != inAsAnna {
		t.Fatalf("at %s: %s", p.URL, p.Body)
	}
	o.Stop()
	o.run(t) // with other keys
	o.robot(t, map[string]any{"sub": "anna", "acr": loa3})
	c := h.open()
	h.wantRefused(c, c.Get(h.begin()), http.StatusForbidden, "token")
	now = now.Add(31 * time.Second) // so long must pass before a key that is not known makes us ask again
	if p := h.open().Get(h.begin()); !strings.HasPrefix(p.Body, "anna Exempel") {
		t.Errorf("after the pause, at %s: %s", p.URL, p.Body)
	}
}

// callback follows a sign-in as far as to the address that the provider sends the browser back to, and does not open it.
func (o *op) callback(t *testing.T, h *house, c *webtest.Client, begin string) string {
	t.Helper()
	c.NoRedirects()
	at := c.Get(begin).Header.Get("Location")
	there := webtest.Open(t, o.url)
	there.NoRedirects()
	for range 12 {
		if strings.HasPrefix(at, h.url) {
			return h.path(at)
		}
		p := there.Get(strings.TrimPrefix(at, o.url))
		if at = p.Header.Get("Location"); at == "" {
			t.Fatalf("the provider answered %d: %s", p.Status, p.Body)
		}
	}
	t.Fatal("the provider sends the browser round and round")
	return ""
}

func TestPeerStopsInTheMiddle(t *testing.T) {
	h, o := withOP(t, dbtest.SQLite(t), nil, nil)
	o.robot(t, map[string]any{"sub": "anna", "acr": loa3})
	in := h.open()
	if p := in.Get(h.begin()); p.Body != inAsAnna {
		t.Fatalf("at %s: %s", p.URL, p.Body)
	}
	c := h.open()
	answer := o.callback(t, h, c, h.begin())
	o.Stop()
	h.wantRefused(c, c.Get(answer), http.StatusServiceUnavailable, "down")
	// One that has not been asked before is refused as well, and nothing else is offered.
	h.providers.DB.Now = time.Now
	fresh := newHouse(t, dbtest.SQLite(t), o.url, nil)
	other := fresh.open()
	fresh.wantRefused(other, other.Get(fresh.begin()), http.StatusServiceUnavailable, "down")
	if p := in.Get("/who"); p.Body != inAsAnna {
		t.Errorf("who was in is out: %s", p.Body)
	}
	// The code of before is worth nothing when the provider is back.
	o.run(t)
	o.robot(t, map[string]any{"sub": "anna", "acr": loa3})
	h.wantRefused(c, c.Get(answer), http.StatusBadRequest, "request")
}

func TestPeerCodeAndStateAreForOneUseInOneBrowser(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		h, o := withOP(t, d, nil, nil)
		o.robot(t, map[string]any{"sub": "anna", "acr": loa3})
		c := h.open()
		answer := o.callback(t, h, c, h.begin())
		thief := h.open()
		h.wantRefused(thief, thief.Get(answer), http.StatusBadRequest, "request")
		thief.NoRedirects()
		thief.Get(h.begin()) // now it has a cookie of its own
		h.wantRefused(thief, thief.Get(answer), http.StatusBadRequest, "request")
		if p := c.Get(answer); p.Status != http.StatusSeeOther || c.Get("/who").Body != inAsAnna {
			t.Fatalf("the one who began: %d %s", p.Status, p.Body)
		}
		again := h.open()
		again.SetCookie("insegel-sign-in", c.Cookie("insegel-sign-in"))
		h.wantRefused(again, again.Get(answer), http.StatusBadRequest, "request")
		again = h.open()
		// A code that has been used, with a state that has not, in the right browser.
		other := o.callback(t, h, again, h.begin())
		a, err := url.Parse(answer)
		must(t, err)
		b, err := url.Parse(other)
		must(t, err)
		q := b.Query()
		q.Set("code", a.Query().Get("code"))
		h.wantRefused(again, again.Get(b.Path+"?"+q.Encode()), http.StatusForbidden, "code")
	})
}

func TestPeerRefuses(t *testing.T) {
	h, o := withOP(t, dbtest.SQLite(t), nil, nil)
	o.robot(t, map[string]any{"refuse": true})
	c := h.open()
	h.wantRefused(c, c.Get(h.begin()), http.StatusForbidden, "provider")
}

func TestPeerWithPrivateKey(t *testing.T) {
	address := fmt.Sprintf("127.0.0.1:%d", peertest.FreePort(t))
	h := newHouse(t, dbtest.SQLite(t), "http://"+address, func(d *provider.Draft, s *oidc.Settings) { s.Method, d.Secrets = oidc.PrivateKey, nil })
	o := startOP(t, h, address, func(client, _ map[string]any) {
		delete(client, "client_secret")
		client["token_endpoint_auth_method"], client["jwks_uri"] = "private_key_jwt", h.url+"/oidc/norrsjo/nycklar"
	})
	o.robot(t, map[string]any{"sub": "anna", "acr": loa3})
	if p := h.open().Get(h.begin()); p.Body != inAsAnna {
		t.Fatalf("at %s: %s; %s", p.URL, p.Body, h.latest().Record)
	}
	// New keys are published at once, and the provider goes on taking the old one, which is used meanwhile.
	_, err := h.service.RotateKeys(t.Context(), h.admin, "")
	must(t, err)
	if p := h.open().Get(h.begin()); p.Body != inAsAnna {
		t.Fatalf("after a change of keys, at %s: %s; %s", p.URL, p.Body, h.latest().Record)
	}
	var set struct {
		Keys []map[string]any `json:"keys"`
	}
	must(t, json.Unmarshal([]byte(h.open().Get("/oidc/norrsjo/nycklar").Body), &set))
	if len(set.Keys) != 4 {
		t.Errorf("%d keys are published, want the old and the new of two kinds", len(set.Keys))
	}
	for _, k := range set.Keys {
		if k["d"] != nil || k["p"] != nil {
			t.Error("a private key is published")
		}
	}
}

// forget takes the provider's session from a browser. Cookies do not tell ports apart, so they are in the same jar as ours.
func (o *op) forget(c *webtest.Client) {
	for _, name := range []string{"_session", "_session.legacy", "_session.sig", "_session.legacy.sig"} {
		c.SetCookie(name, "")
	}
}

func TestPeerStepUp(t *testing.T) {
	h, o := withOP(t, dbtest.SQLite(t), nil, nil)
	old := time.Now().Add(-20 * time.Minute).Unix()
	o.robot(t, map[string]any{"sub": "anna", "acr": loa3, "ts": old})
	c := h.open()
	if p := c.Get(h.begin()); p.Body != strings.Replace(inAsAnna, "true", "false", 1) {
		t.Fatalf("a sign-in of twenty minutes ago: %s", p.Body)
	}
	again := h.begin() + "&igen=1"
	if p := c.Get(again); p.Status != http.StatusForbidden || !strings.Contains(h.latest().Record, `"reason":"stale"`) {
		t.Errorf("an old sign-in: %d, %s", p.Status, h.latest().Record)
	}
	o.forget(c)
	o.robot(t, map[string]any{"sub": "berit", "acr": loa3})
	if p := c.Get(again); p.Status != http.StatusForbidden || p.Text("h1") != "Någon annan svarade" {
		t.Errorf("somebody else: %d at %s", p.Status, p.URL)
	}
	if p := c.Get("/who"); !strings.HasPrefix(p.Body, "anna") || strings.HasSuffix(p.Body, "fresh=true") {
		t.Errorf("after somebody else's answer: %s", p.Body)
	}
	o.forget(c)
	o.robot(t, map[string]any{"sub": "anna", "acr": loa3})
	if p := c.Get(again); p.Body != inAsAnna {
		t.Errorf("at %s: %s, %s", p.URL, p.Body, h.latest().Record)
	}
	if asked := o.asked(t); asked["prompt"] != "login" || asked["max_age"] != "0" {
		t.Errorf("asked %v", asked)
	}
	if p := h.open().Get(again); p.URL == "/who" {
		t.Error("a step-up signs in somebody who is not in")
	}
	// A clock of ours that is far ahead makes every answer one from before the question.
	h.db.Now = func() time.Time { return time.Now().Add(5 * time.Minute) }
	if p := c.Get(again); p.Status != http.StatusForbidden || !strings.Contains(h.latest().Record, `"reason":"token"`) {
		t.Errorf("an answer from before the question: %d, %s", p.Status, h.latest().Record)
	}
}

func TestPeerLogsOut(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		h, o := withOP(t, d, nil, nil)
		o.robot(t, map[string]any{"sub": "anna", "acr": loa3})
		other := h.open()
		if p := other.Get(h.begin()); p.Body != inAsAnna {
			t.Fatal(p.Body)
		}
		c := h.open()
		if p := c.Get(h.begin()); p.Body != inAsAnna {
			t.Fatal(p.Body)
		}
		// The reader signs out at the provider, which tells us by a channel of its own.
		leave := c.Get(oidc.Path(h.provider.ID) + "/ut")
		href := webtest.Attr(webtest.Find(leave.Doc, "a.pri"), "href")
		if !strings.HasPrefix(href, o.url+"/session/end?") || strings.Contains(href, "token") {
			t.Fatalf("leads to %s", href)
		}
		// Cookies do not tell ports apart, so the same browser has the provider's session.
		form := c.Do(absolute(t, c, http.MethodGet, href, nil))
		fields := webtest.Fields(webtest.Find(form.Doc, "form"))
		fields.Set("logout", "yes")
		action := webtest.Attr(webtest.Find(form.Doc, "form"), "action")
		r := absolute(t, c, http.MethodPost, action, strings.NewReader(fields.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		c.Do(r)
		if p := c.Get("/who"); strings.HasPrefix(p.URL, "/who") {
			t.Errorf("still in: %s; %s\n%s", p.Body, h.latest().Record, o.Log())
		}
		if p := other.Get("/who"); p.Body != inAsAnna {
			t.Errorf("the session in another browser has ended too: %s", p.Body)
		}
		if e := h.latest(); e.Action != "oidc.Logout" {
			t.Errorf("logged %s %s", e.Action, e.Record)
		}
	})
}

func TestPeerTrial(t *testing.T) {
	h, o := withOP(t, dbtest.SQLite(t), nil, nil)
	o.robot(t, map[string]any{"sub": "anna", "acr": loa3})
	admin := h.open()
	admin.Get(h.begin())
	o.forget(admin)
	o.robot(t, map[string]any{"sub": "berit", "acr": loa2})
	if p := admin.Get(h.begin() + "&prova=1"); p.Body != "tried" {
		t.Fatalf("at %s: %s", p.URL, p.Body)
	}
	if got := h.trials[0]; got.Answered != loa2 || got.Reason != "level" || got.Err == nil {
		t.Errorf("trial %+v", got)
	}
	if p := admin.Get("/who"); !strings.HasPrefix(p.Body, "anna") {
		t.Errorf("a trial signed in: %s", p.Body)
	}
	if p := h.open().Get(h.begin() + "&prova=1"); p.Status != http.StatusNotFound {
		t.Errorf("a stranger tries: %d", p.Status)
	}
}
