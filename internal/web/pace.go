// SPDX-License-Identifier: EUPL-1.2

package web

import (
	"math"
	"net/http"
	"strconv"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Rate is how many requests are let through: so many a second in the long run, and so many at once.
type Rate struct {
	PerSecond float64
	Burst     int
}

// Pace is how often signed-in readers may ask (Swedish: takt). It is far above what people do, and keeps one stolen session, or one
// program that uses a person's, from emptying the register or wearing the machine out.
type Pace struct {
	// Person and Organisation hold every request of one person, and of everybody of one organisation together.
	Person, Organisation Rate
	// CostlyPerson and CostlyOrganisation hold besides what Costly names: reports, exports, imports, checks of the whole log.
	CostlyPerson, CostlyOrganisation Rate
	Costly                           func(action string) bool
}

// DefaultPace is the pace of the product.
var DefaultPace = Pace{
	Person: Rate{20, 400}, Organisation: Rate{200, 4000}, CostlyPerson: Rate{0.5, 30}, CostlyOrganisation: Rate{2, 120},
}

// mostPaced is how many people and organisations are remembered; only those who are signed in come here.
const mostPaced = 20_000

// paces remembers how often each has asked.
type paces struct {
	mu  sync.Mutex
	all map[string]*rate.Limiter
}

// allow takes one from each of the names, or says how long to wait. What is refused takes nothing, so that asking again does not prolong it.
func (p *paces) allow(now time.Time, names map[string]Rate) (time.Duration, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.all == nil || len(p.all) > mostPaced {
		p.all = map[string]*rate.Limiter{} // whoever is forgotten begins anew, which is only more generous
	}
	taken := make([]*rate.Reservation, 0, len(names))
	for name, r := range names {
		l := p.all[name]
		if l == nil {
			l = rate.NewLimiter(rate.Limit(r.PerSecond), r.Burst)
			p.all[name] = l
		}
		t := l.ReserveN(now, 1)
		taken = append(taken, t)
		if left := t.DelayFrom(now); !t.OK() || left > 0 {
			for _, t := range taken {
				t.CancelAt(now)
			}
			return left, false
		}
	}
	return 0, true
}

// keepPace refuses a reader who asks too often.
func (s *Site) keepPace(c *Context) error {
	p := s.opts.Pace
	if p == nil || s.opts.Now == nil {
		return nil
	}
	org := c.Actor.Organisation.String()
	names := map[string]Rate{org + " " + c.Actor.ID: p.Person, org: p.Organisation}
	if p.Costly != nil && p.Costly(c.action) {
		names["costly "+org+" "+c.Actor.ID], names["costly "+org] = p.CostlyPerson, p.CostlyOrganisation
	}
	left, ok := s.paces.allow(s.opts.Now(), names)
	if ok {
		return nil
	}
	seconds := max(int(math.Ceil(left.Seconds())), 1)
	c.Writer.Header().Set("Retry-After", strconv.Itoa(seconds))
	return &Error{Status: http.StatusTooManyRequests, Key: "web.pace", Args: []any{"Count", seconds}}
}
