// SPDX-License-Identifier: EUPL-1.2

package national

import (
	"encoding/json"
	"maps"
	"os"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/insegel/insegel/internal/followup"
)

// described is what a published schema says of an object.
type described struct {
	ID         string               `json:"$id"`
	Additional *bool                `json:"additionalProperties"`
	Required   []string             `json:"required"`
	Properties map[string]described `json:"properties"`
	Items      *described           `json:"items"`
	Enum       []string             `json:"enum"`
	Const      string               `json:"const"`
	Maximum    int64                `json:"maximum"`
}

func schema(t *testing.T, file string) described {
	t.Helper()
	b, err := os.ReadFile("../../docs/" + file)
	must(t, err)
	var out described
	must(t, json.Unmarshal(b, &out))
	return out
}

// sameFields holds what a schema says an object has to what the reader takes: each field is required, and there are no others.
func sameFields(t *testing.T, what string, d described, fields []string) {
	t.Helper()
	want := slices.Sorted(slices.Values(fields))
	for name, got := range map[string][]string{"requires": d.Required, "describes": slices.Collect(maps.Keys(d.Properties))} {
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s %s other fields: %s", what, name, diff)
		}
	}
	if d.Additional == nil || *d.Additional {
		t.Errorf("%s lets other fields pass", what)
	}
}

// TestPublishedSchemasAreWhatIsTaken holds the two schemas in docs/ to the fields, names and limits that a receiver checks.
func TestPublishedSchemasAreWhatIsTaken(t *testing.T) {
	s := schema(t, "submission.schema.json")
	sameFields(t, "a submission", s, submissionFields)
	sameFields(t, "a figure", *s.Properties["indicators"].Items, figureFields)
	if s.ID != Schema || s.Properties["schema"].Const != Schema {
		t.Errorf("the schema calls itself %s and %s", s.ID, s.Properties["schema"].Const)
	}
	if diff := cmp.Diff(append([]string{""}, Sizes...), s.Properties["size"].Enum); diff != "" {
		t.Errorf("sizes: %s", diff)
	}
	figure := s.Properties["indicators"].Items.Properties
	if diff := cmp.Diff(followup.SeriesNames[:], figure["series"].Enum); diff != "" {
		t.Errorf("series: %s", diff)
	}
	if figure["denominator"].Maximum != mostCounted {
		t.Errorf("the largest denominator is %d", figure["denominator"].Maximum)
	}
	c := schema(t, "concentration.schema.json")
	sameFields(t, "a concentration", c, concentrationFields)
	if c.ID != ConcentrationSchema || c.Properties["schema"].Const != ConcentrationSchema {
		t.Errorf("the schema calls itself %s and %s", c.ID, c.Properties["schema"].Const)
	}
}
