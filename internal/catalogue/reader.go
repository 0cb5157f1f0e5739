// SPDX-License-Identifier: EUPL-1.2

package catalogue

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// The forms that ids have. They are stored with answers and shown in addresses, so they are kept plain.
var (
	plainID    = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`) })
	lawID      = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Z0-9][A-Za-z0-9:-]*$`) })
	factID     = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z][a-z0-9_]*$`) })
	evidenceID = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Z][A-Z0-9_]*$`) })
)

// object reads the keys of one mapping and remembers which it was asked for, so that done can tell which are unknown.
type object struct {
	*reader
	node *node
	used []string
}

func (r *reader) object(n *node) (*object, bool) {
	if n.Kind != mapNode {
		r.fault(n, "expected a mapping with keys, found %s", n.Kind)
		return nil, false
	}
	return &object{reader: r, node: n}, true
}

// get finds a key; nil when the key is missing.
func (o *object) get(key string) *node {
	if !slices.Contains(o.used, key) {
		o.used = append(o.used, key)
	}
	for i := range o.node.Entries {
		if o.node.Entries[i].Key == key {
			return &o.node.Entries[i].Value
		}
	}
	return nil
}

// need finds a key that must be there.
func (o *object) need(key string) *node {
	n := o.get(key)
	if n == nil {
		o.fault(o.node, "%s is missing", key)
	}
	return n
}

// done reports the keys that nobody asked for.
func (o *object) done() {
	for i := range o.node.Entries {
		e := &o.node.Entries[i]
		if !slices.Contains(o.used, e.Key) {
			o.faultAt(e.Line, e.Column, "unknown key %q; known here are %s", e.Key, strings.Join(o.used, ", "))
		}
	}
}

// scalar gives the text of a single value.
func (r *reader) scalar(n *node, what string) (string, bool) {
	if n.Kind != scalarNode {
		r.fault(n, "%s must be a single value, found %s", what, n.Kind)
		return "", false
	}
	return n.Text, true
}

// str reads a value that must be there and not be empty.
func (o *object) str(key string) string {
	n := o.need(key)
	if n == nil {
		return ""
	}
	s, ok := o.scalar(n, key)
	if ok && strings.TrimSpace(s) == "" {
		o.fault(n, "%s is empty", key)
	}
	return s
}

// optional reads a value that may be missing or empty.
func (o *object) optional(key string) string {
	n := o.get(key)
	if n == nil {
		return ""
	}
	s, _ := o.scalar(n, key)
	return s
}

// id reads the id of a row.
func (o *object) id(form *regexp.Regexp) string {
	s := o.str("id")
	if s != "" && !form.MatchString(s) {
		o.fault(o.get("id"), "id %q has a form that is not allowed here; write it like %s", s, example(form))
	}
	return s
}

func example(form *regexp.Regexp) string {
	switch form {
	case lawID():
		return "GDPR-32"
	case factID():
		return "personal_data"
	case evidenceID():
		return "EV_TEST"
	}
	return "inloggning-personal"
}

// oneOf reads a value that must be one of those allowed.
func (o *object) oneOf(key string, allowed ...string) string {
	s := o.str(key)
	if s != "" && !slices.Contains(allowed, s) {
		o.fault(o.get(key), "%s %q is not known; write one of %s", key, s, strings.Join(allowed, ", "))
	}
	return s
}

// number reads a whole number within bounds.
func (o *object) number(key string, low, high int) int {
	n := o.need(key)
	if n == nil {
		return low
	}
	s, ok := o.scalar(n, key)
	if !ok {
		return low
	}
	i, err := strconv.Atoi(s)
	if err != nil || n.Quoted {
		o.fault(n, "%s must be a whole number without quotes", key)
		return low
	}
	if i < low || i > high {
		o.fault(n, "%s is %d; it must be between %d and %d", key, i, low, high)
	}
	return i
}

// flag reads true or false that must be said.
func (o *object) flag(key string) bool {
	if o.need(key) == nil {
		return false
	}
	return o.optionalFlag(key)
}

// optionalFlag reads true or false; a missing key is false.
func (o *object) optionalFlag(key string) bool {
	n := o.get(key)
	if n == nil {
		return false
	}
	if n.Kind == scalarNode && !n.Quoted && (n.Text == "true" || n.Text == "false") {
		return n.Text == "true"
	}
	o.fault(n, "%s must be true or false without quotes", key)
	return false
}

// text reads a text that must exist in both languages.
func (o *object) text(key string) Text {
	n := o.need(key)
	if n == nil {
		return Text{}
	}
	return o.textOf(n, key)
}

// optionalText reads a text that may be missing, but not in one language only.
func (o *object) optionalText(key string) Text {
	n := o.get(key)
	if n == nil {
		return Text{}
	}
	return o.textOf(n, key)
}

func (r *reader) textOf(n *node, what string) Text {
	if n.Kind != mapNode {
		r.fault(n, `%s must have both languages: {sv: "...", en: "..."}`, what)
		return Text{}
	}
	t := object{reader: r, node: n}
	text := Text{t.language("sv", what), t.language("en", what)}
	t.done()
	return text
}

func (o *object) language(lang, what string) string {
	n := o.get(lang)
	if n == nil {
		o.fault(o.node, "%s has no %s text", what, lang)
		return ""
	}
	if n.Kind != scalarNode || strings.TrimSpace(n.Text) == "" {
		o.fault(n, "%s has an empty %s text", what, lang)
		return ""
	}
	if n.Text != strings.TrimSpace(n.Text) {
		o.fault(n, "the %s text of %s begins or ends with a space; remove it", lang, what)
	}
	return n.Text
}

// list reads a list that must be there. It may be empty.
func (o *object) list(key string) []node {
	if o.need(key) == nil {
		return nil
	}
	return o.optionalList(key)
}

// optionalList reads a list that may be missing.
func (o *object) optionalList(key string) []node {
	n := o.get(key)
	if n == nil || n.Kind == nullNode {
		return nil
	}
	if n.Kind != listNode {
		o.fault(n, "%s must be a list", key)
		return nil
	}
	return n.Items
}

// words reads a list of single values and gives each to check, which may refuse it. The same value twice is a fault.
func (o *object) words(key string, check func(n *node, word string) bool) []string {
	var out []string
	for i := range o.optionalList(key) {
		n := &o.get(key).Items[i]
		s, ok := o.scalar(n, "each of "+key)
		switch {
		case !ok:
		case slices.Contains(out, s):
			o.fault(n, "%s names %s twice", key, s)
		case check(n, s):
			out = append(out, s)
		}
	}
	return out
}

// inner reads a mapping that must be there.
func (o *object) inner(key string) (*object, bool) {
	n := o.need(key)
	if n == nil {
		return nil, false
	}
	return o.object(n)
}

// date reads a date. An empty one is "not checked" and becomes the zero date.
func (o *object) date(key string) Date {
	n := o.get(key)
	if n == nil {
		return Date{}
	}
	s, ok := o.scalar(n, key)
	if !ok || s == "" {
		return Date{}
	}
	d, err := ParseDate(s)
	if err != nil {
		o.fault(n, "%s: %v", key, err)
	}
	return d
}

// stepOf reads the name of a step.
func (o *object) stepOf(key string) Step {
	n := o.get(key)
	s, ok := o.scalar(n, key)
	if !ok {
		return Unset
	}
	step, ok := ParseStep(s)
	if !ok {
		o.fault(n, "%s has no step %q; write one of %s", key, s, strings.Join(stepNames[1:], ", "))
	}
	return step
}

// condition reads a when.
func (o *object) condition(key string, v *Vocabulary) Condition {
	n := o.get(key)
	if n == nil {
		return Condition{}
	}
	s, ok := o.scalar(n, key)
	if !ok {
		return Condition{}
	}
	if strings.TrimSpace(s) == "" {
		o.fault(n, "%s is empty; leave the key out when the row always applies", key)
		return Condition{}
	}
	c, err := v.Parse(s)
	if err != nil {
		o.fault(n, "%s: %v", key, err)
	}
	return c
}

// known gives a check for words that accepts only those listed.
func (o *object) known(what string, allowed ...string) func(*node, string) bool {
	return func(n *node, word string) bool {
		if slices.Contains(allowed, word) {
			return true
		}
		o.fault(n, "%s %q is not known; write one of %s", what, word, strings.Join(allowed, ", "))
		return false
	}
}

// anyWord is a check for words that accepts everything but nothing.
func anyWord(_ *node, word string) bool { return word != "" }

// header reads the keys that every file begins with. The file must be of the kind that its place says.
func (r *reader) header(root *node, kind string) (*object, bool) {
	o, ok := r.object(root)
	if !ok {
		return nil, false
	}
	if got := o.str("catalogue"); got != kind {
		if n := o.get("catalogue"); n != nil {
			r.fault(n, "catalogue is %q; a file here must say %s", got, kind)
		}
		return nil, false
	}
	r.edition = o.str("version")
	return o, true
}
