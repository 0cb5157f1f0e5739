// SPDX-License-Identifier: EUPL-1.2

package browser_test

import (
	"context"
	"os/exec"
	"strings"
	"testing"

	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/probe/browser"
)

func program(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	dbtest.Missing(t, "Chromium: run scripts/test-deps")
	return ""
}

// show shows pages by path; what is not among them is refused.
func show(t *testing.T, pages map[string]string) *browser.Shown {
	t.Helper()
	o := browser.Options{Program: program(t), Fetch: func(_ context.Context, r browser.Request) *browser.Response {
		body, ok := pages[r.URL]
		if !ok || r.Method != "GET" {
			return nil
		}
		kind := "text/html"
		if strings.HasSuffix(r.URL, ".js") {
			kind = "text/javascript"
		}
		return &browser.Response{Status: 200, Header: [][2]string{{"Content-Type", kind}}, Body: []byte(body)}
	}}
	shown, err := browser.Show(t.Context(), o, "https://system.example.se/")
	if err != nil {
		t.Fatal(err)
	}
	return shown
}

func TestScriptBuildsThePage(t *testing.T) {
	shown := show(t, map[string]string{
		"https://system.example.se/":       `<div id=app></div><script src=/app.js></script>`,
		"https://system.example.se/app.js": `document.getElementById("app").innerHTML = "<form><input type=password></form>"`,
	})
	if !strings.Contains(shown.HTML, `type="password"`) || len(shown.Blocked) > 0 {
		t.Errorf("got %+v", shown)
	}
}

func TestScriptGoesElsewhere(t *testing.T) {
	shown := show(t, map[string]string{"https://system.example.se/": `<script>location.href = ["https://op.example.se", "auth?client_id=a"].join("/")</script>`})
	if len(shown.Blocked) != 1 || shown.Blocked[0].URL != "https://op.example.se/auth?client_id=a" {
		t.Errorf("got %+v", shown.Blocked)
	}
}
