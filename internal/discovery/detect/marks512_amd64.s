// SPDX-License-Identifier: EUPL-1.2

#include "go_asm.h"
#include "textflag.h"

// The sets of each bitmap, from the lowest byte on: those of ' ', of '-' and '+', of '.', of ':', all but those of '.' and ':', those of '+'
// and those of '0'.
DATA markSets<>+0(SB)/8, $0x008040f308044201
// The matrix that turns the bits of a byte around.
DATA markSets<>+8(SB)/8, $0x8040201008040201
// The multiplier that shifts right by four.
DATA markSets<>+16(SB)/2, $0x1000
GLOBL markSets<>(SB), RODATA|NOPTR, $18

// Where the bytes of each bitmap are: one in every eight.
DATA markOrder<>+0(SB)/8, $0x3830282018100800
DATA markOrder<>+8(SB)/8, $0x3931292119110901
DATA markOrder<>+16(SB)/8, $0x3a322a221a120a02
DATA markOrder<>+24(SB)/8, $0x3b332b231b130b03
DATA markOrder<>+32(SB)/8, $0x3c342c241c140c04
DATA markOrder<>+40(SB)/8, $0x3d352d251d150d05
DATA markOrder<>+48(SB)/8, $0x3e362e261e160e06
DATA markOrder<>+56(SB)/8, $0x3f372f271f170f07
GLOBL markOrder<>(SB), RODATA|NOPTR, $64

// MAPS makes the bitmaps of 64 bytes: x has a word of each.
//
// A mask takes two cycles to be written, and there would be seven. So the sets of eight bytes are taken as a matrix: it says how many of the
// sets of a bitmap each byte is in, modulo two, and no byte is in more than one. The first byte comes out as the highest bit.
//
// The halves are shifted by a multiplication, as a shift would wait for what VPERMB waits for. What comes to a byte from the one beside it, and
// what VPERMB looks at beyond four bits, leads to the same, as the tables are there four times.
#define MAPS(place, x, y) \
	VMOVDQU64 place, x;                \
	VPMULHUW Z14, x, y;                \
	VPERMB   Z10, x, x;                \
	VPERMB   Z11, y, y;                \
	VPANDD   x, y, x;                  \
	VGF2P8AFFINEQB $0, x, Z12, x;      \
	VGF2P8AFFINEQB $0, Z13, x, x;      \
	VPERMB   x, Z15, x

// func marksAVX512(out *marks, at int, src []byte)
//
// Two words at a time, so that half as much is written, and the last of an odd number alone.
TEXT ·marksAVX512(SB), NOSPLIT, $0-40
	MOVQ out+0(FP), DI
	MOVQ at+8(FP), AX
	LEAQ (DI)(AX*8), DI
	MOVQ src_base+16(FP), SI
	MOVQ src_len+24(FP), CX
	VBROADCASTI32X4 ·markLower+0(SB), Z10
	VBROADCASTI32X4 ·markUpper+0(SB), Z11
	VPBROADCASTQ markSets<>+0(SB), Z12
	VPBROADCASTQ markSets<>+8(SB), Z13
	VPBROADCASTW markSets<>+16(SB), Z14
	VMOVDQU64 markOrder<>+0(SB), Z15
	SHRQ $6, CX
	SUBQ $2, CX
	JLT  last

loop:
	MAPS((SI), Z0, Z1)
	MAPS(64(SI), Z2, Z3)
	VPUNPCKLQDQ Z2, Z0, Z1
	VPUNPCKHQDQ Z2, Z0, Z3
	VMOVDQU X1, marks_spaces(DI)
	VMOVDQU X3, marks_joints(DI)
	VEXTRACTI32X4 $1, Z1, marks_dots(DI)
	VEXTRACTI32X4 $1, Z3, marks_colons(DI)
	VEXTRACTI32X4 $2, Z1, marks_seps(DI)
	VEXTRACTI32X4 $2, Z3, marks_plus(DI)
	VEXTRACTI32X4 $3, Z1, marks_zeros(DI)
	ADDQ $128, SI
	ADDQ $16, DI
	SUBQ $2, CX
	JGE  loop

last:
	TESTQ $1, CX
	JZ   done
	MAPS((SI), Z0, Z1)
	VEXTRACTI32X4 $1, Z0, X1
	VEXTRACTI32X4 $2, Z0, X2
	VEXTRACTI32X4 $3, Z0, X3
	VMOVQ    X0, marks_spaces(DI)
	VMOVHPS  X0, marks_joints(DI)
	VMOVQ    X1, marks_dots(DI)
	VMOVHPS  X1, marks_colons(DI)
	VMOVQ    X2, marks_seps(DI)
	VMOVHPS  X2, marks_plus(DI)
	VMOVQ    X3, marks_zeros(DI)

done:
	VZEROUPPER
	RET
