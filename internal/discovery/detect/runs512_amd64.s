// SPDX-License-Identifier: EUPL-1.2

#include "bitmaps512_amd64.h"
#include "go_asm.h"
#include "textflag.h"

// What is said of each step stands in runs.go, at the functions that are named here. DI leads to what is written, SI to the marks, where those of
// the word before are, R8 to R12 to digits, signs, letters, smalls and leads.

// MARK loads a mark, and MARKAFTER and MARKBEFORE the same one word later and before.
#define MARK(mark, to) VMOVDQU64 mark+8(SI), to
#define MARKAFTER(mark, to) VMOVDQU64 mark+16(SI), to
#define MARKBEFORE(mark, to) VMOVDQU64 mark+0(SI), to

// MARKBEHIND makes of a mark what it has a place before.
#define MARKBEHIND(mark, to) \
	MARK(mark, to);        \
	MARKBEFORE(mark, Y15); \
	BEHIND(1, to, Y15, to)

// FOUND adds to what is found what a bitmap has, and another has k places further on. Y15 is overwritten.
#define FOUND(a, k, first, next) AFTER(a, k, first, next, Y14)

// AFTER adds the same to any bitmap.
#define AFTER(a, k, first, next, to) \
	AHEAD(k, first, next, Y15); \
	EITHER(a, Y15, to)

// func runsAVX512(out *runMaps, m *marks, at, words int, digits, signs, letters, smalls, leads *uint64)
//
// It does what runsAVX2 does, with what AVX-512 has for three bitmaps and for two halves of one. It looks at four words at a time all the same: of
// eight, too many have something that must be looked at, which prose with few digits pays for. Of what is found, Y14 has the runs that may be
// something. Y0 and Y1 are the digits, and those that begin one word later; Y16 to Y20 what the digits have one to five places further on.
TEXT ·runsAVX512(SB), NOSPLIT, $0-72
	MOVQ out+0(FP), DI
	MOVQ m+8(FP), SI
	MOVQ at+16(FP), AX
	LEAQ (DI)(AX*8), DI
	LEAQ (SI)(AX*8), SI
	MOVQ words+24(FP), CX
	MOVQ digits+32(FP), R8
	MOVQ signs+40(FP), R9
	MOVQ letters+48(FP), R10
	MOVQ smalls+56(FP), R11
	MOVQ leads+64(FP), R12
	SHRQ $2, CX
	JZ   done

loop:
	VMOVDQU64 (R8), Y0
	VPTEST Y0, Y0
	JZ   none
	VMOVDQU64 8(R8), Y1
	VMOVDQU64 -8(R8), Y27           // Y27: the digits one word before
	VMOVDQU64 (R11), Y30            // Y30 and Y31: small letters, and those one word before
	VMOVDQU64 -8(R11), Y31
	AHEAD(1, Y0, Y1, Y16)
	AHEAD(2, Y0, Y1, Y17)
	AHEAD(3, Y0, Y1, Y18)

	// runStarts
	BEHIND(1, Y0, Y27, Y2)
	VPANDNQ Y0, Y2, Y2          // Y2: starts
	BEHIND(1, Y30, Y31, Y3)
	VPTEST Y2, Y3
	JZ   started
	VMOVDQU64 (R9), Y4
	VMOVDQU64 8(R9), Y5
	VPANDNQ Y4, Y0, Y4          // signs that are no digits
	VPANDNQ Y5, Y1, Y5
	AHEAD(4, Y4, Y5, Y6)
	AHEAD(3, Y4, Y5, Y7)
	EITHER(Y6, Y18, Y7)
	AHEAD(2, Y4, Y5, Y6)
	EITHER(Y7, Y17, Y6)
	AHEAD(1, Y4, Y5, Y7)
	EITHER(Y6, Y16, Y7)         // a colon after at most four digits
	LESS(Y3, Y7, Y2)

started:
	VMOVDQU64 Y2, runMaps_starts(DI)
	VPTEST Y2, Y2
	JZ   noneShaped

	// measure, and besideLetters and phones: what stands before
	AHEAD(4, Y0, Y1, Y19)
	AHEAD(5, Y0, Y1, Y20)
	VPANDQ  Y2, Y16, Y3         // Y3: many
	VPANDNQ Y2, Y16, Y4         // Y4: one
	VPANDQ  Y3, Y17, Y5
	VPANDNQ Y3, Y17, Y6         // Y6: two
	VPANDQ  Y5, Y18, Y7         // four and more
	VPANDNQ Y5, Y18, Y5         // Y5: three
	VPANDNQ Y2, Y7, Y8          // Y8: short
	VPANDQ  Y7, Y19, Y10        // five and more
	VPANDNQ Y7, Y19, Y7         // Y7: four
	VPANDQ  Y10, Y20, Y2        // Y2: six and more
	VPANDNQ Y10, Y20, Y10       // Y10: five
	VMOVDQU64 (R10), Y26            // Y26: letters
	VMOVDQU64 -8(R10), Y9
	VPANDNQ Y26, Y30, Y11       // capitals
	VPANDNQ Y9, Y31, Y12
	BEHIND(1, Y11, Y12, Y11)
	VPORQ   Y0, Y30, Y30
	VPORQ   Y27, Y31, Y31
	BEHIND(2, Y30, Y31, Y12)
	MARKBEHIND(marks_plus, Y14)
	VPTERNLOGQ $0xf4, Y12, Y11, Y14 // or a capital that neither a digit nor a small letter stands before
	VPANDQ  Y3, Y14, Y14        // Y14: found
	VMOVDQU64 (R12), Y11
	VMOVDQU64 -8(R12), Y12
	VPORQ   Y11, Y26, Y13
	VPORQ   Y12, Y9, Y9
	BEHIND(2, Y13, Y9, Y13)
	BEHIND(3, Y11, Y12, Y9)
	BEHIND(4, Y11, Y12, Y12)
	ANY(Y9, Y12, Y13)           // letters and leads before what stands before
	MARK(marks_spaces, Y25)     // Y25: spaces
	MARKBEFORE(marks_spaces, Y9)
	BEHIND(1, Y25, Y9, Y9)
	VPANDQ  Y8, Y9, Y9
	EITHER(Y9, Y13, Y14)

	// groups
	MARK(marks_joints, Y21)     // Y21 and Y22: hyphens, and those one word later
	MARKAFTER(marks_joints, Y22)
	MARKAFTER(marks_spaces, Y24)
	VPANDQ  Y0, Y16, Y11        // pairs
	VPSRLQ  $1, Y1, Y12
	VPANDQ  Y1, Y12, Y12
	AHEAD(3, Y25, Y24, Y13)
	VPANDQ  Y5, Y13, Y13
	FOUND(Y13, 4, Y11, Y12)
	AHEAD(2, Y11, Y12, Y13)
	VPANDQ  Y13, Y11, Y11       // fours
	VPSRLQ  $2, Y12, Y13
	VPANDQ  Y13, Y12, Y12
	AHEAD(3, Y21, Y22, Y13)
	VPANDQ  Y5, Y13, Y13
	FOUND(Y13, 4, Y11, Y12)
	VPORQ   Y21, Y25, Y25
	VPORQ   Y22, Y24, Y24
	AHEAD(4, Y25, Y24, Y13)
	VPANDQ  Y7, Y13, Y13
	FOUND(Y13, 5, Y11, Y12)

	// addresses
	MARK(marks_colons, Y11)
	MARKAFTER(marks_colons, Y12)
	VPORQ   Y11, Y12, Y9
	VPTEST Y9, Y9
	JZ   dots
	AHEAD(1, Y11, Y12, Y9)
	VPANDQ  Y4, Y9, Y9
	AFTER(Y6, 2, Y11, Y12, Y9)
	AFTER(Y5, 3, Y11, Y12, Y9)
	AFTER(Y7, 4, Y11, Y12, Y9)
	MARKBEFORE(marks_colons, Y12)
	BEHIND(1, Y11, Y12, Y11)
	BEHIND(2, Y0, Y27, Y12)
	VPTERNLOGQ $0x70, Y11, Y12, Y9 // less those that both stand before
	VPORQ   Y9, Y14, Y14

dots:
	MARK(marks_dots, Y23)       // Y23: dots
	MARKAFTER(marks_dots, Y12)
	VPANDQ  Y23, Y16, Y11       // that a digit follows
	VPSRLQ  $1, Y1, Y9
	VPANDQ  Y9, Y12, Y12
	VPORQ   Y11, Y12, Y9
	VPTEST Y9, Y9
	JZ   separated
	AHEAD(4, Y11, Y12, Y9)
	AHEAD(3, Y11, Y12, Y13)
	EITHER(Y9, Y18, Y13)
	AHEAD(2, Y11, Y12, Y9)
	EITHER(Y13, Y17, Y9)
	VPANDQ  Y11, Y9, Y9         // again
	VPSRLQ  $4, Y12, Y13
	VPSRLQ  $3, Y1, Y15
	VPSRLQ  $3, Y12, Y24
	EITHER(Y13, Y15, Y24)
	VPSRLQ  $2, Y1, Y15
	VPSRLQ  $2, Y12, Y13
	EITHER(Y24, Y15, Y13)
	VPANDQ  Y13, Y12, Y12       // and one word later
	FOUND(Y4, 1, Y9, Y12)
	FOUND(Y6, 2, Y9, Y12)
	FOUND(Y5, 3, Y9, Y12)

	// measure: separated, and the longer ones
separated:
	MARK(marks_seps, Y28)       // Y28 and Y29: separators, and those one word later
	MARKAFTER(marks_seps, Y29)
	AHEAD(2, Y28, Y29, Y13)
	VPANDQ  Y6, Y13, Y13        // Y13: separated
	AFTER(Y5, 3, Y28, Y29, Y13)
	AFTER(Y7, 4, Y28, Y29, Y13)
	AFTER(Y10, 5, Y28, Y29, Y13)
	VPXORQ  Y3, Y3, Y3          // Y3: eight and more
	VPTEST Y2, Y2
	JZ   zeros
	AHEAD(6, Y0, Y1, Y4)
	AHEAD(7, Y0, Y1, Y5)
	AHEAD(8, Y0, Y1, Y6)
	AHEAD(9, Y0, Y1, Y7)
	VPANDQ  Y2, Y4, Y9          // seven and more
	VPANDNQ Y2, Y4, Y2          // Y2: six
	VPANDQ  Y9, Y5, Y3
	VPANDNQ Y9, Y5, Y9          // seven
	VPANDNQ Y3, Y6, Y4          // Y4: eight
	ALL(Y3, Y6, Y7)             // ten and more
	AHEAD(6, Y28, Y29, Y5)
	VPANDQ  Y2, Y5, Y5          // Y5: six that are separated
	VPORQ   Y5, Y13, Y13
	AFTER(Y9, 7, Y28, Y29, Y13)
	AHEAD(10, Y0, Y1, Y9)
	AHEAD(11, Y0, Y1, Y10)
	AHEAD(12, Y0, Y1, Y11)
	ALL(Y7, Y9, Y10)            // twelve and more
	VPANDNQ Y7, Y9, Y7          // Y7: ten
	EITHER(Y10, Y11, Y14)       // thirteen and more
	VPANDNQ Y10, Y11, Y10       // Y10: twelve

	// identified
	VMOVDQU64 (R9), Y9
	VMOVDQU64 8(R9), Y12
	VPANDQ  Y0, Y9, Y9          // ones
	VPANDQ  Y1, Y12, Y12
	AHEAD(2, Y9, Y12, Y6)
	VPTERNLOGQ $0x54, Y6, Y7, Y5 // six that are separated or ten, without a one there
	AHEAD(1, Y9, Y12, Y6)
	AHEAD(4, Y9, Y12, Y7)
	VPTERNLOGQ $0x10, Y6, Y7, Y9 // sixteen
	AHEAD(8, Y28, Y29, Y7)
	VPTERNLOGQ $0xea, Y10, Y4, Y7 // eight and a separator, or twelve
	VPORQ   Y5, Y14, Y14
	EITHER(Y7, Y9, Y14)
	VMOVDQU64 8(R10), Y7
	AHEAD(1, Y26, Y7, Y9)
	VPTERNLOGQ $0xea, Y26, Y21, Y9 // a letter, or a hyphen and one
	VPSRLQ  $1, Y7, Y10
	VPTERNLOGQ $0xea, Y7, Y22, Y10
	FOUND(Y2, 6, Y9, Y10)
	FOUND(Y4, 8, Y9, Y10)

	// phones
zeros:
	MARK(marks_zeros, Y4)
	MARKAFTER(marks_zeros, Y5)
	VPANDQ  Y4, Y0, Y4
	VPANDQ  Y5, Y1, Y5
	AHEAD(1, Y4, Y5, Y6)
	VPANDQ  Y8, Y6, Y6
	VPTERNLOGQ $0x54, Y6, Y3, Y13 // separated or long, without a short one that begins with 00
	MARKBEFORE(marks_joints, Y7)
	MARKBEFORE(marks_dots, Y9)
	VPORQ   Y21, Y23, Y6
	VPORQ   Y7, Y9, Y7
	BEHIND(1, Y6, Y7, Y6)
	VPTERNLOGQ $0x40, Y6, Y4, Y13 // those that begin with 0, and neither a hyphen nor a dot before
	VPORQ   Y13, Y14, Y14
	VMOVDQU64 Y14, runMaps_shaped(DI)

next:
	ADDQ $32, DI
	ADDQ $32, SI
	ADDQ $32, R8
	ADDQ $32, R9
	ADDQ $32, R10
	ADDQ $32, R11
	ADDQ $32, R12
	DECQ CX
	JNZ  loop

done:
	VZEROUPPER
	RET

none:
	VMOVDQU64 Y0, runMaps_starts(DI)

noneShaped:
	VPXORQ Y2, Y2, Y2
	VMOVDQU64 Y2, runMaps_shaped(DI)
	JMP next
