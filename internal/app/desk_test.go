// SPDX-License-Identifier: EUPL-1.2

package app_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/db"
)

// TestWorkshopAndMorningInBrowser holds a workshop with three browsers, and does what a coordinator does the morning after a supplier's breach:
// who is hit, the first draft, the incident, a decision, and the draft for the authority. What a measurement has found then becomes an incident too.
func TestWorkshopAndMorningInBrowser(t *testing.T) {
	program, modules := chromium(t)
	_, link, a := example(t, "sqlite:"+filepath.Join(t.TempDir(), "example.db"))
	var org access.OrganisationID
	var slug string
	ok(t, a.DB.Read(t.Context(), db.Installation, func(tx *db.Tx) error {
		return db.One(tx.QueryRow(t.Context(), `SELECT organisation_id, supplier_id FROM system WHERE supplier_id IS NOT NULL GROUP BY organisation_id, supplier_id
			ORDER BY COUNT(*) DESC, supplier_id LIMIT 1`), &org, &slug)
	}))
	cmd := exec.CommandContext(t.Context(), "node", "desk.mjs", program, link, "/system/bistandsakten", "/leverantorer/"+url.PathEscape(slug), os.Getenv("INSEGEL_TEST_SHOTS"))
	cmd.Dir, cmd.Stderr = modules, os.Stderr
	out, err := cmd.Output()
	var done string
	for lines := bufio.NewScanner(bytes.NewReader(out)); lines.Scan(); {
		var l struct {
			Fault, Step string
			Vote        int
		}
		if err := json.Unmarshal(lines.Bytes(), &l); err != nil {
			t.Errorf("the script says %q", lines.Text())
		}
		switch {
		case l.Fault != "":
			t.Error(l.Fault)
		case l.Step != "":
			done = l.Step
		default:
			t.Logf("the screen told of a vote %d ms after the phone had its answer", l.Vote)
		}
	}
	if err != nil || done != "drafted" {
		t.Fatalf("the script came to %q: %v", done, err)
	}
}
