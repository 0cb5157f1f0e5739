// SPDX-License-Identifier: EUPL-1.2

package incident

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/supplier"
	"github.com/insegel/insegel/internal/system"
)

// Sealed are the texts of the slice that lie encrypted in the database.
var Sealed = []db.Sealed{
	{Table: "incident", Columns: textColumns(), Key: []string{"id"}},
	{Table: "incident_report", Columns: []string{"reason", "reference"}, Key: []string{"incident_id", "rule"}},
	{Table: "incident_measure", Columns: []string{"text"}, Key: []string{"id"}},
}

// textColumns are the sealed columns of an incident, in the order of Texts, and how those concerned were told.
func textColumns() []string {
	out := make([]string, 0, len(Texts)+1)
	for _, t := range Texts {
		out = append(out, string(t))
	}
	return append(out, "informed_how")
}

const columns = `i.id, i.number, COALESCE(i.unit_id, ''), COALESCE(u.name, ''), COALESCE(i.supplier_id, ''), COALESCE(p.name, ''), i.drill,
	i.origin_kind, i.origin_ref, i.origin_path, i.began_at, i.found_at, i.aware_at, i.notified_at, i.handled_at, i.informed_at, i.closed_at,
	i.limited_hours, i.fallback_hours, i.risk, i.persons, i.records, i.version, i.created_by, i.created_at, i.updated_at`

const from = ` FROM incident i LEFT JOIN unit u ON u.id = i.unit_id AND u.organisation_id = i.organisation_id
	LEFT JOIN supplier p ON p.id = i.supplier_id AND p.organisation_id = i.organisation_id`

// when reads a moment; 0 is none.
func when(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return db.FromMillis(ms)
}

// millis writes a moment; none is 0.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return db.Millis(t)
}

func scanIncident(ctx context.Context, tx *db.Tx) func(scan func(...any) error) (Incident, error) {
	return func(scan func(...any) error) (Incident, error) {
		x := Incident{Texts: map[Text]string{}, Answers: map[string]Answer{}, Reports: map[string]Report{}}
		var at [7]int64
		var created, updated int64
		texts := make([]string, len(Texts)+1)
		dest := []any{
			&x.ID, &x.Number, &x.UnitID, &x.Unit, &x.SupplierID, &x.Supplier, &x.Drill, &x.Origin.Kind, &x.Origin.Ref, &x.Origin.Path,
			&at[0], &at[1], &at[2], &at[3], &at[4], &at[5], &at[6], &x.LimitedHours, &x.FallbackHours, &x.Risk, &x.Persons, &x.Records,
			&x.Version, &x.CreatedBy, &created, &updated,
		}
		for i := range texts {
			dest = append(dest, &texts[i])
		}
		if err := scan(dest...); err != nil {
			return x, err
		}
		for i, m := range []*time.Time{&x.BeganAt, &x.FoundAt, &x.AwareAt, &x.NotifiedAt, &x.HandledAt, &x.InformedAt, &x.ClosedAt} {
			*m = when(at[i])
		}
		x.CreatedAt, x.UpdatedAt = db.FromMillis(created), db.FromMillis(updated)
		for i, column := range textColumns() {
			plain, err := tx.Open(ctx, Sealed[0].Cell(column, x.ID.String()), texts[i])
			if err != nil {
				return x, err
			}
			if i < len(Texts) {
				x.Texts[Texts[i]] = plain
			} else {
				x.InformedHow = plain
			}
		}
		return x, nil
	}
}

// read reads incidents, newest first, with everything that they have.
func read(ctx context.Context, tx *db.Tx, where string, args ...any) ([]Incident, error) {
	list, err := db.All(ctx, tx, scanIncident(ctx, tx), `SELECT `+columns+`, i.`+strings.Join(textColumns(), ", i.")+from+
		` WHERE `+where+` ORDER BY i.number DESC`, args...)
	if err != nil {
		return nil, fmt.Errorf("read incidents: %w", err)
	}
	return list, fill(ctx, tx, list)
}

// All reads the organisation's incidents within reach. One that belongs to no unit is seen by those who reach all of it.
func All(ctx context.Context, tx *db.Tx, org access.OrganisationID, r access.Reach) ([]Incident, error) {
	within, args := system.InReach(r, "i.unit_id", []any{org})
	return read(ctx, tx, `i.organisation_id = $1 AND `+within, args...)
}

// Within reads one incident, by its number or its id, that the actor may do the action to; one outside the actor's reach is not found.
func Within(ctx context.Context, tx *db.Tx, actor access.Actor, action, ref string) (Incident, error) {
	number, err := strconv.ParseInt(ref, 10, 64)
	if err != nil {
		number = 0
	}
	list, err := read(ctx, tx, `i.organisation_id = $1 AND (i.id = $2 OR i.number = $3)`, actor.Organisation, ref, number)
	if err != nil {
		return Incident{}, err
	}
	if len(list) == 0 {
		return Incident{}, fmt.Errorf("incident %q: %w", ref, db.ErrNotFound)
	}
	if err := access.CheckAt(actor, action, list[0].UnitID); err != nil {
		return Incident{}, beyond{fmt.Errorf("incident %q: %w", ref, db.ErrNotFound), err}
	}
	return list[0], nil
}

// beyond reads as its first error, and is both.
type beyond struct{ shown, cause error }

// Error is the text of what is not found.
func (b beyond) Error() string { return b.shown.Error() }

// Unwrap gives both errors.
func (b beyond) Unwrap() []error { return []error{b.shown, b.cause} }

// fill reads what hangs on incidents: answers, systems, reports and measures.
func fill(ctx context.Context, tx *db.Tx, list []Incident) error {
	if len(list) == 0 {
		return nil
	}
	at := make(map[ids.ID[Incident]]*Incident, len(list))
	for i := range list {
		at[list[i].ID] = &list[i]
	}
	where, args := `1 = 1`, []any{tx.Scope}
	if len(list) == 1 {
		where, args = `incident_id = $2`, append(args, list[0].ID)
	}
	err := each(ctx, tx, `SELECT incident_id, question, answer FROM incident_answer WHERE organisation_id = $1 AND `+where, args, func(scan func(...any) error) error {
		var id ids.ID[Incident]
		var question string
		var answer Answer
		err := scan(&id, &question, &answer)
		if x := at[id]; x != nil {
			x.Answers[question] = answer
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("read answers about incidents: %w", err)
	}
	err = each(ctx, tx, `SELECT incident_id, system_id, name FROM incident_system WHERE organisation_id = $1 AND `+where+` ORDER BY name, system_id`, args, func(scan func(...any) error) error {
		var id ids.ID[Incident]
		var h Hit
		err := scan(&id, &h.ID, &h.Name)
		if x := at[id]; x != nil {
			x.Systems = append(x.Systems, h)
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("read systems of incidents: %w", err)
	}
	if err := fillReports(ctx, tx, at, where, args); err != nil {
		return fmt.Errorf("read decisions about incidents: %w", err)
	}
	if err := fillMeasures(ctx, tx, at, where, args); err != nil {
		return fmt.Errorf("read measures of incidents: %w", err)
	}
	return nil
}

// each reads rows one by one.
func each(ctx context.Context, tx *db.Tx, query string, args []any, row func(scan func(...any) error) error) error {
	_, err := db.All(ctx, tx, func(scan func(...any) error) (struct{}, error) { return struct{}{}, row(scan) }, query, args...)
	return err
}

func fillReports(ctx context.Context, tx *db.Tx, at map[ids.ID[Incident]]*Incident, where string, args []any) error {
	return each(ctx, tx, `SELECT incident_id, rule, status, reason, reference, decided_by, at FROM incident_report WHERE organisation_id = $1 AND `+where, args,
		func(scan func(...any) error) error {
			var id ids.ID[Incident]
			var r Report
			var ms int64
			err := scan(&id, &r.Rule, &r.Status, &r.Reason, &r.Reference, &r.By, &ms)
			if err != nil {
				return err
			}
			if r.Reason, err = tx.Open(ctx, Sealed[1].Cell("reason", id.String(), r.Rule), r.Reason); err != nil {
				return err
			}
			if r.Reference, err = tx.Open(ctx, Sealed[1].Cell("reference", id.String(), r.Rule), r.Reference); err != nil {
				return err
			}
			r.At = when(ms)
			if x := at[id]; x != nil {
				x.Reports[r.Rule] = r
			}
			return nil
		})
}

func fillMeasures(ctx context.Context, tx *db.Tx, at map[ids.ID[Incident]]*Incident, where string, args []any) error {
	return each(ctx, tx, `SELECT incident_id, id, text, owner_role, due_on, done_on FROM incident_measure WHERE organisation_id = $1 AND `+where+` ORDER BY created_at, id`, args,
		func(scan func(...any) error) error {
			var id ids.ID[Incident]
			var m Measure
			err := scan(&id, &m.ID, &m.Text, &m.OwnerRole, &m.DueOn, &m.DoneOn)
			if err == nil {
				m.Text, err = tx.Open(ctx, Sealed[2].Cell("text", m.ID.String()), m.Text)
			}
			if x := at[id]; x != nil {
				x.Measures = append(x.Measures, m)
			}
			return err
		})
}

// null stores an empty id as NULL, so that the foreign key is not asked about it.
func null[T ~string](id T) any {
	if id == "" {
		return nil
	}
	return string(id)
}

// insert stores a new incident and gives it the next number. Who reports at the same instant waits until the number is taken or let go, and
// then asks for the next one. An origin that has become an incident meanwhile is refused with ErrOrigin.
func insert(ctx context.Context, tx *db.Tx, x *Incident) error {
	for {
		if err := db.One(tx.QueryRow(ctx, `SELECT COALESCE(MAX(number), 0) + 1 FROM incident WHERE organisation_id = $1`, tx.Scope), &x.Number); err != nil {
			return fmt.Errorf("number incident: %w", err)
		}
		n, err := tx.Exec(ctx, `INSERT INTO incident (id, organisation_id, number, unit_id, supplier_id, drill, origin_kind, origin_ref, origin_path,
				risk, created_by, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) ON CONFLICT DO NOTHING`,
			x.ID, tx.Scope, x.Number, null(x.UnitID), null(x.SupplierID), x.Drill, x.Origin.Kind, x.Origin.Ref, x.Origin.Path, RiskUnknown, x.CreatedBy,
			db.Millis(tx.Now), db.Millis(tx.Now))
		if err != nil {
			return fmt.Errorf("save incident: %w", err)
		}
		if n > 0 {
			break
		}
		if x.Origin.Ref == "" {
			continue
		}
		if number, found, err := ofOrigin(ctx, tx, x.Origin); err != nil || found {
			return originErr(number, err)
		}
	}
	x.Version = 1
	return update(ctx, tx, x)
}

// update writes an incident that was read as x.Version. db.ErrConflict says that somebody else was first.
func update(ctx context.Context, tx *db.Tx, x *Incident) error {
	args := []any{
		tx.Scope, x.ID, x.Version, millis(x.BeganAt), millis(x.FoundAt), millis(x.AwareAt), millis(x.NotifiedAt), millis(x.HandledAt), millis(x.InformedAt), millis(x.ClosedAt),
		x.LimitedHours, x.FallbackHours, x.Risk, x.Persons, x.Records, null(x.UnitID), null(x.SupplierID), db.Millis(tx.Now),
	}
	set := `began_at = $4, found_at = $5, aware_at = $6, notified_at = $7, handled_at = $8, informed_at = $9, closed_at = $10, limited_hours = $11,
		fallback_hours = $12, risk = $13, persons = $14, records = $15, unit_id = $16, supplier_id = $17, updated_at = $18, version = version + 1`
	for i, column := range textColumns() {
		text := x.InformedHow
		if i < len(Texts) {
			text = x.Texts[Texts[i]]
		}
		sealed, err := tx.Seal(ctx, Sealed[0].Cell(column, x.ID.String()), text)
		if err != nil {
			return err
		}
		args = append(args, sealed)
		set += fmt.Sprintf(", %s = $%d", column, len(args))
	}
	n, err := tx.Exec(ctx, `UPDATE incident SET `+set+` WHERE organisation_id = $1 AND id = $2 AND version = $3`, args...)
	if err != nil {
		return fmt.Errorf("save incident: %w", err)
	}
	if n == 0 {
		return fmt.Errorf("save incident: %w", db.ErrConflict)
	}
	x.Version++
	return saveAnswers(ctx, tx, x)
}

func saveAnswers(ctx context.Context, tx *db.Tx, x *Incident) error {
	if _, err := tx.Exec(ctx, `DELETE FROM incident_answer WHERE organisation_id = $1 AND incident_id = $2`, tx.Scope, x.ID); err != nil {
		return fmt.Errorf("replace answers about incident: %w", err)
	}
	var rows [][]any
	for question, answer := range x.Answers {
		rows = append(rows, []any{tx.Scope, x.ID, question, string(answer)})
	}
	if err := tx.Insert(ctx, `INSERT INTO incident_answer (organisation_id, incident_id, question, answer) VALUES`, ``, rows); err != nil {
		return fmt.Errorf("save answers about incident: %w", err)
	}
	return nil
}

// setSystems replaces the systems that an incident has hit.
func setSystems(ctx context.Context, tx *db.Tx, id ids.ID[Incident], list []Hit) error {
	if _, err := tx.Exec(ctx, `DELETE FROM incident_system WHERE organisation_id = $1 AND incident_id = $2`, tx.Scope, id); err != nil {
		return fmt.Errorf("replace systems of incident: %w", err)
	}
	rows := make([][]any, len(list))
	for i, h := range list {
		rows[i] = []any{tx.Scope, id, h.ID, h.Name}
	}
	if err := tx.Insert(ctx, `INSERT INTO incident_system (organisation_id, incident_id, system_id, name) VALUES`, `ON CONFLICT DO NOTHING`, rows); err != nil {
		return fmt.Errorf("save systems of incident: %w", err)
	}
	return nil
}

// saveReport stores what was decided about a duty.
func saveReport(ctx context.Context, tx *db.Tx, id ids.ID[Incident], r Report) error {
	reason, err := tx.Seal(ctx, Sealed[1].Cell("reason", id.String(), r.Rule), r.Reason)
	if err != nil {
		return err
	}
	reference, err := tx.Seal(ctx, Sealed[1].Cell("reference", id.String(), r.Rule), r.Reference)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO incident_report (organisation_id, incident_id, rule, status, reason, reference, decided_by, at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (incident_id, rule) DO UPDATE SET status = excluded.status, reason = excluded.reason,
		reference = excluded.reference, decided_by = excluded.decided_by, at = excluded.at`,
		tx.Scope, id, r.Rule, r.Status, reason, reference, r.By, millis(r.At))
	if err != nil {
		return fmt.Errorf("save decision about incident: %w", err)
	}
	return nil
}

// saveMeasure stores a measure, or changes it.
func saveMeasure(ctx context.Context, tx *db.Tx, id ids.ID[Incident], m Measure) error {
	text, err := tx.Seal(ctx, Sealed[2].Cell("text", m.ID.String()), m.Text)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO incident_measure (id, organisation_id, incident_id, text, owner_role, due_on, done_on, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (id) DO UPDATE SET text = excluded.text, owner_role = excluded.owner_role,
		due_on = excluded.due_on, done_on = excluded.done_on`,
		m.ID, tx.Scope, id, text, m.OwnerRole, m.DueOn, m.DoneOn, db.Millis(tx.Now))
	if err != nil {
		return fmt.Errorf("save measure of incident: %w", err)
	}
	return nil
}

// ofOrigin finds the incident that something has become.
func ofOrigin(ctx context.Context, tx *db.Tx, o Origin) (number int64, found bool, err error) {
	err = db.One(tx.QueryRow(ctx, `SELECT number FROM incident WHERE organisation_id = $1 AND origin_kind = $2 AND origin_ref = $3`, tx.Scope, o.Kind, o.Ref), &number)
	if errors.Is(err, db.ErrNotFound) {
		return 0, false, nil
	}
	return number, err == nil, err
}

// Holds tells which of some systems an incident has hit, so that undoing an import leaves them.
func Holds(ctx context.Context, tx *db.Tx, org access.OrganisationID, systems []ids.ID[system.System]) (map[ids.ID[system.System]]bool, error) {
	out, err := system.Held(ctx, tx, systems, `SELECT DISTINCT system_id FROM incident_system WHERE organisation_id = $1`, org)
	if err != nil {
		return nil, fmt.Errorf("find systems with incidents: %w", err)
	}
	return out, nil
}

// Remove takes systems that are being removed out of the incidents. There are none when Holds was asked first.
func Remove(ctx context.Context, tx *db.Tx, org access.OrganisationID, systems []ids.ID[system.System]) error {
	for _, id := range systems {
		if _, err := tx.Exec(ctx, `DELETE FROM incident_system WHERE organisation_id = $1 AND system_id = $2`, org, id); err != nil {
			return fmt.Errorf("remove systems of incidents: %w", err)
		}
	}
	return nil
}

// MoveSupplier gives the incidents of one supplier to another.
func MoveSupplier(ctx context.Context, tx *db.Tx, from, to ids.ID[supplier.Supplier]) ([]string, error) {
	if from == to {
		return nil, nil
	}
	_, err := tx.Exec(ctx, `UPDATE incident SET supplier_id = $1 WHERE organisation_id = $2 AND supplier_id = $3`, to, tx.Scope, from)
	if err != nil {
		return nil, fmt.Errorf("move incidents of supplier: %w", err)
	}
	return nil, nil
}

// Clear takes away what has happened, with all that hangs on it. It is for example data, and runs inside the caller's use case.
func Clear(ctx context.Context, tx *db.Tx, org access.OrganisationID, list []ids.ID[Incident]) error {
	for _, id := range list {
		for _, q := range []string{
			`DELETE FROM incident_answer WHERE organisation_id = $1 AND incident_id = $2`,
			`DELETE FROM incident_system WHERE organisation_id = $1 AND incident_id = $2`,
			`DELETE FROM incident_report WHERE organisation_id = $1 AND incident_id = $2`,
			`DELETE FROM incident_measure WHERE organisation_id = $1 AND incident_id = $2`,
			`DELETE FROM incident WHERE organisation_id = $1 AND id = $2`,
		} {
			if _, err := tx.Exec(ctx, q, org, id); err != nil {
				return fmt.Errorf("clear incidents: %w", err)
			}
		}
	}
	return nil
}
