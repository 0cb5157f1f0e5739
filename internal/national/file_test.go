// SPDX-License-Identifier: EUPL-1.2

package national

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/organisation"
	"github.com/insegel/insegel/internal/webtest"
)

// TestFormsSayTheSame holds open data as CSV, JSON and Parquet to each other, row by row: the same figures, and the same hidden.
func TestFormsSayTheSame(t *testing.T) {
	d := dbtest.SQLite(t)
	s, actor := start(t, d)
	must(t, s.Fill(t.Context(), actor, NewSimulation(s.Engine, 7, 60, 20)))
	w := site(t, s, actor)
	o, err := s.Open(t.Context(), access.SystemActor(actor.Organisation), Wanted{})
	must(t, err)
	want := o.Rows()

	text, err := csv.NewReader(bytes.NewReader([]byte(w.Get(openPath + "/nationellt.csv").Body))).ReadAll()
	must(t, err)
	page := w.Get(openPath + "/nationellt.parquet")
	if page.Header.Get("Content-Type") != parquetMedia {
		t.Errorf("Parquet comes as %s", page.Header.Get("Content-Type"))
	}
	file, err := parquet.OpenFile(bytes.NewReader([]byte(page.Body)), int64(len(page.Body)))
	must(t, err)
	types := map[string]string{}
	for _, f := range file.Schema().Fields() {
		types[f.Name()] = f.Type().String()
		if f.Optional() {
			types[f.Name()] += ", or null"
		}
	}
	if diff := cmp.Diff(map[string]string{
		"indicator": "STRING", "definition": "INT(32,true)", "series": "STRING", "period": "STRING", "grouping": "STRING", "group": "STRING",
		"municipalities": "INT(32,true), or null", "submitted": "INT(32,true)", "numerator": "INT(64,true), or null",
		"denominator": "INT(64,true), or null", "unknown": "INT(64,true), or null", "hidden": "STRING", "invented": "BOOLEAN",
	}, types); diff != "" {
		t.Errorf("columns of Parquet: %s", diff)
	}
	r := parquet.NewGenericReader[Row](file)
	got := make([]Row, r.NumRows())
	if _, err := r.Read(got); err != nil && err != io.EOF {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Parquet: %s", diff)
	}
	var list KoladaList[Row]
	must(t, json.Unmarshal([]byte(w.Get(openPath+"/nationellt.json").Body), &list))
	if diff := cmp.Diff(want, list.Values); diff != "" {
		t.Errorf("JSON: %s", diff)
	}
	if len(text) != len(got)+1 {
		t.Fatalf("CSV has %d rows, Parquet %d", len(text)-1, len(got))
	}
	hidden := 0
	for i := range got {
		if diff := cmp.Diff(got[i].fields(), text[i+1]); diff != "" {
			t.Fatalf("row %d: %s", i, diff)
		}
		if r := &got[i]; r.Hidden != "" {
			hidden++
			if r.Members != nil || r.Numerator != nil || r.Denominator != nil || r.Unknown != nil {
				t.Errorf("a hidden row has numbers: %+v", r)
			}
		}
	}
	if hidden == 0 || hidden == len(got) {
		t.Errorf("%d of %d rows are hidden", hidden, len(got))
	}
	koladaSaysTheSame(t, w, &o, want)
}

// koladaSaysTheSame holds what is asked for in Kolada's shapes, some of it at a time, to all of it.
func koladaSaysTheSame(t *testing.T, w *webtest.Client, o *Open, want []Row) {
	t.Helper()
	var alone []string // municipalities that are shown by themselves
	for i := range want {
		if want[i].Grouping == "municipality" && !slices.Contains(alone, want[i].Group) {
			alone = append(alone, want[i].Group)
		}
	}
	if len(alone) < 2 {
		t.Fatalf("shown by themselves: %v", alone)
	}
	for path, all := range map[string]KoladaList[KoladaValue]{
		"municipality/" + alone[0] + "/year/2026":                                     o.Kolada(nil, alone[:1], []int{2026}),
		"municipality/" + alone[1] + "," + alone[0] + "/year/2026":                    o.Kolada(nil, alone[:2], []int{2026}),
		"kpi/INFOKLASS.1.measured/municipality/" + alone[0] + "," + Country:           o.Kolada([]string{"INFOKLASS.1.measured"}, []string{alone[0], Country}, nil),
		"kpi/INFOKLASS.1.measured/year/2025":                                          o.Kolada([]string{"INFOKLASS.1.measured"}, nil, []int{2025}),
		"kpi/INFOKLASS.1.measured,LOGGKONTROLL.1.attested,no/municipality/" + Country: o.Kolada([]string{"INFOKLASS.1.measured", "LOGGKONTROLL.1.attested"}, []string{Country}, nil),
		"municipality/" + Country + "/year/2025,2026":                                 o.Kolada(nil, []string{Country}, []int{2025, 2026}),
		"kpi/INFOKLASS.1.measured/year/2031":                                          koladaList[KoladaValue](nil),
	} {
		var page KoladaList[KoladaValue]
		must(t, json.Unmarshal([]byte(w.Get(koladaPath+"/data/"+path).Body), &page))
		if diff := cmp.Diff(all.Values, page.Values); diff != "" || len(page.Values) == 0 && !strings.HasSuffix(path, "2031") {
			t.Errorf("%s: %d values: %s", path, len(page.Values), diff)
		}
	}
}

// TestDescriptionHasWhatTheProfileAsks reads the description of open data: everything that DCAT-AP-SE makes mandatory is there, every address is
// whole, and every file that is named can be fetched.
func TestDescriptionHasWhatTheProfileAsks(t *testing.T) {
	d := dbtest.SQLite(t)
	s, actor := start(t, d)
	w := site(t, s, actor)
	must(t, s.SetSharing(t.Context(), actor, Sharing{Receive: true}, AnyVersion))
	var whole map[string]any
	must(t, json.Unmarshal([]byte(w.Get(openPath+"/dcat.jsonld").Body), &whole))
	mandatory := map[string][]string{
		"dcat:Catalog":      {"dct:title", "dct:description", "dct:publisher", "dct:license", "dcat:dataset"},
		"dcat:Dataset":      {"dct:title", "dct:description", "dct:publisher", "dcat:distribution"},
		"dcat:Distribution": {"dcat:accessURL", "dct:license"},
		"dcat:DataService":  {"dct:title", "dct:publisher", "dcat:endpointURL"},
		"foaf:Agent":        {"foaf:name", "dct:type"},
	}
	seen := map[string]int{}
	var read func(any)
	read = func(v any) {
		switch x := v.(type) {
		case []any:
			for _, of := range x {
				read(of)
			}
		case map[string]any:
			sort, _ := x["@type"].(string)
			seen[sort]++
			for _, name := range mandatory[sort] {
				if x[name] == nil || x[name] == "" {
					t.Errorf("a %s has no %s", sort, name)
				}
			}
			if file, ok := x["dcat:downloadURL"].(map[string]any); ok {
				address, _ := file["@id"].(string)
				path, ours := strings.CutPrefix(address, "https://insegel.example")
				media, _ := x["dcat:mediaType"].(map[string]any)
				of, _ := media["@id"].(string)
				of = strings.TrimPrefix(of, mediaTypes)
				if p := w.Get(path); !ours || p.Status != http.StatusOK || of == "" || !strings.HasPrefix(p.Header.Get("Content-Type"), of) {
					t.Errorf("%s: %d, %s", path, p.Status, p.Header.Get("Content-Type"))
				}
			}
			for name, of := range x {
				if id, ok := of.(string); ok && name == "@id" && !strings.HasPrefix(id, "http") && !strings.HasPrefix(id, "mailto:") {
					t.Errorf("%s is no whole address", id)
				}
				if name != "@context" {
					read(of)
				}
			}
		}
	}
	read(whole)
	for sort := range mandatory {
		if seen[sort] == 0 {
			t.Errorf("there is no %s", sort)
		}
	}
	if seen["dcat:Dataset"] != 2 || seen["dcat:Distribution"] != 5 || seen["vcard:Organization"] != 0 {
		t.Errorf("%v", seen)
	}
	look := organisation.NewLook{Look: organisation.Look{Name: "Norrsjö", Contact: "Öppna data, 010-000 00 00\n<data@norrsjo.example>, eller kansliet"}}
	must(t, (&organisation.Service{DB: d}).SaveLook(t.Context(), actor, look))
	whole = nil
	must(t, json.Unmarshal([]byte(w.Get(openPath+"/dcat.jsonld").Body), &whole))
	clear(seen)
	read(whole)
	contact, _ := json.Marshal(whole["dcat:dataset"].([]any)[0].(map[string]any)["dcat:contactPoint"])
	if seen["vcard:Organization"] != 3 || !strings.Contains(string(contact), `"vcard:fn":"Norrsjö","vcard:hasEmail":{"@id":"mailto:data@norrsjo.example"}`) {
		t.Errorf("whom to turn to is told so: %s, of %v", contact, seen)
	}
}
