// SPDX-License-Identifier: EUPL-1.2

package register

import (
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/locale"
)

// What a cell can tell besides its field.
const (
	HostingNote          = "hosting_note"
	Country              = "country"
	ContractNote         = "contract_note"
	UsersApproximate     = "users_approximate"
	ProcessorAgreementOn = "processor_agreement_on"
	Area                 = "area"
	AutomatedDecision    = "automated_decision"
	Camera               = "camera"
	HealthCare           = "health_care"
	// Stopping is set when the scale's stopping level is named.
	Stopping = "stopping_level"
)

// The values of a question.
const (
	yes     = "yes"
	no      = "no"
	unknown = "unknown"
	// notNeeded is an answer about agreements alone.
	notNeeded = "not-needed"
)

// setting is one property and the value that a cell gives it.
type setting struct{ key, value string }

// reading is what a cell says. A cell that says nothing gives an empty reading.
type reading struct {
	settings []setting
	bad      Reason
}

func says(key, value string) reading { return reading{settings: []setting{{key, value}}} }

func wrong(key string, args ...any) reading { return reading{bad: because(key, args...)} }

// Longest texts that are kept, in characters.
const (
	maxName = 200
	maxText = 300
	maxNote = 4000
)

// readCell reads the cell of any field but the name and the levels.
func readCell(field, cell string) reading {
	text := clean(cell)
	if isFormula(text) && field != Address {
		return wrong("cell-formula")
	}
	switch field {
	case PersonalData, SpecialCategory, ThirdCountry, Classified:
		return readTruth(field, text)
	case ProcessorAgreement:
		return readAgreement(text)
	case Hosting:
		return readHosting(text)
	case State:
		return readWord(State, text, stateWords(), "cell-state")
	case Kind:
		return readWord(Kind, text, kindWords(), "cell-kind")
	case Users, DataSubjects:
		return readCount(field, text)
	case ContractEnd:
		return readContract(text)
	case Address:
		return readAddress(text)
	case Information, Comment:
		return readText(field, cleanLines(cell), maxNote, blankSigns())
	case Login:
		return readText(field, text, maxText, blankSigns())
	case Supplier:
		return readText(field, text, maxText, noSupplier())
	default:
		return readText(field, text, maxText, blankWords())
	}
}

// clean makes a cell one line: no control characters, and one space where there was white space of any kind.
func clean(s string) string {
	var b strings.Builder
	gap := false
	for _, r := range norm.NFC.String(s) {
		switch {
		case unicode.IsSpace(r) || r == '\u200b' || r == '\ufeff' || r == '\u2060':
			gap = b.Len() > 0
		case unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r): // marks of direction make a name look like another
		default:
			if gap {
				b.WriteByte(' ')
				gap = false
			}
			b.WriteRune(r)
		}
	}
	return b.String()
}

// cleanLines is clean for each line, and drops empty lines.
func cleanLines(s string) string {
	var out []string
	for _, line := range strings.FieldsFunc(s, func(r rune) bool { return r == '\n' || r == '\r' || r == '\v' || r == '\u2028' }) {
		if c := clean(line); c != "" {
			out = append(out, c)
		}
	}
	return strings.Join(out, "\n")
}

// isFormula reports whether a text would be computed by a spreadsheet program.
func isFormula(s string) bool {
	if len(s) < 2 {
		return false
	}
	switch s[0] {
	case '=':
		return true
	case '+', '-', '@': // a telephone number or a dash is no formula; a call or a command is
		return strings.ContainsAny(s, "(|!")
	}
	return false
}

// set is a set of words that is made when it is first used.
func set(list string) func() map[string]bool {
	return sync.OnceValue(func() map[string]bool {
		m := map[string]bool{}
		for _, w := range strings.Split(list, "|") {
			m[w] = true
		}
		return m
	})
}

// Words that stand for nothing. They are looked up as words() writes them.
var (
	blankSigns = set("|na|n a|not applicable")
	blankWords = set("|na|n a|not applicable|okänd|okänt|oklart|saknas|ej angivet|ej angiven|vet ej|vet inte|unknown|none|ingen|inga|tbd|vakant|ej känt|ej känd|ej aktuellt|not known")
	noSupplier = set("|na|n a|not applicable|okänd|okänt|oklart|saknas|ej angivet|ej angiven|vet ej|vet inte|unknown|none|ingen|inga|tbd|ej känt|ej känd|ej aktuellt|not known|egenutvecklat|egenutvecklad|egen utveckling|egen|internt|intern|in house|inhouse|own|internal|kommunen")

	yesWords      = set("ja|j|x|1|yes|y|true|sant|finns|tecknat|tecknad|upprättat|klart|klar|ok|genomförd|genomfört|gjord")
	noWords       = set("nej|n|no|0|false|falskt|saknas|ej|inte|finns ej|finns inte|ej tecknat|inte tecknat|ej tecknad|ej genomförd|ej gjord|not signed|none")
	unknownWords  = set("|vet ej|vet inte|okänt|okänd|oklart|unknown|na|n a|ej känt|ej angivet|don t know|dont know|not known|ej aktuellt|ej relevant|ej tillämpligt|not applicable|ej besvarad|utreds|tbd")
	needlessWords = set("behövs ej|behövs inte|ej aktuellt|inte aktuellt|ej relevant|ej tillämpligt|not needed|not applicable|na|n a|krävs ej|krävs inte|not required")
	yesSigns      = set("✓|✔|☑|✅|√|x")
)

// truth reads an answer to a yes-or-no question. ok is false when the text is no answer.
func truth(s string) (value string, ok bool) {
	if yesSigns()[strings.ToLower(s)] {
		return yes, true
	}
	h := words(s)
	switch {
	case unknownWords()[h]:
		return unknown, true
	case yesWords()[h]:
		return yes, true
	case noWords()[h]:
		return no, true
	}
	return sentenceTruth(strings.Fields(h))
}

// sentenceTruth reads an answer that goes on: "Ja, sedan 2023". "Ja/Nej" is none.
func sentenceTruth(all []string) (value string, ok bool) {
	isYes := slices.Contains(all, "ja") || slices.Contains(all, "yes")
	isNo := slices.Contains(all, "nej") || slices.Contains(all, "no")
	switch first := all[0]; {
	case isYes && isNo:
		return "", false
	case first == "ja" || first == "yes":
		return yes, true
	case first == "nej" || first == "no":
		return no, true
	}
	return "", false
}

func readTruth(field, s string) reading {
	v, ok := truth(s)
	switch {
	case !ok:
		return wrong("cell-truth")
	case v == unknown: // not knowing is no reason to forget what the register holds
		return reading{}
	}
	return says(field, v)
}

// readAgreement reads a question about an agreement, to which a date is also a yes.
func readAgreement(s string) reading {
	if needlessWords()[words(s)] {
		return says(ProcessorAgreement, notNeeded)
	}
	if d, state := day(s); state == dayRead {
		return reading{settings: []setting{{ProcessorAgreement, yes}, {ProcessorAgreementOn, d.String()}}}
	}
	return readTruth(ProcessorAgreement, s)
}

var (
	stateWords = wordList(map[string]string{
		"in-use":      "under förvaltning|förvaltning|i förvaltning|förvaltas|under aktiv vidareutveckling|aktiv vidareutveckling|vidareutveckling|under vidareutveckling|vidareutvecklas|i drift|drift|driftsatt|i produktion|produktion|prod|aktiv|aktivt|används|i bruk|i användning|active|in use|live|production|in production|operational|deployed|running|maintained|under management",
		"phasing-out": "under avveckling|avvecklas|ska avvecklas|avveckling|fasas ut|under utfasning|utfasning|utfasas|phasing out|phase out|sunset|being retired|to be retired|decommissioning|end of life",
		"retired":     "avvecklad|avvecklat|stängd|stängt|nedlagd|nedlagt|retired|decommissioned|ur drift|ej i bruk|inte i bruk|not in use|avslutad|avslutat|inactive|inaktiv|inaktivt|används ej|används inte|borttagen",
		"planned":     "planerad|planerat|planeras|planned|under upphandling|upphandlas|under införande|införs|införande|under anskaffning|kommande|future|proposed|in procurement|being introduced",
	})
	kindWords = wordList(map[string]string{
		"line-of-business": "verksamhetssystem|facksystem|fackssystem|verksamhetsspecifikt|line of business|business system|lob|business application",
		"e-service":        "e tjänst|etjänst|e tjänster|e service|eservice|webbformulär|digital tjänst|digital service",
		"support":          "stödsystem|stöd|administrativt system|administrativt|support|support system|kontorsstöd|office|gemensamt system|kommungemensamt",
		"infrastructure":   "infrastruktur|infrastructure|it infrastruktur|it infrastructure|plattform|platform|basteknik|nätverk|network|server",
		"integration":      "integration|integrationsplattform|integration platform|api|integrationer",
	})
)

// wordList are the values that words stand for. It is made when it is first used.
func wordList(byValue map[string]string) func() map[string]string {
	return sync.OnceValue(func() map[string]string {
		out := map[string]string{}
		for value, list := range byValue {
			out[value], out[words(value)] = value, value
			for _, w := range strings.Split(list, "|") {
				out[w] = value
			}
		}
		return out
	})
}

// readWord reads a cell that is one of a few words.
func readWord(field, s string, list map[string]string, badKey string) reading {
	if blankWords()[words(s)] {
		return reading{}
	}
	for _, form := range []string{words(s), heading(s)} { // "I drift (sedan 2019)" is "I drift"
		if v, ok := list[form]; ok {
			return says(field, v)
		}
	}
	return wrong(badKey)
}

var (
	countForm = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^(?:(ca|c a|cirka|circa|ungefär|uppskattningsvis|uppskattat|approx|approximately|about|around|över|mer än|minst|more than|~|≈|>)[.: ]*)?(\d{1,3}(?:[ .,'’]\d{3})+|\d+)(?:[.,]0+)?\s*(\+)?\s*(?:st|anv|användare|users|personer|persons|people)?\.?$`)
	})
	notDigits  = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\D`) })
	numberLike = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[~≈>]?\s*-?\d[\d .,']*$`) })
)

// maxCount is more people than any municipality's system knows of; above it a cell holds something else, such as a telephone
// number.
const maxCount = 50_000_000

// parseCount reads a number of people and whether it is only approximate.
func parseCount(s string) (n int64, approximate, ok bool) {
	folded := locale.Fold(s)
	folded = strings.Replace(folded, "c:a", "ca", 1)
	m := countForm().FindStringSubmatch(folded)
	if m == nil {
		return 0, false, false
	}
	n, err := strconv.ParseInt(notDigits().ReplaceAllString(m[2], ""), 10, 64)
	if err != nil || n > maxCount {
		return 0, false, false
	}
	return n, m[1] != "" || m[3] != "", true
}

func readCount(field, s string) reading {
	if blankWords()[words(s)] && !strings.ContainsAny(s, "0123456789") {
		return reading{}
	}
	n, approximate, ok := parseCount(s)
	if !ok {
		return wrong("cell-count")
	}
	r := says(field, strconv.FormatInt(n, 10))
	if field == Users {
		about := ""
		if approximate {
			about = yes
		}
		r.settings = append(r.settings, setting{UsersApproximate, about})
	}
	return r
}

var hyperlink = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?i)^=\s*HYPERL[IÄ]NK\(\s*"([^"]+)"`) })

// readAddress takes an address that a browser can open, and nothing else: what stands here becomes a link and is measured.
func readAddress(s string) reading {
	if m := hyperlink().FindStringSubmatch(s); m != nil {
		s = m[1]
	}
	if s == "" || blankWords()[words(s)] {
		return reading{}
	}
	u, err := url.Parse(s)
	switch {
	case err != nil, u.Scheme != "http" && u.Scheme != "https", u.Hostname() == "", strings.ContainsAny(s, " \"<>"):
		return wrong("cell-address")
	case u.User != nil:
		return wrong("cell-address-user")
	}
	return says(Address, s)
}

func readText(field, s string, limit int, nothing map[string]bool) reading {
	if nothing[words(s)] {
		return reading{}
	}
	kept, cut := shorten(s, limit)
	r := says(field, kept)
	if cut {
		r.bad = because("cell-long", "Max", limit)
	}
	return r
}

func shorten(s string, limit int) (string, bool) {
	r := []rune(s)
	if len(r) <= limit {
		return s, false
	}
	return strings.TrimSpace(string(r[:limit])), true
}

var levelForm = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(?:(?:nivå|level|klass|class)\s*[-:=]?\s*|(?:nivå|level|klass|class)?\s*[krtsica]\s*[-:=]?\s*)?(\d{1,2})(?:[.,]0)?\s*(?:[-–—:.(=].*)?$`)
})

// levelNumber reads the number of a level: "3", "K3", "nivå 3", "3 – allvarlig".
func levelNumber(s string) (int, bool) {
	m := levelForm().FindStringSubmatch(strings.ToLower(s))
	if m == nil {
		return 0, false
	}
	n, err := strconv.Atoi(m[1])
	return n, err == nil
}

// readLevel reads a level on a named scale: its number, or the very words the scale has for it.
func readLevel(a *catalogue.ModelAspect, s string) (catalogue.Level, bool, Reason) {
	text := clean(s)
	if text == "" || blankWords()[words(text)] {
		return catalogue.Level{}, false, Reason{}
	}
	if n, ok := levelNumber(text); ok {
		if l, ok := a.Level(n); ok {
			return l, true, Reason{}
		}
	}
	for _, l := range a.Levels {
		if h := words(text); h == words(l.Label.SV) || h == words(l.Label.EN) {
			return l, true, Reason{}
		}
	}
	return catalogue.Level{}, false, because("cell-level", "Levels", levelList(a))
}

func levelList(a *catalogue.ModelAspect) string {
	out := make([]string, len(a.Levels))
	for i, l := range a.Levels {
		out[i] = strconv.Itoa(l.Value)
	}
	return strings.Join(out, ", ")
}

// looksLikeValue reports whether a text is an answer, a number, a day or an address, and so no heading.
func looksLikeValue(s string) bool {
	s = clean(s)
	if v, ok := truth(s); ok && v != unknown && len([]rune(s)) > 1 { // a single letter may head a column of levels
		return true
	}
	if _, state := day(s); state == dayRead {
		return true
	}
	return numberLike().MatchString(s) || strings.Contains(s, "://")
}

func itoa(n int) string { return strconv.Itoa(n) }
