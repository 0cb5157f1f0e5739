// SPDX-License-Identifier: EUPL-1.2

package passkey

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"sync"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/auth"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/web"
)

func (p *Pages) mountMine(site *web.Site) {
	site.Handle("GET "+minePath, "", p.mine)
	site.Handle("POST "+minePath+"/namn", "", p.rename)
	site.Handle("POST "+minePath+"/ta-bort", "", p.remove)
	site.Handle("GET "+addPath, "", p.addForm)
	site.Handle("POST "+addPath+"/borja", "", p.askAdd)
	site.Handle("POST "+addPath, "", p.add)
	site.Handle("GET "+codesPath, "", p.codes)
	site.Handle("POST "+codesPath, "", p.renew)
	site.Handle("POST "+codesPath+"/fil", "", p.file)
	site.Handle("GET "+sealedPath, "passkey.Sealed", p.sealed)
	site.Handle("GET "+sealPath, "passkey.Seal", p.sealForm)
	site.Handle("POST "+sealPath+"/borja", "passkey.Seal", p.askSeal)
	site.Handle("POST "+sealPath, "passkey.Seal", p.seal)
	site.Handle("POST "+sealedPath+"/ta-bort", "passkey.Unseal", p.unseal)
}

// owner reads an account's person and passkeys, for the making of one more.
func (k *Keys) owner(ctx context.Context, org access.OrganisationID, account ids.ID[auth.Account]) (*owner, error) {
	o := &owner{org: org, account: account}
	err := k.db.Read(ctx, org, func(tx *db.Tx) (err error) {
		if o.name, err = living(ctx, tx, org, account); err != nil {
			return err
		}
		o.keys, err = keysOf(ctx, tx, org, account)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read whose passkey it is: %w", err)
	}
	return o, nil
}

// shownKey is a passkey as it is shown.
type shownKey struct {
	ID, Name, Made, Used string
	Synced, Here         bool
	Field                web.Field
}

func show(c *web.Context, k *Passkey, here string) shownKey {
	out := shownKey{
		ID: k.ID.String(), Name: k.Name, Made: c.L.Moment(db.FromMillis(k.Created)), Synced: k.Eligible, Here: k.ID.String() == here,
		Field: web.Field{Name: "namn-" + k.ID.String(), Label: c.L.T("passkey.new-name"), Value: k.Name, Autocomplete: "off"},
	}
	if k.Used != 0 {
		out.Used = c.L.Moment(db.FromMillis(k.Used))
	}
	return out
}

type minePage struct {
	web.Page
	Tabs   web.Tabs
	Keys   []shownKey
	Codes  int
	Events []event
	// Few is when a second passkey is suggested.
	Few bool
}

type event struct{ Text, At string }

func (p *Pages) mine(c *web.Context) error {
	keys, codes, err := p.Keys.list(c.Context())
	if err != nil {
		return err
	}
	me, _ := auth.Current(c.Context())
	page := minePage{
		Page: web.Page{Title: c.L.T("passkey.mine")}, Tabs: auth.MineTabs(c, minePath), Codes: codes, Few: len(keys) == 1,
	}
	for i := range keys {
		page.Keys = append(page.Keys, show(c, &keys[i], me.Passkey))
	}
	if page.Events, err = p.events(c, &me); err != nil {
		return err
	}
	return c.Render(templates, "mine.html", page)
}

// mostEvents is how many of the latest events are shown.
const mostEvents = 10

// events tells what has happened lately to how the reader signs in, so that they see what was not their own doing.
func (p *Pages) events(c *web.Context, me *auth.Session) ([]event, error) {
	var all []audit.Logged
	err := p.Keys.db.Read(c.Context(), me.Organisation, func(tx *db.Tx) (err error) {
		all, err = audit.History(c.Context(), tx, me.Organisation, "account", me.Account.String(), mostEvents)
		return err
	})
	var out []event
	for _, e := range all {
		if key := "passkey.event-" + e.Action; c.L.Has(key) {
			out = append(out, event{c.L.T(key), c.L.Moment(db.FromMillis(e.At))})
		}
	}
	return out, err
}

// own reads which of the reader's passkeys a form is about.
func own(c *web.Context) (*Passkey, error) {
	me, ok := auth.Current(c.Context())
	id, err := ids.Parse[Passkey](c.Form("id"))
	if err != nil || !ok {
		return nil, &web.Error{Status: http.StatusBadRequest, Err: err}
	}
	return &Passkey{ID: id, Account: me.Account, Purpose: Own}, nil
}

func (p *Pages) rename(c *web.Context) error {
	k, err := own(c)
	if err != nil {
		return err
	}
	k.Name = c.Form("namn-" + k.ID.String())
	if err := p.Keys.rename(c.Context(), c.Actor, k); errors.Is(err, ErrName) {
		return &web.Error{Status: http.StatusUnprocessableEntity, Key: "passkey.fault-name", Err: err}
	} else if err != nil {
		return err
	}
	return c.Redirect(minePath, "passkey.renamed")
}

func (p *Pages) remove(c *web.Context) error {
	k, err := own(c)
	if err != nil {
		return err
	}
	if err := p.Keys.remove(c.Context(), c.Actor, k); errors.Is(err, ErrLast) {
		return &web.Error{Status: http.StatusConflict, Key: "passkey.last", Err: err}
	} else if err != nil {
		return err
	}
	return c.Redirect(minePath, "passkey.removed", "Name", k.Name)
}

func (p *Pages) addForm(c *web.Context) error {
	if err := fresh(c); err != nil {
		return err
	}
	return p.addPage(c)
}

func (p *Pages) addPage(c *web.Context, faults ...web.FieldError) error {
	page := p.makePage(c, "egen", addPath, faults...)
	page.Layout, page.Back = web.App, minePath
	me, _ := auth.Current(c.Context())
	var err error
	if page.Bound, err = p.Keys.bound(c.Context(), me.Organisation, me.Account); err != nil {
		return err
	}
	return c.Render(templates, "make.html", page)
}

func (p *Pages) askAdd(c *web.Context) error {
	if err := fresh(c); err != nil {
		return err
	}
	me, _ := auth.Current(c.Context())
	o, err := p.Keys.owner(c.Context(), me.Organisation, me.Account)
	if err != nil {
		return err
	}
	v, err := p.Keys.create(c.Context(), p.Keys.browser(c), mine, o)
	return options(c, v, err)
}

func (p *Pages) add(c *web.Context) error {
	if err := fresh(c); err != nil {
		return err
	}
	me, _ := auth.Current(c.Context())
	made, _, err := p.Keys.made(c.Context(), p.Keys.browser(c), mine, c.Form("svar"))
	if err == nil && made.Account != me.Account {
		err = errMade
	}
	if fault, ok := makeFault(c, err); ok {
		return p.addPage(c, fault)
	}
	if err != nil {
		return err
	}
	made.Name = c.Form("namn")
	if checkName(made.Name) != nil {
		return p.addPage(c, web.FieldError{Field: "namn", Key: "passkey.fault-name"})
	}
	if err := p.Keys.add(c.Context(), c.Actor, made); err != nil {
		return err
	}
	return c.Redirect(minePath, "passkey.added", "Name", made.Name)
}

type codesPage struct {
	web.Page
	Left  int
	New   string
	Codes []string
	Text  string
}

func (p *Pages) codes(c *web.Context) error {
	_, left, err := p.Keys.list(c.Context())
	if err != nil {
		return err
	}
	page := codesPage{Page: web.Page{Title: c.L.T("passkey.codes")}, Left: left, New: c.Query("ny")}
	if page.New == "first" {
		page.Layout = web.Focus
		page.Leave = "/"
	}
	return c.Render(templates, "codes.html", page)
}

// renew makes new codes and shows them in the answer itself: they are nowhere afterwards.
func (p *Pages) renew(c *web.Context) error {
	me, ok := auth.Current(c.Context())
	if !ok || me.Method == auth.MethodBreakGlass {
		return access.ErrDenied
	}
	codes, err := p.Keys.renew(c.Context(), c.Actor, me.Account)
	if err != nil {
		return err
	}
	return c.Render(templates, "codes.html", codesPage{
		Page: web.Page{Title: c.L.T("passkey.codes"), Layout: web.Focus}, Left: len(codes), Codes: codes, Text: strings.Join(codes, "\n"),
	})
}

var onlyCodes = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(([0-9A-Z]{4}-){6}[0-9A-Z]{2}\n?){1,8}$`) })

// file gives back the codes that the page has just shown, as a file. It keeps nothing and gives nothing but codes.
func (p *Pages) file(c *web.Context) error {
	text := c.Form("koder")
	if !onlyCodes().MatchString(text) {
		return &web.Error{Status: http.StatusBadRequest}
	}
	body := c.L.T("passkey.file", "Address", p.Keys.o.Origin.Host) + "\r\n\r\n" + strings.ReplaceAll(text, "\n", "\r\n") + "\r\n"
	return c.Attachment("insegel-koder.txt", "text/plain; charset=utf-8", []byte(body))
}

type sealedPage struct {
	web.Page
	Keys []shownKey
}

func (p *Pages) sealed(c *web.Context) error {
	keys, err := p.Keys.Sealed(c.Context(), c.Actor)
	if err != nil {
		return err
	}
	page := sealedPage{Page: web.Page{Title: c.L.T("passkey.sealed"), Active: "sealed"}}
	for i := range keys {
		page.Keys = append(page.Keys, show(c, &keys[i], ""))
	}
	return c.Render(templates, "sealed.html", page)
}

func (p *Pages) sealForm(c *web.Context) error { return p.sealPage(c) }

func (p *Pages) sealPage(c *web.Context, faults ...web.FieldError) error {
	page := p.makePage(c, "nod", sealPath, faults...)
	page.Layout, page.Back, page.Active = web.App, sealedPath, "sealed"
	return c.Render(templates, "make.html", page)
}

func (p *Pages) askSeal(c *web.Context) error {
	o := &owner{org: c.Actor.Organisation, account: ids.New[auth.Account](), name: c.L.T("passkey.sealed-name")}
	v, err := p.Keys.create(c.Context(), p.Keys.browser(c), seal, o)
	return options(c, v, err)
}

func (p *Pages) seal(c *web.Context) error {
	made, org, err := p.Keys.made(c.Context(), p.Keys.browser(c), seal, c.Form("svar"))
	if err == nil && org != c.Actor.Organisation {
		err = errMade
	}
	if fault, ok := makeFault(c, err); ok {
		return p.sealPage(c, fault)
	}
	if err != nil {
		return err
	}
	made.Name = c.Form("namn")
	if checkName(made.Name) != nil {
		return p.sealPage(c, web.FieldError{Field: "namn", Key: "passkey.fault-name"})
	}
	if err := p.Keys.Seal(c.Context(), c.Actor, made); err != nil {
		return err
	}
	return c.Redirect(sealedPath, "passkey.sealed-done")
}

func (p *Pages) unseal(c *web.Context) error {
	id, err := ids.Parse[Passkey](c.Form("id"))
	if err != nil {
		return &web.Error{Status: http.StatusBadRequest, Err: err}
	}
	if err := p.Keys.Unseal(c.Context(), c.Actor, id); err != nil {
		return err
	}
	return c.Redirect(sealedPath, "passkey.unsealed")
}
