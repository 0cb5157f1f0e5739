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

// Exchange is the job that lets what suppliers share follow what they have said, in all organisations at once.
type Exchange struct{}

// Kind names the job.
func (Exchange) Kind() string { return "procurement-exchange" }

// Register lets the jobs run every hour. organisations lists whom they look for.
func Register(q *job.Queue, s *Service, organisations func(ctx context.Context, d *db.DB) ([]access.OrganisationID, error)) {
	job.HandleSweep(q, Follow{}, job.Sweep{DB: s.DB, Organisations: organisations, Interval: interval, Do: s.Tick})
	s.Organisations = organisations
	job.Handle(q, func(ctx context.Context, _ Exchange) error {
		return s.Exchange(ctx, access.SystemActor(db.Installation))
	})
	job.Every(q, interval, Exchange{})
}
