// SPDX-License-Identifier: EUPL-1.2

package app_test

import (
	"net/http"
	"net/url"
	"slices"
	"sync"
	"testing"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/app"
	"github.com/insegel/insegel/internal/approval"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/organisation"
	"github.com/insegel/insegel/internal/webtest"
)

// One person never makes a change that takes two, however many browsers they have, and a change is made once however many times it is
// approved at once. Each try is told of in the log.
func TestAttackApprovals(t *testing.T) {
	f := besieged(t, sqliteFile(t), app.ServerOptions{})
	anna, bo := f.person(f.org, "Anna Administratör", access.Administrator), f.person(f.org, "Bo Beslutare", access.Administrator)
	ok(t, f.a.AskKeyChange(t.Context(), anna, app.KeyRotate, "Nyckeln kan ha kommit ut."))
	list := must(f.a.Approvals.List(t.Context(), bo, f.a.Texts.In(locale.Negotiate("sv", ""))))(t)
	if len(list.Waiting) != 1 {
		t.Fatalf("%d changes wait", len(list.Waiting))
	}
	path := approval.Path + "/" + list.Waiting[0].ID.String()
	yes := url.Values{"decision": {"approve"}}
	other := ids.New[access.Tenant]()
	ok(t, organisation.Create(t.Context(), f.a.DB, organisation.Organisation{ID: other, Code: "annan", Name: "Annan kommun"}))
	for name, tc := range map[string]struct {
		who  access.Actor
		want int
	}{
		"whoever asked, in another browser":     {anna, http.StatusForbidden},
		"a coordinator":                         {f.person(f.org, "Karin Samordnare", access.Coordinator), http.StatusForbidden},
		"an administrator of somebody else's":   {f.person(other, "Hugo Hög", access.Roles()...), http.StatusNotFound},
		"whoever asked, in yet another browser": {anna, http.StatusForbidden},
	} {
		if p := f.enter(tc.who).Post(path, yes); p.Status != tc.want {
			t.Errorf("%s: %d, want %d", name, p.Status, tc.want)
		}
	}
	if n := f.logged(f.org, "app.RotateKey", ""); n != 0 {
		t.Fatalf("the change was made %d times before the second person", n)
	}
	var browsers []*webtest.Client
	for range 4 {
		browsers = append(browsers, f.enter(bo))
	}
	got := make([]int, len(browsers))
	var each sync.WaitGroup
	for i, c := range browsers {
		each.Go(func() { got[i] = c.Post(path, yes).Status })
	}
	each.Wait()
	slices.Sort(got)
	if !slices.Equal(got, []int{http.StatusSeeOther, http.StatusConflict, http.StatusConflict, http.StatusConflict}) {
		t.Errorf("four approvals at once are answered %v", got)
	}
	if n := f.logged(f.org, "app.RotateKey", ""); n != 1 {
		t.Errorf("the change was made %d times, want once", n)
	}
	f.a.Watch.Close(t.Context())
	for _, reason := range []string{"approval.why-own", "denied"} {
		if f.logged(f.org, audit.ActionRefused, reason) == 0 {
			t.Errorf("the log says nothing of %q", reason)
		}
	}
	if f.logged(other, audit.ActionRefused, "web.not-found") == 0 {
		t.Error("the other organisation's log says nothing")
	}
}
