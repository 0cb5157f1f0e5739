// SPDX-License-Identifier: EUPL-1.2

package app_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/app"
	"github.com/insegel/insegel/internal/auth/token"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/organisation"
	"github.com/insegel/insegel/internal/webtest"
)

var update = flag.Bool("update", false, "write docs/openapi.json anew")

// The whole description stands in the repository, so that a change of the API is seen in review.
func TestOpenAPI(t *testing.T) {
	got, err := open(t, "sqlite:"+filepath.Join(t.TempDir(), "a.db")).OpenAPI()
	if err != nil {
		t.Fatal(err)
	}
	golden := filepath.Join("..", "..", "docs", "openapi.json")
	if *update {
		if err := os.WriteFile(golden, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("the API has changed; if it is meant, run go test ./internal/app -run TestOpenAPI -update: %s", diff)
	}
	if strings.Contains(string(got), "$schema") {
		t.Error("the description points to schemas elsewhere")
	}
}

// caller is a program that uses the API with a key.
type caller struct {
	*webtest.Client
	key string
}

// programs makes an organisation and a key of each scope, on an engine.
func programs(t *testing.T, a *app.App) (access.Actor, map[token.Scope]*caller) {
	t.Helper()
	o := organisation.Organisation{ID: ids.New[access.Tenant](), Code: "our", Name: "Vår kommun"}
	ok(t, organisation.Create(t.Context(), a.DB, o))
	actor := access.LocalAdministrator(o.ID)
	c := webtest.Start(t, a.Site(app.ServerOptions{Pace: unhurried}))
	c.Site = "" // a program, not a browser
	out := map[token.Scope]*caller{}
	for _, s := range []token.Scope{token.Read, token.Write, token.Log} {
		out[s] = &caller{c, must(a.Tokens.Create(t.Context(), actor, token.Key{Name: string(s), Scope: s}, 48*time.Hour))(t)}
	}
	return actor, out
}

// ask makes a request; headers are names and values in turn.
func (c *caller) ask(method, path, body string, headers ...string) *webtest.Page {
	r := c.Request(method, "/api/v1"+path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+c.key)
	r.Header.Set("Content-Type", "application/json")
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	return c.Do(r)
}

// problem checks that an answer is a problem with a status and a code.
func problem(t *testing.T, p *webtest.Page, status int, code string) (out struct{ Title, Detail, Code, Current, Given string }) {
	t.Helper()
	if err := json.Unmarshal([]byte(p.Body), &out); err != nil || p.Status != status || out.Code != code || p.Header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("status %d, %v: %s; want %d %s", p.Status, err, p.Body, status, code)
	}
	return out
}

// answers is what the database holds of answers to named requests.
func answers(t *testing.T, a *app.App, org access.OrganisationID) string {
	t.Helper()
	var out string
	ok(t, a.DB.Read(t.Context(), org, func(tx *db.Tx) error {
		rows, err := db.All(t.Context(), tx, func(scan func(...any) error) (line string, err error) {
			var id, request, body string
			err = scan(&id, &request, &body)
			return id + " " + request + " " + body, err
		}, `SELECT id, request_hash, body FROM api_answer WHERE organisation_id = $1`, org)
		out = strings.Join(rows, "\n")
		return err
	}))
	if out == "" {
		t.Error("no answer is kept")
	}
	return out
}

type apiSystem struct {
	ID, Slug, Name, Comment string
	Version                 int64
}

func decoded[T any](t *testing.T, p *webtest.Page, status int) (out T) {
	t.Helper()
	if err := json.Unmarshal([]byte(p.Body), &out); err != nil || p.Status != status {
		t.Fatalf("status %d, %v, want %d: %s", p.Status, err, status, p.Body)
	}
	return out
}

// onBoth runs a test of the whole program on both engines.
func onBoth(t *testing.T, fn func(t *testing.T, a *app.App)) {
	for engine, database := range map[string]func(*testing.T) string{
		"sqlite":   func(t *testing.T) string { return "sqlite:" + filepath.Join(t.TempDir(), "a.db") },
		"postgres": func(t *testing.T) string { return dbtest.PostgresAddress(t) },
	} {
		t.Run(engine, func(t *testing.T) { fn(t, open(t, database(t))) })
	}
}

func TestAPISystems(t *testing.T) {
	onBoth(t, func(t *testing.T, a *app.App) {
		_, keys := programs(t, a)
		w, r := keys[token.Write], keys[token.Read]
		p := w.ask("POST", "/systems", `{"name":"Skolskjuts","unit":"Barn och utbildning","state":"in-use","contract_end":"2027-03-12","logins":[{"audience":"residents","zone":"internet"}]}`)
		made := decoded[apiSystem](t, p, 201)
		if p.Header.Get("ETag") != `"1"` || p.Header.Get("Location") != "/api/v1/systems/"+made.ID || made.Slug != "skolskjuts" {
			t.Errorf("made %+v, %v", made, p.Header)
		}
		one := r.ask("GET", "/systems/"+made.ID, "")
		if got := decoded[map[string]any](t, one, 200); got["contract_end"] != "2027-03-12" || got["hosting"] != "unknown" || got["comment"] != nil || one.Header.Get("ETag") != `"1"` {
			t.Errorf("read %s", one.Body)
		}
		problem(t, r.ask("PUT", "/systems/"+made.ID+"/fields", `{"name":"Stulet"}`, "If-Match", `"1"`), 403, "web.denied")
		problem(t, w.ask("PUT", "/systems/"+made.ID+"/fields", `{"name":"Skolskjuts"}`), 428, "web.api-match")
		problem(t, w.ask("PUT", "/systems/"+made.ID+"/fields", `{"name":"Skolskjuts"}`, "If-Match", `*`), 400, "web.api-match")
		if p := w.ask("PUT", "/systems/"+made.ID+"/fields", `{"name":"Skolskjuts","comment":"Ny"}`, "If-Match", `"1"`); decoded[apiSystem](t, p, 200).Comment != "Ny" || p.Header.Get("ETag") != `"2"` {
			t.Errorf("changed: %v %s", p.Header, p.Body)
		}
		late := w.ask("PUT", "/systems/"+made.ID+"/fields", `{"name":"Skolskjuts","comment":"Sen"}`, "If-Match", `"1"`)
		if got := problem(t, late, 412, "web.api-stale"); got.Current != `"2"` || late.Header.Get("ETag") != `"2"` {
			t.Errorf("the answer lacks the current version: %+v %v", got, late.Header)
		}
		if got := decoded[apiSystem](t, w.ask("GET", "/systems/"+made.ID+"/fields", ""), 200); got.Comment != "Ny" || got.Version != 2 {
			t.Errorf("a late change was saved: %+v", got)
		}
		problem(t, w.ask("POST", "/systems", `{"name":"X","facts":[{"fact":"nonsense","value":"yes"}]}`), 422, "system.api-fact")
		problem(t, w.ask("POST", "/systems", `{"name":" "}`), 422, "system.error-name")
		for _, twice := range []string{`{"name":"Godkänd","name":"Smugglad"}`, `{"name":"Godkänd","logins":[{"audience":"residents","zone":"internet","zone":"internal"}]}`, `{"name":"A"}{"name":"B"}`} {
			if p := w.ask("POST", "/systems", twice); p.Status != 400 && p.Status != 422 {
				t.Errorf("%s: %d %s", twice, p.Status, p.Body)
			}
		}
		problem(t, r.ask("GET", "/systems/00000000-0000-7000-8000-000000000000", ""), 404, "web.not-found")
		problem(t, r.ask("GET", "/nothing", ""), 404, "web.not-found")
		problem(t, r.ask("DELETE", "/systems", ""), 405, "web.not-allowed")
		invalid := w.ask("POST", "/systems", `{"name":"X","state":"hemligt-värde","colour":"red"}`)
		problem(t, invalid, 422, "web.api-invalid")
		if strings.Contains(invalid.Body, "hemligt-värde") {
			t.Errorf("a value is repeated: %s", invalid.Body)
		}
	})
}

func TestAPIList(t *testing.T) {
	a := open(t, "sqlite:"+filepath.Join(t.TempDir(), "a.db"))
	_, keys := programs(t, a)
	w, r := keys[token.Write], keys[token.Read]
	for i := range 53 {
		decoded[apiSystem](t, w.ask("POST", "/systems", fmt.Sprintf(`{"name":"System %02d","unit":"Enhet %d"}`, i, i%2)), 201)
	}
	type list struct {
		Items              []apiSystem
		Page, Pages, Total int
	}
	first, last := decoded[list](t, r.ask("GET", "/systems", ""), 200), decoded[list](t, r.ask("GET", "/systems?page=2", ""), 200)
	if len(first.Items) != 50 || first.Pages != 2 || first.Total != 53 || len(last.Items) != 3 || last.Page != 2 || last.Items[2].Name != "System 52" {
		t.Errorf("%d of %+v, then %+v", len(first.Items), first.Total, last)
	}
	if got := decoded[list](t, r.ask("GET", "/systems?q=system%2005&standing=unclassified&sort=need", ""), 200); got.Total != 1 {
		t.Errorf("filtered: %d", got.Total)
	}
	if got := decoded[list](t, r.ask("GET", "/systems?owner=missing&aspect=integrity&step=unknown&unit=missing", ""), 200); got.Total != 0 {
		t.Errorf("without a unit: %d", got.Total)
	}
	problem(t, r.ask("GET", "/systems?forvaltning=x", ""), 422, "web.api-invalid")
	problem(t, r.ask("GET", "/systems?standing=klassad", ""), 422, "web.api-invalid")
}

func TestAPIRepeats(t *testing.T) {
	onBoth(t, func(t *testing.T, a *app.App) {
		actor, keys := programs(t, a)
		now := time.Date(2026, 11, 28, 8, 0, 0, 0, time.UTC)
		a.DB.Now = func() time.Time { return now }
		other := &caller{keys[token.Write].Client, must(a.Tokens.Create(t.Context(), actor, token.Key{Name: "other", Scope: token.Write}, 72*time.Hour))(t)}
		w := &caller{other.Client, must(a.Tokens.Create(t.Context(), actor, token.Key{Name: "long", Scope: token.Write}, 72*time.Hour))(t)}
		body := `{"name":"Skolskjuts","comment":"Zorkmid"}`
		first := w.ask("POST", "/systems", body, "Idempotency-Key", "a")
		again := w.ask("POST", "/systems", body, "Idempotency-Key", "a")
		if first.Status != 201 || again.Status != 201 || first.Body != again.Body || again.Header.Get("ETag") != `"1"` ||
			again.Header.Get("Location") != first.Header.Get("Location") || again.Header.Get("Idempotency-Replayed") != "true" || first.Header.Get("Idempotency-Replayed") != "" {
			t.Errorf("first %d %s, again %d %s", first.Status, first.Body, again.Status, again.Body)
		}
		problem(t, w.ask("POST", "/systems", `{"name":"Annat"}`, "Idempotency-Key", "a"), 422, "web.api-repeat-other")
		problem(t, w.ask("POST", "/systems", body, "Idempotency-Key", "å"), 400, "web.api-repeat-name")
		if p := other.ask("POST", "/systems", body, "Idempotency-Key", "a"); decoded[apiSystem](t, p, 201).Slug != "skolskjuts-2" {
			t.Errorf("another key's request: %s", p.Body)
		}
		// What was refused did nothing and may come again; what another reader may not see is not given to them.
		problem(t, w.ask("POST", "/systems", `{"name":" "}`, "Idempotency-Key", "b"), 422, "system.error-name")
		if p := w.ask("POST", "/systems", `{"name":"Rättat"}`, "Idempotency-Key", "b"); p.Status != 201 {
			t.Errorf("after a refusal: %d %s", p.Status, p.Body)
		}
		// At once: it is done once, and the others are told to wait or get the same.
		var wait sync.WaitGroup
		statuses := make([]int, 8)
		for i := range statuses {
			wait.Go(func() {
				statuses[i] = w.ask("POST", "/systems", `{"name":"Samtidigt"}`, "Idempotency-Key", "c").Status
			})
		}
		wait.Wait()
		for _, s := range statuses {
			if s != http.StatusCreated && s != http.StatusConflict {
				t.Errorf("at once: %v", statuses)
				break
			}
		}
		if got := decoded[struct{ Total int }](t, w.ask("GET", "/systems?q=samtidigt", ""), 200); got.Total != 1 {
			t.Errorf("done %d times", got.Total)
		}
		if kept := answers(t, a, actor.Organisation); strings.Contains(kept, "Zorkmid") || strings.Contains(kept, "Skolskjuts") {
			t.Error("the answer lies in plain text")
		}
		now = now.Add(25 * time.Hour)
		if p := w.ask("POST", "/systems", body, "Idempotency-Key", "a"); decoded[apiSystem](t, p, 201).Slug == "skolskjuts" {
			t.Error("an answer was kept for more than a day")
		}
	})
}

func TestAPIIsProtected(t *testing.T) {
	a := open(t, "sqlite:"+filepath.Join(t.TempDir(), "a.db"))
	actor, keys := programs(t, a)
	w, log := keys[token.Write], keys[token.Log]
	p := w.ask("GET", "/systems", "", "Authorization", "Bearer ins_x")
	problem(t, p, 401, "web.api-key")
	if !strings.HasPrefix(p.Header.Get("WWW-Authenticate"), "Bearer ") {
		t.Errorf("header %q", p.Header.Get("WWW-Authenticate"))
	}
	problem(t, log.ask("GET", "/systems", ""), 403, "web.denied")
	problem(t, w.ask("POST", "/systems", `{"name":"`+strings.Repeat("a", 1<<20)+`"}`), 413, "web.api-invalid")
	problem(t, w.ask("POST", "/systems", `{"name":"`+strings.Repeat("a", 1<<20)+`"}`, "Idempotency-Key", "a"), 413, "web.too-large")
	if p := w.ask("POST", "/systems", `name=X`, "Content-Type", "application/x-www-form-urlencoded"); p.Status != 415 {
		t.Errorf("a form: %d %s", p.Status, p.Body)
	}
	if got := problem(t, w.ask("GET", "/systems", "", "Authorization", "Bearer x", "Accept-Language", "en"), 401, "web.api-key"); !strings.HasPrefix(got.Detail, "The key") {
		t.Errorf("in English: %q", got.Detail)
	}
	// A revoked key opens nothing from the next request on.
	list := must(a.Tokens.List(t.Context(), actor))(t)
	for _, k := range list {
		ok(t, a.Tokens.Revoke(t.Context(), actor, k.ID))
	}
	problem(t, w.ask("GET", "/systems", ""), 401, "web.api-key")
}

// A signed-in reader uses the API with the session, and then another site cannot.
func TestAPIWithSession(t *testing.T) {
	a := open(t, "sqlite:"+filepath.Join(t.TempDir(), "a.db"))
	s := organisations(t, a)
	c, _ := s.signIn(t)
	send := func(site, origin string) *webtest.Page {
		r := c.Request("POST", "/api/v1/systems", strings.NewReader(`{"name":"Med session"}`))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Del("Sec-Fetch-Site")
		if site != "" {
			r.Header.Set("Sec-Fetch-Site", site)
		}
		if origin != "" {
			r.Header.Set("Origin", origin)
		}
		return c.Do(r)
	}
	if p := send("same-origin", ""); p.Status != 201 {
		t.Errorf("own page: %d %s", p.Status, p.Body)
	}
	problem(t, send("cross-site", ""), 403, "web.cross-origin")
	problem(t, send("same-site", ""), 403, "web.cross-origin")
	problem(t, send("", "https://evil.example"), 403, "web.cross-origin")
	problem(t, send("", ""), 403, "web.cross-origin")
	// A key beside the session decides alone: a wrong one is not helped by the cookie.
	r := c.Request("GET", "/api/v1/systems", nil)
	r.Header.Set("Authorization", "Bearer x")
	problem(t, c.Do(r), 401, "web.api-key")
}

func TestAPIDocs(t *testing.T) {
	c := webtest.Start(t, open(t, "sqlite:"+filepath.Join(t.TempDir(), "a.db")).Site(app.ServerOptions{}))
	for _, lang := range []string{"sv", "en"} {
		c.Lang = lang
		p := c.Get("/api")
		webtest.CheckDOM(t, p.Doc)
		if p.Status != 200 || !strings.Contains(p.Text("main"), "GET /api/v1/systems") || !strings.Contains(p.Text("main"), "system.Create") {
			t.Errorf("%s: %d", lang, p.Status)
		}
	}
	if p := c.Get("/api/openapi.json"); p.Status != 200 || !strings.Contains(p.Body, `"openapi": "3.1.0"`) || p.Header.Get("Content-Type") != "application/openapi+json" {
		t.Errorf("%d %v", p.Status, p.Header)
	}
}

// What the API says of classification, requirements, actions and the annex is what the pages say, and is changed by the same rules.
func TestAPIWork(t *testing.T) {
	a := open(t, "sqlite:"+filepath.Join(t.TempDir(), "a.db"))
	_, keys := programs(t, a)
	w, r := keys[token.Write], keys[token.Read]
	sys := "/systems/" + decoded[apiSystem](t, w.ask("POST", "/systems", `{"name":"Skolskjuts"}`), 201).ID
	type level struct {
		Aspect, Basis string
		Level         *int
	}
	type classification struct {
		Levels      []level
		DraftLevels []level `json:"draft_levels"`
		Answers     []struct{ ETag string }
		Obstacles   []struct{ Code string }
		Draft       bool
	}
	kind := a.Catalogue.Types[0].ID
	held := func() string { return w.ask("GET", sys+"/information", "").Header.Get("ETag") }
	problem(t, w.ask("PUT", sys+"/information", `{"types":[]}`), 428, "web.api-match")
	decoded[classification](t, w.ask("PUT", sys+"/information", `{"types":["`+kind+`"],"own":[{"name":"Egen lista"}]}`, "If-Match", held()), 200)
	problem(t, w.ask("PUT", sys+"/information", `{"types":["finns-inte"]}`, "If-Match", held()), 422, "classification.api-type")
	at := sys + "/classification/answers/integrity/individual"
	problem(t, w.ask("PUT", at, `{"level":2}`), 428, "web.api-match")
	got := decoded[classification](t, w.ask("PUT", at, `{"level":2,"motivation":"Barn"}`, "If-Match", `"0"`), 200)
	if len(got.Answers) != 1 || !got.Draft || len(got.Obstacles) == 0 {
		t.Fatalf("answered: %+v", got)
	}
	if p := problem(t, w.ask("PUT", at, `{"level":1}`, "If-Match", `"0"`), 412, "web.api-stale"); p.Current != got.Answers[0].ETag {
		t.Errorf("current %s, want %s", p.Current, got.Answers[0].ETag)
	}
	problem(t, w.ask("PUT", at, `{"level":9}`, "If-Match", got.Answers[0].ETag), 422, "classification.fault-level")
	problem(t, w.ask("POST", sys+"/classification/decision", `{"decider":"Chef"}`), 403, "web.denied")
	problem(t, r.ask("PUT", at, `{"level":1}`, "If-Match", got.Answers[0].ETag), 403, "web.denied")

	type requirement struct {
		ID      string
		Because []struct{ Text string }
		Answer  struct{ Status, ETag string }
	}
	list := decoded[struct {
		Items []requirement
		Total int
	}](t, r.ask("GET", sys+"/requirements", ""), 200)
	if list.Total == 0 || len(list.Items[0].Because) == 0 || list.Items[0].Answer.Status != "unanswered" || list.Items[0].Answer.ETag != `"0"` {
		t.Fatalf("requirements: %+v", list)
	}
	one := sys + "/requirements/" + list.Items[0].ID + "/answer"
	problem(t, w.ask("PUT", one, `{"status":"not-applicable","known_by":"attested"}`, "If-Match", `"0"`), 422, "requirement.api-reason")
	answered := decoded[requirement](t, w.ask("PUT", one, `{"status":"partly","known_by":"attested"}`, "If-Match", `"0"`), 200)
	if answered.Answer.Status != "partly" || answered.Answer.ETag == `"0"` {
		t.Errorf("answered: %+v", answered)
	}
	problem(t, w.ask("PUT", one, `{"status":"met","known_by":"attested"}`, "If-Match", `"0"`), 412, "web.api-stale")
	plan := sys + "/actions/" + list.Items[0].ID
	problem(t, w.ask("PUT", plan, `{"status":"planned"}`, "If-Match", `"0"`), 422, "action.page-fault-owner")
	if p := w.ask("PUT", plan, `{"status":"planned","owner_role":"it-drift","due_on":"2020-01-01"}`, "If-Match", `"0"`); p.Status != 200 || p.Header.Get("ETag") != `"1"` {
		t.Errorf("action: %d %s", p.Status, p.Body)
	}
	problem(t, w.ask("PUT", plan, `{"status":"done","owner_role":"x"}`, "If-Match", `"0"`), 412, "web.api-stale")
	late := decoded[struct {
		Items []struct{ Requirement string }
	}](t, r.ask("GET", "/actions?group=late", ""), 200)
	if len(late.Items) != 1 || late.Items[0].Requirement != list.Items[0].ID {
		t.Errorf("late: %+v", late)
	}
	r.seesLate(t, sys, list.Items[0].ID)
	annex := decoded[struct {
		Hash string
		Rows []struct {
			Requirement        string
			Included, Proposed bool
		}
	}](t, r.ask("GET", sys+"/annex", ""), 200)
	for _, row := range annex.Rows {
		if row.Proposed {
			problem(t, w.ask("POST", sys+"/annex/choices", `{"choices":[{"requirement":"`+row.Requirement+`","included":false}]}`), 422, "procurement.api-reason")
			break
		}
	}
}

// seesLate looks for an action that somebody has taken on, and that is late, in each part of a system's plan.
func (c *caller) seesLate(t *testing.T, sys, requirement string) {
	t.Helper()
	for show, kept := range map[string]bool{"all": true, "late": true, "taken": true, "open": false} {
		if p := c.ask("GET", sys+"/actions?limit=200&show="+show, ""); p.Status != 200 || strings.Contains(p.Body, requirement+`"`) != kept {
			t.Errorf("%s has the action that is late: %v, want %v", show, !kept, kept)
		}
	}
}

// An answer at the highest level stops the classification. That is what the answer asks for, so it is not refused; what comes after it is.
func TestAPIAnswerThatStops(t *testing.T) {
	a := open(t, "sqlite:"+filepath.Join(t.TempDir(), "a.db"))
	_, keys := programs(t, a)
	w := keys[token.Write]
	sys := "/systems/" + decoded[apiSystem](t, w.ask("POST", "/systems", `{"name":"Skolskjuts"}`), 201).ID
	at := sys + "/classification/answers/integrity/individual"
	type classification struct {
		Stopped bool
		Answers []struct{ ETag string }
	}
	if got := decoded[classification](t, w.ask("PUT", at, `{"level":2}`, "If-Match", `"0"`), 200); got.Stopped || len(got.Answers) != 1 {
		t.Fatalf("answered: %+v", got)
	}
	other := sys + "/classification/answers/availability/individual"
	if got := decoded[classification](t, w.ask("PUT", other, `{"level":4}`, "If-Match", `"0"`), 200); !got.Stopped || len(got.Answers) != 0 {
		t.Fatalf("stopped: %+v", got)
	}
	problem(t, w.ask("PUT", at, `{"level":1}`, "If-Match", `"0"`), 422, "classification.fault-stopped")
}

// What a page can be narrowed by, an operation can: each filter leaves what it says and nothing else.
func TestAPIFilters(t *testing.T) {
	a := open(t, "sqlite:"+filepath.Join(t.TempDir(), "a.db"))
	_, keys := programs(t, a)
	w := keys[token.Write]
	decoded[apiSystem](t, w.ask("POST", "/systems", `{"name":"Skolskjuts","state":"planned"}`), 201)
	made := decoded[apiSystem](t, w.ask("POST", "/systems", `{"name":"Elevregister"}`), 201)
	count := func(path string) int {
		return len(decoded[apiListed](t, w.ask("GET", path, ""), 200).Items)
	}
	for all, parts := range map[string][]string{
		"/catalogue/laws?limit=200":                       {"&basis=explicit", "&basis=derived"},
		"/catalogue/laws?limit=200&":                      {"&verified=yes", "&verified=no"},
		"/catalogue/laws?limit=200&concerns=no":           {"&force=current", "&force=not-yet", "&force=ended", "&force=unchecked"},
		"/systems?limit=200":                              {"&state=planned", "&state=unknown"},
		"/systems?limit=200&sort=need":                    {"&state=planned", "&state=unknown"},
		"/systems/" + made.ID + "/requirements?limit=200": {"&kind=organisational", "&kind=administrative", "&kind=physical", "&kind=technical"},
	} {
		sum := 0
		for _, p := range parts {
			n := count(all + p)
			if n == count(all) && n > 0 {
				t.Errorf("%s%s leaves nothing out", all, p)
			}
			sum += n
		}
		if n := count(all); n == 0 || n < 200 && sum != n {
			t.Errorf("%s has %d, and its parts %d", all, n, sum)
		}
	}
	if some, all := count("/catalogue/information-types?q=bist%C3%A5nd"), count("/catalogue/information-types"); some == 0 || some >= all {
		t.Errorf("%d of %d types speak of bistånd", some, all)
	}
	if some, all := count("/catalogue/information-types?area=skola"), count("/catalogue/information-types"); some >= all {
		t.Errorf("%d of %d types are of the school", some, all)
	}
}

func TestAPICatalogue(t *testing.T) {
	a := open(t, "sqlite:"+filepath.Join(t.TempDir(), "a.db"))
	_, keys := programs(t, a)
	w, r := keys[token.Write], keys[token.Read]
	sys := "/systems/" + decoded[apiSystem](t, w.ask("POST", "/systems", `{"name":"Skolskjuts"}`), 201).ID
	none := w.ask("GET", sys+"/information", "").Header.Get("ETag")
	decoded[struct{ System string }](t, w.ask("PUT", sys+"/information", `{"types":["`+a.Catalogue.Types[0].ID+`"]}`, "If-Match", none), 200)
	if p := r.ask("GET", "/oscal/catalog.json?lang=en", ""); p.Status != 200 || !strings.Contains(p.Body, `"oscal-version": "1.1.2"`) {
		t.Errorf("OSCAL: %d", p.Status)
	}
	for _, path := range []string{"/catalogue/laws", "/catalogue/requirements", "/catalogue/information-types", "/catalogue/facts", "/models", "/information", "/processings"} {
		if got := decoded[struct{ Items []any }](t, r.ask("GET", path, ""), 200); len(got.Items) == 0 && path != "/processings" {
			t.Errorf("%s is empty", path)
		}
	}
}

func TestAPILog(t *testing.T) {
	a := open(t, "sqlite:"+filepath.Join(t.TempDir(), "a.db"))
	_, keys := programs(t, a)
	decoded[apiSystem](t, keys[token.Write].ask("POST", "/systems", `{"name":"Skolskjuts"}`), 201)
	problem(t, keys[token.Write].ask("GET", "/log", ""), 403, "web.denied")
	got := decoded[struct {
		Items []struct{ Action, Actor string }
	}](t, keys[token.Log].ask("GET", "/log?action=system.Create", ""), 200)
	if len(got.Items) != 1 || !strings.HasPrefix(got.Items[0].Actor, "token:") {
		t.Errorf("log: %+v", got)
	}
	p := keys[token.Log].ask("GET", "/log/export", "")
	if p.Status != 200 || !strings.HasPrefix(p.Header.Get("Content-Type"), "application/jsonl") {
		t.Fatalf("export: %d %v %s", p.Status, p.Header, p.Body)
	}
	lines := strings.Split(strings.TrimSpace(p.Body), "\n")
	for _, line := range lines {
		if !json.Valid([]byte(line)) {
			t.Errorf("not JSON: %q", line)
		}
	}
	if !strings.Contains(lines[0], "insegel_log_export") || !strings.Contains(p.Body, "system.Create") {
		t.Errorf("export: %s", p.Body)
	}
}
