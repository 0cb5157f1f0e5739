// SPDX-License-Identifier: EUPL-1.2

#include "go_asm.h"
#include "textflag.h"

// func cellsAVX512(blocks []cellBlock, text []byte, delimiter byte) int
//
// What the next block begins with is made without a branch: whether a line ends in a block cannot be foreseen.
TEXT ·cellsAVX512(SB), NOSPLIT, $0-64
	MOVQ blocks_base+0(FP), DI
	MOVQ text_base+24(FP), SI
	MOVQ text_len+32(FP), R8
	MOVBLZX delimiter+48(FP), AX
	VPBROADCASTB AX, Z10
	MOVL $'\n', AX
	VPBROADCASTB AX, Z11
	MOVL $'"', AX
	VPBROADCASTB AX, Z12
	XORL R9, R9              // the block's place in the text
	XORL R10, R10            // where its line begins
	MOVL $1, R11             // its column
	MOVL $1, R12

loop:
	CMPQ R9, R8
	JGE  done
	VMOVDQU64 (SI)(R9*1), Z0
	VPCMPEQB Z12, Z0, K3
	VPCMPEQB Z10, Z0, K2
	VPCMPEQB Z11, Z0, K1
	KORTESTQ K3, K3
	JNZ  done
	KMOVQ K2, DX
	KMOVQ K1, CX
	MOVQ DX, cellBlock_delims(DI)
	MOVQ CX, cellBlock_breaks(DI)
	MOVL R10, cellBlock_start(DI)
	MOVL R11, cellBlock_index(DI)
	LZCNTQ CX, BX
	XORL $63, BX             // the last line break
	LEAQ 1(R9)(BX*1), AX
	XORL R13, R13
	TESTQ CX, CX
	CMOVQNE AX, R10
	CMOVQNE R12, R11
	CMOVQNE BX, R13
	SHRXQ R13, DX, DX        // those after it, which is none of them itself
	POPCNTQ DX, DX
	ADDQ DX, R11
	ADDQ $64, R9
	ADDQ $cellBlock__size, DI
	JMP  loop

done:
	SHRQ $6, R9
	MOVQ R9, ret+56(FP)
	VZEROUPPER
	RET
