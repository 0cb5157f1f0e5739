// SPDX-License-Identifier: EUPL-1.2

package national

import (
	"cmp"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/insegel/insegel/internal/civil"
)

// Period is a year or a quarter that figures are of, written 2026 or 2026-Q3.
type Period struct{ Year, Quarter int }

// ErrPeriod says that a text is no period.
var ErrPeriod = errors.New("write a period as a year or a quarter: 2026 or 2026-Q3")

// firstYear is the earliest year that figures can be of: there was no survey before it.
const firstYear = 2014

// ParsePeriod reads a period.
func ParsePeriod(s string) (Period, error) {
	p := Period{}
	quarter := ""
	if len(s) == len("2026-Q3") && s[4:6] == "-Q" {
		s, quarter = s[:4], s[6:]
	}
	year, err := strconv.Atoi(s)
	if err != nil || len(s) != 4 || year < firstYear {
		return p, ErrPeriod
	}
	p.Year = year
	if quarter != "" {
		if quarter < "1" || quarter > "4" {
			return Period{}, ErrPeriod
		}
		p.Quarter = int(quarter[0] - '0')
	}
	return p, nil
}

// String writes the period.
func (p Period) String() string {
	if p.Quarter == 0 {
		return fmt.Sprintf("%04d", p.Year)
	}
	return fmt.Sprintf("%04d-Q%d", p.Year, p.Quarter)
}

// IsZero reports whether it is no period.
func (p Period) IsZero() bool { return p.Year == 0 }

// last is the period's last month.
func (p Period) last() time.Month {
	if p.Quarter == 0 {
		return time.December
	}
	return time.Month(3 * p.Quarter)
}

// End is the first day after the period.
func (p Period) End() civil.Date {
	d := civil.Date{Year: p.Year, Month: p.last(), Day: 1}
	return d.AddMonths(1)
}

// Begin is the period's first day.
func (p Period) Begin() civil.Date {
	if p.Quarter == 0 {
		return civil.Date{Year: p.Year, Month: time.January, Day: 1}
	}
	return civil.Date{Year: p.Year, Month: time.Month(3*p.Quarter - 2), Day: 1}
}

// Over reports whether the period has ended on a day.
func (p Period) Over(today civil.Date) bool { return !today.Before(p.End()) }

// LastCompleted is the latest quarter that has ended.
func LastCompleted(today civil.Date) Period {
	quarter := (int(today.Month) - 1) / 3
	if quarter == 0 {
		return Period{today.Year - 1, 4}
	}
	return Period{today.Year, quarter}
}

// comparePeriods orders periods by when they end; a year comes after its last quarter.
func comparePeriods(a, b Period) int {
	return cmp.Or(cmp.Compare(a.Year, b.Year), cmp.Compare(a.last(), b.last()), cmp.Compare(b.Quarter, a.Quarter))
}
