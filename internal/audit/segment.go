// SPDX-License-Identifier: EUPL-1.2

package audit

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/insegel/insegel/internal/db"
)

// Segment is a run of entries of one log on its way off the machine (Swedish: avsnitt), as lines of an export: what it is and the edge of
// the tree before it, the entries, and the signed checkpoint that it ends with, if one does. With the edge its root can be counted without
// what came before; a root that is signed is then of exactly these entries.
type Segment struct {
	Name  string
	Epoch int64
	// From is the first entry's number, and Size the log's size after the last.
	From, Size int64
	Root       tlog.Hash
	// Lines end with a line break.
	Lines [][]byte
}

func (s *Segment) text() []byte { return bytes.Join(s.Lines, nil) }

// headOf reads the first line of a segment; what cannot be read gives an empty head.
func headOf(text []byte) exportHead {
	line, _, _ := bytes.Cut(text, []byte{'\n'})
	var h exportHead
	if strict(line, &h) != nil {
		return exportHead{}
	}
	return h
}

// EntryReceiver is a receiver that takes the entries themselves beside the checkpoints (Swedish: mottagare av händelser).
type EntryReceiver interface {
	Receiver
	// ReceiveEntries takes a segment. It may be sent the same twice, or a longer one from the same number.
	ReceiveEntries(ctx context.Context, s *Segment) error
}

// entriesPrefix tells deliveries of entries from those of checkpoints.
const entriesPrefix = "entries "

// entriesTo is the name under which it is noted how far a receiver has come with the entries.
func entriesTo(r Receiver) string { return entriesPrefix + r.Name() }

// OfEntries reports whether it is entries that were delivered, and not checkpoints alone, and to whom.
func (d *Delivered) OfEntries() (receiver string, ok bool) {
	return strings.CutPrefix(d.Receiver, entriesPrefix)
}

// How many entries a segment has at most, and how many segments of a log are sent in one round, so that a long log on its way to a new
// receiver holds up nobody's checkpoints.
const (
	segmentSize  = 2000
	mostSegments = 25
)

// ship sends a receiver the entries that it does not have, in order, up to the latest checkpoint of each log. What could not be sent is
// sent from the same number in the next round.
func (k *Keeper) ship(ctx context.Context, r EntryReceiver) error {
	due, err := k.due(ctx, entriesTo(r))
	if err != nil {
		return err
	}
	var fault error
	for i := range due {
		if err := k.shipLog(ctx, r, &due[i]); err != nil && fault == nil {
			fault = fmt.Errorf("send entries of log %s: %w", due[i].Name, err)
		}
	}
	return fault
}

func (k *Keeper) shipLog(ctx context.Context, r EntryReceiver, u *undelivered) error {
	from := min(u.until, u.Size) // of an epoch that a backup began, what the backup knew to have been sent
	for range mostSegments {
		to := min(from+segmentSize, u.Size)
		s, err := k.segment(ctx, u, from, to)
		if err == nil {
			err = r.ReceiveEntries(ctx, &s)
		}
		if err != nil {
			return err
		}
		sent := *u
		sent.Size = to
		if err := k.delivered(ctx, entriesTo(r), &sent); err != nil || to == u.Size {
			return err
		}
		from = to
	}
	return nil
}

// segment reads the entries from a number up to a size.
func (k *Keeper) segment(ctx context.Context, u *undelivered, from, to int64) (Segment, error) {
	s := Segment{Name: u.Name, Epoch: u.Epoch, From: from, Size: to}
	rows := make([]row, to-from)
	for i := range rows {
		rows[i].seq = -1
	}
	h := exportHead{Format: exportFormat, Organisation: u.organisation.String(), Log: u.Name, Epoch: u.Epoch, Size: to, Segment: true, From: from, Key: k.Key.Public().String()}
	err := k.DB.Read(ctx, db.Installation, func(tx *db.Tx) error {
		before, err := readEdge(ctx, tx, u.organisation, from)
		if err != nil {
			return err
		}
		h.Edge = before.nodes
		if h.Root, err = Root(ctx, tx, u.organisation, to); err != nil {
			return err
		}
		return readRows(ctx, tx, u.organisation, from, rows)
	})
	if err != nil {
		return s, err
	}
	s.Root = h.Root
	if err := s.line(h); err != nil {
		return s, err
	}
	for i := range rows {
		if rows[i].seq < 0 {
			return s, fmt.Errorf("entry %d: %w", from+int64(i), ErrTree)
		}
		l := rows[i].line(nil)
		l.Log = u.Name
		if err := s.line(l); err != nil {
			return s, err
		}
	}
	if to == u.Export.Size {
		return s, s.line(exportLine{Log: u.Name, Checkpoint: u.Note})
	}
	return s, nil
}

func (s *Segment) line(v any) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return err
	}
	s.Lines = append(s.Lines, b.Bytes())
	return nil
}

// Behind is how many entries of a log a receiver has not been sent.
func (d *Delivered) Behind(size int64) int64 { return max(0, size-d.Size) }

var _ = []EntryReceiver{Drop{}, Syslog{}, Post{}} // they all take entries
