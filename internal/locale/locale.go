// SPDX-License-Identifier: EUPL-1.2

// Package locale gives every text in Swedish and English (Swedish: språk), and writes dates, numbers and sorted lists as Swedish
// readers expect. Swedish is the source language.
package locale

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"go.yaml.in/yaml/v3"
	"golang.org/x/text/language"

	"github.com/insegel/insegel/internal/plainyaml"
)

// Languages are the languages of the program, the source language first.
var Languages = []string{"sv", "en"}

// Bundle holds every message of every slice.
type Bundle struct {
	messages map[string]message
	// i18n holds the messages with something to fill in, which are one in seven: all of them would take a tenth of each start.
	i18n *i18n.Bundle
}

// message is a message in both languages.
type message struct {
	sv, en text
	// filled says that it has something to fill in, or two forms.
	filled bool
}

// text is a message in one language: a plain text, or one with a singular form.
type text struct{ One, Other string }

func (t *text) filled() bool { return t.One != "" || strings.Contains(t.Other, "{{") }

// read takes what the file has for one language: "text" or {one: ..., other: ...}.
func (t *text) read(v any) error {
	switch v := v.(type) {
	case string:
		t.Other = v
		return nil
	case map[string]any:
		for form, words := range v {
			s, ok := words.(string)
			switch {
			case ok && form == "one":
				t.One = s
			case ok && form == "other":
				t.Other = s
			default:
				return fmt.Errorf("%s: write one and other, each a text", form)
			}
		}
		return nil
	default:
		return errors.New("write a text, or {one: ..., other: ...}")
	}
}

// NewBundle reads the messages.yaml of each slice. Every key has both languages; a key stands in one file only.
func NewBundle(files map[string]string) (*Bundle, error) {
	names := slices.Sorted(maps.Keys(files))
	parsed, err := parseAll(names, files)
	if err != nil {
		return nil, err
	}
	count := 0
	for _, of := range parsed {
		count += len(of)
	}
	b := &Bundle{i18n: i18n.NewBundle(language.Swedish), messages: make(map[string]message, count)}
	for i, name := range names {
		for j := range parsed[i] {
			key := parsed[i][j].key
			if b.Has(key) {
				return nil, fmt.Errorf("read messages of %s: key %s stands twice", name, key)
			}
			if err := b.add(key, parsed[i][j].message); err != nil {
				return nil, fmt.Errorf("read messages of %s: %w", name, err)
			}
		}
	}
	return b, nil
}

// keyed is a message with its key.
type keyed struct {
	key string
	message
}

// parseAll parses the files side by side: every start of the program waits for it.
func parseAll(names []string, files map[string]string) ([][]keyed, error) {
	out, faults := make([][]keyed, len(names)), make([]error, len(names))
	var wg sync.WaitGroup
	for i, name := range names {
		wg.Go(func() {
			var ok bool
			if out[i], ok = readPlain(files[name]); ok {
				return
			}
			if out[i], faults[i] = readAny(files[name]); faults[i] != nil {
				faults[i] = fmt.Errorf("read messages of %s: %w", name, faults[i])
			}
		})
	}
	wg.Wait()
	return out, errors.Join(faults...)
}

// readPlain reads a file as quickly as it can be read; false when something in it is unusual or wrong.
func readPlain(file string) ([]keyed, bool) {
	root, ok := plainyaml.Parse(file)
	if !ok || root.Kind != plainyaml.Map {
		return nil, false
	}
	out := make([]keyed, len(root.Entries))
	for i := range root.Entries {
		e, m := &root.Entries[i], &out[i]
		if e.Value.Kind != plainyaml.Map || !plainText(&e.Value, "sv", &m.sv) || !plainText(&e.Value, "en", &m.en) {
			return nil, false
		}
		m.key = e.Key
	}
	return out, true
}

func plainText(n *plainyaml.Node, key string, to *text) bool {
	i := slices.IndexFunc(n.Entries, func(e plainyaml.Entry) bool { return e.Key == key })
	if i < 0 {
		return false
	}
	n = &n.Entries[i].Value
	if n.Kind == plainyaml.Scalar {
		to.Other = n.Text
		return n.Quoted // without quotes it could be a number, or yes
	}
	for i := range n.Entries {
		e := &n.Entries[i]
		switch {
		case e.Value.Kind != plainyaml.Scalar || !e.Value.Quoted:
			return false
		case e.Key == "one":
			to.One = e.Value.Text
		case e.Key == "other":
			to.Other = e.Value.Text
		default:
			return false
		}
	}
	return n.Kind == plainyaml.Map
}

// readAny reads a file with the parser of all of YAML, which tells what is wrong with it.
func readAny(file string) ([]keyed, error) {
	var all map[string]map[string]any
	if err := yaml.Unmarshal([]byte(file), &all); err != nil {
		return nil, err
	}
	out := make([]keyed, 0, len(all))
	for key, byLanguage := range all {
		m := keyed{key: key}
		for lang, to := range map[string]*text{"sv": &m.sv, "en": &m.en} {
			if byLanguage[lang] == nil {
				return nil, fmt.Errorf("key %s has no %s", key, lang)
			}
			if err := to.read(byLanguage[lang]); err != nil {
				return nil, fmt.Errorf("key %s, %s: %w", key, lang, err)
			}
		}
		out = append(out, m)
	}
	return out, nil
}

// tags are the languages, as the library knows them.
var tags = []language.Tag{language.Swedish, language.English}

func (b *Bundle) add(key string, m message) error {
	m.filled = m.sv.filled() || m.en.filled()
	b.messages[key] = m
	for i, t := range []*text{&m.sv, &m.en} {
		if t.Other == "" {
			return fmt.Errorf("key %s has no %s", key, Languages[i])
		}
		if !m.filled {
			continue
		}
		one := t.One
		if one == "" {
			one = t.Other
		}
		if err := b.i18n.AddMessages(tags[i], &i18n.Message{ID: key, One: one, Other: t.Other}); err != nil {
			return fmt.Errorf("key %s: %w", key, err)
		}
	}
	return nil
}

// Has reports whether the key exists.
func (b *Bundle) Has(key string) bool {
	_, ok := b.messages[key]
	return ok
}

// Keys lists every key, sorted.
func (b *Bundle) Keys() []string {
	return slices.Sorted(maps.Keys(b.messages))
}

// In gives the texts of one language, "sv" or "en"; anything else is Swedish.
func (b *Bundle) In(lang string) *Localizer {
	if lang != "en" {
		lang = "sv"
	}
	return &Localizer{Lang: lang, bundle: b, i18n: i18n.NewLocalizer(b.i18n, lang)}
}

// Negotiate picks the language of a reader from a stored choice, if any, and the browser's Accept-Language.
func Negotiate(chosen, accept string) string {
	if chosen == "sv" || chosen == "en" {
		return chosen
	}
	tags, _, err := language.ParseAcceptLanguage(accept)
	if err != nil || len(tags) == 0 {
		return "sv"
	}
	for _, t := range tags {
		switch base, _ := t.Base(); base.String() {
		case "sv", "nb", "nn", "no", "da": // the neighbours read Swedish with less effort than a translation
			return "sv"
		case "en":
			return "en"
		}
	}
	return "sv"
}

// FromEnvironment picks the language of somebody at a terminal, as POSIX says: LC_ALL decides, else LC_MESSAGES, else LANG. English is for
// everybody whose language the program does not have, and where none is set.
func FromEnvironment(lookup func(name string) string) string {
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if value := lookup(name); value != "" {
			if base, _, _ := strings.Cut(strings.NewReplacer(".", "_", "@", "_", "-", "_").Replace(value), "_"); strings.EqualFold(base, "sv") {
				return "sv"
			}
			return "en"
		}
	}
	return "en"
}

// Localizer gives texts in one language.
type Localizer struct {
	// Lang is "sv" or "en".
	Lang string

	bundle *Bundle
	i18n   *i18n.Localizer
}

// T gives the message of a key. args are names and values in turn: T("import.done", "Count", 12, "File", name). "Count" chooses
// between singular and plural. Whole numbers are written with the language's grouping. A missing key shows as the key in
// brackets; a test fails on it.
func (l *Localizer) T(key string, args ...any) string {
	cfg := &i18n.LocalizeConfig{MessageID: key}
	if len(args) > 0 {
		data := make(map[string]any, len(args)/2)
		for i := 0; i+1 < len(args); i += 2 {
			name, ok := args[i].(string)
			if !ok {
				return "[" + key + ": argument without a name]"
			}
			v := args[i+1]
			if n, ok := whole(v); ok {
				if name == "Count" {
					cfg.PluralCount = n
				}
				v = l.Number(n)
			}
			data[name] = v
		}
		cfg.TemplateData = data
	}
	if m, ok := l.bundle.messages[key]; ok && !m.filled {
		if l.Lang == "en" {
			return m.en.Other
		}
		return m.sv.Other
	}
	s, err := l.i18n.Localize(cfg)
	if err != nil {
		return "[" + key + "]"
	}
	return s
}

func whole(v any) (int64, bool) {
	switch n := v.(type) {
	case int:
		return int64(n), true
	case int64:
		return n, true
	default:
		return 0, false
	}
}

// Has reports whether the key exists, for keys that are put together from data.
func (l *Localizer) Has(key string) bool { return l.bundle.Has(key) }

// List joins parts as a sentence does: "a, b och c".
func (l *Localizer) List(parts []string) string {
	and := " och "
	if l.Lang == "en" {
		and = " and "
	}
	switch len(parts) {
	case 0:
		return ""
	case 1:
		return parts[0]
	default:
		return strings.Join(parts[:len(parts)-1], ", ") + and + parts[len(parts)-1]
	}
}
