// SPDX-License-Identifier: EUPL-1.2

package overview

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/requirement"
	"github.com/insegel/insegel/internal/web"
)

// pastFields are the fields of the register that the log keeps, in the order that they are shown.
var pastFields = []string{
	"name", "kind", "unit", "supplier", "owner_role", "manager_role", "hosting", "country", "state", "criticality", "users", "data_subjects",
	"contract_end", "processor_agreement", "role_model", "access_log", "facts", "logins",
}

// fieldName is what a field of the log is called.
func fieldName(c *web.Context, name string) string {
	return c.L.T("overview.past-" + strings.ReplaceAll(name, "_", "-"))
}

type pastRow struct {
	Label, Value, Since string
	// Unknown says that the log does not tell.
	Unknown bool
}

type pastPage struct {
	web.Page
	Head        web.SystemHead
	Day         string
	Summary     string
	Existed     bool
	Fields      []pastRow
	Decided     *classificationRow
	None        string
	Headings    []heading
	Information []string
	Said        string
	Counts      []pastRow
}

func pastPath(slug string) string { return systemPath(slug) + "/som-det-var" }

// past tells what a system and its classification were on a day.
func (p *Pages) past(c *web.Context) error {
	day := civil.Of(p.Overview.db.Now())
	if text := c.Query("datum"); text != "" {
		var err error
		if day, err = civil.Parse(text); err != nil {
			return badDay()
		}
	}
	x, err := p.Overview.AsItWas(c.Context(), c.Actor, c.Path("slug"), day, c.L)
	if err != nil {
		return err
	}
	d := pastPage{
		Page: p.systemBase(c, &x.View), Head: p.head(c, &x.One, web.TabHistory), Day: day.String(), Existed: x.Existed, Headings: headings(c),
		Summary: c.L.T("overview.past-none", "Day", c.L.Date(day)), None: c.L.T("overview.past-no-classification"),
	}
	d.Title = c.L.T("overview.past-title", "Name", x.View.System.Name, "Day", c.L.Date(day))
	if x.Existed {
		d.Summary = c.L.T("overview.past-summary", "Day", c.L.Date(day), "Seq", x.Since.Seq, "At", c.L.Moment(db.FromMillis(x.Since.At)), "By", personName(c, x.People, x.Since.Actor))
	}
	for _, name := range pastFields {
		d.Fields = append(d.Fields, p.pastRow(c, &x, name))
	}
	if x.Reopened {
		d.None = c.L.T("overview.past-reopened")
	}
	if x.Decided != nil {
		row := classificationLine(c, &x.One, x.Decided)
		row.Tag = web.OK(c.L.T("overview.past-in-force"))
		if !x.Decided.ValidUntil.IsZero() && x.Decided.ValidUntil.Before(day) {
			row.Tag = web.Bad(c.L.T("overview.past-expired"))
		}
		d.Decided = &row
	}
	d.Information, d.Said = p.pastInformation(c, &x)
	d.Counts = pastCounts(c, &x)
	return c.Render(templates, "past.html", d)
}

func (p *Pages) pastRow(c *web.Context, x *Past, name string) pastRow {
	r := pastRow{Label: fieldName(c, name), Unknown: true}
	if v, ok := x.Values[name]; ok {
		r.Unknown, r.Value = false, p.fieldText(c, name, v.Value)
		r.Since = c.L.T("overview.past-since", "Seq", v.Set.Seq, "At", c.L.Moment(db.FromMillis(v.Set.At)), "By", personName(c, x.People, v.Set.Actor))
	}
	return r
}

// fieldText writes a value of the log in the reader's language.
func (p *Pages) fieldText(c *web.Context, name string, value any) string {
	switch v := value.(type) {
	case nil:
		return c.L.T("overview.past-empty")
	case string:
		for _, key := range []string{"system." + strings.ReplaceAll(name, "_", "-") + "-" + v, "system.answer-" + v} {
			if v != "" && c.L.Has(key) {
				return c.L.T(key)
			}
		}
		if v == "" || v == "unknown" {
			return c.L.T("overview.past-empty")
		}
		return v
	case float64:
		return c.L.Number(int64(v))
	}
	if name == "facts" {
		return p.factsText(c, value)
	}
	if list, ok := value.([]any); ok {
		return c.L.Number(int64(len(list)))
	}
	return fmt.Sprint(value)
}

// factsText writes what was stated about the system.
func (p *Pages) factsText(c *web.Context, value any) string {
	b, err := json.Marshal(value)
	var list []catalogue.Statement
	if err != nil || json.Unmarshal(b, &list) != nil || len(list) == 0 {
		return c.L.T("overview.past-empty")
	}
	parts := make([]string, 0, len(list))
	for _, s := range list {
		label, answer := s.Fact, s.Value
		if f, ok := p.Overview.catalogue().Vocabulary.Fact(s.Fact); ok {
			label, answer = f.Name.In(lang(c)), f.Label(s.Value).In(lang(c))
		}
		if key := "overview.answer-" + answer; c.L.Has(key) {
			answer = c.L.T(key)
		}
		parts = append(parts, label+": "+answer)
	}
	return strings.Join(parts, "; ")
}

func (p *Pages) pastInformation(c *web.Context, x *Past) (names []string, said string) {
	if x.Said == nil {
		return nil, c.L.T("overview.past-no-information")
	}
	for _, n := range x.Information {
		if t, ok := p.Overview.catalogue().InformationType(n); ok {
			n = t.Name.In(lang(c))
		}
		names = append(names, n)
	}
	return names, c.L.T("overview.past-since", "Seq", x.Said.Seq, "At", c.L.Moment(db.FromMillis(x.Said.At)), "By", personName(c, x.People, x.Said.Actor))
}

// pastCounts counts how the requirements had been answered.
func pastCounts(c *web.Context, x *Past) []pastRow {
	counts := map[string]int{}
	for _, status := range x.Answers {
		counts[status]++
	}
	var out []pastRow
	for _, s := range requirement.Statuses {
		if n := counts[string(s)]; n > 0 {
			out = append(out, pastRow{Label: c.L.T("requirement.status-" + string(s)), Value: strconv.Itoa(n)})
		}
	}
	return out
}
