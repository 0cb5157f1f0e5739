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
)

// Languages are the languages of the program, the source language first.
var Languages = []string{"sv", "en"}

// Bundle holds every message of every slice.
type Bundle struct {
	i18n *i18n.Bundle
	keys map[string]bool
}

// text is a message in one language: a plain text, or one with a singular form.
type text struct{ One, Other string }

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
	b := &Bundle{i18n: i18n.NewBundle(language.Swedish), keys: map[string]bool{}}
	names := slices.Sorted(maps.Keys(files))
	parsed, err := parseAll(names, files)
	if err != nil {
		return nil, err
	}
	for i, name := range names {
		for key, byLanguage := range parsed[i] {
			if b.keys[key] {
				return nil, fmt.Errorf("read messages of %s: key %s stands twice", name, key)
			}
			b.keys[key] = true
			if err := b.add(key, byLanguage); err != nil {
				return nil, fmt.Errorf("read messages of %s: %w", name, err)
			}
		}
	}
	return b, nil
}

// messages are what one file holds: by key and language.
type messages map[string]map[string]any

// parseAll parses the files side by side: every start of the program waits for it.
func parseAll(names []string, files map[string]string) ([]messages, error) {
	out, faults := make([]messages, len(names)), make([]error, len(names))
	var wg sync.WaitGroup
	for i, name := range names {
		wg.Go(func() {
			if err := yaml.Unmarshal([]byte(files[name]), &out[i]); err != nil {
				faults[i] = fmt.Errorf("read messages of %s: %w", name, err)
			}
		})
	}
	wg.Wait()
	return out, errors.Join(faults...)
}

func (b *Bundle) add(key string, byLanguage map[string]any) error {
	for _, lang := range Languages {
		if byLanguage[lang] == nil {
			return fmt.Errorf("key %s has no %s", key, lang)
		}
		var t text
		if err := t.read(byLanguage[lang]); err != nil {
			return fmt.Errorf("key %s, %s: %w", key, lang, err)
		}
		if t.Other == "" {
			return fmt.Errorf("key %s has no %s", key, lang)
		}
		m := &i18n.Message{ID: key, One: t.One, Other: t.Other}
		if t.One == "" {
			m.One = t.Other
		}
		if err := b.i18n.AddMessages(language.Make(lang), m); err != nil {
			return fmt.Errorf("key %s: %w", key, err)
		}
	}
	return nil
}

// Has reports whether the key exists.
func (b *Bundle) Has(key string) bool { return b.keys[key] }

// Keys lists every key, sorted.
func (b *Bundle) Keys() []string {
	return slices.Sorted(maps.Keys(b.keys))
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
