// SPDX-License-Identifier: EUPL-1.2

package overview

import (
	"strings"
	"testing"
	"time"

	"github.com/insegel/insegel/data"
	"github.com/insegel/insegel/internal/action"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/evidence"
	"github.com/insegel/insegel/internal/finding"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/probe/verdict"
	"github.com/insegel/insegel/internal/requirement"
	"github.com/insegel/insegel/internal/system"
)

// prover gives a world the service of evidence, and lets requirements be judged by it.
func prover(t *testing.T, w *world) *evidence.Service {
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
	if got := page.Body; !strings.Contains(got, "Att kravet upprätthålls är inte visat.") || strings.Contains(got, "not_shown_to_be_enforced") {
		t.Error("what could not be seen is told by its code")
	}
	if got := w.open(t, StrongPath).Body; !strings.Contains(got, "Krävs inte") || !strings.Contains(got, sys.Name) {
		t.Error("the page of strong authentication does not tell of the password")
	}
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
	closed, err := w.s.Confirm(ctx, w.actor, sys.Slug, better)
	must(t, err)
	if closed != 1 {
		t.Errorf("%d actions were closed, want 1", closed)
	}
	if got := w.open(t, StrongPath).Body; !strings.Contains(got, "Krävs") {
		t.Error("the page of strong authentication does not tell of the log")
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
