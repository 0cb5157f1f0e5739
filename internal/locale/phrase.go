// SPDX-License-Identifier: EUPL-1.2

package locale

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Phrases recognise sentences that parts of the program write in English, since they stand alone or keep their words for programs, and say
// them to a reader. The English text of a message is the sentence, with {{.Name}} and the like for what is filled in: what is called Name,
// or ends so, is kept as it is, Why is a sentence of its own, and all else is a number unless Fill knows better.
type Phrases struct {
	// Fill says what is filled in under a name; false when the text is no such thing, and the sentence another one.
	Fill map[string]func(text string) (string, bool)

	l     *Localizer
	whole map[string]string // key by sentence
	parts []phrase
}

// phrase is a sentence with something filled in: its texts, and what stands between them.
type phrase struct {
	key          string
	texts, names []string
}

// Phrases are the messages whose keys have one of some beginnings, for the reader of l.
func (l *Localizer) Phrases(beginnings ...string) *Phrases {
	p := &Phrases{l: l, whole: map[string]string{}}
	var keys []string
	for key := range l.bundle.messages {
		if slices.ContainsFunc(beginnings, func(start string) bool { return strings.HasPrefix(key, start) }) {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	for _, key := range keys {
		x := phraseOf(key, l.bundle.messages[key].en.Other)
		if len(x.names) == 0 {
			p.whole[lowered(x.texts[0])] = key
			continue
		}
		p.parts = append(p.parts, x)
	}
	slices.SortStableFunc(p.parts, func(x, y phrase) int { return cmp.Compare(y.said(), x.said()) }) // what says most is looked for first
	return p
}

func phraseOf(key, text string) phrase {
	x := phrase{key: key}
	for {
		before, rest, found := strings.Cut(text, "{{.")
		name, after, closed := strings.Cut(rest, "}}")
		if !found || !closed {
			x.texts = append(x.texts, text)
			x.texts[0] = lowered(x.texts[0])
			return x
		}
		x.texts, x.names, text = append(x.texts, before), append(x.names, name), after
	}
}

// said is how many bytes of a phrase are always the same.
func (x *phrase) said() (n int) {
	for _, t := range x.texts {
		n += len(t)
	}
	return n
}

// longestSentence is how long a sentence may be, in bytes, to be looked for: somebody else may have written parts of it.
const longestSentence = 8 << 10

// Say says a sentence in the reader's language; ok is false, and the sentence as it was, when it is not known. A sentence that begins
// with what it is about, as in "name: sentence", is known when the sentence is.
func (p *Phrases) Say(sentence string) (said string, ok bool) {
	for at := 0; len(sentence) <= longestSentence; {
		if said, ok = p.known(sentence[at:]); ok {
			return sentence[:at] + said, true
		}
		next := strings.Index(sentence[at:], ": ")
		if next < 0 {
			return sentence, false
		}
		at += next + len(": ")
	}
	return sentence, false
}

// known says a sentence that nothing stands before.
func (p *Phrases) known(sentence string) (said string, ok bool) {
	low := lowered(sentence)
	if key, found := p.whole[low]; found {
		return asBegun(sentence, p.l.T(key)), true
	}
	for i := range p.parts {
		if args, fits := p.fill(&p.parts[i], low); fits {
			return asBegun(sentence, p.l.T(p.parts[i].key, args...)), true
		}
	}
	return "", false
}

// fill takes out of a sentence what is filled in, as arguments for T.
func (p *Phrases) fill(x *phrase, sentence string) (args []any, ok bool) {
	rest, ok := strings.CutPrefix(sentence, x.texts[0])
	if !ok {
		return nil, false
	}
	for i, name := range x.names {
		next, value := x.texts[i+1], ""
		if i == len(x.names)-1 {
			if value, ok = strings.CutSuffix(rest, next); !ok {
				return nil, false
			}
		} else if value, rest, ok = strings.Cut(rest, next); !ok {
			return nil, false
		}
		filled, ok := p.value(name, value)
		if !ok {
			return nil, false
		}
		args = append(args, name, filled)
	}
	return args, true
}

// value says what is filled in.
func (p *Phrases) value(name, text string) (any, bool) {
	if fill := p.Fill[name]; fill != nil {
		return fill(text)
	}
	switch {
	case strings.HasSuffix(name, "Name"):
		return text, true
	case name == "Why":
		said, _ := p.Say(text)
		return said, true
	}
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return n, true
	}
	_, digits, _ := strings.Cut(text, ".")
	if v, err := strconv.ParseFloat(text, 64); err == nil && name != "Count" {
		return p.l.Fixed(v, len(digits)), true
	}
	return nil, false
}

// lowered is a text with a small first letter, unless what begins it is written with capitals.
func lowered(s string) string {
	first, n := utf8.DecodeRuneInString(s)
	if second, _ := utf8.DecodeRuneInString(s[n:]); unicode.IsUpper(first) && !unicode.IsUpper(second) {
		return string(unicode.ToLower(first)) + s[n:]
	}
	return s
}

// asBegun begins a text as a sentence begins: with a capital or without.
func asBegun(sentence, text string) string {
	if first, _ := utf8.DecodeRuneInString(sentence); unicode.IsUpper(first) {
		return text
	}
	return lowered(text)
}
