// SPDX-License-Identifier: EUPL-1.2

package provider_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/insegel/insegel/data"
	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/auth/provider"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/key"
)

const (
	loa2        = "http://id.elegnamnden.se/loa/1.0/loa2"
	loa3        = "http://id.elegnamnden.se/loa/1.0/loa3"
	loa4        = "http://id.elegnamnden.se/loa/1.0/loa4"
	uncertified = "http://id.swedenconnect.se/loa/1.0/uncertified-loa3"
	mfa         = "https://refeds.org/profile/mfa"
	password    = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport"
)

func known(t testing.TB) *provider.Contexts {
	t.Helper()
	c, err := provider.LoadContexts(data.Files)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func service(t testing.TB, d *db.DB) *provider.Service {
	t.Helper()
	root, err := key.Create(t.TempDir() + "/root.key")
	if err != nil {
		t.Fatal(err)
	}
	return &provider.Service{DB: d, Vault: provider.Vault{Root: root}, Known: known(t)}
}

func draft() provider.Draft {
	return provider.Draft{
		Provider: provider.Provider{
			Kind: provider.OIDC, NameSV: "Kommunens inloggning", NameEN: "The municipality's sign-in", Issuer: "https://idp.example.se", Own: json.RawMessage(`{"client_id":"insegel"}`),
			Settings: provider.Settings{Accepted: []provider.Accepted{{Value: loa3}}},
		},
		Secrets: map[string][]byte{"client-secret": []byte("hemligheten")},
	}
}

func TestProviderIsKeptAndLogged(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		s, actor, ctx := service(t, d), dbtest.Organisation(t, d, "norrsjo"), t.Context()
		p, err := s.Add(ctx, actor, draft())
		if err != nil {
			t.Fatal(err)
		}
		if p.Enabled {
			t.Error("a new provider is switched on before anybody has tried it")
		}
		if _, err := s.Add(ctx, actor, draft()); !errors.Is(err, provider.ErrTaken) {
			t.Errorf("a second provider with the same issuer: %v", err)
		}
		next := provider.Draft{Provider: p}
		next.NameSV, next.Settings.Accepted = "SITHS", []provider.Accepted{{Value: loa4}}
		if _, err := s.Change(ctx, actor, next, ""); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Change(ctx, actor, next, ""); !errors.Is(err, db.ErrConflict) {
			t.Errorf("a change of an old version: %v", err)
		}
		if _, err := s.Enable(ctx, actor, p.ID, ""); err != nil {
			t.Fatal(err)
		}
		got, err := s.Open(ctx, actor, p.ID)
		if err != nil || got.NameSV != "SITHS" || !got.Enabled || got.Version != 3 || got.Settings.Accepted[0].Value != loa4 {
			t.Errorf("read back %+v: %v", got, err)
		}
		if err := s.Disable(ctx, actor, p.ID); err != nil {
			t.Fatal(err)
		}
		var log []audit.Logged
		err = d.Read(ctx, actor.Organisation, func(tx *db.Tx) (err error) {
			log, err = audit.History(ctx, tx, actor.Organisation, "provider", p.ID.String(), 10)
			return err
		})
		if err != nil || len(log) != 4 {
			t.Fatalf("%d entries: %v", len(log), err)
		}
		for i, want := range []string{`"enabled":{"from":true,"to":false}`, `"enabled":{"from":false,"to":true}`, `"name_sv":{"from":"Kommunens inloggning","to":"SITHS"}`, `"secrets_replaced":["client-secret"]`} {
			if !strings.Contains(log[i].Record, want) || strings.Contains(log[i].Record, "hemligheten") {
				t.Errorf("entry %d is %s, want %s", i, log[i].Record, want)
			}
		}
	})
}

func TestOtherOrganisationHasNoProvider(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		s, ctx := service(t, d), t.Context()
		mine, theirs := dbtest.Organisation(t, d, "norrsjo"), dbtest.Organisation(t, d, "sorsjo")
		p, err := s.Add(ctx, mine, draft())
		if err != nil {
			t.Fatal(err)
		}
		_, opened := s.Open(ctx, theirs, p.ID)
		_, enabled := s.Enable(ctx, theirs, p.ID, "")
		_, altered := s.Change(ctx, theirs, provider.Draft{Provider: p}, "")
		if !errors.Is(opened, provider.ErrUnknown) || !errors.Is(enabled, provider.ErrUnknown) || !errors.Is(altered, provider.ErrUnknown) {
			t.Errorf("another organisation reaches the provider: %v", opened)
		}
		if all, err := s.List(ctx, theirs); err != nil || len(all) != 0 {
			t.Errorf("another organisation lists %d providers: %v", len(all), err)
		}
		if _, err := s.Add(ctx, theirs, draft()); err != nil {
			t.Errorf("the same issuer in another organisation: %v", err)
		}
	})
}

func TestChangesAskForStepUp(t *testing.T) {
	d := dbtest.SQLite(t)
	s, actor, ctx := service(t, d), dbtest.Organisation(t, d, "norrsjo"), t.Context()
	p, err := s.Add(ctx, actor, draft())
	if err != nil {
		t.Fatal(err)
	}
	actor.Fresh = false
	_, added := s.Add(ctx, actor, draft())
	_, altered := s.Change(ctx, actor, provider.Draft{Provider: p}, "")
	_, enabled := s.Enable(ctx, actor, p.ID, "")
	_, levels := s.SetLevels(ctx, actor, map[access.Role]provider.Level{access.Coordinator: {Factors: 2}}, "")
	for name, err := range map[string]error{
		"add": added, "change": altered, "enable": enabled, "disable": s.Disable(ctx, actor, p.ID), "set level": levels,
	} {
		if !errors.Is(err, access.ErrStepUp) {
			t.Errorf("%s without step-up: %v", name, err)
		}
	}
}

func TestProviderFaults(t *testing.T) {
	k := known(t)
	for name, tc := range map[string]struct {
		change func(p *provider.Provider)
		want   error
	}{
		"as it should be":           {func(*provider.Provider) {}, nil},
		"kind":                      {func(p *provider.Provider) { p.Kind = "ldap" }, provider.ErrKind},
		"no name":                   {func(p *provider.Provider) { p.NameEN = " " }, provider.ErrName},
		"issuer that is no address": {func(p *provider.Provider) { p.Issuer = "idp" }, provider.ErrIssuer},
		"issuer with a user":        {func(p *provider.Provider) { p.Issuer = "https://a@idp.example.se" }, provider.ErrIssuer},
		"no context":                {func(p *provider.Provider) { p.Settings.Accepted = nil }, provider.ErrNoContext},
		"password":                  {func(p *provider.Provider) { p.Settings.Accepted = []provider.Accepted{{Value: password}} }, provider.ErrOneFactor},
		"a password said to be two factors": {func(p *provider.Provider) {
			p.Settings.Accepted = []provider.Accepted{{Value: password, Factors: 2, LoA: 3, Trusted: true}}
		}, provider.ErrOneFactor},
		"factors not known": {func(p *provider.Provider) { p.Settings.Accepted = []provider.Accepted{{Value: loa2}} }, provider.ErrOneFactor},
		"own, one factor":   {func(p *provider.Provider) { p.Settings.Accepted = []provider.Accepted{{Value: "c1", Factors: 1}} }, provider.ErrOneFactor},
		"own, two factors":  {func(p *provider.Provider) { p.Settings.Accepted = []provider.Accepted{{Value: "c1", Factors: 2}} }, nil},
		"own, a level of 2": {func(p *provider.Provider) {
			p.Settings.Accepted = []provider.Accepted{{Value: "c1", Factors: 2, LoA: 2}}
		}, provider.ErrContext},
		"settings of no format": {func(p *provider.Provider) { p.Own = json.RawMessage("{") }, provider.ErrSettings},
	} {
		t.Run(name, func(t *testing.T) {
			p := draft().Provider
			tc.change(&p)
			if err := p.Check(k); !errors.Is(err, tc.want) {
				t.Errorf("got %v, want %v", err, tc.want)
			}
		})
	}
}

// A level that nobody has reviewed counts as none until the organisation says otherwise, and is then told apart.
func TestStrength(t *testing.T) {
	k := known(t)
	for name, tc := range map[string]struct {
		a    provider.Accepted
		want provider.Strength
	}{
		"reviewed":                 {provider.Accepted{Value: loa3}, provider.Strength{Factors: 2, LoA: 3}},
		"reviewed, and written up": {provider.Accepted{Value: loa3, LoA: 4, Factors: 2}, provider.Strength{Factors: 2, LoA: 3}},
		"self-declared":            {provider.Accepted{Value: uncertified}, provider.Strength{Factors: 2}},
		"self-declared, trusted":   {provider.Accepted{Value: uncertified, Trusted: true}, provider.Strength{Factors: 2, LoA: 3, SelfDeclared: true}},
		"two factors alone":        {provider.Accepted{Value: mfa, Trusted: true}, provider.Strength{Factors: 2}},
		"own":                      {provider.Accepted{Value: "c1", Factors: 2}, provider.Strength{Factors: 2}},
		"own with a level":         {provider.Accepted{Value: "c1", Factors: 2, LoA: 3}, provider.Strength{Factors: 2, LoA: 3, SelfDeclared: true}},
		"looks like it":            {provider.Accepted{Value: loa3 + "/"}, provider.Strength{}},
	} {
		if got := k.Strength(tc.a); got != tc.want {
			t.Errorf("%s: got %+v, want %+v", name, got, tc.want)
		}
	}
}

func TestLevels(t *testing.T) {
	on := provider.Levels{On: true, Chosen: map[access.Role]provider.Level{access.Procurer: {Factors: 2, LoA: 4}, access.Operations: {Factors: 2}}}
	actor := access.Actor{Roles: []access.Role{access.Procurer, access.Operations}, Held: []access.Held{{Role: access.Procurer}}}
	for name, tc := range map[string]struct {
		levels provider.Levels
		s      provider.Strength
		want   []access.Role // what is lost
	}{
		"enough for all":       {on, provider.Strength{Factors: 2, LoA: 4}, nil},
		"enough for one":       {on, provider.Strength{Factors: 2, LoA: 3}, []access.Role{access.Procurer}},
		"two factors alone":    {on, provider.Strength{Factors: 2}, []access.Role{access.Procurer}},
		"one factor":           {on, provider.Strength{Factors: 1, LoA: 4}, []access.Role{access.Operations, access.Procurer}},
		"nothing":              {on, provider.Strength{}, []access.Role{access.Operations, access.Procurer}},
		"no provider":          {provider.Levels{Chosen: on.Chosen}, provider.Strength{Factors: 2}, nil},
		"no provider, nothing": {provider.Levels{}, provider.Strength{}, []access.Role{access.Operations, access.Procurer}},
	} {
		t.Run(name, func(t *testing.T) {
			left, lost := tc.levels.Limit(actor, tc.s)
			if diff := cmp.Diff(tc.want, lost); diff != "" {
				t.Errorf("lost: %s", diff)
			}
			for _, r := range lost {
				if slices.Contains(left.Roles, r) || slices.ContainsFunc(left.Held, func(h access.Held) bool { return h.Role == r }) {
					t.Errorf("%s is taken away and still there", r)
				}
			}
			if len(actor.Roles) != 2 || actor.Roles[0] != access.Procurer {
				t.Fatal("the actor that was given has changed")
			}
		})
	}
}

// Who sees where the organisation is weak shows a reviewed identity, unless the organisation says otherwise.
func TestDefaultLevel(t *testing.T) {
	weak := map[access.Role]bool{}
	for _, action := range access.Actions() {
		if p := access.PolicyOf(action); p.Weakness {
			for _, g := range p.By {
				weak[g.Role] = true
			}
		}
	}
	for _, r := range access.Roles() {
		want := provider.Level{Factors: 2}
		if weak[r] {
			want.LoA = 3
		}
		if got := provider.DefaultLevel(r); got != want {
			t.Errorf("%s asks for %+v, want %+v", r, got, want)
		}
	}
}

// What is asked for is what is enough for somebody, the strongest first.
func TestContextsAskedFor(t *testing.T) {
	p := draft().Provider
	p.Settings.Accepted = []provider.Accepted{{Value: mfa}, {Value: loa3}, {Value: uncertified}, {Value: loa4}}
	strict := provider.Levels{On: true, Chosen: map[access.Role]provider.Level{}}
	for _, r := range access.Roles() {
		strict.Chosen[r] = provider.Level{Factors: 2, LoA: 3}
	}
	if diff := cmp.Diff([]string{loa4, loa3}, strict.Contexts(&p, known(t))); diff != "" {
		t.Errorf("all roles ask for level 3: %s", diff)
	}
	delete(strict.Chosen, access.Administrator)
	if diff := cmp.Diff([]string{loa4, loa3, mfa, uncertified}, strict.Contexts(&p, known(t))); diff != "" {
		t.Errorf("one role asks for two factors: %s", diff)
	}
}

func TestOnlyOneFactor(t *testing.T) {
	k := known(t)
	for _, tc := range []struct {
		methods []string
		want    bool
	}{
		{nil, false},
		{[]string{"pwd"}, true},
		{[]string{"pwd", "pin"}, true},
		{[]string{"pwd", "user"}, true},
		{[]string{"pwd", "otp"}, false},
		{[]string{"pwd", "mfa"}, false},
		{[]string{"sc"}, false},
		{[]string{"hwk"}, false},
		{[]string{"pwd", "of-somebody-else"}, false},
	} {
		if got := k.OnlyOneFactor(tc.methods); got != tc.want {
			t.Errorf("%v: %v", tc.methods, got)
		}
	}
}

func TestVault(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		s, actor, ctx := service(t, d), dbtest.Organisation(t, d, "norrsjo"), t.Context()
		name := provider.SecretName{Organisation: actor.Organisation, Owner: "p", Name: "client-secret"}
		err := d.Write(ctx, actor.Organisation, func(tx *db.Tx) error { return s.Vault.Put(ctx, tx, name, []byte("hemligheten")) })
		if err != nil {
			t.Fatal(err)
		}
		get := func(v provider.Vault, n provider.SecretName) (got []byte, err error) {
			err = d.Read(ctx, actor.Organisation, func(tx *db.Tx) error { got, err = v.Get(ctx, tx, n); return err })
			return got, err
		}
		if got, err := get(s.Vault, name); err != nil || string(got) != "hemligheten" {
			t.Errorf("got %q, %v", got, err)
		}
		if _, err := get(service(t, d).Vault, name); !errors.Is(err, provider.ErrSecret) {
			t.Errorf("with another root key: %v", err)
		}
		if _, err := get(provider.Vault{}, name); !errors.Is(err, provider.ErrNoKey) {
			t.Errorf("without a root key: %v", err)
		}
		err = d.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
			var sealed string
			if err := db.One(tx.QueryRow(ctx, `SELECT sealed FROM sign_in_secret WHERE organisation_id = $1`, actor.Organisation), &sealed); err != nil {
				return err
			}
			if strings.Contains(sealed, "hemligheten") {
				t.Error("the secret stands in clear")
			}
			_, err := tx.Exec(ctx, `UPDATE sign_in_secret SET owner = 'q' WHERE organisation_id = $1`, actor.Organisation)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		name.Owner = "q"
		if _, err := get(s.Vault, name); !errors.Is(err, provider.ErrSecret) {
			t.Errorf("moved to another owner: %v", err)
		}
	})
}

// A request is answered once, in the browser that began it, and not for ever.
func TestRequests(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		now := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
		d.Now = func() time.Time { return now }
		s, actor, ctx := service(t, d), dbtest.Organisation(t, d, "norrsjo"), t.Context()
		p, err := s.Add(ctx, actor, draft())
		if err != nil {
			t.Fatal(err)
		}
		begin := func() provider.Ticket {
			ticket := provider.NewTicket("")
			err := d.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
				return provider.Begin(ctx, tx, ticket, &provider.Request{Organisation: actor.Organisation, Provider: p.ID, Contexts: []string{loa3}, For: provider.Enter, To: "/system"})
			})
			if err != nil {
				t.Fatal(err)
			}
			return ticket
		}
		take := func(p provider.Provider, ticket provider.Ticket) (r provider.Request, err error) {
			err = d.Write(ctx, actor.Organisation, func(tx *db.Tx) error { r, err = provider.Take(ctx, tx, &p, ticket); return err })
			return r, err
		}
		ticket := begin()
		for name, wrong := range map[string]provider.Ticket{"another browser": {State: ticket.State, Browser: provider.NewTicket("").Browser}, "no browser": {State: ticket.State}, "no state": {Browser: ticket.Browser}, "another state": begin()} {
			if name == "another state" {
				wrong.Browser = ticket.Browser
			}
			if _, err := take(p, wrong); !errors.Is(err, provider.ErrRequest) {
				t.Errorf("%s: %v", name, err)
			}
		}
		other := p
		other.ID = ids.New[provider.Provider]()
		if _, err := take(other, ticket); !errors.Is(err, provider.ErrRequest) {
			t.Errorf("another provider: %v", err)
		}
		want := provider.Request{Organisation: actor.Organisation, Provider: p.ID, Contexts: []string{loa3}, For: provider.Enter, To: "/system", Begun: now}
		got, err := take(p, ticket)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		if _, err := take(p, ticket); !errors.Is(err, provider.ErrRequest) {
			t.Errorf("the second time: %v", err)
		}
		late := begin()
		now = now.Add(provider.RequestLife)
		if _, err := take(p, late); !errors.Is(err, provider.ErrRequest) {
			t.Errorf("too late: %v", err)
		}
		err = d.Write(ctx, actor.Organisation, func(tx *db.Tx) error { return provider.Once(ctx, tx, &p, "jti", now.Add(time.Minute)) })
		if err != nil {
			t.Error(err)
		}
		err = d.Write(ctx, actor.Organisation, func(tx *db.Tx) error { return provider.Once(ctx, tx, &p, "jti", now.Add(time.Minute)) })
		if !errors.Is(err, provider.ErrReplay) {
			t.Errorf("the second use of a token: %v", err)
		}
	})
}

func TestTicketSecrets(t *testing.T) {
	a := provider.NewTicket("")
	b := provider.NewTicket(a.Browser)
	if a.Browser != b.Browser || a.State == b.State {
		t.Error("a second tab keeps the browser's half and has a state of its own")
	}
	if provider.NewTicket("short").Browser == "short" {
		t.Error("a planted cookie is taken over")
	}
	seen := map[string]bool{}
	for _, s := range []string{a.Secret("nonce"), a.Secret("verifier"), b.Secret("nonce"), a.State, a.Browser} {
		if seen[s] || len(s) != 43 {
			t.Errorf("%q is short or used for two things", s)
		}
		seen[s] = true
	}
}
