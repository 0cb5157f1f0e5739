// SPDX-License-Identifier: EUPL-1.2

package saml

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/insegel/insegel/internal/auth"
	"github.com/insegel/insegel/internal/auth/provider"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/web"
	"github.com/insegel/insegel/internal/webtest"
)

func TestDriverReads(t *testing.T) {
	pinned := string(pemOf(testKey(t, "idp"))) + string(pemOf(testKey(t, "other")))
	good := map[string]string{
		"metadata": "https://md.example.se/idp.xml", "pinned": pinned, "providers": testIdP + "\r\n" + "https://b.example.se", "certified": loa3,
		"protection": string(Encrypted), "format": formatPersistent,
	}
	with := func(name, value string) map[string]string {
		out := map[string]string{}
		for k, v := range good {
			out[k] = v
		}
		out[name] = value
		return out
	}
	for name, tc := range map[string]struct {
		form  map[string]string
		field string
	}{
		"good":                          {good, ""},
		"nowhere to fetch from":         {with("metadata", ""), "metadata"},
		"both":                          {with("document", "<a/>"), "metadata"},
		"an address that is none":       {with("metadata", "md.example.se"), "metadata"},
		"no certificate":                {with("pinned", ""), "pinned"},
		"half a certificate":            {with("pinned", pinned[:200]), "pinned"},
		"no protection":                 {with("protection", "none"), "protection"},
		"a name that is new every time": {with("format", formatTransient), "format"},
	} {
		own, _, faults := Driver{}.Read(func(n string) string { return tc.form[n] })
		got := ""
		if len(faults) > 0 {
			got = faults[0].Field
		}
		if got != tc.field {
			t.Errorf("%s: %+v", name, faults)
		}
		var s Settings
		if err := json.Unmarshal(own, &s); err != nil {
			t.Error(err)
		}
		if name == "good" && (len(s.Pinned) != 2 || len(s.Providers) != 2 || s.Certified[0] != loa3) {
			t.Errorf("read %+v", s)
		}
	}
}

func TestDriverLooksAndTells(t *testing.T) {
	h := newHouse(t, dbtest.SQLite(t))
	h.connect(nil, federation{}.build(t))
	d := Driver{Service: h.service, Site: h.pages.Site}
	older := civil.Of(h.now)
	look := func(issuer string, s Settings) string {
		p := provider.Provider{Organisation: h.admin.Organisation, Kind: provider.SAML, Issuer: issuer, Own: must(json.Marshal(s))}
		p.Settings.OlderUntil = older
		if f := d.Look(t.Context(), &p); len(f) > 0 {
			return f[0].Key
		}
		return ""
	}
	pinned := []string{string(pemOf(testKey(t, "other")))}
	doc := string(federation{}.build(t))
	for want, got := range map[string]string{
		"":                      look(testIdP, Settings{Document: doc, Pinned: pinned}),
		"saml.fault-signature":  look(testIdP, Settings{Document: doc, Pinned: []string{string(pemOf(testKey(t, "idp")))}}),
		"saml.fault-none":       look("https://other.example.se", Settings{Document: doc, Pinned: pinned}),
		"saml.fault-unreadable": look(testIdP, Settings{Document: "<a/>", Pinned: pinned}),
		"saml.fault-down":       look(testIdP, Settings{Metadata: "https://127.0.0.1:1/x", Pinned: pinned}),
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	older = civil.Date{}
	if got := look(testIdP, Settings{Document: doc, Pinned: pinned}); got != "saml.fault-weak" {
		t.Errorf("keys of 2048 bits: got %q", got)
	}
	bundle := must(locale.NewBundle(map[string]string{"web": web.Messages, "auth": auth.Messages, "saml": Messages}))
	c := webtest.Open(t, h.server.URL)
	h.begin(c, "")
	p := must(h.settings.Open(t.Context(), h.admin, h.provider.ID))
	facts := must(d.Facts(t.Context(), bundle.In("sv"), &p))
	us := addressesOf(h.pages.Site, code)
	var told []string
	for _, f := range facts {
		told = append(told, f.Value)
	}
	all := strings.Join(told, " ")
	if !strings.Contains(all, us.entityID) || !strings.Contains(all, us.acs) || !strings.Contains(all, us.slo) || !strings.Contains(all, "1 st") {
		t.Errorf("told %q", told)
	}
	if fields := d.Fields(bundle.In("en"), p.Own); len(fields) != 7 || fields[2].Value == "" {
		t.Errorf("%+v", fields)
	}
}

// One organisation's answers, metadata and sign-outs mean nothing to another.
func TestOrganisationsDoNotMeet(t *testing.T) {
	h := newHouse(t, dbtest.SQLite(t))
	h.connect(nil, federation{}.build(t))
	other := dbtest.Organisation(t, h.db, "sorsjo")
	c := webtest.Open(t, h.server.URL)
	b := h.begin(c, "?till=/who")
	response := h.answer(b, forge{})
	c.Site = "cross-site"
	if p := c.Post("/saml/sorsjo/acs", map[string][]string{"SAMLResponse": {response}, "RelayState": {b.state}}); p.Status != http.StatusBadRequest {
		t.Errorf("an answer at another organisation's address: %d", p.Status)
	}
	if p := c.Get("/saml/sorsjo"); p.Status != http.StatusNotFound {
		t.Errorf("metadata of an organisation that has no connection: %d", p.Status)
	}
	if _, err := h.service.State(t.Context(), other, h.provider.ID); err == nil {
		t.Error("another organisation reads the state of the connection")
	}
	if err := h.service.SetMetadata(t.Context(), other, h.provider.ID, federation{}.build(t)); err == nil {
		t.Error("another organisation sets the metadata")
	}
	if keys, err := h.service.Keys(t.Context(), other); err != nil || len(keys) != 0 {
		t.Errorf("another organisation has %d keys: %v", len(keys), err)
	}
	// It has not used up the question of the one that it was meant for.
	if p := h.post(c, response, b.state); p.Body != "Alva Exempel" {
		t.Errorf("%d %s", p.Status, p.Body)
	}
}

func TestKeysPage(t *testing.T) {
	h := newHouse(t, dbtest.SQLite(t))
	h.connect(nil, federation{}.build(t))
	approvals := h.twoPeople("anna", "bo")
	c := h.enter(alice, "_1")
	if p := c.Post(KeysPath, map[string][]string{"steg": {"ny"}}); p.Status != http.StatusUnprocessableEntity {
		t.Errorf("a change without a reason: %d", p.Status)
	}
	for _, step := range []struct {
		form   map[string][]string
		states []string
	}{
		{map[string][]string{"steg": {"ny"}, "skal": {"Ett år."}}, []string{"Signerar", "Publicerad, signerar inte än"}},
		{map[string][]string{"steg": {"byt"}, "skal": {"Hämtad."}}, []string{"Signerar", "Läser bara det som redan är krypterat"}},
		{nil, []string{"Signerar"}},
	} {
		form := step.form
		if form == nil {
			p := c.Get(KeysPath)
			id := webtest.Attr(webtest.Find(p.Doc, "input[name=nyckel]"), "value")
			form = map[string][]string{"steg": {"ta-bort"}, "nyckel": {id}, "skal-" + id: {"Ingen använder den."}}
		}
		before := len(c.Get(KeysPath).All("tbody th"))
		p := c.Post(KeysPath, form)
		webtest.CheckDOM(t, p.Doc)
		if !p.Has("section.amb") || len(p.All("tbody th")) != before {
			t.Errorf("%v: it does not wait: %d %s", form["steg"], p.Status, p.Text("main"))
		}
		h.approve(approvals)
		p = c.Get(KeysPath)
		webtest.CheckDOM(t, p.Doc)
		var got []string
		for _, n := range p.All("tbody th") {
			got = append(got, webtest.Text(n))
		}
		if strings.Join(got, "|") != strings.Join(step.states, "|") {
			t.Errorf("%v: %d, keys that are %q, want %q", form["steg"], p.Status, got, step.states)
		}
	}
	if p := c.Post(KeysPath, map[string][]string{"steg": {"x"}}); p.Status != http.StatusBadRequest {
		t.Errorf("an unknown step: %d", p.Status)
	}
	if p := webtest.Open(t, h.server.URL).Get(KeysPath); !strings.HasPrefix(p.URL, web.SignInPath) {
		t.Errorf("a stranger sees the keys: %s", p.URL)
	}
}
