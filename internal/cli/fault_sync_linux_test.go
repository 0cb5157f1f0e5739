// SPDX-License-Identifier: EUPL-1.2

package cli_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Before the program says that something is saved, the database's log has been synced to the disk: strace sees it.
func TestEachCommitIsSynced(t *testing.T) {
	traced(t)
	s := newServed(t)
	trace := filepath.Join(t.TempDir(), "trace")
	// -D makes the program the one that was started, and strace the one beside it.
	s.before = []string{"strace", "-D", "-f", "-qq", "-y", "-o", trace, "-e", "signal=none", "-e", "trace=" + syncs}
	s.start(t)
	c := s.browser(t)
	synced := func() int {
		t.Helper()
		b, err := os.ReadFile(trace)
		if err != nil {
			t.Fatal(err)
		}
		return strings.Count(string(b), "<"+s.database()+"-wal>)")
	}
	if p := c.Post("/system/"+answered+"/klassning/borja", nil); p.Status != http.StatusSeeOther {
		t.Fatalf("%d", p.Status)
	}
	for i := range 8 {
		form, n := answerNumber(t, c)
		if n != i {
			t.Fatalf("%d stands, want %d", n, i)
		}
		before := synced()
		moved(t, c.Submit(form, "main form.q", map[string][]string{"niva": {"1"}, "motivering": {string(rune('1' + i))}}))
		if after := synced(); after == before {
			t.Errorf("answer %d was acknowledged, and nothing was synced", i)
		}
	}
	s.stop(t)
}
