// SPDX-License-Identifier: EUPL-1.2

package webtest

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/html"
)

// Find gives the first element under n that the selector finds, in document order, or nil. A selector is simple parts with
// spaces between, each inside the one before: "main table.t [data-l=Ägare]", "#name", "a[href^=/system]".
func Find(n *html.Node, selector string) *html.Node {
	if found := All(n, selector); len(found) > 0 {
		return found[0]
	}
	return nil
}

// All gives every element under n that the selector finds, in document order.
func All(n *html.Node, selector string) []*html.Node {
	if n == nil {
		return nil
	}
	var parts []part
	for _, s := range split(selector) {
		parts = append(parts, parsePart(s))
	}
	if len(parts) == 0 {
		panic("webtest: empty selector")
	}
	var out []*html.Node
	for d := range n.Descendants() {
		if d.Type == html.ElementNode && matches(d, n, parts) {
			out = append(out, d)
		}
	}
	return out
}

// matches reports whether d fits the last part, and has the others in order among its ancestors up to root.
func matches(d, root *html.Node, parts []part) bool {
	last := len(parts) - 1
	if !parts[last].fits(d) {
		return false
	}
	rest := parts[:last]
	for a := d.Parent; a != nil && len(rest) > 0; a = a.Parent {
		if a.Type == html.ElementNode && rest[len(rest)-1].fits(a) {
			rest = rest[:len(rest)-1]
		}
		if a == root {
			break
		}
	}
	return len(rest) == 0
}

// part is one simple selector.
type part struct {
	tag, id string
	classes []string
	attrs   []attr
}

type attr struct{ name, op, value string }

func (p part) fits(n *html.Node) bool {
	if p.tag != "" && p.tag != "*" && n.Data != p.tag || p.id != "" && Attr(n, "id") != p.id {
		return false
	}
	classes := strings.Fields(Attr(n, "class"))
	for _, c := range p.classes {
		if !slices.Contains(classes, c) {
			return false
		}
	}
	for _, a := range p.attrs {
		if !a.fits(n) {
			return false
		}
	}
	return true
}

func (a attr) fits(n *html.Node) bool {
	if !hasAttr(n, a.name) {
		return false
	}
	v := Attr(n, a.name)
	switch a.op {
	case "":
		return true
	case "=":
		return v == a.value
	case "^=":
		return strings.HasPrefix(v, a.value)
	case "$=":
		return strings.HasSuffix(v, a.value)
	case "*=":
		return strings.Contains(v, a.value)
	default:
		panic(fmt.Sprintf("webtest: operator %q", a.op))
	}
}

// split cuts a selector at the spaces that are not inside brackets.
func split(s string) []string {
	depth := 0
	return strings.FieldsFunc(s, func(r rune) bool {
		switch r {
		case '[':
			depth++
		case ']':
			depth--
		}
		return r == ' ' && depth == 0
	})
}

func parsePart(s string) part {
	var p part
	for s != "" {
		var word string
		switch s[0] {
		case '#':
			word, s = name(s[1:])
			p.id = word
		case '.':
			word, s = name(s[1:])
			p.classes = append(p.classes, word)
		case '[':
			inside, after, ok := strings.Cut(s[1:], "]")
			if !ok {
				panic(fmt.Sprintf("webtest: selector %q lacks a ]", s))
			}
			p.attrs = append(p.attrs, parseAttr(inside))
			s = after
		default:
			word, s = name(s)
			p.tag = word
		}
	}
	return p
}

func name(s string) (word, rest string) {
	if i := strings.IndexAny(s, "#.["); i >= 0 {
		return s[:i], s[i:]
	}
	return s, ""
}

func parseAttr(s string) attr {
	i := strings.IndexByte(s, '=')
	if i < 0 {
		return attr{name: s}
	}
	op, key := "=", s[:i]
	if key != "" && strings.ContainsRune("^$*", rune(key[len(key)-1])) {
		op, key = key[len(key)-1:]+"=", key[:len(key)-1]
	}
	return attr{name: key, op: op, value: strings.Trim(s[i+1:], `"'`)}
}

// Attr gives an attribute, "" when it, or the element, is not there.
func Attr(n *html.Node, name string) string {
	if n == nil {
		return ""
	}
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func hasAttr(n *html.Node, name string) bool {
	return slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == name })
}

// Text gives the text under n with white space as a reader sees it. What is hidden from the eye only is part of it.
func Text(n *html.Node) string {
	if n == nil {
		return ""
	}
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode && d.Parent.Data != "script" && d.Parent.Data != "style" {
			b.WriteString(d.Data)
		}
		if d.Type == html.ElementNode && block[d.Data] {
			b.WriteByte(' ')
		}
	}
	return strings.Join(strings.FieldsFunc(b.String(), func(r rune) bool { return r == ' ' || r == '\n' || r == '\t' || r == '\r' }), " ")
}

// block are elements whose text stands apart from what is before.
var block = map[string]bool{
	"p": true, "div": true, "li": true, "td": true, "th": true, "tr": true, "dt": true, "dd": true, "h1": true, "h2": true, "h3": true,
	"br": true, "small": true, "section": true, "label": true, "button": true, "option": true, "summary": true, "legend": true,
}

// Fields gives what a form would send if its button were pressed now.
func Fields(form *html.Node) url.Values {
	out := url.Values{}
	for _, n := range All(form, "[name]") {
		if hasAttr(n, "disabled") {
			continue
		}
		key := Attr(n, "name")
		switch n.Data {
		case "textarea":
			out.Add(key, rawText(n))
		case "select":
			addSelected(out, key, n)
		case "input":
			kind := Attr(n, "type")
			if (kind == "checkbox" || kind == "radio") && !hasAttr(n, "checked") || kind == "submit" || kind == "file" {
				continue
			}
			out.Add(key, Attr(n, "value"))
		}
	}
	return out
}

func addSelected(out url.Values, key string, n *html.Node) {
	options := All(n, "option")
	chosen := All(n, "option[selected]")
	if len(chosen) == 0 && len(options) > 0 && !hasAttr(n, "multiple") {
		chosen = options[:1]
	}
	for _, o := range chosen {
		if hasAttr(o, "value") {
			out.Add(key, Attr(o, "value"))
		} else {
			out.Add(key, Text(o))
		}
	}
}

func rawText(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return b.String()
}
