// SPDX-License-Identifier: EUPL-1.2

package passkey

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/auth"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/web"
)

//go:embed *.html
var pages embed.FS

var templates = web.Parse(pages)

// The addresses of the pages.
const (
	signInPath = "/logga-in/passkey"
	newPath    = "/ny-passkey"
	minePath   = "/mina/passkeys"
	addPath    = "/mina/passkeys/ny"
	codesPath  = "/mina/koder"
	sealedPath = "/nodnycklar"
	sealPath   = "/nodnycklar/ny"
)

// SealedPath is where administrators keep the sealed passkeys.
const SealedPath = sealedPath

// Method is signing in with a passkey, for the sign-in page.
func Method() auth.Method {
	return auth.Method{
		Kind: auth.MethodPasskey, Key: "passkey.sign-in", Hint: "passkey.sign-in-hint", Href: signInPath, Again: signInPath, Icon: "key",
	}
}

// Pages are the pages of passkeys.
type Pages struct {
	Keys *Keys
	// SignIn is the sign-in page, to which refusals come back.
	SignIn auth.Pages
}

// Mount registers the pages on a site.
func (p *Pages) Mount(site *web.Site) {
	site.Public("POST "+signInPath+"/borja", p.ask)
	site.Public("POST "+signInPath, p.enter)
	site.Public("GET "+auth.RecoverPath, p.recoverForm)
	site.Public("POST "+auth.RecoverPath, p.useCode)
	site.Public("GET "+auth.WelcomePath, p.welcome)
	site.Public("POST "+auth.WelcomePath, p.begin)
	site.Public("GET "+auth.WelcomePath+"/kommun", p.place)
	site.Public("POST "+auth.WelcomePath+"/kommun", p.savePlace)
	site.Public("GET "+InvitationPath, p.invitation)
	site.Public("POST "+InvitationPath, p.accept)
	site.Public("GET "+newPath, p.newForm)
	site.Public("POST "+newPath+"/borja", p.askNew)
	site.Public("POST "+newPath, p.finishNew)
	p.mountMine(site)
}

// options answers the page's script with what to ask the browser's passkeys.
func options(c *web.Context, v any, err error) error {
	if err != nil {
		return err
	}
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("write passkey options: %w", err)
	}
	c.Writer.Header().Set("Content-Type", "application/json")
	_, _ = c.Writer.Write(b) // the reader may have left
	return nil
}

// wait slows down whoever tries too often.
func (p *Pages) wait(c *web.Context, kind auth.Kind) error {
	left, err := p.Keys.o.Limits.Wait(c.Context(), auth.Attempt{Kind: kind, From: auth.FromOf(c.Context())})
	if errors.Is(err, auth.ErrWait) {
		return auth.TooMany(c, left)
	}
	return err
}

// elsewhere sends a reader who came by this machine's number to its name: browsers bind passkeys to names only.
func (p *Pages) elsewhere(c *web.Context) bool {
	origin := p.Keys.o.Origin
	host, _, err := net.SplitHostPort(c.Request.Host)
	if err != nil || origin.Hostname() != "localhost" || net.ParseIP(host) == nil || !net.ParseIP(host).IsLoopback() {
		return false
	}
	http.Redirect(c.Writer, c.Request, origin.Scheme+"://"+origin.Host+web.Local(c.Request.URL.RequestURI()), http.StatusSeeOther)
	return true
}

func (p *Pages) ask(c *web.Context) error {
	if err := p.wait(c, auth.SigningIn); err != nil {
		return err
	}
	what := signIn
	if c.Form("vad") == stepUp {
		what = stepUp
	}
	v, err := p.Keys.ask(c.Context(), p.Keys.browser(c), what)
	return options(c, v, err)
}

// enter lets in whoever has shown a passkey. Whatever is wrong, the answer is the same.
func (p *Pages) enter(c *web.Context) error {
	if err := p.wait(c, auth.SigningIn); err != nil {
		return err
	}
	to := web.Local(c.Form("till"))
	answer := c.Form("svar")
	if answer == "" {
		return p.refused(c, to, "passkey.no-script")
	}
	what, err := p.Keys.enter(c.Context(), p.Keys.browser(c), answer)
	var no *refused
	switch {
	case errors.As(err, &no):
		return p.refused(c, to, "passkey.refused")
	case err != nil:
		return err
	case what == stepUp && c.Form("sand") == "1":
		return c.Redirect(to, "passkey.stepped-up-send")
	}
	return c.Redirect(to)
}

func (p *Pages) refused(c *web.Context, to, key string) error {
	fault := web.FieldError{Key: key}
	if c.Form("vad") == stepUp && c.Actor.ID != "" {
		return p.SignIn.AgainPage(c, to, c.Form("sand") == "1", fault)
	}
	return p.SignIn.SignInPage(c, to, fault)
}

// codePage is a page where a code is typed.
type codePage struct {
	web.Page
	Field web.Field
	// Waiting is for the first page: whether nobody has an account yet.
	Waiting bool
}

func (p *Pages) codePage(c *web.Context, title string, faults ...web.FieldError) codePage {
	page := codePage{Page: web.Page{Title: c.L.T(title), Layout: web.Plain, Errors: faults}}
	if len(faults) > 0 {
		page.Status = http.StatusForbidden
	}
	page.Field = web.Field{Name: "kod", Label: c.L.T("passkey.code"), Hint: c.L.T("passkey.code-hint"), Autocomplete: "off"}
	return page
}

func (p *Pages) recoverForm(c *web.Context) error {
	return c.Render(templates, "recover.html", p.codePage(c, "passkey.recover"))
}

func (p *Pages) useCode(c *web.Context) error {
	if err := p.wait(c, auth.Recovering); err != nil {
		return err
	}
	err := p.Keys.useCode(c.Context(), p.Keys.browser(c), c.Form("kod"))
	if errors.Is(err, errCode) {
		return c.Render(templates, "recover.html", p.codePage(c, "passkey.recover", web.FieldError{Field: "kod", Key: "passkey.recover-wrong"}))
	}
	if err != nil {
		return err
	}
	return c.Redirect(newPath)
}

func (p *Pages) welcome(c *web.Context) error {
	if p.elsewhere(c) {
		return nil
	}
	return p.welcomePage(c)
}

func (p *Pages) welcomePage(c *web.Context, faults ...web.FieldError) error {
	page := p.codePage(c, "passkey.welcome", faults...)
	var err error
	if page.Waiting, err = p.Keys.Waiting(c.Context()); err != nil {
		return err
	}
	return c.Render(templates, "welcome.html", page)
}

func (p *Pages) begin(c *web.Context) error {
	if err := p.wait(c, auth.Coding); err != nil {
		return err
	}
	err := p.Keys.begin(c.Context(), p.Keys.browser(c), c.Form("kod"))
	if errors.Is(err, errCode) {
		return p.welcomePage(c, web.FieldError{Field: "kod", Key: "passkey.console-wrong"})
	}
	if err != nil {
		return err
	}
	return c.Redirect(auth.WelcomePath + "/kommun")
}

// granted gives what this browser may make a passkey for. A browser that may nothing is told so.
func (p *Pages) granted(c *web.Context) (*grant, error) {
	var g grant
	err := p.Keys.peek(c.Context(), p.Keys.browser(c), granted, &g)
	if errors.Is(err, errExpired) {
		return nil, &web.Error{Status: http.StatusGone, Key: "passkey.expired", Err: err}
	}
	return &g, err
}

type placePage struct {
	web.Page
	Place, Name web.Field
	Places      []string
}

func (p *Pages) place(c *web.Context) error {
	g, err := p.granted(c)
	if err != nil {
		return err
	}
	return p.placePage(c, g)
}

func (p *Pages) placePage(c *web.Context, g *grant, faults ...web.FieldError) error {
	page := placePage{
		Page:  web.Page{Title: c.L.T("passkey.who"), Layout: web.Plain, Errors: faults},
		Place: web.Field{Name: "kommun", Label: c.L.T("passkey.place"), Hint: c.L.T("passkey.place-hint"), Value: g.Place, Autocomplete: "organization"},
		Name:  web.Field{Name: "namn", Label: c.L.T("passkey.your-name"), Hint: c.L.T("passkey.your-name-hint"), Value: g.Name, Autocomplete: "name"},
	}
	page.Places = p.Keys.o.Places
	return c.Render(templates, "place.html", page)
}

// maxText is how long the names may be that the first person writes.
const maxText = 100

func (p *Pages) savePlace(c *web.Context) error {
	g, err := p.granted(c)
	if err != nil {
		return err
	}
	g.Place, g.Name = c.Form("kommun"), c.Form("namn")
	var faults []web.FieldError
	for _, f := range []struct{ field, text string }{{"kommun", g.Place}, {"namn", g.Name}} {
		if f.text == "" || len([]rune(f.text)) > maxText {
			faults = append(faults, web.FieldError{Field: f.field, Key: "passkey.fault-" + f.field})
		}
	}
	if len(faults) > 0 {
		return p.placePage(c, g, faults...)
	}
	if err := p.Keys.keep(c.Context(), p.Keys.browser(c), granted, *g); err != nil {
		return err
	}
	return c.Redirect(newPath)
}

func (p *Pages) invitation(c *web.Context) error {
	if p.elsewhere(c) {
		return nil
	}
	return c.Render(templates, "invitation.html", p.codePage(c, "passkey.invited"))
}

func (p *Pages) accept(c *web.Context) error {
	if err := p.wait(c, auth.Coding); err != nil {
		return err
	}
	err := p.Keys.accept(c.Context(), p.Keys.browser(c), c.Form("kod"))
	if errors.Is(err, errCode) {
		return c.Render(templates, "invitation.html", p.codePage(c, "passkey.invited", web.FieldError{Field: "kod", Key: "passkey.invited-wrong"}))
	}
	if err != nil {
		return err
	}
	return c.Redirect(newPath)
}

// makePage is a page where a passkey is made.
type makePage struct {
	web.Page
	Form web.PasskeyForm
	// Why is what the passkey is for: "first", "invited", "recovered", "egen" or "nod". Back leads away.
	Why, Back string
	// Bound says that the reader has a role that asks for a passkey which cannot be copied.
	Bound bool
	// Roles says that the reader is told which roles the first person gets.
	Roles bool
}

func (p *Pages) makePage(c *web.Context, why, action string, faults ...web.FieldError) makePage {
	name := web.Field{
		Name: "namn", Label: c.L.T("passkey.name"), Hint: c.L.T("passkey.name-hint"), Value: cutName(auth.BrowserName(c.Request.UserAgent())), Autocomplete: "off",
	}
	if v := c.Form("namn"); v != "" {
		name.Value = v
	}
	for _, f := range faults {
		if f.Field == name.Name {
			name.Error = c.L.T(f.Key, f.Args...)
		}
	}
	page := makePage{Page: web.Page{Title: c.L.T("passkey.make-" + why), Layout: web.Plain, Errors: faults}, Why: why, Roles: why == "first"}
	page.Form = web.PasskeyForm{Kind: "create", Options: action + "/borja", Action: action, Label: c.L.T("passkey.make"), Primary: true, Fields: []web.Field{name}}
	return page
}

func (p *Pages) newForm(c *web.Context) error {
	g, err := p.granted(c)
	if err != nil {
		return err
	}
	return p.renderNew(c, g)
}

// renderNew shows where a passkey is made, and says beforehand when one that a telephone copies would be refused. The first person has no
// account yet, and may have any.
func (p *Pages) renderNew(c *web.Context, g *grant, faults ...web.FieldError) (err error) {
	page := p.makePage(c, g.Why, newPath, faults...)
	if g.Why != "first" {
		if page.Bound, err = p.Keys.bound(c.Context(), g.Organisation, g.Account); err != nil {
			return err
		}
	}
	return c.Render(templates, "make.html", page)
}

func (p *Pages) askNew(c *web.Context) error {
	g, err := p.granted(c)
	if err != nil {
		return err
	}
	o := &owner{org: g.Organisation, account: g.Account, name: g.Name}
	if g.Why != "first" {
		if o, err = p.Keys.owner(c.Context(), g.Organisation, g.Account); err != nil {
			return err
		}
	}
	v, err := p.Keys.create(c.Context(), p.Keys.browser(c), begun, o)
	return options(c, v, err)
}

func (p *Pages) finishNew(c *web.Context) error {
	g, err := p.granted(c)
	if err != nil {
		return err
	}
	made, _, err := p.Keys.made(c.Context(), p.Keys.browser(c), begun, c.Form("svar"))
	if err == nil && made.Account != g.Account {
		err = errMade
	}
	if fault, ok := makeFault(c, err); ok {
		return p.renderNew(c, g, fault)
	}
	if err != nil {
		return err
	}
	made.Name = c.Form("namn")
	if err := checkName(made.Name); err != nil {
		return p.renderNew(c, g, web.FieldError{Field: "namn", Key: "passkey.fault-name"})
	}
	// The grant is used up first: of two answers that come at once, one makes a person.
	if err := p.Keys.take(c.Context(), p.Keys.browser(c), granted, g); err != nil {
		return &web.Error{Status: http.StatusGone, Key: "passkey.expired", Err: err}
	}
	finish := p.Keys.join
	if g.Why == "first" {
		finish = p.Keys.first
	}
	admission, err := finish(c.Context(), g, made)
	switch {
	case errors.Is(err, ErrBegun):
		return &web.Error{Status: http.StatusConflict, Key: "passkey.begun", Err: err}
	case errors.Is(err, db.ErrNotFound), errors.Is(err, auth.ErrUnknownPerson):
		return &web.Error{Status: http.StatusGone, Key: "passkey.expired", Err: err}
	case err != nil:
		return err
	}
	p.Keys.o.Sessions.Hand(c.Context(), admission)
	return c.Redirect(codesPath+"?ny="+g.Why, "passkey.made")
}

// makeFault says what is wrong with the answer of a browser that should have made a passkey, if it is that.
func makeFault(c *web.Context, err error) (web.FieldError, bool) {
	switch {
	case err == nil:
		return web.FieldError{}, false
	case c.Form("svar") == "":
		return web.FieldError{Key: "passkey.no-script"}, true
	case errors.Is(err, errCopied):
		return web.FieldError{Key: "passkey.copied"}, true
	case errors.Is(err, errExpired), errors.Is(err, errMade):
		return web.FieldError{Key: "passkey.not-made"}, true
	}
	return web.FieldError{}, false
}

// fresh asks the reader to show again who they are before what changes how they sign in.
func fresh(c *web.Context) error {
	if !c.Actor.Fresh {
		return access.ErrStepUp
	}
	return nil
}
