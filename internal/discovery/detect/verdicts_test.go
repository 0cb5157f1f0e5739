// SPDX-License-Identifier: EUPL-1.2

package detect

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// slowHits looks up every word by every term, one after the other, as terms are written down: by the words' beginnings, and then at each
// place inside those of eight letters and more.
func slowHits(s *Scanner) (out []hit) {
	past := 0
	for i := 0; i < len(s.text); i++ {
		n := s.lettersAt(i)
		if n == 0 || i < past {
			i += max(0, n-1)
			continue
		}
		if i == 0 || !isDigit(s.text[i-1]) || n >= 4 {
			before := len(s.hits)
			s.found, s.longest = 0, 0
			s.word(i, n)
			if found := s.hits[before:]; len(found) > 0 {
				past = s.past
				out = append(out, found...)
			}
		}
		i += n - 1
	}
	return out
}

// wordsOfInterest are words with terms, and what such begin and go on with.
var wordsOfInterest = strings.Fields(`person personnr id id-nummer id-kort kort nås på ring god man gode mannen mannen dödsboet efter dödsboet barnet Anna anna ANNA Åsa åsa Per per
	Svensson Hassan hassan lungsjukdom hjärtsjukdomar Bröstcancertumör barnmisshandel misshandeln funktionsnedsättning demens alkoholmissbruk xdemens LVM lvm Bg bg-nr
	att och organisationsnummer org org.nr org nr telefon trace trace_id födelsetid f. Sundsvall e-post epost remissen remiss tfn tfn: pnr personuppgifterna`)

// What is kept of words that were looked up, and what picks the words that are, changes nothing: every word looked up anew gives the same,
// whatever stands between them and in either encoding.
func TestWordsAreWhatTheyAreLookedUpAnew(t *testing.T) {
	r := loadRules(t)
	all, err := r.Choose(nil)
	if err != nil {
		t.Fatal(err)
	}
	alphabet := []rune("abcdefghijklmnoprstuvxåäöABEFÅ")
	between := []string{" ", " ", " ", "\n", "\t", "-", ".", ",", "\"", "_", "", "\u00a0", "\x94", "7", " 12"}
	rng := rand.New(rand.NewPCG(5, 6))
	fast := r.NewScanner(all)
	for round := range 3000 {
		var text []byte
		for range 1 + rng.IntN(60) {
			w := wordsOfInterest[rng.IntN(len(wordsOfInterest))]
			if rng.IntN(9) == 0 {
				w = r.dict.terms[rng.IntN(len(r.dict.terms))].raw
			}
			if rng.IntN(4) == 0 { // a word of a few letters
				short := make([]rune, 1+rng.IntN(4))
				for i := range short {
					short[i] = alphabet[rng.IntN(len(alphabet))]
				}
				w = string(short)
			}
			if round%2 == 0 {
				w = windows1252(w)
			}
			if rng.IntN(5) == 0 {
				w = strings.ToUpper(w[:1]) + w[1:]
			}
			text = append(append(text, w...), between[rng.IntN(len(between))]...)
		}
		fast.Scan(text, 0, len(text))
		slow := r.NewScanner(all)
		slow.verdicts = nil
		slow.Scan(text, 0, len(text))
		slow.hits, slow.past = nil, 0
		want := slowHits(slow)
		if d := cmp.Diff(want, append([]hit(nil), fast.hits...), cmp.AllowUnexported(hit{})); d != "" {
			t.Fatalf("round %d, %q (-anew +scanner):\n%s", round, text, d)
		}
	}
}
