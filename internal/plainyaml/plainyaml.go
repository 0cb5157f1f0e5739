// SPDX-License-Identifier: EUPL-1.2

// Package plainyaml reads the plain part of YAML that the project's own files are written in (Swedish: enkel YAML), a dozen times as fast
// as a parser of all of YAML. It accepts nothing that such a parser would read otherwise: what is not plain is left to that.
package plainyaml

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// Kind tells what a Node is.
type Kind uint8

// The kinds of nodes.
const (
	Scalar Kind = iota
	Null
	List
	Map
)

// String says what a value of the kind is, in messages about what is wrong with a file.
func (k Kind) String() string {
	return [...]string{"a value", "nothing", "a list", "a mapping"}[k]
}

// Node is one value of a YAML file with its place in the file. Lines and columns count from 1, columns in characters.
type Node struct {
	Line, Column int
	Kind         Kind
	Quoted       bool
	Text         string  // of a scalar, without quotes
	Items        []Node  // of a list
	Entries      []Entry // of a mapping, in the order of the file
}

// Entry is one key of a mapping with its value.
type Entry struct {
	Key          string
	Line, Column int
	Value        Node
}

// maxDepth is how deeply a plain file is nested at most; maxKey how long its keys are. YAML ends keys at 1024 characters.
const (
	maxDepth = 30
	maxKey   = 256
)

// Parse reads a file of one document that is a mapping or a list. It is false for what is not plain: what is nested deeply or spans lines
// (but for the parts of a {mapping} or [list]), anchors, tags, block texts, values left out, keys given twice, and whatever is wrong. The
// texts of the nodes are parts of text, which they keep in memory.
func Parse(text string) (*Node, bool) {
	p := &parser{text: text, line: 1}
	if !utf8.ValidString(text) || !visible(text) || !p.next() || p.indent != 0 {
		return nil, false
	}
	var root Node
	if !p.block(&root, 0) || p.pos < len(text) {
		return nil, false
	}
	return &root, true
}

// visible reports whether a text holds neither control characters but line feeds nor what YAML takes for ends of lines or for no
// character of a text.
func visible(text string) bool {
	for i := range len(text) {
		if odd[text[i]] && !seen(text[i:]) {
			return false
		}
	}
	return true
}

// odd are the bytes that may begin what cannot be seen.
var odd = func() (set [256]bool) {
	for c := range 0x20 {
		set[c] = c != '\n'
	}
	for _, c := range []byte{0x7f, 0xc2, 0xe2, 0xef} {
		set[c] = true
	}
	return set
}()

// seen reports whether the character that a text begins with, whose first byte is odd, can be seen after all.
func seen(text string) bool {
	switch text[0] {
	case 0xc2: // C1 controls
		return text[1] >= 0xa0
	case 0xe2: // U+2028 and U+2029
		return text[1] != 0x80 || text[2]&^1 != 0xa8
	case 0xef: // U+FEFF, U+FFFE, U+FFFF
		return (text[1] != 0xbb || text[2] != 0xbf) && (text[1] != 0xbf || text[2] < 0xbe)
	}
	return false
}

// parser reads a text from its beginning to its end. Each of its functions is false when the text is not plain.
type parser struct {
	text string
	pos  int
	// line is the number of the line that pos is in, start where it begins, and indent how many spaces stand before what it says.
	line, start, indent int
	// marked is the place whose column was told last, and column that column.
	marked, column int
	// items and entries are those of lists and mappings that are not whole yet.
	items   []Node
	entries []Entry
}

// at is the character at pos, or a line feed at the end.
func (p *parser) at() byte {
	if p.pos < len(p.text) {
		return p.text[p.pos]
	}
	return '\n'
}

// after reports whether a space or the end of the line stands n bytes after pos.
func (p *parser) after(n int) bool {
	return p.pos+n >= len(p.text) || p.text[p.pos+n] == ' ' || p.text[p.pos+n] == '\n'
}

func (p *parser) spaces() {
	for p.pos < len(p.text) && p.text[p.pos] == ' ' {
		p.pos++
	}
}

// feed goes to the beginning of the next line.
func (p *parser) feed() {
	if i := strings.IndexByte(p.text[p.pos:], '\n'); i >= 0 {
		p.pos += i + 1
	} else {
		p.pos = len(p.text)
	}
	p.line++
	p.start, p.marked, p.column = p.pos, p.pos, 1
}

// next goes from the beginning of a line to what it says, or what one of those after it says; false at the end. Lines that say nothing
// and comments are passed by.
func (p *parser) next() bool {
	if p.pos == 0 {
		p.column = 1
	}
	for p.pos < len(p.text) {
		p.spaces()
		if c := p.at(); c != '\n' && c != '#' {
			p.indent = p.pos - p.start
			return true
		}
		if p.pos == len(p.text) {
			return false
		}
		p.feed()
	}
	return false
}

// end goes past the end of a line that holds nothing more but a comment, and to what is said next.
func (p *parser) end() bool {
	before := p.pos
	p.spaces()
	if c := p.at(); c != '\n' && (c != '#' || p.pos == before) {
		return false
	}
	p.feed()
	p.next()
	return true
}

// place tells the line and column of pos.
func (p *parser) place() (line, column int) {
	p.column += utf8.RuneCountInString(p.text[p.marked:p.pos])
	p.marked = p.pos
	return p.line, p.column
}

// dash reports whether an item of a list begins at pos.
func (p *parser) dash() bool { return p.at() == '-' && p.after(1) }

// block reads a mapping or list of lines that begin after indent spaces.
func (p *parser) block(n *Node, depth int) bool {
	if depth > maxDepth {
		return false
	}
	if p.dash() {
		return p.blockList(n, p.indent, depth)
	}
	return p.blockMap(n, p.indent, depth)
}

func (p *parser) blockList(n *Node, indent, depth int) bool {
	n.Kind = List
	n.Line, n.Column = p.place()
	from := len(p.items)
	var item Node // one for all: it stands on the heap, since what reads it may call this again
	for {
		p.pos++ // the dash
		p.spaces()
		item = Node{}
		if !p.item(&item, depth+1) {
			return false
		}
		p.items = append(p.items, item)
		if p.pos < len(p.text) && p.indent > indent {
			return false
		}
		if p.pos == len(p.text) || p.indent < indent || !p.dash() {
			n.Items = cut(&p.items, from)
			return true
		}
	}
}

// item reads what stands after a dash: a value, or a mapping whose first key it is.
func (p *parser) item(n *Node, depth int) bool {
	if p.isKey() {
		return depth <= maxDepth && p.blockMap(n, p.pos-p.start, depth)
	}
	return p.value(n, false, depth) && p.end()
}

func (p *parser) blockMap(n *Node, indent, depth int) bool {
	n.Kind = Map
	n.Line, n.Column = p.place()
	from := len(p.entries)
	var e Entry // one for all, as in blockList
	for {
		e = Entry{}
		if !p.key(&e) {
			return false
		}
		p.spaces()
		if c := p.at(); c == '\n' || c == '#' {
			p.feed()
			p.next()
			if !p.below(&e.Value, indent, depth+1) {
				return false
			}
		} else if !p.value(&e.Value, false, depth+1) || !p.end() {
			return false
		}
		p.entries = append(p.entries, e)
		if p.pos == len(p.text) || p.indent < indent {
			n.Entries = cut(&p.entries, from)
			return distinct(n.Entries)
		}
		if p.indent > indent {
			return false
		}
	}
}

// below reads the lines that are the value of a key: they begin further in than it, or are a list that begins where it does.
func (p *parser) below(n *Node, indent, depth int) bool {
	if p.pos == len(p.text) || p.indent < indent || p.indent == indent && !p.dash() {
		return false // nothing, which is a value too
	}
	return p.block(n, depth)
}

// isKey reports whether pos is at a key of a mapping.
func (p *parser) isKey() bool {
	from := p.pos
	ok := p.word(new(string))
	p.pos = from
	return ok
}

// key reads a key with its colon.
func (p *parser) key(e *Entry) bool {
	e.Line, e.Column = p.place()
	return p.word(&e.Key)
}

func (p *parser) word(to *string) bool {
	from := p.pos
	if p.at() == '"' {
		if !p.double(to) {
			return false
		}
	} else {
		for p.pos < len(p.text) && keyByte[p.text[p.pos]] {
			p.pos++
		}
		*to = p.text[from:p.pos]
		if *to == "" || (*to)[0] == '-' || (*to)[0] == '.' || isNull(*to) {
			return false
		}
	}
	if p.pos-from > maxKey || p.at() != ':' || !p.after(1) {
		return false
	}
	p.pos++
	return true
}

// value reads a value that begins on this line; flow is true inside a {mapping} or [list].
func (p *parser) value(n *Node, flow bool, depth int) bool {
	n.Line, n.Column = p.place()
	switch p.at() {
	case '{':
		return depth <= maxDepth && p.flowMap(n, depth)
	case '[':
		return depth <= maxDepth && p.flowList(n, depth)
	case '"':
		n.Quoted = true
		return p.double(&n.Text)
	case '\'':
		n.Quoted = true
		return p.single(&n.Text)
	}
	return p.plain(n, flow)
}

// flowSpace passes by spaces, ends of lines and comments inside a {mapping} or [list].
func (p *parser) flowSpace() {
	for p.pos < len(p.text) {
		switch c := p.text[p.pos]; {
		case c == ' ':
			p.pos++
		case c == '\n', c == '#' && (p.pos == p.start || p.text[p.pos-1] == ' '):
			p.feed()
		default:
			return
		}
	}
}

func (p *parser) flowMap(n *Node, depth int) bool {
	n.Kind = Map
	from := len(p.entries)
	var e Entry // one for all, as in blockList
	for {
		p.pos++ // the brace or comma
		p.flowSpace()
		if p.at() == '}' && len(p.entries) == from && p.text[p.pos-1] != ',' {
			break
		}
		e = Entry{}
		if !p.key(&e) {
			return false
		}
		p.flowSpace()
		if !p.value(&e.Value, true, depth+1) {
			return false
		}
		if len(p.entries) == from {
			n.Line, n.Column = e.Line, e.Column // a mapping's place is that of its first key
		}
		p.entries = append(p.entries, e)
		p.flowSpace()
		if c := p.at(); c == '}' {
			break
		} else if c != ',' {
			return false
		}
	}
	p.pos++
	n.Entries = cut(&p.entries, from)
	return distinct(n.Entries)
}

func (p *parser) flowList(n *Node, depth int) bool {
	n.Kind = List
	from := len(p.items)
	var item Node // one for all, as in blockList
	for {
		p.pos++ // the bracket or comma
		p.flowSpace()
		if p.at() == ']' && len(p.items) == from && p.text[p.pos-1] != ',' {
			break
		}
		item = Node{}
		if !p.value(&item, true, depth+1) {
			return false
		}
		p.items = append(p.items, item)
		p.flowSpace()
		if c := p.at(); c == ']' {
			break
		} else if c != ',' {
			return false
		}
	}
	p.pos++
	n.Items = cut(&p.items, from)
	return true
}

// double reads a text in double quotes that ends on its line.
func (p *parser) double(to *string) bool {
	rest := p.text[p.pos+1:]
	i := strings.IndexByte(rest, '"')
	if i < 0 || strings.IndexByte(rest[:i], '\n') >= 0 {
		return false
	}
	if strings.IndexByte(rest[:i], '\\') < 0 {
		*to = rest[:i]
		p.pos += i + 2
		return true
	}
	var b strings.Builder
	for i = 0; i < len(rest); i++ {
		switch c := rest[i]; c {
		case '\n':
			return false
		case '"':
			*to = b.String()
			p.pos += i + 2
			return true
		case '\\':
			n := escape(&b, rest[i+1:])
			if n == 0 {
				return false
			}
			i += n
		default:
			b.WriteByte(c)
		}
	}
	return false
}

// escape writes what stands for the beginning of rest, after a backslash, and tells how long that is; 0 when it is not plain.
func escape(b *strings.Builder, rest string) int {
	switch {
	case rest == "":
		return 0
	case rest[0] == '"', rest[0] == '\\':
		b.WriteByte(rest[0])
		return 1
	case rest[0] == 'n':
		b.WriteByte('\n')
		return 1
	case rest[0] != 'u' || len(rest) < 5:
		return 0
	}
	r, err := strconv.ParseUint(rest[1:5], 16, 16)
	if err != nil || r < 0xa0 || !utf8.ValidRune(rune(r)) { // below are the controls, which have no place in a text
		return 0
	}
	b.WriteRune(rune(r))
	return 5
}

// single reads a text in single quotes that ends on its line. A quote in it is written twice.
func (p *parser) single(to *string) bool {
	rest := p.text[p.pos+1:]
	for i := 0; i < len(rest) && rest[i] != '\n'; i++ {
		if rest[i] != '\'' {
			continue
		}
		if i+1 < len(rest) && rest[i+1] == '\'' {
			i++
			continue
		}
		*to = strings.ReplaceAll(rest[:i], "''", "'")
		p.pos += i + 2
		return true
	}
	return false
}

// plain reads a value without quotes. It begins with a letter, digit or slash, so that no sign of YAML's has to be known.
func (p *parser) plain(n *Node, flow bool) bool {
	rest := p.text[p.pos:]
	if rest == "" || !plainStart(rest) {
		return false
	}
	i := plainEnd(rest, flow)
	if i < 0 {
		return false
	}
	text := strings.TrimRight(rest[:i], " ")
	p.pos += len(text)
	if isNull(text) {
		n.Kind = Null
		return true
	}
	n.Text = text
	return true
}

// plainEnd tells where a value without quotes ends; -1 when something in it could be a sign of YAML's.
func plainEnd(s string, flow bool) int {
	for i := 1; i < len(s); i++ {
		switch c := s[i]; c {
		case '\n':
			return i
		case '#':
			if s[i-1] == ' ' {
				return i
			}
		case ':':
			if flow || i+1 == len(s) || s[i+1] == ' ' || s[i+1] == '\n' {
				return -1
			}
		case ',', ']', '}':
			if flow {
				return i
			}
		case '?', '[', '{':
			if flow {
				return -1
			}
		}
	}
	return len(s)
}

func plainStart(s string) bool {
	if s[0] == '-' && len(s) > 1 {
		return '0' <= s[1] && s[1] <= '9'
	}
	return s[0] >= utf8.RuneSelf || s[0] == '/' || keyByte[s[0]] && s[0] != '-' && s[0] != '.'
}

// keyByte are the signs of a key without quotes.
var keyByte = func() (set [256]bool) {
	for _, c := range []byte("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-") {
		set[c] = true
	}
	return set
}()

func isNull(s string) bool { return s == "null" || s == "Null" || s == "NULL" }

// fewKeys is how many keys are compared one by one.
const fewKeys = 16

// distinct reports whether no key is given twice.
func distinct(entries []Entry) bool {
	if len(entries) > fewKeys {
		seen := make(map[string]bool, len(entries))
		for i := range entries {
			if seen[entries[i].Key] {
				return false
			}
			seen[entries[i].Key] = true
		}
		return true
	}
	for i := range entries {
		for j := range i {
			if entries[i].Key == entries[j].Key {
				return false
			}
		}
	}
	return true
}

// cut takes what was put on a stack since from.
func cut[T any](stack *[]T, from int) []T {
	out := make([]T, len(*stack)-from)
	copy(out, (*stack)[from:])
	*stack = (*stack)[:from] // what stands above is dropped with the parser
	return out
}
