// SPDX-License-Identifier: EUPL-1.2

package signin

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/unicode/norm"
)

// A mapping may be wrong: what it calls the application may be who signed in. Few people make few values, so that how many there are is not
// enough to tell. Here the values themselves are looked at: names that are common in Sweden, and what accounts look like.

// namesFile holds names that are common in Sweden, and how surnames end. The scanner finds people in documents by the same list.
const namesFile = "detectors/names.yaml"

// gazetteer knows names.
type gazetteer struct {
	first, last, heads, tails map[string]bool
	endings                   []string
}

func loadNames(read func(name string, into any) error) (*gazetteer, error) {
	var file struct {
		First   []string `yaml:"first"`
		Last    []string `yaml:"last"`
		Endings []string `yaml:"endings"`
	}
	if err := read(namesFile, &file); err != nil {
		return nil, err
	}
	if len(file.First) == 0 || len(file.Last) == 0 {
		return nil, fmt.Errorf("%w: %s: something is missing", ErrRules, namesFile)
	}
	g := &gazetteer{first: map[string]bool{}, last: map[string]bool{}, heads: map[string]bool{}, tails: map[string]bool{}}
	fill := func(names []string, whole, begin map[string]bool) {
		for _, n := range names {
			n = letters(n)
			whole[n] = true
			if len(n) >= 3 {
				begin[n[:3]] = true
			}
		}
	}
	fill(file.First, g.first, g.heads)
	fill(file.Last, g.last, g.tails)
	for _, e := range file.Endings {
		g.endings = append(g.endings, letters(e))
	}
	return g, nil
}

// letters writes a word as accounts do: small letters without marks.
func letters(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.Is(unicode.Mn, r):
			return -1
		case r == 'ø':
			return 'o'
		}
		return r
	}, norm.NFD.String(strings.ToLower(s)))
}

func (g *gazetteer) surname(w string) bool {
	if g.last[w] {
		return true
	}
	for _, e := range g.endings {
		if len(w) > len(e)+1 && strings.HasSuffix(w, e) {
			return true
		}
	}
	return false
}

// words are the words of a text that holds nothing but what a name or an account may: letters, what stands between them, and digits last.
func words(s string) []string {
	s = strings.TrimRightFunc(s, func(r rune) bool { return r >= '0' && r <= '9' })
	out := strings.FieldsFunc(letters(s), func(r rune) bool { return strings.ContainsRune(" .,_-'’´()", r) })
	for _, w := range out {
		if strings.IndexFunc(w, func(r rune) bool { return !unicode.IsLetter(r) }) >= 0 {
			return nil
		}
	}
	return out
}

// part is a word of any text: as accounts write it, and whether it is written as a name is.
type part struct {
	word  string
	named bool
}

// parts are the words of any text, wherever letters stand; humped says that a capital within a word begins another one: VegaExempel. Of an address
// the machine's name is left out, which is often called after a place.
func parts(s string, humped bool) []part {
	if _, rest, ok := strings.Cut(s, "://"); ok {
		_, s, _ = strings.Cut(rest, "/")
	}
	shouted := strings.ToUpper(s) == s
	var out []part
	for _, f := range strings.FieldsFunc(norm.NFC.String(s), func(r rune) bool { return !unicode.IsLetter(r) }) {
		for _, w := range humps(f, humped) {
			r, _ := utf8.DecodeRuneInString(w)
			out = append(out, part{letters(w), unicode.IsUpper(r) && !shouted})
		}
	}
	return out
}

// humps divides a word where a capital follows a small letter.
func humps(f string, humped bool) []string {
	var out []string
	from, last := 0, rune(0)
	for i, r := range f {
		if humped && unicode.IsUpper(r) && unicode.IsLower(last) {
			out, from = append(out, f[from:i]), i
		}
		last = r
	}
	return append(out, f[from:])
}

// between are the words that stand within names.
var between = setOf("af von van de der den la le di da dos bin ibn al el abu zu ter och y")

// common are the names that are words of the language too. In a text with other words they are names only where they are written as names are.
var common = setOf("per dag max maj juni sten odd stig uno sam tim dan saga urban gun frans viola stella nora pia alma iris vera")

// person reports whether somebody's name stands in a text, or an account made of one: Vega Exempel, Exempel, Vega, vega.exempel2, VegaExempel,
// v.exempel, vexempel, or Vega af Exempel (konsult). One word alone is nobody otherwise: programs are called Stella and Viva.
func (g *gazetteer) person(s string) bool {
	whole, humped := parts(s, false), parts(s, true)
	return len(whole) == 1 && g.coded(s, whole[0].word) || g.names(s, whole) || len(humped) > len(whole) && g.names(s, humped)
}

// names reports whether somebody's name stands among the words of a text.
func (g *gazetteer) names(s string, all []part) bool {
	if len(all) <= 3 && slices.ContainsFunc(all, func(p part) bool { return g.joined(p.word) }) {
		return true
	}
	if len(all) == 2 && !strings.Contains(s, "://") && g.initialled(all[0].word, all[1].word) {
		return true
	}
	sentence := len(all) > 3 && strings.Contains(s, " ")
	run := 0
	for i := range all {
		if g.named(all[i], sentence) || between[all[i].word] && i > run {
			continue
		}
		if g.pair(all[run:i]) {
			return true
		}
		run = i + 1
	}
	return g.pair(all[run:])
}

// named reports whether a word of a text can be part of a name: a first name, a surname or an initial.
func (g *gazetteer) named(p part, sentence bool) bool {
	if sentence && common[p.word] && !p.named {
		return false
	}
	return len(p.word) == 1 || g.first[p.word] || g.surname(p.word)
}

// pair reports whether the words, which all can be parts of a name, have a first name and a surname among them.
func (g *gazetteer) pair(run []part) bool {
	first, last, either := 0, 0, 0
	for _, p := range run {
		switch isFirst, isLast := g.first[p.word], g.surname(p.word); {
		case isFirst && isLast:
			either++ // Hussein and Alexander are both: what else is there says which
		case isFirst:
			first++
		case isLast:
			last++
		}
	}
	return first+either > 0 && last+either > 0 && first+last+either > 1
}

// initialled reports whether one of two words is an initial, or two, and the other a surname that is known.
func (g *gazetteer) initialled(a, b string) bool {
	return len(a) == 1 && len(b) > 2 && g.last[b] || len(b) == 1 && len(a) > 2 && g.last[a]
}

// The fewest letters of names that are written together in one word: shorter ones stand in many words.
const (
	shortFirst = 3
	shortLast  = 5
)

// codedAccount is an account of letters from the first name and the surname with a number after them, as directories make them.
var codedAccount = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(?:[a-zåäö]{6}|[A-ZÅÄÖ]{6})\d{2,4}$`) })

// coded reports whether a text is an account made of the beginnings of both names and a number.
func (g *gazetteer) coded(s, w string) bool {
	return codedAccount().MatchString(s) && g.heads[w[:3]] && g.tails[w[3:]]
}

// joined reports whether a word is a first name and a surname written together, or an initial and a surname.
func (g *gazetteer) joined(w string) bool {
	for i := 1; i < len(w); i++ {
		a, b := w[:i], w[i:]
		switch {
		case len(a) == 1 && len(b) > shortLast && g.last[b], len(b) == 1 && len(a) > shortLast && g.last[a]:
			return true
		case len(a) >= shortFirst && len(b) >= shortLast && g.first[a] && g.last[b], len(b) >= shortFirst && len(a) >= shortLast && g.first[b] && g.last[a]:
			return true
		}
	}
	return false
}

var (
	numberedAccount = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(?i:[a-zåäö]{1,8}[._-]?\d{2,8}|\d{4,12})$`) })
	objectID        = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(?i:[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12})$`) })
)

// looks are what the values of one fact look like, each counted once.
type looks struct {
	seen     map[string]bool
	values   int
	personal int // somebody's name, number, address or account
	single   int // a first name or a surname alone
	paired   int // two or three words with capitals, as names have
	known    int // those of paired with a name that is known in them
	numbered int // letters and digits, as accounts have
	objects  int // what directories call their objects
	short    map[int]int
	made     int // short accounts that begin as a first name and end as a surname begins
}

// The fewest values that are looked at together, and the most whose looks are.
const (
	fewValues  = 3
	mostValues = 5000
)

// look adds a value.
func (k *looks) look(g *gazetteer, s string) {
	if s == "" || k.seen[s] || len(k.seen) >= mostValues {
		return
	}
	if k.seen == nil {
		k.seen, k.short = map[string]bool{}, map[int]int{}
	}
	k.seen[s] = true
	k.values++
	all := words(s)
	switch {
	case personal(s) || g.person(s):
		k.personal++
	case numberedAccount().MatchString(s):
		k.numbered++
	case objectID().MatchString(s):
		k.objects++
	case len(all) == 1:
		k.one(g, s, all[0])
	case capitals(s, len(all)):
		k.paired++
		for _, w := range all {
			if g.first[w] || g.surname(w) {
				k.known++
				break
			}
		}
	}
}

// one looks at a value of one word.
func (k *looks) one(g *gazetteer, s, w string) {
	if g.first[w] || g.surname(w) {
		k.single++
	}
	if n := len(w); n >= 5 && n <= 8 && s == strings.ToLower(s) {
		k.short[n]++
		if n >= 6 && g.heads[w[:3]] && g.tails[w[3:6]] {
			k.made++
		}
	}
}

// capitals reports whether each of two or three words begins with a capital and goes on without.
func capitals(s string, n int) bool {
	if n < 2 || n > 3 {
		return false
	}
	for _, w := range strings.FieldsFunc(s, func(r rune) bool { return r == ' ' || r == '-' || r == ',' }) {
		r, size := utf8.DecodeRuneInString(w)
		if !unicode.IsUpper(r) || strings.ToLower(w[size:]) != w[size:] {
			return false
		}
	}
	return true
}

// names reports whether the values look like people's. Own says that somebody has written where they stand, and may have been wrong; the forms that are
// known say it themselves, so that a name among many there is an application that is called so. All is how many sign-ins there were.
func (k *looks) names(own bool, all int64) bool {
	half := func(n int) bool { return n >= fewValues && n*2 >= k.values }
	switch {
	case half(k.personal), half(k.single), half(k.numbered), half(k.personal + k.single):
		return true
	case k.paired >= fewValues && k.paired*5 >= k.values*3 && k.known >= 2 && k.known*3 >= k.paired:
		return true
	case !own:
		return false
	case k.personal > 0 && k.personal*5 >= k.values, half(k.objects), k.coined():
		return true
	}
	for _, n := range k.short {
		if n >= 8 && n*5 >= k.values*4 {
			return true // words of one length, as the accounts of a directory have and the names of programs have not
		}
	}
	// each program is used by many, and a person is one
	return k.values > 30 && int64(k.values)*50 > all
}

// whose are what fields are called that hold people, accounts or the machines that they sit at.
var whose = setOf(`user users username userid userprincipalname upn userdisplayname uid sub subject subjectid subjectusername targetusername
	account accountname samaccountname login loginname logonname principal principalname person personid personnummer personalnumber nationalid ssn pnr
	email mail emailaddress epost epostadress givenname surname fornamn efternamn anvandare anvandarnamn anvandarid konto kontonamn inloggad nameid
	employeeid anstallningsnummer hsaid ip ipaddress ipadress clientip sourceip remoteaddr`)

func setOf(words string) map[string]bool {
	out := map[string]bool{}
	for w := range strings.FieldsSeq(words) {
		out[w] = true
	}
	return out
}

// somebodys reports whether a field is called as those are that hold people: by its last part, or by the one before where that is only an id or a name.
func somebodys(place string) bool {
	parts := strings.Split(place, ".")
	last := fieldName(parts[len(parts)-1])
	if (last == "id" || last == "name") && len(parts) > 1 {
		last = fieldName(parts[len(parts)-2])
	}
	return whose[last]
}

// fieldName is a field's name without what programs put between its words.
func fieldName(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) {
			return r
		}
		return -1
	}, letters(s))
}

// coined reports whether the values are accounts made of the beginnings of names.
func (k *looks) coined() bool {
	return k.made >= fewValues && k.made*3 >= k.values || k.made > 1 && k.made*2 > k.values
}

// PersonalError says which fact of a log seems to be people. It quotes none of them.
type PersonalError struct {
	// Fact is application, path, context or methods.
	Fact string
}

// Error tells what to do.
func (e *PersonalError) Error() string {
	return "what the mapping calls " + e.Fact + " looks like people's names, numbers or accounts, so nothing was kept: name another place, or list the applications in the mapping"
}

// Is makes it ErrPersonal.
func (e *PersonalError) Is(target error) bool { return target == ErrPersonal } //nolint:errorlint // it is what Is is for

// decoded gives a text that is not UTF-8 as what it is then, Windows' old encoding for Western Europe.
func decoded(b []byte) []byte {
	if utf8.Valid(b) {
		return b
	}
	var out []byte
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		if r == utf8.RuneError && n == 1 {
			r = charmap.Windows1252.DecodeByte(b[0])
		}
		out, b = utf8.AppendRune(out, r), b[n:]
	}
	return out
}
