// SPDX-License-Identifier: EUPL-1.2

package webtest

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// CheckDOM fails the test for every fault of a page that can be found without eyes: what keeps people with a keyboard or a screen
// reader out, what the security policy would block, and texts that are missing.
func CheckDOM(t testing.TB, doc *html.Node) {
	t.Helper()
	for _, f := range Faults(doc) {
		t.Error(f)
	}
}

// Faults lists what CheckDOM would fail for.
func Faults(doc *html.Node) []string {
	if doc == nil {
		return []string{"the answer is not HTML"}
	}
	c := &checker{doc: doc, ids: map[string]int{}}
	for n := range doc.Descendants() {
		if n.Type == html.ElementNode {
			c.elements = append(c.elements, n)
			if id := Attr(n, "id"); id != "" {
				c.ids[id]++
			}
		}
	}
	c.document()
	for _, n := range c.elements {
		c.element(n)
		c.references(n)
		c.safe(n)
	}
	c.texts()
	return c.faults
}

type checker struct {
	doc      *html.Node
	elements []*html.Node
	ids      map[string]int
	faults   []string
}

func (c *checker) fault(n *html.Node, format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if n != nil {
		text += ": " + open(n)
	}
	c.faults = append(c.faults, text)
}

// open writes an element's opening tag, to find it by.
func open(n *html.Node) string {
	var b strings.Builder
	b.WriteString("<" + n.Data)
	for _, a := range n.Attr {
		fmt.Fprintf(&b, " %s=%q", a.Key, a.Val)
	}
	b.WriteString(">")
	if text := Text(n); text != "" {
		b.WriteString(string([]rune(text)[:min(40, len([]rune(text)))]))
	}
	return b.String()
}

// document checks what a page has once.
func (c *checker) document() {
	if n := len(All(c.doc, "h1")); n != 1 {
		c.fault(nil, "the page has %d h1", n)
	}
	if Text(Find(c.doc, "title")) == "" {
		c.fault(nil, "the page has no title")
	}
	if lang := Attr(Find(c.doc, "html"), "lang"); lang != "sv" && lang != "en" {
		c.fault(nil, "the page's language is %q", lang)
	}
	if n := len(All(c.doc, "main")); n != 1 {
		c.fault(nil, "the page has %d main", n)
	}
	for id, n := range c.ids {
		if n > 1 {
			c.fault(nil, "the id %q stands %d times", id, n)
		}
	}
	level := 0
	for _, n := range c.elements {
		if len(n.Data) != 2 || n.Data[0] != 'h' || n.Data[1] < '1' || n.Data[1] > '6' || inside(n, "nav") {
			continue
		}
		now := int(n.Data[1] - '0')
		if level > 0 && now > level+1 {
			c.fault(n, "the heading skips a level")
		}
		level = now
	}
}

// element checks what one element needs to be understood.
func (c *checker) element(n *html.Node) {
	switch n.Data {
	case "input", "select", "textarea":
		if kind := Attr(n, "type"); kind != "hidden" && kind != "submit" && !c.labelled(n) {
			c.fault(n, "the field has no label")
		}
	case "img":
		if !hasAttr(n, "alt") {
			c.fault(n, "the picture has no alt")
		}
	case "svg":
		if Attr(n, "aria-hidden") != "true" && c.name(n) == "" && Find(n, "title") == nil {
			c.fault(n, "the drawing has no name and is not hidden")
		}
	case "th":
		if !hasAttr(n, "scope") {
			c.fault(n, "the table header has no scope")
		}
	case "table":
		if Text(Find(n, "caption")) == "" && Attr(n, "aria-label") == "" && Attr(n, "aria-labelledby") == "" {
			c.fault(n, "the table has no caption")
		}
	case "button", "summary", "legend", "h1", "h2", "h3", "h4":
		if c.name(n) == "" {
			c.fault(n, "the element has no name")
		}
	case "a":
		c.link(n)
	case "nav":
		if Attr(n, "aria-label") == "" && Attr(n, "aria-labelledby") == "" {
			c.fault(n, "the navigation has no name")
		}
	case "fieldset":
		if Find(n, "legend") == nil {
			c.fault(n, "the group has no legend")
		}
	}
}

func (c *checker) link(n *html.Node) {
	href := Attr(n, "href")
	if c.name(n) == "" {
		c.fault(n, "the link has no text")
	}
	if href == "" || href == "#" {
		c.fault(n, "the link leads nowhere")
	}
	if id, ok := strings.CutPrefix(href, "#"); ok && id != "" && c.ids[id] == 0 {
		c.fault(n, "the link leads to an id that is not there")
	}
}

// labelled reports whether a field has a label with a text.
func (c *checker) labelled(n *html.Node) bool {
	if c.name(n) != "" {
		return true
	}
	if id := Attr(n, "id"); id != "" {
		for _, l := range All(c.doc, "label") {
			if Attr(l, "for") == id && Text(l) != "" {
				return true
			}
		}
	}
	for p := n.Parent; p != nil; p = p.Parent {
		if p.Type == html.ElementNode && p.Data == "label" {
			return Text(p) != ""
		}
	}
	return false
}

// name is what a screen reader would call the element: its label by attribute, or its text.
func (c *checker) name(n *html.Node) string {
	if l := strings.TrimSpace(Attr(n, "aria-label")); l != "" {
		return l
	}
	for _, id := range strings.Fields(Attr(n, "aria-labelledby")) {
		if t := Text(Find(c.doc, "#"+id)); t != "" {
			return t
		}
	}
	if n.Data == "textarea" || n.Data == "select" {
		return "" // what stands in a field is not its name
	}
	return spoken(n)
}

// spoken is the text under n without what is hidden from screen readers.
func spoken(n *html.Node) string {
	var b strings.Builder
	var walk func(*html.Node)
	walk = func(n *html.Node) {
		if n.Type == html.TextNode {
			b.WriteString(n.Data)
		}
		if n.Type == html.ElementNode && Attr(n, "aria-hidden") == "true" {
			return
		}
		if n.Type == html.ElementNode && n.Data == "img" {
			b.WriteString(Attr(n, "alt"))
		}
		for ch := range n.ChildNodes() {
			walk(ch)
		}
	}
	walk(n)
	return strings.TrimSpace(b.String())
}

// references checks that what points to an id finds it.
func (c *checker) references(n *html.Node) {
	for _, key := range []string{"for", "aria-labelledby", "aria-describedby", "aria-controls", "aria-owns", "aria-activedescendant", "headers", "list", "form"} {
		for _, id := range strings.Fields(Attr(n, key)) {
			if c.ids[id] == 0 {
				c.fault(n, "%s points to %q, which is not there", key, id)
			}
		}
	}
}

var foreign = regexp.MustCompile(`^(?i:[a-z][a-z0-9+.-]*:|//)`)

// safe checks what the security policy forbids.
func (c *checker) safe(n *html.Node) {
	for _, a := range n.Attr {
		switch {
		case a.Key == "style":
			c.fault(n, "the element has an inline style")
		case strings.HasPrefix(a.Key, "on"):
			c.fault(n, "the element has an inline script")
		case (a.Key == "src" || a.Key == "action" || a.Key == "formaction" || a.Key == "srcset" || a.Key == "data" ||
			a.Key == "href" && n.Data != "a") && foreign.MatchString(a.Val):
			c.fault(n, "the element reaches another host")
		case a.Key == "href" && n.Data == "a" && foreign.MatchString(a.Val) && !strings.HasPrefix(a.Val, "https://") && !strings.HasPrefix(a.Val, "mailto:"):
			c.fault(n, "the link is not safe")
		}
	}
	if n.Data == "style" || n.Data == "script" && !hasAttr(n, "src") {
		c.fault(n, "the page has inline %s", n.Data)
	}
}

// missing is how a text looks whose key no catalogue has; unfilled is a template that was not filled in.
var (
	missing  = regexp.MustCompile(`\[[a-z]+\.[A-Za-z0-9._-]+(: argument without a name)?\]`)
	unfilled = regexp.MustCompile(`\{\{|<no value>|ZgotmplZ|%!`)
)

func (c *checker) texts() {
	for n := range c.doc.Descendants() {
		var all []string
		if n.Type == html.TextNode {
			all = []string{n.Data}
		}
		for _, a := range n.Attr {
			all = append(all, a.Val)
		}
		for _, s := range all {
			if m := missing.FindString(s); m != "" {
				c.fault(nil, "a text is missing: %s", m)
			}
			if m := unfilled.FindString(s); m != "" {
				c.fault(nil, "a text is not filled in: %s in %q", m, s)
			}
		}
	}
}

// inside reports whether an element stands in one with the tag.
func inside(n *html.Node, tag string) bool {
	for p := n.Parent; p != nil; p = p.Parent {
		if p.Type == html.ElementNode && p.Data == tag {
			return true
		}
	}
	return false
}
