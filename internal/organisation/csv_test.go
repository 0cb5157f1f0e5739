// SPDX-License-Identifier: EUPL-1.2

package organisation_test

import (
	"errors"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/organisation"
)

const peopleList = "Namn;E-post;Förvaltning;Roll;Extern-id\nKim Ås;kim@norrsjo.example;Social;systemägare;k1\nBo Ek;fel;;;\nEva Al;;Saknas;revisor;\nMia Ro;;;Administratör;\n"

func TestParsePeople(t *testing.T) {
	for _, content := range []string{
		"\xef\xbb\xbfNamn;E-post\nKim Ås;k@a.se", "namn,mail\n\"Kim Ås\",k@a.se\n", "Name\tE-mail\r\nKim Ås\tk@a.se\r\n", "Namn;Epost\nKim \xc5s;k@a.se\n",
	} {
		rows, bad, err := organisation.ParsePeople([]byte(content))
		if err != nil || len(bad) != 0 || len(rows) != 1 || rows[0].Name != "Kim Ås" || rows[0].Email != "k@a.se" || rows[0].Row != 2 {
			t.Errorf("%q: %+v, %v, %v", content, rows, bad, err)
		}
	}
	if _, _, err := organisation.ParsePeople([]byte("a;b\n1;2\n")); !errors.Is(err, organisation.ErrPeopleList) {
		t.Errorf("a list without names: %v", err)
	}
}

func TestImportPeople(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newTown(t, d)
		w.unit(t, "Social", "")
		type counts struct{ Rows, New, Updated, Unchanged, Similar, Rejected, Warnings int }
		take := func(list string, dry organisation.DryRun, want counts) {
			t.Helper()
			r, err := w.ImportPeople(t.Context(), w.anna, []byte(list), dry)
			if err != nil {
				t.Fatal(err)
			}
			got := counts{r.Rows, r.New, r.Updated, r.Unchanged, len(r.Similar), len(r.Rejected), len(r.Warnings)}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%+v (-want +got):\n%s", r, diff)
			}
		}
		take(peopleList, true, counts{4, 2, 0, 0, 0, 2, 1})
		take(peopleList, false, counts{4, 2, 0, 0, 0, 2, 1})
		take(peopleList, false, counts{4, 0, 0, 2, 0, 2, 1})
		take("Namn;E-post;id\nKim Å;kim@norrsjo.example;k1\nEva Al;eva@norrsjo.example;\n", false, counts{2, 0, 1, 0, 1, 0, 0})
		if n := len(w.waiting(t)); n != 1 {
			t.Errorf("%d changes of roles wait, want 1", n)
		}
		list, _, err := w.People(t.Context(), w.anna, organisation.PersonFilter{Query: "Kim"})
		if err != nil || len(list) != 1 || len(list[0].Held) != 0 || list[0].Origin != organisation.OriginCSV || list[0].Unit.IsZero() {
			t.Fatalf("%+v, %v: want Kim in the unit, without a role before two have decided", list, err)
		}
		if err := w.approve(t, w.bo); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(1, len(w.roles(t, list[0].ID.String()))); diff != "" {
			t.Errorf("roles after the decision (-want +got):\n%s", diff)
		}
		stale := w.anna
		stale.Fresh = false
		if _, err := w.ImportPeople(t.Context(), stale, []byte(peopleList), false); !errors.Is(err, access.ErrStepUp) {
			t.Errorf("without step-up: %v", err)
		}
	})
}

func FuzzPeople(f *testing.F) {
	f.Add([]byte(peopleList))
	f.Fuzz(func(t *testing.T, b []byte) {
		rows, _, err := organisation.ParsePeople(b)
		if err != nil {
			return
		}
		for i := range rows {
			if rows[i].Name == "" || rows[i].Role == access.Administrator || !utf8.ValidString(rows[i].Name) {
				t.Errorf("%+v was taken in", rows[i])
			}
		}
	})
}
