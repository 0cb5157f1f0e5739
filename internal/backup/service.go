// SPDX-License-Identifier: EUPL-1.2

package backup

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/alarm"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
)

// Kind is what was done.
type Kind string

// A backup, and a drill: a backup that was put back aside and checked.
const (
	Copy  Kind = "backup"
	Drill Kind = "drill"
)

// How old a backup may be before it is an alarm, and how often a drill is held. Both are a week; an alarm gives a day more.
const (
	OldAfter   = 8 * 24 * time.Hour
	drillEvery = 7 * 24 * time.Hour
)

// Run is one backup or drill, and how it went.
type Run struct {
	ID    ids.ID[Run]
	Kind  Kind
	File  string
	Began time.Time
	// Took is how long it took: of a drill, how long it takes to have the installation back.
	Took  time.Duration
	Bytes int64
	Rows  int64
	// Fault is what went wrong; empty when nothing did.
	Fault string
}

func millis(ms int64) time.Duration { return time.Duration(ms) * time.Millisecond }

// Drilling says what a drill takes. Without it none is held.
type Drilling struct {
	// Dir is where backups lie; the latest is taken.
	Dir string
	// Identity is a file with age's secret key that opens them. It is made for drills alone.
	Identity string
}

// Service makes backups, holds drills and tells about both.
type Service struct {
	// Invented says that nothing in the installation is worth a backup, as in the demonstration: nobody is then told that there is none.
	Invented bool
	Source
	Drilling Drilling
	Log      *slog.Logger
}

// actor is who the log of the installation names: the one at the machine, or the program itself.
func actor(a access.Actor) access.Actor {
	a.Organisation = db.Installation
	return a
}

// Make makes a backup and notes it. One that fails is noted too.
func (s *Service) Make(ctx context.Context, who access.Actor, t Target) (*Written, error) {
	if err := access.Check(who, "backup.Make"); err != nil {
		return nil, err
	}
	began := s.DB.Now()
	w, err := s.Write(ctx, t)
	r := Run{Kind: Copy, File: t.File, Began: began, Took: s.DB.Now().Sub(began)}
	data := map[string]any{"file": filepath.Base(t.File)}
	if w != nil && err == nil {
		r.Bytes, r.Rows = w.Bytes, w.Manifest.Rows()
		data["rows"], data["recipients"], data["keys_removed"] = r.Rows, len(t.Recipients), len(w.Removed)
	}
	if err != nil {
		r.Fault, data["fault"] = fault(err), fault(err)
	}
	// Noted also when the one who asked has gone away.
	if e := s.note(context.WithoutCancel(ctx), who, "backup.Make", &r, data); e != nil {
		return w, errors.Join(err, e)
	}
	return w, err
}

// fault is what is told of an error on a page: its own words, cut short.
func fault(err error) string {
	text := []rune(err.Error())
	return string(text[:min(len(text), 300)])
}

func (s *Service) note(ctx context.Context, who access.Actor, action string, r *Run, data map[string]any) error {
	r.ID = ids.New[Run]()
	return s.DB.Write(ctx, db.Installation, func(tx *db.Tx) error {
		if err := saveRun(ctx, tx, r); err != nil {
			return err
		}
		return audit.Append(ctx, tx, actor(who), audit.Entry{Action: action, ObjectKind: "backup", ObjectID: r.ID.String(), Data: data})
	})
}

// Overview is what the page shows.
type Overview struct {
	// Backup and Drill are the latest that went well, if any.
	Backup, Drill *Run
	// BackupOld and DrillOld say that there is none that is fresh enough.
	BackupOld, DrillOld bool
	// Set says that drills are held.
	Set  bool
	Runs []Run
	Now  time.Time
}

// shownRuns is how many runs the page lists.
const shownRuns = 30

// View tells how backups and drills stand.
func (s *Service) View(ctx context.Context, who access.Actor) (*Overview, error) {
	if err := access.Check(who, "backup.View"); err != nil {
		return nil, err
	}
	out := &Overview{Set: s.Drilling.Dir != ""}
	err := s.DB.Read(ctx, db.Installation, func(tx *db.Tx) (err error) {
		out.Now = tx.Now
		if out.Backup, out.BackupOld, err = fresh(ctx, tx, Copy); err != nil {
			return err
		}
		if out.Drill, out.DrillOld, err = fresh(ctx, tx, Drill); err != nil {
			return err
		}
		out.Runs, err = runs(ctx, tx, shownRuns)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("tell about backups: %w", err)
	}
	return out, nil
}

func fresh(ctx context.Context, tx *db.Tx, kind Kind) (r *Run, old bool, err error) {
	last, err := lastGood(ctx, tx, kind)
	if errors.Is(err, db.ErrNotFound) {
		return nil, true, nil
	}
	return &last, tx.Now.Sub(last.Began) > OldAfter, err
}

// Tick holds a drill when it is time for one, and raises an alarm when there is no fresh backup, or no fresh drill where they are held.
func (s *Service) Tick(ctx context.Context, who access.Actor) error {
	if err := access.Check(who, "backup.Tick"); err != nil {
		return err
	}
	if s.Invented {
		return nil
	}
	o, err := s.overview(ctx)
	if err != nil {
		return err
	}
	if o.Set && (o.Drill == nil || o.Now.Sub(o.Drill.Began) >= drillEvery) && !triedToday(o) {
		if err := s.drill(ctx, who); err != nil {
			s.Log.ErrorContext(ctx, "restore drill failed", slog.Any("error", err))
		}
		if o, err = s.overview(ctx); err != nil {
			return err
		}
	}
	if !o.BackupOld && (!o.DrillOld || !o.Set) {
		return nil
	}
	return s.alarm(ctx, o)
}

func (s *Service) overview(ctx context.Context) (*Overview, error) {
	return s.View(ctx, access.SystemActor(db.Installation))
}

// triedToday reports whether a drill failed within a day: one that fails is not held again each hour.
func triedToday(o *Overview) bool {
	for _, r := range o.Runs {
		if r.Kind == Drill {
			return r.Fault != "" && o.Now.Sub(r.Began) < 24*time.Hour
		}
	}
	return false
}

func (s *Service) alarm(ctx context.Context, o *Overview) error {
	data := map[string]string{"backup": "never", "drill": "never"}
	if o.Backup != nil {
		data["backup"] = o.Backup.Began.Format(time.DateOnly)
	}
	if o.Drill != nil {
		data["drill"] = o.Drill.Began.Format(time.DateOnly)
	}
	var orgs []access.OrganisationID
	err := s.DB.Read(ctx, db.Installation, func(tx *db.Tx) (err error) { orgs, err = organisations(ctx, tx); return err })
	if err != nil {
		return err
	}
	for _, org := range orgs {
		err := s.DB.Write(ctx, org, func(tx *db.Tx) error {
			return alarm.Raise(ctx, tx, alarm.Alarm{
				Organisation: org, Kind: alarm.BackupOld, ObjectKind: "backup", ObjectID: "installation", Data: data,
			})
		})
		if err != nil {
			return fmt.Errorf("raise alarm about old backup: %w", err)
		}
	}
	return nil
}

// HoldDrill puts the latest backup back aside, checks it, and notes how it went and how long it took.
func (s *Service) HoldDrill(ctx context.Context, who access.Actor) error {
	if err := access.Check(who, "backup.HoldDrill"); err != nil {
		return err
	}
	return s.drill(ctx, who)
}

func (s *Service) drill(ctx context.Context, who access.Actor) error {
	began := s.DB.Now()
	file, rows, err := s.putAside(ctx)
	r := Run{Kind: Drill, File: file, Began: began, Took: s.DB.Now().Sub(began), Rows: rows}
	data := map[string]any{"file": filepath.Base(file), "rows": rows}
	if err != nil {
		r.Fault, data["fault"] = fault(err), fault(err)
	}
	return errors.Join(err, s.note(context.WithoutCancel(ctx), who, "backup.HoldDrill", &r, data))
}

// putAside restores the latest backup to a SQLite database that is thrown away.
func (s *Service) putAside(ctx context.Context) (file string, rows int64, err error) {
	if file, err = latest(s.Drilling.Dir); err != nil {
		return "", 0, err
	}
	b, err := os.ReadFile(s.Drilling.Identity)
	if err != nil {
		return file, 0, fmt.Errorf("read the drill's identity: %w", err)
	}
	identities, err := ParseIdentities(string(b))
	if err != nil {
		return file, 0, err
	}
	dir, err := os.MkdirTemp("", "insegel-drill-")
	if err != nil {
		return file, 0, fmt.Errorf("make a place for the drill: %w", err)
	}
	keys := ""
	if _, e := os.Stat(file + KeysSuffix); e == nil {
		keys = file + KeysSuffix
	} else if err := copyKeys(s.Ring, filepath.Join(dir, "drill.db.keys")); err != nil {
		return file, 0, errors.Join(err, os.RemoveAll(dir))
	}
	out, err := Restore(ctx, Restoring{
		File: file, Identities: identities, Root: s.Root, Database: "sqlite:" + filepath.Join(dir, "drill.db"),
		KeysBackup: keys, Keys: filepath.Join(dir, "drill.db.keys"),
	})
	if err = errors.Join(err, os.RemoveAll(dir)); err != nil {
		return file, 0, err
	}
	return file, out.Manifest.Rows(), nil
}

// copyKeys copies the present keys, for a backup whose own copy of them has been taken away since.
func copyKeys(ring interface{ Bytes() ([]byte, error) }, to string) error {
	b, err := ring.Bytes()
	if err != nil {
		return err
	}
	return os.WriteFile(to, b, 0o600)
}

// ErrNone says that there is no backup where a drill looks for one.
var ErrNone = errors.New("there is no backup in the drill's directory")

// latest finds the newest backup in a directory.
func latest(dir string) (string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return "", fmt.Errorf("find the latest backup: %w", err)
	}
	newest, file := time.Time{}, ""
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".age") || strings.HasSuffix(e.Name(), KeysSuffix) || !e.Type().IsRegular() {
			continue
		}
		info, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return "", fmt.Errorf("find the latest backup: %w", err)
		}
		if info.ModTime().After(newest) {
			newest, file = info.ModTime(), filepath.Join(dir, e.Name())
		}
	}
	if file == "" {
		return "", ErrNone
	}
	return file, nil
}
