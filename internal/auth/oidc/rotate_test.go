// SPDX-License-Identifier: EUPL-1.2

package oidc_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/approval"
	"github.com/insegel/insegel/internal/auth/oidc"
	"github.com/insegel/insegel/internal/auth/provider"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/key"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/outbound"
	"github.com/insegel/insegel/internal/web"
	"github.com/insegel/insegel/internal/webtest"
)

// New keys are asked for on a page, and made when somebody else has approved them.
func TestKeysPageTakesTwoPeople(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		root, err := key.Create(t.TempDir() + "/root.key")
		must(t, err)
		org := dbtest.Organisation(t, d, "norrsjo").Organisation
		approvals := &approval.Service{DB: d, Log: slog.New(slog.DiscardHandler), Administrators: func(context.Context, *db.Tx, access.OrganisationID) ([]string, error) {
			return []string{"anna", "bo"}, nil
		}}
		service := oidc.NewService(d, &provider.Service{DB: d, Vault: provider.Vault{Root: root}, Two: approval.SignIn{Service: approvals}}, outbound.Policy{})
		approvals.HandleSignIn(service.Decisions())
		bundle, err := locale.NewBundle(map[string]string{"web": web.Messages, "oidc": oidc.Messages, "provider": provider.Messages})
		must(t, err)
		who := func(id string) access.Actor {
			return access.Actor{ID: id, Organisation: org, Roles: []access.Role{access.Administrator}, Fresh: true}
		}
		site := web.NewSite(bundle, slog.New(slog.DiscardHandler), web.Options{ActorFunc: func(*http.Request) (access.Actor, web.Viewer, bool) {
			return who("anna"), web.Viewer{}, true
		}})
		(&oidc.Pages{Service: service}).Mount(site)
		c := webtest.Start(t, site)
		if p := c.Get(oidc.KeysPath); p.Has("main form") {
			t.Error("there is something to change before there are keys")
		}
		_, err = service.RotateKeys(t.Context(), access.LocalAdministrator(org), "") // the console's first ones
		must(t, err)
		p := c.Get(oidc.KeysPath)
		webtest.CheckDOM(t, p.Doc)
		if p = c.Submit(p, "main form", nil); p.Status != http.StatusUnprocessableEntity {
			t.Errorf("without a reason: %d", p.Status)
		}
		p = c.Submit(c.Get(oidc.KeysPath), "main form", url.Values{"skal": {"Ett år sedan sist."}})
		webtest.CheckDOM(t, p.Doc)
		if len(p.All("tbody th")) != 2 || !p.Has("section.amb") || p.Has("main form") {
			t.Errorf("it does not wait: %s", p.Text("main"))
		}
		if _, err := service.RotateKeys(t.Context(), who("anna"), "Igen."); !errors.Is(err, provider.ErrAsked) {
			t.Errorf("asked for twice: %v", err)
		}
		l, err := approvals.List(t.Context(), who("bo"), bundle.In("sv"))
		if err != nil || len(l.Waiting) != 1 || !strings.Contains(l.Waiting[0].To, "Nya nycklar publiceras") {
			t.Fatalf("%+v %v", l.Waiting, err)
		}
		must(t, approvals.Approve(t.Context(), who("bo"), l.Waiting[0].ID, ""))
		if p = c.Get(oidc.KeysPath); len(p.All("tbody th")) != 4 {
			t.Errorf("%d keys after it was approved, want the old and the new", len(p.All("tbody th")))
		}
		// What was asked for before other keys were made is not made.
		_, err = service.RotateKeys(t.Context(), who("anna"), "En gång till.")
		must(t, err)
		_, err = service.RotateKeys(t.Context(), access.LocalAdministrator(org), "")
		must(t, err)
		l, err = approvals.List(t.Context(), who("bo"), bundle.In("sv"))
		must(t, err)
		if err := approvals.Approve(t.Context(), who("bo"), l.Waiting[0].ID, ""); !errors.Is(err, approval.ErrChanged) {
			t.Errorf("approved what was asked for before other keys were made: %v", err)
		}
	})
}
