// SPDX-License-Identifier: EUPL-1.2

// Package signin reads the logs of sign-ins that an organisation has already (Swedish: inloggningslogg), and tells how strong they were.
// A log is read as a stream and counted at once, by day, application, way in, level and method. Who signed in, from where and when during
// the day is never held beyond the record that is being read, so that no name, address or account can reach a disk. It has no database.
package signin

import (
	"errors"
	"fmt"
	"time"
)

// What a log can be wrong in.
var (
	// ErrFormat says that the form of a log is not known.
	ErrFormat = errors.New("the form of the log is not known: name it with its format, or give a mapping")
	// ErrMapping says that a mapping is wrong.
	ErrMapping = errors.New("the mapping is wrong")
	// ErrPersonal says that a field that should name applications seems to name people.
	ErrPersonal = errors.New("the field that should name applications seems to name people, and nothing of it was kept")
	// ErrRules says that the data that logs are read and judged by is wrong.
	ErrRules = errors.New("the rules of sign-in logs are wrong")
)

// The most that a log may hold, so that memory stays the same however large and strange the log is.
const (
	maxRecord       = 4 << 20 // bytes of one record; longer ones are passed over and counted
	maxRows         = 100_000 // rows of what is counted; more are counted together
	maxApplications = 2_000   // applications and ways in
	maxText         = 200     // bytes of a name
)

// NotKept stands where a text was left out because it looks like somebody's name, number or address.
const NotKept = "(not kept)"

// Other stands where there were more names than are kept.
const Other = "(other)"

// Day is a day as the log writes it, as 20261128.
type Day int32

// String writes a day as 2026-11-28.
func (d Day) String() string {
	if d == 0 {
		return ""
	}
	return fmt.Sprintf("%04d-%02d-%02d", d/10000, d/100%100, d%100)
}

// MarshalText writes a day as 2026-11-28.
func (d Day) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// Time is the beginning of the day.
func (d Day) Time() time.Time {
	return time.Date(int(d/10000), time.Month(d/100%100), int(d%100), 0, 0, 0, 0, time.UTC)
}

func dayOf(t time.Time) Day {
	y, m, d := t.Date()
	return newDay(y, int(m), d)
}

func newDay(y, m, d int) Day {
	if y < 1990 || y > 2200 || m < 1 || m > 12 || d < 1 || d > 31 {
		return 0
	}
	return Day(y*10000 + m*100 + d) //nolint:gosec // the year is four digits
}

// Outcome is how a sign-in ended.
type Outcome string

// The outcomes. Interrupted is a sign-in that was asked for more, and is followed by another record when it went on.
const (
	Success     Outcome = "success"
	Failure     Outcome = "failure"
	Interrupted Outcome = "interrupted"
)

// Row is how many sign-ins there were of one kind on one day.
type Row struct {
	Day         Day     `json:"day"`
	Application string  `json:"application"`
	Path        string  `json:"path"`
	Context     string  `json:"context"`
	Methods     string  `json:"methods"`
	Outcome     Outcome `json:"outcome"`
	Count       int64   `json:"count"`
}

// Log is what a log held, counted.
type Log struct {
	Format string
	// Records are all records, SignIns those that were sign-ins, Unread those that could not be read, and Bytes how much was read.
	Records, SignIns, Unread, Bytes int64
	// Left is how many names were left out because they look like somebody's.
	Left int64
	Rows []Row
}
