// SPDX-License-Identifier: EUPL-1.2

package signin

import (
	"bytes"
	"errors"
	"io"
)

// window is the part of a stream that is being read. It grows to the largest record and no more.
type window struct {
	r       io.Reader
	buf     []byte
	at, end int
	eof     bool
	err     error
	bytes   int64
	// dropped counts records that were too long.
	dropped int64
}

const firstWindow = 128 << 10

func newWindow(r io.Reader) *window { return &window{r: r, buf: make([]byte, firstWindow)} }

// rest is what has been read and not used. It is valid until more is called.
func (w *window) rest() []byte { return w.buf[w.at:w.end] }

// more reads on, after what is there. It is false at the end of the stream, and when the window is as large as it may be.
func (w *window) more() bool {
	if w.eof {
		return false
	}
	if w.at > 0 {
		w.end = copy(w.buf, w.buf[w.at:w.end])
		w.at = 0
	}
	if w.end == len(w.buf) {
		if len(w.buf) >= maxRecord {
			return false
		}
		w.buf = append(w.buf, make([]byte, len(w.buf))...)
	}
	for range 100 { // readers may give nothing now and then
		n, err := w.r.Read(w.buf[w.end:])
		w.end += n
		w.bytes += int64(n)
		if err != nil {
			w.eof = true
			if !errors.Is(err, io.EOF) {
				w.err = err
			}
			return n > 0
		}
		if n > 0 {
			return true
		}
	}
	w.eof, w.err = true, io.ErrNoProgress
	return false
}

// line gives the next line without its end. A line that is too long is passed over. ok is false at the end.
func (w *window) line() (line []byte, ok bool) {
	from := 0
	for {
		if n := bytes.IndexByte(w.rest()[from:], '\n'); n >= 0 {
			line = w.rest()[:from+n]
			w.at += from + n + 1
			return bytes.TrimSuffix(line, []byte{'\r'}), true
		}
		from = len(w.rest())
		if w.more() {
			continue
		}
		if w.eof {
			line = w.rest()
			w.at = w.end
			return line, len(line) > 0
		}
		w.dropped++
		w.drop()
		from = 0
	}
}

// drop passes over everything up to the next line.
func (w *window) drop() {
	for {
		if n := bytes.IndexByte(w.rest(), '\n'); n >= 0 {
			w.at += n + 1
			return
		}
		w.at = w.end
		if !w.more() {
			return
		}
	}
}
