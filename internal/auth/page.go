// SPDX-License-Identifier: EUPL-1.2

package auth

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/web"
)

//go:embed *.html
var pages embed.FS

var templates = web.Parse(pages)

// Method is one way to sign in that has been set up.
type Method struct {
	// Kind is the Method of the proofs that come of it: "passkey", "oidc", "saml" or "certificate".
	Kind string
	// Key is the message of its button and Hint the one that explains it. Name, when set, is shown instead of Key: the provider's own,
	// and NameEN the same in English.
	Key, Hint, Name, NameEN string
	// Href is where it begins; it gets "till", the page to come back to.
	Href string
	// Icon is a symbol in icons.svg.
	Icon string
	// Again is where a step-up begins, for those who came by Issuer, or by any of the kind when Issuer is empty. Empty is none.
	Again, Issuer string
}

// named is the provider's own name in the reader's language.
func (m *Method) named(lang string) string {
	if lang == "en" && m.NameEN != "" {
		return m.NameEN
	}
	return m.Name
}

// Pages are the sign-in page, signing out, showing again who one is, and one's own sessions.
type Pages struct {
	Sessions *Sessions
	// Methods are the ways to sign in, the recommended one first. The page lists these and no others.
	Methods []Method
	// Providers gives the ways that are set up while the program runs, such as an organisation's identity providers. They follow Methods.
	Providers []func(ctx context.Context) ([]Method, error)
	// HasPasskey tells whether the account that makes the request can show a passkey.
	HasPasskey func(ctx context.Context) (bool, error)
	// Welcome, when it says yes, is that nobody has an account yet: the page then leads to where the first person begins.
	Welcome func(ctx context.Context) (bool, error)
	// Leave, when set, gives the path where a reader who came by an identity provider can sign out there too, once the session here has
	// ended; empty is none.
	Leave func(c *web.Context, s Session) (string, error)
	// Demo is true when the demonstration runs, whose link is the only way in.
	Demo bool
}

// WelcomePath is where the first person begins, and RecoverPath where a recovery code is given.
const (
	WelcomePath = "/valkommen"
	RecoverPath = "/logga-in/aterstall"
)

type signInPage struct {
	web.Page
	Methods       []Method
	Demo, Welcome bool
	Passkey       bool
	// Outdated says that the browser tells nothing of where its requests come from, as every one does that has what our pages lean on.
	Outdated bool
	// Connected is the name of an identity provider that the organisation has connected; empty when there is none.
	Connected string
	To        string
}

// Mount registers the pages on a site.
func (p Pages) Mount(site *web.Site) {
	site.Public("GET "+web.SignInPath, p.signIn)
	site.Public("POST /logga-ut", p.signOut)
	site.Handle("GET "+web.StepUpPath, "", p.again)
	site.Handle("GET /mina", "", p.mine)
	site.Handle("POST /mina/avsluta", "", p.end)
}

// methods lists the ways in.
func (p Pages) methods(ctx context.Context) ([]Method, error) {
	out := slices.Clone(p.Methods)
	for _, list := range p.Providers {
		more, err := list(ctx)
		if err != nil {
			return nil, fmt.Errorf("list identity providers: %w", err)
		}
		out = append(out, more...)
	}
	return out, nil
}

func (p Pages) signIn(c *web.Context) error {
	to := web.Local(c.Query("till"))
	if c.Actor.ID != "" {
		return c.Redirect(to)
	}
	return p.SignInPage(c, to)
}

// SignInPage draws the sign-in page, with what went wrong where something did: the answer is the same whoever tried.
func (p Pages) SignInPage(c *web.Context, to string, faults ...web.FieldError) error {
	methods, err := p.methods(c.Context())
	if err != nil {
		return err
	}
	page := signInPage{Page: web.Page{Title: c.L.T("auth.sign-in"), Layout: web.Plain, Errors: faults}, Demo: p.Demo, To: to}
	page.Outdated = c.Request.Header.Get("Sec-Fetch-Site") == ""
	if len(faults) > 0 {
		page.Status = http.StatusForbidden
	}
	if p.Welcome != nil {
		if page.Welcome, err = p.Welcome(c.Context()); err != nil {
			return err
		}
	}
	for _, m := range methods {
		m.Name = m.named(c.L.Lang)
		page.Passkey = page.Passkey || m.Kind == MethodPasskey
		if page.Connected == "" {
			page.Connected = m.Name // what the program has by itself has a key and no name
		}
		m.Href = withReturn(m.Href, to)
		page.Methods = append(page.Methods, m)
	}
	return c.Render(templates, "signin.html", page)
}

func withReturn(href, to string) string {
	mark := "?"
	if strings.Contains(href, "?") {
		mark = "&"
	}
	return href + mark + "till=" + url.QueryEscape(to)
}

func (p Pages) signOut(c *web.Context) error {
	me, ok := Current(c.Context())
	if err := p.Sessions.SignOut(c.Context()); err != nil {
		return err
	}
	// What the browser still holds of the pages goes too. Its storage stays: it has the reader's choice of shortcuts and no data.
	c.Writer.Header().Set("Clear-Site-Data", `"cache"`)
	if ok && p.Leave != nil {
		to, err := p.Leave(c, me)
		if err != nil {
			return err
		}
		if to != "" {
			return c.Redirect(to)
		}
	}
	return c.Redirect(web.SignInPath, "auth.signed-out")
}

type againPage struct {
	web.Page
	Methods []Method
	To      string
	Resend  bool
}

// again asks the reader to show again who they are, in the ways that they have.
func (p Pages) again(c *web.Context) error {
	return p.AgainPage(c, web.Local(c.Query("till")), c.Query("igen") == "1")
}

// AgainPage draws the page of the step-up.
func (p Pages) AgainPage(c *web.Context, to string, resend bool, faults ...web.FieldError) error {
	me, ok := Current(c.Context())
	if !ok {
		return c.Redirect(web.SignInPath)
	}
	page := againPage{Page: web.Page{Title: c.L.T("auth.again"), Layout: web.Focus, Leave: "/", Errors: faults}, To: to, Resend: resend}
	if len(faults) > 0 {
		page.Status = http.StatusForbidden
	}
	var err error
	if page.Methods, err = p.waysAgain(c, me); err != nil {
		return err
	}
	for i, m := range page.Methods {
		page.Methods[i].Name, page.Methods[i].Href = m.named(c.L.Lang), withReturn(m.Again, to)
	}
	return c.Render(templates, "again.html", page)
}

// waysAgain are the ways in which the person of a session can show again who they are. There are none for whoever came from a provider
// that tells no time.
func (p Pages) waysAgain(c *web.Context, me Session) ([]Method, error) {
	methods, err := p.methods(c.Context())
	if err != nil {
		return nil, err
	}
	passkey := false
	if p.HasPasskey != nil {
		if passkey, err = p.HasPasskey(c.Context()); err != nil {
			return nil, err
		}
	}
	return slices.DeleteFunc(methods, func(m Method) bool {
		if m.Kind == MethodPasskey {
			return !passkey
		}
		return m.Again == "" || m.Kind != me.Method || m.Issuer != "" && m.Issuer != me.Issuer
	}), nil
}

type minePage struct {
	web.Page
	Tabs     web.Tabs
	Name     string
	Roles    []string
	How      string
	Withheld []web.Withheld
	Sessions []mySession
	Others   int
}

type mySession struct {
	ID, How, Browser, Address, Began, Seen string
	Here                                   bool
}

// MineTabs are the parts of the reader's own settings.
func MineTabs(c *web.Context, current string) web.Tabs {
	tab := func(key, href string) web.Tab {
		return web.Tab{Label: c.L.T(key), Href: href, Current: href == current}
	}
	return web.Tabs{Label: c.L.T("auth.mine"), Items: []web.Tab{tab("auth.mine-sessions", "/mina"), tab("auth.mine-passkeys", "/mina/passkeys")}}
}

func (p Pages) mine(c *web.Context) error {
	me, ok := Current(c.Context())
	if !ok {
		return c.Redirect(web.SignInPath)
	}
	all, err := p.Sessions.Mine(c.Context())
	if err != nil {
		return err
	}
	page := minePage{
		Page: web.Page{Title: c.L.T("auth.mine")}, Tabs: MineTabs(c, "/mina"), Name: c.Actor.Name, Roles: c.Viewer.Roles, How: c.Viewer.How,
		Withheld: c.Viewer.Withheld, Others: len(all) - 1,
	}
	for _, s := range all {
		page.Sessions = append(page.Sessions, mySession{
			ID: s.ID.String(), How: HowKey(s.Shown()), Browser: BrowserName(s.Browser), Address: s.Address, Here: s.ID == me.ID,
			Began: c.L.Moment(s.Created), Seen: c.L.Moment(s.Seen),
		})
	}
	return c.Render(templates, "mine.html", page)
}

// end ends sessions of the reader's own. Whoever can show again who they are must have done so lately; whoever cannot may still end a
// session that somebody has stolen.
func (p Pages) end(c *web.Context) error {
	if me, ok := Current(c.Context()); ok && !c.Actor.Fresh {
		if ways, err := p.waysAgain(c, me); err != nil || len(ways) > 0 {
			return errors.Join(err, access.ErrStepUp)
		}
	}
	var err error
	switch which := c.Form("vilka"); which {
	case "alla":
		if err := p.Sessions.EndAll(c.Context()); err != nil {
			return err
		}
		return c.Redirect(web.SignInPath, "auth.signed-out-everywhere")
	case "andra":
		err = p.Sessions.EndOthers(c.Context())
	default:
		var id ids.ID[Session]
		if id, err = ids.Parse[Session](which); err != nil {
			return &web.Error{Status: http.StatusBadRequest, Err: err}
		}
		if err = p.Sessions.End(c.Context(), id); errors.Is(err, db.ErrNotFound) {
			err = nil // it has ended already, which is what was asked for
		}
	}
	if err != nil {
		return err
	}
	return c.Redirect("/mina", "auth.ended")
}

// BrowserName tells a browser and its system in a few words, from what the browser calls itself. It is for people to recognise their
// own by, and for telling that a session has come to another kind of browser.
func BrowserName(agent string) string {
	pick := func(pairs ...string) string {
		for i := 0; i+1 < len(pairs); i += 2 {
			if strings.Contains(agent, pairs[i]) {
				return pairs[i+1]
			}
		}
		return ""
	}
	browser := pick("Edg/", "Edge", "OPR/", "Opera", "Firefox/", "Firefox", "Chrome/", "Chrome", "Version/", "Safari")
	system := pick("Windows", "Windows", "Android", "Android", "iPhone", "iPhone", "iPad", "iPad", "CrOS", "ChromeOS", "Mac OS X", "macOS", "Linux", "Linux")
	switch {
	case browser != "" && system != "":
		return browser + ", " + system
	case browser != "" || system != "":
		return browser + system
	}
	if r := []rune(agent); len(r) > 40 {
		return string(r[:40])
	}
	return agent
}

// Show draws a passkey's button on the sign-in page. i is its place among the ways in.
func (p signInPage) Show(m Method, i int) web.PasskeyForm {
	return passkeyForm(p.Page, m.passkey(p.To, "in"), i)
}

// Show draws a passkey's button on the page of the step-up. i is its place among the ways.
func (p againPage) Show(m Method, i int) web.PasskeyForm {
	f := m.passkey(p.To, "igen")
	f.Hidden = append(f.Hidden, web.Hidden{Name: "sand", Value: map[bool]string{true: "1"}[p.Resend]})
	return passkeyForm(p.Page, f, i)
}

func (m Method) passkey(to, what string) web.PasskeyForm {
	action, _, _ := strings.Cut(m.Href, "?")
	return web.PasskeyForm{
		Kind: "get", Options: action + "/borja", Action: action, Label: m.Key, Hidden: []web.Hidden{{Name: "till", Value: to}, {Name: "vad", Value: what}},
	}
}

func passkeyForm(p web.Page, f web.PasskeyForm, i int) web.PasskeyForm {
	f.Primary, f.Label = i == 0, p.T(f.Label)
	return f
}
