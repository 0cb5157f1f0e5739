// SPDX-License-Identifier: EUPL-1.2

package organisation

import (
	"context"
	"fmt"
	"strings"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/auth"
	"github.com/insegel/insegel/internal/db"
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
