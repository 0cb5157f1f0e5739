// SPDX-License-Identifier: EUPL-1.2

package source

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"strings"
	"unicode/utf16"

	"github.com/richardlehane/mscfb"
	"golang.org/x/text/encoding/charmap"
)

func init() { register(OLE, guarded{readOLE}) }

// mostStreams is how many streams of a compound file are read.
const mostStreams = 100_000

// ole is a compound file while it is read: the container of older Office documents and of Outlook's messages.
type ole struct {
	r       *reading
	streams []*mscfb.File
	byPath  map[string]*mscfb.File
}

// olePath is where a stream is, with its storages.
func olePath(f *mscfb.File) string {
	return strings.Join(append(append([]string{}, f.Path...), f.Name), "/")
}

// The names of streams begin with a control character where Microsoft's own programs made them; mscfb gives it as Initial.
func readOLE(ctx context.Context, r *reading) error {
	c, err := mscfb.New(r.at)
	if err != nil {
		return damage("its directory is damaged")
	}
	o := &ole{r: r, byPath: map[string]*mscfb.File{}}
	for f, err := c.Next(); err == nil; f, err = c.Next() {
		if len(o.streams) >= mostStreams {
			return damage(fmt.Sprintf("it has more than %d streams", mostStreams))
		}
		o.streams = append(o.streams, f)
		o.byPath[olePath(f)] = f
	}
	for _, name := range []string{"EncryptedPackage", "EncryptedSummary", "EncryptedSummaryInformation"} {
		if o.byPath[name] != nil {
			return damage("it is encrypted")
		}
	}
	// An embedded document lies in a storage of its own, with streams of the same names.
	for _, f := range o.streams {
		if err := r.ended(); err != nil {
			return err
		}
		if err := o.stream(ctx, f); err != nil {
			return err
		}
	}
	r.read(0, r.size)
	return nil
}

// stream reads a stream that is of a kind that holds text.
func (o *ole) stream(ctx context.Context, f *mscfb.File) error {
	var err error
	switch {
	case f.Size == 0 || f.FileInfo().IsDir():
		return nil
	case f.Name == "WordDocument":
		err = o.word(f)
	case f.Name == "Workbook" || f.Name == "Book":
		err = o.workbook(f)
	case f.Name == "PowerPoint Document":
		err = o.slides(f)
	case strings.HasPrefix(f.Name, "__substg1.0_"):
		err = o.message(ctx, f)
	case strings.HasSuffix(f.Name, "SummaryInformation"):
		err = o.properties(f)
	case strings.HasSuffix(f.Name, "Ole10Native"):
		err = o.native(ctx, f)
	case f.Name == "Package" || f.Name == "CONTENTS":
		err = o.r.member(ctx, olePath(f), oleReader(f), f.Size)
	case f.Name == "PROJECT":
		return o.r.note("its macros are not read")
	}
	if err == nil || stops(err) {
		return err
	}
	return o.r.note(olePath(f) + ": " + o.r.reason(err))
}

// oleReader reads a stream from its start.
func oleReader(f *mscfb.File) io.Reader { return io.NewSectionReader(f, 0, f.Size) }

// sibling is a stream in the same storage.
func (o *ole) sibling(f *mscfb.File, name string) *mscfb.File {
	return o.byPath[strings.Join(append(append([]string{}, f.Path...), name), "/")]
}

// slice reads a range of a stream.
func slice(f *mscfb.File, from, n int64) ([]byte, error) {
	if from < 0 || n < 0 || from+n > f.Size || n > 64<<20 {
		return nil, damage("it is damaged")
	}
	b := make([]byte, n)
	m, err := f.ReadAt(b, from)
	if m < len(b) {
		if err == nil {
			err = io.ErrUnexpectedEOF
		}
		return nil, err
	}
	return b, nil
}

// The places in the beginning of a Word document that tell where its text is (MS-DOC 2.5).
const (
	wordFlags, wordVersion, wordFrom, wordTo, wordPieces = 0x0A, 0x02, 0x18, 0x1C, 0x1A2
	wordEncrypted, wordTable1                            = 0x100, 0x200
	word97                                               = 0xC1
)

// word takes the text of a Word document, piece by piece.
func (o *ole) word(f *mscfb.File) error {
	head, err := slice(f, 0, min(f.Size, 0x1AA))
	if err != nil || len(head) < 0x20 {
		return damage("it is damaged")
	}
	flags := binary.LittleEndian.Uint16(head[wordFlags:])
	if flags&wordEncrypted != 0 {
		return damage("it is encrypted")
	}
	p := &prose{r: o.r, place: Place{Paragraph: 1}}
	if binary.LittleEndian.Uint16(head[wordVersion:]) < word97 {
		from, to := int64(binary.LittleEndian.Uint32(head[wordFrom:])), int64(binary.LittleEndian.Uint32(head[wordTo:]))
		if err := o.piece(f, p, from, to-from, false); err != nil {
			return err
		}
		return p.paragraph()
	}
	pieces, err := o.wordPieces(f, head, flags)
	if err != nil {
		return err
	}
	n := (len(pieces) - 4) / 12
	for i := range max(n, 0) {
		from, to := binary.LittleEndian.Uint32(pieces[4*i:]), binary.LittleEndian.Uint32(pieces[4*i+4:])
		place := binary.LittleEndian.Uint32(pieces[4*(n+1)+8*i+2:])
		if to < from {
			return damage("its table of pieces is damaged")
		}
		at, length, wide := int64(place), 2*int64(to-from), true
		if place&0x40000000 != 0 {
			at, length, wide = int64(place&0x3FFFFFFF)/2, length/2, false
		}
		if err := o.piece(f, p, at, length, wide); err != nil {
			return err
		}
	}
	return p.paragraph()
}

// wordPieces reads the table that tells where the pieces of the text are (MS-DOC 2.9.38).
func (o *ole) wordPieces(f *mscfb.File, head []byte, flags uint16) ([]byte, error) {
	name := "0Table"
	if flags&wordTable1 != 0 {
		name = "1Table"
	}
	table := o.sibling(f, name)
	if table == nil || len(head) < 0x1AA {
		return nil, damage("its table of pieces is missing")
	}
	b, err := slice(table, int64(binary.LittleEndian.Uint32(head[wordPieces:])), int64(binary.LittleEndian.Uint32(head[wordPieces+4:])))
	if err != nil {
		return nil, err
	}
	for len(b) > 3 && b[0] == 1 { // formatting, before the pieces
		b = b[min(len(b), 3+int(binary.LittleEndian.Uint16(b[1:]))):]
	}
	if len(b) < 5 || b[0] != 2 {
		return nil, damage("its table of pieces is damaged")
	}
	return b[5:], nil
}

// piece takes a piece of text, in UTF-16 or in Windows-1252.
func (o *ole) piece(f *mscfb.File, p *prose, at, n int64, wide bool) error {
	for n > 0 {
		b, err := slice(f, at, min(n, 32<<10, max(f.Size-at, 0)))
		if err != nil {
			return err
		}
		if len(b) == 0 {
			return io.ErrUnexpectedEOF
		}
		if o.r.f.budget.left -= int64(len(b)); o.r.f.budget.left < 0 {
			return errBudget // the same bytes may be a piece any number of times
		}
		if err := p.letters(decodeWord(b, wide)); err != nil {
			return err
		}
		at, n = at+int64(len(b)), n-int64(len(b))
	}
	return nil
}

func decodeWord(b []byte, wide bool) []rune {
	if !wide {
		out := make([]rune, len(b))
		for i, c := range b {
			out[i] = charmap.Windows1252.DecodeByte(c)
		}
		return out
	}
	return utf16.Decode(utf16Little(b))
}

func utf16Little(b []byte) []uint16 {
	u := make([]uint16, len(b)/2)
	for i := range u {
		u[i] = binary.LittleEndian.Uint16(b[2*i:])
	}
	return u
}

// letters takes letters of Word's, some of which are marks.
func (p *prose) letters(letters []rune) error {
	for _, c := range letters {
		switch c {
		case '\r', 0x0C:
			if err := p.paragraph(); err != nil {
				return err
			}
		case 0x07:
			p.b = append(p.b, '\t')
		case 0x0B:
			p.b = append(p.b, '\n')
		case 0x1E:
			p.b = append(p.b, "\u2011"...)
		case 0, 1, 2, 3, 4, 5, 8, 0x13, 0x14, 0x15, 0x1F:
		default:
			p.b = append(p.b, string(c)...)
		}
	}
	return p.full()
}

// The records of a presentation that hold text (MS-PPT 2.13.24).
const (
	pptSlide, pptWide, pptNarrow, pptString = 0x03EE, 0x0FA0, 0x0FA8, 0x0FBA
)

// slides takes the text of a presentation.
func (o *ole) slides(f *mscfb.File) error {
	p := &prose{r: o.r, place: Place{Paragraph: 1}}
	for at := int64(0); at+8 <= f.Size; {
		head, err := slice(f, at, 8)
		if err != nil {
			return err
		}
		kind, n := binary.LittleEndian.Uint16(head[2:]), int64(binary.LittleEndian.Uint32(head[4:]))
		at += 8
		if head[0]&0xF == 0xF { // what is inside follows
			if kind == pptSlide {
				p.place.Page++
			}
			continue
		}
		if kind == pptWide || kind == pptNarrow || kind == pptString {
			for from := at; from < at+n; {
				b, err := slice(f, from, min(at+n-from, 32<<10))
				if err != nil {
					return err
				}
				letters := decodeWord(b, kind != pptNarrow)
				if err := p.letters(letters); err != nil {
					return err
				}
				from += int64(len(b))
			}
			if err := p.paragraph(); err != nil {
				return err
			}
		}
		at += n
	}
	return nil
}

// properties takes the texts of a set of properties (MS-OLEPS).
func (o *ole) properties(f *mscfb.File) error {
	b, err := slice(f, 0, min(f.Size, 1<<20))
	if err != nil || len(b) < 48 {
		return damage("it is damaged")
	}
	p := &prose{r: o.r, place: Place{Field: "properties", Paragraph: 1}}
	for s := range int(min(binary.LittleEndian.Uint32(b[24:]), 4)) {
		if 48+20*s > len(b) {
			break
		}
		set := int(binary.LittleEndian.Uint32(b[44+20*s:]))
		if set < 0 || set+8 > len(b) {
			continue
		}
		for i := range int(min(binary.LittleEndian.Uint32(b[set+4:]), 1000)) {
			entry := set + 8 + 8*i
			if entry+8 > len(b) {
				break
			}
			if err := p.property(b, set+int(binary.LittleEndian.Uint32(b[entry+4:]))); err != nil {
				return err
			}
		}
	}
	return nil
}

// property takes a property that is a text.
func (p *prose) property(b []byte, at int) error {
	if at < 0 || at+8 > len(b) {
		return nil
	}
	n, text := int(binary.LittleEndian.Uint32(b[at+4:])), b[at+8:]
	switch binary.LittleEndian.Uint32(b[at:]) {
	case 30:
		p.b = appendNarrow(p.b, bytes.TrimRight(text[:max(min(n, len(text)), 0)], "\x00"))
	case 31:
		p.b = append(p.b, strings.TrimRight(string(utf16.Decode(utf16Little(text[:max(min(2*n, len(text)), 0)]))), "\x00")...)
	}
	return p.paragraph()
}

// appendNarrow appends text in UTF-8, or else in Windows-1252.
func appendNarrow(dst, b []byte) []byte { return append(dst, pdfString(b)...) }

// native reads a file that was put into a document as a package.
func (o *ole) native(ctx context.Context, f *mscfb.File) error {
	head, err := slice(f, 0, min(f.Size, 4096))
	if err != nil {
		return err
	}
	if len(head) < 8 {
		return nil
	}
	name, at, size := packaged(head, 6) // after the size and the flags
	if name == "" || at+size > f.Size {
		return o.r.member(ctx, olePath(f), oleReader(f), f.Size)
	}
	return o.r.member(ctx, name, io.NewSectionReader(f, at, size), size)
}

// packaged reads the head of a file that is kept in a document: a label, the file's name, and its path, from a place on. It gives where the
// file begins, and its size; no name when it is written in another way.
func packaged(head []byte, at int) (name string, from, size int64) {
	cut := func() string {
		i := bytes.IndexByte(head[min(at, len(head)):], 0)
		if i < 0 {
			return ""
		}
		s := string(head[at : at+i])
		at += i + 1
		return s
	}
	name = cut()
	cut()
	at += 8
	cut()
	if at+4 > len(head) {
		return "", 0, 0
	}
	return name, int64(at) + 4, int64(binary.LittleEndian.Uint32(head[at:]))
}
