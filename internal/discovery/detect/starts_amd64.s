// SPDX-License-Identifier: EUPL-1.2

#include "bitmaps_amd64.h"
#include "go_asm.h"
#include "textflag.h"

DATA startConsts<>+0(SB)/8, $0x8000000000000000 // the last place of a word
DATA startConsts<>+8(SB)/8, $0xffffffffffffffff
GLOBL startConsts<>(SB), RODATA|NOPTR, $16

// BEHIND makes of a bitmap what it has k places before: of four words, and the four that begin one word before.
#define BEHIND(k, first, before, to) \
	VPSLLQ $k, first, to;           \
	VPSRLQ $(64-k), before, Y15;    \
	VPOR   Y15, to, to

// DOWN hands what is in Y7 on to the k places before it, as far as there are letters, which Y8 has where so many stand together.
#define DOWN(k) \
	VPSRLQ $k, Y7, Y9;  \
	VPAND  Y8, Y9, Y9;  \
	VPOR   Y9, Y7, Y7

// DOUBLE makes of Y8 where twice as many letters stand together.
#define DOUBLE(k) \
	VPSRLQ $k, Y8, Y9; \
	VPAND  Y9, Y8, Y8

// func startsAVX2(out *wordStarts, at, words int, letters, digits, stems *uint64)
//
// It follows startsGo and stemmed, on four words at a time. From where a term may stand inside a word, the bit is handed on to where the word begins, by
// 1, 2, 4, 8, 16 and 32 places.
TEXT ·startsAVX2(SB), NOSPLIT, $0-48
	MOVQ out+0(FP), DI
	MOVQ at+8(FP), AX
	LEAQ (DI)(AX*8), DI
	MOVQ words+16(FP), CX
	MOVQ letters+24(FP), R8
	MOVQ digits+32(FP), R9
	MOVQ stems+40(FP), R10
	VPBROADCASTQ startConsts<>+0(SB), Y12
	VPBROADCASTQ startConsts<>+8(SB), Y13
	VPXOR Y14, Y14, Y14
	SHRQ $2, CX
	JZ   done

loop:
	VMOVDQU (R8), Y0
	VMOVDQU 8(R8), Y1
	VMOVDQU -8(R8), Y2
	BEHIND(1, Y0, Y2, Y3)
	VPANDN  Y0, Y3, Y4          // where words begin
	AHEAD(1, Y0, Y1, Y5)
	AHEAD(2, Y0, Y1, Y6)
	VPAND   Y6, Y5, Y5
	AHEAD(3, Y0, Y1, Y6)
	VPAND   Y6, Y5, Y5          // with four letters or more
	VMOVDQU (R9), Y6
	VMOVDQU -8(R9), Y7
	BEHIND(1, Y6, Y7, Y8)
	VPANDN  Y8, Y5, Y8          // or directly after a digit
	VPANDN  Y4, Y8, Y4          // Y4: starts
	VMOVDQU Y4, wordStarts_starts(DI)

	BEHIND(2, Y0, Y2, Y7)
	VPAND   Y3, Y7, Y7
	VPAND   Y0, Y7, Y7
	VPAND   (R10), Y7, Y7       // here
	VPSUBQ  Y13, Y1, Y9
	VPANDN  Y1, Y9, Y9          // the letters that the next word begins with
	VPAND   8(R10), Y9, Y9
	VPCMPEQQ Y14, Y9, Y9
	VPCMPEQQ Y13, Y1, Y10
	VPANDN  Y9, Y10, Y9         // no term in them, and some place that is no letter
	VPAND   Y12, Y0, Y10
	VPANDN  Y10, Y9, Y10
	VPOR    Y10, Y7, Y7
	VPTEST  Y7, Y7
	JZ      long
	VMOVDQA Y0, Y8
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
	VPAND   Y4, Y7, Y7

long:
	VMOVDQU Y7, wordStarts_long(DI)
	ADDQ $32, DI
	ADDQ $32, R8
	ADDQ $32, R9
	ADDQ $32, R10
	DECQ CX
	JNZ  loop

done:
	VZEROUPPER
	RET
