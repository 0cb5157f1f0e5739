// SPDX-License-Identifier: EUPL-1.2

package catalogue

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Problem is one fault in a catalogue file and what to do about it.
type Problem struct {
	File         string
	Line, Column int
	Reason       string
}

// String writes the problem as file:line:column: reason. A fault that concerns the file as a whole has no line.
func (p Problem) String() string {
	if p.Line == 0 {
		return p.File + ": " + p.Reason
	}
	return fmt.Sprintf("%s:%d:%d: %s", p.File, p.Line, p.Column, p.Reason)
}

// Problems are all faults that were found. As an error it has one line per fault.
type Problems []Problem

// Error writes one line per problem.
func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, one := range p {
		lines[i] = one.String()
	}
	return strings.Join(lines, "\n")
}

// sort puts the problems in reading order, so that the same fault always gives the same text.
func (p Problems) sort() {
	slices.SortStableFunc(p, func(a, b Problem) int {
		return cmp.Or(strings.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
}

// orNil gives the problems as an error, or nil when there are none.
func (p Problems) orNil() error {
	if len(p) == 0 {
		return nil
	}
	p.sort()
	return p
}
