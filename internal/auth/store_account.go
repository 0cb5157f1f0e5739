// SPDX-License-Identifier: EUPL-1.2

package auth

import (
	"context"
	"errors"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
)

// noteArrival stores the language of a sign-in and when it was, and gives when the one before was.
func noteArrival(ctx context.Context, tx *db.Tx, in *Session, lang string) (before time.Time, err error) {
	var ms int64
	err = db.One(tx.QueryRow(ctx, `SELECT signed_in_at FROM account WHERE organisation_id = $1 AND id = $2`, in.Organisation, in.Account), &ms)
	if err != nil {
		return time.Time{}, err
	}
	if ms > 0 {
		before = db.FromMillis(ms)
	}
	_, err = tx.Exec(ctx, `UPDATE account SET lang = $1, signed_in_at = $2 WHERE organisation_id = $3 AND id = $4`,
		lang, db.Millis(in.Created), in.Organisation, in.Account)
	return before, err
}

// ContactOf gives how the person of an account is told of something; no address where the account is nobody's.
func ContactOf(ctx context.Context, tx *db.Tx, org access.OrganisationID, account ids.ID[Account]) (Contact, error) {
	var c Contact
	err := db.One(tx.QueryRow(ctx, `
		SELECT p.email, c.lang, p.ended_at IS NOT NULL FROM person p JOIN account c ON c.organisation_id = p.organisation_id AND c.id = p.account_id
		WHERE p.organisation_id = $1 AND p.account_id = $2`, org, account), &c.Email, &c.Lang, &c.Ended)
	if errors.Is(err, db.ErrNotFound) {
		return Contact{}, nil
	}
	return c, err
}
