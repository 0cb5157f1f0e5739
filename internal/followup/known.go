// SPDX-License-Identifier: EUPL-1.2

package followup

import (
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/evidence"
	"github.com/insegel/insegel/internal/probe/verdict"
	"github.com/insegel/insegel/internal/system"
)

// sources are where the evidence of each series comes from.
var sources = [NumSeries]evidence.Source{evidence.Measured, evidence.Attested, evidence.SelfAssessed}

// routines are the subjects of evidence that say whether a fact holds.
var routines = map[string]string{
	"role_model": evidence.SubjectRoleModel, "access_reviewed": evidence.SubjectAccessReview, "log_reviewed": evidence.SubjectLogReview,
}

// KnownBy tells what the evidence of one system shows on a day, each series from its own source. One that has ended shows nothing.
func KnownBy(x *verdict.Indicator, s *system.System, records []evidence.Record, on civil.Date) Known {
	out := Known{}
	set := func(fact string, series int, t catalogue.Truth) {
		known := out[fact]
		if _, told := out[fact]; !told {
			known = [NumSeries]catalogue.Truth{catalogue.Maybe, catalogue.Maybe, catalogue.Maybe}
		}
		known[series] = t
		out[fact] = known
	}
	for series, source := range sources {
		standings := evidence.Standings(s.Logins, records, source, on)
		ways := evidence.Ways(standings)
		set("two_factor", series, met(x.System(ways, verdict.TwoFactors, source.Series(), verdict.SystemOptions{}).Status))
		set("loa3", series, met(x.System(ways, verdict.LoA3, source.Series(), verdict.SystemOptions{}).Status))
		set("resident_loa3", series, met(x.System(residents(ways), verdict.LoA3, source.Series(), verdict.SystemOptions{}).Status))
		set("evidence_current", series, current(standings))
		for fact, subject := range routines {
			set(fact, series, latest(records, subject, source, on))
		}
	}
	return out
}

func met(s verdict.Status) catalogue.Truth { return truth(s == verdict.Met, s != verdict.NotShown) }

// residents are the ways in that residents use.
func residents(ways []verdict.Way) []verdict.Way {
	var out []verdict.Way
	for _, w := range ways {
		if w.Who == verdict.Residents {
			out = append(out, w)
		}
	}
	return out
}

// current tells whether every known way in has evidence that still counts: no when some had and it has ended.
func current(list []evidence.Standing) catalogue.Truth {
	out := catalogue.Maybe
	for i := range list {
		switch {
		case list[i].By != nil:
			if out == catalogue.Maybe {
				out = catalogue.Yes
			}
		case list[i].Old != nil:
			return catalogue.No
		}
	}
	return out
}

// latest tells what the last record about a subject says, of those that count.
func latest(records []evidence.Record, subject string, source evidence.Source, on civil.Date) catalogue.Truth {
	out := catalogue.Maybe
	for i := range records {
		r := &records[i]
		if r.Subject != subject || r.Source != source || !r.Valid(on) {
			continue
		}
		switch {
		case r.Disputed():
			out = catalogue.Maybe // said to be wrong, and not settled: neither it nor what is older counts
		case r.Outcome == evidence.For:
			out = catalogue.Yes
		case r.Outcome == evidence.Against:
			out = catalogue.No
		}
	}
	return out
}
