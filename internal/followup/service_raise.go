// SPDX-License-Identifier: EUPL-1.2

package followup

import (
	"context"
	"fmt"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/db"
)

// mostRaised is how many steps an order has: more than somebody can plan at once is not read.
const mostRaised = 60

// Raise is what would raise an indicator the most in one series.
type Raise struct {
	Today     civil.Date
	Indicator *catalogue.Indicator
	Series    Series
	Raising
	// All are the steps that Raising's numbers speak of.
	All []Step
}

// Raise finds what would raise an indicator the most, of what is known in one series.
func (s *Service) Raise(ctx context.Context, actor access.Actor, id string, series Series) (Raise, error) {
	if err := access.Check(actor, "followup.Raise"); err != nil {
		return Raise{}, err
	}
	ind, _ := s.Engine.Catalogue.Indicator(id)
	i, ok := s.Engine.Index(id)
	if !ok || series >= NumSeries {
		return Raise{}, fmt.Errorf("raise indicator %s: %w", id, db.ErrNotFound)
	}
	out := Raise{Indicator: ind, Series: series}
	err := s.DB.Read(ctx, actor.Organisation, func(tx *db.Tx) error {
		m, err := s.material(ctx, tx, Part{Reach: access.ReachOf(actor, "followup.Raise")})
		if err != nil {
			return err
		}
		rows, remedies, err := s.Engine.Remedy(s.Requirements, m, i, series)
		if err != nil {
			return err
		}
		out.Today, out.All = m.Today, remedies.Steps
		out.Raising = s.Engine.Raise(i, series, rows.Rows, remedies.Effects, mostRaised)
		return nil
	})
	if err != nil {
		return Raise{}, fmt.Errorf("raise indicator: %w", err)
	}
	return out, nil
}
