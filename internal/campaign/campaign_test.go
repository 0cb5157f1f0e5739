// SPDX-License-Identifier: EUPL-1.2

package campaign

import (
	"errors"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/insegel/insegel/data"
	"github.com/insegel/insegel/internal/action"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/classification"
	"github.com/insegel/insegel/internal/evidence"
	"github.com/insegel/insegel/internal/probe/verdict"
	"github.com/insegel/insegel/internal/requirement"
	"github.com/insegel/insegel/internal/system"
)

var catalogued = sync.OnceValues(func() (*catalogue.Catalogue, error) { return catalogue.Load(data.Files) })

func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

var loaded = sync.OnceValues(func() (*Set, error) {
	c, err := catalogued()
	if err != nil {
		return nil, err
	}
	return Load(data.Files, c)
})

func set(t testing.TB) *Set {
	t.Helper()
	return must(loaded())(t)
}

func question(t testing.TB, id string) *Question {
	t.Helper()
	q, ok := set(t).Question(id)
	if !ok {
		t.Fatalf("no question %s", id)
	}
	return q
}

func day(t testing.TB, text string) civil.Date {
	t.Helper()
	return must(civil.Parse(text))(t)
}

func record(subject string, source evidence.Source, outcome evidence.Outcome, seen, ends civil.Date) evidence.Record {
	return evidence.Record{Subject: subject, Source: source, Outcome: outcome, SeenOn: seen, Expires: ends}
}

// disputed says that somebody disputes a record.
func disputed(r evidence.Record) evidence.Record {
	r.Dispute = &evidence.Dispute{By: "kim", At: time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)}
	return r
}

// TestWhatIsDisputedIsAsked sees that a measurement that is said to be wrong answers nothing, and neither does an older one.
func TestWhatIsDisputedIsAsked(t *testing.T) {
	on := civil.Date{Year: 2026, Month: 11, Day: 20}
	way := system.LoginPath{ID: "a", Audience: "staff"}
	for id, m := range map[string]Material{
		"visa-vem-som-last": {Records: []evidence.Record{
			record(evidence.SubjectAccessLog, evidence.Measured, evidence.For, on, on.AddDays(30)),
			disputed(record(evidence.SubjectAccessLog, evidence.Measured, evidence.Against, on, on.AddDays(30))),
		}},
		"tva-faktorer": {System: &system.System{Logins: []system.LoginPath{way}}, Records: []evidence.Record{disputed(evidence.Record{
			Path: "a", Kind: "EV_MTLS", Subject: evidence.SubjectLogin, Source: evidence.Measured, Outcome: evidence.For, Verdict: verdict.ClientCertificate,
			SeenOn: on, Expires: on.AddDays(30),
		})}},
	} {
		m.Today = on.AddDays(1)
		if k, ok := question(t, id).Answered(&m); ok {
			t.Errorf("%s is answered by what is disputed: %+v", id, k)
		}
		for i := range m.Records {
			m.Records[i].Dispute = nil
		}
		if _, ok := question(t, id).Answered(&m); !ok {
			t.Errorf("%s is not answered by what nobody disputes", id)
		}
	}
}

// What is measured or attested, what the register dates, and what was answered not long ago keeps a question from being asked. What somebody
// only believes, what has ended, and what is unclear does not.
func TestOnlyWhatIsNotKnownIsAsked(t *testing.T) {
	today := day(t, "2026-11-28")
	in, ended, recent := today.AddDays(30), today.AddDays(-1), today.AddDays(-40)
	three := int64(3)
	now := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	way := system.LoginPath{ID: "a"}
	for name, tc := range map[string]struct {
		question string
		m        Material
		value    string
		because  Because
	}{
		"nothing":            {question: "genomgang-av-behorigheter", m: Material{System: &system.System{}}},
		"no system":          {question: "genomgang-av-behorigheter"},
		"the register's day": {"genomgang-av-behorigheter", Material{System: &system.System{AccessReviewOn: recent}}, "yes", Because{"access-reviewed", "self-assessed", recent, ""}},
		"too long ago":       {question: "genomgang-av-behorigheter", m: Material{System: &system.System{AccessReviewOn: today.AddMonths(-7)}}},
		"attested": {
			"genomgang-av-behorigheter",
			Material{Records: []evidence.Record{record(evidence.SubjectAccessReview, evidence.Attested, evidence.Against, recent, in)}},
			"no",
			Because{"access-reviewed", "attested", recent, ""},
		},
		"measured before attested": {
			"visa-vem-som-last", Material{Records: []evidence.Record{
				record(evidence.SubjectAccessLog, evidence.Measured, evidence.For, recent, in), record(evidence.SubjectAccessLog, evidence.Attested, evidence.Against, today, in),
			}}, "day", Because{"access-log", "measured", recent, ""},
		},
		"believed":  {question: "visa-vem-som-last", m: Material{Records: []evidence.Record{record(evidence.SubjectAccessLog, evidence.SelfAssessed, evidence.For, recent, in)}}},
		"has ended": {question: "visa-vem-som-last", m: Material{Records: []evidence.Record{record(evidence.SubjectAccessLog, evidence.Attested, evidence.For, recent, ended)}}},
		"unclear":   {question: "visa-vem-som-last", m: Material{Records: []evidence.Record{record(evidence.SubjectAccessLog, evidence.Attested, evidence.Unclear, recent, in)}}},
		"log in time": {
			"loggkontroll-gjord", Material{System: &system.System{LogReviewMonths: &three, LogReviewOn: recent}}, "yes", Because{"log-reviewed", "self-assessed", recent, ""},
		},
		"log without interval": {question: "loggkontroll-gjord", m: Material{System: &system.System{LogReviewOn: recent}}},
		"a signed agreement":   {"bitradesavtal", Material{System: &system.System{}, Signed: true, Agreed: recent}, "yes", Because{"agreement", "attested", recent, ""}},
		"no agreement needed":  {"bitradesavtal", Material{System: &system.System{ProcessorAgreement: "not-needed"}}, NotRelevant, Because{Fact: "agreement-not-needed", By: "self-assessed"}},
		"classified lately": {
			"andrat-sedan-klassningen", Material{System: &system.System{}, Decided: &classification.Classification{DecidedOn: recent}}, "no", Because{"classified-lately", "measured", recent, ""},
		},
		"classified long ago": {question: "andrat-sedan-klassningen", m: Material{System: &system.System{}, Decided: &classification.Classification{DecidedOn: today.AddDays(-91)}}},
		"not classified":      {"andrat-sedan-klassningen", Material{System: &system.System{}}, NotRelevant, Because{Fact: "not-classified", By: "measured"}},
		"a late action":       {question: "atgard-som-fastnar", m: Material{System: &system.System{}, Actions: map[string]*action.Action{"x": {DueOn: recent, Status: action.New}}}},
		"no late action":      {"atgard-som-fastnar", Material{System: &system.System{}, Actions: map[string]*action.Action{"x": {DueOn: in, Status: action.New}}}, NotRelevant, Because{Fact: "no-late-actions", By: "measured"}},
		"a drill":             {"reservrutin", Material{Drill: recent}, "practised", Because{"drill", "measured", recent, ""}},
		"an old drill":        {question: "reservrutin", m: Material{Drill: today.AddMonths(-13)}},
		"a requirement": {
			"aterlasning",
			Material{Answers: map[string]requirement.Answer{"kontinuitet-aterlasning-provad": {Status: requirement.NotMet, KnownBy: "attested", At: now}}},
			"failed",
			Because{"requirement", "attested", civil.Of(now), "kontinuitet-aterlasning-provad"},
		},
		"a requirement in part": {question: "aterlasning", m: Material{Answers: map[string]requirement.Answer{"kontinuitet-aterlasning-provad": {Status: requirement.Partly, At: now}}}},
		"an earlier answer":     {"egna-verktyg", Material{Earlier: map[string]Earlier{"egna-verktyg": {Value: "no", On: recent}}}, "no", Because{"earlier", "self-assessed", recent, ""}},
		"too early an answer":   {question: "egna-verktyg", m: Material{Earlier: map[string]Earlier{"egna-verktyg": {Value: "no", On: today.AddMonths(-4)}}}},
		"asked every time":      {question: "register-ratt", m: Material{Earlier: map[string]Earlier{"register-ratt": {Value: "yes", On: recent}}}},
		"sign-in measured": {
			"tva-faktorer", Material{System: &system.System{Logins: []system.LoginPath{way}}, Records: []evidence.Record{{
				Path: "a", Kind: "EV_MTLS", Subject: evidence.SubjectLogin, Source: evidence.Measured, Outcome: evidence.For, Verdict: verdict.ClientCertificate, SeenOn: recent, Expires: in,
			}}}, "yes", Because{"sign-in", "measured", recent, ""},
		},
		"one way not measured": {question: "tva-faktorer", m: Material{System: &system.System{Logins: []system.LoginPath{way, {ID: "b"}}}, Records: []evidence.Record{{
			Path: "a", Kind: "EV_MTLS", Subject: evidence.SubjectLogin, Source: evidence.Measured, Outcome: evidence.For, Verdict: verdict.ClientCertificate, SeenOn: recent, Expires: in,
		}}}},
	} {
		t.Run(name, func(t *testing.T) {
			tc.m.Today = today
			k, ok := question(t, tc.question).Answered(&tc.m)
			if ok != (tc.value != "") || k.Value != tc.value {
				t.Fatalf("known: %v %+v, want %q", ok, k, tc.value)
			}
			if diff := cmp.Diff(tc.because, k.Because); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Every fact that answers a question has words for why, and every question can be asked in some round.
func TestEveryQuestionIsWhole(t *testing.T) {
	s := set(t)
	for i := range s.Questions {
		q := &s.Questions[i]
		if q.Evidence != nil && len(q.Evidence.About) == 0 && q.Evidence.Subject == evidence.SubjectOther {
			t.Errorf("%s becomes evidence about nothing", q.ID)
		}
		for _, c := range q.Choices {
			if c.Text.EN == "" || slices.Contains([]string{Unknown, Said, NotRelevant, ""}, c.ID) {
				t.Errorf("%s has a choice %q", q.ID, c.ID)
			}
		}
	}
	if len(s.Questions) < 25 || len(s.Standing) < 10 || len(s.Areas(Yearly)) < len(s.Areas(Quarterly)) {
		t.Errorf("%d questions, %d activities", len(s.Questions), len(s.Standing))
	}
}

func TestLoadRefuses(t *testing.T) {
	const good = `
catalogue: campaign-questions
version: "1"
questions:
  - {id: a, area: log, of: system, rounds: [yearly], text: {sv: x, en: x}, why: {sv: x, en: x}, source: x, choices: [{id: "yes", text: {sv: J, en: Y}, means: good}], known: [role-model], when: [personal_data], feeds: [BEHORIGHET], evidence: {subject: role-model}}
`
	wheel := must(fs.ReadFile(data.Files, wheelFile))(t)
	c := must(catalogued())(t)
	load := func(text string) error {
		_, err := Load(fstest.MapFS{questionFile: {Data: []byte(text)}, wheelFile: {Data: wheel}}, c)
		return err
	}
	if err := load(good); err != nil {
		t.Fatal(err)
	}
	for name, replace := range map[string][2]string{
		"no English":        {"text: {sv: x, en: x}", "text: {sv: x}"},
		"no source":         {"source: x,", ""},
		"no such kind":      {"of: system", "of: moon"},
		"no such fact":      {"role-model]", "moon]"},
		"no requirement":    {"known: [role-model]", "known: ['requirement:moon']"},
		"no indicator":      {"BEHORIGHET]", "moon]"},
		"no subject":        {"subject: role-model", "subject: moon"},
		"no condition":      {"personal_data]", "moon_data]"},
		"evidence of units": {"of: system", "of: unit"},
		"no answer":         {`choices: [{id: "yes", text: {sv: J, en: Y}, means: good}], `, ""},
		"unknown field":     {"area: log", "areas: log"},
	} {
		if err := load(strings.Replace(good, replace[0], replace[1], 1)); !errors.Is(err, ErrSet) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := load(good + strings.TrimPrefix(good[strings.Index(good, "  - {id"):], "")); !errors.Is(err, ErrSet) {
		t.Errorf("twice: %v", err)
	}
}

func TestCheckAnswer(t *testing.T) {
	today := day(t, "2026-11-28")
	for name, tc := range map[string]struct {
		question string
		a        Answer
		want     error
	}{
		"nothing":           {"aterlasning", Answer{}, nil},
		"unknown":           {"aterlasning", Answer{Value: Unknown}, nil},
		"good with its day": {"aterlasning", Answer{Value: "yes", Day: today}, nil},
		"good without":      {"aterlasning", Answer{Value: "yes"}, ErrDay},
		"bad without":       {"aterlasning", Answer{Value: "no"}, nil},
		"a day ahead":       {"aterlasning", Answer{Value: "yes", Day: today.AddDays(1)}, ErrDay},
		"no such answer":    {"aterlasning", Answer{Value: "moon"}, ErrValue},
		"not to be chosen":  {"aterlasning", Answer{Value: NotRelevant}, ErrValue},
		"words":             {"storst-oro", Answer{Value: Said, Note: "Journaler"}, nil},
		"no words":          {"storst-oro", Answer{Value: Said, Note: " "}, ErrNote},
		"a choice of words": {"storst-oro", Answer{Value: "yes", Note: "x"}, ErrValue},
		"too many words":    {"storst-oro", Answer{Value: Said, Note: strings.Repeat("å", MaxNote+1)}, ErrNote},
	} {
		if err := tc.a.Check(question(t, tc.question), today); !errors.Is(err, tc.want) || err != nil && tc.want == nil {
			t.Errorf("%s: %v, want %v", name, err, tc.want)
		}
	}
}

// What has not been handed in is missing, also when something stands in it; what is known counts in any case.
func TestSummarise(t *testing.T) {
	known := &Because{Fact: "drill", By: "measured"}
	handed := time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC)
	got := Summarise(set(t), []Sheet{
		{Sent: handed, Answers: []Answer{{Question: "register-ratt", Value: "yes"}, {Question: "reservrutin", Value: "practised", Known: known}, {Question: "egna-verktyg", Value: Unknown}}},
		{Answers: []Answer{{Question: "register-ratt", Value: "no"}, {Question: "reservrutin", Value: "practised", Known: known}}},
		{Answers: []Answer{{Question: "andrat-sedan-klassningen", Value: NotRelevant, Known: known}}},
	})
	if got.Sheets != 2 || got.HandedIn != 1 || got.Settled != 1 {
		t.Errorf("%d sheets, %d handed in, %d settled", got.Sheets, got.HandedIn, got.Settled)
	}
	if diff := cmp.Diff(Tally{Known: 2, Good: 3, Unknown: 1, Missing: 1}, got.All); diff != "" {
		t.Error(diff)
	}
	if len(got.Results) != 3 || got.Results[0].Total() != 2 {
		t.Errorf("results: %+v", got.Results)
	}
}

// The hash is of what was asked and answered: it is the same in any order, and another when anything of it is.
func TestDigest(t *testing.T) {
	c := Campaign{Number: 1, Version: 1, Name: "A", Round: Yearly, Year: 2026}
	sheets := func() []Sheet {
		return []Sheet{
			{ID: "1", Name: "X", Answers: []Answer{{Question: "a", Value: "yes"}, {Question: "b", Value: "no", Note: "ja"}}},
			{ID: "2", Name: "Y", Answers: []Answer{{Question: "a", Known: &Because{Fact: "drill"}}}},
		}
	}
	want := must(Digest(&c, sheets()))(t)
	other := sheets()
	slices.Reverse(other)
	slices.Reverse(other[1].Answers)
	if got := must(Digest(&c, other))(t); got != want || len(got) != 64 {
		t.Errorf("in another order: %s, want %s", got, want)
	}
	for name, change := range map[string]func(c *Campaign, s []Sheet){
		"an answer": func(_ *Campaign, s []Sheet) { s[0].Answers[0].Value = "no" },
		"a note":    func(_ *Campaign, s []Sheet) { s[0].Answers[1].Note = "nej" },
		"a reason":  func(_ *Campaign, s []Sheet) { s[1].Answers[0].Known.Fact = "x" },
		"the name":  func(c *Campaign, _ []Sheet) { c.Name = "B" },
		"handed in": func(_ *Campaign, s []Sheet) { s[0].Sent = time.UnixMilli(1) },
		"who":       func(_ *Campaign, s []Sheet) { s[0].Answers[0].By = "x" },
	} {
		x, list := c, sheets()
		change(&x, list)
		if must(Digest(&x, list))(t) == want {
			t.Errorf("%s: the same hash", name)
		}
	}
}

// The year has its own activities from their first year to their last, what is ticked only that year, and the days that stand elsewhere
// gathered by sort. What was to be done before the organisation began is nobody's to tick.
func TestTurn(t *testing.T) {
	s := &Set{Standing: []Standing{{ID: "s", Month: 2, Day: 30}, {ID: "early", Month: 1, Day: 10}}}
	own := []Activity{{ID: "o", Title: "Egen", Month: 12, Day: 1, First: 2026, Last: 2026}}
	dates := []Dated{
		{Sort: SortPaper, Day: day(t, "2026-03-20"), Name: "A"},
		{Sort: SortPaper, Day: day(t, "2026-03-02"), Name: "B"},
		{Sort: SortPaper, Day: day(t, "2027-03-02"), Name: "C"},
		{Sort: SortCampaign, Day: day(t, "2026-03-05"), Name: "K1"},
		{Sort: SortCampaign, Day: day(t, "2026-03-06"), Name: "K2", Done: day(t, "2026-03-07")},
	}
	y := Year{Year: 2026, Since: day(t, "2026-01-20"), Own: own, Dates: dates, Done: map[string]civil.Date{"s": day(t, "2026-02-03")}}
	m := s.Turn(y)
	if len(m[0].Items) != 0 || len(m[1].Items) != 1 || m[1].Items[0].Due != day(t, "2026-02-28") || m[1].Items[0].Done.IsZero() {
		t.Errorf("January %+v, February %+v", m[0].Items, m[1].Items)
	}
	if len(m[2].Items) != 3 || m[2].Items[0].Count != 2 || m[2].Items[0].Due != day(t, "2026-03-02") || m[2].Left() != 2 {
		t.Errorf("March: %+v", m[2].Items)
	}
	if len(m[11].Items) != 1 {
		t.Errorf("December: %+v", m[11].Items)
	}
	for today, want := range map[string][3]string{
		"2026-02-10": {MonthDone, MonthSoon, MonthAhead}, "2026-03-10": {MonthDone, MonthLate, MonthAhead}, "2026-01-21": {MonthDone, MonthAhead, MonthAhead},
	} {
		d := day(t, today)
		if got := [3]string{m[1].Standing(d), m[2].Standing(d), m[11].Standing(d)}; got != want {
			t.Errorf("%s: %v, want %v", today, got, want)
		}
	}
	y.Year, y.Done = 2027, nil
	if m = s.Turn(y); !m[1].Items[0].Done.IsZero() || len(m[11].Items) != 0 || len(m[0].Items) != 1 {
		t.Errorf("next year: %+v", m)
	}
}

// The latest answer that was handed in counts, as surely as it is known; what was never handed in, and not knowing, are no answers.
func TestGather(t *testing.T) {
	first, second := day(t, "2026-03-01"), day(t, "2026-09-01")
	rows := []unitAnswer{
		{object: "a", name: "Social", unit: "u1", sheet: "s1", number: 1, sent: 1, question: "egna-verktyg", value: "no", on: first},
		{object: "a", name: "Social", unit: "u1", sheet: "s1", number: 1, sent: 1, question: "vikarier", value: "own", on: first},
		{object: "b", name: "Skola", unit: "u2", sheet: "s2", number: 1, question: "egna-verktyg", value: "no", on: first},
		{object: "a", name: "Social", unit: "u1", sheet: "s3", number: 2, sent: 1, question: "egna-verktyg", value: "yes", on: second},
		{object: "a", name: "Social", unit: "u1", sheet: "s3", number: 2, sent: 1, question: "vikarier", value: Unknown, on: second},
		{object: "a", name: "Social", unit: "u1", sheet: "s3", number: 2, question: "reservrutin", value: "practised", why: `{"fact":"drill","by":"measured"}`, on: second},
		{object: "a", name: "Social", unit: "u1", sheet: "s3", number: 2, sent: 1, question: "no-such-question", value: "yes", on: second},
	}
	want := []UnitAnswers{
		{
			Unit: "u1", Name: "Social", Number: 2, Sheet: "s3", Questions: map[string]bool{"egna-verktyg": true, "vikarier": true, "reservrutin": true},
			Told: map[string]Told{"egna-verktyg": {Bad, "self-assessed", second}, "reservrutin": {Good, "measured", second}},
		},
		{Unit: "u2", Name: "Skola", Number: 1, Sheet: "s2", Questions: map[string]bool{"egna-verktyg": true}, Told: map[string]Told{}},
	}
	if diff := cmp.Diff(want, gather(set(t), rows)); diff != "" {
		t.Error(diff)
	}
}
