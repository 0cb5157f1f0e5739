// SPDX-License-Identifier: EUPL-1.2

package finding

import (
	"context"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/job"
)

// Search is the job that does parts of a search. It is only a wish: which parts there are, and whose they are, stands in the database, so
// that a job that is lost, or done twice, changes nothing.
type Search struct {
	Organisation access.OrganisationID `json:"organisation"`
	Scan         ids.ID[Scan]          `json:"scan"`
}

// Kind names the job.
func (Search) Kind() string { return "finding.search" }

// Heavy says that the job takes long and reads much, and is done where searches are.
func (Search) Heavy() {}

// Watch is the job that looks after searches.
type Watch struct{}

// Kind names the job.
func (Watch) Kind() string { return "finding.watch" }

// watchEvery is how often searches are looked after.
const watchEvery = 30 * time.Second

// Register says what does the jobs.
func Register(q *job.Queue, s *Service) {
	job.Handle(q, func(ctx context.Context, args Search) error {
		return s.Work(ctx, access.SystemActor(args.Organisation), args.Scan)
	})
	job.Handle(q, func(ctx context.Context, _ Watch) error {
		all, err := s.Organisations(ctx, s.DB)
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
	job.Every(q, watchEvery, Watch{})
}
