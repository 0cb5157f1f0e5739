// SPDX-License-Identifier: EUPL-1.2

#include "go_asm.h"
#include "textflag.h"

// What the bytes of a word are multiplied with for its hash, as wordHash does.
DATA mixers<>+0(SB)/8, $0x9E3779B97F4A7C15
DATA mixers<>+8(SB)/8, $0xC2B2AE3D27D4EB4F
DATA mixers<>+16(SB)/8, $0x165667B19E3779F9
GLOBL mixers<>(SB), RODATA|NOPTR, $24

// Where the bits of what is told stand in a hit from its class on: six of the class, whether it is weak, and whether there is one, which lies
// after what the hit holds.
DATA toldBits<>+0(SB)/4, $0x0001013f
GLOBL toldBits<>(SB), RODATA|NOPTR, $4

// DIFFER turns the bytes of a word in BX, R14 and R15 to what the word of the verdict at CX has else, and back.
#define DIFFER \
	XORQ (verdict_key+0)(R10)(CX*1), BX;  \
	XORQ (verdict_key+8)(R10)(CX*1), R14; \
	XORQ (verdict_key+16)(R10)(CX*1), R15

// WRITE writes the hit of what a verdict tells, whether it tells anything or not, and leaves in told whether it does.
#define WRITE(told, at) \
	PDEPL toldBits<>(SB), told, R12;       \
	MOVL AX, (at+hit_pos)(DI);             \
	MOVL DX, (at+hit_end)(DI);             \
	MOVL R12, (at+hit_class)(DI);          \
	SHRL $const_toldAnyBit, told

// func judgeBMI2(hits []hit, places []int32, text []byte, letters []uint64, known *verdicts) (judged, noted int)
//
// It follows judgeGo, but that nothing branches on what a word's verdict tells.
TEXT ·judgeBMI2(SB), NOSPLIT, $8-120
	MOVQ hits_base+0(FP), DI
	MOVQ places_base+24(FP), SI
	MOVQ places_len+32(FP), R11
	LEAQ (SI)(R11*4), R11    // where the places end
	MOVQ text_base+48(FP), R8
	MOVQ text_len+56(FP), AX
	SUBQ $const_verdictReach, AX
	MOVQ AX, last-8(SP)      // where the last word may begin
	MOVQ letters_base+72(FP), R9
	MOVQ known+96(FP), R10
	LEAQ ·wordMasks(SB), R13
	CMPQ SI, R11
	JEQ  done

word:
	MOVL (SI), AX            // where it begins
	CMPQ AX, last-8(SP)
	JGT  done
	MOVL AX, CX
	SHRL $3, CX
	MOVQ (R9)(CX*1), DX
	MOVL AX, CX
	ANDL $7, CX
	SHRXQ CX, DX, DX
	NOTQ DX
	TZCNTQ DX, DX            // its letters
	CMPL DX, $const_mostVerdictBytes
	JGT  done
	LEAL (DX)(DX*2), CX
	MOVQ (R8)(AX*1), BX
	MOVQ 8(R8)(AX*1), R14
	MOVQ 16(R8)(AX*1), R15
	ANDQ (R13)(CX*8), BX
	ANDQ 8(R13)(CX*8), R14
	ANDQ 16(R13)(CX*8), R15
	MOVQ mixers<>+0(SB), CX
	IMULQ BX, CX
	MOVQ mixers<>+8(SB), R12
	IMULQ R14, R12
	ADDQ R12, CX
	MOVQ mixers<>+16(SB), R12
	IMULQ R15, R12
	ADDQ R12, CX
	SHRQ $(64-const_verdictBits), CX
	SHLQ $const_verdictShift, CX
	DIFFER
	MOVQ BX, R12
	ORQ  R14, R12
	ORQ  R15, R12
	JNZ  other

same:
	ADDL AX, DX              // where it ends
	MOVBLZX (R8)(DX*1), BX
	MOVBLZX 1(R8)(DX*1), R14
	LEAQ ·afterWord(SB), R15
	MOVBLZX (R15)(BX*1), BX
	MOVBLZX (verdict_more+0)(R10)(CX*1), R15
	MOVBLZX (verdict_more+1)(R10)(CX*1), R12
	XORL BX, R15
	XORL BX, R12
	DECL R15
	DECL R12
	ORL  R12, R15
	SHRL $31, R15            // 1 when the byte after it is one of the two
	MOVL verdict_then(R10)(CX*1), R12
	SHRXL R14, R12, R12
	TESTL R12, R15
	JNZ  done
	MOVBLZX (verdict_told+0)(R10)(CX*1), BX
	MOVBLZX (verdict_told+1)(R10)(CX*1), R14
	WRITE(BX, 0)
	WRITE(R14, hit__size)
	ADDL R14, BX
	LEAL (BX)(BX*2), BX
	LEAQ (DI)(BX*4), DI
	ADDQ $4, SI
	CMPQ SI, R11
	JNE  word
	JMP  done

other:
	DIFFER
	XORQ $verdict__size, CX
	DIFFER
	MOVQ BX, R12
	ORQ  R14, R12
	ORQ  R15, R12
	JZ   same

done:
	SUBQ places_base+24(FP), SI
	SHRQ $2, SI
	MOVQ SI, judged+104(FP)
	SUBQ hits_base+0(FP), DI
	MOVQ DI, AX
	XORL DX, DX
	MOVL $hit__size, CX
	DIVQ CX
	MOVQ AX, noted+112(FP)
	RET
