// SPDX-License-Identifier: EUPL-1.2

package organisation

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/auth"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/web"
)

// Arrive is the program's auth.Arrive. It finds the person of a sign-in by who issued it and its subject there, never by name or
// e-mail. Somebody who is not known is let in, or found among those whom the directory has told of, only where the organisation's
// rules about that issuer's claims say so; the roles that the claims give are taken anew at each arrival, and end with the claim.
// Whoever has left, or whose account is disabled, gets the same answer as somebody who was never here.
func (s *Service) Arrive(ctx context.Context, tx *db.Tx, p auth.Proof) (access.Actor, web.Viewer, error) {
	own := strings.HasPrefix(p.Issuer, "insegel:") // a way in that this installation itself gave
	var rules []Rule
	if !own {
		var err error
		if rules, err = Rules(ctx, tx, p.Organisation, p.Issuer); err != nil {
			return access.Actor{}, web.Viewer{}, err
		}
	}
	enter, external, roles := Follows(rules, p.Claims)
	person, err := s.arriving(ctx, tx, &p, enter, external)
	if err != nil {
		return access.Actor{}, web.Viewer{}, err
	}
	if !own {
		if err := s.reconcile(ctx, tx, access.SystemActor(p.Organisation), person.ID, SourceProvider, roles); err != nil {
			return access.Actor{}, web.Viewer{}, fmt.Errorf("give roles at arrival: %w", err)
		}
	}
	return s.actor(ctx, tx, p.Organisation, &person)
}

// arriving finds the person of a sign-in, or makes one.
func (s *Service) arriving(ctx context.Context, tx *db.Tx, p *auth.Proof, enter bool, external string) (Person, error) {
	account, disabled, err := known(ctx, tx, p)
	switch {
	case err == nil:
		person, err := onePerson(ctx, tx, p.Organisation, `p.account_id = $2`, account)
		if errors.Is(err, db.ErrNotFound) || err == nil && (disabled || !person.Active()) {
			return Person{}, auth.ErrUnknownPerson
		}
		if err != nil {
			return Person{}, err
		}
		return person, remember(ctx, tx, p, account)
	case !errors.Is(err, db.ErrNotFound):
		return Person{}, fmt.Errorf("find account: %w", err)
	case external != "":
		person, err := s.linked(ctx, tx, p, external)
		if !errors.Is(err, db.ErrNotFound) {
			return person, err
		}
	}
	if !enter {
		return Person{}, auth.ErrUnknownPerson
	}
	return s.newcomer(ctx, tx, p, external)
}

// linked ties a sign-in to the person that the directory knows by an id. One whose account is tied to the issuer already is not tied
// again: two subjects that claim one id are not one person.
func (s *Service) linked(ctx context.Context, tx *db.Tx, p *auth.Proof, external string) (Person, error) {
	person, err := onePerson(ctx, tx, p.Organisation, `p.external_id = $2`, external)
	if err != nil {
		return Person{}, err
	}
	if !person.Active() {
		return Person{}, auth.ErrUnknownPerson
	}
	if !person.Account.IsZero() {
		disabled, tied, err := accountState(ctx, tx, p, person.Account)
		if err != nil {
			return Person{}, err
		}
		if disabled || tied {
			return Person{}, auth.ErrUnknownPerson
		}
	} else if err := newAccount(ctx, tx, p.Organisation, &person); err != nil {
		return Person{}, fmt.Errorf("make account: %w", err)
	}
	return person, s.tie(ctx, tx, p, &person)
}

// newcomer makes a person of a sign-in that the rules let in.
func (s *Service) newcomer(ctx context.Context, tx *db.Tx, p *auth.Proof, external string) (Person, error) {
	person := Person{ID: ids.New[Person](), Name: clip(p.Name, p.Subject), Email: p.Email, ExternalID: external, Origin: OriginProvider}
	if CheckEmail(person.Email) != nil {
		person.Email = ""
	}
	if err := s.add(ctx, tx, access.SystemActor(p.Organisation), &person); err != nil {
		return Person{}, err
	}
	if err := newAccount(ctx, tx, p.Organisation, &person); err != nil {
		return Person{}, fmt.Errorf("make account: %w", err)
	}
	return person, s.tie(ctx, tx, p, &person)
}

// clip gives a name that fits; a provider that told none gives the subject.
func clip(name, subject string) string {
	name = strings.TrimSpace(name)
	if name == "" {
		name = subject
	}
	if r := []rune(name); len(r) > 200 {
		return string(r[:200])
	}
	return name
}

// tie ties a sign-in to a person's account, once. Of two first arrivals at once, the second is turned away and finds it the next time.
func (s *Service) tie(ctx context.Context, tx *db.Tx, p *auth.Proof, person *Person) error {
	n, err := tieIdentity(ctx, tx, p, person.Account)
	if err != nil {
		return fmt.Errorf("tie sign-in to account: %w", err)
	}
	if n == 0 {
		return db.ErrConflict
	}
	if err := s.tell(ctx, tx, person, auth.EventTied); err != nil {
		return err
	}
	return audit.Append(ctx, tx, access.SystemActor(p.Organisation), audit.Entry{
		Action: "organisation.TieSignIn", ObjectKind: "person", ObjectID: person.ID.String(), Data: map[string]string{"issuer": p.Issuer, "method": p.Method},
	})
}

// actor is the person with what they may do, and what the layout shows about them.
func (s *Service) actor(ctx context.Context, tx *db.Tx, org access.OrganisationID, p *Person) (access.Actor, web.Viewer, error) {
	roles, err := held(ctx, tx, org, p.ID)
	if err != nil {
		return access.Actor{}, web.Viewer{}, err
	}
	tree, err := ReadChart(ctx, tx, org)
	if err != nil {
		return access.Actor{}, web.Viewer{}, err
	}
	o, err := Get(ctx, tx, org)
	if err != nil {
		return access.Actor{}, web.Viewer{}, err
	}
	a := ActorOf(org, p, roles, tree)
	v := web.Viewer{Organisation: o.Name, OrganisationCode: o.Code, Example: o.Example, Name: p.Name}
	if len(a.Roles) > 0 {
		v.Role = string(a.Roles[0])
	} else if len(a.Held) > 0 {
		v.Role = string(a.Held[0].Role)
	}
	return a, v, nil
}
