// SPDX-License-Identifier: EUPL-1.2

package procurement_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/procurement"
)

// waits checks which decisions about annexes wait, a line for each, as somebody sees them.
func (a *asking) waits(t *testing.T, actor access.Actor, want string) {
	t.Helper()
	var got []string
	must(t, a.db.Read(t.Context(), actor.Organisation, func(tx *db.Tx) error {
		list, err := procurement.WaitingFor(t.Context(), tx, actor, access.Reach{All: true})
		for _, w := range list {
			whose := "others'"
			if w.Mine {
				whose = "mine"
			}
			got = append(got, fmt.Sprintf("%s %d %s %s", w.Kind, w.Count, whose, w.Path))
		}
		if none, err := procurement.WaitingFor(t.Context(), tx, actor, access.Reach{}); len(none) > 0 || err != nil {
			t.Errorf("beyond reach: %v, %v", none, err)
		}
		return err
	}))
	if s := strings.Join(got, "\n"); s != want {
		t.Errorf("what waits is %q, want %q", s, want)
	}
}
