// SPDX-License-Identifier: EUPL-1.2

package risk

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Sources are numbered once each, and parted where one ends and not within brackets.
func TestSources(t *testing.T) {
	var s sources
	var rows []string
	for _, source := range []string{"Ett (a; b); Två", "Två", "Tre; Ett (a; b)"} {
		rows = append(rows, s.number(source))
	}
	if diff := cmp.Diff([]string{"[1], [2]", "[2]", "[3], [1]"}, rows); diff != "" {
		t.Errorf("the rows (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"[1] Ett (a; b)", "[2] Två", "[3] Tre"}, s.section("Källor").Paragraphs); diff != "" {
		t.Errorf("the list (-want +got):\n%s", diff)
	}
}
