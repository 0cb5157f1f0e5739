// SPDX-License-Identifier: EUPL-1.2

package app_test

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/app"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/measurement"
	"github.com/insegel/insegel/internal/organisation"
	"github.com/insegel/insegel/internal/webtest"
)

// told is one request to the API that is to go well. Words in < > stand for what an earlier answer kept.
type told struct {
	method, path, body string
	// from is what If-Match says, and status what is answered.
	from   string
	status int
	// keep names what later requests need: name=place.in.answer or name=ETag, with blanks between.
	keep string
}

// find takes what stands at a place in an answer, such as items.0.id.
func find(answer any, place string) string {
	for _, word := range strings.Split(place, ".") {
		switch x := answer.(type) {
		case map[string]any:
			answer = x[word]
		case []any:
			if n, err := strconv.Atoi(word); err == nil && n < len(x) {
				answer = x[n]
			}
		}
	}
	text, _ := answer.(string)
	return text
}

// tell makes requests in turn, and checks that each goes well.
func tell(t *testing.T, c *webtest.Client, kept map[string]string, all []told) {
	t.Helper()
	fill := func(text string) string {
		for name, value := range kept {
			text = strings.ReplaceAll(text, "<"+name+">", value)
		}
		return text
	}
	for _, x := range all {
		var headers []string
		if x.from != "" {
			headers = []string{"If-Match", fill(x.from)}
		}
		p := ask(c, x.method, fill(x.path), fill(x.body), headers...)
		if p.Status != x.status {
			t.Errorf("%s %s: %d, want %d: %.300s", x.method, fill(x.path), p.Status, x.status, p.Body)
			continue
		}
		var answer any
		for _, pair := range strings.Fields(x.keep) {
			name, place, _ := strings.Cut(pair, "=")
			if kept[name] = p.Header.Get("ETag"); place == "ETag" {
				continue
			}
			if err := json.Unmarshal([]byte(p.Body), &answer); err != nil {
				t.Fatal(err)
			}
			if kept[name] = find(answer, place); kept[name] == "" {
				t.Errorf("%s %s: nothing stands at %s: %.300s", x.method, fill(x.path), place, p.Body)
			}
		}
	}
}

// sys is where a system of the example is.
const sys = "/systems/bistandsakten"

// goesWell are requests in turn, by what they are about. <me> is who asks, <day> a day in two weeks, and <key> an agent's key.
var goesWell = map[string][]told{
	"findings": {
		{"GET", "/findings", "", "", 200, "f0=items.0.id f1=items.1.id f2=items.2.id"},
		{"PUT", "/findings/<f0>/person", `{"person":"<me>"}`, "", 204, ""},
		{"POST", "/findings/<f0>/dispute", `{"reason":"Det är exempeltal."}`, "", 204, ""},
		{"POST", "/findings/decisions", `{"items":[{"id":"<f1>","etag":"\"1\""}],"outcome":"false","note":"Testnummer.","below":true,"ends_on":"2027-06-30"}`, "", 204, ""},
		{"POST", "/findings/decisions", `{"items":[{"id":"<f2>","etag":"\"1\""}],"outcome":"system","system":"bistandsakten"}`, "", 204, ""}, // named as in an address
		{"GET", "/finding-rules", "", "", 200, "rule=items.0.id"},
		{"DELETE", "/finding-rules/<rule>", "", "", 204, ""},
		{"GET", "/finding-sources", "", "", 200, "src=items.0.id from=items.0.etag"},
		{"PUT", "/finding-sources/<src>", `{"name":"Exporten","owner":"<me>","every_days":30,"system":"bistandsakten"}`, "<from>", 200, ""},
		{"PUT", "/finding-sources/<src>/state", `{"state":"off"}`, "", 204, ""},
		{"PUT", "/finding-sources/<src>/state", `{"state":"on"}`, "", 204, ""},
		{"POST", "/finding-sources/<src>/search", "", "", 202, ""},
		{"DELETE", "/finding-sources/<src>/search", "", "", 204, ""},
	},
	"evidence": {
		{"GET", sys + "/evidence?source=measured", "", "", 200, "ev=items.0.id"},
		{"POST", "/evidence/<ev>/dispute", `{"reason":"Fel system."}`, "", 204, ""},
		{"GET", sys + "/evidence?source=attested", "", "", 200, "said=items.0.id"},
		{"POST", "/evidence/<said>/withdrawal", `{"reason":"Fel fil."}`, "", 204, ""},
		{"POST", sys + "/account-comparison", `{"list":"a29udG8KYW5uYQo="}`, "", 200, ""},
	},
	"measuring": {
		{"POST", "/measurement-networks", `{"network":"10.30.0.0/16","expires_on":"2027-06-30","reason":"Verksamhetens nät."}`, "", 202, "net=id"},
		{"GET", "/measurement-networks", "", "", 200, ""},
		{"DELETE", "/measurement-networks/<net>", "", "", 204, ""},
		{"POST", "/measuring/scripts", "", "", 204, ""},
		{"DELETE", "/measuring/scripts", "", "", 204, ""},
		{"GET", "/measurement-targets", "", "", 200, "target=items.0.id"},
		{"POST", "/measurement-targets/<target>/measurement", "", "", 202, ""},
		{"POST", "/agents", `{"name":"Serverrummet","public_key":"<key>","zone":"dmz"}`, "", 201, "agent=id"},
		{"GET", "/agents", "", "", 200, "agent=items.0.id"},
		{"DELETE", "/agents/<agent>", "", "", 204, ""},
	},
	"many systems": {
		{"GET", "/systems?q=bygg", "", "", 200, "one=items.0.id"},
		{"POST", "/bulk-changes", `{"systems":["<one>"],"owner_role":"Prövad roll"}`, "", 201, "bulk=id"},
		{"GET", "/bulk-changes", "", "", 200, "bulk=items.0.id"},
		{"POST", "/bulk-changes/<bulk>/undo", "", "", 200, ""},
		{"POST", "/imports/preview", imported, "", 200, ""},
		{"POST", "/imports", imported, "", 201, "import=id"},
		{"GET", "/imports", "", "", 200, ""},
		{"POST", "/imports/<import>/undo", "", "", 200, ""},
		{"GET", "/systems-file", "", "", 200, ""},
		{"POST", "/views", `{"name":"Prövad","address":"/system?niva=3"}`, "", 201, "view=items.0.id"},
		{"GET", "/views", "", "", 200, "view=items.0.id"},
		{"DELETE", "/views/<view>", "", "", 204, ""},
	},
	"suppliers": {
		{"POST", "/suppliers", `{"name":"Prövbolaget AB"}`, "", 201, "sup=id"},
		{"GET", "/suppliers/<sup>/fields", "", "", 200, "v=ETag"},
		{"PUT", "/suppliers/<sup>/fields", `{"name":"Prövbolaget i Norr AB"}`, "<v>", 200, ""},
		{"POST", "/suppliers/<sup>/papers", `{"kind":"contract","name":"Ramavtal"}`, "", 201, "paper=papers.0.id"},
		{"PUT", "/suppliers/<sup>/papers/<paper>", `{"kind":"contract","name":"Ramavtal 2"}`, `"1"`, 200, ""},
		{"DELETE", "/suppliers/<sup>/papers/<paper>", "", `"2"`, 204, ""},
		{"POST", "/suppliers/<sup>/sub-processors", `{"name":"Underbolaget"}`, "", 201, "sub=sub_processors.0.id"},
		{"PUT", "/suppliers/<sup>/sub-processors/<sub>", `{"name":"Underbolaget 2"}`, `"1"`, 200, ""},
		{"DELETE", "/suppliers/<sup>/sub-processors/<sub>", "", `"2"`, 204, ""},
		{"GET", "/suppliers/<sup>/affected", "", "", 200, ""},
		{"GET", "/suppliers", "", "", 200, "other=items.0.id"},
		{"GET", "/suppliers/<sup>", "", "", 200, "v=ETag"},
		{"POST", "/suppliers/<sup>/merge", `{"into":"<other>"}`, "<v>", 200, ""},
		{"GET", sys + "/supplier-answers", "", "", 200, ""},
	},
	"processings": {
		{"POST", "/processings", `{"name":"Prövning","role":"controller","systems":["bistandsakten"]}`, "", 201, "pr=id"},
		{"GET", "/processings/<pr>", "", "", 200, ""},
		{"PUT", "/processings/<pr>/fields/why", `{"purposes":"Pröva."}`, `"1"`, 200, ""},
		{"PUT", "/processings/<pr>/links", `{"systems":[],"information":[]}`, `"1"`, 200, ""},
		{"POST", "/processings/<pr>/prefill", "", "", 200, "v=ETag"},
		{"GET", "/processings-common", "", "", 200, "common=ETag"},
		{"PUT", "/processings-common", `{"contact":"kommun@norrsjo.example"}`, "<common>", 200, ""},
		{"GET", "/records/processings?format=xlsx", "", "", 200, ""},
		{"GET", "/records/suppliers?format=xlsx", "", "", 200, ""},
	},
	"work": {
		{"GET", "/alarms", "", "", 200, ""},
		{"GET", "/tasks", "", "", 200, "task=items.1.key"},
		{"PUT", "/tasks/<task>/snooze", `{"until":"<day>"}`, "", 204, ""},
		{"GET", "/campaigns", "", "", 200, "round=items.0.id"},
		{"GET", "/campaigns/<round>", "", "", 200, ""},
		{"GET", "/year", "", "", 200, ""},
		{"GET", "/reports", "", "", 200, ""},
		{"GET", "/reports/plan?format=csv&system=bistandsakten", "", "", 200, ""},
		{"GET", "/drafts", "", "", 200, "draft=items.0.id"},
		{"GET", "/drafts/<draft>", "", "", 200, ""},
		{"GET", "/drafts/<draft>/nation", "", "", 200, ""},
		{"DELETE", "/drafts/<draft>", "", "", 204, ""},
		{"PUT", "/models/chosen", `{"model":"msb-4"}`, "", 200, ""},
		{"PUT", "/models/chosen", `{"model":"klassa"}`, "", 200, ""},
	},
	"a system": {
		{"PUT", sys + "/responsible", `{"items":[{"kind":"owner","person":"<me>"}]}`, "", 200, ""},
		{"POST", sys + "/annex/own", `{"must":true,"text":"Eget krav."}`, "", 201, "own=items.0.id"},
		{"GET", sys + "/annex/own", "", "", 200, ""},
		{"POST", sys + "/annex/own/<own>/removal", `{"reason":"Behövs inte."}`, "", 200, ""},
		{"POST", sys + "/annex/versions", "", "", 201, ""},
		{"GET", sys + "/oscal/applicable.json", "", "", 200, ""},
		{"GET", sys + "/oscal/component-definition.json", "", "", 200, ""},
		{"GET", sys + "/impact-assessment", "", "", 200, ""},
		{"GET", sys + "/classification/questions", "", "", 200, ""},
		{"PUT", "/systems/orosanmalan-barn/classification/answers/integrity/individual", `{"level":2,"motivation":"Fel uppgift."}`, `"0"`, 200, ""},
		{"GET", "/systems/orosanmalan-barn/classification", "", "", 200, ""},
		{"PUT", "/systems/orosanmalan-barn/classification/adjustments/confidentiality", `{"cause":"accumulation","level":3,"reason":"Samlad mängd."}`, "", 200, ""},
		{"DELETE", "/systems/orosanmalan-barn/classification/adjustments/confidentiality", "", "", 200, ""},
		{"DELETE", "/systems/orosanmalan-barn/classification/answers/integrity/individual", "", "", 200, ""},
		{"POST", "/systems/orosanmalan-barn/classification/draft", "", "", 200, ""},
	},
	"purchases": {
		{"POST", "/purchases", `{"name":"Ny e-tjänst"}`, "", 201, "pu=id"},
		{"GET", "/purchases/<pu>/annex", "", "", 200, ""},
		{"GET", "/purchases/<pu>/annex/own", "", "", 200, ""},
		{"GET", "/purchases/<pu>/annex/versions", "", "", 200, ""},
		{"GET", "/purchases/<pu>/tender", "", "", 200, ""},
		{"DELETE", "/purchases/<pu>", "", "", 204, ""},
	},
	"webhooks": {
		{"POST", "/webhooks", `{"name":"Mottagare","address":"https://hooks.norrsjo.example/x","events":["system.changed"]}`, "", 201, "hook=id"},
		{"GET", "/webhooks", "", "", 200, ""},
		{"GET", "/webhooks/<hook>", "", "", 200, "v=ETag"},
		{"PUT", "/webhooks/<hook>", `{"name":"Mottagaren","address":"https://hooks.norrsjo.example/y","events":["system.changed"],"state":"on"}`, "<v>", 200, ""},
		{"POST", "/webhooks/<hook>/test", "", "", 202, ""},
		{"GET", "/webhooks/<hook>/deliveries", "", "", 200, "delivery=items.0.id"},
		{"POST", "/webhooks/<hook>/secret", "", "", 200, ""},
		{"DELETE", "/webhooks/<hook>", "", "", 204, ""},
	},
}

// What the API can do goes well when somebody who may do it asks as they should, and each thing that was made is found again.
func TestAPIGoesWell(t *testing.T) {
	share := filepath.Join(t.TempDir(), "share")
	ok(t, app.ExampleShare(share))
	a := must(app.Open(t.Context(), app.Options{
		Database: "sqlite:" + filepath.Join(t.TempDir(), "example.db"), Log: slog.New(slog.DiscardHandler), Searching: app.Searching{Workers: 1, Limits: app.ExampleLimits(share)},
	}))(t)
	t.Cleanup(func() { _ = a.Close() }) // what it held is thrown away
	actor, viewer, err := a.Example(t.Context())
	ok(t, err)
	address, link := demoSite(t, a, actor, viewer)
	c := webtest.Open(t, address)
	if p := c.Get(strings.TrimPrefix(link, address)); p.Status != http.StatusOK {
		t.Fatalf("sign-in: %d", p.Status)
	}
	kept := map[string]string{"day": civil.Of(time.Now()).AddDays(14).String(), "key": measurement.FormatKey(make([]byte, 32))}
	tell(t, c, kept, []told{{"GET", sys + "/responsible", "", "", 200, "me=people.0.id"}})
	for name, all := range goesWell {
		t.Run(name, func(t *testing.T) { tell(t, c, kept, all) })
	}
}

// imported is a list of one system, as a program sends it.
const imported = `{"file":"a.csv","content":"U3lzdGVtbmFtbjtGw7ZydmFsdG5pbmcKUHLDtnZhZCBpbXBvcnQ7U29jaWFsZsO2cnZhbHRuaW5nZW4K"}`

// Whoever may, puts the example in and takes it away again, and nothing of it is left.
func TestAPITakesTheExampleAway(t *testing.T) {
	a := open(t, "sqlite:"+filepath.Join(t.TempDir(), "a.db"))
	o := organisation.Organisation{ID: ids.New[access.Tenant](), Code: "our", Name: "Vår kommun"}
	ok(t, organisation.Create(t.Context(), a.DB, o))
	s := sides{app: a, reader: everybody(o.ID, "reader")}
	c, _ := s.signIn(t)
	tell(t, c, map[string]string{}, []told{
		{"POST", "/example", "", "", 201, ""},
		{"GET", "/systems/bistandsakten", "", "", 200, ""},
		{"DELETE", "/example", "", "", 204, ""},
	})
	if p := ask(c, "GET", "/systems", ""); p.Status != http.StatusOK || !strings.Contains(p.Body, `"total":0`) {
		t.Errorf("after the example: %d %.200s", p.Status, p.Body)
	}
	problem(t, ask(c, "DELETE", "/example", ""), 404, "web.not-found")
}

// Whatever an operation refuses it refuses as a problem with a code, in the reader's language, also when nothing was asked for as it should.
func TestAPIRefusesWithProblems(t *testing.T) {
	a := open(t, "sqlite:"+filepath.Join(t.TempDir(), "a.db"))
	s := organisations(t, a)
	c, _ := s.signIn(t)
	var spec struct {
		Paths map[string]map[string]struct{ OperationID string }
	}
	if err := json.Unmarshal(must(a.OpenAPI())(t), &spec); err != nil {
		t.Fatal(err)
	}
	seen := 0
	for path, methods := range spec.Paths {
		for method, op := range methods {
			if !strings.Contains(path, "{") || strings.Contains(path, "/national/") {
				continue // what names nothing may well be answered
			}
			at := strings.TrimPrefix(path, "/api/v1")
			for strings.Contains(at, "{") {
				from, to := strings.Index(at, "{"), strings.Index(at, "}")
				at = at[:from] + "finns-inte" + at[to+1:]
			}
			p := ask(c, strings.ToUpper(method), at, `{`, "If-Match", `"1"`)
			var got struct {
				Status       int
				Code, Detail string
			}
			err := json.Unmarshal([]byte(p.Body), &got)
			if p.Status < 400 || p.Status >= 500 || p.Header.Get("Content-Type") != "application/problem+json" || err != nil || got.Code == "" || got.Status != p.Status {
				t.Errorf("%s: %s %s is answered with %d %s: %.200s", op.OperationID, method, at, p.Status, p.Header.Get("Content-Type"), p.Body)
			}
			seen++
		}
	}
	if seen < 80 {
		t.Errorf("only %d operations were tried", seen)
	}
}
