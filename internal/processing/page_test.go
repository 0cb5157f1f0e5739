// SPDX-License-Identifier: EUPL-1.2

package processing_test

import (
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/catalogue/cataloguetest"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/processing"
	"github.com/insegel/insegel/internal/system"
	"github.com/insegel/insegel/internal/web"
	"github.com/insegel/insegel/internal/webtest"
)

// world is a server over one organisation's record.
type world struct {
	*webtest.Client
	d       *db.DB
	actor   *access.Actor
	service *processing.Service
	systems *system.Service
}

func start(t *testing.T, d *db.DB) *world {
	t.Helper()
	actor := dbtest.Organisation(t, d, "prov")
	w := &world{d: d, actor: &actor, service: &processing.Service{DB: d, Catalogue: cataloguetest.Load(t)}, systems: &system.Service{DB: d}}
	bundle, err := locale.NewBundle(map[string]string{"web": web.Messages, "processing": processing.Messages})
	must(t, err)
	site := web.NewSite(bundle, slog.New(slog.DiscardHandler), web.Options{
		ActorFunc: func(*http.Request) (access.Actor, web.Viewer, bool) { return *w.actor, web.Viewer{Name: "Prov"}, true },
	})
	(&processing.Pages{Service: w.service, Export: "/rapporter/processing"}).Routes(site)
	w.Client = webtest.Start(t, site)
	w.NoRedirects()
	return w
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (w *world) open(t *testing.T, path string) *webtest.Page {
	t.Helper()
	p := w.Get(path)
	if p.Status != http.StatusOK {
		t.Fatalf("%s: status %d", path, p.Status)
	}
	webtest.CheckDOM(t, p.Doc)
	return p
}

// system adds a system of a unit, with a supplier.
func (w *world) system(t *testing.T, name, unit string) system.System {
	t.Helper()
	s := system.New(name)
	s.Unit, s.Supplier = unit, "Exempelbolaget AB"
	made, err := w.systems.Create(t.Context(), *w.actor, s)
	must(t, err)
	return made
}

const form = "main form"

// TestFromNothingToAWholeEntry goes the way a person does, form by form, on both engines: each form changes its own group only, and what
// lacks becomes less until nothing does.
func TestFromNothingToAWholeEntry(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := start(t, d)
		sys := w.system(t, "Ärendesystemet", "Socialförvaltningen")
		if p := w.open(t, "/behandlingar"); !strings.Contains(p.Text(".empty"), "Inga behandlingar än") {
			t.Error("an empty record says nothing of what to do")
		}
		page := w.open(t, "/behandlingar/ny?information=eb-ansokan&system="+sys.ID.String())
		got := w.Submit(page, form, url.Values{"namn": {"Handläggning av  bistånd"}, "enhet": {sys.UnitID.String()}})
		if got.Status != http.StatusSeeOther || got.Header.Get("Location") != "/behandlingar/handlaggning-av-bistand" {
			t.Fatalf("status %d to %q: %s", got.Status, got.Header.Get("Location"), got.Text(".err"))
		}
		path := got.Header.Get("Location")
		page = w.open(t, path)
		if !strings.Contains(page.Text("#whose"), "identitet") || !strings.Contains(page.Text("#links"), "Ärendesystemet") {
			t.Errorf("not filled in from the information: %s", page.Text("#whose"))
		}
		before := len(page.All(".gaps li"))
		if before < 5 || !strings.Contains(page.Text(".gaps"), "artikel 30.1 b") {
			t.Errorf("the page says that this lacks: %s", page.Text(".gaps"))
		}
		for group, values := range map[string]url.Values{
			"grunduppgifter": {"beskrivning": {"Alla ansökningar"}},
			"andamal": {
				"andamal": {"Pröva rätt till bistånd\nBetala ut"}, "grund": {"e", "c"}, "stod": {"socialtjänstlagen"}, "kansliga": {"yes"},
				"undantag": {"h"}, "undantag-stod": {"3 kap. 5 § dataskyddslagen"}, "brott": {"no"},
			},
			"mottagare": {"mottagare": {"Försäkringskassan"}, "tredjeland": {"no"}},
			"bevarande": {"sakerhet": {"Behörighet och logg"}, "konsekvens": {"done"}, "konsekvens-dag": {"27/11 2026"}},
		} {
			got := w.Submit(w.open(t, path+"/andra/"+group), form, values)
			if got.Status != http.StatusSeeOther {
				t.Fatalf("%s: status %d: %s", group, got.Status, got.Text(".err"))
			}
		}
		must(t, w.service.SetCommon(t.Context(), *w.actor, processing.Common{Contact: "Norrsjö kommun", DPO: "dso@norrsjo.example"}))
		page = w.open(t, path)
		if n := len(page.All(".gaps li")); n != 1 || !strings.Contains(page.Text(".gaps"), "Personuppgiftsbiträdesavtal") {
			t.Errorf("%d lack: %s", n, page.Text(".gaps"))
		}
		v, err := w.service.Open(t.Context(), *w.actor, "handlaggning-av-bistand")
		must(t, err)
		if v.Description != "Alla ansökningar" || v.Subjects == "" || v.Recipients != "Försäkringskassan" || v.AssessedOn.String() != "2026-11-27" ||
			strings.Join(v.LegalBasis, "") != "ce" || len(v.Systems) != 1 || len(v.Information) != 1 {
			t.Errorf("a form took something away: %+v", v.Processing)
		}
		if list := w.open(t, "/behandlingar?saknas=agreement"); !strings.Contains(list.Text("tbody"), "Handläggning av bistånd") {
			t.Error("the list does not find it by what lacks")
		}
		if list := w.open(t, "/behandlingar?saknas=purposes"); list.Has("tbody") || !strings.Contains(list.Text(".empty"), "Inget passar") {
			t.Error("the list finds it by what does not lack")
		}
	})
}

// TestTwoPeople changes different groups at once, which both stand, and the same group at once, which shows both versions and loses
// neither.
func TestTwoPeople(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := start(t, d)
		made, err := w.service.Create(t.Context(), *w.actor, processing.New("Skolval", processing.Controller), processing.Wanted{})
		must(t, err)
		why, sharing, mine := w.open(t, made.Path()+"/andra/andamal"), w.open(t, made.Path()+"/andra/mottagare"), w.open(t, made.Path()+"/andra/andamal")
		for _, p := range []*webtest.Page{w.Submit(why, form, url.Values{"andamal": {"Placera elever"}}), w.Submit(sharing, form, url.Values{"mottagare": {"Skolorna"}})} {
			if p.Status != http.StatusSeeOther {
				t.Fatalf("status %d", p.Status)
			}
		}
		clash := w.Submit(mine, form, url.Values{"andamal": {"Mina ord"}, "stod": {"skollagen"}})
		webtest.CheckDOM(t, clash.Doc)
		if clash.Status != http.StatusConflict || !strings.Contains(clash.Text("tbody"), "Placera elever") || !strings.Contains(clash.Text("tbody"), "Mina ord") {
			t.Fatalf("status %d: %s", clash.Status, clash.Text("main"))
		}
		if again := w.Submit(clash, form, nil); again.Status != http.StatusSeeOther {
			t.Fatalf("what was written cannot be sent again: %d", again.Status)
		}
		v, err := w.service.Open(t.Context(), *w.actor, made.Slug)
		must(t, err)
		if v.Purposes != "Mina ord" || v.LegalSupport != "skollagen" || v.Recipients != "Skolorna" {
			t.Errorf("got %+v", v.Processing)
		}
	})
}

func TestFaultsKeepWhatWasTyped(t *testing.T) {
	w := start(t, dbtest.SQLite(t))
	made, err := w.service.Create(t.Context(), *w.actor, processing.New("Skolval", processing.Controller), processing.Wanted{})
	must(t, err)
	for _, lang := range []string{"sv", "en"} {
		w.Lang = lang
		for group, values := range map[string]url.Values{
			"grunduppgifter": {"namn": {" "}, "beskrivning": {"behåll mig"}},
			"andamal":        {"grund": {"z"}, "andamal": {"behåll mig"}},
			"bevarande":      {"konsekvens-dag": {"i våras"}, "gallring": {"behåll mig"}},
		} {
			p := w.Submit(w.open(t, made.Path()+"/andra/"+group), form, values)
			webtest.CheckDOM(t, p.Doc)
			if p.Status != http.StatusUnprocessableEntity || !strings.Contains(p.Body, "behåll mig") || !p.Has(".err a") {
				t.Errorf("%s: status %d", group, p.Status)
			}
		}
		p := w.Submit(w.open(t, made.Path()+"/kopplingar"), form, url.Values{"system-1": {"Finns inte"}})
		if p.Status != http.StatusUnprocessableEntity || !strings.Contains(p.Body, "Finns inte") {
			t.Errorf("a system that is not there: status %d", p.Status)
		}
	}
	if p := w.Get(made.Path() + "/andra/nagot"); p.Status != http.StatusNotFound {
		t.Errorf("a group that is not there: %d", p.Status)
	}
}

// TestLinks adds and takes away links by the form; what the entry says otherwise stays, also when a linked system goes away.
func TestLinks(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := start(t, d)
		first, second := w.system(t, "Alfa", "Skolan"), w.system(t, "Beta", "Skolan")
		x := processing.New("Skolval", processing.Controller)
		x.Purposes = "Placera elever"
		made, err := w.service.Create(t.Context(), *w.actor, x, processing.Wanted{Systems: []string{first.ID.String()}})
		must(t, err)
		got := w.Submit(w.open(t, made.Path()+"/kopplingar"), form, url.Values{"system-2": {"BETA"}, "information-1": {"ekonomiskt bistånd – ANSÖKAN"}})
		if got.Status != http.StatusSeeOther {
			t.Fatalf("status %d: %s", got.Status, got.Text(".err"))
		}
		page := w.open(t, made.Path())
		if links := page.Text("#links"); !strings.Contains(links, "Alfa") || !strings.Contains(links, "Beta") || !strings.Contains(strings.ToLower(links), "ekonomiskt bistånd") {
			t.Errorf("linked: %s", links)
		}
		must(t, d.Write(t.Context(), w.actor.Organisation, func(tx *db.Tx) error {
			return processing.Remove(t.Context(), tx, w.actor.Organisation, []ids.ID[system.System]{second.ID})
		}))
		v, err := w.service.Open(t.Context(), *w.actor, made.Slug)
		must(t, err)
		if len(v.Systems) != 1 || v.Systems[0].Name != "Alfa" || v.Purposes != "Placera elever" || len(v.Information) != 1 {
			t.Errorf("after a system went away: %+v", v.Processing)
		}
		if p := w.Submit(w.open(t, made.Path()+"/ta-bort"), form, nil); p.Status != http.StatusSeeOther || w.Get(made.Path()).Status != http.StatusNotFound {
			t.Error("an entry made by mistake cannot be deleted")
		}
	})
}

// TestReach shows who answers for one unit the unit's entries, and of the others' systems only how many there are.
func TestReach(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := start(t, d)
		ours, theirs := w.system(t, "Vårt system", "Skolan"), w.system(t, "Deras system", "Socialförvaltningen")
		x := processing.New("Skolval", processing.Controller)
		x.UnitID = ours.UnitID
		made, err := w.service.Create(t.Context(), *w.actor, x, processing.Wanted{Systems: []string{ours.ID.String(), theirs.ID.String()}})
		must(t, err)
		y := processing.New("Hemligt ändamål", processing.Controller)
		y.UnitID = theirs.UnitID
		other, err := w.service.Create(t.Context(), *w.actor, y, processing.Wanted{})
		must(t, err)
		*w.actor = access.Actor{ID: "x", Organisation: w.actor.Organisation, Held: []access.Held{{Role: access.SystemOwner, Unit: ours.UnitID}}}
		page := w.open(t, made.Path())
		if strings.Contains(page.Body, "Deras system") || !strings.Contains(page.Text("#links"), "utanför ditt ansvar") {
			t.Error("a system beyond reach is told of, or is not counted")
		}
		if list := w.open(t, "/behandlingar"); strings.Contains(list.Body, "Hemligt") || len(list.All("tbody tr")) != 1 {
			t.Error("the list has what is beyond reach")
		}
		if p := w.Get(other.Path()); p.Status != http.StatusNotFound {
			t.Errorf("another unit's entry: status %d", p.Status)
		}
		// Changing the links keeps the one that the reader does not see.
		if p := w.Submit(w.open(t, made.Path()+"/kopplingar"), form, url.Values{"system": nil}); p.Status != http.StatusSeeOther {
			t.Fatalf("status %d", p.Status)
		}
		*w.actor = access.LocalAdministrator(w.actor.Organisation)
		v, err := w.service.Open(t.Context(), *w.actor, made.Slug)
		must(t, err)
		if len(v.Systems) != 1 || v.Systems[0].Name != "Deras system" {
			t.Errorf("linked after: %+v", v.Systems)
		}
	})
}

func TestReadersSeeNoButtons(t *testing.T) {
	w := start(t, dbtest.SQLite(t))
	made, err := w.service.Create(t.Context(), *w.actor, processing.New("Skolval", processing.Controller), processing.Wanted{})
	must(t, err)
	*w.actor = access.Actor{ID: "x", Organisation: w.actor.Organisation, Roles: []access.Role{access.Auditor}}
	for _, path := range []string{"/behandlingar", made.Path()} {
		p := w.open(t, path)
		for _, a := range p.All("main a") {
			href := webtest.Attr(a, "href")
			if strings.Contains(href, "/andra/") || strings.HasSuffix(href, "/ny") || strings.HasSuffix(href, "/gemensamt") || strings.HasSuffix(href, "/ta-bort") {
				t.Errorf("%s: an auditor is offered %s", path, href)
			}
		}
		if p.Has("main form[method=post]") {
			t.Errorf("%s: an auditor is offered a form", path)
		}
	}
}
