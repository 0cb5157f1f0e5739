// SPDX-License-Identifier: EUPL-1.2

package civil_test

import (
	"testing"
	"time"

	"github.com/insegel/insegel/internal/civil"
)

func TestNewRefusesDaysThatDoNotExist(t *testing.T) {
	if _, err := civil.New(2026, time.February, 30); err == nil {
		t.Error("30 February was accepted")
	}
	if d, err := civil.New(2028, time.February, 29); err != nil || d.String() != "2028-02-29" {
		t.Errorf("29 February 2028 = %v, %v", d, err)
	}
}

func TestAddMonthsKeepsToTheMonth(t *testing.T) {
	for _, tc := range []struct {
		from   string
		months int
		want   string
	}{
		{"2026-11-23", 12, "2027-11-23"},
		{"2027-01-31", 1, "2027-02-28"},
		{"2028-02-29", 12, "2029-02-28"},
		{"2026-12-31", 18, "2028-06-30"},
		{"2026-03-31", -1, "2026-02-28"},
	} {
		d, err := civil.Parse(tc.from)
		if err != nil {
			t.Fatal(err)
		}
		if got := d.AddMonths(tc.months).String(); got != tc.want {
			t.Errorf("%s + %d months = %s, want %s", tc.from, tc.months, got, tc.want)
		}
	}
}

func TestOfIsTheDayInSweden(t *testing.T) {
	late := time.Date(2026, 11, 23, 23, 30, 0, 0, time.UTC)
	if got := civil.Of(late).String(); got != "2026-11-24" {
		t.Errorf("the day at %v = %s, want 2026-11-24", late, got)
	}
}

func TestScanAndText(t *testing.T) {
	var d civil.Date
	if err := d.Scan("2026-11-23"); err != nil || d.String() != "2026-11-23" {
		t.Errorf("Scan = %v, %v", d, err)
	}
	if err := d.Scan(""); err != nil || !d.IsZero() || d.String() != "" {
		t.Errorf("Scan of nothing = %v, %v", d, err)
	}
	if err := d.Scan("2026-02-30"); err == nil {
		t.Error("Scan took 30 February")
	}
	if err := d.Scan(7); err == nil {
		t.Error("Scan took a number")
	}
}

// TestBeforeIsTheCalendars walks through four years, a leap day among them: each day is before the next, and no day is before itself.
func TestBeforeIsTheCalendars(t *testing.T) {
	d := civil.Date{Year: 2025, Month: time.January, Day: 1}
	if none := (civil.Date{}); none.Number() != 0 || !none.Before(d) || d.Before(none) {
		t.Error("no date is not before every day")
	}
	for range 4 * 366 {
		next := d.AddDays(1)
		if !d.Before(next) || next.Before(d) || d.Before(d) || d.Time().Before(next.Time()) != d.Before(next) {
			t.Fatalf("%s and %s are in the wrong order", d, next)
		}
		d = next
	}
}
