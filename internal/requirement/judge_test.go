// SPDX-License-Identifier: EUPL-1.2

package requirement_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/insegel/insegel/data"
	"github.com/insegel/insegel/internal/catalogue/cataloguetest"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/evidence"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/probe/verdict"
	"github.com/insegel/insegel/internal/requirement"
	"github.com/insegel/insegel/internal/system"
)

var proven struct {
	once  sync.Once
	proof *requirement.Proof
	err   error
}

func proof(t testing.TB) *requirement.Proof {
	t.Helper()
	proven.once.Do(func() {
		var life *evidence.Life
		var x *verdict.Indicator
		if life, proven.err = evidence.LoadLife(data.Files); proven.err != nil {
			return
		}
		if x, proven.err = verdict.LoadIndicator(data.Files); proven.err != nil {
			return
		}
		proven.proof, proven.err = requirement.LoadProof(data.Files, cataloguetest.Load(t), x, life)
	})
	if proven.err != nil {
		t.Fatal(proven.err)
	}
	return proven.proof
}

const (
	twoFactors = "inloggning-socialtjanst-alla-system"
	levelThree = "inloggning-invanare-tillitsniva-3"
	logReview  = "logg-och-kontroll-aterkommande"
	roles      = "behorighet-rollbeskrivningar"
	agreement  = "leverantor-avtal-bitradesavtal"
)

var judgedOn = time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)

// ago makes a record that was seen so many days ago.
func ago(t testing.TB, days int, r evidence.Record) evidence.Record {
	t.Helper()
	r.ID, r.Observed = ids.New[evidence.Record](), judgedOn.AddDate(0, 0, -days)
	r.SeenOn = civil.Of(r.Observed)
	r.Expires = proof(t).Life().Ends(r.Kind, r.Source, r.SeenOn)
	if k, ok := cataloguetest.Load(t).EvidenceKind(r.Kind); ok {
		r.Strength = k.Strength
	}
	return r
}

func page(path string, v verdict.Verdict) evidence.Record {
	return evidence.Record{Kind: "EV_PWFORM", Source: evidence.Measured, Subject: evidence.SubjectLogin, Path: ids.ID[system.LoginPath](path), Verdict: v, Grade: verdict.Seen}
}

func signIns(path string, factors, loa int) evidence.Record {
	return evidence.Record{
		Kind: "EV_SIGNIN_LOG", Source: evidence.Measured, Subject: evidence.SubjectLogin, Path: ids.ID[system.LoginPath](path), Factors: factors, LoA: loa,
	}
}

func statement(path string) evidence.Record {
	return evidence.Record{
		Kind: "EV_ATTEST", Source: evidence.Attested, Subject: evidence.SubjectLogin, Path: ids.ID[system.LoginPath](path), Verdict: verdict.StrongDemanded, Grade: verdict.Attested,
	}
}

func of(subject, kind string, source evidence.Source, o evidence.Outcome) evidence.Record {
	return evidence.Record{Kind: kind, Source: source, Subject: subject, Outcome: o}
}

// disputed says that somebody disputes a record.
func disputed(r evidence.Record) evidence.Record {
	r.Dispute = &evidence.Dispute{By: "kim", At: judgedOn}
	return r
}

// settled says that a dispute is settled, and that the record stands.
func settled(r evidence.Record) evidence.Record {
	r.Dispute = &evidence.Dispute{By: "kim", At: judgedOn, Settled: judgedOn, Ruling: evidence.Stands}
	return r
}

func said(id string, s requirement.Status, by string, days int) map[string]requirement.Answer {
	return map[string]requirement.Answer{id: {Requirement: id, Status: s, KnownBy: by, KnownOn: civil.Of(judgedOn).AddDays(-days)}}
}

var ways = []system.LoginPath{{ID: "staff", Audience: "staff", Zone: "internal"}, {ID: "all", Audience: "residents", Zone: "internet"}}

// TestJudge holds the judgement of one requirement to answers, evidence and the day.
func TestJudge(t *testing.T) {
	const met, not, contra, unproven, unknown = requirement.ShownMet, requirement.ShownUnmet, requirement.Contradicted, requirement.Unproven, requirement.NothingKnown
	both := func(days int, a, b evidence.Record) []evidence.Record {
		return []evidence.Record{ago(t, days, a), ago(t, days, b)}
	}
	for name, c := range map[string]struct {
		id      string
		records []evidence.Record
		answers map[string]requirement.Answer
		want    requirement.Judged
	}{
		"nobody knows":                      {twoFactors, nil, nil, unknown},
		"somebody does not know":            {twoFactors, nil, said(twoFactors, requirement.DontKnow, requirement.SelfAssessed, 1), unknown},
		"somebody says so":                  {twoFactors, nil, said(twoFactors, requirement.Met, requirement.SelfAssessed, 1), unproven},
		"somebody attests":                  {twoFactors, nil, said(twoFactors, requirement.Met, requirement.Attested, 1), unproven},
		"somebody calls it measured":        {twoFactors, nil, said(twoFactors, requirement.Met, requirement.Measured, 1), unproven},
		"somebody says no":                  {twoFactors, nil, said(twoFactors, requirement.NotMet, requirement.SelfAssessed, 1), not},
		"somebody says in part":             {twoFactors, nil, said(twoFactors, requirement.Partly, requirement.SelfAssessed, 1), not},
		"it does not apply":                 {twoFactors, both(1, page("staff", verdict.PasswordOnly), page("all", verdict.PasswordOnly)), said(twoFactors, requirement.NotApplicable, requirement.SelfAssessed, 1), requirement.Excepted},
		"both ways are logged":              {twoFactors, both(1, signIns("staff", 2, 3), signIns("all", 2, 3)), nil, met},
		"one way is not known":              {twoFactors, both(1, signIns("staff", 2, 3), page("all", verdict.Unknown)), nil, unproven},
		"one way was never measured":        {twoFactors, []evidence.Record{ago(t, 1, signIns("staff", 2, 3))}, nil, unproven},
		"a demand that was seen":            {twoFactors, both(1, page("staff", verdict.StrongDemanded), page("all", verdict.StrongDemanded)), nil, unproven},
		"one way takes passwords":           {twoFactors, both(1, signIns("staff", 2, 3), page("all", verdict.PasswordOnly)), nil, not},
		"measured against an answer":        {twoFactors, both(1, signIns("staff", 2, 3), page("all", verdict.PasswordOnly)), said(twoFactors, requirement.Met, requirement.Attested, 300), contra},
		"measured against a statement":      {twoFactors, append(both(30, statement("staff"), statement("all")), ago(t, 1, page("all", verdict.PasswordOnly))), nil, contra},
		"statements alone":                  {twoFactors, both(30, statement("staff"), statement("all")), nil, unproven},
		"measured, and an older no":         {twoFactors, both(1, signIns("staff", 2, 3), signIns("all", 2, 3)), said(twoFactors, requirement.NotMet, requirement.SelfAssessed, 30), met},
		"measured, and a newer no":          {twoFactors, both(9, signIns("staff", 2, 3), signIns("all", 2, 3)), said(twoFactors, requirement.NotMet, requirement.SelfAssessed, 1), contra},
		"measured long ago":                 {twoFactors, both(90, signIns("staff", 2, 3), signIns("all", 2, 3)), nil, unproven},
		"measured on the last day":          {twoFactors, both(89, signIns("staff", 2, 3), signIns("all", 2, 3)), nil, met},
		"an old contradiction":              {twoFactors, both(90, page("staff", verdict.PasswordOnly), page("all", verdict.PasswordOnly)), said(twoFactors, requirement.Met, requirement.Attested, 30), unproven},
		"another's way in":                  {levelThree, both(1, page("staff", verdict.PasswordOnly), signIns("all", 2, 3)), nil, met},
		"two factors are no level":          {levelThree, []evidence.Record{ago(t, 1, signIns("all", 2, 0))}, nil, unproven},
		"level two":                         {levelThree, []evidence.Record{ago(t, 1, signIns("all", 2, 2))}, nil, not},
		"reviewed":                          {logReview, []evidence.Record{ago(t, 10, of(evidence.SubjectLogReview, "EV_REVIEW", evidence.Attested, evidence.For))}, nil, met},
		"reviewed too long ago":             {logReview, []evidence.Record{ago(t, 91, of(evidence.SubjectLogReview, "EV_REVIEW", evidence.Attested, evidence.For))}, nil, unproven},
		"reviewed on the last day":          {logReview, []evidence.Record{ago(t, 90, of(evidence.SubjectLogReview, "EV_REVIEW", evidence.Attested, evidence.For))}, nil, met},
		"reviewed, and it was not right":    {logReview, []evidence.Record{ago(t, 50, of(evidence.SubjectLogReview, "EV_REVIEW", evidence.Attested, evidence.For)), ago(t, 10, of(evidence.SubjectLogReview, "EV_REVIEW", evidence.Attested, evidence.Against))}, nil, not},
		"the newer review counts":           {logReview, []evidence.Record{ago(t, 50, of(evidence.SubjectLogReview, "EV_REVIEW", evidence.Attested, evidence.Against)), ago(t, 10, of(evidence.SubjectLogReview, "EV_REVIEW", evidence.Attested, evidence.For))}, nil, met},
		"a kind that is too weak":           {logReview, []evidence.Record{ago(t, 10, of(evidence.SubjectLogReview, "EV_DOC", evidence.Attested, evidence.For))}, nil, unproven},
		"a document of roles":               {roles, []evidence.Record{ago(t, 200, of(evidence.SubjectRoleModel, "EV_DOC", evidence.Attested, evidence.For))}, nil, met},
		"a document that is too old":        {roles, []evidence.Record{ago(t, 366, of(evidence.SubjectRoleModel, "EV_DOC", evidence.Attested, evidence.For))}, nil, unproven},
		"a document that somebody believes": {roles, []evidence.Record{ago(t, 2, of(evidence.SubjectRoleModel, "EV_DOC", evidence.SelfAssessed, evidence.For))}, nil, unproven},
		"evidence of something else":        {agreement, both(1, page("staff", verdict.PasswordOnly), signIns("all", 2, 3)), nil, unknown},
	} {
		i, ok := cataloguetest.Load(t).RequirementIndex(c.id)
		if !ok {
			t.Fatalf("%s: there is no requirement %s", name, c.id)
		}
		on := requirement.Case{Logins: ways, Records: c.records, Answers: proof(t).Given(c.answers), On: civil.Of(judgedOn)}
		got := proof(t).NewJudging().Explain(&on, i)
		if got.Status != c.want {
			t.Errorf("%s: got %s, want %s", name, got.Status, c.want)
		}
		if c.want != unknown && len(got.Grounds) == 0 {
			t.Errorf("%s: a judgement without grounds", name)
		}
	}
}

// TestJudgeDisputed holds what is shown while somebody says that a measurement is wrong: nothing is met beside it, nothing else is hidden by
// it, what speaks for is contradicted by what speaks against, and an older measurement does not come back in its place.
func TestJudgeDisputed(t *testing.T) {
	const met, not, contra, unproven = requirement.ShownMet, requirement.ShownUnmet, requirement.Contradicted, requirement.Unproven
	strong, weak := signIns("staff", 2, 3), page("all", verdict.PasswordOnly)
	residents := signIns("all", 2, 3)
	good := of(evidence.SubjectLogReview, "EV_SAMPLE", evidence.Measured, evidence.For)
	bad := of(evidence.SubjectLogReview, "EV_SAMPLE", evidence.Measured, evidence.Against)
	for name, c := range map[string]struct {
		id      string
		records []evidence.Record
		answers map[string]requirement.Answer
		want    requirement.Judged
	}{
		"what showed it is disputed":          {twoFactors, []evidence.Record{ago(t, 1, strong), disputed(ago(t, 1, residents))}, nil, unproven},
		"settled, and it stands":              {twoFactors, []evidence.Record{ago(t, 1, strong), settled(ago(t, 1, residents))}, nil, met},
		"the weak way is disputed":            {twoFactors, []evidence.Record{ago(t, 1, strong), disputed(ago(t, 1, weak))}, nil, unproven},
		"the weak way is disputed and said":   {twoFactors, []evidence.Record{ago(t, 1, strong), disputed(ago(t, 1, weak))}, said(twoFactors, requirement.Met, requirement.Attested, 9), contra},
		"what showed it is disputed and said": {twoFactors, []evidence.Record{ago(t, 1, strong), disputed(ago(t, 1, residents))}, said(twoFactors, requirement.Met, requirement.Attested, 9), unproven},
		"disputed, and somebody says no":      {twoFactors, []evidence.Record{ago(t, 1, strong), disputed(ago(t, 1, residents))}, said(twoFactors, requirement.NotMet, requirement.SelfAssessed, 9), not},
		"another way is weak":                 {twoFactors, []evidence.Record{disputed(ago(t, 1, strong)), ago(t, 1, weak)}, nil, not},
		"a log beside a disputed page":        {twoFactors, []evidence.Record{ago(t, 1, strong), disputed(ago(t, 1, weak)), ago(t, 1, residents)}, nil, unproven},
		"a disputed log beside a page":        {twoFactors, []evidence.Record{ago(t, 1, strong), ago(t, 1, weak), disputed(ago(t, 1, residents))}, nil, not},
		"nothing was seen, and is disputed":   {twoFactors, []evidence.Record{ago(t, 1, strong), disputed(ago(t, 1, page("all", verdict.Unknown))), ago(t, 1, residents)}, nil, met},
		"an older one does not come back":     {twoFactors, []evidence.Record{ago(t, 1, strong), ago(t, 30, residents), disputed(ago(t, 1, signIns("all", 1, 0)))}, nil, unproven},
		"measured anew":                       {twoFactors, []evidence.Record{ago(t, 1, strong), disputed(ago(t, 9, signIns("all", 1, 0))), ago(t, 1, residents)}, nil, met},
		"measured anew, as weak":              {twoFactors, []evidence.Record{ago(t, 1, strong), disputed(ago(t, 9, weak)), ago(t, 1, weak)}, nil, not},
		"disputed, and too old":               {twoFactors, []evidence.Record{ago(t, 1, strong), disputed(ago(t, 90, weak)), ago(t, 1, residents)}, nil, met},
		"another's way is disputed":           {levelThree, []evidence.Record{disputed(ago(t, 1, page("staff", verdict.PasswordOnly))), ago(t, 1, residents)}, nil, met},
		"the system is disputed as a whole":   {twoFactors, []evidence.Record{ago(t, 1, strong), ago(t, 1, residents), disputed(ago(t, 1, page("", verdict.PasswordOnly)))}, nil, unproven},
		"a disputed review":                   {logReview, []evidence.Record{disputed(ago(t, 9, good))}, nil, unproven},
		"a disputed review, settled":          {logReview, []evidence.Record{settled(ago(t, 9, bad))}, nil, not},
		"a disputed review that went badly":   {logReview, []evidence.Record{disputed(ago(t, 9, bad))}, nil, unproven},
		"a disputed review against a word":    {logReview, []evidence.Record{disputed(ago(t, 9, bad))}, said(logReview, requirement.Met, requirement.Attested, 9), contra},
		"a disputed review beside a good one": {logReview, []evidence.Record{ago(t, 9, of(evidence.SubjectLogReview, "EV_REVIEW", evidence.Attested, evidence.For)), disputed(ago(t, 9, bad))}, nil, contra},
		"an older review does not come back":  {logReview, []evidence.Record{ago(t, 19, good), disputed(ago(t, 9, bad))}, nil, unproven},
	} {
		i, ok := cataloguetest.Load(t).RequirementIndex(c.id)
		if !ok {
			t.Fatalf("%s: there is no requirement %s", name, c.id)
		}
		on := requirement.Case{Logins: ways, Records: c.records, Answers: proof(t).Given(c.answers), On: civil.Of(judgedOn)}
		j := proof(t).NewJudging()
		got := j.Explain(&on, i)
		if got.Status != c.want {
			t.Errorf("%s: got %s, want %s", name, got.Status, c.want)
		}
		var sum, each requirement.Shown
		j.Judge(&on)
		j.Sum(&sum)
		for k := range cataloguetest.Load(t).Requirements {
			each[j.Of(k)]++
		}
		if sum != each {
			t.Errorf("%s: counted together %v, one by one %v", name, sum, each)
		}
		disputes := slices.ContainsFunc(got.Grounds, func(g requirement.Ground) bool { return g.Disputed() && g.Record.Dispute.By == "kim" })
		if (got.Status == unproven || got.Status == contra) && !disputes {
			t.Errorf("%s: the grounds do not say that it is disputed, and by whom: %+v", name, got.Grounds)
		}
	}
}

// TestJudgeOnAnotherDay judges the same systems on one day after another in the same room: how old something may be is reckoned anew.
func TestJudgeOnAnotherDay(t *testing.T) {
	i, _ := cataloguetest.Load(t).RequirementIndex(logReview)
	c := requirement.Case{Logins: ways, Records: []evidence.Record{ago(t, 0, of(evidence.SubjectLogReview, "EV_REVIEW", evidence.Attested, evidence.For))}}
	j := proof(t).NewJudging()
	for _, days := range []int{91, 0, 90, 91, 0} {
		c.On = civil.Of(judgedOn).AddDays(days)
		want := requirement.ShownMet
		if days > 90 {
			want = requirement.Unproven
		}
		if j.Judge(&c); j.Of(i) != want {
			t.Errorf("%d days after the review: got %s, want %s", days, j.Of(i), want)
		}
	}
}

// TestJudgeForgets judges systems one after the other in the same room: nothing of one is left for the next.
func TestJudgeForgets(t *testing.T) {
	j := proof(t).NewJudging()
	full := requirement.Case{Logins: ways, Records: []evidence.Record{ago(t, 1, page("staff", verdict.PasswordOnly))}, Answers: proof(t).Given(said(roles, requirement.Met, requirement.SelfAssessed, 1)), On: civil.Of(judgedOn)}
	j.Judge(&full)
	j.Judge(&requirement.Case{Logins: ways, On: civil.Of(judgedOn)})
	for i := range cataloguetest.Load(t).Requirements {
		if got := j.Of(i); got != requirement.NothingKnown {
			t.Errorf("%s of a system that nothing is known of: %s", cataloguetest.Load(t).Requirements[i].ID, got)
		}
	}
}

// TestUnknownWaysAreNeverMet has a way in whose users nobody has said: a password there is not held against staff, and it makes nothing met.
func TestUnknownWaysAreNeverMet(t *testing.T) {
	i, _ := cataloguetest.Load(t).RequirementIndex("inloggning-personal-oavsett-nat")
	logins := []system.LoginPath{{ID: "staff", Audience: "staff"}, {ID: "x", Audience: system.Unknown}}
	c := requirement.Case{Logins: logins, Records: []evidence.Record{ago(t, 1, signIns("staff", 2, 3)), ago(t, 1, page("x", verdict.PasswordOnly))}, On: civil.Of(judgedOn)}
	j := proof(t).NewJudging()
	if j.Judge(&c); j.Of(i) != requirement.Unproven {
		t.Errorf("got %s", j.Of(i))
	}
}

// cases draws systems as a municipality has them, with twenty records each.
func cases(b testing.TB, n int) []requirement.Case {
	r := rand.New(rand.NewPCG(3, 4))
	c := cataloguetest.Load(b)
	verdicts := []verdict.Verdict{verdict.PasswordOnly, verdict.StrongOffered, verdict.Unknown, verdict.StrongDemanded}
	subjects := []string{evidence.SubjectTLS, evidence.SubjectRoleModel, evidence.SubjectAccessReview, evidence.SubjectAccessLog, evidence.SubjectLogReview}
	out := make([]requirement.Case, n)
	for i := range out {
		at := &out[i]
		answers := map[string]requirement.Answer{}
		at.On = civil.Of(judgedOn)
		for k, who := range []string{"residents", "staff", "administrators"} {
			at.Logins = append(at.Logins, system.LoginPath{ID: ids.ID[system.LoginPath](fmt.Sprint("p", k)), Audience: who, Zone: "internet"})
		}
		for k := range 20 {
			days := 200 - k*10 + r.IntN(10)
			switch path := fmt.Sprint("p", r.IntN(3)); r.IntN(4) {
			case 0:
				at.Records = append(at.Records, ago(b, days, page(path, verdicts[r.IntN(4)])))
			case 1:
				at.Records = append(at.Records, ago(b, days, signIns(path, r.IntN(3), 0)))
			case 2:
				at.Records = append(at.Records, ago(b, days, of(subjects[r.IntN(5)], "EV_REVIEW", evidence.Attested, evidence.For)))
			default:
				x := of(evidence.SubjectOther, "EV_DOC", evidence.Attested, evidence.For)
				x.About = []string{c.Requirements[r.IntN(len(c.Requirements))].ID}
				at.Records = append(at.Records, ago(b, days, x))
			}
		}
		for range 12 {
			id := c.Requirements[r.IntN(len(c.Requirements))].ID
			answers[id] = requirement.Answer{Requirement: id, Status: requirement.Statuses[r.IntN(5)], KnownBy: requirement.Attested, KnownOn: at.On.AddDays(-r.IntN(500))}
		}
		at.Answers = proof(b).Given(answers)
	}
	return out
}

// BenchmarkJudgeNation judges every requirement of 203,000 systems, 700 in each of 290 municipalities, from 20 records each.
func BenchmarkJudgeNation(b *testing.B) {
	p, list := proof(b), cases(b, systemsEach)
	n := len(cataloguetest.Load(b).Requirements)
	for b.Loop() {
		var wg sync.WaitGroup
		var counted [workers]requirement.Shown
		for w := range workers {
			wg.Go(func() {
				j := p.NewJudging()
				for m := w; m < municipalities; m += workers {
					for i := range list {
						j.Judge(&list[i])
						j.Sum(&counted[w])
					}
				}
			})
		}
		wg.Wait()
		total := counted[0].Total() + counted[1].Total()
		if total != municipalities*systemsEach*n {
			b.Fatalf("%d judgements of %d", total, municipalities*systemsEach*n)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N), "ms/nation")
}

// TestComponentTellsNothingOfHowWell sees that who may only know what applies learns nothing of answers and evidence.
func TestComponentTellsNothingOfHowWell(t *testing.T) {
	f := newDesk(t, dbtest.SQLite(t))
	f.Proof = proof(t)
	full := f.view()
	id := full.Requirements[0].ID
	if err := f.Answer(t.Context(), f.actor, f.sys.Slug, []requirement.Answer{{Requirement: id, Status: requirement.NotMet, KnownBy: requirement.SelfAssessed}}); err != nil {
		t.Fatal(err)
	}
	if v := f.view(); v.Shown[requirement.ShownUnmet] != 1 || len(v.Requirements[0].Shown.Grounds) != 1 {
		t.Fatalf("the answer is not shown: %v", v.Shown)
	}
	v, err := f.Component(t.Context(), f.actor, f.sys.Slug, texts(t, "sv"))
	if err != nil {
		t.Fatal(err)
	}
	if len(v.Requirements) != len(full.Requirements) || v.Shown != (requirement.Shown{}) || v.Tally != (requirement.Tally{}) || len(v.Answers) != 0 || len(v.Records) != 0 {
		t.Errorf("%d of %d requirements, shown %v, %d answers, %d records", len(v.Requirements), len(full.Requirements), v.Shown, len(v.Answers), len(v.Records))
	}
	for i := range v.Requirements {
		if r := &v.Requirements[i]; r.Shown.Status != requirement.NothingKnown || len(r.Shown.Grounds) != 0 || r.Answer.Status != "" {
			t.Errorf("%s: %v, %d grounds, %q", r.ID, r.Shown.Status, len(r.Shown.Grounds), r.Answer.Status)
		}
	}
}
