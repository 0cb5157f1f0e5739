// SPDX-License-Identifier: EUPL-1.2

package system

import (
	"net/url"
	"slices"
	"strings"

	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/web"
)

// factGroup is one fact as a question: a select, or boxes when it can have several values.
type factGroup struct {
	Field web.Field
	Boxes web.Choices
	Set   bool
	// Today says what the register's other fields and the information say, when nothing is stated here.
	Today []string
}

// factHosting is asked for among the ordinary fields.
const factHosting = "hosting"

func factName(id string) string { return "fakta-" + id }

// facts are those that can be stated about a system.
func (p *Pages) facts() []catalogue.Fact {
	var out []catalogue.Fact
	for _, f := range p.Catalogue.Vocabulary.Facts() {
		if slices.Contains(f.On, catalogue.OnSystem) && f.ID != factHosting {
			out = append(out, f)
		}
	}
	return out
}

func storeFacts(out url.Values, facts []catalogue.Fact, stated []catalogue.Statement) {
	for _, f := range facts {
		out[factName(f.ID)] = values(stated, f.ID)
	}
}

// values are what is stated of a fact.
func values(stated []catalogue.Statement, id string) []string {
	var out []string
	for _, s := range stated {
		if s.Fact == id {
			out = append(out, s.Value)
		}
	}
	return out
}

func (p *Pages) factGroups(c *web.Context, d *Draft, values url.Values) []factGroup {
	lang := catalogue.Lang(c.L.Lang)
	implied := p.implied(c, d)
	facts := p.facts()
	out := make([]factGroup, 0, len(facts))
	for i := range facts {
		f := &facts[i]
		g := factGroup{Set: f.Form == catalogue.FormSet, Today: implied[f.ID]}
		chosen := values[factName(f.ID)]
		if g.Set {
			g.Boxes = web.Choices{Name: factName(f.ID), Legend: f.Question.In(lang), Several: true}
			for _, v := range f.Values {
				g.Boxes.Options = append(g.Boxes.Options, web.Choice{Value: v, Label: f.Label(v).In(lang), Checked: slices.Contains(chosen, v)})
			}
			out = append(out, g)
			continue
		}
		g.Field = web.Field{Name: factName(f.ID), Type: kindSelect, Label: f.Question.In(lang), Hint: f.Meaning.In(lang)}
		if len(chosen) > 0 {
			g.Field.Value = chosen[0]
		}
		g.Field.Options = append(g.Field.Options, web.Option{Label: c.L.T("system.not-said")})
		for _, v := range f.Values {
			g.Field.Options = append(g.Field.Options, web.Option{Value: v, Label: factLabel(c, f, v)})
		}
		out = append(out, g)
	}
	return out
}

// factLabel is the word of a value: the catalogue's own, or yes, no and unknown.
func factLabel(c *web.Context, f *catalogue.Fact, value string) string {
	if _, ok := f.Labels[value]; !ok && c.L.Has("system.answer-"+value) {
		return c.L.T("system.answer-" + value)
	}
	return f.Label(value).In(catalogue.Lang(c.L.Lang))
}

// implied says for each fact what follows from the rest of the register, as if nothing were stated in the form.
func (p *Pages) implied(c *web.Context, d *Draft) map[string][]string {
	bare := d.System
	bare.Facts = nil
	for _, f := range d.System.Facts {
		if f.Fact == factHosting {
			bare.Facts = append(bare.Facts, f)
		}
	}
	if bare.Name == "" {
		return nil // nothing is known about a system that is not there yet
	}
	_, origins := p.Catalogue.Vocabulary.Resolve(bare.Source(d.Today), bare.Sources(p.Catalogue))
	out := map[string][]string{}
	who := map[impliedValue][]string{}
	var order []impliedValue
	for _, o := range origins {
		if o.Source == nil {
			continue
		}
		name := c.L.T("system.implied-register")
		if o.Source.Kind == catalogue.SourceInformation {
			name = c.L.T("system.implied-information", "Name", o.Source.Name.In(catalogue.Lang(c.L.Lang)))
		}
		v := impliedValue{o.Fact, o.Value, o.Truth}
		if len(who[v]) == 0 {
			order = append(order, v)
		}
		if !slices.Contains(who[v], name) {
			who[v] = append(who[v], name)
		}
	}
	for _, v := range order {
		f, ok := p.Catalogue.Vocabulary.Fact(v.fact)
		if !ok {
			continue
		}
		key := "system.implied"
		if v.truth == catalogue.Maybe && f.Form == catalogue.FormTruth {
			key = "system.implied-maybe"
		} else if v.truth == catalogue.Maybe {
			key = "system.implied-maybe-value"
		}
		out[v.fact] = append(out[v.fact], c.L.T(key, "Value", factLabel(c, f, v.value), "Who", c.L.List(who[v])))
	}
	return out
}

// impliedValue is what follows for a fact, from one source or several.
type impliedValue struct {
	fact, value string
	truth       catalogue.Truth
}

// readFacts takes in what is stated. Facts that the form does not ask for are left as they are.
func readFacts(c *web.Context, facts []catalogue.Fact, v *catalogue.Vocabulary, s *System) []web.FieldError {
	var faults []web.FieldError
	var out []catalogue.Statement
	asked := map[string]bool{}
	for _, f := range facts {
		asked[f.ID] = true
		given := c.Forms(factName(f.ID))
		if f.Form != catalogue.FormSet {
			given = given[:min(1, len(given))]
		}
		for _, value := range given {
			if value == "" {
				continue
			}
			canonical, err := v.Check(f.ID, value)
			if err != nil {
				faults = append(faults, web.FieldError{Field: factName(f.ID), Key: "system.error-value"})
				continue
			}
			out = append(out, catalogue.Statement{Fact: f.ID, Value: canonical})
		}
	}
	for _, old := range s.Facts {
		if !asked[old.Fact] {
			out = append(out, old)
		}
	}
	if len(faults) == 0 {
		s.Facts = out
	}
	return faults
}

func (p *Pages) factDifferences(c *web.Context, theirs, mine []catalogue.Statement) []difference {
	var out []difference
	for _, f := range p.facts() {
		show := func(stated []catalogue.Statement) string {
			var words []string
			for _, v := range values(stated, f.ID) {
				words = append(words, factLabel(c, &f, v))
			}
			if len(words) == 0 {
				return c.L.T("system.not-said")
			}
			slices.Sort(words)
			return strings.Join(words, ", ")
		}
		if a, b := show(theirs), show(mine); a != b {
			out = append(out, difference{f.Question.In(catalogue.Lang(c.L.Lang)), a, b})
		}
	}
	return out
}
