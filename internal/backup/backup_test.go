// SPDX-License-Identifier: EUPL-1.2

package backup_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"filippo.io/age"
	"github.com/google/go-cmp/cmp"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/backup"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/key"
	"github.com/insegel/insegel/internal/seal"
	"github.com/insegel/insegel/internal/system"
)

// town is an installation with two organisations, and who can open its backups.
type town struct {
	*backup.Service
	root     key.Root
	actor    access.Actor
	other    access.Actor
	identity *age.X25519Identity
	to       []age.Recipient
	dir      string
}

const secret = "kommentaren som ingen annan ser"

func newTown(t *testing.T, d *db.DB) *town {
	t.Helper()
	w := &town{root: key.Draw(), dir: t.TempDir()}
	ring, err := seal.Create(filepath.Join(w.dir, "insegel.keys"), w.root)
	if err != nil {
		t.Fatal(err)
	}
	d.Sealer = ring
	w.Service = &backup.Service{Source: backup.Source{DB: d, Root: w.root, Ring: ring, Version: "1"}, Log: slog.New(slog.DiscardHandler)}
	w.actor, w.other = dbtest.Organisation(t, d, "norrsjo"), dbtest.Organisation(t, d, "soderby")
	for _, actor := range []access.Actor{w.actor, w.other} {
		list, entries := make([]system.System, 225), make([]audit.Entry, 225)
		for i := range list {
			list[i] = system.New(fmt.Sprintf("Systemet Å %d \"med\" <tecken> %c", i, 0x1F512))
			list[i].Slug, list[i].Comment = fmt.Sprint("s", i), secret
			entries[i] = system.Changed("system.Create", list[i])
		}
		err := d.Write(t.Context(), actor.Organisation, func(tx *db.Tx) error {
			return errors.Join(system.Upsert(t.Context(), tx, actor.Organisation, list), audit.Append(t.Context(), tx, actor, entries...))
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		id, err := age.GenerateX25519Identity()
		if err != nil {
			t.Fatal(err)
		}
		w.identity = id
		w.to = append(w.to, id.Recipient())
	}
	return w
}

func (w *town) make(t *testing.T, name string) string {
	t.Helper()
	file := filepath.Join(w.dir, name)
	if _, err := w.Make(t.Context(), access.LocalAdministrator(db.Installation), backup.Target{File: file, Recipients: w.to}); err != nil {
		t.Fatal(err)
	}
	return file
}

func (w *town) restoring(t *testing.T, file, to string) backup.Restoring {
	return backup.Restoring{
		File: file, Identities: []age.Identity{w.identity}, Root: w.root, Database: to, KeysBackup: file + backup.KeysSuffix,
		Keys: filepath.Join(t.TempDir(), "restored.keys"),
	}
}

// dump gives every row of the tables that a backup holds, as text, sorted.
func dump(t *testing.T, d *db.DB) map[string][]string {
	t.Helper()
	out := map[string][]string{}
	err := d.Read(t.Context(), db.Installation, func(tx *db.Tx) error {
		all, err := backup.Tables(t.Context(), tx)
		for i := range all {
			err = errors.Join(err, backup.EachRow(t.Context(), tx, &all[i], func(row []any) error {
				out[all[i].Name] = append(out[all[i].Name], fmt.Sprintf("%q", row))
				return nil
			}))
			slices.Sort(out[all[i].Name])
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// What is put back is what was there, from either engine to either engine, and its texts open with the keys that came with it.
func TestBackupAndRestore(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newTown(t, d)
		before := dump(t, d)
		file := w.make(t, "one.age")
		for engine, address := range map[string]func() string{
			"to sqlite":   func() string { return "sqlite:" + filepath.Join(t.TempDir(), "back.db") },
			"to postgres": func() string { return dbtest.PostgresEmptyAddress(t) },
		} {
			t.Run(engine, func(t *testing.T) {
				r := w.restoring(t, file, address())
				out, err := backup.Restore(t.Context(), r)
				if err != nil {
					t.Fatal(err)
				}
				back, err := db.Open(t.Context(), r.Database)
				if err != nil {
					t.Fatal(err)
				}
				defer back.Close()
				if diff := cmp.Diff(before, dump(t, back)); diff != "" {
					t.Errorf("something differs: %s", diff)
				}
				if out.Manifest.Rows() < 900 || len(out.Manifest.Logs) < 2 {
					t.Errorf("the manifest tells of %d rows and %d logs", out.Manifest.Rows(), len(out.Manifest.Logs))
				}
				if back.Sealer, err = seal.Open(r.Keys, w.root); err != nil {
					t.Fatal(err)
				}
				err = back.Read(t.Context(), w.actor.Organisation, func(tx *db.Tx) error {
					list, err := system.List(t.Context(), tx, w.actor.Organisation, system.Filter{Reach: access.Everywhere()})
					if len(list) != 225 || list[0].Comment != secret {
						t.Errorf("%d systems came back", len(list))
					}
					return err
				})
				if err != nil {
					t.Error(err)
				}
				if _, err := backup.Restore(t.Context(), r); !errors.Is(err, backup.ErrNotEmpty) {
					t.Errorf("put back over itself: %v, want ErrNotEmpty", err)
				}
				r.OverEmpty = true
				if _, err := backup.Restore(t.Context(), r); !errors.Is(err, backup.ErrNotEmpty) {
					t.Errorf("put back over organisations: %v, want ErrNotEmpty", err)
				}
			})
		}
	})
}

// A backup is one moment, however much is written while it is made.
func TestBackupIsOneMoment(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newTown(t, d)
		stop, stopped := make(chan struct{}), make(chan error)
		go func() {
			for {
				select {
				case <-stop:
					stopped <- nil
					return
				default:
				}
				if err := d.Write(t.Context(), w.actor.Organisation, func(tx *db.Tx) error {
					return audit.Append(t.Context(), tx, w.actor, audit.Entry{Action: "system.Update", ObjectKind: "system", ObjectID: "x"})
				}); err != nil {
					stopped <- err
					return
				}
			}
		}()
		file := w.make(t, "busy.age")
		close(stop)
		if err := <-stopped; err != nil {
			t.Fatal(err)
		}
		// Restore compares the tree of what came back with the manifest's.
		if _, err := backup.Restore(t.Context(), w.restoring(t, file, "sqlite:"+filepath.Join(t.TempDir(), "a.db"))); err != nil {
			t.Error(err)
		}
	})
}

func TestRestoreRefuses(t *testing.T) {
	w := newTown(t, dbtest.SQLite(t))
	file := w.make(t, "one.age")
	good, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	stranger, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	bent := bytes.Clone(good)
	bent[len(bent)/2] ^= 1
	for name, tc := range map[string]struct {
		change func(r *backup.Restoring)
		want   error
	}{
		"another's identity": {func(r *backup.Restoring) { r.Identities = []age.Identity{stranger} }, nil},
		"another root key":   {func(r *backup.Restoring) { r.Root = key.Draw() }, backup.ErrSignature},
		"one bit changed":    {func(r *backup.Restoring) { r.File = written(t, bent) }, nil},
		"cut short":          {func(r *backup.Restoring) { r.File = written(t, good[:len(good)-70000]) }, nil},
		"cut by a byte":      {func(r *backup.Restoring) { r.File = written(t, good[:len(good)-1]) }, nil},
		"no keys":            {func(r *backup.Restoring) { r.KeysBackup = "" }, seal.ErrMissing},
		"signed by another": {func(r *backup.Restoring) {
			r.File = written(t, resigned(t, w, good, func(m []byte) []byte { return bytes.Replace(m, []byte(`"version":"1"`), []byte(`"version":"2"`), 1) }))
		}, backup.ErrSignature},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			r := w.restoring(t, file, "sqlite:"+filepath.Join(dir, "a.db"))
			tc.change(&r)
			if _, err := backup.Restore(t.Context(), r); err == nil || tc.want != nil && !errors.Is(err, tc.want) {
				t.Errorf("got %v, want %v", err, tc.want)
			}
			if left, _ := os.ReadDir(dir); len(left) != 0 {
				t.Errorf("%s is left", left[0].Name())
			}
		})
	}
}

// written puts bytes in a file.
func written(t *testing.T, b []byte) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "b.age")
	if err := os.WriteFile(name, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// resigned makes a backup anew whose manifest somebody has changed, who can encrypt to the recipients as anybody can.
func resigned(t *testing.T, w *town, b []byte, change func([]byte) []byte) []byte {
	t.Helper()
	plain, err := age.Decrypt(bytes.NewReader(b), w.identity)
	if err != nil {
		t.Fatal(err)
	}
	all, err := io.ReadAll(plain)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	e, err := age.Encrypt(&out, w.to...)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.Write(backup.Repack(t, all, change)); err != nil {
		t.Fatal(err)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// What the backup holds is neither readable nor does it hold the root key, and the keys lie in a file of their own.
func TestBackupTellsNothing(t *testing.T) {
	w := newTown(t, dbtest.SQLite(t))
	file := w.make(t, "one.age")
	for _, f := range []string{file, file + backup.KeysSuffix} {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if info, _ := os.Stat(f); info.Mode().Perm() != 0o600 || !bytes.HasPrefix(b, []byte("age-encryption.org/v1")) || bytes.Contains(b, []byte("norrsjo")) {
			t.Errorf("%s can be read", f)
		}
		plain, err := age.Decrypt(bytes.NewReader(b), w.identity)
		if err != nil {
			t.Fatal(err)
		}
		all, err := io.ReadAll(plain)
		if err != nil {
			t.Fatal(err)
		}
		text := string(all)
		if f == file {
			text = backup.Unpack(t, all)
			if !strings.Contains(text, "norrsjo") {
				t.Fatal("the search finds nothing")
			}
			keys, err := os.ReadFile(filepath.Join(w.dir, "insegel.keys"))
			if err != nil {
				t.Fatal(err)
			}
			for _, line := range strings.Split(string(keys), "\n") {
				if _, wrapped, ok := strings.Cut(line, `"wrapped": "`); ok && strings.Contains(text, wrapped[:40]) {
					t.Error("the organisations' keys are in the backup")
				}
			}
		}
		if strings.Contains(text, secret) {
			t.Errorf("%s holds a sealed text in plain text", f)
		}
	}
}

// A destroyed key takes with it what a backup from before holds: restoring does not bring it back.
func TestShreddingReachesBackups(t *testing.T) {
	w := newTown(t, dbtest.SQLite(t))
	file := w.make(t, "one.age")
	if err := w.Ring.Destroy(w.other.Organisation.String()); err != nil {
		t.Fatal(err)
	}
	r := w.restoring(t, file, "sqlite:"+filepath.Join(t.TempDir(), "a.db"))
	r.Keys = filepath.Join(w.dir, "insegel.keys") // the machine's own file is still there, and knows
	if _, err := backup.Restore(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	back, err := db.Open(t.Context(), r.Database)
	if err != nil {
		t.Fatal(err)
	}
	defer back.Close()
	if back.Sealer, err = seal.Open(r.Keys, w.root); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		actor access.Actor
		want  error
	}{{w.actor, nil}, {w.other, seal.ErrDestroyed}} {
		err := back.Read(t.Context(), tc.actor.Organisation, func(tx *db.Tx) error {
			_, err := system.List(t.Context(), tx, tc.actor.Organisation, system.Filter{Reach: access.Everywhere()})
			return err
		})
		if !errors.Is(err, tc.want) {
			t.Errorf("got %v, want %v", err, tc.want)
		}
	}
}

// A log that was changed before the backup was made is refused, though its tree is the one that the manifest tells of.
func TestBrokenLogIsRefused(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newTown(t, d)
		err := d.Write(t.Context(), w.actor.Organisation, func(tx *db.Tx) error {
			_, err := tx.Exec(t.Context(), `UPDATE audit_private SET what = '{"data":null}' WHERE organisation_id = $1 AND seq = 3`, w.actor.Organisation)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		to := filepath.Join(t.TempDir(), "a.db")
		_, err = backup.Restore(t.Context(), w.restoring(t, w.make(t, "one.age"), "sqlite:"+to))
		if !errors.Is(err, backup.ErrLog) || !strings.Contains(err.Error(), w.actor.Organisation.String()) {
			t.Errorf("got %v, want ErrLog and whose log it is", err)
		}
		if _, err := os.Stat(to); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("a database with a broken log was put in its place: %v", err)
		}
	})
}

func TestMakeRefuses(t *testing.T) {
	w := newTown(t, dbtest.SQLite(t))
	file := w.make(t, "one.age")
	who := access.LocalAdministrator(db.Installation)
	if _, err := w.Make(t.Context(), who, backup.Target{File: file, Recipients: w.to}); err == nil {
		t.Error("a backup was written over")
	}
	if _, err := w.Make(t.Context(), who, backup.Target{File: file + "2", Recipients: w.to[:1]}); !errors.Is(err, backup.ErrRecipients) {
		t.Errorf("one recipient: %v", err)
	}
	one := w.identity.Recipient().String()
	if _, err := backup.ParseRecipients([]string{one, one}); !errors.Is(err, backup.ErrRecipients) {
		t.Errorf("the same recipient twice: %v", err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := w.Make(ended, who, backup.Target{File: filepath.Join(w.dir, "three.age"), Recipients: w.to}); err == nil {
		t.Error("an interrupted backup succeeded")
	}
	left, err := filepath.Glob(filepath.Join(w.dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range left {
		if strings.Contains(f, "three") || strings.Contains(f, ".insegel-") {
			t.Errorf("%s is left of a backup that failed", f)
		}
	}
}

// Older files of keys are taken away, the backups themselves never.
func TestKeysAreKeptForAWhile(t *testing.T) {
	w := newTown(t, dbtest.SQLite(t))
	old := w.make(t, "old.age")
	then := time.Now().Add(-40 * 24 * time.Hour)
	for _, f := range []string{old, old + backup.KeysSuffix} {
		if err := os.Chtimes(f, then, then); err != nil {
			t.Fatal(err)
		}
	}
	out, err := w.Make(t.Context(), access.LocalAdministrator(db.Installation), backup.Target{
		File: filepath.Join(w.dir, "new.age"), Recipients: w.to, KeepKeys: 35 * 24 * time.Hour,
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{old + backup.KeysSuffix}, out.Removed); diff != "" {
		t.Error(diff)
	}
	if _, err := os.Stat(old); err != nil {
		t.Errorf("the backup itself: %v", err)
	}
}

// A drill is held when one is due, tells how long it took, and says what failed; without a fresh backup there is an alarm.
func TestDrill(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		now := time.Now()
		d.Now = func() time.Time { return now }
		w := newTown(t, d)
		itself := access.SystemActor(db.Installation)
		id := filepath.Join(t.TempDir(), "drill.identity")
		if err := os.WriteFile(id, []byte(w.identity.String()+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		look := func() *backup.Overview {
			t.Helper()
			if err := w.Tick(t.Context(), itself); err != nil {
				t.Fatal(err)
			}
			o, err := w.View(t.Context(), w.actor)
			if err != nil {
				t.Fatal(err)
			}
			return o
		}
		if o := look(); !o.BackupOld || o.Set || alarms(t, d) != 2 {
			t.Errorf("with no backup: %+v and %d alarms, want one for each organisation", o, alarms(t, d))
		}
		file := w.make(t, "one.age")
		w.Drilling = backup.Drilling{Dir: w.dir, Identity: id}
		o := look()
		if o.Drill == nil || o.Drill.Rows == 0 || o.DrillOld || o.BackupOld {
			t.Fatalf("after a backup: %+v", o)
		}
		held := len(o.Runs)
		if o := look(); len(o.Runs) != held {
			t.Error("a drill was held that was not due")
		}
		now = now.Add(7 * 24 * time.Hour)
		if err := os.WriteFile(file, []byte("age-encryption.org/v1 nonsense"), 0o600); err != nil {
			t.Fatal(err)
		}
		o = look()
		if last := o.Runs[0]; last.Kind != backup.Drill || last.Fault == "" {
			t.Errorf("a broken backup passed its drill: %+v", last)
		}
		held = len(o.Runs)
		if o := look(); len(o.Runs) != held {
			t.Error("a drill that failed is held again at once")
		}
		now = now.Add(2 * 24 * time.Hour)
		before := alarms(t, d)
		if o := look(); !o.BackupOld || !o.DrillOld || alarms(t, d) <= before-1 {
			t.Errorf("after nine days: %+v", o)
		}
	})
}

// alarms counts how many times alarms have been raised.
func alarms(t *testing.T, d *db.DB) (n int) {
	t.Helper()
	err := d.Read(t.Context(), db.Installation, func(tx *db.Tx) error {
		return db.One(tx.QueryRow(t.Context(), `SELECT COUNT(*) FROM alarm WHERE kind = 'backup-old'`), &n)
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// Every table is either copied or left out for a reason that is written down, and no reason is given for a table that is not there.
func TestEveryTableIsDecidedOn(t *testing.T) {
	d := dbtest.SQLite(t)
	var held []string
	err := d.Read(t.Context(), db.Installation, func(tx *db.Tx) error {
		all, err := backup.Tables(t.Context(), tx)
		for i := range all {
			held = append(held, all[i].Name)
		}
		return err
	})
	if err != nil || len(held) < 20 {
		t.Fatalf("%d tables: %v", len(held), err)
	}
	for name := range maps.Keys(backup.LeftOut) {
		var n int
		err := d.Read(t.Context(), db.Installation, func(tx *db.Tx) error {
			return db.One(tx.QueryRow(t.Context(), `SELECT COUNT(*) FROM sqlite_master WHERE name = $1`, name), &n)
		})
		if err != nil || n != 1 {
			t.Errorf("%s is left out, and is not there (%v)", name, err)
		}
	}
}

func FuzzManifest(f *testing.F) {
	f.Add([]byte(`{"format":"insegel-backup/1","version":"1","schema":1,"engine":"sqlite","at":1,"root":"r","ring":"s","logs":[],"tables":[{"name":"unit","columns":["id"],"rows":1,"sha256":""}]}`))
	f.Add([]byte(`{"format":"insegel-backup/1","tables":[{"name":"a; DROP TABLE b","columns":["id"]}]}`))
	f.Add([]byte(`{}{}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := backup.ParseManifest(b)
		if err != nil {
			if !errors.Is(err, backup.ErrBroken) {
				t.Fatalf("got %v, want ErrBroken", err)
			}
			return
		}
		for _, table := range m.Tables {
			for _, name := range append([]string{table.Name}, table.Columns...) {
				if strings.ContainsAny(name, " ;'\"()-") || name == "" {
					t.Fatalf("%q may not stand in a statement", name)
				}
			}
		}
	})
}
