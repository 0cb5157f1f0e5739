// SPDX-License-Identifier: EUPL-1.2

package campaign

import (
	"context"
	"fmt"
	"slices"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/action"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/auth"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/evidence"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/incident"
	"github.com/insegel/insegel/internal/organisation"
	"github.com/insegel/insegel/internal/requirement"
	"github.com/insegel/insegel/internal/supplier"
	"github.com/insegel/insegel/internal/system"
)

// New is a campaign to begin. Units and Areas left out are all.
type New struct {
	Name     string
	Round    Round
	Year     int64
	Quarter  int64
	Deadline civil.Date
	Remind   int64
	Kinds    []Kind
	Units    []access.UnitID
	Areas    []string
}

// Choosing is what a campaign can be begun for.
type Choosing struct {
	Units []organisation.Unit
	Today civil.Date
}

// Choose reads what a campaign can be begun for.
func (s *Service) Choose(ctx context.Context, actor access.Actor) (Choosing, error) {
	if err := access.Check(actor, "campaign.Choose"); err != nil {
		return Choosing{}, err
	}
	var out Choosing
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) (err error) {
		out.Today = civil.Of(tx.Now)
		out.Units, err = organisation.Units(ctx, tx, actor.Organisation)
		return err
	})
	if err != nil {
		return Choosing{}, fmt.Errorf("read what can be asked about: %w", err)
	}
	return out, nil
}

// Begin prepares a campaign: it settles what is known already, and makes the sheets of what is left to ask. Nobody is asked before it is sent.
func (s *Service) Begin(ctx context.Context, actor access.Actor, n New) (Campaign, error) {
	if err := access.Check(actor, "campaign.Begin"); err != nil {
		return Campaign{}, err
	}
	c := Campaign{
		ID: ids.New[Campaign](), Version: 1, Name: n.Name, Round: n.Round, Year: n.Year, Quarter: n.Quarter, Deadline: n.Deadline, Remind: n.Remind,
		Catalogue: s.Set.Version, CreatedBy: actor.ID,
	}
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		if err := c.Check(civil.Of(tx.Now)); err != nil {
			return err
		}
		g := gathering{s: s, n: &n}
		if err := g.read(ctx, tx); err != nil {
			return err
		}
		list := g.sheets()
		asked, known := 0, 0
		for i := range list {
			list[i].Campaign = c.ID
			asked += list[i].Left()
			known += len(list[i].Answers) - list[i].Left()
		}
		if asked == 0 {
			return ErrNobody
		}
		var err error
		if c.Number, err = next(ctx, tx, tx.Scope); err != nil {
			return err
		}
		if err := insert(ctx, tx, &c); err != nil {
			return err
		}
		if err := insertSheets(ctx, tx, list); err != nil {
			return err
		}
		return audit.Append(ctx, tx, actor, c.entry("campaign.Begin", map[string]any{"sheets": len(list), "asked": asked, "known": known, "questions": c.Catalogue}))
	})
	if err != nil {
		return Campaign{}, fmt.Errorf("begin campaign: %w", err)
	}
	return c, nil
}

// gathering collects what is known before a campaign asks.
type gathering struct {
	s         *Service
	n         *New
	today     civil.Date
	units     []organisation.Unit
	views     []requirement.View
	records   evidence.BySystem
	answers   map[ids.ID[system.System]]map[string]requirement.Answer
	actions   map[ids.ID[system.System]]map[string]*action.Action
	suppliers []supplier.Supplier
	drills    map[access.UnitID]civil.Date
	earlier   map[string]map[string]Earlier
	owners    map[string]map[string]organisation.Responsibility
	heads     map[access.UnitID][]organisation.Reached
	contacts  map[ids.ID[organisation.Person]]auth.Contact
}

func (g *gathering) read(ctx context.Context, tx *db.Tx) error {
	org := tx.Scope
	g.today = civil.Of(tx.Now)
	systems, err := system.List(ctx, tx, org, system.Filter{Reach: access.Everywhere()})
	if err != nil {
		return err
	}
	systems = slices.DeleteFunc(systems, func(x system.System) bool {
		return x.State == "retired" || x.State == "planned" || !g.covers(x.UnitID)
	})
	list := make([]ids.ID[system.System], len(systems))
	names := make([]string, len(systems))
	for i := range systems {
		list[i], names[i] = systems[i].ID, systems[i].ID.String()
	}
	for _, read := range []func() error{
		func() (err error) {
			g.views, err = g.s.Requirements.Views(ctx, tx, access.Reach{}, systems, nil)
			return err
		},
		func() (err error) { g.records, err = evidence.Of(ctx, tx, org, list); return err },
		func() (err error) { g.answers, err = requirement.Answers(ctx, tx, org, list); return err },
		func() (err error) { g.actions, err = action.All(ctx, tx, org, ""); return err },
		func() (err error) { g.suppliers, err = supplier.Whole(ctx, tx, org); return err },
		func() (err error) { g.units, err = organisation.Units(ctx, tx, org); return err },
		func() (err error) { g.earlier, err = earlier(ctx, tx); return err },
		func() (err error) {
			g.owners, err = organisation.Named(ctx, tx, org, organisation.ObjectSystem, names)
			return err
		},
		func() (err error) { g.heads, err = organisation.Holders(ctx, tx, org, access.Executive); return err },
		func() (err error) { g.contacts, err = organisation.Contacts(ctx, tx, org); return err },
		func() error { return g.readDrills(ctx, tx) },
	} {
		if err := read(); err != nil {
			return err
		}
	}
	return nil
}

// readDrills finds when each unit last practised an incident.
func (g *gathering) readDrills(ctx context.Context, tx *db.Tx) error {
	all, err := incident.All(ctx, tx, tx.Scope, access.Everywhere())
	g.drills = map[access.UnitID]civil.Date{}
	for i := range all {
		if day := civil.Of(all[i].FoundAt); all[i].Drill != "" && g.drills[all[i].UnitID].Before(day) {
			g.drills[all[i].UnitID] = day
		}
	}
	return err
}

func (g *gathering) covers(unit access.UnitID) bool {
	return len(g.n.Units) == 0 || slices.Contains(g.n.Units, unit)
}

// asks lists the questions of the campaign about a kind of thing.
func (g *gathering) asks(k Kind) []*Question {
	var out []*Question
	for i := range g.s.Set.Questions {
		q := &g.s.Set.Questions[i]
		if q.Of == k && slices.Contains(g.n.Kinds, k) && slices.Contains(q.Rounds, g.n.Round) && (len(g.n.Areas) == 0 || slices.Contains(g.n.Areas, q.Area)) {
			out = append(out, q)
		}
	}
	return out
}

// sheets makes the sheets: of the units that have systems or were chosen, and of the systems. One whose classification was stopped is left
// out, since what it holds must not be told.
func (g *gathering) sheets() []Sheet {
	var out []Sheet
	add := func(x Sheet, m *Material) {
		for _, q := range g.asks(x.Kind) {
			if !q.applies(&m.Facts) {
				continue
			}
			a := Answer{Question: q.ID}
			if k, ok := q.Answered(m); ok {
				a.Value, a.Day, a.Known = k.Value, k.Day, &k.Because
			}
			x.Answers = append(x.Answers, a)
		}
		if len(x.Answers) > 0 {
			x.ID = ids.New[Sheet]()
			g.address(&x)
			out = append(out, x)
		}
	}
	for _, u := range g.units {
		has := slices.ContainsFunc(g.views, func(v requirement.View) bool { return v.System.UnitID == u.ID })
		if g.covers(u.ID) && (has || len(g.n.Units) > 0) {
			x := Sheet{Kind: OfUnit, Object: u.ID.String(), Name: u.Name, UnitID: u.ID, Unit: u.Name}
			add(x, &Material{Today: g.today, Drill: g.drills[u.ID], Earlier: g.earlier[u.ID.String()]})
		}
	}
	for i := range g.views {
		if v := &g.views[i]; !v.Need.Stop {
			sys := &v.System
			add(Sheet{Kind: OfSystem, Object: sys.ID.String(), Name: sys.Name, UnitID: sys.UnitID, Unit: sys.Unit}, g.material(v))
		}
	}
	return out
}

func (g *gathering) material(v *requirement.View) *Material {
	sys := &v.System
	m := &Material{
		Today: g.today, System: sys, Facts: v.Subject.Facts, Records: g.records[sys.ID], Answers: g.answers[sys.ID], Decided: v.State.Decided,
		Actions: g.actions[sys.ID], Earlier: g.earlier[sys.ID.String()],
	}
	for i := range g.suppliers {
		x := &g.suppliers[i]
		if x.ID != sys.SupplierID {
			continue
		}
		m.Signed = x.Agreed(g.today, supplier.Covered{Kind: supplier.CoversSystem, ID: sys.ID.String()})
		for _, p := range x.Papers {
			if p.Kind == supplier.Agreement && m.Agreed.Before(p.StartsOn) {
				m.Agreed = p.StartsOn
			}
		}
	}
	return m
}

// address finds who is asked: the head of a unit, and the owner of a system, or whoever manages it.
func (g *gathering) address(x *Sheet) {
	x.Lang = "sv"
	if x.Kind == OfUnit {
		if heads := g.heads[x.UnitID]; len(heads) > 0 {
			x.Person, x.Email, x.Lang = heads[0].Person, heads[0].Email, or(heads[0].Lang, "sv")
		}
		return
	}
	for _, kind := range []string{organisation.Owner, organisation.Manager} {
		if r, ok := g.owners[x.Object][kind]; ok && !r.Gone {
			c := g.contacts[r.Person]
			x.Person, x.Email, x.Lang = r.Person, c.Email, or(c.Lang, "sv")
			return
		}
	}
}
