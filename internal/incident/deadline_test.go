// SPDX-License-Identifier: EUPL-1.2

package incident

import (
	"testing"
	"time"

	"github.com/insegel/insegel/internal/civil"
)

// deadline is when a period that begins at a moment ends, as the clock on the wall shows in Sweden.
type deadline struct {
	// source is the law that gives the period or says how it is counted, and about what of the calendar is tried.
	source, about           string
	period, from, at, moved string
}

// What of the calendar is tried of every period that a duty has.
const (
	ordinary = "ordinary"
	weekend  = "weekend"
	holiday  = "holiday"
	leapDay  = "leap day"
	summer   = "into summer time"
	winter   = "out of summer time"
)

// deadlines are the periods of the rules over the calendar.
var deadlines = map[string]deadline{
	"72 hours over an ordinary week":                                             {"GDPR 33.1", ordinary, "PT72H", "2026-11-23 09:30", "2026-11-26 09:30", ""},
	"72 hours over a weekend: it counts":                                         {"GDPR 33.1; incident rule inc-gdpr-33-klocka: weekends count", weekend, "PT72H", "2026-11-27 16:00", "2026-11-30 16:00", ""},
	"72 hours over Christmas":                                                    {"GDPR 33.1", holiday, "PT72H", "2026-12-23 15:00", "2026-12-26 15:00", ""},
	"72 hours when summer time ends: the clock on the wall shows an hour less":   {"GDPR 33.1; hours that pass", winter, "PT72H", "2026-10-23 12:00", "2026-10-26 11:00", ""},
	"72 hours when summer time begins: the clock on the wall shows an hour more": {"GDPR 33.1; hours that pass", summer, "PT72H", "2026-03-27 12:00", "2026-03-30 13:00", ""},
	"72 hours over 29 February":                                                  {"GDPR 33.1", leapDay, "PT72H", "2028-02-27 08:00", "2028-03-01 08:00", ""},
	"72 hours over the end of February without a leap day":                       {"GDPR 33.1", leapDay, "PT72H", "2027-02-27 08:00", "2027-03-02 08:00", ""},
	"notification, 72 hours":                                                     {"CSL 2:6; CSF 6 §", holiday, "PT72H", "2026-12-31 23:59", "2027-01-03 23:59", ""},
	"24 hours":                                                                   {"CSL 2:5; CSF 6 §", ordinary, "PT24H", "2026-11-23 09:30", "2026-11-24 09:30", ""},
	"24 hours over a weekend: it counts":                                         {"CSL 2:5; CSF 6 §", weekend, "PT24H", "2026-11-28 09:30", "2026-11-29 09:30", ""},
	"24 hours over Midsummer":                                                    {"CSL 2:5; CSF 6 §", holiday, "PT24H", "2026-06-19 20:00", "2026-06-20 20:00", ""},
	"24 hours from midnight into summer time":                                    {"CSL 2:5; hours that pass", summer, "PT24H", "2026-03-28 12:00", "2026-03-29 13:00", ""},
	"24 hours out of summer time":                                                {"CSL 2:5; hours that pass", winter, "PT24H", "2026-10-24 12:00", "2026-10-25 11:00", ""},
	"24 hours over 29 February":                                                  {"CSL 2:5", leapDay, "PT24H", "2028-02-28 23:30", "2028-02-29 23:30", ""},
	"a month":                                                                    {"CSL 2:8; lag 1930:173, 1 § and 2 §", weekend, "P1M", "2026-11-26 10:00", "2026-12-26 23:59", "2026-12-28 23:59"},
	"a month that ends on a working day":                                         {"CSL 2:8; lag 1930:173, 1 §", ordinary, "P1M", "2026-10-26 10:00", "2026-11-26 23:59", ""},
	"a month from the 31st to one with 30 days":                                  {"CSL 2:8; lag 1930:173, 1 §", ordinary, "P1M", "2026-08-31 10:00", "2026-09-30 23:59", ""},
	"a month from 31 January":                                                    {"CSL 2:8; lag 1930:173, 1 §", weekend, "P1M", "2027-01-31 10:00", "2027-02-28 23:59", "2027-03-01 23:59"},
	"a month from 31 January in a leap year":                                     {"CSL 2:8; lag 1930:173, 1 §", leapDay, "P1M", "2028-01-31 10:00", "2028-02-29 23:59", ""},
	"a month from 29 February":                                                   {"CSL 2:8; lag 1930:173, 1 §", leapDay, "P1M", "2028-02-29 10:00", "2028-03-29 23:59", ""},
	"a month that ends on Midsummer Eve":                                         {"CSL 2:8; lag 1930:173, 2 §", holiday, "P1M", "2026-05-19 10:00", "2026-06-19 23:59", "2026-06-22 23:59"},
	"a month that ends on Good Friday":                                           {"CSL 2:8; lag 1930:173, 2 §", holiday, "P1M", "2026-03-03 10:00", "2026-04-03 23:59", "2026-04-07 23:59"},
	"a month that ends on New Year's Day":                                        {"CSL 2:8; lag 1930:173, 2 §", holiday, "P1M", "2026-12-01 10:00", "2027-01-01 23:59", "2027-01-04 23:59"},
	"a month that ends before New Year's Eve":                                    {"CSL 2:8; lag 1930:173, 2 §", ordinary, "P1M", "2026-11-30 23:30", "2026-12-30 23:59", ""},
	"a month into summer time ends with the day, whatever the clock":             {"lag 1930:173, 1 §", summer, "P1M", "2027-03-01 12:00", "2027-04-01 23:59", ""},
	"a month out of summer time ends with the day, whatever the clock":           {"lag 1930:173, 1 §", winter, "P1M", "2026-10-13 12:00", "2026-11-13 23:59", ""},
	"the day is Sweden's: half past midnight is the next day":                    {"lag 1930:173, 1 §", winter, "P1M", "2026-10-31 00:30", "2026-11-30 23:59", ""},
	"six months": {"MCFFS 2026:8, second-hand", ordinary, "P6M", "2026-08-31 10:00", "2027-02-28 23:59", "2027-03-01 23:59"},
	"4 hours":    {"MCFFS 2026:8, second-hand", winter, "PT4H", "2026-10-25 00:30", "2026-10-25 03:30", ""},
	"12 hours":   {"MCFFS 2026:8, second-hand", summer, "PT12H", "2026-03-28 20:00", "2026-03-29 09:00", ""},
}

// wall reads a moment as the clock on the wall shows it in Sweden.
func wall(t *testing.T, s string) time.Time {
	t.Helper()
	at, err := time.ParseInLocation("2006-01-02 15:04", s, civil.Location())
	if err != nil {
		t.Fatal(err)
	}
	return at.UTC()
}

// check holds a deadline that was worked out to the table.
func (d *deadline) check(t *testing.T, got Deadline) {
	t.Helper()
	if want := wall(t, d.at); !got.At.Truncate(time.Minute).Equal(want) {
		t.Errorf("got %s, want %s", got.At.In(civil.Location()), want.In(civil.Location()))
	}
	if d.moved == "" {
		if !got.Moved.IsZero() {
			t.Errorf("moved to %s", got.Moved)
		}
		return
	}
	if want := wall(t, d.moved); !got.Moved.Truncate(time.Minute).Equal(want) {
		t.Errorf("moved to %s, want %s", got.Moved.In(civil.Location()), want.In(civil.Location()))
	}
}

// TestDue holds every period that the rules have to the calendar. Each row names the law that gives the period, or says how it is counted.
func TestDue(t *testing.T) {
	for name, d := range deadlines {
		t.Run(name, func(t *testing.T) {
			p, err := ParsePeriod(d.period)
			if err != nil || d.source == "" {
				t.Fatal(err, d.source)
			}
			d.check(t, p.Due(wall(t, d.from)))
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
