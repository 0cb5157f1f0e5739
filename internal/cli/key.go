// SPDX-License-Identifier: EUPL-1.2

package cli

import (
	"fmt"

	"github.com/insegel/insegel/internal/key"
)

type keyCommand struct {
	Create keyCreate `cmd:"" help:"Make a root key in a new file that only its owner can read."`
}

type keyCreate struct {
	File string `arg:"" help:"The file to make. It must not be there."`
}

// Run makes the key file.
func (c *keyCreate) Run(s *streams) error {
	if _, err := key.Create(c.File); err != nil {
		return err
	}
	fmt.Fprintf(s.err, "A new root key was made in %s. Keep a copy of it apart from the database: without it, what it protects is lost.\n", c.File)
	return nil
}
