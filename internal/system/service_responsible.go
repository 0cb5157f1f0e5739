// SPDX-License-Identifier: EUPL-1.2

package system

import (
	"context"
	"fmt"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/organisation"
)

// Named is who answers for a system in person, beside the roles that stand on it (Swedish: ansvariga).
type Named struct {
	System System
	// By gives the person for each of organisation.ResponsibilityKinds that somebody is named for.
	By map[string]organisation.Responsibility
	// Everybody is who can be named.
	Everybody []organisation.Person
}

// Responsible reads who answers for a system, and who can.
func (s *Service) Responsible(ctx context.Context, actor access.Actor, ref string) (Named, error) {
	if err := access.Check(actor, "system.Responsible"); err != nil {
		return Named{}, err
	}
	var out Named
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) (err error) {
		if out.System, err = Within(ctx, tx, actor, "system.Responsible", ref); err != nil {
			return err
		}
		named, err := organisation.Named(ctx, tx, actor.Organisation, organisation.ObjectSystem, []string{out.System.ID.String()})
		if err != nil {
			return err
		}
		out.By = named[out.System.ID.String()]
		out.Everybody, err = organisation.Colleagues(ctx, tx, actor.Organisation)
		return err
	})
	if err != nil {
		return Named{}, fmt.Errorf("read who answers for system: %w", err)
	}
	return out, nil
}

// Naming is who is to answer for a system, in one of organisation.ResponsibilityKinds. A zero person is nobody.
type Naming struct {
	Kind   string
	Person ids.ID[organisation.Person]
}

// SetResponsible names who answers for a system. Kinds that are not given stay as they are, and so does everything else about it.
func (s *Service) SetResponsible(ctx context.Context, actor access.Actor, ref string, list []Naming) error {
	if err := access.Check(actor, "system.SetResponsible"); err != nil {
		return err
	}
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		sys, err := Within(ctx, tx, actor, "system.SetResponsible", ref)
		if err != nil {
			return err
		}
		for _, n := range list {
			err := organisation.SetResponsible(ctx, tx, actor, organisation.Responsibility{
				ObjectKind: organisation.ObjectSystem, ObjectID: sys.ID.String(), Kind: n.Kind, Person: n.Person,
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("name who answers for system: %w", err)
	}
	return nil
}

// Answering gives who is named for some systems, by the system's id and how.
func Answering(ctx context.Context, tx *db.Tx, org access.OrganisationID, systems []ids.ID[System]) (map[string]map[string]organisation.Responsibility, error) {
	return organisation.Named(ctx, tx, org, organisation.ObjectSystem, texts(systems))
}

func texts(systems []ids.ID[System]) []string {
	out := make([]string, len(systems))
	for i, id := range systems {
		out[i] = id.String()
	}
	return out
}

// Holds tells which of some systems somebody is named for, so that undoing an import leaves them.
func Holds(ctx context.Context, tx *db.Tx, org access.OrganisationID, systems []ids.ID[System]) (map[ids.ID[System]]bool, error) {
	named, err := Answering(ctx, tx, org, systems)
	out := make(map[ids.ID[System]]bool, len(named))
	for id := range named {
		out[ids.ID[System](id)] = true
	}
	return out, err
}

// Release takes away who is named for systems that are being removed.
func Release(ctx context.Context, tx *db.Tx, org access.OrganisationID, systems []ids.ID[System]) error {
	return organisation.Release(ctx, tx, org, organisation.ObjectSystem, texts(systems))
}
