// SPDX-License-Identifier: EUPL-1.2

package source

import (
	"bytes"
	"context"
	"encoding/csv"
	"os"
	"strings"
	"testing"
)

// gathered is a visitor that keeps what it is given.
type gathered struct {
	texts  []Text
	values []Value
	skips  []Skip
	read   int64
}

func (g *gathered) Text(t Text) error {
	t.Bytes = bytes.Clone(t.Bytes)
	g.texts = append(g.texts, t)
	return nil
}

func (g *gathered) Value(v Value) error {
	v.Bytes = bytes.Clone(v.Bytes)
	g.values = append(g.values, v)
	return nil
}

func (g *gathered) Skipped(s Skip) error {
	g.skips = append(g.skips, s)
	return nil
}

func (g *gathered) Read(n int64) { g.read += n }

// all is everything that was handed on, with a line break where one run ends and the next begins.
func (g *gathered) all() string {
	var b strings.Builder
	for _, t := range g.texts {
		if !t.Continues {
			b.WriteByte('\n')
		}
		b.Write(t.Bytes)
	}
	for _, v := range g.values {
		b.WriteByte('\n')
		b.Write(v.Bytes)
	}
	return b.String()
}

// skipped is the sum of the file's own bytes that were told as skipped.
func (g *gathered) skipped() (n int64) {
	for _, s := range g.skips {
		if s.Member == "" {
			n += s.To - s.From
		}
	}
	return n
}

// reasons are why something was skipped.
func (g *gathered) reasons() string {
	var out []string
	for _, s := range g.skips {
		out = append(out, s.Member+": "+s.Reason)
	}
	return strings.Join(out, "\n")
}

// readBytes reads a file that a test made, and checks that its bytes add up.
func readBytes(t testing.TB, name string, b []byte) *gathered {
	t.Helper()
	g := &gathered{}
	if err := ReadAny(context.Background(), File{Path: name, Size: int64(len(b)), ReaderAt: bytes.NewReader(b)}, g); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	if g.read+g.skipped() != int64(len(b)) {
		t.Errorf("%s: %d bytes are read and %d skipped, of %d\n%s", name, g.read, g.skipped(), len(b), g.reasons())
	}
	return g
}

// nothingSkipped fails when something was skipped.
func (g *gathered) nothingSkipped(t testing.TB) {
	t.Helper()
	if len(g.skips) > 0 {
		t.Errorf("skipped: %s", g.reasons())
	}
}

// official are the test numbers that the tax agency publishes: the choice that lies beside the project, and without it two of them.
func official(t testing.TB) []string {
	t.Helper()
	f, err := os.Open("../detect/testdata/test-numbers.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, row := range rows[1:] {
		out = append(out, row[0])
	}
	return out
}

// hasAll fails for each number that is not in what was read, in any of the ways to write it.
func (g *gathered) hasAll(t testing.TB, numbers []string) {
	t.Helper()
	all := g.all()
	all += strings.ReplaceAll(all, "\n", "") // a number may go on in the next line
	missed := 0
	for _, n := range numbers {
		if !strings.Contains(all, n) && !strings.Contains(all, n[:8]+"-"+n[8:]) {
			missed++
		}
	}
	if missed > 0 {
		t.Errorf("%d of %d numbers are missed", missed, len(numbers))
	}
}
