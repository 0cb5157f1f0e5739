// SPDX-License-Identifier: EUPL-1.2

package provider

import (
	"context"
	"fmt"
	"slices"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/auth"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
)

// Service has the use cases of providers.
type Service struct {
	DB    *db.DB
	Vault Vault
	// Known are the authentication contexts that ship with the program.
	Known *Contexts
}

// Draft is a provider as somebody has written it. Secrets are by name; one that is left out keeps what stands.
type Draft struct {
	Provider
	Secrets map[string][]byte
}

// List gives the organisation's providers.
func (s *Service) List(ctx context.Context, actor access.Actor) ([]Provider, error) {
	if err := access.Check(actor, "provider.List"); err != nil {
		return nil, err
	}
	var out []Provider
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) (err error) {
		out, err = All(ctx, tx, actor.Organisation)
		return err
	})
	return out, err
}

// Open gives one of the organisation's providers.
func (s *Service) Open(ctx context.Context, actor access.Actor, id ID) (Provider, error) {
	if err := access.Check(actor, "provider.Open"); err != nil {
		return Provider{}, err
	}
	var p Provider
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) (err error) {
		p, err = Get(ctx, tx, actor.Organisation, id)
		return err
	})
	return p, err
}

// Add connects a provider. It is switched off until it has been tried.
func (s *Service) Add(ctx context.Context, actor access.Actor, d Draft) (Provider, error) {
	if err := access.Check(actor, "provider.Add"); err != nil {
		return Provider{}, err
	}
	p := d.Provider
	p.ID, p.Organisation, p.Enabled, p.Version = ids.New[Provider](), actor.Organisation, false, 1
	if err := p.Check(s.Known); err != nil {
		return Provider{}, err
	}
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		if err := insert(ctx, tx, &p); err != nil {
			return err
		}
		p.Created, p.Updated = tx.Now, tx.Now
		if err := s.keep(ctx, tx, &p, d.Secrets); err != nil {
			return err
		}
		return audit.Append(ctx, tx, actor, entry("provider.Add", &p, changed(nil, &p, d.Secrets)))
	})
	if err != nil {
		return Provider{}, fmt.Errorf("add provider: %w", err)
	}
	return p, nil
}

// Change changes a provider's settings. Its kind and issuer stay: another issuer is another provider, whose people are others.
func (s *Service) Change(ctx context.Context, actor access.Actor, d Draft) error {
	if err := access.Check(actor, "provider.Change"); err != nil {
		return err
	}
	return s.change(ctx, actor, "provider.Change", d.ID, func(tx *db.Tx, p *Provider) (map[string][]byte, error) {
		if p.Version != d.Version {
			return nil, db.ErrConflict
		}
		p.NameSV, p.NameEN, p.Settings, p.Own = d.NameSV, d.NameEN, d.Settings, d.Own
		return d.Secrets, s.keep(ctx, tx, p, d.Secrets)
	})
}

// Enable puts a provider on the sign-in page.
func (s *Service) Enable(ctx context.Context, actor access.Actor, id ID) error {
	if err := access.Check(actor, "provider.Enable"); err != nil {
		return err
	}
	return s.change(ctx, actor, "provider.Enable", id, func(_ *db.Tx, p *Provider) (map[string][]byte, error) {
		p.Enabled = true
		return nil, nil
	})
}

// Disable takes a provider off the sign-in page. Nobody can sign in by it any more, and those who have are signed out.
func (s *Service) Disable(ctx context.Context, actor access.Actor, id ID) error {
	if err := access.Check(actor, "provider.Disable"); err != nil {
		return err
	}
	return s.change(ctx, actor, "provider.Disable", id, func(tx *db.Tx, p *Provider) (map[string][]byte, error) {
		p.Enabled = false
		_, err := auth.EndIssuer(ctx, tx, p.Organisation, p.Issuer)
		return nil, err
	})
}

// change reads a provider, changes it, saves it and logs from what to what, in one transaction.
func (s *Service) change(ctx context.Context, actor access.Actor, action string, id ID, fn func(tx *db.Tx, p *Provider) (map[string][]byte, error)) error {
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		p, err := Get(ctx, tx, actor.Organisation, id)
		if err != nil {
			return err
		}
		before := p
		secrets, err := fn(tx, &p)
		if err != nil {
			return err
		}
		if err := p.Check(s.Known); err != nil {
			return err
		}
		if err := update(ctx, tx, &p); err != nil {
			return err
		}
		return audit.Append(ctx, tx, actor, entry(action, &p, changed(&before, &p, secrets)))
	})
	if err != nil {
		return fmt.Errorf("change provider: %w", err)
	}
	return nil
}

// keep seals a provider's secrets.
func (s *Service) keep(ctx context.Context, tx *db.Tx, p *Provider, secrets map[string][]byte) error {
	for name, secret := range secrets {
		if err := s.Vault.Put(ctx, tx, SecretName{p.Organisation, p.ID.String(), name}, secret); err != nil {
			return err
		}
	}
	return nil
}

// SetLevel says which level a role asks for.
func (s *Service) SetLevel(ctx context.Context, actor access.Actor, role access.Role, level Level) error {
	if err := access.Check(actor, "provider.SetLevel"); err != nil {
		return err
	}
	if !slices.Contains(access.Roles(), role) {
		return fmt.Errorf("%w: %q", ErrRole, role)
	}
	if err := level.Check(); err != nil {
		return err
	}
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		levels, err := LevelsOf(ctx, tx, actor.Organisation)
		if err != nil {
			return err
		}
		before, ok := levels.Chosen[role]
		if !ok {
			before = DefaultLevel(role)
		}
		if ok && before == level {
			return nil
		}
		if err := saveLevel(ctx, tx, actor.Organisation, role, level); err != nil {
			return err
		}
		return audit.Append(ctx, tx, actor, audit.Entry{
			Action: "provider.SetLevel", ObjectKind: "role", ObjectID: string(role),
			Data: map[string]any{"from": map[string]int{"factors": before.Factors, "loa": before.LoA}, "to": map[string]int{"factors": level.Factors, "loa": level.LoA}},
		})
	})
	if err != nil {
		return fmt.Errorf("set level: %w", err)
	}
	return nil
}

// Try lets an administrator sign in at a provider to see what it answers. It signs nobody in, and tells whether the actor may.
func (s *Service) Try(_ context.Context, actor access.Actor) error {
	if err := access.Check(actor, "provider.Try"); err != nil {
		return err
	}
	return nil
}

// Levels gives what the organisation's roles ask for.
func (s *Service) Levels(ctx context.Context, actor access.Actor) (Levels, error) {
	if err := access.Check(actor, "provider.Levels"); err != nil {
		return Levels{}, err
	}
	var l Levels
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) (err error) {
		l, err = LevelsOf(ctx, tx, actor.Organisation)
		return err
	})
	return l, err
}

func entry(action string, p *Provider, data any) audit.Entry {
	return audit.Entry{Action: action, ObjectKind: "provider", ObjectID: p.ID.String(), Data: data}
}

// change of one thing, for the log.
type fromTo struct {
	From any `json:"from,omitempty"`
	To   any `json:"to,omitempty"`
}

// changed tells for the log what a change changed. Of secrets it tells only that they were replaced.
func changed(before, after *Provider, secrets map[string][]byte) map[string]any {
	out := map[string]any{"kind": after.Kind, "issuer": after.Issuer}
	if before == nil {
		before = &Provider{}
	}
	differ := func(name string, from, to string) {
		if from != to {
			out[name] = fromTo{from, to}
		}
	}
	differ("name_sv", before.NameSV, after.NameSV)
	differ("name_en", before.NameEN, after.NameEN)
	differ("own", string(before.Own), string(after.Own))
	if before.Enabled != after.Enabled {
		out["enabled"] = fromTo{before.Enabled, after.Enabled}
	}
	if !slices.Equal(before.Settings.Accepted, after.Settings.Accepted) {
		out["accepted"] = fromTo{before.Settings.Accepted, after.Settings.Accepted}
	}
	if before.Settings.Claims != after.Settings.Claims {
		out["claims"] = fromTo{before.Settings.Claims, after.Settings.Claims}
	}
	if len(secrets) > 0 {
		names := make([]string, 0, len(secrets))
		for n := range secrets {
			names = append(names, n)
		}
		slices.Sort(names)
		out["secrets_replaced"] = names
	}
	return out
}
