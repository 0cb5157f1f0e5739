// SPDX-License-Identifier: EUPL-1.2

package measurement

import (
	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/probe"
	"github.com/insegel/insegel/internal/probe/verdict"
	"github.com/insegel/insegel/internal/web"
)

// qualityTag is how good encryption is, in a word.
func qualityTag(l *locale.Localizer, q verdict.Quality) web.Tag {
	word := l.T(gradeKey(q))
	switch q {
	case verdict.Good, verdict.Sufficient:
		return web.OK(word)
	case verdict.PhaseOut:
		return web.Warn(word)
	case verdict.Insufficient:
		return web.Bad(word)
	}
	return web.Neutral(word)
}

// addressRow is one address with everything that was judged there.
type addressRow struct {
	IP, Ends string
	Tag      web.Tag
	Aspects  []aspectRow
}

type aspectRow struct {
	Name, Value string
	Tag         web.Tag
	Aside       bool // it is told, and does not count in the whole
}

func addressRows(l *locale.Localizer, rec *probe.TLSRecord) []addressRow {
	var out []addressRow
	for i := range rec.Addresses {
		a := &rec.Addresses[i]
		row := addressRow{IP: a.IP, Ends: a.TLS.NotAfter, Tag: qualityTag(l, verdict.Quality(a.Grade))}
		for n := range a.Aspects {
			x := &a.Aspects[n]
			value := x.Value
			if key := valueKey(x); l.Has(key) {
				value = l.T(key)
			}
			if x.Name == "hsts" && a.HSTSDays != nil {
				value = l.T("measurement.days", "Count", *a.HSTSDays)
			}
			row.Aspects = append(row.Aspects, aspectRow{l.T("measurement.aspect-" + x.Name), value, qualityTag(l, x.Quality), !x.Counts})
		}
		out = append(out, row)
	}
	return out
}

// scriptsCard tells whether pages that scripts build are shown to a browser.
type scriptsCard struct {
	On, NoBrowser bool
	Action, Label string
}

func scriptsOf(c *web.Context, list *Listing) *scriptsCard {
	out := &scriptsCard{On: list.Scripts, NoBrowser: list.NoBrowser}
	switch {
	case !list.Scripts && access.Allowed(c.Actor, "measurement.AllowScripts"):
		out.Action, out.Label = Place+"/skript", c.L.T("measurement.scripts-allow")
	case list.Scripts && access.Allowed(c.Actor, "measurement.ForbidScripts"):
		out.Action, out.Label = Place+"/skript/av", c.L.T("measurement.scripts-forbid")
	}
	return out
}

func (p *Pages) allowScripts(c *web.Context) error {
	if err := p.Service.AllowScripts(c.Context(), c.Actor); err != nil {
		return err
	}
	return c.Redirect(Place, "measurement.scripts-allowed")
}

func (p *Pages) forbidScripts(c *web.Context) error {
	if err := p.Service.ForbidScripts(c.Context(), c.Actor); err != nil {
		return err
	}
	return c.Redirect(Place, "measurement.scripts-forbidden")
}
