// SPDX-License-Identifier: EUPL-1.2

package audit

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// SegmentFiles lists the files of segments in a directory that a Drop has filled, in the order that they are read in.
func SegmentFiles(dir string) ([]string, error) {
	var out []string
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err == nil && e.Type().IsRegular() && strings.HasSuffix(path, ".jsonl") && !strings.HasPrefix(e.Name(), ".") {
			out = append(out, path)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list entries: %w", err)
	}
	slices.Sort(out) // the numbers in the names have leading zeros
	return out, nil
}

// files reads files one after the other.
type files struct {
	names []string
	open  *os.File
}

// ReadFiles reads files one after the other, and opens one at a time.
func ReadFiles(names []string) io.ReadCloser { return &files{names: names} }

// Read reads on.
func (f *files) Read(b []byte) (int, error) {
	for {
		if f.open == nil {
			if len(f.names) == 0 {
				return 0, io.EOF
			}
			file, err := os.Open(f.names[0])
			if err != nil {
				return 0, err
			}
			f.open, f.names = file, f.names[1:]
		}
		n, err := f.open.Read(b)
		if n > 0 || !errors.Is(err, io.EOF) {
			return n, err
		}
		if err := f.Close(); err != nil {
			return 0, err
		}
	}
}

// Close closes what is open.
func (f *files) Close() error {
	if f.open == nil {
		return nil
	}
	err := f.open.Close()
	f.open = nil
	return err
}

// IsSegments reports whether what begins with a line is segments, and not one whole export.
func IsSegments(line []byte) bool { return headOf(line).Segment }

// VerifySegments goes through segments of one or several logs, in the order that they were sent, from whichever number they begin. The same
// entries may come again. Gaps, and entries that are not those that the signed checkpoints are of, are faults in the verdicts, which are in the
// order that the logs are met in; the error says that something cannot be read (ErrExport).
func VerifySegments(r io.Reader, c Check) ([]Verdict, error) {
	s := bufio.NewScanner(r)
	s.Buffer(make([]byte, 0, 64<<10), maxLine)
	var logs []*sent
	of := func(name string) *sent {
		i := slices.IndexFunc(logs, func(l *sent) bool { return l.name == name })
		if i < 0 {
			return nil
		}
		return logs[i]
	}
	n := 0
	for s.Scan() {
		n++
		if bytes.HasPrefix(s.Bytes(), []byte(`{"insegel_log_export":`)) {
			var h exportHead
			if err := strict(s.Bytes(), &h); err != nil || !h.sound() {
				return nil, fmt.Errorf("read line %d: %w of this version", n, ErrExport)
			}
			l := of(h.Log)
			if l == nil {
				l = newSent(&h, &c)
				logs = append(logs, l)
			}
			l.begin(&h)
			continue
		}
		var l exportLine
		if err := strict(s.Bytes(), &l); err != nil || of(l.Log) == nil {
			return nil, fmt.Errorf("read line %d: %w", n, ErrExport)
		}
		if err := of(l.Log).take(&l); err != nil {
			return nil, fmt.Errorf("read line %d: %w", n, err)
		}
	}
	if err := s.Err(); err != nil {
		return nil, fmt.Errorf("read line %d: %w", n+1, errors.Join(ErrExport, err))
	}
	out := make([]Verdict, len(logs))
	for i, l := range logs {
		out[i] = l.end()
	}
	return out, nil
}

// sound reports whether the head of a segment can be of one.
func (h *exportHead) sound() bool {
	return h.Format == exportFormat && h.Segment && h.From >= 0 && h.Size >= h.From && h.Log != "" && len(h.Edge) == len(edgePlaces(h.From))
}

// sent is what has been read of one log.
type sent struct {
	name    string
	check   *Check
	v       Verdict
	heads   []exportHead
	leaves  []judged
	claims  []claim
	scratch []byte
}

func newSent(h *exportHead, c *Check) *sent {
	l := &sent{name: h.Log, check: c, v: Verdict{Organisation: h.Organisation, Name: h.Log}}
	for _, text := range c.Held {
		l.claims = append(l.claims, claim{text, true})
	}
	return l
}

// begin begins a segment. One of a later epoch begins where the backup ended: what was sent after that was lost, and the checkpoints
// tell whether it has been declared.
func (l *sent) begin(h *exportHead) {
	if len(l.heads) > 0 && h.Epoch > l.heads[len(l.heads)-1].Epoch {
		i, _ := slices.BinarySearchFunc(l.leaves, h.From, bySeq)
		l.leaves = l.leaves[:i]
		l.heads = slices.DeleteFunc(l.heads, func(x exportHead) bool { return x.Size > h.From })
	}
	l.heads = append(l.heads, *h)
}

func bySeq(j judged, seq int64) int {
	switch {
	case j.seq < seq:
		return -1
	case j.seq > seq:
		return 1
	default:
		return 0
	}
}

func (l *sent) take(x *exportLine) error {
	switch {
	case x.Seq != nil:
		return l.entry(x)
	case x.Checkpoint != "":
		l.claims = append(l.claims, claim{x.Checkpoint, false})
		return nil
	default:
		return ErrExport
	}
}

func (l *sent) entry(x *exportLine) error {
	r, err := x.row()
	if err != nil {
		return err
	}
	h := &l.heads[len(l.heads)-1]
	if r.seq < h.From || r.seq >= h.Size {
		l.v.fault(FaultExtra, r.seq, r.seq, "entry %d is outside of the segment from %d to %d", r.seq, h.From, h.Size)
		return nil
	}
	var j judged
	j, l.scratch = judge(&r, l.scratch)
	i, again := slices.BinarySearchFunc(l.leaves, r.seq, bySeq)
	switch {
	case !again:
		l.leaves = slices.Insert(l.leaves, i, j)
	case l.leaves[i].hash != j.hash:
		l.v.fault(FaultRewritten, r.seq, r.seq, "entry %d was sent twice, and is another the second time", r.seq)
	case len(j.faults) > 0: // the first may be whole, and this one changed
		l.leaves[i].faults = append(l.leaves[i].faults, j.faults...)
	}
	return nil
}

// end goes through the entries in order, and holds them to the segments' roots and to the checkpoints.
func (l *sent) end() Verdict {
	v := &l.v
	v.Epoch = l.heads[len(l.heads)-1].Epoch
	slices.SortStableFunc(l.heads, func(a, b exportHead) int { return int(a.From - b.From) })
	var marks []int64
	for i := range l.heads {
		marks = append(marks, l.heads[i].Size)
	}
	for _, c := range l.claims {
		marks = append(marks, sizeOf(c))
	}
	w := newWalk(v, marks)
	first := &l.heads[0]
	if w.goOn(first); first.From > 0 {
		w.epoch = first.Epoch
	}
	next := 0
	for i := range l.leaves {
		for ; next < len(l.heads) && l.heads[next].From <= l.leaves[i].seq; next++ {
			w.reach(&l.heads[next])
		}
		if l.leaves[i].seq > w.tree.size { // entries of a segment that did not come whole: nothing can be said about the tree from there
			w.skip(l.leaves[i].seq)
		}
		w.step(&l.leaves[i])
	}
	for ; next < len(l.heads); next++ {
		w.reach(&l.heads[next])
	}
	w.skip(l.heads[len(l.heads)-1].Size)
	l.claims = slices.DeleteFunc(l.claims, func(c claim) bool { return !c.held && sizeOf(c) > 0 && sizeOf(c) < first.From })
	w.finish(l.claims, l.check)
	for i := range l.heads {
		h := &l.heads[i]
		if root, ok := w.roots[h.Size]; w.lost < 0 && (!ok || root != h.Root) {
			v.fault(FaultTree, h.From, h.Size-1, "the first line of the segment from %d to %d says another root than the entries make", h.From, h.Size)
		}
	}
	return *v
}

// reach tells of what is missing before a segment, and goes on from its edge.
func (w *walk) reach(h *exportHead) {
	if h.From <= w.tree.size {
		return
	}
	w.tellMissing()
	w.v.fault(FaultMissing, w.tree.size, h.From-1, "entries %d to %d are missing", w.tree.size, h.From-1)
	w.goOn(h)
}

// goOn continues from the edge that a segment tells. Whether it is the log's own is seen at the next checkpoint: the root is of the edge
// and of the entries after it.
func (w *walk) goOn(h *exportHead) {
	w.tree = edge{size: h.From, nodes: slices.Clone(h.Edge)}
	w.roots[h.From] = w.tree.root()
	w.lost = -1
}
