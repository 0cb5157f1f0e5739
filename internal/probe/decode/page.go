// SPDX-License-Identifier: EUPL-1.2

package decode

import (
	"bytes"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// Words are the words that a login page is read with. They are data.
type Words struct {
	// Strong are names of e-identifications and of what they are called together: a link or a button with one of them leads to it.
	Strong []Method
	// Passkey are words for passkeys and security keys.
	Passkey []string
	// Not are words that make a link one about an e-identification: how to get it, help with it.
	Not []string
	// Login are words for signing in.
	Login []string
	// UserName are names of fields that ask who somebody is.
	UserName []string
	// Federated are words for signing in elsewhere: at the organisation's own provider, say.
	Federated []string
	// Provider are names of fields and parameters by which one chooses where to sign in, on pages that only ask that.
	Provider []string
	// Password are words on a link or a button that leads to a password, and NotPassword those that make it lead to something else.
	Password, NotPassword []string
}

// Method is an e-identification with the words and the hosts that it is known by.
type Method struct {
	ID    string
	Words []string
	Hosts []string
}

// Page is what a page says about signing in.
type Page struct {
	// Password says that it asks for a password; UserName that it asks who somebody is, and for no password.
	Password bool
	UserName bool
	// Passkey says that it takes a passkey.
	Passkey bool
	// Strong are the e-identifications that it offers.
	Strong []string
	// Federated says that it offers signing in at a provider elsewhere.
	Federated bool
	// PasswordLink says that a link or a button leads to a password, on a page or a tab that is not seen.
	PasswordLink bool
	// Cut says that there is more on it than is looked at.
	Cut bool
	// Links are the requests that its links and forms carry.
	Links []*Request
	// Posted is the request that it sends on by itself.
	Posted *Request
	// Next is where it sends the browser by itself, and Via how: "meta", "form" or "script".
	Next string
	Via  string
	// Unsent says that it sends a form on by itself, which is never done here.
	Unsent bool
	// Shell says that it is empty until its scripts have run.
	Shell bool
	// Text says that there is something to read on it.
	Text bool
}

// Limits of what is looked at on a page.
const (
	maxNodes   = 40_000
	maxForms   = 100
	maxLinks   = 2_000
	maxInputs  = 200
	maxScript  = 128 << 10
	shellText  = 200 // characters that a shell may show: "Loading", or that scripts are needed
	maxControl = 300 // characters of a link's or a button's text
	maxRead    = 60  // requests in links and forms that are read: each may be large once it is unpacked
)

type form struct {
	action             string
	method             string
	inputs             []input
	text               strings.Builder
	password, register int
	user               bool
	id, name           string
	sent               *Request
	read               bool // sent has been looked for
}

type input struct{ name, value, kind string }

type control struct {
	text, href string
	form       *form
}

type pageReader struct {
	base     *url.URL
	words    *Words
	page     *Page
	nodes    int
	forms    []*form
	controls []control
	scripts  strings.Builder
	external int
	onload   string
	visible  strings.Builder
	title    string
	based    bool
	loose    form // fields outside a form
	metas    []string
	read     int // requests that have been read
}

// ReadPage reads a page. It runs nothing.
func ReadPage(body []byte, at *url.URL, w *Words) *Page {
	p := &Page{}
	if tangled(body) {
		p.Cut = true
		return p
	}
	body, p.Cut = begun(body)
	// Without scripting what stands in noscript is read too; it is told apart below.
	root, err := html.ParseWithOptions(bytes.NewReader(body), html.ParseOptionEnableScripting(false))
	if err != nil {
		p.Cut = true // nested deeper than anybody reads
		return p
	}
	r := &pageReader{base: at, words: w, page: p}
	r.walk(root)
	r.finish()
	return p
}

// begun is as much of a page as is looked at, so that the rest takes no memory, and whether there is more.
func begun(body []byte) (part []byte, more bool) {
	z := html.NewTokenizer(bytes.NewReader(body))
	for n, at := 0, 0; n < maxNodes; {
		kind := z.Next()
		if kind == html.ErrorToken {
			return body, false
		}
		if at += len(z.Raw()); kind != html.EndTagToken {
			n++
		}
		part = body[:at]
	}
	return part, len(part) < len(body)
}

// walk goes through the tree without recursion: a page can be nested deeper than a stack.
func (r *pageReader) walk(root *html.Node) {
	type place struct {
		n        *html.Node
		form     *form
		noscript bool
	}
	stack := []place{{n: root}}
	for len(stack) > 0 && r.nodes < maxNodes {
		at := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		r.nodes++
		skip := false
		switch at.n.Type {
		case html.TextNode:
			r.text(at.n, at.form, at.noscript)
		case html.ElementNode:
			at.noscript = at.noscript || at.n.DataAtom == atom.Noscript
			if at.n.DataAtom == atom.Form {
				at.form = r.form(at.n, at.form)
			}
			skip = r.element(at.n, at.form, at.noscript)
		}
		if skip {
			continue
		}
		for c := at.n.LastChild; c != nil; c = c.PrevSibling {
			stack = append(stack, place{n: c, form: at.form, noscript: at.noscript})
		}
	}
	r.page.Cut = r.page.Cut || len(stack) > 0
}

// form begins a form; what stands in one that is one too many counts with what stands around it.
func (r *pageReader) form(n *html.Node, around *form) *form {
	if len(r.forms) >= maxForms {
		r.page.Cut = true
		return around
	}
	f := &form{action: attr(n, "action"), method: strings.ToLower(attr(n, "method")), id: attr(n, "id"), name: attr(n, "name")}
	r.forms = append(r.forms, f)
	return f
}

func (r *pageReader) text(n *html.Node, f *form, noscript bool) {
	text := strings.TrimSpace(n.Data)
	if text == "" || noscript {
		return
	}
	if r.visible.Len() < maxScript {
		r.visible.WriteString(text + " ")
	}
	if f != nil && f.text.Len() < maxControl*10 {
		f.text.WriteString(text + " ")
	}
}

// element reads an element, and reports whether what is inside it is to be passed over.
func (r *pageReader) element(n *html.Node, f *form, noscript bool) (skip bool) {
	switch n.DataAtom {
	case atom.Style, atom.Template, atom.Svg:
		return true
	case atom.Script:
		r.script(n)
		return true
	case atom.Title:
		r.title = all(n)
		return true
	case atom.Base:
		if u, err := Resolve(r.base, attr(n, "href")); err == nil && !r.based {
			r.base, r.based = u, true
		}
	case atom.Meta:
		if strings.EqualFold(attr(n, "http-equiv"), "refresh") && !noscript {
			r.metas = append(r.metas, attr(n, "content"))
		}
	case atom.Body:
		r.onload = attr(n, "onload")
	case atom.Input:
		r.input(n, f)
	case atom.Select:
		r.elsewhere(attr(n, "name"), attr(n, "id"))
	case atom.A, atom.Button:
		r.control(n, f)
	default:
		if strings.EqualFold(attr(n, "role"), "button") {
			r.control(n, f)
		}
	}
	return false
}

func (r *pageReader) script(n *html.Node) {
	if kind := strings.ToLower(attr(n, "type")); kind != "" && kind != "module" && !strings.Contains(kind, "javascript") && !strings.Contains(kind, "ecmascript") {
		return // data
	}
	if attr(n, "src") != "" {
		r.external++
		return
	}
	if r.scripts.Len() < maxScript {
		r.scripts.WriteString(all(n) + "\n")
	}
}

func (r *pageReader) input(n *html.Node, f *form) {
	if f == nil {
		f = &r.loose
	}
	if len(f.inputs) >= maxInputs {
		r.page.Cut = true
		return
	}
	kind, name, complete := strings.ToLower(attr(n, "type")), attr(n, "name"), strings.ToLower(attr(n, "autocomplete"))
	f.inputs = append(f.inputs, input{name: name, value: attr(n, "value"), kind: kind})
	if strings.Contains(complete, "webauthn") {
		r.page.Passkey = true
	}
	switch kind {
	case "password":
		if strings.Contains(complete, "new-password") {
			f.register++
		} else {
			f.password++
		}
	case "submit", "button", "image":
		text := attr(n, "value") + " " + attr(n, "alt") + " " + attr(n, "title") + " " + attr(n, "aria-label")
		if strings.TrimSpace(text) == "" {
			text = named(attr(n, "src"))
		}
		r.controls = append(r.controls, control{text: text[:min(len(text), maxControl+1)], form: f})
		if f.text.Len() < maxControl*10 {
			f.text.WriteString(attr(n, "value") + " ")
		}
	case "", "text", "email", "tel":
		if strings.Contains(complete, "current-password") {
			f.password++
		} else if strings.Contains(complete, "username") || anyOf(r.words.UserName, strings.ToLower(name), strings.ToLower(attr(n, "id"))) {
			f.user = true
		}
	}
}

// anyOf reports whether one of the names is one of the words.
func anyOf(words []string, names ...string) bool {
	return slices.ContainsFunc(names, func(n string) bool { return n != "" && slices.Contains(words, n) })
}

func (r *pageReader) control(n *html.Node, f *form) {
	if len(r.controls) >= maxLinks {
		r.page.Cut = true
		return
	}
	text := labels(n)
	if strings.TrimSpace(text) == "" { // a picture that nobody has described: what it and its target are called is all there is
		text = pictured(n)
	}
	r.controls = append(r.controls, control{text: text[:min(len(text), maxControl+1)], href: attr(n, "href"), form: f})
}

// at reads the request in an address, if it has one. Only so many are read of a page.
func (r *pageReader) at(u *url.URL) *Request {
	if r.read >= maxRead {
		r.page.Cut = true
		return nil
	}
	q := At(u)
	if q != nil {
		r.read++
	}
	return q
}

// pictured is what the address of a link and the files of its pictures are called.
func pictured(n *html.Node) string {
	out := named(attr(n, "href"))
	stack, seen := []*html.Node{n}, 0
	for len(stack) > 0 && seen < maxInputs && len(out) < maxControl/2 {
		at := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		seen++
		for _, name := range []string{"src", "data", "href"} {
			if at != n && at.Type == html.ElementNode {
				out += " " + named(attr(at, name))
			}
		}
		for c := at.LastChild; c != nil; c = c.PrevSibling {
			stack = append(stack, c)
		}
	}
	return out
}

// named are the words that an address's path is made of: "/img/bankid-logo.svg" is called img bankid logo svg.
func named(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Scheme == "data" {
		return ""
	}
	return strings.Join(strings.FieldsFunc(clip(u.Path), func(c rune) bool { return !unicode.IsLetter(c) && !unicode.IsDigit(c) }), " ")
}

// finish puts together what has been seen.
func (r *pageReader) finish() {
	for _, f := range append([]*form{&r.loose}, r.forms...) {
		r.readForm(f)
	}
	if r.page.Password {
		r.page.UserName = false
	}
	for _, c := range r.controls {
		r.readControl(c)
	}
	script := r.scripts.String()
	if credentials().MatchString(script) {
		r.page.Passkey = true
	}
	r.next(script)
	visible := len([]rune(strings.TrimSpace(r.visible.String())))
	r.page.Text = visible > 0
	r.page.Shell = (r.external > 0 || script != "") && visible <= shellText && !r.page.Password && !r.page.UserName && !r.page.Passkey &&
		!r.page.PasswordLink && len(r.page.Strong) == 0 && !r.page.Federated && len(r.page.Links) == 0
}

// credentials finds the call by which a page asks the browser for a passkey.
var credentials = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`navigator\s*\.\s*credentials\s*\.\s*get\s*\(|PublicKeyCredential\b`)
})

func (r *pageReader) readForm(f *form) {
	if f.password > 0 {
		r.page.Password = true
	}
	if f.user && f.password == 0 && f.register == 0 && has(r.words.Login, fold(f.text.String()+" "+r.title+" "+f.action+" "+f.id+" "+f.name)) {
		r.page.UserName = true
	}
	if q := r.request(f); q != nil {
		r.page.Links = append(r.page.Links, q)
	}
}

// request is the request that a form carries. It is read once.
func (r *pageReader) request(f *form) *Request {
	if f.read {
		return f.sent
	}
	f.read = true
	if r.read >= maxRead {
		r.page.Cut = true
		return nil
	}
	if f.sent = f.request(r.base); f.sent != nil {
		r.read++
	}
	return f.sent
}

// request reads the request that a form carries in its hidden fields.
func (f *form) request(base *url.URL) *Request {
	action, err := Resolve(base, f.action)
	if err != nil {
		return nil
	}
	hidden := url.Values{}
	for _, in := range f.inputs {
		if in.name != "" && (in.kind == "hidden" || in.name == "SAMLRequest") {
			hidden.Add(in.name, in.value)
		}
	}
	if f.method == "post" {
		if values := hidden["SAMLRequest"]; len(values) == 1 {
			return samlPost(action, values[0])
		} else if len(values) > 1 {
			return &Request{Protocol: SAML, Binding: "post", Host: hostOf(action), Broken: true}
		}
	}
	sent := *action
	if q := sent.Query(); len(hidden) > 0 {
		for name, values := range hidden {
			q[name] = append(q[name], values...)
		}
		sent.RawQuery = q.Encode()
	}
	q := At(&sent)
	if q != nil && f.method == "post" {
		q.Binding = "post"
	}
	return q
}

// readControl reads a link or a button.
func (r *pageReader) readControl(c control) {
	text := fold(c.text)
	if len(text) > maxControl {
		return
	}
	target, err := Resolve(r.base, c.href)
	host := ""
	if err == nil && c.href != "" {
		host = strings.ToLower(target.Hostname())
		r.elsewhere(slices.Collect(maps.Keys(target.Query()))...)
		if q := r.at(target); q != nil {
			r.page.Links = append(r.page.Links, q)
		}
	}
	if has(r.words.Not, text) {
		return
	}
	for _, m := range r.words.Strong {
		if !slices.Contains(r.page.Strong, m.ID) && m.leads(text, host, c.href) {
			r.page.Strong = append(r.page.Strong, m.ID)
		}
	}
	r.page.PasswordLink = r.page.PasswordLink || has(r.words.Password, text) && !has(r.words.NotPassword, text)
	r.page.Passkey = r.page.Passkey || has(r.words.Passkey, text)
	r.page.Federated = r.page.Federated || has(r.words.Federated, text)
}

// leads reports whether a link with a text, to a host or an app, leads to the e-identification.
func (m *Method) leads(text, host, href string) bool {
	return has(m.Words, text) || slices.Contains(m.Hosts, host) || slices.ContainsFunc(m.Hosts, func(h string) bool { return strings.HasPrefix(href, h+"://") })
}

// elsewhere notes that one chooses where to sign in, by the name of a field or a parameter.
func (r *pageReader) elsewhere(names ...string) {
	for _, name := range names {
		r.page.Federated = r.page.Federated || anyOf(r.words.Provider, strings.ToLower(name))
	}
}

// next finds where the page sends the browser by itself. A page that asks for something waits for an answer, and goes nowhere.
func (r *pageReader) next(script string) {
	p := r.page
	for _, f := range r.forms {
		if !r.sends(f, script) {
			continue
		}
		if q := r.request(f); q != nil && r.choice(q) {
			return
		} else if q != nil {
			p.Posted, p.Via = q, "form"
		} else {
			p.Unsent = true
		}
		return
	}
	if p.Asks() {
		return
	}
	r.refer(script)
	if u, err := Resolve(r.base, p.Next); err == nil && p.Next != "" {
		p.Next = u.String()
	}
}

// choice reports whether the page has another request, with other demands: somebody chooses between them, whatever its scripts do.
func (r *pageReader) choice(q *Request) bool {
	return slices.ContainsFunc(r.page.Links, func(o *Request) bool {
		return o.Host != q.Host || o.Protocol != q.Protocol || o.Comparison != q.Comparison || o.Essential != q.Essential || o.Broken != q.Broken ||
			!slices.Equal(o.Classes, q.Classes) || !slices.Equal(o.ACRValues, q.ACRValues) || !slices.Equal(o.Demanded, q.Demanded)
	})
}

// Asks reports whether the page waits for somebody to sign in.
func (p *Page) Asks() bool {
	return p.Password || p.PasswordLink || p.UserName || p.Passkey || len(p.Strong) > 0
}

// refer finds where the page refers the browser to: by a meta refresh, or a script that does nothing else.
func (r *pageReader) refer(script string) {
	p := r.page
	for _, m := range r.metas {
		if ref := Refresh(m); ref != "" {
			p.Next, p.Via = ref, "meta"
			return
		}
	}
	for _, s := range []string{script, r.onload} {
		if ref := ScriptRedirect(s); ref != "" {
			p.Next, p.Via = ref, "script"
			return
		}
	}
}

// submits finds the call that sends a form without anybody pressing a button.
var submits = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`\.\s*submit\s*\(|\.\s*click\s*\(\s*\)|HTMLFormElement\.prototype\.submit`)
})

// sends reports whether a form is sent by the page itself: it has nothing to fill in, and a script or the page's start sends it.
func (r *pageReader) sends(f *form, script string) bool {
	for _, in := range f.inputs {
		if !slices.Contains([]string{"hidden", "submit", "button", "image"}, in.kind) && in.name != "SAMLRequest" {
			return false
		}
	}
	if len(f.inputs) == 0 {
		return false
	}
	// A script in a file of its own may send it too: a form with a SAML request and nothing to fill in has no other purpose.
	if q := r.request(f); q != nil && q.Protocol == SAML && q.Binding == "post" && r.external > 0 {
		return true
	}
	return submits().MatchString(r.onload) || submits().MatchString(script)
}

// tangle is how many elements a page may make beside those that stand in it, and maxLevels how deep what is set apart is followed.
const (
	tangle    = 150_000
	maxLevels = 1000
)

// shaping are the elements that a parser opens anew in everything that follows when they have not been ended, unread those whose content is text
// as a rule, and setApart those that it does not look beyond when one ends.
var (
	shaping  = []string{"a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u"}
	unread   = []string{"iframe", "noembed", "noframes", "noscript", "plaintext", "script", "style", "textarea", "title", "xmp"}
	setApart = []string{"applet", "caption", "marquee", "math", "object", "select", "svg", "table", "td", "template", "th"}
)

// tangled reports whether reading a page would make far more elements than stand in it. A few hundred that are never ended are made anew for each
// paragraph, so that a page of two megabytes becomes gigabytes. It counts from above: what is not sure to have ended has not, and what stands in a
// comment, or in a title, may be read as elements where the page has made its reader lose its place.
func tangled(body []byte) bool {
	t := tangling{levels: []level{{open: map[string]int{}}}}
	t.scan(body, 0)
	return t.made > tangle
}

// tangling is what has been counted of a page: how many shaping elements are open, in what is set apart from what, and how many may have been made.
type tangling struct {
	levels     []level
	open, made int
}

type level struct {
	name string
	open map[string]int
}

// maxWithin is how deep what may be elements is looked for in what may be none.
const maxWithin = 8

func (t *tangling) scan(text []byte, depth int) {
	if depth > maxWithin {
		t.made += tangle
	}
	raw := false
	for z := html.NewTokenizer(bytes.NewReader(text)); t.made <= tangle; {
		switch kind := z.Next(); kind {
		case html.ErrorToken:
			return
		case html.StartTagToken, html.SelfClosingTagToken:
			tag, _ := z.TagName()
			name := string(tag)
			raw = slices.Contains(unread, name)
			t.start(name)
			t.made += min(depth, 1) // it may be an element, where it seems to be none
		case html.EndTagToken:
			tag, _ := z.TagName()
			t.end(string(tag))
		case html.TextToken, html.CommentToken:
			t.made += t.open
			if part := z.Raw(); (kind == html.CommentToken || raw) && len(part) > 2 && bytes.IndexByte(part[2:], '<') >= 0 {
				if kind == html.CommentToken {
					part = part[2:]
				}
				t.levels = append(t.levels, level{open: map[string]int{}})
				depthBefore := len(t.levels)
				t.scan(slices.Clone(part), depth+1)
				for len(t.levels) >= depthBefore {
					t.leave()
				}
			}
			raw = false
		}
	}
}

func (t *tangling) top() *level { return &t.levels[len(t.levels)-1] }

func (t *tangling) start(name string) {
	t.made += t.open
	switch {
	case slices.Contains(shaping, name):
		t.top().open[name]++
		t.open++
	case slices.Contains(setApart, name) && len(t.levels) < maxLevels:
		if t.cell() && (name == "td" || name == "th") {
			t.leave() // a cell ends where the next one begins
		}
		t.levels = append(t.levels, level{name, map[string]int{}})
	}
}

func (t *tangling) end(name string) {
	if top := t.top(); top.open[name] > 0 {
		top.open[name]--
		t.open--
	} else if len(t.levels) > 1 && name != "" && name == top.name {
		t.leave()
	}
}

// cell reports whether the innermost level is sure to be a cell of a table: when it ends, so does all that was opened in it.
func (t *tangling) cell() bool {
	n := len(t.levels)
	return n > 2 && (t.levels[n-1].name == "td" || t.levels[n-1].name == "th") && t.levels[n-2].name == "table" &&
		!slices.ContainsFunc(t.levels, func(l level) bool { return l.name == "select" })
}

// leave ends the innermost level. What was opened there, and not in a cell, may go on.
func (t *tangling) leave() {
	sure, top := t.cell(), t.top()
	t.levels = t.levels[:len(t.levels)-1]
	for name, n := range top.open {
		if sure {
			t.open -= n
		} else {
			t.top().open[name] += n
		}
	}
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Namespace == "" && a.Key == name {
			return a.Val
		}
	}
	return ""
}

// all is the text in a node.
func all(n *html.Node) string {
	var b strings.Builder
	for c := n.FirstChild; c != nil && b.Len() < maxScript; c = c.NextSibling {
		if c.Type == html.TextNode {
			b.WriteString(c.Data)
		}
	}
	return b.String()
}

// labels is what a link or a button says: its text, and what stands for its pictures.
func labels(n *html.Node) string {
	var b strings.Builder
	write := func(n *html.Node) {
		for _, name := range []string{"aria-label", "title", "alt", "value"} {
			if v := attr(n, name); v != "" { // of one that is longer than is read, the beginning shows that it is
				b.WriteString(" " + v[:min(len(v), maxControl+1)])
			}
		}
	}
	write(n)
	stack, seen := []*html.Node{n}, 0
	for len(stack) > 0 && seen < maxInputs && b.Len() <= maxControl {
		at := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		seen++
		if at.Type == html.TextNode {
			b.WriteString(" " + at.Data[:min(len(at.Data), maxControl+1)])
		} else if at != n && at.Type == html.ElementNode {
			if at.DataAtom == atom.Script || at.DataAtom == atom.Style {
				continue
			}
			write(at)
		}
		for c := at.LastChild; c != nil; c = c.PrevSibling {
			stack = append(stack, c)
		}
	}
	return b.String()
}

// fold is a text in small letters with single blanks.
func fold(text string) string { return strings.Join(strings.Fields(strings.ToLower(text)), " ") }

// has reports whether one of the words stands in the text as whole words.
func has(words []string, text string) bool {
	return slices.ContainsFunc(words, func(w string) bool {
		for from := 0; ; {
			i := strings.Index(text[from:], w)
			if w == "" || i < 0 {
				return false
			}
			start, end := from+i, from+i+len(w)
			if !letter(text[:start], true) && !letter(text[end:], false) {
				return true
			}
			from = end
		}
	})
}

// letter reports whether the text ends, or begins, with a letter or a digit.
func letter(text string, last bool) bool {
	if text == "" {
		return false
	}
	var r rune
	if last {
		r, _ = utf8.DecodeLastRuneInString(text)
	} else {
		r, _ = utf8.DecodeRuneInString(text)
	}
	return unicode.IsLetter(r) || unicode.IsDigit(r)
}

// Says reports whether one of the words stands in the text as whole words, in any case.
func Says(words []string, text string) bool { return has(words, fold(text)) }
