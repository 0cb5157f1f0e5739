// SPDX-License-Identifier: EUPL-1.2

package catalogue_test

import (
	"testing"

	"github.com/insegel/insegel/internal/catalogue"
)

// Every name that is written can be read again, and nothing else can.
func TestNamesReadBack(t *testing.T) {
	for s := catalogue.Negligible; s <= catalogue.Serious; s++ {
		if got, ok := catalogue.ParseStep(s.String()); !ok || got != s {
			t.Errorf("ParseStep(%q) = %v, %v", s, got, ok)
		}
	}
	for a := range catalogue.Aspect(catalogue.NumAspects) {
		if got, ok := catalogue.ParseAspect(a.String()); !ok || got != a {
			t.Errorf("ParseAspect(%q) = %v, %v", a, got, ok)
		}
	}
	for p := range catalogue.Perspective(catalogue.NumPerspectives) {
		if got, ok := catalogue.ParsePerspective(p.String()); !ok || got != p {
			t.Errorf("ParsePerspective(%q) = %v, %v", p, got, ok)
		}
	}
	if s, ok := catalogue.ParseStep(""); ok || s != catalogue.Unset || s.String() != "" {
		t.Errorf("an empty name is the step %v, %v", s, ok)
	}
	if _, ok := catalogue.ParseAspect("secrecy"); ok {
		t.Error("secrecy is read as an aspect")
	}
	if _, ok := catalogue.ParsePerspective("Individual"); ok {
		t.Error("a capital letter is let through")
	}
	if got := catalogue.Step(9).String() + " " + catalogue.Aspect(9).String() + " " + catalogue.Perspective(9).String(); got != "step(9) aspect(9) perspective(9)" {
		t.Errorf("values out of range are called %q", got)
	}
}

func TestLetters(t *testing.T) {
	var sv, en string
	for a := range catalogue.Aspect(catalogue.NumAspects) {
		sv, en = sv+a.Letter(catalogue.SV), en+a.Letter(catalogue.EN)
	}
	if sv != "KRTS" || en != "CIAT" {
		t.Errorf("letters = %s, %s, want KRTS, CIAT", sv, en)
	}
}

func TestTextIn(t *testing.T) {
	both, one := catalogue.Text{SV: "ja", EN: "yes"}, catalogue.Text{SV: "ja"}
	for _, c := range []struct {
		text catalogue.Text
		lang catalogue.Lang
		want string
	}{
		{both, catalogue.SV, "ja"},
		{both, catalogue.EN, "yes"},
		{one, catalogue.EN, "ja"},
		{both, "fi", "ja"},
	} {
		if got := c.text.In(c.lang); got != c.want {
			t.Errorf("%v in %s = %q, want %q", c.text, c.lang, got, c.want)
		}
	}
}

func TestFill(t *testing.T) {
	settings := []catalogue.Setting{{Key: "days", Value: 30}, {Key: "hours", Value: 4}}
	for _, c := range []struct {
		text   string
		chosen map[string]int
		want   string
	}{
		{"Inom {days} dagar och {hours} timmar, högst {days}.", nil, "Inom 30 dagar och 4 timmar, högst 30."},
		{"Inom {days} dagar.", map[string]int{"days": 7, "other": 1}, "Inom 7 dagar."},
		{"Inom {weeks} veckor.", nil, "Inom {weeks} veckor."},
		{"Genast.", nil, "Genast."},
	} {
		if got := catalogue.Fill(c.text, settings, c.chosen); got != c.want {
			t.Errorf("Fill(%q) = %q, want %q", c.text, got, c.want)
		}
	}
}
