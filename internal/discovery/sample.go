// SPDX-License-Identifier: EUPL-1.2

package discovery

import (
	"fmt"
	"math"
	"strconv"

	"github.com/insegel/insegel/internal/discovery/source"
)

// missProbability is the probability with which a share at Missed is not seen.
const missProbability = 0.01

// Missed is the share of rows below which something may have been missed with a probability of more than one in a hundred: of n rows
// drawn by chance, a share q is in none with the probability (1-q)^n. Rows that were not drawn by chance say nothing about the others.
func Missed(s source.Sample) float64 {
	if s.Full || s.Read == 0 && s.Rows == 0 {
		return 0
	}
	if s.Read == 0 || s.NotDrawn {
		return 1
	}
	return 1 - math.Pow(missProbability, 1/float64(s.Read))
}

// SampleText says it in words.
func SampleText(s source.Sample) string {
	if s.Full {
		return fmt.Sprintf("%d rows: all were read", s.Read)
	}
	if s.NotDrawn || s.Read == 0 {
		return fmt.Sprintf("%d rows, which are no random sample: nothing is known about the others", s.Read)
	}
	return fmt.Sprintf("%d rows: a share of %s %% is missed with at most 1 %% probability", s.Read, strconv.FormatFloat(math.Round(Missed(s)*10000)/100, 'f', -1, 64))
}
