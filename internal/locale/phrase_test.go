// SPDX-License-Identifier: EUPL-1.2

package locale_test

import (
	"strings"
	"testing"

	"github.com/insegel/insegel/internal/locale"
)

// A sentence that is known in English is said in the reader's language, with what is filled in; the one that says most is taken.
func TestPhrases(t *testing.T) {
	b, err := locale.NewBundle(map[string]string{"x": `
x.said-cut: {sv: "avklippt efter {{.At}} byte", en: "cut after {{.At}} bytes"}
x.said-left: {sv: {one: "en kvar", other: "{{.Count}} kvar"}, en: {one: "one left", other: "{{.Count}} are left"}}
x.said-name: {sv: "{{.Name}} finns inte", en: "there is no {{.Name}}"}
x.said-no-door: {sv: "dörren saknas", en: "there is no door"}
x.said-why: {sv: "trasig: {{.Why}}", en: "broken: {{.Why}}"}
x.said-share: {sv: "{{.Share}} delar", en: "{{.Share}} parts"}
x.said-set: {sv: "i {{.Set}}", en: "in {{.Set}}"}
x.other: {sv: "nej", en: "no"}
`})
	if err != nil {
		t.Fatal(err)
	}
	p := b.In("sv").Phrases("x.said-")
	p.Fill = map[string]func(string) (string, bool){"Set": func(s string) (string, bool) { return "mängden " + s, s == "A" }}
	for sentence, want := range map[string]string{
		"cut after 12000 bytes":                 "avklippt efter 12\u00a0000 byte",
		"1 are left":                            "en kvar",
		"2 are left":                            "2 kvar",
		"there is no window":                    "window finns inte",
		"there is no door":                      "dörren saknas",
		"There is no door":                      "dörren saknas",
		"a/b.txt: c: broken: cut after 1 bytes": "a/b.txt: c: trasig: avklippt efter 1 byte",
		"broken: for reasons of its own":        "trasig: for reasons of its own",
		"1.25 parts":                            "1,25 delar",
		"in A":                                  "i mängden A",
	} {
		if got, ok := p.Say(sentence); got != want || !ok {
			t.Errorf("%q is %q (%t), want %q", sentence, got, ok, want)
		}
	}
	for _, sentence := range []string{"no", "in B", "1.5 are left", "cut after  bytes", "a: b: c", "", "x are left"} {
		if got, ok := p.Say(sentence); ok || got != sentence {
			t.Errorf("%q is known, as %q", sentence, got)
		}
	}
}

// Whoever names a file may write a sentence that never ends well: looking through it takes time in proportion.
func TestPhrasesOfHostileNames(t *testing.T) {
	b, err := locale.NewBundle(map[string]string{"x": `
x.said-why: {sv: "trasig: {{.Why}}", en: "broken: {{.Why}}"}
x.said-of: {sv: "{{.Name}} i {{.OtherName}}: {{.Why}}", en: "{{.Name}} in {{.OtherName}}: {{.Why}}"}
`})
	if err != nil {
		t.Fatal(err)
	}
	p := b.In("sv").Phrases("x.said-")
	if _, ok := p.Say(strings.Repeat("broken: ", 2000)); ok {
		t.Error("a sentence longer than any that is written is known")
	}
	for _, part := range []string{"a: ", "broken: ", "a in b: ", ": "} {
		if said, ok := p.Say(strings.Repeat(part, 200)); ok != (part != "a: " && part != ": ") {
			t.Errorf("%q is known (%t): %.40s", part, ok, said)
		}
	}
}

// LC_ALL decides, else LC_MESSAGES, else LANG; what is set to nothing is not set.
func TestFromEnvironment(t *testing.T) {
	for _, tc := range []struct{ all, messages, lang, want string }{
		{"", "", "", "en"},
		{"", "", "sv_SE.UTF-8", "sv"},
		{"", "", "sv", "sv"},
		{"", "", "sv_FI@euro", "sv"},
		{"", "", "sv.UTF-8", "sv"},
		{"", "", "SV_SE", "sv"},
		{"", "", "svx_SE", "en"},
		{"", "", "en_GB.UTF-8", "en"},
		{"", "", "fi_FI", "en"},
		{"", "", "C", "en"},
		{"", "C", "sv_SE", "en"},
		{"", "sv_SE", "C", "sv"},
		{"POSIX", "sv_SE", "sv_SE", "en"},
		{"C.UTF-8", "sv_SE", "sv_SE", "en"},
		{"sv_SE.UTF-8", "C", "en_US", "sv"},
	} {
		env := map[string]string{"LC_ALL": tc.all, "LC_MESSAGES": tc.messages, "LANG": tc.lang, "LANGUAGE": "de"}
		if got := locale.FromEnvironment(func(name string) string { return env[name] }); got != tc.want {
			t.Errorf("%+v: %s", tc, got)
		}
	}
}
