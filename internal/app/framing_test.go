// SPDX-License-Identifier: EUPL-1.2

package app_test

import (
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"net/http"
	"net/netip"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"github.com/insegel/insegel/internal/app"
	"github.com/insegel/insegel/internal/outbound"
)

// framed speaks HTTP/2 with the program's own server, frame by frame.
type framed struct {
	*http2.Framer
	t       *testing.T
	a       *app.App
	ca      *authority
	at      string
	conn    *tls.Conn
	reached atomic.Int64
	hold    chan struct{} // a request to /hold is answered when it is closed
	stream  uint32
}

func speak(t *testing.T) *framed {
	t.Helper()
	f := &framed{t: t, a: open(t, "sqlite:"+filepath.Join(t.TempDir(), "a.db")), ca: newAuthority(t), hold: make(chan struct{})}
	cert, key := f.ca.issue(t, t.TempDir(), nil)
	s := app.ServerOf(f.a, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.reached.Add(1)
		if r.URL.Path == "/hold" {
			<-f.hold
		}
		for range map[string]int{"/long": 999}[r.URL.Path] { // messages that lie across what is written at a time
			_, _ = io.WriteString(w, strings.Repeat("x", 333))
		}
		onePage(w, r)
	}))
	l := loopback(t)
	f.at = l.Addr().String()
	go func() { _ = s.ServeTLS(l, cert, key) }()
	t.Cleanup(func() { _ = s.Close() })
	f.connect()
	return f
}

// connect begins a connection.
func (f *framed) connect() {
	f.t.Helper()
	d := &tls.Dialer{Config: &tls.Config{RootCAs: f.ca.pool, ServerName: "insegel.test", NextProtos: []string{"h2"}}}
	c, err := d.DialContext(f.t.Context(), "tcp", f.at)
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(func() { _ = c.Close() })
	f.conn = c.(*tls.Conn)
	if _, err := io.WriteString(c, http2.ClientPreface); err != nil {
		f.t.Fatal(err)
	}
	f.Framer, f.stream = http2.NewFramer(c, c), 1
	f.AllowIllegalWrites = true
	f.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	if err := errors.Join(f.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: 1 << 24}), f.WriteWindowUpdate(0, 1<<24)); err != nil {
		f.t.Fatal(err)
	}
}

// send sends a request with some more fields, and tells its number; 0 when the connection is closed.
func (f *framed) send(path string, more ...string) uint32 {
	f.t.Helper()
	var block bytes.Buffer
	e := hpack.NewEncoder(&block)
	for i, fields := 0, append([]string{":method", "GET", ":scheme", "https", ":authority", "insegel.test", ":path", path}, more...); i < len(fields); i += 2 {
		if err := e.WriteField(hpack.HeaderField{Name: fields[i], Value: fields[i+1]}); err != nil {
			f.t.Fatal(err)
		}
	}
	id := f.stream
	f.stream += 2
	if err := f.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: block.Bytes(), EndStream: true, EndHeaders: true}); err != nil {
		return 0
	}
	return id
}

// ask sends a request with some more fields, and tells the status that it is answered with; "reset" or "closed" when there is none.
func (f *framed) ask(more ...string) string {
	f.t.Helper()
	return f.answer(f.send("/", more...))
}

// answer waits for the answer of a request.
func (f *framed) answer(id uint32) string {
	f.t.Helper()
	if id == 0 {
		return "closed"
	}
	_ = f.conn.SetReadDeadline(time.Now().Add(20 * time.Second)) // a busy machine may think long
	for {
		frame, err := f.ReadFrame()
		if err != nil {
			return "closed"
		}
		switch x := frame.(type) {
		case *http2.MetaHeadersFrame:
			if x.StreamID == id {
				return x.PseudoValue("status")
			}
		case *http2.RSTStreamFrame:
			if x.StreamID == id {
				return "reset"
			}
		case *http2.GoAwayFrame:
			return "closed"
		}
	}
}

// TestFieldsOfAConnection sends, in HTTP/2, what belongs to HTTP/1.1 alone, and what would be more than one line there: a proxy that writes
// such a message anew would write two. None reaches a page.
func TestFieldsOfAConnection(t *testing.T) {
	f := speak(t)
	if got := f.ask("accept", "text/html"); got != "200" {
		t.Fatalf("a good request: %s", got)
	}
	for name, fields := range map[string][]string{
		"chunks":                      {"transfer-encoding", "chunked"},
		"a connection":                {"connection", "keep-alive"},
		"a field of the connection":   {"connection", "x-secret", "x-secret", "1"},
		"keep-alive":                  {"keep-alive", "timeout=5"},
		"a proxy's connection":        {"proxy-connection", "close"},
		"another protocol":            {"upgrade", "websocket"},
		"trailers of another kind":    {"te", "gzip"},
		"a large letter":              {"X-Forwarded-For", "1"},
		"a line feed in a value":      {"x-a", "1\nhost: evil.example"},
		"a return in a value":         {"x-a", "1\rb"},
		"both":                        {"x-a", "1\r\ncontent-length: 9"},
		"a NUL in a value":            {"x-a", "1\x00"},
		"a line feed in a name":       {"x-a\nb", "1"},
		"a colon in a name":           {"x-a:b", "1"},
		"a space in a name":           {"x a", "1"},
		"an empty name":               {"", "1"},
		"a field of its own kind":     {":status", "200"},
		"the path twice":              {":path", "/logga-ut"},
		"the method after the fields": {"x-a", "1", ":method", "POST"},
	} {
		before := f.reached.Load()
		got := f.ask(fields...)
		if got != "400" && got != "reset" && got != "closed" || f.reached.Load() != before {
			t.Errorf("%s: %s, and %d pages reached", name, got, f.reached.Load()-before)
		}
		if got == "closed" {
			f.connect()
		}
	}
}

// TestMessagesOfHTTP2AreTold breaks the rules of HTTP/2, and speaks something else, and looks for it in the log that nobody can rewrite.
func TestMessagesOfHTTP2AreTold(t *testing.T) {
	f := speak(t)
	if got := f.ask(); got != "200" {
		t.Fatalf("a good request: %s", got)
	}
	if err := f.WriteRawFrame(http2.FrameWindowUpdate, 0, 0, []byte{0, 0, 0, 0}); err != nil {
		t.Fatal(err)
	}
	if all := waitRefused(t, f.a, "http2", 1); !strings.Contains(all[0], "127.0.0.1") || !strings.Contains(all[0], "PROTOCOL_ERROR") {
		t.Errorf("in the log: %q", all)
	}
	f.connect()
	if got := f.ask(); got != "200" {
		t.Fatalf("a good request: %s", got)
	}
	if err := f.WriteRawFrame(http2.FrameSettings, 0, 0, []byte{0, 4, 0xff, 0xff, 0xff, 0xff}); err != nil {
		t.Fatal(err)
	}
	if all := waitRefused(t, f.a, "http2", 2); !strings.Contains(strings.Join(all, "\n"), "FLOW_CONTROL_ERROR") {
		t.Errorf("in the log: %q", all)
	}
	c, err := (&tls.Dialer{Config: &tls.Config{RootCAs: f.ca.pool, ServerName: "insegel.test", NextProtos: []string{"h2"}}}).DialContext(t.Context(), "tcp", f.at)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	if _, err := io.WriteString(c, "GET / HTTP/1.1\r\nHost: insegel.test\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	if all := waitRefused(t, f.a, "http2", 3); len(all) != 3 || !strings.Contains(strings.Join(all, "\n"), "no HTTP/2 at all") {
		t.Errorf("in the log: %q", all)
	}
}

// TestNothingHidesBesideAnother sends what HTTP/2 forbids, or cannot hold at all, while another request is under way on the same connection:
// each is told with its address, and good requests tell nothing.
func TestNothingHidesBesideAnother(t *testing.T) {
	f := speak(t)
	held := f.send("/hold")
	if got := f.ask("accept", "text/html"); got != "200" {
		t.Fatalf("a good request beside: %s", got)
	}
	told := 0
	for _, c := range []struct {
		answer, why string
		fields      []string
	}{
		{"reset", "PROTOCOL_ERROR", []string{"x a", "1"}},
		{"reset", "PROTOCOL_ERROR", []string{"x-a", "1\nhost: evil.example"}},
		{"reset", "PROTOCOL_ERROR", []string{":path", "/logga-ut"}},
		{"400", "no page has seen", []string{"transfer-encoding", "chunked"}},
		{"400", "no page has seen", []string{"connection", "keep-alive"}},
	} {
		if got := f.ask(c.fields...); got != c.answer {
			t.Errorf("%q: %s, want %s", c.fields, got, c.answer)
		}
		told++
		all := waitRefused(t, f.a, "http2", told)
		if len(all) != told || !strings.Contains(all[0], "127.0.0.1") || !strings.Contains(all[0], c.why) || strings.Contains(all[0], `"more"`) {
			t.Errorf("%q, in the log: %q", c.fields, all)
		}
		f.a.Watch.Close(t.Context()) // so that the next one is the first of its kind again
		if got := f.answer(f.send("/long", "x-a", strings.Repeat("a", told*1000))); got != "200" {
			t.Errorf("a good request after %q: %s", c.fields, got)
		}
	}
	close(f.hold)
	if got := f.answer(held); got != "200" {
		t.Errorf("the request that was under way: %s", got)
	}
	if err := f.conn.Close(); err != nil {
		t.Error(err)
	}
	f.a.Watch.Close(t.Context())
	if all := waitRefused(t, f.a, "http2", told); len(all) != told || f.reached.Load() != int64(told+2) {
		t.Errorf("%d pages reached; in the log: %q", f.reached.Load(), all)
	}
}

// TestForbiddenFieldsAreTold sends fields that HTTP/2 forbids, each on a connection of its own, and looks for them in the log that nobody can
// rewrite; good requests leave nothing there.
func TestForbiddenFieldsAreTold(t *testing.T) {
	f := speak(t)
	for range 3 {
		if got := f.ask("accept", "text/html"); got != "200" {
			t.Fatalf("a good request: %s", got)
		}
	}
	for i, fields := range [][]string{{"transfer-encoding", "chunked"}, {"connection", "keep-alive"}, {"te", "gzip"}} {
		f.connect()
		if got := f.ask(fields...); got != "400" {
			t.Errorf("%s: %s, want 400", fields[0], got)
		}
		all := waitRefused(t, f.a, "http2", i+1)
		if !strings.Contains(all[0], "127.0.0.1") || !strings.Contains(all[0], "no page has seen") || strings.Contains(all[0], `"more"`) {
			t.Errorf("%s, in the log: %q", fields[0], all)
		}
		f.a.Watch.Close(t.Context()) // so that the next one is the first of its kind again
	}
	if all := waitRefused(t, f.a, "http2", 3); len(all) != 3 {
		t.Errorf("in the log: %q", all)
	}
}

// TestHandshakesAreTold knocks at the encrypted door with something else, and looks for it in the log that nobody can rewrite.
func TestHandshakesAreTold(t *testing.T) {
	f := speak(t)
	for name, config := range map[string]*tls.Config{
		"an old version": {InsecureSkipVerify: true, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS10}, //nolint:gosec // that it is refused is the point
		"no trust":       {ServerName: "insegel.test"},
	} {
		if c, err := (&tls.Dialer{Config: config}).DialContext(t.Context(), "tcp", f.at); err == nil {
			t.Errorf("%s was accepted", name)
			_ = c.Close()
		}
	}
	if all := waitRefused(t, f.a, "tls", 1); !strings.Contains(all[0], "127.0.0.1") || !strings.Contains(all[0], "no encrypted connection") {
		t.Errorf("in the log: %q", all)
	}
}

// TestLengthsAreTrue has pages say another length than they write, and requests too: what is sent is never longer than what was said, and
// what is shorter ends the connection, so that nothing after it can be taken for a part of it.
func TestLengthsAreTrue(t *testing.T) {
	a := open(t, "sqlite:"+filepath.Join(t.TempDir(), "a.db"))
	s := app.ServerOf(a, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", r.URL.Query().Get("n"))
		_, _ = io.WriteString(w, "12345678")
	}))
	l := loopback(t)
	go func() { _ = s.Serve(l) }()
	t.Cleanup(func() { _ = s.Close() })
	base := "http://" + l.Addr().String() + "/"
	c, err := outbound.Policy{Networks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}.Client(outbound.Request{Targets: []string{base}})
	if err != nil {
		t.Fatal(err)
	}
	do := func(said string, length int64) ([]byte, error) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, base+"?n="+said, strings.NewReader("12345678"))
		if err != nil {
			t.Fatal(err)
		}
		r.ContentLength = length
		res, err := c.Do(r)
		if err != nil {
			return nil, err
		}
		b, err := io.ReadAll(res.Body)
		return b, errors.Join(err, res.Body.Close())
	}
	for said, want := range map[string]string{"8": "12345678", "-1": "12345678", "x": "12345678"} {
		if b, err := do(said, 8); err != nil || string(b) != want {
			t.Errorf("a page that says %s: %q, %v", said, b, err)
		}
	}
	if b, err := do("12", 8); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("a page that says more than it writes: %q, %v", b, err)
	}
	if b, _ := do("3", 8); len(b) > 3 {
		t.Errorf("a page that says less than it writes: %q", b)
	}
	for _, n := range []int64{3, 12} {
		if _, err := do("8", n); err == nil {
			t.Errorf("a request of 8 bytes that says %d was sent", n)
		}
	}
}
