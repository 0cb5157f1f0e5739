// SPDX-License-Identifier: EUPL-1.2

package schema

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/pressly/goose/v3"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/insegel/insegel/internal/db"
)

// auditVersion is the number of the migration that is written in Go: it computes the tree over the log of earlier versions.
const auditVersion = 21

// auditTree takes over the log of earlier versions. Its records stay as they are, as leaves of the first format, and what they hash to
// becomes the beginning of the tree.
func auditTree(engine db.Engine) *goose.Migration {
	return goose.NewGoMigration(auditVersion, &goose.GoFunc{RunTx: func(ctx context.Context, tx *sql.Tx) error {
		if engine == db.Postgres { // where row-level security binds the owner too, it would see nothing to take over
			if _, err := tx.ExecContext(ctx, `SELECT set_config('app.scope', '*', true)`); err != nil {
				return fmt.Errorf("see every organisation: %w", err)
			}
		}
		if err := takeOver(ctx, tx); err != nil {
			return fmt.Errorf("take over the log: %w", err)
		}
		return nil
	}}, nil)
}

func takeOver(ctx context.Context, tx *sql.Tx) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO audit_head (organisation_id, name, size, changed) SELECT organisation_id, organisation_id, size, size FROM audit_head_1`)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO audit_entry (organisation_id, seq, at, action, object_kind, object_id, record)
		SELECT organisation_id, seq, at, action, object_kind, object_id, record FROM audit_entry_1`)
	if err != nil {
		return err
	}
	const page = 500
	organisation, seq := "", int64(-1)
	var tree edge
	for {
		list, err := oldEntries(ctx, tx, organisation, seq, page)
		if err != nil {
			return err
		}
		for i := range list {
			e := &list[i]
			if e.organisation != organisation {
				organisation, tree = e.organisation, edge{}
			}
			if e.seq != tree.size {
				return fmt.Errorf("entry %d of organisation %s is missing: %w", tree.size, organisation, errHole)
			}
			seq = e.seq
			if err := e.take(ctx, tx, &tree); err != nil {
				return err
			}
		}
		if len(list) < page {
			break
		}
	}
	for _, table := range []string{"audit_entry_1", "audit_head_1"} {
		if _, err := tx.ExecContext(ctx, `DROP TABLE `+table); err != nil {
			return err
		}
	}
	return nil
}

// errHole says that the log to be taken over lacks an entry: it has been tampered with, and a tree over what is left would hide it.
var errHole = errors.New("the log has a hole")

// oldEntry is an entry of the log before it was a tree.
type oldEntry struct {
	organisation, actor, record string
	seq                         int64
}

// oldEntries reads those after the given one, in the order of the logs.
func oldEntries(ctx context.Context, tx *sql.Tx, organisation string, seq int64, limit int) (list []oldEntry, err error) {
	rows, err := tx.QueryContext(ctx, `SELECT organisation_id, seq, actor, record FROM audit_entry_1
		WHERE organisation_id > $1 OR (organisation_id = $1 AND seq > $2) ORDER BY organisation_id, seq LIMIT $3`, organisation, seq, limit)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var e oldEntry
		if err := rows.Scan(&e.organisation, &e.seq, &e.actor, &e.record); err != nil {
			return nil, err
		}
		list = append(list, e)
	}
	return list, rows.Err()
}

// take writes the hashes of one entry, and what pages read of it.
func (e *oldEntry) take(ctx context.Context, tx *sql.Tx, tree *edge) error {
	var in struct {
		Data json.RawMessage `json:"data"`
	}
	if err := json.Unmarshal([]byte(e.record), &in); err != nil {
		return fmt.Errorf("read entry %d of organisation %s: %w", e.seq, e.organisation, err)
	}
	what, err := json.Marshal(in)
	if err != nil {
		return fmt.Errorf("write entry %d of organisation %s: %w", e.seq, e.organisation, err)
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO audit_hash (organisation_id, seq, hashes) VALUES ($1, $2, $3)`,
		e.organisation, e.seq, tree.add(tlog.RecordHash([]byte(e.record))))
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO audit_private (organisation_id, seq, salts, actor, what, why, address) VALUES ($1, $2, '', $3, $4, '', '')`,
		e.organisation, e.seq, e.actor, string(what))
	return err
}

// edge is the right edge of a tree that is being built: the whole subtrees, from the largest. The package audit has one of its own; a
// migration must go on doing what it did when it was released.
type edge struct {
	size  int64
	nodes []tlog.Hash
}

// add puts a leaf to the tree and gives the text that is stored for it.
func (t *edge) add(h tlog.Hash) string {
	out := h.String()
	for n := t.size; n&1 == 1; n >>= 1 {
		last := len(t.nodes) - 1
		h = tlog.NodeHash(t.nodes[last], h)
		t.nodes = t.nodes[:last]
		out += h.String()
	}
	t.nodes = append(t.nodes, h)
	t.size++
	return out
}
