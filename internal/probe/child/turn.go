// SPDX-License-Identifier: EUPL-1.2

package child

import (
	"context"
	"io"
	"os"
	"os/exec"
)

// Where the process that measures finds the pipes over which it asks for its turn: the first that are handed over beside the three that every
// process has.
const (
	grantedAt = 3
	askedAt   = 4
)

// browsers holds the one browser that may be open at a time for all that this process has measured: each takes more memory than the rest of an
// agent does together.
var browsers = make(chan struct{}, 1)

// turns lets a process that measures have its turn. It asks by a line, is answered by one, and has ended when it closes its pipe, or dies.
type turns struct {
	asked, granted         *os.File // ours
	theirAsked, theirGrant *os.File
	gone, ended            chan struct{}
	began                  bool
}

// newTurns makes the pipes and hands their other ends to a command that has not been started.
func newTurns(cmd *exec.Cmd) (*turns, error) {
	asked, theirAsked, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	theirGrant, granted, err := os.Pipe()
	if err != nil {
		_, _ = asked.Close(), theirAsked.Close()
		return nil, err
	}
	cmd.ExtraFiles = []*os.File{theirGrant, theirAsked} // in the order of grantedAt and askedAt
	return &turns{asked: asked, granted: granted, theirAsked: theirAsked, theirGrant: theirGrant, gone: make(chan struct{}), ended: make(chan struct{})}, nil
}

// begin answers from when the command has started.
func (t *turns) begin() {
	t.began = true
	_, _ = t.theirAsked.Close(), t.theirGrant.Close() // the command has its own, and ours would keep the pipe open when it dies
	go t.serve()
}

// serve gives the command its turn when it asks, and takes it back when its pipe is closed.
func (t *turns) serve() {
	defer close(t.ended)
	line := make([]byte, 1)
	if n, _ := t.asked.Read(line); n == 0 {
		return // it did without
	}
	select {
	case <-t.gone:
		return
	case browsers <- struct{}{}:
	}
	defer func() { <-browsers }()
	if _, err := t.granted.Write([]byte("\n")); err == nil {
		_, _ = io.Copy(io.Discard, t.asked) // until it closes
	}
}

// end is called when the command has ended, or could not be started.
func (t *turns) end() {
	close(t.gone)
	_, _ = t.theirAsked.Close(), t.theirGrant.Close()
	_ = t.asked.Close() // what is left of the command's own may hold the other end
	if t.began {
		<-t.ended
	}
	_ = t.granted.Close()
}

// ask waits for the turn in the process that measures. It comes once.
func ask(granted, asked *os.File) func(context.Context) (func(), bool) {
	return func(ctx context.Context) (func(), bool) {
		done := func() { _ = asked.Close() }
		if _, err := asked.WriteString("\n"); err != nil {
			return done, false
		}
		answered := make(chan bool, 1)
		go func() {
			n, _ := granted.Read(make([]byte, 1))
			answered <- n == 1
		}()
		select {
		case ok := <-answered:
			return done, ok
		case <-ctx.Done():
			done()
			return done, false
		}
	}
}
