// SPDX-License-Identifier: EUPL-1.2

#include "go_asm.h"
#include "textflag.h"

// The places of 64 bytes.
DATA pickPlaces<>+0(SB)/8, $0x0706050403020100
DATA pickPlaces<>+8(SB)/8, $0x0f0e0d0c0b0a0908
DATA pickPlaces<>+16(SB)/8, $0x1716151413121110
DATA pickPlaces<>+24(SB)/8, $0x1f1e1d1c1b1a1918
DATA pickPlaces<>+32(SB)/8, $0x2726252423222120
DATA pickPlaces<>+40(SB)/8, $0x2f2e2d2c2b2a2928
DATA pickPlaces<>+48(SB)/8, $0x3736353433323130
DATA pickPlaces<>+56(SB)/8, $0x3f3e3d3c3b3a3938
GLOBL pickPlaces<>(SB), RODATA|NOPTR, $64

// Each of eight bytes eight times.
DATA pickEights<>+0(SB)/8, $0x0000000000000000
DATA pickEights<>+8(SB)/8, $0x0101010101010101
DATA pickEights<>+16(SB)/8, $0x0202020202020202
DATA pickEights<>+24(SB)/8, $0x0303030303030303
DATA pickEights<>+32(SB)/8, $0x0404040404040404
DATA pickEights<>+40(SB)/8, $0x0505050505050505
DATA pickEights<>+48(SB)/8, $0x0606060606060606
DATA pickEights<>+56(SB)/8, $0x0707070707070707
GLOBL pickEights<>(SB), RODATA|NOPTR, $64

// How many letters a word begins with, six at most, by the bits of its first six bytes.
DATA pickLetters<>+0(SB)/8, $0x0300010002000100
DATA pickLetters<>+8(SB)/8, $0x0400010002000100
DATA pickLetters<>+16(SB)/8, $0x0300010002000100
DATA pickLetters<>+24(SB)/8, $0x0500010002000100
DATA pickLetters<>+32(SB)/8, $0x0300010002000100
DATA pickLetters<>+40(SB)/8, $0x0400010002000100
DATA pickLetters<>+48(SB)/8, $0x0300010002000100
DATA pickLetters<>+56(SB)/8, $0x0600010002000100
GLOBL pickLetters<>(SB), RODATA|NOPTR, $64

// The masks of as many bytes.
DATA pickMasks<>+0(SB)/8, $0x0000000000000000
DATA pickMasks<>+8(SB)/8, $0x00000000000000ff
DATA pickMasks<>+16(SB)/8, $0x000000000000ffff
DATA pickMasks<>+24(SB)/8, $0x0000000000ffffff
DATA pickMasks<>+32(SB)/8, $0x00000000ffffffff
DATA pickMasks<>+40(SB)/8, $0x000000ffffffffff
DATA pickMasks<>+48(SB)/8, $0x0000ffffffffffff
DATA pickMasks<>+56(SB)/8, $0x0000ffffffffffff
GLOBL pickMasks<>(SB), RODATA|NOPTR, $64

// The lower halves of sixteen times eight bytes; the upper ones are one further on each.
DATA pickHalves<>+0(SB)/8, $0x0000000200000000
DATA pickHalves<>+8(SB)/8, $0x0000000600000004
DATA pickHalves<>+16(SB)/8, $0x0000000a00000008
DATA pickHalves<>+24(SB)/8, $0x0000000e0000000c
DATA pickHalves<>+32(SB)/8, $0x0000001200000010
DATA pickHalves<>+40(SB)/8, $0x0000001600000014
DATA pickHalves<>+48(SB)/8, $0x0000001a00000018
DATA pickHalves<>+56(SB)/8, $0x0000001e0000001c
GLOBL pickHalves<>(SB), RODATA|NOPTR, $64

DATA pickConsts<>+0(SB)/8, $0x2020202020202020  // what folds eight bytes
DATA pickConsts<>+8(SB)/8, $0x0020000000000000  // where the capital is told
DATA pickConsts<>+16(SB)/4, $0x9e3779b1         // what beginning multiplies with
DATA pickConsts<>+20(SB)/4, $1
DATA pickConsts<>+24(SB)/4, $64
DATA pickConsts<>+28(SB)/4, $0x08080808
GLOBL pickConsts<>(SB), RODATA|NOPTR, $32

// func pickAVX512(out *picks, w *wordStarts, text []byte, letters []uint64, begins *beginnings, places uint32, at int) int
//
// It follows pickGo, for sixteen words that begin in one word of the bitmap at a time, whether there are so many or not: more are hardly ever.
// The text is in two registers, Z1 and Z2, from which the first eight bytes of eight words are taken in one step. Both halves of what is hashed
// are multiplied with the same, so that they are side by side until then.
TEXT ·pickAVX512(SB), NOSPLIT, $0-96
	MOVQ out+0(FP), DI
	MOVQ w+8(FP), SI
	MOVQ text_base+16(FP), R8
	MOVQ letters_base+40(FP), R9
	MOVQ letters_len+48(FP), CX
	MOVQ begins+64(FP), R10
	MOVL places+72(FP), AX
	VPBROADCASTD AX, Z31
	MOVQ at+80(FP), AX
	VPBROADCASTD AX, Z30
	VMOVDQU64 pickPlaces<>+0(SB), Z16
	VMOVDQU64 pickEights<>+0(SB), Z17
	VPBROADCASTD pickConsts<>+28(SB), Z18
	VPADDB  Z18, Z17, Z18
	VPBROADCASTQ pickPlaces<>+0(SB), Z19
	VMOVDQU64 pickLetters<>+0(SB), Z20
	VMOVDQU64 pickMasks<>+0(SB), Z21
	VPBROADCASTQ pickConsts<>+0(SB), Z22
	VPBROADCASTQ pickConsts<>+8(SB), Z23
	VPBROADCASTD pickConsts<>+16(SB), Z24
	VPBROADCASTD pickConsts<>+20(SB), Z27
	VPBROADCASTD pickConsts<>+24(SB), Z28
	VMOVDQU64 pickHalves<>+0(SB), Z25
	VPADDD  Z27, Z25, Z26
	MOVL    $0x7f, AX
	KMOVQ   AX, K7           // the bytes after a word of the bitmap that may be read
	MOVL    $-1, R13
	DECQ    CX

word:
	MOVQ (SI), AX
	TESTQ AX, AX
	JZ   next
	MOVQ wordStarts_long(SI), BX
	PEXTQ AX, BX, BX         // which words are picked whatever they begin with
	POPCNTQ AX, DX
	KMOVQ AX, K1
	VPCOMPRESSB.Z Z16, K1, Z0 // where they begin
	VMOVDQU64 (R8), Z1
	VMOVDQU8.Z 64(R8), K7, Z2
	VPBROADCASTQ (R9), Z3
	VPBROADCASTQ 8(R9), Z4

sixteen:
	BZHIL DX, R13, R14
	KMOVW R14, K1            // as many as there are
	VPERMB Z0, Z17, Z5
	VPERMB Z0, Z18, Z6
	VPADDB Z19, Z5, Z7
	VPADDB Z19, Z6, Z8
	VPERMI2B Z2, Z1, Z7      // their first eight bytes
	VPERMI2B Z2, Z1, Z8
	VMOVDQA64 Z3, Z9
	VMOVDQA64 Z3, Z10
	VPSHRDVQ Z5, Z4, Z9      // the letters from there on
	VPSHRDVQ Z6, Z4, Z10
	VPERMB Z20, Z9, Z9
	VPERMB Z20, Z10, Z10
	VPERMQ Z21, Z9, Z9
	VPERMQ Z21, Z10, Z10
	VPSLLQ $48, Z7, Z11
	VPSLLQ $48, Z8, Z12
	VPTERNLOGQ $0xa8, Z9, Z22, Z7 // up to six letters, folded
	VPTERNLOGQ $0xa8, Z10, Z22, Z8
	VPTERNLOGQ $0xf8, Z23, Z11, Z7 // with the capital
	VPTERNLOGQ $0xf8, Z23, Z12, Z8
	VPMULLD Z24, Z7, Z7
	VPMULLD Z24, Z8, Z8
	VMOVDQA64 Z25, Z9
	VPERMI2D Z8, Z7, Z9
	VPERMT2D Z8, Z26, Z7
	VPSRLD $(32-const_beginningBits), Z9, Z9
	VPANDD Z31, Z9, Z9
	VPSRLD $27, Z7, Z7       // the bit
	VPXORD Z10, Z10, Z10
	VPGATHERDD (R10)(Z9*4), K1, Z10
	VPSRLVD Z7, Z10, Z10
	VPTESTMD Z27, Z10, K2
	KMOVW K2, R11
	ORL  BX, R11
	MOVWLZX R11, R11
	KMOVW R11, K2
	POPCNTL R11, R11
	VPMOVZXBD X0, Z5
	VPADDD Z30, Z5, Z5
	VPCOMPRESSD.Z Z5, K2, Z5
	VMOVDQU32 Z5, (DI)
	LEAQ (DI)(R11*4), DI
	SUBQ $16, DX
	JG   more

next:
	ADDQ $8, SI
	ADDQ $64, R8
	ADDQ $8, R9
	VPADDD Z28, Z30, Z30
	DECQ CX
	JNZ  word

	SUBQ out+0(FP), DI
	SHRQ $2, DI
	MOVQ DI, ret+88(FP)
	VZEROUPPER
	RET

more:
	SHRQ $16, BX
	VALIGNQ $2, Z0, Z0, Z0
	JMP  sixteen
