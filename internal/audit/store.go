// SPDX-License-Identifier: EUPL-1.2

package audit

import (
	"context"
	"database/sql"
	"slices"
	"strconv"
	"strings"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
)

// grow takes the numbers of a batch and gives the log's new size. The row is held until the transaction ends. On PostgreSQL it reads the stored
// hashes of the edge as it was too, from the largest subtree, since each statement is a journey to the server. They are those of the moment
// when the statement began: where others have written while the row was waited for, some are missing.
func grow(ctx context.Context, tx *db.Tx, org access.OrganisationID, b *batch) (size int64, stored []string, err error) {
	name, changed := org.String(), 0
	if org == db.Installation {
		name = ids.New[batch]().String() // kept only when the log is new
	}
	if b.changed {
		changed = len(b.leaves)
	}
	edge := `NULL`
	if tx.Engine == db.Postgres {
		edge = edgeWas()
	}
	var hashes sql.NullString
	err = db.One(tx.QueryRow(ctx, `
		INSERT INTO audit_head (organisation_id, name, size, changed) VALUES ($1, $2, $3, $4)
		ON CONFLICT (organisation_id) DO UPDATE SET size = audit_head.size + excluded.size,
			changed = CASE WHEN excluded.changed > 0 THEN audit_head.size + excluded.size ELSE audit_head.changed END
		RETURNING size, `+edge, org, name, len(b.leaves), changed), &size, &hashes)
	return size, strings.Fields(hashes.String), err
}

// edgeWas reads the edge of a log before grow's $3 entries. Where it is stored follows from the size (edgePlaces): with the last entry of each
// beginning of the log that ends where some number of the size's lowest bits are cleared. Of a log of more levels than are asked for here
// some are missing, and it is read by itself. Each is looked up by its own key: whatever PostgreSQL believes of how long logs are, it never
// reads one from its beginning.
func edgeWas() string {
	var ends strings.Builder
	for level := range 30 {
		if level > 0 {
			ends.WriteString(", ")
		}
		ends.WriteString("((audit_head.size - $3) >> " + strconv.Itoa(level) + " << " + strconv.Itoa(level) + ") - 1")
	}
	return `(SELECT string_agg((SELECT h.hashes FROM audit_hash h WHERE h.organisation_id = $1 AND h.seq = e.seq), ' ' ORDER BY e.seq)
			FROM (SELECT DISTINCT seq FROM unnest(ARRAY[` + ends.String() + `]) AS u (seq) WHERE seq >= 0) e)`
}

// fewEntries is how many entries are written with one statement on PostgreSQL, where each is a journey to the server. To SQLite it is none.
const fewEntries = 20

func (b *batch) insert(ctx context.Context, tx *db.Tx) error {
	if n := len(b.entries); tx.Engine == db.Postgres && n <= fewEntries {
		args := slices.Concat(slices.Concat(b.entries...), slices.Concat(b.kept...), slices.Concat(b.hashes...))
		_, err := tx.Exec(ctx, `
			WITH entry AS (INSERT INTO audit_entry (organisation_id, seq, at, action, object_kind, object_id, record) VALUES `+marks(n, 7, 0)+`),
				kept AS (INSERT INTO audit_private (organisation_id, seq, salts, actor, what, why, address) VALUES `+marks(n, 7, 7*n)+`)
			INSERT INTO audit_hash (organisation_id, seq, hashes) VALUES `+marks(n, 3, 14*n), args...)
		return err
	}
	err := tx.Insert(ctx, `INSERT INTO audit_entry (organisation_id, seq, at, action, object_kind, object_id, record) VALUES`, "", b.entries)
	if err != nil {
		return err
	}
	err = tx.Insert(ctx, `INSERT INTO audit_private (organisation_id, seq, salts, actor, what, why, address) VALUES`, "", b.kept)
	if err != nil {
		return err
	}
	return tx.Insert(ctx, `INSERT INTO audit_hash (organisation_id, seq, hashes) VALUES`, "", b.hashes)
}

// marks are the places of some rows' values in a statement, after those of others.
func marks(rows, width, after int) string {
	var s strings.Builder
	for i := range rows * width {
		switch {
		case i == 0:
			s.WriteString("(")
		case i%width == 0:
			s.WriteString("), (")
		default:
			s.WriteString(", ")
		}
		s.WriteString("$" + strconv.Itoa(after+i+1))
	}
	s.WriteString(")")
	return s.String()
}

func head(ctx context.Context, tx *db.Tx, org access.OrganisationID) (Head, error) {
	h := Head{Organisation: org}
	err := db.One(tx.QueryRow(ctx, `SELECT name, size, changed, epoch FROM audit_head WHERE organisation_id = $1`, org), &h.Name, &h.Size, &h.Changed, &h.Epoch)
	return h, err
}

// heads lists every log that the transaction may see, the installation's first.
func heads(ctx context.Context, tx *db.Tx) ([]Head, error) {
	return db.All(ctx, tx, func(scan func(...any) error) (Head, error) {
		var h Head
		return h, scan(&h.Organisation, &h.Name, &h.Size, &h.Changed, &h.Epoch)
	}, `SELECT organisation_id, name, size, changed, epoch FROM audit_head ORDER BY organisation_id`)
}

// storedHashes reads the stored hashes of some leaves.
func storedHashes(ctx context.Context, tx *db.Tx, org access.OrganisationID, seqs []int64) (map[int64]string, error) {
	out := make(map[int64]string, len(seqs))
	const most = 500
	for len(seqs) > 0 {
		part := seqs[:min(most, len(seqs))]
		seqs = seqs[len(part):]
		var q strings.Builder
		q.WriteString(`SELECT seq, hashes FROM audit_hash WHERE organisation_id = $1 AND seq IN (`)
		args := []any{org}
		for i, s := range part {
			if i > 0 {
				q.WriteByte(',')
			}
			args = append(args, s)
			q.WriteString("$" + strconv.Itoa(len(args)))
		}
		q.WriteByte(')')
		_, err := db.All(ctx, tx, func(scan func(...any) error) (struct{}, error) {
			var seq int64
			var text string
			err := scan(&seq, &text)
			out[seq] = text
			return struct{}{}, err
		}, q.String(), args...)
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// where writes the conditions of a filter.
func (f *Filter) where(org access.OrganisationID) (string, []any) {
	q, args := `e.organisation_id = $1`, []any{org}
	add := func(condition string, v any) {
		args = append(args, v)
		q += " AND " + condition + " $" + strconv.Itoa(len(args))
	}
	if f.ObjectKind != "" {
		add("e.object_kind =", f.ObjectKind)
	}
	if f.ObjectID != "" {
		add("e.object_id =", f.ObjectID)
	}
	if f.Action != "" {
		add("e.action =", f.Action)
	}
	if f.Actor != "" {
		add("p.actor =", f.Actor)
	}
	if f.Since != 0 {
		add("e.at >=", f.Since)
	}
	if f.Before != 0 {
		add("e.at <", f.Before)
	}
	if f.From != 0 {
		add("e.seq >=", f.From)
	}
	if f.Below != 0 {
		add("e.seq <", f.Below)
	}
	return q, args
}

func list(ctx context.Context, tx *db.Tx, org access.OrganisationID, f Filter) ([]Logged, error) {
	where, args := f.where(org)
	order := ` ORDER BY e.seq DESC LIMIT $`
	if f.Upwards {
		order = ` ORDER BY e.seq LIMIT $`
	}
	args = append(args, f.Limit)
	return db.All(ctx, tx, func(scan func(...any) error) (Logged, error) {
		var l Logged
		var values [numFields]sql.NullString
		err := scan(&l.Seq, &l.At, &l.Action, &l.ObjectKind, &l.ObjectID, &values[Who], &values[What], &values[Why], &values[From])
		for f, v := range values {
			if !v.Valid {
				l.Erased = append(l.Erased, Field(f))
			}
		}
		l.Actor, l.Record, l.Why, l.From = values[Who].String, values[What].String, values[Why].String, values[From].String
		return l, err
	}, `SELECT e.seq, e.at, e.action, e.object_kind, e.object_id, p.actor, p.what, p.why, p.address
		FROM audit_entry e LEFT JOIN audit_private p ON p.organisation_id = e.organisation_id AND p.seq = e.seq
		WHERE `+where+order+strconv.Itoa(len(args)), args...)
}

// kept is a private row with its number.
type kept struct {
	seq   int64
	old   bool // of a leaf of format 1
	parts private
}

// keptOf reads the private rows that an erasure is about.
func keptOf(ctx context.Context, tx *db.Tx, org access.OrganisationID, e *Erasure) ([]kept, error) {
	q, args := `organisation_id = $1`, []any{org}
	if e.Actor != "" {
		q, args = q+` AND actor = $2`, append(args, e.Actor)
	} else {
		q += ` AND seq IN (`
		for i, seq := range e.Entries {
			if i > 0 {
				q += ","
			}
			args = append(args, seq)
			q += "$" + strconv.Itoa(len(args))
		}
		q += `)`
	}
	return db.All(ctx, tx, func(scan func(...any) error) (kept, error) {
		var k kept
		var salts string
		var values [numFields]sql.NullString
		err := scan(&k.seq, &salts, &values[Who], &values[What], &values[Why], &values[From])
		k.old = !k.parts.unpackSalts([]byte(salts))
		for f, v := range values {
			k.parts.values[f], k.parts.gone[f] = v.String, !v.Valid
		}
		return k, err
	}, `SELECT seq, salts, actor, what, why, address FROM audit_private WHERE `+q+` ORDER BY seq`, args...)
}

func saveKept(ctx context.Context, tx *db.Tx, org access.OrganisationID, k *kept) error {
	values := make([]any, numFields)
	for f := range numFields {
		if !k.parts.gone[f] {
			values[f] = k.parts.values[f]
		}
	}
	_, err := tx.Exec(ctx, `UPDATE audit_private SET salts = $1, actor = $2, what = $3, why = $4, address = $5 WHERE organisation_id = $6 AND seq = $7`,
		k.parts.packSalts(), values[Who], values[What], values[Why], values[From], org, k.seq)
	return err
}

// actions tells of some entries which action each is.
func actionOf(ctx context.Context, tx *db.Tx, org access.OrganisationID, seq int64) (string, error) {
	var action string
	err := db.One(tx.QueryRow(ctx, `SELECT action FROM audit_entry WHERE organisation_id = $1 AND seq = $2`, org, seq), &action)
	return action, err
}

func setEpoch(ctx context.Context, tx *db.Tx, org access.OrganisationID, epoch int64) error {
	_, err := tx.Exec(ctx, `UPDATE audit_head SET epoch = $1 WHERE organisation_id = $2`, epoch, org)
	return err
}
