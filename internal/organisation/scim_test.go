// SPDX-License-Identifier: EUPL-1.2

package organisation_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/alarm"
	"github.com/insegel/insegel/internal/auth"
	"github.com/insegel/insegel/internal/auth/token"
	"github.com/insegel/insegel/internal/db"
	"github.com/insegel/insegel/internal/dbtest"
	"github.com/insegel/insegel/internal/ids"
	"github.com/insegel/insegel/internal/locale"
	"github.com/insegel/insegel/internal/organisation"
	"github.com/insegel/insegel/internal/web"
)

// directory is a client that holds the server to RFC 7644: every answer is judged, whatever the test looks for.
type directory struct {
	t   *testing.T
	url string
	key string
}

func newDirectory(t *testing.T, w *town) *directory {
	t.Helper()
	bundle, err := locale.NewBundle(map[string]string{"web": web.Messages})
	if err != nil {
		t.Fatal(err)
	}
	site := web.NewSite(bundle, slog.New(slog.DiscardHandler), web.Options{})
	keys := &token.Keys{DB: w.DB}
	(&organisation.SCIM{Service: w.Service, Actor: keys.Actor, Refused: token.ErrRefused}).Routes(site)
	server := httptest.NewServer(site)
	t.Cleanup(server.Close)
	key, err := (&token.Service{DB: w.DB}).Create(t.Context(), w.anna, token.Key{Name: "Katalogen", Scope: token.SCIM}, 30*24*time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	return &directory{t, server.URL + organisation.SCIMPath, key}
}

// reply is an answer.
type reply struct {
	status int
	body   map[string]any
	header http.Header
}

// get finds a value by a path such as "name.formatted" or "emails.0.value".
func (r reply) get(path string) any {
	var v any = r.body
	for _, p := range strings.Split(path, ".") {
		switch x := v.(type) {
		case map[string]any:
			v = x[p]
		case []any:
			i := 0
			_, _ = fmt.Sscan(p, &i)
			if i >= len(x) {
				return nil
			}
			v = x[i]
		default:
			return nil
		}
	}
	return v
}

func (r reply) id() string { s, _ := r.get("id").(string); return s }

// do sends a request and judges the answer's form.
func (d *directory) do(method, path, body string, header ...string) reply {
	d.t.Helper()
	req, err := http.NewRequestWithContext(d.t.Context(), method, d.url+path, strings.NewReader(body))
	if err != nil {
		d.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+d.key)
	if body != "" {
		req.Header.Set("Content-Type", "application/scim+json; charset=utf-8")
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		d.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		d.t.Fatal(err)
	}
	r := reply{status: res.StatusCode, header: res.Header}
	d.judge(&r, b)
	return r
}

func (d *directory) judge(r *reply, b []byte) {
	d.t.Helper()
	if r.status == 204 || r.status == 304 {
		if len(b) > 0 {
			d.t.Errorf("%d has a body: %s", r.status, b)
		}
		return
	}
	if kind := r.header.Get("Content-Type"); !strings.HasPrefix(kind, "application/scim+json") {
		d.t.Errorf("%d has the type %s: %s", r.status, kind, b)
	}
	if err := json.Unmarshal(b, &r.body); err != nil {
		d.t.Fatalf("%d is no JSON: %v: %s", r.status, err, b)
	}
	list, _ := r.body["schemas"].([]any)
	if len(list) == 0 {
		d.t.Errorf("%d names no schema: %s", r.status, b)
	}
	if r.status >= 400 {
		if list[0] != "urn:ietf:params:scim:api:messages:2.0:Error" || r.body["status"] != fmt.Sprint(r.status) || r.body["detail"] == "" {
			d.t.Errorf("a fault is not written as RFC 7644 says: %s", b)
		}
		return
	}
	if meta, ok := r.body["meta"].(map[string]any); ok && r.body["id"] != nil {
		if v := meta["version"]; v != nil && r.header.Get("ETag") != "" && v != r.header.Get("ETag") {
			d.t.Errorf("version %v and ETag %s", v, r.header.Get("ETag"))
		}
		if r.status == 201 && r.header.Get("Location") != meta["location"] {
			d.t.Errorf("Location %s, meta.location %v", r.header.Get("Location"), meta["location"])
		}
	}
}

// want fails the test when the status is another.
func (d *directory) want(status int, r reply) reply {
	d.t.Helper()
	if r.status != status {
		d.t.Fatalf("status %d, want %d: %v", r.status, status, r.body)
	}
	return r
}

func (d *directory) find(path, filter string) reply {
	d.t.Helper()
	return d.want(200, d.do("GET", path+"?filter="+url.QueryEscape(filter), ""))
}

func (d *directory) add(name string) string {
	d.t.Helper()
	return d.want(201, d.do("POST", "/Users", fmt.Sprintf(`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":%q,"externalId":%q,"displayName":%q,"active":true}`,
		name+"@norrsjo.example", "ext-"+name, name))).id()
}

// TestEntra goes through what Microsoft Entra ID does: look, create, patch with its own idioms, disable with a text, and delete.
func TestEntra(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newTown(t, d)
		social := w.unit(t, "Socialförvaltningen", "")
		c := newDirectory(t, w)
		if r := c.find("/Users", `userName eq "kim@norrsjo.example"`); r.get("totalResults") != 0.0 || r.get("Resources") == nil {
			t.Fatalf("found %v", r.body)
		}
		r := c.want(201, c.do("POST", "/Users", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],
			"externalId":"oid-1","userName":"kim@norrsjo.example","active":true,"displayName":"Kim Åberg",
			"emails":[{"primary":false,"type":"home","value":"kim@hem.example"},{"primary":true,"type":"work","value":"kim@norrsjo.example"}],
			"meta":{"resourceType":"User"},"name":{"formatted":"Kim Åberg","familyName":"Åberg","givenName":"Kim"},
			"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"department":"socialförvaltningen","employeeNumber":"7"}}`))
		id := r.id()
		if r.get("displayName") != "Kim Åberg" || r.get("emails.0.value") != "kim@norrsjo.example" || r.get("active") != true {
			t.Errorf("created %v", r.body)
		}
		p, err := w.Person(t.Context(), w.anna, ids.ID[organisation.Person](id))
		if err != nil || p.Unit != social || p.ExternalID != "oid-1" || p.Origin != organisation.OriginSCIM {
			t.Errorf("%+v, %v", p.Person, err)
		}
		if r := c.find("/Users", `externalId eq "oid-1"`); r.get("totalResults") != 1.0 || r.get("Resources.0.id") != id {
			t.Errorf("found %v", r.body)
		}
		if r := c.find("/Users", `userName eq "KIM@norrsjo.example" and active eq true`); r.get("totalResults") != 1.0 {
			t.Errorf("found %v", r.body)
		}
		r = c.want(200, c.do("PATCH", "/Users/"+id, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[
			{"op":"Replace","path":"displayName","value":"Kim Öberg"},
			{"op":"Replace","path":"emails[type eq \"work\"].value","value":"kim.oberg@norrsjo.example"},
			{"op":"Add","path":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department","value":"Okänd enhet"}]}`))
		if r.get("displayName") != "Kim Öberg" || r.get("emails.0.value") != "kim.oberg@norrsjo.example" {
			t.Errorf("patched %v", r.body)
		}
		r = c.want(200, c.do("PATCH", "/Users/"+id, `{"Operations":[{"op":"Replace","path":"active","value":"False"}]}`))
		if r.get("active") != false {
			t.Errorf("disabled %v", r.body)
		}
		c.want(200, c.do("PATCH", "/Users/"+id, `{"Operations":[{"op":"Replace","value":{"active":"True","name.givenName":"Kim","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department":"Socialförvaltningen"}}]}`))
		if p, err = w.Person(t.Context(), w.anna, ids.ID[organisation.Person](id)); err != nil || !p.Active() || p.Unit != social || p.Name != "Kim Öberg" {
			t.Errorf("%+v, %v", p.Person, err)
		}
		c.want(204, c.do("DELETE", "/Users/"+id, ""))
		c.want(404, c.do("GET", "/Users/"+id, ""))
		c.want(404, c.do("DELETE", "/Users/"+id, ""))
		if r := c.find("/Users", `externalId eq "oid-1"`); r.get("totalResults") != 0.0 {
			t.Errorf("one who is deleted is found: %v", r.body)
		}
		if again := c.want(201, c.do("POST", "/Users", `{"userName":"kim@norrsjo.example","externalId":"oid-1","displayName":"Kim Öberg"}`)).id(); again != id {
			t.Errorf("the same person came back as %s, not %s", again, id)
		}
		if log := w.log(t, "person", id); !strings.Contains(log, "token:") || !strings.Contains(log, "organisation.RemoveDirectoryUser") {
			t.Error("the log does not say what the directory did, or who it was")
		}
	})
}

// TestOkta goes through what Okta does: a filter on userName, PUT of whole users, and PATCH without a path.
func TestOkta(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newTown(t, d)
		c := newDirectory(t, w)
		if r := c.want(200, c.do("GET", "/Users?filter="+url.QueryEscape(`userName eq "lo@norrsjo.example"`)+"&startIndex=1&count=100", "")); r.get("totalResults") != 0.0 {
			t.Fatal(r.body)
		}
		r := c.want(201, c.do("POST", "/Users", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"lo@norrsjo.example",
			"name":{"givenName":"Lo","familyName":"Ek"},"emails":[{"primary":true,"value":"lo@norrsjo.example","type":"work"}],
			"displayName":"Lo Ek","locale":"sv-SE","externalId":"00u1","groups":[],"password":"x","active":true}`, "Content-Type", "application/json"))
		id, etag := r.id(), r.header.Get("ETag")
		if strings.Contains(fmt.Sprint(r.body), "password") {
			t.Error("a password is given back")
		}
		c.want(304, c.do("GET", "/Users/"+id, "", "If-None-Match", etag))
		r = c.want(200, c.do("PUT", "/Users/"+id, `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"id":"`+id+`","userName":"lo.ek@norrsjo.example","externalId":"00u1",
			"name":{"givenName":"Lo","familyName":"Ekman"},"active":true,"meta":{"resourceType":"User"}}`, "If-Match", etag))
		if r.get("displayName") != "Lo Ekman" || r.get("userName") != "lo.ek@norrsjo.example" || r.get("emails") != nil {
			t.Errorf("replaced %v", r.body)
		}
		c.want(412, c.do("PUT", "/Users/"+id, `{"userName":"x@norrsjo.example"}`, "If-Match", etag))
		c.want(412, c.do("PATCH", "/Users/"+id, `{"Operations":[{"op":"replace","path":"active","value":false}]}`, "If-Match", `W/"nonsense"`))
		r = c.want(200, c.do("PATCH", "/Users/"+id, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"replace","value":{"active":false}}]}`))
		if r.get("active") != false {
			t.Errorf("%v", r.body)
		}
		if r := c.find("/Users", `active eq false`); r.get("totalResults") != 1.0 {
			t.Errorf("%v", r.body)
		}
	})
}

// A directory that says that somebody is no longer active ends their roles and sessions at once; their groups give them back when they are.
func TestInactiveAtOnce(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newTown(t, d)
		w.rule(t, organisation.Rule{Issuer: issuer, Effect: organisation.EffectLink, Claim: "oid"})
		c := newDirectory(t, w)
		kim, lo := c.add("kim"), c.add("lo")
		if _, err := w.arrive("s-kim", map[string][]string{"oid": {"ext-kim"}}); err != nil {
			t.Fatal(err)
		}
		group := c.want(201, c.do("POST", "/Groups", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"Systemägare","externalId":"g1","members":[{"value":"`+kim+`"}]}`)).id()
		if got := w.roles(t, kim); len(got) != 0 {
			t.Fatalf("a group gave %v before two people had said so", got)
		}
		if err := errors.Join(w.AskGroupRole(t.Context(), w.anna, ids.ID[organisation.Group](group), organisation.Place{Role: access.SystemOwner}, "x"), w.approve(t, w.bo)); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"system-owner"}, w.roles(t, kim)); diff != "" {
			t.Errorf("after the decision: %s", diff)
		}
		c.want(200, c.do("PATCH", "/Groups/"+group, `{"Operations":[{"op":"Add","path":"members","value":[{"value":"`+lo+`"},{"value":"`+lo+`"}]}]}`))
		if len(w.roles(t, lo)) != 1 {
			t.Error("whoever comes into the group is not given its role")
		}
		c.want(200, c.do("PATCH", "/Groups/"+group, `{"Operations":[{"op":"Remove","path":"members[value eq \"`+lo+`\"]"}]}`))
		if len(w.roles(t, lo)) != 0 {
			t.Error("whoever leaves the group keeps its role")
		}
		w.ended = nil
		c.want(200, c.do("PATCH", "/Users/"+kim, `{"Operations":[{"op":"replace","path":"active","value":"False"}]}`))
		if len(w.roles(t, kim)) != 0 || len(w.ended) != 1 {
			t.Errorf("roles %v, %d accounts' sessions ended", w.roles(t, kim), len(w.ended))
		}
		if _, err := w.arrive("s-kim", map[string][]string{"oid": {"ext-kim"}}); !errors.Is(err, auth.ErrUnknownPerson) {
			t.Errorf("somebody inactive came in: %v", err)
		}
		c.want(200, c.do("PATCH", "/Users/"+kim, `{"Operations":[{"op":"replace","path":"active","value":true}]}`))
		if _, err := w.arrive("s-kim", map[string][]string{"oid": {"ext-kim"}}); err != nil || len(w.roles(t, kim)) != 1 {
			t.Errorf("back: %v, %v", err, w.roles(t, kim))
		}
		c.want(204, c.do("DELETE", "/Groups/"+group, ""))
		if len(w.roles(t, kim)) != 0 {
			t.Error("a group that is gone still gives its role")
		}
	})
}

func TestDirectoryKeepsTheLastAdministrator(t *testing.T) {
	w := newTown(t, dbtest.SQLite(t))
	c := newDirectory(t, w)
	err := w.ChangePerson(t.Context(), w.anna, organisation.Person{ID: ids.ID[organisation.Person](w.anna.ID), Name: "Anna", ExternalID: "a", Version: 1})
	if err != nil {
		t.Fatal(err)
	}
	c.want(404, c.do("GET", "/Users/"+w.bo.ID, "")) // whom nobody has given an id in it, the directory does not see
	if err := w.DB.Write(t.Context(), w.org, func(tx *db.Tx) error {
		_, err := tx.Exec(t.Context(), `UPDATE assignment SET ended_at = 1 WHERE organisation_id = $1 AND person_id = $2`, w.org, w.bo.ID)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	for _, r := range []reply{c.do("PATCH", "/Users/"+w.anna.ID, `{"Operations":[{"op":"replace","path":"active","value":false}]}`), c.do("DELETE", "/Users/"+w.anna.ID, "")} {
		if c.want(409, r); r.get("scimType") != "mutability" {
			t.Errorf("%v", r.body)
		}
	}
	if n, err := (&alarm.Service{DB: w.DB}).Count(t.Context(), w.anna); err != nil || n != 1 || len(w.roles(t, w.anna.ID)) != 1 {
		t.Errorf("%d alarms, %v, roles %v", n, err, w.roles(t, w.anna.ID))
	}
}

func TestDirectoryFaults(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newTown(t, d)
		c := newDirectory(t, w)
		kim := c.add("kim")
		group := c.want(201, c.do("POST", "/Groups", `{"displayName":"A"}`)).id()
		for name, tc := range map[string]struct {
			method, path, body string
			status             int
			scimType           any
		}{
			"a name that is taken":         {"POST", "/Users", `{"userName":"KIM@norrsjo.example"}`, 409, "uniqueness"},
			"an id that is taken":          {"POST", "/Users", `{"userName":"x","externalId":"ext-kim"}`, 409, "uniqueness"},
			"no name":                      {"POST", "/Users", `{"displayName":"x"}`, 400, "invalidValue"},
			"no object":                    {"POST", "/Users", `[]`, 400, "invalidSyntax"},
			"two objects":                  {"POST", "/Users", `{"userName":"a"}{"userName":"b"}`, 400, "invalidSyntax"},
			"a name twice":                 {"POST", "/Users", `{"userName":"a","userName":"b"}`, 400, "invalidSyntax"},
			"a name in large letters too":  {"POST", "/Users", `{"userName":"a","USERNAME":"b"}`, 400, "invalidSyntax"},
			"no JSON":                      {"POST", "/Users", `{`, 400, "invalidSyntax"},
			"a bad address":                {"POST", "/Users", `{"userName":"x","emails":[{"value":"not an address"}]}`, 400, "invalidValue"},
			"an odd active":                {"PATCH", "/Users/" + kim, `{"Operations":[{"op":"replace","path":"active","value":"maybe"}]}`, 400, "invalidValue"},
			"active taken away":            {"PATCH", "/Users/" + kim, `{"Operations":[{"op":"remove","path":"active"}]}`, 400, "mutability"},
			"an odd operation":             {"PATCH", "/Users/" + kim, `{"Operations":[{"op":"move","path":"active","value":true}]}`, 400, "invalidSyntax"},
			"no operations":                {"PATCH", "/Users/" + kim, `{"Operations":[]}`, 400, "invalidValue"},
			"no list of operations":        {"PATCH", "/Users/" + kim, `{}`, 400, "invalidSyntax"},
			"a remove of nothing":          {"PATCH", "/Users/" + kim, `{"Operations":[{"op":"remove"}]}`, 400, "noTarget"},
			"an odd path":                  {"PATCH", "/Users/" + kim, `{"Operations":[{"op":"replace","path":"emails[type eq","value":"x"}]}`, 400, "invalidPath"},
			"half a patch is no patch":     {"PATCH", "/Users/" + kim, `{"Operations":[{"op":"replace","path":"displayName","value":"Half"},{"op":"replace","path":"userName","value":""}]}`, 400, "invalidValue"},
			"a group's name that is taken": {"POST", "/Groups", `{"displayName":"a "}`, 409, "uniqueness"},
			"a member who is nobody":       {"PATCH", "/Groups/" + group, `{"Operations":[{"op":"add","path":"members","value":[{"value":"x"}]}]}`, 400, "invalidValue"},
			"a member of another kind":     {"PATCH", "/Groups/" + group, `{"Operations":[{"op":"add","path":"members","value":[{"value":"` + group + `"}]}]}`, 400, "invalidValue"},
			"a filter of another kind":     {"GET", "/Users?filter=" + url.QueryEscape(`userName co "k"`), "", 400, "invalidFilter"},
			"a filter with or":             {"GET", "/Users?filter=" + url.QueryEscape(`userName eq "k" or active eq true`), "", 400, "invalidFilter"},
			"a filter of a secret":         {"GET", "/Users?filter=" + url.QueryEscape(`password eq "k"`), "", 400, "invalidFilter"},
			"an odd count":                 {"GET", "/Users?count=x", "", 400, "invalidValue"},
			"nobody":                       {"GET", "/Users/x", "", 404, nil},
			"no such thing":                {"GET", "/Things", "", 404, nil},
			"too deep":                     {"GET", "/Users/" + kim + "/x", "", 404, nil},
			"bulk":                         {"POST", "/Bulk", `{}`, 501, nil},
			"a method":                     {"DELETE", "/Users", "", 405, nil},
			"writing what is fixed":        {"POST", "/Schemas", `{}`, 405, nil},
			"too large":                    {"POST", "/Users", `{"userName":"` + strings.Repeat("x", 1<<20) + `"}`, 413, nil},
		} {
			r := c.do(tc.method, tc.path, tc.body)
			if r.status != tc.status || r.body["scimType"] != tc.scimType {
				t.Errorf("%s: %d %v, want %d %v: %v", name, r.status, r.body["scimType"], tc.status, tc.scimType, r.body["detail"])
			}
		}
		if r := c.do("POST", "/Users", `{"userName":"x"}`, "Content-Type", "text/plain"); r.status != 415 {
			t.Errorf("another type: %d", r.status)
		}
		if r := c.want(200, c.do("GET", "/Users/"+kim, "")); r.get("displayName") != "kim" {
			t.Errorf("half a patch was made: %v", r.body)
		}
	})
}

func TestDirectoryPages(t *testing.T) {
	w := newTown(t, dbtest.SQLite(t))
	c := newDirectory(t, w)
	for i := range 7 {
		c.add(fmt.Sprint("u", i))
	}
	seen := map[string]bool{}
	for start := 1; start <= 7; start += 3 {
		r := c.want(200, c.do("GET", fmt.Sprintf("/Users?startIndex=%d&count=3", start), ""))
		list, _ := r.body["Resources"].([]any)
		if r.get("totalResults") != 7.0 || r.get("startIndex") != float64(start) || r.get("itemsPerPage") != float64(len(list)) {
			t.Errorf("page from %d: %v", start, r.body)
		}
		for _, x := range list {
			seen[x.(map[string]any)["id"].(string)] = true
		}
	}
	if len(seen) != 7 {
		t.Errorf("%d people on all pages, want 7", len(seen))
	}
	for query, want := range map[string]int{"count=0": 0, "count=-1": 0, "startIndex=0&count=2": 2, "startIndex=99": 0, "startIndex=99999999999999999999": -1} {
		r := c.do("GET", "/Users?"+query, "")
		if want < 0 {
			if r.status != 400 {
				t.Errorf("%s: %d", query, r.status)
			}
			continue
		}
		if list, _ := r.body["Resources"].([]any); len(list) != want || r.get("totalResults") != 7.0 {
			t.Errorf("%s: %d of %v", query, len(list), r.get("totalResults"))
		}
	}
	if r := c.want(200, c.do("GET", "/Users?count=1&attributes=userName", "")); r.get("Resources.0.userName") == nil || r.get("Resources.0.id") == nil || r.get("Resources.0.displayName") != nil {
		t.Errorf("%v", r.body)
	}
	group := c.want(201, c.do("POST", "/Groups", `{"displayName":"A"}`)).id()
	if r := c.want(200, c.do("GET", "/Groups/"+group+"?excludedAttributes=members", "")); r.get("members") != nil || r.get("displayName") != "A" {
		t.Errorf("%v", r.body)
	}
}

func TestDirectoryDescribesItself(t *testing.T) {
	w := newTown(t, dbtest.SQLite(t))
	c := newDirectory(t, w)
	if r := c.want(200, c.do("GET", "/ServiceProviderConfig", "")); r.get("patch.supported") != true || r.get("bulk.supported") != false || r.get("authenticationSchemes.0.type") != "oauthbearertoken" {
		t.Errorf("%v", r.body)
	}
	for path, want := range map[string]float64{"/ResourceTypes": 2, "/Schemas": 3} {
		r := c.want(200, c.do("GET", path, ""))
		if r.get("totalResults") != want {
			t.Errorf("%s: %v", path, r.body)
		}
		list, _ := r.body["Resources"].([]any)
		for _, x := range list {
			c.want(200, c.do("GET", path+"/"+x.(map[string]any)["id"].(string), ""))
		}
	}
	c.want(404, c.do("GET", "/Schemas/x", ""))
}

func TestDirectoryNeedsItsKey(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := newTown(t, d)
		c := newDirectory(t, w)
		kim := c.add("kim")
		right := c.key
		for name, header := range map[string]string{"none": "", "another scheme": "Basic " + right, "a wrong key": "Bearer " + right[:40] + strings.Repeat("a", len(right)-40), "no key": "Bearer ", "nonsense": "Bearer ins_x"} {
			req, err := http.NewRequestWithContext(t.Context(), "GET", c.url+"/Users/"+kim, nil)
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Authorization", header)
			req.AddCookie(&http.Cookie{Name: "insegel", Value: right})
			res, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			var b bytes.Buffer
			_, _ = b.ReadFrom(res.Body)
			_ = res.Body.Close()
			if res.StatusCode != 401 || !strings.HasPrefix(res.Header.Get("WWW-Authenticate"), "Bearer") || strings.Contains(b.String(), "kim") || len(res.Cookies()) > 0 {
				t.Errorf("%s: %d %s", name, res.StatusCode, b.String())
			}
		}
		// Another organisation's key sees nothing of this one's.
		other := access.LocalAdministrator(dbtest.Organisation(t, d, "soderby").Organisation)
		key, err := (&token.Service{DB: d}).Create(t.Context(), other, token.Key{Name: "x", Scope: token.SCIM}, 24*time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		c.key = key
		c.want(404, c.do("GET", "/Users/"+kim, ""))
		c.want(404, c.do("PATCH", "/Users/"+kim, `{"Operations":[{"op":"replace","path":"active","value":false}]}`))
		if r := c.find("/Users", `externalId eq "ext-kim"`); r.get("totalResults") != 0.0 {
			t.Errorf("%v", r.body)
		}
		c.want(201, c.do("POST", "/Users", `{"userName":"kim@norrsjo.example","externalId":"ext-kim"}`))
	})
}

func TestDirectoryIsHeldBack(t *testing.T) {
	w := newTown(t, dbtest.SQLite(t))
	c := newDirectory(t, w)
	held := 0
	for range 120 { // the clock stands still
		if r := c.do("GET", "/ServiceProviderConfig", ""); r.status == 429 {
			held++
		}
	}
	if held != 20 {
		t.Errorf("%d of 120 requests at once were held back, want 20", held)
	}
	w.now = w.now.Add(time.Second)
	c.want(200, c.do("GET", "/ServiceProviderConfig", ""))
}

func FuzzFilter(f *testing.F) {
	for _, s := range []string{`userName eq "a"`, `active eq true and externalId eq "b"`, `emails[type eq "work"].value`, `userName eq "\"`, `x eq`, "urn:ietf:params:scim:schemas:core:2.0:User:userName eq 1", `active eq "`, ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		c, err := organisation.ParseFilter(s)
		var fault *organisation.SCIMError
		if err == nil && len(c) == 0 || err != nil && !errors.As(err, &fault) {
			t.Errorf("%q: %v, %v", s, c, err)
		}
		p, err := organisation.ParsePath(s)
		if err == nil && p.Attribute == "" || err != nil && !errors.As(err, &fault) {
			t.Errorf("%q: %+v, %v", s, p, err)
		}
	})
}

func FuzzPatch(f *testing.F) {
	for _, s := range []string{
		`[{"op":"replace","value":{"active":"False","name.givenName":"x"}}]`, `[{"op":"Add","path":"members","value":[{"value":"a"}]}]`,
		`[{"op":"remove","path":"members[value eq \"a\"]"}]`, `[{"op":"replace","path":"emails","value":[{"type":"work","value":"a@b.se"},{"primary":true}]}]`,
		`[{"op":"replace","value":{"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"department":"x"}}}]`, `[{"op":"replace","path":"name","value":{"formatted":null}}]`,
		`[{"op":"add","path":"active","value":[{"value":true}]}]`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var operations []organisation.Operation
		if json.Unmarshal([]byte(s), &operations) != nil {
			return
		}
		steps, err := organisation.Steps(operations)
		var fault *organisation.SCIMError
		if err != nil {
			if !errors.As(err, &fault) {
				t.Error(err)
			}
			return
		}
		u, g := organisation.DirectoryUser{UserName: "x", Active: true}, organisation.DirectoryGroup{Name: "g", Members: []string{"a"}}
		for _, step := range steps {
			for _, err := range []error{u.Apply(step), g.Apply(step)} {
				if err != nil && !errors.As(err, &fault) {
					t.Errorf("%v", err)
				}
			}
		}
		if strings.ContainsRune(u.DisplayName+u.UserName+u.Email, 0) {
			t.Error("what no database stores was let through")
		}
	})
}
