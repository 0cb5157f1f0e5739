// SPDX-License-Identifier: EUPL-1.2

package whatif

import (
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/locale"
)

// Schema names the shape that programs read.
const Schema = "insegel.whatif/1"

// Tell writes what a draft changes in the shape that programs read. n is the nation that it was weighed over, or nil.
func Tell(l *locale.Localizer, c *Comparison, name string, x *Outcome, n *Nation) Told {
	out := Told{
		Schema: Schema, Draft: true, Name: name, Base: x.Base, Form: catalogue.DraftOf(x.Edition), On: x.On, Invented: n != nil, Systems: x.Systems,
		Affected: x.Affected, Gap: x.Gap, Requirements: []ToldRow{}, Laws: []ToldRow{}, Others: []ToldOther{},
	}
	if out.Form == "" {
		out.Form = x.Edition // a whole catalogue
	}
	for i := range x.Requirements {
		text, _ := c.requirementText(l, x.Requirements[i].ID)
		out.Requirements = append(out.Requirements, toldOf(l, &x.Requirements[i], text))
	}
	for i := range x.Laws {
		text, _ := c.lawText(l, x.Laws[i].ID)
		out.Laws = append(out.Laws, toldOf(l, &x.Laws[i], text))
	}
	for _, ch := range x.Others {
		out.Others = append(out.Others, ToldOther{ch.Kind, ch.ID, ch.What, ch.Effect.In(lang(l))})
	}
	if n != nil {
		for i := range n.Municipalities {
			m := &n.Municipalities[i]
			out.Municipalities = append(out.Municipalities, ToldMunicipality{m.Code, m.Systems, m.Affected, m.Gained, m.Lost, m.Changed, m.Gap})
		}
	}
	return out
}

func toldOf(l *locale.Localizer, r *Row, text string) ToldRow {
	return ToldRow{
		ID: r.ID, Text: text, What: r.What, Fields: append([]string{}, r.Fields...), Effect: r.Effect.In(lang(l)), Gained: r.Gained, Kept: r.Kept, Lost: r.Lost,
		Gap: r.Gap, Because: append([]catalogue.Because{}, r.Because...), Example: r.Example, Municipalities: r.Municipalities,
	}
}
