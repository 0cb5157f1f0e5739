// SPDX-License-Identifier: EUPL-1.2

package oidc

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"time"

	gooidc "github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"
	"golang.org/x/oauth2"

	"github.com/insegel/insegel/internal/auth/provider"
	"github.com/insegel/insegel/internal/exact"
	"github.com/insegel/insegel/internal/outbound"
)

const (
	// askTimeout caps one request to a provider and maxAnswer the length of its answer.
	askTimeout = 10 * time.Second
	maxAnswer  = 512 << 10
	// metadataLife is how long what a provider says about itself is used before it is asked again.
	metadataLife = time.Hour
)

// metadata is what a provider says about itself, over TLS from its own host.
type metadata struct {
	Issuer       string   `json:"issuer"`
	Authorize    string   `json:"authorization_endpoint"`
	Token        string   `json:"token_endpoint"`
	Keys         string   `json:"jwks_uri"`
	Userinfo     string   `json:"userinfo_endpoint"`
	EndSession   string   `json:"end_session_endpoint"`
	ClaimsParam  bool     `json:"claims_parameter_supported"`
	IssParameter bool     `json:"authorization_response_iss_parameter_supported"`
	AuthMethods  []string `json:"token_endpoint_auth_methods_supported"`
	AuthAlgs     []string `json:"token_endpoint_auth_signing_alg_values_supported"`
	Challenges   []string `json:"code_challenge_methods_supported"`
}

// UnapprovedError says that a provider names addresses on hosts that no administrator has approved.
type UnapprovedError struct{ Addresses []string }

// Error tells which.
func (e *UnapprovedError) Error() string {
	return fmt.Sprintf("the provider uses hosts that nobody has approved: %q", e.Addresses)
}

// client is one provider, as it was when it was last asked.
type client struct {
	version  int64
	settings Settings
	http     *http.Client
	meta     metadata
	keys     *keySet
	asked    time.Time
}

// clients keeps a client for each provider.
type clients struct {
	policy outbound.Policy
	now    func() time.Time

	mu  sync.Mutex
	all map[provider.ID]*client
}

// get gives the provider's client, and asks the provider about itself where that was long ago. What cannot be asked is ErrDown.
func (c *clients) get(ctx context.Context, p *provider.Provider) (*client, error) {
	now := c.now()
	c.mu.Lock()
	has := c.all[p.ID]
	c.mu.Unlock()
	if has != nil && has.version == p.Version && now.Sub(has.asked) < metadataLife && !now.Before(has.asked) {
		return has, nil
	}
	made, err := c.discover(ctx, p)
	if err != nil {
		return nil, err
	}
	made.asked = now
	if has != nil && has.version == p.Version && has.meta.Keys == made.meta.Keys {
		made.keys = has.keys // so that asking about the provider does not let somebody ask for its keys more often
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.all == nil {
		c.all = map[provider.ID]*client{}
	}
	c.all[p.ID] = made
	return made, nil
}

// discover asks a provider about itself.
func (c *clients) discover(ctx context.Context, p *provider.Provider) (*client, error) {
	s, err := settingsOf(p)
	if err != nil {
		return nil, err
	}
	h, err := c.policy.Client(outbound.Request{Targets: s.targets(p.Issuer), Timeout: askTimeout, Max: maxAnswer})
	if err != nil {
		return nil, fmt.Errorf("make client of provider: %w", err)
	}
	h.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	h.Transport = exactly{h.Transport}
	out := &client{version: p.Version, settings: s, http: h}
	found, err := gooidc.NewProvider(out.with(ctx), p.Issuer)
	if err != nil {
		return nil, fmt.Errorf("ask provider about itself: %w: %w", ErrDown, err)
	}
	if err := found.Claims(&out.meta); err != nil {
		return nil, fmt.Errorf("ask provider about itself: %w: %w", ErrDown, err)
	}
	if err := out.check(p.Issuer); err != nil {
		return nil, err
	}
	allowed := *p
	out.keys = &keySet{now: c.now, older: func() bool { return allowed.Older(c.now()) }, fetch: func(ctx context.Context) (jose.JSONWebKeySet, error) { return out.fetchKeys(ctx) }}
	return out, nil
}

// exactly refuses answers that two readers can understand differently: the libraries read some of them and we read others.
type exactly struct{ next http.RoundTripper }

// RoundTrip does one request.
func (e exactly) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := e.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	b, err := io.ReadAll(res.Body) // as much as the client reads at all
	if err := errors.Join(err, res.Body.Close()); err != nil {
		return nil, err
	}
	if text := bytes.TrimSpace(b); len(text) > 0 && (text[0] == '{' || text[0] == '[') {
		if err := exact.Check(b); err != nil {
			return nil, fmt.Errorf("answer of %s: %w", r.URL.Host, err)
		}
	}
	res.Body = io.NopCloser(bytes.NewReader(b))
	return res, nil
}

// with lets the libraries use the provider's client and no other.
func (c *client) with(ctx context.Context) context.Context { return gooidc.ClientContext(ctx, c.http) }

// check refuses a provider that lacks an address, or has one where nobody has approved it.
func (c *client) check(issuer string) error {
	if c.meta.Issuer != issuer || c.meta.Authorize == "" || c.meta.Token == "" || c.meta.Keys == "" {
		return fmt.Errorf("%w: it does not say where to sign in", ErrDown)
	}
	var bad []string
	for _, address := range []string{c.meta.Authorize, c.meta.Token, c.meta.Keys, c.meta.Userinfo, c.meta.EndSession} {
		if address != "" && !c.settings.approved(issuer, address) {
			bad = append(bad, address)
		}
	}
	if len(bad) > 0 {
		return &UnapprovedError{Addresses: bad}
	}
	if len(c.meta.Challenges) > 0 && !slices.Contains(c.meta.Challenges, "S256") {
		return fmt.Errorf("%w: it does not take code challenges of the kind S256", ErrDown)
	}
	return nil
}

// fetchKeys reads the provider's keys. One that cannot be read is left out by the library; a set that cannot be is an error.
func (c *client) fetchKeys(ctx context.Context) (jose.JSONWebKeySet, error) {
	var out jose.JSONWebKeySet
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, c.meta.Keys, nil)
	if err != nil {
		return out, err
	}
	res, err := c.http.Do(r)
	if err != nil {
		return out, err
	}
	defer func() { _ = res.Body.Close() }() // it has been read
	b, err := readAll(res)
	if err != nil {
		return out, err
	}
	return parseKeys(b)
}

// parseKeys reads a set of keys. A key of a kind that is not known is passed over, as the standard asks.
func parseKeys(b []byte) (jose.JSONWebKeySet, error) {
	var out jose.JSONWebKeySet
	var raw struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(b, &raw); err != nil {
		return out, errors.New("the keys cannot be read")
	}
	for _, one := range raw.Keys {
		var k jose.JSONWebKey
		if json.Unmarshal(one, &k) == nil {
			out.Keys = append(out.Keys, k)
		}
	}
	return out, nil
}

// config is the provider as the OAuth library sees it. The secret stands in the request's body or header as the provider asks, and is
// tried one way only.
func (c *client) config(redirect string) oauth2.Config {
	style := oauth2.AuthStyleInHeader
	if c.settings.Method == PrivateKey || len(c.meta.AuthMethods) > 0 && !slices.Contains(c.meta.AuthMethods, "client_secret_basic") {
		style = oauth2.AuthStyleInParams
	}
	return oauth2.Config{
		ClientID: c.settings.ClientID, RedirectURL: redirect, Scopes: append([]string{gooidc.ScopeOpenID}, c.settings.Scopes...),
		Endpoint: oauth2.Endpoint{AuthURL: c.meta.Authorize, TokenURL: c.meta.Token, AuthStyle: style},
	}
}

// verify checks the signature of a token with the library and with the provider's keys, and gives what it says. Everything else about
// it is checked by whoever asked.
func (c *client) verify(ctx context.Context, issuer, raw string) ([]byte, error) {
	if len(raw) > maxToken {
		return nil, refuse("it is too long")
	}
	keys := &watched{keySet: c.keys}
	v := gooidc.NewVerifier(issuer, keys, &gooidc.Config{
		ClientID: c.settings.ClientID, SupportedSigningAlgs: algorithms, SkipExpiryCheck: true, // with another leeway than ours
	})
	token, err := v.Verify(ctx, raw)
	if err != nil {
		if errors.Is(keys.err, ErrDown) || errors.Is(keys.err, ErrWeakKey) {
			return nil, keys.err
		}
		return nil, fmt.Errorf("%w: %w", ErrToken, err)
	}
	var payload json.RawMessage
	if err := token.Claims(&payload); err != nil {
		return nil, ErrNoClaims
	}
	return payload, nil
}

// watched keeps the error of a key set, which the library hands on as text only.
type watched struct {
	*keySet
	err error
}

// VerifySignature is the key set's.
func (w *watched) VerifySignature(ctx context.Context, raw string) ([]byte, error) {
	payload, err := w.keySet.VerifySignature(ctx, raw)
	w.err = err
	return payload, err
}

// maxToken is how long a token may be, in bytes.
const maxToken = 64 << 10

// readAll reads an answer that must be JSON and a success.
func readAll(res *http.Response) ([]byte, error) {
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("status %d", res.StatusCode)
	}
	return io.ReadAll(res.Body)
}
