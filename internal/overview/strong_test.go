// SPDX-License-Identifier: EUPL-1.2

package overview

import (
	"encoding/csv"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/evidence"
	"github.com/insegel/insegel/internal/probe/verdict"
	"github.com/insegel/insegel/internal/requirement"
	"github.com/insegel/insegel/internal/system"
	"github.com/insegel/insegel/internal/webtest"
)

// weakAt is a system at a supplier whose ways in are measured not to be strong.
func weakAt(name, supplier string, ways ...string) StrongRow {
	return StrongRow{Name: name, Supplier: supplier, Status: verdict.NotMet, weak: ways}
}

// TestNextSteps finds where the fewest ways in close the most systems: three at one supplier that close fourteen come before one that closes four.
func TestNextSteps(t *testing.T) {
	var rows []StrongRow
	for i := range 14 {
		rows = append(rows, weakAt(fmt.Sprint("system ", i), "Treservaföretaget", []string{"a.example.se", "b.example.se", "c.example.se"}[i%3]))
	}
	for i := range 4 {
		rows = append(rows, weakAt(fmt.Sprint("annat ", i), "En dörr", "d.example.se"))
	}
	rows = append(rows,
		weakAt("ett", "Flera dörrar", "e.example.se", "f.example.se"),
		weakAt("två", "Ännu en", "g.example.se"),
		weakAt("utan leverantör", "", "h.example.se"),
		weakAt("utan väg", "Ingen väg"),
		StrongRow{Name: "inte visat", Supplier: "Okänt", Status: verdict.NotShown, weak: []string{"i.example.se"}},
		StrongRow{Name: "uppfyllt", Supplier: "Klart", Status: verdict.Met},
	)
	type step struct {
		Supplier       string
		Paths, Systems int
	}
	var got []step
	for _, s := range nextSteps(rows) {
		got = append(got, step{s.Supplier, s.Paths, s.Systems})
		if len(s.Names) != s.Systems {
			t.Errorf("%s: %d names", s.Supplier, len(s.Names))
		}
	}
	if diff := cmp.Diff([]step{{"Treservaföretaget", 3, 14}, {"En dörr", 1, 4}, {"Ännu en", 1, 1}}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestForecast counts what planned actions close, and what is lost when nothing is measured anew before the day.
func TestForecast(t *testing.T) {
	by := civil.Date{Year: 2026, Month: 12, Day: 31}
	known := func(expires civil.Date) *StrongWay { return &StrongWay{By: &evidence.Record{Expires: expires}} }
	x := Strong{Forecast: Forecast{By: by}}
	for _, c := range []struct {
		row     StrongRow
		planned bool
	}{
		{StrongRow{Status: verdict.NotMet}, true},
		{StrongRow{Status: verdict.NotShown}, true},
		{StrongRow{Status: verdict.NotMet}, false},
		{StrongRow{Status: verdict.Met, Way: known(by)}, false},
		{StrongRow{Status: verdict.Met, Way: known(by.AddDays(-30))}, true},
		{StrongRow{Status: verdict.Met, Way: known(by.AddDays(1))}, false},
		{StrongRow{Status: verdict.Met}, false},
	} {
		x.forecast(&c.row, c.planned)
	}
	if x.Forecast.Planned != 2 || x.Forecast.Ending != 2 {
		t.Errorf("%d planned and %d ending, want 2 and 2", x.Forecast.Planned, x.Forecast.Ending)
	}
	for today, year := range map[civil.Date]int{{Year: 2026, Month: 3, Day: 1}: 2026, {Year: 2026, Month: 11, Day: 1}: 2026, {Year: 2026, Month: 11, Day: 29}: 2027} {
		if got := yearEnd(today); got != (civil.Date{Year: year, Month: 12, Day: 31}) {
			t.Errorf("on %v the forecast is for %v", today, got)
		}
	}
}

// keptOffPaper sees that a text stands on a page and nowhere that is printed.
func keptOffPaper(t *testing.T, page *webtest.Page, text string) {
	t.Helper()
	told := 0
	for n := range webtest.Find(page.Doc, "main").Descendants() {
		if n.Type != html.TextNode || !strings.Contains(n.Data, text) {
			continue
		}
		told++
		kept := false
		for up := n.Parent; up != nil; up = up.Parent {
			classes := strings.Fields(webtest.Attr(up, "class"))
			kept = kept || slices.Contains(classes, "weak") || slices.Contains(classes, "scope") // the choice of unit is for the screen
		}
		if !kept {
			t.Errorf("%q is printed although it tells what is weak", n.Data)
		}
	}
	if told == 0 {
		t.Errorf("the page does not tell %s", text)
	}
}

// strongOnPaper looks at what is printed of the page of strong authentication, and at its file: numbers, and neither a system that is weak
// by name nor which unit has how many.
func strongOnPaper(t *testing.T, w *world, name string) {
	t.Helper()
	page := w.open(t, StrongPath)
	keptOffPaper(t, page, name)
	keptOffPaper(t, page, page.Text("#units")) // which unit has the most weak systems
	keptOffPaper(t, page, webtest.Text(webtest.All(webtest.Find(page.Doc, "section[aria-labelledby=units]"), "tbody th")[0]))
	file := ""
	for _, a := range webtest.All(page.Doc, "main a") {
		if href := webtest.Attr(a, "href"); strings.HasPrefix(href, strongFilePath) {
			file = href
		}
	}
	got := w.Get(file)
	if got.Status != http.StatusOK || !strings.HasPrefix(got.Header.Get("Content-Type"), "text/csv") {
		t.Fatalf("%q: %d %s", file, got.Status, got.Header.Get("Content-Type"))
	}
	want := webtest.Text(webtest.All(page.Doc, "details.tbl tbody tr")[0])
	row := strings.Split(strings.Split(got.Body, "\r\n")[2], ";")
	if strings.Join(row, " ") != want {
		t.Errorf("the file says %q, the page %q", row, want)
	}
	if strings.Contains(got.Body, name) {
		t.Error("the file names a system")
	}
}

// strongTakenOut takes out the table of strong authentication as a file: with the page's rows, logged, for those who may and show who they are.
func strongTakenOut(t *testing.T, w *world) {
	t.Helper()
	page := w.open(t, StrongPath)
	to := ""
	for _, a := range webtest.All(page.Doc, "section.weak a") {
		if href := webtest.Attr(a, "href"); strings.HasPrefix(href, strongListPath) && strings.Contains(href, "format=csv") {
			to = href
		}
	}
	logged := func() int {
		x, err := w.s.Log(ctx, w.actor, audit.Filter{Action: "overview.ExportStrong", Limit: 10})
		must(t, err)
		return len(x.Events)
	}
	before := logged()
	file := w.Get(to)
	if file.Status != http.StatusOK || !strings.HasPrefix(file.Header.Get("Content-Type"), "text/csv") {
		t.Fatalf("%q: %d %s", to, file.Status, file.Header.Get("Content-Type"))
	}
	r := csv.NewReader(strings.NewReader(strings.TrimPrefix(file.Body, "\ufeff")))
	r.Comma = ';'
	rows, err := r.ReadAll()
	must(t, err)
	shown := webtest.All(webtest.Find(page.Doc, "section[aria-labelledby=tab]"), "tbody tr")
	if len(rows)-1 != len(shown) {
		t.Fatalf("the file has %d systems, the page %d", len(rows)-1, len(shown))
	}
	for i, row := range shown {
		text := webtest.Text(row)
		for n, cell := range rows[i+1][:len(rows[i+1])-1] { // the page tells how old it is, and not when it was seen
			if n != 1 && !strings.Contains(text, cell) { // nor the unit
				t.Errorf("the file says %q, the page %q", cell, text)
			}
		}
	}
	if n := logged(); n != before+1 {
		t.Errorf("the log has %d entries of what was taken out, had %d", n, before)
	}
	if got := w.Get(strings.Replace(to, "format=csv", "format=html&sekretess=1", 1)); !strings.Contains(got.Body, "OSL 18") {
		t.Errorf("no secrecy marking: %d", got.Status)
	}
	stale := w.actor
	stale.Fresh = false
	w.actors["stale"] = stale
	w.become("stale")
	if got := w.Get(to); strings.Contains(got.Header.Get("Content-Type"), "csv") {
		t.Error("taken out without showing again who one is")
	}
	w.become("")
	procurer := access.Actor{ID: "p", Organisation: w.actor.Organisation, Roles: []access.Role{access.Procurer}, Fresh: true}
	if _, err := w.s.ExportStrong(ctx, procurer, requirement.TwoFactors, ""); !errors.Is(err, access.ErrDenied) {
		t.Errorf("procurement took out the table: %v", err)
	}
}

// TestStrongIsKept reads how strong sign-in is once, and after that only asks whether a system has changed: what a reader of one unit, or of
// some, is shown is what the systems of that unit say, and what is measured is seen at once.
func TestStrongIsKept(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := start(t, d)
		proof := prover(t, w)
		systems := seed(t, d, w.s, w.actor, 25)
		asked := func(a access.Actor, unit string) (Strong, int64) {
			t.Helper()
			before := d.Statements()
			x, err := w.s.Strong(ctx, a, requirement.TwoFactors, unit)
			must(t, err)
			return x, d.Statements() - before
		}
		first, many := asked(w.actor, "")
		if len(first.Rows) != len(systems) || len(first.Units) != 5 {
			t.Fatalf("%d systems in %d units", len(first.Rows), len(first.Units))
		}
		if again, n := asked(w.actor, ""); n > 3 || n >= many || !reflect.DeepEqual(first, again) {
			t.Errorf("the second reader asked %d times, the first %d", n, many)
		}
		for _, u := range first.Units {
			one, n := asked(w.actor, u.ID.String())
			var want []StrongRow
			for i := range first.Rows {
				if first.Rows[i].UnitID == u.ID {
					want = append(want, first.Rows[i])
				}
			}
			if n > 3 || !reflect.DeepEqual(one.Rows, want) || len(one.Units) != 1 || one.Units[0] != u || one.Counts[0] != u.Count {
				t.Errorf("%s: %d questions, %d systems of %d, units %+v", u.Name, n, len(one.Rows), len(want), one.Units)
			}
			owner := access.Actor{ID: "owner", Organisation: w.actor.Organisation, Held: []access.Held{{Role: access.SystemOwner, Unit: u.ID}}}
			mine, _ := asked(owner, "")
			if !reflect.DeepEqual(mine.Rows, want) {
				t.Errorf("an owner of %s sees %d systems of %d", u.Name, len(mine.Rows), len(want))
			}
		}
		change, err := (&system.Service{DB: d}).Edit(ctx, w.actor, systems[3].ID.String())
		must(t, err)
		change.System.Logins = []system.LoginPath{{Audience: "staff", Address: "https://x.example/", Zone: "internet"}}
		must(t, (&system.Service{DB: d}).Update(ctx, w.actor, change.System))
		change, err = (&system.Service{DB: d}).Edit(ctx, w.actor, systems[3].ID.String())
		must(t, err)
		_, err = proof.Record(ctx, w.actor, evidence.New{
			System: systems[3].ID, Path: change.System.Logins[0].ID, Kind: "EV_PWFORM", Source: evidence.Measured, Subject: evidence.SubjectLogin, Outcome: evidence.Unclear,
			Verdict: verdict.PasswordOnly, Factors: 1, Observed: d.Now(), Detail: evidence.Detail{Because: evidence.Told([]string{"Skäl"}, nil)},
		})
		must(t, err)
		if now, _ := asked(w.actor, ""); now.Counts[0].NotMet != first.Counts[0].NotMet+1 || now.Rows[0].Name != systems[3].Name || now.Rows[0].Way.By.Kind != "EV_PWFORM" {
			t.Errorf("a password was measured: %+v, %+v", now.Counts[0], now.Rows[0])
		}
		if first.Rows[0].Way != nil {
			t.Error("what the first reader was given has changed under it")
		}
	})
}

// BenchmarkStrong opens the page of strong authentication of 5,000 and 100,000 systems through the whole server: right after a system has
// changed, and while nothing changes, of all and of one unit.
func BenchmarkStrong(b *testing.B) {
	for _, n := range []int{5000, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			d := dbtest.SQLite(b)
			w := start(b, d)
			prover(b, w)
			systems := seed(b, d, w.s, w.actor, n)
			get := func(path string) time.Duration {
				out, begun := httptest.NewRecorder(), time.Now()
				w.handler.ServeHTTP(out, httptest.NewRequest(http.MethodGet, path, nil))
				took := time.Since(begun)
				if out.Code != http.StatusOK {
					b.Fatal(path, " gives ", out.Code)
				}
				return took
			}
			get("/system") // the templates are bound once
			var changed, all, unit []time.Duration
			for b.Loop() {
				changeOne(b, w, systems[n/2])
				changed = append(changed, get(StrongPath))
				for range 20 {
					all = append(all, get(StrongPath))
					unit = append(unit, get(StrongPath+"?forvaltning="+systems[0].UnitID.String()))
				}
			}
			b.ReportMetric(percentile(changed, 50), "ms-changed")
			b.ReportMetric(percentile(all, 95), "ms-p95")
			b.ReportMetric(percentile(unit, 95), "ms-p95-unit")
			b.ReportMetric(0, "ns/op")
		})
	}
}
