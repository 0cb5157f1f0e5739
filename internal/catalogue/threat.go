// SPDX-License-Identifier: EUPL-1.2

package catalogue

// Threat is one scenario: why it happens, what happens and what follows (Swedish: hotscenario).
type Threat struct {
	ID                 string
	Version            int
	Name, Cause, Event Text
	Consequence        [NumPerspectives]Text
	Aspects            []Aspect
	Typical            [NumPerspectives]Step
	Areas              []string // "any", or values of the fact area
	Drivers            []Driver
	MitigatedBy        []string // ids of topics
	Example            Text
	Verified           bool
}

// Driver is something that makes a threat more likely.
type Driver struct {
	ID   string
	Text Text
}

func (l *loader) readThreat(o *object) Threat {
	t := Threat{
		ID:          o.id(plainID()),
		Version:     o.number("version", 1, 9999),
		Name:        o.text("name"),
		Cause:       o.text("cause"),
		Event:       o.text("event"),
		MitigatedBy: o.words("mitigated_by", refer(o, "topic", l.topics)),
		Example:     o.optionalText("example"),
		Verified:    o.flag("verified"),
	}
	for _, name := range o.words("aspects", o.known("aspect", aspectNames[:]...)) {
		a, _ := ParseAspect(name) // known checked the name
		t.Aspects = append(t.Aspects, a)
	}
	if len(t.Aspects) == 0 {
		o.fault(o.node, "aspects is missing; name at least one")
	}
	areas := []string{"any"}
	if f, ok := l.Vocabulary.Fact(factArea); ok {
		areas = append(areas, f.Values...)
	}
	t.Areas = o.words("areas", o.known("area", areas...))
	if inner, ok := o.inner("consequence"); ok {
		for p := range Perspective(NumPerspectives) {
			t.Consequence[p] = inner.optionalText(p.String())
		}
		inner.done()
	}
	if inner, ok := o.inner("typical"); ok {
		for p := range Perspective(NumPerspectives) {
			if inner.get(p.String()) != nil {
				t.Typical[p] = inner.stepOf(p.String())
			}
		}
		inner.done()
	}
	t.Drivers = readDrivers(o)
	return t
}

func readDrivers(o *object) []Driver {
	var out []Driver
	rows := o.optionalList("drivers")
	for i := range rows {
		row, ok := o.object(&rows[i])
		if !ok {
			continue
		}
		out = append(out, Driver{ID: row.id(factID()), Text: row.text("text")})
		row.done()
	}
	return out
}
