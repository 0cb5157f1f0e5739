// SPDX-License-Identifier: EUPL-1.2

package discovery

import "math/bits"

// exactDistinct is how many different values are counted one by one; above it, their number is estimated from a sample of hashes.
const exactDistinct = 1024

// distinctCounter counts different values by hashes that nobody outside can foresee: all of them up to a number, and then those whose
// hash ends with ever more zeros. Its table has twice as many places as hashes; a hash stands at the first free place from where its
// highest bits point. Which hashes are kept cannot be foreseen, so that they are first written down, without a branch, and put in their
// places a few at a time.
type distinctCounter struct {
	n       int64
	waiting int
	wait    [mostWaiting]uint64
	table   []uint64
	tables  *tables
	held    int
	level   int
	unkept  uint64 // the bits of which those that are kept have none
}

// distinctPlaces is how many places a table has when it is made, and at most; mostWaiting how many hashes wait for theirs.
const distinctPlaces, mostDistinctPlaces, mostWaiting = 64, 2 * exactDistinct, 32

func (d *distinctCounter) add(h uint64) {
	d.n++
	h |= 1 << 63 // none is 0, which is a free place
	kept := 0
	if h&d.unkept == 0 {
		kept = 1
	}
	d.wait[d.waiting&(mostWaiting-1)] = h
	if d.waiting += kept; d.waiting == mostWaiting {
		d.keepAll()
	}
}

// keepAll puts the hashes that wait among those that are kept.
func (d *distinctCounter) keepAll() {
	if d.table == nil {
		d.table = d.tables.take(distinctPlaces)
	}
	for _, h := range d.wait[:d.waiting] {
		if h&d.unkept != 0 || !d.put(h) {
			continue
		}
		if d.held++; d.held*2 >= len(d.table) {
			d.grow()
		}
	}
	d.waiting = 0
}

// grow makes more places; when there are enough, fewer hashes are kept.
func (d *distinctCounter) grow() {
	places := min(4*len(d.table), mostDistinctPlaces)
	for fits := false; !fits; fits = d.held*2 < places {
		if places == len(d.table) {
			d.level++
			d.unkept = 1<<d.level - 1
		}
		old := d.table
		d.table, d.held = d.tables.take(places), 0
		kept := 0
		for _, h := range old { // which are kept cannot be foreseen either
			old[kept] = h
			kept += int((h&d.unkept - 1) >> 63 & (h >> 63))
		}
		for _, h := range old[:kept] {
			d.put(h)
		}
		d.held = kept
		d.tables.release(old)
	}
}

// put puts a hash in its place, and reports whether it was not there.
func (d *distinctCounter) put(h uint64) bool {
	last := uint64(len(d.table) - 1)
	for i := h >> 32; ; i++ {
		switch d.table[i&last] {
		case 0:
			d.table[i&last] = h
			return true
		case h:
			return false
		}
	}
}

func (d *distinctCounter) distinct() int64 {
	d.keepAll()
	return int64(d.held) << d.level
}

// tables are those of columns that have been counted, for the next ones: by their size, 64, 256, 1,024 and 2,048 places.
type tables [12][][]uint64

// mostTables is how many of each size are kept: a file may have thousands of columns.
const mostTables = 64

// take is an empty table.
func (t *tables) take(places int) []uint64 {
	free := &t[bits.Len(uint(places))-1]
	if n := len(*free); n > 0 {
		table := (*free)[n-1]
		*free = (*free)[:n-1]
		clear(table)
		return table
	}
	return make([]uint64, places)
}

// release takes back a table that is not used any longer.
func (t *tables) release(table []uint64) {
	if table == nil {
		return
	}
	if free := &t[bits.Len(uint(len(table)))-1]; len(*free) < mostTables {
		*free = append(*free, table)
	}
}
