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
	job.Handle(q, func(ctx context.Context, _ Follow) error {
		all, err := organisations(ctx, s.DB)
		if err != nil {
			return err
		}
		for _, org := range all {
			if err := s.Tick(ctx, access.SystemActor(org)); err != nil {
				return err
			}
		}
		return nil
	})
	job.Every(q, interval, Follow{})
}
