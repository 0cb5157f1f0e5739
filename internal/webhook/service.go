// SPDX-License-Identifier: EUPL-1.2

package webhook

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/alarm"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/job"
	"github.com/insegel/insegel/internal/outbound"
)

// Service has the use cases of events to programs.
type Service struct {
	DB       *db.DB
	Jobs     *job.Queue
	Outbound outbound.Policy
	// Base gives the API's address, for the link in what is sent; empty where nobody has said it, and then there is none.
	Base func() string
}

// List gives the organisation's targets.
func (s *Service) List(ctx context.Context, actor access.Actor) ([]Target, error) {
	if err := access.Check(actor, "webhook.List"); err != nil {
		return nil, err
	}
	var out []Target
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) (err error) {
		out, err = targets(ctx, tx, actor.Organisation)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list receivers: %w", err)
	}
	return out, nil
}

// Open gives one target.
func (s *Service) Open(ctx context.Context, actor access.Actor, id ids.ID[Target]) (Target, error) {
	if err := access.Check(actor, "webhook.Open"); err != nil {
		return Target{}, err
	}
	var t Target
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) (err error) {
		t, err = target(ctx, tx, actor.Organisation, id)
		return err
	})
	if err != nil {
		return Target{}, fmt.Errorf("read receiver: %w", err)
	}
	return t, nil
}

// reachable refuses an address that requests cannot be let out to.
func (s *Service) reachable(t *Target) error {
	t.Name, t.Address = strings.TrimSpace(t.Name), strings.TrimSpace(t.Address)
	if err := t.check(); err != nil {
		return err
	}
	if _, err := s.Outbound.Client(outbound.Request{Targets: []string{t.origin()}}); err != nil {
		return ErrAddress
	}
	return nil
}

// entry is the log's of a change of a target, which names the host and not the whole address.
func (t *Target) entry(action string) audit.Entry {
	host := ""
	if u, err := url.Parse(t.Address); err == nil {
		host = u.Host
	}
	return audit.Entry{Action: action, ObjectKind: "webhook", ObjectID: t.ID.String(), Data: map[string]any{
		"name": t.Name, "host": host, "events": t.Events, "state": t.State, "version": t.Version,
	}}
}

// warn raises the alarm that the organisation's events go somewhere new.
func (t *Target) warn(ctx context.Context, tx *db.Tx) error {
	u, err := url.Parse(t.Address)
	if err != nil {
		return err
	}
	return alarm.Raise(ctx, tx, alarm.Alarm{
		Organisation: tx.Scope, Kind: alarm.WebhookChanged, ObjectKind: "webhook", ObjectID: t.ID.String(), Data: map[string]string{"receiver": t.Name, "host": u.Host},
	})
}

// Add adds a target and gives its secret, which is stored sealed and shown only now.
func (s *Service) Add(ctx context.Context, actor access.Actor, t Target) (Target, string, error) {
	if err := access.Check(actor, "webhook.Add"); err != nil {
		return Target{}, "", err
	}
	if err := s.reachable(&t); err != nil {
		return Target{}, "", err
	}
	secret := drawSecret()
	t.ID, t.Version, t.State = ids.New[Target](), 1, On
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		all, err := targets(ctx, tx, actor.Organisation)
		if err != nil {
			return err
		}
		if len(all) >= maxTargets {
			return ErrFull
		}
		head, err := audit.HeadOf(ctx, tx, actor.Organisation)
		if err != nil {
			return err
		}
		t.Told, t.Created = head.Size, tx.Now // what was before is not told
		if t.secret, err = tx.Seal(ctx, secretCell(t.ID), secret); err != nil {
			return err
		}
		if err := insertTarget(ctx, tx, actor, &t); err != nil {
			return err
		}
		if err := t.warn(ctx, tx); err != nil {
			return err
		}
		return audit.Append(ctx, tx, actor, t.entry("webhook.Add"))
	})
	if err != nil {
		return Target{}, "", fmt.Errorf("add receiver: %w", err)
	}
	return t, secret, nil
}

// Change changes the name, the address, the events and the state of a target that was read in its version. One that is switched on again
// is told of what happens from now on.
func (s *Service) Change(ctx context.Context, actor access.Actor, t Target) error {
	if err := access.Check(actor, "webhook.Change"); err != nil {
		return err
	}
	if err := s.reachable(&t); err != nil {
		return err
	}
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		now, err := target(ctx, tx, actor.Organisation, t.ID)
		if err != nil {
			return err
		}
		moved := now.Address != t.Address
		if now.State != On && t.State == On {
			head, err := audit.HeadOf(ctx, tx, actor.Organisation)
			if err != nil {
				return err
			}
			now.Told = head.Size
		}
		now.Name, now.Address, now.Events, now.State, now.Version = t.Name, t.Address, t.Events, t.State, t.Version
		if err := updateTarget(ctx, tx, actor.Organisation, &now); err != nil {
			return err
		}
		if moved {
			if err := now.warn(ctx, tx); err != nil {
				return err
			}
		}
		return audit.Append(ctx, tx, actor, now.entry("webhook.Change"))
	})
	if err != nil {
		return fmt.Errorf("change receiver: %w", err)
	}
	return nil
}

// Rotate gives a target a new secret, which is shown only now. The one before is signed with too for a day.
func (s *Service) Rotate(ctx context.Context, actor access.Actor, id ids.ID[Target]) (string, error) {
	if err := access.Check(actor, "webhook.Rotate"); err != nil {
		return "", err
	}
	secret := drawSecret()
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		t, err := target(ctx, tx, actor.Organisation, id)
		if err != nil {
			return err
		}
		before, err := tx.Open(ctx, secretCell(id), t.secret)
		if err != nil {
			return err
		}
		if t.oldSecret, err = tx.Seal(ctx, oldSecretCell(id), before); err != nil {
			return err
		}
		if t.secret, err = tx.Seal(ctx, secretCell(id), secret); err != nil {
			return err
		}
		t.OldUntil = tx.Now.Add(bothFor)
		if err := updateTarget(ctx, tx, actor.Organisation, &t); err != nil {
			return err
		}
		return audit.Append(ctx, tx, actor, t.entry("webhook.Rotate"))
	})
	if err != nil {
		return "", fmt.Errorf("change receiver's secret: %w", err)
	}
	return secret, nil
}

// Remove takes a target away, with what it has been told.
func (s *Service) Remove(ctx context.Context, actor access.Actor, id ids.ID[Target]) error {
	if err := access.Check(actor, "webhook.Remove"); err != nil {
		return err
	}
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		t, err := target(ctx, tx, actor.Organisation, id)
		if err != nil {
			return err
		}
		if err := deleteTarget(ctx, tx, actor.Organisation, id); err != nil {
			return err
		}
		return audit.Append(ctx, tx, actor, t.entry("webhook.Remove"))
	})
	if err != nil {
		return fmt.Errorf("remove receiver: %w", err)
	}
	return nil
}

// Try sends a target a test, which says nothing but that it is one.
func (s *Service) Try(ctx context.Context, actor access.Actor, id ids.ID[Target]) error {
	if err := access.Check(actor, "webhook.Try"); err != nil {
		return err
	}
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		t, err := target(ctx, tx, actor.Organisation, id)
		if err != nil {
			return err
		}
		if t.State != On {
			return ErrOff
		}
		d := Delivery{ID: ids.New[Delivery](), Target: id, Kind: Ping, ObjectKind: "webhook", ObjectID: id.String(), Happened: tx.Now, State: Waits}
		if _, err := insertDelivery(ctx, tx, actor.Organisation, &d); err != nil {
			return err
		}
		if err := s.Jobs.Add(ctx, tx, Deliver{Organisation: actor.Organisation, Delivery: d.ID}); err != nil {
			return err
		}
		return audit.Append(ctx, tx, actor, t.entry("webhook.Try"))
	})
	if err != nil {
		return fmt.Errorf("try receiver: %w", err)
	}
	return nil
}

// Paged says which page of a list, and how many a page has.
type Paged struct{ Page, Size int }

// Deliveries gives what a target has been told, the latest first, and how many there are.
func (s *Service) Deliveries(ctx context.Context, actor access.Actor, of ids.ID[Target], page Paged) ([]Delivery, int, error) {
	if err := access.Check(actor, "webhook.Deliveries"); err != nil {
		return nil, 0, err
	}
	var out []Delivery
	var n int
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) (err error) {
		if _, err = target(ctx, tx, actor.Organisation, of); err != nil {
			return err
		}
		out, n, err = deliveries(ctx, tx, actor.Organisation, of, page)
		return err
	})
	if err != nil {
		return nil, 0, fmt.Errorf("list deliveries: %w", err)
	}
	return out, n, nil
}

// Redeliver sends an event once more, with the same name, so that a receiver that has it already knows it.
func (s *Service) Redeliver(ctx context.Context, actor access.Actor, of ids.ID[Target], id ids.ID[Delivery]) error {
	if err := access.Check(actor, "webhook.Redeliver"); err != nil {
		return err
	}
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		d, err := delivery(ctx, tx, actor.Organisation, id)
		if err != nil {
			return err
		}
		t, err := target(ctx, tx, actor.Organisation, of)
		switch {
		case err != nil:
			return err
		case d.Target != of:
			return db.ErrNotFound
		case d.State == Waits:
			return ErrWaits
		case t.State != On:
			return ErrOff
		}
		d.State, d.Attempts, d.Status, d.Fault = Waits, 0, 0, ""
		if err := settleDelivery(ctx, tx, actor.Organisation, &d); err != nil {
			return err
		}
		if err := s.Jobs.Add(ctx, tx, Deliver{Organisation: actor.Organisation, Delivery: id}); err != nil {
			return err
		}
		e := t.entry("webhook.Redeliver")
		e.Data = map[string]any{"name": t.Name, "event": d.Seq, "kind": d.Kind}
		return audit.Append(ctx, tx, actor, e)
	})
	if err != nil {
		return fmt.Errorf("send event once more: %w", err)
	}
	return nil
}

// batchSize is how many entries of the log are looked through in one transaction, which others wait for.
const batchSize = 500

// Tick finds out what has happened since each target was told, and puts it on its way. The log is what it reads: what is not in it has
// not happened, and what is in it is told once, also when the program stops in between.
func (s *Service) Tick(ctx context.Context, actor access.Actor) error {
	if err := access.Check(actor, "webhook.Tick"); err != nil {
		return err
	}
	for more := true; more; {
		more = false
		behind, err := s.behind(ctx, actor.Organisation)
		if err != nil || !behind {
			return err
		}
		err = s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
			all, err := targets(ctx, tx, actor.Organisation)
			if err != nil {
				return err
			}
			for i := range all {
				if all[i].State != On {
					continue
				}
				full, err := s.tell(ctx, tx, &all[i])
				if err != nil {
					return err
				}
				more = more || full
			}
			return forget(ctx, tx, actor.Organisation, tx.Now.Add(-keptFor))
		})
		if err != nil {
			return fmt.Errorf("tell receivers: %w", err)
		}
	}
	return nil
}

// behind reports whether some target has not been told everything, while only reading.
func (s *Service) behind(ctx context.Context, org access.OrganisationID) (behind bool, err error) {
	err = s.DB.Read(ctx, org, func(tx *db.Tx) error {
		some, err := anyTarget(ctx, tx, org)
		if err != nil || !some {
			return err
		}
		head, err := audit.HeadOf(ctx, tx, org)
		if err != nil {
			return err
		}
		all, err := targets(ctx, tx, org)
		for i := range all {
			behind = behind || all[i].State == On && all[i].Told < head.Size
		}
		return err
	})
	if err != nil {
		return false, fmt.Errorf("see what receivers have been told: %w", err)
	}
	return behind, nil
}

// tell puts what a target has not been told on its way; full says that there may be more.
func (s *Service) tell(ctx context.Context, tx *db.Tx, t *Target) (full bool, err error) {
	list, err := audit.List(ctx, tx, tx.Scope, audit.Filter{From: t.Told, Upwards: true, Limit: batchSize})
	if err != nil || len(list) == 0 {
		return false, err
	}
	wanted := map[string]bool{}
	for _, e := range t.Events {
		wanted[e] = true
	}
	var jobs []job.Args
	for i := range list {
		e := &list[i]
		t.Told = e.Seq + 1
		kind := eventOf(e.Action, e.ObjectKind)
		if kind == "" || !wanted[kind] {
			continue
		}
		d := Delivery{
			ID: ids.New[Delivery](), Target: t.ID, Seq: e.Seq, Kind: kind, ObjectKind: e.ObjectKind, ObjectID: e.ObjectID, Happened: db.FromMillis(e.At), State: Waits,
		}
		isNew, err := insertDelivery(ctx, tx, tx.Scope, &d)
		if err != nil {
			return false, err
		}
		if isNew {
			jobs = append(jobs, Deliver{Organisation: tx.Scope, Delivery: d.ID})
		}
	}
	if err := s.Jobs.AddMany(ctx, tx, jobs); err != nil {
		return false, err
	}
	return len(list) == batchSize, setTold(ctx, tx, tx.Scope, t)
}

// faultOf tells a reader what went wrong, by its message key.
var faults = []struct {
	err error
	key string
}{
	{ErrName, "webhook.fault-name"},
	{ErrAddress, "webhook.fault-address"},
	{ErrEvents, "webhook.fault-events"},
	{ErrFull, "webhook.fault-full"},
	{ErrWaits, "webhook.fault-waits"},
	{ErrOff, "webhook.fault-off"},
	{db.ErrConflict, "webhook.fault-conflict"},
}

func faultKey(err error) string {
	for _, f := range faults {
		if errors.Is(err, f.err) {
			return f.key
		}
	}
	return ""
}
