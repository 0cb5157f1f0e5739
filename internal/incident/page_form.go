// SPDX-License-Identifier: EUPL-1.2

package incident

import (
	"errors"
	"net/http"
	"path"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/system"
	"github.com/insegel/insegel/internal/web"
)

// maxText is how long a text may be.
const maxText = 8000

// input is one field of a part: its way to and from the incident.
type input struct {
	name, kind string
	options    []string
	get        func(*Incident) string
	// set takes in what was sent, or gives the message key of what is wrong with it.
	set func(*Incident, string) string
}

func text(name string, t Text) input {
	return input{name: name, kind: "textarea", get: func(x *Incident) string { return x.Texts[t] }, set: func(x *Incident, v string) string {
		switch {
		case utf8.RuneCountInString(v) > maxText:
			return "incident.fault-long"
		case Personal(v):
			return "incident.fault-personal"
		}
		x.Texts[t] = v
		return ""
	}}
}

func moment(name string, at func(*Incident) *time.Time) input {
	return input{name: name, kind: "datetime-local", get: func(x *Incident) string { return localTime(*at(x)) }, set: func(x *Incident, v string) string {
		if v == "" {
			*at(x) = time.Time{}
			return ""
		}
		t, ok := parseTime(v)
		if !ok {
			return "incident.fault-time"
		}
		*at(x) = t
		return ""
	}}
}

func number(name string, at func(*Incident) **int64) input {
	return input{name: name, kind: "text", get: func(x *Incident) string {
		if n := *at(x); n != nil {
			return strconv.FormatInt(*n, 10)
		}
		return ""
	}, set: func(x *Incident, v string) string {
		v = strings.Join(strings.Fields(v), "")
		if v == "" {
			*at(x) = nil
			return ""
		}
		n, err := strconv.ParseInt(v, 10, 64)
		if err != nil || n < 0 || n > 1e9 {
			return "incident.fault-number"
		}
		*at(x) = &n
		return ""
	}}
}

// inputs are the fields of each part, by how it stands in the address.
var inputs = map[string][]input{
	"handelse": {
		text("rubrik", Title), text("handelse", Happened),
		moment("borjade", func(x *Incident) *time.Time { return &x.BeganAt }),
		moment("upptackt", func(x *Incident) *time.Time { return &x.FoundAt }),
		moment("vetskap", func(x *Incident) *time.Time { return &x.AwareAt }),
		text("vetskap-varfor", AwareWhy),
	},
	"bedomning": {
		{
			name: "risk", kind: "select", options: Risks, get: func(x *Incident) string { return x.Risk },
			set: func(x *Incident, v string) string { x.Risk = v; return "" },
		},
		text("risk-varfor", RiskWhy), text("foljder", Consequences),
		number("personer", func(x *Incident) **int64 { return &x.Persons }),
		number("poster", func(x *Incident) **int64 { return &x.Records }),
		text("betydande-varfor", SignWhy),
		number("begransad", func(x *Incident) **int64 { return &x.LimitedHours }),
		number("reservrutin", func(x *Incident) **int64 { return &x.FallbackHours }),
	},
	"information": {
		text("meddelande", Message),
		moment("informerade", func(x *Incident) *time.Time { return &x.InformedAt }),
		{
			name: "hur", kind: "text", get: func(x *Incident) string { return x.InformedHow },
			set: func(x *Incident, v string) string {
				if Personal(v) {
					return "incident.fault-personal"
				}
				x.InformedHow = v
				return ""
			},
		},
	},
	"larande": {
		text("gjort", Taken), text("orsak", Cause), text("lardomar", Lessons),
		moment("hanterad", func(x *Incident) *time.Time { return &x.HandledAt }),
		moment("avslutad", func(x *Incident) *time.Time { return &x.ClosedAt }),
	},
}

// partOf is the part that an address names.
func partOf(c *web.Context) string { return path.Base(c.Request.URL.Path) }

func (p *Pages) part(c *web.Context) error { return p.partForm(c, nil, nil) }

// partForm draws a part, with what was sent when it was refused.
func (p *Pages) partForm(c *web.Context, sent func(string) string, faults []web.FieldError) error {
	v, err := p.Service.Open(c.Context(), c.Actor, c.Path("id"), c.L)
	if err != nil {
		return err
	}
	if v.Facts["security_protection"] == Yes && v.Answers["security_protection"] == Yes && partOf(c) != "bedomning" {
		return c.Redirect(v.Path())
	}
	t, part := c.L.T, partOf(c)
	d := formPage{
		Page: base(c, t("incident.part-"+part), web.Crumb{Label: v.Texts[Title], Href: v.Path()}, web.Crumb{Label: t("incident.part-" + part)}),
		Lead: t("incident.part-" + part + "-lead"), Action: v.Path() + "/" + part, Back: v.Path(), Save: t("incident.save"), Version: v.Version,
		Secrecy: t("incident.secrecy"),
	}
	d.Errors = faults
	if sent != nil {
		d.Version, _ = strconv.ParseInt(sent("version"), 10, 64)
	}
	for i := range inputs[part] {
		in := &inputs[part][i]
		f := web.Field{Name: in.name, Type: in.kind, Label: t("incident.in-" + in.name), Value: in.get(&v.Incident), Optional: in.name != "rubrik" && in.kind != "select", Rows: 4}
		if key := "incident.in-" + in.name + "-hint"; c.L.Has(key) {
			f.Hint = t(key)
		}
		if in.name == "rubrik" {
			f.Type = "text"
		}
		for _, o := range in.options {
			f.Options = append(f.Options, web.Option{Value: o, Label: t("incident.risk-" + o)})
		}
		if sent != nil {
			f.Value = sent(in.name)
		}
		d.Fields = append(d.Fields, f)
	}
	if part == "bedomning" {
		d.Groups = p.questions(c, &v, sent)
		d.Facts = append(d.Facts, registerPersons(c, &v.Affected))
	}
	return c.Render(templates, "form.html", d)
}

// questions draws the questions in their groups, with what the register proposes.
func (p *Pages) questions(c *web.Context, v *View, sent func(string) string) []questionGroup {
	var out []questionGroup
	for i := range p.Service.Rules.Questions {
		q := &p.Service.Rules.Questions[i]
		if len(out) == 0 || out[len(out)-1].ID != q.Group {
			g := questionGroup{ID: q.Group, Legend: c.L.T("incident.group-" + q.Group)}
			if key := "incident.group-" + q.Group + "-hint"; c.L.Has(key) {
				g.Hint = c.L.T(key)
			}
			out = append(out, g)
		}
		f := web.Field{Name: "q-" + q.ID, Type: "select", Label: q.Text.In(lang(c)), Value: string(v.Answers[q.ID])}
		if sent != nil {
			f.Value = sent(f.Name)
		}
		if v.Proposed[q.ID] != "" {
			f.Hint = c.L.T("incident.by-register")
		}
		f.Options = []web.Option{{Value: "", Label: c.L.T("incident.answer-none")}}
		for _, a := range []Answer{Yes, No, Unknown} {
			f.Options = append(f.Options, web.Option{Value: string(a), Label: c.L.T("incident.answer-" + string(a))})
		}
		g := &out[len(out)-1]
		g.Questions = append(g.Questions, f)
	}
	return out
}

func (p *Pages) savePart(c *web.Context) error {
	part := partOf(c)
	version, err := strconv.ParseInt(c.Form("version"), 10, 64)
	if err != nil {
		return &web.Error{Status: http.StatusBadRequest, Err: err}
	}
	probe := Incident{Texts: map[Text]string{}, Answers: map[string]Answer{}}
	var faults []web.FieldError
	for i := range inputs[part] {
		in := &inputs[part][i]
		if key := in.set(&probe, c.Form(in.name)); key != "" {
			faults = append(faults, web.FieldError{Field: in.name, Key: key, Args: []any{"Max", maxText}})
		}
	}
	if len(faults) > 0 {
		return p.partForm(c, c.Form, faults)
	}
	err = p.Service.Save(c.Context(), c.Actor, c.Path("id"), version, func(x *Incident) {
		for i := range inputs[part] {
			_ = inputs[part][i].set(x, c.Form(inputs[part][i].name)) // it has been tried
		}
		if part != "bedomning" {
			return
		}
		for i := range p.Service.Rules.Questions {
			id := p.Service.Rules.Questions[i].ID
			if a := c.Form("q-" + id); a == "" {
				delete(x.Answers, id)
			} else {
				x.Answers[id] = Answer(a)
			}
		}
	})
	first := inputs[part][0].name
	at := first
	for i := range inputs[part] {
		if inputs[part][i].kind == "datetime-local" {
			at = inputs[part][i].name
		}
	}
	if fault, ok := faultOf(err, first, at, first); ok {
		return p.partForm(c, c.Form, []web.FieldError{fault})
	}
	if errors.Is(err, db.ErrConflict) {
		return p.partForm(c, c.Form, []web.FieldError{{Field: first, Key: "incident.fault-conflict"}})
	}
	if err != nil {
		return err
	}
	return c.Redirect(Place+"/"+c.Path("id"), "incident.saved")
}

type systemsPage struct {
	web.Page
	Action, Back, Lead string
	Choices            web.Choices
}

func (p *Pages) systems(c *web.Context) error {
	v, err := p.Service.Open(c.Context(), c.Actor, c.Path("id"), c.L)
	if err != nil {
		return err
	}
	t := c.L.T
	d := systemsPage{
		Page: base(c, t("incident.systems"), web.Crumb{Label: v.Texts[Title], Href: v.Path()}, web.Crumb{Label: t("incident.systems")}),
		Lead: t("incident.systems-lead"), Action: v.Path() + "/system", Back: v.Path(),
		Choices: web.Choices{Name: "system", Legend: t("incident.systems"), Several: true},
	}
	hit := map[string]bool{}
	for _, h := range v.Systems {
		hit[h.ID.String()] = true
	}
	var all []web.Choice
	err = p.Service.DB.Read(c.Context(), c.Actor.Organisation, func(tx *db.Tx) (err error) {
		all, err = system.Choices(c.Context(), tx, c.Actor.Organisation, access.ReachOf(c.Actor, "incident.SetSystems"), func(id, name string) web.Choice {
			return web.Choice{Value: id, Label: name, Checked: hit[id]}
		})
		return err
	})
	if err != nil {
		return err
	}
	for _, first := range []bool{true, false} { // those that are hit stand first
		for _, x := range all {
			if x.Checked == first {
				d.Choices.Options = append(d.Choices.Options, x)
			}
		}
	}
	return c.Render(templates, "systems.html", d)
}

func (p *Pages) setSystems(c *web.Context) error {
	if err := p.Service.SetSystems(c.Context(), c.Actor, c.Path("id"), c.Forms("system")); err != nil {
		return err
	}
	return c.Redirect(Place+"/"+c.Path("id"), "incident.saved")
}

type decisionPage struct {
	formPage
	Duty dutyRow
}

func (p *Pages) decision(c *web.Context) error { return p.decisionForm(c, nil, nil) }

func (p *Pages) decisionForm(c *web.Context, sent func(string) string, faults []web.FieldError) error {
	v, err := p.Service.Open(c.Context(), c.Actor, c.Path("id"), c.L)
	if err != nil {
		return err
	}
	duty := dutyOf(v.Duties, c.Path("regel"))
	if duty == nil || duty.Kind != KindDuty || v.Answers["security_protection"] == Yes {
		return &web.Error{Status: http.StatusNotFound, Err: ErrRule}
	}
	t := c.L.T
	d := decisionPage{Duty: p.dutyRow(c, &v, duty)}
	d.formPage = formPage{
		Page:   base(c, t("incident.decide"), web.Crumb{Label: v.Texts[Title], Href: v.Path()}, web.Crumb{Label: t("incident.decide")}),
		Action: v.Path() + "/beslut/" + duty.ID, Back: v.Path() + "#plikter", Save: t("incident.decide-save"), Secrecy: t("incident.secrecy"),
	}
	d.Errors = faults
	r := duty.Report
	status := web.Field{Name: "beslut", Type: "select", Label: t("incident.in-beslut"), Value: r.Status}
	for _, s := range []string{Planned, Done, NotNeeded} {
		status.Options = append(status.Options, web.Option{Value: s, Label: t("incident.status-" + s)})
	}
	d.Fields = []web.Field{
		status,
		{Name: "skal", Type: "textarea", Label: t("incident.in-skal"), Hint: t("incident.in-skal-hint"), Value: r.Reason, Optional: true},
		{Name: "gjordes", Type: "datetime-local", Label: t("incident.in-gjordes"), Hint: t("incident.in-gjordes-hint"), Value: localTime(r.At), Optional: true},
		{Name: "arende", Label: t("incident.in-arende"), Value: r.Reference, Optional: true},
	}
	if sent != nil {
		for i := range d.Fields {
			d.Fields[i].Value = sent(d.Fields[i].Name)
		}
	}
	return c.Render(templates, "decision.html", d)
}

func (p *Pages) decide(c *web.Context) error {
	r := Report{Rule: c.Path("regel"), Status: c.Form("beslut"), Reason: c.Form("skal"), Reference: c.Form("arende")}
	if text := c.Form("gjordes"); text != "" {
		at, ok := parseTime(text)
		if !ok {
			return p.decisionForm(c, c.Form, []web.FieldError{{Field: "gjordes", Key: "incident.fault-time"}})
		}
		r.At = at
	}
	err := p.Service.Decide(c.Context(), c.Actor, c.Path("id"), r)
	if fault, ok := faultOf(err, "beslut", "gjordes", "skal"); ok {
		return p.decisionForm(c, c.Form, []web.FieldError{fault})
	}
	if errors.Is(err, ErrRule) {
		return &web.Error{Status: http.StatusNotFound, Err: err}
	}
	if err != nil {
		return err
	}
	return c.Redirect(Place+"/"+c.Path("id")+"#plikter", "incident.decided")
}

func (p *Pages) measures(c *web.Context) error { return p.measureForm(c, nil, nil) }

func (p *Pages) measureForm(c *web.Context, sent func(string) string, faults []web.FieldError) error {
	v, err := p.Service.Open(c.Context(), c.Actor, c.Path("id"), c.L)
	if err != nil {
		return err
	}
	id := c.Query("id")
	if sent != nil {
		id = sent("id")
	}
	var m Measure
	for _, x := range v.Measures {
		if x.ID.String() == id && id != "" {
			m = x
		}
	}
	t := c.L.T
	d := formPage{
		Page: base(c, t("incident.measure"), web.Crumb{Label: v.Texts[Title], Href: v.Path()}, web.Crumb{Label: t("incident.measure")}),
		Lead: t("incident.measure-lead"), Action: v.Path() + "/atgarder", Back: v.Path(), Save: t("incident.save"), Secrecy: t("incident.secrecy"),
		Hidden: []web.Hidden{{Name: "id", Value: m.ID.String()}},
		Fields: []web.Field{
			{Name: "atgard", Type: "textarea", Label: t("incident.in-atgard"), Value: m.Text},
			{Name: "ansvarig", Label: t("incident.in-ansvarig"), Hint: t("incident.in-ansvarig-hint"), Value: m.OwnerRole, Optional: true},
			{Name: "senast", Type: "date", Label: t("incident.in-senast"), Value: m.DueOn.String(), Optional: true},
			{Name: "klar", Type: "date", Label: t("incident.in-klar"), Value: m.DoneOn.String(), Optional: true},
		},
	}
	d.Errors = faults
	if sent != nil {
		for i := range d.Fields {
			d.Fields[i].Value = sent(d.Fields[i].Name)
		}
	}
	return c.Render(templates, "form.html", d)
}

func (p *Pages) saveMeasure(c *web.Context) error {
	m := Measure{ID: ids.ID[Measure](c.Form("id")), Text: c.Form("atgard"), OwnerRole: c.Form("ansvarig")}
	for _, f := range []struct {
		name string
		at   *civil.Date
	}{{"senast", &m.DueOn}, {"klar", &m.DoneOn}} {
		d, err := civil.ParseLoose(c.Form(f.name))
		if err != nil {
			return p.measureForm(c, c.Form, []web.FieldError{{Field: f.name, Key: "incident.fault-date"}})
		}
		*f.at = d
	}
	err := p.Service.SaveMeasure(c.Context(), c.Actor, c.Path("id"), m)
	if fault, ok := faultOf(err, "atgard", "klar", "atgard"); ok {
		return p.measureForm(c, c.Form, []web.FieldError{fault})
	}
	if err != nil {
		return err
	}
	return c.Redirect(Place+"/"+c.Path("id")+"#atgarder", "incident.saved")
}
