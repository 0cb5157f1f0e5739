// SPDX-License-Identifier: EUPL-1.2

package discoverytest_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/insegel/insegel/internal/discovery/discoverytest"
)

// TestWriteCorpus writes a corpus for make bench-scan: INSEGEL_CORPUS is the directory, and INSEGEL_CORPUS_MB how large it is to be.
// Without them it writes a small one that nobody keeps.
func TestWriteCorpus(t *testing.T) {
	dir, mb := os.Getenv("INSEGEL_CORPUS"), 1
	if dir == "" {
		dir = filepath.Join(t.TempDir(), "share")
	} else {
		var err error
		if mb, err = strconv.Atoi(os.Getenv("INSEGEL_CORPUS_MB")); err != nil {
			t.Fatal(err)
		}
	}
	for f := range discoverytest.Corpus(64, mb*1_000_000/64, 1) {
		name := filepath.Join(dir, f.Name)
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, f.Bytes, 0o600); err != nil {
			t.Fatal(err)
		}
		var truth []byte
		for _, x := range f.Truth {
			truth = fmt.Appendf(truth, "%s\t%d\t%d\t%s\n", f.Name, x.Start, x.End, x.Detector)
		}
		if err := os.WriteFile(filepath.Join(dir, "..", filepath.Base(f.Name)+".truth"), truth, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// A corpus is the same every time, and what it says stands in it does.
func TestCorpusIsTheSame(t *testing.T) {
	var sums []string
	for range 2 {
		n := 0
		for f := range discoverytest.Corpus(8, 20_000, 7) {
			for _, x := range f.Truth {
				n += x.Start*31 + int(f.Bytes[x.Start])
			}
		}
		sums = append(sums, fmt.Sprint(n))
	}
	if sums[0] != sums[1] || sums[0] == "0" {
		t.Errorf("two corpora of the same seed differ: %v", sums)
	}
}
