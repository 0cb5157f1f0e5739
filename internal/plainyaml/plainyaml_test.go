// SPDX-License-Identifier: EUPL-1.2

package plainyaml_test

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"github.com/insegel/insegel/internal/plainyaml"
)

// unplain are the program's files that are left to the parser of all of YAML, and why.
var unplain = map[string]string{
	"data/drafts/exempellagen.yaml": "several documents, as drafts have",
}

// shipped gives every file of YAML that is part of the program, by its place in the repository.
func shipped(tb testing.TB) map[string]string {
	tb.Helper()
	out := map[string]string{}
	for _, dir := range []string{"data", "internal"} {
		err := filepath.WalkDir(filepath.Join("../..", dir), func(path string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if d.IsDir() && d.Name() == "testdata" {
				return fs.SkipDir
			}
			if d.IsDir() || !strings.HasSuffix(path, ".yaml") {
				return nil
			}
			b, err := os.ReadFile(path)
			out[strings.TrimPrefix(filepath.ToSlash(path), "../../")] = string(b)
			return err
		})
		if err != nil {
			tb.Fatal(err)
		}
	}
	if len(out) < 100 {
		tb.Fatalf("found %d files", len(out))
	}
	return out
}

// general reads a text with the parser of all of YAML; false when it is not one document of mappings and lists with keys that are words.
func general(text string) (*plainyaml.Node, bool) {
	d := yaml.NewDecoder(strings.NewReader(text))
	var document yaml.Node
	if err := d.Decode(&document); err != nil {
		return nil, false
	}
	if err := d.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return nil, false
	}
	return convert(document.Content[0])
}

func convert(from *yaml.Node) (*plainyaml.Node, bool) {
	n := &plainyaml.Node{Line: from.Line, Column: from.Column}
	if from.Anchor != "" || from.Style&yaml.TaggedStyle != 0 || from.Tag == "!!merge" {
		return nil, false
	}
	switch from.Kind {
	case yaml.SequenceNode:
		n.Kind, n.Items = plainyaml.List, []plainyaml.Node{}
		for _, c := range from.Content {
			item, ok := convert(c)
			if !ok {
				return nil, false
			}
			n.Items = append(n.Items, *item)
		}
	case yaml.MappingNode:
		n.Kind, n.Entries = plainyaml.Map, []plainyaml.Entry{}
		for i := 0; i < len(from.Content); i += 2 {
			k := from.Content[i]
			value, ok := convert(from.Content[i+1])
			if !ok || k.Kind != yaml.ScalarNode || k.Tag == "!!null" {
				return nil, false
			}
			n.Entries = append(n.Entries, plainyaml.Entry{Key: k.Value, Line: k.Line, Column: k.Column, Value: *value})
		}
		if len(n.Entries) > 0 {
			n.Line, n.Column = n.Entries[0].Line, n.Entries[0].Column
		}
	case yaml.ScalarNode:
		n.Quoted = from.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0
		if !n.Quoted && from.Tag == "!!null" {
			n.Kind = plainyaml.Null
		} else {
			n.Text = from.Value
		}
	default:
		return nil, false
	}
	return n, true
}

// TestShippedFiles reads every file of the program as the parser of all of YAML does: each start of the program waits for those that are
// not plain, ten times as long.
func TestShippedFiles(t *testing.T) {
	for name, text := range shipped(t) {
		got, ok := plainyaml.Parse(text)
		if want := unplain[name] == ""; ok != want {
			t.Errorf("%s: plain is %v, want %v; see Parse for what makes a file slow to read", name, ok, want)
			continue
		}
		want, generalOK := general(text)
		if ok && !generalOK {
			t.Errorf("%s: read, but not by the parser of all of YAML", name)
		} else if ok && !reflect.DeepEqual(got, want) {
			t.Errorf("%s is read otherwise than by the parser of all of YAML:\n%s", name, cmp.Diff(want, got))
		}
	}
}

// TestParse holds what is plain to what the parser of all of YAML makes of it, and leaves to that what is not.
func TestParse(t *testing.T) {
	for _, text := range []string{
		"a: 1\n", "a: b", "a:\n  b: c\n  d:\n  - e\n  - f: g\n    h: i\nj: k\n", "- a\n- b: c\n  d: e\n- {f: g}\n", "# c\n\na: b # c\n# c\n  # c\nc: d\n",
		`a: "b \"c\" \\ \n d"`, "a: 'it''s'", `"a b": {c: "d", "e f": [g, "h", 1.5, -2]}`, "a: {}\nb: []\n", "a: [\n  b, c, # d\n  \"e\"\n]\nf: g\n",
		"å: ä", "a: åäö\nb: {c: \"åäö\", d: e}\n", "a: null\nb: [null, Null]\nc: yes\n", "a: b:c d#e\n", "a:   b   \n", "a:\n- b\n- c\nd: e\n", "a:\n    b: c\n",
		"- a: b\n  c:\n    - d\n- e\n", "a: \"\"\n", `a: {b: "c\u00a0d\ufeff", e: /f}`,
	} {
		want, ok := general(text)
		if !ok {
			t.Fatalf("%q is not YAML that can be compared", text)
		}
		got, ok := plainyaml.Parse(text)
		if strings.HasPrefix(text, "å") { // a key without quotes that is no ASCII word
			if ok {
				t.Errorf("%q is plain", text)
			}
		} else if !ok {
			t.Errorf("%q is not plain", text)
		} else if !reflect.DeepEqual(got, want) {
			t.Errorf("%q:\n%s", text, cmp.Diff(want, got))
		}
	}
	for _, text := range []string{
		"", "# c\n", "a", "[a]", "a:\n", "a:\nb: c\n", "a: b\na: c\n", "{a: b}", "a: &x b\n", "a: *x\n", "a: !t b\n", "a: |\n  b\n", "a: >\n  b\n", "a: b\n  c\n",
		"a: \"b\n  c\"\n", "a: 'b\n  c'\n", "a: {b}\n", "a: {b: c,}\n", "a: [b,]\n", "a: [b: c]\n", "a: b: c\n", "a: b:\n", "a: \"b\" c\n", "a: b\n---\nc: d\n", "--- a\n",
		"a: b\n...\n", "a:\tb\n", "a: b\r\n", "\ufeffa: b\n", "a: \"\\u0085\"\n", "a: \"\\ud800\"\n", "a: \"\\x41\"\n", "<<: {a: b}\n", "? a\n: b\n", "- \n- a\n", "- - a\n", "a: b\n c: d\n", "  a: b\nc: d\n",
		"a: \x80\n", "a: \u0085b\n", "a: \u2028b\n", "null: a\n", "a: ~\n", "a: [\"b\"\n", "a: {b: c\n", "a: b#\n\n  c\n", strings.Repeat("- a:\n  ", 5) + "x",
		"a: " + strings.Repeat("[", 40) + strings.Repeat("]", 40), "a: @b\n", "a: `b`\n", "a: %b\n", "a: \"b\"#c\n", "a: {b: c:d}\n",
	} {
		if got, ok := plainyaml.Parse(text); ok {
			t.Errorf("%q is plain: %+v", text, got)
		}
	}
}

// TestManyKeys finds a key that is given twice where there are so many that they are looked up.
func TestManyKeys(t *testing.T) {
	var b bytes.Buffer
	for _, c := range "abcdefghijklmnopqrstuvwxyz" {
		b.WriteString(string(c) + ": 1\n")
	}
	if _, ok := plainyaml.Parse(b.String()); !ok {
		t.Error("26 keys are not plain")
	}
	if _, ok := plainyaml.Parse(b.String() + "f: 1\n"); ok {
		t.Error("a key given twice is plain")
	}
}

// FuzzParse never accepts what the parser of all of YAML refuses or reads otherwise.
func FuzzParse(f *testing.F) {
	for _, text := range shipped(f) {
		for part := range strings.SplitSeq(text, "\n  - ") {
			if len(part) < 400 {
				f.Add("a:\n  - " + part)
			}
		}
		if len(text) < 2000 {
			f.Add(text)
		}
	}
	f.Add("a: [\n  b, c, # d\n  \"e\"\n]\nf: 'g''h'\n\"i j\":\n- k: null\n  l: {m: -1, n: []}\n")
	f.Fuzz(func(t *testing.T, text string) {
		got, ok := plainyaml.Parse(text)
		if !ok {
			return
		}
		want, ok := general(text)
		if !ok {
			t.Fatalf("%q is plain, but not read by the parser of all of YAML", text)
		}
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("%q:\n%s", text, cmp.Diff(want, got))
		}
	})
}

// BenchmarkParse reads every file of the program, as a start does.
func BenchmarkParse(b *testing.B) {
	files, size := shipped(b), 0
	for _, text := range files {
		size += len(text)
	}
	b.SetBytes(int64(size))
	b.ReportAllocs()
	for b.Loop() {
		for _, text := range files {
			plainyaml.Parse(text)
		}
	}
}

// BenchmarkGeneral does the same with the parser of all of YAML.
func BenchmarkGeneral(b *testing.B) {
	files, size := shipped(b), 0
	for _, text := range files {
		size += len(text)
	}
	b.SetBytes(int64(size))
	b.ReportAllocs()
	for b.Loop() {
		for _, text := range files {
			general(text)
		}
	}
}
