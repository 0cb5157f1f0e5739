// SPDX-License-Identifier: EUPL-1.2

package passkey

import (
	"strings"
	"testing"
)

// What opens something by itself takes 128 bits to guess.
func TestCodesAreLong(t *testing.T) {
	const bits, enough = 5, 128 // of a symbol, and of a code
	seen := map[string]bool{}
	shown, _ := newCodes()
	for _, code := range append(shown, write(draw(consoleSymbols))) {
		plain := strings.ReplaceAll(code, "-", "")
		if len(plain)*bits < enough || strings.Trim(plain, alphabet) != "" {
			t.Errorf("%q has %d bits, want %d", code, len(plain)*bits, enough)
		}
		for i := range len(plain) - 3 {
			seen[plain[i:i+4]] = true
		}
	}
	if len(seen) < 150 { // nine codes of 23 groups each, nearly all different
		t.Errorf("only %d different groups of four symbols", len(seen))
	}
}
