// SPDX-License-Identifier: EUPL-1.2

package measurement

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/probe"
	"github.com/insegel/insegel/internal/probe/child"
)

func mustJSON(t *testing.T, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func locales(t *testing.T) *locale.Localizer {
	t.Helper()
	return localesIn(t, "sv")
}

func localesIn(t *testing.T, lang string) *locale.Localizer {
	t.Helper()
	b, err := locale.NewBundle(map[string]string{"measurement": Messages})
	if err != nil {
		t.Fatal(err)
	}
	return b.In(lang)
}

// record is one as an agent makes it, of an address at a time.
func record(t *testing.T, url string, at time.Time) []byte {
	t.Helper()
	return mustJSON(t, probe.Record{
		Schema: probe.Schema, URL: url, Verdict: "strong_demanded", Confidence: "high", Grade: "E1", Reasons: []string{"Begäran kräver nivå 3."}, Limits: []string{},
		Paths: []probe.Path{{Kind: "saml", Context: &probe.AuthContext{Comparison: "exact"}}}, Started: at.UTC().Format(time.RFC3339),
	})
}

// caller is the actor of an agent's token.
func (p *place) caller(token string) access.Actor {
	return access.Actor{ID: "token:" + token, Organisation: p.asker.Organisation, Roles: []access.Role{access.Agent}}
}

func TestAgents(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		p := newPlace(t, d)
		public, private, err := ed25519.GenerateKey(nil)
		_, strange, err2 := ed25519.GenerateKey(nil)
		if err := errors.Join(err, err2); err != nil {
			t.Fatal(err)
		}
		a, err := p.AddAgent(t.Context(), p.asker, Agent{Name: "Serverrummet", Zone: DMZ, PublicKey: FormatKey(public)})
		if err != nil {
			t.Fatal(err)
		}
		x := p.approved(t, Target{URL: "https://treserva.example.se/", Agent: a.ID})
		other := p.approved(t, Target{URL: "https://annan.example.se/", Agent: a.ID})
		me := p.caller("one")
		w, err := p.Tasks(t.Context(), me, a.ID)
		if err != nil || len(w.Tasks) != 2 || w.Tasks[0].Order.Zone != DMZ || len(w.Tasks[0].Order.Never) != 0 {
			t.Fatalf("%v, %+v", err, w)
		}
		again, err := p.Tasks(t.Context(), me, a.ID)
		if diff := cmp.Diff(w, again, cmpopts.IgnoreUnexported(Task{}), cmpopts.SortSlices(func(a, b Task) bool { return a.ID < b.ID })); err != nil || diff != "" {
			t.Errorf("an agent that was ended does not go on where it was: %v\n%s", err, diff)
		}
		task := w.Tasks[0]
		if !strings.Contains(task.Order.URL, "treserva") {
			task = w.Tasks[1]
		}
		good := record(t, x.URL, p.now)
		for name, bad := range map[string]struct {
			actor access.Actor
			d     Delivery
		}{
			"signed by another":       {me, Sign(strange, a.ID, task.ID, good)},
			"changed after signing":   {me, changed(Sign(private, a.ID, task.ID, good))},
			"signed for another task": {me, moved(Sign(private, a.ID, w.Tasks[0].ID, good), w.Tasks[1].ID)},
			"by another token":        {p.caller("two"), Sign(private, a.ID, task.ID, good)},
			"of no agent":             {me, Sign(private, ids.New[Agent](), task.ID, good)},
			"of no task":              {me, Sign(private, a.ID, ids.New[Task](), good)},
			"of another page":         {me, Sign(private, a.ID, task.ID, record(t, other.URL, p.now))},
			"of another page of it":   {me, Sign(private, a.ID, task.ID, record(t, x.URL+"stark", p.now))},
			"from before the task":    {me, Sign(private, a.ID, task.ID, record(t, x.URL, p.now.Add(-time.Hour)))},
			"from the future":         {me, Sign(private, a.ID, task.ID, record(t, x.URL, p.now.Add(time.Hour)))},
			"no record":               {me, Sign(private, a.ID, task.ID, []byte(`{"verdict":"strong"}`))},
		} {
			if err := p.Deliver(t.Context(), bad.actor, bad.d); !errors.Is(err, ErrRefused) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if err := p.Deliver(t.Context(), access.Actor{ID: "token:x", Organisation: p.asker.Organisation, Roles: []access.Role{access.Reader}}, Sign(private, a.ID, task.ID, good)); !errors.Is(err, access.ErrDenied) {
			t.Errorf("a key of another scope: %v", err)
		}
		if n := len(refusals(t, p, a.ID)); n != 10 {
			t.Errorf("%d refusals of the agent are logged, want 10", n)
		}
		// what was refused has used up nothing: the right one is taken, once
		if err := p.Deliver(t.Context(), me, Sign(private, a.ID, task.ID, good)); err != nil {
			t.Fatal(err)
		}
		if err := p.Deliver(t.Context(), me, Sign(private, a.ID, task.ID, good)); !errors.Is(err, ErrRefused) {
			t.Errorf("handed in twice: %v", err)
		}
		one, err := p.Open(t.Context(), p.asker, x.ID)
		if err != nil || len(one.Results) != 1 || one.Results[0].Agent != a.ID {
			t.Fatalf("%v, %+v", err, one.Results)
		}
		if again, err := p.Tasks(t.Context(), me, a.ID); err != nil || len(again.Tasks) != 1 || again.Tasks[0].ID == task.ID {
			t.Errorf("what is handed in is given again: %v, %+v", err, again.Tasks)
		}
		if err := p.Begin(t.Context(), me, a.ID, task.Host); !errors.Is(err, ErrNotApproved) {
			t.Errorf("begun without a task: %v", err)
		}
		p.late(t, me, a, private, w)
	})
}

// TestAnAgentsOldTask holds that a task that would be too old before the night is over is given anew, and that the old one is not taken then.
func TestAnAgentsOldTask(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		p := newPlace(t, d)
		public, private, err := ed25519.GenerateKey(nil)
		if err != nil {
			t.Fatal(err)
		}
		a, err := p.AddAgent(t.Context(), p.asker, Agent{Name: "Serverrummet", Zone: DMZ, PublicKey: FormatKey(public)})
		if err != nil {
			t.Fatal(err)
		}
		x := p.approved(t, Target{URL: "https://treserva.example.se/", Agent: a.ID})
		me := p.caller("one")
		old, err := p.Tasks(t.Context(), me, a.ID)
		if err != nil || len(old.Tasks) != 1 {
			t.Fatalf("%v, %+v", err, old)
		}
		p.now = p.now.Add(taskLife - time.Hour) // the next evening
		w, err := p.Tasks(t.Context(), me, a.ID)
		if err != nil || len(w.Tasks) != 1 || w.Tasks[0].ID == old.Tasks[0].ID {
			t.Fatalf("%v, %+v", err, w)
		}
		if err := p.Deliver(t.Context(), me, Sign(private, a.ID, old.Tasks[0].ID, record(t, x.URL, p.now))); !errors.Is(err, ErrRefused) {
			t.Errorf("the old task: %v", err)
		}
		if err := p.Deliver(t.Context(), me, Sign(private, a.ID, w.Tasks[0].ID, record(t, x.URL, p.now))); err != nil {
			t.Errorf("the new task: %v", err)
		}
	})
}

// Of two tokens whose first calls were both taken for the first, the second is refused when it is to be bound.
func TestAnAgentHasOneToken(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		p := newPlace(t, d)
		public, _, err := ed25519.GenerateKey(nil)
		if err != nil {
			t.Fatal(err)
		}
		a, err := p.AddAgent(t.Context(), p.asker, Agent{Name: "Serverrummet", Zone: DMZ, PublicKey: FormatKey(public)})
		if err != nil {
			t.Fatal(err)
		}
		see := func(token string) error {
			return d.Write(t.Context(), p.asker.Organisation, func(tx *db.Tx) error { return seeAgent(t.Context(), tx, p.asker.Organisation, a.ID, token) })
		}
		if err := errors.Join(see("token:one"), see("token:one")); err != nil {
			t.Fatal(err)
		}
		if err := see("token:two"); !errors.Is(err, ErrRefused) {
			t.Errorf("another token: %v", err)
		}
		if err := p.RevokeAgent(t.Context(), p.asker, a.ID); err != nil {
			t.Fatal(err)
		}
		if err := see("token:one"); !errors.Is(err, ErrRefused) {
			t.Errorf("revoked meanwhile: %v", err)
		}
	})
}

// late holds that a task grows old, that a stop reaches agents, and that one that is revoked is not listened to.
func (p *place) late(t *testing.T, me access.Actor, a Agent, private ed25519.PrivateKey, w Work) {
	t.Helper()
	rest := w.Tasks[0]
	if strings.Contains(rest.Order.URL, "treserva") {
		rest = w.Tasks[1]
	}
	if err := p.Begin(t.Context(), me, a.ID, rest.Host); err != nil {
		t.Errorf("begin: %v", err)
	}
	if err := p.Begin(t.Context(), me, a.ID, rest.Host); !errors.Is(err, ErrManners) {
		t.Errorf("a host is measured twice at once: %v", err)
	}
	held, err := p.Tasks(t.Context(), me, a.ID)
	if err != nil || len(held.Tasks) != 1 || held.Tasks[0].Used != perRun || !held.Tasks[0].NotBefore.Equal(p.now.Add(busyFor)) {
		t.Errorf("a host that is being measured: %v, %+v", err, held.Tasks)
	}
	if err := p.Begin(t.Context(), me, a.ID, "intern.example.se:443"); !errors.Is(err, ErrNotApproved) {
		t.Errorf("a host that nobody approved: %v", err)
	}
	p.now = p.now.Add(taskLife + time.Hour)
	if err := p.Deliver(t.Context(), me, Sign(private, a.ID, rest.ID, record(t, rest.Order.URL, p.now))); !errors.Is(err, ErrRefused) {
		t.Errorf("a task of the day before yesterday: %v", err)
	}
	if err := p.Stop(t.Context(), p.asker); err != nil {
		t.Fatal(err)
	}
	if w, err := p.Tasks(t.Context(), me, a.ID); err != nil || len(w.Tasks) != 0 {
		t.Errorf("tasks though all is stopped: %v, %+v", err, w)
	}
	if err := p.Begin(t.Context(), me, a.ID, rest.Host); !errors.Is(err, ErrStopped) {
		t.Errorf("begun though all is stopped: %v", err)
	}
	if err := p.RevokeAgent(t.Context(), p.asker, a.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Tasks(t.Context(), me, a.ID); !errors.Is(err, ErrRefused) {
		t.Errorf("an agent that is revoked: %v", err)
	}
}

func changed(d Delivery) Delivery {
	d.Record = []byte(strings.Replace(string(d.Record), "strong_demanded", "client_certificate", 1))
	return d
}

func moved(d Delivery, to ids.ID[Task]) Delivery {
	d.Task = to
	return d
}

// FuzzKey holds of any text: it is a key only in the one way that a key is written.
func FuzzKey(f *testing.F) {
	f.Add(FormatKey(make(ed25519.PublicKey, ed25519.PublicKeySize)))
	f.Add("insegel-agent-")
	f.Fuzz(func(t *testing.T, text string) {
		if k, err := ParseKey(text); err == nil && FormatKey(k) != strings.TrimSpace(text) {
			t.Errorf("%q is read as %s", text, FormatKey(k))
		}
	})
}

// crowd is a server with many hosts for one agent. It keeps how many are measured at once, and of each when.
type crowd struct {
	mu        sync.Mutex
	work      Work
	begun     map[string]time.Time
	times     []time.Time
	delivered int
	verify    ed25519.PublicKey
	t         *testing.T
}

func (c *crowd) Tasks(context.Context, ids.ID[Agent]) (Work, error) { return c.work, nil }

func (c *crowd) Begin(_ context.Context, _ ids.ID[Agent], host string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, twice := c.begun[host]; twice {
		c.t.Errorf("%s is measured twice", host)
	}
	c.begun[host] = time.Now()
	c.times = append(c.times, time.Now())
	return nil
}

func (c *crowd) Deliver(_ context.Context, d Delivery) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !ed25519.Verify(c.verify, signed(d.Agent, d.Task, d.Record), d.Signature) {
		c.t.Error("a result is not signed")
	}
	c.delivered++
	return nil
}

// TestAnAgentsNight lets one agent measure 2,500 hosts in a night, by a clock that only waiting moves: each takes half a minute, a second
// stands between the beginnings, and memory stays small.
func TestAnAgentsNight(t *testing.T) {
	const hosts = 2500
	synctest.Test(t, func(t *testing.T) {
		debug.FreeOSMemory() // what other tests have left behind is not the agent's
		public, private, err := ed25519.GenerateKey(nil)
		if err != nil {
			t.Fatal(err)
		}
		n := night(time.Now().Add(12 * time.Hour))
		c := &crowd{t: t, verify: public, begun: map[string]time.Time{}, work: Work{Start: n.Start, End: n.End, Seed: "seed"}}
		for i := range hosts {
			host := fmt.Sprintf("system-%d.example.se:443", i)
			c.work.Tasks = append(c.work.Tasks, Task{ID: ids.New[Task](), Host: host, Order: child.Order{URL: "https://" + host + "/", Allow: []string{}}})
		}
		r := &Runner{
			Agent: ids.New[Agent](), Key: private, Server: c, Clock: probe.WallClock(), Log: slog.New(slog.DiscardHandler),
			Probe: func(_ context.Context, o *child.Order) (*child.Found, error) {
				time.Sleep(30 * time.Second)
				return child.Parse(record(t, o.URL, time.Now()))
			},
		}
		if err := r.Once(t.Context()); err != nil {
			t.Fatal(err)
		}
		if c.delivered != hosts || time.Now().After(n.End) || time.Now().Before(n.Start) {
			t.Errorf("%d of %d were handed in, at %s in a night from %s to %s", c.delivered, hosts, time.Now(), n.Start, n.End)
		}
		for i := 1; i < len(c.times); i++ {
			if apart := c.times[i].Sub(c.times[i-1]); apart < time.Second {
				t.Fatalf("two hosts were begun %s apart", apart)
			}
		}
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		if used := (m.Sys - m.HeapReleased) >> 20; used > 200 {
			t.Errorf("%d MB are used", used)
		} else {
			t.Logf("%d hosts, %d MB", hosts, used)
		}
	})
}

// TestAnAgentIsTold holds that an agent does nothing that the server does not let it begin, and nothing at all in a dry run.
func TestAnAgentIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, private, err := ed25519.GenerateKey(nil)
		if err != nil {
			t.Fatal(err)
		}
		n := night(time.Now().Add(12 * time.Hour))
		s := &refusing{work: Work{Start: n.Start, End: n.End, Tasks: []Task{{ID: "1", Host: "a:443", Order: child.Order{URL: "https://a/"}}}}}
		r := &Runner{Agent: "x", Key: private, Server: s, Clock: probe.WallClock(), Log: slog.New(slog.DiscardHandler), Probe: func(context.Context, *child.Order) (*child.Found, error) {
			t.Error("something was measured")
			return nil, child.ErrChild
		}}
		if err := r.Once(t.Context()); err != nil || s.begun != 1 {
			t.Errorf("%v, %d begun", err, s.begun)
		}
		planned := 0
		r.Plan = func(slots []probe.Slot) { planned = len(slots) }
		s.work.Start, s.work.End = s.work.Start.AddDate(0, 0, 1), s.work.End.AddDate(0, 0, 1)
		if err := r.Once(t.Context()); err != nil || planned != 1 || s.begun != 1 {
			t.Errorf("dry run: %v, %d planned, %d begun", err, planned, s.begun)
		}
	})
}

type refusing struct {
	work  Work
	begun int
}

func (s *refusing) Tasks(context.Context, ids.ID[Agent]) (Work, error) { return s.work, nil }
func (s *refusing) Begin(context.Context, ids.ID[Agent], string) error {
	s.begun++
	return ErrStopped
}

func (s *refusing) Deliver(context.Context, Delivery) error {
	return errors.New("nothing was measured")
}
