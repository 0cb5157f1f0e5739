// SPDX-License-Identifier: EUPL-1.2

package app_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestEverydayInBrowser changes many systems at once and undoes it, from the message for half a minute and from the history for a month; saves a
// view; opens a row far down a searched list and comes back to it; and takes an import back. All of it with scripts and without.
func TestEverydayInBrowser(t *testing.T) {
	program, modules := chromium(t)
	_, link, _ := example(t, "sqlite:"+filepath.Join(t.TempDir(), "example.db"))
	cmd := exec.CommandContext(t.Context(), "node", "everyday.mjs", program, link)
	cmd.Dir, cmd.Stderr = modules, os.Stderr
	out, err := cmd.Output()
	steps := 0
	for lines := bufio.NewScanner(bytes.NewReader(out)); lines.Scan(); {
		var l struct{ Fault, Step string }
		if err := json.Unmarshal(lines.Bytes(), &l); err != nil {
			t.Errorf("the script says %q", lines.Text())
		}
		if l.Fault != "" {
			t.Error(l.Fault)
		}
		if l.Step != "" {
			steps++
		}
	}
	if err != nil || steps != 10 {
		t.Fatalf("the script took %d steps of 10: %v", steps, err)
	}
}
