// SPDX-License-Identifier: EUPL-1.2

package followup

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/insegel/insegel/data"
	"github.com/insegel/insegel/internal/action"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/catalogue/cataloguetest"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/evidence"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/probe/verdict"
	"github.com/insegel/insegel/internal/requirement"
	"github.com/insegel/insegel/internal/system"
)

// raising is an engine with one indicator, of systems: the fact 0 says which are counted, and 1 which are met.
func raising(answer, direction string) *Engine {
	ind := &catalogue.Indicator{ID: "X", Answer: answer, Direction: direction, Of: "system"}
	return &Engine{Indicators: []*catalogue.Indicator{ind}, rules: []compiled{{System, rule{{yes: 1}}, rule{{yes: 2}}, settledByOne(answer)}}}
}

func counted(met catalogue.Truth) Row {
	r := Row{Kind: System, N: 1}
	r.SayAll(0, catalogue.Yes)
	r.SayAll(1, met)
	return r
}

// met makes the effect that some steps together have a row met.
func metBy(row int, needs ...int) Effect { return Effect{row, 1, catalogue.Yes, needs} }

func TestRaiseOrders(t *testing.T) {
	two := []Row{counted(catalogue.No), counted(catalogue.Maybe), counted(catalogue.Yes)}
	type step struct {
		step, with int
		after      int64 // the numerator
	}
	for name, c := range map[string]struct {
		answer, direction string
		rows              []Row
		effects           []Effect
		want              []step
	}{
		"the one that is enough alone comes before the two that are needed together": {
			catalogue.AnswerShare, "up", two, []Effect{metBy(0, 0, 1), metBy(1, 2)}, []step{{2, 1, 2}, {0, 2, 2}, {1, 2, 3}},
		},
		"one step that settles two rows comes first": {
			catalogue.AnswerShare, "up",
			[]Row{counted(catalogue.No), counted(catalogue.No), counted(catalogue.No)},
			[]Effect{metBy(0, 0), metBy(1, 1), metBy(2, 1)},
			[]step{{1, 1, 2}, {0, 1, 3}},
		},
		"a step that two rows share makes the second nearer": {
			catalogue.AnswerShare, "up",
			[]Row{counted(catalogue.No), counted(catalogue.No), counted(catalogue.No)},
			[]Effect{metBy(0, 0, 1), metBy(1, 1, 2), metBy(2, 3)},
			[]step{{3, 1, 1}, {0, 2, 1}, {1, 2, 2}, {2, 1, 3}},
		},
		"all must be met, and only the last moves the number": {
			catalogue.AnswerEvery, "up", two, []Effect{metBy(0, 0, 1), metBy(1, 2)}, []step{{2, 1, 0}, {0, 2, 0}, {1, 2, 1}},
		},
		"one is enough, and the nearest is chosen": {
			catalogue.AnswerAny, "up", two[:2], []Effect{metBy(0, 0, 1), metBy(1, 2)}, []step{{2, 1, 1}},
		},
		"less is better, and one is enough": {
			catalogue.AnswerNone, "down", []Row{counted(catalogue.No), counted(catalogue.No)}, []Effect{metBy(0, 0), metBy(1, 1)}, []step{{0, 1, 0}},
		},
		"nothing can be done": {catalogue.AnswerShare, "up", two, nil, nil},
		"it is as good as it can be": {
			catalogue.AnswerShare, "up", two[2:], []Effect{metBy(0, 0)}, nil,
		},
	} {
		e := raising(c.answer, c.direction)
		got := e.Raise(0, Measured, c.rows, c.effects, 10)
		var steps []step
		for _, x := range got.Steps {
			steps = append(steps, step{x.Step, x.With, x.After.Numerator})
		}
		if !slices.Equal(steps, c.want) {
			t.Errorf("%s: got %v, want %v", name, steps, c.want)
		}
	}
}

// TestRaiseTellsWhatItCannot counts what hangs on whether it counts at all, and what nothing changes.
func TestRaiseTellsWhatItCannot(t *testing.T) {
	open := Row{Kind: System, N: 3}
	open.SayAll(1, catalogue.No)
	got := raising(catalogue.AnswerShare, "up").Raise(0, Measured, []Row{open, counted(catalogue.No), counted(catalogue.No)}, []Effect{metBy(1, 0)}, 10)
	if got.Unsettled != 3 || got.Beyond != 1 || len(got.Steps) != 1 || got.Steps[0].After != (Count{1, 5, 3}) {
		t.Errorf("%+v", got)
	}
	many := []Row{counted(catalogue.No), counted(catalogue.No), counted(catalogue.No)}
	got = raising(catalogue.AnswerShare, "up").Raise(0, Measured, many, []Effect{metBy(0, 0), metBy(1, 1), metBy(2, 2)}, 2)
	if len(got.Steps) != 2 || got.More != 1 {
		t.Errorf("two of three: %d shown, %d more", len(got.Steps), got.More)
	}
}

// TestRaiseCountsAsTheCountDoes draws rows and steps, and counts each promise anew with the engine's own count: what is promised after each
// step, and for each alone, is what the count gives. The value never falls, and no other series is touched.
func TestRaiseCountsAsTheCountDoes(t *testing.T) {
	e := NewEngine(cataloguetest.Load(t))
	rapid.Check(t, func(t *rapid.T) {
		i := rapid.IntRange(0, len(e.Indicators)-1).Draw(t, "indicator")
		s := Series(rapid.IntRange(0, NumSeries-1).Draw(t, "series"))
		facts := e.facts(i)
		var rows []Row
		var effects []Effect
		for j := range rapid.IntRange(0, 7).Draw(t, "rows") {
			r := Row{Kind: e.rules[i].kind, N: rapid.Uint32Range(1, 3).Draw(t, "n")}
			for series := range r.Yes {
				yes, no := rapid.Uint64().Draw(t, "yes"), rapid.Uint64().Draw(t, "no")
				r.Yes[series], r.No[series] = Facts(yes|no), Facts(no&^yes)
			}
			rows = append(rows, r)
			for _, fact := range facts {
				if needs := rapid.SliceOfNDistinct(rapid.IntRange(0, 5), 0, 3, rapid.ID[int]).Draw(t, "needs"); len(needs) > 0 {
					effects = append(effects, Effect{j, fact, catalogue.Yes, needs})
				}
			}
		}
		supposed := func(taken ...int) Tallies {
			out := slices.Clone(rows)
			for _, x := range effects {
				if !slices.ContainsFunc(x.Needs, func(n int) bool { return !slices.Contains(taken, n) }) {
					out[x.Row].Say(x.Fact, s, x.Truth)
				}
			}
			return e.Tally(out)
		}
		got := e.Raise(i, s, rows, effects, 100)
		var taken []int
		last := got.Rows
		for _, x := range got.Steps {
			taken = append(taken, x.Step)
			if after := supposed(taken...)[i][s]; after != x.Rows || after.Count(e.Indicators[i].Answer) != x.After {
				t.Fatalf("after %v: promised %+v %+v, counted %+v", taken, x.Rows, x.After, after)
			}
			if alone := supposed(x.Step)[i][s].Count(e.Indicators[i].Answer); alone != x.Alone {
				t.Fatalf("alone %d: promised %+v, counted %+v", x.Step, x.Alone, alone)
			}
			if x.Rows.Yes < last.Yes {
				t.Fatalf("%v: fewer rows are met", taken)
			}
			last = x.Rows
		}
		before, after := e.Tally(rows), supposed(taken...)
		for n := range before {
			for other := range Series(NumSeries) {
				if other != s && before[n][other] != after[n][other] {
					t.Fatalf("what is supposed in %s changed %s", s, other)
				}
			}
		}
	})
}

// raiseMaterial is one system in the social services with three ways in: one strong, one weak, one that nothing is known of.
func raiseMaterial(t *testing.T) (*requirement.Service, *Material) {
	t.Helper()
	c := cataloguetest.Load(t)
	x, err := verdict.LoadIndicator(data.Files)
	if err != nil {
		t.Fatal(err)
	}
	life, err := evidence.LoadLife(data.Files)
	if err != nil {
		t.Fatal(err)
	}
	proof, err := requirement.LoadProof(data.Files, c, x, life)
	if err != nil {
		t.Fatal(err)
	}
	service := &requirement.Service{Engine: requirement.NewEngine(c), Proof: proof}
	s := system.New("Ärendesystemet")
	s.State = "in-use"
	for _, audience := range []string{"staff", "administrators", "support"} {
		s.Logins = append(s.Logins, system.LoginPath{ID: ids.New[system.LoginPath](), Audience: audience, Zone: "internet"})
	}
	on := civil.Date{Year: 2026, Month: time.November, Day: 28}
	told := catalogue.Source{Kind: catalogue.SourceSubject, Ref: "x"}
	for _, x := range [][2]string{{"area", "socialtjanst"}, {"personal_data", "yes"}, {"supplier", "yes"}, {"open_network", "yes"}} {
		told.Statements = append(told.Statements, catalogue.Statement{Fact: x[0], Value: x[1]})
	}
	v := requirement.View{System: s, Today: on}
	for a := range v.Subject.Steps {
		v.Subject.Steps[a] = catalogue.Serious
	}
	v.Subject.Facts, _ = c.Vocabulary.Resolve(told, nil)
	v.Records = []evidence.Record{seen(s.Logins[0], verdict.StrongDemanded, on), seen(s.Logins[1], verdict.PasswordOnly, on)}
	m := &Material{Today: on, Views: []requirement.View{v}}
	m.Evidence = map[ids.ID[system.System]]Known{s.ID: KnownBy(x, &s, v.Records, on)}
	return service, m
}

func seen(p system.LoginPath, v verdict.Verdict, on civil.Date) evidence.Record {
	return evidence.Record{
		ID: ids.New[evidence.Record](), Path: p.ID, Kind: "EV_AUTHNREQ", Source: evidence.Measured, Subject: evidence.SubjectLogin, Verdict: v, Grade: verdict.Tested,
		Observed: on.Time(), SeenOn: on, Expires: on.AddDays(90), Outcome: evidence.For,
	}
}

// TestRemedyClosesEveryWay makes the steps of a system with several ways in, and compares what they promise with what the evidence gives
// once it is there: not before the last way is closed, and then in the measured series alone.
func TestRemedyClosesEveryWay(t *testing.T) {
	service, m := raiseMaterial(t)
	e := NewEngine(service.Engine.Catalogue)
	i, _ := e.Index("STARK_AUT_SOC_ANDEL")
	rows, remedies, err := e.Remedy(service, m, i, Measured)
	if err != nil {
		t.Fatal(err)
	}
	if len(remedies.Steps) != 2 {
		t.Fatalf("the weak way in and the unknown one are two steps; got %+v", remedies.Steps)
	}
	if first := remedies.Steps[0]; first.Kind != Wanting || first.Ways[0].Audience != "administrators" || first.Requirement != "inloggning-administratorer" || len(first.Because) != 1 {
		t.Errorf("what is known to be weak comes first, with why: %+v", first)
	}
	if second := remedies.Steps[1]; second.Kind != Unshown || second.Ways[0].Audience != "support" {
		t.Errorf("then what nothing shows: %+v", second)
	}
	r := e.Raise(i, Measured, rows.Rows, remedies.Effects, 10)
	want := []Raised{
		{0, 2, Count{0, 1, 0}, Count{0, 1, 0}, Tally{1, 0, 1, 0}},
		{1, 2, Count{0, 1, 0}, Count{1, 1, 0}, Tally{1, 1, 0, 0}},
	}
	if !slices.Equal(r.Steps, want) {
		t.Errorf("got %+v, want %+v", r.Steps, want)
	}
	v := &m.Views[0]
	for n, x := range r.Steps { // now for real
		v.Records = append(v.Records, seen(remedies.Steps[x.Step].Ways[0], verdict.StrongDemanded, m.Today))
		m.Evidence[v.System.ID] = KnownBy(service.Proof.Indicator(), &v.System, v.Records, m.Today)
		real, err := Derive(service.Engine, m)
		if err != nil {
			t.Fatal(err)
		}
		if got := e.Tally(real.Rows)[i][Measured]; got.Count(catalogue.AnswerShare).Numerator != x.After.Numerator {
			t.Errorf("after step %d: counted %+v, promised %+v", n+1, got, x.After)
		}
	}
}

// TestRemedyKnowsTheAction takes one of the steps on: it comes first, and leads to its action. One requirement of one system is one step,
// however many of its ways in it is about.
func TestRemedyKnowsTheAction(t *testing.T) {
	service, m := raiseMaterial(t)
	e := NewEngine(service.Engine.Catalogue)
	v := &m.Views[0]
	v.System.Logins = append(v.System.Logins, system.LoginPath{ID: ids.New[system.LoginPath](), Audience: "support", Zone: "internal"})
	a := &action.Action{ID: ids.New[action.Action](), System: v.System.ID, Requirement: "inloggning-leverantorssupport", Status: action.Planned}
	m.Actions = map[ids.ID[system.System]]map[string]*action.Action{v.System.ID: {a.Requirement: a}}
	i, _ := e.Index("STARK_AUT_SOC_ALLA")
	_, remedies, err := e.Remedy(service, m, i, Measured)
	if err != nil {
		t.Fatal(err)
	}
	if len(remedies.Steps) != 2 || remedies.Steps[0].Action != a || remedies.Steps[0].Kind != Taken || len(remedies.Steps[0].Ways) != 2 {
		t.Fatalf("got %+v", remedies.Steps)
	}
	of, _ := e.Index("KRAV_UPPFYLLDA")
	rows, remedies, err := e.Remedy(service, m, of, SelfAssessed)
	if err != nil {
		t.Fatal(err)
	}
	apart := int64(0)
	for _, r := range rows.Rows {
		if r.Kind == Requirement {
			apart++
		}
	}
	if together := e.Tally(rows.Rows)[of][SelfAssessed]; together.Rows != apart || int(apart) != len(remedies.Steps) || apart == 0 {
		t.Errorf("%d rows, %d apart, %d steps: every requirement of a system is one of each", together.Rows, apart, len(remedies.Steps))
	}
}

// BenchmarkRaise orders the steps of a register of 700 systems whose requirements nobody has answered.
func BenchmarkRaise(b *testing.B) {
	e := NewEngine(cataloguetest.Load(b))
	i, _ := e.Index("KRAV_UPPFYLLDA")
	use, _ := e.Catalogue.IndicatorFact("in_use")
	met, _ := e.Catalogue.IndicatorFact("met")
	rows := make([]Row, 42_000)
	effects := make([]Effect, len(rows))
	for j := range rows {
		rows[j] = Row{Kind: Requirement, N: 1}
		rows[j].SayAll(use, catalogue.Yes)
		effects[j] = Effect{j, met, catalogue.Yes, []int{j}}
	}
	for b.Loop() {
		e.Raise(i, Measured, rows, effects, mostRaised)
	}
}
