// SPDX-License-Identifier: EUPL-1.2

package detect

// stems tells where a term that may stand inside a word may begin: by the first three bytes of each, folded. It has a bit for each group of
// terms, and tables from the halves of a byte to the groups that have it in each of the three places. There are few such terms, and nearly
// every long word has none of them.
//
// The tables are laid out for the kernel in assembly: for each place those of the lower half and of the upper.
type stems struct {
	halves [stemBytes][2][16]uint8
	whole  [stemBytes][256]uint8 // the same by byte, for the kernel in Go
	n      int
}

// stemBytes is how many bytes of a term are looked at.
const stemBytes = 3

// add adds a folded term. Those that begin with the same byte are one group as far as there are groups.
func (t *stems) add(folded string) {
	group := uint8(1) << (t.n % 8)
	t.n++
	for k := range stemBytes {
		alike := folded[k : k+1]
		if alike == " " { // any white space, folded
			alike = " *)"
		}
		for i := range len(alike) {
			t.halves[k][0][alike[i]&15] |= group
			t.halves[k][1][alike[i]>>4] |= group
		}
	}
}

// finish makes the tables for the kernel in Go.
func (t *stems) finish() {
	for k := range stemBytes {
		for c := range 256 {
			t.whole[k][c] = t.halves[k][0][c&15] & t.halves[k][1][(c|0x20)>>4] // folded
		}
	}
}

// stemsGo is the kernel in Go. It looks at the two bytes after out's as well.
func stemsGo(out []uint64, src []byte, t *stems) {
	for w := range out {
		b := src[w*64 : w*64+64+stemBytes-1]
		var m uint64
		for i := range 64 {
			if t.whole[0][b[i]]&t.whole[1][b[i+1]]&t.whole[2][b[i+2]] != 0 {
				m |= 1 << i
			}
		}
		out[w] = m
	}
}

// classifyStems fills the places where the terms may begin for all of src. out has room for len(src)/64+1 words and one more, which is zero.
func (k *kernel) classifyStems(out []uint64, src []byte, t *stems) {
	whole := max(0, len(src)-stemBytes+1) / 64
	k.stems(out[:whole], src, t)
	last := len(src)/64 + 1
	var rest [3 * 64]byte
	copy(rest[:], src[whole*64:])
	stemsGo(out[whole:last], rest[:], t)
	out[last] = 0
}
