// SPDX-License-Identifier: EUPL-1.2

package discovery_test

import (
	"context"
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"testing"

	"github.com/insegel/insegel/internal/discovery"
	"github.com/insegel/insegel/internal/discovery/detect"
	"github.com/insegel/insegel/internal/discovery/discoverytest"
)

// kept keeps what is found.
type kept struct {
	mu         sync.Mutex
	found      []discovery.Finding
	containers []discovery.Container
	skipped    []discovery.Skipped
}

func (k *kept) Findings(f []discovery.Finding) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.found = append(k.found, f...)
	return nil
}

func (k *kept) Counted(string, []int64, []int64) error { return nil }

func (k *kept) Container(c discovery.Container) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.containers = append(k.containers, c)
	return nil
}

func (k *kept) Skipped(s discovery.Skipped) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.skipped = append(k.skipped, s)
	return nil
}

// scan looks through files or directories, and keeps every finding.
func scan(t testing.TB, o discovery.Options, sources ...string) (*kept, discovery.Summary) {
	t.Helper()
	o.Detail = true
	k := &kept{}
	sum, err := discovery.Scan(context.Background(), sources, o, k)
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(k.found, func(a, b discovery.Finding) int { return int(a.Offset - b.Offset) })
	return k, sum
}

// score is how often one detector was right.
type score struct{ right, wrong, missed int }

func (s score) precision() float64 { return ratio(s.right, s.right+s.wrong) }
func (s score) recall() float64    { return ratio(s.right, s.right+s.missed) }

func ratio(a, b int) float64 {
	if b == 0 {
		return 1
	}
	return float64(a) / float64(b)
}

// compare scores what was found in a text. A finding is right when it lies across a truth of its detector.
func compare(scores map[string]*score, text []byte, truth []discoverytest.Truth, found []discovery.Finding, tell func(what, detector string, at int)) {
	of := func(d string) *score {
		if scores[d] == nil {
			scores[d] = &score{}
		}
		return scores[d]
	}
	seen := make([]bool, len(truth))
	for _, f := range found {
		if f.Confidence < detect.Medium {
			continue
		}
		hit := -1
		for i, x := range truth {
			if x.Detector == f.Detector && int(f.Offset) < x.End && int(f.Offset) >= x.Start-12 {
				hit = i
				break
			}
		}
		switch {
		case hit < 0:
			of(f.Detector).wrong++
			tell("wrong", f.Detector, int(f.Offset))
		case !seen[hit]:
			seen[hit] = true
			of(f.Detector).right++
		}
	}
	for i, x := range truth {
		if !seen[i] {
			of(x.Detector).missed++
			tell("missed", x.Detector, x.Start)
		}
	}
}

// leastAccuracy is what every detector reaches, in precision and in recall, at medium confidence.
const leastAccuracy = 0.9

// TestAccuracy scores every detector on labelled sentences, which lie beside their truth in testdata. make accuracy prints the table.
func TestAccuracy(t *testing.T) {
	text, err := os.ReadFile("testdata/sentences.txt")
	if err != nil {
		t.Fatal(err)
	}
	truth := readTruth(t, "testdata/sentences.truth.csv")
	k, _ := scan(t, options(t), "testdata/sentences.txt")
	scores := map[string]*score{}
	told := map[string]int{}
	compare(scores, text, truth, k.found, func(what, d string, at int) {
		if told[what+d]++; told[what+d] <= 6 {
			t.Logf("%s %s: %q", what, d, text[max(0, at-20):min(len(text), at+30)])
		}
	})
	report(t, "sentences that the rules were made with", scores)
}

// TestAccuracyOnLaterSentences scores every detector on sentences that were written after the rules.
func TestAccuracyOnLaterSentences(t *testing.T) {
	text := discoverytest.Later(1600, 77)
	name := filepath.Join(t.TempDir(), "later.txt")
	if err := os.WriteFile(name, text.Bytes, 0o600); err != nil {
		t.Fatal(err)
	}
	k, _ := scan(t, options(t), name)
	scores := map[string]*score{}
	told := map[string]int{}
	compare(scores, text.Bytes, text.Truth, k.found, func(what, d string, at int) {
		if told[what+d]++; told[what+d] <= 6 {
			t.Logf("%s %s: %q", what, d, text.Bytes[max(0, at-30):min(len(text.Bytes), at+40)])
		}
	})
	report(t, "sentences that were written later", scores)
}

func report(t *testing.T, what string, scores map[string]*score) {
	t.Helper()
	fmt.Println(what)
	var names []string
	for d := range scores {
		names = append(names, d)
	}
	slices.Sort(names)
	fmt.Printf("%-32s %6s %6s %6s  %9s %6s\n", "detector", "right", "wrong", "missed", "precision", "recall")
	for _, d := range names {
		s := scores[d]
		fmt.Printf("%-32s %6d %6d %6d  %9.3f %6.3f\n", d, s.right, s.wrong, s.missed, s.precision(), s.recall())
		if s.precision() < leastAccuracy || s.recall() < leastAccuracy {
			t.Errorf("%s: precision %.3f, recall %.3f: at least %.1f", d, s.precision(), s.recall(), leastAccuracy)
		}
	}
}

func readTruth(t *testing.T, name string) []discoverytest.Truth {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var out []discoverytest.Truth
	for _, row := range rows[1:] {
		start, err1 := strconv.Atoi(row[0])
		end, err2 := strconv.Atoi(row[1])
		if err1 != nil || err2 != nil {
			t.Fatalf("%s: %v", name, row)
		}
		out = append(out, discoverytest.Truth{Start: start, End: end, Detector: row[2]})
	}
	return out
}

// The labelled sentences are what the generator makes of their seed: write them with INSEGEL_UPDATE=1.
func TestSentencesAreTheGenerators(t *testing.T) {
	text := discoverytest.Sentences(2400, 5)
	if os.Getenv("INSEGEL_UPDATE") != "" {
		var b []byte
		b = append(b, "start,end,detector\n"...)
		for _, x := range text.Truth {
			b = fmt.Appendf(b, "%d,%d,%s\n", x.Start, x.End, x.Detector)
		}
		if err := os.WriteFile("testdata/sentences.txt", text.Bytes, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile("testdata/sentences.truth.csv", b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile("testdata/sentences.txt")
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(text.Bytes) {
		t.Error("testdata/sentences.txt is not what the generator makes")
	}
}

// On mixed files, where most numbers are decoys, at least 97 of 100 of what counts is right, and nothing is missed.
func TestPrecisionInMixedFiles(t *testing.T) {
	scores := map[string]*score{}
	o := options(t, "personnummer", "samordningsnummer")
	dir := t.TempDir()
	chance := 0
	for f := range discoverytest.Corpus(16, 120_000, 99) {
		name := filepath.Join(dir, filepath.Base(f.Name))
		if err := os.WriteFile(name, f.Bytes, 0o600); err != nil {
			t.Fatal(err)
		}
		k, _ := scan(t, o, name)
		compare(scores, f.Bytes, f.Truth, k.found, func(what, d string, at int) {
			if what == "missed" {
				t.Errorf("%s: missed %s: %q", f.Name, d, f.Bytes[max(0, at-30):min(len(f.Bytes), at+40)])
			}
		})
		for _, c := range k.containers {
			real := c.Field == "pnr" || c.Field == "personnummer" || c.Field == "Personnummer"
			if c.Detector != "document" && c.Field != "" && !real && c.Verdict == "holds" {
				t.Errorf("%s: column %s is taken for one of %s: %v", f.Name, c.Field, c.Detector, c.Because)
			}
			if c.Verdict == "chance" {
				chance++
			}
		}
	}
	all := score{}
	for _, s := range scores {
		all.right, all.wrong, all.missed = all.right+s.right, all.wrong+s.wrong, all.missed+s.missed
	}
	fmt.Printf("mixed files: %d right, %d wrong, %d missed: precision %.4f, recall %.4f; %d columns of chance hits\n", all.right, all.wrong, all.missed, all.precision(), all.recall(), chance)
	if all.precision() < 0.97 {
		t.Errorf("precision %.4f, at least 0.97", all.precision())
	}
}
