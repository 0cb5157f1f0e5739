// SPDX-License-Identifier: EUPL-1.2

package web

import (
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// ReportPath is where browsers report what the Content-Security-Policy made them refuse. It needs no sign-in: a report comes without.
const ReportPath = "/csp"

// reportGroup is the name that the policy and the header Reporting-Endpoints know the path by.
const reportGroup = "csp"

const (
	// maxReport is the length of what a browser may send: a few reports of a kilobyte.
	maxReport = 16 << 10
	// maxReports is how many of them one request may hold.
	maxReports = 20
	// reportsPerMinute is how many requests are read; whoever sends more is told to wait.
	reportsPerMinute = 120
	// maxKinds is how many different faults are counted. What comes after that is counted as one.
	maxKinds = 200
)

// Violation is one thing that browsers have refused, counted. It says where and what, and nothing about who: no address but the
// pattern of the page's, and of what was refused only its kind.
type Violation struct {
	// Directive is the part of the policy, Blocked what was refused (inline, eval, self, other ...), Route the pattern of the page.
	Directive, Blocked, Route string
	// Count is how many times.
	Count int
}

// reports counts what is reported, in a bounded space.
type reports struct {
	mu     sync.Mutex
	counts map[Violation]int
	// minute and read limit how much is read.
	minute time.Time
	read   int
}

var (
	errReportForm  = errors.New("not a report of a browser")
	errReportCount = errors.New("too many reports")
)

// ParseReport reads what a browser sends: application/csp-report with one report, or application/reports+json with several.
func ParseReport(contentType string, body []byte) ([]Violation, error) {
	if len(body) > maxReport {
		return nil, errReportCount
	}
	kind, _, err := mime.ParseMediaType(contentType)
	if err != nil {
		return nil, errReportForm
	}
	switch kind {
	case "application/csp-report":
		var in struct {
			Report *struct {
				Document  string `json:"document-uri"`
				Blocked   string `json:"blocked-uri"`
				Directive string `json:"effective-directive"`
				Violated  string `json:"violated-directive"`
			} `json:"csp-report"`
		}
		if err := json.Unmarshal(body, &in); err != nil || in.Report == nil {
			return nil, errReportForm
		}
		if in.Report.Directive == "" {
			in.Report.Directive = in.Report.Violated
		}
		return []Violation{violation(in.Report.Directive, in.Report.Blocked, in.Report.Document)}, nil
	case "application/reports+json":
		var in []struct {
			Type string `json:"type"`
			Body struct {
				Document  string `json:"documentURL"`
				Blocked   string `json:"blockedURL"`
				Directive string `json:"effectiveDirective"`
			} `json:"body"`
		}
		if err := json.Unmarshal(body, &in); err != nil {
			return nil, errReportForm
		}
		if len(in) > maxReports {
			return nil, errReportCount
		}
		var out []Violation
		for _, r := range in {
			if r.Type == "csp-violation" { // the group is the policy's alone; browsers may send deprecations too
				out = append(out, violation(r.Body.Directive, r.Body.Blocked, r.Body.Document))
			}
		}
		return out, nil
	default:
		return nil, errReportForm
	}
}

// directives are those of the policy, as browsers name them.
var directives = []string{
	"default-src", "script-src", "script-src-elem", "script-src-attr", "style-src", "style-src-elem", "style-src-attr", "img-src", "font-src",
	"connect-src", "form-action", "frame-ancestors", "base-uri", "require-trusted-types-for", "trusted-types", "frame-src", "child-src",
	"worker-src", "manifest-src", "media-src", "object-src",
}

// words are what browsers write instead of an address.
var words = []string{"inline", "eval", "wasm-eval", "data", "blob", "self", "trusted-types-policy", "trusted-types-sink"}

// violation keeps of a report what is a word of a known list, and of the page its path, which Site.note turns into a pattern.
func violation(directive, blocked, document string) Violation {
	v := Violation{Directive: "other", Blocked: "other", Route: "-"}
	directive, _, _ = strings.Cut(strings.TrimSpace(directive), " ")
	if slices.Contains(directives, directive) {
		v.Directive = directive
	}
	page, err := url.Parse(document)
	if err == nil && strings.HasPrefix(page.Path, "/") {
		v.Route = page.Path
	}
	if blocked == "" || slices.Contains(words, blocked) {
		v.Blocked = blocked
		return v
	}
	if u, err := url.Parse(blocked); err == nil {
		switch {
		case slices.Contains([]string{"data", "blob", "about"}, u.Scheme):
			v.Blocked = u.Scheme
		case strings.HasSuffix(u.Scheme, "-extension"):
			v.Blocked = "extension" // something that the reader has added to the browser
		case page != nil && u.Host != "" && u.Host == page.Host:
			v.Blocked = "self"
		}
	}
	return v
}

// takeReport answers a browser's report.
func (s *Site) takeReport(c *Context) error {
	if !s.reports.allow(s.now()) {
		return &Error{Status: http.StatusTooManyRequests}
	}
	body, err := io.ReadAll(http.MaxBytesReader(c.Writer, c.Request.Body, maxReport))
	if err != nil {
		return formError(err)
	}
	found, err := ParseReport(c.Request.Header.Get("Content-Type"), body)
	if err != nil {
		return &Error{Status: http.StatusBadRequest, Err: err}
	}
	for _, v := range found {
		s.note(c, v)
	}
	c.Writer.WriteHeader(http.StatusNoContent)
	return nil
}

// note counts a violation, and logs it the first time and then each time that the count has grown tenfold.
func (s *Site) note(c *Context, v Violation) {
	r := &http.Request{Method: http.MethodGet, URL: &url.URL{Path: v.Route}}
	if _, v.Route = s.mux.Handler(r); v.Route == "" {
		v.Route = "-"
	}
	v, n := s.reports.add(v)
	for n > 1 && n%10 == 0 {
		n /= 10
	}
	if n == 1 {
		s.log.LogAttrs(c.Context(), slog.LevelWarn, "browser refused", slog.String("directive", v.Directive), slog.String("blocked", v.Blocked),
			slog.String("route", v.Route))
	}
}

// Violations lists what browsers have refused since the program started, the most frequent first.
func (s *Site) Violations() []Violation {
	s.reports.mu.Lock()
	defer s.reports.mu.Unlock()
	out := make([]Violation, 0, len(s.reports.counts))
	for v, n := range s.reports.counts {
		v.Count = n
		out = append(out, v)
	}
	slices.SortFunc(out, func(a, b Violation) int {
		if a.Count != b.Count {
			return b.Count - a.Count
		}
		return strings.Compare(a.Directive+a.Route, b.Directive+b.Route)
	})
	return out
}

// now is the clock of the site; without one time stands still, and the limit of a minute is that of a lifetime.
func (s *Site) now() time.Time {
	if s.opts.Now == nil {
		return time.Time{}
	}
	return s.opts.Now()
}

func (r *reports) allow(now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if now.Sub(r.minute) >= time.Minute || now.Before(r.minute) {
		r.minute, r.read = now, 0
	}
	r.read++
	return r.read <= reportsPerMinute
}

func (r *reports) add(v Violation) (Violation, int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.counts == nil {
		r.counts = map[Violation]int{}
	}
	if _, known := r.counts[v]; !known && len(r.counts) >= maxKinds {
		v = Violation{Directive: "other", Blocked: "other", Route: "-"}
	}
	r.counts[v]++
	return v, r.counts[v]
}
