// SPDX-License-Identifier: EUPL-1.2

package overview

import (
	"slices"
	"strconv"
	"strings"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/evidence"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/probe/verdict"
	"github.com/insegel/insegel/internal/requirement"
	"github.com/insegel/insegel/internal/system"
	"github.com/insegel/insegel/internal/web"
)

type evidencePage struct {
	web.Page
	Head     web.SystemHead
	Stop     *web.Note
	Shifts   []shiftView
	Disputes []disputeView
	Clashes  []clash
	Paths    []pathView
	EditWays string
	Controls []controlView
	Rows     []recordView
	Add      []web.Link
	MayAdd   bool
	Accounts string
}

// shiftView is a change that waits for somebody.
type shiftView struct {
	Note                web.Note
	Text, Action, Label string
	// Decide leads to the page where both measurements are shown and it is decided about them.
	Decide string
}

// disputeView is a measurement that somebody says is wrong, until somebody settles it.
type disputeView struct {
	ID, Title, Text, Settle string
}

// clash is a requirement where what is measured and what somebody says do not agree: both sides, in neutral words.
type clash struct {
	ID, Title, Href string
	Said, Measured  side
}

type side struct {
	Title, Big, Text string
	Source           web.Source
}

// pathView is one way in with what is known of it from each source.
type pathView struct {
	Who, Address, Method string
	Two, Three           web.Tag
	Source               web.Source
	Why                  string
}

// controlView is one of the controls of roles, access and logs that the law asks for.
type controlView struct {
	Name, Last, Next string
	Tag              web.Tag
	Source           web.Source
	Add              string
	// Notes are what laws say of it, with what they rest on.
	Notes []string

	months int // for how long the log is kept, or how often it is reviewed; of the newest record
}

// incidentForm is what begins an incident of a measurement.
type incidentForm struct{ System, Record, Title string }

type recordView struct {
	// Incident begins an incident of what was measured; nil where there is nothing to begin one of.
	Incident                     *incidentForm
	ID, Day, Subject, Kind, Path string
	Source                       web.Source
	Outcome                      web.Tag
	Ends                         string
	Old, Withdrawn               bool
	Title, Signer, Detail        string
	Reasons                      []string
	About                        []web.Link
	File                         string
	FileName                     string
	Withdraw, Dispute            string
	Disputed                     bool
}

func (p *Pages) systemEvidence(c *web.Context) error {
	x, err := p.Overview.Evidence(c.Context(), c.Actor, c.Path("slug"), c.L)
	if err != nil {
		return err
	}
	v := &x.View
	d := evidencePage{Page: p.systemBase(c, v), Head: p.head(c, &x.One, web.TabRequirements), Stop: stopNote(c, v)}
	d.Title = c.L.T("overview.evidence-title", "Name", v.System.Name)
	if d.Stop != nil {
		return c.Render(templates, "evidence.html", d)
	}
	d.MayAdd = mayAt(c, "evidence.Record", &v.System)
	d.Shifts, d.Clashes, d.Paths = shiftViews(c, &x), p.clashes(c, v), p.paths(c, &x)
	d.Disputes = disputeViews(c, &x)
	d.EditWays = settle(c, &v.System, loginField)
	d.Controls = controls(c, &x, p.Overview.requirements.Proof)
	d.Rows = p.recordViews(c, &x)
	if d.MayAdd {
		for _, s := range evidence.Forms() {
			if s != evidence.SubjectOther {
				d.Add = append(d.Add, web.Link{Label: c.L.T("evidence.new-" + s), Href: evidence.NewPath(v.System.Slug, s, "")})
			}
		}
		d.Accounts = evidence.Path(v.System.Slug) + "/konton"
	}
	return c.Render(templates, "evidence.html", d)
}

func shiftViews(c *web.Context, x *Shown) []shiftView {
	var out []shiftView
	for i := range x.Shifts {
		s := &x.Shifts[i]
		v := shiftView{Note: web.Note{ID: "f-" + s.ID.String(), Kind: "bad", Title: c.L.T("overview.shift-worse")}, Label: c.L.T("overview.shift-noted")}
		if s.Source != evidence.Measured {
			v.Note.Kind, v.Note.Title = "warn", c.L.T("overview.shift-said")
		}
		if s.Direction == evidence.Better {
			v.Note.Kind, v.Note.Title, v.Label = "ok", c.L.T("overview.shift-better"), c.L.T("overview.shift-confirm")
		}
		v.Text = shiftText(c, &x.View.System, s)
		v.Note.Text, v.Decide = v.Text, changePath(x.View.System.Slug, s)
		action := "evidence.Note"
		v.Action = systemPath(x.View.System.Slug) + "/forandring/" + s.ID.String()
		if s.Direction == evidence.Better {
			v.Action, action = v.Action+"/bekrafta", "overview.Confirm"
		}
		if !mayAt(c, action, &x.View.System) {
			v.Action = ""
		}
		out = append(out, v)
	}
	return out
}

// disputeViews are the measurements that wait to be settled.
func disputeViews(c *web.Context, x *Shown) []disputeView {
	var out []disputeView
	sys := &x.View.System
	for _, r := range evidence.Open(x.Records, x.View.Today) {
		v := disputeView{ID: r.ID.String(), Title: c.L.T("overview.subject-"+r.Subject) + ", " + c.L.Date(r.SeenOn) + ": " + outcomeTag(c, r).Word, Text: disputeText(c, r.Dispute)}
		if path := pathOf(sys, r.Path); path != nil {
			v.Title = evidence.PathName(c, path) + ", " + v.Title
		}
		if mayAt(c, "evidence.Settle", sys) {
			v.Settle = evidence.Path(sys.Slug) + "/" + v.ID + "/avgor"
		}
		out = append(out, v)
	}
	return out
}

// disputeText tells who says that a measurement is wrong, when and why, and how it was settled.
func disputeText(c *web.Context, d *evidence.Dispute) string {
	text := c.L.T("overview.evidence-disputed", "Who", d.Name, "When", c.L.Moment(d.At), "Reason", d.Reason)
	if !d.Settled.IsZero() && d.RulingWhy != "" {
		text += " " + c.L.T("overview.evidence-ruled-"+string(d.Ruling), "Who", d.Ruler, "When", c.L.Moment(d.Settled), "Reason", d.RulingWhy)
	}
	return text
}

// disputedTag marks what is said to be wrong and not settled.
func disputedTag(c *web.Context) web.Tag { return web.Warn(c.L.T("overview.disputed")) }

// disputedBy tells in short that something is disputed, by whom and since when.
func disputedBy(c *web.Context, d *evidence.Dispute) string {
	return c.L.T("overview.disputed-by", "Who", d.Name, "Day", c.L.Date(civil.Of(d.At)))
}

// shiftText tells what has changed, and when that was found.
func shiftText(c *web.Context, sys *system.System, s *evidence.Shift) string {
	text := c.L.T("overview.shift-text", "Was", verdictWord(c, s.Was), "Became", verdictWord(c, s.Became), "Subject", c.L.T("overview.subject-"+s.Subject),
		"Day", c.L.Moment(s.Seen))
	if path := pathOf(sys, s.Path); path != nil {
		text += " " + c.L.T("overview.shift-path", "Path", evidence.PathName(c, path))
	}
	return text
}

func pathOf(s *system.System, id ids.ID[system.LoginPath]) *system.LoginPath {
	if i := slices.IndexFunc(s.Logins, func(l system.LoginPath) bool { return l.ID == id }); i >= 0 {
		return &s.Logins[i]
	}
	return nil
}

// confirm confirms that something has become better.
func (p *Pages) confirm(c *web.Context) error {
	n, err := p.Overview.Confirm(c.Context(), c.Actor, c.Path("slug"), ids.ID[evidence.Shift](c.Path("id")))
	if err != nil {
		return err
	}
	return c.Redirect(web.Local(evidence.Path(c.Path("slug"))), "overview.shift-confirmed", "Count", strconv.Itoa(n))
}

// clashes are the requirements where a measurement and somebody's word do not agree.
func (p *Pages) clashes(c *web.Context, v *requirement.View) []clash {
	var out []clash
	for i := range v.Requirements {
		r := &v.Requirements[i]
		if r.Shown.Status != requirement.Contradicted {
			continue
		}
		k := clash{ID: r.ID, Title: r.Is(lang(c)), Href: systemPath(v.System.Slug) + "/krav?omrade=" + r.Topic + "#krav-" + r.ID}
		for n := range r.Shown.Grounds {
			g := &r.Shown.Grounds[n]
			if g.Old || g.Outcome == evidence.Unclear {
				continue
			}
			at := &k.Said
			if g.Measured() {
				at = &k.Measured
			}
			if at.Big == "" || g.Measured() && g.Outcome == evidence.Against {
				*at = p.side(c, g)
			}
		}
		out = append(out, k)
	}
	return out
}

// side tells one side of a contradiction.
func (p *Pages) side(c *web.Context, g *requirement.Ground) side {
	t := c.L.T
	s := side{Title: t("overview.side-said"), Big: t("overview.side-for"), Source: groundSource(c, g)}
	if g.Outcome == evidence.Against {
		s.Big = t("overview.side-against")
	}
	if g.Measured() {
		s.Title = t("overview.side-measured")
	}
	switch {
	case g.Answer != nil:
		s.Text = g.Answer.Note
	case g.Reason.SV != "":
		s.Text = g.Reason.In(string(lang(c)))
	default:
		s.Text = p.kindName(c, g.Record.Kind)
	}
	if g.Path != nil && g.Path.ID != "" {
		s.Text = strings.TrimSuffix(s.Text, ".") + " (" + evidence.PathName(c, g.Path) + ")"
	}
	if g.Disputed() {
		s.Text += ". " + disputedBy(c, g.Record.Dispute)
	}
	return s
}

func groundSource(c *web.Context, g *requirement.Ground) web.Source {
	if g.Answer != nil {
		return requirement.PageSource(c.L, *g.Answer)
	}
	return web.Source{Kind: string(g.Record.Source), Detail: c.L.Date(g.Record.SeenOn)}
}

// paths are the ways in with what the strongest source says of each.
func (p *Pages) paths(c *web.Context, x *Shown) []pathView {
	var out []pathView
	for n := range x.SignIn.Series[0].Standings {
		st := x.SignIn.Series[0].Standings[n]
		series := verdict.SeriesMeasured
		v := pathView{Who: c.L.T("overview.whole-system"), Address: st.Path.Address, Method: st.Path.Method}
		if st.Path.ID != "" {
			v.Who = c.L.T("system.audience-" + st.Path.Audience)
		}
		for k := 1; st.By == nil && st.Disputed == nil && k < len(x.SignIn.Series); k++ {
			list := x.SignIn.Series[k].Standings
			if i := slices.IndexFunc(list, func(o evidence.Standing) bool { return o.Path.ID == st.Path.ID && o.By != nil }); i >= 0 {
				st, series = list[i], x.SignIn.Series[k].Source.Series()
			}
		}
		two, why := p.Overview.requirements.Proof.Indicator().Way(st.Way, verdict.TwoFactors, series)
		three, _ := p.Overview.requirements.Proof.Indicator().Way(st.Way, verdict.LoA3, series)
		v.Two, v.Three, v.Source = strongTag(c, two), strongTag(c, three), web.Source{Kind: web.NotMeasured}
		if st.By != nil {
			v.Source = web.Source{Kind: string(st.By.Source), Detail: p.kindName(c, st.By.Kind) + ", " + c.L.Date(st.By.SeenOn)}
			v.Why = why.In(string(lang(c)))
			if st.Way.Verdict != "" {
				v.Method = verdictWord(c, string(st.Way.Verdict))
			}
		} else if st.Old != nil {
			v.Source.Detail = c.L.T("overview.strong-old")
		}
		if st.Disputed != nil {
			v.Why = why.In(string(lang(c))) + " " + disputedBy(c, st.Disputed.Dispute)
			if v.Source.Kind == web.NotMeasured {
				v.Source = web.Source{Kind: string(st.Disputed.Source), Detail: c.L.Date(st.Disputed.SeenOn)}
			}
		}
		out = append(out, v)
	}
	return out
}

// controlSubjects are the controls of roles, access and logs, in the order of the law.
var controlSubjects = []string{evidence.SubjectRoleModel, evidence.SubjectAccessReview, evidence.SubjectAccessList, evidence.SubjectAccessLog, evidence.SubjectLogReview}

// controls tells of each control when it was last shown, and by when it is to be done again.
func controls(c *web.Context, x *Shown, proof *requirement.Proof) []controlView {
	var out []controlView
	for _, subject := range controlSubjects {
		v := controlView{Name: c.L.T("overview.subject-" + subject), Tag: web.Tag{Icon: "q", Word: c.L.T("overview.kept-missing")}, Source: web.Source{Kind: web.NotMeasured}}
		if mayAt(c, "evidence.Record", &x.View.System) {
			if v.Add = evidence.NewPath(x.View.System.Slug, subject, ""); subject == evidence.SubjectAccessList {
				v.Add = evidence.Path(x.View.System.Slug) + "/konton"
			}
		}
		for i := range x.Records {
			if r := &x.Records[i]; r.Subject == subject && r.Withdrawn.IsZero() {
				v.fill(c, r, x.View.Today, proof)
			}
		}
		if subject == evidence.SubjectAccessLog && proof != nil {
			v.keeps(c, proof.Keeps(&x.View))
		}
		if subject == evidence.SubjectLogReview && v.months > 0 {
			v.Notes = append(v.Notes, c.L.T("overview.kept-every", "Count", v.months))
		}
		out = append(out, v)
	}
	return out
}

// keeps holds how long the log is said to be kept against the laws that say how long it must be.
func (v *controlView) keeps(c *web.Context, laws []requirement.Kept) {
	if v.months > 0 {
		v.Notes = append(v.Notes, c.L.T("overview.kept-months", "Count", v.months))
	}
	for _, k := range laws {
		known := c.L.T("overview.kept-law-verified", "Day", k.Law.Checked)
		if !k.Law.Verified {
			known = c.L.T("overview.unverified")
		}
		v.Notes = append(v.Notes, c.L.T("overview.kept-law", "Law", k.Law.Ref, "Count", k.Months, "Source", k.Law.Source, "Known", known))
		switch {
		case k.Law.Conditional:
			v.Notes = append(v.Notes, c.L.T("overview.kept-law-conditional"))
		case v.months > 0 && v.months < k.Months:
			v.Tag = web.Bad(c.L.T("overview.kept-short"))
		case v.months == 0 && v.Last != "":
			v.Notes = append(v.Notes, c.L.T("overview.kept-months-unknown"))
		}
	}
}

// fill takes in the newest record of a control.
func (v *controlView) fill(c *web.Context, r *evidence.Record, today civil.Date, proof *requirement.Proof) {
	v.Last, v.Next, v.months = c.L.Date(r.SeenOn), c.L.Date(r.Expires), r.Detail.Months
	v.Source = web.Source{Kind: string(r.Source), Detail: c.L.Date(r.SeenOn)}
	if r.Detail.Sample > 0 {
		v.Last += ", " + c.L.T("overview.kept-sample", "Count", r.Detail.Sample, "Wrong", r.Detail.Deviations)
	}
	switch {
	case !r.Valid(today):
		v.Tag = web.Warn(c.L.T("overview.kept-old"))
	case r.Disputed():
		v.Tag = disputedTag(c)
	case r.Outcome == evidence.Against:
		v.Tag = web.Bad(c.L.T("overview.kept-against"))
	case r.Outcome == evidence.Unclear:
		v.Tag = web.Tag{Icon: "q", Word: c.L.T("overview.kept-unclear")}
	case proof != nil && !today.Before(proof.Life().Renew(r)):
		v.Tag = web.Warn(c.L.T("overview.kept-soon"))
	default:
		v.Tag = web.OK(c.L.T("overview.kept-done"))
	}
}

// limits are what a measurement could not see, in words.
func (p *Pages) limits(c *web.Context, r *evidence.Record) []string {
	out := make([]string, len(r.Detail.Limits))
	for i, code := range r.Detail.Limits {
		out[i] = p.Limit(code).In(c.L.Lang)
	}
	return out
}

// recordViews are all records, the newest first.
func (p *Pages) recordViews(c *web.Context, x *Shown) []recordView {
	var out []recordView
	slug := x.View.System.Slug
	for i := len(x.Records) - 1; i >= 0; i-- {
		r := &x.Records[i]
		v := recordView{
			ID: r.ID.String(), Day: c.L.Date(r.SeenOn), Subject: c.L.T("overview.subject-" + r.Subject), Kind: p.kindName(c, r.Kind), Source: web.Source{Kind: string(r.Source)},
			Outcome: outcomeTag(c, r), Ends: c.L.Date(r.Expires), Old: !x.View.Today.Before(r.Expires), Withdrawn: !r.Withdrawn.IsZero(), Title: r.Detail.Title,
			Signer: r.Detail.Signer, Detail: r.Detail.Covers, Reasons: slices.Concat(r.Detail.Why(c.L), p.limits(c, r)), FileName: r.File.Name,
		}
		if r.Dispute != nil {
			v.Reasons = append(v.Reasons, disputeText(c, r.Dispute))
			v.Disputed = r.Disputed()
		}
		if r.Detail.Sample > 0 {
			v.Reasons = append(v.Reasons, c.L.T("overview.kept-sample", "Count", r.Detail.Sample, "Wrong", r.Detail.Deviations))
		}
		if path := pathOf(&x.View.System, r.Path); path != nil {
			v.Path = evidence.PathName(c, path)
		}
		for _, id := range r.About {
			if q, ok := p.Overview.catalogue().Requirement(id); ok {
				v.About = append(v.About, web.Link{Label: q.Is.In(lang(c)), Href: "/krav/" + id})
			}
		}
		if r.File.Name != "" && mayAt(c, "evidence.File", &x.View.System) {
			v.File = evidence.Path(slug) + "/" + v.ID + "/fil"
		}
		if !v.Withdrawn && mayAt(c, "evidence.Withdraw", &x.View.System) {
			v.Withdraw = evidence.Path(slug) + "/" + v.ID + "/ta-tillbaka"
		}
		if r.Source == evidence.Measured && r.Valid(x.View.Today) && r.Dispute == nil && mayAt(c, "evidence.Dispute", &x.View.System) {
			v.Dispute = evidence.Path(slug) + "/" + v.ID + "/bestrid"
		}
		v.Incident = begins(c, x, r)
		out = append(out, v)
	}
	return out
}

// begins is the form by which what a measurement has found becomes an incident in one step; nil when it found nothing bad, or the reader may not.
func begins(c *web.Context, x *Shown, r *evidence.Record) *incidentForm {
	tag := outcomeTag(c, r)
	if r.Source != evidence.Measured || tag.Kind != web.Bad("").Kind || !r.Withdrawn.IsZero() || r.Dispute != nil || !mayAt(c, "incident.Report", &x.View.System) {
		return nil
	}
	return &incidentForm{
		System: x.View.System.Slug, Record: r.ID.String(),
		Title: c.L.T("overview.incident-title", "What", c.L.T("overview.subject-"+r.Subject), "Outcome", tag.Word, "System", x.View.System.Name),
	}
}

// outcomeTag says what a record shows.
func outcomeTag(c *web.Context, r *evidence.Record) web.Tag {
	word := c.L.T("overview.outcome-" + string(r.Outcome))
	if r.Quality != "" && r.Quality != verdict.Unmeasured {
		word += ": " + verdictWord(c, string(r.Quality))
	}
	if r.Subject == evidence.SubjectLogin && r.Verdict != "" {
		word = verdictWord(c, string(r.Verdict))
		switch r.Verdict {
		case verdict.PasswordOnly, verdict.StrongOffered:
			return web.Bad(word)
		case verdict.ClientCertificate, verdict.StrongDemanded:
			return web.OK(word)
		}
		return web.Tag{Icon: "q", Word: word}
	}
	switch {
	case r.Subject == evidence.SubjectLogin && r.Factors == 1:
		return web.Bad(c.L.T("overview.one-factor"))
	case r.Subject == evidence.SubjectLogin && r.Factors == 2:
		return web.OK(c.L.T("overview.two-factors"))
	case r.Outcome == evidence.Against:
		return web.Bad(word)
	case r.Outcome == evidence.For:
		return web.OK(word)
	}
	return web.Tag{Icon: "q", Word: word}
}

// shownTag says what is shown about a requirement. What is contradicted says so in neutral words: either side can be right.
func shownTag(l *locale.Localizer, j requirement.Judged) web.Tag {
	word := l.T("overview.shown-" + j.String())
	switch j {
	case requirement.ShownMet:
		return web.OK(word)
	case requirement.ShownUnmet:
		return web.Bad(word)
	case requirement.Contradicted:
		return web.Tag{Kind: "warn", Icon: "warn", Word: word}
	case requirement.Unproven:
		return web.Warn(word)
	}
	return web.Tag{Icon: "q", Word: word}
}

// evidenceLines are the last link of the chain: what is shown, and what it rests on.
func (p *Pages) evidenceLines(c *web.Context, v *requirement.View, r *requirement.Applied) []web.WhyLine {
	if len(r.Shown.Grounds) == 0 {
		return nil
	}
	href := ""
	if access.AllowedAt(c.Actor, "overview.Evidence", v.System.UnitID) {
		href = evidence.Path(v.System.Slug)
	}
	out := []web.WhyLine{{Text: c.L.T("overview.shown-" + r.Shown.Status.String()), Href: href}}
	for i := range r.Shown.Grounds {
		g := &r.Shown.Grounds[i]
		if g.Record == nil {
			continue
		}
		line := web.WhyLine{Text: p.kindName(c, g.Record.Kind), Detail: c.L.T("web.source-"+string(g.Record.Source)) + " " + c.L.Date(g.Record.SeenOn)}
		if g.Path != nil && g.Path.ID != "" {
			line.Text += ", " + evidence.PathName(c, g.Path)
		}
		switch {
		case g.Disputed():
			line.Detail += ". " + disputedBy(c, g.Record.Dispute)
		case g.Old:
			line.Detail += ", " + c.L.T("overview.strong-old")
		case g.Reason.SV != "":
			line.Detail += ". " + g.Reason.In(string(lang(c)))
		}
		out = append(out, line)
	}
	return out
}

// provenWords tells how many requirements are shown to be met, and not, by answers and evidence together.
func provenWords(c *web.Context, s *requirement.Shown) []string {
	var out []string
	for _, j := range []requirement.Judged{requirement.ShownMet, requirement.ShownUnmet, requirement.Contradicted, requirement.Unproven, requirement.NothingKnown} {
		if n := s[j]; n > 0 {
			out = append(out, c.L.T("overview.proven-"+j.String(), "Count", n))
		}
	}
	return out
}
