// SPDX-License-Identifier: EUPL-1.2

package information

import (
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

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

// Weights of a word by where it stands, and what a type must score to be worth a suggestion. Set by hand against two registers:
// lower shows types that a reader would not have picked. A type of another area than the system's must be named almost outright,
// as a parking permit is, which a social-services law governs and a street office handles.
const (
	inName         = 3.0
	inContent      = 1.0
	leastInArea    = 1.0
	leastElsewhere = 2.9
	inArea         = 1.5 // how much more a word says about a type of the system's own area
	shortWord      = 0.6 // how much a word of three letters says: it may be any abbreviation
	leastWord      = 0.5
	stemLength     = 7 // a Swedish word's ending says little: "ansökan", "ansökningar"
	leastLetters   = 3
)

// everywhere are words that describe a register's rows without saying what they hold.
var everywhere = map[string]bool{
	"system": true, "uppgift": true, "informa": true, "personu": true, "enskild": true,
	"kommun": true, "kommune": true, "ärenden": true, "ärende": true, "registe": true, "handlin": true,
	"dokumen": true, "e-tjäns": true, "tjänst": true, "underla": true, "verksam": true, "lista": true, "listor": true,
	"säkerhe": true, "eller": true, "och": true, "för": true, "med": true, "som": true, "att": true, "den": true, "det": true, "ett": true, "vid": true, "app": true, "alla": true, "samt": true, "från": true, "till": true, "andra": true, "olika": true, "övrig": true, "övriga": true,
}

// NewIndex reads the words of every type.
func NewIndex(c *catalogue.Catalogue) *Index {
	x := &Index{rarity: map[string]float64{}}
	for i := range c.Types {
		t := &c.Types[i]
		if t.Levels == ([catalogue.NumAspects]catalogue.Suggestion{}) {
			continue // protective security is for people to suspect, not for words to point at
		}
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
		if len(r) < leastLetters {
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
		best, score, word := 0.0, 0.0, ""
		for _, w := range words {
			s := it.weight[w] * x.rarity[w]
			if utf8.RuneCountInString(w) <= leastLetters {
				s *= shortWord
			}
			score += s
			if s > best {
				best, word = s, w
			}
		}
		least := leastElsewhere
		if slices.Contains(areas, it.t.Area) {
			least, score = leastInArea, score*inArea
		}
		if score >= least && best >= leastWord {
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
