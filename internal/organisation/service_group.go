// SPDX-License-Identifier: EUPL-1.2

package organisation

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/approval"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/locale"
)

// Granting is how roles are given without a decision about each person: by rules about claims, and by groups of the directory.
type Granting struct {
	Rules  []Rule
	Groups []Group
	// Members is how many people a group has.
	Members map[ids.ID[Group]]int
	Chart   *Chart
}

// Granting reads the rules and the groups.
func (s *Service) Granting(ctx context.Context, actor access.Actor) (Granting, error) {
	if err := access.Check(actor, "organisation.Granting"); err != nil {
		return Granting{}, err
	}
	out := Granting{Members: map[ids.ID[Group]]int{}}
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) (err error) {
		if out.Rules, err = Rules(ctx, tx, actor.Organisation, ""); err != nil {
			return err
		}
		if out.Groups, err = groups(ctx, tx, actor.Organisation, `1 = 1`); err != nil {
			return err
		}
		who, err := members(ctx, tx, actor.Organisation, "")
		if err != nil {
			return err
		}
		for g, list := range who {
			out.Members[g] = len(list)
		}
		out.Chart, err = ReadChart(ctx, tx, actor.Organisation)
		return err
	})
	if err != nil {
		return Granting{}, fmt.Errorf("read how roles are given: %w", err)
	}
	return out, nil
}

// AskGroupRole asks for a group of the directory to give a role, or none. It takes two people; who is in the group is the directory's
// to say.
func (s *Service) AskGroupRole(ctx context.Context, actor access.Actor, id ids.ID[Group], p Place, reason string) error {
	if err := access.Check(actor, "organisation.AskGroupRole"); err != nil {
		return err
	}
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		g, err := getGroup(ctx, tx, actor.Organisation, id)
		if err != nil {
			return err
		}
		if g.Place == p {
			return ErrHeld
		}
		if p.Role != "" {
			if err := s.possibleRule(ctx, tx, actor.Organisation, &Rule{Issuer: "x", Effect: EffectRole, Claim: "x", Value: "x", Role: p.Role, Unit: p.Unit}, nil); err != nil {
				return err
			}
		}
		who, err := members(ctx, tx, actor.Organisation, id)
		if err != nil {
			return err
		}
		var concerns []string
		for _, m := range who[id] {
			concerns = append(concerns, m.String())
		}
		_, err = s.Approvals.Ask(ctx, tx, actor, approval.Request{
			Kind: KindGroup, ObjectKind: "group", ObjectID: id.String(), Payload: marshal(groupChange{id, p.Role, p.Unit}), Reason: reason, Concerns: concerns,
		})
		return err
	})
	if err != nil {
		return fmt.Errorf("ask for a group's role: %w", err)
	}
	return nil
}

func (s *Service) makeGroupRole(ctx context.Context, tx *db.Tx, actor access.Actor, payload json.RawMessage) error {
	var c groupChange
	if err := json.Unmarshal(payload, &c); err != nil {
		return fmt.Errorf("read a group's role: %w", err)
	}
	g, err := getGroup(ctx, tx, actor.Organisation, c.Group)
	if err != nil {
		return err
	}
	before := g.Place
	g.Place = Place{c.Role, c.Unit}
	if c.Role != "" {
		if err := CheckPlace(g.Place); err != nil {
			return err
		}
	}
	if err := saveGroup(ctx, tx, actor.Organisation, &g); err != nil {
		return err
	}
	err = audit.Append(ctx, tx, actor, audit.Entry{
		Action: "organisation.SetGroupRole", ObjectKind: "group", ObjectID: g.ID.String(), Before: before.told(), After: g.told(),
	})
	if err != nil {
		return err
	}
	who, err := members(ctx, tx, actor.Organisation, g.ID)
	if err != nil {
		return err
	}
	for _, p := range who[g.ID] {
		if err := s.follow(ctx, tx, actor, p); err != nil {
			return err
		}
	}
	return nil
}

// follow gives a person the roles that the groups they are in give, and no others from there. Somebody who has left gets none.
func (s *Service) follow(ctx context.Context, tx *db.Tx, actor access.Actor, person ids.ID[Person]) error {
	p, err := GetPerson(ctx, tx, actor.Organisation, person)
	if err != nil || !p.Active() {
		return err
	}
	in, err := groupsOf(ctx, tx, actor.Organisation, person)
	if err != nil {
		return err
	}
	var should []Place
	for i := range in {
		if in[i].Role != "" {
			should = append(should, in[i].Place)
		}
	}
	return s.reconcile(ctx, tx, actor, person, SourceSCIM, should)
}

func (s *Service) describeGroup(ctx context.Context, tx *db.Tx, l *locale.Localizer, payload json.RawMessage) (approval.Description, error) {
	var c groupChange
	if err := json.Unmarshal(payload, &c); err != nil {
		return approval.Description{}, fmt.Errorf("read a group's role: %w", err)
	}
	g, err := getGroup(ctx, tx, tx.Scope, c.Group)
	if err != nil {
		return approval.Description{}, err
	}
	tree, err := ReadChart(ctx, tx, tx.Scope)
	if err != nil {
		return approval.Description{}, err
	}
	d := approval.Description{
		What: g.Name, From: PlaceName(l, g.Place, tree), To: PlaceName(l, Place{c.Role, c.Unit}, tree), Href: "/administration/roller",
	}
	for _, text := range []*string{&d.From, &d.To} {
		if *text == "" {
			*text = l.T("organisation.without-role")
		}
	}
	return d, nil
}
