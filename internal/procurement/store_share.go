// SPDX-License-Identifier: EUPL-1.2

package procurement

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/classification"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/supplier"
	"github.com/insegel/insegel/internal/system"
)

// consents reads who lets their answers about a system be shared.
func consents(ctx context.Context, tx *db.Tx, id ids.ID[system.System]) ([]Consent, error) {
	out, err := db.All(ctx, tx, func(scan func(...any) error) (Consent, error) {
		var c Consent
		var at int64
		err := scan(&c.Domain, &at)
		c.At = db.FromMillis(at)
		return c, err
	}, `SELECT domain, given_at FROM supplier_consent WHERE organisation_id = $1 AND system_id = $2 ORDER BY domain`, tx.Scope, id)
	if err != nil {
		return nil, fmt.Errorf("read consents to share: %w", err)
	}
	return out, nil
}

func saveConsent(ctx context.Context, tx *db.Tx, actor access.Actor, id ids.ID[system.System], domain string) error {
	_, err := tx.Exec(ctx, `INSERT INTO supplier_consent (organisation_id, system_id, domain, given_by, given_at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`,
		tx.Scope, id, domain, actor.ID, db.Millis(tx.Now))
	if err != nil {
		return fmt.Errorf("save consent to share: %w", err)
	}
	return nil
}

// endConsent takes a consent away; it tells whether there was one.
func endConsent(ctx context.Context, tx *db.Tx, id ids.ID[system.System], domain string) (bool, error) {
	n, err := tx.Exec(ctx, `DELETE FROM supplier_consent WHERE organisation_id = $1 AND system_id = $2 AND domain = $3`, tx.Scope, id, domain)
	if err != nil {
		return false, fmt.Errorf("end consent to share: %w", err)
	}
	return n > 0, nil
}

// consented is offers, without what has been answered.
func consented(ctx context.Context, tx *db.Tx) ([]offer, error) {
	list, err := db.All(ctx, tx, func(scan func(...any) error) (offer, error) {
		var o offer
		err := scan(&o.system, &o.domain, &o.number)
		o.number = supplier.CompanyNumber(o.number)
		return o, err
	}, `SELECT c.system_id, c.domain, p.number FROM supplier_consent c JOIN system s ON s.id = c.system_id AND s.organisation_id = c.organisation_id
		JOIN supplier p ON p.id = s.supplier_id AND p.organisation_id = s.organisation_id WHERE c.organisation_id = $1 ORDER BY c.system_id, c.domain`, tx.Scope)
	if err != nil {
		return nil, fmt.Errorf("read consents to share: %w", err)
	}
	return list, nil
}

// offers reads what the organisation's suppliers let others see: the latest that each has sent to each requirement of the catalogue. Of a system whose
// classification is stopped nothing is passed on.
func (s *Service) offers(ctx context.Context, tx *db.Tx) ([]offer, error) {
	list, err := consented(ctx, tx)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	systems := make([]ids.ID[system.System], len(list))
	for i := range list {
		systems[i] = list[i].system
	}
	states, err := classification.States(ctx, tx, tx.Scope, systems)
	if err != nil {
		return nil, err
	}
	var out []offer
	for i := range list {
		o := &list[i]
		state := states[o.system]
		if c := state.Effective(); o.number == "" || c != nil && c.Status == classification.Stopped {
			continue
		}
		if o.replies, err = s.sentBy(ctx, tx, o); err != nil {
			return nil, err
		}
		out = append(out, *o)
	}
	return out, nil
}

// sentBy reads the latest that a supplier has sent about a system, of what the catalogue asks.
func (s *Service) sentBy(ctx context.Context, tx *db.Tx, o *offer) ([]Reply, error) {
	list, err := db.All(ctx, tx, scanReply(ctx, tx), `SELECT `+replyColumns+`
		WHERE a.organisation_id = $1 AND q.system_id = $2 AND q.form = $3 AND q.finished_at IS NOT NULL AND a.status <> '' ORDER BY q.finished_at, q.id`, tx.Scope, o.system, ToSupplier)
	if err != nil {
		return nil, fmt.Errorf("read answers to share: %w", err)
	}
	latest := map[string]int{}
	var out []Reply
	for i := range list {
		r := &list[i]
		if _, known := s.Requirements.Engine.Catalogue.Requirement(r.Requirement); !known || domainOf(r.Who) != o.domain {
			continue
		}
		if at, ok := latest[r.Requirement]; ok {
			out[at] = *r
			continue
		}
		latest[r.Requirement] = len(out)
		out = append(out, *r)
	}
	return out, nil
}

// askedParties reads which suppliers the organisation has asked itself.
func askedParties(ctx context.Context, tx *db.Tx) (map[party]bool, error) {
	list, err := db.All(ctx, tx, func(scan func(...any) error) (party, error) {
		var p party
		err := scan(&p.domain, &p.number)
		return party{supplier.CompanyNumber(p.number), domainOf(p.domain)}, err
	}, `SELECT DISTINCT q.asked, p.number FROM supplier_request q JOIN system s ON s.id = q.system_id AND s.organisation_id = q.organisation_id
		JOIN supplier p ON p.id = s.supplier_id AND p.organisation_id = s.organisation_id WHERE q.organisation_id = $1 AND q.form = $2`, tx.Scope, ToSupplier)
	if err != nil {
		return nil, fmt.Errorf("read who has been asked: %w", err)
	}
	out := map[party]bool{}
	for _, p := range list {
		if p.number != "" {
			out[p] = true
		}
	}
	return out, nil
}

// moment is when something was; zero while it has not been.
func moment(ms sql.NullInt64) time.Time {
	if !ms.Valid {
		return time.Time{}
	}
	return db.FromMillis(ms.Int64)
}

// whenever is a moment for the database, which knows none as NULL.
func whenever(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return db.Millis(t)
}

func (s *Shared) cell(column string) db.Cell { return Sealed[10].Cell(column, s.source, s.Requirement) }

func scanShared(ctx context.Context, tx *db.Tx) func(scan func(...any) error) (Shared, error) {
	return func(scan func(...any) error) (Shared, error) {
		var s Shared
		var content, earlier string
		var received int64
		var changed, ended, paused sql.NullInt64
		err := scan(&s.source, &s.Requirement, &s.number, &s.domain, &content, &earlier, &received, &changed, &ended, &s.origin, &paused)
		if err == nil {
			content, err = tx.Open(ctx, s.cell("content"), content)
		}
		if err == nil {
			earlier, err = tx.Open(ctx, s.cell("earlier"), earlier)
		}
		if err == nil && content != "" {
			err = json.Unmarshal([]byte(content), &s.Said)
		}
		if err == nil && earlier != "" {
			err = json.Unmarshal([]byte(earlier), &s.Before)
		}
		s.received = db.FromMillis(received)
		s.Changed, s.Ended, s.Paused = moment(changed), moment(ended), moment(paused)
		return s, err
	}
}

const sharedColumns = `SELECT source, requirement_id, number, domain, content, earlier, received_at, changed_at, ended_at, origin, paused_at FROM shared_answer WHERE organisation_id = $1`

// sharedAnswers reads the copies that the organisation has of what suppliers have answered others; of one supplier when there is a number.
func sharedAnswers(ctx context.Context, tx *db.Tx, number string) ([]Shared, error) {
	query, args := sharedColumns, []any{tx.Scope}
	if number != "" {
		query, args = query+` AND number = $2`, append(args, number)
	}
	out, err := db.All(ctx, tx, scanShared(ctx, tx), query+` ORDER BY requirement_id, source`, args...)
	if err != nil {
		return nil, fmt.Errorf("read shared answers: %w", err)
	}
	return out, nil
}

// holdsShared reports whether the organisation has such copies.
func holdsShared(ctx context.Context, tx *db.Tx) (bool, error) {
	n := 0
	err := db.One(tx.QueryRow(ctx, `SELECT COUNT(*) FROM shared_answer WHERE organisation_id = $1`, tx.Scope), &n)
	if err != nil {
		return false, fmt.Errorf("count shared answers: %w", err)
	}
	return n > 0, nil
}

func saveShared(ctx context.Context, tx *db.Tx, s *Shared) error {
	sealed := map[string]string{}
	for column, said := range map[string]*Said{"content": &s.Said, "earlier": s.Before} {
		if said == nil || said.Status == "" {
			continue
		}
		b, err := json.Marshal(said)
		if err != nil {
			return err
		}
		if sealed[column], err = tx.Seal(ctx, s.cell(column), string(b)); err != nil {
			return err
		}
	}
	_, err := tx.Exec(ctx, `INSERT INTO shared_answer (organisation_id, source, requirement_id, number, domain, content, earlier, received_at, changed_at, ended_at, origin, paused_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
		ON CONFLICT (source, requirement_id) DO UPDATE SET number = excluded.number, content = excluded.content, earlier = excluded.earlier,
			received_at = excluded.received_at, changed_at = excluded.changed_at, ended_at = excluded.ended_at, origin = excluded.origin,
			paused_at = excluded.paused_at
		WHERE shared_answer.organisation_id = excluded.organisation_id`,
		tx.Scope, s.source, s.Requirement, s.number, s.domain, sealed["content"], sealed["earlier"], db.Millis(s.received), whenever(s.Changed), whenever(s.Ended), s.origin,
		whenever(s.Paused))
	if err != nil {
		return fmt.Errorf("save shared answer: %w", err)
	}
	return nil
}

// noteShared takes away that something has changed or ended with one supplier's shared answers: somebody has seen it. It tells how many there were.
func noteShared(ctx context.Context, tx *db.Tx, number string) (int64, error) {
	ended, err := tx.Exec(ctx, `DELETE FROM shared_answer WHERE organisation_id = $1 AND number = $2 AND ended_at IS NOT NULL`, tx.Scope, number)
	if err != nil {
		return 0, fmt.Errorf("note shared answers: %w", err)
	}
	changed, err := tx.Exec(ctx, `UPDATE shared_answer SET earlier = '', changed_at = NULL WHERE organisation_id = $1 AND number = $2 AND changed_at IS NOT NULL AND paused_at IS NULL`,
		tx.Scope, number)
	if err != nil {
		return 0, fmt.Errorf("note shared answers: %w", err)
	}
	return ended + changed, nil
}

// sharedFrom reads the copies that the organisation has of what one annex of another shares.
func sharedFrom(ctx context.Context, tx *db.Tx, source string) ([]Shared, error) {
	out, err := db.All(ctx, tx, scanShared(ctx, tx), sharedColumns+` AND source = $2`, tx.Scope, source)
	if err != nil {
		return nil, fmt.Errorf("read shared answers: %w", err)
	}
	return out, nil
}

// OtherAnswer is that what a system's supplier has answered others has changed or ended, and nobody has noted it.
type OtherAnswer struct {
	System           ids.ID[system.System]
	Supplier         ids.ID[supplier.Supplier]
	Slug, Name, Unit string
	// Deliverer is the supplier's name.
	Deliverer string
	UnitID    access.UnitID
	Count     int
	// Since is when the first of them came.
	Since civil.Date
}

// Differences lists the systems whose supplier was asked and has answered others otherwise since, for the list of what there is to do. It runs inside
// the use case that shows the list.
func Differences(ctx context.Context, tx *db.Tx) ([]OtherAnswer, error) {
	counts := map[string]OtherAnswer{}
	_, err := db.All(ctx, tx, func(scan func(...any) error) (struct{}, error) {
		var number string
		var d OtherAnswer
		var since int64
		err := scan(&number, &d.Count, &since)
		d.Since = civil.Of(db.FromMillis(since))
		counts[number] = d
		return struct{}{}, err
	}, `SELECT number, COUNT(*), MIN(COALESCE(ended_at, changed_at)) FROM shared_answer
		WHERE organisation_id = $1 AND (ended_at IS NOT NULL OR changed_at IS NOT NULL AND paused_at IS NULL) GROUP BY number`, tx.Scope)
	if err != nil {
		return nil, fmt.Errorf("count differences of shared answers: %w", err)
	}
	if len(counts) == 0 {
		return nil, nil
	}
	list, err := db.All(ctx, tx, func(scan func(...any) error) (OtherAnswer, error) {
		var d OtherAnswer
		var number string
		err := scan(&d.System, &d.Supplier, &d.Deliverer, &d.Slug, &d.Name, &d.UnitID, &d.Unit, &number)
		told := counts[supplier.CompanyNumber(number)]
		d.Count, d.Since = told.Count, told.Since
		return d, err
	}, `SELECT s.id, p.id, p.name, s.slug, s.name, COALESCE(s.unit_id, ''), COALESCE(u.name, ''), p.number
		FROM system s JOIN supplier p ON p.id = s.supplier_id AND p.organisation_id = s.organisation_id
		LEFT JOIN unit u ON u.id = s.unit_id AND u.organisation_id = s.organisation_id
		WHERE s.organisation_id = $1 AND p.number <> '' AND EXISTS (SELECT 1 FROM supplier_request q
			WHERE q.organisation_id = s.organisation_id AND q.system_id = s.id AND q.form = $2)
		ORDER BY s.sort_key, s.id`, tx.Scope, ToSupplier)
	if err != nil {
		return nil, fmt.Errorf("read systems with differences of shared answers: %w", err)
	}
	return slices.DeleteFunc(list, func(d OtherAnswer) bool { return d.Count == 0 }), nil
}

// companyNumber is the organisation number of a system's supplier; empty when there is none that can be matched by.
func companyNumber(ctx context.Context, tx *db.Tx, of ids.ID[supplier.Supplier]) (string, error) {
	if of == "" {
		return "", nil
	}
	x, err := supplier.Get(ctx, tx, tx.Scope, of)
	return supplier.CompanyNumber(x.Number), err
}
