// SPDX-License-Identifier: EUPL-1.2

package app

import _ "embed"

// Messages are the texts of the command line and the program itself, in both languages.
//
//go:embed messages.yaml
var Messages string
