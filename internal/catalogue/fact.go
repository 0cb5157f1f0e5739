// SPDX-License-Identifier: EUPL-1.2

package catalogue

import (
	"fmt"
	"slices"
	"strings"
)

// The three forms of a fact.
const (
	FormTruth  = "truth"  // true, possible or not
	FormChoice = "choice" // exactly one of its values
	FormSet    = "set"    // any number of its values
)

// What a fact may be stated about.
const (
	OnInformation = "information"
	OnSystem      = "system"
)

// Unknown is the value that says that nobody knows. It decides nothing: an implication or another source still may.
const Unknown = "unknown"

// none is the default of a fact of which nothing holds until somebody says so.
const none = "no"

// factArea is the one set that is always joined: a subject's own areas and those of the information it holds.
const factArea = "area"

// Fact is one thing that conditions can ask about (Swedish: faktum).
type Fact struct {
	ID, Form                   string
	Values, On                 []string
	Name, Meaning, Question    Text
	TrueValues, PossibleValues []string
	Default                    string // taken when nobody states or implies the fact; "no" is nothing
	Implied                    []Implication
	Labels                     map[string]Text
	// Sentences that say that the fact holds, or may hold. {source} is who it holds for, {value} its value, {label} the
	// value's label.
	SentenceTrue, SentencePossible Text

	truth int            // the bit that says that a truth fact is true; -1 for the other forms
	bits  map[string]int // the bits of single values
	mask  Set            // all bits of the fact
}

// Implication says that a fact has a value when a condition holds, unless somebody has stated otherwise.
type Implication struct {
	When  Condition
	Value string
}

// Label gives the human name of a value, or the value itself when it has none.
func (f *Fact) Label(value string) Text {
	if t, ok := f.Labels[value]; ok {
		return t
	}
	return Text{value, value}
}

// Statement is one fact with the value somebody has given it.
type Statement struct{ Fact, Value string }

// Vocabulary is the one list of facts that conditions speak of (Swedish: vokabulär).
type Vocabulary struct {
	facts    []Fact
	index    map[string]int
	literals []Statement // what each bit of a Set means
}

// Fact finds a fact by its id.
func (v *Vocabulary) Fact(id string) (*Fact, bool) {
	i, ok := v.index[id]
	if !ok {
		return nil, false
	}
	return &v.facts[i], true
}

// Facts gives every fact in the order of the file. The slice is shared and must not be changed.
func (v *Vocabulary) Facts() []Fact { return v.facts }

// words that people and files use for the values of a truth fact.
var truthWords = map[string]string{
	"true": "yes", "ja": "yes", "yes": "yes",
	"false": "no", "nej": "no", "no": "no",
	"okänt": Unknown, "vet ej": Unknown, "vet inte": Unknown, Unknown: Unknown,
}

// Check tells whether a fact can have a value and gives the value as the catalogue writes it. It takes true, ja and yes, or
// false, nej and no, for a truth fact, no for a set that something else implies, and a value's label in either language. The error names the values allowed.
func (v *Vocabulary) Check(fact, value string) (canonical string, err error) {
	canonical, err = v.check(fact, value)
	if err != nil {
		return "", fmt.Errorf("check fact: %w", err)
	}
	return canonical, nil
}

func (v *Vocabulary) check(fact, value string) (string, error) {
	f, ok := v.Fact(fact)
	if !ok {
		return "", fmt.Errorf("there is no fact %q; known are %s", fact, v.names())
	}
	s := strings.ToLower(strings.TrimSpace(value))
	if slices.Contains(f.Values, s) {
		return s, nil
	}
	if word, ok := truthWords[s]; ok && f.Form == FormTruth {
		if c, ok := f.truthValue(word); ok {
			return c, nil
		}
	}
	if f.canBeEmpty() && truthWords[s] == none {
		return none, nil
	}
	for _, own := range f.Values {
		if l, ok := f.Labels[own]; ok && (strings.EqualFold(l.SV, s) || strings.EqualFold(l.EN, s)) {
			return own, nil
		}
	}
	allowed := f.Values
	if f.canBeEmpty() {
		allowed = append([]string{none}, allowed...)
	}
	return "", fmt.Errorf("%s cannot be %q; write one of %s", fact, value, strings.Join(allowed, ", "))
}

// canBeEmpty tells whether "no" says something of the fact that is not one of its values: that nothing of what is implied for a
// set holds.
func (f *Fact) canBeEmpty() bool { return f.Form == FormSet && len(f.Implied) > 0 }

// has tells whether a statement can give the fact the value.
func (f *Fact) has(value string) bool {
	return slices.Contains(f.Values, value) || value == none && f.canBeEmpty()
}

// truthValue gives the fact's own value for yes, no and unknown: "high" and "low" when those are its words.
func (f *Fact) truthValue(word string) (string, bool) {
	for _, own := range f.Values {
		isTrue, isPossible := slices.Contains(f.TrueValues, own), slices.Contains(f.PossibleValues, own)
		if own == word || word == "yes" && isTrue || word == "no" && !isTrue && !isPossible {
			return own, true
		}
	}
	return "", false
}

func (v *Vocabulary) names() string {
	names := make([]string, len(v.facts))
	for i := range v.facts {
		names[i] = v.facts[i].ID
	}
	return strings.Join(names, ", ")
}

// number gives every literal its bit. A truth fact has one bit; a value of it has its own only when several values are true.
func (v *Vocabulary) number() {
	bit := func(f *Fact, value string) int {
		v.literals = append(v.literals, Statement{f.ID, value})
		n := len(v.literals) - 1
		if n < maxLiterals {
			f.mask.add(n)
		}
		return n
	}
	for i := range v.facts {
		f := &v.facts[i]
		f.bits, f.truth = map[string]int{}, -1
		values := f.Values
		if f.Form == FormTruth {
			f.truth = bit(f, "")
			values = f.TrueValues
			if len(values) == 1 {
				f.bits[values[0]] = f.truth
				continue
			}
		}
		for _, value := range values {
			f.bits[value] = bit(f, value)
		}
	}
}

// weigh gives the literals that a value of the fact makes true or possible. A value that only may hold makes nothing true.
func (f *Fact) weigh(value string, t Truth) Facts {
	var out Facts
	switch {
	case value == Unknown:
		if slices.Contains(f.PossibleValues, value) {
			out.Possible = f.mask
		}
	case f.Form == FormTruth && slices.Contains(f.PossibleValues, value):
		out.Possible.add(f.truth)
	case f.Form == FormTruth && slices.Contains(f.TrueValues, value):
		out.True.add(f.truth)
		out.True.add(f.bits[value])
	case f.Form != FormTruth:
		if b, ok := f.bits[value]; ok {
			out.True.add(b)
		}
	}
	out.Possible = out.Possible.union(out.True)
	if t < Yes {
		out.True = Set{}
	}
	return out
}

// readVocabulary reads facts.yaml. The conditions of the implications are read last, since they speak of all the facts.
func readVocabulary(r *reader, root *node) *Vocabulary {
	v := &Vocabulary{index: map[string]int{}}
	o, ok := r.header(root, "facts")
	if !ok {
		return v
	}
	rows := o.list("facts")
	o.done()
	var objects []*object
	for i := range rows {
		f, fo, ok := readFact(r, &rows[i])
		if !ok {
			continue
		}
		if _, twice := v.index[f.ID]; twice {
			r.fault(&rows[i], "the fact %s is already in the file; give each fact once", f.ID)
			continue
		}
		v.index[f.ID] = len(v.facts)
		v.facts, objects = append(v.facts, f), append(objects, fo)
	}
	v.number()
	if n := len(v.literals); n > maxLiterals {
		r.fault(root, "the facts have %d values to ask for; there is room for %d, so remove or join some", n, maxLiterals)
		return &Vocabulary{index: map[string]int{}}
	}
	for i, fo := range objects {
		v.facts[i].Implied = readImplied(fo, v, &v.facts[i])
		fo.done()
	}
	return v
}

func readFact(r *reader, n *node) (Fact, *object, bool) {
	o, ok := r.object(n)
	if !ok {
		return Fact{}, nil, false
	}
	f := Fact{
		ID:       o.id(factID()),
		Form:     o.oneOf("form", FormTruth, FormChoice, FormSet),
		Values:   o.words("values", anyWord),
		Name:     o.text("name"),
		Meaning:  o.text("meaning"),
		Question: o.text("question"),
	}
	f.On = o.words("on", o.known("on", OnInformation, OnSystem))
	f.TrueValues = o.words("true_values", o.known("true_values", f.Values...))
	f.PossibleValues = o.words("possible_values", o.known("possible_values", f.Values...))
	f.Default = none
	if o.get("default") != nil {
		allowed := f.Values
		if !slices.Contains(allowed, none) {
			allowed = append([]string{none}, allowed...)
		}
		f.Default = o.oneOf("default", allowed...)
	}
	f.Labels = readLabels(o, &f)
	f.SentenceTrue, f.SentencePossible = readSentences(o)
	if len(f.Values) == 0 {
		o.fault(n, "the fact %s has no values", f.ID)
	}
	if (f.Form == FormTruth) != (len(f.TrueValues) > 0) {
		o.fault(n, "a fact of the form truth, and no other, says in true_values which of its values count as true")
	}
	return f, o, f.ID != ""
}

func readLabels(o *object, f *Fact) map[string]Text {
	n := o.get("labels")
	if n == nil {
		return nil
	}
	inner, ok := o.object(n)
	if !ok {
		return nil
	}
	labels := map[string]Text{}
	for _, value := range f.Values {
		if inner.get(value) != nil {
			labels[value] = inner.text(value)
		}
	}
	inner.done()
	return labels
}

func readSentences(o *object) (isTrue, possible Text) {
	inner, ok := o.inner("sentence")
	if !ok {
		return Text{}, Text{}
	}
	read := func(key string) Text {
		t := inner.text(key)
		if !t.IsZero() && (!strings.Contains(t.SV, "{source}") || !strings.Contains(t.EN, "{source}")) {
			inner.fault(inner.get(key), "the sentence must say {source} in both languages: who it holds for")
		}
		return t
	}
	isTrue, possible = read("holds"), read("may_hold")
	inner.done()
	return isTrue, possible
}

func readImplied(o *object, v *Vocabulary, f *Fact) []Implication {
	var out []Implication
	rows := o.optionalList("implied")
	for i := range rows {
		row, ok := o.object(&rows[i])
		if !ok {
			continue
		}
		one := Implication{When: row.condition("when", v), Value: row.oneOf("value", f.Values...)}
		if row.need("when") != nil && !one.When.Always() {
			out = append(out, one)
		}
		row.done()
	}
	return out
}
