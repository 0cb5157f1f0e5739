// SPDX-License-Identifier: EUPL-1.2

package civil

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"
)

// The ways that people write days in a form. Where one could be read in two ways the Swedish way is meant: six digits and three
// pairs are year, month and day, and otherwise the day stands before the month.
var (
	looseYearFirst = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^(\d{4}|\d{2})\s*[-./]\s*(\d{1,2})\s*[-./]\s*(\d{1,2})$`)
	})
	looseDigits   = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(\d{4}|\d{2})(\d{2})(\d{2})$`) })
	looseDayFirst = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^(\d{1,2})\s*[/.]\s*(\d{1,2})\.?(?:\s*[/.]\s*|\s+)(\d{4}|\d{2})$`)
	})
	looseNamed = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^(?:den\s+)?(\d{1,2})[.:]?(?:e|a)?\s+(\pL{3,9})\.?,?\s+(\d{4})$`)
	})
)

// looseMonths begin the names of the months in both languages.
var looseMonths = map[string]time.Month{
	"jan": 1, "feb": 2, "mar": 3, "apr": 4, "maj": 5, "may": 5, "jun": 6, "jul": 7, "aug": 8, "sep": 9, "okt": 10, "oct": 10,
	"nov": 11, "dec": 12,
}

// Years that a typed day may have. Outside them a slip of the pen is more likely.
const (
	looseFirstYear = 1950
	looseLastYear  = 2150
)

// ParseLoose reads a day as people type it: 2026-11-27, 26-11-27, 20261127, 27/11 2026, 27.11.2026 or 27 november 2026. An empty
// text is no date. Two digits of a year are of this century.
func ParseLoose(s string) (Date, error) {
	text := strings.ToLower(strings.TrimSpace(s))
	if text == "" {
		return Date{}, nil
	}
	for _, form := range []struct {
		re               func() *regexp.Regexp
		year, month, day int
	}{
		{looseDigits, 1, 2, 3},
		{looseDayFirstYear, 3, 2, 1},
		{looseYearFirst, 1, 2, 3},
		{looseDayFirst, 3, 2, 1},
		{looseNamed, 3, 2, 1},
	} {
		if m := form.re().FindStringSubmatch(text); m != nil {
			return looseDate(s, m[form.year], m[form.month], m[form.day])
		}
	}
	return Date{}, fmt.Errorf("%q: %w", s, ErrInvalid)
}

// looseDayFirstYear has the whole year last, so it cannot be meant the other way around.
var looseDayFirstYear = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(\d{1,2})\s*[-/.]\s*(\d{1,2})\.?\s*[-/.]?\s*(\d{4})$`)
})

func looseDate(s, year, month, day string) (Date, error) {
	y, _ := strconv.Atoi(year) // the forms allow digits only
	d, _ := strconv.Atoi(day)
	m := looseMonth(month)
	if len(year) == 2 {
		y += 2000
	}
	date, err := New(y, m, d)
	if err != nil || y < looseFirstYear || y > looseLastYear {
		return Date{}, fmt.Errorf("%q: %w", s, ErrInvalid)
	}
	return date, nil
}

// looseMonth gives the month of a number or a name; 0 is none.
func looseMonth(text string) time.Month {
	if n, err := strconv.Atoi(text); err == nil {
		return time.Month(n)
	}
	return looseMonths[string([]rune(text)[:3])]
}
