// SPDX-License-Identifier: EUPL-1.2

package finding_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/insegel/insegel/internal/discovery/detect"
	"github.com/insegel/insegel/internal/finding"
	"github.com/insegel/insegel/internal/locale"
)

// sayings are what the package says in one language.
func sayings(t *testing.T, lang string) *finding.Sayings {
	t.Helper()
	b, err := locale.NewBundle(map[string]string{"finding": finding.Messages})
	if err != nil {
		t.Fatal(err)
	}
	return finding.NewSayings(b.In(lang), detectors(t))
}

func detectors(t *testing.T) *detect.Rules {
	t.Helper()
	rules, err := detect.Load(os.DirFS("../../data/detectors"))
	if err != nil {
		t.Fatal(err)
	}
	return rules
}

// A sentence that the search is given in its code, and the files that hold it.
var searchFiles = []string{"../discovery/*.go", "../discovery/source/*.go", "../discovery/tesseract/*.go", "walk.go", "work.go", "giveup.go"}

// unsaid are sentences that reach nobody: what they are wrapped in says what went wrong. The last is tried with numbers below.
var unsaid = []string{"an image with more text than images hold", "read image: x", "looks like x: x"}

// Whatever the search says of what it did not read, and of why it believes something, has words in both languages: a new sentence needs a
// message, whose English is the sentence.
func TestEverySentenceOfTheSearchIsSaidInSwedish(t *testing.T) {
	sv, en := sayings(t, "sv"), sayings(t, "en")
	seen := 0
	for _, sentence := range append(sentences(t), detect.Why(1<<32-1).Texts()...) {
		if slices.Contains(unsaid, sentence) {
			continue
		}
		seen++
		if said, ok := en.Say(sentence); !ok || said != sentence {
			t.Errorf("no finding.said- in messages.yaml is %q; nearest %q", sentence, said)
			continue
		}
		if said, ok := sv.Say(sentence); !ok || said == sentence {
			t.Errorf("%q is %q in Swedish", sentence, said)
		}
	}
	if seen < 100 {
		t.Errorf("only %d sentences were found in the code: is it written in another way now?", seen)
	}
}

// What is filled in is said as a reader writes it: numbers, what was found, kinds of documents, and the names of files as they are.
func TestSentencesOfTheSearch(t *testing.T) {
	for _, tc := range [][3]string{
		{"it has more than 1000000 members", "det har fler än 1\u00a0000\u00a0000 filer", "it has more than 1,000,000 members"},
		{"inner.zip: a: b.pdf: page 3: it is encrypted", "inner.zip: a: b.pdf: sida 3: det är krypterat", "inner.zip: a: b.pdf: page 3: it is encrypted"},
		{"1 letters, first on page 2, are in fonts that do not tell which letters they are", "ett tecken, på sida 2, har ett typsnitt som inte säger vilket tecken det är", "one letter, on page 2, is in a font that does not tell which letter it is"},
		{"looks like patient records: 84 personnummer, 1870 words on protected identity", "ser ut som patientjournaler: 84 personnummer, 1\u00a0870 ord om skyddad identitet", "looks like patient records: 84 personal identity numbers, 1,870 words on protected identity"},
		{"has not changed since it was read on 2026-11-30: 1 email, 2 email were found then", "har inte ändrats sedan det lästes 2026-11-30: då hittades 1 e-postadress, 2 e-postadresser", "has not changed since it was read on 2026-11-30: 1 e-mail address, 2 e-mail addresses were found then"},
		{"4603 rows: a share of 0.1 % is missed with at most 1 % probability", "4\u00a0603 rader: en andel på 0,1\u00a0% missas med högst 1\u00a0% sannolikhet", "4,603 rows: a share of 0.1 % is missed with at most 1 % probability"},
		{"cannot be read: open /dev/x: permission denied", "går inte att läsa: det gick inte att öppna /dev/x: behörighet saknas", "cannot be read: open /dev/x: permission denied"},
		{"cannot be read: the driver is at a loss", "går inte att läsa: the driver is at a loss", "cannot be read: the driver is at a loss"},
		{"it is damaged: file is not a database (26)", "det är skadat: filen är ingen databas", "it is damaged: file is not a database (26)"},
		{"x: dial tcp 127.0.0.1:1: connect: connection refused", "x: ingen svarar på 127.0.0.1:1. Kontrollera adressen, och att databasen är igång", "x: dial tcp 127.0.0.1:1: connect: connection refused"},
		{
			"a part of it cannot be read: ERROR: permission denied for table boende (SQLSTATE 42501)",
			"en del av den går inte att läsa: databasens användare får inte läsa den. Ge användaren läsrätt (SELECT), eller använd en annan: table boende",
			"a part of it cannot be read: ERROR: permission denied for table boende (SQLSTATE 42501)",
		},
		{"The date exists", "Datumet finns", "The date exists"},
	} {
		if got, ok := sayings(t, "sv").Say(tc[0]); got != tc[1] || !ok {
			t.Errorf("%q in Swedish:\n%q, want\n%q", tc[0], got, tc[1])
		}
		if got, ok := sayings(t, "en").Say(tc[0]); got != tc[2] || !ok {
			t.Errorf("%q in English:\n%q, want\n%q", tc[0], got, tc[2])
		}
	}
	if got, ok := sayings(t, "sv").Say("the driver is at a loss"); ok || got != "the driver is at a loss" {
		t.Errorf("%q is said to be known", got)
	}
}

// Everything that is looked for has a name, for one and for many, in both languages.
func TestEveryDetectorHasANoun(t *testing.T) {
	b, err := locale.NewBundle(map[string]string{"finding": finding.Messages})
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range detectors(t).IDs() {
		for _, lang := range locale.Languages {
			for n := range int64(3) {
				if got := finding.Counted(b.In(lang), id, n); strings.Contains(got, "[") || !strings.HasPrefix(got, strconv.FormatInt(n, 10)+" ") {
					t.Errorf("%d %s in %s is %q", n, id, lang, got)
				}
			}
		}
	}
}

// sentences are what the code hands on as a reason, or as an error, with 7 and x for what is filled in.
func sentences(t *testing.T) (out []string) {
	t.Helper()
	for _, pattern := range searchFiles {
		names, err := filepath.Glob(pattern)
		if err != nil || len(names) == 0 {
			t.Fatalf("%s: %v, %d files", pattern, err, len(names))
		}
		for _, name := range names {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(file, func(n ast.Node) bool {
				if text := handed(n); text != nil {
					if s := sentenceOf(text); strings.ContainsFunc(strings.ReplaceAll(s, "x", ""), func(r rune) bool { return r >= 'a' && r <= 'z' }) {
						out = append(out, strings.TrimPrefix(s, "x: "))
					}
				}
				return true
			})
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// sayers are the functions that are handed a sentence, and as which argument.
var sayers = map[string]int{"damage": 0, "note": 0, "skip": 2, "lose": 1, "New": 0, "Errorf": 0}

// handed is the expression of a sentence that is handed on; nil for all else.
func handed(n ast.Node) ast.Expr {
	switch n := n.(type) {
	case *ast.KeyValueExpr:
		if key, ok := n.Key.(*ast.Ident); ok && (key.Name == "Reason" || key.Name == "why") {
			return n.Value
		}
	case *ast.CallExpr:
		name := ""
		switch f := n.Fun.(type) {
		case *ast.Ident:
			name = f.Name
		case *ast.SelectorExpr:
			name = f.Sel.Name
			if of, ok := f.X.(*ast.Ident); ok && name == "New" && of.Name != "errors" {
				return nil
			}
		}
		if name == "append" && len(n.Args) == 2 {
			switch of := n.Args[0].(type) {
			case *ast.Ident:
				if of.Name == "why" {
					return n.Args[1]
				}
			case *ast.SelectorExpr:
				if of.Sel.Name == "Because" {
					return n.Args[1]
				}
			}
		}
		if at, ok := sayers[name]; ok && len(n.Args) > at {
			return n.Args[at]
		}
	case *ast.ReturnStmt: // the words of a function that is asked for them
		if len(n.Results) == 1 {
			if lit, ok := n.Results[0].(*ast.BasicLit); ok && strings.Contains(lit.Value, " ") && sentenceLike.MatchString(lit.Value) {
				return lit
			}
		}
	}
	return nil
}

var (
	sentenceLike = regexp.MustCompile(`^"[a-z][a-z ,:;()A-Z]+"$`)
	verb         = regexp.MustCompile(`%[a-z]`)
)

func sentenceOf(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.BasicLit:
		text, err := strconv.Unquote(e.Value)
		if err != nil || e.Kind != token.STRING {
			return "x"
		}
		return verb.ReplaceAllStringFunc(strings.ReplaceAll(text, "%%", "\x00"), func(v string) string {
			return map[string]string{"%d": "7"}[v] + map[bool]string{true: "", false: "x"}[v == "%d"]
		})
	case *ast.BinaryExpr:
		return sentenceOf(e.X) + sentenceOf(e.Y)
	case *ast.CallExpr:
		if f, ok := e.Fun.(*ast.SelectorExpr); ok && f.Sel.Name == "Sprintf" {
			return strings.ReplaceAll(sentenceOf(e.Args[0]), "\x00", "%")
		}
	}
	return "x"
}
