// SPDX-License-Identifier: EUPL-1.2

package evidence

import (
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/probe/verdict"
	"github.com/insegel/insegel/internal/system"
)

// Standing is what is known about one way in on a day, from one source.
type Standing struct {
	// Path is the way in. It has no id when records are of the whole system and name no way in.
	Path system.LoginPath
	Way  verdict.Way
	// By is the record that says most of it; nil when nothing counts. Old is the latest that has ended, when nothing counts.
	By, Old *Record
	// Disputed is a record that would count and is said to be wrong; nil when there is none.
	Disputed *Record
}

// what a record of sign-in is: each kind of them says something that the others cannot.
const (
	seen = iota
	tested
	logged
	ruled
)

func class(r *Record) int {
	switch {
	case r.Kind == "EV_SIGNIN_LOG":
		return logged
	case r.Kind == "EV_IDP_POLICY":
		return ruled
	case r.Grade == verdict.Tested:
		return tested
	}
	return seen
}

// Logins are a system's records of sign-in by source, each list oldest first. Used again, it keeps its room.
type Logins [numSources][]*Record

// Read finds the records of sign-in among a system's. Records come oldest first.
func (l *Logins) Read(records []Record) {
	for k := range l {
		l[k] = l[k][:0]
	}
	for i := range records {
		if r := &records[i]; r.Subject == SubjectLogin {
			if k := r.Source.Index(); k >= 0 {
				l[k] = append(l[k], r)
			}
		}
	}
}

// Of are the records of one source.
func (l *Logins) Of(source Source) []*Record {
	if k := source.Index(); k >= 0 {
		return l[k]
	}
	return nil
}

// Standings tells what is known about each way in on a day, from one source alone: what is measured, attested and self-assessed is never
// mixed. Records come oldest first.
func Standings(paths []system.LoginPath, records []Record, source Source, on civil.Date) []Standing {
	var l Logins
	l.Read(records)
	return AppendStandings(make([]Standing, 0, len(paths)+1), paths, l.Of(source), on)
}

// AppendStandings is Standings of the records of sign-in of one source, into a list that is used again.
func AppendStandings(out []Standing, paths []system.LoginPath, logins []*Record, on civil.Date) []Standing {
	for i := range paths {
		out = append(out, Standing{Path: paths[i], Way: verdict.Way{Who: who(paths[i].Audience)}})
		out[len(out)-1].collect(logins, on)
	}
	out = append(out, Standing{}) // of the whole system
	whole := &out[len(out)-1]
	if whole.collect(logins, on); whole.By == nil && whole.Disputed == nil {
		out = out[:len(out)-1]
	}
	return out
}

func who(audience string) verdict.Who {
	if audience == "service" {
		return verdict.Services
	}
	return verdict.Who(audience)
}

// few is how many records count for a way in without more room being made.
const few = 8

// counted is a record that counts, with what it is.
type counted struct {
	*Record
	class int
}

// latest are the newest records of a way in: one of each class for each scope.
type latest []counted

func (l latest) with(r counted) latest {
	for i := range l {
		if l[i].class == r.class && l[i].Scope == r.Scope {
			l[i] = r
			return l
		}
	}
	return append(l, r)
}

// collect finds the records of a way in that count, among those of sign-in of one source, and sums them up.
func (st *Standing) collect(logins []*Record, on civil.Date) {
	var room [few]counted // on the stack: a nation's sign-ins are summed up in a second
	newest, disputed := latest(room[:0]), false
	for _, r := range logins {
		if r.Path != st.Path.ID {
			continue
		}
		if !r.Valid(on) {
			if r.Withdrawn.IsZero() && !on.Before(r.SeenOn) {
				st.Old = r
			}
			continue
		}
		newest = newest.with(counted{r, class(r)})
		disputed = disputed || r.Dispute != nil
	}
	if len(newest) == 0 {
		return
	}
	if disputed {
		newest = st.dispute(newest)
	}
	st.see(newest)
	st.log(newest)
	st.rule(newest)
	if st.By != nil && st.By.Source == SelfAssessed {
		st.Way.Grade = verdict.Attested // a word taken for what it says, in a series of its own
	}
	if st.By != nil || st.Disputed != nil {
		st.Old = nil
	}
}

// dispute takes out what is said to be wrong. It has taken the place of what is older: that does not count again because of somebody's word.
func (st *Standing) dispute(newest latest) latest {
	of := seen
	kept := newest[:0]
	for _, r := range newest {
		if !r.Disputed() {
			kept = append(kept, r)
			continue
		}
		if says := r.Says(); says == For || says == Against {
			st.Way.Disputed = true
		}
		if st.Disputed == nil || r.class >= of { // a log is named before a page
			st.Disputed, of = r.Record, r.class
		}
	}
	return kept
}

// see sums up what was seen from outside: the weakest of what each scope saw. A test of the demand stands until something weak is seen.
func (st *Standing) see(newest latest) {
	for _, r := range newest {
		if r.class == seen && (st.By == nil || r.Verdict.Weaker(st.Way.Verdict)) {
			st.take(r.Record)
		}
	}
	for _, r := range newest {
		if r.class == tested && (st.By == nil || st.Way.Verdict == "" || st.Way.Verdict == verdict.Unknown || st.Way.Verdict == verdict.StrongDemanded && st.Way.Grade != verdict.Tested) {
			st.take(r.Record)
		}
	}
}

func (st *Standing) take(r *Record) {
	st.By = r
	st.Way.Verdict, st.Way.Refused, st.Way.Grade, st.Way.LoA = r.Verdict, r.Refused, r.Grade, r.LoA
}

// log sums up logs: one factor in any of them is what counts, and a log that does not say makes the rest unsaid.
func (st *Standing) log(newest latest) {
	for _, r := range newest {
		if r.class != logged {
			continue
		}
		if !st.Way.Logged || surer(st.Way.LogFactors, r.Factors) {
			st.Way.LogFactors, st.Way.LogLoA = r.Factors, r.LoA
			st.By = r.Record
		}
		st.Way.Logged = true
	}
}

// rule sums up the rules of identity providers in the same way. They decide what is shown only where nothing was seen of more weight.
func (st *Standing) rule(newest latest) {
	first := true
	for _, r := range newest {
		if r.class != ruled {
			continue
		}
		if first || surer(st.Way.PolicyFactors, r.Factors) {
			st.Way.PolicyFactors, st.Way.PolicyLoA = r.Factors, r.LoA
			if !st.Way.Logged && st.Way.Verdict != verdict.PasswordOnly {
				st.By = r.Record
			}
		}
		first = false
	}
}

// surer reports whether a number of factors counts before another: one, then what is not known, then two.
func surer(now, other int) bool {
	rank := [3]int{1, 0, 2}
	return rank[other] < rank[now]
}

// Factors is how many factors the way in demands, as far as is known; 0 is not known.
func (st *Standing) Factors() int {
	switch w := &st.Way; {
	case w.Logged && w.LogFactors > 0:
		return w.LogFactors
	case w.Verdict == verdict.PasswordOnly:
		return 1
	case w.PolicyFactors > 0:
		return w.PolicyFactors
	}
	if st.By == nil {
		return 0
	}
	return st.By.Factors
}

// Ways gives the ways in as the table from verdict to indicator takes them.
func Ways(list []Standing) []verdict.Way {
	out := make([]verdict.Way, len(list))
	for i := range list {
		out[i] = list[i].Way
	}
	return out
}

// Series is the series of the indicator that a source is counted in.
func (s Source) Series() verdict.Series {
	if s == Measured {
		return verdict.SeriesMeasured
	}
	return verdict.SeriesAttested
}
