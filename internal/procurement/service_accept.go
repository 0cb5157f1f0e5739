// SPDX-License-Identifier: EUPL-1.2

package procurement

import (
	"context"
	"fmt"
	"slices"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/action"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/evidence"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/supplier"
	"github.com/insegel/insegel/internal/system"
)

// AcceptReplies accepts what a supplier has answered: it becomes the system's attested evidence from the day that the contract begins,
// beside what is measured, and what deviates becomes an action. It gives how many answers were accepted.
func (s *Service) AcceptReplies(ctx context.Context, actor access.Actor, ref string, l *locale.Localizer, in Accept) (int, error) {
	if err := access.Check(actor, "procurement.AcceptReplies"); err != nil {
		return 0, err
	}
	n := 0
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		sup, err := s.supplied(ctx, tx, actor, "procurement.AcceptReplies", annexRequest{ref, l})
		if err != nil {
			return err
		}
		list, err := in.chosen(sup.Answers)
		if err != nil {
			return err
		}
		n = len(list)
		return s.accept(ctx, tx, actor, &sup.System, in, list)
	})
	if err != nil {
		return 0, fmt.Errorf("accept answers: %w", err)
	}
	return n, nil
}

// chosen are the answers that are accepted. One that is none, or is accepted already, refuses them all.
func (in *Accept) chosen(answers []Compared) ([]*Compared, error) {
	var out []*Compared
	left := slices.Clone(in.Requirements)
	for i := range answers {
		c := &answers[i]
		at := slices.Index(left, c.ID)
		if at >= 0 {
			left = slices.Delete(left, at, at+1)
		}
		switch {
		case at >= 0 && c.Accepted != nil:
			return nil, ErrNoReply
		case at < 0 && (!in.Clear || !c.Clear()):
			continue
		}
		out = append(out, c)
	}
	if len(left) > 0 || len(out) == 0 {
		return nil, ErrNoReply
	}
	return out, nil
}

// accept writes that answers are accepted, with what becomes of them at once.
func (s *Service) accept(ctx context.Context, tx *db.Tx, actor access.Actor, sys *system.System, in Accept, list []*Compared) error {
	today := civil.Of(tx.Now)
	var actions []action.Action
	var now []*Compared
	for _, c := range list {
		if !in.carried && c.open() {
			a, err := in.action(c)
			if err != nil {
				return err
			}
			actions = append(actions, a)
		}
		x, err := s.acceptance(c, in)
		if err != nil {
			return err
		}
		x.By, x.At = actor.ID, tx.Now
		if x.State == acceptWaits && !today.Before(x.Counts) {
			now = append(now, c)
		}
		c.Accepted = &x
		if err := saveAcceptance(ctx, tx, &x); err != nil {
			return err
		}
	}
	if err := s.count(ctx, tx, actor, sys, now); err != nil {
		return err
	}
	if err := s.Actions.Take(ctx, tx, actor, sys, actions...); err != nil {
		return err
	}
	return audit.Append(ctx, tx, actor, audit.Entry{
		Action: "procurement.AcceptReplies", ObjectKind: "system", ObjectID: sys.ID.String(),
		Data: map[string]any{"accepted": len(list), "evidence": len(now), "actions": len(actions), "starts": in.Starts},
	})
}

// open reports whether an answer deviates and nobody has taken on to do something about it.
func (c *Compared) open() bool {
	return c.Deviates() && !c.Own && (c.Action == nil || c.Action.Status == action.Done)
}

// action is what is to be done about an answer that deviates.
func (in *Accept) action(c *Compared) (action.Action, error) {
	if in.Owner == "" && in.Person == "" || in.Due.IsZero() {
		return action.Action{}, ErrDoer
	}
	a := action.Action{Requirement: c.ID, OwnerRole: in.Owner, Person: in.Person, DueOn: in.Due, Status: action.Planned, Note: c.Reply.How}
	if c.Action != nil {
		a.ID, a.Version = c.Action.ID, c.Action.Version
	}
	return a, nil
}

// acceptance is what an answer becomes when it is accepted: evidence, from when to when, or only a note.
func (s *Service) acceptance(c *Compared, in Accept) (Acceptance, error) {
	x := Acceptance{Request: c.Reply.Request, Requirement: c.ID, Counts: c.Reply.counts(in.Starts), State: acceptNoted}
	if !evidenceOf(c) {
		return x, nil
	}
	x.Ends = s.Evidence.Life.Ends(attestKind, c.record(x.Counts, civil.Date{}).Source, civil.Of(c.Reply.Sent))
	if x.State = acceptWaits; !x.Counts.Before(x.Ends) && !in.carried {
		return x, ErrStarts
	}
	return x, nil
}

// count makes evidence of accepted answers whose day has come.
func (s *Service) count(ctx context.Context, tx *db.Tx, actor access.Actor, sys *system.System, list []*Compared) error {
	if len(list) == 0 {
		return nil
	}
	signer := sys.Supplier
	if sys.SupplierID != "" {
		x, err := supplier.Get(ctx, tx, tx.Scope, sys.SupplierID)
		if err != nil {
			return err
		}
		signer = x.Name
	}
	title := attestKind
	if kind, ok := s.Evidence.Catalogue.EvidenceKind(attestKind); ok {
		title = kind.Name.SV
	}
	news := make([]evidence.New, len(list))
	for i, c := range list {
		news[i] = c.record(c.Accepted.Counts, c.Accepted.Ends)
		news[i].Detail.Title, news[i].Detail.Signer = title, signer
		if c.Form == ToUnit {
			news[i].Detail.Signer = sys.Unit
		}
	}
	made, err := s.Evidence.AddAll(ctx, tx, actor, sys.ID, news)
	if err != nil {
		return err
	}
	for i, c := range list {
		c.Accepted.State, c.Accepted.Record = acceptCounted, made[i].ID
		if err := saveAcceptance(ctx, tx, c.Accepted); err != nil {
			return err
		}
	}
	return nil
}

// Tick looks at the calendar: accepted answers whose day has come become evidence, and those who have not answered are reminded.
func (s *Service) Tick(ctx context.Context, actor access.Actor) error {
	if err := access.Check(actor, "procurement.Tick"); err != nil {
		return err
	}
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		list, err := dueAcceptances(ctx, tx, civil.Of(tx.Now))
		if err != nil {
			return err
		}
		by := map[ids.ID[system.System]][]*Compared{}
		var order []ids.ID[system.System]
		for i := range list {
			c, err := s.begins(ctx, tx, &list[i])
			if err != nil {
				return err
			}
			if c == nil {
				continue
			}
			if by[list[i].system] == nil {
				order = append(order, list[i].system)
			}
			by[list[i].system] = append(by[list[i].system], c)
		}
		for _, id := range order {
			sys, err := system.Get(ctx, tx, actor.Organisation, id.String())
			if err != nil {
				return err
			}
			if err := s.count(ctx, tx, actor, &sys, by[id]); err != nil {
				return err
			}
			if err := audit.Append(ctx, tx, actor, audit.Entry{
				Action: "procurement.Count", ObjectKind: "system", ObjectID: id.String(), Data: map[string]any{"evidence": len(by[id])},
			}); err != nil {
				return err
			}
		}
		return s.remind(ctx, tx, actor)
	})
	if err != nil {
		return fmt.Errorf("look at what answers begin to count: %w", err)
	}
	return nil
}

// begins reads an accepted answer whose day has come; nil when nothing is to be made of it any more.
func (s *Service) begins(ctx context.Context, tx *db.Tx, d *due) (*Compared, error) {
	given, err := repliesOf(ctx, tx, d.Request)
	if err != nil {
		return nil, err
	}
	c := &Compared{ID: d.Requirement, Form: d.form, Reply: given[d.Requirement], Accepted: &d.Acceptance}
	_, known := s.Evidence.Catalogue.Requirement(d.Requirement)
	if known && civil.Of(tx.Now).Before(d.Ends) {
		return c, nil
	}
	d.State = acceptNoted // the catalogue has it no more, or it has grown too old
	return nil, saveAcceptance(ctx, tx, &d.Acceptance)
}
