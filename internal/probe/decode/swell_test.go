// SPDX-License-Identifier: EUPL-1.2

package decode

import (
	"bytes"
	"compress/flate"
	"encoding/base64"
	"fmt"
	"net/url"
	"runtime"
	"strings"
	"testing"
	"unicode"
)

// most is how large the pages here are: a quarter of the most that is read, which is enough to tell.
const most = 512 << 10

func filled(part string) string { return strings.Repeat(part, most/len(part)) }

func numberedParts(n int, format string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, format, i)
	}
	return b.String()
}

// packedRequest is a request that is small in an address and as large as is read when it is unpacked.
func packedRequest(t *testing.T) string {
	t.Helper()
	var b bytes.Buffer
	z, err := flate.NewWriter(&b, flate.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	text := `<samlp:AuthnRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol">` + strings.Repeat("<a></a>", (maxInflated-1000)/7) + `</samlp:AuthnRequest>`
	if _, err := z.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return url.QueryEscape(base64.StdEncoding.EncodeToString(b.Bytes()))
}

// TestPagesThatSwell has pages of half a megabyte that are made to become gigabytes, or years, when they are read. None takes more than a fixed amount,
// and of one that is not read to its end nothing is concluded.
func TestPagesThatSwell(t *testing.T) {
	at, err := url.Parse("https://a.example.se/")
	if err != nil {
		t.Fatal(err)
	}
	request := `<a href="https://idp.example.se/sso?SAMLRequest=` + packedRequest(t) + `">x</a>`
	form := `<form action="https://idp.example.se/sso?SAMLRequest=` + packedRequest(t) + `"><input type=hidden name=a></form>`
	unended := "<p>" + numberedParts(400, "<b a=%d>") // each paragraph that follows has them all anew
	for name, c := range map[string]struct {
		page string
		cut  bool
	}{
		"never ended, and paragraphs":     {unended + filled("<p>x"), true},
		"the same, ended in a table":      {unended + "<table>" + strings.Repeat("</b>", 400) + "</table>" + filled("<p>x"), true},
		"the same, ended in a list":       {unended + "<select>" + strings.Repeat("</b>", 400) + "</select>" + filled("<p>x"), true},
		"the same, ended in a cell":       {unended + "<table><tr><td>" + strings.Repeat("</b>", 400) + "</td></tr></table>" + filled("<p>x"), true},
		"the same, ended outside of cell": {unended + "<td>" + strings.Repeat("</b>", 400) + "</td>" + filled("<p>x"), true},
		"the same, in a picture":          {unended + "<svg>" + strings.Repeat("</b>", 400) + "</svg>" + filled("<p>x"), true},
		"the same, in a picture's title":  {"<svg><title>" + unended + filled("<p>x"), true},
		"the same, after a comment":       {"<select><noscript><!--</noscript></select>" + unended + filled("<p>x"), true},
		"the same, after a script":        {"<svg><p><script>'<!--'</script>" + unended + filled("<p>x"), true},
		"buttons within buttons":          {strings.Repeat("<div role=button>", 400) + "<img alt='" + strings.Repeat("x", most*9/10) + "'>", false},
		"a button of text":                {strings.Repeat("<div role=button>", 400) + strings.Repeat("x", most*9/10), false},
		"requests in links":               {strings.Repeat(request, 80), true},
		"requests in forms":               {strings.Repeat(form, 80), true},
		"attributes":                      {"<p " + filled("a "), false},
		"tables":                          {filled("<table>"), true},
		"elements":                        {filled("<b></b>"), true},
		"elements in a picture's style":   {"<svg><style>" + filled("<g>"), true},
		"misplaced in tables":             {filled("<table><b>"), true},
		"ends without a beginning":        {strings.Repeat("<div>", 400) + filled("</b>"), false},
		"ends in the wrong order":         {strings.Repeat("<b><div>", 200) + filled("</b>"), false},
		"formulas":                        {filled("<math><mi><p>"), true},
	} {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			p := ReadPage([]byte(c.page), at, &Words{Strong: []Method{{ID: "bankid", Words: []string{"bankid"}}}})
			runtime.ReadMemStats(&after)
			limit := uint64(100)
			if strings.HasPrefix(name, "requests") {
				limit = 700 // each is unpacked and forgotten
			}
			if used := (after.TotalAlloc - before.TotalAlloc) >> 20; used > limit {
				t.Errorf("%d MB were used", used)
			}
			if p.Cut != c.cut {
				t.Errorf("cut %v", p.Cut)
			}
		})
	}
}

// Pages as people write them, with much that is never ended, are read.
func TestOrdinaryPagesAreNotTangled(t *testing.T) {
	for name, page := range map[string]string{
		"a long list of links":    strings.Repeat("<p><a href=/x>En tjänst</a> och <b>ett ord</b></p>", 5000),
		"an old page of tables":   "<table>" + strings.Repeat("<tr><td><font size=2><b>Rubrik</b><td><a href=/x>x</a></font>", 3000) + "</table>",
		"links in a comment":      "<!--" + strings.Repeat("<a href=/x>x</a>", 300) + "-->" + strings.Repeat("<p>Ett stycke", 20_000),
		"a script of much":        "<script>" + strings.Repeat("if(a<b){c='<b>x</b>'}", 5000) + "</script>" + strings.Repeat("<p>Ett stycke", 20_000),
		"a few that never end":    "<font><b><i>" + strings.Repeat("<p>Ett stycke", 20_000),
		"a select in a paragraph": "<p><b>Välj</b><select>" + strings.Repeat("<option>x", 2000) + "</select>",
	} {
		if tangled([]byte(page)) {
			t.Errorf("%s is not read", name)
		}
	}
}

// TestWhatIsKeptSteersNoScreen holds that what a stranger wrote in a request is marked where it would steer a screen, and never becomes a level by it.
func TestWhatIsKeptSteersNoScreen(t *testing.T) {
	for _, query := range []string{
		"response_type=code&client_id=a%1b]0%3bb%07&acr_values=http://id.elegnamnden.se/loa/1.0/lo%1ba3+%c2%9b2J&kc_idp_hint=%e2%80%aex",
		"wa=wsignin1.0&wtrealm=a%00b&wauth=%1b[2J", "response_type=code&client_id=%ff%fe",
	} {
		u, err := url.Parse("https://idp.example.se/a?" + query)
		if err != nil {
			t.Fatal(err)
		}
		q := At(u)
		if q == nil {
			t.Fatalf("%s: no request", query)
		}
		for _, text := range append(append([]string{q.Issuer, q.Wauth, q.Hint}, q.ACRValues...), q.Classes...) {
			if strings.ToValidUTF8(text, "") != text || strings.ContainsFunc(text, func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) }) {
				t.Errorf("%q is kept", text)
			}
			if text == "http://id.elegnamnden.se/loa/1.0/loa3" {
				t.Error("what was left out made a level")
			}
		}
	}
}
