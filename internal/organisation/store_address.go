// SPDX-License-Identifier: EUPL-1.2

package organisation

import (
	"context"
	"fmt"
	"strings"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/auth"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
)

// Addresses gives the e-mail addresses of those who hold one of the roles in the whole organisation, with the language of their last
// sign-in. Whoever has none is left out.
func Addresses(ctx context.Context, tx *db.Tx, org access.OrganisationID, roles ...access.Role) ([]auth.Contact, error) {
	names := make([]string, len(roles))
	for i, r := range roles {
		names[i] = string(r)
	}
	out, err := db.All(ctx, tx, func(scan func(...any) error) (auth.Contact, error) {
		var c auth.Contact
		return c, scan(&c.Email, &c.Lang)
	}, `SELECT p.email, MAX(COALESCE(c.lang, '')) FROM person p
		JOIN assignment a ON a.person_id = p.id AND a.organisation_id = p.organisation_id
		LEFT JOIN account c ON c.id = p.account_id AND c.organisation_id = p.organisation_id
		WHERE p.organisation_id = $1 AND p.email <> '' AND p.ended_at IS NULL AND a.ended_at IS NULL AND a.unit_id IS NULL
			AND ',' || $2 || ',' LIKE '%,' || a.role || ',%'
		GROUP BY p.email ORDER BY p.email`, org, strings.Join(names, ","))
	if err != nil {
		return nil, fmt.Errorf("find addresses: %w", err)
	}
	return out, nil
}

// Reached is how a person is reached.
type Reached struct {
	Person ids.ID[Person]
	auth.Contact
}

// Contacts gives how everybody who is still here is reached, by person, in the language of their last sign-in. Whoever has no address is
// left out.
func Contacts(ctx context.Context, tx *db.Tx, org access.OrganisationID) (map[ids.ID[Person]]auth.Contact, error) {
	out := map[ids.ID[Person]]auth.Contact{}
	_, err := db.All(ctx, tx, func(scan func(...any) error) (struct{}, error) {
		var id ids.ID[Person]
		var c auth.Contact
		err := scan(&id, &c.Email, &c.Lang)
		out[id] = c
		return struct{}{}, err
	}, `SELECT p.id, p.email, COALESCE(c.lang, '') FROM person p LEFT JOIN account c ON c.id = p.account_id AND c.organisation_id = p.organisation_id
		WHERE p.organisation_id = $1 AND p.email <> '' AND p.ended_at IS NULL`, org)
	if err != nil {
		return nil, fmt.Errorf("find addresses: %w", err)
	}
	return out, nil
}

// Holders gives, by unit, the people who hold a role in the unit itself, with how they are reached where they have an address.
func Holders(ctx context.Context, tx *db.Tx, org access.OrganisationID, role access.Role) (map[access.UnitID][]Reached, error) {
	out := map[access.UnitID][]Reached{}
	_, err := db.All(ctx, tx, func(scan func(...any) error) (struct{}, error) {
		var unit access.UnitID
		var r Reached
		err := scan(&unit, &r.Person, &r.Email, &r.Lang)
		out[unit] = append(out[unit], r)
		return struct{}{}, err
	}, `SELECT a.unit_id, p.id, p.email, COALESCE(c.lang, '') FROM assignment a
		JOIN person p ON p.id = a.person_id AND p.organisation_id = a.organisation_id
		LEFT JOIN account c ON c.id = p.account_id AND c.organisation_id = p.organisation_id
		WHERE a.organisation_id = $1 AND a.role = $2 AND a.unit_id IS NOT NULL AND a.ended_at IS NULL AND p.ended_at IS NULL ORDER BY a.unit_id, p.id`, org, string(role))
	if err != nil {
		return nil, fmt.Errorf("find who holds a role: %w", err)
	}
	return out, nil
}
