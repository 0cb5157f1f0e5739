// SPDX-License-Identifier: EUPL-1.2

package app_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/alarm"
	"github.com/insegel/insegel/internal/app"
	"github.com/insegel/insegel/internal/auth/link"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/mail"
	"github.com/insegel/insegel/internal/measurement"
	"github.com/insegel/insegel/internal/national"
	"github.com/insegel/insegel/internal/organisation"
	"github.com/insegel/insegel/internal/probe/verdict"
	"github.com/insegel/insegel/internal/procurement"
	"github.com/insegel/insegel/internal/requirement"
	"github.com/insegel/insegel/internal/web"
	"github.com/insegel/insegel/internal/webtest"
)

// told is one request to the API that is to go well. Words in < > stand for what an earlier answer kept.
type told struct {
	method, path, body string
	// from is what If-Match says, and status what is answered.
	from   string
	status int
	// keep names what later requests need: name=place.in.answer or name=ETag, with blanks between. What begins with ~ must stand in the answer, and
	// what begins with ! must not; a _ there is a blank.
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

// teller makes requests and checks that each goes well, and that what the API promises of every request holds for it.
type teller struct {
	*webtest.Client
	kept map[string]string
	// done are the requests that went well, as a method and a path.
	done map[string]bool
	n    int
}

func (c *teller) fill(text string) string {
	for name, value := range c.kept {
		text = strings.ReplaceAll(text, "<"+name+">", value)
	}
	return text
}

// tell makes requests in turn.
func (c *teller) tell(t *testing.T, all []told) {
	t.Helper()
	for _, x := range all {
		path, body, from := c.fill(x.path), c.fill(x.body), c.fill(x.from)
		var headers []string
		if x.from != "" {
			c.guarded(t, x.method, path, body, from)
			headers = []string{"If-Match", from}
		}
		if c.n++; x.method == "POST" {
			headers = append(headers, "Idempotency-Key", "request-"+strconv.Itoa(c.n))
		}
		p := ask(c.Client, x.method, path, body, headers...)
		if p.Status != x.status {
			t.Errorf("%s %s: %d, want %d: %.400s", x.method, path, p.Status, x.status, p.Body)
			continue
		}
		if x.status < 300 {
			c.done[x.method+" "+strings.SplitN(path, "?", 2)[0]] = true
		}
		if x.method == "POST" {
			c.repeated(t, path, body, p, headers)
		}
		c.keep(t, x, path, p)
	}
}

// keep takes what later requests need out of an answer.
func (c *teller) keep(t *testing.T, x told, path string, p *webtest.Page) {
	t.Helper()
	var answer any
	for _, pair := range strings.Fields(x.keep) {
		if text := strings.ReplaceAll(c.fill(pair[1:]), "_", " "); pair[0] == '~' || pair[0] == '!' {
			if strings.Contains(p.Body, text) != (pair[0] == '~') && strings.Contains(p.Body, c.fill(pair[1:])) != (pair[0] == '~') {
				t.Errorf("%s %s: %s: %.900s", x.method, path, pair, p.Body)
			}
			continue
		}
		name, place, _ := strings.Cut(pair, "=")
		if c.kept[name] = p.Header.Get("ETag"); place == "ETag" {
			continue
		}
		if err := json.Unmarshal([]byte(p.Body), &answer); err != nil {
			t.Fatal(err)
		}
		c.kept[name+"q"] = strconv.Quote(find(answer, place))
		if c.kept[name] = find(answer, place); c.kept[name] == "" {
			t.Errorf("%s %s: nothing stands at %s: %.400s", x.method, path, place, p.Body)
		}
	}
}

// guarded checks that a change is refused without the state that it is made from, and from another one, and that the answer tells both.
func (c *teller) guarded(t *testing.T, method, path, body, from string) {
	t.Helper()
	problem(t, ask(c.Client, method, path, body), http.StatusPreconditionRequired, "web.api-match")
	problem(t, ask(c.Client, method, path, body, "If-Match", "3"), http.StatusBadRequest, "web.api-match")
	const other = `"987654321"`
	p := ask(c.Client, method, path, body, "If-Match", other)
	if got := problem(t, p, http.StatusPreconditionFailed, "web.api-stale"); got.Current != from || got.Given != other || p.Header.Get("ETag") != from {
		t.Errorf("%s %s: from %s the answer is %+v, and the ETag %s", method, path, from, got, p.Header.Get("ETag"))
	}
}

// repeated checks that a request with the same name is answered alike, without being done again, and that another one may not have the name.
func (c *teller) repeated(t *testing.T, path, body string, first *webtest.Page, headers []string) {
	t.Helper()
	p := ask(c.Client, "POST", path, body, headers...)
	if p.Status != first.Status || p.Body != first.Body || p.Header.Get("ETag") != first.Header.Get("ETag") || p.Header.Get("Idempotency-Replayed") != "true" {
		t.Errorf("POST %s again: %d %.200s; at first %d %.200s", path, p.Status, p.Body, first.Status, first.Body)
	}
	problem(t, ask(c.Client, "POST", path, body+" ", headers...), http.StatusUnprocessableEntity, "web.api-repeat-other")
}

// searchedExample is a program with the example municipality, whose files have been searched, and who leads it.
func searchedExample(t *testing.T) (*app.App, access.Actor, web.Viewer) {
	t.Helper()
	share := filepath.Join(t.TempDir(), "share")
	ok(t, app.ExampleShare(share))
	database := "sqlite:" + filepath.Join(t.TempDir(), "example.db")
	a := must(app.Open(t.Context(), app.Options{
		Database: database, Log: slog.New(slog.DiscardHandler), KeyFile: keyFile(t, database), KeysFile: keysFile(t, database),
		Searching: app.Searching{Workers: 1, Limits: app.ExampleLimits(share)},
	}))(t)
	t.Cleanup(func() { _ = a.Close() }) // what it held is thrown away
	actor, viewer, err := a.Example(t.Context())
	ok(t, err)
	return a, actor, viewer
}

// newTeller signs somebody in to a program with the example municipality.
func newTeller(t *testing.T) (*teller, *app.App, access.Actor) {
	t.Helper()
	a, actor, viewer := searchedExample(t)
	address, link := demoSite(t, a, actor, viewer)
	c := webtest.Open(t, address)
	if p := c.Get(strings.TrimPrefix(link, address)); p.Status != http.StatusOK {
		t.Fatalf("sign-in: %d", p.Status)
	}
	return &teller{Client: c, kept: map[string]string{}, done: map[string]bool{}}, a, actor
}

// quoted reads a file as a text of JSON.
func quoted(t *testing.T, path string) string {
	t.Helper()
	return string(must(json.Marshal(string(must(os.ReadFile(path))(t))))(t))
}

// ready makes what the requests need besides the example: mail, an alarm, a measurement that has become worse, what others are told by a supplier, and
// files.
func (c *teller) ready(t *testing.T, a *app.App, actor access.Actor) {
	t.Helper()
	ok(t, a.Mail.Set(t.Context(), access.LocalAdministrator(actor.Organisation), mail.Settings{
		Host: "127.0.0.1", Port: 9, Security: mail.StartTLS, Sender: "insegel@norrsjo.example",
	}))
	c.tell(t, []told{
		{"GET", sys + "/responsible", "", "", 200, "me=people.0.id"}, {"GET", "/systems/skolskjutsen", "", "", 200, "skol=id"}, {"GET", sys, "", "", 200, "bist=id"},
	})
	worse := measuredLogin(c.kept["skol"], "EV_PWFORM", verdict.PasswordOnly, "Provad")
	worse.Observed = a.DB.Now().Add(-time.Hour)
	must(a.Evidence.Record(t.Context(), actor, worse))(t)
	must(a.Evidence.Record(t.Context(), actor, measuredLogin(c.kept["skol"], "EV_AUTHNREQ", verdict.StrongDemanded, "Provad")))(t)
	ok(t, a.DB.Write(t.Context(), actor.Organisation, func(tx *db.Tx) error {
		_, numbered := tx.Exec(t.Context(), `UPDATE supplier SET number = '999999-9999' WHERE organisation_id = $1 AND id = (
			SELECT supplier_id FROM system WHERE organisation_id = $1 AND id = $2)`, actor.Organisation, c.kept["bist"])
		_, ended := tx.Exec(t.Context(), `INSERT INTO shared_answer (organisation_id, source, requirement_id, number, domain, content, earlier, received_at, ended_at)
			VALUES ($1, 'x', 'kryptering-trafik-tls', '9999999999', 'fjallvidden.example', '', '', 0, 1)`, actor.Organisation)
		_, consents := tx.Exec(t.Context(), `INSERT INTO supplier_consent (organisation_id, system_id, domain, given_by, given_at)
			VALUES ($1, $2, 'fjallvidden.example', 'x', 0)`, actor.Organisation, c.kept["bist"])
		_, officer := tx.Exec(t.Context(), `INSERT INTO assignment (id, organisation_id, person_id, role, granted_by, granted_at) VALUES ($1, $2, $3, $4, $3, 0)`,
			ids.New[access.Role](), actor.Organisation, actor.ID, access.DataProtection)
		return errors.Join(numbered, ended, consents, officer, alarm.Raise(t.Context(), tx, alarm.Alarm{Organisation: actor.Organisation, Kind: alarm.MetadataHalfLife, Data: map[string]string{}}))
	}))
	yesterday := a.DB.Now().AddDate(0, 0, -1).Format("02/01/2006")
	mapping := "reads: csv\ncomma: \";\"\ntime: [tid]\ntime_format: DD/MM/YYYY\napplication: [system]\npath: [sätt]\noutcome: [utfall]\nsuccess: [OK]\n"
	for name, value := range map[string]string{
		"day": civil.Of(a.DB.Now()).AddDays(14).String(), "key": measurement.FormatKey(make([]byte, 32)), "natkey": must(national.NewKey("provad"))(t).Verifier,
		"type": a.Catalogue.Types[0].ID, "model": quoted(t, "../classification/testdata/egen.yaml"), "law": quoted(t, "../../data/drafts/exempellagen.yaml"),
		"mapping":  string(must(json.Marshal(mapping))(t)),
		"mapping2": string(must(json.Marshal(mapping + "# avdelning\n"))(t)),
		"log":      base64.StdEncoding.EncodeToString([]byte("tid;system;sätt;utfall\n" + yesterday + " 07:00;Prövappen;app;OK\n")),
	} {
		c.kept[name] = value
	}
}

// cannot are the operations that no test sees go well, with why.
var cannot = map[string]string{}

// What the API can do goes well when somebody who may do it asks as they should, and each thing that was done is read again. Every operation that
// changes something is among them; each is refused without the state that it is made from and from another state, where it takes one, and each that
// is sent twice under one name is done once.
func TestAPIGoesWell(t *testing.T) {
	c, a, actor := newTeller(t)
	c.ready(t, a, actor)
	for _, name := range slices.Sorted(maps.Keys(goesWell)) {
		t.Run(name, func(t *testing.T) { c.tell(t, goesWell[name]) })
	}
	t.Run("webhook delivered", func(t *testing.T) { c.redelivers(t, a, actor) })
	t.Run("tender", func(t *testing.T) { c.tenders(t, a, actor) })
	c.done["POST /example"], c.done["DELETE /example"] = true, true // in TestAPITakesTheExampleAway
	for _, op := range apiOperations(t, a) {
		if op.Method == "GET" {
			continue
		}
		form := regexp.MustCompile("^" + op.Method + " " + regexp.MustCompile(`\\\{[^}]*\\\}`).ReplaceAllString(regexp.QuoteMeta(op.Path), "[^/]+") + "$")
		went := slices.ContainsFunc(slices.Collect(maps.Keys(c.done)), form.MatchString)
		switch why := cannot[op.ID]; {
		case went && why != "":
			t.Errorf("%s goes well, and a reason says why it cannot: %s", op.ID, why)
		case !went && why == "":
			t.Errorf("nothing sees %s (%s %s) go well", op.ID, op.Method, op.Path)
		}
	}
}

// redelivers sends once more what a receiver of events did not take.
func (c *teller) redelivers(t *testing.T, a *app.App, actor access.Actor) {
	t.Helper()
	c.tell(t, []told{
		{"POST", "/webhooks", `{"name":"Mottagare","address":"https://hooks.norrsjo.example/x","events":["system.changed"]}`, "", 201, "hook=id"},
		{"POST", "/webhooks/<hook>/test", "", "", 202, ""},
		{"GET", "/webhooks/<hook>/deliveries", "", "", 200, "delivery=items.0.id"},
	})
	ok(t, a.DB.Write(t.Context(), actor.Organisation, func(tx *db.Tx) error {
		_, err := tx.Exec(t.Context(), `UPDATE webhook_delivery SET state = 'failed', attempts = 8 WHERE organisation_id = $1 AND id = $2`, actor.Organisation, c.kept["delivery"])
		return err
	}))
	c.tell(t, []told{
		{"POST", "/webhooks/<hook>/deliveries/<delivery>", "", "", 202, ""},
		{"GET", "/webhooks/<hook>/deliveries", "", "", 200, `~"state":"waits"`},
	})
}

// tenders sends an annex to bidders, and opens and awards what they have answered when the last day has passed.
func (c *teller) tenders(t *testing.T, a *app.App, actor access.Actor) {
	t.Helper()
	c.kept["today"] = civil.Of(a.DB.Now()).String()
	const one = "/purchases/<pu>/tender"
	c.tell(t, []told{
		{"POST", "/purchases", `{"name":"Ny skolskjuts","types":["<type>"]}`, "", 201, "pu=id"},
		{"GET", "/purchases/<pu>/annex", "", "", 200, "row=rows.0.requirement"},
		{"POST", "/purchases/<pu>/annex/choices", `{"choices":[{"requirement":"<row>","included":true,"weight":"should","reason":"Bra att ha."}]}`, "", 200, ""},
		{"POST", one, `{"until":"<today>"}`, "", 200, `~"started":true`},
		{"GET", one, "", "", 200, "w=ETag line=lines.0.requirement"},
	})
	for _, x := range decoded[struct {
		Lines []struct {
			Requirement string
			Must        bool
		}
	}](t, ask(c.Client, "GET", c.fill(one), ""), 200).Lines {
		if !x.Must {
			c.kept["line"] = x.Requirement
		}
	}
	c.tell(t, []told{
		{"PUT", one + "/weights", `{"weights":{"<line>":40}}`, "<w>", 200, `~"weight":40`},
		{"POST", one + "/bids", `{"name":"Alfa AB","to":"alfa@leverantor.example"}`, "", 200, "bid=bids.0.id"},
		{"POST", one + "/bids", `{"name":"Beta AB","to":"beta@leverantor.example"}`, "", 200, "beta=bids.1.id"},
		{"DELETE", one + "/bids/<beta>", "", "", 200, "!Beta"},
		{"POST", one + "/freeze", "", "", 200, `~"frozen":`},
	})
	v := must(a.Procurements.Tender(t.Context(), actor, ids.ID[procurement.Purchase](c.kept["pu"]), a.Texts.In("sv")))(t)
	if len(v.Bids) != 1 {
		t.Fatalf("there are %d bids", len(v.Bids))
	}
	seat := procurement.Seat{Kind: procurement.SheetBid, ID: c.kept["bid"]}
	holder := (&link.Link{ID: v.Bids[0].Link, Organisation: actor.Organisation}).Actor("192.0.2.7")
	sv := a.Texts.In("sv")
	var replies []procurement.Reply
	for _, row := range must(a.Procurements.Posed(t.Context(), holder, seat, sv))(t).Rows {
		replies = append(replies, procurement.Reply{Requirement: row.ID, Status: requirement.Met, How: "så"})
	}
	ok(t, a.Procurements.AnswerPosed(t.Context(), holder, sv, seat, replies), a.Procurements.SendPosed(t.Context(), holder, sv, seat))
	if len(replies) == 0 {
		t.Fatal("the bidder is asked nothing")
	}
	c.onto(t, a, actor, v.Tender.Deadline.Add(time.Minute))
	c.tell(t, []told{
		{"POST", one + "/open", "", "", 200, `~"opened": ~"held":"met"`},
		{"POST", one + "/award", `{"bid":"<bid>"}`, "", 200, ""},
		{"GET", one, "", "", 200, `~"winner":"<bid>"`},
	})
}

// onto lets time go by. A session does not last for as long as a day may, so who it is signs in anew.
func (c *teller) onto(t *testing.T, a *app.App, actor access.Actor, to time.Time) {
	t.Helper()
	a.DB.Now = func() time.Time { return to }
	f := &fort{t: t, a: a, at: strings.TrimPrefix(c.URL, "http://")}
	c.SetCookie(sessionCookie, f.enter(actor).Cookie(sessionCookie))
}

// apiOperation is one operation as the description has it.
type apiOperation struct {
	Method, Path, ID string
	// Takes are its parameters, as where and name.
	Takes []string
}

// apiOperations are all of the API.
func apiOperations(t *testing.T, a *app.App) (out []apiOperation) {
	t.Helper()
	var spec struct {
		Paths map[string]map[string]struct {
			OperationID string
			Parameters  []struct{ Name, In string }
		}
	}
	if err := json.Unmarshal(must(a.OpenAPI())(t), &spec); err != nil {
		t.Fatal(err)
	}
	for _, path := range slices.Sorted(maps.Keys(spec.Paths)) {
		for _, method := range slices.Sorted(maps.Keys(spec.Paths[path])) {
			op := apiOperation{Method: strings.ToUpper(method), Path: path, ID: spec.Paths[path][method].OperationID}
			for _, p := range spec.Paths[path][method].Parameters {
				op.Takes = append(op.Takes, p.In+" "+p.Name)
			}
			out = append(out, op)
		}
	}
	return out
}

// A search finds what the search page finds.
func TestAPISearch(t *testing.T) {
	a := open(t, "sqlite:"+filepath.Join(t.TempDir(), "a.db"))
	o := organisation.Organisation{ID: ids.New[access.Tenant](), Code: "our", Name: "Vår kommun"}
	ok(t, organisation.Create(t.Context(), a.DB, o))
	s := sides{app: a, reader: everybody(o.ID, "reader")}
	c, _ := s.signIn(t)
	decoded[apiSystem](t, ask(c, "POST", "/systems", `{"name":"Skolskjuts"}`), 201)
	found := decoded[struct {
		Groups []struct {
			Kind    string
			Total   int
			Matches []struct{ Ref, Name string }
		}
	}](t, ask(c, "GET", "/search?q=skolskj", ""), 200).Groups
	if len(found) == 0 || found[0].Kind != "system" || found[0].Total != 1 || found[0].Matches[0].Name != "Skolskjuts" {
		t.Errorf("found %+v", found)
	}
	problem(t, ask(c, "GET", "/search", ""), 422, "web.api-invalid")
}

// Whoever may, puts the example in and takes it away again, and nothing of it is left.
func TestAPITakesTheExampleAway(t *testing.T) {
	a := open(t, "sqlite:"+filepath.Join(t.TempDir(), "a.db"))
	o := organisation.Organisation{ID: ids.New[access.Tenant](), Code: "our", Name: "Vår kommun"}
	ok(t, organisation.Create(t.Context(), a.DB, o))
	s := sides{app: a, reader: everybody(o.ID, "reader")}
	signed, _ := s.signIn(t)
	c := &teller{Client: signed, kept: map[string]string{}, done: map[string]bool{}}
	c.tell(t, []told{
		{"POST", "/example", "", "", 201, ""},
		{"GET", "/systems/bistandsakten", "", "", 200, ""},
		{"DELETE", "/example", "", "", 204, ""},
	})
	if p := ask(signed, "GET", "/systems", ""); p.Status != http.StatusOK || !strings.Contains(p.Body, `"total":0`) {
		t.Errorf("after the example: %d %.200s", p.Status, p.Body)
	}
	problem(t, ask(signed, "DELETE", "/example", ""), 404, "web.not-found")
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
			var got, en struct {
				Status              int
				Title, Code, Detail string
			}
			err := json.Unmarshal([]byte(p.Body), &got)
			if p.Status < 400 || p.Status >= 500 || p.Header.Get("Content-Type") != "application/problem+json" || err != nil || got.Code == "" || got.Status != p.Status {
				t.Errorf("%s: %s %s is answered with %d %s: %.200s", op.OperationID, method, at, p.Status, p.Header.Get("Content-Type"), p.Body)
			}
			q := ask(c, strings.ToUpper(method), at, `{`, "If-Match", `"1"`, "Accept-Language", "en")
			if err := json.Unmarshal([]byte(q.Body), &en); err != nil || en.Code != got.Code || en.Title == "" || en.Title == got.Title || en.Detail == "" || en.Detail == got.Detail {
				t.Errorf("%s: in English %.200s, in Swedish %.200s", op.OperationID, q.Body, p.Body)
			}
			seen++
		}
	}
	if seen < 80 {
		t.Errorf("only %d operations were tried", seen)
	}
}
