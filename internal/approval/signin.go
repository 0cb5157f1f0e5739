// SPDX-License-Identifier: EUPL-1.2

package approval

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/auth/provider"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/locale"
)

// SignIn lets the ways of signing in ask for what takes two people. They stand below this package. It is a provider.Two.
type SignIn struct {
	Service *Service
	// Names gives the names of actors by their ids. An id without a name is shown as it is. It may be nil.
	Names func(ctx context.Context, tx *db.Tx, org access.OrganisationID) (map[string]string, error)
}

// Ask stores a change that somebody asks for.
func (t SignIn) Ask(ctx context.Context, tx *db.Tx, actor access.Actor, q provider.Question) (provider.Wait, error) {
	payload, err := json.Marshal(q.Payload)
	if err != nil {
		return provider.Wait{}, fmt.Errorf("write change: %w", err)
	}
	r, err := t.Service.Ask(ctx, tx, actor, Request{Kind: q.Kind, ObjectKind: q.ObjectKind, ObjectID: q.ObjectID, Payload: payload, Reason: q.Reason})
	switch {
	case errors.Is(err, ErrReason):
		return provider.Wait{}, fmt.Errorf("%w: %w", provider.ErrReason, err)
	case errors.Is(err, ErrSame):
		return provider.Wait{}, fmt.Errorf("%w: %w", provider.ErrAsked, err)
	case err != nil:
		return provider.Wait{}, err
	}
	return waitOf(tx, &r), nil
}

// waitOf tells how long a request waits.
func waitOf(tx *db.Tx, r *Request) provider.Wait {
	w := provider.Wait{Asked: true, Alone: r.Alone, Until: r.Expires}
	if r.Alone {
		w.Until = tx.Now.Add(r.Left())
	}
	return w
}

// Waiting tells which changes wait about an object.
func (t SignIn) Waiting(ctx context.Context, tx *db.Tx, l *locale.Localizer, objectKind, id string) ([]provider.Waiting, error) {
	all, err := t.Service.Waits(ctx, tx, l, objectKind, id)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	names := map[string]string{}
	if t.Names != nil {
		if names, err = t.Names(ctx, tx, tx.Scope); err != nil {
			return nil, err
		}
	}
	out := make([]provider.Waiting, len(all))
	for i := range all {
		w := &all[i]
		by := names[w.By]
		if by == "" {
			by = w.By
		}
		out[i] = provider.Waiting{What: w.Title(l), By: by, Wait: waitOf(tx, &w.Request)}
	}
	return out, nil
}

// Next tells how long a change would wait that the actor asks for now.
func (t SignIn) Next(ctx context.Context, tx *db.Tx, actor access.Actor) (provider.Wait, error) {
	r := Request{Expires: tx.Now.Add(Lifetime)}
	var err error
	if r.Alone, err = t.Service.Lonely(ctx, tx, actor); err != nil {
		return provider.Wait{}, err
	}
	return waitOf(tx, &r), nil
}

// Title names a change: what kind it is and what it is about.
func (t *Told) Title(l *locale.Localizer) string {
	title := t.Kind
	if t.Label != "" {
		title = l.T(t.Label)
	}
	if t.What != "" {
		title += ": " + t.What
	}
	return title
}

// HandleSignIn registers what makes the changes of the ways of signing in. Call it before the first request.
func (s *Service) HandleSignIn(all []provider.Decision) {
	for _, d := range all {
		s.Handle(d.Kind, Handler{
			Label: d.Label,
			Apply: func(ctx context.Context, tx *db.Tx, actor access.Actor, payload json.RawMessage) error {
				err := d.Apply(ctx, tx, actor, payload)
				if errors.Is(err, provider.ErrStale) {
					err = fmt.Errorf("%w: %w", ErrChanged, err)
				}
				return err
			},
			Describe: func(_ context.Context, _ *db.Tx, l *locale.Localizer, payload json.RawMessage) (Description, error) {
				t, err := d.Describe(l, payload)
				return Description{What: t.What, From: t.From, To: t.To, Href: t.Href}, err
			},
			Drop: d.Drop,
		})
	}
}
