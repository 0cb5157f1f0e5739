// SPDX-License-Identifier: EUPL-1.2

package finding_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/finding"
)

// A part that was begun too often becomes smaller ones. What is left at last, one file, is told as not read, and read by the next search.
func TestPartsThatAreGivenUp(t *testing.T) {
	d := dbtest.SQLite(t)
	w := newWorld(t, d, t.TempDir())
	w.share(t)
	id := w.connect(t, "")
	if w.search(t, id); t.Failed() {
		return
	}
	before := dump(t, w)
	run := func(statement string) {
		t.Helper()
		if err := d.Write(t.Context(), db.Installation, func(tx *db.Tx) error {
			_, err := tx.Exec(t.Context(), statement)
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	tooOften := func(which string) {
		run(`CREATE TRIGGER begun AFTER INSERT ON finding_chunk WHEN ` + which + ` BEGIN UPDATE finding_chunk SET attempts = 9
			WHERE organisation_id = NEW.organisation_id AND id = NEW.id; END`)
	}

	tooOften(`(SELECT COUNT(*) FROM finding_chunk WHERE organisation_id = NEW.organisation_id AND scan_id = NEW.scan_id) < 8`)
	if scan := w.search(t, id); scan.Status != finding.ScanDone || scan.Fault != "" || scan.Failed != 0 || scan.Files != 32 {
		t.Errorf("with some parts begun too often: %+v", scan)
	}
	if diff := cmp.Diff(before, dump(t, w)); diff != "" {
		t.Error(diff)
	}

	run(`DROP TRIGGER begun`)
	tooOften(`1`)
	if scan := w.search(t, id); scan.Fault != "parts" || scan.Failed != 32 || scan.Skipped < 32 {
		t.Errorf("with all parts begun too often: %+v", scan)
	}
	missed := must(w.Unread(t.Context(), w.actor, id, 1))(t)
	if missed.Total != 32 || !strings.Contains(missed.List[0].Skips[0].Reason, "it was tried 10 times: it was begun too often") || missed.List[0].Lost == 0 {
		t.Errorf("told as not read: %d, %+v", missed.Total, missed.List[:min(1, len(missed.List))])
	}
	if diff := cmp.Diff(before, dump(t, w)); diff != "" {
		t.Errorf("what was found earlier does not stand: %s", diff)
	}

	run(`DROP TRIGGER begun`)
	if scan := w.search(t, id); scan.Fault != "" || scan.Failed != 0 || scan.Same != 0 || scan.Skipped != 0 {
		t.Errorf("searched again: %+v", scan)
	}
	if diff := cmp.Diff(before, dump(t, w)); diff != "" {
		t.Error(diff)
	}
}
