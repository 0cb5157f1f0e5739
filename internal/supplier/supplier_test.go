// SPDX-License-Identifier: EUPL-1.2

package supplier_test

import (
	"testing"

	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/supplier"
)

func TestEnsure(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		ours, theirs := dbtest.Organisation(t, d, "norrsjo").Organisation, dbtest.Organisation(t, d, "soderby").Organisation
		var first, again, other map[string]ids.ID[supplier.Supplier]
		err := d.Write(t.Context(), db.Installation, func(tx *db.Tx) (err error) {
			if first, err = supplier.Ensure(t.Context(), tx, ours, []string{"Ådal Data AB", "ÅDAL  data ab", "", "Berg IT"}); err != nil {
				return err
			}
			if other, err = supplier.Ensure(t.Context(), tx, theirs, []string{"Berg IT"}); err != nil {
				return err
			}
			again, err = supplier.Ensure(t.Context(), tx, ours, []string{"berg it"})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if first["Ådal Data AB"] == "" || first["Ådal Data AB"] != first["ÅDAL  data ab"] || first["Ådal Data AB"] == first["Berg IT"] {
			t.Errorf("got %v: names that fold alike are one supplier, others are not", first)
		}
		if _, ok := first[""]; ok {
			t.Error("no name made a supplier")
		}
		if again["berg it"] != first["Berg IT"] {
			t.Error("a supplier that was there was made again")
		}
		if other["Berg IT"] == "" || other["Berg IT"] == first["Berg IT"] {
			t.Error("two organisations share a supplier's row")
		}
	})
}
