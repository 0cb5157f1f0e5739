// SPDX-License-Identifier: EUPL-1.2

package detect

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/insegel/insegel/internal/discovery/discoverytest"
)

// BenchmarkBitmaps looks at the bitmaps of files of a municipality, and of what is all numbers, with each kernel that looks at more than a word of
// them at a time.
func BenchmarkBitmaps(b *testing.B) {
	const size = 1 << 17
	texts := map[string]string{"numbers": string(digitsText(rand.New(rand.NewPCG(7, 8)), size))}
	for f := range discoverytest.Corpus(64, size, 1) {
		kind, _, _ := strings.Cut(f.Name, "/")
		texts[kind] = string(f.Bytes)
	}
	r := loadRules(b)
	all, err := r.Choose(nil)
	if err != nil {
		b.Fatal(err)
	}
	for _, name := range []string{"text", "register", "logg", "numbers"} {
		text := []byte(texts[name])
		s := r.NewScanner(all)
		s.Scan(text, 0, len(text)) // fills the bitmaps
		words := len(text) / 64 / pickedBlocks * pickedBlocks
		m := make([]marks, words/markedWords)
		for i := range m {
			if w := i * markedWords; w > 0 {
				s.markRuns(w, w+markedWords)
				m[i] = s.marks
			}
		}
		for i, k := range kernels() {
			if k.runs == nil {
				continue
			}
			for _, by := range []struct {
				name string
				look func()
			}{
				{"starts", func() {
					for w := pickedBlocks; w < words; w += pickedBlocks {
						k.starts(&s.wordStarts, 0, pickedBlocks, &s.letters[w], &s.digits[w], &s.stems[w])
					}
				}},
				{"runs", func() {
					for w := markedWords; w < words; w += markedWords {
						k.runs(&s.runs, &m[w/markedWords], 0, markedWords, &s.digits[w], &s.signs[w], &s.letters[w], &s.smalls[w], &s.leads[w])
					}
				}},
				{"shapes", func() { k.classifyShapes(&s.shapes, s.digits, s.signs, 1, words+1, 0) }},
			} {
				b.Run(fmt.Sprintf("%s/%s/%d", by.name, name, i), func(b *testing.B) {
					b.SetBytes(int64(words * 64))
					for b.Loop() {
						by.look()
					}
				})
			}
		}
	}
}
