// SPDX-License-Identifier: EUPL-1.2

package catalogue

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// Limits on what is parsed. The parser recurses once per level of nesting, so depth is checked on the tokens before it runs.
const (
	maxDepth = 32
	// maxUploadBytes and maxUploadTokens bound a file from outside. Parsing {a,a,a...} takes time that grows with the square
	// of its length: 20 000 tokens is some tens of milliseconds and ten times what a full model of five levels needs.
	maxUploadBytes  = 1 << 20
	maxUploadTokens = 20_000
	maxProblems     = 100
)

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
	edition  string // the version that the file says it belongs to
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

// parse turns a file into nodes; false when there is nothing to read further.
func (r *reader) parse(b []byte) (*node, bool) {
	if r.upload && len(b) > maxUploadBytes {
		r.faultAt(0, 0, "the file is %d bytes; it may be at most %d", len(b), maxUploadBytes)
		return nil, false
	}
	if !utf8.Valid(b) {
		r.faultAt(0, 0, "the file is not UTF-8; save it as UTF-8")
		return nil, false
	}
	tokens := lexer.Tokenize(string(b))
	if !r.checkTokens(tokens) {
		return nil, false
	}
	f, err := parser.Parse(tokens, 0)
	if err != nil {
		r.syntax(err)
		return nil, false
	}
	if len(f.Docs) != 1 || f.Docs[0].Body == nil {
		r.faultAt(0, 0, "the file must hold exactly one YAML document")
		return nil, false
	}
	var n node
	if !r.convert(f.Docs[0].Body, &n, 0) {
		return nil, false
	}
	return &n, true
}

// syntax reports what the parser says, in its words: it knows best what it could not read.
func (r *reader) syntax(err error) {
	var e yaml.Error
	if errors.As(err, &e) && e.GetToken() != nil {
		p := e.GetToken().Position
		r.faultAt(p.Line, p.Column, "not valid YAML: %s", e.GetMessage())
		return
	}
	r.faultAt(0, 0, "not valid YAML: %s", strings.SplitN(err.Error(), "\n", 2)[0])
}

// checkTokens refuses what could exhaust the parser (depth, number) or make one part of a file stand for another (anchors).
func (r *reader) checkTokens(tokens token.Tokens) bool {
	if r.upload && len(tokens) > maxUploadTokens {
		r.faultAt(0, 0, "the file has too many parts; it may have at most %d", maxUploadTokens)
		return false
	}
	depth, line, inLine := 0, 0, 0
	for _, t := range tokens {
		p := t.Position
		if p.Line != line {
			line, inLine = p.Line, 0
		}
		switch t.Type {
		case token.AnchorType, token.AliasType, token.MergeKeyType, token.TagType, token.DirectiveType:
			r.faultAt(p.Line, p.Column, "anchors, aliases, tags and directives are not allowed; write the value out")
			return false
		case token.SequenceStartType, token.MappingStartType:
			depth++
		case token.SequenceEndType, token.MappingEndType:
			depth--
		case token.SequenceEntryType, token.MappingKeyType:
			inLine++
		}
		if depth > maxDepth || inLine > maxDepth {
			r.faultAt(p.Line, p.Column, "nested deeper than %d levels", maxDepth)
			return false
		}
	}
	return true
}

// convert makes our node of the parser's, so that everything after it knows one small form.
func (r *reader) convert(from ast.Node, to *node, depth int) bool {
	if depth > maxDepth {
		r.fault(to, "nested deeper than %d levels", maxDepth)
		return false
	}
	if t := from.GetToken(); t != nil && t.Position != nil {
		to.line, to.column = t.Position.Line, t.Position.Column
	}
	switch n := from.(type) {
	case *ast.MappingNode:
		return r.convertMap(n.Values, to, depth)
	case *ast.MappingValueNode:
		return r.convertMap([]*ast.MappingValueNode{n}, to, depth)
	case *ast.SequenceNode:
		to.kind, to.items = listNode, make([]node, len(n.Values))
		for i, v := range n.Values {
			to.items[i].line, to.items[i].column = to.line, to.column
			if !r.convert(v, &to.items[i], depth+1) {
				return false
			}
		}
		return true
	case *ast.NullNode:
		to.kind = nullNode
		return true
	case *ast.StringNode:
		to.text = n.Value
		to.quoted = n.Token.Type == token.DoubleQuoteType || n.Token.Type == token.SingleQuoteType
		return r.checkText(to)
	case *ast.LiteralNode:
		to.text, to.quoted = n.Value.Value, true
		return r.checkText(to)
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		to.text = from.GetToken().Value
		return true
	}
	r.fault(to, "this kind of YAML value is not used here; write a text, a number, a list or a mapping")
	return false
}

func (r *reader) convertMap(values []*ast.MappingValueNode, to *node, depth int) bool {
	to.kind, to.entries = mapNode, make([]entry, len(values))
	for i, v := range values {
		key, ok := mapKey(v.Key)
		e := &to.entries[i]
		if t := v.Key.GetToken(); t != nil && t.Position != nil {
			e.line, e.column = t.Position.Line, t.Position.Column
		}
		if i == 0 {
			to.line, to.column = e.line, e.column
		}
		if !ok {
			r.faultAt(e.line, e.column, "a key must be a plain word")
			return false
		}
		e.key = key
		e.value.line, e.value.column = e.line, e.column
		if v.Value == nil {
			e.value.kind = nullNode
			continue
		}
		if !r.convert(v.Value, &e.value, depth+1) {
			return false
		}
	}
	return true
}

func mapKey(k ast.MapKeyNode) (string, bool) {
	switch k := k.(type) {
	case *ast.StringNode:
		return k.Value, true
	case *ast.IntegerNode, *ast.BoolNode:
		return k.GetToken().Value, true
	}
	return "", false
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
