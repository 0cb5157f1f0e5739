// SPDX-License-Identifier: EUPL-1.2

package app_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"testing"

	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/procurement"
	"github.com/insegel/insegel/internal/requirement"
)

// TestSupplierOnPhoneInBrowser lets a supplier answer on a phone, in Chromium: the link, the code, three answers, a document, an area to a colleague,
// that other organisations may see the answers, and all of it sent.
func TestSupplierOnPhoneInBrowser(t *testing.T) {
	program, modules := chromium(t)
	a, actor, address, _, api := mailingApp(t)
	dbtest.Organisation(t, a.DB, "granne") // there is somebody to share with
	ok(t, a.DB.Write(t.Context(), actor.Organisation, func(tx *db.Tx) error {
		_, err := tx.Exec(t.Context(), `UPDATE supplier SET number = '999999-9999' WHERE organisation_id = $1 AND name LIKE 'Fj%'`, actor.Organisation)
		return err
	}))
	const slug = "e-ansokan-ekonomiskt-bistand"
	l := a.Texts.In("sv")
	ok(t, a.Procurements.AskSupplier(t.Context(), actor, slug, l, procurement.Ask{To: "lo@leverantor.example", Lang: "sv"}))
	cmd := exec.CommandContext(t.Context(), "node", "supplier.mjs", program, "http://"+address, "http://"+api, os.Getenv("INSEGEL_TEST_SHOTS"))
	cmd.Dir, cmd.Stderr = modules, os.Stderr
	out, err := cmd.Output()
	step := ""
	for lines := bufio.NewScanner(bytes.NewReader(out)); lines.Scan(); {
		var said struct{ Fault, Step string }
		if err := json.Unmarshal(lines.Bytes(), &said); err != nil {
			t.Errorf("the script says %q", lines.Text())
		}
		if said.Fault != "" {
			t.Error(said.Fault)
		} else {
			step = said.Step
		}
	}
	if err != nil || step != "done" {
		t.Fatalf("the script came to %q: %v", step, err)
	}
	s, err := a.Procurements.Supplied(t.Context(), actor, slug, l)
	ok(t, err)
	partly, files := 0, 0
	for i := range s.Answers {
		if s.Answers[i].Reply.Status == requirement.Partly {
			partly++
		}
		files += len(s.Answers[i].Files)
	}
	if len(s.Answers) != 3 || partly != 1 || files != 1 || len(s.Consents) != 1 {
		t.Errorf("%d answers with %d partly and %d documents, %d consents", len(s.Answers), partly, files, len(s.Consents))
	}
}
