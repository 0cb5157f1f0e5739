// SPDX-License-Identifier: EUPL-1.2

package hello_test

import (
	"bytes"
	"encoding/binary"
	"testing"

	"github.com/insegel/insegel/internal/probe/hello"
)

func vector(n int, b []byte) []byte {
	var size [4]byte
	binary.BigEndian.PutUint32(size[:], uint32(len(b)))
	return append(append([]byte{}, size[4-n:]...), b...)
}

func message(kind byte, body []byte) []byte { return append([]byte{kind}, vector(3, body)...) }

func record(kind byte, body []byte) []byte { return append([]byte{kind, 3, 0}, vector(2, body)...) }

// serverHello is a server's choice, without extensions.
func serverHello(version, suite uint16, compression byte) []byte {
	b := binary.BigEndian.AppendUint16(nil, version)
	b = append(b, make([]byte, 32)...)
	b = append(b, 0)
	b = binary.BigEndian.AppendUint16(b, suite)
	return message(2, append(b, compression))
}

func dheKey(bits int) []byte {
	p := bytes.Repeat([]byte{0xff}, bits/8)
	return message(12, append(vector(2, p), vector(2, []byte{2})...))
}

// Servers that no library speaks with any more are known by their first words.
func TestOldServers(t *testing.T) {
	done := message(14, nil)
	chain := message(11, vector(3, append(vector(3, []byte("leaf")), vector(3, []byte("root"))...)))
	for name, c := range map[string]struct {
		question hello.Question
		answer   []byte
		want     hello.Answer
	}{
		"SSL 3.0": {
			hello.Question{Version: hello.SSL30},
			record(22, append(append(serverHello(0x0300, 0x000a, 0), chain...), done...)),
			hello.Answer{Taken: true, Version: 0x0300, Suite: 0x000a, Certificates: [][]byte{[]byte("leaf"), []byte("root")}},
		},
		"small group": {
			hello.Question{Version: hello.TLS10},
			append(record(22, serverHello(0x0301, 0x0033, 0)), record(22, append(dheKey(1024), done...))...),
			hello.Answer{Taken: true, Version: 0x0301, Suite: 0x0033, DHBits: 1024},
		},
		"in small records": {
			hello.Question{Version: hello.TLS12}, pieces(append(serverHello(0x0303, 0xc02f, 0), done...)), hello.Answer{Taken: true, Version: 0x0303, Suite: 0xc02f},
		},
		"compresses":      {hello.Question{Version: hello.TLS12}, record(22, append(serverHello(0x0303, 0x002f, 1), done...)), hello.Answer{Taken: true, Version: 0x0303, Suite: 0x002f, Compression: 1}},
		"another version": {hello.Question{Version: hello.TLS12}, record(22, append(serverHello(0x0301, 0x002f, 0), done...)), hello.Answer{Version: 0x0301, Suite: 0x002f}},
		"refused":         {hello.Question{Version: hello.TLS10}, record(21, []byte{2, 70}), hello.Answer{Alert: 70}},
		"warned first":    {hello.Question{Version: hello.TLS12}, append(record(21, []byte{1, 112}), record(22, append(serverHello(0x0303, 0xc02f, 0), done...))...), hello.Answer{Taken: true, Version: 0x0303, Suite: 0xc02f}},
		"closed":          {hello.Question{Version: hello.TLS10}, nil, hello.Answer{}},
	} {
		got, err := c.question.Read(bytes.NewReader(c.answer))
		if err != nil || got.Taken != c.want.Taken || got.Version != c.want.Version || got.Suite != c.want.Suite || got.Alert != c.want.Alert ||
			got.DHBits != c.want.DHBits || got.Compression != c.want.Compression || len(got.Certificates) != len(c.want.Certificates) {
			t.Errorf("%s: got %+v, %v, want %+v", name, got, err, c.want)
		}
	}
}

func pieces(text []byte) (out []byte) {
	for len(text) > 0 {
		n := min(7, len(text))
		out, text = append(out, record(22, text[:n])...), text[n:]
	}
	return out
}

func TestNotTLS(t *testing.T) {
	for name, answer := range map[string]string{"HTTP": "HTTP/1.1 400 Bad Request\r\n\r\n", "SSH": "SSH-2.0-OpenSSH\r\n", "large": "\x16\x03\x01\xff\xff"} {
		if got, err := (hello.Question{Version: hello.TLS12}).Read(bytes.NewReader([]byte(answer))); err == nil || got.Taken {
			t.Errorf("%s: got %+v, %v", name, got, err)
		}
	}
}

func FuzzAnswer(f *testing.F) {
	f.Add(record(22, serverHello(0x0303, 0xc02f, 0)))
	f.Add(append(record(22, serverHello(0x0301, 0x0033, 0)), record(22, dheKey(512))...))
	f.Add(record(21, []byte{2, 40}))
	f.Add(record(22, message(11, vector(3, vector(3, []byte("x"))))))
	f.Fuzz(func(t *testing.T, b []byte) {
		a, err := hello.Question{Version: hello.TLS12}.Read(bytes.NewReader(b))
		if a.Taken && (err != nil || a.Version != hello.TLS12) {
			t.Errorf("got %+v, %v", a, err)
		}
		if len(a.Certificates) > 16 || a.DHBits < 0 || a.DHBits > 8*0xffff {
			t.Errorf("got %d certificates, a group of %d", len(a.Certificates), a.DHBits)
		}
	})
}
