// SPDX-License-Identifier: EUPL-1.2

package detect

import "testing"

// One number has one form, however it is written, and another number another.
func TestNormal(t *testing.T) {
	for want, written := range map[string][]string{
		"5560360793": {"556036-0793", "5560360793", "16556036-0793", "165560360793", "SE556036079301", "556036&ndash;0793"},
		"2021002114": {"202100-2114", "SE202100211401"},
	} {
		for _, value := range written {
			if got := string(Normal(nil, Organisationsnummer, []byte(value))); got != want {
				t.Errorf("%s becomes %s, want %s", value, got, want)
			}
		}
	}
}
