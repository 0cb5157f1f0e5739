// SPDX-License-Identifier: EUPL-1.2

package web_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/insegel/insegel/internal/web"
)

var (
	proxies  = web.Proxies{Networks: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}}
	standard = web.Proxies{Networks: proxies.Networks, Forwarded: true}
)

// header makes a header of names and values.
func header(pairs ...string) http.Header {
	h := http.Header{}
	for i := 0; i < len(pairs); i += 2 {
		h.Add(pairs[i], pairs[i+1])
	}
	return h
}

func serve(h http.Handler, peer string, header http.Header) *httptest.ResponseRecorder {
	return serveMethod(h, "GET", peer, header)
}

func serveMethod(h http.Handler, method, peer string, header http.Header) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "/who?a=1", nil)
	r.RemoteAddr = peer
	for k, v := range header {
		r.Header[k] = v
	}
	return serveRequest(h, r)
}

func serveRequest(h http.Handler, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// stalled is a body that does not come.
type stalled struct{}

func (stalled) Read([]byte) (int, error) { return 0, os.ErrDeadlineExceeded }

// report sends a report as a browser does.
func report(h http.Handler, kind, body string) int {
	r := httptest.NewRequest("POST", web.ReportPath, strings.NewReader(body))
	r.Header.Set("Content-Type", kind)
	return serveRequest(h, r).Code
}

const (
	oldReport = `{"csp-report":{"document-uri":"https://insegel.example/system/lonesystemet?namn=Anna","effective-directive":"script-src-elem",` +
		`"violated-directive":"script-src-elem","blocked-uri":"https://evil.example/anna.andersson.js","script-sample":"alert(1)"}}`
	newReport = `[{"type":"csp-violation","age":1,"url":"https://insegel.example/gallery","user_agent":"x","body":{"documentURL":` +
		`"https://insegel.example/gallery","blockedURL":"inline","effectiveDirective":"style-src-attr","sample":"x"}},{"type":"deprecation","body":{}}]`
)

func TestReports(t *testing.T) {
	h := newHouse(t, nil)
	h.Handle("GET /system/{slug}", "", func(c *web.Context) error { return c.Text(200, "") })
	for range 12 {
		if got := report(h, "application/csp-report", oldReport); got != 204 {
			t.Fatalf("status %d", got)
		}
	}
	if got := report(h, "application/reports+json; charset=utf-8", newReport); got != 204 {
		t.Fatalf("status %d", got)
	}
	want := []web.Violation{
		{Directive: "script-src-elem", Blocked: "other", Route: "GET /system/{slug}", Count: 12},
		{Directive: "style-src-attr", Blocked: "inline", Route: "GET /gallery", Count: 1},
	}
	if diff := cmp.Diff(want, h.Violations()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	log := h.log.String()
	if got := strings.Count(log, "browser refused"); got != 3 { // the first, the tenth, and the other
		t.Errorf("%d lines were logged, want 3: %s", got, log)
	}
	for _, personal := range []string{"anna", "Anna", "evil", "lonesystemet", "alert"} {
		if strings.Contains(log, personal) {
			t.Errorf("the log has %q", personal)
		}
	}
}

func TestReportsThatAreRefused(t *testing.T) {
	for name, tc := range map[string]struct {
		kind, body string
		want       int
	}{
		"not a report":  {"text/plain", oldReport, 400},
		"no type":       {"", oldReport, 400},
		"plain JSON":    {"application/json", oldReport, 400},
		"no JSON":       {"application/csp-report", "{", 400},
		"two values":    {"application/csp-report", oldReport + oldReport, 400},
		"other JSON":    {"application/csp-report", `{"a":1}`, 400},
		"wrong type":    {"application/csp-report", `{"csp-report":{"document-uri":1}}`, 400},
		"a list":        {"application/csp-report", newReport, 400},
		"no list":       {"application/reports+json", oldReport, 400},
		"too many":      {"application/reports+json", "[" + strings.Repeat(`{"type":"x"},`, 20) + `{"type":"x"}]`, 400},
		"too long":      {"application/csp-report", `{"csp-report":{"document-uri":"` + strings.Repeat("a", 17<<10) + `"}}`, 413},
		"deeply nested": {"application/csp-report", strings.Repeat("[", 15<<10), 400},
	} {
		h := newHouse(t, nil)
		if got := report(h, tc.kind, tc.body); got != tc.want || len(h.Violations()) > 0 {
			t.Errorf("%s: %d, want %d; kept %v", name, got, tc.want, h.Violations())
		}
	}
}

// However much is sent, what is kept and what is read is bounded.
func TestReportsAreBounded(t *testing.T) {
	now := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	h := newHouse(t, func(o *web.Options) { o.Now = func() time.Time { return now } })
	for i := range 300 {
		h.Handle(fmt.Sprintf("GET /page%d", i), "", func(c *web.Context) error { return c.Text(200, "") })
	}
	refused := 0
	for i := range 300 {
		body := fmt.Sprintf(`{"csp-report":{"document-uri":"https://a.example/page%d","effective-directive":"img-src","blocked-uri":"data"}}`, i)
		if report(h, "application/csp-report", body) == 429 {
			refused++
			now = now.Add(time.Minute)
		}
	}
	if refused != 2 {
		t.Errorf("%d were told to wait, want 2", refused)
	}
	if got := len(h.Violations()); got != 201 {
		t.Errorf("%d kinds are kept, want 200 and the rest", got)
	}
}

func FuzzReport(f *testing.F) {
	f.Add("application/csp-report", []byte(oldReport))
	f.Add("application/reports+json", []byte(newReport))
	f.Add("application/reports+json", []byte(`[{"type":"csp-violation","body":{"documentURL":"//","blockedURL":"data:x"}}]`))
	f.Fuzz(func(t *testing.T, kind string, body []byte) {
		found, err := web.ParseReport(kind, body)
		if err != nil && found != nil || len(found) > 20 {
			t.Errorf("%d with %v", len(found), err)
		}
		for _, v := range found {
			if len(v.Directive) > 30 || len(v.Blocked) > 30 || !strings.HasPrefix(v.Route, "/") && v.Route != "-" {
				t.Errorf("%+v", v)
			}
		}
	})
}
