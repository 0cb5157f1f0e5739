// SPDX-License-Identifier: EUPL-1.2

package overview

import (
	"cmp"
	"slices"
	"strings"

	"github.com/insegel/insegel/internal/locale"
)

// FoundKind is what a search finds.
type FoundKind string

// The kinds, in the order they are shown.
const (
	FoundSystem      FoundKind = "system"
	FoundInformation FoundKind = "information"
	FoundRequirement FoundKind = "requirement"
	FoundLaw         FoundKind = "law"
)

// FoundSize is how many of a kind a search shows. The list of the kind has them all.
const FoundSize = 8

// maxSearch caps how much of a search text is read. Nothing that can be found has a longer name.
const maxSearch = 200

// Match is one thing that a search found.
type Match struct {
	// Ref is its slug or id, as in its address.
	Ref, Name, Sub string

	score int
}

// Group is what a search found of one kind, the best first.
type Group struct {
	Kind    FoundKind
	Matches []Match
	// Total is how many there are, with those that are not among Matches.
	Total int
}

// query is a search text, folded and divided into words. All must be found.
type searchText struct {
	whole string
	words []string
}

func newSearchText(text string) searchText {
	if len(text) > maxSearch {
		text = strings.ToValidUTF8(text[:maxSearch], "")
	}
	q := searchText{words: strings.Fields(locale.Fold(text))}
	q.whole = strings.Join(q.words, " ")
	return q
}

// The scores of a match, best first: the name is what was written, begins with it, has a word that begins with it, has it inside, or
// the name lacks it and something else about the thing has it.
const (
	scoreSame = iota
	scoreBegins
	scoreWord
	scoreInside
	scoreBeside
	scoreNone
)

// score judges a thing by its folded name and by what else is known about it.
func (q searchText) score(name, beside string) int {
	if len(q.words) == 0 {
		return scoreNone
	}
	for _, w := range q.words {
		if !strings.Contains(name, w) && !strings.Contains(beside, w) {
			return scoreNone
		}
	}
	switch {
	case name == q.whole:
		return scoreSame
	case strings.HasPrefix(name, q.whole):
		return scoreBegins
	case strings.Contains(" "+name, " "+q.whole):
		return scoreWord
	case strings.Contains(name, q.whole):
		return scoreInside
	default:
		return scoreBeside
	}
}

// add notes a thing if it matches.
func (g *Group) add(q searchText, m Match, beside string) {
	if m.score = q.score(locale.Fold(m.Name), beside); m.score < scoreNone {
		g.Matches = append(g.Matches, m)
	}
}

// end puts the best first, those that are as good in Swedish order, and keeps as many as are shown.
func (g *Group) end() {
	g.Total = max(g.Total, len(g.Matches))
	locale.Sort(g.Matches, func(m Match) string { return m.Name })
	slices.SortStableFunc(g.Matches, func(a, b Match) int { return cmp.Compare(a.score, b.score) })
	g.Matches = g.Matches[:min(len(g.Matches), FoundSize)]
}
