// SPDX-License-Identifier: EUPL-1.2

#include "go_asm.h"
#include "textflag.h"

// START writes where the first of the words in R8 begins, and takes it away.
#define START(to) \
	TZCNTQ R8, R10; \
	BLSRQ R8, R8;   \
	ADDL  DX, R10;  \
	MOVL  R10, to

// func pickBMI2(out *picks, w *wordStarts, text []byte, letters []uint64, begins *beginnings, places uint32, at int) int
//
// First all starts are written down, twelve of each word of the bitmap whether it has as many or not. Then each word's beginning is looked
// up, and its start written where the next is to stand, which goes on only if it is picked: at most where it was read. How often a loop is
// gone through is known beforehand, and nothing else branches.
TEXT ·pickBMI2(SB), NOSPLIT, $0-96
	MOVQ out+0(FP), DI
	MOVQ w+8(FP), SI
	MOVQ letters_len+48(FP), CX
	MOVQ at+80(FP), DX
	DECQ CX

word:
	MOVQ (SI), R8
	ADDQ $8, SI
	TESTQ R8, R8
	JZ   wordDone
	POPCNTQ R8, R9
	LEAQ (DI)(R9*4), R9
	START(0(DI))
	START(4(DI))
	START(8(DI))
	START(12(DI))
	START(16(DI))
	START(20(DI))
	START(24(DI))
	START(28(DI))
	START(32(DI))
	START(36(DI))
	START(40(DI))
	START(44(DI))
	TESTQ R8, R8
	JNZ  more

counted:
	MOVQ R9, DI

wordDone:
	ADDL $64, DX
	DECQ CX
	JNZ  word
	JMP  written

more:
	START(48(DI))
	ADDQ $4, DI
	TESTQ R8, R8
	JNZ  more
	JMP  counted

written:
	MOVQ DI, R14             // where what is read ends
	MOVQ out+0(FP), R8       // where what is picked is written
	MOVQ R8, R15             // and what is read
	CMPQ R15, R14
	JEQ  done
	MOVQ at+80(FP), AX       // the places are told from there on
	MOVQ text_base+16(FP), R9
	SUBQ AX, R9
	SHRQ $3, AX
	MOVQ letters_base+40(FP), R10
	SUBQ AX, R10
	MOVQ w+8(FP), SI
	ADDQ $wordStarts_long, SI
	SUBQ AX, SI
	MOVQ begins+64(FP), R11
	MOVQ $0x2020202020202020, R12
	LEAQ ·firstSix(SB), DI

pick:
	MOVL (R15), AX           // where it begins
	ADDQ $4, R15
	MOVL AX, CX
	SHRL $3, CX
	MOVQ (R9)(AX*1), BX      // its first eight bytes
	MOVWLZX (R10)(CX*1), DX
	MOVBLZX (SI)(CX*1), CX
	MOVL AX, R13
	ANDL $7, R13
	SHRXL R13, DX, DX        // the letters from there on
	SHRXL R13, CX, CX        // 1 when it is picked whatever it begins with
	ANDL $63, DX
	MOVQ (DI)(DX*8), DX
	MOVL BX, R13
	ANDL $0x20, R13
	SHLL $16, R13            // its capital
	ORQ  R12, BX
	ANDQ DX, BX              // up to six letters, folded
	MOVQ BX, DX
	SHRQ $32, DX
	ORL  R13, DX
	IMUL3L $-0x61c8864f, DX, DX
	SHRL $27, DX             // the bit
	IMUL3L $-0x61c8864f, BX, BX
	SHRL $(32-const_beginningBits), BX
	ANDL places+72(FP), BX
	MOVL (R11)(BX*4), BX
	SHRXL DX, BX, BX
	ORL  CX, BX
	ANDL $1, BX
	MOVL AX, (R8)
	LEAQ (R8)(BX*4), R8
	CMPQ R15, R14
	JNE  pick

done:
	SUBQ out+0(FP), R8
	SHRQ $2, R8
	MOVQ R8, ret+88(FP)
	RET
