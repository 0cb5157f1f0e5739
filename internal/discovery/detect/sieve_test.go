// SPDX-License-Identifier: EUPL-1.2

package detect

import (
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// slowSift is what a sieve is to let through: each run by itself, its digits read one at a time.
func slowSift(text []byte, tries []uint64) (out []sifted) {
	for i := range len(tries) * 64 {
		if tries[i/64]>>(i%64)&1 == 0 {
			continue
		}
		f, birth, n := sifted{run: uint32(i * 8)}, text[i:], 0
		for isDigit(text[i+n]) {
			n++
		}
		if n == 8 || n == 12 {
			f.run, birth = f.run|siftedWide, birth[2:]
		}
		tail := birth[6:10]
		if n >= 10 {
			f.run |= siftedBare | siftedWhole
		} else {
			tail = birth[7:11]
			four := !isDigit(birth[11])
			for _, c := range tail {
				four = four && isDigit(c)
			}
			if strings.IndexByte("-+ ", birth[6]) >= 0 && four {
				f.run |= siftedWhole
			}
		}
		digits := append(append([]byte{}, birth[:6]...), tail...)
		month, day := two(digits[2:]), two(digits[4:])
		dated := month < len(monthDays) && (day > 0 && day <= int(monthDays[month]) || month == 2 && day == 29 || day >= 60 && day <= 91)
		if !dated || f.run&siftedWhole != 0 && !luhn(digits) {
			continue
		}
		if f.run&siftedWhole != 0 {
			for k, shift := range []int{0, 16, 32, 48, 8} {
				f.number |= uint64(two(digits[2*k:])) << shift
			}
		}
		out = append(out, f)
	}
	return out
}

// Every kernel's sieve lets through the same runs as the slow one, whatever stands around them.
func TestSieve(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	for round := range 4000 {
		n := 1 + r.IntN(sieveWords)
		text := make([]byte, n*64+64)
		for i := range text {
			text[i] = "0123456789012345678901-+ ;\xe2"[r.IntN(27)]
		}
		for range round % 30 {
			number := strconv.Itoa(1e9+r.IntN(9e9)) + ""
			copy(text[r.IntN(n*64):], []string{"19" + number, number, number[:6] + "-" + number[6:], "20" + number[:6] + "-" + number[6:]}[r.IntN(4)]+";")
		}
		digits, signs := slicesOf(n+3, 0), slicesOf(n+3, 0)
		kernelGo.classifyNumbers(digits, signs, text)
		var h shapes
		kernelGo.classifyShapes(&h, digits, signs, 0, n, 0)
		want := slowSift(text, h.tries[:n])
		for _, k := range kernels() {
			if k.sift == nil {
				continue
			}
			var v sieve
			got := v.through[:k.sift(&v, text, h.tries[:n])]
			for i := range got {
				if got[i].run&siftedWhole == 0 {
					got[i].number = 0
				}
			}
			if d := cmp.Diff(want, append([]sifted(nil), got...), cmp.AllowUnexported(sifted{})); d != "" {
				t.Fatalf("%q: (-slow +kernel)\n%s", text, d)
			}
		}
	}
}

func BenchmarkSieve(b *testing.B) {
	const words = sieveWords
	text := []byte(strings.Repeat("900603-9813;202401010202;5560360793;2024-01-01 0812345;19850709-9805;\n", 64))
	digits, signs := slicesOf(words+3, 0), slicesOf(words+3, 0)
	kernelGo.classifyNumbers(digits, signs, text[:words*64+64])
	var h shapes
	kernelGo.classifyShapes(&h, digits, signs, 0, words, 0)
	k := kernels()[0]
	if k.sift == nil {
		b.Skip("no kernel for it runs on this machine")
	}
	var v sieve
	b.SetBytes(words * 64)
	for b.Loop() {
		k.sift(&v, text, h.tries[:words])
	}
}
