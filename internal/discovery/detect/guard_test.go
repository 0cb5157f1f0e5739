// SPDX-License-Identifier: EUPL-1.2

//go:build unix

package detect

import (
	"bytes"
	"fmt"
	"os"
	"syscall"
	"testing"
)

// guarded is memory between two pages that nobody may read.
func guarded(t *testing.T, size int) []byte {
	t.Helper()
	page := os.Getpagesize()
	size = (size + page - 1) / page * page
	m, err := syscall.Mmap(-1, 0, size+2*page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := syscall.Munmap(m); err != nil {
			t.Error(err)
		}
	})
	for _, guard := range [][]byte{m[:page], m[page+size:]} {
		if err := syscall.Mprotect(guard, syscall.PROT_NONE); err != nil {
			t.Fatal(err)
		}
	}
	return m[page : page+size : page+size]
}

// No kernel reads before a text or after it, however long it is and wherever in 64 bytes it begins: what lies there may be nobody's.
func TestKernelsReadNothingBesideTheText(t *testing.T) {
	r := loadRules(t)
	all, err := r.Choose(nil)
	if err != nil {
		t.Fatal(err)
	}
	like := bytes.Repeat([]byte("pnr;namn\n19850709-9805;Anna Ek, Storgatan 12 B\nförvaltningens beslut om missbruk 070-174 06 05 "), 20)
	memory := guarded(t, len(like))
	for i, k := range kernels() {
		for _, want := range [][]Detector{{Personnummer, Samordningsnummer}, all} {
			s := r.NewScanner(want)
			for n := range 600 {
				for name, text := range map[string][]byte{"beginning": memory[:n:n], "end": memory[len(memory)-n:]} {
					copy(text, like[n%97:])
					found, same := foundBy(s, k, text), foundBy(s, kernelGo, text)
					if found != same {
						t.Fatalf("kernel %d finds %s in %d bytes at the %s of memory, and the one in Go %s", i, found, n, name, same)
					}
				}
			}
		}
	}
}

// foundBy is what a kernel finds in a text with columns.
func foundBy(s *Scanner, k kernel, text []byte) string {
	s.kernel = k
	var c Cells
	s.SetCells(&c, text, ';')
	s.Column = func(at int) (uint16, Contexts, bool) {
		index, ok := c.Column(at, len(text))
		return uint16(index), 0, ok
	}
	return fmt.Sprint(s.Scan(text, 0, len(text)))
}
