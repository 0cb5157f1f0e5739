// SPDX-License-Identifier: EUPL-1.2

package detect

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// bitmaps are all that kernels make of a text.
type bitmaps struct{ Digits, Signs, Letters, Smalls, Leads, Stems []uint64 }

// dirtyBitmaps have words full of ones: a kernel writes every one.
func dirtyBitmaps(n int) bitmaps {
	ones := func() []uint64 { return slicesOf(n, ^uint64(0)) }
	return bitmaps{ones(), ones(), ones(), ones(), ones(), ones()}
}

// testStems are the beginnings of terms inside words, folded. No two are in a group, so that there are no places beside theirs.
var testStems = []string{"sju", "zaa", "\xe3\xa5\xa4", "a-z", "{aa"}

func testedStems() *stems {
	t := &stems{}
	for _, stem := range testStems {
		t.add(stem)
	}
	t.finish()
	return t
}

// classifySlow is what every kernel must equal: one byte at a time.
func classifySlow(src []byte) bitmaps {
	b := dirtyBitmaps(len(src)/64 + 2)
	set := func(m []uint64, in func(c byte) bool) {
		clear(m)
		for i, c := range src {
			if in(c) {
				m[i/64] |= 1 << (i % 64)
			}
		}
	}
	set(b.Digits, func(c byte) bool { return c >= '0' && c <= '9' })
	set(b.Signs, func(c byte) bool { return c == '0' || c == '1' || c == ',' || c == '.' || c == ':' || c == '%' })
	set(b.Letters, func(c byte) bool { return c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c >= 0x80 })
	set(b.Smalls, func(c byte) bool { return c >= 'a' && c <= 'z' })
	set(b.Leads, func(c byte) bool {
		return c == 0xe2 || c == 0xef || c == 0xc2 || c >= 0x91 && c <= 0x97 || c == 0xa0 || c == 0xab || c == 0xbb
	})
	clear(b.Stems)
	for i := range src {
		for _, stem := range testStems {
			if i+stemBytes <= len(src) && equalFolded(src[i:i+stemBytes], stem) {
				b.Stems[i/64] |= 1 << (i % 64)
			}
		}
	}
	return b
}

func checkKernels(t *testing.T, src []byte) {
	t.Helper()
	want, stems := classifySlow(src), testedStems()
	for i, k := range kernels() {
		got := dirtyBitmaps(len(src)/64 + 2)
		k.classifyNumbers(got.Digits, got.Signs, src)
		k.classifyWords(got.Letters, got.Smalls, got.Leads, src)
		k.classifyStems(got.Stems, src, stems)
		if d := cmp.Diff(want, got); d != "" {
			t.Fatalf("kernel %d of %q (-want +got):\n%s", i, src, d)
		}
	}
}

func slicesOf(n int, x uint64) []uint64 {
	s := make([]uint64, n)
	for i := range s {
		s[i] = x
	}
	return s
}

// Every byte at every place of a block is classed alike by every kernel.
func TestKernelsClassEveryByteAtEveryPlace(t *testing.T) {
	for _, around := range []byte{0, '0', '9', 'a', 0x80, 0xff} {
		src := bytes.Repeat([]byte{around}, 192)
		for place := range src {
			for c := range 256 {
				src[place] = byte(c)
				if place%64 < 2 || place%64 > 61 || c%31 == place%31 {
					checkKernels(t, src)
				}
			}
			src[place] = around
		}
	}
}

func TestKernelsAgreeOnEveryLengthAndAlignment(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	const bytesOfInterest = "0123456789/:@AZ[`az{\x00\x7f\x80\xff -+,.;%\n\"\xe2\xc2\xef\x91\x97\x98\xa0\xab\xbb"
	pool := make([]byte, 1024)
	for i := range pool {
		pool[i] = bytesOfInterest[r.IntN(len(bytesOfInterest))]
	}
	for length := range 300 {
		start := r.IntN(64)
		checkKernels(t, pool[start:start+length])
	}
}

// What begins like a term and goes on otherwise is no place, and what differs by the bit between A and a is one.
func TestKernelsFindWholeStems(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 300 {
		var src []byte
		for len(src) < 300 {
			stem := testStems[r.IntN(len(testStems))]
			src = append(src, stem[:1+r.IntN(stemBytes)]...)
			if r.IntN(2) > 0 {
				src[r.IntN(len(src))] ^= 0x20
			}
		}
		checkKernels(t, src)
	}
}

func FuzzKernels(f *testing.F) {
	f.Add([]byte("850709-9805 och åäö"))
	f.Add(bytes.Repeat([]byte("9/:0"), 50))
	f.Fuzz(checkKernels)
}

func BenchmarkKernels(b *testing.B) {
	src := bytes.Repeat([]byte("Personnumret 850709-9805 står i beslutet. "), 1<<16/42)
	m, stems, beside := dirtyBitmaps(len(src)/64+2), testedStems(), new(marks)
	for i, k := range kernels() {
		for name, classify := range map[string]func(){
			"numbers": func() { k.classifyNumbers(m.Digits, m.Signs, src) },
			"words":   func() { k.classifyWords(m.Letters, m.Smalls, m.Leads, src) },
			"stems":   func() { k.classifyStems(m.Stems, src, stems) },
			"marks": func() {
				for at := 0; at+markedWords*64 <= len(src); at += markedWords * 64 {
					k.marks(beside, 1, src[at:at+markedWords*64])
				}
			},
		} {
			b.Run(fmt.Sprintf("%s/%d", name, i), func(b *testing.B) {
				b.SetBytes(int64(len(src)))
				for b.Loop() {
					classify()
				}
			})
		}
	}
}
