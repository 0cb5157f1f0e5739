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

// scimList are two pages of users as a service for SCIM answers with them.
const scimList = `{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"totalResults":7,"startIndex":1,"itemsPerPage":4,"Resources":[
{"userName":"kias","displayName":"Kim Ås","active":true,"emails":[{"value":"K@norrsjo.example","primary":true}],"roles":[{"value":"Handläggare"}],"groups":[{"display":"Hemtjänst"}]},
{"userName":"alal","name":{"formatted":"Alex Ål"},"active":true},
{"userName":"alal2","name":{"formatted":"Alex Ål"},"active":false},
{"userName":"robin","displayName":"Robin Ö","roles":["Läsare: Socialförvaltningen"]}]}
{"totalResults":7,"startIndex":5,"Resources":[
{"userName":"gammal","active":true},
{"userName":"svc","userType":"Service","displayName":"Systemförvaltaren"},
{"userName":"k2","emails":[{"value":"k@norrsjo.example"}],"entitlements":[{"value":"export"}]}]}`

// A list in SCIM is compared as one of text is: closed accounts deviate from nothing, and a role that names no unit is not said to be wide.
func TestCompareAccessOfSCIM(t *testing.T) {
	x := roll()
	got, err := x.Compare([]byte(scimList), today)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]Deviation{}
	for _, d := range got.Found {
		found[d.Name] = d.What
	}
	want := map[string]Deviation{"alal": HasLeft, "robin": TooWide, "gammal": NoOwner}
	if diff := cmp.Diff(want, found); diff != "" {
		t.Error(diff)
	}
	if got.Accounts != 7 || got.Deviating() != 3 || got.Uncompared != 1 {
		t.Errorf("got %+v", got)
	}
	for name, content := range map[string]string{
		"a plain list":   `[{"userName":"gammal"}]`,
		"one a line":     "{\"userName\":\"gammal\"}\n{\"userName\":\"kias\",\"externalId\":\"Kim Ås\"}\n",
		"with a mark":    "\xef\xbb\xbf" + `[{"userName":"gammal"}]`,
		"one user alone": `{"userName":"gammal"}`,
	} {
		if got, err := x.Compare([]byte(content), today); err != nil || got.Of(NoOwner) != 1 {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	if got, err := x.Compare([]byte(`{"totalResults":0}`), today); err != nil || got.Accounts != 0 {
		t.Errorf("an answer without users: %+v, %v", got, err)
	}
	for name, content := range map[string]string{
		"cut off": `{"Resources":[{"userName":"a"}`, "something else": `{"farg":"röd"}`, "numbers": `[1,2]`, "text": `["a"]`,
	} {
		if _, err := x.Compare([]byte(content), today); !errors.Is(err, ErrAccessList) {
			t.Errorf("%s: %v", name, err)
		}
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

// What is closed deviates from nothing, a person may be known by several columns, and columns that are not known are told.
func TestColumnsOfAnAccessList(t *testing.T) {
	x := roll()
	list := "Användarnamn;Namn;E-post;Status;Senast inloggad;Konto\n" +
		"kias;Kim Å;k@norrsjo.example;Aktiv;2026-01-02;x\n" + // known by the second of two columns
		"alal;Alex Ål;;Spärrad;;\n" + // has left, and is closed
		"alal2;Alex Ål;;På väg ut;;\n" + // has left, and what is said of it is not that it is closed
		"gammal;;;Inaktiv;;\n" +
		"gammal2;;;;;\n"
	got, err := x.Compare([]byte(list), today)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]Deviation{}
	for _, d := range got.Found {
		found[d.Name] = d.What
	}
	if diff := cmp.Diff(map[string]Deviation{"alal2": HasLeft, "gammal2": NoOwner}, found); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"Senast inloggad", "Konto"}, got.Unread); diff != "" {
		t.Error(diff)
	}
	for content, closed := range map[string]bool{
		"konto;aktiv\na;nej\n": true, "konto;aktiv\na;ja\n": false, "konto;enabled\na;0\n": true, "konto;enabled\na;\n": false,
		"konto;spärrad\na;ja\n": true, "konto;spärrad\na;nej\n": false, "konto;disabled\na;TRUE\n": true, "konto;låst\na;kanske\n": false,
	} {
		if list, err := ReadAccessList([]byte(content)); err != nil || len(list.Accounts) != 1 || list.Accounts[0].Inactive != closed {
			t.Errorf("%q: %+v, %v", content, list, err)
		}
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
	f.Add([]byte(scimList))
	f.Add([]byte(`[{"userName":"a","roles":[{"value":"b"}]}]`))
	x := roll()
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := x.Compare(b, today)
		if err == nil && got.Deviating() > got.Accounts {
			t.Errorf("%d of %d accounts deviate", got.Deviating(), got.Accounts)
		}
	})
}
