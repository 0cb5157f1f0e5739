// SPDX-License-Identifier: EUPL-1.2

package app_test

import (
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/insegel/insegel/internal/app"
	"github.com/insegel/insegel/internal/auth/token"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/web"
	"github.com/insegel/insegel/internal/webtest"
)

// asReader makes requests to the API as the reader who is signed in, as a page of ours would.
func asReader(c *webtest.Client, method, path, body string, headers ...string) *webtest.Page {
	r := c.Request(method, "/api/v1"+path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	return c.Do(r)
}

// A program says what a system needs, sees it, and takes it away.
func TestAPIDependencies(t *testing.T) {
	onBoth(t, func(t *testing.T, a *app.App) {
		_, keys := programs(t, a)
		w, r := keys[token.Write], keys[token.Read]
		sys := decoded[apiSystem](t, w.ask("POST", "/systems", `{"name":"Skolskjuts"}`), 201)
		other := decoded[apiSystem](t, w.ask("POST", "/systems", `{"name":"Elevregistret"}`), 201)
		of := "/systems/" + sys.ID + "/dependencies"
		type dependency struct{ ID, System, Name, Supplier, Carries string }
		type both struct {
			Needs    []dependency
			NeededBy []dependency `json:"needed_by"`
		}
		problem(t, r.ask("POST", of, `{"system":"Elevregistret"}`), 403, "web.denied")
		problem(t, w.ask("POST", of, `{}`), 422, "overview.fault-needs")
		problem(t, w.ask("POST", of, `{"system":"Finns inte"}`), 422, "overview.fault-no-system")
		problem(t, w.ask("POST", of, `{"system":"Skolskjuts"}`), 422, "overview.fault-itself")
		problem(t, w.ask("POST", "/systems/finns-inte/dependencies", `{"system":"Elevregistret"}`), 404, "web.not-found")
		made := decoded[both](t, w.ask("POST", of, `{"system":"Elevregistret","carries":"information"}`, "Idempotency-Key", "d1"), 201)
		again := decoded[both](t, w.ask("POST", of, `{"system":"Elevregistret","carries":"information"}`, "Idempotency-Key", "d1"), 201)
		if len(made.Needs) != 1 || len(again.Needs) != 1 || again.Needs[0] != made.Needs[0] {
			t.Fatalf("a repeat gives %+v, the first gave %+v", again, made)
		}
		problem(t, w.ask("POST", of, `{"system":"Elevregistret"}`), 409, "overview.fault-depends")
		decoded[both](t, w.ask("POST", of, `{"facility":"Stadsnätet","supplier":"Norrnät AB"}`), 201)
		read := decoded[both](t, r.ask("GET", of, ""), 200)
		if len(read.Needs) != 2 || read.Needs[0].ID == "" || read.Needs[1].ID == "" {
			t.Fatalf("the system needs %+v", read.Needs)
		}
		for _, n := range read.Needs {
			switch n.Name {
			case "Elevregistret":
				if n.System != other.ID || n.Carries != "information" {
					t.Errorf("it needs %+v", n)
				}
			case "Stadsnätet":
				if n.System != "" || n.Supplier != "Norrnät AB" || n.Carries != "unknown" {
					t.Errorf("it needs %+v", n)
				}
			default:
				t.Errorf("it needs %+v", n)
			}
		}
		if back := decoded[both](t, r.ask("GET", "/systems/"+other.Slug+"/dependencies", ""), 200); len(back.NeededBy) != 1 || back.NeededBy[0].System != sys.ID {
			t.Errorf("what is needed is needed by %+v", back.NeededBy)
		}
		for _, n := range read.Needs {
			if p := w.ask("DELETE", of+"/"+n.ID, ""); p.Status != http.StatusNoContent {
				t.Errorf("to take %s away: %d %s", n.Name, p.Status, p.Body)
			}
		}
		if gone := decoded[both](t, r.ask("GET", of, ""), 200); len(gone.Needs) != 0 {
			t.Errorf("what was taken away is still there: %+v", gone.Needs)
		}
		problem(t, w.ask("DELETE", of+"/"+read.Needs[0].ID, ""), 404, "web.not-found")
	})
}

// Who may decide does it through the API with their session, and what they did is seen again: about findings, measuring, sharing, the
// agents, the figures of the day, and the examples.
func TestAPIDecisionsAreSeenAgain(t *testing.T) {
	address, link, _ := example(t, "sqlite:"+filepath.Join(t.TempDir(), "example.db"))
	c := webtest.Open(t, address)
	if p := c.Get(strings.TrimPrefix(link, address)); p.Status != http.StatusOK {
		t.Fatalf("sign-in: %d", p.Status)
	}
	done := func(method, path, body string) {
		t.Helper()
		if p := asReader(c, method, path, body); p.Status != http.StatusNoContent {
			t.Errorf("%s %s: %d %s", method, path, p.Status, p.Body)
		}
	}
	t.Run("findings", func(t *testing.T) { decideFindings(t, c, done) })
	t.Run("measuring", func(t *testing.T) {
		type targets struct {
			Items   []struct{ ID, State, System string }
			Stopped bool
		}
		get := func() targets { return decoded[targets](t, asReader(c, "GET", "/measurement-targets", ""), 200) }
		if get().Stopped {
			t.Fatal("measuring is stopped from the beginning")
		}
		done("POST", "/measuring/stop", "")
		if !get().Stopped {
			t.Error("a stop is not seen")
		}
		done("POST", "/measuring/resumption", "")
		all := get()
		if all.Stopped || len(all.Items) == 0 {
			t.Fatalf("after the resumption: %+v", all)
		}
		one := all.Items[0]
		done("DELETE", "/measurement-targets/"+one.ID, "")
		for _, x := range get().Items {
			if x.ID == one.ID && x.State != "ended" {
				t.Errorf("what was ended is %s", x.State)
			}
		}
		ask := `{"system":"` + one.System + `","url":"https://nytt.norrsjo.example/","zone":"internet","expires_on":"2027-06-30","reason":"Ny ingång."}`
		asked := decoded[struct{ ID, State string }](t, asReader(c, "POST", "/measurement-targets", ask), 202)
		if asked.State != "waiting" {
			t.Errorf("what is asked for is %s before a second person has decided", asked.State)
		}
	})
	t.Run("sharing", func(t *testing.T) {
		type sharing struct {
			Municipality          string
			Share, Shown, Receive bool
		}
		was := decoded[sharing](t, asReader(c, "GET", "/national/sharing", ""), 200)
		code := was.Municipality
		if code == "" {
			code = "0180"
		}
		body := `{"municipality":"` + code + `","share":true,"shown":` + map[bool]string{true: "false", false: "true"}[was.Shown] + `,"receive":false}`
		decoded[sharing](t, asReader(c, "PUT", "/national/sharing", body), 200)
		if now := decoded[sharing](t, asReader(c, "GET", "/national/sharing", ""), 200); !now.Share || now.Shown == was.Shown || now.Municipality != code {
			t.Errorf("after the change sharing is %+v", now)
		}
		problem(t, asReader(c, "PUT", "/national/sharing", `{"municipality":"9999","share":true,"shown":false,"receive":false}`), 422, "national.sharing-no-municipality")
	})
	t.Run("figures", func(t *testing.T) {
		done("POST", "/indicators/snapshot", "")
		if p := asReader(c, "GET", "/indicators", ""); p.Status != http.StatusOK || !strings.Contains(p.Body, `"items"`) {
			t.Errorf("indicators: %d %s", p.Status, p.Body)
		}
	})
	t.Run("dependencies", func(t *testing.T) {
		if p := asReader(c, "POST", "/systems/bistandsakten/dependencies", `{"facility":"Reservkraft"}`); p.Status != http.StatusCreated || !strings.Contains(p.Body, "Reservkraft") {
			t.Errorf("%d %s", p.Status, p.Body)
		}
		if page := c.Get("/system/bistandsakten/beroenden"); !strings.Contains(page.Text("main"), "Reservkraft") {
			t.Error("the page does not show what a program has said")
		}
	})
}

// Examples are put in and taken away through the API, and both are seen.
func TestAPIExample(t *testing.T) {
	a := open(t, "sqlite:"+filepath.Join(t.TempDir(), "a.db"))
	actor := dbtest.Organisation(t, a.DB, "egen")
	actor.Fresh = true
	address, link := demoSite(t, a, actor, web.Viewer{Name: "Samordnaren"})
	c := webtest.Open(t, address)
	if p := c.Get(strings.TrimPrefix(link, address)); p.Status != http.StatusOK {
		t.Fatalf("sign-in: %d", p.Status)
	}
	type state struct {
		Begun, Empty bool
		Systems      int
	}
	get := func() state { return decoded[state](t, asReader(c, "GET", "/example", ""), 200) }
	if s := get(); !s.Empty || s.Begun {
		t.Fatalf("to begin with: %+v", s)
	}
	if s := decoded[state](t, asReader(c, "POST", "/example", ""), 201); !s.Begun || s.Systems == 0 || get() != s {
		t.Errorf("after the start: %+v, and then %+v", s, get())
	}
	if p := asReader(c, "DELETE", "/example", ""); p.Status != http.StatusNoContent {
		t.Errorf("to take it away: %d %s", p.Status, p.Body)
	}
	if s := get(); s.Begun || s.Systems != 0 || !s.Empty {
		t.Errorf("after it was taken away: %+v", s)
	}
}

// decideFindings decides about one finding in each way that needs no other, and sees that the lists tell it.
func decideFindings(t *testing.T, c *webtest.Client, done func(method, path, body string)) {
	t.Helper()
	type finding struct {
		ID, State, ETag, System, Source string
		Disputed                        bool
	}
	type findings struct {
		Items          []finding
		Total, Waiting int
	}
	get := func(view string) findings {
		return decoded[findings](t, asReader(c, "GET", "/findings?view="+view, ""), 200)
	}
	one := func(id string) (out finding) {
		for _, f := range get("all").Items {
			if f.ID == id {
				out = f
			}
		}
		return out
	}
	waiting := get("waiting")
	if len(waiting.Items) < 2 {
		t.Fatalf("%d findings wait for a decision, want at least two", len(waiting.Items))
	}
	f := waiting.Items[0]
	sys := decoded[apiSystem](t, asReader(c, "POST", "/systems", `{"name":"Listornas system"}`), 201)
	decision := func(f finding, more string) string {
		return `{"items":[{"id":"` + f.ID + `","etag":"` + strings.ReplaceAll(f.ETag, `"`, `\"`) + `"}],` + more + `}`
	}
	problem(t, asReader(c, "POST", "/findings/decisions", decision(f, `"outcome":"finns-inte"`)), 422, "finding.error-outcome")
	done("POST", "/findings/decisions", decision(f, `"outcome":"system","system":"`+sys.ID+`"`))
	if now := one(f.ID); now.State != "system" || now.System != sys.ID || now.ETag == f.ETag {
		t.Errorf("after the decision the finding is %+v", now)
	}
	if left := get("waiting"); left.Waiting != waiting.Waiting-1 {
		t.Errorf("%d wait, and %d did before", left.Waiting, waiting.Waiting)
	}
	problem(t, asReader(c, "POST", "/findings/decisions", decision(f, `"outcome":"system","system":"`+sys.ID+`"`)), 409, "finding.error-conflict")
	second := waiting.Items[1]
	done("POST", "/findings/decisions", decision(second, `"outcome":"false","note":"Testlista utan riktiga personer.","ends_on":"2027-05-31"`))
	rules := decoded[struct{ Items []struct{ ID, Note string } }](t, asReader(c, "GET", "/finding-rules", ""), 200)
	if now := one(second.ID); now.State != "false" || len(rules.Items) == 0 {
		t.Errorf("a false finding is %+v, with the rules %+v", now, rules.Items)
		return
	}
	done("DELETE", "/finding-rules/"+rules.Items[0].ID, "")
	if p := asReader(c, "GET", "/finding-rules", ""); strings.Contains(p.Body, rules.Items[0].ID) {
		t.Errorf("a rule that was ended still holds: %s", p.Body)
	}
}
