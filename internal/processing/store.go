// SPDX-License-Identifier: EUPL-1.2

package processing

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/information"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/supplier"
	"github.com/insegel/insegel/internal/system"
)

// Sealed are the texts of the slice that lie encrypted in the database.
var Sealed = []db.Sealed{
	{Table: "processing", Columns: sealedColumns(), Key: []string{"id"}},
	{Table: "processing_common", Columns: []string{"contact", "representative", "dpo"}, Key: []string{"organisation_id"}},
}

func sealedColumns() []string {
	var out []string
	for i := range fields {
		if fields[i].sealed {
			out = append(out, fields[i].column)
		}
	}
	return out
}

// fieldColumns are the columns of the fields, in their order.
func fieldColumns(prefix string) string {
	names := make([]string, len(fields))
	for i := range fields {
		names[i] = prefix + fields[i].column
	}
	return strings.Join(names, ", ")
}

func versionColumns(prefix string) string {
	names := make([]string, len(Groups))
	for i, g := range Groups {
		names[i] = prefix + "version_" + string(g)
	}
	return strings.Join(names, ", ")
}

// query reads processings. It joins by the organisation too, so that an id of another's unit shows no name of theirs.
var query = `SELECT p.id, p.slug, COALESCE(p.unit_id, ''), COALESCE(u.name, ''), ` + fieldColumns("p.") + `, ` + versionColumns("p.") +
	`, p.created_at, p.updated_at FROM processing p LEFT JOIN unit u ON u.id = p.unit_id AND u.organisation_id = p.organisation_id
	WHERE p.organisation_id = $1`

// scan reads a processing in the transaction, which opens its texts.
func scan(ctx context.Context, tx *db.Tx) func(scan func(...any) error) (Processing, error) {
	return func(scan func(...any) error) (Processing, error) {
		p := Processing{Versions: map[Group]int64{}}
		values, versions := make([]string, len(fields)), make([]int64, len(Groups))
		var created, updated int64
		dest := []any{&p.ID, &p.Slug, &p.UnitID, &p.Unit}
		for i := range values {
			dest = append(dest, &values[i])
		}
		for i := range versions {
			dest = append(dest, &versions[i])
		}
		if err := scan(append(dest, &created, &updated)...); err != nil {
			return p, err
		}
		p.CreatedAt, p.UpdatedAt = db.FromMillis(created), db.FromMillis(updated)
		for i, g := range Groups {
			p.Versions[g] = versions[i]
		}
		for i := range fields {
			v := values[i]
			if fields[i].sealed {
				var err error
				if v, err = tx.Open(ctx, Sealed[0].Cell(fields[i].column, p.ID.String()), v); err != nil {
					return p, err
				}
			}
			fields[i].set(&p, v)
		}
		return p, nil
	}
}

// stored gives a field's value as the database has it.
func (f *field) stored(ctx context.Context, tx *db.Tx, p *Processing) (string, error) {
	if !f.sealed {
		return f.get(p), nil
	}
	return tx.Seal(ctx, Sealed[0].Cell(f.column, p.ID.String()), f.get(p))
}

// All reads the processings within reach in Swedish order, each with what it is linked to, in a constant number of queries.
func All(ctx context.Context, tx *db.Tx, org access.OrganisationID, r access.Reach) ([]Processing, error) {
	within, args := system.InReach(r, "p.unit_id", []any{org})
	out, err := db.All(ctx, tx, scan(ctx, tx), query+` AND `+within+` ORDER BY p.sort_key, p.id`, args...)
	if err != nil {
		return nil, fmt.Errorf("read processings: %w", err)
	}
	return out, fill(ctx, tx, org, out)
}

// DoneIn reads the processings within reach that are done in some of the systems.
func DoneIn(ctx context.Context, tx *db.Tx, org access.OrganisationID, r access.Reach, systems []ids.ID[system.System]) ([]Processing, error) {
	const few = 500 // above it the whole record is read
	if len(systems) > few {
		list, err := All(ctx, tx, org, r)
		if err != nil {
			return nil, err
		}
		hit := make(map[ids.ID[system.System]]bool, len(systems))
		for _, id := range systems {
			hit[id] = true
		}
		return slices.DeleteFunc(list, func(p Processing) bool {
			return !slices.ContainsFunc(p.Systems, func(l Linked) bool { return hit[l.ID] })
		}), nil
	}
	within, args := system.InReach(r, "p.unit_id", []any{org})
	marks := []string{"''"} // never an empty list
	for _, id := range systems {
		args = append(args, id)
		marks = append(marks, "$"+strconv.Itoa(len(args)))
	}
	out, err := db.All(ctx, tx, scan(ctx, tx), query+` AND `+within+` AND p.id IN (SELECT l.processing_id FROM processing_system l
		WHERE l.organisation_id = $1 AND l.system_id IN (`+strings.Join(marks, ", ")+`)) ORDER BY p.sort_key, p.id`, args...)
	if err != nil {
		return nil, fmt.Errorf("read processings of systems: %w", err)
	}
	return out, fill(ctx, tx, org, out)
}

// get reads one processing by its slug or its id, with everything it is linked to.
func get(ctx context.Context, tx *db.Tx, org access.OrganisationID, ref string) (Processing, error) {
	p, err := scan(ctx, tx)(func(dest ...any) error {
		return db.One(tx.QueryRow(ctx, query+` AND (p.slug = $2 OR p.id = $2)`, org, ref), dest...)
	})
	if err != nil {
		return Processing{}, fmt.Errorf("read processing %q: %w", ref, err)
	}
	one := []Processing{p}
	err = fill(ctx, tx, org, one)
	return one[0], err
}

// fill reads what processings are linked to.
func fill(ctx context.Context, tx *db.Tx, org access.OrganisationID, list []Processing) error {
	if len(list) == 0 {
		return nil
	}
	at := make(map[ids.ID[Processing]]*Processing, len(list))
	for i := range list {
		at[list[i].ID] = &list[i]
	}
	only, args := "", []any{org}
	if len(list) == 1 {
		only, args = ` AND l.processing_id = $2`, append(args, list[0].ID)
	}
	if err := fillSystems(ctx, tx, at, only, args); err != nil {
		return fmt.Errorf("read systems of processings: %w", err)
	}
	if err := fillAgreements(ctx, tx, list); err != nil {
		return err
	}
	if err := fillInformation(ctx, tx, at, only, args); err != nil {
		return fmt.Errorf("read information of processings: %w", err)
	}
	return nil
}

func fillSystems(ctx context.Context, tx *db.Tx, at map[ids.ID[Processing]]*Processing, only string, args []any) error {
	_, err := db.All(ctx, tx, func(scan func(...any) error) (struct{}, error) {
		var id ids.ID[Processing]
		var l Linked
		err := scan(&id, &l.ID, &l.Slug, &l.Name, &l.UnitID, &l.Supplier, &l.SupplierID, &l.Hosting, &l.Country, &l.ProcessorAgreement, &l.SubProcessors)
		if p := at[id]; p != nil {
			p.Systems = append(p.Systems, l)
		}
		return struct{}{}, err
	}, `SELECT l.processing_id, s.id, s.slug, s.name, COALESCE(s.unit_id, ''), COALESCE(v.name, ''), COALESCE(v.id, ''), s.hosting, s.country,
			s.processor_agreement, s.sub_processors
		FROM processing_system l JOIN system s ON s.id = l.system_id AND s.organisation_id = l.organisation_id
		LEFT JOIN supplier v ON v.id = s.supplier_id AND v.organisation_id = s.organisation_id
		WHERE l.organisation_id = $1`+only+` ORDER BY l.processing_id, s.sort_key, s.id`, args...)
	return err
}

// fillAgreements tells of each linked system whether its supplier's page has a processor agreement that covers it.
func fillAgreements(ctx context.Context, tx *db.Tx, list []Processing) error {
	suppliers, err := supplier.Whole(ctx, tx, tx.Scope)
	if err != nil {
		return err
	}
	by := make(map[string]*supplier.Supplier, len(suppliers))
	for i := range suppliers {
		by[suppliers[i].ID.String()] = &suppliers[i]
	}
	today := civil.Of(tx.Now)
	for i := range list {
		p := &list[i]
		for n := range p.Systems {
			l := &p.Systems[n]
			if s := by[l.SupplierID]; s != nil {
				l.SupplierAgreed = s.Agreed(today, supplier.Covered{Kind: supplier.CoversSystem, ID: l.ID.String()},
					supplier.Covered{Kind: supplier.CoversProcessing, ID: p.ID.String()})
			}
		}
	}
	return nil
}

func fillInformation(ctx context.Context, tx *db.Tx, at map[ids.ID[Processing]]*Processing, only string, args []any) error {
	type link struct {
		processing  ids.ID[Processing]
		information ids.ID[information.Information]
	}
	links, err := db.All(ctx, tx, func(scan func(...any) error) (link, error) {
		var l link
		return l, scan(&l.processing, &l.information)
	}, `SELECT l.processing_id, l.information_id FROM processing_information l WHERE l.organisation_id = $1`+only, args...)
	if err != nil || len(links) == 0 {
		return err
	}
	all, err := information.All(ctx, tx, tx.Scope)
	if err != nil {
		return err
	}
	for i := range all { // in Swedish order
		for _, l := range links {
			if p := at[l.processing]; p != nil && l.information == all[i].ID {
				p.Information = append(p.Information, all[i])
			}
		}
	}
	return nil
}

// The words that stand where a slug could, so no processing can have them.
var taken = []string{"ny", "gemensamt"}

// freeSlug gives the slug of a name, or that with the first number that makes it free.
func freeSlug(ctx context.Context, tx *db.Tx, org access.OrganisationID, name string) (string, error) {
	slug := system.Slug(name)
	used, err := db.All(ctx, tx, func(scan func(...any) error) (string, error) {
		var s string
		return s, scan(&s)
	}, `SELECT slug FROM processing WHERE organisation_id = $1`, org)
	if err != nil {
		return "", fmt.Errorf("read addresses of processings: %w", err)
	}
	used = append(used, taken...)
	free := slug
	for n := 2; slices.Contains(used, free); n++ {
		free = slug + "-" + strconv.Itoa(n)
	}
	return free, nil
}

// null stores an empty id as NULL, so that the foreign key is not asked about it.
func null[T ~string](id T) any {
	if id == "" {
		return nil
	}
	return string(id)
}

func insert(ctx context.Context, tx *db.Tx, org access.OrganisationID, p *Processing) error {
	now := db.Millis(tx.Now)
	row := []any{p.ID, org, p.Slug, locale.SortKey(p.Name), null(p.UnitID), now, now}
	for i := range fields {
		v, err := fields[i].stored(ctx, tx, p)
		if err != nil {
			return fmt.Errorf("save processing: %w", err)
		}
		row = append(row, v)
	}
	err := tx.Insert(ctx, `INSERT INTO processing (id, organisation_id, slug, sort_key, unit_id, created_at, updated_at, `+fieldColumns("")+`) VALUES`, "", [][]any{row})
	if err != nil {
		return fmt.Errorf("save processing: %w", err)
	}
	return nil
}

// update writes one group of fields that was read as version. db.ErrConflict says that somebody else was first; the other groups are
// not touched.
func update(ctx context.Context, tx *db.Tx, org access.OrganisationID, p *Processing, g Group) error {
	known := slices.Index(Groups, g)
	if known < 0 {
		return fmt.Errorf("save processing: %w", db.ErrNotFound)
	}
	version := "version_" + string(Groups[known]) // never what somebody wrote
	set := []string{"updated_at = $4", version + " = " + version + " + 1"}
	args := []any{org, p.ID, p.Versions[g], db.Millis(tx.Now)}
	add := func(column string, v any) {
		args = append(args, v)
		set = append(set, column+" = $"+strconv.Itoa(len(args)))
	}
	for i := range fields {
		if fields[i].group != g {
			continue
		}
		v, err := fields[i].stored(ctx, tx, p)
		if err != nil {
			return fmt.Errorf("save processing: %w", err)
		}
		add(fields[i].column, v)
	}
	if g == What {
		add("sort_key", locale.SortKey(p.Name))
		add("unit_id", null(p.UnitID))
	}
	n, err := tx.Exec(ctx, `UPDATE processing SET `+strings.Join(set, ", ")+
		` WHERE organisation_id = $1 AND id = $2 AND `+version+` = $3`, args...)
	switch {
	case err != nil:
		return fmt.Errorf("save processing: %w", err)
	case n == 0:
		return db.ErrConflict
	}
	p.Versions[g]++
	return nil
}

// saveLinks makes the links of a processing those that it has. Links to systems beyond a reader's reach are kept: only those that were
// within are replaced.
func saveLinks(ctx context.Context, tx *db.Tx, org access.OrganisationID, p, before *Processing) error {
	for _, l := range before.Systems {
		_, err := tx.Exec(ctx, `DELETE FROM processing_system WHERE organisation_id = $1 AND processing_id = $2 AND system_id = $3`, org, p.ID, l.ID)
		if err != nil {
			return fmt.Errorf("replace links to systems: %w", err)
		}
	}
	if _, err := tx.Exec(ctx, `DELETE FROM processing_information WHERE organisation_id = $1 AND processing_id = $2`, org, p.ID); err != nil {
		return fmt.Errorf("replace links to information: %w", err)
	}
	return addLinks(ctx, tx, org, p)
}

func addLinks(ctx context.Context, tx *db.Tx, org access.OrganisationID, p *Processing) error {
	var systems, infos [][]any
	for i := range p.Systems {
		systems = append(systems, []any{org, p.ID, p.Systems[i].ID})
	}
	for i := range p.Information {
		infos = append(infos, []any{org, p.ID, p.Information[i].ID})
	}
	err := tx.Insert(ctx, `INSERT INTO processing_system (organisation_id, processing_id, system_id) VALUES`, `ON CONFLICT DO NOTHING`, systems)
	if err != nil {
		return fmt.Errorf("save links to systems: %w", err)
	}
	err = tx.Insert(ctx, `INSERT INTO processing_information (organisation_id, processing_id, information_id) VALUES`, `ON CONFLICT DO NOTHING`, infos)
	if err != nil {
		return fmt.Errorf("save links to information: %w", err)
	}
	return nil
}

// remove takes a processing away with its links.
func remove(ctx context.Context, tx *db.Tx, org access.OrganisationID, id ids.ID[Processing]) error {
	for _, q := range []string{
		`DELETE FROM processing_system WHERE organisation_id = $1 AND processing_id = $2`,
		`DELETE FROM processing_information WHERE organisation_id = $1 AND processing_id = $2`,
		`DELETE FROM processing WHERE organisation_id = $1 AND id = $2`,
	} {
		if _, err := tx.Exec(ctx, q, org, id); err != nil {
			return fmt.Errorf("remove processing: %w", err)
		}
	}
	return nil
}

// Holds tells which of the systems a processing is linked to: somebody has worked on those.
func Holds(ctx context.Context, tx *db.Tx, org access.OrganisationID, systems []ids.ID[system.System]) (map[ids.ID[system.System]]bool, error) {
	out, err := system.Held(ctx, tx, systems, `SELECT system_id FROM processing_system WHERE organisation_id = $1`, org)
	if err != nil {
		return nil, fmt.Errorf("read systems of processings: %w", err)
	}
	return out, nil
}

// Remove takes away the links to systems that go away. The processings stay, with everything else that they say.
func Remove(ctx context.Context, tx *db.Tx, org access.OrganisationID, systems []ids.ID[system.System]) error {
	for _, id := range systems {
		if _, err := tx.Exec(ctx, `DELETE FROM processing_system WHERE organisation_id = $1 AND system_id = $2`, org, id); err != nil {
			return fmt.Errorf("remove links to systems: %w", err)
		}
		if err := supplier.Uncover(ctx, tx, org, supplier.Covered{Kind: supplier.CoversSystem, ID: id.String()}); err != nil {
			return err
		}
	}
	return nil
}

// ReadCommon reads what the whole record says at its top; nothing is said of an organisation that has not said it.
func ReadCommon(ctx context.Context, tx *db.Tx, org access.OrganisationID) (Common, error) {
	rows, err := db.All(ctx, tx, func(scan func(...any) error) (Common, error) {
		var c Common
		return c, scan(&c.Contact, &c.Representative, &c.DPO, &c.Version)
	}, `SELECT contact, representative, dpo, version FROM processing_common WHERE organisation_id = $1`, org)
	if err != nil {
		return Common{}, fmt.Errorf("read what the record has in common: %w", err)
	}
	if len(rows) == 0 {
		return Common{}, nil
	}
	c := rows[0]
	for i, at := range c.texts() {
		if *at, err = tx.Open(ctx, Sealed[1].Cell(Sealed[1].Columns[i], org.String()), *at); err != nil {
			return Common{}, fmt.Errorf("read what the record has in common: %w", err)
		}
	}
	return c, nil
}

// texts are the sealed texts, in the order of Sealed.
func (c *Common) texts() []*string { return []*string{&c.Contact, &c.Representative, &c.DPO} }

// saveCommon writes what was read as c.Version; zero is what was never said.
func saveCommon(ctx context.Context, tx *db.Tx, org access.OrganisationID, c Common) error {
	sealed := c
	for i, at := range sealed.texts() {
		var err error
		if *at, err = tx.Seal(ctx, Sealed[1].Cell(Sealed[1].Columns[i], org.String()), *at); err != nil {
			return fmt.Errorf("save what the record has in common: %w", err)
		}
	}
	q, args := `INSERT INTO processing_common (organisation_id, contact, representative, dpo, version) VALUES ($1, $2, $3, $4, 1)
		ON CONFLICT (organisation_id) DO NOTHING`, []any{org, sealed.Contact, sealed.Representative, sealed.DPO}
	if c.Version > 0 {
		q = `UPDATE processing_common SET contact = $2, representative = $3, dpo = $4, version = version + 1 WHERE organisation_id = $1 AND version = $5`
		args = append(args, c.Version)
	}
	n, err := tx.Exec(ctx, q, args...)
	switch {
	case err != nil:
		return fmt.Errorf("save what the record has in common: %w", err)
	case n == 0:
		return db.ErrConflict
	}
	return nil
}

// Clear takes away entries of the record, with their links.
func Clear(ctx context.Context, tx *db.Tx, org access.OrganisationID, list []ids.ID[Processing]) error {
	for _, id := range list {
		if err := remove(ctx, tx, org, id); err != nil {
			return err
		}
		if err := supplier.Uncover(ctx, tx, org, supplier.Covered{Kind: supplier.CoversProcessing, ID: id.String()}); err != nil {
			return err
		}
	}
	return nil
}
