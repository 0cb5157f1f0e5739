// SPDX-License-Identifier: EUPL-1.2

package finding

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/organisation"
	"github.com/insegel/insegel/internal/system"
)

// Sealed are the texts of the slice that lie encrypted in the database.
var Sealed = []db.Sealed{
	{Table: "finding_key", Columns: []string{"secret"}, Key: []string{"organisation_id"}},
	{Table: "finding_source", Columns: []string{"place", "secret"}, Key: []string{"id"}},
	{Table: "finding_chunk", Columns: []string{"what", "fault"}, Key: []string{"id"}},
	{Table: "finding_place", Columns: []string{"path", "note", "dispute"}, Key: []string{"id"}},
	{Table: "finding_object", Columns: []string{"path", "skips", "looks_like"}, Key: []string{"id"}},
	{Table: "finding_rule", Columns: []string{"reason"}, Key: []string{"id"}},
	{Table: "finding", Columns: []string{"detail"}, Key: []string{"id"}},
}

func keyCell(org access.OrganisationID) db.Cell { return Sealed[0].Cell("secret", org.String()) }
func sourceCell(column string, id ids.ID[Source]) db.Cell {
	return Sealed[1].Cell(column, id.String())
}

func chunkCell(column string, id ids.ID[chunk]) db.Cell { return Sealed[2].Cell(column, id.String()) }

func placeCell(column string, id ids.ID[Place]) db.Cell { return Sealed[3].Cell(column, id.String()) }

func objectCell(column string, id ids.ID[Object]) db.Cell {
	return Sealed[4].Cell(column, id.String())
}
func ruleCell(id ids.ID[Rule]) db.Cell { return Sealed[5].Cell("reason", id.String()) }
func heldCell(id ids.ID[Held]) db.Cell { return Sealed[6].Cell("detail", id.String()) }

// sealJSON seals a value as JSON; a nil one is an empty text.
func sealJSON(ctx context.Context, tx *db.Tx, c db.Cell, v any) (string, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return "", fmt.Errorf("write %s: %w", c.Column, err)
	}
	return tx.Seal(ctx, c, string(b))
}

// openJSON opens what sealJSON sealed.
func openJSON(ctx context.Context, tx *db.Tx, c db.Cell, sealed string, v any) error {
	text, err := tx.Open(ctx, c, sealed)
	if err != nil || text == "" {
		return err
	}
	if err := json.Unmarshal([]byte(text), v); err != nil {
		return fmt.Errorf("read %s: %w", c.Column, err)
	}
	return nil
}

// secretOf reads the organisation's key of fingerprints and of keyed hashes, which is drawn the first time that it is needed. It lies
// sealed with the organisation's own key, so that who destroys that one destroys every fingerprint's meaning.
func secretOf(ctx context.Context, tx *db.Tx, org access.OrganisationID) ([]byte, error) {
	var sealed string
	err := db.One(tx.QueryRow(ctx, `SELECT secret FROM finding_key WHERE organisation_id = $1`, org), &sealed)
	if errors.Is(err, db.ErrNotFound) {
		secret := make([]byte, 32)
		_, _ = rand.Read(secret) // it never fails: it ends the program instead
		if sealed, err = tx.Seal(ctx, keyCell(org), base64.RawStdEncoding.EncodeToString(secret)); err != nil {
			return nil, err
		}
		// Of two who draw at once, one is kept.
		err = db.One(tx.QueryRow(ctx, `INSERT INTO finding_key (organisation_id, secret) VALUES ($1, $2)
			ON CONFLICT (organisation_id) DO UPDATE SET secret = finding_key.secret RETURNING secret`, org, sealed), &sealed)
	}
	if err != nil {
		return nil, fmt.Errorf("read key of findings: %w", err)
	}
	text, err := tx.Open(ctx, keyCell(org), sealed)
	if err != nil {
		return nil, err
	}
	return base64.RawStdEncoding.DecodeString(text)
}

const sourceColumns = `s.id, s.name, s.kind, s.root, s.place, s.username, s.secret, s.secret_from, s.detectors, s.row_limit, s.every_days,
	COALESCE(s.unit_id, ''), COALESCE(u.name, ''), s.owner_id, COALESCE(p.name, ''), COALESCE(s.system_id, ''), COALESCE(y.name, ''), COALESCE(y.slug, ''),
	s.status, s.created_by, s.created_at, s.approved_at, s.version`

const fromSources = ` FROM finding_source s
	LEFT JOIN unit u ON u.id = s.unit_id AND u.organisation_id = s.organisation_id
	LEFT JOIN person p ON p.id = s.owner_id AND p.organisation_id = s.organisation_id
	LEFT JOIN system y ON y.id = s.system_id AND y.organisation_id = s.organisation_id
	WHERE s.organisation_id = $1`

func scanSource(ctx context.Context, tx *db.Tx) func(scan func(...any) error) (Source, error) {
	return func(scan func(...any) error) (Source, error) {
		var s Source
		var detectors string
		var created, approved int64
		err := scan(&s.ID, &s.Name, &s.Kind, &s.Root, &s.Place, &s.User, &s.Secret, &s.SecretFrom, &detectors, &s.Rows, &s.EveryDays,
			&s.Unit, &s.UnitName, &s.Owner, &s.OwnerName, &s.System, &s.SystemName, &s.Slug, &s.Status, &s.By, &created, &approved, &s.Version)
		if err != nil {
			return s, err
		}
		s.Detectors, s.Created = strings.Fields(detectors), db.FromMillis(created)
		if approved > 0 {
			s.Approved = db.FromMillis(approved)
		}
		s.Place, err = tx.Open(ctx, sourceCell("place", s.ID), s.Place)
		return s, err
	}
}

// sources reads the sources of an organisation that lie within reach.
func sources(ctx context.Context, tx *db.Tx, org access.OrganisationID, r access.Reach) ([]Source, error) {
	where, args := system.InReach(r, "s.unit_id", []any{org})
	out, err := db.All(ctx, tx, scanSource(ctx, tx), `SELECT `+sourceColumns+fromSources+` AND `+where+` ORDER BY s.name, s.id`, args...)
	if err != nil {
		return nil, fmt.Errorf("read sources: %w", err)
	}
	return out, nil
}

func sourceOf(ctx context.Context, tx *db.Tx, org access.OrganisationID, id ids.ID[Source]) (Source, error) {
	row := tx.QueryRow(ctx, `SELECT `+sourceColumns+fromSources+` AND s.id = $2`, org, id)
	s, err := scanSource(ctx, tx)(func(dest ...any) error { return db.One(row, dest...) })
	if err != nil {
		return s, fmt.Errorf("read source: %w", err)
	}
	return s, nil
}

func null[T ~string](id T) any {
	if id == "" {
		return nil
	}
	return string(id)
}

func insertSource(ctx context.Context, tx *db.Tx, org access.OrganisationID, s *Source) error {
	place, err := tx.Seal(ctx, sourceCell("place", s.ID), s.Place)
	if err != nil {
		return err
	}
	secret, err := tx.Seal(ctx, sourceCell("secret", s.ID), s.Secret)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO finding_source (id, organisation_id, name, kind, root, place, username, secret, secret_from, detectors, row_limit,
			every_days, unit_id, owner_id, system_id, status, created_by, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)`,
		s.ID, org, s.Name, s.Kind, s.Root, place, s.User, secret, s.SecretFrom, strings.Join(s.Detectors, " "), s.Rows, s.EveryDays,
		null(s.Unit), s.Owner, null(s.System), s.Status, s.By, db.Millis(tx.Now))
	if err != nil {
		return fmt.Errorf("save source: %w", err)
	}
	return nil
}

// setSourceStatus changes a source's status, if it has one of those given; it tells how many rows were changed.
func setSourceStatus(ctx context.Context, tx *db.Tx, org access.OrganisationID, id ids.ID[Source], to SourceStatus, from ...SourceStatus) (int64, error) {
	approved := int64(0)
	if to == Approved {
		approved = db.Millis(tx.Now)
	}
	args := []any{to, approved, org, id}
	marks := make([]string, len(from))
	for i, f := range from {
		args = append(args, f)
		marks[i] = fmt.Sprintf("$%d", len(args))
	}
	n, err := tx.Exec(ctx, `UPDATE finding_source SET status = $1, approved_at = CASE WHEN $2 > 0 THEN $2 ELSE approved_at END, version = version + 1
		WHERE organisation_id = $3 AND id = $4 AND status IN (`+strings.Join(marks, ", ")+`)`, args...)
	if err != nil {
		return 0, fmt.Errorf("change source: %w", err)
	}
	return n, nil
}

// updateSource changes what does not need a second person: what it is called, who answers for it, whose it is, how often it is searched.
func updateSource(ctx context.Context, tx *db.Tx, org access.OrganisationID, s *Source) error {
	n, err := tx.Exec(ctx, `UPDATE finding_source SET name = $1, every_days = $2, owner_id = $3, system_id = $4, version = version + 1
		WHERE organisation_id = $5 AND id = $6 AND version = $7`, s.Name, s.EveryDays, s.Owner, null(s.System), org, s.ID, s.Version)
	if err != nil {
		return fmt.Errorf("change source: %w", err)
	}
	if n == 0 {
		return db.ErrConflict
	}
	return nil
}

// Holds tells which of some systems have sources, or places that belong to them.
func Holds(ctx context.Context, tx *db.Tx, org access.OrganisationID, systems []ids.ID[system.System]) (map[ids.ID[system.System]]bool, error) {
	out, err := system.Held(ctx, tx, systems, `SELECT system_id FROM finding_source WHERE organisation_id = $1 AND system_id IS NOT NULL
		UNION SELECT system_id FROM finding_place WHERE organisation_id = $1 AND system_id IS NOT NULL`, org)
	if err != nil {
		return nil, fmt.Errorf("find systems with findings: %w", err)
	}
	return out, nil
}

// Remove lets go of systems that are being removed: what was theirs waits for a decision again.
func Remove(ctx context.Context, tx *db.Tx, org access.OrganisationID, systems []ids.ID[system.System]) error {
	for _, id := range systems {
		if _, err := tx.Exec(ctx, `UPDATE finding_source SET system_id = NULL, version = version + 1 WHERE organisation_id = $1 AND system_id = $2`, org, id); err != nil {
			return fmt.Errorf("let go of a removed system: %w", err)
		}
		if _, err := tx.Exec(ctx, `UPDATE finding_place SET state = CASE WHEN state = 'system' THEN 'new' ELSE state END, system_id = NULL, version = version + 1
			WHERE organisation_id = $1 AND system_id = $2`, org, id); err != nil {
			return fmt.Errorf("let go of a removed system: %w", err)
		}
	}
	return nil
}

// personOf checks that somebody can be named.
func personOf(ctx context.Context, tx *db.Tx, org access.OrganisationID, id ids.ID[organisation.Person]) error {
	var n int
	err := db.One(tx.QueryRow(ctx, `SELECT COUNT(*) FROM person WHERE organisation_id = $1 AND id = $2 AND ended_at IS NULL`, org, id), &n)
	if err == nil && n == 0 {
		return ErrOwner
	}
	return err
}
