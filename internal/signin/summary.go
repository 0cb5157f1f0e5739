// SPDX-License-Identifier: EUPL-1.2

package signin

import (
	"cmp"
	"slices"
)

// Schema is the name of the form that a log's result is written in.
const Schema = "insegel.signin/1"

// Tally is how strong sign-ins were. Only those that succeeded are weighed.
type Tally struct {
	SignIns   int64 `json:"sign_ins"`
	TwoFactor int64 `json:"two_factor"`
	OneFactor int64 `json:"one_factor"`
	Unknown   int64 `json:"unknown"`
	// Password are those of one factor where it was a password.
	Password int64 `json:"password"`
	// LoA3 are those with a reviewed identity assurance of 3 or more.
	LoA3        int64 `json:"loa3"`
	Failed      int64 `json:"failed"`
	Interrupted int64 `json:"interrupted"`
}

// Share is a part of the sign-ins that succeeded, in thousandths, rounded so that a part never shows as nothing or as everything.
func (t *Tally) Share(part int64) int {
	switch {
	case t.SignIns == 0 || part == 0:
		return 0
	case part == t.SignIns:
		return 1000
	}
	return int(min(max((part*1000+t.SignIns/2)/t.SignIns, 1), 999))
}

// PathTally is the sign-ins through one way in.
type PathTally struct {
	Path string `json:"path"`
	Tally
}

// Application is the sign-ins to one application.
type Application struct {
	Application string `json:"application"`
	Tally
	Paths []PathTally `json:"paths"`
	// Factors is the fewest factors that any sign-in showed, and LoA the lowest assurance: 0 when one of them is not known.
	Factors int `json:"fewest_factors"`
	LoA     int `json:"lowest_loa"`
}

// Summary is what a log shows.
type Summary struct {
	Schema  string `json:"schema"`
	Ruleset string `json:"ruleset"`
	Format  string `json:"format"`
	From    Day    `json:"from"`
	To      Day    `json:"to"`
	Records int64  `json:"records"`
	Unread  int64  `json:"unread"`
	// NotKept is how many names were left out because they look like somebody's.
	NotKept      int64         `json:"not_kept"`
	Total        Tally         `json:"total"`
	Applications []Application `json:"applications"`
	Rows         []Row         `json:"rows"`
}

// Summarise tells what a log shows, over the last days of it; 0 is all of it. The last day is the newest in the log.
func (r *Rules) Summarise(l *Log, days int) *Summary {
	s := &Summary{Schema: Schema, Ruleset: r.Version, Format: l.Format, Records: l.Records, Unread: l.Unread, NotKept: l.Left, Applications: []Application{}, Rows: []Row{}}
	for i := range l.Rows {
		s.To = max(s.To, l.Rows[i].Day)
	}
	var since Day
	if days > 0 && s.To != 0 {
		since = dayOf(s.To.Time().AddDate(0, 0, 1-days))
	}
	apps := map[string]*Application{}
	for _, row := range l.Rows {
		if row.Day < since {
			continue
		}
		if s.From == 0 || row.Day < s.From {
			s.From = row.Day
		}
		s.Rows = append(s.Rows, row)
		a := apps[row.Application]
		if a == nil {
			a = &Application{Application: row.Application, Factors: 2, LoA: 4}
			apps[row.Application] = a
		}
		j := r.Judge(row.Context, row.Methods)
		s.Total.add(&row, j)
		a.Tally.add(&row, j)
		a.path(row.Path).add(&row, j)
		if row.Outcome == Success {
			a.weakest(j)
		}
	}
	for _, a := range apps {
		if a.SignIns == 0 {
			a.Factors, a.LoA = 0, 0
		}
		slices.SortFunc(a.Paths, func(x, y PathTally) int {
			return cmp.Or(cmp.Compare(y.SignIns, x.SignIns), cmp.Compare(x.Path, y.Path))
		})
		s.Applications = append(s.Applications, *a)
	}
	slices.SortFunc(s.Applications, func(x, y Application) int {
		return cmp.Or(cmp.Compare(y.SignIns, x.SignIns), cmp.Compare(x.Application, y.Application))
	})
	return s
}

// weakest lowers what the application's sign-ins all show. One known factor is a fact that what is not known cannot take away.
func (a *Application) weakest(j Judgement) {
	switch {
	case a.Factors == 1 || j.Factors == 1:
		a.Factors = 1
	default:
		a.Factors = min(a.Factors, j.Factors)
	}
	a.LoA = min(a.LoA, j.LoA)
}

func (a *Application) path(name string) *Tally {
	for i := range a.Paths {
		if a.Paths[i].Path == name {
			return &a.Paths[i].Tally
		}
	}
	a.Paths = append(a.Paths, PathTally{Path: name})
	return &a.Paths[len(a.Paths)-1].Tally
}

// PasswordPaths are the ways in that sign-ins by password went through, the most used first.
func (a *Application) PasswordPaths() (out []string) {
	paths := slices.DeleteFunc(slices.Clone(a.Paths), func(p PathTally) bool { return p.Password == 0 })
	slices.SortFunc(paths, func(x, y PathTally) int {
		return cmp.Or(cmp.Compare(y.Password, x.Password), cmp.Compare(x.Path, y.Path))
	})
	for _, p := range paths {
		out = append(out, p.Path)
	}
	return out
}

func (t *Tally) add(r *Row, j Judgement) {
	switch r.Outcome {
	case Failure:
		t.Failed += r.Count
		return
	case Interrupted:
		t.Interrupted += r.Count
		return
	}
	t.SignIns += r.Count
	switch j.Factors {
	case 1:
		t.OneFactor += r.Count
	case 0:
		t.Unknown += r.Count
	default:
		t.TwoFactor += r.Count
	}
	if j.Password {
		t.Password += r.Count
	}
	if j.LoA >= 3 {
		t.LoA3 += r.Count
	}
}
