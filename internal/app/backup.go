// SPDX-License-Identifier: EUPL-1.2

package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/key"
)

// Putting is what the log needs to know of a database that is put back.
type Putting struct {
	// Root is the root key that the backup was made with.
	Root key.Root
	// Drop is where the installation's checkpoints were put; empty is nowhere.
	Drop string
	// Why stands in the log.
	Why string
}

// DeclareRestored lets every log of a database that was put back say so, and begin a new epoch. It comes before anything else is written.
func (p Putting) DeclareRestored(ctx context.Context, d *db.DB) error {
	k, err := audit.KeyOf(ctx, d, p.Root)
	if err != nil {
		return err
	}
	return audit.Restored(ctx, d, audit.Drop{Dir: p.Drop}, k.Public(), p.Why)
}

// SignRestored makes the first checkpoints of the new epochs, and puts them where the others are: from then on the new epoch is what
// every copy of the database is compared with.
func (p Putting) SignRestored(ctx context.Context, database string) error {
	d, err := db.Open(ctx, database)
	if err != nil {
		return fmt.Errorf("sign the log that was put back: %w", err)
	}
	k := audit.Keeper{DB: d, Log: slog.New(slog.DiscardHandler)}
	if k.Key, err = audit.KeyOf(ctx, d, p.Root); err == nil {
		err = k.Sign(ctx)
	}
	if err == nil && p.Drop != "" {
		k.Receivers = []audit.Receiver{audit.Drop{Dir: p.Drop}}
		k.Round(ctx)
		err = audit.CheckStart(ctx, d, audit.Drop{Dir: p.Drop}, k.Key.Public())
	}
	if err = errors.Join(err, d.Close()); err != nil {
		return fmt.Errorf("sign the log that was put back: %w", err)
	}
	return nil
}
