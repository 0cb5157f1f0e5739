// SPDX-License-Identifier: EUPL-1.2

package cli

import (
	"archive/zip"
	"bytes"
	"flag"
	"go/ast"
	"go/parser"
	"go/token"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/alecthomas/kong"
	"github.com/google/go-cmp/cmp"

	"github.com/insegel/insegel/internal/discovery"
	"github.com/insegel/insegel/internal/discovery/detect"
	"github.com/insegel/insegel/internal/discovery/source"
	"github.com/insegel/insegel/internal/locale"
)

var update = flag.Bool("update", false, "write the golden files")

// The whole answer of a scan, in each language: numbers, columns, documents, what was not read and why, and the sum.
func TestAnswerOfAScan(t *testing.T) {
	golden, err := filepath.Abs("testdata")
	if err != nil {
		t.Fatal(err)
	}
	rules, err := detect.Load(os.DirFS("../../data/detectors"))
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	share(t)
	for _, lang := range locale.Languages {
		words, err := newScanWords(lang, rules)
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		table := newScanTable(&out, rules, words)
		o := discovery.Options{Rules: rules, Key: discovery.NewKey(), Workers: 1, Now: time.Now, OpenDatabase: source.OpenDatabase, Progress: &discovery.Progress{}}
		if o.Detectors, err = rules.Choose(nil); err != nil {
			t.Fatal(err)
		}
		sum, err := discovery.Scan(t.Context(), []string{"delat", "nowhere", "oracle://a:b@db/x", "sqlite:nowhere.db"}, o, table)
		if err != nil {
			t.Fatal(err)
		}
		sum.Elapsed, sum.Unchanged, sum.UnchangedFound = 1234567*time.Microsecond, 2, 1500
		sum.Samples = []source.Sample{{Table: "public.boende", Rows: 100_000, Read: 4603}, {Table: "public.vy", Read: 10, NotDrawn: true}, {Table: "public.kort", Read: 1, Full: true}}
		if err := table.Summary(&sum); err != nil {
			t.Fatal(err)
		}
		if err := table.Close(); err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(golden, "scan."+lang+".txt")
		if *update {
			if err := os.WriteFile(file, out.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(sorted(string(want)), sorted(out.String())); d != "" {
			t.Errorf("%s (-want +got); -update writes it:\n%s", lang, d)
		}
		before, after := words.progress(o.Progress)
		if want := map[string]string{"sv": " filer, ", "en": " files, "}[lang]; !strings.Contains(before, want) || !strings.HasSuffix(after, " MB ") {
			t.Errorf("the bar has %q and %q", before, after)
		}
	}
}

// sorted are the lines of a text: what is found while the sources are walked, and what in them, come at the same time.
func sorted(text string) []string {
	return slices.Sorted(strings.SplitSeq(text, "\n"))
}

// share makes files to look through.
func share(t *testing.T) {
	t.Helper()
	write := func(name string, content []byte) {
		t.Helper()
		if err := os.WriteFile(filepath.Join("delat", name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir("delat", 0o700); err != nil {
		t.Fatal(err)
	}
	rows := []byte("namn;pnr;tid\n")
	for i := range 1200 {
		rows = append(rows, "A;18900603-9813;2024"+strconv.Itoa(10_000 + i)[1:]+"1200\n"...)
	}
	write("register.csv", rows)
	write("beslut.txt", []byte("Personnumret är 189006039813. Han har missbrukat alkohol och narkotika. Missbruket: alkoholmissbruk, narkotikamissbruk, överdos. E-post: a@example.se.\n"))
	write("bild.png", []byte("\x89PNG\r\n\x1a\n0000"))
	var packed bytes.Buffer
	z := zip.NewWriter(&packed)
	for _, name := range []string{"öppet.txt", "hemligt.txt"} {
		w, err := z.CreateRaw(&zip.FileHeader{Name: name, CompressedSize64: 4, UncompressedSize64: 4, CRC32: crc32.ChecksumIEEE([]byte("Text")), Flags: map[bool]uint16{true: 1}[name == "hemligt.txt"]})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, "Text"); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	write("arkiv.zip", packed.Bytes())
	write("trasig.zip", packed.Bytes()[:packed.Len()-30])
}

// Every text of the help of a command that answers in both languages has both, and Swedish help is as wide as a terminal at most.
func TestHelpInBothLanguages(t *testing.T) {
	parser, err := newParser(&commands{}, io.Discard, io.Discard, func(int) {})
	if err != nil {
		t.Fatal(err)
	}
	bundle, err := texts()
	if err != nil {
		t.Fatal(err)
	}
	sv, en := bundle.In("sv").Phrases("cli.help-"), bundle.In("en").Phrases("cli.help-")
	check := func(text string) {
		if said, ok := en.Say(text); !ok || said != text {
			t.Errorf("no cli.help- in messages.yaml is %q", text)
		}
		if said, ok := sv.Say(text); !ok || said == text {
			t.Errorf("%q is %q in Swedish", text, said)
		}
	}
	var walk func(n *kong.Node)
	walk = func(n *kong.Node) {
		if n.Hidden {
			return
		}
		check(n.Help)
		for _, a := range n.Positional {
			check(a.Help)
		}
		for _, f := range n.Flags {
			check(f.Help)
		}
		for _, c := range n.Children {
			walk(c)
		}
	}
	for _, c := range parser.Model.Children {
		if slices.Contains(bilingual, c.Name) {
			walk(c)
		}
	}
	t.Setenv("COLUMNS", "")
	t.Setenv("LC_ALL", "sv_SE.UTF-8")
	for _, args := range [][]string{{"scan"}, {"probe"}, {"probe", "login"}, {"probe", "tls"}} {
		var out bytes.Buffer
		if code := Main(append(args, "--help"), nil, &out, &out); code != exitDone {
			t.Errorf("%v: %d", args, code)
		}
		for line := range strings.Lines(out.String()) {
			if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > 80 || slices.Contains([]string{"Usage:", "Flags:", "Arguments:", "Commands:"}, strings.TrimSpace(line)) {
				t.Errorf("%v: %d wide: %s", args, n, line)
			}
		}
		if !strings.HasPrefix(out.String(), "Användning: insegel "+args[0]) {
			t.Errorf("%v: %s", args, out.String())
		}
	}
}

// Whatever a command that answers in both languages says of a fault of its own has both.
func TestFaultsInBothLanguages(t *testing.T) {
	sv, en := &streams{lang: "sv"}, &streams{lang: "en"}
	verbs, seen := regexp.MustCompile(`%[a-z]`), 0
	for _, name := range []string{"scan.go", "probe.go"} {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) == 0 {
				return true
			}
			ident, isIdent := call.Fun.(*ast.Ident)
			sel, isSel := call.Fun.(*ast.SelectorExpr)
			lit, isLit := call.Args[0].(*ast.BasicLit)
			if !isLit || !(isIdent && ident.Name == "usage" || isSel && sel.Sel.Name == "Errorf") {
				return true
			}
			text, err := strconv.Unquote(lit.Value)
			if err != nil {
				t.Fatal(err)
			}
			if text = verbs.ReplaceAllString(strings.ReplaceAll(text, "%d", "7"), "x"); strings.HasSuffix(text, ": x") { // says what another says
				return true
			}
			seen++
			if got := en.say(text); got != text {
				t.Errorf("%q is %q in English", text, got)
			}
			if got := sv.say(text); got == text {
				t.Errorf("no cli.said- in messages.yaml is %q", text)
			}
			return true
		})
	}
	if seen < 5 {
		t.Errorf("only %d faults were found in the code", seen)
	}
	for fault, want := range map[string]string{
		"interrupted; nothing half-done was kept":                                   "avbrutet; inget halvfärdigt finns kvar",
		"a: a pipe\nread state: x: permission denied":                               "a: ett namngivet rör\nfilen i --state gick inte att läsa: x: behörighet saknas",
		`--workers: expected a valid 64 bit int but got "x"`:                        `--workers: skriv ett heltal i stället för "x"`,
		`unknown flag --jsn, did you mean "--json"?`:                                `flaggan --jsn finns inte. Menade du "--json"?`,
		`--zone must be one of "","lan" but got "x"`:                                `--zone: välj ett av "","lan" i stället för "x"`,
		"1 files or parts of files could not be read; each is told with its reason": "en fil eller en del av en fil gick inte att läsa; den står ovan med orsaken",
	} {
		if got := sv.say(fault); got != want {
			t.Errorf("%q is %q, want %q", fault, got, want)
		}
		if got := (&streams{}).say(fault); got != fault {
			t.Errorf("%q is changed for a command of one language: %q", fault, got)
		}
	}
}
