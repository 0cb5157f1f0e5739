// SPDX-License-Identifier: EUPL-1.2

package detect

import "golang.org/x/sys/cpu"

// numbersAVX2 is the kernel in assembly.
//
//go:noescape
func numbersAVX2(digits, signs []uint64, src []byte)

// wordsAVX2 is the kernel in assembly.
//
//go:noescape
func wordsAVX2(letters, smalls, leads []uint64, src []byte)

// cellsAVX2 is the kernel in assembly.
//
//go:noescape
func cellsAVX2(delims, lines, quotes []uint64, src []byte, delimiter byte)

// shapesAVX2 is the kernel in assembly. One word before digits and signs is read.
//
//go:noescape
func shapesAVX2(tries, wide, bare, fractions, digits, signs []uint64, all uint64)

// stemsAVX2 is the kernel in assembly.
//
//go:noescape
func stemsAVX2(out []uint64, src []byte, t *stems)

// siftAVX2 is the kernel in assembly. It reads sieveReach bytes from where a run begins.
//
//go:noescape
func siftAVX2(v *sieve, text []byte, tries, wide, bare []uint64) int

// kernels are those that this machine can run, the fastest first.
func kernels() []kernel {
	if cpu.X86.HasAVX2 && cpu.X86.HasBMI1 && cpu.X86.HasPOPCNT {
		return []kernel{{numbersAVX2, wordsAVX2, cellsAVX2, shapesAVX2, stemsAVX2, siftAVX2}, kernelGo}
	}
	return []kernel{kernelGo}
}
