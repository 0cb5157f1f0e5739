// SPDX-License-Identifier: EUPL-1.2

#include "bitmaps512_amd64.h"
#include "go_asm.h"
#include "textflag.h"

DATA wideStartConsts<>+0(SB)/8, $0x8000000000000000 // the last place of a word
DATA wideStartConsts<>+8(SB)/8, $0xffffffffffffffff
GLOBL wideStartConsts<>(SB), RODATA|NOPTR, $16

// DOWN hands what is in Z7 on to the k places before it, as far as there are letters, which Z8 has where so many stand together.
#define DOWN(k) \
	VPSRLQ $k, Z7, Z9; \
	EITHER(Z8, Z9, Z7)

// DOUBLE makes of Z8 where twice as many letters stand together.
#define DOUBLE(k) \
	VPSRLQ $k, Z8, Z9; \
	VPANDQ Z9, Z8, Z8

// func startsAVX512(out *wordStarts, at, words int, letters, digits, stems *uint64)
//
// It does what startsAVX2 does, on eight words at a time, and leaves four at the end to it: to read under a mask costs a tenth of the speed.
TEXT ·startsAVX512(SB), NOSPLIT, $0-48
	MOVQ out+0(FP), DI
	MOVQ at+8(FP), AX
	LEAQ (DI)(AX*8), DI
	MOVQ words+16(FP), CX
	MOVQ letters+24(FP), R8
	MOVQ digits+32(FP), R9
	MOVQ stems+40(FP), R10
	VPBROADCASTQ wideStartConsts<>+0(SB), Z12
	VPBROADCASTQ wideStartConsts<>+8(SB), Z13
	SUBQ $8, CX
	JLT  four

loop:
	VMOVDQU64 (R8), Z0
	VMOVDQU64 8(R8), Z1
	VMOVDQU64 -8(R8), Z2
	VMOVDQU64 (R9), Z8
	VMOVDQU64 -8(R9), Z10
	BEHIND(1, Z0, Z2, Z3)
	VPANDNQ Z0, Z3, Z4          // where words begin
	AHEAD(1, Z0, Z1, Z5)
	AHEAD(2, Z0, Z1, Z6)
	AHEAD(3, Z0, Z1, Z7)
	ALL(Z6, Z7, Z5)             // with four letters or more
	BEHIND(1, Z8, Z10, Z8)
	LESS(Z8, Z5, Z4)            // or not directly after a digit. Z4: starts
	VMOVDQU64 Z4, wordStarts_starts(DI)

	BEHIND(2, Z0, Z2, Z7)
	VMOVDQU64 (R10), Z9
	VPANDQ  Z0, Z9, Z9
	ALL(Z9, Z3, Z7)             // here
	VPSUBQ  Z13, Z1, Z9
	VPANDNQ Z1, Z9, Z9          // the letters that the next word begins with
	VPTESTMQ 8(R10), Z9, K2 // a term in them
	VPCMPEQQ Z13, Z1, K3        // or no place that is no letter
	KORB    K2, K3, K2
	VPTERNLOGQ $0xf8, Z12, Z0, K2, Z7 // EITHER, where that is so
	VPTESTMQ Z7, Z7, K2
	KORTESTB K2, K2
	JZ      long
	VMOVDQA64 Z0, Z8
	DOWN(1)
	DOUBLE(1)
	DOWN(2)
	DOUBLE(2)
	DOWN(4)
	DOUBLE(4)
	DOWN(8)
	DOUBLE(8)
	DOWN(16)
	DOUBLE(16)
	DOWN(32)
	VPANDQ  Z4, Z7, Z7

long:
	VMOVDQU64 Z7, wordStarts_long(DI)
	ADDQ $64, DI
	ADDQ $64, R8
	ADDQ $64, R9
	ADDQ $64, R10
	SUBQ $8, CX
	JGE  loop

four:
	VZEROUPPER
	ADDQ $8, CX
	JZ   done
	SUBQ out+0(FP), DI
	SHRQ $3, DI
	MOVQ DI, at+8(FP)
	MOVQ CX, words+16(FP)
	MOVQ R8, letters+24(FP)
	MOVQ R9, digits+32(FP)
	MOVQ R10, stems+40(FP)
	JMP  ·startsAVX2(SB)

done:
	RET
