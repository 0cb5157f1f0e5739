// SPDX-License-Identifier: EUPL-1.2

package detect

import (
	"bytes"
	"math/bits"
)

// Phrases looks for texts exactly as they are written, many at a time. It is for one goroutine.
type Phrases struct {
	texts  []phrase
	begins [256][]int // which of them begin with a byte
	stems  stems
	places []uint64
	kernel kernel
}

// phrase is a text with its first eight bytes, by which most are told apart.
type phrase struct {
	text        []byte
	value, mask uint64
}

// NewPhrases makes a Phrases that looks for texts of three bytes and more.
func NewPhrases(texts []string) *Phrases {
	p := &Phrases{kernel: kernels()[0]}
	for i, text := range texts {
		n := min(8, len(text))
		p.begins[text[0]] = append(p.begins[text[0]], i)
		p.texts = append(p.texts, phrase{[]byte(text), eightAt([]byte(text[:n]), 0), ^uint64(0) >> (64 - 8*n)})
		p.stems.add(fold(text))
	}
	p.stems.finish()
	return p
}

// Find sets found for each of the texts that stands in t.
func (p *Phrases) Find(t []byte, found []bool) {
	words := len(t)/64 + 2
	if len(p.places) < words {
		p.places = make([]uint64, words)
	}
	p.kernel.classifyStems(p.places[:words], t, &p.stems)
	for w, places := range p.places[:words] {
		for ; places != 0; places &= places - 1 {
			at := min(len(t), w*64+bits.TrailingZeros64(places))
			eight := eightAt(t, at)
			for _, i := range p.begins[uint8(eight)] {
				if f := &p.texts[i]; eight&f.mask == f.value && !found[i] {
					found[i] = bytes.HasPrefix(t[at:], f.text)
				}
			}
		}
	}
}
