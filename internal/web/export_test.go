// SPDX-License-Identifier: EUPL-1.2

package web

import "io/fs"

// ParseNow reads templates as the first site does, without making them part of the program's.
func ParseNow(fsys fs.FS) { (&Templates{fsys: fsys, patterns: []string{"*.html"}}).parse() }

// AddressParts are the parts of an address that a line may be broken between.
var AddressParts = addressParts
