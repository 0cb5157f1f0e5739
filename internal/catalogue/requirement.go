// SPDX-License-Identifier: EUPL-1.2

package catalogue

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Topic is what a group of requirements is about (Swedish: kravområde).
type Topic struct {
	ID   string
	Name Text
	Part string // governance or technical
}

// The two parts that topics belong to.
const (
	PartGovernance = "governance"
	PartTechnical  = "technical"
)

// Requirement is one requirement, as a state to be in and, when a supplier can be asked, as tender text (Swedish: krav).
type Requirement struct {
	ID        string
	Version   int
	Topic     string
	Kind      string
	Is, Shall Text
	Must      bool // shall; false is should
	// Trigger is the lowest step per aspect from which the requirement applies. When all are Unset no step is needed.
	Trigger          [NumAspects]Step
	When             Condition
	Laws             []string
	ISO2022, ISO2017 []string
	Role             string
	Evidence         []string
	MinStrength      int
	Verify, Note     Text
	Settings         []Setting
	Covers, Replaces []string
	Core             bool
}

// Supplier tells whether a supplier can be asked for it: it has a tender text.
func (r *Requirement) Supplier() bool { return r.Shall.SV != "" }

// Setting is a figure in a requirement's text that is ours and not the law's, so that an organisation may choose another.
type Setting struct {
	Key             string
	Value, Min, Max int
	Unit            Text
}

// EvidenceKind is one way to show that a requirement is met, and how strongly it shows it (Swedish: slag av bevis).
type EvidenceKind struct {
	ID string
	// Strength is 1 to 5; a negative one speaks against.
	Strength              int
	Name, Proves, Pitfall Text
}

// TenderTopic is something that a tender annex for a sensitive system has to cover (Swedish: upphandlingsämne).
type TenderTopic struct {
	ID, ISO2017 string
	Name        Text
}

// roles are those who can be responsible for a requirement, by the words the files use.
var roles = []string{
	"chef", "informationsagare", "systemagare", "systemforvaltare", "it-drift", "leverantor", "upphandlare",
	"samordnare", "arkivarie", "dataskyddsombud", "sakerhetsskyddschef",
}

// Roles lists those who can be responsible for a requirement, by the words the files use.
func Roles() []string { return slices.Clone(roles) }

// requirementKinds are the sorts of protection that a requirement can be.
var requirementKinds = []string{"organisational", "administrative", "physical", "technical"}

// The controls of the two editions of ISO/IEC 27001 annex A: how many there are in each group. Numbers only.
var (
	controls2022 = map[string]int{"5": 37, "6": 8, "7": 14, "8": 34}
	controls2017 = map[string]int{
		"5.1": 2, "6.1": 5, "6.2": 2, "7.1": 2, "7.2": 3, "7.3": 1, "8.1": 4, "8.2": 3, "8.3": 3,
		"9.1": 2, "9.2": 6, "9.3": 1, "9.4": 5, "10.1": 2, "11.1": 6, "11.2": 9,
		"12.1": 4, "12.2": 1, "12.3": 1, "12.4": 4, "12.5": 1, "12.6": 2, "12.7": 1, "13.1": 3, "13.2": 4,
		"14.1": 3, "14.2": 9, "14.3": 1, "15.1": 3, "15.2": 2, "16.1": 7, "17.1": 3, "17.2": 1, "18.1": 5, "18.2": 3,
	}
)

var (
	placeholder = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\{([^{}]*)\}`) })
	settingKey  = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z][a-z0-9_]*$`) })
)

// control gives a check of an ISO control number against the groups of an edition.
func (r *reader) control(edition, form string, groups map[string]int) func(*node, string) bool {
	return func(n *node, word string) bool {
		number, ok := strings.CutPrefix(word, "A.")
		dot := strings.LastIndexByte(number, '.')
		if ok && dot > 0 {
			last, err := strconv.Atoi(number[dot+1:])
			if err == nil && number[dot+1] != '0' && last >= 1 && last <= groups[number[:dot]] {
				return true
			}
		}
		r.fault(n, "%s is not a control of ISO/IEC 27001:%s annex A; write it like %s", word, edition, form)
		return false
	}
}

func readTopic(r *reader, o *object) (Topic, bool) {
	inner, ok := o.inner("topic")
	if !ok {
		return Topic{}, false
	}
	t := Topic{ID: inner.id(plainID()), Name: inner.text("name"), Part: inner.oneOf("part", PartGovernance, PartTechnical)}
	inner.done()
	return t, t.ID != ""
}

func (l *loader) readRequirement(o *object, topic string) Requirement {
	r := Requirement{
		ID:          o.id(plainID()),
		Version:     o.number("version", 1, 9999),
		Topic:       topic,
		Kind:        o.oneOf("kind", requirementKinds...),
		Is:          o.text("is"),
		Shall:       o.optionalText("shall"),
		Must:        o.oneOf("must", "shall", "should") == "shall",
		Trigger:     readTrigger(o),
		When:        o.condition("when", l.Vocabulary),
		Laws:        o.words("laws", refer(o, "law", l.laws)),
		ISO2022:     o.words("iso_2022", o.control("2022", "A.8.5", controls2022)),
		ISO2017:     o.words("iso_2017", o.control("2017", "A.9.4.2", controls2017)),
		Role:        o.oneOf("role", roles...),
		Evidence:    o.words("evidence", refer(o, "kind of evidence", l.evidence)),
		MinStrength: o.number("min_strength", 1, 5),
		Verify:      o.optionalText("verify"),
		Note:        o.optionalText("note"),
		Settings:    readSettings(o),
		Covers:      o.words("covers", refer(o, "tender topic", l.tenderTopics)),
		Replaces:    o.words("replaces", anyWord),
		Core:        o.optionalFlag("core"),
	}
	l.checkSupplier(o, &r)
	l.checkEvidence(o, &r)
	checkPlaceholders(o, &r)
	return r
}

// refer gives a check that a word is the id of a row that has been read.
func refer(o *object, what string, rows map[string]int) func(*node, string) bool {
	return func(n *node, word string) bool {
		if _, ok := rows[word]; ok {
			return true
		}
		o.fault(n, "there is no %s %q; correct the id or add the row", what, word)
		return false
	}
}

func readTrigger(o *object) [NumAspects]Step {
	var out [NumAspects]Step
	n := o.get("trigger")
	if n == nil {
		return out
	}
	inner, ok := o.object(n)
	if !ok {
		return out
	}
	if len(n.Entries) == 0 {
		o.fault(n, "trigger is empty; leave the key out when no step is needed")
	}
	for a := range Aspect(NumAspects) {
		if inner.get(a.String()) != nil {
			out[a] = inner.stepOf(a.String())
		}
	}
	inner.done()
	return out
}

func readSettings(o *object) []Setting {
	var out []Setting
	rows := o.optionalList("settings")
	for i := range rows {
		row, ok := o.object(&rows[i])
		if !ok {
			continue
		}
		const most = 1_000_000
		s := Setting{
			Key:   row.str("key"),
			Value: row.number("value", 0, most), Min: row.number("min", 0, most), Max: row.number("max", 0, most),
			Unit: row.text("unit"),
		}
		row.done()
		switch {
		case !settingKey().MatchString(s.Key):
			o.fault(&rows[i], "the setting's key %q must be a plain word such as days", s.Key)
		case slices.ContainsFunc(out, func(t Setting) bool { return t.Key == s.Key }):
			o.fault(&rows[i], "the setting %s is given twice", s.Key)
		case s.Min > s.Max || s.Value < s.Min || s.Value > s.Max:
			o.fault(&rows[i], "the setting %s is %d; it must lie between min %d and max %d", s.Key, s.Value, s.Min, s.Max)
		default:
			out = append(out, s)
		}
	}
	return out
}

// checkSupplier checks what a row that can be asked of a supplier must have, and what only such a row may have.
func (l *loader) checkSupplier(o *object, r *Requirement) {
	switch {
	case r.Supplier() && r.Verify.IsZero():
		o.fault(o.node, "a row with shall must say in verify how a tenderer shows it")
	case !r.Supplier() && o.get("verify") != nil:
		o.fault(o.get("verify"), "verify belongs to tender text; add shall or remove verify")
	case !r.Supplier() && r.Core:
		o.fault(o.get("core"), "only a row with shall can be core")
	case !r.Supplier() && len(r.Covers) > 0:
		o.fault(o.get("covers"), "only a row with shall can cover a tender topic")
	}
}

func (l *loader) checkEvidence(o *object, r *Requirement) {
	strongest := 0
	for _, id := range r.Evidence {
		if e, ok := l.EvidenceKind(id); ok {
			strongest = max(strongest, e.Strength)
		}
	}
	if o.get("evidence") == nil || len(o.get("evidence").Items) == 0 {
		o.fault(o.node, "evidence is missing; name at least one way to show that the requirement is met")
		return
	}
	if n := o.get("min_strength"); n != nil && len(r.Evidence) > 0 && r.MinStrength > strongest {
		o.fault(n, "min_strength %d cannot be reached: the strongest evidence listed is %d", r.MinStrength, strongest)
	}
}

// checkPlaceholders checks that every {figure} has a setting and every setting is used, and that both languages say the same.
func checkPlaceholders(o *object, r *Requirement) {
	var all []string
	for _, field := range []struct {
		key  string
		text Text
	}{{"is", r.Is}, {"shall", r.Shall}, {"verify", r.Verify}} {
		sv, en := placeholders(field.text.SV), placeholders(field.text.EN)
		both := slices.Concat(sv, en)
		slices.Sort(both)
		for _, key := range slices.Compact(both) {
			if !slices.ContainsFunc(r.Settings, func(s Setting) bool { return s.Key == key }) {
				o.fault(o.get(field.key), "%s uses {%s}, which has no setting; add it to settings", field.key, key)
			}
		}
		if !slices.Equal(sv, en) {
			o.fault(o.get(field.key), "%s has other figures in sv (%s) than in en (%s)", field.key, strings.Join(sv, ", "), strings.Join(en, ", "))
		}
		all = append(all, both...)
	}
	for _, s := range r.Settings {
		if !slices.Contains(all, s.Key) {
			o.fault(o.get("settings"), "the setting %s is used in no text; write {%s} where the figure stands or remove it", s.Key, s.Key)
		}
	}
}

// placeholders lists the distinct {keys} of a text in alphabetical order.
func placeholders(s string) []string {
	var out []string
	for _, m := range placeholder().FindAllStringSubmatch(s, -1) {
		out = append(out, m[1])
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func readEvidenceKind(o *object) EvidenceKind {
	e := EvidenceKind{
		ID: o.id(evidenceID()), Strength: o.number("strength", -5, 5),
		Name: o.text("name"), Proves: o.text("proves"), Pitfall: o.text("pitfall"),
	}
	if e.Strength == 0 && o.get("strength") != nil {
		o.fault(o.get("strength"), "strength 0 shows nothing; write 1 to 5, or below 0 for what speaks against")
	}
	return e
}

func readTenderTopic(o *object) TenderTopic {
	t := TenderTopic{ID: o.id(plainID()), ISO2017: o.str("iso_2017"), Name: o.text("name")}
	if n := o.get("iso_2017"); n != nil && t.ISO2017 != "" {
		o.control("2017", "A.9.4.2", controls2017)(n, t.ISO2017)
	}
	return t
}
