// SPDX-License-Identifier: EUPL-1.2

package app_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// Why a parameter of a page has none in the API.
const (
	// pageNumber is what every list of the API takes, by the name page.
	pageNumber = "which page of a list"
	prefilled  = "what a form begins with: a program sends what it means"
	partOfPage = "which part of a page is shown; the operation answers with all of it"
	folded     = "whether a page shows a few or all; the operation gives all, page by page"
	afterwards = "what a page says of what was just done"
	ofFile     = "which form a file has"
	byDoor     = "persons are read by a directory, with SCIM, which has filters of its own"
	ofReview   = "a list that is being imported step by step; a program sends it whole, and reads the preview whole"
	ofPicture  = "the national picture is open data, with an interface of its own (docs/national.md)"
	inEvents   = "what a system was on a day follows from its events, which list-log gives by day and system"
	byRows     = "a sum of rows that list-systems and list-evidence give, which the page adds up"
)

// pageAsks says for each parameter that a page reads from its address which operation takes the same, and by what name; or why none does. A
// page's name is its package, and where two pages of one package mean different things by one name, both are given.
var pageAsks = map[string][]string{
	"action ansvarig":    {"list-actions owner"},
	"action forvaltning": {"list-actions unit"},
	"action nar":         {"list-actions group"},
	"action status":      {"list-actions status"},
	"action visa":        {"get-system-plan show"},
	"action systemen":    {pageNumber},
	"action krav":        {partOfPage},
	"action angra":       {afterwards},
	"action version":     {afterwards},

	"campaign ar":   {"get-year year"},
	"campaign blad": {partOfPage},

	"classification fraga": {partOfPage},
	"evidence krav":        {"list-evidence subject"},
	"evidence om":          {"list-evidence subject"},

	"finding kalla": {"list-findings source"},
	"finding slag":  {"list-findings kind"},
	"finding visa":  {"list-findings view"},

	"followup serie": {"list-indicators series"},
	"followup visa":  {folded},

	"incident av":         {"list-incidents origin"},
	"incident format":     {ofFile},
	"incident handelse":   {prefilled},
	"incident id":         {afterwards},
	"incident leverantor": {prefilled},
	"incident rubrik":     {prefilled},
	"incident system":     {prefilled},
	"incident upptackt":   {prefilled},

	"measurement pagar":  {afterwards},
	"measurement system": {"list-targets system"},
	"measurement slag":   {prefilled},

	"national indikator": {ofPicture},
	"national period":    {ofPicture, "preview-submission period", "preview-concentration period"},
	"national serie":     {ofPicture},
	"national visa":      {ofPicture},

	"organisation q":    {byDoor},
	"organisation roll": {byDoor},
	"organisation visa": {byDoor},
	"organisation v":    {partOfPage},

	"overview agare":        {"list-systems owner", "export-systems owner"},
	"overview alla":         {folded},
	"overview aspekt":       {"list-systems aspect", "export-systems aspect"},
	"overview berors":       {"list-laws concerns"},
	"overview datum":        {"list-suppliers days_near", inEvents},
	"overview fore":         {"list-log below"},
	"overview format":       {"export-systems format"},
	"overview forvaltning":  {"list-systems unit", "export-systems unit", byRows},
	"overview fraga":        {"list-systems ask", "export-systems ask"},
	"overview fran":         {"list-log from", "export-log from"},
	"overview galler":       {"list-laws force"},
	"overview grund":        {"list-laws basis"},
	"overview handelse":     {"list-log action", "export-log action"},
	"overview kontrollerad": {"list-laws verified"},
	"overview krav":         {"list-systems requirements", "export-systems requirements"},
	"overview lage":         {"list-systems standing", "export-systems standing"},
	"overview mal":          {byRows},
	"overview niva":         {"list-systems level", "export-systems level"},
	"overview omrade":       {"list-information-types area", "list-system-requirements topic"},
	"overview q":            {"list-systems q", "export-systems q", "list-information-types q", "list-laws q", "search q", "list-suppliers q"},
	"overview roll":         {"list-system-requirements role"},
	"overview sekretess":    {ofFile},
	"overview slag":         {"list-system-requirements kind"},
	"overview sortera":      {"list-systems sort", "export-systems sort"},
	"overview status":       {"list-system-requirements status"},
	"overview steg":         {"list-systems step", "export-systems step"},
	"overview system":       {"list-log system", "export-log system"},
	"overview till":         {"list-log to", "export-log to"},
	"overview tredjeland":   {"list-suppliers transfer"},
	"overview utan-avtal":   {"list-suppliers without_agreement"},
	"overview vem":          {"list-log actor", "export-log actor"},
	"overview visa":         {"list-tasks scope", "list-all-dependencies show"},

	"processing forvaltning": {"list-processings unit"},
	"processing grund":       {"list-processings basis"},
	"processing information": {"list-processings information"},
	"processing kansliga":    {"list-processings special"},
	"processing q":           {"list-processings q"},
	"processing roll":        {"list-processings role"},
	"processing saknas":      {"list-processings missing"},
	"processing system":      {"list-processings system"},
	"processing tredjeland":  {"list-processings transfer"},

	"procurement byTopic":   {partOfPage},
	"procurement byWeight":  {partOfPage},
	"procurement viewOf":    {partOfPage},
	"procurement fran":      {partOfPage},
	"procurement omrade":    {partOfPage},
	"procurement planerade": {"list-systems state"},
	"procurement q":         {"list-systems q"},
	"procurement till":      {partOfPage},

	"register blad": {ofReview},
	"register visa": {ofReview},

	"report akt-sarbarheter": {"write-account weaknesses"},
	"report anskaffning":     {prefilled},
	"report enhet":           {"write-account unit"},
	"report format":          {"write-report format"},
	"report intern":          {"write-report internal"},
	"report lang":            {"write-report lang"},
	"report sarbarheter":     {"write-account weaknesses"},
	"report skal":            {"write-report reasons"},
	"report slag":            {prefilled},
	"report system":          {"write-report system"},

	"risk behandling": {"list-risks treatment"},
	"risk hot":        {prefilled},
	"risk k":          {"list-risks consequence"},
	"risk niva":       {"list-risks rank"},
	"risk s":          {"list-risks likelihood"},

	"whatif format": {ofFile},
}

// Whatever a page can be asked in its address, a program can ask: every parameter that a page reads has one in the operation that gives the
// same list, or a written reason why not.
func TestPagesAndAPIAreAskedTheSame(t *testing.T) {
	takes := map[string]bool{}
	for _, op := range apiOperations(t, open(t, "sqlite:"+filepath.Join(t.TempDir(), "a.db"))) {
		for _, p := range op.Takes {
			if name, ok := strings.CutPrefix(p, "query "); ok {
				takes[op.ID+" "+name] = true
			}
		}
	}
	read := pageParameters(t)
	if len(read) < 80 {
		t.Fatalf("only %d parameters were found in the pages", len(read))
	}
	for _, p := range read {
		if _, name, _ := strings.Cut(p, " "); name != "sida" && len(pageAsks[p]) == 0 {
			t.Errorf("a page reads %s from its address, and nothing is said of the API", p)
		}
	}
	for p, as := range pageAsks {
		if !slices.Contains(read, p) {
			t.Errorf("no page reads %s any more", p)
		}
		for _, a := range as {
			if id, name, ok := strings.Cut(a, " "); ok && !strings.Contains(name, " ") && !takes[a] {
				t.Errorf("a page reads %s, and %s does not take %s", p, id, name)
			}
		}
	}
}

// pageParameters finds what the pages read from their addresses, as "package parameter". Sign-in is left out: its addresses are made by
// other programs.
func pageParameters(t *testing.T) (out []string) {
	t.Helper()
	ok(t, filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() || !strings.HasPrefix(name, "page") || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") || strings.Contains(path, "/auth/") {
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if p := parameter(n); p != "" {
				out = append(out, f.Name.Name+" "+p)
			}
			return true
		})
		return nil
	}))
	slices.Sort(out)
	return slices.Compact(out)
}

// readers are what a page calls to read one parameter: the context's own, and what some pages call theirs.
var readers = []string{"Query", "query", "set", "number", "get"}

// parameter gives the name of the parameter that an expression reads: as it is written, or the constant that holds it. "" when it reads
// none, or one whose name is a variable.
func parameter(n ast.Node) string {
	call, ok := n.(*ast.CallExpr)
	if !ok || len(call.Args) != 1 {
		return ""
	}
	var called string
	switch f := call.Fun.(type) {
	case *ast.Ident:
		called = f.Name
	case *ast.SelectorExpr:
		called = f.Sel.Name
	}
	if !slices.Contains(readers, called) {
		return ""
	}
	switch a := call.Args[0].(type) {
	case *ast.BasicLit:
		p, _ := strconv.Unquote(a.Value) // what is no string is no parameter
		return p
	case *ast.Ident:
		if called == "Query" && a.Name != "name" {
			return a.Name
		}
	}
	return ""
}
