// SPDX-License-Identifier: EUPL-1.2

// Package supplier holds those who deliver or run systems for the organisation (Swedish: leverantör).
package supplier

import "github.com/insegel/insegel/internal/ids"

// Supplier is a company or a body that delivers or runs systems.
type Supplier struct {
	ID   ids.ID[Supplier]
	Name string
}
