// SPDX-License-Identifier: EUPL-1.2

package document

import (
	"archive/zip"
	"bufio"
	"bytes"
	"compress/flate"
	"errors"
	"hash/crc32"
	"io"
	"io/fs"
	"sort"
	"strings"
	"time"
)

// pack writes the parts of a zipped document, each with the time of the document.
type pack struct {
	zip *zip.Writer
	at  time.Time
}

func newPack(w io.Writer, created time.Time) *pack {
	return &pack{zip: zip.NewWriter(w), at: zipTime(created)}
}

// zipTime moves t into the years that both clocks of the zip format can hold:
// one begins in 1980, the other ends in 2106.
func zipTime(t time.Time) time.Time {
	t = t.UTC().Truncate(2 * time.Second)
	switch {
	case t.Year() < 1980:
		return time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)
	case t.Year() > 2105:
		return time.Date(2105, 12, 31, 0, 0, 0, 0, time.UTC)
	}
	return t
}

// raw adds a part whose bytes are ready. The header carries no extra field and
// its sizes stand in front, as OpenDocument demands of its first part.
func (p *pack) raw(h *zip.FileHeader, content []byte) error {
	//lint:ignore SA1019 the field that replaces it would add an extra field
	h.ModifiedDate = uint16(p.at.Day() + int(p.at.Month())<<5 + (p.at.Year()-1980)<<9)
	//lint:ignore SA1019 the field that replaces it would add an extra field
	h.ModifiedTime = uint16(p.at.Second()/2 + p.at.Minute()<<5 + p.at.Hour()<<11)
	h.CompressedSize64 = uint64(len(content))
	w, err := p.zip.CreateRaw(h)
	if err != nil {
		return err
	}
	_, err = w.Write(content)
	return err
}

// stored adds a part that is not compressed.
func (p *pack) stored(name, content string) error {
	return p.raw(&zip.FileHeader{
		Name: name, Method: zip.Store, UncompressedSize64: uint64(len(content)),
		CRC32: crc32.ChecksumIEEE([]byte(content)),
	}, []byte(content))
}

// part adds an XML part that is compressed while write makes it.
func (p *pack) part(name string, write func(xmlWriter)) error {
	w, err := p.zip.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: p.at})
	if err != nil {
		return err
	}
	x := xmlWriter{bufio.NewWriterSize(w, 16<<10)}
	x.raw(`<?xml version="1.0" encoding="UTF-8" standalone="yes"?>`, "\n")
	write(x)
	return x.w.Flush()
}

// fixed adds an XML part that is the same in every document.
func (p *pack) fixed(name, content string) error {
	return p.part(name, func(x xmlWriter) { x.raw(content) })
}

// xmlWriter writes XML. The buffer remembers the first failure and Flush tells,
// so the methods have none of their own.
type xmlWriter struct{ w *bufio.Writer }

// raw writes markup as it is.
func (x xmlWriter) raw(markup ...string) {
	for _, s := range markup {
		_, _ = x.w.WriteString(s) // kept by the buffer until Flush
	}
}

var xmlEscapes = strings.NewReplacer(
	"&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "\t", "&#9;", "\n", "&#10;")

// esc writes text so that it can stand in an element or an attribute.
func (x xmlWriter) esc(text string) {
	_, _ = xmlEscapes.WriteString(x.w, clean(text)) // kept by the buffer until Flush
}

// elem writes an element with text, and nothing when there is no text.
func (x xmlWriter) elem(name, text string) {
	if text == "" {
		return
	}
	x.raw("<", name, ">")
	x.esc(text)
	tag, _, _ := strings.Cut(name, " ")
	x.raw("</", tag, ">")
}

// sortedZip lets excelize write its parts in any order, which for streamed
// sheets is a random one, and gives them the same order every time. It holds
// the compressed parts until then.
type sortedZip struct {
	pack  *pack
	parts map[string]*deflated
}

func newSortedZip(w io.Writer, created time.Time) *sortedZip {
	return &sortedZip{pack: newPack(w, created), parts: map[string]*deflated{}}
}

// Create opens a part.
func (z *sortedZip) Create(name string) (io.Writer, error) {
	d := &deflated{}
	flater, err := flate.NewWriter(&d.out, flate.DefaultCompression)
	if err != nil {
		return nil, err
	}
	d.flater = flater
	z.parts[name] = d
	return d, nil
}

// AddFS is asked for by excelize's interface and never called by it.
func (z *sortedZip) AddFS(fs.FS) error { return errors.ErrUnsupported }

// Close writes the parts, the list of content types first as readers expect.
func (z *sortedZip) Close() error {
	names := make([]string, 0, len(z.parts))
	for name := range z.parts {
		names = append(names, name)
	}
	sort.Strings(names) // '[' of [Content_Types].xml sorts before every lower-case name
	for _, name := range names {
		d := z.parts[name]
		if err := d.flater.Close(); err != nil {
			return err
		}
		h := &zip.FileHeader{Name: name, Method: zip.Deflate, CRC32: d.crc, UncompressedSize64: d.size}
		if err := z.pack.raw(h, d.out.Bytes()); err != nil {
			return err
		}
	}
	return z.pack.zip.Close()
}

// deflated is a compressed part with what its header has to say.
type deflated struct {
	out    bytes.Buffer
	flater *flate.Writer
	crc    uint32
	size   uint64
}

// Write compresses p.
func (d *deflated) Write(p []byte) (int, error) {
	d.crc = crc32.Update(d.crc, crc32.IEEETable, p)
	d.size += uint64(len(p))
	return d.flater.Write(p)
}
