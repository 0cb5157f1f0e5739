// SPDX-License-Identifier: EUPL-1.2

package app

import (
	"embed"
	"errors"
	"net/http"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/approval"
	"github.com/insegel/insegel/internal/auth/rotation"
	"github.com/insegel/insegel/internal/web"
)

//go:embed key_page.html
var keyFile embed.FS

var keyTemplate = web.Parse(keyFile)

// ownKeyPath is the page of the key that encrypts what people of the organisation write.
const ownKeyPath = rotation.Path + "/organisationen"

// keyPages mount the page of the organisation's key, where a change of it is asked for.
func (a *App) keyPages(site *web.Site) {
	site.Handle("GET "+ownKeyPath, "app.KeyState", func(c *web.Context) error { return a.keyPage(c) })
	site.Handle("POST "+ownKeyPath+"/byt", "app.AskKeyChange", func(c *web.Context) error { return a.askKey(c, KeyRotate, "rotate-reason") })
	site.Handle("POST "+ownKeyPath+"/forstor", "app.AskKeyChange", func(c *web.Context) error { return a.askKey(c, KeyDestroy, "destroy-reason") })
}

type keyData struct {
	web.Page
	State           KeyState
	MayAsk          bool
	Rotate, Destroy web.Field
}

func (a *App) keyPage(c *web.Context, faults ...web.FieldError) error {
	s, err := a.KeyState(c.Context(), c.Actor)
	if err != nil {
		return err
	}
	reason := func(name string) web.Field {
		return web.Field{Name: name, Type: "textarea", Rows: 2, Label: c.L.T("organisation.reason"), Value: c.Form(name)}
	}
	return c.Render(keyTemplate, "key_page.html", keyData{
		Page:  web.Page{Title: c.L.T("cli.key"), Active: rotation.Menu, Errors: faults},
		State: s, MayAsk: s.Primary != "" && !s.Destroyed && access.Allowed(c.Actor, "app.AskKeyChange"),
		Rotate: reason("rotate-reason"), Destroy: reason("destroy-reason"),
	})
}

// askKey asks for a change of the key; field is where the form says why.
func (a *App) askKey(c *web.Context, change KeyChange, field string) error {
	err := a.AskKeyChange(c.Context(), c.Actor, change, c.Form(field))
	switch {
	case errors.Is(err, approval.ErrReason):
		return a.keyPage(c, web.FieldError{Field: field, Key: "approval.fault-reason"})
	case errors.Is(err, approval.ErrSame):
		return &web.Error{Status: http.StatusConflict, Key: "app.key-same", Err: err}
	case err != nil:
		return err
	}
	return c.Redirect(ownKeyPath, "organisation.asked")
}
