// SPDX-License-Identifier: EUPL-1.2

#include "textflag.h"

// Values of one byte, broadcast to all 32 of a register.
DATA consts<>+0(SB)/1, $0x30 // '0'
DATA consts<>+1(SB)/1, $9    // '9'-'0'
DATA consts<>+2(SB)/1, $0x20 // the bit between A and a
DATA consts<>+3(SB)/1, $0x61 // 'a'
DATA consts<>+4(SB)/1, $25   // 'z'-'a'
GLOBL consts<>(SB), RODATA|NOPTR, $5

// func classifyAVX2(digits, letters []uint64, src []byte)
//
// A byte y is at most n, unsigned, when min(y, n) == y. VPMOVMSKB takes the high bit of each byte.
TEXT ·classifyAVX2(SB), NOSPLIT, $0-72
	MOVQ digits_base+0(FP), DI
	MOVQ digits_len+8(FP), CX
	MOVQ letters_base+24(FP), R8
	MOVQ src_base+48(FP), SI
	VPBROADCASTB consts<>+0(SB), Y10
	VPBROADCASTB consts<>+1(SB), Y11
	VPBROADCASTB consts<>+2(SB), Y12
	VPBROADCASTB consts<>+3(SB), Y13
	VPBROADCASTB consts<>+4(SB), Y14
	TESTQ CX, CX
	JZ    done
	TESTQ R8, R8
	JZ    digitsOnly

both:
	VMOVDQU (SI), Y0
	VMOVDQU 32(SI), Y1
	VPSUBB  Y10, Y0, Y2
	VPSUBB  Y10, Y1, Y3
	VPMINUB Y11, Y2, Y4
	VPMINUB Y11, Y3, Y5
	VPCMPEQB Y4, Y2, Y2
	VPCMPEQB Y5, Y3, Y3
	VPMOVMSKB Y2, AX
	VPMOVMSKB Y3, BX
	SHLQ $32, BX
	ORQ  BX, AX
	MOVQ AX, (DI)

	VPOR    Y12, Y0, Y2
	VPOR    Y12, Y1, Y3
	VPSUBB  Y13, Y2, Y2
	VPSUBB  Y13, Y3, Y3
	VPMINUB Y14, Y2, Y4
	VPMINUB Y14, Y3, Y5
	VPCMPEQB Y4, Y2, Y2
	VPCMPEQB Y5, Y3, Y3
	VPOR    Y0, Y2, Y2 // the high bit of the byte itself
	VPOR    Y1, Y3, Y3
	VPMOVMSKB Y2, AX
	VPMOVMSKB Y3, BX
	SHLQ $32, BX
	ORQ  BX, AX
	MOVQ AX, (R8)

	ADDQ $64, SI
	ADDQ $8, DI
	ADDQ $8, R8
	DECQ CX
	JNZ  both
	JMP  done

digitsOnly:
	VMOVDQU (SI), Y0
	VMOVDQU 32(SI), Y1
	VPSUBB  Y10, Y0, Y2
	VPSUBB  Y10, Y1, Y3
	VPMINUB Y11, Y2, Y4
	VPMINUB Y11, Y3, Y5
	VPCMPEQB Y4, Y2, Y2
	VPCMPEQB Y5, Y3, Y3
	VPMOVMSKB Y2, AX
	VPMOVMSKB Y3, BX
	SHLQ $32, BX
	ORQ  BX, AX
	MOVQ AX, (DI)
	ADDQ $64, SI
	ADDQ $8, DI
	DECQ CX
	JNZ  digitsOnly

done:
	VZEROUPPER
	RET
