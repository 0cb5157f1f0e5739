// SPDX-License-Identifier: EUPL-1.2

package cli

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/kolada"
	"github.com/insegel/insegel/internal/national"
)

type nationalKolada struct {
	database
	tenant
	leave
	From   string   `help:"The address of an API with Kolada's shapes." default:"${kolada}" placeholder:"URL"`
	Search string   `help:"Look for measures and groups with a word in their names, and fetch nothing." placeholder:"WORD"`
	KPI    []string `name:"kpi" help:"The ids of the measures to fetch, with commas between." placeholder:"ID"`
	Group  []string `help:"The ids of the groups of municipalities to fetch, with commas between." placeholder:"ID"`
	Beside []string `help:"The indicator that a measure is shown beside, as ID=INDICATOR." placeholder:"ID=INDICATOR"`
	Years  string   `help:"The first and the last year, as 2015-2026. The last ten years and this one when left out." placeholder:"YEARS"`
	Divide bool     `help:"Divide the nation by the fetched groups, from the next publication on."`
	JSON   bool     `name:"json" help:"Write JSON."`
}

// Run searches, or fetches what is named.
func (c *nationalKolada) Run(s *streams) error {
	r := national.Request{Kind: national.FetchChosen, Base: c.From, Word: c.Search, Measures: c.KPI, Groups: c.Group, Beside: map[string]string{}}
	if c.Search != "" {
		r.Kind = national.SearchWord
	}
	for _, b := range c.Beside {
		measure, indicator, ok := strings.Cut(b, "=")
		if !ok {
			return usage("--beside %s: write it as ID=INDICATOR", b)
		}
		r.Beside[measure] = indicator
	}
	var err error
	if c.reach, err = c.policy(); err != nil {
		return err
	}
	a, actor, err := c.act(s, &c.tenant, true)
	if err != nil {
		return err
	}
	if r.From, r.To, err = c.years(civil.Of(a.DB.Now())); err != nil {
		return closeAfter(a, err)
	}
	f, err := a.National.FetchNow(s.ctx, actor, r)
	if err == nil && c.Divide {
		var keys []string
		for _, g := range c.Group {
			key := national.MunicipalityGroup{Base: f.Base, Code: g}
			keys = append(keys, key.Key())
		}
		err = a.National.Divide(s.ctx, actor, keys)
	}
	if err == nil {
		err = c.tell(s, &f)
	}
	return closeAfter(a, err)
}

// years reads the years that are asked for.
func (c *nationalKolada) years(today civil.Date) (from, to int, err error) {
	const usual = 10
	if c.Years == "" {
		return today.Year - usual, today.Year, nil
	}
	if n, err := fmt.Sscanf(c.Years, "%d-%d", &from, &to); err != nil || n != 2 {
		return 0, 0, usage("--years %s: write the first and the last, as 2015-2026", c.Years)
	}
	return from, to, nil
}

// tell tells what was found, or what was fetched.
func (c *nationalKolada) tell(s *streams, f *national.Fetch) error {
	if c.JSON {
		return json.NewEncoder(s.out).Encode(f.Found)
	}
	for _, m := range f.Found.Measures {
		fmt.Fprintf(s.out, "measure %s\t%s\n", m.ID, m.Title)
	}
	for _, g := range f.Found.Groups {
		fmt.Fprintf(s.out, "group %s\t%s (%d)\n", g.ID, g.Title, g.Members)
	}
	for _, id := range f.Missing {
		fmt.Fprintf(s.err, "%s is not there.\n", id)
	}
	if f.More {
		fmt.Fprintln(s.err, "There were more than are shown: search for a rarer word.")
	}
	if f.Kind == national.FetchChosen {
		fmt.Fprintf(s.err, "%d measures with %d new or changed figures, and %d groups. Source: %s (Kolada is run by RKA: name it when you use the figures).\n",
			f.Series, f.Values, f.Taken, f.Base)
	}
	return nil
}

// koladaBase is the address that is asked when none is given.
const koladaBase = kolada.Base
