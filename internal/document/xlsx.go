// SPDX-License-Identifier: EUPL-1.2

package document

import (
	"fmt"
	"io"
	"strings"

	"github.com/xuri/excelize/v2"
)

const (
	// maxCellText is the longest text Excel takes in a cell, in UTF-16 units.
	maxCellText = 32767
	// maxSheetRows is how many rows a sheet has in Excel and LibreOffice.
	maxSheetRows = 1048576
	// maxSheetColumns is how many columns a sheet has in Excel.
	maxSheetColumns = 16384
	// maxSheetLinks bounds the links of a sheet. Excel takes 65 529, but excelize
	// looks through all before each new one; the cells after keep their text.
	maxSheetLinks = 10000
)

// book is a workbook being written.
type book struct {
	*excelize.File
	l      *layout
	styles map[look]int
}

// writeXLSX writes a sheet about the document and then one for each table, row
// by row; excelize moves what grows above 16 MB to a temporary file.
func writeXLSX(w io.Writer, l *layout) (err error) {
	if err := checkSheets(l); err != nil {
		return err
	}
	b := &book{File: excelize.NewFile(), l: l, styles: map[look]int{}}
	defer func() {
		if e := b.Close(); err == nil {
			err = e
		}
	}()
	if err := b.properties(); err != nil {
		return err
	}
	if err := b.SetSheetName("Sheet1", l.words.about); err != nil {
		return err
	}
	for _, s := range l.sheets {
		if _, err := b.NewSheet(s.name); err != nil {
			return err
		}
	}
	if err := b.about(); err != nil {
		return fmt.Errorf("sheet %q: %w", l.words.about, err)
	}
	for _, s := range l.sheets {
		if err := b.table(s); err != nil {
			return fmt.Errorf("sheet %q: %w", s.name, err)
		}
	}
	// Straight to w: excelize would hold the whole finished file first.
	b.SetZipWriter(func(io.Writer) excelize.ZipWriter { return newSortedZip(w, l.Created) })
	_, err = b.WriteTo(io.Discard)
	return err
}

// checkSheets refuses tables that no workbook holds.
func checkSheets(l *layout) error {
	for _, s := range l.sheets {
		if len(s.Rows) >= maxSheetRows || len(s.Columns) > maxSheetColumns {
			return fmt.Errorf("table %q has %d rows and %d columns, a sheet holds %d and %d",
				s.title, len(s.Rows), len(s.Columns), maxSheetRows-1, maxSheetColumns)
		}
	}
	return nil
}

// properties fills in what the file says about itself.
func (b *book) properties() error {
	stamp := b.l.stamp()
	if stamp == "" {
		stamp = zipTime(b.l.Created).Format("2006-01-02T15:04:05Z")
	}
	err := b.SetDocProps(&excelize.DocProperties{
		Title: oneLine(clean(b.l.Title)), Subject: oneLine(clean(b.l.Subtitle)),
		Creator: b.l.author(), LastModifiedBy: b.l.author(), ContentStatus: oneLine(clean(b.l.Status)),
		Created: stamp, Modified: stamp, Language: b.l.words.locale,
	})
	if err != nil {
		return err
	}
	return b.SetAppProps(&excelize.AppProperties{Application: b.l.fallback})
}

// look is how a cell looks; each is made a style once.
type look struct {
	kind   lookKind
	strong bool
	link   bool
	quoted bool
}

type lookKind int

const (
	lookText lookKind = iota
	lookNumber
	lookDate
	lookTime
	lookHeader
	lookTitle
	lookSubtitle
	lookHeading
	lookStatus
)

// style gives the number of the style for k. A quoted one tells Excel that the
// text stays text even when someone edits the cell; excelize has no setting for
// it, so it is a copy of the plain style with the mark added.
func (b *book) style(k look) (int, error) {
	if id, ok := b.styles[k]; ok {
		return id, nil
	}
	id, err := b.NewStyle(k.excel())
	if err != nil {
		return 0, err
	}
	if k.quoted {
		quote := true
		xfs := b.Styles.CellXfs
		copied := xfs.Xf[id]
		copied.QuotePrefix = &quote
		xfs.Xf = append(xfs.Xf, copied)
		xfs.Count = len(xfs.Xf)
		id = len(xfs.Xf) - 1
	}
	b.styles[k] = id
	return id, nil
}

// excel describes the look as excelize wants it.
func (k look) excel() *excelize.Style {
	s := &excelize.Style{
		Font:      &excelize.Font{Family: "Calibri", Size: 11, Bold: k.strong},
		Alignment: &excelize.Alignment{Vertical: "top", WrapText: true},
	}
	if k.link {
		s.Font.Color, s.Font.Underline = "0B4F8A", "single"
	}
	format := ""
	switch k.kind {
	case lookDate:
		format = "yyyy-mm-dd"
	case lookTime:
		format = "yyyy-mm-dd hh:mm"
	case lookHeader:
		s.Font.Bold, s.Font.Color = true, "FFFFFF"
		s.Fill = excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"1F3A5F"}}
	case lookTitle:
		s.Font.Bold, s.Font.Size = true, 18
		s.Alignment.WrapText = false
	case lookSubtitle:
		s.Alignment.WrapText = false
	case lookHeading:
		s.Font.Bold, s.Font.Size = true, 13
		s.Alignment.WrapText = false
	case lookStatus:
		s.Font.Bold, s.Font.Color = true, "7A2E00"
		s.Fill = excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"FFF1DC"}}
	}
	if format != "" {
		s.CustomNumFmt = &format
	}
	return s
}

// xlsxSheet is a sheet being streamed.
type xlsxSheet struct {
	*book
	stream *excelize.StreamWriter
	name   string
	row    int
	links  int
}

// open starts a sheet with what has to stand before its rows.
func (b *book) open(name string, wide bool, widths []float64) (*xlsxSheet, error) {
	fit := true
	if err := b.SetSheetProps(name, &excelize.SheetPropsOptions{FitToPage: &fit}); err != nil {
		return nil, err
	}
	sw, err := b.NewStreamWriter(name)
	if err != nil {
		return nil, err
	}
	for i, width := range widths {
		if err := sw.SetColWidth(i+1, i+1, width); err != nil {
			return nil, err
		}
	}
	if err := b.page(name, wide); err != nil {
		return nil, err
	}
	return &xlsxSheet{book: b, stream: sw, name: name}, nil
}

// page sets how the sheet prints: A4, as many pages high as it takes, with the
// title and the status at the top.
func (b *book) page(name string, wide bool) error {
	paper, width, height, orientation := 9, 1, 0, "portrait" // 9 is A4
	if wide {
		orientation = "landscape"
	}
	err := b.SetPageLayout(name, &excelize.PageLayoutOptions{
		Size: &paper, Orientation: &orientation, FitToWidth: &width, FitToHeight: &height,
	})
	if err != nil {
		return err
	}
	// A header holds 255 characters in all, and an ampersand in it is doubled.
	short := func(s string, n int) string {
		return strings.ReplaceAll(truncate(oneLine(clean(s)), n), "&", "&&")
	}
	return b.SetHeaderFooter(name, &excelize.HeaderFooterOptions{
		OddHeader: "&L" + short(b.l.Title, 80) + "&R" + short(b.l.Status, 40),
		OddFooter: "&L" + b.l.date() + "&R" + b.l.words.page + " &P " + b.l.words.of + " &N",
	})
}

// add writes a row of cells that were made by text or value. The program that
// opens the file works out its height.
func (s *xlsxSheet) add(cells ...any) error { return s.addHigh(0, cells...) }

// addHigh writes a row of a height in points.
func (s *xlsxSheet) addHigh(height float64, cells ...any) error {
	s.row++
	at, err := excelize.CoordinatesToCellName(1, s.row)
	if err != nil {
		return err
	}
	return s.stream.SetRow(at, cells, excelize.RowOpts{Height: height})
}

// text makes a cell of text, typed so that it is never read as a formula, and
// nil when there is none.
func (s *xlsxSheet) text(text string, k look) (any, error) {
	text = clean(text)
	if len(text) > maxCellText { // bytes are never fewer than UTF-16 units
		if kept := truncate(text, maxCellText); kept != text {
			text = truncate(text, maxCellText-len([]rune(s.l.words.cut))) + s.l.words.cut
		}
	}
	if text == "" && k.kind == lookText { // blank, as filters and counts take it
		return nil, nil
	}
	k.quoted = risky(text)
	id, err := s.style(k)
	return excelize.Cell{StyleID: id, Value: text}, err
}

// value makes a cell of c in a column of the kind, standing in the row that is
// about to be written.
func (s *xlsxSheet) value(c Cell, kind Kind, column int) (any, error) {
	k := look{strong: c.Strong}
	if c.Link != "" {
		linked, err := s.link(c.Link, column)
		if err != nil {
			return nil, err
		}
		k.link = linked
	}
	if n, ok := c.number(); ok {
		k.kind = lookNumber
		id, err := s.style(k)
		return excelize.Cell{StyleID: id, Value: n}, err
	}
	if t, clock, ok := c.date(kind); ok {
		k.kind = lookDate
		if clock {
			k.kind = lookTime
		}
		id, err := s.style(k)
		return excelize.Cell{StyleID: id, Value: t}, err
	}
	return s.text(c.Text, k)
}

// link makes the cell at column in the next row a link, if it can be one.
func (s *xlsxSheet) link(link string, column int) (bool, error) {
	address, _ := s.l.target(link)
	if address == "" || s.links == maxSheetLinks {
		return false, nil
	}
	return true, s.hyperlink(address, "External", column)
}

func (s *xlsxSheet) hyperlink(target, kind string, column int) error {
	at, err := excelize.CoordinatesToCellName(column, s.row+1)
	if err != nil {
		return err
	}
	s.links++
	return s.SetCellHyperLink(s.name, at, target, kind)
}

// table writes a table as a sheet: the header stays in view and on every
// printed page, and every column can be filtered.
func (b *book) table(t *sheet) error {
	widths := make([]float64, len(t.Columns))
	for i := range widths {
		widths[i] = t.chars(i)
	}
	s, err := b.open(t.name, t.wide(), widths)
	if err != nil {
		return err
	}
	err = s.stream.SetPanes(&excelize.Panes{
		Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft",
		Selection: []excelize.Selection{{SQRef: "A2", ActiveCell: "A2", Pane: "bottomLeft"}},
	})
	if err != nil {
		return err
	}
	cells := make([]any, len(t.Columns))
	for i, c := range t.Columns {
		if cells[i], err = s.text(c.Header, look{kind: lookHeader}); err != nil {
			return err
		}
	}
	if err := s.add(cells...); err != nil {
		return err
	}
	for _, row := range t.Rows {
		for i, c := range t.Columns {
			if cells[i], err = s.value(cell(row, i), c.Kind, i+1); err != nil {
				return err
			}
		}
		if err := s.add(cells...); err != nil {
			return err
		}
	}
	return s.finish(t)
}

// finish names the header row and the filter, and ends the sheet.
func (s *xlsxSheet) finish(t *sheet) error {
	last, err := excelize.CoordinatesToCellName(len(t.Columns), len(t.Rows)+1)
	if err != nil {
		return err
	}
	if err := s.AutoFilter(t.name, "A1:"+last, nil); err != nil {
		return err
	}
	err = s.SetDefinedName(&excelize.DefinedName{
		Name: "_xlnm.Print_Titles", RefersTo: "'" + t.name + "'!$1:$1", Scope: t.name,
	})
	if err != nil {
		return err
	}
	return s.stream.Flush()
}
