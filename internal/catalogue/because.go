// SPDX-License-Identifier: EUPL-1.2

package catalogue

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Because is one reason, as one sentence, for why a rule applies (Swedish: därför att).
type Because struct {
	// Kind is "information" when an information type is the reason, else "condition".
	Kind string `json:"kind"`
	// Ref is the id of the information type, or the fact (or fact=value) that holds.
	Ref string `json:"ref"`
	// Text is the sentence in the language asked for.
	Text string `json:"text"`
}

// Kinds of reasons.
const (
	BecauseInformation = "information"
	BecauseCondition   = "condition"
)

// Explain tells why a condition holds: one sentence for each of its groups. A group that only may hold is told as a question
// to settle. A condition that always holds, or does not hold, explains nothing.
func (v *Vocabulary) Explain(c Condition, f *Facts, origins []Origin, lang Lang) []Because {
	if c.Holds(f) == No {
		return nil
	}
	var out []Because
	for _, group := range c.groups {
		held, truth := group.and(f.True), Yes
		if held.empty() {
			held, truth = group.and(f.Possible), Maybe
		}
		o := v.reason(held, truth, origins)
		out = append(out, v.sentence(o, truth, lang))
	}
	return out
}

// reason picks the origin that says most: an information type before the subject, then the order of the vocabulary. Without
// any origin the first literal that holds speaks for itself.
func (v *Vocabulary) reason(held Set, truth Truth, origins []Origin) Origin {
	var first *Origin
	for i := range origins {
		o := &origins[i]
		if o.Truth != truth || v.literal(o).and(held).empty() {
			continue
		}
		if o.Source != nil && o.Source.Kind == SourceInformation {
			return *o
		}
		if first == nil {
			first = o
		}
	}
	if first != nil {
		return *first
	}
	for bit, l := range v.literals {
		if held.has(bit) {
			return Origin{Fact: l.Fact, Value: l.Value, Truth: truth}
		}
	}
	return Origin{}
}

var subjectNames = Text{"systemet", "the system"}

func (v *Vocabulary) sentence(o Origin, truth Truth, lang Lang) Because {
	f, ok := v.Fact(o.Fact)
	if !ok {
		return Because{Kind: BecauseCondition, Ref: o.Fact}
	}
	b := Because{Kind: BecauseCondition, Ref: f.ID}
	if f.Form != FormTruth {
		b.Ref += "=" + o.Value
	}
	who := subjectNames.In(lang)
	if o.Source != nil && o.Source.Kind == SourceInformation {
		b.Kind, b.Ref = BecauseInformation, o.Source.Ref
		who = Text{"informationstypen ", "the information type "}.In(lang) + o.Source.Name.In(lang)
	}
	template := f.SentenceTrue
	if truth == Maybe {
		template = f.SentencePossible
	}
	b.Text = upperFirst(strings.NewReplacer("{source}", who, "{label}", f.Label(o.Value).In(lang), "{value}", o.Value).Replace(template.In(lang)))
	return b
}

func upperFirst(s string) string {
	r, size := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(r)) + s[size:]
}
