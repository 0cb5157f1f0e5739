// SPDX-License-Identifier: EUPL-1.2

package overview

import (
	"log/slog"
	"net/url"
	"strings"
	"testing"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/classification"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/job"
	"github.com/insegel/insegel/internal/system"
	"github.com/insegel/insegel/internal/webtest"
)

// TestDependenciesInheritAndLoop says in the form what two systems need, and sees the need come along, the loop, and what is refused.
func TestDependenciesInheritAndLoop(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := start(t, d)
		register := &system.Service{DB: d}
		for _, one := range [][2]string{{"Journalen", "Vård"}, {"Katalogen", "IT"}, {"Lönen", "Personal"}} {
			s := system.New(one[0])
			s.Unit = one[1]
			_, err := register.Create(ctx, w.actor, s)
			must(t, err)
		}
		queue, err := job.New(d, slog.New(slog.DiscardHandler))
		must(t, err)
		classify := &classification.Service{DB: d, Catalogue: w.s.catalogue(), Jobs: queue}
		must(t, classify.Answer(ctx, w.actor, "journalen", classification.Answer{
			Aspect: catalogue.Availability, Perspective: "individual", Level: 3, Motivation: "x",
		}))
		say := func(slug string, form url.Values) *webtest.Page {
			return w.Post("/system/"+slug+"/beroenden", form)
		}
		say("journalen", url.Values{"system": {"katalogen"}, "for-vidare": {"function"}})
		say("katalogen", url.Values{"system": {"Lönen"}, "for-vidare": {"unknown"}})
		say("lonen", url.Values{"system": {"Katalogen"}, "for-vidare": {"information"}})
		say("lonen", url.Values{"tjanst": {"Kommunens nät"}, "leverantor": {"Nätbolaget"}, "for-vidare": {"function"}})
		w.refusedDependencies(t)

		p := w.open(t, "/system/lonen/beroenden")
		webtest.CheckDOM(t, p.Doc)
		if got := p.Text(".note.amb"); !strings.Contains(got, "Tillgänglighet") || !strings.Contains(got, "Journalen → Katalogen → Lönen") || strings.Contains(got, "Konfidentialitet") {
			t.Errorf("what is inherited: %q", got)
		}
		if got := p.Text(".note.info"); !strings.Contains(got, "Katalogen, Lönen") {
			t.Errorf("the loop: %q", got)
		}
		if got := p.Text("svg.web"); !strings.Contains(got, "Kommunens nät") || !strings.Contains(got, "Journalen") {
			t.Errorf("the drawing: %q", got)
		}
		list := w.open(t, DependencyPath+"?visa=arver")
		if got := list.Text("main"); !strings.Contains(got, "Katalogen") || !strings.Contains(got, "Lönen") {
			t.Errorf("who inherits: %q", got)
		}
		if got := w.open(t, DependencyPath+"?visa=rundgang").Text("main"); !strings.Contains(got, "Katalogen, Lönen") {
			t.Errorf("loops: %q", got)
		}

		// Who reaches one unit sees that something is there, and not what.
		var vard access.UnitID
		must(t, d.Read(ctx, w.actor.Organisation, func(tx *db.Tx) error {
			s, err := system.Get(ctx, tx, w.actor.Organisation, "journalen")
			vard = s.UnitID
			return err
		}))
		w.actors["vard"] = access.Actor{ID: "v", Name: "v", Organisation: w.actor.Organisation, Held: []access.Held{{Role: access.SystemOwner, Unit: vard}}}
		w.become("vard")
		if got := w.open(t, "/system/journalen/beroenden").Body; strings.Contains(got, "Katalogen") || strings.Contains(got, "Lönen") || !strings.Contains(got, "i delar av organisationen som du inte når") {
			t.Error("what lies outside the reach is told, or not even that it is there")
		}
		if p := w.Get("/system/lonen/beroenden"); p.Status != 404 {
			t.Errorf("a system outside the reach: %d", p.Status)
		}
		w.become("")

		// What is taken away goes, and a service that nothing needs goes with it.
		p = w.open(t, "/system/lonen/beroenden")
		for range 2 {
			p = w.Submit(p, `form[action$="/bort"]`, nil)
		}
		if strings.Contains(p.Text("main"), "Kommunens nät") {
			t.Error("the service is still there")
		}
	})
}

// refusedDependencies sends forms that say nothing that can be, and sees that each is told what is wrong.
func (w *world) refusedDependencies(t *testing.T) {
	t.Helper()
	for name, tc := range map[string]struct {
		form url.Values
		says string
	}{
		"nothing":       {url.Values{"for-vidare": {"unknown"}}, "men inte båda"},
		"both":          {url.Values{"system": {"Lönen"}, "tjanst": {"x"}, "for-vidare": {"unknown"}}, "men inte båda"},
		"no such":       {url.Values{"system": {"Finns inte"}, "for-vidare": {"unknown"}}, "inget system med det namnet"},
		"itself":        {url.Values{"system": {"Journalen"}, "for-vidare": {"unknown"}}, "beroende av sig självt"},
		"again":         {url.Values{"system": {"Katalogen"}, "for-vidare": {"unknown"}}, "finns redan"},
		"no such value": {url.Values{"tjanst": {"x"}, "for-vidare": {"allt"}}, ""},
	} {
		if p := w.Post("/system/journalen/beroenden", tc.form); p.Status != 422 || !strings.Contains(p.Body, tc.says) {
			t.Errorf("%s: %d, which does not say %q", name, p.Status, tc.says)
		}
	}
}
