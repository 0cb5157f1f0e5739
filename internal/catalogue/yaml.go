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
	d := yaml.NewDecoder(bytes.NewReader(b))
	d.KnownFields(true)
	return d.Decode(into)
}

type nodeKind uint8

const (
	scalarNode nodeKind = iota
	nullNode
	listNode
	mapNode
)

func (k nodeKind) String() string {
	return [...]string{"a value", "nothing", "a list", "a mapping"}[k]
}

// node is one value of a YAML file with its place in the file.
type node struct {
	line, column int
	kind         nodeKind
	text         string // of a scalar, without quotes
	quoted       bool
	items        []node  // of a list
	entries      []entry // of a mapping, in the order of the file
}

// entry is one key of a mapping with its value.
type entry struct {
	key          string
	line, column int
	value        node
}

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
	r.faultAt(n.line, n.column, format, args...)
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
	to.line, to.column = from.Line, from.Column
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
		to.kind, to.items = listNode, make([]node, len(from.Content))
		for i, v := range from.Content {
			if !r.convert(v, &to.items[i], depth+1) {
				return false
			}
		}
		return true
	}
	const quoted = yaml.DoubleQuotedStyle | yaml.SingleQuotedStyle | yaml.LiteralStyle | yaml.FoldedStyle
	if to.quoted = from.Style&quoted != 0; !to.quoted && from.Tag == "!!null" {
		to.kind = nullNode
		return true
	}
	to.text = from.Value
	return r.checkText(to)
}

// convertMap takes a mapping's keys and values, which the parser gives in turn.
func (r *reader) convertMap(pairs []*yaml.Node, to *node, depth int) bool {
	to.kind, to.entries = mapNode, make([]entry, len(pairs)/2)
	for i := range to.entries {
		e, k := &to.entries[i], pairs[2*i]
		e.line, e.column = k.Line, k.Column
		if i == 0 {
			to.line, to.column = e.line, e.column
		}
		var key node
		if !r.convert(k, &key, depth) {
			return false
		}
		if key.kind != scalarNode {
			r.faultAt(e.line, e.column, "a key must be a plain word")
			return false
		}
		e.key = key.text
		if !r.convert(pairs[2*i+1], &e.value, depth+1) {
			return false
		}
	}
	return r.checkKeys(to)
}

// checkKeys refuses a key that stands twice in one mapping: only one of its values would count.
func (r *reader) checkKeys(n *node) bool {
	seen := make(map[string]*entry, len(n.entries))
	for i := range n.entries {
		e := &n.entries[i]
		if before, twice := seen[e.key]; twice {
			r.faultAt(e.line, e.column, "the key %q already stands on line %d; give each key once", e.key, before.line)
			return false
		}
		seen[e.key] = e
	}
	return true
}

// checkText refuses characters that nobody can see. They have no place in a text that is shown or written to a file.
func (r *reader) checkText(n *node) bool {
	for _, c := range n.text {
		if c != '\n' && unicode.IsControl(c) {
			r.fault(n, "the text holds the control character %U; remove it", c)
			return false
		}
	}
	return true
}
