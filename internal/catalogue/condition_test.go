// SPDX-License-Identifier: EUPL-1.2

package catalogue_test

import (
	"testing"

	"github.com/insegel/insegel/internal/catalogue"
)

// resolve gives the facts of a subject that states "fact=value" pairs.
func resolve(t testing.TB, v *catalogue.Vocabulary, statements ...catalogue.Statement) catalogue.Facts {
	t.Helper()
	for _, s := range statements {
		if _, err := v.Check(s.Fact, s.Value); err != nil {
			t.Fatal(err)
		}
	}
	f, _ := v.Resolve(catalogue.Source{Kind: catalogue.SourceSubject, Statements: statements}, nil)
	return f
}

type statements = []catalogue.Statement

var social = statements{{Fact: "area", Value: "socialtjanst"}}

// holdings are conditions weighed against what is stated.
var holdings = map[string]struct {
	condition  string
	statements statements
	want       catalogue.Truth
}{
	"nothing asked":                 {"", nil, catalogue.Yes},
	"true":                          {"personal_data", statements{{"personal_data", "yes"}}, catalogue.Yes},
	"said to be false":              {"personal_data", statements{{"personal_data", "no"}}, catalogue.No},
	"nobody has said":               {"personal_data", nil, catalogue.No},
	"possible":                      {"special_category", statements{{"special_category", "possible"}}, catalogue.Maybe},
	"unknown":                       {"special_category", statements{{"special_category", "unknown"}}, catalogue.Maybe},
	"value of a set":                {"area=socialtjanst|hr", social, catalogue.Yes},
	"value of a set that is not":    {"area=skola|hr", social, catalogue.No},
	"and is the smallest":           {"area=socialtjanst;special_category", append(statements{{"special_category", "possible"}}, social...), catalogue.Maybe},
	"and with a no":                 {"area=socialtjanst;security_sensitive", social, catalogue.No},
	"or is the greatest":            {"personal_data|special_category", statements{{"personal_data", "yes"}, {"special_category", "possible"}}, catalogue.Yes},
	"or of two that only may be":    {"personal_data|special_category", statements{{"personal_data", "unknown"}, {"special_category", "possible"}}, catalogue.Maybe},
	"values and then a fact":        {"area=skola|hr|personal_data", statements{{"personal_data", "yes"}}, catalogue.Yes},
	"fact and then values":          {"personal_data|area=skola|hr", statements{{"area", "hr"}}, catalogue.Yes},
	"a fact's one true value":       {"protected_identity=high", statements{{"protected_identity", "high"}}, catalogue.Yes},
	"a value that may be the true":  {"protected_identity=high", statements{{"protected_identity", "possible"}}, catalogue.Maybe},
	"a value that is not":           {"protected_identity", statements{{"protected_identity", "low"}}, catalogue.No},
	"one of several true values":    {"security_sensitive=suspected", statements{{"security_sensitive", "suspected"}}, catalogue.Yes},
	"another of several":            {"security_sensitive=yes", statements{{"security_sensitive", "suspected"}}, catalogue.No},
	"any of several":                {"security_sensitive", statements{{"security_sensitive", "suspected"}}, catalogue.Yes},
	"a choice":                      {"hosting=cloud-eu", statements{{"hosting", "cloud-eu"}}, catalogue.Yes},
	"an unknown choice may be any":  {"hosting=cloud-eu", statements{{"hosting", "unknown"}}, catalogue.Maybe},
	"what follows from a maybe":     {"cloud", statements{{"hosting", "unknown"}}, catalogue.Maybe},
	"spaces do not matter":          {" area = socialtjanst ", social, catalogue.No},
	"default of what nobody says":   {"supplier", nil, catalogue.Maybe},
	"default gives way":             {"supplier", statements{{"supplier", "no"}}, catalogue.No},
	"chapters are values of a set":  {"osl=23|26", social, catalogue.Yes},
	"many groups":                   {"area=socialtjanst;personal_data;osl=26;special_category", social, catalogue.Yes},
	"spaces around separators only": {"area=socialtjanst ; personal_data | cloud", social, catalogue.Yes},
}

func TestConditionHolds(t *testing.T) {
	v := loadSmall(t).Vocabulary
	for name, c := range holdings {
		t.Run(name, func(t *testing.T) {
			condition, err := v.Parse(c.condition)
			if name == "spaces do not matter" {
				if err == nil {
					t.Error("a space inside fact=value was read; it is a misspelling")
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			facts := resolve(t, v, c.statements...)
			if got := condition.Holds(&facts); got != c.want {
				t.Errorf("%q = %v, want %v", c.condition, got, c.want)
			}
			if condition.String() != c.condition || condition.Always() != (c.condition == "") {
				t.Errorf("String = %q, Always = %v", condition, condition.Always())
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	v := loadSmall(t).Vocabulary
	const known = "known are area, osl, personal_data, special_category, protected_identity, hosting, cloud, supplier, security_sensitive"
	for condition, want := range map[string]string{
		"any":                    `read condition "any": there is no fact "any"; ` + known,
		"area":                   `read condition "area": area is neither true nor false; write area=socialtjanst`,
		"area=it":                `read condition "area=it": area cannot be asked for "it"; write one of socialtjanst, skola, hr`,
		"area=skola|it":          `read condition "area=skola|it": area cannot be asked for "it"; write one of socialtjanst, skola, hr`,
		"personal_data|skola":    `read condition "personal_data|skola": there is no fact "skola"; ` + known,
		"personal_data=no":       `read condition "personal_data=no": personal_data cannot be asked for "no"; write one of yes`,
		"personal_data;":         `read condition "personal_data;": something is missing beside ; or |`,
		"personal_data||cloud":   `read condition "personal_data||cloud": something is missing beside ; or |`,
		"persons=yes":            `read condition "persons=yes": there is no fact "persons"; ` + known,
		"security_sensitive=no":  `read condition "security_sensitive=no": security_sensitive cannot be asked for "no"; write one of yes, suspected`,
		"personal_data;hosting=": `read condition "personal_data;hosting=": hosting cannot be asked for ""; write one of own, cloud-eu, cloud-outside-eu, unknown`,
	} {
		if _, err := v.Parse(condition); err == nil || err.Error() != want {
			t.Errorf("Parse(%q) = %v\nwant %s", condition, err, want)
		}
	}
}

func TestCheck(t *testing.T) {
	v := loadSmall(t).Vocabulary
	for _, c := range []struct{ fact, value, want string }{
		{"personal_data", "yes", "yes"},
		{"personal_data", " Ja ", "yes"},
		{"personal_data", "true", "yes"},
		{"personal_data", "NEJ", "no"},
		{"personal_data", "false", "no"},
		{"personal_data", "vet ej", "unknown"},
		{"special_category", "possible", "possible"},
		{"protected_identity", "ja", "high"},
		{"protected_identity", "nej", "low"},
		{"security_sensitive", "ja", "yes"},
		{"hosting", "molntjänst inom ees", "cloud-eu"},
		{"area", "Social services", "socialtjanst"},
	} {
		if got, err := v.Check(c.fact, c.value); err != nil || got != c.want {
			t.Errorf("Check(%s, %q) = %q, %v, want %q", c.fact, c.value, got, err, c.want)
		}
	}
	for _, c := range []struct{ fact, value, want string }{
		{"hosting", "månen", `check fact: hosting cannot be "månen"; write one of own, cloud-eu, cloud-outside-eu, unknown`},
		{"hosting", "ja", `check fact: hosting cannot be "ja"; write one of own, cloud-eu, cloud-outside-eu, unknown`},
		{"security_sensitive", "okänt", `check fact: security_sensitive cannot be "okänt"; write one of yes, suspected, no`},
		{"moon", "yes", `check fact: there is no fact "moon"; known are area, osl, personal_data, special_category, protected_identity, hosting, cloud, supplier, security_sensitive`},
	} {
		if got, err := v.Check(c.fact, c.value); err == nil || err.Error() != c.want {
			t.Errorf("Check(%s, %q) = %q, %v\nwant %s", c.fact, c.value, got, err, c.want)
		}
	}
}

// Holds is run for every rule of every system, some hundred million times for a nation, so it must not allocate.
func TestHoldsAllocatesNothing(t *testing.T) {
	v := loadSmall(t).Vocabulary
	c, err := v.Parse("area=socialtjanst|skola;personal_data;special_category|cloud")
	if err != nil {
		t.Fatal(err)
	}
	f := resolve(t, v, catalogue.Statement{Fact: "area", Value: "socialtjanst"})
	if n := testing.AllocsPerRun(100, func() {
		if c.Holds(&f) != catalogue.Yes {
			t.Fatal("does not hold")
		}
	}); n != 0 {
		t.Errorf("Holds allocates %v times", n)
	}
}
