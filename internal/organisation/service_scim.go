// SPDX-License-Identifier: EUPL-1.2

package organisation

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/locale"
)

// Provisioned is a person as the directory sees them.
type Provisioned struct {
	Person
	// Department is the name of their unit.
	Department string
	Groups     []Group
}

// ErrVersion says that what the directory would change has been changed since it was read.
var ErrVersion = errors.New("changed since it was read")

// Match is what must be so for a change to be made. A zero Version is any.
type Match struct{ Version int64 }

func (m Match) check(version int64) error {
	if m.Version != 0 && m.Version != version {
		return ErrVersion
	}
	return nil
}

// visible are the people whom a directory sees: those it has told of, and those whom somebody has given an id in it. The first person,
// whom only this program knows, is not among them.
const visible = `p.directory <> 'deleted' AND (p.user_folded <> '' OR p.external_id <> '')`

// DirectoryUsers gives one page of the people whom a filter finds, from start (1 is the first), and how many there are.
func (s *Service) DirectoryUsers(ctx context.Context, actor access.Actor, filter []Condition, start, count int) ([]Provisioned, int, error) {
	if err := access.Check(actor, "organisation.DirectoryUsers"); err != nil {
		return nil, 0, err
	}
	var out []Provisioned
	total := 0
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) error {
		all, err := persons(ctx, tx, actor.Organisation, visible)
		if err != nil {
			return err
		}
		slices.SortFunc(all, func(a, b Person) int { return strings.Compare(a.ID.String(), b.ID.String()) }) // a new one does not move the pages
		all = slices.DeleteFunc(all, func(p Person) bool { return !passes(&p, filter) })
		total = len(all)
		for _, p := range all[min(start-1, total):min(start-1+count, total)] {
			x, err := provisioned(ctx, tx, actor.Organisation, p)
			if err != nil {
				return err
			}
			out = append(out, x)
		}
		return nil
	})
	if err != nil {
		return nil, 0, fmt.Errorf("list users: %w", err)
	}
	return out, total, nil
}

// passes reports whether a person is what a filter looks for. User names and addresses are found whatever their case, ids are not.
func passes(p *Person, filter []Condition) bool {
	for _, c := range filter {
		text, _ := c.Value.(string)
		ok := false
		switch c.Attribute {
		case "id":
			ok = p.ID.String() == text
		case "externalid":
			ok = p.ExternalID == text && text != ""
		case "username":
			ok = locale.Fold(p.UserName) == locale.Fold(text) && text != ""
		case "displayname", "name.formatted":
			ok = strings.EqualFold(p.Name, text)
		case "emails", "emails.value":
			ok = strings.EqualFold(p.Email, text) && text != ""
		case "active":
			want, err := asBool(c.Value)
			ok = err == nil && p.Active() == want
		}
		if !ok {
			return false
		}
	}
	return true
}

func provisioned(ctx context.Context, tx *db.Tx, org access.OrganisationID, p Person) (Provisioned, error) {
	out := Provisioned{Person: p}
	var err error
	if out.Groups, err = groupsOf(ctx, tx, org, p.ID); err != nil || p.Unit.IsZero() {
		return out, err
	}
	chart, err := ReadChart(ctx, tx, org)
	if err != nil {
		return out, err
	}
	out.Department = chart.Name(p.Unit)
	return out, nil
}

// directoryPerson reads a person whom the directory sees.
func directoryPerson(ctx context.Context, tx *db.Tx, org access.OrganisationID, id string) (Person, error) {
	return onePerson(ctx, tx, org, visible+` AND p.id = $2`, id)
}

// DirectoryUser reads one person.
func (s *Service) DirectoryUser(ctx context.Context, actor access.Actor, id string) (Provisioned, error) {
	if err := access.Check(actor, "organisation.DirectoryUser"); err != nil {
		return Provisioned{}, err
	}
	var out Provisioned
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) error {
		p, err := directoryPerson(ctx, tx, actor.Organisation, id)
		if err != nil {
			return err
		}
		out, err = provisioned(ctx, tx, actor.Organisation, p)
		return err
	})
	if err != nil {
		return Provisioned{}, fmt.Errorf("read user: %w", err)
	}
	return out, nil
}

// AddDirectoryUser takes in a person whom the directory tells of. One whom it took away before, with the same id, is the same person
// again.
func (s *Service) AddDirectoryUser(ctx context.Context, actor access.Actor, u DirectoryUser) (Provisioned, error) {
	if err := access.Check(actor, "organisation.AddDirectoryUser"); err != nil {
		return Provisioned{}, err
	}
	var out Provisioned
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		p, err := s.takeIn(ctx, tx, actor, u)
		if err != nil {
			return err
		}
		out, err = provisioned(ctx, tx, actor.Organisation, p)
		return err
	})
	if err != nil {
		return Provisioned{}, fmt.Errorf("add user: %w", err)
	}
	return out, nil
}

func (s *Service) takeIn(ctx context.Context, tx *db.Tx, actor access.Actor, u DirectoryUser) (Person, error) {
	p, err := onePerson(ctx, tx, actor.Organisation, `p.directory = 'deleted' AND (p.external_id <> '' AND p.external_id = $2 OR $2 = '' AND p.user_folded = $3)`,
		u.ExternalID, locale.Fold(u.UserName))
	if err == nil {
		return s.tellOf(ctx, tx, actor, p, DirectoryUser{}, u)
	}
	if !errors.Is(err, db.ErrNotFound) {
		return Person{}, err
	}
	p = Person{ID: ids.New[Person](), Origin: OriginSCIM, Name: u.PersonName(), Email: u.Email, UserName: u.UserName, ExternalID: u.ExternalID}
	if p.Unit, err = unitNamed(ctx, tx, actor.Organisation, u.Department); err != nil {
		return Person{}, err
	}
	if err := s.add(ctx, tx, actor, &p); err != nil {
		return Person{}, err
	}
	if err := setDirectory(ctx, tx, actor.Organisation, p.ID, "present"); err != nil {
		return Person{}, err
	}
	if !u.Active {
		err = s.end(ctx, tx, actor, &p, "")
		p.Ended = tx.Now
	}
	return p, err
}

// unitNamed finds a unit by its name. A department that the organisation does not have is none: a directory makes no units.
func unitNamed(ctx context.Context, tx *db.Tx, org access.OrganisationID, name string) (access.UnitID, error) {
	units, err := Units(ctx, tx, org)
	if err != nil || name == "" {
		return "", err
	}
	for _, u := range units {
		if locale.Fold(u.Name) == locale.Fold(name) {
			return u.ID, nil
		}
	}
	return "", nil
}

// toldBefore is a person as the directory would have told of them.
func toldBefore(p *Person, department string) DirectoryUser {
	name := p.UserName
	if name == "" { // somebody who was given an id by hand is called by it
		name = p.ExternalID
	}
	return DirectoryUser{
		UserName: name, ExternalID: p.ExternalID, DisplayName: p.Name, Formatted: p.Name, Email: p.Email, Department: department, Active: p.Active(),
	}
}

// ChangeDirectoryUser changes a person as the directory says, all of it or nothing. Somebody who is no longer active loses their
// sessions and roles at once.
func (s *Service) ChangeDirectoryUser(ctx context.Context, actor access.Actor, id string, m Match, change func(*DirectoryUser) error) (Provisioned, error) {
	if err := access.Check(actor, "organisation.ChangeDirectoryUser"); err != nil {
		return Provisioned{}, err
	}
	var out Provisioned
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		p, err := directoryPerson(ctx, tx, actor.Organisation, id)
		if err != nil {
			return err
		}
		if err := m.check(p.Version); err != nil {
			return err
		}
		if out, err = provisioned(ctx, tx, actor.Organisation, p); err != nil {
			return err
		}
		before := toldBefore(&p, out.Department)
		after := before
		if err := change(&after); err != nil {
			return err
		}
		if err := after.check(); err != nil {
			return err
		}
		if p, err = s.tellOf(ctx, tx, actor, p, before, after); err != nil {
			return err
		}
		out, err = provisioned(ctx, tx, actor.Organisation, p)
		return err
	})
	if err != nil {
		return Provisioned{}, fmt.Errorf("change user: %w", err)
	}
	return out, nil
}

// tellOf makes a person what the directory says they are.
func (s *Service) tellOf(ctx context.Context, tx *db.Tx, actor access.Actor, was Person, before, after DirectoryUser) (Person, error) {
	p := was
	p.UserName, p.ExternalID, p.Email, p.Name = after.UserName, after.ExternalID, after.Email, newName(was.Name, &before, &after)
	var err error
	if after.Department != before.Department {
		if p.Unit, err = unitNamed(ctx, tx, actor.Organisation, after.Department); err != nil {
			return p, err
		}
	}
	if p != was {
		if err := s.change(ctx, tx, actor, was, p); err != nil {
			return p, err
		}
	}
	if err := setDirectory(ctx, tx, actor.Organisation, p.ID, "present"); err != nil {
		return p, err
	}
	if p, err = GetPerson(ctx, tx, actor.Organisation, p.ID); err != nil {
		return p, err
	}
	switch {
	case p.Active() && !after.Active:
		err = s.end(ctx, tx, actor, &p, "")
	case !p.Active() && after.Active:
		if err = s.resume(ctx, tx, actor, &p); err == nil {
			err = s.follow(ctx, tx, actor, p.ID)
		}
	}
	if err != nil {
		return p, err
	}
	return GetPerson(ctx, tx, actor.Organisation, p.ID)
}

// newName is what a person is called after a change: by what the directory changed, the name that it shows first.
func newName(name string, before, after *DirectoryUser) string {
	switch {
	case after.DisplayName != before.DisplayName && after.DisplayName != "":
		return clip(after.DisplayName, "")
	case after.Formatted != before.Formatted && after.Formatted != "":
		return clip(after.Formatted, "")
	case after.Given != "" && after.Family != "":
		return clip(after.Given+" "+after.Family, "")
	default:
		return name
	}
}

// RemoveDirectoryUser says that the directory no longer tells of a person. They have left; what the log says of them stays.
func (s *Service) RemoveDirectoryUser(ctx context.Context, actor access.Actor, id string, m Match) error {
	if err := access.Check(actor, "organisation.RemoveDirectoryUser"); err != nil {
		return err
	}
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		p, err := directoryPerson(ctx, tx, actor.Organisation, id)
		if err != nil {
			return err
		}
		if err := m.check(p.Version); err != nil {
			return err
		}
		in, err := groupsOf(ctx, tx, actor.Organisation, p.ID)
		if err != nil {
			return err
		}
		for i := range in {
			if err := removeMember(ctx, tx, actor.Organisation, in[i].ID, p.ID); err != nil {
				return err
			}
		}
		if p.Active() {
			if err := s.end(ctx, tx, actor, &p, ""); err != nil {
				return err
			}
		}
		if err := setDirectory(ctx, tx, actor.Organisation, p.ID, "deleted"); err != nil {
			return err
		}
		return audit.Append(ctx, tx, actor, audit.Entry{Action: "organisation.RemoveDirectoryUser", ObjectKind: "person", ObjectID: id})
	})
	if err != nil {
		return fmt.Errorf("remove user: %w", err)
	}
	return nil
}

// keepLast raises the alarm that a directory would have ended the last administrator.
func (s *Service) keepLast(ctx context.Context, actor access.Actor, id string) error {
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		return lastAdministrator(ctx, tx, actor.Organisation, ids.ID[Person](id), SourceSCIM)
	})
	if err != nil {
		return fmt.Errorf("tell of the last administrator: %w", err)
	}
	return nil
}

// GroupWithMembers is a group with who is in it.
type GroupWithMembers struct {
	Group
	Members []ids.ID[Person]
}

// DirectoryGroups gives one page of the groups that a filter finds, from start (1 is the first), and how many there are.
func (s *Service) DirectoryGroups(ctx context.Context, actor access.Actor, filter []Condition, start, count int) ([]GroupWithMembers, int, error) {
	if err := access.Check(actor, "organisation.DirectoryGroups"); err != nil {
		return nil, 0, err
	}
	var out []GroupWithMembers
	total := 0
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) error {
		all, err := groups(ctx, tx, actor.Organisation, `1 = 1`)
		if err != nil {
			return err
		}
		who, err := members(ctx, tx, actor.Organisation, "")
		if err != nil {
			return err
		}
		for _, g := range all {
			x := GroupWithMembers{g, who[g.ID]}
			if !x.passes(filter) {
				continue
			}
			if total++; total >= start && len(out) < count {
				out = append(out, x)
			}
		}
		return nil
	})
	if err != nil {
		return nil, 0, fmt.Errorf("list groups: %w", err)
	}
	return out, total, nil
}

func (g *GroupWithMembers) passes(filter []Condition) bool {
	for _, c := range filter {
		text, _ := c.Value.(string)
		ok := false
		switch c.Attribute {
		case "id":
			ok = g.ID.String() == text
		case "externalid":
			ok = g.ExternalID == text && text != ""
		case "displayname":
			ok = locale.Fold(g.Name) == locale.Fold(text)
		case "members", "members.value":
			ok = slices.Contains(g.Members, ids.ID[Person](text))
		}
		if !ok {
			return false
		}
	}
	return true
}

// AddDirectoryGroup takes in a group that the directory tells of. It gives no role until two people say which.
func (s *Service) AddDirectoryGroup(ctx context.Context, actor access.Actor, g DirectoryGroup) (GroupWithMembers, error) {
	if err := access.Check(actor, "organisation.AddDirectoryGroup"); err != nil {
		return GroupWithMembers{}, err
	}
	var out GroupWithMembers
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) (err error) {
		out, err = s.setGroup(ctx, tx, actor, GroupWithMembers{Group: Group{ID: ids.New[Group]()}}, g)
		return err
	})
	if err != nil {
		return GroupWithMembers{}, fmt.Errorf("add group: %w", err)
	}
	return out, nil
}

// ChangeDirectoryGroup changes a group as the directory says. Whoever comes into a group is given its role, and whoever leaves it
// loses it, at once.
func (s *Service) ChangeDirectoryGroup(ctx context.Context, actor access.Actor, id string, m Match, change func(*DirectoryGroup) error) (GroupWithMembers, error) {
	if err := access.Check(actor, "organisation.ChangeDirectoryGroup"); err != nil {
		return GroupWithMembers{}, err
	}
	var out GroupWithMembers
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		before, err := groupWith(ctx, tx, actor.Organisation, ids.ID[Group](id))
		if err != nil {
			return err
		}
		if err := m.check(before.Version); err != nil {
			return err
		}
		after := DirectoryGroup{Name: before.Name, ExternalID: before.ExternalID}
		for _, p := range before.Members {
			after.Members = append(after.Members, p.String())
		}
		if err := change(&after); err != nil {
			return err
		}
		if err := after.check(); err != nil {
			return err
		}
		out, err = s.setGroup(ctx, tx, actor, before, after)
		return err
	})
	if err != nil {
		return GroupWithMembers{}, fmt.Errorf("change group: %w", err)
	}
	return out, nil
}

func groupWith(ctx context.Context, tx *db.Tx, org access.OrganisationID, id ids.ID[Group]) (GroupWithMembers, error) {
	g, err := getGroup(ctx, tx, org, id)
	if err != nil {
		return GroupWithMembers{}, err
	}
	who, err := members(ctx, tx, org, id)
	return GroupWithMembers{g, who[id]}, err
}

// setGroup stores a group, who is in it, and what follows for those who came and went.
func (s *Service) setGroup(ctx context.Context, tx *db.Tx, actor access.Actor, before GroupWithMembers, after DirectoryGroup) (GroupWithMembers, error) {
	g := before.Group
	g.Name, g.ExternalID = after.Name, after.ExternalID
	other, err := groupTaken(ctx, tx, actor.Organisation, &g)
	if err != nil {
		return before, err
	}
	if other {
		return before, ErrGroupTaken
	}
	if err := saveGroup(ctx, tx, actor.Organisation, &g); err != nil {
		return before, err
	}
	var came, went []ids.ID[Person]
	should := map[ids.ID[Person]]bool{}
	for _, id := range after.Members {
		should[ids.ID[Person](id)] = true
	}
	for _, p := range before.Members {
		if !should[p] {
			went = append(went, p)
		}
		delete(should, p)
	}
	for p := range should {
		came = append(came, p)
	}
	slices.Sort(came)
	if err := s.move(ctx, tx, actor, &g, came, went); err != nil {
		return before, err
	}
	return groupWith(ctx, tx, actor.Organisation, g.ID)
}

// move lets people into a group and out of it, and gives and ends the roles that follow.
func (s *Service) move(ctx context.Context, tx *db.Tx, actor access.Actor, g *Group, came, went []ids.ID[Person]) error {
	for _, p := range came {
		if _, err := directoryPerson(ctx, tx, actor.Organisation, p.String()); errors.Is(err, db.ErrNotFound) {
			return badValue("no user has the id %q", p)
		} else if err != nil {
			return err
		}
		if err := addMember(ctx, tx, actor.Organisation, g.ID, p); err != nil {
			return err
		}
	}
	for _, p := range went {
		if err := removeMember(ctx, tx, actor.Organisation, g.ID, p); err != nil {
			return err
		}
	}
	err := audit.Append(ctx, tx, actor, audit.Entry{
		Action: "organisation.ChangeDirectoryGroup", ObjectKind: "group", ObjectID: g.ID.String(), Data: map[string]any{"came": came, "went": went},
	})
	if err != nil {
		return err
	}
	for _, p := range slices.Concat(went, came) {
		if err := s.follow(ctx, tx, actor, p); err != nil {
			return err
		}
	}
	return nil
}

// RemoveDirectoryGroup says that the directory no longer tells of a group. Its members lose the role that it gave.
func (s *Service) RemoveDirectoryGroup(ctx context.Context, actor access.Actor, id string, m Match) error {
	if err := access.Check(actor, "organisation.RemoveDirectoryGroup"); err != nil {
		return err
	}
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		g, err := groupWith(ctx, tx, actor.Organisation, ids.ID[Group](id))
		if err != nil {
			return err
		}
		if err := m.check(g.Version); err != nil {
			return err
		}
		if err := deleteGroup(ctx, tx, actor.Organisation, g.ID); err != nil {
			return err
		}
		err = audit.Append(ctx, tx, actor, audit.Entry{
			Action: "organisation.RemoveDirectoryGroup", ObjectKind: "group", ObjectID: id, Data: map[string]any{"role": g.told(), "went": g.Members},
		})
		if err != nil {
			return err
		}
		for _, p := range g.Members {
			if err := s.follow(ctx, tx, actor, p); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("remove group: %w", err)
	}
	return nil
}
