// SPDX-License-Identifier: EUPL-1.2

package source

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
)

// peek reads a file's head, and gives the file back as it was.
func peek(f File) ([]byte, File, error) {
	head := make([]byte, SniffBytes)
	if f.ReaderAt != nil {
		n, err := f.ReadAt(head, 0)
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, f, err
		}
		return head[:n], f, nil
	}
	n, err := io.ReadFull(f.Stream, head)
	if err == nil || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		f.Stream = io.MultiReader(bytes.NewReader(head[:n]), f.Stream)
		return head[:n], f, nil
	}
	if n == 0 || errors.Is(err, errBudget) {
		return nil, f, err
	}
	// What came before the damage is read, and the reader meets the damage itself.
	f.Stream = io.MultiReader(bytes.NewReader(head[:n]), broken{err})
	return head[:n], f, nil
}

// broken is a stream of which nothing more can be read.
type broken struct{ err error }

// Read fails.
func (b broken) Read([]byte) (int, error) { return 0, b.err }

// utf16Order is the byte order of text in UTF-16, by its mark or by where its zeros are; nil for other text.
func utf16Order(head []byte) binary.ByteOrder {
	if len(head) < 2 {
		return nil
	}
	switch {
	case head[0] == 0xff && head[1] == 0xfe && !(len(head) >= 4 && head[2] == 0 && head[3] == 0):
		return binary.LittleEndian
	case head[0] == 0xfe && head[1] == 0xff:
		return binary.BigEndian
	}
	return utf16ByZeros(head)
}

// utf16ByZeros finds the byte order of text without a mark: nearly all of Swedish has a zero in each pair, always on the same side.
func utf16ByZeros(head []byte) binary.ByteOrder {
	if len(head) < 8 {
		return nil
	}
	var zeros [2]int
	for i, c := range head[:len(head)&^1] {
		if c == 0 {
			zeros[i&1]++
		}
	}
	half := len(head) / 2
	switch {
	case zeros[1]*10 >= half*9 && zeros[0] == 0:
		return binary.LittleEndian
	case zeros[0]*10 >= half*9 && zeros[1] == 0:
		return binary.BigEndian
	}
	return nil
}
