// SPDX-License-Identifier: EUPL-1.2

package source

import (
	"bytes"
	"context"
	"encoding/binary"
	"io"
)

// readBrokenZip reads the members of an archive without a directory, from its start on, as far as it goes.
func readBrokenZip(ctx context.Context, r *reading, why error) error {
	z := &zipFile{at: r.at, size: r.size}
	at := int64(0)
	for {
		m, ok := z.local(at)
		if !ok {
			if at == 0 {
				return why
			}
			return r.skip(at, r.size, why.Error())
		}
		if err := r.name(m.name, false); err != nil {
			return err
		}
		next, err := z.visitLocal(ctx, r, m)
		if err != nil {
			return err
		}
		if next <= at {
			return r.skip(at, r.size, why.Error())
		}
		at = next
	}
}

// local reads a member's local header.
func (z *zipFile) local(at int64) (*zipMember, bool) {
	var b [zipLocalSize]byte
	n, _ := z.at.ReadAt(b[:], at)
	if n < len(b) || !bytes.HasPrefix(b[:], zipLocal) {
		return nil, false
	}
	name := make([]byte, binary.LittleEndian.Uint16(b[26:]))
	if n, _ := z.at.ReadAt(name, at+zipLocalSize); n < len(name) {
		return nil, false
	}
	m := &zipMember{
		header: at, flags: binary.LittleEndian.Uint16(b[6:]), method: binary.LittleEndian.Uint16(b[8:]), crc: binary.LittleEndian.Uint32(b[14:]),
		packed: int64(binary.LittleEndian.Uint32(b[18:])), size: int64(binary.LittleEndian.Uint32(b[22:])),
	}
	m.name = zipText(name, m.flags)
	m.data = at + zipLocalSize + int64(len(name)) + int64(binary.LittleEndian.Uint16(b[28:]))
	return m, true
}

// visitLocal reads a member whose end may not be known, and gives where the next one begins.
func (z *zipFile) visitLocal(ctx context.Context, r *reading, m *zipMember) (next int64, err error) {
	if m.flags&zipLater == 0 && m.data+m.packed <= z.size {
		return m.data + m.packed, z.visit(r, m, func(content io.Reader) error { return z.part(ctx, r, m, content) })
	}
	if m.flags&zipEncrypted != 0 || m.method != 8 {
		return 0, nil
	}
	// Its length stands after it, or beyond where the file was cut off: where it ends is where its compression ends.
	counted := &countReader{r: io.NewSectionReader(z.at, m.data, z.size-m.data)}
	content, free := inflate(counted)
	defer free()
	err = z.part(ctx, r, m, content)
	if err != nil {
		return 0, err
	}
	if _, err := io.Copy(io.Discard, &rationed{content, r.f.budget}); err != nil {
		r.read(m.header, m.data+counted.n)
		return 0, nil
	}
	next = m.data + counted.n
	var b [24]byte
	n, _ := z.at.ReadAt(b[:], next)
	if i := bytes.Index(b[:n], zipLocal); i >= 0 {
		next += int64(i)
	} else {
		next += int64(min(n, 16))
	}
	r.read(m.header, next)
	return next, nil
}

// part reads a member as what it is when nothing is known about the document that it is a part of.
func (z *zipFile) part(ctx context.Context, r *reading, m *zipMember, content io.Reader) error {
	return r.member(ctx, m.name, content, -1)
}

// countReader counts what is read, byte by byte, so that a decompressor takes no more than it needs.
type countReader struct {
	r   io.Reader
	n   int64
	buf [4096]byte
	in  []byte
}

// Read reads on.
func (c *countReader) Read(p []byte) (int, error) {
	if len(c.in) > 0 {
		n := copy(p, c.in)
		c.in = c.in[n:]
		c.n += int64(n)
		return n, nil
	}
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

// ReadByte gives the next byte. A decompressor that can ask for bytes reads no further than its end.
func (c *countReader) ReadByte() (byte, error) {
	if len(c.in) == 0 {
		n, err := c.r.Read(c.buf[:])
		if n == 0 {
			if err == nil {
				err = io.ErrNoProgress
			}
			return 0, err
		}
		c.in = c.buf[:n]
	}
	b := c.in[0]
	c.in = c.in[1:]
	c.n++
	return b, nil
}
