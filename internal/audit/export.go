// SPDX-License-Identifier: EUPL-1.2

package audit

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/db"
)

// ErrExport says that a file is no export of a log.
var ErrExport = errors.New("not an export of a log")

// exportFormat is the format of exports that this program writes and reads.
const exportFormat = 1

// exportHead is the first line of an export.
type exportHead struct {
	Format       int       `json:"insegel_log_export"`
	Organisation string    `json:"organisation"`
	Log          string    `json:"log"`
	Epoch        int64     `json:"epoch"`
	Size         int64     `json:"size"`
	Root         tlog.Hash `json:"root"`
	// Partial says that only some entries are there, each with its proof.
	Partial bool `json:"partial,omitempty"`
	// Segment says that the entries from a number on are there, and Edge is the edge of the tree before them.
	Segment bool        `json:"segment,omitempty"`
	From    int64       `json:"from,omitempty"`
	Edge    []tlog.Hash `json:"edge,omitempty"`
	// Key is the public key, for convenience: whoever verifies should have it from elsewhere.
	Key string `json:"key,omitempty"`
}

// exportLine is any of the lines after it: one of its parts is there.
type exportLine struct {
	// Log is the log's name, on the lines of a segment: those of several logs may come to one receiver.
	Log string `json:"log,omitempty"`
	Seq *int64 `json:"seq,omitempty"`
	// Leaf is the leaf's bytes as text.
	Leaf string `json:"leaf,omitempty"`
	// Private has what is not erased; nothing at all for a leaf that hides nothing.
	Private map[string]opened `json:"private,omitempty"`
	Proof   []tlog.Hash       `json:"proof,omitempty"`

	Checkpoint string `json:"checkpoint,omitempty"`

	Consistency *consistency `json:"consistency,omitempty"`
}

// opened is a field with the salt that hid it.
type opened struct {
	Salt  string `json:"salt"`
	Value string `json:"value"`
}

// consistency proves that the log of one size is the beginning of that of another.
type consistency struct {
	From  int64       `json:"from"`
	To    int64       `json:"to"`
	Proof []tlog.Hash `json:"proof"`
}

// WriteExport writes a log, or the part of it that a filter gives, as lines of JSON that can be verified anywhere: the entries, every
// checkpoint, and the proofs. It reads page by page; what is logged meanwhile is not in it.
func WriteExport(ctx context.Context, d *db.DB, org access.OrganisationID, o ExportOptions, w io.Writer) error {
	x := &exporter{ctx: ctx, db: d, org: org, o: o, w: json.NewEncoder(w)}
	x.w.SetEscapeHTML(false)
	if err := x.write(); err != nil {
		return fmt.Errorf("export log: %w", err)
	}
	return nil
}

// ExportOptions say what is exported.
type ExportOptions struct {
	// Filter gives a part; its zero value the whole log.
	Filter Filter
	Key    PublicKey
}

type exporter struct {
	ctx context.Context
	db  *db.DB
	org access.OrganisationID
	o   ExportOptions
	w   *json.Encoder
}

func (x *exporter) write() error {
	var h exportHead
	var notes []claim
	var sizes []int64
	err := x.db.Read(x.ctx, x.org, func(tx *db.Tx) error {
		head, err := HeadOf(x.ctx, tx, x.org)
		if err != nil {
			return err
		}
		h = exportHead{Format: exportFormat, Organisation: x.org.String(), Log: head.Name, Epoch: head.Epoch, Size: head.Size, Partial: x.o.Filter != Filter{}}
		if x.o.Key != nil {
			h.Key = x.o.Key.String()
		}
		if h.Root, err = Root(x.ctx, tx, x.org, head.Size); err != nil {
			return err
		}
		notes, err = claimsOf(x.ctx, tx, x.org)
		return err
	})
	if err != nil {
		return err
	}
	if err := x.w.Encode(h); err != nil {
		return err
	}
	if h.Partial {
		err = x.part(h.Size)
	} else {
		err = x.all(h.Size)
	}
	if err != nil {
		return err
	}
	for _, n := range notes {
		if err := x.w.Encode(exportLine{Checkpoint: n.note}); err != nil {
			return err
		}
		if s := sizeOf(n); s > 0 && s < h.Size {
			sizes = append(sizes, s)
		}
	}
	return x.proofs(sizes, h.Size)
}

func (x *exporter) all(size int64) error {
	for from := int64(0); from < size; from += pageSize {
		rows := make([]row, min(pageSize, size-from))
		for i := range rows {
			rows[i].seq = -1
		}
		err := x.db.Read(x.ctx, x.org, func(tx *db.Tx) error { return readRows(x.ctx, tx, x.org, from, rows) })
		if err != nil {
			return err
		}
		for i := range rows {
			if rows[i].seq < 0 {
				return fmt.Errorf("entry %d: %w", from+int64(i), ErrTree)
			}
			if err := x.w.Encode(rows[i].line(nil)); err != nil {
				return err
			}
		}
	}
	return nil
}

// part writes the entries of the filter, oldest first, each with the proof that it is in the log.
func (x *exporter) part(size int64) error {
	f := x.o.Filter
	f.Limit = pageSize
	if f.Below == 0 || f.Below > size {
		f.Below = size
	}
	var seqs []int64
	for f.Below > 0 { // List gives the newest first
		var list []Logged
		err := x.db.Read(x.ctx, x.org, func(tx *db.Tx) (err error) {
			list, err = List(x.ctx, tx, x.org, f)
			return err
		})
		if err != nil {
			return err
		}
		for _, l := range list {
			seqs = append(seqs, l.Seq)
		}
		if len(list) < pageSize {
			break
		}
		f.Below = list[len(list)-1].Seq
	}
	for i := len(seqs) - 1; i >= 0; i-- {
		rows := []row{{seq: -1}}
		var proof tlog.RecordProof
		err := x.db.Read(x.ctx, x.org, func(tx *db.Tx) (err error) {
			if err = readRows(x.ctx, tx, x.org, seqs[i], rows); err == nil {
				proof, err = ProveEntry(x.ctx, tx, x.org, size, seqs[i])
			}
			return err
		})
		if err != nil {
			return err
		}
		if err := x.w.Encode(rows[0].line(proof)); err != nil {
			return err
		}
	}
	return nil
}

// proofs writes that each of some sizes is the beginning of the next.
func (x *exporter) proofs(sizes []int64, end int64) error {
	for i, from := range sizes {
		to := end
		if i+1 < len(sizes) {
			to = sizes[i+1]
		}
		if from >= to {
			continue
		}
		var p tlog.TreeProof
		err := x.db.Read(x.ctx, x.org, func(tx *db.Tx) (err error) {
			p, err = ProveTree(x.ctx, tx, x.org, to, from)
			return err
		})
		if err != nil {
			return err
		}
		if err := x.w.Encode(exportLine{Consistency: &consistency{from, to, p}}); err != nil {
			return err
		}
	}
	return nil
}

// line is the row as it is exported.
func (r *row) line(proof tlog.RecordProof) exportLine {
	l := exportLine{Seq: &r.seq, Leaf: r.record, Proof: proof}
	p := private{values: r.values, gone: r.gone}
	if !p.unpackSalts([]byte(r.salts)) {
		return l
	}
	l.Private = map[string]opened{}
	for f := range numFields {
		if !p.gone[f] {
			l.Private[f.String()] = opened{base64.RawStdEncoding.EncodeToString(p.salts[f][:]), p.values[f]}
		}
	}
	return l
}

// maxLine is how long a line of an export may be.
const maxLine = 8 << 20

// VerifyExport goes through an export. It opens nothing else. Faults of the log are in the verdict; the error says that the file
// cannot be read as an export (ErrExport).
func VerifyExport(r io.Reader, c Check) (Verdict, error) {
	s := bufio.NewScanner(r)
	s.Buffer(make([]byte, 0, 64<<10), maxLine)
	if !s.Scan() {
		return Verdict{}, fmt.Errorf("read first line: %w", errors.Join(ErrExport, s.Err()))
	}
	var h exportHead
	if err := strict(s.Bytes(), &h); err != nil || h.Format != exportFormat || h.Size < 0 || h.Segment {
		return Verdict{}, fmt.Errorf("read first line: %w of this version", ErrExport)
	}
	v := Verdict{Organisation: h.Organisation, Name: h.Log, Epoch: h.Epoch, Partial: h.Partial}
	x := &reading{check: &c, head: &h, v: &v}
	for _, text := range c.Held {
		x.claims = append(x.claims, claim{text, true})
	}
	n := 1
	for s.Scan() {
		n++
		var l exportLine
		if err := strict(s.Bytes(), &l); err != nil {
			return v, fmt.Errorf("read line %d: %w", n, ErrExport)
		}
		if err := x.take(&l); err != nil {
			return v, fmt.Errorf("read line %d: %w", n, err)
		}
	}
	if err := s.Err(); err != nil {
		return v, fmt.Errorf("read line %d: %w", n+1, errors.Join(ErrExport, err))
	}
	x.end()
	return v, nil
}

// strict reads JSON without anything that is not known.
func strict(line []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(line))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return err
	}
	if d.More() {
		return ErrExport
	}
	return nil
}

// reading is an export on its way through.
type reading struct {
	check   *Check
	head    *exportHead
	v       *Verdict
	claims  []claim
	leaves  []judged
	proofs  []consistency
	last    int64
	scratch []byte
}

func (x *reading) take(l *exportLine) error {
	switch {
	case l.Seq != nil:
		return x.entry(l)
	case l.Checkpoint != "":
		x.claims = append(x.claims, claim{l.Checkpoint, false})
	case l.Consistency != nil:
		x.proofs = append(x.proofs, *l.Consistency)
	default:
		return ErrExport
	}
	return nil
}

func (x *reading) entry(l *exportLine) error {
	r, err := l.row()
	if err != nil {
		return err
	}
	if r.seq < x.last || r.seq >= x.head.Size {
		x.v.fault(FaultExtra, r.seq, r.seq, "entry %d is out of order, or after the log's end", r.seq)
		return nil
	}
	x.last = r.seq + 1
	var j judged
	j, x.scratch = judge(&r, x.scratch)
	if !x.head.Partial {
		x.leaves = append(x.leaves, j)
		return nil
	}
	for _, f := range j.faults {
		x.v.fault(f.Kind, f.From, f.To, "%s", f.Text)
	}
	if x.v.Checked == 0 {
		x.v.First = j.at
	}
	x.v.Last = j.at
	x.v.Checked++
	if tlog.CheckRecord(l.Proof, x.head.Size, x.head.Root, r.seq, j.hash) != nil {
		x.v.fault(FaultProof, r.seq, r.seq, "entry %d: the proof does not show that it is in the log", r.seq)
	}
	return nil
}

// row makes of a line what is stored in a database. What the columns would say is what the leaf says.
func (l *exportLine) row() (row, error) {
	r := row{seq: *l.Seq, record: l.Leaf}
	if was, err := parseLeaf([]byte(l.Leaf)); err == nil {
		r.at, r.action, r.objectKind, r.objectID = was.at, was.action, was.objectKind, was.objectID
	} else if was, err := parseOldLeaf([]byte(l.Leaf)); err == nil {
		r.at, r.action, r.objectKind, r.objectID = was.At, was.Action, was.ObjectKind, was.ObjectID
	}
	if l.Private == nil {
		return r, nil
	}
	var p private
	for f := range numFields {
		o, ok := l.Private[f.String()]
		if !ok {
			r.gone[f] = true
			continue
		}
		salt, err := base64.RawStdEncoding.DecodeString(o.Salt)
		if err != nil || len(salt) != saltSize {
			return row{}, ErrExport
		}
		copy(p.salts[f][:], salt)
		r.values[f] = o.Value
	}
	r.kept, r.salts = true, p.packSalts()
	return r, nil
}

func (x *reading) end() {
	if x.head.Partial {
		x.endPart()
		return
	}
	marks := []int64{x.head.Size}
	for _, c := range x.claims {
		marks = append(marks, sizeOf(c))
	}
	for _, p := range x.proofs {
		marks = append(marks, p.From, p.To)
	}
	w := newWalk(x.v, marks)
	for i := range x.leaves {
		w.skip(x.leaves[i].seq)
		w.step(&x.leaves[i])
	}
	w.skip(x.head.Size)
	w.finish(x.claims, x.check)
	if w.tree.size != x.head.Size || w.lost < 0 && w.tree.root() != x.head.Root {
		x.v.fault(FaultTree, 0, x.head.Size-1, "the first line says another size or root than the entries make")
	}
	for _, p := range x.proofs {
		if w.lost < 0 && (p.From < 1 || p.From > p.To || p.To > w.tree.size || tlog.CheckTree(p.Proof, p.To, w.roots[p.To], p.From, w.roots[p.From]) != nil) {
			x.v.fault(FaultProof, p.From, p.To, "the proof from %d to %d entries does not hold", p.From, p.To)
		}
	}
}

// skip passes over entries that the export does not have. A first line may claim any size: what is absurd is not counted one by one.
func (w *walk) skip(to int64) {
	const most = 1 << 20
	if to-w.tree.size > most {
		w.tellMissing()
		w.v.fault(FaultMissing, w.tree.size, to-1, "entries %d to %d are missing", w.tree.size, to-1)
		if w.lost < 0 {
			w.lost = w.tree.size
		}
		w.jump(to)
		return
	}
	for w.tree.size < to {
		w.missing("")
	}
}

// jump moves the walk to a size with a tree of nothing: no root of it is compared.
func (w *walk) jump(to int64) {
	w.tree = edge{size: to, nodes: make([]tlog.Hash, len(edgePlaces(to)))}
}

// endPart holds a part of a log to the checkpoints: those of the very size, and those that a chain of proofs leads from.
func (x *reading) endPart() {
	v := x.v
	v.Size, v.Root = x.head.Size, x.head.Root
	proven := map[int64]tlog.Hash{v.Size: v.Root}
	w := newWalk(v, nil)
	w.tree.size = v.Size
	roots := map[int64]tlog.Hash{}
	for i := range x.claims {
		if cp, ok := w.open(&x.claims[i], x.check); ok {
			v.Checkpoints++
			roots[cp.Size] = cp.Root
		}
	}
	for i := len(x.proofs) - 1; i >= 0; i-- {
		p := x.proofs[i]
		to, ok1 := proven[p.To]
		from, ok2 := roots[p.From]
		if ok1 && ok2 && p.From > 0 && p.From <= p.To && tlog.CheckTree(p.Proof, p.To, to, p.From, from) == nil {
			proven[p.From] = from
			continue
		}
		v.fault(FaultProof, p.From, p.To, "the proof from %d to %d entries does not hold", p.From, p.To)
	}
	for size, root := range roots {
		if got, ok := proven[size]; ok && got == root {
			v.Signed = max(v.Signed, size)
			continue
		}
		v.fault(FaultRewritten, 0, size-1, "a checkpoint of %d entries is of another log than the part that was exported", size)
	}
}
