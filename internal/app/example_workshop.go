// SPDX-License-Identifier: EUPL-1.2

package app

import (
	"context"
	"fmt"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/risk"
	"github.com/insegel/insegel/internal/workshop"
)

// exampleVotes are how four people in the example's workshop vote, under names that they have made up.
var exampleVotes = []struct {
	name   string
	ballot workshop.Ballot
}{
	{"Granen", workshop.Ballot{Consequences: [catalogue.NumPerspectives]catalogue.Step{catalogue.Serious, catalogue.Significant, catalogue.Unset}, Likelihood: 4}},
	{"Björken", workshop.Ballot{Consequences: [catalogue.NumPerspectives]catalogue.Step{catalogue.Moderate, catalogue.Moderate, catalogue.Negligible}, Likelihood: 3}},
	{"Eken", workshop.Ballot{Consequences: [catalogue.NumPerspectives]catalogue.Step{catalogue.Significant, catalogue.Significant, catalogue.Moderate}, Likelihood: 4}},
	{"Alen", workshop.Ballot{Consequences: [catalogue.NumPerspectives]catalogue.Step{catalogue.Significant, catalogue.Moderate, catalogue.Unset}}},
}

// tellWorkshop holds a workshop about the risks of a system that has some that nobody has decided about. One that was begun by an earlier start
// that was cut short is left as it is.
func (a *App) tellWorkshop(ctx context.Context, actor access.Actor, names map[string]string) error {
	l, ref := a.Texts.In("sv"), names[locale.Fold("E-ansökan ekonomiskt bistånd")]
	held, err := a.Workshops.List(ctx, actor)
	if err != nil || len(held) > 0 {
		return err
	}
	v, err := a.Risks.Open(ctx, actor, ref, l)
	if err != nil {
		return err
	}
	n := workshop.New{Name: "Riskverkstad e-ansökan"}
	for i := range v.Risks {
		n.Risks = append(n.Risks, v.Risks[i].ID)
	}
	n.Threats = append(n.Threats, "hot-leverantor-manga")
	w, err := a.Workshops.Start(ctx, actor, ref, n, l)
	if err != nil {
		return fmt.Errorf("hold workshop: %w", err)
	}
	room, err := a.Workshops.Open(ctx, actor, w.ID, l)
	if err != nil {
		return err
	}
	at := workshop.Item{Workshop: w.ID, Scenario: room.Scenarios[0].ID}
	if err := a.Workshops.Ask(ctx, actor, at); err != nil {
		return err
	}
	for _, x := range exampleVotes {
		seat := workshop.Seat{Organisation: actor.Organisation, Workshop: w.ID, Participant: ids.New[workshop.Participant]()}
		if _, err := a.Workshops.Join(ctx, seat.Actor(""), seat, x.name); err != nil {
			return err
		}
		if err := a.Workshops.Vote(ctx, seat.Actor(""), seat, at.Scenario, x.ballot); err != nil {
			return err
		}
	}
	if err := a.Workshops.Reveal(ctx, actor, at); err != nil {
		return err
	}
	d := workshop.Decision{
		Ballot: workshop.Ballot{Consequences: [catalogue.NumPerspectives]catalogue.Step{catalogue.Significant, catalogue.Significant, catalogue.Moderate}, Likelihood: 4},
		Motive: "Handläggarna får sådan e-post varje månad.", Treatment: risk.Accept, OwnerRole: "Chef försörjningsstöd",
	}
	if err := a.Workshops.Decide(ctx, actor, at, d, l); err != nil {
		return err
	}
	return a.Workshops.Close(ctx, actor, w.ID)
}
