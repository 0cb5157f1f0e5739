// SPDX-License-Identifier: EUPL-1.2

package detect

import (
	"math/rand/v2"
	"slices"
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

// drawWords makes a text of words of interest, terms and short words, in UTF-8 or Windows-1252.
func drawWords(rng *rand.Rand, r *Rules, old bool) (text []byte) {
	alphabet := []rune("abcdefghijklmnoprstuvxåäöABEFÅ")
	between := []string{" ", " ", " ", "\n", "\t", "-", ".", ",", "\"", "_", "", "\u00a0", "\x94", "7", " 12"}
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
		if old {
			w = windows1252(w)
		}
		if rng.IntN(5) == 0 {
			w = strings.ToUpper(w[:1]) + w[1:]
		}
		text = append(append(text, w...), between[rng.IntN(len(between))]...)
	}
	return text
}

// Every kernel notes the same terms of the same words, and stops at the same, whatever verdicts are known.
func TestJudgesOfEveryKernel(t *testing.T) {
	r := loadRules(t)
	all, err := r.Choose(nil)
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(7, 8))
	s := r.NewScanner(all)
	stopped, judged := 0, 0
	for round := range 1000 {
		text := drawWords(rng, r, round%2 == 0)
		s.Scan(text, 0, len(text))
		for range rng.IntN(200) { // forget some
			s.verdicts[rng.IntN(len(s.verdicts))] = verdict{}
		}
		var places []int32
		for i := range text {
			if s.letters[i/64]>>(i%64)&1 != 0 && rng.IntN(2) == 0 {
				places = append(places, int32(i))
			}
		}
		for len(places) > 0 {
			want := make([]hit, mostVerdictHits*len(places))
			done, noted := judgeGo(want, places, text, s.letters, s.verdicts)
			for k, kernel := range kernels() {
				got := make([]hit, mostVerdictHits*len(places))
				d, n := kernel.judge(got, places, text, s.letters, s.verdicts)
				if d != done || n != noted || !slices.Equal(got[:n], want[:noted]) {
					t.Fatalf("kernel %d of %q from %d on: came to %d, %v, and the one in Go to %d, %v", k, text, places[0], d, got[:n], done, want[:noted])
				}
			}
			judged += done
			if places = places[done:]; len(places) > 0 {
				places = places[1:]
				stopped++
			}
		}
	}
	if stopped < 1000 || judged < 1000 {
		t.Errorf("%d words were judged and %d were not: too few of one", judged, stopped)
	}
}

// What is kept of words that were looked up, and what picks the words that are, changes nothing: every word looked up anew gives the same,
// whatever stands between them and in either encoding.
func TestWordsAreWhatTheyAreLookedUpAnew(t *testing.T) {
	r := loadRules(t)
	all, err := r.Choose(nil)
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(5, 6))
	fast := r.NewScanner(all)
	for round := range 3000 {
		text := drawWords(rng, r, round%2 == 0)
		fast.kernel = kernels()[round%len(kernels())]
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

// Two words whose hashes are the two places of one pair are both kept, whichever comes first.
func TestWordsOfOnePairAreBothKept(t *testing.T) {
	s := loadRules(t).NewScanner([]Detector{Personnummer, NamePerson})
	keyOfWord := func(w string) [3]uint64 {
		var b [verdictReach]byte
		return wordKey(&b, copy(b[:], w))
	}
	places := map[uint64]string{}
	for i := range 26 * 26 * 26 {
		w := string([]byte{'x', 'q', byte('a' + i%26), byte('a' + i/26%26), byte('a' + i/676)})
		key := keyOfWord(w)
		h := wordHash(&key)
		if places[h] = w; places[h^1] == "" {
			continue
		}
		s.Scan([]byte(strings.Repeat(" ", 300)), 0, 300)
		s.text = append([]byte(w+" "+places[h^1]), make([]byte, 300)...)
		s.classifyLetters(0, len(s.text))
		for range 2 {
			s.judgeAnew(0)
			s.judgeAnew(len(w) + 1)
		}
		for _, w := range []string{w, places[h^1]} {
			key := keyOfWord(w)
			if h := wordHash(&key); s.verdicts[h].key != key && s.verdicts[h^1].key != key {
				t.Fatalf("%q is not kept beside another of its pair", w)
			}
		}
		*s.verdicts = verdicts{}
	}
}
