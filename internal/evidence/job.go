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
	job.Handle(q, func(ctx context.Context, _ Age) error {
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
	job.Every(q, interval, Age{})
}
