// SPDX-License-Identifier: EUPL-1.2

#include "textflag.h"

// Values of one byte, broadcast to all 64 of a register.
DATA wide<>+0(SB)/1, $0x30 // '0'
DATA wide<>+1(SB)/1, $10   // one past '9'-'0'
DATA wide<>+2(SB)/1, $0x61 // 'a'
DATA wide<>+3(SB)/1, $26   // one past 'z'-'a'
GLOBL wide<>(SB), RODATA|NOPTR, $4

// What is a letter has a bit in common with this, by the lower five bits of its byte: the highest, or bit 6 where those are one of 26.
DATA letters<>+0(SB)/8, $0xc0c0c0c0c0c0c080
DATA letters<>+8(SB)/8, $0xc0c0c0c0c0c0c0c0
DATA letters<>+16(SB)/8, $0xc0c0c0c0c0c0c0c0
DATA letters<>+24(SB)/8, $0x8080808080c0c0c0
GLOBL letters<>(SB), RODATA|NOPTR, $32

// What may begin punctuation outside ASCII, by the lower six bits of its byte: no two have the same. No byte equals what is beside them, which
// has other lower bits.
DATA leads<>+0(SB)/8, $0x0000000000c20001
DATA leads<>+8(SB)/8, $0x0000000000000000
DATA leads<>+16(SB)/8, $0x9796959493929100
DATA leads<>+24(SB)/8, $0x0000000000000000
DATA leads<>+32(SB)/8, $0x0000000000e200a0
DATA leads<>+40(SB)/8, $0xef000000ab000000
DATA leads<>+48(SB)/8, $0x0000000000000000
DATA leads<>+56(SB)/8, $0x00000000bb000000
GLOBL leads<>(SB), RODATA|NOPTR, $64

// func numbersAVX512(digits, signs []uint64, src []byte)
//
// Each sign has a lower half of its own, so that a table of sixteen leads to the only sign that a byte can be.
TEXT ·numbersAVX512(SB), NOSPLIT, $0-72
	MOVQ digits_base+0(FP), DI
	MOVQ digits_len+8(FP), CX
	MOVQ signs_base+24(FP), R8
	MOVQ src_base+48(FP), SI
	VPBROADCASTB wide<>+0(SB), Z10
	VPBROADCASTB wide<>+1(SB), Z11
	VBROADCASTI32X4 ·numberSigns+0(SB), Z12
	XORL  BX, BX
	TESTQ CX, CX
	JZ    done

loop:
	VMOVDQU64 (SI), Z0
	VPSUBB  Z10, Z0, Z1
	VPCMPUB $1, Z11, Z1, K1 // less
	KMOVQ   K1, (DI)(BX*8)
	VPSHUFB Z0, Z12, Z2
	VPCMPEQB Z0, Z2, K2
	KMOVQ   K2, (R8)(BX*8)

	ADDQ $64, SI
	INCQ BX
	CMPQ BX, CX
	JNE  loop

done:
	VZEROUPPER
	RET

// func wordsAVX512(letters, smalls, leads []uint64, src []byte)
//
// VPERMB looks at the lower six bits of a byte, whatever the others are.
TEXT ·wordsAVX512(SB), NOSPLIT, $0-96
	MOVQ letters_base+0(FP), DI
	MOVQ letters_len+8(FP), CX
	MOVQ smalls_base+24(FP), R9
	MOVQ leads_base+48(FP), R8
	MOVQ src_base+72(FP), SI
	VPBROADCASTB wide<>+2(SB), Z10
	VPBROADCASTB wide<>+3(SB), Z11
	VBROADCASTI64X4 letters<>+0(SB), Z12
	VMOVDQU64 leads<>+0(SB), Z13
	XORL  BX, BX
	TESTQ CX, CX
	JZ    done

loop:
	VMOVDQU64 (SI), Z0
	VPERMB  Z12, Z0, Z1
	VPTESTMB Z0, Z1, K1
	KMOVQ   K1, (DI)(BX*8)
	VPSUBB  Z10, Z0, Z2
	VPCMPUB $1, Z11, Z2, K2 // less
	KMOVQ   K2, (R9)(BX*8)
	VPERMB  Z13, Z0, Z3
	VPCMPEQB Z0, Z3, K3
	KMOVQ   K3, (R8)(BX*8)

	ADDQ $64, SI
	INCQ BX
	CMPQ BX, CX
	JNE  loop

done:
	VZEROUPPER
	RET
