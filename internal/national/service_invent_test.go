// SPDX-License-Identifier: EUPL-1.2

package national

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/followup"
	"github.com/insegel/insegel/internal/organisation"
	"github.com/insegel/insegel/internal/webtest"
)

// TestExampleHasANation invents a nation in an example: the picture has questions that are answered over three periods and in groups, no
// municipality by its name, and says of itself that it is invented on the page, in every file and in each value. On both engines.
func TestExampleHasANation(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		s, actor := start(t, d)
		w := site(t, s, actor)
		must(t, s.DB.Write(t.Context(), actor.Organisation, func(tx *db.Tx) error {
			if _, err := organisation.SetExample(t.Context(), tx, actor.Organisation, true); err != nil {
				return err
			}
			return s.inventNation(t.Context(), tx, actor)
		}))
		must(t, s.SetSharing(t.Context(), actor, Sharing{Receive: true}, AnyVersion))
		x, err := s.Picture(t.Context(), actor, Look{Indicator: "INFOKLASS"})
		must(t, err)
		if len(x.Releases) != 3 || !x.Whole.Published() || !x.Whole.Quartiles || len(x.Trend) < 6 || !x.Invented {
			t.Errorf("%d releases, shown: %t, quartiles: %t, %d points, invented: %t", len(x.Releases), x.Whole.Published(), x.Whole.Quartiles, len(x.Trend), x.Invented)
		}
		if len(x.Shown) != 0 {
			t.Errorf("%d municipalities have invented figures by their names", len(x.Shown))
		}
		for _, q := range x.Questions {
			answered := 0
			for _, c := range q.Now {
				if c != nil && c.Published() {
					answered++
				}
			}
			if answered == 0 {
				t.Errorf("nothing answers the question about %s", q.Indicator.ID)
			}
		}
		groups := 0
		for i := range x.Sizes {
			if x.Sizes[i].Published() {
				groups++
			}
		}
		if groups < 2 {
			t.Errorf("%d sizes have a figure", groups)
		}
		saysInvented(t, w)
		besidesNobody(t, w)
	})
}

// besidesNobody sees that no page of a nation in which nobody is shown tells of those who are shown, and that the plain reason stands instead.
func besidesNobody(t *testing.T, w *webtest.Client) {
	t.Helper()
	for lang, says := range map[string][2]string{"sv": {"För få utöver dem som visas", "Färre än fem kommuner"}, "en": {"Too few besides those", "Fewer than five municipalities"}} {
		w.Lang = lang
		plainly := 0
		for _, indicator := range asked {
			for series := range followup.Series(followup.NumSeries) {
				text := w.Get(Place + "?indikator=" + indicator + "&serie=" + series.String()).Text("main")
				if strings.Contains(text, says[0]) {
					t.Errorf("%s in %s tells of those who are shown, and nobody is", indicator, lang)
				}
				plainly += strings.Count(text, says[1])
			}
		}
		if plainly == 0 {
			t.Errorf("no page in %s says that it is of too few", lang)
		}
	}
	w.Lang = ""
}

// saysInvented sees that whatever is read of the nation says that it is invented.
func saysInvented(t *testing.T, w *webtest.Client) {
	t.Helper()
	for path, want := range map[string]string{
		Place:                      "Påhittade tal",
		DependsPath:                "Allt här är påhittat",
		openPath + "/dcat.jsonld":  "Påhittat exempel: Informationssäkerhet",
		koladaPath + "/kpi":        `"title":"Påhittat exempel: `,
		koladaPath + "/kpi_groups": `"member_title":"Påhittat exempel: `,
		koladaPath + "/data/kpi/INFOKLASS.1.measured/municipality/0000": `"status":"Invented"`,
	} {
		if p := w.Get(path); !strings.Contains(p.Body, want) {
			t.Errorf("%s does not say that it is invented", path)
		}
	}
	for _, path := range []string{Place + "/tabell", DependsPath + "/tabell", openPath + "/nationellt.csv", openPath + "/beroenden.csv"} {
		rows := strings.Split(strings.TrimSpace(w.Get(path).Body), "\n")
		for i, row := range rows {
			if strings.Contains(row, ",survey,") { // was published in earnest, beside what is invented
				if !strings.HasSuffix(strings.TrimSpace(row), ",false") {
					t.Errorf("%s: what a survey told is said to be invented: %s", path, row)
				}
				continue
			}
			if want := map[bool]string{true: ",invented", false: ",true"}[i == 0]; !strings.HasSuffix(strings.TrimSpace(row), want) {
				t.Fatalf("%s: row %d does not say that it is invented: %s", path, i, row)
			}
		}
		if len(rows) < 3 {
			t.Errorf("%s has %d rows", path, len(rows))
		}
	}
	for _, path := range []string{"/nationellt.json", "/beroenden.json"} {
		var list KoladaList[struct {
			Invented bool `json:"invented"`
		}]
		must(t, json.Unmarshal([]byte(w.Get(openPath+path).Body), &list))
		for i := range list.Values {
			if !list.Values[i].Invented {
				t.Fatalf("%s: row %d does not say that it is invented", path, i)
			}
		}
	}
}

// TestSimulatedNationTakesTheExamplesPlace fills a nation where the example shows an invented one: what is shown then is of the nation alone, it
// is said to be invented though the organisation is no example, and to invent again changes nothing.
func TestSimulatedNationTakesTheExamplesPlace(t *testing.T) {
	d := dbtest.SQLite(t)
	s, actor := start(t, d)
	w := site(t, s, actor)
	write := func(do func(tx *db.Tx) error) { t.Helper(); must(t, s.DB.Write(t.Context(), actor.Organisation, do)) }
	invent := func(tx *db.Tx) error { return s.inventNation(t.Context(), tx, actor) }
	held := func() []string { t.Helper(); return append(s.everything(t, actor), s.depending(t, actor)...) }
	empty := held()
	write(invent)
	once := held()
	write(invent)
	if diff := cmp.Diff(once, held()); diff != "" || len(once) == len(empty) {
		t.Errorf("of %d to invent again changes:\n%s", len(once), diff)
	}
	x, err := s.Concentration(t.Context(), actor, LookConcentration{})
	must(t, err)
	if len(x.Releases) != 3 || len(x.Suppliers) < 5 || len(x.Over) == 0 || len(x.Over[0]) < 2 || x.Invented {
		t.Errorf("the example has %d releases and %d suppliers", len(x.Releases), len(x.Suppliers))
	}
	clean := func(tx *db.Tx) error { return clearInvented(t.Context(), tx) }
	write(clean)
	if diff := cmp.Diff(empty, held()); diff != "" {
		t.Errorf("clearing leaves:\n%s", diff)
	}
	if p, err := s.Picture(t.Context(), actor, Look{Indicator: "INFOKLASS"}); err != nil || len(p.Releases) != 0 {
		t.Errorf("clearing leaves %d releases: %v", len(p.Releases), err)
	}
	write(invent)
	sim := NewSimulation(s.Engine, 7, 60, 3)
	must(t, s.Fill(t.Context(), actor, sim))
	filled := held()
	write(invent)
	if diff := cmp.Diff(filled, held()); diff != "" {
		t.Errorf("inventing beside what has been sent changes:\n%s", diff)
	}
	write(clean)
	if diff := cmp.Diff(filled, held()); diff != "" || len(filled) == len(empty) {
		t.Errorf("of %d that a nation has sent clearing the example takes:\n%s", len(filled), diff)
	}
	if p, err := s.Picture(t.Context(), actor, Look{Indicator: "INFOKLASS"}); err != nil || len(p.Releases) == 0 || p.Release.Municipalities != 60 {
		t.Errorf("the nation is shown so: %+v, %v", p.Release, err)
	}
	saysInvented(t, w)
}

// TestRealFiguresAreNotInvented sees that nothing is said to be invented where figures have been submitted, and that nothing is invented there.
func TestRealFiguresAreNotInvented(t *testing.T) {
	d := dbtest.SQLite(t)
	s, actor := start(t, d)
	x, key := one(t, "0180")
	must(t, s.Trust(t.Context(), actor, []Registered{{"0180", key.Verifier}}))
	receive(t, s, actor, x)
	before := s.everything(t, actor)
	must(t, s.DB.Write(t.Context(), actor.Organisation, func(tx *db.Tx) error { return s.inventNation(t.Context(), tx, actor) }))
	if diff := cmp.Diff(before, s.everything(t, actor)); diff != "" {
		t.Errorf("figures are invented beside what a municipality has submitted:\n%s", diff)
	}
	o, err := s.Open(t.Context(), access.SystemActor(actor.Organisation), Wanted{})
	must(t, err)
	if o.Invented {
		t.Error("what has been submitted is said to be invented")
	}
}
