// SPDX-License-Identifier: EUPL-1.2

package procurement

import (
	"context"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/auth/link"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
)

// InventDeadline lets the last day to answer pass at once for a tender of the example, whose answers nobody waits for. The use cases of a real
// tender can not.
func InventDeadline(ctx context.Context, s *Service, actor access.Actor, of ids.ID[Purchase]) error {
	return s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		if err := endTender(ctx, tx, of); err != nil {
			return err
		}
		return audit.Append(ctx, tx, actor, audit.Entry{Action: "procurement.InventDeadline", ObjectKind: "purchase", ObjectID: of.String()})
	})
}

// ClearLinks takes away the links of what has been taken away; one that something else goes on from stays. It runs inside the caller's use case.
func ClearLinks(ctx context.Context, tx *db.Tx, org access.OrganisationID, list []ids.ID[link.Link]) error {
	var idle []ids.ID[link.Link]
	for _, id := range list {
		held, err := linked(ctx, tx, org, id)
		if err != nil {
			return err
		}
		if !held {
			idle = append(idle, id)
		}
	}
	return link.Clear(ctx, tx, org, idle)
}
