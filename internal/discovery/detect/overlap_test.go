// SPDX-License-Identifier: EUPL-1.2

package detect

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/insegel/insegel/internal/discovery/discoverytest"
)

// crossing are what texts are made of that borders shall lie in: values of every detector, halves of them, words that speak for them and
// against them, names in rows, and what parts them.
var crossing = []string{
	"Anna", "Maria", "Karin", "Bo", "Svensson", "Karlsson", "Lind", "Okändström", "Anna-Karin",
	"Anna Maria Svensson", "Svensson, Anna", "Zlatka Obekantova",
	"Närvarande:", "Klienten", "klient", "Patienten", "herr", "Handläggare", ", ", " och ", " ", " ", " ", "\n", ". ", "-", ";", "(", ")",
	"Storgatan 12 B, 123 45 Norrsjö", "Norra vägen 7", "Storgatan", "12", "123 45", "Norrsjö", "lgh 1101", "Postadress",
	"900603-9813", "18900603-9813", "189006039813", "900603 – 9813", "900603", "9813", "personnummer", "Personnr:", "OCR", "faktura",
	"556036-0793", "org.nr", "5560360793", "070-174 06 05", "08-123 45 67", "+46 70 174 06 05", "Telefon", "telefon:", "tfn",
	"SE45 5000 0000 0583 9825 7466", "4111 1111 1111 1111", "kontonummer", "5000", "bankgiro", "991-2346", "plusgiro", "28 65 43-4",
	"anna.svensson@example.com", "info@kommun.example.se", "@",
	"192.168.10.20", "2001:db8::ff00:42:8329", "IP-adress", "ABC123", "ABC 12D", "registreringsnummer",
	"pass", "Passnummer", "12345678", "AA123456", "född", "1985-07-09", "9 juli 1985", "F32.1", "diagnos", "F32",
	"diabetes", "missbruk", "LVM", "depression", "muslim", "facket",
	"900603-T123", "å", "\xe5", "Göteborgs", "kommun", "202401010101", "202401010202",
	"1.89006039813E11", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
}

// crossingText makes a text of those, with more or less between them, or of long rows of names.
func crossingText(rng *rand.Rand, size int) []byte {
	var text []byte
	glue := []string{"", " ", " ", ", "}[rng.IntN(4)]
	row := rng.IntN(3) == 0
	for len(text) < size {
		if row && rng.IntN(40) > 0 {
			text = append(text, crossing[rng.IntN(24)]...) // names and what stands between them
			text = append(text, ' ')
			continue
		}
		text = append(text, crossing[rng.IntN(len(crossing))]...)
		text = append(text, glue...)
	}
	return text
}

// said is a match as a text.
func said(r *Rules, m *Match, shift int) string {
	return fmt.Sprintf("%d-%d %s %s %x %x", m.Start+shift, m.End+shift, r.ID(m.Detector), m.Confidence, m.Why, m.Number)
}

// inParts is what is found in a text that is cut in parts, each with as much around it as is asked for.
func inParts(s *Scanner, text []byte, cuts []int) (out []string) {
	behind, ahead := s.Overlap()
	from := 0
	for _, to := range append(cuts, len(text)) {
		first, last := max(0, from-behind), min(len(text), to+ahead)
		for _, m := range s.Scan(text[first:last:last], from-first, to-first) {
			out = append(out, said(s.rules, &m, first))
		}
		from = to
	}
	return out
}

// A text that is looked through in parts gives what it gives whole, wherever the parts end, in every kernel and for any detectors.
func TestAnyPartsOfAWindow(t *testing.T) {
	r := loadRules(t)
	all, err := r.Choose(nil)
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(7, 8))
	sets := [][]Detector{all, all, {Personnummer, Samordningsnummer}, {NamePerson}, {Address, Phone, Organisationsnummer}}
	for round := range 400 {
		text := crossingText(rng, 3000+rng.IntN(6000))
		switch round % 8 {
		case 0:
			text = discoverytest.Sentences(60, uint64(round)).Bytes
		case 1:
			text = discoverytest.Later(60, uint64(round)).Bytes
		}
		want := sets[round%len(sets)]
		for i, k := range kernels() {
			s := r.NewScanner(want)
			s.kernel, s.Today, s.Roughly, s.Wraps = k, 21000101, round%3 == 0, round%5 == 0
			checkParts(t, s, text, rng, fmt.Sprintf("round %d, kernel %d", round, i))
		}
	}
}

func checkParts(t *testing.T, s *Scanner, text []byte, rng *rand.Rand, what string) {
	t.Helper()
	whole := inParts(s, text, nil)
	for range 4 {
		var cuts []int
		for at := rng.IntN(600); at < len(text); at += 1 + rng.IntN(600) {
			cuts = append(cuts, at)
		}
		if d := cmp.Diff(whole, inParts(s, text, cuts)); d != "" {
			t.Fatalf("%s, cut at %v (-whole +parts):\n%s\n%q", what, cuts, d, text)
		}
	}
}

// A part ends at every place of values that are easily found in half, or twice.
func TestPartsEndAnywhere(t *testing.T) {
	r := loadRules(t)
	all, err := r.Choose(nil)
	if err != nil {
		t.Fatal(err)
	}
	long := "Närvarande: " + strings.Repeat("Zlatka Obekantova, ", 40) + "Xerxina Obekantova."
	for _, value := range []string{
		"Klienten Anna Maria Svensson-Lind (900603-9813) bor på Norra vägen 12 B lgh 1101, 123 45 Norrsjö.", "Svensson, Anna Maria och Bo Karlsson\n",
		"IBAN SE45 5000 0000 0583 9825 7466, kontonummer 5000-0000058398257466", "anna.svensson@anna-svensson.example.se", long,
		"Xerxina Obekantova, 18900603-9813", "Storgatan 12,\n123 45 Norrsjö", "diabetes typ 2 och depression",
	} {
		text := []byte(strings.Repeat("Mötet hölls. ", 30) + value + strings.Repeat(" Mötet hölls.", 30))
		s := r.NewScanner(all)
		s.Today = 21000101
		whole := inParts(s, text, nil)
		if len(whole) == 0 {
			t.Errorf("nothing was found in %q", value)
		}
		for cut := range text {
			if d := cmp.Diff(whole, inParts(s, text, []int{cut})); d != "" {
				t.Fatalf("%q cut at %d (-whole +parts):\n%s", value, cut, d)
			}
		}
	}
}

// No term is longer than what is looked up before and after a part counts on.
func TestNoTermIsTooLong(t *testing.T) {
	for _, term := range loadRules(t).dict.terms {
		if len(term.text) > longestTerm {
			t.Errorf("%q has more than %d bytes", term.raw, longestTerm)
		}
	}
}
