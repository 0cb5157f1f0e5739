// SPDX-License-Identifier: EUPL-1.2

package evidence

import (
	"context"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/job"
)

// Age is the job that looks at the calendar for every organisation.
type Age struct{}

// Kind names the job.
func (Age) Kind() string { return "evidence-age" }

// interval is how often the calendar is looked at: what ends on a day is told in its first hours.
const interval = time.Hour

// Register lets the job run every hour. organisations lists whom it looks for.
func Register(q *job.Queue, s *Service, organisations func(ctx context.Context, d *db.DB) ([]access.OrganisationID, error)) {
	job.HandleSweep(q, Age{}, job.Sweep{DB: s.DB, Organisations: organisations, Interval: interval, Do: s.Tick})
}
