// SPDX-License-Identifier: EUPL-1.2

package national

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"strconv"

	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/followup"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/web"
)

// table gives what the page shows as a file: one row for each published cell, for each municipality that is shown, and for each period and series
// of the whole country.
func (p *Pages) table(c *web.Context) error {
	x, err := p.read(c)
	if err != nil {
		return err
	}
	rows := [][]string{{"indicator", "series", "period", "grouping", "group", "municipalities", "submitted", "numerator", "denominator", "unknown", "lower_quartile", "median", "upper_quartile", "reason", "low", "high", "source", "invented"}}
	series, period := x.Series, x.Release.Period
	made := strconv.FormatBool(x.Invented)
	add := func(split string, cell *Cell) {
		row := []string{x.Indicator.ID, series.String(), period.String(), split, cell.Group, "", strconv.Itoa(cell.Submitted), "", "", "", "", "", "", string(cell.Why), "", "", "", made}
		if cell.Published() {
			row[5], row[7] = strconv.Itoa(cell.Members), strconv.FormatInt(cell.Sum.Numerator, 10)
			row[8], row[9] = strconv.FormatInt(cell.Sum.Denominator, 10), strconv.FormatInt(cell.Sum.Unknown, 10)
			copy(row[10:], quartiles(cell))
		}
		rows = append(rows, row)
	}
	if x.Release.Number > 0 {
		add(Whole, &x.Whole)
	}
	for i := range x.Counties {
		add(ByCounty, &x.Counties[i])
	}
	for i := range x.Sizes {
		add(BySize, &x.Sizes[i])
	}
	for i := range x.Divided {
		add(ByGroup, &x.Divided[i])
	}
	for i := range p.Service.Engine.Catalogue.Municipalities {
		code := p.Service.Engine.Catalogue.Municipalities[i].Code
		if n, ok := x.Shown[code]; ok {
			rows = append(rows, []string{
				x.Indicator.ID, x.Series.String(), x.Release.Period.String(), "municipality", code, "1", "1",
				strconv.FormatInt(n.Numerator, 10), strconv.FormatInt(n.Denominator, 10), strconv.FormatInt(n.Unknown, 10), "", "", "", "", "", "", "", made,
			})
		}
	}
	for i := range x.Trend { // what the lines over time are drawn from
		if t := &x.Trend[i]; t.Period != x.Release.Period || t.Series != x.Series {
			series, period = t.Series, t.Period
			add(Whole, &t.Cell)
		}
	}
	rows = append(rows, toldByOthers(c.L, &x)...)
	var b bytes.Buffer
	if err := csv.NewWriter(&b).WriteAll(rows); err != nil {
		return fmt.Errorf("write table: %w", err)
	}
	return c.Attachment(x.Indicator.ID+".csv", "text/csv; charset=utf-8", b.Bytes())
}

// quartiles are those of a cell as they are published, in whole percent; nothing where too few have a value.
func quartiles(c *Cell) (out []string) {
	if c.Quartiles {
		for _, q := range c.Quartile {
			out = append(out, strconv.FormatFloat(q, 'f', 0, 64))
		}
	}
	return out
}

// toldByOthers are the rows of what others have told of the whole country, which is drawn beside the series over time: percentages as they were
// told, low and high the same unless only a range is known, each with its source. Nothing is worked out from them.
func toldByOthers(l *locale.Localizer, x *Picture) (rows [][]string) {
	add := func(series string, year int, low, high, source string) {
		rows = append(rows, []string{x.Indicator.ID, series, strconv.Itoa(year), Whole, Whole, "", "", "", "", "", "", "", "", "", low, high, source, "false"})
	}
	lang := catalogue.Lang(l.Lang)
	for i := range x.Indicator.References {
		r := &x.Indicator.References[i]
		for _, v := range r.Values {
			add("survey", v.Year, strconv.Itoa(v.Low), strconv.Itoa(v.High), r.Survey.In(lang)+": "+v.Source.In(lang))
		}
	}
	for i := range x.Imported {
		s := &x.Imported[i]
		if !s.Percent() {
			continue // is not drawn either
		}
		for _, v := range s.At(followup.Country) {
			if v.Value != nil {
				value := strconv.FormatFloat(*v.Value, 'f', -1, 64)
				add("fetched", v.Year, value, value, s.Base+": "+followup.ImportedTitle(l, s)) // the address first: no spreadsheet takes it for a formula
			}
		}
	}
	return rows
}

// referenceTable gives one of others' series as a file: every figure with where it is from and when it was fetched.
func (p *Pages) referenceTable(c *web.Context) error {
	s, _, err := p.Service.Reference(c.Context(), c.Actor, ids.ID[followup.Imported](c.Path("id")))
	if err != nil {
		return gentle(err)
	}
	rows := [][]string{{"measure", "definition", "place", "year", "value", "status", "revision", "source", "fetched"}}
	for _, v := range s.Values {
		value := ""
		if v.Value != nil {
			value = strconv.FormatFloat(*v.Value, 'f', -1, 64)
		}
		rows = append(rows, []string{
			s.Measure, strconv.FormatInt(s.Version, 10), v.Place, strconv.Itoa(v.Year), value, v.Status, strconv.FormatInt(v.Revision, 10), s.Base, civil.Of(v.Fetched).String(),
		})
	}
	var b bytes.Buffer
	if err := csv.NewWriter(&b).WriteAll(rows); err != nil {
		return fmt.Errorf("write table: %w", err)
	}
	return c.Attachment(s.Measure+".csv", "text/csv; charset=utf-8", b.Bytes())
}
