// SPDX-License-Identifier: EUPL-1.2

package organisation

import (
	"context"
	"errors"
	"fmt"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/auth"
	"github.com/insegel/insegel/internal/auth/passkey"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
)

// ErrOnlyPasskey says that somebody else's only passkey was to be ended.
var ErrOnlyPasskey = errors.New("a person's only passkey stays until there is another: else whoever ends it could send an invitation and act as them")

// EndPasskey ends one passkey of a person, who has lost the device that it is on, and what it was signed in to. The person keeps the others
// and is told.
func (s *Service) EndPasskey(ctx context.Context, actor access.Actor, id ids.ID[Person], key ids.ID[passkey.Passkey]) error {
	if err := access.Check(actor, "organisation.EndPasskey"); err != nil {
		return err
	}
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		p, err := GetPerson(ctx, tx, actor.Organisation, id)
		if err != nil {
			return err
		}
		if p.Account.IsZero() {
			return db.ErrNotFound
		}
		name, err := passkey.EndIn(ctx, tx, actor.Organisation, p.Account, key)
		if errors.Is(err, passkey.ErrLast) {
			return ErrOnlyPasskey
		}
		if err != nil {
			return err
		}
		err = audit.Append(ctx, tx, actor, audit.Entry{
			Action: "organisation.EndPasskey", ObjectKind: "person", ObjectID: p.ID.String(), Data: map[string]string{"passkey": name},
		})
		if err != nil {
			return err
		}
		return s.tell(ctx, tx, &p, auth.EventMethodRemoved)
	})
	if err != nil {
		return fmt.Errorf("end a person's passkey: %w", err)
	}
	return nil
}
