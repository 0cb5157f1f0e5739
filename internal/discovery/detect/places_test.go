// SPDX-License-Identifier: EUPL-1.2

package detect

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// That the postcode of an address is not tried again hides no other: neither one that comes after it, nor one in the next text, which may stand
// earlier in it than the last address of the text before ended.
func TestPostcodeOfAnAddressHidesNoOther(t *testing.T) {
	r := loadRules(t)
	for i, k := range kernels() {
		s := r.NewScanner([]Detector{Address})
		s.kernel = k
		for _, of := range []struct {
			text string
			want []string
		}{
			{"Hon bor på Storgatan 12, 123 45 Norrsjö sedan i våras.", []string{"Storgatan 12, 123 45 Norrsjö"}},
			{"Storgatan 12, 123 45 Norrsjö; 543 21 Söderby", []string{"Storgatan 12, 123 45 Norrsjö", "543 21 Söderby"}},
			{"Brev till 543 21 Söderby.", []string{"543 21 Söderby"}},
			{"Till 543 21 Söderby; Storgatan 12, 123 45 Norrsjö", []string{"543 21 Söderby", "Storgatan 12, 123 45 Norrsjö"}},
		} {
			var got []string
			for _, m := range s.Scan([]byte(of.text), 0, len(of.text)) {
				got = append(got, of.text[m.Start:m.End])
			}
			if d := cmp.Diff(of.want, got); d != "" {
				t.Errorf("kernel %d on %q (-want +got):\n%s", i, of.text, d)
			}
		}
	}
}

// A postcode with its town is told wherever it stands: at the beginning of a text, of a line, and of a cell.
func TestPostcodeAtTheBeginning(t *testing.T) {
	r := loadRules(t)
	for i, k := range kernels() {
		s := r.NewScanner([]Detector{Address})
		s.kernel = k
		for _, before := range []string{"", " ", "\t", "\n", "x\n", "X ", "a ", "a, ", "1: ", "SE ", "Hon bor i\n", "Namn;", "1,", `"`, "<td>", "Adress:"} {
			text := before + "123 45 Norrsjö"
			var got []string
			for _, m := range s.Scan([]byte(text), 0, len(text)) {
				got = append(got, text[m.Start:m.End])
			}
			if d := cmp.Diff([]string{"123 45 Norrsjö"}, got); d != "" {
				t.Errorf("kernel %d on %q (-want +got):\n%s", i, text, d)
			}
		}
		for _, text := range []string{"a123 45 Norrsjö", "9123 45 Norrsjö", "-123 45 Norrsjö", "123 45 norrsjö", "123 456 Norrsjö", "023 45 Norrsjö"} {
			if found := s.Scan([]byte(text), 0, len(text)); len(found) > 0 {
				t.Errorf("kernel %d on %q: %v", i, text, found)
			}
		}
	}
}

// Registers are often written in capitals.
func TestAddressInCapitals(t *testing.T) {
	r := loadRules(t)
	for i, k := range kernels() {
		s := r.NewScanner([]Detector{Address, Vehicle})
		s.kernel = k
		for _, of := range []struct{ text, want string }{
			{"HON BOR PÅ STORGATAN 12, 123 45 NORRSJÖ SEDAN I VÅRAS", "STORGATAN 12, 123 45 NORRSJÖ"},
			{"NORRA VÄGEN 12 B LGH 1101\n123 45  NORRSJÖ", "NORRA VÄGEN 12 B LGH 1101\n123 45  NORRSJÖ"},
			{"NORRA V\xc4GEN 12, 999 99 NORRSJ\xd6", "NORRA V\xc4GEN 12, 999 99 NORRSJ\xd6"},
		} {
			var got []string
			for _, m := range s.Scan([]byte(of.text), 0, len(of.text)) {
				got = append(got, of.text[m.Start:m.End])
			}
			if d := cmp.Diff([]string{of.want}, got); d != "" {
				t.Errorf("kernel %d on %q (-want +got):\n%s", i, of.text, d)
			}
		}
	}
}
