// SPDX-License-Identifier: EUPL-1.2

package cli

import (
	"github.com/insegel/insegel/data"
	"github.com/insegel/insegel/internal/probe/child"
)

type probeOrder struct{}

// Run takes one order from standard input and writes one record. The server and agents start it; it has neither database nor keys.
func (c *probeOrder) Run(s *streams) error { return child.Serve(s.ctx, data.Files, s.in, s.out) }
