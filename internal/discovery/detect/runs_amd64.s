// SPDX-License-Identifier: EUPL-1.2

#include "bitmaps_amd64.h"
#include "go_asm.h"
#include "textflag.h"

// What is said of each step stands in runs.go, at the functions that are named here. A bitmap's four words and those that begin one word later, or
// before, are taken together for what stands some places further on, or back. DI leads to what is written, SI to the marks, where those of
// the word before are, R8 to R12 to digits, signs, letters, smalls and leads. Y15 is overwritten.

// MAPAHEAD does the same of a bitmap in memory.
#define MAPAHEAD(k, at, next, to) \
	VMOVDQU at, to;              \
	VPSRLQ  $k, to, to;          \
	VMOVDQU next, Y15;           \
	VPSLLQ  $(64-k), Y15, Y15;   \
	VPOR    Y15, to, to

// MARKAHEAD does the same of a mark.
#define MARKAHEAD(k, mark, to) MAPAHEAD(k, mark+8(SI), mark+16(SI), to)

// MAPBEHIND makes of a bitmap in memory what it has k places before.
#define MAPBEHIND(k, at, before, to) \
	VMOVDQU at, to;                 \
	VPSLLQ  $k, to, to;             \
	VMOVDQU before, Y15;            \
	VPSRLQ  $(64-k), Y15, Y15;      \
	VPOR    Y15, to, to

// MARKBEHIND does the same of a mark.
#define MARKBEHIND(k, mark, to) MAPBEHIND(k, mark+8(SI), mark+0(SI), to)

// ADD adds to what was found what two bitmaps have both.
#define ADD(a, b) \
	VPAND a, b, b;     \
	VPOR  b, Y14, Y14

// EITHER adds to a bitmap what two others have both.
#define EITHER(a, b, to) \
	VPAND a, b, b;   \
	VPOR  b, to, to

// func runsAVX2(out *runMaps, m *marks, at, words int, digits, signs, letters, smalls, leads *uint64)
//
// Of what is found, Y14 has the runs that may be something. Y0 and Y1 are the digits, and those that begin one word later.
TEXT ·runsAVX2(SB), NOSPLIT, $0-72
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
	VMOVDQU (R8), Y0
	VPTEST  Y0, Y0
	JZ      none
	VMOVDQU 8(R8), Y1

	// runStarts
	VMOVDQU -8(R8), Y2
	VPSLLQ  $1, Y0, Y3
	VPSRLQ  $63, Y2, Y2
	VPOR    Y2, Y3, Y3
	VPANDN  Y0, Y3, Y2          // Y2: starts
	MAPBEHIND(1, (R11), -8(R11), Y3)
	VPTEST  Y2, Y3
	JZ      started
	VMOVDQU (R9), Y4
	VMOVDQU 8(R9), Y5
	VPANDN  Y4, Y0, Y4          // signs that are no digits
	VPANDN  Y5, Y1, Y5
	AHEAD(4, Y4, Y5, Y6)
	AHEAD(3, Y0, Y1, Y7)
	VPAND   Y7, Y6, Y6
	AHEAD(3, Y4, Y5, Y7)
	VPOR    Y7, Y6, Y6
	AHEAD(2, Y0, Y1, Y7)
	VPAND   Y7, Y6, Y6
	AHEAD(2, Y4, Y5, Y7)
	VPOR    Y7, Y6, Y6
	AHEAD(1, Y0, Y1, Y7)
	VPAND   Y7, Y6, Y6
	AHEAD(1, Y4, Y5, Y7)
	VPOR    Y7, Y6, Y6          // a colon after at most four digits
	VPANDN  Y3, Y6, Y3
	VPANDN  Y2, Y3, Y2

started:
	VMOVDQU Y2, runMaps_starts(DI)
	VPTEST  Y2, Y2
	JZ      noneShaped

	// measure, and besideLetters and phones: what stands before
	AHEAD(1, Y0, Y1, Y3)
	VPAND   Y2, Y3, Y3          // many
	VPANDN  Y2, Y3, Y4          // Y4: one
	MARKBEHIND(1, marks_plus, Y5)
	VMOVDQU (R10), Y6
	VMOVDQU (R11), Y7
	VPANDN  Y6, Y7, Y8          // capitals
	VPSLLQ  $1, Y8, Y8
	VMOVDQU -8(R10), Y9
	VMOVDQU -8(R11), Y10
	VPANDN  Y9, Y10, Y9
	VPSRLQ  $63, Y9, Y9
	VPOR    Y9, Y8, Y8
	VPOR    Y0, Y7, Y7
	VPSLLQ  $2, Y7, Y7
	VPOR    -8(R8), Y10, Y10
	VPSRLQ  $62, Y10, Y10
	VPOR    Y10, Y7, Y7
	VPANDN  Y8, Y7, Y8
	VPOR    Y8, Y5, Y5
	VPAND   Y3, Y5, Y14         // Y14: found
	AHEAD(2, Y0, Y1, Y5)
	VPAND   Y3, Y5, Y5
	VPANDN  Y3, Y5, Y6          // Y6: two
	AHEAD(3, Y0, Y1, Y7)
	VPAND   Y5, Y7, Y7          // four and more
	VPANDN  Y5, Y7, Y5          // Y5: three
	VPOR    Y4, Y6, Y8
	VPOR    Y5, Y8, Y8          // Y8: short
	MARKBEHIND(1, marks_spaces, Y9)
	VMOVDQU (R10), Y10
	VPOR    (R12), Y10, Y10
	VPSLLQ  $2, Y10, Y10
	VMOVDQU -8(R10), Y11
	VPOR    -8(R12), Y11, Y11
	VPSRLQ  $62, Y11, Y11
	VPOR    Y11, Y10, Y10
	MAPBEHIND(3, (R12), -8(R12), Y11)
	VPOR    Y11, Y10, Y10
	MAPBEHIND(4, (R12), -8(R12), Y11)
	VPOR    Y11, Y10, Y10       // letters and leads before what stands before
	VPAND   Y9, Y10, Y10
	ADD(Y8, Y10)

	// groups
	AHEAD(1, Y0, Y1, Y10)
	VPAND   Y0, Y10, Y10        // pairs
	VPSRLQ  $1, Y1, Y11
	VPAND   Y1, Y11, Y11
	MARKAHEAD(3, marks_spaces, Y12)
	VPAND   Y5, Y12, Y12
	AHEAD(4, Y10, Y11, Y9)
	ADD(Y12, Y9)
	AHEAD(2, Y10, Y11, Y9)
	VPAND   Y10, Y9, Y9         // fours
	VPSRLQ  $2, Y11, Y12
	VPAND   Y11, Y12, Y12
	MARKAHEAD(3, marks_joints, Y10)
	VPAND   Y5, Y10, Y10
	AHEAD(4, Y9, Y12, Y11)
	ADD(Y10, Y11)
	AHEAD(4, Y0, Y1, Y10)
	VPAND   Y7, Y10, Y10        // Y10: five and more
	VPANDN  Y7, Y10, Y7         // Y7: four
	VMOVDQU marks_joints+8(SI), Y11
	VPOR    marks_spaces+8(SI), Y11, Y11
	VPSRLQ  $4, Y11, Y11
	VMOVDQU marks_joints+16(SI), Y13
	VPOR    marks_spaces+16(SI), Y13, Y13
	VPSLLQ  $60, Y13, Y13
	VPOR    Y13, Y11, Y11
	VPAND   Y7, Y11, Y11
	AHEAD(5, Y9, Y12, Y13)
	ADD(Y11, Y13)

	// addresses
	VMOVDQU marks_colons+8(SI), Y9
	VPOR    marks_colons+16(SI), Y9, Y9
	VPTEST  Y9, Y9
	JZ      dots
	MARKAHEAD(1, marks_colons, Y9)
	VPAND   Y4, Y9, Y9
	MARKAHEAD(2, marks_colons, Y11)
	EITHER(Y6, Y11, Y9)
	MARKAHEAD(3, marks_colons, Y11)
	EITHER(Y5, Y11, Y9)
	MARKAHEAD(4, marks_colons, Y11)
	EITHER(Y7, Y11, Y9)
	MARKBEHIND(1, marks_colons, Y11)
	MAPBEHIND(2, (R8), -8(R8), Y12)
	VPAND   Y12, Y11, Y11
	VPANDN  Y9, Y11, Y9
	VPOR    Y9, Y14, Y14

dots:
	AHEAD(1, Y0, Y1, Y11)
	VPAND   marks_dots+8(SI), Y11, Y11
	VPSRLQ  $1, Y1, Y12
	VPAND   marks_dots+16(SI), Y12, Y12
	VPOR    Y11, Y12, Y9
	VPTEST  Y9, Y9
	JZ      separated
	AHEAD(4, Y11, Y12, Y9)
	AHEAD(3, Y0, Y1, Y13)
	VPAND   Y13, Y9, Y9
	AHEAD(3, Y11, Y12, Y13)
	VPOR    Y13, Y9, Y9
	AHEAD(2, Y0, Y1, Y13)
	VPAND   Y13, Y9, Y9
	AHEAD(2, Y11, Y12, Y13)
	VPOR    Y13, Y9, Y9
	VPAND   Y11, Y9, Y9         // again
	VPSRLQ  $4, Y12, Y13
	VPSRLQ  $3, Y1, Y2
	VPAND   Y2, Y13, Y13
	VPSRLQ  $3, Y12, Y2
	VPOR    Y2, Y13, Y13
	VPSRLQ  $2, Y1, Y2
	VPAND   Y2, Y13, Y13
	VPSRLQ  $2, Y12, Y2
	VPOR    Y2, Y13, Y13
	VPAND   Y12, Y13, Y13       // and one word later
	AHEAD(1, Y9, Y13, Y11)
	ADD(Y4, Y11)
	AHEAD(2, Y9, Y13, Y11)
	ADD(Y6, Y11)
	AHEAD(3, Y9, Y13, Y11)
	ADD(Y5, Y11)

	// measure: separated, and the longer ones
separated:
	MARKAHEAD(2, marks_seps, Y13)
	VPAND   Y6, Y13, Y13        // Y13: separated
	MARKAHEAD(3, marks_seps, Y11)
	EITHER(Y5, Y11, Y13)
	MARKAHEAD(4, marks_seps, Y11)
	EITHER(Y7, Y11, Y13)
	AHEAD(5, Y0, Y1, Y2)
	VPAND   Y10, Y2, Y2         // six and more
	VPANDN  Y10, Y2, Y10        // five
	MARKAHEAD(5, marks_seps, Y11)
	EITHER(Y10, Y11, Y13)
	VPXOR   Y3, Y3, Y3          // Y3: eight and more
	VPTEST  Y2, Y2
	JZ      zeros
	AHEAD(6, Y0, Y1, Y4)
	VPAND   Y2, Y4, Y4
	VPANDN  Y2, Y4, Y2          // Y2: six
	AHEAD(7, Y0, Y1, Y3)
	VPAND   Y4, Y3, Y3
	VPANDN  Y4, Y3, Y4          // seven
	MARKAHEAD(6, marks_seps, Y5)
	VPAND   Y2, Y5, Y5          // Y5: six that are separated
	VPOR    Y5, Y13, Y13
	MARKAHEAD(7, marks_seps, Y6)
	EITHER(Y4, Y6, Y13)
	AHEAD(8, Y0, Y1, Y6)
	VPAND   Y3, Y6, Y6
	VPANDN  Y3, Y6, Y4          // Y4: eight
	AHEAD(9, Y0, Y1, Y7)
	VPAND   Y6, Y7, Y7
	AHEAD(10, Y0, Y1, Y9)
	VPAND   Y7, Y9, Y9
	VPANDN  Y7, Y9, Y7          // Y7: ten
	AHEAD(11, Y0, Y1, Y10)
	VPAND   Y9, Y10, Y10
	AHEAD(12, Y0, Y1, Y11)
	VPAND   Y10, Y11, Y11       // thirteen and more
	VPANDN  Y10, Y11, Y10       // Y10: twelve
	VPOR    Y11, Y14, Y14

	// identified
	VPAND   (R9), Y0, Y9        // ones
	VPAND   8(R9), Y1, Y12
	VPOR    Y7, Y5, Y5
	AHEAD(2, Y9, Y12, Y6)
	VPANDN  Y5, Y6, Y5
	VPOR    Y5, Y14, Y14
	AHEAD(1, Y9, Y12, Y6)
	VPANDN  Y9, Y6, Y6
	AHEAD(4, Y9, Y12, Y7)
	VPANDN  Y6, Y7, Y6          // sixteen
	MARKAHEAD(8, marks_seps, Y7)
	VPAND   Y4, Y7, Y7
	VPOR    Y10, Y7, Y7
	ADD(Y6, Y7)
	VMOVDQU (R10), Y6
	VMOVDQU 8(R10), Y7
	AHEAD(1, Y6, Y7, Y9)
	VPAND   marks_joints+8(SI), Y9, Y9
	VPOR    Y6, Y9, Y9          // a letter, or a hyphen and one
	VPSRLQ  $1, Y7, Y10
	VPAND   marks_joints+16(SI), Y10, Y10
	VPOR    Y7, Y10, Y10
	AHEAD(6, Y9, Y10, Y6)
	ADD(Y2, Y6)
	AHEAD(8, Y9, Y10, Y7)
	ADD(Y4, Y7)

	// phones
zeros:
	VPAND   marks_zeros+8(SI), Y0, Y4
	VPAND   marks_zeros+16(SI), Y1, Y5
	AHEAD(1, Y4, Y5, Y6)
	VPAND   Y8, Y6, Y6
	VPOR    Y3, Y13, Y13
	VPANDN  Y13, Y6, Y13
	VPAND   Y4, Y13, Y13
	VMOVDQU marks_joints+8(SI), Y6
	VPOR    marks_dots+8(SI), Y6, Y6
	VPSLLQ  $1, Y6, Y6
	VMOVDQU marks_joints+0(SI), Y7
	VPOR    marks_dots+0(SI), Y7, Y7
	VPSRLQ  $63, Y7, Y7
	VPOR    Y7, Y6, Y6
	VPANDN  Y13, Y6, Y13
	VPOR    Y13, Y14, Y14
	VMOVDQU Y14, runMaps_shaped(DI)

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
	VMOVDQU Y0, runMaps_starts(DI)

noneShaped:
	VPXOR   Y2, Y2, Y2
	VMOVDQU Y2, runMaps_shaped(DI)
	JMP     next
