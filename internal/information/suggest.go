// SPDX-License-Identifier: EUPL-1.2

package information

import (
	"math"
	"slices"
	"strings"
	"unicode"

	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/locale"
)

// Index finds types of the library by the words that describe them. It is made once for a catalogue.
type Index struct {
	types []indexed
	// rarity of a word: a word that describes few types says more about them.
	rarity map[string]float64
}

type indexed struct {
	t *catalogue.InformationType
	// weight of each stem: a word of the name says more than one of the content.
	weight map[string]float64
}

// Weights of a word by where it stands, and the least score that is worth a suggestion. Set by hand against the example
// register: lower shows types that a reader would not have picked.
const (
	inName      = 3.0
	inContent   = 1.0
	leastScore  = 4.0
	stemLength  = 7 // a Swedish word's ending says little: "ansökan", "ansökningar"
	leastLetter = 4
)

// everywhere are words that describe a register's rows without saying what they hold.
var everywhere = map[string]bool{
	"system": true, "uppgift": true, "informa": true, "personu": true, "enskild": true,
	"kommun": true, "kommune": true, "ärenden": true, "ärende": true, "registe": true, "handlin": true,
	"dokumen": true, "e-tjäns": true, "tjänst": true, "underla": true, "verksam": true, "lista": true, "listor": true,
	"eller": true, "samt": true, "från": true, "till": true, "andra": true, "olika": true, "övrig": true, "övriga": true,
}

// NewIndex reads the words of every type.
func NewIndex(c *catalogue.Catalogue) *Index {
	x := &Index{rarity: map[string]float64{}}
	for i := range c.Types {
		t := &c.Types[i]
		w := map[string]float64{}
		for _, s := range stems(t.Content.SV + " " + t.FoundIn.SV) {
			w[s] = inContent
		}
		for _, s := range stems(t.Name.SV) {
			w[s] = inName
		}
		for s := range w {
			x.rarity[s]++
		}
		x.types = append(x.types, indexed{t: t, weight: w})
	}
	for s, n := range x.rarity {
		x.rarity[s] = math.Log(float64(len(c.Types))/n) / math.Log(float64(len(c.Types)))
	}
	return x
}

func stems(text string) []string {
	var out []string
	for _, w := range strings.FieldsFunc(locale.Fold(text), func(r rune) bool { return !unicode.IsLetter(r) && r != '-' }) {
		r := []rune(strings.Trim(w, "-"))
		if len(r) < leastLetter {
			continue
		}
		s := string(r[:min(len(r), stemLength)])
		if !everywhere[s] && !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

func (x *Index) suggest(areas []string, text string) []Suggestion {
	words := stems(text)
	type hit struct {
		Suggestion
		score float64
	}
	var hits []hit
	for _, it := range x.types {
		if len(areas) > 0 && !slices.Contains(areas, it.t.Area) {
			continue
		}
		best, score, word := 0.0, 0.0, ""
		for _, w := range words {
			s := it.weight[w] * x.rarity[w]
			score += s
			if s > best {
				best, word = s, w
			}
		}
		// An area that is known halves what a word must prove.
		least := leastScore
		if len(areas) > 0 {
			least = leastScore / 2
		}
		if score*2 >= least && best >= 0.5 {
			hits = append(hits, hit{Suggestion{Type: it.t, Word: word}, score})
		}
	}
	slices.SortStableFunc(hits, func(a, b hit) int {
		switch {
		case a.score > b.score:
			return -1
		case a.score < b.score:
			return 1
		}
		return strings.Compare(a.Type.ID, b.Type.ID)
	})
	var out []Suggestion
	for _, h := range hits[:min(len(hits), maxSuggestions)] {
		if h.score >= hits[0].score/2 {
			out = append(out, h.Suggestion)
		}
	}
	return out
}
