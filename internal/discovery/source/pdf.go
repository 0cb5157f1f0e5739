// SPDX-License-Identifier: EUPL-1.2

package source

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

func init() { register(PDF, guarded{readPDF}) }

// readPDF reads the pages of a PDF, and then everything else in it that people wrote: forms, notes, properties, attached files.
func readPDF(ctx context.Context, r *reading) error {
	f, err := openPDF(r)
	if err != nil {
		return err
	}
	if f.trailer["Encrypt"] != nil {
		return damage("it is encrypted")
	}
	root := f.dict(f.trailer["Root"])
	pages := &pdfPages{f: f, seen: map[int]bool{}}
	if err := pages.walk(root["Pages"], pdfDict{}, 0); err != nil {
		return err
	}
	if err := f.rest(ctx); err != nil {
		return err
	}
	if err := f.notes(pages); err != nil {
		return err
	}
	r.read(0, r.size)
	return nil
}

// notes tells what could not be read although its bytes were.
func (f *pdfFile) notes(pages *pdfPages) error {
	if f.tooMany {
		if err := f.r.note(fmt.Sprintf("it has more than %d objects, and the others are not read", mostObjects)); err != nil {
			return err
		}
	}
	if n := len(f.replaced); n > 0 {
		if err := f.r.note(fmt.Sprintf("%d objects that a later version of the file replaced are not read", n)); err != nil {
			return err
		}
	}
	if pages.unknown > 0 {
		return f.r.note(fmt.Sprintf("%d letters, first on page %d, are in fonts that do not tell which letters they are", pages.unknown, pages.firstUnknown))
	}
	return nil
}

// pdfPages goes through the tree of pages.
type pdfPages struct {
	f                     *pdfFile
	seen                  map[int]bool
	number                int
	unknown, firstUnknown int
}

// walk reads a page, or the pages below a node. Resources are those of the nodes above.
func (p *pdfPages) walk(o any, resources pdfDict, depth int) error {
	if ref, ok := o.(pdfRef); ok {
		if p.seen[ref.number] {
			return nil
		}
		p.seen[ref.number] = true
	}
	d := p.f.dict(o)
	if d == nil || depth > mostNested {
		return nil
	}
	if own := p.f.dict(d["Resources"]); own != nil {
		resources = own
	}
	kids := p.f.array(d["Kids"])
	if d["Kids"] == nil {
		return p.page(d, resources)
	}
	for _, kid := range kids {
		if err := p.walk(kid, resources, depth+1); err != nil {
			return err
		}
	}
	return nil
}

func (p *pdfPages) page(d, resources pdfDict) error {
	p.number++
	page := &pdfPage{f: p.f, prose: prose{r: p.f.r, wraps: true, place: Place{Page: p.number}}}
	page.ctm, page.scale = identity, 1
	before := p.f.unknown
	contents := &pdfContents{f: p.f, rest: pdfArray{d["Contents"]}}
	if list, ok := p.f.resolve(d["Contents"]).(pdfArray); ok {
		contents.rest = slices.Clone(list)
	}
	defer contents.close()
	if err := page.run(contents, resources); err != nil {
		if stops(err) || errors.Is(err, errBudget) {
			return err
		}
		if err := p.f.r.note(fmt.Sprintf("page %d: %s", p.number, p.f.r.reason(err))); err != nil {
			return err
		}
	}
	if n := p.f.unknown - before; n > 0 {
		if p.unknown == 0 {
			p.firstUnknown = p.number
		}
		p.unknown += n
	}
	return page.paragraph()
}

// pdfContents are a page's streams, one after the other.
type pdfContents struct {
	f    *pdfFile
	rest pdfArray
	now  io.Reader
	free func()
}

// Read reads on. A line break parts the streams.
func (c *pdfContents) Read(b []byte) (int, error) {
	for {
		if c.now != nil {
			n, err := c.now.Read(b)
			if n > 0 || err == nil {
				return n, nil
			}
			c.close()
			if !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
				return 0, err
			}
			b[0] = '\n'
			return 1, nil
		}
		if len(c.rest) == 0 {
			return 0, io.EOF
		}
		s, ok := c.f.resolve(c.rest[0]).(*pdfStream)
		c.rest = c.rest[1:]
		if ok {
			c.now, c.free = c.f.decode(s)
		}
	}
}

func (c *pdfContents) close() {
	if c.now != nil {
		c.free()
		c.now = nil
	}
}

// rest goes through all objects for what does not stand on the pages.
func (f *pdfFile) rest(ctx context.Context) error {
	h := &pdfHarvest{prose: prose{r: f.r, place: Place{Paragraph: 1}}, f: f}
	for number := range f.entries {
		if f.entries[number].kind == pdfFree {
			continue
		}
		if err := f.r.ended(); err != nil {
			return err
		}
		var err error
		switch o := f.object(number).(type) {
		case *pdfStream:
			err = h.stream(ctx, o, number)
		case pdfDict:
			err = h.dict(o, 0)
		case pdfArray:
			err = h.array(o, 0)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// pdfHarvest takes what people wrote outside the pages.
type pdfHarvest struct {
	prose
	f *pdfFile
}

// writtenKeys are the entries of dictionaries that hold what people wrote, and what each is called.
var writtenKeys = []struct{ key, field string }{
	{"Contents", "note"},
	{"RC", "note"},
	{"Subj", "note"},
	{"V", "form"},
	{"DV", "form"},
	{"TU", "form"},
	{"T", "form"},
	{"Title", "title"},
	{"Subject", "properties"},
	{"Author", "properties"},
	{"Keywords", "properties"},
	{"URI", "link"},
	{"Alt", "description"},
	{"UF", "file"},
	{"F", "file"},
	{"Reason", "signature"},
	{"Name", "signature"},
	{"ContactInfo", "signature"},
	{"Opt", "form"},
}

func (h *pdfHarvest) dict(d pdfDict, depth int) error {
	if depth > 8 {
		return nil
	}
	for _, w := range writtenKeys {
		switch v := d[w.key].(type) {
		case pdfText:
			h.b = append(h.b, pdfString(v)...)
			h.place.Field = w.field
			if err := h.paragraph(); err != nil {
				return err
			}
			h.started = false
		case pdfArray:
			if w.key != "Opt" && w.key != "V" {
				continue
			}
			for _, o := range v {
				if s, ok := o.(pdfText); ok {
					h.b = append(append(h.b, pdfString(s)...), '\n')
				}
			}
			h.place.Field = w.field
			if err := h.part(h.place); err != nil {
				return err
			}
		}
	}
	for _, key := range sortedKeys(d) {
		if err := h.inner(d[key], depth); err != nil {
			return err
		}
	}
	return nil
}

func sortedKeys(d pdfDict) []string {
	var out []string
	for k, v := range d {
		switch v.(type) {
		case pdfDict, pdfArray:
			out = append(out, k)
		}
	}
	slices.Sort(out)
	return out
}

func (h *pdfHarvest) inner(o any, depth int) error {
	switch v := o.(type) {
	case pdfDict:
		return h.dict(v, depth+1)
	case pdfArray:
		return h.array(v, depth+1)
	}
	return nil
}

func (h *pdfHarvest) array(a pdfArray, depth int) error {
	if depth > 8 {
		return nil
	}
	for _, o := range a {
		if err := h.inner(o, depth); err != nil {
			return err
		}
	}
	return nil
}

// stream looks at a stream: pictures are told as unread, attached files are read, and so is XML.
func (h *pdfHarvest) stream(ctx context.Context, s *pdfStream, number int) error {
	kind, subtype := h.f.name(s.dict["Type"]), h.f.name(s.dict["Subtype"])
	switch {
	case subtype == "Image":
		_, length := h.f.raw(s)
		return h.r.skip(s.start, s.start+length, errPicture.Error())
	case kind == "EmbeddedFile":
		content, free := h.f.decode(s)
		defer free()
		err := h.r.member(ctx, fmt.Sprintf("attachment-%d", number), content, -1)
		if err == nil || stops(err) {
			return err
		}
		_, length := h.f.raw(s)
		return h.r.skip(s.start, s.start+length, "an attached file: "+h.r.reason(err))
	case kind == "Metadata" || subtype == "XML" || kind == "" && subtype == "" && h.f.isXML(s):
		content, free := h.f.decode(s)
		defer free()
		t := newOfficeText(h.r, newXML(content), "metadata.xml", &xmlPiece{})
		if err := t.read(); stops(err) {
			return err
		}
		return nil
	}
	return h.dict(s.dict, 0)
}

// isXML looks whether a stream that does not say what it is, is XML, as forms of the XFA kind are.
func (f *pdfFile) isXML(s *pdfStream) bool {
	content, free := f.decode(s)
	defer free()
	head := make([]byte, 64)
	n, _ := io.ReadFull(content, head) // a shorter one is looked at as it is
	t := bytes.TrimLeft(head[:n], "\xef\xbb\xbf \r\n\t")
	return bytes.HasPrefix(t, []byte("<?xml")) || bytes.HasPrefix(t, []byte("<xdp")) || bytes.HasPrefix(t, []byte("<xfa")) || bytes.HasPrefix(t, []byte("<template"))
}

// pdfString reads a string that is for people: UTF-16 or UTF-8 with a mark, or else PDF's own letters, which are nearly Latin-1.
func pdfString(b []byte) []byte {
	switch {
	case bytes.HasPrefix(b, []byte{0xFE, 0xFF}), bytes.HasPrefix(b, []byte{0xFF, 0xFE}):
		little := b[0] == 0xFF
		var u []uint16
		for b = b[2:]; len(b) >= 2; b = b[2:] {
			c := uint16(b[0])<<8 | uint16(b[1])
			if little {
				c = c>>8 | c<<8
			}
			u = append(u, c)
		}
		return []byte(string(utf16.Decode(u)))
	case bytes.HasPrefix(b, []byte{0xEF, 0xBB, 0xBF}):
		return b[3:]
	case utf8.Valid(b):
		return b
	}
	out, err := charmap.Windows1252.NewDecoder().Bytes(b)
	if err != nil {
		return b
	}
	return out
}
