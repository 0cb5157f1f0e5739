// SPDX-License-Identifier: EUPL-1.2

package civil

import "time"

// Easter gives the Sunday of Easter of a year in the Gregorian calendar, by the arithmetic of Gauss in the form that needs no exceptions.
func Easter(year int) Date {
	a, b, c := year%19, year/100, year%100
	h := (19*a + b - b/4 - (b-(b+8)/25+1)/3 + 15) % 30
	l := (32 + 2*(b%4) + 2*(c/4) - h - c%4) % 7
	m := (a + 11*h + 22*l) / 451
	n := h + l - 7*m + 114
	return Date{Year: year, Month: time.Month(n / 31), Day: n%31 + 1}
}

// Weekday is the day of the week.
func (d Date) Weekday() time.Weekday { return d.Time().Weekday() }

// Holiday reports whether a day is a public holiday in Sweden that is no Sunday by itself (lag 1989:253 om allmänna helgdagar).
func (d Date) Holiday() bool {
	easter := Easter(d.Year)
	for _, after := range []int{-2, 0, 1, 39, 49} { // Good Friday, Easter Sunday and Monday, Ascension Day, Whit Sunday
		if d == easter.AddDays(after) {
			return true
		}
	}
	if fixedHolidays[Date{Month: d.Month, Day: d.Day}] {
		return true
	}
	if d.Weekday() != time.Saturday {
		return false
	}
	// Midsummer Day from 20 to 26 June, and All Saints' Day from 31 October to 6 November.
	return d.Month == time.June && d.Day >= 20 && d.Day <= 26 || d.Month == time.October && d.Day == 31 || d.Month == time.November && d.Day <= 6
}

// fixedHolidays have the same date every year: New Year's Day, Epiphany, the First of May, the National Day, and Christmas.
var fixedHolidays = map[Date]bool{
	{Month: time.January, Day: 1}: true, {Month: time.January, Day: 6}: true, {Month: time.May, Day: 1}: true, {Month: time.June, Day: 6}: true,
	{Month: time.December, Day: 25}: true, {Month: time.December, Day: 26}: true,
}

// Working reports whether something that must be done on a day by law can be asked for on that day: it is no Saturday, Sunday or public
// holiday, and not the eve of Midsummer, Christmas or the new year, which count as Sundays (lag 1930:173, 2 §).
func (d Date) Working() bool {
	day := d.Weekday()
	eve := d.Month == time.June && day == time.Friday && d.Day >= 19 && d.Day <= 25 || d.Month == time.December && (d.Day == 24 || d.Day == 31)
	return day != time.Saturday && day != time.Sunday && !d.Holiday() && !eve
}

// NextWorking is the day itself, or the first one after it that is a working day.
func (d Date) NextWorking() Date {
	for !d.Working() {
		d = d.AddDays(1)
	}
	return d
}
