// SPDX-License-Identifier: EUPL-1.2

package finding_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/finding"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/system"
	"github.com/insegel/insegel/internal/web"
	"github.com/insegel/insegel/internal/webtest"
)

// pages serves the pages to an actor.
func pages(t *testing.T, w *world, actor *access.Actor) *webtest.Client {
	t.Helper()
	b := must(locale.NewBundle(map[string]string{"finding": finding.Messages, "web": web.Messages}))(t)
	site := web.NewSite(b, w.Log, web.Options{
		ActorFunc: func(*http.Request) (access.Actor, web.Viewer, bool) {
			return *actor, web.Viewer{Organisation: "Norrsjö kommun", Name: actor.Name}, true
		},
		Now: w.DB.Now,
	})
	(&finding.Pages{Service: w.Service}).Routes(site)
	server := httptest.NewServer(site)
	t.Cleanup(server.Close)
	return webtest.Open(t, server.URL)
}

// both opens a page in both languages, looks at it, and gives the Swedish one.
func both(t *testing.T, c *webtest.Client, path string) *webtest.Page {
	t.Helper()
	var out *webtest.Page
	for _, lang := range []string{"en", "sv"} {
		r := c.Request("GET", path, nil)
		r.Header.Set("Accept-Language", lang)
		if out = c.Do(r); out.Status != 200 {
			t.Fatalf("%s: status %d: %s", path, out.Status, out.Body)
		}
		webtest.CheckDOM(t, out.Doc)
	}
	return out
}

// The pages show what was found, take a decision, and tell a fault where it is made.
func TestPages(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t), t.TempDir())
	n := numbers(t)
	w.put(t, "Listor/ko.csv", list(n[:20]))
	w.put(t, "Listor/brev.txt", "Utredning enligt LVM: "+strings.Repeat("missbruk av alkohol, ", 8)+"personnummer "+n[30]+".\n")
	w.put(t, "Klass/7b.csv", list(n[40:45]))
	w.put(t, "trasig.zip", "PK\x03\x04 ingenting")
	id := w.connect(t, "")
	actor := w.actor
	c := pages(t, w, &actor)
	if p := both(t, c, finding.InboxPath); !strings.Contains(p.Body, "Inget nytt") || p.Has("form.filters") {
		t.Error("an inbox without findings does not say so, or offers to choose among them")
	}
	w.search(t, id)
	p := both(t, c, finding.InboxPath)
	if !p.Has("form.filters") {
		t.Error("the inbox does not offer to choose among its findings")
	}
	for _, want := range []string{"21 personnummer i Listor", "5 personnummer i Klass", "••••••••-••••", "Granska fyndet"} {
		if !strings.Contains(p.Body, want) {
			t.Errorf("the inbox does not say %q", want)
		}
	}
	in := w.inbox(t, finding.Filter{})
	place := in.Places[0].PagePath()
	p = both(t, c, place)
	for _, want := range []string{"Ett dokument ser ut som utredningar enligt LVM", "ko.csv, personnummer", "Kontrollsiffran stämmer", "100 % av kolumnen stämmer", "Stämmer inte"} {
		if !strings.Contains(strings.ReplaceAll(p.Body, "\u00a0", " "), want) {
			t.Errorf("the place does not say %q", want)
		}
	}
	for _, bad := range append(n[:45], strings.ReplaceAll(n[0], "-", ""), "Anna Svensson") {
		if strings.Contains(p.Body, bad) {
			t.Fatalf("the page tells %s", bad)
		}
	}
	version := "1"
	form := url.Values{"version": {version}, "utfall": {"system"}, "anteckning": {"Kvar."}}
	if p := c.Post(place, form); p.Status != 422 || !strings.Contains(p.Body, "Välj vilket system") && !strings.Contains(p.Body, "Choose which system") || !strings.Contains(p.Body, "Kvar.") {
		t.Errorf("a decision without a system: status %d", p.Status)
	}
	form.Set("utfall", "delete")
	if p := c.Post(place, form); p.Status != 200 || strings.Contains(p.Body, "21 personnummer") {
		t.Errorf("a decision: status %d", p.Status)
	}
	if p := c.Post(place, form); p.Status != 409 {
		t.Errorf("a second decision on what was seen before the first: status %d", p.Status)
	}
	both(t, c, place)
	both(t, c, finding.InboxPath+"?visa=hanterade")
	both(t, c, finding.InboxPath+"?visa=alla&slag=email")
	rest := w.inbox(t, finding.Filter{}).Places[0]
	many := url.Values{"fynd": {rest.ID.String() + ":" + "1"}, "utfall": {"false"}, "anteckning": {"övningslista"}, "galler": {civil.Of(w.DB.Now()).AddDays(20).String()}}
	if p := c.Post(finding.InboxPath, many); p.Status != 200 {
		t.Errorf("a decision about several: status %d", p.Status)
	}
	if p := both(t, c, finding.RulesPath); !strings.Contains(p.Body, "övningslista") {
		t.Error("the rule is not shown")
	}
	both(t, c, finding.SourcesPath)
	both(t, c, finding.SourcesPath+"/ny")
	source := finding.SourcesPath + "/" + id.String()
	both(t, c, source)
	both(t, c, source+"/andra")
	if p := both(t, c, source+"/olast"); !strings.Contains(p.Body, "trasig.zip") || !strings.Contains(p.Body, `<span lang="sv">`) || strings.Contains(p.Body, `<span lang="en">`) {
		t.Errorf("what was not read is not told, or not in Swedish:\n%s", p.Body)
	}
}

// A source is registered on the page, with a password that is never shown or told again, and a wrong one is told where it is wrong.
func TestSourceForm(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t), t.TempDir())
	actor := w.actor
	c := pages(t, w, &actor)
	form := url.Values{
		"namn": {"Elevregistret"}, "rot": {"postgres|db.example:5432"}, "plats": {"elever"}, "anvandare": {"las"}, "losen": {"hemlig fras 93"},
		"agare": {w.owner.String()}, "ofta": {"7"}, "rader": {"4 603"}, "varfor": {"Vi vill veta."},
	}
	for field, wrong := range map[string]string{"namn": "", "rot": "postgres|other.example:5432", "plats": "elever?host=/tmp", "agare": "", "varfor": "", "rader": "många"} {
		f := url.Values{}
		for k, v := range form {
			f[k] = v
		}
		f.Set(field, wrong)
		p := c.Post(finding.SourcesPath+"/ny", f)
		if p.Status != 422 || !strings.Contains(p.Body, `id="`+field+`-error"`) {
			t.Errorf("%s wrong: status %d, and the fault is not at the field", field, p.Status)
		}
		if strings.Contains(p.Body, "hemlig fras") {
			t.Error("the password is shown again")
		}
	}
	p := c.Post(finding.SourcesPath+"/ny", form)
	if p.Status != 200 || strings.Contains(p.Body, "hemlig fras") {
		t.Fatalf("status %d: %s", p.Status, p.Body)
	}
	l := must(w.List(t.Context(), w.actor))(t)
	if len(l.List) != 1 || l.List[0].Status != finding.Waiting || l.List[0].Rows != 4603 {
		t.Errorf("sources: %+v", l.List)
	}
	for name, b := range files(t, w.DB) {
		if strings.Contains(string(b), "hemlig fras") {
			t.Errorf("%s holds the password", name)
		}
	}
}

// files are the files of a SQLite database.
func files(t testing.TB, d *db.DB) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	names := must(filepath.Glob(d.Path + "*"))(t)
	for _, name := range names {
		out[filepath.Base(name)] = must(os.ReadFile(name))(t)
	}
	return out
}

// Only who has the right looks at the source, after having shown again who they are; it is logged, and shows what stands there.
func TestLook(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, t.TempDir())
		n := numbers(t)
		w.put(t, "Listor/brev.txt", "Hej! Personnummer "+n[5]+" står i brevet.\n")
		w.put(t, "Listor/ko.csv", list(n[:3]))
		id := w.connect(t, "")
		w.search(t, id)
		place := w.inbox(t, finding.Filter{}).Places[0]
		s := must(w.Place(t.Context(), w.actor, place.ID, 1))(t)
		actor := w.actor
		c := pages(t, w, &actor)
		looked := 0
		for _, h := range s.Held {
			if h.Detector != "personnummer" {
				continue
			}
			path := "/bevis/innehall/" + h.ID.String()
			actor = w.actor
			actor.Roles = []access.Role{access.Coordinator}
			if p := c.Get(path); p.Status != 403 {
				t.Errorf("a coordinator looks: status %d", p.Status)
			}
			actor = w.actor
			actor.Fresh = false
			if _, err := w.Look(t.Context(), actor, h.ID); err == nil {
				t.Error("who has not shown again who they are looks")
			}
			actor = w.actor
			p := both(t, c, path)
			want := n[0]
			if h.Field == "" {
				want = n[5]
			}
			if !strings.Contains(p.Body, "<mark>"+want+"</mark>") {
				t.Errorf("%s: %s is not shown:\n%s", h.Where(), want, p.Body)
			}
			looked++
		}
		if looked != 2 {
			t.Errorf("%d findings were looked at", looked)
		}
		var n2 int
		err := d.Read(t.Context(), w.actor.Organisation, func(tx *db.Tx) error {
			return db.One(tx.QueryRow(t.Context(), `SELECT COUNT(*) FROM audit_entry WHERE organisation_id = $1 AND action = 'finding.Look'`, w.actor.Organisation), &n2)
		})
		if err != nil || n2 != 4 {
			t.Errorf("%d looks are logged: %v", n2, err)
		}
	})
}

// What a system holds and the register does not say is told, and no longer when the register says it.
func TestContradictions(t *testing.T) {
	d := dbtest.SQLite(t)
	w := newWorld(t, d, t.TempDir())
	n := numbers(t)
	w.put(t, "export/a.csv", "abonnent;pnr;sökande_pnr\nx;"+n[0]+";"+n[1]+"\ny;"+n[2]+";"+n[3]+"\n")
	systems := &system.Service{DB: d}
	sys := must(systems.Create(t.Context(), w.console, system.New("Vattenstyrningen")))(t)
	id := w.connect(t, sys.ID)
	w.search(t, id)
	place := w.inbox(t, finding.Filter{}).Places[0]
	s := must(w.Place(t.Context(), w.actor, place.ID, 1))(t)
	if len(s.Register) != 1 || s.Register[0].Denied {
		t.Fatalf("contradictions: %+v", s.Register)
	}
	got := finding.Sentence(texts(t), &s.Register[0])
	if want := "Registret säger inga personuppgifter. 2 kolumner innehåller 4 personnummer."; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	err := d.Read(t.Context(), w.actor.Organisation, func(tx *db.Tx) error {
		found, err := finding.OfSystems(t.Context(), tx, w.actor.Organisation)
		if len(found[sys.ID]) == 0 {
			t.Error("nothing is summed up for the system")
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
