// SPDX-License-Identifier: EUPL-1.2

package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/approval"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/job"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/seal"
)

var (
	// ErrUnused says that nothing has been encrypted for an organisation, so that it has no key.
	ErrUnused = errors.New("the organisation has no key: nothing has been encrypted for it yet")
	// ErrStale says that texts were still encrypted with an old key when it was to be dropped.
	ErrStale = errors.New("texts are still encrypted with the old key, and it is kept")
	// errChange says that a change of keys is neither of those there are.
	errChange = errors.New("no such change of keys")
)

// KeyState tells how an organisation's key stands.
type KeyState struct {
	seal.State
	// Remaining is how many texts other keys than the one in use still encrypt.
	Remaining int
}

// Reseal is the job that encrypts an organisation's texts anew after a change of its key, and then drops the old keys.
type Reseal struct {
	Organisation access.OrganisationID `json:"organisation"`
}

// Kind names the job.
func (Reseal) Kind() string { return "key-reseal" }

// KindKey is the kind of approval for changes of keys.
const KindKey = "key"

// KeyChange is a change of an organisation's key that takes two people.
type KeyChange string

// The changes.
const (
	KeyRotate  KeyChange = "rotate"
	KeyDestroy KeyChange = "destroy"
)

// registerKeys lets the jobs and the approvals change keys.
func (a *App) registerKeys() {
	job.Handle(a.Jobs, func(ctx context.Context, args Reseal) error {
		_, err := a.ResealKey(ctx, access.SystemActor(args.Organisation))
		return err
	})
	a.Approvals.Handle(KindKey, approval.Handler{Label: "cli.key-change", Apply: a.makeKeyChange, Describe: a.describeKeyChange})
}

// sealingNow holds the organisation's row of the key until the transaction ends: nobody encrypts meanwhile.
func (a *App) sealingNow(ctx context.Context, tx *db.Tx) (key string, err error) {
	if a.Ring == nil {
		return "", db.ErrNoSealer
	}
	var gone bool
	key, gone, err = holdSealing(ctx, tx)
	switch {
	case errors.Is(err, db.ErrNotFound):
		return "", ErrUnused
	case err == nil && gone:
		return "", db.ErrKeyGone
	}
	return key, err
}

// KeyState tells how the organisation's key stands, and how many texts other keys encrypt.
func (a *App) KeyState(ctx context.Context, actor access.Actor) (KeyState, error) {
	if err := access.Check(actor, "app.KeyState"); err != nil {
		return KeyState{}, err
	}
	if a.Ring == nil {
		return KeyState{}, fmt.Errorf("tell about key: %w", db.ErrNoSealer)
	}
	var out KeyState
	var err error
	if out.State, err = a.Ring.State(actor.Organisation.String()); err != nil || out.Destroyed {
		return out, err
	}
	err = a.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) (err error) {
		out.Remaining, err = remaining(ctx, tx, out.Primary)
		return err
	})
	if err != nil {
		return out, fmt.Errorf("tell about key: %w", err)
	}
	return out, nil
}

// remaining counts the texts that another key than the given encrypts.
func remaining(ctx context.Context, tx *db.Tx, key string) (int, error) {
	total := 0
	for i := range sealed {
		n, err := tx.CountOtherKeys(ctx, &sealed[i], key)
		if err != nil {
			return 0, err
		}
		total += n
	}
	return total, nil
}

// RotateKey gives the organisation a new key. From then on everything is encrypted with it, and a job encrypts anew what the old one has
// encrypted.
func (a *App) RotateKey(ctx context.Context, actor access.Actor) error {
	if err := access.Check(actor, "app.RotateKey"); err != nil {
		return err
	}
	err := a.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error { return a.rotate(ctx, tx, actor) })
	if err != nil {
		return fmt.Errorf("change key: %w", err)
	}
	return nil
}

func (a *App) rotate(ctx context.Context, tx *db.Tx, actor access.Actor) error {
	old, err := a.sealingNow(ctx, tx)
	if err != nil {
		return err
	}
	org := actor.Organisation.String()
	state, err := a.Ring.State(org)
	if err != nil {
		return err
	}
	next := state.Primary
	// A key that the file has and the database does not use is of a change that was cut short: it goes on with that one.
	if next == old {
		if next, err = a.Ring.Rotate(org); err != nil {
			return err
		}
	}
	if err := usePrimary(ctx, tx, next); err != nil {
		return err
	}
	if err := a.Jobs.Add(ctx, tx, Reseal{actor.Organisation}); err != nil {
		return err
	}
	return audit.Append(ctx, tx, actor, audit.Entry{
		Action: "app.RotateKey", ObjectKind: "key", ObjectID: next, Data: map[string]any{"old": old, "new": next},
	})
}

// ResealKey encrypts anew what other keys than the one in use have encrypted, tells how many texts that was, and drops the old keys when
// none is left. It may be stopped at any moment, and begun again.
func (a *App) ResealKey(ctx context.Context, actor access.Actor) (int, error) {
	if err := access.Check(actor, "app.ResealKey"); err != nil {
		return 0, err
	}
	var key string
	err := a.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) (err error) { key, err = a.sealingNow(ctx, tx); return err })
	if errors.Is(err, db.ErrKeyGone) {
		return 0, nil // destroyed meanwhile: there is nothing left to encrypt
	}
	total := 0
	for i := range sealed {
		if err != nil {
			break
		}
		var n int
		n, err = a.DB.Reseal(ctx, actor.Organisation, &sealed[i], key)
		total += n
	}
	if err == nil {
		err = a.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error { return a.drop(ctx, tx, actor) })
	}
	if err != nil {
		return total, fmt.Errorf("encrypt anew: %w", err)
	}
	return total, nil
}

// drop destroys the old keys when nothing is encrypted with them. Nobody encrypts meanwhile, so nothing can become so.
func (a *App) drop(ctx context.Context, tx *db.Tx, actor access.Actor) error {
	key, err := a.sealingNow(ctx, tx)
	if err != nil {
		return err
	}
	left, err := remaining(ctx, tx, key)
	if err != nil {
		return err
	}
	state, err := a.Ring.State(actor.Organisation.String())
	if err != nil {
		return err
	}
	if left > 0 || state.Primary != key {
		return fmt.Errorf("%w: %d texts", ErrStale, left)
	}
	if len(state.Old) == 0 {
		return nil
	}
	err = audit.Append(ctx, tx, actor, audit.Entry{Action: "app.DropKeys", ObjectKind: "key", ObjectID: key, Data: map[string]any{"dropped": state.Old}})
	if err != nil {
		return err
	}
	return a.Ring.Drop(actor.Organisation.String())
}

// DestroyKey makes everything that has been encrypted for the organisation unreadable for good, here and in every copy of the database.
func (a *App) DestroyKey(ctx context.Context, actor access.Actor) error {
	if err := access.Check(actor, "app.DestroyKey"); err != nil {
		return err
	}
	err := a.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error { return a.destroy(ctx, tx, actor) })
	if err != nil {
		return fmt.Errorf("destroy key: %w", err)
	}
	return nil
}

func (a *App) destroy(ctx context.Context, tx *db.Tx, actor access.Actor) error {
	key, err := a.sealingNow(ctx, tx)
	if err != nil {
		return err
	}
	if err := markDestroyed(ctx, tx); err != nil {
		return err
	}
	err = audit.Append(ctx, tx, actor, audit.Entry{Action: "app.DestroyKey", ObjectKind: "key", ObjectID: key, Data: map[string]any{"key": key}})
	if err != nil {
		return err
	}
	return a.Ring.Destroy(actor.Organisation.String()) // last: it cannot be taken back
}

// AskKeyChange asks for a change of the organisation's key from within the product, where it takes two people.
func (a *App) AskKeyChange(ctx context.Context, actor access.Actor, change KeyChange, reason string) error {
	if err := access.Check(actor, "app.AskKeyChange"); err != nil {
		return err
	}
	if !slices.Contains([]KeyChange{KeyRotate, KeyDestroy}, change) {
		return errChange
	}
	payload, err := json.Marshal(change)
	if err != nil {
		return fmt.Errorf("ask for change of key: %w", err)
	}
	err = a.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		_, err := a.Approvals.Ask(ctx, tx, actor, approval.Request{
			Kind: KindKey, ObjectKind: "organisation", ObjectID: actor.Organisation.String(), Payload: payload, Reason: reason,
		})
		return err
	})
	if err != nil {
		return fmt.Errorf("ask for change of key: %w", err)
	}
	return nil
}

func (a *App) makeKeyChange(ctx context.Context, tx *db.Tx, actor access.Actor, payload json.RawMessage) error {
	var change KeyChange
	if err := json.Unmarshal(payload, &change); err != nil {
		return fmt.Errorf("read change of key: %w", err)
	}
	switch change {
	case KeyRotate:
		return a.rotate(ctx, tx, actor)
	case KeyDestroy:
		return a.destroy(ctx, tx, actor)
	default:
		return errChange
	}
}

func (a *App) describeKeyChange(_ context.Context, _ *db.Tx, l *locale.Localizer, payload json.RawMessage) (approval.Description, error) {
	var change KeyChange
	if err := json.Unmarshal(payload, &change); err != nil {
		return approval.Description{}, fmt.Errorf("read change of key: %w", err)
	}
	d := approval.Description{What: l.T("cli.key"), From: l.T("cli.key-now"), To: l.T("cli.key-rotate")}
	if change == KeyDestroy {
		d.To = l.T("cli.key-destroy")
	}
	return d, nil
}
