// SPDX-License-Identifier: EUPL-1.2

package cli_test

import (
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/insegel/insegel/internal/webtest"
)

// limitFiles lets the running program make no file longer than that: its writes are cut short or fail, as on a disk that has no more.
func (s *served) limitFiles(t *testing.T, bytes string) {
	t.Helper()
	// The hard limit stays, so that it can be lifted.
	if out, err := exec.Command("prlimit", "--pid", strconv.Itoa(s.child.Process.Pid), "--fsize="+bytes+":").CombinedOutput(); err != nil {
		t.Fatalf("prlimit: %v: %s", err, out)
	}
}

// The disk cuts writes short under the running program: what writes is refused in words, what reads works, nothing is damaged, and
// without a new start it goes on when the disk is well again.
func TestWritesCutShort(t *testing.T) {
	s := newServed(t)
	s.start(t)
	c := s.browser(t)
	moved(t, c.Post("/system/"+answered+"/klassning/borja", nil))
	form, _ := answerNumber(t, c)
	save := func(n int) *webtest.Page {
		return c.Submit(form, "main form.q", url.Values{"niva": {"1"}, "motivering": {strconv.Itoa(n)}})
	}
	s.limitFiles(t, "4096")
	refused := save(1)
	if refused.Status != http.StatusServiceUnavailable && refused.Status != http.StatusInsufficientStorage {
		t.Errorf("a write that the disk cut short was answered with %d: %s", refused.Status, refused.Text("main"))
	}
	if text := refused.Text("main"); !strings.Contains(text, "disk") {
		t.Errorf("the answer does not say what is wrong: %s", text)
	}
	if _, n := answerNumber(t, c); n != 0 {
		t.Errorf("what was refused stands: %d", n)
	}
	s.limitFiles(t, "unlimited")
	moved(t, save(2))
	if _, n := answerNumber(t, c); n != 2 {
		t.Errorf("after it %d stands", n)
	}
	s.whole(t, nil, 1, 0)
	s.stop(t)
	if said := s.said.String(); !strings.Contains(said, "disk does not answer") && !strings.Contains(said, "no room left") {
		t.Errorf("the operating log does not tell: %s", said)
	}
}

// A backup and the checkpoints of the log that the disk cuts short leave no file under their names, and say so.
func TestBackupCutShort(t *testing.T) {
	traced(t)
	w, _, _ := copied(t)
	insegel := program(t)
	file := filepath.Join(w.dir, "short.age")
	out, err := limited(t, insegel, 40, with(append([]string{"backup", "-o", file}, w.recipients...), w.where...)...)
	if err == nil || !strings.Contains(out, "file too large") {
		t.Errorf("it said %q, %v", out, err)
	}
	if got := left(t, w.dir, "short"); len(got) > 0 {
		t.Errorf("%v is there", got)
	}
	if got := left(t, w.dir, ".insegel"); len(got) > 0 {
		t.Errorf("%v is left", got)
	}
	w.run(t, 0, with(append([]string{"backup", "-o", file}, w.recipients...), w.where...)...)
	w.wholeBackup(t, kill{}, file)

	w.takeIn(t, "norrsjo", "Nytt;ett\n")
	before := notes(t, w.db+".checkpoints")
	out, err = faulty(t, insegel, "link,linkat:error=EIO", with([]string{"audit", "checkpoint"}, w.where...)...)
	if !strings.Contains(out, "input/output error") {
		t.Errorf("it said %q, %v", out, err)
	}
	if after := notes(t, w.db+".checkpoints"); after != before {
		t.Errorf("%d checkpoints lie there, %d before", after, before)
	}
	w.publicKey(t)
	if after := notes(t, w.db+".checkpoints"); after <= before {
		t.Errorf("%d checkpoints lie there when the disk is well again, %d before", after, before)
	}
}

// notes counts the exported checkpoints; each is whole.
func notes(t *testing.T, dir string) int {
	t.Helper()
	n := 0
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		n++
		b, err := os.ReadFile(path)
		if !strings.HasSuffix(path, ".note") || strings.Count(string(b), "\n") < 5 {
			t.Errorf("%s is no whole checkpoint: %q", path, b)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// limited runs the program where no file may be longer than so many kilobytes.
func limited(t *testing.T, insegel string, kilobytes int, args ...string) (string, error) {
	t.Helper()
	c := exec.Command("bash", append([]string{"-c", `ulimit -S -f "$0" && exec "$@"`, strconv.Itoa(kilobytes), insegel}, args...)...)
	c.Env = append(os.Environ(), "HOME="+t.TempDir())
	out, err := c.CombinedOutput()
	return string(out), err
}

// faulty runs the program where the disk answers some calls with an error.
func faulty(t *testing.T, insegel, inject string, args ...string) (string, error) {
	t.Helper()
	calls, _, _ := strings.Cut(inject, ":")
	c := exec.Command("strace", append([]string{"-f", "-qq", "-o", "/dev/null", "-e", "trace=" + calls, "-e", "inject=" + inject, insegel}, args...)...)
	c.Env = append(os.Environ(), "HOME="+t.TempDir())
	out, err := c.CombinedOutput()
	return string(out), err
}
