// SPDX-License-Identifier: EUPL-1.2

package source

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

// What a reader could not read because its time was up is told so, also where the reader met it as something else.
func TestTimeIsUp(t *testing.T) {
	const doc = `{\rtf1 {\object{\*\objdata 0105000001000000}}}`
	for want, ended := range map[string]func() error{
		"reading it took longer than":               func() error { return context.DeadlineExceeded },
		"it is not embedded in a way that is known": func() error { return nil },
	} {
		g := &gathered{}
		r := &reading{f: File{Path: "x", Size: int64(len(doc)), budget: newBudget(1)}, v: g, at: strings.NewReader(doc), size: int64(len(doc)), ended: ended}
		if err := readRTF(context.Background(), r); err != nil {
			t.Fatal(err)
		}
		if got := g.reasons(); !strings.Contains(got, want) {
			t.Errorf("told is %q, want %q", got, want)
		}
	}
}

// Standard input that no reader reads is read to its end all the same, so that it is known how much was not read.
func TestUnreadStreamIsCounted(t *testing.T) {
	binary := bytes.Repeat([]byte{0, 1, 2, 0xfe}, 50_000)
	for name, c := range map[string]struct {
		stream io.Reader
		reason string
	}{
		"whole":  {bytes.NewReader(binary), "not text"},
		"broken": {io.MultiReader(bytes.NewReader(binary), iotest.ErrReader(errors.New("the pipe broke"))), "the pipe broke"},
	} {
		g := &gathered{}
		if err := ReadAny(context.Background(), File{Path: "-", Size: -1, Stream: c.stream}, g); err != nil {
			t.Fatal(err)
		}
		if n := g.skipped(); n != int64(len(binary)) || !strings.Contains(g.reasons(), c.reason) {
			t.Errorf("%s: %d bytes are told as skipped of %d: %s", name, n, len(binary), g.reasons())
		}
	}
}
