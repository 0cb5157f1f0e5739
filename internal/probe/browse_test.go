// SPDX-License-Identifier: EUPL-1.2

package probe_test

import (
	"context"
	"fmt"
	"net/http"
	"os/exec"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/insegel/insegel/internal/dbtest"
)

func chromium(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	dbtest.Missing(t, "Chromium: run scripts/test-deps")
	return ""
}

// TestShellInABrowser settles pages that are empty until their scripts have run. The scripts try what a script can try.
func TestShellInABrowser(t *testing.T) {
	program := chromium(t)
	var touched atomic.Bool
	other := serve(t, func(http.ResponseWriter, *http.Request) { touched.Store(true) })
	for name, c := range map[string]struct {
		script  string
		verdict string
		rule    int
	}{
		"form":    {`document.body.innerHTML = "<form><input name=u><input type=password></form>"`, "password_only", 16},
		"request": {`location.href = "https://op.example.se/auth?" + new URLSearchParams({client_id: "app", response_type: "code", scope: "openid", claims: JSON.stringify({id_token: {acr: {essential: true, value: "` + loa3 + `"}}})})`, "strong_demanded", 9},
		"attacks": {
			`fetch("` + other.URL + `/a").catch(() => 0); fetch("/secret", {method: "POST", body: "x"}).catch(() => 0); new WebSocket("ws" + "` + other.URL + `".slice(4)); ` +
				`new Image().src = "` + other.URL + `/b"; document.body.innerHTML = "<form><input type=password></form>"`, "password_only", 16,
		},
		"demand in a frame": {
			`document.body.innerHTML = "<form><input name=u><input type=password></form>"; let f = document.createElement("iframe"); f.src = "https://op.example.se/auth?" + new URLSearchParams({client_id: "app", ` +
				`response_type: "code", prompt: "none", claims: JSON.stringify({id_token: {acr: {essential: true, value: "` + loa3 + `"}}})}); document.body.append(f)`, "password_only", 16,
		},
		"nothing": {`document.body.innerHTML = "<p>Välkommen</p>"`, "unknown", 20},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/app.js" {
					w.Header().Set("Content-Type", "text/javascript")
					fmt.Fprint(w, c.script)
					return
				}
				w.Header().Set("Content-Type", "text/html; charset=utf-8")
				fmt.Fprint(w, page("", `<script src="/app.js"></script>`))
			})
			o := options(t, strings.TrimPrefix(s.URL, "http://"))
			if r := login(t, o, s.URL); r.Paths[0].Rule != 19 {
				t.Fatalf("without a browser: got %s by rule %d", r.Verdict, r.Paths[0].Rule)
			}
			o.Browser = program
			r := login(t, o, s.URL)
			if r.Verdict != c.verdict || r.Paths[0].Rule != c.rule || !slices.Contains(r.Limits, "js_run") || slices.Contains(r.Limits, "js_not_run") {
				t.Errorf("got %s by rule %d, limits %q, want %s by rule %d: %+v", r.Verdict, r.Paths[0].Rule, r.Limits, c.verdict, c.rule, r.Hops)
			}
		})
	}
	if touched.Load() {
		t.Error("a script reached a server that nobody approved")
	}
}

// TestShellThatGivesNoPage has scripts from which no page comes that could be read: it is unknown, with the reason.
func TestShellThatGivesNoPage(t *testing.T) {
	program := chromium(t)
	for name, c := range map[string]struct{ script, limit string }{
		"a script without end": {`for (;;) { }`, "script_endless"},
		"a file":               {`location = "/astray"`, "browser_failed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, func(w http.ResponseWriter, r *http.Request) {
				switch r.URL.Path {
				case "/astray":
					w.Header().Set("Location", "file:///etc/passwd")
					w.WriteHeader(http.StatusFound)
				case "/app.js":
					w.Header().Set("Content-Type", "text/javascript")
					fmt.Fprint(w, c.script)
				default:
					w.Header().Set("Content-Type", "text/html; charset=utf-8")
					fmt.Fprint(w, page("", `<script src="/app.js"></script>`))
				}
			})
			o := options(t, strings.TrimPrefix(s.URL, "http://"))
			o.Browser = program
			r := login(t, o, s.URL)
			if r.Verdict != "unknown" || r.Paths[0].Rule != 19 || !slices.Contains(r.Limits, c.limit) || slices.Contains(r.Limits, "js_run") {
				t.Errorf("got %s by rule %d, limits %q, want unknown and %s: %q", r.Verdict, r.Paths[0].Rule, r.Limits, c.limit, r.Reasons)
			}
			if len(r.Reasons) == 0 || !strings.Contains(r.Reasons[0], "no page came of it") {
				t.Errorf("reasons = %q", r.Reasons)
			}
		})
	}
}

// TestTurnInTheBrowser has a page that waits for its turn in the browser: one that does not come leaves the page unknown, with the reason, and one
// that comes is given back.
func TestTurnInTheBrowser(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, page("", `<script src="/app.js"></script>`))
	})
	for limit, ok := range map[string]bool{"browser_busy": false, "browser_failed": true} {
		o := options(t, strings.TrimPrefix(s.URL, "http://"))
		asked, given := 0, 0
		o.Browser, o.Turn = "/nowhere/browser", func(context.Context) (func(), bool) {
			asked++
			return func() { given++ }, ok
		}
		r := login(t, o, s.URL)
		if r.Verdict != "unknown" || r.Paths[0].Rule != 19 || !slices.Contains(r.Limits, limit) || slices.Contains(r.Limits, "js_run") || slices.Contains(r.Limits, "js_not_run") == ok {
			t.Errorf("%s: got %s by rule %d, limits %q", limit, r.Verdict, r.Paths[0].Rule, r.Limits)
		}
		if asked != 1 || given != map[bool]int{true: 1}[ok] {
			t.Errorf("%s: asked %d times, given back %d", limit, asked, given)
		}
	}
}
