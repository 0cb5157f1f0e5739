// SPDX-License-Identifier: EUPL-1.2

package app_test

import (
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/webtest"
)

// What the pages refuse, and who read where the municipality is weak, stands in the log of the program as it is put together.
func TestPagesAreWatched(t *testing.T) {
	address, link, a := example(t, "sqlite:"+filepath.Join(t.TempDir(), "a.db"))
	c := webtest.Open(t, address)
	c.Get(strings.TrimPrefix(link, address))
	count := func(scope access.OrganisationID, action string) (n int) {
		t.Helper()
		err := a.DB.Read(t.Context(), db.Installation, func(tx *db.Tx) error {
			return db.One(tx.QueryRow(t.Context(), `SELECT COUNT(*) FROM audit_entry WHERE action = $1 AND (organisation_id = '*') = $2`,
				action, scope == db.Installation), &n)
		})
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	if count("norrsjo", audit.ActionSignIn) != 1 {
		t.Error("the sign-in is not in the log")
	}
	if p := c.Get("/system"); p.Status != http.StatusOK || count("norrsjo", audit.ActionRead) == 0 {
		t.Errorf("%d: the list was read, and the log does not say so", p.Status)
	}
	r := c.Request("POST", "/sprak", nil)
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	before := count(db.Installation, audit.ActionRefused) + count("norrsjo", audit.ActionRefused)
	if p := c.Do(r); p.Status != http.StatusForbidden || count(db.Installation, audit.ActionRefused)+count("norrsjo", audit.ActionRefused) != before+1 {
		t.Errorf("%d: a forged form was refused, and the log does not say so", p.Status)
	}
}
