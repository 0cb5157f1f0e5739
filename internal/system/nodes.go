// SPDX-License-Identifier: EUPL-1.2

package system

import (
	"cmp"
	"encoding/binary"
	"hash/maphash"
	"slices"
)

// nodes numbers ids in the order in which they are met. It takes the place of a map because half a million look-ups in one are most of the work with a
// large graph, and wait for memory: here an id takes eight bytes to look for, and the sums of many ids can be made before any of them is looked for.
type nodes struct {
	ids []string
	// slots is where the ids are looked for, from the one that the sum tells and on. It is a power of two long, and at most half of it is taken.
	slots []slot
}

// nodeSeed is the same for all graphs, so that two of the same dependencies are equal.
var nodeSeed = maphash.MakeSeed()

// slot is where a node was put: a part of the sum of its id, and its number and one; zero where there is none.
type slot struct{ sum, node uint32 }

// newNodes makes numbers for about as many ids.
func newNodes(expected int) nodes {
	size := 16
	for size < 2*expected {
		size *= 2
	}
	return nodes{ids: make([]string, 0, expected), slots: make([]slot, size)}
}

func (s *nodes) sum(id string) uint32 { return uint32(maphash.String(nodeSeed, id)) } //nolint:gosec // a part of it is enough

// number gives the number of an id, a new one when it is met for the first time.
func (s *nodes) number(id string, sum uint32) int32 {
	mask := uint32(len(s.slots) - 1) //nolint:gosec // a power of two below two thousand million
	i := sum & mask
	for ; s.slots[i].node != 0; i = (i + 1) & mask {
		if s.slots[i].sum == sum && s.ids[s.slots[i].node-1] == id {
			return int32(s.slots[i].node - 1) //nolint:gosec // there are fewer than two thousand million systems
		}
	}
	s.ids = append(s.ids, id)
	s.slots[i] = slot{sum, uint32(len(s.ids))} //nolint:gosec // as above
	if 2*len(s.ids) > len(s.slots) {
		s.grow()
	}
	return int32(len(s.ids) - 1) //nolint:gosec // as above
}

// find gives the number of an id that has been met.
func (s *nodes) find(id string) (int32, bool) {
	if len(s.ids) == 0 {
		return 0, false
	}
	sum, mask := s.sum(id), uint32(len(s.slots)-1) //nolint:gosec // as in number
	for i := sum & mask; s.slots[i].node != 0; i = (i + 1) & mask {
		if s.slots[i].sum == sum && s.ids[s.slots[i].node-1] == id {
			return int32(s.slots[i].node - 1), true //nolint:gosec // as in number
		}
	}
	return 0, false
}

func (s *nodes) grow() {
	had := s.slots
	s.slots = make([]slot, 2*len(had))
	mask := uint32(len(s.slots) - 1) //nolint:gosec // as in number
	for _, p := range had {
		if p.node == 0 {
			continue
		}
		i := p.sum & mask
		for s.slots[i].node != 0 {
			i = (i + 1) & mask
		}
		s.slots[i] = p
	}
}

// renumber numbers the ids in their order instead, and gives the new number of each old one.
func (s *nodes) renumber() []int32 {
	order, now := sorted(s.ids), make([]int32, len(s.ids))
	list := make([]string, len(s.ids))
	for n, was := range order {
		list[n], now[was] = s.ids[was], int32(n) //nolint:gosec // numbered by node
	}
	s.ids = list
	for i := range s.slots {
		if p := &s.slots[i]; p.node != 0 {
			p.node = uint32(now[p.node-1]) + 1 //nolint:gosec // a number is never negative
		}
	}
	return now
}

// sorted gives the numbers of texts in the order of the texts. What they all begin with is passed over, and the next letters are compared as numbers:
// ids that were made soon after each other begin alike.
func sorted(texts []string) []int32 {
	type key struct {
		high, low uint64
		n         int32
	}
	alike := beginning(texts)
	keys := make([]key, len(texts))
	for n, text := range texts {
		var head [16]byte
		copy(head[:], text[alike:])
		keys[n] = key{binary.BigEndian.Uint64(head[:8]), binary.BigEndian.Uint64(head[8:]), int32(n)} //nolint:gosec // numbered by node
	}
	slices.SortFunc(keys, func(a, b key) int {
		switch {
		case a.high != b.high:
			return cmp.Compare(a.high, b.high)
		case a.low != b.low:
			return cmp.Compare(a.low, b.low)
		}
		return cmp.Compare(texts[a.n], texts[b.n])
	})
	out := make([]int32, len(keys))
	for i := range keys {
		out[i] = keys[i].n
	}
	return out
}

// beginning is how many letters all texts begin alike.
func beginning(texts []string) int {
	if len(texts) == 0 {
		return 0
	}
	alike := len(texts[0])
	for _, text := range texts[1:] {
		alike = min(alike, len(text))
		for text[:alike] != texts[0][:alike] {
			alike--
		}
	}
	return alike
}
