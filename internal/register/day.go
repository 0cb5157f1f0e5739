// SPDX-License-Identifier: EUPL-1.2

package register

import (
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/locale"
)

// dayState tells what a text was as a day.
type dayState int

const (
	dayNot        dayState = iota // no day at all
	dayRead                       // a day
	dayImpossible                 // written as a day, but there is none like it
)

// The ways that lists write days. Where a form could be read in two ways, the Swedish one is meant: day before month, and
// six digits or three pairs as year, month, day.
var (
	yearFirst = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^(\d{4})[-./](\d{1,2})[-./](\d{1,2})(?:[t ]+\d{1,2}[:.].*)?$`)
	})
	eightDigit = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(\d{4})(\d{2})(\d{2})$`) })
	sixDigit   = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(\d{2})-?(\d{2})-?(\d{2})$`) })
	dayFirst   = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^(\d{1,2})\s*[/.-]\s*(\d{1,2})\.?\s*[/.\- ]\s*'?(\d{4}|\d{2})(?: \d{1,2}[:.].*)?$`)
	})
	named = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^(?:den )?(\d{1,2})[.:]?(?:e|a)?\s*([a-zåäö]{3,9})\.?,?\s+(\d{4})$`)
	})
	serial = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(\d{5})(?:[.,]\d+)?$`) })

	monthNames = []string{"jan", "feb", "mar", "apr", "maj", "jun", "jul", "aug", "sep", "okt", "nov", "dec"}
	englishFor = map[string]string{"may": "maj", "oct": "okt"}
)

// Years that a day in a list may have. Outside them a number or a slip of the pen is more likely.
const (
	firstYear = 1950
	lastYear  = 2150
	// pivot parts the centuries of two-digit years.
	pivot = 70
)

// day reads a day in any of the forms.
func day(text string) (civil.Date, dayState) {
	s := locale.Fold(text)
	for _, form := range []*regexp.Regexp{yearFirst(), eightDigit(), sixDigit()} {
		if m := form.FindStringSubmatch(s); m != nil {
			return makeDay(m[1], number(m[2]), m[3])
		}
	}
	if m := dayFirst().FindStringSubmatch(s); m != nil {
		return makeDay(m[3], number(m[2]), m[1])
	}
	if m := named().FindStringSubmatch(s); m != nil {
		return makeDay(m[3], monthNumber(m[2]), m[1])
	}
	if m := serial().FindStringSubmatch(s); m != nil {
		iso, ok := serialDay(m[1], false)
		if d, err := civil.Parse(iso); ok && err == nil && d.Year >= firstYear && d.Year <= lastYear {
			return d, dayRead
		}
		return civil.Date{}, dayNot
	}
	return civil.Date{}, dayNot
}

func number(digits string) int {
	n, err := strconv.Atoi(digits)
	if err != nil {
		return 0 // no day has it, so it becomes an impossible one
	}
	return n
}

func monthNumber(name string) int {
	name = string([]rune(name)[:3])
	if sv, ok := englishFor[name]; ok {
		name = sv
	}
	for i, m := range monthNames {
		if m == name {
			return i + 1
		}
	}
	return 0
}

func makeDay(year string, month int, dayOfMonth string) (civil.Date, dayState) {
	y := number(year)
	if len(year) == 2 {
		y += 2000
		if y >= 2000+pivot {
			y -= 100
		}
	}
	d, err := civil.New(y, time.Month(month), number(dayOfMonth))
	if err != nil || y < firstYear || y > lastYear {
		return civil.Date{}, dayImpossible
	}
	return d, dayRead
}

// openWords say that a contract has no last day.
var openWords = []string{
	"tillsvidare", "tills vidare", "löpande", "löper", "rullande", "until further notice", "evergreen", "ongoing", "rolling", "open ended",
	"automatisk förläng", "förlängs automatiskt", "årsvis",
}

// openEnded reports whether a text says that a contract runs until somebody ends it.
func openEnded(s string) bool {
	folded := locale.Fold(s)
	for _, w := range openWords {
		if strings.Contains(folded, w) {
			return true
		}
	}
	return false
}

// readContract reads a contract's last day. That it has none is worth keeping, as a note.
func readContract(s string) reading {
	if blankWords()[words(s)] && !strings.ContainsAny(s, "0123456789") {
		return reading{}
	}
	d, state := day(s)
	switch {
	case state == dayRead:
		return says(ContractEnd, d.String())
	case openEnded(s):
		return says(ContractNote, shortened(s))
	case state == dayImpossible, numberLike().MatchString(s):
		return wrong("cell-day")
	}
	r := says(ContractNote, shortened(s))
	r.bad = because("cell-day-note")
	return r
}

func shortened(s string) string {
	kept, _ := shorten(s, maxText)
	return kept
}
