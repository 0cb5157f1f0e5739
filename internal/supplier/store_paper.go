// SPDX-License-Identifier: EUPL-1.2

package supplier

import (
	"context"
	"fmt"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/locale"
)

// Sealed are the texts of the slice that lie encrypted in the database.
var Sealed = []db.Sealed{
	{Table: "supplier", Columns: []string{"transfer_note", "contact", "incident_contact", "note"}, Key: []string{"id"}},
	{Table: "supplier_paper", Columns: []string{"note"}, Key: []string{"id"}},
}

// notes are a supplier's sealed texts, in the order of Sealed.
func (s *Supplier) notes() []*string {
	return []*string{&s.TransferNote, &s.Contact, &s.IncidentContact, &s.Note}
}

// sealed gives a copy of a supplier with its notes sealed, as it is stored.
func (s *Supplier) sealed(ctx context.Context, tx *db.Tx) (Supplier, error) {
	out := *s
	for i, at := range out.notes() {
		var err error
		if *at, err = tx.Seal(ctx, Sealed[0].Cell(Sealed[0].Columns[i], s.ID.String()), *at); err != nil {
			return out, fmt.Errorf("save supplier: %w", err)
		}
	}
	return out, nil
}

const columns = `s.id, s.name, s.number, s.country, s.transfer, s.transfer_note, s.contact, s.incident_contact, s.note, s.version`

func scan(ctx context.Context, tx *db.Tx) func(scan func(...any) error) (Supplier, error) {
	return func(scan func(...any) error) (Supplier, error) {
		var s Supplier
		err := scan(&s.ID, &s.Name, &s.Number, &s.Country, &s.Transfer, &s.TransferNote, &s.Contact, &s.IncidentContact, &s.Note, &s.Version)
		for i, at := range s.notes() {
			if err == nil {
				*at, err = tx.Open(ctx, Sealed[0].Cell(Sealed[0].Columns[i], s.ID.String()), *at)
			}
		}
		return s, err
	}
}

// Whole reads every supplier in Swedish order with papers and sub-processors, in a constant number of queries.
func Whole(ctx context.Context, tx *db.Tx, org access.OrganisationID) ([]Supplier, error) {
	out, err := db.All(ctx, tx, scan(ctx, tx), `SELECT `+columns+` FROM supplier s WHERE s.organisation_id = $1`, org)
	if err != nil {
		return nil, fmt.Errorf("read suppliers: %w", err)
	}
	locale.Sort(out, func(s Supplier) string { return s.Name })
	return out, fill(ctx, tx, org, out)
}

// Get reads one supplier with papers and sub-processors.
func Get(ctx context.Context, tx *db.Tx, org access.OrganisationID, id ids.ID[Supplier]) (Supplier, error) {
	s, err := scan(ctx, tx)(func(dest ...any) error {
		return db.One(tx.QueryRow(ctx, `SELECT `+columns+` FROM supplier s WHERE s.organisation_id = $1 AND s.id = $2`, org, id), dest...)
	})
	if err != nil {
		return Supplier{}, fmt.Errorf("read supplier %q: %w", id, err)
	}
	one := []Supplier{s}
	err = fill(ctx, tx, org, one)
	return one[0], err
}

// named finds the supplier that has a name.
func named(ctx context.Context, tx *db.Tx, org access.OrganisationID, name string) (ids.ID[Supplier], error) {
	var id ids.ID[Supplier]
	err := db.One(tx.QueryRow(ctx, `SELECT id FROM supplier WHERE organisation_id = $1 AND folded = $2`, org, locale.Fold(name)), &id)
	if err != nil {
		return "", fmt.Errorf("find supplier by name: %w", err)
	}
	return id, nil
}

// fill reads what hangs on the suppliers.
func fill(ctx context.Context, tx *db.Tx, org access.OrganisationID, list []Supplier) error {
	if len(list) == 0 {
		return nil
	}
	at := make(map[ids.ID[Supplier]]*Supplier, len(list))
	for i := range list {
		at[list[i].ID] = &list[i]
	}
	only, args := "", []any{org}
	if len(list) == 1 {
		only, args = ` AND p.supplier_id = $2`, append(args, list[0].ID)
	}
	papers, err := db.All(ctx, tx, scanPaper(ctx, tx), `SELECT p.id, p.supplier_id, CASE WHEN p.assesses = '' THEN p.kind ELSE p.assesses END, p.outcome, p.name, p.number, p.reference, p.issuer, p.starts_on, p.ends_on,
		p.notice_months, p.value, p.note, p.version FROM supplier_paper p WHERE p.organisation_id = $1`+only+` ORDER BY p.ends_on DESC, p.id`, args...)
	if err != nil {
		return fmt.Errorf("read papers of suppliers: %w", err)
	}
	covers, err := coversOf(ctx, tx, org)
	if err != nil {
		return err
	}
	for _, p := range papers {
		if s := at[p.Supplier]; s != nil {
			p.Covers = covers[p.ID]
			s.Papers = append(s.Papers, p)
		}
	}
	subs, err := db.All(ctx, tx, func(scan func(...any) error) (SubProcessor, error) {
		var x SubProcessor
		return x, scan(&x.ID, &x.Supplier, &x.Name, &x.Country, &x.Task, &x.Version)
	}, `SELECT p.id, p.supplier_id, p.name, p.country, p.task, p.version FROM sub_processor p WHERE p.organisation_id = $1`+only, args...)
	if err != nil {
		return fmt.Errorf("read sub-processors: %w", err)
	}
	locale.Sort(subs, func(x SubProcessor) string { return x.Name })
	for _, x := range subs {
		if s := at[x.Supplier]; s != nil {
			s.SubProcessors = append(s.SubProcessors, x)
		}
	}
	return nil
}

func scanPaper(ctx context.Context, tx *db.Tx) func(scan func(...any) error) (Paper, error) {
	return func(scan func(...any) error) (Paper, error) {
		var p Paper
		err := scan(&p.ID, &p.Supplier, &p.Kind, &p.Outcome, &p.Name, &p.Number, &p.Reference, &p.Issuer, &p.StartsOn, &p.EndsOn, &p.NoticeMonths, &p.Value, &p.Note, &p.Version)
		if err == nil {
			p.Note, err = tx.Open(ctx, Sealed[1].Cell("note", p.ID.String()), p.Note)
		}
		return p, err
	}
}

func coversOf(ctx context.Context, tx *db.Tx, org access.OrganisationID) (map[ids.ID[Paper]][]Covered, error) {
	out := map[ids.ID[Paper]][]Covered{}
	_, err := db.All(ctx, tx, func(scan func(...any) error) (struct{}, error) {
		var id ids.ID[Paper]
		var c Covered
		err := scan(&id, &c.Kind, &c.ID)
		out[id] = append(out[id], c)
		return struct{}{}, err
	}, `SELECT paper_id, object_kind, object_id FROM supplier_covers WHERE organisation_id = $1 ORDER BY paper_id, object_kind, object_id`, org)
	if err != nil {
		return nil, fmt.Errorf("read what papers cover: %w", err)
	}
	return out, nil
}

func insert(ctx context.Context, tx *db.Tx, org access.OrganisationID, x *Supplier) error {
	s, err := x.sealed(ctx, tx)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO supplier (id, organisation_id, name, folded, created_at, number, country, transfer, transfer_note, contact, incident_contact, note)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
		s.ID, org, s.Name, locale.Fold(s.Name), db.Millis(tx.Now), s.Number, s.Country, s.Transfer, s.TransferNote, s.Contact, s.IncidentContact, s.Note)
	if err != nil {
		return fmt.Errorf("save supplier: %w", err)
	}
	return nil
}

// update writes a supplier that was read as x.Version. db.ErrConflict says that somebody else was first.
func update(ctx context.Context, tx *db.Tx, org access.OrganisationID, x *Supplier) error {
	s, err := x.sealed(ctx, tx)
	if err != nil {
		return err
	}
	n, err := tx.Exec(ctx, `UPDATE supplier SET name = $1, folded = $2, number = $3, country = $4, transfer = $5, transfer_note = $6, contact = $7,
		incident_contact = $8, note = $9, version = version + 1 WHERE organisation_id = $10 AND id = $11 AND version = $12`,
		s.Name, locale.Fold(s.Name), s.Number, s.Country, s.Transfer, s.TransferNote, s.Contact, s.IncidentContact, s.Note, org, s.ID, s.Version)
	if err := claimed(n, err); err != nil {
		return fmt.Errorf("save supplier: %w", err)
	}
	x.Version++
	return nil
}

// claimed turns an update that met no row into a conflict.
func claimed(n int64, err error) error {
	if err == nil && n == 0 {
		return db.ErrConflict
	}
	return err
}

func (p *Paper) sealedNote(ctx context.Context, tx *db.Tx) (string, error) {
	return tx.Seal(ctx, Sealed[1].Cell("note", p.ID.String()), p.Note)
}

func insertPaper(ctx context.Context, tx *db.Tx, org access.OrganisationID, p *Paper) error {
	note, err := p.sealedNote(ctx, tx)
	if err != nil {
		return err
	}
	kind, assesses := p.Kind, ""
	if p.Assesses() {
		kind, assesses = Agreement, p.Kind
	}
	_, err = tx.Exec(ctx, `INSERT INTO supplier_paper (id, organisation_id, supplier_id, kind, name, number, reference, issuer, starts_on, ends_on,
		notice_months, value, note, created_at, assesses, outcome) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)`,
		p.ID, org, p.Supplier, kind, p.Name, p.Number, p.Reference, p.Issuer, p.StartsOn, p.EndsOn, p.NoticeMonths, p.Value, note, db.Millis(tx.Now), assesses, p.Outcome)
	if err != nil {
		return fmt.Errorf("save paper: %w", err)
	}
	return insertCovers(ctx, tx, org, p)
}

func insertCovers(ctx context.Context, tx *db.Tx, org access.OrganisationID, p *Paper) error {
	rows := make([][]any, len(p.Covers))
	for i, c := range p.Covers {
		rows[i] = []any{org, p.ID, c.Kind, c.ID}
	}
	err := tx.Insert(ctx, `INSERT INTO supplier_covers (organisation_id, paper_id, object_kind, object_id) VALUES`, `ON CONFLICT DO NOTHING`, rows)
	if err != nil {
		return fmt.Errorf("save what paper covers: %w", err)
	}
	return nil
}

// updatePaper writes a paper that was read as p.Version. Its kind and its supplier stay.
func updatePaper(ctx context.Context, tx *db.Tx, org access.OrganisationID, p *Paper) error {
	note, err := p.sealedNote(ctx, tx)
	if err != nil {
		return err
	}
	n, err := tx.Exec(ctx, `UPDATE supplier_paper SET name = $1, number = $2, reference = $3, issuer = $4, starts_on = $5, ends_on = $6, notice_months = $7,
		value = $8, note = $9, outcome = $10, version = version + 1 WHERE organisation_id = $11 AND id = $12 AND supplier_id = $13 AND version = $14`,
		p.Name, p.Number, p.Reference, p.Issuer, p.StartsOn, p.EndsOn, p.NoticeMonths, p.Value, note, p.Outcome, org, p.ID, p.Supplier, p.Version)
	if err := claimed(n, err); err != nil {
		return fmt.Errorf("save paper: %w", err)
	}
	p.Version++
	if _, err := tx.Exec(ctx, `DELETE FROM supplier_covers WHERE organisation_id = $1 AND paper_id = $2`, org, p.ID); err != nil {
		return fmt.Errorf("replace what paper covers: %w", err)
	}
	return insertCovers(ctx, tx, org, p)
}

func removePaper(ctx context.Context, tx *db.Tx, org access.OrganisationID, id ids.ID[Paper], version int64) error {
	if _, err := tx.Exec(ctx, `DELETE FROM supplier_covers WHERE organisation_id = $1 AND paper_id = $2`, org, id); err != nil {
		return fmt.Errorf("remove what paper covers: %w", err)
	}
	n, err := tx.Exec(ctx, `DELETE FROM supplier_paper WHERE organisation_id = $1 AND id = $2 AND version = $3`, org, id, version)
	if err := claimed(n, err); err != nil {
		return fmt.Errorf("remove paper: %w", err)
	}
	return nil
}

func insertSub(ctx context.Context, tx *db.Tx, org access.OrganisationID, x *SubProcessor) error {
	_, err := tx.Exec(ctx, `INSERT INTO sub_processor (id, organisation_id, supplier_id, name, country, task, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		x.ID, org, x.Supplier, x.Name, x.Country, x.Task, db.Millis(tx.Now))
	if err != nil {
		return fmt.Errorf("save sub-processor: %w", err)
	}
	return nil
}

func updateSub(ctx context.Context, tx *db.Tx, org access.OrganisationID, x *SubProcessor) error {
	n, err := tx.Exec(ctx, `UPDATE sub_processor SET name = $1, country = $2, task = $3, version = version + 1
		WHERE organisation_id = $4 AND id = $5 AND supplier_id = $6 AND version = $7`, x.Name, x.Country, x.Task, org, x.ID, x.Supplier, x.Version)
	if err := claimed(n, err); err != nil {
		return fmt.Errorf("save sub-processor: %w", err)
	}
	return nil
}

func removeSub(ctx context.Context, tx *db.Tx, org access.OrganisationID, x SubProcessor) error {
	n, err := tx.Exec(ctx, `DELETE FROM sub_processor WHERE organisation_id = $1 AND id = $2 AND supplier_id = $3 AND version = $4`, org, x.ID, x.Supplier, x.Version)
	if err := claimed(n, err); err != nil {
		return fmt.Errorf("remove sub-processor: %w", err)
	}
	return nil
}

// movePapers gives one supplier's papers and sub-processors to another.
func movePapers(ctx context.Context, tx *db.Tx, org access.OrganisationID, from, to ids.ID[Supplier]) error {
	for _, q := range []string{
		`UPDATE supplier_paper SET supplier_id = $1 WHERE organisation_id = $2 AND supplier_id = $3`,
		`UPDATE sub_processor SET supplier_id = $1 WHERE organisation_id = $2 AND supplier_id = $3`,
	} {
		if _, err := tx.Exec(ctx, q, to, org, from); err != nil {
			return fmt.Errorf("move papers of supplier: %w", err)
		}
	}
	return nil
}

// remove takes away a supplier that nothing hangs on any more.
func remove(ctx context.Context, tx *db.Tx, org access.OrganisationID, id ids.ID[Supplier]) error {
	if _, err := tx.Exec(ctx, `DELETE FROM supplier WHERE organisation_id = $1 AND id = $2`, org, id); err != nil {
		return fmt.Errorf("remove supplier: %w", err)
	}
	return nil
}

// Uncover takes objects that go away out of what papers cover. A paper that then covers nothing keeps a line that says so: it must not come
// to mean everything.
func Uncover(ctx context.Context, tx *db.Tx, org access.OrganisationID, c Covered) error {
	_, err := tx.Exec(ctx, `UPDATE supplier_covers SET object_id = 'gone-' || object_id WHERE organisation_id = $1 AND object_kind = $2 AND object_id = $3`, org, c.Kind, c.ID)
	if err != nil {
		return fmt.Errorf("take out of what papers cover: %w", err)
	}
	return nil
}

// Clear takes away suppliers that deliver nothing any more, with their papers and sub-processors, and leaves the others whole.
func Clear(ctx context.Context, tx *db.Tx, org access.OrganisationID, list []ids.ID[Supplier]) error {
	for _, id := range list {
		err := tx.Attempt(ctx, func() error {
			for _, q := range []string{
				`DELETE FROM supplier_covers WHERE organisation_id = $1 AND paper_id IN (SELECT id FROM supplier_paper WHERE organisation_id = $1 AND supplier_id = $2)`,
				`DELETE FROM supplier_paper WHERE organisation_id = $1 AND supplier_id = $2`,
				`DELETE FROM sub_processor WHERE organisation_id = $1 AND supplier_id = $2`,
				`DELETE FROM supplier WHERE organisation_id = $1 AND id = $2`,
			} {
				if _, err := tx.Exec(ctx, q, org, id); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil && ctx.Err() != nil {
			return fmt.Errorf("clear suppliers: %w", err)
		}
	}
	return nil
}
