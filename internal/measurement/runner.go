// SPDX-License-Identifier: EUPL-1.2

package measurement

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/probe"
	"github.com/insegel/insegel/internal/probe/child"
)

// Server is what an agent asks of the server: it calls, and is never called.
type Server interface {
	Tasks(ctx context.Context, agent ids.ID[Agent]) (Work, error)
	Begin(ctx context.Context, agent ids.ID[Agent], host string) error
	Deliver(ctx context.Context, d Delivery) error
}

// Runner is an agent at work. It has no database, and no key but its own.
type Runner struct {
	Agent  ids.ID[Agent]
	Key    ed25519.PrivateKey
	Server Server
	Clock  probe.Clock
	Log    *slog.Logger
	// Probe carries out an order in a process of its own.
	Probe func(ctx context.Context, o *child.Order) (*child.Found, error)
	// Browser is the program that pages built by scripts are shown to, when the server's order allows it; empty shows them to none.
	Browser string
	// Contact is the address that those who are measured can turn to.
	Contact string
	// Plan, when set, is told what would be measured, and nothing is.
	Plan func(slots []probe.Slot)

	// signing lets one result be signed at a time: the standard library keeps what it has worked out of a key.
	signing sync.Mutex
}

// How often an agent asks when there is nothing to do, and how often it tries to hand in what it found.
const (
	askEvery = 15 * time.Minute
	tries    = 5
	tryEvery = time.Minute
)

// Run asks for work and does it, until its context ends.
func (r *Runner) Run(ctx context.Context) error {
	for {
		if err := r.Once(ctx); err != nil {
			r.Log.WarnContext(ctx, "the server was asked for work", slog.String("error", err.Error()))
		}
		if err := r.Clock.Sleep(ctx, askEvery); err != nil {
			return fmt.Errorf("wait for work: %w", err)
		}
	}
}

// Once asks for work and does it, in its window and within the manners: one connection a host at a time, a second between hosts, none that
// has had its connections of the day.
func (r *Runner) Once(ctx context.Context) error {
	w, err := r.Server.Tasks(ctx, r.Agent)
	if err != nil {
		return fmt.Errorf("ask for work: %w", err)
	}
	if len(w.Tasks) == 0 {
		return nil
	}
	byHost := make(map[string]*Task, len(w.Tasks))
	hosts := make([]probe.NightHost, 0, len(w.Tasks))
	for i := range w.Tasks {
		t := &w.Tasks[i]
		byHost[t.Host] = t
		hosts = append(hosts, probe.NightHost{Host: t.Host, Used: t.Used, NotBefore: t.NotBefore})
	}
	n := w.nightOf(r.Clock.Now())
	plan, left := n.Plan(hosts)
	if r.Plan != nil {
		r.Plan(plan)
		return nil
	}
	left = append(left, n.Run(ctx, plan, r.Clock, func(ctx context.Context, host string) { r.one(ctx, byHost[host]) })...)
	if len(left) > 0 {
		r.Log.InfoContext(ctx, "left for another night", slog.Int("hosts", len(left)))
	}
	return nil
}

// one measures one target and hands in what was found.
func (r *Runner) one(ctx context.Context, t *Task) {
	log := r.Log.With(slog.String("task", t.ID.String()))
	if err := r.Server.Begin(ctx, r.Agent, t.Host); err != nil {
		log.InfoContext(ctx, "not measured", slog.String("why", err.Error()))
		return
	}
	o := t.Order
	if o.Contact == "" {
		o.Contact = r.Contact
	}
	o.Browser = r.Browser // never the server's word: it would have this machine run a program
	found, err := r.Probe(ctx, &o)
	if err != nil {
		log.WarnContext(ctx, "not measured", slog.String("why", err.Error()))
		return
	}
	if why := found.Defended(); len(why) > 0 {
		log.WarnContext(ctx, "the measured server was refused", slog.Any("why", why))
	}
	r.signing.Lock()
	d := Sign(r.Key, r.Agent, t.ID, found.Raw)
	r.signing.Unlock()
	for i := range tries {
		if err = r.Server.Deliver(ctx, d); err == nil || final(err) {
			break
		}
		if r.Clock.Sleep(ctx, tryEvery<<i) != nil {
			break
		}
	}
	if err != nil {
		log.WarnContext(ctx, "not handed in", slog.String("why", err.Error()))
	}
}
