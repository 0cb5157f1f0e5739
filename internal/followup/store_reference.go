// SPDX-License-Identifier: EUPL-1.2

package followup

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
)

const seriesColumns = `id, base, measure, version, title, description, area, published, beside, fetched_at`

func scanSeries(scan func(...any) error) (Imported, error) {
	var s Imported
	var at int64
	err := scan(&s.ID, &s.Base, &s.Measure, &s.Version, &s.Title, &s.Description, &s.Area, &s.Published, &s.Beside, &at)
	s.Fetched = db.FromMillis(at)
	return s, err
}

// Wanted says which of others' series are read. Empty fields leave nothing out.
type Wanted struct {
	ID     ids.ID[Imported]
	Beside string
	// Places are those whose figures are read.
	Places []string
}

// References reads others' series with the latest revision of each figure, and their breaks, by title.
func References(ctx context.Context, tx *db.Tx, org access.OrganisationID, w Wanted) ([]Imported, error) {
	out, err := db.All(ctx, tx, scanSeries, `SELECT `+seriesColumns+` FROM reference_series
		WHERE organisation_id = $1 AND ($2 = '' OR id = $2) AND ($3 = '' OR beside = $3) ORDER BY measure, base, version`, org, w.ID, w.Beside)
	if err != nil {
		return nil, fmt.Errorf("read others' series: %w", err)
	}
	for i := range out {
		if err := fillSeries(ctx, tx, org, &out[i], w.Places); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func fillSeries(ctx context.Context, tx *db.Tx, org access.OrganisationID, s *Imported, places []string) (err error) {
	args := []any{org, s.ID}
	where := ""
	if len(places) > 0 {
		marks := make([]string, len(places))
		for i, p := range places {
			args = append(args, p)
			marks[i] = "$" + strconv.Itoa(len(args))
		}
		where = ` AND v.place IN (` + strings.Join(marks, ", ") + `)`
	}
	s.Values, err = db.All(ctx, tx, func(scan func(...any) error) (ImportedValue, error) {
		var v ImportedValue
		var text string
		var at int64
		if err := scan(&v.Place, &v.Year, &v.Revision, &text, &v.Status, &at); err != nil || text == "" {
			v.Fetched = db.FromMillis(at)
			return v, err
		}
		v.Fetched = db.FromMillis(at)
		f, err := strconv.ParseFloat(text, 64)
		v.Value = &f
		return v, err
	}, `SELECT v.place, v.year, v.revision, v.value, v.status, v.fetched_at FROM reference_value v WHERE v.organisation_id = $1 AND v.series_id = $2`+where+`
		AND v.revision = (SELECT MAX(x.revision) FROM reference_value x WHERE x.organisation_id = v.organisation_id AND x.series_id = v.series_id
			AND x.place = v.place AND x.year = v.year) ORDER BY v.place, v.year`, args...)
	if err != nil {
		return fmt.Errorf("read others' figures: %w", err)
	}
	s.Breaks, err = db.All(ctx, tx, func(scan func(...any) error) (ImportedBreak, error) {
		var b ImportedBreak
		return b, scan(&b.Year, &b.Note)
	}, `SELECT year, note FROM reference_break WHERE organisation_id = $1 AND series_id = $2 ORDER BY year`, org, s.ID)
	if err != nil {
		return fmt.Errorf("read breaks: %w", err)
	}
	return nil
}

// Held is what came of a series that was fetched.
type Held struct {
	ID ids.ID[Imported]
	// New says that it was not held before, and Changed that its description has changed since.
	New, Changed bool
	// Values is how many figures are new or have changed.
	Values int
}

// TakeReference keeps a series that was fetched. What is held of it stays: a figure that has changed is a new revision, and a changed
// description a new version.
func TakeReference(ctx context.Context, tx *db.Tx, org access.OrganisationID, s *Imported) (Held, error) {
	list, err := db.All(ctx, tx, scanSeries, `SELECT `+seriesColumns+` FROM reference_series
		WHERE organisation_id = $1 AND base = $2 AND measure = $3 ORDER BY version DESC LIMIT 1`, org, s.Base, s.Measure)
	if err != nil {
		return Held{}, fmt.Errorf("read others' series: %w", err)
	}
	out := Held{New: len(list) == 0}
	var held []ImportedValue
	s.Version = 1
	if !out.New {
		was := &list[0]
		s.ID, s.Version = was.ID, was.Version
		if s.Beside == "" {
			s.Beside = was.Beside
		}
		if out.Changed = was.Description != s.Description; out.Changed {
			s.Version++
		} else if err := fillSeries(ctx, tx, org, was, nil); err != nil {
			return out, err
		}
		held = was.Values
	}
	if out.New || out.Changed {
		s.ID = ids.New[Imported]()
		_, err = tx.Exec(ctx, `INSERT INTO reference_series (id, organisation_id, base, measure, version, title, description, area, published, beside, created_at, fetched_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11)`,
			s.ID, org, s.Base, s.Measure, s.Version, s.Title, s.Description, s.Area, s.Published, s.Beside, db.Millis(tx.Now))
	} else {
		_, err = tx.Exec(ctx, `UPDATE reference_series SET title = $3, area = $4, published = $5, beside = $6, fetched_at = $7 WHERE organisation_id = $1 AND id = $2`,
			org, s.ID, s.Title, s.Area, s.Published, s.Beside, db.Millis(tx.Now))
	}
	if err != nil {
		return out, fmt.Errorf("save others' series: %w", err)
	}
	fresh := news(held, s.Values)
	out.ID, out.Values = s.ID, len(fresh)
	rows := make([][]any, len(fresh))
	for i, v := range fresh {
		text := ""
		if v.Value != nil {
			text = strconv.FormatFloat(*v.Value, 'f', -1, 64)
		}
		rows[i] = []any{org, s.ID, v.Place, v.Year, v.Revision, text, v.Status, db.Millis(tx.Now)}
	}
	if err := tx.Insert(ctx, `INSERT INTO reference_value (organisation_id, series_id, place, year, revision, value, status, fetched_at) VALUES`, "", rows); err != nil {
		return out, fmt.Errorf("save others' figures: %w", err)
	}
	return out, nil
}

// SetBeside says which indicator a series is shown with; empty is none.
func SetBeside(ctx context.Context, tx *db.Tx, org access.OrganisationID, id ids.ID[Imported], indicator string) error {
	n, err := tx.Exec(ctx, `UPDATE reference_series SET beside = $3 WHERE organisation_id = $1 AND id = $2`, org, id, indicator)
	if err == nil && n == 0 {
		err = db.ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("say what a series is shown with: %w", err)
	}
	return nil
}

// NoteBreak notes a break in a series; without words the one of the year is taken away.
func NoteBreak(ctx context.Context, tx *db.Tx, org access.OrganisationID, id ids.ID[Imported], b ImportedBreak, by string) error {
	if _, err := tx.Exec(ctx, `DELETE FROM reference_break WHERE organisation_id = $1 AND series_id = $2 AND year = $3`, org, id, b.Year); err != nil {
		return fmt.Errorf("note break: %w", err)
	}
	if b.Note == "" {
		return nil
	}
	_, err := tx.Exec(ctx, `INSERT INTO reference_break (organisation_id, series_id, year, note, noted_by, noted_at) VALUES ($1, $2, $3, $4, $5, $6)`,
		org, id, b.Year, b.Note, by, db.Millis(tx.Now))
	if err != nil {
		return fmt.Errorf("note break: %w", err)
	}
	return nil
}

// RemoveReference takes a series away with all that was fetched of it.
func RemoveReference(ctx context.Context, tx *db.Tx, org access.OrganisationID, id ids.ID[Imported]) error {
	var n int64
	for _, statement := range []string{
		`DELETE FROM reference_break WHERE organisation_id = $1 AND series_id = $2`, `DELETE FROM reference_value WHERE organisation_id = $1 AND series_id = $2`,
		`DELETE FROM reference_series WHERE organisation_id = $1 AND id = $2`,
	} {
		var err error
		if n, err = tx.Exec(ctx, statement, org, id); err != nil {
			return fmt.Errorf("take others' series away: %w", err)
		}
	}
	if n == 0 {
		return fmt.Errorf("series %q: %w", id, db.ErrNotFound)
	}
	return nil
}
