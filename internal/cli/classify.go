// SPDX-License-Identifier: EUPL-1.2

package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/insegel/insegel/internal/app"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/requirement"
)

type classifyCommand struct {
	File string `arg:"" help:"The YAML file that describes what to classify, or - for standard input."`
	Date string `help:"The day to tell the rules of, as 2026-11-23. Today when it is left out." placeholder:"DATE"`
	Lang string `help:"The language of the reasons." enum:"sv,en" default:"sv"`
	JSON bool   `help:"Write JSON." name:"json"`
}

// maxCase is how large a case file may be. The largest sensible one is a hundredth of it.
const maxCase = 1 << 20

// Run classifies the file.
func (c *classifyCommand) Run(s *streams) error {
	day := civil.Of(time.Now())
	if c.Date != "" {
		var err error
		if day, err = civil.Parse(c.Date); err != nil {
			return usage("--date: %w", err)
		}
	}
	b, err := readFile(s, c.File, maxCase)
	if err != nil {
		return err
	}
	cat, err := app.Catalogue()
	if err != nil {
		return err
	}
	texts, err := app.Texts()
	if err != nil {
		return err
	}
	in, problems := catalogue.ParseCase(cat, c.File, b)
	if len(problems) > 0 {
		return problems
	}
	l := texts.In(c.Lang)
	out := requirement.NewEngine(cat).Classify(in, day, l)
	if c.JSON {
		return writeJSON(s.out, out)
	}
	return writeClassified(s.out, in, out, day, l)
}

func readFile(s *streams, name string, limit int64) ([]byte, error) {
	var r io.Reader = s.in
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, fmt.Errorf("read the file: %w", err)
		}
		defer func() { _ = f.Close() }() // only read from
		r = f
	}
	b, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	if int64(len(b)) > limit {
		return nil, fmt.Errorf("%s is larger than %d MiB, which is the most that is read: split it", name, limit>>20)
	}
	return b, nil
}

func writeJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return fmt.Errorf("write JSON: %w", err)
	}
	return nil
}

// writeClassified writes what follows for a person to read.
func writeClassified(w io.Writer, in *catalogue.Case, c requirement.Classified, day civil.Date, l *locale.Localizer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n", l.T("cli.classify-title", "Name", in.Subject.Name.SV, "Model", c.Model.ID, "Version", c.Model.Version, "Day", l.Date(day)))
	if c.Stop {
		fmt.Fprintf(&b, "\n%s\n", l.T("requirement.because-stop"))
		_, err := io.WriteString(w, b.String())
		return err
	}
	fmt.Fprintf(&b, "\n%s\n", l.T("cli.levels"))
	for i := range in.Model.Aspects {
		writeLevel(&b, &in.Model.Aspects[i], c.Levels, l)
	}
	fmt.Fprintf(&b, "\n%s\n", l.T("cli.rules", "Count", len(c.Rules)))
	for _, r := range c.Rules {
		mark := ""
		if !r.Verified {
			mark = " (" + l.T("cli.unverified") + ")"
		}
		fmt.Fprintf(&b, "  %s %s, %s%s\n", r.Name, r.Sections, l.T("cli.basis-"+r.Basis), mark)
		writeBecause(&b, r.Because)
	}
	fmt.Fprintf(&b, "\n%s\n", l.T("cli.requirements", "Count", len(c.Requirements)))
	for _, r := range c.Requirements {
		fmt.Fprintf(&b, "  %s [%s]\n", r.Is, r.ID)
		writeBecause(&b, r.Because)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func writeLevel(b *strings.Builder, a *catalogue.ModelAspect, levels []requirement.ClassifiedLevel, l *locale.Localizer) {
	name := a.Name.In(catalogue.Lang(l.Lang))
	for _, lv := range levels {
		if lv.Aspect == a.Aspect.String() {
			fmt.Fprintf(b, "  %s: %d %s (%s)\n", name, lv.Level, lv.Label, l.T("cli.source-"+lv.Source))
			writeBecause(b, lv.Because)
			return
		}
	}
	fmt.Fprintf(b, "  %s: %s\n", name, l.T("cli.not-classified"))
}

func writeBecause(b *strings.Builder, list []catalogue.Because) {
	for _, x := range list {
		fmt.Fprintf(b, "      %s\n", x.Text)
	}
}
