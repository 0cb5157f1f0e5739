// SPDX-License-Identifier: EUPL-1.2

package action

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/organisation"
	"github.com/insegel/insegel/internal/system"
)

const columns = `x.id, x.system_id, x.requirement_id, x.owner_role, x.due_on, x.status, x.note, x.obsolete_at IS NOT NULL, x.version, x.updated_at,
	COALESCE(r.person_id, ''), COALESCE(p.name, ''), p.ended_at IS NOT NULL`

// doing joins the person who is named for an action.
const doing = ` LEFT JOIN responsibility r ON r.organisation_id = x.organisation_id AND r.object_kind = 'action' AND r.object_id = x.id
	LEFT JOIN person p ON p.id = r.person_id AND p.organisation_id = r.organisation_id`

// Sealed are the texts of the slice that lie encrypted in the database. A row is known by its system and requirement: an action that
// comes back keeps its row.
var Sealed = []db.Sealed{{Table: "action", Columns: []string{"note"}, Key: []string{"system_id", "requirement_id"}}}

func (a *Action) noteCell() db.Cell { return Sealed[0].Cell("note", a.System.String(), a.Requirement) }

// scanAction reads an action in the transaction, which opens its note.
func scanAction(ctx context.Context, tx *db.Tx) func(scan func(...any) error) (Action, error) {
	return func(scan func(...any) error) (Action, error) {
		var a Action
		var updated int64
		err := scan(&a.ID, &a.System, &a.Requirement, &a.OwnerRole, &a.DueOn, &a.Status, &a.Note, &a.Obsolete, &a.Version, &updated,
			&a.Person, &a.PersonName, &a.PersonGone)
		if err == nil {
			a.Note, err = tx.Open(ctx, a.noteCell(), a.Note)
		}
		a.Updated = db.FromMillis(updated)
		return a, err
	}
}

// Get reads one action by its id.
func Get(ctx context.Context, tx *db.Tx, org access.OrganisationID, id ids.ID[Action]) (Action, error) {
	a, err := scanAction(ctx, tx)(func(dest ...any) error {
		return db.One(tx.QueryRow(ctx, `SELECT `+columns+` FROM (SELECT * FROM action WHERE organisation_id = $1 AND id = $2) x`+doing, org, id), dest...)
	})
	if err != nil {
		return Action{}, fmt.Errorf("read action: %w", err)
	}
	return a, nil
}

// All reads the organisation's actions by system and requirement, or one system's when an id is given. Obsolete ones are left out.
func All(ctx context.Context, tx *db.Tx, org access.OrganisationID, only ids.ID[system.System]) (map[ids.ID[system.System]]map[string]*Action, error) {
	return bySystem(ctx, tx, `organisation_id = $1 AND ($2 = '' OR system_id = $2)`, org, string(only))
}

// OfSystems is All for some systems.
func OfSystems(ctx context.Context, tx *db.Tx, org access.OrganisationID, systems []ids.ID[system.System]) (map[ids.ID[system.System]]map[string]*Action, error) {
	marks, args := []string{"''"}, []any{org}
	for _, id := range systems {
		args = append(args, id)
		marks = append(marks, "$"+strconv.Itoa(len(args)))
	}
	return bySystem(ctx, tx, `organisation_id = $1 AND system_id IN (`+strings.Join(marks, ", ")+`)`, args...)
}

func bySystem(ctx context.Context, tx *db.Tx, where string, args ...any) (map[ids.ID[system.System]]map[string]*Action, error) {
	list, err := db.All(ctx, tx, scanAction(ctx, tx), `SELECT `+columns+` FROM (SELECT * FROM action WHERE `+where+` AND obsolete_at IS NULL) x`+doing, args...)
	if err != nil {
		return nil, fmt.Errorf("read actions: %w", err)
	}
	out := map[ids.ID[system.System]]map[string]*Action{}
	for i := range list {
		a := &list[i]
		if out[a.System] == nil {
			out[a.System] = map[string]*Action{}
		}
		out[a.System][a.Requirement] = a
	}
	return out, nil
}

// Listed is an action with the names that a list shows.
type Listed struct {
	Action
	Slug, Name, Unit string
}

// inTime sorts an action into its group: $2 is today, $3 the end of the week.
const inTime = `CASE WHEN a.status = 'done' THEN 4 WHEN a.due_on = '' THEN 3 WHEN a.due_on < $2 THEN 0 WHEN a.due_on <= $3 THEN 1 ELSE 2 END`

// fromActions are the actions that stand, of systems that are not stopped.
const fromActions = ` FROM action a
	WHERE a.organisation_id = $1 AND a.obsolete_at IS NULL
	AND a.system_id NOT IN (SELECT c.system_id FROM classification c WHERE c.organisation_id = $1 AND c.status = 'stopped')`

// which is a condition on the actions of a list, with its arguments.
type which struct {
	clause string
	args   []any
}

// ofReach narrows actions to the systems within reach.
func ofReach(r access.Reach, args []any) (string, []any) {
	if r.All {
		return "", args
	}
	clause, args := system.InReach(r, "s.unit_id", args)
	return ` AND a.system_id IN (SELECT s.id FROM system s WHERE s.organisation_id = $1 AND ` + clause + `)`, args
}

// where narrows to the reader's reach and to a filter, all but its group. The first three arguments are the organisation, today and the
// end of the week.
func (l *Listing) where(org access.OrganisationID) which {
	f, today := &l.Filter, l.Today
	clause, args := ofReach(l.reach, []any{org, today, weekEnd(today)})
	add := func(condition, value string) {
		args = append(args, value)
		clause += " AND " + strings.ReplaceAll(condition, "?", "$"+strconv.Itoa(len(args)))
	}
	if f.Status != "" {
		add("a.status = ?", string(f.Status))
	}
	if f.Unit != "" {
		add("a.system_id IN (SELECT s.id FROM system s WHERE s.organisation_id = $1 AND s.unit_id = ?)", f.Unit)
	}
	switch f.Owner {
	case "":
	case Nobody:
		add("a.owner_role = ? AND NOT "+isNamed+")", "")
	default:
		if person, ok := strings.CutPrefix(f.Owner, PersonPrefix); ok {
			add(isNamed+" AND r.person_id = ?)", person)
			break
		}
		add("a.owner_role = ?", f.Owner)
	}
	return which{clause, args}
}

// isNamed says that somebody is named for an action; a parenthesis is to follow.
const isNamed = `EXISTS (SELECT 1 FROM responsibility r WHERE r.organisation_id = $1 AND r.object_kind = 'action' AND r.object_id = a.id`

// doers gives everybody who is named for an action within reach.
func doers(ctx context.Context, tx *db.Tx, org access.OrganisationID, r access.Reach) ([]organisation.Person, error) {
	clause, args := ofReach(r, []any{org})
	out, err := db.All(ctx, tx, func(scan func(...any) error) (organisation.Person, error) {
		var p organisation.Person
		return p, scan(&p.ID, &p.Name)
	}, `SELECT DISTINCT p.id, p.name FROM action a
		JOIN responsibility r ON r.organisation_id = a.organisation_id AND r.object_kind = 'action' AND r.object_id = a.id
		JOIN person p ON p.id = r.person_id AND p.organisation_id = r.organisation_id
		WHERE a.organisation_id = $1 AND a.obsolete_at IS NULL`+clause, args...)
	if err != nil {
		return nil, fmt.Errorf("read who does actions: %w", err)
	}
	locale.Sort(out, func(p organisation.Person) string { return p.Name })
	return out, nil
}

// counts tells how many actions each group has.
func counts(ctx context.Context, tx *db.Tx, w which) (map[Group]int, error) {
	out := map[Group]int{}
	_, err := db.All(ctx, tx, func(scan func(...any) error) (struct{}, error) {
		var group, n int
		err := scan(&group, &n)
		if group >= 0 && group < len(Groups) {
			out[Groups[group]] = n
		}
		return struct{}{}, err
	}, `SELECT x.g, COUNT(*) FROM (SELECT `+inTime+` AS g`+fromActions+w.clause+`) x GROUP BY x.g`, w.args...)
	if err != nil {
		return nil, fmt.Errorf("count actions: %w", err)
	}
	return out, nil
}

// list reads one page of the actions that pass a filter, by group, day and system. The page is cut before the names are looked up.
func list(ctx context.Context, tx *db.Tx, w which, f *Filter) ([]Listed, error) {
	clause := w.clause
	if i := slices.Index(Groups, f.Group); i >= 0 {
		clause += " AND " + inTime + " = " + strconv.Itoa(i)
	}
	out, err := db.All(ctx, tx, func(scan func(...any) error) (Listed, error) {
		var l Listed
		a, err := scanAction(ctx, tx)(func(dest ...any) error { return scan(append(dest, &l.Slug, &l.Name, &l.Unit)...) })
		l.Action = a
		return l, err
	}, `SELECT `+columns+`,
			s.slug, s.name, COALESCE(u.name, '')
		FROM (SELECT a.*, `+inTime+` AS g`+fromActions+clause+`
			ORDER BY g, a.due_on, a.system_id, a.id`+fmt.Sprintf(` LIMIT %d OFFSET %d`, PageSize, (f.Page-1)*PageSize)+`) x
		JOIN system s ON s.id = x.system_id AND s.organisation_id = x.organisation_id
		LEFT JOIN unit u ON u.id = s.unit_id AND u.organisation_id = s.organisation_id`+doing+`
		ORDER BY x.g, x.due_on, x.system_id, x.id`, w.args...)
	if err != nil {
		return nil, fmt.Errorf("list actions: %w", err)
	}
	return out, nil
}

// owners gives every role that has taken something on within reach.
func owners(ctx context.Context, tx *db.Tx, org access.OrganisationID, r access.Reach) ([]string, error) {
	clause, args := ofReach(r, []any{org})
	out, err := db.All(ctx, tx, func(scan func(...any) error) (string, error) {
		var role string
		err := scan(&role)
		return role, err
	}, `SELECT DISTINCT a.owner_role FROM action a WHERE a.organisation_id = $1 AND a.obsolete_at IS NULL AND a.owner_role <> ''`+clause, args...)
	if err != nil {
		return nil, fmt.Errorf("read owners of actions: %w", err)
	}
	return out, nil
}

// unmet are the answers that say "not met"; an index holds just these.
const unmet = `r.organisation_id = $1 AND r.superseded_at IS NULL AND r.status IN ('not-met', 'partly')`

// worst gives one page of the systems within reach, those with the most answers that say "not met" and that nobody has taken on first.
func worst(ctx context.Context, tx *db.Tx, org access.OrganisationID, l *Listing) ([]ids.ID[system.System], error) {
	within, args := system.InReach(l.reach, "s.unit_id", []any{org, l.Filter.Unit})
	out, err := db.All(ctx, tx, func(scan func(...any) error) (ids.ID[system.System], error) {
		var id ids.ID[system.System]
		err := scan(&id)
		return id, err
	}, `SELECT s.id FROM system s LEFT JOIN (
			SELECT r.system_id, COUNT(*) AS n FROM requirement_answer r WHERE `+unmet+` GROUP BY r.system_id) g ON g.system_id = s.id
		LEFT JOIN (
			SELECT a.system_id, COUNT(*) AS n FROM action a WHERE a.organisation_id = $1 AND a.obsolete_at IS NULL AND EXISTS (
				SELECT 1 FROM requirement_answer r WHERE `+unmet+` AND r.system_id = a.system_id AND r.requirement_id = a.requirement_id)
			GROUP BY a.system_id) h ON h.system_id = s.id
		WHERE s.organisation_id = $1 AND ($2 = '' OR s.unit_id = $2) AND `+within+`
		ORDER BY COALESCE(g.n, 0) - COALESCE(h.n, 0) DESC, s.sort_key, s.id`+
		fmt.Sprintf(` LIMIT %d OFFSET %d`, SystemPageSize, (l.Filter.SystemPage-1)*SystemPageSize), args...)
	if err != nil {
		return nil, fmt.Errorf("list systems by gaps: %w", err)
	}
	return out, nil
}

// save writes an action; one that was obsolete comes back. The version is the one that was read, 0 for a new one.
func save(ctx context.Context, tx *db.Tx, actor access.Actor, a *Action) error {
	org, by := actor.Organisation, actor.ID
	now := db.Millis(tx.Now)
	note, err := tx.Seal(ctx, a.noteCell(), a.Note)
	if err != nil {
		return err
	}
	err = db.One(tx.QueryRow(ctx, `
		INSERT INTO action (id, organisation_id, system_id, requirement_id, owner_role, due_on, status, note, created_at, updated_at, changed_by)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, $10)
		ON CONFLICT (system_id, requirement_id) DO UPDATE SET owner_role = excluded.owner_role, due_on = excluded.due_on,
			status = excluded.status, note = excluded.note, obsolete_at = NULL, version = action.version + 1, updated_at = excluded.updated_at,
			changed_by = excluded.changed_by
		WHERE action.organisation_id = excluded.organisation_id AND (action.version = $11 OR action.obsolete_at IS NOT NULL)
		RETURNING id`,
		a.ID, org, a.System, a.Requirement, a.OwnerRole, a.DueOn, a.Status, note, now, by, a.Version), &a.ID) // one that comes back keeps its id
	if errors.Is(err, db.ErrNotFound) {
		return db.ErrConflict
	}
	return err
}

// setObsolete marks actions of a system whose requirement no longer applies.
func setObsolete(ctx context.Context, tx *db.Tx, org access.OrganisationID, id ids.ID[Action]) error {
	_, err := tx.Exec(ctx, `UPDATE action SET obsolete_at = $1, version = version + 1, updated_at = $1 WHERE organisation_id = $2 AND id = $3`,
		db.Millis(tx.Now), org, id)
	return err
}

// Holds tells which of some systems have actions.
func Holds(ctx context.Context, tx *db.Tx, org access.OrganisationID, systems []ids.ID[system.System]) (map[ids.ID[system.System]]bool, error) {
	out, err := system.Held(ctx, tx, systems, `SELECT DISTINCT system_id FROM action WHERE organisation_id = $1`, org)
	if err != nil {
		return nil, fmt.Errorf("find systems with actions: %w", err)
	}
	return out, nil
}

// Remove takes away the actions of systems that are being removed.
func Remove(ctx context.Context, tx *db.Tx, org access.OrganisationID, systems []ids.ID[system.System]) error {
	for _, id := range systems {
		actions, err := db.All(ctx, tx, func(scan func(...any) error) (string, error) {
			var a string
			return a, scan(&a)
		}, `SELECT id FROM action WHERE organisation_id = $1 AND system_id = $2`, org, id)
		if err != nil {
			return fmt.Errorf("find actions to remove: %w", err)
		}
		if err := organisation.Release(ctx, tx, org, organisation.ObjectAction, actions); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `DELETE FROM action WHERE organisation_id = $1 AND system_id = $2`, org, id); err != nil {
			return fmt.Errorf("remove actions: %w", err)
		}
	}
	return nil
}

// OfPerson reads the actions that a person has taken on and that are not done, with the names that a list shows. Those of systems that
// are stopped, and obsolete ones, are left out.
func OfPerson(ctx context.Context, tx *db.Tx, org access.OrganisationID, person ids.ID[organisation.Person]) ([]Listed, error) {
	out, err := db.All(ctx, tx, func(scan func(...any) error) (Listed, error) {
		var l Listed
		return l, scan(&l.ID, &l.System, &l.Requirement, &l.DueOn, &l.Status, &l.Slug, &l.Name, &l.Unit)
	}, `SELECT a.id, a.system_id, a.requirement_id, a.due_on, a.status, s.slug, s.name, COALESCE(u.name, '')
		FROM responsibility r JOIN action a ON a.id = r.object_id AND a.organisation_id = r.organisation_id
		JOIN system s ON s.id = a.system_id AND s.organisation_id = a.organisation_id
		LEFT JOIN unit u ON u.id = s.unit_id AND u.organisation_id = s.organisation_id
		WHERE r.organisation_id = $1 AND r.object_kind = 'action' AND r.person_id = $2 AND a.obsolete_at IS NULL AND a.status <> 'done'
		AND a.system_id NOT IN (SELECT c.system_id FROM classification c WHERE c.organisation_id = $1 AND c.status = 'stopped')
		ORDER BY CASE WHEN a.due_on = '' THEN '9' ELSE a.due_on END, s.sort_key, a.id`, org, person)
	if err != nil {
		return nil, fmt.Errorf("read a person's actions: %w", err)
	}
	return out, nil
}
