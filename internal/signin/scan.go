// SPDX-License-Identifier: EUPL-1.2

package signin

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
)

// Records in JSON are not decoded: the few fields that are wanted are found by their keys, and everything else is stepped over. That is
// what lets a log of many gigabytes be read in minutes, and what keeps the rest of a record from ever becoming a value.

var (
	errShort  = errors.New("the record goes on")
	errSyntax = errors.New("the record is not JSON")
)

// node is a level of the keys that are wanted.
type node struct {
	keys []string
	// slot is where the key's value goes; -1 for one that only has wanted keys inside.
	slot []int
	next []*node
}

// want adds a path such as status.errorCode.
func (n *node) want(path string, slot int) {
	key, rest, deeper := strings.Cut(path, ".")
	i := 0
	for i < len(n.keys) && n.keys[i] != key {
		i++
	}
	if i == len(n.keys) {
		n.keys, n.slot, n.next = append(n.keys, key), append(n.slot, -1), append(n.next, nil)
	}
	if !deeper {
		n.slot[i] = slot
		return
	}
	if n.next[i] == nil {
		n.next[i] = &node{}
	}
	n.next[i].want(rest, slot)
}

// find is the number of a key, or -1.
func (n *node) find(key []byte) int {
	for i, k := range n.keys {
		if len(k) == len(key) && k == string(key) {
			return i
		}
	}
	return -1
}

// object reads the object that begins at b[i] into values, and tells where it ends.
func (n *node) object(b []byte, i int, values [][]byte) (int, error) {
	i++
	for {
		i = space(b, i)
		if i >= len(b) {
			return i, errShort
		}
		switch b[i] {
		case '}':
			return i + 1, nil
		case ',':
			i++
			continue
		case '"':
		default:
			return i, errSyntax
		}
		end, err := skipString(b, i)
		if err != nil {
			return end, err
		}
		key := b[i+1 : end-1]
		if i = space(b, end); i >= len(b) {
			return i, errShort
		}
		if b[i] != ':' {
			return i, errSyntax
		}
		if i = space(b, i+1); i >= len(b) {
			return i, errShort
		}
		if i, err = n.value(b, i, key, values); err != nil {
			return i, err
		}
	}
}

// value reads the value of a key: into its slot, into the level below, or past it.
func (n *node) value(b []byte, i int, key []byte, values [][]byte) (int, error) {
	k := n.find(key)
	if k >= 0 && n.next[k] != nil && b[i] == '{' {
		return n.next[k].object(b, i, values)
	}
	end, err := skipValue(b, i)
	if err == nil && k >= 0 && n.slot[k] >= 0 && values[n.slot[k]] == nil {
		values[n.slot[k]] = b[i:end]
	}
	return end, err
}

func space(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\n' || b[i] == '\t' || b[i] == '\r') {
		i++
	}
	return i
}

// skipString tells where the string that begins at b[i] ends.
func skipString(b []byte, i int) (int, error) {
	j := i + 1
	for {
		n := bytes.IndexByte(b[j:], '"')
		if n < 0 {
			return len(b), errShort
		}
		j += n
		k := j - 1
		for b[k] == '\\' { // ends at the opening quote at the latest
			k--
		}
		j++
		if (j-k)%2 == 0 { // an even number of backslashes before the quote
			return j, nil
		}
	}
}

// skipValue tells where the value that begins at b[i] ends.
func skipValue(b []byte, i int) (int, error) {
	switch b[i] {
	case '"':
		return skipString(b, i)
	case '{', '[':
		return skipNested(b, i)
	}
	start := i
	for i < len(b) {
		switch b[i] {
		case ',', '}', ']', ' ', '\n', '\r', '\t':
			if i == start {
				return i, errSyntax
			}
			return i, nil
		case '"', '{', '[', ':':
			return i, errSyntax
		}
		i++
	}
	return i, errShort
}

func skipNested(b []byte, i int) (int, error) {
	depth := 0
	for i < len(b) {
		switch b[i] {
		case '"':
			end, err := skipString(b, i)
			if err != nil {
				return end, err
			}
			i = end
			continue
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return i + 1, nil
			}
		}
		i++
	}
	return i, errShort
}

// plain is a value's text: a string without its quotes, or the number or word as it stands. null is nothing.
func plain(raw []byte) []byte {
	if len(raw) >= 2 && raw[0] == '"' {
		in := raw[1 : len(raw)-1]
		if bytes.IndexByte(in, '\\') < 0 {
			return in
		}
		var s string
		if json.Unmarshal(raw, &s) != nil {
			return nil
		}
		return []byte(s)
	}
	if string(raw) == "null" {
		return nil
	}
	return raw
}

// elements calls f with the raw values of an array, or with the value itself when it is none.
func elements(raw []byte, f func([]byte)) {
	if len(raw) == 0 || raw[0] != '[' {
		f(raw)
		return
	}
	for i := 1; i < len(raw); {
		i = space(raw, i)
		if i >= len(raw) || raw[i] == ']' {
			return
		}
		if raw[i] == ',' {
			i++
			continue
		}
		end, err := skipValue(raw, i)
		if err != nil || end == i {
			return
		}
		f(raw[i:end])
		i = end
	}
}

// jsonRecords calls f with the values of each record of a stream: one a line, one after another, in an array, or in an array under the key
// of an object that holds a whole answer. It gives how many could not be read.
func jsonRecords(w *window, n *node, slots int, f func(values [][]byte)) (unread int64) {
	values := make([][]byte, slots)
	s := &jsonStream{window: w, fields: n}
	for s.next(values) {
		f(values)
	}
	return s.unread
}

// envelopes are the keys under which whole answers hold their records.
var envelopes = map[string]bool{"value": true, "records": true, "events": true, "signIns": true, "content": true}

type jsonStream struct {
	*window
	fields *node
	unread int64
	// inside says that an envelope has been opened.
	inside bool
	begun  bool
}

// next reads the next record.
func (s *jsonStream) next(values [][]byte) bool {
	for {
		if !s.begin() {
			return false
		}
		if !s.begun {
			s.begun = true
			if s.envelope() {
				continue
			}
		}
		clear(values)
		n, err := s.fields.object(s.rest(), 0, values)
		switch {
		case err == nil:
			s.at += n
			return true
		case errors.Is(err, errShort) && s.more():
		default: // it is no JSON, too long, or cut off: the next line may be well again
			s.unread++
			s.drop()
		}
	}
}

// begin moves to where a record begins.
func (s *jsonStream) begin() bool {
	bad := false
	for {
		b := s.rest()
		for i, c := range b {
			switch c {
			case '{':
				s.at += i
				return true
			case ' ', '\t', '\r', '\n', ',', '[', ']':
			case '}':
				if !s.inside { // what closes an envelope is no fault
					bad = true
				}
			case '"':
				if !s.inside {
					bad = true
				} else { // what follows in the envelope, after its records
					s.at += i
					if !s.tail() {
						return false
					}
					b = nil
				}
			default:
				bad = true
			}
			if b == nil {
				break
			}
			if bad {
				s.at += i
				s.unread++
				s.drop()
				break
			}
		}
		if b == nil || bad {
			bad = false
			continue
		}
		s.at = s.end
		if !s.more() {
			return false
		}
	}
}

// tail steps over one key and value after the records of an envelope.
func (s *jsonStream) tail() bool {
	for {
		b := s.rest()
		end, err := skipString(b, 0)
		if err == nil {
			if end = space(b, end); end < len(b) && b[end] == ':' {
				end = space(b, end+1)
			}
			if end < len(b) {
				end, err = skipValue(b, end)
			} else {
				err = errShort
			}
		}
		switch {
		case err == nil:
			s.at += end
			return true
		case errors.Is(err, errShort) && s.more():
		default:
			s.unread++
			s.drop()
			return true
		}
	}
}

// envelope opens an object that holds a whole answer, when that is what the stream begins with.
func (s *jsonStream) envelope() bool {
	for {
		n, err := openEnvelope(s.rest())
		if errors.Is(err, errShort) && len(s.rest()) < firstWindow/2 && s.more() {
			continue
		}
		if err != nil || n == 0 {
			return false
		}
		s.at += n
		s.inside = true
		return true
	}
}

// openEnvelope tells where the array of records begins in an object whose keys before it are few and plain; 0 when it is no such object.
func openEnvelope(b []byte) (int, error) {
	i := 1
	for range 8 {
		for i = space(b, i); i < len(b) && b[i] == ','; {
			i = space(b, i+1)
		}
		if i >= len(b) {
			return 0, errShort
		}
		if b[i] != '"' {
			return 0, nil
		}
		end, err := skipString(b, i)
		if err != nil {
			return 0, err
		}
		key := b[i+1 : end-1]
		if i = space(b, end); i >= len(b) || b[i] != ':' {
			return 0, errShort
		}
		if i = space(b, i+1); i >= len(b) {
			return 0, errShort
		}
		if envelopes[string(key)] && b[i] == '[' {
			return i + 1, nil
		}
		if i, err = skipValue(b, i); err != nil {
			return 0, err
		}
	}
	return 0, nil
}
