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
		"somebody's word, one way in": {[]evidence.Record{word}, [NumSeries]catalogue.Truth{catalogue.Maybe, catalogue.Maybe, catalogue.Maybe}, catalogue.Maybe},
	} {
		got := KnownBy(x, &s, c.records, on)
		if got["two_factor"] != c.want || got["evidence_current"][Measured] != c.current {
			t.Errorf("%s: two factors %v, want %v; current %v, want %v", name, got["two_factor"], c.want, got["evidence_current"][Measured], c.current)
		}
	}
}
