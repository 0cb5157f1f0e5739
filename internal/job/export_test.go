// SPDX-License-Identifier: EUPL-1.2

package job

import (
	"time"

	"github.com/riverqueue/river"
)

// TimeOf tells how long a job may take, for tests; 0 is the queue's minute.
func TimeOf[A Args](args A) time.Duration {
	return (&worker[A]{}).Timeout(&river.Job[A]{Args: args})
}
