// SPDX-License-Identifier: EUPL-1.2

package overview

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/insegel/insegel/data"
	"github.com/insegel/insegel/internal/action"
	"github.com/insegel/insegel/internal/catalogue/cataloguetest"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/evidence"
	"github.com/insegel/insegel/internal/finding"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/probe/verdict"
	"github.com/insegel/insegel/internal/requirement"
	"github.com/insegel/insegel/internal/system"
	"github.com/insegel/insegel/internal/web"
)

// prover gives a world the service of evidence, and lets requirements be judged by it.
func prover(t testing.TB, w *world) *evidence.Service {
	t.Helper()
	life, err := evidence.LoadLife(data.Files)
	must(t, err)
	x, err := verdict.LoadIndicator(data.Files)
	must(t, err)
	w.s.requirements.Proof, err = requirement.LoadProof(data.Files, w.s.catalogue(), x, life)
	must(t, err)
	return &evidence.Service{DB: w.d, Catalogue: w.s.catalogue(), Life: life, Indicator: x}
}

// limits are the rules that tell in words what a measurement could not see.
func limits(t testing.TB) *verdict.Rules {
	t.Helper()
	r, err := verdict.Load(data.Files)
	must(t, err)
	return r
}

// TestEvidenceOfASystem measures a way in, sees it become worse, and better again: the pages tell, the list of things to do has it, and
// what is better closes an action when somebody confirms it.
func TestEvidenceOfASystem(t *testing.T) {
	w := start(t, dbtest.SQLite(t))
	s := prover(t, w)
	sys := seed(t, w.d, w.s, w.actor, 2)[0]
	change, err := (&system.Service{DB: w.d}).Edit(ctx, w.actor, sys.ID.String())
	must(t, err)
	change.System.Logins = []system.LoginPath{{Audience: "staff", Address: "https://x.example/", Zone: "internet", Method: "Kort"}}
	must(t, (&system.Service{DB: w.d}).Update(ctx, w.actor, change.System))
	change, err = (&system.Service{DB: w.d}).Edit(ctx, w.actor, sys.ID.String())
	must(t, err)
	record := func(kind string, v verdict.Verdict, factors int, ago time.Duration) {
		t.Helper()
		n := evidence.New{
			System: sys.ID, Path: change.System.Logins[0].ID, Kind: kind, Source: evidence.Measured, Subject: evidence.SubjectLogin, Outcome: evidence.Unclear, Verdict: v,
			Factors: factors, Observed: w.d.Now().Add(-ago), Detail: evidence.Detail{Because: evidence.Told([]string{"Skäl"}, nil), Limits: []string{"not_shown_to_be_enforced"}},
		}
		_, err := s.Record(ctx, w.actor, n)
		must(t, err)
	}
	record("EV_AUTHNREQ", verdict.StrongDemanded, 2, 3*time.Hour)
	record("EV_PWFORM", verdict.PasswordOnly, 1, 2*time.Hour)
	path := "/system/" + sys.Slug + "/bevis"
	page := w.open(t, path)
	if got := page.Text("#forandringar"); !strings.Contains(got, "Har blivit svagare") || !strings.Contains(got, "Lösenord räcker") {
		t.Errorf("the change for the worse is told as %q", got)
	}
	worse := theDecision(t, w, &sys)
	if got := page.Body; !strings.Contains(got, "Att kravet upprätthålls är inte visat.") || strings.Contains(got, "not_shown_to_be_enforced") {
		t.Error("what could not be seen is told by its code")
	}
	if got := w.open(t, StrongPath).Body; !strings.Contains(got, "Krävs inte") || !strings.Contains(got, sys.Name) {
		t.Error("the page of strong authentication does not tell of the password")
	}
	strongOnPaper(t, w, sys.Name)
	strongTakenOut(t, w)
	todo, err := w.s.Todo(ctx, w.actor, TodoUnit)
	must(t, err)
	if !hasTask(todo.Tasks, TaskWorse) {
		t.Errorf("the change for the worse is no task: %+v", todo.Tasks)
	}
	const asked = "inloggning-personal-oavsett-nat"
	var said []requirement.Answer
	for _, id := range []string{asked, "inloggning-personal-tva-faktorer-oppet-nat", "inloggning-personal-tillitsniva-3", "inloggning-socialtjanst-alla-system"} {
		said = append(said, requirement.Answer{Requirement: id, Status: requirement.Met, KnownBy: requirement.Attested})
	}
	must(t, w.s.requirements.Answer(ctx, w.actor, sys.ID.String(), said))
	inbox := w.open(t, finding.InboxPath).Text("section[aria-labelledby=annat]")
	for _, want := range []string{"Har blivit svagare", "Lösenord räcker", "Uppmätt", "Uppfyller inte kravet", "Svarat eller intygat", ": Uppfyller kravet", "Visa båda sidorna", sys.Name} {
		if !strings.Contains(inbox, want) {
			t.Errorf("the inbox does not say %q beside findings: %s", want, inbox)
		}
	}
	record("EV_SIGNIN_LOG", "", 2, time.Hour)
	shown, err := w.s.Evidence(ctx, w.actor, sys.Slug, bundle(t).In("sv"))
	must(t, err)
	var better ids.ID[evidence.Shift]
	for _, x := range shown.Shifts {
		if x.Direction == evidence.Better {
			better = x.ID
		}
	}
	if better == "" {
		t.Fatalf("no change for the better among %+v", shown.Shifts)
	}
	must(t, w.d.Write(ctx, w.actor.Organisation, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO action (id, organisation_id, system_id, requirement_id, owner_role, status, created_at, updated_at)
			VALUES ($1, $2, $3, $4, 'Förvaltaren', 'planned', 1, 1)`, ids.New[action.Action](), w.actor.Organisation, sys.ID, asked)
		return err
	}))
	before := toldBefore(t, w, &sys, better, asked)
	closed, err := w.s.Confirm(ctx, w.actor, sys.Slug, better)
	must(t, err)
	if closed != 1 {
		t.Errorf("%d actions were closed, want 1", closed)
	}
	decided(t, w, s, [2]*evidence.Shift{before, worse})
	if got := w.open(t, StrongPath).Body; !strings.Contains(got, "Krävs") {
		t.Error("the page of strong authentication does not tell of the log")
	}
}

// theDecision looks at the page where it is decided about the change for the worse.
func theDecision(t *testing.T, w *world, sys *system.System) *evidence.Shift {
	t.Helper()
	all, err := w.s.Evidence(ctx, w.actor, sys.Slug, bundle(t).In("sv"))
	must(t, err)
	worse := all.Shifts[0]
	page := w.open(t, changePath(sys.Slug, &worse))
	for _, want := range []string{"Förut", "Stark inloggning begärs", "Nu", "Lösenord räcker", "Skäl", "Stämmer inte"} {
		if got := page.Text("main"); !strings.Contains(got, want) {
			t.Errorf("the page of the decision does not tell %q: %s", want, got)
		}
	}
	other, err := (&system.Service{DB: w.d}).Create(ctx, w.actor, system.New("Annat system"))
	must(t, err)
	if _, err := w.s.Change(ctx, w.actor, other.Slug, worse.ID, bundle(t).In("sv")); !errors.Is(err, db.ErrNotFound) {
		t.Errorf("by another system's address: %v", err)
	}
	return &worse
}

// toldBefore is what is told before a change for the better is confirmed: which actions are done by it.
func toldBefore(t *testing.T, w *world, sys *system.System, better ids.ID[evidence.Shift], asked string) *evidence.Shift {
	t.Helper()
	x, err := w.s.Change(ctx, w.actor, sys.Slug, better, bundle(t).In("sv"))
	must(t, err)
	if !slices.Equal(x.Closes, []string{asked}) || x.Now == nil || x.Now.Kind != "EV_SIGNIN_LOG" {
		t.Errorf("told before it is confirmed: closes %q, now %+v", x.Closes, x.Now)
	}
	return &x.Shift
}

// decided looks at changes afterwards: one that was confirmed, and one whose measurement is disputed.
func decided(t *testing.T, w *world, s *evidence.Service, changes [2]*evidence.Shift) {
	t.Helper()
	better, worse := changes[0], changes[1]
	ref := better.System.String()
	if got := w.open(t, changePath(ref, better)).Text("main"); !strings.Contains(got, "Någon har redan tagit ställning") {
		t.Errorf("a change that is confirmed: %s", got)
	}
	must(t, s.Dispute(ctx, w.actor, worse.Record, "sidan är avvecklad"))
	if got := w.open(t, changePath(ref, worse)).Text("main"); !strings.Contains(got, "sidan är avvecklad") {
		t.Errorf("a measurement that is disputed: %s", got)
	}
	theDispute(t, w, s, worse)
}

// theDispute looks at everything that tells of a disputed measurement, and settles it: it stands.
func theDispute(t *testing.T, w *world, s *evidence.Service, worse *evidence.Shift) {
	t.Helper()
	ref := worse.System.String()
	page := w.open(t, evidence.Path(ref)).Text("main")
	for _, want := range []string{"Bestridd, inte avgjord", ": sidan är avvecklad", "räknas den varken för eller emot", "Mätningen gäller", "Mätningen var fel", "Bestridd 2"} {
		if !strings.Contains(page, want) {
			t.Errorf("the evidence does not tell %q: %s", want, page)
		}
	}
	todo, err := w.s.Todo(ctx, w.actor, TodoUnit)
	must(t, err)
	if !hasTask(todo.Tasks, TaskSettle) {
		t.Errorf("nobody is asked to settle it: %+v", todo.Tasks)
	}
	x, err := w.s.Evidence(ctx, w.actor, ref, bundle(t).In("sv"))
	must(t, err)
	if got := x.SignIn.Of(evidence.Measured).Held[requirement.TwoFactors].Status; got == verdict.Met {
		t.Error("the system's sign-in is shown to be strong beside a measurement that is disputed")
	}
	asked, _ := w.s.catalogue().Requirement("inloggning-personal-oavsett-nat")
	if got := w.open(t, topicPath(x.View.System.Slug, asked.Topic)).Body; !strings.Contains(got, "och inte avgjord") {
		t.Error("the requirements do not tell that what they rest on is disputed")
	}
	must(t, s.Settle(ctx, w.actor, worse.Record, evidence.Stands, "sidan svarar än"))
	page = w.open(t, evidence.Path(ref)).Text("main")
	if strings.Contains(page, "inte avgjord") || !strings.Contains(page, "mätningen gäller: sidan svarar än") {
		t.Errorf("the evidence tells of a dispute that is settled: %s", page)
	}
	todo, err = w.s.Todo(ctx, w.actor, TodoUnit)
	must(t, err)
	if hasTask(todo.Tasks, TaskSettle) || !hasTask(todo.Tasks, TaskWorse) {
		t.Error("a measurement that stands is not to be looked at again")
	}
}

func hasTask(list []Task, kind TaskKind) bool {
	for i := range list {
		if list[i].Kind == kind {
			return true
		}
	}
	return false
}

// How long a log is kept is held against the law that concerns the system, with what that rests on.
func TestRetentionAgainstTheLaw(t *testing.T) {
	cat := cataloguetest.Load(t)
	law, ok := cat.Law("HSLF2016:40")
	if !ok {
		t.Fatal("no such law")
	}
	for name, c := range map[string]struct {
		months                int
		conditional, verified bool
		want                  []string
		short                 bool
	}{
		"too short":    {24, false, true, []string{"24 månader", "minst 60 månader", law.Source, "Kontrollerad mot källan"}, true},
		"long enough":  {60, false, true, []string{"60 månader"}, false},
		"not stated":   {0, false, true, []string{"inte angivet"}, false},
		"not verified": {72, false, false, []string{"Ej kontrollerad mot källan"}, false},
		"not settled":  {24, true, true, []string{"inte avgjort"}, false},
	} {
		mine := *law
		mine.Verified = c.verified
		v := controlView{months: c.months, Last: "i går"}
		v.keeps(&web.Context{L: bundle(t).In("sv")}, []requirement.Kept{{Law: &requirement.AppliedLaw{Law: &mine, Conditional: c.conditional}, Months: 60}})
		told := strings.Join(v.Notes, " ")
		for _, want := range c.want {
			if !strings.Contains(told, want) {
				t.Errorf("%s: %q is not told in %q", name, want, told)
			}
		}
		if got := v.Tag.Word == bundle(t).In("sv").T("overview.kept-short"); got != c.short {
			t.Errorf("%s: said to be too short: %t", name, got)
		}
	}
}
