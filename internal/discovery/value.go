// SPDX-License-Identifier: EUPL-1.2

package discovery

import (
	"bytes"

	"github.com/insegel/insegel/internal/discovery/source"
)

// Value takes in one cell of a column.
func (s *session) Value(v source.Value) error {
	if len(bytes.TrimSpace(v.Bytes)) == 0 {
		return nil
	}
	c := s.columnNamed(v.Column)
	if c != nil {
		c.values++
	}
	if v.Column.Member != s.member {
		if err := s.finish(); err != nil {
			return err
		}
		s.member = v.Column.Member
	}
	if v.Number {
		v.Bytes = wholeNumber(v.Bytes)
	}
	v.Place.Member = s.member
	s.sinceBreak = 0
	s.window = append(s.window, gap...)
	g := segment{length: len(v.Bytes), offset: v.Offset, where: v.At, place: v.Place, column: c, number: v.Number}
	g.place.Table, g.place.Field, g.place.Column = v.Column.Table, v.Column.Field, v.Column.Index
	s.any = true
	s.add(g, v.Bytes)
	if len(s.window) >= windowBytes {
		if err := s.decide(len(s.window) - s.ahead); err != nil {
			return err
		}
		s.slide()
	}
	s.keepPlaces()
	return nil
}

// wholeNumber is a cell's number as it was before it was stored as one: without a fraction of zeros, and with the leading zeros of a
// ten-digit number.
func wholeNumber(b []byte) []byte {
	if whole, rest, ok := bytes.Cut(b, []byte(".")); ok && len(bytes.Trim(rest, "0")) == 0 {
		b = whole
	}
	if len(b) < 7 || len(b) > 9 || len(bytes.Trim(b, "0123456789")) > 0 {
		return b
	}
	return append([]byte("000"[:10-len(b)]), b...)
}
