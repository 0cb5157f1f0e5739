// SPDX-License-Identifier: EUPL-1.2

package app_test

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/app"
	"github.com/insegel/insegel/internal/auth/token"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/measurement"
	"github.com/insegel/insegel/internal/organisation"
	"github.com/insegel/insegel/internal/outbound"
	"github.com/insegel/insegel/internal/probe"
	"github.com/insegel/insegel/internal/probe/child"
	"github.com/insegel/insegel/internal/system"
)

// TestAnAgentOverHTTP lets an agent fetch its work, ask before it begins, and hand in what it found, over the network and with keys of its
// own; and holds that no other key opens what agents call.
func TestAnAgentOverHTTP(t *testing.T) {
	a := open(t, "sqlite:"+filepath.Join(t.TempDir(), "a.db"))
	now := time.Date(2026, 11, 28, 22, 0, 0, 0, time.UTC)
	a.DB.Now = func() time.Time { return now }
	o := organisation.Organisation{ID: ids.New[access.Tenant](), Code: "our", Name: "Vår kommun"}
	ok(t, organisation.Create(t.Context(), a.DB, o))
	actor := access.LocalAdministrator(o.ID)
	public, private, err := ed25519.GenerateKey(nil)
	ok(t, err)
	agent := must(a.Measurements.AddAgent(t.Context(), actor, measurement.Agent{Name: "Serverrummet", Zone: measurement.LAN, PublicKey: measurement.FormatKey(public)}))(t)
	sys := must(a.Systems.Create(t.Context(), actor, system.New("Treserva")))(t)
	rec := &probe.Record{Verdict: "unknown", Confidence: "low", Grade: "E1", Reasons: []string{"Sidan gick inte att nå."}}
	ok(t, measurement.Invent(t.Context(), a.Measurements, actor, measurement.Target{System: sys.ID, URL: "https://treserva.example.se/", Zone: measurement.LAN, Agent: agent.ID}, &child.Found{Login: rec}))
	target := must(a.Measurements.List(t.Context(), actor))(t).Targets[0].ID
	ok(t, a.Measurements.Measure(t.Context(), actor, target))

	srv := httptest.NewServer(a.Site(app.ServerOptions{Pace: unhurried}))
	defer srv.Close()
	near := outbound.Policy{Networks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}
	clock := now
	run := func(scope token.Scope) *measurement.Runner {
		key := must(a.Tokens.Create(t.Context(), actor, token.Key{Name: string(scope), Scope: scope}, 48*time.Hour))(t)
		return &measurement.Runner{
			Agent: agent.ID, Key: private, Server: must(measurement.NewClient(near, srv.URL, key))(t), Log: slog.New(slog.DiscardHandler),
			Clock: probe.Clock{Now: func() time.Time { return clock }, Sleep: func(ctx context.Context, d time.Duration) error { clock = clock.Add(d); return ctx.Err() }},
			Probe: func(_ context.Context, o *child.Order) (*child.Found, error) {
				raw, err := json.Marshal(probe.Record{
					Schema: probe.Schema, URL: o.URL, Verdict: "password_only", Confidence: "medium", Grade: "E1", Paths: []probe.Path{{Kind: "form"}},
					Reasons: []string{"Sidan tar emot lösenord."}, Started: now.Format(time.RFC3339),
				})
				if err != nil {
					return nil, err
				}
				return child.Parse(raw)
			},
		}
	}
	if err := run(token.Read).Once(t.Context()); err == nil || !strings.Contains(err.Error(), "403") {
		t.Errorf("a key that reads: %v", err)
	}
	ok(t, run(token.Agent).Once(t.Context()))
	one := must(a.Measurements.Open(t.Context(), actor, target))(t)
	if len(one.Results) != 2 {
		t.Fatalf("%d results", len(one.Results))
	}
	agents, server := 0, 0
	for _, r := range one.Results {
		switch {
		case r.Agent == agent.ID && r.Verdict == "password_only":
			agents++
		case r.Verdict == "unknown":
			server++
		}
	}
	if agents != 1 || server != 1 {
		t.Errorf("%+v", one.Results)
	}
	if err := run(token.Agent).Once(t.Context()); err == nil || !strings.Contains(err.Error(), "403") {
		t.Errorf("another key of the same kind acts as the agent: %v", err)
	}
	res, err := http.Post(srv.URL+measurement.AgentPath+"/results", "application/json", strings.NewReader("{}")) //nolint:gosec,noctx // the test's own server
	ok(t, err)
	_ = res.Body.Close() // it is of no use
	if res.StatusCode != http.StatusUnauthorized {
		t.Errorf("without a key: %d", res.StatusCode)
	}
}
