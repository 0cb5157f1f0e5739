// SPDX-License-Identifier: EUPL-1.2

package classification_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/catalogue/cataloguetest"
	"github.com/insegel/insegel/internal/classification"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/information"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/system"
	"github.com/insegel/insegel/internal/web"
	"github.com/insegel/insegel/internal/webtest"
)

// site is a desk with a web server and a visitor.
type site struct {
	*desk
	*webtest.Client
	visitor access.Actor
	pages   *classification.Pages
}

const guided = "/system/treserva/klassning"

func newSite(t *testing.T, d *db.DB) *site {
	t.Helper()
	f := newDesk(t, d)
	s := &site{desk: f, visitor: f.actor}
	b, err := locale.NewBundle(map[string]string{"web": web.Messages, "system": system.Messages, "classification": classification.Messages})
	if err != nil {
		t.Fatal(err)
	}
	ws := web.NewSite(b, slog.New(slog.DiscardHandler), web.Options{
		ActorFunc: func(*http.Request) (access.Actor, web.Viewer, bool) { return s.visitor, web.Viewer{Name: "Prov"}, true },
	})
	s.pages = &classification.Pages{
		Service: f.Service, Index: information.NewIndex(f.Catalogue),
		Follows: func(_ context.Context, _ access.Actor, _ string, a catalogue.Aspect, level int, lang catalogue.Lang) (int, []string, error) {
			return 10 * level, []string{fmt.Sprintf("följd av %s %d %s", a, level, lang)}, nil
		},
	}
	s.pages.Routes(ws)
	s.Client = webtest.Start(t, ws)
	return s
}

// step opens a step, checks the page and gives it.
func (s *site) step(n int, query ...string) *webtest.Page {
	s.t.Helper()
	p := s.Get(guided + "/steg/" + strconv.Itoa(n) + strings.Join(query, ""))
	if p.Status != http.StatusOK {
		s.t.Fatalf("step %d: status %d at %s: %s", n, p.Status, p.URL, p.Text("main"))
	}
	webtest.CheckDOM(s.t, p.Doc)
	return p
}

// send submits a step's form and wants to end at a path.
func (s *site) send(p *webtest.Page, values url.Values, want string) *webtest.Page {
	s.t.Helper()
	next := s.Submit(p, "main form", values)
	if next.URL != want {
		s.t.Fatalf("from %s to %s with status %d, want %s: %s", p.URL, next.URL, next.Status, want, next.Text(".err"))
	}
	webtest.CheckDOM(s.t, next.Doc)
	return next
}

// begin makes a draft through the page's button.
func (s *site) begin() {
	s.t.Helper()
	p := s.Get(guided)
	webtest.CheckDOM(s.t, p.Doc)
	s.send(p, nil, guided+"/steg/1")
}

func (s *site) level(p *webtest.Page, level int, why, next string) *webtest.Page {
	s.t.Helper()
	return s.send(p, url.Values{"niva": {strconv.Itoa(level)}, "motivering": {why}}, next)
}

func TestGuidedFlowWithoutScript(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		for _, lang := range []string{"sv", "en"} {
			t.Run(lang, func(t *testing.T) { guidedFlow(t, freshOrganisation(t, d, lang), lang) })
		}
	})
}

// freshOrganisation makes a site; the code of the organisation is the desk's, so the second language has a database of its own.
func freshOrganisation(t *testing.T, d *db.DB, lang string) *site {
	t.Helper()
	if lang == "en" && d.Engine == db.SQLite {
		d = dbtest.SQLite(t)
	} else if lang == "en" {
		d = dbtest.Postgres(t)
	}
	s := newSite(t, d)
	s.Lang = lang
	return s
}

func guidedFlow(t *testing.T, s *site, lang string) {
	typ := typeOf(t, k, catalogue.Serious, true)
	s.begin()
	p := s.send(s.step(1), nil, guided+"/steg/2")
	p = s.send(p, url.Values{"t": {typ.ID}, "eget-namn": {"Egna <b>bokningar</b>"}, "eget-personal_data": {"yes"}}, guided+"/steg/3")
	if p.Has("main b b") || !strings.Contains(p.Text(".aside"), "3") {
		t.Errorf("the suggestion is not shown: %s", p.Text(".aside"))
	}
	if p.Has("main input[checked]") {
		t.Error("a suggestion is marked as if it were an answer")
	}
	p = s.level(p, 3, "Därför K", guided+"/steg/3?fraga=2")
	p = s.level(p, 2, "", guided+"/steg/4")
	// Nobody knows: no answer is stored, and the guide goes on.
	p = s.send(p, url.Values{"vet-inte": {"1"}}, guided+"/steg/4?fraga=2")
	p = s.level(p, 3, "", guided+"/steg/5")
	for _, next := range []string{"/steg/5?fraga=2", "/steg/6"} {
		p = s.level(p, 3, "Därför T", guided+next)
	}
	w := s.open()
	if _, ok := w.State.Draft.Answered(r, "individual"); ok {
		t.Error("an answer was stored for somebody who does not know")
	}
	p = s.send(s.step(7), nil, guided+"/steg/8") // traceability is optional in klassa
	refused := s.send(p, url.Values{"beslutare": {"Socialchef"}}, guided+"/steg/8")
	left := map[string]string{"sv": "Riktighet: svara på frågan för den enskilde", "en": "Integrity: answer the question for the individual"}[lang]
	if refused.Status != http.StatusUnprocessableEntity || len(refused.All("#kvar a")) != 1 || refused.Text(`#kvar a[href="`+guided+`/steg/4?fraga=1"]`) != left {
		t.Errorf("status %d, left %q", refused.Status, refused.Text("#kvar"))
	}
	s.level(s.step(4, "?fraga=1"), 1, "", guided+"/steg/4?fraga=2")
	p = s.step(8)
	if !p.Has(`#kvar a[href="` + guided + `/steg/7#integrity"]`) {
		t.Errorf("left %q", p.Text("#kvar"))
	}
	p = s.send(s.step(7), url.Values{"motivering-integrity": {"Därför R"}}, guided+"/steg/8")
	if p.Has("#kvar") {
		t.Fatalf("left: %s", p.Text("#kvar"))
	}
	nobody := s.send(p, url.Values{"beslutare": {""}}, guided+"/steg/8")
	if nobody.Status != http.StatusUnprocessableEntity || !nobody.Has(`.err a[href="#beslutare"]`) {
		t.Errorf("a decision without a decider: %d", nobody.Status)
	}
	p = s.send(p, url.Values{"beslutare": {`Socialchef "><img src=x>`}}, guided)
	if !p.Has(".flash") || p.Has("main img") {
		t.Error("the decision is not told, or a name became an element")
	}
	w = s.open()
	if w.State.Decided == nil || w.State.Decided.Decider != `Socialchef "><img src=x>` || w.Need.Levels[0].Level.Value != 3 {
		t.Fatalf("decided = %+v", w.State.Decided)
	}
	if len(w.System.Information) != 2 {
		t.Errorf("information = %+v", w.System.Information)
	}
	want := map[string]string{"sv": "Klassad till 23 november 2027", "en": "Classified until 23 November 2027"}[lang]
	if got := strings.ReplaceAll(p.Text(".head"), "\u00a0", " "); !strings.Contains(got, want) {
		t.Errorf("head %q lacks %q", got, want)
	}
	// To classify again begins with what was decided.
	s.begin()
	if p := s.step(3); !p.Has(`input[name=niva][value="3"][checked]`) {
		t.Error("the decided answer is not where the new draft begins")
	}
}

func TestStopFlowLeavesNothing(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		s := newSite(t, d)
		s.begin()
		s.level(s.step(3), 2, "Hemlighet ett", guided+"/steg/3?fraga=2")
		p := s.step(4, "?fraga=1")

		// A save in the background must not stop anything: a slip of the finger would be final.
		req := s.Request(http.MethodPost, guided+"/steg/4", strings.NewReader("fraga=1&niva=4&motivering=Hemlighet+tv%C3%A5"))
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("X-Autosave", "1")
		if got := s.Do(req); got.Status != http.StatusUnprocessableEntity || s.open().Need.Stop {
			t.Fatalf("autosave of the stopping level: %d %s", got.Status, got.Body)
		}
		s.level(p, 4, "Hemlighet två", guided+"/stopp")
		for _, path := range []string{guided + "/stopp", guided, guided + "/steg/3", guided + "/steg/8"} {
			p = s.Get(path)
			if strings.Contains(p.Body, "Hemlighet") || p.Has(".krts") || p.Has(".lv") {
				t.Errorf("%s tells something of what was stopped", path)
			}
			webtest.CheckDOM(t, p.Doc)
		}
		if p := s.Get(guided + "/steg/3"); p.URL != guided+"/stopp" {
			t.Errorf("a step of a stopped classification leads to %s", p.URL)
		}
		if p := s.Post(guided+"/steg/3", url.Values{"fraga": {"1"}, "niva": {"1"}}); p.URL != guided+"/stopp" {
			t.Errorf("an answer after the stop leads to %s", p.URL)
		}
		for _, table := range []string{"classification_answer", "classification_adjustment"} {
			if got := s.column(`SELECT aspect FROM ` + table); len(got) != 0 {
				t.Errorf("%s still has %q", table, got)
			}
		}
		// The one who may decide lifts the stop, and only by saying why.
		s.visitor = s.with(access.SystemManager)
		if s.Get(guided + "/stopp").Has("form[action$=stopp]") {
			t.Error("a manager sees the way to lift the stop")
		}
		s.visitor = s.actor
		if p := s.Post(guided+"/stopp", url.Values{}); p.Status != http.StatusUnprocessableEntity {
			t.Errorf("lifted without an answer: %d", p.Status)
		}
		if p := s.Submit(s.Get(guided+"/stopp"), "form[action$=stopp]", url.Values{"besked": {"ja"}}); p.URL != guided {
			t.Errorf("after lifting: %s", p.URL)
		}
		s.step(3)
	})
}

// ready makes a draft with a type and answers of a level for every obligatory aspect.
func (s *site) ready(typ *catalogue.InformationType, level int) {
	s.t.Helper()
	err := s.SetInformation(s.t.Context(), s.actor, s.sys.Slug, []classification.Chosen{{TypeID: typ.ID}})
	if err != nil {
		s.t.Fatal(err)
	}
	s.answer(slices.Concat(both(k, level), both(r, 3), both(a, 3))...)
}

// The pages say which perspective lacks an answer, and lead to that question.
func TestTheQuestionThatLacksAnAnswer(t *testing.T) {
	s := newSite(t, dbtest.SQLite(t))
	s.ready(typeOf(t, k, catalogue.Serious, true), 3)
	for _, one := range []struct {
		aspect            catalogue.Aspect
		perspective       string
		path, left, noted string
	}{
		{k, "organisation", "/steg/3?fraga=2", "Konfidentialitet: svara på frågan för kommunen", "Svar saknas för kommunen"},
		{a, "individual", "/steg/5?fraga=1", "Tillgänglighet: svara på frågan för den enskilde", "Svar saknas för den enskilde"},
	} {
		if err := s.Unanswer(t.Context(), s.actor, s.sys.Slug, one.aspect, one.perspective); err != nil {
			t.Fatal(err)
		}
		p := s.step(8)
		if links := p.All("#kvar a"); len(links) != 1 || webtest.Text(links[0]) != one.left || webtest.Attr(links[0], "href") != guided+one.path {
			t.Errorf("left: %s", p.Text("#kvar"))
		}
		refused := s.send(p, url.Values{"beslutare": {"Socialchef"}}, guided+"/steg/8")
		if refused.Status != http.StatusUnprocessableEntity || s.open().State.Decided != nil {
			t.Errorf("decided without an answer from the perspective %s: %d", one.perspective, refused.Status)
		}
		card := s.step(7).Text("#" + one.aspect.String())
		if !strings.Contains(card, one.noted) {
			t.Errorf("the comparison does not say %q: %s", one.noted, card)
		}
		// The way on from the state page leads to the step, and the step to the question.
		onward := s.Get(guided).All(`main a[href^="` + guided + `/steg/"]`)
		if len(onward) == 0 {
			t.Fatal("the state page leads nowhere")
		}
		p = s.Get(webtest.Attr(onward[0], "href"))
		if n := webtest.Attr(webtest.Find(p.Doc, "input[name=fraga]"), "value"); p.URL+"?fraga="+n != guided+one.path {
			t.Errorf("the state page leads to %s, question %s", p.URL, n)
		}
		s.answer(answer(one.aspect, one.perspective, 3))
	}
	if p := s.step(8); p.Has("#kvar") {
		t.Errorf("left: %s", p.Text("#kvar"))
	}
}

// The name of information that another system holds cannot be given to something else.
func TestOwnInformationOfATakenName(t *testing.T) {
	s := newSite(t, dbtest.SQLite(t))
	if _, err := (&system.Service{DB: s.DB}).Create(t.Context(), s.actor, system.New("Grannsystem")); err != nil {
		t.Fatal(err)
	}
	own := &information.Information{Name: "Egen lista", Facts: []catalogue.Statement{{Fact: "personal_data", Value: "yes"}}}
	if err := s.SetInformation(t.Context(), s.actor, "grannsystem", []classification.Chosen{{Own: own}}); err != nil {
		t.Fatal(err)
	}
	s.begin()
	for lang, want := range map[string]string{"sv": "Ni har redan information med det namnet", "en": "You already have information with that name"} {
		s.Lang = lang
		p := s.send(s.step(2), url.Values{"eget-namn": {"egen lista"}, "eget-personal_data": {"no"}}, guided+"/steg/2")
		if p.Status != http.StatusUnprocessableEntity || !p.Has(`.err a[href="#eget-namn"]`) || !strings.Contains(p.Text("#eget-namn-error"), want) {
			t.Errorf("%s: status %d, fault %q", lang, p.Status, p.Text("#eget-namn-error"))
		}
		if !p.Has(`#eget-namn[value="egen lista"]`) || !p.Has(`#eget-personal_data option[value=no][selected]`) {
			t.Errorf("%s: what was typed is lost", lang)
		}
	}
	if got := s.open().System.Information; len(got) != 0 {
		t.Errorf("stored %+v", got)
	}
	s.send(s.step(2), url.Values{"eget-namn": {"egen lista"}, "eget-personal_data": {"yes"}}, guided+"/steg/3")
	held := s.open().System.Information
	if len(held) != 1 || held[0].Name != "Egen lista" || len(held[0].Facts) != 1 {
		t.Errorf("held %+v", held)
	}
	// What is held, ticked again beside something new, is no taken name.
	s.send(s.step(2), url.Values{"eget-namn": {"Ny lista"}}, guided+"/steg/3")
	if got := s.open().System.Information; len(got) != 2 {
		t.Errorf("held %+v", got)
	}
}

func TestLoweringNeedsARiskDecision(t *testing.T) {
	s := newSite(t, dbtest.SQLite(t))
	s.ready(typeOf(t, k, catalogue.Serious, true), 2)
	p := s.step(8)
	if !strings.Contains(p.Text("#kvar"), "Konfidentialitet") {
		t.Fatalf("left: %q", p.Text("#kvar"))
	}
	p = s.step(7)
	low := url.Values{"orsak-confidentiality": {"lowered"}, "ny-niva-confidentiality": {"2"}}
	bad := s.send(p, low, guided+"/steg/7")
	for _, name := range []string{"skal-confidentiality", "godkant-confidentiality"} {
		if !bad.Has(`.err a[href="#` + name + `"]`) {
			t.Errorf("no fault for %s", name)
		}
	}
	if !bad.Has(`#orsak-confidentiality option[value=lowered][selected]`) {
		t.Error("what was chosen is lost")
	}
	low.Set("skal-confidentiality", "Bara testdata")
	low.Set("godkant-confidentiality", "Socialchef")
	p = s.send(p, low, guided+"/steg/8")
	if p.Has("#kvar") {
		t.Errorf("left: %s", p.Text("#kvar"))
	}
	p = s.send(p, url.Values{"beslutare": {"Socialchef"}}, guided)
	if got := s.open().Need.Levels[0].Level.Value; got != 2 {
		t.Errorf("level %d", got)
	}
	if !strings.Contains(p.Text("main"), "Socialchef har godkänt") {
		t.Error("the page does not tell who approved the risk: " + p.Text("main"))
	}
}

func TestLoweringThatATypeForbids(t *testing.T) {
	s := newSite(t, dbtest.SQLite(t))
	typ := typeOf(t, k, catalogue.Serious, false)
	s.ready(typ, 2)
	p := s.step(7)
	if p.Has("#orsak-confidentiality option[value=lowered]") {
		t.Error("a lowering is offered that the type forbids")
	}
	if got := p.Text("#confidentiality .cmp"); got != "" {
		t.Error(got)
	}
	card := p.Text("#confidentiality")
	if !strings.Contains(card, typ.Name.SV) || !strings.Contains(card, typ.Levels[k].Reason.SV) {
		t.Errorf("the page does not say which type forbids it, and why: %s", card)
	}
	bad := s.send(p, url.Values{
		"orsak-confidentiality": {"lowered"}, "ny-niva-confidentiality": {"2"}, "skal-confidentiality": {"x"}, "godkant-confidentiality": {"y"},
	}, guided+"/steg/7")
	if !strings.Contains(bad.Text(".err"), typ.Name.SV) {
		t.Errorf("fault: %s", bad.Text(".err"))
	}
	if got := s.open().State.Draft.Adjustments; len(got) != 0 {
		t.Errorf("stored %+v", got)
	}
}

func TestRaising(t *testing.T) {
	s := newSite(t, dbtest.SQLite(t))
	s.ready(typeOf(t, k, catalogue.Significant, true), 2)
	p := s.step(7)
	for level, want := range map[string]string{"1": "/steg/7", "4": "/steg/7", "": "/steg/7"} {
		bad := s.send(p, url.Values{"orsak-confidentiality": {"accumulation"}, "ny-niva-confidentiality": {level}, "skal-confidentiality": {"Mycket"}}, guided+want)
		if bad.Status != http.StatusUnprocessableEntity || !bad.Has(`.err a[href="#ny-niva-confidentiality"]`) {
			t.Errorf("raise to %q: %d", level, bad.Status)
		}
	}
	s.send(p, url.Values{"orsak-confidentiality": {"accumulation"}, "ny-niva-confidentiality": {"3"}, "skal-confidentiality": {"Mycket"}}, guided+"/steg/8")
	if got := s.open().Draft.Levels[0].Level.Value; got != 3 {
		t.Errorf("level %d", got)
	}
	s.send(s.step(7), url.Values{"orsak-confidentiality": {""}}, guided+"/steg/8")
	if got := s.open().Draft.Levels[0].Level.Value; got != 2 {
		t.Errorf("level %d after the raise was taken back", got)
	}
}

func TestSearchKeepsTicksWithoutScript(t *testing.T) {
	s := newSite(t, dbtest.SQLite(t))
	s.begin()
	typ := &cataloguetest.Load(t).Types[0]
	p := s.step(2, "?sok=1&t="+typ.ID+"&q=l%C3%B6n&eget-namn=Halvskrivet")
	if !p.Has(`input[name=t][value="` + typ.ID + `"][checked]`) {
		t.Error("the tick is lost in a search")
	}
	if webtest.Attr(webtest.Find(p.Doc, "#eget-namn"), "value") != "Halvskrivet" {
		t.Error("the name is lost in a search")
	}
	hits := p.All("section label.opt b")
	if len(hits) < 2 {
		t.Errorf("%d hits", len(hits))
	}
	for _, hit := range p.All("section label.opt") {
		if id := webtest.Attr(webtest.Find(hit, "input"), "value"); id == typ.ID {
			t.Error("what is ticked is found again")
		}
	}
	none := s.step(2, "?sok=1&q=finnsinte")
	if none.Has("section label.opt") {
		t.Error("found something that is not there")
	}
	byArea := s.step(2, "?sok=1&omrade=lss")
	if !byArea.Has("section label.opt") {
		t.Error("no types of an area")
	}
	// A half-written name is not stored by a save in the background.
	req := s.Request(http.MethodPost, guided+"/steg/2", strings.NewReader("eget-namn=Ha&t="+typ.ID))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("X-Autosave", "1")
	if got := s.Do(req); got.Status != http.StatusOK {
		t.Fatalf("autosave: %d %s", got.Status, got.Body)
	}
	if held := s.open().System.Information; len(held) != 1 || held[0].TypeID != typ.ID {
		t.Errorf("held %+v", held)
	}
}

func TestSuggestedTypesAreTickedWithTheReason(t *testing.T) {
	s := newSite(t, dbtest.SQLite(t))
	typ := &cataloguetest.Load(t).Types[3]
	err := s.DB.Write(t.Context(), s.actor.Organisation, func(tx *db.Tx) error {
		made, err := information.EnsureTypes(t.Context(), tx, s.actor.Organisation, []*catalogue.InformationType{typ})
		if err != nil {
			return err
		}
		return system.AddLinks(t.Context(), tx, s.actor.Organisation, []system.Link{{System: s.sys.ID, Information: made[typ.ID], Reason: "bistånd"}})
	})
	if err != nil {
		t.Fatal(err)
	}
	s.begin()
	p := s.step(2)
	if !p.Has(`input[name=t][value="`+typ.ID+`"][checked]`) || !strings.Contains(p.Text("form"), "registret nämner ”bistånd”") {
		t.Errorf("the suggestion is not shown with its reason: %s", p.Text("form"))
	}
	s.send(p, url.Values{"t": nil}, guided+"/steg/3")
	if held := s.open().System.Information; len(held) != 0 {
		t.Errorf("an unticked suggestion stayed: %+v", held)
	}
}

func TestAnswerFaultsKeepWhatWasTyped(t *testing.T) {
	s := newSite(t, dbtest.SQLite(t))
	s.begin()
	for _, level := range []string{"", "9", "x"} {
		p := s.send(s.step(3), url.Values{"niva": {level}, "motivering": {"Kvar"}}, guided+"/steg/3")
		if p.Status != http.StatusUnprocessableEntity || p.Text("#motivering") != "Kvar" || !p.Has(`.err a[href="#niva"]`) {
			t.Errorf("level %q: %d, %q", level, p.Status, p.Text("#motivering"))
		}
	}
	for path, want := range map[string]int{"/steg/0": 404, "/steg/9": 404, "/steg/x": 404} {
		if p := s.Get(guided + path); p.Status != want {
			t.Errorf("%s: %d", path, p.Status)
		}
	}
}

// walk answers every aspect of the model, whatever it is, and decides.
func (s *site) walk() *webtest.Page {
	s.t.Helper()
	s.begin()
	m := s.open().Model
	p := s.send(s.step(2), nil, guided+"/steg/3")
	for i := range m.Aspects {
		n := 3 + i
		for range m.Perspectives {
			if p.URL != guided+"/steg/"+strconv.Itoa(n) && !strings.HasPrefix(p.URL, guided+"/steg/"+strconv.Itoa(n)+"?") {
				break
			}
			levels := p.All("input[name=niva]")
			if len(levels) != len(m.Aspects[i].Levels) {
				s.t.Fatalf("%s: %d levels, want %d", p.URL, len(levels), len(m.Aspects[i].Levels))
			}
			p = s.Submit(p, "main form", url.Values{"niva": {webtest.Attr(levels[1], "value")}, "motivering": {"Så är det"}})
			webtest.CheckDOM(s.t, p.Doc)
		}
	}
	last := 4 + len(m.Aspects)
	if p.URL != guided+"/steg/"+strconv.Itoa(last-1) {
		s.t.Fatalf("after the aspects of %s: %s", m.ID, p.URL)
	}
	p = s.send(p, nil, guided+"/steg/"+strconv.Itoa(last))
	return s.send(p, url.Values{"beslutare": {"Chef"}}, guided)
}

func TestEveryModelCanBeWalkedThrough(t *testing.T) {
	own := ownSource(t)
	for _, id := range []string{"klassa", "msb-4", "msb-3", "1-3", "0-3", "own", "exempel"} {
		t.Run(id, func(t *testing.T) {
			s := newSite(t, dbtest.SQLite(t))
			form := url.Values{"modell": {id}}
			switch id {
			case "1-3", "0-3":
				form = url.Values{"skala": {strings.ReplaceAll(id, "-", " – ")}}
			case "own", "exempel":
				source := own
				if id == "exempel" {
					source = []byte(s.Get("/klassning/modeller/exempel.yaml").Body)
				}
				m, err := s.AddModel(t.Context(), s.actor, "egen.yaml", source)
				if err != nil {
					t.Fatal(err)
				}
				form.Set("modell", m.ID)
			}
			p := s.Post("/klassning/modeller", form)
			if p.Status != http.StatusOK || !p.Has(".flash") {
				t.Fatalf("choose %s: %d %s", id, p.Status, p.Text(".err"))
			}
			webtest.CheckDOM(t, p.Doc)
			if n := len(p.All("input[name=modell][checked]")); n != 1 {
				t.Errorf("%d models are chosen", n)
			}
			s.walk()
			w := s.open()
			if w.State.Decided == nil || len(w.Need.Levels) != len(w.Model.Aspects) {
				t.Errorf("decided %+v", w.State.Decided)
			}
		})
	}
}

// upload sends a model file.
func (s *site) upload(name, content string) *webtest.Page {
	s.t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	if name != "" {
		part, err := w.CreateFormFile("fil", name)
		if err != nil {
			s.t.Fatal(err)
		}
		if _, err := io.WriteString(part, content); err != nil {
			s.t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		s.t.Fatal(err)
	}
	r := s.Request(http.MethodPost, "/klassning/modeller/fil", &body)
	r.Header.Set("Content-Type", w.FormDataContentType())
	return s.Do(r)
}

func TestModelUpload(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		s := newSite(t, d)
		for _, lang := range []string{"sv", "en"} {
			s.Lang = lang
			p := s.upload("<b>fel.yaml", "catalogue: model\nid: egen\nversion: 1\naspects: 3\n")
			if p.Status != http.StatusUnprocessableEntity {
				t.Fatalf("a faulty model: %d", p.Status)
			}
			webtest.CheckDOM(t, p.Doc)
			rows := p.All("section tbody tr")
			if len(rows) < 2 || p.Has("section b") {
				t.Errorf("%d problems", len(rows))
			}
			for _, row := range rows {
				cells := webtest.All(row, "td")
				if line, err := strconv.Atoi(webtest.Text(cells[0])); err != nil && webtest.Text(cells[0]) != "–" || line < 0 || webtest.Text(cells[2]) == "" {
					t.Errorf("problem %q", webtest.Text(row))
				}
			}
		}
		if p := s.upload("", ""); p.Status != http.StatusUnprocessableEntity || !p.Has(`.err a[href="#fil"]`) {
			t.Errorf("no file: %d", p.Status)
		}
		good := string(ownSource(t))
		if p := s.upload("egen.yaml", good); p.Status != http.StatusOK || !p.Has(".flash") {
			t.Errorf("a good model: %d %s", p.Status, p.Text(".err"))
		}
		if p := s.upload("egen.yaml", good); p.Status != http.StatusUnprocessableEntity {
			t.Errorf("the same model again: %d", p.Status)
		}
		for _, scale := range []string{"3-1", "1-9", "x", "1"} {
			if p := s.Post("/klassning/modeller", url.Values{"skala": {scale}}); p.Status != http.StatusUnprocessableEntity || !p.Has(`.err a[href="#skala"]`) {
				t.Errorf("scale %s: %d", scale, p.Status)
			}
		}
		for _, id := range []string{"", "finns-inte", "../x"} {
			if p := s.Post("/klassning/modeller", url.Values{"modell": {id}}); p.Status != http.StatusUnprocessableEntity {
				t.Errorf("model %q: %d", id, p.Status)
			}
		}
	})
}

func TestImportedDraftIsShownAsSuch(t *testing.T) {
	s := newSite(t, dbtest.SQLite(t))
	err := s.DB.Write(t.Context(), s.actor.Organisation, func(tx *db.Tx) error {
		_, err := classification.InsertDrafts(t.Context(), tx, s.actor.Organisation, []classification.Classification{{
			ID: "0199aaaa-0000-7000-8000-000000000001", System: s.sys.ID, ModelID: "1-3", ModelVersion: "1", Origin: classification.FromImport,
			CreatedBy: "local", Answers: []classification.Answer{{Aspect: k, Level: 2}},
		}})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	p := s.Get(guided)
	webtest.CheckDOM(t, p.Doc)
	if !strings.Contains(p.Text("main"), "Skala 1–3") || !strings.Contains(p.Text("main"), "från registret") {
		t.Errorf("the page does not tell that the draft was imported: %s", p.Text("main"))
	}
	p = s.step(3)
	if !strings.Contains(p.Text("form"), "nivå 2") || p.Has("input[name=niva][checked]") {
		t.Errorf("step: %s", p.Text("form"))
	}
	s.step(7)
	s.begin() // again, with the organisation's model
	if got := s.open(); got.Model.ID != "klassa" || len(got.History) != 2 {
		t.Errorf("model %s, history %d", got.Model.ID, len(got.History))
	}
}

func TestPagesAreForThoseWhoMay(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		s := newSite(t, d)
		s.ready(typeOf(t, k, catalogue.Serious, true), 3)
		s.visitor = s.with(access.Auditor)
		for _, lang := range []string{"sv", "en"} {
			s.Lang = lang
			for _, path := range []string{guided, "/klassning/modeller"} {
				p := s.Get(path)
				if p.Status != http.StatusOK {
					t.Fatalf("%s: %d", path, p.Status)
				}
				webtest.CheckDOM(t, p.Doc)
				if p.Has("main form") || p.Has("main button") || p.Has(`main a[href*="/steg/"]`) {
					t.Errorf("an auditor sees buttons on %s", path)
				}
			}
		}
		for method, paths := range map[string][]string{
			http.MethodGet: {guided + "/steg/3"}, http.MethodPost: {guided + "/steg/3", guided + "/borja", guided + "/stopp", "/klassning/modeller", "/klassning/modeller/fil"},
		} {
			for _, path := range paths {
				if p := s.Do(s.Request(method, path, nil)); p.Status != http.StatusForbidden {
					t.Errorf("%s %s as an auditor: %d", method, path, p.Status)
				}
			}
		}
		s.visitor = s.with(access.SystemManager)
		p := s.step(8)
		if p.Has("#beslutare") {
			t.Error("a manager sees the decision")
		}
		if p := s.Post(guided+"/steg/8", url.Values{"beslutare": {"Jag"}}); p.Status != http.StatusForbidden || s.open().State.Decided != nil {
			t.Errorf("a manager decides: %d", p.Status)
		}
		s.visitor = dbtest.Organisation(t, d, "annan")
		for _, path := range []string{guided, guided + "/steg/3", guided + "/stopp"} {
			if p := s.Get(path); p.Status != http.StatusNotFound {
				t.Errorf("%s of another organisation: %d", path, p.Status)
			}
		}
		for _, path := range []string{guided + "/borja", guided + "/steg/3"} {
			if p := s.Post(path, url.Values{"niva": {"1"}}); p.Status != http.StatusNotFound {
				t.Errorf("post %s of another organisation: %d", path, p.Status)
			}
		}
	})
}

func TestPagesAskAConstantNumberOfQuestions(t *testing.T) {
	s := newSite(t, dbtest.SQLite(t))
	s.ready(typeOf(t, k, catalogue.Serious, true), 3)
	paths := []string{guided, guided + "/steg/2", guided + "/steg/3", guided + "/steg/7", guided + "/steg/8", "/klassning/modeller"}
	count := func() map[string]int64 {
		out := map[string]int64{}
		for _, path := range paths {
			before := s.DB.Statements()
			if p := s.Get(path); p.Status != http.StatusOK {
				t.Fatalf("%s: %d", path, p.Status)
			}
			out[path] = s.DB.Statements() - before
		}
		return out
	}
	few := count()
	var chosen []classification.Chosen
	for i := range 30 {
		chosen = append(chosen, classification.Chosen{TypeID: s.Catalogue.Types[i].ID})
	}
	if err := s.SetInformation(t.Context(), s.actor, s.sys.Slug, chosen); err != nil {
		t.Fatal(err)
	}
	s.answer(answers(3)...)
	for range 4 {
		s.decide()
		s.answer(answers(3)...)
	}
	for path, n := range count() {
		if n != few[path] {
			t.Errorf("%s: %d statements, %d with more rows", path, few[path], n)
		}
	}
}

func TestWhatFollows(t *testing.T) {
	s := newSite(t, dbtest.SQLite(t))
	s.ready(typeOf(t, k, catalogue.Serious, true), 2)
	text := s.step(3).Text(".aside")
	if !strings.Contains(text, "följd av confidentiality 2 sv") || !strings.Contains(text, "20 krav gäller. Det är 10 fler än på nivå 1.") {
		t.Errorf("aside: %s", text)
	}
	if text := s.step(8).Text("main"); !strings.Contains(text, "20 krav gäller") {
		t.Errorf("the last step: %s", text)
	}
	s.pages.Follows = nil
	if text := s.step(3).Text(".aside"); strings.Contains(text, "följer av") {
		t.Errorf("without knowing what follows: %s", text)
	}
	s.step(8)
}
