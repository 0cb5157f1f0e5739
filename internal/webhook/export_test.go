// SPDX-License-Identifier: EUPL-1.2

package webhook

import (
	"context"
)

// Send does the job now, for tests.
func Send(ctx context.Context, s *Service, args Deliver) error { return s.deliver(ctx, args) }

// EventOf tells which event an entry of the log is, for tests.
func EventOf(action, objectKind string) string { return eventOf(action, objectKind) }

// Told are the actions that are told of, for tests.
func Told() []string {
	var out []string
	for action := range told {
		out = append(out, action)
	}
	return out
}

// MostAttempts is a limit, for tests.
const MostAttempts = mostAttempts
