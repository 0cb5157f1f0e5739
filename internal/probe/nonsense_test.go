// SPDX-License-Identifier: EUPL-1.2

package probe_test

import (
	"bytes"
	"io"
	"math/rand/v2"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// tlsRecord is a record of TLS, of any kind and with any content.
func tlsRecord(kind byte, body ...byte) []byte {
	return append([]byte{kind, 3, 3, byte(len(body) >> 8), byte(len(body))}, body...)
}

// serverSays is a server's choice of TLS 1.2 and a suite that every client has, without anything after it.
var serverSays = append([]byte{2, 0, 0, 38, 3, 3}, append(make([]byte, 33), 0xc0, 0x2f, 0)...)

// nonsense is what may be said on a port for encryption by something that does not mean it. What is said is said again for ever.
var nonsense = map[string]func() []byte{
	"chance":                 func() []byte { return []byte(strconv.FormatUint(rand.Uint64(), 36)) },
	"chance in records":      func() []byte { return tlsRecord(22, []byte(strconv.FormatUint(rand.Uint64(), 36))...) },
	"zeros":                  func() []byte { return make([]byte, 4096) },
	"HTTP":                   func() []byte { return []byte("HTTP/1.1 400 Bad Request\r\nContent-Type: text/html\r\n\r\n" + formHTML) },
	"SSH":                    func() []byte { return []byte("SSH-2.0-OpenSSH_9.2\r\n") },
	"mail":                   func() []byte { return []byte("220 mail.example.se ESMTP\r\n") },
	"the largest record":     func() []byte { return append([]byte{22, 3, 3, 0xff, 0xff}, make([]byte, 0xffff)...) },
	"empty records":          func() []byte { return tlsRecord(22) },
	"warnings":               func() []byte { return tlsRecord(21, 1, 112) },
	"other warnings":         func() []byte { return tlsRecord(21, 1, 90) },
	"alerts that are none":   func() []byte { return tlsRecord(21, 7, 7, 7) },
	"changes of cipher":      func() []byte { return tlsRecord(20, 1) },
	"hearts":                 func() []byte { return tlsRecord(24, 1, 0x40, 0) },
	"data before a word":     func() []byte { return tlsRecord(23, make([]byte, 1000)...) },
	"hello, for ever":        func() []byte { return tlsRecord(22, serverSays...) },
	"hello again":            func() []byte { return tlsRecord(22, 0, 0, 0, 0) }, // a request to begin again
	"a message of 16 MB":     func() []byte { return tlsRecord(22, append([]byte{11, 0xff, 0xff, 0xff}, make([]byte, 1000)...)...) },
	"a chain without end":    func() []byte { return tlsRecord(22, append([]byte{11, 1, 0xff, 0xff}, make([]byte, 1<<14-4)...)...) },
	"tickets without end":    func() []byte { return tlsRecord(22, 4, 0, 0, 6, 0, 0, 0, 0, 0, 0) },
	"questions for a card":   func() []byte { return tlsRecord(22, 13, 0, 0, 4, 1, 1, 0, 0) },
	"hello in single bytes":  func() []byte { return tlsRecord(22, 2) },
	"SSL 2.0":                func() []byte { return []byte{0x80, 4, 4, 0, 1, 0, 2} },
	"a refusal, for ever":    func() []byte { return tlsRecord(21, 2, 40) },
	"that it wants a card":   func() []byte { return tlsRecord(21, 2, 116) },
	"nothing, and it closes": nil,
}

// TestNonsenseOnThePort has servers that talk nonsense where TLS is expected, without end. No verdict but unknown comes of it, nothing is called
// good, and little is read.
func TestNonsenseOnThePort(t *testing.T) {
	for name, say := range nonsense {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var said atomic.Int64
			port := portOf(t, rawServer(t, func(w io.Writer) error {
				if say == nil {
					return io.EOF
				}
				n, err := w.Write(bytes.Repeat(say(), 16))
				said.Add(int64(n))
				return err
			}))
			judged(t, port, 5*time.Second)
			if n := said.Load(); n > 256<<20 {
				t.Errorf("%d MB were taken", n>>20)
			}
		})
	}
}

// TestServersThatTakeTheirTime has servers that say nothing, or a byte now and then, where TLS is expected.
func TestServersThatTakeTheirTime(t *testing.T) {
	for name, say := range map[string][]byte{"silence": nil, "a byte now and then": {22}, "a hello now and then": tlsRecord(22, 0, 0, 0, 0)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			stop := make(chan struct{})
			t.Cleanup(func() { close(stop) })
			judged(t, portOf(t, rawServer(t, func(w io.Writer) error {
				select {
				case <-time.After(20 * time.Millisecond):
					_, err := w.Write(say)
					return err
				case <-stop:
					return io.EOF
				}
			})), 200*time.Millisecond)
		})
	}
}

func portOf(t *testing.T, address string) int {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	port, err := strconv.Atoi(u.Port())
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// judged measures both what there is to measure, and holds that nothing is made of it.
func judged(t *testing.T, port int, timeout time.Duration) {
	t.Helper()
	o := options(t, "127.0.0.1")
	o.Timeout = timeout
	if r := encryption(t, o, port); r.Grade == "good" || r.Grade == "sufficient" || len(r.Addresses) != 1 || r.Addresses[0].TLS.Verify != "error" {
		t.Errorf("encryption: got %s, limits %q: %+v", r.Grade, r.Limits, r.Addresses)
	}
	r := login(t, o, "https://127.0.0.1:"+strconv.Itoa(port)+"/")
	if r.Verdict != "unknown" || r.Factors != nil || r.LoA != nil || len(r.Reasons) == 0 || !slices.ContainsFunc(r.Limits, func(l string) bool {
		return l == "not_reached" || l == "timeout"
	}) {
		t.Errorf("sign-in: got %s, limits %q, reasons %q", r.Verdict, r.Limits, r.Reasons)
	}
	if strings.Contains(strings.Join(r.Reasons, " "), "certificate") {
		t.Errorf("nobody asked for a certificate: %q", r.Reasons)
	}
}
