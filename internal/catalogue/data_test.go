// SPDX-License-Identifier: EUPL-1.2

package catalogue_test

import (
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"github.com/insegel/insegel/data"
	"github.com/insegel/insegel/internal/catalogue"
)

var shipped = sync.OnceValues(func() (*catalogue.Catalogue, error) { return catalogue.Load(data.Files) })

// real gives the catalogue that ships with the program.
func real(t testing.TB) *catalogue.Catalogue {
	t.Helper()
	c, err := shipped()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestShippedCatalogueIsWhole(t *testing.T) {
	c := real(t)
	for name, n := range map[string][2]int{
		"requirements": {len(c.Requirements), 300}, "information types": {len(c.Types), 150}, "laws": {len(c.Laws), 70},
		"threats": {len(c.Threats), 50}, "models": {len(c.Models), 3}, "tender topics": {len(c.TenderTopics), 54},
		"indicators": {len(c.Indicators), 30}, "municipalities": {len(c.Municipalities), 290}, "counties": {len(c.Counties), 21},
		"kinds of evidence": {len(c.Evidence), 20}, "facts": {len(c.Vocabulary.Facts()), 20},
	} {
		if n[0] < n[1] {
			t.Errorf("%d %s, want at least %d", n[0], name, n[1])
		}
	}
	if c.Edition == "" {
		t.Error("the edition has no name")
	}
	if _, ok := c.Model("klassa", ""); !ok {
		t.Error("the model that municipalities know is missing")
	}
}

// Care holds what is most sensitive, so the list of information must be fullest there.
func TestShippedTypesAreFullestInCare(t *testing.T) {
	c := real(t)
	care := 0
	for _, typ := range c.Types {
		if slices.Contains([]string{"socialtjanst", "lss", "hsl", "valfard-teknik"}, typ.Area) {
			care++
		}
	}
	if care*100 < 40*len(c.Types) {
		t.Errorf("%d of %d information types belong to care, want at least 40 %%", care, len(c.Types))
	}
}

// Only what concerns protective security may lack levels, and a type whose loss is serious by law may not be set lower.
func TestShippedTypesHaveLevels(t *testing.T) {
	for _, typ := range real(t).Types {
		states := func(fact, value string) bool {
			return slices.Contains(typ.Facts, catalogue.Statement{Fact: fact, Value: value})
		}
		secret := states("security_sensitive", "yes") || states("security_sensitive", "suspected")
		for a, s := range typ.Levels {
			if (s.Step == catalogue.Unset) != secret {
				t.Errorf("%s: %v is %q", typ.ID, catalogue.Aspect(a), s.Step)
			}
		}
		locked := states("special_category", "yes") || states("criminal_data", "yes") || states("coercive_care", "yes") ||
			states("protected_identity", "high")
		if locked && typ.Lower {
			t.Errorf("%s: the owner may lower a need that the law fixes", typ.ID)
		}
	}
}

func TestShippedLawsAreCovered(t *testing.T) {
	c := real(t)
	by := map[string][]string{}
	for _, r := range c.Requirements {
		for _, id := range r.Laws {
			by[id] = append(by[id], r.ID)
		}
	}
	for _, l := range c.Laws {
		t.Logf("%s: %s", l.ID, strings.Join(by[l.ID], ", "))
		if len(by[l.ID]) == 0 {
			t.Errorf("no requirement follows from %s", l.ID)
		}
	}
}

func TestShippedTenderTopicsAreCovered(t *testing.T) {
	c := real(t)
	by := map[string][]string{}
	for _, r := range c.Requirements {
		for _, id := range r.Covers {
			if r.Core && r.Supplier() {
				by[id] = append(by[id], r.ID)
			}
		}
	}
	for _, topic := range c.TenderTopics {
		t.Logf("%s: %s", topic.ID, strings.Join(by[topic.ID], ", "))
		if len(by[topic.ID]) == 0 {
			t.Errorf("no core requirement for suppliers covers %s (%s)", topic.ID, topic.ISO2017)
		}
	}
}

// Two rows that say the same would be answered twice. Their words may overlap by three quarters at most.
func TestShippedTextsSayDifferentThings(t *testing.T) {
	c := real(t)
	for name, text := range map[string]func(*catalogue.Requirement) string{
		"is sv":    func(r *catalogue.Requirement) string { return r.Is.SV },
		"is en":    func(r *catalogue.Requirement) string { return r.Is.EN },
		"shall sv": func(r *catalogue.Requirement) string { return r.Shall.SV },
		"shall en": func(r *catalogue.Requirement) string { return r.Shall.EN },
	} {
		words := make([]map[string]bool, len(c.Requirements))
		for i := range c.Requirements {
			words[i] = wordSet(text(&c.Requirements[i]))
		}
		for i := range words {
			for j := range i {
				if overlap := jaccard(words[i], words[j]); overlap > 0.75 {
					t.Errorf("%s of %s and %s overlap by %.2f", name, c.Requirements[j].ID, c.Requirements[i].ID, overlap)
				}
			}
		}
	}
}

func wordSet(s string) map[string]bool {
	out := map[string]bool{}
	for _, w := range strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		out[w] = true
	}
	return out
}

func jaccard(a, b map[string]bool) float64 {
	common := 0
	for w := range a {
		if b[w] {
			common++
		}
	}
	if common == 0 {
		return 0
	}
	return float64(common) / float64(len(a)+len(b)-common)
}

// brands are names that tender text must not favour (4 kap. 1 § LOU: equal treatment).
var brands = regexp.MustCompile(`(?i)\b(bankid|freja|siths|efos|microsoft|entra|azure|windows|intune|defender|google|android|` +
	`amazon|aws|apple|ios|oracle|vmware|citrix|linux|red hat|okta|cisco|fortinet|splunk|docker|kubernetes|github|gitlab|` +
	`procapita|treserva|lifecare|viva|combine|tietoevry|cgi|pulsen|visma|stratsys|draftit|klassa)\b`)

func TestShippedTenderTextsNameNoBrand(t *testing.T) {
	for _, r := range real(t).Requirements {
		for _, text := range []string{r.Shall.SV, r.Shall.EN, r.Verify.SV, r.Verify.EN} {
			if name := brands.FindString(text); name != "" {
				t.Errorf("%s names %s: %s", r.ID, name, text)
			}
		}
	}
}

// The tender text must agree with how binding the row is, and never put a duty on the buyer.
func TestShippedTenderTextsAgreeWithTheirWeight(t *testing.T) {
	sv := map[bool]*regexp.Regexp{true: regexp.MustCompile(`^\S.*? ska `), false: regexp.MustCompile(`^\S.*? bör `)}
	en := map[bool]*regexp.Regexp{true: regexp.MustCompile(`^\S.*? shall\b`), false: regexp.MustCompile(`^\S.*? should\b`)}
	for _, r := range real(t).Requirements {
		if !r.Supplier() {
			continue
		}
		if !sv[r.Must].MatchString(r.Shall.SV) || !en[r.Must].MatchString(r.Shall.EN) {
			t.Errorf("%s (must %v): %s / %s", r.ID, r.Must, r.Shall.SV, r.Shall.EN)
		}
		if strings.Contains(r.Shall.SV, "Beställaren ska") {
			t.Errorf("%s puts a duty on the buyer: %s", r.ID, r.Shall.SV)
		}
	}
}

// A fact that nothing asks for would be a question to users without a purpose.
func TestShippedFactsAreUsed(t *testing.T) {
	c := real(t)
	var conditions []string
	for _, l := range c.Laws {
		conditions = append(conditions, l.When.String())
	}
	for _, r := range c.Requirements {
		conditions = append(conditions, r.When.String())
	}
	for _, f := range c.Vocabulary.Facts() {
		for _, one := range f.Implied {
			conditions = append(conditions, one.When.String())
		}
	}
	for _, threat := range c.Threats {
		for _, d := range threat.Drivers {
			conditions = append(conditions, d.ID)
		}
	}
	all := strings.Join(conditions, ";")
	for _, f := range c.Vocabulary.Facts() {
		if !regexp.MustCompile(`\b` + f.ID + `\b`).MatchString(all) {
			t.Errorf("nothing asks for %s", f.ID)
		}
	}
}

// Every fact can be told as a sentence, for whomever it can be said of and however sure it is.
func TestShippedFactsMakeSentences(t *testing.T) {
	v := real(t).Vocabulary
	sources := map[string]*catalogue.Source{
		catalogue.OnSystem: {Kind: catalogue.SourceSubject},
		catalogue.OnInformation: {
			Kind: catalogue.SourceInformation, Ref: "typ", Name: catalogue.Text{SV: "Personalakt", EN: "Personnel file"},
		},
	}
	for _, f := range v.Facts() {
		for _, literal := range literals(&f) {
			for _, on := range f.On {
				for _, truth := range []catalogue.Truth{catalogue.Yes, catalogue.Maybe} {
					origin := catalogue.Origin{Fact: f.ID, Value: literal.Value, Truth: truth, Source: sources[on]}
					checkSentences(t, v, literal.Fact, origin)
				}
			}
		}
	}
}

// literals gives what can be asked of a fact, as a condition with the value that answers it.
func literals(f *catalogue.Fact) []catalogue.Statement {
	if f.Form == catalogue.FormTruth {
		return []catalogue.Statement{{Fact: f.ID, Value: f.TrueValues[0]}}
	}
	var out []catalogue.Statement
	for _, value := range f.Values {
		out = append(out, catalogue.Statement{Fact: f.ID + "=" + value, Value: value})
	}
	return out
}

var oneSentence = regexp.MustCompile(`^\p{Lu}[^{}?!]*[^.\s{}]\.$`)

// checkSentences checks that the reason is one plain sentence in both languages, and that a maybe reads as something to settle.
func checkSentences(t *testing.T, v *catalogue.Vocabulary, condition string, o catalogue.Origin) {
	t.Helper()
	c, err := v.Parse(condition)
	if err != nil {
		t.Fatal(err)
	}
	facts := everything(o.Truth)
	for lang, settle := range map[catalogue.Lang]string{catalogue.SV: "kan förekomma", catalogue.EN: "; settle whether "} {
		why := v.Explain(c, &facts, []catalogue.Origin{o}, lang)
		if len(why) != 1 {
			t.Fatalf("%s: %+v", condition, why)
		}
		text := why[0].Text
		t.Log(text)
		if !oneSentence.MatchString(text) || strings.Contains(text, ". ") || strings.Contains(text, "  ") {
			t.Errorf("%s: not one plain sentence: %s", condition, text)
		}
		if strings.Contains(text, settle) != (o.Truth == catalogue.Maybe) {
			t.Errorf("%s is %v but reads: %s", condition, o.Truth, text)
		}
	}
}

// everything gives facts where every literal is true, or possible.
func everything(truth catalogue.Truth) catalogue.Facts {
	full := catalogue.Set{^uint64(0), ^uint64(0)}
	if truth == catalogue.Yes {
		return catalogue.Facts{True: full, Possible: full}
	}
	return catalogue.Facts{Possible: full}
}

// A system of social assistance in the cloud: what it is and what follows must be told as people would say it.
func TestShippedReasons(t *testing.T) {
	c := real(t)
	var held []catalogue.Source
	for _, id := range []string{"eb-beslut", "eb-ansokan"} {
		typ, ok := c.InformationType(id)
		if !ok {
			t.Fatalf("no information type %s", id)
		}
		held = append(held, typ.Source())
	}
	facts, origins := c.Vocabulary.Resolve(catalogue.Source{
		Kind: catalogue.SourceSubject, Ref: "x",
		Statements: []catalogue.Statement{{Fact: "e_service", Value: "yes"}, {Fact: "hosting", Value: "cloud-eu"}, {Fact: "ai", Value: "unknown"}},
	}, held)
	for _, want := range []struct{ condition, sv, en string }{
		{"personal_data", "Informationstypen Ekonomiskt bistånd – beslut innehåller personuppgifter.", "The information type Social assistance – decision contains personal data."},
		{"area=socialtjanst|lss", "Informationstypen Ekonomiskt bistånd – beslut hör till verksamheten ”Socialtjänst”.", "The information type Social assistance – decision belongs to the activity “Social services”."},
		{"e_service", "Systemet är en e-tjänst.", "The system is an e-service."},
		{"open_network", "Systemet nås eller skickar uppgifter över ett öppet nät.", "The system is reached or sends data over an open network."},
		{"supplier", "Någon utanför kommunen driver systemet eller kan komma åt uppgifterna.", "Somebody outside the municipality runs the system or can reach the data."},
		{"ai", "Ai kan förekomma i systemet; avgör om det stämmer.", "AI may occur in the system; settle whether this is so."},
	} {
		condition, err := c.Vocabulary.Parse(want.condition)
		if err != nil {
			t.Fatal(err)
		}
		for lang, text := range map[catalogue.Lang]string{catalogue.SV: want.sv, catalogue.EN: want.en} {
			var got []string
			for _, b := range c.Vocabulary.Explain(condition, &facts, origins, lang) {
				got = append(got, b.Text)
			}
			if diff := cmp.Diff([]string{text}, got); diff != "" {
				t.Errorf("%s %s: %s", want.condition, lang, diff)
			}
		}
	}
}
