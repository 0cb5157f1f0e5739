// SPDX-License-Identifier: EUPL-1.2

package classification

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
)

func delegatedCell(id ids.ID[Delegation]) db.Cell { return Sealed[2].Cell("motivation", id.String()) }

func insertDelegation(ctx context.Context, tx *db.Tx, actor access.Actor, d Delegation) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO delegation (id, organisation_id, classification_id, aspect, perspective, link_id, asked, asked_by, asked_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		d.ID, tx.Scope, d.Classification, d.Aspect.String(), d.Perspective, d.Link, d.Asked, actor.ID, db.Millis(tx.Now))
	return err
}

const delegationColumns = `id, classification_id, aspect, perspective, link_id, asked, asked_at, level, motivation, answered_at`

// scanDelegation reads a row and opens what the colleague wrote.
func scanDelegation(ctx context.Context, tx *db.Tx, scan func(...any) error) (Delegation, error) {
	var d Delegation
	var aspect, motivation string
	var at int64
	var level, answered sql.NullInt64
	if err := scan(&d.ID, &d.Classification, &aspect, &d.Perspective, &d.Link, &d.Asked, &at, &level, &motivation, &answered); err != nil {
		return d, err
	}
	d.At, d.Level = db.FromMillis(at), int(level.Int64)
	if answered.Valid {
		d.Answered = db.FromMillis(answered.Int64)
	}
	var known bool
	if d.Aspect, known = catalogue.ParseAspect(aspect); !known {
		return d, ErrAspect
	}
	var err error
	d.Motivation, err = tx.Open(ctx, delegatedCell(d.ID), motivation)
	return d, err
}

func delegation(ctx context.Context, tx *db.Tx, id ids.ID[Delegation]) (Delegation, error) {
	return scanDelegation(ctx, tx, func(dest ...any) error {
		return db.One(tx.QueryRow(ctx, `SELECT `+delegationColumns+` FROM delegation WHERE organisation_id = $1 AND id = $2`, tx.Scope, id), dest...)
	})
}

// delegations lists the questions of a draft, in the order that they were asked.
func delegations(ctx context.Context, tx *db.Tx, id ids.ID[Classification]) ([]Delegation, error) {
	out, err := db.All(ctx, tx, func(scan func(...any) error) (Delegation, error) { return scanDelegation(ctx, tx, scan) },
		`SELECT `+delegationColumns+` FROM delegation WHERE organisation_id = $1 AND classification_id = $2 ORDER BY asked_at, id`, tx.Scope, id)
	if err != nil {
		return nil, fmt.Errorf("read questions to colleagues: %w", err)
	}
	return out, nil
}

func answerDelegation(ctx context.Context, tx *db.Tx, id ids.ID[Delegation], level int, motivation string) error {
	sealed, err := tx.Seal(ctx, delegatedCell(id), motivation)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `UPDATE delegation SET level = $1, motivation = $2, answered_at = $3 WHERE organisation_id = $4 AND id = $5 AND answered_at IS NULL`,
		level, sealed, db.Millis(tx.Now), tx.Scope, id)
	return err
}

func removeDelegation(ctx context.Context, tx *db.Tx, id ids.ID[Delegation]) error {
	_, err := tx.Exec(ctx, `DELETE FROM delegation WHERE organisation_id = $1 AND id = $2`, tx.Scope, id)
	return err
}

// systemOf gives the id of the system that a classification is of.
func systemOf(ctx context.Context, tx *db.Tx, id ids.ID[Classification]) (string, error) {
	var ref string
	return ref, db.One(tx.QueryRow(ctx, `SELECT system_id FROM classification WHERE organisation_id = $1 AND id = $2`, tx.Scope, id), &ref)
}

// Asked is a question that somebody has sent to a colleague, about a system whose draft still stands.
type Asked struct {
	ID         ids.ID[Delegation]
	Slug, Name string
	Aspect     catalogue.Aspect
	// To is the address with most of the name left out.
	To string
	At time.Time
	// Answered is zero while the colleague has not answered.
	Answered time.Time
}

// AskedBy lists the questions that an actor has sent and whose drafts are not decided, the latest first, with the answered ones first.
func AskedBy(ctx context.Context, tx *db.Tx, org access.OrganisationID, actor string) ([]Asked, error) {
	out, err := db.All(ctx, tx, func(scan func(...any) error) (Asked, error) {
		var a Asked
		var aspect string
		var at int64
		var answered sql.NullInt64
		if err := scan(&a.ID, &a.Slug, &a.Name, &aspect, &a.To, &at, &answered); err != nil {
			return a, err
		}
		a.At = db.FromMillis(at)
		if answered.Valid {
			a.Answered = db.FromMillis(answered.Int64)
		}
		var known bool
		if a.Aspect, known = catalogue.ParseAspect(aspect); !known {
			return a, ErrAspect
		}
		return a, nil
	}, `SELECT d.id, s.slug, s.name, d.aspect, d.asked, d.asked_at, d.answered_at FROM delegation d
		JOIN classification c ON c.id = d.classification_id AND c.organisation_id = d.organisation_id
		JOIN system s ON s.id = c.system_id AND s.organisation_id = c.organisation_id
		WHERE d.organisation_id = $1 AND d.asked_by = $2 AND c.status = 'draft'
		ORDER BY CASE WHEN d.answered_at IS NULL THEN 1 ELSE 0 END, d.asked_at DESC, d.id`, org, actor)
	if err != nil {
		return nil, fmt.Errorf("read questions that were sent: %w", err)
	}
	return out, nil
}
