// SPDX-License-Identifier: EUPL-1.2

package risk

import (
	"bytes"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/document"
	"github.com/insegel/insegel/internal/requirement"
	"github.com/insegel/insegel/internal/system"
	"github.com/insegel/insegel/internal/web"
)

func dpiaPath(slug string) string { return "/system/" + slug + "/konsekvensbedomning" }

// outcomeTag says in a word whether an impact assessment is required.
func outcomeTag(c *web.Context, outcome string) web.Tag {
	word := c.L.T("risk.outcome-" + outcome)
	switch outcome {
	case Required:
		return web.Tag{Kind: "warn", Icon: "warn", Word: word}
	case NotRequired, NoData:
		return web.OK(word)
	case MayBe:
		return web.Tag{Icon: "q", Word: word}
	default:
		return web.Info(word)
	}
}

// hitRow is a rule that holds, or may, with why.
type hitRow struct {
	Name, Source string
	Tags         []web.Tag
	Because      []string
}

type dpiaPage struct {
	web.Page
	Head                               web.SystemHead
	Stop                               bool
	Outcome                            web.Tag
	Text                               string
	Hits, Making                       []hitRow
	Questions                          []web.Field
	ScreenAction                       string
	State                              string
	Steps                              []stateRow
	Parts                              []web.Field
	Version                            int64
	DescribeAction, OpinionAction, Act string
	Opinion                            web.Field
	Ruling                             []web.Field
	Read                               []textRow
	Residual                           web.Tag
	High                               bool
	Due                                bool
	Document                           string
}

type stateRow struct {
	Name          string
	Done, Current bool
}

type textRow struct{ Label, Text string }

func (p *Pages) dpia(c *web.Context) error { return p.dpiaForm(c, nil, nil) }

func (p *Pages) dpiaForm(c *web.Context, sent func(string) string, faults []web.FieldError) error {
	v, err := p.Service.Open(c.Context(), c.Actor, c.Path("slug"), c.L)
	if err != nil {
		return err
	}
	t, slug, unit := c.L.T, v.View.System.Slug, v.View.System.UnitID
	d := dpiaPage{
		Page: p.base(c, &v, t("risk.dpia-of", "System", v.View.System.Name), web.Crumb{Label: t("risk.dpia")}), Head: requirement.PageHead(c, &v.View, web.TabRisks),
		Stop: v.Need.Stop, Version: v.DPIA.Version, State: v.DPIA.State,
	}
	d.Errors = faults
	if v.Need.Stop {
		return c.Render(templates, "dpia.html", d)
	}
	d.Outcome, d.Text = outcomeTag(c, v.Screening.Outcome), t("risk.outcome-"+v.Screening.Outcome+"-text")
	d.Hits = p.hits(c, &v)
	residual := p.Service.ResidualForPeople(&v)
	d.Residual, d.High = p.levelTag(c, residual), residual >= p.Service.Scale.consult
	d.Making = p.making(c, &v, d.High)
	d.Due = v.DPIA.Due(v.Today, v.Screening.Outcome)
	d.Document = dpiaPath(slug) + "/dokument?format=docx"
	if sent == nil {
		sent = stored(&v)
	}
	if access.AllowedAt(c.Actor, "risk.Screen", unit) {
		d.ScreenAction, d.Questions = dpiaPath(slug)+"/fragor", p.questions(c, sent)
	}
	if access.AllowedAt(c.Actor, "risk.Describe", unit) {
		d.DescribeAction, d.Parts = dpiaPath(slug)+"/beskrivning", parts(c, sent)
	}
	if v.DPIA.State == StateOpinion && access.AllowedAt(c.Actor, "risk.GiveOpinion", unit) {
		d.OpinionAction = dpiaPath(slug) + "/yttrande"
		d.Opinion = web.Field{Name: "yttrande", Type: "textarea", Rows: 5, Label: t("risk.in-yttrande"), Value: sent("yttrande")}
	}
	if v.DPIA.State == StateDecision && access.AllowedAt(c.Actor, "risk.Rule", unit) {
		d.Act, d.Ruling = dpiaPath(slug)+"/beslut", ruling(c, sent)
	}
	d.states(c, &v.DPIA)
	d.Read = p.told(c, &v, "")
	return c.Render(templates, "dpia.html", d)
}

// stored gives the forms as they are saved.
func stored(v *View) func(string) string {
	return func(name string) string {
		if id, ok := strings.CutPrefix(name, "q-"); ok {
			return string(v.Known.Answers[id])
		}
		if id, ok := strings.CutPrefix(name, "v-"); ok {
			return v.Known.Reasons[id]
		}
		switch name {
		case "beskrivning":
			return v.DPIA.Description
		case "behov":
			return v.DPIA.Necessity
		case "risker":
			return v.DPIA.Risks
		case "atgarder":
			return v.DPIA.Measures
		case "synpunkter":
			return v.DPIA.Views
		default:
			return ""
		}
	}
}

func (p *Pages) hits(c *web.Context, v *View) []hitRow {
	var out []hitRow
	for _, list := range [][]Hit{v.Screening.Hits, v.Screening.Exemptions} {
		for i := range list {
			h := &list[i]
			row := hitRow{Name: h.Name.In(lang(c)), Source: h.Source, Tags: hitTags(c, h)}
			for _, b := range h.Because {
				row.Because = append(row.Because, b.Text)
			}
			if h.Answered {
				row.Because = append(row.Because, c.L.T("risk.answered"))
			}
			if len(row.Because) == 0 {
				row.Because = append(row.Because, c.L.T("risk.unanswered"))
			}
			out = append(out, row)
		}
	}
	return out
}

// hitTags tell how a rule counts.
func hitTags(c *web.Context, h *Hit) []web.Tag {
	var out []web.Tag
	switch {
	case h.Truth == catalogue.Maybe:
		out = append(out, web.Tag{Icon: "q", Word: c.L.T("risk.maybe")})
	case h.Kind == RuleSufficient:
		out = append(out, web.Tag{Kind: "warn", Icon: "warn", Word: c.L.T("risk.sufficient")})
	case h.Kind == RuleExemption:
		out = append(out, web.Info(c.L.T("risk.exemption")))
	case h.Kind == RuleCriterion:
		out = append(out, web.Info(c.L.T("risk.criterion", "Number", strings.TrimPrefix(h.Criterion, "k"))))
	}
	if !h.Verified {
		out = append(out, web.Tag{Kind: "warn", Icon: "warn", Word: c.L.T("risk.unverified")})
	}
	return out
}

// making is what the law says of how the assessment is made, and of what comes after it while the residual risk to people is high.
func (p *Pages) making(c *web.Context, v *View, high bool) []hitRow {
	var out []hitRow
	for i := range v.Screening.Steps {
		h := &v.Screening.Steps[i]
		out = append(out, hitRow{Name: h.Question.In(lang(c)), Source: h.Source, Tags: hitTags(c, h)})
	}
	for i := range p.Service.Rules.Rules {
		if r := &p.Service.Rules.Rules[i]; high && r.Kind == RuleAfter {
			out = append(out, hitRow{Name: r.Question.In(lang(c)), Source: r.Source, Tags: hitTags(c, &Hit{Rule: r, Truth: catalogue.Yes})})
		}
	}
	return out
}

// questions draws what facts do not answer.
func (p *Pages) questions(c *web.Context, sent func(string) string) []web.Field {
	var out []web.Field
	for i := range p.Service.Rules.Rules {
		r := &p.Service.Rules.Rules[i]
		if !r.Asked() || r.Kind == RuleAfter {
			continue
		}
		f := web.Field{Name: "q-" + r.ID, Type: "select", Label: r.Question.In(lang(c)), Value: sent("q-" + r.ID), Options: []web.Option{{Label: c.L.T("risk.answer-none")}}}
		for _, a := range []Answer{Yes, No, Unknown} {
			f.Options = append(f.Options, web.Option{Value: string(a), Label: c.L.T("risk.answer-" + string(a))})
		}
		out = append(out, f)
		if r.Kind == RuleExemption {
			out = append(out, web.Field{Name: "v-" + r.ID, Label: c.L.T("risk.exemption-why"), Value: sent("v-" + r.ID), Optional: true})
		}
	}
	return out
}

// partNames are the parts of the description as they stand in the form.
var partNames = []string{"beskrivning", "behov", "risker", "atgarder", "synpunkter"}

func parts(c *web.Context, sent func(string) string) []web.Field {
	var out []web.Field
	for _, name := range partNames {
		out = append(out, web.Field{Name: name, Type: "textarea", Rows: 4, Label: c.L.T("risk.in-" + name), Hint: c.L.T("risk.in-" + name + "-hint"), Value: sent(name), Optional: true})
	}
	return out
}

func ruling(c *web.Context, sent func(string) string) []web.Field {
	f := web.Field{Name: "utfall", Type: "select", Label: c.L.T("risk.in-utfall"), Value: sent("utfall")}
	for _, o := range []string{Go, NotGo, Consult} {
		f.Options = append(f.Options, web.Option{Value: o, Label: c.L.T("risk.ruling-" + o)})
	}
	return []web.Field{
		f,
		{Name: "skal", Type: "textarea", Label: c.L.T("risk.in-skal"), Value: sent("skal")},
		{Name: "omprovas", Type: "date", Label: c.L.T("risk.in-omprovas"), Value: sent("omprovas")},
	}
}

func (d *dpiaPage) states(c *web.Context, a *DPIA) {
	now := false
	for _, s := range []string{StateDraft, StateOpinion, StateDecision, StateDecided} {
		row := stateRow{Name: c.L.T("risk.state-" + s), Current: s == a.State, Done: !now && s != a.State || s == StateDecided && a.State == s}
		now = now || row.Current
		d.Steps = append(d.Steps, row)
	}
}

// demanded is how many of the parts article 35.7 asks for, which come first.
const demanded = 4

// told are the parts of an assessment, in words. What nobody has written yet is told as unwritten, or left out when that is empty.
func (p *Pages) told(c *web.Context, v *View, unwritten string) []textRow {
	t, a := c.L.T, &v.DPIA
	var out []textRow
	add := func(label, text string) {
		if text != "" {
			out = append(out, textRow{label, text})
		}
	}
	for i, text := range []string{a.Description, a.Necessity, a.Risks, a.Measures, a.Views} {
		if text == "" && i < demanded {
			text = unwritten
		}
		add(t("risk.in-"+partNames[i]), text)
	}
	if a.Opinion != "" {
		add(t("risk.told-opinion", "At", c.L.Moment(a.OpinionAt)), a.Opinion)
	} else {
		add(t("risk.in-yttrande"), unwritten)
	}
	if a.Outcome == "" {
		add(t("risk.in-utfall"), unwritten)
	} else {
		add(t("risk.told-decision", "At", c.L.Moment(a.DecidedAt), "Outcome", t("risk.ruling-"+a.Outcome)), a.Decision)
		add(t("risk.in-omprovas"), c.L.Date(a.ReviewOn))
	}
	return out
}

func (p *Pages) screen(c *web.Context) error {
	answers, reasons := map[string]Answer{}, map[string]string{}
	for name := range c.Request.PostForm {
		if id, ok := strings.CutPrefix(name, "q-"); ok && c.Form(name) != "" {
			answers[id], reasons[id] = Answer(c.Form(name)), c.Form("v-"+id)
		}
	}
	err := p.Service.Screen(c.Context(), c.Actor, c.Path("slug"), answers, reasons)
	if errors.Is(err, ErrValue) {
		return badRequest(err)
	}
	if err != nil {
		return err
	}
	return c.Redirect(dpiaPath(c.Path("slug")), "risk.screened")
}

// versionOf is the version that a form was made from.
func versionOf(c *web.Context) (int64, error) {
	n, err := strconv.ParseInt(c.Form("version"), 10, 64)
	if err != nil {
		return 0, badRequest(err)
	}
	return n, nil
}

// answer says what came of a change of an assessment: a fault beside a field, or the page again.
func (p *Pages) answer(c *web.Context, field string, err error) error {
	for _, f := range []struct {
		is  error
		key string
	}{
		{ErrContent, "risk.fault-content"},
		{ErrOpinion, "risk.fault-opinion"},
		{ErrDecision, "risk.fault-decision"},
		{ErrConsult, "risk.fault-consult"},
		{ErrState, "risk.fault-state"},
		{db.ErrConflict, "risk.fault-conflict"},
	} {
		if errors.Is(err, f.is) {
			return p.dpiaForm(c, c.Form, []web.FieldError{{Field: field, Key: f.key}})
		}
	}
	if err != nil {
		return err
	}
	return c.Redirect(dpiaPath(c.Path("slug")), "risk.dpia-saved")
}

func (p *Pages) describe(c *web.Context) error {
	n, err := versionOf(c)
	if err != nil {
		return err
	}
	d := DPIA{
		Version: n, Description: c.Form("beskrivning"), Necessity: c.Form("behov"), Risks: c.Form("risker"), Measures: c.Form("atgarder"), Views: c.Form("synpunkter"),
		State: StateDraft,
	}
	if c.Form("lamna") != "" {
		d.State = StateOpinion
	}
	return p.answer(c, "beskrivning", p.Service.Describe(c.Context(), c.Actor, c.Path("slug"), d, c.L))
}

func (p *Pages) opinion(c *web.Context) error {
	n, err := versionOf(c)
	if err != nil {
		return err
	}
	return p.answer(c, "yttrande", p.Service.GiveOpinion(c.Context(), c.Actor, c.Path("slug"), n, c.Form("yttrande"), c.L))
}

func (p *Pages) rule(c *web.Context) error {
	n, err := versionOf(c)
	if err != nil {
		return err
	}
	review, err := civil.ParseLoose(c.Form("omprovas"))
	if err != nil {
		return p.answer(c, "omprovas", ErrDecision)
	}
	r := Ruling{Outcome: c.Form("utfall"), Reason: c.Form("skal"), ReviewOn: review}
	return p.answer(c, "utfall", p.Service.Rule(c.Context(), c.Actor, c.Path("slug"), n, r, c.L))
}

// document writes the assessment as a document: whether it is required and why, its parts, the risks to people, the opinion and the decision.
func (p *Pages) document(c *web.Context) error {
	v, err := p.Service.Open(c.Context(), c.Actor, c.Path("slug"), c.L)
	if err != nil {
		return err
	}
	if v.Need.Stop {
		return &web.Error{Status: http.StatusNotFound, Err: db.ErrNotFound}
	}
	t := c.L.T
	d := &document.Document{
		Lang: c.L.Lang, Title: t("risk.dpia"), Subtitle: v.View.System.Name, Created: v.Today.Time(), Status: t("risk.state-" + v.DPIA.State),
		Properties: []document.Property{{Name: t("risk.screening"), Value: t("risk.outcome-" + v.Screening.Outcome)}},
	}
	why := &document.Table{Name: t("risk.why"), Columns: []document.Column{
		{Key: "rule", Header: t("risk.why"), Width: 36, Kind: document.Long},
		{Key: "counts", Header: t("risk.counts"), Width: 18, Kind: document.Long},
		{Key: "because", Header: t("risk.because"), Width: 40, Kind: document.Long},
		{Key: "source", Header: t("risk.source"), Width: 12},
	}}
	var rests sources
	for _, h := range p.hits(c, &v) {
		var counts []string // what only may hold must not be read as if it did
		for _, tag := range h.Tags {
			counts = append(counts, tag.Word)
		}
		why.Rows = append(why.Rows, []document.Cell{{Text: h.Name, Strong: true}, document.T(strings.Join(counts, "\n")), document.T(strings.Join(h.Because, "\n")), document.T(rests.number(h.Source))})
	}
	d.Sections = append(d.Sections, document.Section{ID: "krav", Heading: t("risk.screening"), Level: 1, Paragraphs: []string{t("risk.outcome-" + v.Screening.Outcome + "-text")}, Table: why})
	for i, x := range p.told(c, &v, t("risk.write")) {
		d.Sections = append(d.Sections, document.Section{ID: "del-" + strconv.Itoa(i), Heading: x.Label, Level: 1, Paragraphs: strings.Split(x.Text, "\n")})
	}
	d.Sections = append(d.Sections, document.Section{ID: "risker", Heading: t("risk.risks"), Level: 1, Table: p.riskTable(c, &v)})
	if len(rests) > 0 {
		d.Sections = append(d.Sections, rests.section(t("risk.sources")))
	}
	var b bytes.Buffer
	if err := d.Write(&b, document.DOCX); err != nil {
		return err
	}
	return c.Attachment("konsekvensbedomning-"+system.Slug(v.View.System.Name)+".docx", document.DOCX.MediaType(), b.Bytes())
}

func (p *Pages) riskTable(c *web.Context, v *View) *document.Table {
	t := c.L.T
	table := &document.Table{Name: t("risk.risks"), Columns: []document.Column{
		{Key: "risk", Header: t("risk.in-namn"), Width: 40, Kind: document.Long},
		{Key: "follows", Header: t("risk.in-foljd-individual"), Width: 46, Kind: document.Long},
		{Key: "now", Header: t("risk.now"), Width: 15},
		{Key: "left", Header: t("risk.left"), Width: 24, Kind: document.Long},
		{Key: "treatment", Header: t("risk.in-behandling"), Width: 20},
	}}
	for i := range v.Risks {
		r := &v.Risks[i]
		table.Rows = append(table.Rows, []document.Cell{
			{Text: r.Name, Strong: true},
			document.T(r.Follows[0]), document.T(p.levelTag(c, r.Now(p.Service.Scale).Rank).Word),
			document.T(p.levelTag(c, r.If(p.Service.Scale, v.Met).Rank).Word), document.T(TreatmentTag(c, r.Treatment).Word),
		})
	}
	return table
}
