// SPDX-License-Identifier: EUPL-1.2

package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/insegel/insegel/internal/action"
	"github.com/insegel/insegel/internal/alarm"
	"github.com/insegel/insegel/internal/approval"
	"github.com/insegel/insegel/internal/auth/link"
	"github.com/insegel/insegel/internal/campaign"
	"github.com/insegel/insegel/internal/classification"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/evidence"
	"github.com/insegel/insegel/internal/finding"
	"github.com/insegel/insegel/internal/incident"
	"github.com/insegel/insegel/internal/information"
	"github.com/insegel/insegel/internal/key"
	"github.com/insegel/insegel/internal/measurement"
	"github.com/insegel/insegel/internal/organisation"
	"github.com/insegel/insegel/internal/processing"
	"github.com/insegel/insegel/internal/procurement"
	"github.com/insegel/insegel/internal/register"
	"github.com/insegel/insegel/internal/requirement"
	"github.com/insegel/insegel/internal/risk"
	"github.com/insegel/insegel/internal/seal"
	"github.com/insegel/insegel/internal/supplier"
	"github.com/insegel/insegel/internal/system"
	"github.com/insegel/insegel/internal/web"
	"github.com/insegel/insegel/internal/webhook"
	"github.com/insegel/insegel/internal/workshop"
)

var (
	// ErrKey says that the key does not belong to the database.
	ErrKey = errors.New("the key file is not the one that the database was made with")
	// ErrKeys says that the file of organisations' keys does not belong to the database, or is older than it.
	ErrKeys = errors.New("the file of organisations' keys is not the one that the database was used with last")
)

// credential is the name that the root key has among systemd's credentials.
const credential = "insegel-key"

// sealed are all the tables that hold encrypted texts.
var sealed = slices.Concat(information.Sealed, system.Sealed, classification.Sealed, link.Sealed, register.Sealed, requirement.Sealed, action.Sealed, procurement.Sealed,
	alarm.Sealed, approval.Sealed, organisation.Sealed, processing.Sealed, supplier.Sealed, evidence.Sealed, measurement.Sealed, finding.Sealed,
	incident.Sealed, campaign.Sealed, risk.Sealed, web.Sealed, webhook.Sealed, workshop.Sealed)

// openKeys finds the root key and the organisations' keys, gives them to the database, and encrypts what still stands in plain text.
// Nothing is changed when a key is missing or wrong.
func (a *App) openKeys(ctx context.Context, o Options) error {
	var err error
	if a.Key, err = openKey(ctx, a.DB, o); err != nil {
		return err
	}
	a.keyFile = keyPath(a.DB, o)
	path := o.KeysFile
	if path == "" && a.DB.Engine == db.SQLite {
		path = a.DB.Path + ".keys"
	}
	if path == "" || a.Key.IsZero() {
		return nil // PostgreSQL without keys: the server asks for them, and every encrypted text is refused
	}
	a.keysFile = path
	if a.Ring, err = openRing(ctx, a.DB, path, a.Key); err != nil {
		return fmt.Errorf("open the organisations' keys: %w", err)
	}
	a.DB.Sealer = a.Ring
	if err := noteDatabase(ctx, a.DB, databaseCheck(o.Database, a.Key)); err != nil {
		return err
	}
	return sealPlain(ctx, a.DB)
}

// keyPath is where the root key is looked for; empty is nowhere.
func keyPath(d *db.DB, o Options) string {
	if o.KeyFile != "" {
		return o.KeyFile
	}
	if dir := os.Getenv("CREDENTIALS_DIRECTORY"); dir != "" {
		if path := filepath.Join(dir, credential); exists(path) {
			return path
		}
	}
	if d.Engine == db.SQLite {
		return d.Path + ".key"
	}
	return ""
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// openKey finds the root key. A new SQLite database without one gets a file of its own beside it; a database that has been used
// with a key never starts with another.
func openKey(ctx context.Context, d *db.DB, o Options) (key.Root, error) {
	path := keyPath(d, o)
	if path == "" {
		return key.Root{}, nil // PostgreSQL without a key: the server asks for one, a one-off command does not need it
	}
	root, err := key.Load(path)
	if errors.Is(err, key.ErrMissing) && d.Engine == db.SQLite && o.KeyFile == "" {
		used, e := keyCheck(ctx, d)
		if e != nil {
			return key.Root{}, e
		}
		if used != "" {
			return key.Root{}, fmt.Errorf("%w: put %s back from its backup", err, path)
		}
		if root, err = key.Create(path); err == nil {
			o.warn("A new key was made in " + path + ". Keep a copy of it apart from the database: without it, what it protects is lost.")
		}
	}
	if err != nil {
		return key.Root{}, fmt.Errorf("open key: %w", err)
	}
	used, err := keyCheck(ctx, d)
	if err != nil {
		return key.Root{}, err
	}
	if next, ok := findRoot(path, used); ok && used != root.Check() {
		if err := seal.Swap(path, seal.OldName(path, root.Check())); err != nil {
			return key.Root{}, fmt.Errorf("finish the change of root key: %w", err)
		}
		root = next
		o.warn("A change of root key that was cut short was finished. The old key is kept in a file beside the new.")
	}
	return root, bindKey(ctx, d, root)
}

func (o Options) warn(sentence string) {
	if o.Warn != nil {
		o.Warn(sentence)
	}
}

// bindKey notes in the database which key it is used with, the first time, and refuses another one after that.
func bindKey(ctx context.Context, d *db.DB, root key.Root) error {
	has, err := keyCheck(ctx, d)
	if err != nil {
		return err
	}
	if has == "" {
		return saveKeyCheck(ctx, d, root.Check())
	}
	if has != root.Check() {
		return fmt.Errorf("open key: %w: give the right one with --key-file, nothing was changed", ErrKey)
	}
	return nil
}

// openRing opens the file of organisations' keys, or makes it for a database that has been used with none. A file that lacks a key
// which the database uses is refused: it is an old copy, and a new key in its place would leave texts that nobody can read.
func openRing(ctx context.Context, d *db.DB, path string, root key.Root) (*seal.Ring, error) {
	used, err := ringOf(ctx, d)
	if err != nil {
		return nil, err
	}
	ring, err := seal.Open(path, root)
	if errors.Is(err, seal.ErrRoot) && exists(path+seal.NextSuffix) {
		ring, err = seal.Promote(path, root)
	}
	if errors.Is(err, seal.ErrMissing) && used == "" {
		ring, err = seal.Create(path, root)
	}
	switch {
	case errors.Is(err, seal.ErrMissing):
		return nil, fmt.Errorf("%w: put it back from its backup, or say where it is with --keys; nothing was changed", err)
	case err != nil:
		return nil, err
	case used == "":
		if err := saveRing(ctx, d, ring.ID()); err != nil {
			return nil, err
		}
	case used != ring.ID():
		return nil, fmt.Errorf("%s: %w: give the right one with --keys, nothing was changed", path, ErrKeys)
	}
	err = seal.DropNext(path, func() (bool, error) {
		check, err := keyCheck(ctx, d)
		return check == root.Check(), err // the key that the database is used with is the one that opened the file there is
	})
	if err != nil {
		return nil, err
	}
	return ring, checkRing(ctx, d, ring, path)
}

// checkRing compares the file with what the database says of each organisation's key.
func checkRing(ctx context.Context, d *db.DB, ring *seal.Ring, path string) error {
	list, err := sealings(ctx, d)
	if err != nil {
		return err
	}
	for _, s := range list {
		state, err := ring.State(s.organisation.String())
		switch {
		case err != nil:
			return err
		case s.destroyed && !state.Destroyed:
			// An old copy of the file has been put back. What was destroyed stays so.
			if err := ring.Destroy(s.organisation.String()); err != nil {
				return err
			}
		case !s.destroyed && state.Destroyed:
			// A backup from before has been put back, or the destruction was cut short. What was destroyed stays so.
			if err := d.Write(ctx, s.organisation, func(tx *db.Tx) error { return markDestroyed(ctx, tx) }); err != nil {
				return fmt.Errorf("note that a key is destroyed: %w", err)
			}
		case !s.destroyed && state.Primary != s.key && !slices.Contains(state.Old, s.key):
			return fmt.Errorf("%s lacks key %s of organisation %s: %w: put back its latest copy, nothing was changed", path, s.key, s.organisation, ErrKeys)
		}
	}
	return nil
}

// readKeys opens the keys of a database that is only to be read, when they are there. It makes nothing.
func readKeys(ctx context.Context, d *db.DB, o Options) error {
	path, keys := keyPath(d, o), o.KeysFile
	if keys == "" && d.Engine == db.SQLite {
		keys = d.Path + ".keys"
	}
	if path == "" || keys == "" || !exists(path) || !exists(keys) {
		return nil
	}
	root, err := key.Load(path)
	if err != nil {
		return fmt.Errorf("open key: %w", err)
	}
	has, err := keyCheck(ctx, d)
	if err != nil {
		return err
	}
	if has != "" && has != root.Check() {
		// A change of root key that was cut short is finished by the next command that may write.
		next, ok := findRoot(path, has)
		if !ok {
			return fmt.Errorf("open key: %w: give the right one with --key-file", ErrKey)
		}
		root = next
	}
	ring, err := seal.Open(keys, root)
	if errors.Is(err, seal.ErrRoot) && exists(keys+seal.NextSuffix) {
		ring, err = seal.Open(keys+seal.NextSuffix, root)
	}
	if err != nil {
		return fmt.Errorf("open the organisations' keys: %w", err)
	}
	d.Sealer = ring
	return nil
}

// sealPlain encrypts what an earlier version wrote in plain text, once for each table. It may be stopped at any moment: what is left
// is encrypted at the next start, before anything is read.
func sealPlain(ctx context.Context, d *db.DB) error {
	done, err := sealedTables(ctx, d)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(sealed, func(s db.Sealed) bool { return !done[s.Table] }) {
		return nil
	}
	orgs, err := organisations(ctx, d)
	if err != nil {
		return err
	}
	changed := 0
	for i := range sealed {
		s := &sealed[i]
		if done[s.Table] {
			continue
		}
		for _, org := range orgs {
			n, err := d.SealPlain(ctx, org, s)
			if errors.Is(err, db.ErrKeyGone) { // the rest of the installation starts
				continue
			}
			if err != nil {
				return err
			}
			changed += n
		}
		if err := saveSealedTable(ctx, d, s.Table); err != nil {
			return err
		}
	}
	if changed == 0 {
		return nil
	}
	return d.Purge(ctx) // or the plain texts would lie in the file's log
}
