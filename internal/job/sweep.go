// SPDX-License-Identifier: EUPL-1.2

package job

import (
	"context"
	"errors"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/db"
)

// Sweep is work that is done for every organisation, again and again.
type Sweep struct {
	DB *db.DB
	// Organisations lists whom it is done for.
	Organisations func(ctx context.Context, d *db.DB) ([]access.OrganisationID, error)
	Interval      time.Duration
	// Do does it for one of them, as the system itself.
	Do func(ctx context.Context, actor access.Actor) error
}

// HandleSweep says what does the jobs of A, which only ask for the sweep, and adds them at its interval. Call it before Start. What fails
// for one organisation is told when all have had their turn: none waits for what is wrong with another.
func HandleSweep[A Args](q *Queue, args A, s Sweep) {
	Handle(q, func(ctx context.Context, _ A) error {
		all, err := s.Organisations(ctx, s.DB)
		if err != nil {
			return err
		}
		var faults []error
		for _, org := range all {
			faults = append(faults, s.Do(ctx, access.SystemActor(org)))
		}
		return errors.Join(faults...)
	})
	Every(q, s.Interval, args)
}
