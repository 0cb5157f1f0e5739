// SPDX-License-Identifier: EUPL-1.2

package whatif

import (
	"cmp"
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/followup"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/national"
)

// The nation that is shown on pages where the database holds none.
const (
	PageSeed           = 1
	pageMunicipalities = 290
	pageSystems        = 700
)

// Simulated weighs a draft over an invented nation, in memory alone.
func (c *Loaded) Simulated(sim *national.Simulation, p national.Period, l *locale.Localizer) Nation {
	s := c.sketch()
	out := s.nation(national.Each(sim.Codes(), func(code string) part {
		profile := sim.Profile(code)
		return s.municipality(code, sim.Rows(&profile, p))
	}), l)
	out.Seed = sim.Seed
	return out
}

// Held weighs a draft over the invented nation that a database holds; without one it has no municipalities.
func (s *Service) Held(ctx context.Context, actor access.Actor, c *Loaded, l *locale.Localizer) (Nation, error) {
	if err := access.Check(actor, "whatif.Held"); err != nil {
		return Nation{}, err
	}
	var out Nation
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) (err error) {
		out, err = c.held(ctx, tx, l)
		return err
	})
	if err != nil {
		return Nation{}, fmt.Errorf("weigh draft over the nation: %w", err)
	}
	return out, nil
}

// held reads the rows on one processor and counts them on all.
func (c *Loaded) held(ctx context.Context, tx *db.Tx, l *locale.Localizer) (Nation, error) {
	type municipality struct {
		code string
		rows []followup.Row
	}
	s := c.sketch()
	next := make(chan municipality, runtime.GOMAXPROCS(0))
	var parts []part
	var mu sync.Mutex
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for m := range next {
				p := s.municipality(m.code, m.rows)
				mu.Lock()
				parts = append(parts, p)
				mu.Unlock()
			}
		})
	}
	err := national.EachRows(ctx, tx, tx.Scope, func(code string, rows []followup.Row) { next <- municipality{code, slices.Clone(rows)} })
	close(next)
	wg.Wait()
	if err != nil {
		return Nation{}, err
	}
	slices.SortFunc(parts, func(a, b part) int { return cmp.Compare(a.Code, b.Code) })
	out := s.nation(parts, l)
	out.Kept = true
	return out, nil
}

// NationView is a draft and what it changes for an invented nation.
type NationView struct {
	Draft
	*Nation
	Compared *Comparison
}

// Nation shows what a draft would change for an invented nation: the one that the database holds, or else one that is drawn. It is kept for a
// while, in memory.
func (s *Service) Nation(ctx context.Context, actor access.Actor, id ids.ID[Draft], l *locale.Localizer) (NationView, error) {
	if err := access.Check(actor, "whatif.Nation"); err != nil {
		return NationView{}, err
	}
	var v NationView
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) (err error) {
		if v.Draft, err = get(ctx, tx, id); err != nil {
			return err
		}
		today := civil.Of(tx.Now)
		c, err := s.of(&v.Draft, today)
		if err != nil {
			return err
		}
		v.Compared = c.Comparison
		c.mu.Lock()
		defer c.mu.Unlock()
		if v.Nation = c.nation[l.Lang]; v.Nation != nil {
			return nil
		}
		n, err := c.held(ctx, tx, l)
		if err != nil {
			return err
		}
		if len(n.Municipalities) == 0 {
			sim := national.NewSimulation(followup.NewEngine(s.Requirements.Engine.Catalogue), PageSeed, pageMunicipalities, pageSystems)
			n = c.Simulated(sim, national.LastCompleted(today), l)
		}
		slices.SortFunc(n.Municipalities, func(a, b Municipality) int { return strings.Compare(a.Code, b.Code) })
		v.Nation, c.nation[l.Lang] = &n, &n
		return nil
	})
	if err != nil {
		return NationView{}, fmt.Errorf("show draft over the nation: %w", err)
	}
	return v, nil
}
