// SPDX-License-Identifier: EUPL-1.2

package register

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"
)

// overlay is what the shown text of a sheet does not tell: which cells are formulas, and what day a date is. The reading
// library knows both one cell at a time, searching the sheet each time; one pass over the sheet's own XML is quicker.
type overlay struct {
	formulas map[cellAt]string
	dates    map[cellAt]string
}

type cellAt struct{ row, column int }

// apply puts formulas and dates into a row. What a formula shows is kept beside it.
func (o *overlay) apply(l *Line) {
	if o == nil {
		return
	}
	for c := range l.Cells {
		at := cellAt{l.Number, c}
		if d, ok := o.dates[at]; ok {
			l.Cells[c] = d
		}
		if f, ok := o.formulas[at]; ok {
			if l.Shown == nil {
				l.Shown = map[int]string{}
			}
			l.Shown[c], l.Cells[c] = l.Cells[c], f
		}
	}
}

// parts unpacks the XML parts that describe sheets. Sizes were checked before.
func parts(b []byte) map[string][]byte {
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return nil
	}
	out := map[string][]byte{}
	for _, f := range z.File {
		name := strings.ReplaceAll(f.Name, `\`, "/")
		lower := strings.ToLower(name)
		if !strings.HasPrefix(lower, "xl/") || !strings.HasSuffix(lower, ".xml") && !strings.HasSuffix(lower, ".rels") || strings.HasPrefix(lower, "xl/media/") {
			continue
		}
		r, err := f.Open()
		if err != nil {
			continue
		}
		part, err := io.ReadAll(io.LimitReader(r, maxBytes))
		_ = r.Close() // read only
		if err == nil {
			out[name] = part
		}
	}
	return out
}

// sheetPart finds the XML of a sheet by way of the workbook's list and its relations.
func (w *workbook) sheetPart(sheet string) []byte {
	var book struct {
		Sheets []struct {
			Name string `xml:"name,attr"`
			Rel  string `xml:"http://schemas.openxmlformats.org/officeDocument/2006/relationships id,attr"`
		} `xml:"sheets>sheet"`
	}
	var rels struct {
		All []struct {
			ID     string `xml:"Id,attr"`
			Target string `xml:"Target,attr"`
		} `xml:"Relationship"`
	}
	if xml.Unmarshal(w.parts["xl/workbook.xml"], &book) != nil || xml.Unmarshal(w.parts["xl/_rels/workbook.xml.rels"], &rels) != nil {
		return nil
	}
	for _, s := range book.Sheets {
		if s.Name != sheet {
			continue
		}
		for _, r := range rels.All {
			if r.ID == s.Rel {
				if strings.HasPrefix(r.Target, "/") {
					return w.parts[strings.TrimPrefix(r.Target, "/")]
				}
				return w.parts[path.Join("xl", r.Target)]
			}
		}
	}
	return nil
}

// overlay reads formulas and dates of a sheet. A sheet without either has none, and costs nothing.
func (w *workbook) overlay(sheet string) (*overlay, *FileError) {
	part := w.sheetPart(sheet)
	styles := w.dateStyles()
	if part == nil || len(styles) == 0 && !bytes.Contains(part, []byte("<f")) {
		return nil, nil
	}
	props, err := w.file.GetWorkbookProps()
	if err != nil {
		return nil, &FileError{Reason: because("file-broken"), Cause: err}
	}
	s := scan{
		overlay: overlay{formulas: map[cellAt]string{}, dates: map[cellAt]string{}}, styles: styles,
		shared: map[string]string{}, from1904: props.Date1904 != nil && *props.Date1904,
	}
	d := xml.NewDecoder(bytes.NewReader(part))
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return &s.overlay, nil
		}
		if err != nil {
			return nil, &FileError{Reason: because("file-broken"), Cause: err}
		}
		s.see(token)
	}
}

// dateStyles are the numbers of the styles that show a day.
func (w *workbook) dateStyles() map[string]bool {
	out := map[string]bool{}
	if w.file.Styles == nil || w.file.Styles.CellXfs == nil {
		return out
	}
	custom := map[int]string{}
	if w.file.Styles.NumFmts != nil {
		for _, n := range w.file.Styles.NumFmts.NumFmt {
			custom[n.NumFmtID] = n.FormatCode
		}
	}
	for i, xf := range w.file.Styles.CellXfs.Xf {
		if xf.NumFmtID != nil && dateFormat(*xf.NumFmtID, custom) {
			out[strconv.Itoa(i)] = true
		}
	}
	return out
}

// dateFormat reports whether a number format shows a day: one of the built-in ones, or an own one with a year or a day in it.
func dateFormat(id int, custom map[int]string) bool {
	switch {
	case id >= 14 && id <= 17, id == 22, id >= 27 && id <= 31, id == 36, id >= 50 && id <= 58:
		return true
	}
	plain, quoted, bracket := strings.Builder{}, false, false
	for _, r := range strings.ToLower(custom[id]) {
		switch {
		case r == '"':
			quoted = !quoted
		case quoted:
		case r == '[':
			bracket = true
		case r == ']':
			bracket = false
		case !bracket:
			plain.WriteRune(r)
		}
	}
	code := plain.String()
	return strings.Contains(code, "yy") || strings.Contains(code, "åå") || strings.Contains(code, "d") && strings.Contains(code, "m")
}

// scan walks through the cells of a sheet.
type scan struct {
	overlay
	styles   map[string]bool
	shared   map[string]string // a formula that several cells share, by its number
	from1904 bool

	row, column int
	kind, style string
	share       string
	in          string // the element whose text is being read: "f" or "v"
	text        strings.Builder
}

func (s *scan) see(token xml.Token) {
	switch t := token.(type) {
	case xml.StartElement:
		s.start(t)
	case xml.CharData:
		if s.in != "" {
			s.text.Write(t)
		}
	case xml.EndElement:
		if t.Name.Local == s.in {
			s.end()
		}
	}
}

func (s *scan) start(e xml.StartElement) {
	attr := func(name string) string {
		for _, a := range e.Attr {
			if a.Name.Local == name {
				return a.Value
			}
		}
		return ""
	}
	switch e.Name.Local {
	case "row":
		s.row++
		if n, err := strconv.Atoi(attr("r")); err == nil {
			s.row = n
		}
		s.column = -1
	case "c":
		s.column++
		if c, r, err := excelize.CellNameToCoordinates(attr("r")); err == nil {
			s.column, s.row = c-1, r
		}
		s.kind, s.style = attr("t"), attr("s")
	case "f":
		s.share = ""
		if attr("t") == "shared" {
			s.share = attr("si")
		}
		s.in = "f"
		s.text.Reset()
	case "v":
		s.in = "v"
		s.text.Reset()
	}
}

func (s *scan) end() {
	at, text := cellAt{s.row, s.column}, s.text.String()
	switch s.in {
	case "f":
		if s.share != "" && text != "" {
			s.shared[s.share] = text
		}
		if text == "" {
			text = s.shared[s.share]
		}
		s.formulas[at] = "=" + text
	case "v":
		if (s.kind == "" || s.kind == "n") && s.styles[s.style] {
			if d, ok := serialDay(text, s.from1904); ok {
				s.dates[at] = d
			}
		}
	}
	s.in = ""
}

// serialDay turns a spreadsheet's number of a day into ISO form.
func serialDay(text string, from1904 bool) (string, bool) {
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || n < 1 || n > lastSerial {
		return "", false
	}
	t, err := excelize.ExcelDateToTime(n, from1904)
	if err != nil {
		return "", false
	}
	return t.Format(time.DateOnly), true
}

// lastSerial is 9999-12-31, the last day that spreadsheets know.
const lastSerial = 2_958_465
