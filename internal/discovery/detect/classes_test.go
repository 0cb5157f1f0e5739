// SPDX-License-Identifier: EUPL-1.2

package detect

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// classifySlow is what every kernel must equal: one byte at a time.
func classifySlow(src []byte) (digits, letters []uint64) {
	digits, letters = make([]uint64, len(src)/64+2), make([]uint64, len(src)/64+2)
	for i, c := range src {
		if c >= '0' && c <= '9' {
			digits[i/64] |= 1 << (i % 64)
		}
		if c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c >= 0x80 {
			letters[i/64] |= 1 << (i % 64)
		}
	}
	return digits, letters
}

func checkKernels(t *testing.T, src []byte) {
	t.Helper()
	wantDigits, wantLetters := classifySlow(src)
	for i, k := range kernels() {
		// The words start dirty: a kernel writes every one.
		digits := slicesOf(len(wantDigits), ^uint64(0))
		letters := slicesOf(len(wantLetters), ^uint64(0))
		classify(k, digits, letters, src)
		if d := cmp.Diff(wantDigits, digits); d != "" {
			t.Fatalf("kernel %d: digits of %q (-want +got):\n%s", i, src, d)
		}
		if d := cmp.Diff(wantLetters, letters); d != "" {
			t.Fatalf("kernel %d: letters of %q (-want +got):\n%s", i, src, d)
		}
		alone := slicesOf(len(wantDigits), ^uint64(0))
		classify(k, alone, nil, src)
		if d := cmp.Diff(wantDigits, alone); d != "" {
			t.Fatalf("kernel %d without letters: digits of %q (-want +got):\n%s", i, src, d)
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
	const bytesOfInterest = "0123456789/:@AZ[`az{\x00\x7f\x80\xff -+"
	pool := make([]byte, 1024)
	for i := range pool {
		pool[i] = bytesOfInterest[r.IntN(len(bytesOfInterest))]
	}
	for length := range 300 {
		start := r.IntN(64)
		checkKernels(t, pool[start:start+length])
	}
}

func FuzzKernels(f *testing.F) {
	f.Add([]byte("850709-9805 och åäö"))
	f.Add(bytes.Repeat([]byte("9/:0"), 50))
	f.Fuzz(checkKernels)
}

func BenchmarkKernels(b *testing.B) {
	src := bytes.Repeat([]byte("Personnumret 850709-9805 står i beslutet. "), 1<<16/42)
	digits, letters := make([]uint64, len(src)/64+2), make([]uint64, len(src)/64+2)
	for i, k := range kernels() {
		b.Run(fmt.Sprintf("digits/%d", i), func(b *testing.B) {
			b.SetBytes(int64(len(src)))
			for b.Loop() {
				classify(k, digits, nil, src)
			}
		})
		b.Run(fmt.Sprintf("both/%d", i), func(b *testing.B) {
			b.SetBytes(int64(len(src)))
			for b.Loop() {
				classify(k, digits, letters, src)
			}
		})
	}
}
