// SPDX-License-Identifier: EUPL-1.2

package report

import (
	"context"
	"strconv"
	"strings"

	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/classification"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/document"
	"github.com/insegel/insegel/internal/information"
	"github.com/insegel/insegel/internal/requirement"
	"github.com/insegel/insegel/internal/system"
)

// classificationReport is how much protection systems need, why, and which rules follow.
type classificationReport struct {
	head
	Systems []classificationSystem `json:"systems"`
}

type classificationSystem struct {
	subject
	// Current is what counts: the decision, or else the draft; null when nobody has answered.
	Current *classified `json:"current"`
	// Pending is a draft that is being prepared beside a decision.
	Pending     *classified   `json:"pending"`
	Information []held        `json:"information"`
	Rules       []rule        `json:"rules"`
	History     []pastVersion `json:"history"`
}

// classified is one classification as somebody made it.
type classified struct {
	// Origin is guided or import.
	Origin      string       `json:"origin"`
	Decider     string       `json:"decider"`
	DecidedOn   civil.Date   `json:"decided_on"`
	ValidUntil  civil.Date   `json:"valid_until"`
	Answers     []answer     `json:"answers"`
	Adjustments []adjustment `json:"adjustments"`
}

type answer struct {
	Aspect string `json:"aspect"`
	Name   string `json:"name"`
	// Perspective is individual, organisation or society; empty when the answer came without one.
	Perspective string     `json:"perspective"`
	Level       int        `json:"level"`
	Label       string     `json:"label"`
	Motivation  string     `json:"motivation"`
	AnsweredOn  civil.Date `json:"answered_on"`
}

type adjustment struct {
	Aspect string `json:"aspect"`
	Name   string `json:"name"`
	Level  int    `json:"level"`
	Label  string `json:"label"`
	// Cause is accumulation, aggregation, integration or lowered.
	Cause    string `json:"cause"`
	Reason   string `json:"reason"`
	Approver string `json:"approver"`
}

// held is information that a system holds.
type held struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	Type        string `json:"type"`
	TypeVersion int    `json:"type_version"`
	TypeName    string `json:"type_name"`
	Note        string `json:"note"`
	// Confirmed is false while the link is only a suggestion, for the reason given.
	Confirmed bool   `json:"confirmed"`
	Reason    string `json:"reason"`
}

// rule is a law that concerns a system, and why.
type rule struct {
	law
	Conditional bool                `json:"conditional"`
	From        civil.Date          `json:"from"`
	To          civil.Date          `json:"to"`
	Because     []catalogue.Because `json:"because"`
}

// pastVersion is one classification in a system's history.
type pastVersion struct {
	// Status is draft, decided or superseded.
	Status     string      `json:"status"`
	Origin     string      `json:"origin"`
	Model      model       `json:"model"`
	CreatedOn  civil.Date  `json:"created_on"`
	Decider    string      `json:"decider"`
	DecidedOn  civil.Date  `json:"decided_on"`
	ValidUntil civil.Date  `json:"valid_until"`
	Levels     []pastLevel `json:"levels"`
}

type pastLevel struct {
	Aspect string `json:"aspect"`
	Level  int    `json:"level"`
}

func (s *Service) classification(ctx context.Context, tx *db.Tx, f *frame, systems []system.System) (report, error) {
	views, err := s.Requirements.Views(ctx, tx, f.reach, systems, f.l)
	if err != nil {
		return nil, err
	}
	out := &classificationReport{Systems: make([]classificationSystem, len(views))}
	anyDraft := false
	for i := range views {
		c := f.classify(&views[i])
		if !c.Stop { // earlier versions could tell what must not be told
			past, err := classification.History(ctx, tx, f.organisation.ID, views[i].System.ID)
			if err != nil {
				return nil, err
			}
			for j := range past {
				c.History = append(c.History, pastOf(&past[j]))
			}
			if err := s.addPending(ctx, tx, f, views[i].State, &c); err != nil {
				return nil, err
			}
		}
		anyDraft = anyDraft || c.Draft
		out.Systems[i] = c
		views[i] = requirement.View{}
	}
	out.head = f.head(anyDraft)
	return out, nil
}

// addPending tells of a draft beside a decision, which may be made by another model.
func (s *Service) addPending(ctx context.Context, tx *db.Tx, f *frame, state classification.State, to *classificationSystem) error {
	c := state.Draft
	if c == nil || state.Effective() == c {
		return nil
	}
	m, err := classification.FindModel(ctx, tx, f.catalogue, f.organisation.ID, c.ModelID, c.ModelVersion)
	if err != nil {
		return err
	}
	to.Pending = f.classified(m, c)
	return nil
}

func (f *frame) classify(v *requirement.View) classificationSystem {
	out := classificationSystem{subject: f.subject(v), Information: []held{}, Rules: []rule{}, History: []pastVersion{}}
	if out.Stop {
		return out
	}
	if c := v.State.Effective(); c != nil {
		out.Current = f.classified(v.Need.Model, c)
	}
	for i := range v.System.Information {
		out.Information = append(out.Information, f.held(&v.System.Information[i]))
	}
	for i := range v.Laws {
		l := &v.Laws[i]
		r := rule{law: f.laws([]*catalogue.Law{l.Law})[0], Conditional: l.Conditional, From: l.From, To: l.To, Because: list(l.Because)}
		out.Rules = append(out.Rules, r)
	}
	return out
}

func (f *frame) classified(m *catalogue.Model, c *classification.Classification) *classified {
	out := &classified{
		Origin: c.Origin, Decider: c.Decider, DecidedOn: c.DecidedOn, ValidUntil: c.ValidUntil,
		Answers: []answer{}, Adjustments: []adjustment{},
	}
	name := func(a catalogue.Aspect, value int) (string, string) {
		aspect, ok := m.Aspect(a)
		if !ok {
			return a.String(), ""
		}
		l, _ := aspect.Level(value) // a level that the model lost has no label
		return aspect.Name.In(f.lang), l.Label.In(f.lang)
	}
	for i := range m.Aspects { // in the order that aspects are always shown, not that of their names
		for _, a := range c.Answers {
			if a.Aspect != m.Aspects[i].Aspect {
				continue
			}
			n, label := name(a.Aspect, a.Level)
			out.Answers = append(out.Answers, answer{a.Aspect.String(), n, a.Perspective, a.Level, label, a.Motivation, civil.Of(a.At)})
		}
	}
	for _, a := range c.Adjustments {
		n, label := name(a.Aspect, a.Level)
		out.Adjustments = append(out.Adjustments, adjustment{a.Aspect.String(), n, a.Level, label, a.Cause, a.Reason, a.Approver})
	}
	return out
}

func (f *frame) held(h *information.Held) held {
	out := held{
		ID: h.ID.String(), Name: h.Name, Type: h.TypeID, TypeVersion: h.TypeVersion, Note: h.Note, Confirmed: h.Confirmed, Reason: h.Reason,
	}
	if t, ok := h.Type(f.catalogue); ok {
		out.TypeName = t.Name.In(f.lang)
	}
	return out
}

func pastOf(c *classification.Classification) pastVersion {
	out := pastVersion{
		Status: string(c.Status), Origin: c.Origin, Model: model{c.ModelID, c.ModelVersion}, CreatedOn: civil.Of(c.CreatedAt),
		Decider: c.Decider, DecidedOn: c.DecidedOn, ValidUntil: c.ValidUntil, Levels: []pastLevel{},
	}
	for a := range catalogue.Aspect(catalogue.NumAspects) {
		worst, ok := classification.Worst(c.Answers, a)
		for _, adj := range c.Adjustments {
			if adj.Aspect == a {
				worst.Level, ok = adj.Level, true
			}
		}
		if ok {
			out.Levels = append(out.Levels, pastLevel{a.String(), worst.Level})
		}
	}
	return out
}

func (r *classificationReport) split() (any, int, func(int) any) {
	top := *r
	top.Systems = []classificationSystem{}
	return top, len(r.Systems), func(i int) any { return &r.Systems[i] }
}

func (r *classificationReport) document(f *frame) *document.Document {
	subjects := make([]*subject, len(r.Systems))
	for i := range r.Systems {
		subjects[i] = &r.Systems[i].subject
	}
	d := f.begin("classification", subjects)
	if f.single() && subjects[0].Stop {
		return d
	}
	if f.single() {
		f.decision(d, &r.Systems[0])
	}
	d.Sections = append(d.Sections, document.Section{Heading: f.t("guide-heading"), Level: 1, Paragraphs: []string{f.t("basis-guide"), f.t("law-guide")}})
	for i := range r.Systems {
		s := &r.Systems[i]
		level := 1
		if !f.single() {
			d.Sections = append(d.Sections, f.systemHeading(&s.subject, s.Current))
			level = 2
		}
		if !s.Stop {
			d.Sections = append(d.Sections, f.classificationSections(s, level)...)
		}
	}
	return f.finish(d, subjects)
}

// systemHeading opens the part of one system among many, and is all of it when the system was stopped.
func (f *frame) systemHeading(s *subject, c *classified) document.Section {
	out := document.Section{ID: s.Slug, Heading: s.System, Level: 1}
	if s.Stop {
		out.Paragraphs = []string{f.t("stop")}
		return out
	}
	text := f.t("property-classification") + ": " + f.mark(s) + "."
	if c != nil && s.Status == decided {
		text += " " + f.t("decided-by", "Decider", c.Decider, "Day", f.l.Date(c.DecidedOn), "Until", f.l.Date(c.ValidUntil))
	}
	out.Paragraphs = append([]string{text}, f.suspicion(s)...)
	return out
}

// decision puts on the cover who decided, when and for how long.
func (f *frame) decision(d *document.Document, s *classificationSystem) {
	f.property(d, "model", s.Model.ID+" "+s.Model.Version)
	f.levels(d, &s.subject)
	if s.Current == nil || s.Status != decided {
		f.property(d, "decider", f.t("not-decided"))
		return
	}
	f.property(d, "decider", s.Current.Decider)
	f.property(d, "decided-on", f.l.ShortDate(s.Current.DecidedOn))
	f.property(d, "valid-until", f.l.ShortDate(s.Current.ValidUntil))
}

// classificationSections are the parts of one system's classification. A part without content says so.
func (f *frame) classificationSections(s *classificationSystem, level int) []document.Section {
	out := []document.Section{f.part("levels", level, f.levelTable(s))}
	if f.single() {
		out[0].Paragraphs = f.suspicion(&s.subject)
	}
	out = append(out, f.answerSections("answers", s.Current, level)...)
	if s.Pending != nil {
		out = append(out, f.answerSections("pending", s.Pending, level)...)
	}
	return append(out,
		f.part("information", level, f.informationTable(s)),
		f.part("rules", level, f.ruleTable(s)),
		f.part("history", level, f.historyTable(s)),
	)
}

// part is a heading with a table, or with a sentence when there is nothing to show.
func (f *frame) part(key string, level int, t *document.Table) document.Section {
	out := document.Section{Heading: f.t(key + "-heading"), Level: level}
	if len(t.Rows) == 0 {
		out.Paragraphs = []string{f.t(key + "-empty")}
		return out
	}
	t.Name, out.Table = out.Heading, t
	return out
}

func (f *frame) levelTable(s *classificationSystem) *document.Table {
	t := &document.Table{Columns: []document.Column{
		f.column("aspect", document.Plain, 21), f.column("level", document.Plain, 20), f.column("basis", document.Plain, 13),
		f.column("on", document.Date, 10), f.column("why", document.Long, 44),
	}}
	for i := range s.Levels {
		l := &s.Levels[i]
		value := f.t("unknown")
		if l.Level != nil {
			value = strconv.Itoa(*l.Level) + " " + l.Label
		}
		t.Rows = append(t.Rows, []document.Cell{
			{Text: l.Name, Strong: true},
			document.T(value), document.T(f.t("basis-" + l.Basis)), document.T(f.l.ShortDate(l.On)),
			document.T(f.why(l.Because, nil, false)),
		})
	}
	return t
}

func (f *frame) answerSections(key string, c *classified, level int) []document.Section {
	t := &document.Table{Columns: []document.Column{
		f.column("aspect", document.Plain, 20), f.column("perspective", document.Plain, 16), f.column("level", document.Plain, 18),
		f.column("known-on", document.Date, 13), f.column("motivation", document.Long, 40),
	}}
	if c == nil {
		return []document.Section{f.part(key, level, t)}
	}
	for i := range c.Answers {
		a := &c.Answers[i]
		motivation := a.Motivation
		if motivation == "" {
			motivation = f.t("no-motivation")
		}
		perspective := f.word("perspective", a.Perspective)
		if perspective == "" {
			perspective = f.t("perspective-none")
		}
		t.Rows = append(t.Rows, []document.Cell{
			document.T(a.Name), document.T(perspective), document.T(strconv.Itoa(a.Level) + " " + a.Label),
			document.T(f.l.ShortDate(a.AnsweredOn)), document.T(motivation),
		})
	}
	out := []document.Section{f.part(key, level, t)}
	out[0].Paragraphs = append(out[0].Paragraphs, f.t("origin-"+c.Origin))
	if len(c.Adjustments) > 0 {
		out = append(out, f.part("adjustments", level+1, f.adjustmentTable(c)))
	}
	return out
}

func (f *frame) adjustmentTable(c *classified) *document.Table {
	t := &document.Table{Columns: []document.Column{
		f.column("aspect", document.Plain, 18), f.column("level", document.Plain, 18), f.column("cause", document.Plain, 14),
		f.column("reason", document.Long, 36), f.column("approver", document.Plain, 18),
	}}
	for i := range c.Adjustments {
		a := &c.Adjustments[i]
		t.Rows = append(t.Rows, []document.Cell{
			document.T(a.Name), document.T(strconv.Itoa(a.Level) + " " + a.Label), document.T(f.word("cause", a.Cause)),
			document.T(a.Reason), document.T(a.Approver),
		})
	}
	return t
}

func (f *frame) informationTable(s *classificationSystem) *document.Table {
	t := &document.Table{Columns: []document.Column{
		f.column("information", document.Plain, 28), f.column("type", document.Plain, 28), f.column("link", document.Plain, 12),
		f.column("reason", document.Long, 32),
	}}
	for i := range s.Information {
		h := &s.Information[i]
		kind := h.TypeName
		if kind == "" {
			kind = f.t("own-information")
		}
		t.Rows = append(t.Rows, []document.Cell{document.T(h.Name), document.T(kind), document.T(f.confirmed(h.Confirmed)), document.T(h.Reason)})
	}
	return t
}

func (f *frame) confirmed(yes bool) string {
	if yes {
		return f.t("confirmed")
	}
	return f.t("suggested")
}

func (f *frame) ruleTable(s *classificationSystem) *document.Table {
	t := &document.Table{Columns: []document.Column{
		f.column("rule", document.Plain, 20), f.column("sections", document.Plain, 24), f.column("rule-basis", document.Plain, 10),
		f.column("checked", document.Plain, 13), f.column("force", document.Plain, 13), f.column("why", document.Long, 36),
	}}
	for i := range s.Rules {
		r := &s.Rules[i]
		checked := f.t("verified")
		if !r.Verified {
			checked = f.t("unverified")
		}
		t.Rows = append(t.Rows, []document.Cell{
			document.T(r.Name), document.T(r.Sections), document.T(f.t("rule-" + r.Basis)), document.T(checked),
			document.T(f.force(r)), document.T(f.why(r.Because, nil, r.Conditional)),
		})
	}
	return t
}

// force says whether a rule is in force, and from or until when.
func (f *frame) force(r *rule) string {
	return f.t("force-"+r.Force, "From", f.l.ShortDate(r.From), "To", f.l.ShortDate(r.To))
}

func (f *frame) historyTable(s *classificationSystem) *document.Table {
	t := &document.Table{Columns: []document.Column{
		f.column("version-status", document.Plain, 12), f.column("created-on", document.Date, 9), f.column("levels", document.Plain, 16),
		f.column("model", document.Plain, 12), f.column("origin", document.Plain, 14), f.column("decider", document.Plain, 18),
		f.column("decided-on", document.Date, 9), f.column("valid-until", document.Date, 9),
	}}
	for i := range s.History {
		h := &s.History[i]
		var levels []string
		for _, l := range h.Levels {
			a, _ := catalogue.ParseAspect(l.Aspect) // written by an aspect
			levels = append(levels, a.Letter(f.lang)+" "+strconv.Itoa(l.Level))
		}
		if len(levels) == 0 {
			levels = []string{f.t("unknown")}
		}
		t.Rows = append(t.Rows, []document.Cell{
			document.T(f.word("version", h.Status)), document.T(f.l.ShortDate(h.CreatedOn)), document.T(strings.Join(levels, ", ")),
			document.T(h.Model.ID + " " + h.Model.Version), document.T(f.word("source", h.Origin)), document.T(h.Decider),
			document.T(f.l.ShortDate(h.DecidedOn)), document.T(f.l.ShortDate(h.ValidUntil)),
		})
	}
	return t
}
