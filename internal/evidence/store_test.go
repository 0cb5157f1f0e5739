// SPDX-License-Identifier: EUPL-1.2

package evidence

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/organisation"
	"github.com/insegel/insegel/internal/probe/verdict"
	"github.com/insegel/insegel/internal/system"
)

func TestRecordKeepsWhatItIsTold(t *testing.T) {
	c, l, x := whole(t), life(t), indicator(t)
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		d.Now = func() time.Time { return now }
		o := organisation.Organisation{ID: ids.New[access.Tenant](), Code: "norrsjo", Name: "Norrsjö kommun"}
		if err := organisation.Create(t.Context(), d, o); err != nil {
			t.Fatal(err)
		}
		actor := access.LocalAdministrator(o.ID)
		sys := system.New("Elevregistret")
		sys.Logins = []system.LoginPath{{Audience: "staff", Address: "https://elev.example/", Zone: "internet"}}
		sys, err := (&system.Service{DB: d}).Create(t.Context(), actor, sys)
		if err != nil {
			t.Fatal(err)
		}
		var heard []Direction
		s := &Service{DB: d, Catalogue: c, Life: l, Indicator: x}
		s.Heard = append(s.Heard, func(_ context.Context, _ *db.Tx, _ access.Actor, _ *Record, shift *Shift) error {
			if shift != nil {
				heard = append(heard, shift.Direction)
			}
			return nil
		})
		path := readPath(t, d, o.ID, sys.Slug)
		n := login(verdict.StrongDemanded)
		n.System, n.Path, n.Scope, n.Observed = sys.ID, path, "internet", now.Add(-48*time.Hour)
		first, err := s.Record(t.Context(), actor, n)
		if err != nil {
			t.Fatal(err)
		}
		n.Verdict, n.Kind, n.Observed = verdict.PasswordOnly, "EV_PWFORM", time.Time{}
		if _, err = s.Record(t.Context(), actor, n); err != nil {
			t.Fatal(err)
		}
		doc := New{
			System: sys.ID, Kind: "EV_DOC", Source: Attested, Subject: SubjectRoleModel, Outcome: For, About: []string{c.Requirements[0].ID},
			Detail: Detail{Title: "Rollmodell", Signer: "Skolchefen"}, File: &File{Name: "roller.pdf", Media: "application/pdf", Content: []byte("%PDF-1.7")},
		}
		made, err := s.Record(t.Context(), actor, doc)
		if err != nil {
			t.Fatal(err)
		}
		one, err := s.List(t.Context(), actor, sys.Slug)
		if err != nil || len(one.Records) != 3 || len(one.Shifts) != 1 || one.Shifts[0].Direction != Worse || one.Shifts[0].Was != "strong_demanded" {
			t.Fatalf("got %d records and changes %+v: %v", len(one.Records), one.Shifts, err)
		}
		if diff := cmp.Diff([]Direction{Worse}, heard); diff != "" {
			t.Errorf("what later slices heard: %s", diff)
		}
		first.At, first.Observed = first.At.UTC(), first.Observed.UTC()
		if diff := cmp.Diff(first, one.Records[0]); diff != "" {
			t.Errorf("the first record came back otherwise: %s", diff)
		}
		if got := one.Records[2]; got.File != made.File || got.About[0] != c.Requirements[0].ID || got.Detail.Signer != "Skolchefen" {
			t.Errorf("the document came back as %+v", got)
		}
		if f, err := s.File(t.Context(), actor, made.ID); err != nil || !bytes.Equal(f.Content, doc.File.Content) || f.Name != "roller.pdf" {
			t.Errorf("the file came back as %+v: %v", f, err)
		}
		full(t, s, actor, doc, made.ID)
		afterwards(t, s, actor, &one, made.ID)
	})
}

// full attaches a document when there is room for it, and when there is none.
func full(t *testing.T, s *Service, actor access.Actor, doc New, has ids.ID[Record]) {
	t.Helper()
	undo := errors.New("undo")
	for size, want := range map[int64]error{mostFileBytes - int64(len(doc.File.Content)): undo, mostFileBytes - int64(len(doc.File.Content)) + 1: ErrRoom} {
		err := s.DB.Write(t.Context(), actor.Organisation, func(tx *db.Tx) error {
			if _, err := tx.Exec(t.Context(), `UPDATE evidence_file SET size = $1 WHERE organisation_id = $2 AND evidence_id = $3`, size, actor.Organisation, has); err != nil {
				return err
			}
			r, err := doc.made(s.Catalogue, s.Life, tx.Now)
			if err != nil {
				return err
			}
			r.By = actor.ID
			return errors.Join(insert(t.Context(), tx, actor.Organisation, &r, doc.File), undo)
		})
		if !errors.Is(err, want) || want == undo && errors.Is(err, ErrRoom) {
			t.Errorf("with %d bytes before: %v, want %v", size, err, want)
		}
	}
}

// afterwards takes note of the change, withdraws a record, and removes the system.
func afterwards(t *testing.T, s *Service, actor access.Actor, one *One, doc ids.ID[Record]) {
	t.Helper()
	for _, want := range []error{nil, db.ErrConflict} {
		if err := s.Note(t.Context(), actor, one.Shifts[0].ID); !errors.Is(err, want) {
			t.Errorf("take note: got %v, want %v", err, want)
		}
	}
	if err := s.Dispute(t.Context(), actor, doc, "fel"); !errors.Is(err, ErrMeasured) {
		t.Errorf("a statement was disputed: %v", err)
	}
	for _, c := range []struct {
		reason string
		want   error
	}{{" ", ErrReasons}, {strings.Repeat("x", maxDispute+1), ErrLong}, {"Sidan är avvecklad.", nil}, {"Igen.", db.ErrConflict}} {
		if err := s.Dispute(t.Context(), actor, one.Records[1].ID, c.reason); !errors.Is(err, c.want) {
			t.Errorf("disputed: got %v, want %v", err, c.want)
		}
	}
	if err := s.Withdraw(t.Context(), actor, doc, ""); !errors.Is(err, ErrReasons) {
		t.Errorf("withdrawn without a reason: %v", err)
	}
	if err := s.Withdraw(t.Context(), actor, doc, "Fel system."); err != nil {
		t.Fatal(err)
	}
	again, err := s.List(t.Context(), actor, one.System.Slug)
	if d := again.Records[1].Dispute; d == nil || d.Reason != "Sidan är avvecklad." || d.By != actor.ID || again.Records[0].Dispute != nil {
		t.Errorf("the dispute came back as %+v", d)
	}
	if err != nil || len(again.Shifts) != 0 || again.Records[2].Withdrawn.IsZero() || again.Records[2].WithdrawnReason != "Fel system." {
		t.Errorf("after note and withdrawal: %+v, %v", again, err)
	}
	settled(t, s, actor, &again)
	n := login(verdict.Unknown)
	n.System, n.Path = one.System.ID, "another"
	if _, err := s.Record(t.Context(), actor, n); !errors.Is(err, ErrPath) {
		t.Errorf("a way in that the system does not have: %v", err)
	}
	if err := s.DB.Write(t.Context(), actor.Organisation, func(tx *db.Tx) error {
		counted, err := Of(t.Context(), tx, actor.Organisation, nil)
		if err != nil || len(counted[one.System.ID]) != 2 {
			t.Errorf("%d records count, want the 2 that are not withdrawn: %v", len(counted[one.System.ID]), err)
		}
		held, err := Holds(t.Context(), tx, actor.Organisation, []ids.ID[system.System]{one.System.ID})
		if err != nil || !held[one.System.ID] {
			t.Errorf("the system is said to have no evidence: %v", err)
		}
		return Remove(t.Context(), tx, actor.Organisation, []ids.ID[system.System]{one.System.ID})
	}); err != nil {
		t.Fatal(err)
	}
	if left, err := s.List(t.Context(), actor, one.System.Slug); err != nil || len(left.Records) != 0 {
		t.Errorf("%d records are left: %v", len(left.Records), err)
	}
}

// settled rules on the dispute: the measurement stands, counts again, and the change that it made waits again.
func settled(t *testing.T, s *Service, actor access.Actor, one *One) {
	t.Helper()
	id := one.Records[1].ID
	counts := func(want bool) {
		t.Helper()
		if err := s.DB.Read(t.Context(), actor.Organisation, func(tx *db.Tx) error {
			of, err := Of(t.Context(), tx, actor.Organisation, []ids.ID[system.System]{one.System.ID})
			for _, r := range of[one.System.ID] {
				if r.ID == id && (r.Valid(civil.Of(now)) && !r.Disputed()) != want || r.Dispute != nil && r.Dispute.Reason != "" {
					t.Errorf("the measurement counts: %t, want %t; %+v", !want, want, r.Dispute)
				}
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	counts(false)
	for _, c := range []struct {
		how  Ruling
		why  string
		want error
	}{{"kanske", "x", ErrRuling}, {Stands, " ", ErrReasons}, {Stands, strings.Repeat("x", maxDispute+1), ErrLong}, {Stands, "Sidan finns kvar.", nil}, {Wrong, "Igen.", db.ErrConflict}} {
		if err := s.Settle(t.Context(), actor, id, c.how, c.why); !errors.Is(err, c.want) {
			t.Errorf("settled as %q: got %v, want %v", c.how, err, c.want)
		}
	}
	counts(true)
	after, err := s.List(t.Context(), actor, one.System.Slug)
	if d := after.Records[1].Dispute; err != nil || d.Ruling != Stands || d.RulingWhy != "Sidan finns kvar." || d.SettledBy != actor.ID || d.Settled.IsZero() || !after.Records[1].Withdrawn.IsZero() {
		t.Errorf("the ruling came back as %+v: %v", d, err)
	}
}

// TestDisputeIsSettled has a measurement for the worse disputed: while it is, what it changed waits for nobody. When it stands that waits
// again; when it was wrong, by a ruling or because it is withdrawn, it counts no longer.
func TestDisputeIsSettled(t *testing.T) {
	c, l, x := whole(t), life(t), indicator(t)
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		clock := now
		d.Now = func() time.Time { clock = clock.Add(time.Minute); return clock }
		o := organisation.Organisation{ID: ids.New[access.Tenant](), Code: "norrsjo", Name: "Norrsjö kommun"}
		if err := organisation.Create(t.Context(), d, o); err != nil {
			t.Fatal(err)
		}
		actor := access.LocalAdministrator(o.ID)
		s := &Service{DB: d, Catalogue: c, Life: l, Indicator: x}
		for name, end := range map[string]func(ids.ID[Record]) error{
			"stands":    func(id ids.ID[Record]) error { return s.Settle(t.Context(), actor, id, Stands, "Prövat igen.") },
			"wrong":     func(id ids.ID[Record]) error { return s.Settle(t.Context(), actor, id, Wrong, "Fel sida.") },
			"withdrawn": func(id ids.ID[Record]) error { return s.Withdraw(t.Context(), actor, id, "Fel sida.") },
		} {
			sys, err := (&system.Service{DB: d}).Create(t.Context(), actor, system.New(name))
			if err != nil {
				t.Fatal(err)
			}
			n := login(verdict.StrongDemanded)
			n.System, n.Observed = sys.ID, now.Add(-time.Hour)
			if _, err := s.Record(t.Context(), actor, n); err != nil {
				t.Fatal(err)
			}
			n.Verdict, n.Observed = verdict.PasswordOnly, time.Time{}
			r, err := s.Record(t.Context(), actor, n)
			if err != nil {
				t.Fatal(err)
			}
			waits := func(records, shifts int) {
				t.Helper()
				one, err := s.List(t.Context(), actor, sys.Slug)
				if got := len(Open(one.Records, civil.Of(now))); err != nil || got != records || len(one.Shifts) != shifts {
					t.Errorf("%s: %d disputes and %d changes wait, want %d and %d: %v", name, got, len(one.Shifts), records, shifts, err)
				}
			}
			waits(0, 1)
			if err := s.Dispute(t.Context(), actor, r.ID, "Sidan är avvecklad."); err != nil {
				t.Fatal(err)
			}
			waits(1, 0)
			if err := end(r.ID); err != nil {
				t.Fatal(err)
			}
			if name == "stands" {
				waits(0, 1)
				continue
			}
			waits(0, 0)
			one, err := s.List(t.Context(), actor, sys.Slug)
			if got := one.Records[1]; err != nil || got.Withdrawn.IsZero() || got.Dispute.Ruling != Wrong || got.Disputed() {
				t.Errorf("%s: %+v: %v", name, got, err)
			}
		}
	})
}

func readPath(t *testing.T, d *db.DB, org access.OrganisationID, ref string) (id ids.ID[system.LoginPath]) {
	t.Helper()
	if err := d.Read(t.Context(), org, func(tx *db.Tx) error {
		sys, err := system.Get(t.Context(), tx, org, ref)
		id = sys.Logins[0].ID
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return id
}

// TestTick lets days pass: what ends is noted once on its day, and what was measured is asked for again before it ends, once.
func TestTick(t *testing.T) {
	c, l, x := whole(t), life(t), indicator(t)
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		clock := now
		d.Now = func() time.Time { return clock }
		o := organisation.Organisation{ID: ids.New[access.Tenant](), Code: "norrsjo", Name: "Norrsjö kommun"}
		if err := organisation.Create(t.Context(), d, o); err != nil {
			t.Fatal(err)
		}
		actor := access.LocalAdministrator(o.ID)
		sys, err := (&system.Service{DB: d}).Create(t.Context(), actor, system.New("Elevregistret"))
		if err != nil {
			t.Fatal(err)
		}
		var asked []ids.ID[Record]
		s := &Service{DB: d, Catalogue: c, Life: l, Indicator: x}
		s.Renew = append(s.Renew, func(_ context.Context, _ *db.Tx, _ access.Actor, r *Record) error {
			asked = append(asked, r.ID)
			return nil
		})
		n := login(verdict.PasswordOnly)
		n.System = sys.ID
		r, err := s.Record(t.Context(), actor, n)
		if err != nil {
			t.Fatal(err)
		}
		tick := func(days int) (ends int64) {
			t.Helper()
			clock = now.AddDate(0, 0, days)
			for range 2 { // a job may run twice
				if err := s.Tick(t.Context(), access.SystemActor(o.ID)); err != nil {
					t.Fatal(err)
				}
			}
			if err := d.Read(t.Context(), o.ID, func(tx *db.Tx) error {
				return db.One(tx.QueryRow(t.Context(), `SELECT COUNT(*) FROM evidence WHERE organisation_id = $1 AND ended_at IS NOT NULL`, o.ID), &ends)
			}); err != nil {
				t.Fatal(err)
			}
			return ends
		}
		if n := tick(75); n != 0 || len(asked) != 0 {
			t.Errorf("after 75 days %d have ended and %d were asked for", n, len(asked))
		}
		if n := tick(76); n != 0 || len(asked) != 1 || asked[0] != r.ID {
			t.Errorf("14 days before its end %d have ended and %v were asked for", n, asked)
		}
		if n := tick(89); n != 0 {
			t.Error("it ended before its day")
		}
		if n := tick(90); n != 1 || len(asked) != 1 {
			t.Errorf("on its day %d have ended, and it was asked for %d times", n, len(asked))
		}
	})
}
