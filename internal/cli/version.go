// SPDX-License-Identifier: EUPL-1.2

package cli

import (
	"fmt"
	"runtime/debug"

	"github.com/insegel/insegel/internal/app"
)

// Version is set when a release is built.
var Version = "development"

type versionCommand struct {
	JSON bool `help:"Write JSON." name:"json"`
}

// Run tells the version of the program and of its catalogue.
func (c *versionCommand) Run(s *streams) error {
	cat, err := app.Catalogue()
	if err != nil {
		return err
	}
	goVersion := "unknown"
	if info, ok := debug.ReadBuildInfo(); ok {
		goVersion = info.GoVersion
	}
	if c.JSON {
		return writeJSON(s.out, map[string]string{"version": Version, "catalogue": cat.Edition, "go": goVersion})
	}
	_, err = fmt.Fprintf(s.out, "insegel %s, catalogue %s, %s\n", Version, cat.Edition, goVersion)
	return err
}
