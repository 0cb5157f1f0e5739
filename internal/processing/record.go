// SPDX-License-Identifier: EUPL-1.2

package processing

import (
	"strings"

	"github.com/insegel/insegel/internal/locale"
)

// Told is one field of an entry in words, for documents.
type Told struct{ Key, Label, Value string }

// text says what lacks.
func (g *Gap) text(l *locale.Localizer) string {
	names := make([]string, len(g.Systems))
	for i := range g.Systems {
		names[i] = g.Systems[i].Name
	}
	what := l.List(append(names, g.Information...))
	if key := "processing.gap-" + g.Kind + "-beyond"; what == "" && l.Has(key) {
		return l.T(key)
	}
	return l.T("processing.gap-"+g.Kind, "What", what)
}

// Tell gives every field of an entry in words, the same fields in the same order for every entry. What is asked of the other role only is
// empty, and what nobody has said is said to be unknown by the lack that stands last.
func (e *Entry) Tell(l *locale.Localizer, c Common) []Told {
	var out []Told
	for i := range inputs {
		in := &inputs[i]
		value := ""
		if in.isFor(e.Role) && (e.Role == Controller || in.group != Why) {
			value = in.shown(l, in.value(&e.Processing))
		}
		if in.column == "dpo" && value == "" {
			value = c.DPO
		}
		out = append(out, Told{in.column, in.label(l), value})
		if in.column == "state" {
			out = append(out, Told{"unit", l.T("processing.field-enhet"), e.Unit})
		}
	}
	var systems, suppliers, infos, gaps []string
	for i := range e.Systems {
		systems = append(systems, e.Systems[i].Name)
		if s := e.Systems[i].Supplier; s != "" {
			suppliers = append(suppliers, e.Systems[i].Name+": "+s)
		}
	}
	if e.Beyond > 0 {
		systems = append(systems, l.T("processing.beyond", "Count", e.Beyond))
	}
	for i := range e.Information {
		infos = append(infos, e.Information[i].Name)
	}
	for i := range e.Gaps {
		gaps = append(gaps, e.Gaps[i].text(l)+" ("+l.T("processing.article", "Article", e.Gaps[i].Article)+")")
	}
	lines := func(list []string) string { return strings.Join(list, "\n") }
	return append(out,
		Told{"contact", l.T("processing.common-contact"), c.Contact}, Told{"representative", l.T("processing.common-representative"), c.Representative},
		Told{"systems", l.T("processing.links-system"), lines(systems)}, Told{"suppliers", l.T("processing.told-suppliers"), lines(suppliers)},
		Told{"information", l.T("processing.links-information"), lines(infos)}, Told{"missing", l.T("processing.column-missing"), lines(gaps)})
}
