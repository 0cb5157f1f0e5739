// SPDX-License-Identifier: EUPL-1.2

package cli

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/insegel/insegel/internal/discovery"
	"github.com/insegel/insegel/internal/discovery/detect"
	"github.com/insegel/insegel/internal/discovery/source"
)

// Whoever names a file, a column or a table writes neither lines of his own into the answer nor to the terminal that shows it.
func TestNamesInTheAnswerAreText(t *testing.T) {
	rules, err := detect.Load(os.DirFS("../../data/detectors"))
	if err != nil {
		t.Fatal(err)
	}
	const name = "a\x1b[2J\nb.txt: 0 personnummer\u202e\xff"
	var out bytes.Buffer
	words, err := newScanWords("en", rules)
	if err != nil {
		t.Fatal(err)
	}
	table := newScanTable(&out, rules, words)
	counts := make([]int64, len(rules.IDs()))
	counts[0] = 1
	for _, err := range []error{
		table.Counted(name, counts, counts),
		table.Container(discovery.Container{Path: name, Field: name, Detector: "personnummer", Verdict: "holds", Because: []string{name}}),
		table.Container(discovery.Container{Path: "db", Table: name, Field: name, Detector: "personnummer", Verdict: "holds"}),
		table.Skipped(discovery.Skipped{Skip: source.Skip{Path: name, Member: name, Reason: name}}),
		table.Summary(&discovery.Summary{Low: 3, Unchanged: 2, UnchangedFound: 5, Elapsed: time.Second, Samples: []source.Sample{{Table: name}}}),
		table.Close(),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if strings.ContainsAny(out.String(), "\x1b\u202e") || !utf8.ValidString(out.String()) || strings.Count(out.String(), "\n") != 6 {
		t.Errorf("%q", out.String())
	}
	if want := "0 found in 0 files; 3 that are probably something else; 5 found before in 2 files that have not changed; 0 bytes read"; !strings.Contains(out.String(), want) {
		t.Errorf("want %s in\n%s", want, out.String())
	}
}

// What only a driver knows to say is in English, and said to be: it stands in the answer as it is.
func TestReasonsThatAreNotKnown(t *testing.T) {
	rules, err := detect.Load(os.DirFS("../../data/detectors"))
	if err != nil {
		t.Fatal(err)
	}
	for lang, want := range map[string]string{"sv": "a.zst: inte läst: orsaken på engelska: unknown dictionary\n", "en": "a.zst: not read: unknown dictionary\n"} {
		words, err := newScanWords(lang, rules)
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		table := newScanTable(&out, rules, words)
		if err := errors.Join(table.Skipped(discovery.Skipped{Skip: source.Skip{Path: "a.zst", Reason: "unknown dictionary"}}), table.Close()); err != nil {
			t.Fatal(err)
		}
		if out.String() != want {
			t.Errorf("%q, want %q", out.String(), want)
		}
	}
}
