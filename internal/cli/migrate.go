// SPDX-License-Identifier: EUPL-1.2

package cli

import (
	"fmt"
	"log/slog"
)

type migrateCommand struct {
	database
}

// Run brings the database to this version's schema.
func (c *migrateCommand) Run(s *streams) error {
	a, err := c.open(s, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	fmt.Fprintln(s.err, "The database has this version's schema.")
	return a.Close()
}
