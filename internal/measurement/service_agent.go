// SPDX-License-Identifier: EUPL-1.2

package measurement

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/probe"
)

// Agents lists the agents.
func (s *Service) Agents(ctx context.Context, actor access.Actor) ([]Agent, error) {
	if err := access.Check(actor, "measurement.Agents"); err != nil {
		return nil, err
	}
	var out []Agent
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) (err error) {
		out, err = agents(ctx, tx, actor.Organisation)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list agents: %w", err)
	}
	return out, nil
}

// AddAgent lets a program measure in a zone. Its key was made where it runs, and only the public half is told.
func (s *Service) AddAgent(ctx context.Context, actor access.Actor, a Agent) (Agent, error) {
	if err := access.Check(actor, "measurement.AddAgent"); err != nil {
		return Agent{}, err
	}
	a.Name = strings.TrimSpace(a.Name)
	if _, err := ParseKey(a.PublicKey); err != nil || a.Name == "" || len([]rune(a.Name)) > 60 {
		return Agent{}, ErrAgent
	}
	if !slices.Contains(Zones, a.Zone) {
		return Agent{}, ErrZone
	}
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		a.ID, a.PublicKey, a.CreatedBy, a.Created = ids.New[Agent](), strings.TrimSpace(a.PublicKey), actor.ID, tx.Now
		if err := insertAgent(ctx, tx, actor.Organisation, &a); err != nil {
			return err
		}
		return audit.Append(ctx, tx, actor, audit.Entry{
			Action: "measurement.AddAgent", ObjectKind: "agent", ObjectID: a.ID.String(), Data: map[string]any{"zone": a.Zone, "key": a.PublicKey},
		})
	})
	if err != nil {
		return Agent{}, fmt.Errorf("add agent: %w", err)
	}
	return a, nil
}

// RevokeAgent takes an agent back. Nothing of it is taken from the next call on.
func (s *Service) RevokeAgent(ctx context.Context, actor access.Actor, id ids.ID[Agent]) error {
	if err := access.Check(actor, "measurement.RevokeAgent"); err != nil {
		return err
	}
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		ok, err := revokeAgent(ctx, tx, actor.Organisation, id)
		if err == nil && !ok {
			err = db.ErrNotFound
		}
		if err != nil {
			return err
		}
		return audit.Append(ctx, tx, actor, audit.Entry{Action: "measurement.RevokeAgent", ObjectKind: "agent", ObjectID: id.String()})
	})
	if err != nil {
		return fmt.Errorf("revoke agent: %w", err)
	}
	return nil
}

// calling is the agent that a call is from: one that stands, and that this token belongs to. The first call binds them.
func calling(ctx context.Context, tx *db.Tx, actor access.Actor, id ids.ID[Agent]) (*Agent, error) {
	all, err := agents(ctx, tx, actor.Organisation)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(all, func(a Agent) bool { return a.ID == id })
	switch {
	case i < 0:
		return nil, refuse("agent")
	case !all[i].Revoked.IsZero():
		return nil, refuse("revoked")
	case all[i].Token != "" && all[i].Token != actor.ID:
		return nil, refuse("token")
	}
	return &all[i], seeAgent(ctx, tx, actor.Organisation, id, actor.ID)
}

// Work is what an agent is given.
type Work struct {
	// Night is the window to measure in. Both are zero when there is nothing to do.
	Start time.Time `json:"start"`
	End   time.Time `json:"end"`
	Seed  string    `json:"seed"`
	Tasks []Task    `json:"tasks"`
}

// Tasks gives an agent what it is to measure in the next night, or in what is left of this one. Nothing, when all measuring is stopped. What
// it has been given and has not handed in it is given again, as the same tasks: an agent that was ended goes on where it was.
func (s *Service) Tasks(ctx context.Context, actor access.Actor, id ids.ID[Agent]) (Work, error) {
	if err := access.Check(actor, "measurement.Tasks"); err != nil {
		return Work{}, err
	}
	w := Work{Tasks: []Task{}}
	hosts, err := s.hosts(ctx)
	if err != nil {
		return Work{}, err
	}
	err = s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		a, err := calling(ctx, tx, actor, id)
		if err != nil {
			return err
		}
		x, err := getSetting(ctx, tx, actor.Organisation)
		if err != nil || x.stopped {
			return err
		}
		n := night(tx.Now)
		seed, err := seedOf(ctx, tx, actor.Organisation, civil.Of(n.Start))
		if err != nil {
			return err
		}
		w.Start, w.End, w.Seed = n.Start, n.End, string(seed)+a.ID.String()
		return s.issue(ctx, tx, actor.Organisation, a, hosts, &w)
	})
	return w, s.refused(ctx, actor, id, err)
}

// issue gives an agent its open tasks again, and makes those of its targets that are due and not given out already. Of the targets of one
// host, one is measured in a night.
func (s *Service) issue(ctx context.Context, tx *db.Tx, org access.OrganisationID, a *Agent, hosts map[string]hostDay, w *Work) error {
	all, err := targets(ctx, tx, org)
	if err != nil {
		return err
	}
	all = slices.DeleteFunc(all, func(t Target) bool { return t.Agent != a.ID || t.State(civil.Of(tx.Now)) != Approved })
	tasks, err := openAgain(ctx, tx, org, a.ID, w.End)
	if err != nil {
		return err
	}
	held, err := termsOf(ctx, tx, org)
	if err != nil {
		return err
	}
	given := map[string]bool{}
	give := func(t *Target, task Task) {
		given[t.Host] = true
		o := s.order(t, held)
		o.Vantage, o.Zone, o.Never = a.ID.String(), a.Zone, nil
		task.Host, task.Used, task.NotBefore, task.Order, task.target = t.Host, hosts[t.Host].used, hosts[t.Host].busy, *o, t.ID
		w.Tasks = append(w.Tasks, task)
	}
	for _, task := range tasks { // they come first: a target of theirs must not wait for another of its host
		i := slices.IndexFunc(all, func(t Target) bool { return t.ID == task.target })
		if i >= 0 && !given[all[i].Host] && len(w.Tasks) < maxTasks {
			give(&all[i], task)
		}
	}
	for i := range all {
		t := &all[i]
		if t.Due.After(w.End) || given[t.Host] || len(w.Tasks) == maxTasks {
			continue
		}
		task, err := newTask(ctx, tx, org, a.ID, t.ID)
		if err != nil {
			return err
		}
		give(t, task)
	}
	return nil
}

// openAgain are an agent's open tasks. One that would be too old to be handed in before the night is over gets a new one in its place.
func openAgain(ctx context.Context, tx *db.Tx, org access.OrganisationID, agent ids.ID[Agent], end time.Time) ([]Task, error) {
	out, err := openTasks(ctx, tx, org, agent, tx.Now.Add(-taskLife))
	if err != nil {
		return nil, err
	}
	for i := range out {
		if !out[i].issued.Add(taskLife).Before(end) {
			continue
		}
		if _, _, err := takeTask(ctx, tx, org, agent, out[i].ID); err != nil {
			return nil, err
		}
		if out[i], err = newTask(ctx, tx, org, agent, out[i].target); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Begin is asked by an agent before each measurement: nothing has been stopped, the agent has a task of the host that it has not handed in, the
// target is still approved, and the host may be connected to now. It keeps the host.
func (s *Service) Begin(ctx context.Context, actor access.Actor, id ids.ID[Agent], host string) error {
	if err := access.Check(actor, "measurement.Begin"); err != nil {
		return err
	}
	most := 0
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		if _, err := calling(ctx, tx, actor, id); err != nil {
			return err
		}
		x, err := getSetting(ctx, tx, actor.Organisation)
		if err == nil && x.stopped {
			err = ErrStopped
		}
		if err != nil {
			return err
		}
		all, err := targets(ctx, tx, actor.Organisation)
		if err != nil {
			return err
		}
		open, err := openTasks(ctx, tx, actor.Organisation, id, tx.Now.Add(-taskLife))
		if err != nil {
			return err
		}
		for i := range all {
			t := &all[i]
			given := slices.ContainsFunc(open, func(task Task) bool { return task.target == t.ID })
			if given && t.Agent == id && t.Host == host && t.State(civil.Of(tx.Now)) == Approved {
				most = max(most, t.connections(x.scripts)) // it does not say which of them: the most that any takes is kept
			}
		}
		if most == 0 {
			return ErrNotApproved
		}
		return nil
	})
	if err == nil {
		err = s.claim(ctx, host, most)
	}
	return s.refused(ctx, actor, id, err)
}

// Deliver takes what an agent found, if it is the agent's own, of a task that it was given, not handed in before, and of now. What is
// refused is logged.
func (s *Service) Deliver(ctx context.Context, actor access.Actor, d Delivery) error {
	if err := access.Check(actor, "measurement.Deliver"); err != nil {
		return err
	}
	var host string
	paused := false
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		a, err := calling(ctx, tx, actor, d.Agent)
		if err != nil {
			return err
		}
		found, err := d.verify(a)
		if err != nil {
			return err
		}
		target, issued, err := takeTask(ctx, tx, actor.Organisation, a.ID, d.Task)
		if errors.Is(err, db.ErrNotFound) {
			return refuse("replayed")
		}
		if err != nil {
			return err
		}
		t, err := getTarget(ctx, tx, actor.Organisation, target)
		if err != nil {
			return err
		}
		if t.State(civil.Of(tx.Now)) != Approved {
			return refuse("not-approved")
		}
		if err := fits(&t, found, issued, tx.Now); err != nil {
			return err
		}
		host, paused = t.Host, slices.Contains(found.Limits(), stoppedByServer)
		t.Zone = a.Zone
		return s.keep(ctx, tx, actor, &t, found)
	})
	if err == nil {
		err = s.release(ctx, host, paused)
	}
	return s.refused(ctx, actor, d.Agent, err)
}

// refused logs a refusal, in a transaction of its own since the one that refused has come to nothing.
func (s *Service) refused(ctx context.Context, actor access.Actor, id ids.ID[Agent], err error) error {
	if err == nil {
		return nil
	}
	var r *Refusal
	if errors.As(err, &r) {
		e := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
			return audit.Append(ctx, tx, actor, audit.Entry{Action: "measurement.Refused", ObjectKind: "agent", ObjectID: short(id.String()), Data: map[string]any{"why": r.Code}})
		})
		if e != nil {
			return fmt.Errorf("log refusal: %w", e)
		}
	}
	return fmt.Errorf("take agent's call: %w", err)
}

// short keeps what a stranger writes in the place of an id from filling the log.
func short(s string) string { return s[:min(len(s), 60)] }

// nightOf is the window of some work.
func (w *Work) nightOf(now time.Time) probe.Night {
	n := probe.Night{Start: w.Start, End: w.End, Seed: []byte(w.Seed)}
	if now.After(n.Start) {
		n.Start = now
	}
	return n
}
