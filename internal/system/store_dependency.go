// SPDX-License-Identifier: EUPL-1.2

package system

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/information"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/supplier"
)

// Dependencies reads every dependency of the organisation.
func Dependencies(ctx context.Context, tx *db.Tx, org access.OrganisationID) ([]Dependency, error) {
	return dependencies(ctx, tx, `1 = 1`, org)
}

func dependencies(ctx context.Context, tx *db.Tx, where string, args ...any) ([]Dependency, error) {
	out, err := db.All(ctx, tx, func(scan func(...any) error) (Dependency, error) {
		var d Dependency
		return d, scan(&d.ID, &d.System, &d.Needs, &d.Facility, &d.Carries)
	}, `SELECT id, system_id, COALESCE(needs_id, ''), COALESCE(facility_id, ''), carries FROM system_dependency WHERE organisation_id = $1 AND `+where+` ORDER BY id`, args...)
	if err != nil {
		return nil, fmt.Errorf("read dependencies: %w", err)
	}
	return out, nil
}

// nearby is how many dependencies are followed upwards from some systems before all of them are read instead, which is then as quick.
const nearby = 5000

// The recursions below say CROSS JOIN, which SQLite keeps in the order that it stands in: it would else read every dependency of the organisation at
// each step.

// Bearing reads the dependencies that have a say in what some systems need: on them, and on everything that depends on them. It may give more.
func Bearing(ctx context.Context, tx *db.Tx, org access.OrganisationID, systems []ids.ID[System]) (*Graph, error) {
	if len(systems) > atOnce {
		return Web(ctx, tx, org)
	}
	if len(systems) == 0 {
		return NewGraph(nil), nil
	}
	args := []any{org}
	marks := make([]string, len(systems))
	for i, id := range systems {
		args = append(args, id)
		marks[i] = "$" + strconv.Itoa(len(args))
	}
	w, err := weave(ctx, tx, 0, `WITH RECURSIVE bearing AS (
			SELECT system_id, needs_id, carries FROM system_dependency WHERE organisation_id = $1 AND needs_id IN (`+strings.Join(marks, ", ")+`)
			UNION
			SELECT d.system_id, d.needs_id, d.carries FROM bearing b CROSS JOIN system_dependency d WHERE d.organisation_id = $1 AND d.needs_id = b.system_id
		)
		SELECT system_id, needs_id, CASE carries WHEN '`+CarriesFunction+`' THEN 1 ELSE 0 END FROM bearing LIMIT `+strconv.Itoa(nearby+1), args...)
	switch {
	case err != nil:
		return nil, err
	case len(w.from) > nearby:
		return Web(ctx, tx, org)
	}
	return w.graph(), nil
}

// Web reads every dependency of the organisation, once for everything that a use case asks about them: 300 000 take less than to follow a chain of
// them one step at a time.
func Web(ctx context.Context, tx *db.Tx, org access.OrganisationID) (*Graph, error) {
	w, err := weave(ctx, tx, 4*nearby, `SELECT system_id, COALESCE(needs_id, facility_id), CASE carries WHEN '`+CarriesFunction+`' THEN 1 ELSE 0 END
		FROM system_dependency WHERE organisation_id = $1`, org)
	if err != nil {
		return nil, err
	}
	return w.graph(), nil
}

// weave reads who needs what, and whether mere function passes.
func weave(ctx context.Context, tx *db.Tx, expected int, query string, args ...any) (*weaver, error) {
	w := newWeaver(expected)
	var from, to string // plain texts: an id of a kind of its own takes twice the time to read
	var only bool
	into := []any{&from, &to, &only}
	_, err := db.All(ctx, tx, func(scan func(...any) error) (struct{}, error) {
		err := scan(into...)
		if err == nil {
			w.add(from, to, only)
		}
		return struct{}{}, err
	}, query, args...)
	if err != nil {
		return nil, fmt.Errorf("read dependencies: %w", err)
	}
	return w, nil
}

// Needed gives every system that a system depends on, directly or over others.
func Needed(ctx context.Context, tx *db.Tx, org access.OrganisationID, id ids.ID[System]) ([]ids.ID[System], error) {
	out, err := db.All(ctx, tx, func(scan func(...any) error) (ids.ID[System], error) {
		var id ids.ID[System]
		return id, scan(&id)
	}, `WITH RECURSIVE needed AS (
			SELECT needs_id FROM system_dependency WHERE organisation_id = $1 AND system_id = $2 AND needs_id IS NOT NULL
			UNION
			SELECT d.needs_id FROM needed n CROSS JOIN system_dependency d WHERE d.organisation_id = $1 AND d.system_id = n.needs_id AND d.needs_id IS NOT NULL
		)
		SELECT needs_id FROM needed WHERE needs_id <> $2 ORDER BY needs_id`, org, id)
	if err != nil {
		return nil, fmt.Errorf("read what a system needs: %w", err)
	}
	return out, nil
}

// Called gives the names of systems by their ids, those within reach and no others.
func Called(ctx context.Context, tx *db.Tx, org access.OrganisationID, r access.Reach, list []ids.ID[System]) (map[string]string, error) {
	out := map[string]string{}
	list = slices.Clone(list)
	slices.Sort(list)
	list = slices.Compact(list)
	for len(list) > 0 {
		part := list[:min(atOnce, len(list))]
		list = list[len(part):]
		within, args := InReach(r, "unit_id", []any{org})
		marks := make([]string, len(part))
		for i, id := range part {
			args = append(args, id)
			marks[i] = "$" + strconv.Itoa(len(args))
		}
		_, err := db.All(ctx, tx, func(scan func(...any) error) (struct{}, error) {
			var id, name string
			err := scan(&id, &name)
			out[id] = name
			return struct{}{}, err
		}, `SELECT id, name FROM system WHERE organisation_id = $1 AND `+within+` AND id IN (`+strings.Join(marks, ", ")+`)`, args...)
		if err != nil {
			return nil, fmt.Errorf("read names of systems: %w", err)
		}
	}
	return out, nil
}

// Types reads which types of information some systems hold, and nothing else of them: what a need is suggested from. nil is every system.
func Types(ctx context.Context, tx *db.Tx, org access.OrganisationID, systems []ids.ID[System]) (map[ids.ID[System]][]information.Held, error) {
	where, args := `l.organisation_id = $1`, []any{org}
	if systems != nil && len(systems) <= atOnce {
		marks := make([]string, len(systems))
		for i, id := range systems {
			args = append(args, id)
			marks[i] = "$" + strconv.Itoa(len(args))
		}
		where += ` AND l.system_id IN (` + strings.Join(append(marks, "''"), ", ") + `)`
	}
	out := map[ids.ID[System]][]information.Held{}
	_, err := db.All(ctx, tx, func(scan func(...any) error) (struct{}, error) {
		var id ids.ID[System]
		var h information.Held
		err := scan(&id, &h.TypeID)
		out[id] = append(out[id], h)
		return struct{}{}, err
	}, `SELECT l.system_id, i.type_id FROM system_information l JOIN information i ON i.id = l.information_id AND i.organisation_id = l.organisation_id
		WHERE `+where, args...)
	if err != nil {
		return nil, fmt.Errorf("read types of information in systems: %w", err)
	}
	return out, nil
}

// Facilities reads what the organisation's systems depend on outside the register, in Swedish order.
func Facilities(ctx context.Context, tx *db.Tx, org access.OrganisationID) ([]Facility, error) {
	out, err := db.All(ctx, tx, func(scan func(...any) error) (Facility, error) {
		var f Facility
		return f, scan(&f.ID, &f.Name, &f.SupplierID, &f.Supplier)
	}, `SELECT f.id, f.name, COALESCE(f.supplier_id, ''), COALESCE(p.name, '') FROM facility f
		LEFT JOIN supplier p ON p.id = f.supplier_id AND p.organisation_id = f.organisation_id WHERE f.organisation_id = $1`, org)
	if err != nil {
		return nil, fmt.Errorf("read services outside the register: %w", err)
	}
	locale.Sort(out, func(f Facility) string { return f.Name })
	return out, nil
}

// ensureFacility finds a facility by its name, or makes it.
func ensureFacility(ctx context.Context, tx *db.Tx, org access.OrganisationID, f Facility) (ids.ID[Facility], error) {
	id := ids.New[Facility]()
	err := db.One(tx.QueryRow(ctx, `INSERT INTO facility (id, organisation_id, name, folded, supplier_id, created_at) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (organisation_id, folded) DO UPDATE SET supplier_id = COALESCE(excluded.supplier_id, facility.supplier_id) RETURNING id`,
		id, org, f.Name, locale.Fold(f.Name), null(f.SupplierID), db.Millis(tx.Now)), &id)
	if err != nil {
		return "", fmt.Errorf("save service outside the register: %w", err)
	}
	return id, nil
}

// insertDependency stores a dependency. ErrDepends says that it stands there already.
func insertDependency(ctx context.Context, tx *db.Tx, org access.OrganisationID, d *Dependency) error {
	n, err := tx.Exec(ctx, `INSERT INTO system_dependency (id, organisation_id, system_id, needs_id, facility_id, carries, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING`, d.ID, org, d.System, null(d.Needs), null(d.Facility), d.Carries, db.Millis(tx.Now))
	if err != nil {
		return fmt.Errorf("save dependency: %w", err)
	}
	if n == 0 {
		return ErrDepends
	}
	return nil
}

// removeDependency takes a dependency of a system away, and the facility with it when nothing else needs it.
func removeDependency(ctx context.Context, tx *db.Tx, org access.OrganisationID, id ids.ID[System], dependency ids.ID[Dependency]) (Dependency, error) {
	list, err := dependencies(ctx, tx, `system_id = $2 AND id = $3`, org, id, dependency)
	if err != nil {
		return Dependency{}, err
	}
	if len(list) == 0 {
		return Dependency{}, fmt.Errorf("dependency %q: %w", dependency, db.ErrNotFound)
	}
	if _, err := tx.Exec(ctx, `DELETE FROM system_dependency WHERE organisation_id = $1 AND id = $2`, org, dependency); err != nil {
		return Dependency{}, fmt.Errorf("remove dependency: %w", err)
	}
	return list[0], dropFacilities(ctx, tx, org)
}

// dropFacilities takes away the facilities that no system needs any more.
func dropFacilities(ctx context.Context, tx *db.Tx, org access.OrganisationID) error {
	_, err := tx.Exec(ctx, `DELETE FROM facility WHERE organisation_id = $1
		AND NOT EXISTS (SELECT 1 FROM system_dependency d WHERE d.organisation_id = $1 AND d.facility_id = facility.id)`, org)
	if err != nil {
		return fmt.Errorf("remove services outside the register: %w", err)
	}
	return nil
}

// removeDependencies takes away what stands between systems that go away and others.
func removeDependencies(ctx context.Context, tx *db.Tx, org access.OrganisationID, systems []ids.ID[System]) error {
	for _, id := range systems {
		if _, err := tx.Exec(ctx, `DELETE FROM system_dependency WHERE organisation_id = $1 AND (system_id = $2 OR needs_id = $2)`, org, id); err != nil {
			return fmt.Errorf("remove dependencies of systems: %w", err)
		}
	}
	return dropFacilities(ctx, tx, org)
}

// moveFacilities gives what one supplier delivers outside the register to another.
func moveFacilities(ctx context.Context, tx *db.Tx, from, to ids.ID[supplier.Supplier]) error {
	_, err := tx.Exec(ctx, `UPDATE facility SET supplier_id = $1 WHERE organisation_id = $2 AND supplier_id = $3`, to, tx.Scope, from)
	if err != nil {
		return fmt.Errorf("move services of supplier: %w", err)
	}
	return nil
}

// atOnce is how many ids stand in one question: the time that SQLite takes grows with the square of them.
const atOnce = 500

// Some reads the systems with the ids that are within reach, however many they are, in Swedish order in each part.
func Some(ctx context.Context, tx *db.Tx, org access.OrganisationID, r access.Reach, list []ids.ID[System]) ([]System, error) {
	out := make([]System, 0, len(list))
	for len(list) > 0 {
		part := list[:min(atOnce, len(list))]
		list = list[len(part):]
		read, err := List(ctx, tx, org, Filter{Reach: r, IDs: part})
		if err != nil {
			return nil, err
		}
		out = append(out, read...)
	}
	return out, nil
}

// DeliveredBy finds the systems and the facilities that a supplier delivers.
func DeliveredBy(ctx context.Context, tx *db.Tx, org access.OrganisationID, id ids.ID[supplier.Supplier]) (systems []ids.ID[System], facilities []Facility, err error) {
	systems, err = db.All(ctx, tx, func(scan func(...any) error) (ids.ID[System], error) {
		var id ids.ID[System]
		return id, scan(&id)
	}, `SELECT id FROM system WHERE organisation_id = $1 AND supplier_id = $2 ORDER BY sort_key, id`, org, id)
	if err != nil {
		return nil, nil, fmt.Errorf("read systems of supplier: %w", err)
	}
	facilities, err = db.All(ctx, tx, func(scan func(...any) error) (Facility, error) {
		f := Facility{SupplierID: id}
		return f, scan(&f.ID, &f.Name)
	}, `SELECT id, name FROM facility WHERE organisation_id = $1 AND supplier_id = $2 ORDER BY folded`, org, id)
	if err != nil {
		return nil, nil, fmt.Errorf("read services of supplier: %w", err)
	}
	return systems, facilities, nil
}
