// SPDX-License-Identifier: EUPL-1.2

package finding

import (
	"testing"

	"github.com/insegel/insegel/internal/discovery/source"
)

// A column whose name said who somebody is, is held under a masked name, and its values are found again by their places.
func TestLookIntoAColumnWithAMaskedName(t *testing.T) {
	for held, want := range map[string]int{"•••••": 1, "Anna Svensson": 1, "namn": 0} {
		x := &excerpter{held: &Held{Detail: Detail{Field: held, Spots: []Spot{{Offset: 7, Mask: "••••••••-••••"}}}}}
		v := source.Value{Text: source.Text{Bytes: []byte("18900603-9813"), Offset: 7}, Column: source.Column{Field: "Anna Svensson"}}
		if err := x.Value(v); err != nil || len(x.out) != want {
			t.Errorf("held as %s: %v, %v, want %d", held, x.out, err, want)
		}
	}
}
