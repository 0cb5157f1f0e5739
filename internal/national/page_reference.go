// SPDX-License-Identifier: EUPL-1.2

package national

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/followup"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/kolada"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/web"
)

// ReferencesPath is where others' figures are listed and fetched.
const ReferencesPath = "/nationellt/jamforelsetal"

func (p *Pages) referenceRoutes(s *web.Site) {
	s.Handle("GET "+ReferencesPath, "national.References", p.references)
	s.Handle("POST "+ReferencesPath+"/sok", "national.AskFetch", p.search)
	s.Handle("POST "+ReferencesPath+"/hamta", "national.AskFetch", p.bring)
	s.Handle("POST "+ReferencesPath+"/indelning", "national.Divide", p.divide)
	s.Handle("GET "+ReferencesPath+"/hamtning/{id}", "national.OpenFetch", p.openFetch)
	s.Handle("GET "+ReferencesPath+"/serie/{id}", "national.Reference", p.reference)
	s.Handle("GET "+ReferencesPath+"/serie/{id}/tabell", "national.Reference", p.referenceTable)
	s.Handle("POST "+ReferencesPath+"/serie/{id}", "national.SetReference", p.setReference)
	s.Handle("POST "+ReferencesPath+"/serie/{id}/ta-bort", "national.RemoveReference", p.removeReference)
}

// referencesPage lists what has been fetched from others, and lets more be fetched.
type referencesPage struct {
	web.Page
	Series         []referenceRow
	Groups         []groupChoice
	Fetches        []fetchRow
	CanAsk, Divide bool
	Base, Word     web.Field
	Direct         [5]web.Field
}

type (
	referenceRow struct{ Title, Href, Measure, Years, Source, Beside, Value, Own string }
	groupChoice  struct {
		Key, Title, Members, Source string
		Checked                     bool
	}
	fetchRow struct{ When, What, Href, State string }
	// fetchedRow is one of others' series on the page of an indicator.
	fetchedRow struct {
		Title, Href, Place, Value, Year, Source string
		Breaks                                  []string
	}
)

func (p *Pages) references(c *web.Context) error { return p.showReferences(c, Request{}, nil) }

func (p *Pages) showReferences(c *web.Context, r Request, faults []web.FieldError) error {
	x, err := p.Service.References(c.Context(), c.Actor)
	if err != nil {
		return err
	}
	out := referencesPage{Page: web.Page{
		Title: c.L.T("national.references"), Active: Menu, Errors: faults, Crumbs: []web.Crumb{{Label: c.L.T("national.title"), Href: Place}},
	}, CanAsk: access.Allowed(c.Actor, "national.AskFetch"), Divide: access.Allowed(c.Actor, "national.Divide")}
	for i := range x.Series {
		out.Series = append(out.Series, p.rowOf(c.L, &x.Series[i], x.Own))
	}
	for i := range x.Groups {
		g := &x.Groups[i]
		out.Groups = append(out.Groups, groupChoice{
			g.Key(), g.Title, c.L.Number(int64(len(g.Members))), c.L.T("followup.imported-source", "Base", g.Base, "Measure", g.Code, "On", c.L.Date(civil.Of(g.Fetched))), g.Divides,
		})
	}
	for i := range x.Fetches {
		f := &x.Fetches[i]
		out.Fetches = append(out.Fetches, fetchRow{c.L.Moment(f.Asked), whatOf(c.L, f), ReferencesPath + "/hamtning/" + f.ID.String(), stateOf(c.L, f)})
	}
	out.fields(c.L, r, x.Today)
	for i := range faults {
		for _, f := range append([]*web.Field{&out.Base, &out.Word}, &out.Direct[0], &out.Direct[1], &out.Direct[2], &out.Direct[3], &out.Direct[4]) {
			if f.Name == faults[i].Field {
				f.Error = c.L.T(faults[i].Key)
			}
		}
	}
	return c.Render(pages, "references.html", out)
}

// fields fills the two forms with what was written, or with what is usual.
func (o *referencesPage) fields(l *locale.Localizer, r Request, today civil.Date) {
	if r.Base == "" {
		r.Base = kolada.Base
	}
	if r.To == 0 {
		r.From, r.To = today.Year-10, today.Year
	}
	o.Base = web.Field{Name: "adress", Type: "url", Label: l.T("national.reference-base"), Hint: l.T("national.reference-base-hint"), Value: r.Base}
	o.Word = web.Field{Name: "ord", Label: l.T("national.reference-word"), Hint: l.T("national.reference-word-hint"), Value: r.Word}
	o.Direct = [5]web.Field{
		{Name: "adress-2", Type: "url", Label: l.T("national.reference-base"), Value: r.Base},
		{Name: "nyckeltal", Label: l.T("national.reference-ids"), Hint: l.T("national.reference-ids-hint"), Value: strings.Join(r.Measures, ", "), Optional: true},
		{Name: "grupper", Label: l.T("national.reference-groups"), Hint: l.T("national.reference-ids-hint"), Value: strings.Join(r.Groups, ", "), Optional: true},
		{Name: "fran", Type: "number", Label: l.T("national.reference-from"), Value: strconv.Itoa(r.From)},
		{Name: "till", Type: "number", Label: l.T("national.reference-to"), Value: strconv.Itoa(r.To)},
	}
}

// rowOf tells of one series in short: its latest figure of the country, and of the own municipality.
func (p *Pages) rowOf(l *locale.Localizer, s *followup.Imported, own string) referenceRow {
	first, last := s.Years()
	row := referenceRow{
		Title: followup.ImportedTitle(l, s), Href: ReferencesPath + "/serie/" + s.ID.String(), Measure: s.Measure, Source: followup.ImportedSource(l, s),
		Years: strconv.Itoa(first) + "–" + strconv.Itoa(last), Beside: l.T("national.reference-alone"), Value: latestText(l, s, Country), Own: latestText(l, s, own),
	}
	if first == 0 {
		row.Years = "–"
	}
	if ind, ok := p.Service.Engine.Catalogue.Indicator(s.Beside); ok {
		row.Beside = ind.Name.In(catalogue.Lang(l.Lang))
	}
	return row
}

// latestText is the latest figure of a place with its year.
func latestText(l *locale.Localizer, s *followup.Imported, place string) string {
	list := s.At(place)
	if len(list) == 0 {
		return "–"
	}
	v := &list[len(list)-1]
	return followup.ImportedValueText(l, s, v) + " (" + strconv.Itoa(v.Year) + ")"
}

// whatOf tells what was asked for.
func whatOf(l *locale.Localizer, f *Fetch) string {
	if f.Kind == SearchWord {
		return l.T("national.fetch-search", "Word", f.Word, "Base", f.Base)
	}
	return l.T("national.fetch-chosen", "Measures", len(f.Request.Measures), "Groups", len(f.Request.Groups), "Base", f.Base)
}

// stateOf tells how far a fetch has come.
func stateOf(l *locale.Localizer, f *Fetch) string {
	switch f.Status {
	case FetchWaiting:
		return l.T("national.fetch-waiting")
	case FetchRunning:
		return l.T("national.fetch-running", "Items", l.Number(f.Items))
	case FetchFailed:
		return l.T("national.fault-" + f.Fault)
	default:
	}
	if f.Kind == SearchWord {
		return l.T("national.fetch-found", "Measures", len(f.Found.Measures), "Groups", len(f.Found.Groups))
	}
	return l.T("national.fetch-done", "Series", f.Series, "Values", l.Number(int64(f.Values)), "Groups", f.Taken)
}

// list reads ids that are written with commas or spaces between.
func list(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' || r == ';' || r == '\n' || r == '\r' || r == '\t' })
}

func (p *Pages) search(c *web.Context) error {
	r := Request{Kind: SearchWord, Base: strings.TrimSpace(c.Form("adress")), Word: strings.TrimSpace(c.Form("ord"))}
	return p.ask(c, r, "adress")
}

func (p *Pages) bring(c *web.Context) error {
	r := Request{Kind: FetchChosen, Base: strings.TrimSpace(c.Form("adress-2")), Beside: map[string]string{}}
	chosen := map[string]bool{}
	for _, id := range append(c.Forms("m"), list(c.Form("nyckeltal"))...) {
		if !chosen[id] {
			chosen[id] = true
			r.Measures = append(r.Measures, id)
		}
		if beside := c.Form("bredvid-" + id); beside != "" {
			r.Beside[id] = beside
		}
	}
	r.Groups = append(c.Forms("g"), list(c.Form("grupper"))...)
	r.From, _ = strconv.Atoi(c.Form("fran")) // what is no year is refused
	r.To, _ = strconv.Atoi(c.Form("till"))
	return p.ask(c, r, "adress-2")
}

// ask asks for a fetch, and tells what is wrong with it in the form.
func (p *Pages) ask(c *web.Context, r Request, base string) error {
	id, err := p.Service.AskFetch(c.Context(), c.Actor, r)
	for _, f := range []struct {
		err        error
		field, key string
	}{
		{kolada.ErrAddress, base, "national.reference-no-base"},
		{ErrWord, "ord", "national.reference-no-word"},
		{ErrNothingChosen, "nyckeltal", "national.reference-nothing"},
		{ErrYears, "fran", "national.reference-no-years"},
		{followup.ErrBeside, "nyckeltal", "national.reference-no-beside"},
		{ErrBusy, base, "national.reference-busy"},
	} {
		if errors.Is(err, f.err) {
			return p.showReferences(c, r, []web.FieldError{{Field: f.field, Key: f.key}})
		}
	}
	if err != nil {
		return err
	}
	return c.Redirect(ReferencesPath + "/hamtning/" + id.String())
}

func (p *Pages) divide(c *web.Context) error {
	err := p.Service.Divide(c.Context(), c.Actor, c.Forms("grupp"))
	if errors.Is(err, ErrDivision) {
		return p.showReferences(c, Request{}, []web.FieldError{{Field: "indelning", Key: "national.division-overlaps"}})
	}
	if err != nil {
		return gentle(err)
	}
	return c.Redirect(ReferencesPath, c.L.T("national.division-saved"))
}

// gentle answers that something is not there.
func gentle(err error) error {
	if errors.Is(err, db.ErrNotFound) {
		return &web.Error{Status: http.StatusNotFound, Key: "national.reference-not-found", Err: err}
	}
	return err
}

// fetchPage is one fetch: how far it has come, and what it found.
type fetchPage struct {
	web.Page
	What, State, Detail string
	Open, Failed        bool
	Missing, Left, More string
	Changed             string
	Base                string
	Measures            []foundRow
	Groups              []foundRow
	From, To            web.Field
	CanAsk              bool
}

type foundRow struct {
	ID, Title, Text string
	Beside          web.Field
}

func (p *Pages) openFetch(c *web.Context) error {
	f, err := p.Service.OpenFetch(c.Context(), c.Actor, ids.ID[Fetch](c.Path("id")))
	if err != nil {
		return gentle(err)
	}
	today := civilToday(p.Service)
	out := fetchPage{
		Page: web.Page{
			Title: c.L.T("national.fetch-" + string(f.Kind) + "-title"), Active: Menu,
			Crumbs: []web.Crumb{{Label: c.L.T("national.title"), Href: Place}, {Label: c.L.T("national.references"), Href: ReferencesPath}},
		}, What: whatOf(c.L, &f), State: stateOf(c.L, &f), Detail: f.Detail, Open: f.Status == FetchWaiting || f.Status == FetchRunning, Failed: f.Status == FetchFailed,
		Base: f.Base, CanAsk: access.Allowed(c.Actor, "national.AskFetch"),
		From: web.Field{Name: "fran", Type: "number", Label: c.L.T("national.reference-from"), Value: strconv.Itoa(today.Year - 10)},
		To:   web.Field{Name: "till", Type: "number", Label: c.L.T("national.reference-to"), Value: strconv.Itoa(today.Year)},
	}
	if len(f.Missing) > 0 {
		out.Missing = c.L.T("national.fetch-missing", "List", c.L.List(f.Missing))
	}
	if f.Left > 0 {
		out.Left = c.L.T("national.fetch-left", "Count", c.L.Number(int64(f.Left)))
	}
	if f.Changed > 0 {
		out.Changed = c.L.T("national.fetch-changed", "Count", f.Changed)
	}
	if f.More {
		out.More = c.L.T("national.fetch-more")
	}
	for _, m := range f.Found.Measures {
		out.Measures = append(out.Measures, foundRow{m.ID, m.Title, m.Description, p.indicators(c.L, "bredvid-"+m.ID, suggested(p.Service.Engine.Catalogue, m.ID))})
	}
	for _, g := range f.Found.Groups {
		out.Groups = append(out.Groups, foundRow{ID: g.ID, Title: g.Title, Text: c.L.T("national.group-members", "Count", g.Members)})
	}
	return c.Render(pages, "fetch.html", out)
}

// indicators is the choice of an indicator that a series is shown with.
func (p *Pages) indicators(l *locale.Localizer, name, chosen string) web.Field {
	f := web.Field{Name: name, Label: l.T("national.reference-beside"), Value: chosen, Options: []web.Option{{Label: l.T("national.reference-alone")}}}
	for i := range p.Service.Engine.Catalogue.Indicators {
		ind := &p.Service.Engine.Catalogue.Indicators[i]
		f.Options = append(f.Options, web.Option{Value: ind.ID, Label: ind.Name.In(catalogue.Lang(l.Lang))})
	}
	return f
}

// referencePage is one of others' series.
type referencePage struct {
	web.Page
	ID, Description, Source, Published, Revised string
	Years                                       []string
	Rows                                        []placeRow
	Breaks                                      []string
	CanSet, CanRemove                           bool
	Beside, Year, Note                          web.Field
}

type placeRow struct {
	Name   string
	Values []string
}

func (p *Pages) reference(c *web.Context) error {
	return p.showReference(c, nil)
}

func (p *Pages) showReference(c *web.Context, faults []web.FieldError) error {
	s, groups, err := p.Service.Reference(c.Context(), c.Actor, ids.ID[followup.Imported](c.Path("id")))
	if err != nil {
		return gentle(err)
	}
	out := referencePage{
		Page: web.Page{
			Title: followup.ImportedTitle(c.L, &s), Active: Menu, Errors: faults,
			Crumbs: []web.Crumb{{Label: c.L.T("national.title"), Href: Place}, {Label: c.L.T("national.references"), Href: ReferencesPath}},
		}, ID: s.ID.String(), Description: s.Description, Source: followup.ImportedSource(c.L, &s), Published: s.Published,
		CanSet: access.Allowed(c.Actor, "national.SetReference"), CanRemove: access.Allowed(c.Actor, "national.RemoveReference"),
		Beside: p.indicators(c.L, "bredvid", s.Beside),
		Year:   web.Field{Name: "ar", Type: "number", Label: c.L.T("national.break-year"), Hint: c.L.T("national.break-hint"), Value: c.Form("ar"), Optional: true},
		Note:   web.Field{Name: "ord", Label: c.L.T("national.break-note"), Value: c.Form("ord"), Optional: true},
	}
	if n := s.Revised(); n > 0 {
		out.Revised = c.L.T("national.reference-revised", "Count", n)
	}
	for _, b := range s.Breaks {
		out.Breaks = append(out.Breaks, c.L.T("followup.imported-break", "Year", strconv.Itoa(b.Year), "Note", b.Note))
	}
	out.table(c.L, &s, p.Service.Engine.Catalogue, groups)
	for i := range faults {
		for _, f := range []*web.Field{&out.Beside, &out.Year, &out.Note} {
			if f.Name == faults[i].Field {
				f.Error = c.L.T(faults[i].Key)
			}
		}
	}
	return c.Render(pages, "reference.html", out)
}

// mostYears is how many years the page shows; the file has all.
const mostYears = 8

// table lists places by years: the country, groups, and municipalities in their own order.
func (o *referencePage) table(l *locale.Localizer, s *followup.Imported, c *catalogue.Catalogue, groups []MunicipalityGroup) {
	first, last := s.Years()
	if first == 0 {
		return
	}
	first = max(first, last-mostYears+1)
	for y := first; y <= last; y++ {
		o.Years = append(o.Years, strconv.Itoa(y))
	}
	by := map[string][]followup.ImportedValue{}
	for _, v := range s.Values {
		by[v.Place] = append(by[v.Place], v)
	}
	add := func(place, name string) {
		list, ok := by[place]
		if !ok {
			return
		}
		row := placeRow{Name: name, Values: make([]string, last-first+1)}
		for i := range row.Values {
			row.Values[i] = "–"
		}
		for i := range list {
			if list[i].Year >= first {
				row.Values[list[i].Year-first] = followup.ImportedValueText(l, s, &list[i])
			}
		}
		o.Rows = append(o.Rows, row)
	}
	add(Country, l.T("national.country"))
	for i := range groups {
		add(groups[i].Code, groups[i].Title)
	}
	for i := range c.Municipalities {
		add(c.Municipalities[i].Code, c.Municipalities[i].Name)
	}
}

func (p *Pages) setReference(c *web.Context) error {
	x := ReferenceChange{Beside: c.Form("bredvid"), Break: followup.ImportedBreak{Note: c.Form("ord")}}
	if text := strings.TrimSpace(c.Form("ar")); text != "" {
		var err error
		if x.Break.Year, err = strconv.Atoi(text); err != nil {
			return p.showReference(c, []web.FieldError{{Field: "ar", Key: "national.break-fault"}})
		}
	}
	id := ids.ID[followup.Imported](c.Path("id"))
	err := p.Service.SetReference(c.Context(), c.Actor, id, x)
	switch {
	case errors.Is(err, followup.ErrBreak):
		return p.showReference(c, []web.FieldError{{Field: "ar", Key: "national.break-fault"}})
	case errors.Is(err, followup.ErrBeside):
		return p.showReference(c, []web.FieldError{{Field: "bredvid", Key: "national.reference-no-beside"}})
	case err != nil:
		return gentle(err)
	}
	return c.Redirect(ReferencesPath+"/serie/"+id.String(), c.L.T("national.reference-saved"))
}

func (p *Pages) removeReference(c *web.Context) error {
	if err := p.Service.RemoveReference(c.Context(), c.Actor, ids.ID[followup.Imported](c.Path("id"))); err != nil {
		return gentle(err)
	}
	return c.Redirect(ReferencesPath, c.L.T("national.reference-removed"))
}

// fetched lists others' series of the indicator: the country's latest figure, and the own municipality's.
func (o *picturePage) fetched(l *locale.Localizer, x *Picture, c *catalogue.Catalogue) {
	for i := range x.Imported {
		s := &x.Imported[i]
		row := fetchedRow{Title: followup.ImportedTitle(l, s), Href: ReferencesPath + "/serie/" + s.ID.String(), Source: followup.ImportedSource(l, s)}
		for _, b := range s.Breaks {
			row.Breaks = append(row.Breaks, l.T("followup.imported-break", "Year", strconv.Itoa(b.Year), "Note", b.Note))
		}
		names := map[string]string{Country: l.T("national.country")}
		places := []string{Country}
		for _, v := range s.Values {
			if m, ok := c.Municipality(v.Place); ok && !slices.Contains(places, v.Place) {
				names[v.Place] = m.Name
				places = append(places, v.Place)
			}
		}
		for _, place := range places {
			list := s.At(place)
			if len(list) == 0 {
				continue
			}
			v := &list[len(list)-1]
			row.Place, row.Value, row.Year = names[place], followup.ImportedValueText(l, s, v), strconv.Itoa(v.Year)
			o.Fetched = append(o.Fetched, row)
			row.Breaks = nil // once is enough
		}
	}
}
