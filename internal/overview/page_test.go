// SPDX-License-Identifier: EUPL-1.2

package overview

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/insegel/insegel/data"
	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/action"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/classification"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/discovery/detect"
	"github.com/insegel/insegel/internal/evidence"
	"github.com/insegel/insegel/internal/finding"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/organisation"
	"github.com/insegel/insegel/internal/requirement"
	"github.com/insegel/insegel/internal/system"
	"github.com/insegel/insegel/internal/web"
	"github.com/insegel/insegel/internal/webtest"
)

// texts are read once for all tests.
var texts = sync.OnceValues(func() (*locale.Bundle, error) {
	return locale.NewBundle(map[string]string{
		"web": web.Messages, "classification": classification.Messages, "requirement": requirement.Messages, "overview": Messages,
		"evidence": evidence.Messages, "system": system.Messages, "finding": finding.Messages,
	})
})

// rules are what is looked for, read once for all tests.
var rules = sync.OnceValues(func() (*detect.Rules, error) {
	files, err := fs.Sub(data.Files, "detectors")
	if err != nil {
		return nil, err
	}
	return detect.Load(files)
})

func bundle(t testing.TB) *locale.Bundle {
	t.Helper()
	b, err := texts()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// as is the header by which the tests say who is signed in.
const as = "X-Test-Actor"

// world is a database with an organisation, its pages, and somebody to open them.
type world struct {
	*webtest.Client
	d       *db.DB
	s       *Service
	actor   access.Actor
	actors  map[string]access.Actor
	handler http.Handler
}

func start(t testing.TB, d *db.DB) *world {
	t.Helper()
	d.Now = func() time.Time { return clock }
	w := &world{d: d, s: service(t, d), actor: dbtest.Organisation(t, d, "norrsjo"), actors: map[string]access.Actor{}}
	w.actors[""] = w.actor
	w.actors["auditor"] = access.Actor{ID: "auditor", Name: "Revisor", Organisation: w.actor.Organisation, Roles: []access.Role{access.Auditor}}
	site := web.NewSite(bundle(t), slog.New(slog.NewTextHandler(io.Discard, nil)), web.Options{ActorFunc: func(r *http.Request) (access.Actor, web.Viewer, bool) {
		a, ok := w.actors[r.Header.Get(as)]
		return a, web.Viewer{Organisation: "Norrsjö", Name: "Samordnaren"}, ok
	}})
	p := &Pages{Overview: w.s, Requirements: w.s.requirements, Systems: &system.Service{DB: d}, Export: "/rapporter/register?format=xlsx", Limit: limits(t).Limit}
	p.Routes(site)
	detectors, err := rules()
	must(t, err)
	(&finding.Pages{Service: &finding.Service{DB: d, Catalogue: w.s.catalogue(), Rules: detectors}, Evidence: p.InboxItems}).Routes(site)
	w.handler = site
	w.Client = webtest.Start(t, site)
	return w
}

// become makes the client act as somebody else.
func (w *world) become(name string) { w.Header.Set(as, name) }

// open opens a page and judges it.
func (w *world) open(t *testing.T, path string) *webtest.Page {
	t.Helper()
	p := w.Get(path)
	if p.Status != http.StatusOK {
		t.Fatalf("GET %s: %d: %s", path, p.Status, p.Text("main"))
	}
	webtest.CheckDOM(t, p.Doc)
	return p
}

// hostile is a name that breaks out of whatever does not escape it.
const hostile = `"><img src=x onerror=alert(1)><script>alert(2)</script>`

// dirty adds a system whose every text is hostile, a stopped one, and actions and answers of every sort.
func dirty(t testing.TB, w *world, systems []system.System) {
	t.Helper()
	y := system.New(hostile)
	y.Slug = "hostile"
	y.OwnerRole, y.ManagerRole, y.HostingNote, y.Country, y.Comment, y.LoginNote = hostile, hostile, hostile, hostile, hostile, hostile
	y.InformationNote, y.ContractNote, y.SubProcessors, y.Criticality = hostile, hostile, hostile, hostile
	n := int64(1240)
	y.Users, y.UsersApproximate, y.DataSubjects, y.LogReviewMonths = &n, true, &n, &n
	y.Kind, y.Service, y.Audience = "e-service", hostile, hostile
	y.Facts = []catalogue.Statement{{Fact: "area", Value: "socialtjanst"}, {Fact: "personal_data", Value: "yes"}}
	y.Logins = []system.LoginPath{{Audience: "staff", Address: hostile, Zone: "internet", Method: hostile}, {Audience: "unknown", Zone: "unknown"}}
	must(t, w.d.Write(ctx, w.actor.Organisation, func(tx *db.Tx) error { return system.Upsert(ctx, tx, w.actor.Organisation, []system.System{y}) }))
	applied := applying(t, w, "hostile")
	var answers []requirement.Answer
	for i, r := range applied[:10] {
		answers = append(answers, requirement.Answer{
			Requirement: r, Status: requirement.Statuses[i%len(requirement.Statuses)], KnownBy: requirement.SelfAssessed, Note: hostile,
		})
	}
	must(t, w.s.requirements.Answer(ctx, w.actor, "hostile", answers))
	plan := &action.Service{DB: w.d, Requirements: w.s.requirements}
	must(t, plan.Save(ctx, w.actor, "hostile", action.Action{Requirement: applied[2], Status: action.Planned, OwnerRole: hostile, DueOn: day0().AddDays(-3)}))
	must(t, plan.Save(ctx, w.actor, "hostile", action.Action{Requirement: applied[3], Status: action.New}))
	must(t, plan.Save(ctx, w.actor, "hostile", action.Action{Requirement: applied[4], Status: action.Done, DueOn: day0()}))
	stop(t, w, systems[1])
}

// applying lists the requirements that apply to a system.
func applying(t testing.TB, w *world, ref string) []string {
	t.Helper()
	v, err := w.s.requirements.View(ctx, w.actor, ref, bundle(t).In("sv"))
	must(t, err)
	var out []string
	for i := range v.Requirements {
		out = append(out, v.Requirements[i].ID)
	}
	return out
}

// stop indicates the stopping level of a system.
func stop(t testing.TB, w *world, s system.System) {
	t.Helper()
	must(t, w.d.Write(ctx, db.Installation, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `DELETE FROM classification_answer WHERE classification_id IN (SELECT id FROM classification WHERE system_id = $1)`, s.ID); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `UPDATE classification SET status = 'stopped' WHERE system_id = $1`, s.ID)
		return err
	}))
	touchLog(t, w)
}

// pages are every address of the slice, with filters that reach every branch.
func pages(t testing.TB, w *world, systems []system.System) []string {
	t.Helper()
	first := systems[0]
	for _, s := range systems {
		if s.Slug == "system-0002" {
			first = s
		}
	}
	typeID := w.s.catalogue().Types[3].ID
	out := []string{
		"/", "/?forvaltning=" + first.UnitID.String(), "/?alla=1", "/system", "/system?sida=2", "/system?q=0012", "/system?q=finns+inte",
		"/system?sortera=niva", "/system?forvaltning=saknas", "/system?aspekt=k&steg=okand", "/system?niva=3&agare=saknas",
		"/system/hostile", "/system/hostile/krav", "/system/hostile/krav?status=uppfylls-inte", "/system/hostile/historik",
		"/system/" + systems[1].Slug, "/system/" + systems[1].Slug + "/krav", "/system/" + first.Slug, "/system/" + first.Slug + "/historik",
		"/system/hostile/som-det-var",
		"/att-gora", "/att-gora?visa=enhet", "/att-gora?visa=delegerade", "/sok", "/sok?q=system", "/sok?q=finns+inte", "/regler", "/regler?q=sekretess&grund=explicit&kontrollerad=ja&berors=ja", "/krav/" + w.s.catalogue().Requirements[0].ID,
		"/krav/" + applying(t, w, "hostile")[0] + "?status=okanda", "/information", "/information?q=lss&omrade=lss", "/information/" + typeID,
	}
	for _, s := range append(standingsText(), Expiring) {
		out = append(out, "/system?lage="+s)
	}
	for _, k := range tallied {
		out = append(out, "/system?krav="+k)
	}
	for _, k := range []string{AskProtection, AskEmpty, AskUnowned, AskLate} {
		out = append(out, "/system?fraga="+k)
	}
	for _, l := range w.s.catalogue().Laws {
		out = append(out, "/regler/"+l.ID)
	}
	return out
}

func standingsText() []string {
	var out []string
	for _, s := range Standings {
		out = append(out, string(s))
	}
	return out
}

// rawKey finds the key of a text that there is none for.
var rawKey = regexp.MustCompile(`\[[a-z]+\.[a-zA-Z0-9_.-]+\]`)

func TestPages(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := start(t, d)
		systems := seed(t, d, w.s, w.actor, 70)
		dirty(t, w, systems)
		for _, lang := range locale.Languages {
			w.Lang = lang
			for _, path := range pages(t, w, systems) {
				p := w.open(t, path)
				if p.Has("main script") || p.Has("main img") {
					t.Errorf("%s: a name became an element", path)
				}
				if key := rawKey.FindString(p.Text("main")); key != "" {
					t.Errorf("%s: %s has no text in %s", path, key, lang)
				}
			}
		}
	})
}

// digits finds the whole numbers of a text, with their grouping.
var digits = regexp.MustCompile(`\d[\d\x{00a0}]*`)

func numbers(s string) []int {
	var out []int
	for _, m := range digits.FindAllString(s, -1) {
		n, err := strconv.Atoi(strings.ReplaceAll(m, "\u00a0", ""))
		if err == nil {
			out = append(out, n)
		}
	}
	return out
}

// An organisation with very many units is not a page of a hundred screens on a phone: the largest are shown, the sum is of all, and all can
// be seen.
func TestManyUnits(t *testing.T) {
	w := start(t, dbtest.SQLite(t))
	must(t, w.d.Write(ctx, w.actor.Organisation, func(tx *db.Tx) error {
		var names []string
		for i := range maxUnits + 3 {
			names = append(names, fmt.Sprintf("Enhet %02d", i))
		}
		units, err := organisation.EnsureUnits(ctx, tx, w.actor.Organisation, names)
		if err != nil {
			return err
		}
		var list []system.System
		for i, name := range names {
			for n := range 1 + min(i%7, 1) { // every seventh unit has one system, the others two
				y := system.New(fmt.Sprintf("%s, system %d", name, n))
				y.UnitID = units[name]
				list = append(list, y)
			}
		}
		return system.Upsert(ctx, tx, w.actor.Organisation, list)
	}))
	home := w.open(t, "/")
	rows := home.All(".heat tbody tr")
	if got, want := len(rows), maxUnits+1; got != want {
		t.Errorf("got %d rows, want %d and the sum", got, maxUnits)
	}
	if got := webtest.Text(rows[len(rows)-1]); !strings.Contains(got, "42") { // 19 with two systems, 4 with one
		t.Errorf("the sum is not of all: %s", got)
	}
	for _, row := range rows {
		if name := webtest.Text(webtest.Find(row, "th")); name == "Enhet 07" || name == "Enhet 21" {
			t.Errorf("%s is shown, which has fewer systems than others that are not", name)
		}
	}
	more := ""
	for _, a := range home.All("p.mt a") {
		if href := webtest.Attr(a, "href"); strings.HasSuffix(href, "#skyddsbehov") {
			more = strings.TrimSuffix(href, "#skyddsbehov")
		}
	}
	if more == "" {
		t.Fatal("nothing leads to all units")
	}
	if got, want := len(w.open(t, more).All(".heat tbody tr")), maxUnits+4; got != want {
		t.Errorf("all: got %d rows, want %d", got, want)
	}
}

// TestNumbersLeadToTheirLists opens the list behind every number of the start page and finds the number again.
func TestNumbersLeadToTheirLists(t *testing.T) {
	w := start(t, dbtest.SQLite(t))
	systems := seed(t, w.d, w.s, w.actor, 70)
	dirty(t, w, systems)
	home := w.open(t, "/")
	checked := 0
	for _, row := range home.All(".heat tbody td a") {
		want := numbers(webtest.Text(row))[0]
		list := w.open(t, webtest.Attr(row, "href"))
		if got := numbers(list.Text(".chips b"))[0]; got != want {
			t.Errorf("%s lists %d systems, the table says %d", webtest.Attr(row, "href"), got, want)
		}
		checked++
	}
	for _, row := range home.All(".wide .shares li") {
		link := webtest.Find(row, "a")
		want := numbers(webtest.Text(webtest.Find(row, "b")))[0]
		if want == 0 {
			continue
		}
		shown := numbers(w.open(t, webtest.Attr(link, "href")).Text(".chips b"))
		if len(shown) != 3 || shown[2] != want {
			t.Errorf("%s: %v, the bar says %d", webtest.Attr(link, "href"), shown, want)
		}
		checked++
	}
	sum := 0
	for _, row := range home.All(".classified tbody tr") {
		link := webtest.Find(row, "a")
		if link == nil {
			continue
		}
		n := numbers(webtest.Text(webtest.Find(row, "td")))[0]
		sum += n
		if got := numbers(w.open(t, webtest.Attr(link, "href")).Text(".chips b"))[0]; got != n {
			t.Errorf("%s lists %d systems, the table says %d", webtest.Attr(link, "href"), got, n)
		}
		checked++
	}
	if checked < 30 || sum != 71 {
		t.Errorf("checked %d numbers; the standings sum to %d of 71 systems", checked, sum)
	}
}

func TestEmptyOrganisation(t *testing.T) {
	w := start(t, dbtest.SQLite(t))
	for _, path := range []string{"/", "/system", "/information", "/regler", "/krav/" + w.s.catalogue().Requirements[0].ID} {
		w.open(t, path)
	}
	home := w.open(t, "/")
	if !strings.Contains(home.Text("main"), "Registret är tomt. Välj en väg in.") || !home.Has(`main a[href="/importera"]`) || !home.Has(`main a[href="/system/nytt"]`) {
		t.Errorf("the empty start page says %q", home.Text("main"))
	}
	w.become("auditor")
	if home = w.open(t, "/"); home.Has(`main a[href="/importera"]`) {
		t.Error("an auditor is offered to import")
	}
}

func TestPermissions(t *testing.T) {
	w := start(t, dbtest.SQLite(t))
	systems := seed(t, w.d, w.s, w.actor, 8)
	dirty(t, w, systems)
	w.become("auditor")
	for _, path := range pages(t, w, systems) {
		p := w.open(t, path)
		for _, href := range []string{"/system/nytt", "/importera", "redigera"} {
			if p.Has(`main a[href*="` + href + `"]`) {
				t.Errorf("%s offers an auditor %s", path, href)
			}
		}
		for _, form := range p.All(`main form[method="post"]`) {
			// A reader's own views and own list are the reader's own.
			if action := webtest.Attr(form, "action"); action != viewPath && action != TodoPath {
				t.Errorf("%s has the form %s for an auditor", path, action)
			}
		}
	}
	if p := w.Post("/system/hostile/krav", url.Values{"omrade": {"behorighet"}}); p.Status != http.StatusForbidden {
		t.Errorf("an auditor's answer gives %d", p.Status)
	}
	w.actors["other"] = dbtest.Organisation(t, w.d, "annan")
	w.become("other")
	for _, path := range []string{"/system/hostile", "/system/hostile/krav", "/system/hostile/historik", "/regler/NONE", "/krav/none", "/information/none"} {
		if p := w.Get(path); p.Status != http.StatusNotFound {
			t.Errorf("%s gives another organisation %d", path, p.Status)
		}
	}
	if p := w.open(t, "/system"); p.Has("tbody tr") {
		t.Error("another organisation sees the systems")
	}
}

func touchLog(t testing.TB, w *world) {
	t.Helper()
	must(t, w.d.Write(context.Background(), db.Installation, func(tx *db.Tx) error { return appendNothing(tx, w.actor) }))
}
