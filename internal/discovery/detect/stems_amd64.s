// SPDX-License-Identifier: EUPL-1.2

#include "textflag.h"

DATA stemConsts<>+0(SB)/1, $0x20 // the bit between A and a
DATA stemConsts<>+1(SB)/1, $0x0f // the lower half of a byte
GLOBL stemConsts<>(SB), RODATA|NOPTR, $2

// GROUPS finds the groups that have the bytes at a place.
#define GROUPS(place, lower, upper, to) \
	VPOR    place, Y8, Y0; \
	VPAND   Y9, Y0, Y1;    \
	VPSRLW  $4, Y0, Y2;    \
	VPAND   Y9, Y2, Y2;    \
	VPSHUFB Y1, lower, Y1; \
	VPSHUFB Y2, upper, Y2; \
	VPAND   Y1, Y2, to

// func stemsAVX2(out []uint64, src []byte, t *stems)
//
// 32 places at a time: the groups of each place's byte, of the next and of the one after it, of which one must be in all three.
TEXT ·stemsAVX2(SB), NOSPLIT, $0-56
	MOVQ out_base+0(FP), DI
	MOVQ out_len+8(FP), CX
	MOVQ src_base+24(FP), SI
	MOVQ t+48(FP), DX
	VPBROADCASTB stemConsts<>+0(SB), Y8
	VPBROADCASTB stemConsts<>+1(SB), Y9
	VBROADCASTI128 0(DX), Y10
	VBROADCASTI128 16(DX), Y11
	VBROADCASTI128 32(DX), Y12
	VBROADCASTI128 48(DX), Y13
	VBROADCASTI128 64(DX), Y14
	VBROADCASTI128 80(DX), Y15
	VPXOR   Y7, Y7, Y7
	SHLQ    $1, CX
	JZ      done

loop:
	GROUPS(0(SI), Y10, Y11, Y3)
	GROUPS(1(SI), Y12, Y13, Y4)
	GROUPS(2(SI), Y14, Y15, Y5)
	VPAND   Y3, Y4, Y3
	VPAND   Y3, Y5, Y3
	VPCMPEQB Y7, Y3, Y3
	VPMOVMSKB Y3, AX
	NOTL    AX
	MOVL    AX, (DI)

	ADDQ $32, SI
	ADDQ $4, DI
	DECQ CX
	JNZ  loop

done:
	VZEROUPPER
	RET
