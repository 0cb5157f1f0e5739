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
		err := scan(&id, &d.Requirement, &d.Kind, &d.Ref, &d.Name)
		out[id] = append(out[id], d)
		return struct{}{}, err
	}, `SELECT system_id, requirement_id, kind, ref, name FROM requirement_demand WHERE organisation_id = $1 AND `+where+` ORDER BY created_at, ref, requirement_id`, args...)
	if err != nil {
		return nil, fmt.Errorf("read what is demanded: %w", err)
	}
	return out, nil
}

// SetDemands replaces what one reason demands of a system. It runs inside the use case of the slice that has the reason.
func SetDemands(ctx context.Context, tx *db.Tx, org access.OrganisationID, id ids.ID[system.System], reason Demand, requirements []string) error {
	_, err := tx.Exec(ctx, `DELETE FROM requirement_demand WHERE organisation_id = $1 AND system_id = $2 AND kind = $3 AND ref = $4`, org, id, reason.Kind, reason.Ref)
	if err != nil {
		return fmt.Errorf("replace what is demanded: %w", err)
	}
	rows := make([][]any, len(requirements))
	for i, r := range requirements {
		rows[i] = []any{org, id, r, reason.Kind, reason.Ref, reason.Name, db.Millis(tx.Now)}
	}
	err = tx.Insert(ctx, `INSERT INTO requirement_demand (organisation_id, system_id, requirement_id, kind, ref, name, created_at) VALUES`, `ON CONFLICT DO NOTHING`, rows)
	if err != nil {
		return fmt.Errorf("save what is demanded: %w", err)
	}
	return nil
}
