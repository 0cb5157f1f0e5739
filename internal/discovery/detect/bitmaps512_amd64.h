// SPDX-License-Identifier: EUPL-1.2

// What the kernels that look at bitmaps with AVX-512 have in common, whether at four words at a time or at eight.

// AHEAD makes of a bitmap what it has k places further on: of some words, and as many that begin one word later.
#define AHEAD(k, first, next, to) VPSHRDQ $k, next, first, to

// BEHIND makes of a bitmap what it has k places before: of some words, and as many that begin one word before.
#define BEHIND(k, first, before, to) VPSHLDQ $k, before, first, to

// EITHER adds to a bitmap what two others have both.
#define EITHER(a, b, to) VPTERNLOGQ $0xf8, a, b, to

// ALL keeps of a bitmap what two others have both.
#define ALL(a, b, to) VPTERNLOGQ $0x80, a, b, to

// ANY adds to a bitmap what either of two others has.
#define ANY(a, b, to) VPTERNLOGQ $0xfe, a, b, to

// LESS takes from a bitmap what a has and but does not.
#define LESS(a, but, to) VPTERNLOGQ $0xb0, but, a, to
