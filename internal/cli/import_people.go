// SPDX-License-Identifier: EUPL-1.2

package cli

import (
	"fmt"
	"path/filepath"

	"github.com/insegel/insegel/internal/app"
	"github.com/insegel/insegel/internal/organisation"
)

type importPeople struct {
	database
	tenant
	File   string `arg:"" help:"The list, or - for standard input."`
	DryRun bool   `name:"dry-run" help:"Tell what would happen. Nothing is written."`
	JSON   bool   `name:"json" help:"Write JSON."`
}

// Run takes in the list, or tells what that would do.
func (c *importPeople) Run(s *streams) error {
	content, err := readFile(s, c.File, organisation.MaxPeopleFile)
	if err != nil {
		return err
	}
	res, err := c.take(s, content)
	if err != nil {
		return err
	}
	if c.File != "-" {
		res.File = filepath.Base(c.File)
	}
	if c.JSON {
		return writeJSON(s.out, res)
	}
	did := "Imported"
	if c.DryRun {
		did = "Would import"
	}
	err = line(s.out, "%s %s: %d rows, %d new, %d updated, %d unchanged, %d similar to another, %d rejected, %d warnings.\n",
		did, name(res.File), res.Rows, res.New, res.Updated, res.Unchanged, len(res.Similar), len(res.Rejected), len(res.Warnings))
	for _, n := range res.Similar {
		err = first(err, line(s.out, "  row %d: has the name of %q and was not imported\n", n.Row, n.To))
	}
	for _, n := range append(res.Rejected, res.Warnings...) {
		err = first(err, line(s.out, "  row %d, %s %q: %s\n", n.Row, n.Column, n.Value, n.Reason))
	}
	if err != nil {
		return fmt.Errorf("write result: %w", err)
	}
	return nil
}

// take takes in the list. A dry run makes no database that is not there.
func (c *importPeople) take(s *streams, content []byte) (organisation.PeopleResult, error) {
	if c.DryRun {
		return app.PreviewPeople(s.ctx, app.Options{Database: c.DB, KeyFile: c.KeyFile, KeysFile: c.Keys}, c.Org, content)
	}
	a, actor, err := c.act(s, &c.tenant, true)
	if err != nil {
		return organisation.PeopleResult{}, err
	}
	res, err := a.Organisations.ImportPeople(s.ctx, actor, content, false)
	return res, closeAfter(a, err)
}
