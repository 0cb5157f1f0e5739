// SPDX-License-Identifier: EUPL-1.2

package locale

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/insegel/insegel/internal/civil"
)

// space is the no-break space that holds a number and its unit together.
const space = "\u00a0"

var months = map[string][12]string{
	"sv": {"januari", "februari", "mars", "april", "maj", "juni", "juli", "augusti", "september", "oktober", "november", "december"},
	"en": {"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"},
}

// Number writes a whole number with a no-break space between groups of three: 1 240. Four digits are grouped as well, so that
// columns line up.
func (l *Localizer) Number(n int64) string {
	s := strconv.FormatInt(n, 10)
	sign := ""
	if n < 0 {
		sign, s = "\u2212", s[1:]
	}
	sep := space
	if l.Lang == "en" {
		sep = ","
	}
	var parts []string
	for len(s) > 3 {
		parts = append([]string{s[len(s)-3:]}, parts...)
		s = s[:len(s)-3]
	}
	return sign + strings.Join(append([]string{s}, parts...), sep)
}

// Percent writes part of whole as a share with at most one decimal: "69,4 %". Without a whole there is no share: "–".
func (l *Localizer) Percent(part, whole int) string {
	if whole == 0 {
		return "–"
	}
	s := strings.TrimSuffix(strconv.FormatFloat(float64(part)*100/float64(whole), 'f', 1, 64), ".0")
	if l.Lang == "sv" {
		return strings.Replace(s, ".", ",", 1) + space + "%"
	}
	return s + "%"
}

// Decimal writes a number with one decimal: "4,5" in Swedish.
func (l *Localizer) Decimal(v float64) string { return l.Fixed(v, 1) }

// Fixed writes a number with some decimals.
func (l *Localizer) Fixed(v float64, decimals int) string {
	s := strconv.FormatFloat(v, 'f', decimals, 64)
	if l.Lang == "sv" {
		return strings.Replace(s, ".", ",", 1)
	}
	return s
}

// Date writes a day for running text, always with the year: "23 november 2026". No date is "–".
func (l *Localizer) Date(d civil.Date) string {
	if d.IsZero() {
		return "–"
	}
	return fmt.Sprintf("%d%s%s%s%d", d.Day, space, months[l.Lang][d.Month-1], space, d.Year)
}

// ShortDate writes a day where space is short: "2026-11-23". No date is "–".
func (l *Localizer) ShortDate(d civil.Date) string {
	if d.IsZero() {
		return "–"
	}
	return d.String()
}

// Clock writes a time of day: "kl. 14.02" or "14:02".
func (l *Localizer) Clock(t time.Time) string {
	t = t.In(civil.Location())
	if l.Lang == "en" {
		return t.Format("15:04")
	}
	return "kl." + space + t.Format("15.04")
}

// Moment writes a day and a time of day.
func (l *Localizer) Moment(t time.Time) string {
	return l.Date(civil.Of(t)) + " " + l.Clock(t)
}
