// SPDX-License-Identifier: EUPL-1.2

package app_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/insegel/insegel/internal/access"
	"github.com/insegel/insegel/internal/app"
	"github.com/insegel/insegel/internal/webtest"
)

// fieldsPage lists which role may read and write which field, by the API.
const fieldsPage = "../../docs/security/fields.md"

// shape is a JSON schema, as far as these tests read it.
type shape struct {
	Ref        string            `json:"$ref"`
	Type       any               `json:"type"`
	Properties map[string]*shape `json:"properties"`
	Items      *shape            `json:"items"`
	// More is false when nothing else may be sent; a schema when the names are the sender's own.
	More any `json:"additionalProperties"`
}

// operation is one operation of the API with what is sent to it and what it answers.
type operation struct {
	method, path, action string
	in, out              *shape
}

type description struct {
	schemas    map[string]*shape
	operations []operation
}

// described reads the API's own description.
func described(t *testing.T, a *app.App) description {
	t.Helper()
	type body struct {
		Content map[string]struct{ Schema *shape }
	}
	var spec struct {
		Components struct{ Schemas map[string]*shape }
		Paths      map[string]map[string]struct {
			Action      string `json:"x-insegel-action"`
			RequestBody body
			Responses   map[string]body
		}
	}
	if err := json.Unmarshal(must(a.OpenAPI())(t), &spec); err != nil {
		t.Fatal(err)
	}
	d := description{schemas: spec.Components.Schemas}
	for _, path := range slices.Sorted(maps.Keys(spec.Paths)) {
		for _, method := range slices.Sorted(maps.Keys(spec.Paths[path])) {
			op := spec.Paths[path][method]
			o := operation{method: strings.ToUpper(method), path: path, action: op.Action, in: op.RequestBody.Content["application/json"].Schema}
			for status, r := range op.Responses {
				if strings.HasPrefix(status, "2") && r.Content["application/json"].Schema != nil {
					o.out = r.Content["application/json"].Schema
				}
			}
			d.operations = append(d.operations, o)
		}
	}
	if len(d.operations) < 100 {
		t.Fatalf("only %d operations are described", len(d.operations))
	}
	return d
}

// walk visits every field of a schema, by its place: "items.name".
func (d *description) walk(s *shape, place string, within []string, visit func(place string, s *shape)) {
	if s == nil {
		return
	}
	if name, ok := strings.CutPrefix(s.Ref, "#/components/schemas/"); ok {
		if slices.Contains(within, name) {
			return
		}
		d.walk(d.schemas[name], place, append(slices.Clone(within), name), visit)
		return
	}
	visit(place, s)
	d.walk(s.Items, place, within, visit)
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		d.walk(s.Properties[name], strings.TrimPrefix(place+"."+name, "."), within, visit)
	}
}

// fields lists the places of the fields that have no fields of their own.
func (d *description) fields(s *shape) (out []string) {
	d.walk(s, "", nil, func(place string, s *shape) {
		if place != "" && len(s.Properties) == 0 && (s.Items == nil || s.Items.Ref == "" && len(s.Items.Properties) == 0) {
			out = append(out, place)
		}
	})
	slices.Sort(out)
	return slices.Compact(out)
}

// Which field a role may read and write follows from the code: the operations' own types and the table of who may do what.
func TestFieldsPage(t *testing.T) {
	d := described(t, open(t, sqliteFile(t)))
	var b strings.Builder
	b.WriteString(`# Which role may read and write which field

<!-- Written by go test ./internal/app -run TestFieldsPage -update. Change the types or internal/access/policy.go, not this page. -->

Every operation of the API with the fields that it answers with and takes. The pages show and take the same by the same use cases. Who may is the
table of [authority.md](authority.md): "all" is in the whole organisation, "own" and "below" in the unit where the role is held, and what lies
beyond a role's reach answers as if it did not exist. A role that is not named is answered with a refusal that has none of the fields
(` + "`TestNoFieldReachesWhoIsDenied`" + `). A field that is not named as taken is refused, and nothing of what was sent is saved
(` + "`TestUnknownFieldsAreRefused`" + `). A role that does not name a field as its own may not learn of it in another way: search, lists and
exports ask the same table. **weakness** marks answers that tell where the organisation is weak: reading them is logged. **step-up** asks for a
sign-in within ten minutes.

Beside the role, the object's own state decides: a decided classification takes no answers until it is opened again, a frozen tender keeps its
requirements, a closed incident its facts, and each change names the version that it was made from.
`)
	last := ""
	for _, o := range d.operations {
		if head, _, _ := strings.Cut(strings.TrimPrefix(o.path, "/"), "/"); head != last {
			last = head
			fmt.Fprintf(&b, "\n## /%s\n", head)
		}
		p := access.PolicyOf(o.action)
		marks := ""
		if p.Weakness {
			marks += " **weakness**"
		}
		if p.StepUp {
			marks += " **step-up**"
		}
		fmt.Fprintf(&b, "\n`%s %s` (%s)%s: %s  \n", o.method, o.path, o.action, marks, grantedTo(p))
		if out := d.fields(o.out); len(out) > 0 {
			fmt.Fprintf(&b, "reads: %s  \n", strings.Join(out, ", "))
		}
		if in := d.fields(o.in); len(in) > 0 {
			fmt.Fprintf(&b, "writes: %s\n", strings.Join(in, ", "))
		}
	}
	if *update {
		ok(t, os.WriteFile(filepath.FromSlash(fieldsPage), []byte(b.String()), 0o644))
	}
	if diff := cmp.Diff(string(must(os.ReadFile(filepath.FromSlash(fieldsPage)))(t)), b.String()); diff != "" {
		t.Errorf("who may read or write which field has changed; if it is meant, run go test ./internal/app -run TestFieldsPage -update: %s", diff)
	}
}

// grantedTo tells the roles that a policy names.
func grantedTo(p access.Policy) string {
	var out []string
	for _, g := range p.By {
		if word := map[access.Place]string{access.Own: "own", access.Below: "below", access.All: "all"}[g.Place]; word != "" {
			out = append(out, string(g.Role)+" "+word)
		}
	}
	if len(out) == 0 {
		return "nobody"
	}
	return strings.Join(out, ", ")
}

var part = regexp.MustCompile(`\{[a-z]+\}`)

// Each operation is called as each role that its policy denies. The answer is a refusal, and has no field of the operation's own answer.
func TestNoFieldReachesWhoIsDenied(t *testing.T) {
	f := besieged(t, sqliteFile(t), app.ServerOptions{})
	d := described(t, f.a)
	var problem []string
	for name := range d.schemas["Problem"].Properties {
		problem = append(problem, name)
	}
	denied := 0
	for _, role := range access.Roles() {
		c := f.enter(f.person(f.org, "Person "+string(role), role))
		actor := access.Actor{ID: "x", Organisation: f.org, Roles: []access.Role{role}, Fresh: true}
		for i := range d.operations {
			o := &d.operations[i]
			if access.Allowed(actor, o.action) {
				continue
			}
			denied++
			p := callAs(c, o, "{}")
			var got map[string]any
			if err := json.Unmarshal([]byte(p.Body), &got); err != nil || p.Status != http.StatusForbidden {
				t.Errorf("%s: %s %s answers %d %q, %v", role, o.method, o.path, p.Status, p.Body, err)
				continue
			}
			for name := range got {
				if !slices.Contains(problem, name) {
					t.Errorf("%s: %s %s tells %q in its refusal", role, o.method, o.path, name)
				}
			}
		}
	}
	if denied < 500 {
		t.Errorf("only %d pairs of a role and an operation were tried", denied)
	}
}

// callAs calls an operation with invented names in its address.
func callAs(c *webtest.Client, o *operation, body string) *webtest.Page {
	if o.in == nil {
		body = ""
	}
	r := c.Request(o.method, "/api/v1"+part.ReplaceAllString(o.path, "x"), strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Origin", c.URL)
	return c.Do(r)
}

// What an operation does not take is refused by name, and so is what it answers with and does not take: a program cannot set what only the
// use case may, such as an id, a version or who decided.
func TestUnknownFieldsAreRefused(t *testing.T) {
	f := besieged(t, sqliteFile(t), app.ServerOptions{})
	d := described(t, f.a)
	c := f.enter(f.person(f.org, "Alla", access.Roles()...))
	tried := 0
	for i := range d.operations {
		o := &d.operations[i]
		if o.in == nil {
			continue
		}
		d.walk(o.in, "", nil, func(place string, s *shape) {
			if open, isSchema := s.More.(map[string]any); s.Type == "object" && s.More != false && (!isSchema || open["type"] == nil || open["type"] == "object") {
				t.Errorf("%s %s takes anything in %q", o.method, o.path, place)
			}
		})
		takes := topFields(&d, o.in)
		extra := []string{"unknown_field"}
		for _, name := range topFields(&d, o.out) {
			if !slices.Contains(takes, name) {
				extra = append(extra, name)
			}
		}
		for _, name := range extra {
			tried++
			p := callAs(c, o, fmt.Sprintf("{%q:\"x\"}", name))
			var got struct{ Errors []struct{ Location string } }
			if err := json.Unmarshal([]byte(p.Body), &got); err != nil || p.Status != http.StatusUnprocessableEntity {
				t.Errorf("%s %s with %q answers %d %q, %v", o.method, o.path, name, p.Status, p.Body, err)
				continue
			}
			if !slices.ContainsFunc(got.Errors, func(e struct{ Location string }) bool { return e.Location == "body."+name || e.Location == "body" }) {
				t.Errorf("%s %s does not refuse %q by name: %s", o.method, o.path, name, p.Body)
			}
		}
	}
	if tried < 100 {
		t.Errorf("only %d fields were tried", tried)
	}
}

// topFields are the names of a schema's own fields.
func topFields(d *description, s *shape) []string {
	if s == nil {
		return nil
	}
	if name, ok := strings.CutPrefix(s.Ref, "#/components/schemas/"); ok {
		s = d.schemas[name]
	}
	return slices.Sorted(maps.Keys(s.Properties))
}

// governed are parts of answers that several operations have, and the use case whose readers alone may see them, wherever they stand.
var governed = map[string]string{
	"Action": "action.List", "ClassificationAnswer": "classification.Open", "ClassificationBecause": "classification.Open", "EvidenceRecord": "evidence.List",
	"FindingSource": "finding.List", "MeasurementAgent": "measurement.Agents", "MeasurementTarget": "measurement.List", "Processing": "processing.Open",
	"ProcurementPurchase": "procurement.Purchase", "ProcurementReply": "procurement.Supplied", "ProcurementBid": "procurement.Tender",
	"RegisterImport": "register.Imports", "RequirementAnswer": "requirement.View", "RequirementBecause": "requirement.View",
	"SupplierPaper": "overview.Supplier", "SystemLogin": "overview.System", "SystemResponsibles": "system.Responsible", "Webhook": "webhook.Open",
}

// A part of an answer that one use case guards is told by no operation to a role that the use case denies, nor to one whose place is narrower
// there.
func TestPartsOfAnswersKeepTheirPolicy(t *testing.T) {
	d := described(t, open(t, sqliteFile(t)))
	for name, guard := range governed {
		if d.schemas[name] == nil || !access.Known(guard) {
			t.Errorf("%s or %s does not exist any more", name, guard)
			continue
		}
		found := 0
		for i := range d.operations {
			o := &d.operations[i]
			if !d.holds(o.out, name, nil) {
				continue
			}
			found++
			for _, g := range access.PolicyOf(o.action).By {
				if g.Place > placeIn(guard, g.Role) {
					t.Errorf("%s %s (%s) tells %s of %s, which %s does not", o.method, o.path, o.action, g.Role, name, guard)
				}
			}
		}
		if found == 0 {
			t.Errorf("no operation answers with %s", name)
		}
	}
}

// holds reports whether an answer has a named schema in it.
func (d *description) holds(s *shape, want string, within []string) bool {
	if s == nil {
		return false
	}
	if name, ok := strings.CutPrefix(s.Ref, "#/components/schemas/"); ok {
		return name == want || !slices.Contains(within, name) && d.holds(d.schemas[name], want, append(slices.Clone(within), name))
	}
	for _, p := range s.Properties {
		if d.holds(p, want, within) {
			return true
		}
	}
	return d.holds(s.Items, want, within)
}

// placeIn is where a policy lets a role.
func placeIn(action string, r access.Role) access.Place {
	for _, g := range access.PolicyOf(action).By {
		if g.Role == r {
			return g.Place
		}
	}
	return access.Nowhere
}
