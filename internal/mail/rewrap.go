// SPDX-License-Identifier: EUPL-1.2

package mail

import (
	"context"
	"fmt"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/key"
)

// Rewrap encrypts every organisation's password and waiting mail with another root key, and tells how many they are. One that cannot be
// opened stops it. How much was mailed to whom in the last hour is counted anew, since an address stands there as a value that the root
// key makes.
func Rewrap(ctx context.Context, tx *db.Tx, from, to key.Root) (int, error) {
	before, err := newVault(from)
	if err != nil {
		return 0, err
	}
	after, err := newVault(to)
	if err != nil {
		return 0, err
	}
	again := func(place, sealed string) (string, error) {
		plain, err := before.open(place, sealed)
		if err != nil {
			return "", err
		}
		return after.seal(place, plain)
	}
	settings, err := sealedSettings(ctx, tx)
	if err != nil {
		return 0, fmt.Errorf("read mail settings: %w", err)
	}
	for _, r := range settings {
		if r.sealed, err = again(settingPlace(r.organisation), r.sealed); err == nil {
			_, err = tx.Exec(ctx, `UPDATE mail_setting SET password = $1 WHERE organisation_id = $2`, r.sealed, r.organisation)
		}
		if err != nil {
			return 0, fmt.Errorf("encrypt the mail password of %s anew: %w", r.organisation, err)
		}
	}
	waiting, err := sealedMail(ctx, tx)
	if err != nil {
		return 0, fmt.Errorf("read waiting mail: %w", err)
	}
	for _, r := range waiting {
		if r.sealed, err = again(contentPlace(r.organisation, r.id), r.sealed); err == nil {
			_, err = tx.Exec(ctx, `UPDATE mail_message SET content = $1 WHERE organisation_id = $2 AND id = $3`, r.sealed, r.organisation, r.id)
		}
		if err != nil {
			return 0, fmt.Errorf("encrypt waiting mail %s anew: %w", r.id, err)
		}
	}
	return len(settings) + len(waiting), nil
}

// sealedRow is something encrypted of an organisation.
type sealedRow struct {
	organisation access.OrganisationID
	id           ids.ID[Outgoing]
	sealed       string
}

func sealedSettings(ctx context.Context, tx *db.Tx) ([]sealedRow, error) {
	return db.All(ctx, tx, func(scan func(...any) error) (sealedRow, error) {
		var r sealedRow
		return r, scan(&r.organisation, &r.sealed)
	}, `SELECT organisation_id, password FROM mail_setting WHERE organisation_id <> '' AND password <> '' ORDER BY organisation_id`)
}

func sealedMail(ctx context.Context, tx *db.Tx) ([]sealedRow, error) {
	return db.All(ctx, tx, func(scan func(...any) error) (sealedRow, error) {
		var r sealedRow
		return r, scan(&r.organisation, &r.id, &r.sealed)
	}, `SELECT organisation_id, id, content FROM mail_message WHERE organisation_id <> '' AND content <> '' ORDER BY organisation_id, id`)
}
