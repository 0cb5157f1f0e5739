// SPDX-License-Identifier: EUPL-1.2

package organisation

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/alarm"
	"github.com/insegel/insegel/internal/approval"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/auth"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/locale"
)

// The kinds of change that this package has made by two people.
const (
	KindRole  = "role"
	KindLeave = "leave"
	KindRule  = "arrival-rule"
	KindGroup = "group-role"
)

type leave struct {
	Person ids.ID[Person] `json:"person"`
}

// ArrivalChange is a rule that is to be added, or taken away.
type ArrivalChange struct {
	Rule Rule `json:"rule"`
	End  bool `json:"end,omitempty"`
}

type groupChange struct {
	Group ids.ID[Group] `json:"group"`
	Role  access.Role   `json:"role,omitempty"`
	Unit  access.UnitID `json:"unit,omitempty"`
}

// told is how a role stands in the log.
func (p Place) told() string {
	if p.Unit.IsZero() {
		return string(p.Role)
	}
	return string(p.Role) + "@" + p.Unit.String()
}

// AskRoles asks for roles to be given or ended. It takes two people, so nothing has changed when it returns.
func (s *Service) AskRoles(ctx context.Context, actor access.Actor, changes []RoleChange, reason string) error {
	if err := access.Check(actor, "organisation.AskRoles"); err != nil {
		return err
	}
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error { return s.askRoles(ctx, tx, actor, changes, reason) })
	if err != nil {
		return fmt.Errorf("ask for roles: %w", err)
	}
	return nil
}

func (s *Service) askRoles(ctx context.Context, tx *db.Tx, actor access.Actor, changes []RoleChange, reason string) error {
	var concerns []string
	for i := range changes {
		if err := s.possible(ctx, tx, actor.Organisation, &changes[i]); err != nil {
			return err
		}
		if id := changes[i].Person.String(); !slices.Contains(concerns, id) {
			concerns = append(concerns, id)
		}
	}
	if len(changes) == 0 {
		return ErrHeld
	}
	object := changes[0].Person.String()
	if len(concerns) > 1 {
		object = ""
	}
	_, err := s.Approvals.Ask(ctx, tx, actor, approval.Request{
		Kind: KindRole, ObjectKind: "person", ObjectID: object, Payload: marshal(changes), Reason: reason, Concerns: concerns,
	})
	return err
}

// possible says whether a change of a role can be made as things are.
func (s *Service) possible(ctx context.Context, tx *db.Tx, org access.OrganisationID, c *RoleChange) error {
	p, err := GetPerson(ctx, tx, org, c.Person)
	if err != nil {
		return err
	}
	if err := CheckPlace(Place{c.Role, c.Unit}); err != nil {
		return err
	}
	if !p.Active() {
		return ErrEnded
	}
	if !c.Unit.IsZero() {
		tree, err := ReadChart(ctx, tx, org)
		if err != nil {
			return err
		}
		if _, ok := tree.Find(c.Unit); !ok {
			return ErrUnit
		}
	}
	roles, err := held(ctx, tx, org, c.Person)
	if err != nil {
		return err
	}
	if holds(roles, Place{c.Role, c.Unit}) != c.End {
		return ErrHeld
	}
	if c.End && c.Role == access.Administrator {
		n, err := countAdministrators(ctx, tx, org)
		if err != nil {
			return err
		}
		if n <= 1 {
			return ErrLastAdministrator
		}
	}
	return nil
}

func holds(roles []Assignment, p Place) bool {
	return slices.ContainsFunc(roles, func(a Assignment) bool { return a.Place == p })
}

// makeRoles is what an approval of roles does.
func (s *Service) makeRoles(ctx context.Context, tx *db.Tx, actor access.Actor, payload json.RawMessage) error {
	var changes []RoleChange
	if err := json.Unmarshal(payload, &changes); err != nil {
		return fmt.Errorf("read roles to change: %w", err)
	}
	for i := range changes {
		c := &changes[i]
		if err := s.possible(ctx, tx, actor.Organisation, c); err != nil && !errors.Is(err, ErrHeld) { // what is so already needs no change
			return err
		}
		source := c.Source
		if source == "" {
			source = SourceManual
		}
		if err := s.setRole(ctx, tx, actor, c, source); err != nil {
			return err
		}
	}
	return nil
}

// setRole gives or ends one role and logs from what to what. A role that ends ends the person's sessions.
func (s *Service) setRole(ctx context.Context, tx *db.Tx, actor access.Actor, c *RoleChange, source string) error {
	before, err := held(ctx, tx, actor.Organisation, c.Person)
	if err != nil {
		return err
	}
	place := Place{c.Role, c.Unit}
	if holds(before, place) != c.End {
		return nil
	}
	if c.End {
		err = s.takeRole(ctx, tx, actor.Organisation, before, c)
	} else {
		_, err = grant(ctx, tx, actor.Organisation, &Assignment{Person: c.Person, Place: place, Source: source, GrantedBy: actor.ID})
	}
	if err != nil {
		return err
	}
	after, err := held(ctx, tx, actor.Organisation, c.Person)
	if err != nil {
		return err
	}
	action := "organisation.GrantRole"
	if c.End {
		action = "organisation.EndRole"
	}
	err = audit.Append(ctx, tx, actor, audit.Entry{
		Action: action, ObjectKind: "person", ObjectID: c.Person.String(), Data: map[string]any{"role": place.told(), "source": source},
		Before: toldRoles(before), After: toldRoles(after),
	})
	if err == nil {
		err = s.tellRoles(ctx, tx, c.Person)
	}
	if err != nil || !c.End || c.Role != access.Administrator {
		return err
	}
	return someAdministrator(ctx, tx, actor.Organisation)
}

// takeRole ends a role that a person holds, and their sessions with it.
func (s *Service) takeRole(ctx context.Context, tx *db.Tx, org access.OrganisationID, has []Assignment, c *RoleChange) error {
	for i := range has {
		if has[i].Place != (Place{c.Role, c.Unit}) {
			continue
		}
		if err := endRole(ctx, tx, org, has[i].ID); err != nil {
			return err
		}
	}
	p, err := GetPerson(ctx, tx, org, c.Person)
	if err != nil {
		return err
	}
	return s.endSessions(ctx, tx, org, &p)
}

// tellRoles tells a person that their roles have changed, and that they may have to sign in anew.
func (s *Service) tellRoles(ctx context.Context, tx *db.Tx, person ids.ID[Person]) error {
	if s.Tell == nil {
		return nil
	}
	p, err := GetPerson(ctx, tx, tx.Scope, person)
	if err != nil {
		return err
	}
	return s.tell(ctx, tx, &p, auth.EventRoles)
}

func toldRoles(roles []Assignment) []string {
	out := make([]string, len(roles))
	for i := range roles {
		out[i] = roles[i].told()
	}
	slices.Sort(out)
	return out
}

// reconcile makes the roles that a source gives a person those that it should, and no others. Roles from elsewhere are left alone. The
// role of the last administrator is kept, with an alarm: nobody may be locked out by a claim that is gone.
func (s *Service) reconcile(ctx context.Context, tx *db.Tx, actor access.Actor, person ids.ID[Person], source string, should []Place) error {
	has, err := held(ctx, tx, actor.Organisation, person)
	if err != nil {
		return err
	}
	for _, p := range should {
		if holds(has, p) {
			continue
		}
		if err := s.setRole(ctx, tx, actor, &RoleChange{Person: person, Role: p.Role, Unit: p.Unit}, source); err != nil {
			return err
		}
	}
	for i := range has {
		if has[i].Source != source || slices.Contains(should, has[i].Place) {
			continue
		}
		if has[i].Role == access.Administrator {
			n, err := countAdministrators(ctx, tx, actor.Organisation)
			if err != nil {
				return err
			}
			if n <= 1 {
				if err := lastAdministrator(ctx, tx, actor.Organisation, person, source); err != nil {
					return err
				}
				continue
			}
		}
		if err := s.setRole(ctx, tx, actor, &RoleChange{Person: person, Role: has[i].Role, Unit: has[i].Unit, End: true}, source); err != nil {
			return err
		}
	}
	return nil
}

func lastAdministrator(ctx context.Context, tx *db.Tx, org access.OrganisationID, person ids.ID[Person], source string) error {
	return alarm.Raise(ctx, tx, alarm.Alarm{
		Organisation: org, Kind: alarm.LastAdministrator, ObjectKind: "person", ObjectID: person.String(), Data: map[string]string{"reason": source},
	})
}

// AskRule asks for a rule about an identity provider's claims to be added, or taken away. It takes two people.
func (s *Service) AskRule(ctx context.Context, actor access.Actor, c ArrivalChange, reason string) error {
	if err := access.Check(actor, "organisation.AskRule"); err != nil {
		return err
	}
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		all, err := Rules(ctx, tx, actor.Organisation, "")
		if err != nil {
			return err
		}
		r := c.Rule
		if c.End {
			i := slices.IndexFunc(all, func(x Rule) bool { return x.ID == r.ID })
			if i < 0 {
				return db.ErrNotFound
			}
			r = all[i]
		} else {
			if err := s.possibleRule(ctx, tx, actor.Organisation, &r, all); err != nil {
				return err
			}
			r.ID = ""
		}
		_, err = s.Approvals.Ask(ctx, tx, actor, approval.Request{
			Kind: KindRule, ObjectKind: "arrival-rule", ObjectID: r.ID.String(), Payload: marshal(ArrivalChange{Rule: r, End: c.End}), Reason: reason,
		})
		return err
	})
	if err != nil {
		return fmt.Errorf("ask for rule: %w", err)
	}
	return nil
}

func (s *Service) possibleRule(ctx context.Context, tx *db.Tx, org access.OrganisationID, r *Rule, all []Rule) error {
	if err := r.Check(); err != nil {
		return err
	}
	same := *r
	for _, x := range all {
		if x.ID = same.ID; x == same {
			return ErrHeld
		}
	}
	if r.Unit.IsZero() {
		return nil
	}
	tree, err := ReadChart(ctx, tx, org)
	if err != nil {
		return err
	}
	if _, ok := tree.Find(r.Unit); !ok {
		return ErrUnit
	}
	return nil
}

func (s *Service) makeRule(ctx context.Context, tx *db.Tx, actor access.Actor, payload json.RawMessage) error {
	var c ArrivalChange
	if err := json.Unmarshal(payload, &c); err != nil {
		return fmt.Errorf("read rule: %w", err)
	}
	action := "organisation.AddRule"
	if c.End {
		action = "organisation.EndRule"
		n, err := deleteRule(ctx, tx, actor.Organisation, c.Rule.ID)
		if err != nil {
			return err
		}
		if n == 0 {
			return db.ErrNotFound
		}
	} else {
		c.Rule.ID = ids.New[Rule]()
		if err := c.Rule.Check(); err != nil {
			return err
		}
		if err := insertRule(ctx, tx, actor.Organisation, &c.Rule); err != nil {
			return err
		}
	}
	return audit.Append(ctx, tx, actor, audit.Entry{Action: action, ObjectKind: "arrival-rule", ObjectID: c.Rule.ID.String(), Data: c.Rule})
}

func (s *Service) makeLeave(ctx context.Context, tx *db.Tx, actor access.Actor, payload json.RawMessage) error {
	var l leave
	if err := json.Unmarshal(payload, &l); err != nil {
		return fmt.Errorf("read who leaves: %w", err)
	}
	p, err := GetPerson(ctx, tx, actor.Organisation, l.Person)
	if err != nil || !p.Active() {
		return err
	}
	return s.end(ctx, tx, actor, &p, "")
}

// Register lets the approvals make this package's changes.
func (s *Service) Register() {
	a := s.Approvals
	a.Handle(KindRole, approval.Handler{Label: "organisation.change-role", Apply: s.makeRoles, Describe: s.describeRoles})
	a.Handle(KindLeave, approval.Handler{Label: "organisation.change-leave", Apply: s.makeLeave, Describe: s.describeLeave})
	a.Handle(KindErase, approval.Handler{Label: "organisation.change-erase", Apply: s.makeErase, Describe: s.describeErase})
	a.Handle(KindRule, approval.Handler{Label: "organisation.change-rule", Apply: s.makeRule, Describe: s.describeRule})
	a.Handle(KindGroup, approval.Handler{Label: "organisation.change-group", Apply: s.makeGroupRole, Describe: s.describeGroup})
}

// RoleName is a role in the reader's language.
func RoleName(l *locale.Localizer, r access.Role) string {
	if key := "web.role-" + string(r); l.Has(key) {
		return l.T(key)
	}
	return string(r)
}

// PlaceName is a role with its place, in the reader's language.
func PlaceName(l *locale.Localizer, p Place, tree *Chart) string {
	if p.Role == "" {
		return ""
	}
	if p.Unit.IsZero() {
		return RoleName(l, p.Role)
	}
	return l.T("organisation.role-in", "Role", RoleName(l, p.Role), "Unit", tree.Name(p.Unit))
}

func (s *Service) describeRoles(ctx context.Context, tx *db.Tx, l *locale.Localizer, payload json.RawMessage) (approval.Description, error) {
	var changes []RoleChange
	if err := json.Unmarshal(payload, &changes); err != nil {
		return approval.Description{}, fmt.Errorf("read roles to change: %w", err)
	}
	tree, err := ReadChart(ctx, tx, tx.Scope)
	if err != nil {
		return approval.Description{}, err
	}
	var who, from, to []string
	href := ""
	for i := range changes {
		c := &changes[i]
		p, err := GetPerson(ctx, tx, tx.Scope, c.Person)
		if err != nil {
			return approval.Description{}, err
		}
		if !slices.Contains(who, p.Name) {
			who = append(who, p.Name)
		}
		href = "/administration/personer/" + c.Person.String()
		name := PlaceName(l, Place{c.Role, c.Unit}, tree)
		if len(changes) > 1 {
			name = p.Name + ": " + name
		}
		if c.End {
			from = append(from, name)
		} else {
			to = append(to, name)
		}
	}
	none := l.T("organisation.without-role")
	d := approval.Description{What: strings.Join(who, ", "), From: strings.Join(from, "; "), To: strings.Join(to, "; "), Href: href}
	if d.From == "" {
		d.From = none
	}
	if d.To == "" {
		d.To = none
	}
	if len(who) > 1 {
		d.Href = "/administration/personer"
	}
	return d, nil
}

func (s *Service) describeLeave(ctx context.Context, tx *db.Tx, l *locale.Localizer, payload json.RawMessage) (approval.Description, error) {
	var c leave
	if err := json.Unmarshal(payload, &c); err != nil {
		return approval.Description{}, fmt.Errorf("read who leaves: %w", err)
	}
	p, err := GetPerson(ctx, tx, tx.Scope, c.Person)
	return approval.Description{
		What: p.Name, From: l.T("organisation.state-active"), To: l.T("organisation.state-ended"), Href: "/administration/personer/" + c.Person.String(),
	}, err
}

func (s *Service) describeRule(ctx context.Context, tx *db.Tx, l *locale.Localizer, payload json.RawMessage) (approval.Description, error) {
	var c ArrivalChange
	if err := json.Unmarshal(payload, &c); err != nil {
		return approval.Description{}, fmt.Errorf("read rule: %w", err)
	}
	tree, err := ReadChart(ctx, tx, tx.Scope)
	if err != nil {
		return approval.Description{}, err
	}
	d := approval.Description{What: c.Rule.Issuer, To: RuleText(l, &c.Rule, tree), Href: "/administration/roller"}
	if c.End {
		d.From, d.To = d.To, l.T("organisation.rule-gone")
	}
	return d, nil
}

// RuleText says a rule in words.
func RuleText(l *locale.Localizer, r *Rule, tree *Chart) string {
	switch r.Effect {
	case EffectLink:
		return l.T("organisation.rule-link", "Claim", r.Claim)
	case EffectEnter:
		return l.T("organisation.rule-enter", "Claim", r.Claim, "Value", r.Value)
	default:
		return l.T("organisation.rule-role", "Claim", r.Claim, "Value", r.Value, "Role", PlaceName(l, Place{r.Role, r.Unit}, tree))
	}
}
