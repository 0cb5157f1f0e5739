// SPDX-License-Identifier: EUPL-1.2

package requirement_test

import (
	"testing"

	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/catalogue/cataloguetest"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/evidence"
	"github.com/insegel/insegel/internal/probe/verdict"
	"github.com/insegel/insegel/internal/requirement"
	"github.com/insegel/insegel/internal/system"
)

// viewOf is a system with facts, ways in and records.
func viewOf(t *testing.T, facts []catalogue.Statement, logins []system.LoginPath, records ...evidence.Record) requirement.View {
	t.Helper()
	v := requirement.View{System: system.System{Logins: logins}, Records: records, Today: civil.Of(judgedOn)}
	v.Subject.Facts, _ = cataloguetest.Load(t).Vocabulary.Resolve(catalogue.Source{Kind: catalogue.SourceSubject, Statements: facts}, nil)
	return v
}

var (
	social   = statements("area", "socialtjanst")
	health   = statements("area", "hsl")
	staff    = system.LoginPath{ID: "staff", Audience: "staff", Zone: "internal"}
	resident = system.LoginPath{ID: "all", Audience: "residents", Zone: "internet"}
)

// TestSignIns counts systems by area, goal and source: what is measured, attested and believed is never mixed, and what is not shown is
// counted and never met.
func TestSignIns(t *testing.T) {
	p := proof(t)
	guess := statement("staff")
	guess.Source, guess.Grade = evidence.SelfAssessed, ""
	views := []requirement.View{
		viewOf(t, social, []system.LoginPath{staff}, ago(t, 1, signIns("staff", 2, 3))),                                                         // measured
		viewOf(t, social, []system.LoginPath{staff, resident}, ago(t, 1, signIns("staff", 2, 3)), ago(t, 1, page("all", verdict.PasswordOnly))), // weak
		viewOf(t, social, []system.LoginPath{staff}, ago(t, 9, statement("staff"))),                                                             // attested
		viewOf(t, social, []system.LoginPath{staff}, ago(t, 9, guess)),                                                                          // believed
		viewOf(t, social, nil), // nothing known
		viewOf(t, health, []system.LoginPath{staff, resident}, ago(t, 1, signIns("staff", 2, 0)), ago(t, 1, page("all", verdict.PasswordOnly))), // staff alone count
		viewOf(t, statements("area", "skola"), []system.LoginPath{staff}, ago(t, 1, page("staff", verdict.PasswordOnly))),                       // another area
		viewOf(t, social, []system.LoginPath{staff}, ago(t, 91, signIns("staff", 2, 3))),                                                        // too old
		viewOf(t, social, []system.LoginPath{staff}, disputed(ago(t, 1, signIns("staff", 2, 3)))),                                               // disputed
		viewOf(t, social, []system.LoginPath{staff}, disputed(ago(t, 1, page("staff", verdict.PasswordOnly)))),                                  // disputed
	}
	list := p.SignIns(views)
	for name, c := range map[string]struct {
		source evidence.Source
		goal   int
		area   requirement.Area
		want   requirement.Count
		answer verdict.Answer
	}{
		"measured, social services":      {evidence.Measured, requirement.TwoFactors, requirement.SocialServices, requirement.Count{Met: 1, NotMet: 1, NotShown: 6}, verdict.Partly},
		"measured, level 3":              {evidence.Measured, requirement.LevelThree, requirement.SocialServices, requirement.Count{Met: 1, NotMet: 1, NotShown: 6}, verdict.Partly},
		"attested, social services":      {evidence.Attested, requirement.TwoFactors, requirement.SocialServices, requirement.Count{Met: 1, NotShown: 7}, verdict.NotKnown},
		"self-assessed, social services": {evidence.SelfAssessed, requirement.TwoFactors, requirement.SocialServices, requirement.Count{Met: 1, NotShown: 7}, verdict.NotKnown},
		"measured, health care":          {evidence.Measured, requirement.TwoFactors, requirement.HealthCare, requirement.Count{Met: 1}, verdict.Yes},
		"level 3, health care":           {evidence.Measured, requirement.LevelThree, requirement.HealthCare, requirement.Count{NotShown: 1}, verdict.NotKnown},
		"measured, all":                  {evidence.Measured, requirement.TwoFactors, requirement.AllAreas, requirement.Count{Met: 2, NotMet: 2, NotShown: 6}, verdict.Partly},
	} {
		if got := p.Tally(list, c.source, c.goal, c.area); got != c.want {
			t.Errorf("%s: got %+v, want %+v", name, got, c.want)
		}
		if got := p.Municipality(list, c.source, c.goal, c.area); got != c.answer {
			t.Errorf("%s: the municipality answers %s, want %s", name, got, c.answer)
		}
	}
	if w := list[1].Of(evidence.Measured).Weakest(requirement.TwoFactors); w == nil || w.Path.ID != "all" {
		t.Errorf("the weakest way in is %+v", w)
	}
	if got := (requirement.Count{Met: 1, NotMet: 1, NotShown: 1}).Share(); got != 33 {
		t.Errorf("the share is %d", got)
	}
}
