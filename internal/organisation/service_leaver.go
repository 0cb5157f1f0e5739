// SPDX-License-Identifier: EUPL-1.2

package organisation

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/approval"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
)

// load reads what a person is named for. Roles of somebody who has left are those that ended when they did.
func (s *Service) load(ctx context.Context, tx *db.Tx, org access.OrganisationID, p *Person) (Load, error) {
	var out Load
	var err error
	if out.Responsibilities, err = responsibilities(ctx, tx, org, `r.person_id = $2`, p.ID); err != nil {
		return out, err
	}
	if err := s.name(ctx, tx, org, out.Responsibilities); err != nil {
		return out, err
	}
	roles, err := held(ctx, tx, org, p.ID)
	if !p.Active() {
		roles, err = assignments(ctx, tx, org, `a.person_id = $2 AND a.ended_at >= $3`, p.ID, db.Millis(p.Ended))
	}
	if err != nil {
		return out, err
	}
	for i := range roles {
		out.Roles = append(out.Roles, roles[i].Place)
	}
	out.Asked, err = approval.AskedBy(ctx, tx, org, p.ID.String())
	return out, err
}

// name fills in what the objects are called. One that is gone keeps its id, so that nothing is left out of the list.
func (s *Service) name(ctx context.Context, tx *db.Tx, org access.OrganisationID, list []Responsibility) error {
	for i := range list {
		r := &list[i]
		r.Name = r.ObjectID
		if s.Object == nil {
			continue
		}
		name, href, err := s.Object(ctx, tx, org, r.ObjectKind, r.ObjectID)
		if errors.Is(err, db.ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		r.Name, r.Href = name, href
	}
	return nil
}

// Responsible gives who is responsible for an object, by kind, in the transaction of the page that shows it.
func Responsible(ctx context.Context, tx *db.Tx, org access.OrganisationID, objectKind, objectID string) (map[string]Person, error) {
	rows, err := responsibilities(ctx, tx, org, `r.object_kind = $2 AND r.object_id = $3`, objectKind, objectID)
	if err != nil {
		return nil, err
	}
	out := make(map[string]Person, len(rows))
	for i := range rows {
		p, err := GetPerson(ctx, tx, org, rows[i].Person)
		if err != nil {
			return nil, err
		}
		out[rows[i].Kind] = p
	}
	return out, nil
}

// SetResponsible names a person for an object, or nobody, in the transaction of the use case that has checked that the actor may, and
// logs it.
func SetResponsible(ctx context.Context, tx *db.Tx, actor access.Actor, r Responsibility) error {
	if err := r.Check(); err != nil {
		return err
	}
	before, err := responsibilities(ctx, tx, actor.Organisation, `r.object_kind = $2 AND r.object_id = $3 AND r.kind = $4`, r.ObjectKind, r.ObjectID, r.Kind)
	if err != nil {
		return err
	}
	var was ids.ID[Person]
	if len(before) > 0 {
		was = before[0].Person
	}
	if was == r.Person {
		return nil // who has left stays named until somebody takes over
	}
	if !r.Person.IsZero() {
		p, err := GetPerson(ctx, tx, actor.Organisation, r.Person)
		if err != nil {
			return err
		}
		if !p.Active() {
			return ErrEnded
		}
	}
	if err := saveResponsibility(ctx, tx, actor.Organisation, &r); err != nil {
		return fmt.Errorf("save responsibility: %w", err)
	}
	return audit.Append(ctx, tx, actor, audit.Entry{
		Action: "organisation.SetResponsible", ObjectKind: r.ObjectKind, ObjectID: r.ObjectID, Data: map[string]string{"kind": r.Kind},
		Before: map[string]any{r.Kind: was}, After: map[string]any{r.Kind: r.Person},
	})
}

// HandOver gives what a person is named for to another, all at once. Roles are asked for, because they take two people.
func (s *Service) HandOver(ctx context.Context, actor access.Actor, h HandOver) (Load, error) {
	if err := access.Check(actor, "organisation.HandOver"); err != nil {
		return Load{}, err
	}
	var done Load
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		from, err := GetPerson(ctx, tx, actor.Organisation, h.From)
		if err != nil {
			return err
		}
		if !h.To.IsZero() {
			to, err := GetPerson(ctx, tx, actor.Organisation, h.To)
			if err != nil || !to.Active() || to.ID == from.ID {
				return errors.Join(err, ErrReceiver)
			}
		}
		if h.To.IsZero() && h.Roles {
			return ErrReceiver
		}
		if done, err = s.load(ctx, tx, actor.Organisation, &from); err != nil {
			return err
		}
		for _, r := range done.Responsibilities {
			r.Person = h.To
			if err := SetResponsible(ctx, tx, actor, r); err != nil {
				return err
			}
		}
		if err := s.handRoles(ctx, tx, actor, h, done.Roles); err != nil {
			return err
		}
		return audit.Append(ctx, tx, actor, audit.Entry{
			Action: "organisation.HandOver", ObjectKind: "person", ObjectID: from.ID.String(), Why: h.Reason,
			Data: map[string]any{"to": h.To, "responsibilities": len(done.Responsibilities), "roles_asked": h.Roles},
		})
	})
	if err != nil {
		return Load{}, fmt.Errorf("hand over: %w", err)
	}
	return done, nil
}

// handRoles asks for the roles of the one who leaves that the one who takes over does not hold.
func (s *Service) handRoles(ctx context.Context, tx *db.Tx, actor access.Actor, h HandOver, roles []Place) error {
	if !h.Roles {
		return nil
	}
	has, err := held(ctx, tx, actor.Organisation, h.To)
	if err != nil {
		return err
	}
	var changes []RoleChange
	for _, p := range roles {
		c := RoleChange{Person: h.To, Role: p.Role, Unit: p.Unit}
		if !holds(has, p) && !slices.Contains(changes, c) {
			changes = append(changes, c)
		}
	}
	if len(changes) == 0 {
		return nil
	}
	return s.askRoles(ctx, tx, actor, changes, h.Reason)
}

// Leavers lists the people who have left and are still named for something, so that nothing is left without anybody in silence.
func (s *Service) Leavers(ctx context.Context, actor access.Actor) ([]Responsibility, error) {
	if err := access.Check(actor, "organisation.Leavers"); err != nil {
		return nil, err
	}
	var out []Responsibility
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) (err error) {
		out, err = responsibilities(ctx, tx, actor.Organisation, `p.ended_at IS NOT NULL`)
		if err != nil {
			return err
		}
		return s.name(ctx, tx, actor.Organisation, out)
	})
	if err != nil {
		return nil, fmt.Errorf("list what people who have left are named for: %w", err)
	}
	return out, nil
}
