// SPDX-License-Identifier: EUPL-1.2

package discovery

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/insegel/insegel/internal/discovery/detect"
)

// Two values have the same hash exactly when they have the same form.
func TestHashesAreThoseOfTheForm(t *testing.T) {
	written := []string{
		"556677-1234", "5566771234", "165566771234", "16556677-1234", "556677&ndash;1234", "556677\u20111234", "5.566771234E9", "SE556677123401", "0566771234", "566771234",
		"070-174 06 05", "0701740605", "+46 70 174 06 05", "0046701740605", "07017406050", "4571 1234 1234 1234 1234", "45711234123412341234", "45711234123412341235",
		"Storgatan 12, 123 45 Sörby", "STORGATAN 12, 123 45 Sörby", "storgatan 12", "Storgatan 13", "Anna Berg", "anna berg", "Anna\x00Berg", "annaberg", "", " ",
		"SE12 3456", "se123456", "ABC 123", "abc123", "F32.1", "f321", "850709-T123", "850709T123",
	}
	s := &session{salts: [2]uint64{0x1234567890abcdef, 0xfedcba0987654321}}
	check := func(t rapid.TB, d detect.Detector, a, b string) {
		same := string(detect.Normal(nil, d, []byte(a))) == string(detect.Normal(nil, d, []byte(b)))
		if got := s.hashed(d, []byte(a)) == s.hashed(d, []byte(b)); got != same {
			t.Fatalf("detector %d: %q and %q have the same hash: %v, the same form: %v", d, a, b, got, same)
		}
	}
	for d := range detect.ICD10 + 2 {
		for _, a := range written {
			for _, b := range written {
				check(t, d, a, b)
			}
		}
	}
	value := rapid.StringOfN(rapid.RuneFrom([]rune("0016789aAeE -+.å")), 0, 24, -1)
	rapid.Check(t, func(t *rapid.T) {
		d := detect.Detector(rapid.IntRange(0, int(detect.ICD10)+2).Draw(t, "detector"))
		check(t, d, value.Draw(t, "a"), value.Draw(t, "b"))
	})
}
