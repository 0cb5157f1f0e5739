// SPDX-License-Identifier: EUPL-1.2

package source

import (
	"bytes"
	"compress/bzip2"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"sync"
	"unicode/utf8"

	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/zstd"
	"golang.org/x/text/encoding/charmap"
)

// The parts of a ZIP file, as in APPNOTE.TXT 6.3.10.
const (
	zipLocalSize, zipCentralSize, zipEndSize = 30, 46, 22
	zipEncrypted, zipLater, zipUTF8          = 0x1, 0x8, 0x800
)

var (
	zipLocal    = []byte("PK\x03\x04")
	zipCentral  = []byte("PK\x01\x02")
	zipEnd      = []byte("PK\x05\x06")
	zipEnd64    = []byte("PK\x06\x06")
	zipLocate64 = []byte("PK\x06\x07")
)

// zipMember is a member of a ZIP file.
type zipMember struct {
	name          string
	method, flags uint16
	crc           uint32
	packed, size  int64
	header        int64 // where its local header is
	data          int64 // where its bytes are; 0 until it has been looked up
	comment       string
}

// zipFile is a ZIP file whose directory is read as it is needed, so that a directory of any length takes no room.
type zipFile struct {
	at                io.ReaderAt
	size              int64
	directory, length int64 // where the directory is
	base              int64 // what stands before the ZIP file, as in one that unpacks itself
	comment           string
}

// openZip finds the directory.
func openZip(at io.ReaderAt, size int64) (*zipFile, error) {
	tail := make([]byte, min(size, zipEndSize+0xFFFF+20))
	start := size - int64(len(tail))
	if n, err := at.ReadAt(tail, start); n < len(tail) {
		return nil, err
	}
	for i := bytes.LastIndex(tail, zipEnd); i >= 0; i = bytes.LastIndex(tail[:i], zipEnd) {
		if len(tail)-i < zipEndSize {
			continue
		}
		end := tail[i:]
		z := &zipFile{
			at: at, size: size,
			length: int64(binary.LittleEndian.Uint32(end[12:])), directory: int64(binary.LittleEndian.Uint32(end[16:])),
		}
		endAt := start + int64(i)
		if z.directory == 0xFFFFFFFF || z.length == 0xFFFFFFFF || binary.LittleEndian.Uint16(end[10:]) == 0xFFFF {
			endAt = z.open64(tail[:i], endAt)
		}
		z.base = endAt - z.length - z.directory
		if z.base < 0 || z.length < 0 || z.directory < 0 {
			continue
		}
		if z.length == 0 || z.startsAt(z.base+z.directory, zipCentral) {
			length := int(binary.LittleEndian.Uint16(end[20:]))
			z.comment = zipText(end[zipEndSize:min(len(end), zipEndSize+length)], 0)
			return z, nil
		}
	}
	return nil, damage("its directory is missing: it may be cut off")
}

// open64 takes the directory's place from the larger end that stands before the small one, and gives where that is.
func (z *zipFile) open64(before []byte, endAt int64) int64 {
	if len(before) < 20 || !bytes.HasPrefix(before[len(before)-20:], zipLocate64) {
		return endAt
	}
	at := int64(binary.LittleEndian.Uint64(before[len(before)-12:]))
	end := make([]byte, 56)
	for _, place := range []int64{at, endAt - 20 - 56} {
		if place < 0 || place > endAt {
			continue
		}
		if n, _ := z.at.ReadAt(end, place); n == len(end) && bytes.HasPrefix(end, zipEnd64) {
			z.length, z.directory = int64(binary.LittleEndian.Uint64(end[40:])), int64(binary.LittleEndian.Uint64(end[48:]))
			return place
		}
	}
	return endAt
}

func (z *zipFile) startsAt(at int64, magic []byte) bool {
	var b [4]byte
	n, _ := z.at.ReadAt(b[:], at)
	return n == len(b) && bytes.Equal(b[:], magic)
}

// each walks through the directory.
func (z *zipFile) each(visit func(m *zipMember) error) error {
	window := &windowReader{at: z.at, offset: z.base + z.directory, end: z.base + z.directory + z.length}
	for n := 0; ; n++ {
		head, err := window.take(zipCentralSize)
		if errors.Is(err, io.EOF) && len(head) == 0 {
			return nil
		}
		if err != nil || !bytes.HasPrefix(head, zipCentral) {
			return damage("its directory is damaged")
		}
		if n >= mostMembers {
			return damage(fmt.Sprintf("it has more than %d members", mostMembers))
		}
		m := &zipMember{
			flags: binary.LittleEndian.Uint16(head[8:]), method: binary.LittleEndian.Uint16(head[10:]), crc: binary.LittleEndian.Uint32(head[16:]),
			packed: int64(binary.LittleEndian.Uint32(head[20:])), size: int64(binary.LittleEndian.Uint32(head[24:])),
			header: int64(binary.LittleEndian.Uint32(head[42:])),
		}
		names, extra, comment := int(binary.LittleEndian.Uint16(head[28:])), int(binary.LittleEndian.Uint16(head[30:])), int(binary.LittleEndian.Uint16(head[32:]))
		rest, err := window.take(names + extra + comment)
		if err != nil {
			return damage("its directory is damaged")
		}
		m.name, m.comment = zipText(rest[:names], m.flags), zipText(rest[names+extra:], m.flags)
		m.large(rest[names : names+extra])
		m.header += z.base
		if err := visit(m); err != nil {
			return err
		}
	}
}

// zipText is a name or a comment.
func zipText(b []byte, flags uint16) string {
	if flags&zipUTF8 != 0 || utf8.Valid(b) {
		return string(b)
	}
	out, err := charmap.CodePage437.NewDecoder().Bytes(b)
	if err != nil {
		return string(b)
	}
	return string(out)
}

// large takes the sizes that do not fit in 32 bits from the extra fields.
func (m *zipMember) large(extra []byte) {
	for len(extra) >= 4 {
		id, n := binary.LittleEndian.Uint16(extra), int(binary.LittleEndian.Uint16(extra[2:]))
		extra = extra[4:]
		if n > len(extra) {
			return
		}
		field := extra[:n]
		extra = extra[n:]
		if id != 1 {
			continue
		}
		for _, v := range []*int64{&m.size, &m.packed, &m.header} {
			if *v == 0xFFFFFFFF && len(field) >= 8 {
				*v = int64(binary.LittleEndian.Uint64(field))
				field = field[8:]
			}
		}
	}
}

// locate finds where a member's bytes are.
func (z *zipFile) locate(m *zipMember) error {
	var b [zipLocalSize]byte
	n, _ := z.at.ReadAt(b[:], m.header)
	if m.header < 0 || n < len(b) || !bytes.HasPrefix(b[:], zipLocal) {
		return damage("it is not where the directory says")
	}
	m.data = m.header + zipLocalSize + int64(binary.LittleEndian.Uint16(b[26:])) + int64(binary.LittleEndian.Uint16(b[28:]))
	if m.packed < 0 || m.data+m.packed > z.size || m.data+m.packed < 0 {
		return damage("it is cut off")
	}
	return nil
}

// descriptor is the length of what stands after a member whose sizes were not known when its header was written.
func (z *zipFile) descriptor(m *zipMember) int64 {
	if m.flags&zipLater == 0 {
		return 0
	}
	var b [28]byte
	n, _ := z.at.ReadAt(b[:], m.data+m.packed)
	for _, length := range []int{16, 24, 12, 20} {
		if n >= length+4 && (bytes.Equal(b[length:length+4], zipLocal) || bytes.Equal(b[length:length+4], zipCentral)) {
			return int64(length)
		}
	}
	return 0
}

// inflaters are kept, because each of them holds its window.
var inflaters = sync.Pool{New: func() any { return flate.NewReader(nil) }}

// inflate reads what was compressed with deflate. Free gives back what it took.
func inflate(r io.Reader) (out io.Reader, free func()) {
	f := inflaters.Get().(io.ReadCloser) //nolint:forcetypeassert // the pool makes nothing else
	_ = f.(flate.Resetter).Reset(r, nil) //nolint:forcetypeassert // flate's readers have it
	return f, func() { inflaters.Put(f) }
}

// open reads a member, and checks its sum. Free gives back what that took.
func (z *zipFile) open(m *zipMember) (out io.Reader, free func(), err error) {
	if err := z.locate(m); err != nil {
		return nil, nil, err
	}
	return unpackZip(m, io.NewSectionReader(z.at, m.data, m.packed))
}

func unpackZip(m *zipMember, packed io.Reader) (out io.Reader, free func(), err error) {
	free = func() {}
	switch m.method {
	case 0:
		out = packed
	case 8:
		out, free = inflate(packed)
	case 12:
		out = bzip2.NewReader(packed)
	case 20, 93:
		d, err := zstd.NewReader(packed, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(mostWindow), zstd.WithDecoderLowmem(true))
		if err != nil {
			return nil, nil, damage(err.Error())
		}
		out, free = d, d.Close
	default:
		return nil, nil, damage(fmt.Sprintf("it is compressed by method %d, which is not read", m.method))
	}
	return &checked{r: out, m: m}, free, nil
}

// checked reads a member, and says at its end when it is not what was packed.
type checked struct {
	r   io.Reader
	m   *zipMember
	crc uint32
	n   int64
}

// errSum says that what was unpacked is not what was packed. All of it has been read nevertheless.
var errSum = damage("its checksum is wrong: it may be damaged")

// Read reads on.
func (c *checked) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.crc = crc32.Update(c.crc, crc32.IEEETable, p[:n])
	c.n += int64(n)
	if errors.Is(err, io.EOF) && c.m.crc != 0 && c.crc != c.m.crc {
		return n, errSum
	}
	return n, err
}

// windowReader takes pieces of a file in order.
type windowReader struct {
	at          io.ReaderAt
	offset, end int64
	buf         []byte
	pos         int
}

const windowSize = 256 << 10

// take gives the next n bytes; io.EOF comes with what is left.
func (w *windowReader) take(n int) ([]byte, error) {
	if len(w.buf)-w.pos < n {
		rest := copy(w.buf, w.buf[w.pos:])
		if w.buf == nil {
			w.buf = make([]byte, 0, windowSize)
		}
		w.pos = 0
		m, err := w.at.ReadAt(w.buf[rest:min(int64(cap(w.buf)), int64(rest)+max(w.end-w.offset, 0))], w.offset)
		w.offset += int64(m)
		w.buf = w.buf[:rest+m]
		if len(w.buf) < n {
			if err == nil || rest+m == 0 {
				err = io.EOF
			}
			return w.buf, err
		}
	}
	out := w.buf[w.pos : w.pos+n]
	w.pos += n
	return out, nil
}

// peek gives the next n bytes, or as many as there are, and leaves them.
func (w *windowReader) peek(n int) ([]byte, error) {
	out, err := w.take(n)
	if err == nil {
		w.pos -= n
	}
	return out, err
}

// position is where the next byte is in the file.
func (w *windowReader) position() int64 { return w.offset - int64(len(w.buf)-w.pos) }

func init() { register(Zip, guarded{readZip}) }

// readZip reads an archive, or a document that is one.
func readZip(ctx context.Context, r *reading) error {
	z, err := openZip(r.at, r.size)
	if err != nil {
		return readBrokenZip(ctx, r, err)
	}
	r.read(z.base+z.directory, r.size)
	if err := z.remark(r, z.comment); err != nil {
		return err
	}
	is, err := z.isOffice()
	if err != nil {
		return err
	}
	if is != "" {
		return readOffice(ctx, r, z, is)
	}
	return z.each(func(m *zipMember) error {
		if err := r.name(m.name, false); err != nil {
			return err
		}
		return z.visit(r, m, func(content io.Reader) error { return r.member(ctx, m.name, content, m.size) })
	})
}

// visit opens a member and does something with what it holds. What cannot be read is told.
func (z *zipFile) visit(r *reading, m *zipMember, use func(content io.Reader) error) error {
	if err := r.ended(); err != nil {
		return err
	}
	if err := z.remark(r, m.comment); err != nil {
		return err
	}
	err := z.try(r, m, use)
	switch {
	case err == nil || stops(err):
		return err
	case errors.Is(err, errSum):
		return r.note(m.name + ": " + errSum.Error())
	}
	why := m.name + ": " + r.reason(err)
	from, to := m.data, m.data+m.packed
	if m.data == 0 || to > r.size {
		from, to = m.header, min(m.header+zipLocalSize+m.packed, r.size)
	}
	if r.done.overlaps(from, to) {
		return r.note(why)
	}
	return r.skip(from, to, why)
}

// remark hands on what somebody wrote about the archive or a member.
func (z *zipFile) remark(r *reading, comment string) error {
	if comment == "" {
		return nil
	}
	return r.text(Text{Bytes: append([]byte(comment), '\n'), Place: Place{Field: "comment"}})
}

// stops reports whether an error is about more than the member that was read.
func stops(err error) bool {
	return errors.As(err, new(visitorError)) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

// try reads a member, and notes which bytes of the archive that took.
func (z *zipFile) try(r *reading, m *zipMember, use func(content io.Reader) error) error {
	if err := z.locate(m); err != nil {
		return err
	}
	after := m.data + m.packed + z.descriptor(m)
	if r.done.overlaps(m.data, m.data+m.packed) {
		return damage("it lies over another member, as in files that are made to do harm")
	}
	r.read(m.header, m.data)
	r.read(m.data+m.packed, after)
	if m.packed == 0 {
		return nil
	}
	if m.flags&zipEncrypted != 0 {
		return damage("it is encrypted")
	}
	err := z.use(m, use)
	if err == nil || errors.Is(err, errSum) {
		r.read(m.data, m.data+m.packed)
	}
	return err
}

func (z *zipFile) use(m *zipMember, use func(content io.Reader) error) error {
	content, free, err := z.open(m)
	if err != nil {
		return err
	}
	defer free()
	return use(content)
}
