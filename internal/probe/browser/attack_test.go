// SPDX-License-Identifier: EUPL-1.2

package browser_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/insegel/insegel/internal/probe/browser"
)

const own = "https://system.example.se/"

// trap is what nobody has approved: a web server and a socket for datagrams on this machine. Nothing may reach either.
type trap struct {
	web  string // http://127.0.0.1:PORT
	port string
	udp  string // 127.0.0.1:PORT
	hit  atomic.Int64

	mu    sync.Mutex
	words []string
}

// said is the beginning of what reached it.
func (x *trap) said() []string {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.words
}

func (x *trap) hear(what string) {
	x.hit.Add(1)
	x.mu.Lock()
	defer x.mu.Unlock()
	x.words = append(x.words, what)
}

func newTrap(t *testing.T) *trap {
	t.Helper()
	x := &trap{}
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { x.hear(r.Method + " " + r.URL.Path) }))
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) { // a connection is enough, whatever is said in it
		if state == http.StateNew {
			x.hear("a connection")
		}
	}
	s.Start()
	t.Cleanup(s.Close)
	x.web = s.URL
	u, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	x.port = u.Port()
	c, err := (&net.ListenConfig{}).ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	x.udp = c.LocalAddr().String()
	go func() {
		for b := make([]byte, 1500); ; {
			n, _, err := c.ReadFrom(b)
			if err != nil {
				return
			}
			x.hear(fmt.Sprintf("datagram %x", b[:min(n, 8)]))
		}
	}()
	return x
}

// fill puts the trap's addresses into what a page says.
func (x *trap) fill(text string) string {
	return strings.NewReplacer("TRAP", x.web, "SOCKET", "ws"+strings.TrimPrefix(x.web, "http"), "NAMED", "http://localhost:"+x.port, "UDP", x.udp).Replace(text)
}

// site is a system that is shown, with what was asked of it.
type site struct {
	pages map[string]browser.Response

	mu    sync.Mutex
	asked []browser.Request
}

func (s *site) fetch(_ context.Context, r browser.Request) *browser.Response {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, r)
	a, ok := s.pages[r.URL]
	if !ok || r.Method != http.MethodGet {
		return nil
	}
	return &a
}

func html(body string) browser.Response {
	return browser.Response{Status: 200, Header: [][2]string{{"Content-Type", "text/html"}}, Body: []byte(body)}
}

func script(body string) browser.Response {
	return browser.Response{Status: 200, Header: [][2]string{{"Content-Type", "text/javascript"}}, Body: []byte(body)}
}

// done is the mark of a page that got as far as its end.
const done = `;document.body.insertAdjacentHTML("beforeend", "<form id=end><input type=password></form>")`

// reaching are the ways out that a page has without leaving its place.
var reaching = map[string]string{
	"asking": `fetch("TRAP/a", {mode: "no-cors"}).catch(() => 0); fetch("NAMED/a", {method: "POST", body: "x", mode: "no-cors", keepalive: true}).catch(() => 0);
		let x = new XMLHttpRequest(); x.open("GET", "TRAP/b"); x.send(); navigator.sendBeacon("TRAP/c", "x"); new EventSource("TRAP/d");
		new WebSocket("SOCKET/e"); fetch("http://169.254.169.254/latest/meta-data/").catch(() => 0);
		try { new WebTransport("https://UDP/f") } catch (e) { }; navigator.geolocation.getCurrentPosition(() => 0); Notification.requestPermission()`,
	"talking": `let c = new RTCPeerConnection({iceServers: [{urls: "stun:UDP"}, {urls: "turn:UDP?transport=udp", username: "a", credential: "b"},
		{urls: "turn:127.0.0.1:PORT?transport=tcp", username: "a", credential: "b"}]}); c.createDataChannel("a"); c.createOffer().then(o => c.setLocalDescription(o))`,
	"fetching before": `for (let [rel, as] of [["prefetch", ""], ["preconnect", ""], ["dns-prefetch", ""], ["prerender", ""], ["modulepreload", ""], ["preload", "script"], ["stylesheet", ""], ["icon", ""], ["manifest", ""]]) {
		let l = document.createElement("link"); l.rel = rel; if (as) l.as = as; l.href = "TRAP/" + rel; document.head.append(l) };
		let s = document.createElement("script"); s.type = "speculationrules"; s.textContent = JSON.stringify({prerender: [{urls: ["/next"], eagerness: "immediate"}], prefetch: [{urls: ["TRAP/g"], eagerness: "immediate"}]}); document.head.append(s)`,
	"embedding": `for (let a of ["TRAP/f", "NAMED/f", "file:///etc/passwd", "chrome://version", "view-source:TRAP/", "javascript:fetch('TRAP/js')", "data:text/html,<script>fetch('TRAP/data')</scr" + "ipt>",
		URL.createObjectURL(new Blob(["<script>fetch('TRAP/blob')</scr" + "ipt>"], {type: "text/html"}))]) { for (let [e, n] of [["iframe", "src"], ["embed", "src"], ["object", "data"], ["img", "src"], ["video", "src"], ["script", "src"]]) {
		let f = document.createElement(e); f[n] = a; document.body.append(f) } };
		let f = document.createElement("iframe"); f.srcdoc = "<script>fetch('TRAP/srcdoc'); new WebSocket('SOCKET/srcdoc')</scr" + "ipt>"; document.body.append(f)`,
	"working": `let b = u => URL.createObjectURL(new Blob([u], {type: "text/javascript"})); new Worker(b("fetch('TRAP/w', {mode: 'no-cors'}); new WebSocket('SOCKET/w'); importScripts('TRAP/i.js')"));
		try { new SharedWorker(b("fetch('TRAP/s', {mode: 'no-cors'})")) } catch (e) { };
		navigator.serviceWorker.register("/sw.js").catch(() => 0)`,
	"opening": `for (let i = 0; i < 50; i++) { let w = window.open("TRAP/" + i); if (w) w.location = "NAMED/" + i; let v = window.open("about:blank"); if (v) v.eval("fetch('TRAP/o')") };
		let a = document.createElement("a"); a.href = "TRAP/a"; a.target = "_blank"; document.body.append(a); a.click();
		let d = document.createElement("a"); d.href = "/file"; d.download = "passwd"; document.body.append(d); d.click();
		let f = document.createElement("form"); f.action = "TRAP/form"; f.method = "post"; f.target = "_blank"; document.body.append(f); f.submit(); print()`,
}

// TestNothingIsReached has pages try every way out that they have, in a browser with a network of its own in which there is nothing, and in
// one that shares this machine's, where only its settings and what answers its requests hold it.
func TestNothingIsReached(t *testing.T) {
	program := program(t)
	for _, unconfined := range []bool{false, true} {
		for name, code := range reaching {
			t.Run(fmt.Sprintf("%s, unconfined %v", name, unconfined), func(t *testing.T) {
				x := newTrap(t)
				code := strings.ReplaceAll(x.fill(code), "PORT", x.port)
				s := &site{pages: map[string]browser.Response{
					own: html("<body><script src=/app.js></script>"), own + "app.js": script("try {" + code + "} catch (e) { document.title = e }" + done),
					own + "sw.js": script(x.fill(`oninstall = () => fetch("TRAP/sw", {mode: "no-cors"}); fetch("TRAP/sw2", {mode: "no-cors"})`)),
					own + "next":  html(x.fill(`<script>fetch("TRAP/next", {mode: "no-cors"})</script>`)),
					own + "file":  {Status: 200, Header: [][2]string{{"Content-Type", "application/octet-stream"}}, Body: []byte("x")},
				}}
				shown, err := browser.Show(t.Context(), browser.Options{Program: program, Unconfined: unconfined, Fetch: s.fetch}, own)
				if err != nil || !strings.Contains(shown.HTML, "id=\"end\"") {
					t.Fatalf("the page was not shown: %v, %.500q", err, shown.HTML)
				}
				if strings.Contains(shown.HTML, "root:") {
					t.Error("a file of this machine was shown")
				}
				if len(shown.Blocked) > 0 {
					t.Errorf("what a frame shows is not where the page goes: %+v", shown.Blocked)
				}
				if n := x.hit.Load(); n > 0 {
					t.Errorf("what nobody approved was reached %d times: %q", n, x.said())
				}
			})
		}
	}
}

// TestPagesThatGoAstray have pages that leave for where they may not. Where they go is told when it is a page somewhere, and nothing is read there.
func TestPagesThatGoAstray(t *testing.T) {
	program := program(t)
	x := newTrap(t)
	to := func(place string) browser.Response {
		return browser.Response{Status: 302, Header: [][2]string{{"Location", place}}}
	}
	for name, c := range map[string]struct {
		page    browser.Response
		blocked string // where it was going
	}{
		"a script to another host":    {html(x.fill(`<script>location = "TRAP/a"</script>`)), x.web + "/a"},
		"a script to this machine":    {html(x.fill(`<script>location.replace("NAMED/a")</script>`)), "http://localhost:" + x.port + "/a"},
		"a script to the metadata":    {html(`<script>location = "http://169.254.169.254/latest/"</script>`), "http://169.254.169.254/latest/"},
		"an answer to the metadata":   {to("http://169.254.169.254/latest/"), "http://169.254.169.254/latest/"},
		"an answer to this machine":   {to("http://localhost:" + x.port + "/a"), "http://localhost:" + x.port + "/a"},
		"a refresh":                   {html(x.fill(`<meta http-equiv=refresh content="0;url=TRAP/a">`)), x.web + "/a"},
		"a form that sends itself":    {html(x.fill(`<form id=f method=post action="TRAP/a"><input name=a value=b></form><script>f.submit()</script>`)), x.web + "/a"},
		"a frame that breaks out":     {html(`<iframe srcdoc="<script>top.location = '` + x.web + `/a'</script>"></iframe>`), x.web + "/a"},
		"an answer to a file":         {to("file:///etc/passwd"), ""},
		"an answer to data":           {to("data:text/html,<form><input type=password></form>"), ""},
		"an answer to itself":         {to(own), ""},
		"a script to a file":          {html(`<body>before<script>location = "file:///etc/passwd"</script>`), ""},
		"a script to the browser":     {html(`<body>before<script>location = "chrome://version"</script>`), ""},
		"a script to data":            {html(`<body>before<script>location = "data:text/html,<form><input type=password></form>"</script>`), ""},
		"a script to another program": {html(`<body>before<script>location = "tel:112"; location = "mailto:a@example.se"; location = "ms-word:ofe|u|TRAP"</script>`), ""},
		"a download":                  {browser.Response{Status: 200, Header: [][2]string{{"Content-Type", "application/octet-stream"}}, Body: make([]byte, 1<<20)}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := &site{pages: map[string]browser.Response{own: c.page}}
			shown, err := browser.Show(t.Context(), browser.Options{Program: program, Fetch: s.fetch, Most: 10 * time.Second}, own)
			if err != nil {
				t.Fatal(err)
			}
			var blocked string
			if len(shown.Blocked) > 0 {
				blocked = shown.Blocked[0].URL
			}
			if blocked != c.blocked {
				t.Errorf("it was going to %q, want %q", blocked, c.blocked)
			}
			if strings.Contains(shown.HTML, "root:") || strings.Contains(shown.HTML, `type="password"`) || strings.HasPrefix(shown.URL, "chrome") {
				t.Errorf("got %.500q at %s", shown.HTML, shown.URL)
			}
		})
	}
	if n := x.hit.Load(); n > 0 {
		t.Errorf("what nobody approved was reached %d times", n)
	}
}

// TestPagesThatNeverEnd have pages that take time or memory without end. The browser gives up and says why.
func TestPagesThatNeverEnd(t *testing.T) {
	program := program(t)
	for name, code := range map[string]string{
		"a script without end":      `for (;;) { }`,
		"words to answer, for ever": `for (;;) { alert(1); confirm(2); prompt(3) }`,
		"held when it leaves":       `onbeforeunload = e => { e.preventDefault(); return "stay" }; setInterval(() => { location.reload() }, 1)`,
		"to itself, for ever":       `setInterval(() => { location = "?" + Math.random() }, 1)`,
		"asking for ever":           `(async () => { for (;;) { try { await fetch("/a" + Math.random()) } catch (e) { } } })()`,
		"words without end":         `let s = "<p>" + "x".repeat(1 << 20); for (;;) document.body.insertAdjacentHTML("beforeend", s)`,
		"things without end":        `let all = []; for (;;) all.push(new Array(1 << 16).fill({}))`,
		"bytes without end":         `let all = []; for (;;) all.push(new Uint8Array(64 << 20).fill(1))`,
		"history without end":       `for (let i = 0; ; i++) history.pushState("x".repeat(1000), "", "#" + i)`,
		"workers without end":       `let u = URL.createObjectURL(new Blob(["for (;;) { }"])); setInterval(() => { new Worker(u) }, 1)`,
	} {
		t.Run(name, func(t *testing.T) {
			s := &site{pages: map[string]browser.Response{own: html("<body><script src=/app.js></script>"), own + "app.js": script(code)}}
			shown, err := browser.Show(t.Context(), browser.Options{Program: program, Fetch: s.fetch, Most: 4 * time.Second}, own)
			rests := name == "bytes without end" || name == "workers without end"   // the browser may refuse them the memory, and others work beside the page
			if err == nil && !rests && !shown.Restless && len(shown.Blocked) == 0 { // what is refused after so many requests ends it too
				t.Errorf("the page came to rest: %+.300v", shown)
			}
			if err != nil && !errors.Is(err, browser.ErrNeverRests) && !errors.Is(err, browser.ErrEnded) && !errors.Is(err, browser.ErrHeavy) {
				t.Errorf("it gives no reason: %v", err)
			}
			if err != nil && !errors.Is(err, browser.ErrBrowser) {
				t.Errorf("%v is no fault of the browser's", err)
			}
			if len(s.asked) > 80 {
				t.Errorf("%d requests were handed on", len(s.asked))
			}
		})
	}
}

// TestPagesThatAreHeavy has a page that keeps 250 MB: it is shown where a browser may take as much as it may, and ends the browser, with the
// reason and nothing of the page, where all of its processes together may take less.
func TestPagesThatAreHeavy(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("what processes take together is looked up where Linux tells it")
	}
	program := program(t)
	for most, want := range map[int64]error{0: nil, 400 << 20: browser.ErrHeavy} {
		s := &site{pages: map[string]browser.Response{own: html("<body><script>window.kept = []; for (let i = 0; i < 50; i++) kept.push(new Uint8Array(5 << 20).fill(1))" + done + "</script>")}}
		shown, err := browser.Show(t.Context(), browser.Options{Program: program, Fetch: s.fetch, Memory: most}, own)
		if !errors.Is(err, want) {
			t.Errorf("with %d bytes: got %v, want %v", most, err, want)
		}
		if got := strings.Contains(shown.HTML, `id="end"`); got != (want == nil) {
			t.Errorf("with %d bytes: the page was read: %v: %.300q", most, got, shown.HTML)
		}
	}
}
