// SPDX-License-Identifier: EUPL-1.2

package organisation

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/auth"
	"github.com/insegel/insegel/internal/auth/passkey"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/locale"
)

const personColumns = `p.id, COALESCE(p.account_id, ''), p.name, p.email, COALESCE(p.unit_id, ''), p.external_id, p.user_name, p.origin,
	COALESCE(p.ended_at, 0), p.version, p.created_at, p.updated_at`

func scanPerson(scan func(...any) error) (Person, error) {
	var p Person
	var ended, created, updated int64
	err := scan(&p.ID, &p.Account, &p.Name, &p.Email, &p.Unit, &p.ExternalID, &p.UserName, &p.Origin, &ended, &p.Version, &created, &updated)
	p.Created, p.Updated = db.FromMillis(created), db.FromMillis(updated)
	if ended != 0 {
		p.Ended = db.FromMillis(ended)
	}
	return p, err
}

// persons reads the organisation's people that a condition holds, in Swedish order. Its first parameter is $2.
func persons(ctx context.Context, tx *db.Tx, org access.OrganisationID, condition string, args ...any) ([]Person, error) {
	out, err := db.All(ctx, tx, scanPerson, `SELECT `+personColumns+` FROM person p WHERE p.organisation_id = $1 AND `+condition+` ORDER BY p.id`,
		append([]any{org}, args...)...)
	if err != nil {
		return nil, fmt.Errorf("read people: %w", err)
	}
	locale.Sort(out, func(p Person) string { return p.Name })
	return out, nil
}

// onePerson is persons for a condition that at most one fulfils.
func onePerson(ctx context.Context, tx *db.Tx, org access.OrganisationID, condition string, args ...any) (Person, error) {
	out, err := persons(ctx, tx, org, condition, args...)
	if err != nil {
		return Person{}, err
	}
	if len(out) != 1 {
		return Person{}, db.ErrNotFound
	}
	return out[0], nil
}

// GetPerson reads one person.
func GetPerson(ctx context.Context, tx *db.Tx, org access.OrganisationID, id ids.ID[Person]) (Person, error) {
	return onePerson(ctx, tx, org, `p.id = $2`, id)
}

func insertPerson(ctx context.Context, tx *db.Tx, org access.OrganisationID, p *Person) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO person (id, organisation_id, account_id, name, folded, email, unit_id, external_id, user_name, user_folded, origin, created_at, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12)`,
		p.ID, org, none(p.Account), p.Name, locale.Fold(p.Name), p.Email, none(p.Unit), p.ExternalID, p.UserName, locale.Fold(p.UserName), p.Origin, db.Millis(tx.Now))
	p.Version, p.Created, p.Updated = 1, tx.Now, tx.Now
	return err
}

// none stores an id that was never set as NULL.
func none[T any](id ids.ID[T]) any {
	if id.IsZero() {
		return nil
	}
	return id
}

// updatePerson writes what may change of a person, when nobody else has since it was read.
func updatePerson(ctx context.Context, tx *db.Tx, org access.OrganisationID, p *Person) error {
	n, err := tx.Exec(ctx, `
		UPDATE person SET name = $1, folded = $2, email = $3, unit_id = $4, external_id = $5, user_name = $6, user_folded = $7,
			version = version + 1, updated_at = $8
		WHERE organisation_id = $9 AND id = $10 AND version = $11`,
		p.Name, locale.Fold(p.Name), p.Email, none(p.Unit), p.ExternalID, p.UserName, locale.Fold(p.UserName), db.Millis(tx.Now), org, p.ID, p.Version)
	if err != nil {
		return err
	}
	if n == 0 {
		return db.ErrConflict
	}
	p.Version++
	p.Updated = tx.Now
	return nil
}

// setEnded notes that a person has left, or is back.
func setEnded(ctx context.Context, tx *db.Tx, org access.OrganisationID, p *Person, ended bool) error {
	var at any
	if ended {
		at = db.Millis(tx.Now)
	}
	_, err := tx.Exec(ctx, `UPDATE person SET ended_at = $1, version = version + 1, updated_at = $2 WHERE organisation_id = $3 AND id = $4`,
		at, db.Millis(tx.Now), org, p.ID)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `UPDATE account SET disabled_at = $1 WHERE organisation_id = $2 AND id = $3`, at, org, p.Account)
	p.Version++
	p.Updated = tx.Now
	return err
}

// taken reports whether somebody else has an external id or a user name.
func taken(ctx context.Context, tx *db.Tx, org access.OrganisationID, p *Person) (bool, error) {
	n := 0
	err := db.One(tx.QueryRow(ctx, `
		SELECT COUNT(*) FROM person WHERE organisation_id = $1 AND id <> $2 AND ($3 <> '' AND external_id = $3 OR $4 <> '' AND user_folded = $4)`,
		org, p.ID, p.ExternalID, locale.Fold(p.UserName)), &n)
	return n > 0, err
}

const assignmentColumns = `a.id, a.person_id, a.role, COALESCE(a.unit_id, ''), a.source, a.granted_by, a.granted_at, COALESCE(a.ended_at, 0)`

func scanAssignment(scan func(...any) error) (Assignment, error) {
	var a Assignment
	var granted, ended int64
	err := scan(&a.ID, &a.Person, &a.Role, &a.Unit, &a.Source, &a.GrantedBy, &granted, &ended)
	a.Granted = db.FromMillis(granted)
	if ended != 0 {
		a.Ended = db.FromMillis(ended)
	}
	return a, err
}

// assignments reads roles that a condition holds, oldest first. Its first parameter is $2.
func assignments(ctx context.Context, tx *db.Tx, org access.OrganisationID, condition string, args ...any) ([]Assignment, error) {
	out, err := db.All(ctx, tx, scanAssignment, `SELECT `+assignmentColumns+` FROM assignment a WHERE a.organisation_id = $1 AND `+condition+`
		ORDER BY a.granted_at, a.id`, append([]any{org}, args...)...)
	if err != nil {
		return nil, fmt.Errorf("read roles: %w", err)
	}
	return out, nil
}

// held reads the roles that a person holds now.
func held(ctx context.Context, tx *db.Tx, org access.OrganisationID, p ids.ID[Person]) ([]Assignment, error) {
	return assignments(ctx, tx, org, `a.person_id = $2 AND a.ended_at IS NULL`, p)
}

// grant gives a role, unless the person holds it.
func grant(ctx context.Context, tx *db.Tx, org access.OrganisationID, a *Assignment) (bool, error) {
	n, err := tx.Exec(ctx, `
		INSERT INTO assignment (id, organisation_id, person_id, role, unit_id, source, granted_by, granted_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING`,
		ids.New[Assignment](), org, a.Person, a.Role, none(a.Unit), a.Source, a.GrantedBy, db.Millis(tx.Now))
	if err != nil || n == 0 || a.Role != access.Administrator {
		return n > 0, err
	}
	// One who has used an invitation is told of: whoever sent it may hold their passkey.
	p, err := GetPerson(ctx, tx, org, a.Person)
	if err != nil || p.Account.IsZero() {
		return true, err
	}
	return true, passkey.TellOfInvited(ctx, tx, org, p.Account)
}

// endRole ends a role that a person holds.
func endRole(ctx context.Context, tx *db.Tx, org access.OrganisationID, id ids.ID[Assignment]) error {
	_, err := tx.Exec(ctx, `UPDATE assignment SET ended_at = $1 WHERE organisation_id = $2 AND id = $3 AND ended_at IS NULL`, db.Millis(tx.Now), org, id)
	return err
}

// Administrators gives the persons who are administrators now and can sign in: they have not left, their account is not disabled, and
// they have used a way of signing in. It is what decisions by two people ask.
func Administrators(ctx context.Context, tx *db.Tx, org access.OrganisationID) ([]string, error) {
	out, err := db.All(ctx, tx, func(scan func(...any) error) (string, error) {
		var id string
		return id, scan(&id)
	}, `SELECT p.id FROM person p JOIN account c ON c.id = p.account_id AND c.organisation_id = p.organisation_id
		WHERE p.organisation_id = $1 AND p.ended_at IS NULL AND c.disabled_at IS NULL
		AND EXISTS (SELECT 1 FROM assignment a WHERE a.organisation_id = $1 AND a.person_id = p.id AND a.role = $2 AND a.unit_id IS NULL AND a.ended_at IS NULL)
		AND EXISTS (SELECT 1 FROM account_identity i WHERE i.organisation_id = $1 AND i.account_id = c.id AND i.last_used_at > 0)
		AND NOT EXISTS (SELECT 1 FROM enrolment e WHERE e.organisation_id = $1 AND e.account_id = c.id AND e.used_at IS NOT NULL
			AND (e.used_at > $3 OR NOT EXISTS (SELECT 1 FROM assignment a WHERE a.organisation_id = $1 AND a.person_id = p.id AND a.role = $2
				AND a.unit_id IS NULL AND a.ended_at IS NULL AND a.granted_at <= $3)))
		ORDER BY p.id`, org, access.Administrator, db.Millis(tx.Now.Add(-passkey.Handed)))
	if err != nil {
		return nil, fmt.Errorf("read administrators: %w", err)
	}
	return out, nil
}

// Able gives the persons who may do an action to something of a unit by the roles that they hold now, and can sign in: they have not left, their
// account is not disabled, and they have used a way of signing in.
func Able(ctx context.Context, tx *db.Tx, org access.OrganisationID, action string, unit access.UnitID) ([]string, error) {
	list, err := assignments(ctx, tx, org, `a.ended_at IS NULL AND EXISTS (
		SELECT 1 FROM person p JOIN account c ON c.id = p.account_id AND c.organisation_id = p.organisation_id
		WHERE p.organisation_id = $1 AND p.id = a.person_id AND p.ended_at IS NULL AND c.disabled_at IS NULL
		AND EXISTS (SELECT 1 FROM account_identity i WHERE i.organisation_id = $1 AND i.account_id = c.id AND i.last_used_at > 0))`)
	if err != nil {
		return nil, err
	}
	tree, err := ReadTree(ctx, tx, org)
	if err != nil {
		return nil, err
	}
	var out []string
	for i := range list {
		a := access.Actor{ID: list[i].Person.String(), Organisation: org}
		if list[i].Unit.IsZero() {
			a.Roles = []access.Role{list[i].Role}
		} else {
			a.Held = []access.Held{tree.Hold(list[i].Role, list[i].Unit)}
		}
		if access.AllowedAt(a, action, unit) && !slices.Contains(out, a.ID) {
			out = append(out, a.ID)
		}
	}
	return out, nil
}

// countAdministrators counts the persons who have the role of administrator and have not left, whether they have signed in or not.
func countAdministrators(ctx context.Context, tx *db.Tx, org access.OrganisationID) (int, error) {
	n := 0
	err := db.One(tx.QueryRow(ctx, `
		SELECT COUNT(DISTINCT p.id) FROM person p JOIN assignment a ON a.person_id = p.id AND a.organisation_id = p.organisation_id
		WHERE p.organisation_id = $1 AND p.ended_at IS NULL AND a.role = $2 AND a.unit_id IS NULL AND a.ended_at IS NULL`, org, access.Administrator), &n)
	return n, err
}

// known finds the account of a sign-in.
func known(ctx context.Context, tx *db.Tx, p *auth.Proof) (ids.ID[auth.Account], bool, error) {
	var id ids.ID[auth.Account]
	var disabled bool
	err := db.One(tx.QueryRow(ctx, `
		SELECT c.id, c.disabled_at IS NOT NULL FROM account_identity i JOIN account c ON c.id = i.account_id AND c.organisation_id = i.organisation_id
		WHERE i.organisation_id = $1 AND i.issuer = $2 AND i.subject = $3`, p.Organisation, p.Issuer, p.Subject), &id, &disabled)
	return id, disabled, err
}

// remember notes that a sign-in was used.
func remember(ctx context.Context, tx *db.Tx, p *auth.Proof, account ids.ID[auth.Account]) error {
	_, err := tx.Exec(ctx, `
		UPDATE account_identity SET last_used_at = $1 WHERE organisation_id = $2 AND issuer = $3 AND subject = $4 AND account_id = $5`,
		db.Millis(tx.Now), p.Organisation, p.Issuer, p.Subject, account)
	return err
}

// newAccount makes an account for a person.
func newAccount(ctx context.Context, tx *db.Tx, org access.OrganisationID, p *Person) error {
	p.Account = ids.New[auth.Account]()
	_, err := tx.Exec(ctx, `INSERT INTO account (id, organisation_id, created_at) VALUES ($1, $2, $3)`, p.Account, org, db.Millis(tx.Now))
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `UPDATE person SET account_id = $1 WHERE organisation_id = $2 AND id = $3`, p.Account, org, p.ID)
	return err
}

// Rules reads what the claims of an issuer mean; of all when it is empty.
func Rules(ctx context.Context, tx *db.Tx, org access.OrganisationID, issuer string) ([]Rule, error) {
	out, err := db.All(ctx, tx, func(scan func(...any) error) (Rule, error) {
		var r Rule
		return r, scan(&r.ID, &r.Issuer, &r.Effect, &r.Claim, &r.Value, &r.Role, &r.Unit)
	}, `SELECT id, issuer, effect, claim, value, role, COALESCE(unit_id, '') FROM arrival_rule
		WHERE organisation_id = $1 AND ($2 = '' OR issuer = $2) ORDER BY issuer, created_at, id`, org, issuer)
	if err != nil {
		return nil, fmt.Errorf("read arrival rules: %w", err)
	}
	return out, nil
}

func insertRule(ctx context.Context, tx *db.Tx, org access.OrganisationID, r *Rule) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO arrival_rule (id, organisation_id, issuer, effect, claim, value, role, unit_id, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		r.ID, org, r.Issuer, r.Effect, r.Claim, r.Value, r.Role, none(r.Unit), db.Millis(tx.Now))
	return err
}

func deleteRule(ctx context.Context, tx *db.Tx, org access.OrganisationID, id ids.ID[Rule]) (int64, error) {
	return tx.Exec(ctx, `DELETE FROM arrival_rule WHERE organisation_id = $1 AND id = $2`, org, id)
}

// ReadChart reads the organisation's units in the order that they are shown.
func ReadChart(ctx context.Context, tx *db.Tx, org access.OrganisationID) (*Chart, error) {
	units, err := Units(ctx, tx, org)
	if err != nil {
		return nil, err
	}
	return NewChart(units), nil
}

func saveUnit(ctx context.Context, tx *db.Tx, org access.OrganisationID, n *Unit) error {
	var other access.UnitID
	err := db.One(tx.QueryRow(ctx, `SELECT id FROM unit WHERE organisation_id = $1 AND folded = $2 AND id <> $3`, org, locale.Fold(n.Name), n.ID), &other)
	if err == nil {
		return ErrUnitName
	}
	if !errors.Is(err, db.ErrNotFound) {
		return err
	}
	_, err = tx.Exec(ctx, `
		INSERT INTO unit (id, organisation_id, name, folded, parent_id, created_at) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (id) DO UPDATE SET name = excluded.name, folded = excluded.folded WHERE unit.organisation_id = excluded.organisation_id`,
		n.ID, org, n.Name, locale.Fold(n.Name), none(n.Parent), db.Millis(tx.Now))
	return err
}

// List gives the ids of every organisation, for what runs for each of them.
func List(ctx context.Context, d *db.DB) ([]access.OrganisationID, error) {
	var out []access.OrganisationID
	err := d.Read(ctx, db.Installation, func(tx *db.Tx) error {
		all, err := list(ctx, tx)
		for _, o := range all {
			out = append(out, o.ID)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list organisations: %w", err)
	}
	return out, nil
}

// tieIdentity ties a sign-in to an account, if it is not tied to any.
func tieIdentity(ctx context.Context, tx *db.Tx, p *auth.Proof, account ids.ID[auth.Account]) (int64, error) {
	return tx.Exec(ctx, `
		INSERT INTO account_identity (organisation_id, issuer, subject, account_id, created_at, last_used_at) VALUES ($1, $2, $3, $4, $5, $5)
		ON CONFLICT DO NOTHING`, p.Organisation, p.Issuer, p.Subject, account, db.Millis(tx.Now))
}

// accountState tells whether an account is disabled, and whether it is tied to a sign-in of the proof's issuer.
func accountState(ctx context.Context, tx *db.Tx, p *auth.Proof, account ids.ID[auth.Account]) (disabled, tied bool, err error) {
	err = db.One(tx.QueryRow(ctx, `
		SELECT c.disabled_at IS NOT NULL, EXISTS (
			SELECT 1 FROM account_identity i WHERE i.organisation_id = $1 AND i.account_id = c.id AND i.issuer = $3)
		FROM account c WHERE c.organisation_id = $1 AND c.id = $2`, p.Organisation, account, p.Issuer), &disabled, &tied)
	return disabled, tied, err
}

// PersonOf finds the person who an actor is: a session's actor is a person, and one whose sealed key was used an account. ErrNotFound when
// the actor is nobody here, as for the command line.
func PersonOf(ctx context.Context, tx *db.Tx, org access.OrganisationID, actor string) (Person, error) {
	p, err := onePerson(ctx, tx, org, `(p.id = $2 OR p.account_id = $2)`, actor)
	if err != nil {
		return Person{}, fmt.Errorf("read person of actor: %w", err)
	}
	return p, nil
}
