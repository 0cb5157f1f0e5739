// SPDX-License-Identifier: EUPL-1.2

package source

import (
	"bytes"
	"errors"
	"io"
	"unicode/utf8"

	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// xmlKind says what a piece of XML is.
type xmlKind uint8

const (
	xmlText    xmlKind = iota // characters, with references still in them
	xmlCDATA                  // characters without references
	xmlOpen                   // <a ...>
	xmlClose                  // </a>
	xmlEmpty                  // <a .../>
	xmlComment                // what stands in <!-- -->, or in <? ?> and <! >
)

// xmlPiece is a piece of XML. Its bytes are valid until the next one is asked for.
type xmlPiece struct {
	kind xmlKind
	// name is the element's name without its prefix.
	name []byte
	// body is the text, or what follows the element's name in its tag.
	body []byte
}

// xmlWindow is how much of the XML is held: a tag longer than this is no tag.
const xmlWindow = 128 << 10

// errTag says that a tag is longer than what is held.
var errTag = errors.New("a tag is longer than 128 kB")

// xmlReader cuts XML into pieces, without a tree and without judging: what cannot be a tag is text. It holds xmlWindow bytes.
type xmlReader struct {
	r    io.Reader
	buf  []byte
	pos  int
	err  error
	text xmlKind // xmlText, or xmlCDATA or xmlComment within one that goes on
	end  []byte  // what ends the CDATA section or comment that goes on
}

// newXML reads XML in UTF-8, or in UTF-16 with a byte order mark.
func newXML(r io.Reader) *xmlReader {
	x := &xmlReader{buf: make([]byte, 0, xmlWindow)}
	x.reset(r)
	return x
}

// reset starts over with other XML.
func (x *xmlReader) reset(r io.Reader) {
	x.r, x.buf, x.pos, x.err, x.text, x.end = r, x.buf[:0], 0, nil, xmlText, nil
	x.fill()
	switch {
	case bytes.HasPrefix(x.buf, []byte{0xFF, 0xFE}), bytes.HasPrefix(x.buf, []byte{0xFE, 0xFF}):
		head := bytes.Clone(x.buf)
		decode := unicode.UTF16(unicode.LittleEndian, unicode.ExpectBOM).NewDecoder()
		x.r, x.buf, x.err = transform.NewReader(io.MultiReader(bytes.NewReader(head), r), decode), x.buf[:0], nil
	case bytes.HasPrefix(x.buf, []byte{0xEF, 0xBB, 0xBF}):
		x.pos = 3
	}
}

// fill reads on, after it has moved what is not used to the front. It reports whether there is more than before.
func (x *xmlReader) fill() bool {
	if x.err != nil {
		return false
	}
	if x.pos > 0 {
		n := copy(x.buf[:cap(x.buf)], x.buf[x.pos:])
		x.buf, x.pos = x.buf[:n], 0
	}
	if len(x.buf) == cap(x.buf) {
		return false
	}
	for x.err == nil {
		n, err := x.r.Read(x.buf[len(x.buf):cap(x.buf)])
		x.buf, x.err = x.buf[:len(x.buf)+n], err
		if n > 0 {
			return true
		}
	}
	return false
}

// next gives the next piece, io.EOF after the last, or what went wrong in reading.
func (x *xmlReader) next() (xmlPiece, error) {
	if x.end != nil {
		return x.until()
	}
	for x.pos == len(x.buf) {
		if !x.fill() {
			return xmlPiece{}, x.err
		}
	}
	if x.buf[x.pos] != '<' {
		return x.characters(), nil
	}
	for {
		piece, ok := x.tag()
		if ok {
			return piece, nil
		}
		if x.end != nil {
			return x.until()
		}
		if !x.fill() {
			if x.err == nil {
				return xmlPiece{}, errTag
			}
			if !errors.Is(x.err, io.EOF) {
				return xmlPiece{}, x.err
			}
			rest := x.buf[x.pos:] // a tag that is never closed is given as text, so that nothing is lost
			x.pos = len(x.buf)
			return xmlPiece{kind: xmlText, body: rest}, nil
		}
	}
}

// characters gives the text up to the next tag, or as much of it as is held without cutting a reference or a letter.
func (x *xmlReader) characters() xmlPiece {
	rest := x.buf[x.pos:]
	if i := bytes.IndexByte(rest, '<'); i >= 0 {
		x.pos += i
		return xmlPiece{kind: xmlText, body: rest[:i]}
	}
	keep := 0
	if i := bytes.LastIndexByte(rest, '&'); i > 0 && len(rest)-i < 16 {
		keep = len(rest) - i
	}
	if keep == 0 {
		keep = partialRune(rest)
	}
	if keep == len(rest) && !x.fill() {
		keep = 0
	} else if keep == len(rest) {
		return x.characters()
	}
	rest = x.buf[x.pos:]
	rest = rest[:len(rest)-keep]
	x.pos += len(rest)
	return xmlPiece{kind: xmlText, body: rest}
}

// partialRune is the number of bytes at the end that are the beginning of a letter.
func partialRune(b []byte) int {
	for n := 1; n < utf8.UTFMax && n <= len(b); n++ {
		c := b[len(b)-n]
		if c < utf8.RuneSelf {
			return 0
		}
		if utf8.RuneStart(c) {
			if utf8.FullRune(b[len(b)-n:]) {
				return 0
			}
			return n
		}
	}
	return 0
}

var (
	cdataStart, cdataEnd     = []byte("<![CDATA["), []byte("]]>")
	commentStart, commentEnd = []byte("<!--"), []byte("-->")
	piStart, piEnd           = []byte("<?"), []byte("?>")
)

// tag takes the tag at pos. It is not ok when the tag's end is not held, or when it has started a section that ends elsewhere.
func (x *xmlReader) tag() (xmlPiece, bool) {
	rest := x.buf[x.pos:]
	if len(rest) < 2 {
		return xmlPiece{}, false
	}
	if rest[1] == '!' || rest[1] == '?' {
		return x.section(rest)
	}
	end := tagEnd(rest)
	if end < 0 {
		return xmlPiece{}, false
	}
	x.pos += end + 1
	p := xmlPiece{kind: xmlOpen}
	inner := rest[1:end]
	if len(inner) > 0 && inner[0] == '/' {
		p.kind, inner = xmlClose, inner[1:]
	} else if len(inner) > 0 && inner[len(inner)-1] == '/' {
		p.kind, inner = xmlEmpty, inner[:len(inner)-1]
	}
	i, colon := 0, 0
	for i < len(inner) && inner[i] > ' ' {
		if inner[i] == ':' {
			colon = i + 1
		}
		i++
	}
	p.name, p.body = inner[colon:i], inner[i:]
	return p, true
}

// tagEnd is the place of the > that ends a tag, which is not one within quotation marks.
func tagEnd(b []byte) int {
	end := bytes.IndexByte(b, '>')
	if end < 0 || bytes.IndexByte(b[:end], '=') < 0 {
		return end
	}
	var quote byte
	for i, c := range b {
		switch {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '>':
			return i
		}
	}
	return -1
}

// section starts a CDATA section, a comment, an instruction or a declaration.
func (x *xmlReader) section(rest []byte) (xmlPiece, bool) {
	start := func(begin, end []byte, kind xmlKind) (xmlPiece, bool) {
		x.pos += len(begin)
		x.text, x.end = kind, end
		return xmlPiece{}, false
	}
	switch {
	case bytes.HasPrefix(rest, cdataStart):
		return start(cdataStart, cdataEnd, xmlCDATA)
	case bytes.HasPrefix(rest, commentStart):
		return start(commentStart, commentEnd, xmlComment)
	case bytes.HasPrefix(rest, piStart):
		return start(piStart, piEnd, xmlComment)
	case len(rest) < len(cdataStart) && (bytes.HasPrefix(cdataStart, rest) || bytes.HasPrefix(commentStart, rest)) && x.err == nil:
		return xmlPiece{}, false
	}
	end := bytes.IndexByte(rest, '>')
	if end < 0 {
		return xmlPiece{}, false
	}
	x.pos += end + 1
	return xmlPiece{kind: xmlComment, body: rest[2:end]}, true
}

// until gives what stands up to the end of the section, or as much of it as is held.
func (x *xmlReader) until() (xmlPiece, error) {
	for {
		rest := x.buf[x.pos:]
		if i := bytes.Index(rest, x.end); i >= 0 {
			x.pos += i + len(x.end)
			x.end = nil
			return xmlPiece{kind: x.text, body: rest[:i]}, nil
		}
		if keep := len(x.end) + utf8.UTFMax; len(rest) > keep && (len(rest) == cap(x.buf) || x.err != nil) {
			n := len(rest) - keep
			for n > 0 && !utf8.RuneStart(rest[n]) {
				n--
			}
			if n > 0 {
				x.pos += n
				return xmlPiece{kind: x.text, body: rest[:n]}, nil
			}
		}
		if !x.fill() {
			rest = x.buf[x.pos:] // what is held may have moved
			x.pos, x.end = len(x.buf), nil
			if x.err != nil && !errors.Is(x.err, io.EOF) {
				return xmlPiece{}, x.err
			}
			return xmlPiece{kind: x.text, body: rest}, nil
		}
	}
}

// attribute gives the value of an attribute, by its name with its prefix or, when bare has no colon, under any prefix. The value may
// hold references.
func (p xmlPiece) attribute(name string) ([]byte, bool) {
	b := p.body
	for {
		key, value, rest, ok := nextAttribute(b)
		if !ok {
			return nil, false
		}
		if string(key) == name || len(key) > len(name) && key[len(key)-len(name)-1] == ':' && string(key[len(key)-len(name):]) == name {
			return value, true
		}
		b = rest
	}
}

// nextAttribute cuts the first attribute from what is left of a tag.
func nextAttribute(b []byte) (key, value, rest []byte, ok bool) {
	i := 0
	for i < len(b) && b[i] <= ' ' {
		i++
	}
	eq := bytes.IndexByte(b[i:], '=')
	if eq < 0 {
		return nil, nil, nil, false
	}
	key = bytes.TrimRight(b[i:i+eq], " \t\r\n")
	b = b[i+eq+1:]
	for len(b) > 0 && b[0] <= ' ' {
		b = b[1:]
	}
	if len(b) == 0 {
		return nil, nil, nil, false
	}
	end := bytes.IndexByte(b[1:], b[0])
	if b[0] != '"' && b[0] != '\'' || end < 0 {
		return nil, nil, nil, false
	}
	return key, b[1 : 1+end], b[end+2:], true
}

// appendXML appends text with its references resolved.
func appendXML(dst, text []byte) []byte {
	for {
		i := bytes.IndexByte(text, '&')
		if i < 0 {
			return append(dst, text...)
		}
		dst = append(dst, text[:i]...)
		text = text[i:]
		end := bytes.IndexByte(text[:min(len(text), 16)], ';')
		r, ok := rune(0), false
		if end > 1 {
			r, ok = reference(text[1:end])
		}
		if !ok {
			dst, text = append(dst, '&'), text[1:]
			continue
		}
		dst, text = utf8.AppendRune(dst, r), text[end+1:]
	}
}

// reference resolves what stands between & and ;.
func reference(name []byte) (rune, bool) {
	switch string(name) {
	case "amp":
		return '&', true
	case "lt":
		return '<', true
	case "gt":
		return '>', true
	case "quot":
		return '"', true
	case "apos":
		return '\'', true
	case "nbsp":
		return 0xA0, true
	}
	if name[0] != '#' || len(name) < 2 {
		return 0, false
	}
	digits, base := name[1:], rune(10)
	if digits[0] == 'x' || digits[0] == 'X' {
		digits, base = digits[1:], 16
	}
	var r rune
	for _, c := range digits {
		d := rune(hexDigit(c))
		if d >= base || r > utf8.MaxRune {
			return 0, false
		}
		r = r*base + d
	}
	return r, len(digits) > 0 && r <= utf8.MaxRune
}

// hexDigit is the value of a hexadecimal digit, and 255 for everything else.
func hexDigit(c byte) byte {
	switch {
	case c >= '0' && c <= '9':
		return c - '0'
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10
	}
	return 255
}
