// SPDX-License-Identifier: EUPL-1.2

package source

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
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

// What stands before the damage of a small file is read as that of a large one is, and the damage is told.
func TestDamageAfterTheFirstBytes(t *testing.T) {
	const text = "Personnumret är 18900603-9813.\n"
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	_, _ = w.Write([]byte(text))
	_ = w.Close()
	sum := bytes.Clone(packed.Bytes())
	sum[len(sum)-8] ^= 1
	for name, c := range map[string]struct {
		file []byte
		name string
	}{
		"what follows is no gzip": {append(bytes.Clone(packed.Bytes()), "and more that is none"...), "x.gz"},
		"the checksum is wrong":   {sum, "x.gz"},
		"a member's is wrong":     {wrongSum(t, text), "x.zip"},
	} {
		g := readBytes(t, c.name, c.file)
		if !strings.Contains(g.all(), text) || len(g.skips) == 0 {
			t.Errorf("%s: %q was read, and told %q", name, g.all(), g.reasons())
		}
	}
}

// wrongSum is an archive of one file that lies in it as it is, with a checksum that is not its own.
func wrongSum(t *testing.T, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.CreateRaw(&zip.FileHeader{Name: "a.txt", CRC32: 1, CompressedSize64: uint64(len(text)), UncompressedSize64: uint64(len(text))})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// A vertical tab, which some programs write for a line break within a field, does not make text binary.
func TestVerticalTab(t *testing.T) {
	g := readBytes(t, "x.txt", []byte("Anna\v18900603-9813\vB"))
	g.nothingSkipped(t)
	if !strings.Contains(g.all(), "18900603-9813") {
		t.Errorf("%q was read", g.all())
	}
}
