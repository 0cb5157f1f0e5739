// SPDX-License-Identifier: EUPL-1.2

package cli

import (
	"fmt"
	"os"
	"strings"

	"github.com/insegel/insegel/internal/app"
	"github.com/insegel/insegel/internal/catalogue"
)

type catalogueCommand struct {
	Export catalogueExport `cmd:"" help:"Write the requirements of a catalogue in a format that other programs read."`
	Check  catalogueCheck  `cmd:"" help:"Check a catalogue: every fault with file, line and reason."`
	Diff   catalogueDiff   `cmd:"" help:"Tell what differs between two catalogues and what it means for answers that exist. Exit code 1 when something does."`
	Whatif catalogueWhatIf `cmd:"" help:"Show what a draft of a law or a requirement would change for the organisation's systems. Nothing is adopted."`
	List   catalogueList   `cmd:"" help:"List the ids of everything in the catalogue."`
}

// builtIn is how the command line names the catalogue that ships with the program.
const builtIn = "builtin"

type catalogueCheck struct {
	Directory string `arg:"" optional:"" help:"The directory to check. The catalogue that ships with the program when left out."`
	JSON      bool   `help:"Write JSON." name:"json"`
}

// Run checks a catalogue.
func (c *catalogueCheck) Run(s *streams) error {
	cat, err := loadCatalogue(c.Directory)
	if err != nil {
		return err
	}
	if c.JSON {
		return writeJSON(s.out, map[string]any{
			"edition": cat.Edition, "models": len(cat.Models), "law": len(cat.Laws), "information": len(cat.Types),
			"requirements": len(cat.Requirements), "threats": len(cat.Threats), "indicators": len(cat.Indicators),
		})
	}
	_, err = fmt.Fprintf(s.out, "Catalogue %s is sound: %d models, %d laws, %d information types, %d requirements, %d threats, %d indicators.\n",
		cat.Edition, len(cat.Models), len(cat.Laws), len(cat.Types), len(cat.Requirements), len(cat.Threats), len(cat.Indicators))
	return err
}

// loadCatalogue loads a directory of the same form as the program's own, or the program's own.
func loadCatalogue(dir string) (*catalogue.Catalogue, error) {
	if dir == "" || dir == builtIn {
		return app.Catalogue()
	}
	info, err := os.Stat(dir)
	if err != nil {
		return nil, fmt.Errorf("open catalogue: %w", err)
	}
	if !info.IsDir() {
		return nil, fmt.Errorf("open catalogue %s: it is a file: give the directory that holds facts.yaml, law, models and the rest", dir)
	}
	return catalogue.Load(os.DirFS(dir))
}

type catalogueExport struct {
	Directory string `arg:"" optional:"" help:"The directory to read. The catalogue that ships with the program when left out."`
	Format    string `help:"The format: an OSCAL catalog in JSON." enum:"oscal" default:"oscal"`
	Lang      string `help:"The language of the texts." enum:"sv,en" default:"sv"`
}

// Run writes a catalogue.
func (c *catalogueExport) Run(s *streams) error {
	cat, err := loadCatalogue(c.Directory)
	if err != nil {
		return err
	}
	b, err := cat.OSCAL(catalogue.Lang(c.Lang))
	if err != nil {
		return err
	}
	_, err = s.out.Write(b)
	return err
}

type catalogueDiff struct {
	A    string `arg:"" help:"The old catalogue: a directory, or builtin."`
	B    string `arg:"" help:"The new catalogue: a directory, or builtin."`
	Lang string `help:"The language of the explanations." enum:"sv,en" default:"sv"`
	JSON bool   `help:"Write JSON." name:"json"`
}

type changeJSON struct {
	Kind   string   `json:"kind"`
	ID     string   `json:"id"`
	What   string   `json:"what"`
	Fields []string `json:"fields"`
	Effect string   `json:"effect"`
}

// Run compares two catalogues.
func (c *catalogueDiff) Run(s *streams) error {
	a, err := loadCatalogue(c.A)
	if err != nil {
		return fmt.Errorf("%s: %w", c.A, err)
	}
	b, err := loadCatalogue(c.B)
	if err != nil {
		return fmt.Errorf("%s: %w", c.B, err)
	}
	changes := catalogue.Diff(a, b)
	out := make([]changeJSON, len(changes))
	for i, ch := range changes {
		out[i] = changeJSON{ch.Kind, ch.ID, ch.What, append([]string{}, ch.Fields...), ch.Effect.In(catalogue.Lang(c.Lang))}
	}
	if c.JSON {
		err = writeJSON(s.out, map[string]any{"from": a.Edition, "to": b.Edition, "changes": out})
	} else {
		for _, ch := range out {
			fields := ""
			if len(ch.Fields) > 0 {
				fields = " (" + strings.Join(ch.Fields, ", ") + ")"
			}
			if _, err = fmt.Fprintf(s.out, "%s %s %s%s\n    %s\n", ch.What, ch.Kind, ch.ID, fields, ch.Effect); err != nil {
				break
			}
		}
	}
	if err == nil && len(changes) > 0 {
		return errFound
	}
	return err
}

type catalogueList struct {
	JSON bool   `help:"Write JSON." name:"json"`
	Kind string `arg:"" optional:"" help:"Only one kind: models, law, information, requirements, threats, indicators or detectors." enum:",models,law,information,requirements,threats,indicators,detectors" default:""`
}

type listJSON struct {
	Models       []string `json:"models"`
	Law          []string `json:"law"`
	Information  []string `json:"information"`
	Requirements []string `json:"requirements"`
	Threats      []string `json:"threats"`
	Indicators   []string `json:"indicators"`
	Detectors    []string `json:"detectors"`
}

// Run lists the catalogue.
func (c *catalogueList) Run(s *streams) error {
	cat, err := app.Catalogue()
	if err != nil {
		return err
	}
	out := listJSON{Models: []string{}, Indicators: idsOf(cat.Indicators, func(x *catalogue.Indicator) string { return x.ID }), Detectors: append([]string{}, cat.Detectors...)}
	seen := map[string]bool{}
	for _, m := range cat.Models {
		if !seen[m.ID] {
			seen[m.ID] = true
			out.Models = append(out.Models, m.ID)
		}
	}
	out.Law = idsOf(cat.Laws, func(x *catalogue.Law) string { return x.ID })
	out.Information = idsOf(cat.Types, func(x *catalogue.InformationType) string { return x.ID })
	out.Requirements = idsOf(cat.Requirements, func(x *catalogue.Requirement) string { return x.ID })
	out.Threats = idsOf(cat.Threats, func(x *catalogue.Threat) string { return x.ID })
	if c.JSON {
		return writeJSON(s.out, out)
	}
	for _, k := range []struct {
		name string
		ids  []string
	}{
		{"models", out.Models},
		{"law", out.Law},
		{"information", out.Information},
		{"requirements", out.Requirements},
		{"threats", out.Threats},
		{"indicators", out.Indicators},
		{"detectors", out.Detectors},
	} {
		if c.Kind != "" && c.Kind != k.name {
			continue
		}
		if _, err := fmt.Fprintf(s.out, "%s (%d)\n", k.name, len(k.ids)); err != nil {
			return err
		}
		for _, id := range k.ids {
			if _, err := fmt.Fprintf(s.out, "  %s\n", id); err != nil {
				return err
			}
		}
	}
	return nil
}

func idsOf[T any](list []T, id func(*T) string) []string {
	out := make([]string, len(list))
	for i := range list {
		out[i] = id(&list[i])
	}
	return out
}
