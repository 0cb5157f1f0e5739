// SPDX-License-Identifier: EUPL-1.2

package finding

import (
	"context"
	"fmt"
	"os"
	"path"

	"github.com/insegel/insegel/internal/db"
)

// giveUp ends a part that was tried too often. A part of several files becomes parts of one file each, so that one that cannot be looked
// through costs no other. What cannot be parted is told as not read, with why, and is tried again by the next search.
func (w *worker) giveUp(ctx context.Context, cause error) error {
	w.batch, w.held = w.batch[:0], 0
	if p := w.parted(); len(p.rest) > 0 {
		if err := w.share(ctx, p.rest); err != nil {
			return err
		}
		if err := w.unread(ctx, &p); err != nil {
			return err
		}
		return w.save(ctx, "done")
	}
	w.fault = cause.Error()
	r, err := w.lost(ctx)
	if err != nil {
		return err
	}
	w.batch = append(w.batch, r)
	return w.save(ctx, "failed")
}

// parted plans a part of files anew, as smaller parts; there are none when it has but one file, or cannot be looked at.
func (w *worker) parted() plan {
	of := w.chunk.piece
	if of.Alone || of.Tables || of.Range != nil {
		return plan{}
	}
	root, err := os.OpenRoot(w.Limits.Roots[w.source.Root])
	if err != nil {
		return plan{}
	}
	defer root.Close()
	p := planner{root: root, most: measure{w.PartFiles, w.PartBytes}}
	if err := p.below(of); err != nil {
		return plan{}
	}
	for i := range p.files {
		dir, name := path.Split(p.files[i].path)
		p.rest = append(p.rest, piece{Dir: path.Clean(dir), Files: true, From: name, To: name, Alone: true})
	}
	return p.plan
}

// lost is what is told of a part that was given up. What was found in it earlier stands.
func (w *worker) lost(ctx context.Context) (result, error) {
	p := &w.chunk.piece
	r := result{keep: true, Object: Object{Path: p.Dir, Rules: w.chunk.Rules, Again: true, SkipCount: 1}}
	r.Skips = []Skip{{To: -1, Reason: fmt.Sprintf("it was tried %d times: %s", w.chunk.Attempts, w.fault)}}
	switch {
	case p.Range != nil:
		r.Path, r.key = p.Range.Table, w.key.key("lost", p.Range.Table, fmt.Sprint(p.Range.From))
		return r, nil
	case !p.Alone:
		r.key = w.key.key("lost", p.Dir)
		return r, nil
	}
	r.Path = path.Join(p.Dir, p.From)
	r.key, r.place = w.key.key("file", r.Path), p.Dir
	err := w.DB.Read(ctx, w.actor.Organisation, func(tx *db.Tx) error {
		old, err := known(ctx, tx, w.actor.Organisation, w.source.ID, []string{r.key})
		r.ID = old[r.key].ID
		return err
	})
	if root, failed := os.OpenRoot(w.Limits.Roots[w.source.Root]); failed == nil {
		if info, failed := root.Lstat(r.Path); failed == nil {
			r.Size, r.Lost, r.Skips[0].To = info.Size(), info.Size(), info.Size()
		}
		_ = root.Close() // it was only looked at
	}
	return r, err
}
