// SPDX-License-Identifier: EUPL-1.2

package overview

import (
	"errors"
	"hash/fnv"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/evidence"
	"github.com/insegel/insegel/internal/procurement"
	"github.com/insegel/insegel/internal/requirement"
	"github.com/insegel/insegel/internal/web"
)

// answerForm is the fields of one requirement's answer. Every name ends with the requirement's id.
type answerForm struct {
	ID, Title string
	Statuses  []option
	Sources   []option
	On, Note  string
	// Was is the mark of the answer that the form was filled from, to tell what the reader has changed.
	Was string
	// Open shows the fields at once.
	Open bool
}

type requirementRow struct {
	ID, Anchor, Title, Href string
	Shall                   web.Tag
	Status                  web.Tag
	Source                  web.Source
	Note                    string
	Role, Kind              string
	Conditional, Outdated   bool
	Why                     web.Why
	Reply                   *replyLine
	// Shown is what answers and evidence show together; its word is empty when nothing is known but the answer itself.
	Shown web.Tag
	// Prove leads to the form of evidence for it; empty when the reader may not.
	Prove string
	Form  answerForm
}

// topicRows is the requirements of one topic that a page shows.
type topicRows struct {
	ID, Name string
	// Heading is the name, or what is said about it. Href leads to the whole topic when the page shows only some of it.
	Heading, Href string
	Rows          []requirementRow
	Known         int // how many of them are answered
}

type requirementsPage struct {
	web.Page
	Head web.SystemHead
	Stop *web.Note
	Bar  web.Bar
	// Proven are how many requirements evidence shows this or that of, in words.
	Proven  []string
	Total   int
	Filters []selectField
	Path    string
	// Action is where the answers are sent: what the page shows, with its filters.
	Action string
	Shown  string
	Clear  bool
	// Parts are all topics, when the reader has chosen none and no filter.
	Parts []web.TopicPart
	// Topics are the rows shown: of the chosen topic, of the first that needs an answer, or one page of what the filters leave.
	Topics []topicRows
	// One says that they are of one topic; Around leads to the others.
	One       bool
	Around    web.Neighbours
	Paging    web.Paging
	MayAnswer bool
}

// requirementFilter narrows the requirements of a system.
type requirementFilter struct{ Status, Kind, Role, Topic string }

func readRequirementFilter(c *web.Context) requirementFilter {
	return requirementFilter{
		Status: oneOf(c.Query("status"), WithMet, WithPartly, WithNotMet, WithUnknown, WithNotApplicable),
		Kind:   oneOf(c.Query("slag"), "organisational", "administrative", "physical", "technical"),
		Role:   oneOf(c.Query("roll"), catalogue.Roles()...), Topic: c.Query("omrade"),
	}
}

func (f requirementFilter) pairs() []string {
	return []string{"status", f.Status, "slag", f.Kind, "roll", f.Role, "omrade", f.Topic}
}

// narrows reports whether the filter does more than choose a topic.
func (f requirementFilter) narrows() bool { return f.Status != "" || f.Kind != "" || f.Role != "" }

func (f requirementFilter) matches(r *requirement.Applied) bool {
	var t requirement.Tally
	t.Count(r.Answer.Status)
	return (f.Status == "" || counted(t, f.Status) > 0) && (f.Kind == "" || f.Kind == r.Kind) &&
		(f.Role == "" || f.Role == r.Role) && (f.Topic == "" || f.Topic == r.Topic)
}

// touched reports whether a requirement has a fault, so that a filter does not hide it.
func touched(faults []web.FieldError, id string) bool {
	return slices.ContainsFunc(faults, func(f web.FieldError) bool { return strings.HasSuffix(f.Field, "."+id) })
}

// replyLine is what a supplier attests about a requirement.
type replyLine struct {
	Tag                  web.Tag
	How, From, By, Other string
}

func reply(c *web.Context, o *One, r *requirement.Applied) *replyLine {
	given, ok := o.Replies[r.ID]
	if !ok {
		return nil
	}
	out := &replyLine{Tag: procurement.PageReply(c.L, given.Status), How: given.How, By: c.L.T("procurement.supplied-attested", "Who", given.Who, "Moment", c.L.Moment(given.Sent))}
	if !given.From.IsZero() {
		out.From = c.L.T("procurement.supplied-from", "Day", c.L.Date(given.From))
	}
	if given.Differs(r.Answer.Status) {
		out.Other = c.L.T("procurement.supplied-differs")
	}
	if given.Differs(requirement.NotMet) && measuredAgainst(r) {
		out.Other = c.L.T("overview.reply-measured")
	}
	return out
}

// measuredAgainst reports whether a measurement that counts says that a requirement is not met.
func measuredAgainst(r *requirement.Applied) bool {
	return slices.ContainsFunc(r.Shown.Grounds, func(g requirement.Ground) bool {
		return g.Measured() && !g.Old && !g.Disputed() && g.Outcome == evidence.Against
	})
}

func (p *Pages) requirementRow(c *web.Context, o *One, r *requirement.Applied, faults []web.FieldError) requirementRow {
	row := requirementRow{
		ID: r.ID, Anchor: "krav-" + r.ID, Title: r.Is(lang(c)), Href: "/krav/" + r.ID, Shall: weightTag(c, r.Must),
		Status: requirement.PageStatus(c.L, r.Answer.Status), Source: source(c, &r.Answer), Note: r.Answer.Note,
		Role: requirement.PageRole(c.L, r.Role), Kind: c.L.T("overview.kind-of-" + r.Kind),
		Conditional: r.Conditional, Outdated: r.Outdated, Why: p.why(c, &o.View, r),
		Reply: reply(c, o, r),
	}
	if len(r.Shown.Grounds) > 0 {
		row.Shown = shownTag(c.L, r.Shown.Status)
		if r.Shown.Status == requirement.Unproven && slices.ContainsFunc(r.Shown.Grounds, func(g requirement.Ground) bool { return g.Disputed() && !g.Old }) {
			row.Shown = disputedTag(c)
		}
	}
	if mayAt(c, "evidence.Record", &o.View.System) {
		row.Prove = evidence.NewPath(o.View.System.Slug, evidence.SubjectOther, r.ID)
	}
	a := r.Answer
	fresh := form(c, r, a)
	row.Form = fresh
	if posted(c, r.ID) { // nothing typed is lost
		row.Form = form(c, r, typed(c, r.ID))
		row.Form.On, row.Form.Was = c.Form("on."+r.ID), c.Form("was."+r.ID)
		if conflicts(faults, r.ID) { // the reader sees the saved answer now, and may save over it
			row.Form.Was = fresh.Was
		}
		row.Form.Open = touched(faults, r.ID)
	}
	return row
}

// typed is the answer as it stands in a posted form. Its day is read apart, since it may not be one.
func typed(c *web.Context, id string) requirement.Answer {
	return requirement.Answer{
		Requirement: id, Status: requirement.Status(c.Form("status." + id)), KnownBy: c.Form("by." + id), Note: c.Form("note." + id),
	}
}

func form(c *web.Context, r *requirement.Applied, a requirement.Answer) answerForm {
	f := answerForm{ID: r.ID, Title: r.Is(lang(c)), On: a.KnownOn.String(), Note: a.Note, Was: mark(a.Status, a.KnownBy, a.KnownOn.String(), a.Note)}
	if r.Answer.Status == requirement.Unanswered {
		f.Statuses = append(f.Statuses, option{Value: string(requirement.Unanswered), Label: c.L.T("requirement.status-unanswered"), Selected: a.Status == requirement.Unanswered})
	}
	for _, s := range requirement.Statuses {
		f.Statuses = append(f.Statuses, option{Value: string(s), Label: c.L.T("requirement.status-" + string(s)), Selected: a.Status == s})
	}
	by := a.KnownBy
	if by == "" {
		by = requirement.SelfAssessed
	}
	f.Sources = options(by, requirement.SelfAssessed, c.L.T("web.source-self-assessed"), requirement.Attested, c.L.T("web.source-attested"),
		requirement.Measured, c.L.T("web.source-measured"))
	return f
}

// mark is a short sum of an answer, to see whether it has changed. It keeps no secret. How it is known says nothing before there
// is an answer.
func mark(status requirement.Status, by, on, note string) string {
	if status == requirement.Unanswered {
		by = ""
	}
	h := fnv.New64a()
	_, _ = h.Write([]byte(strings.Join([]string{string(status), by, on, note}, "\x00"))) // a hash cannot fail
	return strconv.FormatUint(h.Sum64(), 36)
}

// conflicts reports whether a row is refused because somebody else was first.
func conflicts(faults []web.FieldError, id string) bool {
	return slices.ContainsFunc(faults, func(f web.FieldError) bool { return f.Key == conflict && f.Field == "status."+id })
}

const conflict = "overview.fault-conflict"

func source(c *web.Context, a *requirement.Answer) web.Source {
	if a.Status == requirement.Unanswered {
		return web.Source{Kind: web.NotMeasured, Word: c.L.T("overview.no-answer")}
	}
	return requirement.PageSource(c.L, *a)
}

func weightTag(c *web.Context, must bool) web.Tag {
	if must {
		return web.Tag{Word: c.L.T("overview.must")}
	}
	return web.Tag{Word: c.L.T("overview.should")}
}

// why makes the chain of five links from the information to the evidence.
func (p *Pages) why(c *web.Context, v *requirement.View, r *requirement.Applied) web.Why {
	w := web.Why{Met: r.Answer.Status != requirement.NotMet && r.Answer.Status != requirement.Partly}
	path := systemPath(v.System.Slug)
	levels := path + "/klassning"
	if !c.MayOpen(levels) {
		levels = ""
	}
	for _, b := range r.Because {
		switch b.Kind {
		case catalogue.BecauseInformation:
			w.Information = append(w.Information, web.WhyLine{Text: b.Text, Href: "/information/" + url.PathEscape(b.Ref)})
		case catalogue.BecauseCondition:
			w.Information = append(w.Information, web.WhyLine{Text: b.Text, Href: path + "#facts"})
		case "level":
			w.Classification = append(w.Classification, web.WhyLine{Text: b.Text, Href: levels})
		}
	}
	if len(w.Information) == 0 {
		w.Information = p.informationLines(c, v)
	}
	for _, l := range r.Laws {
		w.Rule = append(w.Rule, web.WhyLine{Text: lawTitle(l, lang(c)), Detail: ruleDetail(c, l), Href: "/regler/" + l.ID})
	}
	if len(w.Rule) == 0 {
		w.Rule = []web.WhyLine{{Text: c.L.T("overview.why-no-rule"), Href: "/krav/" + r.ID}}
	}
	if n := len(w.Classification); n > 0 {
		w.Classification[n-1].Detail = decidedBy(c, v) // once: it holds for every aspect
	} else {
		w.Classification = []web.WhyLine{{Text: c.L.T("overview.why-any-level"), Href: levels}}
	}
	w.Protection = []web.WhyLine{{Text: r.Is(lang(c)), Detail: c.L.T("overview.kind-of-" + r.Kind), Href: "/krav/" + r.ID}}
	line := web.WhyLine{Text: c.L.T("requirement.status-" + string(r.Answer.Status)), Href: "#svar-" + r.ID}
	if r.Answer.Status != requirement.Unanswered {
		line.Detail = c.L.T("web.source-"+r.Answer.KnownBy) + " " + c.L.Date(r.Answer.KnownOn)
	}
	if !mayAt(c, "requirement.Answer", &v.System) {
		line.Href = "#krav-" + r.ID
	}
	w.Evidence = append(p.evidenceLines(c, v, r), line)
	switch r.Shown.Status {
	case requirement.ShownUnmet, requirement.Contradicted:
		w.Met = false
	}
	return w
}

// informationLines names what the system holds, for a requirement that follows from the levels alone.
func (p *Pages) informationLines(c *web.Context, v *requirement.View) []web.WhyLine {
	const most = 3
	var out []web.WhyLine
	for _, h := range p.held(c, &v.System) {
		if len(out) == most {
			out = append(out, web.WhyLine{Text: c.L.T("overview.why-more", "Count", len(v.System.Information)-most), Href: systemPath(v.System.Slug) + "#info"})
			break
		}
		line := web.WhyLine{Text: h.Name, Href: h.Href}
		if h.Waiting {
			line.Detail = h.Tag.Word
		}
		out = append(out, line)
	}
	return out
}

func ruleDetail(c *web.Context, l *catalogue.Law) string {
	s := c.L.T("overview.basis-" + l.Basis)
	if !l.Verified {
		s += ", " + strings.ToLower(c.L.T("overview.unverified"))
	}
	return s
}

// decidedBy tells what the levels rest on.
func decidedBy(c *web.Context, v *requirement.View) string {
	if d := v.State.Decided; d != nil {
		return c.L.T("overview.decided-by", "Decider", d.Decider, "Day", c.L.Date(d.DecidedOn))
	}
	return c.L.T("overview.basis-" + string(v.Need.Basis()))
}

func (p *Pages) requirementFilters(c *web.Context, v *requirement.View, f requirementFilter) []selectField {
	t := c.L.T
	all := t("overview.all")
	statuses := []string{"", all}
	for _, w := range tallied {
		statuses = append(statuses, w, t("overview.share-"+w))
	}
	kinds := []string{"", all}
	for _, k := range []string{"organisational", "administrative", "physical", "technical"} {
		kinds = append(kinds, k, t("overview.kind-of-"+k))
	}
	roles, topics := []string{"", all}, []string{"", all}
	for _, role := range catalogue.Roles() {
		if slices.ContainsFunc(v.Requirements, func(r requirement.Applied) bool { return r.Role == role }) {
			roles = append(roles, role, requirement.PageRole(c.L, role))
		}
	}
	for _, topic := range p.Overview.catalogue().Topics {
		if slices.ContainsFunc(v.Requirements, func(r requirement.Applied) bool { return r.Topic == topic.ID }) {
			topics = append(topics, topic.ID, topic.Name.In(lang(c)))
		}
	}
	return []selectField{
		{"omrade", t("overview.topic"), options(f.Topic, topics...)},
		{"status", t("overview.status"), options(f.Status, statuses...)},
		{"slag", t("overview.kind-of"), options(f.Kind, kinds...)},
		{"roll", t("overview.role"), options(f.Role, roles...)},
	}
}

// tallied are the parts of a tally in the order of the bar. Together they are all of it.
var tallied = []string{WithMet, WithPartly, WithNotMet, WithNotApplicable, WithUnknown}

// shareKinds are how the parts of a tally are drawn.
var shareKinds = map[string]string{
	WithMet: web.ShareOK, WithPartly: web.SharePart, WithNotMet: web.ShareBad, WithNotApplicable: web.ShareNone, WithUnknown: web.ShareUnknown,
}

// bar draws a tally. current is the part that the page shows, if it shows one.
func bar(c *web.Context, t requirement.Tally, current string, href func(with string) string) web.Bar {
	b := web.Bar{ID: "krav"}
	for _, with := range tallied {
		b.Shares = append(b.Shares, web.Share{
			Kind: shareKinds[with], Label: c.L.T("overview.share-" + with), Href: href(with), Count: counted(t, with), Current: with == current,
		})
	}
	return b
}

// maxNote is how long a note may be: it stands in one table cell of the reports.
const maxNote = 2000

// saveAnswers saves every row of the page that the reader has changed. Rows that are not on the page are left as they are.
func (p *Pages) saveAnswers(c *web.Context) error {
	o, err := p.Overview.Requirements(c.Context(), c.Actor, c.Path("slug"), c.L)
	if err != nil {
		return err
	}
	answers, saved, faults := p.readAnswers(c, &o.View)
	if len(faults) > 0 {
		return p.renderRequirements(c, &o, faults)
	}
	back := backTo(c, o.View.System.Slug, saved)
	if len(answers) == 0 {
		return c.Redirect(back, "overview.nothing-changed")
	}
	err = p.Requirements.Answer(c.Context(), c.Actor, o.View.System.Slug, answers)
	if errors.Is(err, db.ErrConflict) { // somebody was first between the reading and the writing: read again, and show both
		if now, e := p.Overview.Requirements(c.Context(), c.Actor, c.Path("slug"), c.L); e == nil {
			if _, _, faults := p.readAnswers(c, &now.View); len(faults) > 0 {
				return p.renderRequirements(c, &now, faults)
			}
		}
	}
	if err != nil {
		return err
	}
	return c.Redirect(back, "overview.answers-saved", "Count", strconv.Itoa(len(answers)))
}

// readAnswers reads the rows of the form that the reader has changed, saved as they are once the answers are, and what is wrong.
func (p *Pages) readAnswers(c *web.Context, v *requirement.View) (answers []requirement.Answer, saved []requirement.Applied, faults []web.FieldError) {
	for i := range v.Requirements {
		r := v.Requirements[i]
		if !posted(c, r.ID) {
			continue
		}
		a, changed, wrong := p.readAnswer(c, v, &r)
		faults = append(faults, wrong...)
		if changed && len(wrong) == 0 {
			over := int64(0)
			if r.Answer.Status != requirement.Unanswered {
				over = db.Millis(r.Answer.At)
			}
			a.Over, r.Answer = &over, a
			answers, saved = append(answers, a), append(saved, r)
		}
	}
	return answers, saved, faults
}

// posted reports whether a form was sent that has a requirement's fields.
func posted(c *web.Context, id string) bool {
	return c.Request.PostForm != nil && c.Request.PostForm.Has("status."+id)
}

// backTo is where the reader was: the answer itself when there is one and the filters still show it, else the rows.
func backTo(c *web.Context, slug string, saved []requirement.Applied) string {
	f := readRequirementFilter(c)
	page := ""
	if n := pageNumber(c); n > 1 {
		page = strconv.Itoa(n)
	}
	at := "#rows"
	if len(saved) == 1 && f.matches(&saved[0]) {
		at = "#krav-" + url.PathEscape(saved[0].ID)
	} else if f.Topic != "" && !f.narrows() {
		at = "#omrade-" + url.PathEscape(f.Topic)
	}
	return web.Local(address(systemPath(slug)+"/krav", append(f.pairs(), "sida", page)...) + at)
}

// readAnswer reads one row of the form: what was answered, whether the reader has changed it, and what is wrong.
func (p *Pages) readAnswer(c *web.Context, v *requirement.View, r *requirement.Applied) (requirement.Answer, bool, []web.FieldError) {
	a := typed(c, r.ID)
	was := c.Form("was." + r.ID)
	if mark(a.Status, a.KnownBy, c.Form("on."+r.ID), a.Note) == was {
		return a, false, nil
	}
	fault := func(field, key string) []web.FieldError {
		return []web.FieldError{{Field: field + "." + r.ID, Key: key, Args: []any{"Requirement", r.Is(lang(c))}}}
	}
	if mark(r.Answer.Status, r.Answer.KnownBy, r.Answer.KnownOn.String(), r.Answer.Note) != was {
		return a, true, fault("status", conflict)
	}
	if a.Status == requirement.Unanswered {
		return a, true, fault("status", "overview.fault-status")
	}
	var err error
	if on := c.Form("on." + r.ID); on != "" {
		if a.KnownOn, err = civil.Parse(on); err != nil {
			return a, true, fault("on", "overview.fault-day")
		}
	} else {
		a.KnownOn = v.Today
	}
	if len([]rune(a.Note)) > maxNote {
		return a, true, fault("note", "overview.fault-long")
	}
	return a, true, checked(&a, p.Overview.catalogue(), v.Today, fault)
}

// checked turns what the answer's own rules refuse into a sentence beside the field.
func checked(a *requirement.Answer, c *catalogue.Catalogue, today civil.Date, fault func(field, key string) []web.FieldError) []web.FieldError {
	switch err := a.Check(c, today); {
	case err == nil:
		return nil
	case errors.Is(err, requirement.ErrKnownBy):
		return fault("by", "overview.fault-known")
	case errors.Is(err, requirement.ErrReason):
		return fault("note", "overview.fault-reason")
	case errors.Is(err, requirement.ErrFuture):
		return fault("on", "overview.fault-future")
	default:
		return fault("status", "overview.fault-status")
	}
}
