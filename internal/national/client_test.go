// SPDX-License-Identifier: EUPL-1.2

package national

import (
	"encoding/json"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/webtest"
)

// called is what a client of Kolada's third version asks, and what the answer must look like for it to go on. It is our own description.
type called struct {
	Call string
	// Item is what each value has, and of which kind; Some says that there must be a value.
	Item map[string]string
	Some bool
}

// TestKoladaClientsCalls asks all that a client of Kolada asks, at our address: every call has an answer of the shape that the client reads,
// page by page, and the same value stands whichever way it is asked for.
func TestKoladaClientsCalls(t *testing.T) {
	giver, there := start(t, dbtest.SQLite(t))
	must(t, giver.Fill(t.Context(), there, NewSimulation(giver.Engine, 7, 60, 20)))
	w := site(t, giver, there)
	b, err := os.ReadFile("testdata/kolada/calls.json")
	must(t, err)
	var calls []called
	must(t, json.Unmarshal(b, &calls))
	for _, c := range calls {
		values := koladaPage(t, w, koladaPath+c.Call)
		if c.Some != (len(values) > 0) {
			t.Errorf("%s: %d values", c.Call, len(values))
		}
		for _, v := range values {
			for key, kind := range c.Item {
				if got, has := v[key]; !has || !isKind(got, kind) {
					t.Errorf("%s: %s is %v, want %s", c.Call, key, v[key], kind)
				}
			}
			checkFigures(t, c.Call, v)
		}
	}
	// Every page is reached by following the addresses, and none is told twice.
	next, seen := koladaPath+"/kpi?per_page=7", map[any]bool{}
	for range 100 {
		page := w.Get(next)
		var list struct {
			Values []map[string]any
			Next   *string `json:"next_url"`
		}
		must(t, json.Unmarshal([]byte(page.Body), &list))
		for _, v := range list.Values {
			if seen[v["id"]] {
				t.Errorf("%v stands on two pages", v["id"])
			}
			seen[v["id"]] = true
		}
		if list.Next == nil {
			break
		}
		_, path, _ := strings.Cut(*list.Next, openPath)
		next = openPath + path
	}
	if want := len(KoladaMeasures(giver.Engine, "", nil).Values); len(seen) != want {
		t.Errorf("%d measures on all pages, want %d", len(seen), want)
	}
}

// koladaPage asks for a page and checks what is around its values.
func koladaPage(t *testing.T, w *webtest.Client, path string) []map[string]any {
	t.Helper()
	page := w.Get(path)
	if page.Status != http.StatusOK || !strings.HasPrefix(page.Header.Get("Content-Type"), "application/json") {
		t.Errorf("%s: %d %s", path, page.Status, page.Header.Get("Content-Type"))
		return nil
	}
	var around map[string]json.RawMessage
	must(t, json.Unmarshal([]byte(page.Body), &around))
	var values []map[string]any
	var count int
	must(t, json.Unmarshal(around["values"], &values))
	must(t, json.Unmarshal(around["count"], &count))
	for _, key := range []string{"next_url", "previous_url"} {
		if _, has := around[key]; !has {
			t.Errorf("%s: no %s", path, key)
		}
	}
	if count != len(values) || values == nil {
		t.Errorf("%s: says %d and has %d", path, count, len(values))
	}
	return values
}

func isKind(v any, kind string) bool {
	ok := false
	switch kind {
	case "text":
		_, ok = v.(string)
	case "text or nothing":
		_, ok = v.(string)
		ok = ok || v == nil
	case "number":
		_, ok = v.(float64)
	case "truth":
		_, ok = v.(bool)
	case "list":
		_, ok = v.([]any)
	}
	return ok
}

// checkFigures checks the figures and the members within a value.
func checkFigures(t *testing.T, call string, v map[string]any) {
	t.Helper()
	inside, _ := v["values"].([]any)
	for _, x := range inside {
		f, _ := x.(map[string]any)
		value, has := f["value"]
		if f["gender"] != "T" || !has || !isKind(f["status"], "text") || !isKind(f["count"], "number") || !isKind(f["isdeleted"], "truth") || value == nil && f["status"] == "" {
			t.Errorf("%s: the figure %v", call, f)
		}
	}
	members, _ := v["members"].([]any)
	for _, x := range members {
		m, _ := x.(map[string]any)
		if !isKind(m["member_id"], "text") || !isKind(m["member_title"], "text") {
			t.Errorf("%s: the member %v", call, m)
		}
	}
}
