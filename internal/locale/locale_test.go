// SPDX-License-Identifier: EUPL-1.2

package locale_test

import (
	"slices"
	"testing"
	"time"

	"github.com/insegel/insegel/internal/civil"
	"github.com/insegel/insegel/internal/locale"
)

const messages = `
a.plain: {sv: "Läget", en: "Status"}
a.count:
  sv: {one: "{{.Count}} åtgärd", other: "{{.Count}} åtgärder"}
  en: {one: "{{.Count}} action", other: "{{.Count}} actions"}
a.one: {sv: {one: "ett", other: "flera"}, en: "some"}
a.name: {sv: "Hej {{.Name}}", en: "Hello {{.Name}}"}
`

func bundle(t *testing.T) *locale.Bundle {
	t.Helper()
	b, err := locale.NewBundle(map[string]string{"a": messages})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestT(t *testing.T) {
	b := bundle(t)
	for _, tc := range []struct {
		lang, key string
		args      []any
		want      string
	}{
		{"sv", "a.plain", nil, "Läget"},
		{"en", "a.plain", nil, "Status"},
		{"xx", "a.plain", nil, "Läget"},
		{"sv", "a.count", []any{"Count", 1}, "1 åtgärd"},
		{"sv", "a.count", []any{"Count", 0}, "0 åtgärder"},
		{"sv", "a.count", []any{"Count", 1240}, "1\u00a0240 åtgärder"},
		{"en", "a.count", []any{"Count", 1240}, "1,240 actions"},
		{"en", "a.name", []any{"Name", "<b>"}, "Hello <b>"},
		{"sv", "a.none", nil, "[a.none]"},
		{"sv", "a.one", []any{"Count", 1}, "ett"},
		{"sv", "a.one", []any{"Count", 2}, "flera"},
		{"en", "a.one", []any{"Count", 1}, "some"},
		{"en", "a.plain", []any{"Count", 1, "Name", "b"}, "Status"},
		{"en", "a.plain", []any{1, 2}, "[a.plain: argument without a name]"},
	} {
		if got := b.In(tc.lang).T(tc.key, tc.args...); got != tc.want {
			t.Errorf("%s %s = %q, want %q", tc.lang, tc.key, got, tc.want)
		}
	}
}

func TestNewBundleRefuses(t *testing.T) {
	for name, files := range map[string]map[string]string{
		"a missing language": {"a": `x: {sv: "bara svenska"}`},
		"a key twice":        {"a": messages, "b": messages},
		"broken YAML":        {"a": `x: {sv: "`},
		"a number":           {"a": `x: {sv: 1, en: "1"}`},
		"an unknown form":    {"a": `x: {sv: {many: "a", other: "b"}, en: "b"}`},
		"one form only":      {"a": `x: {sv: {one: "a"}, en: "b"}`},
		"an empty text":      {"a": `x: {sv: "", en: "b"}`},
		"a list":             {"a": `x: ["a"]`},
		"a key in one twice": {"a": "x: {sv: \"a\", en: \"b\"}\nx: {sv: \"a\", en: \"b\"}\n"},
	} {
		if _, err := locale.NewBundle(files); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
}

// TestNewBundleReadsAll reads texts that are written in an unusual way as those that are not.
func TestNewBundleReadsAll(t *testing.T) {
	b, err := locale.NewBundle(map[string]string{"b": "y:\n  sv: |-\n    a\n    b\n  en: {one: 'd', other: e f}\n"})
	if err != nil {
		t.Fatal(err)
	}
	if got := b.In("sv").T("y"); got != "a\nb" {
		t.Errorf("sv is %q", got)
	}
	if got := b.In("en").T("y", "Count", 1) + b.In("en").T("y", "Count", 2); got != "de f" {
		t.Errorf("en is %q", got)
	}
}

func TestFormats(t *testing.T) {
	sv, en := bundle(t).In("sv"), bundle(t).In("en")
	day, err := civil.Parse("2026-11-03")
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 11, 23, 13, 2, 0, 0, time.UTC)
	for got, want := range map[string]string{
		sv.Date(day):                     "3\u00a0november\u00a02026",
		en.Date(day):                     "3\u00a0November\u00a02026",
		sv.ShortDate(day):                "2026-11-03",
		sv.Date(civil.Date{}):            "–",
		sv.Clock(at):                     "kl.\u00a014.02",
		en.Clock(at):                     "14:02",
		sv.Percent(694, 1000):            "69,4\u00a0%",
		sv.Percent(1, 2):                 "50\u00a0%",
		en.Percent(694, 1000):            "69.4%",
		sv.Percent(0, 0):                 "–",
		sv.Number(-1234567):              "\u22121\u00a0234\u00a0567",
		sv.List([]string{"a"}):           "a",
		sv.List([]string{"a", "b", "c"}): "a, b och c",
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestSwedishOrder(t *testing.T) {
	words := []string{"öl", "zebra", "ål", "Äpple", "apa", "Åka", "ärta", "Zon"}
	want := []string{"apa", "zebra", "Zon", "Åka", "ål", "Äpple", "ärta", "öl"}
	byKey := slices.Clone(words)
	slices.SortFunc(byKey, func(a, b string) int {
		ka, kb := locale.SortKey(a), locale.SortKey(b)
		switch {
		case ka < kb:
			return -1
		case ka > kb:
			return 1
		}
		return 0
	})
	locale.Sort(words, func(s string) string { return s })
	if !slices.Equal(words, want) {
		t.Errorf("Sort = %v, want %v", words, want)
	}
	if !slices.Equal(byKey, want) {
		t.Errorf("by SortKey = %v, want %v", byKey, want)
	}
}

func TestFold(t *testing.T) {
	for _, tc := range [][2]string{
		{" verksamhetssystem  Socialtjänst ", "verksamhetssystem socialtjänst"},
		{"A\u030ANGPANNA", "ångpanna"}, // A with a combining ring
		{"E\u00a0post\t\n", "e post"},
		{"ÖÄÅ", "öäå"},
	} {
		if got := locale.Fold(tc[0]); got != tc[1] {
			t.Errorf("Fold(%q) = %q, want %q", tc[0], got, tc[1])
		}
	}
}

func TestNegotiate(t *testing.T) {
	for _, tc := range []struct{ chosen, accept, want string }{
		{"", "", "sv"},
		{"en", "sv", "en"},
		{"", "en-GB,en;q=0.9,sv;q=0.8", "en"},
		{"", "de,nb;q=0.5,en;q=0.3", "sv"},
		{"", "fi", "sv"},
		{"xx", "not a tag;;", "sv"},
	} {
		if got := locale.Negotiate(tc.chosen, tc.accept); got != tc.want {
			t.Errorf("Negotiate(%q, %q) = %q, want %q", tc.chosen, tc.accept, got, tc.want)
		}
	}
}
