// SPDX-License-Identifier: EUPL-1.2

package verdict_test

import (
	"testing"

	"github.com/insegel/insegel/data"
	"github.com/insegel/insegel/internal/probe/verdict"
)

// TestEncryptionThatIsNotWhollySeen holds that what was not seen of a host's encryption never counts as good, and that what is bad does all the same.
func TestEncryptionThatIsNotWhollySeen(t *testing.T) {
	scale, err := verdict.LoadScale(data.Files)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		seen verdict.Encryption
		want verdict.Quality
	}{
		"all of it":                 {verdict.Encryption{Versions: map[string]bool{"TLS 1.3": true}, Judged: true, HSTS: -1}, verdict.Good},
		"no certificate":            {verdict.Encryption{Versions: map[string]bool{"TLS 1.3": true}, HSTS: -1}, verdict.Unmeasured},
		"no version":                {verdict.Encryption{Versions: map[string]bool{}, Judged: true, HSTS: -1}, verdict.Unmeasured},
		"nothing":                   {verdict.Encryption{Versions: map[string]bool{}, HSTS: -1}, verdict.Unmeasured},
		"no certificate, and SSL 3": {verdict.Encryption{Versions: map[string]bool{"TLS 1.3": true, "SSL 3.0": true}, HSTS: -1}, verdict.Insufficient},
		"no version, and a fault":   {verdict.Encryption{Versions: map[string]bool{}, Judged: true, Faults: []string{"expired"}, HSTS: -1}, verdict.Insufficient},
	} {
		if got, _ := scale.Judge(&c.seen); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}
