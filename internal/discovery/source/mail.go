// SPDX-License-Identifier: EUPL-1.2

package source

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"mime"
	"regexp"
	"strings"
	"sync"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/unicode"
)

func init() {
	register(Mail, guarded{readMail})
	register(Mailbox, guarded{readMailbox})
}

// The limits on a message.
const (
	mostHeader = 1 << 20 // bytes of a header
	mostParts  = 100_000 // parts of one multipart
	mailChunk  = 64 << 10
)

// mail is a message, or a mailbox, while it is read.
type mail struct {
	r     *reading
	parts int
}

func readMail(ctx context.Context, r *reading) error {
	m := &mail{r: r}
	if err := m.entity(ctx, 0, r.size, 0); err != nil {
		return err
	}
	r.read(0, r.size)
	return nil
}

// readMailbox reads the messages of a mailbox: each begins with a line that begins with "From ", after an empty line.
func readMailbox(ctx context.Context, r *reading) error {
	m := &mail{r: r}
	from := int64(0)
	for from < r.size {
		line, err := m.lineEnd(from)
		if err != nil {
			return err
		}
		to, err := m.nextFrom(line)
		if err != nil {
			return err
		}
		if err := m.raw(from, line, Place{Field: "From"}, nil); err != nil {
			return err
		}
		if err := m.entity(ctx, line, to, 0); err != nil {
			return err
		}
		r.read(from, to)
		from = to
	}
	return nil
}

// lineEnd is where the line ends that begins at a place, after its line break.
func (m *mail) lineEnd(from int64) (int64, error) {
	var buf [1024]byte
	for at := from; at < m.r.size; {
		n, err := m.r.at.ReadAt(buf[:min(int64(len(buf)), m.r.size-at)], at)
		if i := bytes.IndexByte(buf[:n], '\n'); i >= 0 {
			return at + int64(i) + 1, nil
		}
		if n == 0 {
			return 0, err
		}
		at += int64(n)
	}
	return m.r.size, nil
}

// nextFrom finds the next message of a mailbox.
func (m *mail) nextFrom(from int64) (int64, error) {
	return m.search(from, m.r.size, []byte("\nFrom "), func(b []byte, i int) bool { // after an empty line
		return i >= 1 && b[i-1] == '\n' || i >= 2 && b[i-1] == '\r' && b[i-2] == '\n'
	})
}

// search finds bytes for which ok holds, and gives the place after their line break; to, when there are none.
func (m *mail) search(from, to int64, what []byte, ok func(b []byte, i int) bool) (int64, error) {
	const overlap = 256
	buf := make([]byte, mailChunk)
	for at := from; at < to; {
		if err := m.r.ended(); err != nil {
			return 0, err
		}
		n, err := m.r.at.ReadAt(buf[:min(int64(len(buf)), to-at)], at)
		for i := 0; ; i++ {
			j := bytes.Index(buf[i:n], what)
			if j < 0 {
				break
			}
			if i += j; ok(buf[:n], i) {
				return at + int64(i) + 1, nil
			}
		}
		if at+int64(n) >= to {
			break
		}
		if n <= overlap {
			return 0, err
		}
		at += int64(n - overlap)
	}
	return to, nil
}

// header is what an entity's header says about its body.
type header struct {
	kind     string
	params   map[string]string
	encoding string
	name     string
	decode   encoding.Encoding
}

// entity reads a message or a part of one, which stands in a range of the file.
func (m *mail) entity(ctx context.Context, from, to int64, depth int) error {
	body, head, err := m.header(from, to)
	if err != nil {
		return err
	}
	if depth > mostNested {
		return m.r.skip(body, to, "it has parts inside each other more than 64 times")
	}
	boundary := head.params["boundary"]
	switch {
	case strings.HasPrefix(head.kind, "multipart/") && boundary != "":
		return m.multipart(ctx, body, to, boundary, depth)
	case (head.kind == "message/rfc822" || head.kind == "message/global") && head.identity():
		return m.entity(ctx, body, to, depth+1)
	}
	return m.leaf(ctx, body, to, &head)
}

// header hands on the header, and gives where the body begins.
func (m *mail) header(from, to int64) (body int64, h header, err error) {
	b := make([]byte, min(to-from, 4096))
	for {
		n, _ := m.r.at.ReadAt(b, from) // what is cut off is read as far as it goes
		if end := headerEnd(b[:n]); end >= 0 {
			b = b[:end]
			break
		}
		if n < len(b) || int64(n) == to-from || len(b) >= mostHeader {
			b = b[:n]
			break
		}
		b = make([]byte, min(to-from, int64(len(b))*8, mostHeader))
	}
	if len(b) > 0 && !hasHeader(b) { // a part without a header begins with an empty line, or with its body
		skip := 0
		for skip < len(b) && skip < 2 && (b[skip] == '\r' || b[skip] == '\n') {
			skip++
		}
		return from + int64(skip), header{}, nil
	}
	if err := m.plainHeader(from, b); err != nil {
		return 0, h, err
	}
	h, err = m.fields(b)
	return from + int64(len(b)), h, err
}

// headerEnd is the place after the empty line that ends a header.
func headerEnd(b []byte) int {
	for i := 0; i < len(b); {
		j := bytes.IndexByte(b[i:], '\n')
		if j < 0 {
			return -1
		}
		if j == 0 || j == 1 && b[i] == '\r' {
			return i + j + 1
		}
		i += j + 1
	}
	return -1
}

// plainHeader hands on a header as it stands, without the words that are encoded: these are handed on decoded, and would be told twice.
func (m *mail) plainHeader(from int64, b []byte) error {
	to := from + int64(len(b))
	if !bytes.Contains(b, []byte("=?")) {
		return m.raw(from, to, Place{Field: "header"}, nil)
	}
	plain := bytes.Clone(b)
	for _, w := range encodedWord().FindAllIndex(b, -1) {
		if _, err := headerWords.Decode(string(b[w[0]:w[1]])); err == nil {
			copy(plain[w[0]:w[1]], bytes.Repeat([]byte{' '}, w[1]-w[0]))
		}
	}
	if err := m.r.text(Text{Bytes: plain, Offset: from, Raw: m.r.f.Member == "", Place: Place{Field: "header"}}); err != nil {
		return err
	}
	m.r.read(from, to)
	return nil
}

// encodedWord is a word of a header in which letters are written out (RFC 2047).
var encodedWord = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`=\?[^?\s]+\?[bBqQ]\?[^?\r\n]*\?=`) })

var headerWords = &mime.WordDecoder{CharsetReader: charsetReader}

// decodedWords are the encoded words of a field, without what stands plain between them.
func decodedWords(value string) []byte {
	var out []byte
	last := 0
	for _, w := range encodedWord().FindAllStringIndex(value, -1) {
		decoded, err := headerWords.Decode(value[w[0]:w[1]])
		if err != nil {
			continue
		}
		if strings.TrimSpace(value[last:w[0]]) != "" && len(out) > 0 { // spaces alone part nothing
			out = append(out, ' ')
		}
		out, last = append(out, decoded...), w[1]
	}
	return out
}

// fields takes from a header what it says about the body, and hands on the words in it that are encoded.
func (m *mail) fields(b []byte) (header, error) {
	h := header{}
	unfolded := strings.NewReplacer("\r\n ", " ", "\r\n\t", " ", "\n ", " ", "\n\t", " ").Replace(string(b))
	for line := range strings.Lines(unfolded) {
		name, value, ok := strings.Cut(strings.TrimRight(line, "\r\n"), ":")
		if !ok {
			continue
		}
		value = strings.TrimSpace(value)
		if strings.Contains(value, "=?") {
			if words := decodedWords(value); len(words) > 0 {
				if err := m.r.text(Text{Bytes: words, Place: Place{Field: name}}); err != nil {
					return h, err
				}
			}
			if decoded, err := headerWords.DecodeHeader(value); err == nil {
				value = decoded
			}
		}
		h.field(strings.ToLower(name), value)
	}
	if c := h.params["charset"]; c != "" {
		h.decode = charset(c)
	}
	return h, nil
}

func (h *header) field(name, value string) {
	switch name {
	case "content-type":
		kind, params, err := mime.ParseMediaType(value)
		if err != nil && kind == "" {
			kind, _, _ = strings.Cut(value, ";")
			_, after, _ := strings.Cut(value, "boundary=")
			after, _, _ = strings.Cut(strings.TrimPrefix(after, `"`), `"`)
			params = map[string]string{"boundary": after}
		}
		h.kind, h.params = strings.ToLower(strings.TrimSpace(kind)), params
		if h.name == "" {
			h.name = params["name"]
		}
	case "content-transfer-encoding":
		h.encoding = strings.ToLower(value)
	case "content-disposition":
		if _, params, err := mime.ParseMediaType(value); err == nil && params["filename"] != "" {
			h.name = params["filename"]
		}
	}
}

// identity reports whether the body stands as it is.
func (h *header) identity() bool {
	switch h.encoding {
	case "base64", "quoted-printable", "x-uuencode", "uuencode":
		return false
	}
	return true
}

// charset is an encoding by its name; nil is UTF-8, or one that is not known.
func charset(name string) encoding.Encoding {
	e, err := htmlindex.Get(strings.ToLower(strings.Trim(name, `"' `)))
	if err != nil || e == unicode.UTF8 {
		return nil
	}
	return e
}

func charsetReader(name string, in io.Reader) (io.Reader, error) {
	if e := charset(name); e != nil {
		return e.NewDecoder().Reader(in), nil
	}
	return in, nil
}

// multipart reads the parts between boundaries, and what stands before the first and after the last.
func (m *mail) multipart(ctx context.Context, from, to int64, boundary string, depth int) error {
	line := []byte("\n--" + boundary)
	if len(line) > 200 {
		return m.r.skip(from, to, "its boundary is too long")
	}
	// The first boundary may be the first line: the line break before it is the header's.
	at, err := m.search(max(from-1, 0), to, line, func([]byte, int) bool { return true })
	if err != nil {
		return err
	}
	if err := m.raw(from, at, Place{Field: "preamble"}, nil); err != nil {
		return err
	}
	for n := 0; at < to; n++ {
		if n >= mostParts {
			return m.r.skip(at, to, fmt.Sprintf("it has more than %d parts", mostParts))
		}
		start, err := m.lineEnd(at)
		if err != nil {
			return err
		}
		var mark [2]byte
		if k, _ := m.r.at.ReadAt(mark[:], at+int64(len(line))-1); k == 2 && string(mark[:]) == "--" {
			return m.raw(min(start, to), to, Place{Field: "epilogue"}, nil)
		}
		start = min(start, to)
		next, err := m.search(start-1, to, line, func([]byte, int) bool { return true })
		if err != nil {
			return err
		}
		if next > start {
			if err := m.entity(ctx, start, next, depth+1); err != nil {
				return err
			}
		}
		at = next
	}
	return nil
}

// leaf reads a body that has no parts.
func (m *mail) leaf(ctx context.Context, from, to int64, h *header) error {
	if from >= to {
		return nil
	}
	m.parts++
	if h.identity() && h.text() {
		return m.raw(from, to, Place{Field: "body", Paragraph: m.parts}, h)
	}
	if strings.Contains(h.encoding, "uuencode") {
		return m.r.skip(from, to, "a part is encoded with uuencode, which is not read")
	}
	content := h.decoded(io.NewSectionReader(m.r.at, from, to-from))
	message := h.kind == "message/rfc822" || h.kind == "message/global" // encoded, which they should not be
	if h.text() && h.name == "" && h.kind != "text/html" && !message {
		return m.plain(content)
	}
	name := h.name
	if name == "" {
		name = fmt.Sprintf("part-%d%s", m.parts, extension(h.kind))
	}
	err := m.r.member(ctx, name, content, -1)
	if err == nil || stops(err) {
		return err
	}
	return m.r.skip(from, to, name+": "+m.r.reason(err))
}

// text reports whether the body is text by its kind.
func (h *header) text() bool {
	switch h.kind {
	case "", "application/json", "application/xml":
		return true
	}
	return strings.HasPrefix(h.kind, "text/") || strings.HasPrefix(h.kind, "message/")
}

// decoded undoes how the body is stored, and turns text into UTF-8.
func (h *header) decoded(content io.Reader) io.Reader {
	switch h.encoding {
	case "base64":
		content = &base64Reader{in: content}
	case "quoted-printable":
		content = &quotedReader{in: content}
	}
	if h.text() && h.decode != nil {
		content = h.decode.NewDecoder().Reader(content)
	}
	return content
}

func extension(kind string) string {
	switch kind {
	case "text/html":
		return ".html"
	case "message/rfc822", "message/global":
		return ".eml"
	}
	return ""
}

// plain hands on text that has been decoded, line by line.
func (m *mail) plain(content io.Reader) error {
	p := prose{r: m.r, place: Place{Field: "body", Paragraph: m.parts}}
	buf := make([]byte, 16<<10)
	content = &rationed{content, m.r.f.budget}
	for {
		n, err := content.Read(buf)
		p.b = append(p.b, buf[:n]...)
		if full := p.full(); full != nil {
			return full
		}
		if err != nil {
			if flushed := p.flush(); flushed != nil {
				return flushed
			}
			return errUnlessEnd(err)
		}
	}
}

// raw hands on a range of the file as text. In an encoding other than UTF-8, where each byte is a letter, it is decoded.
// In HTML, letters that are written out are read. h is nil for what is no body.
func (m *mail) raw(from, to int64, place Place, h *header) error {
	buf := make([]byte, min(to-from, mailChunk))
	var table *charmap.Charmap
	form := Plain
	if h != nil {
		table, _ = h.decode.(*charmap.Charmap)
		if h.kind == "text/html" {
			form = Markup
		}
	}
	for at := from; at < to; {
		n, err := m.r.at.ReadAt(buf[:min(int64(len(buf)), to-at)], at)
		if n == 0 {
			return err
		}
		if keep := form.unfinished(buf[:n]); at+int64(n) < to && keep < n {
			n -= keep
		}
		t := Text{Bytes: buf[:n], Offset: at, Raw: m.r.f.Member == "", Place: place, Continues: at > from}
		if table != nil {
			t.Bytes, t.At = letters(buf[:n], at, table)
			if !t.Raw {
				t.At = nil
			}
		} else if keep := partialRune(t.Bytes); at+int64(n) < to && keep < n {
			n -= keep
			t.Bytes = t.Bytes[:n]
		}
		t.readWritten(form)
		if err := m.r.text(t); err != nil {
			return err
		}
		m.r.read(at, at+int64(n))
		at += int64(n)
	}
	return nil
}

// letters decodes bytes that are a letter each, and tells where each byte of the result stood.
func letters(b []byte, at int64, table *charmap.Charmap) ([]byte, func(int) int64) {
	out := make([]byte, 0, len(b)+len(b)/8)
	places := make([]int32, 0, cap(out))
	for i, c := range b {
		before := len(out)
		if c < 0x80 {
			out = append(out, c)
		} else {
			out = append(out, string(table.DecodeByte(c))...)
		}
		for range len(out) - before {
			places = append(places, int32(i))
		}
	}
	return out, func(i int) int64 {
		if i >= len(places) {
			return at + int64(len(b))
		}
		return at + int64(places[i])
	}
}

// base64Reader undoes base64, and goes past what is not of it.
type base64Reader struct {
	in   io.Reader
	buf  [4096]byte
	out  []byte
	n    int
	bits uint32
	err  error
}

var base64Values = func() (v [256]int8) {
	for i := range v {
		v[i] = -1
	}
	for i, c := range []byte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/") {
		v[c] = int8(i)
	}
	v['-'], v['_'] = 62, 63
	return v
}()

// Read reads on.
func (r *base64Reader) Read(p []byte) (int, error) {
	for len(r.out) == 0 {
		if r.err != nil {
			return 0, r.err
		}
		var n int
		n, r.err = r.in.Read(r.buf[:])
		for _, c := range r.buf[:n] {
			switch v := base64Values[c]; {
			case v >= 0:
				r.bits, r.n = r.bits<<6|uint32(v), r.n+1
				if r.n == 4 {
					r.out = append(r.out, byte(r.bits>>16), byte(r.bits>>8), byte(r.bits))
					r.n = 0
				}
			case c == '=':
				r.rest()
			}
		}
		if r.err != nil {
			r.rest()
		}
	}
	n := copy(p, r.out)
	r.out = r.out[n:]
	if len(r.out) == 0 {
		r.out = nil
	}
	return n, nil
}

// rest takes what the last letters hold.
func (r *base64Reader) rest() {
	switch r.n {
	case 2:
		r.out = append(r.out, byte(r.bits>>4))
	case 3:
		r.out = append(r.out, byte(r.bits>>10), byte(r.bits>>2))
	}
	r.n = 0
}

// quotedReader undoes quoted-printable, and takes what is not of it as it is.
type quotedReader struct {
	in   io.Reader
	buf  [4096]byte
	have []byte
	err  error
}

// Read reads on.
func (r *quotedReader) Read(p []byte) (int, error) {
	n := 0
	for n < len(p) {
		if len(r.have) < 3 && r.err == nil {
			k := copy(r.buf[:], r.have)
			var m int
			m, r.err = r.in.Read(r.buf[k:])
			r.have = r.buf[:k+m]
			continue
		}
		if len(r.have) == 0 {
			break
		}
		c, used, letter := r.have[0], 1, true
		if c == '=' {
			c, used, letter = unquote(r.have)
		}
		r.have = r.have[used:]
		if letter {
			p[n] = c
			n++
		}
	}
	if n == 0 {
		return 0, r.err
	}
	return n, nil
}

// unquote reads what begins with =. It is no letter when it is a line break that is only there to keep lines short.
func unquote(b []byte) (c byte, used int, letter bool) {
	if len(b) >= 2 && b[1] == '\n' {
		return 0, 2, false
	}
	if len(b) >= 3 {
		if b[1] == '\r' && b[2] == '\n' {
			return 0, 3, false
		}
		if hi, lo := hexDigit(b[1]), hexDigit(b[2]); hi < 16 && lo < 16 {
			return hi<<4 | lo, 3, true
		}
	}
	return '=', 1, true
}
