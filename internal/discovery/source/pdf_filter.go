// SPDX-License-Identifier: EUPL-1.2

package source

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

// pictureFilters are the filters that only pictures have.
var pictureFilters = map[string]bool{"DCTDecode": true, "DCT": true, "JPXDecode": true, "CCITTFaxDecode": true, "CCF": true, "JBIG2Decode": true}

// errPicture says that a stream is a picture.
var errPicture = damage("an image: text in it is not read")

// raw gives the bytes of a stream as they stand in the file.
func (f *pdfFile) raw(s *pdfStream) (io.Reader, int64) {
	length := int64(f.number(s.dict["Length"], -1))
	if length < 0 || s.start+length > f.r.size || !f.endsAt(s.start+length) {
		length = f.findEnd(s.start)
	}
	return io.NewSectionReader(f.r.at, s.start, length), length
}

// endsAt reports whether a stream ends at a place.
func (f *pdfFile) endsAt(at int64) bool {
	var b [16]byte
	n, _ := f.r.at.ReadAt(b[:], at)
	l := pdfLex{b: b[:n], end: true}
	w, err := l.object(0)
	return err == nil && (w == pdfWord("endstream") || w == pdfWord("endobj"))
}

// findEnd looks for the end of a stream whose length is wrong.
func (f *pdfFile) findEnd(start int64) int64 {
	w := &windowReader{at: f.r.at, offset: start, end: f.r.size}
	n := int64(0)
	for {
		b, err := w.peek(windowSize / 2)
		if i := bytes.Index(b, []byte("endstream")); i >= 0 {
			return n + int64(i)
		}
		if err != nil {
			return n + int64(len(b))
		}
		step := len(b) - len("endstream")
		_, _ = w.take(step) // it has just been seen
		n += int64(step)
	}
}

// decode gives what a stream holds. A stream that is damaged gives what it gives until the damage. Free gives back what that took.
func (f *pdfFile) decode(s *pdfStream) (out io.Reader, free func()) {
	raw, _ := f.raw(s)
	return f.filtered(s, raw)
}

// filters are the names of a stream's filters, with their parameters.
func (f *pdfFile) filters(s *pdfStream) (names []string, parameters []pdfDict) {
	filter, parameter := s.dict["Filter"], s.dict["DecodeParms"]
	if filter == nil {
		filter, parameter = s.dict["F"], s.dict["DP"]
	}
	list, ok := f.resolve(filter).(pdfArray)
	if !ok {
		list = pdfArray{filter}
	}
	params, ok := f.resolve(parameter).(pdfArray)
	if !ok {
		params = pdfArray{parameter}
	}
	for i, name := range list {
		n := f.name(name)
		if n == "" {
			continue
		}
		names = append(names, n)
		var d pdfDict
		if i < len(params) {
			d = f.dict(params[i])
		}
		parameters = append(parameters, d)
	}
	return names, parameters
}

func (f *pdfFile) filtered(s *pdfStream, raw io.Reader) (out io.Reader, free func()) {
	out, free = raw, func() {}
	names, parameters := f.filters(s)
	if len(names) > 8 {
		return failing{errObject}, free
	}
	for i, name := range names {
		switch {
		case name == "FlateDecode" || name == "Fl":
			var freed func()
			before := free
			out, freed = inflate(newZlib(out))
			free = func() { freed(); before() }
			out = f.predicted(tolerant{out}, parameters[i])
		case name == "LZWDecode" || name == "LZW":
			early := f.number(parameters[i]["EarlyChange"], 1) != 0
			out = f.predicted(&lzw{r: bufio.NewReader(out), early: early}, parameters[i])
		case name == "ASCII85Decode" || name == "A85":
			out = &ascii85{r: bufio.NewReader(out)}
		case name == "ASCIIHexDecode" || name == "AHx":
			out = &asciiHex{r: bufio.NewReader(out)}
		case name == "RunLengthDecode" || name == "RL":
			out = &runLength{r: bufio.NewReader(out)}
		case pictureFilters[name]:
			return failing{errPicture}, free
		case name == "Crypt":
		default:
			return failing{damage("it is compressed by " + name + ", which is not read")}, free
		}
	}
	return &rationed{out, f.r.f.budget}, free
}

// failing is a stream that cannot be read.
type failing struct{ err error }

// Read says why.
func (f failing) Read([]byte) (int, error) { return 0, f.err }

// tolerant ends where what it reads is damaged: what came before is used.
type tolerant struct{ r io.Reader }

// Read reads on.
func (t tolerant) Read(p []byte) (int, error) {
	n, err := t.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

// newZlib goes past the two bytes that stand before compressed data. The sum after it is not looked at.
func newZlib(r io.Reader) io.Reader {
	b := bufio.NewReaderSize(r, 16<<10)
	if head, err := b.Peek(2); err == nil && head[0]&0x0F == 8 && (int(head[0])<<8|int(head[1]))%31 == 0 {
		_, _ = b.Discard(2) // it has just been seen
	}
	return b
}

// predicted undoes the prediction that makes tables compress better.
func (f *pdfFile) predicted(r io.Reader, d pdfDict) io.Reader {
	p := int(f.number(d["Predictor"], 1))
	if p < 2 {
		return r
	}
	colors, bits, columns := f.number(d["Colors"], 1), f.number(d["BitsPerComponent"], 8), f.number(d["Columns"], 1)
	if colors < 1 || colors > 64 || bits < 1 || bits > 32 || columns < 1 || columns > 1<<20 {
		return failing{errObject}
	}
	bytesPerPixel := max(int(colors*bits)/8, 1)
	width := (int(colors*bits)*int(columns) + 7) / 8
	return &predictor{r: r, png: p >= 10, pixel: bytesPerPixel, line: make([]byte, width+1), before: make([]byte, width+1), from: width + 1}
}

// predictor undoes PNG's predictions, and TIFF's for whole bytes.
type predictor struct {
	r            io.Reader
	png          bool
	pixel        int
	line, before []byte
	from         int
}

// Read reads on.
func (p *predictor) Read(out []byte) (int, error) {
	if p.from == len(p.line) {
		p.line, p.before = p.before, p.line
		head := 1
		if p.png {
			head = 0
		}
		n, err := io.ReadFull(p.r, p.line[head:])
		if n == 0 {
			return 0, err
		}
		clear(p.line[head+n:])
		p.undo()
		p.from = 1
	}
	n := copy(out, p.line[p.from:])
	p.from += n
	return n, nil
}

func (p *predictor) undo() {
	line, before := p.line[1:], p.before[1:]
	if !p.png {
		for i := p.pixel; i < len(line); i++ {
			line[i] += line[i-p.pixel]
		}
		return
	}
	switch p.line[0] {
	case 1:
		for i := p.pixel; i < len(line); i++ {
			line[i] += line[i-p.pixel]
		}
	case 2:
		for i := range line {
			line[i] += before[i]
		}
	case 3:
		for i := range line {
			left := 0
			if i >= p.pixel {
				left = int(line[i-p.pixel])
			}
			line[i] += byte((left + int(before[i])) / 2)
		}
	case 4:
		for i := range line {
			var left, corner int
			if i >= p.pixel {
				left, corner = int(line[i-p.pixel]), int(before[i-p.pixel])
			}
			line[i] += paeth(left, int(before[i]), corner)
		}
	}
}

func paeth(a, b, c int) byte {
	abs := func(n int) int { return max(n, -n) }
	p := a + b - c
	pa, pb, pc := abs(p-a), abs(p-b), abs(p-c)
	switch {
	case pa <= pb && pa <= pc:
		return byte(a)
	case pb <= pc:
		return byte(b)
	}
	return byte(c)
}

// lzw undoes LZW as PDF and TIFF have it: codes from the high bits, of 9 to 12 bits.
type lzw struct {
	r     *bufio.Reader
	early bool
	bits  uint32
	have  uint
	width uint
	next  int // the code that the next entry gets
	last  int // the code before this one; -1 at the start
	prev  [4096]uint16
	end   [4096]byte
	out   []byte
	from  int
	done  bool
}

const lzwClear, lzwEnd = 256, 257

// Read reads on.
func (l *lzw) Read(p []byte) (int, error) {
	for l.from == len(l.out) {
		if l.done {
			return 0, io.EOF
		}
		l.step()
	}
	n := copy(p, l.out[l.from:])
	l.from += n
	return n, nil
}

func (l *lzw) step() {
	if l.width == 0 {
		l.width, l.next, l.last = 9, 258, -1
	}
	for l.have < l.width {
		b, err := l.r.ReadByte()
		if err != nil {
			l.done = true
			return
		}
		l.bits, l.have = l.bits<<8|uint32(b), l.have+8
	}
	code := int(l.bits >> (l.have - l.width) & (1<<l.width - 1))
	l.have -= l.width
	l.out, l.from = l.out[:0], 0
	switch {
	case code == lzwEnd || code > l.next || code == l.next && l.last < 0:
		l.done = true
	case code == lzwClear:
		l.width, l.next, l.last = 9, 258, -1
	default:
		l.emit(code)
	}
}

func (l *lzw) emit(code int) {
	c := code
	if code == l.next { // it is the one that is being made: the last one and its first letter
		c = l.last
		l.out = append(l.out, 0)
	}
	for c >= 258 {
		l.out = append(l.out, l.end[c])
		c = int(l.prev[c])
	}
	l.out = append(l.out, byte(c))
	for i, j := 0, len(l.out)-1; i < j; i, j = i+1, j-1 {
		l.out[i], l.out[j] = l.out[j], l.out[i]
	}
	if code == l.next {
		l.out[len(l.out)-1] = l.out[0]
	}
	if l.last >= 0 && l.next < 4096 {
		l.prev[l.next], l.end[l.next] = uint16(l.last), l.out[0]
		l.next++
	}
	l.last = code
	at := l.next
	if l.early {
		at++
	}
	switch {
	case at >= 2048:
		l.width = 12
	case at >= 1024:
		l.width = 11
	case at >= 512:
		l.width = 10
	}
}

// ascii85 undoes ASCII85.
type ascii85 struct {
	r    *bufio.Reader
	out  [4]byte
	n    int
	from int
	done bool
}

// Read reads on.
func (a *ascii85) Read(p []byte) (int, error) {
	for a.from == a.n {
		if a.done {
			return 0, io.EOF
		}
		a.step()
	}
	n := copy(p, a.out[a.from:a.n])
	a.from += n
	return n, nil
}

func (a *ascii85) step() {
	var v uint32
	count := 0
	a.from, a.n = 0, 0
	for count < 5 {
		c, err := a.r.ReadByte()
		if err != nil || c == '~' {
			a.done = true
			break
		}
		switch {
		case c == 'z' && count == 0:
			a.out, a.n = [4]byte{}, 4
			return
		case c >= '!' && c <= 'u':
			v = v*85 + uint32(c-'!')
			count++
		}
	}
	if count < 2 {
		return
	}
	a.n = count - 1
	for i := count; i < 5; i++ {
		v = v*85 + 84
	}
	a.out = [4]byte{byte(v >> 24), byte(v >> 16), byte(v >> 8), byte(v)}
}

// asciiHex undoes hexadecimal digits.
type asciiHex struct {
	r *bufio.Reader
}

// Read reads on.
func (a *asciiHex) Read(p []byte) (int, error) {
	for n := range p {
		var v byte
		for digits := 0; digits < 2; {
			c, err := a.r.ReadByte()
			if err != nil || c == '>' {
				if digits == 1 {
					p[n] = v << 4
					n++
				}
				return n, io.EOF
			}
			if d := hexDigit(c); d < 16 {
				v = v<<4 | d
				digits++
			}
		}
		p[n] = v
	}
	return len(p), nil
}

// runLength undoes runs of the same byte.
type runLength struct {
	r    *bufio.Reader
	out  []byte
	done bool
}

// Read reads on.
func (r *runLength) Read(p []byte) (int, error) {
	for len(r.out) == 0 {
		if r.done {
			return 0, io.EOF
		}
		c, err := r.r.ReadByte()
		switch {
		case err != nil || c == 128:
			r.done = true
		case c < 128:
			r.out = make([]byte, int(c)+1)
			n, err := io.ReadFull(r.r, r.out)
			r.out, r.done = r.out[:n], err != nil
		default:
			b, err := r.r.ReadByte()
			if err != nil {
				r.done = true
				continue
			}
			for range 257 - int(c) {
				r.out = append(r.out, b)
			}
		}
	}
	n := copy(p, r.out)
	r.out = r.out[n:]
	return n, nil
}
