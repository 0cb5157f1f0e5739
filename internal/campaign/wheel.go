// SPDX-License-Identifier: EUPL-1.2

package campaign

import (
	"errors"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/ids"
)

// Activity is something that an organisation itself does every year (Swedish: egen aktivitet i årshjulet).
type Activity struct {
	ID         ids.ID[Activity]
	Title      string
	Month, Day int64
	// First and Last are the years that it is done in; Last is zero while it goes on.
	First, Last int64
}

// ErrActivity says that an activity lacks a name or a day.
var ErrActivity = errors.New("an activity has a name of at most 120 characters and a day of the year")

// Check says what is wrong with an activity.
func (a *Activity) Check() error {
	if strings.TrimSpace(a.Title) == "" || utf8.RuneCountInString(a.Title) > maxName || a.Month < 1 || a.Month > 12 || a.Day < 1 || a.Day > 31 {
		return ErrActivity
	}
	return nil
}

// Tick says that something was done one year, or takes that back.
type Tick struct {
	Activity string
	Year     int64
	Undo     bool
}

// Sort is what an item of the year is.
type Sort string

// The sorts. Those that somebody ticks are the standing ones and the organisation's own; the others follow from dates that stand elsewhere,
// and end when those do.
const (
	SortStanding       Sort = "standing"
	SortOwn            Sort = "own"
	SortCampaign       Sort = "campaign"
	SortClassification Sort = "classification"
	SortAccess         Sort = "access"
	SortLog            Sort = "log"
	SortAssessment     Sort = "assessment"
	SortPaper          Sort = "paper"
)

// Item is something that is to be done in the year.
type Item struct {
	// Key names it in a tick; it is the same every year.
	Key  string
	Sort Sort
	// Name is what the organisation itself calls it; Text what the program does. Names are what a counted item is about.
	Name  string
	Text  catalogue.Text
	Why   catalogue.Text
	Who   string
	Names []string
	Count int
	Due   civil.Date
	Done  civil.Date
	Href  string
}

// Ticked reports whether somebody says that it is done, rather than the dates that it follows from.
func (i *Item) Ticked() bool { return i.Sort == SortStanding || i.Sort == SortOwn }

// Late reports whether the day has passed and it is not done.
func (i *Item) Late(today civil.Date) bool { return i.Done.IsZero() && i.Due.Before(today) }

// soonDays is how many days before its day something is due.
const soonDays = 30

// Soon reports whether it is to be done within a month.
func (i *Item) Soon(today civil.Date) bool {
	return i.Done.IsZero() && !i.Due.Before(today) && i.Due.Before(today.AddDays(soonDays))
}

// Dated is a day that stands elsewhere, and what it is about.
type Dated struct {
	Sort Sort
	Day  civil.Date
	Name string
	Href string
	Done civil.Date
}

// Month is one month of the year.
type Month struct {
	Month time.Month
	Items []Item
}

// Standing of a month, the worst first.
const (
	MonthLate  = "late"
	MonthSoon  = "soon"
	MonthAhead = "ahead"
	MonthDone  = "done"
	MonthEmpty = "empty"
)

// Standing tells how a month stands on a day.
func (m *Month) Standing(today civil.Date) string {
	out := MonthEmpty
	for i := range m.Items {
		switch it := &m.Items[i]; {
		case it.Late(today):
			return MonthLate
		case it.Soon(today):
			out = MonthSoon
		case it.Done.IsZero() && out != MonthSoon:
			out = MonthAhead
		case out == MonthEmpty:
			out = MonthDone
		}
	}
	return out
}

// Left is how many items of the month are not done.
func (m *Month) Left() int {
	n := 0
	for i := range m.Items {
		if m.Items[i].Done.IsZero() {
			n++
		}
	}
	return n
}

// dayIn is a day of a year; the last of the month when the month has no such day.
func dayIn(year int64, month, day int) civil.Date {
	for ; day > 28; day-- {
		if d, err := civil.New(int(year), time.Month(month), day); err == nil {
			return d
		}
	}
	d, _ := civil.New(int(year), time.Month(month), day) // every month has 28 days
	return d
}

// Year is what a year is laid out from.
type Year struct {
	Year int64
	// Since is the day that the organisation began here: what was to be done before it is nobody's to tick.
	Since civil.Date
	Own   []Activity
	Dates []Dated
	Done  map[string]civil.Date
}

// Turn lays out a year: what returns, what the organisation has added, and the days that stand elsewhere, gathered by month and sort.
func (s *Set) Turn(y Year) []Month {
	out := make([]Month, 12)
	for i := range out {
		out[i].Month = time.Month(i + 1)
	}
	add := func(it Item) {
		if it.Done = y.Done[it.Key]; !it.Due.Before(y.Since) || !it.Done.IsZero() {
			out[it.Due.Month-1].Items = append(out[it.Due.Month-1].Items, it)
		}
	}
	for i := range s.Standing {
		x := &s.Standing[i]
		add(Item{Key: x.ID, Sort: SortStanding, Text: x.Name, Why: x.Why, Who: x.Who, Due: dayIn(y.Year, x.Month, x.Day), Href: x.Href})
	}
	for _, a := range y.Own {
		if y.Year >= a.First && (a.Last == 0 || y.Year <= a.Last) {
			add(Item{Key: a.ID.String(), Sort: SortOwn, Name: a.Title, Due: dayIn(y.Year, int(a.Month), int(a.Day))})
		}
	}
	for _, d := range y.Dates {
		if int64(d.Day.Year) == y.Year {
			out[d.Day.Month-1].gather(d)
		}
	}
	for i := range out {
		slices.SortStableFunc(out[i].Items, func(a, b Item) int { return strings.Compare(a.Due.String(), b.Due.String()) })
	}
	return out
}

// gather puts a day into the month: beside others of its sort, except what has a page of its own.
func (m *Month) gather(d Dated) {
	if d.Sort != SortCampaign {
		for i := range m.Items {
			it := &m.Items[i]
			if it.Sort == d.Sort && it.Done.IsZero() == d.Done.IsZero() {
				it.Names, it.Count = append(it.Names, d.Name), it.Count+1
				if d.Day.Before(it.Due) {
					it.Due = d.Day
				}
				return
			}
		}
	}
	m.Items = append(m.Items, Item{Sort: d.Sort, Names: []string{d.Name}, Count: 1, Due: d.Day, Done: d.Done, Href: d.Href})
}
