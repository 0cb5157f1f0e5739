// SPDX-License-Identifier: EUPL-1.2

package source

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"
	"unicode/utf16"
	"unicode/utf8"
)

func init() {
	for _, k := range []Kind{Plain, CSV, JSON, Markup} {
		register(k, plain{k})
	}
}

// blockBytes is how much of a text is read at a time: it stays in the processor's cache until it has been looked through.
const blockBytes = 64 << 10

// spareBlocks are those that no file is read into now.
var spareBlocks = sync.Pool{New: func() any { return new([blockBytes]byte) }}

// plain reads text in UTF-8, UTF-16, ISO-8859-1 and Windows-1252. All but UTF-16 are handed on as they are.
type plain struct{ form Kind }

// Read reads the file block by block, so that one line may be of any length.
func (p plain) Read(ctx context.Context, f File, v Visitor) error {
	head, f, err := peek(f)
	if err != nil {
		return v.Skipped(Skip{Path: f.Path, Member: f.Member, From: 0, To: f.Size, Reason: "cannot be read: " + err.Error()})
	}
	r := &blockReader{file: f, visitor: v, text: Text{Raw: f.Member == "", Place: Place{Member: f.Member}}}
	if l, ok := v.(LineVisitor); !ok || l.WantsLines() {
		r.text.Place.Line = 1
	}
	if p.form != Plain {
		r.text.Form = p.form
	}
	emit := r.asIs
	if _, ok := marks[p.form]; ok {
		emit = r.written
	}
	if order := utf16Order(head); order != nil {
		emit = func(b []byte) error { return r.utf16(b, order) }
	}
	return r.run(ctx, emit)
}

// blockReader reads a file's blocks.
type blockReader struct {
	file    File
	visitor Visitor
	text    Text
	rest    []byte // bytes of UTF-16 that the next block completes
	decoded []byte
	places  []int64
	held    []byte // the beginning of what may be a letter that is written out
}

func (r *blockReader) run(ctx context.Context, emit func([]byte) error) error {
	held := spareBlocks.Get().(*[blockBytes]byte) //nolint:forcetypeassert // the pool has nothing else
	defer spareBlocks.Put(held)
	block := held[:]
	at := int64(0)
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		n, err := r.read(block, at)
		if n > 0 {
			if r.file.Member == "" {
				r.visitor.Read(int64(n))
			}
			if err := emit(block[:n]); err != nil {
				return err
			}
			at += int64(n)
		}
		switch {
		case errors.Is(err, io.EOF):
			if err := r.asIs(r.held); err != nil {
				return err
			}
			return r.changed(at)
		case err != nil:
			return r.visitor.Skipped(Skip{Path: r.file.Path, Member: r.file.Member, From: at, To: r.file.Size, Reason: "cannot be read: " + cause(err)})
		}
	}
}

// changed tells of a file that ended before its size: it was cut while it was read.
func (r *blockReader) changed(at int64) error {
	if at >= r.file.Size {
		return nil
	}
	return r.visitor.Skipped(Skip{
		Path: r.file.Path, Member: r.file.Member, From: at, To: r.file.Size,
		Reason: fmt.Sprintf("the file became shorter while it was read: %d bytes of %d were left", at, r.file.Size),
	})
}

func (r *blockReader) read(block []byte, at int64) (int, error) {
	if r.file.ReaderAt != nil {
		return r.file.ReadAt(block, at)
	}
	n, err := io.ReadFull(r.file.Stream, block)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = io.EOF
	}
	return n, err
}

// asIs hands on a block of an encoding in which digits and ASCII letters are single bytes.
func (r *blockReader) asIs(b []byte) error {
	if len(b) == 0 {
		return nil
	}
	r.text.Bytes = b
	if err := r.visitor.Text(r.text); err != nil {
		return err
	}
	r.text.Offset += int64(len(b))
	r.countLines(b)
	r.text.Continues = true
	return nil
}

// written hands on a block in which letters may be written out.
func (r *blockReader) written(b []byte) error {
	if len(r.held) > 0 {
		b = append(r.held, b...)
		r.held = nil
	}
	if n := r.text.Form.unfinished(b); n > 0 {
		r.held = bytes.Clone(b[len(b)-n:])
		b = b[:len(b)-n]
	}
	out, where := r.text.Form.letters(b)
	if where == nil {
		return r.asIs(b)
	}
	t, start := r.text, r.text.Offset
	t.Bytes, t.At = out, func(i int) int64 { return start + int64(where[i]) }
	if err := r.visitor.Text(t); err != nil {
		return err
	}
	r.text.Offset += int64(len(b))
	r.countLines(out)
	r.text.Continues = true
	return nil
}

// countLines counts the lines of a block, where they are wanted.
func (r *blockReader) countLines(b []byte) {
	if r.text.Place.Line > 0 {
		r.text.Place.Line += bytes.Count(b, []byte{'\n'})
	}
}

// utf16 hands on a block as UTF-8, with the place in the file of each byte.
func (r *blockReader) utf16(b []byte, order binary.ByteOrder) error {
	start := r.text.Offset
	if len(r.rest) > 0 {
		start -= int64(len(r.rest))
		b = append(r.rest, b...)
		r.rest = nil
	}
	r.decoded, r.places = r.decoded[:0], r.places[:0]
	i := 0
	for ; i+1 < len(b); i += 2 {
		c := rune(order.Uint16(b[i:]))
		at, size := start+int64(i), 2
		if utf16.IsSurrogate(c) && i+3 < len(b) {
			c = utf16.DecodeRune(c, rune(order.Uint16(b[i+2:])))
			size = 4
		} else if utf16.IsSurrogate(c) && i+4 > len(b) {
			break
		}
		before := len(r.decoded)
		r.decoded = utf8.AppendRune(r.decoded, c)
		for range len(r.decoded) - before {
			r.places = append(r.places, at)
		}
		i += size - 2
	}
	r.rest = append(r.rest, b[i:]...)
	t := r.text
	t.Bytes, t.Offset = r.decoded, start
	t.At = func(i int) int64 { return r.places[i] }
	if err := r.visitor.Text(t); err != nil {
		return err
	}
	r.text.Offset = start + int64(len(b))
	r.countLines(r.decoded)
	r.text.Continues = true
	return nil
}

// cause is an error without the path that is told beside it.
func cause(err error) string {
	for {
		next := errors.Unwrap(err)
		if next == nil {
			return err.Error()
		}
		err = next
	}
}
