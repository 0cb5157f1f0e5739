// SPDX-License-Identifier: EUPL-1.2

package finding

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path"
	"strings"
	"sync"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/discovery"
	"github.com/insegel/insegel/internal/discovery/source"
	"github.com/insegel/insegel/internal/ids"
)

const (
	// batchFiles, batchHeld and batchTime are how much is looked at before it is saved: what is lost when the program is ended is at most
	// this, and it is read again.
	batchFiles = 64
	batchHeld  = 400
	batchTime  = 5 * time.Second
	// hashBytes is the size up to which a file's content is hashed, so that a file that was only touched is not read through again. What is
	// larger would be fetched twice.
	hashBytes = 64 << 20
	// racyTime is how near the moment of reading a change makes a file be read again next time: its time may not have moved on.
	racyTime = 2 * time.Second
	// mostAttempts is how often a part is tried.
	mostAttempts = 4
)

// worker does one part of a search.
type worker struct {
	*Service
	actor  access.Actor
	chunk  *chunk
	source Source
	rules  []Rule
	key    keyer
	places map[string]ids.ID[Place]
	batch  []result
	held   int
	since  time.Time
	fault  string // why the part is given up
}

// result is what was learnt of one file or table.
type result struct {
	Object
	// same says that it is as it was; keep that what was found earlier stands, though it could not be read now.
	same, keep bool
	found      []Held
}

// part does one part.
func (w *worker) part(ctx context.Context) error {
	w.places, w.since = map[string]ids.ID[Place]{}, w.DB.Now()
	p := &w.chunk.piece
	switch {
	case p.Range != nil:
		return w.table(ctx, p.Range)
	case p.Tables:
		return w.tables(ctx)
	default:
		return w.files(ctx, p)
	}
}

// files looks at the files of a part.
func (w *worker) files(ctx context.Context, of *piece) error {
	root, err := os.OpenRoot(w.Limits.Roots[w.source.Root])
	if err != nil {
		return fmt.Errorf("open %s: %s", w.source.Root, reason(err))
	}
	defer root.Close()
	p := planner{root: root, most: measure{w.PartFiles, w.PartBytes}}
	if err := p.below(*of); err != nil {
		return err
	}
	if err := w.share(ctx, p.rest); err != nil {
		return err
	}
	if err := w.unread(ctx, &p.plan); err != nil {
		return err
	}
	for at := 0; at < len(p.dirs); at += batchFiles {
		if err := w.folders(ctx, p.dirs[at:min(at+batchFiles, len(p.dirs))]); err != nil {
			return err
		}
	}
	for at := 0; at < len(p.files); at += batchFiles {
		some := p.files[at:min(at+batchFiles, len(p.files))]
		if err := w.some(ctx, root, some); err != nil {
			return err
		}
	}
	return w.save(ctx, "done")
}

// share adds the parts that this one leaves to others, and asks for somebody to do them.
func (w *worker) share(ctx context.Context, rest []piece) error {
	if len(rest) == 0 {
		return nil
	}
	org := w.actor.Organisation
	return w.DB.Write(ctx, org, func(tx *db.Tx) error {
		if err := renew(ctx, tx, org, w.chunk, "waiting", ""); err != nil {
			return err
		}
		if err := addChunks(ctx, tx, org, w.chunk.Scan, func(p piece) string { return p.key(w.key) }, rest); err != nil {
			return err
		}
		return w.ask(ctx, tx, org, w.chunk.Scan, len(rest))
	})
}

// unread tells of what a part has that cannot be read. What is no directory may have been found by its name, so that it has a place.
func (w *worker) unread(ctx context.Context, p *plan) error {
	for i := range p.lost {
		o := p.lost[i]
		o.key = w.key.key("lost", o.Path)
		if err := w.add(ctx, result{Object: o}); err != nil {
			return err
		}
	}
	for at := 0; at < len(p.odd); at += batchFiles {
		some := p.odd[at:min(at+batchFiles, len(p.odd))]
		keys := make([]string, len(some))
		for i := range some {
			keys[i] = w.key.key("lost", some[i].Path)
		}
		old, err := w.known(ctx, keys)
		if err != nil {
			return err
		}
		for i := range some {
			r := result{Object: some[i]}
			r.ID, r.key, r.place, r.Rules = old[keys[i]].ID, keys[i], path.Dir(r.Path), w.chunk.Rules
			if err := w.named(r.Path, discovery.FileName, &r); err != nil {
				return err
			}
			if err := w.add(ctx, r); err != nil {
				return err
			}
		}
	}
	return nil
}

// folders looks through the names of some directories below the source. Only those are kept that something was found in.
func (w *worker) folders(ctx context.Context, dirs []string) error {
	keys := make([]string, len(dirs))
	for i, dir := range dirs {
		keys[i] = w.key.key("folder", dir)
	}
	old, err := w.known(ctx, keys)
	if err != nil {
		return err
	}
	for i, dir := range dirs {
		if dir == w.source.Place || dir == "." {
			continue
		}
		o := old[keys[i]]
		r := result{Object: Object{ID: o.ID, key: keys[i], place: dir, Path: dir, Rules: w.chunk.Rules}}
		if r.same = o.unchanged(&r.Object); !r.same {
			if err := w.named(dir, discovery.FolderName, &r); err != nil {
				return err
			}
			if len(r.found) == 0 {
				continue
			}
		}
		if err := w.add(ctx, r); err != nil {
			return err
		}
	}
	return nil
}

// named looks through the name of a directory, or of what cannot be opened.
func (w *worker) named(name, field string, r *result) error {
	g := newGather()
	err := discovery.NewPart(w.options(), g).Name(name, field)
	r.found = g.held(w.key, name)
	return err
}

// known reads what is known of objects by their keys.
func (w *worker) known(ctx context.Context, keys []string) (old map[string]Object, err error) {
	err = w.DB.Read(ctx, w.actor.Organisation, func(tx *db.Tx) (err error) {
		old, err = known(ctx, tx, w.actor.Organisation, w.source.ID, keys)
		return err
	})
	return old, err
}

// some looks at some files.
func (w *worker) some(ctx context.Context, root *os.Root, files []file) error {
	keys := make([]string, len(files))
	for i := range files {
		keys[i] = w.key.key("file", files[i].path)
	}
	old, err := w.known(ctx, keys)
	if err != nil {
		return err
	}
	for i := range files {
		if err := ctx.Err(); err != nil {
			return err
		}
		f := &files[i]
		o := old[keys[i]]
		r := result{Object: Object{
			ID: o.ID, key: keys[i], place: path.Dir(f.path), Path: f.path, Size: f.info.Size(), Changed: f.info.ModTime().UnixNano(), Rules: w.chunk.Rules,
		}}
		if o.unchanged(&r.Object) && o.Changed == r.Changed {
			r.same = true
		} else if err := w.file(ctx, root, f, &o, &r); err != nil {
			return err
		}
		if err := w.add(ctx, r); err != nil {
			return err
		}
	}
	return nil
}

// unchanged reports whether what is known of a file still holds as far as its size and the rules go.
func (o *Object) unchanged(now *Object) bool {
	return !o.ID.IsZero() && !o.Again && o.Size == now.Size && o.Rules == now.Rules
}

// file looks through one file.
func (w *worker) file(ctx context.Context, root *os.Root, f *file, old *Object, r *result) error {
	opened, err := openPlain(root, f.path)
	if err == nil {
		var info os.FileInfo
		if info, err = opened.Stat(); err == nil && !info.Mode().IsRegular() {
			err = errors.New("it is not a file any more")
		}
		if err != nil {
			_ = opened.Close() // what went wrong is told
		}
	}
	if err != nil {
		r.keep, r.Again, r.Lost, r.SkipCount = !old.ID.IsZero(), true, r.Size, 1
		r.Skips = []Skip{{To: r.Size, Reason: "cannot be opened: " + reason(err)}}
		if r.keep {
			return nil
		}
		return w.named(f.path, discovery.FileName, r)
	}
	defer opened.Close()
	if r.Size <= hashBytes {
		r.Content = contentOf(w.key, opened, r.Size)
		if r.Content != "" && r.Content == old.Content && old.unchanged(&r.Object) {
			r.same = true
			return nil
		}
	}
	g := newGather()
	part := discovery.NewPart(w.options(), g)
	if err := part.File(ctx, source.File{Path: f.path, Size: r.Size, ReaderAt: opened}); err != nil {
		return err
	}
	r.Read, r.Lost = part.Bytes()
	r.Skips, r.SkipCount = g.skips, g.skipped
	r.found, r.LooksLike = g.held(w.key, f.path), g.looksLike(w.Rules)
	now, err := opened.Stat()
	r.Again = err != nil || now.Size() != r.Size || now.ModTime().UnixNano() != r.Changed || w.DB.Now().Sub(now.ModTime()) < racyTime
	return nil
}

// contentOf is a keyed hash of a file's content; empty when it cannot be read. A plain one would tell whoever has the same file.
func contentOf(k keyer, f io.ReaderAt, size int64) string {
	m := hmac.New(sha256.New, k)
	m.Write([]byte("content\x00"))
	n, err := io.Copy(m, io.NewSectionReader(f, 0, size))
	if err != nil || n != size {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(m.Sum(nil))
}

func (w *worker) options() discovery.Options {
	detectors, err := w.Rules.Choose(w.source.Detectors)
	if err != nil { // a detector that this version does not have any more
		detectors, _ = w.Rules.Choose(nil)
	}
	return discovery.Options{Rules: w.Rules, Detectors: detectors, Key: w.key.fingerprints(), Now: w.DB.Now, Detail: true, Rows: w.source.Rows}
}

// tables finds the tables of a database, and makes parts of them.
func (w *worker) tables(ctx context.Context) error {
	d, err := w.open()
	if err != nil {
		return err
	}
	defer d.Close()
	ranges, err := d.Ranges(ctx, w.source.Rows)
	if err != nil {
		return err
	}
	rest := make([]piece, len(ranges))
	for i := range ranges {
		rest[i].Range = &ranges[i]
	}
	if err := w.share(ctx, rest); err != nil {
		return err
	}
	return w.save(ctx, "done")
}

// open opens the source's database with its password.
func (w *worker) open() (*source.Parted, error) {
	if !w.Limits.HasHost(w.source.Kind, w.source.Root) {
		return nil, ErrRoot
	}
	secret := w.source.Secret
	if w.source.SecretFrom == SecretFile {
		dir, err := os.OpenRoot(w.Limits.Secrets)
		if err != nil {
			return nil, fmt.Errorf("open the directory of secrets: %s", reason(err))
		}
		b, err := dir.ReadFile(secret)
		_ = dir.Close() // it was only read
		if err != nil {
			return nil, fmt.Errorf("read the source's secret: %s", reason(err))
		}
		secret = strings.TrimRight(string(b), "\r\n")
	}
	return source.OpenParted(w.source.address(), secret)
}

// table looks through a range of a table's rows.
func (w *worker) table(ctx context.Context, of *source.Range) error {
	d, err := w.open()
	if err != nil {
		return err
	}
	defer d.Close()
	r := result{Object: Object{key: w.key.key("rows", of.Table, fmt.Sprint(of.From)), place: of.Table, Path: of.Table, Rules: w.chunk.Rules}}
	err = w.DB.Read(ctx, w.actor.Organisation, func(tx *db.Tx) error {
		old, err := known(ctx, tx, w.actor.Organisation, w.source.ID, []string{r.key})
		r.ID = old[r.key].ID
		return err
	})
	if err != nil {
		return err
	}
	g := newGather()
	part := discovery.NewPart(w.options(), g)
	var sample source.Sample
	err = part.Table(of.Table, func(v source.Visitor) (err error) {
		sample, err = d.ReadRange(ctx, *of, w.source.Rows, v)
		return err
	})
	if err != nil {
		return err
	}
	r.Read, r.Lost = part.Bytes()
	r.Skips, r.SkipCount, r.found = g.skips, g.skipped, g.held(w.key, of.Table)
	r.Sample = &Sample{Rows: sample.Rows, Read: sample.Read, Full: sample.Full, Miss: discovery.Missed(sample)}
	if err := w.add(ctx, r); err != nil {
		return err
	}
	return w.save(ctx, "done")
}

// add takes in a result, and saves what has come together when it is enough.
func (w *worker) add(ctx context.Context, r result) error {
	w.batch = append(w.batch, r)
	w.held += len(r.found)
	if len(w.batch) < batchFiles && w.held < batchHeld && w.DB.Now().Sub(w.since) < batchTime {
		return nil
	}
	return w.save(ctx, "waiting")
}

// save writes what has come together, and the part's status, in one transaction: either all of it stands or nothing. Whoever has lost the
// part writes nothing.
func (w *worker) save(ctx context.Context, status string) error {
	org := w.actor.Organisation
	err := w.DB.Write(ctx, org, func(tx *db.Tx) error {
		if err := renew(ctx, tx, org, w.chunk, status, w.fault); err != nil {
			return err
		}
		touched := map[ids.ID[Place]]bool{}
		made := map[string]ids.ID[Place]{}
		for i := range w.batch {
			if err := w.saveOne(ctx, tx, &w.batch[i], made, touched); err != nil {
				return err
			}
		}
		for id := range touched {
			if err := settle(ctx, tx, org, id); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	w.batch, w.held, w.since = w.batch[:0], 0, w.DB.Now()
	return nil
}

func (w *worker) saveOne(ctx context.Context, tx *db.Tx, r *result, made map[string]ids.ID[Place], touched map[ids.ID[Place]]bool) error {
	org := w.actor.Organisation
	if r.same {
		return seen(ctx, tx, org, w.chunk.Scan, &r.Object)
	}
	if r.place != "" {
		id, ok := made[r.place]
		if !ok {
			var err error
			if id, err = ensurePlace(ctx, tx, org, &w.source, w.key.key("place", r.place), r.place); err != nil {
				return err
			}
			made[r.place] = id
		}
		r.Place = id
	} else if r.ID.IsZero() { // what could not be read has no place, and may be known from the last search
		old, err := known(ctx, tx, org, w.source.ID, []string{r.key})
		if err != nil {
			return err
		}
		r.ID = old[r.key].ID
	}
	if err := saveObject(ctx, tx, org, w.chunk, &r.Object); err != nil {
		return err
	}
	if r.keep || r.Place.IsZero() {
		return nil
	}
	if err := removeHeld(ctx, tx, org, r.ID); err != nil {
		return err
	}
	for i := range r.found {
		h := &r.found[i]
		h.Object, h.Place, h.Rule = r.ID, r.Place, w.ruleFor(r.place, h.Detector)
		if err := insertHeld(ctx, tx, org, h); err != nil {
			return err
		}
	}
	touched[r.Place] = true
	return nil
}

// ruleFor is the rule that calls a finding false; none when nothing does.
func (w *worker) ruleFor(place, detector string) ids.ID[Rule] {
	for i := range w.rules {
		if w.rules[i].covers(place, detector) {
			return w.rules[i].ID
		}
	}
	return ""
}

// keep renews the lease while a part is worked on; it ends the part when the lease is lost. stop ends it.
func (w *worker) keep(ctx context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	tick := time.NewTicker(leaseTime / 3)
	var wg sync.WaitGroup
	wg.Go(func() {
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			err := w.DB.Write(ctx, w.actor.Organisation, func(tx *db.Tx) error {
				return renew(ctx, tx, w.actor.Organisation, w.chunk, "waiting", "")
			})
			if errors.Is(err, errLost) {
				cancel(err)
				return
			}
			if err != nil && ctx.Err() == nil {
				w.Log.WarnContext(ctx, "lease not renewed", slog.String("error", err.Error()))
			}
		}
	})
	return ctx, func() {
		cancel(nil)
		wg.Wait()
	}
}
