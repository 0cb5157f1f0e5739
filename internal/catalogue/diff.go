// SPDX-License-Identifier: EUPL-1.2

package catalogue

import (
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// What has happened to a row between two editions.
const (
	Added    = "added"
	Removed  = "removed"
	Changed  = "changed"
	Replaced = "replaced"
)

// Change is one difference between two editions and what it means for answers that already exist (Swedish: ändring).
type Change struct {
	Kind   string // model, law, information, requirement, threat or fact
	ID     string
	What   string   // added, removed, changed or replaced
	Fields []string // what is changed, by the names the files use
	Effect Text
}

// Diff compares two editions. The order is stable: by kind, and within a kind the rows of the new edition and then those that
// are gone.
func Diff(from, to *Catalogue) []Change {
	var out []Change
	out = append(out, compare("fact", from.Vocabulary.facts, to.Vocabulary.facts, func(f *Fact) key { return key{id: f.ID} })...)
	out = append(out, compare("law", from.Laws, to.Laws, func(l *Law) key { return key{l.ID, l.Version} })...)
	out = append(out, compare("information", from.Types, to.Types, func(t *InformationType) key { return key{t.ID, t.Version} })...)
	out = append(out, compareRequirements(from, to)...)
	out = append(out, compareModels(from, to)...)
	return append(out, compare("threat", from.Threats, to.Threats, func(t *Threat) key { return key{t.ID, t.Version} })...)
}

// key is what a row is known by, and its version (0 when rows of the kind have none).
type key struct {
	id      string
	version int
}

func compare[T any](kind string, from, to []T, keyOf func(*T) key) []Change {
	old := make(map[string]*T, len(from))
	for i := range from {
		old[keyOf(&from[i]).id] = &from[i]
	}
	var out []Change
	for i := range to {
		k := keyOf(&to[i])
		before, ok := old[k.id]
		if !ok {
			out = append(out, Change{Kind: kind, ID: k.id, What: Added, Effect: effectAdded[kind]})
			continue
		}
		delete(old, k.id)
		if fields := differing(before, &to[i]); len(fields) > 0 {
			out = append(out, Change{
				Kind: kind, ID: k.id, What: Changed, Fields: fields,
				Effect: effectChanged(kind, fields, keyOf(before).version, k.version),
			})
		}
	}
	for i := range from {
		if k := keyOf(&from[i]); old[k.id] != nil {
			out = append(out, Change{Kind: kind, ID: k.id, What: Removed, Effect: effectRemoved[kind]})
		}
	}
	return out
}

// compareRequirements tells of a requirement that is gone whether another has taken its place.
func compareRequirements(from, to *Catalogue) []Change {
	out := compare("requirement", from.Requirements, to.Requirements, func(r *Requirement) key { return key{r.ID, r.Version} })
	for i := range out {
		c := &out[i]
		next, ok := to.Successor(c.ID)
		if c.What != Removed || !ok {
			continue
		}
		version := ""
		if r, ok := from.Requirement(c.ID); ok {
			version = strconv.Itoa(r.Version)
		}
		c.What = Replaced
		c.Effect = Text{
			"Kravet ersätts av " + next + ". Svaren följer med dit och visas som givna till " + c.ID + " version " + version + ".",
			"The requirement is replaced by " + next + ". The answers follow to it and are shown as given to " + c.ID + " version " + version + ".",
		}
	}
	return out
}

// compareModels compares each version with itself, since a version never changes, and tells of new and withdrawn versions.
func compareModels(from, to *Catalogue) []Change {
	return compare("model", from.Models, to.Models, func(m *Model) key { return key{id: m.ID + " " + m.Version} })
}

// differing names the exported fields of two rows that differ.
func differing[T any](a, b *T) []string {
	var out []string
	x, y := reflect.ValueOf(a).Elem(), reflect.ValueOf(b).Elem()
	for i := range x.NumField() {
		f := x.Type().Field(i)
		if f.IsExported() && !same(x.Field(i).Interface(), y.Field(i).Interface()) {
			out = append(out, fieldName(f.Name))
		}
	}
	return out
}

// same compares two fields. Conditions are compared as written: their bits depend on the vocabulary of their edition.
func same(a, b any) bool {
	switch x := a.(type) {
	case Condition:
		return x.Equal(b.(Condition))
	case []Implication:
		return slices.EqualFunc(x, b.([]Implication), func(p, q Implication) bool {
			return p.Value == q.Value && p.When.Equal(q.When)
		})
	}
	return reflect.DeepEqual(a, b)
}

// fileNames are the names of the files where they are not the field's own in lower case.
var fileNames = map[string]string{
	"ISO2022": "iso_2022", "ISO2017": "iso_2017", "VerkSAM": "verksam", "From": "in_force_from", "To": "in_force_to",
	"SentenceTrue": "sentence", "SentencePossible": "sentence",
}

func fieldName(s string) string {
	if name, ok := fileNames[s]; ok {
		return name
	}
	var b strings.Builder
	for i, r := range s {
		if unicode.IsUpper(r) && i > 0 {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}
