// SPDX-License-Identifier: EUPL-1.2

package app

import (
	"embed"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/alarm"
	"github.com/insegel/insegel/internal/approval"
	"github.com/insegel/insegel/internal/auth/passkey"
	"github.com/insegel/insegel/internal/auth/provider"
	"github.com/insegel/insegel/internal/auth/rotation"
	"github.com/insegel/insegel/internal/auth/token"
	"github.com/insegel/insegel/internal/backup"
	"github.com/insegel/insegel/internal/mail"
	"github.com/insegel/insegel/internal/measurement"
	"github.com/insegel/insegel/internal/organisation"
	"github.com/insegel/insegel/internal/overview"
	"github.com/insegel/insegel/internal/web"
	"github.com/insegel/insegel/internal/webhook"
)

//go:embed administration.html
var administrationFile embed.FS

var administrationTemplate = web.Parse(administrationFile)

// AdministrationPath is the page that leads to all that is administered. It is one entry of the side menu, which has room for no more.
const AdministrationPath = "/administration"

// chore is something that is administered: a page, and the use case that opens it. About is what it is for.
type chore struct{ name, action, Href, Icon, Key, About string }

var chores = []chore{
	{"people", "organisation.People", organisation.PeoplePath, "ppl", "app.menu-people", "app.about-people"},
	{"roles", "organisation.Granting", organisation.RolesPath, "grid", "app.menu-roles", "app.about-roles"},
	{"units", "organisation.Chart", organisation.UnitsPath, "lay", "app.menu-units", "app.about-units"},
	{"approval", "approval.List", approval.Path, "check", "app.menu-approval", "app.about-approval"},
	{"alarm", "alarm.List", alarm.Path, "warn", "app.menu-alarm", "app.about-alarm"},
	{provider.Menu, "provider.List", provider.Path, "key", "app.menu-sign-in", "app.about-sign-in"},
	{"sealed", "passkey.Sealed", passkey.SealedPath, "lock", "app.menu-sealed", "app.about-sealed"},
	{"look", "organisation.Look", organisation.LookPath, "edit", "app.menu-look", "app.about-look"},
	{"token", "token.List", token.Path, "key", "app.menu-token", "app.about-token"},
	{rotation.Menu, "rotation.List", rotation.Path, "clock", "app.menu-rotation", "app.about-rotation"},
	{"webhook", "webhook.List", webhook.Path, "next", "app.menu-webhook", "app.about-webhook"},
	{overview.MenuLog, "overview.Log", "/sparlogg", "eye", "app.menu-log", "app.about-log"},
	{measurement.Menu, "measurement.List", measurement.Place, "eye", "app.menu-measurement", "app.about-measurement"},
	{"agent", "measurement.Agents", measurement.AgentPlace, "eye", "app.menu-agent", "app.about-agent"},
	{"mail", "mail.Settings", mail.PagePath, "doc", "app.menu-mail", "app.about-mail"},
	{backup.Menu, "backup.View", backup.Path, "dl", "app.menu-backup", "app.about-backup"},
}

// administration lists what the reader may administer, or see how it is administered.
func administration(c *web.Context) []chore {
	var out []chore
	for _, x := range chores {
		if access.Allowed(c.Actor, x.action) {
			out = append(out, x)
		}
	}
	return out
}

type administrationData struct {
	web.Page
	Chores []chore
}

// administrationPage leads to what the reader may open of it; whoever may open nothing is refused.
func administrationPage(c *web.Context) error {
	within := administration(c)
	if len(within) == 0 {
		return access.Check(c.Actor, chores[0].action)
	}
	return c.Render(administrationTemplate, "administration.html", administrationData{
		Page: web.Page{Title: c.L.T("app.menu-administration"), Active: "administration"}, Chores: within,
	})
}
