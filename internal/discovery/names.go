// SPDX-License-Identifier: EUPL-1.2

package discovery

import "github.com/insegel/insegel/internal/discovery/detect"

// Names tells paths without what in them says who somebody is, and the names of columns and tables as findings hold them, so that a column is
// known again whose name said who somebody is: its name in clear is held nowhere. It is for one goroutine.
type Names struct {
	labels labels
	names  names
}

// NewNames makes Names that mask by some rules.
func NewNames(r *detect.Rules) *Names {
	return &Names{labels{scanner: r.NewScanner(named)}, *newNames(r, nil, 0)}
}

// Told is a name as a finding holds it.
func (n *Names) Told(name string) string { return n.labels.masked(name) }

// Path is a path, or a member's, as it is told, without numbers; hidden says that something in it is masked.
func (n *Names) Path(path string) (told string, hidden bool) {
	told = n.names.path(path, 0)
	return told, told != path
}

// Hide is a text that may name a file or a member, as it is told.
func (n *Names) Hide(text string) string { return n.names.hide(text) }
