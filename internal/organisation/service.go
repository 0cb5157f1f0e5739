// SPDX-License-Identifier: EUPL-1.2

package organisation

import (
	"context"
	"fmt"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/approval"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/auth"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
)

// Service has the use cases of organisations, their people and their units.
type Service struct {
	DB *db.DB
	// Approvals makes the changes that take two people.
	Approvals *approval.Service
	// EndSessions ends every session of an account, in the transaction of what calls for it.
	EndSessions func(ctx context.Context, tx *db.Tx, org access.OrganisationID, account ids.ID[auth.Account]) error
	// Tell tells a person what happens to their account, in the transaction of what it tells of.
	Tell auth.Tell
	// Object tells the name of what somebody can be responsible for, and where it is shown. ErrNotFound says that it is gone.
	Object func(ctx context.Context, tx *db.Tx, org access.OrganisationID, kind, id string) (name, href string, err error)

	looks looks
}

// Choose finds the organisation to act for: the one with the code, or the only one. A database without any gets one, with the
// code (or "local") and the name "Egen organisation". It is for the command line, before there is an actor.
func Choose(ctx context.Context, d *db.DB, code string, write bool) (Organisation, error) {
	var all []Organisation
	err := d.Read(ctx, db.Installation, func(tx *db.Tx) (err error) {
		all, err = list(ctx, tx)
		return err
	})
	if err != nil {
		return Organisation{}, fmt.Errorf("list organisations: %w", err)
	}
	if len(all) == 0 {
		return first(ctx, d, code, write)
	}
	if code == "" {
		if len(all) > 1 {
			return Organisation{}, ErrSeveral
		}
		return all[0], nil
	}
	for _, o := range all {
		if o.Code == code {
			return o, nil
		}
	}
	return Organisation{}, fmt.Errorf("%q: %w", code, ErrUnknown)
}

func first(ctx context.Context, d *db.DB, code string, write bool) (Organisation, error) {
	if code == "" {
		code = DefaultCode
	}
	o := Organisation{ID: ids.New[access.Tenant](), Code: code, Name: DefaultName}
	if !write { // a dry run shows what would be without making it
		return o, CheckCode(code)
	}
	return o, Create(ctx, d, o)
}

// Create makes an organisation. Like Choose it runs before there is an actor, so it is not reachable from any page.
func Create(ctx context.Context, d *db.DB, o Organisation) error {
	if err := CheckCode(o.Code); err != nil {
		return err
	}
	err := d.Write(ctx, o.ID, func(tx *db.Tx) error {
		if err := insert(ctx, tx, o); err != nil {
			return err
		}
		return audit.Append(ctx, tx, access.LocalAdministrator(o.ID), audit.Entry{
			Action: "organisation.Create", ObjectKind: "organisation", ObjectID: o.ID.String(),
			Data: map[string]string{"code": o.Code, "name": o.Name},
		})
	})
	if err != nil {
		return fmt.Errorf("make organisation %s: %w", o.Code, err)
	}
	return nil
}

// Set changes one of the organisation's settings.
func (s *Service) Set(ctx context.Context, actor access.Actor, name, value string) error {
	if err := access.Check(actor, "organisation.Set"); err != nil {
		return err
	}
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		if err := SaveSetting(ctx, tx, actor.Organisation, name, value); err != nil {
			return err
		}
		return audit.Append(ctx, tx, actor, audit.Entry{
			Action: "organisation.Set", ObjectKind: "setting", ObjectID: name, Data: map[string]string{"value": value},
		})
	})
	if err != nil {
		return fmt.Errorf("change setting: %w", err)
	}
	return nil
}
