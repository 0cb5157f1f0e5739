// SPDX-License-Identifier: EUPL-1.2

package followup

import (
	"context"

	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/db"
)

// inventedBy stands in the place of the catalogue's edition where an example's values were invented, and nothing was counted.
const inventedBy = "exempel"

// inventedQuarters is how many quarters back an example has values.
const inventedQuarters = 8

// InventPast gives an example's indicators a past, so that its pages can tell whether things are better than last year: on the last day of each quarter
// they were a little less than they are. Where any values have been taken nothing is invented. It runs inside the caller's use case, which has
// authorised, and has seen that the data is an example's.
func (s *Service) InventPast(ctx context.Context, tx *db.Tx) error {
	had, err := history(ctx, tx, tx.Scope, "")
	if err != nil || len(had) > 0 {
		return err
	}
	now, err := s.Values(ctx, tx, tx.Scope)
	if err != nil {
		return err
	}
	today := civil.Of(tx.Now)
	day := civil.Date{Year: today.Year, Month: (today.Month-1)/3*3 + 1, Day: 1}.AddDays(-1)
	for back := range int64(inventedQuarters) {
		values := make([]Value, len(now))
		for i, v := range now {
			v.Count = v.earlier(back + 1)
			values[i] = v
		}
		if err := saveOn(ctx, tx, day, inventedBy, values); err != nil {
			return err
		}
		day = civil.Date{Year: day.Year, Month: day.Month, Day: 1}.AddMonths(-2).AddDays(-1)
	}
	return nil
}

// earlier is what a count may have been some quarters ago: each quarter a twentieth less was met, and of half of that nothing was known. An answer that
// the whole municipality gives is as it was.
func (c Count) earlier(quarters int64) Count {
	if c.Denominator <= 1 {
		return c
	}
	less := (c.Numerator*quarters + 10) / 20
	c.Numerator -= less
	c.Unknown += less / 2
	return c
}
