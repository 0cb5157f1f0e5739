// SPDX-License-Identifier: EUPL-1.2

#include "bitmaps512_amd64.h"
#include "textflag.h"

// func shapesAVX512(tries, fractions, digits, signs []uint64, all uint64) (any uint64)
//
// It does what shapesAVX2 does, with what AVX-512 has for three bitmaps and for two halves of one. It looks at four words at a time all the same, for
// the reason that runsAVX512 does.
TEXT ·shapesAVX512(SB), NOSPLIT, $0-112
	MOVQ tries_base+0(FP), DI
	MOVQ tries_len+8(FP), CX
	MOVQ fractions_base+24(FP), R10
	MOVQ digits_base+48(FP), SI
	MOVQ signs_base+72(FP), DX
	VPBROADCASTQ all+96(FP), Y14
	VPXORQ Y13, Y13, Y13 // all fractions
	SHRQ $2, CX
	JZ   done

loop:
	VMOVDQU64 (SI), Y0     // digits
	VPTEST Y0, Y0
	JZ     none
	VMOVDQU64 8(SI), Y1    // and the next word's
	VMOVDQU64 -8(SI), Y2   // and those before
	AHEAD(1, Y0, Y1, Y3)
	VPANDQ Y0, Y3, Y3  // two digits
	VPSRLQ $1, Y1, Y4
	VPANDQ Y1, Y4, Y4
	AHEAD(2, Y3, Y4, Y5)
	AHEAD(4, Y3, Y4, Y6)
	ALL(Y3, Y5, Y6)    // six
	BEHIND(1, Y0, Y2, Y2)
	VPANDNQ Y6, Y2, Y6 // and none before: starts
	VPTEST Y6, Y6
	JZ     none

	AHEAD(6, Y0, Y1, Y2)
	AHEAD(7, Y0, Y1, Y7)
	AHEAD(8, Y0, Y1, Y8)
	AHEAD(9, Y0, Y1, Y9)
	AHEAD(10, Y0, Y1, Y10)
	AHEAD(11, Y0, Y1, Y11)
	AHEAD(12, Y0, Y1, Y12)
	AHEAD(13, Y0, Y1, Y15)
	VPANDNQ Y6, Y2, Y3 // exactly six
	ALL(Y6, Y7, Y2)    // at least eight
	VPANDNQ Y2, Y8, Y4 // exactly eight
	ALL(Y8, Y9, Y2)    // at least ten
	VPANDNQ Y2, Y10, Y5 // exactly ten
	ALL(Y10, Y11, Y2)
	VPANDNQ Y2, Y12, Y2 // exactly twelve

	VPXORQ Y11, Y8, Y8
	ALL(Y9, Y10, Y8)   // a byte after six, four digits, or one, another byte, and three
	LESS(Y7, Y8, Y3)   // no other digit there, or that
	VPXORQ Y15, Y10, Y10
	ALL(Y11, Y12, Y10) // the same after eight
	LESS(Y9, Y10, Y4)

	VMOVDQU64 (DX), Y8
	VMOVDQU64 8(DX), Y9
	VMOVDQU64 -8(DX), Y10
	AHEAD(2, Y8, Y9, Y11)
	AHEAD(4, Y8, Y9, Y12)
	BEHIND(1, Y8, Y10, Y8)
	VPORQ  Y14, Y11, Y11
	VPORQ  Y14, Y12, Y12
	VPTERNLOGQ $0xa8, Y11, Y5, Y3 // a month after six or ten
	VPTERNLOGQ $0xa8, Y12, Y2, Y4 // and after eight or twelve
	VPANDQ Y6, Y8, Y8
	VMOVDQU64 Y8, (R10) // fractions
	VPORQ  Y8, Y13, Y13
	VPORQ  Y3, Y4, Y4
	VMOVDQU64 Y4, (DI) // tries

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

none:
	VPXORQ Y12, Y12, Y12
	VMOVDQU64 Y12, (DI)
	VMOVDQU64 Y12, (R10)
	JMP  next
