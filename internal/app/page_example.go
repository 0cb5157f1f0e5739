// SPDX-License-Identifier: EUPL-1.2

package app

import (
	"embed"
	"errors"
	"net/http"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/overview"
	"github.com/insegel/insegel/internal/web"
)

//go:embed example_page.html
var exampleFile embed.FS

var exampleTemplate = web.Parse(exampleFile)

// examplePages mounts the page about example data, and what puts it in and takes it away.
func (a *App) examplePages(site *web.Site) {
	site.Handle("GET "+overview.ExamplePath, "app.ExampleState", a.examplePage)
	site.Handle("POST "+overview.ExamplePath, "app.StartExample", a.startExample)
	site.Handle("POST "+overview.ExamplePath+"/ta-bort", "app.RemoveExample", a.removeExample)
}

type exampleData struct {
	web.Page
	Lead                         string
	Begun                        bool
	Systems, Own                 int
	MayTry, MayFinish, MayRemove bool
}

func (a *App) examplePage(c *web.Context) error {
	s, err := a.ExampleState(c.Context(), c.Actor)
	if err != nil {
		return err
	}
	d := exampleData{Page: web.Page{Title: c.L.T("app.example")}, Lead: "app.example-none", Begun: s.Begun, Systems: s.Systems, Own: s.Own}
	starts := access.Allowed(c.Actor, "app.StartExample")
	switch {
	case s.Invented:
		d.Lead = "app.example-invented"
	case s.Begun && !s.Done:
		d.Lead, d.MayFinish = "app.example-half", starts
	case s.Begun:
		d.Lead = "app.example-begun"
	default:
		d.MayTry = s.Empty && starts
	}
	d.MayRemove = s.Begun && access.Allowed(c.Actor, "app.RemoveExample")
	return c.Render(exampleTemplate, "example_page.html", d)
}

func (a *App) startExample(c *web.Context) error {
	err := a.StartExample(c.Context(), c.Actor)
	if errors.Is(err, ErrNotEmpty) {
		return &web.Error{Status: http.StatusConflict, Key: "app.example-full", Err: err}
	}
	if err != nil {
		return err
	}
	return c.Redirect("/", "app.example-started")
}

func (a *App) removeExample(c *web.Context) error {
	err := a.RemoveExample(c.Context(), c.Actor)
	if errors.Is(err, db.ErrNotFound) {
		return c.Redirect(overview.ExamplePath) // it is gone already, and the page says so
	}
	if err != nil {
		return err
	}
	return c.Redirect("/", "app.example-removed")
}
