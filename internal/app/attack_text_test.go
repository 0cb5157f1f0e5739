// SPDX-License-Identifier: EUPL-1.2

package app_test

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/insegel/insegel/internal/app"
	"github.com/insegel/insegel/internal/report"
	"github.com/insegel/insegel/internal/webtest"
)

// hostileText is a formula to a spreadsheet, markup to a browser, a template to a template engine, and a quote to everything else.
const hostileText = `=HYPERLINK("http://evil.example","x")<img src=x onerror=zork()>"'{{7*7}}`

// planted tells what in a page came of the text other than text.
func planted(doc *html.Node) (out []string) {
	for _, n := range webtest.All(doc, "*") {
		for _, a := range n.Attr {
			key, value := strings.ToLower(a.Key), strings.ToLower(strings.TrimSpace(a.Val))
			if strings.HasPrefix(key, "on") || key == "src" && value == "x" || key == "href" && (strings.HasPrefix(value, "javascript:") || strings.Contains(value, "//evil.example")) {
				out = append(out, n.Data+" "+a.Key+"="+a.Val)
			}
		}
	}
	return out
}

// A hostile text in every field of the register is nothing but text on every page that can be reached and in every document.
func TestAttackStoredTexts(t *testing.T) {
	f := besieged(t, sqliteFile(t), app.ServerOptions{})
	actor := everybody(f.org, "writer")
	s := fillSide(t, f.a, actor, hostileText, hostileText)
	fillWhole(t, f.a, actor, &s, hostileText)
	c := f.enter(f.person(f.org, hostileText, actor.Roles...))
	shown := 0
	seen, patterns := map[string]bool{"/": true}, map[string]int{}
	for queue := []string{"/", "/sok?q=%3DHYPERLINK", "/system?q=%3Cimg%20src%3Dx%20onerror%3Dzork()%3E", "/sparlogg?handling=%22%3E%3Cimg%20src%3Dx%3E"}; len(queue) > 0; queue = queue[1:] {
		path := queue[0]
		if patterns[pattern(path)]++; patterns[pattern(path)] > 2 {
			continue
		}
		p := c.Get(path)
		if to := p.Header.Get("Location"); p.Status == http.StatusSeeOther && strings.HasPrefix(to, "/") && !seen[to] {
			seen[to] = true
			queue = append(queue, to)
		}
		if p.Status >= 500 {
			t.Errorf("%s: %d", path, p.Status)
		}
		if p.Doc == nil || p.Header.Get("Content-Disposition") != "" {
			continue
		}
		for _, bad := range planted(p.Doc) {
			t.Errorf("%s: the text became %s", path, bad)
		}
		if strings.Contains(webtest.Text(p.Doc), "zork()") {
			shown++
		}
		for _, a := range webtest.All(p.Doc, "a") {
			to, _, _ := strings.Cut(webtest.Attr(a, "href"), "#")
			if strings.HasPrefix(to, "/") && !strings.HasPrefix(to, "/static/") && !seen[to] {
				seen[to] = true
				queue = append(queue, to)
			}
		}
	}
	if shown < 15 {
		t.Errorf("the text was shown on %d pages only: it was not tried", shown)
	}
	for _, kind := range report.Kinds {
		for _, format := range report.Formats(kind) {
			p := c.Get("/rapporter/" + string(kind) + "?format=" + string(format))
			if p.Status != http.StatusOK || p.Header.Get("Content-Disposition") == "" {
				t.Errorf("%s as %s: %d", kind, format, p.Status)
				continue
			}
			for _, bad := range plantedIn(string(format), []byte(p.Body)) {
				t.Errorf("%s as %s: the text became %s", kind, format, bad)
			}
		}
	}
}

// plantedIn is planted of a document.
func plantedIn(format string, b []byte) (out []string) {
	switch format {
	case "html":
		doc, err := html.Parse(bytes.NewReader(b))
		if err != nil {
			return []string{err.Error()}
		}
		return planted(doc)
	case "json":
		if !json.Valid(b) {
			return []string{"broken JSON"}
		}
	case "csv":
		r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(b, []byte("\xef\xbb\xbf"))))
		r.Comma, r.FieldsPerRecord = ';', -1
		rows, err := r.ReadAll()
		if err != nil || len(rows) < 2 || len(rows[0]) < 2 {
			return []string{"broken CSV"}
		}
		for _, row := range rows {
			for _, cell := range row {
				if strings.ContainsAny(cell[:min(len(cell), 1)], "=+@\t\r") {
					out = append(out, "a formula: "+cell)
				}
			}
		}
	default:
		return plantedInParts(b)
	}
	return out
}

// plantedInParts looks into a document that is packed of parts.
func plantedInParts(b []byte) (out []string) {
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return []string{err.Error()}
	}
	for _, part := range z.File {
		f, err := part.Open()
		if err != nil {
			return []string{err.Error()}
		}
		d := xml.NewDecoder(f)
		for {
			token, err := d.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				if strings.HasSuffix(part.Name, ".xml") || strings.HasSuffix(part.Name, ".rels") {
					out = append(out, part.Name+": "+err.Error())
				}
				break
			}
			el, ok := token.(xml.StartElement)
			if !ok {
				continue
			}
			if el.Name.Local == "f" && strings.Contains(part.Name, "worksheets/") {
				out = append(out, part.Name+": a formula")
			}
			for _, a := range el.Attr {
				if a.Name.Local == "formula" || (a.Name.Local == "href" || a.Name.Local == "Target") && strings.Contains(a.Value, "evil.example") && !strings.HasPrefix(a.Value, "#") {
					out = append(out, part.Name+": "+a.Name.Local+"="+a.Value)
				}
			}
		}
		_ = f.Close()
	}
	return out
}
