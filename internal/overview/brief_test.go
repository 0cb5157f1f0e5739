// SPDX-License-Identifier: EUPL-1.2

package overview

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/insegel/insegel/data"
	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/approval"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/followup"
	"github.com/insegel/insegel/internal/procurement"
	"github.com/insegel/insegel/internal/risk"
)

// TestFigures takes the first three questions that have an answer, in the catalogue's order for managers, and compares with what was only
// where it was counted by the same definition.
func TestFigures(t *testing.T) {
	c := compiled(t).Catalogue
	e := followup.NewEngine(c)
	now := make(followup.Tallies, len(e.Indicators))
	set := func(id string, tally followup.Tally) {
		i, _ := e.Index(id)
		now[i][followup.Measured] = tally
	}
	set("KRAV_UPPFYLLDA", followup.Tally{Rows: 4, Yes: 1, No: 3})
	set("ATGARDER_I_TID", followup.Tally{Rows: 4, Yes: 4})
	set("INFOKLASS", followup.Tally{Rows: 4, Yes: 3, Unknown: 1})
	set("PUB_AVTAL", followup.Tally{Rows: 4, Yes: 3, Unknown: 1})
	day := civil.Date{Year: 2026, Month: time.September, Day: 30}
	was := []followup.Point{
		{On: day, Value: followup.Value{Indicator: "INFOKLASS", Definition: 1, Count: followup.Count{Numerator: 2, Denominator: 4}}},
		{On: day, Value: followup.Value{Indicator: "ATGARDER_I_TID", Definition: 99, Count: followup.Count{Numerator: 2, Denominator: 4}}},
	}
	got := figures(e, now, was)
	var names []string
	for i := range got {
		names = append(names, got[i].Indicator.ID)
	}
	if want := []string{"INFOKLASS", "ATGARDER_I_TID", "KRAV_UPPFYLLDA"}; !slices.Equal(names, want) {
		t.Fatalf("got %v, want %v: what has nothing to count is no answer", names, want)
	}
	if up, ok := got[0].Change(followup.Measured); !ok || up != 25 || got[0].Since != day {
		t.Errorf("the share has risen by %v, %v", up, ok)
	}
	if _, ok := got[1].Change(followup.Measured); ok {
		t.Error("a value is compared with one that another definition counted")
	}
	if _, ok := got[0].Change(followup.Attested); ok {
		t.Error("a series is compared with another")
	}
	for i := range got {
		if got[i].Indicator.Asks.In(catalogue.SV) == "" {
			t.Errorf("%s asks nothing", got[i].Indicator.ID)
		}
	}
}

// TestWaits puts the reader's own decisions first, then the most pressing.
func TestWaits(t *testing.T) {
	today := day0()
	owner := access.Actor{Organisation: "o", Held: []access.Held{{Role: access.SystemOwner, Unit: "mine"}}}
	systems := []Sum{
		{Slug: "a", Name: "A", UnitID: "theirs", Unit: "Theirs", Standing: Draft, Drafted: today.Time(), Owner: "Kim"},
		{Slug: "b", Name: "B", UnitID: "mine", Standing: Draft, Drafted: today.Time()},
		{Slug: "c", Name: "C", UnitID: "mine", Standing: Expired, ValidUntil: today.AddDays(-3)},
		{Slug: "d", Name: "D", UnitID: "mine", Standing: Classified, ValidUntil: today.AddDays(300)},
		{Slug: "e", Name: "E", UnitID: "mine", Standing: Stopped},
	}
	risks := []risk.Listed{
		{Name: "small", UnitID: "mine", Rank: 1},
		{Name: "large", UnitID: "mine", Rank: 4},
		{Name: "decided", UnitID: "mine", Rank: 5, Treatment: risk.Reduce},
		{Name: "unweighed", UnitID: "mine"},
	}
	changes := []approval.Told{{Request: approval.Request{Expires: today.Time()}}, {Why: access.ErrDenied}}
	got := waits(&deciding{Systems: systems, Risks: risks, Changes: changes}, owner, today)
	var kinds []WaitKind
	mine := 0
	for _, w := range got {
		kinds = append(kinds, w.Kind)
		if w.Mine {
			mine++
		}
	}
	if want := []WaitKind{WaitApproval, WaitRenew, WaitDecide, WaitRisk, WaitRisk, WaitDecide}; !slices.Equal(kinds, want) || mine != 5 {
		t.Fatalf("got %v of which %d are mine, want %v", kinds, mine, want)
	}
	if got[3].Rank != 4 || got[5].Owner != "Kim" {
		t.Errorf("the larger risk comes first, and what waits for others says for whom: %+v", got)
	}
	if two := few(got[2:]); two[0].Kind != WaitDecide || two[1].Kind != WaitRisk {
		t.Errorf("two decisions of different kinds: %+v", two)
	}
	if w := worst([]risk.Listed{{Rank: 5, Treatment: risk.Accept}, {Name: "x", Rank: 4, Treatment: risk.Reduce}}); w == nil || w.Name != "x" {
		t.Errorf("the largest that nobody has accepted: %+v", w)
	}
	if q := quarter(civil.Date{Year: 2026, Month: time.November, Day: 29}); q != (civil.Date{Year: 2026, Month: time.October, Day: 1}) {
		t.Errorf("the quarter began %s", q)
	}
}

// TestAskedDecisions takes in what other slices say waits: incidents whose clock runs first, then impact assessments, and annexes to accept.
func TestAskedDecisions(t *testing.T) {
	today := day0()
	tasks := []Task{
		{Kind: TaskReview, Slug: "a", Name: "A"}, // to look over again is no decision
		{Kind: TaskRuling, Slug: "b", Name: "B"},
		{Kind: TaskIncident, Name: "Without a clock", Path: "/incidenter/2"},
		{Kind: TaskIncident, Name: "With a clock", Path: "/incidenter/1", Due: today.AddDays(2), By: today.AddDays(2).Time()},
		{Kind: TaskOpinion, Slug: "c", Name: "C"},
	}
	annexes := []procurement.Waiting{
		{Kind: procurement.WaitReplies, Name: "D", Path: "/system/d/leverantorssvar", Count: 3, Mine: true},
		{Kind: procurement.WaitAward, Name: "E", Path: "/upphandling/planerad/e/anbud"},
	}
	got := waits(&deciding{Others: waitElsewhere(tasks, annexes)}, access.Actor{}, today)
	var told []string
	for _, w := range got {
		told = append(told, string(w.Kind)+" "+w.Href)
	}
	want := []string{
		"incident /incidenter/1", "incident /incidenter/2", "ruling /system/b/konsekvensbedomning", "opinion /system/c/konsekvensbedomning",
		"replies /system/d/leverantorssvar", "award /upphandling/planerad/e/anbud",
	}
	if !slices.Equal(told, want) || got[4].Count != 3 || got[5].Mine || !got[0].Mine {
		t.Errorf("got %q, want %q", told, want)
	}
}

// TestBrief opens the page: as the coordinator with a value of the quarter before to compare with, as an owner of a part, which has none, and
// as somebody whose it is not.
func TestBrief(t *testing.T) {
	d := dbtest.SQLite(t)
	w := start(t, d)
	seed(t, d, w.s, w.actor, 12)
	scale, err := risk.LoadScale(data.Files)
	must(t, err)
	w.s.Followup = &followup.Service{DB: d, Engine: followup.NewEngine(w.s.catalogue()), Requirements: w.s.requirements}
	w.s.Risks = &risk.Service{DB: d, Requirements: w.s.requirements, Scale: scale}
	d.Now = func() time.Time { return clock.AddDate(0, -2, 0) }
	must(t, w.s.Followup.Snapshot(ctx, w.actor))
	d.Now = func() time.Time { return clock }
	w.actors["lead"] = access.Actor{ID: "lead", Name: "Samordnaren", Organisation: w.actor.Organisation, Roles: []access.Role{access.Coordinator}}
	w.become("lead")
	p := w.open(t, BriefPath)
	if n := len(p.All("section[aria-labelledby=fragor] li")); n == 0 || n > briefFigures {
		t.Errorf("%d questions", n)
	}
	if n := len(p.All("section[aria-labelledby=beslut] li")); n > briefWaits {
		t.Errorf("%d decisions", n)
	}
	spaced := strings.NewReplacer("\u00a0", " ")
	if text := spaced.Replace(p.Text("section[aria-labelledby=fragor]")); !strings.Contains(text, "sedan 23 september 2026") {
		t.Errorf("the page does not compare with the quarter before: %s", text)
	}
	if !strings.Contains(w.open(t, "/").Body, `href="`+BriefPath+`"`) {
		t.Error("the start page does not lead there")
	}
	units, err := w.s.Home(ctx, w.actor, "")
	must(t, err)
	w.actors["owner"] = access.Actor{
		ID: "owner", Name: "Ägaren", Organisation: w.actor.Organisation, Held: []access.Held{{Role: access.SystemOwner, Unit: access.UnitID(units.Units[0].ID)}},
	}
	w.become("owner")
	if text := spaced.Replace(w.open(t, BriefPath).Text("main")); strings.Contains(text, "sedan 23 september") || !strings.Contains(text, "de enheter som du ansvarar för") {
		t.Errorf("a part is compared with the whole: %s", text)
	}
	w.become("auditor")
	if p := w.Get(BriefPath); p.Status != http.StatusForbidden {
		t.Errorf("an auditor gets %d", p.Status)
	}
}
