// SPDX-License-Identifier: EUPL-1.2

package app_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/action"
	"github.com/insegel/insegel/internal/app"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/auth"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/classification"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/incident"
	"github.com/insegel/insegel/internal/information"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/national"
	"github.com/insegel/insegel/internal/organisation"
	"github.com/insegel/insegel/internal/overview"
	"github.com/insegel/insegel/internal/processing"
	"github.com/insegel/insegel/internal/procurement"
	"github.com/insegel/insegel/internal/register"
	"github.com/insegel/insegel/internal/requirement"
	"github.com/insegel/insegel/internal/system"
	"github.com/insegel/insegel/internal/web"
	"github.com/insegel/insegel/internal/webtest"
)

// theirs stands in everything that the reader may not see. Nothing else says it.
const theirs = "Zorkmid"

// shared is the name, and so the slug, of a system that both sides have.
const shared = "Gemensamt system"

// sides are what one reader may see and what they may not: another organisation's, or another unit's.
type sides struct {
	app *app.App
	// reader has every role, as far as this side goes. other may do everything on the other side.
	reader, other access.Actor
	// systemID, slug and the rest name what lies on the other side.
	systemID, slug, information, imported, upload, unit, person, requirement, processing, record, shift, incident, risk, workshop, target, draft string
	// purchase is a planned purchase there.
	purchase ids.ID[procurement.Purchase]
	// found is what a search has found there.
	found foundThings
	// submission is what the other side has received.
	submission national.Submission
	// asked is what is asked there.
	asked asked
	// whole is true when the reader reaches a whole organisation, and the other side is another one.
	whole bool
}

// everybody is every role that a person can hold.
func everybody(org access.OrganisationID, id string) access.Actor {
	return access.Actor{ID: id, Name: "Läsare", Organisation: org, Roles: access.Roles(), Fresh: true}
}

// must ends the test at an error.
func must[T any](v T, err error) func(t *testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func ok(t *testing.T, errs ...error) {
	t.Helper()
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
}

// requirementOf is a requirement that applies to a system and can stand in an annex.
func requirementOf(t *testing.T, a *app.App, actor access.Actor, slug string) string {
	t.Helper()
	_, annex, err := a.Procurements.Annex(t.Context(), actor, slug, a.Texts.In("sv"))
	if err != nil || len(annex.Rows) == 0 {
		t.Fatalf("annex of %s: %v, %d rows", slug, err, len(annex.Rows))
	}
	return annex.Rows[0].Requirement.ID
}

// fillSide gives an actor's organisation the shared system and one of its own, with something in every table. What it writes says mark.
func fillSide(t *testing.T, a *app.App, actor access.Actor, unit, mark string) (s sides) {
	t.Helper()
	for i, name := range []string{shared, mark + " system"} {
		sys := system.New(name)
		sys.Unit, sys.Supplier, sys.Comment, sys.OwnerRole = unit, mark+" leverantör", mark+" kommentar", mark+" ägare"
		sys.InformationNote, sys.LoginNote, sys.Hosting, sys.State = mark+" uppgifter", mark+" inloggning", "supplier", "planned"
		made := must(a.Systems.Create(t.Context(), actor, sys))(t)
		s.systemID, s.slug = made.ID.String(), made.Slug
		ref := made.ID.String()
		ok(t, a.Classifications.SetInformation(t.Context(), actor, ref, []classification.Chosen{
			{TypeID: a.Catalogue.Types[i].ID},
			{Own: &information.Information{Name: fmt.Sprint(mark, " information ", i), Note: mark}},
		}))
		model := a.Catalogue.Models[0]
		for _, aspect := range model.Aspects {
			ok(t, a.Classifications.Answer(t.Context(), actor, ref, classification.Answer{
				Aspect: aspect.Aspect, Perspective: model.Perspectives[0].Perspective.String(), Level: aspect.Levels[1].Value, Motivation: mark + " motivering",
			}))
		}
		r := requirementOf(t, a, actor, ref)
		s.requirement = r
		ok(t, a.Requirements.Answer(t.Context(), actor, ref, []requirement.Answer{{Requirement: r, Status: requirement.NotMet, KnownBy: requirement.SelfAssessed, Note: mark + " svar"}}),
			a.Actions.Save(t.Context(), actor, ref, action.Action{Requirement: r, OwnerRole: mark + " ansvarig", Status: action.Planned, Note: mark + " åtgärd"}),
			a.Procurements.Choose(t.Context(), actor, ref, a.Texts.In("sv"), []procurement.Choice{{Requirement: r, Included: false, Reason: mark + " skäl"}}),
			a.Systems.AddDependency(t.Context(), actor, ref, system.Needing{Facility: mark + " tjänst", Supplier: mark + " leverantör", Carries: system.Unknown}))
	}
	s.risk = fillRisk(t, a, actor, s.systemID, mark)
	s.workshop = fillWorkshop(t, a, actor, &s, mark)
	s.record, s.shift = fillEvidence(t, a, actor, s.systemID, mark)
	s.target = fillMeasurement(t, a, actor, s.systemID, mark)
	x := processing.New(mark+" behandling", processing.Controller)
	x.Purposes, x.UnitID, x.OwnerRole = mark+" ändamål", unitOf(t, a, actor, unit), mark+" ansvarig"
	s.found = fillFindings(t, a, actor.Organisation, x.UnitID, mark)
	s.processing = must(a.Processings.Create(t.Context(), actor, x, processing.Wanted{Systems: []string{s.systemID}}))(t).Slug
	s.incident = must(a.Incidents.Report(t.Context(), actor, incident.New{Title: mark + " incident", Happened: mark, Systems: []string{s.systemID}}))(t).ID.String()
	ok(t, a.Incidents.SaveMeasure(t.Context(), actor, s.incident, incident.Measure{Text: mark + " åtgärd"}))
	s.asked = fillCampaign(t, a, actor, unitOf(t, a, actor, unit), mark)
	buys := must(a.Procurements.SavePurchase(t.Context(), actor, procurement.Purchase{Name: mark + " anskaffning", Note: mark + " anteckning", UnitID: unitOf(t, a, actor, unit)}))(t)
	s.purchase = buys.ID
	buysRef := procurement.PurchaseRef + buys.ID.String()
	ok(t, a.Procurements.AddOwn(t.Context(), actor, buysRef, a.Texts.In("sv"), procurement.Own{Text: mark + " krav"}))
	must(a.Procurements.Freeze(t.Context(), actor, buysRef, a.Texts.In("sv")))(t)
	for _, i := range must(overview.New(a.DB, a.Requirements).Information(t.Context(), actor))(t) {
		if strings.HasPrefix(i.Name, mark) {
			s.information = i.ID.String()
		}
	}
	return s
}

// unitOf gives the id of a unit by its name.
func unitOf(t *testing.T, a *app.App, actor access.Actor, name string) access.UnitID {
	t.Helper()
	for _, u := range must(a.Organisations.Tree(t.Context(), actor))(t).Units {
		if u.Name == name {
			return u.ID
		}
	}
	t.Fatalf("there is no unit %s", name)
	return ""
}

// fillWhole gives what only an organisation has: imports, lists on their way in, models and settings.
func fillWhole(t *testing.T, a *app.App, actor access.Actor, s *sides, mark string) {
	t.Helper()
	list := []byte("Namn;Förvaltning\n" + mark + " importerat;" + mark + " enhet\n")
	s.imported = must(a.Register.Import(t.Context(), actor, register.Request{File: mark + ".csv", Content: list}))(t).ID.String()
	s.upload = must(a.Register.Keep(t.Context(), actor, mark+".csv", list))(t).String()
	s.submission = fillNational(t, a, actor, mark)
	s.draft = fillDraft(t, a, actor, mark)
	for _, u := range must(a.Organisations.Tree(t.Context(), actor))(t).Units {
		if strings.HasPrefix(u.Name, mark) {
			s.unit = u.ID.String()
		}
	}
	ok(t, a.DB.Write(t.Context(), actor.Organisation, func(tx *db.Tx) error {
		p, err := auth.AddPerson(t.Context(), tx, auth.NewPerson{
			Organisation: actor.Organisation, Name: mark + " Person", Folded: locale.Fold(mark + " Person"), Origin: "first",
			Issuer: "test", Roles: []access.Role{access.Administrator},
		})
		s.person = p.Person.String()
		return err
	}))
}

// organisations makes two organisations in one database: the reader's, where they hold every role, and the other.
func organisations(t *testing.T, a *app.App) sides {
	t.Helper()
	var both [2]organisation.Organisation
	for i, name := range []string{"Vår kommun", theirs + " kommun"} {
		both[i] = organisation.Organisation{ID: ids.New[access.Tenant](), Code: []string{"our", "zork"}[i], Name: name}
		ok(t, organisation.Create(t.Context(), a.DB, both[i]))
	}
	reader, other := everybody(both[0].ID, "reader"), everybody(both[1].ID, "other")
	fillSide(t, a, reader, "Socialförvaltningen", "Egen")
	s := fillSide(t, a, other, theirs+" enhet", theirs)
	fillWhole(t, a, other, &s, theirs)
	s.app, s.reader, s.other, s.whole = a, reader, other, true
	return s
}

// units makes one organisation with two units: the reader holds every role in the one, and what lies in the other is not theirs.
func units(t *testing.T, a *app.App) sides {
	t.Helper()
	o := organisation.Organisation{ID: ids.New[access.Tenant](), Code: "our", Name: "Vår kommun"}
	ok(t, organisation.Create(t.Context(), a.DB, o))
	other := everybody(o.ID, "other")
	s := fillSide(t, a, other, theirs+" enhet", theirs)
	own := fillSide(t, a, other, "Socialförvaltningen", "Egen")
	s.app, s.other = a, other
	s.reader = access.Actor{ID: "reader", Name: "Läsare", Organisation: o.ID, Fresh: true}
	for _, u := range must(a.Organisations.Tree(t.Context(), other))(t).Units {
		if strings.HasPrefix(u.Name, theirs) {
			s.unit = u.ID.String()
			continue
		}
		for _, r := range []access.Role{access.SystemOwner, access.SystemManager, access.InformationOwner, access.Executive} {
			s.reader.Held = append(s.reader.Held, access.Held{Role: r, Unit: u.ID})
		}
	}
	if own.slug == s.slug || s.unit == "" {
		t.Fatal("the sides are not apart")
	}
	return s
}

// eachSide runs fn against another organisation and against another unit, on both engines.
func eachSide(t *testing.T, fn func(t *testing.T, s sides)) {
	for engine, database := range map[string]func(*testing.T) string{
		"sqlite":   func(t *testing.T) string { return "sqlite:" + filepath.Join(t.TempDir(), "a.db") },
		"postgres": func(t *testing.T) string { return dbtest.PostgresAddress(t) },
	} {
		for name, make := range map[string]func(*testing.T, *app.App) sides{"another organisation": organisations, "another unit": units} {
			t.Run(engine+"/"+name, func(t *testing.T) {
				a := open(t, database(t))
				a.DB.Watch = func(scope access.OrganisationID, query string, args []any) {
					if fault := dbtest.Unscoped(scope, query, args); fault != "" {
						t.Errorf("a statement %s: %s", fault, query)
					}
				}
				fn(t, make(t, a))
			})
		}
	}
}

// kept writes out everything that the other side's organisation holds that says what is theirs, to see that nobody changed it.
func (s *sides) kept(t *testing.T) string {
	t.Helper()
	tables := must(dbtest.ScopedTables())(t)
	var out strings.Builder
	ok(t, s.app.DB.Read(t.Context(), s.other.Organisation, func(tx *db.Tx) error {
		for _, table := range slices.Sorted(maps.Keys(tables)) {
			if strings.HasPrefix(table, "audit") || table == "alarm" {
				continue // refusals are noted there, and that is as it should be
			}
			rows, err := tx.Query(t.Context(), `SELECT * FROM `+table+` WHERE organisation_id = $1`, s.other.Organisation)
			if err != nil {
				return err
			}
			columns, err := rows.Columns()
			if err != nil {
				return err
			}
			var lines []string
			for rows.Next() {
				values := make([]any, len(columns))
				for i := range values {
					values[i] = new(any)
				}
				if err := rows.Scan(values...); err != nil {
					return err
				}
				line := table
				for _, v := range values {
					line += fmt.Sprintf(" %v", *v.(*any))
				}
				if s.whole || strings.Contains(line, theirs) || strings.Contains(line, s.systemID) {
					lines = append(lines, line)
				}
			}
			if err := errors.Join(rows.Err(), rows.Close()); err != nil {
				return err
			}
			slices.Sort(lines)
			out.WriteString(strings.Join(lines, "\n") + "\n")
		}
		return nil
	}))
	return out.String()
}

// signIn signs the reader in on the program's site.
func (s *sides) signIn(t *testing.T) (*webtest.Client, *web.Site) {
	t.Helper()
	ok(t, s.app.DB.Write(t.Context(), s.reader.Organisation, func(tx *db.Tx) error {
		id, err := auth.DemoPerson(t.Context(), tx, auth.NewPerson{
			Organisation: s.reader.Organisation, Name: "Läsare", Folded: "läsare", Origin: "first", Roles: s.reader.Roles,
		})
		for _, h := range s.reader.Held {
			if err == nil {
				_, err = tx.Exec(t.Context(), `INSERT INTO assignment (id, organisation_id, person_id, role, unit_id, granted_by, granted_at)
					VALUES ($1, $2, $3, $4, $5, $3, 0)`, ids.New[access.Role](), s.reader.Organisation, id, h.Role, h.Unit)
			}
		}
		s.reader.ID = id.String()
		return err
	}))
	server := httptest.NewUnstartedServer(nil)
	demo := must(auth.NewDemoLink(server.Listener.Addr().String()))(t)
	site := s.app.Site(app.ServerOptions{Pace: unhurried, Patience: patient, Demo: demo, Who: func(context.Context) (access.Actor, web.Viewer, error) { return s.reader, web.Viewer{}, nil }})
	server.Config.Handler = site
	server.Start()
	t.Cleanup(server.Close)
	c := webtest.Open(t, "http://"+server.Listener.Addr().String())
	if p := c.Get(strings.TrimPrefix(demo.URL(), c.URL)); p.Status != 200 {
		t.Fatalf("signing in: %d", p.Status)
	}
	c.NoRedirects()
	return c, site
}

// unhurried lets a test ask as fast as it can.
var unhurried = &web.Pace{
	Person: web.Rate{PerSecond: 1e6, Burst: 1e6}, Organisation: web.Rate{PerSecond: 1e6, Burst: 1e6},
	CostlyPerson: web.Rate{PerSecond: 1e6, Burst: 1e6}, CostlyOrganisation: web.Rate{PerSecond: 1e6, Burst: 1e6},
}

// emptyAnswer are the routes that answer alike for what is theirs and for what does not exist, and not with a refusal: with why.
var emptyAnswer = map[string]string{
	"POST /system/{slug}/upphandling":                 "a form that changes no row asks for nothing",
	"POST /upphandling/{id}":                          "a form that changes no row asks for nothing",
	"POST /importera/{id}/avbryt":                     "letting go of a list that is gone already is no fault",
	"POST /administration/personer/lista/{id}/avbryt": "letting go of a list that is gone already is no fault",
}

// Every page, called with what is theirs, gives what it gives for something that does not exist; and nothing of theirs is in it or
// changed by it.
func TestEveryRouteKeepsSidesApart(t *testing.T) {
	eachSide(t, func(t *testing.T, s sides) {
		c, site := s.signIn(t)
		before := s.kept(t)
		for _, r := range site.Routes() {
			method, pattern, _ := strings.Cut(r.Pattern, " ")
			if r.Public || strings.HasPrefix(pattern, "/demo/") || pattern == "/logga-ut" {
				continue
			}
			for _, path := range s.addresses(pattern) {
				s.visit(t, c, r.Pattern, method, path)
			}
		}
		if after := s.kept(t); after != before {
			t.Errorf("something of theirs was changed:\nbefore:\n%s\nafter:\n%s", before, after)
		}
	})
}

// address is an address with something of theirs, and the same with something that does not exist; none when it names nothing.
type address struct{ path, instead string }

// apiParts fills in the parts of the API's addresses that are not somebody's, with what there is.
var apiParts = strings.NewReplacer("{system}", "{slug}", "{aspect}", "integrity", "{perspective}", "individual", "{requirement}", "inloggning-hsl-oppet-nat",
	"{supplier}", "{id}", "{import}", "{id}", "{webhook}", "{id}", "{bulk}", "{id}", "{alarm}", "{id}", "{view}", "{id}", "{paper}", "x", "{sub}", "x", "{question}", "x",
	"{request}", "x", "{delivery}", "x", "{task}", "x", "{group}", "what",
	"{purchase}", "{id}", "{action}", "x", "{row}", "x", "{evidence}", "x", "{change}", "x", "{finding}", "{id}", "{rule}", "{id}", "{source}", "{id}", "{target}", "{id}",
	"{agent}", "x", "{incident}", "{id}", "{duty}", "inc-gdpr-33", "{measure}", "x", "{network}", "x", "{draft}", "{id}", "{domain}", "x")

// apiRefs are what an address of the API can name, besides systems and processings.
var apiRefs = regexp.MustCompile(`\{(dependency|supplier|import|webhook|bulk|alarm|view|purchase|finding|rule|source|target|incident|draft)\}`)

// apiBodies are what a program could send to do harm, by what the address looks like, the first that fits: each is what the operation
// takes, so that it is the use case that refuses.
var apiBodies = []struct{ pattern, body string }{
	{`/incidents$`, `{"title":"Stulen"}`},
	{`/incidents/[^/]+/fields$`, `{"title":"Stulen"}`},
	{`/incidents/[^/]+/systems$`, `{"systems":[]}`},
	{`/duties/`, `{"status":"planned"}`},
	{`/measures`, `{"text":"Stulen"}`},
	{`/risks(/[^/]+)?$`, `{"name":"Stulen"}`},
	{`/impact-assessment$`, `{"description":"Stulen"}`},
	{`/impact-assessment/answers$`, `{"answers":{"dpia-35-3-a":"no"}}`},
	{`/impact-assessment/opinion$`, `{"text":"Stulet"}`},
	{`/impact-assessment/decision$`, `{"outcome":"go","reason":"x","review_on":"2027-01-01"}`},
	{`/systems$`, `{"name":"Stulet","unit":"zorkmid enhet"}`},
	{`/systems/[^/]+/fields$`, `{"name":"Stulet","unit":"zorkmid enhet"}`},
	{`/actions/`, `{"status":"new"}`},
	{`/purchases(/[^/]+)?$`, `{"name":"Stulet"}`},
	{`/supplier-answers/accept$`, `{"requirements":["x"],"clear":true}`},
	{`/tender$`, `{"until":"2027-01-31"}`},
	{`/tender/weights$`, `{"weights":{"x":1}}`},
	{`/tender/(freeze|open)$`, ``},
	{`/tender/bids$`, `{"name":"Stulen AB","to":"a@norrsjo.example"}`},
	{`/tender/award$`, `{"bid":"x"}`},
	{`/own$`, `{"text":"Stulet","must":true}`},
	{`/removal$|/withdrawal$|/dispute$`, `{"reason":"x"}`},
	{`/dispute-ruling$`, `{"ruling":"stands","reason":"x"}`},
	{`/versions$|/purchases/[^/]+/system$|/note$|/confirmation$|/snapshot$|/example$|/search$|/measurement$|/measuring/`, ``},
	{`/evidence$`, `{"subject":"role-model","kind":"EV_DOC","source":"attested","outcome":"for","observed_on":"2026-01-01","title":"x"}`},
	{`/account-comparison$`, `{"list":"eAo="}`},
	{`/findings/decisions$`, `{"items":[{"id":"x","etag":"\"1\""}],"outcome":"system"}`},
	{`/findings/[^/]+/person$`, `{"person":"x"}`},
	{`/finding-sources$`, `{"name":"Stulet","owner":"x","every_days":7,"kind":"files","root":"x","reason":"x"}`},
	{`/finding-sources/[^/]+/state$`, `{"state":"off"}`},
	{`/finding-sources/[^/]+$`, `{"name":"Stulet","owner":"x","every_days":7}`},
	{`/measurement-targets$`, `{"system":"x","url":"https://norrsjo.example/","zone":"internet","expires_on":"2026-12-01","reason":"x"}`},
	{`/measurement-networks$`, `{"network":"10.9.0.0/16","expires_on":"2026-12-01","reason":"x"}`},
	{`/agents$`, `{"name":"Stulet","zone":"lan","public_key":"x"}`},
	{`/signin-logs$`, `{"content":"eAo="}`},
	{`/signin-applications$`, `{"kind":"log","name":"x","system":"x"}`},
	{`/signin-mappings$`, `{"name":"x","text":"x"}`},
	{`/national/sharing$`, `{"share":false,"shown":false,"receive":false}`},
	{`/drafts$`, `{"name":"Stulet","files":[{"name":"x.yaml","text":"x"}]}`},
	{`/national/keys$`, `{"municipality":"0180","key":"x","reason":"x"}`},
	{`/choices$`, `{"choices":[]}`},
	{`/classification/answers/`, `{"level":2}`},
	{`/adjustments/`, `{"level":2,"cause":"integration","reason":"x"}`},
	{`/questions$`, `{"aspect":"integrity","perspective":"individual","to":"a@norrsjo.example"}`},
	{`/(draft|reopening|prefill|undo|secret|test)$|/deliveries/`, ``},
	{`/decision$`, `{"decider":"x"}`},
	{`/information$`, `{"types":[]}`},
	{`/requirements/[^/]+/answer$`, `{"known_by":"self-assessed","status":"met"}`},
	{`/responsible$`, `{"items":[]}`},
	{`/dependencies$`, `{"facility":"Stulen"}`},
	{`/supplier-answers$`, `{"to":"a@norrsjo.example"}`},
	{`/models/chosen$`, `{"model":"finns-inte"}`},
	{`/models$`, `{"file":"x.yaml","source":"x"}`},
	{`/bulk-changes$`, `{"systems":["x"],"owner_role":"Stulet"}`},
	{`/suppliers$|/suppliers/[^/]+/fields$|/sub-processors`, `{"name":"Stulet"}`},
	{`/merge$`, `{"into":"x"}`},
	{`/papers`, `{"kind":"contract","name":"Stulet"}`},
	{`/processings$`, `{"role":"controller","name":"Stulet"}`},
	{`/processings/[^/]+/fields/`, `{"name":"Stulet"}`},
	{`/links$|/acknowledgement$|/snooze$`, `{}`},
	{`/processings-common$`, `{"contact":"Stulet"}`},
	{`/imports(/preview)?$`, `{"file":"x.csv","content":"TmFtbgo="}`},
	{`/views$`, `{"name":"Vy","address":"/system?niva=3"}`},
	{`/webhooks$`, `{"name":"X","address":"https://norrsjo.example","events":["system.changed"]}`},
	{`/webhooks/[^/]+$`, `{"name":"X","address":"https://norrsjo.example","events":["system.changed"],"state":"off"}`},
}

// apiBody finds what a route takes; nothing for one that takes nothing.
func apiBody(t *testing.T, method, path string) string {
	t.Helper()
	if method == "GET" || method == "DELETE" {
		return ""
	}
	for _, b := range apiBodies {
		if regexp.MustCompile(b.pattern).MatchString(path) {
			return b.body
		}
	}
	t.Errorf("%s %s: apiBodies has nothing to send", method, path)
	return ""
}

func (s *sides) addresses(pattern string) []address {
	plain := strings.NewReplacer("{krav}", "exempel-barn-behov-just-nu", "{$}", "", "{n}", "1", "{kind}", "register?format=json")
	asked := pattern
	pattern = apiParts.Replace(strings.ReplaceAll(pattern, "{risk}", s.risk))
	if !strings.Contains(pattern, "{slug}") && !strings.Contains(pattern, "{id}") {
		var out []address
		for _, q := range []string{"", "?forvaltning=" + s.unit, "?unit=" + s.unit, "?owner=" + strings.ToLower(theirs), "?q=" + strings.ToLower(theirs), "?system=" + s.slug} {
			path := plain.Replace(pattern)
			if strings.Contains(pattern, "{kind}") {
				q = strings.Replace(q, "?", "&", 1)
			}
			out = append(out, address{path: path + q})
		}
		return out
	}
	var out []address
	refs := []string{
		s.found.source.String(), s.found.place.ID.String(), s.found.held.String(), s.found.rule.String(), s.slug, s.systemID, s.information, s.imported, s.upload, s.unit, s.person, s.processing, s.supplierID().String(), s.incident, s.risk, s.target,
		s.purchase.String(), s.draft,
	}
	if of := apiRefs.FindString(asked); of != "" { // an address of the API says what it names
		refs = []string{map[string]string{
			"{supplier}": s.supplierID().String(), "{import}": s.imported, "{purchase}": s.purchase.String(), "{finding}": s.found.place.ID.String(),
			"{rule}": s.found.rule.String(), "{source}": s.found.source.String(), "{target}": s.target, "{incident}": s.incident, "{draft}": s.draft,
		}[of], s.systemID}
	}
	for _, ref := range refs {
		if ref == "" {
			continue
		}
		nobody := ids.New[struct{}]().String()
		if ref == s.slug || ref == s.processing {
			nobody = "finns-inte-alls"
		}
		fill := func(ref string) string {
			return plain.Replace(strings.NewReplacer("{slug}", ref, "{id}", ref).Replace(pattern))
		}
		out = append(out, address{fill(ref), fill(nobody)})
	}
	// What the catalogue has is everybody's, and who holds it or is concerned by it is not.
	c := s.app.Catalogue
	for _, known := range map[string][]string{
		"/information/{id}": {c.Types[0].ID, c.Types[1].ID}, "/regler/{id}": {c.Laws[0].ID, c.Laws[1].ID, "GDPR-32"}, "/krav/{id}": {c.Requirements[0].ID, s.requirement},
	}[pattern] {
		out = append(out, address{path: strings.ReplaceAll(pattern, "{id}", known)})
	}
	if strings.Contains(pattern, "{slug}") && s.whole { // the reader's own system has the same slug as one of theirs
		out = append(out, address{path: plain.Replace(strings.ReplaceAll(pattern, "{slug}", "gemensamt-system"))})
	}
	return out
}

// form is what a posted form could hold to do harm. What it says of theirs is in lower case, which finds them as well and is told from
// what they wrote when it comes back.
func (s *sides) form() url.Values {
	return url.Values{
		"version": {"1"}, "namn": {"Stulet"}, "enhet": {strings.ToLower(theirs) + " enhet"}, "requirement": {"x"}, "svar": {"1"}, "nasta": {"1"}, "beslutare": {"Jag"},
		"unit": {s.unit}, "id": {s.systemID},
	}
}

var requestID = regexp.MustCompile(`[a-z0-9]{12,}`)

func (s *sides) visit(t *testing.T, c *webtest.Client, route, method string, a address) {
	t.Helper()
	ask := func(path string) *webtest.Page {
		if method == "POST" {
			return c.Post(path, s.form())
		}
		return c.Do(c.Request(method, path, nil))
	}
	if strings.Contains(route, " "+web.APIPath) {
		ask = func(path string) *webtest.Page {
			r := c.Request(method, path, strings.NewReader(apiBody(t, method, strings.SplitN(path, "?", 2)[0])))
			r.Header.Set("If-Match", `"1"`)
			return c.Do(r)
		}
	}
	p := ask(a.path)
	if p.Status >= 500 {
		t.Errorf("%s %s: status %d", route, a.path, p.Status)
	}
	if p.Status == 303 {
		c.Get("/regler") // which shows, and so uses up, what was to be said on the next page
	}
	body := p.Body + fmt.Sprint(p.Header)
	if strings.Contains(body, theirs) || s.systemID != "" && !strings.Contains(a.path, s.systemID) && strings.Contains(body, s.systemID) {
		i := strings.Index(body, theirs)
		t.Errorf("%s %s: status %d tells of theirs: …%s…", route, a.path, p.Status, body[max(0, i-200):min(len(body), i+100)])
	}
	if a.instead == "" {
		return
	}
	if p.Status != 404 && p.Status != 403 && emptyAnswer[route] == "" && !(method == "POST" && (p.Status == 400 || p.Status == 422)) {
		t.Errorf("%s %s: status %d, want 404 or 403", route, a.path, p.Status)
	}
	// The answer is no oracle: it is the one for what does not exist, but for the address itself and the number of the request.
	q := ask(a.instead)
	if q.Status == 303 {
		c.Get("/regler")
	}
	same := func(body, path string) string {
		path, _, _ = strings.Cut(path, "?")
		for _, part := range strings.Split(path, "/") {
			if len(part) > 10 {
				body = strings.ReplaceAll(body, part, "*")
			}
		}
		return requestID.ReplaceAllString(body, "*")
	}
	if p.Status != q.Status || same(p.Body, a.path) != same(q.Body, a.instead) {
		t.Errorf("%s %s: answers %d, and %d for what does not exist:\n%s\n%s", route, a.path, p.Status, q.Status, same(p.Body, a.path), same(q.Body, a.instead))
	}
}

// call is a use case, called with what is theirs.
type call = func(actor access.Actor) (any, error)

// none is the answer of a use case that gives only an error.
func none(err error) (any, error) { return nil, err }

// calls are the use cases by name.
func (s *sides) calls(ctx context.Context) map[string]call {
	out := map[string]call{}
	for _, some := range []map[string]call{s.findingCalls(ctx), s.systemCalls(ctx), s.classificationCalls(ctx), s.registerCalls(ctx), s.requirementCalls(ctx), s.procurementCalls(ctx), s.sharingCalls(ctx), s.overviewCalls(ctx), s.processingCalls(ctx), s.evidenceCalls(ctx), s.incidentCalls(ctx), s.riskCalls(ctx), s.workshopCalls(ctx), s.measurementCalls(ctx), s.followupCalls(ctx), s.nationalCalls(ctx), s.campaignCalls(ctx), s.whatifCalls(ctx)} {
		maps.Copy(out, some)
	}
	return out
}

func (s *sides) systemCalls(ctx context.Context) map[string]call {
	a, ref, sys := s.app, s.slug, ids.ID[system.System](s.systemID)
	return map[string]call{
		"system.Edit": func(x access.Actor) (any, error) { return a.Systems.Edit(ctx, x, ref) },
		"system.Create": func(x access.Actor) (any, error) {
			n := system.New("Stulet")
			n.UnitID = access.UnitID(s.unit)
			return a.Systems.Create(ctx, x, n)
		},
		"system.Update": func(x access.Actor) (any, error) {
			n := system.New("Stulet")
			n.ID, n.UnitID = sys, access.UnitID(s.unit)
			return none(a.Systems.Update(ctx, x, n))
		},
		"system.Responsible": func(x access.Actor) (any, error) { return a.Systems.Responsible(ctx, x, ref) },
		"system.SetResponsible": func(x access.Actor) (any, error) {
			return none(a.Systems.SetResponsible(ctx, x, ref, []system.Naming{{Kind: organisation.Owner}}))
		},
		"system.AddDependency": func(x access.Actor) (any, error) {
			return none(a.Systems.AddDependency(ctx, x, ref, system.Needing{Facility: "Stulen tjänst", Carries: system.Unknown}))
		},
		"system.RemoveDependency": func(x access.Actor) (any, error) {
			return none(a.Systems.RemoveDependency(ctx, x, ref, ids.New[system.Dependency]()))
		},
		"organisation.Set": func(x access.Actor) (any, error) { return none(a.Organisations.Set(ctx, x, "test", "x")) },
		"system.Bulk": func(x access.Actor) (any, error) {
			unit := access.UnitID(s.unit)
			b, err := a.Systems.Bulk(ctx, x, []ids.ID[system.System]{sys}, system.Change{Unit: &unit})
			return b.Systems, err
		},
		"system.Called":     func(x access.Actor) (any, error) { return a.Systems.Called(ctx, x, "") },
		"system.Bulks":      func(x access.Actor) (any, error) { return a.Systems.Bulks(ctx, x) },
		"system.UndoBulk":   func(x access.Actor) (any, error) { return a.Systems.UndoBulk(ctx, x, ids.New[system.Bulk]()) },
		"organisation.Look": func(x access.Actor) (any, error) { return a.Organisations.Look(ctx, x) },
		"organisation.SaveLook": func(x access.Actor) (any, error) {
			return none(a.Organisations.SaveLook(ctx, x, organisation.NewLook{Look: organisation.Look{Name: "Stulen"}}))
		},
		"organisation.Tree": func(x access.Actor) (any, error) { return a.Organisations.Tree(ctx, x) },
		"organisation.Move": func(x access.Actor) (any, error) {
			return none(a.Organisations.Move(ctx, x, access.UnitID(s.unit), ""))
		},
	}
}

func (s *sides) classificationCalls(ctx context.Context) map[string]call {
	a, l, ref := s.app, s.app.Texts.In("sv"), s.slug
	aspect := a.Catalogue.Models[0].Aspects[0].Aspect
	return map[string]call{
		"classification.Open":           func(x access.Actor) (any, error) { return a.Classifications.Open(ctx, x, ref, l) },
		"classification.SetInformation": func(x access.Actor) (any, error) { return none(a.Classifications.SetInformation(ctx, x, ref, nil)) },
		"classification.Answer": func(x access.Actor) (any, error) {
			return none(a.Classifications.Answer(ctx, x, ref, classification.Answer{Aspect: aspect, Level: 1}))
		},
		"classification.Unanswer": func(x access.Actor) (any, error) { return none(a.Classifications.Unanswer(ctx, x, ref, aspect, "")) },
		"classification.Restart":  func(x access.Actor) (any, error) { return none(a.Classifications.Restart(ctx, x, ref)) },
		"classification.Reopen":   func(x access.Actor) (any, error) { return none(a.Classifications.Reopen(ctx, x, ref)) },
		"classification.Adjust": func(x access.Actor) (any, error) {
			return none(a.Classifications.Adjust(ctx, x, ref, classification.Adjustment{Aspect: aspect, Level: 3, Cause: classification.Accumulation, Reason: "x"}, false))
		},
		"classification.Decide": func(x access.Actor) (any, error) { return none(a.Classifications.Decide(ctx, x, ref, "Jag")) },
		"classification.Delegate": func(x access.Actor) (any, error) {
			return none(a.Classifications.Delegate(ctx, x, ref, classification.Ask{Aspect: aspect, Perspective: "individual", To: "anna@norrsjo.example", Lang: "sv"}))
		},
		"classification.Recall": func(x access.Actor) (any, error) {
			return none(a.Classifications.Recall(ctx, x, ref, ids.New[classification.Delegation]()))
		},
		"classification.Delegated": func(x access.Actor) (any, error) {
			return a.Classifications.Delegated(ctx, x, ids.New[classification.Delegation]())
		},
		"classification.AnswerDelegated": func(x access.Actor) (any, error) {
			return none(a.Classifications.AnswerDelegated(ctx, x, ids.New[classification.Delegation](), 1, "x"))
		},
		"classification.Models":      func(x access.Actor) (any, error) { return a.Classifications.Models(ctx, x) },
		"classification.ChooseModel": func(x access.Actor) (any, error) { return a.Classifications.ChooseModel(ctx, x, "zork") },
		"classification.AddModel":    func(x access.Actor) (any, error) { return a.Classifications.AddModel(ctx, x, "x.yaml", nil) },
	}
}

func (s *sides) registerCalls(ctx context.Context) map[string]call {
	a := s.app
	return map[string]call{
		"register.Imports": func(x access.Actor) (any, error) { return a.Register.Imports(ctx, x) },
		"register.Uploads": func(x access.Actor) (any, error) { return a.Register.Uploads(ctx, x) },
		"register.Undo":    func(x access.Actor) (any, error) { return a.Register.Undo(ctx, x, ids.ID[register.Import](s.imported)) },
		"register.Kept": func(x access.Actor) (any, error) {
			return a.Register.Kept(ctx, x, ids.ID[register.Upload](s.upload), "")
		},
		"register.Choose": func(x access.Actor) (any, error) {
			return none(a.Register.Choose(ctx, x, ids.ID[register.Upload](s.upload), register.Choice{}))
		},
		"register.Take": func(x access.Actor) (any, error) {
			return a.Register.Take(ctx, x, ids.ID[register.Upload](s.upload), "sv")
		},
		"register.Taking": func(x access.Actor) (any, error) {
			return a.Register.Taking(ctx, x, ids.ID[register.Upload](s.upload))
		},
		"register.Discard": func(x access.Actor) (any, error) {
			return none(a.Register.Discard(ctx, x, ids.ID[register.Upload](s.upload)))
		},
		"register.Preview": func(x access.Actor) (any, error) {
			return a.Register.Preview(ctx, x, register.Request{File: "x.csv", Content: []byte("Namn\nNytt\n")})
		},
		"register.Import": func(x access.Actor) (any, error) {
			return a.Register.Import(ctx, x, register.Request{File: "x.csv", Content: []byte("Namn\nNytt\n")})
		},
		"register.Keep": func(x access.Actor) (any, error) { return a.Register.Keep(ctx, x, "x.csv", []byte("Namn\nNytt\n")) },
	}
}

func (s *sides) overviewCalls(ctx context.Context) map[string]call {
	a, l, ref := s.app, s.app.Texts.In("sv"), s.slug
	o := overview.New(a.DB, a.Requirements)
	o.LogKey, o.Followup, o.Risks, o.Approvals = a.LogKey, a.Followup, a.Risks, a.Approvals
	return map[string]call{
		"overview.Brief":        func(x access.Actor) (any, error) { return o.Brief(ctx, x, l) },
		"overview.Home":         func(x access.Actor) (any, error) { return o.Home(ctx, x, "") },
		"overview.List":         func(x access.Actor) (any, error) { return o.List(ctx, x, overview.Filter{}) },
		"overview.System":       func(x access.Actor) (any, error) { return o.System(ctx, x, ref, l) },
		"overview.Requirements": func(x access.Actor) (any, error) { return o.Requirements(ctx, x, ref, l) },
		"overview.History":      func(x access.Actor) (any, error) { return o.History(ctx, x, ref, l) },
		"overview.Todo":         func(x access.Actor) (any, error) { return o.Todo(ctx, x, overview.TodoUnit) },
		"overview.Chores":       func(x access.Actor) (any, error) { return o.Chores(ctx, x, overview.TodoUnit) },
		"overview.SaveView":     func(x access.Actor) (any, error) { return none(o.SaveView(ctx, x, "Vy", overview.Filter{Level: 3})) },
		"overview.Views":        func(x access.Actor) (any, error) { return o.Views(ctx, x) },
		"overview.RemoveView":   func(x access.Actor) (any, error) { return none(o.RemoveView(ctx, x, ids.New[overview.View]())) },
		"overview.ExportList":   func(x access.Actor) (any, error) { return o.ExportList(ctx, x, overview.Filter{}) },
		"overview.Snooze": func(x access.Actor) (any, error) {
			return none(o.Snooze(ctx, x, "classify:"+s.systemID, civil.Of(a.DB.Now()).AddDays(7)))
		},
		"overview.Search": func(x access.Actor) (any, error) { return o.Search(ctx, x, s.slug, l) },
		"overview.Rules": func(x access.Actor) (any, error) {
			n, _, err := o.Rules(ctx, x)
			return n, err
		},
		"overview.Rule": func(x access.Actor) (any, error) {
			_, list, _, err := o.Rule(ctx, x, a.Catalogue.Laws[0].ID)
			return list, err
		},
		"overview.Requirement": func(x access.Actor) (any, error) {
			_, list, err := o.Requirement(ctx, x, a.Catalogue.Requirements[0].ID)
			return list, err
		},
		"overview.Information":     func(x access.Actor) (any, error) { return o.Information(ctx, x) },
		"overview.InformationType": func(x access.Actor) (any, error) { return o.InformationType(ctx, x, s.information, 1) },
		"overview.AsItWas": func(x access.Actor) (any, error) {
			return o.AsItWas(ctx, x, ref, civil.Of(a.DB.Now()), l)
		},
		"overview.Log":          func(x access.Actor) (any, error) { return o.Log(ctx, x, audit.Filter{}) },
		"overview.Dependencies": func(x access.Actor) (any, error) { return o.Dependencies(ctx, x, s.slug, a.Texts.In("sv")) },
		"overview.DependencyList": func(x access.Actor) (any, error) {
			return o.DependencyList(ctx, x, overview.DependencyFilter{})
		},
		"overview.CheckLog":    func(x access.Actor) (any, error) { return o.CheckLog(ctx, x) },
		"overview.Consistency": func(x access.Actor) (any, error) { return o.Consistency(ctx, x, 1, 2) },
		"overview.ExportLog": func(x access.Actor) (any, error) {
			var b bytes.Buffer
			err := o.ExportLog(ctx, x, audit.Filter{}, &b)
			return b.String(), err
		},
	}
}

// names are the use cases whose call above names something of theirs, and so must be refused.
var names = regexp.MustCompile(`^(finding\.(Place|Look|Decide|Dispute|Give|EndRule|Change|Pause|Start|Stop|Open|Unread)|system\.|classification\.(Open|SetInformation|Answer|Unanswer|Restart|Reopen|Adjust|Decide)|register\.(Undo|Kept|Choose|Take)|` +
	`evidence\.(Record|List|Withdraw|File|Note|Draft|CompareAccess)|overview\.(Evidence|Confirm)|measurement\.(Open|Ask|Measure|End|Match)|processing\.(Open|Edit|Create|Save|Link|Prefill|Delete)|overview\.(ProcessingHistory|Supplier|SupplierHistory|SystemSupplier)|` +
	`supplier\.(Edit|Update|SavePaper|RemovePaper|SaveSubProcessor|RemoveSubProcessor|Merge)|` +
	`risk\.(Open|Risk|Save|Remove|Screen|Describe|GiveOpinion|Rule)|workshop\.(Open|Watch|Plan|Start|AddScenario|Ask|Reveal|Decide|Close)|` +
	`campaign\.(Open|Dispatch|Assign|Remind|Sheet|Linked|Answer|Delegate|Take|HandIn|Reopen|Freeze|Correct|EndActivity|Done)|` +
	`incident\.(Open|Affected|Report|Save|SetSystems|Decide|SaveMeasure|DrillReport|Pack|SupplierPack|SystemPack)|` +
	`whatif\.(Open|Requirement|Nation|Remove)|requirement\.(View|Component|Follows|Answer)|action\.(Doers|Move|Plan|Save)|procurement\.(Annex|Choose|Supplied|AskSupplier|RecallSupplier|Purchase|EditPurchase|SavePurchase|RemovePurchase|MakeSystem|AddOwn|RemoveOwn|Freeze|Versions|AcceptReplies|Attachment|StartTender|Tender|WeighTender|FreezeTender|InviteBidder|RecallBidder|OpenBids|AwardBid|BidAttachment|EndSharing|SeeShared|Differences)|report\.Write|overview\.(System|Dependencies|Requirements|History|InformationType|AsItWas)|organisation\.Move)$`)

// byLink are the use cases that belong to the program itself, or to whoever was sent a link, and to no role.
var byLink = regexp.MustCompile(`^(finding\.(Work|Tick)|classification\.(Delegated|AnswerDelegated)|procurement\.(Posed|AnswerPosed|SendPosed|AttachPosed|DelegatePosed|ConsentPosed|Receipt|TakeBack)|workshop\.(Join|Poll|Vote)|campaign\.(Linked|Posed|AnswerPosed|Tick))$`)

// Every use case of the slices, called with what is theirs, is refused, tells nothing of it and changes nothing of it.
func TestEveryUseCaseKeepsSidesApart(t *testing.T) {
	slices := regexp.MustCompile(`^(finding|system|processing|classification|register|evidence|requirement|risk|workshop|action|procurement|incident|campaign|report|overview|followup|national|whatif)\.|^measurement\.(List|Open|Propose|Ask|Measure|End|Plan|S|TakeLog|Match|A|R)`)
	eachSide(t, func(t *testing.T, s sides) {
		calls := s.calls(t.Context())
		for _, name := range access.Actions() {
			if calls[name] == nil && slices.MatchString(name) {
				t.Errorf("%s is not called: add it to calls", name)
			}
		}
		before := s.kept(t)
		for name, call := range calls {
			got, err := call(s.reader)
			if err != nil && !errors.Is(err, access.ErrDenied) && strings.Contains(err.Error(), theirs) {
				t.Errorf("%s: the error tells of theirs: %v", name, err)
			}
			if refused := err != nil; names.MatchString(name) && !refused {
				t.Errorf("%s: was not refused", name)
			}
			b, _ := json.Marshal(got) // what cannot be written out is told by the error above
			if i := strings.Index(string(b), theirs); i >= 0 {
				t.Errorf("%s: tells of theirs: …%s…", name, b[max(0, i-100):min(len(b), i+100)])
			}
		}
		if after := s.kept(t); after != before {
			t.Errorf("something of theirs was changed:\nbefore:\n%s\nafter:\n%s", before, after)
		}
		// The calls are right ones: the other side may do what names its own.
		for name, call := range calls {
			if _, err := call(s.other); errors.Is(err, access.ErrDenied) && !byLink.MatchString(name) {
				t.Errorf("%s: the other side itself is refused: %v", name, err)
			}
		}
	})
}
