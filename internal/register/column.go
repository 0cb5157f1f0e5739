// SPDX-License-Identifier: EUPL-1.2

package register

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"github.com/insegel/insegel/internal/locale"
)

// Column is what a column of a table is taken for (Swedish: kolumn).
type Column struct {
	// Index is where in a row the column stands, from 0.
	Index int `json:"-"`
	// Header is the heading as it stands in the file.
	Header string `json:"header"`
	// Field is the field that the column holds; "" when it is not used.
	Field string `json:"field"`
	// Confidence is how sure the guess is, from 0 to 1; 1 when somebody has said so.
	Confidence float64 `json:"confidence"`
}

// leastSure is how sure a guess must be to be used.
const leastSure = 0.45

// sampleSize is how many filled cells of a column are looked at.
const sampleSize = 200

// profile is what a column's cells look like, as shares of those that are filled.
type profile struct {
	filled                                               int
	answers, days, counts, addresses, levels             float64
	hostings, states, kinds, logins, distinct, wordyText float64
}

// Guess says what each column of a table is. remembered are fields that somebody has given to headings before, by the folded
// heading ("" is not used); they win. A field has at most one column.
func Guess(t *Table, remembered map[string]string) []Column {
	g := guesser{columns: make([]Column, len(t.Headers)), taken: map[string]bool{}}
	g.profiles = make([]profile, len(t.Headers))
	for i, h := range t.Headers {
		g.columns[i] = Column{Index: i, Header: h}
		g.profiles[i] = t.profile(i)
	}
	g.remember(remembered)
	g.byHeading()
	g.byValues()
	g.byUniqueness()
	return g.columns
}

type guesser struct {
	columns  []Column
	profiles []profile
	settled  []bool // a person has said what it is, or that it is nothing
	taken    map[string]bool
}

func (g *guesser) give(i int, field string, sure float64) {
	g.columns[i].Field, g.columns[i].Confidence = field, math.Round(sure*100)/100
	g.taken[field] = true
}

func (g *guesser) free(i int) bool { return !g.settled[i] && g.columns[i].Field == "" }

func (g *guesser) remember(remembered map[string]string) {
	g.settled = make([]bool, len(g.columns))
	for i := range g.columns {
		field, ok := remembered[locale.Fold(g.columns[i].Header)]
		if !ok || !KnownField(field) || g.columns[i].Header == "" || field != "" && g.taken[field] {
			continue
		}
		g.settled[i] = true
		g.columns[i].Confidence = 1
		if field != "" {
			g.give(i, field, 1)
		}
	}
}

type candidate struct {
	column int
	guess
}

// byHeading gives each field to the column whose heading and cells speak for it the most.
func (g *guesser) byHeading() {
	var all []candidate
	letters := g.levelLetters()
	for i := range g.columns {
		if !g.free(i) {
			continue
		}
		for _, h := range append(headingGuesses(g.columns[i].Header), letters[i]...) {
			sure := h.sure * g.profiles[i].fit(h.field, h.sure)
			if sure >= leastSure {
				all = append(all, candidate{i, guess{h.field, sure}})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(b.sure, a.sure), cmp.Compare(a.column, b.column))
	})
	for _, c := range all {
		if g.free(c.column) && !g.taken[c.field] {
			g.give(c.column, c.field, c.sure)
		}
	}
}

// letterFields are what single letters mean in the two languages. T is availability beside K and R, and traceability beside C
// and I.
var letterFields = []map[string]string{
	{"k": Confidentiality, "r": Integrity, "t": Availability, "s": Traceability},
	{"c": Confidentiality, "i": Integrity, "a": Availability, "t": Traceability},
}

// letterSure is how sure a single letter makes us: it never stands alone, and its cells look like levels. letterBeside is for one
// whose own cells do not, but that stands beside two that do: what is wrong with its cells is then told, not passed over.
const (
	letterSure   = 0.9
	letterBeside = 0.7
)

// levelLetters finds columns headed by single letters that are levels. At least two letters of one language must stand there,
// and the cells must look like levels: a lone K can be anything.
func (g *guesser) levelLetters() map[int][]guess {
	best := map[int][]guess{}
	for _, fields := range letterFields {
		found, alike := map[int][]guess{}, 0
		for i := range g.columns {
			p := &g.profiles[i]
			f, ok := fields[heading(g.columns[i].Header)]
			switch {
			case !ok || p.filled == 0:
			case p.levels >= 0.7:
				alike++
				found[i] = []guess{{f, letterSure}}
			default:
				found[i] = []guess{{f, letterBeside}}
			}
		}
		if alike >= 2 && len(found) > len(best) {
			best = found
		}
	}
	return best
}

// byValues looks at columns whose heading says nothing, where the cells are in words that only one field has. An answer or a
// number is never enough: yes to what?
func (g *guesser) byValues() {
	const enough, sure = 0.8, 0.6
	for i := range g.columns {
		p := &g.profiles[i]
		if !g.free(i) || p.filled < 2 || len(headingGuesses(g.columns[i].Header)) > 0 {
			continue
		}
		for _, v := range []struct {
			field string
			share float64
		}{{Address, p.addresses}, {Hosting, p.hostings}, {State, p.states}, {Login, p.logins}, {Kind, p.kinds}} {
			if v.share >= enough && !g.taken[v.field] {
				g.give(i, v.field, sure*v.share)
				break
			}
		}
		if g.free(i) && p.days >= enough && !g.taken[ContractEnd] && meaningless(g.columns[i].Header) {
			g.give(i, ContractEnd, leastSure)
		}
	}
}

// meaningless reports whether a heading is what a program writes when nobody wrote one.
func meaningless(header string) bool {
	h := strings.TrimRight(heading(header), "0123456789 ")
	return h == "" || h == "kolumn" || h == "column" || h == "fält" || h == "field" || h == "unnamed"
}

// byUniqueness takes the first column of different texts for the name, when the other headings show that this is a list of
// systems and only the name's heading is unheard of.
func (g *guesser) byUniqueness() {
	if g.taken[Name] || len(g.taken) < 3 {
		return
	}
	for i := range g.columns {
		p := &g.profiles[i]
		if g.free(i) && len(headingGuesses(g.columns[i].Header)) == 0 && p.filled > 0 && p.distinct >= 0.9 && p.wordyText >= 0.9 {
			g.give(i, Name, 0.5)
			return
		}
	}
}

// profile looks at the filled cells of a column.
func (t *Table) profile(column int) profile {
	var p profile
	seen := map[string]bool{}
	add := func(share *float64, yes bool) {
		if yes {
			*share++
		}
	}
	for i := range t.Rows {
		text := clean(t.Rows[i].text(column))
		if unknownWords()[words(text)] {
			continue
		}
		if p.filled++; p.filled > sampleSize {
			p.filled--
			break
		}
		seen[locale.Fold(text)] = true
		_, isAnswer := truth(text)
		_, dayIs := day(text)
		_, _, isCount := parseCount(text)
		n, isLevel := levelNumber(text)
		add(&p.answers, isAnswer)
		add(&p.days, dayIs == dayRead || openEnded(text))
		add(&p.counts, isCount)
		add(&p.levels, isLevel && n <= 9)
		add(&p.addresses, readAddress(text).bad.IsZero())
		h := parseHosting(text)
		add(&p.hostings, h.value() != "" && !h.more)
		add(&p.states, stateWords()[words(text)] != "")
		add(&p.kinds, kindWords()[words(text)] != "")
		add(&p.logins, loginLike(text))
		add(&p.wordyText, !isAnswer && dayIs == dayNot && !isCount && !numberLike().MatchString(text))
	}
	p.distinct = float64(len(seen))
	p.shares()
	return p
}

// shares turns the sums into shares.
func (p *profile) shares() {
	if p.filled == 0 {
		return
	}
	for _, s := range []*float64{
		&p.answers, &p.days, &p.counts, &p.addresses, &p.levels, &p.hostings, &p.states, &p.kinds, &p.logins, &p.distinct, &p.wordyText,
	} {
		*s /= float64(p.filled)
	}
}

// text is what a column shows in the row: of a formula, its result.
func (l *Line) text(column int) string {
	if s, ok := l.Shown[column]; ok && s != "" {
		return s
	}
	return l.cell(column)
}

var loginWords = []string{"bankid", "siths", "freja", "sso", "lösenord", "password", "lokalt konto", "smartkort", "mfa", "ad inloggning", "adfs", "entra", "e leg", "saml"}

func loginLike(s string) bool {
	h := words(s)
	if h == "ad" {
		return true
	}
	for _, w := range loginWords {
		if strings.Contains(h, w) {
			return true
		}
	}
	return false
}

// fit is how much a column's cells lower how sure its heading makes us of a field. A column without cells speaks neither for nor
// against. A heading that leaves no doubt is believed even when no cell can be read: then each of them is told to be wrong.
func (p *profile) fit(field string, sure float64) float64 {
	if p.filled == 0 {
		return 0.9
	}
	least := 0.3
	if _, isLevel := aspects[field]; sure >= 0.95 && !isLevel {
		least = 0.5
	}
	return least + (1-least)*p.share(field)
}

// share is how many of a column's cells could belong to a field, from 0 to 1.
func (p *profile) share(field string) float64 {
	share := 1.0
	switch field {
	case PersonalData, SpecialCategory, ThirdCountry, Classified:
		share = p.answers
	case ProcessorAgreement:
		share = max(p.answers, p.days, p.answers+p.days)
	case ContractEnd:
		share = p.days
	case Users, DataSubjects:
		share = p.counts
	case Address:
		share = p.addresses
	case Confidentiality, Integrity, Availability, Traceability:
		share = max(p.levels, 0.5-p.answers) // a scale may have words for its levels
	case Name:
		share = 0.5 + min(p.distinct, p.wordyText)/2
	case Unit, OwnerRole, ManagerRole, Supplier, Information, ServiceName, Audience:
		share = p.wordyText
	case Hosting:
		share = max(p.hostings, 0.6*(1-p.answers)*(1-p.days))
	case State, Kind:
		share = max(p.states, p.kinds, 0.6*(1-p.answers)*(1-p.days))
	case Login:
		share = max(p.logins, 1-p.answers)
	}
	return min(max(share, 0), 1)
}
