// SPDX-License-Identifier: EUPL-1.2

package classification_test

import (
	"bytes"
	"errors"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/catalogue/cataloguetest"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/classification"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/information"
	"github.com/insegel/insegel/internal/system"
)

// ownSource is an organisation's own model: C has 1-4 and I has 1-3.
func ownSource(t testing.TB) []byte {
	t.Helper()
	b, err := os.ReadFile("testdata/egen.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func ownModel(t testing.TB) *catalogue.Model {
	t.Helper()
	m, problems := catalogue.ParseModel("egen.yaml", ownSource(t))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return m
}

// with gives an actor of one role in the same organisation.
func (f *desk) with(role access.Role) access.Actor {
	actor := f.actor
	actor.Roles = []access.Role{role}
	return actor
}

func TestDecide(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		f := newDesk(t, d)
		f.answer(answers(2)...)
		f.answer(answer(k, "organisation", 3))
		before := f.jobs()
		f.decide()
		if f.jobs() != before+1 {
			t.Errorf("a decision added %d jobs, want 1", f.jobs()-before)
		}
		w := f.open()
		got := w.State.Decided
		if got == nil || w.State.Draft != nil || w.Need.Basis() != classification.None { // traceability is optional and unanswered
			t.Fatalf("got %+v", w.State)
		}
		if got.Decider != "Socialchef" || got.DecidedOn.String() != "2026-11-23" || got.ValidUntil.String() != "2027-11-23" {
			t.Errorf("decided by %q on %s until %s, want twelve months from today", got.Decider, got.DecidedOn, got.ValidUntil)
		}
		if l := w.Need.Levels[0]; l.Level.Value != 3 || l.Basis != classification.ByDecision {
			t.Errorf("got %d by %s", l.Level.Value, l.Basis)
		}
		last := f.column(`SELECT what FROM audit_private JOIN audit_entry USING (organisation_id, seq) WHERE action = 'classification.Decide'`)
		if len(last) != 1 || !strings.Contains(last[0], `"confidentiality":3`) || !strings.Contains(last[0], `"decider":"Socialchef"`) {
			t.Errorf("the log says %q", last)
		}
		f.now = f.now.AddDate(1, 0, 1)
		if !f.open().Need.Expired {
			t.Error("a year and a day later the decision still stands")
		}
	})
}

func TestDecideAgainKeepsHistory(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		f := newDesk(t, d)
		f.answer(answers(2)...)
		f.decide()
		f.now = f.now.AddDate(0, 1, 0)
		f.answer(answer(k, "individual", 3))
		w := f.open()
		if w.Need.Levels[0].Level.Value != 2 || w.Draft.Levels[0].Level.Value != 3 {
			t.Errorf("a draft counts %d before it is decided, and would give %d", w.Need.Levels[0].Level.Value, w.Draft.Levels[0].Level.Value)
		}
		if len(w.State.Draft.Answers) != 6 {
			t.Errorf("the draft did not begin as a copy of what was decided: %+v", w.State.Draft.Answers)
		}
		f.decide()
		w = f.open()
		var got []string
		for _, c := range w.History {
			got = append(got, string(c.Status)+" "+c.DecidedOn.String())
			if len(c.Answers) != 6 {
				t.Errorf("history lost answers: %+v", c)
			}
		}
		if diff := cmp.Diff([]string{"decided 2026-12-23", "superseded 2026-11-23"}, got); diff != "" {
			t.Error(diff)
		}
	})
}

func TestDecideRefuses(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		f := newDesk(t, d)
		decide := func(actor access.Actor, ref, decider string) error { return f.Decide(t.Context(), actor, ref, decider) }
		wants(t, decide(f.actor, f.sys.Slug, "Socialchef"), classification.ErrNoDraft)
		f.answer(answers(2)[:5]...) // all but the last, which is the organisation's availability
		wants(t, decide(f.actor, f.sys.Slug, "Socialchef"), classification.ErrIncomplete)
		f.answer(answers(2)...)
		wants(t, decide(f.actor, f.sys.Slug, " "), classification.ErrDecider)
		wants(t, decide(f.with(access.SystemManager), f.sys.Slug, "Socialchef"), access.ErrDenied)
		wants(t, decide(f.actor, "nowhere", "Socialchef"), db.ErrNotFound)
		wants(t, decide(dbtest.Organisation(t, d, "soderby"), f.sys.ID.String(), "Socialchef"), db.ErrNotFound)
		if got := f.column(`SELECT status FROM classification`); !slices.Equal(got, []string{"draft"}) {
			t.Errorf("what was refused left %q", got)
		}
	})
}

// Two who decide one draft at once do not both get it through.
func TestDecideAtOnce(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		f := newDesk(t, d)
		f.answer(answers(2)...)
		results := make([]error, 4)
		var wg sync.WaitGroup
		for i := range results {
			wg.Go(func() { results[i] = f.Decide(t.Context(), f.actor, f.sys.Slug, "Socialchef") })
		}
		wg.Wait()
		done := 0
		for _, err := range results {
			switch {
			case err == nil:
				done++
			case !errors.Is(err, db.ErrConflict) && !errors.Is(err, classification.ErrNoDraft):
				t.Error(err)
			}
		}
		if log := f.column(`SELECT what FROM audit_private JOIN audit_entry USING (organisation_id, seq) WHERE action = 'classification.Decide'`); done != 1 || len(log) != 1 {
			t.Errorf("%d decisions went through and %d were logged", done, len(log))
		}
	})
}

// What was read before somebody else changed it is not written over the change.
func TestVersionConflict(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		f := newDesk(t, d)
		f.answer(answers(2)...)
		read := *f.open().State.Draft
		f.answer(answer(k, "individual", 3))
		write := func(c *classification.Classification, org access.OrganisationID) error {
			return d.Write(t.Context(), db.Installation, func(tx *db.Tx) error { return classification.Touch(t.Context(), tx, org, c) })
		}
		read.Status = classification.Superseded
		wants(t, write(&read, f.actor.Organisation), db.ErrConflict)
		now := *f.open().State.Draft
		now.Status = classification.Superseded
		wants(t, write(&now, dbtest.Organisation(t, d, "soderby").Organisation), db.ErrConflict)
		if w := f.open(); w.State.Draft == nil || w.State.Draft.Version != read.Version+1 {
			t.Errorf("the draft is %+v", w.State.Draft)
		}
		wants(t, write(&now, f.actor.Organisation), nil)
	})
}

// Of answers that are given at once, each is stored or refused as a conflict; none is lost in silence.
func TestAnswerAtOnce(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		f := newDesk(t, d)
		list := answers(2)
		results := make([]error, len(list))
		var wg sync.WaitGroup
		for i, one := range list {
			wg.Go(func() { results[i] = f.Answer(t.Context(), f.actor, f.sys.Slug, one) })
		}
		wg.Wait()
		stored := 0
		for _, err := range results {
			if err == nil {
				stored++
			} else {
				wants(t, err, db.ErrConflict)
			}
		}
		if got := f.column(`SELECT aspect FROM classification_answer`); stored == 0 || len(got) != stored {
			t.Errorf("%d were said to be stored, %q are there", stored, got)
		}
		if got := f.column(`SELECT id FROM classification`); len(got) != 1 {
			t.Errorf("got %d drafts", len(got))
		}
	})
}

func TestAnswer(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		f := newDesk(t, d)
		f.answer(answer(k, "individual", 2), answer(k, "individual", 3))
		w := f.open()
		got, ok := w.State.Draft.Answered(k, "individual")
		if !ok || got.Level != 3 || got.Motivation != "Så är det." || got.By != "local" || !got.At.Equal(f.now.Add(time.Millisecond)) { // in the same moment, and yet told apart
			t.Errorf("got %+v", got)
		}
		if f.jobs() != 2 {
			t.Errorf("got %d jobs, want one per answer", f.jobs())
		}
		for name, tc := range map[string]struct {
			actor access.Actor
			a     classification.Answer
			want  error
		}{
			"off the scale":      {f.actor, answer(k, "individual", 7), classification.ErrLevel},
			"no such aspect":     {f.actor, answer(9, "individual", 1), classification.ErrAspect},
			"no such view":       {f.actor, answer(k, "neighbour", 1), classification.ErrPerspective},
			"may not":            {f.with(access.Procurer), answer(k, "individual", 1), access.ErrDenied},
			"other organisation": {access.LocalAdministrator(ids.New[access.Tenant]()), answer(k, "individual", 1), db.ErrNotFound},
		} {
			t.Run(name, func(t *testing.T) { wants(t, f.Answer(t.Context(), tc.actor, f.sys.Slug, tc.a), tc.want) })
		}
		if got := f.column(`SELECT aspect FROM classification_answer`); len(got) != 1 {
			t.Errorf("a refused answer was stored: %q", got)
		}
		if err := f.Unanswer(t.Context(), f.actor, f.sys.Slug, k, "individual"); err != nil {
			t.Fatal(err)
		}
		if got := f.open(); len(got.State.Draft.Answers) != 0 || got.Need.Levels[0].Basis != classification.None {
			t.Errorf("an answer that was taken back counts: %+v", got.Need.Levels[0])
		}
	})
}

func TestStopLeavesNoDetails(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		f := newDesk(t, d)
		secret := classification.Answer{Aspect: r, Perspective: "society", Level: 3, Motivation: "Skyddsobjektets läge"}
		f.answer(answer(k, "individual", 2), secret)
		err := f.Adjust(t.Context(), f.actor, f.sys.Slug, classification.Adjustment{
			Aspect: k, Level: 3, Cause: classification.Integration, Reason: "Skyddsobjektets läge",
		}, false)
		if err != nil {
			t.Fatal(err)
		}
		wants(t, f.Answer(t.Context(), f.actor, f.sys.Slug, classification.Answer{Aspect: a, Perspective: "organisation", Level: 4, Motivation: "Skyddsobjektets läge"}),
			classification.ErrStopped)

		for _, suffix := range []string{"", "-wal"} {
			if file, err := os.ReadFile(d.Path + suffix); d.Engine == db.SQLite && (err != nil || bytes.Contains(file, []byte("Skyddsobjektets"))) {
				t.Errorf("the database's file%s still has what was written (%v)", suffix, err)
			}
		}
		if got := f.column(`SELECT status FROM classification`); !slices.Equal(got, []string{"stopped"}) {
			t.Errorf("got %q", got)
		}
		for _, table := range []string{"classification_answer", "classification_adjustment"} {
			if got := f.column(`SELECT aspect FROM ` + table); len(got) != 0 {
				t.Errorf("%s still has %q", table, got)
			}
		}
		log := f.column(`SELECT what FROM audit_private JOIN audit_entry USING (organisation_id, seq) WHERE action LIKE 'classification.%' ORDER BY seq`)
		for _, record := range log {
			if strings.Contains(record, "level") || strings.Contains(record, "Skydd") {
				t.Errorf("the log tells more than that it was stopped: %s", record)
			}
		}
		if last := log[len(log)-1]; !strings.Contains(last, `"data":{"stopped":true}`) {
			t.Errorf("the log does not tell that it was stopped: %s", last)
		}
		for _, args := range f.column(`SELECT CAST(args AS TEXT) FROM river_job`) {
			if strings.Contains(args, "level") || strings.Contains(args, "Skydd") {
				t.Errorf("a job tells more than which system: %s", args)
			}
		}
		w := f.open()
		if !w.Need.Stop || w.Need.Levels != nil || w.Draft.Levels != nil {
			t.Errorf("got %+v", w.Need)
		}
		wants(t, f.Answer(t.Context(), f.actor, f.sys.Slug, answer(k, "individual", 1)), classification.ErrStopped)
		wants(t, f.Restart(t.Context(), f.actor, f.sys.Slug), classification.ErrStopped)
		wants(t, f.Decide(t.Context(), f.actor, f.sys.Slug, "Socialchef"), classification.ErrNoDraft)
	})
}

func TestReopen(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		f := newDesk(t, d)
		wants(t, f.Reopen(t.Context(), f.actor, f.sys.Slug), db.ErrConflict)
		wants(t, f.Answer(t.Context(), f.actor, f.sys.Slug, answer(k, "individual", 4)), classification.ErrStopped)
		wants(t, f.Reopen(t.Context(), f.with(access.SystemManager), f.sys.Slug), access.ErrDenied)
		if err := f.Reopen(t.Context(), f.actor, f.sys.Slug); err != nil {
			t.Fatal(err)
		}
		f.answer(answers(1)...)
		f.decide()
		w := f.open()
		if w.Need.Stop || w.State.Stopped != nil || len(w.History) != 2 {
			t.Errorf("got stop %v with %d in the history", w.Need.Stop, len(w.History))
		}
	})
}

func TestRestart(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		f := newDesk(t, d)
		f.answer(answers(1)...)
		if err := f.Restart(t.Context(), f.actor, f.sys.Slug); err != nil {
			t.Fatal(err)
		}
		w := f.open()
		if len(w.State.Draft.Answers) != 0 || len(w.History) != 2 || w.History[1].Status != classification.Superseded {
			t.Errorf("got draft %+v and a history of %d", w.State.Draft, len(w.History))
		}
	})
}

func TestAdjust(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		f := newDesk(t, d)
		f.answer(answers(2)...)
		type adjustment = classification.Adjustment
		for name, tc := range map[string]struct {
			a    adjustment
			want error
		}{
			"without a reason":        {adjustment{Aspect: k, Level: 3, Cause: classification.Aggregation}, classification.ErrApprover},
			"raised downwards":        {adjustment{Aspect: k, Level: 1, Cause: classification.Aggregation, Reason: "x"}, classification.ErrLower},
			"lowered upwards":         {adjustment{Aspect: k, Level: 3, Cause: classification.Lowered, Reason: "x", Approver: "y"}, classification.ErrCause},
			"without approver":        {adjustment{Aspect: k, Level: 1, Cause: classification.Lowered, Reason: "x"}, classification.ErrApprover},
			"off the scale":           {adjustment{Aspect: k, Level: 8, Cause: classification.Integration, Reason: "x"}, classification.ErrLevel},
			"to the stopping level":   {adjustment{Aspect: k, Level: 4, Cause: classification.Integration, Reason: "x"}, classification.ErrLevel},
			"a cause of its own":      {adjustment{Aspect: k, Level: 3, Cause: "because", Reason: "x"}, classification.ErrCause},
			"no such aspect":          {adjustment{Aspect: 9, Level: 3, Cause: classification.Integration, Reason: "x"}, classification.ErrAspect},
			"raised":                  {adjustment{Aspect: k, Level: 3, Cause: classification.Integration, Reason: "x"}, nil},
			"lowered":                 {adjustment{Aspect: r, Level: 1, Cause: classification.Lowered, Reason: "x", Approver: "y"}, nil},
			"raised without answer":   {adjustment{Aspect: s, Level: 1, Cause: classification.Accumulation, Reason: "x"}, nil},
			"raised to the same step": {adjustment{Aspect: a, Level: 2, Cause: classification.Accumulation, Reason: "x"}, nil},
		} {
			t.Run(name, func(t *testing.T) { wants(t, f.Adjust(t.Context(), f.actor, f.sys.Slug, tc.a, false), tc.want) })
		}
		var got []int
		for _, l := range f.open().Draft.Levels {
			got = append(got, l.Level.Value)
		}
		if !slices.Equal(got, []int{3, 1, 2, 1}) {
			t.Errorf("got %v, want 3 1 2 1", got)
		}
		if err := f.Adjust(t.Context(), f.actor, f.sys.Slug, adjustment{Aspect: k}, true); err != nil {
			t.Fatal(err)
		}
		if l := f.open().Draft.Levels[0]; l.Level.Value != 2 {
			t.Errorf("the adjustment is still there: %d", l.Level.Value)
		}
		wants(t, f.Adjust(t.Context(), f.with(access.Executive), f.sys.Slug, adjustment{Aspect: k}, true), access.ErrDenied)
	})
}

func TestSetInformation(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		f := newDesk(t, d)
		typ := cataloguetest.Type(t, "eb-ansokan")
		set := func(actor access.Actor, chosen ...classification.Chosen) error {
			return f.SetInformation(t.Context(), actor, f.sys.Slug, chosen)
		}
		own := &information.Information{Name: "Egen lista", Facts: []catalogue.Statement{{Fact: "children", Value: "yes"}}}
		if err := set(f.actor, classification.Chosen{TypeID: typ.ID}, classification.Chosen{Own: own}); err != nil {
			t.Fatal(err)
		}
		w := f.open()
		if len(w.System.Information) != 2 || !w.System.Information[0].Confirmed {
			t.Fatalf("got %+v", w.System.Information)
		}
		if want := typ.Levels[k].Step; w.Need.Levels[0].Level.Step != want || w.Need.Levels[0].Basis != classification.BySuggestion {
			t.Errorf("got %s by %s, want %s as a suggestion", w.Need.Levels[0].Level.Step, w.Need.Levels[0].Basis, want)
		}
		if f.jobs() != 1 {
			t.Errorf("got %d jobs, want 1", f.jobs())
		}
		wants(t, set(f.actor, classification.Chosen{TypeID: "no-such-type"}), db.ErrNotFound)
		wants(t, set(f.with(access.Auditor)), access.ErrDenied)
		if got := f.open().System.Information; len(got) != 2 {
			t.Errorf("what was refused left %d", len(got))
		}
		other := &information.Information{Name: "egen  LISTA", Facts: []catalogue.Statement{{Fact: "personal_data", Value: "yes"}}}
		wants(t, set(f.actor, classification.Chosen{Own: other}), information.ErrNameTaken)
		if got := f.open().System.Information; len(got) != 2 || len(f.column(`SELECT fact FROM information_fact`)) != 1 {
			t.Errorf("a taken name left %+v", got)
		}
		if err := set(f.actor); err != nil {
			t.Fatal(err)
		}
		if got := f.open(); len(got.System.Information) != 0 || got.Need.Levels[0].Basis != classification.None {
			t.Errorf("information that was taken away counts: %+v", got.Need.Levels[0])
		}
	})
}

// An import makes drafts where there is nothing, and touches nothing else.
func TestInsertDrafts(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		f := newDesk(t, d)
		systems := &system.Service{DB: d}
		add := func(name string) ids.ID[system.System] {
			sys, err := systems.Create(t.Context(), f.actor, system.New(name))
			if err != nil {
				t.Fatal(err)
			}
			return sys.ID
		}
		f.answer(answers(2)...)
		f.decide()
		drafted, empty, stops := add("Utkast"), add("Tomt"), add("Stopp")
		if err := f.Answer(t.Context(), f.actor, drafted.String(), answer(k, "individual", 2)); err != nil {
			t.Fatal(err)
		}
		imported := func(id ids.ID[system.System]) classification.Classification {
			return classification.Classification{
				ID: ids.New[classification.Classification](), System: id, ModelID: "1-3", ModelVersion: "1", Origin: classification.FromImport,
				CreatedBy: "local", Answers: []classification.Answer{{Aspect: k, Level: 1}, {Aspect: r, Level: 3}},
			}
		}
		stop := imported(stops)
		stop.Status = classification.Stopped
		var written []classification.Classification
		for range 2 { // the second time changes nothing
			err := d.Write(t.Context(), f.actor.Organisation, func(tx *db.Tx) (err error) {
				var w []classification.Classification
				w, err = classification.InsertDrafts(t.Context(), tx, f.actor.Organisation,
					[]classification.Classification{imported(f.sys.ID), imported(drafted), imported(empty), stop})
				written = append(written, w...)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		if len(written) != 2 || written[0].System != empty || written[1].System != stops {
			t.Errorf("wrote %+v, want the two that had nothing", written)
		}
		for ref, want := range map[string]string{f.sys.Slug: "2 decided klassa", "utkast": "2 answer klassa", "tomt": "1 answer 1-3"} {
			w, err := f.Open(t.Context(), f.actor, ref, texts(t, "sv"))
			if err != nil {
				t.Fatal(err)
			}
			l := w.Need.Levels[0]
			if got := string(rune('0'+l.Level.Value)) + " " + string(l.Basis) + " " + w.Need.Model.ID; got != want {
				t.Errorf("%s is %q, want %q", ref, got, want)
			}
		}
		w, err := f.Open(t.Context(), f.actor, "stopp", nil)
		if err != nil || !w.Need.Stop {
			t.Errorf("an imported stop does not stop: %v", err)
		}
		if got := f.column(`SELECT a.aspect FROM classification_answer a JOIN classification c ON c.id = a.classification_id WHERE c.system_id = $1`, stops); got != nil {
			t.Errorf("an imported stop kept %q", got)
		}
		// An answer with a perspective takes the place of the imported one, which had none.
		if err := f.Answer(t.Context(), f.actor, "tomt", answer(r, "individual", 2)); err != nil {
			t.Fatal(err)
		}
		if w, err = f.Open(t.Context(), f.actor, "tomt", nil); err != nil || w.Need.Levels[1].Level.Value != 2 || w.Need.Levels[0].Level.Value != 1 {
			t.Errorf("got %+v (%v)", w.Need.Levels, err)
		}
	})
}

func TestOwnModel(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		f := newDesk(t, d)
		add := func(actor access.Actor, source string) error {
			_, err := f.AddModel(t.Context(), actor, "egen.yaml", []byte(source))
			return err
		}
		source := string(ownSource(t))
		if err := add(f.actor, source); err != nil {
			t.Fatal(err)
		}
		wants(t, add(f.actor, source), classification.ErrModelTaken)
		wants(t, add(f.with(access.SystemOwner), source), access.ErrDenied)
		for _, id := range []string{"klassa", "1-3"} {
			wants(t, add(f.actor, strings.Replace(source, "id: egen", "id: "+id, 1)), classification.ErrModelTaken)
		}
		if err := add(f.actor, strings.Replace(source, `version: "1"`, `version: "2"`, 1)); err != nil {
			t.Errorf("a new version is refused: %v", err)
		}
		f.choose("egen")
		f.answer(answer(k, "individual", 4), answer(r, "organisation", 3))
		wants(t, f.Answer(t.Context(), f.actor, f.sys.Slug, answer(r, "individual", 4)), classification.ErrLevel)
		w := f.open()
		if steps := w.Need.Steps(); w.Need.Stop || steps[k] != catalogue.Serious || steps[r] != catalogue.Serious || len(w.Need.Levels) != 2 {
			t.Errorf("got %v, want both at the top of their own scales", steps)
		}
		other := dbtest.Organisation(t, d, "soderby")
		err := d.Read(t.Context(), db.Installation, func(tx *db.Tx) error {
			_, err := classification.FindModel(t.Context(), tx, f.Catalogue, other.Organisation, "egen", "")
			return err
		})
		wants(t, err, classification.ErrModel)
	})
}

// A version that is not there is no other version: its levels and questions may mean something else.
func TestFindModel(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		f := newDesk(t, d)
		source := string(ownSource(t))
		for _, version := range []string{"1", "2"} {
			if _, err := f.AddModel(t.Context(), f.actor, "egen.yaml", []byte(strings.Replace(source, `version: "1"`, `version: "`+version+`"`, 1))); err != nil {
				t.Fatal(err)
			}
		}
		newest := cataloguetest.Model(t, "klassa").Version
		for _, tc := range []struct {
			id, version, want string
			err               error
		}{
			{"klassa", "", newest, nil},
			{"klassa", newest, newest, nil},
			{"klassa", "999", "", classification.ErrModel},
			{"msb-4", "999", "", classification.ErrModel},
			{"1-3", "", "1", nil},
			{"1-3", "1", "1", nil},
			{"1-3", "2", "", classification.ErrModel},
			{"3-1", "", "", classification.ErrModel},
			{"egen", "", "2", nil},
			{"egen", "1", "1", nil},
			{"egen", "3", "", classification.ErrModel},
			{"", "", "", classification.ErrModel},
		} {
			var got *catalogue.Model
			err := d.Read(t.Context(), db.Installation, func(tx *db.Tx) (err error) {
				got, err = classification.FindModel(t.Context(), tx, f.Catalogue, f.actor.Organisation, tc.id, tc.version)
				return err
			})
			if !errors.Is(err, tc.err) || err == nil && (got.ID != tc.id || got.Version != tc.want) {
				t.Errorf("%s %q: got %+v, %v; want version %q, %v", tc.id, tc.version, got, err, tc.want, tc.err)
			}
		}
	})
}

func TestChooseModel(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		f := newDesk(t, d)
		if _, err := f.AddModel(t.Context(), f.actor, "egen.yaml", ownSource(t)); err != nil {
			t.Fatal(err)
		}
		setting := func() string {
			return strings.Join(f.column(`SELECT value FROM organisation_setting WHERE organisation_id = $1 AND name = 'model'`, f.actor.Organisation), " ")
		}
		logged := func() []string {
			return f.column(`SELECT record FROM audit_entry WHERE action = 'classification.ChooseModel' ORDER BY seq`)
		}
		for id, want := range map[string]string{"msb-4": "msb-4", "egen": "egen", "1-3": "1-3", "01-3": "1-3"} {
			before := len(logged())
			f.choose(id)
			log := logged()
			if setting() != want || f.open().Own.ID != want || len(log) != before+1 || !strings.Contains(log[before], `"`+want+`"`) {
				t.Errorf("%s: the setting is %q and the log says %q", id, setting(), log)
			}
		}
		f.choose("klassa")
		before := len(logged())
		for name, tc := range map[string]struct {
			actor access.Actor
			id    string
			want  error
		}{
			"no such model":              {f.actor, "finns-inte", classification.ErrModel},
			"no such scale":              {f.actor, "1-9", classification.ErrModel},
			"nothing":                    {f.actor, "", classification.ErrModel},
			"another organisation's own": {dbtest.Organisation(t, d, "soderby"), "egen", classification.ErrModel},
			"may not":                    {f.with(access.SystemOwner), "msb-4", access.ErrDenied},
		} {
			_, err := f.ChooseModel(t.Context(), tc.actor, tc.id)
			if !errors.Is(err, tc.want) {
				t.Errorf("%s: got %v, want %v", name, err, tc.want)
			}
		}
		if setting() != "klassa" || len(logged()) != before || len(f.column(`SELECT value FROM organisation_setting`)) != 1 {
			t.Errorf("what was refused left %q and the log %q", setting(), logged())
		}
	})
}

func TestFaultyModel(t *testing.T) {
	f := newDesk(t, dbtest.SQLite(t))
	source := string(ownSource(t))
	for name, tc := range map[string]struct {
		from, to, want string
	}{
		"a step twice":       {"value: 3, step: significant", "value: 3, step: moderate", "egen.yaml:12:"},
		"no such step":       {"value: 2, step: moderate", "value: 2, step: terrible", "egen.yaml:11:"},
		"unknown key":        {"perspectives:", "colour: red\nperspectives:", "egen.yaml:7:"},
		"no such scale":      {"scale: three", "scale: seven", "egen.yaml:"},
		"english is missing": {`, en: "Own model"}`, `}`, "egen.yaml:4:"},
		"not YAML":           {"perspectives: [individual, organisation]", "perspectives: [individual", "egen.yaml:"},
	} {
		t.Run(name, func(t *testing.T) {
			faulty := strings.Replace(source, tc.from, tc.to, 1)
			if faulty == source {
				t.Fatal("the test makes no fault")
			}
			_, err := f.AddModel(t.Context(), f.actor, "egen.yaml", []byte(faulty))
			var problems catalogue.Problems
			if !errors.As(err, &problems) || len(problems) == 0 {
				t.Fatalf("got %v, want problems", err)
			}
			if p := problems[0]; !strings.HasPrefix(p.String(), tc.want) || p.Line == 0 || p.Column == 0 || p.Reason == "" {
				t.Errorf("got %q, want it at %s with line, column and reason", p, tc.want)
			}
			if got := f.column(`SELECT model_id FROM organisation_model`); got != nil {
				t.Errorf("a faulty model was stored: %q", got)
			}
		})
	}
}

func TestModels(t *testing.T) {
	f := newDesk(t, dbtest.SQLite(t))
	if _, err := f.AddModel(t.Context(), f.actor, "egen.yaml", ownSource(t)); err != nil {
		t.Fatal(err)
	}
	list := func() (out []string) {
		choices, err := f.Models(t.Context(), f.actor)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range choices {
			mark := ""
			if c.Own {
				mark += " own"
			}
			if c.Chosen {
				mark += " chosen"
			}
			out = append(out, c.Model.ID+mark)
		}
		return out
	}
	if diff := cmp.Diff([]string{"klassa chosen", "msb-3", "msb-4", "egen own"}, list()); diff != "" {
		t.Error(diff)
	}
	f.choose("1-3")
	if diff := cmp.Diff([]string{"klassa", "msb-3", "msb-4", "egen own", "1-3 chosen"}, list()); diff != "" {
		t.Error(diff)
	}
}

// What belongs to another organisation is not read, however it is asked for.
func TestStatesOfOtherOrganisation(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		f := newDesk(t, d)
		f.answer(answers(2)...)
		other := dbtest.Organisation(t, d, "soderby")
		_, err := f.Open(t.Context(), other, f.sys.ID.String(), nil)
		wants(t, err, db.ErrNotFound)
		err = d.Read(t.Context(), other.Organisation, func(tx *db.Tx) error {
			states, err := classification.States(t.Context(), tx, other.Organisation, []ids.ID[system.System]{f.sys.ID})
			if len(states) != 0 {
				t.Errorf("got %+v", states)
			}
			history, e := classification.History(t.Context(), tx, other.Organisation, f.sys.ID)
			if len(history) != 0 {
				t.Errorf("got %+v", history)
			}
			return errors.Join(err, e)
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

func TestRemove(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		f := newDesk(t, d)
		f.answer(answers(2)...)
		f.decide()
		f.answer(answer(k, "individual", 1))
		remove := func(org access.OrganisationID) {
			err := d.Write(t.Context(), db.Installation, func(tx *db.Tx) error {
				return classification.Remove(t.Context(), tx, org, []ids.ID[system.System]{f.sys.ID})
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		remove(dbtest.Organisation(t, d, "soderby").Organisation)
		if got := f.column(`SELECT id FROM classification`); len(got) != 2 {
			t.Errorf("another organisation removed some; %d are left", len(got))
		}
		remove(f.actor.Organisation)
		for _, table := range []string{"classification_answer", "classification"} {
			if got := f.column(`SELECT organisation_id FROM ` + table); len(got) != 0 {
				t.Errorf("%d rows of %s are left", len(got), table)
			}
		}
	})
}

func TestWorst(t *testing.T) {
	if _, ok := classification.Worst(answers(2), s); ok {
		t.Error("an aspect without answers has a worst one")
	}
	if got, ok := classification.Worst([]classification.Answer{answer(k, "individual", 0)}, k); !ok || got.Level != 0 {
		t.Errorf("got %+v, %v: zero is an answer", got, ok)
	}
	if (&classification.Classification{}).Expired(civil.Date{}) {
		t.Error("what was never decided has expired")
	}
}
