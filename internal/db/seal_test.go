// SPDX-License-Identifier: EUPL-1.2

package db_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/seal"
)

// notes is a table with a sealed text, as a slice declares it.
var notes = db.Sealed{Table: "information", Columns: []string{"note"}, Key: []string{"id"}}

// sealIn seals a text in an organisation's transaction.
func sealIn(t *testing.T, d *db.DB, org access.OrganisationID, c db.Cell, text string) string {
	t.Helper()
	var out string
	err := d.Write(t.Context(), org, func(tx *db.Tx) (err error) { out, err = tx.Seal(t.Context(), c, text); return err })
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func openIn(ctx context.Context, d *db.DB, org access.OrganisationID, c db.Cell, text string) (out string, err error) {
	err = d.Read(ctx, org, func(tx *db.Tx) (err error) { out, err = tx.Open(ctx, c, text); return err })
	return out, err
}

// A sealed text opens in the cell and the organisation that it was sealed for, and in no other.
func TestMovedTextNeverOpens(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		orgs := []access.OrganisationID{dbtest.Organisation(t, d, "norrsjo").Organisation, dbtest.Organisation(t, d, "soderby").Organisation}
		name := rapid.StringMatching(`[a-z|:0-9]{0,3}`) // short, so that parts run into each other if they can
		cell := rapid.Custom(func(t *rapid.T) db.Cell {
			return db.Cell{Table: name.Draw(t, "table"), Column: name.Draw(t, "column"), Row: name.Draw(t, "row")}
		})
		rapid.Check(t, func(rt *rapid.T) {
			org, to := rapid.SampledFrom(orgs).Draw(rt, "organisation"), rapid.SampledFrom(orgs).Draw(rt, "other organisation")
			from, other := cell.Draw(rt, "cell"), cell.Draw(rt, "other cell")
			text := rapid.StringN(1, 40, -1).Draw(rt, "text")
			s := sealIn(t, d, org, from, text)
			if got, err := openIn(t.Context(), d, org, from, s); err != nil || got != text {
				rt.Fatalf("got %q, %v", got, err)
			}
			if got, err := openIn(t.Context(), d, to, other, s); err == nil && (to != org || other != from) {
				rt.Fatalf("moved from %+v to %+v it opens as %q", from, other, got)
			}
		})
	})
}

func TestSealRefuses(t *testing.T) {
	d := dbtest.SQLite(t)
	org := dbtest.Organisation(t, d, "norrsjo").Organisation
	c := notes.Cell("note", "1")
	s := sealIn(t, d, org, c, "text")
	if s == "" || strings.Contains(s, "text") {
		t.Errorf("sealed as %q", s)
	}
	if empty := sealIn(t, d, org, c, ""); empty != "" {
		t.Errorf("an empty text became %q", empty)
	}
	if _, err := openIn(t.Context(), d, org, c, "text"); !errors.Is(err, seal.ErrNotSealed) {
		t.Errorf("a plain text: %v, want ErrNotSealed", err)
	}
	if _, err := openIn(t.Context(), d, db.Installation, c, s); !errors.Is(err, db.ErrNoScope) {
		t.Errorf("for no organisation: %v, want ErrNoScope", err)
	}
	sealer := d.Sealer
	d.Sealer = seal.InMemory() // an empty file of keys in the place of the right one
	err := d.Write(t.Context(), org, func(tx *db.Tx) error { _, err := tx.Seal(t.Context(), c, "text"); return err })
	if !errors.Is(err, seal.ErrNoKey) {
		t.Errorf("a new key was made in the place of a lost one: %v", err)
	}
	d.Sealer = nil
	if _, err := openIn(t.Context(), d, org, c, s); !errors.Is(err, db.ErrNoSealer) {
		t.Errorf("without keys: %v, want ErrNoSealer", err)
	}
	d.Sealer = sealer
	if got, err := openIn(t.Context(), d, org, c, s); err != nil || got != "text" {
		t.Errorf("got %q, %v", got, err)
	}
}

// A first use that is rolled back leaves a key in the file and no note of it in the database: the next use takes both up.
func TestFirstKeyRolledBack(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		org := dbtest.Organisation(t, d, "norrsjo").Organisation
		c := notes.Cell("note", "1")
		err := d.Write(t.Context(), org, func(tx *db.Tx) error {
			_, err := tx.Seal(t.Context(), c, "text")
			return errors.Join(err, errOnPurpose)
		})
		if !errors.Is(err, errOnPurpose) {
			t.Fatal(err)
		}
		s := sealIn(t, d, org, c, "text")
		if got, err := openIn(t.Context(), d, org, c, s); err != nil || got != "text" {
			t.Errorf("got %q, %v", got, err)
		}
		if n := count(t, d, `SELECT COUNT(*) FROM sealing`); n != 1 {
			t.Errorf("%d keys are noted, want 1", n)
		}
	})
}

// plainNotes puts rows with plain notes in the table, as an earlier version did.
func plainNotes(t *testing.T, d *db.DB, org access.OrganisationID, n int) {
	t.Helper()
	rows := make([][]any, n)
	for i := range rows {
		id := fmt.Sprintf("%s-%04d", org, i)
		rows[i] = []any{id, org, id, id, fmt.Sprint("kanariefågel ", i), 0}
	}
	err := d.Write(t.Context(), org, func(tx *db.Tx) error {
		return tx.Insert(t.Context(), `INSERT INTO information (id, organisation_id, name, folded, note, created_at) VALUES`, "", rows)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// plain counts the notes that lie in plain text, and checks that all others open as they were.
func plain(t *testing.T, d *db.DB, org access.OrganisationID) int {
	t.Helper()
	left := 0
	err := d.Read(t.Context(), org, func(tx *db.Tx) error {
		_, err := db.All(t.Context(), tx, func(scan func(...any) error) (struct{}, error) {
			var id, note string
			if err := scan(&id, &note); err != nil {
				return struct{}{}, err
			}
			if strings.HasPrefix(note, "kanarie") {
				left++
				return struct{}{}, nil
			}
			got, err := tx.Open(t.Context(), notes.Cell("note", id), note)
			var i int
			if _, e := fmt.Sscanf(id[len(id)-4:], "%d", &i); e != nil || err == nil && got != fmt.Sprint("kanariefågel ", i) {
				t.Errorf("%s reads %q", id, got)
			}
			return struct{}{}, err
		}, `SELECT id, note FROM information WHERE organisation_id = $1 AND note <> ''`, org)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return left
}

// stopping is a sealer that fails after some texts, as a program that is killed does.
type stopping struct {
	db.Sealer
	left int
}

func (s *stopping) Seal(organisation, key, text, about string) (string, error) {
	if s.left--; s.left < 0 {
		return "", errOnPurpose
	}
	return s.Sealer.Seal(organisation, key, text, about)
}

// The first encryption and a change of key go on where they were stopped, and touch no other organisation.
func TestResealResumes(t *testing.T) {
	const n = 450 // three batches
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		ring := d.Sealer.(*seal.Ring)
		org, other := dbtest.Organisation(t, d, "norrsjo").Organisation, dbtest.Organisation(t, d, "soderby").Organisation
		plainNotes(t, d, org, n)
		plainNotes(t, d, other, 3)
		d.Sealer = &stopping{ring, 250}
		if _, err := d.SealPlain(t.Context(), org, &notes); !errors.Is(err, errOnPurpose) {
			t.Fatalf("got %v", err)
		}
		if got := plain(t, d, org); got != n-200 {
			t.Errorf("%d are left after the stop, want %d: one whole batch was kept", got, n-200)
		}
		d.Sealer = ring
		if done, err := d.SealPlain(t.Context(), org, &notes); err != nil || done != n-200 {
			t.Errorf("the second time %d were encrypted, want %d: %v", done, n-200, err)
		}
		if done, err := d.SealPlain(t.Context(), org, &notes); err != nil || done != 0 {
			t.Errorf("the third time %d were encrypted: %v", done, err)
		}
		if a, b := plain(t, d, org), plain(t, d, other); a != 0 || b != 3 {
			t.Errorf("%d of ours and %d of theirs are plain, want 0 and 3", a, b)
		}
		next := rotate(t, d, ring, org)
		d.Sealer = &stopping{ring, 250}
		if _, err := d.Reseal(t.Context(), org, &notes, next); !errors.Is(err, errOnPurpose) {
			t.Fatalf("got %v", err)
		}
		d.Sealer = ring
		if left := otherKeys(t, d, org, next); left != n-200 {
			t.Errorf("%d are left with the old key, want %d", left, n-200)
		}
		if _, err := d.Reseal(t.Context(), org, &notes, next); err != nil {
			t.Fatal(err)
		}
		if left := otherKeys(t, d, org, next); left != 0 {
			t.Errorf("%d are left with the old key", left)
		}
		if err := ring.Drop(org.String()); err != nil {
			t.Fatal(err)
		}
		plain(t, d, org) // opens every one of them
	})
}

func rotate(t *testing.T, d *db.DB, ring *seal.Ring, org access.OrganisationID) string {
	t.Helper()
	next, err := ring.Rotate(org.String())
	if err != nil {
		t.Fatal(err)
	}
	err = d.Write(t.Context(), org, func(tx *db.Tx) error {
		_, err := tx.Exec(t.Context(), `UPDATE sealing SET primary_key = $1 WHERE organisation_id = $2`, next, org)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return next
}

func otherKeys(t *testing.T, d *db.DB, org access.OrganisationID, key string) (n int) {
	t.Helper()
	err := d.Read(t.Context(), org, func(tx *db.Tx) (err error) {
		n, err = tx.CountOtherKeys(t.Context(), &notes, key)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}
