// SPDX-License-Identifier: EUPL-1.2

package app_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/insegel/insegel/internal/auth/token"
	"github.com/insegel/insegel/internal/dbtest"
)

// What is written as OSCAL follows the schema that NIST publishes, and tells how well requirements are met only where that was asked for.
func TestOSCALFollowsItsSchema(t *testing.T) {
	checker, err := filepath.Abs("../../.build/schemacheck")
	ok(t, err)
	if _, err := os.Stat(checker); err != nil {
		dbtest.Missing(t, "schemacheck: run scripts/test-deps, which builds it")
	}
	schema, err := filepath.Abs("../../test/oscal/testdata/oscal_complete_schema-1.1.2.json")
	ok(t, err)
	a := open(t, "sqlite:"+filepath.Join(t.TempDir(), "a.db"))
	_, keys := programs(t, a)
	w, r := keys[token.Write], keys[token.Read]
	sys := "/systems/" + decoded[apiSystem](t, w.ask("POST", "/systems", `{"name":"Skolskjuts"}`), 201).ID
	empty := "/systems/" + decoded[apiSystem](t, w.ask("POST", "/systems", `{"name":"Tomt system"}`), 201).ID
	held := r.ask("GET", sys+"/information", "").Header.Get("ETag")
	decoded[struct{ System string }](t, w.ask("PUT", sys+"/information", `{"types":["`+a.Catalogue.Types[0].ID+`"]}`, "If-Match", held), 200)
	list := decoded[struct{ Items []struct{ ID string } }](t, r.ask("GET", sys+"/requirements", ""), 200)
	decoded[struct{ ID string }](t, w.ask("PUT", sys+"/requirements/"+list.Items[0].ID+"/answer", `{"status":"not-met","known_by":"attested","note":"Zorkmid"}`, "If-Match", `"0"`), 200)
	dir := t.TempDir()
	fetch := func(path string) (string, string) {
		p := r.ask("GET", path, "")
		if p.Status != 200 {
			t.Fatalf("%s: %d %s", path, p.Status, p.Body)
		}
		file := filepath.Join(dir, strings.NewReplacer("/", "-", "?", "-").Replace(path))
		ok(t, os.WriteFile(file, []byte(p.Body), 0o600))
		return file, p.Body
	}
	var files []string
	for _, path := range []string{"/oscal/catalog.json?lang=sv", "/oscal/catalog.json?lang=en", empty + "/oscal/component-definition.json"} {
		file, _ := fetch(path)
		files = append(files, file)
	}
	for _, lang := range []string{"sv", "en"} {
		whole, stated := fetch(sys + "/oscal/component-definition.json?lang=" + lang)
		part, bare := fetch(sys + "/oscal/applicable.json?lang=" + lang)
		files = append(files, whole, part)
		if !strings.Contains(stated, `"value": "not-met"`) || !strings.Contains(stated, `"control-id": "`+list.Items[0].ID+`"`) || !strings.Contains(stated, `"oscal-version": "1.1.2"`) {
			t.Errorf("%s: %s", lang, stated[:min(len(stated), 2000)])
		}
		if strings.Contains(bare, "not-met") || strings.Contains(bare, "unanswered") || strings.Contains(bare, `"state"`) || !strings.Contains(bare, list.Items[0].ID) {
			t.Errorf("%s: what applies tells how it is met", lang)
		}
		if strings.Contains(stated+bare, "Zorkmid") {
			t.Error("an answer's text is told")
		}
	}
	if out, err := exec.Command(checker, append([]string{schema}, files...)...).CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
	broken := filepath.Join(dir, "broken.json")
	b, err := os.ReadFile(files[len(files)-1])
	ok(t, err)
	ok(t, os.WriteFile(broken, []byte(strings.Replace(string(b), `"control-id"`, `"control"`, 1)), 0o600))
	if out, err := exec.Command(checker, schema, broken).CombinedOutput(); err == nil {
		t.Errorf("a document that does not follow the schema passes: %s", out)
	}
}
