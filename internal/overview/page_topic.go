// SPDX-License-Identifier: EUPL-1.2

package overview

import (
	"net/http"
	"slices"

	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/requirement"
	"github.com/insegel/insegel/internal/web"
)

// rowsPerPage is how many requirements with forms a page shows of those that a filter leaves.
const rowsPerPage = 40

// requirementOf is the address of one requirement among those of a system: its topic, with the row in sight.
func requirementOf(slug string, r *catalogue.Requirement) string {
	return address(systemPath(slug)+"/krav", "omrade", r.Topic) + "#krav-" + r.ID
}

// topicTally is one topic of a system with how well its requirements are met.
type topicTally struct {
	*catalogue.Topic
	requirement.Tally
}

// open reports whether a topic has something that nobody has answered or that is not met.
func (t *topicTally) open() bool { return t.Unknown() > 0 || t.NotMet > 0 }

// topicTallies counts the requirements of a system by topic, in the catalogue's order. A topic of which nothing applies is left out.
func (p *Pages) topicTallies(v *requirement.View) []topicTally {
	counts := map[string]*requirement.Tally{}
	for i := range v.Requirements {
		r := &v.Requirements[i]
		if counts[r.Topic] == nil {
			counts[r.Topic] = &requirement.Tally{}
		}
		counts[r.Topic].Count(r.Answer.Status)
	}
	var out []topicTally
	topics := p.Overview.catalogue().Topics
	for i := range topics {
		if t := counts[topics[i].ID]; t != nil {
			out = append(out, topicTally{&topics[i], *t})
		}
	}
	return out
}

// topicWords say how many of a topic's requirements are of one state.
var topicWords = map[string]string{
	WithMet: "overview.topic-met", WithPartly: "overview.topic-partly", WithNotMet: "overview.topic-not-met",
	WithNotApplicable: "overview.topic-not-applicable", WithUnknown: "overview.topic-unknown",
}

// topicParts lists the topics of a system by part of the catalogue, each with its counts. Those of a topic sum to its total.
func topicParts(c *web.Context, slug string, topics []topicTally, current string) []web.TopicPart {
	var out []web.TopicPart
	for _, part := range []string{catalogue.PartGovernance, catalogue.PartTechnical} {
		total := 0
		var lines []web.TopicLine
		for i := range topics {
			t := &topics[i]
			if t.Part != part {
				continue
			}
			total += t.Total()
			line := web.TopicLine{
				Name: t.Name.In(lang(c)), Href: topicPath(slug, t.ID), Total: requirement.PageCount(c.L, t.Total()), Current: t.ID == current,
			}
			for _, with := range tallied {
				if n := counted(t.Tally, with); n > 0 {
					line.Counts = append(line.Counts, web.TopicCount{Text: c.L.T(topicWords[with], "Count", n), Bad: with == WithNotMet})
				}
			}
			lines = append(lines, line)
		}
		if len(lines) > 0 {
			p := requirement.PagePart(c.L, part, total)
			p.Topics = lines
			out = append(out, p)
		}
	}
	return out
}

func topicPath(slug, topic string) string { return address(systemPath(slug)+"/krav", "omrade", topic) }

func (p *Pages) systemRequirements(c *web.Context) error {
	o, err := p.Overview.Requirements(c.Context(), c.Actor, c.Path("slug"), c.L)
	if err != nil {
		return err
	}
	return p.renderRequirements(c, &o, nil)
}

// renderRequirements shows the topics of a system and the requirements of one of them, or one page of what the filters leave.
func (p *Pages) renderRequirements(c *web.Context, o *One, faults []web.FieldError) error {
	v := &o.View
	f := readRequirementFilter(c)
	path := systemPath(v.System.Slug) + "/krav"
	d := requirementsPage{
		Page: p.systemBase(c, v), Head: p.head(c, o, web.TabRequirements), Stop: stopNote(c, v), Path: path,
		Filters: p.requirementFilters(c, v, f), Clear: f != requirementFilter{},
		Total: v.Tally.Total(), MayAnswer: mayAt(c, "requirement.Answer", &v.System) && !v.Need.Stop,
	}
	d.Title = c.L.T("overview.requirements-title", "Name", v.System.Name)
	d.Errors = faults
	if slices.ContainsFunc(faults, func(f web.FieldError) bool { return f.Key == conflict }) {
		d.Status = http.StatusConflict // the rows show what is saved now beside what was typed
	}
	current := ""
	if f == (requirementFilter{Status: f.Status}) {
		current = f.Status
	}
	d.Proven = provenWords(c, &v.Shown)
	d.Bar = bar(c, v.Tally, current, func(with string) string { return address(path, "status", with) })
	topics := p.topicTallies(v)
	first := ""
	if f == (requirementFilter{}) {
		if i := slices.IndexFunc(topics, func(t topicTally) bool { return t.open() }); i >= 0 {
			first = topics[i].ID
		}
		d.Parts = topicParts(c, v.System.Slug, topics, first)
		f.Topic = first
	}
	d.showRows(c, p, o, f, faults)
	d.One = !f.narrows()
	if i := slices.IndexFunc(topics, func(t topicTally) bool { return t.ID == f.Topic }); d.One && i >= 0 {
		d.Around = requirement.PageNeighbours(c.L, path, i, len(topics), func(i int) web.Link {
			return web.Link{Label: topics[i].Name.In(lang(c)), Href: topicPath(v.System.Slug, topics[i].ID)}
		})
	}
	if first != "" && len(d.Topics) == 1 {
		d.Topics[0].Heading = c.L.T("overview.topic-first", "Topic", d.Topics[0].Name)
	}
	return c.Render(templates, "requirements.html", d)
}

// showRows takes the rows to show: a whole topic, or one page of what the filters leave. When a form has faults they are those of
// the form, so that nothing typed is lost whatever somebody else has changed meanwhile.
func (d *requirementsPage) showRows(c *web.Context, p *Pages, o *One, f requirementFilter, faults []web.FieldError) {
	var list, sent []*requirement.Applied
	for i := range o.View.Requirements {
		r := &o.View.Requirements[i]
		if f != (requirementFilter{}) && f.matches(r) {
			list = append(list, r)
		}
		if posted(c, r.ID) {
			sent = append(sent, r)
		}
	}
	d.Paging = web.Paging{Page: 1, Size: max(1, len(list)), Total: len(list), Path: d.Path, Query: query(f.pairs())}
	if f.narrows() {
		d.Paging.Size = rowsPerPage
		d.Paging.Page = min(pageNumber(c), d.Paging.Pages())
	}
	d.Action = d.Paging.Link(d.Paging.Page)
	d.Shown = c.L.T("overview.requirements-shown", "Shown", len(list), "Total", d.Total)
	if list = list[slicing{d.Paging}.from():d.Paging.To()]; len(faults) > 0 {
		list = sent
	}
	d.Topics = p.byTopic(c, o, list, f, faults)
}

// byTopic puts requirements under their topics, in the catalogue's order.
func (p *Pages) byTopic(c *web.Context, o *One, list []*requirement.Applied, f requirementFilter, faults []web.FieldError) []topicRows {
	var out []topicRows
	for _, topic := range p.Overview.catalogue().Topics {
		t := topicRows{ID: topic.ID, Name: topic.Name.In(lang(c))}
		t.Heading = t.Name
		if f.narrows() {
			t.Href = topicPath(o.View.System.Slug, topic.ID)
		}
		for _, r := range list {
			if r.Topic != topic.ID {
				continue
			}
			if r.Answer.Status != requirement.Unanswered {
				t.Known++
			}
			t.Rows = append(t.Rows, p.requirementRow(c, o, r, faults))
		}
		if len(t.Rows) > 0 {
			out = append(out, t)
		}
	}
	return out
}
