// SPDX-License-Identifier: EUPL-1.2

package catalogue

import (
	"regexp"
	"slices"
	"strings"
	"sync"
)

// IndicatorFact is something that the rules of indicators speak of. About each row it is yes, no or unknown.
type IndicatorFact struct {
	ID   string
	Name Text
	// Types are the information types that give a system the fact; empty for a fact that comes from elsewhere.
	Types []string
	// Answers are the requirements whose answers say whether a system has the fact.
	Answers []string
	// Actions are the requirements that are acted on to make it hold, the best first.
	Actions []string
	// Asked are questions to units: a unit that has been asked one of them has the fact. Told are those whose answers say whether it holds.
	Asked, Told []string
}

// MaxIndicatorFacts is how many there may be: a row keeps one bit for each.
const MaxIndicatorFacts = 64

// The ways that an indicator's rows become an answer.
const (
	// AnswerShare counts rows: how many of those counted are met.
	AnswerShare = "share"
	// AnswerEvery counts municipalities in which every counted row is met.
	AnswerEvery = "every"
	// AnswerAny counts municipalities in which at least one counted row is met.
	AnswerAny = "any"
	// AnswerNone counts municipalities in which no counted row is met.
	AnswerNone = "none"
	// AnswerPublished computes nothing: others have published its figures.
	AnswerPublished = "published"
)

// Indicator is one measure over the years (Swedish: indikator). A changed definition has a new number and is a series of its own.
type Indicator struct {
	ID         string
	Definition int
	Name, Why  Text
	// Meaning says how it is counted.
	Meaning Text
	// Brief is its place among those that a manager is told of first, from 1; 0 is none. Asks is the question that it then answers.
	Brief int
	Asks  Text
	Area  string
	// Unit is percent. Direction is up where more is better, down where less is, none where neither is.
	Unit, Direction string
	Answer          string
	// Of is the kind of row that is counted. Counted says which of them, Met which of those.
	Of           string
	Counted, Met Rule
	// Corresponds is the block of the questionnaire that asks about the same, and Questions the campaign's.
	Corresponds string
	Questions   []string
	Laws        []string
	Breaks      []Break
	References  []Reference
}

// Computed reports whether the indicator is computed from rows.
func (i *Indicator) Computed() bool { return i.Answer != AnswerPublished }

// PerMunicipality reports whether each municipality counts once, whatever its number of rows.
func (i *Indicator) PerMunicipality() bool {
	return i.Answer == AnswerEvery || i.Answer == AnswerAny || i.Answer == AnswerNone
}

// Break is a place where values before and after do not compare.
type Break struct {
	// Year is the first year after the break; 0 concerns the whole series.
	Year int
	Text Text
}

// Reference is a series that somebody else has published.
type Reference struct {
	Series string
	Survey Text
	Values []Published
}

// Published is one published figure, in percent. Low and High differ where only a range is known. A year that is missing is missing.
type Published struct {
	Year, Low, High int
	// Confidence is V for a figure that was seen in its source, I for one inferred, U for one without confirmation.
	Confidence string
	Source     Text
	Note       Text
}

// Rule says which rows belong: every group must hold, and a group holds when one of its literals does.
type Rule struct {
	Source string
	Groups []RuleGroup
}

// RuleGroup are the literals of which one must hold: the facts that are to be yes, and those that are to be no, as numbers in
// IndicatorFacts.
type RuleGroup struct{ Yes, No []int }

// RowKinds are the kinds of row that indicators count.
var RowKinds = []string{"system", "processing", "requirement", "action", "supplier", "unit"}

// Indicator finds an indicator by its id.
func (c *Catalogue) Indicator(id string) (*Indicator, bool) {
	return find(c.Indicators, c.indicators, id)
}

// IndicatorFact tells which number a fact of the indicators' rules has.
func (c *Catalogue) IndicatorFact(id string) (int, bool) {
	n, ok := c.indicatorFacts[id]
	return n, ok
}

func (l *loader) readIndicatorFact(o *object) IndicatorFact {
	f := IndicatorFact{
		ID: o.id(factID()), Name: o.text("name"), Types: o.words("types", l.referAll(o, "information type", "information", l.types)),
		Answers: o.words("answers", l.referAll(o, "requirement", "requirements", l.requirements)), Actions: o.words("actions", l.referAll(o, "requirement", "requirements", l.requirements)),
		Asked: o.words("asked", anyWord), Told: o.words("told", anyWord),
	}
	if len(l.IndicatorFacts) >= MaxIndicatorFacts {
		o.fault(o.node, "there are more than %d facts; a row has one bit for each", MaxIndicatorFacts)
	}
	return f
}

func (l *loader) readIndicator(o *object) Indicator {
	i := Indicator{
		ID:          o.id(evidenceID()),
		Definition:  o.number("definition", 1, 99),
		Name:        o.text("name"),
		Why:         o.text("why"),
		Meaning:     o.text("meaning"),
		Area:        o.str("area"),
		Unit:        o.oneOf("unit", "percent"),
		Direction:   o.oneOf("direction", "up", "down", "none"),
		Answer:      o.oneOf("answer", AnswerShare, AnswerEvery, AnswerAny, AnswerNone, AnswerPublished),
		Corresponds: o.optional("corresponds"),
		Questions:   o.words("questions", anyWord),
		Laws:        o.words("laws", l.referAll(o, "law", "law", l.laws)),
		Breaks:      readBreaks(o),
		References:  readReferences(o),
	}
	if o.get("brief") != nil {
		i.Brief, i.Asks = o.number("brief", 1, 99), o.text("asks")
	}
	if i.Computed() {
		i.Of = o.oneOf("of", RowKinds...)
		i.Counted, i.Met = l.rule(o, "counted"), l.rule(o, "met")
	} else if len(i.References) == 0 {
		o.fault(o.node, "references is missing; an indicator that is not computed has nothing else to show")
	}
	return i
}

var ruleWord = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^!?[a-z][a-z0-9_]*$`) })

// rule reads a rule: facts joined by | are alternatives, groups are joined by ;, and ! before a fact asks that it is no.
func (l *loader) rule(o *object, key string) Rule {
	r := Rule{Source: o.str(key)}
	if r.Source == "" {
		return r
	}
	for _, group := range strings.Split(r.Source, ";") {
		var g RuleGroup
		for _, word := range strings.Split(group, "|") {
			word = strings.TrimSpace(word)
			name := strings.TrimPrefix(word, "!")
			n, known := l.indicatorFacts[name]
			switch {
			case !ruleWord().MatchString(word):
				o.fault(o.get(key), "%s: %q is no fact; write fact|fact; !fact", key, word)
			case !known:
				o.fault(o.get(key), "%s: the fact %s is not in indicator-facts.yaml", key, name)
			case name != word:
				g.No = append(g.No, n)
			default:
				g.Yes = append(g.Yes, n)
			}
		}
		r.Groups = append(r.Groups, g)
	}
	return r
}

func readBreaks(o *object) []Break {
	var out []Break
	rows := o.optionalList("breaks")
	for i := range rows {
		row, ok := o.object(&rows[i])
		if !ok {
			continue
		}
		b := Break{Text: row.text("text")}
		if row.get("year") != nil {
			b.Year = row.number("year", firstYear, lastYear)
		}
		row.done()
		out = append(out, b)
	}
	return out
}

// The years that published figures can be of.
const (
	firstYear = 2000
	lastYear  = 2100
)

func readReferences(o *object) []Reference {
	var out []Reference
	rows := o.optionalList("references")
	for i := range rows {
		row, ok := o.object(&rows[i])
		if !ok {
			continue
		}
		r := Reference{Series: row.str("series"), Survey: row.text("survey")}
		for j, values := 0, row.list("values"); j < len(values); j++ {
			if v, ok := row.object(&values[j]); ok {
				r.Values = append(r.Values, readPublished(v))
				v.done()
			}
		}
		row.done()
		if !slices.IsSortedFunc(r.Values, func(a, b Published) int { return a.Year - b.Year }) {
			row.fault(row.node, "the values of %s are not in the order of their years", r.Series)
		}
		if slices.ContainsFunc(out, func(x Reference) bool { return x.Series == r.Series }) {
			row.fault(row.node, "there are two series %s; name them apart", r.Series)
		}
		out = append(out, r)
	}
	return out
}

func readPublished(o *object) Published {
	p := Published{
		Year: o.number("year", firstYear, lastYear), Low: o.number("low", 0, 100), High: o.number("high", 0, 100),
		Confidence: o.oneOf("confidence", "V", "I", "U"), Source: o.text("source"), Note: o.optionalText("note"),
	}
	if p.High < p.Low {
		o.fault(o.node, "high %d is below low %d", p.High, p.Low)
	}
	return p
}
