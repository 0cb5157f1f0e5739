// SPDX-License-Identifier: EUPL-1.2

package workshop

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/document"
	"github.com/insegel/insegel/internal/requirement"
	"github.com/insegel/insegel/internal/system"
	"github.com/insegel/insegel/internal/web"
)

// minutes writes what the workshop came to: who took part, how the votes of each round fell, and what was decided and why.
func (p *Pages) minutes(c *web.Context) error {
	v, err := p.Service.Open(c.Context(), c.Actor, workshopID(c), c.L)
	if err != nil {
		return err
	}
	d := p.document(c, &v)
	var b bytes.Buffer
	if err := d.Write(&b, document.DOCX); err != nil {
		return err
	}
	return c.Attachment("riskverkstad-"+system.Slug(v.System.Name)+".docx", document.DOCX.MediaType(), b.Bytes())
}

func (p *Pages) document(c *web.Context, v *View) *document.Document {
	t := c.L.T
	d := &document.Document{
		Lang: c.L.Lang, Title: t("workshop.minutes-title"), Subtitle: v.Workshop.Name, Created: v.Workshop.CreatedAt,
		Properties: []document.Property{{Name: t("workshop.system"), Value: v.System.Name}, {Name: t("workshop.held"), Value: c.L.Moment(v.Workshop.CreatedAt)}},
	}
	if v.Ongoing {
		d.Status = t("workshop.open")
	}
	if !v.Workshop.Closed.IsZero() {
		d.Properties = append(d.Properties, document.Property{Name: t("workshop.closed-at"), Value: c.L.Moment(v.Workshop.Closed)})
	}
	names := make([]string, len(v.People))
	for i := range v.People {
		names[i] = v.People[i].Name
	}
	people := t("workshop.nobody-came")
	if len(names) > 0 {
		people = strings.Join(names, ", ")
	}
	d.Sections = append(d.Sections, document.Section{
		ID: "deltagare", Heading: t("workshop.people", "Count", len(v.People)), Level: 1, Paragraphs: []string{people, t("workshop.minutes-names"), t("workshop.minutes-spread")},
	})
	for i := range v.Scenarios {
		d.Sections = append(d.Sections, p.sections(c, v, &v.Scenarios[i])...)
	}
	return d
}

// sections are one scenario: what it is, how the votes fell, and what was decided.
func (p *Pages) sections(c *web.Context, v *View, s *Scenario) []document.Section {
	t, id := c.L.T, "scenario-"+strconv.Itoa(s.Position)
	head := document.Section{ID: id, Heading: strconv.Itoa(s.Position) + ". " + s.Name, Level: 1}
	for _, x := range []struct{ key, text string }{{"workshop.cause", s.Cause}, {"workshop.event", s.Event}} {
		if x.text != "" {
			head.Paragraphs = append(head.Paragraphs, t(x.key)+": "+x.text)
		}
	}
	if s.Stage != Decided {
		head.Paragraphs = append(head.Paragraphs, t("workshop.not-decided"))
	}
	out := []document.Section{head}
	for i := range v.Tallies[s.ID] {
		tally := &v.Tallies[s.ID][i]
		x := p.spread(c, tally)
		out = append(out, document.Section{ID: id + "-" + strconv.Itoa(tally.Round), Heading: x.Title, Level: 2, Table: spreadDocument(c, &x, id)})
	}
	if s.Stage == Decided {
		out = append(out, document.Section{ID: id + "-beslut", Heading: t("workshop.decision"), Level: 2, Paragraphs: p.decided(c, s)})
	}
	return out
}

func spreadDocument(c *web.Context, x *spreadTable, id string) *document.Table {
	t := c.L.T
	table := &document.Table{Name: id + " " + x.Title, Upright: true, Columns: []document.Column{{Key: "question", Header: t("workshop.question"), Width: 40, Kind: document.Long}}}
	for _, n := range x.Columns {
		table.Columns = append(table.Columns, document.Column{Key: "v" + n, Header: n, Width: 8})
	}
	table.Columns = append(table.Columns, document.Column{Key: "unknown", Header: t("workshop.dont-know"), Width: 14}, document.Column{Key: "highest", Header: t("workshop.highest"), Width: 24})
	for _, r := range x.Rows {
		row := []document.Cell{{Text: r.Question, Strong: true}}
		for _, cell := range r.Counts {
			row = append(row, document.T(strconv.Itoa(cell.Count)))
		}
		highest := r.Highest
		if highest == "" { // nobody gave a value
			highest = t("workshop.dont-know")
		}
		table.Rows = append(table.Rows, append(row, document.T(strconv.Itoa(r.Unknown)), document.T(highest)))
	}
	return table
}

// decided says in words what was decided.
func (p *Pages) decided(c *web.Context, s *Scenario) []string {
	t, d, scale := c.L.T, &s.Decision, p.Service.Risks.Scale
	var out []string
	for q := range catalogue.Perspective(catalogue.NumPerspectives) {
		text := t("workshop.nobody")
		if step := d.Consequences[q]; step != catalogue.Unset {
			text = strconv.Itoa(int(step)) + " " + scale.Consequences[step-1].Label.In(lang(c))
		}
		out = append(out, p.perspective(c, q)+": "+text)
	}
	out = append(out, t("workshop.likelihood")+": "+strconv.Itoa(d.Likelihood)+" "+scale.Likelihoods[d.Likelihood-1].Label.In(lang(c)))
	if d.Treatment != "" {
		out = append(out, t("workshop.treatment")+": "+t("risk.treatment-"+d.Treatment))
	}
	if d.OwnerRole != "" {
		out = append(out, t("risk.owner")+": "+requirement.PageRole(c.L, d.OwnerRole))
	}
	if !d.DueOn.IsZero() {
		out = append(out, t("risk.in-senast")+": "+c.L.Date(d.DueOn))
	}
	return append(out, t("workshop.because")+": "+d.Motive, t("workshop.decided-at", "At", c.L.Moment(s.DecidedAt)))
}
