// SPDX-License-Identifier: EUPL-1.2

package overview

import (
	"cmp"
	"context"
	"slices"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/action"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/evidence"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/requirement"
	"github.com/insegel/insegel/internal/system"
)

// mostRemade is how many entries of the log are looked through, and how many systems are made anew, before making all is as quick.
const mostRemade = 300

// apart are the kinds of objects whose changes no sum over systems is made from. What is not named here, and is no system, has all sums
// made anew: a name that is shown, a model, a unit, a figure.
var apart = map[string]bool{
	"view": true, "task": true, "processing": true, "import": true, "bulk": true, "report": true, "page": true, "token": true, "key": true,
	"webhook": true, "approval": true, "role": true, "arrival-rule": true, "provider": true, "saml-key": true, "delegation": true,
}

// remade gives the systems that the log tells have changed between two keys; false when it cannot be told, or when they are too many.
func (s *Service) remade(ctx context.Context, tx *db.Tx, org access.OrganisationID, from, to indexKey) ([]ids.ID[system.System], bool, error) {
	if from.day != to.day || from.edition != to.edition || to.size < from.size || to.size-from.size > mostRemade {
		return nil, false, nil
	}
	list, err := audit.List(ctx, tx, org, audit.Filter{From: from.size, Upwards: true, Limit: int(to.size - from.size)})
	if err != nil {
		return nil, false, err
	}
	var out []ids.ID[system.System]
	for i := range list {
		e := &list[i]
		switch {
		case e.ObjectKind == "system":
			out = append(out, ids.ID[system.System](e.ObjectID))
		case !apart[e.ObjectKind] && audit.Changes(e.Action):
			return nil, false, nil
		}
	}
	slices.Sort(out)
	return slices.Compact(out), true, nil
}

// update makes the sums of some systems anew, and of those that inherit another need from them than before, and leaves the others as they
// were. The old index is not touched: others read it. When so many must be made anew that making all is as quick, all are.
func (s *Service) update(ctx context.Context, tx *db.Tx, old *Index, list []ids.ID[system.System]) (*Index, error) {
	if len(list) == 0 {
		return old, nil
	}
	x, err := s.replace(ctx, tx, old, list)
	if err != nil {
		return nil, err
	}
	if err := x.readDependencies(ctx, tx, tx.Scope); err != nil {
		return nil, err
	}
	heirs := x.otherNeeds(old, list)
	switch {
	case len(heirs) == 0:
		return x, nil
	case len(heirs) > mostRemade:
		return s.build(ctx, tx, tx.Scope)
	}
	whole := x.dependencies
	if x, err = s.replace(ctx, tx, x, heirs); err != nil {
		return nil, err
	}
	x.dependencies = whole // the sums stand where they stood
	return x, nil
}

// otherNeeds gives the systems that need something else than they did when what depends on them is counted, but for those of list.
func (x *Index) otherNeeds(old *Index, list []ids.ID[system.System]) []ids.ID[system.System] {
	was := map[ids.ID[system.System]]system.Steps{}
	note := func(i *Index, tell func(id ids.ID[system.System], need system.Steps)) {
		for n, at := range i.sums {
			if at >= 0 {
				tell(i.Systems[at].ID, i.inherited.Steps(int32(n))) //nolint:gosec // numbered by NewGraph
			}
		}
	}
	note(old, func(id ids.ID[system.System], need system.Steps) { was[id] = need })
	var out []ids.ID[system.System]
	other := func(id ids.ID[system.System]) {
		if _, made := slices.BinarySearch(list, id); !made {
			out = append(out, id)
		}
	}
	note(x, func(id ids.ID[system.System], need system.Steps) {
		before, stood := was[id]
		delete(was, id)
		if before != need || !stood { // what was in no dependency before is made anew, whatever it needed
			other(id)
		}
	})
	for id := range was { // in no dependency any more
		other(id)
	}
	slices.Sort(out)
	return out
}

// replace makes the sums of some systems anew, takes away those that are gone, and leaves the others as they are in the old index.
func (s *Service) replace(ctx context.Context, tx *db.Tx, old *Index, list []ids.ID[system.System]) (*Index, error) {
	systems, err := system.List(ctx, tx, tx.Scope, system.Filter{Reach: access.Everywhere(), IDs: list})
	if err != nil {
		return nil, err
	}
	actions, err := action.OfSystems(ctx, tx, tx.Scope, list)
	if err != nil {
		return nil, err
	}
	fresh, err := s.sums(ctx, tx, systems, actions, nil)
	if err != nil {
		return nil, err
	}
	x := &Index{Today: old.Today, Systems: make([]Sum, 0, len(old.Systems)+len(fresh))}
	rest := old.Systems
	take := func(n int) {
		for i := range rest[:n] {
			if _, changed := slices.BinarySearch(list, rest[i].ID); !changed {
				x.Systems = append(x.Systems, rest[i])
			}
		}
		rest = rest[n:]
	}
	for i := range fresh {
		take(place(rest, &fresh[i]))
		x.Systems = append(x.Systems, fresh[i])
	}
	take(len(rest))
	return x, nil
}

// place finds where a system stands among others, as the database orders them.
func place(list []Sum, s *Sum) int {
	key := locale.SortKey(s.Name)
	at, _ := slices.BinarySearchFunc(list, s.ID, func(x Sum, id ids.ID[system.System]) int {
		return cmp.Or(cmp.Compare(locale.SortKey(x.Name), key), cmp.Compare(x.ID, id))
	})
	return at
}

// build makes the sums from the database.
func (s *Service) build(ctx context.Context, tx *db.Tx, org access.OrganisationID) (*Index, error) {
	systems, err := system.List(ctx, tx, org, system.Filter{Reach: access.Everywhere()})
	if err != nil {
		return nil, err
	}
	actions, err := action.All(ctx, tx, org, "")
	if err != nil {
		return nil, err
	}
	x := &Index{Today: civil.Of(tx.Now)}
	if x.Systems, err = s.sums(ctx, tx, systems, actions, s.summings.under(org)); err != nil {
		return nil, err
	}
	return x, x.readDependencies(ctx, tx, org)
}

// sums makes the sums of systems, in the order that they are given, and tells how far it has come.
func (s *Service) sums(ctx context.Context, tx *db.Tx, systems []system.System, actions map[ids.ID[system.System]]map[string]*action.Action, told *summing) ([]Sum, error) {
	list := make([]ids.ID[system.System], len(systems))
	for i := range systems {
		list[i] = systems[i].ID
	}
	answers, err := requirement.Answers(ctx, tx, tx.Scope, list)
	if err != nil {
		return nil, err
	}
	named, err := system.Answering(ctx, tx, tx.Scope, list)
	if err != nil {
		return nil, err
	}
	shifts, err := evidence.Shifts(ctx, tx, tx.Scope, access.Everywhere())
	if err != nil {
		return nil, err
	}
	today := civil.Of(tx.Now)
	engine := s.requirements.Engine
	day, out := engine.At(today), engine.NewOutcome()
	sums := make([]Sum, len(systems))
	err = s.requirements.EachView(ctx, tx, systems, func(i int, v *requirement.View) {
		sum := summary(v)
		sum.answer(named)
		if !v.Need.Stop {
			engine.DeriveSubject(&v.Subject, day, out)
			sum.laws, sum.requirements = slices.Clone(out.Laws), slices.Clone(out.Requirements)
			sum.statuses = statuses(engine.Catalogue, answers[sum.ID])
		}
		sum.evidence(v, shifts, s.requirements.Proof)
		sum.Unowned = unowned(engine.Catalogue, &sum, actions[sum.ID])
		for _, a := range actions[sum.ID] {
			sum.Actions.count(a, today)
		}
		sums[i] = sum
		told.tell(i+1, len(systems))
	})
	return sums, err
}
