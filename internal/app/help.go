// SPDX-License-Identifier: EUPL-1.2

package app

import (
	"embed"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/followup"
	"github.com/insegel/insegel/internal/overview"
	"github.com/insegel/insegel/internal/supplier"
	"github.com/insegel/insegel/internal/web"
)

//go:embed help.html
var helpFile embed.FS

var helpTemplate = web.Parse(helpFile)

// HelpPath is the page that explains the program to those who use it.
const HelpPath = "/hjalp"

type helpPart struct {
	ID, Title  string
	Paragraphs []string
	Links      []web.Link
}

type helpKey struct{ Key, Does string }

type helpWord struct{ Term, Means string }

type helpData struct {
	web.Page
	Parts []helpPart
	Keys  []helpKey
	Words []helpWord
}

// helpLinks are the pages that a part of the help leads to, for those who may open them.
var helpLinks = map[string][]struct{ action, href, key string }{
	"start":    {{"register.Preview", "/importera", "app.menu-import"}, {"system.Create", "/system/nytt", "app.help-new"}},
	"classify": {{"overview.List", "/system?lage=oklassad", "app.help-unclassified"}},
	"follow":   {{"action.List", "/atgarder", "app.menu-action"}, {"procurement.Systems", "/upphandling", "app.menu-procurement"}},
	"known":    {{"overview.Rules", "/regler", "app.menu-rule"}},
	"measure":  {{"overview.Strong", "/stark-autentisering", "overview.strong"}, {"measurement.List", "/matningar", "app.menu-measurement"}, {"finding.Inbox", "/bevis", "app.menu-finding"}},
	"incident": {{"risk.List", "/risker", "app.menu-risk"}, {"overview.Suppliers", supplier.Place, "app.help-affected"}, {"incident.List", "/incidenter", "app.menu-incident"}},
	"years":    {{"overview.Brief", overview.BriefPath, "overview.brief-link"}, {"followup.List", followup.Place, "app.menu-followup"}, {"national.Picture", "/nationellt", "app.menu-national"}},
	"log":      {{"overview.Log", "/sparlogg", "app.menu-log"}},
}

// helpPage explains how the work is done, which keys there are, and what the words mean. Anybody may read it.
func helpPage(c *web.Context) error {
	d := helpData{
		Page: web.Page{Title: c.L.T("app.help")},
		Parts: []helpPart{
			{ID: "start", Title: "app.help-start", Paragraphs: []string{"app.help-start-1", "app.help-start-2", "app.help-start-3"}},
			{ID: "classify", Title: "app.help-classify", Paragraphs: []string{"app.help-classify-1", "app.help-classify-2", "app.help-classify-3"}},
			{ID: "follow", Title: "app.help-follow", Paragraphs: []string{"app.help-follow-1", "app.help-follow-2"}},
			{ID: "known", Title: "app.help-known", Paragraphs: []string{"app.help-known-1"}},
			{ID: "measure", Title: "app.help-measure", Paragraphs: []string{"app.help-measure-1", "app.help-measure-2", "app.help-measure-3"}},
			{ID: "incident", Title: "app.help-incident", Paragraphs: []string{"app.help-incident-1", "app.help-incident-2", "app.help-incident-3"}},
			{ID: "years", Title: "app.help-years", Paragraphs: []string{"app.help-years-1", "app.help-years-2"}},
			{ID: "log", Title: "app.help-log", Paragraphs: []string{"app.help-log-1"}},
			{ID: "signin", Title: "app.help-signin", Paragraphs: []string{"app.help-signin-1", "app.help-signin-2", "app.help-signin-3"}},
			{ID: "trouble", Title: "app.help-trouble", Paragraphs: []string{"app.help-trouble-1", "app.help-trouble-2"}},
		},
		Keys: []helpKey{{"Ctrl K", "app.help-key-search"}, {"j", "app.help-key-down"}, {"k", "app.help-key-up"}, {"Enter", "app.help-key-open"}, {"x", "app.help-key-tick"}, {"Esc", "app.help-key-close"}},
		Words: []helpWord{
			{"app.help-word-classification", "app.help-means-classification"},
			{"app.help-word-requirement", "app.help-means-requirement"},
			{"app.help-word-safeguard", "app.help-means-safeguard"},
			{"app.help-word-source", "app.help-means-source"},
			{"app.help-word-responsible", "app.help-means-responsible"},
			{"app.help-word-annex", "app.help-means-annex"},
			{"app.help-word-processing", "app.help-means-processing"},
		},
	}
	if c.Actor.ID == "" {
		d.Layout = web.Plain
	}
	for i := range d.Parts {
		for _, l := range helpLinks[d.Parts[i].ID] {
			if access.Allowed(c.Actor, l.action) {
				d.Parts[i].Links = append(d.Parts[i].Links, web.Link{Label: c.L.T(l.key), Href: l.href})
			}
		}
	}
	return c.Render(helpTemplate, "help.html", d)
}
