// SPDX-License-Identifier: EUPL-1.2

package documenttest_test

import (
	"strings"
	"testing"

	"github.com/insegel/insegel/internal/document/documenttest"
)

// recorder notes how a test ended instead of ending.
type recorder struct {
	testing.TB
	ended, message string
}

func (r *recorder) Fatal(args ...any) { r.ended, r.message = "failed", args[0].(string) }

func (r *recorder) Skip(args ...any) { r.ended, r.message = "skipped", args[0].(string) }

func TestToolSaysWhatToInstall(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	for ci, want := range map[string]string{"true": "failed", "": "skipped"} {
		t.Setenv("CI", ci)
		r := &recorder{TB: t}
		documenttest.Tool(r, "soffice", "libreoffice-calc")
		if !strings.HasPrefix(r.ended, want) || !strings.Contains(r.message, "install the package libreoffice-calc") {
			t.Errorf("with CI=%q the test %s and says %q, want it %s and told what to install", ci, r.ended, r.message, want)
		}
	}
}
