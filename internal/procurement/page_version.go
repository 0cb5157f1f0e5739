// SPDX-License-Identifier: EUPL-1.2

package procurement

import (
	"strconv"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/web"
)

// versionsPage shows the versions of an annex, and what differs between two of them.
type versionsPage struct {
	web.Page
	Base     string
	Rows     []versionRow
	From, To web.Field
	Compared bool
	Parts    []versionPart
	CanKeep  bool
	// Changed says that the annex is not as the newest version any more.
	Changed bool
}

type versionRow struct {
	Number, Rows   int
	Hash, When, By string
}

// versionPart is one kind of difference.
type versionPart struct {
	ID, Title string
	Lines     []differenceRow
}

type differenceRow struct {
	Own                       bool
	Before, After             string
	WasMust, IsMust           bool
	HasBefore, HasAfter, Same bool
}

// nowVersion is how the annex as it stands is named among its versions.
const nowVersion = "nu"

func (p *Pages) versions(c *web.Context) error {
	k, err := p.Service.Versions(c.Context(), c.Actor, refOf(c), c.L)
	if err != nil {
		return err
	}
	t := c.L.T
	out := versionsPage{
		Page: web.Page{Title: t("procurement.versions"), Active: "procurement", Crumbs: []web.Crumb{
			{Label: t("procurement.page-crumb"), Href: "/upphandling"}, {Label: t("procurement.versions-annex"), Href: baseOf(c)}, {Label: t("procurement.versions")},
		}},
		Base: baseOf(c), CanKeep: access.Allowed(c.Actor, "procurement.Freeze"), Changed: len(k.Versions) == 0 || k.Versions[0].Hash != k.Hash,
	}
	lines := map[string][]Line{nowVersion: k.Now}
	options := []web.Option{{Value: nowVersion, Label: t("procurement.versions-now")}}
	for i := range k.Versions {
		v := &k.Versions[i]
		name := strconv.Itoa(v.Number)
		lines[name] = v.Lines
		options = append(options, web.Option{Value: name, Label: t("procurement.versions-number", "Number", v.Number, "Day", c.L.Moment(v.At))})
		out.Rows = append(out.Rows, versionRow{Number: v.Number, Rows: len(v.Lines), Hash: v.Hash, When: c.L.Moment(v.At), By: k.People[v.By]})
	}
	out.From = web.Field{Name: "fran", Label: t("procurement.versions-from"), Options: options, Value: c.Query("fran")}
	out.To = web.Field{Name: "till", Label: t("procurement.versions-to"), Options: options, Value: c.Query("till")}
	if out.To.Value == "" {
		out.To.Value = nowVersion
	}
	if out.From.Value == "" && len(k.Versions) > 0 {
		out.From.Value = strconv.Itoa(k.Versions[0].Number)
	}
	from, ok1 := lines[out.From.Value]
	to, ok2 := lines[out.To.Value]
	if ok1 && ok2 {
		out.Compared = true
		out.compare(c.L, from, to)
	}
	return c.Render(pages, "versions.html", out)
}

// compare tells what differs.
func (p *versionsPage) compare(l *locale.Localizer, from, to []Line) {
	gone, fresh, changed := Compare(from, to)
	for _, part := range []struct {
		id, key string
		list    []Difference
	}{
		{"nya", "procurement.versions-fresh", fresh}, {"andrade", "procurement.versions-changed", changed}, {"borta", "procurement.versions-gone", gone},
	} {
		if len(part.list) == 0 {
			continue
		}
		x := versionPart{ID: part.id, Title: l.T(part.key, "Count", len(part.list))}
		for _, d := range part.list {
			x.Lines = append(x.Lines, differenceOf(l, d))
		}
		p.Parts = append(p.Parts, x)
	}
}

func differenceOf(l *locale.Localizer, d Difference) differenceRow {
	lang := catalogue.Lang(l.Lang)
	var out differenceRow
	if d.Before != nil {
		out.HasBefore, out.Before, out.WasMust, out.Own = true, d.Before.Text.In(lang), d.Before.Must, d.Before.Own
	}
	if d.After != nil {
		out.HasAfter, out.After, out.IsMust, out.Own = true, d.After.Text.In(lang), d.After.Must, d.After.Own
	}
	out.Same = out.HasBefore && out.HasAfter && out.Before == out.After
	return out
}

// freeze keeps the annex as it stands as a version.
func (p *Pages) freeze(c *web.Context) error {
	v, err := p.Service.Freeze(c.Context(), c.Actor, refOf(c), c.L)
	if err != nil {
		return err
	}
	return c.Redirect(baseOf(c)+"/versioner", "procurement.versions-kept", "Number", strconv.Itoa(v.Number), "Hash", v.Hash)
}
