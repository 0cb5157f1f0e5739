// SPDX-License-Identifier: EUPL-1.2

// Package audit keeps the log of who did what (Swedish: spårlogg): one Merkle tree per organisation, as in RFC 6962, and one for the
// installation itself. Append writes in the same transaction as what it tells of, so that neither exists without the other. A leaf
// only commits to who, what, why and from where; those stand in a row of their own, which can be erased without breaking a proof.
// docs/log.md is the format.
package audit

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/db"
)

// Entry is one thing that happened.
type Entry struct {
	// Action is the use case, "package.Method", or one of the events that this package lists.
	Action string
	// ObjectKind and ObjectID say what it was about, for example "system" and its id. They stand in the leaf for ever: never a name of
	// a person, or a national number.
	ObjectKind, ObjectID string
	// Data is what was done, as plain values. It is stored as JSON.
	Data any
	// Before and After are what it was changed from and to, where the entry is about one object; nil says that they are not given.
	Before, After any
	// Why is the reason, in the actor's own words.
	Why string
}

// The events that are no use case.
const (
	ActionSignIn        = "auth.SignIn"        // somebody came in
	ActionSignInRefused = "auth.SignInRefused" // somebody tried to
	ActionStepUp        = "auth.StepUp"        // somebody showed again who they are
	ActionSignOut       = "auth.SignOut"       // somebody left
	ActionRefused       = "access.Refused"     // something was asked for that is not allowed
	ActionStepUpAsked   = "access.StepUpAsked" // something was asked for that needs step-up
	ActionRead          = "access.Read"        // something was read that tells of weaknesses
	ActionErased        = "audit.Erase"        // personal data was taken out of the log
	ActionRestored      = "audit.Restored"     // a backup was put back, and the log goes on from it
	ActionExported      = "audit.Export"       // the log, or a part of it, was taken out
)

// quietly begin the names of the actions that change nothing that pages show sums of.
var quietly = []string{"access.", "alarm.", "auth.", "audit.", "passkey.", "report.", "webhook."}

// Changes reports whether an action changes something that sums are made from. The head of a log tells how far it has come with those.
func Changes(action string) bool {
	for _, prefix := range quietly {
		if strings.HasPrefix(action, prefix) {
			return false
		}
	}
	return true
}

// Nobody is the actor of what happens before anybody is known, in the log of the installation. from is the network address.
func Nobody(from string) access.Actor {
	return access.Actor{ID: "nobody", Organisation: db.Installation, From: from}
}

// told is what an entry says, as it is stored and committed to.
type told struct {
	Data   json.RawMessage `json:"data"`
	Before json.RawMessage `json:"before,omitempty"`
	After  json.RawMessage `json:"after,omitempty"`
}

func (e *Entry) told() (string, error) {
	var t told
	var err [4]error
	t.Data, err[0] = json.Marshal(e.Data)
	if e.Before != nil {
		t.Before, err[1] = json.Marshal(e.Before)
	}
	if e.After != nil {
		t.After, err[2] = json.Marshal(e.After)
	}
	var b []byte
	if errors.Join(err[:3]...) == nil {
		b, err[3] = json.Marshal(t)
	}
	if err := errors.Join(err[:]...); err != nil {
		return "", fmt.Errorf("encode audit data: %w", err)
	}
	return string(b), nil
}

// Append adds entries to the log of the actor's organisation, in order. The head row is taken with UPDATE ... RETURNING, so that two
// transactions never get the same number.
func Append(ctx context.Context, tx *db.Tx, actor access.Actor, entries ...Entry) error {
	if len(entries) == 0 {
		return nil
	}
	b, err := write(tx, actor, entries)
	if err != nil {
		return err
	}
	size, stored, err := grow(ctx, tx, actor.Organisation, b)
	if err != nil {
		return fmt.Errorf("grow audit log: %w", err)
	}
	tree, err := edgeOf(size-int64(len(entries)), stored)
	if errors.Is(err, ErrTree) { // now that the head is held, all that others wrote while it was waited for is seen
		tree, err = readEdge(ctx, tx, actor.Organisation, size-int64(len(entries)))
	}
	if err != nil {
		return fmt.Errorf("append to audit log: %w", err)
	}
	b.plant(actor.Organisation, &tree)
	if err := b.insert(ctx, tx); err != nil {
		return fmt.Errorf("append to audit log: %w", err)
	}
	return nil
}

// batch is some entries on their way into a log.
type batch struct {
	leaves   []leaf
	privates []private
	// changed says that one of them tells of a change.
	changed bool

	entries, kept, hashes [][]any // the rows
}

// write makes leaves of entries; they have no numbers yet.
func write(tx *db.Tx, actor access.Actor, entries []Entry) (*batch, error) {
	b := &batch{leaves: make([]leaf, len(entries)), privates: make([]private, len(entries))}
	var scratch []byte
	for i := range entries {
		e := &entries[i]
		what, err := e.told()
		if err != nil {
			return nil, err
		}
		p := &b.privates[i]
		p.values = [numFields]string{Who: actor.ID, What: what, Why: e.Why, From: actor.From}
		if err := p.draw(); err != nil {
			return nil, err
		}
		b.leaves[i] = leaf{at: db.Millis(tx.Now), action: e.Action, objectKind: e.ObjectKind, objectID: e.ObjectID}
		for f := range numFields {
			b.leaves[i].commitments[f] = p.commit(f, scratch)
		}
		b.changed = b.changed || Changes(e.Action)
	}
	return b, nil
}

// plant gives the leaves their numbers, after those of the tree, and makes the rows.
func (b *batch) plant(org access.OrganisationID, tree *edge) {
	n := len(b.leaves)
	b.entries, b.kept, b.hashes = make([][]any, n), make([][]any, n), make([][]any, n)
	var stored []tlog.Hash
	for i := range b.leaves {
		l, p := &b.leaves[i], &b.privates[i]
		l.seq = tree.size
		record := l.append(nil)
		stored = tree.add(tlog.RecordHash(record), stored[:0])
		var text strings.Builder
		for _, h := range stored {
			text.WriteString(h.String())
		}
		b.entries[i] = []any{org, l.seq, l.at, l.action, l.objectKind, l.objectID, string(record)}
		b.kept[i] = []any{org, l.seq, p.packSalts(), p.values[Who], p.values[What], p.values[Why], p.values[From]}
		b.hashes[i] = []any{org, l.seq, text.String()}
	}
}

// Logged is an entry as it stands in the log.
type Logged struct {
	Seq, At                      int64
	Action, ObjectKind, ObjectID string
	Actor, Why, From             string
	// Record is what happened as JSON, {"data":…,"before":…,"after":…}; empty when it is erased.
	Record string
	// Erased are the fields that are erased.
	Erased []Field
}

// History gives the latest entries about one object, newest first.
func History(ctx context.Context, tx *db.Tx, org access.OrganisationID, kind, id string, limit int) ([]Logged, error) {
	return List(ctx, tx, org, Filter{ObjectKind: kind, ObjectID: id, Limit: limit})
}

// Filter says which entries are asked for; what is empty does not matter.
type Filter struct {
	Actor, Action, ObjectKind, ObjectID string
	// Since and Before bound the time in milliseconds; Before itself is not included.
	Since, Before int64
	// Below gives only entries with smaller numbers, for the next page; From those with the number and higher.
	Below, From int64
	// Upwards gives the oldest first.
	Upwards bool
	Limit   int
}

// List gives entries of a log, newest first.
func List(ctx context.Context, tx *db.Tx, org access.OrganisationID, f Filter) ([]Logged, error) {
	out, err := list(ctx, tx, org, f)
	if err != nil {
		return nil, fmt.Errorf("read audit log: %w", err)
	}
	return out, nil
}

// Head is how far a log has come.
type Head struct {
	Organisation access.OrganisationID
	// Name is the log's own name, for ever: the organisation's id, or one that was drawn for the installation.
	Name string
	// Size is the number of entries, and Changed the size after the latest that tells of a change.
	Size, Changed int64
	// Epoch is 1, and one more each time that a backup has been put back.
	Epoch int64
}

// HeadOf reads how far a log has come; a log that nothing stands in yet is empty.
func HeadOf(ctx context.Context, tx *db.Tx, org access.OrganisationID) (Head, error) {
	h, err := head(ctx, tx, org)
	if errors.Is(err, db.ErrNotFound) {
		return Head{Organisation: org, Epoch: 1}, nil
	}
	if err != nil {
		return Head{}, fmt.Errorf("read size of audit log: %w", err)
	}
	return h, nil
}
