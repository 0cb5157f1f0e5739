// SPDX-License-Identifier: EUPL-1.2

// Package audit keeps the log of who changed what (Swedish: spårlogg). Append writes in the same transaction as the change, so
// that neither exists without the other.
package audit

import (
	"context"
	"encoding/json"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/db"
)

// Entry is one change.
type Entry struct {
	// Action is the use case, "package.Method".
	Action string
	// ObjectKind and ObjectID say what was changed, for example "system" and its id.
	ObjectKind, ObjectID string
	// Data is what changed, as plain values without personal data. It is stored as JSON.
	Data any
}

// record is the canonical form that is hashed. The order of the fields is part of the format.
type record struct {
	Seq        int64           `json:"seq"`
	At         int64           `json:"at"`
	Actor      string          `json:"actor"`
	Action     string          `json:"action"`
	ObjectKind string          `json:"object_kind"`
	ObjectID   string          `json:"object_id"`
	Data       json.RawMessage `json:"data"`
}

// Append adds entries to the organisation's log, in order. The head row is taken with UPDATE ... RETURNING, so that two
// transactions never get the same number.
func Append(ctx context.Context, tx *db.Tx, actor access.Actor, entries ...Entry) error {
	if len(entries) == 0 {
		return nil
	}
	size, err := grow(ctx, tx, actor.Organisation, int64(len(entries)))
	if err != nil {
		return fmt.Errorf("grow audit log: %w", err)
	}
	rows := make([][]any, len(entries))
	for i, e := range entries {
		data, err := json.Marshal(e.Data)
		if err != nil {
			return fmt.Errorf("encode audit data: %w", err)
		}
		r := record{
			Seq: size - int64(len(entries)) + int64(i), At: db.Millis(tx.Now), Actor: actor.ID,
			Action: e.Action, ObjectKind: e.ObjectKind, ObjectID: e.ObjectID, Data: data,
		}
		b, err := json.Marshal(r)
		if err != nil {
			return fmt.Errorf("encode audit record: %w", err)
		}
		rows[i] = []any{actor.Organisation, r.Seq, r.At, r.Actor, r.Action, r.ObjectKind, r.ObjectID, string(b), tlog.RecordHash(b).String()}
	}
	if err := insert(ctx, tx, rows); err != nil {
		return fmt.Errorf("append to audit log: %w", err)
	}
	return nil
}

// Logged is an entry as it stands in the log.
type Logged struct {
	Seq, At                             int64
	Actor, Action, ObjectKind, ObjectID string
	Record, Hash                        string
}

// History gives the latest entries about one object, newest first.
func History(ctx context.Context, tx *db.Tx, org access.OrganisationID, kind, id string, limit int) ([]Logged, error) {
	out, err := history(ctx, tx, org, kind, id, limit)
	if err != nil {
		return nil, fmt.Errorf("read audit log: %w", err)
	}
	return out, nil
}
