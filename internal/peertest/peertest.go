// SPDX-License-Identifier: EUPL-1.2

// Package peertest starts programs that nobody here wrote, for tests against them (Swedish: motparter i prov): identity providers,
// mail servers, proxies. Only tests import it.
package peertest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/insegel/insegel/internal/dbtest"
)

// Command is a program to start.
type Command struct {
	// Path is the program: a name that is looked for, or a path.
	Path string
	Args []string
	// Env is added to a small environment without anything of the test's own.
	Env []string
	Dir string
	// Address is the HOST:PORT on which it answers when it is ready; empty does not wait.
	Address string
	// Says is what it writes when it is ready; empty does not wait for it.
	Says string
	// Ready is asked instead of a connection to Address, when set, until it says nil.
	Ready func(ctx context.Context) error
	// Wait is how long it may take to become ready; zero is a minute.
	Wait time.Duration
}

// Process is a program that runs.
type Process struct {
	// Address is the command's.
	Address string

	t    testing.TB
	cmd  *exec.Cmd
	log  *lines
	gone chan struct{}
	once sync.Once
}

// lines keeps what a program writes. Only the end of very much is kept.
type lines struct {
	mu sync.Mutex
	b  bytes.Buffer
}

const mostLog = 1 << 20

// Write takes a part.
func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.b.Len() > mostLog {
		l.b.Next(mostLog / 2)
	}
	return l.b.Write(b)
}

// String is what has been kept.
func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// Start starts a program and waits until it answers. It is stopped with the test, and what it wrote is shown when the test fails. A
// program that is not installed skips the test, or fails it where everything must run.
func Start(t testing.TB, c Command) *Process {
	t.Helper()
	path, err := exec.LookPath(c.Path)
	if err != nil {
		dbtest.Missing(t, c.Path+": run scripts/test-deps")
	}
	p := &Process{Address: c.Address, t: t, log: &lines{}, gone: make(chan struct{})}
	p.cmd = exec.Command(path, c.Args...)
	p.cmd.Dir, p.cmd.Stdout, p.cmd.Stderr = c.Dir, p.log, p.log
	p.cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "LANG=C.UTF-8"}, c.Env...)
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // so that what it starts is stopped with it
	if err := p.cmd.Start(); err != nil {
		t.Fatalf("start %s: %v", c.Path, err)
	}
	go func() {
		_ = p.cmd.Wait() // how it ended is told by what it wrote
		close(p.gone)
	}()
	t.Cleanup(func() {
		p.Stop()
		if t.Failed() {
			t.Logf("%s wrote:\n%s", filepath.Base(c.Path), p.log)
		}
	})
	if err := p.await(&c); err != nil {
		t.Fatalf("%s did not get ready: %v\n%s", c.Path, err, p.log)
	}
	return p
}

// askEvery is how often a program that starts is asked whether it is ready.
const askEvery = 20 * time.Millisecond

func (p *Process) await(c *Command) error {
	ready := c.Ready
	if ready == nil {
		if c.Address == "" {
			return nil
		}
		ready = func(ctx context.Context) error { return connect(ctx, c.Address) }
	}
	if c.Says != "" {
		next := ready
		ready = func(ctx context.Context) error {
			if !strings.Contains(p.log.String(), c.Says) {
				return fmt.Errorf("it has not said %q", c.Says)
			}
			return next(ctx)
		}
	}
	wait := c.Wait
	if wait == 0 {
		wait = time.Minute
	}
	ctx, cancel := context.WithTimeout(context.Background(), wait)
	defer cancel()
	for {
		err := ready(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-p.gone:
			return errors.New("it ended")
		case <-ctx.Done():
			return fmt.Errorf("%w: %w", ctx.Err(), err)
		case <-time.After(askEvery):
		}
	}
}

func connect(ctx context.Context, address string) error {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
	if err != nil {
		return err
	}
	return conn.Close()
}

// Stop ends the program and what it has started, and waits for it.
func (p *Process) Stop() {
	p.once.Do(func() {
		// The group is the program's own: nothing else is in it.
		_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGTERM)
		select {
		case <-p.gone:
		case <-time.After(5 * time.Second):
		}
		_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
		<-p.gone
	})
}

// Log is what the program has written.
func (p *Process) Log() string { return p.log.String() }

// FreePort finds a port on loopback that nobody uses at the moment. It lies below those that the system gives to connections, so that
// nobody gets it before the program that is about to be started.
func FreePort(t testing.TB) int {
	t.Helper()
	const first, count = 10_000, 20_000
	for range 100 {
		port := first + rand.IntN(count)
		l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			continue
		}
		_ = l.Close() // it was only to learn that it is free
		return port
	}
	t.Fatal("no free port was found")
	return 0
}

// Root is the project's directory.
func Root(t testing.TB) string {
	t.Helper()
	_, file, _, ok := runtime.Caller(0)
	if !ok {
		t.Fatal("the project's directory is not known")
	}
	if filepath.IsAbs(file) {
		return filepath.Dir(filepath.Dir(filepath.Dir(file)))
	}
	// The program was built without the paths of its files. Tests begin in their package's directory.
	dir, err := os.Getwd()
	for err == nil {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		if dir == filepath.Dir(dir) {
			break
		}
		dir = filepath.Dir(dir)
	}
	t.Fatalf("the project's directory is not known: %v", err)
	return ""
}

// Packages gives the directory below test with installed npm packages, and skips the test where they are not.
func Packages(t testing.TB, name string) string {
	t.Helper()
	dir := filepath.Join(Root(t), "test", name)
	if _, err := os.Stat(filepath.Join(dir, "node_modules")); err != nil {
		dbtest.Missing(t, "the npm packages in test/"+name+": run scripts/test-deps")
	}
	return dir
}

// Node gives a Node.js that is new enough: the system's, or the one that scripts/test-deps installs beside it.
func Node(t testing.TB) string {
	t.Helper()
	own := filepath.Join(Root(t), "test", "node", "node_modules", ".bin", "node")
	if _, err := os.Stat(own); err == nil {
		return own
	}
	path, err := exec.LookPath("node")
	if err != nil {
		dbtest.Missing(t, "Node.js: run scripts/test-deps")
	}
	return strings.TrimSpace(path)
}
