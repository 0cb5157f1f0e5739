// SPDX-License-Identifier: EUPL-1.2

package backup

import (
	"archive/tar"
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"filippo.io/age"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/job"
	"github.com/insegel/insegel/internal/key"
	"github.com/insegel/insegel/internal/schema"
	"github.com/insegel/insegel/internal/seal"
)

// Limits on what is read from a file that nobody has vouched for yet.
const (
	maxPart     = 256 << 20 // a part is about a megabyte; one very large row may make it more
	maxManifest = 16 << 20
)

// batchRows is how many rows one statement inserts at most.
const batchRows = 200

// ParseIdentities reads who can open a backup: age's secret keys, one a line.
func ParseIdentities(text string) ([]age.Identity, error) {
	ids, err := age.ParseIdentities(strings.NewReader(text))
	if err != nil {
		return nil, fmt.Errorf("read identity: it must be a secret key of age, AGE-SECRET-KEY-...: %w", err)
	}
	return ids, nil
}

// reader takes the parts of a backup as they come.
type reader struct {
	rows     func(table string, lines []byte) error
	manifest []byte
	sig      string
	hashes   map[string]hash.Hash
	counts   map[string]int64
}

// open reads a file through to its end, gives each part of rows to use, and the manifest when its signature and every table's hash
// are right.
func open(file string, ids []age.Identity, root key.Root, use func(table string, lines []byte) error) (*Manifest, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("open backup: %w", err)
	}
	defer func() { _ = f.Close() }() // it is only read
	plain, err := age.Decrypt(bufio.NewReaderSize(f, chunk), ids...)
	if err != nil {
		return nil, fmt.Errorf("open backup: %w: no identity that was given opens it, or it is damaged", err)
	}
	z, err := gzip.NewReader(plain)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrBroken, err)
	}
	r := &reader{rows: use, hashes: map[string]hash.Hash{}, counts: map[string]int64{}}
	if err := r.read(tar.NewReader(z)); err != nil {
		return nil, err
	}
	if _, err := io.Copy(io.Discard, z); err != nil { // to the very end, where age and gzip tell whether all came
		return nil, fmt.Errorf("%w: %w", ErrBroken, err)
	}
	return r.verified(root)
}

func (r *reader) read(a *tar.Reader) error {
	for {
		h, err := a.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%w: %w", ErrBroken, err)
		}
		if err := r.part(h, a); err != nil {
			return err
		}
	}
}

func (r *reader) part(h *tar.Header, a io.Reader) error {
	limit := int64(maxPart)
	if !strings.HasPrefix(h.Name, "rows/") {
		limit = maxManifest
	}
	if h.Typeflag != tar.TypeReg || h.Size > limit || h.Size < 0 {
		return fmt.Errorf("%w: part %.60q", ErrBroken, h.Name)
	}
	b, err := io.ReadAll(a)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrBroken, err)
	}
	switch {
	case h.Name == "manifest.json" && r.manifest == nil:
		r.manifest = b
	case h.Name == "manifest.sig" && r.sig == "":
		r.sig = string(b)
	case strings.HasPrefix(h.Name, "rows/") && r.manifest == nil:
		return r.table(strings.TrimPrefix(h.Name, "rows/"), b)
	default:
		return fmt.Errorf("%w: part %.60q", ErrBroken, h.Name)
	}
	return nil
}

func (r *reader) table(name string, b []byte) error {
	if !named().MatchString(name) || len(b) == 0 || b[len(b)-1] != '\n' {
		return fmt.Errorf("%w: rows of %.60q", ErrBroken, name)
	}
	if r.hashes[name] == nil {
		r.hashes[name] = sha256.New()
	}
	r.hashes[name].Write(b)
	r.counts[name] += int64(bytes.Count(b, []byte{'\n'}))
	return r.rows(name, b)
}

// verified gives the manifest when it is signed and everything that it tells of is there.
func (r *reader) verified(root key.Root) (*Manifest, error) {
	if r.manifest == nil {
		return nil, fmt.Errorf("%w: it has no manifest, so it was cut short", ErrBroken)
	}
	if err := verify(root, r.manifest, r.sig); err != nil {
		return nil, err
	}
	m, err := ParseManifest(r.manifest)
	if err != nil {
		return nil, err
	}
	for name := range r.hashes {
		if m.table(name) == nil {
			return nil, fmt.Errorf("%w: the manifest does not tell of %s", ErrBroken, name)
		}
	}
	for i := range m.Tables {
		t := &m.Tables[i]
		h := r.hashes[t.Name]
		if h == nil {
			h = sha256.New()
		}
		if r.counts[t.Name] != t.Rows || hex.EncodeToString(h.Sum(nil)) != t.SHA256 {
			return nil, fmt.Errorf("%w: the rows of %s are not those that the manifest tells of", ErrBroken, t.Name)
		}
	}
	return m, nil
}

// Check reads a whole backup and verifies it, and puts nothing back.
func Check(file string, ids []age.Identity, root key.Root) (*Manifest, error) {
	m, err := open(file, ids, root, func(string, []byte) error { return nil })
	if err != nil {
		return nil, fmt.Errorf("check %s: %w", file, err)
	}
	return m, nil
}

// Restoring says what is put back, and where.
type Restoring struct {
	File       string
	Identities []age.Identity
	// Root is the root key that the backup was made with.
	Root key.Root
	// Database is the address to put it back to. A SQLite file must not be there; a PostgreSQL database must have no organisations.
	Database string
	// OverEmpty allows a database that is there and holds no organisation.
	OverEmpty bool
	// KeysBackup is the file of keys that belongs to the backup, empty when the one at Keys is to be used. Keys is where the keys are to lie.
	KeysBackup, Keys string
	// Declare notes in the logs of what has been put back that it has been; it may be nil, for a drill.
	Declare func(ctx context.Context, d *db.DB, m *Manifest) error
}

// Restored is what was put back.
type Restored struct {
	Manifest *Manifest
	// Began is when; Took how long until everything was verified.
	Took time.Duration
}

// Restore puts a backup back: it is verified whole first, then written, and then its pages, references, counts, log trees and keys are
// checked. A SQLite database is made aside and put in its place last, so it is there whole or not at all.
func Restore(ctx context.Context, r Restoring) (*Restored, error) {
	m, err := Check(r.File, r.Identities, r.Root)
	if err != nil {
		return nil, err
	}
	if m.Root != r.Root.Check() {
		return nil, ErrSignature
	}
	if newest := schema.Newest(); m.Schema > newest {
		return nil, fmt.Errorf("%w: it has schema %d, this program %d", ErrNewer, m.Schema, newest)
	}
	path, file := strings.CutPrefix(r.Database, "sqlite:")
	if !file {
		return r.intoServer(ctx, m)
	}
	return r.intoFile(ctx, m, path)
}

// asidePattern is what the directory that a SQLite database is made in begins with.
const asidePattern = ".insegel-restore-*"

// intoFile makes a SQLite database aside and puts it in its place when everything is right. Until then what is there stays there.
func (r *Restoring) intoFile(ctx context.Context, m *Manifest, path string) (*Restored, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("find the database: %w", err)
	}
	if _, err := r.free(ctx, path); err != nil {
		return nil, err
	}
	if r.Keys == "" {
		r.Keys = path + ".keys"
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("make the database's directory: %w", err)
	}
	if err := removeLeft(filepath.Join(filepath.Dir(path), asidePattern)); err != nil {
		return nil, fmt.Errorf("restore: %w", err)
	}
	dir, err := os.MkdirTemp(filepath.Dir(path), asidePattern)
	if err != nil {
		return nil, fmt.Errorf("make a place to restore in: %w", err)
	}
	defer hold(dir)()
	aside := filepath.Join(dir, "restore.db")
	out, err := r.fill(ctx, m, "sqlite:"+aside)
	if err == nil {
		err = r.place(ctx, aside, path)
	}
	if err = errors.Join(err, os.RemoveAll(dir)); err != nil {
		return nil, fmt.Errorf("restore: %w", err)
	}
	return out, nil
}

// free makes sure that nothing is lost by putting a file at path, and tells whether a database without organisations is there.
func (r *Restoring) free(ctx context.Context, path string) (empty bool, err error) {
	if _, err := os.Lstat(path); errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	if !r.OverEmpty {
		return false, fmt.Errorf("restore to %s: %w: choose another place, or move it away", path, ErrNotEmpty)
	}
	d, err := db.Open(ctx, "sqlite:"+path)
	if err != nil {
		return false, fmt.Errorf("restore to %s: %w: it cannot be opened, so nobody knows whether it is empty: %w", path, ErrNotEmpty, err)
	}
	var used bool
	err = d.Read(ctx, db.Installation, func(tx *db.Tx) error { used = occupied(ctx, tx); return nil })
	if err = errors.Join(err, d.Close()); err != nil {
		return false, fmt.Errorf("restore to %s: %w", path, err)
	}
	if used {
		return false, fmt.Errorf("restore to %s: %w: it holds an organisation, so move it away first", path, ErrNotEmpty)
	}
	// Whoever closes a SQLite database last takes its log away.
	if _, err := os.Lstat(path + "-wal"); err == nil {
		return false, fmt.Errorf("restore to %s: %w: somebody has it open, so stop that first", path, ErrNotEmpty)
	}
	return true, nil
}

// place puts the finished file in its place. An empty database that is there gets another name beside, and then its own name goes from
// the one to the other at once: whenever it is cut short, one of them has it.
func (r *Restoring) place(ctx context.Context, aside, path string) error {
	f, err := os.OpenFile(aside, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return err
	}
	empty, err := r.free(ctx, path) // something may have come there meanwhile
	if err != nil {
		return err
	}
	if !empty {
		err = moveNew(aside, path)
	} else if err = keepBeside(path); err == nil {
		err = os.Rename(aside, path)
	}
	if err != nil {
		return fmt.Errorf("put the database in its place: %w", err)
	}
	return seal.SyncDir(filepath.Dir(path))
}

// keepBeside gives a file a second name that nothing has yet. Where the file system has no links it is moved there.
func keepBeside(path string) error {
	name := path + ".before-restore"
	for n := 2; ; n++ {
		if _, err := os.Lstat(name); errors.Is(err, os.ErrNotExist) {
			err := os.Link(path, name)
			if err != nil && !errors.Is(err, fs.ErrExist) {
				return os.Rename(path, name)
			}
			if err == nil {
				return nil
			}
		}
		name = fmt.Sprintf("%s.before-restore-%d", path, n)
	}
}

// intoServer fills a PostgreSQL database.
func (r *Restoring) intoServer(ctx context.Context, m *Manifest) (*Restored, error) {
	d, err := db.Open(ctx, r.Database)
	if err != nil {
		return nil, fmt.Errorf("restore: %w", err)
	}
	var used bool
	present := schema.Present(ctx, d)
	if present {
		err = d.Read(ctx, db.Installation, func(tx *db.Tx) error { used = occupied(ctx, tx); return nil })
	}
	if err = errors.Join(err, d.Close()); err != nil {
		return nil, fmt.Errorf("restore: %w", err)
	}
	if used || present && !r.OverEmpty {
		return nil, fmt.Errorf("restore: %w: make a new database for it", ErrNotEmpty)
	}
	if r.Keys == "" {
		return nil, fmt.Errorf("restore: say with --keys where the organisations' keys are to lie")
	}
	out, err := r.fill(ctx, m, r.Database)
	if err != nil {
		return nil, fmt.Errorf("restore: %w", err)
	}
	return out, nil
}

// fill writes the backup to a database and verifies what came of it.
func (r *Restoring) fill(ctx context.Context, m *Manifest, dsn string) (*Restored, error) {
	d, err := db.Open(ctx, dsn)
	if err != nil {
		return nil, err
	}
	began := d.Now()
	err = r.fillOpen(ctx, d, m)
	out := &Restored{Manifest: m, Took: d.Now().Sub(began)}
	if err = errors.Join(err, d.Close()); err != nil {
		return nil, err
	}
	return out, nil
}

func (r *Restoring) fillOpen(ctx context.Context, d *db.DB, m *Manifest) error {
	if err := schema.MigrateTo(ctx, d, m.Schema); err != nil {
		return err
	}
	if err := r.load(ctx, d, m); err != nil {
		return err
	}
	if _, err := schema.Migrate(ctx, d); err != nil {
		return err
	}
	if err := job.Migrate(ctx, d); err != nil {
		return err
	}
	if err := r.checkKeys(ctx, d); err != nil {
		return err
	}
	if r.Declare != nil {
		if err := r.Declare(ctx, d, m); err != nil {
			return err
		}
	}
	if err := checkLogs(ctx, d, r.Root); err != nil {
		return err
	}
	return d.Write(ctx, db.Installation, func(tx *db.Tx) error { return unmark(ctx, tx) })
}

// ErrCut says that a backup was being put back into a database and that it never came to its end.
var ErrCut = errors.New("a restore into this database was cut short, so what is in it has not been verified")

// CheckWhole refuses (ErrCut) a database that a backup was put back into without coming to its end.
func CheckWhole(ctx context.Context, d *db.DB) error {
	var marked bool
	err := d.Read(ctx, db.Installation, func(tx *db.Tx) (err error) { marked, err = isMarked(ctx, tx); return err })
	if err != nil {
		return fmt.Errorf("look for a restore that was cut short: %w", err)
	}
	if marked {
		return fmt.Errorf("%w: make a new database and run insegel restore again", ErrCut)
	}
	return nil
}

// ErrLog says that a log that was put back has been changed since it was written.
var ErrLog = errors.New("a log in the backup is broken: it was changed before the backup was made. Take an earlier backup, and keep this one as evidence")

// checkLogs goes through every log, entry by entry, and its checkpoints.
func checkLogs(ctx context.Context, d *db.DB, root key.Root) error {
	k, err := audit.KeyOf(ctx, d, root)
	if err != nil {
		return err
	}
	verdicts, err := audit.Verify(ctx, d, audit.Check{Keys: []audit.PublicKey{k.Public()}})
	if err != nil {
		return err
	}
	for i := range verdicts {
		if v := &verdicts[i]; !v.Whole() {
			return fmt.Errorf("%w: log %s, organisation %s: %s", ErrLog, v.Name, v.Organisation, v.Faults[0].Text)
		}
	}
	return nil
}

// load writes every row in one transaction, and checks before it is committed that all of them came.
func (r *Restoring) load(ctx context.Context, d *db.DB, m *Manifest) error {
	return d.Write(ctx, db.Installation, func(tx *db.Tx) error {
		if occupied(ctx, tx) {
			return ErrNotEmpty
		}
		if err := fits(ctx, tx, m); err != nil {
			return err
		}
		if err := mark(ctx, tx); err != nil { // in the same transaction as the rows: neither is seen without the other
			return err
		}
		tighten, err := loosen(ctx, tx)
		if err != nil {
			return err
		}
		for i := range m.Tables { // a migration may have put rows there
			if err := emptyTable(ctx, tx, m.Tables[i].Name); err != nil {
				return fmt.Errorf("empty %s: %w", m.Tables[i].Name, err)
			}
		}
		again, err := open(r.File, r.Identities, r.Root, func(table string, lines []byte) error {
			t := m.table(table)
			if t == nil {
				return fmt.Errorf("%w: it changed while it was read", ErrBroken)
			}
			return insertLines(ctx, tx, t, lines)
		})
		if err != nil {
			return err
		}
		if !slices.EqualFunc(again.Tables, m.Tables, func(a, b Table) bool { return a.Name == b.Name && a.SHA256 == b.SHA256 }) {
			return fmt.Errorf("%w: it changed while it was read", ErrBroken)
		}
		if err := tighten(); err != nil {
			return err
		}
		if err := integrity(ctx, tx); err != nil {
			return err
		}
		return compare(ctx, tx, m)
	})
}

// fits wants every table and column of the backup to be in the schema that it says it has.
func fits(ctx context.Context, tx *db.Tx, m *Manifest) error {
	there, err := tables(ctx, tx)
	if err != nil {
		return err
	}
	for i := range m.Tables {
		t := &m.Tables[i]
		n := slices.IndexFunc(there, func(x Table) bool { return x.Name == t.Name })
		if n < 0 {
			return fmt.Errorf("%w: schema %d has no table %s", ErrBroken, m.Schema, t.Name)
		}
		for _, c := range t.Columns {
			if !slices.Contains(there[n].Columns, c) {
				return fmt.Errorf("%w: schema %d has no column %s in %s", ErrBroken, m.Schema, c, t.Name)
			}
		}
	}
	return nil
}

func insertLines(ctx context.Context, tx *db.Tx, t *Table, lines []byte) error {
	var rows [][]any
	for line := range bytes.Lines(lines) {
		row, err := parseRow(line, len(t.Columns))
		if err != nil {
			return fmt.Errorf("read rows of %s: %w", t.Name, err)
		}
		rows = append(rows, row)
		if len(rows) == batchRows {
			if err := insertRows(ctx, tx, t, rows); err != nil {
				return fmt.Errorf("write rows of %s: %w", t.Name, err)
			}
			rows = rows[:0]
		}
	}
	if err := insertRows(ctx, tx, t, rows); err != nil {
		return fmt.Errorf("write rows of %s: %w", t.Name, err)
	}
	return nil
}

func parseRow(line []byte, width int) ([]any, error) {
	dec := json.NewDecoder(bytes.NewReader(line))
	dec.UseNumber()
	var row []any
	if err := dec.Decode(&row); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrBroken, err)
	}
	if len(row) != width {
		return nil, fmt.Errorf("%w: a row has %d values, not %d", ErrBroken, len(row), width)
	}
	for i, v := range row {
		switch v := v.(type) {
		case nil, string:
		case json.Number:
			n, err := v.Int64()
			if err != nil {
				return nil, fmt.Errorf("%w: %w", ErrBroken, errValue)
			}
			row[i] = n
		default:
			return nil, fmt.Errorf("%w: %w", ErrBroken, errValue)
		}
	}
	return row, nil
}

// compare counts the rows and computes the logs' trees of what has been written.
func compare(ctx context.Context, tx *db.Tx, m *Manifest) error {
	for i := range m.Tables {
		n, err := countRows(ctx, tx, m.Tables[i].Name)
		if err != nil || n != m.Tables[i].Rows {
			return errors.Join(err, fmt.Errorf("%w: %d rows of %s came back, not %d", ErrBroken, n, m.Tables[i].Name, m.Tables[i].Rows))
		}
	}
	for _, l := range m.Logs {
		root, err := audit.Root(ctx, tx, access.OrganisationID(l.Organisation), l.Size)
		if err != nil {
			return fmt.Errorf("read the log's tree: %w", err)
		}
		if root.String() != l.Root {
			return fmt.Errorf("%w: the log of %s does not have the root that the manifest tells of", ErrBroken, l.Organisation)
		}
	}
	return nil
}

// checkKeys puts the organisations' keys where they are to lie and wants every key that the database uses to be among them.
func (r *Restoring) checkKeys(ctx context.Context, d *db.DB) error {
	var ring *seal.Ring
	var err error
	if r.KeysBackup != "" {
		var b []byte
		if b, err = readKeys(r.KeysBackup, r.Identities); err == nil {
			ring, err = seal.Restore(r.Keys, r.Root, b)
		}
	} else {
		ring, err = seal.Open(r.Keys, r.Root)
	}
	if err != nil {
		return fmt.Errorf("restore the organisations' keys: %w", err)
	}
	var used map[string]string
	err = d.Read(ctx, db.Installation, func(tx *db.Tx) (err error) { used, err = usedKeys(ctx, tx); return err })
	if err != nil {
		return err
	}
	for org, id := range used {
		state, err := ring.State(org)
		if err != nil {
			return err
		}
		if !state.Destroyed && state.Primary != id && !slices.Contains(state.Old, id) {
			return fmt.Errorf("restore the organisations' keys: key %s of organisation %s is missing: give the file of keys that was made with the backup, or a later one", id, org)
		}
	}
	d.Sealer = ring
	return nil
}

func readKeys(file string, ids []age.Identity) ([]byte, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // it is only read
	plain, err := age.Decrypt(f, ids...)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", file, err)
	}
	b, err := io.ReadAll(io.LimitReader(plain, maxManifest<<2))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrBroken, err)
	}
	return b, nil
}
