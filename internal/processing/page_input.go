// SPDX-License-Identifier: EUPL-1.2

package processing

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/web"
)

// Limits of what is typed. They keep a slip (a whole document pasted into a field) out of lists and reports.
const (
	maxName = 200
	maxText = 8000
)

// The kinds of input, in the words of web.Field, and boxes to tick.
const (
	kindText     = "text"
	kindTextarea = "textarea"
	kindSelect   = "select"
	kindBoxes    = "boxes"
	kindDay      = "day"
)

// input is one field of a form: which stored field it is, and how it is drawn.
type input struct {
	name, column, kind string
	group              Group
	// options are the values of a select or of boxes, with message keys processing.<words>-<value>.
	options []string
	words   string
	// role is the only role that has the field; empty is both.
	role string
	// optional fields are left out of the page when they are empty.
	optional bool
	at       *field
}

// inputs are the fields in the order of the forms and of the page.
var inputs = tied([]input{
	{name: "namn", column: "name", kind: kindText},
	{name: "roll", column: "role", kind: kindSelect, options: Roles, words: "role"},
	{name: "lage", column: "state", kind: kindSelect, options: States, words: "state"},
	{name: "ansvarig", column: "owner_role", kind: kindText, optional: true},
	{name: "beskrivning", column: "description", kind: kindTextarea, optional: true},
	{name: "gemensamt-ansvariga", column: "joint_controllers", kind: kindTextarea, role: Controller, optional: true},
	{name: "ansvariga", column: "controllers", kind: kindTextarea, role: Processor},
	{name: "dataskyddsombud", column: "dpo", kind: kindTextarea, optional: true},

	{name: "andamal", column: "purposes", kind: kindTextarea},
	{name: "grund", column: "legal_basis", kind: kindBoxes, options: Bases, words: "basis"},
	{name: "stod", column: "legal_support", kind: kindTextarea},
	{name: "kansliga", column: "special", kind: kindSelect, options: Answers, words: "answer"},
	{name: "undantag", column: "special_grounds", kind: kindBoxes, options: Grounds, words: "ground", optional: true},
	{name: "undantag-stod", column: "special_support", kind: kindTextarea, optional: true},
	{name: "brott", column: "criminal", kind: kindSelect, options: Answers, words: "answer"},
	{name: "brott-stod", column: "criminal_support", kind: kindTextarea, optional: true},

	{name: "registrerade", column: "subjects", kind: kindTextarea, role: Controller},
	{name: "kategorier", column: "categories", kind: kindTextarea, role: Controller},
	{name: "behandlingar", column: "activities", kind: kindTextarea, role: Processor},

	{name: "mottagare", column: "recipients", kind: kindTextarea, role: Controller},
	{name: "tredjeland", column: "transfer", kind: kindSelect, options: Answers, words: "answer"},
	{name: "lander", column: "countries", kind: kindTextarea, optional: true},
	{name: "skydd", column: "safeguard", kind: kindSelect, options: Safeguards, words: "safeguard", optional: true},
	{name: "overforing", column: "transfer_note", kind: kindTextarea, optional: true},

	{name: "gallring", column: "retention", kind: kindTextarea, role: Controller},
	{name: "sakerhet", column: "security", kind: kindTextarea},
	{name: "konsekvens", column: "assessment", kind: kindSelect, options: Assessments, words: "assessment", role: Controller},
	{name: "konsekvens-dag", column: "assessed_on", kind: kindDay, role: Controller, optional: true},
})

// tied finds the stored field of every input.
func tied(list []input) []input {
	for i := range list {
		n := slices.IndexFunc(fields, func(f field) bool { return f.column == list[i].column })
		list[i].at, list[i].group = &fields[n], fields[n].group
	}
	return list
}

// inputName is the name of the input of a stored field, which is the id that links lead to.
func inputName(column string) string {
	if column == "unit" {
		return unitInput
	}
	for i := range inputs {
		if inputs[i].column == column {
			return inputs[i].name
		}
	}
	return column
}

// unitInput is the name of the field of the unit, which is stored by its id.
const unitInput = "enhet"

func (in *input) isFor(role string) bool { return in.role == "" || in.role == role }

// value is what is stored; what nobody has said is empty.
func (in *input) value(p *Processing) string {
	if v := in.at.get(p); v != Unknown {
		return v
	}
	return ""
}

func (in *input) label(l *locale.Localizer) string { return l.T("processing.field-" + in.name) }

// word is a value as a reader sees it.
func (in *input) word(l *locale.Localizer, v string) string {
	return l.T("processing." + in.words + "-" + v)
}

// shown writes a stored value for readers, on one line.
func (in *input) shown(l *locale.Localizer, v string) string {
	switch {
	case v == "":
		return ""
	case in.kind == kindSelect:
		return in.word(l, v)
	case in.kind == kindBoxes:
		var out []string
		for _, o := range strings.Fields(v) {
			out = append(out, in.word(l, o))
		}
		return strings.Join(out, "; ")
	case in.kind == kindDay:
		if d, err := civil.Parse(v); err == nil {
			return l.Date(d)
		}
	}
	return v
}

// line is the field as the page shows it.
func (in *input) line(c *web.Context, p *Processing) line {
	v := in.value(p)
	out := line{Label: in.label(c.L)}
	switch in.kind {
	case kindBoxes:
		for _, o := range strings.Fields(v) {
			out.Items = append(out.Items, in.word(c.L, o))
		}
	case kindTextarea:
		out.Items = splitLines(v)
	default:
		out.Value = in.shown(c.L, v)
	}
	return out
}

// read takes in what was sent, or gives the message key of what is wrong with it.
func (in *input) read(c *web.Context, p *Processing) string {
	v := c.Form(in.name)
	switch in.kind {
	case kindBoxes:
		sent := c.Forms(in.name)
		for _, s := range sent {
			if !slices.Contains(in.options, s) {
				return "processing.error-value"
			}
		}
		slices.Sort(sent)
		v = strings.Join(slices.Compact(sent), " ")
	case kindSelect:
		if v == "" {
			v = Unknown
		}
		if !slices.Contains(in.options, v) {
			return "processing.error-value"
		}
	case kindDay:
		d, err := civil.ParseLoose(v)
		if err != nil {
			return "processing.error-date"
		}
		v = d.String()
	default:
		if in.column == "name" {
			v = strings.Join(strings.Fields(v), " ")
		}
		if key := checkText(in.column, v); key != "" {
			return key
		}
	}
	in.at.set(p, v)
	return ""
}

func checkText(column, v string) string {
	switch {
	case column == "name" && locale.Fold(v) == "":
		return "processing.error-name"
	case column == "name" && utf8.RuneCountInString(v) > maxName:
		return "processing.error-name-long"
	case utf8.RuneCountInString(v) > maxText:
		return "processing.error-long"
	}
	return ""
}

// control is a field of a form: an ordinary one, or boxes.
type control struct {
	Field web.Field
	Boxes web.Choices
	// Ticks says that it is boxes.
	Ticks bool
}

// control draws the input with what it holds.
func (in *input) control(c *web.Context, sent []string) control {
	hint := ""
	if key := "processing.hint-" + in.name; c.L.Has(key) {
		hint = c.L.T(key)
	}
	if in.kind == kindBoxes {
		out := control{Ticks: true, Boxes: web.Choices{Name: in.name, Legend: in.label(c.L), Hint: hint, Several: true}}
		for _, o := range in.options {
			out.Boxes.Options = append(out.Boxes.Options, web.Choice{Value: o, Label: in.word(c.L, o), Checked: slices.Contains(sent, o)})
		}
		return out
	}
	value := ""
	if len(sent) > 0 {
		value = sent[0]
	}
	f := web.Field{Name: in.name, Type: in.kind, Label: in.label(c.L), Hint: hint, Value: value, Optional: in.optional && in.kind != kindSelect}
	if in.kind == kindDay {
		f.Type = kindText
	}
	for _, o := range in.options {
		f.Options = append(f.Options, web.Option{Value: o, Label: in.word(c.L, o)})
	}
	return control{Field: f}
}
