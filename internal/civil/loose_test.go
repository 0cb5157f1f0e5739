// SPDX-License-Identifier: EUPL-1.2

package civil_test

import (
	"errors"
	"testing"

	"github.com/insegel/insegel/internal/civil"
)

func TestParseLooseReadsWhatPeopleType(t *testing.T) {
	for text, want := range map[string]string{
		"":                   "",
		"  ":                 "",
		"2026-11-27":         "2026-11-27",
		" 2026-11-27 ":       "2026-11-27",
		"2026-1-7":           "2026-01-07",
		"2026/11/27":         "2026-11-27",
		"2026.11.27":         "2026-11-27",
		"26-11-27":           "2026-11-27",
		"20261127":           "2026-11-27",
		"261127":             "2026-11-27",
		"27/11 2026":         "2026-11-27",
		"27/11/2026":         "2026-11-27",
		"27-11-2026":         "2026-11-27",
		"27.11.2026":         "2026-11-27",
		"27/11 26":           "2026-11-27",
		"7/1 2026":           "2026-01-07",
		"27 november 2026":   "2026-11-27",
		"den 1:a maj 2027":   "2027-05-01",
		"27 Nov 2026":        "2026-11-27",
		"3 October 2026":     "2026-10-03",
		"29-02-2028":         "2028-02-29",
		"den 3 oktober 2026": "2026-10-03",
	} {
		got, err := civil.ParseLoose(text)
		if err != nil || got.String() != want {
			t.Errorf("ParseLoose(%q) = %v, %v; want %s", text, got, err, want)
		}
	}
}

func TestParseLooseRefusesWhatIsNoDay(t *testing.T) {
	for _, text := range []string{
		"tillsvidare", "2026", "2026-13-01", "2026-02-30", "30/2 2026", "27/11", "0026-11-27", "9999-01-01", "27 fredag 2026", "1234567",
		"2026-11-27-01", "-", "27/11 226", "31 april 2026",
	} {
		if got, err := civil.ParseLoose(text); !errors.Is(err, civil.ErrInvalid) {
			t.Errorf("ParseLoose(%q) = %v, %v; want ErrInvalid", text, got, err)
		}
	}
}

func FuzzParseLoose(f *testing.F) {
	for _, s := range []string{"2026-11-27", "27/11 2026", "den 1:a maj 2027", "261127", "åäö"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := civil.ParseLoose(s)
		if err != nil || d.IsZero() {
			return
		}
		if again, err := civil.Parse(d.String()); err != nil || again != d {
			t.Errorf("ParseLoose(%q) = %v, which is not a day: %v", s, d, err)
		}
	})
}
