// SPDX-License-Identifier: EUPL-1.2

package auth

import (
	"embed"
	"net/url"

	"github.com/insegel/insegel/internal/web"
)

//go:embed *.html
var pages embed.FS

var templates = web.Parse(pages)

// Method is one way to sign in that has been set up.
type Method struct {
	// Key is the message of its button and Hint the one that explains it.
	Key, Hint string
	// Href is where it begins; it gets "till", the page to come back to.
	Href string
	// Icon is a symbol in icons.svg.
	Icon string
}

// Pages are the sign-in page and signing out.
type Pages struct {
	Sessions *Sessions
	// Methods are the ways to sign in, the recommended one first. The page lists these and no others.
	Methods []Method
	// Demo is true when the demonstration runs, whose link is the only way in.
	Demo bool
}

type signInPage struct {
	web.Page
	Methods []Method
	Demo    bool
}

// Mount registers the pages on a site.
func (p Pages) Mount(site *web.Site) {
	site.Public("GET "+web.SignInPath, p.signIn)
	site.Public("POST /logga-ut", p.signOut)
}

func (p Pages) signIn(c *web.Context) error {
	to := web.Local(c.Query("till"))
	if c.Actor.ID != "" {
		return c.Redirect(to)
	}
	page := signInPage{Page: web.Page{Title: c.L.T("auth.sign-in"), Layout: web.Plain}, Demo: p.Demo}
	for _, m := range p.Methods {
		m.Href += "?till=" + url.QueryEscape(to)
		page.Methods = append(page.Methods, m)
	}
	return c.Render(templates, "signin.html", page)
}

func (p Pages) signOut(c *web.Context) error {
	if err := p.Sessions.SignOut(c.Context()); err != nil {
		return err
	}
	return c.Redirect(web.SignInPath, "auth.signed-out")
}
