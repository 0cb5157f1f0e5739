// SPDX-License-Identifier: EUPL-1.2

package oidc

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/insegel/insegel/internal/auth"
	"github.com/insegel/insegel/internal/auth/provider"
)

var fuzzNow = time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)

const fuzzLevel = "http://id.elegnamnden.se/loa/1.0/loa3"

// FuzzIDToken reads the claims of an id token. Whatever stands in them, who is let in has been named by our provider, to us, now.
func FuzzIDToken(f *testing.F) {
	for _, s := range []string{
		`{"iss":"https://idp.example.se","aud":"insegel","sub":"anna","nonce":"n","iat":1795420800,"exp":1795421100,"auth_time":1795420800,"acr":"` + fuzzLevel + `"}`,
		`{"iss":"https://idp.example.se","aud":["insegel","other"],"azp":"insegel","sub":"anna","nonce":"n","iat":1795420800.5,"exp":1e10,"acr":"` + fuzzLevel + `"}`,
		`{"ACR":"` + fuzzLevel + `","acr":null,"acrs":["c1",null]}`, `null`, `[]`, `{"exp":1e400}`, `{"exp":-1}`, `{"aud":{"insegel":1}}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		want := expected{
			issuer: "https://idp.example.se", client: "insegel", nonce: "n", begun: fuzzNow, now: fuzzNow, context: ContextACR,
			demand: auth.Demand{Contexts: []string{fuzzLevel}},
		}
		a, err := want.check(payload)
		if err != nil {
			return
		}
		var c map[string]any
		if json.Unmarshal(payload, &c) != nil || c["iss"] != want.issuer || c["nonce"] != "n" || c["acr"] != fuzzLevel || c["sub"] != a.subject || a.subject == "" {
			t.Errorf("let in %q", payload)
		}
		for name, values := range passOn(a.claims, provider.ClaimNames{Roles: "groups", Unit: "unit"}) {
			if len(values) > maxClaims || name == "nonce" {
				t.Errorf("passed on %q", name)
			}
			for _, v := range values {
				if len([]rune(v)) > maxClaim || strings.ContainsRune(v, '\uFFFD') && !strings.ContainsRune(string(payload), '\uFFFD') && json.Valid(payload) && !strings.Contains(string(payload), `\u`) {
					t.Errorf("passed on %q of %q", v, payload)
				}
			}
		}
	})
}

// FuzzLogoutToken reads the claims of a logout token.
func FuzzLogoutToken(f *testing.F) {
	for _, s := range []string{
		`{"iss":"https://idp.example.se","aud":"insegel","sub":"anna","sid":"s","jti":"j","iat":1795420800,"exp":1795421100,"events":{"` + logoutEvent + `":{}}}`,
		`{"iss":"https://idp.example.se","aud":"insegel","nonce":null,"jti":"j","iat":1795420800,"exp":1795421100,"events":{"` + logoutEvent + `":{}}}`,
		`{"events":{"` + logoutEvent + `":null}}`, `{"events":[]}`, `{}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		out, err := checkLogout(payload, "https://idp.example.se", "insegel", fuzzNow)
		if err != nil {
			return
		}
		var c map[string]any
		if json.Unmarshal(payload, &c) != nil || c["iss"] != "https://idp.example.se" || out.id == "" || out.subject == "" && out.session == "" {
			t.Errorf("ends sessions by %q", payload)
		}
		if _, ok := c["nonce"]; ok {
			t.Errorf("an id token ends sessions: %q", payload)
		}
	})
}

// FuzzKeys reads a provider's keys.
func FuzzKeys(f *testing.F) {
	for _, s := range []string{
		`{"keys":[{"kty":"RSA","n":"AQAB","e":"AQAB"},{"kty":"oct","k":"c2VjcmV0"},{"kty":"EC","crv":"P-256","x":"AA","y":"AA"},{}]}`, `{"keys":null}`, `[]`, `{"keys":[[]]}`,
		`{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","use":"sig"}]}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		set, err := parseKeys(b)
		if err != nil {
			return
		}
		for i := range set.Keys {
			if usable(&set.Keys[i]) && !set.Keys[i].IsPublic() {
				t.Errorf("a secret is used as a key: %q", b)
			}
		}
	})
}

// FuzzSettings reads the settings of a provider from the database or the command line.
func FuzzSettings(f *testing.F) {
	f.Add(`{"client_id":"insegel","method":"private_key_jwt","hosts":["login.example.se"]}`, "https://idp.example.se", "https://login.example.se/token")
	f.Add(`{"client_id":"insegel","method":"client_secret","hosts":["a@b","x/y"]}`, "https://idp.example.se:8443/realm", "https://idp.example.se:8443/x#y")
	f.Add(`{}`, "http://127.0.0.1:9", "http://127.0.0.1:9/")
	f.Fuzz(func(t *testing.T, own, issuer, address string) {
		s, err := settingsOf(&provider.Provider{Kind: provider.OIDC, Issuer: issuer, Own: json.RawMessage(own)})
		if err != nil {
			return
		}
		if s.approved(issuer, address) && !strings.HasPrefix(strings.ToLower(address), "https://") && !strings.HasPrefix(strings.ToLower(address), "http://") {
			t.Errorf("approved %q for %q", address, issuer)
		}
	})
}
