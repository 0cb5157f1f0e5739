// SPDX-License-Identifier: EUPL-1.2

package measurement

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/probe"
	"github.com/insegel/insegel/internal/system"
)

// Invent puts a target with a result in the example municipality, where nothing is ever measured and there is nobody to be the second
// person. It does nothing for a system that has one already.
func Invent(ctx context.Context, s *Service, actor access.Actor, t Target, rec *probe.Record) error {
	return s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		held, err := Holds(ctx, tx, actor.Organisation, []ids.ID[system.System]{t.System})
		if err != nil || held[t.System] {
			return err
		}
		t.ID, t.AskedBy, t.AskedAt, t.Expires = ids.New[Target](), actor.ID, tx.Now, civil.Of(tx.Now).AddMonths(longest)
		if err := t.check(civil.Of(tx.Now)); err != nil {
			return err
		}
		if err := insertTarget(ctx, tx, actor.Organisation, &t); err != nil {
			return err
		}
		if rec == nil {
			return nil
		}
		approver := actor
		approver.ID = "example"
		if _, err := approveTarget(ctx, tx, approver, t.ID); err != nil {
			return err
		}
		rec.Schema, rec.URL, rec.Started = probe.Schema, t.URL, tx.Now.Format(time.RFC3339)
		raw, err := json.Marshal(rec)
		if err != nil {
			return fmt.Errorf("write record: %w", err)
		}
		return s.keep(ctx, tx, actor, &t, rec, raw)
	})
}
