// SPDX-License-Identifier: EUPL-1.2

package report

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/document"
	"github.com/insegel/insegel/internal/procurement"
	"github.com/insegel/insegel/internal/requirement"
	"github.com/insegel/insegel/internal/system"
)

// procurementReport is the requirements that tenderers are to meet.
type procurementReport struct {
	head
	// Internal says that what was left out is told too: the document is not for tenderers.
	Internal bool                `json:"internal"`
	Systems  []procurementSystem `json:"systems"`
}

type procurementSystem struct {
	subject
	Shall  int `json:"shall"`
	Should int `json:"should"`
	// Hash names exactly this selection of these texts; empty for a stopped system.
	Hash string `json:"hash"`
	// Version is the number that the annex is kept under; 0 when several systems are taken out at once.
	Version int              `json:"version"`
	Rows    []procurementRow `json:"rows"`
	LeftOut []leftOut        `json:"left_out"`
}

// procurementRow is one requirement of an annex.
type procurementRow struct {
	Number      int    `json:"number"`
	Topic       named  `json:"topic"`
	Requirement string `json:"requirement"`
	Version     int    `json:"version"`
	Must        bool   `json:"must"`
	Conditional bool   `json:"conditional"`
	Shall       string `json:"shall"`
	Verify      string `json:"verify"`
	// Evidence is every kind that is strong enough on its own.
	Evidence []named             `json:"evidence"`
	ISO2022  []string            `json:"iso_2022"`
	Laws     []law               `json:"laws"`
	Because  []catalogue.Because `json:"because"`
}

// leftOut is one requirement that could have been asked for and is not.
type leftOut struct {
	Topic       named  `json:"topic"`
	Requirement string `json:"requirement"`
	Must        bool   `json:"must"`
	Shall       string `json:"shall"`
	// Chosen says that somebody left it out, and ChosenOn when; else it was never proposed.
	Chosen   bool       `json:"chosen"`
	ChosenOn civil.Date `json:"chosen_on"`
	Reason   string     `json:"reason"`
}

// procurement reads each system's annex by its own use case. A system that was removed since the list was read is left out.
func (s *Service) procurement(ctx context.Context, actor access.Actor, f *frame, systems []system.System) (report, error) {
	out := &procurementReport{Internal: f.request.Internal, Systems: []procurementSystem{}}
	anyDraft := false
	if f.request.Purchase != "" {
		p, err := s.oneAnnex(ctx, actor, f, procurement.PurchaseRef+f.request.Purchase)
		if err != nil {
			return nil, err
		}
		p.Link = link(f.request.Link, "/upphandling/"+f.request.Purchase)
		out.Systems, out.head = append(out.Systems, *p), f.head(p.Draft)
		return out, nil
	}
	for i := range systems {
		p, err := s.oneAnnex(ctx, actor, f, systems[i].ID.String())
		if errors.Is(err, db.ErrNotFound) && !f.single() {
			continue
		}
		if err != nil {
			return nil, err
		}
		anyDraft = anyDraft || p.Draft
		out.Systems = append(out.Systems, *p)
	}
	out.head = f.head(anyDraft)
	return out, nil
}

// oneAnnex reads one annex. The annex of a single system or purchase that is taken out is kept as a version.
func (s *Service) oneAnnex(ctx context.Context, actor access.Actor, f *frame, ref string) (*procurementSystem, error) {
	v, a, err := s.Procurements.Annex(ctx, actor, ref, f.l)
	if err != nil {
		return nil, err
	}
	p := f.annex(&v, &a)
	if f.single() && !p.Stop {
		p.Version, err = s.kept(ctx, actor, f, ref, v.System.UnitID)
	}
	return &p, err
}

// kept gives the number of the version that an annex is: one that is made now, or, for who changes nothing, the newest when that is it, and
// else 0.
func (s *Service) kept(ctx context.Context, actor access.Actor, f *frame, ref string, unit access.UnitID) (int, error) {
	if access.AllowedAt(actor, "procurement.Freeze", unit) {
		v, err := s.Procurements.Freeze(ctx, actor, ref, f.l)
		return v.Number, err
	}
	if !access.AllowedAt(actor, "procurement.Versions", unit) {
		return 0, nil
	}
	k, err := s.Procurements.Versions(ctx, actor, ref, f.l)
	if err == nil && len(k.Versions) > 0 && k.Versions[0].Hash == k.Hash {
		return k.Versions[0].Number, nil
	}
	return 0, err
}

// link is the whole address of a page; empty when the program's address is not known.
func link(site, path string) string {
	if site == "" {
		return ""
	}
	return site + path
}

func (f *frame) annex(v *requirement.View, a *procurement.Annex) procurementSystem {
	p := procurementSystem{subject: f.subject(v), Rows: []procurementRow{}, LeftOut: []leftOut{}}
	if p.Stop {
		return p
	}
	p.Shall, p.Should, p.Hash = a.Shall, a.Should, a.Hash(f.lang)
	rows := slices.Clone(a.Rows)
	place := make(map[string]int, len(f.catalogue.Topics))
	for i := range f.catalogue.Topics {
		place[f.catalogue.Topics[i].ID] = i
	}
	slices.SortStableFunc(rows, func(x, y procurement.Row) int { return cmp.Compare(place[x.Topic.ID], place[y.Topic.ID]) })
	for i := range rows {
		switch {
		case rows[i].Included:
			p.Rows = append(p.Rows, f.annexRow(&rows[i], len(p.Rows)+1))
		case f.request.Internal:
			p.LeftOut = append(p.LeftOut, f.leftOut(&rows[i]))
		}
	}
	for i := range a.Own {
		o := &a.Own[i]
		topic := named{ID: "own", Name: f.t("own-topic")}
		switch {
		case !o.Removed:
			p.Rows = append(p.Rows, procurementRow{
				Number: len(p.Rows) + 1, Topic: topic, Requirement: o.ID.String(), Version: 1, Must: o.Must, Shall: o.Text, Verify: o.Verify,
				Evidence: []named{}, ISO2022: []string{}, Laws: []law{}, Because: []catalogue.Because{},
			})
		case f.request.Internal:
			p.LeftOut = append(p.LeftOut, leftOut{
				Topic: topic, Requirement: o.ID.String(), Must: o.Must, Shall: o.Text, Chosen: true, ChosenOn: civil.Of(o.At), Reason: o.Reason,
			})
		}
	}
	return p
}

func (f *frame) annexRow(r *procurement.Row, number int) procurementRow {
	out := procurementRow{
		Number: number, Topic: named{r.Topic.ID, r.Topic.Name.In(f.lang)}, Requirement: r.ID, Version: r.Version, Must: r.Mandatory(),
		Conditional: r.Conditional, Shall: r.Shall(f.lang), Verify: r.Verify(f.lang), Evidence: []named{},
		ISO2022: list(r.ISO2022), Laws: f.laws(r.Laws), Because: []catalogue.Because{},
	}
	if f.request.Internal { // the reasons name risks, levels and other systems
		out.Because = list(r.Because)
	}
	for _, id := range r.Evidence {
		if e, ok := f.catalogue.EvidenceKind(id); ok && e.Strength >= r.MinStrength {
			out.Evidence = append(out.Evidence, named{e.ID, e.Name.In(f.lang)})
		}
	}
	return out
}

func (f *frame) leftOut(r *procurement.Row) leftOut {
	out := leftOut{Topic: named{r.Topic.ID, r.Topic.Name.In(f.lang)}, Requirement: r.ID, Must: r.Mandatory(), Shall: r.Shall(f.lang)}
	switch {
	case r.Choice != nil:
		out.Chosen, out.ChosenOn, out.Reason = true, civil.Of(r.Choice.At), r.Choice.Reason
	case r.Conditional:
		out.Reason = f.t("left-conditional")
	case !r.Mandatory():
		out.Reason = f.t("left-should")
	default:
		out.Reason = f.t("left-proportion")
	}
	return out
}

func (p *procurementReport) split() (any, int, func(int) any) {
	top := *p
	top.Systems = []procurementSystem{}
	return top, len(p.Systems), func(i int) any { return &p.Systems[i] }
}

func (p *procurementReport) document(f *frame) *document.Document {
	subjects := make([]*subject, len(p.Systems))
	shall, should := 0, 0
	for i := range p.Systems {
		subjects[i] = &p.Systems[i].subject
		shall, should = shall+p.Systems[i].Shall, should+p.Systems[i].Should
	}
	d := f.begin("procurement", subjects)
	if f.single() && subjects[0].Stop {
		return d
	}
	if f.single() {
		f.levels(d, subjects[0])
	}
	f.property(d, "shall", f.l.Number(int64(shall)))
	f.property(d, "should", f.l.Number(int64(should)))
	if f.single() {
		f.property(d, "hash", p.Systems[0].Hash)
		if n := p.Systems[0].Version; n > 0 {
			f.property(d, "version", f.l.Number(int64(n)))
		}
	}
	d.Sections = append(d.Sections, document.Section{Heading: f.t("answer-heading"), Level: 1, Paragraphs: []string{
		f.t("answer-how"), f.t("answer-shall"), f.t("answer-equivalent"), f.t("answer-proportion"), f.t("law-guide"),
	}})
	for i := range p.Systems {
		d.Sections = append(d.Sections, p.sections(f, &p.Systems[i])...)
	}
	return f.finish(d, subjects)
}

// sections are those of one system: its requirements and, inside the house, what was left out.
func (p *procurementReport) sections(f *frame, s *procurementSystem) []document.Section {
	heading, suffix, under := f.t("annex-heading"), "", 1
	var text []string
	if !f.single() {
		heading, suffix, under = s.System, ": "+s.System, 2
		text = append(text, f.annexText(s)...)
	}
	if s.Stop {
		return []document.Section{{ID: s.Slug, Heading: heading, Level: 1, Paragraphs: []string{f.t("stop")}}}
	}
	out := []document.Section{{ID: s.Slug, Heading: heading, Level: 1, Paragraphs: text}}
	if len(s.Rows) == 0 {
		out[0].Paragraphs = append(out[0].Paragraphs, f.t("annex-empty"))
	} else {
		out[0].Table = p.annexTable(f, s, heading)
	}
	if p.Internal {
		out = append(out, document.Section{
			Heading: f.t("left-heading") + suffix, Level: under, Paragraphs: []string{f.t("left-text")}, Table: f.leftTable(s, suffix),
		})
	}
	return out
}

// annexText says of one system among many what the cover says of a single one.
func (f *frame) annexText(s *procurementSystem) []string {
	var levels []string
	for i := range s.Levels {
		levels = append(levels, s.Levels[i].Name+": "+f.levelText(&s.Levels[i]))
	}
	return []string{
		f.t("property-classification") + ": " + f.mark(&s.subject) + ". " + strings.Join(levels, ". ") + ".",
		f.t("annex-counts", "Shall", s.Shall, "Should", s.Should, "Hash", s.Hash),
	}
}

// annexTable has a row for each requirement. Why a requirement applies speaks of the organisation's own weaknesses and levels, and
// is for its own eyes: a tenderer reads what to meet and what it rests on.
func (p *procurementReport) annexTable(f *frame, s *procurementSystem, name string) *document.Table {
	t := &document.Table{Name: name, Columns: []document.Column{
		f.column("number", document.Number, 6), f.column("topic", document.Plain, 14), f.column("must", document.Plain, 9),
		f.column("shall-text", document.Long, 34), f.column("verify", document.Long, 28), f.column("evidence", document.Plain, 18),
		f.column("reference", document.Plain, 30),
	}}
	if p.Internal {
		t.Columns = append(t.Columns, f.column("why", document.Long, 34))
	}
	t.Columns = append(t.Columns, f.column("tender-answer", document.Plain, 20), f.column("tender-evidence", document.Plain, 12))
	for i := range s.Rows {
		r := &s.Rows[i]
		var evidence []string
		for _, e := range r.Evidence {
			evidence = append(evidence, e.Name)
		}
		cells := []document.Cell{
			document.N(r.Number), document.T(r.Topic.Name),
			{Text: f.must(r.Must), Strong: r.Must},
			document.T(r.Shall),
			document.T(r.Verify), document.T(strings.Join(evidence, "; ")), document.T(f.reference(r)),
		}
		if p.Internal {
			cells = append(cells, document.T(f.why(r.Because, r.Laws, r.Conditional)))
		}
		t.Rows = append(t.Rows, append(cells, document.Cell{}, document.Cell{}))
	}
	return t
}

func (f *frame) must(must bool) string {
	if must {
		return f.t("shall")
	}
	return f.t("should")
}

// shortSections is how long a law's sections may be and still stand in a narrow column. The rest stands on the law's own page.
const shortSections = 32

// reference names the controls of the standard and the laws that a row rests on.
func (f *frame) reference(r *procurementRow) string {
	var parts []string
	if len(r.ISO2022) > 0 {
		parts = append(parts, "ISO/IEC 27001:2022 "+strings.Join(r.ISO2022, ", "))
	}
	for _, l := range r.Laws {
		name := l.Name
		if n := utf8.RuneCountInString(l.Sections); n > 1 && n <= shortSections {
			name += " " + l.Sections
		}
		if !l.Verified {
			name += " (" + f.t("unverified") + ")"
		}
		parts = append(parts, name)
	}
	return strings.Join(parts, "\n") // a law's sections hold commas and semicolons of their own
}

func (f *frame) leftTable(s *procurementSystem, suffix string) *document.Table {
	t := &document.Table{Name: f.t("left-heading") + suffix, Columns: []document.Column{
		f.column("topic", document.Plain, 12), f.column("requirement-id", document.Plain, 16), f.column("must", document.Plain, 8),
		f.column("shall-text", document.Long, 36), f.column("left-by", document.Plain, 12), f.column("left-on", document.Date, 8),
		f.column("reason", document.Long, 30),
	}}
	for _, r := range s.LeftOut {
		by := f.t("left-by-proposal")
		if r.Chosen {
			by = f.t("left-by-choice")
		}
		t.Rows = append(t.Rows, []document.Cell{
			document.T(r.Topic.Name), document.T(r.Requirement), document.T(f.must(r.Must)), document.T(r.Shall), document.T(by),
			document.T(f.l.ShortDate(r.ChosenOn)), document.T(r.Reason),
		})
	}
	return t
}
