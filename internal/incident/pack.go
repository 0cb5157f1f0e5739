// SPDX-License-Identifier: EUPL-1.2

package incident

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/requirement"
)

// PackForm is what is handed to somebody, field by field (Swedish: underlag).
type PackForm struct {
	ID string `yaml:"id"`
	// Rule is the duty that it answers; empty for one that answers none.
	Rule   string         `yaml:"rule"`
	Name   catalogue.Text `yaml:"name"`
	Fields []FieldForm    `yaml:"fields"`
}

// FieldForm is one field of a form: what it is called, and where the program takes it from.
type FieldForm struct {
	ID    string         `yaml:"id"`
	Value string         `yaml:"value"`
	Label catalogue.Text `yaml:"label"`
}

// byPerson is the value that no register has: somebody must write it.
const byPerson = "person"

// Pack is a draft of what is handed to somebody, from what is known at the moment.
type Pack struct {
	ID           string    `json:"pack"`
	Name         string    `json:"name"`
	Organisation string    `json:"organisation"`
	Incident     int64     `json:"incident,omitempty"`
	Drill        bool      `json:"drill"`
	Made         time.Time `json:"made"`
	Rule         string    `json:"rule,omitempty"`
	Law          string    `json:"law,omitempty"`
	Verified     bool      `json:"verified"`
	Receiver     string    `json:"receiver,omitempty"`
	Due          string    `json:"due,omitempty"`
	Fields       []Field   `json:"fields"`
}

// Missing is how many fields somebody must still write.
func (p *Pack) Missing() int {
	n := 0
	for i := range p.Fields {
		if p.Fields[i].MustWrite {
			n++
		}
	}
	return n
}

// Field is one field of a pack, with where its value comes from.
type Field struct {
	ID    string `json:"id"`
	Label string `json:"label"`
	// Value is empty when nothing knows it: nothing is invented.
	Value string `json:"value"`
	// Source tells in words where the value stands, or should stand; Path is the page.
	Source string `json:"source"`
	Path   string `json:"path,omitempty"`
	// MustWrite says that a person must write it before it is handed on.
	MustWrite bool `json:"must_write"`
	// Help is what the registers say that may help who must write it. It is not the value: how many there are in a system is not how many are hit.
	Help string `json:"help,omitempty"`
}

// material is what packs are made of.
type material struct {
	x       *Incident
	a       *Affected
	facts   Facts
	duties  []Duty
	l       *locale.Localizer
	now     time.Time
	subject string // the path of the page that the pack is about
}

// origin is where a value comes from.
type origin struct{ key, path string }

// value is one value of a pack, with what may help who must write it where it is empty.
type value struct {
	text string
	from origin
	help string
}

// values are the ways to the values that packs name.
var values = map[string]func(m *material) value{
	"organisation.name": func(m *material) value {
		return value{text: m.a.Organisation.Name, from: origin{"organisation", ""}}
	},
	"record.contact":    func(m *material) value { return m.record(m.a.Common.Contact) },
	"record.dpo":        func(m *material) value { return m.record(m.dpo()) },
	"record.subjects":   func(m *material) value { return m.record(m.ofProcessings(subjectsOf)) },
	"record.purposes":   func(m *material) value { return m.record(m.ofProcessings(purposesOf)) },
	"register.systems":  func(m *material) value { return m.register(m.systems()) },
	"register.units":    func(m *material) value { return m.register(strings.Join(m.a.Units, "\n")) },
	"register.levels":   func(m *material) value { return m.register(m.levels()) },
	"register.persons":  func(m *material) value { return m.register(m.persons()) },
	"register.supplier": func(m *material) value { return m.register(m.suppliers()) },
	"register.contacts": func(m *material) value { return m.register(m.contacts()) },
	"register.special":  func(m *material) value { return m.register(m.marks()) },
	"register.dependents": func(m *material) value {
		return m.register(m.dependents())
	},
	"register.information": func(m *material) value { return m.register(m.information()) },
	"register.agreements":  func(m *material) value { return m.register(m.agreements()) },
	"register.weaknesses":  func(m *material) value { return m.register(m.weaknesses()) },
	"incident.number":      func(m *material) value { return m.own(strconv.FormatInt(m.x.Number, 10), "") },
	"incident.began":       func(m *material) value { return m.own(m.moment(m.x.BeganAt), "handelse") },
	"incident.found":       func(m *material) value { return m.own(m.moment(m.x.FoundAt), "handelse") },
	"incident.aware":       func(m *material) value { return m.own(m.moment(m.x.AwareAt), "handelse") },
	"incident.period":      func(m *material) value { return m.own(m.period(), "handelse") },
	"incident.happened":    func(m *material) value { return m.own(m.x.Texts[Happened], "handelse") },
	"incident.limited":     func(m *material) value { return m.own(m.hours(m.x.LimitedHours), "bedomning") },
	"incident.persons": func(m *material) value {
		v := m.own(m.count(m.x.Persons), "bedomning")
		v.help = m.persons()
		return v
	},
	"incident.records": func(m *material) value { return m.own(m.count(m.x.Records), "bedomning") },
	"incident.consequences": func(m *material) value {
		return m.own(m.x.Texts[Consequences], "bedomning")
	},
	"incident.risk":        func(m *material) value { return m.own(m.risk(), "bedomning") },
	"incident.significant": func(m *material) value { return m.own(m.significant(), "bedomning") },
	"incident.taken":       func(m *material) value { return m.own(m.x.Texts[Taken], "atgarder") },
	"incident.cause":       func(m *material) value { return m.own(m.x.Texts[Cause], "larande") },
	"incident.measures":    func(m *material) value { return m.own(m.measures(), "atgarder") },
	"incident.informed":    func(m *material) value { return m.own(m.informed(), "information") },
	"incident.late":        func(m *material) value { return m.own(m.late(), "") },
	"incident.notice":      func(m *material) value { return m.own(m.notice(), "") },
	"answer.crime":         func(m *material) value { return m.answer("crime") },
	"answer.recipients_affected": func(m *material) value {
		return m.answer("recipients_affected")
	},
	byPerson: func(*material) value { return value{} },
}

// checkPacks holds the packs to what the program can fill in, and to rules that exist.
func (r *Rules) checkPacks(rules map[string]bool) error {
	for i := range r.Packs {
		p := &r.Packs[i]
		if p.ID == "" || p.Rule != "" && !rules[p.Rule] {
			return fmt.Errorf("pack %q answers %q: %w", p.ID, p.Rule, ErrRules)
		}
		for _, f := range p.Fields {
			if values[f.Value] == nil || f.Label.SV == "" {
				return fmt.Errorf("pack %q, field %q takes %q: %w", p.ID, f.ID, f.Value, ErrRules)
			}
		}
	}
	return nil
}

// Pack finds the form of a pack by its id.
func (r *Rules) Pack(id string) (*PackForm, bool) {
	i := slices.IndexFunc(r.Packs, func(p PackForm) bool { return p.ID == id })
	if i < 0 {
		return nil, false
	}
	return &r.Packs[i], true
}

// draft fills in a form with what is known. What nothing knows is marked, and never made up.
func (m *material) draft(r *Rules, form *PackForm) Pack {
	lang := catalogue.Lang(m.l.Lang)
	p := Pack{
		ID: form.ID, Name: form.Name.In(lang), Organisation: m.a.Organisation.Name, Incident: m.x.Number, Drill: m.x.Drill != "", Made: m.now, Rule: form.Rule,
	}
	if rule, ok := r.Rule(form.Rule); ok {
		p.Law, p.Verified, p.Receiver = rule.Source, rule.Verified, rule.Receiver.In(lang)
		for i := range m.duties {
			if d := &m.duties[i]; d.ID == form.Rule && !d.Deadline.At.IsZero() {
				p.Due = m.l.Moment(d.Deadline.At)
			}
		}
	}
	for _, f := range form.Fields {
		v := values[f.Value](m)
		field := Field{ID: f.ID, Label: f.Label.In(lang), Value: strings.TrimSpace(v.text), Path: v.from.path}
		if field.MustWrite = field.Value == ""; field.MustWrite {
			field.Help = v.help
		}
		if v.from.key != "" {
			field.Source = m.l.T("incident.source-" + v.from.key)
		} else {
			field.Source = m.l.T("incident.source-person")
		}
		p.Fields = append(p.Fields, field)
	}
	return p
}

func (m *material) register(text string) value {
	return value{text: text, from: origin{"register", m.registerPath()}}
}

// registerPath is the page of the only system that is hit, or of the incident's systems.
func (m *material) registerPath() string {
	if len(m.a.Hits) == 1 {
		return "/system/" + m.a.Hits[0].System.Slug
	}
	return m.subject
}

func (m *material) record(text string) value {
	return value{text: text, from: origin{"record", "/behandlingar"}}
}

func (m *material) own(text, part string) value {
	path := m.x.Path()
	if part != "" && m.x.ID != "" {
		path += "/" + part
	}
	return value{text: text, from: origin{"incident", path}}
}

func (m *material) answer(id string) value {
	switch m.x.Answers[id] {
	case Yes, No:
		return m.own(m.l.T("incident.answer-"+string(m.x.Answers[id])), "bedomning")
	default:
		return m.own("", "bedomning")
	}
}

func (m *material) moment(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return m.l.Moment(at)
}

func (m *material) period() string {
	if m.x.BeganAt.IsZero() || m.x.HandledAt.IsZero() {
		return ""
	}
	return m.moment(m.x.BeganAt) + " – " + m.moment(m.x.HandledAt)
}

func (m *material) count(n *int64) string {
	if n == nil {
		return ""
	}
	return m.l.Number(*n)
}

func (m *material) hours(n *int64) string {
	if n == nil {
		return ""
	}
	return m.l.T("incident.hours", "Count", *n)
}

func (m *material) risk() string {
	if m.x.Risk == RiskUnknown || m.x.Texts[RiskWhy] == "" {
		return "" // an assessment without its reason is none
	}
	return m.l.T("incident.risk-"+m.x.Risk) + ". " + m.x.Texts[RiskWhy]
}

// significant says which criteria hold, and why.
func (m *material) significant() string {
	if m.x.Texts[SignWhy] == "" {
		return ""
	}
	lines := []string{m.l.T("incident.significant-" + string(m.facts["significant"])), m.x.Texts[SignWhy]}
	return strings.Join(lines, "\n")
}

func (m *material) informed() string {
	switch r := m.x.ReportOn(informRule); {
	case !m.x.InformedAt.IsZero():
		return m.l.T("incident.told-at", "At", m.l.Moment(m.x.InformedAt), "How", m.x.InformedHow)
	case r.Status == NotNeeded:
		return m.l.T("incident.told-not", "Why", r.Reason)
	default:
		return ""
	}
}

// late is the reason for a notification after its moment; nothing is asked for while there is time. Nobody can say whether there is before it is known
// when the organisation became aware.
func (m *material) late() string {
	if m.x.AwareAt.IsZero() {
		return ""
	}
	for i := range m.duties {
		d := &m.duties[i]
		if d.ID != "inc-gdpr-33" {
			continue
		}
		if d.Late(m.now) || d.DoneLate() {
			return d.Report.Reason
		}
		return m.l.T("incident.in-time")
	}
	return m.l.T("incident.in-time")
}

// notice tells what was decided about the notification to the authority, and why.
func (m *material) notice() string {
	r := m.x.ReportOn("inc-gdpr-33")
	if r.Status == Open {
		return ""
	}
	return strings.TrimSpace(m.l.T("incident.status-"+r.Status) + ". " + r.Reason)
}

func (m *material) measures() string {
	var out []string
	for i := range m.x.Measures {
		x := &m.x.Measures[i]
		line := x.Text
		switch {
		case !x.DoneOn.IsZero():
			line += " (" + m.l.T("incident.measure-done", "Day", m.l.Date(x.DoneOn)) + ")"
		case !x.DueOn.IsZero():
			line += " (" + m.l.T("incident.measure-due", "Day", m.l.Date(x.DueOn)) + ")"
		}
		out = append(out, line)
	}
	return strings.Join(out, "\n")
}

func (m *material) systems() string {
	var out []string
	for i := range m.a.Hits {
		s := &m.a.Hits[i].System
		line := s.Name
		if s.Unit != "" {
			line += " (" + s.Unit + ")"
		}
		out = append(out, line)
	}
	if m.a.Beyond > 0 {
		out = append(out, m.l.T("incident.beyond", "Count", m.a.Beyond))
	}
	return strings.Join(out, "\n")
}

// levels writes the needs of each system, in the words of its model.
func (m *material) levels() string {
	var out []string
	for i := range m.a.Hits {
		h := &m.a.Hits[i]
		var parts []string
		for _, level := range h.Need.Levels {
			if aspect, ok := h.Need.Model.Aspect(level.Aspect); ok && level.Level.Step != catalogue.Unset {
				parts = append(parts, fmt.Sprintf("%s %d", aspect.Name.In(catalogue.Lang(m.l.Lang)), level.Level.Value))
			}
		}
		if len(parts) > 0 {
			out = append(out, h.System.Name+": "+strings.Join(parts, ", "))
		}
	}
	return strings.Join(out, "\n")
}

func (m *material) persons() string {
	switch {
	case m.a.Uncounted == len(m.a.Hits):
		return ""
	case m.a.Uncounted > 0:
		return m.l.T("incident.persons-part", "Count", m.a.Uncounted, "People", m.l.Number(m.a.Persons))
	default:
		return m.l.T("incident.persons-most", "Count", m.a.Persons)
	}
}

func (m *material) information() string {
	var out []string
	for i := range m.a.Information {
		x := &m.a.Information[i]
		line := x.Name
		if x.Suggested {
			line += " (" + m.l.T("incident.not-confirmed") + ")"
		}
		out = append(out, line)
	}
	return strings.Join(out, "\n")
}

// marks are the sensitive kinds that the register says are there.
func (m *material) marks() string {
	seen := map[string]bool{}
	for i := range m.a.Information {
		for _, f := range m.a.Information[i].Marks {
			seen[f] = true
		}
	}
	var out []string
	for _, f := range Sensitive {
		if seen[f] {
			out = append(out, m.l.T("incident.mark-"+dashed(f)))
		}
	}
	return strings.Join(out, "\n")
}

func (m *material) suppliers() string {
	var out []string
	for i := range m.a.Hits {
		if name := m.a.Hits[i].System.Supplier; name != "" && !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	if m.a.Supplier != nil && !slices.Contains(out, m.a.Supplier.Name) {
		out = append(out, m.a.Supplier.Name)
	}
	return strings.Join(out, "\n")
}

func (m *material) contacts() string {
	if m.a.Supplier != nil {
		return m.a.Supplier.IncidentContact
	}
	var out []string
	known := false
	for _, x := range m.a.Contacts {
		how := x.How
		if known = known || how != ""; how == "" {
			how = m.l.T("incident.contact-none")
		}
		out = append(out, x.Supplier+": "+how)
	}
	if !known {
		return "" // somebody must find it out
	}
	return strings.Join(out, "\n")
}

func (m *material) agreements() string {
	var out []string
	for i := range m.a.Hits {
		h := &m.a.Hits[i]
		key := "incident.agreed"
		if !h.Agreed {
			key = "incident.not-agreed"
		}
		out = append(out, h.System.Name+": "+m.l.T(key))
	}
	return strings.Join(out, "\n")
}

func (m *material) dependents() string {
	var out []string
	for i := range m.a.Dependents {
		d := &m.a.Dependents[i]
		out = append(out, m.l.T("incident.depends", "Name", d.Name, "Over", d.Over))
	}
	if more := m.a.DependentCount - len(m.a.Dependents); more > 0 {
		out = append(out, m.l.T("incident.and-more", "Count", more))
	}
	if len(out) == 0 {
		return m.l.T("incident.none-known")
	}
	return strings.Join(out, "\n")
}

func (m *material) weaknesses() string {
	var out []string
	for i := range m.a.Weaknesses {
		w := &m.a.Weaknesses[i]
		line := w.System + ": " + w.Text
		if w.Shown == requirement.Contradicted {
			line += " " + m.l.T("incident.contradicted-mark")
		}
		out = append(out, line)
	}
	if m.a.Unknown > 0 {
		out = append(out, m.l.T("incident.unknown-requirements", "Count", m.a.Unknown))
	}
	if len(out) == 0 {
		return m.l.T("incident.none-known")
	}
	return strings.Join(out, "\n")
}

// The two fields of the record that are gathered over all processings in the systems.
const (
	subjectsOf = iota
	purposesOf
)

func (m *material) ofProcessings(which int) string {
	var out []string
	for i := range m.a.Processings {
		p := &m.a.Processings[i]
		text := p.Subjects
		if which == purposesOf {
			text = p.Purposes
		}
		if text != "" {
			out = append(out, p.Name+": "+text)
		}
	}
	return strings.Join(out, "\n")
}

// dpo is how the data protection officer is reached: the common way, or what a processing says.
func (m *material) dpo() string {
	if m.a.Common.DPO != "" {
		return m.a.Common.DPO
	}
	for i := range m.a.Processings {
		if m.a.Processings[i].DPO != "" {
			return m.a.Processings[i].DPO
		}
	}
	return ""
}

// day writes a moment as a day, for names of files.
func day(at time.Time) string { return civil.Of(at).String() }
