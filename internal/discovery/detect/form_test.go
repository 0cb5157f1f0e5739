// SPDX-License-Identifier: EUPL-1.2

package detect

import (
	"fmt"
	"strings"
	"testing"
)

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

// A separator that is written out is a part of neither the one form nor the mask, whatever digits it has itself.
func TestWrittenOutSeparator(t *testing.T) {
	for _, value := range []string{"850709&#8209;9805", `850709\u20119805`, "850709%209805", "850709%2D9805", "19850709%20%E2%80%93%209805", `850709\xa09805`} {
		if got := string(Normal(nil, Personnummer, []byte(value))); got != "8507099805" {
			t.Errorf("%s becomes %s", value, got)
		}
		want := strings.Repeat(mask, len(value[:strings.IndexAny(value, `&\%`)])) + "-" + strings.Repeat(mask, 4)
		if got := string(AppendMask(nil, Personnummer, []byte(value))); got != want {
			t.Errorf("%s is told as %s, want %s", value, got, want)
		}
	}
}

// Every card is issued by the issuer whose range its first four digits lie in, and by no other.
func TestIssuersAreFoundByTwoDigits(t *testing.T) {
	for four := range 10000 {
		for n := 12; n <= 20; n++ {
			want := false
			for _, i := range issuers {
				want = want || four >= i.from && four <= i.to && n >= i.least && n <= i.most
			}
			if got := issued(fmt.Appendf(nil, "%04d%0*d", four, n-4, 0)); got != want {
				t.Fatalf("that cards of %d digits that begin with %04d are issued is %v, want %v", n, four, got, want)
			}
		}
	}
}
