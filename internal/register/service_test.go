// SPDX-License-Identifier: EUPL-1.2

package register

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/insegel/insegel/data"
	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/classification"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/information"
	"github.com/insegel/insegel/internal/job"
	"github.com/insegel/insegel/internal/requirement"
	"github.com/insegel/insegel/internal/system"
)

var (
	ctx   = context.Background()
	clock = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
)

func loaded(t testing.TB) *catalogue.Catalogue {
	t.Helper()
	c, err := catalogue.Load(data.Files)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func service(t testing.TB, d *db.DB) *Service {
	t.Helper()
	d.Now = func() time.Time { return clock }
	c := loaded(t)
	jobs, err := job.New(d, slog.New(slog.NewTextHandler(io.Discard, nil)))
	must(t, err)
	return &Service{
		DB: d, Catalogue: c, Index: information.NewIndex(c), Jobs: jobs,
		Later: []Later{{
			Holds: func(ctx context.Context, tx *db.Tx, org access.OrganisationID, systems []ids.ID[system.System]) (map[ids.ID[system.System]]bool, error) {
				answers, err := requirement.Answers(ctx, tx, org, systems)
				out := map[ids.ID[system.System]]bool{}
				for id := range answers {
					out[id] = true
				}
				return out, err
			},
			Remove: requirement.Remove,
		}},
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// held reads the whole register by name, with where each classification stands.
func held(t testing.TB, s *Service, actor access.Actor) (map[string]system.System, map[string]classification.State) {
	t.Helper()
	systems, states := map[string]system.System{}, map[string]classification.State{}
	must(t, s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) error {
		list, err := system.List(ctx, tx, actor.Organisation, system.Filter{Reach: access.Everywhere()})
		if err != nil {
			return err
		}
		var all []ids.ID[system.System]
		for _, x := range list {
			systems[x.Name] = x
			all = append(all, x.ID)
		}
		byID, err := classification.States(ctx, tx, actor.Organisation, all)
		for _, x := range list {
			states[x.Name] = byID[x.ID]
		}
		return err
	}))
	return systems, states
}

func entries(t testing.TB, s *Service, actor access.Actor) int {
	t.Helper()
	n := 0
	must(t, s.DB.Read(ctx, db.Installation, func(tx *db.Tx) error {
		return db.One(tx.QueryRow(ctx, `SELECT COUNT(*) FROM audit_entry WHERE organisation_id = $1`, actor.Organisation), &n)
	}))
	return n
}

func outcome(r Result) [6]int {
	return [6]int{r.Rows, r.New, r.Updated, r.Unchanged, len(r.Similar), len(r.Rejected)}
}

const firstList = `Systemnamn;Förvaltning;Leverantör;Driftform;Personuppgifter;Antal användare;Avtal t.o.m.;Startadress;Inloggning;Information;K;R;T
Alfa;Hemtjänsten;Bolaget AB;Extern drift;Ja;ca 40;270427;https://alfa.example/;BankID;Journaler, insatser;2;3;2
Beta;Kommunledningskontoret / IT;;Intern;Nej;1 461;tillsvidare;;AD;Konton;1;1;
beta ;IT;;;;;;;;;;;
;IT;;;;;;;;;;;
Gamma;Turistbyrån;;Kanske;?;-3;;htp:/fel;;;;;
`

func TestImport(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		s := service(t, d)
		actor := dbtest.Organisation(t, d, "prov")
		r := Request{File: "lista.csv", Content: []byte(firstList), Scale: "1-3"}

		p, err := s.Preview(ctx, actor, r)
		must(t, err)
		if systems, _ := held(t, s, actor); len(systems) != 0 || entries(t, s, actor) != 0 {
			t.Error("a preview wrote something")
		}
		var told []string
		r.Progress = func(done, total int) { told = append(told, fmt.Sprintf("%d/%d", done, total)) }
		done, err := s.Import(ctx, actor, r)
		must(t, err)
		if begin := done.Result.Begin; p.Result.Begin != nil || begin == nil || begin.Slug == "" || done.Result.Sensitive != 2 {
			t.Errorf("where to begin: %+v before, %+v of %d after", p.Result.Begin, begin, done.Result.Sensitive)
		}
		same := done.Result // but for where to begin, which is known when the systems are there
		same.Sensitive, same.Begin = 0, nil
		if diff := cmp.Diff(p.Result, same); diff != "" {
			t.Errorf("the preview said otherwise: %s", diff)
		}
		if got, want := outcome(done.Result), [6]int{5, 3, 0, 0, 1, 1}; got != want {
			t.Errorf("got %v, want %v", got, want)
		}
		if diff := cmp.Diff([]string{"6 Driftform Kanske", "6 Antal användare -3", "6 Startadress htp:/fel"}, where(done.Result.Warnings, 0)); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff([]string{"0/3", "3/3"}, told); diff != "" {
			t.Error(diff)
		}
		checkFirst(t, s, actor)
		if got := entries(t, s, actor); got != 4 {
			t.Errorf("%d audit entries for an import of three systems", got)
		}

		again, err := s.Import(ctx, actor, r)
		must(t, err)
		if got, want := outcome(again.Result), [6]int{5, 0, 0, 3, 1, 1}; got != want {
			t.Errorf("again: got %v, want %v", got, want)
		}
		if got := entries(t, s, actor); got != 5 {
			t.Errorf("%d audit entries after an import that changed nothing", got)
		}
	})
}

func checkFirst(t *testing.T, s *Service, actor access.Actor) {
	t.Helper()
	systems, states := held(t, s, actor)
	a := systems["Alfa"]
	if a.Unit != "Hemtjänsten" || a.UnitID == "" || a.Supplier != "Bolaget AB" || a.SupplierID == "" || a.Hosting != "supplier" ||
		*a.Users != 40 || !a.UsersApproximate || a.ContractEnd.String() != "2027-04-27" || a.LoginNote != "BankID" || a.Version != 1 {
		t.Errorf("got %+v", a)
	}
	if len(a.Logins) != 1 || a.Logins[0].Address != "https://alfa.example/" || a.Logins[0].Method != "BankID" || a.Logins[0].Zone != system.Unknown {
		t.Errorf("got logins %+v", a.Logins)
	}
	if diff := cmp.Diff([]catalogue.Statement{{Fact: Area, Value: "socialtjanst"}, {Fact: PersonalData, Value: "yes"}}, a.Facts); diff != "" {
		t.Error(diff)
	}
	if len(a.Information) == 0 || a.Information[0].Confirmed || !strings.Contains(a.Information[0].Reason, "inlästa listan") {
		t.Errorf("suggested %+v", a.Information)
	}
	if b := systems["Beta"]; b.ContractNote != "tillsvidare" || b.Hosting != "own" || *b.Users != 1461 || b.UsersApproximate || len(b.Logins) != 0 {
		t.Errorf("got %+v", b)
	}
	if g := systems["Gamma"]; g.Hosting != system.Unknown || g.HostingNote != "Kanske" || g.Users != nil || len(g.Facts) != 0 || len(g.Logins) != 0 {
		t.Errorf("got %+v", g)
	}
	draft := states["Alfa"].Draft
	if draft == nil || draft.ModelID != "1-3" || draft.Origin != classification.FromImport || len(draft.Answers) != 3 || draft.Answers[0].Perspective != classification.Unspecified {
		t.Errorf("got draft %+v", draft)
	}
	if states["Beta"].Draft == nil || len(states["Beta"].Draft.Answers) != 2 || states["Gamma"].Draft != nil {
		t.Errorf("got drafts %+v", states)
	}
}

const secondList = `Systemnamn;Förvaltning;Leverantör;Driftform;Antal användare;Avtal t.o.m.;Startadress;K;R;T
ALFA;HEMTJÄNSTEN;Nya bolaget;;50;tillsvidare;https://ny.example/;3;;
Delta;IT;;Intern;;;;1;1;1
`

func TestImportAgainAndUndo(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		s := service(t, d)
		actor := dbtest.Organisation(t, d, "prov")
		_, err := s.Import(ctx, actor, Request{File: "ett.csv", Content: []byte(firstList), Scale: "1-3"})
		must(t, err)
		before, drafts := held(t, s, actor)

		second := Request{File: "två.csv", Content: []byte(secondList), Scale: "1-3"}
		done, err := s.Import(ctx, actor, second)
		must(t, err)
		if got, want := outcome(done.Result), [6]int{2, 1, 1, 0, 0, 0}; got != want {
			t.Errorf("got %v, want %v", got, want)
		}
		systems, states := held(t, s, actor)
		a := systems["Alfa"]
		if a.Supplier != "Nya bolaget" || a.Unit != "Hemtjänsten" || a.Hosting != "supplier" || *a.Users != 50 || a.UsersApproximate ||
			!a.ContractEnd.IsZero() || a.ContractNote != "tillsvidare" || len(a.Logins) != 1 || a.Logins[0].Address != "https://ny.example/" || a.Version != 2 {
			t.Errorf("got %+v", a)
		}
		if got := levels(states["Alfa"].Draft); got != "K3 R3 T2" {
			t.Errorf("the draft is %s", got)
		}
		again, err := s.Preview(ctx, actor, second)
		must(t, err)
		if got, want := outcome(again.Result), [6]int{2, 0, 0, 2, 0, 0}; got != want {
			t.Errorf("again: got %v, want %v", got, want)
		}

		undone, err := s.Undo(ctx, actor, done.ID)
		must(t, err)
		if undone.Removed != 1 || undone.Restored != 1 || len(undone.Kept) != 0 {
			t.Errorf("got %+v", undone)
		}
		systems, states = held(t, s, actor)
		if _, ok := systems["Delta"]; ok {
			t.Error("Delta is still there")
		}
		want, got := before["Alfa"], systems["Alfa"]
		want.Version, want.UpdatedAt = got.Version, got.UpdatedAt
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		if got, want := levels(states["Alfa"].Draft), levels(drafts["Alfa"].Draft); got != want {
			t.Errorf("the draft is %s, was %s", got, want)
		}
		if _, err := s.Undo(ctx, actor, done.ID); !errors.Is(err, ErrUndone) {
			t.Errorf("undone twice: %v", err)
		}
		list, err := s.Imports(ctx, actor)
		must(t, err)
		if len(list) != 2 || list[0].Undone.IsZero() == list[1].Undone.IsZero() || list[0].Result.Columns == nil {
			t.Errorf("got %+v", list)
		}
	})
}

// Later slices are told of all systems that an import changes, and again when it is undone, many at once: the queue begins few jobs in a second.
func TestImportTellsOfManyAtOnce(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		s := service(t, d)
		actor := dbtest.Organisation(t, d, "prov")
		list := func(unit string) Request {
			var b strings.Builder
			b.WriteString("System;Förvaltning\n")
			for i := range 230 {
				fmt.Fprintf(&b, "System %d;%s\n", i, unit)
			}
			return Request{File: "a.csv", Content: []byte(b.String())}
		}
		told := func() (jobs, systems int) {
			text := "CAST(args AS TEXT)"
			if d.Engine == db.SQLite { // where the queue keeps them packed
				text = "json(args)"
			}
			must(t, d.Read(ctx, db.Installation, func(tx *db.Tx) error {
				all, err := db.All(ctx, tx, func(scan func(...any) error) (string, error) {
					var args string
					err := scan(&args)
					return args, err
				}, `SELECT `+text+` FROM river_job WHERE kind = 'classification.many-changed'`)
				different := map[ids.ID[system.System]]bool{}
				for _, x := range all {
					var args classification.ManyChanged
					must(t, json.Unmarshal([]byte(x), &args))
					for _, id := range args.Systems {
						different[id] = args.Organisation == actor.Organisation
					}
				}
				jobs, systems = len(all), len(different)
				return err
			}))
			return jobs, systems
		}
		_, err := s.Import(ctx, actor, list("Kultur"))
		must(t, err)
		if jobs, _ := told(); jobs != 0 {
			t.Errorf("%d jobs tell of systems that were not there before", jobs)
		}
		done, err := s.Import(ctx, actor, list("Fritid"))
		must(t, err)
		if jobs, systems := told(); jobs != 3 || systems != 230 {
			t.Errorf("%d jobs tell of %d systems, want 3 of 230", jobs, systems)
		}
		_, err = s.Undo(ctx, actor, done.ID)
		must(t, err)
		if jobs, systems := told(); jobs != 6 || systems != 230 {
			t.Errorf("undone: %d jobs tell of %d systems, want 6 of 230", jobs, systems)
		}
	})
}

func levels(c *classification.Classification) string {
	if c == nil {
		return "none"
	}
	out := map[catalogue.Aspect]int{}
	for _, a := range c.Answers {
		out[a.Aspect] = a.Level
	}
	return levelsText(out)
}

func TestUndoKeepsWhatPeopleHaveDone(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		s := service(t, d)
		actor := dbtest.Organisation(t, d, "prov")
		list := "Systemnamn;Leverantör;K;R;T\n"
		for _, name := range []string{"Ändrad", "Klassad", "Bekräftad", "Besvarad", "Orörd"} {
			list += name + ";Bolaget;1;2;3\n"
		}
		done, err := s.Import(ctx, actor, Request{File: "a.csv", Content: []byte(list), Scale: "1-3"})
		must(t, err)
		systems, _ := held(t, s, actor)

		changed := systems["Ändrad"]
		changed.Comment = "Mer"
		must(t, (&system.Service{DB: d}).Update(ctx, actor, changed))
		classes := &classification.Service{DB: d, Catalogue: s.Catalogue, Jobs: s.Jobs}
		must(t, classes.Answer(ctx, actor, systems["Klassad"].Slug, classification.Answer{Aspect: catalogue.Integrity, Perspective: "individual", Level: 3}))
		must(t, classes.SetInformation(ctx, actor, systems["Bekräftad"].Slug, []classification.Chosen{{TypeID: s.Catalogue.Types[0].ID}}))
		requirements := &requirement.Service{DB: d, Engine: requirement.NewEngine(s.Catalogue)}
		must(t, requirements.Answer(ctx, actor, systems["Besvarad"].Slug, []requirement.Answer{{
			Requirement: s.Catalogue.Requirements[0].ID, Status: requirement.Met, KnownBy: requirement.SelfAssessed,
		}}))

		undone, err := s.Undo(ctx, actor, done.ID)
		must(t, err)
		var kept []string
		for _, k := range undone.Kept {
			kept = append(kept, k.Name)
		}
		if diff := cmp.Diff([]string{"Bekräftad", "Besvarad", "Klassad", "Ändrad"}, kept); diff != "" || undone.Removed != 1 {
			t.Errorf("removed %d, kept: %s", undone.Removed, diff)
		}
		systems, states := held(t, s, actor)
		if _, ok := systems["Orörd"]; ok || len(systems) != 4 || states["Klassad"].Draft == nil {
			t.Errorf("left: %v", systems)
		}
	})
}

func TestUndoHasALimit(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		s := service(t, d)
		actor := dbtest.Organisation(t, d, "prov")
		done, err := s.Import(ctx, actor, Request{File: "a.csv", Content: []byte(firstList)})
		must(t, err)
		d.Now = func() time.Time { return clock.AddDate(0, 0, undoDays).Add(time.Second) }
		if _, err := s.Undo(ctx, actor, done.ID); !errors.Is(err, ErrTooLate) {
			t.Errorf("got %v", err)
		}
		other := dbtest.Organisation(t, d, "annan")
		d.Now = func() time.Time { return clock.AddDate(0, 0, undoDays) }
		if _, err := s.Undo(ctx, other, done.ID); !errors.Is(err, db.ErrNotFound) {
			t.Errorf("another organisation's import: %v", err)
		}
		if _, err := s.Undo(ctx, actor, done.ID); err != nil {
			t.Errorf("on the last day: %v", err)
		}
	})
}

func TestImportLeavesClassificationsOfPeopleAlone(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		s := service(t, d)
		actor := dbtest.Organisation(t, d, "prov")
		request := func(row string) Request {
			return Request{File: "a.csv", Content: []byte("Systemnamn;K;R;T;S\n" + row + "\nÖvrigt;1;1;1;1\n"), Scale: "klassa"}
		}
		_, err := s.Import(ctx, actor, request("Alfa;1;2;3;1"))
		must(t, err)
		systems, _ := held(t, s, actor)
		classes := &classification.Service{DB: d, Catalogue: s.Catalogue, Jobs: s.Jobs}
		must(t, classes.Answer(ctx, actor, systems["Alfa"].Slug, classification.Answer{Aspect: catalogue.Integrity, Perspective: "individual", Level: 3, Motivation: "Så är det"}))

		done, err := s.Import(ctx, actor, request("Alfa;3;3;3;3"))
		must(t, err)
		if diff := cmp.Diff([]string{"2 K K3 R3 T3 S3"}, where(done.Result.Warnings, 0)); diff != "" {
			t.Error(diff)
		}
		_, states := held(t, s, actor)
		if got := levels(states["Alfa"].Draft); got != "K1 R3 T3 S1" {
			t.Errorf("the draft is %s", got)
		}
		must(t, d.Write(ctx, db.Installation, func(tx *db.Tx) error {
			_, err := tx.Exec(ctx, `UPDATE classification SET status = 'decided' WHERE id = $1`, states["Alfa"].Draft.ID)
			return err
		}))
		_, err = s.Import(ctx, actor, request("Alfa;3;3;3;3"))
		must(t, err)
		_, states = held(t, s, actor)
		if states["Alfa"].Draft != nil || levels(states["Alfa"].Decided) != "K1 R3 T3 S1" {
			t.Errorf("got %+v", states["Alfa"])
		}
	})
}

func TestStoppingLevel(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		s := service(t, d)
		actor := dbtest.Organisation(t, d, "prov")
		list := "Systemnamn;K;R;T;S\nHemlig;4;2;2;1\nÖppen;1;1;1;1\n"
		r := Request{File: "a.csv", Content: []byte(list), Scale: "klassa"}
		done, err := s.Import(ctx, actor, r)
		must(t, err)
		if len(done.Result.Warnings) != 1 || done.Result.Warnings[0].Value != "" || !strings.Contains(done.Result.Warnings[0].Reason, "säkerhetsskyddschefen") {
			t.Errorf("got %+v", done.Result.Warnings)
		}
		_, states := held(t, s, actor)
		stopped := states["Hemlig"].Stopped
		if stopped == nil || len(stopped.Answers) != 0 || states["Hemlig"].Draft != nil || states["Öppen"].Draft == nil {
			t.Errorf("got %+v", states)
		}
		must(t, d.Read(ctx, db.Installation, func(tx *db.Tx) error {
			systems, err := audit.History(ctx, tx, actor.Organisation, "system", stopped.System.String(), 5)
			if len(systems) != 1 || strings.Contains(systems[0].Record, "levels") {
				t.Errorf("the log tells: %+v", systems)
			}
			return err
		}))
		again, err := s.Import(ctx, actor, r)
		must(t, err)
		if got, want := outcome(again.Result), [6]int{2, 0, 0, 2, 0, 0}; got != want {
			t.Errorf("again: got %v, want %v", got, want)
		}
		_, err = s.Undo(ctx, actor, done.ID)
		must(t, err)
		if systems, _ := held(t, s, actor); len(systems) != 0 {
			t.Errorf("left: %v", systems)
		}
	})
}

func TestColumnsAreRemembered(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		s := service(t, d)
		actor := dbtest.Organisation(t, d, "prov")
		list := []byte("Grunka;Mojäng;Kommentar\nAlfa;Bolaget AB;x\n")
		var fe *FileError
		if _, err := s.Import(ctx, actor, Request{File: "a.csv", Content: list}); !errors.As(err, &fe) || fe.Reason.Key != "register.file-no-name" {
			t.Errorf("got %v", err)
		}
		said := map[string]string{" GRUNKA": Name, "Mojäng": Supplier, "Kommentar": ""}
		_, err := s.Import(ctx, actor, Request{File: "a.csv", Content: list, Columns: said})
		must(t, err)
		p, err := s.Preview(ctx, actor, Request{File: "b.csv", Content: list})
		must(t, err)
		want := []Column{{0, "Grunka", Name, 1}, {1, "Mojäng", Supplier, 1}, {2, "Kommentar", "", 1}}
		if diff := cmp.Diff(want, p.Columns); diff != "" || p.Unchanged != 1 {
			t.Errorf("%d unchanged: %s", p.Unchanged, diff)
		}
		if _, err := s.Preview(ctx, actor, Request{Content: list, Columns: map[string]string{"Grunka": "nonsense"}}); !errors.Is(err, ErrField) {
			t.Errorf("got %v", err)
		}
		if _, err := s.Preview(ctx, actor, Request{Content: list, Columns: said, Scale: "nonsense"}); !errors.Is(err, classification.ErrModel) {
			t.Errorf("got %v", err)
		}
	})
}

func TestFailedImportChangesNothing(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		s := service(t, d)
		actor := dbtest.Organisation(t, d, "prov")
		stop, cancel := context.WithCancel(ctx)
		_, err := s.Import(stop, actor, Request{
			File: "a.csv", Content: manyRows(chunk * 2), Progress: func(done, _ int) {
				if done > 0 {
					cancel()
				}
			},
		})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		if systems, _ := held(t, s, actor); len(systems) != 0 || entries(t, s, actor) != 0 {
			t.Errorf("%d systems are left", len(systems))
		}
	})
}

func TestOnlyTheCoordinatorImports(t *testing.T) {
	d := dbtest.SQLite(t)
	s := service(t, d)
	actor := dbtest.Organisation(t, d, "prov")
	actor.Roles = []access.Role{access.SystemOwner}
	r := Request{Content: []byte(firstList)}
	if _, err := s.Preview(ctx, actor, r); !errors.Is(err, access.ErrDenied) {
		t.Errorf("preview: %v", err)
	}
	if _, err := s.Import(ctx, actor, r); !errors.Is(err, access.ErrDenied) {
		t.Errorf("import: %v", err)
	}
	if _, err := s.Undo(ctx, actor, "x"); !errors.Is(err, access.ErrDenied) {
		t.Errorf("undo: %v", err)
	}
	if _, err := s.Imports(ctx, actor); !errors.Is(err, access.ErrDenied) {
		t.Errorf("list, which tells of every unit's systems: %v", err)
	}
	actor.Roles = []access.Role{access.Auditor}
	if _, err := s.Imports(ctx, actor); err != nil {
		t.Errorf("the auditor's list: %v", err)
	}
}

// TestFactsAreInTheVocabulary asks the catalogue whether it knows every fact that an import may state.
func TestFactsAreInTheVocabulary(t *testing.T) {
	v := loaded(t).Vocabulary
	check := func(fact, value string) {
		if got, err := v.Check(fact, value); err != nil || got != value {
			t.Errorf("%s=%s: got %q, %v", fact, value, got, err)
		}
	}
	for _, w := range unitWords {
		check(Area, w.area)
	}
	for _, w := range nameWords {
		check(Area, w.area)
	}
	check(Area, welfareTech)
	for _, w := range factWords {
		check(w.fact.Fact, w.fact.Value)
	}
	for _, fact := range []string{PersonalData, SpecialCategory, ThirdCountry} {
		check(fact, yes)
		check(fact, no)
	}
}

// TestWordsAreTheRegisters asks the register whether it allows every value that a cell can give.
func TestWordsAreTheRegisters(t *testing.T) {
	for _, tc := range []struct{ field, cell string }{
		{Hosting, "Intern"},
		{Hosting, "Extern drift"},
		{Hosting, "Molntjänst (EU)"},
		{Hosting, "Molntjänst (USA)"},
		{ProcessorAgreement, "Ja"},
		{ProcessorAgreement, "Behövs ej"},
		{Classified, "Nej"},
	} {
		checkWord(t, tc.field, tc.cell)
	}
	for word := range stateWords() {
		checkWord(t, State, word)
	}
	for word := range kindWords() {
		checkWord(t, Kind, word)
	}
}

func checkWord(t *testing.T, field, cell string) {
	t.Helper()
	s := system.New("Prov")
	got := readCell(field, cell)
	for _, x := range got.settings {
		put(&s, x.key, x.value)
		if back := values(&s)[x.key]; back != x.value {
			t.Errorf("%s %q: put %q, got back %q", field, cell, x.value, back)
		}
	}
	if err := s.Check(); err != nil || len(got.settings) == 0 {
		t.Errorf("%s %q: %v", field, cell, err)
	}
}

// TestResultAsJSON holds the shape that scripts read.
func TestResultAsJSON(t *testing.T) {
	table := list("System|Antal användare|K|R", "A|-3|1|2", "a||1|2", "||2|1")
	p := plan(t, table, Options{Lang: "en"})
	for i := range p.Warnings {
		p.Warnings[i].Reason = "w"
	}
	p.Rejected[0].Reason = "r"
	got, err := json.Marshal(p.Result)
	must(t, err)
	want := `{"file":"lista","sheet":"","header_row":1,"columns":[{"header":"System","field":"name","confidence":0.83},` +
		`{"header":"Antal användare","field":"users","confidence":0.5},{"header":"K","field":"level_confidentiality","confidence":0.9},` +
		`{"header":"R","field":"level_integrity","confidence":0.9}],"rows":3,"new":1,"updated":0,"unchanged":0,` +
		`"similar":[{"row":3,"to":"A","score":1}],"rejected":[{"row":4,"column":"System","value":"","reason":"r"}],` +
		`"warnings":[{"row":1,"column":"K","value":"","reason":"w"},{"row":1,"column":"R","value":"","reason":"w"},` +
		`{"row":2,"column":"Antal användare","value":"-3","reason":"w"}]}`
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Error(diff)
	}
	empty, err := json.Marshal(plan(t, list("System", "A"), Options{}).Result)
	must(t, err)
	if !strings.Contains(string(empty), `"similar":[],"rejected":[],"warnings":[]`) {
		t.Errorf("got %s", empty)
	}
}

func BenchmarkImport5000(b *testing.B) {
	content := manyRows(5000)
	for name, open := range map[string]func(testing.TB) *db.DB{"sqlite": dbtest.SQLite, "postgres": dbtest.Postgres} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				d := open(b)
				s := service(b, d)
				actor := dbtest.Organisation(b, d, "prov")
				b.StartTimer()
				done, err := s.Import(ctx, actor, Request{File: "a.csv", Content: content, Scale: "1-3"})
				if err != nil || done.Result.New != 5000 {
					b.Fatalf("%d new: %v", done.Result.New, err)
				}
			}
		})
	}
}
