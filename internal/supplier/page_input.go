// SPDX-License-Identifier: EUPL-1.2

package supplier

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/web"
)

// Limits of what is typed. They keep a slip out of lists and reports.
const (
	maxName  = 200
	maxText  = 4000
	maxValue = 1_000_000_000_000
)

// The kinds of input, in the words of web.Field.
const (
	kindText     = "text"
	kindTextarea = "textarea"
	kindSelect   = "select"
)

// nameInput is the name of the only field that must be filled in.
const nameInput = "namn"

// input is one field of a form about a T: how it is drawn, and its way to and from it.
type input[T any] struct {
	name, kind string
	options    []string
	get        func(*T) string
	// set takes in what was typed, or gives the message key of what is wrong with it.
	set func(*T, string) string
}

func text[T any](name, kind string, at func(*T) *string) input[T] {
	return input[T]{name: name, kind: kind, get: func(x *T) string { return *at(x) }, set: func(x *T, v string) string {
		most := maxText
		if name == nameInput {
			most = maxName
			v = strings.Join(strings.Fields(v), " ")
		}
		switch {
		case name == nameInput && locale.Fold(v) == "":
			return "supplier.error-name"
		case utf8.RuneCountInString(v) > most:
			return "supplier.error-long"
		}
		*at(x) = v
		return ""
	}}
}

func day[T any](name string, at func(*T) *civil.Date) input[T] {
	return input[T]{name: name, kind: kindText, get: func(x *T) string { return at(x).String() }, set: func(x *T, v string) string {
		d, err := civil.ParseLoose(v)
		if err != nil {
			return "supplier.error-date"
		}
		*at(x) = d
		return ""
	}}
}

func number[T any](name string, most int64, at func(*T) **int64) input[T] {
	return input[T]{name: name, kind: kindText, get: func(x *T) string {
		if n := *at(x); n != nil {
			return strconv.FormatInt(*n, 10)
		}
		return ""
	}, set: func(x *T, v string) string {
		v = strings.Map(func(r rune) rune {
			if unicode.IsSpace(r) {
				return -1
			}
			return r
		}, strings.TrimSuffix(strings.TrimSpace(v), "kr"))
		if v == "" {
			*at(x) = nil
			return ""
		}
		n, err := strconv.ParseInt(v, 10, 64)
		if err != nil || n < 0 || n > most {
			return "supplier.error-number"
		}
		*at(x) = &n
		return ""
	}}
}

// supplierInputs are the fields of a supplier in the order of the form.
var supplierInputs = []input[Supplier]{
	text(nameInput, kindText, func(s *Supplier) *string { return &s.Name }),
	text("nummer", kindText, func(s *Supplier) *string { return &s.Number }),
	text("kontakt", kindTextarea, func(s *Supplier) *string { return &s.Contact }),
	text("incident", kindTextarea, func(s *Supplier) *string { return &s.IncidentContact }),
	text("land", kindText, func(s *Supplier) *string { return &s.Country }),
	{
		name: "tredjeland", kind: kindSelect, options: Answers, get: func(s *Supplier) string { return s.Transfer },
		set: func(s *Supplier, v string) string {
			if v == "" {
				v = Unknown
			}
			if !slices.Contains(Answers, v) {
				return "supplier.error-value"
			}
			s.Transfer = v
			return ""
		},
	},
	text("overforing", kindTextarea, func(s *Supplier) *string { return &s.TransferNote }),
	text("anteckning", kindTextarea, func(s *Supplier) *string { return &s.Note }),
}

// paperInputs are the fields of each kind of paper in the order of the form.
var paperInputs = map[string][]input[Paper]{
	Contract: {
		paperName, paperNumber, paperStart, paperEnd,
		number("uppsagning", maxNotice, func(p *Paper) **int64 { return &p.NoticeMonths }),
		number("varde", maxValue, func(p *Paper) **int64 { return &p.Value }),
		paperReference, paperNote,
	},
	Agreement: {paperName, paperNumber, paperStart, paperEnd, paperReference, paperNote},
	Certificate: {
		paperName, paperNumber, paperIssuer, paperStart, paperEnd, paperReference, paperNote,
	},
	Transfer:    {paperName, paperOutcome, paperNote, paperIssuer, paperStart, paperEnd, paperReference},
	Suitability: {paperName, paperOutcome, paperNote, paperIssuer, paperStart, paperEnd, paperReference},
}

var (
	paperName      = text(nameInput, kindText, func(p *Paper) *string { return &p.Name })
	paperNumber    = text("nummer", kindText, func(p *Paper) *string { return &p.Number })
	paperStart     = day("fran", func(p *Paper) *civil.Date { return &p.StartsOn })
	paperEnd       = day("till", func(p *Paper) *civil.Date { return &p.EndsOn })
	paperReference = text("referens", kindText, func(p *Paper) *string { return &p.Reference })
	paperIssuer    = text("utfardare", kindText, func(p *Paper) *string { return &p.Issuer })
	paperOutcome   = input[Paper]{
		name: "utfall", kind: kindSelect, options: Outcomes, get: func(p *Paper) string { return p.Outcome },
		set: func(p *Paper, v string) string {
			if !slices.Contains(Outcomes, v) {
				return "supplier.error-value"
			}
			p.Outcome = v
			return ""
		},
	}
	paperNote = text("anteckning", kindTextarea, func(p *Paper) *string { return &p.Note })
)

// subInputs are the fields of a sub-processor.
var subInputs = []input[SubProcessor]{
	text(nameInput, kindText, func(x *SubProcessor) *string { return &x.Name }),
	text("land", kindText, func(x *SubProcessor) *string { return &x.Country }),
	text("uppgift", kindTextarea, func(x *SubProcessor) *string { return &x.Task }),
}

// stored gives a form as the register has it.
func stored[T any](inputs []input[T], x *T) url.Values {
	out := url.Values{}
	for i := range inputs {
		out.Set(inputs[i].name, inputs[i].get(x))
	}
	return out
}

// read takes in a form and says what is wrong with it. A field that is wrong keeps its old value.
func read[T any](c *web.Context, inputs []input[T], x *T) []web.FieldError {
	var faults []web.FieldError
	for i := range inputs {
		if key := inputs[i].set(x, c.Form(inputs[i].name)); key != "" {
			faults = append(faults, web.FieldError{Field: inputs[i].name, Key: key, Args: []any{"Max", maxText}})
		}
	}
	return faults
}

// label gives the text of a field: the one of the kind of paper when there is one.
func label(c *web.Context, name, of string) string {
	if key := "supplier.field-" + name + "-" + of; of != "" && c.L.Has(key) {
		return c.L.T(key)
	}
	return c.L.T("supplier.field-" + name)
}

// hint gives the hint of a field, if it has one.
func hint(c *web.Context, name, of string) string {
	if key := "supplier.hint-" + name + "-" + of; of != "" && c.L.Has(key) {
		return c.L.T(key)
	}
	if key := "supplier.hint-" + name; c.L.Has(key) {
		return c.L.T(key)
	}
	return ""
}

// drawn draws the fields with what they hold. of is a kind of paper, or nothing.
func drawn[T any](c *web.Context, inputs []input[T], values url.Values, of ...string) []web.Field {
	kind := strings.Join(of, "")
	out := make([]web.Field, len(inputs))
	for i := range inputs {
		in := &inputs[i]
		out[i] = web.Field{
			Name: in.name, Type: in.kind, Label: label(c, in.name, kind), Hint: hint(c, in.name, kind),
			Value: values.Get(in.name), Optional: in.name != nameInput && in.kind != kindSelect,
		}
		for _, o := range in.options {
			out[i].Options = append(out[i].Options, web.Option{Value: o, Label: c.L.T("supplier.answer-" + o)})
		}
	}
	return out
}

// differences are the fields that differ between what is saved now and what the reader wrote.
func differences[T any](c *web.Context, inputs []input[T], now, mine *T, of ...string) []difference {
	var out []difference
	for i := range inputs {
		in := &inputs[i]
		a, b := in.get(now), in.get(mine)
		if a == b {
			continue
		}
		if in.kind == kindSelect {
			a, b = c.L.T("supplier.answer-"+a), c.L.T("supplier.answer-"+b)
		}
		out = append(out, difference{label(c, in.name, strings.Join(of, "")), a, b})
	}
	return out
}
