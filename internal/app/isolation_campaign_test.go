// SPDX-License-Identifier: EUPL-1.2

package app_test

import (
	"context"
	"testing"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/app"
	"github.com/insegel/insegel/internal/campaign"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/ids"
)

// asked is a campaign of one unit, and the sheet in it.
type asked struct {
	campaign ids.ID[campaign.Campaign]
	sheet    ids.ID[campaign.Sheet]
	activity ids.ID[campaign.Activity]
}

// fillCampaign asks one unit, and adds something to the year.
func fillCampaign(t *testing.T, a *app.App, actor access.Actor, unit access.UnitID, mark string) asked {
	t.Helper()
	today := civil.Of(a.DB.Now())
	c := must(a.Campaigns.Begin(t.Context(), actor, campaign.New{
		Name: mark + " omgång", Round: campaign.Yearly, Year: int64(today.Year), Deadline: today.AddDays(20), Remind: 5,
		Kinds: []campaign.Kind{campaign.OfUnit}, Units: []access.UnitID{unit},
	}))(t)
	ok(t, a.Campaigns.Dispatch(t.Context(), actor, c.ID.String(), nil))
	v := must(a.Campaigns.Open(t.Context(), actor, c.ID.String()))(t)
	ok(t, a.Campaigns.Answer(t.Context(), actor, v.Sheets[0].ID, []campaign.Answer{{Question: "storst-oro", Value: campaign.Said, Note: mark + " oro"}}))
	return asked{c.ID, v.Sheets[0].ID, must(a.Campaigns.SaveActivity(t.Context(), actor, campaign.Activity{Title: "Årets övning", Month: 12, Day: 31}))(t)}
}

func (s *sides) campaignCalls(ctx context.Context) map[string]call {
	a, ref, sheet := s.app.Campaigns, s.asked.campaign.String(), s.asked.sheet
	today := civil.Of(a.DB.Now())
	return map[string]call{
		"campaign.List":   func(x access.Actor) (any, error) { return a.List(ctx, x) },
		"campaign.Open":   func(x access.Actor) (any, error) { return a.Open(ctx, x, ref) },
		"campaign.Choose": func(x access.Actor) (any, error) { return a.Choose(ctx, x) },
		"campaign.Begin": func(x access.Actor) (any, error) {
			return a.Begin(ctx, x, campaign.New{
				Name: "Stulen", Round: campaign.Yearly, Year: int64(today.Year), Deadline: today.AddDays(20), Remind: 5,
				Kinds: []campaign.Kind{campaign.OfUnit}, Units: []access.UnitID{access.UnitID(s.unit)},
			})
		},
		"campaign.Dispatch": func(x access.Actor) (any, error) { return none(a.Dispatch(ctx, x, ref, nil)) },
		"campaign.Assign":   func(x access.Actor) (any, error) { return none(a.Assign(ctx, x, campaign.Recipient{Sheet: sheet})) },
		"campaign.Remind":   func(x access.Actor) (any, error) { return none(a.Remind(ctx, x, ref)) },
		"campaign.Sheet":    func(x access.Actor) (any, error) { return a.Sheet(ctx, x, sheet) },
		"campaign.Linked":   func(x access.Actor) (any, error) { return a.Linked(ctx, x, s.asked.campaign) },
		"campaign.Answer": func(x access.Actor) (any, error) {
			return none(a.Answer(ctx, x, sheet, []campaign.Answer{{Question: "storst-oro", Value: campaign.Unknown}}))
		},
		"campaign.Delegate": func(x access.Actor) (any, error) {
			return none(a.Delegate(ctx, x, sheet, campaign.Ask{Question: "storst-oro", To: "stulen@example.se", Lang: "sv"}))
		},
		"campaign.Take":        func(x access.Actor) (any, error) { return none(a.Take(ctx, x, sheet, "x")) },
		"campaign.HandIn":      func(x access.Actor) (any, error) { return none(a.HandIn(ctx, x, sheet)) },
		"campaign.Reopen":      func(x access.Actor) (any, error) { return none(a.Reopen(ctx, x, sheet)) },
		"campaign.Freeze":      func(x access.Actor) (any, error) { return a.Freeze(ctx, x, ref) },
		"campaign.Correct":     func(x access.Actor) (any, error) { return a.Correct(ctx, x, ref) },
		"campaign.Posed":       func(x access.Actor) (any, error) { return a.Posed(ctx, x, "x") },
		"campaign.AnswerPosed": func(x access.Actor) (any, error) { return none(a.AnswerPosed(ctx, x, "x", campaign.Answer{})) },
		"campaign.Tick":        func(x access.Actor) (any, error) { return none(a.Tick(ctx, x)) },
		"campaign.Wheel":       func(x access.Actor) (any, error) { return a.Wheel(ctx, x, 0) },
		"campaign.SaveActivity": func(x access.Actor) (any, error) {
			return a.SaveActivity(ctx, x, campaign.Activity{Title: "Stulen", Month: 1, Day: 1})
		},
		"campaign.EndActivity": func(x access.Actor) (any, error) { return none(a.EndActivity(ctx, x, s.asked.activity)) },
		"campaign.Done": func(x access.Actor) (any, error) {
			return none(a.Done(ctx, x, campaign.Tick{Activity: s.asked.activity.String()}))
		},
	}
}
