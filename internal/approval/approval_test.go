// SPDX-License-Identifier: EUPL-1.2

package approval_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/alarm"
	"github.com/insegel/insegel/internal/approval"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/web"
	"github.com/insegel/insegel/internal/webtest"
)

var errOnPurpose = errors.New("on purpose")

// house is an organisation with administrators, and a kind of change that counts how often it is made.
type house struct {
	*approval.Service
	org access.OrganisationID
	// administrators are those who are so now.
	administrators []string
	now            time.Time
	made           int
	fail           error
	mu             sync.Mutex
}

func newHouse(t testing.TB, d *db.DB, administrators ...string) *house {
	t.Helper()
	h := &house{org: dbtest.Organisation(t, d, "norrsjo").Organisation, administrators: administrators, now: time.Date(2026, 11, 28, 8, 0, 0, 0, time.UTC)}
	d.Now = func() time.Time { return h.now }
	h.Service = &approval.Service{DB: d, Log: slog.New(slog.DiscardHandler), Administrators: func(context.Context, *db.Tx, access.OrganisationID) ([]string, error) {
		return h.administrators, nil
	}}
	h.Handle("role", approval.Handler{
		Label: "approval.title",
		Apply: func(ctx context.Context, tx *db.Tx, actor access.Actor, payload json.RawMessage) error {
			h.mu.Lock()
			defer h.mu.Unlock()
			if h.fail != nil {
				return h.fail
			}
			h.made++
			return audit.Append(ctx, tx, actor, audit.Entry{Action: "test.Made", ObjectKind: "test", ObjectID: string(payload)})
		},
		Describe: func(_ context.Context, _ *db.Tx, _ *locale.Localizer, payload json.RawMessage) (approval.Description, error) {
			return approval.Description{What: "Kim " + string(payload), From: "ingen roll", To: "systemägare", Href: "/x"}, nil
		},
	})
	return h
}

func (h *house) actor(id string) access.Actor {
	return access.Actor{ID: id, Name: id, Organisation: h.org, Roles: []access.Role{access.Administrator}, Fresh: true}
}

// ask asks for a change in the name of somebody and gives its id.
func (h *house) ask(t testing.TB, by string, concerns ...string) ids.ID[approval.Request] {
	t.Helper()
	id, err := h.tryAsk(t.Context(), by, approval.Request{Kind: "role", Payload: json.RawMessage(`"` + ids.New[int]().String() + `"`), Reason: "Ny på jobbet.", Concerns: concerns})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func (h *house) tryAsk(ctx context.Context, by string, r approval.Request) (ids.ID[approval.Request], error) {
	err := h.DB.Write(ctx, h.org, func(tx *db.Tx) (err error) {
		r, err = h.Ask(ctx, tx, h.actor(by), r)
		return err
	})
	return r.ID, err
}

// status is what has become of a request.
func (h *house) status(t testing.TB, id ids.ID[approval.Request]) approval.Status {
	t.Helper()
	bundle, err := locale.NewBundle(nil)
	if err != nil {
		t.Fatal(err)
	}
	l, err := h.List(t.Context(), h.actor("anna"), bundle.In("sv"))
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range append(l.Waiting, l.Decided...) {
		if r.ID == id {
			return r.Status
		}
	}
	return "gone"
}

// pass lets time pass as it does: the clock is looked at every minute.
func (h *house) pass(t testing.TB, d time.Duration) {
	t.Helper()
	const step = 5 * time.Minute // coarser than the program, finer than what one look may add
	for ; d > 0; d -= step {
		h.now = h.now.Add(min(step, d))
		h.tick(t)
	}
}

func (h *house) tick(t testing.TB) {
	t.Helper()
	if err := h.Tick(t.Context(), access.SystemActor(h.org)); err != nil {
		t.Fatal(err)
	}
}

func (h *house) alarms(t testing.TB) int {
	t.Helper()
	n, err := (&alarm.Service{DB: h.DB}).Count(t.Context(), h.actor("anna"))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestTwoPeople(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d, "anna", "bo", "cilla")
		id := h.ask(t, "anna", "cilla")
		if h.alarms(t) != 0 {
			t.Error("an alarm was raised although somebody else can approve")
		}
		for _, tc := range []struct {
			actor access.Actor
			want  error
		}{
			{h.actor("anna"), approval.ErrOwn},        // also through a second session: it is the same person
			{h.actor("cilla"), approval.ErrConcerned}, // whose role it is
			{h.actor("dan"), approval.ErrNotAdministrator},
			{access.Actor{ID: "bo", Organisation: h.org, Roles: []access.Role{access.Administrator}}, access.ErrStepUp},
			{access.Actor{ID: "bo", Organisation: h.org, Roles: []access.Role{access.Coordinator}, Fresh: true}, access.ErrDenied},
			{access.SystemActor(h.org), access.ErrDenied},
			{access.Actor{Organisation: h.org, Roles: []access.Role{access.Administrator}, Fresh: true}, approval.ErrOwn},
		} {
			if err := h.Approve(t.Context(), tc.actor, id, ""); !errors.Is(err, tc.want) {
				t.Errorf("%s: got %v, want %v", tc.actor.ID, err, tc.want)
			}
		}
		if h.made != 0 || h.status(t, id) != approval.Waiting {
			t.Fatal("the change was made without a second person")
		}
		if err := h.Approve(t.Context(), h.actor("bo"), id, "Stämmer."); err != nil {
			t.Fatal(err)
		}
		if h.made != 1 || h.status(t, id) != approval.Applied {
			t.Errorf("made %d times, %s", h.made, h.status(t, id))
		}
		if err := h.Approve(t.Context(), h.actor("cilla"), h.ask(t, "anna"), ""); err != nil {
			t.Error(err)
		}
		if err := h.Approve(t.Context(), h.actor("bo"), id, ""); !errors.Is(err, approval.ErrDecided) {
			t.Errorf("approving again: %v", err)
		}
		other := dbtest.Organisation(t, d, "soderby")
		if err := h.Approve(t.Context(), other, h.ask(t, "anna"), ""); !errors.Is(err, db.ErrNotFound) {
			t.Errorf("another organisation found it: %v", err)
		}
	})
}

func TestTwoApproveAtOnce(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d, "anna", "bo", "cilla", "dan")
		id := h.ask(t, "anna")
		failed := make([]error, 3)
		var wg sync.WaitGroup
		for i, who := range []string{"bo", "cilla", "dan"} {
			wg.Go(func() { failed[i] = h.Approve(t.Context(), h.actor(who), id, "") })
		}
		wg.Wait()
		done := 0
		for _, err := range failed {
			if err == nil {
				done++
			} else if !errors.Is(err, approval.ErrDecided) {
				t.Errorf("got %v", err)
			}
		}
		if done != 1 || h.made != 1 {
			t.Errorf("%d approved and it was made %d times, want once", done, h.made)
		}
	})
}

func TestAFailedChangeIsNotApproved(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d, "anna", "bo")
		id := h.ask(t, "anna")
		h.fail = errOnPurpose
		if err := h.Approve(t.Context(), h.actor("bo"), id, ""); !errors.Is(err, errOnPurpose) {
			t.Fatal(err)
		}
		if h.status(t, id) != approval.Waiting {
			t.Errorf("it is %s, want that it still waits", h.status(t, id))
		}
		h.administrators = []string{"anna"}
		alone := h.ask(t, "anna")
		h.pass(t, 25*time.Hour)
		if h.status(t, alone) != approval.Failed || h.alarms(t) != 0 {
			t.Errorf("after the wait it is %s with %d alarms, want failed and none", h.status(t, alone), h.alarms(t))
		}
	})
}

func TestRefuse(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d, "anna", "bo")
		refused, withdrawn := h.ask(t, "anna"), h.ask(t, "anna")
		if err := h.Refuse(t.Context(), h.actor("bo"), refused, " "); !errors.Is(err, approval.ErrReason) {
			t.Errorf("refused without a reason: %v", err)
		}
		if err := errors.Join(h.Refuse(t.Context(), h.actor("bo"), refused, "Fel person."), h.Refuse(t.Context(), h.actor("anna"), withdrawn, "Ångrat.")); err != nil {
			t.Fatal(err)
		}
		if h.status(t, refused) != approval.Refused || h.status(t, withdrawn) != approval.Withdrawn {
			t.Errorf("%s and %s", h.status(t, refused), h.status(t, withdrawn))
		}
		if err := h.Approve(t.Context(), h.actor("bo"), withdrawn, ""); !errors.Is(err, approval.ErrDecided) || h.made != 0 {
			t.Errorf("approved after it was withdrawn: %v", err)
		}
	})
}

func TestAloneWaitsADay(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d, "anna")
		id := h.ask(t, "anna")
		stopped := h.ask(t, "anna")
		if h.alarms(t) != 2 {
			t.Errorf("%d alarms, want one for each change", h.alarms(t))
		}
		if err := h.Approve(t.Context(), h.actor("anna"), id, ""); !errors.Is(err, approval.ErrOwn) {
			t.Errorf("approved by the one who asked: %v", err)
		}
		h.pass(t, 23*time.Hour)
		if h.made != 0 {
			t.Fatal("made before the day was over")
		}
		if err := h.Refuse(t.Context(), h.actor("anna"), stopped, "Fel."); err != nil {
			t.Fatal(err)
		}
		h.pass(t, time.Hour+5*time.Minute)
		if h.made != 1 || h.status(t, id) != approval.Applied || h.status(t, stopped) != approval.Withdrawn || h.alarms(t) != 0 {
			t.Errorf("made %d times, %s and %s, %d alarms", h.made, h.status(t, id), h.status(t, stopped), h.alarms(t))
		}
		h.pass(t, 25*time.Hour)
		if h.made != 1 {
			t.Errorf("made %d times", h.made)
		}
	})
}

// The one whom a change is about is no second person: with nobody else, the change waits.
func TestConcernedIsNoSecondPerson(t *testing.T) {
	h := newHouse(t, dbtest.SQLite(t), "anna", "bo")
	id := h.ask(t, "anna", "bo")
	h.pass(t, 23*time.Hour)
	if err := h.Approve(t.Context(), h.actor("bo"), id, ""); !errors.Is(err, approval.ErrConcerned) || h.made != 0 {
		t.Errorf("got %v", err)
	}
	if err := h.Refuse(t.Context(), h.actor("bo"), id, "Nej."); err != nil {
		t.Errorf("whom it is about could not stop it: %v", err)
	}
}

// Whoever holds a sealed passkey may be one of the administrators, and must not be both of the two.
func TestEmergencyIsNoSecondPerson(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d, "anna", "bo")
		sealed := access.Actor{ID: "kuvertet", Organisation: h.org, Roles: []access.Role{access.Administrator}, Fresh: true, Emergency: true}
		var r approval.Request
		err := d.Write(t.Context(), h.org, func(tx *db.Tx) (err error) {
			r, err = h.Ask(t.Context(), tx, sealed, approval.Request{Kind: "role", Payload: []byte(`"x"`), Reason: "Leverantören är nere."})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, who := range []access.Actor{h.actor("anna"), h.actor("bo"), sealed} {
			if err := h.Approve(t.Context(), who, r.ID, ""); err == nil || h.made != 0 {
				t.Fatalf("%s approved it (%v)", who.ID, err)
			}
		}
		if h.alarms(t) != 1 {
			t.Error("no alarm")
		}
		h.pass(t, 25*time.Hour)
		if h.made != 1 {
			t.Errorf("made %d times after a day", h.made)
		}
		if err := h.Approve(t.Context(), sealed, h.ask(t, "anna"), ""); !errors.Is(err, approval.ErrNotAdministrator) {
			t.Errorf("the sealed passkey approves: %v", err)
		}
	})
}

func TestClocksHastenNothing(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d, "anna")
		h.ask(t, "anna")
		h.now = h.now.Add(365 * 24 * time.Hour) // a clock a year ahead at one look
		h.tick(t)
		h.tick(t)
		h.now = h.now.Add(-366 * 24 * time.Hour) // and put back
		h.tick(t)
		h.tick(t)
		if h.made != 0 {
			t.Fatal("a clock that jumped made the change")
		}
		h.pass(t, 23*time.Hour)
		if h.made != 0 {
			t.Error("made before a day had passed")
		}
		h.pass(t, time.Hour)
		if h.made != 1 {
			t.Errorf("made %d times after a day", h.made)
		}
	})
}

// However the clock is turned, a change is not made before the program has seen a day pass.
func TestWaitIsNeverShort(t *testing.T) {
	d := dbtest.SQLite(t)
	h := newHouse(t, d, "anna")
	outer := t
	rapid.Check(t, func(t *rapid.T) {
		h.made = 0
		id := h.ask(outer, "anna")
		var seen time.Duration
		for range 12 {
			step := time.Duration(rapid.Int64Range(-int64(48*time.Hour), int64(48*time.Hour)).Draw(t, "step")).Truncate(time.Millisecond)
			h.now = h.now.Add(step)
			seen += min(max(0, step), 10*time.Minute)
			h.tick(outer)
			if h.made > 0 && seen < approval.Alone {
				t.Fatalf("made after %v", seen)
			}
		}
		if err := h.Refuse(context.Background(), h.actor("anna"), id, "Klart."); err != nil && h.made == 0 {
			t.Fatal(err)
		}
	})
}

func TestSecondAdministratorTakesOver(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d, "anna")
		id := h.ask(t, "anna")
		h.pass(t, 23*time.Hour)
		h.administrators = []string{"anna", "bo"}
		h.pass(t, 48*time.Hour)
		if h.made != 0 || h.alarms(t) != 0 {
			t.Fatalf("made %d times with %d alarms although somebody else can approve it", h.made, h.alarms(t))
		}
		if err := h.Approve(t.Context(), h.actor("bo"), id, ""); err != nil || h.made != 1 {
			t.Errorf("%v, made %d times", err, h.made)
		}
	})
}

func TestExpires(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d, "anna", "bo")
		id := h.ask(t, "anna")
		h.now = h.now.Add(7 * 24 * time.Hour)
		if err := h.Approve(t.Context(), h.actor("bo"), id, ""); !errors.Is(err, approval.ErrDecided) {
			t.Errorf("approved too late: %v", err)
		}
		h.tick(t)
		if h.status(t, id) != approval.Expired {
			t.Errorf("it is %s", h.status(t, id))
		}
	})
}

func TestAskRefuses(t *testing.T) {
	h := newHouse(t, dbtest.SQLite(t), "anna", "bo")
	for name, tc := range map[string]struct {
		r    approval.Request
		want error
	}{
		"no reason":     {approval.Request{Kind: "role", Payload: json.RawMessage(`1`), Reason: "\n "}, approval.ErrReason},
		"a long reason": {approval.Request{Kind: "role", Payload: json.RawMessage(`1`), Reason: strings.Repeat("x", 1001)}, approval.ErrReason},
		"an odd kind":   {approval.Request{Kind: "war", Payload: json.RawMessage(`1`), Reason: "x"}, approval.ErrUnknownKind},
	} {
		if _, err := h.tryAsk(t.Context(), "anna", tc.r); !errors.Is(err, tc.want) {
			t.Errorf("%s: got %v, want %v", name, err, tc.want)
		}
	}
	same := approval.Request{Kind: "role", Payload: json.RawMessage(`1`), Reason: "x"}
	for i, want := range []error{nil, approval.ErrSame} {
		if _, err := h.tryAsk(t.Context(), "anna", same); !errors.Is(err, want) {
			t.Errorf("time %d: got %v, want %v", i, err, want)
		}
	}
}

func TestPage(t *testing.T) {
	d := dbtest.SQLite(t)
	h := newHouse(t, d, "anna", "bo")
	bundle, err := locale.NewBundle(map[string]string{"web": web.Messages, "approval": approval.Messages})
	if err != nil {
		t.Fatal(err)
	}
	reader := h.actor("bo")
	site := web.NewSite(bundle, slog.New(slog.DiscardHandler), web.Options{
		ActorFunc: func(*http.Request) (access.Actor, web.Viewer, bool) { return reader, web.Viewer{Name: "Bo"}, true },
	})
	(&approval.Pages{
		Service: h.Service,
		Names: func(context.Context, access.Actor) (map[string]string, error) {
			return map[string]string{"anna": "Anna A"}, nil
		},
		Exceptions: func(context.Context, access.Actor, *locale.Localizer) ([]approval.Exception, error) {
			return []approval.Exception{{Person: "Anna A", What: "administratör", When: "2026-11-01"}}, nil
		},
	}).Routes(site)
	c := webtest.Start(t, site)
	open := func(want ...string) *webtest.Page {
		t.Helper()
		for _, lang := range []string{"en", "sv"} {
			c.Lang = lang
			webtest.CheckDOM(t, c.Get(approval.Path).Doc)
		}
		p := c.Get(approval.Path)
		for _, w := range want {
			if !strings.Contains(p.Text("main"), w) {
				t.Errorf("the page lacks %q: %s", w, p.Text("main"))
			}
		}
		return p
	}
	open("Inga ändringar väntar", "Anna A: administratör, 2026-11-01")
	first, second := h.ask(t, "anna"), h.ask(t, "anna", "bo")
	p := open("systemägare", "Anna A", "Ny på jobbet.", "Ingen annan kan godkänna", "Genomförs om ungefär 24 timmar")
	form := "form[action='" + approval.Path + "/" + first.String() + "']"
	p = c.Submit(p, form, url.Values{"decision": {"refuse"}})
	webtest.CheckDOM(t, p.Doc)
	if p.Status != 422 || !strings.Contains(p.Text(".err"), "Skriv varför") {
		t.Errorf("refusing without a reason gave %d", p.Status)
	}
	if p = c.Submit(p, form, url.Values{"decision": {"approve"}}); p.Text(".flash") != "Ändringen är godkänd och genomförd." || h.made != 1 {
		t.Errorf("%d %s", p.Status, p.Text("main"))
	}
	for decision, want := range map[string]int{"approve": 409, "refuse": 409, "x": 400} {
		got := c.Post(approval.Path+"/"+first.String(), url.Values{"decision": {decision}, "note-" + first.String(): {"x"}})
		if got.Status != want {
			t.Errorf("%s again: %d, want %d", decision, got.Status, want)
		}
	}
	if p := c.Post(approval.Path+"/"+second.String(), url.Values{"decision": {"approve"}}); p.Status != 403 || h.made != 1 {
		t.Errorf("whom it is about approved it: %d", p.Status)
	}
	reader = h.actor("anna")
	if diff := cmp.Diff(403, c.Post(approval.Path+"/"+second.String(), url.Values{"decision": {"approve"}}).Status); diff != "" {
		t.Errorf("own: %s", diff)
	}
	open("Ta tillbaka")
	h.administrators = []string{"anna"}
	open("Det finns bara en administratör")
}
