// SPDX-License-Identifier: EUPL-1.2

package report

import (
	"strconv"
	"strings"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/classification"
	"github.com/insegel/insegel/internal/document"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/organisation"
	"github.com/insegel/insegel/internal/requirement"
	"github.com/insegel/insegel/internal/system"
)

// frame is what every report is made and laid out with.
type frame struct {
	request      Request
	l            *locale.Localizer
	lang         catalogue.Lang
	catalogue    *catalogue.Catalogue
	organisation organisation.Organisation
	now          time.Time
	today        civil.Date
	// reach says which other systems the reasons may name.
	reach access.Reach
}

// The ways a system's classification can stand.
const (
	decided    = "decided"
	draft      = "draft"
	suggestion = "suggestion"
	unknown    = "unknown"
	stopped    = "stopped"
)

// dash stands where there is nothing to know.
const dash = "–"

// t gives one of this package's texts.
func (f *frame) t(key string, args ...any) string { return f.l.T("report."+key, args...) }

// word gives the name of a value of a field; a value of the organisation's own words stands as it is.
func (f *frame) word(group, value string) string {
	if key := "report." + group + "-" + value; value != "" && f.l.Has(key) {
		return f.l.T(key)
	}
	return value
}

// single reports whether one system was asked for.
func (f *frame) single() bool { return f.request.System != "" || f.request.Purchase != "" }

func (f *frame) head(draft bool) head {
	return head{Organisation: f.organisation.Name, Date: f.today, Catalogue: f.catalogue.Edition, Language: f.l.Lang, Draft: draft}
}

// subject tells what a view says about a system itself. Of one that was stopped nothing is told but that.
func (f *frame) subject(v *requirement.View) subject {
	s := subject{
		System: v.System.Name, ID: v.System.ID.String(), Slug: v.System.Slug, Link: f.link(v.System.Slug),
		Status: standing(v), Stop: v.Need.Stop, Levels: []level{},
	}
	s.Draft = s.Status != decided && !s.Stop
	if s.Stop {
		return s
	}
	s.Suspected, s.ValidUntil, s.Expired = v.Need.Suspected, v.Need.ValidUntil, v.Need.Expired
	s.Model = model{ID: v.Need.Model.ID, Version: v.Need.Model.Version}
	for _, l := range v.Need.Levels {
		s.Levels = append(s.Levels, f.level(&v.Need, l, v.State.Effective()))
	}
	return s
}

// link is where the program shows the system; empty when its address is not known.
func (f *frame) link(slug string) string {
	if f.request.Link == "" {
		return ""
	}
	return strings.TrimRight(f.request.Link, "/") + "/system/" + slug
}

// standing tells how far a system's classification has come. What is decided counts as that even where an optional aspect was
// left open: each level tells its own basis.
func standing(v *requirement.View) string {
	if v.Need.Stop {
		return stopped
	}
	if c := v.State.Effective(); c != nil && c.Status == classification.Decided {
		return decided
	}
	status := unknown
	for _, l := range v.Need.Levels {
		switch l.Basis {
		case classification.ByAnswer:
			return draft
		case classification.BySuggestion:
			status = suggestion
		case classification.ByDecision, classification.None:
		}
	}
	return status
}

func (f *frame) level(n *classification.Need, l classification.Level, c *classification.Classification) level {
	out := level{Aspect: l.Aspect.String(), Basis: string(l.Basis), Because: list(l.Because)}
	if a, ok := n.Model.Aspect(l.Aspect); ok {
		out.Name = a.Name.In(f.lang)
	}
	if l.Basis == classification.None {
		return out
	}
	value := l.Level.Value
	out.Level, out.Label, out.Step = &value, l.Level.Label.In(f.lang), l.Level.Step.String()
	switch l.Basis {
	case classification.ByDecision:
		out.On = c.DecidedOn
	case classification.ByAnswer:
		if worst, ok := classification.Worst(c.Answers, l.Aspect); ok {
			out.On = civil.Of(worst.At)
		}
	case classification.BySuggestion, classification.None:
	}
	return out
}

// laws tells of the laws that a requirement rests on.
func (f *frame) laws(in []*catalogue.Law) []law {
	out := make([]law, len(in))
	for i, x := range in {
		out[i] = law{
			ID: x.ID, Name: x.Name.In(f.lang), Topic: x.Topic.In(f.lang), Sections: x.Sections, Basis: x.Basis, Verified: x.Verified,
			Force: string(requirement.InForce(x, f.today)),
		}
	}
	return out
}

// why joins reasons to running text. What hangs on an open question, and what nobody has checked, is said out loud.
func (f *frame) why(because []catalogue.Because, laws []law, conditional bool) string {
	var parts []string
	if conditional {
		parts = append(parts, f.t("conditional"))
	}
	for _, b := range because {
		parts = append(parts, b.Text)
	}
	var unverified, unchecked []string
	for _, x := range laws {
		name := x.Name + " (" + x.Topic + ")"
		if !x.Verified {
			unverified = append(unverified, name)
		}
		if x.Force == string(requirement.Unchecked) {
			unchecked = append(unchecked, name)
		}
	}
	if len(unverified) > 0 {
		parts = append(parts, f.t("unverified-laws", "Laws", strings.Join(unverified, "; ")))
	}
	if len(unchecked) > 0 {
		parts = append(parts, f.t("unchecked-laws", "Laws", strings.Join(unchecked, "; ")))
	}
	return strings.Join(parts, " ")
}

// mark says how far a system's classification has come, in words.
func (f *frame) mark(s *subject) string {
	if s.Status == decided && s.Expired {
		return f.t("mark-expired", "Day", f.l.ShortDate(s.ValidUntil))
	}
	return f.t("mark-" + s.Status)
}

// status is the mark of the whole document: decided only when every system is, and a suggestion only when nobody has answered
// about any of them.
func (f *frame) status(subjects []*subject) string {
	if len(subjects) == 1 {
		return f.mark(subjects[0])
	}
	has := map[string]bool{}
	for _, s := range subjects {
		has[s.Status] = true
	}
	open := has[draft] || has[suggestion] || has[unknown]
	switch {
	case len(has) == 0:
		return ""
	case !open && has[decided]:
		return f.t("mark-decided")
	case !open:
		return f.t("mark-stopped")
	case has[draft] || has[decided]:
		return f.t("mark-draft")
	case has[suggestion]:
		return f.t("mark-suggestion")
	default:
		return f.t("mark-unknown")
	}
}

// levelText writes a level for people: "3 Allvarlig skada (utkast)".
func (f *frame) levelText(l *level) string {
	if l.Level == nil {
		return f.t("unknown")
	}
	return strconv.Itoa(*l.Level) + " " + l.Label + " (" + f.t("basis-"+l.Basis) + ")"
}

// aspect gives a system's level of an aspect, if its model has the aspect.
func (s *subject) aspect(a catalogue.Aspect) (*level, bool) {
	for i := range s.Levels {
		if s.Levels[i].Aspect == a.String() {
			return &s.Levels[i], true
		}
	}
	return nil, false
}

// levelCell writes an aspect's level as a figure to count with, unknown when it is, and a dash when there is none to know.
func (f *frame) levelCell(s *subject, a catalogue.Aspect) document.Cell {
	l, ok := s.aspect(a)
	switch {
	case !ok:
		return document.T(dash)
	case l.Level == nil:
		return document.T(f.t("unknown"))
	default:
		return document.N(*l.Level)
	}
}

// count writes a figure of a tally; a stopped system has none.
func count(t *tally, of func(*tally) int) document.Cell {
	if t == nil {
		return document.T(dash)
	}
	return document.N(of(t))
}

// cell writes a system's name, with the way back to it.
func (s *subject) cell() document.Cell { return document.L(s.System, s.Link) }

// begin makes a document with what every cover says.
func (f *frame) begin(kind string, subjects []*subject) *document.Document {
	d := &document.Document{
		Lang: f.l.Lang, Title: f.t("title-" + kind), Subtitle: f.organisation.Name, Status: f.status(subjects),
		Created: f.now.In(civil.Location()), Author: f.organisation.Name,
	}
	f.property(d, "municipality", f.organisation.Name)
	f.property(d, "date", f.today.String())
	if f.single() {
		s := subjects[0]
		d.Title = f.t("title-"+kind+"-of", "System", s.System)
		f.property(d, "system", s.System)
		if !s.Stop {
			f.property(d, "classification", f.mark(s))
		}
	} else {
		f.property(d, "systems", f.l.Number(int64(len(subjects))))
		f.property(d, "classification", f.standings(subjects))
	}
	if f.single() && subjects[0].Stop {
		d.Sections = append(d.Sections, f.stop(1))
		return d
	}
	f.property(d, "catalogue", f.catalogue.Edition)
	return d
}

// property puts a fact on the cover.
func (f *frame) property(d *document.Document, key, value string) {
	d.Properties = append(d.Properties, document.Property{Name: f.t("property-" + key), Value: value})
}

// finish puts the way back last on the cover.
func (f *frame) finish(d *document.Document, subjects []*subject) *document.Document {
	if f.request.Link == "" {
		return d
	}
	link := strings.TrimRight(f.request.Link, "/") + "/system"
	if f.single() {
		link = subjects[0].Link
	}
	f.property(d, "link", link)
	return d
}

// levels puts a single system's levels on the cover.
func (f *frame) levels(d *document.Document, s *subject) {
	for i := range s.Levels {
		l := &s.Levels[i]
		d.Properties = append(d.Properties, document.Property{Name: l.Name, Value: f.levelText(l)})
	}
}

// standings counts the systems by how far their classification has come: "2 beslutade, 1 utkast".
func (f *frame) standings(subjects []*subject) string {
	counts := map[string]int{}
	for _, s := range subjects {
		counts[s.Status]++
	}
	var parts []string
	for _, status := range []string{decided, draft, suggestion, unknown, stopped} {
		if n := counts[status]; n > 0 {
			parts = append(parts, f.t("count-"+status, "Count", n))
		}
	}
	return f.l.List(parts)
}

// stop is all that is said of a system that is with the security protection manager.
func (f *frame) stop(level int) document.Section {
	return document.Section{Heading: f.t("stop-heading"), Level: level, Paragraphs: []string{f.t("stop")}}
}

// suspicion is the paragraph of a system whose information points at security protection.
func (f *frame) suspicion(s *subject) []string {
	if !s.Suspected {
		return nil
	}
	return []string{f.t("suspected")}
}

// column makes a column whose header is one of this package's texts.
func (f *frame) column(key string, kind document.Kind, width int) document.Column {
	return document.Column{Key: key, Header: f.t("column-" + key), Kind: kind, Width: width}
}

// aspectColumns are the columns of the four aspects, by their letters.
func (f *frame) aspectColumns() []document.Column {
	out := make([]document.Column, catalogue.NumAspects)
	for a := range catalogue.Aspect(catalogue.NumAspects) {
		out[a] = document.Column{Key: a.String(), Header: a.Letter(f.lang), Kind: document.Number, Width: 5}
	}
	return out
}

// role gives the name of a role: one of the catalogue's, or the organisation's own words.
func (f *frame) role(r string) string { return f.word("role", r) }

// only gives the id that narrows a read to one system, or none for all.
func (f *frame) only(systems []system.System) ids.ID[system.System] {
	if f.single() {
		return systems[0].ID
	}
	return ""
}
