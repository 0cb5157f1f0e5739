// SPDX-License-Identifier: EUPL-1.2

package detect

import "golang.org/x/sys/cpu"

// numbersAVX2 is the kernel in assembly.
//
//go:noescape
func numbersAVX2(digits, signs []uint64, src []byte)

// numbersAVX512 is the kernel in assembly, 64 bytes at a time.
//
//go:noescape
func numbersAVX512(digits, signs []uint64, src []byte)

// wordsAVX2 is the kernel in assembly.
//
//go:noescape
func wordsAVX2(letters, smalls, leads []uint64, src []byte)

// wordsAVX512 is the kernel in assembly, 64 bytes at a time.
//
//go:noescape
func wordsAVX512(letters, smalls, leads []uint64, src []byte)

// backAVX2 goes back by 32 bytes at a time, as long as they lie in the text.
//
//go:noescape
func backAVX2(text []byte, from, at int, delimiter byte) (rest, start, delims int, quotes uint64)

// back32 is the kernel in assembly, and Go for what is less than 32 bytes at the text's beginning.
func back32(text []byte, from, at int, delimiter byte) (start, delims int, quoted bool) {
	rest, start, delims, quotes := backAVX2(text, from, at, delimiter)
	if start >= 0 || rest <= from {
		return start, delims, quotes != 0
	}
	return backOver(text[from:rest], from, delims, quotes != 0, delimiter)
}

// shapesAVX2 is the kernel in assembly. One word before digits and signs is read.
//
//go:noescape
func shapesAVX2(tries, fractions, digits, signs []uint64, all uint64) (any uint64)

// stemsAVX2 is the kernel in assembly.
//
//go:noescape
func stemsAVX2(out []uint64, src []byte, t *stems)

// stemsAVX512 is the kernel in assembly, 64 places at a time.
//
//go:noescape
func stemsAVX512(out []uint64, src []byte, t *stems)

// siftAVX2 is the kernel in assembly. It reads sieveReach bytes from where a run begins.
//
//go:noescape
func siftAVX2(v *sieve, text []byte, tries []uint64) int

// marksAVX2 is the kernel in assembly.
//
//go:noescape
func marksAVX2(out *marks, at int, src []byte)

// marksAVX512 is the kernel in assembly, 64 bytes at a time.
//
//go:noescape
func marksAVX512(out *marks, at int, src []byte)

// runsAVX2 is the kernel in assembly. One word before each bitmap is read, and one after.
//
//go:noescape
func runsAVX2(out *runMaps, m *marks, at, words int, digits, signs, letters, smalls, leads *uint64)

// startsAVX2 is the kernel in assembly. One word before each bitmap is read, and one after.
//
//go:noescape
func startsAVX2(out *wordStarts, at, words int, letters, digits, stems *uint64)

// runsAVX512 is the kernel in assembly with AVX-512. It reads what runsAVX2 reads.
//
//go:noescape
func runsAVX512(out *runMaps, m *marks, at, words int, digits, signs, letters, smalls, leads *uint64)

// shapesAVX512 is the kernel in assembly with AVX-512. It reads what shapesAVX2 reads.
//
//go:noescape
func shapesAVX512(tries, fractions, digits, signs []uint64, all uint64) (any uint64)

// startsAVX512 is the kernel in assembly with AVX-512, for eight words at a time. It reads what startsAVX2 reads.
//
//go:noescape
func startsAVX512(out *wordStarts, at, words int, letters, digits, stems *uint64)

// pickBMI2 is the kernel in assembly. It reads seven bytes after the text that letters has words for.
//
//go:noescape
func pickBMI2(out *picks, w *wordStarts, text []byte, letters []uint64, begins *beginnings, places uint32, at int) int

// judgeBMI2 is the kernel in assembly.
//
//go:noescape
func judgeBMI2(hits []hit, places []int32, text []byte, letters []uint64, known *verdicts) (judged, noted int)

// pickAVX512 is the kernel in assembly. It reads what pickBMI2 reads.
//
//go:noescape
func pickAVX512(out *picks, w *wordStarts, text []byte, letters []uint64, begins *beginnings, places uint32, at int) int

// backAVX512 is the kernel in assembly.
//
//go:noescape
func backAVX512(text []byte, from, at int, delimiter byte) (start, delims int, quoted bool)

// cellsAVX512 is the kernel in assembly.
//
//go:noescape
func cellsAVX512(blocks []cellBlock, text []byte, delimiter byte) int

// kernels are those that this machine can run, the fastest first.
func kernels() []kernel {
	x := &cpu.X86
	if !x.HasAVX2 || !x.HasBMI1 || !x.HasBMI2 || !x.HasPOPCNT {
		return []kernel{kernelGo}
	}
	avx2 := kernel{numbersAVX2, wordsAVX2, back32, nil, shapesAVX2, stemsAVX2, siftAVX2, marksAVX2, runsAVX2, startsAVX2, pickBMI2, judgeBMI2}
	if !x.HasAVX512F || !x.HasAVX512BW || !x.HasAVX512DQ || !x.HasAVX512VL || !x.HasAVX512VBMI || !x.HasAVX512VBMI2 || !x.HasAVX512VPOPCNTDQ || !x.HasAVX512GFNI {
		return []kernel{avx2, kernelGo}
	}
	wide := avx2
	wide.numbers, wide.words, wide.stems, wide.marks = numbersAVX512, wordsAVX512, stemsAVX512, marksAVX512
	wide.shapes, wide.runs, wide.starts = shapesAVX512, runsAVX512, startsAVX512
	wide.back, wide.cells, wide.pick = backAVX512, cellsAVX512, pickAVX512
	return []kernel{wide, avx2, kernelGo}
}
