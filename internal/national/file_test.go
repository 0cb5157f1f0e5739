// SPDX-License-Identifier: EUPL-1.2

package national

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/dbtest"
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
		"denominator": "INT(64,true), or null", "unknown": "INT(64,true), or null", "hidden": "STRING",
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
	for path, all := range map[string]KoladaList[KoladaValue]{
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
