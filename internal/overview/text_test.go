// SPDX-License-Identifier: EUPL-1.2

package overview

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/insegel/insegel/internal/audit"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/webtest"
)

// TestConditionsInWords says every condition of the catalogue without a word of its notation.
func TestConditionsInWords(t *testing.T) {
	w := start(t, dbtest.SQLite(t))
	rule := w.open(t, "/regler/SOLPUL-10")
	list := rule.Text("#when") + " " + sectionText(rule.All("section ul.bl li"))
	for _, want := range []string{"Verksamhet: Socialtjänst eller Stöd till personer med funktionsnedsättning", "Personuppgifter"} {
		if !strings.Contains(list, want) {
			t.Errorf("the condition lacks %q: %s", want, list)
		}
	}
	for _, l := range w.s.catalogue().Laws {
		text := sectionText(w.open(t, "/regler/"+l.ID).All("section ul.bl li"))
		if strings.ContainsAny(text, "=|") || text == "" {
			t.Errorf("the condition %q of %s is said as %q", l.When, l.ID, text)
		}
	}
}

// TestUnknownEventsAreTold puts an entry of a kind that has no sentence in the log: it is told by its name.
func TestUnknownEventsAreTold(t *testing.T) {
	w := start(t, dbtest.SQLite(t))
	systems := seed(t, w.d, w.s, w.actor, 3)
	must(t, w.d.Write(ctx, db.Installation, func(tx *db.Tx) error {
		return audit.Append(ctx, tx, w.actor, audit.Entry{Action: "future.Change", ObjectKind: "system", ObjectID: systems[0].ID.String(), Data: []int{1}})
	}))
	if got := w.open(t, "/system/"+systems[0].Slug+"/historik").Text("#events"); got == "" {
		t.Error("the history has no heading")
	}
	log := sectionText(w.open(t, "/system/"+systems[0].Slug+"/historik").All(".log li"))
	if !strings.Contains(log, "future.Change") {
		t.Errorf("the history says %q", log)
	}
}

// logged finds the actions of entries that the code appends to the log.
var logged = regexp.MustCompile(`Action:\s+"([a-z]+\.[A-Z][A-Za-z]+)"`)

// allowed finds actions that are asked for and not appended.
var allowed = regexp.MustCompile(`(Wanted|Weighing)\{Action:\s+"[^"]*"`)

// TestEveryEventHasASentence holds everything that is written to the log under a name of its own to having a sentence in both languages.
func TestEveryEventHasASentence(t *testing.T) {
	b := bundle(t)
	found := map[string]bool{}
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		if !strings.Contains(string(text), "audit.Entry{") {
			return err
		}
		for _, m := range logged.FindAllStringSubmatch(allowed.ReplaceAllString(string(text), ""), -1) {
			found[m[1]] = true
		}
		return err
	})
	if err != nil || len(found) < 40 {
		t.Fatalf("%d actions found: %v", len(found), err)
	}
	for action := range found {
		for _, lang := range []string{"sv", "en"} {
			if !b.In(lang).Has("overview.event-" + action) {
				t.Errorf("%s has no sentence in %s", action, lang)
			}
		}
	}
}

func TestFiltersSurviveTheirAddress(t *testing.T) {
	f := Filter{Text: "å&=", Unit: Missing, Standing: Expiring, Level: 3, Aspect: "k", Step: StepUnknown, Requirements: WithNotMet, Owner: Missing, Ask: AskLate, ByLevel: true}
	want := "/system?q=%C3%A5%26%3D&forvaltning=saknas&lage=loper-ut&niva=3&aspekt=k&steg=okand&krav=uppfylls-inte&agare=saknas&fraga=sena-atgarder&sortera=niva"
	if got := f.href(); got != want {
		t.Errorf("got %s", got)
	}
	if (Filter{Text: "x", Unit: "y"}).Derived() || !f.Derived() {
		t.Error("what is derived is not told from what is stored")
	}
	if !slices.Equal(strings.Split(address("/a", "b", "", "c", "d"), "?"), []string{"/a", "c=d"}) {
		t.Error("an empty value stands in the address")
	}
}

// sectionText joins the texts of elements.
func sectionText(list []*html.Node) string {
	var out []string
	for _, n := range list {
		out = append(out, webtest.Text(n))
	}
	return strings.Join(out, " ; ")
}
