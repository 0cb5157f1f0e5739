// SPDX-License-Identifier: EUPL-1.2

package audit

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

// The kinds of fault that a verification finds. Pages have a sentence for each.
const (
	FaultMissing    = "missing"    // an entry is not there
	FaultExtra      = "extra"      // there are entries after the log's end
	FaultLeaf       = "leaf"       // a leaf is not what its entry says
	FaultPrivate    = "private"    // who, what, why or from where was changed
	FaultTree       = "tree"       // the stored tree is not that of the leaves
	FaultTruncated  = "truncated"  // entries that a checkpoint covers are gone
	FaultRewritten  = "rewritten"  // entries that a checkpoint covers are others
	FaultSignature  = "signature"  // a checkpoint is not signed with the key
	FaultCheckpoint = "checkpoint" // a checkpoint does not belong to the log
	FaultEpoch      = "epoch"      // an entry that declares a restored backup does not say what is so
	FaultProof      = "proof"      // a proof in an export does not hold
)

// Fault is something wrong in a log, and where.
type Fault struct {
	Kind string `json:"kind"`
	// From and To are the first and the last entry that it is about.
	From int64  `json:"from"`
	To   int64  `json:"to"`
	Text string `json:"text"`
}

// Verdict is what was found about one log.
type Verdict struct {
	Organisation string    `json:"organisation"`
	Name         string    `json:"log"`
	Epoch        int64     `json:"epoch"`
	Size         int64     `json:"size"`
	Root         tlog.Hash `json:"root"`
	// First and Last are the times of the first and the last entry, in milliseconds.
	First int64 `json:"first_at"`
	Last  int64 `json:"last_at"`
	// Checkpoints is how many were checked; Signed is the size that the latest covers.
	Checkpoints int   `json:"checkpoints"`
	Signed      int64 `json:"signed"`
	// Cosigned is the largest size that a given witness has signed.
	Cosigned int64 `json:"cosigned"`
	// Erased is how many entries have erased fields, and Plain how many are of the version that hid nothing.
	Erased int64 `json:"erased"`
	Plain  int64 `json:"plain"`
	// Backwards is how many entries have an earlier time than the one before: the clock was set back. That is no fault.
	Backwards int64 `json:"backwards"`
	// Partial says that only some entries were there to check, each with its proof: an export of a part.
	Partial bool    `json:"partial"`
	Checked int64   `json:"checked"`
	Faults  []Fault `json:"faults"`
	// More is how many more faults there are than are listed.
	More int64 `json:"more_faults"`
}

// Whole reports whether nothing was found.
func (v *Verdict) Whole() bool { return len(v.Faults) == 0 }

// mostFaults is how many are listed of one log.
const mostFaults = 100

func (v *Verdict) fault(kind string, from, to int64, format string, args ...any) {
	if len(v.Faults) == mostFaults {
		v.More++
		return
	}
	v.Faults = append(v.Faults, Fault{kind, from, to, fmt.Sprintf(format, args...)})
}

// Check is what a verification goes by.
type Check struct {
	// Keys are the public keys that checkpoints are to be signed with. Without any the signatures are not checked, and a log that
	// somebody with the database has rewritten from the beginning may pass.
	Keys []PublicKey
	// Held are signed checkpoints that the verifier has kept: each must be a part of its log.
	Held []string
	// Witnesses are verifier keys of those who cosign.
	Witnesses []Witness
}

// row is an entry as it is stored.
type row struct {
	seq, at                      int64
	action, objectKind, objectID string
	record, hashes, salts        string
	values                       [numFields]string
	gone                         [numFields]bool
	// kept says that there is a private part at all.
	kept bool
}

// judged is what was found about one row by itself.
type judged struct {
	seq, at int64
	hash    tlog.Hash
	// hashes is the stored text; it is compared when the tree is known.
	hashes string
	faults []Fault
	erased bool
	plain  bool
	// declares is the declaration of a restored backup, if the entry is one.
	declares *restoration
}

func (j *judged) fault(kind, format string, args ...any) {
	j.faults = append(j.faults, Fault{kind, j.seq, j.seq, fmt.Sprintf(format, args...)})
}

// judge looks at one row: the leaf must be exactly what its columns and its private part make.
func judge(r *row, scratch []byte) (judged, []byte) {
	j := judged{seq: r.seq, at: r.at, hashes: r.hashes}
	p := private{values: r.values, gone: r.gone}
	hidden := p.unpackSalts([]byte(r.salts))
	if !hidden && !strings.HasPrefix(r.record, `{"v":2,`) {
		judgeOld(r, &j)
	} else {
		scratch = judgeNew(r, &p, &j, hidden, scratch)
	}
	j.hash = tlog.RecordHash([]byte(r.record))
	if r.action == ActionRestored && r.kept && !r.gone[What] {
		var in struct {
			Data *restoration `json:"data"`
		}
		if json.Unmarshal([]byte(r.values[What]), &in) == nil {
			j.declares = in.Data
		}
	}
	return j, scratch
}

func judgeNew(r *row, p *private, j *judged, hidden bool, scratch []byte) []byte {
	l := leaf{seq: r.seq, at: r.at, action: r.action, objectKind: r.objectKind, objectID: r.objectID}
	for f := range numFields {
		j.erased = j.erased || p.gone[f] || !r.kept
		if hidden && !p.gone[f] {
			l.commitments[f] = p.commit(f, scratch)
		}
	}
	scratch = l.append(scratch[:0])
	if hidden && !j.erased && string(scratch) == r.record {
		return scratch // nearly always
	}
	was, err := parseLeaf([]byte(r.record))
	switch {
	case err != nil:
		j.fault(FaultLeaf, "entry %d: its leaf is not in the format", r.seq)
		return scratch
	case hidden && r.kept:
		j.compare(p, &was, &l)
	case r.kept:
		j.fault(FaultPrivate, "entry %d: its salts have been changed", r.seq)
	}
	if l.commitments = was.commitments; was != l {
		j.fault(FaultLeaf, "entry %d: its leaf says another number, time, action or object than the entry", r.seq)
	}
	return scratch
}

// compare holds what is left of the private part to what the leaf commits to.
func (j *judged) compare(p *private, was, is *leaf) {
	for f := range numFields {
		if !p.gone[f] && was.commitments[f] != is.commitments[f] {
			j.fault(FaultPrivate, "entry %d: %s has been changed, it is not what the leaf commits to", j.seq, f)
		}
	}
}

func judgeOld(r *row, j *judged) {
	j.plain = true
	l, err := parseOldLeaf([]byte(r.record))
	if err != nil {
		j.fault(FaultLeaf, "entry %d: its leaf is not in the format", r.seq)
		return
	}
	if l.Seq != r.seq || l.At != r.at || l.Action != r.action || l.ObjectKind != r.objectKind || l.ObjectID != r.objectID {
		j.fault(FaultLeaf, "entry %d: its leaf says another number, time, action or object than the entry", r.seq)
	}
	what, _ := json.Marshal(struct { // raw JSON that has been read can be written
		Data json.RawMessage `json:"data"`
	}{l.Data})
	if r.kept && (r.values[Who] != l.Actor || r.values[What] != string(what)) {
		j.fault(FaultPrivate, "entry %d: what is shown of it is not what its leaf says", r.seq)
	}
}

// walk goes through a log from its first entry, and builds the tree.
type walk struct {
	v        *Verdict
	tree     edge
	hashes   []tlog.Hash
	declared []declaration
	// marks are the sizes at which the root is wanted, in order, and roots what it was.
	marks []int64
	roots map[int64]tlog.Hash
	// gone is the first of the missing entries that the walk is among, or -1; lost is the first whose hash is missing too, or -1: from
	// there on nothing can be said about the tree.
	gone, lost int64
	// epoch is that of the first entry, when the walk does not begin with the log's first.
	epoch int64
}

// declaration is an entry that declares a restored backup.
type declaration struct {
	seq int64
	restoration
}

// newWalk makes a walk that notes the root at some sizes.
func newWalk(v *Verdict, marks []int64) *walk {
	slices.Sort(marks)
	return &walk{v: v, marks: slices.Compact(marks), roots: map[int64]tlog.Hash{0: (&edge{}).root()}, gone: -1, lost: -1}
}

// missing takes an entry that is not there. What its stored hash says lets the walk go on.
func (w *walk) missing(stored string) {
	if w.gone < 0 {
		w.gone = w.tree.size
	}
	h, err := hashAt(stored, 0)
	if err != nil && w.lost < 0 {
		w.lost = w.tree.size
	}
	w.add(h)
}

// tellMissing tells of the missing entries that have just ended.
func (w *walk) tellMissing() {
	if w.gone >= 0 {
		w.v.fault(FaultMissing, w.gone, w.tree.size-1, "entries %d to %d are missing", w.gone, w.tree.size-1)
		w.gone = -1
	}
}

// step takes the next entry.
func (w *walk) step(j *judged) {
	w.tellMissing()
	v := w.v
	for _, f := range j.faults {
		v.fault(f.Kind, f.From, f.To, "%s", f.Text)
	}
	if v.Checked == 0 {
		v.First = j.at
	} else if j.at < v.Last {
		v.Backwards++
	}
	v.Last = j.at
	v.Checked++
	if j.erased {
		v.Erased++
	}
	if j.plain {
		v.Plain++
	}
	if j.declares != nil {
		w.roots[w.tree.size] = w.tree.root()
		w.declared = append(w.declared, declaration{j.seq, *j.declares})
	}
	h := j.hash
	if stored, err := hashAt(j.hashes, 0); j.hashes != "" && err == nil && stored != h {
		v.fault(FaultTree, j.seq, j.seq, "entry %d has been rewritten: the tree has another hash of it", j.seq)
		h = stored // so that what follows is judged by itself
	}
	w.add(h)
	if j.hashes != "" && w.lost < 0 && !sameHashes(j.hashes, w.hashes) {
		v.fault(FaultTree, j.seq, j.seq, "entry %d: the hashes that the tree has for it are missing or wrong", j.seq)
	}
}

func (w *walk) add(h tlog.Hash) {
	w.hashes = w.tree.add(h, w.hashes[:0])
	if len(w.marks) > 0 && w.marks[0] == w.tree.size {
		w.roots[w.tree.size] = w.tree.root()
		w.marks = w.marks[1:]
	}
}

func sameHashes(stored string, hashes []tlog.Hash) bool {
	if len(stored) != len(hashes)*hashWidth {
		return false
	}
	for i, h := range hashes {
		if got, err := hashAt(stored, i); err != nil || got != h {
			return false
		}
	}
	return true
}

// claim is a signed checkpoint that the log is held to.
type claim struct {
	note string
	// held says that the one who verifies has kept it.
	held bool
}

// finish ends the walk: it compares the tree with the checkpoints, and the declarations with it.
func (w *walk) finish(claims []claim, c *Check) {
	w.tellMissing()
	v := w.v
	v.Size, v.Root = w.tree.size, w.tree.root()
	good, told := int64(0), false
	slices.SortStableFunc(claims, func(a, b claim) int { return int(sizeOf(a) - sizeOf(b)) })
	for i := range claims {
		cp, ok := w.open(&claims[i], c)
		if !ok {
			continue
		}
		v.Checkpoints++
		root, known := w.roots[cp.Size]
		switch {
		case cp.Size > v.Size:
			v.fault(FaultTruncated, v.Size, cp.Size-1, "the log has %d entries, and %s is of %d: entries %d to %d are gone", v.Size, called(&claims[i]), cp.Size, v.Size, cp.Size-1)
		case w.lost >= 0 && w.lost < cp.Size: // told already
		case !known || root != cp.Root:
			if !told {
				v.fault(FaultRewritten, good, cp.Size-1, "one or more of the entries %d to %d are others than when %s of %d entries was signed", good, cp.Size-1, called(&claims[i]), cp.Size)
			}
			told = true
		default:
			good = max(good, cp.Size)
			v.Signed = max(v.Signed, cp.Size)
		}
	}
	w.checkEpochs()
}

func sizeOf(c claim) int64 {
	cp, _ := peek(c.note) // what cannot be read comes first, and is told when it is opened
	return cp.Size
}

func called(c *claim) string {
	if c.held {
		return "the checkpoint that you hold"
	}
	return "a stored checkpoint"
}

// open reads a claim and checks whose it is.
func (w *walk) open(c *claim, by *Check) (Checkpoint, bool) {
	cp, err := peek(c.note)
	name, epoch, ok := ParseOrigin(cp.Origin)
	if err != nil || !ok {
		w.v.fault(FaultCheckpoint, 0, 0, "%s cannot be read", called(c))
		return cp, false
	}
	if name != w.v.Name {
		if !c.held { // one that is held may be of another log in the same file
			w.v.fault(FaultCheckpoint, 0, cp.Size-1, "%s of %d entries is of another log, %s", called(c), cp.Size, name)
		}
		return cp, false
	}
	if len(by.Keys) > 0 {
		if _, err := OpenNote(c.note, by.Keys...); err != nil {
			w.v.fault(FaultSignature, 0, cp.Size-1, "%s of %d entries is not signed with the key", called(c), cp.Size)
			return cp, false
		}
	}
	for i := range by.Witnesses {
		_, sigs, _ := strings.Cut(c.note, "\n\n")
		if _, _, err := by.Witnesses[i].cosigned(c.note, sigs); err == nil {
			w.v.Cosigned = max(w.v.Cosigned, cp.Size)
		}
	}
	return cp, w.current(c, &cp, epoch)
}

// current reports whether a checkpoint is of what the log still holds. One of an epoch that a backup replaced may be of entries that
// were lost, as far as a declaration says so.
func (w *walk) current(c *claim, cp *Checkpoint, epoch int64) bool {
	for _, d := range w.declared {
		switch {
		case epoch >= d.Epoch && cp.Size <= d.seq:
			w.v.fault(FaultEpoch, d.seq, d.seq, "%s of %d entries says epoch %d, which began with entry %d", called(c), cp.Size, epoch, d.seq)
			return false
		case epoch < d.Epoch && cp.Size > d.seq:
			if d.Replaced == nil || cp.Size > d.Replaced.Size || cp.Size == d.Replaced.Size && cp.Root != d.Replaced.Root {
				w.v.fault(FaultEpoch, d.seq, d.seq, "%s of %d entries was replaced by a backup in entry %d, which does not declare it", called(c), cp.Size, d.seq)
			}
			return false
		}
	}
	return true
}

// checkEpochs wants every declaration to say what was so.
func (w *walk) checkEpochs() {
	v, epoch := w.v, max(w.epoch, 1)
	if w.epoch > 0 && len(w.declared) > 0 {
		epoch = w.declared[0].Epoch - 1
	}
	for _, d := range w.declared {
		if d.FromSize != d.seq || w.lost < 0 && d.FromRoot != w.roots[d.seq] {
			v.fault(FaultEpoch, d.seq, d.seq, "entry %d declares that a backup of %d entries was put back, and the log before it is another", d.seq, d.FromSize)
		}
		if d.Epoch <= epoch && d.seq > 0 {
			v.fault(FaultEpoch, d.seq, d.seq, "entry %d begins epoch %d after epoch %d", d.seq, d.Epoch, epoch)
		}
		epoch = d.Epoch
	}
	if v.Epoch != epoch {
		v.fault(FaultEpoch, v.Size, v.Size, "the log says that it is in epoch %d, and its entries that it is in %d", v.Epoch, epoch)
	}
}
