// SPDX-License-Identifier: EUPL-1.2

package evidence

import (
	"slices"
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

// Shift says that something measured has become worse or better, or that somebody says less than was said before, until somebody has taken note
// of it. A change for the worse is to be looked at the same day; one for the better may end actions, when somebody confirms it.
type Shift struct {
	ID        ids.ID[Shift]
	System    ids.ID[system.System]
	Path      ids.ID[system.LoginPath]
	Subject   string
	Record    ids.ID[Record]
	Direction Direction
	// Source is how it is known. What somebody says only ever becomes worse: a word ends no action.
	Source Source
	// Was and Became are verdicts of sign-in, or outcomes of something else.
	Was, Became string
	Seen        time.Time
	// Noted is when somebody took note of it; zero when nobody has.
	Noted   time.Time
	NotedBy string
}

// shifted tells which way a record changes what was known; "" when it is the first, says nothing new, or shows nothing. records are the
// system's, oldest first, without the new one.
func shifted(x *verdict.Indicator, records []Record, r *Record, on civil.Date) (Shift, bool) {
	s := Shift{ID: ids.New[Shift](), System: r.System, Path: r.Path, Subject: r.Subject, Record: r.ID, Source: r.Source, Seen: r.At}
	earlier := slices.DeleteFunc(slices.Clone(records), func(o Record) bool { return !sameSort(&o, r) })
	var changed bool
	switch {
	case len(earlier) == 0:
		return Shift{}, false
	case r.Quality != "":
		s, changed = qualityShift(s, earlier, r)
	case r.Subject == SubjectLogin && len(r.About) == 0:
		s, changed = loginShift(x, s, earlier, r, on)
	default:
		s, changed = outcomeShift(s, earlier, r)
	}
	if s.Source != Measured && s.Direction != Worse {
		return Shift{}, false // what is said makes nothing better before it is measured
	}
	return s, changed
}

// sameSort reports whether an earlier record says something of the same, known in the same way. Of measurements only one of the same kind
// replaces another, but for sign-in, where all are summed up; of what is said the latest is what holds, whoever said it and however surely, and
// something said of an earlier day takes nothing back.
func sameSort(o, r *Record) bool {
	if o.Subject != r.Subject || o.Path != r.Path || !o.Withdrawn.IsZero() || !slices.Equal(o.About, r.About) || (o.Source == Measured) != (r.Source == Measured) {
		return false
	}
	if r.Source != Measured {
		return !r.SeenOn.Before(o.SeenOn)
	}
	return r.Subject == SubjectLogin && len(r.About) == 0 || o.Scope == r.Scope && (r.Quality != "" || o.Kind == r.Kind)
}

// loginShift compares what is known of a way in with what was.
func loginShift(x *verdict.Indicator, s Shift, records []Record, r *Record, on civil.Date) (Shift, bool) {
	was, became := standing(records, r, on), standing(append(records, *r), r, on)
	s.Was, s.Became = was.told(), became.told()
	s.Direction = turned(x, &was, &became, r.Source.Series())
	return s, s.Direction != ""
}

// outcomeShift compares a record with the one that it replaces.
func outcomeShift(s Shift, records []Record, r *Record) (Shift, bool) {
	var was Outcome
	for i := range records {
		if o := records[i].Outcome; o != Unclear {
			was = o
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
		if q := records[i].Quality; q != "" && q != verdict.Unmeasured {
			was = q
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

// standing is what is known of the way in that a record is of, with what has ended counted too: that something has grown old changes nothing.
// What is said is summed up whoever said it.
func standing(records []Record, r *Record, on civil.Date) Standing {
	open := make([]*Record, len(records))
	for i := range records {
		o := records[i]
		if !on.Before(o.Expires) {
			o.Expires = on.AddDays(1)
		}
		if r.Source != Measured {
			o.Scope = "" // the latest word holds
		}
		open[i] = &o
	}
	st := Standing{Path: system.LoginPath{ID: r.Path}}
	st.collect(open, on)
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
func turned(x *verdict.Indicator, was, became *Standing, in verdict.Series) Direction {
	before, _ := x.Way(was.Way, verdict.TwoFactors, in)
	after, _ := x.Way(became.Way, verdict.TwoFactors, in)
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
