// SPDX-License-Identifier: EUPL-1.2

package overview

import (
	"embed"
	"net/url"
	"strconv"
	"strings"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/classification"
	"github.com/insegel/insegel/internal/probe/verdict"
	"github.com/insegel/insegel/internal/processing"
	"github.com/insegel/insegel/internal/requirement"
	"github.com/insegel/insegel/internal/supplier"
	"github.com/insegel/insegel/internal/system"
	"github.com/insegel/insegel/internal/web"
)

//go:embed *.html
var files embed.FS

var templates = web.Parse(files)

// Pages are the pages of this slice.
type Pages struct {
	Overview     *Service
	Requirements *requirement.Service
	Systems      *system.Service
	// Processings is the record of processing activities; without it no page leads there.
	Processings *processing.Service
	// Export is the address of the register as a file; empty hides the button.
	Export string
	// PDF says that documents can be had as PDF.
	PDF bool
	// Limit tells in words what a measurement could not see.
	Limit func(code string) verdict.Reason
	// First is where readers begin who may not see the state of the organisation; empty is nowhere.
	First func(c *web.Context) string
	// Places are the pages of the menu that the reader may open, for the search.
	Places func(c *web.Context) []web.Link
}

// The names of the menu entries that the pages belong to.
const (
	MenuHome        = "laget"
	MenuSystems     = "system"
	MenuInformation = "information"
	MenuRules       = "regler"
)

// Addresses of pages in other slices that these pages lead to.
const (
	importPath = "/importera"
	newPath    = "/system/nytt"
	editPath   = "/redigera" // after a system's own address
	planPath   = "/atgarder"
)

// Routes registers the pages.
func (p *Pages) Routes(s *web.Site) {
	s.Handle("GET /{$}", "", p.first)
	s.Handle("GET "+BriefPath, "overview.Brief", p.summed(MenuHome, p.brief))
	s.Handle("GET "+StrongPath, "overview.Strong", p.strong)
	s.Handle("GET "+strongFilePath, "overview.Strong", p.strongFile)
	s.Handle("GET "+strongListPath, "overview.ExportStrong", p.strongList)
	s.Handle("GET /system", "overview.List", p.listed)
	s.Handle("GET /system/{slug}", "overview.System", p.system)
	s.Handle("GET /system/{slug}/bevis", "overview.Evidence", p.systemEvidence)
	s.Handle("GET /system/{slug}/forandring/{id}", "overview.Change", p.change)
	s.Handle("POST /system/{slug}/forandring/{id}/bekrafta", "overview.Confirm", p.confirm)
	s.Handle("GET /system/{slug}/krav", "overview.Requirements", p.systemRequirements)
	s.Handle("POST /system/{slug}/krav", "requirement.Answer", p.saveAnswers)
	s.Handle("GET /system/{slug}/historik", "overview.History", p.history)
	s.Handle("GET "+DependencyPath, "overview.DependencyList", p.summed(MenuSystems, p.dependencyList))
	s.Handle("GET /system/{slug}/beroenden", "overview.Dependencies", p.summed(MenuSystems, p.dependencies))
	s.Handle("POST /system/{slug}/beroenden", "system.AddDependency", p.addDependency)
	s.Handle("POST /system/{slug}/beroenden/{id}/bort", "system.RemoveDependency", p.removeDependency)
	s.Handle("GET /system/{slug}/som-det-var", "overview.AsItWas", p.past)
	s.Handle("GET "+supplier.Place, "overview.Suppliers", p.summed(supplier.Menu, p.suppliers))
	s.Handle("GET "+supplier.Place+"/{id}", "overview.Supplier", p.summed(supplier.Menu, p.supplier))
	s.Handle("GET "+supplier.Place+"/{id}/historik", "overview.SupplierHistory", p.supplierHistory)
	s.Handle("GET /system/{slug}/leverantor", "overview.SystemSupplier", p.systemSupplier)
	s.Handle("GET /behandlingar/{slug}/historik", "overview.ProcessingHistory", p.processingHistory)
	s.Handle("GET /sparlogg", "overview.Log", p.log)
	s.Handle("GET /sparlogg/kontroll", "overview.CheckLog", p.control)
	s.Handle("GET /sparlogg/export", "overview.ExportLog", p.exportLog)
	s.Handle("GET /regler", "overview.Rules", p.summed(MenuRules, p.rules))
	s.Handle("GET /regler/{id}", "overview.Rule", p.summed(MenuRules, p.rule))
	s.Handle("GET /krav/{id}", "overview.Requirement", p.summed(MenuRules, p.requirement))
	s.Handle("POST "+viewPath, "overview.SaveView", p.saveView)
	s.Handle("POST "+viewPath+"/{id}/bort", "overview.RemoveView", p.removeView)
	s.Handle("GET "+exportListPath, "overview.ExportList", p.exportList)
	s.Handle("GET "+TodoPath, "overview.Chores", p.summed(MenuTodo, p.todo))
	s.Handle("POST "+TodoPath, "overview.Snooze", p.putOff)
	s.Handle("GET "+SearchPath, "overview.Search", p.search)
	s.Handle("GET /information", "overview.Information", p.information)
	s.Handle("GET /information/{id}", "overview.InformationType", p.informationType)
}

func lang(c *web.Context) catalogue.Lang { return catalogue.Lang(c.L.Lang) }

// may reports whether the reader may do something.
func may(c *web.Context, action string) bool { return access.Allowed(c.Actor, action) }

// mayAt reports whether the reader may do something to a system.
func mayAt(c *web.Context, action string, s *system.System) bool {
	return access.AllowedAt(c.Actor, action, s.UnitID)
}

// pageNumber reads which page of a list is asked for.
func pageNumber(c *web.Context) int {
	n, err := strconv.Atoi(c.Query("sida"))
	if err != nil || n < 1 {
		return 1
	}
	return n
}

// address writes a path with the values of a query that are not empty, in the order given.
func address(path string, pairs ...string) string {
	var b strings.Builder
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] == "" {
			continue
		}
		if b.Len() > 0 {
			b.WriteByte('&')
		}
		b.WriteString(pairs[i] + "=" + url.QueryEscape(pairs[i+1]))
	}
	if b.Len() == 0 {
		return path
	}
	return path + "?" + b.String()
}

func systemPath(slug string) string { return "/system/" + slug }

// aspectName is an aspect's whole word.
func aspectName(c *web.Context, a catalogue.Aspect) string {
	return c.L.T("overview.aspect-" + a.String())
}

// box draws the level of a sum.
func box(c *web.Context, l Level) web.LevelBox {
	return web.LevelBox{Step: int(l.Step), Value: l.Value, Label: l.Label.In(lang(c)), Known: l.Known()}
}

// aspectShort is an aspect's name where a card on a narrow screen has four beside each other.
func aspectShort(c *web.Context, a catalogue.Aspect) string {
	return c.L.T("overview.abbreviated-" + a.String())
}

// cell is one aspect's level in a table.
type cell struct {
	Name  string
	Level web.LevelBox
}

func cells(c *web.Context, s *Sum) []cell {
	out := make([]cell, 0, catalogue.NumAspects)
	for a := range catalogue.Aspect(catalogue.NumAspects) {
		out = append(out, cell{Name: aspectShort(c, a), Level: box(c, s.Levels[a])})
	}
	return out
}

// heading is one aspect's column.
type heading struct{ Letter, Name string }

func headings(c *web.Context) []heading {
	out := make([]heading, 0, catalogue.NumAspects)
	for a := range catalogue.Aspect(catalogue.NumAspects) {
		out = append(out, heading{a.Letter(lang(c)), aspectName(c, a)})
	}
	return out
}

func needBox(c *web.Context, l classification.Level) web.LevelBox {
	return web.LevelBox{Step: int(l.Level.Step), Value: l.Level.Value, Label: l.Level.Label.In(lang(c)), Known: l.Basis != classification.None}
}

// markTag is the standing's short mark in a list; nothing for what is decided.
func markTag(c *web.Context, s Standing) web.Tag {
	switch s {
	case Classified:
		return web.Tag{}
	case Expired:
		return web.Bad(c.L.T("overview.mark-lopt-ut"))
	case Draft:
		return web.Tag{Kind: "warn", Icon: "edit", Word: c.L.T("overview.mark-utkast")}
	case Suggested:
		return web.Info(c.L.T("overview.mark-forslag"))
	case Stopped:
		return web.Tag{Kind: "bad", Icon: "lock", Word: c.L.T("overview.mark-stoppad")}
	default:
		return web.Tag{Icon: "q", Word: c.L.T("overview.mark-oklassad")}
	}
}

// verifiedTag says whether somebody has checked a text against its source.
func verifiedTag(c *web.Context, verified bool) web.Tag {
	if verified {
		return web.OK(c.L.T("overview.verified"))
	}
	return web.Tag{Kind: "warn", Icon: "warn", Word: c.L.T("overview.unverified")}
}

// areaName is an area in words.
func (p *Pages) areaName(c *web.Context, area string) string {
	if f, ok := p.Overview.catalogue().Vocabulary.Fact("area"); ok {
		return f.Label(area).In(lang(c))
	}
	return area
}

// option marks the chosen one of a select.
type option struct {
	Value, Label string
	Selected     bool
}

func options(chosen string, pairs ...string) []option {
	var out []option
	for i := 0; i+1 < len(pairs); i += 2 {
		out = append(out, option{Value: pairs[i], Label: pairs[i+1], Selected: pairs[i] == chosen})
	}
	return out
}

// selectField is one filter.
type selectField struct {
	Name, Label string
	Options     []option
}
