// SPDX-License-Identifier: EUPL-1.2

package app_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/app"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/auth"
	"github.com/insegel/insegel/internal/auth/passkey"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/locale"
)

// Addresses that two programs read differently, methods that are another in disguise, and headers that only a proxy may set lead a stranger
// nowhere but to the sign-in, and somebody signed in to nothing that they may not see; the log tells that it was tried.
func TestAttackPaths(t *testing.T) {
	f := besieged(t, sqliteFile(t), app.ServerOptions{})
	reader := f.enter(f.person(f.org, "Rut Revisor", access.Auditor)).Cookie(sessionCookie)
	cookie := "Cookie: " + sessionCookie + "=" + reader + "\r\n"
	get := func(line, headers string) *http.Response {
		t.Helper()
		got := f.raw(line + " HTTP/1.1\r\nHost: HOST\r\n" + headers + "Connection: close\r\n\r\n")
		if len(got) != 1 {
			t.Fatalf("%s: %d answers", line, len(got))
		}
		return got[0]
	}
	for _, path := range []string{
		"/system%2f..%2fadministration", "//administration", "/system/..;/administration", "/administration;a=b", "/ADMINISTRATION", "/administration/",
		"/static/../administration", "/static/%2e%2e/%2e%2e/etc/passwd", "/static/..%2f..%2fetc%2fpasswd", "/..%c0%af..%c0%afetc/passwd", "/administration%00",
		"/system%0d%0aSet-Cookie:%20a=b", "//evil.example", "//evil.example/..", "/\\evil.example", "/%5cevil.example", "/%2f%2fevil.example", "/http://evil.example/",
	} {
		for _, who := range []string{"", cookie} {
			res := get("GET "+path, who)
			to := res.Header.Get("Location")
			if res.StatusCode == http.StatusOK || res.Header.Get("Set-Cookie") != "" && strings.Contains(res.Header.Get("Set-Cookie"), "a=b") {
				t.Errorf("%s, signed in %t: %d", path, who != "", res.StatusCode)
			}
			if to != "" && (!strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") || strings.HasPrefix(to, "/\\")) {
				t.Errorf("%s leads to %q", path, to)
			}
		}
	}
	for _, h := range []string{"X-Original-URL: /administration", "X-Rewrite-URL: /administration", "X-HTTP-Method-Override: DELETE", "X-Forwarded-Prefix: /administration"} {
		if res := get("GET /logga-ut", cookie+h+"\r\n"); res.StatusCode != http.StatusMethodNotAllowed {
			t.Errorf("%s: %d", h, res.StatusCode)
		}
	}
	for _, m := range []string{"PUT", "DELETE", "TRACE", "OPTIONS", "get", "PROPFIND"} {
		if res := get(m+" /system", cookie+"Origin: http://HOST\r\n"); res.StatusCode != http.StatusMethodNotAllowed {
			t.Errorf("%s: %d", m, res.StatusCode)
		}
	}
	f.a.Watch.Close(t.Context())
	for _, reason := range []string{"web.not-found", "web.not-allowed"} {
		if f.logged(db.Installation, audit.ActionRefused, reason)+f.logged(f.org, audit.ActionRefused, reason) == 0 {
			t.Errorf("the log says nothing of %s", reason)
		}
	}
	if f.logged(db.Installation, "", "passwd")+f.logged(f.org, "", "passwd") > 0 {
		t.Error("what a stranger wrote stands whole in the log")
	}
}

// Headers that a proxy sets are believed of nobody else: neither where somebody comes from, nor what the server is called, nor that there was TLS.
func TestAttackForwardedHeaders(t *testing.T) {
	f := besieged(t, sqliteFile(t), app.ServerOptions{})
	for _, h := range []string{
		"X-Forwarded-For: 192.0.2.77", "X-Real-IP: 192.0.2.77", "Forwarded: for=192.0.2.77;host=evil.example;proto=https", "X-Forwarded-Host: evil.example",
		"X-Forwarded-Proto: https", "X-Client-IP: 192.0.2.77", "True-Client-IP: 192.0.2.77", "CF-Connecting-IP: 192.0.2.77",
	} {
		got := f.raw("GET /lank/KQ7XJ2M4PZ6RT3VWYB5CDFGHNA HTTP/1.1\r\nHost: HOST\r\n" + h + "\r\nConnection: close\r\n\r\n")
		if len(got) != 1 || strings.Contains(fmt.Sprint(got[0].Header), "evil.example") || got[0].Header.Get("Strict-Transport-Security") != "" {
			t.Errorf("%s was believed: %v", h, got)
		}
	}
	f.a.Watch.Close(t.Context())
	if n := f.logged(db.Installation, audit.ActionRefused, "192.0.2.77"); n > 0 {
		t.Errorf("%d entries have the address that was made up", n)
	}
	if f.logged(db.Installation, audit.ActionRefused, "127.0.0.1") == 0 {
		t.Error("the log says nothing of where it was tried from")
	}
}

// What a stranger writes becomes no line of its own in any log, and no control of the terminal that somebody reads it in.
func TestAttackLogLines(t *testing.T) {
	f := besieged(t, sqliteFile(t), app.ServerOptions{})
	c := f.stranger()
	for _, mark := range []string{"\nlevel=ERROR msg=FORGED", "\x1b[2JFORGED", "\u202eFORGED", "\r\nFORGED: 1"} {
		c.Post("/inbjudan", url.Values{"kod": {mark}})
		c.Get("/" + url.PathEscape(mark))
		c.Get("/logga-in?till=" + url.QueryEscape(mark))
		f.raw("GET /logga-in HTTP/1.1\r\nHost: HOST\r\nUser-Agent: FORGED\x1b[31m\r\nReferer: http://a.example/\x1b[2J\r\nConnection: close\r\n\r\n")
		f.raw("GET /" + strings.ReplaceAll(mark, "\n", "") + " HTTP/1.1\r\nHost: HOST\r\n\r\n")
	}
	f.a.Watch.Close(t.Context())
	for line := range strings.SplitSeq(f.out.String(), "\n") {
		if strings.HasPrefix(line, "level=") || strings.ContainsAny(line, "\x1b\u202e\r") || strings.Contains(line, "msg=FORGED") {
			t.Errorf("in the operating log: %q", line)
		}
	}
	for _, raw := range []string{"\n", "\x1b", "\u202e", "\r"} {
		if f.logged(db.Installation, audit.ActionRefused, raw) > 0 {
			t.Errorf("%q stands in the log as it is", raw)
		}
	}
}

// invitation invites somebody to the organisation.
func (f *fort) invitation(name string) (token string) {
	f.t.Helper()
	ok(f.t, f.a.DB.Write(f.t.Context(), f.org, func(tx *db.Tx) error {
		n, err := auth.AddPerson(f.t.Context(), tx, auth.NewPerson{
			Organisation: f.org, Name: name, Folded: locale.Fold(name), Origin: "invited", Issuer: auth.PasskeyIssuer,
		})
		if err != nil {
			return err
		}
		token, err = passkey.InviteIn(f.t.Context(), tx, access.LocalAdministrator(f.org), n.Account)
		return err
	}))
	return token
}

// An invitation is used by many browsers at the same instant: one gets in.
func TestAttackSameInstant(t *testing.T) {
	for engine, database := range map[string]func(*testing.T) string{"sqlite": sqliteFile, "postgres": func(t *testing.T) string { return dbtest.PostgresAddress(t) }} {
		t.Run(engine, func(t *testing.T) {
			f := besieged(t, database(t), app.ServerOptions{})
			token := f.invitation("Ny Person")
			const many = 12
			var wait, done sync.WaitGroup
			wait.Add(1)
			to := make(chan string, many)
			for range many {
				c := f.stranger()
				done.Go(func() {
					wait.Wait()
					p := c.Post("/inbjudan", url.Values{"kod": {token}})
					to <- p.Header.Get("Location")
				})
			}
			wait.Done()
			done.Wait()
			close(to)
			in := 0
			for at := range to {
				if at == "/ny-passkey" {
					in++
				}
			}
			if in != 1 {
				t.Errorf("%d of %d browsers were let in by one invitation, want one", in, many)
			}
		})
	}
}
