// SPDX-License-Identifier: EUPL-1.2

package app_test

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/insegel/insegel/data"
	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/app"
	"github.com/insegel/insegel/internal/auth/token"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/evidence"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/measurement"
	"github.com/insegel/insegel/internal/organisation"
	"github.com/insegel/insegel/internal/outbound"
	"github.com/insegel/insegel/internal/overview"
	"github.com/insegel/insegel/internal/probe"
	"github.com/insegel/insegel/internal/probe/child"
	"github.com/insegel/insegel/internal/probe/verdict"
	"github.com/insegel/insegel/internal/requirement"
	"github.com/insegel/insegel/internal/system"
)

// order is a municipality with two administrators, a system with one way in, and a server whose sign-in is built by a script.
type order struct {
	*app.App
	t        *testing.T
	anna, bo access.Actor
	sys      system.System
	site     *httptest.Server
	script   atomic.Pointer[string]
	days     atomic.Int64
}

// The scripts of the sign-in page: one leads to a provider with a demand, and one asks for a password.
const (
	demands = `location.href = "https://op.example.se/auth?" + new URLSearchParams({client_id: "app", response_type: "code", scope: "openid", ` +
		`claims: JSON.stringify({id_token: {acr: {essential: true, value: "http://id.elegnamnden.se/loa/1.0/loa3"}}})})`
	asksPassword = `document.body.innerHTML = "<form><input name=u><input type=password name=p><button>Logga in</button></form>"`
)

func newOrder(t *testing.T) *order {
	t.Helper()
	program, _ := chromium(t)
	o := &order{App: open(t, "sqlite:"+filepath.Join(t.TempDir(), "a.db")), t: t}
	begin := time.Date(2026, 11, 28, 21, 0, 0, 0, time.UTC)
	o.DB.Now = func() time.Time { return begin.AddDate(0, 0, int(o.days.Load())) }
	municipality := organisation.Organisation{ID: ids.New[access.Tenant](), Code: "norrsjo", Name: "Norrsjö kommun"}
	ok(t, organisation.Create(t.Context(), o.DB, municipality))
	o.anna = access.LocalAdministrator(municipality.ID)
	o.bo = o.anna
	o.anna.ID, o.bo.ID = "anna", "bo"
	o.anna.Fresh, o.bo.Fresh = true, true
	o.Approvals.Administrators = func(context.Context, *db.Tx, access.OrganisationID) ([]string, error) {
		return []string{"anna", "bo"}, nil
	}
	o.site = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/app.js" {
			w.Header().Set("Content-Type", "text/javascript")
			fmt.Fprint(w, *o.script.Load())
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, `<!doctype html><html><body><div id="app"></div><script src="/app.js"></script></body></html>`)
	}))
	t.Cleanup(o.site.Close)
	o.say(demands)
	o.Measurements.Browser, o.Measurements.Probe = program, o.near
	sys := system.New("Treserva")
	sys.Logins = []system.LoginPath{{Audience: "staff", Address: "https://treserva.example.se/", Zone: "internet"}}
	sys = must(o.Systems.Create(t.Context(), o.anna, sys))(t)
	o.sys = must(o.Evidence.Draft(t.Context(), o.anna, sys.Slug))(t)
	return o
}

func (o *order) say(script string) { o.script.Store(&script) }

// near lets the real prober, with a real browser, reach the server on this machine, which it never does in the product.
func (o *order) near(ctx context.Context, ask *child.Order) (*child.Found, error) {
	return near(ctx, ask, o.site.URL, o.DB.Now)
}

// near measures the page of a server on this machine, by a clock that never waits, as if it were the page that was asked for.
func near(ctx context.Context, ask *child.Order, site string, now func() time.Time) (*child.Found, error) {
	rules, err := verdict.Load(data.Files)
	if err != nil {
		return nil, err
	}
	allow, err := probe.ParseAllow(strings.TrimPrefix(site, "http://"))
	if err != nil {
		return nil, err
	}
	u, err := probe.ParseURL(site + "/")
	if err != nil {
		return nil, err
	}
	options := probe.Options{Rules: rules, Loopback: true, Allow: []probe.Allow{allow}, Lang: "sv", Vantage: probe.Vantage{ID: ask.Vantage, Zone: ask.Zone}}
	if ask.Scripts {
		options.Browser = ask.Browser
	}
	options.Clock = probe.Clock{Now: now, Sleep: func(ctx context.Context, _ time.Duration) error { return ctx.Err() }}
	rec := probe.Login(ctx, options, u)
	rec.URL = ask.URL
	raw, err := json.Marshal(rec)
	if err != nil {
		return nil, err
	}
	return child.Parse(raw)
}

// approved registers a target, and lets the other person approve it.
func (o *order) approved(agent ids.ID[measurement.Agent]) ids.ID[measurement.Target] {
	o.t.Helper()
	x := measurement.Target{
		System: o.sys.ID, Path: o.sys.Logins[0].ID, URL: "https://treserva.example.se/", Zone: measurement.Internet, Agent: agent, Expires: civil.Of(o.DB.Now()).AddMonths(6),
	}
	x = must(o.Measurements.Ask(o.t.Context(), o.anna, x, "avtalat med ägaren"))(o.t)
	if err := o.Measurements.Measure(o.t.Context(), o.anna, x.ID); err == nil {
		o.t.Error("measured before anybody approved")
	}
	waiting := must(o.Approvals.List(o.t.Context(), o.bo, o.Texts.In("sv")))(o.t).Waiting
	if err := o.Approvals.Approve(o.t.Context(), o.anna, waiting[0].ID, ""); err == nil {
		o.t.Error("who asked approved")
	}
	ok(o.t, o.Approvals.Approve(o.t.Context(), o.bo, waiting[0].ID, "ja"))
	return x.ID
}

// results waits until a target has so many results.
func (o *order) results(target ids.ID[measurement.Target], n int) []measurement.Result {
	o.t.Helper()
	for end := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
		got := must(o.Measurements.Open(o.t.Context(), o.anna, target))(o.t).Results
		if len(got) >= n || time.Now().After(end) {
			if len(got) != n {
				o.t.Fatalf("%d results, want %d", len(got), n)
			}
			return got
		}
	}
}

// shows holds what follows: the page's way in against two factors, and what there is to do.
func (o *order) shows(want verdict.Status, records int, tasks ...overview.TaskKind) {
	o.t.Helper()
	v := overview.New(o.DB, o.Requirements)
	x := must(v.Evidence(o.t.Context(), o.anna, o.sys.Slug, o.Texts.In("sv")))(o.t)
	if got := x.SignIn.Of(evidence.Measured).Held[requirement.TwoFactors].Status; got != want || len(x.Records) != records {
		o.t.Errorf("the system is %s by %d records, want %s by %d", got, len(x.Records), want, records)
	}
	strong := must(v.Strong(o.t.Context(), o.anna, requirement.TwoFactors, ""))(o.t)
	if len(strong.Rows) != 1 || strong.Rows[0].Status != want {
		o.t.Errorf("Stark autentisering tells %+v", strong.Rows)
	}
	judged := map[verdict.Status]requirement.Judged{verdict.NotMet: requirement.ShownUnmet, verdict.NotShown: requirement.Unproven}
	j := o.Requirements.Proof.NewJudging()
	i, _ := o.Catalogue.RequirementIndex("inloggning-personal-oavsett-nat")
	if j.Judge(&requirement.Case{Logins: o.sys.Logins, Records: x.Records, On: civil.Of(o.DB.Now())}); j.Of(i) != judged[want] {
		o.t.Errorf("the requirement is %s", j.Of(i))
	}
	todo := must(v.Todo(o.t.Context(), o.anna, overview.TodoUnit))(o.t)
	for _, kind := range tasks {
		found := false
		for n := range todo.Tasks {
			found = found || todo.Tasks[n].Kind == kind
		}
		if !found {
			o.t.Errorf("no task %s among %+v", kind, todo.Tasks)
		}
	}
}

// TestTheWholeOrder goes from a page that somebody wants measured to what is to be done about it: two people approve, a job measures a page
// that is built by a script, in a browser, what was seen is evidence, the requirement and Stark autentisering are judged by it, and a change
// for the worse is a task the same day. A job that is worked once more, as after a power cut, measures nothing twice.
func TestTheWholeOrder(t *testing.T) {
	o := newOrder(t)
	target := o.approved("")
	ok(t, o.Jobs.Start(context.Background()))
	t.Cleanup(func() { ok(t, o.Jobs.Stop(context.Background())) })
	ok(t, o.Measurements.Measure(t.Context(), o.anna, target))
	if r := o.results(target, 1)[0]; r.Verdict != verdict.Unknown {
		t.Errorf("a page that is built by scripts, which nobody has allowed: %s", r.Verdict)
	}
	o.shows(verdict.NotShown, 1)
	o.days.Add(1)
	ok(t, o.Measurements.AllowScripts(t.Context(), o.anna))
	ok(t, o.Measurements.Measure(t.Context(), o.anna, target))
	if r := o.results(target, 2)[0]; r.Verdict != verdict.StrongDemanded || r.Factors != 2 || r.LoA != 3 {
		t.Errorf("in a browser: %+v", r)
	}
	o.shows(verdict.NotShown, 2) // a demand that was seen is no proof that it is enforced
	o.days.Add(1)
	o.say(asksPassword)
	ok(t, o.Measurements.Measure(t.Context(), o.anna, target))
	if r := o.results(target, 3)[0]; r.Verdict != verdict.PasswordOnly {
		t.Errorf("the page takes a password: %+v", r)
	}
	o.shows(verdict.NotMet, 3, overview.TaskWorse)
}

// TestTheWholeOrderByAnAgent has an agent measure the same page, and be ended in the middle: the task comes again, and its result is kept once.
func TestTheWholeOrderByAnAgent(t *testing.T) {
	o := newOrder(t)
	o.say(asksPassword)
	public, private, err := ed25519.GenerateKey(nil)
	ok(t, err)
	agent := must(o.Measurements.AddAgent(t.Context(), o.anna, measurement.Agent{Name: "Serverrummet", Zone: measurement.LAN, PublicKey: measurement.FormatKey(public)}))(t)
	target := o.approved(agent.ID)
	ok(t, o.Measurements.AllowScripts(t.Context(), o.anna))
	ok(t, o.Measurements.Measure(t.Context(), o.anna, target))
	srv := httptest.NewServer(o.Site(app.ServerOptions{Pace: unhurried}))
	t.Cleanup(srv.Close)
	key := must(o.Tokens.Create(t.Context(), o.anna, token.Key{Name: "agent", Scope: token.Agent}, 9*24*time.Hour))(t)
	outside := outbound.Policy{Networks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}
	run := func(ctx context.Context, measure func(context.Context, *child.Order) (*child.Found, error)) {
		t.Helper()
		slept := time.Duration(0)
		r := &measurement.Runner{
			Agent: agent.ID, Key: private, Server: must(measurement.NewClient(outside, srv.URL, key))(t), Log: slog.New(slog.DiscardHandler), Probe: measure,
			Browser: o.Measurements.Browser,
			Clock: probe.Clock{Now: func() time.Time { return o.DB.Now().Add(slept) }, Sleep: func(ctx context.Context, d time.Duration) error {
				slept += d
				return ctx.Err()
			}},
		}
		_ = r.Once(ctx) // an agent that is ended gives what it was ended by
	}
	ctx, kill := context.WithCancel(t.Context())
	run(ctx, func(context.Context, *child.Order) (*child.Found, error) { kill(); return nil, context.Canceled })
	if got := o.results(target, 0); len(got) != 0 {
		t.Errorf("what was never measured has results: %+v", got)
	}
	o.days.Add(2)
	for range 2 { // once more than there is work
		run(t.Context(), o.near)
	}
	if r := o.results(target, 1)[0]; r.Agent != agent.ID || r.Verdict != verdict.PasswordOnly {
		t.Errorf("the agent's result: %+v", r)
	}
	o.shows(verdict.NotMet, 1)
}
