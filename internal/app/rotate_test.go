// SPDX-License-Identifier: EUPL-1.2

package app_test

import (
	"context"
	"errors"
	"testing"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/app"
	"github.com/insegel/insegel/internal/approval"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/system"
)

// A change of keys that is asked for from within the product is made when a second administrator approves it, and not before.
func TestKeyChangesTakeTwoPeople(t *testing.T) {
	for engine, address := range map[string]func(t testing.TB) string{
		"sqlite": func(t testing.TB) string { return "sqlite:" + t.TempDir() + "/a.db" }, "postgres": dbtest.PostgresAddress,
	} {
		t.Run(engine, func(t *testing.T) {
			a := open(t, address(t))
			local := fillWithCanary(t, a)
			a.Approvals.Administrators = func(context.Context, *db.Tx, access.OrganisationID) ([]string, error) {
				return []string{"anna", "bo"}, nil
			}
			anna, bo := local, local
			anna.ID, bo.ID = "anna", "bo"
			before, err := a.KeyState(t.Context(), anna)
			if err != nil {
				t.Fatal(err)
			}
			decide := func(change app.KeyChange) {
				t.Helper()
				if err := a.AskKeyChange(t.Context(), anna, change, "Nyckeln kan ha kommit ut."); err != nil {
					t.Fatal(err)
				}
				if s, err := a.KeyState(t.Context(), anna); err != nil || s.Destroyed || change == app.KeyRotate && s.Primary != before.Primary {
					t.Errorf("the change was made before it was approved: %+v, %v", s, err)
				}
				l, err := a.Approvals.List(t.Context(), bo, a.Texts.In(locale.Negotiate("sv", "")))
				if err != nil || len(l.Waiting) != 1 || l.Waiting[0].To == "" {
					t.Fatalf("%+v: %v", l.Waiting, err)
				}
				if err := a.Approvals.Approve(t.Context(), anna, l.Waiting[0].ID, ""); !errors.Is(err, approval.ErrOwn) {
					t.Errorf("the one who asked approves: %v", err)
				}
				if err := a.Approvals.Approve(t.Context(), bo, l.Waiting[0].ID, ""); err != nil {
					t.Fatal(err)
				}
			}
			decide(app.KeyRotate)
			during, err := a.KeyState(t.Context(), anna)
			if err != nil || during.Primary == before.Primary || during.Remaining == 0 || len(during.Old) != 1 {
				t.Errorf("after the approval, before the job: %+v, %v", during, err)
			}
			if _, err := a.ResealKey(t.Context(), access.SystemActor(local.Organisation)); err != nil {
				t.Fatal(err)
			}
			if after, err := a.KeyState(t.Context(), anna); err != nil || after.Remaining != 0 || len(after.Old) != 0 {
				t.Errorf("after the job: %+v, %v", after, err)
			}
			decide(app.KeyDestroy)
			err = a.DB.Read(t.Context(), local.Organisation, func(tx *db.Tx) error {
				_, err := system.Get(t.Context(), tx, local.Organisation, "lex")
				return err
			})
			if err == nil {
				t.Error("what the destroyed key encrypted can be read")
			}
		})
	}
}

// A change of the key that was written to the file and not to the database loses nothing: what is written meanwhile uses the key that
// the database names, and the next change goes on with the new one.
func TestKeyChangeCutShort(t *testing.T) {
	path := t.TempDir() + "/a.db"
	a := open(t, "sqlite:"+path)
	actor := fillWithCanary(t, a)
	next, err := a.Ring.Rotate(actor.Organisation.String())
	if err != nil {
		t.Fatal(err)
	}
	b := open(t, "sqlite:"+path) // a start after it
	sys := system.New("Beta")
	sys.Comment = canary
	if _, err := b.Systems.Create(t.Context(), actor, sys); err != nil {
		t.Fatal(err)
	}
	if err := b.RotateKey(t.Context(), actor); err != nil {
		t.Fatal(err)
	}
	if _, err := b.ResealKey(t.Context(), actor); err != nil {
		t.Fatal(err)
	}
	s, err := b.KeyState(t.Context(), actor)
	if err != nil || s.Primary != next || s.Remaining != 0 || len(s.Old) != 0 {
		t.Errorf("%+v, %v, want the key %s", s, err, next)
	}
}

// An old key that something is still encrypted with is never dropped.
func TestOldKeyIsKeptWhileUsed(t *testing.T) {
	a := open(t, "sqlite:"+t.TempDir()+"/a.db")
	actor := fillWithCanary(t, a)
	if _, err := a.Ring.Rotate(actor.Organisation.String()); err != nil {
		t.Fatal(err)
	}
	if _, err := a.ResealKey(t.Context(), actor); !errors.Is(err, app.ErrStale) {
		t.Errorf("the job without a change in the database: %v", err)
	}
	s, err := a.KeyState(t.Context(), actor)
	if err != nil || len(s.Old) != 1 {
		t.Errorf("%+v, %v", s, err)
	}
}
