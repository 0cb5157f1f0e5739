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

func scanRelease(scan func(...any) error) (Release, error) {
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
}

// releasesOf reads what has been released, earliest first.
func releasesOf(ctx context.Context, tx *db.Tx, org access.OrganisationID) ([]Release, error) {
	out, err := db.All(ctx, tx, scanRelease, `SELECT number, period, municipalities, basis FROM national_release WHERE organisation_id = $1 ORDER BY number`, org)
	if err != nil {
		return nil, fmt.Errorf("read releases: %w", err)
	}
	return out, nil
}

func scanSummed(scan func(...any) error) (summed, error) {
	var x summed
	var f Figure
	err := scan(&f.Indicator, &f.Definition, &f.Series, &x.codes, &x.release)
	x.series = f.Name()
	return x, err
}

// basesOf reads the sets whose denominators have been summed in public, whatever the series, each once.
func basesOf(ctx context.Context, tx *db.Tx, org access.OrganisationID) ([]summed, error) {
	out, err := db.All(ctx, tx, func(scan func(...any) error) (summed, error) {
		var x summed
		return x, scan(&x.codes, &x.release)
	}, `SELECT CASE WHEN base = '' THEN hidden ELSE base END AS summed, MAX(release_number) FROM national_cell
		WHERE organisation_id = $1 AND why = '' AND kept = 0 GROUP BY summed ORDER BY MIN(release_number), summed`, org)
	if err != nil {
		return nil, fmt.Errorf("read what has been published: %w", err)
	}
	return out, nil
}

// setsOf reads the sets whose denominators or values have been summed in public, by series, each once.
func setsOf(ctx context.Context, tx *db.Tx, org access.OrganisationID) ([]summed, error) {
	out, err := db.All(ctx, tx, scanSummed, `SELECT indicator, definition, series, summed, MAX(release_number) FROM (
			SELECT indicator, definition, series, CASE WHEN base = '' THEN hidden ELSE base END AS summed, release_number FROM national_cell
			WHERE organisation_id = $1 AND why = '' AND kept = 0
			UNION SELECT indicator, definition, series, hidden, release_number FROM national_cell WHERE organisation_id = $1 AND why = '' AND kept = 0) AS told
		GROUP BY indicator, definition, series, summed ORDER BY MIN(release_number), summed`, org)
	if err != nil {
		return nil, fmt.Errorf("read what has been published: %w", err)
	}
	return out, nil
}

// setsOfRelease reads every set that one release summed in public.
func setsOfRelease(ctx context.Context, tx *db.Tx, org access.OrganisationID, number int64) ([]summed, error) {
	out, err := db.All(ctx, tx, scanSummed, `SELECT indicator, definition, series, CASE WHEN base = '' THEN hidden ELSE base END, release_number FROM national_cell
		WHERE organisation_id = $1 AND release_number = $2 AND why = '' AND kept = 0
		UNION SELECT indicator, definition, series, hidden, release_number FROM national_cell
		WHERE organisation_id = $1 AND release_number = $2 AND why = '' AND kept = 0`, org, number)
	if err != nil {
		return nil, fmt.Errorf("read what a release published: %w", err)
	}
	return out, nil
}

// lastShown reads the last release in which each municipality was shown by itself.
func lastShown(ctx context.Context, tx *db.Tx, org access.OrganisationID) (map[string]int64, error) {
	type row struct {
		code    string
		release int64
	}
	list, err := db.All(ctx, tx, func(scan func(...any) error) (row, error) {
		var r row
		return r, scan(&r.code, &r.release)
	}, `SELECT municipality, MAX(release_number) FROM national_shown WHERE organisation_id = $1 GROUP BY municipality`, org)
	if err != nil {
		return nil, fmt.Errorf("read who has been shown: %w", err)
	}
	out := make(map[string]int64, len(list))
	for _, r := range list {
		out[r.code] = r.release
	}
	return out, nil
}

// bodiesOf reads every submission of a period by its digest, also those that were replaced.
func bodiesOf(ctx context.Context, tx *db.Tx, org access.OrganisationID, period string) (map[string]Submission, error) {
	out := map[string]Submission{}
	_, err := db.All(ctx, tx, func(scan func(...any) error) (string, error) {
		var digest, body string
		if err := scan(&digest, &body); err != nil {
			return "", err
		}
		var x Submission
		err := json.Unmarshal([]byte(body), &x)
		out[digest] = x
		return digest, err
	}, `SELECT digest, body FROM national_submission WHERE organisation_id = $1 AND period = $2`, org, period)
	if err != nil {
		return nil, fmt.Errorf("read submissions: %w", err)
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
		quartiles, base, hidden := "", "", ""
		if x.Quartiles {
			quartiles = fmt.Sprintf("%.0f %.0f %.0f", x.Quartile[0], x.Quartile[1], x.Quartile[2])
		}
		if x.Published() && x.Kept == 0 {
			base, hidden = codesOf(c, x.Base), codesOf(c, x.Hidden)
		}
		rows[i] = []any{
			org, r.Number, x.Indicator, x.Definition, x.Series, x.Split, x.Group, string(x.Why), x.Members,
			x.Sum.Numerator, x.Sum.Denominator, x.Sum.Unknown, quartiles, hidden, x.Submitted, base, x.Kept,
		}
	}
	err = tx.Insert(ctx, `INSERT INTO national_cell (organisation_id, release_number, indicator, definition, series, split, part, why, members,
		numerator, denominator, unknown, quartiles, hidden, submitted, base, kept) VALUES`, "", rows)
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

// cellsOf reads the published cells of an indicator in every release.
func cellsOf(ctx context.Context, tx *db.Tx, org access.OrganisationID, indicator string) (map[int64][]published, error) {
	list, err := db.All(ctx, tx, scanCell, `SELECT `+cellColumns+` FROM national_cell WHERE organisation_id = $1 AND indicator = $2
		ORDER BY release_number, definition, series, split, part`, org, indicator)
	if err != nil {
		return nil, fmt.Errorf("read published cells: %w", err)
	}
	return byRelease(list), nil
}

// part is what is read of a release: one indicator, or all when it is empty, and one way to group, or all.
type part struct {
	release          int64
	indicator, split string
}

// cellsOfRelease reads the cells of a part of one release.
func cellsOfRelease(ctx context.Context, tx *db.Tx, org access.OrganisationID, p part) ([]published, error) {
	list, err := db.All(ctx, tx, scanCell, `SELECT `+cellColumns+` FROM national_cell WHERE organisation_id = $1 AND release_number = $2
		AND ($3 = '' OR indicator = $3) AND ($4 = '' OR split = $4) ORDER BY indicator, definition, series, split, part`, org, p.release, p.indicator, p.split)
	if err != nil {
		return nil, fmt.Errorf("read published cells: %w", err)
	}
	return byRelease(list)[p.release], nil
}

// wholesOf reads the published cells of the whole country, of some indicators, in every release.
func wholesOf(ctx context.Context, tx *db.Tx, org access.OrganisationID, indicators []string) (map[int64][]published, error) {
	var out []cellRow
	for _, id := range indicators {
		list, err := db.All(ctx, tx, scanCell, `SELECT `+cellColumns+` FROM national_cell WHERE organisation_id = $1 AND indicator = $2 AND split = $3
			ORDER BY release_number, definition, series`, org, id, Whole)
		if err != nil {
			return nil, fmt.Errorf("read published cells: %w", err)
		}
		out = append(out, list...)
	}
	return byRelease(out), nil
}

// cellRow is a published cell and the release that it is of.
type cellRow struct {
	release int64
	published
}

// cellColumns are what scanCell reads.
const cellColumns = `release_number, indicator, definition, series, split, part, why, members, numerator, denominator, unknown, quartiles,
	CASE WHEN submitted = 0 THEN members ELSE submitted END, kept`

func scanCell(scan func(...any) error) (cellRow, error) {
	var r cellRow
	var quartiles string
	err := scan(&r.release, &r.Indicator, &r.Definition, &r.Series, &r.Split, &r.Group, &r.Why, &r.Members, &r.Sum.Numerator, &r.Sum.Denominator,
		&r.Sum.Unknown, &quartiles, &r.Submitted, &r.Kept)
	if err == nil && quartiles != "" {
		r.Quartiles = true
		_, err = fmt.Sscan(quartiles, &r.Quartile[0], &r.Quartile[1], &r.Quartile[2])
	}
	return r, err
}

func byRelease(list []cellRow) map[int64][]published {
	out := map[int64][]published{}
	for i := range list {
		out[list[i].release] = append(out[list[i].release], list[i].published)
	}
	return out
}

// shownPart is what is read of those who are shown in a release: one indicator and one municipality, or all when they are empty.
type shownPart struct {
	release                 int64
	indicator, municipality string
}

// shownOf reads the figures of municipalities that had agreed to be shown, of one release, and that have not taken it back since with a
// correction. Who is no longer shown by itself is not so until the next release either.
func shownOf(ctx context.Context, tx *db.Tx, p shownPart) ([]figure, error) {
	out, err := db.All(ctx, tx, scanFigure, `SELECT municipality, indicator, definition, series, numerator, denominator, unknown FROM national_shown
		WHERE organisation_id = $1 AND release_number = $2 AND ($3 = '' OR indicator = $3) AND ($4 = '' OR municipality = $4) AND municipality NOT IN (
			SELECT s.municipality FROM national_submission s JOIN national_release r ON r.organisation_id = s.organisation_id AND r.period = s.period
			WHERE s.organisation_id = $1 AND r.number = $2 AND s.replaced_at IS NULL AND s.shown = 0)
		ORDER BY indicator, definition, series, municipality`, tx.Scope, p.release, p.indicator, p.municipality)
	if err != nil {
		return nil, fmt.Errorf("read who is shown: %w", err)
	}
	return out, nil
}
