// SPDX-License-Identifier: EUPL-1.2

#include "textflag.h"

// LOOK finds in Z0 the line breaks, in CX, the delimiters, in DX, and the quotes, in BX, of the bytes that K4 has.
#define LOOK \
	VPCMPEQB Z11, Z0, K4, K1; \
	VPCMPEQB Z10, Z0, K4, K2; \
	VPCMPEQB Z12, Z0, K4, K3; \
	KMOVQ    K1, CX;          \
	KMOVQ    K2, DX;          \
	KMOVQ    K3, BX;          \
	TESTQ    CX, CX

// func backAVX512(text []byte, from, at int, delimiter byte) (start, delims int, quoted bool)
//
// It goes back by 64 bytes to a line break or to from, and reads nothing before that.
TEXT ·backAVX512(SB), NOSPLIT, $0-65
	MOVQ text_base+0(FP), SI
	MOVQ from+24(FP), R8
	MOVQ at+32(FP), R9
	MOVBLZX delimiter+40(FP), AX
	VPBROADCASTB AX, Z10
	MOVL $'\n', AX
	VPBROADCASTB AX, Z11
	MOVL $'"', AX
	VPBROADCASTB AX, Z12
	XORL R11, R11            // delimiters
	XORL R12, R12            // quotes
	MOVQ $-1, R13            // where the line begins
	MOVQ $-1, R14
	KMOVQ R14, K4

loop:
	MOVQ R9, R10
	SUBQ R8, R10
	CMPQ R10, $64
	JLT  last
	SUBQ $64, R9
	VMOVDQU64 (SI)(R9*1), Z0
	LOOK
	JNZ  found
	POPCNTQ DX, DX
	ADDQ DX, R11
	ORQ  BX, R12
	JMP  loop

last:
	TESTQ R10, R10
	JLE  done
	BZHIQ R10, R14, R14
	KMOVQ R14, K4
	MOVQ R8, R9
	VMOVDQU8.Z (SI)(R9*1), K4, Z0
	LOOK
	JZ   counted

found:
	BSRQ CX, CX
	LEAQ 1(R9)(CX*1), R13
	SHRQ CX, DX              // those after the line break, which is none of them itself
	SHRQ CX, BX

counted:
	POPCNTQ DX, DX
	ADDQ DX, R11
	ORQ  BX, R12

done:
	MOVQ R13, start+48(FP)
	MOVQ R11, delims+56(FP)
	TESTQ R12, R12
	SETNE quoted+64(FP)
	VZEROUPPER
	RET
