// SPDX-License-Identifier: EUPL-1.2

package audit

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/db"
)

// ErrRollback says that the database is older than what has been exported from it, or another, and that nobody has declared it.
var ErrRollback = errors.New("the log is not the one that was exported")

// What to do about it, in the error.
const whatToDo = "If an older copy was put back on purpose, declare it with insegel restore, which starts a new epoch of the log. " +
	"If not, stop here: somebody has changed the database. Keep both it and the exported checkpoints, and put back the right copy."

// restoration is the data of an entry that declares that a backup was put back.
type restoration struct {
	// FromSize and FromRoot are what was put back.
	FromSize int64     `json:"from_size"`
	FromRoot tlog.Hash `json:"from_root"`
	// Epoch is the one that begins with the entry.
	Epoch int64 `json:"epoch"`
	// Replaced is the last that had been exported before; nothing when nothing had.
	Replaced *lost `json:"replaced,omitempty"`
	// Gone are logs that were begun after the backup was made, and so are not in it. Only the log of the installation tells.
	Gone []lost `json:"gone,omitempty"`
}

// lost is the end of what the backup did not hold.
type lost struct {
	Name  string    `json:"log"`
	Epoch int64     `json:"epoch"`
	Size  int64     `json:"size"`
	Root  tlog.Hash `json:"root"`
}

func lostOf(e *Export) lost { return lost{e.Name, e.Epoch, e.Size, e.Root} }

// CheckStart compares the database with what has been exported from it, and refuses (ErrRollback) one that is shorter, or not the
// beginning of the same, unless an entry in the log declares exactly that.
func CheckStart(ctx context.Context, d *db.DB, drop Drop, key PublicKey) error {
	exported, err := drop.Latest(key)
	if err != nil || len(exported) == 0 {
		return err
	}
	names := make([]string, 0, len(exported))
	for name := range exported {
		names = append(names, name)
	}
	slices.Sort(names)
	return d.Read(ctx, db.Installation, func(tx *db.Tx) error {
		all, err := heads(ctx, tx)
		if err != nil {
			return fmt.Errorf("compare the log with what was exported: %w", err)
		}
		for _, name := range names {
			e := exported[name]
			i := slices.IndexFunc(all, func(h Head) bool { return h.Name == name })
			if i < 0 {
				err = checkGone(ctx, tx, &e)
			} else {
				err = checkHead(ctx, tx, &all[i], &e)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

func rollback(e *Export, format string, args ...any) error {
	return fmt.Errorf("%w: log %s: %s; epoch %d with %d entries had been exported. %s", ErrRollback, e.Name, fmt.Sprintf(format, args...), e.Epoch, e.Size, whatToDo)
}

func checkHead(ctx context.Context, tx *db.Tx, h *Head, e *Export) error {
	switch {
	case h.Epoch < e.Epoch:
		return rollback(e, "the database has epoch %d", h.Epoch)
	case h.Epoch > e.Epoch:
		return checkDeclared(ctx, tx, h, e)
	case h.Size < e.Size:
		return rollback(e, "the database has %d entries", h.Size)
	}
	root, err := Root(ctx, tx, h.Organisation, e.Size)
	if err != nil && !errors.Is(err, ErrTree) {
		return err
	}
	if err != nil || root != e.Root {
		return rollback(e, "the first %d entries of the database are others than those", e.Size)
	}
	return nil
}

// checkDeclared looks for the entry that ended the epoch that was exported, and wants it to name that very checkpoint.
func checkDeclared(ctx context.Context, tx *db.Tx, h *Head, e *Export) error {
	list, err := restorations(ctx, tx, h.Organisation)
	if err != nil {
		return err
	}
	for _, r := range list {
		if r.Replaced != nil && *r.Replaced == lostOf(e) {
			return nil
		}
	}
	return rollback(e, "the database has epoch %d, and no entry declares that it replaced this", h.Epoch)
}

// checkGone looks for a declaration that a log that is not in the database was lost.
func checkGone(ctx context.Context, tx *db.Tx, e *Export) error {
	list, err := restorations(ctx, tx, db.Installation)
	if err != nil {
		return err
	}
	for _, r := range list {
		if slices.Contains(r.Gone, lostOf(e)) {
			return nil
		}
	}
	return rollback(e, "the database does not have it")
}

func restorations(ctx context.Context, tx *db.Tx, org access.OrganisationID) ([]restoration, error) {
	const many = 10_000
	entries, err := List(ctx, tx, org, Filter{Action: ActionRestored, Limit: many})
	if err != nil {
		return nil, err
	}
	out := make([]restoration, 0, len(entries))
	for _, e := range entries {
		var in struct {
			Data restoration `json:"data"`
		}
		if json.Unmarshal([]byte(e.Record), &in) == nil {
			out = append(out, in.Data)
		}
	}
	return out, nil
}

// Restored declares that the database was put back from a backup: every log gets an entry that says from which size, and what had been
// exported before, and begins a new epoch. It is for insegel restore, before anything else is written. Nothing is exported by it: make
// checkpoints with a Keeper right after.
func Restored(ctx context.Context, d *db.DB, drop Drop, key PublicKey, why string) error {
	exported, err := drop.Latest(key)
	if err != nil {
		return err
	}
	err = d.Write(ctx, db.Installation, func(tx *db.Tx) error {
		all, err := heads(ctx, tx)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(all, func(h Head) bool { return h.Organisation == db.Installation }) {
			all = append(all, Head{Organisation: db.Installation, Epoch: 0}) // its first epoch begins now
		}
		var gone []lost
		for name, e := range exported {
			if !slices.ContainsFunc(all, func(h Head) bool { return h.Name == name }) {
				gone = append(gone, lostOf(&e))
			}
		}
		slices.SortFunc(gone, func(a, b lost) int { return compare(a.Name, b.Name) })
		for i := range all {
			h := &all[i]
			r := restoration{FromSize: h.Size, Epoch: h.Epoch + 1}
			if h.Organisation == db.Installation {
				r.Gone = gone
			}
			if e, ok := exported[h.Name]; ok {
				l := lostOf(&e)
				r.Replaced, r.Epoch = &l, max(h.Epoch, e.Epoch)+1
			}
			if err := declare(ctx, tx, h, r, why); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("declare that a backup was put back: %w", err)
	}
	return nil
}

func compare(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	default:
		return 0
	}
}

func declare(ctx context.Context, tx *db.Tx, h *Head, r restoration, why string) error {
	var err error
	if r.FromRoot, err = Root(ctx, tx, h.Organisation, h.Size); err != nil {
		return err
	}
	actor := access.SystemActor(h.Organisation)
	err = Append(ctx, tx, actor, Entry{Action: ActionRestored, ObjectKind: "log", ObjectID: h.Organisation.String(), Why: why, Data: r})
	if err != nil {
		return err
	}
	return setEpoch(ctx, tx, h.Organisation, r.Epoch)
}
