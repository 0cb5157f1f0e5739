// SPDX-License-Identifier: EUPL-1.2

package incident

import (
	"strings"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/web"
)

type incidentPage struct {
	web.Page
	Tags    []web.Tag
	Note    *web.Note
	Secrecy string
	Drill   *drillPart
	Steps   []stepRow
	Duties  []dutyRow
	Maybe   []dutyRow
	Know    []dutyRow
	Facts   []factRow
	Texts   []textRow
	Hit     affectedPart
	Measure []measureRow
	Packs   []packRow
	Origin  *web.Link
	// Handles says that the reader may change the incident.
	Handles bool
	Path    string
}

type stepRow struct {
	Name, Text, Href string
	Done, Current    bool
}

type dutyRow struct {
	ID, Name, Receiver, Content, Source, Why, Href string
	Clock                                          clock
	Decision                                       string
	Tags                                           []web.Tag
}

type factRow struct {
	Label, Value, Detail string
	Unknown              bool
}

type textRow struct{ Label, Text string }

type measureRow struct {
	Text, Owner, Due, Href string
	Tag                    web.Tag
}

type packRow struct {
	Name, Law string
	Tag       web.Tag
	Links     []web.Link
}

// drillPart is what is read out while a drill goes on.
type drillPart struct {
	Events []textRow
	Next   string
	Report string
}

func (p *Pages) open(c *web.Context) error {
	v, err := p.Service.Open(c.Context(), c.Actor, c.Path("id"), c.L)
	if err != nil {
		return err
	}
	t := c.L.T
	d := incidentPage{
		Page: base(c, v.Texts[Title], web.Crumb{Label: t("incident.number", "Number", v.Number)}), Tags: stateTags(c, &v.Incident, v.Duties),
		Secrecy: t("incident.secrecy"), Path: v.Path(), Handles: access.AllowedAt(c.Actor, "incident.Save", v.UnitID),
		Hit: p.hit(c, &v.Affected),
	}
	if v.Facts["security_protection"] == Yes {
		d.Note = &web.Note{ID: "skydd", Kind: "bad", Title: t("incident.protected"), Text: t("incident.protected-text")}
	}
	if v.Origin.Path != "" {
		d.Origin = &web.Link{Label: t("incident.origin-" + v.Origin.Kind), Href: v.Origin.Path}
	}
	d.Drill = p.drillPart(c, &v)
	d.steps(c, &v)
	for i := range v.Duties {
		row := p.dutyRow(c, &v, &v.Duties[i])
		switch {
		case v.Duties[i].Kind != KindDuty:
			d.Know = append(d.Know, row)
		case v.Duties[i].Applies == Yes:
			d.Duties = append(d.Duties, row)
		default:
			d.Maybe = append(d.Maybe, row)
		}
	}
	d.Facts, d.Texts = facts(c, &v), texts(c, &v)
	for i := range v.Measures {
		d.Measure = append(d.Measure, measureOf(c, &v.Measures[i], d.Path))
	}
	if access.AllowedAt(c.Actor, "incident.Pack", v.UnitID) && d.Note == nil {
		d.Packs = p.packs(c, &v)
	}
	return c.Render(templates, "incident.html", d)
}

// stepPaths are where each step of the flow is done.
var stepPaths = map[string]string{
	Discovered: "/handelse", Assessed: "/bedomning", Decided: "#plikter", Informed: "/information", Remedied: "/atgarder", Learned: "/larande",
}

func (d *incidentPage) steps(c *web.Context, v *View) {
	now := v.Step(v.Duties)
	for _, s := range Steps {
		row := stepRow{
			Name: c.L.T("incident.step-" + s), Text: c.L.T("incident.step-" + s + "-text"), Done: v.Did(s, v.Duties), Current: s == now,
		}
		if d.Handles {
			row.Href = d.Path + stepPaths[s]
		}
		d.Steps = append(d.Steps, row)
	}
}

func (p *Pages) dutyRow(c *web.Context, v *View, d *Duty) dutyRow {
	l := lang(c)
	row := dutyRow{
		ID: d.ID, Name: d.Trigger.In(l), Receiver: d.Receiver.In(l), Content: d.Content.In(l), Source: d.Source, Clock: dutyClock(c, d, v.Now),
		Decision: d.Report.Reason,
	}
	if !d.Verified {
		row.Tags = append(row.Tags, web.Tag{Kind: "warn", Icon: "warn", Word: c.L.T("incident.unverified")})
	}
	if d.Report.Status == Planned {
		row.Tags = append(row.Tags, web.Info(c.L.T("incident.status-planned")))
	}
	if d.Report.Reference != "" {
		row.Decision += " (" + d.Report.Reference + ")"
	}
	if d.Applies != Yes {
		var open []string
		for _, f := range d.Open {
			open = append(open, p.factName(c, f))
		}
		row.Why = c.L.T("incident.hangs-on", "What", c.L.List(open))
	}
	if d.Kind == KindDuty && access.AllowedAt(c.Actor, "incident.Decide", v.UnitID) && v.Facts["security_protection"] != Yes {
		row.Href = v.Path() + "/beslut/" + d.ID
	}
	return row
}

// dashed writes a name of the data as it stands in message keys.
func dashed(name string) string { return strings.ReplaceAll(name, "_", "-") }

// factName is what a fact is called: its question, or a name of its own when it follows from others.
func (p *Pages) factName(c *web.Context, id string) string {
	for i := range p.Service.Rules.Questions {
		if q := &p.Service.Rules.Questions[i]; q.ID == id {
			return "”" + q.Text.In(lang(c)) + "”"
		}
	}
	return c.L.T("incident.fact-" + dashed(id))
}

// facts are the lines about an incident.
func facts(c *web.Context, v *View) []factRow {
	t := c.L.T
	moment := func(key string, at int64, text string) factRow {
		return factRow{Label: t(key), Value: text, Unknown: at == 0}
	}
	out := []factRow{
		moment("incident.field-began", millis(v.BeganAt), c.L.Moment(v.BeganAt)),
		moment("incident.field-found", millis(v.FoundAt), c.L.Moment(v.FoundAt)),
		moment("incident.field-aware", millis(v.AwareAt), c.L.Moment(v.AwareAt)),
		{Label: t("incident.field-breach"), Value: answerText(c, v, "breach"), Unknown: v.Facts["breach"] == Unknown, Detail: proposedText(c, v, "breach")},
		{Label: t("incident.field-risk"), Value: t("incident.risk-" + v.Risk), Unknown: v.Risk == RiskUnknown, Detail: v.Texts[RiskWhy]},
		{Label: t("incident.field-cyber"), Value: answerText(c, v, "cyber"), Unknown: v.Facts["cyber"] == Unknown},
		{Label: t("incident.fact-significant"), Value: answerText(c, v, "significant"), Unknown: v.Facts["significant"] == Unknown, Detail: v.Texts[SignWhy]},
		{Label: t("incident.field-persons"), Unknown: v.Persons == nil, Detail: registerPersons(c, &v.Affected)},
		{Label: t("incident.field-unit"), Value: v.Unit, Unknown: v.Unit == ""},
		{Label: t("incident.field-supplier"), Value: v.Supplier, Unknown: v.Supplier == ""},
	}
	if v.Persons != nil {
		out[7].Value = t("incident.about", "Count", *v.Persons)
	}
	return append(out, thresholds(c, v)...)
}

// thresholds tell how long the activity has been limited, beside figures that nobody has verified: they decide nothing.
func thresholds(c *web.Context, v *View) []factRow {
	var out []factRow
	for _, x := range []struct {
		label, rule string
		hours       *int64
	}{{"incident.field-limited", "sig-mcffs-4h", v.LimitedHours}, {"incident.field-fallback", "sig-mcffs-12h", v.FallbackHours}} {
		row := factRow{Label: c.L.T(x.label), Unknown: x.hours == nil}
		for i := range v.Duties {
			if d := &v.Duties[i]; d.ID == x.rule && x.hours != nil && *x.hours > int64(d.period.Hours) {
				row.Detail = c.L.T("incident.above-threshold", "Hours", d.period.Hours)
			}
		}
		if x.hours != nil {
			row.Value = c.L.T("incident.hours", "Count", *x.hours)
		}
		out = append(out, row)
	}
	return out
}

func answerText(c *web.Context, v *View, id string) string {
	return c.L.T("incident.answer-" + string(v.Facts[id]))
}

func proposedText(c *web.Context, v *View, id string) string {
	if v.Proposed[id] != "" {
		return c.L.T("incident.by-register")
	}
	return ""
}

// registerPersons tells what the register says about how many people there are data about.
func registerPersons(c *web.Context, a *Affected) string {
	switch {
	case len(a.Hits) == 0 || a.Uncounted == len(a.Hits):
		return c.L.T("incident.persons-unknown")
	case a.Uncounted > 0:
		return c.L.T("incident.persons-part", "Count", a.Uncounted, "People", c.L.Number(a.Persons))
	default:
		return c.L.T("incident.persons-most", "Count", a.Persons)
	}
}

// texts are the texts that have been written.
func texts(c *web.Context, v *View) []textRow {
	var out []textRow
	for _, name := range []Text{Happened, AwareWhy, Consequences, Taken, Cause, Message, Lessons} {
		if text := v.Texts[name]; text != "" {
			out = append(out, textRow{c.L.T("incident.text-" + dashed(string(name))), text})
		}
	}
	if !v.InformedAt.IsZero() {
		out = append(out, textRow{c.L.T("incident.text-informed"), c.L.T("incident.told-at", "At", c.L.Moment(v.InformedAt), "How", v.InformedHow)})
	}
	return out
}

func measureOf(c *web.Context, m *Measure, path string) measureRow {
	row := measureRow{Text: m.Text, Owner: m.OwnerRole, Tag: web.Tag{Word: c.L.T("incident.measure-open")}, Href: path + "/atgarder?id=" + m.ID.String()}
	if !m.DueOn.IsZero() {
		row.Due = c.L.T("incident.measure-due", "Day", c.L.Date(m.DueOn))
	}
	if !m.DoneOn.IsZero() {
		row.Tag = web.OK(c.L.T("incident.measure-done", "Day", c.L.Date(m.DoneOn)))
	}
	return row
}

// packs are what can be drafted: what answers a duty that applies or may apply, and what answers none.
func (p *Pages) packs(c *web.Context, v *View) []packRow {
	var out []packRow
	for i := range p.Service.Rules.Packs {
		form := &p.Service.Rules.Packs[i]
		row := packRow{Name: form.Name.In(lang(c))}
		if form.Rule != "" {
			duty := dutyOf(v.Duties, form.Rule)
			if duty == nil {
				continue
			}
			row.Law = duty.Source
			if duty.Applies != Yes {
				row.Tag = web.Tag{Icon: "q", Word: c.L.T("incident.may-apply")}
			}
		}
		m := material{x: &v.Incident, a: &v.Affected, facts: v.Facts, duties: v.Duties, l: c.L, now: v.Now, subject: v.Path()}
		draft := m.draft(p.Service.Rules, form)
		if n := draft.Missing(); n > 0 && row.Tag.Word == "" {
			row.Tag = web.Warn(c.L.T("incident.pack-missing", "Count", n))
		}
		for _, format := range []string{"docx", "json"} {
			row.Links = append(row.Links, web.Link{
				Label: c.L.T("incident.pack-" + format), Href: v.Path() + "/underlag/" + form.ID + "?format=" + format, Icon: "dl",
			})
		}
		out = append(out, row)
	}
	return out
}

func dutyOf(list []Duty, rule string) *Duty {
	for i := range list {
		if list[i].ID == rule {
			return &list[i]
		}
	}
	return nil
}

// drillPart is what is read out; nothing for what is real.
func (p *Pages) drillPart(c *web.Context, v *View) *drillPart {
	scenario, ok := p.Service.Rules.Drill(v.Incident.Drill)
	if !ok {
		return nil
	}
	come, next := scenario.Come(v.CreatedAt, v.Now)
	out := &drillPart{Report: v.Path() + "/lardomar"}
	for _, e := range come {
		label := c.L.T("incident.drill-start")
		if e.after > 0 {
			label = c.L.T("incident.drill-after", "Span", span(c, e.after))
		}
		out.Events = append(out.Events, textRow{label, e.Text.In(lang(c))})
	}
	if !next.IsZero() {
		out.Next = c.L.T("incident.drill-next", "At", c.L.Moment(next))
	}
	return out
}

// cell is one aspect's level in a table.
type cell struct {
	Name, Letter string
	Level        web.LevelBox
}

// levels draws steps in the words of a model.
func levels(c *web.Context, m *catalogue.Model, steps [catalogue.NumAspects]catalogue.Step) []cell {
	if m == nil {
		return nil
	}
	var out []cell
	for i := range m.Aspects {
		a := &m.Aspects[i]
		x := cell{Name: a.Name.In(lang(c)), Letter: a.Aspect.Letter(lang(c))}
		if s := steps[a.Aspect]; s != catalogue.Unset {
			level := a.ForStep(s)
			x.Level = web.LevelBox{Step: int(s), Value: level.Value, Label: level.Label.In(lang(c)), Known: true}
		}
		out = append(out, x)
	}
	return out
}
