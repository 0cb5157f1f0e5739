// SPDX-License-Identifier: EUPL-1.2

#include "go_asm.h"
#include "textflag.h"

// Which bytes after a birth date's first are the ten digits: past a separator of one byte, and without one.
DATA sieves<>+0(SB)/8, $0x0807050403020100
DATA sieves<>+8(SB)/8, $0x8080808080800a09
DATA sieves<>+16(SB)/8, $0x0706050403020100
DATA sieves<>+24(SB)/8, $0x8080808080800908
DATA sieves<>+32(SB)/8, $0x010a010a010a010a // 10 and 1, for pairs of digits
DATA sieves<>+40(SB)/8, $0x00ff00ff00ff00ff // every other digit, which is doubled
DATA sieves<>+48(SB)/8, $0x3030303030303030 // '0'
DATA sieves<>+56(SB)/8, $0x0909090909090909 // the largest digit
GLOBL sieves<>(SB), RODATA|NOPTR, $64

// NOTE writes where the first of the runs in R8 begins, and takes it away.
#define NOTE(to) \
	TZCNTQ R8, R10;  \
	BLSRQ R8, R8;    \
	ADDL  DX, R10;   \
	MOVL  R10, to

// func siftAVX2(v *sieve, text []byte, tries, wide, bare []uint64) int
//
// First all runs are noted, two of each word whether it has as many or not. Then each is read, its date and sum are worked out, and it is
// written where the next is to stand, which goes on only if it is let through. Nothing branches on what a run is.
TEXT ·siftAVX2(SB), NOSPLIT, $0-112
	MOVQ v+0(FP), DI
	MOVQ tries_base+32(FP), SI
	MOVQ tries_len+40(FP), CX
	XORL DX, DX
	TESTQ CX, CX
	JZ   noted

word:
	TESTL $0xff, DX
	JNZ  one
	CMPQ CX, $4
	JLT  one
	VMOVDQU (SI), Y0
	VPTEST Y0, Y0
	JNZ  one
	ADDQ $32, SI             // nothing in four words
	ADDL $256, DX
	SUBQ $4, CX
	JNZ  word
	JMP  noted

one:
	MOVQ (SI), R8
	ADDQ $8, SI
	POPCNTQ R8, R9
	LEAQ (DI)(R9*4), R9
	NOTE(0(DI))
	NOTE(4(DI))
	TESTQ R8, R8
	JNZ  more

wordDone:
	MOVQ R9, DI
	ADDL $64, DX
	DECQ CX
	JNZ  word
	JMP  noted

more:
	NOTE(8(DI))
	ADDQ $4, DI
	TESTQ R8, R8
	JNZ  more
	JMP  wordDone

noted:
	MOVQ v+0(FP), SI
	LEAQ sieve_through(SI), R8
	MOVQ text_base+8(FP), R12
	MOVQ wide_base+56(FP), R9
	MOVQ bare_base+80(FP), R10
	LEAQ ·days(SB), R11
	LEAQ ·tens(SB), R15
	LEAQ sieves<>(SB), R13
	VPBROADCASTQ 32(R13), X12
	VPBROADCASTQ 40(R13), X13
	VPBROADCASTQ 48(R13), X10
	VPBROADCASTQ 56(R13), X11
	VPXOR X14, X14, X14
	SUBQ SI, DI
	SHRQ $2, DI
	JZ   done
	MOVQ DI, R14             // how many runs
	LEAQ ·separatorFirst(SB), DI

run:
	MOVL (SI), AX
	ADDQ $4, SI
	MOVL AX, BX
	SHRL $6, BX
	MOVQ (R9)(BX*8), DX
	XORL CX, CX
	BTQ  AX, DX
	ADCL CX, CX              // 1 with a century
	MOVQ (R10)(BX*8), DX
	XORL BX, BX
	BTQ  AX, DX
	ADCL BX, BX              // 1 without a separator
	LEAQ (R12)(AX*1), DX
	LEAQ (DX)(CX*2), DX      // the birth date
	LEAL (CX)(BX*2), CX
	LEAL (CX)(AX*8), AX
	MOVBLZX 6(DX), CX        // a separator, or the seventh digit
	MOVBLZX (DI)(CX*1), CX   // 3 for a separator of one byte
	VMOVDQU (DX), X0
	SHLL $4, BX
	VPSUBB X10, X0, X0
	VPSHUFB (R13)(BX*1), X0, X2 // ten digits
	VPMINUB X11, X0, X1
	VPCMPEQB X1, X0, X1
	VPMOVMSKB X1, DX         // which bytes are digits
	VPMADDUBSW X12, X2, X3   // the values of five pairs
	VPAND  X13, X2, X4
	VPADDB X4, X2, X4
	VPCMPGTB X11, X4, X5
	VPAND  X11, X5, X5
	VPSUBB X5, X4, X4        // above nine, nine less
	VPSADBW X14, X4, X4
	VPSRLDQ $8, X4, X5
	VPADDD X5, X4, X4        // the sum
	ANDL $0xfc0, DX
	SHLL $12, CX
	ORL  CX, DX
	CMPL DX, $0x3780         // four digits between two bytes that are none, of which the first is a separator
	SETEQ CL
	MOVBLZX CL, CX
	SHRL $4, BX
	ORL  BX, CX              // 1 when the ten digits are all
	LEAL (AX)(CX*4), AX
	MOVL AX, 8(R8)
	VMOVQ X3, DX
	VPEXTRW $4, X3, BX
	SHLQ $8, BX
	ORQ  DX, BX
	MOVQ BX, (R8)
	MOVQ DX, BX
	SHRQ $9, BX
	ANDL $0x3f80, BX
	SHRQ $32, DX
	ANDL $0x7f, DX
	ORL  DX, BX
	MOVBLZX (R11)(BX*1), BX  // what day it is
	VMOVD X4, DX
	ANDL $0x7f, DX
	MOVBLZX (R15)(DX*1), DX  // 1 when the sum is right
	XORL $1, CX
	ORL  CX, DX
	ADDL $3, BX
	SHRL $2, BX
	ANDL BX, DX
	SHLL $4, DX
	ADDQ DX, R8
	DECQ R14
	JNZ  run

done:
	MOVQ v+0(FP), SI
	LEAQ sieve_through(SI), SI
	SUBQ SI, R8
	SHRQ $4, R8
	MOVQ R8, ret+104(FP)
	VZEROUPPER
	RET
