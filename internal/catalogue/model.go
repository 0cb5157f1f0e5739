// SPDX-License-Identifier: EUPL-1.2

package catalogue

import (
	"maps"
	"slices"
	"strings"
)

// Model is one version of a way to classify: which aspects, which scale, which questions (Swedish: klassningsmodell).
type Model struct {
	ID, Version       string
	Name, Description Text
	Source            string
	Verified          bool
	Perspectives      []ModelPerspective
	Aspects           []ModelAspect
	Criteria          []Criterion
}

// ModelPerspective is one perspective that the model asks about.
type ModelPerspective struct {
	Perspective Perspective
	Optional    bool
}

// ModelAspect is one aspect as the model knows it, with its own scale and questions.
type ModelAspect struct {
	Aspect             Aspect
	Letter, Name, Loss Text
	Optional           bool
	Levels             []Level
	Questions          [NumPerspectives]Text
}

// Level is one level of a model's scale. A level that stops has no step: the object is to be handled elsewhere.
type Level struct {
	Value          int
	Step           Step
	Stop           bool
	Label, Meaning Text
}

// Criterion is one category of consequence with an example for each step (Swedish: konsekvenskategori).
type Criterion struct {
	ID           string
	Name         Text
	Perspectives []Perspective
	Levels       [NumSteps]Text // indexed by Step
}

// Aspect finds the model's own form of an aspect; false when the model does not classify it.
func (m *Model) Aspect(a Aspect) (*ModelAspect, bool) {
	for i := range m.Aspects {
		if m.Aspects[i].Aspect == a {
			return &m.Aspects[i], true
		}
	}
	return nil, false
}

// Level finds a level by its value.
func (a *ModelAspect) Level(value int) (Level, bool) {
	for _, l := range a.Levels {
		if l.Value == value {
			return l, true
		}
	}
	return Level{}, false
}

// ForStep gives the level that has the step, else the lowest level whose step is higher, else the highest that does not stop.
func (a *ModelAspect) ForStep(s Step) Level {
	var best Level
	for _, l := range a.Levels {
		if l.Stop {
			continue
		}
		best = l
		if l.Step >= s {
			break
		}
	}
	return best
}

// Example gives what the criterion says of a step.
func (c *Criterion) Example(s Step) Text {
	if int(s) < len(c.Levels) {
		return c.Levels[s]
	}
	return Text{}
}

// Bounds of a model. A scale with more levels than people can tell apart, or with values that do not fit a form, is a fault.
const (
	maxLevels   = 10
	maxValue    = 99
	maxCriteria = 30
)

// ParseModel reads an organisation's own model. It comes from outside, so every fault is told and its size is limited. What
// an organisation says of its own model is never verified.
func ParseModel(file string, b []byte) (*Model, Problems) {
	r := &reader{file: file, upload: true}
	var m *Model
	if root, ok := r.parse(b); ok {
		m = readModel(r, root)
	}
	if len(r.problems) > 0 || m == nil {
		r.problems.sort()
		return nil, r.problems
	}
	m.Verified = false
	return m, nil
}

func readModel(r *reader, root *node) *Model {
	o, ok := r.object(root)
	if !ok {
		return nil
	}
	o.oneOf("catalogue", "model")
	m := &Model{
		ID:          o.id(plainID()),
		Version:     o.str("version"),
		Name:        o.text("name"),
		Description: o.text("description"),
		Source:      o.str("source"),
		Verified:    o.optionalFlag("verified"),
	}
	m.Perspectives = readPerspectives(o)
	scales := readScales(o)
	rows := o.list("aspects")
	for i := range rows {
		if row, ok := o.object(&rows[i]); ok {
			readAspect(row, m, scales)
			row.done()
		}
	}
	if n := o.get("aspects"); n != nil && len(m.Aspects) == 0 {
		o.fault(n, "a model needs at least one aspect")
	}
	m.Criteria = readCriteria(o)
	o.done()
	return m
}

func readPerspectives(o *object) []ModelPerspective {
	known := o.known("perspective", perspectiveNames[:]...)
	names := o.words("perspectives", known)
	optional := o.words("optional_perspectives", func(n *node, word string) bool {
		if slices.Contains(names, word) {
			return true
		}
		o.fault(n, "the optional perspective %q is not among the perspectives", word)
		return false
	})
	var out []ModelPerspective
	for _, name := range names {
		p, _ := ParsePerspective(name) // known checked the name
		out = append(out, ModelPerspective{p, slices.Contains(optional, name)})
	}
	if len(out) == 0 {
		o.fault(o.node, "perspectives is missing; name at least one of %s", strings.Join(perspectiveNames[:], ", "))
	} else if len(optional) == len(names) {
		o.fault(o.get("optional_perspectives"), "at least one perspective must not be optional")
	}
	return out
}

func readScales(o *object) map[string][]Level {
	out := map[string][]Level{}
	inner, ok := o.inner("scales")
	if !ok {
		return out
	}
	for i := range inner.node.Entries {
		name := inner.node.Entries[i].Key
		if name == "" || !plainID().MatchString(name) {
			inner.faultAt(inner.node.Entries[i].Line, inner.node.Entries[i].Column, "the scale's name %q must be a plain word such as main", name)
		}
		out[name] = readScale(inner, name)
	}
	return out
}

// readScale reads the levels in ascending order: values and steps rise, and only the last may stop.
func readScale(o *object, name string) []Level {
	rows := o.list(name)
	if len(rows) > maxLevels {
		o.fault(o.get(name), "the scale %s has %d levels; at most %d can be told apart", name, len(rows), maxLevels)
		return nil
	}
	var out []Level
	for i := range rows {
		row, ok := o.object(&rows[i])
		if !ok {
			continue
		}
		l := Level{Value: row.number("value", 0, maxValue), Stop: row.optionalFlag("stop"), Label: row.text("label"), Meaning: row.text("meaning")}
		switch {
		case !l.Stop && row.need("step") != nil:
			l.Step = row.stepOf("step")
		case l.Stop && row.get("step") != nil:
			row.fault(row.get("step"), "a level that stops has no step; remove step")
		case l.Stop && i < len(rows)-1:
			row.fault(row.get("stop"), "only the highest level can stop")
		}
		row.done()
		if len(out) > 0 {
			checkRises(row, out[len(out)-1], l)
		}
		out = append(out, l)
	}
	if n := o.get(name); len(out) < 2 || len(out) == 2 && out[1].Stop {
		o.fault(n, "the scale %s needs at least two levels that do not stop", name)
	}
	return out
}

func checkRises(o *object, before, l Level) {
	if l.Value <= before.Value {
		o.fault(o.node, "value %d must be higher than %d before it; each value once, in ascending order", l.Value, before.Value)
	}
	if !l.Stop && l.Step != Unset && l.Step <= before.Step {
		o.fault(o.node, "step %s must be higher than %s before it; each step once, in ascending order", l.Step, before.Step)
	}
}

func readAspect(o *object, m *Model, scales map[string][]Level) {
	a := ModelAspect{
		Letter: o.text("letter"), Name: o.text("name"), Loss: o.text("loss"), Optional: o.optionalFlag("optional"),
	}
	name := o.oneOf("id", aspectNames[:]...)
	a.Aspect, _ = ParseAspect(name) // oneOf checked the name
	if _, twice := m.Aspect(a.Aspect); twice {
		o.fault(o.node, "the aspect %s is given twice", name)
	}
	scale := o.str("scale")
	levels, ok := scales[scale]
	if !ok && scale != "" {
		o.fault(o.get("scale"), "there is no scale %q; known are %s", scale, strings.Join(slices.Sorted(maps.Keys(scales)), ", "))
	}
	a.Levels = levels
	if questions, ok := o.inner("questions"); ok {
		for _, p := range m.Perspectives {
			a.Questions[p.Perspective] = questions.text(p.Perspective.String())
		}
		questions.done()
	}
	m.Aspects = append(m.Aspects, a)
}

func readCriteria(o *object) []Criterion {
	rows := o.optionalList("criteria")
	if len(rows) > maxCriteria {
		o.fault(o.get("criteria"), "there are %d criteria; at most %d can be weighed", len(rows), maxCriteria)
		return nil
	}
	var out []Criterion
	for i := range rows {
		row, ok := o.object(&rows[i])
		if !ok {
			continue
		}
		c := Criterion{ID: row.id(plainID()), Name: row.text("name")}
		for _, name := range row.words("perspectives", row.known("perspective", perspectiveNames[:]...)) {
			p, _ := ParsePerspective(name) // known checked the name
			c.Perspectives = append(c.Perspectives, p)
		}
		if levels, ok := row.inner("levels"); ok {
			for s := Negligible; s <= Serious; s++ {
				c.Levels[s] = levels.optionalText(s.String())
			}
			levels.done()
		}
		row.done()
		if slices.ContainsFunc(out, func(d Criterion) bool { return d.ID == c.ID }) {
			o.fault(&rows[i], "the criterion %s is given twice", c.ID)
		}
		out = append(out, c)
	}
	return out
}
