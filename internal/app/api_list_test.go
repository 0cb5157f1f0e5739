// SPDX-License-Identifier: EUPL-1.2

package app_test

import (
	"encoding/json"
	"net/http"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// whole are the operations that read something and answer with all of it: it is one thing, or a file.
var whole = map[string]string{
	"get-system-responsible": "who answers for one system",
}

// withoutMatch are the changes that take no If-Match, with why.
var withoutMatch = map[string]string{}

// Why a change takes no If-Match.
const (
	never = "it never changes once it is made, so that what is taken away is what was read"
	ends  = "it ends what is going on, whatever that is"
	mine  = "it is the reader's own, and the last word counts"
)

func init() {
	for why, ids := range map[string][]string{
		never: {
			"revoke-agent", "remove-draft", "end-finding-rule", "end-network", "end-target", "recall-bidder", "recall-question", "remove-dependency", "recall-supplier",
			"end-sharing",
		},
		ends: {"stop-search", "forbid-scripts", "remove-example"},
		mine: {"put-off-task", "remove-view"},
	} {
		for _, id := range ids {
			withoutMatch[id] = why
		}
	}
}

// Every change of what can change asks what it is made from, and every POST can be sent again.
func TestAPIChangesAreGuarded(t *testing.T) {
	a := open(t, "sqlite:"+filepath.Join(t.TempDir(), "a.db"))
	for _, op := range apiOperations(t, a) {
		for _, part := range regexp.MustCompile(`\{([^}]+)\}`).FindAllStringSubmatch(op.Path, -1) {
			if !slices.Contains(op.Takes, "path "+part[1]) {
				t.Errorf("%s does not read the %s of its address", op.ID, part[1])
			}
		}
		switch op.Method {
		case "POST":
			if !slices.Contains(op.Takes, "header Idempotency-Key") {
				t.Errorf("%s takes no Idempotency-Key", op.ID)
			}
		case "PUT", "PATCH", "DELETE":
			if takes, why := slices.Contains(op.Takes, "header If-Match"), withoutMatch[op.ID]; takes == (why != "") {
				t.Errorf("%s takes If-Match: %v, and the reason not to is %q", op.ID, takes, why)
			}
		}
	}
}

// apiListed is a page of a list of the API.
type apiListed struct {
	Items              []json.RawMessage
	Page, Pages, Total int
	Size               int
	Next               string
}

// Every list is read page by page by its next address, with nothing twice and nothing left out, and refuses a filter that it has not.
func TestAPIListsWalk(t *testing.T) {
	c, a, actor := newTeller(t)
	c.ready(t, a, actor)
	c.tell(t, []told{
		{"POST", "/webhooks", `{"name":"Mottagare","address":"https://hooks.norrsjo.example/x","events":["system.changed"]}`, "", 201, "webhook=id"},
		{"POST", "/webhooks/<webhook>/test", "", "", 202, ""},
		{"POST", "/webhooks/<webhook>/test", "", "", 202, ""},
		{"POST", "/webhooks/<webhook>/test", "", "", 202, ""},
		{"GET", "/purchases", "", "", 200, "purchase=items.0.id"},
	})
	fill := strings.NewReplacer("{system}", "bistandsakten", "{purchase}", c.kept["purchase"], "{webhook}", c.kept["webhook"])
	lists := 0
	for _, op := range apiOperations(t, a) {
		if op.Method != "GET" {
			continue
		}
		path := fill.Replace(op.Path)
		if !slices.Contains(op.Takes, "query limit") {
			if p := ask(c.Client, "GET", path, ""); p.Status == http.StatusOK && strings.HasPrefix(p.Body, `{"items":`) && whole[op.ID] == "" {
				t.Errorf("%s is a list and takes no limit", op.ID)
			}
			continue
		}
		lists++
		t.Run(op.ID, func(t *testing.T) { c.walk(t, path, op.ID == "list-log") })
	}
	if lists < 35 {
		t.Errorf("only %d lists were walked", lists)
	}
}

// walk reads a list two at a time and all at once. A list that grows by being read is walked over what it had.
func (c *teller) walk(t *testing.T, path string, grows bool) {
	t.Helper()
	query := "?limit="
	if grows {
		query = "?action=system.Create&limit="
	}
	read := func(size string) (out []string) {
		total, seen := 0, map[string]bool{}
		for next := "/api/v1" + path + query + size; next != ""; {
			p := ask(c.Client, "GET", strings.TrimPrefix(next, "/api/v1"), "")
			page := decoded[apiListed](t, p, 200)
			if !grows {
				total = page.Total
			}
			if size == "2" && len(page.Items) > 2 || len(page.Items) == 0 && page.Next != "" {
				t.Fatalf("%s has %d items", next, len(page.Items))
			}
			if link := p.Header.Get("Link"); (page.Next == "") != (link == "") || link != "" && link != "<"+page.Next+`>; rel="next"` {
				t.Errorf("%s: next is %q, and Link %q", next, page.Next, link)
			}
			for _, x := range page.Items {
				out = append(out, string(x))
			}
			if next = page.Next; seen[next] || len(out) > 2000 {
				t.Fatalf("%s goes round", next)
			}
			seen[next] = true
		}
		if !grows && total != len(out) {
			t.Errorf("%s: %d items by %s, and the total is %d", path, len(out), size, total)
		}
		return out
	}
	all, two := read("200"), read("2")
	if diff := cmp.Diff(all, two); diff != "" {
		t.Errorf("%s: two by two it is not what it is all at once: %.1500s", path, diff)
	}
	for _, q := range []string{"finns=inte", "limit=0", "limit=201", "page=x"} {
		for lang, sentence := range map[string]string{"sv": "Rätta", "en": "Correct"} {
			p := ask(c.Client, "GET", path+"?"+q, "", "Accept-Language", lang)
			if q == "page=x" && grows {
				continue
			}
			got := problem(t, p, http.StatusUnprocessableEntity, "web.api-invalid")
			if !strings.Contains(got.Detail, sentence) {
				t.Errorf("%s?%s in %s: %s", path, q, lang, p.Body)
			}
		}
	}
}
