// SPDX-License-Identifier: EUPL-1.2

package organisation_test

import (
	"errors"
	"slices"
	"sync"
	"testing"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/organisation"
)

// makeUnits makes units right below the organisation.
func makeUnits(t *testing.T, d *db.DB, org access.OrganisationID, names ...string) map[string]access.UnitID {
	t.Helper()
	var out map[string]access.UnitID
	err := d.Write(t.Context(), org, func(tx *db.Tx) (err error) {
		out, err = organisation.EnsureUnits(t.Context(), tx, org, names)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestMoveUnit(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		actor, other := dbtest.Organisation(t, d, "our"), dbtest.Organisation(t, d, "other")
		s := &organisation.Service{DB: d}
		u := makeUnits(t, d, actor.Organisation, "top", "middle", "low", "beside")
		theirs := makeUnits(t, d, other.Organisation, "theirs")["theirs"]
		tired := actor
		tired.Fresh = false
		for _, step := range []struct {
			name         string
			actor        access.Actor
			unit, parent access.UnitID
			want         error
		}{
			{"below another", actor, u["middle"], u["top"], nil},
			{"deeper", actor, u["low"], u["middle"], nil},
			{"below itself", actor, u["top"], u["top"], organisation.ErrCycle},
			{"below what is below it", actor, u["top"], u["low"], organisation.ErrCycle},
			{"below another's", actor, u["top"], theirs, db.ErrNotFound},
			{"another's", actor, theirs, u["top"], db.ErrNotFound},
			{"what is not there", actor, ids.New[access.Part](), u["top"], db.ErrNotFound},
			{"without step-up", tired, u["beside"], u["top"], access.ErrStepUp},
		} {
			if err := s.Move(t.Context(), step.actor, step.unit, step.parent); !errors.Is(err, step.want) {
				t.Errorf("%s: got %v, want %v", step.name, err, step.want)
			}
		}
		tree, err := s.Tree(t.Context(), actor)
		if err != nil {
			t.Fatal(err)
		}
		want := []access.UnitID{u["middle"], u["low"]}
		if slices.Sort(want); !slices.Equal(tree.Below(u["top"]), want) || tree.Below(u["low"]) != nil {
			t.Errorf("below top: %v, want %v", tree.Below(u["top"]), want)
		}
		a := access.Actor{Organisation: actor.Organisation, Held: []access.Held{tree.Hold(access.SystemOwner, u["middle"])}}
		for name, holds := range map[string]bool{"top": false, "middle": true, "low": true, "beside": false} {
			if got := access.CheckAt(a, "system.Update", u[name]) == nil; got != holds {
				t.Errorf("an owner in middle reaches %s: %v, want %v", name, got, holds)
			}
		}
		if err := s.Move(t.Context(), actor, u["low"], ""); err != nil {
			t.Errorf("to the top: %v", err)
		}
	})
}

// Two moves at once, each of them right, make no circle together.
func TestMovesMakeNoCircle(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		actor := dbtest.Organisation(t, d, "our")
		s := &organisation.Service{DB: d}
		u := makeUnits(t, d, actor.Organisation, "a", "b")
		var wg sync.WaitGroup
		errs := make([]error, 2)
		wg.Go(func() { errs[0] = s.Move(t.Context(), actor, u["a"], u["b"]) })
		wg.Go(func() { errs[1] = s.Move(t.Context(), actor, u["b"], u["a"]) })
		wg.Wait()
		if (errs[0] == nil) == (errs[1] == nil) || !errors.Is(errors.Join(errs...), organisation.ErrCycle) {
			t.Errorf("got %v, want one moved and one refused", errs)
		}
	})
}

// A circle in the database, however it came there, ends.
func TestBelowEndsInACircle(t *testing.T) {
	tree := organisation.NewTree([]organisation.Unit{{ID: "a", Parent: "b"}, {ID: "b", Parent: "a"}, {ID: "c", Parent: "b"}})
	if got := tree.Below("a"); !slices.Equal(got, []access.UnitID{"b", "c"}) {
		t.Errorf("got %v", got)
	}
}
