// SPDX-License-Identifier: EUPL-1.2

package information

import (
	"errors"
	"slices"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/catalogue/cataloguetest"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/ids"
)

func TestSuggest(t *testing.T) {
	index := NewIndex(cataloguetest.Load(t))
	for name, tc := range map[string]struct {
		areas []string
		texts []string
		first string // "" is nothing at all
	}{
		"application for assistance":     {[]string{"socialtjanst"}, []string{"Ansökan om ekonomiskt bistånd"}, "eb-ansokan"},
		"in capitals":                    {[]string{"socialtjanst"}, []string{"ANSÖKAN OM EKONOMISKT BISTÅND"}, "eb-ansokan"},
		"without a known area":           {nil, []string{"Ansökan om ekonomiskt bistånd"}, "eb-ansokan"},
		"word in the description":        {[]string{"socialtjanst"}, []string{"Treserva", "Utredning av faderskap"}, "faderskap"},
		"another area's, named outright": {[]string{"bygg-miljo"}, []string{"Parkeringstillstånd rörelsehindrade"}, "parkeringstillstand-rh"},
		"another area's, hinted at":      {[]string{"raddning"}, []string{"Enkät om trivsel och bemötande"}, ""},
		"never protective security":      {nil, []string{"Säkerhetsskydd, säkerhetsskyddschef"}, ""},
		"nonsense":                       {nil, []string{"Qwxz bluppfnord kvasthyvel"}, ""},
		"words that say nothing":         {nil, []string{"System för uppgifter och information i kommunen"}, ""},
		"nothing":                        {nil, []string{"", "  "}, ""},
		"numbers and signs":              {nil, []string{"12345 --- %%% 67"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			got := Suggest(index, tc.areas, tc.texts...)
			first := ""
			if len(got) > 0 {
				first = got[0].Type.ID
			}
			if first != tc.first {
				t.Errorf("got %q first, want %q; all: %v", first, tc.first, suggested(got))
			}
			for _, s := range got {
				if s.Word == "" {
					t.Errorf("%s is suggested without a word that says why", s.Type.ID)
				}
			}
			if len(got) > maxSuggestions {
				t.Errorf("%d suggestions", len(got))
			}
		})
	}
}

func suggested(list []Suggestion) []string {
	var out []string
	for _, s := range list {
		out = append(out, s.Type.ID)
	}
	return out
}

// The same text gives the same suggestions: their order does not hang on the order of a map.
func TestSuggestIsSteady(t *testing.T) {
	index := NewIndex(cataloguetest.Load(t))
	want := suggested(Suggest(index, nil, "Ansökan om ekonomiskt bistånd, barn och skola"))
	for range 20 {
		if diff := cmp.Diff(want, suggested(Suggest(index, nil, "Ansökan om ekonomiskt bistånd, barn och skola"))); diff != "" {
			t.Fatal(diff)
		}
	}
}

// A word that is left out must be written as stems are, or it never matches.
func TestEverywhereAreStems(t *testing.T) {
	for w := range everywhere {
		if n := utf8.RuneCountInString(w); n > stemLength || n < leastLetters {
			t.Errorf("%q has %d letters; stems have %d to %d", w, n, leastLetters, stemLength)
		}
	}
}

func TestSource(t *testing.T) {
	c := cataloguetest.Load(t)
	typ := cataloguetest.Type(t, "eb-ansokan")
	statement := func(s catalogue.Source, fact string) (values []string) {
		for _, st := range s.Statements {
			if st.Fact == fact {
				values = append(values, st.Value)
			}
		}
		return values
	}
	fromLibrary := Information{ID: "i", Name: typ.Name.SV, TypeID: typ.ID}
	s := fromLibrary.Source(c)
	if s.Ref != typ.ID || s.Name != typ.Name || s.Kind != catalogue.SourceInformation {
		t.Errorf("got %+v, want it named as the type", s)
	}
	if diff := cmp.Diff(typ.Source().Statements, s.Statements); diff != "" {
		t.Errorf("facts of the type: %s", diff)
	}
	changed := fromLibrary
	changed.Name, changed.Facts = "Vår egen lista", []catalogue.Statement{{Fact: "personal_data", Value: "no"}}
	s = changed.Source(c)
	if got := statement(s, "personal_data"); !slices.Equal(got, []string{"no"}) {
		t.Errorf("personal_data is %v, want only what the organisation says", got)
	}
	if s.Name.EN != "Vår egen lista" {
		t.Errorf("renamed information is called %q", s.Name.EN)
	}
	own := Information{ID: "i", Name: "Egna anteckningar", TypeID: "gone", Facts: []catalogue.Statement{{Fact: "ai", Value: "yes"}}}
	s = own.Source(c)
	if s.Ref != "i" || len(s.Statements) != 1 {
		t.Errorf("got %+v, want only the organisation's own", s)
	}
}

// write runs fn in a transaction.
func write(t *testing.T, d *db.DB, org access.OrganisationID, fn func(tx *db.Tx) error) {
	t.Helper()
	if err := d.Write(t.Context(), org, fn); err != nil {
		t.Fatal(err)
	}
}

func all(t *testing.T, tx *db.Tx, org access.OrganisationID) []Information {
	t.Helper()
	out, err := All(t.Context(), tx, org)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestEnsureTypes(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		ours, theirs := dbtest.Organisation(t, d, "norrsjo").Organisation, dbtest.Organisation(t, d, "soderby").Organisation
		a, b := cataloguetest.Type(t, "eb-ansokan"), cataloguetest.Type(t, "eb-beslut")
		write(t, d, db.Installation, func(tx *db.Tx) error {
			if _, err := EnsureTypes(t.Context(), tx, theirs, []*catalogue.InformationType{a}); err != nil {
				return err
			}
			own, err := Save(t.Context(), tx, ours, Information{Name: b.Name.SV})
			if err != nil {
				return err
			}
			first, err := EnsureTypes(t.Context(), tx, ours, []*catalogue.InformationType{a, b, a})
			if err != nil {
				return err
			}
			if first[b.ID] != own {
				t.Error("information of the same name was made twice")
			}
			again, err := EnsureTypes(t.Context(), tx, ours, []*catalogue.InformationType{a})
			if err != nil {
				return err
			}
			if again[a.ID] != first[a.ID] || first[a.ID] == "" {
				t.Errorf("got %v and then %v", first, again)
			}
			list := all(t, tx, ours)
			if len(list) != 2 || len(all(t, tx, theirs)) != 1 {
				t.Errorf("got %d of ours, want 2: %+v", len(list), list)
			}
			for _, i := range list {
				if i.ID == first[a.ID] && (i.TypeID != a.ID || i.TypeVersion != a.Version || i.Name != a.Name.SV) {
					t.Errorf("got %+v, want type %s version %d", i, a.ID, a.Version)
				}
			}
			return nil
		})
	})
}

func TestSave(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		org, theirs := dbtest.Organisation(t, d, "norrsjo").Organisation, dbtest.Organisation(t, d, "soderby").Organisation
		facts := []catalogue.Statement{{Fact: "children", Value: "yes"}, {Fact: "personal_data", Value: "yes"}}
		want := Information{Name: "Öppna ärenden", Note: "Egen lista", Facts: facts}
		var first ids.ID[Information]
		write(t, d, org, func(tx *db.Tx) error {
			var again ids.ID[Information]
			var err error
			if first, err = Save(t.Context(), tx, org, want); err != nil {
				return err
			}
			swapped := []catalogue.Statement{facts[1], facts[0], facts[1]}
			if again, err = Save(t.Context(), tx, org, Information{Name: "ÖPPNA  ärenden", Note: "annat", Facts: swapped}); err != nil {
				return err
			}
			for name, other := range map[string][]catalogue.Statement{
				"fewer": facts[:1], "none": nil, "more": append(slices.Clone(facts), catalogue.Statement{Fact: "ai", Value: "yes"}),
				"another value": {facts[0], {Fact: "personal_data", Value: "no"}},
			} {
				if id, err := Save(t.Context(), tx, org, Information{Name: want.Name, Facts: other}); !errors.Is(err, ErrNameTaken) || id != "" {
					t.Errorf("%s facts under a name that is taken: %q, %v", name, id, err)
				}
			}
			if _, err = Save(t.Context(), tx, org, Information{Name: "Åkturer"}); err != nil {
				return err
			}
			if first != again {
				t.Error("one name gave two sets of information")
			}
			want.ID = first
			list := all(t, tx, org)
			if len(list) != 2 || list[0].Name != "Åkturer" {
				t.Fatalf("got %+v, want two in Swedish order", list)
			}
			if diff := cmp.Diff(want, list[1]); diff != "" {
				t.Errorf("read back: %s", diff)
			}
			return nil
		})
		write(t, d, theirs, func(tx *db.Tx) error {
			if id, err := Save(t.Context(), tx, theirs, Information{Name: want.Name}); err != nil || id == first {
				t.Errorf("another organisation's name is taken: %q, %v", id, err)
			}
			return nil
		})
	})
}
