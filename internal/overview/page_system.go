// SPDX-License-Identifier: EUPL-1.2

package overview

import (
	"net/url"
	"slices"
	"strconv"

	"github.com/insegel/insegel/internal/action"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/classification"
	"github.com/insegel/insegel/internal/evidence"
	"github.com/insegel/insegel/internal/measurement"
	"github.com/insegel/insegel/internal/organisation"
	"github.com/insegel/insegel/internal/probe/verdict"
	"github.com/insegel/insegel/internal/processing"
	"github.com/insegel/insegel/internal/requirement"
	"github.com/insegel/insegel/internal/system"
	"github.com/insegel/insegel/internal/web"
)

// fact is one line about a system. An unknown one says so and leads to where it is settled.
type fact struct {
	Label, Value, Detail string
	Unknown              bool
	Settle               string
}

type loginRow struct {
	Audience, Address, Zone, Method string
	// Source says how it is known, and Status whether two factors are shown to be demanded; its word is empty when nothing is known.
	Source web.Source
	Status web.Tag
}

type heldRow struct {
	Name, Href, Reason string
	Tag                web.Tag
	// Waiting says that nobody has confirmed that the system holds it.
	Waiting bool
}

type levelRow struct {
	Name    string
	Level   web.LevelBox
	Basis   web.Tag
	Because []string
}

type lawRow struct {
	Name, Sections, Topic, Href string
	Conditional                 bool
	Tags                        []web.Tag
	Because                     []string
}

type question struct{ Text, From, Href string }

type systemPage struct {
	web.Page
	Head       web.SystemHead
	Stop       *web.Note
	Suspected  *web.Note
	Duties     []fact
	Appoint    string // where people are named; empty when the reader may not
	Facts      []fact
	UnknownOf  int // how many facts are unknown
	Logins     []loginRow
	LoginNote  string
	EditLogins string
	// Measured leads to what is measured of the system; empty when the reader may not see it.
	Measured    string
	Information []heldRow
	Describe    string // where the information is set; empty when the reader may not
	Levels      []levelRow
	Questions   []question
	Laws        []lawRow
	MoreLaws    []lawRow
	LawCount    int
	Last        []event
	HistoryHref string
	Records     *processingsPart
	// Dependencies leads to what the system needs and what needs it.
	Dependencies string
	Files        []web.Link // the system as a document
	Dossier      []web.Link // all that is known of it, without weaknesses and with them
}

// shownLaws and shownEvents are how many stand on the first page; the rest is a click away.
const (
	shownLaws   = 6
	shownEvents = 5
)

// systemFiles are links to the system as a document, as PDF too where it can be printed.
func (p *Pages) systemFiles(c *web.Context, slug string) []web.Link {
	var out []web.Link
	for _, format := range []string{"pdf", "docx", "html"} {
		if format != "pdf" || p.PDF {
			q := url.Values{"format": {format}, "system": {slug}, "lang": {c.L.Lang}}
			out = append(out, web.Link{Label: c.L.T("overview.file-" + format), Href: "/rapporter/register?" + q.Encode(), Icon: "dl"})
		}
	}
	return out
}

// dossierFiles are links to all that is known of the system, without what is weak and with it.
func (p *Pages) dossierFiles(c *web.Context, s *system.System) []web.Link {
	if !mayAt(c, "report.Account", s) {
		return nil
	}
	format := "docx"
	if p.PDF {
		format = "pdf"
	}
	q := url.Values{"slag": {"dossier"}, "format": {format}, "system": {s.Slug}, "lang": {c.L.Lang}}
	out := []web.Link{{Label: c.L.T("overview.dossier"), Href: "/rapporter/om-laget?" + q.Encode(), Icon: "dl"}}
	q.Set("sarbarheter", "ja")
	return append(out, web.Link{Label: c.L.T("overview.dossier-weak"), Href: "/rapporter/om-laget?" + q.Encode(), Icon: "lock"})
}

func (p *Pages) system(c *web.Context) error {
	o, err := p.Overview.System(c.Context(), c.Actor, c.Path("slug"), c.L)
	if err != nil {
		return err
	}
	v := &o.View
	d := systemPage{
		Page: p.systemBase(c, v), Head: p.head(c, &o, web.TabOverview), Stop: stopNote(c, v),
		Duties: duties(c, &o), Appoint: appoint(c, &v.System), Facts: p.facts(c, &v.System), Logins: p.logins(c, v), LoginNote: v.System.LoginNote,
		Information: p.held(c, &v.System), Levels: levels(c, &v.Need), Questions: p.questions(c, v),
		Last: p.events(c, o.Last), HistoryHref: systemPath(v.System.Slug) + "/historik", LawCount: len(v.Laws),
	}
	if len(d.Last) > shownEvents {
		d.Last = d.Last[:shownEvents]
	}
	for _, f := range d.Facts {
		if f.Unknown {
			d.UnknownOf++
		}
	}
	if v.Need.Suspected && !v.Need.Stop {
		d.Suspected = suspectedNote(c, v)
	}
	if mayAt(c, "classification.SetInformation", &v.System) && !v.Need.Stop {
		d.Describe = systemPath(v.System.Slug) + "/klassning"
	}
	if mayAt(c, "report.Write", &v.System) && !v.Need.Stop {
		d.Files = p.systemFiles(c, v.System.Slug)
		d.Dossier = p.dossierFiles(c, &v.System)
	}
	d.EditLogins = settle(c, &v.System, loginField)
	if mayAt(c, "measurement.List", &v.System) {
		d.Measured = measurement.Place + "?" + url.Values{"system": {v.System.Slug}}.Encode()
	}
	if mayAt(c, "overview.Dependencies", &v.System) {
		d.Dependencies = dependencyPath(v.System.Slug)
	}
	if d.Records, err = p.processingsOf(c, processing.Filter{System: v.System.Slug}, "system="+v.System.ID.String()); err != nil {
		return err
	}
	laws := p.laws(c, v.Laws)
	d.Laws = laws[:min(len(laws), shownLaws)]
	d.MoreLaws = laws[len(d.Laws):]
	return c.Render(templates, "system.html", d)
}

// systemBase is what every page about a system has in common.
func (p *Pages) systemBase(c *web.Context, v *requirement.View) web.Page {
	b := web.Page{Title: v.System.Name, Active: MenuSystems, Crumbs: []web.Crumb{{Label: c.L.T("overview.systems"), Href: "/system"}}}
	if v.System.Unit != "" {
		b.Crumbs = append(b.Crumbs, web.Crumb{Label: v.System.Unit, Href: address("/system", "forvaltning", v.System.UnitID.String())})
	}
	b.Crumbs = append(b.Crumbs, web.Crumb{Label: v.System.Name})
	return b
}

// head draws the top of a system's pages, with what the reader may do.
func (p *Pages) head(c *web.Context, o *One, active string) web.SystemHead {
	v := &o.View
	h := requirement.PageHead(c, v, active)
	h.Tabs.Actions = open(o.Actions)
	if v.State.Decided != nil && v.State.Draft != nil {
		h.Tags = append(h.Tags, web.Info(c.L.T("overview.tag-renewal")))
	}
	h.Note = "" // the unit stands in the path to the page
	if n := v.System.DataSubjects; n != nil {
		h.Note = c.L.T("overview.data-subjects", "Count", *n)
	}
	if v.Need.Stop {
		return h
	}
	if mayAt(c, "system.Update", &v.System) {
		h.Actions = append(h.Actions, web.Link{Label: c.L.T("overview.edit"), Href: systemPath(v.System.Slug) + editPath, Icon: "edit"})
	}
	if mayAt(c, "classification.Answer", &v.System) && standing(v) != Classified {
		h.Actions = append(h.Actions, web.Link{Label: c.L.T("overview.classify-" + string(standing(v))), Href: systemPath(v.System.Slug) + "/klassning", Primary: true})
	}
	return h
}

// open counts the actions that are not done.
func open(actions map[string]*action.Action) int {
	n := 0
	for _, a := range actions {
		if a.Status != action.Done {
			n++
		}
	}
	return n
}

func stopNote(c *web.Context, v *requirement.View) *web.Note {
	if !v.Need.Stop {
		return nil
	}
	return &web.Note{ID: "stop", Kind: "bad", Title: c.L.T("overview.stop-title"), Text: c.L.T("overview.stop-text")}
}

func suspectedNote(c *web.Context, v *requirement.View) *web.Note {
	n := &web.Note{ID: "suspected", Kind: "warn", Title: c.L.T("overview.suspected-title"), Text: c.L.T("overview.suspected-text")}
	if href := settle(c, &v.System, factField("security_sensitive")); href != "" {
		n.Actions = []web.Link{{Label: c.L.T("overview.settle-question"), Href: href}}
	}
	return n
}

// loginField and factField are the fields of the form that changes a system.
const loginField = "inlogg-0-vem"

func factField(id string) string {
	if id == "hosting" {
		return "drift" // it is asked for among the ordinary fields
	}
	return "fakta-" + id
}

// settle is where something unknown about a system is settled; empty when the reader may not.
func settle(c *web.Context, s *system.System, field string) string {
	if !mayAt(c, "system.Update", s) {
		return ""
	}
	return systemPath(s.Slug) + editPath + "#" + field
}

// say makes a line of a text: empty and "unknown" are unknown.
func say(c *web.Context, s *system.System, key, field, value string) fact {
	f := fact{Label: c.L.T(key), Value: value, Settle: settle(c, s, field)}
	f.Unknown = value == "" || value == system.Unknown
	return f
}

// appoint is where the reader names who answers for a system.
func appoint(c *web.Context, s *system.System) string {
	if !mayAt(c, "system.SetResponsible", s) {
		return ""
	}
	return systemPath(s.Slug) + "/ansvariga"
}

func duties(c *web.Context, o *One) []fact {
	s := &o.View.System
	owner := say(c, s, "overview.fact-information-owner", "", "")
	owner.Settle = appoint(c, s)
	return []fact{
		answering(c, say(c, s, "overview.fact-owner", "agare", s.OwnerRole), o.Responsible[organisation.Owner]),
		answering(c, say(c, s, "overview.fact-manager", "forvaltare", s.ManagerRole), o.Responsible[organisation.Manager]),
		answering(c, owner, o.Responsible[organisation.InformationOwner]),
		say(c, s, "overview.fact-unit", "enhet", s.Unit),
		say(c, s, "overview.fact-supplier", "leverantor", s.Supplier),
	}
}

// answering puts the person who is named before the role.
func answering(c *web.Context, f fact, r organisation.Responsibility) fact {
	if r.Person.IsZero() {
		return f
	}
	f.Detail, f.Unknown = f.Value, false
	if f.Value = r.Left; r.Gone {
		f.Value = c.L.T("overview.has-left", "Name", r.Left)
	}
	return f
}

// word makes a line of a value that has a name in both languages: the message called name.
func word(c *web.Context, s *system.System, key, field, name, value string) fact {
	f := say(c, s, key, field, value)
	if !f.Unknown {
		f.Value = c.L.T(name)
	}
	return f
}

func day(c *web.Context, s *system.System, key, field string, d civil.Date) fact {
	f := say(c, s, key, field, d.String())
	if !f.Unknown {
		f.Value = c.L.Date(d)
	}
	return f
}

func number(c *web.Context, s *system.System, key, field string, n *int64) fact {
	if n == nil {
		return say(c, s, key, field, "")
	}
	return say(c, s, key, field, c.L.Number(*n))
}

// facts are what the register says, in the order of what the law asks about.
func (p *Pages) facts(c *web.Context, s *system.System) []fact {
	out := []fact{
		word(c, s, "overview.fact-kind", "slag", "overview.kind-"+s.Kind, s.Kind),
		word(c, s, "overview.fact-state", "lage", "overview.state-"+s.State, s.State),
		detail(word(c, s, "overview.fact-hosting", "drift", "overview.hosting-"+s.Hosting, s.Hosting), c.L.List(filled(s.HostingNote, s.Country))),
		users(c, s),
		number(c, s, "overview.fact-subjects", "registrerade", s.DataSubjects),
		day(c, s, "overview.fact-contract-end", "avtal-slut", s.ContractEnd),
		detail(word(c, s, "overview.fact-processor", "bitradesavtal", "overview.answer-"+s.ProcessorAgreement, s.ProcessorAgreement), dated(c, s.ProcessorAgreementOn)),
		say(c, s, "overview.fact-sub-processors", "underbitraden", s.SubProcessors),
		detail(word(c, s, "overview.fact-role-model", "rollmodell", "overview.answer-"+s.RoleModel, s.RoleModel), dated(c, s.RoleModelOn)),
		day(c, s, "overview.fact-access-review", "behorighet-dag", s.AccessReviewOn),
		word(c, s, "overview.fact-access-log", "atkomstlogg", "overview.answer-"+s.AccessLog, s.AccessLog),
		logInterval(c, s),
		day(c, s, "overview.fact-log-review", "loggkontroll-dag", s.LogReviewOn),
	}
	if s.Kind == "e-service" {
		out = append(out, say(c, s, "overview.fact-service", "tjanst", s.Service), say(c, s, "overview.fact-audience", "malgrupp", s.Audience))
	}
	for _, f := range []fact{
		say(c, s, "overview.fact-criticality", "betydelse", s.Criticality),
		say(c, s, "overview.fact-contract-note", "avtal-kommentar", s.ContractNote),
		say(c, s, "overview.fact-information-note", "information", s.InformationNote),
		say(c, s, "overview.fact-comment", "kommentar", s.Comment),
	} {
		if !f.Unknown { // a note that nobody has written is not a question
			out = append(out, f)
		}
	}
	for _, st := range s.Facts {
		out = append(out, p.stated(c, s, st))
	}
	return out
}

// stated is a fact that somebody has stated about the system itself.
func (p *Pages) stated(c *web.Context, s *system.System, st catalogue.Statement) fact {
	f, ok := p.Overview.catalogue().Vocabulary.Fact(st.Fact)
	if !ok {
		return fact{Label: st.Fact, Value: st.Value}
	}
	out := fact{Label: f.Name.In(lang(c)), Settle: settle(c, s, factField(st.Fact)), Unknown: st.Value == catalogue.Unknown}
	out.Value = f.Label(st.Value).In(lang(c))
	if key := "overview.answer-" + st.Value; f.Form == catalogue.FormTruth && c.L.Has(key) {
		out.Value = c.L.T(key)
	}
	return out
}

func detail(f fact, text string) fact {
	f.Detail = text
	return f
}

func dated(c *web.Context, d civil.Date) string {
	if d.IsZero() {
		return ""
	}
	return c.L.Date(d)
}

func filled(parts ...string) []string {
	var out []string
	for _, p := range parts {
		if p != "" {
			out = append(out, p)
		}
	}
	return out
}

func users(c *web.Context, s *system.System) fact {
	f := number(c, s, "overview.fact-users", "anvandare", s.Users)
	if s.Users != nil && s.UsersApproximate {
		f.Value = c.L.T("overview.about", "Number", f.Value)
	}
	return f
}

func logInterval(c *web.Context, s *system.System) fact {
	f := number(c, s, "overview.fact-log-interval", "loggkontroll-manader", s.LogReviewMonths)
	if s.LogReviewMonths != nil {
		f.Value = c.L.T("overview.every-months", "Count", *s.LogReviewMonths)
	}
	return f
}

// logins are the ways in, with what was measured of each.
func (p *Pages) logins(c *web.Context, v *requirement.View) []loginRow {
	s := &v.System
	name := func(key, value string) string {
		if c.L.Has(key) {
			return c.L.T(key)
		}
		return value
	}
	var out []loginRow
	for _, l := range s.Logins {
		out = append(out, loginRow{
			Audience: name("overview.audience-"+l.Audience, l.Audience), Address: l.Address, Zone: name("overview.zone-"+l.Zone, l.Zone), Method: l.Method,
			Source: web.Source{Kind: web.NotMeasured, Word: c.L.T("overview.login-claimed")},
		})
	}
	proof := p.Overview.requirements.Proof
	if proof == nil {
		return out
	}
	for i, st := range evidence.Standings(s.Logins, v.Records, evidence.Measured, v.Today) {
		if st.By == nil && st.Disputed != nil && i < len(out) {
			out[i].Source, out[i].Status = web.Source{Kind: web.Measured, Detail: c.L.Date(st.Disputed.SeenOn)}, disputedTag(c)
		}
		if st.By == nil || i >= len(out) {
			continue
		}
		status, _ := proof.Indicator().Way(st.Way, verdict.TwoFactors, verdict.SeriesMeasured)
		out[i].Source, out[i].Status = web.Source{Kind: web.Measured, Detail: c.L.Date(st.By.SeenOn)}, strongTag(c, status)
	}
	return out
}

func (p *Pages) held(c *web.Context, s *system.System) []heldRow {
	var out []heldRow
	for i := range s.Information {
		h := &s.Information[i]
		r := heldRow{Name: h.Name, Href: "/information/" + h.ID.String(), Tag: web.OK(c.L.T("overview.confirmed"))}
		if t, ok := h.Type(p.Overview.catalogue()); ok {
			r.Href = "/information/" + t.ID
			if h.Name == t.Name.SV {
				r.Name = t.Name.In(lang(c))
			}
		}
		if !h.Confirmed {
			r.Tag, r.Reason, r.Waiting = web.Info(c.L.T("overview.suggested")), h.Reason, true
		}
		out = append(out, r)
	}
	return out
}

func levels(c *web.Context, need *classification.Need) []levelRow {
	var out []levelRow
	for _, l := range need.Levels {
		r := levelRow{Name: aspectName(c, l.Aspect), Level: needBox(c, l)}
		r.Level.Wide = true
		if a, ok := need.Model.Aspect(l.Aspect); ok {
			r.Name = a.Name.In(lang(c))
		}
		word := c.L.T("overview.basis-" + string(l.Basis))
		switch l.Basis {
		case classification.ByDecision:
			r.Basis = web.OK(word)
		case classification.ByAnswer:
			r.Basis = web.Tag{Kind: "warn", Icon: "edit", Word: word}
		case classification.BySuggestion:
			r.Basis = web.Info(word)
		default:
			r.Basis = web.Tag{Icon: "q", Word: word}
		}
		r.Because = sentences(l.Because)
		out = append(out, r)
	}
	return out
}

func sentences(because []catalogue.Because) []string {
	var out []string
	for _, b := range because {
		out = append(out, b.Text)
	}
	return out
}

// questions are the facts that may hold and that nobody has settled, each once.
func (p *Pages) questions(c *web.Context, v *requirement.View) []question {
	sure, asked := map[string]bool{}, map[string]bool{}
	for _, o := range v.Subject.Origins {
		if o.Truth == catalogue.Yes {
			sure[o.Fact] = true
		}
	}
	var out []question
	for _, o := range v.Subject.Origins {
		f, ok := p.Overview.catalogue().Vocabulary.Fact(o.Fact)
		if !ok || o.Truth != catalogue.Maybe || sure[o.Fact] || asked[o.Fact] {
			continue
		}
		asked[o.Fact] = true
		q := question{Text: f.Question.In(lang(c)), Href: settle(c, &v.System, factField(o.Fact))}
		switch {
		case o.Source == nil:
			q.From = c.L.T("overview.question-default")
		case o.Source.Kind == catalogue.SourceInformation:
			q.From = c.L.T("overview.question-information", "Name", o.Source.Name.In(lang(c)))
		default:
			q.From = c.L.T("overview.question-register")
		}
		out = append(out, q)
	}
	return out
}

// laws are the rules that concern a system, those that ask something outright first.
func (p *Pages) laws(c *web.Context, applied []requirement.AppliedLaw) []lawRow {
	var first, last []lawRow
	for i := range applied {
		a := &applied[i]
		r := lawRow{
			Name: a.Name.In(lang(c)), Sections: sectionsOf(a.Law), Topic: a.Topic.In(lang(c)), Href: "/regler/" + a.ID,
			Conditional: a.Conditional, Because: sentences(a.Because),
		}
		if a.Conditional {
			r.Tags = append(r.Tags, web.Tag{Kind: "warn", Icon: "q", Word: c.L.T("overview.may-apply")})
		}
		r.Tags = append(r.Tags, basisTag(c, a.Law), verifiedTag(c, a.Verified))
		if tag, ok := forceTag(c, a.Law, a.Force); ok {
			r.Tags = append(r.Tags, tag)
		}
		if a.Basis == catalogue.BasisExplicit && !a.Conditional {
			first = append(first, r)
		} else {
			last = append(last, r)
		}
	}
	return append(first, last...)
}

func basisTag(c *web.Context, l *catalogue.Law) web.Tag {
	if l.Basis == catalogue.BasisExplicit {
		return web.Tag{Icon: "doc", Word: c.L.T("overview.basis-explicit")}
	}
	return web.Tag{Icon: "line", Word: c.L.T("overview.basis-derived")}
}

// forceTag tells when a rule is not plainly in force.
func forceTag(c *web.Context, l *catalogue.Law, f requirement.Force) (web.Tag, bool) {
	switch f {
	case requirement.NotYet:
		return web.Info(c.L.T("overview.force-not-yet", "Day", c.L.Date(l.From))), true
	case requirement.Ended:
		return web.Tag{Icon: "cross", Word: c.L.T("overview.force-ended", "Day", c.L.Date(l.To))}, true
	case requirement.Unchecked:
		return web.Tag{Kind: "warn", Icon: "q", Word: c.L.T("overview.force-unchecked")}, true
	default:
		return web.Tag{}, false
	}
}

type classificationRow struct {
	Tag            web.Tag
	Model, Origin  string
	Decider        string
	Decided, Until civil.Date
	Begun          string
	Cells          []cell
	Motivations    []string
	Adjustments    []string
}

type historyPage struct {
	web.Page
	Head            web.SystemHead
	Classifications []classificationRow
	Headings        []heading
	Events          []event
	Capped          bool
	// Past is the page that tells what the system was on a day.
	Past string
}

func (p *Pages) history(c *web.Context) error {
	o, err := p.Overview.History(c.Context(), c.Actor, c.Path("slug"), c.L)
	if err != nil {
		return err
	}
	d := historyPage{
		Page: p.systemBase(c, &o.View), Head: p.head(c, &o, web.TabHistory), Headings: headings(c),
		Events: p.events(c, o.Last), Capped: len(o.Last) == manyEvents,
		Past: pastPath(o.View.System.Slug),
	}
	d.Title = c.L.T("overview.history-title", "Name", o.View.System.Name)
	for i := range o.Classifications {
		d.Classifications = append(d.Classifications, classificationLine(c, &o, &o.Classifications[i]))
	}
	return c.Render(templates, "history.html", d)
}

func classificationLine(c *web.Context, o *One, x *classification.Classification) classificationRow {
	m := o.Models[x.ModelID+"@"+x.ModelVersion]
	r := classificationRow{
		Model: m.Name.In(lang(c)) + " (" + x.ModelVersion + ")", Origin: c.L.T("overview.origin-" + x.Origin), Decider: x.Decider,
		Decided: x.DecidedOn, Until: x.ValidUntil, Begun: c.L.Moment(x.CreatedAt),
	}
	word := c.L.T("overview.classification-" + string(x.Status))
	switch x.Status {
	case classification.Decided:
		r.Tag = web.OK(word)
	case classification.Draft:
		r.Tag = web.Tag{Kind: "warn", Icon: "edit", Word: word}
	case classification.Stopped:
		r.Tag = web.Tag{Kind: "bad", Icon: "lock", Word: word}
	default:
		r.Tag = web.Neutral(word)
	}
	for a := range catalogue.Aspect(catalogue.NumAspects) {
		r.Cells = append(r.Cells, cell{Name: aspectShort(c, a), Level: decidedBox(c, m, x, a)})
	}
	for a := range catalogue.Aspect(catalogue.NumAspects) {
		for _, text := range motivations(x, a) {
			r.Motivations = append(r.Motivations, c.L.T("overview.motivation", "Aspect", aspectName(c, a), "Text", text))
		}
	}
	for _, a := range x.Adjustments {
		r.Adjustments = append(r.Adjustments, c.L.T("overview.adjusted", "Aspect", aspectName(c, a.Aspect), "Level", strconv.Itoa(a.Level), "Text", a.Reason))
	}
	return r
}

// motivations are the reasons given for an aspect, each once: often the same stands for every perspective.
func motivations(x *classification.Classification, a catalogue.Aspect) []string {
	var out []string
	for _, y := range x.Answers {
		if y.Aspect == a && y.Motivation != "" && !slices.Contains(out, y.Motivation) {
			out = append(out, y.Motivation)
		}
	}
	return out
}

// decidedBox is the level that a classification gave an aspect, adjusted when it was.
func decidedBox(c *web.Context, m *catalogue.Model, x *classification.Classification, a catalogue.Aspect) web.LevelBox {
	aspect, ok := m.Aspect(a)
	worst, answered := classification.Worst(x.Answers, a)
	if !ok || !answered {
		return web.LevelBox{}
	}
	value := worst.Level
	for _, adj := range x.Adjustments {
		if adj.Aspect == a {
			value = adj.Level
		}
	}
	l, ok := aspect.Level(value)
	return web.LevelBox{Step: int(l.Step), Value: l.Value, Label: l.Label.In(lang(c)), Known: ok}
}
