// SPDX-License-Identifier: EUPL-1.2

package ids_test

import (
	"errors"
	"testing"

	"github.com/insegel/insegel/internal/ids"
)

type thing struct{}

func TestNewSortsInOrderOfCreation(t *testing.T) {
	last := ids.New[thing]()
	for range 1000 {
		next := ids.New[thing]()
		if next <= last {
			t.Fatalf("id %s made after %s does not sort after it", next, last)
		}
		last = next
	}
}

func TestParse(t *testing.T) {
	good := ids.New[thing]()
	for _, tc := range []struct {
		in   string
		fail bool
	}{
		{string(good), false},
		{"", true},
		{"1", true},
		{"{" + string(good) + "}", true},
		{"urn:uuid:" + string(good), true},
		{"0193-'; DROP TABLE system", true},
	} {
		got, err := ids.Parse[thing](tc.in)
		if (err != nil) != tc.fail {
			t.Errorf("Parse(%q) error = %v, want failure %v", tc.in, err, tc.fail)
		}
		if err != nil && !errors.Is(err, ids.ErrInvalid) {
			t.Errorf("Parse(%q) error = %v, want ErrInvalid", tc.in, err)
		}
		if err == nil && string(got) != tc.in {
			t.Errorf("Parse(%q) = %q", tc.in, got)
		}
	}
}
