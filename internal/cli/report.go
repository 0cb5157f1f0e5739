// SPDX-License-Identifier: EUPL-1.2

package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/app"
	"github.com/insegel/insegel/internal/document"
	"github.com/insegel/insegel/internal/report"
)

type reportCommand struct {
	database
	tenant
	Kind       string `arg:"" help:"What to write: plan, procurement, classification or register, of systems; committee, control (internal control), cybersecurity (a basis for Cybersäkerhetskollen), survey (a basis for Socialstyrelsen's survey), of the state; dossier, of one system; processing (the record of article 30); supplier." enum:"plan,procurement,classification,register,committee,control,cybersecurity,survey,dossier,processing,supplier"`
	System     string `help:"The system, by its id or the last part of its address." placeholder:"ID" xor:"which"`
	All        bool   `help:"All systems." xor:"which"`
	Unit       string `help:"committee, control, cybersecurity and survey: the one unit that is told of, by its id or its name. Everything when left out." placeholder:"UNIT"`
	Format     string `help:"plan and register: xlsx, docx, html, csv, json; procurement: xlsx, docx, ods, html, json; classification: docx, html, json; committee, control, cybersecurity and survey: docx, ods, xlsx, html; dossier: those and json; processing and supplier: xlsx, docx, csv, html; pdf for all, where there is a Chromium." required:"" placeholder:"FORMAT"`
	Output     string `short:"o" help:"The file to write, or - for standard output." required:"" placeholder:"FILE"`
	Reasons    bool   `help:"plan: take in every row with every reason, as an appendix to what is read on paper."`
	Weaknesses bool   `help:"committee, control, cybersecurity, survey and dossier: name what is weak, and mark the document as secret. It is only counted when left out."`
	Internal   bool   `help:"procurement: take in what is not for tenderers: what was left out, and why."`
	Chromium   string `help:"The Chromium that prints PDF documents. Looked for in PATH when left out." env:"INSEGEL_CHROMIUM" placeholder:"PATH"`

	Lang string `help:"The language of the document." enum:"sv,en" default:"sv"`
}

// Run writes the report.
func (c *reportCommand) Run(s *streams) error {
	format, err := document.ParseFormat(c.Format)
	if err != nil {
		return usageError{err}
	}
	kind := report.Kind(c.Kind)
	if formats := append(slices.Clone(report.FormatsOf(kind)), document.PDF); !slices.Contains(formats, format) {
		return fmt.Errorf("report %s is not written as %s: choose one of %s", c.Kind, format, joined(formats))
	}
	if err := c.check(kind); err != nil {
		return err
	}
	if c.printer, err = findPrinter(c.Chromium); err != nil {
		return err
	}
	a, actor, err := c.act(s, &c.tenant, true)
	if err != nil {
		return err
	}
	r := report.Request{
		Kind: kind, Format: format, System: c.System, Lang: c.Lang, Reasons: c.Reasons, Weaknesses: c.Weaknesses, Internal: c.Internal,
	}
	if r.Unit, err = c.unit(s, a, actor); err != nil {
		return closeAfter(a, err)
	}
	of := writerOf(a.Reports, kind)
	write := func(w io.Writer) error { return of(s.ctx, actor, r, w) }
	if c.Output == "-" {
		return closeAfter(a, write(s.out))
	}
	if err := writeOut(c.Output, write); err != nil {
		return closeAfter(a, err)
	}
	fmt.Fprintf(s.err, "Wrote %s\n", c.Output)
	return a.Close()
}

// check refuses flags that the kind of report has no use for, before anything is read: to pass over one would be to write something else
// than was asked for.
func (c *reportCommand) check(kind report.Kind) error {
	account := slices.Contains(report.Accounts, kind)
	switch {
	case c.Unit != "" && (!account || kind == report.Dossier):
		return usage("report %s is not of one unit: leave out --unit", c.Kind)
	case c.Weaknesses && !account:
		return usage("report %s has no --weaknesses", c.Kind)
	case c.Internal && kind != report.Procurement:
		return usage("report %s has no --internal", c.Kind)
	case c.Reasons && kind != report.Plan:
		return usage("report %s has no --reasons", c.Kind)
	default:
		return c.checkSystem(kind)
	}
}

// checkSystem refuses a system where none is told of by itself, and asks for one where it is.
func (c *reportCommand) checkSystem(kind report.Kind) error {
	one, many := kind == report.Dossier, slices.Contains(report.Kinds, kind)
	switch {
	case one && c.System == "":
		return usage("report dossier: say which system with --system ID")
	case many && c.System == "" && !c.All && kind != report.Register:
		return usage("report %s: say which system with --system ID, or --all", c.Kind)
	case !one && !many && c.System != "", !many && c.All:
		return usage("report %s is of more than systems: leave out --system and --all", c.Kind)
	default:
		return nil
	}
}

// unit finds the unit that is named, by its id or its name.
func (c *reportCommand) unit(s *streams, a *app.App, actor access.Actor) (access.UnitID, error) {
	if c.Unit == "" {
		return "", nil
	}
	list, err := a.Reports.Units(s.ctx, actor)
	if err != nil {
		return "", err
	}
	var found []access.UnitID
	for i := range list {
		switch {
		case list[i].ID.String() == c.Unit:
			return access.UnitID(list[i].ID), nil
		case strings.EqualFold(list[i].Name, c.Unit):
			found = append(found, access.UnitID(list[i].ID))
		}
	}
	switch len(found) {
	case 0:
		return "", fmt.Errorf("--unit %s: %w", c.Unit, report.ErrUnit)
	case 1:
		return found[0], nil
	default:
		return "", fmt.Errorf("--unit %s: %d units have that name: give the id of one", c.Unit, len(found))
	}
}

// writerOf is the use case that writes a kind of report.
func writerOf(s *report.Service, kind report.Kind) func(context.Context, access.Actor, report.Request, io.Writer) error {
	switch {
	case slices.Contains(report.Accounts, kind):
		return s.Account
	case kind == report.ProcessingRecord:
		return s.Processings
	case kind == report.SupplierRecord:
		return s.Suppliers
	default:
		return s.Write
	}
}

func joined(formats []document.Format) string {
	names := make([]string, len(formats))
	for i, f := range formats {
		names[i] = string(f)
	}
	return strings.Join(names, ", ")
}

// writeOut writes a report where it is asked for. What is not an ordinary file, such as /dev/stdout or a pipe, is written to as
// it stands: putting a file in its place would take it away. A link is followed.
func writeOut(name string, write func(io.Writer) error) error {
	info, err := os.Stat(name)
	switch {
	case err == nil && info.IsDir():
		return fmt.Errorf("write %s: it is a directory: give the name of the file too", name)
	case err == nil && !info.Mode().IsRegular():
		f, err := os.OpenFile(name, os.O_WRONLY, 0)
		if err != nil {
			return fmt.Errorf("write %s: %w", name, err)
		}
		if err := errors.Join(write(f), f.Close()); err != nil {
			return fmt.Errorf("write %s: %w", name, err)
		}
		return nil
	case err == nil:
		target, err := filepath.EvalSymlinks(name)
		if err != nil {
			return fmt.Errorf("write %s: %w", name, err)
		}
		return writeWhole(target, write)
	}
	return writeWhole(name, write)
}

// writeWhole writes a file so that it is either whole or not there: beside it first, then in its place.
func writeWhole(name string, write func(io.Writer) error) error {
	f, err := os.CreateTemp(filepath.Dir(name), ".insegel-*")
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	err = errors.Join(write(f), f.Chmod(0o600), f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		_ = os.Remove(f.Name()) // what is there is not a report
		return fmt.Errorf("write %s: %w", name, err)
	}
	return nil
}
