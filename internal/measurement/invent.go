// SPDX-License-Identifier: EUPL-1.2

package measurement

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/probe"
	"github.com/insegel/insegel/internal/probe/child"
)

// Invent puts a target with a result in the example municipality, where nothing is ever measured and there is nobody to be the second
// person. It does nothing for a system that has
// one of the same kind already.
func Invent(ctx context.Context, s *Service, actor access.Actor, t Target, f *child.Found) error {
	if t.Kind == "" {
		t.Kind = Login
	}
	return s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		all, err := targets(ctx, tx, actor.Organisation)
		if err != nil || slices.ContainsFunc(all, func(o Target) bool { return o.System == t.System && o.Kind == t.Kind }) {
			return err
		}
		t.ID, t.AskedBy, t.AskedAt, t.Expires = ids.New[Target](), actor.ID, tx.Now, civil.Of(tx.Now).AddMonths(longest)
		if err := t.check(civil.Of(tx.Now)); err != nil {
			return err
		}
		if err := insertTarget(ctx, tx, actor.Organisation, &t); err != nil {
			return err
		}
		if f == nil {
			return nil
		}
		approver := actor
		approver.ID = "example"
		if _, err := approveTarget(ctx, tx, approver, t.ID); err != nil {
			return err
		}
		var rec any = f.TLS
		if at := tx.Now.Format(time.RFC3339); f.TLS != nil {
			f.TLS.Schema, f.TLS.Started = probe.TLSSchema, at
		} else {
			f.Login.Schema, f.Login.URL, f.Login.Started = probe.Schema, t.URL, at
			rec = f.Login
		}
		if f.Raw, err = json.Marshal(rec); err != nil {
			return fmt.Errorf("write record: %w", err)
		}
		return s.keep(ctx, tx, actor, &t, f)
	})
}
