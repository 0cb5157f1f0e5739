// SPDX-License-Identifier: EUPL-1.2

package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/insegel/insegel/data"
	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/app"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/followup"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/national"
	"github.com/insegel/insegel/internal/requirement"
	"github.com/insegel/insegel/internal/whatif"
)

// draftFlags say which draft is to be weighed, and how the answer is written.
type draftFlags struct {
	Draft string `required:"" help:"The draft: a YAML file, a .zip of them, a directory of them, or a directory with a whole catalogue." placeholder:"FILE|DIR"`
	On    string `help:"The day whose law is compared. The day when all of the draft is in force when left out." placeholder:"YYYY-MM-DD"`
	Lang  string `help:"The language of the texts." enum:"sv,en" default:"sv"`
	JSON  bool   `name:"json" help:"Write JSON."`
}

// compile reads the draft and lays it over the catalogue.
func (c *draftFlags) compile(s *whatif.Service, today civil.Date) (*whatif.Loaded, error) {
	var on civil.Date
	if c.On != "" {
		var err error
		if on, err = civil.Parse(c.On); err != nil {
			return nil, usage("--on %s: write a day as 2027-07-01", c.On)
		}
	}
	if dir := os.DirFS(c.Draft); whatif.IsWhole(dir) {
		return s.CompileWhole(dir, on, today)
	}
	files, err := whatif.Read(c.Draft)
	if err != nil {
		return nil, err
	}
	return s.Compile(files, on, today)
}

func (c *draftFlags) name() string {
	return strings.TrimSuffix(filepath.Base(filepath.Clean(c.Draft)), filepath.Ext(c.Draft))
}

// tell writes what the draft changes.
func (c *draftFlags) tell(w io.Writer, l *locale.Localizer, loaded *whatif.Loaded, x *whatif.Outcome, n *whatif.Nation) error {
	told := whatif.Tell(l, loaded.Comparison, c.name(), x, n)
	if c.JSON {
		return writeJSON(w, told)
	}
	if _, err := fmt.Fprintf(w, "%s. %s, %s: %s\n", l.T("whatif.mark"), told.Name, told.Form, l.T("whatif.mark-text", "Edition", told.Form, "Base", told.Base, "Day", l.Date(told.On))); err != nil {
		return err
	}
	lead := l.T("whatif.lead", "Affected", x.Affected, "Systems", x.Systems)
	if n != nil {
		lead = l.T("whatif.nation-lead", "Affected", x.Affected, "Systems", x.Systems, "Municipalities", len(n.Municipalities))
	}
	if _, err := fmt.Fprintln(w, lead); err != nil {
		return err
	}
	for _, part := range []struct {
		title string
		rows  []whatif.ToldRow
	}{{l.T("whatif.requirements"), told.Requirements}, {l.T("whatif.laws"), told.Laws}} {
		if err := tellRows(w, l, part.title, part.rows); err != nil {
			return err
		}
	}
	for _, o := range told.Others {
		if _, err := fmt.Fprintf(w, "%s %s: %s. %s\n", l.T("whatif.kind-"+o.Kind), o.ID, l.T("whatif.what-"+o.What), o.Effect); err != nil {
			return err
		}
	}
	return nil
}

func tellRows(w io.Writer, l *locale.Localizer, title string, rows []whatif.ToldRow) error {
	if len(rows) == 0 {
		return nil
	}
	if _, err := fmt.Fprintf(w, "\n%s\n", title); err != nil {
		return err
	}
	for i := range rows {
		r := &rows[i]
		_, err := fmt.Fprintf(w, "  %s (%s)\n    %s: +%d ~%d -%d. %s: %d, %s: %d, %s: %d, %s: %d\n", r.ID, l.T("whatif.what-"+r.What), l.T("whatif.col-systems"), r.Gained, r.Kept, r.Lost,
			l.T("whatif.col-unmet"), r.Gap.Unmet, l.T("whatif.col-unproven"), r.Gap.Unproven, l.T("whatif.col-unknown"), r.Gap.Unknown, l.T("whatif.col-met"), r.Gap.Met)
		if err != nil {
			return err
		}
		for _, b := range r.Because {
			if _, err := fmt.Fprintf(w, "    %s: %s\n", l.T("whatif.col-because"), b.Text); err != nil {
				return err
			}
		}
	}
	return nil
}

type nationalWhatIf struct {
	database
	tenant
	draftFlags
	Seed           uint64 `help:"The seed of a nation that is drawn in memory. Without it, the nation that the database holds." placeholder:"N"`
	Municipalities int    `help:"How many municipalities are drawn." default:"290" placeholder:"N"`
	Systems        int    `help:"How many systems in each." default:"700" placeholder:"N"`
}

// Run weighs a draft over an invented nation. Nothing is adopted, and nothing stored.
func (c *nationalWhatIf) Run(s *streams) error {
	texts, err := app.Texts()
	if err != nil {
		return err
	}
	l := texts.In(c.Lang)
	if c.Seed == 0 {
		return c.held(s, l)
	}
	cat, err := app.Catalogue()
	if err != nil {
		return err
	}
	if c.Municipalities < 1 || c.Municipalities > len(cat.Municipalities) || c.Systems < 1 {
		return usage("--municipalities and --systems: write 1 to %d, and at least 1", len(cat.Municipalities))
	}
	today := civil.Of(time.Now())
	loaded, err := c.compile(&whatif.Service{Requirements: &requirement.Service{Engine: requirement.NewEngine(cat)}, Data: data.Files}, today)
	if err != nil {
		return err
	}
	sim := national.NewSimulation(followup.NewEngine(cat), c.Seed, c.Municipalities, c.Systems)
	n := loaded.Simulated(sim, national.LastCompleted(today), l)
	return c.tell(s.out, l, loaded, &n.Outcome, &n)
}

// errNoNation says that a database holds no nation.
var errNoNation = errors.New("the database holds no nation: fill it with insegel national simulate, or give --seed N")

func (c *nationalWhatIf) held(s *streams, l *locale.Localizer) error {
	a, actor, err := c.act(s, &c.tenant, false)
	if err != nil {
		return err
	}
	loaded, err := c.compile(a.WhatIf, civil.Of(a.DB.Now()))
	if err != nil {
		return closeAfter(a, err)
	}
	n, err := a.WhatIf.Held(s.ctx, actor, loaded, l)
	switch {
	case err != nil:
	case len(n.Municipalities) == 0:
		err = errNoNation
	default:
		err = c.tell(s.out, l, loaded, &n.Outcome, &n)
	}
	return closeAfter(a, err)
}

type catalogueWhatIf struct {
	database
	tenant
	draftFlags
	Keep string `help:"Keep the draft under this name, so that it can be looked at on the pages. Nothing is adopted." placeholder:"NAME"`
}

// Run weighs a draft over an organisation's own systems.
func (c *catalogueWhatIf) Run(s *streams) error {
	texts, err := app.Texts()
	if err != nil {
		return err
	}
	a, actor, err := c.act(s, &c.tenant, false)
	if err != nil {
		return err
	}
	return closeAfter(a, c.weigh(s, a, actor, texts.In(c.Lang)))
}

func (c *catalogueWhatIf) weigh(s *streams, a *app.App, actor access.Actor, l *locale.Localizer) error {
	loaded, err := c.compile(a.WhatIf, civil.Of(a.DB.Now()))
	if err != nil {
		return err
	}
	if c.Keep != "" {
		if err := c.keep(s, a, actor, loaded.On); err != nil {
			return err
		}
	}
	out, err := a.WhatIf.Weigh(s.ctx, actor, loaded, l)
	if err != nil {
		return err
	}
	return c.tell(s.out, l, loaded, &out, nil)
}

func (c *catalogueWhatIf) keep(s *streams, a *app.App, actor access.Actor, on civil.Date) error {
	files, err := whatif.Read(c.Draft)
	if err != nil {
		return err
	}
	d := whatif.Draft{Name: c.Keep, Files: files}
	if c.On != "" {
		d.On = on
	}
	var kept whatif.Draft
	if kept, err = a.WhatIf.Load(s.ctx, actor, d); err != nil {
		return err
	}
	fmt.Fprintf(s.err, "The draft is kept: %s/%s.\n", whatif.Place, kept.ID)
	return nil
}
