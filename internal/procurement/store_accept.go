// SPDX-License-Identifier: EUPL-1.2

package procurement

import (
	"context"
	"fmt"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/system"
)

// acceptKey is one answer: whose, and to what.
type acceptKey struct {
	request     ids.ID[Request]
	requirement string
}

const acceptColumns = `x.request_id, x.requirement_id, x.counts_on, x.state, x.evidence_id, x.ends_on, x.accepted_by, x.accepted_at`

func scanAcceptance(scan func(...any) error) (Acceptance, error) {
	var a Acceptance
	var at int64
	err := scan(&a.Request, &a.Requirement, &a.Counts, &a.State, &a.Record, &a.Ends, &a.By, &at)
	a.At = db.FromMillis(at)
	return a, err
}

// acceptances reads what has been accepted of a system's answers.
func acceptances(ctx context.Context, tx *db.Tx, id ids.ID[system.System]) (map[acceptKey]*Acceptance, error) {
	list, err := db.All(ctx, tx, scanAcceptance, `SELECT `+acceptColumns+` FROM supplier_acceptance x
		JOIN supplier_request q ON q.id = x.request_id AND q.organisation_id = x.organisation_id WHERE x.organisation_id = $1 AND q.system_id = $2`, tx.Scope, id)
	if err != nil {
		return nil, fmt.Errorf("read accepted answers: %w", err)
	}
	out := make(map[acceptKey]*Acceptance, len(list))
	for i := range list {
		out[acceptKey{list[i].Request, list[i].Requirement}] = &list[i]
	}
	return out, nil
}

// saveAcceptance writes that an answer is accepted, or what has become of it.
func saveAcceptance(ctx context.Context, tx *db.Tx, a *Acceptance) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO supplier_acceptance (organisation_id, request_id, requirement_id, counts_on, state, evidence_id, ends_on, accepted_by, accepted_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
		ON CONFLICT (request_id, requirement_id) DO UPDATE SET state = excluded.state, evidence_id = excluded.evidence_id
		WHERE supplier_acceptance.organisation_id = excluded.organisation_id`,
		tx.Scope, a.Request, a.Requirement, a.Counts, a.State, a.Record, a.Ends, a.By, db.Millis(a.At))
	if err != nil {
		return fmt.Errorf("save accepted answer: %w", err)
	}
	return nil
}

// due is an accepted answer whose day has come.
type due struct {
	Acceptance
	system ids.ID[system.System]
	form   Form
}

// dueAcceptances reads the accepted answers that are to count from a day, or from one before it.
func dueAcceptances(ctx context.Context, tx *db.Tx, today civil.Date) ([]due, error) {
	out, err := db.All(ctx, tx, func(scan func(...any) error) (due, error) {
		var d due
		var err error
		d.Acceptance, err = scanAcceptance(func(dest ...any) error { return scan(append(dest, &d.system, &d.form)...) })
		return d, err
	}, `SELECT `+acceptColumns+`, q.system_id, q.form FROM supplier_acceptance x JOIN supplier_request q ON q.id = x.request_id AND q.organisation_id = x.organisation_id
		WHERE x.organisation_id = $1 AND x.state = $2 AND x.counts_on <= $3 ORDER BY q.system_id, x.requirement_id`, tx.Scope, acceptWaits, today)
	if err != nil {
		return nil, fmt.Errorf("read accepted answers that begin to count: %w", err)
	}
	return out, nil
}

// Reask is a system whose supplier is to be asked again, because what was accepted ends soon or has ended.
type Reask struct {
	System     ids.ID[system.System]
	Slug, Name string
	UnitID     access.UnitID
	Unit       string
	// Count is how many answers end, and By when the first does.
	Count int
	By    civil.Date
}

// reaskDays is how long before its end an accepted answer is asked for again: as long as other attested evidence (evidence-life.yaml).
const reaskDays = 60

// Reasks lists the systems whose suppliers are to be asked again. Those that have been asked already are left out, and so is what a later
// answer has replaced.
func Reasks(ctx context.Context, tx *db.Tx, today civil.Date) ([]Reask, error) {
	type ending struct {
		Reask
		requirement string
		state       string
	}
	list, err := db.All(ctx, tx, func(scan func(...any) error) (ending, error) {
		var e ending
		return e, scan(&e.System, &e.Slug, &e.Name, &e.UnitID, &e.Unit, &e.requirement, &e.state, &e.By)
	}, `SELECT s.id, s.slug, s.name, COALESCE(s.unit_id, ''), COALESCE(u.name, ''), x.requirement_id, x.state, x.ends_on
		FROM supplier_acceptance x JOIN supplier_request q ON q.id = x.request_id AND q.organisation_id = x.organisation_id
		JOIN system s ON s.id = q.system_id AND s.organisation_id = q.organisation_id LEFT JOIN unit u ON u.id = s.unit_id AND u.organisation_id = s.organisation_id
		WHERE x.organisation_id = $1 AND s.id NOT IN (SELECT o.system_id FROM supplier_request o WHERE o.organisation_id = $1 AND o.finished_at IS NULL AND o.expires_at > $2)
		ORDER BY s.sort_key, s.id, x.accepted_at, x.request_id`, tx.Scope, db.Millis(tx.Now))
	if err != nil {
		return nil, fmt.Errorf("read which suppliers to ask again: %w", err)
	}
	type key struct {
		system      ids.ID[system.System]
		requirement string
	}
	latest := map[key]int{}
	for i := range list {
		latest[key{list[i].System, list[i].requirement}] = i
	}
	var out []Reask
	for i := range list {
		e := &list[i]
		if latest[key{e.System, e.requirement}] != i || e.state != acceptCounted || today.AddDays(reaskDays).Before(e.By) {
			continue
		}
		if n := len(out); n > 0 && out[n-1].System == e.System {
			out[n-1].Count++
			if e.By.Before(out[n-1].By) {
				out[n-1].By = e.By
			}
			continue
		}
		e.Count = 1
		out = append(out, e.Reask)
	}
	return out, nil
}
