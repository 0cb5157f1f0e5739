// SPDX-License-Identifier: EUPL-1.2

package discoverytest

import (
	_ "embed"
	"strings"
)

// sentencePatterns are sentences as they stand in the files of a social service, a school and an office, one a line. {kind} is a value
// that is to be found, <kind> one that is not, and [category:words] are words of a sensitive category.
//
//go:embed sentences.txt
var sentencePatterns string

// Patterns are the patterns of sentences.
func Patterns() []string { return patternsOf(sentencePatterns) }

func patternsOf(text string) []string {
	var out []string
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			out = append(out, line)
		}
	}
	return out
}

// Sentences is a text of n labelled sentences, one a line. A line in twenty is followed by an empty one.
func Sentences(n int, seed uint64) *Text {
	t := New(seed)
	patterns := Patterns()
	for i := range n {
		t.sentence(patterns[(i*7919+int(seed))%len(patterns)])
		t.Add("\n")
		if i%20 == 19 {
			t.Add("\n")
		}
	}
	return t
}

// sentence adds one sentence.
func (t *Text) sentence(pattern string) {
	for pattern != "" {
		i := strings.IndexAny(pattern, "{[<")
		if i < 0 {
			t.Add("%s", pattern)
			return
		}
		t.Add("%s", pattern[:i])
		closing := map[byte]string{'{': "}", '[': "]", '<': ">"}[pattern[i]]
		inside, rest, _ := strings.Cut(pattern[i+1:], closing)
		switch pattern[i] {
		case '{':
			t.Mark(inside, t.value(inside))
		case '<':
			t.Add("%s", t.value(inside))
		default:
			category, words, _ := strings.Cut(inside, ":")
			t.Mark("sensitive_"+category, words)
		}
		pattern = rest
	}
}
