// SPDX-License-Identifier: EUPL-1.2

package action

import (
	"context"
	"errors"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/classification"
	"github.com/insegel/insegel/internal/job"
	"github.com/insegel/insegel/internal/system"
)

// Register says what this slice does when a classification has changed, and when a system is no longer needed by another.
func Register(q *job.Queue, s *Service) {
	job.Handle(q, func(ctx context.Context, args classification.Changed) error {
		return s.Review(ctx, access.SystemActor(args.Organisation), args.System, Classified)
	})
	job.Handle(q, func(ctx context.Context, args classification.ManyChanged) error {
		var failed error
		for _, id := range args.Systems { // each on its own, so that nobody else has to wait for all, and none for one that fails
			failed = errors.Join(failed, s.Review(ctx, access.SystemActor(args.Organisation), id, Classified))
		}
		return failed
	})
	job.Handle(q, func(ctx context.Context, args system.Parted) error {
		return s.Review(ctx, access.SystemActor(args.Organisation), args.System, Parted)
	})
}
