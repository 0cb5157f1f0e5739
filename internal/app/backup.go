// SPDX-License-Identifier: EUPL-1.2

package app

import (
	"context"
	"fmt"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/db"
)

// DeclareRestored notes in every log that the database was put back from a backup, and from which size the log goes on.
func DeclareRestored(ctx context.Context, d *db.DB, why string) error {
	orgs, err := organisations(ctx, d)
	if err != nil {
		return err
	}
	for _, org := range append(orgs, db.Installation) {
		err := d.Write(ctx, org, func(tx *db.Tx) error {
			h, err := audit.HeadOf(ctx, tx, org)
			if err != nil {
				return err
			}
			return audit.Append(ctx, tx, access.SystemActor(org), audit.Entry{
				Action: "backup.Restore", ObjectKind: "log", ObjectID: org.String(), Why: why, Data: map[string]any{"from_size": h.Size},
			})
		})
		if err != nil {
			return fmt.Errorf("declare that a backup was put back: %w", err)
		}
	}
	return nil
}
