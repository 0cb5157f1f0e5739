// SPDX-License-Identifier: EUPL-1.2

package web

import "io/fs"

// CheckTemplatesOf reads templates as CheckTemplates does, without making them part of the program's.
func CheckTemplatesOf(fsys fs.FS) error { return newTemplates(fsys).check() }

// AddressParts are the parts of an address that a line may be broken between.
var AddressParts = addressParts
