// SPDX-License-Identifier: EUPL-1.2

package national

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/db"
)

// releasesOf reads what has been released, earliest first.
func releasesOf(ctx context.Context, tx *db.Tx, org access.OrganisationID) ([]Release, error) {
	out, err := db.All(ctx, tx, func(scan func(...any) error) (Release, error) {
		var r Release
		var period, basis string
		err := scan(&r.Number, &period, &r.Municipalities, &basis)
		if err == nil {
			r.Period, err = ParsePeriod(period)
		}
		if err == nil {
			err = json.Unmarshal([]byte(basis), &r.Basis)
		}
		return r, err
	}, `SELECT number, period, municipalities, basis FROM national_release WHERE organisation_id = $1 ORDER BY number`, org)
	if err != nil {
		return nil, fmt.Errorf("read releases: %w", err)
	}
	return out, nil
}

// publishedSets reads which sets of municipalities have been summed in public, each once.
func publishedSets(ctx context.Context, tx *db.Tx, org access.OrganisationID) ([][]string, error) {
	out, err := db.All(ctx, tx, func(scan func(...any) error) ([]string, error) {
		var codes string
		err := scan(&codes)
		return strings.Fields(codes), err
	}, `SELECT hidden FROM national_cell WHERE organisation_id = $1 AND why = '' GROUP BY hidden ORDER BY MIN(release_number)`, org)
	if err != nil {
		return nil, fmt.Errorf("read what has been published: %w", err)
	}
	return out, nil
}

// setsOfRelease reads which sets of municipalities one release summed in public, each once.
func setsOfRelease(ctx context.Context, tx *db.Tx, org access.OrganisationID, number int64) ([][]string, error) {
	out, err := db.All(ctx, tx, func(scan func(...any) error) ([]string, error) {
		var codes string
		err := scan(&codes)
		return strings.Fields(codes), err
	}, `SELECT hidden FROM national_cell WHERE organisation_id = $1 AND release_number = $2 AND why = '' GROUP BY hidden`, org, number)
	if err != nil {
		return nil, fmt.Errorf("read what a release published: %w", err)
	}
	return out, nil
}

func saveRelease(ctx context.Context, tx *db.Tx, org access.OrganisationID, r *Release, c *catalogue.Catalogue, cells []published, shown []figure) error {
	basis, err := json.Marshal(r.Basis)
	if err != nil {
		return fmt.Errorf("write basis: %w", err)
	}
	_, err = tx.Exec(ctx, `INSERT INTO national_release (organisation_id, number, period, released_at, municipalities, basis) VALUES ($1, $2, $3, $4, $5, $6)`,
		org, r.Number, r.Period.String(), db.Millis(tx.Now), r.Municipalities, string(basis))
	if err != nil {
		return fmt.Errorf("save release: %w", err)
	}
	rows := make([][]any, len(cells))
	for i := range cells {
		x := &cells[i]
		quartiles, hidden := "", ""
		if x.Quartiles {
			quartiles = fmt.Sprintf("%.0f %.0f %.0f", x.Quartile[0], x.Quartile[1], x.Quartile[2])
		}
		if x.Published() {
			hidden = codesOf(c, x.Hidden)
		}
		rows[i] = []any{
			org, r.Number, x.Indicator, x.Definition, x.Series, x.Split, x.Group, string(x.Why), x.Members,
			x.Sum.Numerator, x.Sum.Denominator, x.Sum.Unknown, quartiles, hidden,
		}
	}
	err = tx.Insert(ctx, `INSERT INTO national_cell (organisation_id, release_number, indicator, definition, series, split, part, why, members,
		numerator, denominator, unknown, quartiles, hidden) VALUES`, "", rows)
	if err != nil {
		return fmt.Errorf("save cells: %w", err)
	}
	rows = make([][]any, len(shown))
	for i := range shown {
		f := &shown[i]
		rows[i] = []any{org, r.Number, f.municipality, f.Indicator, f.Definition, f.Series, f.Numerator, f.Denominator, f.Unknown}
	}
	err = tx.Insert(ctx, `INSERT INTO national_shown (organisation_id, release_number, municipality, indicator, definition, series, numerator, denominator, unknown) VALUES`, "", rows)
	if err != nil {
		return fmt.Errorf("save who is shown: %w", err)
	}
	return nil
}

func codesOf(c *catalogue.Catalogue, s Set) string {
	var b strings.Builder
	for i := range c.Municipalities {
		if s.has(i) {
			b.WriteString(c.Municipalities[i].Code)
			b.WriteByte(' ')
		}
	}
	return strings.TrimSpace(b.String())
}

// cellsOf reads the published cells of an indicator in some releases.
func cellsOf(ctx context.Context, tx *db.Tx, org access.OrganisationID, indicator string) (map[int64][]published, error) {
	type row struct {
		release int64
		published
	}
	list, err := db.All(ctx, tx, func(scan func(...any) error) (row, error) {
		var r row
		var quartiles string
		err := scan(&r.release, &r.Indicator, &r.Definition, &r.Series, &r.Split, &r.Group, &r.Why, &r.Members, &r.Sum.Numerator, &r.Sum.Denominator,
			&r.Sum.Unknown, &quartiles)
		if err == nil && quartiles != "" {
			r.Quartiles = true
			_, err = fmt.Sscan(quartiles, &r.Quartile[0], &r.Quartile[1], &r.Quartile[2])
		}
		return r, err
	}, `SELECT release_number, indicator, definition, series, split, part, why, members, numerator, denominator, unknown, quartiles FROM national_cell
		WHERE organisation_id = $1 AND ($2 = '' OR indicator = $2) ORDER BY release_number, indicator, definition, series, split, part`, org, indicator)
	if err != nil {
		return nil, fmt.Errorf("read published cells: %w", err)
	}
	out := map[int64][]published{}
	for i := range list {
		out[list[i].release] = append(out[list[i].release], list[i].published)
	}
	return out, nil
}

// shownOf reads the figures of municipalities that had agreed to be shown, of one release, and that have not taken it back since with a
// correction. Who is no longer shown by itself is not so until the next release either.
func shownOf(ctx context.Context, tx *db.Tx, org access.OrganisationID, release int64, indicator string) ([]figure, error) {
	out, err := db.All(ctx, tx, scanFigure, `SELECT municipality, indicator, definition, series, numerator, denominator, unknown FROM national_shown
		WHERE organisation_id = $1 AND release_number = $2 AND ($3 = '' OR indicator = $3) AND municipality NOT IN (
			SELECT s.municipality FROM national_submission s JOIN national_release r ON r.organisation_id = s.organisation_id AND r.period = s.period
			WHERE s.organisation_id = $1 AND r.number = $2 AND s.replaced_at IS NULL AND s.shown = 0)
		ORDER BY indicator, definition, series, municipality`, org, release, indicator)
	if err != nil {
		return nil, fmt.Errorf("read who is shown: %w", err)
	}
	return out, nil
}
