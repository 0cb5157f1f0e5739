// SPDX-License-Identifier: EUPL-1.2

package source

import (
	"errors"
	"strconv"
)

// The kinds of objects in a PDF, beside float64, bool and nil.
type (
	pdfName  string
	pdfText  []byte // a string
	pdfWord  string // an operator, or another word that stands by itself
	pdfArray []any
	pdfDict  map[string]any
	pdfRef   struct{ number, generation int }
	// pdfStream is a dictionary with bytes that stand in the file from a place on.
	pdfStream struct {
		dict  pdfDict
		start int64
	}
)

var (
	errShort  = errors.New("more bytes are needed")
	errObject = damage("an object in it is damaged")
)

const mostNested = 64 // arrays and dictionaries inside each other

// pdfLex cuts bytes into PDF's tokens.
type pdfLex struct {
	b   []byte
	pos int
	// end says that there is nothing after b.
	end bool
	// refs says that "1 0 R" is a reference, as it is outside pages' content.
	refs bool
}

// The classes of characters in PDF.
const (
	pdfRegular = iota
	pdfSpace
	pdfDelimiter
)

var pdfClass = func() (c [256]uint8) {
	for _, b := range []byte("\x00\t\n\f\r ") {
		c[b] = pdfSpace
	}
	for _, b := range []byte("()<>[]{}/%") {
		c[b] = pdfDelimiter
	}
	return c
}()

// space goes past white space and comments.
func (l *pdfLex) space() {
	for l.pos < len(l.b) {
		c := l.b[l.pos]
		switch {
		case pdfClass[c] == pdfSpace:
			l.pos++
		case c == '%':
			for l.pos < len(l.b) && l.b[l.pos] != '\n' && l.b[l.pos] != '\r' {
				l.pos++
			}
		default:
			return
		}
	}
}

// object takes the next object or word. errShort says that it goes on after what is here.
func (l *pdfLex) object(depth int) (any, error) {
	l.space()
	if l.pos >= len(l.b) {
		return nil, errShort
	}
	if depth > mostNested {
		return nil, errObject
	}
	switch c := l.b[l.pos]; c {
	case '/':
		l.pos++
		return l.name()
	case '(':
		l.pos++
		return l.literal()
	case '<':
		if l.pos+1 >= len(l.b) {
			return nil, errShort
		}
		if l.b[l.pos+1] == '<' {
			l.pos += 2
			return l.dict(depth)
		}
		l.pos++
		return l.hex()
	case '[':
		l.pos++
		return l.array(depth)
	case ']', '}', '{', ')':
		l.pos++
		return pdfWord(c), nil
	case '>':
		l.pos++
		if l.pos < len(l.b) && l.b[l.pos] == '>' {
			l.pos++
			return pdfWord(">>"), nil
		}
		return pdfWord(">"), nil
	}
	return l.word()
}

// run takes regular characters.
func (l *pdfLex) run() ([]byte, error) {
	i := l.pos
	for i < len(l.b) && pdfClass[l.b[i]] == pdfRegular {
		i++
	}
	if i == len(l.b) && !l.end {
		return nil, errShort
	}
	out := l.b[l.pos:i]
	l.pos = i
	return out, nil
}

func (l *pdfLex) name() (any, error) {
	b, err := l.run()
	if err != nil {
		return nil, err
	}
	for i := range b {
		if b[i] == '#' {
			return pdfName(unhash(b)), nil
		}
	}
	return pdfName(b), nil
}

// unhash resolves #20 and the like in a name.
func unhash(b []byte) []byte {
	out := make([]byte, 0, len(b))
	for i := 0; i < len(b); i++ {
		if b[i] == '#' && i+2 < len(b) {
			if hi, lo := hexDigit(b[i+1]), hexDigit(b[i+2]); hi < 16 && lo < 16 {
				out = append(out, hi<<4|lo)
				i += 2
				continue
			}
		}
		out = append(out, b[i])
	}
	return out
}

// word takes a number, a reference or a word.
func (l *pdfLex) word() (any, error) {
	b, err := l.run()
	if err != nil {
		return nil, err
	}
	n, whole, ok := pdfNumber(b)
	if !ok {
		switch string(b) {
		case "true":
			return true, nil
		case "false":
			return false, nil
		case "null":
			return nil, nil
		}
		return pdfWord(b), nil
	}
	if !l.refs || !whole || n < 0 {
		return n, nil
	}
	at := l.pos
	ref, err := l.reference(int(n))
	if err != nil {
		return nil, err
	}
	if ref != nil {
		return *ref, nil
	}
	l.pos = at
	return n, nil
}

// reference takes the "0 R" of "1 0 R"; it is nil when something else follows.
func (l *pdfLex) reference(number int) (*pdfRef, error) {
	l.space()
	start := l.pos
	for l.pos < len(l.b) && l.b[l.pos] >= '0' && l.b[l.pos] <= '9' && l.pos-start < 6 {
		l.pos++
	}
	generation, err := strconv.Atoi(string(l.b[start:l.pos]))
	if l.pos == len(l.b) && !l.end {
		return nil, errShort
	}
	if err != nil {
		return nil, nil //nolint:nilnil // no reference, and no fault
	}
	l.space()
	if l.pos >= len(l.b) {
		if l.end {
			return nil, nil //nolint:nilnil // the same
		}
		return nil, errShort
	}
	if l.b[l.pos] != 'R' || l.pos+1 < len(l.b) && pdfClass[l.b[l.pos+1]] == pdfRegular {
		return nil, nil //nolint:nilnil // the same
	}
	l.pos++
	return &pdfRef{number, generation}, nil
}

// pdfNumber reads a number.
func pdfNumber(b []byte) (n float64, whole, ok bool) {
	i, negative := 0, false
	for i < len(b) && (b[i] == '+' || b[i] == '-') {
		negative = b[i] == '-'
		i++
	}
	digits, scale := 0, 0.0
	for ; i < len(b); i++ {
		switch c := b[i]; {
		case c >= '0' && c <= '9':
			n = n*10 + float64(c-'0')
			scale *= 10
			digits++
		case c == '.' && scale == 0:
			scale = 1
		case c == '-' && digits > 0: // some programs write 12.-5
			i = len(b)
		default:
			return 0, false, false
		}
	}
	if digits == 0 && scale == 0 {
		return 0, false, false
	}
	if scale > 1 {
		n /= scale
	}
	if negative {
		n = -n
	}
	return n, scale == 0, true
}

// literal takes a string in parentheses.
func (l *pdfLex) literal() (any, error) {
	depth := 1
	simple := true
	i := l.pos
	for ; i < len(l.b); i++ {
		switch l.b[i] {
		case '\\':
			simple = false
			i++
		case '\r':
			simple = false
		case '(':
			depth++
		case ')':
			depth--
		}
		if depth == 0 {
			break
		}
	}
	if i >= len(l.b) {
		if !l.end {
			return nil, errShort
		}
		i = len(l.b)
	}
	b := l.b[l.pos:i]
	l.pos = min(i+1, len(l.b))
	if simple {
		return pdfText(b), nil
	}
	return pdfText(unescape(b)), nil
}

// escapes are what letters after a backslash stand for.
var escapes = map[byte]byte{'n': '\n', 'r': '\r', 't': '\t', 'b': '\b', 'f': '\f'}

// unescape resolves what follows backslashes.
func unescape(b []byte) []byte {
	out := make([]byte, 0, len(b))
	for i := 0; i < len(b); i++ {
		c := b[i]
		switch {
		case c == '\r':
			i += lineFeed(b[i+1:])
			out = append(out, '\n')
			continue
		case c != '\\' || i+1 >= len(b):
			out = append(out, c)
			continue
		}
		i++
		switch c := b[i]; {
		case c == '\n':
		case c == '\r':
			i += lineFeed(b[i+1:])
		case c >= '0' && c <= '7':
			n := 0
			for j := 0; j < 3 && i < len(b) && b[i] >= '0' && b[i] <= '7'; j++ {
				n = n*8 + int(b[i]-'0')
				i++
			}
			i--
			out = append(out, byte(n))
		case escapes[c] != 0:
			out = append(out, escapes[c])
		default:
			out = append(out, c)
		}
	}
	return out
}

// lineFeed is 1 when a line feed follows.
func lineFeed(b []byte) int {
	if len(b) > 0 && b[0] == '\n' {
		return 1
	}
	return 0
}

// hex takes a string in hexadecimal digits.
func (l *pdfLex) hex() (any, error) {
	out := make([]byte, 0, 16)
	half, high := false, byte(0)
	for ; l.pos < len(l.b); l.pos++ {
		c := l.b[l.pos]
		if c == '>' {
			l.pos++
			if half {
				out = append(out, high<<4)
			}
			return pdfText(out), nil
		}
		d := hexDigit(c)
		if d > 15 {
			continue
		}
		if half {
			out = append(out, high<<4|d)
		}
		half, high = !half, d
	}
	if l.end {
		return pdfText(out), nil
	}
	return nil, errShort
}

func (l *pdfLex) array(depth int) (any, error) {
	out := pdfArray{}
	for {
		o, err := l.object(depth + 1)
		if err != nil {
			return nil, err
		}
		if w, ok := o.(pdfWord); ok {
			if w == "]" {
				return out, nil
			}
			if w == ">>" || w == "endobj" || w == "stream" {
				return nil, errObject
			}
			continue
		}
		out = append(out, o)
	}
}

func (l *pdfLex) dict(depth int) (any, error) {
	out := pdfDict{}
	for {
		key, err := l.object(depth + 1)
		if err != nil {
			return nil, err
		}
		switch k := key.(type) {
		case pdfName:
			value, err := l.object(depth + 1)
			if err != nil {
				return nil, err
			}
			if w, ok := value.(pdfWord); ok {
				if w == ">>" {
					return out, nil
				}
				continue
			}
			out[string(k)] = value
		case pdfWord:
			if k == ">>" {
				return out, nil
			}
			if k == "endobj" || k == "stream" {
				return nil, errObject
			}
		}
	}
}
