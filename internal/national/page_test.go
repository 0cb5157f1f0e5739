// SPDX-License-Identifier: EUPL-1.2

package national

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/approval"
	"github.com/insegel/insegel/internal/catalogue"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/followup"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/system"
	"github.com/insegel/insegel/internal/web"
	"github.com/insegel/insegel/internal/webtest"
)

// site serves the pages of a receiver.
func site(t testing.TB, s *Service, actor access.Actor) *webtest.Client {
	t.Helper()
	bundle, err := locale.NewBundle(map[string]string{"web": web.Messages, "national": Messages, "followup": followup.Messages, "system": system.Messages})
	must(t, err)
	s.Approvals = &approval.Service{DB: s.DB, Log: slog.New(slog.DiscardHandler)}
	x := web.NewSite(bundle, slog.New(slog.DiscardHandler), web.Options{
		ActorFunc: func(*http.Request) (access.Actor, web.Viewer, bool) { return actor, web.Viewer{Name: "Prov"}, true },
	})
	(&Pages{Service: s}).Routes(x)
	(&followup.Pages{Service: s.Followup}).Routes(x)
	(&Public{Service: s, Base: "https://insegel.example", Texts: bundle}).Routes(x)
	return webtest.Start(t, x)
}

// TestPages opens every page over a small nation: the numbers are those that were published, nobody is named who has not agreed to it, and
// open data and the Kolada shapes say the same.
func TestPages(t *testing.T) {
	d := dbtest.SQLite(t)
	s, actor := start(t, d)
	w := site(t, s, actor)
	if p := w.Get(Place); p.Status != http.StatusOK || !strings.Contains(p.Text("main"), "Inget är publicerat än") || !strings.Contains(p.Text("main"), "13") {
		t.Fatalf("before anything: %d %s", p.Status, p.Text("main"))
	}
	sim := NewSimulation(s.Engine, 7, 60, 20)
	must(t, s.Fill(t.Context(), actor, sim))
	for _, path := range []string{
		Place, Place + "?indikator=INFOKLASS&serie=self-assessed", Place + "?indikator=ETJANST_EKB&period=2024", KeysPath, SharingPath, PreviewPath,
		followup.Place, followup.Place + "/STARK_AUT_SOC_ALLA", followup.Place + "/DIGITALA_TRYGGHETSLARM", followup.Place + "/INFOKLASS",
	} {
		p := w.Get(path)
		if p.Status != http.StatusOK {
			t.Fatalf("%s: %d", path, p.Status)
		}
		webtest.CheckDOM(t, p.Doc)
	}
	text := w.Get(Place + "?indikator=INFOKLASS&serie=self-assessed").Text("main")
	x, err := s.Picture(t.Context(), actor, Look{Indicator: "INFOKLASS", Series: followup.SelfAssessed})
	must(t, err)
	if !x.Whole.Published() || !strings.Contains(text, "60 av 290") {
		t.Errorf("the picture does not tell of 60 municipalities: %s", text[:200])
	}
	for _, code := range sim.Codes() {
		m, _ := s.Engine.Catalogue.Municipality(code)
		if p := sim.Profile(code); !p.Shown && strings.Contains(text, m.Name+" ") && x.Shown[code].Known() {
			t.Errorf("%s is named and has not agreed to it", m.Name)
		}
	}
	if strings.Contains(text, "Stockholm just nu") {
		t.Error("a municipality that nobody has said that it is has an answer of its own")
	}
	must(t, s.SetSharing(t.Context(), actor, Sharing{Municipality: "0180", Size: "from-100000", Receive: true}, AnyVersion))
	front := w.Get(Place)
	webtest.CheckDOM(t, front.Doc)
	for _, want := range []string{"Fyra frågor om hela landet", "System med giltig klassning", "Stockholm", "Inte känt", "Parquet"} {
		if !strings.Contains(front.Text("main"), want) {
			t.Errorf("the front page does not tell of %s", want)
		}
	}
	open := w.Get(openPath + "/nationellt.csv")
	if !strings.Contains(open.Body, "INFOKLASS,1,self-assessed,2026-Q3,all,all,60,") {
		t.Error("open data do not tell of the whole")
	}
	if !strings.Contains(open.Body, ",,,,few,true\n") {
		t.Error("what is hidden has numbers in open data")
	}
	if body := w.Get(openPath + "/nationellt.json").Body; !strings.Contains(body, `"numerator":null,"denominator":null,"unknown":null,"hidden":"few"`) {
		t.Error("what is hidden has numbers in open data as JSON")
	}
	for _, code := range sim.Codes() {
		if p := sim.Profile(code); !p.Shown && strings.Contains(open.Body, ",municipality,"+code+",") {
			t.Errorf("%s stands by itself in open data", code)
		}
	}
	var list KoladaList[KoladaValue]
	must(t, json.Unmarshal([]byte(w.Get(koladaPath+"/data/kpi/INFOKLASS.1.self-assessed/municipality/"+Country+"/year/2026,2025").Body), &list))
	if list.Count != 2 || list.Values[1].Period != 2026 || *list.Values[1].Values[0].Value != x.Whole.Sum.OfKnown() {
		t.Errorf("Kolada: %+v", list)
	}
	for path, want := range map[string]string{
		koladaPath + "/municipality": `{"id":"0180","title":"Stockholm","type":"K"}`, koladaPath + "/kpi?title=klassning": "INFOKLASS.1.measured",
		openPath + "/dcat.jsonld": "https://insegel.example/oppna-data/nationellt.parquet", openPath + "/nationellt.json": `"indicator":"INFOKLASS"`,
	} {
		if p := w.Get(path); p.Status != http.StatusOK || !strings.Contains(p.Body, want) {
			t.Errorf("%s: %d, without %s", path, p.Status, want)
		}
	}
}

// TestOwnBesideOthers: a municipality's own answer is in the words of the question, and stands beside its county, its size and all.
func TestOwnBesideOthers(t *testing.T) {
	bundle, err := locale.NewBundle(map[string]string{"web": web.Messages, "national": Messages, "followup": followup.Messages})
	must(t, err)
	l, c := bundle.In("sv"), engine(t).Catalogue
	every, _ := c.Indicator("STARK_AUT_SOC_ALLA")
	share, _ := c.Indicator("INFOKLASS")
	for _, x := range []struct {
		ind  *catalogue.Indicator
		of   [followup.NumSeries]followup.Count
		want string
	}{
		{every, [followup.NumSeries]followup.Count{{Numerator: 1, Denominator: 1}, {Denominator: 1}, {}}, "Ja, uppmätt"},
		{every, [followup.NumSeries]followup.Count{{Denominator: 1, Unknown: 1}, {}, {Denominator: 1}}, "Nej, självskattat"},
		{share, [followup.NumSeries]followup.Count{{}, {Numerator: 3, Denominator: 8, Unknown: 4}, {}}, "75 %, intygat"},
		{share, [followup.NumSeries]followup.Count{}, "Inte känt"},
	} {
		if got := strings.ReplaceAll(ownAnswer(l, x.ind, x.of), "\u00a0", " "); got != x.want {
			t.Errorf("got %q, want %q", got, x.want)
		}
	}
	cell := func(group string, met int64) Cell {
		return Cell{Group: group, Members: 20, Sum: followup.Count{Numerator: met, Denominator: 50, Unknown: 10}}
	}
	p := Picture{
		Indicator: share, Own: "0180", OwnSize: "from-100000", OwnCount: followup.Count{Numerator: 3, Denominator: 8, Unknown: 4},
		Whole: cell(Whole, 10), Counties: []Cell{{Group: "01", Why: FewHidden}}, Sizes: []Cell{cell("from-100000", 20)},
	}
	var o picturePage
	o.beside(l, &p, c)
	var got []string
	for _, r := range o.Beside {
		got = append(got, strings.ReplaceAll(r.Name+": "+r.Value+r.Why, "\u00a0", " "))
	}
	if diff := cmp.Diff([]string{
		"Stockholm: 75 %", "Stockholms län: För få utöver dem som visas", "100 000 eller fler: 50 %", "Alla som har ett värde: 25 %",
	}, got); diff != "" {
		t.Error(diff)
	}
	p.Whole.Quartiles, p.Whole.Quartile = true, [3]float64{20, 50, 80}
	p.Shown = map[string]followup.Count{"0114": {Numerator: 9, Denominator: 10}, "0180": p.OwnCount, "0115": {Numerator: 1, Denominator: 12, Unknown: 2}}
	o.Own, got = "Stockholm", nil
	o.spread(l, &p, c)
	for _, r := range o.Spread {
		got = append(got, strings.ReplaceAll(r.Name+": "+r.Value, "\u00a0", " "))
	}
	if diff := cmp.Diff([]string{"Undre kvartilen: 20 %", "Median: 50 %", "Övre kvartilen: 80 %", "Stockholm: 75 %", "Vallentuna: 10 %", "Upplands Väsby: 90 %"}, got); diff != "" {
		t.Errorf("the strip as a table: %s", diff)
	}
}

// TestReceiveOverHTTP sends a submission, a forged one, and one that never ends.
func TestReceiveOverHTTP(t *testing.T) {
	d := dbtest.SQLite(t)
	s, actor := start(t, d)
	w := site(t, s, actor)
	x, key := one(t, "0180")
	must(t, s.Trust(t.Context(), actor, []Registered{{"0180", key.Verifier}}))
	send := func(x *Submission) *webtest.Page {
		b, err := x.Encode()
		must(t, err)
		r := w.Request(http.MethodPost, SubmitPath, bytes.NewReader(b))
		r.Header.Set("Content-Type", "application/json")
		return w.Do(r)
	}
	if p := send(&x); p.Status != http.StatusNotFound {
		t.Errorf("nobody receives: %d", p.Status)
	}
	must(t, s.SetSharing(t.Context(), actor, Sharing{Receive: true}, AnyVersion))
	if p := send(&x); p.Status != http.StatusOK || !strings.Contains(p.Body, `"accepted":1`) {
		t.Errorf("a sound one: %d %s", p.Status, p.Body)
	}
	before := s.everything(t, actor)
	forged := x
	forged.Shown = true
	if p := send(&forged); p.Status != http.StatusUnprocessableEntity || !strings.Contains(p.Body, "signature") {
		t.Errorf("a forged one: %d %s", p.Status, p.Body)
	}
	huge := &endless{left: 1 << 30}
	r := w.Request(http.MethodPost, SubmitPath, huge)
	r.Header.Set("Content-Type", "application/json")
	r.ContentLength = -1
	if p := w.Do(r); p.Status < 400 || huge.taken.Load() > 64<<20 {
		t.Errorf("a gigabyte: %d, %d bytes were sent", p.Status, huge.taken.Load())
	}
	if after := s.everything(t, actor); len(after) != len(before) {
		t.Error("a refused one changed something")
	}
}
