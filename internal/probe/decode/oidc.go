// SPDX-License-Identifier: EUPL-1.2

package decode

import (
	"encoding/base64"
	"encoding/json"
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
	for _, name := range []string{"client_id", "acr_values", "claims", "request", "request_uri", "kc_idp_hint", "idp"} {
		if len(q[name]) > 1 {
			r.Broken = true
			return r
		}
	}
	switch {
	case q.Get("request_uri") != "":
		r.Object = "reference"
	case q.Get("request") != "":
		r.object(q.Get("request"))
	default:
		r.parameters(parameters{ACRValues: q.Get("acr_values"), Claims: json.RawMessage(q.Get("claims"))})
	}
	for _, name := range []string{"kc_idp_hint", "idp", "domain_hint"} {
		if q.Get(name) != "" && r.Hint == "" {
			r.Hint = clip(q.Get(name))
		}
	}
	return r
}

// parameters are what a request, or a request object, says about levels.
type parameters struct {
	ACRValues string          `json:"acr_values"`
	Claims    json.RawMessage `json:"claims"`
}

// claims is the part of OpenID Connect's claims parameter that says which level the answer must have.
type claims struct {
	IDToken struct {
		ACR *struct {
			Essential bool     `json:"essential"`
			Value     string   `json:"value"`
			Values    []string `json:"values"`
		} `json:"acr"`
	} `json:"id_token"`
}

// objectAlgorithms are those that a request object can be signed by (RFC 7518, RFC 8037). What claims another is signed by nobody.
var objectAlgorithms = []string{
	"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519", "HS256", "HS384", "HS512",
}

// object reads a request object (RFC 9101). What is outside it no longer counts.
func (r *Request) object(token string) {
	parts := strings.Split(token, ".")
	if len(parts) == 5 {
		r.Object = "jwe"
		return
	}
	r.Object = "jws"
	var head struct {
		Alg string `json:"alg"`
	}
	var p parameters
	if len(token) > maxEncoded || len(parts) != 3 || !part(parts[0], &head) || !part(parts[1], &p) {
		r.Broken = true
		return
	}
	r.SigAlg = clip(head.Alg)
	r.Signed = parts[2] != "" && slices.Contains(objectAlgorithms, head.Alg)
	r.parameters(p)
}

// part reads a part of a token.
func part(text string, into any) bool {
	b, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(text, "="))
	return err == nil && len(b) <= maxInflated && json.Unmarshal(b, into) == nil
}

func (r *Request) parameters(p parameters) {
	if len(p.Claims) > 0 {
		var c claims
		if len(p.Claims) > maxInflated || json.Unmarshal(p.Claims, &c) != nil {
			r.Broken = true
			return
		}
		if acr := c.IDToken.ACR; acr != nil {
			values := acr.Values
			if acr.Value != "" {
				values = append([]string{acr.Value}, values...)
			}
			if acr.Essential {
				r.Essential = true
				r.Demanded = few(values)
			} else {
				r.ACRValues = few(values) // a claim that is not essential is a wish, as acr_values is
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
