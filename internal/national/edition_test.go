// SPDX-License-Identifier: EUPL-1.2

package national

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestEditionHasItsIndicators holds what can be submitted under an edition's name to what it was when the name was given: a receiver that has the
// same edition must know every series that a sender's program makes. With another indicator or definition the catalogue is another edition.
func TestEditionHasItsIndicators(t *testing.T) {
	c := engine(t).Catalogue
	lines := []string{c.Edition}
	for i := range c.Indicators {
		if ind := &c.Indicators[i]; ind.Computed() {
			lines = append(lines, fmt.Sprintf("%s.%d", ind.ID, ind.Definition))
		}
	}
	const path = "testdata/edition.txt"
	got := strings.Join(lines, "\n") + "\n"
	if *update {
		must(t, os.WriteFile(path, []byte(got), 0o600))
	}
	want, err := os.ReadFile(path)
	must(t, err)
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("what can be submitted has changed. Give the catalogue a new edition, and then run with -update; with -update alone only before the edition has been released.\n%s", diff)
	}
}
