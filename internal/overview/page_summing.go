// SPDX-License-Identifier: EUPL-1.2

package overview

import (
	"errors"
	"net/http"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/web"
)

// lookEvery is how often a page whose sums are on their way asks for them, in seconds, with and without scripts.
const lookEvery = "2"

// summingPage stands at the address of a page whose sums are on their way.
type summingPage struct {
	web.Page
	Since    string
	Progress web.Progress
	Path     string
}

// summed shows a page that is made of the sums of all systems. While they are made anew, after a change that concerns all or at the first view of a day,
// how far they have come stands at the page's own address: reloading, going back and bookmarks lead to the page, with its filter.
func (p *Pages) summed(menu string, page web.Handler) web.Handler {
	return func(c *web.Context) error {
		far, told, err := p.Overview.await(c.Context(), c.Actor)
		switch {
		case errors.Is(err, errSums):
			return &web.Error{Status: http.StatusInternalServerError, Key: "overview.summing-failed", Err: err}
		case err != nil:
			return err
		case told:
			return c.Redirect(here(c), "overview.summing-done")
		case far == nil:
			return page(c)
		}
		out := summingPage{
			Page: web.Page{Title: c.L.T("overview.summing"), Active: menu}, Since: c.L.T("overview.summing-since", "When", c.L.Moment(far.Begun)), Path: here(c),
			Progress: web.Progress{Label: c.L.T("overview.summing-systems"), Done: far.Done, Total: far.Total},
		}
		if !access.ReachOf(c.Actor, "overview.List").All { // how many systems others have is not told
			out.Progress = web.Progress{Label: c.L.T("overview.summing-percent"), Done: 100 * far.Done / max(1, far.Total), Total: 100}
		}
		c.Writer.Header().Set("Refresh", lookEvery)
		return c.Render(templates, "summing.html", out)
	}
}

// here is the address that is asked for, with its filter.
func here(c *web.Context) string {
	if to := c.Request.URL.RequestURI(); web.Local(to) == to {
		return to
	}
	return c.Request.URL.Path
}

// listed is the list of systems: only what is derived is asked of the sums.
func (p *Pages) listed(c *web.Context) error {
	if readFilter(c).Derived() {
		return p.summed(MenuSystems, p.list)(c)
	}
	return p.list(c)
}
