// SPDX-License-Identifier: EUPL-1.2

package requirement

import (
	"context"
	"fmt"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/classification"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/system"
)

// maxExamples is how many requirements are named as examples of what a level leads to.
const maxExamples = 3

// Follows tells what a level of one aspect would lead to, the other aspects being as the draft has them: how many requirements
// there would be in all, and a few of those that this level brings and the one below does not.
func (s *Service) Follows(ctx context.Context, actor access.Actor, ref string, aspect catalogue.Aspect, level int, lang catalogue.Lang) (int, []string, error) {
	if err := access.Check(actor, "requirement.Follows"); err != nil {
		return 0, nil, err
	}
	var count int
	var examples []string
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) error {
		sys, err := system.Within(ctx, tx, actor, "requirement.Follows", ref)
		if err != nil {
			return err
		}
		states, err := classification.States(ctx, tx, actor.Organisation, []ids.ID[system.System]{sys.ID})
		if err != nil {
			return err
		}
		draft := states[sys.ID].Draft
		if draft == nil {
			draft = states[sys.ID].Effective()
		}
		model, err := classification.OrganisationModel(ctx, tx, s.Engine.Catalogue, actor.Organisation)
		if draft != nil {
			model, err = classification.FindModel(ctx, tx, s.Engine.Catalogue, actor.Organisation, draft.ModelID, draft.ModelVersion)
		}
		if err != nil {
			return err
		}
		today := civil.Of(tx.Now)
		m := material{engine: s.Engine, day: s.Engine.At(today), today: today}
		need := classification.Assess(classification.Input{
			Model: model, Information: sys.Information, Classification: draft, Catalogue: s.Engine.Catalogue, Today: today,
		})
		count, examples = m.follows(m.subject(&sys, &need), model, aspect, level, lang)
		return nil
	})
	if err != nil {
		return 0, nil, fmt.Errorf("tell what a level leads to: %w", err)
	}
	return count, examples, nil
}

func (m *material) follows(sub Subject, model *catalogue.Model, aspect catalogue.Aspect, level int, lang catalogue.Lang) (int, []string) {
	a, ok := model.Aspect(aspect)
	if !ok {
		return 0, nil
	}
	chosen, _ := a.Level(level) // a level that is not on the scale has no step, and leads to what needs none
	sub.Steps[aspect] = chosen.Step
	out := m.engine.NewOutcome()
	m.engine.Derive(&sub.Facts, sub.Steps, m.day, out)
	var examples []string
	for i := range m.engine.Catalogue.Requirements {
		r := &m.engine.Catalogue.Requirements[i]
		if len(examples) < maxExamples && out.Requirements.Has(i) && r.Trigger[aspect] == chosen.Step && chosen.Step != catalogue.Unset && r.Core {
			examples = append(examples, catalogue.Fill(r.Is.In(lang), r.Settings, m.figures[r.ID]))
		}
	}
	return out.Requirements.Count(), examples
}
