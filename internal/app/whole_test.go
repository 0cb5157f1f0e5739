// SPDX-License-Identifier: EUPL-1.2

package app_test

import (
	"testing"

	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/db"
)

// wholeLogs says that every page of the file is right and that no log has lost or changed anything.
func wholeLogs(t *testing.T, d *db.DB) {
	t.Helper()
	var said string
	if err := d.WritePool().QueryRowContext(t.Context(), "PRAGMA integrity_check").Scan(&said); err != nil || said != "ok" {
		t.Errorf("the file: %s, %v", said, err)
	}
	for _, v := range must(audit.Verify(t.Context(), d, audit.Check{}))(t) {
		if !v.Whole() || v.Size == 0 {
			t.Errorf("the log: %+v", v)
		}
	}
}
