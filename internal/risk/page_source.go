// SPDX-License-Identifier: EUPL-1.2

package risk

import (
	"slices"
	"strconv"
	"strings"

	"github.com/insegel/insegel/internal/document"
)

// sources are what a document rests on, each named in full once and by its number elsewhere: the same long names in every row hide what differs.
type sources []string

// number gives the numbers of what a source names; several are parted by semicolons.
func (s *sources) number(source string) string {
	var out []string
	for _, part := range sourcesIn(source) {
		i := slices.Index(*s, part)
		if i < 0 {
			i = len(*s)
			*s = append(*s, part)
		}
		out = append(out, "["+strconv.Itoa(i+1)+"]")
	}
	return strings.Join(out, ", ")
}

// section lists them by their numbers.
func (s *sources) section(heading string) document.Section {
	out := document.Section{ID: "kallor", Heading: heading, Level: 1}
	for i, name := range *s {
		out.Paragraphs = append(out.Paragraphs, "["+strconv.Itoa(i+1)+"] "+name)
	}
	return out
}

// sourcesIn parts a source at its semicolons, and not at those within brackets.
func sourcesIn(source string) []string {
	var out []string
	depth, begin := 0, 0
	for i, r := range source {
		switch {
		case r == '(':
			depth++
		case r == ')':
			depth--
		case r == ';' && depth == 0:
			out = append(out, strings.TrimSpace(source[begin:i]))
			begin = i + 1
		}
	}
	return append(out, strings.TrimSpace(source[begin:]))
}
