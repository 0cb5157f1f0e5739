// SPDX-License-Identifier: EUPL-1.2

package organisation_test

import (
	"errors"
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/organisation"
)

// codes lists the codes of the organisations in the database, in order.
func codes(t *testing.T, d *db.DB) []string {
	t.Helper()
	var out []string
	err := d.Read(t.Context(), db.Installation, func(tx *db.Tx) (err error) {
		out, err = db.All(t.Context(), tx, func(scan func(...any) error) (string, error) {
			var s string
			return s, scan(&s)
		}, `SELECT code FROM organisation ORDER BY code`)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestChoose(t *testing.T) {
	for name, tc := range map[string]struct {
		has   []string
		code  string
		write bool
		want  string
		err   error
		after []string
	}{
		"none makes the default one":      {nil, "", true, "local", nil, []string{"local"}},
		"none makes the one asked for":    {nil, "norrsjo", true, "norrsjo", nil, []string{"norrsjo"}},
		"none with a code that cannot be": {nil, "Norrsjö!", true, "", organisation.ErrCode, nil},
		"a dry run makes none":            {nil, "", false, "local", nil, nil},
		"a dry run checks the code":       {nil, "Norrsjö!", false, "", organisation.ErrCode, nil},
		"one is chosen without a code":    {[]string{"norrsjo"}, "", true, "norrsjo", nil, []string{"norrsjo"}},
		"one is chosen by its code":       {[]string{"norrsjo"}, "norrsjo", true, "norrsjo", nil, []string{"norrsjo"}},
		"one with another's code":         {[]string{"norrsjo"}, "soderby", true, "", organisation.ErrUnknown, []string{"norrsjo"}},
		"several without a code":          {[]string{"norrsjo", "soderby"}, "", true, "", organisation.ErrSeveral, []string{"norrsjo", "soderby"}},
		"several with a code":             {[]string{"norrsjo", "soderby"}, "soderby", true, "soderby", nil, []string{"norrsjo", "soderby"}},
		"several with an unknown code":    {[]string{"norrsjo", "soderby"}, "x", true, "", organisation.ErrUnknown, []string{"norrsjo", "soderby"}},
	} {
		t.Run(name, func(t *testing.T) {
			dbtest.Run(t, func(t *testing.T, d *db.DB) {
				for _, code := range tc.has {
					dbtest.Organisation(t, d, code)
				}
				got, err := organisation.Choose(t.Context(), d, tc.code, tc.write)
				if !errors.Is(err, tc.err) || err == nil && got.Code != tc.want {
					t.Errorf("got %q, %v; want %q, %v", got.Code, err, tc.want, tc.err)
				}
				if err == nil && got.ID.IsZero() {
					t.Error("the organisation has no id")
				}
				if diff := cmp.Diff(tc.after, codes(t, d)); diff != "" {
					t.Errorf("organisations afterwards: %s", diff)
				}
			})
		})
	}
}

func TestChooseTwiceGivesTheSame(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		first, err := organisation.Choose(t.Context(), d, "", true)
		if err != nil {
			t.Fatal(err)
		}
		if first.Name != organisation.DefaultName {
			t.Errorf("the first organisation is called %q", first.Name)
		}
		again, err := organisation.Choose(t.Context(), d, "", true)
		if err != nil || again != first {
			t.Errorf("got %+v (%v), want %+v", again, err, first)
		}
		err = d.Read(t.Context(), db.Installation, func(tx *db.Tx) error {
			log, err := audit.History(t.Context(), tx, first.ID, "organisation", first.ID.String(), 10)
			if len(log) != 1 || log[0].Action != "organisation.Create" {
				t.Errorf("the log says %+v, want that it was made", log)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

func TestCheckCode(t *testing.T) {
	for code, want := range map[string]bool{
		"a": true, "norrsjo": true, "0123-b": true, strings.Repeat("a", 40): true,
		"": false, "-a": false, "Norrsjo": false, "norrsjö": false, "a b": false, "a/b": false, "a\n": false, strings.Repeat("a", 41): false,
	} {
		if got := organisation.CheckCode(code) == nil; got != want {
			t.Errorf("%q: got %v, want %v", code, got, want)
		}
	}
}

func TestCreateAndGet(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		want := organisation.Organisation{ID: ids.New[access.Tenant](), Code: "norrsjo", Name: "Norrsjö kommun", Example: true}
		if err := organisation.Create(t.Context(), d, want); err != nil {
			t.Fatal(err)
		}
		err := d.Read(t.Context(), db.Installation, func(tx *db.Tx) error {
			got, err := organisation.Get(t.Context(), tx, want.ID)
			if got != want {
				t.Errorf("got %+v, want %+v", got, want)
			}
			if _, e := organisation.Get(t.Context(), tx, "nobody"); !errors.Is(e, db.ErrNotFound) {
				t.Errorf("an unknown id gave %v", e)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		want.ID = ids.New[access.Tenant]()
		if err := organisation.Create(t.Context(), d, want); err == nil {
			t.Error("two organisations got one code")
		}
	})
}

func TestUnits(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		ours, theirs := dbtest.Organisation(t, d, "norrsjo").Organisation, dbtest.Organisation(t, d, "soderby").Organisation
		err := d.Write(t.Context(), db.Installation, func(tx *db.Tx) error {
			if _, err := organisation.EnsureUnits(t.Context(), tx, theirs, []string{"Deras"}); err != nil {
				return err
			}
			first, err := organisation.EnsureUnits(t.Context(), tx, ours, []string{"Vård", "Ölandsskolan", "Ängen", "Åsen", "vård ", "", "Zoo"})
			if err != nil {
				return err
			}
			if first["Vård"] != first["vård "] || first["Vård"] == "" || first["Vård"] == first["Zoo"] {
				t.Errorf("got %v: names that fold alike are one unit", first)
			}
			if _, ok := first[""]; ok {
				t.Error("no name made a unit")
			}
			again, err := organisation.EnsureUnits(t.Context(), tx, ours, []string{"VÅRD", "Ny"})
			if err != nil {
				return err
			}
			if again["VÅRD"] != first["Vård"] {
				t.Error("a unit that was there was made again")
			}
			list, err := organisation.Units(t.Context(), tx, ours)
			var names []string
			for _, u := range list {
				names = append(names, u.Name)
			}
			if diff := cmp.Diff([]string{"Ny", "Vård", "Zoo", "Åsen", "Ängen", "Ölandsskolan"}, names); diff != "" {
				t.Errorf("units in Swedish order: %s", diff)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

func TestSettings(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		actor, other := dbtest.Organisation(t, d, "norrsjo"), dbtest.Organisation(t, d, "soderby")
		s := &organisation.Service{DB: d}
		for _, pair := range [][2]string{{"model", "klassa"}, {"model", "msb-4"}, {"requirement.a.days", "30"}, {"requirementx", "1"}} {
			if err := s.Set(t.Context(), actor, pair[0], pair[1]); err != nil {
				t.Fatal(err)
			}
		}
		manager := actor
		manager.Roles = []access.Role{access.SystemManager}
		if err := s.Set(t.Context(), manager, "model", "msb-3"); !errors.Is(err, access.ErrDenied) {
			t.Errorf("a system manager set the organisation's model: %v", err)
		}
		err := d.Read(t.Context(), db.Installation, func(tx *db.Tx) error {
			for _, tc := range []struct {
				org        access.OrganisationID
				name, want string
			}{{actor.Organisation, "model", "msb-4"}, {actor.Organisation, "unset", ""}, {other.Organisation, "model", ""}} {
				if got, err := organisation.Setting(t.Context(), tx, tc.org, tc.name); err != nil || got != tc.want {
					t.Errorf("%s: got %q, %v, want %q", tc.name, got, err, tc.want)
				}
			}
			got, err := organisation.Settings(t.Context(), tx, actor.Organisation, "requirement.")
			if !maps.Equal(got, map[string]string{"requirement.a.days": "30"}) {
				t.Errorf("got %v, want the one with the prefix", got)
			}
			log, e := audit.History(t.Context(), tx, actor.Organisation, "setting", "model", 10)
			if len(log) != 2 || !strings.Contains(log[0].Record, "msb-4") {
				t.Errorf("the log says %+v", log)
			}
			return errors.Join(err, e)
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}
