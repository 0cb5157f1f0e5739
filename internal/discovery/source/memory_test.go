// SPDX-License-Identifier: EUPL-1.2

package source

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// heap is the most memory that is held while something is done, beyond what was held before. It looks every few milliseconds.
func heap(do func()) int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	before, most := m.HeapInuse, m.HeapInuse
	done, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			select {
			case <-done:
				return
			case <-time.After(5 * time.Millisecond):
				runtime.ReadMemStats(&m)
				most = max(most, m.HeapInuse)
			}
		}
	}()
	do()
	close(done)
	<-stopped
	return int64(most - before)
}

// largeZip writes a ZIP file with one large part, which is never whole in memory.
func largeZip(t *testing.T, first, part string, write func(w io.Writer)) (string, int64) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "large.xlsx")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	z := zip.NewWriter(f)
	for _, name := range []string{first, part} {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if name == part {
			write(w)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return path, info.Size()
}

// What a reader holds does not grow with the file: 16 MB is a worker's share.
func TestMemoryIsConstant(t *testing.T) {
	if testing.Short() {
		t.Skip("it writes large files")
	}
	const share = 16 << 20
	cell := strings.Repeat("å", 40)
	for name, c := range map[string]struct {
		part  string
		write func(w io.Writer)
	}{
		"sheet": {"xl/worksheets/sheet1.xml", func(w io.Writer) {
			fmt.Fprint(w, `<worksheet><sheetData>`)
			for i := range 400_000 {
				fmt.Fprintf(w, `<row r="%d"><c r="A%d" t="inlineStr"><is><t>%s %d</t></is></c><c r="B%d"><v>%d</v></c></row>`, i+1, i+1, cell, i*7919, i+1, i*104729)
			}
			fmt.Fprint(w, `</sheetData></worksheet>`)
		}},
		"shared texts": {"xl/sharedStrings.xml", func(w io.Writer) {
			fmt.Fprint(w, `<sst>`)
			for i := range 500_000 {
				fmt.Fprintf(w, `<si><t>%s %d</t></si>`, cell, i*7919)
			}
			fmt.Fprint(w, `</sst>`)
		}},
		"one paragraph": {"word/document.xml", func(w io.Writer) {
			fmt.Fprint(w, `<w:document><w:p>`)
			for i := range 400_000 {
				fmt.Fprintf(w, `<w:r><w:t>%s %d</w:t></w:r>`, cell, i*7919)
			}
			fmt.Fprint(w, `</w:p></w:document>`)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			path, size := largeZip(t, "[Content_Types].xml", c.part, c.write)
			f, err := os.Open(path)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			v := &counted{}
			most := heap(func() {
				if err := ReadAny(context.Background(), File{Path: path, Size: size, ReaderAt: f}, v); err != nil {
					t.Error(err)
				}
			})
			t.Logf("%d MB of file, %d MB of text, %.1f MB of memory", size>>20, v.bytes>>20, float64(most)/(1<<20))
			if most > 2*share { // the collector lets about as much again lie
				t.Errorf("%d MB of memory are held", most>>20)
			}
			if v.bytes < 20<<20 {
				t.Errorf("only %d bytes of text came out", v.bytes)
			}
		})
	}
}

// What does not fit in memory lies in a file that is encrypted and has no name.
func TestSpool(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	var s spool
	defer s.Close()
	secret := []byte("189006039813 ")
	for range 400_000 {
		if _, err := s.Write(secret); err != nil {
			t.Fatal(err)
		}
	}
	if s.file == nil || s.size != int64(400_000*len(secret)) {
		t.Fatalf("it holds %d bytes, in a file: %v", s.size, s.file != nil)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("files are left: %v, %v", left, err)
	}
	raw := make([]byte, 1<<20)
	if _, err := s.file.ReadAt(raw, 0); err != nil || bytes.Contains(raw, secret[:8]) {
		t.Errorf("the file can be read: %v", err)
	}
	for _, at := range []int64{0, 1, 15, 16, 17, 65_535, 65_536, 2 << 20, s.size - 26} {
		got := make([]byte, 26)
		if n, err := s.ReadAt(got, at); n != 26 {
			t.Fatalf("at %d: %d bytes, %v", at, n, err)
		}
		skip := at % int64(len(secret))
		if want := bytes.Repeat(secret, 4)[skip : skip+26]; !bytes.Equal(got, want) {
			t.Errorf("at %d: %q, want %q", at, got, want)
		}
	}
}
