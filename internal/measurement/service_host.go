// SPDX-License-Identifier: EUPL-1.2

package measurement

import (
	"context"
	"fmt"

	"github.com/insegel/insegel/internal/db"
)

// Hosts belong to no organisation: two that have the same one measured share its day. Which organisation has what measured is not in the table.

// claim keeps a host for one measurement, which counts as so many connections, or says that manners forbid it now.
func (s *Service) claim(ctx context.Context, host string, connections int) error {
	err := s.DB.Write(ctx, db.Installation, func(tx *db.Tx) error { return claim(ctx, tx, host, connections) })
	if err != nil {
		return fmt.Errorf("keep host: %w", err)
	}
	return nil
}

// release lets a host go, for a day when it asked for a pause.
func (s *Service) release(ctx context.Context, host string, paused bool) error {
	err := s.DB.Write(ctx, db.Installation, func(tx *db.Tx) error { return release(ctx, tx, host, paused) })
	if err != nil {
		return fmt.Errorf("let host go: %w", err)
	}
	return nil
}

// hosts tells how the day of each host that is measured has been.
func (s *Service) hosts(ctx context.Context) (out map[string]hostDay, err error) {
	err = s.DB.Read(ctx, db.Installation, func(tx *db.Tx) (err error) {
		out, err = hostDays(ctx, tx)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read hosts of the day: %w", err)
	}
	return out, nil
}
