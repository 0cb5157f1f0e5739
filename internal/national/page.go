// SPDX-License-Identifier: EUPL-1.2

package national

import (
	"cmp"
	"embed"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/followup"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/web"
)

//go:embed *.html
var pageFiles embed.FS

var pages = web.Parse(pageFiles)

// Place is where the nation is shown, and Menu its entry in the menu.
const (
	Place = "/nationellt"
	Menu  = "national"
)

// firstIndicator is shown when none is chosen.
const firstIndicator = "STARK_AUT_SOC_ALLA"

// Pages are the pages of many municipalities.
type Pages struct{ Service *Service }

// Routes registers the pages.
func (p *Pages) Routes(s *web.Site) {
	s.Handle("GET "+Place, "national.Picture", p.picture)
	s.Handle("GET "+Place+"/tabell", "national.Picture", p.table)
	s.Handle("GET "+KeysPath, "national.Keys", p.keys)
	s.Handle("POST "+KeysPath, "national.AskKey", p.askKey)
	s.Handle("GET "+SharingPath, "national.Sharing", p.sharing)
	s.Handle("POST "+SharingPath, "national.SetSharing", p.setSharing)
	p.referenceRoutes(s)
	p.dependsRoutes(s)
	s.Handle("GET "+PreviewPath, "national.Preview", p.preview)
}

// picturePage is one indicator, nationwide.
type picturePage struct {
	web.Page
	Lead                      string
	Indicator, Period, Series web.Field
	Covered                   string
	Legend                    []legend
	MapSummary, Hidden        string
	Map                       Map
	Counties, Sizes, Divided  []groupRow
	StripTitle, StripSummary  string
	Strip                     Strip
	Facts                     []factRow
	// Spread is the strip as a table: its quartiles, and who is shown by themselves, the lowest first.
	Spread                   []spreadRow
	Plot                     web.Plot
	TrendTitle, TrendSummary string
	Trend                    []trendRow
	Breaks                   []string
	Quality                  []qualityRow
	File                     string
	Shown                    []shownRow
	Questions                []questionRow
	Own                      string
	Beside                   []groupRow
	Kept, Invented           string
	Open                     []web.Link
	Empty                    *web.Empty
	CanShare                 bool
	References, Dependences  string
	Fetched                  []fetchedRow
	How                      how
	Ticks                    []tick
}

// spreadRow is a row of the strip as a table.
type spreadRow struct{ Name, Value string }

// tick is a share below the strip.
type tick struct{ X, Label string }

// how is how the indicator is counted, and Rows where the own municipality's rows are.
type how struct {
	Meaning, Of, Counted, Met, Corresponds, Rows string
	Definition                                   int
}

type (
	legend     struct{ Class, Label string }
	groupRow   struct{ Name, Members, Value, Why string }
	factRow    struct{ Value, Text string }
	trendRow   struct{ When, Series, Value, Members string }
	qualityRow struct{ Series, Members, Value, Unknown string }
	shownRow   struct{ Name, County, Value, Of string }
	// questionRow is one question with its answer in each series, and what the reader's own municipality would answer.
	questionRow struct {
		Name, Href string
		Answers    []answerRow
		// Own is what the own municipality would answer, Rows where what it counts is, and OwnWas what it was the year before.
		Own, Rows, OwnWas string
	}
	// answerRow is the answer in one series: the share, how many it stands on, and what it was the year before.
	answerRow struct{ Series, Value, Members, Before string }
)

func lookOf(c *web.Context) Look {
	k := Look{Indicator: c.Query("indikator")}
	if k.Indicator == "" {
		k.Indicator = firstIndicator
	}
	k.Period, _ = ParsePeriod(c.Query("period")) // what is no period is the latest
	k.Series, _ = followup.ParseSeries(c.Query("serie"))
	return k
}

func (p *Pages) read(c *web.Context) (Picture, error) {
	x, err := p.Service.Picture(c.Context(), c.Actor, lookOf(c))
	if errors.Is(err, db.ErrNotFound) {
		return x, &web.Error{Status: http.StatusNotFound, Key: "national.not-found", Err: err}
	}
	return x, err
}

func (p *Pages) picture(c *web.Context) error {
	x, err := p.read(c)
	if err != nil {
		return err
	}
	lang := catalogue.Lang(c.L.Lang)
	out := picturePage{
		Page: web.Page{Title: finding(c.L, &x), Active: Menu}, CanShare: access.Allowed(c.Actor, "national.Sharing"),
		References: ReferencesPath, Dependences: DependsPath,
		File: Place + "/tabell?" + url.Values{"indikator": {x.Indicator.ID}, "period": {x.Release.Period.String()}, "serie": {x.Series.String()}}.Encode(),
	}
	p.choices(c, &x, &out)
	out.How = p.how(c, &x)
	if x.Release.Number == 0 {
		out.Empty = &web.Empty{Title: c.L.T("national.page-empty"), Text: c.L.T("national.page-empty-text")}
		if out.CanShare {
			out.Empty.Actions = []web.Link{{Label: c.L.T("national.page-share"), Href: SharingPath}}
		}
		out.trend(c.L, &x, p.Service)
		return c.Render(pages, "picture.html", out)
	}
	if x.Invented {
		out.Invented = c.L.T("national.page-invented")
	}
	out.head(c.L, &x)
	out.ask(c.L, &x, p.Service.Engine.Catalogue)
	out.beside(c.L, &x, p.Service.Engine.Catalogue)
	out.country(c.L, &x, p.Service.Engine.Catalogue)
	out.spread(c.L, &x, p.Service.Engine.Catalogue)
	out.trend(c.L, &x, p.Service)
	if x.Receives {
		for _, form := range []string{"csv", "json", "parquet"} {
			out.Open = append(out.Open, web.Link{Label: c.L.T("national.form-" + form), Href: openPath + "/nationellt." + form})
		}
	}
	for _, b := range x.Indicator.Breaks {
		out.Breaks = append(out.Breaks, b.Text.In(lang))
	}
	return c.Render(pages, "picture.html", out)
}

// how tells how an indicator is counted.
func (p *Pages) how(c *web.Context, x *Picture) how {
	lang, ind := catalogue.Lang(c.L.Lang), x.Indicator
	out := how{Meaning: ind.Meaning.In(lang), Corresponds: ind.Corresponds, Definition: ind.Definition}
	if ind.Computed() {
		cat := p.Service.Engine.Catalogue
		out.Of, out.Counted, out.Met = c.L.T("followup.kind-"+ind.Of), followup.RuleText(cat, ind.Counted, lang), followup.RuleText(cat, ind.Met, lang)
	}
	if access.Allowed(c.Actor, "followup.Open") {
		out.Rows = rowsOf(ind)
	}
	return out
}

// rowsOf is where the rows are that the own municipality's number counts.
func rowsOf(ind *catalogue.Indicator) string { return followup.Place + "/" + ind.ID + "#rader" }

// choices fills the form.
func (p *Pages) choices(c *web.Context, x *Picture, out *picturePage) {
	lang := catalogue.Lang(c.L.Lang)
	out.Indicator = web.Field{Name: "indikator", Value: x.Indicator.ID}
	for _, ind := range p.Service.Engine.Indicators {
		out.Indicator.Options = append(out.Indicator.Options, web.Option{Value: ind.ID, Label: ind.Name.In(lang)})
	}
	out.Period = web.Field{Name: "period", Value: x.Release.Period.String()}
	for i := len(x.Releases) - 1; i >= 0; i-- {
		name := x.Releases[i].Period.String()
		out.Period.Options = append(out.Period.Options, web.Option{Value: name, Label: periodName(c.L, x.Releases[i].Period)})
	}
	if len(x.Releases) == 0 {
		out.Period.Options = []web.Option{{Label: c.L.T("national.page-no-period")}}
	}
	out.Series = web.Field{Name: "serie", Value: x.Series.String()}
	for s := range followup.Series(followup.NumSeries) {
		out.Series.Options = append(out.Series.Options, web.Option{Value: s.String(), Label: c.L.T("national.series-" + s.String())})
	}
}

// periodName writes a period in words.
func periodName(l *locale.Localizer, p Period) string {
	if p.Quarter == 0 {
		return strconv.Itoa(p.Year)
	}
	return l.T("national.quarter", "Quarter", p.Quarter, "Year", strconv.Itoa(p.Year))
}

// head says what the figure is, and what it does not say.
func (o *picturePage) head(l *locale.Localizer, x *Picture) {
	series := l.T("national.series-" + x.Series.String())
	covered := x.Whole.Members
	o.Covered = l.T("national.covered", "Count", covered, "Total", x.Country, "Series", series)
	if !x.Whole.Published() {
		o.Lead = l.T("national.lead-hidden", "Why", l.T("national.why-"+string(x.Whole.Why)))
		return
	}
	c := x.Whole.Sum
	key := "national.lead-share"
	if x.Indicator.PerMunicipality() {
		key = "national.lead-municipalities"
	}
	o.Lead = l.T(key, "Numerator", c.Numerator, "Known", c.Denominator-c.Unknown, "Percent", percentOf(l, c), "Members", covered) + " " + gaps(l, x)
	if t, ok := x.YearBefore(); ok {
		o.Lead += " " + l.T("national.lead-before", "Period", periodName(l, t.Period), "Percent", percentOf(l, t.Sum), "Members", t.Members)
	}
	if x.Whole.Kept > 0 {
		o.Kept = l.T("national.kept")
	}
}

// gaps says what the figure of the whole country does not speak of: what is not known, and who has not submitted.
func gaps(l *locale.Localizer, x *Picture) string {
	unknown, others := x.Whole.Sum.Unknown, x.Country-x.Whole.Submitted
	if unknown == 0 && others == 0 {
		return l.T("national.lead-all", "Total", x.Country)
	}
	out := ""
	switch {
	case unknown == 0:
	case x.Indicator.PerMunicipality():
		out += l.T("national.lead-no-answer", "Count", unknown) + " "
	default:
		out += l.T("national.lead-unknown", "Count", unknown, "Submitted", x.Whole.Submitted) + " "
	}
	if others > 0 {
		out += l.T("national.lead-others", "Count", others) + " "
	}
	return out + l.T("national.lead-part")
}

// percentOf writes the share that is met of what is known.
func percentOf(l *locale.Localizer, c followup.Count) string {
	return l.Percent(int(c.Numerator), int(c.Denominator-c.Unknown))
}

// country draws the map and the groups.
func (o *picturePage) country(l *locale.Localizer, x *Picture, c *catalogue.Catalogue) {
	o.Map = Draw(c, x.Shown, x.Release.Basis, x.Own)
	for i, from := range [5]int{0, 21, 41, 61, 81} {
		o.Legend = append(o.Legend, legend{"q" + strconv.Itoa(i+1), strconv.Itoa(from) + "–" + l.Percent(20*(i+1), 100)})
	}
	o.MapSummary = l.T("national.map-summary", "Total", x.Country, "Shown", len(x.Shown), "Hidden", len(x.Release.Basis)-len(x.Shown),
		"Missing", x.Country-len(x.Release.Basis))
	for i := range x.Counties {
		name := x.Counties[i].Group
		if county, ok := c.County(name); ok {
			name = county.Name
		}
		o.Counties = append(o.Counties, groupOf(l, name, &x.Counties[i]))
	}
	for _, size := range Sizes {
		for i := range x.Sizes {
			if x.Sizes[i].Group == size {
				o.Sizes = append(o.Sizes, groupOf(l, l.T("national.size-"+size), &x.Sizes[i]))
			}
		}
	}
	for i := range x.Divided {
		at := slices.IndexFunc(x.Division, func(g MunicipalityGroup) bool { return g.Code == x.Divided[i].Group })
		name := x.Divided[i].Group
		if at >= 0 {
			name = x.Division[at].Title
		}
		o.Divided = append(o.Divided, groupOf(l, name, &x.Divided[i]))
	}
	for i := range c.Municipalities {
		m := &c.Municipalities[i]
		if count, ok := x.Shown[m.Code]; ok {
			county, _ := c.County(m.County)
			o.Shown = append(o.Shown, shownRow{
				m.Name, county.Short, percentOf(l, count),
				l.T("national.of", "Numerator", count.Numerator, "Denominator", count.Denominator-count.Unknown),
			})
		}
	}
}

func groupOf(l *locale.Localizer, name string, c *Cell) groupRow {
	if !c.Published() {
		return groupRow{Name: name, Members: "–", Why: l.T("national.why-" + string(c.Why))}
	}
	return groupRow{Name: name, Members: l.Number(int64(c.Members)), Value: percentOf(l, c.Sum)}
}

// spread draws how municipalities differ.
func (o *picturePage) spread(l *locale.Localizer, x *Picture, c *catalogue.Catalogue) {
	if x.Indicator.PerMunicipality() {
		return // a yes or a no has no spread
	}
	order := make([]string, len(c.Municipalities))
	for i := range order {
		order[i] = c.Municipalities[i].Code
	}
	o.Strip = Lay(x.Shown, order, &x.Whole, x.OwnCount)
	for share := 0; share <= 100; share += 25 {
		o.Ticks = append(o.Ticks, tick{place(float64(share)), l.Percent(share, 100)})
	}
	o.StripTitle = spreadFinding(l, x, o.Own)
	if x.Whole.Quartiles {
		q := x.Whole.Quartile
		percent := func(v float64) string { return l.Percent(int(v), 100) }
		o.Facts = append(o.Facts,
			factRow{percent(q[1]), l.T("national.median", "Count", x.Whole.Members)},
			factRow{strconv.Itoa(int(q[0])) + "–" + percent(q[2]), l.T("national.middle")})
		o.StripSummary = l.T("national.strip-summary", "Count", len(x.Shown), "Median", percent(q[1]), "Low", percent(q[0]), "High", percent(q[2]))
	} else {
		o.StripSummary = l.T("national.strip-few", "Count", len(x.Shown))
	}
	o.tabulate(l, x, c)
}

// tabulate tells what the strip draws, for those who do not see it.
func (o *picturePage) tabulate(l *locale.Localizer, x *Picture, c *catalogue.Catalogue) {
	if x.Whole.Quartiles {
		for i, name := range []string{"national.lower-quartile", "national.middle-quartile", "national.upper-quartile"} {
			o.Spread = append(o.Spread, spreadRow{l.T(name), l.Percent(int(x.Whole.Quartile[i]), 100)})
		}
	}
	if x.OwnCount.Shown() {
		o.Spread = append(o.Spread, spreadRow{o.Own, percentOf(l, x.OwnCount)})
	}
	var shown []*catalogue.Municipality
	for i := range c.Municipalities {
		if m := &c.Municipalities[i]; m.Code != x.Own || !x.OwnCount.Shown() {
			if _, ok := x.Shown[m.Code]; ok {
				shown = append(shown, m)
			}
		}
	}
	slices.SortStableFunc(shown, func(a, b *catalogue.Municipality) int {
		return cmp.Compare(x.Shown[a.Code].OfKnown(), x.Shown[b.Code].OfKnown())
	})
	for _, m := range shown {
		o.Spread = append(o.Spread, spreadRow{m.Name, percentOf(l, x.Shown[m.Code])})
	}
}

// trend draws what has been published over the periods, and what others have published, each as a line of its own.
func (o *picturePage) trend(l *locale.Localizer, x *Picture, s *Service) {
	today := x.Release.Period.End()
	if x.Release.Period.IsZero() {
		today = civilToday(s)
	}
	span := followup.SpanOf(x.Indicator, today.AddDays(-1), x.Imported...)
	classes := [followup.NumSeries]string{"a", "c", "b"}
	for series := range followup.Series(followup.NumSeries) {
		line := web.PlotLine{Class: classes[series], Label: l.T("national.series-" + series.String())}
		for _, t := range x.Trend {
			if t.Series != series {
				continue
			}
			line.Points = append(line.Points, web.PlotPoint{X: span.At(t.Period.End().AddDays(-1)), Y: t.Sum.OfKnown() / 100})
			value := percentOf(l, t.Sum)
			line.Value = value + " (" + periodName(l, t.Period) + ")" // the latest that is published, which may be long ago
			o.Trend = append(o.Trend, trendRow{periodName(l, t.Period), line.Label, value, l.Number(int64(t.Members))})
			if t.Period == x.Release.Period {
				o.Quality = append(o.Quality, qualityRow{line.Label, l.Number(int64(t.Members)), value, l.Percent(int(t.Sum.Unknown), int(t.Sum.Denominator))})
			}
		}
		if len(line.Points) > 0 {
			o.Plot.Lines = append(o.Plot.Lines, line)
		}
	}
	for i := range x.Indicator.References {
		r := &x.Indicator.References[i]
		o.Plot.Lines = append(o.Plot.Lines, followup.ReferenceLine(l, r, span))
		for _, v := range r.Values {
			o.Trend = append(o.Trend, trendRow{strconv.Itoa(v.Year), r.Survey.In(catalogue.Lang(l.Lang)), followup.Interval(l, v), ""})
		}
	}
	for i := range x.Imported {
		o.Plot.Lines = append(o.Plot.Lines, followup.ImportedLines(l, &x.Imported[i], span)...)
	}
	o.fetched(l, x, s.Engine.Catalogue)
	o.Plot.XLabel = []string{strconv.Itoa(span.From), strconv.Itoa((span.From + span.To) / 2), strconv.Itoa(span.To)}
	o.Plot.YLabel = []string{l.Percent(1, 1), l.Percent(1, 2), l.Percent(0, 1)}
	o.TrendTitle, o.TrendSummary = trendFinding(l, x), followup.Summary(l, o.Plot)
}
