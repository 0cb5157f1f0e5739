// SPDX-License-Identifier: EUPL-1.2

package whatif

import (
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/requirement"
)

// explaining gives reasons, in one language.
type explaining struct {
	c *Comparison
	d *Deriving
	l *locale.Localizer
}

func (c *Comparison) explaining(l *locale.Localizer) *explaining {
	return &explaining{c, c.Deriving(), l}
}

// requirement says why a requirement would concern a system, or why it does today when the draft takes it away.
func (e *explaining) requirement(before, after *requirement.Subject, id string) []catalogue.Because {
	e.d.Of(before, after)
	if because, ok := e.c.Draft.Because(id, after, e.c.draftDay, e.d.after, e.l); ok {
		return because
	}
	because, _ := e.c.Base.Because(id, before, e.c.baseDay, e.d.before, e.l)
	return because
}

// law says why a law would concern a system, or why it does today when the draft takes it away.
func (e *explaining) law(before, after *requirement.Subject, id string) []catalogue.Because {
	e.d.Of(before, after)
	for _, a := range e.c.Draft.Laws(after, e.c.draftDay, e.d.after, e.l) {
		if a.ID == id {
			return a.Because
		}
	}
	for _, a := range e.c.Base.Laws(before, e.c.baseDay, e.d.before, e.l) {
		if a.ID == id {
			return a.Because
		}
	}
	return nil
}
