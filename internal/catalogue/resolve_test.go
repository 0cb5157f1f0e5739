// SPDX-License-Identifier: EUPL-1.2

package catalogue_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/insegel/insegel/internal/catalogue"
)

func system(statements ...catalogue.Statement) catalogue.Source {
	return catalogue.Source{Kind: catalogue.SourceSubject, Ref: "system", Statements: statements}
}

func information(ref string, statements ...catalogue.Statement) catalogue.Source {
	return catalogue.Source{
		Kind: catalogue.SourceInformation, Ref: ref,
		Name: catalogue.Text{SV: "Typ " + ref, EN: "Type " + ref}, Statements: statements,
	}
}

// told writes origins as one line each: fact=value truth source by.
func told(origins []catalogue.Origin) []string {
	var out []string
	for _, o := range origins {
		source := "default"
		if o.Source != nil {
			source = o.Source.Ref
		}
		line := fmt.Sprintf("%s=%s %v %s", o.Fact, o.Value, o.Truth, source)
		if o.By != "" {
			line += " by " + o.By
		}
		out = append(out, line)
	}
	return out
}

type st = catalogue.Statement

// resolutions are what a subject and its information say, and the origins that come of it.
var resolutions = map[string]struct {
	subject     catalogue.Source
	information []catalogue.Source
	want        []string
}{
	"nothing said takes the defaults": {
		system(), nil,
		[]string{"supplier=unknown maybe default"},
	},
	"a fact follows from another": {
		system(st{"supplier", "no"}, st{"area", "hr"}), nil,
		[]string{"area=hr yes system", "personal_data=yes yes system by area=socialtjanst|skola|hr"},
	},
	"what follows has consequences in turn": {
		system(st{"hosting", "cloud-eu"}), nil,
		[]string{
			"hosting=cloud-eu yes system",
			"cloud=yes yes system by hosting=cloud-eu|cloud-outside-eu",
			"supplier=yes yes system by cloud",
		},
	},
	"an unknown choice makes its consequences possible": {
		system(st{"hosting", "unknown"}), nil,
		[]string{
			"hosting=own maybe system", "hosting=cloud-eu maybe system", "hosting=cloud-outside-eu maybe system", "hosting=unknown maybe system",
			"cloud=yes maybe system by hosting=cloud-eu|cloud-outside-eu",
			"supplier=yes maybe system by cloud",
		},
	},
	"a statement is not overridden by an implication": {
		system(st{"area", "hr"}, st{"personal_data", "no"}, st{"supplier", "no"}), nil,
		[]string{"area=hr yes system"},
	},
	"unknown is overridden by an implication": {
		system(st{"personal_data", "unknown"}, st{"area", "hr"}, st{"supplier", "no"}), nil,
		[]string{"area=hr yes system", "personal_data=yes yes system by area=socialtjanst|skola|hr"},
	},
	"an information type's own statement holds inside it": {
		system(st{"supplier", "no"}),
		[]catalogue.Source{information("a", st{"area", "socialtjanst"}, st{"special_category", "no"}, st{"osl", "23"})},
		[]string{"area=socialtjanst yes a", "osl=23 yes a", "personal_data=yes yes a by area=socialtjanst|skola|hr"},
	},
	"an area says more than that something is possible": {
		system(st{"supplier", "no"}),
		[]catalogue.Source{information("a", st{"area", "socialtjanst"}, st{"special_category", "possible"}, st{"osl", "26"})},
		[]string{
			"area=socialtjanst yes a", "osl=26 yes a", "personal_data=yes yes a by area=socialtjanst|skola|hr",
			"special_category=yes yes a by area=socialtjanst",
		},
	},
	"the strongest wins": {
		system(st{"supplier", "no"}),
		[]catalogue.Source{
			information("a", st{"special_category", "no"}),
			information("b", st{"special_category", "possible"}),
			information("c", st{"special_category", "yes"}),
		},
		[]string{"special_category=yes yes c", "special_category=possible maybe b"},
	},
	"the subject wins over its information": {
		system(st{"special_category", "no"}, st{"personal_data", "yes"}, st{"supplier", "no"}),
		[]catalogue.Source{information("a", st{"area", "socialtjanst"}, st{"osl", "26"})},
		[]string{"area=socialtjanst yes a", "osl=26 yes a", "personal_data=yes yes system"},
	},
	"the subject's unknown does not hide what its information says": {
		system(st{"special_category", "unknown"}, st{"supplier", "no"}),
		[]catalogue.Source{information("a", st{"special_category", "yes"})},
		[]string{"special_category=yes yes a", "special_category=unknown maybe system"},
	},
	"areas are joined": {
		system(st{"area", "hr"}, st{"supplier", "no"}, st{"personal_data", "no"}),
		[]catalogue.Source{information("a", st{"area", "skola"}, st{"area", "hr"})},
		[]string{"area=skola yes a", "area=hr yes system", "area=hr yes a", "osl=23 yes a by area=skola"},
	},
	"other sets of the subject win": {
		system(st{"osl", "23"}, st{"supplier", "no"}, st{"personal_data", "no"}, st{"special_category", "no"}),
		[]catalogue.Source{information("a", st{"area", "socialtjanst"})},
		[]string{"area=socialtjanst yes a", "osl=23 yes system"},
	},
	"a set that is stated to be empty is not implied": {
		system(st{"area", "socialtjanst"}, st{"osl", "no"}, st{"supplier", "no"}, st{"personal_data", "no"}, st{"special_category", "no"}),
		[]catalogue.Source{information("a", st{"area", "skola"}, st{"osl", "26"})},
		[]string{"area=socialtjanst yes system", "area=skola yes a"},
	},
	"what is not in the vocabulary is left out": {
		system(st{"moon", "yes"}, st{"personal_data", "perhaps"}, st{"supplier", "no"}), nil,
		nil,
	},
}

func TestResolve(t *testing.T) {
	v := loadSmall(t).Vocabulary
	for name, c := range resolutions {
		t.Run(name, func(t *testing.T) {
			facts, origins := v.Resolve(c.subject, c.information)
			if diff := cmp.Diff(c.want, told(origins)); diff != "" {
				t.Errorf("origins (-want +got):\n%s", diff)
			}
			checkOrigins(t, v, facts, origins)
		})
	}
}

// checkOrigins holds the facts to their origins: each fact is exactly as true as its strongest origin says.
func checkOrigins(t *testing.T, v *catalogue.Vocabulary, facts catalogue.Facts, origins []catalogue.Origin) {
	t.Helper()
	for _, f := range v.Facts() {
		conditions := map[string]string{}
		if f.Form == catalogue.FormTruth {
			conditions[f.ID] = ""
		} else {
			for _, value := range f.Values {
				conditions[f.ID+"="+value] = value
			}
		}
		for condition, value := range conditions {
			c, err := v.Parse(condition)
			if err != nil {
				t.Fatal(err)
			}
			want := catalogue.No
			for _, o := range origins {
				if o.Fact == f.ID && (value == "" || o.Value == value) {
					want = max(want, o.Truth)
				}
			}
			if got := c.Holds(&facts); got != want {
				t.Errorf("%s = %v, but its origins say %v", condition, got, want)
			}
		}
	}
}

func TestExplain(t *testing.T) {
	v := loadSmall(t).Vocabulary
	type because = catalogue.Because
	beslut := catalogue.Source{
		Kind: catalogue.SourceInformation, Ref: "eb-beslut",
		Name:       catalogue.Text{SV: "Ekonomiskt bistånd – beslut", EN: "Social assistance – decision"},
		Statements: []st{{"area", "socialtjanst"}, {"special_category", "possible"}},
	}
	avgift := catalogue.Source{
		Kind: catalogue.SourceInformation, Ref: "avgift",
		Name:       catalogue.Text{SV: "Avgifter", EN: "Charges"},
		Statements: []st{{"area", "skola"}, {"special_category", "possible"}},
	}
	beslut.Statements = beslut.Statements[:1]
	certain, certainOrigins := v.Resolve(system(), []catalogue.Source{beslut})
	special, err := v.Parse("special_category")
	if err != nil {
		t.Fatal(err)
	}
	want := []because{{"information", "eb-beslut", "Informationstypen Ekonomiskt bistånd – beslut innehåller känsliga personuppgifter."}}
	if diff := cmp.Diff(want, v.Explain(special, &certain, certainOrigins, catalogue.SV)); diff != "" {
		t.Errorf("special_category through the area (-want +got):\n%s", diff)
	}
	beslut.Statements = append(beslut.Statements, st{"special_category", "no"})
	facts, origins := v.Resolve(system(st{"hosting", "cloud-eu"}), []catalogue.Source{beslut, avgift})
	for _, c := range []struct {
		condition string
		sv, en    []because
	}{
		{"", nil, nil},
		{"protected_identity", nil, nil},
		{"personal_data;protected_identity", nil, nil},
		{
			"area=skola|socialtjanst;personal_data",
			[]because{
				{"information", "eb-beslut", "Informationstypen Ekonomiskt bistånd – beslut hör till socialtjänsten."},
				{"information", "eb-beslut", "Informationstypen Ekonomiskt bistånd – beslut innehåller personuppgifter."},
			},
			[]because{
				{"information", "eb-beslut", "The information type Social assistance – decision belongs to social services."},
				{"information", "eb-beslut", "The information type Social assistance – decision contains personal data."},
			},
		},
		{
			"cloud;hosting=cloud-eu;supplier",
			[]because{
				{"condition", "cloud", "Systemet är en molntjänst."},
				{"condition", "hosting=cloud-eu", "Systemet körs så: Molntjänst inom EES."},
				{"condition", "supplier", "Någon annan driver systemet."},
			},
			[]because{
				{"condition", "cloud", "The system is a cloud service."},
				{"condition", "hosting=cloud-eu", "The system runs so: Cloud service in the EEA."},
				{"condition", "supplier", "Somebody else runs the system."},
			},
		},
		{
			"protected_identity|special_category",
			[]because{{"information", "avgift", "Känsliga personuppgifter kan förekomma i informationstypen Avgifter; avgör om det stämmer."}},
			[]because{{"information", "avgift", "Sensitive personal data may occur in the information type Charges; settle whether this is so."}},
		},
		{
			"special_category|cloud",
			[]because{{"condition", "cloud", "Systemet är en molntjänst."}},
			[]because{{"condition", "cloud", "The system is a cloud service."}},
		},
	} {
		condition, err := v.Parse(c.condition)
		if err != nil {
			t.Fatal(err)
		}
		for lang, want := range map[catalogue.Lang][]because{catalogue.SV: c.sv, catalogue.EN: c.en} {
			if diff := cmp.Diff(want, v.Explain(condition, &facts, origins, lang)); diff != "" {
				t.Errorf("%s %s (-want +got):\n%s", c.condition, lang, diff)
			}
		}
	}
}

// Facts may have been stored without their origins. The reason is then the fact itself.
func TestExplainWithoutOrigins(t *testing.T) {
	v := loadSmall(t).Vocabulary
	facts, _ := v.Resolve(system(catalogue.Statement{Fact: "area", Value: "skola"}), nil)
	c, err := v.Parse("supplier;area=skola")
	if err != nil {
		t.Fatal(err)
	}
	want := []catalogue.Because{
		{Kind: "condition", Ref: "supplier", Text: "Det kan förekomma att någon annan driver systemet."},
		{Kind: "condition", Ref: "area=skola", Text: "Systemet hör till skola."},
	}
	if diff := cmp.Diff(want, v.Explain(c, &facts, nil, catalogue.SV)); diff != "" {
		t.Error(diff)
	}
}
