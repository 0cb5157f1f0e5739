// SPDX-License-Identifier: EUPL-1.2

package organisation

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/locale"
)

const groupColumns = `g.id, g.name, g.external_id, g.role, COALESCE(g.unit_id, ''), g.version, g.created_at, g.updated_at`

func scanGroup(scan func(...any) error) (Group, error) {
	var g Group
	var created, updated int64
	err := scan(&g.ID, &g.Name, &g.ExternalID, &g.Role, &g.Unit, &g.Version, &created, &updated)
	g.Created, g.Updated = db.FromMillis(created), db.FromMillis(updated)
	return g, err
}

// groups reads the groups that a condition holds, in Swedish order. Its first parameter is $2.
func groups(ctx context.Context, tx *db.Tx, org access.OrganisationID, condition string, args ...any) ([]Group, error) {
	out, err := db.All(ctx, tx, scanGroup, `SELECT `+groupColumns+` FROM directory_group g WHERE g.organisation_id = $1 AND `+condition+` ORDER BY g.id`,
		append([]any{org}, args...)...)
	if err != nil {
		return nil, fmt.Errorf("read groups: %w", err)
	}
	locale.Sort(out, func(g Group) string { return g.Name })
	return out, nil
}

func getGroup(ctx context.Context, tx *db.Tx, org access.OrganisationID, id ids.ID[Group]) (Group, error) {
	out, err := groups(ctx, tx, org, `g.id = $2`, id)
	if err != nil {
		return Group{}, err
	}
	if len(out) == 0 {
		return Group{}, db.ErrNotFound
	}
	return out[0], nil
}

func groupsOf(ctx context.Context, tx *db.Tx, org access.OrganisationID, person ids.ID[Person]) ([]Group, error) {
	return groups(ctx, tx, org, `g.id IN (SELECT m.group_id FROM directory_member m WHERE m.organisation_id = $1 AND m.person_id = $2)`, person)
}

// members reads who is in the groups, by group, or in one when an id is given.
func members(ctx context.Context, tx *db.Tx, org access.OrganisationID, only ids.ID[Group]) (map[ids.ID[Group]][]ids.ID[Person], error) {
	type pair struct {
		group  ids.ID[Group]
		person ids.ID[Person]
	}
	all, err := db.All(ctx, tx, func(scan func(...any) error) (pair, error) {
		var p pair
		return p, scan(&p.group, &p.person)
	}, `SELECT group_id, person_id FROM directory_member WHERE organisation_id = $1 AND ($2 = '' OR group_id = $2) ORDER BY group_id, person_id`, org, string(only))
	if err != nil {
		return nil, fmt.Errorf("read members: %w", err)
	}
	out := map[ids.ID[Group]][]ids.ID[Person]{}
	for _, p := range all {
		out[p.group] = append(out[p.group], p.person)
	}
	return out, nil
}

// saveGroup writes a group that is new (version 0), or that nobody else has changed since it was read.
func saveGroup(ctx context.Context, tx *db.Tx, org access.OrganisationID, g *Group) error {
	n, err := tx.Exec(ctx, `
		INSERT INTO directory_group (id, organisation_id, name, folded, external_id, role, unit_id, created_at, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8)
		ON CONFLICT (id) DO UPDATE SET name = excluded.name, folded = excluded.folded, external_id = excluded.external_id, role = excluded.role,
			unit_id = excluded.unit_id, version = directory_group.version + 1, updated_at = excluded.updated_at
		WHERE directory_group.organisation_id = excluded.organisation_id AND directory_group.version = $9`,
		g.ID, org, g.Name, locale.Fold(g.Name), g.ExternalID, g.Role, none(g.Unit), db.Millis(tx.Now), g.Version)
	if err != nil {
		return err
	}
	if n == 0 {
		return db.ErrConflict
	}
	if g.Version++; g.Version == 1 {
		g.Created = tx.Now
	}
	g.Updated = tx.Now
	return nil
}

// groupTaken reports whether another group has the name.
func groupTaken(ctx context.Context, tx *db.Tx, org access.OrganisationID, g *Group) (bool, error) {
	n := 0
	err := db.One(tx.QueryRow(ctx, `SELECT COUNT(*) FROM directory_group WHERE organisation_id = $1 AND folded = $2 AND id <> $3`, org, locale.Fold(g.Name), g.ID), &n)
	return n > 0, err
}

func deleteGroup(ctx context.Context, tx *db.Tx, org access.OrganisationID, id ids.ID[Group]) error {
	if _, err := tx.Exec(ctx, `DELETE FROM directory_member WHERE organisation_id = $1 AND group_id = $2`, org, id); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `DELETE FROM directory_group WHERE organisation_id = $1 AND id = $2`, org, id)
	return err
}

func addMember(ctx context.Context, tx *db.Tx, org access.OrganisationID, g ids.ID[Group], p ids.ID[Person]) error {
	_, err := tx.Exec(ctx, `INSERT INTO directory_member (organisation_id, group_id, person_id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`, org, g, p)
	return err
}

func removeMember(ctx context.Context, tx *db.Tx, org access.OrganisationID, g ids.ID[Group], p ids.ID[Person]) error {
	_, err := tx.Exec(ctx, `DELETE FROM directory_member WHERE organisation_id = $1 AND group_id = $2 AND person_id = $3`, org, g, p)
	return err
}

// responsibilities reads what people are named for that a condition holds. Its first parameter is $2.
func responsibilities(ctx context.Context, tx *db.Tx, org access.OrganisationID, condition string, args ...any) ([]Responsibility, error) {
	out, err := db.All(ctx, tx, func(scan func(...any) error) (Responsibility, error) {
		var r Responsibility
		return r, scan(&r.ObjectKind, &r.ObjectID, &r.Kind, &r.Person, &r.Left, &r.Gone)
	}, `SELECT r.object_kind, r.object_id, r.kind, r.person_id, p.name, p.ended_at IS NOT NULL FROM responsibility r
		JOIN person p ON p.id = r.person_id AND p.organisation_id = r.organisation_id
		WHERE r.organisation_id = $1 AND `+condition+` ORDER BY r.object_kind, r.object_id, r.kind`, append([]any{org}, args...)...)
	if err != nil {
		return nil, fmt.Errorf("read responsibilities: %w", err)
	}
	return out, nil
}

// saveResponsibility names a person for an object, or nobody.
func saveResponsibility(ctx context.Context, tx *db.Tx, org access.OrganisationID, r *Responsibility) error {
	if r.Person.IsZero() {
		_, err := tx.Exec(ctx, `DELETE FROM responsibility WHERE organisation_id = $1 AND object_kind = $2 AND object_id = $3 AND kind = $4`,
			org, r.ObjectKind, r.ObjectID, r.Kind)
		return err
	}
	_, err := tx.Exec(ctx, `
		INSERT INTO responsibility (organisation_id, object_kind, object_id, kind, person_id, since) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (organisation_id, object_kind, object_id, kind) DO UPDATE SET person_id = excluded.person_id, since = excluded.since`,
		org, r.ObjectKind, r.ObjectID, r.Kind, r.Person, db.Millis(tx.Now))
	return err
}

// atOnce is how many objects one statement asks about.
const atOnce = 500

// inObjects narrows a statement to some objects of a kind.
func inObjects(org access.OrganisationID, objectKind string, objects []string) (string, []any) {
	args := []any{org, objectKind}
	marks := make([]string, len(objects))
	for i, id := range objects {
		args = append(args, id)
		marks[i] = "$" + strconv.Itoa(i+3)
	}
	return `r.object_kind = $2 AND r.object_id IN (` + strings.Join(marks, ", ") + `)`, args
}

// Named gives who is named for some objects of a kind, by the object's id and how.
func Named(ctx context.Context, tx *db.Tx, org access.OrganisationID, objectKind string, objects []string) (map[string]map[string]Responsibility, error) {
	out := map[string]map[string]Responsibility{}
	for part := range slices.Chunk(objects, atOnce) {
		where, args := inObjects(org, objectKind, part)
		list, err := responsibilities(ctx, tx, org, where, args[1:]...)
		if err != nil {
			return nil, err
		}
		for i := range list {
			r := &list[i]
			if out[r.ObjectID] == nil {
				out[r.ObjectID] = map[string]Responsibility{}
			}
			out[r.ObjectID][r.Kind] = *r
		}
	}
	return out, nil
}

// Release takes away who is named for objects that are being removed.
func Release(ctx context.Context, tx *db.Tx, org access.OrganisationID, objectKind string, objects []string) error {
	for part := range slices.Chunk(objects, atOnce) {
		where, args := inObjects(org, objectKind, part)
		if _, err := tx.Exec(ctx, `DELETE FROM responsibility AS r WHERE r.organisation_id = $1 AND `+where, args...); err != nil {
			return fmt.Errorf("release what is removed from those named for it: %w", err)
		}
	}
	return nil
}

// Colleagues gives everybody who has not left, in Swedish order, for a list to choose from.
func Colleagues(ctx context.Context, tx *db.Tx, org access.OrganisationID) ([]Person, error) {
	return persons(ctx, tx, org, `p.ended_at IS NULL`)
}

// Everybody reads all people, those who have left too, for comparing lists of accounts with them.
func Everybody(ctx context.Context, tx *db.Tx, org access.OrganisationID) ([]Person, error) {
	return persons(ctx, tx, org, `1 = 1`)
}

func signsIn(ctx context.Context, tx *db.Tx, org access.OrganisationID, p *Person) (bool, error) {
	n := 0
	err := db.One(tx.QueryRow(ctx, `SELECT COUNT(*) FROM account_identity WHERE organisation_id = $1 AND account_id = $2 AND last_used_at > 0`, org, string(p.Account)), &n)
	return n > 0, err
}

// setDirectory notes whether the directory tells of a person.
func setDirectory(ctx context.Context, tx *db.Tx, org access.OrganisationID, id ids.ID[Person], state string) error {
	_, err := tx.Exec(ctx, `UPDATE person SET directory = $1 WHERE organisation_id = $2 AND id = $3`, state, org, id)
	return err
}

// AnswersFor lists what a person is named for.
func AnswersFor(ctx context.Context, tx *db.Tx, org access.OrganisationID, person ids.ID[Person]) ([]Responsibility, error) {
	return responsibilities(ctx, tx, org, `r.person_id = $2`, person)
}
