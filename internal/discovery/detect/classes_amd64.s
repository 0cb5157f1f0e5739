// SPDX-License-Identifier: EUPL-1.2

#include "textflag.h"

// Values of one byte, broadcast to all 32 of a register.
DATA consts<>+0(SB)/1, $0x0f // the lower half of a byte
DATA consts<>+1(SB)/1, $0x0a // a line break
DATA consts<>+2(SB)/1, $0x20 // the bit between A and a
DATA consts<>+3(SB)/1, $0x61 // 'a'
DATA consts<>+4(SB)/1, $25   // 'z'-'a'
DATA consts<>+5(SB)/1, $0x46 // 0x7f-'9'
DATA consts<>+6(SB)/1, $0x75 // 0x7f-10
DATA consts<>+7(SB)/1, $0x22 // '"'
GLOBL consts<>(SB), RODATA|NOPTR, $8

// The signs, by the lower half of their byte: '0', '1', '%', ':', ',' and '.'. No byte equals the zeros beside them, which have another lower half. classes512_amd64.s reads
// them too.
DATA ·numberSigns+0(SB)/8, $0x0000250000003130
DATA ·numberSigns+8(SB)/8, $0x002e002c003a0000
GLOBL ·numberSigns(SB), RODATA|NOPTR, $16

// What may begin punctuation outside ASCII, by the halves of its byte: it does when both tables have a bit in common. Bit 0 is 9 with 1
// to 7, bit 1 is a with 0 and b, bit 2 is b with b, bit 3 is c and e with 2, bit 4 is e with f.
DATA lower<>+0(SB)/8, $0x0101010101090102
DATA lower<>+8(SB)/8, $0x1000000006000000
GLOBL lower<>(SB), RODATA|NOPTR, $16
DATA upper<>+0(SB)/8, $0x0000000000000000
DATA upper<>+8(SB)/8, $0x0018000804020100
GLOBL upper<>(SB), RODATA|NOPTR, $16

// STORE writes the high bits of the 64 bytes in two registers.
#define STORE(first, second, to) \
	VPMOVMSKB first, AX;  \
	VPMOVMSKB second, BX; \
	SHLQ $32, BX;         \
	ORQ  BX, AX;          \
	MOVQ AX, (to)

// func numbersAVX2(digits, signs []uint64, src []byte)
//
// '0' to '9' with 0x46 added are the largest signed bytes there are. Each sign has a lower half of its own, so that a table of sixteen leads to
// the only sign that a byte can be. VPMOVMSKB takes the high bit of each byte.
TEXT ·numbersAVX2(SB), NOSPLIT, $0-72
	MOVQ digits_base+0(FP), DI
	MOVQ digits_len+8(FP), CX
	MOVQ signs_base+24(FP), R8
	MOVQ src_base+48(FP), SI
	VPBROADCASTB consts<>+5(SB), Y10
	VPBROADCASTB consts<>+6(SB), Y11
	VBROADCASTI128 ·numberSigns+0(SB), Y12
	TESTQ CX, CX
	JZ    done

loop:
	VMOVDQU (SI), Y0
	VMOVDQU 32(SI), Y1
	VPADDB  Y10, Y0, Y2
	VPADDB  Y10, Y1, Y3
	VPCMPGTB Y11, Y2, Y2
	VPCMPGTB Y11, Y3, Y3
	STORE(Y2, Y3, DI)

	VPSHUFB Y0, Y12, Y2
	VPSHUFB Y1, Y12, Y3
	VPCMPEQB Y0, Y2, Y2
	VPCMPEQB Y1, Y3, Y3
	STORE(Y2, Y3, R8)

	ADDQ $64, SI
	ADDQ $8, DI
	ADDQ $8, R8
	DECQ CX
	JNZ  loop

done:
	VZEROUPPER
	RET

// func wordsAVX2(letters, smalls, leads []uint64, src []byte)
//
// What tells a small letter from a capital, bit 5, is shifted to where VPMOVMSKB takes it.
TEXT ·wordsAVX2(SB), NOSPLIT, $0-96
	MOVQ letters_base+0(FP), DI
	MOVQ letters_len+8(FP), CX
	MOVQ smalls_base+24(FP), R9
	MOVQ leads_base+48(FP), R8
	MOVQ src_base+72(FP), SI
	VPBROADCASTB consts<>+2(SB), Y10
	VPBROADCASTB consts<>+3(SB), Y11
	VPBROADCASTB consts<>+4(SB), Y12
	VPBROADCASTB consts<>+0(SB), Y13
	VBROADCASTI128 lower<>+0(SB), Y14
	VBROADCASTI128 upper<>+0(SB), Y15
	VPXOR   Y9, Y9, Y9
	TESTQ CX, CX
	JZ    done

loop:
	VMOVDQU (SI), Y0
	VMOVDQU 32(SI), Y1
	VPOR    Y10, Y0, Y2
	VPOR    Y10, Y1, Y3
	VPSUBB  Y11, Y2, Y2
	VPSUBB  Y11, Y3, Y3
	VPMINUB Y12, Y2, Y4
	VPMINUB Y12, Y3, Y5
	VPCMPEQB Y4, Y2, Y2
	VPCMPEQB Y5, Y3, Y3
	VPSLLW  $2, Y0, Y4
	VPSLLW  $2, Y1, Y5
	VPAND   Y2, Y4, Y4
	VPAND   Y3, Y5, Y5
	VPANDN  Y4, Y0, Y4 // no high bit of the byte itself
	VPANDN  Y5, Y1, Y5
	STORE(Y4, Y5, R9)
	VPOR    Y0, Y2, Y2 // or one
	VPOR    Y1, Y3, Y3
	STORE(Y2, Y3, DI)

	VPAND   Y13, Y0, Y2
	VPAND   Y13, Y1, Y3
	VPSRLW  $4, Y0, Y4
	VPSRLW  $4, Y1, Y5
	VPAND   Y13, Y4, Y4
	VPAND   Y13, Y5, Y5
	VPSHUFB Y2, Y14, Y2
	VPSHUFB Y3, Y14, Y3
	VPSHUFB Y4, Y15, Y4
	VPSHUFB Y5, Y15, Y5
	VPAND   Y4, Y2, Y2
	VPAND   Y5, Y3, Y3
	VPCMPEQB Y9, Y2, Y2
	VPCMPEQB Y9, Y3, Y3
	VPMOVMSKB Y2, AX
	VPMOVMSKB Y3, BX
	SHLQ $32, BX
	ORQ  BX, AX
	NOTQ AX
	MOVQ AX, (R8)

	ADDQ $64, SI
	ADDQ $8, DI
	ADDQ $8, R8
	ADDQ $8, R9
	DECQ CX
	JNZ  loop

done:
	VZEROUPPER
	RET

// LOOKBACK reads the 32 bytes at R9: CX has the line breaks among them, DX the delimiters, BX the quotes.
#define LOOKBACK \
	VMOVDQU (SI)(R9*1), Y0; \
	VPCMPEQB Y11, Y0, Y1;   \
	VPCMPEQB Y10, Y0, Y2;   \
	VPCMPEQB Y12, Y0, Y3;   \
	VPMOVMSKB Y1, CX;       \
	VPMOVMSKB Y2, DX;       \
	VPMOVMSKB Y3, BX

// func backAVX2(text []byte, from, at int, delimiter byte) (rest, start, delims int, quotes uint64)
//
// It goes back by 32 bytes to a line break. The last of them may begin before from, but not before the text, so that rest, where it came to, is
// after from near the text's beginning. start is -1 when there was no line break.
TEXT ·backAVX2(SB), NOSPLIT, $0-80
	MOVQ text_base+0(FP), SI
	MOVQ from+24(FP), R8
	MOVQ at+32(FP), R9
	VPBROADCASTB delimiter+40(FP), Y10
	VPBROADCASTB consts<>+1(SB), Y11
	VPBROADCASTB consts<>+7(SB), Y12
	XORL R11, R11            // delimiters
	XORL R12, R12            // quotes
	MOVQ $-1, R13

loop:
	MOVQ R9, R10
	SUBQ R8, R10
	CMPQ R10, $32
	JLT  last
	SUBQ $32, R9
	LOOKBACK
	TESTL CX, CX
	JNZ  found
	POPCNTL DX, DX
	ADDQ DX, R11
	ORL  BX, R12
	JMP  loop

last:
	TESTQ R10, R10
	JLE  done
	CMPQ R9, $32
	JLT  done
	SUBQ $32, R9
	LOOKBACK
	MOVL CX, R14
	MOVL $32, CX
	SUBL R10, CX
	MOVL $-1, R10
	SHLL CX, R10             // those from from on
	ANDL R10, DX
	ANDL R10, BX
	MOVL R14, CX
	ANDL R10, CX
	JNZ  found
	POPCNTL DX, DX
	ADDQ DX, R11
	ORL  BX, R12
	MOVQ R8, R9
	JMP  done

found:
	BSRL CX, CX
	LEAQ 1(R9)(CX*1), R13
	SHRL CX, DX              // those after the line break
	SHRL CX, BX
	SHRL $1, DX
	SHRL $1, BX
	POPCNTL DX, DX
	ADDQ DX, R11
	ORL  BX, R12

done:
	MOVQ R9, rest+48(FP)
	MOVQ R13, start+56(FP)
	MOVQ R11, delims+64(FP)
	MOVQ R12, quotes+72(FP)
	VZEROUPPER
	RET
