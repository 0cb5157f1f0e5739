// SPDX-License-Identifier: EUPL-1.2

package app

import (
	"context"
	"fmt"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/db"
)

// What the example can have made.
const (
	madeImport      = "import"
	madeUnit        = "unit"
	madeSupplier    = "supplier"
	madeInformation = "information"
	madeProcessing  = "processing"
	madePurchase    = "purchase"
	madeIncident    = "incident"
	madeDraft       = "draft"
	madeCampaign    = "campaign"
	madeSignIns     = "sign-ins"
	madeLink        = "link"
)

// exampleMade reads what the example made in an organisation, by kind.
func exampleMade(ctx context.Context, tx *db.Tx, org access.OrganisationID) (map[string][]string, error) {
	out := map[string][]string{}
	_, err := db.All(ctx, tx, func(scan func(...any) error) (struct{}, error) {
		var kind, id string
		err := scan(&kind, &id)
		out[kind] = append(out[kind], id)
		return struct{}{}, err
	}, `SELECT kind, object_id FROM example_object WHERE organisation_id = $1 ORDER BY kind, object_id`, org)
	if err != nil {
		return nil, fmt.Errorf("read what the example made: %w", err)
	}
	return out, nil
}

func markExample(ctx context.Context, tx *db.Tx, org access.OrganisationID, kind string, list []string) error {
	rows := make([][]any, len(list))
	for i, id := range list {
		rows[i] = []any{org, kind, id}
	}
	if err := tx.Insert(ctx, `INSERT INTO example_object (organisation_id, kind, object_id) VALUES`, `ON CONFLICT DO NOTHING`, rows); err != nil {
		return fmt.Errorf("note what the example made: %w", err)
	}
	return nil
}

func forgetExample(ctx context.Context, tx *db.Tx, org access.OrganisationID) error {
	if _, err := tx.Exec(ctx, `DELETE FROM example_object WHERE organisation_id = $1`, org); err != nil {
		return fmt.Errorf("forget the example: %w", err)
	}
	return nil
}
