// SPDX-License-Identifier: EUPL-1.2

package risk

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/system"
)

// Sealed are the texts of the slice that lie encrypted in the database.
var Sealed = []db.Sealed{
	{Table: "risk", Columns: []string{"cause", "event", "individual", "organisation", "society", "lowered", "motive"}, Key: []string{"id"}},
	{Table: "dpia", Columns: []string{"description", "necessity", "risks", "measures", "views", "opinion", "decision"}, Key: []string{"id"}},
	{Table: "dpia_answer", Columns: []string{"reason"}, Key: []string{"system_id", "rule"}},
	{Table: "risk_measure", Columns: []string{"text"}, Key: []string{"risk_id", "requirement_id"}},
}

// texts are a risk's sealed texts, in the order of Sealed.
func (r *Risk) texts() []*string {
	return []*string{&r.Cause, &r.Event, &r.Follows[0], &r.Follows[1], &r.Follows[2], &r.Lowered, &r.Motive}
}

// open opens the sealed texts of a row.
func open(ctx context.Context, tx *db.Tx, s *db.Sealed, id string, list []*string) error {
	for i, text := range list {
		plain, err := tx.Open(ctx, s.Cell(s.Columns[i], id), *text)
		if err != nil {
			return err
		}
		*text = plain
	}
	return nil
}

// sealed gives the texts of a row as they are stored.
func sealed(ctx context.Context, tx *db.Tx, s *db.Sealed, id string, list []*string) ([]any, error) {
	out := make([]any, len(list))
	for i, text := range list {
		v, err := tx.Seal(ctx, s.Cell(s.Columns[i], id), *text)
		if err != nil {
			return nil, err
		}
		out[i] = v
	}
	return out, nil
}

func when(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return db.FromMillis(ms)
}

func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return db.Millis(t)
}

const columns = `r.id, r.system_id, r.threat_id, r.threat_version, r.name, r.likelihood, r.treatment, r.owner_role, r.due_on, r.decided_by,
	r.decided_at, r.version, r.created_at, r.cause, r.event, r.individual, r.organisation, r.society, r.lowered, r.motive`

func scanRisk(ctx context.Context, tx *db.Tx) func(scan func(...any) error) (Risk, error) {
	return func(scan func(...any) error) (Risk, error) {
		var r Risk
		var decided, created int64
		dest := []any{
			&r.ID, &r.System, &r.ThreatID, &r.ThreatVersion, &r.Name, &r.Likelihood, &r.Treatment, &r.OwnerRole, &r.DueOn, &r.DecidedBy,
			&decided, &r.Version, &created,
		}
		for _, t := range r.texts() {
			dest = append(dest, t)
		}
		if err := scan(dest...); err != nil {
			return r, err
		}
		r.DecidedAt, r.CreatedAt = when(decided), db.FromMillis(created)
		return r, open(ctx, tx, &Sealed[0], r.ID.String(), r.texts())
	}
}

// OfSystem reads the risks of a system, the largest first.
func OfSystem(ctx context.Context, tx *db.Tx, org access.OrganisationID, id ids.ID[system.System]) ([]Risk, error) {
	list, err := db.All(ctx, tx, scanRisk(ctx, tx), `SELECT `+columns+` FROM risk r WHERE r.organisation_id = $1 AND r.system_id = $2
		ORDER BY r.level DESC, r.id`, org, id)
	if err != nil {
		return nil, fmt.Errorf("read risks: %w", err)
	}
	return list, fill(ctx, tx, org, list)
}

// get reads one risk.
func get(ctx context.Context, tx *db.Tx, org access.OrganisationID, id ids.ID[Risk]) (Risk, error) {
	r, err := scanRisk(ctx, tx)(func(dest ...any) error {
		return db.One(tx.QueryRow(ctx, `SELECT `+columns+` FROM risk r WHERE r.organisation_id = $1 AND r.id = $2`, org, id), dest...)
	})
	if err != nil {
		return Risk{}, fmt.Errorf("read risk: %w", err)
	}
	one := []Risk{r}
	err = fill(ctx, tx, org, one)
	return one[0], err
}

// fill reads the consequences and the measures of risks.
func fill(ctx context.Context, tx *db.Tx, org access.OrganisationID, list []Risk) error {
	for i := range list {
		r := &list[i]
		_, err := db.All(ctx, tx, func(scan func(...any) error) (struct{}, error) {
			var aspect, perspective, step string
			err := scan(&aspect, &perspective, &step)
			a, okA := catalogue.ParseAspect(aspect)
			p, okP := catalogue.ParsePerspective(perspective)
			s, okS := catalogue.ParseStep(step)
			if okA && okP && okS {
				r.Impacts[a][p] = s
			}
			return struct{}{}, err
		}, `SELECT aspect, perspective, step FROM risk_impact WHERE organisation_id = $1 AND risk_id = $2`, org, r.ID)
		if err != nil {
			return fmt.Errorf("read consequences of risk: %w", err)
		}
		r.Measures, err = db.All(ctx, tx, func(scan func(...any) error) (Measure, error) {
			var m Measure
			err := scan(&m.Requirement, &m.OnLikelihood, &m.OnConsequence, &m.Text, &m.Version)
			if err == nil {
				m.Text, err = tx.Open(ctx, Sealed[3].Cell("text", r.ID.String(), m.Requirement), m.Text)
			}
			return m, err
		}, `SELECT requirement_id, on_likelihood, on_consequence, text, version FROM risk_measure WHERE organisation_id = $1 AND risk_id = $2 ORDER BY requirement_id`, org, r.ID)
		if err != nil {
			return fmt.Errorf("read measures of risk: %w", err)
		}
	}
	return nil
}

// save stores a risk, new or read as r.Version, with its level. db.ErrConflict says that somebody else was first.
func save(ctx context.Context, tx *db.Tx, org access.OrganisationID, r *Risk, s *Scale) error {
	texts, err := sealed(ctx, tx, &Sealed[0], r.ID.String(), r.texts())
	if err != nil {
		return err
	}
	v := r.Now(s)
	now := db.Millis(tx.Now)
	if r.Version == 0 {
		_, err = tx.Exec(ctx, `INSERT INTO risk (id, organisation_id, system_id, threat_id, threat_version, name, created_at, updated_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`, r.ID, org, r.System, r.ThreatID, r.ThreatVersion, r.Name, now, now)
		if err != nil {
			return fmt.Errorf("save risk: %w", err)
		}
		r.Version = 1
	}
	args := append([]any{
		org, r.ID, r.Version, r.Name, r.Likelihood, int(v.Consequence), v.Rank, r.Treatment, r.OwnerRole, r.DueOn, r.DecidedBy, millis(r.DecidedAt), now,
	}, texts...)
	n, err := tx.Exec(ctx, `UPDATE risk SET name = $4, likelihood = $5, consequence = $6, level = $7, treatment = $8, owner_role = $9, due_on = $10,
		decided_by = $11, decided_at = $12, updated_at = $13, cause = $14, event = $15, individual = $16, organisation = $17, society = $18,
		lowered = $19, motive = $20, version = version + 1 WHERE organisation_id = $1 AND id = $2 AND version = $3`, args...)
	if err != nil {
		return fmt.Errorf("save risk: %w", err)
	}
	if n == 0 {
		return fmt.Errorf("save risk: %w", db.ErrConflict)
	}
	r.Version++
	return saveDetails(ctx, tx, org, r)
}

func saveDetails(ctx context.Context, tx *db.Tx, org access.OrganisationID, r *Risk) error {
	if err := removeDetails(ctx, tx, org, r.ID); err != nil {
		return err
	}
	var impacts, measures [][]any
	for a := range catalogue.Aspect(catalogue.NumAspects) {
		for p := range catalogue.Perspective(catalogue.NumPerspectives) {
			if s := r.Impacts[a][p]; s != catalogue.Unset {
				impacts = append(impacts, []any{org, r.ID, a.String(), p.String(), s.String()})
			}
		}
	}
	for _, m := range r.Measures {
		text, err := tx.Seal(ctx, Sealed[3].Cell("text", r.ID.String(), m.Requirement), m.Text)
		if err != nil {
			return err
		}
		measures = append(measures, []any{org, r.ID, m.Requirement, m.OnLikelihood, m.OnConsequence, text, max(1, m.Version)})
	}
	if err := tx.Insert(ctx, `INSERT INTO risk_impact (organisation_id, risk_id, aspect, perspective, step) VALUES`, ``, impacts); err != nil {
		return fmt.Errorf("save consequences of risk: %w", err)
	}
	err := tx.Insert(ctx, `INSERT INTO risk_measure (organisation_id, risk_id, requirement_id, on_likelihood, on_consequence, text, version) VALUES`, `ON CONFLICT DO NOTHING`, measures)
	if err != nil {
		return fmt.Errorf("save measures of risk: %w", err)
	}
	return nil
}

func removeDetails(ctx context.Context, tx *db.Tx, org access.OrganisationID, id ids.ID[Risk]) error {
	for _, q := range []string{
		`DELETE FROM risk_impact WHERE organisation_id = $1 AND risk_id = $2`, `DELETE FROM risk_measure WHERE organisation_id = $1 AND risk_id = $2`,
	} {
		if _, err := tx.Exec(ctx, q, org, id); err != nil {
			return fmt.Errorf("remove what hangs on risk: %w", err)
		}
	}
	return nil
}

// remove takes a risk away.
func remove(ctx context.Context, tx *db.Tx, org access.OrganisationID, id ids.ID[Risk]) error {
	if err := removeDetails(ctx, tx, org, id); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `DELETE FROM risk WHERE organisation_id = $1 AND id = $2`, org, id); err != nil {
		return fmt.Errorf("remove risk: %w", err)
	}
	return nil
}

// Listed is a risk as a list shows it.
type Listed struct {
	ID                       ids.ID[Risk]
	Name, Slug, System, Unit string
	UnitID                   access.UnitID
	Likelihood, Consequence  int
	Rank                     int
	Treatment, OwnerRole     string
	DueOn                    civil.Date
}

// Path is the address of the risk's page.
func (x *Listed) Path() string { return "/system/" + x.Slug + "/risker/" + x.ID.String() }

// Filter narrows the list of risks. The zero value is all of them, the first page.
type Filter struct {
	// Rank is a level; 0 asks for none, Unweighed for risks that nobody has weighed.
	Rank int
	// Likelihood and Consequence ask for one cell of the matrix.
	Likelihood, Consequence int
	// Treatment is one of Treatments, or Missing for those that nobody has decided about.
	Treatment string
	// Unit is the id of a unit.
	Unit access.UnitID
	Page int
}

// Unweighed and Missing are the filter values of what nobody has said.
const (
	Unweighed = -1
	Missing   = "-"
)

// PageSize is how many risks a page of the list has.
const PageSize = 50

func (f *Filter) where(org access.OrganisationID, r access.Reach) (string, []any) {
	args := []any{org}
	var clauses []string
	add := func(clause string, v any) {
		args = append(args, v)
		clauses = append(clauses, fmt.Sprintf(clause, len(args)))
	}
	if f.Rank != 0 {
		add("r.level = $%d", max(0, f.Rank))
	}
	if f.Likelihood > 0 && f.Consequence > 0 {
		add("r.likelihood = $%d", f.Likelihood)
		add("r.consequence = $%d", f.Consequence)
	}
	switch f.Treatment {
	case "":
	case Missing:
		add("r.treatment = $%d", "")
	default:
		add("r.treatment = $%d", f.Treatment)
	}
	if f.Unit != "" {
		add("r.system_id IN (SELECT s.id FROM system s WHERE s.organisation_id = $1 AND s.unit_id = $%d)", string(f.Unit))
	}
	if !r.All {
		var clause string
		clause, args = system.InReach(r, "s.unit_id", args)
		clauses = append(clauses, `r.system_id IN (SELECT s.id FROM system s WHERE s.organisation_id = $1 AND `+clause+`)`)
	}
	if len(clauses) == 0 {
		return "1 = 1", args
	}
	return strings.Join(clauses, " AND "), args
}

// list reads one page of the risks, the largest first. Of systems whose classification was stopped nothing is told.
func list(ctx context.Context, tx *db.Tx, org access.OrganisationID, r access.Reach, f *Filter) ([]Listed, error) {
	where, args := f.where(org, r)
	out, err := db.All(ctx, tx, func(scan func(...any) error) (Listed, error) {
		var x Listed
		return x, scan(&x.ID, &x.Name, &x.Slug, &x.System, &x.UnitID, &x.Unit, &x.Likelihood, &x.Consequence, &x.Rank, &x.Treatment, &x.OwnerRole, &x.DueOn)
	}, `SELECT p.id, p.name, s.slug, s.name, COALESCE(s.unit_id, ''), COALESCE(u.name, ''), p.likelihood, p.consequence, p.level, p.treatment, p.owner_role, p.due_on
		FROM (SELECT r.* FROM risk r WHERE r.organisation_id = $1 AND `+notStopped+` AND `+where+
		fmt.Sprintf(` ORDER BY r.level DESC, r.id LIMIT %d OFFSET %d) p`, PageSize, (f.Page-1)*PageSize)+`
		JOIN system s ON s.id = p.system_id AND s.organisation_id = p.organisation_id
		LEFT JOIN unit u ON u.id = s.unit_id AND u.organisation_id = s.organisation_id ORDER BY p.level DESC, p.id`, args...)
	if err != nil {
		return nil, fmt.Errorf("list risks: %w", err)
	}
	return out, nil
}

// notStopped leaves out the risks of systems whose classification was stopped.
const notStopped = `r.system_id NOT IN (SELECT c.system_id FROM classification c WHERE c.organisation_id = $1 AND c.status = 'stopped')`

// Cell counts the risks of one place in the matrix, and of a treatment.
type Cell struct {
	Likelihood, Consequence, Rank int
	Treatment                     string
	Count                         int
}

// cells counts the risks within reach by where they stand in the matrix.
func cells(ctx context.Context, tx *db.Tx, org access.OrganisationID, r access.Reach, unit access.UnitID) ([]Cell, error) {
	where, args := (&Filter{Unit: unit}).where(org, r)
	out, err := db.All(ctx, tx, func(scan func(...any) error) (Cell, error) {
		var c Cell
		return c, scan(&c.Likelihood, &c.Consequence, &c.Rank, &c.Treatment, &c.Count)
	}, `SELECT r.likelihood, r.consequence, r.level, r.treatment, COUNT(*) FROM risk r WHERE r.organisation_id = $1 AND `+notStopped+` AND `+where+
		` GROUP BY r.likelihood, r.consequence, r.level, r.treatment`, args...)
	if err != nil {
		return nil, fmt.Errorf("count risks: %w", err)
	}
	return out, nil
}

// Holds tells which of some systems have risks or an impact assessment.
func Holds(ctx context.Context, tx *db.Tx, org access.OrganisationID, systems []ids.ID[system.System]) (map[ids.ID[system.System]]bool, error) {
	out, err := system.Held(ctx, tx, systems, `SELECT DISTINCT system_id FROM risk WHERE organisation_id = $1 UNION SELECT system_id FROM dpia WHERE organisation_id = $1
		UNION SELECT system_id FROM dpia_answer WHERE organisation_id = $1`, org)
	if err != nil {
		return nil, fmt.Errorf("find systems with risks: %w", err)
	}
	return out, nil
}

// Remove takes away the risks and assessments of systems that are being removed.
func Remove(ctx context.Context, tx *db.Tx, org access.OrganisationID, systems []ids.ID[system.System]) error {
	for _, id := range systems {
		risks, err := OfSystem(ctx, tx, org, id)
		if err != nil {
			return err
		}
		for i := range risks {
			if err := remove(ctx, tx, org, risks[i].ID); err != nil {
				return err
			}
		}
		for _, q := range []string{`DELETE FROM dpia WHERE organisation_id = $1 AND system_id = $2`, `DELETE FROM dpia_answer WHERE organisation_id = $1 AND system_id = $2`} {
			if _, err := tx.Exec(ctx, q, org, id); err != nil {
				return fmt.Errorf("remove assessments: %w", err)
			}
		}
	}
	return nil
}
