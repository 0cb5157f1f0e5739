// SPDX-License-Identifier: EUPL-1.2

package detect

// markedWords is how many words of the bitmaps have their marks made at a time.
const markedWords = 16

// markMap is a bitmap of one mark: of the words that have their marks made, of the one before them, and of the one after them.
type markMap [markedWords + 2]uint64

// marks are where the signs stand that say what a run of digits beside them may be.
type marks struct {
	spaces markMap
	joints markMap // '-' and '+'
	dots   markMap
	colons markMap
	// seps are what may begin a separator between groups of digits: spaces, joints, '/', '&', '(', '\', and every byte from 0x80. '0', '<' and 'P'
	// are among them.
	seps  markMap
	plus  markMap
	zeros markMap // '0'; '<', 'P' and '\' are among them
}

// The sets that a byte may be in. Each is a set of lower halves of a byte with a set of upper ones, so that two tables of sixteen tell all of
// a byte's sets. No byte is in two, which the kernel with AVX-512 relies on.
const (
	spaceMark = 1 << iota
	hyphenMark
	dotMark
	colonMark
	highMark
	openMark // '/', '&' and '('
	plusMark
	zeroMark // '0', '<', 'P' and '\'
)

// markBits are the sets of each byte.
var markBits = func() (t [256]uint8) {
	for _, c := range []byte("/&(") {
		t[c] = openMark
	}
	for _, c := range []byte(`0<P\`) {
		t[c] = zeroMark
	}
	t[' '], t['-'], t['.'], t[':'], t['+'] = spaceMark, hyphenMark, dotMark, colonMark, plusMark
	for c := 0x80; c < 0x100; c++ {
		t[c] = highMark
	}
	return t
}()

// marksGo is the kernel in Go: eight bytes' sets at a time, of which rows and columns are exchanged.
func marksGo(out *marks, at int, src []byte) {
	for w := range len(src) / 64 {
		var sets [8]uint64
		for j := range sets {
			b := src[w*64+j*8 : w*64+j*8+8]
			x := uint64(markBits[b[0]]) | uint64(markBits[b[1]])<<8 | uint64(markBits[b[2]])<<16 | uint64(markBits[b[3]])<<24 |
				uint64(markBits[b[4]])<<32 | uint64(markBits[b[5]])<<40 | uint64(markBits[b[6]])<<48 | uint64(markBits[b[7]])<<56
			t := (x ^ x>>7) & 0x00aa00aa00aa00aa
			x ^= t ^ t<<7
			t = (x ^ x>>14) & 0x0000cccc0000cccc
			x ^= t ^ t<<14
			t = (x ^ x>>28) & 0x00000000f0f0f0f0
			x ^= t ^ t<<28
			for k := range sets {
				sets[k] |= x >> (8 * k) & 0xff << (8 * j)
			}
		}
		k, joints := at+w, sets[1]|sets[6]
		out.spaces[k], out.joints[k], out.dots[k], out.colons[k] = sets[0], joints, sets[2], sets[3]
		out.seps[k], out.plus[k], out.zeros[k] = sets[0]|joints|sets[4]|sets[5]|sets[7], sets[6], sets[7]
	}
}

// markWords fills the marks from one on with those of n words of the text, from its word first on. After its end there are none.
func (s *Scanner) markWords(at, n, first int) {
	whole := max(0, min(n, len(s.text)/64-first))
	s.kernel.marks(&s.marks, at, s.text[first*64:(first+whole)*64])
	var last [64]byte
	if whole < n && first+whole == len(s.text)/64 {
		last = lastBlock(s.text)
	}
	for ; whole < n; whole++ {
		marksGo(&s.marks, at+whole, last[:])
		clear(last[:])
	}
}
