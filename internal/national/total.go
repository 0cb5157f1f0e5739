// SPDX-License-Identifier: EUPL-1.2

package national

import (
	"cmp"
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strconv"

	"github.com/insegel/insegel/internal/followup"
)

// Total adds up tallies of many organisations.
type Total struct {
	engine *followup.Engine
	counts [][followup.NumSeries]followup.Count
}

// NewTotal begins a total.
func NewTotal(e *followup.Engine) *Total {
	return &Total{engine: e, counts: make([][followup.NumSeries]followup.Count, len(e.Indicators))}
}

// Add adds one organisation's.
func (t *Total) Add(of followup.Tallies) {
	for i, ind := range t.engine.Indicators {
		for s := range of[i] {
			t.counts[i][s].Add(of[i][s].Count(ind.Answer))
		}
	}
}

// Sums gives the total by series, in the order of their names.
func (t *Total) Sums() []Sum {
	var out []Sum
	for i, ind := range t.engine.Indicators {
		for s := range followup.Series(followup.NumSeries) {
			if c := t.counts[i][s]; c.Known() {
				out = append(out, Sum{SeriesName(ind.ID, ind.Definition, s.String()), c.Numerator, c.Denominator, c.Unknown})
			}
		}
	}
	slices.SortFunc(out, func(a, b Sum) int { return cmp.Compare(a.Indicator, b.Indicator) })
	return out
}

// WriteSums writes sums as CSV.
func WriteSums(w io.Writer, list []Sum) error {
	rows := [][]string{{"indicator", "numerator", "denominator", "unknown"}}
	for _, s := range list {
		rows = append(rows, []string{s.Indicator, strconv.FormatInt(s.Numerator, 10), strconv.FormatInt(s.Denominator, 10), strconv.FormatInt(s.Unknown, 10)})
	}
	if err := csv.NewWriter(w).WriteAll(rows); err != nil {
		return fmt.Errorf("write sums: %w", err)
	}
	return nil
}
