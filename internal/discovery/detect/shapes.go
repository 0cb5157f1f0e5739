// SPDX-License-Identifier: EUPL-1.2

package detect

// shapes are bitmaps of the runs of digits that may be a personnummer, each at its first digit.
type shapes struct {
	// tries are six or eight digits, which are followed by a byte and four digits, by a byte, a digit, another byte and three digits, as of
	// %2D in an address, or by two bytes that are no digits; ten; or twelve. All have a month in its place if signs are known.
	tries     []uint64
	fractions []uint64 // at least six digits after what may be a decimal sign or a percent sign; or any, where signs are not known
}

// room makes room for so many words.
func (h *shapes) room(words int) {
	if cap(h.tries) < words {
		more := words + words/4
		h.tries, h.fractions = make([]uint64, more), make([]uint64, more)
	}
	h.tries, h.fractions = h.tries[:words], h.fractions[:words]
}

// classifyShapes fills h for the words from first to last of the bitmaps, which have a word more. Where all is set in every bit, a run is
// to be tried whatever month it has. signs may be nil. It returns 0 when there are no fractions.
func (k *kernel) classifyShapes(h *shapes, digits, signs []uint64, first, last int, all uint64) (fractions uint64) {
	h.room(len(digits))
	if first == 0 && last > 0 { // it has no word before it
		fractions = shapesGo(h, digits, signs, 0, 1, all)
		first = 1
	}
	if k.shapes != nil && signs != nil && last > first {
		whole := first + (last-first)&^3
		fractions |= k.shapes(h.tries[first:whole], h.fractions[first:whole], digits[first:whole+1], signs[first:whole+1], all)
		first = whole
	}
	return fractions | shapesGo(h, digits, signs, first, last, all)
}

// shapesGo does the same in Go, a word at a time. Most words have no run of six.
func shapesGo(h *shapes, digits, signs []uint64, first, last int, all uint64) (fractions uint64) {
	for w := first; w < last; w++ {
		d := digits[w]
		if d == 0 {
			h.tries[w], h.fractions[w] = 0, 0
			continue
		}
		next := digits[w+1]
		two, twoNext := d&(d>>1|next<<63), next&(next>>1)
		starts := two & (two>>2 | twoNext<<62) & (two>>4 | twoNext<<60)
		before := d << 1
		if w > 0 {
			before |= digits[w-1] >> 63
		}
		starts &^= before
		h.tries[w], h.fractions[w] = 0, 0
		if starts == 0 {
			continue
		}
		after, early, late := signsAround(signs, w, all)
		h.fractions[w] = starts & after
		fractions |= starts & after
		d7, d9, d10, d11 := d>>7|next<<57, d>>9|next<<55, d>>10|next<<54, d>>11|next<<53
		d8, d12 := d>>8|next<<56, d>>12|next<<52
		more := starts & (d>>6 | next<<58) // at least seven
		six := starts &^ more &^ (d7 &^ ((d8 ^ d11) & d9 & d10))
		more &= d7
		eight := more &^ d8 &^ (d9 &^ ((d10 ^ (d>>13 | next<<51)) & d11 & d12))
		more &= d8 & d9
		ten := more &^ d10
		twelve := more & d10 & d11 &^ d12
		h.tries[w] = (six|ten)&early | (eight|twelve)&late
	}
	return fractions
}

// signsAround tells which places have a sign right before them, and two and four after: no month begins with 2 to 9.
func signsAround(signs []uint64, w int, all uint64) (after, early, late uint64) {
	if signs == nil {
		return ^uint64(0), ^uint64(0), ^uint64(0)
	}
	if w > 0 {
		after = signs[w-1] >> 63
	}
	return after | signs[w]<<1, signs[w]>>2 | signs[w+1]<<62 | all, signs[w]>>4 | signs[w+1]<<60 | all
}
