// SPDX-License-Identifier: EUPL-1.2

// Package hello speaks the first words of TLS (Swedish: TLS-hälsning): enough to see which versions and which kinds of encryption a
// server takes, old ones too that no library offers any more. It never completes a connection, and no secret is sent over one.
package hello

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/netip"
)

// Versions of TLS as they are written on the wire.
const (
	SSL30 uint16 = 0x0300
	TLS10 uint16 = 0x0301
	TLS11 uint16 = 0x0302
	TLS12 uint16 = 0x0303
	TLS13 uint16 = 0x0304
)

// ErrAnswer says that a server did not answer in TLS.
var ErrAnswer = errors.New("the server did not answer in TLS")

// Question is what a server is asked whether it takes.
type Question struct {
	// Name is the host's name; one that is an address is not sent.
	Name    string
	Version uint16
	Suites  []uint16
}

// Answer is what a server said.
type Answer struct {
	// Taken says that it chose one of the suites, in the version that it was asked for.
	Taken       bool
	Version     uint16
	Suite       uint16
	Compression uint8
	// Alert is why it refused; 0 is that it merely closed the connection.
	Alert uint8
	// Certificates are its certificates, which up to TLS 1.2 can be seen by anybody.
	Certificates [][]byte
	// DHBits is the size of the group that it uses for a DHE suite; 0 is not known.
	DHBits int
}

// Types of records and handshake messages.
const (
	recordAlert     = 21
	recordHandshake = 22

	messageServerHello = 2
	messageCertificate = 11
	messageKeyExchange = 12
	messageDone        = 14
)

// Bytes is the question as it is sent.
func (q Question) Bytes() ([]byte, error) {
	random := make([]byte, 64)
	if _, err := rand.Read(random); err != nil {
		return nil, fmt.Errorf("draw a hello: %w", err)
	}
	version := min(q.Version, TLS12) // TLS 1.3 hides behind 1.2
	body := binary.BigEndian.AppendUint16(nil, version)
	body = append(body, random[:32]...)
	body = append(body, 0) // no session
	suites := append([]uint16{}, q.Suites...)
	if q.Version < TLS13 {
		suites = append(suites, 0x00ff) // that renegotiation is safe, which some servers insist on
	}
	body = binary.BigEndian.AppendUint16(body, uint16(2*len(suites))) //nolint:gosec // the lists are ours and short
	for _, s := range suites {
		body = binary.BigEndian.AppendUint16(body, s)
	}
	if q.Version < TLS13 {
		body = append(body, 2, 1, 0) // would it compress?
	} else {
		body = append(body, 1, 0)
	}
	if q.Version > SSL30 {
		body = appendVector(body, q.extensions(random[32:]))
	}
	message := append([]byte{1, 0}, binary.BigEndian.AppendUint16(nil, uint16(len(body)))...) //nolint:gosec // a few hundred bytes
	message = append(message, body...)
	out := append([]byte{recordHandshake}, binary.BigEndian.AppendUint16(nil, min(q.Version, TLS10))...)
	return appendVector(out, message), nil
}

// appendVector adds bytes with their length before them.
func appendVector(to, b []byte) []byte {
	return append(binary.BigEndian.AppendUint16(to, uint16(len(b))), b...) //nolint:gosec // a few hundred bytes
}

func appendExtension(to []byte, kind uint16, b []byte) []byte {
	return appendVector(binary.BigEndian.AppendUint16(to, kind), b)
}

func (q Question) extensions(share []byte) []byte {
	var e []byte
	if _, err := netip.ParseAddr(q.Name); err != nil && q.Name != "" {
		e = appendExtension(e, 0, appendVector(nil, appendVector([]byte{0}, []byte(q.Name))))
	}
	e = appendExtension(e, 10, appendVector(nil, []byte{0, 29, 0, 23, 0, 24, 0, 25})) // X25519, P-256, P-384, P-521
	e = appendExtension(e, 11, []byte{1, 0})
	if q.Version >= TLS12 {
		// RSA-PSS, ECDSA, Ed25519 and RSA with SHA-2, then what only old servers sign with.
		e = appendExtension(e, 13, appendVector(nil, []byte{8, 4, 8, 5, 8, 6, 4, 3, 5, 3, 6, 3, 8, 7, 4, 1, 5, 1, 6, 1, 2, 1, 2, 3, 2, 2}))
	}
	if q.Version == TLS13 {
		e = appendExtension(e, 43, []byte{2, 3, 4})
		e = appendExtension(e, 45, []byte{1, 1})
		e = appendExtension(e, 51, appendVector(nil, appendVector([]byte{0, 29}, share)))
	}
	return e
}

// Limits of an answer.
const (
	maxAnswer  = 128 << 10
	maxRecord  = 18 << 10
	maxRecords = 64
	maxChain   = 16
)

// Read reads what a server answers to a question, and no further than it is said in the open.
func (q Question) Read(from io.Reader) (Answer, error) {
	a, err := q.read(from)
	if err != nil {
		return Answer{}, err // what came before the fault is not an answer
	}
	return a, nil
}

func (q Question) read(from io.Reader) (Answer, error) {
	var a Answer
	var text []byte
	for range maxRecords {
		kind, record, err := readRecord(from, maxAnswer-len(text))
		if errors.Is(err, io.EOF) || err != nil && a.Version != 0 && kind == 0 {
			return a, nil // closed, which is an answer too
		}
		if err != nil {
			return a, fmt.Errorf("%w: %w", ErrAnswer, err)
		}
		switch kind {
		case recordAlert:
			if len(record) == 2 && (record[0] == 2 || a.Version == 0 && record[1] != 112) { // 112: it does not know the name, and goes on
				a.Alert, a.Taken = record[1], false
				return a, nil
			}
			continue
		case recordHandshake:
			text = append(text, record...)
		default:
			return a, nil // what follows is hidden
		}
		rest, done, err := q.messages(&a, text)
		if err != nil || done {
			return a, err
		}
		text = rest
	}
	return a, a.said()
}

// said is a fault where a server went on and on, and said nothing.
func (a *Answer) said() error {
	if a.Version == 0 {
		return ErrAnswer
	}
	return nil
}

// readRecord reads one record. The kind is 0 when the connection ended before it.
func readRecord(from io.Reader, most int) (kind byte, record []byte, err error) {
	var head [5]byte
	if _, err := io.ReadFull(from, head[:]); err != nil {
		return 0, nil, err
	}
	size := int(binary.BigEndian.Uint16(head[3:]))
	if head[1] != 3 || size > min(maxRecord, most) {
		return head[0], nil, ErrAnswer
	}
	record = make([]byte, size)
	if _, err = io.ReadFull(from, record); err != nil {
		return head[0], nil, ErrAnswer
	}
	return head[0], record, nil
}

// messages reads the messages that have come so far.
func (q Question) messages(a *Answer, text []byte) (rest []byte, done bool, err error) {
	for len(text) >= 4 {
		size := int(text[1])<<16 | int(text[2])<<8 | int(text[3])
		if size > maxAnswer {
			return nil, true, ErrAnswer
		}
		if len(text) < 4+size {
			break
		}
		body := reader{b: text[4 : 4+size]}
		switch text[0] {
		case messageServerHello:
			q.serverHello(a, body)
			if a.Version == 0 {
				return nil, true, ErrAnswer
			}
			if a.Version == TLS13 {
				return nil, true, nil
			}
		case messageCertificate:
			a.certificates(body)
		case messageKeyExchange:
			a.keyExchange(body)
		case messageDone:
			return nil, true, nil
		}
		text = text[4+size:]
	}
	return text, false, nil
}

// reader takes bytes from the front, and gives nothing when there are too few.
type reader struct{ b []byte }

func (r *reader) take(n int) []byte {
	if n < 0 || n > len(r.b) {
		r.b = nil
		return nil
	}
	out := r.b[:n]
	r.b = r.b[n:]
	return out
}

// number takes a number of n bytes; -1 when there are too few.
func (r *reader) number(n int) int {
	b := r.take(n)
	if b == nil {
		return -1
	}
	v := 0
	for _, c := range b {
		v = v<<8 | int(c)
	}
	return v
}

func (q Question) serverHello(a *Answer, r reader) {
	version := r.number(2)
	if r.take(32) == nil {
		return
	}
	r.take(r.number(1))
	suite, compression := r.number(2), r.number(1)
	if version < 0 || suite < 0 || compression < 0 {
		return
	}
	extensions := reader{b: r.take(r.number(2))}
	for len(extensions.b) > 0 {
		kind := extensions.number(2)
		body := reader{b: extensions.take(extensions.number(2))}
		if kind == 43 {
			version = body.number(2)
		}
	}
	if version < int(SSL30) || version > int(TLS13) {
		return
	}
	a.Version, a.Suite, a.Compression = uint16(version), uint16(suite), uint8(compression) //nolint:gosec // within two bytes and one
	a.Taken = a.Version == q.Version
}

func (a *Answer) certificates(r reader) {
	list := reader{b: r.take(r.number(3))}
	for len(list.b) > 0 && len(a.Certificates) < maxChain {
		der := list.take(list.number(3))
		if len(der) == 0 {
			return
		}
		a.Certificates = append(a.Certificates, append([]byte{}, der...))
	}
}

// keyExchange reads the size of the group, of a suite that has one in the open.
func (a *Answer) keyExchange(r reader) {
	if !usesDHE(a.Suite) {
		return
	}
	p := r.take(r.number(2))
	for len(p) > 0 && p[0] == 0 {
		p = p[1:]
	}
	if len(p) > 0 {
		a.DHBits = len(p)*8 - leadingZeros(p[0])
	}
}

func leadingZeros(b byte) int {
	n := 0
	for ; b&0x80 == 0 && n < 8; b <<= 1 {
		n++
	}
	return n
}
