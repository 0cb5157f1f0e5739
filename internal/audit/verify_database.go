// SPDX-License-Identifier: EUPL-1.2

package audit

import (
	"context"
	"fmt"
	"runtime"
	"sync"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/db"
)

// pageSize is how many entries are read at once.
const pageSize = 4096

// Verify goes through every log of a database, entry by entry. It only reads, and asks nothing of anybody else.
func Verify(ctx context.Context, d *db.DB, c Check) ([]Verdict, error) {
	var all []Head
	err := d.Read(ctx, db.Installation, func(tx *db.Tx) (err error) {
		all, err = heads(ctx, tx)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read logs: %w", err)
	}
	out := make([]Verdict, 0, len(all))
	for i := range all {
		v, err := VerifyLog(ctx, d, all[i].Organisation, c)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}

// VerifyLog goes through one organisation's log, entry by entry.
func VerifyLog(ctx context.Context, d *db.DB, org access.OrganisationID, c Check) (Verdict, error) {
	var h Head
	var claims []claim
	var last int64
	err := d.Read(ctx, org, func(tx *db.Tx) (err error) {
		if h, err = HeadOf(ctx, tx, org); err != nil {
			return err
		}
		if claims, err = claimsOf(ctx, tx, org); err != nil {
			return err
		}
		last, err = lastEntry(ctx, tx, org)
		return err
	})
	if err != nil {
		return Verdict{}, fmt.Errorf("read log: %w", err)
	}
	v := Verdict{Organisation: org.String(), Name: h.Name, Epoch: h.Epoch}
	for _, text := range c.Held {
		claims = append(claims, claim{text, true})
	}
	marks := make([]int64, 0, len(claims))
	for _, x := range claims {
		marks = append(marks, sizeOf(x))
	}
	w := newWalk(&v, marks)
	if err := walkPages(ctx, d, &h, w); err != nil {
		return Verdict{}, fmt.Errorf("read log: %w", err)
	}
	if last >= h.Size {
		v.fault(FaultExtra, h.Size, last, "the log says that it has %d entries, and there are entries up to %d", h.Size, last)
	}
	w.finish(claims, &c)
	return v, nil
}

// claimsOf reads the stored checkpoints, each with its cosignatures under it.
func claimsOf(ctx context.Context, tx *db.Tx, org access.OrganisationID) ([]claim, error) {
	list, err := checkpoints(ctx, tx, org)
	if err != nil {
		return nil, err
	}
	lines, err := cosignatures(ctx, tx, org)
	if err != nil {
		return nil, err
	}
	type key struct{ epoch, size int64 }
	under := map[key]string{}
	for _, l := range lines {
		under[key{l.epoch, l.size}] += l.signature
	}
	out := make([]claim, len(list))
	for i, s := range list {
		out[i].note = s.note + under[key{s.epoch, s.size}]
	}
	return out, nil
}

// page is what was found in some entries that follow each other.
type page struct {
	judged  []judged
	missing []bool
	err     error
}

// walkPages reads and judges pages beside each other, and walks them in order.
func walkPages(ctx context.Context, d *db.DB, h *Head, w *walk) error {
	ctx, cancel := context.WithCancel(ctx)
	workers := max(1, min(runtime.GOMAXPROCS(0), 4))
	queue := make(chan chan page, workers) // in order
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	wg.Go(func() {
		defer close(queue)
		busy := make(chan struct{}, workers)
		for from := int64(0); from < h.Size; from += pageSize {
			out := make(chan page, 1)
			select {
			case busy <- struct{}{}:
			case <-ctx.Done():
				return
			}
			select {
			case queue <- out:
			case <-ctx.Done():
				return
			}
			wg.Go(func() {
				out <- readPage(ctx, d, h, from)
				<-busy
			})
		}
	})
	for out := range queue {
		p := <-out
		if p.err != nil {
			return p.err
		}
		for i := range p.judged {
			if p.missing[i] {
				w.missing(p.judged[i].hashes)
				continue
			}
			w.step(&p.judged[i])
		}
	}
	return ctx.Err()
}

func readPage(ctx context.Context, d *db.DB, h *Head, from int64) page {
	to := min(from+pageSize, h.Size)
	rows := make([]row, to-from)
	for i := range rows {
		rows[i].seq = -1
	}
	err := d.Read(ctx, h.Organisation, func(tx *db.Tx) error { return readRows(ctx, tx, h.Organisation, from, rows) })
	if err != nil {
		return page{err: err}
	}
	p := page{judged: make([]judged, len(rows)), missing: make([]bool, len(rows))}
	var scratch []byte
	for i := range rows {
		if rows[i].seq < 0 {
			p.missing[i], p.judged[i].hashes = true, rows[i].hashes
			continue
		}
		if rows[i].hashes == "" {
			rows[i].hashes = "-" // which is no hash
		}
		p.judged[i], scratch = judge(&rows[i], scratch)
	}
	return p
}
