// SPDX-License-Identifier: EUPL-1.2

package evidence

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/insegel/insegel/internal/organisation"
)

const accessList = "\xef\xbb\xbfKonto;Ägare;Roll;Enhet;Slutdatum;Typ\n" +
	"kias;Kim Ås;Handläggare;Hemtjänst;;Personligt\n" + // as it should be
	"alal;Alex Ål;Handläggare;Hemtjänst;;Personligt\n" + // has left
	"robin;Robin Ö;Läsare;Socialförvaltningen;;Personligt\n" + // wider than the unit
	"gammal;;Läsare;;;Personligt\n" + // nobody's
	"svc-export;Systemförvaltaren;Export;;;Tjänstekonto\n" + // a program's, with somebody who answers for it
	"svc-import;;Import;;;Tjänstekonto\n" + // a program's, and nobody's
	"vikarie;Kim Ås;Läsare;;2026-10-31;Personligt\n" + // was to end
	"k@norrsjo.example;;Läsare;Okänd enhet;;\n" + // known by address, in a unit that nobody knows
	";;;;;\n"

func roll() Roll {
	return Roll{
		Units: []organisation.Unit{{ID: "soc", Name: "Socialförvaltningen"}, {ID: "hem", Name: "Hemtjänst", Parent: "soc"}},
		People: []organisation.Person{
			{ID: "1", Name: "Kim Ås", Email: "k@norrsjo.example", Unit: "hem"},
			{ID: "2", Name: "Alex Ål", Unit: "hem", Ended: now.AddDate(0, -1, 0)},
			{ID: "3", Name: "Robin Ö", Unit: "hem"},
		},
	}
}

// TestCompareAccess finds accounts without an owner, leavers, roles wider than the unit and accounts that were to end.
func TestCompareAccess(t *testing.T) {
	x := roll()
	got, err := x.Compare([]byte(accessList), today)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]Deviation{}
	for _, d := range got.Found {
		found[d.Name] = d.What
	}
	want := map[string]Deviation{"alal": HasLeft, "robin": TooWide, "gammal": NoOwner, "svc-import": NoOwner, "vikarie": Ended}
	if diff := cmp.Diff(want, found); diff != "" {
		t.Error(diff)
	}
	if got.Accounts != 8 || got.Deviating() != 5 || got.Of(NoOwner) != 2 || got.Uncompared != 1 || len(got.Hash) != 64 {
		t.Errorf("got %+v", got)
	}
	if got.Found[0].Row != 3 {
		t.Errorf("the first deviation stands on row %d, want 3", got.Found[0].Row)
	}
}

func TestCompareAccessTwoOfOneName(t *testing.T) {
	x := roll()
	x.People = append(x.People, organisation.Person{ID: "4", Name: "Kim Ås", Unit: "hem"})
	got, err := x.Compare([]byte("konto,person\nkias,Kim Ås\n"), today)
	if err != nil || got.Of(NoOwner) != 1 {
		t.Errorf("an account of one of two with the same name: %+v, %v", got, err)
	}
}

func TestReadAccessListRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		content string
		want    error
	}{
		"empty":          {"", ErrAccessList},
		"without column": {"Färg;Form\nröd;rund\n", ErrAccessList},
		"too large":      {strings.Repeat("x", MaxAccessList+1), ErrAccessListSize},
		"heading alone":  {"konto\n", nil},
		"old Windows":    {"Anv\xe4ndare;\xc4gare\nk;Kim \xc5s\n", nil},
		"tabs":           {"user\towner\nk\tKim\n", nil},
	} {
		if _, err := ReadAccessList([]byte(c.content)); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", name, err, c.want)
		}
	}
}

func FuzzAccessList(f *testing.F) {
	f.Add([]byte(accessList))
	f.Add([]byte("user,owner\n\"a\nb\",c\n"))
	x := roll()
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := x.Compare(b, today)
		if err == nil && got.Deviating() > got.Accounts {
			t.Errorf("%d of %d accounts deviate", got.Deviating(), got.Accounts)
		}
	})
}
