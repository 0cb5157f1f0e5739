// SPDX-License-Identifier: EUPL-1.2

package link

import (
	"cmp"
	"embed"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/insegel/insegel/internal/mail"
	"github.com/insegel/insegel/internal/web"
)

//go:embed *.html
var pageFiles embed.FS

var pages = web.Parse(pageFiles)

// Path is where links lead, with the secret after it, and where what they lead to is shown without.
const Path = "/lank"

// Task is what a kind of link lets somebody do.
type Task struct {
	// Show draws the page of the task.
	Show func(c *web.Context, l *Link) error
	// Save takes what was answered, and calls Links.Finish in the same transaction. It draws the page again when something is wrong with
	// what was written, and then returns false.
	Save func(c *web.Context, l *Link) (done bool, err error)
	// Thanks is the message that heads the page when the task is done, and ThanksText what stands there; empty are those for an answer.
	Thanks, ThanksText string
}

// Pages are the pages of links.
type Pages struct {
	Links *Links
	// TLS is true when readers reach the site over HTTPS.
	TLS bool

	tasks map[string]Task
}

// Add says what the links of a task lead to. Call it before Routes.
func (p *Pages) Add(name string, t Task) {
	if p.tasks == nil {
		p.tasks = map[string]Task{}
	}
	p.tasks[name] = t
}

// Routes registers the pages. They are public: the cookie of the link is what lets in, and only to its task.
func (p *Pages) Routes(s *web.Site) {
	s.Public("GET "+Path+"/{token}", p.arrive)
	s.Public("GET "+Path, p.show)
	s.Public("POST "+Path+"/kod", p.sendCode)
	s.Public("POST "+Path+"/bekrafta", p.confirm)
	s.Guest("POST "+Path+"/svar", p.confirmed, p.save)
	s.Public("GET "+Path+"/tack", p.thanks)
}

func (p *Pages) cookieName() string {
	if p.TLS {
		return "__Host-insegel-link"
	}
	return "insegel-link"
}

// setCookie keeps the secret of the browser until it is closed. Lax, because a reader comes from a mail program.
func (p *Pages) setCookie(c *web.Context, value string, age int) {
	http.SetCookie(c.Writer, &http.Cookie{
		Name: p.cookieName(), Value: value, Path: "/", MaxAge: age, Secure: p.TLS, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

func (p *Pages) cookie(c *web.Context) string {
	k, err := c.Request.Cookie(p.cookieName())
	if err != nil {
		return ""
	}
	return k.Value
}

// arrive exchanges the secret in the address for a cookie, and leads at once to an address without it. What only looks ahead gets
// nothing.
func (p *Pages) arrive(c *web.Context) error {
	c.Writer.Header().Set("Referrer-Policy", "no-referrer")
	purpose := c.Request.Header.Get("Sec-Purpose") + c.Request.Header.Get("Purpose") + c.Request.Header.Get("X-Moz")
	if c.Request.Method != http.MethodGet || strings.Contains(purpose, "prefetch") || strings.Contains(purpose, "preview") {
		c.Writer.WriteHeader(http.StatusNoContent)
		return nil
	}
	cookie, err := p.Links.Arrive(c.Context(), c.Path("token"), web.ClientAddress(c.Request))
	if err != nil {
		return p.refuse(err)
	}
	p.setCookie(c, cookie, 0)
	return c.Redirect(Path)
}

// refuse turns the errors of a link into pages. That it cannot be used is all that is told.
func (p *Pages) refuse(err error) error {
	switch {
	case errors.Is(err, ErrGone):
		return &web.Error{Status: http.StatusGone, Key: "link.gone", Err: err}
	case errors.Is(err, ErrCodes), errors.Is(err, mail.ErrTooMany):
		return &web.Error{Status: http.StatusTooManyRequests, Key: "link.no-more-codes", Err: err}
	case errors.Is(err, mail.ErrNotSet):
		return &web.Error{Status: http.StatusServiceUnavailable, Key: "link.no-mail", Err: err}
	}
	return err
}

type codePage struct {
	web.Page
	Waiting bool
	Code    web.Field
}

func (p *Pages) show(c *web.Context) error {
	v, err := p.Links.Look(c.Context(), p.cookie(c))
	if err != nil {
		return p.refuse(err)
	}
	if !v.Confirmed {
		return p.showCode(c, v, nil)
	}
	t, ok := p.tasks[v.Link.Task]
	if !ok {
		return p.refuse(ErrGone)
	}
	return p.refuse(t.Show(c, &v.Link))
}

func (p *Pages) showCode(c *web.Context, v Visit, faults []web.FieldError) error {
	return c.Render(pages, "code.html", codePage{
		Page: web.Page{Title: c.L.T("link.title"), Layout: web.Plain, Errors: faults}, Waiting: v.Waiting,
		Code: web.Field{Name: "kod", Label: c.L.T("link.code"), Hint: c.L.T("link.code-hint"), Autocomplete: "one-time-code"},
	})
}

func (p *Pages) sendCode(c *web.Context) error {
	if err := p.Links.SendCode(c.Context(), p.cookie(c), web.ClientAddress(c.Request)); err != nil {
		return p.refuse(err)
	}
	return c.Redirect(Path, "link.code-sent")
}

func (p *Pages) confirm(c *web.Context) error {
	digits := strings.Join(strings.Fields(c.Form("kod")), "")
	cookie, err := p.Links.Confirm(c.Context(), p.cookie(c), digits, web.ClientAddress(c.Request))
	key := ""
	switch {
	case errors.Is(err, ErrCode):
		key = "link.code-wrong"
	case errors.Is(err, ErrNoCode):
		key = "link.code-none"
	}
	if key != "" {
		v, err := p.Links.Look(c.Context(), p.cookie(c))
		if err != nil {
			return p.refuse(err)
		}
		return p.showCode(c, v, []web.FieldError{{Field: "kod", Key: key}})
	}
	if err != nil {
		return p.refuse(err)
	}
	p.setCookie(c, cookie, 0)
	return c.Redirect(Path)
}

// confirmed lets only a browser that has given the code send anything: answers may come with documents.
func (p *Pages) confirmed(c *web.Context) error {
	v, err := p.Links.Look(c.Context(), p.cookie(c))
	if err == nil && !v.Confirmed {
		err = ErrGone
	}
	return p.refuse(err)
}

func (p *Pages) save(c *web.Context) error {
	v, err := p.Links.Look(c.Context(), p.cookie(c))
	if err == nil && !v.Confirmed {
		err = ErrGone
	}
	if err != nil {
		return p.refuse(err)
	}
	t, ok := p.tasks[v.Link.Task]
	if !ok {
		return p.refuse(ErrGone)
	}
	done, err := t.Save(c, &v.Link)
	if err != nil || !done {
		return p.refuse(err)
	}
	p.setCookie(c, doneCookie+v.Link.Task, int(thanksLife/time.Second))
	return c.Redirect(Path + "/tack")
}

// doneCookie and the task stand in the cookie of a browser whose task has just been done, for thanksLife: nobody else is thanked.
const (
	doneCookie = "done."
	thanksLife = 10 * time.Minute
)

type thanksPage struct {
	web.Page
	Text string
}

func (p *Pages) thanks(c *web.Context) error {
	task, done := strings.CutPrefix(p.cookie(c), doneCookie)
	t, known := p.tasks[task]
	if !done || !known {
		return p.refuse(ErrGone)
	}
	title, text := c.L.T(cmp.Or(t.Thanks, "link.thanks")), c.L.T(cmp.Or(t.ThanksText, "link.thanks-text"))
	return c.Render(pages, "thanks.html", thanksPage{web.Page{Title: title, Layout: web.Plain}, text})
}
