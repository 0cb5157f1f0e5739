// SPDX-License-Identifier: EUPL-1.2

package audit

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
)

// Field is a part of an entry that its leaf only commits to, so that it can be erased.
type Field int

// The fields, in the order of the format.
const (
	Who Field = iota
	What
	Why
	From
	numFields
)

var fieldNames = [numFields]string{"who", "what", "why", "from"}

// String is the field's name in the format.
func (f Field) String() string { return fieldNames[f] }

// saltSize is the number of random bytes that each field is hidden with.
const saltSize = 16

// commitPrefix begins everything that is committed to, so that a commitment is never taken for another hash.
const commitPrefix = "insegel log 2 "

// private is what a leaf of format 2 commits to.
type private struct {
	// values are the fields' texts; gone says which are erased.
	values [numFields]string
	gone   [numFields]bool
	salts  [numFields][saltSize]byte
}

// draw hides the fields with new salts.
func (p *private) draw() error {
	var b [int(numFields) * saltSize]byte
	if _, err := rand.Read(b[:]); err != nil {
		return fmt.Errorf("draw salts: %w", err)
	}
	for f := range p.salts {
		copy(p.salts[f][:], b[f*saltSize:])
	}
	return nil
}

// commit is the commitment to one field: SHA-256 of the prefix, the field's name, a zero byte, the salt and the text.
func (p *private) commit(f Field, scratch []byte) [sha256.Size]byte {
	scratch = append(scratch[:0], commitPrefix...)
	scratch = append(scratch, fieldNames[f]...)
	scratch = append(scratch, 0)
	scratch = append(scratch, p.salts[f][:]...)
	scratch = append(scratch, p.values[f]...)
	return sha256.Sum256(scratch)
}

// erase forgets a field and the salt that hid it.
func (p *private) erase(f Field) {
	p.values[f], p.gone[f], p.salts[f] = "", true, [saltSize]byte{}
}

var (
	encoding   = base64.RawStdEncoding
	saltsWidth = encoding.EncodedLen(int(numFields) * saltSize)
)

// packSalts writes the salts as they are stored.
func (p *private) packSalts() string {
	b := make([]byte, 0, int(numFields)*saltSize)
	for f := range p.salts {
		b = append(b, p.salts[f][:]...)
	}
	return encoding.EncodeToString(b)
}

// unpackSalts reads stored salts; ok is false for what is none.
func (p *private) unpackSalts(s []byte) (ok bool) {
	var b [int(numFields)*saltSize + 3]byte
	if len(s) != saltsWidth {
		return false
	}
	n, err := encoding.Decode(b[:], s)
	if err != nil || n != int(numFields)*saltSize {
		return false
	}
	for f := range p.salts {
		copy(p.salts[f][:], b[f*saltSize:])
	}
	return true
}

// leaf is what the tree is built over (Swedish: löv). It holds nothing about persons.
type leaf struct {
	seq, at                      int64
	action, objectKind, objectID string
	commitments                  [numFields][sha256.Size]byte
}

// append writes the leaf in its one form. The order of the keys, and how texts are quoted, are part of the format.
func (l *leaf) append(b []byte) []byte {
	b = append(b, `{"v":2,"seq":`...)
	b = strconv.AppendInt(b, l.seq, 10)
	b = append(b, `,"at":`...)
	b = strconv.AppendInt(b, l.at, 10)
	b = append(b, `,"action":`...)
	b = quote(b, l.action)
	b = append(b, `,"object_kind":`...)
	b = quote(b, l.objectKind)
	b = append(b, `,"object_id":`...)
	b = quote(b, l.objectID)
	for f := range numFields {
		b = append(b, `,"`...)
		b = append(b, fieldNames[f]...)
		b = append(b, `":"`...)
		b = encoding.AppendEncode(b, l.commitments[f][:])
		b = append(b, '"')
	}
	return append(b, '}')
}

// quote writes a text as JSON, as encoding/json does: what is not plain ASCII goes the long way.
func quote(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			q, _ := json.Marshal(s) // a string can always be written
			return append(b, q...)
		}
	}
	b = append(b, '"')
	b = append(b, s...)
	return append(b, '"')
}

// errLeaf says that a leaf is in no form that this program knows.
var errLeaf = errors.New("not a leaf of this format")

// parseLeaf reads a leaf of format 2, in its one form only.
func parseLeaf(record []byte) (leaf, error) {
	var in struct {
		V          int    `json:"v"`
		Seq        int64  `json:"seq"`
		At         int64  `json:"at"`
		Action     string `json:"action"`
		ObjectKind string `json:"object_kind"`
		ObjectID   string `json:"object_id"`
		Who        string `json:"who"`
		What       string `json:"what"`
		Why        string `json:"why"`
		From       string `json:"from"`
	}
	if err := json.Unmarshal(record, &in); err != nil || in.V != 2 {
		return leaf{}, errLeaf
	}
	l := leaf{seq: in.Seq, at: in.At, action: in.Action, objectKind: in.ObjectKind, objectID: in.ObjectID}
	for f, text := range [numFields]string{in.Who, in.What, in.Why, in.From} {
		b, err := encoding.DecodeString(text)
		if err != nil || len(b) != sha256.Size {
			return leaf{}, errLeaf
		}
		copy(l.commitments[f][:], b)
	}
	if !bytes.Equal(l.append(nil), record) {
		return leaf{}, errLeaf
	}
	return l, nil
}

// oldLeaf is a leaf of format 1, of the versions before the tree. It holds everything in plain text, and cannot be erased.
type oldLeaf struct {
	Seq        int64           `json:"seq"`
	At         int64           `json:"at"`
	Actor      string          `json:"actor"`
	Action     string          `json:"action"`
	ObjectKind string          `json:"object_kind"`
	ObjectID   string          `json:"object_id"`
	Data       json.RawMessage `json:"data"`
}

// parseOldLeaf reads a leaf of format 1, in its one form only.
func parseOldLeaf(record []byte) (oldLeaf, error) {
	var l oldLeaf
	if err := json.Unmarshal(record, &l); err != nil {
		return oldLeaf{}, errLeaf
	}
	if again, err := json.Marshal(l); err != nil || !bytes.Equal(again, record) {
		return oldLeaf{}, errLeaf
	}
	return l, nil
}
