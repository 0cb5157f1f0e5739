// SPDX-License-Identifier: EUPL-1.2

package procurement

import (
	"embed"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/classification"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/requirement"
	"github.com/insegel/insegel/internal/supplier"
	"github.com/insegel/insegel/internal/web"
)

//go:embed *.html
var pageFiles embed.FS

var pages = web.Parse(pageFiles)

// Pages are the pages of tender annexes.
type Pages struct {
	Service *Service
	// PDF says that documents can be had as PDF.
	PDF bool
}

// Routes registers the pages.
func (p *Pages) Routes(s *web.Site) {
	s.Handle("GET /upphandling", "procurement.Systems", p.systems)
	s.Handle("GET /system/{slug}/upphandling", "procurement.Annex", p.annex)
	s.Handle("POST /system/{slug}/upphandling", "procurement.Choose", p.choose)
	p.purchaseRoutes(s)
	p.tenderRoutes(s)
	s.Handle("GET /system/{slug}/leverantorssvar", "procurement.Supplied", p.supplied)
	s.Handle("POST /system/{slug}/leverantorssvar", "procurement.AskSupplier", p.askSupplier)
	s.Handle("POST /system/{slug}/leverantorssvar/{id}/aterta", "procurement.RecallSupplier", p.recallSupplier)
	s.Handle("POST /system/{slug}/leverantorssvar/godta", "procurement.AcceptReplies", p.acceptReplies)
	s.Handle("POST /system/{slug}/leverantorssvar/delning", "procurement.EndSharing", p.endSharing)
	s.Handle("POST /system/{slug}/leverantorssvar/sett", "procurement.SeeShared", p.seeShared)
	s.Handle("GET /system/{slug}/leverantorssvar/bilaga/{fil}", "procurement.Attachment", p.attachment)
	s.Handle("GET "+supplier.Place+"/{id}/andringar", "procurement.Differences", p.supplierDifferences)
}

// The ways to narrow the rows, as they stand in the address.
const (
	byTopic  = "omrade"
	byWeight = "grad"
	shall    = "ska"
	should   = "bor"
)

// maxReason is how long a reason may be; it stands in one table cell of the document.
const maxReason = 500

// annexPage is the annex of one system.
type annexPage struct {
	web.Page
	Head web.SystemHead
	Slug string
	// Base is the annex's address. Buys is the planned purchase that it is for; nil for a system's.
	Base string
	Buys *purchasePart
	Own  []ownRow
	// OwnText, OwnVerify and OwnWeight are the form of one more requirement of one's own, which is open after a fault.
	OwnText, OwnVerify, OwnWeight web.Field
	OwnOpen                       bool
	// Annex has the counts of the whole annex, as saved. Total is how many rows there are to choose among, Included how many it has.
	Annex           Annex
	Total, Included int
	Notes           []note
	// Stop says that the system is with the security protection manager.
	Stop   bool
	Filter annexFilter
	// Parts are all topics, when the reader has chosen none.
	Parts []web.TopicPart
	// Topics is the topic shown; after a fault, those that the form had rows of. Around leads to the others.
	Topics []topicGroup
	Around web.Neighbours
	// Shown and Chosen are how many rows the filter leaves, and how many of them the annex has.
	Shown, Chosen int
	CanChoose     bool
	CanSeeReplies bool
	// Tender leads to the tender that the system came of.
	Tender  string
	Exports []web.Link
}

// annexFilter is how the rows are narrowed.
type annexFilter struct {
	Topic, Weight web.Field
	Active        bool
	// Action is where the form that saves the choices is sent: the topic shown, with the weight kept.
	Action string
}

// note is something to settle before the tender is announced.
type note struct{ Text, Link, Href string }

// topicGroup is the rows of one topic.
type topicGroup struct {
	*catalogue.Topic
	Title         string
	Rows, Offered []annexRow
	// Chosen is how many the annex has.
	Chosen int
	// Open shows the offered rows at once, because one of them has been ticked or has a fault.
	Open bool
}

// annexRow is one requirement as the page shows it.
type annexRow struct {
	ID, Text, Verify string
	Because          []reason
	Weight           web.Tag
	// Must is the weight in the field, WasMust the one that is saved.
	Must, WasMust bool
	Conditional   bool
	// Included is whether the box is ticked, Was whether it is so in what is saved.
	Included, Was bool
	// Demands says that leaving the row out takes a reason.
	Demands bool
	// Reason is what stands in the field, Saved what is stored.
	Reason, Saved, Fault string
	// Since tells when a choice was saved.
	Since string
}

// reason is one sentence of why a requirement applies. Href leads to the rule, when it is one.
type reason struct{ Text, Href string }

func (p *Pages) annex(c *web.Context) error { return p.render(c, nil) }

// typed is what somebody filled in that could not be saved.
type typed struct {
	choices map[string]Choice
	faults  []web.FieldError
	faulty  map[string]string
	own     *Own // a requirement of one's own that could not be saved
}

func (p *Pages) render(c *web.Context, in *typed) error {
	if c.Path("slug") == "" {
		return p.renderPurchase(c, in)
	}
	v, a, err := p.Service.Annex(c.Context(), c.Actor, c.Path("slug"), c.L)
	if err != nil {
		return err
	}
	page := annexPage{
		Page: web.Page{
			Title: c.L.T("procurement.page-title", "System", v.System.Name), Active: "procurement",
			Crumbs: []web.Crumb{{Label: c.L.T("procurement.page-crumb"), Href: "/upphandling"}, {Label: v.System.Name}},
		},
		Head: requirement.PageHead(c, &v, web.TabProcurement), Slug: v.System.Slug, Base: systemBase(v.System.Slug), Annex: a, Total: len(a.Rows), Included: a.Shall + a.Should, Stop: v.Need.Stop,
		CanChoose: access.AllowedAt(c.Actor, "procurement.Choose", v.System.UnitID), CanSeeReplies: access.AllowedAt(c.Actor, "procurement.Supplied", v.System.UnitID), Notes: notes(c.L, &v, &a),
	}
	if in != nil {
		page.Errors = in.faults
	}
	if a.Tender != "" && access.AllowedAt(c.Actor, "procurement.Tender", v.System.UnitID) {
		page.Tender = tenderPath(a.Tender.String())
	}
	page.showRows(c, a.Rows, in)
	page.showOwn(c, a.Own, in)
	if access.AllowedAt(c.Actor, "report.Write", v.System.UnitID) && !v.Need.Stop {
		page.Exports = p.exports(c.L, v.System.Slug)
	}
	return c.Render(pages, "annex.html", page)
}

// showRows shows one topic: the chosen one, else the first that the annex has something of, below the list of all.
func (p *annexPage) showRows(c *web.Context, rows []Row, in *typed) {
	topic, weight := c.Query(byTopic), oneOf(c.Query(byWeight), shall, should)
	all := groupRows(c.L, rows, weight, nil)
	p.Filter = annexFilters(c.L, rows, p.Base, topic, weight)
	shown := topic
	if topic == "" {
		shown = firstTopic(all)
		p.Parts = topicParts(c.L, all, p.Base, weight, shown)
		p.Filter.Action = address(p.Base, shown, weight)
	}
	for i := range all {
		if topic == "" || all[i].ID == topic {
			p.Shown += len(all[i].Rows) + len(all[i].Offered)
			p.Chosen += all[i].Chosen
		}
		if all[i].ID != shown {
			continue
		}
		p.Topics = all[i : i+1]
		p.Around = requirement.PageNeighbours(c.L, address(p.Base, "", weight), i, len(all), func(i int) web.Link {
			return web.Link{Label: all[i].Title, Href: address(p.Base, all[i].ID, weight)}
		})
	}
	if in != nil { // nothing typed is lost, whatever somebody else has changed meanwhile
		p.Topics = groupRows(c.L, rows, "", in)
	}
}

func oneOf(value string, known ...string) string {
	if slices.Contains(known, value) {
		return value
	}
	return ""
}

// systemBase is the address of a system's annex.
func systemBase(slug string) string { return "/system/" + slug + "/upphandling" }

// address is an annex with one topic, one weight, or all of them.
func address(base, topic, weight string) string {
	q := url.Values{}
	if topic != "" {
		q.Set(byTopic, topic)
	}
	if weight != "" {
		q.Set(byWeight, weight)
	}
	if len(q) == 0 {
		return base
	}
	return base + "?" + q.Encode()
}

// firstTopic is the first topic that the annex has something of, else the first of all.
func firstTopic(groups []topicGroup) string {
	if len(groups) == 0 {
		return ""
	}
	return groups[max(0, slices.IndexFunc(groups, func(g topicGroup) bool { return g.Chosen > 0 }))].ID
}

// topicParts lists the topics by part of the catalogue, each with how many rows the annex has, leaves out and could have.
func topicParts(l *locale.Localizer, groups []topicGroup, base, weight, current string) []web.TopicPart {
	var out []web.TopicPart
	for _, part := range []string{catalogue.PartGovernance, catalogue.PartTechnical} {
		total := 0
		var lines []web.TopicLine
		for i := range groups {
			g := &groups[i]
			if g.Part != part {
				continue
			}
			n := len(g.Rows) + len(g.Offered)
			total += n
			line := web.TopicLine{Name: g.Title, Href: address(base, g.ID, weight), Total: requirement.PageCount(l, n), Current: g.ID == current}
			add := func(n int, key string, bad bool) {
				if n > 0 {
					line.Counts = append(line.Counts, web.TopicCount{Text: l.T(key, "Count", n), Bad: bad})
				}
			}
			add(g.Chosen, "procurement.page-topic-count", false)
			add(len(g.Rows)-g.Chosen, "procurement.page-topic-left", true)
			add(len(g.Offered), "procurement.page-topic-offered", false)
			lines = append(lines, line)
		}
		if len(lines) > 0 {
			p := requirement.PagePart(l, part, total)
			p.Topics = lines
			out = append(out, p)
		}
	}
	return out
}

// exports are the links to the annex as a document.
func (p *Pages) exports(l *locale.Localizer, slug string) []web.Link {
	return p.exportsOf(l, url.Values{"system": {slug}})
}

// exportsOf are the links to an annex as a document, of the system or the purchase that the query names.
func (p *Pages) exportsOf(l *locale.Localizer, q url.Values) []web.Link {
	var out []web.Link
	for i, format := range []string{"docx", "xlsx", "pdf", "ods", "html"} {
		if format == "pdf" && !p.PDF {
			continue
		}
		q.Set("format", format)
		q.Set("lang", l.Lang)
		out = append(out, web.Link{Label: l.T("procurement.page-export-" + format), Href: "/rapporter/procurement?" + q.Encode(), Icon: "dl", Primary: i == 0})
	}
	return out
}

// notes tells what to settle before the tender is announced.
func notes(l *locale.Localizer, v *requirement.View, a *Annex) []note {
	slug := "/system/" + v.System.Slug
	var out []note
	add := func(n int, key, href string) {
		if n > 0 {
			out = append(out, note{Text: l.T("procurement.page-note-"+key, "Count", n), Link: l.T("procurement.page-note-" + key + "-link"), Href: href})
		}
	}
	unknown, conditional := 0, 0
	for _, level := range v.Need.Levels {
		if level.Basis == classification.None {
			unknown++
		}
	}
	for _, r := range a.Included() {
		if r.Conditional {
			conditional++
		}
	}
	add(unknown, "unknown", slug+"/klassning")
	if unknown == 0 && v.State.Decided == nil {
		add(1, "draft", slug+"/klassning")
	}
	add(conditional, "conditional", slug+"/krav")
	add(len(a.Included())-proportionate, "long", address(systemBase(v.System.Slug), "", should))
	return out
}

// annexFilters makes the form that narrows the rows, with how many rows each topic has.
func annexFilters(l *locale.Localizer, rows []Row, base, topic, weight string) annexFilter {
	lang := catalogue.Lang(l.Lang)
	f := annexFilter{Active: topic != "" || weight != "", Action: address(base, topic, weight)}
	counts := map[string]int{}
	var options []web.Option
	for _, r := range rows {
		if counts[r.Topic.ID]++; counts[r.Topic.ID] == 1 {
			options = append(options, web.Option{Value: r.Topic.ID, Label: r.Topic.Name.In(lang)})
		}
	}
	locale.Sort(options, func(o web.Option) string { return o.Label })
	for i := range options {
		options[i].Label += " (" + l.Number(int64(counts[options[i].Value])) + ")"
	}
	all := web.Option{Label: l.T("procurement.page-all-topics")}
	f.Topic = web.Field{Name: byTopic, Value: topic, Options: append([]web.Option{all}, options...)}
	f.Weight = web.Field{Name: byWeight, Value: weight, Options: []web.Option{
		{Label: l.T("procurement.page-all-weights")},
		{Value: shall, Label: l.T("procurement.page-only-shall")},
		{Value: should, Label: l.T("procurement.page-only-should")},
	}}
	return f
}

// groupRows puts the rows of a weight under their topics, in the catalogue's order; of a form that was sent, the rows it has.
func groupRows(l *locale.Localizer, rows []Row, weight string, in *typed) []topicGroup {
	var groups []topicGroup
	at := map[string]int{}
	for i := range rows {
		r := &rows[i]
		if weight == shall && !r.Mandatory() || weight == should && r.Mandatory() || in != nil && !in.has(r.ID) {
			continue
		}
		n, ok := at[r.Topic.ID]
		if !ok {
			n = len(groups)
			at[r.Topic.ID] = n
			groups = append(groups, topicGroup{Topic: r.Topic, Title: r.Topic.Name.In(catalogue.Lang(l.Lang))})
		}
		groups[n].add(l, r, in)
	}
	return groups
}

// has reports whether a form had a row.
func (t *typed) has(id string) bool {
	_, ok := t.choices[id]
	return ok
}

func (g *topicGroup) add(l *locale.Localizer, r *Row, in *typed) {
	row := pageRow(l, r)
	if in != nil {
		if was, ok := in.choices[r.ID]; ok {
			row.Included, row.Reason, row.Fault = was.Included, was.Reason, in.faulty[r.ID]
			row.Must = was.Weight == Shall
		}
	}
	if r.Included {
		g.Chosen++
	}
	// What was proposed stays in sight when it is left out: that is a choice to be seen. The rest is only offered.
	if r.Included || r.Proposed {
		g.Rows = append(g.Rows, row)
		return
	}
	g.Open = g.Open || row.Included || row.Fault != ""
	g.Offered = append(g.Offered, row)
}

func pageRow(l *locale.Localizer, r *Row) annexRow {
	lang := catalogue.Lang(l.Lang)
	out := annexRow{
		ID: r.ID, Text: r.Shall(lang), Verify: r.Verify(lang), Conditional: r.Conditional,
		Included: r.Included, Was: r.Included, Demands: r.Proposed, Weight: web.Tag{Word: l.T("procurement.page-should")}, Must: r.Mandatory(), WasMust: r.Mandatory(),
	}
	if out.Must {
		out.Weight = web.Tag{Kind: "info", Word: l.T("procurement.page-shall")}
	}
	for _, b := range r.Because {
		x := reason{Text: b.Text}
		if _, ok := lawOf(r, b.Ref); ok {
			x.Href = "/regler/" + url.PathEscape(b.Ref)
		}
		out.Because = append(out.Because, x)
	}
	if r.Choice != nil {
		out.Reason, out.Saved, out.Since = r.Choice.Reason, r.Choice.Reason, l.Moment(r.Choice.At)
	}
	return out
}

func lawOf(r *Row, id string) (*catalogue.Law, bool) {
	i := slices.IndexFunc(r.Laws, func(x *catalogue.Law) bool { return x.ID == id })
	if i < 0 {
		return nil, false
	}
	return r.Laws[i], true
}

// choose saves what was changed on the page. Rows that nobody touched are left as they are, and so are those of other topics, so
// that two people do not undo each other.
func (p *Pages) choose(c *web.Context) error {
	in := typed{choices: map[string]Choice{}, faulty: map[string]string{}}
	changed := in.read(c)
	if len(in.faults) > 0 {
		return p.render(c, &in)
	}
	back := address(baseOf(c), c.Query(byTopic), oneOf(c.Query(byWeight), shall, should))
	if topic := c.Query(byTopic); topic != "" {
		back += "#o-" + url.PathEscape(topic)
	}
	if len(changed) == 0 {
		return c.Redirect(web.Local(back), "procurement.page-unchanged")
	}
	err := p.Service.Choose(c.Context(), c.Actor, refOf(c), c.L, changed)
	var bare *ReasonError
	switch {
	case errors.As(err, &bare):
		for _, id := range bare.Requirements {
			in.fault(c.L, id, "procurement.page-reason-needed")
		}
		return p.render(c, &in)
	case errors.Is(err, ErrUnknown):
		return &web.Error{Status: http.StatusConflict, Key: "procurement.page-gone", Err: err}
	case err != nil:
		return err
	}
	return c.Redirect(web.Local(back), "procurement.page-saved", "Count", strconv.Itoa(len(changed)))
}

// read reads the rows of the form, and gives those that differ from what stood there when the page was opened.
func (t *typed) read(c *web.Context) []Choice {
	ticked, was := setOf(c.Forms("in")), setOf(c.Forms("was"))
	var changed []Choice
	for _, id := range c.Forms("row") {
		x := Choice{Requirement: id, Included: ticked[id], Reason: c.Form("reason-" + id), Weight: oneOf(c.Form("weight-"+id), Shall, Should)}
		if _, again := t.choices[id]; again {
			continue
		}
		t.choices[id] = x
		if len([]rune(x.Reason)) > maxReason {
			t.fault(c.L, id, "procurement.page-reason-long", "Max", maxReason)
		}
		if x.Included == was[id] && (x.Included || x.Reason == c.Form("reason-was-"+id)) && x.Weight == oneOf(c.Form("weight-was-"+id), Shall, Should) {
			continue
		}
		if x.Included {
			x.Reason = "" // it was a reason to leave the row out
		}
		changed = append(changed, x)
	}
	return changed
}

func setOf(list []string) map[string]bool {
	out := make(map[string]bool, len(list))
	for _, v := range list {
		out[v] = true
	}
	return out
}

func (t *typed) fault(l *locale.Localizer, id, key string, args ...any) {
	t.faults = append(t.faults, web.FieldError{Field: "reason-" + id, Key: key, Args: args})
	t.faulty[id] = l.T(key, args...)
}
