// SPDX-License-Identifier: EUPL-1.2

package campaign

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"strconv"
	"strings"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/mail"
	"github.com/insegel/insegel/internal/web"
)

type openPage struct {
	web.Page
	Lead, Path             string
	State                  web.Tag
	Progress               web.Progress
	Facts                  []fact3
	Results                []resultRow
	Sheets                 []sheetRow
	Versions               []web.Link
	CSV                    string
	Prepared, Answering    bool
	Leads, Mails, CanRight bool
	Part                   bool
	Freeze                 string
	Signed                 *signedPart
}

type fact3 struct{ Value, Text string }

type signedPart struct {
	By, Hash string
	State    web.Tag
}

type resultRow struct {
	Text, Area                             string
	Known, Good, Part, Bad, Told, Un, Miss string
}

type sheetRow struct {
	ID, Name, Unit, Who, Counts, Href, Answer string
	State                                     web.Tag
	Email                                     web.Field
	CanSend, CanOpen                          bool
}

func (p *Pages) open(c *web.Context) error { return p.drawOpen(c, nil) }

func (p *Pages) drawOpen(c *web.Context, wrong []web.FieldError) error {
	v, err := p.Service.Open(c.Context(), c.Actor, c.Path("id"))
	if err != nil {
		return err
	}
	t := c.L.T
	replaced := len(v.Versions) > 0 && v.Versions[0].Version > v.Version
	path := v.Path()
	if replaced {
		path = Place + "/" + v.ID.String()
	}
	d := openPage{
		Page: web.Page{Title: v.Name, Active: Menu, Errors: wrong, Crumbs: []web.Crumb{{Label: t("campaign.title"), Href: Place}, {Label: v.Name}}},
		Lead: t("campaign.round-"+string(v.Round)) + ", " + period(c.L, &v.Campaign) + ". " + t("campaign.last-day", "Day", c.L.Date(v.Deadline)) + ".",
		Path: path, State: state(c.L, &v.Campaign, v.Today, replaced), CSV: path + "/tabell", Part: !v.Whole, Mails: v.Mails,
		Progress: web.Progress{Label: t("campaign.status"), Done: v.HandedIn, Total: v.Summary.Sheets},
		Prepared: v.Sent.IsZero(), Answering: !v.Sent.IsZero() && v.Frozen.IsZero(), Leads: access.Allowed(c.Actor, "campaign.Dispatch"),
	}
	d.CanRight = d.Leads && !v.Frozen.IsZero() && !replaced
	if d.Leads && d.Answering {
		d.Freeze = t("campaign.freeze-text", "Done", v.HandedIn, "Total", v.Summary.Sheets)
	}
	total := v.All.Total()
	d.Facts = []fact3{
		{c.L.Percent(total-v.All.Unknown-v.All.Missing, max(1, total)), t("campaign.coverage-of", "Have", total-v.All.Unknown-v.All.Missing, "Total", total)},
		{c.L.Number(int64(v.All.Unknown)), t("campaign.unknown-of", "Count", v.All.Unknown)},
		{c.L.Number(int64(v.All.Known)), t("campaign.known-of", "Count", v.All.Known)},
	}
	for i := range v.Results {
		d.Results = append(d.Results, resultOf(c, &v.Results[i]))
	}
	for i := range v.Sheets {
		d.Sheets = append(d.Sheets, p.sheetRow(c, &v, &v.Sheets[i], path))
	}
	for i := range v.Versions {
		o := &v.Versions[i]
		d.Versions = append(d.Versions, web.Link{Label: t("campaign.version", "Version", o.Version), Href: Place + "/" + o.ID.String()})
	}
	if !v.Frozen.IsZero() {
		d.Signed = signedOf(c, &v)
	}
	return c.Render(templates, "open.html", d)
}

func signedOf(c *web.Context, v *View) *signedPart {
	s := &signedPart{By: c.L.T("campaign.frozen-by-nobody", "Moment", c.L.Moment(v.Frozen)), Hash: v.Hash, State: web.Bad(c.L.T("campaign.not-intact"))}
	if v.Signer != "" {
		s.By = c.L.T("campaign.frozen-by", "Moment", c.L.Moment(v.Frozen), "Who", v.Signer)
	}
	if v.Intact {
		s.State = web.OK(c.L.T("campaign.intact"))
	}
	return s
}

func resultOf(c *web.Context, r *Result) resultRow {
	n := func(v int) string {
		if v == 0 {
			return "–"
		}
		return c.L.Number(int64(v))
	}
	return resultRow{
		Text: r.Question.Text.In(lang(c)), Area: c.L.T("campaign.area-" + r.Question.Area), Known: n(r.Known), Good: n(r.Good), Part: n(r.Tally.Part), Bad: n(r.Bad),
		Told: n(r.Told), Un: n(r.Unknown), Miss: n(r.Missing),
	}
}

func (p *Pages) sheetRow(c *web.Context, v *View, s *Sheet, path string) sheetRow {
	t := c.L.T
	asked := 0
	for i := range s.Answers {
		if s.Answers[i].Asked() {
			asked++
		}
	}
	row := sheetRow{
		ID: s.ID.String(), Name: s.Name, Who: v.Names[s.Person.String()], Counts: counts(c.L, asked, len(s.Answers)-asked),
		Href: path + "/blad/" + s.ID.String(), Answer: t("campaign.answer-to"),
	}
	if s.Kind == OfSystem {
		row.Unit = s.Unit
	}
	if row.Who == "" && s.Email != "" {
		row.Who = mail.Masked(s.Email)
	}
	if row.Who == "" {
		row.Who = t("campaign.nobody-named")
	}
	st := s.State()
	word := t("campaign.sheet-" + string(st))
	switch {
	case st == HandedIn, st == Settled:
		row.State = web.OK(word)
	case !s.Escalated.IsZero():
		row.State = web.Bad(t("campaign.sheet-escalated"))
	case st == Begun:
		row.State = web.Info(word)
	default:
		row.State = web.Neutral(word)
	}
	leads := access.Allowed(c.Actor, "campaign.Assign") && v.Frozen.IsZero()
	row.CanOpen = leads && st == HandedIn
	if leads && (st == Waiting || st == Begun) {
		row.CanSend = true
		row.Email = web.Field{
			Name: "till-" + row.ID, Type: "email", Label: t("campaign.to") + ": " + s.Name, Value: s.Email, Autocomplete: "off", Optional: true,
		}
	}
	return row
}

func (p *Pages) dispatch(c *web.Context) error {
	var to []Recipient
	for _, id := range c.Forms("blad") {
		to = append(to, Recipient{ids.ID[Sheet](id), strings.TrimSpace(c.Form("till-" + id))})
	}
	if err := p.Service.Dispatch(c.Context(), c.Actor, c.Path("id"), to); err != nil {
		if f, ok := fault(err); ok {
			return p.drawOpen(c, []web.FieldError{f})
		}
		return sorry(err)
	}
	return c.Redirect(Place+"/"+c.Path("id"), "campaign.sent")
}

func (p *Pages) assign(c *web.Context) error {
	id := c.Path("blad")
	err := p.Service.Assign(c.Context(), c.Actor, Recipient{ids.ID[Sheet](id), strings.TrimSpace(c.Form("till-" + id))})
	if f, ok := fault(err); ok {
		f.Field = "till-" + id
		return p.drawOpen(c, []web.FieldError{f})
	}
	if err != nil {
		return sorry(err)
	}
	return c.Redirect(Place+"/"+c.Path("id"), "campaign.link-sent")
}

func (p *Pages) reopen(c *web.Context) error {
	if err := p.Service.Reopen(c.Context(), c.Actor, ids.ID[Sheet](c.Path("blad"))); err != nil {
		return sorry(err)
	}
	return c.Redirect(Place+"/"+c.Path("id"), "campaign.reopened")
}

func (p *Pages) remind(c *web.Context) error {
	if err := p.Service.Remind(c.Context(), c.Actor, c.Path("id")); err != nil {
		return sorry(err)
	}
	return c.Redirect(Place+"/"+c.Path("id"), "campaign.reminded")
}

func (p *Pages) freeze(c *web.Context) error {
	if _, err := p.Service.Freeze(c.Context(), c.Actor, c.Path("id")); err != nil {
		return sorry(err)
	}
	return c.Redirect(Place+"/"+c.Path("id"), "campaign.frozen")
}

func (p *Pages) correct(c *web.Context) error {
	made, err := p.Service.Correct(c.Context(), c.Actor, c.Path("id"))
	if err != nil {
		return sorry(err)
	}
	return c.Redirect(made.Path(), "campaign.corrected")
}

// table gives the results as a file.
func (p *Pages) table(c *web.Context) error {
	v, err := p.Service.Open(c.Context(), c.Actor, c.Path("id"))
	if err != nil {
		return err
	}
	rows := [][]string{{"question", "text", "total", "known", "good", "part", "bad", "told", "unknown", "missing", "round", "version", "questions"}}
	for i := range v.Results {
		r := &v.Results[i]
		row := []string{r.Question.ID, r.Question.Text.In(lang(c))}
		for _, n := range []int{r.Total(), r.Known, r.Good, r.Tally.Part, r.Bad, r.Told, r.Unknown, r.Missing} {
			row = append(row, strconv.Itoa(n))
		}
		rows = append(rows, append(row, strconv.FormatInt(v.Number, 10), strconv.FormatInt(v.Version, 10), v.Catalogue))
	}
	return file(c, fmt.Sprintf("omgang-%d.csv", v.Number), rows)
}

// file answers with a CSV file.
func file(c *web.Context, name string, rows [][]string) error {
	var b bytes.Buffer
	if err := csv.NewWriter(&b).WriteAll(rows); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return c.Attachment(name, "text/csv; charset=utf-8", b.Bytes())
}

// counts tells how many questions a sheet asks, and how many more are not asked since the answers are known.
func counts(l *locale.Localizer, asked, known int) string {
	out := l.T("campaign.asked", "Count", asked)
	if known > 0 {
		out += ", " + l.T("campaign.known-already", "Count", known)
	}
	return out
}
