// SPDX-License-Identifier: EUPL-1.2

package civil_test

import (
	"testing"

	"github.com/insegel/insegel/internal/civil"
)

func TestEaster(t *testing.T) {
	for year, want := range map[int]string{1961: "1961-04-02", 2000: "2000-04-23", 2008: "2008-03-23", 2011: "2011-04-24", 2024: "2024-03-31", 2026: "2026-04-05", 2038: "2038-04-25"} {
		if got := civil.Easter(year).String(); got != want {
			t.Errorf("%d: got %s, want %s", year, got, want)
		}
	}
}

func TestNextWorking(t *testing.T) {
	for day, want := range map[string]string{
		"2026-11-27": "2026-11-27", // an ordinary Friday
		"2026-11-28": "2026-11-30", // Saturday
		"2026-04-03": "2026-04-07", // Good Friday to after Easter Monday
		"2026-05-14": "2026-05-15", // Ascension Day, a Thursday
		"2026-06-06": "2026-06-08", // the National Day on a Saturday
		"2026-06-19": "2026-06-22", // Midsummer Eve
		"2025-10-31": "2025-10-31", // a Friday before All Saints' Day
		"2026-10-31": "2026-11-02", // All Saints' Day
		"2026-12-24": "2026-12-28", // Christmas Eve to the Monday
		"2026-12-31": "2027-01-04", // New Year's Eve, the day, and a weekend
		"2027-01-06": "2027-01-07", // Epiphany
	} {
		d, err := civil.Parse(day)
		if err != nil {
			t.Fatal(err)
		}
		if got := d.NextWorking().String(); got != want {
			t.Errorf("%s: got %s, want %s", day, got, want)
		}
	}
}
