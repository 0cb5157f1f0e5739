// SPDX-License-Identifier: EUPL-1.2

package oidc

import (
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/insegel/insegel/internal/auth"
	"github.com/insegel/insegel/internal/exact"
)

// algorithms are the signatures that are accepted. What is not here is refused, whatever the provider says that it uses: no signature
// at all, and keys that both sides share, are not among them.
var algorithms = []string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"}

// Why a token is refused.
var (
	ErrToken    = errors.New("the token is not one that this provider can have issued to us now")
	ErrMethods  = errors.New("the provider says two factors, and names methods that are one")
	ErrNoClaims = errors.New("the token's claims cannot be read")
)

// claims are the claims of a token, by their exact names. encoding/json would take "ACR" for "acr".
type claims map[string]json.RawMessage

func parseClaims(payload []byte) (claims, error) {
	if err := exact.Check(payload); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoClaims, err)
	}
	var c claims
	if err := json.Unmarshal(payload, &c); err != nil || c == nil {
		return nil, ErrNoClaims
	}
	return c, nil
}

// text gives a claim that is a text; empty when it is missing or something else.
func (c claims) text(name string) string {
	var s *string
	if err := json.Unmarshal(c[name], &s); err != nil || s == nil {
		return ""
	}
	return *s
}

// texts gives a claim that is a text or a list of texts. A list with anything else in it counts as missing.
func (c claims) texts(name string) []string {
	if s := c.text(name); s != "" {
		return []string{s}
	}
	var list []*string
	if err := json.Unmarshal(c[name], &list); err != nil {
		return nil
	}
	out := make([]string, 0, len(list))
	for _, s := range list {
		if s == nil {
			return nil
		}
		out = append(out, *s)
	}
	return out
}

// lastSecond is the latest time that a token may name, in the year 9999: beyond it times wrap around.
const lastSecond = 253402300799

// moment gives a claim that is a time in seconds; ok is false when it is missing or no such time.
func (c claims) moment(name string) (time.Time, bool) {
	var f *float64
	if err := json.Unmarshal(c[name], &f); err != nil || f == nil || math.IsNaN(*f) || *f <= 0 || *f > lastSecond {
		return time.Time{}, false
	}
	whole, part := math.Modf(*f)
	return time.Unix(int64(whole), int64(part*float64(time.Second))).UTC(), true
}

// has reports whether a claim is there at all, whatever it holds.
func (c claims) has(name string) bool { _, ok := c[name]; return ok }

func refuse(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrToken, fmt.Sprintf(format, args...))
}

// party checks what every token says of who issued it and to whom.
func (c claims) party(issuer, client string) error {
	if c.text("iss") != issuer {
		return refuse("iss is %q", clip(c.text("iss")))
	}
	aud := c.texts("aud")
	if !slices.Contains(aud, client) {
		return refuse("aud does not name us")
	}
	azp := c.text("azp")
	if c.has("azp") && azp != client {
		return refuse("azp is %q", clip(azp))
	}
	if len(aud) > 1 && azp != client {
		return refuse("several audiences, and azp does not name us")
	}
	return nil
}

// times checks when a token was issued and how long it may be used, with the same leeway in both directions.
func (c claims) times(now time.Time) (issued time.Time, err error) {
	exp, ok := c.moment("exp")
	if !ok || !now.Before(exp.Add(auth.ClockSkew)) {
		return issued, refuse("it has expired, or does not say when it expires")
	}
	issued, ok = c.moment("iat")
	if !ok || issued.After(now.Add(auth.ClockSkew)) {
		return issued, refuse("it was issued in the future, or does not say when")
	}
	if nbf, ok := c.moment("nbf"); c.has("nbf") && (!ok || nbf.After(now.Add(auth.ClockSkew))) {
		return issued, refuse("it may not be used yet")
	}
	return issued, nil
}

// maxSubject is how long a subject may be (OpenID Connect Core 2).
const maxSubject = 255

func (c claims) subject() (string, error) {
	sub := c.text("sub")
	if sub == "" || len(sub) > maxSubject || !printable(sub) {
		return "", refuse("sub is missing or not a name that it can have")
	}
	return sub, nil
}

// expected is what an id token must say.
type expected struct {
	issuer, client, nonce string
	// begun is when the question was asked.
	begun, now time.Time
	// context is the claim with the authentication context, and demand what it must say.
	context string
	demand  auth.Demand
}

// answer is what a good id token says.
type answer struct {
	subject, session, context string
	at                        time.Time
	methods                   []string
	claims                    claims
}

// check reads an id token whose signature is good. The answer is given with the error too, for the log, as far as it was understood.
func (e *expected) check(payload []byte) (answer, error) {
	c, err := parseClaims(payload)
	if err != nil {
		return answer{}, err
	}
	a := answer{session: c.text("sid"), methods: c.texts("amr"), claims: c}
	if err := c.party(e.issuer, e.client); err != nil {
		return a, err
	}
	issued, err := c.times(e.now)
	if err != nil {
		return a, err
	}
	if issued.Before(e.begun.Add(-auth.ClockSkew)) {
		return a, refuse("it was issued before it was asked for")
	}
	if nonce := c.text("nonce"); subtle.ConstantTimeCompare([]byte(nonce), []byte(e.nonce)) != 1 || e.nonce == "" {
		return a, refuse("the nonce is another")
	}
	if a.subject, err = c.subject(); err != nil {
		return a, err
	}
	if c.has("auth_time") {
		at, ok := c.moment("auth_time")
		if !ok {
			return a, refuse("auth_time is no time")
		}
		a.at = at
	}
	a.context = e.answered(c)
	return a, auth.Compare(e.demand, auth.Answered{Context: a.context, At: a.at}, e.now)
}

// answered gives the one authentication context of the answer. Of a list it is the first that was asked for, in the order of the
// question, and else the first there is.
func (e *expected) answered(c claims) string {
	if e.context != ContextACRS {
		return c.text(e.context)
	}
	list := c.texts(ContextACRS)
	for _, want := range e.demand.Contexts {
		if slices.Contains(list, want) {
			return want
		}
	}
	if len(list) > 0 {
		return list[0]
	}
	return ""
}

// logoutEvent is what makes a token a logout token.
const logoutEvent = "http://schemas.openid.net/event/backchannel-logout"

// logout is what a good logout token says.
type logout struct {
	id, subject, session string
	expires              time.Time
}

// checkLogout reads a logout token whose signature is good.
func checkLogout(payload []byte, issuer, client string, now time.Time) (logout, error) {
	c, err := parseClaims(payload)
	if err != nil {
		return logout{}, err
	}
	if err := c.party(issuer, client); err != nil {
		return logout{}, err
	}
	issued, err := c.times(now)
	if err != nil {
		return logout{}, err
	}
	if now.Sub(issued) > maxLogoutAge {
		return logout{}, refuse("it is too old")
	}
	if c.has("nonce") {
		return logout{}, refuse("it has a nonce, so it is an id token")
	}
	var events map[string]map[string]any
	if err := json.Unmarshal(c["events"], &events); err != nil || events[logoutEvent] == nil {
		return logout{}, refuse("it says nothing of a logout")
	}
	out := logout{id: c.text("jti"), session: c.text("sid"), expires: issued.Add(maxLogoutAge + auth.ClockSkew)}
	if out.id == "" || len(out.id) > maxSubject {
		return logout{}, refuse("it has no id")
	}
	if c.has("sub") {
		if out.subject, err = c.subject(); err != nil {
			return logout{}, err
		}
	}
	if out.subject == "" && out.session == "" {
		return logout{}, refuse("it names neither a person nor a session")
	}
	return out, nil
}

// typeOf reads the type in the head of a token whose signature is good, in lower case and without the prefix that it may have.
func typeOf(raw string) string {
	head, _, _ := strings.Cut(raw, ".")
	var h struct {
		Type string `json:"typ"`
	}
	b, err := base64.RawURLEncoding.DecodeString(head)
	if err != nil || exact.Check(b) != nil || json.Unmarshal(b, &h) != nil {
		return ""
	}
	return strings.TrimPrefix(strings.ToLower(h.Type), "application/")
}

// maxLogoutAge is how old a logout token may be. Its id is remembered for as long.
const maxLogoutAge = 10 * time.Minute

// clip cuts what came from outside to a length that is fit for a log.
func clip(s string) string {
	const most = 120
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}
