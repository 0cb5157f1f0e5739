// SPDX-License-Identifier: EUPL-1.2

package browser

import (
	"os/exec"
	"syscall"
	"testing"
)

// TestGroupOf reads the group of processes whose names hold what separates words.
func TestGroupOf(t *testing.T) {
	for stat, want := range map[string]int{
		"12 (chromium) S 1 77 77 0 -1":         77,
		"12 (a) S 1 9 9 (b) R 3 42 42 0":       42,
		"12 (Web Content) Z 1 5":               5,
		"":                                     0,
		"12 (chromium) S 1":                    0,
		"12 (chromium) S 1 many 77":            0,
		"12 chromium S 1 77 (and no more than": 0,
	} {
		if got := groupOf([]byte(stat)); got != want {
			t.Errorf("%q: got %d, want %d", stat, got, want)
		}
	}
}

// TestOwnMemory counts what is a process's own and what it shares in memory alone, and no pages of files.
func TestOwnMemory(t *testing.T) {
	if got := ownMemory("Name:\tchromium\nVmRSS:\t  900 kB\nRssAnon:\t   100 kB\nRssFile:\t  799 kB\nRssShmem:\t     1 kB\nThreads:\t7\n"); got != 101<<10 {
		t.Errorf("got %d", got)
	}
	if got := ownMemory("RssAnon:\tmany kB\nRssAnon:\n"); got != 0 {
		t.Errorf("of nonsense: got %d", got)
	}
}

// TestTaken finds the processes of a group, and none of another.
func TestTaken(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), "/bin/sh", "-c", "echo; read -r end")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := out.Read(make([]byte, 1)); err != nil { // it has begun
		t.Fatal(err)
	}
	if got := taken(cmd.Process.Pid); got <= 0 || got > 64<<20 {
		t.Errorf("a shell takes %d bytes", got)
	}
	if err := in.Close(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // it read nothing
	if got := taken(cmd.Process.Pid); got != 0 {
		t.Errorf("a shell that has ended takes %d bytes", got)
	}
}
