// SPDX-License-Identifier: EUPL-1.2

package overview

import (
	"errors"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/requirement"
	"github.com/insegel/insegel/internal/web"
	"github.com/insegel/insegel/internal/whatif"
)

type ruleLine struct {
	Name, Sections, Topic, Ref, Href string
	// Long are sections that are too long to stand in a heading.
	Long                  string
	Tags                  []web.Tag
	Force                 string
	Requirements, Systems int
}

type rulesPage struct {
	web.Page
	Lead, Text string
	Filters    []selectField
	Rows       []ruleLine
	Shown      string
	Clear      bool
	// Drafts is where drafts of rules are looked at, for who may.
	Drafts string
}

type ruleFilter struct{ Text, Basis, Checked, Force, Concerns string }

func readRuleFilter(c *web.Context) ruleFilter {
	return ruleFilter{
		Text: c.Query("q"), Basis: oneOf(c.Query("grund"), catalogue.BasisExplicit, catalogue.BasisDerived), Checked: oneOf(c.Query("kontrollerad"), "ja", "nej"),
		Force:    oneOf(c.Query("galler"), string(requirement.Current), string(requirement.NotYet), string(requirement.Ended), string(requirement.Unchecked)),
		Concerns: oneOf(c.Query("berors"), "ja", "nej"),
	}
}

func (f ruleFilter) matches(c *web.Context, l *catalogue.Law, force requirement.Force, systems int) bool {
	text := locale.Fold(strings.Join([]string{l.ID, l.Ref, l.Name.In(lang(c)), l.Topic.In(lang(c)), l.Sections, l.Duty.In(lang(c))}, " "))
	for _, word := range strings.Fields(locale.Fold(f.Text)) {
		if !strings.Contains(text, word) {
			return false
		}
	}
	return (f.Basis == "" || f.Basis == l.Basis) && agrees(f.Checked, l.Verified) && (f.Force == "" || f.Force == string(force)) && agrees(f.Concerns, systems > 0)
}

// agrees compares a filter of yes and no with what is so; no filter agrees with both.
func agrees(filter string, is bool) bool { return filter == "" || (filter == "ja") == is }

func (p *Pages) rules(c *web.Context) error {
	systems, today, err := p.Overview.Rules(c.Context(), c.Actor)
	if err != nil {
		return err
	}
	f := readRuleFilter(c)
	laws := p.Overview.catalogue().Laws
	uses := p.requirementsOf()
	d := rulesPage{Page: web.Page{Title: c.L.T("overview.rules"), Active: MenuRules}, Text: f.Text, Filters: ruleFilters(c, f), Clear: f != ruleFilter{}}
	verified := 0
	for i := range laws {
		l := &laws[i]
		if l.Verified {
			verified++
		}
		force := requirement.InForce(l, today)
		if !f.matches(c, l, force, systems[i]) {
			continue
		}
		short, long := sectionsOf(l), ""
		if utf8.RuneCountInString(short) > longSections {
			short, long = "", short
		}
		d.Rows = append(d.Rows, ruleLine{
			Name: l.Name.In(lang(c)), Sections: short, Long: long, Topic: l.Topic.In(lang(c)), Ref: l.Ref, Href: "/regler/" + l.ID,
			Tags: []web.Tag{basisTag(c, l), verifiedTag(c, l.Verified)}, Force: forceText(c, l, force), Requirements: len(uses[l.ID]), Systems: systems[i],
		})
	}
	if may(c, "whatif.List") {
		d.Drafts = whatif.Place
	}
	d.Lead = c.L.T("overview.rules-lead", "Count", len(laws), "Verified", verified, "Unverified", len(laws)-verified)
	d.Shown = c.L.T("overview.rules-shown", "Shown", len(d.Rows), "Total", len(laws))
	return c.Render(templates, "rules.html", d)
}

// longSections is how many letters of a law's sections have room in a heading.
const longSections = 60

// sectionsOf gives the sections of a law as they are shown: none where the catalogue means the law as a whole and has a dash.
func sectionsOf(l *catalogue.Law) string { return strings.Trim(l.Sections, "– —") }

// lawTitle is a law's name with its sections.
func lawTitle(l *catalogue.Law, in catalogue.Lang) string {
	return strings.TrimSpace(l.Name.In(in) + " " + sectionsOf(l))
}

// requirementsOf gives the requirements that each law is a basis of, by the law's id.
func (p *Pages) requirementsOf() map[string][]*catalogue.Requirement {
	all := p.Overview.catalogue().Requirements
	out := map[string][]*catalogue.Requirement{}
	for i := range all {
		for _, id := range all[i].Laws {
			out[id] = append(out[id], &all[i])
		}
	}
	return out
}

func forceText(c *web.Context, l *catalogue.Law, f requirement.Force) string {
	if tag, ok := forceTag(c, l, f); ok {
		return tag.Word
	}
	return c.L.T("overview.in-force", "Day", c.L.ShortDate(l.From))
}

func ruleFilters(c *web.Context, f ruleFilter) []selectField {
	t := c.L.T
	all := t("overview.all")
	return []selectField{
		{"grund", t("overview.basis"), options(f.Basis, "", all, catalogue.BasisExplicit, t("overview.basis-explicit"), catalogue.BasisDerived, t("overview.basis-derived"))},
		{"kontrollerad", t("overview.checked"), options(f.Checked, "", all, "ja", t("overview.verified"), "nej", t("overview.unverified"))},
		{"galler", t("overview.force"), options(f.Force, "", all, string(requirement.Current), t("overview.force-current"), string(requirement.NotYet), t("overview.force-later"),
			string(requirement.Ended), t("overview.force-over"), string(requirement.Unchecked), t("overview.force-unchecked"))},
		{"berors", t("overview.concerns"), options(f.Concerns, "", all, "ja", t("overview.concerns-yes"), "nej", t("overview.concerns-no"))},
	}
}

type requirementLink struct {
	Title, Href, Topic string
	Tag                web.Tag
}

type systemLink struct {
	Name, Href, Unit string
	Cells            []cell
	Status           web.Tag
}

type rulePage struct {
	web.Page
	Sub, Topic       string
	Tags             []web.Tag
	Duty, Protection string
	AppliesTo        string
	Conditions       []string
	Facts            []fact
	Requirements     []requirementLink
	Headings         []heading
	Systems          []systemLink
	SystemCount      int
	Paging           web.Paging
}

func (p *Pages) rule(c *web.Context) error {
	l, systems, today, err := p.Overview.Rule(c.Context(), c.Actor, c.Path("id"))
	if err != nil {
		return err
	}
	d := rulePage{
		Page: web.Page{
			Title: lawTitle(l, lang(c)), Active: MenuRules,
			Crumbs: []web.Crumb{{Label: c.L.T("overview.rules"), Href: "/regler"}, {Label: l.ID}},
		},
		Topic: l.Topic.In(lang(c)), Tags: []web.Tag{basisTag(c, l), verifiedTag(c, l.Verified)},
		Duty: l.Duty.In(lang(c)), Protection: l.Protection.In(lang(c)), AppliesTo: l.AppliesTo.In(lang(c)),
		Conditions: p.conditions(c, l.When), Headings: headings(c), SystemCount: len(systems),
		Facts: []fact{
			{Label: c.L.T("overview.law-ref"), Value: l.Ref},
			{Label: c.L.T("overview.law-source"), Value: l.Source},
			{Label: c.L.T("overview.law-checked"), Value: l.Checked, Unknown: l.Checked == ""},
			{Label: c.L.T("overview.law-from"), Value: dated(c, l.From), Unknown: l.From.IsZero()},
		},
	}
	if !l.To.IsZero() {
		d.Facts = append(d.Facts, fact{Label: c.L.T("overview.law-to"), Value: c.L.Date(l.To)})
	}
	if tag, ok := forceTag(c, l, requirement.InForce(l, today)); ok {
		d.Tags = append(d.Tags, tag)
	}
	for _, r := range p.requirementsOf()[l.ID] {
		d.Requirements = append(d.Requirements, p.requirementLink(c, r))
	}
	page := slice(c, len(systems), "/regler/"+l.ID)
	for _, s := range systems[page.from():page.To()] {
		d.Systems = append(d.Systems, systemLink{Name: s.Name, Href: systemPath(s.Slug), Unit: s.Unit, Cells: cells(c, s)})
	}
	d.Paging = page.Paging
	return c.Render(templates, "rule.html", d)
}

// slicing is a page of a list that is in memory.
type slicing struct{ web.Paging }

func slice(c *web.Context, total int, path string) slicing {
	p := web.Paging{Page: pageNumber(c), Size: PageSize, Total: total, Path: path}
	p.Page = min(p.Page, p.Pages())
	return slicing{p}
}

// from is the index of the page's first row.
func (s slicing) from() int { return min((s.Page-1)*s.Size, s.Total) }

func (p *Pages) requirementLink(c *web.Context, r *catalogue.Requirement) requirementLink {
	return requirementLink{Title: p.isText(c, r), Href: "/krav/" + r.ID, Topic: p.topicName(c, r.Topic), Tag: weightTag(c, r.Must)}
}

// isText is a requirement's wanted state with the catalogue's own figures.
func (p *Pages) isText(c *web.Context, r *catalogue.Requirement) string {
	return catalogue.Fill(r.Is.In(lang(c)), r.Settings, nil)
}

func (p *Pages) topicName(c *web.Context, id string) string {
	if t, ok := p.Overview.catalogue().Topic(id); ok {
		return t.Name.In(lang(c))
	}
	return id
}

// conditions says a condition in words: one sentence for each of its groups, all of which must hold.
func (p *Pages) conditions(c *web.Context, cond catalogue.Condition) []string {
	if cond.Always() {
		return []string{c.L.T("overview.condition-always")}
	}
	var out []string
	for group := range strings.SplitSeq(cond.String(), ";") {
		out = append(out, p.group(c, group))
	}
	return out
}

// group says the alternatives of one group: "Verksamhet: Socialtjänst eller Kommunal hälso- och sjukvård".
func (p *Pages) group(c *web.Context, group string) string {
	or := " " + c.L.T("overview.or") + " "
	var parts []string
	var before *catalogue.Fact
	for word := range strings.SplitSeq(group, "|") {
		id, value, hasValue := strings.Cut(strings.TrimSpace(word), "=")
		f, ok := p.Overview.catalogue().Vocabulary.Fact(id)
		switch {
		case !ok && before != nil: // another value of the fact before
			parts[len(parts)-1] += or + before.Label(id).In(lang(c))
			continue
		case !ok:
			parts = append(parts, id)
			continue
		case !hasValue || f.Form == catalogue.FormTruth && len(f.TrueValues) < 2:
			parts = append(parts, f.Name.In(lang(c)))
			before = nil
			continue
		}
		parts = append(parts, f.Name.In(lang(c))+": "+f.Label(value).In(lang(c)))
		before = f
	}
	return strings.Join(parts, or)
}

type evidenceLine struct {
	Name, Proves, Pitfall string
	Strength              int
	Enough                bool
}

type settingLine struct {
	Unit            string
	Value, Min, Max int
}

type onePage struct {
	web.Page
	Tags       []web.Tag
	Is, Shall  string
	Verify     string
	Note       string
	Rules      []lawRow
	Conditions []string
	Triggers   []string
	Role, Kind string
	Topic      string
	Least      int
	Evidence   []evidenceLine
	New, Old   string
	Settings   []settingLine
	Bar        web.Bar
	Total      int
	Systems    []systemLink
	Headings   []heading
	Paging     web.Paging
}

func (p *Pages) requirement(c *web.Context) error {
	r, systems, err := p.Overview.Requirement(c.Context(), c.Actor, c.Path("id"))
	var own *OwnError
	if errors.As(err, &own) {
		return c.Redirect(systemPath(own.Slug) + "/risker/" + own.Risk)
	}
	if err != nil {
		return err
	}
	if r.ID != c.Path("id") { // it has been replaced
		return c.Redirect("/krav/" + r.ID)
	}
	d := onePage{
		Page: web.Page{
			Title: p.isText(c, r), Active: MenuRules,
			Crumbs: []web.Crumb{{Label: c.L.T("overview.rules"), Href: "/regler"}, {Label: p.topicName(c, r.Topic)}},
		},
		Tags: []web.Tag{weightTag(c, r.Must)}, Is: p.isText(c, r), Shall: catalogue.Fill(r.Shall.In(lang(c)), r.Settings, nil),
		Verify: catalogue.Fill(r.Verify.In(lang(c)), r.Settings, nil), Note: r.Note.In(lang(c)), Conditions: p.conditions(c, r.When),
		Triggers: triggers(c, r), Role: requirement.PageRole(c.L, r.Role), Kind: c.L.T("overview.kind-of-" + r.Kind), Topic: p.topicName(c, r.Topic),
		Least: r.MinStrength, Evidence: p.evidence(c, r), New: strings.Join(r.ISO2022, ", "), Old: strings.Join(r.ISO2017, ", "), Headings: headings(c), Total: len(systems),
	}
	if r.Core {
		d.Tags = append(d.Tags, web.Tag{Icon: "cart", Word: c.L.T("overview.core")})
	}
	for _, id := range r.Laws {
		if l, ok := p.Overview.catalogue().Law(id); ok {
			d.Rules = append(d.Rules, lawRow{Name: l.Name.In(lang(c)), Sections: sectionsOf(l), Topic: l.Topic.In(lang(c)), Href: "/regler/" + l.ID, Tags: []web.Tag{basisTag(c, l), verifiedTag(c, l.Verified)}})
		}
	}
	for _, s := range r.Settings {
		d.Settings = append(d.Settings, settingLine{Unit: s.Unit.In(lang(c)), Value: s.Value, Min: s.Min, Max: s.Max})
	}
	p.requirementSystems(c, &d, r, systems)
	return c.Render(templates, "requirement.html", d)
}

func (p *Pages) requirementSystems(c *web.Context, d *onePage, r *catalogue.Requirement, systems []Required) {
	wanted := oneOf(c.Query("status"), tallied...)
	var t requirement.Tally
	var list []Required
	for _, s := range systems {
		var one requirement.Tally
		one.Count(s.Status)
		t.Add(one)
		if wanted == "" || counted(one, wanted) > 0 {
			list = append(list, s)
		}
	}
	path := "/krav/" + r.ID
	d.Bar = bar(c, t, wanted, func(with string) string { return address(path, "status", with) + "#system" })
	page := slice(c, len(list), path)
	if wanted != "" {
		page.Query = query([]string{"status", wanted})
	}
	for _, s := range list[page.from():page.To()] {
		d.Systems = append(d.Systems, systemLink{
			Name: s.Name, Href: requirementOf(s.Slug, r), Unit: s.Unit, Cells: cells(c, s.Sum), Status: requirement.PageStatus(c.L, s.Status),
		})
	}
	d.Paging = page.Paging
}

// triggers says from which steps a requirement applies.
func triggers(c *web.Context, r *catalogue.Requirement) []string {
	var out []string
	for a := range catalogue.Aspect(catalogue.NumAspects) {
		if s := r.Trigger[a]; s != catalogue.Unset {
			out = append(out, c.L.T("overview.trigger", "Aspect", aspectName(c, a), "Step", c.L.T("requirement.step-"+s.String())))
		}
	}
	return out
}

func (p *Pages) evidence(c *web.Context, r *catalogue.Requirement) []evidenceLine {
	var out []evidenceLine
	for _, id := range r.Evidence {
		if e, ok := p.Overview.catalogue().EvidenceKind(id); ok {
			out = append(out, evidenceLine{e.Name.In(lang(c)), e.Proves.In(lang(c)), e.Pitfall.In(lang(c)), e.Strength, e.Strength >= r.MinStrength})
		}
	}
	slices.SortStableFunc(out, func(a, b evidenceLine) int { return b.Strength - a.Strength })
	return out
}
