// SPDX-License-Identifier: EUPL-1.2

package followup

import (
	"strings"
	"testing"
	"time"

	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/locale"
)

// TestTimeFinding tells in the heading what has changed: in the surest series that has something to tell, by today's definition only, and never from or
// to what nothing shows.
func TestTimeFinding(t *testing.T) {
	bundle, err := locale.NewBundle(map[string]string{"followup": Messages})
	if err != nil {
		t.Fatal(err)
	}
	l := bundle.In("en")
	at := func(month time.Month, s Series, definition int, n, of, unknown int64) Point {
		p := Point{On: civil.Date{Year: 2026, Month: month, Day: 1}}
		p.Series, p.Definition, p.Count = s, definition, Count{n, of, unknown}
		return p
	}
	for name, c := range map[string]struct {
		points []Point
		want   string
	}{
		"nothing": {nil, "Over time"},
		"measured before attested": {
			[]Point{at(1, Attested, 2, 1, 2, 0), at(1, Measured, 2, 1, 4, 0), at(2, Attested, 2, 2, 2, 0), at(2, Measured, 2, 3, 4, 0)},
			"Measured: from 25% (1 January 2026) to 75% (1 February 2026)",
		},
		"one value is no change":    {[]Point{at(1, Measured, 2, 1, 4, 0), at(1, Attested, 2, 1, 2, 0), at(2, Attested, 2, 2, 2, 0)}, "Attested: from 50% (1 January 2026) to 100% (1 February 2026)"},
		"unknown is no nothing":     {[]Point{at(1, Measured, 2, 0, 4, 4), at(2, Measured, 2, 3, 4, 0)}, "Over time"},
		"another definition before": {[]Point{at(1, Measured, 1, 1, 4, 0), at(2, Measured, 2, 3, 4, 0)}, "Over time"},
	} {
		if got := strings.ReplaceAll(timeFinding(l, c.points, 2), "\u00a0", " "); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
