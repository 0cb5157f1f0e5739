// SPDX-License-Identifier: EUPL-1.2

package app_test

import (
	"context"
	"testing"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/app"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/risk"
	"github.com/insegel/insegel/internal/workshop"
)

// begins is the beginning of a text, where only so many characters may be written.
func begins(text string, most int) string {
	r := []rune(text)
	return string(r[:min(len(r), most)])
}

// fillWorkshop holds a workshop about a system's risk, with a participant and a vote, and leaves it open.
func fillWorkshop(t *testing.T, a *app.App, actor access.Actor, s *sides, mark string) string {
	t.Helper()
	ctx, l := t.Context(), a.Texts.In("sv")
	w := must(a.Workshops.Start(ctx, actor, s.systemID, workshop.New{Name: begins(mark, 70) + " verkstad", Risks: []ids.ID[risk.Risk]{ids.ID[risk.Risk](s.risk)}}, l))(t)
	ok(t, a.Workshops.AddScenario(ctx, actor, w.ID, workshop.Own{Name: mark + " scenario", Cause: mark, Aspects: []catalogue.Aspect{catalogue.Integrity}}))
	v := must(a.Workshops.Open(ctx, actor, w.ID, l))(t)
	at := workshop.Item{Workshop: w.ID, Scenario: v.Scenarios[0].ID}
	seat := must(a.Workshops.Door.Find(ctx, w.Code))(t)
	must(a.Workshops.Join(ctx, seat.Actor(""), seat, begins(mark, 30)+" deltagare"))(t)
	ok(t, a.Workshops.Ask(ctx, actor, at),
		a.Workshops.Vote(ctx, seat.Actor(""), seat, at.Scenario, workshop.Ballot{Likelihood: 2}),
		a.Workshops.Reveal(ctx, actor, at))
	return w.ID.String()
}

func (s *sides) workshopCalls(ctx context.Context) map[string]call {
	a, l, ref := s.app, s.app.Texts.In("sv"), s.slug
	id := ids.ID[workshop.Workshop](s.workshop)
	at := workshop.Item{Workshop: id, Scenario: ids.New[workshop.Scenario]()}
	seat := workshop.Seat{Workshop: id, Participant: ids.New[workshop.Participant]()}
	decision := workshop.Decision{Motive: "x", Ballot: workshop.Ballot{Likelihood: 1}}
	decision.Consequences[catalogue.Individual], decision.Consequences[catalogue.Organisation] = catalogue.Moderate, catalogue.Moderate
	return map[string]call{
		"workshop.List":  func(x access.Actor) (any, error) { return a.Workshops.List(ctx, x) },
		"workshop.Open":  func(x access.Actor) (any, error) { return a.Workshops.Open(ctx, x, id, l) },
		"workshop.Watch": func(x access.Actor) (any, error) { return a.Workshops.Watch(ctx, x, id) },
		"workshop.Plan":  func(x access.Actor) (any, error) { v, err := a.Workshops.Plan(ctx, x, ref, l); return v.Risks, err },
		"workshop.Start": func(x access.Actor) (any, error) {
			return a.Workshops.Start(ctx, x, ref, workshop.New{Name: "Stulen", Threats: []string{a.Catalogue.Threats[0].ID}}, l)
		},
		"workshop.AddScenario": func(x access.Actor) (any, error) {
			return none(a.Workshops.AddScenario(ctx, x, id, workshop.Own{Name: "Stulet", Aspects: []catalogue.Aspect{0}}))
		},
		"workshop.Ask":    func(x access.Actor) (any, error) { return none(a.Workshops.Ask(ctx, x, at)) },
		"workshop.Reveal": func(x access.Actor) (any, error) { return none(a.Workshops.Reveal(ctx, x, at)) },
		"workshop.Decide": func(x access.Actor) (any, error) { return none(a.Workshops.Decide(ctx, x, at, decision, l)) },
		"workshop.Close":  func(x access.Actor) (any, error) { return none(a.Workshops.Close(ctx, x, id)) },
		"workshop.Join":   func(x access.Actor) (any, error) { return a.Workshops.Join(ctx, x, seat, "Tjuv") },
		"workshop.Poll":   func(x access.Actor) (any, error) { return a.Workshops.Poll(ctx, x, seat) },
		"workshop.Vote": func(x access.Actor) (any, error) {
			return none(a.Workshops.Vote(ctx, x, seat, at.Scenario, workshop.Ballot{}))
		},
	}
}
