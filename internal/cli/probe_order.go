// SPDX-License-Identifier: EUPL-1.2

package cli

import (
	"runtime/debug"

	"github.com/insegel/insegel/data"
	"github.com/insegel/insegel/internal/probe/child"
)

type probeOrder struct{}

// Several of these processes run beside one another, on a machine that may be small. So they collect what they no longer use early, and all the
// earlier when a page is so large that they come near the limit.
const (
	orderGarbage = 40       // percent of what is in use
	orderMemory  = 24 << 20 // bytes
)

// Run takes one order from standard input and writes one record. The server and agents start it; it has neither database nor keys.
func (c *probeOrder) Run(s *streams) error {
	debug.SetGCPercent(orderGarbage)
	debug.SetMemoryLimit(orderMemory)
	return child.Serve(s.ctx, data.Files, s.in, s.out)
}
