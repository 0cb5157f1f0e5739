// SPDX-License-Identifier: EUPL-1.2

package detect_test

import (
	"encoding/csv"
	"os"
	"testing"

	"github.com/insegel/insegel/internal/discovery/detect"
)

// The published examples beside the rules are found as they say, and every detector has one. An example without a value has nothing
// that counts in it.
func TestVectors(t *testing.T) {
	r := rules(t)
	all, err := r.Choose(nil)
	if err != nil {
		t.Fatal(err)
	}
	s := r.NewScanner(all)
	s.Today = 20261128
	f, err := os.Open("../../../data/detectors/vectors.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, row := range rows[1:] {
		text, value, detector, confidence := row[0], row[1], row[2], row[3]
		seen[detector] = true
		found := false
		for _, m := range s.Scan([]byte(text), 0, len(text)) {
			if value == "" && m.Confidence >= detect.Medium {
				t.Errorf("%q: %s is taken for %s", text, text[m.Start:m.End], r.ID(m.Detector))
			}
			found = found || text[m.Start:m.End] == value && r.ID(m.Detector) == detector && m.Confidence.String() == confidence
		}
		if value != "" && !found {
			t.Errorf("%q: %q was not found as %s, %s: %v", text, value, detector, confidence, s.Scan([]byte(text), 0, len(text)))
		}
	}
	for _, id := range r.IDs() {
		if !seen[id] {
			t.Errorf("%s has no example", id)
		}
	}
}

// A value has one fingerprint however it is written.
func TestNormalForm(t *testing.T) {
	for _, form := range []string{"18900603-9813", "189006039813", "900603-9813", "900603 – 9813", "900603&#8209;9813", `900603\u20119813`, "1.89006039813E11", "900603+9813"} {
		if got := string(detect.Normal(nil, detect.Personnummer, []byte(form))); got != "9006039813" {
			t.Errorf("%q: %s", form, got)
		}
	}
}
