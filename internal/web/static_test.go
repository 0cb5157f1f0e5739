// SPDX-License-Identifier: EUPL-1.2

package web_test

import (
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/insegel/insegel/internal/web"
	"github.com/insegel/insegel/internal/webtest"
)

func TestStaticFilesAreKeptForGoodByHash(t *testing.T) {
	c := start(t, newHouse(t, nil))
	for name, kind := range map[string]string{
		"insegel.css": "text/css; charset=utf-8", "insegel.js": "text/javascript; charset=utf-8", "icons.svg": "image/svg+xml; charset=utf-8",
		"fonts/atkinson-next-latin.woff2": "font/woff2", "fonts/OFL.txt": "text/plain; charset=utf-8", "favicon.svg": "image/svg+xml; charset=utf-8",
	} {
		address, err := web.Asset(name)
		if err != nil {
			t.Fatal(err)
		}
		p := c.Get(address)
		if p.Status != 200 || p.Header.Get("Content-Type") != kind || p.Header.Get("Cache-Control") != "public, max-age=31536000, immutable" || p.Body == "" {
			t.Errorf("%s: %d, %s, %s", name, p.Status, p.Header.Get("Content-Type"), p.Header.Get("Cache-Control"))
		}
		r := c.Request("GET", address, nil)
		r.Header.Set("If-None-Match", p.Header.Get("ETag"))
		if again := c.Do(r); again.Status != http.StatusNotModified {
			t.Errorf("%s: a second visit got %d", name, again.Status)
		}
		bare, _, _ := strings.Cut(address, "?")
		for _, other := range []string{bare, bare + "?v=0000000000000000"} {
			if p := c.Get(other); p.Header.Get("Cache-Control") != "no-cache" {
				t.Errorf("%s is kept under a hash that is not its own", other)
			}
		}
	}
	if _, err := web.Asset("nothing.css"); err == nil {
		t.Error("a file that does not exist has an address")
	}
}

func TestFixedAddresses(t *testing.T) {
	c := start(t, newHouse(t, nil))
	if p := c.Get("/robots.txt"); p.Body != "User-agent: *\nDisallow: /\n" {
		t.Errorf("robots: %q", p.Body)
	}
	if p := c.Get("/favicon.ico"); p.Status != 200 || p.Header.Get("Content-Type") != "image/svg+xml; charset=utf-8" {
		t.Errorf("favicon: %d %s", p.Status, p.Header.Get("Content-Type"))
	}
}

func TestEverythingAPageNamesIsThere(t *testing.T) {
	c := start(t, newHouse(t, nil))
	p := c.Get("/gallery")
	address := regexp.MustCompile(`/static/[^"#)]+`)
	seen := 0
	for _, a := range address.FindAllString(p.Body, -1) {
		seen++
		if f := c.Get(a); f.Status != 200 || !strings.Contains(f.Header.Get("Cache-Control"), "immutable") {
			t.Errorf("%s: %d %s", a, f.Status, f.Header.Get("Cache-Control"))
		}
	}
	if seen < 5 {
		t.Errorf("only %d static files are named", seen)
	}
	css, _ := web.Asset("insegel.css")
	for _, m := range regexp.MustCompile(`url\(([^)]+)\)`).FindAllStringSubmatch(c.Get(css).Body, -1) {
		if f := c.Get("/static/" + m[1]); f.Status != 200 || !strings.Contains(f.Header.Get("Cache-Control"), "immutable") {
			t.Errorf("the style sheet's %s: %d", m[1], f.Status)
		}
	}
	for _, use := range p.All("use") {
		href := webtest.Attr(use, "href")
		_, id, _ := strings.Cut(href, "#")
		sprite, _ := web.Asset("icons.svg")
		if !strings.Contains(c.Get(sprite).Body, `<symbol id="`+id+`"`) {
			t.Errorf("no symbol %q", id)
		}
	}
}

func TestStaticFilesKeepToThePolicy(t *testing.T) {
	js, err := os.ReadFile("static/insegel.js")
	if err != nil {
		t.Fatal(err)
	}
	if len(js) > 20<<10 {
		t.Errorf("the script is %d bytes, the limit is 20 KiB", len(js))
	}
	if m := regexp.MustCompile(`innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|https?://`).Find(js); m != nil {
		t.Errorf("the script uses %s", m)
	}
	css, err := os.ReadFile("static/insegel.css")
	if err != nil {
		t.Fatal(err)
	}
	if m := regexp.MustCompile(`data:[a-z]|https?://|@import|expression\(`).Find(css); m != nil {
		t.Errorf("the style sheet uses %s", m)
	}
	if strings.Count(string(css), "{") != strings.Count(string(css), "}") {
		t.Error("the style sheet's braces do not match")
	}
}

// TestScriptCannotBeClobbered holds pages and script apart: no form field, form or image of any page has a name that the script asks the document or
// a form for, the script keeps nothing in the window, and everything in it is declared. What readers write never becomes a name: every name stands
// in a template or in Go.
func TestScriptCannotBeClobbered(t *testing.T) {
	js, err := os.ReadFile("static/insegel.js")
	if err != nil {
		t.Fatal(err)
	}
	if !regexp.MustCompile(`(?m)^"use strict";$`).Match(js) {
		t.Error("the script takes what is not declared for something of the window's")
	}
	if m := regexp.MustCompile(`\bwindow\.|\bself\.|\bvar\s|document\.(forms|images|embeds|all|anchors|links)\b|document\[|(document|globalThis)\.\w+\s*=[^=]`).Find(js); m != nil {
		t.Errorf("the script uses %s", m)
	}
	asked := map[string]bool{}
	for _, m := range regexp.MustCompile(`\b(?:form|document)\.([A-Za-z]\w*)`).FindAllSubmatch(js, -1) {
		asked[string(m[1])] = true
	}
	if !asked["querySelector"] || !asked["addEventListener"] {
		t.Fatal("the script asks for nothing")
	}
	named := regexp.MustCompile(`(?:name|id)="([A-Za-z][\w-]*)"|Name:\s*"([A-Za-z][\w-]*)"`)
	exposed := regexp.MustCompile(`<(?:form|img|iframe|embed|object)\b[^>]*\sname=`)
	fields := 0
	err = filepath.WalkDir("..", func(path string, e fs.DirEntry, err error) error {
		if ext := filepath.Ext(path); err != nil || e.IsDir() || ext != ".html" && !(ext == ".go" && strings.HasPrefix(filepath.Base(path), "page")) {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if m := exposed.Find(text); m != nil {
			t.Errorf("%s: the document would be asked for %s", path, m)
		}
		for _, m := range named.FindAllSubmatch(text, -1) {
			fields++
			if name := string(m[1]) + string(m[2]); asked[name] {
				t.Errorf("%s: the name %q is one that the script asks a form or the document for", path, name)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if fields < 100 {
		t.Errorf("only %d names were looked at", fields)
	}
}

// TestCheckTemplates tells every fault in a page that the program would otherwise tell its first reader.
func TestCheckTemplates(t *testing.T) {
	if err := web.CheckTemplatesOf(fstest.MapFS{"a.html": {Data: []byte(`<p title="{{t "web.skip"}}">{{.}}</p>`)}}); err != nil {
		t.Errorf("a right page: %v", err)
	}
	for name, fsys := range map[string]fstest.MapFS{
		"nothing":         {},
		"broken":          {"a.html": {Data: []byte("{{if}}")}},
		"unknown helper":  {"a.html": {Data: []byte("{{nohelper}}")}},
		"unknown part":    {"a.html": {Data: []byte(`{{template "nopart" .}}`)}},
		"not escapable":   {"a.html": {Data: []byte(`{{if .}}<p title="{{end}}">`)}},
		"broken in a lot": {"a.html": {Data: []byte("a")}, "b.html": {Data: []byte("{{if}}")}},
	} {
		if web.CheckTemplatesOf(fsys) == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
