// SPDX-License-Identifier: EUPL-1.2

package app_test

import (
	"context"
	"testing"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/app"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/risk"
)

// fillRisk weighs a risk of a system and begins its impact assessment.
func fillRisk(t *testing.T, a *app.App, actor access.Actor, ref, mark string) string {
	t.Helper()
	l := a.Texts.In("sv")
	r := must(a.Risks.Save(t.Context(), actor, ref, risk.Risk{Name: mark + " risk", Cause: mark, Lowered: mark}, l))(t)
	ok(t, a.Risks.Describe(t.Context(), actor, ref, risk.DPIA{Description: mark, State: risk.StateDraft}, l))
	return r.ID.String()
}

func (s *sides) riskCalls(ctx context.Context) map[string]call {
	a, l, ref, id := s.app, s.app.Texts.In("sv"), s.slug, ids.ID[risk.Risk](s.risk)
	return map[string]call{
		"risk.List": func(x access.Actor) (any, error) { return a.Risks.List(ctx, x, risk.Filter{}) },
		"risk.Open": func(x access.Actor) (any, error) {
			v, err := a.Risks.Open(ctx, x, ref, l)
			return v.Risks, err
		},
		"risk.Risk": func(x access.Actor) (any, error) {
			o, err := a.Risks.Risk(ctx, x, ref, id, "", l)
			return o.Risk, err
		},
		"risk.Save":   func(x access.Actor) (any, error) { return a.Risks.Save(ctx, x, ref, risk.Risk{Name: "Stulen"}, l) },
		"risk.Remove": func(x access.Actor) (any, error) { return none(a.Risks.Remove(ctx, x, ref, id, risk.AnyVersion)) },
		"risk.Screen": func(x access.Actor) (any, error) {
			return none(a.Risks.Screen(ctx, x, ref, map[string]risk.Answer{"dpia-35-3-a": risk.No}, nil))
		},
		"risk.Describe": func(x access.Actor) (any, error) {
			return none(a.Risks.Describe(ctx, x, ref, risk.DPIA{State: risk.StateDraft, Version: 2}, l))
		},
		"risk.GiveOpinion": func(x access.Actor) (any, error) { return none(a.Risks.GiveOpinion(ctx, x, ref, 2, "Stulet", l)) },
		"risk.Rule": func(x access.Actor) (any, error) {
			return none(a.Risks.Rule(ctx, x, ref, 2, risk.Ruling{Outcome: risk.Go, Reason: "x", ReviewOn: civil.Date{Year: 2027, Month: 1, Day: 1}}, l))
		},
	}
}
