// SPDX-License-Identifier: EUPL-1.2

package incident

import (
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/insegel/insegel/data"
	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/classification"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/evidence"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/probe/verdict"
	"github.com/insegel/insegel/internal/requirement"
	"github.com/insegel/insegel/internal/supplier"
	"github.com/insegel/insegel/internal/system"
	"github.com/insegel/insegel/internal/web"
	"github.com/insegel/insegel/internal/webtest"
)

var bundle = sync.OnceValues(func() (*locale.Bundle, error) {
	return locale.NewBundle(map[string]string{
		"web": web.Messages, "classification": classification.Messages, "requirement": requirement.Messages, "incident": Messages,
	})
})

func texts4(t testing.TB) *locale.Localizer {
	t.Helper()
	b, err := bundle()
	if err != nil {
		t.Fatal(err)
	}
	return b.In("sv")
}

// now is a Saturday morning.
var now = time.Date(2026, 11, 28, 7, 0, 0, 0, time.UTC)

type world struct {
	*webtest.Client
	t        testing.TB
	d        *db.DB
	s        *Service
	actor    access.Actor
	reader   *access.Actor
	supplier supplier.Supplier
}

func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// start makes an organisation with a supplier of two systems, and one system that depends on one of them.
func start(t testing.TB, d *db.DB) *world {
	t.Helper()
	d.Now = func() time.Time { return now }
	c := must(catalogued())(t)
	w := &world{t: t, d: d, actor: dbtest.Organisation(t, d, "norrsjo")}
	w.s = &Service{DB: d, Requirements: &requirement.Service{DB: d, Engine: requirement.NewEngine(c)}, Rules: rules(t)}
	reader := w.actor
	w.reader = &reader
	register := &system.Service{DB: d}
	for _, name := range []string{"Akten", "Dagboken"} {
		s := system.New(name)
		n := int64(1200)
		s.Supplier, s.Unit, s.DataSubjects, s.OwnerRole = "Fjällvidden", "Social", &n, "Socialchef"
		s.Facts = []catalogue.Statement{{Fact: "personal_data", Value: "yes"}, {Fact: "area", Value: "socialtjanst"}}
		must(register.Create(t.Context(), w.actor, s))(t)
	}
	must(register.Create(t.Context(), w.actor, system.New("Utbetalningen")))(t)
	if err := register.AddDependency(t.Context(), w.actor, "utbetalningen", system.Needing{System: "Akten", Carries: system.Unknown}); err != nil {
		t.Fatal(err)
	}
	err := d.Read(t.Context(), w.actor.Organisation, func(tx *db.Tx) error {
		all, err := supplier.All(t.Context(), tx, w.actor.Organisation)
		if len(all) == 1 {
			w.supplier = all[0]
		}
		return err
	})
	if err != nil || w.supplier.ID == "" {
		t.Fatal(err)
	}
	site := web.NewSite(must(bundle())(t), slog.New(slog.DiscardHandler), web.Options{ActorFunc: func(*http.Request) (access.Actor, web.Viewer, bool) {
		return *w.reader, web.Viewer{Organisation: "Norrsjö", Name: "Samordnaren"}, true
	}})
	(&Pages{Service: w.s}).Routes(site)
	w.Client = webtest.Start(t, site)
	return w
}

func (w *world) open(path string) *webtest.Page {
	w.t.Helper()
	p := w.Get(path)
	if p.Status != 200 {
		w.t.Fatalf("%s: status %d: %s", path, p.Status, p.Text("main"))
	}
	webtest.CheckDOM(w.t, p.Doc)
	return p
}

// TestTheMorningAfter does what a coordinator does on the morning after a supplier's breach: sees who is hit, begins, assesses, decides, and has
// the notification with nothing invented in it.
func TestTheMorningAfter(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := start(t, d)
		p := w.open(supplier.Place + "/" + w.supplier.ID.String() + "/berorda")
		body := p.Text("main")
		for _, want := range []string{"Akten", "Dagboken", "Utbetalningen", "Enligt registret högst 2 400 människor", "Inom 72 timmar från vetskap", "Inom 24 timmar från vetskap", "Socialchef", "Overifierad"} {
			if !strings.Contains(strings.ReplaceAll(body, "\u00a0", " "), want) {
				t.Errorf("the supplier's page does not say %q", want)
			}
		}
		p = w.open(Place + "/ny?leverantor=" + w.supplier.ID.String())
		p = w.Submit(p, "main form", url.Values{"rubrik": {"Intrång hos Fjällvidden"}, "upptackt": {"2026-11-27T18:00"}})
		if p.Status != 200 || !strings.Contains(p.Text("main"), "Dagboken") {
			t.Fatalf("the incident: %d %s", p.Status, p.Text("main"))
		}
		form := w.open(Place + "/1/handelse")
		for name, bad := range map[string]url.Values{
			"a national number": {"handelse": {"18900717-9816 kontaktade oss"}}, "a time ahead": {"vetskap": {"2026-11-29T08:00"}},
			"aware before it was found": {"vetskap": {"2026-11-27T17:00"}}, "no heading": {"rubrik": {" "}}, "no time": {"vetskap": {"i går"}},
		} {
			if q := w.Submit(form, "main form", bad); q.Status != 422 {
				t.Errorf("%s: status %d", name, q.Status)
			}
		}
		w.Submit(form, "main form", url.Values{"handelse": {"Angripare var inne i driftmiljön."}, "vetskap": {"2026-11-28T07:30"}, "vetskap-varfor": {"Leverantören bekräftade."}})
		p = w.open(Place + "/1")
		if got := p.Text("main"); !strings.Contains(got, "plikter kan gälla") || !strings.Contains(got, "Senast 1\u00a0december\u00a02026") {
			t.Errorf("the clocks of what may apply: %q", got)
		}
		form = w.open(Place + "/1/bedomning")
		w.Submit(form, "main form", url.Values{
			"risk": {"high"}, "risk-varfor": {"Uppgifter om stöd."}, "personer": {"2 400"}, "q-breach": {"yes"}, "q-cyber": {"yes"}, "q-sig-csl-drift": {"yes"}, "betydande-varfor": {"Stopp i dagar."},
		})
		p = w.open(Place + "/1")
		for _, want := range []string{"IMY", "Hög risk", "1 december 2026 kl. 07.30", "29 november 2026 kl. 07.30"} {
			if !strings.Contains(strings.ReplaceAll(p.Text("main"), "\u00a0", " "), want) {
				t.Errorf("the incident does not say %q", want)
			}
		}
		// A stale form loses nothing and overwrites nothing.
		if q := w.Submit(form, "main form", url.Values{"risk": {"unlikely"}}); q.Status != 422 || !strings.Contains(q.Text("main"), "Någon annan har sparat") {
			t.Errorf("a stale form: %d", q.Status)
		}
		form = w.open(Place + "/1/beslut/inc-gdpr-34")
		if q := w.Submit(form, "main form", url.Values{"beslut": {"not-needed"}, "skal": {""}}); q.Status != 422 {
			t.Errorf("not needed without a reason: %d", q.Status)
		}
		w.Submit(form, "main form", url.Values{"beslut": {"planned"}})
		w.Submit(w.open(Place+"/1/beslut/inc-csl-72h"), "main form", url.Values{"beslut": {"done"}, "arende": {"MCF 17"}, "gjordes": {"2026-11-28T07:45"}})
		if got := strings.ReplaceAll(w.open(Place+"/1").Text("main"), "\u00a0", " "); !strings.Contains(got, "28 december 2026") {
			t.Errorf("the month of the final report does not run: %s", got)
		}

		w.seePacks()

		w.Submit(w.open(Place+"/1/atgarder"), "main form", url.Values{"atgard": {"Byt alla lösenord"}, "senast": {"2026-12-01"}})
		if got := w.open(Place + "/1").Text("main"); !strings.Contains(got, "Byt alla lösenord") {
			t.Error("the measure is not there")
		}
		w.open(Place)
	})
}

// seePacks takes out the drafts of the morning after, and sees that nothing is invented in them.
func (w *world) seePacks() {
	t := w.t
	t.Helper()
	var pack Pack
	q := w.Get(Place + "/1/underlag/imy?format=json")
	if err := json.Unmarshal([]byte(q.Body), &pack); err != nil {
		t.Fatalf("%v: %s", err, q.Body)
	}
	got := map[string]Field{}
	for _, f := range pack.Fields {
		got[f.ID] = f
	}
	for id, want := range map[string]string{"systems": "Akten (Social)\nDagboken (Social)", "persons": "2\u00a0400", "risk": "Hög risk. Uppgifter om stöd.", "dpo": "", "signed": "", "planned": ""} {
		if got[id].Value != want || got[id].MustWrite != (want == "") || got[id].Source == "" {
			t.Errorf("%s: %+v, want %q", id, got[id], want)
		}
	}
	if q := w.Get(Place + "/1/underlag/csl-72?format=docx"); q.Status != 200 || !strings.HasPrefix(q.Body, "PK") {
		t.Errorf("the notification as a document: %d", q.Status)
	}
	if q := w.Get(supplier.Place + "/" + w.supplier.ID.String() + "/berorda/underlag?format=docx"); q.Status != 200 || !strings.HasPrefix(q.Body, "PK") {
		t.Errorf("the first report: %d", q.Status)
	}
	if q := w.Get("/system/akten/underlag?format=json"); !strings.Contains(q.Body, "Utbetalningen, som behöver Akten") {
		t.Errorf("the dossier: %s", q.Body)
	}
}

// TestOriginBecomesOneIncident lets a finding become an incident once, and point back.
func TestOriginBecomesOneIncident(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := start(t, d)
		n := New{Title: "Personnummer på gemensam mapp", Systems: []string{"akten"}, Origin: Origin{Kind: "finding", Ref: "f1", Path: "/bevis/f1"}}
		must(w.s.Report(t.Context(), w.actor, n))(t)
		if _, err := w.s.Report(t.Context(), w.actor, n); err == nil || !strings.Contains(err.Error(), ErrOrigin.Error()) {
			t.Errorf("a second time: %v", err)
		}
		if p := w.open(Place + "/1"); !strings.Contains(p.Body, `href="/bevis/f1"`) {
			t.Error("the incident does not point back")
		}
	})
}

// TestMeasurementBecomesOneIncident lets what a measurement has found become an incident by one form, once, and point back.
func TestMeasurementBecomesOneIncident(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := start(t, d)
		c := w.s.Requirements.Engine.Catalogue
		proof := &evidence.Service{DB: d, Catalogue: c, Life: must(evidence.LoadLife(data.Files))(t), Indicator: must(verdict.LoadIndicator(data.Files))(t)}
		v := must(w.s.Requirements.View(t.Context(), w.actor, "akten", texts4(t)))(t)
		seen := now.Add(-26 * time.Hour)
		record := func(source evidence.Source) evidence.Record {
			t.Helper()
			return must(proof.Record(t.Context(), w.actor, evidence.New{
				System: v.System.ID, Kind: "EV_SCAN", Source: source, Subject: evidence.SubjectOther, Outcome: evidence.Against, About: []string{v.Requirements[0].ID}, Observed: seen,
			}))(t)
		}
		measured := record(evidence.Measured)
		form := url.Values{"system": {"akten"}, "matning": {measured.ID.String()}, "rubrik": {"Inloggning utan andra faktor"}}
		for range 2 { // the second time leads to the one that there is
			if p := w.Post(Place+"/ny", form); p.Status != 200 || p.URL != Place+"/1" || !strings.Contains(p.Body, `href="/system/akten/bevis#b-`+measured.ID.String()+`"`) {
				t.Fatalf("%d at %s", p.Status, p.URL)
			}
		}
		rows := must(w.s.List(t.Context(), w.actor))(t).Rows
		if len(rows) != 1 {
			t.Fatalf("%d incidents, want 1", len(rows))
		}
		want := Origin{Kind: "probe", Ref: measured.ID.String(), Path: "/system/akten/bevis#b-" + measured.ID.String()}
		if x := rows[0].Incident; x.Origin != want || !x.FoundAt.Equal(seen) || !x.AwareAt.IsZero() {
			t.Errorf("the incident: %+v", x)
		}
		said := record(evidence.Attested)
		for name, f := range map[string]url.Values{
			"of another system":      {"system": {"dagboken"}, "matning": {measured.ID.String()}, "rubrik": {"x"}},
			"what somebody has said": {"system": {"akten"}, "matning": {said.ID.String()}, "rubrik": {"x"}},
			"what is not there":      {"system": {"akten"}, "matning": {"nothing"}, "rubrik": {"x"}},
		} {
			if p := w.Post(Place+"/ny", f); p.Status != http.StatusNotFound {
				t.Errorf("%s: %d", name, p.Status)
			}
		}
		*w.reader = dbtest.Organisation(t, d, "annan")
		if p := w.Post(Place+"/ny", form); p.Status != http.StatusNotFound {
			t.Errorf("another organisation: %d", p.Status)
		}
	})
}

// TestContactOfTheSystemsSupplier has the draft about a system say how its supplier is reached, which the register knows also when the incident was not
// begun from the supplier.
func TestContactOfTheSystemsSupplier(t *testing.T) {
	w := start(t, dbtest.SQLite(t))
	must(w.s.Report(t.Context(), w.actor, New{Title: "Intrång", Systems: []string{"akten", "dagboken"}}))(t)
	field := func() Field {
		t.Helper()
		var pack Pack
		if err := json.Unmarshal([]byte(w.Get(Place+"/1/underlag/system?format=json").Body), &pack); err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(pack.Fields, func(f Field) bool { return strings.Contains(f.Label, "kontakt vid incident") })
		if i < 0 {
			t.Fatalf("no such field: %+v", pack.Fields)
		}
		return pack.Fields[i]
	}
	if f := field(); !f.MustWrite || f.Value != "" {
		t.Errorf("nobody has said how: %+v", f)
	}
	var x supplier.Supplier
	if err := w.d.Read(t.Context(), w.actor.Organisation, func(tx *db.Tx) (err error) {
		x, err = supplier.Get(t.Context(), tx, w.actor.Organisation, w.supplier.ID)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	x.IncidentContact = "jour@fjallvidden.example"
	if err := (&supplier.Service{DB: w.d}).Update(t.Context(), w.actor, x); err != nil {
		t.Fatal(err)
	}
	if f := field(); f.MustWrite || f.Value != "Fjällvidden: jour@fjallvidden.example" {
		t.Errorf("the register knows: %+v", f)
	}
}

// TestSecretByDefault sees that the texts lie encrypted, that nobody without the right reads them, and that a unit sees its own only.
func TestSecretByDefault(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := start(t, d)
		must(w.s.Report(t.Context(), w.actor, New{Title: "Kanariefågel", Happened: "Kanariefågel", Systems: []string{"akten"}}))(t)
		for _, role := range []access.Role{access.Operations, access.Procurer, access.SystemManager, access.InformationOwner, access.Administrator, access.Reader} {
			*w.reader = access.Actor{ID: "x", Organisation: w.actor.Organisation, Roles: []access.Role{role}, Fresh: true}
			for _, path := range []string{Place, Place + "/1", supplier.Place + "/" + w.supplier.ID.String() + "/berorda", Place + "/1/underlag/imy?format=json"} {
				if p := w.Get(path); p.Status == 200 || strings.Contains(p.Body, "Kanariefågel") {
					t.Errorf("%s reads %s: %d", role, path, p.Status)
				}
			}
		}
		*w.reader = access.Actor{ID: "x", Organisation: w.actor.Organisation, Held: []access.Held{{Role: access.SystemOwner, Unit: "another"}}}
		if p := w.Get(Place + "/1"); p.Status != 404 {
			t.Errorf("an owner elsewhere: %d", p.Status)
		}
		if p := w.Get(Place); strings.Contains(p.Body, "Kanariefågel") {
			t.Error("an owner elsewhere sees it in the list")
		}
		// Packs are taken out only by somebody who has just shown who they are.
		*w.reader = w.actor
		w.reader.Fresh = false
		w.NoRedirects()
		if p := w.Get(Place + "/1/underlag/imy?format=json"); p.Status == 200 {
			t.Error("a pack without step-up")
		}
	})
}

// TestProtectiveSecurityStops keeps nothing more when the matter concerns protective security.
func TestProtectiveSecurityStops(t *testing.T) {
	d := dbtest.SQLite(t)
	w := start(t, d)
	must(w.s.Report(t.Context(), w.actor, New{Title: "Ärende", Happened: "Något hemligt", Systems: []string{"akten"}}))(t)
	w.Submit(w.open(Place+"/1/bedomning"), "main form", url.Values{"q-security_protection": {"yes"}, "foljder": {"Mycket hemligt"}})
	p := w.open(Place + "/1")
	if strings.Contains(p.Body, "hemligt") || !strings.Contains(p.Text("main"), "Kontakta säkerhetsskyddschefen") {
		t.Error("what was written is still there, or nothing says whom to contact")
	}
	if p.Has(`a[href$="/underlag/imy?format=docx"]`) {
		t.Error("packs are offered")
	}
}

// TestDrill runs a scenario, and the report says what was missing.
func TestDrill(t *testing.T) {
	d := dbtest.SQLite(t)
	w := start(t, d)
	p := w.Submit(w.open(Place+"/ovning"), "main form", nil)
	if !strings.Contains(p.Text("main"), "Morgonen efter leverantörens intrång") || strings.Contains(p.Text("main"), "En tidning ringer") {
		t.Fatalf("the drill: %s", p.Text("main"))
	}
	d.Now = func() time.Time { return now.Add(2 * time.Hour) }
	if got := w.open(Place + "/1").Text("main"); !strings.Contains(got, "En tidning ringer") {
		t.Error("the event after an hour has not come")
	}
	report := w.open(Place + "/1/lardomar").Text("main")
	for _, want := range []string{"Utan bedömning av risken", "besvarades inte", "ingen beslutade", "dataskyddsombudet", "Ingen sade vilka system"} {
		if !strings.Contains(report, want) {
			t.Errorf("the report does not say %q", want)
		}
	}
	if q := w.Get(Place + "/1/lardomar?format=docx"); !strings.HasPrefix(q.Body, "PK") {
		t.Errorf("the report as a document: %d", q.Status)
	}
	l := must(w.s.List(t.Context(), w.actor))(t)
	if l.Real != 0 || len(l.Rows) != 1 {
		t.Errorf("a drill is counted as an incident: %+v", l)
	}
}

// TestReportedAtOnce lets several report at the same instant: each incident gets a number of its own, and what has the same origin becomes one.
func TestReportedAtOnce(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := start(t, d)
		const reporters = 12
		origins := []Origin{{}, {Kind: "finding", Ref: "f1", Path: "/fynd/f1"}}
		numbers, errs := [reporters]int64{}, [reporters]error{}
		var wg sync.WaitGroup
		for i := range reporters {
			wg.Go(func() {
				x, err := w.s.Report(t.Context(), w.actor, New{Title: "Intrång", Systems: []string{"akten"}, Origin: origins[i%2]})
				numbers[i], errs[i] = x.Number, err
			})
		}
		wg.Wait()
		var got []int64
		refused := 0
		for i, err := range errs {
			switch {
			case err == nil:
				got = append(got, numbers[i])
			case i%2 == 1 && errors.Is(err, ErrOrigin):
				refused++
			default:
				t.Errorf("reporter %d: %v", i, err)
			}
		}
		slices.Sort(got)
		if want := []int64{1, 2, 3, 4, 5, 6, 7}; !slices.Equal(got, want) || refused != reporters/2-1 {
			t.Errorf("numbers %v, %d refused; want %v", got, refused, want)
		}
	})
}

// TestWeaknessesAreWhatIsShown holds the weaknesses of what is hit to what evidence and answers show together: what is measured not to be met is
// one although nobody has answered, what is answered and measured differently says so, and a word that no evidence bears is counted as not known.
func TestWeaknessesAreWhatIsShown(t *testing.T) {
	w := start(t, dbtest.SQLite(t))
	life := must(evidence.LoadLife(data.Files))(t)
	indicator := must(verdict.LoadIndicator(data.Files))(t)
	c := w.s.Requirements.Engine.Catalogue
	w.s.Requirements.Proof = must(requirement.LoadProof(data.Files, c, indicator, life))(t)
	proof := &evidence.Service{DB: w.d, Catalogue: c, Life: life, Indicator: indicator}
	v := must(w.s.Requirements.View(t.Context(), w.actor, "akten", texts4(t)))(t)
	must(w.s.Report(t.Context(), w.actor, New{Title: "Intrång", Systems: []string{"akten"}}))(t)
	hit := func() Affected {
		t.Helper()
		return must(w.s.Open(t.Context(), w.actor, "1", texts4(t)))(t).Affected
	}
	answer := func(id string, s requirement.Status) {
		t.Helper()
		if err := w.s.Requirements.Answer(t.Context(), w.actor, "akten", []requirement.Answer{{Requirement: id, Status: s, KnownBy: requirement.SelfAssessed}}); err != nil {
			t.Fatal(err)
		}
	}
	all := len(v.Requirements)
	if a := hit(); len(a.Weaknesses) != 0 || a.Unknown != all {
		t.Errorf("nothing is known: %d weaknesses, %d of %d not known", len(a.Weaknesses), a.Unknown, all)
	}
	measured, partly := v.Requirements[0].ID, v.Requirements[1].ID
	must(proof.Record(t.Context(), w.actor, evidence.New{
		System: v.System.ID, Kind: "EV_SCAN", Source: evidence.Measured, Subject: evidence.SubjectOther, Outcome: evidence.Against, About: []string{measured},
	}))(t)
	answer(partly, requirement.Partly)
	a := hit()
	got := map[string]Weakness{}
	for _, x := range a.Weaknesses {
		got[x.Requirement] = x
	}
	if len(got) != 2 || got[measured].Shown != requirement.ShownUnmet || got[measured].Status != requirement.NotMet || got[partly].Status != requirement.Partly || a.Unknown != all-2 {
		t.Errorf("measured and answered: %+v, %d of %d not known", a.Weaknesses, a.Unknown, all)
	}
	answer(measured, requirement.Met)
	w.supplierPack(t, "Svar och mätning skiljer sig", "(svar och mätning skiljer sig)")
	if a := hit(); len(a.Weaknesses) != 2 || a.Unknown != all-2 {
		t.Errorf("answered otherwise: %+v, %d of %d not known", a.Weaknesses, a.Unknown, all)
	}
}

// supplierPack sees one thing said on the supplier's page and another in the draft of the first report.
func (w *world) supplierPack(t *testing.T, shown, drafted string) {
	t.Helper()
	path := supplier.Place + "/" + w.supplier.ID.String() + "/berorda"
	if p := w.open(path); !strings.Contains(p.Text("main"), shown) {
		t.Errorf("the supplier's page does not say %q", shown)
	}
	if p := w.Get(path + "/underlag?format=json"); p.Status != 200 || !strings.Contains(p.Body, drafted) {
		t.Errorf("the first report does not say %q: %d", drafted, p.Status)
	}
}
