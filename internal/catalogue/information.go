// SPDX-License-Identifier: EUPL-1.2

package catalogue

import (
	"slices"
	"strings"
)

// InformationType is one kind of information that municipalities hold, with what is known about it (Swedish: informationstyp).
type InformationType struct {
	ID                                                                    string
	Version                                                               int
	Name                                                                  Text
	Area                                                                  string
	Klassa, VerkSAM                                                       string // codes of the two activity structures
	Law                                                                   string
	LawVerified                                                           bool
	Content, Subjects, Categories, SpecialKinds, Retention, FoundIn, Note Text
	Facts                                                                 []Statement // in the order of the file
	Secrecy                                                               string
	SecrecyVerified                                                       bool
	RetentionSource                                                       string
	RetentionVerified                                                     bool
	// Lower tells whether the owner of a system may set its need of protection lower than this type suggests.
	Lower    bool
	Levels   [NumAspects]Suggestion
	Verified bool
}

// Suggestion is a proposed step and why. A Step that is Unset means that nothing is proposed.
type Suggestion struct {
	Step   Step
	Reason Text
}

// Source gives the type as a source of facts: its area and what it states.
func (t *InformationType) Source() Source {
	s := make([]Statement, 0, len(t.Facts)+1)
	s = append(s, Statement{"area", t.Area})
	return Source{Kind: SourceInformation, Ref: t.ID, Name: t.Name, Statements: append(s, t.Facts...)}
}

func readInformationType(o *object, v *Vocabulary) InformationType {
	t := InformationType{
		ID:                o.id(plainID()),
		Version:           o.number("version", 1, 9999),
		Name:              o.text("name"),
		Area:              o.str("area"),
		Law:               o.optional("law"),
		LawVerified:       o.flag("law_verified"),
		Content:           o.text("content"),
		Subjects:          o.text("subjects"),
		Categories:        o.text("categories"),
		Facts:             readTypeFacts(o, v),
		Secrecy:           o.optional("secrecy"),
		SecrecyVerified:   o.flag("secrecy_verified"),
		SpecialKinds:      o.optionalText("special_kinds"),
		Retention:         o.text("retention"),
		RetentionSource:   o.optional("retention_source"),
		RetentionVerified: o.flag("retention_verified"),
		FoundIn:           o.text("found_in"),
		Lower:             o.flag("lower"),
		Levels:            readLevels(o),
		Note:              o.optionalText("note"),
		Verified:          o.flag("verified"),
	}
	if n := o.get("activity"); n != nil {
		if a, ok := o.object(n); ok {
			t.Klassa, t.VerkSAM = a.optional("klassa"), a.optional("verksam")
			a.done()
		}
	}
	if t.Area != "" {
		if _, err := v.check(factArea, t.Area); err != nil {
			o.fault(o.get("area"), "%v", err)
		}
	}
	return t
}

// readTypeFacts reads the facts a type states. A fact that is a set has a list, the others one value.
func readTypeFacts(o *object, v *Vocabulary) []Statement {
	inner, ok := o.inner("facts")
	if !ok {
		return nil
	}
	var out []Statement
	for i := range inner.node.Entries {
		e := &inner.node.Entries[i]
		f, ok := v.Fact(e.Key)
		if !ok {
			o.faultAt(e.Line, e.Column, "there is no fact %q; known are %s", e.Key, v.names())
			continue
		}
		if !slices.Contains(f.On, OnInformation) {
			o.faultAt(e.Line, e.Column, "%s is not said of information; leave it out", e.Key)
			continue
		}
		values := []node{e.Value}
		if f.Form == FormSet {
			values = inner.list(e.Key)
		}
		for j := range values {
			if s, ok := readTypeFact(o, v, f, &values[j]); ok {
				out = append(out, s)
			}
		}
	}
	return out
}

func readTypeFact(o *object, v *Vocabulary, f *Fact, n *node) (Statement, bool) {
	s, ok := o.scalar(n, f.ID)
	if !ok {
		return Statement{}, false
	}
	if _, err := v.check(f.ID, s); err != nil {
		o.fault(n, "%v", err)
		return Statement{}, false
	}
	if !slices.Contains(f.Values, s) {
		o.fault(n, "%s: write %q in quotes as one of %s", f.ID, s, strings.Join(f.Values, ", "))
		return Statement{}, false
	}
	return Statement{f.ID, s}, true
}

// readLevels reads the suggested steps. They are left out as a whole for what must not be classified here.
func readLevels(o *object) [NumAspects]Suggestion {
	var out [NumAspects]Suggestion
	n := o.get("levels")
	if n == nil {
		return out
	}
	levels, ok := o.object(n)
	if !ok {
		return out
	}
	for a := range Aspect(NumAspects) {
		one, ok := levels.inner(a.String())
		if !ok {
			continue
		}
		if one.need("step") != nil {
			out[a].Step = one.stepOf("step")
		}
		out[a].Reason = one.text("reason")
		one.done()
	}
	levels.done()
	return out
}
