// SPDX-License-Identifier: EUPL-1.2

package discovery

import "github.com/insegel/insegel/internal/discovery/detect"

// Names tells the names of columns and tables as findings hold them, so that a column is known again whose name said who somebody is: its name
// in clear is held nowhere. It is for one goroutine.
type Names struct{ labels labels }

// NewNames makes Names that mask by some rules.
func NewNames(r *detect.Rules) *Names { return &Names{labels{scanner: r.NewScanner(named)}} }

// Told is a name as a finding holds it.
func (n *Names) Told(name string) string { return n.labels.masked(name) }
