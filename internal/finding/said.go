// SPDX-License-Identifier: EUPL-1.2

package finding

import (
	"slices"
	"strconv"
	"strings"

	"github.com/insegel/insegel/internal/discovery/detect"
	"github.com/insegel/insegel/internal/locale"
)

// Sayings say in a reader's language what a search says in English: why something was not read, and why something is believed. The search
// stands alone, and its sentences are the same in every language for programs and for what is stored.
type Sayings struct{ phrases *locale.Phrases }

// NewSayings knows what l has of them, and what documents look like by the rules.
func NewSayings(l *locale.Localizer, rules *detect.Rules) *Sayings {
	s := &Sayings{l.Phrases("finding.said-", "finding.why-")}
	s.phrases.Fill = map[string]func(string) (string, bool){
		"Found": func(text string) (string, bool) { return foundText(l, text) },
		"Document": func(text string) (string, bool) {
			i := slices.IndexFunc(rules.Documents, func(d detect.Document) bool { return d.Name["en"] == text })
			if i < 0 {
				return text, true
			}
			return rules.Documents[i].Name[l.Lang], true
		},
	}
	return s
}

// Say says a sentence; ok is false, and the sentence in English, when it is not known, as an answer of a driver may be.
func (s *Sayings) Say(sentence string) (said string, ok bool) {
	return s.phrases.Say(sentence)
}

// foundText says "2 personnummer, 1 email" and "1870 words on addiction" in a reader's words.
func foundText(l *locale.Localizer, text string) (string, bool) {
	parts := strings.Split(text, ", ")
	for i, part := range parts {
		number, id, _ := strings.Cut(part, " ")
		n, err := strconv.ParseInt(number, 10, 64)
		if words, is := strings.CutPrefix(id, "words on "); is {
			id = "sensitive_" + strings.ReplaceAll(words, " ", "_")
		}
		if err != nil || !l.Has("finding.noun-"+dashed(id)) {
			return "", false
		}
		parts[i] = Counted(l, id, n)
	}
	return strings.Join(parts, ", "), true
}
