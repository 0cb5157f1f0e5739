// SPDX-License-Identifier: EUPL-1.2

package organisation

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/approval"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/auth"
	"github.com/insegel/insegel/internal/auth/passkey"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/locale"
)

// Listed is a person with their roles.
type Listed struct {
	Person
	Held []Assignment
}

// PersonFilter narrows the list of people.
type PersonFilter struct {
	// Query is a part of a name or of an e-mail address.
	Query string
	// Role is a role that they hold somewhere.
	Role access.Role
	// Ended lists those who have left instead of those who are here.
	Ended bool
}

// People lists the organisation's people with the roles that they hold, in Swedish order, and its units.
func (s *Service) People(ctx context.Context, actor access.Actor, f PersonFilter) ([]Listed, *Chart, error) {
	if err := access.Check(actor, "organisation.People"); err != nil {
		return nil, nil, err
	}
	var out []Listed
	var tree *Chart
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) (err error) {
		if tree, err = ReadChart(ctx, tx, actor.Organisation); err != nil {
			return err
		}
		out, err = people(ctx, tx, actor.Organisation, f)
		return err
	})
	if err != nil {
		return nil, nil, fmt.Errorf("list people: %w", err)
	}
	return out, tree, nil
}

func people(ctx context.Context, tx *db.Tx, org access.OrganisationID, f PersonFilter) ([]Listed, error) {
	condition := `p.ended_at IS NULL`
	if f.Ended {
		condition = `p.ended_at IS NOT NULL`
	}
	all, err := persons(ctx, tx, org, condition)
	if err != nil {
		return nil, err
	}
	roles, err := assignments(ctx, tx, org, `a.ended_at IS NULL`)
	if err != nil {
		return nil, err
	}
	byPerson := map[ids.ID[Person]][]Assignment{}
	holds := map[ids.ID[Person]]bool{}
	for _, a := range roles {
		byPerson[a.Person] = append(byPerson[a.Person], a)
		holds[a.Person] = holds[a.Person] || a.Role == f.Role
	}
	query := locale.Fold(f.Query)
	var out []Listed
	for _, p := range all {
		if query != "" && !strings.Contains(locale.Fold(p.Name)+"\n"+locale.Fold(p.Email), query) || f.Role != "" && !holds[p.ID] {
			continue
		}
		out = append(out, Listed{p, byPerson[p.ID]})
	}
	return out, nil
}

// Names gives the names of the organisation's people by their ids as actors, for pages that tell who did something.
func (s *Service) Names(ctx context.Context, actor access.Actor) (map[string]string, error) {
	if err := access.Check(actor, "organisation.Names"); err != nil {
		return nil, err
	}
	var out map[string]string
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) (err error) {
		out, err = NamesOf(ctx, tx, actor.Organisation)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read names: %w", err)
	}
	return out, nil
}

// NamesOf gives the names of an organisation's people by their ids. Who may see them is asked by the caller.
func NamesOf(ctx context.Context, tx *db.Tx, org access.OrganisationID) (map[string]string, error) {
	out := map[string]string{}
	all, err := persons(ctx, tx, org, `1 = 1`)
	for _, p := range all {
		out[p.ID.String()] = p.Name
	}
	return out, err
}

// Began gives the roles that the first person came with, which nobody else decided: they are shown where decisions by two are.
func (s *Service) Began(ctx context.Context, actor access.Actor, l *locale.Localizer) ([]approval.Exception, error) {
	if err := access.Check(actor, "organisation.Began"); err != nil {
		return nil, err
	}
	var out []approval.Exception
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) error {
		list, err := persons(ctx, tx, actor.Organisation, `p.origin = $2`, OriginFirst)
		if err != nil {
			return err
		}
		for i := range list {
			roles, err := assignments(ctx, tx, actor.Organisation, `a.person_id = $2 AND a.granted_by = $2`, list[i].ID)
			if err != nil {
				return err
			}
			for k := range roles {
				out = append(out, approval.Exception{Person: list[i].Name, What: RoleName(l, roles[k].Role), When: l.Moment(roles[k].Granted)})
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the first person's roles: %w", err)
	}
	return out, nil
}

// Detail is everything about one person.
type Detail struct {
	Listed
	// Before are the roles that they have held, latest first.
	Before []Assignment
	// Groups are the directory's groups that they are in.
	Groups []Group
	// Named are what they are named for.
	Named Load
	Chart *Chart
	// SignsIn says that they have a way of signing in that they have used.
	SignsIn bool
	// Sessions are those that are open, for who may end them.
	Sessions []auth.Session
	// Passkeys are theirs, for who may end one.
	Passkeys []passkey.Passkey
}

// Person reads one person.
func (s *Service) Person(ctx context.Context, actor access.Actor, id ids.ID[Person]) (Detail, error) {
	if err := access.Check(actor, "organisation.Person"); err != nil {
		return Detail{}, err
	}
	var out Detail
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) (err error) {
		if out.Person, err = GetPerson(ctx, tx, actor.Organisation, id); err != nil {
			return err
		}
		all, err := assignments(ctx, tx, actor.Organisation, `a.person_id = $2`, id)
		if err != nil {
			return err
		}
		for _, a := range all {
			if a.Ended.IsZero() {
				out.Held = append(out.Held, a)
			} else {
				out.Before = append([]Assignment{a}, out.Before...)
			}
		}
		if out.Groups, err = groupsOf(ctx, tx, actor.Organisation, id); err != nil {
			return err
		}
		if out.SignsIn, err = signsIn(ctx, tx, actor.Organisation, &out.Person); err != nil {
			return err
		}
		if err := out.readSignIns(ctx, tx, actor); err != nil {
			return err
		}
		if out.Named, err = s.load(ctx, tx, actor.Organisation, &out.Person); err != nil {
			return err
		}
		out.Chart, err = ReadChart(ctx, tx, actor.Organisation)
		return err
	})
	if err != nil {
		return Detail{}, fmt.Errorf("read person: %w", err)
	}
	return out, nil
}

// readSignIns reads where the person is signed in and with what, for an actor who may end it.
func (d *Detail) readSignIns(ctx context.Context, tx *db.Tx, actor access.Actor) (err error) {
	if d.Account.IsZero() {
		return nil
	}
	if access.Allowed(actor, "auth.EndOf") {
		if d.Sessions, err = auth.SessionsOf(ctx, tx, actor.Organisation, d.Account); err != nil {
			return err
		}
	}
	if access.Allowed(actor, "organisation.EndPasskey") {
		d.Passkeys, err = passkey.KeysIn(ctx, tx, actor.Organisation, d.Account)
	}
	return err
}

// told is what the log says of a person. It can be taken out of the log when the person may be forgotten.
func (p *Person) told() map[string]any {
	return map[string]any{"name": p.Name, "email": p.Email, "unit": p.Unit, "external_id": p.ExternalID, "user_name": p.UserName}
}

// AddPerson puts a person in the register. They have no role and no way of signing in yet.
func (s *Service) AddPerson(ctx context.Context, actor access.Actor, p Person) (ids.ID[Person], error) {
	if err := access.Check(actor, "organisation.AddPerson"); err != nil {
		return "", err
	}
	p.ID, p.Origin, p.Account = ids.New[Person](), OriginInvited, ""
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error { return s.add(ctx, tx, actor, &p) })
	if err != nil {
		return "", fmt.Errorf("add person: %w", err)
	}
	return p.ID, nil
}

// add stores a new person, and logs it.
func (s *Service) add(ctx context.Context, tx *db.Tx, actor access.Actor, p *Person) error {
	if err := checkPerson(ctx, tx, actor.Organisation, p); err != nil {
		return err
	}
	if err := insertPerson(ctx, tx, actor.Organisation, p); err != nil {
		return err
	}
	return audit.Append(ctx, tx, actor, audit.Entry{
		Action: "organisation.AddPerson", ObjectKind: "person", ObjectID: p.ID.String(), Data: map[string]string{"origin": p.Origin}, After: p.told(),
	})
}

func checkPerson(ctx context.Context, tx *db.Tx, org access.OrganisationID, p *Person) error {
	if err := p.Check(); err != nil {
		return err
	}
	if !p.Unit.IsZero() {
		tree, err := ReadChart(ctx, tx, org)
		if err != nil {
			return err
		}
		if _, ok := tree.Find(p.Unit); !ok {
			return ErrUnit
		}
	}
	other, err := taken(ctx, tx, org, p)
	if err != nil {
		return err
	}
	if other {
		return ErrTaken
	}
	return nil
}

// ChangePerson changes what is known about a person. Version is the one that was read.
func (s *Service) ChangePerson(ctx context.Context, actor access.Actor, p Person) error {
	if err := access.Check(actor, "organisation.ChangePerson"); err != nil {
		return err
	}
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		before, err := GetPerson(ctx, tx, actor.Organisation, p.ID)
		if err != nil {
			return err
		}
		after := before
		after.Name, after.Email, after.Unit, after.ExternalID, after.Version = p.Name, p.Email, p.Unit, p.ExternalID, p.Version
		return s.change(ctx, tx, actor, before, after)
	})
	if err != nil {
		return fmt.Errorf("change person: %w", err)
	}
	return nil
}

// change stores what differs, and logs from what to what.
func (s *Service) change(ctx context.Context, tx *db.Tx, actor access.Actor, before, after Person) error {
	if err := checkPerson(ctx, tx, actor.Organisation, &after); err != nil {
		return err
	}
	if err := s.keepsApart(ctx, tx, actor, &before, &after); err != nil {
		return err
	}
	if err := updatePerson(ctx, tx, actor.Organisation, &after); err != nil {
		return err
	}
	if err := s.tellAddress(ctx, tx, &before, &after); err != nil {
		return err
	}
	return audit.Append(ctx, tx, actor, audit.Entry{
		Action: "organisation.ChangePerson", ObjectKind: "person", ObjectID: after.ID.String(), Before: before.told(), After: after.told(),
	})
}

// tell tells a person what has happened to their account, where they have one.
func (s *Service) tell(ctx context.Context, tx *db.Tx, p *Person, what auth.Event) error {
	if s.Tell == nil || p.Account.IsZero() {
		return nil
	}
	return s.Tell(ctx, tx, auth.Notice{Organisation: tx.Scope, Account: p.Account, Event: what})
}

// tellAddress tells both addresses of a person that what is told of their account goes to another: whoever changed it may be somebody else.
func (s *Service) tellAddress(ctx context.Context, tx *db.Tx, before, after *Person) error {
	if s.Tell == nil || after.Account.IsZero() || before.Email == after.Email {
		return nil
	}
	for _, to := range []string{before.Email, after.Email} {
		if to == "" {
			continue
		}
		if err := s.Tell(ctx, tx, auth.Notice{Organisation: tx.Scope, Account: after.Account, Event: auth.EventAddress, To: to}); err != nil {
			return err
		}
	}
	return nil
}

// keepsApart refuses that somebody else changes the directory's id of an administrator who signs in: a rule may tie the next sign-in
// with that id to them, and one person could then act as two.
func (s *Service) keepsApart(ctx context.Context, tx *db.Tx, actor access.Actor, before, after *Person) error {
	if before.ExternalID == after.ExternalID || actor.ID == before.ID.String() {
		return nil
	}
	roles, err := held(ctx, tx, actor.Organisation, before.ID)
	if err != nil || !holdsAdministrator(roles) {
		return err
	}
	in, err := signsIn(ctx, tx, actor.Organisation, before)
	if err == nil && in {
		return ErrSignsIn
	}
	return err
}

// EndPerson says that a person has left: their sessions and their roles end at once, and they cannot come in again. What they were
// named for is kept until it is handed over. That an administrator leaves takes two people; then asked is true, and nothing has
// happened yet.
func (s *Service) EndPerson(ctx context.Context, actor access.Actor, id ids.ID[Person], reason string) (asked bool, err error) {
	if err := access.Check(actor, "organisation.EndPerson"); err != nil {
		return false, err
	}
	err = s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		p, err := GetPerson(ctx, tx, actor.Organisation, id)
		if err != nil {
			return err
		}
		roles, err := held(ctx, tx, actor.Organisation, id)
		if err != nil {
			return err
		}
		if !p.Active() {
			return ErrEnded
		}
		if !holdsAdministrator(roles) {
			return s.end(ctx, tx, actor, &p, reason)
		}
		asked = true
		_, err = s.Approvals.Ask(ctx, tx, actor, approval.Request{
			Kind: KindLeave, ObjectKind: "person", ObjectID: id.String(), Payload: marshal(leave{Person: id}), Reason: reason, Concerns: []string{id.String()},
		})
		return err
	})
	if err != nil {
		return false, fmt.Errorf("end person: %w", err)
	}
	return asked, nil
}

func holdsAdministrator(roles []Assignment) bool {
	for i := range roles {
		if roles[i].Role == access.Administrator && roles[i].Unit.IsZero() {
			return true
		}
	}
	return false
}

// end ends a person, their roles and their sessions in the caller's transaction.
func (s *Service) end(ctx context.Context, tx *db.Tx, actor access.Actor, p *Person, reason string) error {
	roles, err := held(ctx, tx, actor.Organisation, p.ID)
	if err != nil {
		return err
	}
	var ended []string
	for i := range roles {
		if err := endRole(ctx, tx, actor.Organisation, roles[i].ID); err != nil {
			return err
		}
		ended = append(ended, roles[i].told())
	}
	if err := setEnded(ctx, tx, actor.Organisation, p, true); err != nil {
		return err
	}
	if err := errors.Join(s.endSessions(ctx, tx, actor.Organisation, p), s.tell(ctx, tx, p, auth.EventEnded)); err != nil {
		return err
	}
	if s.Approvals != nil {
		if err := s.Approvals.WithdrawAll(ctx, tx, actor, p.ID.String()); err != nil {
			return err
		}
	}
	err = audit.Append(ctx, tx, actor, audit.Entry{
		Action: "organisation.EndPerson", ObjectKind: "person", ObjectID: p.ID.String(), Data: map[string]any{"roles": ended}, Why: reason,
	})
	if err != nil || !holdsAdministrator(roles) {
		return err
	}
	return someAdministrator(ctx, tx, actor.Organisation)
}

// someAdministrator refuses a change that leaves nobody who can administer. It runs after the change has been logged: the log's head is
// taken by then, so that of two changes at once the second sees what the first left.
func someAdministrator(ctx context.Context, tx *db.Tx, org access.OrganisationID) error {
	n, err := countAdministrators(ctx, tx, org)
	if err != nil {
		return err
	}
	if n == 0 {
		return ErrLastAdministrator
	}
	return nil
}

func (s *Service) endSessions(ctx context.Context, tx *db.Tx, org access.OrganisationID, p *Person) error {
	if s.EndSessions == nil || p.Account.IsZero() {
		return nil
	}
	return s.EndSessions(ctx, tx, org, p.Account)
}

// ResumePerson says that a person who had left is back. They get no roles and no sessions back.
func (s *Service) ResumePerson(ctx context.Context, actor access.Actor, id ids.ID[Person]) error {
	if err := access.Check(actor, "organisation.ResumePerson"); err != nil {
		return err
	}
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		p, err := GetPerson(ctx, tx, actor.Organisation, id)
		if err != nil || p.Active() {
			return err
		}
		return s.resume(ctx, tx, actor, &p)
	})
	if err != nil {
		return fmt.Errorf("resume person: %w", err)
	}
	return nil
}

func (s *Service) resume(ctx context.Context, tx *db.Tx, actor access.Actor, p *Person) error {
	if err := setEnded(ctx, tx, actor.Organisation, p, false); err != nil {
		return err
	}
	return audit.Append(ctx, tx, actor, audit.Entry{Action: "organisation.ResumePerson", ObjectKind: "person", ObjectID: p.ID.String()})
}

// marshal writes what an approval's handler needs. It is plain values only, which cannot fail.
func marshal(v any) json.RawMessage {
	b, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("organisation: encode %T: %v", v, err))
	}
	return b
}

// ErrSignsIn says that an administrator who can sign in was to be given another way in by one person.
var ErrSignsIn = errors.New("an administrator who can sign in adds passkeys themselves: else one person could act as two")

// Invite makes an invitation to a passkey for a person. It is shown once. Whoever holds it becomes the person, so nobody makes one for
// an administrator who can sign in already: that would let one person be both of the two who decide.
func (s *Service) Invite(ctx context.Context, actor access.Actor, id ids.ID[Person]) (string, error) {
	if err := access.Check(actor, "organisation.Invite"); err != nil {
		return "", err
	}
	var out string
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		p, err := GetPerson(ctx, tx, actor.Organisation, id)
		if err != nil {
			return err
		}
		roles, err := held(ctx, tx, actor.Organisation, id)
		if err != nil {
			return err
		}
		in, err := signsIn(ctx, tx, actor.Organisation, &p)
		if err != nil {
			return err
		}
		switch {
		case !p.Active():
			return ErrEnded
		case in && holdsAdministrator(roles):
			return ErrSignsIn
		case p.Account.IsZero():
			if err := newAccount(ctx, tx, actor.Organisation, &p); err != nil {
				return err
			}
		}
		out, err = passkey.InviteIn(ctx, tx, actor, p.Account)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("invite: %w", err)
	}
	return out, nil
}
