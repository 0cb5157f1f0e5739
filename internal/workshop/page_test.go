// SPDX-License-Identifier: EUPL-1.2

package workshop_test

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/insegel/insegel/data"
	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/auth"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/classification"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/key"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/requirement"
	"github.com/insegel/insegel/internal/risk"
	"github.com/insegel/insegel/internal/system"
	"github.com/insegel/insegel/internal/web"
	"github.com/insegel/insegel/internal/webtest"
	"github.com/insegel/insegel/internal/workshop"
)

var bundle = sync.OnceValues(func() (*locale.Bundle, error) {
	return locale.NewBundle(map[string]string{
		"web": web.Messages, "auth": auth.Messages, "classification": classification.Messages, "requirement": requirement.Messages, "risk": risk.Messages, "workshop": workshop.Messages,
	})
})

var catalogued = sync.OnceValues(func() (*catalogue.Catalogue, error) { return catalogue.Load(data.Files) })

func must[T any](v T, err error) func(t testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// room is a workshop about the system Akten, and the site that it is held on.
type room struct {
	*webtest.Client // of whoever leads it
	t               testing.TB
	s               *workshop.Service
	actor           access.Actor
	site            http.Handler
	now             time.Time
	mu              sync.Mutex
	w               workshop.Workshop
}

func (r *room) clock() time.Time { r.mu.Lock(); defer r.mu.Unlock(); return r.now }

func (r *room) pass(d time.Duration) { r.mu.Lock(); defer r.mu.Unlock(); r.now = r.now.Add(d) }

func hold(t testing.TB, d *db.DB) *room {
	t.Helper()
	r := &room{t: t, actor: dbtest.Organisation(t, d, "norrsjo"), now: time.Date(2026, 11, 28, 9, 0, 0, 0, time.UTC)}
	d.Now = r.clock
	c := must(catalogued())(t)
	risks := &risk.Service{DB: d, Requirements: &requirement.Service{DB: d, Engine: requirement.NewEngine(c)}, Scale: must(risk.LoadScale(data.Files))(t), Rules: must(risk.LoadDPIA(data.Files, c))(t)}
	r.s = &workshop.Service{DB: d, Risks: risks, Door: &workshop.Door{DB: d, Key: must(key.Create(filepath.Join(t.TempDir(), "key")))(t)}}
	sys := system.New("Akten")
	must((&system.Service{DB: d}).Create(t.Context(), r.actor, sys))(t)
	sessions := auth.New(d, auth.Options{})
	r.site = web.NewSite(must(bundle())(t), slog.New(slog.DiscardHandler), web.Options{ActorFunc: func(q *http.Request) (access.Actor, web.Viewer, bool) {
		k, err := q.Cookie("leads")
		return r.actor, web.Viewer{Organisation: "Norrsjö", Name: "Samordnaren"}, err == nil && k.Value == "yes"
	}})
	(&workshop.Pages{Service: r.s, Limits: sessions.Limits(), Link: "https://insegel.example"}).Routes(r.site.(*web.Site))
	r.Client = webtest.Start(t, r.site)
	r.SetCookie("leads", "yes")
	return r
}

// begin starts the workshop with a scenario of the catalogue and one of the room's own.
func (r *room) begin() {
	r.t.Helper()
	plan := r.open("/system/akten/riskverkstad")
	if p := r.Submit(plan, "main form.sheet", url.Values{"hot": nil}); p.Status != 422 {
		r.t.Errorf("a workshop about nothing: %d", p.Status)
	}
	p := r.Submit(plan, "main form.sheet", url.Values{"hot": {"hot-leverantor-manga"}})
	list := must(r.s.List(r.t.Context(), r.actor))(r.t)
	if len(list) != 1 {
		r.t.Fatalf("%d workshops: %s", len(list), p.Text("main"))
	}
	r.w = must(r.s.Open(r.t.Context(), r.actor, list[0].ID, must(bundle())(r.t).In("sv")))(r.t).Workshop
	p = r.screen()
	p = r.Submit(p, `form[action$="/scenario"]`, url.Values{"namn": {"Strömavbrott"}, "orsak": {"Grävskopa"}, "aspekt": {"availability"}})
	if got := p.Text("main"); !strings.Contains(got, "Strömavbrott") || !strings.Contains(got, r.w.Code[:4]+" "+r.w.Code[4:]) {
		r.t.Fatalf("the screen: %s", got)
	}
}

func (r *room) path() string { return "/riskverkstad/" + r.w.ID.String() }

func (r *room) screen() *webtest.Page { r.t.Helper(); return r.open(r.path()) }

func (r *room) open(path string) *webtest.Page {
	r.t.Helper()
	p := r.Get(path)
	if p.Status != 200 {
		r.t.Fatalf("%s: status %d: %s", path, p.Status, p.Text("main"))
	}
	webtest.CheckDOM(r.t, p.Doc)
	return p
}

// phone is a participant's browser, without an account.
func (r *room) phone() *webtest.Client { return webtest.Start(r.t, r.site) }

func join(c *webtest.Client, code, name string) *webtest.Page {
	return c.Submit(c.Get("/verkstad"), "main form", url.Values{"kod": {code}, "namn": {name}})
}

// ballot is what somebody answers to the four questions.
func ballot(answers ...string) url.Values {
	v := url.Values{}
	for i, name := range []string{"k-individual", "k-organisation", "k-society", "sannolikhet"} {
		v.Set(name, answers[i])
	}
	return v
}

// state is what the screen asks for twice a second.
func (r *room) state() (mark string, texts map[string]string) {
	r.t.Helper()
	var x struct {
		Mark  string
		Texts map[string]string
	}
	if err := json.Unmarshal([]byte(r.Get(r.path()+"/lage").Body), &x); err != nil {
		r.t.Fatal(err)
	}
	return x.Mark, x.Texts
}

// TestTwentyPhones holds a workshop with twenty participants over HTTP: they join, vote in secret, the votes are shown, the room votes again,
// and what is decided becomes the risk's assessment and stands in the minutes.
func TestTwentyPhones(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		r := hold(t, d)
		r.begin()
		phones := make([]*webtest.Client, 20)
		var group sync.WaitGroup
		for i := range phones {
			phones[i] = r.phone()
			group.Go(func() {
				if p := join(phones[i], r.w.Code[:4]+" "+r.w.Code[4:], fmt.Sprint("Deltagare ", i)); p.Status != 200 || !strings.Contains(p.Text("main"), "Du är med") {
					t.Errorf("phone %d does not come in: %d %s", i, p.Status, p.Text("main"))
				}
			})
		}
		group.Wait()
		screen := r.screen()
		if got := screen.Text("main"); !strings.Contains(got, "20 deltagare") || !strings.Contains(got, "Deltagare 7") {
			t.Fatalf("who is in the room: %s", got)
		}
		before, _ := r.state()
		r.Submit(screen, `form[action$="/rosta"]`, nil)
		if after, texts := r.state(); after == before || texts["votes"] != "0 av 20 har röstat" {
			t.Errorf("the screen is told %q, %v", after, texts)
		}
		for i := range phones {
			group.Go(func() {
				p := phones[i].Get("/verkstad/rost")
				webtest.CheckDOM(t, p.Doc)
				step := fmt.Sprint(2 + i%3) // 2, 3 and 4
				if p = phones[i].Submit(p, "main form", ballot(step, "2", "0", "3")); !strings.Contains(p.Text("body"), "Du har röstat") {
					t.Errorf("phone %d does not vote: %d %s", i, p.Status, p.Text("main"))
				}
			})
		}
		group.Wait()
		if _, texts := r.state(); texts["votes"] != "20 av 20 har röstat" {
			t.Errorf("all have voted, and the screen says %v", texts)
		}
		if screen = r.screen(); screen.Has("table.spread") || strings.Contains(screen.Text("main"), "Högst") {
			t.Error("votes are seen before they are shown")
		}
		screen = r.Submit(screen, `form[action$="/visa"]`, nil)
		if got := screen.Text("table.spread"); !strings.Contains(got, "4 Allvarlig") || !strings.Contains(got, "Rösterna går isär") {
			t.Errorf("the spread: %s", got)
		}
		if p := phones[0].Get("/verkstad/rost"); p.Has("form select") || strings.Contains(p.Text("main"), "Allvarlig") {
			t.Errorf("a phone is told how the votes fell: %s", p.Text("main"))
		}
		again(r, phones)
		decided(r, d)
	})
}

// again has the room vote once more on the scenario. Both rounds are shown.
func again(r *room, phones []*webtest.Client) {
	r.t.Helper()
	r.Submit(r.screen(), `form[action$="/rosta"]`, nil)
	late := phones[0].Get("/verkstad/rost")
	for _, c := range phones[:2] {
		c.Submit(c.Get("/verkstad/rost"), "main form", ballot("3", "3", "1", "0"))
	}
	screen := r.Submit(r.screen(), `form[action$="/visa"]`, nil)
	if n := len(screen.All("table.spread")); n != 2 {
		r.t.Errorf("%d rounds are shown", n)
	}
	if p := phones[0].Submit(late, "main form", ballot("1", "1", "1", "1")); !strings.Contains(p.Text("body"), "Din röst sparades inte") {
		r.t.Errorf("a vote after the votes are shown: %s", p.Text("body"))
	}
}

// decided decides about the scenario, and looks for the decision where it belongs.
func decided(r *room, d *db.DB) {
	t, ctx, l := r.t, r.t.Context(), must(bundle())(r.t).In("sv")
	form := r.screen()
	say := url.Values{"k-individual": {"3"}, "k-organisation": {"3"}, "sannolikhet": {"3"}, "behandling": {"accept"}, "ansvarig": {"Socialchef"}}
	if p := r.Submit(form, `form[action$="/beslut"]`, say); p.Status != 422 || !strings.Contains(p.Text("main"), "Skriv varför") {
		t.Errorf("a decision without a reason: %d", p.Status)
	}
	say.Set("motiv", "Leverantören har många kunder.")
	if p := r.Submit(form, `form[action$="/beslut"]`, say); p.Status != 200 || !strings.Contains(p.Text("body"), "Beslutet är sparat") {
		t.Fatalf("the decision: %d %s", p.Status, p.Text("main"))
	}
	v := must(r.s.Risks.Open(ctx, r.actor, "akten", l))(t)
	if len(v.Risks) != 1 || v.Risks[0].Impacts.Of(catalogue.Individual) != catalogue.Significant || v.Risks[0].Likelihood != 3 ||
		v.Risks[0].Motive != "Leverantören har många kunder." || v.Risks[0].ThreatID != "hot-leverantor-manga" {
		t.Fatalf("the risk: %+v", v.Risks)
	}
	file := r.Get(r.path() + "/protokoll")
	text := documentText(t, file.Body)
	for _, want := range []string{"Deltagare 19", "Omgång 1: 20 röster", "Omgång 2: 2 röster", "4 Allvarlig", "Leverantören har många kunder.", "Godta", "Strömavbrott", "Inget beslut togs."} {
		if !strings.Contains(text, want) {
			t.Errorf("the minutes lack %q", want)
		}
	}
	p := r.Submit(r.screen(), `form[action$="/avsluta"]`, nil)
	if got := p.Text("main"); strings.Contains(got, r.w.Code[:4]) || p.Has(`form[action$="/rosta"]`) {
		t.Errorf("a closed workshop: %s", got)
	}
	if p := join(r.phone(), r.w.Code, "Sen"); p.Status != 422 {
		t.Errorf("the code of a closed workshop: %d", p.Status)
	}
}

// documentText is everything that a DOCX says.
func documentText(t testing.TB, body string) string {
	t.Helper()
	z := must(zip.NewReader(bytes.NewReader([]byte(body)), int64(len(body))))(t)
	f := must(z.Open("word/document.xml"))(t)
	b := must(io.ReadAll(f))(t)
	return string(b)
}

// TestDoor tries the ways in that are not meant to be.
func TestDoor(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		r := hold(t, d)
		r.begin()
		guest := r.phone()
		if p := guest.Get("/verkstad/rost"); p.Status != http.StatusGone {
			t.Errorf("without a seat: %d", p.Status)
		}
		if p := join(guest, "00000000", "Gäst"); p.Status != 422 || guest.Cookie("insegel-seat") != "" {
			t.Errorf("a wrong code: %d", p.Status)
		}
		if p := join(guest, r.w.Code, "  "); p.Status != 422 {
			t.Errorf("without a name: %d", p.Status)
		}
		join(guest, r.w.Code, "Gäst")
		if p := join(r.phone(), r.w.Code, "GÄST"); p.Status != 422 || !strings.Contains(p.Text("main"), "redan det namnet") {
			t.Errorf("the same name twice: %d", p.Status)
		}
		// The seat opens nothing but the vote.
		for _, path := range []string{r.path(), r.path() + "/lage", r.path() + "/protokoll", "/riskverkstad", "/system/akten/riskverkstad"} {
			if p := guest.Get(path); !strings.HasPrefix(p.URL, web.SignInPath) && p.Status != 404 {
				t.Errorf("a seat opens %s: %d at %s", path, p.Status, p.URL)
			}
		}
		r.Submit(r.screen(), `form[action$="/rosta"]`, nil)
		form := guest.Get("/verkstad/rost")
		if p := guest.Submit(form, "main form", ballot("", "2", "2", "2")); p.Status != 422 || !strings.Contains(p.Text("main"), "Vet inte är också ett svar") {
			t.Errorf("a vote that leaves a question out: %d", p.Status)
		}
		if p := guest.Submit(form, "main form", ballot("5", "2", "2", "2")); p.Status != 422 {
			t.Errorf("a value that is not there: %d", p.Status)
		}
		// The code and the seat end with the day.
		r.pass(13 * time.Hour)
		if p := guest.Submit(form, "main form", ballot("2", "2", "2", "2")); p.Status != http.StatusGone {
			t.Errorf("a vote after the workshop has run out: %d", p.Status)
		}
		if p := join(r.phone(), r.w.Code, "Sen"); p.Status != 422 {
			t.Errorf("a code that has run out: %d", p.Status)
		}
	})
}

// TestCodeChanges lets time pass while a workshop is held: its code changes, the one before is good for one period more, and those who are in
// stay in. Only whoever may lead the workshop is told the code.
func TestCodeChanges(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		r := hold(t, d)
		r.begin()
		first := r.w.Code
		now := func() string {
			t.Helper()
			var x struct{ Texts map[string]string }
			if err := json.Unmarshal([]byte(r.Get(r.path()+"/lage").Body), &x); err != nil {
				t.Fatal(err)
			}
			if p := r.screen(); p.Text(`[data-live-text="code"]`) != x.Texts["code"] || p.Text(`[data-live-text="digits"]`) != x.Texts["digits"] {
				t.Errorf("the screen says %q, and is kept up to %v", p.Text(".code-big"), x.Texts)
			}
			return strings.ReplaceAll(x.Texts["code"], " ", "")
		}
		if got := now(); got != first || len(got) != 8 {
			t.Errorf("the first code is %q, and %q on the screen", first, got)
		}
		early := r.phone()
		join(early, first, "Tidig")
		r.pass(10 * time.Minute)
		second := now()
		if second == first {
			t.Error("the code is the same after its period")
		}
		for _, code := range []string{first, second} {
			if p := join(r.phone(), code, "Med "+code); p.Status != 200 || !strings.Contains(p.Text("main"), "Du är med") {
				t.Errorf("%s in the second period: %d", code, p.Status)
			}
		}
		r.pass(10 * time.Minute)
		if p := join(r.phone(), first, "Sen"); p.Status != 422 || !strings.Contains(p.Text("main"), "Koden gäller inte") {
			t.Errorf("the first code in the third period: %d", p.Status)
		}
		if p := join(r.phone(), now(), "Ny"); p.Status != 200 {
			t.Errorf("the third code: %d", p.Status)
		}
		r.Submit(r.screen(), `form[action$="/rosta"]`, nil)
		if p := early.Submit(early.Get("/verkstad/rost"), "main form", ballot("2", "2", "2", "2")); p.Status != 200 {
			t.Errorf("somebody who came with the first code votes: %d", p.Status)
		}
		reader := r.actor
		reader.Roles = []access.Role{access.Auditor}
		if p := must(r.s.Watch(t.Context(), reader, r.w.ID))(t); p.Code != "" || !p.Ongoing {
			t.Errorf("a reader is told %+v", p)
		}
	})
}

// TestGuessingIsSlowedDown guesses codes until it is refused, also with the right one.
func TestGuessingIsSlowedDown(t *testing.T) {
	r := hold(t, dbtest.SQLite(t))
	r.begin()
	guest := r.phone()
	status := 0
	for i := range 40 {
		if status = join(guest, fmt.Sprintf("%08d", i), "Gissare").Status; status == http.StatusTooManyRequests {
			break
		}
	}
	if status != http.StatusTooManyRequests {
		t.Fatal("forty guesses are let through")
	}
	if p := guest.Post("/verkstad", url.Values{"kod": {r.w.Code}, "namn": {"Gissare"}}); p.Status != http.StatusTooManyRequests {
		t.Errorf("the right code while it is paused: %d", p.Status)
	}
}

// TestDecisionReachesTheRisk tells how what was decided changes what was weighed before.
func TestDecisionReachesTheRisk(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		r := hold(t, d)
		ctx, l := t.Context(), must(bundle())(t).In("sv")
		was := risk.Risk{Name: "Röjd akt", Likelihood: 1}
		was.Impacts[catalogue.Confidentiality][catalogue.Individual] = catalogue.Serious
		was.Impacts[catalogue.Integrity][catalogue.Individual] = catalogue.Moderate
		was = must(r.s.Risks.Save(ctx, r.actor, "akten", was, l))(t)
		w := must(r.s.Start(ctx, r.actor, "akten", workshop.New{Name: "V", Risks: []ids.ID[risk.Risk]{was.ID}}, l))(t)
		v := must(r.s.Open(ctx, r.actor, w.ID, l))(t)
		at := workshop.Item{Workshop: w.ID, Scenario: v.Scenarios[0].ID}
		dec := workshop.Decision{Motive: "Vi tror så"}
		dec.Consequences = [catalogue.NumPerspectives]catalogue.Step{catalogue.Significant, catalogue.Moderate, catalogue.Unset}
		dec.Likelihood = 4
		if err := r.s.Decide(ctx, r.actor, at, dec, l); err == nil {
			t.Error("a decision before the votes are shown")
		}
		must(0, r.s.Ask(ctx, r.actor, at))(t)
		must(0, r.s.Reveal(ctx, r.actor, at))(t)
		must(0, r.s.Decide(ctx, r.actor, at, dec, l))(t)
		got := must(r.s.Risks.Open(ctx, r.actor, "akten", l))(t).Risks
		if len(got) != 1 || got[0].Likelihood != 4 {
			t.Fatalf("the risk: %+v", got)
		}
		i := got[0].Impacts
		if i[catalogue.Confidentiality][catalogue.Individual] != catalogue.Significant || i[catalogue.Integrity][catalogue.Individual] != catalogue.Moderate ||
			i.Of(catalogue.Organisation) != catalogue.Moderate || i.Of(catalogue.Society) != catalogue.Unset {
			t.Errorf("the consequences: %v", i)
		}
	})
}
