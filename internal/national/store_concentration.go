// SPDX-License-Identifier: EUPL-1.2

package national

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/db"
)

// saidIn reads what has been said of a period, also what was replaced.
func saidIn(ctx context.Context, tx *db.Tx, org access.OrganisationID, period string) (said, error) {
	out := said{map[string]Concentration{}, map[string]standing{}}
	_, err := db.All(ctx, tx, func(scan func(...any) error) (string, error) {
		var s standing
		var text string
		var stands bool
		if err := scan(&s.municipality, &s.size, &s.digest, &text, &stands); err != nil {
			return "", err
		}
		var x Concentration
		err := json.Unmarshal([]byte(text), &x)
		out.documents[s.digest] = x
		if stands {
			out.standing[s.municipality] = s
		}
		return s.digest, err
	}, `SELECT municipality, size, digest, body, replaced_at IS NULL FROM national_concentration WHERE organisation_id = $1 AND period = $2`, org, period)
	if err != nil {
		return out, fmt.Errorf("read what municipalities depend on: %w", err)
	}
	return out, nil
}

// removeDependents takes away some of what has been said, and all that has been released. Of nothing it takes nothing.
func removeDependents(ctx context.Context, tx *db.Tx, digests []string) error {
	if len(digests) == 0 {
		return nil
	}
	for _, digest := range digests {
		if _, err := tx.Exec(ctx, `DELETE FROM national_concentration WHERE organisation_id = $1 AND digest = $2`, tx.Scope, digest); err != nil {
			return fmt.Errorf("remove what municipalities depend on: %w", err)
		}
	}
	if _, err := tx.Exec(ctx, `DELETE FROM national_dependence WHERE organisation_id = $1`, tx.Scope); err != nil {
		return fmt.Errorf("remove published counts: %w", err)
	}
	if _, err := tx.Exec(ctx, `DELETE FROM national_concentration_release WHERE organisation_id = $1`, tx.Scope); err != nil {
		return fmt.Errorf("remove releases: %w", err)
	}
	return nil
}

// concentrationPeriods are the periods of which something stands.
func concentrationPeriods(ctx context.Context, tx *db.Tx, org access.OrganisationID) ([]string, error) {
	return db.All(ctx, tx, func(scan func(...any) error) (string, error) {
		var p string
		return p, scan(&p)
	}, `SELECT DISTINCT period FROM national_concentration WHERE organisation_id = $1 AND replaced_at IS NULL`, org)
}

// concentrationReleases reads what has been released, earliest first.
func concentrationReleases(ctx context.Context, tx *db.Tx, org access.OrganisationID) ([]Release, error) {
	out, err := db.All(ctx, tx, scanRelease, `SELECT number, period, municipalities, basis FROM national_concentration_release
		WHERE organisation_id = $1 ORDER BY number`, org)
	if err != nil {
		return nil, fmt.Errorf("read releases: %w", err)
	}
	return out, nil
}

// dependenceBases reads the sets that counts have stood on, each once, and dependenceSets those that they have counted, by subject.
func dependenceBases(ctx context.Context, tx *db.Tx, org access.OrganisationID) ([]summed, error) {
	out, err := db.All(ctx, tx, func(scan func(...any) error) (summed, error) {
		var x summed
		return x, scan(&x.codes, &x.release)
	}, `SELECT base, MAX(release_number) FROM national_dependence WHERE organisation_id = $1 AND kept = 0
		GROUP BY base ORDER BY MIN(release_number), base`, org)
	if err != nil {
		return nil, fmt.Errorf("read what has been published: %w", err)
	}
	return out, nil
}

func scanDependenceSet(scan func(...any) error) (summed, error) {
	var x summed
	err := scan(&x.series, &x.codes, &x.release)
	x.series = SeriesName(x.series, 1, registered)
	return x, err
}

func dependenceSets(ctx context.Context, tx *db.Tx, org access.OrganisationID) ([]summed, error) {
	out, err := db.All(ctx, tx, scanDependenceSet, `SELECT subject, hidden, MAX(release_number) FROM national_dependence WHERE organisation_id = $1 AND kept = 0
		GROUP BY subject, hidden ORDER BY MIN(release_number), subject, hidden`, org)
	if err != nil {
		return nil, fmt.Errorf("read what has been published: %w", err)
	}
	return out, nil
}

// dependenceCounted reads who has been counted in public of each thing, each set once.
func dependenceCounted(ctx context.Context, tx *db.Tx, org access.OrganisationID) ([]summed, error) {
	out, err := db.All(ctx, tx, scanDependenceSet, `SELECT subject, base, MAX(release_number) FROM national_dependence WHERE organisation_id = $1 AND kept = 0
		GROUP BY subject, base ORDER BY MIN(release_number), subject, base`, org)
	if err != nil {
		return nil, fmt.Errorf("read what has been published: %w", err)
	}
	return out, nil
}

// dependenceSetsIn reads every set that one release told of.
func dependenceSetsIn(ctx context.Context, tx *db.Tx, org access.OrganisationID, number int64) ([]summed, error) {
	out, err := db.All(ctx, tx, scanDependenceSet, `SELECT subject, base, release_number FROM national_dependence
		WHERE organisation_id = $1 AND release_number = $2 AND kept = 0
		UNION SELECT subject, hidden, release_number FROM national_dependence WHERE organisation_id = $1 AND release_number = $2 AND kept = 0`, org, number)
	if err != nil {
		return nil, fmt.Errorf("read what a release published: %w", err)
	}
	return out, nil
}

// dependenceColumns are what scanDependence reads.
const dependenceColumns = `release_number, subject, split, part, members, submitted, numerator, denominator, unknown, kept`

func scanDependence(scan func(...any) error) (cellRow, error) {
	var r cellRow
	r.Definition, r.Series = 1, registered
	err := scan(&r.release, &r.Indicator, &r.Split, &r.Group, &r.Members, &r.Submitted, &r.Sum.Numerator, &r.Sum.Denominator, &r.Sum.Unknown, &r.Kept)
	r.split = r.Split
	return r, err
}

// dependencesIn reads every count of one release.
func dependencesIn(ctx context.Context, tx *db.Tx, org access.OrganisationID, number int64) ([]published, error) {
	list, err := db.All(ctx, tx, scanDependence, `SELECT `+dependenceColumns+` FROM national_dependence WHERE organisation_id = $1 AND release_number = $2
		ORDER BY subject, split, part`, org, number)
	if err != nil {
		return nil, fmt.Errorf("read published counts: %w", err)
	}
	return byRelease(list)[number], nil
}

// wholeDependences reads the counts of the whole country of one release.
func wholeDependences(ctx context.Context, tx *db.Tx, org access.OrganisationID, number int64) ([]published, error) {
	list, err := db.All(ctx, tx, scanDependence, `SELECT `+dependenceColumns+` FROM national_dependence WHERE organisation_id = $1 AND release_number = $2
		AND split = $3 ORDER BY subject, part`, org, number, Whole)
	if err != nil {
		return nil, fmt.Errorf("read published counts: %w", err)
	}
	return byRelease(list)[number], nil
}

// dependencesOf reads the counts of one subject in every release.
func dependencesOf(ctx context.Context, tx *db.Tx, org access.OrganisationID, subject string) (map[int64][]published, error) {
	list, err := db.All(ctx, tx, scanDependence, `SELECT `+dependenceColumns+` FROM national_dependence WHERE organisation_id = $1 AND subject = $2
		ORDER BY release_number, split, part`, org, subject)
	if err != nil {
		return nil, fmt.Errorf("read published counts: %w", err)
	}
	return byRelease(list), nil
}

func saveConcentration(ctx context.Context, tx *db.Tx, r *Release, c *catalogue.Catalogue, cells []published) error {
	basis, err := json.Marshal(r.Basis)
	if err != nil {
		return fmt.Errorf("write basis: %w", err)
	}
	_, err = tx.Exec(ctx, `INSERT INTO national_concentration_release (organisation_id, number, period, released_at, municipalities, basis)
		VALUES ($1, $2, $3, $4, $5, $6)`, tx.Scope, r.Number, r.Period.String(), db.Millis(tx.Now), r.Municipalities, string(basis))
	if err != nil {
		return fmt.Errorf("save release: %w", err)
	}
	rows := make([][]any, len(cells))
	for i := range cells {
		x := &cells[i]
		base, hidden := "", ""
		if x.Kept == 0 {
			base, hidden = codesOf(c, x.Base), codesOf(c, x.Hidden)
		}
		rows[i] = []any{
			tx.Scope, r.Number, x.Indicator, x.Split, x.Group, x.Members, x.Submitted, x.Sum.Numerator, x.Sum.Denominator, x.Sum.Unknown, base, hidden, x.Kept,
		}
	}
	err = tx.Insert(ctx, `INSERT INTO national_dependence (organisation_id, release_number, subject, split, part, members, submitted, numerator,
		denominator, unknown, base, hidden, kept) VALUES`, "", rows)
	if err != nil {
		return fmt.Errorf("save counts: %w", err)
	}
	return nil
}
