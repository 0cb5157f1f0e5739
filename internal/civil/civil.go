// SPDX-License-Identifier: EUPL-1.2

// Package civil has dates without a clock and a time zone (Swedish: kalenderdag), such as a contract's last day.
package civil

import (
	"database/sql/driver"
	"errors"
	"fmt"
	"time"
)

// Date is a day in the calendar. The zero value is "no date".
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// ErrInvalid says that a text is not a date that exists.
var ErrInvalid = errors.New("not a date that exists: write it as 2026-11-23")

// layout is ISO 8601, the form that is stored.
const layout = "2006-01-02"

// stockholm is where a municipality's days begin and end. Its rules are compiled in, so that a bare machine has them too.
var stockholm = func() *time.Location {
	l, err := time.LoadLocation("Europe/Stockholm")
	if err != nil {
		return time.FixedZone("CET", 3600)
	}
	return l
}()

// Location is the time zone that days and clocks are shown in.
func Location() *time.Location { return stockholm }

// New makes a date and refuses one that does not exist, such as 30 February.
func New(year int, month time.Month, day int) (Date, error) {
	t := time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
	if t.Year() != year || t.Month() != month || t.Day() != day || year < 1 || year > 9999 {
		return Date{}, fmt.Errorf("%04d-%02d-%02d: %w", year, month, day, ErrInvalid)
	}
	return Date{Year: year, Month: month, Day: day}, nil
}

// Parse reads 2026-11-23.
func Parse(s string) (Date, error) {
	t, err := time.Parse(layout, s)
	if err != nil {
		return Date{}, fmt.Errorf("%q: %w", s, ErrInvalid)
	}
	return Date{Year: t.Year(), Month: t.Month(), Day: t.Day()}, nil
}

// Of is the day in Sweden at t.
func Of(t time.Time) Date {
	t = t.In(stockholm)
	return Date{Year: t.Year(), Month: t.Month(), Day: t.Day()}
}

// IsZero reports whether there is no date.
func (d Date) IsZero() bool { return d == Date{} }

// String is the ISO form, empty for no date.
func (d Date) String() string {
	if d.IsZero() {
		return ""
	}
	return fmt.Sprintf("%04d-%02d-%02d", d.Year, int(d.Month), d.Day)
}

// Time is midnight UTC of the day.
func (d Date) Time() time.Time { return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC) }

// Before reports whether d is an earlier day than o.
func (d Date) Before(o Date) bool { return d.Number() < o.Number() }

// Number is a number that grows by the day, with gaps: to compare days by, and never to be stored. No date is 0.
func (d Date) Number() int { return d.Year<<9 | int(d.Month)<<5 | d.Day }

// AddMonths moves the date by whole months; 31 January plus one month is the last of February.
func (d Date) AddMonths(n int) Date {
	first := time.Date(d.Year, d.Month+time.Month(n), 1, 0, 0, 0, 0, time.UTC)
	last := first.AddDate(0, 1, -1).Day()
	return Date{Year: first.Year(), Month: first.Month(), Day: min(d.Day, last)}
}

// AddDays moves the date by whole days.
func (d Date) AddDays(n int) Date {
	t := d.Time().AddDate(0, 0, n)
	return Date{Year: t.Year(), Month: t.Month(), Day: t.Day()}
}

// MarshalText writes the ISO form.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads the ISO form; an empty text is no date.
func (d *Date) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		*d = Date{}
		return nil
	}
	v, err := Parse(string(b))
	*d = v
	return err
}

// Value stores the date as text.
func (d Date) Value() (driver.Value, error) { return d.String(), nil }

// Scan reads a stored date.
func (d *Date) Scan(v any) error {
	switch v := v.(type) {
	case string:
		return d.UnmarshalText([]byte(v))
	case []byte:
		return d.UnmarshalText(v)
	case nil:
		*d = Date{}
		return nil
	default:
		return fmt.Errorf("read date from %T: %w", v, ErrInvalid)
	}
}
