// SPDX-License-Identifier: EUPL-1.2

package alarm_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/alarm"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/web"
	"github.com/insegel/insegel/internal/webtest"
)

var errOnPurpose = errors.New("on purpose")

func raise(t *testing.T, d *db.DB, a alarm.Alarm) {
	t.Helper()
	if err := d.Write(t.Context(), a.Organisation, func(tx *db.Tx) error { return alarm.Raise(t.Context(), tx, a) }); err != nil {
		t.Fatal(err)
	}
}

func list(t *testing.T, s *alarm.Service, actor access.Actor) []alarm.Raised {
	t.Helper()
	out, err := s.List(t.Context(), actor)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// entries counts what the log says about alarms of a kind.
func entries(t *testing.T, d *db.DB, org access.OrganisationID, kind alarm.Kind) int {
	t.Helper()
	n := 0
	err := d.Read(t.Context(), org, func(tx *db.Tx) error {
		l, err := audit.History(t.Context(), tx, org, "alarm", string(kind), 100)
		n = len(l)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestRaise(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		now := time.Date(2026, 11, 28, 8, 0, 0, 0, time.UTC)
		d.Now = func() time.Time { return now }
		actor, other := dbtest.Organisation(t, d, "norrsjo"), dbtest.Organisation(t, d, "soderby")
		s := &alarm.Service{DB: d}
		a := alarm.Alarm{Organisation: actor.Organisation, Kind: alarm.CloneWarning, ObjectKind: "passkey", ObjectID: "p1", Data: map[string]string{"person": "Kim"}}
		raise(t, d, a)
		now = now.Add(time.Hour)
		raise(t, d, a)
		a.ObjectID = "p2"
		raise(t, d, a)
		got := list(t, s, actor)
		if len(got) != 2 || got[1].Times != 2 || got[1].ObjectID != "p1" || !got[1].Last.Equal(now) || got[1].First.Equal(now) || got[1].Data["person"] != "Kim" {
			t.Fatalf("got %+v, want p2, and p1 twice", got)
		}
		if n := entries(t, d, actor.Organisation, alarm.CloneWarning); n != 2 {
			t.Errorf("the log has %d entries, want one for each alarm", n)
		}
		if theirs := list(t, s, other); len(theirs) != 0 {
			t.Errorf("another organisation sees %+v", theirs)
		}
		if err := s.Acknowledge(t.Context(), other, got[0].ID, ""); !errors.Is(err, db.ErrNotFound) {
			t.Errorf("another organisation acknowledged it: %v", err)
		}
		if err := s.Acknowledge(t.Context(), actor, got[0].ID, strings.Repeat("å", 501)); !errors.Is(err, alarm.ErrNote) {
			t.Errorf("got %v, want ErrNote", err)
		}
		if err := s.Acknowledge(t.Context(), actor, got[0].ID, "Fel kort."); err != nil {
			t.Fatal(err)
		}
		if err := s.Acknowledge(t.Context(), actor, got[0].ID, "Igen."); !errors.Is(err, db.ErrNotFound) {
			t.Errorf("it was acknowledged twice: %v", err)
		}
		raise(t, d, a) // the same thing again, after it was taken care of, is a new alarm
		got = list(t, s, actor)
		if len(got) != 3 || !got[0].Open() || got[2].Open() || got[2].By != "local" || got[2].Note != "Fel kort." {
			t.Errorf("got %+v, want two that stand and one that is acknowledged last", got)
		}
		if n, err := s.Count(t.Context(), actor); err != nil || n != 2 {
			t.Errorf("%d stand (%v), want 2", n, err)
		}
	})
}

func TestRaiseIsAPartOfItsCause(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		actor := dbtest.Organisation(t, d, "norrsjo")
		err := d.Write(t.Context(), actor.Organisation, func(tx *db.Tx) error {
			return errors.Join(alarm.Raise(t.Context(), tx, alarm.Alarm{Organisation: actor.Organisation, Kind: alarm.KeyChanged}), errOnPurpose)
		})
		if !errors.Is(err, errOnPurpose) || errors.Is(err, db.ErrNotFound) {
			t.Fatal(err)
		}
		if got := list(t, &alarm.Service{DB: d}, actor); len(got) != 0 || entries(t, d, actor.Organisation, alarm.KeyChanged) != 0 {
			t.Errorf("an alarm was kept of what did not happen: %+v", got)
		}
	})
}

// Whoever can cause alarms can neither fill the table nor lose a count.
func TestAlarmsAreBounded(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		actor := dbtest.Organisation(t, d, "norrsjo")
		const many = 120
		failed := make([]error, 4)
		var wg sync.WaitGroup
		for w := range failed {
			wg.Go(func() {
				for i := range many / len(failed) {
					a := alarm.Alarm{Organisation: actor.Organisation, Kind: alarm.LoginLockout, ObjectID: fmt.Sprint(w, "-", i/2), Data: map[string]string{"from": strings.Repeat("9", 9000)}}
					err := d.Write(t.Context(), a.Organisation, func(tx *db.Tx) error { return alarm.Raise(t.Context(), tx, a) })
					failed[w] = errors.Join(failed[w], err)
				}
			})
		}
		wg.Wait()
		if err := errors.Join(failed...); err != nil {
			t.Fatal(err)
		}
		raise(t, d, alarm.Alarm{Organisation: actor.Organisation, Kind: alarm.BreakGlassUsed})
		got := list(t, &alarm.Service{DB: d}, actor)
		times, seen := 0, false
		for _, r := range got {
			if r.Kind == alarm.LoginLockout {
				times += r.Times
			}
			seen = seen || r.Kind == alarm.BreakGlassUsed
			if len(r.Data["from"]) > 200 {
				t.Errorf("%d characters of a value are kept", len(r.Data["from"]))
			}
		}
		if len(got) > 60 || times != many || !seen {
			t.Errorf("%d alarms that happened %d times (another kind seen: %v), want at most 60, %d times, and true", len(got), times, seen, many)
		}
	})
}

func TestTellOnce(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		actor := dbtest.Organisation(t, d, "norrsjo")
		s := &alarm.Service{DB: d}
		raise(t, d, alarm.Alarm{Organisation: actor.Organisation, Kind: alarm.BackupOld})
		var got []alarm.Kind
		tell := func(fail error) error {
			return s.Tell(t.Context(), access.SystemActor(actor.Organisation), func(_ context.Context, _ *db.Tx, r alarm.Raised) error {
				if fail == nil {
					got = append(got, r.Kind)
				}
				return fail
			})
		}
		if err := tell(errOnPurpose); !errors.Is(err, errOnPurpose) {
			t.Fatal(err)
		}
		if err := errors.Join(tell(nil), tell(nil)); err != nil {
			t.Fatal(err)
		}
		if len(got) != 1 {
			t.Errorf("told of %v, want it once, also after a try that failed", got)
		}
		if err := s.Tell(t.Context(), actor, nil); !errors.Is(err, access.ErrDenied) {
			t.Errorf("a person had alarms sent: %v", err)
		}
	})
}

func TestLower(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		actor := dbtest.Organisation(t, d, "norrsjo")
		a := alarm.Alarm{Organisation: actor.Organisation, Kind: alarm.MetadataExpired, ObjectKind: "provider", ObjectID: "x"}
		raise(t, d, a)
		for range 2 {
			if err := d.Write(t.Context(), a.Organisation, func(tx *db.Tx) error { return alarm.Lower(t.Context(), tx, a) }); err != nil {
				t.Fatal(err)
			}
		}
		got := list(t, &alarm.Service{DB: d}, actor)
		if len(got) != 1 || got[0].Open() || got[0].By != "system" || entries(t, d, a.Organisation, a.Kind) != 2 {
			t.Errorf("got %+v and %d entries", got, entries(t, d, a.Organisation, a.Kind))
		}
	})
}

func TestPage(t *testing.T) {
	d := dbtest.SQLite(t)
	actor := dbtest.Organisation(t, d, "norrsjo")
	bundle, err := locale.NewBundle(map[string]string{"web": web.Messages, "alarm": alarm.Messages})
	if err != nil {
		t.Fatal(err)
	}
	pages := &alarm.Pages{Service: &alarm.Service{DB: d}}
	site := web.NewSite(bundle, slog.New(slog.DiscardHandler), web.Options{
		ActorFunc: func(*http.Request) (access.Actor, web.Viewer, bool) { return actor, web.Viewer{Name: "Kim"}, true }, Alarms: pages.Notice,
	})
	pages.Routes(site)
	c := webtest.Start(t, site)
	for _, lang := range []string{"sv", "en"} {
		c.Lang = lang
		p := c.Get(alarm.Path)
		webtest.CheckDOM(t, p.Doc)
		if p.Has(".alarms") || p.Has(".note") {
			t.Error("there is a notice of no alarms")
		}
	}
	for _, k := range append(alarm.Kinds(), "something-new") {
		raise(t, d, alarm.Alarm{Organisation: actor.Organisation, Kind: k, Data: map[string]string{"from": "192.0.2.1", "odd": "<b>x</b>", "backup": "2026-11-20", "drill": "never", "person": "never"}})
	}
	for _, lang := range []string{"sv", "en"} {
		c.Lang = lang
		p := c.Get(alarm.Path)
		webtest.CheckDOM(t, p.Doc)
		if n := len(p.All(".note")); n != len(alarm.Kinds())+1 || !p.Has(".alarms") {
			t.Errorf("%d alarms are shown", n)
		}
		if !strings.Contains(p.Text("main"), "something-new") || p.Has("dd b") {
			t.Error("a kind without texts is not named, or data is taken for markup")
		}
	}
	c.Lang = "sv"
	p := c.Get(alarm.Path)
	for _, want := range []string{"20\u00a0november\u00a02026", "aldrig", "Övning", "Person never"} {
		if text := strings.Join(strings.FieldsFunc(p.Text(".note"), func(r rune) bool { return r == ' ' || r == '\n' }), " "); !strings.Contains(text, want) {
			t.Errorf("an alarm does not say %q: %s", want, text)
		}
	}
	form := "form[action='" + webtest.Attr(p.All("form.acts")[0], "action") + "']"
	id := strings.TrimPrefix(webtest.Attr(p.All("form.acts")[0], "action"), alarm.Path+"/")
	long := c.Submit(p, form, url.Values{"note-" + id: {strings.Repeat("x", 501)}})
	webtest.CheckDOM(t, long.Doc)
	if long.Status != 422 || !strings.Contains(long.Text(".err"), "500") {
		t.Errorf("a long note gave %d: %s", long.Status, long.Text(".err"))
	}
	p = c.Submit(p, form, url.Values{"note-" + id: {"Klart."}})
	webtest.CheckDOM(t, p.Doc)
	if p.Text(".flash") != "Larmet är kvitterat." || !strings.Contains(p.Text("main"), "Klart.") {
		t.Errorf("%s: %s", p.URL, p.Text(".flash"))
	}
	if p := c.Post(alarm.Path+"/x", nil); p.Status != 404 {
		t.Errorf("an alarm that is none gave %d", p.Status)
	}
	actor.Roles = []access.Role{access.Procurer}
	if p := c.Get(alarm.Path); p.Status != 403 || p.Has(".alarms") {
		t.Errorf("a procurer got %d, or the notice", p.Status)
	}
}
