// SPDX-License-Identifier: EUPL-1.2

package audit

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/db"
)

// Erasure says what is to be taken out of the log: some fields of some entries, or of all that one actor made.
type Erasure struct {
	// Entries are the numbers of the entries; empty when Actor is given.
	Entries []int64
	// Actor is the id of the one whose entries they are.
	Actor  string
	Fields []Field
	// Why must be given; it is logged.
	Why string
}

// mostErased is how many entries may be named in one erasure.
const mostErased = 500

var (
	// ErrErasure says that an erasure does not say what and why.
	ErrErasure = errors.New("say which entries (at most 500) or whose, which fields, and why")
	// ErrCannotErase says that an entry must stay as it is.
	ErrCannotErase = errors.New("the entry cannot be erased")
)

// Erase takes personal data out of the log and logs that it did. The leaves and every proof stay as they are: what is left of an erased
// field is a commitment that nobody can open. It tells how many entries it changed.
func Erase(ctx context.Context, tx *db.Tx, actor access.Actor, e Erasure) (int, error) {
	if e.Why == "" || len(e.Fields) == 0 || (e.Actor == "") == (len(e.Entries) == 0) || len(e.Entries) > mostErased {
		return 0, fmt.Errorf("erase from the log: %w", ErrErasure)
	}
	rows, err := keptOf(ctx, tx, actor.Organisation, &e)
	if err != nil {
		return 0, fmt.Errorf("erase from the log: %w", err)
	}
	n := 0
	for i := range rows {
		changed, err := eraseOne(ctx, tx, actor.Organisation, &rows[i], e.Fields)
		if err != nil {
			return 0, fmt.Errorf("erase entry %d from the log: %w", rows[i].seq, err)
		}
		if changed {
			n++
		}
	}
	names := make([]string, len(e.Fields))
	for i, f := range e.Fields {
		names[i] = f.String()
	}
	err = Append(ctx, tx, actor, Entry{
		Action: ActionErased, ObjectKind: "log", ObjectID: actor.Organisation.String(), Why: e.Why,
		Data: map[string]any{"entries": e.Entries, "count": n, "fields": names},
	})
	return n, err
}

func eraseOne(ctx context.Context, tx *db.Tx, org access.OrganisationID, k *kept, fields []Field) (changed bool, err error) {
	action, err := actionOf(ctx, tx, org, k.seq)
	switch {
	case err != nil:
		return false, err
	case k.old:
		return false, fmt.Errorf("%w: it is of a version whose leaves hold everything in plain text", ErrCannotErase)
	case (action == ActionErased || action == ActionRestored) && (slices.Contains(fields, What) || slices.Contains(fields, Why)):
		return false, fmt.Errorf("%w: it tells of what was done to the log itself", ErrCannotErase)
	}
	for _, f := range fields {
		if f < 0 || f >= numFields {
			return false, ErrErasure
		}
		changed = changed || !k.parts.gone[f]
		k.parts.erase(f)
	}
	if !changed {
		return false, nil
	}
	return true, saveKept(ctx, tx, org, k)
}
