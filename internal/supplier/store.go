// SPDX-License-Identifier: EUPL-1.2

package supplier

import (
	"context"
	"fmt"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/locale"
)

// Ensure makes the suppliers that are missing and gives every name's id. Names that fold alike are one supplier.
func Ensure(ctx context.Context, tx *db.Tx, org access.OrganisationID, names []string) (map[string]ids.ID[Supplier], error) {
	var rows [][]any
	seen := map[string]bool{"": true}
	for _, n := range names {
		if f := locale.Fold(n); !seen[f] {
			seen[f] = true
			rows = append(rows, []any{ids.New[Supplier](), org, n, f, db.Millis(tx.Now)})
		}
	}
	err := tx.Insert(ctx, `INSERT INTO supplier (id, organisation_id, name, folded, created_at) VALUES`,
		`ON CONFLICT (organisation_id, folded) DO NOTHING`, rows)
	if err != nil {
		return nil, fmt.Errorf("save suppliers: %w", err)
	}
	type pair struct {
		folded string
		id     ids.ID[Supplier]
	}
	all, err := db.All(ctx, tx, func(scan func(...any) error) (pair, error) {
		var p pair
		return p, scan(&p.folded, &p.id)
	}, `SELECT folded, id FROM supplier WHERE organisation_id = $1`, org)
	if err != nil {
		return nil, fmt.Errorf("read suppliers: %w", err)
	}
	byFolded := make(map[string]ids.ID[Supplier], len(all))
	for _, p := range all {
		byFolded[p.folded] = p.id
	}
	out := make(map[string]ids.ID[Supplier], len(names))
	for _, n := range names {
		if id, ok := byFolded[locale.Fold(n)]; ok {
			out[n] = id
		}
	}
	return out, nil
}

// All lists the organisation's suppliers in Swedish order.
func All(ctx context.Context, tx *db.Tx, org access.OrganisationID) ([]Supplier, error) {
	out, err := db.All(ctx, tx, func(scan func(...any) error) (Supplier, error) {
		var s Supplier
		return s, scan(&s.ID, &s.Name)
	}, `SELECT id, name FROM supplier WHERE organisation_id = $1`, org)
	if err != nil {
		return nil, fmt.Errorf("read suppliers: %w", err)
	}
	locale.Sort(out, func(s Supplier) string { return s.Name })
	return out, nil
}
