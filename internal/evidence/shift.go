// SPDX-License-Identifier: EUPL-1.2

package evidence

import (
	"time"

	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/probe/verdict"
	"github.com/insegel/insegel/internal/system"
)

// Direction is which way something has changed.
type Direction string

// The directions.
const (
	Worse  Direction = "worse"
	Better Direction = "better"
)

// Shift says that something measured has become worse or better, until somebody has taken note of it. A change for the worse is to be
// looked at the same day; one for the better may end actions, when somebody confirms it.
type Shift struct {
	ID        ids.ID[Shift]
	System    ids.ID[system.System]
	Path      ids.ID[system.LoginPath]
	Subject   string
	Record    ids.ID[Record]
	Direction Direction
	// Was and Became are verdicts of sign-in, or outcomes of something else.
	Was, Became string
	Seen        time.Time
	// Noted is when somebody took note of it; zero when nobody has.
	Noted   time.Time
	NotedBy string
}

// shifted tells which way a measurement changes what was known; "" when it is the first, says nothing new, or shows nothing. records are
// the system's, oldest first, without the new one.
func shifted(x *verdict.Indicator, records []Record, r *Record, on civil.Date) (Shift, bool) {
	if r.Source != Measured {
		return Shift{}, false
	}
	s := Shift{ID: ids.New[Shift](), System: r.System, Path: r.Path, Subject: r.Subject, Record: r.ID, Seen: r.At}
	if r.Quality != "" {
		return qualityShift(s, records, r)
	}
	if r.Subject != SubjectLogin {
		return outcomeShift(s, records, r)
	}
	earlier := false
	for i := range records {
		o := &records[i]
		earlier = earlier || o.Subject == SubjectLogin && o.Source == Measured && o.Path == r.Path && o.Withdrawn.IsZero()
	}
	if !earlier {
		return Shift{}, false
	}
	was, became := standing(records, r.Path, on), standing(append(records[:len(records):len(records)], *r), r.Path, on)
	s.Was, s.Became = was.told(), became.told()
	s.Direction = turned(x, &was, &became)
	return s, s.Direction != ""
}

// outcomeShift compares a record with the one that it replaces.
func outcomeShift(s Shift, records []Record, r *Record) (Shift, bool) {
	var was Outcome
	for i := range records {
		o := &records[i]
		if o.Subject == r.Subject && o.Source == r.Source && o.Path == r.Path && o.Scope == r.Scope && o.Kind == r.Kind && o.Withdrawn.IsZero() && o.Outcome != Unclear {
			was = o.Outcome
		}
	}
	switch {
	case was == For && r.Outcome == Against:
		s.Direction = Worse
	case was == Against && r.Outcome == For:
		s.Direction = Better
	}
	s.Was, s.Became = string(was), string(r.Outcome)
	return s, s.Direction != ""
}

// qualityShift compares how good encryption is with how good it was, the last time that it could be seen.
func qualityShift(s Shift, records []Record, r *Record) (Shift, bool) {
	was := verdict.Unmeasured
	for i := range records {
		o := &records[i]
		if o.Subject == r.Subject && o.Source == r.Source && o.Path == r.Path && o.Scope == r.Scope && o.Withdrawn.IsZero() && o.Quality != "" && o.Quality != verdict.Unmeasured {
			was = o.Quality
		}
	}
	switch {
	case r.Quality.WorseThan(was):
		s.Direction = Worse
	case was.WorseThan(r.Quality):
		s.Direction = Better
	}
	s.Was, s.Became = string(was), string(r.Quality)
	return s, s.Direction != ""
}

// standing is what was measured of one way in, with what has ended counted too: that a measurement has grown old changes nothing.
func standing(records []Record, path ids.ID[system.LoginPath], on civil.Date) Standing {
	open := make([]Record, len(records))
	copy(open, records)
	for i := range open {
		if !on.Before(open[i].Expires) {
			open[i].Expires = on.AddDays(1)
		}
	}
	var logins Logins
	logins.Read(open)
	st := Standing{Path: system.LoginPath{ID: path}}
	st.collect(logins.Of(Measured), on)
	return st
}

// told is a standing as a word: its verdict, or what logs and rules say where there is none.
func (st *Standing) told() string {
	switch w := &st.Way; {
	case w.Verdict != "" && w.Verdict != verdict.Unknown:
		return string(w.Verdict)
	case w.Logged && w.LogFactors == 1:
		return "log_one_factor"
	case w.Logged && w.LogFactors >= 2:
		return "log_two_factors"
	case w.PolicyFactors >= 2:
		return "policy_two_factors"
	}
	return string(verdict.Unknown)
}

// turned tells which way a way in has changed. That something can no longer be seen is no change: absence proves nothing.
func turned(x *verdict.Indicator, was, became *Standing) Direction {
	before, _ := x.Way(was.Way, verdict.TwoFactors, verdict.SeriesMeasured)
	after, _ := x.Way(became.Way, verdict.TwoFactors, verdict.SeriesMeasured)
	rank := map[verdict.Status]int{verdict.NotMet: 0, verdict.NotShown: 1, verdict.Met: 2}
	v := became.Way.Verdict
	telling := after != verdict.NotShown || v != "" && v != verdict.Unknown
	switch {
	case !telling:
		return ""
	case rank[after] < rank[before]:
		return Worse
	case before == verdict.NotMet && after != verdict.NotMet:
		return Better
	case before == after:
		return stepped(was.Way.Verdict, v)
	}
	return ""
}

// stepped compares two verdicts that answer alike. What is not known is neither above nor below.
func stepped(was, became verdict.Verdict) Direction {
	known := func(v verdict.Verdict) bool { return v != "" && v != verdict.Unknown }
	switch {
	case !known(was) || !known(became):
		return ""
	case became.Weaker(was):
		return Worse
	case was.Weaker(became):
		return Better
	}
	return ""
}
