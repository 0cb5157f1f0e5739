// SPDX-License-Identifier: EUPL-1.2

package national

import (
	"strings"
	"testing"

	"github.com/insegel/insegel/internal/followup"
)

// TestTilesOfTheCountry draws all municipalities: each is one tile in a place of its own, a tile is shaded only where its municipality is shown by
// itself, and the others tell whether they have submitted.
func TestTilesOfTheCountry(t *testing.T) {
	c := engine(t).Catalogue
	shown := map[string]followup.Count{
		"0180": {Numerator: 1, Denominator: 5}, "0114": {Numerator: 21, Denominator: 100}, "1480": {Numerator: 5, Denominator: 5, Unknown: 0},
	}
	submitted := map[string]string{"0180": "a", "0114": "b", "1480": "c", "0120": "d", "0123": "e"}
	m := Draw(c, shown, submitted, "0123")
	tiles := func(paths ...string) (out []string) {
		for _, path := range paths {
			for _, tile := range strings.SplitAfter(path, "z") {
				if tile != "" {
					out = append(out, tile)
				}
			}
		}
		return out
	}
	if a, b, z := len(tiles(m.Classes[0])), len(tiles(m.Classes[1])), len(tiles(m.Classes[4])); a != 1 || b != 1 || z != 1 || len(tiles(m.Classes[:]...)) != len(shown) {
		t.Errorf("shaded tiles: %v", m.Classes)
	}
	if n := len(tiles(m.Hidden)); n != 2 {
		t.Errorf("%d count in sums alone, want 2", n)
	}
	everywhere := tiles(append(m.Classes[:], m.Hidden, m.Missing)...)
	places := map[string]bool{}
	for _, tile := range everywhere {
		places[tile] = true
	}
	if len(everywhere) != 290 || len(places) != 290 {
		t.Errorf("%d tiles in %d places, want 290", len(everywhere), len(places))
	}
	if m.Own == "" || m.Counties == "" || m.Width < 5 || m.Height < 20 {
		t.Errorf("the own tile %q, %d by %d", m.Own, m.Width, m.Height)
	}
	for percent, want := range map[int64]int{0: 0, 20: 0, 21: 1, 40: 1, 41: 2, 60: 2, 61: 3, 80: 3, 81: 4, 100: 4} {
		if got := ClassOf(followup.Count{Numerator: percent, Denominator: 100}); got != want {
			t.Errorf("%d %% is shaded as %d, want %d", percent, got, want)
		}
	}
}
