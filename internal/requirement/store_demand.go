// SPDX-License-Identifier: EUPL-1.2

package requirement

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/system"
)

// demands reads what some systems are to meet for other reasons than law and classification (all of the organisation's when there are many).
func demands(ctx context.Context, tx *db.Tx, org access.OrganisationID, systems []ids.ID[system.System]) (map[ids.ID[system.System]][]Demand, error) {
	where, args := `1 = 1`, []any{org}
	if len(systems) <= fewSystems {
		marks := []string{"''"}
		for i, id := range systems {
			args = append(args, id)
			marks = append(marks, "$"+strconv.Itoa(i+2))
		}
		where += ` AND system_id IN (` + strings.Join(marks, ", ") + `)`
	}
	out := map[ids.ID[system.System]][]Demand{}
	_, err := db.All(ctx, tx, func(scan func(...any) error) (struct{}, error) {
		var id ids.ID[system.System]
		var d Demand
		err := scan(&id, &d.Requirement, &d.Kind, &d.Ref, &d.Name, &d.Text, &d.Topic, &d.Version)
		if err == nil {
			d.Text, err = tx.Open(ctx, demandCell(id, &d), d.Text)
		}
		out[id] = append(out[id], d)
		return struct{}{}, err
	}, `SELECT system_id, requirement_id, kind, ref, name, text, topic, version FROM requirement_demand WHERE organisation_id = $1 AND `+where+` ORDER BY created_at, ref, requirement_id`, args...)
	if err != nil {
		return nil, fmt.Errorf("read what is demanded: %w", err)
	}
	return out, nil
}

// SetDemands replaces what one reason demands of a system. It runs inside the use case of the slice that has the reason.
// What it demands has the reason's kind, ref and name, whatever it says itself.
func SetDemands(ctx context.Context, tx *db.Tx, org access.OrganisationID, id ids.ID[system.System], reason Demand, demanded []Demand) error {
	_, err := tx.Exec(ctx, `DELETE FROM requirement_demand WHERE organisation_id = $1 AND system_id = $2 AND kind = $3 AND ref = $4`, org, id, reason.Kind, reason.Ref)
	if err != nil {
		return fmt.Errorf("replace what is demanded: %w", err)
	}
	rows := make([][]any, len(demanded))
	for i := range demanded {
		d := demanded[i]
		d.Kind, d.Ref = reason.Kind, reason.Ref
		text, err := tx.Seal(ctx, demandCell(id, &d), d.Text)
		if err != nil {
			return err
		}
		rows[i] = []any{org, id, d.Requirement, d.Kind, d.Ref, reason.Name, text, d.Topic, max(1, d.Version), db.Millis(tx.Now)}
	}
	err = tx.Insert(ctx, `INSERT INTO requirement_demand (organisation_id, system_id, requirement_id, kind, ref, name, text, topic, version, created_at) VALUES`, `ON CONFLICT DO NOTHING`, rows)
	if err != nil {
		return fmt.Errorf("save what is demanded: %w", err)
	}
	return nil
}

func demandCell(id ids.ID[system.System], d *Demand) db.Cell {
	return Sealed[1].Cell("text", id.String(), d.Requirement, d.Kind, d.Ref)
}

// OwnTexts reads what the organisation's own requirements say, by their ids, for lists of what is done about requirements.
func OwnTexts(ctx context.Context, tx *db.Tx, org access.OrganisationID) (map[string]string, error) {
	out := map[string]string{}
	_, err := db.All(ctx, tx, func(scan func(...any) error) (struct{}, error) {
		var id ids.ID[system.System]
		var d Demand
		err := scan(&id, &d.Requirement, &d.Kind, &d.Ref, &d.Text)
		if err == nil {
			out[d.Requirement], err = tx.Open(ctx, demandCell(id, &d), d.Text)
		}
		return struct{}{}, err
	}, `SELECT system_id, requirement_id, kind, ref, text FROM requirement_demand WHERE organisation_id = $1 AND text <> ''`, org)
	if err != nil {
		return nil, fmt.Errorf("read own requirements: %w", err)
	}
	return out, nil
}

// OwnPlace tells which system a requirement of the organisation's own is demanded of, and for which reason.
func OwnPlace(ctx context.Context, tx *db.Tx, org access.OrganisationID, id string) (sys ids.ID[system.System], ref string, err error) {
	err = db.One(tx.QueryRow(ctx, `SELECT system_id, ref FROM requirement_demand WHERE organisation_id = $1 AND requirement_id = $2 AND text <> ''`, org, id), &sys, &ref)
	if err != nil {
		return "", "", fmt.Errorf("own requirement %q: %w", id, err)
	}
	return sys, ref, nil
}
