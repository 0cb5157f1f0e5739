// SPDX-License-Identifier: EUPL-1.2

#include "go_asm.h"
#include "textflag.h"

// Which of eight sets a byte is in, by its halves: see markBits. marks512_amd64.s reads them too.
DATA ·markLower+0(SB)/8, $0x1030101010101091
DATA ·markLower+8(SB)/8, $0x3014129050181030
GLOBL ·markLower(SB), RODATA|NOPTR, $16
DATA ·markUpper+0(SB)/8, $0x0000800088670000
DATA ·markUpper+8(SB)/8, $0x1010101010101010
GLOBL ·markUpper(SB), RODATA|NOPTR, $16

DATA markConsts<>+0(SB)/1, $0x0f // the lower half of a byte
DATA markConsts<>+1(SB)/1, $0x42 // the sets of '-' and of '+'
DATA markConsts<>+2(SB)/1, $0xf3 // all sets but those of '.' and ':'
GLOBL markConsts<>(SB), RODATA|NOPTR, $3

// SETS finds the sets of 32 bytes.
#define SETS(place, to) \
	VMOVDQU place, Y0;      \
	VPAND   Y13, Y0, Y1;    \
	VPSRLW  $4, Y0, Y0;     \
	VPAND   Y13, Y0, Y0;    \
	VPSHUFB Y1, Y11, Y1;    \
	VPSHUFB Y0, Y12, Y0;    \
	VPAND   Y0, Y1, to

// WRITE joins the bits of two halves.
#define WRITE(place) \
	SHLQ $32, BX; \
	ORQ  BX, AX;  \
	MOVQ AX, place

// ONE writes which bytes are in one set: its bit is shifted to the highest.
#define ONE(left, place) \
	VPSLLW    $left, Y2, Y4; \
	VPSLLW    $left, Y3, Y5; \
	VPMOVMSKB Y4, AX;        \
	VPMOVMSKB Y5, BX;        \
	WRITE(place)

// ANY writes which bytes are in any of some sets.
#define ANY(sets, place) \
	VPAND     sets, Y2, Y4;  \
	VPAND     sets, Y3, Y5;  \
	VPCMPEQB  Y10, Y4, Y4;   \
	VPCMPEQB  Y10, Y5, Y5;   \
	VPMOVMSKB Y4, AX;        \
	VPMOVMSKB Y5, BX;        \
	NOTL      AX;            \
	NOTL      BX;            \
	WRITE(place)

// func marksAVX2(out *marks, at int, src []byte)
TEXT ·marksAVX2(SB), NOSPLIT, $0-40
	MOVQ out+0(FP), DI
	MOVQ at+8(FP), AX
	LEAQ (DI)(AX*8), DI
	MOVQ src_base+16(FP), SI
	MOVQ src_len+24(FP), CX
	SHRQ $6, CX
	VBROADCASTI128 ·markLower+0(SB), Y11
	VBROADCASTI128 ·markUpper+0(SB), Y12
	VPBROADCASTB markConsts<>+0(SB), Y13
	VPBROADCASTB markConsts<>+1(SB), Y14
	VPBROADCASTB markConsts<>+2(SB), Y15
	VPXOR   Y10, Y10, Y10
	TESTQ CX, CX
	JZ    done

loop:
	SETS((SI), Y2)
	SETS(32(SI), Y3)
	ONE(7, marks_spaces(DI))
	ANY(Y14, marks_joints(DI))
	ONE(5, marks_dots(DI))
	ONE(4, marks_colons(DI))
	ANY(Y15, marks_seps(DI))
	ONE(1, marks_plus(DI))
	ONE(0, marks_zeros(DI))
	ADDQ $64, SI
	ADDQ $8, DI
	DECQ CX
	JNZ  loop

done:
	VZEROUPPER
	RET
