// SPDX-License-Identifier: EUPL-1.2

package app_test

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/app"
	"github.com/insegel/insegel/internal/auth/token"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/measurement"
	"github.com/insegel/insegel/internal/outbound"
	"github.com/insegel/insegel/internal/probe"
	"github.com/insegel/insegel/internal/probe/child"
	"github.com/insegel/insegel/internal/probe/verdict"
)

// agentProcess is what a process that is an agent is told: where the server and the measured page are, who it is, and what the time is.
type agentProcess struct {
	Server, Token, Site string
	Agent               ids.ID[measurement.Agent]
	Key                 ed25519.PrivateKey
	Now                 time.Time
}

// TestAgentProcess is the agent of TestAnAgentThatIsKilled, when that has started it. It leaps every wait.
func TestAgentProcess(t *testing.T) {
	text := os.Getenv("INSEGEL_TEST_AGENT")
	if text == "" {
		return
	}
	var a agentProcess
	ok(t, json.Unmarshal([]byte(text), &a))
	slept := time.Duration(0)
	r := &measurement.Runner{
		Agent: a.Agent, Key: a.Key, Log: slog.New(slog.NewTextHandler(os.Stdout, nil)),
		Server: must(measurement.NewClient(outbound.Policy{Networks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}, a.Server, a.Token))(t),
		Probe: func(ctx context.Context, o *child.Order) (*child.Found, error) {
			return near(ctx, o, a.Site, func() time.Time { return a.Now })
		},
		Clock: probe.Clock{Now: func() time.Time { return a.Now.Add(slept) }, Sleep: func(ctx context.Context, d time.Duration) error {
			slept += d
			return ctx.Err()
		}},
	}
	ok(t, r.Once(t.Context()))
}

// start starts the agent as a process.
func (a agentProcess) start(t *testing.T, now time.Time) (cmd *exec.Cmd, out *strings.Builder) {
	t.Helper()
	a.Now = now
	text, err := json.Marshal(a)
	ok(t, err)
	cmd = exec.CommandContext(t.Context(), must(os.Executable())(t), "-test.run=^TestAgentProcess$", "-test.v")
	cmd.Env = append(os.Environ(), "INSEGEL_TEST_AGENT="+string(text))
	out = &strings.Builder{}
	cmd.Stdout, cmd.Stderr = out, out
	ok(t, cmd.Start())
	t.Cleanup(func() { _ = cmd.Process.Kill() }) // if it lives
	return cmd, out
}

// TestAnAgentThatIsKilled kills an agent in the middle of a measurement, with no chance to tidy up. Started again it has its task at once, and
// still does not reach the host before a measurement that might be going on must be over, nor more often in a day than manners allow.
func TestAnAgentThatIsKilled(t *testing.T) {
	o := newOrder(t)
	var later atomic.Int64
	begin := o.DB.Now()
	o.DB.Now = func() time.Time { return begin.Add(time.Duration(later.Load())) }
	reached, hang := make(chan struct{}, 100), atomic.Bool{}
	hang.Store(true)
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		reached <- struct{}{}
		if hang.Load() {
			<-r.Context().Done() // until who asks is gone
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, `<!doctype html><html><body><form><input name=u><input type=password name=p><button>Logga in</button></form></body></html>`)
	}))
	t.Cleanup(site.Close)
	public, private, err := ed25519.GenerateKey(nil)
	ok(t, err)
	agent := must(o.Measurements.AddAgent(t.Context(), o.anna, measurement.Agent{Name: "Serverrummet", Zone: measurement.LAN, PublicKey: measurement.FormatKey(public)}))(t)
	target := o.approved(agent.ID)
	ok(t, o.Measurements.Measure(t.Context(), o.anna, target))
	srv := httptest.NewServer(o.Site(app.ServerOptions{Pace: unhurried}))
	t.Cleanup(srv.Close)
	key := must(o.Tokens.Create(t.Context(), o.anna, token.Key{Name: "agent", Scope: token.Agent}, 9*24*time.Hour))(t)
	a := agentProcess{Server: srv.URL, Token: key, Site: site.URL, Agent: agent.ID, Key: private}

	cmd, _ := a.start(t, begin)
	<-reached
	ok(t, cmd.Process.Kill())
	_ = cmd.Wait() // it was killed
	hang.Store(false)
	for len(reached) > 0 {
		<-reached // a second hand that it held out
	}
	later.Store(int64(time.Minute))
	me := access.Actor{ID: agentActor(t, o, agent.ID), Organisation: o.anna.Organisation, Roles: []access.Role{access.Agent}}
	w := must(o.Measurements.Tasks(t.Context(), me, agent.ID))(t)
	if len(w.Tasks) != 1 || w.Tasks[0].Used != 20 || !w.Tasks[0].NotBefore.Equal(begin.Add(10*time.Minute)) {
		t.Fatalf("an agent that is started again has %+v", w.Tasks)
	}
	task := w.Tasks[0]
	cmd, out := a.start(t, o.DB.Now()) // leaps to when the host is free, which the server does not: it is not let begin
	ok(t, cmd.Wait())
	if len(reached) > 0 || !strings.Contains(out.String(), "not measured") {
		t.Errorf("the host was reached while a measurement may go on: %s", out)
	}
	later.Store(int64(11 * time.Minute))
	if w = must(o.Measurements.Tasks(t.Context(), me, agent.ID))(t); len(w.Tasks) != 1 || w.Tasks[0].ID != task.ID {
		t.Errorf("another task than the one it was killed in: %+v", w.Tasks)
	}
	cmd, out = a.start(t, o.DB.Now())
	if err := cmd.Wait(); err != nil || len(reached) == 0 {
		t.Fatalf("the host was not measured: %v\n%s", err, out)
	}
	if r := o.results(target, 1)[0]; r.Agent != agent.ID || r.Verdict != verdict.PasswordOnly {
		t.Errorf("the agent's result: %+v", r)
	}
	for len(reached) > 0 {
		<-reached
	}
	ok(t, o.Measurements.Measure(t.Context(), o.anna, target)) // a third time the same day
	if err := o.Measurements.Begin(t.Context(), me, agent.ID, task.Host); err == nil {
		t.Error("begun without a task")
	}
	if w = must(o.Measurements.Tasks(t.Context(), me, agent.ID))(t); len(w.Tasks) != 1 || w.Tasks[0].Used != 40 {
		t.Errorf("the connections of the day: %+v", w.Tasks)
	}
	if err := o.Measurements.Begin(t.Context(), me, agent.ID, task.Host); !errors.Is(err, measurement.ErrManners) {
		t.Errorf("begun though the day's connections are used up: %v", err)
	}
	cmd, out = a.start(t, o.DB.Now())
	if err := cmd.Wait(); err != nil || len(reached) != 0 {
		t.Errorf("measured more often than manners allow: %v\n%s", err, out)
	}
}

// agentActor is the id that an agent is bound to since it first called.
func agentActor(t *testing.T, o *order, id ids.ID[measurement.Agent]) string {
	t.Helper()
	for _, a := range must(o.Measurements.Agents(t.Context(), o.anna))(t) {
		if a.ID == id {
			return a.Token
		}
	}
	t.Fatal("the agent is gone")
	return ""
}
