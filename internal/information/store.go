// SPDX-License-Identifier: EUPL-1.2

package information

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/locale"
)

const columns = `i.id, i.name, i.type_id, i.type_version, i.note`

// Sealed are the texts of the slice that lie encrypted in the database.
var Sealed = []db.Sealed{{Table: "information", Columns: []string{"note"}, Key: []string{"id"}}}

// NoteCell is where the note of a piece of information stands.
func NoteCell(id ids.ID[Information]) db.Cell { return Sealed[0].Cell("note", id.String()) }

// scanInformation reads a piece of information in the transaction, which opens its note.
func scanInformation(ctx context.Context, tx *db.Tx) func(scan func(...any) error) (Information, error) {
	return func(scan func(...any) error) (Information, error) {
		var i Information
		err := scan(&i.ID, &i.Name, &i.TypeID, &i.TypeVersion, &i.Note)
		if err == nil {
			i.Note, err = tx.Open(ctx, NoteCell(i.ID), i.Note)
		}
		return i, err
	}
}

// All lists the organisation's information in Swedish order, with its own facts.
func All(ctx context.Context, tx *db.Tx, org access.OrganisationID) ([]Information, error) {
	out, err := db.All(ctx, tx, scanInformation(ctx, tx), `SELECT `+columns+` FROM information i WHERE i.organisation_id = $1`, org)
	if err != nil {
		return nil, fmt.Errorf("read information: %w", err)
	}
	type fact struct {
		id ids.ID[Information]
		catalogue.Statement
	}
	facts, err := db.All(ctx, tx, func(scan func(...any) error) (fact, error) {
		var f fact
		return f, scan(&f.id, &f.Fact, &f.Value)
	}, `SELECT information_id, fact, value FROM information_fact WHERE organisation_id = $1 ORDER BY information_id, fact, value`, org)
	if err != nil {
		return nil, fmt.Errorf("read facts of information: %w", err)
	}
	byID := map[ids.ID[Information]][]catalogue.Statement{}
	for _, f := range facts {
		byID[f.id] = append(byID[f.id], f.Statement)
	}
	for n := range out {
		out[n].Facts = byID[out[n].ID]
	}
	locale.Sort(out, func(i Information) string { return i.Name })
	return out, nil
}

// EnsureTypes makes the organisation's information for the library types that it does not have yet, and gives the id of each.
func EnsureTypes(ctx context.Context, tx *db.Tx, org access.OrganisationID, types []*catalogue.InformationType) (map[string]ids.ID[Information], error) {
	var rows [][]any
	seen := map[string]bool{}
	for _, t := range types {
		if !seen[t.ID] {
			seen[t.ID] = true
			rows = append(rows, []any{ids.New[Information](), org, t.Name.SV, locale.Fold(t.Name.SV), t.ID, t.Version, db.Millis(tx.Now)})
		}
	}
	err := tx.Insert(ctx, `INSERT INTO information (id, organisation_id, name, folded, type_id, type_version, created_at) VALUES`,
		`ON CONFLICT (organisation_id, folded) DO NOTHING`, rows)
	if err != nil {
		return nil, fmt.Errorf("save information: %w", err)
	}
	all, err := db.All(ctx, tx, scanInformation(ctx, tx), `SELECT `+columns+` FROM information i WHERE i.organisation_id = $1`, org)
	if err != nil {
		return nil, fmt.Errorf("read information: %w", err)
	}
	out := make(map[string]ids.ID[Information], len(types))
	byFolded := map[string]ids.ID[Information]{}
	for _, i := range all {
		byFolded[locale.Fold(i.Name)] = i.ID
		if i.TypeID != "" {
			out[i.TypeID] = i.ID
		}
	}
	for _, t := range types { // the organisation may have its own under the same name
		if _, ok := out[t.ID]; !ok {
			out[t.ID] = byFolded[locale.Fold(t.Name.SV)]
		}
	}
	return out, nil
}

// Save makes the organisation's own information, or gives the id of the one that has the name already. That one is left as it is:
// other systems hold it too, and what was said of it counts for them. With other facts it is ErrNameTaken.
func Save(ctx context.Context, tx *db.Tx, org access.OrganisationID, i Information) (ids.ID[Information], error) {
	fresh := ids.New[Information]()
	id := fresh
	note, err := tx.Seal(ctx, NoteCell(fresh), i.Note)
	if err != nil {
		return "", err
	}
	err = db.One(tx.QueryRow(ctx, `
		INSERT INTO information (id, organisation_id, name, folded, type_id, type_version, note, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
		ON CONFLICT (organisation_id, folded) DO UPDATE SET note = information.note RETURNING id`,
		id, org, i.Name, locale.Fold(i.Name), i.TypeID, i.TypeVersion, note, db.Millis(tx.Now)), &id)
	if err != nil {
		return "", fmt.Errorf("save information: %w", err)
	}
	if id != fresh {
		if err := checkFacts(ctx, tx, org, id, i); err != nil {
			return "", err
		}
		return id, nil
	}
	var rows [][]any
	for _, f := range i.Facts {
		rows = append(rows, []any{id, org, f.Fact, f.Value})
	}
	err = tx.Insert(ctx, `INSERT INTO information_fact (information_id, organisation_id, fact, value) VALUES`, `ON CONFLICT DO NOTHING`, rows)
	if err != nil {
		return "", fmt.Errorf("save facts of information: %w", err)
	}
	return id, nil
}

// checkFacts refuses information whose facts are not those that its name stands for already. Their order does not matter.
func checkFacts(ctx context.Context, tx *db.Tx, org access.OrganisationID, id ids.ID[Information], i Information) error {
	there, err := db.All(ctx, tx, func(scan func(...any) error) (catalogue.Statement, error) {
		var f catalogue.Statement
		return f, scan(&f.Fact, &f.Value)
	}, `SELECT fact, value FROM information_fact WHERE organisation_id = $1 AND information_id = $2`, org, id)
	if err != nil {
		return fmt.Errorf("read facts of information: %w", err)
	}
	if !slices.Equal(inOrder(there), inOrder(i.Facts)) {
		return fmt.Errorf("save information %q: %w", i.Name, ErrNameTaken)
	}
	return nil
}

// inOrder gives each fact once, in an order of its own.
func inOrder(facts []catalogue.Statement) []catalogue.Statement {
	out := slices.Clone(facts)
	slices.SortFunc(out, func(a, b catalogue.Statement) int {
		return cmp.Or(strings.Compare(a.Fact, b.Fact), strings.Compare(a.Value, b.Value))
	})
	return slices.Compact(out)
}

// Clear takes away information that nothing holds any more, and leaves the rest.
func Clear(ctx context.Context, tx *db.Tx, org access.OrganisationID, list []ids.ID[Information]) error {
	for _, id := range list {
		err := tx.Attempt(ctx, func() error {
			if _, err := tx.Exec(ctx, `DELETE FROM information_fact WHERE organisation_id = $1 AND information_id = $2`, org, id); err != nil {
				return err
			}
			_, err := tx.Exec(ctx, `DELETE FROM information WHERE organisation_id = $1 AND id = $2`, org, id)
			return err
		})
		if err != nil && ctx.Err() != nil {
			return fmt.Errorf("clear information: %w", err)
		}
	}
	return nil
}
