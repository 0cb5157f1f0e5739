// SPDX-License-Identifier: EUPL-1.2

package source

import (
	"bytes"
	"errors"
	"io"
	"strconv"
)

// pdfEntry says where an object is: at a place in the file, or as number index in the object stream with the number offset.
type pdfEntry struct {
	offset int64
	index  int32
	kind   uint8
}

// The kinds of entries.
const (
	pdfFree = iota
	pdfPlain
	pdfPacked
)

// mostObjects is how many objects of a PDF are read; each takes 16 bytes.
const mostObjects = 1 << 20

// pdfFile is a PDF whose objects are read when they are asked for.
type pdfFile struct {
	r       *reading
	base    int64 // what stands before the header
	entries []pdfEntry
	trailer pdfDict
	packed  map[int]*pdfPack
	fonts   map[int]*pdfFont
	// replaced are the places of objects that a later version of the file replaced.
	replaced []int64
	tooMany  bool
	// unknown is how many letters could not be told.
	unknown int
}

// pdfPack is an object stream: the objects' numbers and places, and their bytes.
type pdfPack struct {
	b       []byte
	numbers []int
	offsets []int
}

const (
	mostPack   = 16 << 20 // bytes of an object stream
	keptPacks  = 3
	keptFonts  = 128
	mostObject = 8 << 20 // bytes of one object, without its stream
)

// openPDF reads where the objects are.
func openPDF(r *reading) (*pdfFile, error) {
	f := &pdfFile{r: r, trailer: pdfDict{}, packed: map[int]*pdfPack{}, fonts: map[int]*pdfFont{}}
	head := make([]byte, 1024)
	n, _ := r.at.ReadAt(head, 0)
	f.base = int64(max(bytes.Index(head[:n], []byte("%PDF-")), 0))
	tail := make([]byte, min(r.size, 4096))
	n, _ = r.at.ReadAt(tail, r.size-int64(len(tail)))
	tail = tail[:n]
	whole := false
	if i := bytes.LastIndex(tail, []byte("startxref")); i >= 0 {
		l := pdfLex{b: tail[i+len("startxref"):], end: true}
		if at, err := l.object(0); err == nil {
			if n, ok := at.(float64); ok {
				whole = f.chain(int64(n))
			}
		}
	}
	if !whole || !f.usable() {
		f.rebuild()
	}
	if !f.usable() {
		return nil, damage("its pages are not found")
	}
	return f, nil
}

// usable reports whether there is a first page tree.
func (f *pdfFile) usable() bool {
	if f.trailer["Encrypt"] != nil {
		return true
	}
	root := f.dict(f.trailer["Root"])
	return root != nil && f.dict(root["Pages"]) != nil
}

// chain reads the tables of objects, from the newest to the oldest. It is not whole when one of them is damaged.
func (f *pdfFile) chain(at int64) (whole bool) {
	seen := map[int64]bool{}
	next := []int64{at}
	for len(next) > 0 && len(seen) < 10_000 {
		at := next[0]
		next = next[1:]
		if at <= 0 && f.base == 0 || at < 0 || at+f.base >= f.r.size || seen[at] {
			continue
		}
		seen[at] = true
		trailer, err := f.table(at + f.base)
		if err != nil {
			return false
		}
		for k, v := range trailer {
			if _, ok := f.trailer[k]; !ok {
				f.trailer[k] = v
			}
		}
		for _, key := range []string{"XRefStm", "Prev"} {
			if n, ok := trailer[key].(float64); ok {
				next = append(next, int64(n))
			}
		}
	}
	return len(seen) > 0
}

// table reads one table of objects, and gives its trailer.
func (f *pdfFile) table(at int64) (pdfDict, error) {
	w := &windowReader{at: f.r.at, offset: at, end: f.r.size}
	head, _ := w.peek(32)
	l := pdfLex{b: head, end: true}
	word, err := l.object(0)
	if err != nil {
		return nil, err
	}
	if word != pdfWord("xref") {
		return f.tableStream(at)
	}
	if _, err := w.take(l.pos); err != nil {
		return nil, err
	}
	for {
		start, count, trailer, err := f.tablePart(w)
		if err != nil || trailer != nil {
			return trailer, err
		}
		for i := range count {
			if err := f.tableLine(w, start+i); err != nil {
				return nil, err
			}
		}
	}
}

// tablePart reads the line before a part of a table, or the trailer after the last.
func (f *pdfFile) tablePart(w *windowReader) (start, count int, trailer pdfDict, err error) {
	head, _ := w.peek(64) // a shorter one is looked at as it is
	l := pdfLex{b: head, end: true}
	first, err := l.object(0)
	if err != nil {
		return 0, 0, nil, err
	}
	if first == pdfWord("trailer") {
		o, _, err := f.parse(w.position() + int64(l.pos))
		d, ok := o.(pdfDict)
		if err == nil && !ok {
			err = errObject
		}
		return 0, 0, d, err
	}
	second, err := l.object(0)
	if err != nil {
		return 0, 0, nil, err
	}
	from, ok := first.(float64)
	n, ok2 := second.(float64)
	if !ok || !ok2 || from < 0 || n < 0 || from+n > 10_000_000 {
		return 0, 0, nil, errObject
	}
	l.space()
	_, err = w.take(l.pos)
	return int(from), int(n), nil, err
}

// tableLine reads one line of a table: 10 digits, 5 digits and n or f.
func (f *pdfFile) tableLine(w *windowReader, number int) error {
	b, err := w.take(20)
	if err != nil {
		return err
	}
	if b[10] != ' ' || b[17] != 'n' && b[17] != 'f' {
		return errObject
	}
	offset, err := strconv.ParseInt(string(b[:10]), 10, 64)
	if err != nil {
		return errObject
	}
	e := pdfEntry{kind: pdfFree}
	if b[17] == 'n' && offset > 0 {
		e = pdfEntry{kind: pdfPlain, offset: offset + f.base}
	}
	f.set(number, e)
	return nil
}

// mostReplaced is how many replaced objects are kept account of.
const mostReplaced = 10_000

// set notes where an object is, unless a newer table has said so.
func (f *pdfFile) set(number int, e pdfEntry) {
	if number < 0 || number >= mostObjects {
		f.tooMany = true
		return
	}
	for len(f.entries) <= number {
		f.entries = append(f.entries, pdfEntry{index: -1})
	}
	old := &f.entries[number]
	if old.index == -1 && old.kind == pdfFree {
		*old = e
		return
	}
	if e.kind == pdfPlain && (old.kind != pdfPlain || old.offset != e.offset) && len(f.replaced) < mostReplaced {
		f.replaced = append(f.replaced, e.offset)
	}
}

// tableStream reads a table of objects that is a stream.
func (f *pdfFile) tableStream(at int64) (pdfDict, error) {
	o, _, err := f.parseObject(at)
	if err != nil {
		return nil, err
	}
	s, ok := o.(*pdfStream)
	if !ok || s.dict["Type"] != pdfName("XRef") {
		return nil, errObject
	}
	widths, _ := s.dict["W"].(pdfArray)
	if len(widths) < 3 {
		return nil, errObject
	}
	var w [3]int
	for i := range w {
		n, _ := widths[i].(float64)
		if n < 0 || n > 8 {
			return nil, errObject
		}
		w[i] = int(n)
	}
	index, _ := s.dict["Index"].(pdfArray)
	if index == nil {
		index = pdfArray{0.0, s.dict["Size"]}
	}
	content, free := f.decode(s)
	defer free()
	line := make([]byte, w[0]+w[1]+w[2])
	for i := 0; i+1 < len(index); i += 2 {
		start, _ := index[i].(float64)
		count, _ := index[i+1].(float64)
		for n := range int(min(max(count, 0), 10_000_000)) {
			if len(line) == 0 {
				return nil, errObject
			}
			if _, err := io.ReadFull(content, line); err != nil {
				return s.dict, nil // a table that is cut off holds what it holds
			}
			f.tableEntry(int(start)+n, line, w)
		}
	}
	return s.dict, nil
}

func (f *pdfFile) tableEntry(number int, line []byte, w [3]int) {
	field := func(from, n int) (v int64) {
		for _, c := range line[from : from+n] {
			v = v<<8 | int64(c)
		}
		return v
	}
	kind := int64(1)
	if w[0] > 0 {
		kind = field(0, w[0])
	}
	a, b := field(w[0], w[1]), field(w[0]+w[1], w[2])
	switch kind {
	case 1:
		f.set(number, pdfEntry{kind: pdfPlain, offset: a + f.base})
	case 2:
		f.set(number, pdfEntry{kind: pdfPacked, offset: a, index: int32(b)})
	default:
		f.set(number, pdfEntry{kind: pdfFree})
	}
}

// parse reads the object at a place, and gives where it ends.
func (f *pdfFile) parse(at int64) (any, int64, error) {
	for n := 2048; ; n *= 8 {
		b := make([]byte, min(int64(n), max(f.r.size-at, 0)))
		m, _ := f.r.at.ReadAt(b, at)
		l := pdfLex{b: b[:m], refs: true, end: at+int64(m) >= f.r.size}
		o, err := l.object(0)
		if errors.Is(err, errShort) && !l.end && n < mostObject {
			continue
		}
		return o, at + int64(l.pos), err
	}
}

// parseObject reads "1 0 obj" and what follows.
func (f *pdfFile) parseObject(at int64) (o any, number int, err error) {
	for n := 1024; ; n *= 8 {
		b := make([]byte, min(int64(n), max(f.r.size-at, 0)))
		m, _ := f.r.at.ReadAt(b, at)
		l := pdfLex{b: b[:m], refs: true, end: at+int64(m) >= f.r.size}
		o, number, err = f.objectIn(&l, at)
		if errors.Is(err, errShort) && !l.end && n < mostObject {
			continue
		}
		return o, number, err
	}
}

func (f *pdfFile) objectIn(l *pdfLex, at int64) (any, int, error) {
	number, err := objectHead(l)
	if err != nil {
		return nil, 0, err
	}
	o, err := l.object(0)
	if err != nil {
		return nil, 0, err
	}
	d, ok := o.(pdfDict)
	if !ok {
		return o, number, nil
	}
	l.space()
	if len(l.b)-l.pos < 8 && !l.end {
		return nil, 0, errShort
	}
	if !bytes.HasPrefix(l.b[l.pos:], []byte("stream")) {
		return d, number, nil
	}
	l.pos += len("stream")
	if l.pos < len(l.b) && l.b[l.pos] == '\r' {
		l.pos++
	}
	if l.pos < len(l.b) && l.b[l.pos] == '\n' {
		l.pos++
	}
	return &pdfStream{dict: d, start: at + int64(l.pos)}, number, nil
}

// objectHead takes "1 0 obj".
func objectHead(l *pdfLex) (number int, err error) {
	l.refs = false
	defer func() { l.refs = true }()
	var head [3]any
	for i := range head {
		if head[i], err = l.object(0); err != nil {
			return 0, err
		}
	}
	n, ok := head[0].(float64)
	_, ok2 := head[1].(float64)
	if !ok || !ok2 || head[2] != pdfWord("obj") {
		return 0, errObject
	}
	return int(n), nil
}

// resolve gives what a reference refers to.
func (f *pdfFile) resolve(o any) any {
	for range 32 {
		ref, ok := o.(pdfRef)
		if !ok {
			return o
		}
		o = f.object(ref.number)
	}
	return nil
}

// object reads an object by its number; what cannot be read is nil, as what does not exist.
func (f *pdfFile) object(number int) any {
	if number < 0 || number >= len(f.entries) {
		return nil
	}
	switch e := f.entries[number]; e.kind {
	case pdfPlain:
		o, n, err := f.parseObject(e.offset)
		if err != nil || n != number {
			return nil
		}
		return o
	case pdfPacked:
		p := f.pack(int(e.offset))
		if p == nil {
			return nil
		}
		for i, n := range p.numbers {
			if n == number {
				return p.object(i)
			}
		}
	}
	return nil
}

func (p *pdfPack) object(i int) any {
	if p.offsets[i] >= len(p.b) {
		return nil
	}
	l := pdfLex{b: p.b[p.offsets[i]:], refs: true, end: true}
	o, err := l.object(0)
	if err != nil {
		return nil
	}
	return o
}

// pack reads an object stream.
func (f *pdfFile) pack(number int) *pdfPack {
	if p, ok := f.packed[number]; ok {
		return p
	}
	if number < 0 || number >= len(f.entries) || f.entries[number].kind != pdfPlain {
		return nil
	}
	o, _, _ := f.parseObject(f.entries[number].offset) // what is no stream is told as such below
	s, ok := o.(*pdfStream)
	if !ok {
		return nil
	}
	if len(f.packed) >= keptPacks {
		clear(f.packed)
	}
	content, free := f.decode(s)
	defer free()
	b, _ := io.ReadAll(io.LimitReader(content, mostPack)) // a stream that is cut off holds what it holds
	p := &pdfPack{}
	n, _ := f.resolve(s.dict["N"]).(float64)
	first, _ := f.resolve(s.dict["First"]).(float64)
	if first < 0 || int(first) > len(b) {
		return nil
	}
	l := pdfLex{b: b[:int(first)], end: true}
	for range int(min(max(n, 0), 1e6)) {
		num, err := l.object(0)
		off, err2 := l.object(0)
		a, ok := num.(float64)
		o, ok2 := off.(float64)
		if err != nil || err2 != nil || !ok || !ok2 || o < 0 {
			break
		}
		p.numbers, p.offsets = append(p.numbers, int(a)), append(p.offsets, int(o))
	}
	p.b = b[int(first):]
	f.packed[number] = p
	return p
}

// dict gives a dictionary, also a stream's.
func (f *pdfFile) dict(o any) pdfDict {
	switch v := f.resolve(o).(type) {
	case pdfDict:
		return v
	case *pdfStream:
		return v.dict
	}
	return nil
}

func (f *pdfFile) array(o any) pdfArray {
	a, _ := f.resolve(o).(pdfArray)
	return a
}

func (f *pdfFile) number(o any, otherwise float64) float64 {
	if n, ok := f.resolve(o).(float64); ok {
		return n
	}
	return otherwise
}

func (f *pdfFile) name(o any) string {
	n, _ := f.resolve(o).(pdfName)
	return string(n)
}

// rebuild finds the objects by going through the whole file, when its tables are damaged or missing.
func (f *pdfFile) rebuild() {
	f.entries, f.trailer, f.replaced = nil, pdfDict{}, nil
	clear(f.packed)
	const overlap = 64
	buf := make([]byte, windowSize)
	for at := int64(0); at < f.r.size; {
		n, err := f.r.at.ReadAt(buf, at)
		f.find(buf[:n], at)
		if err != nil || n < overlap*2 || f.r.ended() != nil {
			break
		}
		at += int64(n - overlap)
	}
	f.unpackAll()
	if f.dict(f.trailer["Root"]) != nil {
		return
	}
	for number := range f.entries {
		if d, ok := f.object(number).(pdfDict); ok && f.name(d["Type"]) == "Catalog" {
			f.trailer["Root"] = pdfRef{number: number}
		}
	}
}

// unpackAll finds the objects within object streams. The newest object of a number is the last one: entries were overwritten in order.
func (f *pdfFile) unpackAll() {
	for number := range f.entries {
		if f.entries[number].kind != pdfPlain {
			continue
		}
		s, ok := f.object(number).(*pdfStream)
		if !ok {
			continue
		}
		switch f.name(s.dict["Type"]) {
		case "ObjStm":
			if p := f.pack(number); p != nil {
				for i, n := range p.numbers {
					f.set(n, pdfEntry{kind: pdfPacked, offset: int64(number), index: int32(i)})
				}
			}
		case "XRef":
			f.adopt(s.dict)
		}
	}
}

func (f *pdfFile) adopt(trailer pdfDict) {
	for _, k := range []string{"Root", "Encrypt", "Info", "ID"} {
		if v, ok := trailer[k]; ok {
			f.trailer[k] = v
		}
	}
}

// find looks for objects and trailers in a part of the file.
func (f *pdfFile) find(b []byte, at int64) {
	for i := 0; ; {
		j := bytes.Index(b[i:], []byte("obj"))
		if j < 0 {
			break
		}
		i += j + 3
		start, number := objectStart(b[:i-3])
		if start < 0 || number >= mostObjects {
			continue
		}
		for len(f.entries) <= number {
			f.entries = append(f.entries, pdfEntry{index: -1})
		}
		f.entries[number] = pdfEntry{kind: pdfPlain, offset: at + int64(start)}
	}
	for i := 0; ; {
		j := bytes.Index(b[i:], []byte("trailer"))
		if j < 0 {
			return
		}
		i += j + len("trailer")
		if o, _, err := f.parse(at + int64(i)); err == nil {
			if d, ok := o.(pdfDict); ok {
				f.adopt(d)
			}
		}
	}
}

// objectStart finds the "1 0 " that stands before "obj".
func objectStart(b []byte) (start, number int) {
	i := len(b)
	back := func(in func(byte) bool) int {
		from := i
		for i > 0 && from-i < 12 && in(b[i-1]) {
			i--
		}
		return from - i
	}
	digit := func(c byte) bool { return c >= '0' && c <= '9' }
	space := func(c byte) bool { return pdfClass[c] == pdfSpace }
	if back(space) == 0 || back(digit) == 0 || back(space) == 0 {
		return -1, 0
	}
	end := i
	if back(digit) == 0 {
		return -1, 0
	}
	n, err := strconv.Atoi(string(b[i:end]))
	if err != nil {
		return -1, 0
	}
	return i, n
}
