// SPDX-License-Identifier: EUPL-1.2

#include "bitmaps_amd64.h"
#include "textflag.h"

// func shapesAVX2(tries, fractions, digits, signs []uint64, all uint64) (any uint64)
//
// It follows shapesGo, whose comments say what each step is, on four words at a time. len(tries) is a multiple of four; one word before
// digits and signs is read, and one after. all is set in every bit when no month is to be looked at.
TEXT ·shapesAVX2(SB), NOSPLIT, $0-112
	MOVQ tries_base+0(FP), DI
	MOVQ tries_len+8(FP), CX
	MOVQ fractions_base+24(FP), R10
	MOVQ digits_base+48(FP), SI
	MOVQ signs_base+72(FP), DX
	VPBROADCASTQ all+96(FP), Y14
	VPXOR Y13, Y13, Y13 // all fractions
	SHRQ $2, CX
	JZ   done

loop:
	VMOVDQU (SI), Y0   // digits
	VPTEST Y0, Y0
	JZ     none
	VMOVDQU 8(SI), Y1  // and the next word's
	VMOVDQU -8(SI), Y2 // and those before
	AHEAD(1, Y0, Y1, Y3)
	VPAND  Y0, Y3, Y3  // two digits
	VPSRLQ $1, Y1, Y4
	VPAND  Y1, Y4, Y4
	AHEAD(2, Y3, Y4, Y5)
	VPAND  Y3, Y5, Y5  // four
	AHEAD(4, Y3, Y4, Y6)
	VPAND  Y5, Y6, Y6  // six
	VPSLLQ $1, Y0, Y3
	VPSRLQ $63, Y2, Y2
	VPOR   Y2, Y3, Y3
	VPANDN Y6, Y3, Y6  // and none before: starts
	VPTEST Y6, Y6
	JZ     none

	AHEAD(6, Y0, Y1, Y2)
	VPANDN Y6, Y2, Y3  // exactly six
	VPAND  Y6, Y2, Y2  // at least seven
	AHEAD(7, Y0, Y1, Y8)
	VPAND  Y8, Y2, Y2
	AHEAD(8, Y0, Y1, Y9)
	VPANDN Y2, Y9, Y4  // exactly eight
	VPAND  Y9, Y2, Y2
	AHEAD(9, Y0, Y1, Y10)
	VPAND  Y10, Y2, Y2
	AHEAD(10, Y0, Y1, Y11)
	VPANDN Y2, Y11, Y7 // exactly ten
	VPAND  Y11, Y2, Y2
	AHEAD(11, Y0, Y1, Y5)
	VPAND  Y5, Y2, Y2
	AHEAD(12, Y0, Y1, Y12)
	VPANDN Y2, Y12, Y2 // exactly twelve

	VPXOR  Y5, Y9, Y9
	VPAND  Y10, Y9, Y9
	VPAND  Y11, Y9, Y9 // a byte after six, four digits, or one, another byte, and three
	VPANDN Y8, Y9, Y9  // another digit there and not that
	VPANDN Y3, Y9, Y3
	VPAND  Y12, Y5, Y5
	AHEAD(13, Y0, Y1, Y12)
	VPXOR  Y12, Y11, Y12
	VPAND  Y12, Y5, Y5 // the same after eight
	VPANDN Y10, Y5, Y5
	VPANDN Y4, Y5, Y4

	VMOVDQU (DX), Y8
	VMOVDQU 8(DX), Y9
	VMOVDQU -8(DX), Y10
	AHEAD(2, Y8, Y9, Y11)
	VPOR   Y14, Y11, Y11
	VPOR   Y7, Y3, Y3
	VPAND  Y11, Y3, Y3 // a month after six or ten
	AHEAD(4, Y8, Y9, Y11)
	VPOR   Y14, Y11, Y11
	VPOR   Y2, Y4, Y4
	VPAND  Y11, Y4, Y4 // and after eight or twelve
	VPSLLQ $1, Y8, Y8
	VPSRLQ $63, Y10, Y10
	VPOR   Y10, Y8, Y8
	VPAND  Y6, Y8, Y8
	VMOVDQU Y8, (R10)  // fractions
	VPOR   Y8, Y13, Y13
	VPOR   Y3, Y4, Y4
	VMOVDQU Y4, (DI)   // tries
	JMP    next

none:
	VPXOR   Y12, Y12, Y12
	VMOVDQU Y12, (DI)
	VMOVDQU Y12, (R10)

next:
	ADDQ $32, SI
	ADDQ $32, DX
	ADDQ $32, DI
	ADDQ $32, R10
	DECQ CX
	JNZ  loop

done:
	VEXTRACTI128 $1, Y13, X12
	VPOR   X12, X13, X13
	VPSRLDQ $8, X13, X12
	VPOR   X12, X13, X13
	VMOVQ  X13, AX
	MOVQ   AX, any+104(FP)
	VZEROUPPER
	RET
