// SPDX-License-Identifier: EUPL-1.2

package source

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
)

// embeddedHead is how much of an embedded object is looked at for what it is called and where it begins.
const embeddedHead = 4096

// object reads what is embedded in the group: its bytes in hexadecimal, as OLE 1 writes them (MS-OLEDS 2.2.4 and 2.2.5). What cannot be read
// is told.
func (t *rtf) object() error {
	from := t.n
	content := &rtfHex{t: t}
	head := make([]byte, embeddedHead)
	n, _ := io.ReadFull(content, head) // its end is met again
	name, start, size := oleObject(head[:n])
	err := error(damage("it is not embedded in a way that is known"))
	if size > 0 {
		err = t.member(name, io.LimitReader(io.MultiReader(bytes.NewReader(head[start:n]), content), size), size)
	}
	if derr := drain(content); err == nil {
		err = derr
	}
	switch {
	case err == nil || stops(err):
		return err
	case t.n == from: // it is empty
		return nil
	}
	return t.r.skip(from, t.n, name+": "+t.r.reason(err))
}

// oleObject tells what an embedded object is called, where its file begins, and how large it is; the size is 0 when it is none.
func oleObject(head []byte) (name string, from, size int64) {
	name = "embedded object"
	at := int64(8)
	if len(head) < 8 || binary.LittleEndian.Uint32(head[4:]) != 2 { // 1 is a link
		return name, 0, 0
	}
	class := ""
	for i := range 3 { // its class, and two names that an embedded one does not have
		if at+4 > int64(len(head)) {
			return name, 0, 0
		}
		n := int64(binary.LittleEndian.Uint32(head[at:]))
		if at += 4; at+n > int64(len(head)) {
			return name, 0, 0
		}
		if i == 0 && n > 1 {
			class = string(head[at : at+n-1])
			name = fmt.Sprintf("embedded object (%s)", class)
		}
		at += n
	}
	if at+4 > int64(len(head)) {
		return name, 0, 0
	}
	size, from = int64(binary.LittleEndian.Uint32(head[at:])), at+4
	if class == "Package" {
		if file, start, length := packaged(head[from:], 2); file != "" && start+length <= size {
			return file, from + start, length
		}
	}
	return name, from, size
}

// rtfHex reads bytes that are written in hexadecimal, to the end of their group.
type rtfHex struct{ t *rtf }

// Read reads on.
func (h *rtfHex) Read(p []byte) (int, error) {
	var n int
	var high byte
	half := false
	for n < len(p) {
		c, err := h.t.byte()
		if err != nil {
			return n, err
		}
		d := hexDigit(c)
		switch {
		case c == '{' || c == '}' || c == '\\':
			_ = h.t.in.UnreadByte() // one has just been read
			h.t.n--
			return n, io.EOF
		case d > 15:
		case half:
			p[n], half = high|d, false
			n++
		default:
			high, half = d<<4, true
		}
	}
	return n, nil
}
