// SPDX-License-Identifier: EUPL-1.2

package app_test

import (
	"path/filepath"
	"testing"

	"github.com/insegel/insegel/internal/auth/token"
)

// etagged is something that the API gave, with what it takes to change it.
type etagged struct{ ID, ETag, Status string }

// A program plans a purchase, makes its annex and registers the system that it became, by the same rules as the pages.
func TestAPIPurchases(t *testing.T) {
	a := open(t, "sqlite:"+filepath.Join(t.TempDir(), "a.db"))
	_, keys := programs(t, a)
	w, r := keys[token.Write], keys[token.Read]
	kind := a.Catalogue.Types[0].ID
	problem(t, r.ask("POST", "/purchases", `{"name":"Ny skolskjuts"}`), 403, "web.denied")
	problem(t, w.ask("POST", "/purchases", `{"name":"X","levels":{"finns-inte":2}}`), 422, "procurement.fault-purchase-level")
	problem(t, w.ask("POST", "/purchases", `{"name":"X","types":["finns-inte"]}`), 422, "procurement.fault-purchase-type")
	made := decoded[etagged](t, w.ask("POST", "/purchases", `{"name":"Ny skolskjuts","types":["`+kind+`"],"levels":{"integrity":2}}`, "Idempotency-Key", "p1"), 201)
	again := decoded[etagged](t, w.ask("POST", "/purchases", `{"name":"Ny skolskjuts","types":["`+kind+`"],"levels":{"integrity":2}}`, "Idempotency-Key", "p1"), 201)
	if again != made {
		t.Errorf("a repeat made %+v, the first %+v", again, made)
	}
	one := "/purchases/" + made.ID
	problem(t, w.ask("PUT", one, `{"name":"Skolskjuts 2"}`), 428, "web.api-match")
	changed := decoded[etagged](t, w.ask("PUT", one, `{"name":"Skolskjuts 2","types":["`+kind+`"],"levels":{"integrity":3}}`, "If-Match", made.ETag), 200)
	if p := problem(t, w.ask("PUT", one, `{"name":"Skolskjuts 3"}`, "If-Match", made.ETag), 412, "web.api-stale"); p.Current != changed.ETag {
		t.Errorf("current %s, want %s", p.Current, changed.ETag)
	}
	problem(t, w.ask("PUT", one, `{"name":"Skolskjuts 3"}`, "If-Match", `"0"`), 412, "web.api-stale")
	list := decoded[struct {
		Items []struct{ Name, ETag string }
		Total int
	}](t, r.ask("GET", "/purchases", ""), 200)
	if list.Total != 1 || list.Items[0].Name != "Skolskjuts 2" || list.Items[0].ETag != changed.ETag {
		t.Errorf("purchases: %+v", list)
	}
	if read := decoded[struct{ Levels map[string]int }](t, r.ask("GET", one, ""), 200); read.Levels["integrity"] != 3 {
		t.Errorf("the purchase's levels are %v", read.Levels)
	}
	type rows struct {
		Items []struct {
			ID      string
			Removed bool
		}
	}
	own := decoded[rows](t, w.ask("POST", one+"/annex/own", `{"text":"Bussen kommer i tid.","must":true}`), 201)
	problem(t, w.ask("POST", one+"/annex/own/"+own.Items[0].ID+"/removal", `{"reason":""}`), 422, "web.api-invalid")
	type version struct {
		Number int
		Hash   string
	}
	first := decoded[version](t, w.ask("POST", one+"/annex/versions", ""), 201)
	if same := decoded[version](t, w.ask("POST", one+"/annex/versions", ""), 201); same != first || first.Number != 1 || first.Hash == "" {
		t.Errorf("an annex that has not changed is version %+v, and was %+v", same, first)
	}
	if gone := decoded[rows](t, w.ask("POST", one+"/annex/own/"+own.Items[0].ID+"/removal", `{"reason":"Står i avtalet."}`), 200); !gone.Items[0].Removed {
		t.Errorf("removed: %+v", gone)
	}
	if second := decoded[version](t, w.ask("POST", one+"/annex/versions", ""), 201); second.Number != 2 || second.Hash == first.Hash {
		t.Errorf("the second version is %+v", second)
	}
	sys := decoded[struct{ System, Slug string }](t, w.ask("POST", one+"/system", ""), 201)
	if kept := decoded[struct{ Items []version }](t, r.ask("GET", "/systems/"+sys.System+"/annex/versions", ""), 200); len(kept.Items) != 2 {
		t.Errorf("the system's annex has %d versions, want the purchase's 2", len(kept.Items))
	}
	problem(t, w.ask("DELETE", one, ""), 428, "web.api-match")
	now := decoded[etagged](t, r.ask("GET", one, ""), 200)
	problem(t, w.ask("DELETE", one, "", "If-Match", now.ETag), 409, "procurement.fault-bought")
}

// A program records evidence, and moves an action; what is not a program's to do it is told.
func TestAPIEvidenceAndMoves(t *testing.T) {
	a := open(t, "sqlite:"+filepath.Join(t.TempDir(), "a.db"))
	_, keys := programs(t, a)
	w, r := keys[token.Write], keys[token.Read]
	sys := "/systems/" + decoded[apiSystem](t, w.ask("POST", "/systems", `{"name":"Skolskjuts"}`), 201).ID
	const said = `{"subject":"role-model","kind":"EV_DOC","source":"attested","outcome":"for","observed_on":"2026-01-15","title":"Rollbeskrivning"`
	problem(t, r.ask("POST", sys+"/evidence", said+`}`), 403, "web.denied")
	problem(t, w.ask("POST", sys+"/evidence", `{"subject":"role-model","kind":"EV_PWFORM","source":"attested","outcome":"for","observed_on":"2026-01-15"}`), 422, "evidence.api-subject")
	problem(t, w.ask("POST", sys+"/evidence", said+`,"file":{"name":"x.exe","content":"eA=="}}`), 422, "evidence.error-ending")
	problem(t, w.ask("POST", sys+"/evidence", `{"subject":"role-model","kind":"EV_DOC","source":"attested","outcome":"for","observed_on":"2999-01-01","title":"x"}`), 422, "evidence.error-future")
	made := decoded[etagged](t, w.ask("POST", sys+"/evidence", said+`}`), 201)
	list := decoded[struct {
		Items []struct{ ID, Source, Title string }
		Total int
	}](t, r.ask("GET", sys+"/evidence?source=attested", ""), 200)
	if list.Total != 1 || list.Items[0].ID != made.ID || list.Items[0].Title != "Rollbeskrivning" {
		t.Errorf("evidence: %+v", list)
	}
	if none := decoded[struct{ Total int }](t, r.ask("GET", sys+"/evidence?source=measured", ""), 200); none.Total != 0 {
		t.Errorf("%d pieces are measured", none.Total)
	}
	problem(t, w.ask("POST", "/evidence/"+made.ID+"/withdrawal", `{"reason":"x"}`), 403, "web.denied") // a person decides

	required := decoded[struct {
		Items []struct{ Requirement string }
	}](t, r.ask("GET", sys+"/actions", ""), 200).Items[0].Requirement
	act := decoded[etagged](t, w.ask("PUT", sys+"/actions/"+required, `{"status":"planned","owner_role":"it-drift"}`, "If-Match", `"0"`), 200)
	move := "/actions/" + act.ID + "/status"
	problem(t, w.ask("PUT", move, `{"status":"ongoing"}`), 428, "web.api-match")
	moved := decoded[struct{ From, Status, ETag string }](t, w.ask("PUT", move, `{"status":"ongoing"}`, "If-Match", act.ETag), 200)
	if moved.From != "planned" || moved.Status != "ongoing" || moved.ETag == act.ETag {
		t.Errorf("moved: %+v", moved)
	}
	if p := problem(t, w.ask("PUT", move, `{"status":"done"}`, "If-Match", act.ETag), 412, "web.api-stale"); p.Current != moved.ETag {
		t.Errorf("current %s, want %s", p.Current, moved.ETag)
	}
	problem(t, w.ask("PUT", "/actions/finns-inte/status", `{"status":"done"}`, "If-Match", `"1"`), 404, "web.not-found")

	for path, code := range map[string]string{ // what two people decide, and what is whose it is, no key may do
		"/measurement-targets": `{"system":"x","url":"https://norrsjo.example/","zone":"internet","expires_on":"2026-12-01","reason":"x"}`,
		"/findings/decisions":  `{"items":[{"id":"x","etag":"\"1\""}],"outcome":"system"}`,
		"/finding-sources":     `{"name":"X","owner":"x","every_days":7,"kind":"files","root":"x","reason":"x"}`,
		"/national/keys":       `{"municipality":"0180","key":"x","reason":"x"}`,
		"/example":             ``, "/measuring/stop": ``, "/indicators/snapshot": ``,
	} {
		problem(t, w.ask("POST", path, code), 403, "web.denied")
	}
	if p := r.ask("GET", "/findings?view=all", ""); p.Status != 200 {
		t.Errorf("findings: %d %s", p.Status, p.Body)
	}
	if p := r.ask("GET", "/indicators", ""); p.Status != 200 {
		t.Errorf("indicators: %d %s", p.Status, p.Body)
	}
	if p := r.ask("GET", "/measurement-targets?system=skolskjuts", ""); p.Status != 200 {
		t.Errorf("targets: %d %s", p.Status, p.Body)
	}
}
