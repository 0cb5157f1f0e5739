// SPDX-License-Identifier: EUPL-1.2

package app_test

import (
	"log/slog"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/app"
	"github.com/insegel/insegel/internal/auth/provider"
	"github.com/insegel/insegel/internal/auth/rotation"
	"github.com/insegel/insegel/internal/auth/token"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/key"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/mail"
	"github.com/insegel/insegel/internal/overview"
	"github.com/insegel/insegel/internal/web"
	"github.com/insegel/insegel/internal/webhook"
	"github.com/insegel/insegel/internal/webtest"
)

// aSecretOfEach sets up mail, a receiver of events and a program, each with a secret of its own.
func aSecretOfEach(t *testing.T, a *app.App, actor access.Actor) (mail.Settings, webhook.Target) {
	t.Helper()
	server := mail.Settings{Host: "127.0.0.1", Port: 25, Security: mail.StartTLS, Account: "insegel", Password: canary, Sender: "insegel@norrsjo.example"}
	if err := a.Mail.Set(t.Context(), actor, server); err != nil {
		t.Fatal(err)
	}
	hook, _, err := a.Webhooks.Add(t.Context(), actor, webhook.Target{Name: "Diariet", Address: "https://diarium.example/", Events: []string{webhook.SystemChanged}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.Tokens.Create(t.Context(), actor, token.Key{Name: "Katalogen", Scope: token.SCIM}, 365*24*time.Hour); err != nil {
		t.Fatal(err)
	}
	return server, hook
}

// TestOldSecretsAreToBeChanged ages the keys and secrets of an organisation and looks at what an administrator, who sees nothing else, has
// to do. What is changed goes from the list, and comes back when it has become old.
func TestOldSecretsAreToBeChanged(t *testing.T) {
	a := open(t, "sqlite:"+filepath.Join(t.TempDir(), "a.db"))
	now := time.Now().AddDate(0, 0, -340) // so that the pages are opened today
	a.DB.Now = func() time.Time { return now }
	actor := fillWithCanary(t, a) // the first text makes the organisation's key
	ctx := t.Context()
	server, hook := aSecretOfEach(t, a, actor)
	only := (&fort{t: t, a: a}).person(actor.Organisation, "Kim", access.Administrator)
	views := overview.New(a.DB, a.Requirements)
	views.Rotation = app.Rotations(a)
	look := func(want ...string) {
		t.Helper()
		var got []string
		for _, x := range must(views.Chores(ctx, only, overview.TodoMine))(t).Tasks {
			if x.Change == nil {
				continue
			}
			got = append(got, string(x.Change.Kind)+" "+x.Change.Name)
		}
		if !slices.Equal(got, want) {
			t.Errorf("on %s there is to do %q, want %q", now.Format(time.DateOnly), got, want)
		}
	}
	look()
	now = now.AddDate(0, 0, 340)
	look("organisation ", "mail 127.0.0.1", "webhook Diariet", "token Katalogen")

	// One that is saved without a new password is as old as before; a new one is new.
	server.Version, server.Sender, server.Password = 1, "annan@norrsjo.example", ""
	if err := a.Mail.Set(ctx, actor, server); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Webhooks.Rotate(ctx, actor, hook.ID); err != nil {
		t.Fatal(err)
	}
	if err := a.RotateKey(ctx, actor); err != nil {
		t.Fatal(err)
	}
	if err := a.Tokens.Revoke(ctx, actor, must(a.Tokens.List(ctx, actor))(t)[0].ID); err != nil {
		t.Fatal(err)
	}
	look("mail 127.0.0.1")
	server.Version, server.Password = 2, "ett annat lösenord"
	if err := a.Mail.Set(ctx, actor, server); err != nil {
		t.Fatal(err)
	}
	look()

	// The organisation's own limit, on the page where all stand, and what is then to be done.
	address, link := demoSite(t, a, only, web.Viewer{Organisation: "Norrsjö kommun", Roles: []string{string(access.Administrator)}})
	c := webtest.Open(t, address)
	c.Get(strings.TrimPrefix(link, address))
	p := c.Get(rotation.Path)
	if p := c.Submit(p, "form.sheet", url.Values{"days-mail": {"6"}}); !strings.Contains(p.Text("main"), "7 till 1825") {
		t.Errorf("six days: %s", p.Text("main"))
	}
	c.Submit(p, "form.sheet", url.Values{"days-mail": {"30"}})
	look("mail 127.0.0.1")
	for _, path := range []string{overview.TodoPath, rotation.Path} {
		p := c.Get(path)
		for _, fault := range webtest.Faults(p.Doc) {
			t.Errorf("%s: %s", path, fault)
		}
		if p.Status != http.StatusOK || strings.Contains(p.Body, "Lex") || strings.Contains(p.Body, canary) || !strings.Contains(p.Text("main"), "Lösenordet till e-postservern") {
			t.Errorf("%s: %d %s", path, p.Status, p.Text("main"))
		}
	}
	// Whoever works with the content and runs nothing is not reminded.
	other := access.Actor{ID: "b", Organisation: actor.Organisation, Roles: []access.Role{access.Coordinator}}
	list := must(views.Todo(ctx, other, overview.TodoMine))(t)
	if slices.ContainsFunc(list.Tasks, func(x overview.Task) bool { return x.Kind == overview.TaskKey }) {
		t.Error("a coordinator is to change keys")
	}
}

// A change of the organisation's key is asked for on its page with a reason, waits for somebody else, and cannot be asked for twice.
func TestKeyChangeIsAskedForOnItsPage(t *testing.T) {
	a := open(t, "sqlite:"+filepath.Join(t.TempDir(), "a.db"))
	actor := fillWithCanary(t, a)
	only := (&fort{t: t, a: a}).person(actor.Organisation, "Kim", access.Administrator)
	address, link := demoSite(t, a, only, web.Viewer{Organisation: "Norrsjö kommun", Roles: []string{string(access.Administrator)}})
	c := webtest.Open(t, address)
	c.Get(strings.TrimPrefix(link, address))
	list := c.Get(rotation.Path)
	var path string
	for _, link := range list.All("main table a") {
		if href := webtest.Attr(link, "href"); strings.HasPrefix(href, rotation.Path+"/") {
			path = href
		}
	}
	if path == "" {
		t.Fatalf("no link to the organisation's key: %s", list.Text("main"))
	}
	auditor := (&fort{t: t, a: a}).person(actor.Organisation, "Åsa", access.Auditor)
	elsewhere, way := demoSite(t, a, auditor, web.Viewer{Organisation: "Norrsjö kommun", Roles: []string{string(access.Auditor)}})
	looker := webtest.Open(t, elsewhere)
	looker.Get(strings.TrimPrefix(way, elsewhere))
	if p := looker.Get(rotation.Path); p.Status != http.StatusOK || len(p.All("main table tr")) < 2 || len(p.All("main table a")) > 0 {
		t.Errorf("an auditor meets %d links, where each is refused: %d %s", len(p.All("main table a")), p.Status, p.Text("main"))
	}
	p := c.Get(path)
	for _, fault := range webtest.Faults(p.Doc) {
		t.Error(fault)
	}
	form := "form[action=" + path + "/byt]"
	if p := c.Submit(p, form, url.Values{"rotate-reason": {""}}); !strings.Contains(p.Text("main"), "Skriv varför") {
		t.Errorf("asked for without a reason: %s", p.Text("main"))
	}
	before := must(a.KeyState(t.Context(), only))(t)
	reason := url.Values{"rotate-reason": {"Nyckeln kan ha kommit ut."}}
	if p := c.Submit(p, form, reason); p.Status != http.StatusOK || !strings.Contains(p.Body, "Beslut av två") {
		t.Errorf("asked for: %d %s", p.Status, p.Text("main"))
	}
	if p := c.Submit(p, form, reason); p.Status != http.StatusConflict {
		t.Errorf("asked for twice: %d %s", p.Status, p.Text("main"))
	}
	if now := must(a.KeyState(t.Context(), only))(t); now.Primary != before.Primary {
		t.Error("the key was changed by one person")
	}
	if l := must(a.Approvals.List(t.Context(), only, a.Texts.In(locale.Negotiate("sv", ""))))(t); len(l.Waiting) != 1 {
		t.Errorf("%d changes wait, want 1", len(l.Waiting))
	}
}

// An organisation that accepts passkeys that can be copied is reminded of it until it does not.
func TestGuardIsAskedFor(t *testing.T) {
	a := open(t, "sqlite:"+filepath.Join(t.TempDir(), "a.db"))
	actor := fillWithCanary(t, a)
	views := overview.New(a.DB, a.Requirements)
	views.Rotation = app.Rotations(a)
	asked := func() bool {
		list := must(views.Chores(t.Context(), actor, overview.TodoMine))(t)
		return slices.ContainsFunc(list.Tasks, func(x overview.Task) bool { return x.Kind == overview.TaskGuard })
	}
	if !asked() {
		t.Error("nobody is told that passkeys that can be copied are accepted")
	}
	if _, err := a.Providers.SetGuard(t.Context(), actor, provider.Guard{Bound: provider.Administrators}, ""); err != nil {
		t.Fatal(err)
	}
	if asked() {
		t.Error("what has been switched on is asked for")
	}
}

// The database's password is as old as since it was last another one, also when the root key is changed.
func TestDatabasePasswordHasAnAge(t *testing.T) {
	check := func(dsn string) string { return app.DatabaseCheck(dsn, must(key.Load(makeKey(t)))(t)) }
	one, other := check("postgres://insegel:ett@127.0.0.1/x"), check("postgres://insegel:ett@127.0.0.1/x")
	if one == "" || one == other || strings.Contains(one, "ett") {
		t.Errorf("the check is %q, and %q with another key", one, other)
	}
	if got := check("postgres://insegel@127.0.0.1/x"); got != "" {
		t.Errorf("no password has the check %q", got)
	}
	a := open(t, "sqlite:"+filepath.Join(t.TempDir(), "a.db"))
	first := time.Now().Truncate(24 * time.Hour)
	day := 0
	a.DB.Now = func() time.Time { return first.AddDate(0, 0, day) }
	actor := fillWithCanary(t, a)
	since := func() time.Time {
		t.Helper()
		for _, c := range must(app.Rotations(a).List(t.Context(), actor))(t).Changes {
			if c.Kind == rotation.Database {
				return c.Since
			}
		}
		return time.Time{}
	}
	for _, step := range []struct {
		check string
		want  int // the day since when; 0 is no password
	}{{"", 0}, {"a", 2}, {"a", 2}, {"b", 4}, {"b", 4}, {"root", 4}, {"b by the new key", 4}, {"c", 8}, {"", 0}} {
		day++
		if step.check == "root" {
			if _, err := a.RotateRoot(t.Context(), access.LocalAdministrator(db.Installation), ""); err != nil {
				t.Fatal(err)
			}
		} else if err := app.NoteDatabase(t.Context(), a.DB, step.check); err != nil {
			t.Fatal(err)
		}
		got, want := since(), first.AddDate(0, 0, step.want)
		if step.want == 0 && !got.IsZero() || step.want > 0 && !got.Equal(want) {
			t.Errorf("day %d, %q: since %v, want day %d", day, step.check, got, step.want)
		}
	}
}

// A new installation logs every reading, unless it is told not to; one from before goes on as it was.
func TestNewInstallationsLogReadings(t *testing.T) {
	database := "sqlite:" + filepath.Join(t.TempDir(), "a.db")
	reads := func(o app.LogOptions) bool {
		t.Helper()
		a, err := app.Open(t.Context(), app.Options{Database: database, Log: slog.New(slog.DiscardHandler), Checkpoints: o})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { ok(t, a.Close()) }()
		return app.LogsReadings(a)
	}
	for _, start := range []string{"first", "second"} {
		if !reads(app.LogOptions{AsBegun: true}) {
			t.Errorf("a new installation does not log every reading at its %s start", start)
		}
	}
	if reads(app.LogOptions{}) || !reads(app.LogOptions{Readings: true}) {
		t.Error("what was said at the start does not count")
	}
	a := open(t, database)
	ok(t, a.DB.Write(t.Context(), db.Installation, func(tx *db.Tx) error {
		_, err := tx.Exec(t.Context(), `UPDATE instance SET log_readings = 0`) // as the migration leaves it
		return err
	}))
	if reads(app.LogOptions{AsBegun: true}) {
		t.Error("an installation from before logs more than it did")
	}
}
