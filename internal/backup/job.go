// SPDX-License-Identifier: EUPL-1.2

package backup

import (
	"context"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/job"
)

// lookEvery is how often it is looked whether a drill or an alarm is due.
const lookEvery = time.Hour

// look asks whether a drill or an alarm is due.
type look struct{}

// Kind names the job.
func (look) Kind() string { return "backup.look" }

// Register lets the queue hold drills and raise alarms when they are due.
func Register(q *job.Queue, s *Service) {
	job.Handle(q, func(ctx context.Context, _ look) error { return s.Tick(ctx, access.SystemActor(db.Installation)) })
	job.Every(q, lookEvery, look{})
}
