// SPDX-License-Identifier: EUPL-1.2

package overview

import (
	"context"
	"fmt"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/information"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/system"
)

// searchDepth is how many systems are read from the database to find the best among, when their sums are not in memory.
const searchDepth = 200

// Search finds systems, information, requirements and rules by their names and by what is said about them, of the kinds and within
// the reach that the actor may see. Kinds without a match are left out.
func (s *Service) Search(ctx context.Context, actor access.Actor, text string, l *locale.Localizer) ([]Group, error) {
	if err := access.Check(actor, "overview.Search"); err != nil {
		return nil, err
	}
	q := newSearchText(text)
	if len(q.words) == 0 {
		return nil, nil
	}
	lang := catalogue.Lang(l.Lang)
	groups := []Group{{Kind: FoundSystem}, {Kind: FoundInformation}, {Kind: FoundRequirement}, {Kind: FoundLaw}}
	err := s.db.Read(ctx, actor.Organisation, func(tx *db.Tx) error {
		if access.Allowed(actor, "overview.List") {
			if err := s.searchSystems(ctx, tx, access.ReachOf(actor, "overview.List"), q, &groups[0]); err != nil {
				return err
			}
		}
		if access.Allowed(actor, "overview.Information") {
			return s.searchInformation(ctx, tx, access.ReachOf(actor, "overview.Search"), informationSearch{q, lang, &groups[1]})
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("search: %w", err)
	}
	if access.Allowed(actor, "overview.Requirement") {
		s.searchRequirements(q, lang, &groups[2])
	}
	if access.Allowed(actor, "overview.Rule") {
		s.searchLaws(q, lang, &groups[3])
	}
	var out []Group
	for _, g := range groups {
		if g.end(); g.Total > 0 {
			out = append(out, g)
		}
	}
	return out, nil
}

// searchSystems looks in the sums if they are in memory, where every system is, and in the database otherwise.
func (s *Service) searchSystems(ctx context.Context, tx *db.Tx, r access.Reach, q searchText, g *Group) error {
	key, err := s.key(ctx, tx, tx.Scope)
	if err != nil {
		return err
	}
	if x, made := s.cache.peek(tx.Scope, key); made {
		x = x.within(r)
		for i := range x.Systems {
			sum := &x.Systems[i]
			g.add(q, Match{Ref: sum.Slug, Name: sum.Name, Sub: sum.Unit}, sum.search)
		}
		return nil
	}
	where := system.Filter{Reach: r, Text: q.whole, Limit: searchDepth}
	if g.Total, err = system.Count(ctx, tx, tx.Scope, where); err != nil {
		return err
	}
	list, err := system.List(ctx, tx, tx.Scope, where)
	if err != nil {
		return err
	}
	for i := range list {
		g.add(q, Match{Ref: list[i].Slug, Name: list[i].Name, Sub: list[i].Unit}, q.whole)
	}
	return nil
}

// informationSearch is what to look for among information, in which language, and where to note it.
type informationSearch struct {
	text searchText
	lang catalogue.Lang
	into *Group
}

// searchInformation looks among the organisation's own information first, then in the library for the types that it does not have.
func (s *Service) searchInformation(ctx context.Context, tx *db.Tx, r access.Reach, in informationSearch) error {
	all, err := information.All(ctx, tx, tx.Scope)
	if err != nil {
		return err
	}
	counts := map[string]int{}
	if !r.All {
		held, err := heldBy(ctx, tx, tx.Scope, r)
		if err != nil {
			return err
		}
		for id, n := range held {
			counts[id.String()] = n[0]
		}
	}
	own := map[string]bool{}
	for i := range all {
		if !r.All && counts[all[i].ID.String()] == 0 {
			continue
		}
		own[all[i].TypeID] = all[i].TypeID != ""
		m := Match{Ref: all[i].ID.String(), Name: all[i].Name}
		if t, ok := s.catalogue().InformationType(all[i].TypeID); ok {
			m.Sub = t.Area
		}
		in.into.add(in.text, m, "")
	}
	types := s.catalogue().Types
	for i := range types {
		t := &types[i]
		if !own[t.ID] {
			in.into.add(in.text, Match{Ref: t.ID, Name: t.Name.In(in.lang), Sub: t.Area}, locale.Fold(t.ID+" "+t.Content.In(in.lang)))
		}
	}
	return nil
}

func (s *Service) searchRequirements(q searchText, lang catalogue.Lang, g *Group) {
	all := s.catalogue().Requirements
	for i := range all {
		r := &all[i]
		topic := ""
		if t, ok := s.catalogue().Topic(r.Topic); ok {
			topic = t.Name.In(lang)
		}
		g.add(q, Match{Ref: r.ID, Name: catalogue.Fill(r.Is.In(lang), r.Settings, nil), Sub: topic}, locale.Fold(r.ID+" "+topic))
	}
}

func (s *Service) searchLaws(q searchText, lang catalogue.Lang, g *Group) {
	all := s.catalogue().Laws
	for i := range all {
		l := &all[i]
		g.add(q, Match{Ref: l.ID, Name: lawTitle(l, lang), Sub: l.Topic.In(lang)},
			locale.Fold(l.ID+" "+l.Ref+" "+l.Topic.In(lang)+" "+l.Duty.In(lang)))
	}
}
