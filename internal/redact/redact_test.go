// SPDX-License-Identifier: EUPL-1.2

package redact_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/insegel/insegel/internal/redact"
)

// written gives what a log writes, in both of the forms that the program uses.
func written(t testing.TB, write func(*slog.Logger)) string {
	t.Helper()
	var out bytes.Buffer
	write(slog.New(redact.New(slog.NewJSONHandler(&out, nil))))
	write(slog.New(redact.New(slog.NewTextHandler(&out, nil))))
	return out.String()
}

// secrets are one of each kind, with the part of it that must not come out. None belongs to anybody.
var secrets = map[string]struct{ text, core string }{
	"session token":       {"gV5vDJ2kxb1Xq0c8rWmFhQ7uYzT9aNe4LpKsB3oIj6E", "gV5vDJ2kxb1Xq0c8rWmFhQ7uYzT9aNe4LpKsB3oIj6E"},
	"one-time link":       {"https://insegel.example.se/lank/KQ7XJ2M4PZ6RT3VWYB5CDFGHNA", "KQ7XJ2M4PZ6RT3VWYB5CDFGHNA"},
	"letters only":        {"KQXJMPZRTVWYBCDFGHNASLEU", "KQXJMPZRTVWYBCDFGHNASLEU"},
	"query":               {"GET /aterkomst?code=bVx7&state=q1", "bVx7"},
	"query of one word":   {"/a?t=hemligt", "hemligt"},
	"fragment":            {"https://a.example.se/#access_token=abc", "abc"},
	"bearer":              {"Authorization: Bearer abc.def-ghi", "abc.def-ghi"},
	"basic":               {"basic YTpiY2RlZg==", "YTpiY2RlZg"},
	"cookie":              {"Cookie: __Host-insegel=kaka; sprak=sv", "kaka"},
	"set-cookie":          {`"Set-Cookie": "insegel=kaka; Path=/"`, "kaka"},
	"jwt":                 {"eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJlMTIzNDU2", "eyJzdWIiOiIxIn0"},
	"dsn":                 {"postgres://insegel:lozen@db.example.se/insegel", "lozen"},
	"dsn with at":         {"postgres://insegel:lo@zen@db.example.se/insegel", "lo@zen"},
	"dsn in words":        {"host=db user=insegel password=lozen dbname=x", "lozen"},
	"dsn quoted":          {"password='lo zen'", "zen"},
	"json":                {`{"password":"lo zen","a":1}`, "zen"},
	"client secret":       {"client_secret=abc", "abc"},
	"private key":         {"-----BEGIN PRIVATE KEY-----\nMC4CAQ\n-----END PRIVATE KEY-----", "MC4CAQ"},
	"private key, cut":    {"-----BEGIN EC PRIVATE KEY-----\nMC4CAQ\nabc", "MC4CAQ"},
	"identity number":     {"person 19121212-1212 i registret", "1212-1212"},
	"identity number, 10": {"121212-1212", "121212-1212"},
	"no hyphen":           {"191212121212", "191212121212"},
	"a hundred years":     {"121212+1212", "121212+1212"},
	"coordination number": {"701063-2391", "701063-2391"},
	"two in a row":        {"121212-1212,121212-1212", "1212-1212"},
	"after a letter":      {"nr191212121212", "191212121212"},
	"e-mail":              {"to anna.andersson@norrsjo.example.se: refused", "anna.andersson"},
	"e-mail with å":       {"åsa@norrsjö.example", "åsa"},
	"code":                {"code: 482913", "482913"},
	"kod":                 {"kod 'är' kod=482913", "482913"},
}

func TestTextTakesAway(t *testing.T) {
	for name, s := range secrets {
		if got := redact.Text(s.text); strings.Contains(got, s.core) || !strings.Contains(got, redact.Mark) {
			t.Errorf("%s: %q became %q", name, s.text, got)
		}
	}
}

// What is not secret is kept: a log that says nothing is not read.
func TestTextKeeps(t *testing.T) {
	for _, s := range []string{
		"", "å", "request", "GET /system/{slug}/klassning/steg/{n}", "http: TLS handshake error from 192.0.2.1:50712: EOF",
		"019a0b1c-2d3e-7f40-8a1b-2c3d4e5f6071", "save answer: changed by somebody else", "listen on 127.0.0.1:8080: address already in use",
		"github.com/insegel/insegel/internal/classification.(*Service).Answer(0xc0000b6000)", "/usr/local/go/src/net/http/server.go:3340 +0x2b4",
		"2026-11-23T08:00:00.000Z", "internationalisation_of_everything", "overview.TestEverySystemOnOnePageInBothLanguages",
		"16 of 240 systems in 1200 ms", "202100-5489 is an organisation", "?", "what?", "a = b",
	} {
		if got := redact.Text(s); got != s {
			t.Errorf("%q became %q", s, got)
		}
	}
}

// valuer is a type that says by itself what is logged of it.
type valuer struct{ text string }

func (v valuer) LogValue() slog.Value { return slog.StringValue(v.text) }

type stringer struct{ text string }

func (s stringer) String() string { return s.text }

type nested struct {
	Password string
	Inner    map[string]any `json:"inner"`
	List     []string
	hidden   string
}

// places are the ways in which a text can come to the log.
var places = map[string]func(l *slog.Logger, s string){
	"message":          func(l *slog.Logger, s string) { l.Info(s) },
	"formatted":        func(l *slog.Logger, s string) { l.Warn(fmt.Sprintf("x %s y", s)) },
	"string":           func(l *slog.Logger, s string) { l.Info("m", slog.String("what", s)) },
	"pairs":            func(l *slog.Logger, s string) { l.Info("m", "what", s) },
	"name":             func(l *slog.Logger, s string) { l.Info("m", s, "x") },
	"error":            func(l *slog.Logger, s string) { l.Error("m", slog.Any("error", fmt.Errorf("a: %w", errors.New(s)))) },
	"joined errors":    func(l *slog.Logger, s string) { l.Error("m", "error", errors.Join(errors.New("a"), errors.New(s))) },
	"group":            func(l *slog.Logger, s string) { l.Info("m", slog.Group("g", slog.Group("h", slog.String("what", s)))) },
	"with":             func(l *slog.Logger, s string) { l.With("what", s).Info("m") },
	"with, in a group": func(l *slog.Logger, s string) { l.WithGroup("g").With("what", s).Info("m", "x", s) },
	"name of a group":  func(l *slog.Logger, s string) { l.WithGroup(s).Info("m", "a", 1) },
	"valuer":           func(l *slog.Logger, s string) { l.Info("m", "what", valuer{s}) },
	"stringer":         func(l *slog.Logger, s string) { l.Info("m", "what", stringer{s}) },
	"bytes":            func(l *slog.Logger, s string) { l.Info("m", "what", []byte(s)) },
	"map": func(l *slog.Logger, s string) {
		l.Info("m", "what", map[string]any{"a": []any{s, map[string]string{s: s}}})
	},
	"struct": func(l *slog.Logger, s string) {
		l.Info("m", "what", nested{Password: s, Inner: map[string]any{"token": s, "x": s}, List: []string{s}, hidden: s})
	},
	"pointer": func(l *slog.Logger, s string) { l.Info("m", "what", &nested{Password: s, List: []string{s}}) },
	"no JSON": func(l *slog.Logger, s string) { l.Info("m", "what", map[string]any{s: make(chan int)}) },
	"attribute": func(l *slog.Logger, s string) {
		l.LogAttrs(context.Background(), slog.LevelInfo, "m", slog.Any("what", &s))
	},
}

func TestNothingComesOut(t *testing.T) {
	for kind, s := range secrets {
		for place, write := range places {
			if got := written(t, func(l *slog.Logger) { write(l, s.text) }); strings.Contains(got, s.core) {
				t.Errorf("%s as %s came out: %s", kind, place, got)
			}
		}
	}
}

// Nothing that a stranger writes makes a line of its own in the log, or a field of another.
func TestLinesCannotBeForged(t *testing.T) {
	const forged = "x\n{\"level\":\"INFO\",\"msg\":\"forged\"}\r\n\u2028\x1b[2J\",\"level\":\"ERROR"
	for place, write := range places {
		var out bytes.Buffer
		write(slog.New(redact.New(slog.NewJSONHandler(&out, nil))), forged) // the form that the server writes
		line, more, _ := strings.Cut(out.String(), "\n")
		var fields map[string]any
		if err := json.Unmarshal([]byte(line), &fields); err != nil || more != "" || fields["msg"] == "forged" {
			t.Errorf("%s: %v, %q and after it %q", place, err, line, more)
		}
		if strings.ContainsAny(line, "\x1b\r\u2028") {
			t.Errorf("%s: what steers a terminal came out: %q", place, line)
		}
	}
}

// What stands under the name of a secret is taken away whatever it looks like.
func TestNames(t *testing.T) {
	const plain = "plainword"
	for _, name := range []string{
		"password", "Password", "db_password", "client-secret", "token", "id_token", "cookie", "Set-Cookie", "Authorization", "privateKey", "email",
		"e-post", "personnummer", "code", "dsn", "SAMLResponse", "RelayState", "lösenord", "motivation", "session", "name", "recovery_code",
	} {
		for how, write := range map[string]func(*slog.Logger){
			"attribute": func(l *slog.Logger) { l.Info("m", name, plain) },
			"with":      func(l *slog.Logger) { l.With(name, plain).Info("m") },
			"group":     func(l *slog.Logger) { l.Info("m", slog.Group("g", slog.String(name, plain))) },
			"a group":   func(l *slog.Logger) { l.Info("m", slog.Group(name, slog.String("a", plain))) },
			"in group":  func(l *slog.Logger) { l.WithGroup(name).With("a", plain).WithGroup("b").Info("m", "a", plain) },
			"map":       func(l *slog.Logger) { l.Info("m", "a", map[string]string{name: plain}) },
			"number":    func(l *slog.Logger) { l.Info(plain[:1], name, 47114711471) },
		} {
			if got := written(t, write); strings.Contains(got, plain) || strings.Contains(got, "47114711471") {
				t.Errorf("%s as %s: %s", name, how, got)
			}
		}
	}
	for _, name := range []string{"status", "status_code", "route", "method", "request_id", "error", "ms", "kind", "attempt", "organisation", "count"} {
		if redact.Secret(name) {
			t.Errorf("%s is taken for a secret", name)
		}
	}
}

func TestNumbersAndTimes(t *testing.T) {
	got := written(t, func(l *slog.Logger) {
		l.Info("m", "a", 191212121212, "b", uint64(1212121212), "c", 191212121212.0, "d", map[string]any{"x": 1212121212})
	})
	if strings.Contains(got, "1212121212") {
		t.Errorf("an identity number as a number came out: %s", got)
	}
	at := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	got = written(t, func(l *slog.Logger) {
		l.Info("m", "ms", int64(1200), "at", at, "took", time.Second, "ok", true, "share", 0.5, "at_ms", at.UnixMilli())
	})
	for _, want := range []string{`"ms":1200`, `"at":"2026-11-23T08:00:00Z"`, `"ok":true`, `"share":0.5`, fmt.Sprint(at.UnixMilli())} {
		if !strings.Contains(got, want) {
			t.Errorf("%s was taken away: %s", want, got)
		}
	}
}

// A secret that is planted anywhere, among any text, never comes out.
func FuzzPlantedSecret(f *testing.F) {
	f.Add("before ", " after")
	f.Add("url=https://a.example/?", "&b=c")
	f.Add(`{"password":"`, `"}`)
	f.Add("-----BEGIN ", "-----END")
	f.Add("å@", "@ö")
	f.Add("Cookie: a=", "; b=\n")
	f.Add("19", "12")
	f.Add("token='", "'")
	f.Fuzz(func(t *testing.T, before, after string) {
		const token = "gV5vDJ2kxb1Xq0c8rWmFhQ7uYzT9aNe4LpKsB3oIj6E"
		for _, core := range []string{token, "KQ7XJ2M4PZ6RT3VWYB5CDFGHNA", "19121212-1212", "anna.andersson@norrsjo.example"} {
			if strings.Contains(before, core) || strings.Contains(after, core) {
				continue
			}
			s := before + " " + core + " " + after
			for place, write := range places {
				if got := written(t, func(l *slog.Logger) { write(l, s) }); strings.Contains(got, core) {
					t.Fatalf("%s came out as %s: %s", core, place, got)
				}
			}
		}
	})
}

func BenchmarkRequest(b *testing.B) {
	l := slog.New(redact.New(slog.DiscardHandler))
	on := slog.New(redact.New(slog.NewJSONHandler(discard{}, nil)))
	_ = l
	for b.Loop() {
		on.LogAttrs(b.Context(), slog.LevelInfo, "request", slog.String("method", "GET"), slog.String("route", "GET /system/{slug}"),
			slog.Int("status", 200), slog.String("request_id", "k5h2m3n4p5q6"), slog.Int64("ms", 12))
	}
}

type discard struct{}

func (discard) Write(b []byte) (int, error) { return len(b), nil }
