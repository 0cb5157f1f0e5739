// SPDX-License-Identifier: EUPL-1.2

package catalogue_test

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/insegel/insegel/internal/catalogue"
)

func realCatalogue(t testing.TB) *catalogue.Catalogue {
	t.Helper()
	c, err := catalogue.Load(os.DirFS("../../data"))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestParseCase(t *testing.T) {
	c := realCatalogue(t)
	cs, problems := catalogue.ParseCase(c, "x.yaml", []byte(`
model: klassa
subject: {name: Prov, kind: e-service, data_subjects: 6000, area: "lss|socialtjanst", supplier: true, cloud: nej}
information:
  - eb-ansokan
  - {name: Eget, personal_data: ja, osl: [26, 21]}
answers:
  confidentiality: {individual: 3, society: 0}
  integrity: 2
`))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	want := []catalogue.Statement{
		{Fact: "large_scale", Value: "yes"},
		{Fact: "e_service", Value: "yes"},
		{Fact: "area", Value: "lss"},
		{Fact: "area", Value: "socialtjanst"},
		{Fact: "supplier", Value: "yes"},
		{Fact: "cloud", Value: "no"},
	}
	if diff := cmp.Diff(want, cs.Subject.Statements); diff != "" {
		t.Errorf("subject (-want +got):\n%s", diff)
	}
	own := []catalogue.Statement{{Fact: "osl", Value: "26"}, {Fact: "osl", Value: "21"}, {Fact: "personal_data", Value: "yes"}}
	if diff := cmp.Diff(own, cs.Information[1].Source.Statements); diff != "" {
		t.Errorf("own information (-want +got):\n%s", diff)
	}
	answers := []catalogue.CaseAnswer{
		{Aspect: catalogue.Confidentiality, Perspective: "individual", Level: 3},
		{Aspect: catalogue.Confidentiality, Perspective: "society", Level: 0},
		{Aspect: catalogue.Integrity, Level: 2},
	}
	if diff := cmp.Diff(answers, cs.Answers); diff != "" {
		t.Errorf("answers (-want +got):\n%s", diff)
	}
}

// An area implies a chapter of secrecy, and whoever knows better says that there is none.
func TestParseCaseNoSecrecy(t *testing.T) {
	c := realCatalogue(t)
	for _, none := range []string{"no", "false", "nej", "[]"} {
		cs, problems := catalogue.ParseCase(c, "x.yaml", []byte("model: klassa\nsubject: {name: a, osl: "+none+"}"))
		if len(problems) > 0 {
			t.Errorf("osl: %s: %v", none, problems)
			continue
		}
		if diff := cmp.Diff([]catalogue.Statement{{Fact: "osl", Value: "no"}}, cs.Subject.Statements); diff != "" {
			t.Errorf("osl: %s (-want +got):\n%s", none, diff)
		}
	}
}

func TestParseCaseRefuses(t *testing.T) {
	c := realCatalogue(t)
	for name, tc := range map[string]struct{ in, want string }{
		"nothing":                  {"", "x.yaml: the file must hold exactly one YAML document"},
		"no model":                 {"subject: {name: a}", "x.yaml:1:1: model is missing"},
		"no subject":               {"model: klassa", "x.yaml:1:1: subject is missing"},
		"an unknown key":           {"model: klassa\nsubject: {name: a}\nfargade: 1", `x.yaml:3:1: unknown key "fargade"`},
		"an unknown fact":          {"model: klassa\nsubject: {name: a, moon: yes}", `x.yaml:2:20: unknown key "moon"`},
		"a system's fact":          {"model: klassa\nsubject: {name: a}\ninformation: [{name: b, hosting: own}]", "hosting is a fact about a system; write it under subject"},
		"information without name": {"model: klassa\nsubject: {name: a}\ninformation: [{personal_data: yes}]", "the information has no name"},
		"information as text":      {"model: klassa\nsubject: {name: a}\ninformation: eb-ansokan", "information must be a list"},
		"a scale too long":         {"model: 1-9\nsubject: {name: a}", "x.yaml:1:8: "},
		"an aspect not asked":      {"model: msb-4\nsubject: {name: a}\nanswers: {traceability: {individual: 1}}", "the model msb-4 does not classify traceability"},
		"a level as a word":        {"model: klassa\nsubject: {name: a}\nanswers: {integrity: {individual: hög}}", `level "hög" is not on the scale of integrity; write one of 0, 1, 2, 3, 4`},
		"an unknown perspective":   {"model: klassa\nsubject: {name: a}\nanswers: {integrity: {grannen: 1}}", `unknown key "grannen"; known here are individual, organisation, society`},
		"an anchor":                {"model: &m klassa\nsubject: {name: a}", "x.yaml:1:8"},
	} {
		cs, problems := catalogue.ParseCase(c, "x.yaml", []byte(tc.in))
		if cs != nil || !strings.Contains(problems.Error(), tc.want) {
			t.Errorf("%s: got %q, want %q in it", name, problems.Error(), tc.want)
		}
	}
}

// FuzzParseCase feeds anything to the reader of cases: it gives a case or says what is wrong, never both or neither.
func FuzzParseCase(f *testing.F) {
	c := realCatalogue(f)
	f.Add([]byte("model: klassa\nsubject: {name: a, area: socialtjanst}\ninformation: [eb-ansokan]\nanswers: {integrity: {individual: 3}}"))
	f.Add([]byte("model: 1-3\nsubject: {}\ninformation: [{name: x, osl: 26|21}]"))
	f.Add([]byte("model: [klassa"))
	f.Fuzz(func(t *testing.T, b []byte) {
		cs, problems := catalogue.ParseCase(c, "x.yaml", b)
		if (cs == nil) != (len(problems) > 0) {
			t.Errorf("case %v with problems %v", cs, problems)
		}
		if cs != nil && cs.Model == nil {
			t.Error("a case without a model")
		}
	})
}
