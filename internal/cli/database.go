// SPDX-License-Identifier: EUPL-1.2

package cli

import (
	"errors"
	"fmt"
	"log/slog"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/app"
	"github.com/insegel/insegel/internal/backup"
	"github.com/insegel/insegel/internal/organisation"
	"github.com/insegel/insegel/internal/outbound"
	"github.com/insegel/insegel/internal/printer"
	"github.com/insegel/insegel/internal/report"
)

// database are the flags of a command that needs one.
type database struct {
	DB        string `name:"db" help:"The database: sqlite:PATH or postgres://USER@HOST/NAME." default:"${default_db}" env:"INSEGEL_DB" placeholder:"DSN"`
	MigrateDB string `name:"migrate-db" help:"The same database as the owner of its tables, where the application's role may not change them." env:"INSEGEL_MIGRATE_DB" placeholder:"DSN"`
	KeyFile   string `name:"key-file" help:"The file with the root key. systemd's credential insegel-key, or a file beside a SQLite database, when left out." env:"INSEGEL_KEY_FILE" placeholder:"PATH"`
	Keys      string `name:"keys" help:"The file with the organisations' keys, wrapped by the root key. Beside a SQLite database when left out; servers that share a PostgreSQL database share it." env:"INSEGEL_KEYS" placeholder:"PATH"`

	LogDrop string `name:"log-drop" help:"The directory that signed checkpoints of the log, and its entries, are put in, best on another machine. Checkpoints alone, beside a SQLite database, when left out." env:"INSEGEL_LOG_DROP" placeholder:"DIR"`

	// checkpoints say where else they go, for the commands that make them.
	checkpoints app.LogOptions
	// reach says which other machines the command may reach; public ones alone, unless the command has flags for it.
	reach outbound.Policy
	// drilling says what a restore drill takes; the server alone holds them.
	drilling backup.Drilling
	// printer makes PDF documents, for the commands that write any; nil where nothing can.
	printer report.Printer
	// searching says what may be searched for personal data; the server and its workers alone search.
	searching app.Searching
}

// tenant is the flag of a command that acts for one organisation.
type tenant struct {
	Org string `help:"The code of the organisation to act for. The only one when left out." env:"INSEGEL_ORG" placeholder:"CODE"`
}

func defaultDatabase() string { return "sqlite:" + app.DefaultDirectory() + "/insegel.db" }

// open opens the database and builds the program on it.
func (d *database) open(s *streams, log *slog.Logger) (*app.App, error) {
	d.checkpoints.Drop = d.LogDrop
	return app.Open(s.ctx, app.Options{
		Outbound: d.reach, Searching: d.searching,
		Version: Version, Drilling: d.drilling, Database: d.DB, MigrateDatabase: d.MigrateDB, KeyFile: d.KeyFile, KeysFile: d.Keys, Log: log, Checkpoints: d.checkpoints, Printer: d.printer, Browser: browserOf(d.printer),
		Warn: func(sentence string) { fmt.Fprintln(s.err, sentence) },
	})
}

// findPrinter finds what PDF documents are made with: the program at a path, or the one that is found. None is no fault.
func findPrinter(path string) (report.Printer, error) {
	p, err := printer.Find(path)
	switch {
	case errors.Is(err, printer.ErrMissing):
		return nil, nil //nolint:nilnil // there is none, and documents are written in other formats
	case err != nil:
		return nil, usageError{err}
	}
	return p, nil
}

// browserOf is the program that prints, which shows pages that are measured too.
func browserOf(p report.Printer) string {
	if found, ok := p.(*printer.Printer); ok {
		return found.Program
	}
	return ""
}

// act opens the database and finds the organisation to act for. With write false nothing is made that was not there.
func (d *database) act(s *streams, t *tenant, write bool) (*app.App, access.Actor, error) {
	a, err := d.open(s, slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, access.Actor{}, err
	}
	if err := a.Held(s.ctx); err != nil { // one command, run by who holds the password anyway: told, and not refused
		fmt.Fprintf(s.err, "Warning: %v.\n", err)
	}
	o, err := organisation.Choose(s.ctx, a.DB, t.Org, write)
	if err != nil {
		return nil, access.Actor{}, closeAfter(a, err)
	}
	return a, access.LocalAdministrator(o.ID), nil
}

// closeAfter closes the program and keeps the first error.
func closeAfter(a *app.App, err error) error {
	if e := a.Close(); err == nil {
		return e
	}
	return err
}
