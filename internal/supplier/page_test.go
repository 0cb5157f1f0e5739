// SPDX-License-Identifier: EUPL-1.2

package supplier_test

import (
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/supplier"
	"github.com/insegel/insegel/internal/system"
	"github.com/insegel/insegel/internal/web"
	"github.com/insegel/insegel/internal/webtest"
)

// world is a server over one organisation's suppliers.
type world struct {
	*webtest.Client
	d       *db.DB
	actor   access.Actor
	service *supplier.Service
}

func start(t *testing.T, d *db.DB) *world {
	t.Helper()
	w := &world{d: d, actor: dbtest.Organisation(t, d, "prov"), service: &supplier.Service{DB: d, Moves: []supplier.Move{system.MoveSupplier}}}
	bundle, err := locale.NewBundle(map[string]string{"web": web.Messages, "supplier": supplier.Messages})
	must(t, err)
	site := web.NewSite(bundle, slog.New(slog.DiscardHandler), web.Options{
		ActorFunc: func(*http.Request) (access.Actor, web.Viewer, bool) { return w.actor, web.Viewer{Name: "Prov"}, true },
	})
	(&supplier.Pages{Service: w.service}).Routes(site)
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

const form = "main form"

func (w *world) read(t *testing.T, id string) supplier.Supplier {
	t.Helper()
	d, err := w.service.Edit(t.Context(), w.actor, "")
	must(t, err)
	for _, x := range d.Others {
		if x.ID.String() == id {
			one, err := w.service.Edit(t.Context(), w.actor, x.ID)
			must(t, err)
			return one.Supplier
		}
	}
	t.Fatalf("no supplier %s", id)
	return supplier.Supplier{}
}

// TestForms makes a supplier, a paper of every kind and a sub-processor by the forms, changes them and takes them away, on both engines.
func TestForms(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := start(t, d)
		got := w.Submit(w.open(t, "/leverantorer/ny"), form, url.Values{"namn": {" Fjällvidden  AB "}, "nummer": {"556000-0000"}, "tredjeland": {"no"}, "kontakt": {"Kundtjänst"}})
		if got.Status != http.StatusSeeOther {
			t.Fatalf("status %d: %s", got.Status, got.Text(".err"))
		}
		path := got.Header.Get("Location")
		id := strings.TrimPrefix(path, "/leverantorer/")
		for sort, values := range map[string]url.Values{
			"avtal":         {"namn": {"Ramavtal"}, "fran": {"2024-01-01"}, "till": {"27/11 2027"}, "uppsagning": {"6"}, "varde": {"1 200 000"}},
			"bitradesavtal": {"namn": {"Pub"}, "nummer": {"2.1"}, "referens": {"KS 2026/1"}},
			"certifikat":    {"namn": {"ISO/IEC 27001"}, "utfardare": {"Intyg AB"}, "till": {"2027-05-01"}},
		} {
			if got := w.Submit(w.open(t, path+"/lagg-till/"+sort), form, values); got.Status != http.StatusSeeOther {
				t.Fatalf("%s: status %d: %s", sort, got.Status, got.Text(".err"))
			}
		}
		if got := w.Submit(w.open(t, path+"/underbitrade/nytt"), form, url.Values{"namn": {"Molnet"}, "land": {"Irland"}, "uppgift": {"drift"}}); got.Status != http.StatusSeeOther {
			t.Fatalf("sub-processor: status %d", got.Status)
		}
		x := w.read(t, id)
		if x.Name != "Fjällvidden AB" || x.Contact != "Kundtjänst" || len(x.Papers) != 3 || len(x.SubProcessors) != 1 {
			t.Fatalf("got %+v", x)
		}
		for _, p := range x.Papers {
			if p.Kind == supplier.Contract && (p.NoticeMonths == nil || *p.NoticeMonths != 6 || *p.Value != 1_200_000 || p.EndsOn.String() != "2027-11-27") {
				t.Errorf("the contract is %+v", p)
			}
			at := path + "/handling/" + p.ID.String()
			first, second := w.open(t, at), w.open(t, at)
			if got := w.Submit(first, form, url.Values{"anteckning": {"Deras ord"}}); got.Status != http.StatusSeeOther {
				t.Fatalf("change: status %d", got.Status)
			}
			clash := w.Submit(second, form, url.Values{"anteckning": {"Mina ord"}})
			webtest.CheckDOM(t, clash.Doc)
			if clash.Status != http.StatusConflict || !strings.Contains(clash.Text("tbody"), "Deras ord") || !strings.Contains(clash.Text("tbody"), "Mina ord") {
				t.Fatalf("clash: status %d: %s", clash.Status, clash.Text("main"))
			}
			if got := w.Submit(clash, form, nil); got.Status != http.StatusSeeOther {
				t.Fatalf("what was written cannot be sent again: %d", got.Status)
			}
			version := webtest.Attr(webtest.Find(w.open(t, at).Doc, `[action$="/ta-bort"] [name=version]`), "value")
			if got := w.Post(at+"/ta-bort", url.Values{"version": {version}}); got.Status != http.StatusSeeOther {
				t.Fatalf("%s cannot be taken away: %d", p.Kind, got.Status)
			}
		}
		sub := x.SubProcessors[0]
		at := path + "/underbitrade/" + sub.ID.String()
		if got := w.Submit(w.open(t, at), form, url.Values{"land": {"Norge"}}); got.Status != http.StatusSeeOther || w.read(t, id).SubProcessors[0].Country != "Norge" {
			t.Errorf("a sub-processor cannot be changed: %d", got.Status)
		}
		if got := w.Post(at+"/ta-bort", url.Values{"version": {"2"}}); got.Status != http.StatusSeeOther {
			t.Errorf("a sub-processor cannot be taken away: %d", got.Status)
		}
		if x = w.read(t, id); len(x.Papers)+len(x.SubProcessors) > 0 || x.Contact != "Kundtjänst" {
			t.Errorf("after all was taken away: %+v", x)
		}
	})
}

func TestFaults(t *testing.T) {
	w := start(t, dbtest.SQLite(t))
	made, err := w.service.Create(t.Context(), w.actor, supplier.Supplier{Name: "Alfa", Transfer: supplier.Unknown})
	must(t, err)
	for _, lang := range []string{"sv", "en"} {
		w.Lang = lang
		for path, values := range map[string]url.Values{
			"/leverantorer/ny":                    {"namn": {"ALFA"}, "anteckning": {"behåll mig"}},
			made.Path() + "/lagg-till/avtal":      {"namn": {"x"}, "fran": {"2027-01-01"}, "till": {"2026-01-01"}, "anteckning": {"behåll mig"}},
			made.Path() + "/lagg-till/certifikat": {"namn": {" "}, "anteckning": {"behåll mig"}},
			made.Path() + "/underbitrade/nytt":    {"namn": {""}, "uppgift": {"behåll mig"}},
			made.Path() + "/sla-ihop":             {"till": {""}},
		} {
			if strings.HasSuffix(path, "sla-ihop") {
				if _, err := w.service.Create(t.Context(), w.actor, supplier.Supplier{Name: "Beta " + lang, Transfer: supplier.Unknown}); err != nil {
					t.Fatal(err)
				}
			}
			p := w.Submit(w.open(t, path), form, values)
			webtest.CheckDOM(t, p.Doc)
			if p.Status != http.StatusUnprocessableEntity || !p.Has(".err a") || len(values) > 1 && !strings.Contains(p.Body, "behåll mig") {
				t.Errorf("%s: status %d: %s", path, p.Status, p.Text(".err"))
			}
		}
	}
	if p := w.Get(made.Path() + "/lagg-till/nagot"); p.Status != http.StatusNotFound {
		t.Errorf("a kind that is not there: %d", p.Status)
	}
}

// TestMerge makes one of two: systems, papers and words come along, and nothing that stood is written over.
func TestMerge(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := start(t, d)
		into, err := w.service.Create(t.Context(), w.actor, supplier.Supplier{Name: "Fjällvidden AB", Transfer: supplier.Unknown, Contact: "Står kvar"})
		must(t, err)
		from, err := w.service.Create(t.Context(), w.actor, supplier.Supplier{Name: "Fjällvidden Aktiebolag", Transfer: "yes", Contact: "Skrivs inte över", Country: "Sverige"})
		must(t, err)
		must(t, w.service.SavePaper(t.Context(), w.actor, supplier.Paper{Supplier: from.ID, Kind: supplier.Contract, Name: "Ramavtal"}))
		must(t, w.service.SaveSubProcessor(t.Context(), w.actor, supplier.SubProcessor{Supplier: from.ID, Name: "Molnet"}))
		sys := system.New("Ärendesystemet")
		sys.Supplier = from.Name
		systems := &system.Service{DB: d}
		made, err := systems.Create(t.Context(), w.actor, sys)
		must(t, err)
		if _, err := w.service.Merge(t.Context(), w.actor, from.ID, from.ID, 1); !errors.Is(err, supplier.ErrSame) {
			t.Errorf("with itself: %v", err)
		}
		if _, err := w.service.Merge(t.Context(), w.actor, from.ID, into.ID, 7); !errors.Is(err, db.ErrConflict) {
			t.Errorf("in an old version: %v", err)
		}
		got := w.Submit(w.open(t, from.Path()+"/sla-ihop"), form, url.Values{"till": {into.ID.String()}})
		if got.Status != http.StatusSeeOther || got.Header.Get("Location") != into.Path() {
			t.Fatalf("status %d: %s", got.Status, got.Text(".err"))
		}
		x := w.read(t, into.ID.String())
		if x.Contact != "Står kvar" || x.Country != "Sverige" || x.Transfer != "yes" || len(x.Papers) != 1 || len(x.SubProcessors) != 1 {
			t.Errorf("got %+v", x)
		}
		after, err := systems.Edit(t.Context(), w.actor, made.Slug)
		must(t, err)
		if after.System.Supplier != "Fjällvidden AB" || after.System.Version != made.Version+1 {
			t.Errorf("the system is %q in version %d", after.System.Supplier, after.System.Version)
		}
		if _, err := w.service.Edit(t.Context(), w.actor, from.ID); !errors.Is(err, db.ErrNotFound) {
			t.Errorf("the other is still there: %v", err)
		}
		must(t, d.Read(t.Context(), w.actor.Organisation, func(tx *db.Tx) error {
			n, err := system.Count(t.Context(), tx, w.actor.Organisation, system.Filter{Reach: access.Everywhere(), Text: "fjällvidden ab"})
			if n != 1 {
				t.Errorf("%d systems are found by the name of the one that is left", n)
			}
			return err
		}))
	})
}

func day(t *testing.T, s string) civil.Date {
	t.Helper()
	d, err := civil.Parse(s)
	must(t, err)
	return d
}

func TestStanding(t *testing.T) {
	six := int64(6)
	today := civil.Of(time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC))
	for name, tc := range map[string]struct {
		ends   string
		notice *int64
		want   string
		near   bool
	}{
		"until further notice":    {"", nil, supplier.Open, false},
		"far away":                {"2028-01-01", nil, supplier.Running, false},
		"notice far away":         {"2027-09-24", &six, supplier.Running, false},
		"notice soon":             {"2027-08-22", &six, supplier.Notice, true},
		"notice gone by":          {"2027-04-01", &six, supplier.Notice, true},
		"ends soon":               {"2027-02-22", nil, supplier.Ending, true},
		"three months to the day": {"2027-02-23", nil, supplier.Running, false},
		"ends today":              {"2026-11-23", nil, supplier.Ending, true},
		"ended yesterday":         {"2026-11-22", nil, supplier.Ended, true},
	} {
		p := supplier.Paper{Kind: supplier.Contract, NoticeMonths: tc.notice}
		if tc.ends != "" {
			p.EndsOn = day(t, tc.ends)
		}
		if got := p.Standing(today); got != tc.want || p.Near(today) != tc.near {
			t.Errorf("%s: %s, near %v", name, got, p.Near(today))
		}
	}
	a := supplier.Covered{Kind: supplier.CoversSystem, ID: "a"}
	old := supplier.Paper{ID: "1", Kind: supplier.Agreement, EndsOn: day(t, "2026-01-01"), Covers: []supplier.Covered{a}}
	later := supplier.Paper{ID: "2", Kind: supplier.Agreement, Covers: []supplier.Covered{a}}
	other := supplier.Paper{ID: "3", Kind: supplier.Agreement, Covers: []supplier.Covered{{Kind: supplier.CoversSystem, ID: "b"}}}
	s := supplier.Supplier{Papers: []supplier.Paper{old, other}}
	if len(s.Reminders(today)) != 1 || s.Agreed(today, a) {
		t.Error("what has ended without a successor is not told of, or still counts")
	}
	s.Papers = append(s.Papers, later)
	if len(s.Reminders(today)) != 0 || !s.Agreed(today, a) {
		t.Error("what has a successor is told of, or the successor does not count")
	}
}
