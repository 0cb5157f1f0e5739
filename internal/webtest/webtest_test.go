// SPDX-License-Identifier: EUPL-1.2

package webtest_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"

	"github.com/insegel/insegel/internal/webtest"
)

func parse(t *testing.T, s string) *html.Node {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(s))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// page puts a body into a page without faults.
func page(body string) string {
	return `<!doctype html><html lang="sv"><head><title>Läget</title></head><body><main><h1>Läget</h1>` + body + `</main></body></html>`
}

func TestFaults(t *testing.T) {
	for _, tc := range []struct{ name, page, want string }{
		{"no fault", page(`<h2>Två</h2><p id="a">x</p><a href="/x">Till</a><label for="f">Namn</label><input id="f" aria-describedby="a"><a href="https://lag.example/">Lagen</a>`), ""},
		{"two h1", page(`<h1>Två</h1>`), "2 h1"},
		{"no title", strings.Replace(page(""), "Läget</title>", "</title>", 1), "no title"},
		{"no language", strings.Replace(page(""), ` lang="sv"`, "", 1), "language"},
		{"skipped heading", page(`<h3>Tre</h3>`), "skips a level"},
		{"field without label", page(`<input name="a">`), "no label"},
		{"label for another field", page(`<label for="b">B</label><input id="a"><input id="b">`), "no label"},
		{"textarea whose content is not its name", page(`<textarea>text</textarea>`), "no label"},
		{"ids twice", page(`<p id="a"></p><p id="a"></p>`), `"a" stands 2 times`},
		{"described by nothing", page(`<p aria-describedby="gone"></p>`), `points to "gone"`},
		{"picture", page(`<img src="/x.png">`), "no alt"},
		{"drawing", page(`<svg></svg>`), "no name"},
		{"header without scope", page(`<table><caption>C</caption><tr><th>A</th></tr></table>`), "no scope"},
		{"table without caption", page(`<table><tr><td>A</td></tr></table>`), "no caption"},
		{"button with a hidden name", page(`<button><span aria-hidden="true">x</span></button>`), "no name"},
		{"empty link", page(`<a href="/x"> </a>`), "no text"},
		{"link to nowhere", page(`<a href="#">x</a>`), "nowhere"},
		{"link to a missing id", page(`<a href="#gone">x</a>`), "an id that is not there"},
		{"nav without name", page(`<nav><a href="/x">x</a></nav>`), "no name"},
		{"group without legend", page(`<fieldset></fieldset>`), "no legend"},
		{"inline style", page(`<p style="color:red">x</p>`), "inline style"},
		{"style element", page(`<style>p{}</style>`), "inline style"},
		{"inline script", page(`<script>1</script>`), "inline script"},
		{"handler", page(`<p onclick="x()">x</p>`), "inline script"},
		{"script elsewhere", page(`<script src="https://cdn.example/x.js"></script>`), "another host"},
		{"style elsewhere", page(`<link rel="stylesheet" href="//cdn.example/x.css">`), "another host"},
		{"picture in the address", page(`<img alt="" src="data:image/png;base64,AA">`), "another host"},
		{"script as link", page(`<a href="javascript:x()">x</a>`), "not safe"},
		{"missing text", page(`<p>[web.no-such-key]</p>`), "web.no-such-key"},
		{"missing text in an attribute", page(`<p title="[web.other]">x</p>`), "web.other"},
		{"template not filled in", page(`<p>{{.Name}}</p>`), "not filled in"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := webtest.Faults(parse(t, tc.page))
			if tc.want == "" && len(got) > 0 || tc.want != "" && (len(got) != 1 || !strings.Contains(got[0], tc.want)) {
				t.Errorf("faults %q, want one with %q", got, tc.want)
			}
		})
	}
	if got := webtest.Faults(nil); len(got) != 1 {
		t.Errorf("an answer that is not HTML: %q", got)
	}
}

func TestSelectors(t *testing.T) {
	doc := parse(t, page(`<div class="a b" id="one"><p data-l="Ägare av">ett</p></div><div class="a"><section><p>två<br>rader</p></section></div><a href="/system/7">sju</a>`))
	for selector, want := range map[string][]string{
		"main p":               {"ett", "två rader"},
		"div.a p":              {"ett", "två rader"},
		".b.a p":               {"ett"},
		"#one":                 {"ett"},
		"#one p":               {"ett"},
		"div section p":        {"två rader"},
		"section div p":        nil,
		"p[data-l=Ägare av]":   {"ett"},
		`p[data-l="Ägare av"]`: {"ett"},
		"[data-l]":             {"ett"},
		"a[href^=/system/]":    {"sju"},
		"a[href$=7]":           {"sju"},
		"a[href*=ste]":         {"sju"},
		"a[href=/system]":      nil,
		"* section *":          {"två rader", ""},
	} {
		var got []string
		for _, n := range webtest.All(doc, selector) {
			got = append(got, webtest.Text(n))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", selector, diff)
		}
	}
}

func TestFields(t *testing.T) {
	form := webtest.Find(parse(t, page(`<form><input name="a" value="1"><input type="checkbox" name="b" value="x"><input type="checkbox" name="b" value="y" checked>
		<input type="radio" name="c" value="1"><input type="radio" name="c" value="2" checked><select name="d"><option>ett</option><option value="2" selected>två</option></select>
		<select name="e"><option>först</option><option>sist</option></select><textarea name="f">
rad</textarea><input name="g" value="1" disabled><button name="h" value="1">Spara</button></form>`)), "form")
	want := url.Values{"a": {"1"}, "b": {"y"}, "c": {"2"}, "d": {"2"}, "e": {"först"}, "f": {"rad"}}
	if diff := cmp.Diff(want, webtest.Fields(form)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestClient(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /form", func(w http.ResponseWriter, r *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "k", Value: "v", Path: "/"})
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = fmt.Fprint(w, page(`<form method="post" action="/send"><input name="version" value="7"><input name="gone" value="1"></form><form id="s" action="/find?old=1"><input name="q"></form>`))
	})
	mux.HandleFunc("POST /send", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/got?"+r.FormValue("name"), http.StatusSeeOther)
	})
	mux.HandleFunc("GET /got", func(w http.ResponseWriter, r *http.Request) {
		k, _ := r.Cookie("k")
		_, _ = fmt.Fprint(w, k, r.Header.Get("Sec-Fetch-Site"), r.Header.Get("Accept-Language"))
	})
	mux.HandleFunc("POST /echo", func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		_, _ = fmt.Fprint(w, r.PostForm.Encode())
	})
	mux.HandleFunc("GET /find", func(w http.ResponseWriter, r *http.Request) { _, _ = fmt.Fprint(w, r.URL.RawQuery) })
	c := webtest.Start(t, mux)
	c.Lang = "en"
	form := c.Get("/form")
	if c.Cookie("k") != "v" || form.Text("h1") != "Läget" || !form.Has("form") {
		t.Errorf("cookie %q, h1 %q", c.Cookie("k"), form.Text("h1"))
	}
	if p := c.Submit(form, "form", url.Values{"name": {"Anna"}, "gone": nil}); p.URL != "/got?Anna" || p.Body != "k=vsame-originen" {
		t.Errorf("%s %q", p.URL, p.Body)
	}
	if p := c.Submit(form, "#s", url.Values{"q": {"å"}}); p.Body != "q=%C3%A5" {
		t.Errorf("search: %q", p.Body)
	}
	if p := c.Post("/echo", webtest.Fields(webtest.Find(form.Doc, "form"))); p.Body != "gone=1&version=7" {
		t.Errorf("fields: %q", p.Body)
	}
	c.NoRedirects()
	if p := c.Post("/send", nil); p.Status != 303 {
		t.Errorf("status %d", p.Status)
	}
	other := webtest.Open(t, c.URL)
	other.Site = ""
	if p := other.Get("/got"); p.Body != "<nil>" && p.Body != "" {
		t.Errorf("another client has the cookie or headers: %q", p.Body)
	}
}
