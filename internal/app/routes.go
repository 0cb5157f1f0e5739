// SPDX-License-Identifier: EUPL-1.2

package app

import (
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/action"
	"github.com/insegel/insegel/internal/alarm"
	"github.com/insegel/insegel/internal/approval"
	"github.com/insegel/insegel/internal/auth"
	"github.com/insegel/insegel/internal/auth/link"
	"github.com/insegel/insegel/internal/auth/rotation"
	"github.com/insegel/insegel/internal/auth/token"
	"github.com/insegel/insegel/internal/backup"
	"github.com/insegel/insegel/internal/campaign"
	"github.com/insegel/insegel/internal/classification"
	"github.com/insegel/insegel/internal/evidence"
	"github.com/insegel/insegel/internal/finding"
	"github.com/insegel/insegel/internal/followup"
	"github.com/insegel/insegel/internal/incident"
	"github.com/insegel/insegel/internal/mail"
	"github.com/insegel/insegel/internal/measurement"
	"github.com/insegel/insegel/internal/national"
	"github.com/insegel/insegel/internal/organisation"
	"github.com/insegel/insegel/internal/overview"
	"github.com/insegel/insegel/internal/processing"
	"github.com/insegel/insegel/internal/procurement"
	"github.com/insegel/insegel/internal/register"
	"github.com/insegel/insegel/internal/report"
	"github.com/insegel/insegel/internal/requirement"
	"github.com/insegel/insegel/internal/risk"
	"github.com/insegel/insegel/internal/supplier"
	"github.com/insegel/insegel/internal/system"
	"github.com/insegel/insegel/internal/web"
	"github.com/insegel/insegel/internal/webhook"
	"github.com/insegel/insegel/internal/whatif"
	"github.com/insegel/insegel/internal/workshop"
)

// menu is the side menu: what exists, in the order of the work.
func (a *App) menu(c *web.Context) []web.MenuItem {
	all := []struct {
		web.MenuItem
		action string
	}{
		{web.MenuItem{Name: overview.MenuHome, Key: "app.menu-home", Href: "/", Icon: "home"}, "overview.Home"},
		{web.MenuItem{Name: overview.MenuTodo, Key: "app.menu-todo", Href: overview.TodoPath, Icon: "inbox"}, "overview.Chores"},
		{web.MenuItem{Name: overview.MenuSystems, Within: []string{"import"}, Group: "app.group-register", Key: "app.menu-system", Href: "/system", Icon: "sys"}, "overview.List"},
		{web.MenuItem{Name: overview.MenuInformation, Within: []string{processing.Menu}, Group: "app.group-register", Key: "app.menu-information", Href: "/information", Icon: "doc"}, "overview.Information"},
		{web.MenuItem{Name: supplier.Menu, Group: "app.group-register", Key: "app.menu-supplier", Href: supplier.Place, Icon: "cart"}, "overview.Suppliers"},
		{web.MenuItem{Name: risk.Menu, Group: "app.group-work", Key: "app.menu-risk", Href: risk.Place, Icon: "risk"}, "risk.List"},
		{web.MenuItem{Name: "action", Group: "app.group-work", Key: "app.menu-action", Href: "/atgarder", Icon: "list"}, "action.Plan"},
		{web.MenuItem{Name: "procurement", Group: "app.group-work", Key: "app.menu-procurement", Href: "/upphandling", Icon: "cart"}, "procurement.Annex"},
		{web.MenuItem{Name: incident.Menu, Group: "app.group-work", Key: "app.menu-incident", Href: incident.Place, Icon: "warn"}, "incident.List"},
		{web.MenuItem{Name: followup.Menu, Within: []string{campaign.Menu}, Group: "app.group-follow-up", Key: "app.menu-followup", Href: followup.Place, Icon: "line"}, "followup.List"},
		{web.MenuItem{Name: national.Menu, Group: "app.group-follow-up", Key: "app.menu-national", Href: national.Place, Icon: "grid"}, "national.Picture"},
		{web.MenuItem{Name: finding.Menu, Group: "app.group-follow-up", Key: "app.menu-finding", Href: finding.InboxPath, Icon: "inbox"}, "finding.Inbox"},
		{web.MenuItem{Name: "report", Group: "app.group-follow-up", Key: "app.menu-report", Href: "/rapporter", Icon: "doc"}, "report.Choices"},
		{web.MenuItem{Name: overview.MenuRules, Group: "app.group-support", Key: "app.menu-rule", Href: "/regler", Icon: "book"}, "overview.Rules"},
	}
	var out []web.MenuItem
	for _, m := range all {
		if access.Allowed(c.Actor, m.action) {
			out = append(out, m.MenuItem)
		}
	}
	if within := administration(c); len(within) > 0 {
		m := web.MenuItem{Name: "administration", Group: "app.group-admin", Key: "app.menu-administration", Href: AdministrationPath, Icon: "gear"}
		for i := range within {
			m.Within = append(m.Within, within[i].name)
		}
		out = append(out, m)
	}
	return out
}

// first is the first page of the menu that the reader may open; empty when there is none.
func (a *App) first(c *web.Context) string {
	if m := a.menu(c); len(m) > 0 {
		return m[0].Href
	}
	return ""
}

// places are the pages of the menu, for the search.
func (a *App) places(c *web.Context) []web.Link {
	var out []web.Link
	for _, m := range a.menu(c) {
		out = append(out, web.Link{Label: c.L.T(m.Key), Href: m.Href})
	}
	return out
}

// routes mounts the pages of every slice.
func (a *App) routes(site *web.Site, address string, sessions *auth.Sessions, patience time.Duration) {
	site.Public("GET "+HelpPath, helpPage)
	site.Handle("GET "+AdministrationPath, "", administrationPage)
	a.examplePages(site)
	a.alarmPages().Routes(site)
	(&mail.Pages{Service: a.Mail}).Routes(site)
	(&organisation.SCIM{Service: a.Organisations, Actor: (&token.Keys{DB: a.DB}).Actor, Refused: token.ErrRefused, Link: address}).Routes(site)
	a.linkPages(site)
	(&organisation.Pages{Service: a.Organisations, EndSessions: sessions.EndOf, Link: address}).Routes(site)
	(&token.Pages{Service: a.Tokens}).Routes(site)
	(&webhook.Pages{Service: a.Webhooks}).Routes(site)
	(&rotation.Pages{Service: a.rotations()}).Routes(site)
	a.keyPages(site)
	(&backup.Pages{Service: a.Backups}).Routes(site)
	views := overview.New(a.DB, a.Requirements)
	views.Rotation, views.Detectors = a.rotations(), a.Findings.Rules
	views.LogKey, views.Followup, views.Risks, views.Approvals, views.Incidents, views.Campaigns = a.LogKey, a.Followup, a.Risks, a.Approvals, a.Incidents, a.Campaigns
	overviews := &overview.Pages{Overview: views, Requirements: a.Requirements, Systems: a.Systems, Export: "/rapporter/register?format=xlsx", First: a.first, Places: a.places, Processings: a.Processings, Limit: a.ProbeRules.Limit, PDF: a.Reports.Printer != nil}
	overviews.Routes(site)
	a.api(site, views)
	(&approval.Pages{Service: a.Approvals, Names: a.Organisations.Names, Exceptions: a.Organisations.Began}).Routes(site)
	(&system.Pages{Service: a.Systems, Catalogue: a.Catalogue}).Routes(site)
	(&supplier.Pages{Service: a.Suppliers}).Routes(site)
	(&processing.Pages{Service: a.Processings, Measures: overviews.Measures, Export: "/rapporter/behandlingar"}).Routes(site)
	a.classificationPages().Routes(site)
	(&risk.Pages{Service: a.Risks}).Routes(site)
	(&workshop.Pages{Service: a.Workshops, Limits: sessions.Limits(), Link: address, TLS: site.TLS()}).Routes(site)
	(&evidence.Pages{Service: a.Evidence}).Routes(site)
	(&finding.Pages{Service: a.Findings, Evidence: overviews.InboxItems}).Routes(site)
	(&action.Pages{Service: a.Actions, PDF: a.Reports.Printer != nil}).Routes(site)
	(&procurement.Pages{Service: a.Procurements, PDF: a.Reports.Printer != nil}).Routes(site)
	(&incident.Pages{Service: a.Incidents, Link: address}).Routes(site)
	(&register.Pages{Service: a.Register, Classifications: a.Classifications}).Routes(site)
	(&measurement.Pages{Service: a.Measurements, Limit: a.ProbeRules.Limit}).Routes(site)
	(&measurement.API{Service: a.Measurements, Actor: (&token.Keys{DB: a.DB}).Actor, Refused: token.ErrRefused}).Routes(site)
	(&report.Pages{Service: a.Reports, Link: address, Patience: patience}).Routes(site)
	a.campaignPages().Routes(site)
	(&followup.Pages{Service: a.Followup}).Routes(site)
	(&national.Pages{Service: a.National}).Routes(site)
	(&whatif.Pages{Service: a.WhatIf}).Routes(site)
	(&national.Public{Service: a.National, Base: address, Texts: a.Texts}).Routes(site)
}

// api mounts what programs use.
func (a *App) api(site *web.Site, views *overview.Service) *web.API {
	api := site.API(web.APIOptions{DB: a.DB, Key: (&token.Keys{DB: a.DB}).Actor, Refused: token.ErrRefused, Version: apiVersion})
	(&overview.API{Overview: views, Systems: a.Systems}).Routes(api)
	(&system.API{Service: a.Systems, Catalogue: a.Catalogue}).Routes(api)
	(&classification.API{Service: a.Classifications}).Routes(api)
	(&requirement.API{Service: a.Requirements}).Routes(api)
	(&action.API{Service: a.Actions}).Routes(api)
	(&procurement.API{Service: a.Procurements}).Routes(api)
	(&processing.API{Service: a.Processings}).Routes(api)
	(&supplier.API{Service: a.Suppliers}).Routes(api)
	(&register.API{Service: a.Register}).Routes(api)
	(&evidence.API{Service: a.Evidence}).Routes(api)
	(&measurement.TargetAPI{Service: a.Measurements}).Routes(api)
	(&finding.API{Service: a.Findings}).Routes(api)
	(&risk.API{Service: a.Risks}).Routes(api)
	(&incident.API{Service: a.Incidents}).Routes(api)
	(&followup.API{Service: a.Followup}).Routes(api)
	(&national.OwnAPI{Service: a.National}).Routes(api)
	(&whatif.API{Service: a.WhatIf}).Routes(api)
	a.exampleOperations(api)
	(&report.API{Service: a.Reports, Link: a.base()}).Routes(api)
	(&alarm.API{Service: a.Alarms}).Routes(api)
	(&webhook.API{Service: a.Webhooks}).Routes(api)
	(&campaign.API{Service: a.Campaigns}).Routes(api)
	api.Mount()
	return api
}

// apiVersion is the API's own version: it changes when the API does, and not with every edition of the program.
const apiVersion = "1.0.0"

// OpenAPI is the description of the API.
func (a *App) OpenAPI() ([]byte, error) {
	return a.api(web.NewSite(a.Texts, a.Log, web.Options{}), overview.New(a.DB, a.Requirements)).Spec()
}

// classificationPages are the pages of classification, also for those who come by a link.
func (a *App) classificationPages() *classification.Pages {
	return &classification.Pages{Service: a.Classifications, Index: a.Index, Follows: a.Requirements.Follows}
}

// campaignPages are the pages of campaigns and the year wheel, also for those who come by a link.
func (a *App) campaignPages() *campaign.Pages { return &campaign.Pages{Service: a.Campaigns} }

// linkPages mounts what links lead to.
func (a *App) linkPages(site *web.Site) {
	p := &link.Pages{Links: a.Links, TLS: site.TLS()}
	p.Add(classification.QuestionTask, a.classificationPages().QuestionTask())
	for _, task := range []string{procurement.SupplierTask, procurement.BidTask, procurement.PartTask} {
		p.Add(task, (&procurement.Pages{Service: a.Procurements}).SupplierTask())
	}
	p.Add(procurement.ReceiptTask, (&procurement.Pages{Service: a.Procurements}).ReceiptTask())
	p.Add(campaign.SheetTask, a.campaignPages().SheetTask())
	p.Add(campaign.QuestionTask, a.campaignPages().QuestionTask())
	p.Routes(site)
}

// alarmPages are the page of alarms and the notice of them.
func (a *App) alarmPages() *alarm.Pages {
	return &alarm.Pages{Service: a.Alarms, Names: a.Organisations.Names, About: a.alarmAbout}
}
