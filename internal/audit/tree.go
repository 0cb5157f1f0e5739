// SPDX-License-Identifier: EUPL-1.2

package audit

import (
	"context"
	"errors"
	"fmt"
	"math/bits"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/db"
)

// ErrTree says that hashes are missing in the stored tree: it was tampered with, or is damaged.
var ErrTree = errors.New("the log's tree is damaged")

// hashWidth is how many characters a stored hash takes.
const hashWidth = 44

// edge is the right edge of a tree (Swedish: kant): its whole subtrees, from the largest. It is all that is needed to go on.
type edge struct {
	size  int64
	nodes []tlog.Hash
}

// add puts a leaf to the tree and gives the hashes to store for it: its own, and those of the subtrees that it completes.
func (t *edge) add(h tlog.Hash, out []tlog.Hash) []tlog.Hash {
	out = append(out, h)
	for n := t.size; n&1 == 1; n >>= 1 {
		last := len(t.nodes) - 1
		h = tlog.NodeHash(t.nodes[last], h)
		t.nodes = t.nodes[:last]
		out = append(out, h)
	}
	t.nodes = append(t.nodes, h)
	t.size++
	return out
}

// root is the hash of the whole tree.
func (t *edge) root() tlog.Hash {
	if len(t.nodes) == 0 {
		h, _ := tlog.TreeHash(0, nil) // the empty tree reads nothing
		return h
	}
	h := t.nodes[len(t.nodes)-1]
	for i := len(t.nodes) - 2; i >= 0; i-- {
		h = tlog.NodeHash(t.nodes[i], h)
	}
	return h
}

// place is where a hash is stored: with the leaf that completed its subtree, and which of that leaf's hashes it is.
type place struct {
	seq   int64
	level int
}

// edgePlaces are where the edge of a tree of the given size is stored, from the largest subtree.
func edgePlaces(size int64) []place {
	var out []place
	var end int64
	for level := bits.Len64(uint64(size)) - 1; level >= 0; level-- { //nolint:gosec // a size is never negative
		if size&(1<<level) != 0 {
			end += 1 << level
			out = append(out, place{end - 1, level})
		}
	}
	return out
}

// placeOf is where the hash with an index of tlog's is stored.
func placeOf(index int64) place {
	level, n := tlog.SplitStoredHashIndex(index)
	return place{(n+1)<<level - 1, level}
}

// hashAt reads one of a leaf's stored hashes.
func hashAt(stored string, level int) (tlog.Hash, error) {
	if len(stored)%hashWidth != 0 || len(stored) < (level+1)*hashWidth {
		return tlog.Hash{}, ErrTree
	}
	h, err := tlog.ParseHash(stored[level*hashWidth : (level+1)*hashWidth])
	if err != nil {
		return tlog.Hash{}, ErrTree
	}
	return h, nil
}

// hashesAt reads stored hashes.
func hashesAt(ctx context.Context, tx *db.Tx, org access.OrganisationID, places []place) ([]tlog.Hash, error) {
	seqs := make([]int64, len(places))
	for i, p := range places {
		seqs[i] = p.seq
	}
	stored, err := storedHashes(ctx, tx, org, seqs)
	if err != nil {
		return nil, fmt.Errorf("read the log's tree: %w", err)
	}
	out := make([]tlog.Hash, len(places))
	for i, p := range places {
		if out[i], err = hashAt(stored[p.seq], p.level); err != nil {
			return nil, fmt.Errorf("read the hashes of entry %d: %w", p.seq, err)
		}
	}
	return out, nil
}

// readEdge reads the edge of the stored tree at a size.
func readEdge(ctx context.Context, tx *db.Tx, org access.OrganisationID, size int64) (edge, error) {
	t := edge{size: size}
	if size == 0 {
		return t, nil
	}
	var err error
	t.nodes, err = hashesAt(ctx, tx, org, edgePlaces(size))
	return t, err
}

// edgeOf makes the edge of a tree of the given size from all that is stored where it is, in order. It is ErrTree when something is missing.
func edgeOf(size int64, stored []string) (edge, error) {
	t, places := edge{size: size}, edgePlaces(size)
	if len(stored) != len(places) {
		return t, ErrTree
	}
	for i, p := range places {
		h, err := hashAt(stored[i], p.level)
		if err != nil {
			return t, err
		}
		t.nodes = append(t.nodes, h)
	}
	return t, nil
}

// reader lets tlog read the stored tree.
func reader(ctx context.Context, tx *db.Tx, org access.OrganisationID) tlog.HashReaderFunc {
	return func(indexes []int64) ([]tlog.Hash, error) {
		places := make([]place, len(indexes))
		for i, x := range indexes {
			places[i] = placeOf(x)
		}
		return hashesAt(ctx, tx, org, places)
	}
}

// Root gives the hash of the tree over the first size entries.
func Root(ctx context.Context, tx *db.Tx, org access.OrganisationID, size int64) (tlog.Hash, error) {
	t, err := readEdge(ctx, tx, org, size)
	return t.root(), err
}

// ProveEntry proves that an entry is in the tree of the given size. It reads as many hashes as the tree is high.
func ProveEntry(ctx context.Context, tx *db.Tx, org access.OrganisationID, size, seq int64) (tlog.RecordProof, error) {
	p, err := tlog.ProveRecord(size, seq, reader(ctx, tx, org))
	if err != nil {
		return nil, fmt.Errorf("prove entry %d: %w", seq, err)
	}
	return p, nil
}

// ProveTree proves that the tree of one size is the beginning of the tree of another.
func ProveTree(ctx context.Context, tx *db.Tx, org access.OrganisationID, size, before int64) (tlog.TreeProof, error) {
	p, err := tlog.ProveTree(size, before, reader(ctx, tx, org))
	if err != nil {
		return nil, fmt.Errorf("prove that the log of %d entries goes on from that of %d: %w", size, before, err)
	}
	return p, nil
}
