// SPDX-License-Identifier: EUPL-1.2

package finding

import (
	"os"
	"testing"

	"github.com/insegel/insegel/internal/discovery"
	"github.com/insegel/insegel/internal/discovery/detect"
	"github.com/insegel/insegel/internal/discovery/source"
)

// A column or a table whose name said who somebody is, is held under a masked name. It is found again, and none beside it that has something at
// the same place, as the tables of an SQLite file have.
func TestLookIntoAColumnWithAMaskedName(t *testing.T) {
	rules, err := detect.Load(os.DirFS("../../data/detectors"))
	if err != nil {
		t.Fatal(err)
	}
	names := discovery.NewNames(rules)
	for _, c := range []struct {
		held, field string
		want        int
	}{
		{"•••••", "Anna Svensson", 1},
		{"Anna Svensson", "Anna Svensson", 1},
		{"•••••", "namn", 0},
		{"••••••••-•••• beslut", "18900603-9813 beslut", 1},
		{"••••••••-•••• beslut", "18900603-9813 journal", 0},
		{"••••••••-•••• beslut", "beslut", 0},
		{"namn", "Anna Svensson", 0},
	} {
		spots := []Spot{{Offset: 7, Mask: "••••••••-••••"}}
		v := source.Value{Text: source.Text{Bytes: []byte("18900603-9813"), Offset: 7}, Column: source.Column{Field: c.field}}
		x := &excerpter{held: &Held{Detail: Detail{Field: c.held, Spots: spots}}, names: names}
		if err := x.Value(v); err != nil || len(x.out) != c.want {
			t.Errorf("%s, held as %s: %v, %v, want %d", c.field, c.held, x.out, err, c.want)
		}
		v.Column.Field, v.Column.Table = "pnr", c.field
		x = &excerpter{held: &Held{Detail: Detail{Table: c.held, Field: "pnr", Spots: spots}}, names: names}
		if err := x.Value(v); err != nil || len(x.out) != c.want {
			t.Errorf("the table %s, held as %s: %v, %v, want %d", c.field, c.held, x.out, err, c.want)
		}
	}
}
