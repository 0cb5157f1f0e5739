// SPDX-License-Identifier: EUPL-1.2

package app_test

import (
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/insegel/insegel/internal/webtest"
)

// A program says what a system needs, sees it, and takes it away.
func TestAPIDependencies(t *testing.T) {
	address, link, _ := example(t, "sqlite:"+filepath.Join(t.TempDir(), "example.db"))
	c := webtest.Open(t, address)
	if p := c.Get(strings.TrimPrefix(link, address)); p.Status != http.StatusOK {
		t.Fatalf("sign-in: %d", p.Status)
	}
	sys := decoded[apiSystem](t, ask(c, "POST", "/systems", `{"name":"Skolskjuts"}`), 201)
	other := decoded[apiSystem](t, ask(c, "POST", "/systems", `{"name":"Körlistorna"}`), 201)
	of := "/systems/" + sys.ID + "/dependencies"
	type dependency struct{ ID, System, Name, Supplier, Carries string }
	type both struct {
		Needs    []dependency
		NeededBy []dependency `json:"needed_by"`
	}
	problem(t, ask(c, "POST", of, `{}`), 422, "overview.fault-needs")
	problem(t, ask(c, "POST", of, `{"system":"Finns inte"}`), 422, "overview.fault-no-system")
	problem(t, ask(c, "POST", of, `{"system":"Skolskjuts"}`), 422, "overview.fault-itself")
	problem(t, ask(c, "POST", "/systems/finns-inte/dependencies", `{"system":"Körlistorna"}`), 404, "web.not-found")
	made := decoded[both](t, ask(c, "POST", of, `{"system":"Körlistorna","carries":"information"}`, "Idempotency-Key", "d1"), 201)
	again := decoded[both](t, ask(c, "POST", of, `{"system":"Körlistorna","carries":"information"}`, "Idempotency-Key", "d1"), 201)
	if len(made.Needs) != 1 || len(again.Needs) != 1 || again.Needs[0] != made.Needs[0] {
		t.Fatalf("a repeat gives %+v, the first gave %+v", again, made)
	}
	problem(t, ask(c, "POST", of, `{"system":"Körlistorna"}`), 409, "overview.fault-depends")
	decoded[both](t, ask(c, "POST", of, `{"facility":"Stadsnätet","supplier":"Norrnät AB"}`), 201)
	read := decoded[both](t, ask(c, "GET", of, ""), 200)
	if len(read.Needs) != 2 || read.Needs[0].ID == "" || read.Needs[1].ID == "" {
		t.Fatalf("the system needs %+v", read.Needs)
	}
	for _, n := range read.Needs {
		switch n.Name {
		case "Körlistorna":
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
	if back := decoded[both](t, ask(c, "GET", "/systems/"+other.Slug+"/dependencies", ""), 200); len(back.NeededBy) != 1 || back.NeededBy[0].System != sys.ID {
		t.Errorf("what is needed is needed by %+v", back.NeededBy)
	}
	seesDependencies(t, c, sys.ID, other.ID)
	for _, n := range read.Needs {
		if p := ask(c, "DELETE", of+"/"+n.ID, ""); p.Status != http.StatusNoContent {
			t.Errorf("to take %s away: %d %s", n.Name, p.Status, p.Body)
		}
	}
	if gone := decoded[both](t, ask(c, "GET", of, ""), 200); len(gone.Needs) != 0 {
		t.Errorf("what was taken away is still there: %+v", gone.Needs)
	}
	problem(t, ask(c, "DELETE", of+"/"+read.Needs[0].ID, ""), 404, "web.not-found")
}

// seesDependencies looks for two dependencies among all of them, and at what the other parts of the list have.
func seesDependencies(t *testing.T, c *webtest.Client, from, to string) {
	t.Helper()
	type place struct{ System, Name string }
	type row struct {
		From, Needs place
		Carries     string
		Inherited   []struct{ Path []place }
		Loop        []place
	}
	all := func(show string) []row {
		return decoded[struct{ Items []row }](t, ask(c, "GET", "/dependencies?limit=200&show="+show, ""), 200).Items
	}
	ours := 0
	for _, r := range all("all") {
		if r.From == (place{from, "Skolskjuts"}) && (r.Needs == place{to, "Körlistorna"} || r.Needs == place{"", "Stadsnätet"}) {
			ours++
		}
	}
	if ours != 2 {
		t.Errorf("of all dependencies, %d are ours, want 2", ours)
	}
	for _, r := range all("raised") {
		if r.From.System == "" || len(r.Inherited) == 0 || len(r.Inherited[0].Path) == 0 {
			t.Errorf("inherits: %+v", r)
		}
	}
	for _, r := range all("loops") {
		if len(r.Loop) < 2 {
			t.Errorf("goes round: %+v", r)
		}
	}
}

// Who may decide does it through the API with their session, and what they did is seen again: about measuring, sharing and the figures
// of the day.
func TestAPIDecisionsAreSeenAgain(t *testing.T) {
	address, link, _ := example(t, "sqlite:"+filepath.Join(t.TempDir(), "example.db"))
	c := webtest.Open(t, address)
	if p := c.Get(strings.TrimPrefix(link, address)); p.Status != http.StatusOK {
		t.Fatalf("sign-in: %d", p.Status)
	}
	done := func(method, path, body string) {
		t.Helper()
		if p := ask(c, method, path, body); p.Status != http.StatusNoContent {
			t.Errorf("%s %s: %d %s", method, path, p.Status, p.Body)
		}
	}
	t.Run("measuring", func(t *testing.T) {
		type targets struct {
			Items   []struct{ ID, State, System string }
			Stopped bool
		}
		get := func() targets { return decoded[targets](t, ask(c, "GET", "/measurement-targets", ""), 200) }
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
		body := `{"system":"` + one.System + `","url":"https://nytt.norrsjo.example/","zone":"internet","expires_on":"2027-06-30","reason":"Ny ingång."}`
		asked := decoded[struct{ ID, State string }](t, ask(c, "POST", "/measurement-targets", body), 202)
		if asked.State != "waiting" {
			t.Errorf("what is asked for is %s before a second person has decided", asked.State)
		}
	})
	t.Run("sharing", func(t *testing.T) { sharingIsSeenAgain(t, c) })
	t.Run("figures", func(t *testing.T) {
		done("POST", "/indicators/snapshot", "")
		if p := ask(c, "GET", "/indicators", ""); p.Status != http.StatusOK || !strings.Contains(p.Body, `"items"`) {
			t.Errorf("indicators: %d %s", p.Status, p.Body)
		}
	})
	t.Run("dependencies", func(t *testing.T) {
		if p := ask(c, "POST", "/systems/bistandsakten/dependencies", `{"facility":"Reservkraft"}`); p.Status != http.StatusCreated || !strings.Contains(p.Body, "Reservkraft") {
			t.Errorf("%d %s", p.Status, p.Body)
		}
		if page := c.Get("/system/bistandsakten/beroenden"); !strings.Contains(page.Text("main"), "Reservkraft") {
			t.Error("the page does not show what a program has said")
		}
	})
}

// What is shared is changed from the version that somebody has seen, by a program and on the page, and seen again.
func sharingIsSeenAgain(t *testing.T, c *webtest.Client) {
	t.Helper()
	type sharing struct {
		Municipality          string
		Share, Shown, Receive bool
	}
	first := ask(c, "GET", "/national/sharing", "")
	was, tag := decoded[sharing](t, first, 200), first.Header.Get("ETag")
	code := was.Municipality
	if code == "" {
		code = "0180"
	}
	body := `{"municipality":"` + code + `","share":true,"shown":` + map[bool]string{true: "false", false: "true"}[was.Shown] + `,"receive":false}`
	problem(t, ask(c, "PUT", "/national/sharing", body), 428, "web.api-match")
	page := c.Get("/nationellt/dela")
	saved := ask(c, "PUT", "/national/sharing", body, "If-Match", tag)
	decoded[sharing](t, saved, 200)
	if p := problem(t, ask(c, "PUT", "/national/sharing", body, "If-Match", tag), 412, "web.api-stale"); p.Current == tag || p.Current != saved.Header.Get("ETag") {
		t.Errorf("the current version is %s, saved %s", p.Current, saved.Header.Get("ETag"))
	}
	if now := decoded[sharing](t, ask(c, "GET", "/national/sharing", ""), 200); !now.Share || now.Shown == was.Shown || now.Municipality != code {
		t.Errorf("after the change sharing is %+v", now)
	}
	// Who had the page open meanwhile is told what stands, and keeps what they chose until they save it.
	const form = `form[action="/nationellt/dela"]`
	clash := c.Submit(page, form, nil)
	if !strings.Contains(clash.Text("main"), "Någon annan har ändrat") {
		t.Errorf("the page saved over another's change: %d %.300s", clash.Status, clash.Text("main"))
	}
	if again := c.Submit(clash, form, nil); !strings.Contains(again.Text("main"), "Det är sparat.") {
		t.Errorf("saved once more: %d %.300s", again.Status, again.Text("main"))
	}
	saved = ask(c, "GET", "/national/sharing", "")
	problem(t, ask(c, "PUT", "/national/sharing", `{"municipality":"9999","share":true,"shown":false,"receive":false}`, "If-Match", saved.Header.Get("ETag")), 422, "national.sharing-no-municipality")
}
