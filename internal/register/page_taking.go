// SPDX-License-Identifier: EUPL-1.2

package register

import (
	"errors"

	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/web"
)

// lookEvery is how often the page of an import under way asks anew, in seconds, with and without scripts.
const lookEvery = "2"

// takingPage tells how far an import has come.
type takingPage struct {
	web.Page
	Steps    web.Steps
	File     string
	Progress web.Progress
	// Compares is true until it is known how much there is to write.
	Compares bool
	Path     string
}

// take imports the list and goes on to what was done, or to how far it has come.
func (p *Pages) take(c *web.Context) error {
	id := ids.ID[Upload](c.Path("id"))
	done, err := p.Service.Take(c.Context(), c.Actor, id, c.L.Lang)
	if errors.Is(err, ErrUnderWay) {
		return c.Redirect(takingPath(id))
	}
	if err != nil {
		return gone(unreadable(err))
	}
	return c.Redirect("/importera/" + done.ID.String() + "/resultat")
}

func takingPath(id ids.ID[Upload]) string { return "/importera/" + id.String() + "/pagar" }

// taking shows how far an import has come, and goes on to what was done when it has ended.
func (p *Pages) taking(c *web.Context) error {
	id := ids.ID[Upload](c.Path("id"))
	t, err := p.Service.Taking(c.Context(), c.Actor, id)
	switch {
	case errors.Is(err, db.ErrNotFound):
		if _, err := p.Service.Kept(c.Context(), c.Actor, id, ""); err != nil {
			return gone(unreadable(err))
		}
		return c.Redirect("/importera/"+id.String()+"/granska", "register.page-taking-stopped")
	case err != nil:
		return err
	case t.Ended && t.Err != nil:
		return gone(unreadable(t.Err))
	case t.Ended:
		return c.Redirect("/importera/" + t.Import.ID.String() + "/resultat")
	}
	out := takingPage{
		Page:  web.Page{Title: c.L.T("register.page-taking"), Active: "import", Layout: web.Focus, Leave: "/importera"},
		Steps: steps(c.L, stepDone, ""), File: t.File, Compares: t.Total == 0, Path: takingPath(id),
		Progress: web.Progress{Label: c.L.T("register.page-taking-rows"), Done: t.Done, Total: t.Total},
	}
	if out.File == "" {
		out.File = c.L.T("register.page-pasted")
	}
	c.Writer.Header().Set("Refresh", lookEvery)
	return c.Render(pages, "taking.html", out)
}

// underWay reports whether a list is being imported, so that its other pages lead to how far that has come.
func (p *Pages) underWay(c *web.Context, id ids.ID[Upload]) bool {
	t, err := p.Service.Taking(c.Context(), c.Actor, id)
	return err == nil && !t.Ended
}
