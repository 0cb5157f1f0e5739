// SPDX-License-Identifier: EUPL-1.2

package catalogue

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/insegel/insegel/internal/plainyaml"
)

// Limits on what is read. A file from outside is also held to a size and a number of values: ten times what a full model of five levels
// needs. The parser makes some 200 bytes of each value before they can be counted, so a file with far more signs between values than that is
// not parsed at all.
const (
	maxDepth       = 32
	maxUploadBytes = 1 << 20
	maxUploadNodes = 20_000
	maxUploadMarks = 5 * maxUploadNodes
	maxProblems    = 100
)

// Decode reads a file of data into a struct with yaml tags. A key that the struct does not know is a fault, since what is not read would be
// believed to count. The parser's own sentence says what could not be read, and on which line.
func Decode(b []byte, into any) error {
	if plainyaml.Decode(string(b), into) {
		return nil
	}
	d := yaml.NewDecoder(bytes.NewReader(b))
	d.KnownFields(true)
	return d.Decode(into)
}

// The tree that a file is read into is that of plain files, so that those need not be turned into another.
type (
	node  = plainyaml.Node
	entry = plainyaml.Entry
)

const (
	scalarNode = plainyaml.Scalar
	nullNode   = plainyaml.Null
	listNode   = plainyaml.List
	mapNode    = plainyaml.Map
)

// reader reads one file and gathers what is wrong with it.
type reader struct {
	file     string
	upload   bool   // the file comes from outside and is held to the limits above
	draft    bool   // the file is of a draft that is laid over the catalogue
	edition  string // the version that the file says it belongs to
	nodes    int    // how many values have been read
	problems Problems
}

func (r *reader) faultAt(line, column int, format string, args ...any) {
	if r.upload && len(r.problems) >= maxProblems {
		return
	}
	r.problems = append(r.problems, Problem{r.file, line, column, fmt.Sprintf(format, args...)})
}

func (r *reader) fault(n *node, format string, args ...any) {
	r.faultAt(n.Line, n.Column, format, args...)
}

// parse turns a file of one document into nodes; false when there is nothing to read further.
func (r *reader) parse(b []byte) (*node, bool) {
	all, ok := r.documents(b)
	if ok && len(all) != 1 {
		r.faultAt(0, 0, "the file must hold exactly one YAML document")
		ok = false
	}
	if !ok {
		return nil, false
	}
	return all[0], true
}

func (r *reader) tooMany() {
	r.faultAt(0, 0, "the file has too many parts; it may have at most %d", maxUploadNodes)
}

// documents turns a file into nodes, one for each document; false when there is nothing to read further.
func (r *reader) documents(b []byte) ([]*node, bool) {
	if r.upload && len(b) > maxUploadBytes {
		r.faultAt(0, 0, "the file is %d bytes; it may be at most %d", len(b), maxUploadBytes)
		return nil, false
	}
	if r.upload && bytes.Count(b, []byte(","))+bytes.Count(b, []byte(":"))+bytes.Count(b, []byte("\n")) > maxUploadMarks {
		r.tooMany()
		return nil, false
	}
	if !utf8.Valid(b) {
		r.faultAt(0, 0, "the file is not UTF-8; save it as UTF-8")
		return nil, false
	}
	if !r.upload { // what comes from outside is held to limits that are counted below
		if n, ok := plainyaml.Parse(string(b)); ok {
			return []*node{n}, true
		}
	}
	d := yaml.NewDecoder(bytes.NewReader(b))
	var out []*node
	for {
		var document yaml.Node
		err := d.Decode(&document)
		if errors.Is(err, io.EOF) {
			return out, true
		}
		if err != nil {
			r.syntax(err)
			return nil, false
		}
		var n node
		if !r.convert(document.Content[0], &n, 0) {
			return nil, false
		}
		out = append(out, &n)
	}
}

// syntax reports what the parser says, in its words: it knows best what it could not read. Its line is where it stopped, or the one before.
func (r *reader) syntax(err error) {
	text := strings.TrimPrefix(strings.SplitN(err.Error(), "\n", 2)[0], "yaml: ")
	line, column := 0, 0
	if n, e := fmt.Sscanf(text, "line %d: ", &line); n == 1 && e == nil {
		column = 1
		_, text, _ = strings.Cut(text, ": ")
		text = "at this line or the next: " + text
	}
	r.faultAt(line, column, "not valid YAML: %s", text)
}

// convert makes our node of the parser's, so that everything after it knows one small form. It refuses what is nested too deeply, what
// makes one part of a file stand for another (anchors, merge keys), and what says by itself of what type it is.
func (r *reader) convert(from *yaml.Node, to *node, depth int) bool {
	to.Line, to.Column = from.Line, from.Column
	r.nodes++
	switch {
	case r.upload && r.nodes > maxUploadNodes:
		r.tooMany()
		return false
	case depth > maxDepth:
		r.fault(to, "nested deeper than %d levels", maxDepth)
		return false
	case from.Kind == yaml.AliasNode || from.Anchor != "" || from.Style&yaml.TaggedStyle != 0 || from.Tag == "!!merge":
		r.fault(to, "anchors, aliases, tags and directives are not allowed; write the value out")
		return false
	}
	switch from.Kind {
	case yaml.MappingNode:
		return r.convertMap(from.Content, to, depth)
	case yaml.SequenceNode:
		to.Kind, to.Items = listNode, make([]node, len(from.Content))
		for i, v := range from.Content {
			if !r.convert(v, &to.Items[i], depth+1) {
				return false
			}
		}
		return true
	}
	const quoted = yaml.DoubleQuotedStyle | yaml.SingleQuotedStyle | yaml.LiteralStyle | yaml.FoldedStyle
	if to.Quoted = from.Style&quoted != 0; !to.Quoted && from.Tag == "!!null" {
		to.Kind = nullNode
		return true
	}
	to.Text = from.Value
	return r.checkText(to)
}

// convertMap takes a mapping's keys and values, which the parser gives in turn.
func (r *reader) convertMap(pairs []*yaml.Node, to *node, depth int) bool {
	to.Kind, to.Entries = mapNode, make([]entry, len(pairs)/2)
	for i := range to.Entries {
		e, k := &to.Entries[i], pairs[2*i]
		e.Line, e.Column = k.Line, k.Column
		if i == 0 {
			to.Line, to.Column = e.Line, e.Column
		}
		var key node
		if !r.convert(k, &key, depth) {
			return false
		}
		if key.Kind != scalarNode {
			r.faultAt(e.Line, e.Column, "a key must be a plain word")
			return false
		}
		e.Key = key.Text
		if !r.convert(pairs[2*i+1], &e.Value, depth+1) {
			return false
		}
	}
	return r.checkKeys(to)
}

// checkKeys refuses a key that stands twice in one mapping: only one of its values would count.
func (r *reader) checkKeys(n *node) bool {
	seen := make(map[string]*entry, len(n.Entries))
	for i := range n.Entries {
		e := &n.Entries[i]
		if before, twice := seen[e.Key]; twice {
			r.faultAt(e.Line, e.Column, "the key %q already stands on line %d; give each key once", e.Key, before.Line)
			return false
		}
		seen[e.Key] = e
	}
	return true
}

// checkText refuses characters that nobody can see. They have no place in a text that is shown or written to a file.
func (r *reader) checkText(n *node) bool {
	for _, c := range n.Text {
		if c != '\n' && unicode.IsControl(c) {
			r.fault(n, "the text holds the control character %U; remove it", c)
			return false
		}
	}
	return true
}
