// SPDX-License-Identifier: EUPL-1.2

package incident

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/insegel/insegel/internal/civil"
)

// Period is how long the law gives, in the form of ISO 8601 that the rules use: hours that pass (PT72H) or months of the calendar (P1M).
type Period struct{ Hours, Months int }

// ErrPeriod says that a period is not written as it should be.
var ErrPeriod = errors.New("a period is hours such as PT72H or months such as P1M")

// ParsePeriod reads a period; nothing is no fixed period.
func ParsePeriod(s string) (Period, error) {
	if s == "" {
		return Period{}, nil
	}
	number := func(prefix, unit string) (int, bool) {
		text, okA := strings.CutPrefix(s, prefix)
		text, okB := strings.CutSuffix(text, unit)
		n, err := strconv.Atoi(text)
		return n, okA && okB && err == nil && n > 0 && n < 10_000
	}
	if n, ok := number("PT", "H"); ok {
		return Period{Hours: n}, nil
	}
	if n, ok := number("P", "M"); ok {
		return Period{Months: n}, nil
	}
	return Period{}, fmt.Errorf("%q: %w", s, ErrPeriod)
}

// Fixed reports whether the law says how long.
func (p Period) Fixed() bool { return p.Hours > 0 || p.Months > 0 }

// Deadline is when something must have been done.
type Deadline struct {
	// At is the strict moment, which the clock shows.
	At time.Time
	// Moved is the last moment when the day that a period in months ends on is no working day; zero when nothing is moved.
	Moved time.Time
}

// Due works out when a period that begins at a moment ends.
//
// Hours pass as they pass: through nights, weekends, holidays and the change to and from summer time. Regulation 1182/71 could be read to
// give longer in some cases; nobody is helped by a clock that is too kind, so it is not used.
//
// Months end on the day with the same number, or on the last of the month when there is none, at the end of that day in Sweden (lag
// 1930:173, 1 §). When that is no working day, it may be done on the next one (2 §).
func (p Period) Due(from time.Time) Deadline {
	if p.Months == 0 {
		return Deadline{At: from.Add(time.Duration(p.Hours) * time.Hour)}
	}
	day := civil.Of(from).AddMonths(p.Months)
	d := Deadline{At: endOf(day)}
	if next := day.NextWorking(); next != day {
		d.Moved = endOf(next)
	}
	return d
}

// endOf is the last second of a day in Sweden.
func endOf(d civil.Date) time.Time {
	return time.Date(d.Year, d.Month, d.Day, 23, 59, 59, 0, civil.Location()).UTC()
}
