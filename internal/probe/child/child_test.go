// SPDX-License-Identifier: EUPL-1.2

package child

import (
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// TestMain lets this program be one that has something measured, and is killed meanwhile.
func TestMain(m *testing.M) {
	if path := os.Getenv("INSEGEL_TEST_ENDS"); path != "" {
		_, _ = Run(context.Background(), []string{"/bin/sh", "-c", `read -r order; echo begun > "$0.begun"; read -r more; echo ended > "$0"`, path}, &Order{URL: "https://a.example.se/"})
		os.Exit(1) // not reached: it is killed
	}
	os.Exit(m.Run())
}

// TestTheChildEndsWithItsParent kills a process that has something measured, with no chance to tidy up, and holds that the one that measures
// hears of it.
func TestTheChildEndsWithItsParent(t *testing.T) {
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "ended")
	cmd := exec.CommandContext(t.Context(), program)
	cmd.Env = []string{"INSEGEL_TEST_ENDS=" + path}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	appears(t, path+".begun")
	if _, err := os.Stat(path); err == nil {
		t.Fatal("the child has ended while its parent lives")
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // it was killed
	appears(t, path)
}

func appears(t *testing.T, path string) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		if _, err := os.Stat(path); err == nil {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("%s does not appear", path)
		}
	}
}

// TestWhileOpen holds that what is measured is given up when the order's pipe closes.
func TestWhileOpen(t *testing.T) {
	in, hold := io.Pipe()
	ctx, end := whileOpen(t.Context(), in)
	defer end()
	if ctx.Err() != nil {
		t.Error("it ended at once")
	}
	if err := hold.Close(); err != nil {
		t.Fatal(err)
	}
	<-ctx.Done()
}
