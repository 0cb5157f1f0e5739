// SPDX-License-Identifier: EUPL-1.2

package app_test

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/insegel/insegel/internal/app"
	"github.com/insegel/insegel/internal/auth/token"
	"github.com/insegel/insegel/internal/classification"
	"github.com/insegel/insegel/internal/probe/verdict"
	"github.com/insegel/insegel/internal/requirement"
	"github.com/insegel/insegel/internal/webtest"
)

// ask makes a request of the API as a signed-in reader from the site's own pages; headers are names and values in turn.
func ask(c *webtest.Client, method, path, body string, headers ...string) *webtest.Page {
	r := c.Request(method, "/api/v1"+path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	return c.Do(r)
}

type apiRisk struct {
	ID, ETag, Level, Treatment string
	Rank, Residual             int
	Measures                   []struct{ Requirement, Text string }
}

// A person who is signed in weighs a risk through the API, and sees its requirement in the annex; a key reads it and decides nothing.
func TestAPIRisks(t *testing.T) {
	a := open(t, "sqlite:"+filepath.Join(t.TempDir(), "a.db"))
	s := organisations(t, a)
	c, _ := s.signIn(t)
	sys := "/systems/" + decoded[apiSystem](t, ask(c, "POST", "/systems", `{"name":"Biblioteket"}`), 201).ID
	problem(t, ask(c, "POST", sys+"/risks", `{"name":"X","threat":"finns-inte"}`), 422, "risk.api-threat")
	problem(t, ask(c, "POST", sys+"/risks", `{"name":"X","treatment":"reduce","motive":"x","owner_role":"it"}`), 422, "risk.fault-measures")
	problem(t, ask(c, "POST", sys+"/risks", `{"name":"X","impacts":[{"aspect":"k","perspective":"individual","step":"serious"}]}`), 422, "web.api-invalid")
	const weighed = `{"name":"Avbrott","likelihood":3,"impacts":[{"aspect":"availability","perspective":"organisation","step":"serious"}],
		"treatment":"reduce","motive":"För ofta","owner_role":"it-chef","measures":[{"text":"Reservkort finns i kassan.","on_likelihood":1}]}`
	made := decoded[apiRisk](t, ask(c, "POST", sys+"/risks", weighed, "Idempotency-Key", "r1"), 201)
	if again := decoded[apiRisk](t, ask(c, "POST", sys+"/risks", weighed, "Idempotency-Key", "r1"), 201); again.ID != made.ID {
		t.Errorf("a repeat made %s, the first %s", again.ID, made.ID)
	}
	if made.Rank == 0 || made.Residual != made.Rank || len(made.Measures) != 1 || !strings.HasPrefix(made.Measures[0].Requirement, requirement.OwnPrefix) {
		t.Errorf("made: %+v", made)
	}
	one := sys + "/risks/" + made.ID
	problem(t, ask(c, "PUT", one, `{"name":"Avbrott i nätet"}`), 428, "web.api-match")
	changed := decoded[apiRisk](t, ask(c, "PUT", one, strings.Replace(weighed, "Avbrott", "Avbrott i nätet", 1), "If-Match", made.ETag), 200)
	if p := problem(t, ask(c, "PUT", one, `{"name":"X"}`, "If-Match", made.ETag), 412, "web.api-stale"); p.Current != changed.ETag {
		t.Errorf("current %s, want %s", p.Current, changed.ETag)
	}
	list := decoded[struct {
		Items []struct{ ID, Name string }
		Total int
	}](t, ask(c, "GET", "/risks?treatment=reduce", ""), 200)
	if list.Total != 1 || list.Items[0].ID != made.ID || list.Items[0].Name != "Avbrott i nätet" {
		t.Errorf("risks: %+v", list)
	}
	if got := ask(c, "GET", sys+"/annex", "").Body; !strings.Contains(got, "Reservkort finns i kassan.") {
		t.Errorf("the risk's own requirement is not in the annex: %s", got)
	}
	if got := ask(c, "GET", sys+"/actions", "").Body; !strings.Contains(got, changed.Measures[0].Requirement) {
		t.Errorf("the risk's own requirement is not among what is to be done: %s", got)
	}
	key := &caller{c, must(a.Tokens.Create(t.Context(), s.reader, token.Key{Name: "läser", Scope: token.Write}, 48*time.Hour))(t)}
	problem(t, key.ask("POST", sys+"/risks", `{"name":"X"}`), 403, "web.denied")
	problem(t, key.ask("DELETE", one, "", "If-Match", changed.ETag), 403, "web.denied")
	if got := decoded[struct{ Items []apiRisk }](t, key.ask("GET", sys+"/risks", ""), 200); len(got.Items) != 1 || got.Items[0].ETag != changed.ETag {
		t.Errorf("a key reads %+v", got)
	}
	problem(t, ask(c, "DELETE", one, "", "If-Match", made.ETag), 412, "web.api-stale")
	if p := ask(c, "DELETE", one, "", "If-Match", changed.ETag); p.Status != 204 {
		t.Errorf("remove: %d %s", p.Status, p.Body)
	}
	problem(t, ask(c, "GET", one, ""), 404, "web.not-found")
	if got := ask(c, "GET", sys+"/annex", "").Body; strings.Contains(got, "Reservkort finns i kassan.") {
		t.Error("the requirement of a risk that is gone still stands in the annex")
	}
}

// An impact assessment goes through the API from questions to decision, each step from the version that was read.
func TestAPIImpactAssessment(t *testing.T) {
	a := open(t, "sqlite:"+filepath.Join(t.TempDir(), "a.db"))
	s := organisations(t, a)
	c, _ := s.signIn(t)
	ref := decoded[apiSystem](t, ask(c, "POST", "/systems", `{"name":"Elevhälsan"}`), 201).ID
	sys := "/systems/" + ref
	var held []classification.Chosen
	for i := range a.Catalogue.Types[:20] { // some of them are about people
		held = append(held, classification.Chosen{TypeID: a.Catalogue.Types[i].ID})
	}
	ok(t, a.Classifications.SetInformation(t.Context(), s.reader, ref, held))
	one := sys + "/impact-assessment"
	type state struct {
		Screening, State, Opinion, Outcome string
		AnswersETag                        string `json:"answers_etag"`
	}
	read := func(want int, method, path, body, etag string) (state, string) {
		t.Helper()
		p := ask(c, method, path, body, "If-Match", etag)
		return decoded[state](t, p, want), p.Header.Get("ETag")
	}
	blank, _ := read(200, "GET", one, "", "")
	problem(t, ask(c, "PUT", one+"/answers", `{"answers":{"finns-inte":"yes"}}`, "If-Match", blank.AnswersETag), 422, "risk.fault-value")
	answered, etag := read(200, "PUT", one+"/answers", `{"answers":{"dpia-35-3-a":"yes"}}`, blank.AnswersETag)
	if answered.Screening != "required" && answered.Screening != "may-be" {
		t.Errorf("with one that is enough the screening says %q", answered.Screening)
	}
	problem(t, ask(c, "PUT", one, `{"description":"Journal","hand_on":true}`, "If-Match", etag), 422, "risk.fault-content")
	described, handed := read(200, "PUT", one, `{"description":"Journal","necessity":"Skollagen","risks":"Små","measures":"Behörighet","hand_on":true}`, etag)
	if described.State != "opinion" {
		t.Errorf("handed on it is %q", described.State)
	}
	problem(t, ask(c, "POST", one+"/opinion", `{"text":"Bra"}`, "If-Match", etag), 412, "web.api-stale")
	problem(t, ask(c, "POST", one+"/decision", `{"outcome":"go","reason":"x","review_on":"2027-06-01"}`, "If-Match", handed), 422, "risk.fault-state")
	_, etag = read(200, "POST", one+"/opinion", `{"text":"Inget att invända."}`, handed)
	ruled, _ := read(200, "POST", one+"/decision", `{"outcome":"go","reason":"Behövs","review_on":"2027-06-01"}`, etag)
	if ruled.State != "decided" || ruled.Outcome != "go" || ruled.Opinion != "Inget att invända." {
		t.Errorf("decided: %+v", ruled)
	}
}

// A program reports an incident and reads none; a person goes on with it through the API.
func TestAPIIncidents(t *testing.T) {
	a := open(t, "sqlite:"+filepath.Join(t.TempDir(), "a.db"))
	s := organisations(t, a)
	c, _ := s.signIn(t)
	sys := decoded[apiSystem](t, ask(c, "POST", "/systems", `{"name":"Biblioteket"}`), 201)
	key := &caller{c, must(a.Tokens.Create(t.Context(), s.reader, token.Key{Name: "larm", Scope: token.Write}, 48*time.Hour))(t)}
	problem(t, key.ask("POST", "/incidents", `{"title":"Larm","happened":"Gäller 19121212-1212","systems":["`+sys.ID+`"]}`), 422, "incident.fault-personal")
	made := decoded[struct {
		ID     string
		Number int
	}](t, key.ask("POST", "/incidents", `{"title":"Larm från loggen","systems":["`+sys.ID+`"]}`, "Idempotency-Key", "i1"), 201)
	if again := decoded[struct{ ID string }](t, key.ask("POST", "/incidents", `{"title":"Larm från loggen","systems":["`+sys.ID+`"]}`, "Idempotency-Key", "i1"), 201); again.ID != made.ID {
		t.Error("a repeat made another incident")
	}
	one := "/incidents/" + made.ID
	problem(t, key.ask("GET", one, ""), 403, "web.denied")
	problem(t, key.ask("GET", "/incidents", ""), 403, "web.denied")

	type incident struct {
		Title, Risk string
		Persons     int
		Systems     []struct{ ID string }
		Duties      []struct{ ID, Applies, Status, Deadline, ETag string }
		Measures    []struct{ ID, Text, ETag string }
		Hit         string `json:"systems_etag"`
	}
	p := ask(c, "GET", one, "")
	if got := decoded[incident](t, p, 200); got.Title != "Larm från loggen" || len(got.Systems) != 1 || got.Systems[0].ID != sys.ID {
		t.Errorf("reported: %+v", got)
	}
	etag := p.Header.Get("ETag")
	const fields = `{"title":"Larm från loggen","found_at":"2026-01-01T08:00:00Z","aware_at":"2026-01-01T09:00:00Z","risk":"high","persons":12,"answers":{"breach":"yes"}}`
	problem(t, ask(c, "PUT", one+"/fields", fields), 428, "web.api-match")
	problem(t, ask(c, "PUT", one+"/fields", `{"title":"X","found_at":"2999-01-01T08:00:00Z"}`, "If-Match", etag), 422, "incident.fault-future")
	p = ask(c, "PUT", one+"/fields", fields, "If-Match", etag)
	saved := decoded[incident](t, p, 200)
	if stale := problem(t, ask(c, "PUT", one+"/fields", fields, "If-Match", etag), 412, "web.api-stale"); stale.Current != p.Header.Get("ETag") {
		t.Errorf("current %s, want %s", stale.Current, p.Header.Get("ETag"))
	}
	imy, duty := "", ""
	for _, d := range saved.Duties {
		if d.ID == "inc-gdpr-33" {
			imy, duty = d.Deadline, d.ETag
		}
	}
	if saved.Persons != 12 || imy != "2026-01-04T09:00:00Z" {
		t.Errorf("saved: %+v, IMY by %q", saved, imy)
	}
	problem(t, ask(c, "PUT", one+"/duties/finns-inte", `{"status":"done"}`, "If-Match", duty), 404, "incident.api-no-duty")
	problem(t, ask(c, "PUT", one+"/duties/inc-gdpr-33", `{"status":"not-needed"}`, "If-Match", duty), 422, "incident.fault-reason")
	if got := ask(c, "PUT", one+"/duties/inc-gdpr-33", `{"status":"planned"}`, "If-Match", duty); got.Status != 200 || !strings.Contains(got.Body, `"status":"planned"`) {
		t.Errorf("decided: %d %s", got.Status, got.Body)
	}
	added := decoded[incident](t, ask(c, "POST", one+"/measures", `{"text":"Byt lösenord"}`), 201)
	if len(added.Measures) != 1 {
		t.Fatalf("measures: %+v", added.Measures)
	}
	if got := decoded[incident](t, ask(c, "PUT", one+"/measures/"+added.Measures[0].ID, `{"text":"Byt nycklar"}`, "If-Match", added.Measures[0].ETag), 200); got.Measures[0].Text != "Byt nycklar" {
		t.Errorf("measures: %+v", got.Measures)
	}
	if got := decoded[incident](t, ask(c, "PUT", one+"/systems", `{"systems":[]}`, "If-Match", added.Hit), 200); len(got.Systems) != 0 {
		t.Errorf("systems: %+v", got.Systems)
	}
	if got := ask(c, "GET", "/incidents", ""); got.Status != 200 || !strings.Contains(got.Body, made.ID) {
		t.Errorf("the list has not the incident: %d %s", got.Status, got.Body)
	}
	problem(t, ask(c, "GET", "/suppliers/finns-inte/affected", ""), 404, "web.not-found")
	measurementByAPI(t, a, s, key, c)
}

// measurementByAPI lets a program make an incident of a measurement, once; a person finds it by the measurement, and it points back.
func measurementByAPI(t *testing.T, a *app.App, s sides, key *caller, c *webtest.Client) {
	t.Helper()
	sys := decoded[apiSystem](t, ask(c, "POST", "/systems", `{"name":"Skolskjutsen"}`), 201)
	seen := must(a.Evidence.Record(t.Context(), s.reader, measuredLogin(sys.ID, "EV_PWFORM", verdict.PasswordOnly, "Provad")))(t).ID.String()
	problem(t, key.ask("POST", "/incidents", `{"title":"X","measurement":"finns-inte"}`), 404, "web.not-found")
	made := decoded[struct{ ID string }](t, key.ask("POST", "/incidents", `{"title":"Inloggning med bara lösenord","measurement":"`+seen+`"}`), 201)
	problem(t, key.ask("POST", "/incidents", `{"title":"Inloggning med bara lösenord","measurement":"`+seen+`"}`), 409, "incident.api-origin")
	type incident struct {
		ID      string
		Systems []struct{ ID string }
		Origin  struct{ Kind, ID, Path string }
	}
	got := decoded[incident](t, ask(c, "GET", "/incidents/"+made.ID, ""), 200)
	if o := got.Origin; o.Kind != "measurement" || o.ID != seen || !strings.HasSuffix(o.Path, "#b-"+seen) || len(got.Systems) != 1 || got.Systems[0].ID != sys.ID {
		t.Errorf("made of a measurement: %+v", got)
	}
	list := decoded[struct {
		Items []struct{ ID string }
		Total int
	}](t, ask(c, "GET", "/incidents?origin="+seen, ""), 200)
	if list.Total != 1 || list.Items[0].ID != made.ID {
		t.Errorf("by its measurement: %+v", list)
	}
}
