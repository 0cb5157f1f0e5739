// SPDX-License-Identifier: EUPL-1.2

package incident

import (
	"testing"
	"time"

	"github.com/insegel/insegel/internal/civil"
)

// TestDue holds every period that the rules have to the calendar. Each row names the law that gives the period, or says how it is counted.
func TestDue(t *testing.T) {
	for name, tc := range map[string]struct {
		source, period, from, at, moved string
	}{
		"72 hours over an ordinary week":                                             {"GDPR 33.1", "PT72H", "2026-11-23 09:30", "2026-11-26 09:30", ""},
		"72 hours over a weekend: it counts":                                         {"GDPR 33.1; incident rule inc-gdpr-33-klocka: weekends count", "PT72H", "2026-11-27 16:00", "2026-11-30 16:00", ""},
		"72 hours over Christmas":                                                    {"GDPR 33.1", "PT72H", "2026-12-23 15:00", "2026-12-26 15:00", ""},
		"72 hours when summer time ends: the clock on the wall shows an hour less":   {"GDPR 33.1; hours that pass", "PT72H", "2026-10-23 12:00", "2026-10-26 11:00", ""},
		"72 hours when summer time begins: the clock on the wall shows an hour more": {"GDPR 33.1; hours that pass", "PT72H", "2026-03-27 12:00", "2026-03-30 13:00", ""},
		"72 hours over 29 February":                                                  {"GDPR 33.1", "PT72H", "2028-02-27 08:00", "2028-03-01 08:00", ""},
		"24 hours":                                                                   {"CSL 2:5; CSF 6 §", "PT24H", "2026-11-23 09:30", "2026-11-24 09:30", ""},
		"24 hours from midnight into summer time":                                    {"CSL 2:5; hours that pass", "PT24H", "2026-03-28 12:00", "2026-03-29 13:00", ""},
		"notification, 72 hours":                                                     {"CSL 2:6; CSF 6 §", "PT72H", "2026-12-31 23:59", "2027-01-03 23:59", ""},
		"a month":                                                                    {"CSL 2:8; lag 1930:173, 1 §", "P1M", "2026-11-26 10:00", "2026-12-26 23:59", "2026-12-28 23:59"},
		"a month that ends on a working day":                                         {"CSL 2:8; lag 1930:173, 1 §", "P1M", "2026-10-26 10:00", "2026-11-26 23:59", ""},
		"a month from the 31st to one with 30 days":                                  {"CSL 2:8; lag 1930:173, 1 §", "P1M", "2026-08-31 10:00", "2026-09-30 23:59", ""},
		"a month from 31 January":                                                    {"CSL 2:8; lag 1930:173, 1 §", "P1M", "2027-01-31 10:00", "2027-02-28 23:59", "2027-03-01 23:59"},
		"a month from 31 January in a leap year":                                     {"CSL 2:8; lag 1930:173, 1 §", "P1M", "2028-01-31 10:00", "2028-02-29 23:59", ""},
		"a month from 29 February":                                                   {"CSL 2:8; lag 1930:173, 1 §", "P1M", "2028-02-29 10:00", "2028-03-29 23:59", ""},
		"a month that ends on Midsummer Eve":                                         {"CSL 2:8; lag 1930:173, 2 §", "P1M", "2026-05-19 10:00", "2026-06-19 23:59", "2026-06-22 23:59"},
		"a month that ends on Good Friday":                                           {"CSL 2:8; lag 1930:173, 2 §", "P1M", "2026-03-03 10:00", "2026-04-03 23:59", "2026-04-07 23:59"},
		"a month that ends on New Year's Eve":                                        {"CSL 2:8; lag 1930:173, 2 §", "P1M", "2026-11-30 23:30", "2026-12-30 23:59", ""},
		"the day is Sweden's: half past midnight is the next day":                    {"lag 1930:173, 1 §", "P1M", "2026-10-31 00:30", "2026-11-30 23:59", ""},
		"six months": {"MCFFS 2026:8, second-hand", "P6M", "2026-08-31 10:00", "2027-02-28 23:59", "2027-03-01 23:59"},
		"4 hours":    {"MCFFS 2026:8, second-hand", "PT4H", "2026-10-25 00:30", "2026-10-25 03:30", ""},
	} {
		t.Run(name, func(t *testing.T) {
			p, err := ParsePeriod(tc.period)
			if err != nil || tc.source == "" {
				t.Fatal(err, tc.source)
			}
			read := func(s string) time.Time {
				at, err := time.ParseInLocation("2006-01-02 15:04", s, civil.Location())
				if err != nil {
					t.Fatal(err)
				}
				return at
			}
			got := p.Due(read(tc.from).UTC())
			if want := read(tc.at); !got.At.Truncate(time.Minute).Equal(want) {
				t.Errorf("got %s, want %s", got.At.In(civil.Location()), want)
			}
			if tc.moved == "" {
				if !got.Moved.IsZero() {
					t.Errorf("moved to %s", got.Moved)
				}
				return
			}
			if want := read(tc.moved); !got.Moved.Truncate(time.Minute).Equal(want) {
				t.Errorf("moved to %s, want %s", got.Moved.In(civil.Location()), want)
			}
		})
	}
}

func TestParsePeriodRefuses(t *testing.T) {
	for _, s := range []string{"72", "PT0H", "PT-1H", "P1D", "PTH", "P1M1D", "PT72", "PT99999H"} {
		if _, err := ParsePeriod(s); err == nil {
			t.Errorf("%q was taken", s)
		}
	}
}
