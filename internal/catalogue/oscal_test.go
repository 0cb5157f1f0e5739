// SPDX-License-Identifier: EUPL-1.2

package catalogue_test

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/insegel/insegel/data"
	"github.com/insegel/insegel/internal/catalogue"
)

// The patterns that OSCAL 1.1.2 holds its tokens, identifiers and moments to.
var (
	oscalToken  = regexp.MustCompile(`^[\pL_][\pL\pN.\-_]*$`)
	oscalUUID   = regexp.MustCompile(`^[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[45][0-9A-Fa-f]{3}-[89ABab][0-9A-Fa-f]{3}-[0-9A-Fa-f]{12}$`)
	oscalMoment = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$`)
)

// oscalFields are the fields that OSCAL 1.1.2 lets an object of the catalog model have, of those that are written; a star marks one that must
// be there.
var oscalFields = map[string]string{
	"": "catalog*", "catalog": "uuid* metadata* groups back-matter", "metadata": "title* last-modified* version* oscal-version*",
	"groups": "id title* controls", "controls": "id* class title* params props links parts", "params": "id* label values",
	"props": "name* ns value*", "links": "href* rel", "parts": "id name* prose", "back-matter": "resources", "resources": "uuid* title citation", "citation": "text*",
}

// oscalSeen counts every id and every reference of a document.
type oscalSeen struct{ ids, refs map[string]int }

// checkOSCAL holds a value to the model, and gives every id and every reference.
func checkOSCAL(t *testing.T, name string, v any, seen oscalSeen) {
	t.Helper()
	switch v := v.(type) {
	case map[string]any:
		allowed := strings.Fields(oscalFields[name])
		for _, f := range allowed {
			if must, found := strings.CutSuffix(f, "*"); found && v[must] == nil {
				t.Errorf("%s lacks %s: %v", name, must, v)
			}
		}
		for k, x := range v {
			if !slices.Contains(allowed, k) && !slices.Contains(allowed, k+"*") {
				t.Errorf("%s has %s, which the model has not", name, k)
			}
			checkOSCAL(t, k, x, seen)
		}
	case []any:
		if len(v) == 0 && name != "values" {
			t.Errorf("%s is an empty list, which the model does not allow", name)
		}
		for _, x := range v {
			checkOSCAL(t, name, x, seen)
		}
	case string:
		checkOSCALText(t, name, v, seen)
	default:
		t.Errorf("%s is %T", name, v)
	}
}

func checkOSCALText(t *testing.T, name, v string, seen oscalSeen) {
	t.Helper()
	ok := v != "" && v == strings.TrimSpace(v)
	switch name {
	case "id", "class", "name", "rel":
		ok = oscalToken.MatchString(v)
	case "uuid":
		ok = oscalUUID.MatchString(v)
	case "last-modified":
		ok = oscalMoment.MatchString(v)
	case "href":
		ok = strings.HasPrefix(v, "#")
		seen.refs[strings.TrimPrefix(v, "#")]++
	case "prose":
		for _, m := range regexp.MustCompile(`\{\{ insert: param, ([^ ]+) \}\}`).FindAllStringSubmatch(v, -1) {
			seen.refs[m[1]]++
		}
	}
	if name == "id" || name == "uuid" {
		if seen.ids[v]++; seen.ids[v] > 1 {
			t.Errorf("%s stands twice", v)
		}
	}
	if !ok {
		t.Errorf("%s is %q", name, v)
	}
}

func TestOSCAL(t *testing.T) {
	c, err := catalogue.Load(data.Files)
	if err != nil {
		t.Fatal(err)
	}
	for _, lang := range []catalogue.Lang{catalogue.SV, catalogue.EN} {
		b, err := c.OSCAL(lang)
		if err != nil {
			t.Fatal(err)
		}
		again, err := c.OSCAL(lang)
		if err != nil || string(again) != string(b) {
			t.Error("the same edition is not written alike")
		}
		var document any
		if err := json.Unmarshal(b, &document); err != nil {
			t.Fatal(err)
		}
		seen := oscalSeen{map[string]int{}, map[string]int{}}
		checkOSCAL(t, "", document, seen)
		for r := range seen.refs {
			if seen.ids[r] == 0 {
				t.Errorf("%s is referred to and is not there", r)
			}
		}
		for i := range c.Requirements {
			if seen.ids[c.Requirements[i].ID] != 1 {
				t.Errorf("the requirement %s is no control", c.Requirements[i].ID)
			}
		}
	}
}
