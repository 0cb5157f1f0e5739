// SPDX-License-Identifier: EUPL-1.2

package source

import (
	"bytes"
	"errors"
	"io"
	"math"
)

// matrix is a transformation of the plane.
type matrix [6]float64

var identity = matrix{1, 0, 0, 1, 0, 0}

// times is m, and then n.
func (m matrix) times(n matrix) matrix {
	return matrix{
		m[0]*n[0] + m[1]*n[2], m[0]*n[1] + m[1]*n[3],
		m[2]*n[0] + m[3]*n[2], m[2]*n[1] + m[3]*n[3],
		m[4]*n[0] + m[5]*n[2] + n[4], m[4]*n[1] + m[5]*n[3] + n[5],
	}
}

// pdfState is what q keeps and Q brings back.
type pdfState struct {
	ctm                                         matrix
	font                                        *pdfFont
	size, character, word, scale, leading, rise float64
}

// pdfPage takes the text from a page's content, and from the forms that it shows.
type pdfPage struct {
	f *pdfFile
	prose
	pdfState
	states []pdfState
	tm     matrix
	line   matrix
	// where the last string ended, on the page.
	lastX, lastY float64
	placed       bool
	depth        int
	// stack are the operands, which are used up by the next operator.
	stack []any
}

// The distances that part words, columns and lines, in sizes of the font.
const (
	wordGap   = 0.13
	columnGap = 1.8
	lineGap   = 0.4
	backGap   = 0.6
)

// mostForms is how many forms may lie inside each other, and mostStates how often q may stand without Q.
const (
	mostForms  = 12
	mostStates = 512
)

// pdfContent is content while it is read: a window that moves on.
type pdfContent struct {
	r   io.Reader
	lex pdfLex
	err error
}

const contentWindow = 64 << 10

func newContent(r io.Reader) *pdfContent {
	return &pdfContent{r: r, lex: pdfLex{b: make([]byte, 0, contentWindow)}}
}

// fill reads on, and forgets what has been used.
func (c *pdfContent) fill() bool {
	l := &c.lex
	if l.pos > 0 {
		n := copy(l.b[:cap(l.b)], l.b[l.pos:])
		l.b, l.pos = l.b[:n], 0
	}
	if len(l.b) == cap(l.b) {
		return false
	}
	for c.err == nil {
		n, err := c.r.Read(l.b[len(l.b):cap(l.b)])
		l.b, c.err = l.b[:len(l.b)+n], err
		if n > 0 {
			return true
		}
	}
	l.end = true
	return false
}

// next takes the next object or operator.
func (c *pdfContent) next() (any, error) {
	for {
		at := c.lex.pos
		o, err := c.lex.object(0)
		if err == nil {
			return o, nil
		}
		if !errors.Is(err, errShort) {
			c.lex.pos = at + 1 // past what is damaged
			return nil, nil
		}
		if c.lex.end {
			return nil, io.EOF
		}
		c.lex.pos = at
		if !c.fill() && !c.lex.end {
			c.lex.pos = len(c.lex.b) // an object that is longer than the window is no text
		}
	}
}

// run goes through content.
func (p *pdfPage) run(content io.Reader, resources pdfDict) error {
	c := newContent(content)
	for n := 0; ; n++ {
		o, err := c.next()
		if err != nil {
			if c.err != nil && !errors.Is(c.err, io.EOF) && !errors.Is(c.err, io.ErrUnexpectedEOF) {
				return c.err
			}
			return nil
		}
		w, ok := o.(pdfWord)
		if !ok {
			if p.stack = append(p.stack, o); len(p.stack) > 512 {
				p.stack = p.stack[:0]
			}
			continue
		}
		if w == "BI" {
			c.image()
		} else if err := p.operator(string(w), resources); err != nil {
			return err
		}
		p.stack = p.stack[:0]
		if n&0xFFF == 0 && p.f.r.ended() != nil {
			return p.f.r.ended()
		}
	}
}

// image goes past an image that stands in the content.
func (c *pdfContent) image() {
	for {
		b := c.lex.b[c.lex.pos:]
		for i := 0; ; {
			j := bytes.Index(b[i:], []byte("EI"))
			if j < 0 {
				break
			}
			i += j
			before, after := i == 0 || pdfClass[b[i-1]] == pdfSpace, i+2 >= len(b) || pdfClass[b[i+2]] == pdfSpace
			if before && after && printable(b[i+2:min(i+12, len(b))]) {
				c.lex.pos += i + 2
				return
			}
			i += 2
		}
		if c.lex.end {
			c.lex.pos = len(c.lex.b)
			return
		}
		c.lex.pos += max(len(b)-16, 0)
		if !c.fill() && !c.lex.end {
			c.lex.pos = len(c.lex.b)
		}
	}
}

func printable(b []byte) bool {
	for _, c := range b {
		if c > 126 || c < ' ' && pdfClass[c] != pdfSpace {
			return false
		}
	}
	return true
}

// arg is the i:th operand from the end, as a number.
func (p *pdfPage) arg(i int) float64 {
	if i >= len(p.stack) {
		return 0
	}
	n, _ := p.stack[len(p.stack)-1-i].(float64)
	return n
}

func (p *pdfPage) matrixArg() matrix {
	return matrix{p.arg(5), p.arg(4), p.arg(3), p.arg(2), p.arg(1), p.arg(0)}
}

func (p *pdfPage) top() any {
	if len(p.stack) == 0 {
		return nil
	}
	return p.stack[len(p.stack)-1]
}

// operator does what an operator says, where it has to do with text.
func (p *pdfPage) operator(w string, resources pdfDict) error {
	switch w {
	case "Tj", "'", "\"", "TJ":
		return p.shows(w)
	case "Td", "TD", "Tm", "T*", "BT":
		p.moves(w)
	case "q", "Q", "cm":
		p.state(w)
	case "Tf":
		p.size = p.arg(0)
		if len(p.stack) >= 2 {
			if name, ok := p.stack[len(p.stack)-2].(pdfName); ok {
				p.font = p.f.font(p.f.dict(resources["Font"])[string(name)])
			}
		}
	case "Do":
		if name, ok := p.top().(pdfName); ok {
			return p.form(p.f.dict(resources["XObject"])[string(name)], resources)
		}
	default:
		p.setting(w)
	}
	return nil
}

func (p *pdfPage) setting(w string) {
	switch w {
	case "Tc":
		p.character = p.arg(0)
	case "Tw":
		p.word = p.arg(0)
	case "Tz":
		p.scale = p.arg(0) / 100
	case "TL":
		p.leading = p.arg(0)
	case "Ts":
		p.rise = p.arg(0)
	}
}

func (p *pdfPage) moves(w string) {
	switch w {
	case "BT":
		p.tm, p.line = identity, identity
		return
	case "Tm":
		p.line = p.matrixArg()
	case "Td", "TD":
		if w == "TD" {
			p.leading = -p.arg(0)
		}
		p.line = matrix{1, 0, 0, 1, p.arg(1), p.arg(0)}.times(p.line)
	case "T*":
		p.line = matrix{1, 0, 0, 1, 0, -p.leading}.times(p.line)
	}
	p.tm = p.line
}

func (p *pdfPage) state(w string) {
	switch w {
	case "q":
		if len(p.states) < mostStates {
			p.states = append(p.states, p.pdfState)
		}
	case "Q":
		if n := len(p.states); n > 0 {
			p.pdfState, p.states = p.states[n-1], p.states[:n-1]
		}
	case "cm":
		p.ctm = p.matrixArg().times(p.ctm)
	}
}

func (p *pdfPage) shows(w string) error {
	switch w {
	case "'":
		p.moves("T*")
	case "\"":
		p.word, p.character = p.arg(2), p.arg(1)
		p.moves("T*")
	case "TJ":
		list, _ := p.top().(pdfArray)
		for _, o := range list {
			switch v := o.(type) {
			case pdfText:
				p.show(v)
			case float64:
				p.tm = matrix{1, 0, 0, 1, -v / 1000 * p.size * p.scale, 0}.times(p.tm)
			}
		}
		return p.full()
	}
	if s, ok := p.top().(pdfText); ok {
		p.show(s)
	}
	return p.full()
}

// show takes the letters of a string, after what parts it from what stood before.
func (p *pdfPage) show(s pdfText) {
	if p.font == nil || len(s) == 0 {
		return
	}
	at := p.tm.times(p.ctm)
	p.gap(at)
	width := 0.0
	for b := []byte(s); len(b) > 0; {
		code, glyph, n := p.font.next(b)
		p.b = p.font.append(p.b, code, glyph)
		width += p.font.width(code, glyph)/1000*p.size + p.character
		if n == 1 && code == ' ' {
			width += p.word
		}
		b = b[n:]
	}
	p.tm = matrix{1, 0, 0, 1, width * p.scale, 0}.times(p.tm)
	end := p.tm.times(p.ctm)
	p.lastX, p.lastY, p.placed = end[4], end[5], true
}

// gap writes the space or line break that stands between the last string and the one that begins here.
func (p *pdfPage) gap(at matrix) {
	if !p.placed || len(p.b) == 0 && !p.started {
		return
	}
	along, across, ok := p.distance(at)
	if !ok {
		return
	}
	var last byte
	if len(p.b) > 0 {
		last = p.b[len(p.b)-1]
	}
	switch {
	case last == '\n':
	case across > lineGap || along < -backGap:
		p.b = append(p.b, '\n')
	case along > columnGap:
		p.b = append(p.b, '\t')
	case along > wordGap && last != ' ' && last != '\t':
		p.b = append(p.b, ' ')
	}
}

// distance is how far from the end of the last string a place is, along the line and across it, in sizes of the font.
func (p *pdfPage) distance(at matrix) (along, across float64, ok bool) {
	size := math.Abs(p.size) * math.Hypot(at[2], at[3])
	length := math.Hypot(at[0], at[1])
	if size == 0 || length == 0 || math.IsNaN(size) || math.IsInf(size, 0) {
		return 0, 0, false
	}
	ux, uy := at[0]/length, at[1]/length
	dx, dy := at[4]-p.lastX, at[5]-p.lastY
	return (dx*ux + dy*uy) / size, math.Abs(dy*ux-dx*uy) / size, true
}

// form takes the text of a form that is shown.
func (p *pdfPage) form(o any, resources pdfDict) error {
	s, ok := p.f.resolve(o).(*pdfStream)
	if !ok || p.f.name(s.dict["Subtype"]) != "Form" || p.depth >= mostForms {
		return nil
	}
	content, free := p.f.decode(s)
	defer free()
	before, states, stack := p.pdfState, p.states, p.stack
	p.depth, p.states, p.stack = p.depth+1, nil, nil
	if m := p.f.array(s.dict["Matrix"]); len(m) == 6 {
		var by matrix
		for i := range by {
			by[i] = p.f.number(m[i], identity[i])
		}
		p.ctm = by.times(p.ctm)
	}
	inner := p.f.dict(s.dict["Resources"])
	if inner == nil {
		inner = resources
	}
	err := p.run(content, inner)
	p.depth, p.pdfState, p.states, p.stack = p.depth-1, before, states, stack
	return err
}
