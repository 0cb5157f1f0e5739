// SPDX-License-Identifier: EUPL-1.2

package oidc_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/insegel/insegel/internal/auth/oidc"
	"github.com/insegel/insegel/internal/auth/provider"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/webtest"
)

// forger is an identity provider that says what a test wants it to say.
type forger struct {
	t   *testing.T
	url string

	mu sync.Mutex
	// claims are those of the next id token; change alters them, and sign makes the token of them.
	change func(claims map[string]any)
	sign   func(claims map[string]any) string
	// asked is the latest question, and exchanged what came with the latest code.
	asked, exchanged url.Values
	// serve answers a path instead of the forger.
	serve map[string]http.HandlerFunc
	// keys are published; fetched counts how often.
	keys    []jose.JSONWebKey
	fetched int
	params  map[string]any
	now     func() time.Time
}

var (
	rsaKey   = sync.OnceValue(func() *rsa.PrivateKey { k, _ := rsa.GenerateKey(rand.Reader, 3072); return k })
	otherRSA = sync.OnceValue(func() *rsa.PrivateKey { k, _ := rsa.GenerateKey(rand.Reader, 3072); return k })
	shortRSA = sync.OnceValue(func() *rsa.PrivateKey { k, _ := rsa.GenerateKey(rand.Reader, 2048); return k })
	weakRSA  = sync.OnceValue(func() *rsa.PrivateKey { k, _ := rsa.GenerateKey(rand.Reader, 1024); return k })
	ecKey    = sync.OnceValue(func() *ecdsa.PrivateKey { k, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader); return k })
)

func newForger(t *testing.T) *forger {
	t.Helper()
	f := &forger{t: t, serve: map[string]http.HandlerFunc{}, now: time.Now, keys: []jose.JSONWebKey{{Key: rsaKey().Public(), KeyID: "one", Use: "sig"}}}
	f.sign = func(c map[string]any) string { return signed(t, c, jose.RS256, rsaKey(), "one") }
	server := httptest.NewServer(f)
	t.Cleanup(server.Close)
	f.url = server.URL
	return f
}

// signed makes a token.
func signed(t *testing.T, claims map[string]any, alg jose.SignatureAlgorithm, key any, kid string) string {
	t.Helper()
	s, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: jose.JSONWebKey{Key: key, KeyID: kid}}, typed(claims))
	must(t, err)
	b, err := json.Marshal(claims)
	must(t, err)
	obj, err := s.Sign(b)
	must(t, err)
	out, err := obj.CompactSerialize()
	must(t, err)
	return out
}

// typed gives the head that goes with the claims: a logout token has a type of its own, unless the claims say otherwise.
func typed(claims map[string]any) *jose.SignerOptions {
	t := jose.ContentType("")
	if claims["events"] != nil {
		t = "logout+jwt"
	}
	if other, ok := claims["typ"].(string); ok {
		t = jose.ContentType(other)
	}
	if t == "" {
		return nil
	}
	return (&jose.SignerOptions{}).WithType(t)
}

// ServeHTTP answers as a provider does, as far as nobody has said otherwise.
func (f *forger) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if h := f.serve[r.URL.Path]; h != nil {
		h(w, r)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	switch r.URL.Path {
	case "/.well-known/openid-configuration":
		meta := map[string]any{
			"issuer": f.url, "authorization_endpoint": f.url + "/auth", "token_endpoint": f.url + "/token", "jwks_uri": f.url + "/jwks",
			"userinfo_endpoint": f.url + "/me", "end_session_endpoint": f.url + "/end", "id_token_signing_alg_values_supported": []string{"none", "HS256", "RS256"},
			"authorization_response_iss_parameter_supported": true,
		}
		maps.Copy(meta, f.params)
		_ = json.NewEncoder(w).Encode(meta)
	case "/jwks":
		f.fetched++
		_ = json.NewEncoder(w).Encode(jose.JSONWebKeySet{Keys: f.keys})
	case "/token":
		if r.PostFormValue("code_verifier") == "" {
			http.Error(w, `{"error":"invalid_grant"}`, http.StatusBadRequest)
			return
		}
		f.exchanged = r.PostForm
		now := f.now()
		c := map[string]any{
			"iss": f.url, "aud": clientID, "sub": "anna", "nonce": f.asked.Get("nonce"), "iat": now.Unix(), "exp": now.Add(5 * time.Minute).Unix(), "auth_time": now.Unix(),
			"acr": loa3, "name": "anna Exempel",
		}
		if f.change != nil {
			f.change(c)
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"access_token": "at", "token_type": "Bearer", "id_token": f.sign(c)})
	case "/me":
		_, _ = w.Write([]byte(`{"sub":"anna","groups":["samordnare"]}`))
	default:
		http.NotFound(w, r)
	}
}

// answer begins a sign-in and gives the address that an honest provider would send the browser back to.
func (f *forger) answer(h *house, c *webtest.Client) url.Values {
	f.t.Helper()
	c.NoRedirects()
	p := c.Get(h.begin())
	at, err := url.Parse(p.Header.Get("Location"))
	must(f.t, err)
	f.asked = at.Query()
	if f.asked.Get("state") == "" {
		f.t.Fatalf("sent to %q: %d %s", at, p.Status, h.latest().Record)
	}
	return url.Values{"code": {"abc"}, "state": {f.asked.Get("state")}, "iss": {f.url}}
}

func (h *house) reply(c *webtest.Client, q url.Values) *webtest.Page {
	return c.Get(oidc.Path(h.provider.ID) + "/svar?" + q.Encode())
}

func TestForgedTokens(t *testing.T) {
	f := newForger(t)
	h := newHouse(t, dbtest.SQLite(t), f.url, nil)
	clock := time.Now()
	h.db.Now = func() time.Time { return clock }
	f.now = h.db.Now
	unix := func(d time.Duration) int64 { return clock.Add(d).Unix() }
	set := func(name string, v any) func(map[string]any) { return func(c map[string]any) { c[name] = v } }
	drop := func(name string) func(map[string]any) { return func(c map[string]any) { delete(c, name) } }
	for name, tc := range map[string]struct {
		change func(map[string]any)
		want   string // the reason; empty lets in
	}{
		"as it should be":           {},
		"another issuer":            {change: set("iss", "https://other.example.se"), want: "token"},
		"issuer with a slash":       {change: set("iss", f.url+"/"), want: "token"},
		"no issuer":                 {change: drop("iss"), want: "token"},
		"another audience":          {change: set("aud", "other"), want: "token"},
		"no audience":               {change: drop("aud"), want: "token"},
		"audience in a list":        {change: set("aud", []string{clientID})},
		"several audiences":         {change: set("aud", []string{clientID, "other"}), want: "token"},
		"several, and azp is us":    {change: func(c map[string]any) { c["aud"], c["azp"] = []string{clientID, "other"}, clientID }},
		"azp is another":            {change: set("azp", "other"), want: "token"},
		"azp is a number":           {change: set("azp", 7), want: "token"},
		"another nonce":             {change: set("nonce", "x"), want: "token"},
		"no nonce":                  {change: drop("nonce"), want: "token"},
		"no subject":                {change: drop("sub"), want: "token"},
		"subject with a line break": {change: set("sub", "anna\nberit"), want: "token"},
		"subject too long":          {change: set("sub", strings.Repeat("a", 256)), want: "token"},
		"expired a minute ago":      {change: set("exp", unix(-60*time.Second)), want: "token"},
		"expired 59 seconds ago":    {change: set("exp", unix(-59*time.Second))},
		"expired 61 seconds ago":    {change: set("exp", unix(-61*time.Second)), want: "token"},
		"no expiry":                 {change: drop("exp"), want: "token"},
		"expiry as a text":          {change: set("exp", "2099-01-01"), want: "token"},
		"expiry beyond reason":      {change: set("exp", 1e300), want: "token"},
		"issued in 59 seconds":      {change: set("iat", unix(59*time.Second))},
		"issued in 61 seconds":      {change: set("iat", unix(61*time.Second)), want: "token"},
		"issued 59 seconds before":  {change: set("iat", unix(-59*time.Second))},
		"issued 61 seconds before":  {change: set("iat", unix(-61*time.Second)), want: "token"},
		"no time of issue":          {change: drop("iat"), want: "token"},
		"not before, in 59 seconds": {change: set("nbf", unix(59*time.Second))},
		"not before, in 61 seconds": {change: set("nbf", unix(61*time.Second)), want: "token"},
		"not before as a text":      {change: set("nbf", "soon"), want: "token"},
		"signed in in 59 seconds":   {change: set("auth_time", unix(59*time.Second))},
		"signed in in 62 seconds":   {change: set("auth_time", unix(62*time.Second)), want: "future"},
		"auth_time is a text":       {change: set("auth_time", "now"), want: "token"},
		"no auth_time":              {change: drop("auth_time")},
		"lower level":               {change: set("acr", loa2), want: "level"},
		"no level":                  {change: drop("acr"), want: "level"},
		"level in a list":           {change: set("acr", []string{loa3}), want: "level"},
		"level in capital name":     {change: func(c map[string]any) { delete(c, "acr"); c["ACR"] = loa3 }, want: "level"},
		"password only":             {change: set("amr", []string{"pwd"}), want: "methods"},
	} {
		t.Run(name, func(t *testing.T) { tryToken(t, h, f, tc.change, nil, tc.want) })
	}
}

// What can be read in two ways lets nobody in: a token in which a name stands twice, with a signature that is good, and a provider that says of
// itself, or of its keys, one thing twice. One of our two readers takes the first and the other the last.
func TestDoubledNames(t *testing.T) {
	f := newForger(t)
	h := newHouse(t, dbtest.SQLite(t), f.url, nil)
	for name, first := range map[string]string{"the level": `"acr":"` + loa2 + `",`, "the issuer in large letters": `"ISS":"https://other.example.se",`, "the subject": `"sub":"berit",`} {
		t.Run(name, func(t *testing.T) {
			tryToken(t, h, f, nil, func(c map[string]any) string {
				b, err := json.Marshal(c)
				must(t, err)
				s, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: jose.JSONWebKey{Key: rsaKey(), KeyID: "one"}}, nil)
				must(t, err)
				obj, err := s.Sign(append([]byte("{"+first), b[1:]...))
				must(t, err)
				out, err := obj.CompactSerialize()
				must(t, err)
				return out
			}, "token")
		})
	}
	f.serve["/token"] = func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"access_token":"a","token_type":"Bearer","id_token":"a.b.c","id_token":"d.e.f"}`)
	}
	h.t, f.t = t, t
	c := h.open()
	if p := h.reply(c, f.answer(h, c)); p.Status != http.StatusServiceUnavailable || !strings.Contains(h.latest().Record, `"reason":"down"`) {
		t.Errorf("an answer with two tokens: %d, %s", p.Status, h.latest().Record)
	}
}

// A provider is asked for what an administrator has chosen, and for nothing else, by whichever way it is asked.
func TestOnlyScopesThatWereChosen(t *testing.T) {
	f := newForger(t)
	h := newHouse(t, dbtest.SQLite(t), f.url, func(_ *provider.Draft, s *oidc.Settings) { s.Scopes = nil })
	c := h.open()
	for _, tc := range []struct {
		chosen []string
		want   string
	}{
		{nil, "openid"},
		{[]string{"email"}, "openid email"},
		{[]string{"profile", "groups"}, "openid profile groups"},
	} {
		p, err := h.providers.Open(t.Context(), h.admin, h.provider.ID)
		must(t, err)
		own, err := json.Marshal(oidc.Settings{ClientID: clientID, Method: oidc.ClientSecret, Scopes: tc.chosen})
		must(t, err)
		p.Own = own
		_, err = h.providers.Change(t.Context(), h.admin, provider.Draft{Provider: p}, "")
		must(t, err)
		answer := f.answer(h, c)
		if got := f.asked.Get("scope"); got != tc.want || len(f.asked["scope"]) != 1 {
			t.Errorf("with %q chosen, asks for %q, want %q", tc.chosen, f.asked["scope"], tc.want)
		}
		want := []string{"acr_values", "claims", "client_id", "code_challenge", "code_challenge_method", "nonce", "redirect_uri", "response_type", "scope", "state"}
		if got := slices.Sorted(maps.Keys(f.asked)); !slices.Equal(got, want) {
			t.Errorf("asks with %q, want %q", got, want)
		}
		if got := f.asked.Get("response_type"); got != "code" {
			t.Errorf("asks for %q, want a code alone", got)
		}
		h.reply(c, answer)
		if got := slices.Sorted(maps.Keys(f.exchanged)); !slices.Equal(got, []string{"code", "code_verifier", "grant_type", "redirect_uri"}) {
			t.Errorf("exchanges the code with %q", got)
		}
	}
}

// A key of 2048 bits is refused, and lets in while it is allowed for the provider and until its last day only.
func TestWeakKeysAreAllowedForATime(t *testing.T) {
	f := newForger(t)
	f.keys = []jose.JSONWebKey{{Key: shortRSA().Public(), KeyID: "short", Use: "sig"}}
	h := newHouse(t, dbtest.SQLite(t), f.url, nil)
	clock := time.Now()
	h.db.Now = func() time.Time { return clock }
	f.now = h.db.Now
	short := func(c map[string]any) string { return signed(t, c, jose.RS256, shortRSA(), "short") }
	tryToken(t, h, f, nil, short, "weak-key")
	allow := func(until civil.Date) error {
		p, err := h.providers.Open(t.Context(), h.admin, h.provider.ID)
		must(t, err)
		p.Settings.OlderUntil = until
		_, err = h.providers.Change(t.Context(), h.admin, provider.Draft{Provider: p}, "")
		return err
	}
	today := civil.Of(clock)
	for _, wrong := range []civil.Date{today.AddDays(-1), today.AddMonths(12).AddDays(1)} {
		if err := allow(wrong); !errors.Is(err, provider.ErrOlder) {
			t.Errorf("until %s: %v", wrong, err)
		}
	}
	must(t, allow(today.AddDays(1)))
	tryToken(t, h, f, nil, short, "")
	clock = clock.AddDate(0, 0, 2)
	tryToken(t, h, f, nil, short, "weak-key")
}

// tryToken signs in with a token that has been altered, and asks for the reason of the refusal; none is to be let in.
func tryToken(t *testing.T, h *house, f *forger, change func(map[string]any), sign func(map[string]any) string, want string) {
	t.Helper()
	h.t, f.t = t, t
	f.change, f.sign = change, sign
	if sign == nil {
		f.sign = func(c map[string]any) string { return signed(t, c, jose.RS256, rsaKey(), "one") }
	}
	c := h.open()
	p := h.reply(c, f.answer(h, c))
	if want == "" {
		if got := c.Get("/who"); p.Status != http.StatusSeeOther || !strings.HasPrefix(got.Body, "anna Exempel") {
			t.Errorf("refused: %d; %s", p.Status, h.latest().Record)
		}
		return
	}
	status := http.StatusForbidden
	if want == "down" {
		status = http.StatusServiceUnavailable
	}
	h.wantRefused(c, p, status, want)
}

func TestForgedSignatures(t *testing.T) {
	f := newForger(t)
	h := newHouse(t, dbtest.SQLite(t), f.url, nil)
	public, err := json.Marshal(jose.JSONWebKey{Key: rsaKey().Public()})
	must(t, err)
	for name, tc := range map[string]struct {
		sign func(map[string]any) string
		want string
	}{
		"another key, same name":    {sign: func(c map[string]any) string { return signed(t, c, jose.RS256, otherRSA(), "one") }, want: "token"},
		"another key, no name":      {sign: func(c map[string]any) string { return signed(t, c, jose.RS256, otherRSA(), "") }, want: "token"},
		"its own key in the header": {sign: func(c map[string]any) string { return embedded(t, c) }, want: "token"},
		"no signature":              {sign: func(c map[string]any) string { return unsigned(t, c, "none") }, want: "token"},
		"no signature, odd letters": {sign: func(c map[string]any) string { return unsigned(t, c, "nOnE") }, want: "token"},
		"public key as a secret":    {sign: func(c map[string]any) string { return signed(t, c, jose.HS256, public, "one") }, want: "token"},
		"client secret as the key":  {sign: func(c map[string]any) string { return signed(t, c, jose.HS256, []byte(clientSecret), "one") }, want: "token"},
		"signature cut off":         {sign: func(c map[string]any) string { return cut(signed(t, c, jose.RS256, rsaKey(), "one")) }, want: "token"},
		"not a token":               {sign: func(map[string]any) string { return "a.b.c" }, want: "token"},
		"no token":                  {sign: func(map[string]any) string { return "" }, want: "token"},
		"a megabyte of it":          {sign: func(map[string]any) string { return strings.Repeat("a", 1<<20) }, want: "down"},
	} {
		t.Run(name, func(t *testing.T) { tryToken(t, h, f, nil, tc.sign, tc.want) })
	}
}

// embedded is a token that brings its own key, as a header that a careless program would believe.
func embedded(t *testing.T, claims map[string]any) string {
	t.Helper()
	s, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: otherRSA()}, &jose.SignerOptions{EmbedJWK: true})
	must(t, err)
	b, err := json.Marshal(claims)
	must(t, err)
	obj, err := s.Sign(b)
	must(t, err)
	out, err := obj.CompactSerialize()
	must(t, err)
	return out
}

func unsigned(t *testing.T, claims map[string]any, alg string) string {
	t.Helper()
	b, err := json.Marshal(claims)
	must(t, err)
	e := base64.RawURLEncoding.EncodeToString
	return e([]byte(`{"alg":"`+alg+`"}`)) + "." + e(b) + "."
}

func cut(token string) string { return token[:strings.LastIndex(token, ".")+1] }

// What the browser carries can be forged by whoever sends it an address.
func TestForgedAnswers(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		f := newForger(t)
		h := newHouse(t, d, f.url, nil)
		for name, tc := range map[string]struct {
			change func(q url.Values)
			status int
			want   string
		}{
			"another state":             {func(q url.Values) { q.Set("state", "x") }, http.StatusBadRequest, "request"},
			"no state":                  {func(q url.Values) { q.Del("state") }, http.StatusBadRequest, "request"},
			"another issuer":            {func(q url.Values) { q.Set("iss", "https://other.example.se") }, http.StatusForbidden, "mix-up"},
			"no issuer where promised":  {func(q url.Values) { q.Del("iss") }, http.StatusForbidden, "mix-up"},
			"two issuers":               {func(q url.Values) { q.Add("iss", "https://other.example.se") }, http.StatusForbidden, "mix-up"},
			"two codes":                 {func(q url.Values) { q.Add("code", "x") }, http.StatusForbidden, "mix-up"},
			"no code":                   {func(q url.Values) { q.Del("code") }, http.StatusForbidden, "provider"},
			"a fault":                   {func(q url.Values) { q.Set("error", "access_denied") }, http.StatusForbidden, "provider"},
			"a fault of another issuer": {func(q url.Values) { q.Set("error", "x"); q.Set("iss", "https://other.example.se") }, http.StatusForbidden, "mix-up"},
		} {
			t.Run(name, func(t *testing.T) {
				h.t, f.t = t, t
				c := h.open()
				q := f.answer(h, c)
				tc.change(q)
				h.wantRefused(c, h.reply(c, q), tc.status, tc.want)
			})
		}
		t.Run("through another provider", func(t *testing.T) {
			h.t, f.t = t, t
			first := h.provider
			other := newForger(t)
			h.add(other.url, nil)
			second := h.provider
			h.provider = first
			c := h.open()
			q := f.answer(h, c)
			h.provider = second
			q.Set("iss", other.url)
			h.wantRefused(c, h.reply(c, q), http.StatusBadRequest, "request")
		})
	})
}

// A provider can be taken over, or be somebody else's from the beginning.
func TestForgedProvider(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("another host was reached") }))
	defer elsewhere.Close()
	away := func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, elsewhere.URL, http.StatusTemporaryRedirect)
	}
	discovery := "/.well-known/openid-configuration"
	for name, tc := range map[string]struct {
		change func(f *forger)
		want   string
		begun  bool // the sign-in begins, and fails with the answer
	}{
		"says that it is another":         {func(f *forger) { f.params = map[string]any{"issuer": "https://other.example.se"} }, "down", false},
		"sends the token elsewhere":       {func(f *forger) { f.params = map[string]any{"token_endpoint": elsewhere.URL} }, "host", false},
		"has its keys elsewhere":          {func(f *forger) { f.params = map[string]any{"jwks_uri": elsewhere.URL} }, "host", false},
		"sends the person elsewhere":      {func(f *forger) { f.params = map[string]any{"authorization_endpoint": elsewhere.URL} }, "host", false},
		"has its address as another kind": {func(f *forger) { f.params = map[string]any{"authorization_endpoint": "javascript:alert(1)"} }, "host", false},
		"takes no good code challenge":    {func(f *forger) { f.params = map[string]any{"code_challenge_methods_supported": []string{"plain"}} }, "down", false},
		"leads elsewhere when asked":      {func(f *forger) { f.serve[discovery] = away }, "down", false},
		"answers with a page": {func(f *forger) {
			f.serve[discovery] = func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>") }
		}, "down", false},
		"answers without end": {func(f *forger) {
			f.serve[discovery] = func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, 2<<20)) }
		}, "down", false},
		"leads elsewhere for keys":  {func(f *forger) { f.serve["/jwks"] = away }, "down", true},
		"leads elsewhere for token": {func(f *forger) { f.serve["/token"] = away }, "code", true},
		"has no keys":               {func(f *forger) { f.keys = nil }, "down", true},
		"has weak keys":             {func(f *forger) { f.keys = []jose.JSONWebKey{{Key: weakRSA().Public(), KeyID: "one"}} }, "down", true},
		"has a shared key":          {func(f *forger) { f.keys = []jose.JSONWebKey{{Key: []byte("secret"), KeyID: "one"}} }, "down", true},
		"has keys for encryption":   {func(f *forger) { f.keys = []jose.JSONWebKey{{Key: rsaKey().Public(), KeyID: "one", Use: "enc"}} }, "down", true},
		"fails": {func(f *forger) {
			f.serve["/token"] = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) }
		}, "down", true},
	} {
		t.Run(name, func(t *testing.T) {
			f := newForger(t)
			tc.change(f)
			h := newHouse(t, dbtest.SQLite(t), f.url, nil)
			c := h.open()
			status := http.StatusServiceUnavailable
			if tc.want == "code" {
				status = http.StatusForbidden
			}
			if tc.begun {
				h.wantRefused(c, h.reply(c, f.answer(h, c)), status, tc.want)
				return
			}
			h.wantRefused(c, c.Get(h.begin()), status, tc.want)
		})
	}
}

// Userinfo is about the person of the token or of no use, and never changes what the token says.
func TestForgedUserinfo(t *testing.T) {
	f := newForger(t)
	h := newHouse(t, dbtest.SQLite(t), f.url, func(_ *provider.Draft, s *oidc.Settings) { s.Userinfo = true })
	say := func(text string) {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.serve["/me"] = func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, text) }
	}
	for name, text := range map[string]string{"about another": `{"sub":"berit"}`, "about nobody": `{}`, "no object": `"anna"`, "nothing": ``} {
		t.Run(name, func(t *testing.T) {
			h.t, f.t = t, t
			say(text)
			c := h.open()
			h.wantRefused(c, h.reply(c, f.answer(h, c)), http.StatusForbidden, "userinfo")
		})
	}
	h.t, f.t = t, t
	say(`{"sub":"anna","name":"Någon Annan","acr":"` + loa2 + `","groups":["samordnare"]}`)
	c := h.open()
	h.reply(c, f.answer(h, c))
	if got := h.proofs[0]; got.Name != "anna Exempel" || got.Context != loa3 || got.Claims[provider.ClaimRoles][0] != "samordnare" {
		t.Errorf("proof %+v", got)
	}
}

// A key that is not known makes us ask the provider, and not more often than every thirty seconds, whoever sends it.
func TestUnknownKeysDoNotMakeUsAsk(t *testing.T) {
	f := newForger(t)
	h := newHouse(t, dbtest.SQLite(t), f.url, nil)
	now := time.Now()
	h.db.Now = func() time.Time { return now }
	address := h.url + oidc.Path(h.provider.ID) + "/utloggning"
	send := func() int {
		return post(t, address, "application/x-www-form-urlencoded", url.Values{"logout_token": {signed(t, map[string]any{"iss": f.url}, jose.RS256, otherRSA(), "unknown")}}.Encode())
	}
	for range 10 {
		if got := send(); got != http.StatusBadRequest {
			t.Errorf("answered %d", got)
		}
	}
	if f.fetched != 1 {
		t.Errorf("the keys were fetched %d times", f.fetched)
	}
	now = now.Add(31 * time.Second)
	send()
	if f.fetched != 2 {
		t.Errorf("after half a minute the keys have been fetched %d times, want 2", f.fetched)
	}
	// A provider that is down is not asked for each either.
	f.serve["/jwks"] = func(w http.ResponseWriter, _ *http.Request) { f.fetched++; w.WriteHeader(500) }
	now = now.Add(31 * time.Second)
	for range 5 {
		send()
	}
	if f.fetched != 3 {
		t.Errorf("while the provider is down the keys have been fetched %d times, want 3", f.fetched)
	}
}

// A key that the provider has withdrawn is forgotten within an hour, and when the keys cannot be fetched nobody is let in by old ones.
func TestKeysAreForgotten(t *testing.T) {
	f := newForger(t)
	h := newHouse(t, dbtest.SQLite(t), f.url, nil)
	now := time.Now()
	h.db.Now = func() time.Time { return now }
	f.now = h.db.Now
	c := h.open()
	if h.reply(c, f.answer(h, c)); !strings.HasPrefix(c.Get("/who").Body, "anna") {
		t.Fatal("not let in")
	}
	now = now.Add(61 * time.Minute)
	f.keys = []jose.JSONWebKey{{Key: ecKey().Public(), KeyID: "two"}}
	c = h.open()
	h.wantRefused(c, h.reply(c, f.answer(h, c)), http.StatusForbidden, "token")
	f.sign = func(c map[string]any) string { return signed(t, c, jose.ES256, ecKey(), "two") }
	c = h.open()
	if h.reply(c, f.answer(h, c)); !strings.HasPrefix(c.Get("/who").Body, "anna") {
		t.Errorf("with the new key: %s", h.latest().Record)
	}
	now = now.Add(61 * time.Minute)
	f.serve["/jwks"] = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) }
	c = h.open()
	h.wantRefused(c, h.reply(c, f.answer(h, c)), http.StatusServiceUnavailable, "down")
}

func TestLogoutTokens(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		f := newForger(t)
		f.change = func(c map[string]any) { c["sid"] = "s1" }
		h := newHouse(t, d, f.url, nil)
		now := time.Now()
		h.db.Now = func() time.Time { return now }
		f.now = h.db.Now
		in := h.open()
		h.reply(in, f.answer(h, in))
		address := h.url + oidc.Path(h.provider.ID) + "/utloggning"
		good := func() map[string]any {
			return map[string]any{
				"iss": f.url, "aud": clientID, "iat": now.Unix(), "exp": now.Add(2 * time.Minute).Unix(), "jti": rand.Text(), "sid": "s1",
				"events": map[string]any{"http://schemas.openid.net/event/backchannel-logout": map[string]any{}},
			}
		}
		send := func(token string) int {
			return post(t, address, "application/x-www-form-urlencoded", url.Values{"logout_token": {token}}.Encode())
		}
		for name, change := range map[string]func(c map[string]any){
			"another issuer":   func(c map[string]any) { c["iss"] = "https://other.example.se" },
			"another audience": func(c map[string]any) { c["aud"] = "other" },
			"a nonce":          func(c map[string]any) { c["nonce"] = "" },
			"no type":          func(c map[string]any) { c["typ"] = "" },
			"another type":     func(c map[string]any) { c["typ"] = "JWT" },
			"no event":         func(c map[string]any) { delete(c, "events") },
			"another event":    func(c map[string]any) { c["events"] = map[string]any{"x": map[string]any{}} },
			"event as a text":  func(c map[string]any) { c["events"] = "http://schemas.openid.net/event/backchannel-logout" },
			"no id":            func(c map[string]any) { delete(c, "jti") },
			"names nobody":     func(c map[string]any) { delete(c, "sid") },
			"empty subject":    func(c map[string]any) { c["sub"] = "" },
			"expired":          func(c map[string]any) { c["exp"] = now.Add(-61 * time.Second).Unix() },
			"no expiry":        func(c map[string]any) { delete(c, "exp") },
			"old":              func(c map[string]any) { c["iat"] = now.Add(-11 * time.Minute).Unix() },
		} {
			c := good()
			change(c)
			if got := send(signed(t, c, jose.RS256, rsaKey(), "one")); got != http.StatusBadRequest {
				t.Errorf("%s: answered %d", name, got)
			}
			if e := h.latest(); e.Action != "oidc.RefuseLogout" || e.Seq < 0 {
				t.Errorf("%s: logged %s", name, e.Action)
			}
		}
		for name, token := range map[string]string{
			"unsigned": unsigned(t, good(), "none"), "another key": signed(t, good(), jose.RS256, otherRSA(), "one"), "empty": "",
		} {
			if got := send(token); got != http.StatusBadRequest {
				t.Errorf("%s: answered %d", name, got)
			}
		}
		if got := in.Get("/who"); !strings.HasPrefix(got.Body, "anna") {
			t.Fatalf("a bad token ended the session: %s", got.Body)
		}
		another := good()
		another["sid"] = "s2"
		if got := send(signed(t, another, jose.RS256, rsaKey(), "one")); got != http.StatusOK {
			t.Errorf("a session that is not here: %d", got)
		}
		if got := in.Get("/who"); !strings.HasPrefix(got.Body, "anna") {
			t.Error("the logout of another session ended this one")
		}
		token := signed(t, good(), jose.RS256, rsaKey(), "one")
		if got := send(token); got != http.StatusOK {
			t.Errorf("a good token: %d", got)
		}
		if got := in.Get("/who"); strings.HasPrefix(got.Body, "anna") {
			t.Error("the session lives on")
		}
		if got := send(token); got != http.StatusBadRequest {
			t.Errorf("the same token again: %d", got)
		}
		if e := h.latest(); !strings.Contains(e.Record, `"reason":"replay"`) {
			t.Errorf("logged %s", e.Record)
		}
	})
}

// Entra ID says its authentication contexts in a list of its own.
func TestContextInAList(t *testing.T) {
	f := newForger(t)
	h := newHouse(t, dbtest.SQLite(t), f.url, func(d *provider.Draft, s *oidc.Settings) {
		s.ContextClaim, d.Settings.Accepted = oidc.ContextACRS, []provider.Accepted{{Value: "c1", Factors: 2, LoA: 3}}
	})
	for name, tc := range map[string]struct {
		acrs any
		want bool
	}{"asked for": {[]string{"c5", "c1"}, true}, "another": {[]string{"c5"}, false}, "none": {[]string{}, false}, "a list in it": {[]any{"c1", []string{}}, false}, "missing": {nil, false}} {
		t.Run(name, func(t *testing.T) {
			h.t, f.t = t, t
			f.change = func(c map[string]any) { c["acrs"] = tc.acrs }
			c := h.open()
			p := h.reply(c, f.answer(h, c))
			if !strings.Contains(f.asked.Get("claims"), `"acrs":{"essential":true,"values":["c1"]}`) || f.asked.Get("acr_values") != "" {
				t.Errorf("asked %s", f.asked.Get("claims"))
			}
			if tc.want != strings.HasPrefix(c.Get("/who").Body, "anna") {
				t.Errorf("answered %d", p.Status)
			}
		})
	}
}

// A provider that has been switched off lets nobody in, also who began before.
func TestDisabledProvider(t *testing.T) {
	f := newForger(t)
	h := newHouse(t, dbtest.SQLite(t), f.url, nil)
	in := h.open()
	h.reply(in, f.answer(h, in))
	c := h.open()
	q := f.answer(h, c)
	must(t, h.providers.Disable(t.Context(), h.admin, h.provider.ID))
	h.wantRefused(c, h.reply(c, q), http.StatusForbidden, "disabled")
	if p := c.Get(h.begin()); p.Status != http.StatusNotFound {
		t.Errorf("a sign-in begins: %d", p.Status)
	}
	if p := in.Get("/who"); strings.HasPrefix(p.Body, "anna") {
		t.Error("who came by it is still in")
	}
}

// Whoever the organisation does not know is turned away, in the log and on the page.
func TestUnknownPerson(t *testing.T) {
	f := newForger(t)
	h := newHouse(t, dbtest.SQLite(t), f.url, nil)
	h.closed = true
	c := h.open()
	p := h.reply(c, f.answer(h, c))
	webtest.CheckDOM(t, p.Doc)
	if p.Status != http.StatusForbidden || p.Text("h1") != "Du har inget konto här" {
		t.Errorf("%d %s", p.Status, p.Text("h1"))
	}
}

// A sign-in without a time is good for reading, and never counts as fresh.
func TestWithoutTimeIsNotFresh(t *testing.T) {
	f := newForger(t)
	f.change = func(c map[string]any) { delete(c, "auth_time") }
	h := newHouse(t, dbtest.SQLite(t), f.url, nil)
	c := h.open()
	h.reply(c, f.answer(h, c))
	if p := c.Get("/who"); p.Body != strings.Replace(inAsAnna, "true", "false", 1) {
		t.Errorf("%s", p.Body)
	}
}

// Who signs out is shown where to sign out at the provider too, and is out here already.
func TestSignOutLeadsToProvider(t *testing.T) {
	f := newForger(t)
	h := newHouse(t, dbtest.SQLite(t), f.url, nil)
	c := h.open()
	h.reply(c, f.answer(h, c))
	if p := c.Post("/logga-ut", nil); p.Header.Get("Location") != oidc.Path(h.provider.ID)+"/ut" {
		t.Errorf("led to %s", p.Header.Get("Location"))
	}
	if p := c.Get("/who"); strings.HasPrefix(p.Body, "anna") {
		t.Error("still in")
	}
	p := c.Get(oidc.Path(h.provider.ID) + "/ut")
	if href := webtest.Attr(webtest.Find(p.Doc, "a.pri"), "href"); !strings.HasPrefix(href, f.url+"/end?client_id="+clientID+"&post_logout_redirect_uri=") {
		t.Errorf("leads to %s", href)
	}
}
