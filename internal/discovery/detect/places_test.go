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
