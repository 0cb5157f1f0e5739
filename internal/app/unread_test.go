// SPDX-License-Identifier: EUPL-1.2

package app_test

import (
	"bufio"
	"fmt"
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
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/db"
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

var onePage = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "page") })

func loopback(t *testing.T) net.Listener {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// waitRefused waits until the installation's log tells of so many refusals at a place, and gives what it tells.
func waitRefused(t *testing.T, a *app.App, place string, least int) []string {
	t.Helper()
	for late := time.After(10 * time.Second); ; {
		var out []string
		err := a.DB.Read(t.Context(), db.Installation, func(tx *db.Tx) error {
			list, err := audit.List(t.Context(), tx, db.Installation, audit.Filter{Limit: 1000})
			for i := range list {
				if e := &list[i]; e.Action == audit.ActionRefused && e.ObjectID == place {
					out = append(out, fmt.Sprintf("%+v", *e))
				}
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if len(out) >= least {
			return out
		}
		select {
		case <-late:
			t.Fatalf("%d refusals at %s in the log, want %d: %q", len(out), place, least, out)
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// What net/http refuses by itself is logged, and what else it has to say too, through the handler that takes secrets away.
func TestRefusedBeforeAnyPageIsLogged(t *testing.T) {
	out := &heard{more: make(chan struct{}, 1)}
	a := open(t, "sqlite:"+filepath.Join(t.TempDir(), "a.db"))
	a.Log = slog.New(redact.New(slog.NewTextHandler(out, nil)))
	patient, hasty := app.ServerOf(a, onePage), app.ServerOf(a, onePage)
	hasty.ReadHeaderTimeout = 500 * time.Millisecond // what is malformed goes to the other, since a busy machine may take as long to refuse it
	at := map[*http.Server]string{}
	for _, s := range []*http.Server{patient, hasty} {
		l := loopback(t)
		at[s] = l.Addr().String()
		go func() { _ = s.Serve(l) }()
		t.Cleanup(func() { _ = s.Close() })
	}
	to := patient
	ask := func(request string) string {
		c, err := net.Dial("tcp", at[to])
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
	// The log that nobody can rewrite has the first at once, and the others as a number: whoever sends a million fills no disk.
	first := waitRefused(t, a, "connection", 1)
	if len(first) != 1 || !strings.Contains(first[0], "127.0.0.1") || !strings.Contains(first[0], "no request that can be read") {
		t.Errorf("in the log: %q", first)
	}
	a.Watch.Close(t.Context())
	if all := waitRefused(t, a, "connection", 2); len(all) != 2 || !strings.Contains(all[0]+all[1], fmt.Sprintf(`"more":%d`, len(bad)-1)) {
		t.Errorf("in the log after its round: %q", all)
	}
	to = hasty
	if got := ask("GET / HTTP/1.1\r\nHost: a\r\nX-Slow: cut"); got != "" && !strings.Contains(got, " 4") {
		t.Errorf("a head that never ends: %q", got)
	}
	if all := waitRefused(t, a, "connection", 3); !strings.Contains(strings.Join(all, "\n"), "no request in time") {
		t.Errorf("a head that never ends, in the log: %q", all)
	}
	patient.ErrorLog.Print("http: response had Authorization: Bearer " + strings.Repeat("s", 40))
	if all := out.wait(t, "http: response", 1); strings.Contains(all, strings.Repeat("s", 40)) {
		t.Errorf("a secret stands in the log:\n%s", all)
	}
}
