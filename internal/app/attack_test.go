// SPDX-License-Identifier: EUPL-1.2

package app_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/app"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/auth"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/organisation"
	"github.com/insegel/insegel/internal/redact"
	"github.com/insegel/insegel/internal/web"
	"github.com/insegel/insegel/internal/webtest"
)

// fort is the program as it is served, with what it writes to its own log, and one organisation in it. The tests of the files attack_*
// try it as somebody hostile would, over the network, and demand that the log tells of it.
type fort struct {
	t  *testing.T
	a  *app.App
	at string
	// org is the organisation, and out what the program's own log says.
	org access.OrganisationID
	out *lines
}

// lines is a log that is read while it is written.
type lines struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(b)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// patient has a report waited for however slow the machine is.
const patient = time.Hour

// besieged serves the program on a database of its own until the test ends.
func besieged(t *testing.T, database string, o app.ServerOptions, more ...func(*app.Options)) *fort {
	t.Helper()
	f := &fort{t: t, out: &lines{}, org: ids.New[access.Tenant]()}
	options := app.Options{
		Database: database, Log: slog.New(redact.New(slog.NewTextHandler(f.out, nil))), KeyFile: keyFile(t, database), KeysFile: keysFile(t, database),
	}
	for _, change := range more {
		change(&options)
	}
	a, err := app.Open(context.Background(), options)
	if err != nil {
		t.Fatal(err)
	}
	f.a = a
	ok(t, organisation.Create(t.Context(), a.DB, organisation.Organisation{ID: f.org, Code: "var", Name: "Vår kommun"}))
	ctx, stop := context.WithCancel(context.Background())
	ready, ended := make(chan string, 1), make(chan error, 1)
	if o.Pace == nil {
		o.Pace = unhurried
	}
	if o.Patience == 0 {
		o.Patience = patient
	}
	if o.Address == "" {
		o.Address = "127.0.0.1:0"
	}
	o.Ready = func(at net.Addr) { ready <- at.String() }
	go func() { ended <- a.Serve(ctx, o) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("serve: %v", err)
		}
		if err := a.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	select {
	case f.at = <-ready:
	case err := <-ended:
		ended <- nil
		t.Fatal(err)
	}
	return f
}

func sqliteFile(t *testing.T) string { return "sqlite:" + filepath.Join(t.TempDir(), "a.db") }

// person makes somebody in an organisation, who can then enter.
func (f *fort) person(org access.OrganisationID, name string, roles ...access.Role) access.Actor {
	f.t.Helper()
	var n auth.NewPerson
	ok(f.t, f.a.DB.Write(f.t.Context(), org, func(tx *db.Tx) (err error) {
		n, err = auth.AddPerson(f.t.Context(), tx, auth.NewPerson{
			Organisation: org, Name: name, Folded: locale.Fold(name), Origin: "first", Issuer: auth.DemoIssuer, Roles: roles,
		})
		return err
	}))
	return access.Actor{ID: n.Person.String(), Name: name, Organisation: org, Roles: roles, Fresh: true}
}

// enter signs somebody in and gives their browser at the served program. The way in is a site of its own on the same database, since the
// served one has none without a passkey.
func (f *fort) enter(who access.Actor) *webtest.Client {
	f.t.Helper()
	server := httptest.NewUnstartedServer(nil)
	demo := must(auth.NewDemoLink(server.Listener.Addr().String()))(f.t)
	server.Config.Handler = f.a.Site(app.ServerOptions{
		Demo: demo, Who: func(context.Context) (access.Actor, web.Viewer, error) { return who, web.Viewer{}, nil },
	})
	server.Start()
	defer server.Close()
	in := webtest.Open(f.t, "http://"+server.Listener.Addr().String())
	in.NoRedirects()
	if p := in.Get(strings.TrimPrefix(demo.URL(), in.URL)); p.Status != http.StatusSeeOther {
		f.t.Fatalf("signing in %s: %d", who.Name, p.Status)
	}
	out := f.stranger()
	out.SetCookie(sessionCookie, in.Cookie(sessionCookie))
	return out
}

// sessionCookie is the session's cookie without TLS.
const sessionCookie = "insegel"

// stranger is a browser that is nobody's.
func (f *fort) stranger() *webtest.Client {
	c := webtest.Open(f.t, "http://"+f.at)
	c.NoRedirects()
	return c
}

// logged counts the entries of an event, in an organisation's log or the installation's.
func (f *fort) logged(org access.OrganisationID, action, containing string) (n int) {
	f.t.Helper()
	ok(f.t, f.a.DB.Read(f.t.Context(), org, func(tx *db.Tx) error {
		entries, err := audit.List(f.t.Context(), tx, org, audit.Filter{Limit: 10_000})
		for _, e := range entries {
			if e.Action == action && strings.Contains(fmt.Sprint(e), containing) {
				n++
			}
		}
		return err
	}))
	return n
}

// raw sends bytes as they are on a connection of its own and reads every answer until the server closes, or has been silent.
func (f *fort) raw(text string) []*http.Response {
	f.t.Helper()
	c, err := (&net.Dialer{}).DialContext(f.t.Context(), "tcp", f.at)
	if err != nil {
		f.t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	if _, err := io.WriteString(c, strings.ReplaceAll(text, "HOST", f.at)); err != nil {
		return nil // refused before it was all read
	}
	var out []*http.Response
	wait := 20 * time.Second // a busy machine may think long about the first answer
	for r := bufio.NewReader(c); ; wait = 300 * time.Millisecond {
		_ = c.SetReadDeadline(time.Now().Add(wait)) // how long silence is, when the server waits for more
		res, err := http.ReadResponse(r, nil)
		if err != nil {
			return out
		}
		b, err := io.ReadAll(res.Body)
		if err != nil {
			return out
		}
		res.Body = io.NopCloser(bytes.NewReader(b))
		out = append(out, res)
	}
}

// What is not one plain request is refused or ends the connection: no part of it is ever taken for another request, which is how a
// stranger would plant one of theirs in somebody else's connection from a proxy.
func TestAttackSmuggling(t *testing.T) {
	f := besieged(t, sqliteFile(t), app.ServerOptions{})
	inner := "GET /logga-in?planterad HTTP/1.1\r\nHost: HOST\r\n\r\n"
	long := strings.Repeat("a", 70<<10)
	var each sync.WaitGroup
	for name, text := range map[string]string{
		"length and chunks":         "POST /csp HTTP/1.1\r\nHost: HOST\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + inner,
		"chunks, then length":       "POST /csp HTTP/1.1\r\nHost: HOST\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n" + inner,
		"chunks by another name":    "POST /csp HTTP/1.1\r\nHost: HOST\r\nTransfer-Encoding: xchunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n" + inner,
		"chunks twice":              "POST /csp HTTP/1.1\r\nHost: HOST\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n" + inner,
		"chunks after a tab":        "POST /csp HTTP/1.1\r\nHost: HOST\r\nTransfer-Encoding:\x0bchunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n" + inner,
		"two lengths":               "POST /csp HTTP/1.1\r\nHost: HOST\r\nContent-Length: 0\r\nContent-Length: 90\r\n\r\n" + inner,
		"a signed length":           "POST /csp HTTP/1.1\r\nHost: HOST\r\nContent-Length: +0\r\n\r\n" + inner,
		"a space before the colon":  "POST /csp HTTP/1.1\r\nHost: HOST\r\nContent-Length : 90\r\n\r\n" + inner,
		"a bare line feed in chunk": "POST /csp HTTP/1.1\r\nHost: HOST\r\nTransfer-Encoding: chunked\r\n\r\n0\n\n" + inner,
		"a chunk's extension":       "POST /csp HTTP/1.1\r\nHost: HOST\r\nTransfer-Encoding: chunked\r\n\r\n0;a=\"\n\r\n\r\n" + inner,
		"a folded field":            "POST /csp HTTP/1.1\r\nHost: HOST\r\nTransfer-Encoding:\r\n chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n" + inner,
		"a folded length":           "POST /csp HTTP/1.1\r\nHost: HOST\r\nContent-Length: 0\r\n 90\r\n\r\n" + inner,
		"bare line feeds":           "POST /csp HTTP/1.1\nHost: HOST\nTransfer-Encoding: chunked\nContent-Length: 4\n\n0\n\n" + inner,
		"a length in hexadecimal":   "POST /csp HTTP/1.1\r\nHost: HOST\r\nContent-Length: 0x0\r\n\r\n" + inner,
		"lengths in one field":      "POST /csp HTTP/1.1\r\nHost: HOST\r\nContent-Length: 0, 90\r\n\r\n" + inner,
		"two hosts":                 "GET /logga-in HTTP/1.1\r\nHost: HOST\r\nHost: evil.example\r\n\r\n",
		"no host":                   "GET /logga-in HTTP/1.1\r\n\r\n",
		"a host with a path":        "GET /logga-in HTTP/1.1\r\nHost: HOST/evil\r\n\r\n",
		"another host":              "GET /logga-in HTTP/1.1\r\nHost: evil.example\r\n\r\n",
		"another host in the line":  "GET http://evil.example/logga-in HTTP/1.1\r\nHost: HOST\r\n\r\n",
		"a NUL in a name":           "GET /logga-in HTTP/1.1\r\nHost: HOST\r\nX\x00: a\r\n\r\n",
		"a NUL in a value":          "GET /logga-in HTTP/1.1\r\nHost: HOST\r\nX: a\x00b\r\n\r\n",
		"no protocol":               "GET /logga-in\r\n\r\n",
		"HTTP/2 by surprise":        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
		"a tunnel":                  "CONNECT 169.254.169.254:80 HTTP/1.1\r\nHost: 169.254.169.254:80\r\n\r\n",
		"an echo":                   "TRACE /logga-in HTTP/1.1\r\nHost: HOST\r\n\r\n",
		"a method of one's own":     "GETT /logga-in HTTP/1.1\r\nHost: HOST\r\n\r\n",
		"no path but a scheme":      "GET http:.evil.example/x HTTP/1.1\r\nHost: HOST\r\n\r\n",
		"a long header":             "GET /logga-in HTTP/1.1\r\nHost: HOST\r\nCookie: " + long + "\r\n\r\n",
		"a long address":            "GET /logga-in?" + long + " HTTP/1.1\r\nHost: HOST\r\n\r\n",
		"many headers":              "GET /logga-in HTTP/1.1\r\nHost: HOST\r\n" + strings.Repeat("A: b\r\n", 20_000) + "\r\n",
	} {
		each.Go(func() {
			got := f.raw(text)
			if len(got) > 1 {
				t.Errorf("%s: %d answers, the second %d: a planted request was answered", name, len(got), got[1].StatusCode)
			}
			if len(got) > 0 && got[0].StatusCode < 400 && got[0].Header.Get("Location") != "/" {
				t.Errorf("%s: %d, %s", name, got[0].StatusCode, got[0].Header.Get("Location"))
			}
		})
	}
	each.Wait()
	if got := f.raw("GET /logga-in HTTP/1.1\r\nHost: HOST\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n"); len(got) != 1 || got[0].StatusCode == http.StatusSwitchingProtocols {
		t.Errorf("another protocol was switched to: %v", got)
	}
	if p := f.stranger().Get("/logga-in"); p.Status != http.StatusOK {
		t.Errorf("after all of it: %d", p.Status)
	}
}

// A signed-in reader's browser is made to send forms from elsewhere, in every way that a page there can: nothing is done, and the log of
// the organisation tells that it was tried.
func TestAttackForgedForms(t *testing.T) {
	f := besieged(t, sqliteFile(t), app.ServerOptions{})
	c := f.enter(f.person(f.org, "Karin Samordnare", access.Coordinator))
	form := url.Values{"namn": {"Planterat"}, "enhet": {"Enhet"}}.Encode()
	host := "http://" + f.at
	for name, tc := range map[string]struct {
		method, path, site, origin, kind string
		more                             http.Header
	}{
		"another site":                 {site: "cross-site", origin: "https://evil.example"},
		"a neighbour's site":           {site: "same-site", origin: "https://annan.kommun.example"},
		"a site that hides":            {origin: "null"},
		"a site that begins as ours":   {origin: host + ".evil.example"},
		"ours with another scheme":     {origin: "https://" + f.at},
		"ours with another port":       {origin: "http://127.0.0.1:1"},
		"an unknown site":              {site: "Same-Origin", origin: "https://evil.example"},
		"nothing at all":               {},
		"a false site beside a true":   {site: "cross-site", origin: host},
		"plain text":                   {site: "cross-site", kind: "text/plain"},
		"a file's form":                {site: "cross-site", kind: "multipart/form-data; boundary=x"},
		"another method in a header":   {site: "cross-site", more: http.Header{"X-Http-Method-Override": {"GET"}}},
		"an autosave":                  {site: "cross-site", more: http.Header{"X-Autosave": {"1"}}},
		"another method":               {method: "PUT", site: "cross-site"},
		"in an address":                {method: "GET", path: "/system/nytt?" + form, site: "cross-site"},
		"a referrer that says ours":    {site: "cross-site", more: http.Header{"Referer": {host + "/system/nytt"}}},
		"two sites":                    {more: http.Header{"Sec-Fetch-Site": {"cross-site", "same-origin"}}},
		"two origins":                  {more: http.Header{"Origin": {"https://evil.example", host}}},
		"signing out from elsewhere":   {path: "/logga-ut", site: "cross-site"},
		"the language from elsewhere":  {path: "/sprak", site: "cross-site"},
		"a first person from outside":  {path: "/valkommen", site: "cross-site"},
		"a code to a link from abroad": {path: "/lank/kod", site: "cross-site"},
	} {
		if tc.method == "" {
			tc.method = "POST"
		}
		if tc.path == "" {
			tc.path = "/system/nytt"
		}
		if tc.kind == "" {
			tc.kind = "application/x-www-form-urlencoded"
		}
		c.Site = tc.site
		r := c.Request(tc.method, tc.path, strings.NewReader(form))
		r.Header.Set("Content-Type", tc.kind)
		if tc.origin != "" {
			r.Header.Set("Origin", tc.origin)
		}
		for k, v := range tc.more {
			r.Header[k] = v
		}
		if p := c.Do(r); p.Status != http.StatusForbidden && p.Status != http.StatusMethodNotAllowed && !(tc.method == "GET" && p.Status == http.StatusOK) {
			t.Errorf("%s: %d", name, p.Status)
		}
	}
	c.Site = "same-origin"
	if p := c.Get("/system"); p.Status != http.StatusOK || strings.Contains(p.Body, "Planterat") {
		t.Errorf("after it: %d, planted: %v", p.Status, strings.Contains(p.Body, "Planterat"))
	}
	f.a.Watch.Close(t.Context()) // what was counted is written
	if n := f.logged(db.Installation, audit.ActionRefused, "web.cross-origin"); n == 0 {
		t.Error("the log says nothing of forged forms")
	}
	if !strings.Contains(f.out.String(), "status=403") {
		t.Error("the program's own log says nothing of forged forms")
	}
}
