// SPDX-License-Identifier: EUPL-1.2

#include "textflag.h"

// For each upper half of a byte, that of the byte folded, which has the bit between A and a.
DATA foldedUpper<>+0(SB)/8, $0x0706070603020302
DATA foldedUpper<>+8(SB)/8, $0x0f0e0f0e0b0a0b0a
GLOBL foldedUpper<>(SB), RODATA|NOPTR, $16

// The multiplier that shifts right by four.
DATA shiftFour<>+0(SB)/2, $0x1000
GLOBL shiftFour<>(SB), RODATA|NOPTR, $2

// HALVES finds the groups that have the lower half of the bytes at a place, and those that have the upper.
//
// The halves are shifted by a multiplication, as a shift would wait for what VPERMB waits for. What comes to a byte from the one beside it, and
// what VPERMB looks at beyond four bits, leads to the same, as the tables are there four times.
#define HALVES(place, lower, upper, x, y) \
	VMOVDQU64 place, x;   \
	VPMULHUW Z17, x, y;   \
	VPERMB   lower, x, x; \
	VPERMB   upper, y, y

// func stemsAVX512(out []uint64, src []byte, t *stems)
//
// 64 places at a time: the groups of each place's byte, of the next and of the one after it, of which one must be in all three. The bytes are
// not folded but the tables are, once.
TEXT ·stemsAVX512(SB), NOSPLIT, $0-56
	MOVQ out_base+0(FP), DI
	MOVQ out_len+8(FP), CX
	MOVQ src_base+24(FP), SI
	MOVQ t+48(FP), DX
	VBROADCASTI32X4 foldedUpper<>+0(SB), Z16
	VBROADCASTI32X4 0(DX), Z10
	VBROADCASTI32X4 16(DX), Z11
	VBROADCASTI32X4 32(DX), Z12
	VBROADCASTI32X4 48(DX), Z13
	VBROADCASTI32X4 64(DX), Z14
	VBROADCASTI32X4 80(DX), Z15
	VPSHUFB Z16, Z11, Z11
	VPSHUFB Z16, Z13, Z13
	VPSHUFB Z16, Z15, Z15
	VPBROADCASTW shiftFour<>+0(SB), Z17
	XORL  BX, BX
	TESTQ CX, CX
	JZ    done

loop:
	HALVES(0(SI), Z10, Z11, Z0, Z1)
	HALVES(1(SI), Z12, Z13, Z2, Z3)
	HALVES(2(SI), Z14, Z15, Z4, Z5)
	VPTERNLOGD $0x80, Z0, Z1, Z2 // in all three
	VPTERNLOGD $0x80, Z2, Z3, Z4
	VPTESTMB Z4, Z5, K1
	KMOVQ    K1, (DI)(BX*8)

	ADDQ $64, SI
	INCQ BX
	CMPQ BX, CX
	JNE  loop

done:
	VZEROUPPER
	RET
