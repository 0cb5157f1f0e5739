// SPDX-License-Identifier: EUPL-1.2

package campaign

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/auth"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/job"
	"github.com/insegel/insegel/internal/mail"
	"github.com/insegel/insegel/internal/organisation"
)

// calendar is the job that looks at the deadlines of every organisation.
type calendar struct{}

// Kind names the job.
func (calendar) Kind() string { return "campaign.calendar" }

const (
	dayLong = 24 * time.Hour
	// interval is how often the deadlines are looked at. Everybody is reminded once, and told of once.
	interval = time.Hour
)

// Register lets the job run every hour.
func Register(q *job.Queue, s *Service) {
	job.HandleSweep(q, calendar{}, job.Sweep{DB: s.DB, Organisations: organisation.List, Interval: interval, Do: s.Tick})
}

// Tick reminds those who have not answered when a deadline comes near, and tells the coordinator and the head of the unit when it has passed.
func (s *Service) Tick(ctx context.Context, actor access.Actor) error {
	if err := access.Check(actor, "campaign.Tick"); err != nil {
		return err
	}
	var all []Campaign
	var today civil.Date
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) (err error) {
		today = civil.Of(tx.Now)
		all, err = All(ctx, tx, actor.Organisation)
		return err
	})
	if err != nil {
		return fmt.Errorf("look at the deadlines of campaigns: %w", err)
	}
	var faults []error
	for i := range all {
		c := &all[i]
		if c.Sent.IsZero() || !c.Frozen.IsZero() || today.Before(c.Deadline.AddDays(-int(c.Remind))) {
			continue
		}
		act := s.remind
		if c.Deadline.Before(today) {
			act = s.escalate
		}
		err := s.change(ctx, actor, c.ID.String(), func(tx *db.Tx, c *Campaign) error { return act(ctx, tx, actor, c) })
		if err != nil && !errors.Is(err, ErrFrozen) { // frozen since it was read: there is nothing left to remind of
			faults = append(faults, fmt.Errorf("campaign %d: %w", c.Number, err))
		}
	}
	return errors.Join(faults...)
}

// Remind reminds those who have not answered, now. Who is answering at the moment keeps their link.
func (s *Service) Remind(ctx context.Context, actor access.Actor, ref string) error {
	if err := access.Check(actor, "campaign.Remind"); err != nil {
		return err
	}
	err := s.change(ctx, actor, ref, func(tx *db.Tx, c *Campaign) error {
		if c.Sent.IsZero() {
			return ErrNotSent
		}
		if ready, err := s.mails(ctx, tx); err != nil || !ready {
			return errors.Join(err, ErrNoMail)
		}
		all, err := ofCampaign(ctx, tx, c.ID)
		for i := range all {
			all[i].Reminded = when(0)
		}
		if err != nil {
			return err
		}
		return s.remindAbout(ctx, tx, actor, c, all)
	})
	if err != nil {
		return fmt.Errorf("remind of campaign: %w", err)
	}
	return nil
}

func (s *Service) remind(ctx context.Context, tx *db.Tx, actor access.Actor, c *Campaign) error {
	all, err := ofCampaign(ctx, tx, c.ID)
	if err != nil {
		return err
	}
	return s.remindAbout(ctx, tx, actor, c, all)
}

// answering is how long after the last answer nobody is disturbed by a new link.
const answering = time.Hour

func (s *Service) remindAbout(ctx context.Context, tx *db.Tx, actor access.Actor, c *Campaign, all []Sheet) error {
	var due []Sheet
	busy := map[string]bool{}
	for i := range all {
		if all[i].State() == Begun && tx.Now.Sub(all[i].Updated) < answering {
			busy[all[i].Email] = true
		}
	}
	for i := range all {
		x := all[i]
		if state := x.State(); (state == Waiting || state == Begun) && x.Reminded.IsZero() && x.Email != "" && !busy[x.Email] {
			x.Reminded = tx.Now
			due = append(due, x)
		}
	}
	if len(due) == 0 {
		return nil
	}
	ready, err := s.mails(ctx, tx)
	if err != nil || !ready {
		return err
	}
	n, err := s.write(ctx, tx, actor, letter{c, mail.RoundReminder, due})
	if err != nil {
		return err
	}
	return audit.Append(ctx, tx, actor, c.entry("campaign.Remind", map[string]any{"sheets": len(due), "mailed": n}))
}

// escalate tells the coordinators, and the heads of the units, once, of what has not been answered in time.
func (s *Service) escalate(ctx context.Context, tx *db.Tx, actor access.Actor, c *Campaign) error {
	all, err := ofCampaign(ctx, tx, c.ID)
	if err != nil {
		return err
	}
	heads, err := organisation.Holders(ctx, tx, tx.Scope, access.Executive)
	if err != nil {
		return err
	}
	told, err := organisation.Addresses(ctx, tx, tx.Scope, access.Coordinator)
	if err != nil {
		return err
	}
	late := 0
	for i := range all {
		x := &all[i]
		if state := x.State(); state != Waiting && state != Begun || !x.Escalated.IsZero() {
			continue
		}
		late++
		x.Escalated = tx.Now
		if err := updateSheet(ctx, tx, x); err != nil {
			return err
		}
		for _, h := range heads[x.UnitID] {
			if h.Email != "" && h.Email != x.Email {
				told = append(told, h.Contact)
			}
		}
	}
	if late == 0 {
		return nil
	}
	n, err := s.tellLate(ctx, tx, c, told)
	if err != nil {
		return err
	}
	return audit.Append(ctx, tx, actor, c.entry("campaign.Escalate", map[string]any{"sheets": late, "mailed": n}))
}

// tellLate mails those who lead that answers are late, each once.
func (s *Service) tellLate(ctx context.Context, tx *db.Tx, c *Campaign, told []auth.Contact) (int, error) {
	ready, err := s.mails(ctx, tx)
	if err != nil || !ready {
		return 0, err
	}
	mailed := map[string]bool{}
	for _, to := range told {
		if mailed[to.Email] {
			continue
		}
		mailed[to.Email] = true
		m := mail.Message{Template: mail.RoundLate, To: to.Email, Lang: or(to.Lang, "sv"), Path: c.Path()}
		if err := s.Mail.Add(ctx, tx, m); err != nil && !errors.Is(err, mail.ErrTooMany) && !errors.Is(err, mail.ErrAddress) {
			return 0, err
		}
	}
	return len(mailed), nil
}
