// SPDX-License-Identifier: EUPL-1.2

package web_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"testing"
	"time"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/web"
	"github.com/insegel/insegel/internal/webtest"
)

// own are messages that only the tests use.
const own = `
test.done:
  sv: {one: "Ett system är sparat", other: "{{.Count}} system är sparade i {{.Place}}"}
  en: {one: "One system is saved", other: "{{.Count}} systems are saved in {{.Place}}"}
test.register: {sv: "Register", en: "Register"}
test.home: {sv: "Läget", en: "Status"}
test.system: {sv: "System", en: "Systems"}
test.todo: {sv: "Att göra", en: "To do"}
test.waits: {sv: "{{.Count}} saker väntar", en: "{{.Count}} things wait"}
test.name-missing: {sv: "Skriv vad {{.What}} heter", en: "Write the name of {{.What}}"}
test.teapot: {sv: "Kannan är tom. Fyll på {{.What}}.", en: "The pot is empty. Refill {{.What}}."}
`

var templates = web.Parse(os.DirFS("testdata"))

type lang string

// text is like a catalogue's text: it is not of a type that web knows.
type text struct{ SV, EN string }

func (t text) In(l lang) string {
	if l == "en" {
		return t.EN
	}
	return t.SV
}

type gallery struct {
	web.Page
	Name     text
	Count    uint16
	Day      civil.Date
	At       time.Time
	Links    []web.Link
	Tabs     web.Tabs
	KRTS     web.KRTS
	Progress web.Progress
	Note     web.Note
	Tags     []web.Tag
	Sources  []web.Source
	Paging   web.Paging
	Why      web.Why
	Fields   []web.Field
	Choices  web.Choices
	Empty    web.Empty
}

type focus struct {
	web.Page
	Steps   web.Steps
	Choices web.Choices
}

func krts() web.KRTS {
	return web.KRTS{Items: []web.KRTSItem{
		{Letter: "K", Name: "Konfidentialitet", Level: web.LevelBox{Step: web.FillSerious, Value: 3, Label: "Allvarlig", Known: true}},
		{Letter: "R", Name: "Riktighet", Level: web.LevelBox{Step: web.FillNegligible, Value: 0, Label: "Ingen eller försumbar", Known: true}},
		{Letter: "T", Name: "Tillgänglighet", Level: web.LevelBox{Step: web.FillStop, Value: 4, Label: "Synnerligen allvarlig", Known: true}},
		{Letter: "S", Name: "Spårbarhet"},
	}}
}

func choices(heading bool) web.Choices {
	return web.Choices{
		Name: "level", Legend: "Hur illa blir det för den som söker bistånd?", Hint: "Tänk på den som drabbas hårdast.", Heading: heading,
		Options: []web.Choice{
			{Value: "2", Label: "2 – Betydande skada", Hint: "Grannar får veta något privat.", Level: web.LevelBox{Step: web.FillSignificant, Value: 2, Known: true}},
			{Value: "3", Label: "3 – Allvarlig skada", Hint: "Försörjning eller hälsa avslöjas.", Checked: true, Level: krts().Items[0].Level, Tag: web.Info("Vårt förslag")},
			{Value: "", Label: "Vet inte"},
		},
	}
}

func galleryPage(errors ...web.FieldError) gallery {
	day, _ := civil.New(2027, 3, 12)
	return gallery{
		Page: web.Page{Title: "Galleri <b>", Active: "system", Errors: errors, Crumbs: []web.Crumb{{Label: "System", Href: "/system"}, {Label: "Galleri"}}},
		Name: text{"På svenska", "In English"}, Count: 1240, Day: day, At: time.Date(2026, 11, 23, 13, 2, 0, 0, time.UTC),
		Links:    []web.Link{{Label: "Importera", Href: "/import", Icon: "up"}, {Label: "Nytt system", Href: "/nytt", Icon: "plus", Primary: true}},
		Tabs:     web.Tabs{Label: "Om systemet", Items: []web.Tab{{Label: "Översikt", Href: "/a"}, {Label: "Krav och bevis", Href: "/b", Count: 31, Current: true}}},
		KRTS:     krts(),
		Progress: web.Progress{Label: "Klassade system", Done: 58, Total: 84},
		Note:     web.Note{ID: "note", Kind: "bad", Title: "En väg släpper in med bara lösenord", Text: "Klassningen kräver mer.", Actions: []web.Link{{Label: "Skapa åtgärd", Href: "/ny", Primary: true}}},
		Tags:     []web.Tag{web.OK("Uppfyllt"), web.Warn("Bevis saknas"), web.Bad("Uppfylls inte"), web.Info("Nya svar"), web.Neutral("Inte mätt")},
		Sources: []web.Source{
			{Kind: web.Measured, Detail: "I dag kl. 06.10"}, {Kind: web.Attested, Word: "Intygat av leverantör"}, {Kind: web.SelfAssessed}, {},
		},
		Paging: web.Paging{Page: 5, Size: 10, Total: 94, Path: "/system", Query: url.Values{"q": {"åä"}, "sida": {"5"}}},
		Why: web.Why{
			Information: []web.WhyLine{{Text: "Hälsa och försörjning", Href: "/information/1"}},
			Rule:        []web.WhyLine{{Text: "OSL 26 kap. 1 §"}, {Text: "Dataskyddsförordningen artikel 32"}},
			Protection:  []web.WhyLine{{Text: "Stark autentisering"}},
			Evidence:    []web.WhyLine{{Text: "En av tre vägar är svag", Detail: "I dag kl. 06.10"}}, Open: true,
		},
		Fields: []web.Field{
			{Name: "name", Label: "Namn", Hint: "Som det kallas i vardagen.", Value: `"><script>alert(1)</script>`, Autocomplete: "off"},
			{Name: "owner", Label: "Ägare", Optional: true},
			{Name: "text", Label: "Beskrivning", Type: "textarea", Value: "\nrad ett\nrad två"},
			{Name: "unit", Label: "Förvaltning", Type: "select", Value: "b", Options: []web.Option{{Value: "a", Label: "A"}, {Value: "b", Label: "B"}}},
			{Name: "personal", Label: "Har personuppgifter", Type: "checkbox", Value: "ja", Checked: true},
			{Name: "file", Label: "Fil", Type: "file", Accept: ".xlsx,.csv", Hint: "Excel eller CSV."},
		},
		Choices: choices(false),
		Empty:   web.Empty{Title: "Inga system än", Text: "Importera er lista.", Actions: []web.Link{{Label: "Importera", Href: "/import", Primary: true}}},
	}
}

func focusPage() *focus {
	return &focus{
		Page:    web.Page{Title: "Konfidentialitet", Layout: web.Focus, Leave: "/system", SavedAt: time.Date(2026, 11, 23, 13, 2, 0, 0, time.UTC)},
		Steps:   web.Steps{Label: "Steg i klassningen", Current: 2, Items: []web.Step{{Label: "Vad?", Done: true, Href: "/a"}, {Label: "Konfidentialitet", Detail: "Fråga 1 av 2"}, {Label: "Riktighet"}}},
		Choices: choices(true),
	}
}

func menu(*web.Context) []web.MenuItem {
	return []web.MenuItem{
		{Name: "home", Key: "test.home", Href: "/", Icon: "home"},
		{Name: "todo", Key: "test.todo", Href: "/att-gora", Icon: "inbox", Count: 12, Hot: "test.waits"},
		{Name: "system", Group: "test.register", Key: "test.system", Href: "/system", Icon: "sys", Count: 1240},
	}
}

var (
	coordinator = access.Actor{ID: "p1", Name: "Kim Exempel", Organisation: ids.New[access.Tenant](), Roles: []access.Role{access.Coordinator}}
	auditor     = access.Actor{ID: "p2", Name: "Robin Exempel", Organisation: coordinator.Organisation, Roles: []access.Role{access.Auditor}}
)

// house is a site with who is signed in and what it logged.
type house struct {
	*web.Site
	actor access.Actor
	log   bytes.Buffer
}

func newHouse(t testing.TB, change func(*web.Options)) *house {
	t.Helper()
	bundle, err := locale.NewBundle(map[string]string{"web": web.Messages, "test": own})
	if err != nil {
		t.Fatal(err)
	}
	h := &house{actor: coordinator}
	opts := web.Options{
		ActorFunc: func(*http.Request) (access.Actor, web.Viewer, bool) {
			v := web.Viewer{Organisation: "Norrsjö kommun", OrganisationCode: "norrsjo", Example: true, Name: h.actor.Name, Role: string(access.Coordinator)}
			return h.actor, v, h.actor.ID != ""
		},
		Menu: menu, Search: "/sok",
	}
	if change != nil {
		change(&opts)
	}
	h.Site = web.NewSite(bundle, slog.New(slog.NewJSONHandler(&h.log, nil)), opts)
	h.Handle("GET /gallery", "", func(c *web.Context) error { return c.Render(templates, "gallery.html", galleryPage()) })
	h.Handle("GET /focus", "", func(c *web.Context) error { return c.Render(templates, "focus.html", focusPage()) })
	return h
}

func start(t *testing.T, h http.Handler) *webtest.Client { return webtest.Start(t, h) }
