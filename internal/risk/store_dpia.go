// SPDX-License-Identifier: EUPL-1.2

package risk

import (
	"context"
	"errors"
	"fmt"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/system"
)

// texts are an assessment's sealed texts, in the order of Sealed.
func (d *DPIA) texts() []*string {
	return []*string{&d.Description, &d.Necessity, &d.Risks, &d.Measures, &d.Views, &d.Opinion, &d.Decision}
}

// readDPIA reads the assessment of a system; one that has not been begun is an empty draft of version 0.
func readDPIA(ctx context.Context, tx *db.Tx, org access.OrganisationID, id ids.ID[system.System]) (DPIA, error) {
	d := DPIA{System: id, State: StateDraft}
	var opinion, decided, updated int64
	dest := []any{&d.ID, &d.State, &d.OpinionBy, &opinion, &d.Outcome, &d.DecidedBy, &decided, &d.ReviewOn, &d.Required, &d.Version, &updated}
	for _, t := range d.texts() {
		dest = append(dest, t)
	}
	err := db.One(tx.QueryRow(ctx, `SELECT id, state, opinion_by, opinion_at, outcome, decided_by, decided_at, review_on, required, version, updated_at,
		description, necessity, risks, measures, views, opinion, decision FROM dpia WHERE organisation_id = $1 AND system_id = $2`, org, id), dest...)
	if errors.Is(err, db.ErrNotFound) {
		return DPIA{System: id, State: StateDraft}, nil
	}
	if err != nil {
		return DPIA{}, fmt.Errorf("read impact assessment: %w", err)
	}
	d.OpinionAt, d.DecidedAt, d.Updated = when(opinion), when(decided), db.FromMillis(updated)
	return d, open(ctx, tx, &Sealed[1], d.ID.String(), d.texts())
}

// saveDPIA stores an assessment that was read as d.Version.
func saveDPIA(ctx context.Context, tx *db.Tx, org access.OrganisationID, d *DPIA) error {
	now := db.Millis(tx.Now)
	if d.Version == 0 {
		d.ID = ids.New[DPIA]()
		n, err := tx.Exec(ctx, `INSERT INTO dpia (id, organisation_id, system_id, state, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6)
			ON CONFLICT DO NOTHING`, d.ID, org, d.System, d.State, now, now)
		if err != nil {
			return fmt.Errorf("save impact assessment: %w", err)
		}
		if n == 0 {
			return fmt.Errorf("save impact assessment: %w", db.ErrConflict)
		}
		d.Version = 1
	}
	texts, err := sealed(ctx, tx, &Sealed[1], d.ID.String(), d.texts())
	if err != nil {
		return err
	}
	args := append([]any{
		org, d.ID, d.Version, d.State, d.OpinionBy, millis(d.OpinionAt), d.Outcome, d.DecidedBy, millis(d.DecidedAt), d.ReviewOn, d.Required, now,
	}, texts...)
	n, err := tx.Exec(ctx, `UPDATE dpia SET state = $4, opinion_by = $5, opinion_at = $6, outcome = $7, decided_by = $8, decided_at = $9, review_on = $10,
		required = $11, updated_at = $12, description = $13, necessity = $14, risks = $15, measures = $16, views = $17, opinion = $18, decision = $19,
		version = version + 1 WHERE organisation_id = $1 AND id = $2 AND version = $3`, args...)
	if err != nil {
		return fmt.Errorf("save impact assessment: %w", err)
	}
	if n == 0 {
		return fmt.Errorf("save impact assessment: %w", db.ErrConflict)
	}
	d.Version++
	return nil
}

// answered reads what people have answered about when an assessment is required, with their reasons.
func answered(ctx context.Context, tx *db.Tx, org access.OrganisationID, id ids.ID[system.System]) (map[string]Answer, map[string]string, error) {
	answers, reasons := map[string]Answer{}, map[string]string{}
	_, err := db.All(ctx, tx, func(scan func(...any) error) (struct{}, error) {
		var rule, reason string
		var a Answer
		err := scan(&rule, &a, &reason)
		if err == nil {
			reason, err = tx.Open(ctx, Sealed[2].Cell("reason", id.String(), rule), reason)
		}
		answers[rule], reasons[rule] = a, reason
		return struct{}{}, err
	}, `SELECT rule, answer, reason FROM dpia_answer WHERE organisation_id = $1 AND system_id = $2`, org, id)
	if err != nil {
		return nil, nil, fmt.Errorf("read answers of screening: %w", err)
	}
	return answers, reasons, nil
}

// saveAnswered replaces what people have answered.
func saveAnswered(ctx context.Context, tx *db.Tx, org access.OrganisationID, id ids.ID[system.System], k *Known) error {
	if _, err := tx.Exec(ctx, `DELETE FROM dpia_answer WHERE organisation_id = $1 AND system_id = $2`, org, id); err != nil {
		return fmt.Errorf("replace answers of screening: %w", err)
	}
	var rows [][]any
	for rule, a := range k.Answers {
		reason, err := tx.Seal(ctx, Sealed[2].Cell("reason", id.String(), rule), k.Reasons[rule])
		if err != nil {
			return err
		}
		rows = append(rows, []any{org, id, rule, string(a), reason})
	}
	if err := tx.Insert(ctx, `INSERT INTO dpia_answer (organisation_id, system_id, rule, answer, reason) VALUES`, ``, rows); err != nil {
		return fmt.Errorf("save answers of screening: %w", err)
	}
	return nil
}

// Pending is an impact assessment that waits for somebody, or that is to be looked at again.
type Pending struct {
	System           ids.ID[system.System]
	Slug, Name, Unit string
	UnitID           access.UnitID
	State            string
	// ReviewOn is when one that has been decided is to be looked at again; zero for the others.
	ReviewOn civil.Date
}

// PendingUntil lists the impact assessments that wait for an opinion or a decision, and those that are to be looked at again no later than a day,
// within reach. Of systems whose classification was stopped nothing is told.
func PendingUntil(ctx context.Context, tx *db.Tx, reach access.Reach, day civil.Date) ([]Pending, error) {
	args, where := []any{tx.Scope, day}, `1 = 1`
	if !reach.All {
		where, args = system.InReach(reach, "s.unit_id", args)
	}
	out, err := db.All(ctx, tx, func(scan func(...any) error) (Pending, error) {
		var x Pending
		err := scan(&x.System, &x.Slug, &x.Name, &x.Unit, &x.UnitID, &x.State, &x.ReviewOn)
		if x.State != StateDecided {
			x.ReviewOn = civil.Date{}
		}
		return x, err
	}, `SELECT s.id, s.slug, s.name, COALESCE(u.name, ''), COALESCE(s.unit_id, ''), r.state, r.review_on FROM dpia r
		JOIN system s ON s.id = r.system_id AND s.organisation_id = r.organisation_id
		LEFT JOIN unit u ON u.id = s.unit_id AND u.organisation_id = s.organisation_id
		WHERE r.organisation_id = $1 AND (r.state IN ('opinion', 'decision') OR r.state = 'decided' AND r.review_on <> '' AND r.review_on <= $2)
			AND `+where+` AND `+notStopped+` ORDER BY r.review_on, s.sort_key, s.id`, args...)
	if err != nil {
		return nil, fmt.Errorf("read impact assessments that wait: %w", err)
	}
	return out, nil
}

// Reviews gives the days on which decided assessments are to be looked over, by system.
func Reviews(ctx context.Context, tx *db.Tx, org access.OrganisationID) (map[ids.ID[system.System]]civil.Date, error) {
	out := map[ids.ID[system.System]]civil.Date{}
	_, err := db.All(ctx, tx, func(scan func(...any) error) (struct{}, error) {
		var id ids.ID[system.System]
		var on civil.Date
		err := scan(&id, &on)
		out[id] = on
		return struct{}{}, err
	}, `SELECT system_id, review_on FROM dpia WHERE organisation_id = $1 AND state = $2 AND review_on <> ''`, org, StateDecided)
	if err != nil {
		return nil, fmt.Errorf("read when impact assessments are to be looked over: %w", err)
	}
	return out, nil
}
