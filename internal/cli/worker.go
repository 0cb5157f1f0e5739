// SPDX-License-Identifier: EUPL-1.2

package cli

import (
	"fmt"
	"log/slog"
	"strings"

	"github.com/insegel/insegel/internal/redact"
)

type workerCommand struct {
	database
	searching
}

// Run does parts of searches that a server asks for, until it is told to stop. It may be ended at any time: what it had begun is done by
// another, or by itself when it is started again.
func (c *workerCommand) Run(s *streams) error {
	var err error
	if c.database.searching, err = c.limits(); err != nil {
		return err
	}
	if !strings.HasPrefix(c.DB, "postgres://") && !strings.HasPrefix(c.DB, "postgresql://") {
		return usage("--db: a worker shares a PostgreSQL database with the servers; with SQLite the server does the searches itself")
	}
	if c.ScanWorkers == 0 || !c.database.searching.Any() {
		return usage("give at least one --scan-root or --scan-host, the same as to the server, and --scan-workers above 0")
	}
	a, err := c.open(s, slog.New(redact.New(slog.NewJSONHandler(s.err, nil))))
	if err != nil {
		return err
	}
	if a.Ring == nil {
		return closeAfter(a, usage("a worker needs the file of organisations' keys: give --keys PATH, the same file as to the servers"))
	}
	fmt.Fprintln(s.err, "Insegel does parts of searches. Stop with Ctrl+C.")
	return closeAfter(a, a.Work(s.ctx))
}
