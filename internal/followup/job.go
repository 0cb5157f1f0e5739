// SPDX-License-Identifier: EUPL-1.2

package followup

import (
	"time"

	"github.com/insegel/insegel/internal/job"
	"github.com/insegel/insegel/internal/organisation"
)

// nightly asks for the day's values of every organisation.
type nightly struct{}

// Kind names the job.
func (nightly) Kind() string { return "followup.nightly" }

// interval is how often the values are taken. A day that is taken twice keeps the later values.
const interval = 24 * time.Hour

// Register says what this slice does in the background.
func Register(q *job.Queue, s *Service) {
	job.HandleSweep(q, nightly{}, job.Sweep{DB: s.DB, Organisations: organisation.List, Interval: interval, Do: s.Snapshot})
}
