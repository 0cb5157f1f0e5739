// SPDX-License-Identifier: EUPL-1.2

package followup

import (
	"testing"
	"time"

	"github.com/insegel/insegel/data"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/evidence"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/probe/verdict"
	"github.com/insegel/insegel/internal/system"
)

// TestKnownBy reads evidence: each source speaks in its own series alone, one weak way in is enough for a no, and what has ended says nothing.
func TestKnownBy(t *testing.T) {
	x, err := verdict.LoadIndicator(data.Files)
	if err != nil {
		t.Fatal(err)
	}
	on := civil.Date{Year: 2026, Month: time.November, Day: 28}
	front := system.LoginPath{ID: ids.New[system.LoginPath](), Audience: "staff"}
	back := system.LoginPath{ID: ids.New[system.LoginPath](), Audience: "support"}
	s := system.New("Ärendesystemet")
	s.Logins = []system.LoginPath{front, back}
	record := func(p system.LoginPath, source evidence.Source, v verdict.Verdict, g verdict.Grade, days int) evidence.Record {
		return evidence.Record{
			ID: ids.New[evidence.Record](), Path: p.ID, Kind: "EV_AUTHNREQ", Source: source, Subject: evidence.SubjectLogin, Verdict: v, Grade: g,
			Observed: on.AddDays(-30).Time(), Expires: on.AddDays(days), Outcome: evidence.For,
		}
	}
	strong := func(p system.LoginPath, days int) evidence.Record {
		return record(p, evidence.Measured, verdict.StrongDemanded, verdict.Tested, days)
	}
	weak := record(back, evidence.Measured, verdict.PasswordOnly, "", 30)
	disputed := func(r evidence.Record) evidence.Record {
		r.Dispute = &evidence.Dispute{By: "kim", At: on.Time()}
		return r
	}
	word := record(front, evidence.Attested, verdict.StrongDemanded, verdict.Attested, 30)
	for name, c := range map[string]struct {
		records []evidence.Record
		want    [NumSeries]catalogue.Truth
		current catalogue.Truth
	}{
		"nothing":                     {nil, [NumSeries]catalogue.Truth{catalogue.Maybe, catalogue.Maybe, catalogue.Maybe}, catalogue.Maybe},
		"both ways in are strong":     {[]evidence.Record{strong(front, 30), strong(back, 30)}, [NumSeries]catalogue.Truth{catalogue.Yes, catalogue.Maybe, catalogue.Maybe}, catalogue.Yes},
		"one is not known":            {[]evidence.Record{strong(front, 30)}, [NumSeries]catalogue.Truth{catalogue.Maybe, catalogue.Maybe, catalogue.Maybe}, catalogue.Yes},
		"one is weak":                 {[]evidence.Record{strong(front, 30), weak}, [NumSeries]catalogue.Truth{catalogue.No, catalogue.Maybe, catalogue.Maybe}, catalogue.Yes},
		"it has ended":                {[]evidence.Record{strong(front, -1), strong(back, -1)}, [NumSeries]catalogue.Truth{catalogue.Maybe, catalogue.Maybe, catalogue.Maybe}, catalogue.No},
		"a strong one is disputed":    {[]evidence.Record{strong(front, 30), disputed(strong(back, 30))}, [NumSeries]catalogue.Truth{catalogue.Maybe, catalogue.Maybe, catalogue.Maybe}, catalogue.Yes},
		"the weak one is disputed":    {[]evidence.Record{strong(front, 30), disputed(weak)}, [NumSeries]catalogue.Truth{catalogue.Maybe, catalogue.Maybe, catalogue.Maybe}, catalogue.Yes},
		"somebody's word, one way in": {[]evidence.Record{word}, [NumSeries]catalogue.Truth{catalogue.Maybe, catalogue.Maybe, catalogue.Maybe}, catalogue.Maybe},
	} {
		got := KnownBy(x, &s, c.records, on)
		if got["two_factor"] != c.want || got["evidence_current"][Measured] != c.current {
			t.Errorf("%s: two factors %v, want %v; current %v, want %v", name, got["two_factor"], c.want, got["evidence_current"][Measured], c.current)
		}
	}
}

// TestRoutineDisputed sees that a measurement of a routine that is said to be wrong counts in no direction, and does not bring back an older.
func TestRoutineDisputed(t *testing.T) {
	x, err := verdict.LoadIndicator(data.Files)
	if err != nil {
		t.Fatal(err)
	}
	on := civil.Date{Year: 2026, Month: time.November, Day: 28}
	s := system.New("Ärendesystemet")
	of := func(o evidence.Outcome) evidence.Record {
		return evidence.Record{Kind: "EV_SAMPLE", Source: evidence.Measured, Subject: evidence.SubjectLogReview, Outcome: o, SeenOn: on.AddDays(-3), Expires: on.AddDays(30)}
	}
	records := []evidence.Record{of(evidence.For), of(evidence.Against)}
	if got := KnownBy(x, &s, records, on)["log_reviewed"][Measured]; got != catalogue.No {
		t.Errorf("the latest review went badly, and is told as %v", got)
	}
	records[1].Dispute = &evidence.Dispute{By: "kim", At: on.Time()}
	if got := KnownBy(x, &s, records, on)["log_reviewed"][Measured]; got != catalogue.Maybe {
		t.Errorf("while that is disputed it is told as %v", got)
	}
	records[1].Dispute.Settled = on.Time()
	if got := KnownBy(x, &s, records, on)["log_reviewed"][Measured]; got != catalogue.No {
		t.Errorf("when it stands it is told as %v", got)
	}
}
