// SPDX-License-Identifier: EUPL-1.2

package decode

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/url"
	"slices"
	"strings"
)

// At reads the request that an address carries; nil when it carries none.
func At(u *url.URL) *Request {
	if u == nil || len(u.RawQuery) > 2*maxEncoded || u.Scheme != "http" && u.Scheme != "https" {
		return nil
	}
	q := u.Query() // what cannot be read of it is left out
	switch {
	case q.Has("SAMLRequest"):
		return samlRedirect(u, q)
	case strings.HasPrefix(q.Get("wa"), "wsignin"):
		return wsFed(u, q)
	case q.Has("client_id") && (q.Has("response_type") || q.Has("request") || q.Has("request_uri")):
		return openID(u, q)
	}
	return nil
}

// Posted reads the request that a form carries to an address; nil when it carries none.
func Posted(action *url.URL, body string) *Request {
	if len(body) > 2*maxEncoded {
		return nil
	}
	form, err := url.ParseQuery(body)
	if err != nil || !form.Has("SAMLRequest") {
		return nil
	}
	r := samlPost(action, form.Get("SAMLRequest"))
	r.Broken = r.Broken || len(form["SAMLRequest"]) > 1
	return r
}

// wsFed reads a WS-Federation request.
func wsFed(u *url.URL, q url.Values) *Request {
	r := &Request{Protocol: WSFed, Binding: "redirect", Host: hostOf(u), Issuer: clip(q.Get("wtrealm")), Wauth: clip(q.Get("wauth")), SHA256: sum(u.RawQuery)}
	r.Broken = len(q["wauth"]) > 1 || len(q["wa"]) > 1
	return r
}

// openID reads an OpenID Connect request. A parameter that stands twice is read in different ways by different programs, so that
// nothing is known.
func openID(u *url.URL, q url.Values) *Request {
	r := &Request{Protocol: OIDC, Binding: "redirect", Host: hostOf(u), Issuer: clip(q.Get("client_id")), SHA256: sum(u.RawQuery)}
	for _, name := range []string{"client_id", "scope", "acr_values", "claims", "request", "request_uri", "kc_idp_hint", "idp"} {
		if len(q[name]) > 1 {
			r.Broken = true
			return r
		}
	}
	switch {
	case q.Get("request_uri") != "":
		r.Object = "reference"
	case q.Get("request") != "":
		r.object(q.Get("request"), q.Get("scope"))
	default:
		r.parameters(parameters{Scope: q.Get("scope"), ACRValues: q.Get("acr_values"), Claims: json.RawMessage(q.Get("claims"))})
	}
	for _, name := range []string{"kc_idp_hint", "idp", "domain_hint"} {
		if q.Get(name) != "" && r.Hint == "" {
			r.Hint = clip(q.Get(name))
		}
	}
	return r
}

// parameters are what a request, or a request object, says about levels. Without "openid" in its scope it is no request by OpenID Connect, and
// nobody is bound by its claims.
type parameters struct {
	Scope     string
	ACRValues string
	Claims    json.RawMessage
}

// acr is the part of OpenID Connect's claims parameter that says which level the answer must have.
type acr struct {
	Essential bool
	Value     string
	Values    []string
}

// claimed finds it in the parameter; nil when it says nothing of a level. It is not ok when programs would read it in different ways: a name that
// stands twice, or something that is of another kind than it should be. Names are told apart by their letters' case, as providers do.
func claimed(raw []byte) (found *acr, ok bool) {
	all, ok := members(raw)
	if !ok {
		return nil, false
	}
	token, ok := members(all["id_token"])
	if !ok {
		return nil, false
	}
	asked, ok := members(token["acr"])
	if !ok || len(asked) == 0 {
		return nil, ok
	}
	found = &acr{}
	for name, into := range map[string]any{"essential": &found.Essential, "value": &found.Value, "values": &found.Values} {
		if raw, is := asked[name]; is && json.Unmarshal(raw, into) != nil {
			return nil, false
		}
	}
	return found, true
}

// members reads a JSON object whose names stand once each. What is left out, or null, has none.
func members(raw []byte) (map[string]json.RawMessage, bool) {
	out := map[string]json.RawMessage{}
	if raw = bytes.TrimSpace(raw); len(raw) == 0 || string(raw) == "null" {
		return out, true
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, false
	}
	for d.More() {
		t, err := d.Token()
		name, is := t.(string)
		var value json.RawMessage
		if err != nil || !is || d.Decode(&value) != nil {
			return nil, false
		}
		if _, twice := out[name]; twice {
			return nil, false
		}
		out[name] = value
	}
	if _, err := d.Token(); err != nil {
		return nil, false
	}
	_, err := d.Token()
	return out, errors.Is(err, io.EOF)
}

// objectAlgorithms are those that a request object can be signed by (RFC 7518, RFC 8037). What claims another is signed by nobody.
var objectAlgorithms = []string{
	"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519", "HS256", "HS384", "HS512",
}

// object reads a request object (RFC 9101). What is outside it no longer counts.
func (r *Request) object(token, scope string) {
	parts := strings.Split(token, ".")
	if len(parts) == 5 {
		r.Object = "jwe"
		return
	}
	r.Object = "jws"
	if len(token) > maxEncoded || len(parts) != 3 {
		r.Broken = true
		return
	}
	var alg string
	p := parameters{Scope: scope}
	head, body := part(parts[0]), part(parts[1])
	if !word(head, "alg", &alg) || !word(body, "scope", &p.Scope) || !word(body, "acr_values", &p.ACRValues) {
		r.Broken = true
		return
	}
	p.Claims = body["claims"]
	r.SigAlg = clip(alg)
	r.Signed = parts[2] != "" && slices.Contains(objectAlgorithms, alg)
	r.parameters(p)
}

// part reads a part of a token; nil when it cannot be read.
func part(text string) map[string]json.RawMessage {
	b, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(text, "="))
	if err != nil || len(b) > maxInflated || len(b) == 0 {
		return nil
	}
	out, ok := members(b)
	if !ok {
		return nil
	}
	return out
}

// word reads a text among members, where it is; false when it is something else.
func word(of map[string]json.RawMessage, name string, into *string) bool {
	raw, is := of[name]
	return of != nil && (!is || json.Unmarshal(raw, into) == nil)
}

func (r *Request) parameters(p parameters) {
	if len(p.Claims) > 0 {
		acr, ok := claimed(p.Claims)
		if len(p.Claims) > maxInflated || !ok {
			r.Broken = true
			return
		}
		if acr != nil {
			values := acr.Values
			if acr.Value != "" {
				values = append([]string{acr.Value}, values...)
			}
			if acr.Essential && slices.Contains(strings.Fields(p.Scope), "openid") {
				r.Essential = true
				r.Demanded = few(values)
			} else {
				r.ACRValues = few(values) // a claim that is not essential, or not asked of OpenID Connect, is a wish, as acr_values is
			}
			r.Broken = r.Broken || len(values) > maxValues
		}
	}
	wished := strings.Fields(p.ACRValues)
	r.Broken = r.Broken || len(wished) > maxValues
	r.ACRValues = append(r.ACRValues, few(wished)...)
}

func few(values []string) []string {
	var out []string
	for _, v := range values[:min(len(values), maxValues)] {
		out = append(out, clip(v))
	}
	return out
}
