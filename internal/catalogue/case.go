// SPDX-License-Identifier: EUPL-1.2

package catalogue

import (
	"slices"
	"strconv"
	"strings"
)

// Case is something to classify as a file describes it, without any register (Swedish: underlag).
type Case struct {
	Model *Model
	// Subject is the system, or what is to be bought, with the facts stated about it.
	Subject Source
	// Information is what it holds: types of the library, or described in the file.
	Information []CaseInformation
	// Answers are the levels that the file gives.
	Answers []CaseAnswer
}

// CaseInformation is one piece of information of a case.
type CaseInformation struct {
	Type   *InformationType // nil when the file describes it itself
	Source Source
}

// CaseAnswer is one level that the file gives.
type CaseAnswer struct {
	Aspect      Aspect
	Perspective string // "" when the file gives none
	Level       int
}

// largeScaleSubjects is the number of data subjects above which processing counts as large. The figure is ours, not the law's.
const largeScaleSubjects = 5000

// ParseCase reads a case against a catalogue. It comes from outside, so every fault is told, with line, column and what to do.
func ParseCase(c *Catalogue, file string, b []byte) (*Case, Problems) {
	r := &reader{file: file, upload: true}
	cs := &Case{}
	if root, ok := r.parse(b); ok {
		if o, ok := r.object(root); ok {
			readCase(c, o, cs)
		}
	}
	if len(r.problems) > 0 {
		r.problems.sort()
		return nil, r.problems
	}
	return cs, nil
}

func readCase(c *Catalogue, o *object, cs *Case) {
	cs.Model = readCaseModel(c, o)
	if subject, ok := o.inner("subject"); ok {
		cs.Subject = readSubject(c, subject)
	}
	if n := o.get("information"); n != nil {
		for i := range o.listOf(n, "information") {
			if info, ok := readCaseInformation(c, o, &n.Items[i]); ok {
				cs.Information = append(cs.Information, info)
			}
		}
	}
	if n := o.get("answers"); n != nil && n.Kind != nullNode {
		if answers, ok := o.object(n); ok && cs.Model != nil {
			cs.Answers = readCaseAnswers(answers, cs.Model)
		}
	}
	o.done()
}

// listOf gives the items of a node that should be a list; nothing written is an empty list.
func (o *object) listOf(n *node, key string) []node {
	if n.Kind != listNode && n.Kind != nullNode {
		o.fault(n, "%s must be a list, found %s", key, n.Kind)
	}
	return n.Items
}

func readCaseModel(c *Catalogue, o *object) *Model {
	id := o.str("model")
	if id == "" {
		return nil
	}
	if m, ok := c.Model(id, ""); ok {
		return m
	}
	if low, high, found := strings.Cut(id, "-"); found {
		lowest, err1 := strconv.Atoi(low)
		highest, err2 := strconv.Atoi(high)
		if err1 == nil && err2 == nil {
			m, err := RangeModel(lowest, highest)
			if err != nil {
				o.fault(o.get("model"), "%v", err)
			}
			return m
		}
	}
	var known []string
	for i := range c.Models {
		if !slices.Contains(known, c.Models[i].ID) {
			known = append(known, c.Models[i].ID)
		}
	}
	o.fault(o.get("model"), "there is no model %q; write one of %s, or the lowest and highest level of a scale, such as 1-3", id, strings.Join(known, ", "))
	return nil
}

func readSubject(c *Catalogue, o *object) Source {
	s := Source{Kind: SourceSubject}
	name := o.optional("name")
	s.Ref, s.Name = name, Text{SV: name, EN: name}
	kind := o.optional("kind")
	if n := o.get("data_subjects"); n != nil {
		if o.number("data_subjects", 0, 1<<31) > largeScaleSubjects && o.get("large_scale") == nil {
			s.Statements = append(s.Statements, Statement{Fact: "large_scale", Value: "yes"})
		}
	}
	if kind == "e-service" && o.get("e_service") == nil {
		s.Statements = append(s.Statements, Statement{Fact: "e_service", Value: "yes"})
	}
	s.Statements = append(s.Statements, caseStatements(c.Vocabulary, o, OnSystem)...)
	o.done()
	return s
}

// caseStatements reads every key of a mapping that is a fact.
func caseStatements(v *Vocabulary, o *object, on string) []Statement {
	var out []Statement
	for _, f := range v.Facts() {
		n := o.get(f.ID)
		if n == nil {
			continue
		}
		if on == OnInformation && !slices.Contains(f.On, OnInformation) {
			o.fault(n, "%s is a fact about a system; write it under subject", f.ID)
			continue
		}
		for _, value := range factValues(o, n, &f) {
			canonical, err := v.check(f.ID, value)
			if err != nil {
				o.fault(n, "%v", err)
				continue
			}
			out = append(out, Statement{Fact: f.ID, Value: canonical})
		}
	}
	return out
}

// factValues reads one value, or several of a set: a list, or values with | or comma between. An empty list says that none holds.
func factValues(o *object, n *node, f *Fact) []string {
	if f.Form == FormSet && n.Kind == listNode {
		if len(n.Items) == 0 && f.canBeEmpty() {
			return []string{none}
		}
		var out []string
		for i := range n.Items {
			if s, ok := o.scalar(&n.Items[i], f.ID); ok {
				out = append(out, s)
			}
		}
		return out
	}
	s, ok := o.scalar(n, f.ID)
	if !ok {
		return nil
	}
	if f.Form != FormSet {
		return []string{s}
	}
	return strings.FieldsFunc(s, func(r rune) bool { return r == '|' || r == ',' || r == ' ' })
}

func readCaseInformation(c *Catalogue, o *object, n *node) (CaseInformation, bool) {
	if n.Kind == mapNode {
		return readInlineInformation(c, o, n)
	}
	id, ok := o.scalar(n, "information")
	if !ok {
		return CaseInformation{}, false
	}
	t, ok := c.InformationType(id)
	if !ok {
		o.fault(n, "there is no information type %q; run insegel catalogue list to see them, or describe it with name and facts", id)
		return CaseInformation{}, false
	}
	return CaseInformation{Type: t, Source: t.Source()}, true
}

func readInlineInformation(c *Catalogue, o *object, n *node) (CaseInformation, bool) {
	m, ok := o.object(n)
	if !ok {
		return CaseInformation{}, false
	}
	name := m.optional("name")
	if name == "" {
		name = m.optional("id")
	}
	if name == "" {
		o.fault(n, "the information has no name; write name: and what it is called")
	}
	info := CaseInformation{Source: Source{
		Kind: SourceInformation, Ref: name, Name: Text{SV: name, EN: name}, Statements: caseStatements(c.Vocabulary, m, OnInformation),
	}}
	m.get("id")
	m.done()
	return info, true
}

func readCaseAnswers(o *object, m *Model) []CaseAnswer {
	var out []CaseAnswer
	for a := range Aspect(NumAspects) {
		n := o.get(a.String())
		if n == nil {
			continue
		}
		aspect, ok := m.Aspect(a)
		if !ok {
			o.fault(n, "the model %s does not classify %s", m.ID, a)
			continue
		}
		if n.Kind == scalarNode {
			out = appendAnswer(out, o, n, aspect, "")
			continue
		}
		by, ok := o.object(n)
		if !ok {
			continue
		}
		for p := range Perspective(NumPerspectives) {
			if level := by.get(p.String()); level != nil {
				out = appendAnswer(out, o, level, aspect, p.String())
			}
		}
		by.done()
	}
	o.done()
	return out
}

func appendAnswer(list []CaseAnswer, o *object, n *node, a *ModelAspect, perspective string) []CaseAnswer {
	s, ok := o.scalar(n, "level")
	if !ok {
		return list
	}
	value, err := strconv.Atoi(s)
	if _, known := a.Level(value); err != nil || !known {
		var scale []string
		for _, l := range a.Levels {
			scale = append(scale, strconv.Itoa(l.Value))
		}
		o.fault(n, "level %q is not on the scale of %s; write one of %s", s, a.Aspect, strings.Join(scale, ", "))
		return list
	}
	return append(list, CaseAnswer{Aspect: a.Aspect, Perspective: perspective, Level: value})
}
