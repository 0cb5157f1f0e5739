// SPDX-License-Identifier: EUPL-1.2

#include "go_asm.h"
#include "textflag.h"

DATA sieves<>+0(SB)/8, $0x3030303030303030  // '0'
DATA sieves<>+8(SB)/8, $0x4646464646464646  // 0x7f-'9'
DATA sieves<>+16(SB)/8, $0x7575757575757575 // 0x7f-10
DATA sieves<>+24(SB)/8, $0x010a010a010a010a // 10 and 1, for pairs of digits
DATA sieves<>+32(SB)/8, $0x8000800080008000 // every other byte, so that a table has 0 for it
DATA sieves<>+40(SB)/8, $0x0000000000010080 // 128 and 1, for a month and a day
GLOBL sieves<>(SB), RODATA|NOPTR, $48

// Separators of one byte that stand alone whatever the encoding, by the lower half of their byte, which each has for itself: ' ', '+', '-'.
DATA separators<>+0(SB)/8, $0x0000000000000020
DATA separators<>+8(SB)/8, $0x00002d002b000000
GLOBL separators<>(SB), RODATA|NOPTR, $16

// What a digit has more when it is doubled, nine less where that is above nine; and ten more where it has less.
DATA doubled<>+0(SB)/8, $0x0807060403020100
DATA doubled<>+8(SB)/8, $0x0000000000000009
GLOBL doubled<>(SB), RODATA|NOPTR, $16

// Where the bytes of a number, as in Match, stand among the five pairs month, day, year, and two of the last four digits, of two bytes each.
DATA matched<>+0(SB)/8, $0x8006800280000804
DATA matched<>+8(SB)/8, $0x8080808080808080
GLOBL matched<>(SB), RODATA|NOPTR, $16

// NOTE writes where the first of the runs in R8 begins, and takes it away.
#define NOTE(to) \
	TZCNTQ R8, R10;  \
	BLSRQ R8, R8;    \
	ADDL  DX, R10;   \
	MOVL  R10, to

// LET writes a run where the next is to stand, and goes on only if it is let through: if its day exists, and its sum is right or its digits are not
// all known. form is the form of its length, bytes which of its bytes are digits, and separators from bit 16 on, number its number, and facts
// its month and day, and its sum from bit 32 on.
#define LET(run, form, bytes, number, facts) \
	ANDL siftForm_mask(R9)(form*1), bytes;  \
	XORL CX, CX;                            \
	CMPL bytes, siftForm_want(R9)(form*1);  \
	SETEQ CX;                               \
	MOVL siftForm_flags(R9)(form*1), bytes; \
	LEAL (bytes)(CX*4), bytes;              \
	LEAL (bytes)(run*8), bytes;             \
	MOVL bytes, 8(R8);                      \
	VMOVQ number, (R8);                     \
	VMOVQ facts, bytes;                     \
	MOVL bytes, run;                        \
	SHRQ $32, bytes;                        \
	MOVBLZX bytes, bytes;                   \
	XORL $1, CX;                            \
	ORB  (R15)(bytes*1), CX;                \
	ANDB (R11)(run*1), CX;                  \
	SHLL $4, CX;                            \
	ADDQ CX, R8

// func siftAVX2(v *sieve, text []byte, tries []uint64) int
//
// First all runs are noted, of the words that have any two whether there are as many or not. Then two at a time are read, one in each half of a register, their
// dates and sums are worked out, and each is written where the next is to stand, which goes on only if it is let through. Nothing branches on
// what a run is: its length leads to its form.
TEXT ·siftAVX2(SB), NOSPLIT, $0-64
	MOVQ v+0(FP), DI
	MOVQ tries_base+32(FP), SI
	MOVQ tries_len+40(FP), CX
	XORL R11, R11            // the words in which a run begins
	XORL R12, R12
	VPXOR Y1, Y1, Y1
	SUBQ $4, CX
	JLT  rest

words:
	VPCMPEQQ (SI)(R12*8), Y1, Y0
	VMOVMSKPD Y0, R8
	XORL $0xf, R8
	SHLXL R12, R8, R8
	ORL  R8, R11
	ADDQ $4, R12
	CMPQ R12, CX
	JLE  words

rest:
	ADDQ $4, CX

another:
	CMPQ R12, CX
	JGE  all
	XORL R8, R8
	CMPQ (SI)(R12*8), $0
	SETNE R8
	SHLXL R12, R8, R8
	ORL  R8, R11
	INCQ R12
	JMP  another

all:
	TESTL R11, R11
	JZ   noted

word:
	TZCNTL R11, DX
	BLSRL R11, R11
	MOVQ (SI)(DX*8), R8
	SHLL $6, DX
	POPCNTQ R8, R9
	LEAQ (DI)(R9*4), R9
	NOTE(0(DI))
	NOTE(4(DI))
	TESTQ R8, R8
	JNZ  more

wordDone:
	MOVQ R9, DI
	TESTL R11, R11
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
	SUBQ SI, DI
	SHRQ $2, DI
	JZ   done
	MOVQ DI, R14             // how many runs
	MOVL -4(SI)(R14*4), AX
	MOVL AX, (SI)(R14*4)     // the last once more, so that they are in pairs
	MOVQ text_base+8(FP), R12
	LEAQ ·siftForms(SB), R9
	LEAQ ·days(SB), R11
	LEAQ ·tens(SB), R15
	VPXOR Y6, Y6, Y6
	VBROADCASTI128 matched<>(SB), Y7
	VPBROADCASTQ sieves<>+40(SB), Y8
	VBROADCASTI128 separators<>(SB), Y9
	VPBROADCASTQ sieves<>+8(SB), Y10
	VPBROADCASTQ sieves<>+16(SB), Y11
	VPBROADCASTQ sieves<>+24(SB), Y12
	VPBROADCASTQ sieves<>+0(SB), Y13
	VPBROADCASTQ sieves<>+32(SB), Y14
	VBROADCASTI128 doubled<>(SB), Y15

pair:
	MOVL (SI), AX
	MOVL 4(SI), BX
	ADDQ $8, SI
	VMOVDQU (R12)(AX*1), X0
	VINSERTI128 $1, (R12)(BX*1), Y0, Y0
	VPADDB Y10, Y0, Y1
	VPCMPGTB Y11, Y1, Y1     // digits
	VPSHUFB Y0, Y9, Y2
	VPCMPEQB Y0, Y2, Y2      // separators
	VINSERTI128 $1, X2, Y1, Y3
	VPERM2I128 $0x31, Y2, Y1, Y4
	VPMOVMSKB Y3, R10        // of the first run, digits and then separators
	VPMOVMSKB Y4, DX         // of the second
	MOVL R10, DI
	NOTL DI
	TZCNTL DI, DI            // how long it is
	MOVL DX, R13
	NOTL R13
	TZCNTL R13, R13
	ANDL $0xf, DI
	ANDL $0xf, R13
	SHLL $5, DI              // its form
	SHLL $5, R13
	VMOVDQU siftForm_digits(R9)(DI*1), X3
	VINSERTI128 $1, siftForm_digits(R9)(R13*1), Y3, Y3
	VPSUBB Y13, Y0, Y0
	VPSHUFB Y3, Y0, Y0       // ten digits: month, day, year, and the last four
	VPMADDUBSW Y12, Y0, Y3   // the values of five pairs
	VPOR   Y14, Y0, Y1
	VPSHUFB Y1, Y15, Y1
	VPADDB Y1, Y0, Y1
	VPSADBW Y6, Y1, Y1
	VPSRLDQ $8, Y1, Y2
	VPADDD Y2, Y1, Y1        // the sum
	VPSLLQ $32, Y1, Y1
	VPMADDWD Y8, Y3, Y2      // 128 times the month, and the day
	VPOR   Y2, Y1, Y1
	VPSHUFB Y7, Y3, Y3       // the number
	VEXTRACTI128 $1, Y1, X2
	VEXTRACTI128 $1, Y3, X4
	LET(AX, DI, R10, X3, X1)
	MOVQ R8, DI
	LET(BX, R13, DX, X4, X2)
	SUBQ $2, R14
	JGT  pair
	CMOVQLT DI, R8           // without the last once more

done:
	MOVQ v+0(FP), SI
	LEAQ sieve_through(SI), SI
	SUBQ SI, R8
	SHRQ $4, R8
	MOVQ R8, ret+56(FP)
	VZEROUPPER
	RET
