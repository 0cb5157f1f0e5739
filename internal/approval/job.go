// SPDX-License-Identifier: EUPL-1.2

package approval

import (
	"context"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/job"
)

// Look is the job that looks at the clock for every organisation.
type Look struct{}

// Kind names the job.
func (Look) Kind() string { return "approval-look" }

// Register lets the job run every minute. organisations lists whom it looks for.
func Register(q *job.Queue, s *Service, organisations func(ctx context.Context, d *db.DB) ([]access.OrganisationID, error)) {
	job.HandleSweep(q, Look{}, job.Sweep{DB: s.DB, Organisations: organisations, Interval: interval, Do: s.Tick})
}
