// SPDX-License-Identifier: EUPL-1.2

package national

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/followup"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/job"
	"github.com/insegel/insegel/internal/kolada"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/outbound"
	"github.com/insegel/insegel/internal/web"
	"github.com/insegel/insegel/internal/webtest"
)

var loopback = outbound.Policy{Networks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}}

// recorded is an API whose answers have Kolada's shapes and invented figures. edit may change an answer.
func recorded(t testing.TB, edit func(path, body string) string) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := map[string]string{
			"/v3/kpi": "kpi", "/v3/kpi/N90001,N90002,N90009": "kpi", "/v3/kpi/N90001": "kpi-one", "/v3/municipality_groups": "groups",
			"/v3/municipality_groups/G901,G902": "groups", "/v3/municipality_groups/G901,G902,G903": "groups-all",
		}[r.URL.Path]
		if strings.HasPrefix(r.URL.Path, "/v3/data/kpi/") {
			name = "data-1"
			if r.URL.Query().Get("page") == "2" {
				name = "data-2"
			}
		}
		b, err := os.ReadFile("testdata/kolada/" + name + ".json")
		if err != nil {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		body := strings.ReplaceAll(string(b), "BASE", "http://"+r.Host+"/v3")
		if edit != nil {
			body = edit(r.URL.Path, body)
		}
		fmt.Fprint(w, body)
	}))
	t.Cleanup(server.Close)
	return server.URL + "/v3"
}

func fetcher(t testing.TB, d *db.DB) (*Service, access.Actor) {
	t.Helper()
	s, actor := start(t, d)
	var err error
	s.Jobs, err = job.New(d, slog.New(slog.DiscardHandler))
	must(t, err)
	s.Outbound = loopback
	return s, actor
}

func (s *Service) one(t testing.TB, actor access.Actor, measure string) followup.Imported {
	t.Helper()
	x, err := s.References(t.Context(), actor)
	must(t, err)
	i := slices.IndexFunc(x.Series, func(y followup.Imported) bool { return y.Measure == measure })
	if i < 0 {
		t.Fatalf("no series %s among %d", measure, len(x.Series))
	}
	return x.Series[i]
}

// A group of regions alone has nothing to keep, and is told of as what is not there is.
func TestFetchTellsOfGroupsWithoutMunicipalities(t *testing.T) {
	d := dbtest.SQLite(t)
	s, actor := fetcher(t, d)
	member := regexp.MustCompile(`("member_id":\s*)"[0-9]{4}"`)
	base := recorded(t, func(path, body string) string {
		if strings.HasPrefix(path, "/v3/municipality_groups/") {
			return member.ReplaceAllString(body, `$1"0001"`)
		}
		return body
	})
	got, err := s.FetchNow(t.Context(), actor, Request{
		Kind: FetchChosen, Base: base, Measures: []string{"N90001", "N90002", "N90009"}, Groups: []string{"G901", "G902"}, From: 2023, To: 2025,
	})
	must(t, err)
	if want := []string{"G901", "G902", "N90009"}; got.Taken != 0 || !slices.Equal(got.Missing, want) {
		t.Errorf("taken %d, missing %v, want %v", got.Taken, got.Missing, want)
	}
}

// TestFetch searches and fetches, from answers of the shapes that Kolada has: figures of several pages, sexes and statuses. What is fetched again
// changes nothing; what the source has changed is a revision, and a changed description a series of its own.
func TestFetch(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		s, actor := fetcher(t, d)
		edit := func(_, body string) string { return body }
		base := recorded(t, func(path, body string) string { return edit(path, body) })
		found, err := s.FetchNow(t.Context(), actor, Request{Kind: SearchWord, Base: base, Word: "inlogg"})
		must(t, err)
		if len(found.Found.Measures) != 2 || len(found.Found.Groups) != 2 || found.Status != FetchDone || found.Items != 4 {
			t.Fatalf("found %+v, %d items", found.Found, found.Items)
		}
		r := Request{
			Kind: FetchChosen, Base: base, Measures: []string{"N90001", "N90002", "N90009"}, Groups: []string{"G901", "G902"},
			Beside: map[string]string{"N90001": "STARK_AUT_SOC_ALLA"}, From: 2023, To: 2025,
		}
		got, err := s.FetchNow(t.Context(), actor, r)
		must(t, err)
		want := Found{Series: 2, Values: 7, Taken: 2, Left: 1, Missing: []string{"N90009"}}
		if diff := cmp.Diff(want, got.Found); diff != "" {
			t.Error(diff)
		}
		x := s.one(t, actor, "N90001")
		if x.Beside != "STARK_AUT_SOC_ALLA" || x.Version != 1 || !x.Percent() || x.Base != base || !x.Fetched.Equal(now.Truncate(time.Millisecond)) {
			t.Errorf("%+v", x)
		}
		if v := x.At(Country); len(v) != 2 || *v[0].Value != 41.5 || v[1].Year != 2025 || v[1].Status != "Preliminary" {
			t.Errorf("the country: %+v", v)
		}
		if v := x.At("0114"); len(v) != 1 || v[0].Value != nil || v[0].Status != "Privacy" {
			t.Errorf("what is hidden: %+v", v)
		}
		if got, err = s.FetchNow(t.Context(), actor, r); err != nil || got.Values != 0 || got.Series != 2 {
			t.Errorf("the same again: %+v, %v", got.Found, err)
		}
		edit = func(_, body string) string { return strings.ReplaceAll(body, "41.5", "43") }
		if got, err = s.FetchNow(t.Context(), actor, r); err != nil || got.Values != 1 {
			t.Errorf("a revision: %+v, %v", got.Found, err)
		}
		if x = s.one(t, actor, "N90001"); *x.At(Country)[0].Value != 43 || x.Revised() != 1 {
			t.Errorf("revised: %+v", x.At(Country))
		}
		edit = func(_, body string) string {
			return strings.ReplaceAll(body, "Påhittad definition ett", "Ny definition")
		}
		if got, err = s.FetchNow(t.Context(), actor, r); err != nil || got.Changed != 1 {
			t.Errorf("a new definition: %+v, %v", got.Found, err)
		}
		all, err := s.References(t.Context(), actor)
		must(t, err)
		if len(all.Series) != 3 || all.Series[0].Description == all.Series[1].Description || all.Series[1].Version != 2 || all.Series[1].Beside != "STARK_AUT_SOC_ALLA" ||
			*all.Series[0].At(Country)[0].Value != 43 || *all.Series[1].At(Country)[0].Value != 41.5 {
			t.Errorf("the new definition does not stand beside the old: %+v", all.Series)
		}
		if s.logged(t, actor, "national.AskFetch") != 5 || s.logged(t, actor, "national.Fetch") != 5 {
			t.Error("what is fetched is not logged")
		}
	})
}

// TestFetchRefuses: what is wrong is refused with a reason, is logged, and changes nothing.
func TestFetchRefuses(t *testing.T) {
	s, actor := fetcher(t, dbtest.SQLite(t))
	base := recorded(t, nil)
	fine := Request{Kind: FetchChosen, Base: base, Measures: []string{"N90001"}, From: 2023, To: 2025}
	for name, c := range map[string]struct {
		change func(r *Request)
		want   error
	}{
		"no address":        {func(r *Request) { r.Base = "" }, kolada.ErrAddress},
		"a name in it":      {func(r *Request) { r.Base = "https://a:b@x/v3" }, kolada.ErrAddress},
		"nothing":           {func(r *Request) { r.Measures = nil }, ErrNothingChosen},
		"an id with a path": {func(r *Request) { r.Measures = []string{"../x"} }, ErrNothingChosen},
		"too many":          {func(r *Request) { r.Measures = slices.Repeat(r.Measures, maxMeasures+1) }, ErrNothingChosen},
		"a future year":     {func(r *Request) { r.To = 2027 }, ErrYears},
		"years backwards":   {func(r *Request) { r.From = 2026 }, ErrYears},
		"no such indicator": {func(r *Request) { r.Beside = map[string]string{"N90001": "X"} }, followup.ErrBeside},
		"no word":           {func(r *Request) { r.Kind = SearchWord }, ErrWord},
		"not there":         {func(r *Request) { r.Measures = []string{"N1"} }, kolada.ErrRefused},
	} {
		r := fine
		c.change(&r)
		if _, err := s.FetchNow(t.Context(), actor, r); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	tired := actor
	tired.Fresh = false
	if _, err := s.AskFetch(t.Context(), tired, fine); !errors.Is(err, access.ErrStepUp) {
		t.Errorf("without showing who one is: %v", err)
	}
	lies := recorded(t, func(path, body string) string {
		if strings.Contains(path, "/data/") {
			return `{"values":[{"kpi":"N90001"}]}`
		}
		return body
	})
	r := fine
	r.Base = lies
	f, err := s.FetchNow(t.Context(), actor, r)
	if !errors.Is(err, kolada.ErrShape) || f.Status != FetchFailed || f.Fault != "shape" {
		t.Errorf("half an answer: %+v, %v", f, err)
	}
	s.Outbound = outbound.Policy{}
	if f, err = s.FetchNow(t.Context(), actor, fine); !errors.Is(err, outbound.ErrAddress) || f.Fault != "not-allowed" {
		t.Errorf("a network that is not approved: %+v, %v", f, err)
	}
	x, err := s.References(t.Context(), actor)
	must(t, err)
	if len(x.Series) != 0 || len(x.Groups) != 0 || s.logged(t, actor, "national.FailFetch") != 3 {
		t.Errorf("%d series, %d logged", len(x.Series), s.logged(t, actor, "national.FailFetch"))
	}
	id, err := s.AskFetch(t.Context(), actor, fine)
	must(t, err)
	if _, err := s.AskFetch(t.Context(), actor, fine); !errors.Is(err, ErrBusy) {
		t.Errorf("two at once: %v", err)
	}
	s.DB.Now = func() time.Time { return now.Add(time.Hour) }
	if f, err = s.OpenFetch(t.Context(), actor, id); err != nil || f.Status != FetchFailed || f.Fault != "cut" {
		t.Errorf("one that never ended: %+v, %v", f, err)
	}
}

// TestOwnAPIIsReadByTheImporter: what one installation has published is fetched by another over its Kolada shapes, figure for figure, and its
// pages are followed.
func TestOwnAPIIsReadByTheImporter(t *testing.T) {
	giver, there := start(t, dbtest.SQLite(t))
	must(t, giver.Fill(t.Context(), there, NewSimulation(giver.Engine, 7, 60, 20)))
	w := site(t, giver, there)
	s, actor := fetcher(t, dbtest.SQLite(t))
	r := Request{Kind: FetchChosen, Base: w.URL + koladaPath, Measures: []string{"INFOKLASS.1.self-assessed", "INFOKLASS.1.measured"}, Groups: []string{"lan-01"}, From: 2024, To: 2026}
	f, err := s.FetchNow(t.Context(), actor, r)
	must(t, err)
	if f.Series != 2 || f.Taken != 1 || f.Left != 0 || len(f.Missing) != 0 {
		t.Fatalf("%+v", f.Found)
	}
	open, err := giver.Open(t.Context(), access.SystemActor(there.Organisation), Wanted{})
	must(t, err)
	want := open.Kolada([]string{"INFOKLASS.1.self-assessed"}, nil, nil)
	x := s.one(t, actor, "INFOKLASS.1.self-assessed")
	if len(x.Values) != want.Count || want.Count < 3 || x.Beside != "INFOKLASS" {
		t.Errorf("%d values of %d, beside %q", len(x.Values), want.Count, x.Beside)
	}
	for _, v := range want.Values {
		i := slices.IndexFunc(x.Values, func(y followup.ImportedValue) bool { return y.Place == v.Place && y.Year == v.Period })
		if i < 0 || v.Values[0].Value != nil && *x.Values[i].Value != *v.Values[0].Value || x.Values[i].Status != v.Values[0].Status {
			t.Errorf("%s %d differs", v.Place, v.Period)
		}
	}
	first := w.Get(koladaPath + "/municipality?per_page=200")
	if !strings.Contains(first.Body, `"count":200`) || !strings.Contains(first.Body, `/municipality?page=2\u0026per_page=200`) || !strings.Contains(first.Body, `"previous_url":null`) {
		t.Errorf("the first page: %.300s", first.Body)
	}
	if last := w.Get(koladaPath + "/municipality?per_page=200&page=2"); !strings.Contains(last.Body, `"count":91`) || !strings.Contains(last.Body, `"next_url":null`) {
		t.Errorf("the last page: %.300s", last.Body)
	}
}

// TestDivision: fetched groups divide the nation, unless they overlap, and what is published is then told by group, small numbers hidden.
func TestDivision(t *testing.T) {
	s, actor := fetcher(t, dbtest.SQLite(t))
	const base = "https://kolada.example/v3"
	sim := NewSimulation(s.Engine, 7, 60, 5)
	codes := sim.Codes()
	must(t, s.DB.Write(t.Context(), actor.Organisation, func(tx *db.Tx) error {
		for code, members := range map[string][]string{"G901": codes[:25], "G902": codes[25:55], "G903": codes[20:30]} {
			g := MunicipalityGroup{Base: base, Code: code, Title: "Påhittad kommungrupp " + code, Members: members}
			if err := saveGroup(t.Context(), tx, actor.Organisation, &g); err != nil {
				return err
			}
		}
		return nil
	}))
	key := func(code string) string { return (&MunicipalityGroup{Base: base, Code: code}).Key() }
	if err := s.Divide(t.Context(), actor, []string{key("G901"), key("G903")}); !errors.Is(err, ErrDivision) {
		t.Errorf("groups that overlap: %v", err)
	}
	if err := s.Divide(t.Context(), actor, []string{key("G999")}); !errors.Is(err, db.ErrNotFound) {
		t.Errorf("a group that is not there: %v", err)
	}
	must(t, s.Divide(t.Context(), actor, []string{key("G901"), key("G902")}))
	must(t, s.Fill(t.Context(), actor, sim))
	x, err := s.Picture(t.Context(), actor, Look{Indicator: "INFOKLASS", Series: followup.SelfAssessed})
	must(t, err)
	if len(x.Divided) != 2 || !x.Divided[0].Published() && !x.Divided[1].Published() || x.Divided[0].Submitted > 25 {
		t.Errorf("%+v", x.Divided)
	}
	w := site(t, s, actor)
	must(t, s.SetSharing(t.Context(), actor, Sharing{Municipality: "0180", Receive: true}, AnyVersion))
	p := w.Get(Place + "?indikator=INFOKLASS&serie=self-assessed")
	webtest.CheckDOM(t, p.Doc)
	if !strings.Contains(p.Text("main"), "Efter kommungrupp") || !strings.Contains(p.Text("main"), "Påhittad kommungrupp G901") {
		t.Error("the page does not tell by group")
	}
	if table := w.Get(Place + "/tabell?indikator=INFOKLASS&serie=self-assessed"); !strings.Contains(table.Body, ",group,G901,") {
		t.Error("the table does not tell by group")
	}
}

// TestReferencePages goes the whole way on the pages: search, choose, fetch, see it beside the indicator with its source and its break, take it
// away.
func TestReferencePages(t *testing.T) {
	s, actor := fetcher(t, dbtest.SQLite(t))
	w := site(t, s, actor)
	base := recorded(t, nil)
	p := w.Get(ReferencesPath)
	webtest.CheckDOM(t, p.Doc)
	p = w.Submit(p, "form[action$='/sok']", url.Values{"adress": {"ftp://x"}, "ord": {"inlogg"}})
	webtest.CheckDOM(t, p.Doc)
	if !strings.Contains(p.Text("main"), "Skriv adressen till API:et") {
		t.Error("a bad address is not told of")
	}
	p = w.Submit(w.Get(ReferencesPath), "form[action$='/sok']", url.Values{"adress": {base}, "ord": {"inlogg"}})
	if p.Status != http.StatusOK || !strings.Contains(p.Text("main"), "Väntar på sin tur") {
		t.Fatalf("%d %s", p.Status, p.Text("main"))
	}
	must(t, s.Fetch(t.Context(), access.SystemActor(actor.Organisation), idOf(p.URL)))
	p = w.Get(p.URL)
	webtest.CheckDOM(t, p.Doc)
	if !strings.Contains(p.Text("main"), "Andel påhittade inloggningar") {
		t.Fatalf("found: %s", p.Text("main"))
	}
	p = w.Submit(p, "form[action$='/hamta']", url.Values{
		"adress-2": {base}, "m": {"N90001"}, "bredvid-N90001": {"STARK_AUT_SOC_ALLA"}, "g": {"G901", "G902"}, "fran": {"2023"}, "till": {"2025"},
	})
	must(t, s.Fetch(t.Context(), access.SystemActor(actor.Organisation), idOf(p.URL)))
	p = w.Get(p.URL)
	webtest.CheckDOM(t, p.Doc)
	if !strings.Contains(p.Text("main"), "1 nyckeltal med") {
		t.Errorf("fetched: %s", p.Text("main"))
	}
	x := s.one(t, actor, "N90001")
	path := ReferencesPath + "/serie/" + x.ID.String()
	p = w.Submit(w.Get(path), "form[action='"+path+"']", url.Values{"bredvid": {"STARK_AUT_SOC_ALLA"}, "ar": {"2025"}, "ord": {"Frågan ställdes om"}})
	webtest.CheckDOM(t, p.Doc)
	for at, wants := range map[string][]string{
		path:                                    {"Brott i serien från 2025: Frågan ställdes om", "41,5", "Påhittad definition ett", "Upplands Väsby", "Inget värde (dolt eftersom det bygger på för få)"},
		ReferencesPath:                          {"Andel påhittade inloggningar", "N90001 från " + base, "Påhittad kommungrupp ett"},
		Place + "?indikator=STARK_AUT_SOC_ALLA": {"Jämförelsetal från andra", "Brott i serien från 2025", "N90001 från " + base},
		followup.Place + "/STARK_AUT_SOC_ALLA":  {"Hämtade jämförelsetal för riket", "41,5", "Brott i serien från 2025", "räknas aldrig ihop"},
	} {
		p := w.Get(at)
		webtest.CheckDOM(t, p.Doc)
		for _, want := range wants {
			if !strings.Contains(p.Text("main"), want) {
				t.Errorf("%s does not say %q", at, want)
			}
		}
	}
	if table := w.Get(path + "/tabell"); !strings.Contains(table.Body, "N90001,1,0000,2023,41.5,,1,"+base) {
		t.Errorf("the table: %s", table.Body)
	}
	drawn := w.Get(Place + "/tabell?indikator=STARK_AUT_SOC_ALLA").Body
	for _, want := range []string{",survey,2019,all,all,,,,,,,,,,13,13,", ",fetched,2023,all,all,,,,,,,,,,41.5,41.5,\"" + base + ": Andel påhittade inloggningar, andel (%)\""} {
		if !strings.Contains(drawn, want) {
			t.Errorf("the table of the lines over time lacks %q:\n%s", want, drawn)
		}
	}
	list, err := s.Followup.List(t.Context(), actor)
	must(t, err)
	for _, v := range list.Values {
		if v.Indicator == "STARK_AUT_SOC_ALLA" && v.Numerator > 0 {
			t.Error("others' figures are counted with our own")
		}
	}
	p = w.Post(path+"/ta-bort", nil)
	if p.Status != http.StatusOK || w.Get(path).Status != http.StatusNotFound {
		t.Errorf("taken away: %d", p.Status)
	}
}

// TestBreaksDivideTheLine: no line is drawn over a break, and what is no share is not drawn at all.
func TestBreaksDivideTheLine(t *testing.T) {
	v := func(year int, value float64) followup.ImportedValue {
		return followup.ImportedValue{Place: Country, Year: year, Value: &value}
	}
	s := &followup.Imported{Title: "Andel (%)", Version: 1, Values: []followup.ImportedValue{v(2020, 1), v(2021, 2), v(2022, 3), v(2023, 4)}}
	l := texts(t).In("sv")
	if got := followup.ImportedLines(l, s, followup.Span{From: 2015, To: 2026}); len(got) != 1 || len(got[0].Points) != 4 {
		t.Errorf("%+v", got)
	}
	s.Breaks = []followup.ImportedBreak{{Year: 2022, Note: "x"}}
	if got := followup.ImportedLines(l, s, followup.Span{From: 2015, To: 2026}); len(got) != 2 || len(got[0].Points) != 2 || len(got[1].Points) != 2 || got[1].Label != "Andel (%), 2022–2023" {
		t.Errorf("%+v", got)
	}
	s.Title = "Kronor per invånare"
	if got := followup.ImportedLines(l, s, followup.Span{From: 2015, To: 2026}); len(got) != 0 {
		t.Errorf("%+v", got)
	}
}

func idOf(address string) ids.ID[Fetch] {
	return ids.ID[Fetch](address[strings.LastIndex(address, "/")+1:])
}

func texts(t testing.TB) *locale.Bundle {
	t.Helper()
	bundle, err := locale.NewBundle(map[string]string{"web": web.Messages, "national": Messages, "followup": followup.Messages})
	must(t, err)
	return bundle
}
