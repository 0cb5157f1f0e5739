// SPDX-License-Identifier: EUPL-1.2

package webhook_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/alarm"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/job"
	"github.com/insegel/insegel/internal/outbound"
	"github.com/insegel/insegel/internal/webhook"
)

// received is one request as it came.
type received struct {
	header http.Header
	body   []byte
}

// receiver is a program that is told of changes, and answers as it is set to.
type receiver struct {
	*httptest.Server
	mu     sync.Mutex
	got    []received
	status int
	here   chan struct{}
}

func startReceiver(t *testing.T) *receiver {
	t.Helper()
	r := &receiver{status: http.StatusNoContent, here: make(chan struct{}, 100)}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		body, _ := io.ReadAll(q.Body)
		r.mu.Lock()
		r.got = append(r.got, received{q.Header, body})
		status := r.status
		r.mu.Unlock()
		if status == http.StatusFound {
			w.Header().Set("Location", "/elsewhere")
		}
		w.WriteHeader(status)
		r.here <- struct{}{}
	}))
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) answer(status int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.status = status
}

func (r *receiver) all() []received {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.got)
}

type house struct {
	d     *db.DB
	s     *webhook.Service
	q     *job.Queue
	actor access.Actor
	now   time.Time
}

func build(t *testing.T, d *db.DB) *house {
	t.Helper()
	h := &house{d: d, now: time.Date(2026, 11, 28, 8, 0, 0, 0, time.UTC), actor: dbtest.Organisation(t, d, "norrsjo")}
	d.Now = func() time.Time { return h.now }
	q, err := job.New(d, slog.New(slog.DiscardHandler))
	ok(t, err)
	h.q = q
	h.s = &webhook.Service{
		DB: d, Jobs: q, Base: func() string { return "https://insegel.norrsjo.example/api/v1" },
		Outbound: outbound.Policy{Networks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}},
	}
	return h
}

func ok(t *testing.T, errs ...error) {
	t.Helper()
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
}

// happen writes that something has happened, with a text that must not leave the organisation.
func (h *house) happen(t *testing.T, action, kind, id string) {
	t.Helper()
	ok(t, h.d.Write(t.Context(), h.actor.Organisation, func(tx *db.Tx) error {
		return audit.Append(t.Context(), tx, h.actor, audit.Entry{Action: action, ObjectKind: kind, ObjectID: id, Data: map[string]string{"name": "Zorkmid"}, Why: "Zorkmid"})
	}))
}

func (h *house) tick(t *testing.T) {
	t.Helper()
	ok(t, h.s.Tick(t.Context(), access.SystemActor(h.actor.Organisation)))
}

func (h *house) deliveries(t *testing.T, of webhook.Target) []webhook.Delivery {
	t.Helper()
	list, n, err := h.s.Deliveries(t.Context(), h.actor, of.ID, webhook.Paged{Page: 1, Size: 50})
	ok(t, err)
	if n != len(list) {
		t.Errorf("%d deliveries of %d", len(list), n)
	}
	return list
}

func (h *house) send(t *testing.T, d webhook.Delivery) error {
	t.Helper()
	return webhook.Send(t.Context(), h.s, webhook.Deliver{Organisation: h.actor.Organisation, Delivery: d.ID})
}

// verify checks a request as the Standard Webhooks convention tells a receiver to, with a secret of its own.
func verify(t *testing.T, secret string, r received, now time.Time) bool {
	t.Helper()
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	ok(t, err)
	at, err := strconv.ParseInt(r.header.Get("Webhook-Timestamp"), 10, 64)
	ok(t, err)
	if age := now.Sub(time.Unix(at, 0)).Abs(); age > 5*time.Minute {
		return false
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(r.header.Get("Webhook-Id") + "." + r.header.Get("Webhook-Timestamp") + "."))
	mac.Write(r.body)
	want := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
	return slices.Contains(strings.Fields(r.header.Get("Webhook-Signature")), want)
}

// A change comes to its receiver by the queue, signed, once, and says nothing but what has changed.
func TestEventReachesItsReceiver(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		h, r := build(t, d), startReceiver(t)
		h.happen(t, "system.Update", "system", "before") // nobody is told of what was before
		target, secret, err := h.s.Add(t.Context(), h.actor, webhook.Target{Name: "Ärendesystemet", Address: r.URL + "/in", Events: []string{webhook.SystemChanged, webhook.ImportDone}})
		ok(t, err)
		h.happen(t, "system.Update", "system", "s1")
		h.happen(t, "supplier.Create", "supplier", "l1") // not chosen
		h.happen(t, "organisation.Invite", "person", "p1")
		h.happen(t, "register.Import", "system", "s2") // in the history of a system, an import is a change
		webhook.Register(h.q, h.s, func(context.Context, *db.DB) ([]access.OrganisationID, error) {
			return []access.OrganisationID{h.actor.Organisation}, nil
		})
		ok(t, h.q.Start(t.Context()))
		defer func() { ok(t, h.q.Stop(context.WithoutCancel(t.Context()))) }()
		for range 2 {
			select {
			case <-r.here:
			case <-time.After(30 * time.Second):
				t.Fatal("no event came")
			}
		}
		h.tick(t)
		got := r.all()
		if len(got) != 2 {
			t.Fatalf("%d requests", len(got))
		}
		slices.SortFunc(got, func(a, b received) int { return bytes.Compare(a.body, b.body) })
		for _, g := range got {
			if !verify(t, secret, g, h.now) || verify(t, secret, g, h.now.Add(6*time.Minute)) || verify(t, "whsec_"+base64.StdEncoding.EncodeToString(make([]byte, 32)), g, h.now) {
				t.Errorf("the signature is wrong: %v", g.header)
			}
			var m struct {
				Type, Timestamp string
				Data            map[string]any
			}
			ok(t, json.Unmarshal(g.body, &m))
			id, _ := m.Data["id"].(string)
			if m.Type != webhook.SystemChanged || m.Data["kind"] != "system" || m.Data["link"] != "https://insegel.norrsjo.example/api/v1/systems/"+id || m.Data["number"] == nil || len(m.Data) != 5 {
				t.Errorf("sent %s", g.body)
			}
			if bytes.Contains(g.body, []byte("Zorkmid")) {
				t.Errorf("it says more than what has changed: %s", g.body)
			}
		}
		for _, x := range h.deliveries(t, target) {
			if x.ObjectID != "s1" && x.ObjectID != "s2" {
				t.Errorf("told of %+v", x)
			}
		}
		h.tick(t) // nothing is told twice
		if n := len(h.deliveries(t, target)); n != 2 {
			t.Errorf("%d deliveries", n)
		}
	})
}

// What does not come through is tried again, then given up with an alarm, and can be sent once more under the same name.
func TestGivingUp(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		h, r := build(t, d), startReceiver(t)
		target, secret, err := h.s.Add(t.Context(), h.actor, webhook.Target{Name: "Mottagare", Address: r.URL, Events: webhook.Events})
		ok(t, err)
		alarms := &alarm.Service{DB: d}
		open := func(kind alarm.Kind) (n int) {
			list, err := alarms.List(t.Context(), h.actor)
			ok(t, err)
			for i := range list {
				if list[i].Kind == kind && list[i].Open() {
					n++
				}
			}
			return n
		}
		if open(alarm.WebhookChanged) != 1 {
			t.Error("nobody is told that events go somewhere new")
		}
		h.happen(t, "action.Save", "action", "a1")
		h.tick(t)
		one := h.deliveries(t, target)[0]
		for i, status := range []int{500, 302, 404} {
			r.answer(status)
			if err := h.send(t, one); err == nil {
				t.Errorf("an answer of %d is taken for a delivery", status)
			}
			if now := h.deliveries(t, target)[0]; now.State != webhook.Waits || now.Attempts != i+1 || now.Status != status {
				t.Errorf("after %d: %+v", status, now)
			}
		}
		for range webhook.MostAttempts - 3 {
			_ = h.send(t, one)
		}
		if now := h.deliveries(t, target)[0]; now.State != webhook.Failed || now.Attempts != webhook.MostAttempts || open(alarm.WebhookFailed) != 1 {
			t.Errorf("after the last attempt: %+v, %d alarms", now, open(alarm.WebhookFailed))
		}
		sent := len(r.all())
		ok(t, h.send(t, one)) // it is given up: nothing is sent
		if len(r.all()) != sent {
			t.Error("what was given up was sent")
		}
		r.answer(204)
		ok(t, h.s.Redeliver(t.Context(), h.actor, target.ID, one.ID))
		if err := h.s.Redeliver(t.Context(), h.actor, target.ID, one.ID); !errors.Is(err, webhook.ErrWaits) {
			t.Errorf("twice: %v", err)
		}
		ok(t, h.send(t, one))
		got := r.all()
		last := got[len(got)-1]
		if !verify(t, secret, last, h.now) || last.header.Get("Webhook-Id") != got[0].header.Get("Webhook-Id") {
			t.Errorf("sent again as %s, first %s", last.header.Get("Webhook-Id"), got[0].header.Get("Webhook-Id"))
		}
		if now := h.deliveries(t, target)[0]; now.State != webhook.Delivered || open(alarm.WebhookFailed) != 0 {
			t.Errorf("sent again: %+v, %d alarms", now, open(alarm.WebhookFailed))
		}
		// Who says that it is gone is told nothing more.
		h.happen(t, "action.Save", "action", "a2")
		h.tick(t)
		r.answer(http.StatusGone)
		for _, x := range h.deliveries(t, target) {
			_ = h.send(t, x)
		}
		now, err := h.s.Open(t.Context(), h.actor, target.ID)
		ok(t, err)
		if now.State != webhook.Gone || open(alarm.WebhookFailed) != 1 {
			t.Errorf("gone: %+v", now)
		}
		h.happen(t, "action.Save", "action", "a3")
		h.tick(t)
		if n := len(h.deliveries(t, target)); n != 2 {
			t.Errorf("%d deliveries to who is gone", n)
		}
	})
}

// A new secret and the one before are both signed with for a day, and neither lies in plain text.
func TestRotate(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		h, r := build(t, d), startReceiver(t)
		target, first, err := h.s.Add(t.Context(), h.actor, webhook.Target{Name: "Mottagare", Address: r.URL, Events: webhook.Events})
		ok(t, err)
		second, err := h.s.Rotate(t.Context(), h.actor, target.ID)
		ok(t, err)
		for _, after := range []time.Duration{0, 25 * time.Hour} {
			h.now = h.now.Add(after)
			ok(t, h.s.Try(t.Context(), h.actor, target.ID))
			ok(t, h.send(t, h.deliveries(t, target)[0]))
			got := r.all()
			last := got[len(got)-1]
			if !verify(t, second, last, h.now) || verify(t, first, last, h.now) != (after == 0) {
				t.Errorf("after %v: %v", after, last.header)
			}
		}
		var stored string
		ok(t, d.Read(t.Context(), h.actor.Organisation, func(tx *db.Tx) error {
			return db.One(tx.QueryRow(t.Context(), `SELECT secret || old_secret FROM webhook_target WHERE organisation_id = $1`, h.actor.Organisation), &stored)
		}))
		if strings.Contains(stored, first) || strings.Contains(stored, second) || stored == "" {
			t.Error("the secret lies in plain text")
		}
	})
}

// A request goes to the host that was registered and nowhere else, and not to this machine's own services.
func TestWhereEventsGo(t *testing.T) {
	d := dbtest.SQLite(t)
	h, r := build(t, d), startReceiver(t)
	for _, address := range []string{
		"", "ftp://x.example", "http://x.example/in", "https://user:hemlig@x.example", "https://x.example/?nyckel=1", "https://x.example/#x", "https://", "//x.example",
	} {
		if _, _, err := h.s.Add(t.Context(), h.actor, webhook.Target{Name: "X", Address: address, Events: webhook.Events}); !errors.Is(err, webhook.ErrAddress) {
			t.Errorf("%q: %v", address, err)
		}
	}
	for _, bad := range []webhook.Target{{Name: "", Address: r.URL, Events: webhook.Events}, {Name: "X", Address: r.URL}, {Name: "X", Address: r.URL, Events: []string{"person.changed"}}} {
		if _, _, err := h.s.Add(t.Context(), h.actor, bad); !errors.Is(err, webhook.ErrName) && !errors.Is(err, webhook.ErrEvents) {
			t.Errorf("%+v: %v", bad, err)
		}
	}
	target, _, err := h.s.Add(t.Context(), h.actor, webhook.Target{Name: "X", Address: r.URL, Events: webhook.Events})
	ok(t, err)
	h.s.Outbound.Networks = nil // nobody has approved this machine's own network
	ok(t, h.s.Try(t.Context(), h.actor, target.ID))
	if err := h.send(t, h.deliveries(t, target)[0]); !errors.Is(err, outbound.ErrAddress) || len(r.all()) != 0 {
		t.Errorf("sent to this machine: %v, %d requests", err, len(r.all()))
	}
	// Who may not is refused, and another organisation's target does not exist.
	other := dbtest.Organisation(t, d, "soderby")
	if _, err := h.s.Open(t.Context(), other, target.ID); !errors.Is(err, db.ErrNotFound) {
		t.Errorf("another organisation's: %v", err)
	}
	stale := h.actor
	stale.Fresh = false
	if _, err := h.s.Rotate(t.Context(), stale, target.ID); !errors.Is(err, access.ErrStepUp) {
		t.Errorf("without a confirmation: %v", err)
	}
	if err := h.s.Change(t.Context(), h.actor, webhook.Target{ID: target.ID, Name: "Y", Address: r.URL, Events: webhook.Events, State: webhook.Off, Version: target.Version + 1}); !errors.Is(err, db.ErrConflict) {
		t.Errorf("an old version: %v", err)
	}
	ok(t, h.s.Change(t.Context(), h.actor, webhook.Target{ID: target.ID, Name: "Y", Address: r.URL, Events: webhook.Events, State: webhook.Off, Version: target.Version}))
	if err := h.s.Try(t.Context(), h.actor, target.ID); !errors.Is(err, webhook.ErrOff) {
		t.Errorf("switched off: %v", err)
	}
	h.happen(t, "action.Save", "action", "a1") // while it is off
	now, err := h.s.Open(t.Context(), h.actor, target.ID)
	ok(t, err)
	now.State = webhook.On
	ok(t, h.s.Change(t.Context(), h.actor, now))
	h.tick(t)
	for _, x := range h.deliveries(t, target) {
		if x.ObjectID == "a1" {
			t.Error("told of what happened while it was off")
		}
	}
	ok(t, h.s.Remove(t.Context(), h.actor, target.ID))
	if list, err := h.s.List(t.Context(), h.actor); err != nil || len(list) != 0 {
		t.Errorf("removed: %v %v", list, err)
	}
}

// The path of an address, by which many receivers know who may write to them, is in no error: the queue and the log keep those.
func TestNoFaultTellsTheAddress(t *testing.T) {
	d := dbtest.SQLite(t)
	h, r := build(t, d), startReceiver(t)
	target, _, err := h.s.Add(t.Context(), h.actor, webhook.Target{Name: "X", Address: r.URL + "/in/Zorkmid", Events: webhook.Events})
	ok(t, err, h.s.Try(t.Context(), h.actor, target.ID))
	r.Close()
	err = h.send(t, h.deliveries(t, target)[0])
	if err == nil || strings.Contains(err.Error(), "Zorkmid") {
		t.Errorf("the error: %v", err)
	}
	if x := h.deliveries(t, target)[0]; x.Fault == "" || strings.Contains(x.Fault, "Zorkmid") {
		t.Errorf("what is kept: %q", x.Fault)
	}
}

// silent begin the actions that no program is told of, with the reason.
var silent = map[string]string{
	"access.": "who reads what", "alarm.": "what those who run the program must know", "app.": "keys", "approval.": "who decides what",
	"audit.": "the log itself", "auth.": "who signs in", "backup.": "copies", "link.": "who is asked", "mail.": "mail", "certificate.": "sign-in", "oidc.": "sign-in",
	"organisation.": "persons, units and settings", "overview.": "views and exports of one reader", "passkey.": "sign-in", "provider.": "sign-in",
	"report.": "what is taken out", "rotation.": "keys", "saml.": "sign-in", "token.": "keys", "webhook.": "the receivers themselves",
	"evidence.": "what is seen of a system tells where it is weak", "measurement.": "what is measured tells where a system is weak",
	"finding.": "what is found tells where personal data lies", "incident.": "an incident is told by those who lead it",
	"national.": "what is sent to another organisation", "followup.": "figures of the organisation", "campaign.": "who is asked what, and how they answer", "risk.": "what is weighed tells where the organisation is weak", "workshop.": "the same", "whatif.": "a draft changes nothing",
	"classification.Delegate": "who is asked", "classification.Recall": "who is asked", "classification.AnswerDelegated": "a suggestion that nobody has taken",
	"classification.ChooseModel": "how the organisation works", "classification.AddModel": "how the organisation works",
	"procurement.AddPurchase": "what is planned to be bought is told to nobody before the tender", "procurement.EditPurchase": "the same",
	"procurement.SavePurchase": "the same", "procurement.RemovePurchase": "the same", "procurement.Purchase": "the same",
	"procurement.MakeSystem":  "the system that it becomes has an event of its own",
	"procurement.AskSupplier": "who is asked", "procurement.RecallSupplier": "who is asked", "procurement.AnswerPosed": "nobody sees it until it is sent",
	"procurement.AcceptReplies": "the evidence and the actions that it makes are told", "procurement.Count": "the evidence is told", "procurement.Remind": "who is asked",
	"procurement.Tick": "what comes of it is told", "procurement.Attachment": "read only", "procurement.Tender": "read only", "procurement.BidAttachment": "read only",
	"procurement.AttachPosed": "nobody sees it until it is sent", "procurement.DelegatePosed": "who is asked",
	"procurement.StartTender": "a tender is told to nobody before it is decided", "procurement.WeighTender": "the same", "procurement.FreezeTender": "the same",
	"procurement.InviteBidder": "the same", "procurement.RecallBidder": "the same", "procurement.OpenBids": "the same", "procurement.AskToOpenBids": "the same", "procurement.InventDeadline": "only in the example",
	"procurement.ConsentPosed": "what a supplier lets be shared is read where the request was made", "procurement.EndSharing": "the same",
	"procurement.Exchange": "what is another organisation's is told to no program", "procurement.SeeShared": "the same", "procurement.AwardBid": "the same",
	"procurement.SendPosed": "what a supplier attests is read where the request was made", "requirement.SetFigure": "how the organisation works",
	"processing.SetCommon": "how the organisation is reached", "system.UndoBulk": "each system that got back what it had has an event of its own",
}

// Every action that the log can tell of is told to programs, or there is a reason why not.
func TestEveryActionIsToldOrNot(t *testing.T) {
	logged := regexp.MustCompile(`(?:Action: |Action = |action := |changed\(|Changed\(|action = |, )"([a-z]+\.[A-Z][A-Za-z]+)"`)
	found := map[string]bool{}
	ok(t, filepath.WalkDir("..", func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || filepath.Base(filepath.Dir(path)) == "webhook" {
			return err
		}
		text, err := os.ReadFile(path)
		if strings.Contains(string(text), "audit.Entry{") || strings.Contains(string(text), "audit.Append(") {
			for _, m := range logged.FindAllStringSubmatch(string(text), -1) {
				found[m[1]] = true
			}
		}
		return err
	}))
	if len(found) < 60 {
		t.Fatalf("only %d actions found", len(found))
	}
	reads := regexp.MustCompile(`\.(Open|Edit|List|View|Component|Plan|Annex|Models|Follows|Doers|Bulks|Called|Responsible|Supplied|Posed|Delegated|Common|Kept|Uploads|Imports|Preview|Keep|Choose|Take|Discard|Systems|Choices|Board|Versions|SavePaper|SaveSubProcessor|Differences)$`)
	for action := range found {
		if webhook.EventOf(action, "") != "" || reads.MatchString(action) {
			continue
		}
		silenced := false
		for begin := range silent {
			silenced = silenced || strings.HasPrefix(action, begin)
		}
		if !silenced {
			t.Errorf("%s is told to nobody, and no reason says why", action)
		}
	}
	for _, action := range webhook.Told() {
		if !found[action] {
			t.Errorf("%s is told of and never happens", action)
		}
	}
}
