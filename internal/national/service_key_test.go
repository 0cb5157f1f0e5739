// SPDX-License-Identifier: EUPL-1.2

package national

import (
	"context"
	"errors"
	"log/slog"
	"testing"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/approval"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/locale"
)

// TestKeyTakesTwoPeople registers, changes and ends a municipality's key: nothing happens until another than the one who asked has approved it,
// and what was signed with a key that has been changed or ended is refused. On both engines.
func TestKeyTakesTwoPeople(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		s, actor := start(t, d)
		bundle, err := locale.NewBundle(map[string]string{"national": Messages})
		must(t, err)
		s.Approvals = &approval.Service{
			DB: d, Log: slog.New(slog.DiscardHandler),
			Administrators: func(context.Context, *db.Tx, access.OrganisationID) ([]string, error) {
				return []string{"anna", "bo"}, nil
			},
		}
		s.Register()
		anna, bo := actor, actor
		anna.ID, bo.ID = "anna", "bo"
		first, key := one(t, "0180")
		second, other := one(t, "0180")
		tells := func(x Submission, want error) {
			t.Helper()
			got := receive(t, s, actor, x)
			if want == nil && got.Accepted != 1 || want != nil && (len(got.Rejected) != 1 || got.Rejected[0].Reason != want.Error()) {
				t.Errorf("it is received so: %+v, want %v", got, want)
			}
		}
		decide := func(verifier string, before func()) {
			t.Helper()
			must(t, s.AskKey(t.Context(), anna, KeyChange{Registered{"0180", verifier}}, "Uppläst i telefon av den vi känner."))
			l, err := s.Approvals.List(t.Context(), bo, bundle.In("sv"))
			if err != nil || len(l.Waiting) != 1 {
				t.Fatalf("what waits: %+v, %v", l.Waiting, err)
			}
			if err := s.Approvals.Approve(t.Context(), anna, l.Waiting[0].ID, ""); !errors.Is(err, approval.ErrOwn) {
				t.Errorf("the one who asked approves: %v", err)
			}
			before()
			must(t, s.Approvals.Approve(t.Context(), bo, l.Waiting[0].ID, ""))
		}
		decide(key.Verifier, func() { tells(first, ErrUnknownKey) })
		tells(first, nil)
		decide(other.Verifier, func() { tells(second, ErrSignature) })
		second.Made = "2026-11-28T11:50:00.000Z"
		sign(t, &second, other)
		tells(second, nil)
		again := second
		again.Made = "2026-11-28T11:55:00.000Z"
		sign(t, &again, key)
		tells(again, ErrSignature)
		decide("", func() {})
		sign(t, &again, other)
		tells(again, ErrUnknownKey)
		if n := s.logged(t, actor, "national.SetKey"); n != 3 {
			t.Errorf("%d changes of keys are in the log", n)
		}
	})
}
