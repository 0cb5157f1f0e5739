// SPDX-License-Identifier: EUPL-1.2

package rotation

import _ "embed"

// Messages are the package's texts in both languages.
//
//go:embed messages.yaml
var Messages string
