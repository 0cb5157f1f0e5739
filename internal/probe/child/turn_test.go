// SPDX-License-Identifier: EUPL-1.2

package child

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// asking begins a program that measures, as a shell has it: it has its order, asks for its turn and waits until it comes.
const asking = `read -r order; echo >&4; read -r turn <&3 || exit 9; `

func shows(t *testing.T, ctx context.Context, dir, script string) error {
	t.Helper()
	_, err := Run(ctx, []string{"/bin/sh", "-c", script, dir}, &Order{URL: "https://a.example.se/", Scripts: true, Browser: "/bin/true"})
	return err
}

// TestOneBrowserAtATime has several pages shown at once: one browser is open at a time, and each page has its turn.
func TestOneBrowserAtATime(t *testing.T) {
	const pages = 6
	dir := t.TempDir()
	var all sync.WaitGroup
	for range pages {
		all.Go(func() {
			err := shows(t, t.Context(), dir, asking+`mkdir "$0/open" || echo >> "$0/clash"; sleep 0.1; rmdir "$0/open"; echo shown >> "$0/shown"; exit 3`)
			if err == nil || !strings.Contains(err.Error(), "exit status 3") {
				t.Errorf("a page had no turn: %v", err)
			}
		})
	}
	all.Wait()
	if _, err := os.Stat(filepath.Join(dir, "clash")); err == nil {
		t.Error("two browsers were open at once")
	}
	if b, err := os.ReadFile(filepath.Join(dir, "shown")); err != nil || strings.Count(string(b), "\n") != pages {
		t.Errorf("shown: %q, %v", b, err)
	}
}

// TestATurnIsGivenBack ends a process that has its turn, with no chance to say so, and one that waits for it: the next has its turn all the same.
func TestATurnIsGivenBack(t *testing.T) {
	dir := t.TempDir()
	first, kill := context.WithCancel(t.Context())
	defer kill()
	var all sync.WaitGroup
	all.Go(func() { _ = shows(t, first, dir, asking+`echo > "$0/first"; read -r more`) })
	appears(t, filepath.Join(dir, "first"))
	second, leave := context.WithCancel(t.Context())
	defer leave()
	all.Go(func() {
		_ = shows(t, second, dir, `read -r order; echo >&4; echo > "$0/second"; read -r turn <&3; echo > "$0/both"; read -r more`)
	})
	appears(t, filepath.Join(dir, "second"))
	leave()
	all.Go(func() { _ = shows(t, t.Context(), dir, asking+`echo > "$0/third"`) })
	kill()
	all.Wait()
	appears(t, filepath.Join(dir, "third"))
	if _, err := os.Stat(filepath.Join(dir, "both")); err == nil {
		t.Error("one had its turn while another had it")
	}
}

// TestNoTurnWithoutABrowser has a page measured that no browser is for: there is nothing to ask over, whatever the order says.
func TestNoTurnWithoutABrowser(t *testing.T) {
	for _, o := range []*Order{{Turns: true}, {Turns: true, Scripts: true}, {Turns: true, Browser: "/bin/true"}} {
		_, err := Run(t.Context(), []string{"/bin/sh", "-c", `read -r order; case $order in *turns*) exit 7;; esac; [ -e /proc/self/fd/4 ] && exit 8; exit 3`}, o)
		if err == nil || !strings.Contains(err.Error(), "exit status 3") {
			t.Errorf("%+v: %v", o, err)
		}
	}
}

// TestAsk holds what a process that measures makes of the answers: a turn that comes, one that does not in time, and nobody to ask.
func TestAsk(t *testing.T) {
	pipes := func() (granted, grant, asked, ask *os.File) {
		var errs [2]error
		granted, grant, errs[0] = os.Pipe()
		asked, ask, errs[1] = os.Pipe()
		if err := errors.Join(errs[:]...); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			for _, f := range []*os.File{granted, grant, asked, ask} {
				_ = f.Close()
			}
		})
		return granted, grant, asked, ask
	}
	granted, grant, asked, to := pipes()
	if _, err := grant.WriteString("\n"); err != nil {
		t.Fatal(err)
	}
	done, ok := ask(granted, to)(t.Context())
	if !ok {
		t.Error("the turn did not come")
	}
	line := make([]byte, 2)
	if n, err := asked.Read(line); n != 1 || err != nil {
		t.Errorf("asked by %q, %v", line[:n], err)
	}
	done()
	if n, err := asked.Read(line); n != 0 || err == nil {
		t.Error("the turn was not given back")
	}
	granted, _, asked, to = pipes()
	over, cancel := context.WithCancel(t.Context())
	cancel()
	if _, ok := ask(granted, to)(over); ok {
		t.Error("the turn came, and nobody gave it")
	}
	if n, err := asked.Read(line); n != 1 || err != nil {
		t.Errorf("asked by %q, %v", line[:n], err)
	}
	if n, err := asked.Read(line); n != 0 || err == nil {
		t.Error("the place in the line was not given up")
	}
	granted, grant, _, to = pipes()
	if err := grant.Close(); err != nil {
		t.Fatal(err)
	}
	if _, ok := ask(granted, to)(t.Context()); ok {
		t.Error("the turn came from nobody")
	}
}
