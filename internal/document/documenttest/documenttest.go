// SPDX-License-Identifier: EUPL-1.2

// Package documenttest (Swedish: handlingsprov) lets tests open written
// documents in the programs that people open them in. Only tests import it.
package documenttest

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// patience is how long a conversion may hang before the test gives up; it takes
// seconds, and LibreOffice that waits for a window waits for ever.
const patience = 5 * time.Minute

// Tool finds a program that a test needs. Without it the test fails in CI and is
// skipped elsewhere, with a line on standard error that names the package.
func Tool(t testing.TB, program, debianPackage string) string {
	t.Helper()
	path, err := exec.LookPath(program)
	if err == nil {
		return path
	}
	message := fmt.Sprintf("%s needs %s, which is not here: install the package %s", t.Name(), program, debianPackage)
	if os.Getenv("CI") == "true" {
		t.Fatal(message)
		return ""
	}
	fmt.Fprintln(os.Stderr, "SKIPPED: "+message)
	t.Skip(message)
	return ""
}

// Convert has LibreOffice convert the file at path to the format that to names
// ("pdf", "txt", "ods", "fods") and gives the path of the result. It opens a web
// page or a CSV file as a spreadsheet, since that is where they do harm.
func Convert(t testing.TB, path, to string) string {
	t.Helper()
	return ConvertAll(t, to, path)[0]
}

// ConvertAll converts several files with one start of LibreOffice. Their names
// must differ, and all be opened in the way of the first.
func ConvertAll(t testing.TB, to string, paths ...string) []string {
	t.Helper()
	soffice := Tool(t, "soffice", "libreoffice-calc and libreoffice-writer")
	profile, out := t.TempDir(), t.TempDir()
	args := []string{"-env:UserInstallation=file://" + profile, "--headless", "--norestore", "--nolockcheck"}
	switch filepath.Ext(paths[0]) {
	case ".html":
		args = append(args, "--infilter=HTML (StarCalc)")
	case ".csv": // semicolon and comma both part, text is in quotes, 76 is UTF-8, and formulas are evaluated
		args = append(args, "--infilter=Text - txt - csv (StarCalc):59/44,34,76,1,,0,false,true,false,false,false,0,true")
	}
	args = append(args, "--convert-to", filter(to), "--outdir", out)
	args = append(args, paths...)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	said, err := exec.CommandContext(ctx, soffice, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("convert %s to %s: %v\n%s", paths, to, err, said)
	}
	results := make([]string, len(paths))
	for i, path := range paths {
		name := strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
		results[i] = filepath.Join(out, name+"."+to)
		if _, err := os.Stat(results[i]); err != nil {
			t.Fatalf("convert %s to %s: LibreOffice wrote nothing: %v\n%s", path, to, err, said)
		}
	}
	return results
}

// filter names LibreOffice's filter where the ending is not enough.
func filter(to string) string {
	if to == "txt" {
		return "txt:Text (encoded):UTF8"
	}
	return to
}

// Sheet is a sheet as LibreOffice reads it: what each cell shows, without the
// empty rows and cells at the end.
type Sheet struct {
	Name string
	Rows [][]string
	// Types are the types of the cells, such as "string", "float" and "date".
	Types [][]string
	// Formulas are the formulas found, which in a document of ours are none.
	Formulas []string
}

// RowsXLSX reads the sheets of a workbook through LibreOffice.
func RowsXLSX(t testing.TB, path string) []Sheet { t.Helper(); return Rows(t, path) }

// RowsODS reads the sheets of an OpenDocument spreadsheet through LibreOffice.
func RowsODS(t testing.TB, path string) []Sheet { t.Helper(); return Rows(t, path) }

// Rows reads any file that LibreOffice opens as a spreadsheet: XLSX, ODS, CSV
// and HTML.
func Rows(t testing.TB, path string) []Sheet {
	t.Helper()
	file, err := os.Open(Convert(t, path, "fods"))
	if err != nil {
		t.Fatalf("open converted %s: %v", path, err)
	}
	defer file.Close()
	sheets, err := readSheets(file)
	if err != nil {
		t.Fatalf("read converted %s: %v", path, err)
	}
	return sheets
}

// reader walks through a flat OpenDocument spreadsheet.
type reader struct {
	sheets []Sheet
	row    []string
	types  []string
	repeat int // how many times the row stands
	blank  int // empty rows seen, kept back until one that is not
	cell   struct {
		open   bool
		line   bool // a paragraph is open; what stands between them is indentation
		repeat int
		kind   string
		lines  []string
	}
}

func readSheets(r io.Reader) ([]Sheet, error) {
	dec, rd := xml.NewDecoder(r), &reader{}
	for {
		token, err := dec.Token()
		if err == io.EOF {
			return rd.sheets, nil
		}
		if err != nil {
			return nil, err
		}
		switch e := token.(type) {
		case xml.StartElement:
			rd.start(e)
		case xml.EndElement:
			rd.end(e.Name.Local)
		case xml.CharData:
			rd.write(string(e))
		}
	}
}

// attribute gives an attribute by its local name.
func attribute(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// times reads how many times something is repeated, which is once by default.
func times(e xml.StartElement, name string) int {
	if n, err := strconv.Atoi(attribute(e, name)); err == nil {
		return n
	}
	return 1
}

func (r *reader) start(e xml.StartElement) {
	switch e.Name.Local {
	case "table":
		r.sheets = append(r.sheets, Sheet{Name: attribute(e, "name")})
		r.blank = 0
	case "table-row":
		r.row, r.types, r.repeat = nil, nil, times(e, "number-rows-repeated")
	case "table-cell", "covered-table-cell":
		r.cell.open, r.cell.lines = true, nil
		r.cell.kind, r.cell.repeat = attribute(e, "value-type"), times(e, "number-columns-repeated")
		if f := attribute(e, "formula"); f != "" {
			s := &r.sheets[len(r.sheets)-1]
			s.Formulas = append(s.Formulas, f)
		}
	case "p":
		if r.cell.open {
			r.cell.line = true
			r.cell.lines = append(r.cell.lines, "")
		}
	case "s":
		r.write(strings.Repeat(" ", times(e, "c")))
	case "tab":
		r.write("\t")
	case "line-break":
		r.write("\n")
	}
}

// write adds text to the line of the cell that is open.
func (r *reader) write(text string) {
	if r.cell.line {
		r.cell.lines[len(r.cell.lines)-1] += text
	}
}

func (r *reader) end(name string) {
	switch name {
	case "p":
		r.cell.line = false
	case "table-cell", "covered-table-cell":
		text := strings.Join(r.cell.lines, "\n")
		r.cell.open = false
		if text == "" && r.cell.repeat > 1000 { // the empty rest of the row
			return
		}
		for range r.cell.repeat {
			r.row = append(r.row, text)
			r.types = append(r.types, r.cell.kind)
		}
	case "table-row":
		r.endRow()
	}
}

// endRow keeps the row, and the empty ones before it, unless it is empty.
func (r *reader) endRow() {
	if len(r.sheets) == 0 {
		return
	}
	for len(r.row) > 0 && r.row[len(r.row)-1] == "" {
		r.row = r.row[:len(r.row)-1]
		r.types = r.types[:len(r.row)]
	}
	if len(r.row) == 0 {
		r.blank += r.repeat
		return
	}
	s := &r.sheets[len(r.sheets)-1]
	for ; r.blank > 0; r.blank-- {
		s.Rows, s.Types = append(s.Rows, nil), append(s.Types, nil)
	}
	for range r.repeat {
		s.Rows, s.Types = append(s.Rows, r.row), append(s.Types, r.types)
	}
}

// Plain gives the text of a document as pandoc reads it, without line breaks of
// its own. It takes DOCX and HTML.
func Plain(t testing.TB, path string) string {
	t.Helper()
	return pandoc(t, path, "plain")
}

func pandoc(t testing.TB, path, to string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	out, err := exec.CommandContext(ctx, Tool(t, "pandoc", "pandoc"), "--wrap=none", "--to", to, path).Output()
	if err != nil {
		t.Fatalf("read %s with pandoc: %v", path, err)
	}
	return string(out)
}

// Text is a document as pandoc reads it.
type Text struct {
	Title    string
	Subtitle string // of a DOCX file; a page has none
	Headings []Heading
	Tables   []Table
}

// Heading is a heading and its level.
type Heading struct {
	Level int
	Text  string
}

// Table is a table with its header rows apart.
type Table struct{ Header, Rows [][]string }

// RowsDOCX reads the tables of a DOCX file through pandoc.
func RowsDOCX(t testing.TB, path string) []Table { t.Helper(); return Read(t, path).Tables }

// Read reads the headings and tables of a DOCX or HTML file through pandoc.
func Read(t testing.TB, path string) Text {
	t.Helper()
	var file struct {
		Meta   map[string]any `json:"meta"`
		Blocks []any          `json:"blocks"`
	}
	if err := json.Unmarshal([]byte(pandoc(t, path, "json")), &file); err != nil {
		t.Fatalf("read what pandoc says of %s: %v", path, err)
	}
	text := Text{Title: inline(file.Meta["title"]), Subtitle: inline(file.Meta["subtitle"])}
	text.walk(file.Blocks)
	return text
}

// walk looks for headings and tables in pandoc's tree, where a node is a type
// "t" and a content "c".
func (x *Text) walk(node any) {
	switch n := node.(type) {
	case []any:
		for _, child := range n {
			x.walk(child)
		}
	case map[string]any:
		content, _ := n["c"].([]any)
		switch {
		case n["t"] == "Header" && len(content) == 3:
			level, _ := content[0].(float64)
			x.Headings = append(x.Headings, Heading{Level: int(level), Text: inline(content[2])})
		case n["t"] == "Table" && len(content) == 6:
			x.Tables = append(x.Tables, table(content))
		default:
			x.walk(n["c"])
		}
	}
}

// table reads a table: its head at 3 and its bodies at 4.
func table(content []any) Table {
	out := Table{Header: rows(at(content[3], 1))}
	bodies, _ := content[4].([]any)
	for _, body := range bodies {
		out.Rows = append(out.Rows, rows(at(body, 3))...)
	}
	return out
}

// rows reads rows, whose cells stand at 1 and have their text at 4.
func rows(node any) [][]string {
	var out [][]string
	list, _ := node.([]any)
	for _, row := range list {
		cells, _ := at(row, 1).([]any)
		texts := make([]string, len(cells))
		for i, cell := range cells {
			texts[i] = inline(at(cell, 4))
		}
		out = append(out, texts)
	}
	return out
}

func at(node any, i int) any {
	if list, ok := node.([]any); ok && i < len(list) {
		return list[i]
	}
	return nil
}

// inline is the text under a node.
func inline(node any) string {
	switch n := node.(type) {
	case []any:
		text := ""
		for _, child := range n {
			text += inline(child)
		}
		return text
	case map[string]any:
		switch n["t"] {
		case "Str":
			s, _ := n["c"].(string)
			return s
		case "Space", "SoftBreak":
			return " "
		case "LineBreak":
			return "\n"
		case "Link", "Span", "Code", "Quoted":
			return inline(at(n["c"], 1))
		}
		return inline(n["c"])
	}
	return ""
}
