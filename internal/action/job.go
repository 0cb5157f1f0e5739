// SPDX-License-Identifier: EUPL-1.2

package action

import (
	"context"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/classification"
	"github.com/insegel/insegel/internal/job"
)

// Register says what this slice does when a classification has changed.
func Register(q *job.Queue, s *Service) {
	job.Handle(q, func(ctx context.Context, args classification.Changed) error {
		return s.Review(ctx, access.SystemActor(args.Organisation), args.System)
	})
}
