// SPDX-License-Identifier: EUPL-1.2

package procurement

import (
	"context"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/job"
)

// Follow is the job that follows what has been asked and accepted, for every organisation.
type Follow struct{}

// Kind names the job.
func (Follow) Kind() string { return "procurement-follow" }

// interval is how often the calendar is looked at: what counts from a day does so in its first hours.
const interval = time.Hour

// Register lets the job run every hour. organisations lists whom it looks for.
func Register(q *job.Queue, s *Service, organisations func(ctx context.Context, d *db.DB) ([]access.OrganisationID, error)) {
	job.HandleSweep(q, Follow{}, job.Sweep{DB: s.DB, Organisations: organisations, Interval: interval, Do: s.Tick})
}
