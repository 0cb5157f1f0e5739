// SPDX-License-Identifier: EUPL-1.2

package cli

import (
	"context"
	"fmt"
	"io"
	"path/filepath"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"github.com/insegel/insegel/internal/app"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/register"
)

type importCommand struct {
	Register importRegister `cmd:"" help:"Take in the list of systems that the organisation has: .xlsx, .csv, or - for standard input."`
	Signins  importSignIns  `cmd:"" help:"Take in a log of sign-ins, policies or SAML metadata, and keep counts without people."`
	People   importPeople   `cmd:"" help:"Take in a list of the organisation's people: .csv, or - for standard input."`
}

type importRegister struct {
	database
	tenant
	File   string `arg:"" help:"The list, or - for standard input."`
	Sheet  string `help:"The sheet of a workbook. The one that looks most like a list when left out." placeholder:"NAME"`
	Map    string `help:"A YAML or JSON file of heading: field that corrects the guessed columns. It is remembered." placeholder:"FILE"`
	Scale  string `help:"What the list's levels follow: klassa, msb-4, msb-3, or the lowest and highest level, such as 1-3. No levels are taken in when left out." placeholder:"SCALE"`
	DryRun bool   `name:"dry-run" help:"Tell what would happen. Nothing is written."`
	Lang   string `help:"The language of the reasons." enum:"sv,en" default:"sv"`
	JSON   bool   `name:"json" help:"Write JSON."`
}

// maxList is how large a list may be. A list of 100 000 systems is half of it.
const maxList = 64 << 20

// Run takes in the list, or tells what that would do.
func (c *importRegister) Run(s *streams) error {
	content, err := readFile(s, c.File, maxList)
	if err != nil {
		return err
	}
	r := register.Request{Content: content, Sheet: c.Sheet, Scale: c.Scale, Lang: c.Lang}
	if c.File != "-" {
		r.File = filepath.Base(c.File)
	}
	if r.Columns, err = readMap(s, c.Map); err != nil {
		return err
	}
	if c.DryRun {
		return c.preview(s, r)
	}
	a, actor, err := c.act(s, &c.tenant, true)
	if err != nil {
		return err
	}
	bar := progress(s, &r, c.JSON)
	done, err := a.Register.Import(s.ctx, actor, r)
	bar()
	if err != nil {
		return closeAfter(a, err)
	}
	if err := a.Close(); err != nil {
		return err
	}
	return c.tell(s, done.Result)
}

// preview tells what an import would do. A database that is not there is not made.
func (c *importRegister) preview(s *streams, r register.Request) error {
	plan, err := app.Preview(s.ctx, app.Options{Database: c.DB, KeyFile: c.KeyFile, KeysFile: c.Keys}, c.Org, r)
	if err != nil {
		return err
	}
	return c.tell(s, plan.Result)
}

// readMap reads a file of heading: field.
func readMap(s *streams, name string) (map[string]string, error) {
	if name == "" {
		return nil, nil //nolint:nilnil // no file given is not an error
	}
	b, err := readFile(s, name, maxCase)
	if err != nil {
		return nil, err
	}
	var columns map[string]string
	if err := catalogue.Decode(b, &columns); err != nil {
		return nil, fmt.Errorf("%s: write one line for each column, heading: field: %w", name, err)
	}
	return columns, nil
}

// progress draws a bar on a terminal and returns what ends it.
func progress(s *streams, r *register.Request, quiet bool) func() {
	if quiet || !s.isTerm {
		return func() {}
	}
	p := mpb.NewWithContext(context.WithoutCancel(s.ctx), mpb.WithOutput(s.err), mpb.WithWidth(48))
	bar := p.AddBar(0, mpb.PrependDecorators(decor.Name("Importing "), decor.CountersNoUnit("%d / %d")), mpb.AppendDecorators(decor.Percentage()))
	r.Progress = func(done, total int) {
		bar.SetTotal(int64(total), false)
		bar.SetCurrent(int64(done))
	}
	return func() {
		bar.SetTotal(-1, true)
		p.Wait()
	}
}

// tell writes what an import did.
func (c *importRegister) tell(s *streams, res register.Result) error {
	if c.JSON {
		return writeJSON(s.out, res)
	}
	did := "Imported"
	if c.DryRun {
		did = "Would import"
	}
	_, err := fmt.Fprintf(s.out, "%s %s: %d rows, %d new, %d updated, %d unchanged, %d similar to another, %d rejected, %d warnings.\n",
		did, name(res.File), res.Rows, res.New, res.Updated, res.Unchanged, len(res.Similar), len(res.Rejected), len(res.Warnings))
	for _, n := range res.Similar {
		err = first(err, line(s.out, "  row %d: has the name of %q and was not imported\n", n.Row, n.To))
	}
	for _, n := range res.Rejected {
		err = first(err, line(s.out, "  row %d, %s: %s\n", n.Row, n.Column, n.Reason))
	}
	for _, n := range res.Warnings {
		err = first(err, line(s.out, "  row %d, %s %q: %s\n", n.Row, n.Column, n.Value, n.Reason))
	}
	return err
}

func name(file string) string {
	if file == "" {
		return "the list"
	}
	return file
}

func line(w io.Writer, format string, args ...any) error {
	_, err := fmt.Fprintf(w, format, args...)
	return err
}

func first(a, b error) error {
	if a != nil {
		return a
	}
	return b
}
