// SPDX-License-Identifier: EUPL-1.2

package system

import (
	"context"

	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
)

// Held tells which of some systems a statement of a later slice lists, so that what has been said of them is not lost with them.
func Held(ctx context.Context, tx *db.Tx, systems []ids.ID[System], statement string, args ...any) (map[ids.ID[System]]bool, error) {
	listed, err := db.All(ctx, tx, func(scan func(...any) error) (ids.ID[System], error) {
		var id ids.ID[System]
		return id, scan(&id)
	}, statement, args...)
	if err != nil {
		return nil, err
	}
	asked := make(map[ids.ID[System]]bool, len(systems))
	for _, id := range systems {
		asked[id] = true
	}
	out := make(map[ids.ID[System]]bool, len(listed))
	for _, id := range listed {
		if asked[id] {
			out[id] = true
		}
	}
	return out, nil
}
