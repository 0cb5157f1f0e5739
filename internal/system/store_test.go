// SPDX-License-Identifier: EUPL-1.2

package system_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/information"
	"github.com/insegel/insegel/internal/organisation"
	"github.com/insegel/insegel/internal/supplier"
	"github.com/insegel/insegel/internal/system"
)

// write and read run fn in a transaction that must succeed.
func write(t testing.TB, d *db.DB, org access.OrganisationID, fn func(tx *db.Tx) error) {
	t.Helper()
	if err := d.Write(t.Context(), org, fn); err != nil {
		t.Fatal(err)
	}
}

func read(t testing.TB, d *db.DB, org access.OrganisationID, fn func(tx *db.Tx) error) {
	t.Helper()
	if err := d.Read(t.Context(), org, fn); err != nil {
		t.Fatal(err)
	}
}

// register makes new systems with the names.
func register(t testing.TB, d *db.DB, org access.OrganisationID, names ...string) []system.System {
	t.Helper()
	list, taken := make([]system.System, len(names)), map[string]bool{}
	for i, n := range names {
		list[i] = system.New(n)
		list[i].Slug = system.FreeSlug(taken, list[i].Slug)
	}
	write(t, d, org, func(tx *db.Tx) error { return system.Upsert(t.Context(), tx, org, list) })
	return list
}

// listed gives the names that a filter leaves, in order.
func listed(t testing.TB, d *db.DB, org access.OrganisationID, f system.Filter) []string {
	t.Helper()
	var names []string
	read(t, d, org, func(tx *db.Tx) error {
		list, err := system.List(t.Context(), tx, org, f)
		for _, s := range list {
			names = append(names, s.Name)
		}
		n, e := system.Count(t.Context(), tx, org, system.Filter{Reach: access.Everywhere(), Text: f.Text, Unit: f.Unit, State: f.State})
		if f.Limit == 0 && n != len(list) {
			t.Errorf("%+v: counted %d, listed %d", f, n, len(list))
		}
		return errors.Join(err, e)
	})
	return names
}

// complete is a system with every field set, each to a value of its own.
func complete(t *testing.T, unit access.UnitID, by ids.ID[supplier.Supplier]) system.System {
	t.Helper()
	s := system.New("Åldermans ärenden")
	s.Kind, s.Service, s.Audience = "e-service", "Ansökan", "residents"
	s.UnitID, s.Unit, s.SupplierID, s.Supplier = unit, "Vård", by, "Berg IT"
	s.OwnerRole, s.ManagerRole = "Systemägare", "Systemförvaltare"
	s.Hosting, s.HostingNote, s.Country = "cloud-eu", "Luleå", "SE"
	s.State, s.Criticality = "in-use", "hög"
	s.Users, s.UsersApproximate, s.DataSubjects = number(40), true, number(12_000)
	s.ContractEnd, s.ContractNote = day(t, "2027-12-31"), "Förlängs"
	s.ProcessorAgreement, s.ProcessorAgreementOn, s.SubProcessors = "yes", day(t, "2024-01-02"), "Moln AB"
	s.RoleModel, s.RoleModelOn, s.AccessReviewOn = "no", day(t, "2024-02-03"), day(t, "2024-03-04")
	s.AccessLog, s.LogReviewMonths, s.LogReviewOn = "yes", number(3), day(t, "2024-04-05")
	s.LoginNote, s.InformationNote, s.Comment = "Inloggning", "Innehåll", "Kommentar"
	s.ClassifiedLastYear = "no"
	s.Facts = []catalogue.Statement{{Fact: "ai", Value: "no"}, {Fact: "area", Value: "lss"}, {Fact: "area", Value: "socialtjanst"}}
	s.Logins = []system.LoginPath{
		{ID: ids.New[system.LoginPath](), Audience: "residents", Address: "https://e.example", Zone: "internet", Method: "e-legitimation"},
		{ID: ids.New[system.LoginPath](), Audience: "staff", Address: "intern", Zone: "internal", Method: "lösenord"},
	}
	return s
}

func TestRoundtrip(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		now := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
		d.Now = func() time.Time { return now }
		org := dbtest.Organisation(t, d, "norrsjo").Organisation
		var want system.System
		write(t, d, org, func(tx *db.Tx) error {
			units, err := organisation.EnsureUnits(t.Context(), tx, org, []string{"Vård"})
			if err != nil {
				return err
			}
			suppliers, err := supplier.Ensure(t.Context(), tx, org, []string{"Berg IT"})
			if err != nil {
				return err
			}
			info, err := information.Save(t.Context(), tx, org, information.Information{
				Name: "Ansökningar", TypeID: "eb-ansokan", TypeVersion: 1, Note: "n", Facts: []catalogue.Statement{{Fact: "children", Value: "yes"}},
			})
			if err != nil {
				return err
			}
			want = complete(t, units["Vård"], suppliers["Berg IT"])
			if err := system.Upsert(t.Context(), tx, org, []system.System{want}); err != nil {
				return err
			}
			want.Information = []information.Held{{Information: information.Information{
				ID: info, Name: "Ansökningar", TypeID: "eb-ansokan", TypeVersion: 1, Note: "n", Facts: []catalogue.Statement{{Fact: "children", Value: "yes"}},
			}, Confirmed: true, Reason: "svar"}}
			return system.AddLinks(t.Context(), tx, org, []system.Link{{System: want.ID, Information: info, Confirmed: true, Reason: "svar"}})
		})
		want.CreatedAt, want.UpdatedAt = now, now
		read(t, d, org, func(tx *db.Tx) error {
			list, err := system.List(t.Context(), tx, org, system.Filter{Reach: access.Everywhere()})
			if err != nil || len(list) != 1 {
				t.Fatalf("got %d systems, %v", len(list), err)
			}
			for _, ref := range []string{want.ID.String(), want.Slug} {
				got, err := system.Get(t.Context(), tx, org, ref)
				if err != nil {
					return err
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("read by %s: %s", ref, diff)
				}
			}
			if diff := cmp.Diff(want, list[0]); diff != "" {
				t.Errorf("listed: %s", diff)
			}
			return nil
		})
	})
}

// A change replaces every field and what hangs on the system, and nothing else.
func TestUpsertChanges(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		org := dbtest.Organisation(t, d, "norrsjo").Organisation
		list := register(t, d, org, "A", "B")
		full := complete(t, "", "")
		full.Unit, full.Supplier = "", ""
		full.ID, full.Slug, full.Version = list[0].ID, list[0].Slug, 2
		write(t, d, org, func(tx *db.Tx) error { return system.Upsert(t.Context(), tx, org, []system.System{full}) })
		back := system.New("A")
		back.ID, back.Slug, back.Version = full.ID, full.Slug, 3
		for _, want := range []system.System{full, back} {
			write(t, d, org, func(tx *db.Tx) error { return system.Upsert(t.Context(), tx, org, []system.System{want}) })
			read(t, d, org, func(tx *db.Tx) error {
				got, err := system.Get(t.Context(), tx, org, want.Slug)
				if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(system.System{}, "CreatedAt", "UpdatedAt")); diff != "" {
					t.Errorf("version %d: %s", want.Version, diff)
				}
				other, e := system.Get(t.Context(), tx, org, list[1].Slug)
				if other.Name != "B" || other.Version != 1 {
					t.Errorf("another system was changed: %+v", other)
				}
				return errors.Join(err, e)
			})
		}
	})
}

func TestSlugIsTaken(t *testing.T) {
	d := dbtest.SQLite(t)
	org := dbtest.Organisation(t, d, "norrsjo").Organisation
	register(t, d, org, "A")
	err := d.Write(t.Context(), db.Installation, func(tx *db.Tx) error { return system.Upsert(t.Context(), tx, org, []system.System{system.New("A")}) })
	if err == nil {
		t.Error("two systems got one address")
	}
}

func TestListOrderAndSearch(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		org := dbtest.Organisation(t, d, "norrsjo").Organisation
		other := dbtest.Organisation(t, d, "soderby").Organisation
		register(t, d, other, "Ärende hos andra")
		systems := register(t, d, org, "Östra", "ärende", "Zebra", "Åkeri", "alfa", "100 % koll", "under_streck", "Back\\slash")
		var unit access.UnitID
		write(t, d, org, func(tx *db.Tx) error {
			units, err := organisation.EnsureUnits(t.Context(), tx, org, []string{"Vård och omsorg"})
			if err != nil {
				return err
			}
			unit = units["Vård och omsorg"]
			z := systems[2]
			z.UnitID, z.Unit, z.Supplier, z.State, z.Version = unit, "Vård och omsorg", "Ådal Data", "planned", 2
			return system.Upsert(t.Context(), tx, org, []system.System{z})
		})
		everything := []string{"100 % koll", "alfa", "Back\\slash", "under_streck", "Zebra", "Åkeri", "ärende", "Östra"}
		for name, tc := range map[string]struct {
			f    system.Filter
			want []string
		}{
			"all, in Swedish order":    {system.Filter{Reach: access.Everywhere()}, everything},
			"first page":               {system.Filter{Reach: access.Everywhere(), Limit: 3}, everything[:3]},
			"last page":                {system.Filter{Reach: access.Everywhere(), Limit: 3, Offset: 6}, everything[6:]},
			"past the end":             {system.Filter{Reach: access.Everywhere(), Limit: 3, Offset: 60}, nil},
			"lower case finds capital": {system.Filter{Reach: access.Everywhere(), Text: "östra"}, []string{"Östra"}},
			"capital finds lower case": {system.Filter{Reach: access.Everywhere(), Text: "ÄRENDE"}, []string{"ärende"}},
			"Å is not A":               {system.Filter{Reach: access.Everywhere(), Text: "Å"}, []string{"Zebra", "Åkeri"}},
			"decomposed Å":             {system.Filter{Reach: access.Everywhere(), Text: "A\u030aker"}, []string{"Åkeri"}},
			"percent is a sign":        {system.Filter{Reach: access.Everywhere(), Text: "%"}, []string{"100 % koll"}},
			"underscore is a sign":     {system.Filter{Reach: access.Everywhere(), Text: "_"}, []string{"under_streck"}},
			"backslash is a sign":      {system.Filter{Reach: access.Everywhere(), Text: `\`}, []string{"Back\\slash"}},
			"every word must be found": {system.Filter{Reach: access.Everywhere(), Text: "zebra vård"}, []string{"Zebra"}},
			"one word is not found":    {system.Filter{Reach: access.Everywhere(), Text: "zebra skola"}, nil},
			"by supplier":              {system.Filter{Reach: access.Everywhere(), Text: "ådal"}, []string{"Zebra"}},
			"by unit":                  {system.Filter{Reach: access.Everywhere(), Unit: unit.String()}, []string{"Zebra"}},
			"by state":                 {system.Filter{Reach: access.Everywhere(), State: "planned"}, []string{"Zebra"}},
			"spaces are no filter":     {system.Filter{Reach: access.Everywhere(), Text: "  "}, everything},
			"a quote is a sign":        {system.Filter{Reach: access.Everywhere(), Text: "'; DROP TABLE system; --"}, nil},
		} {
			t.Run(name, func(t *testing.T) {
				if diff := cmp.Diff(tc.want, listed(t, d, org, tc.f)); diff != "" {
					t.Error(diff)
				}
			})
		}
	})
}

func TestConstantNumberOfStatements(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		statements := map[int]int64{}
		for _, n := range []int{10, 1000} {
			org := dbtest.Organisation(t, d, fmt.Sprint("org-", n)).Organisation
			list := make([]system.System, n)
			for i := range list {
				list[i] = system.New(fmt.Sprint("System ", i))
				list[i].Facts = one("ai", "yes")
				list[i].Logins = []system.LoginPath{{Zone: "internet"}, {Zone: "internal"}}
			}
			write(t, d, org, func(tx *db.Tx) error {
				if err := system.Upsert(t.Context(), tx, org, list); err != nil {
					return err
				}
				info, err := information.Save(t.Context(), tx, org, information.Information{Name: "Egen"})
				var links []system.Link
				for _, s := range list {
					links = append(links, system.Link{System: s.ID, Information: info})
				}
				return errors.Join(err, system.AddLinks(t.Context(), tx, org, links))
			})
			before := d.Statements()
			read(t, d, org, func(tx *db.Tx) error {
				got, err := system.List(t.Context(), tx, org, system.Filter{Reach: access.Everywhere()})
				for _, s := range got {
					if len(s.Facts) != 1 || len(s.Logins) != 2 || len(s.Information) != 1 {
						t.Fatalf("of %d: %s has %d facts, %d logins, %d information", n, s.Name, len(s.Facts), len(s.Logins), len(s.Information))
					}
				}
				if len(got) != n {
					t.Errorf("listed %d of %d", len(got), n)
				}
				return err
			})
			statements[n] = d.Statements() - before
		}
		if statements[10] != statements[1000] {
			t.Errorf("10 systems take %d statements and 1 000 take %d", statements[10], statements[1000])
		}
	})
}

func TestLinks(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		org := dbtest.Organisation(t, d, "norrsjo").Organisation
		s := register(t, d, org, "A")[0]
		held := func() (out []string) {
			read(t, d, org, func(tx *db.Tx) error {
				got, err := system.Get(t.Context(), tx, org, s.Slug)
				for _, h := range got.Information {
					out = append(out, fmt.Sprint(h.Name, " ", h.Confirmed, " ", h.Reason))
				}
				return err
			})
			return out
		}
		write(t, d, org, func(tx *db.Tx) error {
			a, err := information.Save(t.Context(), tx, org, information.Information{Name: "a"})
			if err != nil {
				return err
			}
			b, err := information.Save(t.Context(), tx, org, information.Information{Name: "b"})
			if err != nil {
				return err
			}
			if err := system.AddLinks(t.Context(), tx, org, []system.Link{{s.ID, a, true, "sagt"}, {s.ID, b, false, "ordet"}}); err != nil {
				return err
			}
			return system.AddLinks(t.Context(), tx, org, []system.Link{{s.ID, a, false, "ordet"}})
		})
		if diff := cmp.Diff([]string{"a true sagt", "b false ordet"}, held()); diff != "" {
			t.Errorf("a suggestion overwrote what a person confirmed: %s", diff)
		}
		write(t, d, org, func(tx *db.Tx) error { return system.ReplaceLinks(t.Context(), tx, org, s.ID, nil) })
		if got := held(); got != nil {
			t.Errorf("got %q, want none", got)
		}
	})
}

func TestRemove(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		org, other := dbtest.Organisation(t, d, "norrsjo").Organisation, dbtest.Organisation(t, d, "soderby").Organisation
		full := complete(t, "", "")
		write(t, d, org, func(tx *db.Tx) error { return system.Upsert(t.Context(), tx, org, []system.System{full}) })
		register(t, d, org, "Kvar")
		write(t, d, other, func(tx *db.Tx) error { return system.Remove(t.Context(), tx, other, []ids.ID[system.System]{full.ID}) })
		if got := listed(t, d, org, system.Filter{Reach: access.Everywhere()}); len(got) != 2 {
			t.Fatalf("another organisation removed a system; left are %q", got)
		}
		write(t, d, org, func(tx *db.Tx) error { return system.Remove(t.Context(), tx, org, []ids.ID[system.System]{full.ID}) })
		if diff := cmp.Diff([]string{"Kvar"}, listed(t, d, org, system.Filter{Reach: access.Everywhere()})); diff != "" {
			t.Error(diff)
		}
		for _, table := range []string{"system_fact", "login_path", "system_information"} {
			var n int
			read(t, d, db.Installation, func(tx *db.Tx) error { return db.One(tx.QueryRow(t.Context(), `SELECT COUNT(*) FROM `+table), &n) })
			if n != 0 {
				t.Errorf("%d rows of %s are left", n, table)
			}
		}
	})
}

func TestNamesAndSlugs(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		org, other := dbtest.Organisation(t, d, "norrsjo").Organisation, dbtest.Organisation(t, d, "soderby").Organisation
		register(t, d, other, "Deras")
		s := register(t, d, org, "Ärende  ETT")[0]
		read(t, d, org, func(tx *db.Tx) error {
			names, err := system.Names(t.Context(), tx, org)
			if diff := cmp.Diff(map[string]ids.ID[system.System]{"ärende ett": s.ID}, names); diff != "" {
				t.Error(diff)
			}
			slugs, e := system.Slugs(t.Context(), tx, org)
			if diff := cmp.Diff(map[string]bool{"arende-ett": true}, slugs); diff != "" {
				t.Error(diff)
			}
			return errors.Join(err, e)
		})
	})
}

func TestService(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		actor := dbtest.Organisation(t, d, "norrsjo")
		s := &system.Service{DB: d}
		first, err := s.Create(t.Context(), actor, system.New("Treserva"))
		if err != nil {
			t.Fatal(err)
		}
		second, err := s.Create(t.Context(), actor, system.New("TRESERVA"))
		if err != nil || first.Slug != "treserva" || second.Slug != "treserva-2" {
			t.Errorf("got %q and %q (%v)", first.Slug, second.Slug, err)
		}
		if third, err := s.Create(t.Context(), actor, first); err != nil || third.ID == first.ID {
			t.Errorf("a system was made over another one: %v", err)
		}
		if _, err := s.Create(t.Context(), actor, system.New(" ")); !errors.Is(err, system.ErrName) {
			t.Errorf("no name gave %v", err)
		}
		stale := first
		first.Name = "Treserva 2"
		if err := s.Update(t.Context(), actor, first); err != nil {
			t.Fatal(err)
		}
		stale.Name = "Den gamla"
		if err := s.Update(t.Context(), actor, stale); !errors.Is(err, db.ErrConflict) {
			t.Errorf("a change of an old version gave %v", err)
		}
		reader := actor
		reader.Roles = []access.Role{access.Auditor}
		if _, err := s.Create(t.Context(), reader, system.New("x")); !errors.Is(err, access.ErrDenied) {
			t.Errorf("an auditor made a system: %v", err)
		}
		if err := s.Update(t.Context(), reader, first); !errors.Is(err, access.ErrDenied) {
			t.Errorf("an auditor changed a system: %v", err)
		}
		read(t, d, actor.Organisation, func(tx *db.Tx) error {
			got, err := system.Get(t.Context(), tx, actor.Organisation, first.Slug)
			if got.Name != "Treserva 2" || got.Version != 2 {
				t.Errorf("got %q version %d", got.Name, got.Version)
			}
			log, e := audit.History(t.Context(), tx, actor.Organisation, "system", first.ID.String(), 10)
			if len(log) != 2 || log[0].Action != "system.Update" || !strings.Contains(log[0].Record, "Treserva 2") {
				t.Errorf("the log says %+v", log)
			}
			return errors.Join(err, e)
		})
	})
}

// Of those who change one version at once, exactly one gets it through.
func TestConcurrentUpdates(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		actor := dbtest.Organisation(t, d, "norrsjo")
		s := &system.Service{DB: d}
		sys, err := s.Create(t.Context(), actor, system.New("Treserva"))
		if err != nil {
			t.Fatal(err)
		}
		const writers = 8
		results := make([]error, writers)
		var wg sync.WaitGroup
		for i := range writers {
			mine := sys
			mine.Comment = fmt.Sprint(i)
			wg.Go(func() { results[i] = s.Update(t.Context(), actor, mine) })
		}
		wg.Wait()
		done := 0
		for _, err := range results {
			switch {
			case err == nil:
				done++
			case !errors.Is(err, db.ErrConflict):
				t.Error(err)
			}
		}
		if done != 1 {
			t.Errorf("%d of %d changes of one version went through", done, writers)
		}
	})
}

// What belongs to one organisation is not there for another, to read or to write.
func TestOtherOrganisation(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		us, them := dbtest.Organisation(t, d, "norrsjo"), dbtest.Organisation(t, d, "soderby")
		s := &system.Service{DB: d}
		theirs := register(t, d, them.Organisation, "Deras")[0]
		read(t, d, us.Organisation, func(tx *db.Tx) error {
			for _, ref := range []string{theirs.ID.String(), theirs.Slug} {
				if _, err := system.Get(t.Context(), tx, us.Organisation, ref); !errors.Is(err, db.ErrNotFound) {
					t.Errorf("%s was found: %v", ref, err)
				}
			}
			return nil
		})
		if got := listed(t, d, us.Organisation, system.Filter{Reach: access.Everywhere()}); got != nil {
			t.Errorf("listed %q", got)
		}
		mine := theirs
		mine.Name, mine.Facts = "Vår", one("ai", "yes")
		if err := s.Update(t.Context(), us, mine); !errors.Is(err, db.ErrNotFound) {
			t.Errorf("a change gave %v, want ErrNotFound", err)
		}
		err := d.Write(t.Context(), us.Organisation, func(tx *db.Tx) error { return system.Upsert(t.Context(), tx, us.Organisation, []system.System{mine}) })
		if !errors.Is(err, db.ErrNotFound) {
			t.Errorf("an import over it gave %v, want ErrNotFound", err)
		}
		read(t, d, them.Organisation, func(tx *db.Tx) error {
			got, err := system.Get(t.Context(), tx, them.Organisation, theirs.Slug)
			if got.Name != "Deras" || got.Version != 1 || got.Facts != nil {
				t.Errorf("it was changed: %+v", got)
			}
			return err
		})
	})
}
