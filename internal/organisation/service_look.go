// SPDX-License-Identifier: EUPL-1.2

package organisation

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/db"
)

// The settings that hold a look: its colours and texts as JSON, and its logo.
const (
	lookSetting = "look"
	logoSetting = "look-logo"
)

// lookAge is how long a look is kept in memory. Another server over the same database shows a change at the latest after that.
const lookAge = time.Minute

// looks are the looks in memory, by organisation. Its zero value is ready.
type looks struct {
	mu   sync.Mutex
	kept map[access.OrganisationID]keptLook
}

type keptLook struct {
	look  Look
	until time.Time
}

func (k *looks) get(org access.OrganisationID, now time.Time) (Look, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	x, ok := k.kept[org]
	return x.look, ok && now.Before(x.until) && !now.Before(x.until.Add(-lookAge))
}

func (k *looks) put(org access.OrganisationID, l Look, now time.Time) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.kept == nil || len(k.kept) > 1000 {
		k.kept = map[access.OrganisationID]keptLook{}
	}
	k.kept[org] = keptLook{l, now.Add(lookAge)}
}

func (k *looks) forget(org access.OrganisationID) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.kept, org)
}

// ReadLook reads an organisation's look: its name, colours and logo, and whom it has said that faults are told to.
func ReadLook(ctx context.Context, tx *db.Tx, org access.OrganisationID) (Look, error) {
	all, err := Settings(ctx, tx, org, lookSetting)
	if err != nil {
		return Look{}, err
	}
	var l Look
	if text := all[lookSetting]; text != "" {
		if err := json.Unmarshal([]byte(text), &l); err != nil {
			return Look{}, fmt.Errorf("read look: %w", err)
		}
	}
	l.Logo = all[logoSetting]
	o, err := Get(ctx, tx, org)
	l.Name = o.Name
	return l, err
}

// Look reads how the program looks for the actor's organisation.
func (s *Service) Look(ctx context.Context, actor access.Actor) (Look, error) {
	if err := access.Check(actor, "organisation.Look"); err != nil {
		return Look{}, err
	}
	var l Look
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) (err error) {
		l, err = ReadLook(ctx, tx, actor.Organisation)
		return err
	})
	if err != nil {
		return Look{}, fmt.Errorf("read look: %w", err)
	}
	return l, nil
}

// shown gives an organisation's look to draw its pages with, from memory where it is fresh.
func (s *Service) shown(ctx context.Context, org access.OrganisationID) (Look, error) {
	if l, ok := s.looks.get(org, s.DB.Now()); ok {
		return l, nil
	}
	var l Look
	err := s.DB.Read(ctx, org, func(tx *db.Tx) (err error) {
		l, err = ReadLook(ctx, tx, org)
		return err
	})
	if err != nil {
		return Look{}, fmt.Errorf("read look: %w", err)
	}
	s.looks.put(org, l, s.DB.Now())
	return l, nil
}

// only gives the organisation of an installation that has one, and nothing where there are several: who is not signed in is not told
// which they are.
func (s *Service) only(ctx context.Context) (access.OrganisationID, error) {
	var all []Organisation
	err := s.DB.Read(ctx, db.Installation, func(tx *db.Tx) (err error) {
		all, err = list(ctx, tx)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("list organisations: %w", err)
	}
	if len(all) != 1 {
		return "", nil
	}
	return all[0].ID, nil
}

// NewLook is a look to save.
type NewLook struct {
	Look
	// File is a picture for the logo; empty keeps the one there is, and RemoveLogo takes it away.
	File       []byte
	RemoveLogo bool
}

// ErrLong says that a text is longer than can be kept.
var ErrLong = errors.New("the text is too long")

// SaveLook changes name, logo, colours and what the accessibility statement says. Colours that cannot be read are refused: the error
// then has every Clash.
func (s *Service) SaveLook(ctx context.Context, actor access.Actor, in NewLook) error {
	if err := access.Check(actor, "organisation.SaveLook"); err != nil {
		return err
	}
	if in.Name = strings.TrimSpace(in.Name); in.Name == "" {
		return ErrName
	}
	if len(in.Contact) > MaxContact || len(in.Known) > MaxContact || len(in.Name) > 200 {
		return ErrLong
	}
	if faults := in.Check(); len(faults) > 0 {
		return errors.Join(faults...)
	}
	logo := ""
	if len(in.File) > 0 {
		var err error
		if logo, err = readLogo(in.File); err != nil {
			return err
		}
	}
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		old, err := ReadLook(ctx, tx, actor.Organisation)
		if err != nil {
			return err
		}
		in.Logo = old.Logo
		if logo != "" || in.RemoveLogo {
			in.Logo = logo
		}
		return s.saveLook(ctx, tx, actor, old, in.Look)
	})
	if err != nil {
		return fmt.Errorf("save look: %w", err)
	}
	s.looks.forget(actor.Organisation)
	return nil
}

func (s *Service) saveLook(ctx context.Context, tx *db.Tx, actor access.Actor, old, l Look) error {
	org := actor.Organisation
	text, err := json.Marshal(l)
	if err != nil {
		return err
	}
	if err := rename(ctx, tx, Organisation{ID: org, Name: l.Name}); err != nil {
		return err
	}
	if err := SaveSetting(ctx, tx, org, lookSetting, string(text)); err != nil {
		return err
	}
	if err := SaveSetting(ctx, tx, org, logoSetting, l.Logo); err != nil {
		return err
	}
	return audit.Append(ctx, tx, actor, audit.Entry{
		Action: "organisation.SaveLook", ObjectKind: "organisation", ObjectID: org.String(),
		// The texts of the statement are not in the log, which would keep for ever an address that somebody wrote there.
		Data: map[string]string{"name": l.Name, "was": old.Name, "brand": l.Brand, "brand2": l.Brand2, "tint": l.Tint, "version": l.Version()},
	})
}

// picture gives the logo's bytes.
func (l *Look) picture() ([]byte, error) { return base64.StdEncoding.DecodeString(l.Logo) }
