// SPDX-License-Identifier: EUPL-1.2

package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/insegel/insegel/internal/document"
	"github.com/insegel/insegel/internal/report"
)

type reportCommand struct {
	database
	tenant
	Kind     string `arg:"" help:"What to write: plan, procurement, classification or register." enum:"plan,procurement,classification,register"`
	System   string `help:"The system, by its id or the last part of its address." placeholder:"ID" xor:"which"`
	All      bool   `help:"All systems." xor:"which"`
	Format   string `help:"plan and register: xlsx, docx, html, csv, json; procurement: xlsx, docx, ods, html, json; classification: docx, html, json; pdf for all, where there is a Chromium." required:"" placeholder:"FORMAT"`
	Output   string `short:"o" help:"The file to write, or - for standard output." required:"" placeholder:"FILE"`
	Reasons  bool   `help:"plan: take in every row with every reason, as an appendix to what is read on paper."`
	Chromium string `help:"The Chromium that prints PDF documents. Looked for in PATH when left out." env:"INSEGEL_CHROMIUM" placeholder:"PATH"`

	Lang string `help:"The language of the document." enum:"sv,en" default:"sv"`
}

// Run writes the report.
func (c *reportCommand) Run(s *streams) error {
	format, err := document.ParseFormat(c.Format)
	if err != nil {
		return usageError{err}
	}
	kind := report.Kind(c.Kind)
	if formats := append(slices.Clone(report.Formats(kind)), document.PDF); !slices.Contains(formats, format) {
		return fmt.Errorf("report %s is not written as %s: choose one of %s", c.Kind, format, joined(formats))
	}
	if c.System == "" && !c.All && kind != report.Register {
		return usage("report %s: say which system with --system ID, or --all", c.Kind)
	}
	if c.printer, err = findPrinter(c.Chromium); err != nil {
		return err
	}
	a, actor, err := c.act(s, &c.tenant, true)
	if err != nil {
		return err
	}
	r := report.Request{Kind: kind, Format: format, System: c.System, Lang: c.Lang, Reasons: c.Reasons}
	write := func(w io.Writer) error { return a.Reports.Write(s.ctx, actor, r, w) }
	if c.Output == "-" {
		return closeAfter(a, write(s.out))
	}
	if err := writeOut(c.Output, write); err != nil {
		return closeAfter(a, err)
	}
	fmt.Fprintf(s.err, "Wrote %s\n", c.Output)
	return a.Close()
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
