// SPDX-License-Identifier: EUPL-1.2

// What the kernels that look at four words of a bitmap at a time have in common.

// AHEAD makes of a bitmap what it has k places further on: of four words, and the four that begin one word later. Y15 is overwritten.
#define AHEAD(k, first, next, to) \
	VPSRLQ $k, first, to;        \
	VPSLLQ $(64-k), next, Y15;   \
	VPOR   Y15, to, to
