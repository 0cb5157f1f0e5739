// SPDX-License-Identifier: EUPL-1.2

package requirement

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/organisation"
	"github.com/insegel/insegel/internal/system"
)

// fewSystems is how many ids are worth naming in a query.
const fewSystems = 500

// Answers reads the current answers of some systems (all of the organisation's when there are many), by system and requirement.
func Answers(ctx context.Context, tx *db.Tx, org access.OrganisationID, systems []ids.ID[system.System]) (map[ids.ID[system.System]]map[string]Answer, error) {
	where, args := `organisation_id = $1`, []any{org}
	if len(systems) <= fewSystems {
		marks := []string{"''"}
		for i, id := range systems {
			args = append(args, id)
			marks = append(marks, "$"+strconv.Itoa(i+2))
		}
		where += ` AND system_id IN (` + strings.Join(marks, ", ") + `)`
	}
	out := map[ids.ID[system.System]]map[string]Answer{}
	_, err := db.All(ctx, tx, func(scan func(...any) error) (struct{}, error) {
		var id ids.ID[system.System]
		var a Answer
		var at int64
		var row ids.ID[Answer]
		if err := scan(&id, &a.Requirement, &a.Version, &a.Status, &a.KnownBy, &a.KnownOn, &a.Note, &a.By, &at, &row); err != nil {
			return struct{}{}, err
		}
		var err error
		a.Note, err = tx.Open(ctx, noteCell(row), a.Note)
		a.At = db.FromMillis(at)
		if out[id] == nil {
			out[id] = map[string]Answer{}
		}
		out[id][a.Requirement] = a
		return struct{}{}, err
	}, `SELECT system_id, requirement_id, requirement_version, status, known_by, known_on, note, answered_by, answered_at, id
		FROM requirement_answer WHERE `+where+` AND superseded_at IS NULL`, args...)
	if err != nil {
		return nil, fmt.Errorf("read answers: %w", err)
	}
	return out, nil
}

// Figures reads the organisation's own figures in the texts of requirements, by requirement and key.
func Figures(ctx context.Context, tx *db.Tx, c *catalogue.Catalogue, org access.OrganisationID) (map[string]map[string]int, error) {
	settings, err := organisation.Settings(ctx, tx, org, settingPrefix)
	if err != nil {
		return nil, err
	}
	return parseFigures(c, settings), nil
}

// saveAnswer writes a new current answer; the one before is kept as history.
func saveAnswer(ctx context.Context, tx *db.Tx, org access.OrganisationID, id ids.ID[system.System], a Answer) error {
	now, row := db.Millis(tx.Now), ids.New[Answer]()
	note, err := tx.Seal(ctx, noteCell(row), a.Note)
	if err != nil {
		return err
	}
	over := int64(-1) // whichever stands
	if a.Over != nil {
		over = *a.Over
	}
	// Only the answer that was seen is superseded: on PostgreSQL another may have come since it was read.
	_, err = tx.Exec(ctx, `
		UPDATE requirement_answer SET superseded_at = $1
		WHERE organisation_id = $2 AND system_id = $3 AND requirement_id = $4 AND superseded_at IS NULL AND (CAST($5 AS BIGINT) < 0 OR answered_at = $5)`,
		now, org, id, a.Requirement, over)
	if err != nil {
		return err
	}
	n, err := tx.Exec(ctx, `
		INSERT INTO requirement_answer (id, organisation_id, system_id, requirement_id, requirement_version, status, known_by, known_on, note, answered_by, answered_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT DO NOTHING`,
		row, org, id, a.Requirement, a.Version, a.Status, a.KnownBy, a.KnownOn, note, a.By, db.Millis(a.At))
	if err == nil && n == 0 { // somebody else has answered meanwhile
		return db.ErrConflict
	}
	return err
}

// Sealed are the texts of the slice that lie encrypted in the database.
var Sealed = []db.Sealed{
	{Table: "requirement_answer", Columns: []string{"note"}, Key: []string{"id"}},
	{Table: "requirement_demand", Columns: []string{"text"}, Key: []string{"system_id", "requirement_id", "kind", "ref"}},
}

func noteCell(row ids.ID[Answer]) db.Cell { return Sealed[0].Cell("note", row.String()) }

// Holds tells which of some systems have answers.
func Holds(ctx context.Context, tx *db.Tx, org access.OrganisationID, systems []ids.ID[system.System]) (map[ids.ID[system.System]]bool, error) {
	out, err := system.Held(ctx, tx, systems, `SELECT DISTINCT system_id FROM requirement_answer WHERE organisation_id = $1`, org)
	if err != nil {
		return nil, fmt.Errorf("find systems with answers: %w", err)
	}
	return out, nil
}

// Remove takes away the answers of systems that are being removed.
func Remove(ctx context.Context, tx *db.Tx, org access.OrganisationID, systems []ids.ID[system.System]) error {
	for _, id := range systems {
		if _, err := tx.Exec(ctx, `DELETE FROM requirement_answer WHERE organisation_id = $1 AND system_id = $2`, org, id); err != nil {
			return fmt.Errorf("remove answers: %w", err)
		}
		if _, err := tx.Exec(ctx, `DELETE FROM requirement_demand WHERE organisation_id = $1 AND system_id = $2`, org, id); err != nil {
			return fmt.Errorf("remove what is demanded: %w", err)
		}
	}
	return nil
}
