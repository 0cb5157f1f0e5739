// SPDX-License-Identifier: EUPL-1.2

package plainyaml_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"github.com/insegel/insegel/internal/plainyaml"
)

type word string

type inner struct {
	A int  `yaml:"a"`
	B bool `yaml:"b"`
}

type outer struct {
	Inner   `yaml:",inline"`
	Text    string            `yaml:"text"`
	Word    word              `yaml:"word"`
	Words   []word            `yaml:"words"`
	Inside  inner             `yaml:"inside"`
	List    []inner           `yaml:"list"`
	Pointer *inner            `yaml:"pointer"`
	By      map[string]inner  `yaml:"by"`
	ByWord  map[word][]string `yaml:"by_word"`
	Any     any               `yaml:"any"`
	Share   float64           `yaml:"share"`
	When    time.Time         `yaml:"when"`
	Bare    string
}

// Inner is exported, as what is read inline has to be.
type Inner struct {
	Within string `yaml:"within"`
}

// TestDecode holds what is decoded to what the parser of all of YAML makes of it.
func TestDecode(t *testing.T) {
	for _, text := range []string{
		"text: a\nword: \"b\"\nwords: [c, 1, true, 2026-11-29]\n", "inside: {a: -12, b: true}\nlist:\n  - {a: 1}\n  - b: false\n    a: 0\n",
		"pointer: {a: 1}\nby: {x: {a: 1}, \"y z\": {b: true}}\nby_word: {q: [r, s], t: []}\n", "bare: a\nwithin: b\n", "text: 010\n", "text: yes\n",
	} {
		var got, want outer
		if !plainyaml.Decode(text, &got) {
			t.Errorf("%q is not decoded", text)
		}
		if err := yaml.Unmarshal([]byte(text), &want); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q:\n%s", text, diff)
		}
	}
	for _, text := range []string{
		"unknown: a\n", "inside: {c: 1}\n", "text: {a: b}\n", "text: [a]\n", "text: null\n", "words: a\n", "words: {a: b}\n", "inside: [a]\n", "by: [a]\n",
		"inside: {a: b}\n", "inside: {a: \"1\"}\n", "inside: {a: 010}\n", "inside: {a: 1.5}\n", "inside: {a: 99999999999}\n", "inside: {b: yes}\n", "inside: {b: \"true\"}\n",
		"any: a\n", "share: 1.5\n", "when: 2026-11-29\n", "hidden: a\n", "pointer: null\n", "text: |\n  a\n", "Bare: a\n", "list:\n  - {a: 1}\n  - {c: 1}\n",
	} {
		if plainyaml.Decode(text, new(outer)) {
			t.Errorf("%q is decoded", text)
		}
	}
	if plainyaml.Decode("aaa", new(outer)) {
		t.Error("a word is decoded into a struct")
	}
}
