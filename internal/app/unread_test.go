// SPDX-License-Identifier: EUPL-1.2

package app_test

import (
	"bufio"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/insegel/insegel/internal/app"
	"github.com/insegel/insegel/internal/redact"
)

// heard is a log that a test can read while it is written.
type heard struct {
	mu   sync.Mutex
	text strings.Builder
	more chan struct{}
}

func (l *heard) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text.Write(b)
	select {
	case l.more <- struct{}{}:
	default:
	}
	return len(b), nil
}

// wait waits until the log has a text so many times.
func (l *heard) wait(t *testing.T, text string, times int) string {
	t.Helper()
	late := time.After(10 * time.Second)
	for {
		l.mu.Lock()
		all := l.text.String()
		l.mu.Unlock()
		if strings.Count(all, text) >= times {
			return all
		}
		select {
		case <-l.more:
		case <-late:
			t.Fatalf("%q does not stand %d times in the log:\n%s", text, times, all)
		}
	}
}

// What net/http refuses by itself is logged, and what else it has to say too, through the handler that takes secrets away.
func TestRefusedBeforeAnyPageIsLogged(t *testing.T) {
	out := &heard{more: make(chan struct{}, 1)}
	a := open(t, "sqlite:"+filepath.Join(t.TempDir(), "a.db"))
	a.Log = slog.New(redact.New(slog.NewTextHandler(out, nil)))
	s := app.ServerOf(a, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "page") }))
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = s.Serve(l) }()
	t.Cleanup(func() { _ = s.Close() })
	ask := func(request string) string {
		c, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = c.Close() }()
		if _, err := io.WriteString(c, request); err != nil {
			t.Fatal(err)
		}
		status, err := bufio.NewReader(c).ReadString('\n')
		if err != nil && !strings.Contains(request, "cut") {
			t.Fatal(err)
		}
		return status
	}
	if got := ask("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"); !strings.Contains(got, "200") {
		t.Errorf("a good request: %q", got)
	}
	bad := []string{
		"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: a\r\nX: 1\x00\r\n\r\n",
		"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: a\r\nX: " + strings.Repeat("x", 1<<17) + "\r\n\r\n",
		"nonsense\r\n\r\n",
	}
	for i, request := range bad {
		if got := ask(request); !strings.Contains(got, " 4") {
			t.Errorf("%.40q: %q", request, got)
		}
		out.wait(t, "request refused before any page", i+1)
	}
	// The good one has left no line: there are as many lines as bad requests.
	if all := out.wait(t, "request refused before any page", len(bad)); strings.Count(all, "request refused") != len(bad) || !strings.Contains(all, "127.0.0.1") {
		t.Errorf("got\n%s", all)
	}
	s.ErrorLog.Print("http: response had Authorization: Bearer " + strings.Repeat("s", 40))
	if all := out.wait(t, "http: response", 1); strings.Contains(all, strings.Repeat("s", 40)) {
		t.Errorf("a secret stands in the log:\n%s", all)
	}
}
