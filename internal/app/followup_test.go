// SPDX-License-Identifier: EUPL-1.2

package app_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/insegel/insegel/internal/webtest"
)

// signedIn opens the example as its coordinator.
func signedIn(t *testing.T, lang string) *webtest.Client {
	t.Helper()
	address, link, _ := example(t, "sqlite:"+filepath.Join(t.TempDir(), "example.db"))
	c := webtest.Open(t, address)
	c.Lang = lang
	if p := c.Get(strings.TrimPrefix(link, address)); p.Status != 200 {
		t.Fatalf("the link led to status %d", p.Status)
	}
	return c
}

// howWords are what every page with numbers calls how they are counted.
var howWords = map[string]string{"sv": "Så räknar vi", "en": "How we count"}

// tellsHow sees that a page says how its numbers are counted.
func tellsHow(t *testing.T, c *webtest.Client, path string) *webtest.Page {
	t.Helper()
	p := c.Get(path)
	if p.Status != 200 {
		t.Fatalf("%s: status %d", path, p.Status)
	}
	for _, n := range p.All("details.why") {
		if strings.HasPrefix(webtest.Text(n), howWords[c.Lang]) && len(webtest.Text(n)) > 100 {
			return p
		}
	}
	t.Errorf("%s in %s does not tell how it counts", path, c.Lang)
	return p
}

// TestNumbersLeadToTheirRows follows every number of the list of indicators in the example: its page has the rows that it counts, tells how it
// counts, and leads to what would raise it, with a curve that the table beside tells in words.
func TestNumbersLeadToTheirRows(t *testing.T) {
	c := signedIn(t, "sv")
	list := tellsHow(t, c, "/uppfoljning")
	numbers := list.All("td.full b a")
	if len(numbers) < 30 {
		t.Fatalf("%d numbers lead anywhere", len(numbers))
	}
	if n := len(list.All("td.full b")); n != len(numbers) {
		t.Errorf("%d numbers, of which %d lead to their rows", n, len(numbers))
	}
	seen, raised := map[string]bool{}, 0
	for _, a := range numbers {
		path, part, _ := strings.Cut(webtest.Attr(a, "href"), "#")
		if seen[path] {
			continue
		}
		seen[path] = true
		p := tellsHow(t, c, path)
		if part != "rader" || !p.Has("#rader") || len(p.All("section[aria-labelledby=rader] tbody tr")) == 0 {
			t.Errorf("%s has no rows at %q", path, part)
		}
		if !p.Has(`a[href="` + path + `/rader"]`) {
			t.Errorf("%s does not give its rows as a file", path)
		}
		q := tellsHow(t, c, path+"/lyft")
		steps, points := len(q.All("ol.todo h3")), len(q.All("section[aria-labelledby=kurva] tbody tr"))
		if steps > 0 {
			raised++
			if !q.Has("section[aria-labelledby=kurva] svg") || points != steps+1 {
				t.Errorf("%s: %d steps and %d points of the curve", path, steps, points)
			}
		}
	}
	if raised < 10 {
		t.Errorf("%d of %d indicators have something that raises them", raised, len(seen))
	}
}

// TestTwoMinutes opens the manager's page: three questions with answers that lead to their rows, two decisions and one risk, in both languages.
func TestTwoMinutes(t *testing.T) {
	c := signedIn(t, "sv")
	for lang := range howWords {
		c.Lang = lang
		p := tellsHow(t, c, "/kort")
		for part, want := range map[string]int{"fragor": 3, "beslut": 2, "risk": 1} {
			if n := len(p.All("section[aria-labelledby=" + part + "] ul.todo li")); n != want {
				t.Errorf("%s in %s has %d, want %d", part, lang, n, want)
			}
		}
		for _, a := range p.All("section[aria-labelledby=fragor] h3 a") {
			if !strings.HasSuffix(webtest.Attr(a, "href"), "#rader") {
				t.Errorf("%s leads to %s", webtest.Text(a), webtest.Attr(a, "href"))
			}
		}
	}
}

// TestNationalPagesOfTheExample opens every national page in both languages: each has a table for every drawing, a file, and what it covers.
func TestNationalPagesOfTheExample(t *testing.T) {
	c := signedIn(t, "sv")
	for lang, words := range map[string][]string{
		"sv": {"av 290 har ett värde", "Kvalitet i data", "Andel okänd"},
		"en": {"of 290 have a value", "Quality of the data", "Share unknown"},
	} {
		c.Lang = lang
		p := tellsHow(t, c, "/nationellt?indikator=INFOKLASS&serie=self-assessed")
		for _, want := range words {
			if !strings.Contains(p.Text("main"), want) {
				t.Errorf("the picture in %s does not tell %q", lang, want)
			}
		}
		for _, path := range []string{"/nationellt?indikator=INFOKLASS&serie=self-assessed", "/nationellt/beroenden"} {
			p := c.Get(path)
			drawn, tables := len(p.All("section.card svg")), len(p.All("section.card table"))
			if drawn == 0 || tables == 0 || !p.Has(`a[href*="/tabell"]`) {
				t.Errorf("%s in %s: %d drawings, %d tables beside them", path, lang, drawn, tables)
			}
		}
	}
}
