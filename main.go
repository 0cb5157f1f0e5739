// SPDX-License-Identifier: EUPL-1.2

// Command insegel registers a municipality's information and systems, classifies them, tells which rules and protections
// follow and why, and writes the requirements and the plan.
package main

import (
	"os"

	"github.com/insegel/insegel/internal/cli"
)

func main() {
	os.Exit(cli.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
