// SPDX-License-Identifier: EUPL-1.2

package risk

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/requirement"
	"github.com/insegel/insegel/internal/web"
)

// maxText is how long a text may be.
const maxText = 4000

// newRisk stands where a risk's id stands in an address, for one that is not there yet.
const newRisk = "ny"

func riskID(c *web.Context) ids.ID[Risk] {
	if id := c.Path("id"); id != newRisk {
		return ids.ID[Risk](id)
	}
	return ""
}

type impactRow struct {
	Aspect string
	Fields []web.Field
}

// measureRow is a requirement that could reduce the risk.
type measureRow struct {
	Text   string
	Status web.Tag
	Must   bool
	Effect web.Field
}

type riskPage struct {
	web.Page
	Head                 web.SystemHead
	Action, Back, Remove string
	Version              int64
	Threat, Example      string
	Verified             bool
	Hidden               []web.Hidden
	Texts                []web.Field
	Perspectives         []string
	Impacts              []impactRow
	Lowered, Likelihood  web.Field
	Drivers              []string
	Protection           string
	Treatment            []web.Field
	Measures, More       []measureRow
	Own                  []ownRow
	Now, Left            web.Tag
	Decided              string
	Handles              bool
}

func (p *Pages) risk(c *web.Context) error { return p.riskForm(c, nil, nil) }

func (p *Pages) riskForm(c *web.Context, sent func(string) string, faults []web.FieldError) error {
	threat := c.Query("hot")
	if sent != nil {
		threat = sent("hot")
	}
	o, err := p.Service.Risk(c.Context(), c.Actor, c.Path("slug"), riskID(c), threat, c.L)
	if err != nil {
		return err
	}
	t, r, slug := c.L.T, &o.Risk, o.View.View.System.Slug
	name := r.Name
	if name == "" {
		name = t("risk.new")
	}
	d := riskPage{
		Page: p.base(c, &o.View, name, web.Crumb{Label: name}), Head: requirement.PageHead(c, &o.View.View, web.TabRisks), Back: pathOf(slug),
		Action: pathOf(slug) + "/" + newRisk, Version: r.Version, Now: p.levelTag(c, r.Now(p.Service.Scale).Rank), Left: p.levelTag(c, r.If(p.Service.Scale, o.Met).Rank),
		Handles: access.AllowedAt(c.Actor, "risk.Save", o.View.View.System.UnitID),
	}
	d.Errors = faults
	if r.ID != "" {
		d.Action = pathOf(slug) + "/" + r.ID.String()
		if access.AllowedAt(c.Actor, "risk.Remove", o.View.View.System.UnitID) {
			d.Remove = d.Action + "/bort"
		}
	}
	if o.Threat != nil {
		d.Threat, d.Example, d.Verified = o.Threat.Name.In(lang(c)), o.Threat.Example.In(lang(c)), o.Threat.Verified
		d.Hidden = append(d.Hidden, web.Hidden{Name: "hot", Value: o.Threat.ID})
		for _, x := range o.Threat.Drivers {
			d.Drivers = append(d.Drivers, x.Text.In(lang(c)))
		}
		d.Protection = t("risk.protection", "Met", o.Protection.Met, "Total", len(o.Protection.Requirements), "Unknown", o.Protection.Unknown)
	}
	if !r.DecidedAt.IsZero() {
		d.Decided = t("risk.decided-at", "At", c.L.Moment(r.DecidedAt))
	}
	p.fields(c, &d, &o, sent)
	p.measures(c, &d, &o, sent)
	p.own(c, &d, &o, sent)
	return c.Render(templates, "risk.html", d)
}

// fields draws the fields of a risk, with what was sent when it was refused.
func (p *Pages) fields(c *web.Context, d *riskPage, o *One, sent func(string) string) {
	t, r := c.L.T, &o.Risk
	value := func(name, stored string) string {
		if sent != nil {
			return sent(name)
		}
		return stored
	}
	text := func(name, stored string) web.Field {
		return web.Field{Name: name, Type: "textarea", Label: t("risk.in-" + name), Value: value(name, stored), Optional: true, Rows: 2}
	}
	d.Texts = []web.Field{
		{Name: "namn", Label: t("risk.in-namn"), Value: value("namn", r.Name)},
		text("orsak", r.Cause), text("handelse", r.Event),
		text("foljd-individual", r.Follows[0]), text("foljd-organisation", r.Follows[1]), text("foljd-society", r.Follows[2]),
	}
	for q := range catalogue.Perspective(catalogue.NumPerspectives) {
		d.Perspectives = append(d.Perspectives, t("risk.perspective-"+q.String()))
	}
	for a := range catalogue.Aspect(catalogue.NumAspects) {
		row := impactRow{Aspect: t("risk.aspect-" + a.String())}
		for q := range catalogue.Perspective(catalogue.NumPerspectives) {
			row.Fields = append(row.Fields, p.impactField(c, o, Impact{Aspect: a, Perspective: q}, value))
		}
		d.Impacts = append(d.Impacts, row)
	}
	d.Lowered = text("sankt", r.Lowered)
	d.Lowered.Hint = t("risk.in-sankt-hint")
	d.Likelihood = web.Field{Name: "sannolikhet", Type: "select", Label: t("risk.in-sannolikhet"), Hint: t("risk.in-sannolikhet-hint"), Value: value("sannolikhet", strconv.Itoa(r.Likelihood))}
	d.Likelihood.Options = []web.Option{{Value: "0", Label: t("risk.not-weighed")}}
	for i := range p.Service.Scale.Likelihoods {
		l := &p.Service.Scale.Likelihoods[i]
		d.Likelihood.Options = append(d.Likelihood.Options, web.Option{Value: strconv.Itoa(l.Value), Label: l.Label.In(lang(c)) + " – " + l.Hint.In(lang(c))})
	}
	treatment := web.Field{Name: "behandling", Type: "select", Label: t("risk.in-behandling"), Value: value("behandling", r.Treatment)}
	treatment.Options = []web.Option{{Label: t("risk.treatment-none")}}
	for _, x := range Treatments {
		treatment.Options = append(treatment.Options, web.Option{Value: x, Label: t("risk.treatment-" + x)})
	}
	d.Treatment = []web.Field{
		treatment, text("motiv", r.Motive),
		{Name: "ansvarig", Label: t("risk.in-ansvarig"), Hint: t("risk.in-ansvarig-hint"), Value: value("ansvarig", r.OwnerRole), Optional: true},
		{Name: "senast", Type: "date", Label: t("risk.in-senast"), Value: value("senast", r.DueOn.String()), Optional: true},
	}
}

func impactName(i Impact) string { return "k-" + i.Aspect.String() + "-" + i.Perspective.String() }

// impactField is one consequence; its label says what the classification has.
func (p *Pages) impactField(c *web.Context, o *One, i Impact, value func(name, stored string) string) web.Field {
	f := web.Field{
		Name: impactName(i), Type: "select", Label: c.L.T("risk.aspect-"+i.Aspect.String()) + ", " + c.L.T("risk.perspective-"+i.Perspective.String()),
		Value: value(impactName(i), o.Risk.Impacts[i.Aspect][i.Perspective].String()), Options: []web.Option{{Label: c.L.T("risk.not-concerned")}},
	}
	for n := range p.Service.Scale.Consequences {
		x := &p.Service.Scale.Consequences[n]
		option := web.Option{Value: x.Step, Label: strconv.Itoa(x.Value) + " " + x.Label.In(lang(c))}
		if x.step == o.Classified[i.Aspect][i.Perspective] {
			option.Label += " " + c.L.T("risk.as-classified")
		}
		f.Options = append(f.Options, option)
	}
	return f
}

// ownRow is a requirement of the organisation's own that is to reduce the risk, or a place to write one.
type ownRow struct {
	Status       web.Tag
	Text, Effect web.Field
}

// newOwn is the name of an own requirement that is not there yet, and maxOwn how long one may be.
const (
	newOwn = "ny"
	maxOwn = 1000
)

// own draws the organisation's own requirements against the risk, and a place for one more.
func (p *Pages) own(c *web.Context, d *riskPage, o *One, sent func(string) string) {
	draw := func(id string, m Measure, status web.Tag, label string) {
		row := ownRow{
			Status: status,
			Text:   web.Field{Name: "eget-" + id, Type: "textarea", Rows: 2, Label: label, Value: m.Text, Optional: true},
			Effect: web.Field{Name: "m-" + id, Type: "select", Label: c.L.T("risk.own-effect"), Value: effectOf(m)},
		}
		if sent != nil {
			row.Text.Value, row.Effect.Value = sent(row.Text.Name), sent(row.Effect.Name)
		}
		for _, e := range Effects[1:] {
			row.Effect.Options = append(row.Effect.Options, web.Option{Value: e, Label: EffectText(c.L, e)})
		}
		d.Own = append(d.Own, row)
	}
	for _, m := range o.Risk.Measures {
		if m.Text == "" {
			continue
		}
		var status web.Tag
		for i := range o.Requirements {
			if o.Requirements[i].ID == m.Requirement {
				status = requirement.PageStatus(c.L, o.Requirements[i].Answer.Status)
			}
		}
		draw(m.Requirement, m, status, c.L.T("risk.own-requirement"))
	}
	draw(newOwn, Measure{OnLikelihood: 1}, web.Tag{}, c.L.T("risk.own-new"))
}

// measures draws what can reduce the risk: what the topics against the threat have, first what applies and is not met.
func (p *Pages) measures(c *web.Context, d *riskPage, o *One, sent func(string) string) {
	chosen := map[string]string{}
	for _, m := range o.Risk.Measures {
		chosen[m.Requirement] = effectOf(m)
	}
	row := func(id string, status requirement.Status, must bool) measureRow {
		f := web.Field{Name: "m-" + id, Type: "select", Label: c.L.T("risk.effect-of", "What", p.requirementText(c, &o.View, id)), Value: chosen[id]}
		if sent != nil {
			f.Value = sent(f.Name)
		}
		for _, e := range Effects {
			f.Options = append(f.Options, web.Option{Value: e, Label: EffectText(c.L, e)})
		}
		return measureRow{Text: p.requirementText(c, &o.View, id), Status: requirement.PageStatus(c.L, status), Must: must, Effect: f}
	}
	applies := map[string]bool{}
	for i := range o.Requirements {
		r := &o.Requirements[i]
		applies[r.ID] = true
		if strings.HasPrefix(r.ID, requirement.OwnPrefix) {
			continue // they are written in their own place
		}
		if chosen[r.ID] != "" || o.Against(r.Requirement) && r.Gap() {
			d.Measures = append(d.Measures, row(r.ID, r.Answer.Status, r.Must))
		}
	}
	list := p.Service.catalogue().Requirements
	for i := range list {
		if r := &list[i]; !applies[r.ID] && (chosen[r.ID] != "" || o.Threat != nil && o.Against(r)) {
			d.More = append(d.More, row(r.ID, requirement.Unanswered, r.Must))
		}
	}
}

// EffectText says what a measure is thought to take away.
func EffectText(l *locale.Localizer, effect string) string {
	if effect == "" {
		return l.T("risk.effect-none")
	}
	return l.T("risk.effect-" + effect)
}

// Against reports whether a requirement works against the threat; without a threat what is a must does.
func (o *One) Against(r *catalogue.Requirement) bool {
	if o.Threat == nil {
		return r.Core
	}
	return slices.Contains(o.Threat.MitigatedBy, r.Topic)
}

// read takes in the form of a risk.
func (p *Pages) read(c *web.Context) (Risk, []web.FieldError) {
	r := Risk{
		ID: riskID(c), ThreatID: c.Form("hot"), Name: strings.Join(strings.Fields(c.Form("namn")), " "), Cause: c.Form("orsak"), Event: c.Form("handelse"),
		Lowered: c.Form("sankt"), Treatment: c.Form("behandling"), Motive: c.Form("motiv"), OwnerRole: c.Form("ansvarig"),
	}
	var faults []web.FieldError
	fault := func(field, key string, args ...any) {
		faults = append(faults, web.FieldError{Field: field, Key: key, Args: args})
	}
	for q := range catalogue.Perspective(catalogue.NumPerspectives) {
		r.Follows[q] = c.Form("foljd-" + q.String())
		for a := range catalogue.Aspect(catalogue.NumAspects) {
			name := impactName(Impact{Aspect: a, Perspective: q})
			text := c.Form(name)
			step, ok := catalogue.ParseStep(text)
			if !ok && text != "" {
				fault(name, "risk.fault-value")
			}
			r.Impacts[a][q] = step
		}
	}
	for _, name := range []string{"namn", "orsak", "handelse", "foljd-individual", "foljd-organisation", "foljd-society", "sankt", "motiv", "ansvarig"} {
		if utf8.RuneCountInString(c.Form(name)) > maxText {
			fault(name, "risk.fault-long", "Max", maxText)
		}
	}
	var err error
	if r.Likelihood, err = strconv.Atoi(c.Form("sannolikhet")); err != nil && c.Form("sannolikhet") != "" {
		fault("sannolikhet", "risk.fault-value")
	}
	if r.DueOn, err = civil.ParseLoose(c.Form("senast")); err != nil {
		fault("senast", "risk.fault-date")
	}
	r.Measures = readMeasures(c, fault)
	return r, faults
}

// readMeasures takes in what is to reduce a risk, in the order of the requirements.
func readMeasures(c *web.Context, fault func(field, key string, args ...any)) []Measure {
	var out []Measure
	for name := range c.Request.PostForm {
		id, ok := strings.CutPrefix(name, "m-")
		if !ok || c.Form(name) == "" {
			continue
		}
		m, ok := ParseEffect(id, c.Form(name))
		if !ok {
			fault("behandling", "risk.fault-value")
			continue
		}
		if id == newOwn || strings.HasPrefix(id, requirement.OwnPrefix) {
			if m.Text = c.Form("eget-" + id); m.Text == "" {
				continue // nothing was written, or it was taken away
			}
			if utf8.RuneCountInString(m.Text) > maxOwn {
				fault("eget-"+id, "risk.fault-long", "Max", maxOwn)
			}
		}
		out = append(out, m)
	}
	slices.SortFunc(out, func(a, b Measure) int { return strings.Compare(a.Requirement, b.Requirement) })
	return out
}

func (p *Pages) save(c *web.Context) error {
	r, faults := p.read(c)
	var err error
	if r.Version, err = strconv.ParseInt(c.Form("version"), 10, 64); err != nil || (r.Version == 0) != (r.ID == "") {
		return badRequest(errors.Join(err, ErrValue))
	}
	if len(faults) > 0 {
		return p.riskForm(c, c.Form, faults)
	}
	_, err = p.Service.Save(c.Context(), c.Actor, c.Path("slug"), r, c.L)
	if fault, ok := faultOf(err); ok {
		return p.riskForm(c, c.Form, []web.FieldError{fault})
	}
	switch {
	case errors.Is(err, db.ErrConflict):
		return p.riskForm(c, c.Form, []web.FieldError{{Field: "namn", Key: "risk.fault-conflict"}})
	case errors.Is(err, ErrRequirement), errors.Is(err, ErrThreat):
		return badRequest(err)
	case err != nil:
		return err
	}
	return c.Redirect(pathOf(c.Path("slug")), "risk.saved", "Name", r.Name)
}
