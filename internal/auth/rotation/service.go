// SPDX-License-Identifier: EUPL-1.2

package rotation

import (
	"context"
	"fmt"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/db"
)

// Service has the use cases of how old keys and secrets may become.
type Service struct {
	DB *db.DB
	// Sources tell which there are.
	Sources []Source
}

// Standing is how the organisation's keys and secrets stand.
type Standing struct {
	Changes []Change
	Ages    Ages
	Today   civil.Date
}

// List tells of every key and secret, the one to change first first.
func (s *Service) List(ctx context.Context, actor access.Actor) (Standing, error) {
	if err := access.Check(actor, "rotation.List"); err != nil {
		return Standing{}, err
	}
	var out Standing
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) (err error) {
		out, err = s.read(ctx, tx)
		return err
	})
	if err != nil {
		return Standing{}, fmt.Errorf("list keys and secrets: %w", err)
	}
	return out, nil
}

func (s *Service) read(ctx context.Context, tx *db.Tx) (Standing, error) {
	ages, err := agesOf(ctx, tx, tx.Scope)
	if err != nil {
		return Standing{}, err
	}
	var all []Secret
	for _, source := range s.Sources {
		more, err := source(ctx, tx)
		if err != nil {
			return Standing{}, err
		}
		all = append(all, more...)
	}
	return Standing{Changes: changes(all, ages), Ages: ages, Today: civil.Of(tx.Now)}, nil
}

// Waiting gives the changes that are late or near, for the list of what somebody has to do.
func (s *Service) Waiting(ctx context.Context, tx *db.Tx) ([]Change, error) {
	all, err := s.read(ctx, tx)
	if err != nil {
		return nil, fmt.Errorf("find keys and secrets to change: %w", err)
	}
	for i := range all.Changes {
		if !all.Changes[i].Near(all.Today) {
			return all.Changes[:i], nil
		}
	}
	return all.Changes, nil
}

// SetAges says how many days each kind may stand. A kind that is not named keeps what it had.
func (s *Service) SetAges(ctx context.Context, actor access.Actor, to Ages) error {
	if err := access.Check(actor, "rotation.SetAges"); err != nil {
		return err
	}
	if err := to.Check(); err != nil {
		return err
	}
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		has, err := agesOf(ctx, tx, actor.Organisation)
		if err != nil {
			return err
		}
		from, now := map[Kind]int{}, map[Kind]int{}
		for _, k := range Kinds() {
			days, named := to[k]
			if !named || days == has.of(k) {
				continue
			}
			from[k], now[k] = has.of(k), days
			if err := saveAge(ctx, tx, actor.Organisation, k, days); err != nil {
				return err
			}
		}
		if len(now) == 0 {
			return nil
		}
		return audit.Append(ctx, tx, actor, audit.Entry{
			Action: "rotation.SetAges", ObjectKind: "setting", ObjectID: "secret-age", Data: map[string]any{"from": from, "to": now},
		})
	})
	if err != nil {
		return fmt.Errorf("say how old keys may become: %w", err)
	}
	return nil
}
