// SPDX-License-Identifier: EUPL-1.2

package national

import (
	"context"
	"errors"
	"fmt"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/followup"
	"github.com/insegel/insegel/internal/organisation"
)

// Periods are those that a simulated nation has: the years before, and the quarters of the year that have ended.
func (s *Simulation) Periods(today civil.Date) []Period {
	last := LastCompleted(today)
	out := []Period{{last.Year - 2, 0}, {last.Year - 1, 0}}
	for q := 1; q <= last.Quarter; q++ {
		out = append(out, Period{last.Year, q})
	}
	return out
}

// Fill puts a simulated nation in the database as if its municipalities had submitted, and publishes it.
func (s *Service) Fill(ctx context.Context, actor access.Actor, sim *Simulation) error {
	if err := access.Check(actor, "national.Fill"); err != nil {
		return err
	}
	codes, today := sim.Codes(), civil.Of(s.DB.Now())
	keys := make([]Registered, len(codes))
	for i, code := range codes {
		k, err := sim.Key(code)
		if err != nil {
			return err
		}
		keys[i] = Registered{code, k.Verifier}
	}
	if err := s.Trust(ctx, actor, keys); err != nil {
		return err
	}
	// A simulated nation takes the place of the one that the example shows.
	if err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error { return clearInvented(ctx, tx) }); err != nil {
		return fmt.Errorf("fill nation: %w", err)
	}
	periods := sim.Periods(today)
	for _, p := range periods {
		in := Each(codes, func(code string) Incoming {
			profile := sim.Profile(code)
			x, err := sim.Submission(&profile, p)
			return Incoming{Name: code + ".json", Submission: x, Err: err}
		})
		for _, code := range codes {
			profile := sim.Profile(code)
			if x, ok, err := sim.Concentration(&profile, p); ok {
				in = append(in, Incoming{Name: code + ".json", Concentration: &x, Err: err})
			}
		}
		got, err := s.Receive(ctx, actor, in)
		if err == nil && len(got.Rejected) > 0 {
			err = fmt.Errorf("%s: %s", got.Rejected[0].File, got.Rejected[0].Reason)
		}
		if err != nil {
			return fmt.Errorf("fill %s: %w", p, err)
		}
		if err := s.publishFilled(ctx, actor, p); err != nil {
			return err
		}
	}
	return s.fillRows(ctx, actor, sim, codes, periods[len(periods)-1])
}

// publishFilled publishes a period. Too few municipalities, or the same nation once more, leave nothing to publish.
func (s *Service) publishFilled(ctx context.Context, actor access.Actor, p Period) error {
	err := s.Publish(ctx, actor, p)
	if errors.Is(err, ErrNothingNew) {
		return nil
	}
	return err
}

func (s *Service) fillRows(ctx context.Context, actor access.Actor, sim *Simulation, codes []string, p Period) error {
	err := s.DB.Write(ctx, actor.Organisation, func(tx *db.Tx) error {
		for _, code := range codes {
			profile := sim.Profile(code)
			if err := saveRows(ctx, tx, actor.Organisation, code, sim.Rows(&profile, p)); err != nil {
				return err
			}
		}
		for _, name := range []string{settingReceive, settingInvented} {
			if err := organisation.SaveSetting(ctx, tx, actor.Organisation, name, "yes"); err != nil {
				return err
			}
		}
		return audit.Append(ctx, tx, actor, audit.Entry{
			Action: "national.Fill", ObjectKind: "period", ObjectID: p.String(),
			Data: map[string]any{"seed": sim.Seed, "municipalities": len(codes), "systems": sim.Systems},
		})
	})
	if err != nil {
		return fmt.Errorf("fill rows: %w", err)
	}
	return nil
}

// Recount counts every indicator of the nation's rows anew.
func (s *Service) Recount(ctx context.Context, actor access.Actor) ([]Sum, error) {
	if err := access.Check(actor, "national.Recount"); err != nil {
		return nil, err
	}
	total := NewTotal(s.Engine)
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) error {
		return EachRows(ctx, tx, actor.Organisation, func(_ string, rows []followup.Row) { total.Add(s.Engine.Tally(rows)) })
	})
	if err != nil {
		return nil, fmt.Errorf("count the nation: %w", err)
	}
	return total.Sums(), nil
}
