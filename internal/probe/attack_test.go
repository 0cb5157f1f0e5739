// SPDX-License-Identifier: EUPL-1.2

package probe_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/insegel/insegel/internal/probe"
)

// serve starts a server that answers with a function, and fails the test at anything that is not a bare GET.
func serve(t *testing.T, h http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet || r.Header.Get("Authorization") != "" || r.ContentLength > 0 {
			t.Errorf("%s %s with %v", r.Method, r.URL, r.Header)
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8") // unless it says another
		h(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

func wants(t *testing.T, r *probe.Record, limit string) {
	t.Helper()
	if r.Verdict != "unknown" || !slices.Contains(r.Limits, limit) || len(r.Reasons) == 0 || r.Schema != probe.Schema {
		t.Errorf("got %s, limits %q, reasons %q, want unknown and %s", r.Verdict, r.Limits, r.Reasons, limit)
	}
}

func TestRedirectsInARing(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, map[string]string{"/a": "/b", "/b": "/a"}[r.URL.Path], http.StatusFound)
	})
	wants(t, login(t, options(t, "127.0.0.1"), s.URL+"/a"), "redirect_loop")
}

func TestRedirectsForEver(t *testing.T) {
	var n atomic.Int64
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, fmt.Sprintf("/%d", n.Add(1)), http.StatusFound)
	})
	wants(t, login(t, options(t, "127.0.0.1"), s.URL), "too_many_hops")
	if n.Load() > 10 {
		t.Errorf("%d pages were fetched", n.Load())
	}
}

func TestRedirectsInwards(t *testing.T) {
	var hit atomic.Bool
	other := serve(t, func(http.ResponseWriter, *http.Request) { hit.Store(true) })
	_, port, _ := net.SplitHostPort(strings.TrimPrefix(other.URL, "http://"))
	for to, limit := range map[string]string{
		"http://169.254.169.254/latest/meta-data/":   "host_not_approved",
		"http://localhost:" + port + "/":             "host_not_approved",
		"http://127.0.0.1:" + port + "/":             "host_not_approved",
		"http://[::ffff:127.0.0.1]:" + port + "/":    "host_not_approved",
		"http://0.0.0.0:" + port + "/":               "host_not_approved",
		"http://2130706433:" + port + "/":            "host_not_approved",
		"//localhost:" + port + "/":                  "host_not_approved",
		`/\localhost:` + port + "/":                  "host_not_approved",
		"file:///etc/passwd":                         "not_an_address",
		"gopher://127.0.0.1:" + port + "/":           "not_an_address",
		"http://127.0.0.1@169.254.169.254/":          "not_an_address",
		"http://user:secret@127.0.0.1:" + port + "/": "not_an_address",
	} {
		for how, h := range map[string]http.HandlerFunc{
			"location": func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Location", to)
				w.WriteHeader(http.StatusFound)
			},
			"meta": func(w http.ResponseWriter, _ *http.Request) {
				fmt.Fprintf(w, `<meta http-equiv=refresh content="0;url=%s">`, to)
			},
			"header": func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Refresh", "0;url="+to) },
		} {
			t.Run(how+" "+to, func(t *testing.T) {
				s := serve(t, h)
				wants(t, login(t, options(t, strings.TrimPrefix(s.URL, "http://")), s.URL), limit)
			})
		}
	}
	if hit.Load() {
		t.Error("a server that nobody approved was reached")
	}
}

// TestAttacksAreLogged holds that whoever runs the probe reads in its log of each server that would have led it astray.
func TestAttacksAreLogged(t *testing.T) {
	to := func(place string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", place)
			w.WriteHeader(http.StatusFound)
		}
	}
	for name, c := range map[string]struct {
		say  http.HandlerFunc
		want string
	}{
		"metadata":          {to("http://169.254.169.254/"), "refused"},
		"this machine":      {to("http://localhost:1/"), "refused"},
		"one beside it":     {to("http://10.0.0.1/"), "refused"},
		"IPv4 in IPv6":      {to("http://[::ffff:7f00:1]:1/"), "refused"},
		"in one number":     {to("http://2130706433/"), "refused"},
		"in hexadecimal":    {to("http://0x7f000001/"), "refused"},
		"in octal":          {to("http://0177.0.0.1/"), "refused"},
		"in few parts":      {to("http://127.1/"), "refused"},
		"in wide digits":    {to("http://\uff11\uff12\uff17.0.0.1/"), "refused"},
		"no page":           {to("file:///etc/passwd"), "not_an_address"},
		"a ring":            {to("/"), "redirect_loop"},
		"more than is read": {func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(bytes.Repeat([]byte("x"), 3<<20)) }, "body_truncated"},
	} {
		t.Run(name, func(t *testing.T) {
			var log bytes.Buffer
			s := serve(t, c.say)
			o := options(t, strings.TrimPrefix(s.URL, "http://"))
			o.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelWarn}))
			r := login(t, o, s.URL)
			if r.Verdict != "unknown" || !strings.Contains(log.String(), c.want) {
				t.Errorf("got %s, log %q", r.Verdict, log.String())
			}
		})
	}
	var log bytes.Buffer
	s := serve(t, to("https://idp.example.se/login"))
	o := options(t, strings.TrimPrefix(s.URL, "http://"))
	o.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelWarn}))
	if login(t, o, s.URL); log.Len() > 0 {
		t.Errorf("a provider elsewhere is no attack: %q", log.String())
	}
}

// A name with letters beyond ASCII is measured as it is looked up, however it is written; and one that becomes an address is judged as that.
func TestNamesWithOtherLetters(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasPrefix(r.Host, "xn--norrsj-1xa.example.se:") {
			t.Errorf("host %q", r.Host)
		}
		if r.URL.Path == "/" {
			_, port, _ := net.SplitHostPort(r.Host)
			w.Header().Set("Location", "http://xn--norrsj-1xa.example.se:"+port+"/in")
			w.WriteHeader(http.StatusFound)
			return
		}
		fmt.Fprint(w, formHTML)
	})
	port := s.URL[strings.LastIndex(s.URL, ":")+1:]
	o := options(t, "127.0.0.1")
	o.Resolver, _ = nameServer(t, []netip.Addr{netip.MustParseAddr("127.0.0.1")})
	if r := login(t, o, "http://norrsj\u00f6.example.se:"+port+"/"); r.Verdict != "password_only" || len(r.Target.IPs) != 1 {
		t.Errorf("got %s, limits %q", r.Verdict, r.Limits)
	}
	wants(t, login(t, options(t), "http://\uff11\uff12\uff17.0.0.1:"+port+"/"), "address_refused")
}

// What is named and still never reached.
func TestMetadataIsNeverReached(t *testing.T) {
	var log bytes.Buffer
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://169.254.169.254/", http.StatusFound)
	})
	o := options(t, "127.0.0.1", "169.254.169.254")
	o.Log = slog.New(slog.NewTextHandler(&log, nil))
	wants(t, login(t, o, s.URL), "address_refused")
	if !strings.Contains(log.String(), "169.254.169.254") || !strings.Contains(log.String(), "refused") {
		t.Errorf("log = %q", log.String())
	}
	wants(t, login(t, o, "http://169.254.169.254/"), "address_refused")
}

func TestLoopbackOnlyWhenNamed(t *testing.T) {
	var hit atomic.Bool
	s := serve(t, func(http.ResponseWriter, *http.Request) { hit.Store(true) })
	port := s.URL[strings.LastIndex(s.URL, ":")+1:]
	for _, allow := range [][]string{nil, {"localhost"}, {"127.0.0.1:1"}, {"127.0.0.2"}} {
		for _, address := range []string{s.URL, "http://localhost:" + port} {
			wants(t, login(t, options(t, allow...), address), "address_refused")
		}
	}
	o := options(t, "127.0.0.1")
	o.Loopback = false
	wants(t, login(t, o, s.URL), "address_refused")
	if hit.Load() {
		t.Error("the server was reached")
	}
}

// stopAfter fails when much more than the limit is taken from it.
func TestEndlessBody(t *testing.T) {
	var sent atomic.Int64
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		for line := bytes.Repeat([]byte("x"), 32<<10); ; {
			n, err := w.Write(line)
			if sent.Add(int64(n)); err != nil {
				return
			}
		}
	})
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	r := login(t, options(t, "127.0.0.1"), s.URL)
	runtime.ReadMemStats(&after)
	wants(t, r, "body_truncated")
	if r.Hops[0].Len != 2<<20 {
		t.Errorf("%d bytes were read", r.Hops[0].Len)
	}
	if used := after.TotalAlloc - before.TotalAlloc; used > 128<<20 {
		t.Errorf("%d MB were used", used>>20)
	}
}

func TestGzipBomb(t *testing.T) {
	var packed bytes.Buffer
	z, _ := gzip.NewWriterLevel(&packed, gzip.BestSpeed)
	_, _ = io.CopyN(z, zeros{}, 32<<20)
	_ = z.Close()
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(packed.Bytes())
	})
	r := login(t, options(t, "127.0.0.1"), s.URL)
	wants(t, r, "body_truncated")
	if r.Hops[0].Len > 2<<20 {
		t.Errorf("%d bytes were unpacked", r.Hops[0].Len)
	}
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { clear(b); return len(b), nil }

func TestSlowServer(t *testing.T) {
	stop := make(chan struct{})
	for name, h := range map[string]http.HandlerFunc{
		"no answer": func(_ http.ResponseWriter, r *http.Request) { wait(r, stop) },
		"half a page": func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprint(w, "<html>")
			w.(http.Flusher).Flush()
			wait(r, stop)
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, h)
			o := options(t, "127.0.0.1")
			o.Timeout = 200 * time.Millisecond
			wants(t, login(t, o, s.URL), "timeout")
		})
	}
	close(stop)
}

func wait(r *http.Request, stop chan struct{}) {
	select {
	case <-r.Context().Done():
	case <-stop:
	}
}

func TestServerThatAsksForAPause(t *testing.T) {
	for _, status := range []int{http.StatusTooManyRequests, http.StatusServiceUnavailable} {
		var n atomic.Int64
		s := serve(t, func(w http.ResponseWriter, r *http.Request) {
			n.Add(1)
			w.Header().Set("Location", "/next")
			w.WriteHeader(status)
			fmt.Fprint(w, formHTML)
		})
		wants(t, login(t, options(t, "127.0.0.1"), s.URL), "stopped_by_server")
		if n.Load() != 1 {
			t.Errorf("%d: %d pages were fetched", status, n.Load())
		}
	}
}

// nameServer answers with the first of its answers, then the second, and so on.
func nameServer(t *testing.T, answers ...[]netip.Addr) (*net.Resolver, *atomic.Int64) {
	t.Helper()
	conn, err := (&net.ListenConfig{}).ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	var asked atomic.Int64
	go func() {
		for b := make([]byte, 1500); ; {
			n, from, err := conn.ReadFrom(b)
			if err != nil {
				return
			}
			var m dnsmessage.Message
			if m.Unpack(b[:n]) != nil || len(m.Questions) != 1 {
				continue
			}
			m.Response, m.Authoritative, m.Additionals = true, true, nil
			if q := m.Questions[0]; q.Type == dnsmessage.TypeA {
				i := min(int(asked.Add(1)), len(answers)) - 1
				for _, a := range answers[i] {
					m.Answers = append(m.Answers, dnsmessage.Resource{Header: dnsmessage.ResourceHeader{Name: q.Name, Class: q.Class}, Body: &dnsmessage.AResource{A: a.As4()}})
				}
			}
			if out, err := m.Pack(); err == nil {
				_, _ = conn.WriteTo(out, from)
			}
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "udp", conn.LocalAddr().String())
	}}, &asked
}

// A name that first points to what is approved and then inwards is looked up once, and what was found is what is connected to.
func TestNameThatChangesItsAnswer(t *testing.T) {
	var hosts []string
	var mu sync.Mutex
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		hosts = append(hosts, r.Host)
		mu.Unlock()
		w.Header().Set("Connection", "close") // so that each page takes a connection of its own
		if r.URL.Path == "/" {
			http.Redirect(w, r, "/in", http.StatusFound)
			return
		}
		fmt.Fprint(w, formHTML)
	})
	port := s.URL[strings.LastIndex(s.URL, ":")+1:]
	o := options(t, "127.0.0.1")
	var asked *atomic.Int64
	o.Resolver, asked = nameServer(t, []netip.Addr{netip.MustParseAddr("127.0.0.1")}, []netip.Addr{netip.MustParseAddr("127.0.0.9")})
	r := login(t, o, "http://rebind.example.se:"+port+"/")
	if r.Verdict != "password_only" || asked.Load() != 1 || len(hosts) != 2 || hosts[0] != "rebind.example.se:"+port {
		t.Errorf("got %s after %d questions, hosts %q, limits %q", r.Verdict, asked.Load(), hosts, r.Limits)
	}
	if len(r.Target.IPs) != 1 || r.Target.IPs[0].IP != "127.0.0.1" {
		t.Errorf("addresses = %+v", r.Target.IPs)
	}
}

func TestNameThatPointsBothWays(t *testing.T) {
	s := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("the server was reached") })
	port := s.URL[strings.LastIndex(s.URL, ":")+1:]
	o := options(t, "127.0.0.1")
	o.Resolver, _ = nameServer(t, []netip.Addr{netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("169.254.169.254")})
	wants(t, login(t, o, "http://both.example.se:"+port+"/"), "address_refused")
}

func TestNameWithoutAddress(t *testing.T) {
	o := options(t)
	o.Resolver, _ = nameServer(t, nil)
	wants(t, login(t, o, "https://nobody.example.se/"), "name_not_found")
}

func TestNobodyAnswers(t *testing.T) {
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	at := l.Addr().String()
	_ = l.Close()
	wants(t, login(t, options(t, "127.0.0.1"), "https://"+at), "not_reached")
}

// TestManners counts connections and the time between them, by a clock that is moved by whoever sleeps.
func TestManners(t *testing.T) {
	var mu sync.Mutex
	changed := sync.NewCond(&mu)
	now := time.Date(2026, 11, 28, 2, 0, 0, 0, time.UTC)
	var opened []time.Time
	open := 0
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Connection", "close")
		w.Header().Set("Content-Type", "text/html")
		if r.URL.Path != "/3" {
			http.Redirect(w, r, map[string]string{"/": "/1", "/1": "/2", "/2": "/3"}[r.URL.Path], http.StatusFound)
			return
		}
		fmt.Fprint(w, formHTML)
	}))
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		mu.Lock()
		defer mu.Unlock()
		switch state {
		case http.StateNew:
			opened = append(opened, now)
			open++
		case http.StateClosed:
			open--
			changed.Broadcast()
		}
	}
	s.Start()
	t.Cleanup(s.Close)
	o := options(t, "127.0.0.1")
	o.Clock = probe.Clock{
		Now: func() time.Time { mu.Lock(); defer mu.Unlock(); return now },
		// Whoever waits for the next connection has closed the one before, or this never returns.
		Sleep: func(ctx context.Context, d time.Duration) error {
			defer context.AfterFunc(ctx, changed.Broadcast)()
			mu.Lock()
			defer mu.Unlock()
			for open > 0 && ctx.Err() == nil {
				changed.Wait()
			}
			now = now.Add(d)
			return ctx.Err()
		},
	}
	if r := login(t, o, s.URL+"/"); r.Verdict != "password_only" {
		t.Fatalf("got %s, limits %q", r.Verdict, r.Limits)
	}
	mu.Lock()
	defer mu.Unlock()
	if len(opened) != 4 {
		t.Fatalf("%d connections", len(opened))
	}
	for i := 1; i < len(opened); i++ {
		if apart := opened[i].Sub(opened[i-1]); apart < 2*time.Second {
			t.Errorf("connection %d came %s after the one before", i, apart)
		}
	}
}

// Nothing of a page is kept but its hash, and nothing in an address that may be a ticket or a name.
func TestRecordHoldsNoSecrets(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/" {
			http.SetCookie(w, &http.Cookie{Name: "session", Value: "hemlig-kaka"})
			http.Redirect(w, r, "/in?ticket=hemlig-biljett&state=hemligt-tillstand", http.StatusFound)
			return
		}
		if c, err := r.Cookie("session"); err != nil || c.Value != "hemlig-kaka" {
			t.Error("the cookie of the run was not sent back")
		}
		w.Header().Set("Location", "https://op.example.se/auth?client_id=app&response_type=code&state=hemligt-tillstand&nonce=hemlig-nonce&login_hint=anna.hemlig")
		w.WriteHeader(http.StatusFound)
		fmt.Fprint(w, "hemlig-text")
	})
	r := login(t, options(t, "127.0.0.1"), s.URL+"/?personnummer=hemligt-nummer")
	if text := fmt.Sprintf("%+v %+v", *r, r.Paths); strings.Contains(text, "heml") {
		t.Errorf("the record holds %s", text)
	}
	if r.Paths[0].IDPHost != "op.example.se" || r.Paths[0].Issuer != "app" {
		t.Errorf("path = %+v", r.Paths[0])
	}
}

// An answer that no browser follows is a page, whatever place it names: what is on it counts.
func TestOnlyRedirectsAreFollowed(t *testing.T) {
	for status, want := range map[int]string{http.StatusMultipleChoices: "password_only", http.StatusOK: "password_only", http.StatusFound: "strong_offered"} {
		s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "https://op.example.se/auth?client_id=app&response_type=code&acr_values="+loa3)
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(status)
			fmt.Fprint(w, formHTML)
		})
		if r := login(t, options(t, "127.0.0.1"), s.URL); r.Verdict != want {
			t.Errorf("%d: got %s, want %s", status, r.Verdict, want)
		}
	}
}

func TestProviderIsNotTouched(t *testing.T) {
	idp := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("the provider was touched") })
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, idp.URL+"/auth?client_id=app&response_type=code&acr_values="+loa3, http.StatusFound)
	})
	r := login(t, options(t, strings.TrimPrefix(s.URL, "http://")), s.URL)
	if r.Verdict != "strong_offered" || r.Paths[0].Rule != 10 {
		t.Errorf("got %s by rule %d", r.Verdict, r.Paths[0].Rule)
	}
}

func TestTheWeakestWayInDecides(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/admin" {
			fmt.Fprint(w, formHTML)
			return
		}
		http.Redirect(w, r, "https://op.example.se/auth?client_id=app&response_type=code&acr_values="+loa3, http.StatusFound)
	})
	first, _ := probe.ParseURL(s.URL + "/")
	second, _ := probe.ParseURL(s.URL + "/admin")
	r := probe.Login(t.Context(), options(t, "127.0.0.1"), first, second)
	if r.Verdict != "password_only" || r.WeakestPath != 1 || len(r.Paths) != 2 || r.Paths[0].Verdict != "strong_offered" {
		t.Errorf("got %s by way %d of %+v", r.Verdict, r.WeakestPath, r.Paths)
	}
}
