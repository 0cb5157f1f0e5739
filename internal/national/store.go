// SPDX-License-Identifier: EUPL-1.2

package national

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/followup"
)

// keys reads the keys that are registered and have not ended, by municipality.
func keys(ctx context.Context, tx *db.Tx, org access.OrganisationID) (map[string][]string, error) {
	list, err := db.All(ctx, tx, func(scan func(...any) error) (Registered, error) {
		var k Registered
		return k, scan(&k.Municipality, &k.Verifier)
	}, `SELECT municipality, verifier FROM national_key WHERE organisation_id = $1 AND ended_at IS NULL ORDER BY municipality, registered_at`, org)
	if err != nil {
		return nil, fmt.Errorf("read keys: %w", err)
	}
	out := map[string][]string{}
	for _, k := range list {
		out[k.Municipality] = append(out[k.Municipality], k.Verifier)
	}
	return out, nil
}

// hasHadKeys reports whether a key has ever been registered, also when it has ended.
func hasHadKeys(ctx context.Context, tx *db.Tx, org access.OrganisationID) (bool, error) {
	n := 0
	if err := tx.QueryRow(ctx, `SELECT COUNT(*) FROM national_key WHERE organisation_id = $1`, org).Scan(&n); err != nil {
		return false, fmt.Errorf("count keys: %w", err)
	}
	return n > 0, nil
}

func saveKeys(ctx context.Context, tx *db.Tx, org access.OrganisationID, list []Registered) error {
	rows := make([][]any, len(list))
	for i, k := range list {
		rows[i] = []any{org, k.Municipality, k.Verifier, db.Millis(tx.Now)}
	}
	err := tx.Insert(ctx, `INSERT INTO national_key (organisation_id, municipality, verifier, registered_at) VALUES`,
		`ON CONFLICT (organisation_id, municipality, verifier) DO UPDATE SET ended_at = NULL`, rows)
	if err != nil {
		return fmt.Errorf("save keys: %w", err)
	}
	return nil
}

// endKeys ends every key of a municipality.
func endKeys(ctx context.Context, tx *db.Tx, org access.OrganisationID, municipality string) error {
	_, err := tx.Exec(ctx, `UPDATE national_key SET ended_at = $3 WHERE organisation_id = $1 AND municipality = $2 AND ended_at IS NULL`,
		org, municipality, db.Millis(tx.Now))
	if err != nil {
		return fmt.Errorf("end keys: %w", err)
	}
	return nil
}

// held is a submission that was accepted earlier.
type held struct {
	digest, municipality, period string
	made                         int64
	replaced                     bool
}

// The statements about what is held, by form.
var (
	holdingOf = [numForms]string{
		`SELECT digest, municipality, period, made_at, replaced_at IS NOT NULL FROM national_submission WHERE organisation_id = $1`,
		`SELECT digest, municipality, period, made_at, replaced_at IS NOT NULL FROM national_concentration WHERE organisation_id = $1`,
	}
	bodyOf = [numForms]string{
		`SELECT digest, body FROM national_submission WHERE organisation_id = $1`,
		`SELECT digest, body FROM national_concentration WHERE organisation_id = $1`,
	}
	replaceOf = [numForms]string{
		`UPDATE national_submission SET replaced_at = $3 WHERE organisation_id = $1 AND digest = $2`,
		`UPDATE national_concentration SET replaced_at = $3 WHERE organisation_id = $1 AND digest = $2`,
	}
)

// holding reads what is held of one form, by digest, and what stands, by municipality and period.
func holding(ctx context.Context, tx *db.Tx, org access.OrganisationID, form int) (all map[string]held, standing map[[2]string]held, err error) {
	list, err := db.All(ctx, tx, func(scan func(...any) error) (held, error) {
		var h held
		return h, scan(&h.digest, &h.municipality, &h.period, &h.made, &h.replaced)
	}, holdingOf[form], org)
	if err != nil {
		return nil, nil, fmt.Errorf("read submissions: %w", err)
	}
	all, standing = map[string]held{}, map[[2]string]held{}
	for _, h := range list {
		all[h.digest] = h
		if !h.replaced {
			standing[[2]string{h.municipality, h.period}] = h
		}
	}
	return all, standing, nil
}

// saidBy reads every document of one form that is held, also what was replaced, by digest.
func saidBy[T any](ctx context.Context, tx *db.Tx, form int) (map[string]T, error) {
	out := map[string]T{}
	_, err := db.All(ctx, tx, func(scan func(...any) error) (string, error) {
		var digest, text string
		if err := scan(&digest, &text); err != nil {
			return "", err
		}
		var x T
		err := json.Unmarshal([]byte(text), &x)
		out[digest] = x
		return digest, err
	}, bodyOf[form], tx.Scope)
	if err != nil {
		return nil, fmt.Errorf("read submissions: %w", err)
	}
	return out, nil
}

// removeSubmissions takes away some submissions with their figures, and all that has been released. Of nothing it takes nothing.
func removeSubmissions(ctx context.Context, tx *db.Tx, digests []string) error {
	if len(digests) == 0 {
		return nil
	}
	all, _, err := holding(ctx, tx, tx.Scope, formSums)
	if err != nil {
		return err
	}
	for _, digest := range digests {
		if h := all[digest]; !h.replaced {
			if err := removeFigures(ctx, tx, tx.Scope, h); err != nil {
				return err
			}
		}
		if _, err := tx.Exec(ctx, `DELETE FROM national_submission WHERE organisation_id = $1 AND digest = $2`, tx.Scope, digest); err != nil {
			return fmt.Errorf("remove submission: %w", err)
		}
	}
	if _, err := tx.Exec(ctx, `DELETE FROM national_cell WHERE organisation_id = $1`, tx.Scope); err != nil {
		return fmt.Errorf("remove published cells: %w", err)
	}
	if _, err := tx.Exec(ctx, `DELETE FROM national_shown WHERE organisation_id = $1`, tx.Scope); err != nil {
		return fmt.Errorf("remove who is shown: %w", err)
	}
	if _, err := tx.Exec(ctx, `DELETE FROM national_release WHERE organisation_id = $1`, tx.Scope); err != nil {
		return fmt.Errorf("remove releases: %w", err)
	}
	return nil
}

// removeFigures takes away the figures of a submission that stands.
func removeFigures(ctx context.Context, tx *db.Tx, org access.OrganisationID, h held) error {
	_, err := tx.Exec(ctx, `DELETE FROM national_figure WHERE organisation_id = $1 AND period = $2 AND municipality = $3`, org, h.period, h.municipality)
	if err != nil {
		return fmt.Errorf("remove figures: %w", err)
	}
	return nil
}

// replace takes away the figures of the one that stands, and leaves it as history.
func replace(ctx context.Context, tx *db.Tx, org access.OrganisationID, form int, h held) error {
	_, err := tx.Exec(ctx, replaceOf[form], org, h.digest, db.Millis(tx.Now))
	if err != nil {
		return fmt.Errorf("replace submission: %w", err)
	}
	if form != formSums {
		return nil
	}
	return removeFigures(ctx, tx, org, h)
}

// keep writes what was accepted, and the figures of submissions.
func keep(ctx context.Context, tx *db.Tx, org access.OrganisationID, list []accepted) error {
	var heads, figures, others [][]any
	for i := range list {
		if x := list[i].Concentration; x != nil {
			others = append(others, []any{org, list[i].digest, x.Municipality, x.Period, list[i].made, db.Millis(tx.Now), x.Size, list[i].body})
			continue
		}
		s := &list[i].Submission
		heads = append(heads, []any{org, list[i].digest, s.Municipality, s.Period, list[i].made, db.Millis(tx.Now), s.Size, number(s.Shown), list[i].body})
		for j := range s.Indicators {
			f := &s.Indicators[j]
			figures = append(figures, []any{org, s.Period, s.Municipality, f.Indicator, f.Definition, f.Series, f.Numerator, f.Denominator, f.Unknown})
		}
	}
	err := tx.Insert(ctx, `INSERT INTO national_submission
		(organisation_id, digest, municipality, period, made_at, received_at, size, shown, body) VALUES`, "", heads)
	if err != nil {
		return fmt.Errorf("save submissions: %w", err)
	}
	err = tx.Insert(ctx, `INSERT INTO national_figure
		(organisation_id, period, municipality, indicator, definition, series, numerator, denominator, unknown) VALUES`, "", figures)
	if err != nil {
		return fmt.Errorf("save figures: %w", err)
	}
	err = tx.Insert(ctx, `INSERT INTO national_concentration
		(organisation_id, digest, municipality, period, made_at, received_at, size, body) VALUES`, "", others)
	if err != nil {
		return fmt.Errorf("save what municipalities depend on: %w", err)
	}
	return nil
}

func number(b bool) int {
	if b {
		return 1
	}
	return 0
}

// sums adds up what stands of a period, by series.
func sums(ctx context.Context, tx *db.Tx, org access.OrganisationID, period string) ([]Sum, error) {
	list, err := db.All(ctx, tx, func(scan func(...any) error) (Sum, error) {
		var f Figure
		err := scan(&f.Indicator, &f.Definition, &f.Series, &f.Numerator, &f.Denominator, &f.Unknown)
		return Sum{f.Name(), f.Numerator, f.Denominator, f.Unknown}, err
	}, `SELECT indicator, definition, series, CAST(SUM(numerator) AS BIGINT), CAST(SUM(denominator) AS BIGINT), CAST(SUM(unknown) AS BIGINT)
		FROM national_figure WHERE organisation_id = $1 AND period = $2 GROUP BY indicator, definition, series ORDER BY indicator, definition, series`, org, period)
	if err != nil {
		return nil, fmt.Errorf("read sums: %w", err)
	}
	return list, nil
}

// periods are the periods of which something stands.
func periods(ctx context.Context, tx *db.Tx, org access.OrganisationID) ([]string, error) {
	return db.All(ctx, tx, func(scan func(...any) error) (string, error) {
		var p string
		return p, scan(&p)
	}, `SELECT DISTINCT period FROM national_submission WHERE organisation_id = $1 AND replaced_at IS NULL`, org)
}

// standing is one municipality's submission that stands, without its figures.
type standing struct {
	municipality, size, digest string
	shown                      bool
}

func standingOf(ctx context.Context, tx *db.Tx, org access.OrganisationID, period string) (map[string]standing, error) {
	list, err := db.All(ctx, tx, func(scan func(...any) error) (standing, error) {
		var s standing
		return s, scan(&s.municipality, &s.size, &s.digest, &s.shown)
	}, `SELECT municipality, size, digest, shown = 1 FROM national_submission WHERE organisation_id = $1 AND period = $2 AND replaced_at IS NULL`, org, period)
	if err != nil {
		return nil, fmt.Errorf("read who has submitted: %w", err)
	}
	out := make(map[string]standing, len(list))
	for _, s := range list {
		out[s.municipality] = s
	}
	return out, nil
}

// figure is one municipality's figure.
type figure struct {
	municipality string
	Figure
}

func figuresOf(ctx context.Context, tx *db.Tx, org access.OrganisationID, period string) ([]figure, error) {
	list, err := db.All(ctx, tx, scanFigure, `SELECT municipality, indicator, definition, series, numerator, denominator, unknown FROM national_figure
		WHERE organisation_id = $1 AND period = $2`, org, period)
	if err != nil {
		return nil, fmt.Errorf("read figures: %w", err)
	}
	slices.SortFunc(list, compareFigures) // the engines sort differently, and what is published depends on the order
	return list, nil
}

// compareFigures orders figures by series, and then by municipality.
func compareFigures(a, b figure) int {
	return cmp.Or(strings.Compare(a.Indicator, b.Indicator), cmp.Compare(a.Definition, b.Definition), strings.Compare(a.Series, b.Series),
		strings.Compare(a.municipality, b.municipality))
}

func scanFigure(scan func(...any) error) (figure, error) {
	var f figure
	return f, scan(&f.municipality, &f.Indicator, &f.Definition, &f.Series, &f.Numerator, &f.Denominator, &f.Unknown)
}

// saveRows writes the rows of simulated municipalities in the place of those there were.
func saveRows(ctx context.Context, tx *db.Tx, org access.OrganisationID, municipality string, rows []followup.Row) error {
	if _, err := tx.Exec(ctx, `DELETE FROM national_row WHERE organisation_id = $1 AND municipality = $2`, org, municipality); err != nil {
		return fmt.Errorf("clear rows: %w", err)
	}
	out := make([][]any, len(rows))
	for i := range rows {
		r := &rows[i]
		out[i] = []any{
			org, municipality, i, int64(r.Kind), int64(r.N), bits64(r.Yes[0]), bits64(r.No[0]), bits64(r.Yes[1]), bits64(r.No[1]), bits64(r.Yes[2]), bits64(r.No[2]),
		}
	}
	err := tx.Insert(ctx, `INSERT INTO national_row (organisation_id, municipality, number, kind, alike, yes_measured, no_measured, yes_attested, no_attested,
		yes_self, no_self) VALUES`, "", out)
	if err != nil {
		return fmt.Errorf("save rows: %w", err)
	}
	return nil
}

// bits64 stores the bits of facts in a column for whole numbers, and factsOf reads them.
func bits64(f followup.Facts) int64  { return int64(f) }          //nolint:gosec // the bits are kept, not the number
func factsOf(v int64) followup.Facts { return followup.Facts(v) } //nolint:gosec // as above

// EachRows reads the rows of every simulated municipality, one municipality at a time, and hands them on. They are only lent.
func EachRows(ctx context.Context, tx *db.Tx, org access.OrganisationID, do func(municipality string, rows []followup.Row)) (err error) {
	found, err := tx.Query(ctx, `SELECT municipality, kind, alike, yes_measured, no_measured, yes_attested, no_attested, yes_self, no_self FROM national_row
		WHERE organisation_id = $1 ORDER BY municipality, number`, org)
	if err != nil {
		return fmt.Errorf("read rows: %w", err)
	}
	defer func() {
		if e := found.Close(); err == nil && e != nil {
			err = fmt.Errorf("read rows: %w", e)
		}
	}()
	var rows []followup.Row
	var code sql.RawBytes
	current := ""
	for found.Next() {
		var kind, alike, y0, n0, y1, n1, y2, n2 int64
		if err := found.Scan(&code, &kind, &alike, &y0, &n0, &y1, &n1, &y2, &n2); err != nil {
			return fmt.Errorf("read row: %w", err)
		}
		if string(code) != current {
			if len(rows) > 0 {
				do(current, rows)
			}
			current, rows = string(code), rows[:0]
		}
		rows = append(rows, followup.Row{
			Kind: followup.Kind(kind), N: uint32(alike), //nolint:gosec // both were made of such
			Yes: [followup.NumSeries]followup.Facts{factsOf(y0), factsOf(y1), factsOf(y2)},
			No:  [followup.NumSeries]followup.Facts{factsOf(n0), factsOf(n1), factsOf(n2)},
		})
	}
	if len(rows) > 0 {
		do(current, rows)
	}
	if err := found.Err(); err != nil {
		return fmt.Errorf("read rows: %w", err)
	}
	return nil
}
