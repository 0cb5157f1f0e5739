// SPDX-License-Identifier: EUPL-1.2

package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/auth/provider"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/key"
	"github.com/insegel/insegel/internal/mail"
	"github.com/insegel/insegel/internal/seal"
)

// Rotated tells what came of a change of root key.
type Rotated struct {
	// KeyFile is where the new root key is, and OldKey and OldKeys where the old files are kept.
	KeyFile, OldKey, OldKeys string
	// Secrets is how many secrets were encrypted anew, beside the organisations' keys.
	Secrets int
}

// ErrNoRoot says that there is no root key to change.
var ErrNoRoot = errors.New("the program runs without its key file, so there is no root key to change")

// RotateRoot gives the installation a new root key. Everything that the old one protects is encrypted with the new in one transaction,
// which is what decides; the files follow, and the next start finishes what is cut short. No server may run meanwhile: it would go on with
// the old key. With to empty the new key takes the place of the old file; otherwise it is made in the file to, which the next start is told.
func (a *App) RotateRoot(ctx context.Context, actor access.Actor, to string) (Rotated, error) {
	if err := access.Check(actor, "app.RotateRoot"); err != nil {
		return Rotated{}, err
	}
	if a.Key.IsZero() || a.Ring == nil || a.keyFile == "" {
		return Rotated{}, ErrNoRoot
	}
	release, err := a.alone()
	if err != nil {
		return Rotated{}, fmt.Errorf("change root key: %w", err)
	}
	defer release()
	out := Rotated{KeyFile: a.keyFile, OldKey: seal.OldName(a.keyFile, a.Key.Check()), OldKeys: seal.OldName(a.keysFile, a.Key.Check())}
	next := a.keyFile + seal.NextSuffix
	if to != "" {
		next, out.KeyFile, out.OldKey = to, to, a.keyFile
	}
	root, err := nextRoot(next)
	if err != nil {
		return Rotated{}, fmt.Errorf("change root key: %w", err)
	}
	err = a.Ring.Reroot(root, func() error { return a.commitRoot(ctx, actor, root, &out) })
	if err == nil && to == "" {
		err = seal.Swap(a.keyFile, out.OldKey)
	}
	if err != nil {
		return Rotated{}, fmt.Errorf("change root key: %w", err)
	}
	a.Key = root
	return out, nil
}

// alone keeps servers away where it can be told that there is one.
func (a *App) alone() (release func(), err error) {
	if a.DB.Engine != db.SQLite {
		return func() {}, nil
	}
	return lockForOne(a.DB.Path)
}

// nextRoot makes the new root key, or goes on with the one of an attempt that was cut short. It never overwrites one.
func nextRoot(path string) (key.Root, error) {
	root, err := key.Create(path)
	if errors.Is(err, fs.ErrExist) {
		return key.Load(path)
	}
	return root, err
}

// commitRoot encrypts anew what lies in the database, and says which root key it is used with from now on, in one transaction.
func (a *App) commitRoot(ctx context.Context, actor access.Actor, root key.Root, out *Rotated) error {
	err := a.DB.Write(ctx, db.Installation, func(tx *db.Tx) error {
		if err := moveKeyCheck(ctx, tx, a.Key.Check(), root.Check()); err != nil {
			return err
		}
		secrets, err := provider.Rewrap(ctx, tx, a.Key, root)
		if err != nil {
			return err
		}
		mails, err := mail.Rewrap(ctx, tx, a.Key, root)
		if err != nil {
			return err
		}
		out.Secrets = secrets + mails
		if err := audit.Rewrap(ctx, tx, a.Key, root); err != nil {
			return err
		}
		orgs, err := organisationsIn(ctx, tx)
		if err != nil {
			return err
		}
		for _, org := range orgs {
			who := actor
			who.Organisation = org
			if err := audit.Append(ctx, tx, who, audit.Entry{Action: "app.RotateRoot", ObjectKind: "key", ObjectID: "root"}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return a.DB.Purge(ctx) // what the old key encrypts does not stay in the file's log
}

// findRoot looks beside a key file for the root key that the database is used with: a change of it was stopped after it was decided.
func findRoot(path, check string) (key.Root, bool) {
	root, err := key.Load(path + seal.NextSuffix)
	return root, err == nil && root.Check() == check
}
